//! Which log directories, and which drives below them, are not to be trusted with data any more: one row for each reason,
//! each a function over what was seen. What cannot be judged is not in the answer: it is not a 0. A grave reason of a drive
//! is one of the log directories on it, too.

use std::collections::BTreeMap;

use super::View;
use super::blast_radius::spelled;
use super::disk_io::STALL_MS_MIN;
use super::drive_health::{expects_to_fail, is_recent, lost_data, spare_is_low, went_silent};
use super::fleet::{Node, Places};
use super::log_dirs::states;
use crate::snapshot::{Disk, Drive, DriveReading, ErrorKind, Failure, FsErrors, KernelClass, KernelEvents};

/// A reason for which a log directory, or a drive, is suspected.
#[derive(Debug)]
pub struct Reason {
    /// Its name, as in the `reason` label.
    pub name: &'static str,
    /// What it is, as half a sentence.
    pub about: &'static str,
    /// Judges every log directory, or every drive, for which this can be told.
    judge: for<'n> fn(&'n Node<'_>) -> Verdicts<'n>,
}

/// Log directories as configured, or devices, and whether the reason holds.
type Verdicts<'n> = Vec<(&'n str, bool)>;

/// What is suspected, with the reasons that could be judged, and whether they hold.
pub type Suspects = BTreeMap<String, BTreeMap<&'static str, bool>>;

/// Every reason for log directories.
pub static LOG_DIR_REASONS: &[Reason] = &[
    Reason { name: "offline", about: "the broker took it offline after an I/O error", judge: offline },
    Reason { name: "hung", about: "its file system does not answer in time", judge: |node| in_state(node, "hung") },
    Reason { name: "io_error", about: "its file system gives I/O errors", judge: |node| in_state(node, "io_error") },
    Reason { name: "read_only", about: "its file system is read-only", judge: |node| in_state(node, "read_only") },
    Reason { name: "shutdown", about: "its file system has shut down", judge: |node| in_state(node, "shutdown") },
    Reason { name: "fs_error", about: "its file system recorded an error within a day", judge: recorded_error },
    Reason {
        name: "unmounted",
        about: "its mount of /etc/fstab is not there, so it lies on another disk",
        judge: unmounted,
    },
];

/// Reasons for drives, and for layers above them, for which what lies on them is in danger.
pub static GRAVE_DISK_REASONS: &[Reason] = &[
    Reason { name: "stalled", about: "operations are in flight and none ends", judge: stalled },
    Reason { name: "not_running", about: "the kernel sends it, or any path to it, no commands", judge: not_running },
    Reason { name: "unanswered", about: "its attributes in /sys cannot be read in time", judge: unanswered },
    Reason { name: "gone", about: "it left the bus: the kernel has no such device any more", judge: gone },
    Reason { name: "raid_degraded", about: "the md array lacks a member, or is broken", judge: raid_degraded },
    Reason { name: "fs_error", about: "the file system on it had an error within a day", judge: told_error },
    Reason { name: "media_errors", about: "data on it was lost within a day", judge: |node| said(node, lost_data) },
    Reason { name: "smart_failed", about: "it expects to fail", judge: |node| said(node, expects_to_fail) },
    Reason { name: "spare_low", about: "its spare blocks are used up", judge: |node| said(node, spare_is_low) },
    Reason { name: "health_lost", about: "it no longer tells its health", judge: |node| said(node, went_silent) },
];

/// Reasons for drives that warn, by themselves.
pub static MILD_DISK_REASONS: &[Reason] = &[
    Reason { name: "slow", about: "it is slow for its load, by its own history", judge: slow },
    Reason { name: "link", about: "its link is slower or narrower than it could be", judge: link },
];

/// Log directories as the broker spells them.
#[must_use]
pub fn log_dirs(node: &Node<'_>) -> Suspects {
    let mut dirs = Suspects::new();
    add(&mut dirs, LOG_DIR_REASONS, node, spelled);
    let Some(storage) = node.view.node.storage.fresh(node.view.now) else { return dirs };
    let mut drives = Suspects::new();
    add(&mut drives, GRAVE_DISK_REASONS, node, str::to_owned);
    for (path, below) in storage.dirs.iter().filter_map(|(path, below)| Some((path, below.as_ref().ok()?))) {
        for (reason, holds) in below.devices().filter_map(|device| drives.get(device)).flatten() {
            *dirs.entry(spelled(path)).or_default().entry(reason).or_default() |= holds;
        }
    }
    dirs
}

