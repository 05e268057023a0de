//! Limits, clocks, identities and our own failures: what is over a limit is counted and costs only itself.

#![expect(clippy::disallowed_methods, reason = "tests start processes, write files and look at clocks")]

mod common;

use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use brokerwatch::limits::Limits;
use brokerwatch::self_metrics::SelfMetrics;
use brokerwatch::snapshot::{ErrorKind, Failure};
use brokerwatch::sources::kafka::{Client, Endpoint, Security};
use common::fake_node::{FakeNode, Fault};
use common::sidecar::{Host, Sidecar, flag, has_partitions, is_up, value};
use tokio::sync::watch;

/// A lane to a fake node, with the instruments that it counts in.
struct Bench {
    node: FakeNode,
    client: Client,
    metrics: Arc<SelfMetrics>,
    _endpoint: watch::Sender<Option<Endpoint>>,
}

impl Bench {
    fn new(limits: Limits) -> Self {
        let node = FakeNode::start();
        let endpoint =
            Endpoint { host: "127.0.0.1".into(), port: node.port, security: Security::default(), process: None };
        let (sender, receiver) = watch::channel(Some(endpoint));
        let metrics = Arc::new(SelfMetrics::new());
        let client = Client::new(&receiver, &metrics, limits);
        Self { node, client, metrics, _endpoint: sender }
    }

    async fn ping(&self) -> Result<(), Failure> {
        self.client.fast.api_versions(3_000).await.map(|_| ())
    }

    /// The value of one of our counters, by its name and its only label.
    fn counted(&self, name: &str, label: &str) -> f64 {
        let families = self.metrics.gather();
        let metrics = families.iter().filter(|family| family.name() == name).flat_map(|family| family.get_metric());
        let wanted = metrics.filter(|metric| metric.get_label().iter().all(|pair| pair.value() == label));
        wanted.map(|metric| metric.get_counter().get_value()).sum()
    }
}

// Quotas.

#[tokio::test]
async fn a_throttled_client_holds_back_for_as_long_as_it_is_told() {
    let bench = Bench::new(Limits::default());
    bench.ping().await.unwrap();
    bench.node.throttle(600);
    bench.ping().await.unwrap();
    bench.node.throttle(0);
    let started = Instant::now();
    bench.ping().await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(590), "{:?}", started.elapsed());
    let started = Instant::now();
    bench.ping().await.unwrap();
    assert!(started.elapsed() < Duration::from_millis(500), "no longer than that: {:?}", started.elapsed());
    assert_eq!(bench.counted("brokerwatch_kafka_throttled_seconds_total", ""), 0.6);
}

#[tokio::test]
async fn a_long_throttling_is_told_at_once_and_costs_no_request() {
    let bench = Bench::new(Limits::default());
    bench.ping().await.unwrap();
    bench.node.throttle(30_000);
    bench.ping().await.unwrap();
    let asked = bench.node.accepted();
    let failure = bench.ping().await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Throttled);
    assert!(failure.message.contains("quota") && failure.message.contains(&bench.node.address()), "{failure:?}");
    assert_eq!(bench.node.accepted(), asked, "no other connection goes around the quota");
}

#[test]
fn a_broker_that_throttles_us_is_up() {
    let (host, node) = (Host::new(), FakeNode::start());
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
    sidecar.until("the partitions are seen", 6, |page| is_up(page) && has_partitions(page));
    node.throttle(2_500);
    let throttled = |page: &str| value(page, "brokerwatch_kafka_throttled_seconds_total");
    sidecar.until("it is told", 6, |page| throttled(page) >= Some(2.5));
    let end = Instant::now() + Duration::from_secs(8);
    while Instant::now() < end {
        let page = sidecar.page();
        assert!(is_up(&page) && has_partitions(&page), "{page}\n{}", sidecar.log());
        sleep(Duration::from_millis(100));
    }
    node.throttle(0);
    sidecar.until("it goes on", 6, |page| is_up(page) && has_partitions(page));
}

// Limits.

#[tokio::test]
async fn a_frame_over_its_limit_is_counted() {
    let bench = Bench::new(Limits { response_frame_bytes: 1_000 });
    bench.ping().await.unwrap();
    bench.node.set(Fault::Oversized);
    assert_eq!(bench.ping().await.unwrap_err().kind, ErrorKind::Limit);
    assert_eq!(bench.counted("brokerwatch_limit_hits_total", "response_frame_bytes"), 1.0);
}
