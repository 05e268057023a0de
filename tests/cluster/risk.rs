//! What would happen if a broker stopped, against what happens when it really does.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::common::sidecar::get;
use crate::equality::produce;
use crate::harness::{Cluster, Sidecar, eventually, holds};

/// Brokers in sync that a partition with acks=all needs here.
const MIN_ISR: usize = 2;
const SETTLE: Duration = Duration::from_secs(90);

/// Status and document of a sidecar.
fn asked(sidecar: &Sidecar) -> (u16, Value) {
    let reply = get(sidecar.port, "/-/safe-to-stop").unwrap();
    (reply.status, serde_json::from_slice(&reply.body).unwrap_or(Value::Null))
}

fn harmed(document: &Value) -> BTreeSet<(String, i64)> {
    let rows = document["harmed"].as_array().into_iter().flatten();
    rows.map(|row| (row["topic"].as_str().unwrap().to_owned(), row["partition"].as_i64().unwrap())).collect()
}

/// Partitions with so few in sync, by Kafka's own tool, that they need `broker`.
fn that_need(cluster: &Cluster, broker: i32) -> Result<BTreeSet<(String, i64)>, String> {
    let described = cluster.described()?;
    let needs = described.iter().filter(|(_, found)| found.isr.contains(&broker) && found.isr.len() <= MIN_ISR);
    Ok(needs.map(|((topic, partition), _)| (topic.clone(), i64::from(*partition))).collect())
}

fn what_if(cluster: &Cluster, target: &str) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_brokerwatch"))
        .args(["what-if", target, "--all", "--kafka.server", &cluster.server("1")])
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn one_broker_down_makes_the_others_unsafe_and_a_safe_one_can_really_be_stopped() {
    let cluster = Cluster::up(3, None);
    let of_topic = ["--partitions", "9", "--replication-factor", "3", "--config", "min.insync.replicas=2"];
    cluster.kafka(&[&["topic", "create", "orders"], &of_topic[..]].concat());
    produce(&cluster, "orders", 500);
    let sidecars = cluster.sidecars();
    let all_safe = || {
        sidecars.iter().try_for_each(|(id, sidecar)| {
            let (status, document) = asked(sidecar);
            holds(status == 200, || format!("broker {id}: {status} {document}"))
        })
    };
    let took = eventually(SETTLE, all_safe);
    println!("all three are safe to stop after {:.1} s", took.as_secs_f64());
    assert_eq!(what_if(&cluster, "broker=2").0, Some(0), "{}", what_if(&cluster, "broker=2").1);
    assert_eq!(what_if(&cluster, "broker=1,broker=2").0, Some(1));
    assert_eq!(what_if(&cluster, "broker=100").0, Some(1), "the only controller");

    cluster.kafka(&["kill", "3"]);
    let took = eventually(SETTLE, || {
        for id in [1, 2] {
            let (status, document) = asked(&sidecars[&id]);
            holds(status == 409, || format!("broker {id}: {status} {document}"))?;
            let expected = that_need(&cluster, id as i32)?;
            holds(expected.len() >= 9 && harmed(&document) == expected, || format!("{document} is not {expected:?}"))?;
        }
        let (status, _) = asked(&sidecars[&3]);
        holds(status == 503, || format!("the dead one says {status}"))
    });
    println!("with broker 3 killed the others are not safe after {:.1} s", took.as_secs_f64());
    let (code, text) = what_if(&cluster, "broker=2");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.starts_with("NOT SAFE: broker=2") && text.contains("orders-8"), "{text}");
    println!("{}", text.lines().take(4).collect::<Vec<_>>().join("\n"));
    let page = sidecars[&1].page();
    assert_eq!(page.value("kafka_broker_safe_to_stop", &[]), Some(0.0));
    let counted = page.value("kafka_broker_stop_under_min_isr_partitions", &[]);
    assert_eq!(counted, Some(that_need(&cluster, 1).unwrap().len() as f64));

    cluster.kafka(&["start", "3"]);
    let took = eventually(SETTLE, all_safe);
    println!("broker 3 is back in sync and all are safe after {:.1} s", took.as_secs_f64());

    // And now for real: writes with acks=all go on without the one that is said to be safe.
    cluster.kafka(&["kill", "2"]);
    produce(&cluster, "orders", 500);
    let ends: i64 = eventually_ends(&cluster);
    assert_eq!(ends, 1_000, "every acknowledged message is there");
    println!("broker 2 was stopped: {ends} of 1000 messages are there");
}

/// Messages of the topic by Kafka's own tool, which fails now and then while a broker goes.
fn eventually_ends(cluster: &Cluster) -> i64 {
    let mut ends = 0;
    eventually(SETTLE, || {
        ends = cluster.offsets("latest").iter().filter(|((topic, _), _)| topic == "orders").map(|(_, end)| end).sum();
        holds(ends >= 1_000, || format!("{ends} messages"))
    });
    ends
}
