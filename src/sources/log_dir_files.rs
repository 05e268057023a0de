//! The small files of a log directory, the room on its file system and which errors that file system has found. Runs in the
//! reader process only: any of these calls may hang with the drive.
//!
//! References: ext4's page in the kernel's documentation (`/sys/fs/ext4`).

use std::ffi::CStr;
use std::path::Path;
use std::time::Instant;

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::dir_listing::{DirListing, count_logs};
use super::kernel_files::{KernelFiles, device_name};
use super::log_dir_place::{read_meta, read_space};
use super::name_space::NameSpace;
use super::properties::file_failure;
use crate::snapshot::{Checkpoint, DirFiles, Failure, FsErrors, UnixMs};

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

/// File systems that count their errors, where the kernel shows them.
#[must_use]
pub fn counts_errors(kind: &str) -> bool {
    matches!(kind, "ext2" | "ext3" | "ext4")
}

/// The errors that a file system which [counts them](counts_errors) found; absent when the kernel does not tell. `device` is
/// its `MAJOR:MINOR`.
#[must_use]
pub fn read_fs_errors(sysfs: &Path, device: &str) -> Option<FsErrors> {
    let at = sysfs.join("fs/ext4").join(device_name(sysfs, device)?);
    let mut files = KernelFiles::default();
    let errors = files.number(&at.join("errors_count"))?;
    // 0 is no time: there was none. The superblock has times of what it has counted only.
    let mut time = |file: &str| match errors {
        0 => None,
        _ => files.number(&at.join(file)).filter(|at| *at > 0)?.checked_mul(1_000).map(UnixMs),
    };
    let (first, last) = (time("first_error_time"), time("last_error_time"));
    Some(FsErrors { errors, warnings: files.number(&at.join("warning_count")), first, last })
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
