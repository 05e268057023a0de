//! What the block devices under the log directories do: counters, stalls, and whether a drive is slow for its load.

use super::{Collector, Options, Seen};
use crate::exposition::{Metric, Samples, Scope};
use crate::snapshot::{Disk, DiskClass, Slowness};
use crate::sources::DISKS;

pub(super) static COLLECTOR: Collector = Collector {
    name: "disks",
    about: "what the drives under the log directories do: I/O, stalls, slowness",
    sources: &[&DISKS],
    families: &[
        &COMPLETED.family,
        &BYTES.family,
        &TIME.family,
        &BUSY.family,
        &IN_FLIGHT.family,
        &STALLED.family,
        &STALLS.family,
        &STALLED_TOTAL.family,
        &SLOW.family,
        &SLOWDOWN.family,
        &OUTLIERS.family,
        &SLOW_TOTAL.family,
        &JUDGED_TOTAL.family,
        &EXPECTED.family,
        &INHIBITED.family,
        &PARSE_ERRORS.family,
    ],
    collect,
};

const OP: [&str; 3] = ["device", "class", "op"];

static COMPLETED: Metric<3> = Metric::counter(
    "kafka_disk_io_completed_total",
    Scope::Broker,
    &OP,
    "Operations of a block device under a log directory that ended; class is that of kafka_disk_info, or layer; op is \
     read, write, discard (Linux 4.18) or flush (5.5).",
);
static BYTES: Metric<3> =
    Metric::counter("kafka_disk_io_bytes_total", Scope::Broker, &OP, "Bytes that those operations moved.");
static TIME: Metric<3> = Metric::counter(
    "kafka_disk_io_time_seconds_total",
    Scope::Broker,
    &OP,
    "Seconds that those operations took, summed; by their number it is their latency. What has not ended is not in it.",
);
static BUSY: Metric<1> = Metric::counter(
    "kafka_disk_busy_seconds_total",
    Scope::Broker,
    &["device"],
    "Seconds in which something was in flight; near one a second only says saturated of a drive that rotates.",
);
static IN_FLIGHT: Metric<1> = Metric::gauge(
    "kafka_disk_io_in_flight",
    Scope::Broker,
    &["device"],
    "Operations in flight; absent when the kernel has lost count.",
);
static STALLED: Metric<1> = Metric::gauge(
    "kafka_disk_io_stalled_seconds",
    Scope::Broker,
    &["device"],
    "Seconds for which operations have been in flight and none has ended; 0 when one does. Looked at every second.",
);
static STALLS: Metric<1> = Metric::counter(
    "kafka_disk_io_stalls_total",
    Scope::Broker,
    &["device"],
    "Stalls of five seconds and more, since this process started.",
);
static STALLED_TOTAL: Metric<1> = Metric::counter(
    "kafka_disk_io_stalled_seconds_total",
    Scope::Broker,
    &["device"],
    "Seconds that those stalls took.",
);
static SLOW: Metric<3> = Metric::gauge(
    "kafka_disk_slow",
    Scope::Broker,
    &OP,
    "1 while a drive is slow for its load, by its own history; 0 while it is not; absent while that cannot be told.",
);
static SLOWDOWN: Metric<3> = Metric::gauge(
    "kafka_disk_slowdown_ratio",
    Scope::Broker,
    &OP,
    "Latency against what the same load took before: the median of ten minutes; absent like kafka_disk_slow.",
);
static OUTLIERS: Metric<3> = Metric::gauge(
    "kafka_disk_outlier_ratio",
    Scope::Broker,
    &OP,
    "Share of ten minutes in which latency was above the 99th percentile of the same load; absent like kafka_disk_slow.",
);
static SLOW_TOTAL: Metric<3> = Metric::counter(
    "kafka_disk_slow_seconds_total",
    Scope::Broker,
    &OP,
    "Seconds for which a drive was slow, since this process started.",
);
static JUDGED_TOTAL: Metric<3> = Metric::counter(
    "kafka_disk_judged_seconds_total",
    Scope::Broker,
    &OP,
    "Seconds in which its load was one that is known, so that it could be judged; one that stands still means blind.",
);
static EXPECTED: Metric<4> = Metric::gauge(
    "kafka_disk_io_await_expected_seconds",
    Scope::Broker,
    &["device", "class", "op", "rank"],
    "Latency that the load of the last 15 s took before: its median (rank 0.5) and 99th percentile (0.99); absent for a \
     load that is not known.",
);
static INHIBITED: Metric<2> = Metric::gauge(
    "kafka_disk_slow_inhibited",
    Scope::Broker,
    &["device", "reason"],
    "1 while a drive is not judged: an array over it rebuilds or checks itself (md_sync), or the node started less than 30 \
     minutes ago and may be recovering its logs (broker_start).",
);
static PARSE_ERRORS: Metric<0> = Metric::counter(
    "kafka_disk_stats_parse_errors_total",
    Scope::Broker,
    &[],
    "Lines of /proc/diskstats for these devices that could not be understood, since this process started.",
);

fn collect(Seen { view, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    let Some(disks) = view.node.disks.fresh(view.now) else { return };
    samples.push(&PARSE_ERRORS, [], disks.parse_errors);
    disks.devices.iter().for_each(|(name, disk)| device(name, disk, samples));
}

fn device(name: &str, disk: &Disk, samples: &mut Samples) {
    let class = disk.class.map_or("layer", DiskClass::as_str);
    for (op, counters) in &disk.counters.ops {
        let labels = samples.labels(&OP, [name, class, op.as_str()]);
        samples.push_block(&COMPLETED, labels, counters.completed);
        samples.push_block(&BYTES, labels, counters.bytes);
        samples.push_block(&TIME, labels, seconds(counters.time_ms));
    }
    samples.push(&BUSY, [name], seconds(disk.counters.busy_ms));
    if let Some(in_flight) = disk.counters.in_flight {
        samples.push(&IN_FLIGHT, [name], in_flight);
        samples.push(&STALLED, [name], seconds(disk.stall.stalled_ms));
    }
    samples.push(&STALLS, [name], disk.stall.stalls);
    samples.push(&STALLED_TOTAL, [name], seconds(disk.stall.total_ms));
    for (op, told) in &disk.slowness {
        slowness([name, class, op.as_str()], told, samples);
    }
    if let Some(reason) = disk.inhibited {
        samples.push(&INHIBITED, [name, reason.as_str()], 1);
    }
}

fn slowness(values: [&str; 3], told: &Slowness, samples: &mut Samples) {
    let labels = samples.labels(&OP, values);
    if let Some(slow) = told.slow {
        samples.push_block(&SLOW, labels, slow);
    }
    if let (Some(ratio), Some(outliers)) = (told.ratio, told.outliers) {
        samples.push_block(&SLOWDOWN, labels, ratio);
        samples.push_block(&OUTLIERS, labels, outliers);
    }
    samples.push_block(&SLOW_TOTAL, labels, seconds(told.slow_ms));
    samples.push_block(&JUDGED_TOTAL, labels, seconds(told.judged_ms));
    let [name, class, op] = values;
    for (rank, expected) in [("0.5", told.expected_median), ("0.99", told.expected_p99)] {
        if let Some(expected) = expected {
            samples.push(&EXPECTED, [name, class, op, rank], expected);
        }
    }
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}
