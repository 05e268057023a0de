//! What a scrape costs: collectors and encoder over a synthetic broker, by number of partitions.
//!
//! `cargo bench --bench page`; divan prints the time of one page and items (series) per second. Ratios within one run
//! are what counts: machines are noisy.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads recorded nodes")]

use std::collections::BTreeMap;
use std::sync::Arc;

use brokerwatch::collectors::{COLLECTORS, Options, PartitionDetail, collect};
use brokerwatch::derive::View;
use brokerwatch::exposition::{Format, Metric, Page, Samples, Scope};
use brokerwatch::server::Gzip;
use brokerwatch::snapshot::{
    Attempt, Broker, Cluster, ConfigSource, Configs, Liveness, LogDir, LogDirs, NodeView, Observed, Offsets,
    OffsetsRow, PartitionsBuilder, Registrations, ReplicaOnDisk, Section, TopicConfig, UnixMs,
};
use divan::{Bencher, counter::ItemsCount};
use serde_json::Value;

const NOW: UnixMs = UnixMs(1_700_000_000_000);

fn main() {
    divan::main();
}

fn seen<T>(value: T) -> Section<T> {
    let last = Observed { at: NOW, took_ms: 1, valid_until: NOW.plus(40_000), value: Arc::new(value) };
    Section { last: Some(last), attempt: Attempt::Ok }
}

/// Broker 1 of 3 with `partitions` partitions of replication factor 3 in topics of ten; it leads a third.
fn node(partitions: usize) -> NodeView {
    let mut builder = PartitionsBuilder::with_capacity(partitions / 10, partitions);
    let mut offsets = Offsets::default();
    let mut configs = Configs::default();
    for topic in 0..partitions / 10 {
        let name = format!("orders.region-{topic:05}.events");
        builder.topic(&name, topic as u128 + 1, false);
        let row = |partition| OffsetsRow {
            partition,
            current: Some(123_456_789),
            oldest: Some(1_234),
            log_end: Some(123_456_790),
        };
        offsets.topics.push((name.as_str().into(), (0..10).map(row).collect()));
        let min_insync_replicas = Some((2, ConfigSource::DynamicDefault));
        let config = TopicConfig { min_insync_replicas, ..TopicConfig::default() };
        configs.topics.insert(name.as_str().into(), config);
        for index in 0..10 {
            let first = (topic as i32 + index) % 3;
            let replicas = [first + 1, (first + 1) % 3 + 1, (first + 2) % 3 + 1];
            let lists: [&mut dyn Iterator<Item = i32>; 3] =
                [&mut replicas.into_iter(), &mut replicas.into_iter(), &mut [].into_iter()];
            builder.partition(index, replicas[0], 5, lists);
        }
    }
    let broker = |id| Broker { id, host: "127.0.0.1".into(), port: 9092, rack: None };
    let supported_features = BTreeMap::from([("metadata.version".to_owned(), 27)]);
    let cluster = Cluster {
        cluster_id: None,
        brokers: vec![broker(1), broker(2), broker(3)],
        partitions: builder.build(),
        topic_operations: None,
    };
    NodeView {
        liveness: seen(Liveness { apis: [(3, 13)].into(), supported_features, ..Liveness::default() }),
        registrations: seen(Registrations { answered_by: Some(1), ..Registrations::default() }),
        cluster: seen(cluster),
        offsets: seen(offsets),
        configs: seen(configs),
        ..NodeView::default()
    }
}

fn page(node: &NodeView) -> Page {
    let options = Options { partition_detail: PartitionDetail::All, ..Options::default() };
    let mut page = Page::default();
    collect(View::new(node, NOW), &options, &mut page);
    page
}

static ENCODED: Metric<2> = Metric::gauge("kafka_bench", Scope::Broker, &["topic", "partition"], "A bench.");

/// The encoder alone: eight families over the same label blocks, as the partitions' are written.
#[divan::bench(args = [10_000, 100_000])]
fn encode_only(bencher: Bencher<'_, '_>, series: usize) {
    bencher.counter(ItemsCount::new(series)).bench_local(|| {
        let mut samples = Samples::default();
        let blocks: Vec<_> = (0..series / 8)
            .map(|index| samples.labels(ENCODED.family.labels, ["orders.region-00017.events", &index.to_string()]))
            .collect();
        let mut family = samples.family(&ENCODED);
        for run in 0..8i64 {
            blocks.iter().for_each(|block| family.push(*block, 123_456_789 + run));
        }
        samples
    });
}

/// Collectors and encoder: facts to lines.
#[divan::bench(args = [1_000, 4_000, 12_000])]
fn collect_and_encode(bencher: Bencher<'_, '_>, partitions: usize) {
    let node = node(partitions);
    let series = page(&node).series();
    bencher.counter(ItemsCount::new(series)).bench_local(|| page(&node));
}

