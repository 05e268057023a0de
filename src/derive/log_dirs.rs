//! What state a log directory is in, and whether the broker's loop over all of them still turns.

use super::View;
use crate::snapshot::{DirFiles, DirHealth, ErrorKind, Failure, LogDirFiles};

/// Every state that [`state`] can give.
pub const DIR_STATES: [&str; 9] =
    ["ok", "read_only", "shutdown", "io_error", "hung", "missing", "denied", "refused", "unknown"];

/// The option of a mount or of its file system that says read-only: `emergency_ro` is ext4's after an error, since Linux 6.15.
#[must_use]
pub fn read_only_option(options: &[String]) -> Option<&str> {
    options.iter().map(String::as_str).find(|option| ["ro", "emergency_ro"].contains(option))
}

/// The one state of a directory, the worst that anything says: each sign alone is blind on some kernel or file system.
#[must_use]
pub fn state(look: Option<&Result<DirFiles, Failure>>, health: &DirHealth) -> &'static str {
    let told = match health.refuses_writes.as_deref() {
        Some("shutdown") => Some("shutdown"),
        Some(_) => Some("read_only"),
        None => None,
    };
    let refused = health.probe.as_ref().and_then(|probe| probe.refused.as_deref()).and_then(|error| match error {
        "EROFS" => Some("read_only"),
        "EIO" => Some("io_error"),
        "ENOSPC" | "EDQUOT" => Some("refused"),
        // It is not the probe's to say: another user, or a file system without nameless files.
        _ => None,
    });
    match look {
        _ if told.is_some() => told.unwrap_or_default(),
        _ if health.hangs_since.is_some() => "hung",
        Some(Err(failure)) => match failure.kind {
            ErrorKind::Timeout => "hung",
            ErrorKind::NotFound => "missing",
            ErrorKind::Permission => "denied",
            ErrorKind::Io => "io_error",
            _ => "unknown",
        },
        Some(Ok(_)) => refused.unwrap_or(if health.mounted { "ok" } else { "unknown" }),
        None => "unknown",
    }
}

/// The state of each log directory, as configured, whose file system was looked at.
pub fn states(files: &LogDirFiles) -> impl Iterator<Item = (&str, &'static str)> {
    files.health.iter().map(|(path, health)| (path.as_str(), state(files.dirs.get(path), health)))
}

/// Whether a directory in this state can be written; absent when it does not tell.
#[must_use]
pub fn writable(state: &str) -> Option<bool> {
    match state {
        "ok" => Some(true),
        "read_only" | "shutdown" | "io_error" | "refused" => Some(false),
        _ => None,
    }
}

/// Milliseconds since the broker last wrote a `replication-offset-checkpoint` anywhere.
///
/// One loop (`ReplicaManager.checkpointHighWatermarks`) writes those of all directories every 5 s; the newest is what counts,
/// since an offline directory gets none. Absent when the broker's process is not seen, and while the newest is older than its
/// start: it recovers its logs or has not joined the cluster, and that is no hang.
#[must_use]
pub fn checkpoint_stalled_ms(view: &View<'_>) -> Option<u64> {
    let started = view.node.process.fresh(view.now)?.chosen.as_ref()?.started?;
    let files = view.node.files.fresh(view.now)?;
    let checkpoints = files.dirs.values().flatten().flat_map(|dir| &dir.checkpoints);
    let newest = checkpoints.filter(|found| found.name == "replication-offset").map(|found| found.modified).max()?;
    (newest > started && newest <= view.now.plus(2_000)).then(|| view.now.since(newest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{BrokerProcess, Checkpoint, NodeView, Probe, ProcessCandidate, UnixMs};
    use crate::testing::{Sample, seen};

    fn failed(kind: ErrorKind) -> Result<DirFiles, Failure> {
        Err(Failure::new(kind, ""))
    }

    #[test]
    fn every_row_of_the_table_of_read_only_is_told() {
        let of = |words: Option<&str>, look: Result<DirFiles, Failure>, probe: Option<&str>| {
            let probe = probe.map(|error| Probe { refused: Some(error.into()), ..Probe::default() });
            let health =
                DirHealth { mounted: true, refuses_writes: words.map(str::to_owned), probe, ..DirHealth::default() };
            let state = state(Some(&look), &health);
            (state, writable(state))
        };
        let fine = || Ok(DirFiles::default());
        assert_eq!(of(None, fine(), None), ("ok", Some(true)));
        assert_eq!(of(Some("emergency_ro"), fine(), None), ("read_only", Some(false)));
        assert_eq!(of(Some("shutdown"), fine(), None), ("shutdown", Some(false)));
        assert_eq!(of(None, failed(ErrorKind::Io), None), ("io_error", Some(false)));
        assert_eq!(of(None, fine(), Some("EROFS")), ("read_only", Some(false)));
        assert_eq!(of(None, fine(), Some("ENOSPC")), ("refused", Some(false)));
        assert_eq!(of(None, fine(), Some("EACCES")), ("ok", Some(true)), "our own rights say nothing of the broker's");
        assert_eq!(of(None, failed(ErrorKind::Timeout), None), ("hung", None));
        assert_eq!(of(None, failed(ErrorKind::Permission), None), ("denied", None));
        assert!(DIR_STATES.contains(&of(None, failed(ErrorKind::Bug), None).0));
    }

    fn node(started: UnixMs, checkpoints: &[UnixMs]) -> NodeView {
        let chosen = ProcessCandidate {
            pid: 1,
            start_ticks: 1,
            started: Some(started),
            state: 'S',
            properties_file: String::new(),
            overrides: Default::default(),
        };
        let dir = |at: &UnixMs| {
            let checkpoints = vec![Checkpoint { name: "replication-offset".into(), modified: *at }];
            Ok(DirFiles { checkpoints, ..DirFiles::default() })
        };
        let dirs = checkpoints.iter().enumerate().map(|(place, at)| (place.to_string(), dir(at))).collect();
        NodeView {
            process: seen(BrokerProcess { chosen: Some(chosen), ..BrokerProcess::default() }),
            files: seen(LogDirFiles { dirs, ..LogDirFiles::default() }),
            ..NodeView::default()
        }
    }

    #[test]
    fn the_newest_checkpoint_counts_and_one_from_before_the_start_is_no_hang() {
        let at = |ago_ms: i64| Sample::NOW.shifted(-ago_ms);
        let stalled = |node: NodeView| checkpoint_stalled_ms(&View::new(&node, Sample::NOW));
        assert_eq!(stalled(node(at(900_000), &[at(20_000), at(600_000)])), Some(20_000), "the other is offline");
        assert_eq!(stalled(node(at(10_000), &[at(20_000)])), None, "it recovers");
        assert_eq!(stalled(node(at(900_000), &[at(-60_000)])), None, "the clock was set back");
        assert_eq!(stalled(node(at(900_000), &[])), None);
    }
}
