//! The block devices under the log directories, from one look at their counters to the next: pure, but with a memory.

use std::collections::{BTreeMap, BTreeSet};

use super::disk_io::{Carried, StallWatch, between};
use super::slow_drive::{Detector, Ground, INTERVAL_MS, INTERVAL_MS_MAX, Load, Model, State, floor};
use crate::snapshot::{
    Disk, DiskClass, DiskCounters, DiskOp, Disks, Drives, Inhibited, LayerKind, Slowness, Storage, UnixMs,
};

/// Milliseconds by which a look may come too early to be the next sample.
const EARLY_MS: u64 = 500;
/// Milliseconds after the start of the node for which it may be recovering its logs.
const BROKER_START_MS: u64 = 30 * 60_000;
/// Milliseconds between two times at which what was learned of a drive is kept.
const KEEP_EVERY_MS: u64 = 15 * 60_000;
/// Operations that are judged: discards take as long as they like.
const JUDGED: [DiskOp; 3] = [DiskOp::Read, DiskOp::Write, DiskOp::Flush];

/// A device that matters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// What a drive is made of; absent for a layer over others.
    pub class: Option<DiskClass>,
    /// A drive's serial number.
    pub serial: Option<String>,
    /// The md arrays over it.
    pub arrays: BTreeSet<String>,
}

/// The devices that matter: all between the file systems of the log directories and their drives.
#[must_use]
pub fn wanted(storage: &Storage) -> BTreeMap<String, Wanted> {
    let mut wanted: BTreeMap<String, Wanted> = BTreeMap::new();
    for dir in storage.dirs.values().flatten() {
        let arrays = || dir.layers.iter().filter(|layer| layer.kind == LayerKind::Md).map(|layer| layer.name.clone());
        for device in dir.devices() {
            let facts = storage.disks.get(device);
            let entry = wanted.entry(device.to_owned()).or_default();
            entry.class = facts.map(|facts| facts.class);
            entry.serial = facts.and_then(|facts| facts.serial.clone()).filter(|serial| !serial.is_empty());
            entry.arrays.extend(arrays());
        }
    }
    wanted
}

/// What goes on around the drives, for which they are not judged.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    /// Milliseconds since the node's process started; absent when it does not run.
    pub node_age_ms: Option<u64>,
    /// md arrays that rebuild or check themselves.
    pub syncing: BTreeSet<String>,
    /// Release of the kernel; absent when it is not known.
    pub kernel: Option<String>,
    /// I/O schedulers of the queues, by device.
    pub schedulers: BTreeMap<String, String>,
}

impl Circumstances {
    /// The arrays of `drives` that are busy with themselves, and the schedulers of all.
    #[must_use]
    pub fn of(drives: &Drives, node_age_ms: Option<u64>, kernel: Option<String>) -> Self {
        let seen = || drives.devices.iter().filter_map(|(name, drive)| Some((name, drive.as_ref().ok()?)));
        let syncs = seen().filter(|(_, drive)| drive.md.as_ref().is_some_and(crate::snapshot::Md::syncs));
        let schedulers = seen().filter_map(|(name, drive)| Some((name.clone(), drive.queue.scheduler.clone()?)));
        Self {
            node_age_ms,
            syncing: syncs.map(|(name, _)| name.clone()).collect(),
            kernel,
            schedulers: schedulers.collect(),
        }
    }

    fn ground(&self, device: &str) -> Ground {
        Ground { kernel: self.kernel.clone(), scheduler: self.schedulers.get(device).cloned() }
    }

    fn inhibit(&self, wanted: &Wanted) -> Option<Inhibited> {
        if wanted.arrays.iter().any(|array| self.syncing.contains(array)) {
            return Some(Inhibited::MdSync);
        }
        self.node_age_ms.is_some_and(|age| age < BROKER_START_MS).then_some(Inhibited::BrokerStart)
    }
}

/// What is remembered of one device.
#[derive(Debug, Default)]
struct Watched {
    wanted: Wanted,
    carried: Carried,
    stall: StallWatch,
    /// The counters of the last sample.
    sampled: Option<(UnixMs, DiskCounters)>,
    detectors: BTreeMap<DiskOp, Detector>,
    /// What the detectors learned on.
    ground: Ground,
    /// What an earlier run has learned of it was asked for, and the answer is in.
    restored: bool,
    /// When what was learned of it was last kept, or would first have been.
    kept_at: Option<UnixMs>,
}

/// Watches the devices that matter.
#[derive(Debug, Default)]
pub struct DiskWatch {
    devices: BTreeMap<String, Watched>,
    parse_errors: u64,
}