/// Broker 1 of 8 in 3 racks, with a fifth of `partitions` missing a replica: it hosts three eighths of them, in 4 log directories.
fn at_risk(partitions: usize) -> NodeView {
    let mut builder = PartitionsBuilder::with_capacity(partitions / 10, partitions);
    let mut configs = Configs::default();
    let mut replicas: [Vec<ReplicaOnDisk>; 4] = Default::default();
    for topic in 0..partitions / 10 {
        let name: Arc<str> = format!("orders.region-{topic:05}.events").into();
        builder.topic(&name, topic as u128 + 1, false);
        let config = TopicConfig { min_insync_replicas: Some((2, ConfigSource::Topic)), ..TopicConfig::default() };
        configs.topics.insert(name.clone(), config);
        for index in 0..10 {
            let first = topic as i32 * 3 + index;
            let hosts = [first % 8 + 1, (first + 1) % 8 + 1, (first + 2) % 8 + 1];
            let isr = if index < 2 { &hosts[..2] } else { &hosts[..] };
            let lists: [&mut dyn Iterator<Item = i32>; 3] =
                [&mut hosts.into_iter(), &mut isr.iter().copied(), &mut [].into_iter()];
            builder.partition(index, hosts[0], 5, lists);
            if hosts.contains(&1) {
                let replica = ReplicaOnDisk { topic: name.clone(), partition: index, bytes: 1 << 30, future: false };
                replicas[(topic + index as usize) % 4].push(replica);
            }
        }
    }
    let dirs = replicas.into_iter().enumerate().map(|(at, replicas)| LogDir {
        path: format!("/data/{at}"),
        online: true,
        error: None,
        total_bytes: None,
        usable_bytes: None,
        replicas,
    });
    let broker = |id| Broker { id, host: format!("b{id}"), port: 9092, rack: Some(format!("rack-{}", id % 3)) };
    let mut node = node(0);
    node.cluster = seen(Cluster {
        cluster_id: None,
        brokers: (1..=8).map(broker).collect(),
        partitions: builder.build(),
        topic_operations: None,
    });
    node.log_dirs = seen(LogDirs { dirs: dirs.collect() });
    node.configs = seen(configs);
    node
}

/// What is lost if something stops: 3,750 replicas in a cluster of 10,000 partitions, and twenty times that.
#[divan::bench(args = [10_000, 200_000])]
fn risk_only(bencher: Bencher<'_, '_>, partitions: usize) {
    let node = at_risk(partitions);
    let others = COLLECTORS.iter().map(|collector| collector.name).filter(|name| *name != "risk");
    let options = Options { disabled: others.map(str::to_owned).collect(), ..Options::default() };
    bencher.bench_local(|| {
        let mut page = Page::default();
        collect(View::new(&node, NOW), &options, &mut page);
        page.series()
    });
}

/// The view that all collectors share, which `risk_only` makes too.
#[divan::bench(args = [10_000, 200_000])]
fn view_only(bencher: Bencher<'_, '_>, partitions: usize) {
    let node = at_risk(partitions);
    bencher.bench_local(|| View::new(&node, NOW).replication.is_some());
}

/// Drives of a full node, and its log directories.
const DRIVES: usize = 12;

/// The node of a recorded case, as JSON.
fn recorded(case: &str) -> Value {
    let path = format!("{}/tests/replay/{case}/snapshot.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the case is recorded");
    let mut snapshot: Value = serde_json::from_str(&text).expect("it is JSON");
    snapshot["nodes"].as_object_mut().and_then(|nodes| nodes.values_mut().next()).expect("a node").take()
}

/// Puts `one` of a map there once for each drive, and nothing else.
fn for_each_drive(map: &mut Value, one: &str, name: impl Fn(usize) -> String) {
    let one = map[one].take();
    *map = (0..DRIVES).map(|drive| (name(drive), one.clone())).collect::<serde_json::Map<_, _>>().into();
}

