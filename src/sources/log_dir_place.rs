//! Where a log directory really lies, whose it is, who holds its lock and what is in it, by names alone. Runs in the
//! reader process only.
//!
//! References: `FileLock` for `.lock`; proc(5) for `/proc/locks`, mountinfo and `/sys/dev/block`.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, Stat};
use serde::{Deserialize, Serialize};

use super::block_devices::whole_disk;
use super::dir_entries::{EntriesSeen, EntryListing, look_at_entries};
use super::mounts::mount_of;
use super::name_space::NameSpace;
use super::properties::{file_failure, parse_meta_properties, read_bounded_from};
use crate::snapshot::{Failure, FileId, LockFile, LogDirPlace, MetaProperties, Space};

/// What the reader answers about a directory.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct PlaceAnswer {
    /// The place.
    pub place: LogDirPlace,
    /// Names of the logs of replicas in it; absent when they are those of the answer before.
    pub replicas: Option<Vec<String>>,
    /// To be handed in with the next question; absent when all has to be listed again then.
    pub listing: Option<EntryListing>,
}

/// Looks at `directory` as process `pid` sees it; without one, as we do. `before` is what the last look gave: with it the
/// directory is listed only when its entries can have changed.
///
/// # Errors
/// `NotFound`, `Permission` or `Io` when it cannot be looked at. What fails inside it is part of the result.
pub fn read_place(
    procfs: &Path,
    sysfs: &Path,
    pid: Option<u32>,
    directory: &Path,
    before: Option<&EntryListing>,
) -> Result<PlaceAnswer, Failure> {
    let failed = |error: io::Error| file_failure(directory, &error);
    let space = NameSpace::of(procfs, pid);
    let dir = space.open(directory, OFlags::DIRECTORY).map_err(failed)?;
    let stat = rustix::fs::fstat(&dir).map_err(|error| failed(error.into()))?;
    let path = space.path_of(&dir).unwrap_or_else(|| directory.to_path_buf());
    let mount = mount_of(space.mounts(), &path);
    let fs = mount.map_or_else(|| device(&stat), |mount| mount.fs.clone());
    let (meta, meta_failure) = match read_meta(&dir, directory, OFlags::NONBLOCK) {
        Ok(meta) => (Some(meta), None),
        Err(failure) => (None, Some(failure)),
    };
    let EntriesSeen { entries, replicas, listing } = look_at_entries(&dir, &stat, before).map_err(failed)?;
    let fstab = space.read(Path::new("/etc/fstab")).map(|(bytes, _)| bytes).unwrap_or_default();
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let place = LogDirPlace {
        path: text(&path),
        id: Some(id_of(&stat)),
        inside: mount.map(|mount| text(&mount.inside(&path))),
        disk: mount.and_then(|mount| whole_disk(sysfs, mount, space.mounts())),
        unmounted: mount.and_then(|mount| unmounted(&fstab, &mount.point, &path)),
        mount: mount.map(super::mounts::Mount::facts),
        uid: stat.st_uid,
        gid: stat.st_gid,
        mode: stat.st_mode & 0o7777,
        space: read_space(&dir),
        meta,
        meta_failure,
        lock: read_lock(procfs, &dir, &fs),
        entries,
    };
    Ok(PlaceAnswer { place, replicas, listing })
}

/// Room on the file system of an open directory; absent when it is not told.
pub(super) fn read_space(dir: &OwnedFd) -> Option<Space> {
    let room = rustix::fs::fstatvfs(dir).ok().filter(|room| room.f_blocks > 0)?;
    Some(Space {
        bytes: room.f_blocks.saturating_mul(room.f_frsize),
        free_bytes: Some(room.f_bfree.saturating_mul(room.f_frsize)),
        usable_bytes: room.f_bavail.saturating_mul(room.f_frsize),
        inodes: room.f_files,
        free_inodes: room.f_favail,
    })
}

/// Which file a `stat` is of.
#[must_use]
pub fn id_of(stat: &Stat) -> FileId {
    let device = stat.st_dev;
    FileId { major: rustix::fs::major(device), minor: rustix::fs::minor(device), inode: stat.st_ino }
}

fn device(stat: &Stat) -> String {
    let id = id_of(stat);
    format!("{}:{}", id.major, id.minor)
}

pub(super) fn read_meta(dir: &OwnedFd, directory: &Path, flags: OFlags) -> Result<MetaProperties, Failure> {
    let name = directory.join("meta.properties");
    let flags = flags | OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(dir, "meta.properties", flags, Mode::empty());
    let bytes = read_bounded_from(&name, file.map(fs::File::from).map_err(io::Error::from))?;
    parse_meta_properties(&name.display().to_string(), &bytes)
}

fn read_lock(procfs: &Path, dir: &OwnedFd, fs: &str) -> Option<LockFile> {
    let inode = match rustix::fs::statat(dir, ".lock", AtFlags::empty()) {
        Ok(stat) => Some(stat.st_ino),
        Err(rustix::io::Errno::NOENT) => None,
        Err(_) => return None,
    };
    let locks = fs::read_to_string(procfs.join("locks")).ok();
    let holders = match inode {
        Some(inode) => locks.map(|locks| parse_holders(&locks, fs, inode)),
        None => Some(vec![]),
    };
    Some(LockFile { inode, holders })
}

