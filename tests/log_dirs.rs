//! Real file systems on loop devices, broken in every way that the kernel offers: each sign of a log directory that cannot be
//! written, and those that are silent. Needs root; mounts are taken down again.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests run tools and stop at what they did not expect"
)]

mod common;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use brokerwatch::derive::log_dirs::{state, writable};
use brokerwatch::snapshot::{DirFiles, DirHealth, Failure, FsPolicy, LayerKind, LogDirStorage, Probe, Storage};
use brokerwatch::sources::log_dir_files::{probe, read_dir_files, read_fs_errors};
use brokerwatch::sources::mounts::{mount_of, read_mounts};
use brokerwatch::sources::storage::read_storage;
use common::{TempDir, require_all};

const PROC: &str = "/proc";
const SYS: &str = "/sys";

/// A file system on a loop device, mounted as long as this lives.
struct Disk {
    base: TempDir,
}

impl Disk {
    /// Makes one of so many MiB; none where this user may not, or a tool is missing, which is said.
    fn new(mib: u64, make: &[&str], options: &str) -> Option<Self> {
        let disk = Self { base: TempDir::new() };
        std::fs::create_dir(disk.dir()).unwrap();
        std::fs::File::create(disk.image()).unwrap().set_len(mib << 20).unwrap();
        let image = disk.image().display().to_string();
        let dir = disk.dir().display().to_string();
        let mount = ["mount", "-o", &format!("loop,{options}"), &image, &dir].map(str::to_owned);
        let make: Vec<String> = make.iter().map(|word| (*word).to_owned()).chain([image]).collect();
        for command in [make.as_slice(), mount.as_slice()] {
            let ran = Command::new(&command[0]).args(&command[1..]).output();
            let why = match ran {
                Ok(ran) if ran.status.success() => continue,
                Ok(ran) => String::from_utf8_lossy(&ran.stderr).into_owned(),
                Err(error) => error.to_string(),
            };
            assert!(!require_all(), "{command:?}: {why}");
            println!("SKIPPED: {} needs root and a loop device: {}", command[0], why.lines().next().unwrap_or(""));
            return None;
        }
        std::fs::create_dir(disk.dir().join("orders-0")).unwrap();
        Some(disk)
    }

    fn image(&self) -> PathBuf {
        self.base.path().join("image")
    }

    fn dir(&self) -> PathBuf {
        self.base.path().join("dir")
    }

    /// Kernel name of its device.
    fn device(&self) -> String {
        let mounts = read_mounts(Path::new(PROC), "self");
        mount_of(&mounts, &self.dir()).unwrap().source.trim_start_matches("/dev/").to_owned()
    }

    /// Makes ext4 find an error.
    fn trigger_error(&self) {
        let file = format!("/sys/fs/ext4/{}/trigger_fs_error", self.device());
        std::fs::write(file, "a test").unwrap();
    }

    /// Shuts the file system down (FS_IOC_SHUTDOWN) without writing its log.
    fn shut_down(&self) {
        let ran = Command::new("xfs_io").args(["-x", "-c", "shutdown"]).arg(self.dir()).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }

    /// What is known below it.
    fn storage(&self) -> (LogDirStorage, Storage) {
        let dir = self.dir().display().to_string();
        let storage = read_storage(Path::new(PROC), Path::new(SYS), None, std::slice::from_ref(&dir));
        (storage.dirs[&dir].clone().unwrap(), storage)
    }

    fn policy(&self) -> FsPolicy {
        self.storage().0.policy.unwrap()
    }

    /// What the sources see of it, without a probe and with one.
    fn look(&self) -> Seen {
        let dir = self.dir();
        let files = read_dir_files(Path::new(PROC), None, &dir, None).map(|answer| answer.files);
        let mounts = read_mounts(Path::new(PROC), "self");
        let mount = mount_of(&mounts, &dir).unwrap();
        let health = DirHealth {
            mounted: true,
            refuses_writes: mount.refuses_writes(false).map(str::to_owned),
            errors: read_fs_errors(Path::new(SYS), &mount.fs),
            ..DirHealth::default()
        };
        let probed = probe(Path::new(PROC), None, &dir);
        let probe = Probe { took_us: probed.took_us, refused: probed.refused, ..Probe::default() };
        let probed = DirHealth { probe: Some(probe), ..health.clone() };
        Seen { files, health, probed }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.dir()).output();
    }
}

struct Seen {
    files: Result<DirFiles, Failure>,
    health: DirHealth,
    probed: DirHealth,
}