/// A node with every section: recorded ones, with replicas of `partitions` partitions of which it leads a third, on twelve
/// drives.
fn full(partitions: usize) -> NodeView {
    let mut node = recorded("one-machine");
    let cases = ["healthy", "machine-in-need", "process-in-need", "drives-that-fail", "drives"];
    for case in cases {
        for (name, section) in recorded(case).as_object_mut().expect("sections") {
            if section["last"].is_object() {
                node[name] = section.take();
            }
        }
    }
    let device = |drive: usize| format!("nvme{drive}n1");
    for_each_drive(&mut node["disks"]["last"]["value"]["devices"], "sdb", device);
    for_each_drive(&mut node["drives"]["last"]["value"]["devices"], "sdb", device);
    for_each_drive(&mut node["drive_health"]["last"]["value"]["drives"], "nvme0n1", device);
    for_each_drive(&mut node["storage"]["last"]["value"]["disks"], "nvme0n1", device);
    for_each_drive(&mut node["storage"]["last"]["value"]["dirs"], "/data/a", |drive| format!("/data/{drive}"));
    for_each_drive(&mut node["files"]["last"]["value"]["health"], "/data/b", |drive| format!("/data/{drive}"));
    for drive in 0..DRIVES {
        let below = &mut node["storage"]["last"]["value"]["dirs"][format!("/data/{drive}")]["Ok"];
        (below["device"], below["drives"]) = (device(drive).into(), vec![device(drive)].into());
    }
    let sections = node.as_object_mut().expect("sections").values_mut();
    for last in sections.filter_map(|section| section.get_mut("last")).filter(|last| last.is_object()) {
        (last["at"], last["valid_until"]) = (NOW.0.into(), NOW.plus(40_000).0.into());
    }
    let mut node: NodeView = serde_json::from_value(node).expect("sections as they are written");
    let all = partitions * 8 / 3;
    let made = at_risk(all);
    (node.cluster, node.log_dirs) = (made.cluster, made.log_dirs);
    let settings = node.configs.last.take().and_then(|configs| configs.value.broker.clone());
    let made_configs = made.configs.last.expect("it has topics");
    node.configs = seen(Configs { broker: settings, ..(*made_configs.value).clone() });
    node.offsets = self::node(all).offsets;
    // Asked of one broker of the cluster; nothing is there to be found.
    (node.acls, node.client_quotas, node.scram_users) =
        (seen(Default::default()), seen(Default::default()), seen(Default::default()));
    let absent: Vec<_> =
        node.statuses().into_iter().filter(|status| status.valid_until.is_none()).map(|status| status.source).collect();
    assert!(absent.is_empty(), "{absent:?}");
    assert!(
        View::new(&node, NOW).replication.is_some_and(|replication| replication.id == 1),
        "it answers, as broker 1"
    );
    node
}

/// The page of a full node, which nearly each scrape makes anew: its drives change each second.
#[divan::bench(args = [4_000])]
fn full_page(bencher: Bencher<'_, '_>, partitions: usize) {
    let node = full(partitions);
    let series = page(&node).series();
    bencher.counter(ItemsCount::new(series)).bench_local(|| page(&node).render(Format::OpenMetrics));
}

/// As [`full_page`], compressed as the server does it. Since the scrape before, each replica has got records.
#[divan::bench(args = [4_000])]
fn full_page_with_gzip(bencher: Bencher<'_, '_>, partitions: usize) {
    let mut busy = full(partitions);
    let mut offsets = busy.offsets.last.as_ref().map(|seen| (*seen.value).clone()).expect("offsets");
    for row in offsets.topics.iter_mut().flat_map(|(_, rows)| rows) {
        (row.current, row.log_end) = (row.current.map(|at| at + 4_321), row.log_end.map(|at| at + 4_321));
    }
    busy.offsets = seen(offsets);
    let nodes = [full(partitions), busy];
    let mut nodes = nodes.iter().cycle();
    let mut gzip = Gzip::default();
    bencher.bench_local(|| {
        let node = nodes.next().expect("they go round");
        gzip = Gzip::after(std::mem::take(&mut gzip), page(node).render_in_pieces(Format::OpenMetrics));
        gzip.member().len()
    });
}

/// Each collector over a full node by itself: which one costs.
#[divan::bench(args = COLLECTORS.iter().map(|collector| collector.name))]
fn full_page_of(bencher: Bencher<'_, '_>, collector: &str) {
    let node = full(4_000);
    let others = COLLECTORS.iter().map(|collector| collector.name).filter(|name| *name != collector);
    let options = Options { disabled: others.map(str::to_owned).collect(), ..Options::default() };
    bencher.bench_local(|| {
        let mut page = Page::default();
        collect(View::new(&node, NOW), &options, &mut page);
        page.series()
    });
}

/// The first page as Prometheus gets it.
#[divan::bench(args = [1_000, 4_000, 12_000])]
fn page_with_gzip(bencher: Bencher<'_, '_>, partitions: usize) {
    let node = node(partitions);
    let series = page(&node).series();
    let pieces = || page(&node).render_in_pieces(Format::OpenMetrics);
    bencher.counter(ItemsCount::new(series)).bench_local(|| Gzip::after(Gzip::default(), pieces()).member().len());
}
