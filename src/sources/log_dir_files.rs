//! The small files of a log directory, the room on its file system and what that file system says of itself. Runs in the
//! reader process only: any of these calls may hang with the drive.
//!
//! References: ext4's and XFS' pages in the kernel's documentation (`/sys/fs/ext4`, `/sys/fs/xfs`, `/proc/fs/ext4`).

use std::ffi::CStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::dir_listing::{DirListing, count_logs};
use super::kernel_files::device_name;
use super::log_dir_place::{read_meta, read_space};
use super::name_space::NameSpace;
use super::properties::file_failure;
use crate::snapshot::{Checkpoint, DirFiles, Failure, FsErrors, FsPolicy, UnixMs};

/// Checkpoint files that Kafka's `LogManager` rewrites in each log directory.
const CHECKPOINTS: [(&str, &CStr); 4] = [
    ("cleaner-offset", c"cleaner-offset-checkpoint"),
    ("log-start-offset", c"log-start-offset-checkpoint"),
    ("recovery-point-offset", c"recovery-point-offset-checkpoint"),
    ("replication-offset", c"replication-offset-checkpoint"),
];

/// What the reader answers about a log directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirAnswer {
    /// Its files.
    pub files: DirFiles,
    /// To be handed in with the next question; absent when the directory has to be listed again then.
    pub listing: Option<DirListing>,
}

/// Looks at one log directory as process `pid` sees it; without one, as we do. `before` is what the last look gave: with it
/// the directory is listed only when its entries can have changed.
///
/// # Errors
/// `NotFound`, `Permission` or `Io` when the directory itself cannot be looked at: a file system that was shut down gives
/// EIO. A bad `meta.properties` is part of the result, so that it does not hide the checkpoints.
pub fn read_dir_files(
    procfs: &Path,
    pid: Option<u32>,
    directory: &Path,
    before: Option<&DirListing>,
) -> Result<DirAnswer, Failure> {
    let space = NameSpace::of(procfs, pid);
    let dir = space.open(directory, OFlags::DIRECTORY).map_err(|error| file_failure(directory, &error))?;
    // XFS says nothing of its shutdown but here.
    let stat = rustix::fs::fstat(&dir).map_err(|error| file_failure(directory, &error.into()))?;
    let counted = count_logs(&dir, &stat, before);
    let (counts, listing) = counted.map_err(|error| file_failure(directory, &error))?;
    let (meta, meta_failure) = match read_meta(&dir, directory, OFlags::empty()) {
        Ok(meta) => (Some(meta), None),
        Err(failure) => (None, Some(failure)),
    };
    let checkpoints = CHECKPOINTS.iter().filter_map(|(name, file)| {
        let stat = rustix::fs::statat(&dir, *file, AtFlags::empty()).ok()?;
        let seconds = u64::try_from(stat.st_mtime).ok()?;
        let modified = UnixMs(seconds.checked_mul(1_000)?.checked_add(stat.st_mtime_nsec / 1_000_000)?);
        Some(Checkpoint { name: (*name).to_owned(), modified })
    });
    let files = DirFiles {
        meta,
        meta_failure,
        checkpoints: checkpoints.collect(),
        replicas: Some(counts.replicas),
        strays: Some(counts.strays),
        stray_bytes: counts.stray_bytes,
        future: Some(counts.future),
        deleted: Some(counts.deleted),
        space: read_space(&dir),
    };
    Ok(DirAnswer { files, listing })
}

/// What a file system says of itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct FsAnswer {
    /// Its errors; absent when it does not count any.
    pub errors: Option<FsErrors>,
    /// What it does on an error; absent when it does not tell.
    pub policy: Option<FsPolicy>,
}

