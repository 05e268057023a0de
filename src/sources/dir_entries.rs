//! What the directories in a log directory are to Kafka, by their names; and which of them are log directories themselves.
//! Runs in the reader process only.
//!
//! References: `LogManager.loadLogs` and `LocalLog.parseTopicPartitionName` for what Kafka takes a directory for;
//! `LeaderEpochCheckpointFile` for the file that every log has.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FileType, RawDir, SeekFrom, Stat};
use serde::{Deserialize, Serialize};

use super::dir_listing::{DirStamp, clock};
use crate::limits::{ENTRIES_NAMED_MAX, NESTED_PROBES_MAX};
use crate::snapshot::DirEntries;

/// Kafka's own directory in a log directory that is no log (`RemoteIndexCache`).
const INDEX_CACHE: &str = "remote-log-index-cache";
const METADATA_LOG: &str = "__cluster_metadata-0";
/// Bytes of entries that the kernel is asked for at once: those of some hundred logs.
const LISTED_AT_ONCE_BYTES: usize = 32 << 10;
/// Milliseconds after which all is listed again whatever the directory's times say: see [`super::dir_listing`], which tells
/// of such a directory within five.
const LISTED_AGAIN_MS: u64 = 600_000;

/// What was found, and what tells whether it still holds. The server keeps it for the next question, since the reader may
/// be another process by then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryListing {
    stamp: DirStamp,
    /// Without the nested ones, which are looked for each time.
    entries: DirEntries,
    /// Directories that were not seen to be logs: any of them may become another node's without a change above it.
    unsure: Vec<String>,
}

/// What the entries are.
#[derive(Debug)]
pub(super) struct EntriesSeen {
    pub entries: DirEntries,
    /// Names of the logs of replicas; absent when they are those of before.
    pub replicas: Option<Vec<String>>,
    pub listing: Option<EntryListing>,
}

/// Looks at the entries of the open log directory that has this `stat`.
pub(super) fn look_at_entries(dir: &OwnedFd, stat: &Stat, before: Option<&EntryListing>) -> io::Result<EntriesSeen> {
    let at = clock();
    if let Some(before) = before.filter(|before| before.stamp.holds(stat, at, LISTED_AGAIN_MS)) {
        let (nested, _) = probe_nested(dir, before.unsure.iter().map(String::as_str));
        let entries = DirEntries { nested, ..before.entries.clone() };
        return Ok(EntriesSeen { entries, replicas: None, listing: Some(before.clone()) });
    }
    let mut names = Vec::new();
    each_directory(dir, |name| names.push(name.to_owned()))?;
    names.sort();
    let (entries, replicas) = sort_entries(names.iter().map(String::as_str));
    let (nested, unsure) = probe_nested(dir, suspects(&entries, &replicas));
    // Of more directories than are ever looked into, the same ones would be left out each time.
    let listing = DirStamp::of(stat, at).map(|stamp| EntryListing { stamp, entries: entries.clone(), unsure });
    Ok(EntriesSeen { entries: DirEntries { nested, ..entries }, replicas: Some(replicas), listing })
}

/// Names of the directories in `dir`, one after the other: a log directory may hold thousands.
pub(super) fn each_directory(dir: &OwnedFd, mut take: impl FnMut(&str)) -> io::Result<()> {
    // What was opened may have been listed before.
    rustix::fs::seek(dir, SeekFrom::Start(0))?;
    let mut buffer = Vec::with_capacity(LISTED_AT_ONCE_BYTES);
    let mut entries = RawDir::new(dir, buffer.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let is_dir = match entry.file_type() {
            FileType::Unknown => rustix::fs::statat(dir, entry.file_name(), AtFlags::empty())
                .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory),
            kind => kind == FileType::Directory,
        };
        if is_dir && !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            take(&entry.file_name().to_string_lossy());
        }
    }
    Ok(())
}

/// What a directory of this name in a log directory is to Kafka.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// The log of a partition.
    Replica,
    /// A log that is deleted in the background.
    Deleted,
    /// A log that is being moved here from another directory of the broker.
    Future,
    /// A log that the cluster does not place here (KIP-858).
    Stray,
    /// The metadata log.
    Metadata,
    /// Kafka's own, and no log.
    Own,
    /// Nothing of Kafka's.
    Foreign,
}

impl Entry {
    /// By Kafka's pattern of names: TOPIC-PARTITION, or TOPIC-PARTITION.ID-SUFFIX.
    pub(super) fn of(name: &str) -> Self {
        let (log, suffix) = match name.rsplit_once('.') {
            Some((log, end)) => match end.rsplit_once('-') {
                Some((id, suffix @ ("delete" | "future" | "stray"))) if !id.is_empty() => (log, suffix),
                _ => (name, ""),
            },
            None => (name, ""),
        };
        match suffix {
            _ if name == INDEX_CACHE => Self::Own,
            _ if name == METADATA_LOG => Self::Metadata,
            _ if !is_topic_partition(log) => Self::Foreign,
            "delete" => Self::Deleted,
            "future" => Self::Future,
            "stray" => Self::Stray,
            _ => Self::Replica,
        }
    }
}

/// What directories of these names are to Kafka, and the names of the logs among them.
#[must_use]
pub fn sort_entries<'a>(names: impl Iterator<Item = &'a str>) -> (DirEntries, Vec<String>) {
    let (mut entries, mut replicas) = (DirEntries::default(), Vec::new());
    for name in names {
        match Entry::of(name) {
            Entry::Own => {}
            Entry::Metadata => entries.metadata_log = true,
            Entry::Foreign => keep(&mut entries.foreign, name),
            Entry::Deleted => entries.deleted += 1,
            Entry::Future => entries.future += 1,
            Entry::Stray => {
                entries.strays += 1;
                keep(&mut entries.stray, name);
            }
            Entry::Replica => replicas.push(name.to_owned()),
        }
    }
    entries.replicas = replicas.len();
    (entries, replicas)
}