/// Drives, and layers above them, by the kernel's names.
#[must_use]
pub fn disks(node: &Node<'_>) -> Suspects {
    let mut disks = Suspects::new();
    add(&mut disks, GRAVE_DISK_REASONS, node, str::to_owned);
    add(&mut disks, MILD_DISK_REASONS, node, str::to_owned);
    disks
}

fn add(suspects: &mut Suspects, reasons: &[Reason], node: &Node<'_>, spelled: impl Fn(&str) -> String) {
    for reason in reasons {
        for (what, holds) in (reason.judge)(node) {
            *suspects.entry(spelled(what)).or_default().entry(reason.name).or_default() |= holds;
        }
    }
}

/// What the kernel counts of each device, judged where that can be done.
fn counted<'n>(node: &'n Node<'_>, judge: impl Fn(&Disk) -> Option<bool>) -> Verdicts<'n> {
    let disks = node.view.node.disks.fresh(node.view.now);
    let devices = disks.iter().flat_map(|disks| &disks.devices);
    devices.filter_map(|(name, disk)| Some((name.as_str(), judge(disk)?))).collect()
}

/// What the attributes of each device say, judged where that can be done.
fn described<'n>(node: &'n Node<'_>, judge: impl Fn(&Result<Drive, Failure>) -> Option<bool>) -> Verdicts<'n> {
    let drives = node.view.node.drives.fresh(node.view.now);
    let devices = drives.iter().flat_map(|drives| &drives.devices);
    devices.filter_map(|(name, drive)| Some((name.as_str(), judge(drive)?))).collect()
}

fn stalled<'n>(node: &'n Node<'_>) -> Verdicts<'n> {
    counted(node, |disk| disk.counters.in_flight.map(|_| disk.stall.stalled_ms >= STALL_MS_MIN))
}

fn slow<'n>(node: &'n Node<'_>) -> Verdicts<'n> {
    // One operation that is slow is enough; none that could be judged says nothing.
    counted(node, |disk| disk.slowness.values().filter_map(|slowness| slowness.slow).max())
}

fn not_running<'n>(node: &'n Node<'_>) -> Verdicts<'n> {
    described(node, |drive| {
        let drive = drive.as_ref().ok()?;
        drive.is_running().or_else(|| drive.has_running_path()).map(|is_running| !is_running)
    })
}

fn unanswered<'n>(node: &'n Node<'_>) -> Verdicts<'n> {
    described(node, |drive| match drive {
        Ok(_) => Some(false),
        Err(failure) => (failure.kind == ErrorKind::Timeout).then_some(true),
    })
}

/// What is still mounted, or was a moment ago, and is no device any more.
fn gone<'n>(node: &'n Node<'_>) -> Verdicts<'n> {
    described(node, |drive| match drive {
        Ok(_) => Some(false),
        Err(failure) => (failure.kind == ErrorKind::NotFound).then_some(true),
    })
}

fn raid_degraded<'n>(node: &'n Node<'_>) -> Verdicts<'n> {
    described(node, |drive| {
        let md = drive.as_ref().ok()?.md.as_ref()?;
        // Levels without redundancy do not count members that they lack: without one they are broken (since Linux 5.5).
        md.degraded.map(|missing| missing > 0).or_else(|| Some(md.array_state.as_deref()? == "broken"))
    })
}

fn link<'n>(node: &'n Node<'_>) -> Verdicts<'n> {
    described(node, |drive| {
        let link = drive.as_ref().ok()?.link.as_ref()?;
        [link.speed_ratio, link.width_ratio].into_iter().flatten().map(|ratio| ratio < 1.0).max()
    })
}

fn offline<'n>(node: &'n Node<'_>) -> Verdicts<'n> {
    let told = node.log_dirs().map_or(&[][..], |told| &told.dirs);
    told.iter().filter(|dir| dir.error.is_none()).map(|dir| (dir.path.as_str(), !dir.online)).collect()
}

/// Directories in this state, against those that are well. Of one in another state it is not known whether this would
/// hold too: there is one state, the worst. One that is not found, or may not be looked at, may be well where its broker is.
fn in_state<'n>(node: &'n Node<'_>, wanted: &'static str) -> Verdicts<'n> {
    let files = node.view.node.files.fresh(node.view.now);
    let judge = |state| match state {
        "ok" | "refused" => Some(false),
        state => (state == wanted).then_some(true),
    };
    files.into_iter().flat_map(states).filter_map(|(path, state)| Some((path, judge(state)?))).collect()
}

/// What is in the superblock outlives reboots, so that only the time of the last error counts.
fn recorded_error<'n>(node: &'n Node<'_>) -> Verdicts<'n> {
    let files = node.view.node.files.fresh(node.view.now);
    let counted = files.into_iter().flat_map(|files| &files.health);
    let judge = |errors: FsErrors| errors.last.is_some_and(|at| is_recent(&node.view, at));
    counted.filter_map(|(path, health)| Some((path.as_str(), judge(health.errors?)))).collect()
}