impl Seen {
    fn state(&self) -> &'static str {
        state(Some(&self.files), &self.health)
    }

    fn state_with_probe(&self) -> &'static str {
        state(Some(&self.files), &self.probed)
    }

    fn refused(&self) -> Option<&str> {
        self.probed.probe.as_ref()?.refused.as_deref()
    }

    fn errors(&self) -> u64 {
        self.health.errors.unwrap().errors
    }
}

const EXT4: &[&str] = &["mkfs.ext4", "-q", "-F"];

#[test]
fn ext4_that_became_read_only_is_told_and_its_drive_named() {
    let Some(disk) = Disk::new(16, EXT4, "errors=remount-ro") else { return };
    let before = disk.look();
    assert_eq!((before.state(), before.state_with_probe(), before.errors()), ("ok", "ok", 0));
    assert_eq!(before.health.errors.unwrap().last, None, "no error has no time");
    assert_eq!(disk.policy().on_error.as_deref(), Some("remount-ro"));
    assert_eq!(before.files.unwrap().replicas, Some(1));
    disk.trigger_error();
    let after = disk.look();
    // Linux 6.12 to 6.14 have no word for it: there the errors and the probe tell.
    assert_eq!((after.state_with_probe(), after.refused()), ("read_only", Some("EROFS")));
    assert!(after.state() == "read_only" || after.health.refuses_writes.is_none());
    assert_eq!((after.errors(), after.health.errors.unwrap().last.is_some()), (1, true));

    let (found, storage) = disk.storage();
    assert_eq!(found.device.as_deref(), Some(disk.device().as_str()));
    let is_loop = found.layers.first().is_some_and(|layer| layer.kind == LayerKind::Loop);
    assert!(is_loop || found.drives == [disk.device()], "{found:?}");
    assert!(found.drives.iter().all(|drive| storage.disks.contains_key(drive)), "{found:?}");
}

#[test]
fn ext4_that_goes_on_after_an_error_is_told_by_its_counter_alone() {
    let Some(disk) = Disk::new(16, EXT4, "errors=continue") else { return };
    disk.trigger_error();
    let seen = disk.look();
    assert_eq!((seen.state(), seen.state_with_probe(), seen.errors()), ("ok", "ok", 1));
    assert_eq!(disk.policy().on_error.as_deref(), Some("continue"));
}

#[test]
fn ext4_that_was_shut_down_is_told() {
    let Some(disk) = Disk::new(16, EXT4, "noatime") else { return };
    disk.shut_down();
    let seen = disk.look();
    assert_eq!(seen.refused(), Some("EIO"));
    assert_eq!(writable(seen.state_with_probe()), Some(false));
    assert!(seen.state() == "shutdown" || seen.health.refuses_writes.is_none(), "{}", seen.state());
}

#[test]
fn xfs_that_was_shut_down_is_told_by_its_answers_alone() {
    let Some(disk) = Disk::new(320, &["mkfs.xfs", "-q", "-f"], "noatime") else { return };
    let before = disk.look();
    assert_eq!(before.state(), "ok");
    assert_eq!(disk.policy().eio_retries, Some(-1), "XFS repeats for ever by default");
    assert!(before.health.errors.is_none(), "XFS counts none");
    disk.shut_down();
    let after = disk.look();
    assert_eq!(after.health.refuses_writes, None, "mountinfo says nothing");
    assert_eq!((after.state(), writable(after.state())), ("io_error", Some(false)));
}

#[test]
fn room_is_what_is_left_for_others_than_root() {
    let Some(disk) = Disk::new(16, EXT4, "noatime") else { return };
    let room = |seen: Seen| seen.files.unwrap().space.unwrap();
    let before = room(disk.look());
    let left = usize::try_from(before.usable_bytes).unwrap();
    let mut file = std::fs::File::create(disk.dir().join("filler")).unwrap();
    file.write_all(&vec![1; left]).unwrap();
    file.sync_all().unwrap();
    let after = room(disk.look());
    assert!(after.usable_bytes < before.usable_bytes / 50, "{after:?}");
    assert!(after.free_bytes.unwrap() > after.bytes / 50, "root's share is left: {after:?}");
}

#[test]
fn a_file_system_without_inodes_refuses_new_files() {
    let Some(disk) = Disk::new(16, &["mkfs.ext4", "-q", "-F", "-N", "16"], "noatime") else { return };
    for number in 0.. {
        if std::fs::File::create(disk.dir().join(format!("file-{number}"))).is_err() {
            break;
        }
    }
    let seen = disk.look();
    assert_eq!((seen.state_with_probe(), seen.refused()), ("refused", Some("ENOSPC")));
    let room = seen.files.unwrap().space.unwrap();
    assert!(room.inodes > 0 && room.free_inodes == 0 && room.usable_bytes > 0, "{room:?}");
}
