//! Where log directories lie: on which file system and disk, and whether the node can use them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::fleet::{Fleet, Node, On};
use crate::derive::log_dirs::read_only_option;
use crate::derive::machines::{Dir, machines};
use crate::limits::LOG_DIRS_COMPARED_MAX;
use crate::snapshot::{ErrorKind, LogDirPlace, path_names};

/// Directories that a reboot or a cleaner empties.
const TEMPORARY: [&str; 5] = ["/tmp", "/var/tmp", "/dev/shm", "/run", "/var/run"];
/// File systems that end with the machine or the container.
const VOLATILE: [&str; 5] = ["tmpfs", "ramfs", "overlay", "aufs", "rootfs"];
/// File systems whose locks and deletions are another machine's.
const NETWORK: [&str; 9] = ["nfs", "nfs4", "cifs", "smb3", "smbfs", "glusterfs", "9p", "ceph", "lustre"];

const LOG_DIRS: &str = "https://kafka.apache.org/documentation/#brokerconfigs_log.dirs";
const DISKS: &str = "https://kafka.apache.org/documentation/#diskandfs";
const NEEDS: &str = "the machine's /proc and the right to look at the node's log directories (its user)";

macro_rules! check {
    ($id:literal, $severity:ident, $profile:ident, $summary:literal, $why:literal, $fix:literal, $reference:expr, $needs:expr, $run:expr) => {
        Check {
            id: $id,
            severity: Severity::$severity,
            profile: Profile::$profile,
            summary: $summary,
            why: $why,
            fix: $fix,
            references: &[$reference],
            needs: $needs,
            run: $run,
        }
    };
}
pub(super) use check;

pub(super) const CHECKS: &[Check] = &[
    check!(
        "logdir-in-tmp", Critical, Core,
        "A log directory is below a directory for temporary files.",
        "A reboot or a cleaner (systemd-tmpfiles) deletes it: the broker's data is gone, and it may come back empty.",
        "Set log.dirs to a directory of its own, and move the data there while the node is stopped.",
        LOG_DIRS, "the node's file", Run::Node(On::Nodes, in_tmp)
    ),
    check!(
        "logdir-volatile-fs", Critical, Core,
        "A log directory is in memory, or in the layer of a container.",
        "Its data ends with the machine or the container: after a restart the broker comes back empty.",
        "Mount a disk or a volume there.",
        "https://strimzi.io/docs/operators/latest/configuring.html#type-EphemeralStorage-reference", NEEDS,
        Run::Node(On::Nodes, volatile)
    ),
    check!(
        "logdir-network-fs", Critical, Core,
        "A log directory is on a network file system.",
        "Its locks may not hold, so that two brokers write one directory; files that are deleted while open fail; latency \
         drops replicas out of the in-sync set.",
        "Put log directories on local disks or block volumes.",
        DISKS, NEEDS, Run::Node(On::Nodes, network)
    ),
    check!(
        "logdir-not-mounted", Critical, Core,
        "The disk of a log directory is not mounted: the directory is an empty one of the file system below.",
        "The node does not start, or (with ZooKeeper) starts empty, and fills the system's disk.",
        "Stop the node, mount the disk, start it; nofail in fstab lets a boot go on without it.",
        DISKS, NEEDS, Run::Node(On::Nodes, not_mounted)
    ),
    check!(
        "logdir-missing", Critical, Development,
        "A log directory is not there, read-only, or not writable for the node's user.",
        "The node does not start with it, or takes it offline with all replicas in it.",
        "Create it (chown to the node's user, mode 750) and format it; look at dmesg when it became read-only.",
        LOG_DIRS, NEEDS, Run::Node(On::Nodes, missing)
    ),
    check!(
        "logdir-duplicate-entry", Critical, Development,
        "log.dirs names one directory twice.",
        "The node does not start: Duplicate log directory found.",
        "Remove the second one from log.dirs.",
        LOG_DIRS, "the node's file", Run::Node(On::Nodes, duplicate_entry)
    ),
    check!(
        "logdir-relative", Warning, Core,
        "A log directory is given by a relative path.",
        "It means another place when the node is started from another working directory: then the node comes up empty, or \
         not at all.",
        "Write the absolute path.",
        LOG_DIRS, "the node's file", Run::Node(On::Nodes, relative)
    ),
    check!(
        "logdir-dir-and-dirs", Info, Strict,
        "Both log.dir and log.dirs are set.",
        "log.dirs wins; log.dir has no effect, and misleads whoever reads the file.",
        "Remove log.dir.",
        LOG_DIRS, "the node's file", Run::Node(On::Nodes, dir_and_dirs)
    ),
    check!(
        "logdir-same-device", Warning, Core,
        "Log directories share one disk.",
        "They fail together and share its speed; of two brokers, replicas are lost together.",
        "Give each log directory a disk of its own; on one disk, one directory is enough.",
        DISKS, NEEDS, Run::Fleet(same_device)
    ),
    check!(
        "logdir-os-disk", Warning, Strict,
        "A log directory is on the file system of the operating system.",
        "When Kafka fills it, the system fails with it; and the system's own writes slow Kafka down.",
        "Put log directories on disks of their own.",
        DISKS, NEEDS, Run::Node(On::Brokers, os_disk)
    ),
];