/// The devices under log directories, and whether an error of the file system on them is known: by its own count, or where it
/// keeps none by the kernel's log. The log names devices only, and a name is given to another drive, or loop device, again.
fn told_error<'n>(node: &'n Node<'_>) -> Verdicts<'n> {
    let (storage, log) = (&node.view.node.storage, &node.view.node.kernel_log);
    let Some(storage) = storage.fresh(node.view.now) else { return Vec::new() };
    let events = log.fresh(node.view.now).map(|log| &log.events);
    let told = |device: &str| {
        let of_it = |event: &&KernelEvents| event.class == KernelClass::FsError && event.device == device;
        let mut times = events?.iter().filter(of_it).filter_map(|event| event.last_at);
        Some(times.any(|at| is_recent(&node.view, at)))
    };
    let counted: BTreeMap<&str, bool> = recorded_error(node).into_iter().collect();
    let mut verdicts = Vec::new();
    for (path, below) in storage.dirs.iter().filter_map(|(path, below)| Some((path.as_str(), below.as_ref().ok()?))) {
        let mut devices = below.devices();
        match counted.get(path) {
            // The one that carries it; which drive below that is to blame is not told.
            Some(had) => verdicts.extend(devices.next().map(|device| (device, *had))),
            None => verdicts.extend(devices.filter_map(|device| Some((device, told(device)?)))),
        }
    }
    verdicts
}

/// What each drive says of its own health, judged where that can be done.
fn said<'n>(node: &'n Node<'_>, judge: fn(&View<'_>, &DriveReading) -> Option<bool>) -> Verdicts<'n> {
    let health = node.view.node.drive_health.fresh(node.view.now);
    let drives = health.into_iter().flat_map(|health| &health.drives);
    drives.filter_map(|(name, reading)| Some((name.as_str(), judge(&node.view, reading)?))).collect()
}