fn keep(names: &mut Vec<String>, name: &str) {
    if names.len() < ENTRIES_NAMED_MAX {
        names.push(name.to_owned());
    }
}

fn is_topic_partition(name: &str) -> bool {
    let parts = name.rsplit_once('-').filter(|(topic, _)| !topic.is_empty());
    parts.is_some_and(|(_, partition)| partition.parse::<u32>().is_ok_and(|number| number <= i32::MAX as u32))
}

/// Directories that may be log directories, the likely ones first: those that are no log, then topics of one partition,
/// since a nested directory is named like one.
fn suspects<'a>(entries: &'a DirEntries, replicas: &'a [String]) -> impl Iterator<Item = &'a str> {
    fn topic(name: &str) -> &str {
        name.rsplit_once('-').map_or("", |(topic, _)| topic)
    }
    let mut partitions: BTreeMap<&str, usize> = BTreeMap::new();
    replicas.iter().for_each(|name| *partitions.entry(topic(name)).or_default() += 1);
    let mut logs: Vec<&String> = replicas.iter().collect();
    logs.sort_by_key(|name| partitions.get(topic(name)));
    entries.foreign.iter().chain(&entries.stray).chain(logs).map(String::as_str)
}

/// Those of `suspects` that hold a `meta.properties` and so are a node's log directories, the first few; and all that may
/// become one, since they are not seen to be logs: those have a file of their own. Few are looked into.
fn probe_nested<'a>(dir: &OwnedFd, suspects: impl Iterator<Item = &'a str>) -> (Vec<String>, Vec<String>) {
    let holds = |name: &str, file: &str| rustix::fs::statat(dir, format!("{name}/{file}"), AtFlags::empty()).is_ok();
    let may_become_one = suspects.take(NESTED_PROBES_MAX).filter(|name| !holds(name, "leader-epoch-checkpoint"));
    let unsure: Vec<String> = may_become_one.map(str::to_owned).collect();
    let nested = unsure.iter().filter(|name| holds(name, "meta.properties")).take(ENTRIES_NAMED_MAX).cloned();
    (nested.collect(), unsure)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;
    use crate::snapshot::UnixMs;

    #[test]
    fn entries_are_told_apart_as_kafka_does() {
        let names = [
            "orders-0",
            "__consumer_offsets-49",
            "a-b-c-12",
            "__cluster_metadata-0",
            "remote-log-index-cache",
            "orders-0.5d2f-delete",
            "orders-1.5d2f-future",
            "broker-2.5d2f-stray",
            "lost+found",
            "backup",
            "x-",
            "-0",
            "orders-99999999999",
            "orders-0.bak",
        ];
        let (entries, replicas) = sort_entries(names.into_iter());
        assert_eq!(replicas, ["orders-0", "__consumer_offsets-49", "a-b-c-12"]);
        assert_eq!((entries.replicas, entries.deleted, entries.future, entries.strays), (3, 1, 1, 1));
        assert_eq!(entries.stray, ["broker-2.5d2f-stray"]);
        assert_eq!(entries.foreign, ["lost+found", "backup", "x-", "-0", "orders-99999999999", "orders-0.bak"]);
        assert!(entries.metadata_log);
    }

    #[test]
    fn what_may_become_another_nodes_is_looked_into_although_nothing_was_listed() {
        let base = std::env::temp_dir().join(format!("brokerwatch-entries-{}", std::process::id()));
        for log in ["orders-0", "orders-1"] {
            fs::create_dir_all(base.join(log)).unwrap();
            fs::write(base.join(log).join("leader-epoch-checkpoint"), "0\n0\n").unwrap();
        }
        fs::create_dir_all(base.join("broker-2")).unwrap();
        let dir: OwnedFd = File::open(&base).unwrap().into();
        let stat = rustix::fs::fstat(&dir).unwrap();
        let first = look_at_entries(&dir, &stat, None).unwrap();
        assert_eq!(first.replicas.unwrap(), ["broker-2", "orders-0", "orders-1"]);
        assert_eq!(first.listing, None, "it has just changed");
        // As the look of some seconds later would have it.
        let stamp = DirStamp::of(&stat, UnixMs(clock().0 + 10_000)).unwrap();
        let (_, unsure) = probe_nested(&dir, suspects(&first.entries, &["broker-2".to_owned(), "orders-0".to_owned()]));
        assert_eq!(unsure, ["broker-2"], "what has a log's file is one");
        let listing = EntryListing { stamp: DirStamp { listed_at: clock(), ..stamp }, entries: first.entries, unsure };
        let look = || look_at_entries(&dir, &rustix::fs::fstat(&dir).unwrap(), Some(&listing)).unwrap();
        let seen = look();
        assert_eq!((seen.replicas, seen.entries.replicas, seen.entries.nested), (None, 3, vec![]));
        fs::write(base.join("broker-2/meta.properties"), "cluster.id=x\nnode.id=2\nversion=1\n").unwrap();
        assert_eq!(look().entries.nested, ["broker-2"], "the directory above it has not changed");
        std::thread::sleep(std::time::Duration::from_millis(20));
        fs::create_dir_all(base.join("orders-2")).unwrap();
        let seen = look();
        fs::remove_dir_all(&base).unwrap();
        assert_eq!((seen.replicas.map(|names| names.len()), seen.entries.replicas), (Some(4), 4), "listed again");
    }
}
