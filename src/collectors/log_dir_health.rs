//! Whether log directories can be written, how much room they have, and whether the broker still writes its checkpoints.

use super::{Collector, Options, Seen};
use crate::derive::log_dirs::{DIR_STATES, checkpoint_stalled_ms, states, writable};
use crate::derive::retention::steady_state_bytes;
use crate::exposition::{Metric, Samples, Scope};
use crate::snapshot::{DirFiles, DirHealth};
use crate::sources::{CONFIGS, FILES, LOG_DIRS, PROCESS};

pub(super) static COLLECTOR: Collector = Collector {
    name: "log_dir_health",
    about: "whether log directories can be written, their room, errors of their file systems",
    sources: &[&FILES, &PROCESS, &LOG_DIRS, &CONFIGS],
    families: &[
        &WRITABLE.family,
        &STATE.family,
        &STUCK.family,
        &PROBE.family,
        &SIZE.family,
        &FREE.family,
        &AVAILABLE.family,
        &INODES.family,
        &INODES_FREE.family,
        &ERRORS.family,
        &WARNINGS.family,
        &FIRST_ERROR.family,
        &LAST_ERROR.family,
        &DIRECTORIES.family,
        &STRAY_BYTES.family,
        &STALLED.family,
        &STEADY.family,
    ],
    collect,
};

static WRITABLE: Metric<1> = Metric::gauge(
    "kafka_log_dir_writable",
    Scope::Broker,
    &["log_dir"],
    "0 when the log directory cannot be written: its mount or file system is read-only or shut down, it answers with an I/O \
     error, or a probe was refused; 1 when nothing says so; absent while it does not answer or may not be looked at. Linux \
     6.12 to 6.14 do not tell of ext4 that became read-only: there look at the errors, or probe.",
);
static STATE: Metric<2> = Metric::gauge(
    "kafka_log_dir_state",
    Scope::Broker,
    &["log_dir", "state"],
    "1 for the state of the log directory: ok, read_only, shutdown, io_error, hung, missing, denied, refused (a probe), unknown.",
);
static STUCK: Metric<1> = Metric::gauge(
    "kafka_log_dir_stuck_seconds",
    Scope::Broker,
    &["log_dir"],
    "How long a look at the log directory, or a probe of it, has not come back; 0 while it answers. None is begun before it does.",
);
static PROBE: Metric<1> = Metric::gauge(
    "kafka_log_dir_probe_duration_seconds",
    Scope::Broker,
    &["log_dir"],
    "How long the last probe took: a file without a name was made and dropped; absent without --collector.log_dirs.probe, and \
     when it was refused.",
);
static SIZE: Metric<1> = Metric::gauge(
    "kafka_log_dir_filesystem_size_bytes",
    Scope::Broker,
    &["log_dir"],
    "Size of the log directory's file system; also while the broker is away.",
);
static FREE: Metric<1> = Metric::gauge(
    "kafka_log_dir_filesystem_free_bytes",
    Scope::Broker,
    &["log_dir"],
    "Bytes left on the log directory's file system, those that only root may use among them.",
);
static AVAILABLE: Metric<1> = Metric::gauge(
    "kafka_log_dir_filesystem_available_bytes",
    Scope::Broker,
    &["log_dir"],
    "Bytes left on the log directory's file system for users other than root.",
);
static INODES: Metric<1> = Metric::gauge(
    "kafka_log_dir_filesystem_inodes",
    Scope::Broker,
    &["log_dir"],
    "Inodes of the log directory's file system; absent where they are not counted (btrfs).",
);
static INODES_FREE: Metric<1> = Metric::gauge(
    "kafka_log_dir_filesystem_free_inodes",
    Scope::Broker,
    &["log_dir"],
    "Inodes left on the log directory's file system; absent where they are not counted (btrfs).",
);
static ERRORS: Metric<1> = Metric::counter(
    "kafka_log_dir_filesystem_errors_total",
    Scope::Broker,
    &["log_dir"],
    "Errors in the superblock of the log directory's ext4: they outlive reboots, until e2fsck; absent for other file systems.",
);
static WARNINGS: Metric<1> = Metric::counter(
    "kafka_log_dir_filesystem_warnings_total",
    Scope::Broker,
    &["log_dir"],
    "Warnings of the log directory's ext4 since it was mounted; absent for other file systems.",
);
static FIRST_ERROR: Metric<1> = Metric::gauge(
    "kafka_log_dir_filesystem_first_error_timestamp_seconds",
    Scope::Broker,
    &["log_dir"],
    "When the first error in the superblock of the log directory's ext4 was, as Unix time; absent when there was none.",
);
static LAST_ERROR: Metric<1> = Metric::gauge(
    "kafka_log_dir_filesystem_last_error_timestamp_seconds",
    Scope::Broker,
    &["log_dir"],
    "When the last error in the superblock of the log directory's ext4 was, as Unix time; absent when there was none.",
);
static DIRECTORIES: Metric<2> = Metric::gauge(
    "kafka_log_dir_leftover_directories",
    Scope::Broker,
    &["log_dir", "kind"],
    "Logs in the log directory that are no replica's: stray (set aside by Kafka, kept for ever), future (being moved here), \
     delete (about to be removed).",
);
static STRAY_BYTES: Metric<1> = Metric::gauge(
    "kafka_log_dir_stray_bytes",
    Scope::Broker,
    &["log_dir"],
    "Bytes that logs which Kafka has set aside (-stray) take on the file system; absent when they have more than 2,000 files.",
);
static STALLED: Metric<0> = Metric::gauge(
    "kafka_broker_checkpoint_age_seconds",
    Scope::Broker,
    &[],
    "Age of the newest replication-offset-checkpoint. One loop of the broker writes that of all log directories every 5 s, so \
     an old one means that the loop hangs, and names no directory; absent when the broker does not run, and while it has \
     written none since its start (it recovers its logs, or has not joined yet).",
);