/// The node's directories as configured: of its file, else as it runs.
fn configured(node: &Node<'_>) -> Result<Vec<String>, Unknown> {
    let mut dirs = match node.file() {
        Ok(file) => file.log_dirs(),
        Err(_) => node.list("log.dirs")?.into_iter().map(str::to_owned).collect(),
    };
    dirs.truncate(LOG_DIRS_COMPARED_MAX);
    Ok(dirs)
}

/// The culprit: the line that sets the directory, else the directory.
fn setting(node: &Node<'_>, dir: &str) -> Subject {
    let named = |key: &&&str| node.list(key).is_ok_and(|dirs| dirs.contains(&dir));
    match ["log.dirs", "log.dir", "metadata.log.dir"].iter().find(named) {
        Some(key) => node.subject(key),
        None => Subject::LogDir { node: node.name(), path: dir.to_owned() },
    }
}

pub(super) fn dir(node: &Node<'_>, path: &str) -> Subject {
    Subject::LogDir { node: node.name(), path: path.to_owned() }
}

fn in_tmp(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let is_temporary = |path: &&String| {
        let above = TEMPORARY.iter().find(|temporary| Path::new(path).starts_with(temporary));
        let place = node.places().ok().and_then(|places| places.known().find(|(known, _)| known == path));
        let mount = place.and_then(|(_, place)| place.mount.as_ref()).map(|mount| Path::new(&mount.point));
        // A disk of its own that is mounted there is not emptied.
        let own = |above: &str| mount.is_some_and(|point| point.starts_with(above) && point != Path::new(above));
        above.is_some_and(|above| !own(above))
    };
    let dirs = configured(node)?;
    let temporary: Vec<&str> = dirs.iter().filter(is_temporary).map(String::as_str).collect();
    if let Some(first) = temporary.first() {
        found.add(Finding::new(setting(node, first), temporary.join(", "), "directories that nothing empties"));
    }
    Ok(())
}

/// Judges the mount of each directory.
fn for_mounts(
    node: &Node<'_>,
    mut judge: impl FnMut(&str, &LogDirPlace, &crate::snapshot::Mounted),
) -> Evaluated {
    let places = node.places()?;
    let mut unknown = None;
    for (path, place) in places.known() {
        match &place.mount {
            Some(mount) => judge(path, place, mount),
            None => unknown = Some(Unknown::new(format!("Which file system {path} is on is not known."))),
        }
    }
    places.all()?;
    unknown.map_or(Ok(()), Err)
}

fn volatile(node: &Node<'_>, found: &mut Found) -> Evaluated {
    for_mounts(node, |path, _, mount| {
        if VOLATILE.contains(&mount.kind.as_str()) {
            let is = format!("{}, mounted at {}", mount.kind, mount.point);
            found.add(Finding::new(dir(node, path), is, "a file system on a disk"));
        }
    })
}

fn network(node: &Node<'_>, found: &mut Found) -> Evaluated {
    for_mounts(node, |path, _, mount| {
        let kind = mount.kind.as_str();
        if NETWORK.contains(&kind) || kind.starts_with("fuse") && kind != "fuseblk" {
            let local = mount.options.iter().find(|option| *option == "nolock" || option.starts_with("local_lock"));
            let locks = local.filter(|option| *option != "local_lock=none");
            let locks = locks.map_or(String::new(), |option| format!("; {option}: locks do not reach other machines"));
            found.add(Finding::new(dir(node, path), format!("{kind}{locks}"), "a local file system"));
        }
    })
}

