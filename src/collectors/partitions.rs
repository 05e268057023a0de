//! Each partition that this broker leads, and the log end of each replica that it hosts.
//!
//! Names, labels and meaning of `kafka_topic_partition_*` are kafka_exporter's, so that its users' dashboards and rules
//! go on working: there, under-replicated is ISR < replicas, also while a reassignment adds replicas.

use super::{Collector, Options, PartitionDetail, Seen};
use crate::derive::replication::Replication;
use crate::exposition::{Metric, Samples, Scope};
use crate::limits::PARTITION_DETAIL_AUTO_MAX;
use crate::snapshot::{Offsets, OffsetsRow, Partition};
use crate::sources::{CONFIGS, METADATA_SOURCE, OFFSETS};

pub(super) static COLLECTOR: Collector = Collector {
    name: "partitions",
    about: "each partition that the broker leads; log end offsets of the replicas that it hosts",
    sources: &[&METADATA_SOURCE, &OFFSETS, &CONFIGS],
    families: &[
        &LEADER.family,
        &PREFERRED.family,
        &REPLICAS.family,
        &ISR.family,
        &UNDER_REPLICATED.family,
        &EPOCH.family,
        &CURRENT.family,
        &OLDEST.family,
        &LOG_END.family,
    ],
    collect,
};

const LABELS: &[&str; 2] = &["topic", "partition"];

static LEADER: Metric<2> = Metric::gauge(
    "kafka_topic_partition_leader",
    Scope::Broker,
    LABELS,
    "Id of the partition's leader, exported by the leader's sidecar.",
);
static PREFERRED: Metric<2> = Metric::gauge(
    "kafka_topic_partition_leader_is_preferred",
    Scope::Broker,
    LABELS,
    "1 when the leader is the partition's first replica.",
);
static REPLICAS: Metric<2> =
    Metric::gauge("kafka_topic_partition_replicas", Scope::Broker, LABELS, "Replicas of the partition.");
static ISR: Metric<2> =
    Metric::gauge("kafka_topic_partition_in_sync_replica", Scope::Broker, LABELS, "In-sync replicas of the partition.");
static UNDER_REPLICATED: Metric<2> = Metric::gauge(
    "kafka_topic_partition_under_replicated_partition",
    Scope::Broker,
    LABELS,
    "1 when fewer replicas are in sync than there are, replicas being added included.",
);
static EPOCH: Metric<2> = Metric::gauge(
    "kafka_partition_leader_epoch",
    Scope::Broker,
    LABELS,
    "Epoch of the partition's leadership; grows with each election.",
);
static CURRENT: Metric<2> = Metric::gauge(
    "kafka_topic_partition_current_offset",
    Scope::Broker,
    LABELS,
    "High watermark of the partition: the offset of the next message that a consumer will see.",
);
static OLDEST: Metric<2> = Metric::gauge(
    "kafka_topic_partition_oldest_offset",
    Scope::Broker,
    LABELS,
    "First offset of the partition that is still kept.",
);
static LOG_END: Metric<4> = Metric::gauge(
    "kafka_partition_log_end_offset",
    Scope::Broker,
    &["topic", "partition", "broker_id", "role"],
    "Log end offset of the replica that this broker hosts, as leader or follower.",
);

