//! The small files of a log directory: `meta.properties` and the checkpoints. Runs in the reader process only: any of
//! these calls may hang with the drive.

use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::properties::{file_failure, read_meta_properties};
use crate::snapshot::{Checkpoint, DirFiles, Failure, UnixMs};

/// Checkpoint files that Kafka's `LogManager` rewrites in each log directory.
const CHECKPOINTS: [&str; 4] = ["cleaner-offset", "log-start-offset", "recovery-point-offset", "replication-offset"];

/// Looks at one log directory.
///
/// # Errors
/// `NotFound`, `Permission` or `Io` when the directory itself cannot be looked at. A bad `meta.properties` is part of
/// the result, so that it does not hide the checkpoints.
pub fn read_dir_files(directory: &Path) -> Result<DirFiles, Failure> {
    let entries = fs::read_dir(directory).map_err(|error| file_failure(directory, &error))?;
    let replicas = entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(is_replica)).count();
    let (meta, meta_failure) = match read_meta_properties(&directory.join("meta.properties")) {
        Ok(meta) => (Some(meta), None),
        Err(failure) => (None, Some(failure)),
    };
    let checkpoints = CHECKPOINTS.iter().filter_map(|name| {
        let modified = fs::metadata(directory.join(format!("{name}-checkpoint"))).ok()?.modified().ok()?;
        let since_epoch = modified.duration_since(UNIX_EPOCH).ok()?;
        let modified = UnixMs(u64::try_from(since_epoch.as_millis()).ok()?);
        Some(Checkpoint { name: (*name).to_owned(), modified })
    });
    Ok(DirFiles { meta, meta_failure, checkpoints: checkpoints.collect(), replicas: Some(replicas) })
}

/// Whether a directory of this name holds a replica's log: `TOPIC-PARTITION`. Logs that are being deleted, moved or are
/// stray have an id and a word behind that.
fn is_replica(name: &str) -> bool {
    let partition = name.rsplit_once('-').filter(|(topic, _)| !topic.is_empty()).map(|(_, partition)| partition);
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    partition.is_some_and(is_number) && name != "__cluster_metadata-0"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_of_replicas_are_known_by_their_names() {
        assert!(is_replica("orders-0") && is_replica("__consumer_offsets-49") && is_replica("a-b-c-12"));
        let others = ["__cluster_metadata-0", "orders-0.5d2f-delete", "orders-0.5d2f-future", "orders-0.5d2f-stray"];
        assert!(!others.iter().chain(&["meta.properties", "-0", "orders-", "orders"]).any(|name| is_replica(name)));
    }
}
