//! The small files of a log directory, the room on its file system and what that file system says of itself. Runs in the
//! reader process only: any of these calls may hang with the drive.
//!
//! References: ext4's and XFS' pages in the kernel's documentation (`/sys/fs/ext4`, `/sys/fs/xfs`, `/proc/fs/ext4`).

use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::kernel_files::device_name;
use super::log_dir_place::{Entry, each_directory, read_meta, read_space};
use super::name_space::NameSpace;
use super::properties::file_failure;
use crate::limits::STRAY_FILES_MAX;
use crate::snapshot::{Checkpoint, DirFiles, Failure, FsErrors, FsPolicy, UnixMs};

/// Checkpoint files that Kafka's `LogManager` rewrites in each log directory.
const CHECKPOINTS: [&str; 4] = ["cleaner-offset", "log-start-offset", "recovery-point-offset", "replication-offset"];

/// Looks at one log directory as process `pid` sees it; without one, as we do.
///
/// # Errors
/// `NotFound`, `Permission` or `Io` when the directory itself cannot be looked at: a file system that was shut down gives
/// EIO. A bad `meta.properties` is part of the result, so that it does not hide the checkpoints.
pub fn read_dir_files(procfs: &Path, pid: Option<u32>, directory: &Path) -> Result<DirFiles, Failure> {
    let failed = |error: Errno| file_failure(directory, &error.into());
    let space = NameSpace::of(procfs, pid);
    let dir = space.open(directory, OFlags::DIRECTORY).map_err(|error| file_failure(directory, &error))?;
    // XFS says nothing of its shutdown but here.
    rustix::fs::fstat(&dir).map_err(failed)?;
    let (mut replicas, mut deleted, mut future, mut strays) = (0, 0, 0, Vec::new());
    each_directory(&dir, |name| match Entry::of(name) {
        Entry::Replica => replicas += 1,
        Entry::Deleted => deleted += 1,
        Entry::Future => future += 1,
        Entry::Stray => strays.push(name.to_owned()),
        Entry::Metadata | Entry::Own | Entry::Foreign => {}
    })
    .map_err(|error| file_failure(directory, &error))?;
    let (meta, meta_failure) = match read_meta(&dir, directory, OFlags::empty()) {
        Ok(meta) => (Some(meta), None),
        Err(failure) => (None, Some(failure)),
    };
    let checkpoints = CHECKPOINTS.iter().filter_map(|name| {
        let stat = rustix::fs::statat(&dir, format!("{name}-checkpoint"), AtFlags::empty()).ok()?;
        let seconds = u64::try_from(stat.st_mtime).ok()?;
        let modified = UnixMs(seconds.checked_mul(1_000)?.checked_add(stat.st_mtime_nsec / 1_000_000)?);
        Some(Checkpoint { name: (*name).to_owned(), modified })
    });
    Ok(DirFiles {
        meta,
        meta_failure,
        checkpoints: checkpoints.collect(),
        replicas: Some(replicas),
        strays: Some(strays.len()),
        stray_bytes: stray_bytes(&dir, &strays),
        future: Some(future),
        deleted: Some(deleted),
        space: read_space(&dir),
    })
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
            // 0 is no time: there was none.
            let time = |file: &str| number(file).filter(|at| *at > 0)?.checked_mul(1_000).map(UnixMs);
            let errors = number("errors_count").map(|errors| FsErrors {
                errors,
                warnings: number("warning_count"),
                first: time("first_error_time"),
                last: time("last_error_time"),
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

    #[test]
    fn what_kafka_set_aside_is_added_up_and_too_many_files_are_not() {
        let base = std::env::temp_dir().join(format!("brokerwatch-strays-{}", std::process::id()));
        let stray = |name: &str| base.join(format!("{name}.0123456789abcdef0123456789abcdef-stray"));
        fs::create_dir_all(base.join("orders-0")).unwrap();
        fs::write(base.join("orders-0/00000000000000000000.log"), vec![1; 65_536]).unwrap();
        let look = || read_dir_files(Path::new("/proc"), None, &base).unwrap();
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
        fs::remove_dir_all(&base).unwrap();
    }

    proptest! {
        #[test]
        fn no_options_break_the_parser(text in "(?s).{0,200}") {
            let _ = parse_ext4_options(&text);
        }
    }
}