fn not_mounted(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let root = node.on_host()?.process.as_ref().and_then(|process| process.root_fs.as_deref());
    let mut on_root = Vec::new();
    let mut elsewhere = 0;
    for_mounts(node, |path, place, mount| {
        if let Some(point) = &place.unmounted {
            let is = format!("{point} of /etc/fstab is not mounted; the directory is on {}", mount.point);
            found.add(Finding::new(dir(node, path), is, format!("{point} mounted")));
        } else if root == Some(mount.fs.as_str()) {
            on_root.push(path.to_owned());
        } else {
            elsewhere += 1;
        }
    })?;
    // Directories of one node are made alike: one on the system's disk beside others on disks of their own is a mount
    // that failed.
    if elsewhere > on_root.len() && root.is_some() {
        for path in on_root {
            let is = format!("on the file system of /, while the {elsewhere} others are not");
            found.add(Finding::new(dir(node, &path), is, "a disk mounted there"));
        }
    }
    Ok(())
}

fn missing(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let places = node.places()?;
    let process = places.on_host.process.as_ref();
    let mut unknown = None;
    for (path, place) in &places.on_host.dirs {
        let is = match place {
            Err(failure) if failure.kind == ErrorKind::NotFound => Some("it is not there".to_owned()),
            Err(failure) => {
                unknown = Some(Unknown::new(failure.message.clone()));
                None
            }
            Ok(place) => unusable(place, process),
        };
        if let Some(is) = is {
            found.add(Finding::new(dir(node, path), is, "a directory that the node's user may write"));
        }
    }
    unknown.map_or(Ok(()), Err)
}

fn unusable(place: &LogDirPlace, process: Option<&crate::snapshot::NodeProcess>) -> Option<String> {
    let options = place.mount.as_ref().map_or(&[][..], |mount| &mount.options);
    if let Some(option) = read_only_option(options) {
        return Some(format!("its file system is read-only ({option})"));
    }
    let process = process?;
    let uid = process.uid?;
    let bits = if uid == place.uid {
        place.mode >> 6
    } else if process.groups.contains(&place.gid) {
        place.mode >> 3
    } else {
        place.mode
    };
    let (mode, owner) = (place.mode, place.uid);
    (uid != 0 && bits & 3 != 3).then(|| format!("mode {mode:o} of user {owner}; the node runs as user {uid}"))
}

fn duplicate_entry(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let mut dirs = node.file()?.data_dirs();
    dirs.truncate(LOG_DIRS_COMPARED_MAX);
    let places = node.places();
    let id = |path: &String| places.as_ref().ok()?.known().find(|(known, _)| known == path)?.1.id;
    let identities: Vec<_> = dirs.iter().map(|path| (path_names(path), id(path))).collect();
    for (at, (name, id)) in identities.iter().enumerate() {
        let same = |(other, other_id): &(Vec<&str>, _)| other == name || id.is_some() && other_id == id;
        if let Some(first) = identities[..at].iter().position(same) {
            let is = format!("{} is {}, which is listed before", dirs[at], dirs[first]);
            found.add(Finding::new(node.subject("log.dirs"), is, "each directory once"));
        }
    }
    Ok(())
}

fn relative(node: &Node<'_>, found: &mut Found) -> Evaluated {
    for path in node.file()?.log_dirs().into_iter().take(LOG_DIRS_COMPARED_MAX) {
        // A path of another system, or a template, is not ours to judge.
        let foreign = path.contains(['$', '{', '\\']) || path.as_bytes().get(1) == Some(&b':');
        if !path.starts_with('/') && !foreign {
            found.add(Finding::new(setting(node, &path), path, "an absolute path"));
        }
    }
    Ok(())
}

fn dir_and_dirs(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let file = node.file()?;
    if let (Some(dir), Some(dirs)) = (file.get("log.dir"), file.get("log.dirs")) {
        found.add(Finding::new(node.subject("log.dir"), format!("log.dir={dir} beside log.dirs={dirs}"), "log.dirs alone"));
    }
    Ok(())
}

