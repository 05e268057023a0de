//! How many logs a log directory holds. It is listed only when its entries can have changed, which one look at its own times
//! tells: thousands of entries every few seconds would be most of what a look costs. Runs in the reader process only.
//!
//! References: POSIX for the times of a directory (st_ctim is marked whenever an entry is made, renamed or removed, and no
//! call sets it); timestamps of the kernel have the coarseness of its tick, or of the file system's own format.

use std::os::fd::OwnedFd;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::dir_entries::{Entry, each_directory};
use super::log_dir_place::id_of;
use crate::limits::STRAY_FILES_MAX;
use crate::snapshot::{FileId, UnixMs};

/// Milliseconds for which the times of a directory must have stood still before it was listed: entries that come within
/// the same tick of the file system's times leave them as they are. The coarsest have two seconds.
const SETTLED_MS: u64 = 2_500;
/// Milliseconds after which it is listed whatever its times say: those of network file systems come from elsewhere, and a
/// directory that can no longer be read has to be noticed.
const LISTED_AGAIN_MS: u64 = 300_000;

/// Logs in a log directory, by what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogCounts {
    /// Of replicas.
    pub replicas: usize,
    /// Being moved here.
    pub future: usize,
    /// Being deleted.
    pub deleted: usize,
    /// Set aside, since nobody owns them.
    pub strays: usize,
    /// Bytes that those take; absent when one cannot be looked at, or there are too many files.
    pub stray_bytes: Option<u64>,
}

/// What tells whether a directory still has the entries that it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirStamp {
    /// The directory that was listed.
    pub(super) id: FileId,
    /// When its entries had last changed, by its file system: seconds and nanoseconds.
    pub(super) changed: (i64, u64),
    /// When it was listed.
    pub(super) listed_at: UnixMs,
}

impl DirStamp {
    /// That of a directory that had this `stat` before it was listed at `at`; absent when it has just changed and may so
    /// again unseen.
    #[must_use]
    pub fn of(stat: &Stat, at: UnixMs) -> Option<Self> {
        let changed = changed(stat);
        let changed_ms = u64::try_from(changed.0).ok()?.checked_mul(1_000)?.checked_add(changed.1 / 1_000_000)?;
        let settled = changed_ms.checked_add(SETTLED_MS)? <= at.0;
        settled.then(|| Self { id: id_of(stat), changed, listed_at: at })
    }

    /// Whether the directory that has this `stat` at `at` has the same entries still, and was listed within `again_ms`.
    #[must_use]
    pub fn holds(&self, stat: &Stat, at: UnixMs, again_ms: u64) -> bool {
        let young = at.0.checked_sub(self.listed_at.0).is_some_and(|age_ms| age_ms < again_ms);
        young && self.id == id_of(stat) && self.changed == changed(stat)
    }
}

fn changed(stat: &Stat) -> (i64, u64) {
    (stat.st_ctime, stat.st_ctime_nsec)
}

/// The time that files get, as far as one knows.
pub(super) fn clock() -> UnixMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// What was counted, and what tells whether it still holds. The server keeps it for the next question, since the reader
/// may be another process by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirListing {
    stamp: DirStamp,
    counts: LogCounts,
}

/// Counts the logs in the open log directory that has this `stat`, as `before` tells them where that still holds. What
/// comes second is for the next look: nothing when the directory has just changed, or holds logs that were set aside,
/// whose bytes change without it.
///
/// # Errors
/// As listing it.
pub fn count_logs(
    dir: &OwnedFd,
    stat: &Stat,
    before: Option<&DirListing>,
) -> std::io::Result<(LogCounts, Option<DirListing>)> {
    let at = clock();
    if let Some(before) = before.filter(|before| before.stamp.holds(stat, at, LISTED_AGAIN_MS)) {
        return Ok((before.counts, Some(*before)));
    }
    let counts = list(dir)?;
    let stamp = DirStamp::of(stat, at).filter(|_| counts.strays == 0);
    Ok((counts, stamp.map(|stamp| DirListing { stamp, counts })))
}

