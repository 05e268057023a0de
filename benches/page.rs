//! What a scrape costs: collectors and encoder over a synthetic broker, by number of partitions.
//!
//! `cargo bench --bench page`; divan prints the time of one page and items (series) per second. Ratios within one run
//! are what counts: machines are noisy.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use brokerwatch::collectors::{Options, PartitionDetail, collect};
use brokerwatch::derive::View;
use brokerwatch::exposition::{Format, Metric, Page, Samples, Scope};
use brokerwatch::snapshot::{
    Attempt, Broker, Cluster, ConfigSource, Configs, Liveness, NodeView, Observed, Offsets, OffsetsRow,
    PartitionsBuilder, Registrations, Section, TopicConfig, UnixMs,
};
use divan::{Bencher, counter::ItemsCount};

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
    collect(&View::new(node, NOW), &options, &mut page);
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

/// The whole page as Prometheus gets it.
#[divan::bench(args = [1_000, 4_000, 12_000])]
fn page_with_gzip(bencher: Bencher<'_, '_>, partitions: usize) {
    let node = node(partitions);
    let series = page(&node).series();
    bencher.counter(ItemsCount::new(series)).bench_local(|| {
        let text = page(&node).render(Format::OpenMetrics);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&text).and_then(|()| gzip.finish()).map(|bytes| bytes.len())
    });
}
