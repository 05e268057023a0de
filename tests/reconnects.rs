//! Connections that end leave nothing behind: neither descriptors nor memory. A target of its own, so that what is
//! counted of the process is this test's.
//!
//! `BROKERWATCH_TESTS_RECONNECTS=10000 cargo test --test reconnects -- --nocapture` prints the numbers of a long run.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "the test reads /proc, and prints what it saw")]

mod common;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use brokerwatch::limits::Limits;
use brokerwatch::self_metrics::SelfMetrics;
use brokerwatch::sources::kafka::{Client, Endpoint, Security, log_dirs};
use common::fake_node::FakeNode;
use tokio::sync::watch;
use tokio::time::sleep;

/// Reconnects after which nothing may grow further: buffers, threads and the allocator have their size by then.
const SETTLED: usize = 100;
/// Reconnects in all, unless the environment says more.
const RECONNECTS: usize = 300;
/// kB by which resident memory may differ afterwards; the fake node, which is in this process, remembers each request.
const RESIDENT_SLACK_KB: u64 = 2_048;
/// Milliseconds: ample for an answer of a node that answers.
const AMPLE: u64 = 5_000;

/// Open descriptors, and resident memory in kB, of this process.
fn measured() -> (usize, u64) {
    let descriptors = fs::read_dir("/proc/self/fd").expect("our descriptors").count();
    let status = fs::read_to_string("/proc/self/status").expect("our status");
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("resident memory");
    (descriptors, resident.trim().trim_end_matches(" kB").parse().expect("a number"))
}

/// As [`measured`], once the node's threads of ended connections have let go of theirs.
async fn settled(descriptors_max: usize) -> (usize, u64) {
    for _ in 0..100 {
        if measured().0 <= descriptors_max {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    measured()
}

#[tokio::test]
async fn reconnects_leave_no_descriptor_and_no_memory_behind() {
    let reconnects = std::env::var("BROKERWATCH_TESTS_RECONNECTS").map_or(RECONNECTS, |text| text.parse().unwrap());
    assert!(reconnects > SETTLED);
    let node = FakeNode::start();
    let endpoint = Endpoint { host: "127.0.0.1".into(), port: node.port, security: Security::default(), process: None };
    let (_keep, receiver) = watch::channel(Some(endpoint));
    let client = Client::new(&receiver, &Arc::new(SelfMetrics::new()), Limits::default());
    let mut first = None;
    while node.accepted() < reconnects {
        // One lane after the other, each finding its connection ended.
        node.cut();
        if node.accepted().is_multiple_of(2) {
            client.fast.api_versions(AMPLE).await.unwrap();
        } else {
            log_dirs::read_log_dirs(&client, AMPLE).await.unwrap();
        }
        let so_far = node.accepted();
        if [SETTLED, 1_000, reconnects].contains(&so_far) {
            let (descriptors, resident) = settled(first.map_or(0, |(descriptors, _)| descriptors)).await;
            println!("after {so_far} connections: {descriptors} descriptors, {resident} kB resident");
            let (descriptors_before, resident_before) = *first.get_or_insert((descriptors, resident));
            assert!(descriptors <= descriptors_before, "{descriptors} descriptors, not {descriptors_before}");
            assert!(resident <= resident_before + RESIDENT_SLACK_KB, "{resident} kB, not {resident_before}");
        }
    }
    assert!(first.is_some(), "it was measured");
}