/// What the file system of type `kind` on the device `MAJOR:MINOR` says of itself: nothing for other types than ext4 and XFS.
#[must_use]
pub fn read_fs(procfs: &Path, sysfs: &Path, device: &str, kind: &str) -> FsAnswer {
    let Some(name) = device_name(sysfs, device) else { return FsAnswer::default() };
    let text = |path: PathBuf| fs::read(path).ok().map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
    match kind {
        "ext4" | "ext3" | "ext2" => {
            let at = sysfs.join("fs/ext4").join(&name);
            let number = |file: &str| text(at.join(file))?.parse::<u64>().ok();
            // 0 is no time: there was none. The superblock has times of what it has counted only.
            let time = |file: &str| number(file).filter(|at| *at > 0)?.checked_mul(1_000).map(UnixMs);
            let errors = number("errors_count").map(|errors| FsErrors {
                errors,
                warnings: number("warning_count"),
                first: if errors > 0 { time("first_error_time") } else { None },
                last: if errors > 0 { time("last_error_time") } else { None },
            });
            let policy = text(procfs.join("fs/ext4").join(&name).join("options"));
            FsAnswer { errors, policy: policy.and_then(|options| parse_ext4_options(&options)) }
        }
        "xfs" => {
            let retries = text(sysfs.join("fs/xfs").join(&name).join("error/metadata/EIO/max_retries"));
            let eio_retries = retries.and_then(|retries| retries.parse().ok());
            let policy = eio_retries.map(|retries| FsPolicy { eio_retries: Some(retries), ..FsPolicy::default() });
            FsAnswer { errors: None, policy }
        }
        _ => FsAnswer::default(),
    }
}

/// What decides over data in a `/proc/fs/ext4/NAME/options`: one option a line, those of the superblock too.
#[must_use]
pub fn parse_ext4_options(options: &str) -> Option<FsPolicy> {
    let value = |key: &str| options.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('='));
    let has = |word: &str| options.lines().any(|line| line.trim() == word);
    let barrier =
        match (has("barrier") || value("barrier") == Some("1"), has("nobarrier") || value("barrier") == Some("0")) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        };
    let policy = FsPolicy {
        on_error: value("errors").map(str::to_owned),
        data: value("data").map(str::to_owned),
        barrier,
        eio_retries: None,
    };
    (policy != FsPolicy::default()).then_some(policy)
}

/// How a probe went.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ProbeAnswer {
    /// Microseconds.
    pub took_us: u64,
    /// The error's name; absent when the file could be made.
    pub refused: Option<String>,
}

/// Makes a file without a name in `directory` and drops it: no reader of the directory sees it.
#[must_use]
pub fn probe(procfs: &Path, pid: Option<u32>, directory: &Path) -> ProbeAnswer {
    let space = NameSpace::of(procfs, pid);
    let started = Instant::now();
    let made = match space.open(directory, OFlags::DIRECTORY) {
        Ok(dir) => {
            let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
            rustix::fs::openat(&dir, ".", flags, Mode::RUSR | Mode::WUSR).map(drop)
        }
        Err(error) => Err(Errno::from_io_error(&error).unwrap_or(Errno::IO)),
    };
    let took_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    ProbeAnswer { took_us, refused: made.err().map(|errno| errno_name(errno).to_owned()) }
}

fn errno_name(errno: Errno) -> &'static str {
    match errno {
        Errno::ROFS => "EROFS",
        Errno::IO => "EIO",
        Errno::NOSPC => "ENOSPC",
        Errno::DQUOT => "EDQUOT",
        Errno::ACCESS | Errno::PERM => "EACCES",
        Errno::OPNOTSUPP | Errno::ISDIR => "EOPNOTSUPP",
        Errno::NOENT => "ENOENT",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_policy_of_ext4_is_read_from_its_options() {
        let policy = parse_ext4_options("rw\nbsddf\nbarrier\nerrors=continue\ncommit=5\ndata=ordered\n").unwrap();
        assert_eq!((policy.on_error.as_deref(), policy.data.as_deref()), (Some("continue"), Some("ordered")));
        assert_eq!(policy.barrier, Some(true));
        assert_eq!(parse_ext4_options("nobarrier\n").unwrap().barrier, Some(false));
        assert_eq!(parse_ext4_options(""), None, "a masked file says nothing");
    }

    proptest! {
        #[test]
        fn no_options_break_the_parser(text in "(?s).{0,200}") {
            let _ = parse_ext4_options(&text);
        }
    }
}