/// Processes that hold a write lock on `inode` of the file system `MAJOR:MINOR`, in a `/proc/locks`.
#[must_use]
pub fn parse_holders(locks: &str, fs: &str, inode: u64) -> Vec<u32> {
    let numbers = fs.split_once(':').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    let Some((major, minor)) = numbers else { return vec![] };
    let holder = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        // Java's FileLock is a POSIX lock. One that waits has an arrow in the second place.
        let (&"POSIX", &"WRITE") = (fields.get(1)?, fields.get(3)?) else { return None };
        let mut id = fields.get(5)?.split(':');
        let hex = |part: Option<&str>| u32::from_str_radix(part?, 16).ok();
        let (of_major, of_minor): (u32, u32) = (hex(id.next())?, hex(id.next())?);
        let same = (of_major, of_minor) == (major, minor) && id.next()?.parse() == Ok(inode);
        fields.get(4)?.parse().ok().filter(|_| same)
    };
    locks.lines().filter_map(holder).collect()
}

/// The deepest mount point of an fstab above `path` that is below the point that `path` is really on.
fn unmounted(fstab: &[u8], point: &Path, path: &Path) -> Option<String> {
    let text = String::from_utf8_lossy(fstab);
    let expected = text.lines().map(str::trim).filter(|line| !line.starts_with('#')).filter_map(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let on_demand = |option: &str| option == "noauto" || option.starts_with("x-systemd.automount");
        let wanted = fields.get(3).is_none_or(|options| !options.split(',').any(on_demand));
        Some(PathBuf::from(fields.get(1)?.replace("\\040", " "))).filter(|_| wanted)
    });
    let missing = expected.filter(|wanted| wanted.is_absolute() && path.starts_with(wanted));
    let missing = missing.filter(|wanted| wanted != point && wanted.starts_with(point));
    let deepest = missing.max_by_key(|wanted| wanted.components().count())?;
    Some(deepest.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_of_a_lock_is_told_by_device_and_inode() {
        let locks = "1: POSIX  ADVISORY  WRITE 4711 fe:00:99 0 EOF\n\
                     2: FLOCK  ADVISORY  WRITE 1 fe:00:99 0 EOF\n\
                     2: -> POSIX  ADVISORY  WRITE 2 fe:00:99 0 EOF\n\
                     3: POSIX  ADVISORY  WRITE 3 fe:01:99 0 EOF\n";
        assert_eq!(parse_holders(locks, "254:0", 99), [4711]);
        assert_eq!(parse_holders(locks, "254:0", 98), Vec::<u32>::new());
    }

    #[test]
    fn a_mount_of_fstab_that_is_not_there_is_told() {
        let fstab =
            b"# comment\n/dev/sda1 / ext4 defaults 0 1\nUUID=x /data/a xfs noatime 0 2\n/dev/sdc /data/b xfs noauto\n";
        let at = |path: &str| unmounted(fstab, Path::new("/"), Path::new(path));
        assert_eq!(at("/data/a/kafka"), Some("/data/a".to_owned()));
        assert_eq!(at("/data/b/kafka"), None);
        assert_eq!(at("/srv"), None);
        assert_eq!(unmounted(fstab, Path::new("/data/a"), Path::new("/data/a/kafka")), None);
    }

    #[test]
    fn a_directory_is_looked_at_through_symbolic_links_with_what_is_nested_in_it() {
        let base = std::env::temp_dir().join(format!("brokerwatch-place-{}", std::process::id()));
        fs::create_dir_all(base.join("data/broker-2")).unwrap();
        fs::create_dir_all(base.join("data/orders-0")).unwrap();
        fs::write(base.join("data/broker-2/meta.properties"), "cluster.id=x\nnode.id=2\nversion=1\n").unwrap();
        fs::write(base.join("data/.lock"), "").unwrap();
        std::os::unix::fs::symlink(base.join("data"), base.join("alias")).unwrap();
        let proc = Path::new("/proc");
        let look = |name: &str| read_place(proc, Path::new("/sys"), None, &base.join(name), None);
        let (direct, alias, inner) = (look("data"), look("alias"), look("data/broker-2"));
        let missing = look("missing");
        fs::remove_dir_all(&base).unwrap();
        let (direct, alias, inner) = (direct.unwrap(), alias.unwrap().place, inner.unwrap().place);
        assert_eq!((&direct.place.path, direct.place.id, &direct.place.inside), (&alias.path, alias.id, &alias.inside));
        assert_eq!(direct.place.entries.nested, ["broker-2"]);
        assert_eq!(direct.replicas.unwrap(), ["broker-2", "orders-0"]);
        let inside = direct.place.inside.unwrap();
        assert_eq!(inner.inside.unwrap(), format!("{inside}/broker-2"));
        assert_eq!(inner.meta.unwrap().version, Some(1));
        let lock = direct.place.lock.unwrap();
        assert!(lock.inode.is_some() && lock.holders.unwrap().is_empty());
        assert_eq!(missing.unwrap_err().kind, crate::snapshot::ErrorKind::NotFound);
    }
}
