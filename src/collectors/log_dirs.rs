//! Log directories: as the broker reports them, and as their files show them.
//!
//! `DescribeLogDirs.offsetLag` is left out: it is 0 always. Checkpoint times come from the file system, so they go on
//! when the broker hangs: Kafka rewrites `replication-offset-checkpoint` of each directory every 5 s, in one loop.

use super::{Collector, Options, Seen};
use crate::derive::broker::BrokerState;
use crate::exposition::{Metric, Samples, Scope};
use crate::snapshot::{Checkpoint, LogDir};
use crate::sources::{FILES, LOG_DIRS};

pub(super) static COLLECTOR: Collector = Collector {
    name: "log_dirs",
    about: "log directories: online, size, replicas, checkpoints",
    sources: &[&LOG_DIRS, &FILES],
    families: &[
        &ONLINE.family,
        &TOTAL.family,
        &USABLE.family,
        &REPLICA_BYTES.family,
        &REPLICAS.family,
        &FUTURE.family,
        &CHECKPOINT.family,
        &UNREADABLE.family,
    ],
    collect,
};

static ONLINE: Metric<1> = Metric::gauge(
    "kafka_log_dir_online",
    Scope::Broker,
    &["log_dir"],
    "1 while the broker uses the log directory, 0 after it took it offline for an I/O error; absent while unknown.",
);
static TOTAL: Metric<1> = Metric::gauge(
    "kafka_log_dir_total_bytes",
    Scope::Broker,
    &["log_dir"],
    "Size of the log directory's file system as the broker sees it; absent when offline and before Kafka 3.3.",
);
static USABLE: Metric<1> = Metric::gauge(
    "kafka_log_dir_usable_bytes",
    Scope::Broker,
    &["log_dir"],
    "Bytes left for the broker on the log directory's file system; absent when offline and before Kafka 3.3.",
);
static REPLICA_BYTES: Metric<1> = Metric::gauge(
    "kafka_log_dir_replica_bytes",
    Scope::Broker,
    &["log_dir"],
    "Bytes of all logs in the log directory, future ones included.",
);
static REPLICAS: Metric<1> =
    Metric::gauge("kafka_log_dir_replicas", Scope::Broker, &["log_dir"], "Replicas whose log is in the log directory.");
static FUTURE: Metric<1> = Metric::gauge(
    "kafka_log_dir_future_replicas",
    Scope::Broker,
    &["log_dir"],
    "Replicas that are being moved into the log directory.",
);
static CHECKPOINT: Metric<2> = Metric::gauge(
    "kafka_log_dir_checkpoint_modified_timestamp_seconds",
    Scope::Broker,
    &["log_dir", "checkpoint"],
    "When a checkpoint file of the log directory was last written, as Unix time; absent while that lies in the future, since \
     the clock was set back.",
);
static UNREADABLE: Metric<2> = Metric::gauge(
    "kafka_log_dir_unreadable",
    Scope::Broker,
    &["log_dir", "reason"],
    "1 for a log directory of the properties file, or its meta.properties, that cannot be read, with the reason.",
);

/// Milliseconds by which a file's time may be ahead of ours: the kernel stamps files with a coarser clock, and a file
/// server with its own.
const CLOCK_SKEW_MS_MAX: u64 = 2_000;

fn collect(Seen { view, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    // What the broker said of its directories is not repeated once it does not answer.
    if let Some(log_dirs) = view.node.log_dirs.fresh(view.now).filter(|_| view.state == BrokerState::Up) {
        log_dirs.dirs.iter().for_each(|dir| reported(dir, samples));
    }
    let Some(files) = view.node.files.fresh(view.now) else { return };
    for (path, dir) in &files.dirs {
        let failure = match dir {
            Ok(dir) => {
                // One from the future was written before the clock was set back: its age is not known.
                let known = |checkpoint: &&Checkpoint| checkpoint.modified <= view.now.plus(CLOCK_SKEW_MS_MAX);
                for checkpoint in dir.checkpoints.iter().filter(known) {
                    samples.push(&CHECKPOINT, [path, &checkpoint.name], checkpoint.modified.seconds());
                }
                dir.meta_failure.as_ref()
            }
            Err(failure) => Some(failure),
        };
        if let Some(failure) = failure {
            samples.push(&UNREADABLE, [path, failure.kind.as_str()], 1);
        }
    }
}

fn reported(dir: &LogDir, samples: &mut Samples) {
    if dir.error.is_some() {
        return;
    }
    samples.push(&ONLINE, [&dir.path], dir.online);
    if let Some(total) = dir.total_bytes {
        samples.push(&TOTAL, [&dir.path], total);
    }
    if let Some(usable) = dir.usable_bytes {
        samples.push(&USABLE, [&dir.path], usable);
    }
    if !dir.online {
        return;
    }
    let bytes: u64 = dir.replicas.iter().map(|replica| replica.bytes).sum();
    let future = dir.replicas.iter().filter(|replica| replica.future).count();
    samples.push(&REPLICA_BYTES, [&dir.path], bytes);
    samples.push(&REPLICAS, [&dir.path], dir.replicas.len() - future);
    samples.push(&FUTURE, [&dir.path], future);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::derive::View;
    use crate::derive::fleet::Fleet;
    use crate::exposition::{Format, Page};
    use crate::snapshot::{Attempt, DirFiles, LogDirFiles, NodeView, Observed, Section, UnixMs};

    #[test]
    fn a_checkpoint_from_the_future_has_no_time() {
        let now = UnixMs(1_700_000_000_000);
        let checkpoint = |name: &str, modified| Checkpoint { name: name.into(), modified };
        let checkpoints =
            vec![checkpoint("cleaner-offset", now.plus(3_600_000)), checkpoint("replication-offset", now.plus(1_000))];
        let dir = DirFiles { checkpoints, ..DirFiles::default() };
        let value = Arc::new(LogDirFiles { dirs: [("/d".to_owned(), Ok(dir))].into(), ..LogDirFiles::default() });
        let last = Some(Observed { at: now, took_ms: 1, valid_until: now.plus(16_000), value });
        let node = NodeView { files: Section { last, attempt: Attempt::Ok }, ..NodeView::default() };
        let mut samples = Samples::default();
        let fleet = Fleet::of_one(View::new(&node, now));
        collect(Seen::of(&fleet).unwrap(), &Options::default(), &mut samples);
        let mut page = Page::default();
        page.add(samples);
        let text = String::from_utf8(page.render(Format::Text)).unwrap();
        assert!(text.contains("checkpoint=\"replication-offset\"") && !text.contains("cleaner-offset"), "{text}");
    }
}
