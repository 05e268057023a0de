//! From log directories to drives, in the name space of the node's process. Runs in the reader process only.
//!
//! Two questions for each directory, so that what hangs costs only its own answer: where the directory really is (its file
//! system is touched, by name alone) and what lies below that (only mountinfo and `/sys` are read). While the first hangs,
//! the second goes on with what was known, since that is when the drive's name is wanted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use super::block_devices::BlockDevices;
use super::kernel_files::{KernelFiles, device_name};
use super::log_dir_files::counts_errors;
use super::mounts::{Mount, known, mount_of, read_mounts};
use super::name_space::NameSpace;
use super::properties::file_failure;
use crate::snapshot::{Backing, DiskFacts, ErrorKind, Failure, FsPolicy, LogDirStorage, Storage};

/// What the reader answers about a directory.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct StorageAnswer {
    /// The directory.
    pub dir: LogDirStorage,
    /// The drives below it.
    pub disks: BTreeMap<String, DiskFacts>,
}

/// The path of `directory` without symbolic links, as process `pid` sees it; without one, as we do. A relative one is meant
/// from the process' working directory.
///
/// # Errors
/// `NotFound`, `Permission` or `Io`.
pub fn read_real_path(procfs: &Path, pid: Option<u32>, directory: &Path) -> Result<String, Failure> {
    let cwd = pid.and_then(|pid| std::fs::read_link(procfs.join(pid.to_string()).join("cwd")).ok());
    let directory = cwd.map_or_else(|| directory.to_path_buf(), |cwd| cwd.join(directory));
    let space = NameSpace::of(procfs, pid);
    let opened = space.open(&directory, OFlags::DIRECTORY | OFlags::PATH);
    let opened = opened.map_err(|error| file_failure(&directory, &error))?;
    let path = space.path_of(&opened).unwrap_or(directory);
    Ok(path.to_string_lossy().into_owned())
}

/// What lies below the directory of this real `path`. Nothing of its file system is touched.
///
/// # Errors
/// `NotFound` when no mountinfo tells.
pub fn read_below(procfs: &Path, sysfs: &Path, pid: Option<u32>, path: &Path) -> Result<StorageAnswer, Failure> {
    let process = pid.map_or_else(|| "self".to_owned(), |pid| pid.to_string());
    let mounts = read_mounts(procfs, &process);
    let Some(mount) = mount_of(&mounts, path) else {
        let file = procfs.join(process).join("mountinfo");
        let message = format!("{} does not tell which mount {} is on.", file.display(), path.display());
        return Err(Failure::new(ErrorKind::NotFound, message));
    };
    let mut walk = BlockDevices::new(sysfs, |file: &Path| mount_of(&machine_mounts(procfs), file).cloned());
    let device = walk.follow_mount(mount);
    let policy = read_fs_policy(procfs, sysfs, mount);
    let below = walk.into_below();
    let dir = LogDirStorage {
        path: path.to_string_lossy().into_owned(),
        resolved: true,
        mountpoint: mount.point.to_string_lossy().into_owned(),
        fs_type: mount.kind.clone(),
        fs: mount.fs.clone(),
        source: without_user(&mount.source),
        options: known(&mount.options).collect(),
        super_options: known(&mount.super_options).collect(),
        backing: backing(mount, device.is_some() || !below.drives.is_empty()),
        policy,
        device,
        layers: below.layers,
        drives: below.drives,
    };
    Ok(StorageAnswer { dir, disks: below.disks })
}

/// The machine's mounts where they may be seen, else our own.
fn machine_mounts(procfs: &Path) -> Vec<Mount> {
    let first = read_mounts(procfs, "1");
    if first.is_empty() { read_mounts(procfs, "self") } else { first }
}