fn unmounted<'n>(node: &'n Node<'_>) -> Verdicts<'n> {
    let places = node.places().ok();
    places.iter().flat_map(Places::known).map(|(path, place)| (path, place.unmounted.is_some())).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::fleet::Fleet;
    use super::*;
    use crate::snapshot::{
        DirFiles, DirHealth, DiskCounters, DiskOp, Disks, DriveHealth, Drives, DrivesHealth, KernelLog, Layer,
        LayerKind, LogDirFiles, LogDirStorage, Md, NodeView, Slowness, Stall, Storage,
    };
    use crate::testing::{Sample, seen};

    fn judged(node: &NodeView) -> Vec<(String, &'static str, bool)> {
        let view = View::new(node, Sample::NOW);
        let fleet = Fleet::of_one(view);
        let all = log_dirs(&fleet.nodes[0]);
        let rows =
            all.iter().flat_map(|(dir, reasons)| reasons.iter().map(|(reason, holds)| (dir.clone(), *reason, *holds)));
        rows.collect()
    }

    #[test]
    fn a_directory_that_the_broker_gave_up_is_offline_and_one_that_it_did_not_tell_is_not_judged() {
        let mut node = Sample::broker(1).log_dir("/a", &[]).log_dir("/b", &[]).log_dir("/c", &[]).node();
        let told = std::sync::Arc::make_mut(&mut node.log_dirs.last.as_mut().unwrap().value);
        told.dirs[1].online = false;
        told.dirs[2].error = Some(ErrorKind::Authorization);
        assert_eq!(judged(&node), [("/a".to_owned(), "offline", false), ("/b".to_owned(), "offline", true)]);
        let hung = Sample::broker(1).log_dir("/a", &[]).hung().node();
        assert_eq!(judged(&hung), [], "what a broker that is away has said counts no more");
    }

    #[test]
    fn the_state_of_a_directory_is_the_reason_and_a_denied_one_is_not_judged() {
        let mut node = Sample::broker(1).node();
        let failed = |kind| Err(Failure::new(kind, "x"));
        let fine = || Ok(DirFiles::default());
        let dirs = [
            ("/denied", failed(ErrorKind::Permission), None),
            ("/eio", failed(ErrorKind::Io), None),
            ("/hung", failed(ErrorKind::Timeout), None),
            ("/missing", failed(ErrorKind::NotFound), None),
            ("/readonly", fine(), Some("emergency_ro")),
            ("/shut", failed(ErrorKind::Io), Some("shutdown")),
            ("/well", fine(), None),
        ];
        let mut files = LogDirFiles::default();
        for (path, look, refuses) in dirs {
            let health =
                DirHealth { mounted: true, refuses_writes: refuses.map(str::to_owned), ..DirHealth::default() };
            files.health.insert(path.to_owned(), health);
            files.dirs.insert(path.to_owned(), look);
        }
        node.files = seen(files);
        let expected = [
            ("/eio", "io_error", true),
            ("/hung", "hung", true),
            ("/readonly", "read_only", true),
            ("/shut", "shutdown", true),
            ("/well", "hung", false),
            ("/well", "io_error", false),
            ("/well", "read_only", false),
            ("/well", "shutdown", false),
        ];
        assert_eq!(judged(&node), expected.map(|(dir, reason, holds)| (dir.to_owned(), reason, holds)));
    }

    #[test]
    fn an_error_of_a_file_system_counts_for_a_day_and_for_what_lies_on_its_device() {
        let day_ms = 86_400_000;
        let judged_at = |ago_ms: i64| {
            let mut node = on_drives();
            let at = Sample::NOW.shifted(-ago_ms);
            let mut log = KernelLog::default();
            log.count(KernelClass::FsError, "sdb", at);
            log.count(KernelClass::DiskIo, "sda", at);
            node.kernel_log = seen(log);
            let errors = Some(FsErrors { errors: 9, last: Some(at), ..FsErrors::default() });
            let health = [("/a".to_owned(), DirHealth { errors, ..DirHealth::default() })].into();
            node.files = seen(LogDirFiles { health, ..LogDirFiles::default() });
            let of_dirs = judged(&node).into_iter().filter(|(_, reason, _)| *reason == "fs_error");
            (of_dirs.map(|(dir, _, holds)| (dir, holds)).collect::<Vec<_>>(), suspected(&node))
        };
        let both = |a, b| vec![("/a".to_owned(), a), ("/b".to_owned(), b)];
        let suspects = ["md0", "sdb"].map(|device| (device.to_owned(), "fs_error"));
        assert_eq!(judged_at(day_ms - 1), (both(true, true), suspects.to_vec()));
        assert_eq!(judged_at(day_ms), (both(false, false), vec![]));
    }

    #[test]
    fn a_file_system_that_counts_no_error_is_not_suspected_of_one_that_had_its_device_before() {
        let mut node = on_drives();
        let mut log = KernelLog::default();
        log.count(KernelClass::FsError, "sda", Sample::NOW);
        node.kernel_log = seen(log);
        assert_eq!(suspected(&node), [("sda".to_owned(), "fs_error")], "one that counts nothing");
        let errors = Some(FsErrors { errors: 0, ..FsErrors::default() });
        let health = [("/a".to_owned(), DirHealth { errors, ..DirHealth::default() })].into();
        node.files = seen(LogDirFiles { health, ..LogDirFiles::default() });
        assert_eq!(suspected(&node), []);
    }

    #[test]
    fn what_the_helper_read_of_a_drive_is_a_reason_of_what_lies_on_it() {
        let mut node = on_drives();
        let health = DriveHealth { passed: Some(false), ..DriveHealth::default() };
        let sda = DriveReading { last_read_at: Some(Sample::NOW), health: Some(health), ..DriveReading::default() };
        node.drive_health = seen(DrivesHealth { drives: [("sda".to_owned(), sda)].into() });
        assert_eq!(suspected(&node), [("sda".to_owned(), "smart_failed")]);
        let expected = [("/a", "health_lost", false), ("/a", "smart_failed", true)];
        assert_eq!(judged(&node), expected.map(|(dir, reason, holds)| (dir.to_owned(), reason, holds)));
    }

    /// A node with `/a` on sda over md0 and `/b` on sdb.
    fn on_drives() -> NodeView {
        let dir = |device: &str, layers: &[(&str, &str)]| {
            let layer = |(name, below): &(&str, &str)| Layer {
                name: (*name).to_owned(),
                kind: LayerKind::Md,
                device: Some("9:0".to_owned()),
                below: vec![(*below).to_owned()],
                ..Layer::default()
            };
            Ok(LogDirStorage {
                device: Some(device.to_owned()),
                drives: vec![layers.last().map_or(device, |(_, below)| below).to_owned()],
                layers: layers.iter().map(layer).collect(),
                ..LogDirStorage::default()
            })
        };
        let dirs = [("/a", dir("md0", &[("md0", "sda")])), ("/b", dir("sdb", &[]))];
        let mut node = Sample::broker(1).node();
        node.storage = seen(Storage {
            dirs: dirs.into_iter().map(|(path, dir)| (path.to_owned(), dir)).collect(),
            ..Storage::default()
        });
        node
    }

    fn suspected(node: &NodeView) -> Vec<(String, &'static str)> {
        let view = View::new(node, Sample::NOW);
        let fleet = Fleet::of_one(view);
        let all = disks(&fleet.nodes[0]);
        let holding = all.iter().flat_map(|(disk, reasons)| {
            reasons.iter().filter(|(_, holds)| **holds).map(|(reason, _)| (disk.clone(), *reason))
        });
        holding.collect()
    }

    #[test]
    fn a_stalled_drive_and_the_directory_on_it_are_suspect_and_a_slow_one_is_alone() {
        let mut node = on_drives();
        let disk = |stalled_ms, slow| Disk {
            counters: DiskCounters { in_flight: Some(2), ..DiskCounters::default() },
            stall: Stall { stalled_ms, ..Stall::default() },
            slowness: BTreeMap::from([(DiskOp::Write, Slowness { slow, ..Slowness::default() })]),
            ..Disk::default()
        };
        let devices = [("sda", disk(STALL_MS_MIN, None)), ("sdb", disk(STALL_MS_MIN - 1, Some(true)))];
        node.disks = seen(Disks {
            devices: devices.into_iter().map(|(name, disk)| (name.to_owned(), disk)).collect(),
            ..Disks::default()
        });
        assert_eq!(suspected(&node), [("sda".to_owned(), "stalled"), ("sdb".to_owned(), "slow")]);
        let of_dirs: Vec<_> = judged(&node).into_iter().filter(|(_, reason, _)| *reason == "stalled").collect();
        assert_eq!(of_dirs, [("/a".to_owned(), "stalled", true), ("/b".to_owned(), "stalled", false)]);
        assert!(judged(&node).iter().all(|(_, reason, _)| *reason != "slow"), "it warns, by itself");
    }

    #[test]
    fn what_a_drive_says_of_itself_is_judged_and_what_it_has_not_is_not() {
        let mut node = on_drives();
        let state = |state: &str| Drive { state: Some(state.to_owned()), ..Drive::default() };
        let md = Drive { md: Some(Md { degraded: Some(1), ..Md::default() }), ..Drive::default() };
        let devices =
            [("md0", Ok(md)), ("sda", Ok(state("offline"))), ("sdb", Err(Failure::new(ErrorKind::Timeout, "x")))];
        node.drives =
            seen(Drives { devices: devices.into_iter().map(|(name, drive)| (name.to_owned(), drive)).collect() });
        let expected = [("md0", "raid_degraded"), ("sda", "not_running"), ("sdb", "unanswered")];
        assert_eq!(suspected(&node), expected.map(|(name, reason)| (name.to_owned(), reason)));

        let broken = Md { array_state: Some("broken".to_owned()), ..Md::default() };
        let paths = |paths: &[(&str, u64)]| {
            let paths = paths.iter().map(|(state, count)| ((*state).to_owned(), *count)).collect();
            Ok(Drive { paths, ..Drive::default() })
        };
        let devices = [
            ("dm-0", paths(&[("blocked", 1), ("offline", 1)])),
            ("dm-1", paths(&[("blocked", 1), ("running", 1)])),
            ("dm-2", paths(&[("unknown", 2)])),
            ("md0", Ok(Drive { md: Some(broken), ..Drive::default() })),
            ("sda", Err(Failure::new(ErrorKind::NotFound, "x"))),
        ];
        node.drives =
            seen(Drives { devices: devices.into_iter().map(|(name, drive)| (name.to_owned(), drive)).collect() });
        let expected = [("dm-0", "not_running"), ("md0", "raid_degraded"), ("sda", "gone")];
        assert_eq!(suspected(&node), expected.map(|(name, reason)| (name.to_owned(), reason)));
        let a: Vec<_> =
            judged(&node).into_iter().filter(|(dir, ..)| dir == "/a").map(|(_, reason, _)| reason).collect();
        assert!(a.contains(&"raid_degraded") && a.contains(&"gone"), "{a:?}");
    }

    #[test]
    fn reasons_are_distinct() {
        let distinct = |reasons: &[&Reason]| reasons.iter().map(|reason| reason.name).collect::<BTreeSet<_>>().len();
        let of_disks: Vec<_> = GRAVE_DISK_REASONS.iter().chain(MILD_DISK_REASONS).collect();
        assert_eq!(distinct(&of_disks), of_disks.len());
        assert_eq!(distinct(&LOG_DIR_REASONS.iter().collect::<Vec<_>>()), LOG_DIR_REASONS.len());
    }
}