static STEADY: Metric<1> = Metric::gauge(
    "kafka_log_dir_retention_steady_state_bytes",
    Scope::Broker,
    &["log_dir"],
    "What the replicas of the log directory come to at the pace of the last day and with their topics' retention; without a \
     limit, in 30 days. Absent until they were seen for an hour, and while the settings of topics with more than a twentieth \
     of the bytes are not known here: only a topic's leaders tell them.",
);

fn collect(Seen { view, node, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    for (log_dir, bytes) in steady_state_bytes(node) {
        samples.push(&STEADY, [&log_dir], bytes.round());
    }
    let Some(files) = view.node.files.fresh(view.now) else { return };
    for (path, is) in states(files) {
        DIR_STATES.iter().for_each(|state| samples.push(&STATE, [path, state], *state == is));
        if let Some(writable) = writable(is) {
            samples.push(&WRITABLE, [path], writable);
        }
    }
    for (path, health) in &files.health {
        let stuck = health.hangs_since.map_or(0.0, |since| view.now.since(since) as f64 / 1_000.0);
        samples.push(&STUCK, [path], stuck);
        file_system(path, health, samples);
        if let Some(Ok(dir)) = files.dirs.get(path) {
            room(path, dir, samples);
        }
    }
    if let Some(ms) = checkpoint_stalled_ms(view) {
        samples.push(&STALLED, [], ms as f64 / 1_000.0);
    }
}

fn file_system(path: &str, health: &DirHealth, samples: &mut Samples) {
    if let Some(probe) = health.probe.as_ref().filter(|probe| probe.refused.is_none()) {
        samples.push(&PROBE, [path], probe.took_us as f64 / 1_000_000.0);
    }
    if let Some(errors) = &health.errors {
        samples.push(&ERRORS, [path], errors.errors);
        if let Some(warnings) = errors.warnings {
            samples.push(&WARNINGS, [path], warnings);
        }
        for (metric, at) in [(&FIRST_ERROR, errors.first), (&LAST_ERROR, errors.last)] {
            if let Some(at) = at {
                samples.push(metric, [path], at.seconds());
            }
        }
    }
}

fn room(path: &str, dir: &DirFiles, samples: &mut Samples) {
    if let Some(space) = &dir.space {
        samples.push(&SIZE, [path], space.bytes);
        if let Some(free) = space.free_bytes {
            samples.push(&FREE, [path], free);
        }
        samples.push(&AVAILABLE, [path], space.usable_bytes);
        if space.inodes > 0 {
            samples.push(&INODES, [path], space.inodes);
            samples.push(&INODES_FREE, [path], space.free_inodes);
        }
    }
    for (kind, count) in [("stray", dir.strays), ("future", dir.future), ("delete", dir.deleted)] {
        if let Some(count) = count {
            samples.push(&DIRECTORIES, [path, kind], count);
        }
    }
    if let Some(bytes) = dir.stray_bytes {
        samples.push(&STRAY_BYTES, [path], bytes);
    }
}