/// What the file system of `mount` does when its device fails: nothing is known of other types than ext4 and XFS.
fn read_fs_policy(procfs: &Path, sysfs: &Path, mount: &Mount) -> Option<FsPolicy> {
    let mut files = KernelFiles::default();
    let name = || device_name(sysfs, &mount.fs);
    match mount.kind.as_str() {
        kind if counts_errors(kind) => {
            parse_ext4_options(&files.text(&procfs.join("fs/ext4").join(name()?).join("options"))?)
        }
        "xfs" => {
            let retries = sysfs.join("fs/xfs").join(name()?).join("error/metadata/EIO/max_retries");
            let retries = files.text(&retries)?.parse().ok()?;
            Some(FsPolicy { eio_retries: Some(retries), ..FsPolicy::default() })
        }
        _ => None,
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

/// What carries the file system of `mount`.
fn backing(mount: &Mount, has_devices: bool) -> Backing {
    match mount.kind.as_str() {
        "overlay" | "aufs" => Backing::Overlay,
        "tmpfs" | "ramfs" | "hugetlbfs" => Backing::Memory,
        "zfs" => Backing::Zfs,
        "nfs" | "nfs4" | "cifs" | "smb3" | "smbfs" | "ceph" | "9p" | "virtiofs" | "lustre" | "gpfs" | "beegfs"
        | "afs" | "glusterfs" | "fuse.glusterfs" | "fuse.ceph" | "fuse.ceph-fuse" | "fuse.sshfs" | "fuse.s3fs"
        | "wekafs" => Backing::Network,
        kind if kind == "fuse" || kind.starts_with("fuse.") => Backing::Fuse,
        _ if has_devices || !mount.fs.starts_with("0:") => Backing::Block,
        _ => Backing::Unknown,
    }
}

/// A source without the user before `@`, which CIFS and sshfs have.
fn without_user(source: &str) -> String {
    match source.split_once('@') {
        Some((user, server)) if !source.starts_with("/dev/") => {
            format!("{}{server}", if user.starts_with("//") { "//" } else { "" })
        }
        _ => source.to_owned(),
    }
}

/// Puts the answers for one directory into the map; what is not known now is taken from `before`.
pub fn place(
    storage: &mut Storage,
    directory: &str,
    real: Result<String, Failure>,
    below: impl FnOnce(&Path) -> Result<StorageAnswer, Failure>,
    before: Option<&Storage>,
) {
    let (path, resolved) = resolve(directory, real, before);
    let answer = path.and_then(|path| below(&path));
    enter(storage, directory, answer, resolved, before);
}

/// The path to go on with, and whether it was looked at now.
///
/// # Errors
/// The failure when there is no such directory.
pub fn resolve(
    directory: &str,
    real: Result<String, Failure>,
    before: Option<&Storage>,
) -> (Result<PathBuf, Failure>, bool) {
    match real {
        Ok(path) => (Ok(path.into()), true),
        Err(failure) if failure.kind == ErrorKind::NotFound => (Err(failure), false),
        Err(_) => {
            let known = before.and_then(|before| before.dirs.get(directory)?.as_ref().ok());
            (Ok(known.map_or_else(|| directory.into(), |known| known.path.clone().into())), false)
        }
    }
}

/// Enters an answer. Drives whose `/sys` hangs, or that have left the bus under a file system that is still mounted, keep their names.
pub fn enter(
    storage: &mut Storage,
    directory: &str,
    answer: Result<StorageAnswer, Failure>,
    resolved: bool,
    before: Option<&Storage>,
) {
    let known = before.and_then(|before| Some((before, before.dirs.get(directory)?.as_ref().ok()?)));
    let mut keep = |(before, known): (&Storage, &LogDirStorage)| {
        let drives = known.drives.iter().filter_map(|name| before.disks.get_key_value(name));
        storage.disks.extend(drives.map(|(name, facts)| (name.clone(), facts.clone())));
        known.clone()
    };
    let dir = match (answer, known) {
        (Ok(answer), Some(known)) if has_lost_its_drives(&answer.dir, known.1) => {
            let LogDirStorage { device, layers, drives, .. } = keep(known);
            Ok(LogDirStorage { resolved, device, layers, drives, ..answer.dir })
        }
        (Ok(answer), _) => {
            storage.disks.extend(answer.disks);
            Ok(LogDirStorage { resolved, ..answer.dir })
        }
        (Err(failure), Some(known)) if failure.kind == ErrorKind::Timeout => {
            Ok(LogDirStorage { resolved: false, ..keep(known) })
        }
        (Err(failure), _) => Err(failure),
    };
    storage.dirs.insert(directory.to_owned(), dir);
}

/// Whether the same file system is there, and none of its drives: `/sys` forgets a drive that dies, and the mount stays.
fn has_lost_its_drives(now: &LogDirStorage, known: &LogDirStorage) -> bool {
    let is_same = (&now.fs, &now.source, &now.path) == (&known.fs, &known.source, &known.path);
    is_same && now.drives.is_empty() && !known.drives.is_empty()
}

/// The whole map at once, without the reader process: for tests, and where nothing can hang.
#[must_use]
pub fn read_storage(procfs: &Path, sysfs: &Path, pid: Option<u32>, directories: &[String]) -> Storage {
    let mut storage = Storage::default();
    for directory in directories {
        let real = read_real_path(procfs, pid, Path::new(directory));
        place(&mut storage, directory, real, |path| read_below(procfs, sysfs, pid, path), None);
    }
    storage
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

    #[test]
    fn a_source_names_no_user() {
        assert_eq!(without_user("//joe@nas/kafka"), "//nas/kafka");
        assert_eq!(without_user("joe@nas:/kafka"), "nas:/kafka");
        assert_eq!(without_user("nas:/kafka"), "nas:/kafka");
        assert_eq!(without_user("/dev/disk/by-path/x@y"), "/dev/disk/by-path/x@y");
    }

    #[test]
    fn a_directory_that_hangs_keeps_the_drive_that_was_known() {
        let timeout = || Failure::new(ErrorKind::Timeout, "does not answer");
        let dir = LogDirStorage {
            path: "/mnt/b".into(),
            resolved: true,
            drives: vec!["sdb".into()],
            ..LogDirStorage::default()
        };
        let before = Storage {
            dirs: [("/data".to_owned(), Ok(dir))].into(),
            disks: ["sda", "sdb"].map(|name| (name.to_owned(), DiskFacts::default())).into(),
        };
        let mut asked = None;
        let mut now = Storage::default();
        let below = |path: &Path| {
            asked = Some(path.to_path_buf());
            Err(timeout())
        };
        place(&mut now, "/data", Err(timeout()), below, Some(&before));
        assert_eq!(asked.as_deref(), Some(Path::new("/mnt/b")), "asked by the path that was seen before");
        let dir = now.dirs["/data"].as_ref().unwrap();
        assert_eq!((dir.resolved, dir.drives.as_slice()), (false, ["sdb".to_owned()].as_slice()));
        assert_eq!(now.disks.keys().collect::<Vec<_>>(), ["sdb"]);

        let mut never = Storage::default();
        place(&mut never, "/data", Err(timeout()), |_| Err(timeout()), None);
        assert_eq!(never.dirs["/data"].as_ref().unwrap_err().kind, ErrorKind::Timeout);

        // The drive died: the mount stays, and /sys knows no device of its number any more.
        let before = |fs: &str| Storage {
            dirs: [("/data".to_owned(), Ok(LogDirStorage { fs: fs.into(), ..before.dirs["/data"].clone().unwrap() }))]
                .into(),
            ..before.clone()
        };
        let answer = || StorageAnswer {
            dir: LogDirStorage { path: "/mnt/b".into(), fs: "8:17".into(), ..LogDirStorage::default() },
            ..StorageAnswer::default()
        };
        let mut left = Storage::default();
        place(&mut left, "/data", Ok("/mnt/b".to_owned()), |_| Ok(answer()), Some(&before("8:17")));
        assert_eq!(left.dirs["/data"].as_ref().unwrap().drives, ["sdb"], "what it lies on is still known");
        assert_eq!(left.disks.keys().collect::<Vec<_>>(), ["sdb"]);
        let mut other = Storage::default();
        place(&mut other, "/data", Ok("/mnt/b".to_owned()), |_| Ok(answer()), Some(&before("8:33")));
        assert!(other.dirs["/data"].as_ref().unwrap().drives.is_empty(), "another file system is mounted");

        let before = before("8:17");
        let missing = Failure::new(ErrorKind::NotFound, "no such directory");
        let mut gone = Storage::default();
        place(&mut gone, "/data", Err(missing), |_| panic!("not asked"), Some(&before));
        assert_eq!(gone.dirs["/data"].as_ref().unwrap_err().kind, ErrorKind::NotFound);
    }
}