fn same_device(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let (mut unknown, mut evaluated) = (None, false);
    for machine in machines(fleet) {
        let (dirs, why) = machine.dirs();
        unknown = unknown.or(why);
        evaluated |= !dirs.is_empty();
        let mut disks: BTreeMap<&str, Vec<&Dir<'_, '_>>> = BTreeMap::new();
        // A directory that two nodes share is one directory: host-logdir-shared tells it.
        let mut counted = BTreeSet::new();
        let counts = |dir: &&Dir<'_, '_>| !dir.metadata_only && dir.member.is_broker() && counted.insert(dir.place.id);
        for dir in dirs.iter().filter(counts) {
            let disk = dir.place.disk.as_deref().or(dir.place.mount.as_ref().map(|mount| mount.fs.as_str()));
            match disk {
                Some(disk) => disks.entry(disk).or_default().push(dir),
                None => unknown = Some(Unknown::new(format!("Which disk {} is on is not known.", dir.path))),
            }
        }
        for (disk, dirs) in disks.iter().filter(|(_, dirs)| dirs.len() > 1) {
            let told = dirs.iter().map(|dir| format!("{} of {}", dir.path, dir.member.name)).take(4);
            let is = format!("{} log directories on {disk}: {}", dirs.len(), told.collect::<Vec<_>>().join(", "));
            found.add(Finding::new(machine.subject(), is, "a disk for each log directory"));
        }
    }
    match unknown {
        Some(why) => Err(why),
        None if !evaluated => Err(Unknown::new("Where the log directories lie was not looked at.")),
        None => Ok(()),
    }
}

fn os_disk(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let root = node.on_host()?.process.as_ref().and_then(|process| process.root_fs.as_deref());
    let root = root.ok_or_else(|| Unknown::new("The file system of / of the node is not known: it does not run."))?;
    for_mounts(node, |path, _, mount| {
        if mount.fs == root && !VOLATILE.contains(&mount.kind.as_str()) {
            found.add(Finding::new(dir(node, path), "on the file system of /", "a disk of its own"));
        }
    })
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    use super::examples_host::{mount_of, place_of};
    const DISK: &str = "/var/lib/kafka/disk-1";
    &[
        Example::made("logdir-in-tmp", "log.dirs", |set| {
            set.line("broker-1", "log.dirs=/tmp/kafka-logs,/var/lib/kafka/disk-2");
        }),
        Example::made("logdir-in-tmp", "log.dir of", |set| set.remove("broker-1", "log.dirs"))
            .also(&["logdir-count-differs"]),
        Example::made("logdir-volatile-fs", DISK, |set| {
            set.on_host("broker-1", |node| mount_of(node, DISK).kind = "tmpfs".into());
        })
        .also(&["os-fs-type"]),
        Example::made("logdir-network-fs", DISK, |set| {
            set.on_host("broker-1", |node| mount_of(node, DISK).kind = "nfs4".into());
        })
        .also(&["os-fs-type"]),
        Example::made("logdir-not-mounted", DISK, |set| {
            set.on_host("broker-1", |node| place_of(node, DISK).unmounted = Some(DISK.into()));
        }),
        Example::made("logdir-not-mounted", DISK, |set| {
            set.line("broker-1", "log.dirs=/var/lib/kafka/disk-1,/var/lib/kafka/disk-2,/var/lib/kafka/disk-3");
            set.on_host("broker-1", |node| mount_of(node, DISK).fs = "8:0".into());
        })
        .also(&["logdir-os-disk", "logdir-count-differs"]),
        Example::made("logdir-missing", DISK, |set| {
            set.on_host("broker-1", |node| {
                let failure = crate::snapshot::Failure::new(crate::snapshot::ErrorKind::NotFound, "gone");
                node.dirs.insert(DISK.into(), Err(failure));
            });
        }),
        Example::made("logdir-missing", DISK, |set| {
            set.on_host("broker-1", |node| mount_of(node, DISK).options.push("emergency_ro".into()));
        }),
        Example::made("logdir-missing", DISK, |set| set.on_host("broker-1", |node| place_of(node, DISK).uid = 0)),
        Example::made("logdir-duplicate-entry", "log.dirs", |set| {
            set.line("broker-1", "log.dirs=/var/lib/kafka/disk-1,/var/lib/kafka/./disk-1/");
        })
        .also(&["logdir-same-device"]),
        Example::made("logdir-relative", "log.dirs", |set| set.line("broker-1", "log.dirs=data,/var/lib/kafka/disk-2")),
        Example::made("logdir-dir-and-dirs", "log.dir", |set| set.line("broker-1", "log.dir=/old")),
        Example::made("logdir-same-device", "machine broker-1", |set| {
            set.on_host("broker-1", |node| {
                place_of(node, DISK).disk = Some("sdx".into());
                place_of(node, "/var/lib/kafka/disk-2").disk = Some("sdx".into());
            });
        }),
        Example::made("logdir-os-disk", DISK, |set| {
            set.on_host("broker-1", |node| {
                mount_of(node, DISK).fs = "8:0".into();
                mount_of(node, "/var/lib/kafka/disk-2").fs = "8:0".into();
            });
        }),
    ]
};