impl DiskWatch {
    /// Takes a look at the counters in. Devices without counters are not there; what was learned of them is kept.
    pub fn advance(
        &mut self,
        at: UnixMs,
        mut counters: BTreeMap<String, DiskCounters>,
        parse_errors: u64,
        wanted: &BTreeMap<String, Wanted>,
        around: &Circumstances,
    ) -> Disks {
        self.parse_errors += parse_errors;
        self.devices.retain(|name, _| wanted.contains_key(name));
        let mut devices = BTreeMap::new();
        for (name, wanted) in wanted {
            let watched = self.devices.entry(name.clone()).or_default();
            if watched.wanted.serial != wanted.serial {
                // Another drive under this name: nothing that was learned is about it.
                *watched = Watched::default();
            }
            watched.wanted = wanted.clone();
            if watched.ground.becomes(&around.ground(name)) {
                watched.detectors.values_mut().for_each(Detector::forget);
            }
            if let Some(counters) = counters.remove(name) {
                devices.insert(name.clone(), watched.advance(at, counters, around));
            }
        }
        Disks { devices, parse_errors: self.parse_errors }
    }

    /// Drives, by device and serial, of which an earlier run may have learned something.
    #[must_use]
    pub fn unrestored(&self) -> Vec<(String, String)> {
        let unrestored = self.devices.iter().filter(|(_, watched)| !watched.restored && watched.wanted.class.is_some());
        unrestored.filter_map(|(name, watched)| Some((name.clone(), watched.wanted.serial.clone()?))).collect()
    }

    /// Takes what an earlier run has learned of a drive, on `ground`; nothing when there is nothing that can be used, or
    /// that ground is known to be another now.
    pub fn restore(&mut self, device: &str, serial: &str, ground: &Ground, models: BTreeMap<DiskOp, Model>) {
        let found = self.devices.get_mut(device).filter(|watched| watched.wanted.serial.as_deref() == Some(serial));
        let Some(watched) = found else { return };
        watched.restored = true;
        let mut then = ground.clone();
        if then.becomes(&watched.ground) {
            return;
        }
        // What is not known yet of now is as it was then, until it turns out to be another.
        watched.ground = then;
        for (op, model) in models {
            let detector = watched.detectors.entry(op).or_default();
            if model.samples() > detector.model().samples() {
                detector.set_model(model);
            }
        }
    }

    /// The drive whose turn it is to be kept: device, serial and the text of its file. Absent while none is due.
    pub fn keep(&mut self, at: UnixMs) -> Option<(String, String, String)> {
        let known = self.devices.iter_mut().filter(|(_, watched)| watched.restored && watched.wanted.serial.is_some());
        let known = known.map(|(name, watched)| (*watched.kept_at.get_or_insert(at), name, watched));
        let (kept_at, name, watched) = known.min_by_key(|(kept_at, ..)| *kept_at)?;
        if at.since(kept_at) < KEEP_EVERY_MS {
            return None;
        }
        watched.kept_at = Some(at);
        let (serial, text) = watched.written()?;
        Some((name.clone(), serial, text))
    }

    /// All drives that may be kept, whether or not they are due: serial and the text of its file.
    #[must_use]
    pub fn keep_all(&self) -> Vec<(String, String)> {
        self.devices.values().filter(|watched| watched.restored).filter_map(Watched::written).collect()
    }
}

impl Watched {
    /// Its serial, and the text of its file.
    fn written(&self) -> Option<(String, String)> {
        let serial = self.wanted.serial.clone()?;
        let models = self.detectors.iter().map(|(op, detector)| (*op, detector.model()));
        let text = State::write(&serial, &self.ground, models);
        Some((serial, text))
    }

    fn advance(&mut self, at: UnixMs, counters: DiskCounters, around: &Circumstances) -> Disk {
        let same = self.carried.advance(counters);
        let counters = self.carried.total().clone();
        let stall = self.stall.advance(at, &counters, same);
        let inhibited = self.wanted.class.and_then(|_| around.inhibit(&self.wanted));
        if !same || inhibited.is_some() {
            self.detectors.values_mut().for_each(Detector::pause);
            self.sampled = None;
        }
        if let Some(class) = self.wanted.class {
            self.sample(at, &counters, class);
        }
        let slowness = self.detectors.iter().map(|(op, detector)| (*op, detector.told())).collect();
        let slowness: BTreeMap<DiskOp, Slowness> = if self.wanted.class.is_some() { slowness } else { BTreeMap::new() };
        Disk { class: self.wanted.class, counters, stall, slowness, inhibited }
    }