fn collect(Seen { view, .. }: Seen<'_>, options: &Options, samples: &mut Samples) {
    let Some(replication) = &view.replication else { return };
    let offsets = view.node.offsets.fresh(view.now);
    let mut number = itoa::Buffer::new();
    let shown = shown(replication, options);
    if let Some(offsets) = offsets.filter(|_| matches!(shown, Shown::All)) {
        log_ends(replication, offsets, samples);
    }
    let led: Vec<_> = match shown {
        Shown::None => return,
        Shown::All => replication.led().collect(),
        Shown::Unhealthy => replication.led().filter(|found| !is_healthy(replication, found)).collect(),
    };
    // Labels are written once for the eight families; each family is then one run of lines.
    let blocks: Vec<_> = led
        .iter()
        .map(|found| samples.labels(LABELS, [&found.topic.name, number.format(found.row.partition)]))
        .collect();
    let mut each = |metric: &'static Metric<2>, value: &dyn Fn(&Partition<'_>) -> i64| {
        let mut family = samples.family(metric);
        family.reserve(led.len());
        led.iter().zip(&blocks).for_each(|(found, block)| family.push(*block, value(found)));
    };
    each(&LEADER, &|found| found.row.leader.into());
    each(&PREFERRED, &|found| (found.preferred() == found.leader()).into());
    each(&REPLICAS, &|found| found.replicas.len() as i64);
    each(&ISR, &|found| found.isr.len() as i64);
    each(&UNDER_REPLICATED, &|found| found.missing().next().is_some().into());
    let mut epochs = samples.family(&EPOCH);
    led.iter()
        .zip(&blocks)
        .filter(|(found, _)| found.row.leader_epoch >= 0)
        .for_each(|(found, block)| epochs.push(*block, found.row.leader_epoch));
    let Some(offsets) = offsets else { return };
    let rows: Vec<_> = with_offsets(offsets, led.iter()).collect();
    let mut each = |metric: &'static Metric<2>, value: fn(&OffsetsRow) -> Option<i64>| {
        let mut family = samples.family(metric);
        family.reserve(rows.len());
        for ((_, row), block) in rows.iter().zip(&blocks) {
            if let Some(value) = row.and_then(value) {
                family.push(*block, value);
            }
        }
    };
    each(&CURRENT, |row| row.current);
    each(&OLDEST, |row| row.oldest);
}

/// Each partition with its offsets. Both are in the order of the topics' names, so one walk over them is enough.
fn with_offsets<'a, 'b: 'a>(
    offsets: &'a Offsets,
    partitions: impl Iterator<Item = &'a Partition<'b>>,
) -> impl Iterator<Item = (&'a Partition<'b>, Option<&'a OffsetsRow>)> {
    let (mut topic, mut rows, mut rest): (_, &[OffsetsRow], _) = (None, &[], &offsets.topics[..]);
    partitions.map(move |found| {
        if topic != Some(found.topic_index) {
            let name = &*found.topic.name;
            rest = &rest[rest.iter().take_while(|(other, _)| **other < *name).count()..];
            let own = rest.first().filter(|(other, _)| **other == *name);
            (topic, rows) = (Some(found.topic_index), own.map_or(&[][..], |(_, rows)| rows));
        }
        let at = rows.binary_search_by_key(&found.row.partition, |row| row.partition);
        (found, at.ok().map(|at| &rows[at]))
    })
}

enum Shown {
    All,
    Unhealthy,
    None,
}

fn shown(replication: &Replication<'_>, options: &Options) -> Shown {
    match options.partition_detail {
        PartitionDetail::All => Shown::All,
        PartitionDetail::Unhealthy => Shown::Unhealthy,
        PartitionDetail::Topics => Shown::None,
        PartitionDetail::Auto if replication.led().count() > PARTITION_DETAIL_AUTO_MAX => Shown::None,
        PartitionDetail::Auto => Shown::All,
    }
}

fn is_healthy(replication: &Replication<'_>, found: &Partition<'_>) -> bool {
    let judged = replication.judge(found);
    let isr_is_full = found.missing().next().is_none() && found.preferred() == found.leader();
    isr_is_full && judged.under_min_isr() != Some(true) && judged.at_min_isr() != Some(true)
}

fn log_ends(replication: &Replication<'_>, offsets: &Offsets, samples: &mut Samples) {
    let own = replication.id.to_string();
    let mut number = itoa::Buffer::new();
    let mut family = samples.family(&LOG_END);
    let hosted: Vec<_> =
        replication.cluster.partitions.iter().filter(|found| found.replicas.contains(&replication.id)).collect();
    family.reserve(hosted.len());
    for (found, row) in with_offsets(offsets, hosted.iter()) {
        let Some(log_end) = row.and_then(|row| row.log_end) else { continue };
        let role = if found.leader() == Some(replication.id) { "leader" } else { "follower" };
        family.push_labels([&found.topic.name, number.format(found.row.partition), &own, role], log_end);
    }
}