fn list(dir: &OwnedFd) -> std::io::Result<LogCounts> {
    let (mut counts, mut strays) = (LogCounts::default(), Vec::new());
    each_directory(dir, |name| match Entry::of(name) {
        Entry::Replica => counts.replicas += 1,
        Entry::Deleted => counts.deleted += 1,
        Entry::Future => counts.future += 1,
        Entry::Stray => strays.push(name.to_owned()),
        Entry::Metadata | Entry::Own | Entry::Foreign => {}
    })?;
    Ok(LogCounts { strays: strays.len(), stray_bytes: stray_bytes(dir, &strays), ..counts })
}

/// Bytes that the files of these logs, which Kafka set aside, take; absent when one cannot be looked at, or there are too
/// many files.
fn stray_bytes(dir: &OwnedFd, strays: &[String]) -> Option<u64> {
    let (mut bytes, mut left) = (0_u64, STRAY_FILES_MAX);
    for name in strays {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let log = rustix::fs::openat(dir, name, flags, Mode::empty()).ok()?;
        bytes = bytes.saturating_add(bytes_of_files(&log, &mut left)?);
    }
    Some(bytes)
}

/// Bytes that the files of one directory take; absent when one cannot be looked at, or there are more than are `left`.
fn bytes_of_files(log: &OwnedFd, left: &mut usize) -> Option<u64> {
    /// Bytes of a block as `stat` counts them, on every file system.
    const BLOCK: u64 = 512;
    let mut bytes = 0_u64;
    for entry in Dir::read_from(log).ok()? {
        let entry = entry.ok()?;
        *left = left.checked_sub(1)?;
        match rustix::fs::statat(log, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile => {
                bytes = bytes.saturating_add(u64::try_from(stat.st_blocks).ok()?.saturating_mul(BLOCK));
            }
            // One that was removed meanwhile takes nothing.
            Ok(_) | Err(Errno::NOENT) => {}
            Err(_) => return None,
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    use super::*;
    use crate::sources::log_dir_files::{DirAnswer, read_dir_files};

    /// A log directory, dropped with its files.
    struct LogDir(PathBuf);

    impl LogDir {
        fn new(name: &str) -> Self {
            let base = std::env::temp_dir().join(format!("brokerwatch-listing-{name}-{}", std::process::id()));
            fs::create_dir_all(base.join("orders-0")).unwrap();
            fs::write(base.join("orders-0/00000000000000000000.log"), vec![1; 65_536]).unwrap();
            Self(base)
        }

        fn look(&self, before: Option<&DirListing>) -> DirAnswer {
            read_dir_files(Path::new("/proc"), None, &self.0, before).unwrap()
        }

        fn stat(&self) -> Stat {
            rustix::fs::fstat(File::open(&self.0).unwrap()).unwrap()
        }

        /// A listing of it with a count that is not there: whoever tells it did not list.
        fn marked(&self, listed_at: UnixMs) -> DirListing {
            let stat = self.stat();
            let stamp = DirStamp { id: id_of(&stat), changed: changed(&stat), listed_at };
            DirListing { stamp, counts: LogCounts { replicas: 77, ..LogCounts::default() } }
        }
    }

    impl Drop for LogDir {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_directory_is_listed_when_an_entry_came_went_or_was_renamed() {
        let dir = LogDir::new("changes");
        let told = |before: &DirListing| dir.look(Some(before)).files.replicas;
        assert_eq!(told(&dir.marked(clock())), Some(77), "nothing has changed: it is not listed");
        type Change = fn(&Path);
        let changes: [(Change, usize); 3] = [
            (|base| fs::create_dir(base.join("orders-1")).unwrap(), 2),
            (|base| fs::rename(base.join("orders-1"), base.join("orders-1.0a-delete")).unwrap(), 1),
            (|base| fs::remove_dir(base.join("orders-1.0a-delete")).unwrap(), 1),
        ];
        for (change, replicas) in changes {
            let before = dir.marked(clock());
            // The next tick of the clock that files have.
            std::thread::sleep(Duration::from_millis(20));
            change(&dir.0);
            assert_eq!(told(&before), Some(replicas));
        }
    }

    #[test]
    fn what_has_just_changed_is_listed_again_and_what_stood_still_is_not() {
        let dir = LogDir::new("settled");
        assert_eq!(dir.look(None).listing, None, "an entry of the same tick would not be seen");
        let stat = dir.stat();
        let changed_ms = stat.st_ctime as u64 * 1_000 + stat.st_ctime_nsec / 1_000_000;
        let of = |at: u64| DirStamp::of(&stat, UnixMs(at));
        assert_eq!(of(changed_ms + SETTLED_MS - 1), None);
        assert_eq!(of(changed_ms - 10_000), None, "changed in the future: the clock was set back");
        let stamp = of(changed_ms + SETTLED_MS).unwrap();
        let holds = |ms: u64| stamp.holds(&stat, UnixMs(changed_ms + SETTLED_MS + ms), LISTED_AGAIN_MS);
        assert!(holds(0) && holds(LISTED_AGAIN_MS - 1));
        assert!(!holds(LISTED_AGAIN_MS), "after a while it is listed whatever its times say");
        assert!(!stamp.holds(&stat, UnixMs(changed_ms), LISTED_AGAIN_MS), "the clock was set back");
    }

    #[test]
    fn a_listing_is_of_one_directory_and_outlives_the_reader() {
        let (dir, other) = (LogDir::new("one"), LogDir::new("other"));
        assert_eq!(other.look(Some(&dir.marked(clock()))).files.replicas, Some(1), "another directory at this path");
        // What another reader is asked: the question has all of it.
        let text = serde_json::to_string(&dir.marked(clock())).unwrap();
        let answer = dir.look(Some(&serde_json::from_str(&text).unwrap()));
        assert_eq!(
            (answer.files.replicas, answer.listing.map(|listing| listing.counts.replicas)),
            (Some(77), Some(77))
        );
    }

    #[test]
    fn checkpoints_are_looked_at_whether_or_not_the_directory_is_listed() {
        let dir = LogDir::new("checkpoints");
        let file = dir.0.join("replication-offset-checkpoint");
        fs::write(&file, "0\n0\n").unwrap();
        let before = dir.marked(clock());
        let modified = |second: u64| {
            let at = UNIX_EPOCH + Duration::from_secs(second);
            File::options().write(true).open(&file).unwrap().set_modified(at).unwrap();
            let files = dir.look(Some(&before)).files;
            assert_eq!((files.replicas, files.checkpoints.len()), (Some(77), 1), "it was not listed");
            (files.checkpoints[0].name.clone(), files.checkpoints[0].modified.0)
        };
        for second in [1_700_000_000, 1_700_000_060, 1_700_000_060] {
            assert_eq!(modified(second), ("replication-offset".to_owned(), second * 1_000));
        }
    }

    #[test]
    fn what_kafka_set_aside_is_added_up_and_too_many_files_are_not() {
        let dir = LogDir::new("strays");
        let stray = |name: &str| dir.0.join(format!("{name}.0123456789abcdef0123456789abcdef-stray"));
        let look = || dir.look(None).files;
        assert_eq!((look().strays, look().stray_bytes), (Some(0), Some(0)));
        for name in ["orders-1", "orders-2"] {
            fs::create_dir_all(stray(name)).unwrap();
            fs::write(stray(name).join("00000000000000000000.log"), vec![1; 65_536]).unwrap();
        }
        // Delayed allocation: blocks are counted when they are written.
        rustix::fs::sync();
        let bytes = look().stray_bytes.unwrap();
        assert!((2 * 65_536..=4 * 65_536).contains(&bytes), "{bytes}");
        for file in 0..STRAY_FILES_MAX {
            fs::write(stray("orders-1").join(file.to_string()), "").unwrap();
        }
        assert_eq!((look().strays, look().stray_bytes), (Some(2), None), "unknown is not 0");
        std::thread::sleep(Duration::from_millis(SETTLED_MS + 100));
        assert_eq!(dir.look(None).listing, None, "their bytes change without the directory");
        fs::remove_dir_all(stray("orders-1")).unwrap();
        fs::remove_dir_all(stray("orders-2")).unwrap();
        std::thread::sleep(Duration::from_millis(SETTLED_MS + 100));
        let listing = dir.look(None).listing.unwrap();
        assert_eq!(dir.look(Some(&listing)).listing, Some(listing));
    }
}