    /// Judges the drive when it is time.
    fn sample(&mut self, at: UnixMs, counters: &DiskCounters, class: DiskClass) {
        let Some((sampled_at, before)) = &self.sampled else {
            self.sampled = Some((at, counters.clone()));
            return;
        };
        let ms = at.since(*sampled_at);
        if ms + EARLY_MS < INTERVAL_MS {
            return;
        }
        for op in JUDGED {
            let done = between(before, counters, op).filter(|_| ms <= INTERVAL_MS_MAX);
            let load = done.and_then(|done| Load::of(&done, ms));
            // Nothing is kept for what a drive never does.
            if load.is_some() || self.detectors.contains_key(&op) {
                self.detectors.entry(op).or_default().step(load, ms.min(INTERVAL_MS_MAX), floor(class));
            }
        }
        self.sampled = Some((at, counters.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Drive, IoCounters, Md};

    fn drive(serial: &str) -> Wanted {
        Wanted { class: Some(DiskClass::Hdd), serial: Some(serial.into()), arrays: ["md0".to_owned()].into() }
    }

    fn only(wanted: Wanted) -> BTreeMap<String, Wanted> {
        [("sda".to_owned(), wanted)].into()
    }

    /// A drive that writes 300 times a second, each taking so many milliseconds.
    struct Machine {
        watch: DiskWatch,
        second: u64,
        write: IoCounters,
    }

    impl Machine {
        fn new() -> Self {
            Self { watch: DiskWatch::default(), second: 0, write: IoCounters::default() }
        }

        fn seconds(&mut self, count: u64, millis: u64, wanted: &Wanted, around: &Circumstances) -> Disk {
            let mut last = None;
            for _ in 0..count {
                self.second += 1;
                self.write.completed += 300;
                self.write.bytes += 300 * 65_536;
                self.write.time_ms += 300 * millis;
                let counters =
                    DiskCounters { ops: [(DiskOp::Write, self.write)].into(), busy_ms: 0, in_flight: Some(1) };
                let at = UnixMs(self.second * 1_000);
                let disks =
                    self.watch.advance(at, [("sda".to_owned(), counters)].into(), 0, &only(wanted.clone()), around);
                last = disks.devices.get("sda").cloned();
            }
            last.unwrap()
        }
    }

    #[test]
    fn a_drive_is_judged_every_fifteen_seconds_by_what_it_did_since() {
        let (mut machine, calm) = (Machine::new(), Circumstances::default());
        let disk = machine.seconds(15 * 300, 6, &drive("S1"), &calm);
        let told = disk.slowness[&DiskOp::Write];
        assert_eq!(told.slow, Some(false), "{told:?}");
        let disk = machine.seconds(600, 30, &drive("S1"), &calm);
        let told = disk.slowness[&DiskOp::Write];
        assert!(told.slow == Some(true) && told.slow_ms > 0, "{told:?}");
        assert_eq!(disk.slowness.len(), 1, "nothing is said of what it never did");
        let disk = machine.seconds(1, 30, &drive("S2"), &calm);
        assert!(disk.slowness.is_empty(), "another drive has no history");
    }

    #[test]
    fn nothing_is_judged_or_learned_while_an_array_syncs_or_a_node_starts() {
        let mut machine = Machine::new();
        let md = Md { sync_action: Some("check".into()), ..Md::default() };
        let drives = Drives { devices: [("md0".to_owned(), Ok(Drive { md: Some(md), ..Drive::default() }))].into() };
        for (around, why) in [
            (Circumstances::of(&drives, Some(u64::MAX), None), Inhibited::MdSync),
            (Circumstances::of(&Drives::default(), Some(29 * 60_000), None), Inhibited::BrokerStart),
        ] {
            let disk = machine.seconds(400, 6, &drive("S1"), &around);
            assert_eq!((disk.inhibited, disk.slowness.len()), (Some(why), 0));
        }
        let calm = Circumstances::of(&Drives::default(), Some(31 * 60_000), None);
        assert_eq!(machine.seconds(31, 6, &drive("S1"), &calm).inhibited, None);
    }

    #[test]
    fn another_kernel_or_scheduler_is_another_history_and_what_is_not_known_changes_nothing() {
        let around = |kernel: &str, scheduler: Option<&str>| Circumstances {
            kernel: Some(kernel.to_owned()),
            schedulers: scheduler.map(|name| ("sda".to_owned(), name.to_owned())).into_iter().collect(),
            ..Circumstances::default()
        };
        let learned =
            |machine: &Machine| machine.watch.devices["sda"].detectors[&DiskOp::Write].model().samples() > 0.0;
        let (mut machine, before) = (Machine::new(), around("6.1", Some("none")));
        machine.seconds(15 * 200, 6, &drive("S1"), &before);
        let told = machine.seconds(1, 6, &drive("S1"), &around("6.1", None)).slowness[&DiskOp::Write];
        assert!(learned(&machine), "it is not told for a while");
        let now = machine.seconds(1, 6, &drive("S1"), &around("6.1", Some("mq-deadline"))).slowness[&DiskOp::Write];
        assert!(!learned(&machine));
        assert_eq!((now.judged_ms, now.slow_ms), (told.judged_ms, told.slow_ms), "counts do not go back");

        // And over a restart: what another kernel taught is not taken.
        let (mut old, mut next) = (Machine::new(), Machine::new());
        old.seconds(15 * 200, 6, &drive("S1"), &before);
        old.watch.restore("sda", "S1", &Ground::default(), BTreeMap::new());
        let at = UnixMs(old.second * 1_000);
        assert!(old.watch.keep(at).is_none());
        let (.., text) = old.watch.keep(at.plus(KEEP_EVERY_MS)).unwrap();
        assert_eq!(old.watch.keep_all(), [("S1".to_owned(), text.clone())], "as at the end of the program");
        assert!(machine.watch.keep_all().is_empty(), "whose file was not read it must not be overwritten");
        let (ground, models) = State::read(&text, "S1").unwrap();
        assert_eq!(ground, Ground { kernel: Some("6.1".to_owned()), scheduler: Some("none".to_owned()) });
        next.seconds(1, 6, &drive("S1"), &around("6.12", None));
        next.watch.restore("sda", "S1", &ground, models.clone());
        assert!(next.watch.devices["sda"].detectors.is_empty());
        // One that learns only later what it runs on forgets it then.
        let mut late = Machine::new();
        late.seconds(1, 6, &drive("S1"), &Circumstances::default());
        late.watch.restore("sda", "S1", &ground, models);
        assert!(learned(&late));
        late.seconds(1, 6, &drive("S1"), &around("6.12", Some("none")));
        assert!(!learned(&late));
    }

    #[test]
    fn what_was_learned_is_kept_in_turn_and_comes_back_for_the_same_serial_only() {
        let (mut machine, calm) = (Machine::new(), Circumstances::default());
        machine.seconds(15 * 400, 6, &drive("S1"), &calm);
        assert_eq!(machine.watch.unrestored(), [("sda".to_owned(), "S1".to_owned())]);
        let now = UnixMs(machine.second * 1_000);
        assert!(machine.watch.keep(now.plus(KEEP_EVERY_MS)).is_none(), "an unread file is not overwritten");
        machine.watch.restore("sda", "S1", &Ground::default(), BTreeMap::new());
        assert!(machine.watch.keep(now).is_none());
        let (device, serial, text) = machine.watch.keep(now.plus(KEEP_EVERY_MS)).unwrap();
        assert_eq!((device.as_str(), serial.as_str()), ("sda", "S1"));
        assert!(machine.watch.keep(now.plus(KEEP_EVERY_MS + 1)).is_none());

        let mut next = Machine::new();
        next.seconds(1, 6, &drive("S1"), &calm);
        let (ground, models) = State::read(&text, "S1").unwrap();
        next.watch.restore("sda", "other", &ground, models.clone());
        assert_eq!(next.watch.unrestored().len(), 1);
        next.watch.restore("sda", "S1", &ground, models);
        assert!(next.watch.unrestored().is_empty());
        let told = next.seconds(15 * 25, 6, &drive("S1"), &calm).slowness[&DiskOp::Write];
        assert_eq!(told.slow, Some(false), "judged at once: {told:?}");
    }

    #[test]
    fn a_layer_is_counted_and_not_judged_and_a_device_without_a_line_is_absent() {
        let (mut machine, calm) = (Machine::new(), Circumstances::default());
        let disk = machine.seconds(15 * 30, 6, &Wanted::default(), &calm);
        assert!(disk.slowness.is_empty() && disk.class.is_none() && disk.counters.completed() > 0);
        let disks = machine.watch.advance(UnixMs(0), BTreeMap::new(), 2, &only(Wanted::default()), &calm);
        assert_eq!((disks.devices.len(), disks.parse_errors), (0, 2));
    }
}
