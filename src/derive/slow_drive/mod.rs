//! Whether a drive is slow for the load that it has now, by its own history.
//!
//! Every 15 s the latency of one operation is compared with what the same load took before. Two scores of the last ten
//! minutes decide: the median of that comparison (the drive has shifted), and the share of samples above the 99th percentile
//! (the drive has spikes). While it looks slow nothing is learned, else a slow drive teaches that slow is normal.
//!
//! It cannot see what was slow from the start, nor a drift slower than its memory: the comparison with other brokers' drives
//! (alerts/drives.yaml) does. Nor a drive that ends nothing: see [`super::disk_io`].

mod model;
mod state;

use std::collections::VecDeque;

use crate::snapshot::{DiskClass, IoCounters, Slowness};
use model::{Key, bucket};
pub use model::{LOADS_MAX, Model, SUPPORT_MIN, WrittenLoad};
pub use state::{Ground, State, StateFault};

/// Milliseconds between two samples.
pub const INTERVAL_MS: u64 = 15_000;
/// Milliseconds between two samples above which they are not compared: an average over so long is another thing.
pub const INTERVAL_MS_MAX: u64 = 45_000;
/// Operations below which an average says nothing.
const OPERATIONS_MIN: u64 = 5;
/// Samples that are looked at together: ten minutes.
const WINDOW: usize = 40;
/// Of those, the ones that must have been judged.
const JUDGED_MIN: usize = WINDOW / 2;
/// Median of latency against history from which a drive is slow.
pub const SHIFT_SLOW: f32 = 2.0;
/// Share of outliers that a shifted drive has too. A load near saturation has latencies so far apart that their median may
/// double by chance: then few are above the 99th percentile.
const OUTLIERS_SHIFTED: f32 = 0.2;
/// Share of outliers from which a drive is slow, shifted or not.
pub const OUTLIERS_SLOW: f32 = 0.5;
/// The same two, below which it is well again once they stay there for [`WELL_MS`].
const SHIFT_WELL: f32 = 1.3;
const OUTLIERS_WELL: f32 = 0.2;
/// Milliseconds for which it must look slow before it is called so: one sample more or less must not raise an alarm that
/// stays for half an hour.
const SURE_MS: u64 = 60_000;
/// Milliseconds for which a slow drive must be well, or its state unknown, until it is no longer called slow.
const WELL_MS: u64 = 30 * 60_000;
/// Median of latency against history above which nothing is learned.
const SHIFT_QUARANTINE: f32 = 1.5;

/// Seconds below which a latency is never slow, whatever the history: 3 times nearly nothing is nothing.
#[must_use]
pub fn floor(class: DiskClass) -> f64 {
    match class {
        DiskClass::Nvme => 0.000_1,
        DiskClass::Hdd => 0.005,
        DiskClass::Ssd | DiskClass::Virtual => 0.000_5,
    }
}

/// The load of one operation between two looks, and what it took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Operations a second.
    pub per_second: f64,
    /// Bytes of each, on average.
    pub bytes: f64,
    /// Seconds that each took, on average.
    pub latency: f64,
}

impl Load {
    /// What was done in `ms` milliseconds; absent when that is too little to say anything.
    #[must_use]
    pub fn of(done: &IoCounters, ms: u64) -> Option<Self> {
        if done.completed < OPERATIONS_MIN || ms == 0 {
            return None;
        }
        let operations = done.completed as f64;
        Some(Self {
            per_second: operations * 1_000.0 / ms as f64,
            bytes: done.bytes as f64 / operations,
            latency: done.time_ms as f64 / 1_000.0 / operations,
        })
    }
}

/// A sample of the window.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// Its load and its latency's place; absent when the drive did too little.
    load: Option<(Key, u8)>,
    /// Latency against history; absent when the load has none.
    ratio: Option<f32>,
    outlier: bool,
    /// It is not to be learned.
    withheld: bool,
}

/// Judges one operation of one drive.
#[derive(Clone, Debug, Default)]
pub struct Detector {
    model: Model,
    window: VecDeque<Seen>,
    slow: bool,
    /// Milliseconds for which it has looked slow without a break.
    bad_ms: u64,
    /// Milliseconds for which a slow drive has been well, or not been judged.
    well_ms: u64,
    told: Slowness,
}

impl Detector {
    /// One that has this to compare with.
    #[must_use]
    pub fn with(model: Model) -> Self {
        Self { model, window: VecDeque::with_capacity(WINDOW), ..Self::default() }
    }

    /// What it has to compare with.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Replaces what it compares with.
    pub fn set_model(&mut self, model: Model) {
        self.model = model;
    }

    /// Forgets what it compares with, and judges anew.
    pub fn forget(&mut self) {
        self.model = Model::default();
        self.pause();
    }

    /// What it says now.
    #[must_use]
    pub fn told(&self) -> Slowness {
        self.told
    }

    /// The last minutes say nothing about the drive: they are neither judged nor learned.
    pub fn pause(&mut self) {
        self.window.clear();
        (self.slow, self.bad_ms, self.well_ms) = (false, 0, 0);
        let Slowness { slow_ms, judged_ms, .. } = self.told;
        self.told = Slowness { slow_ms, judged_ms, ..Slowness::default() };
    }

    /// Takes a sample in: the load of the last `ms` milliseconds, absent when there was too little. `floor` is in seconds.
    pub fn step(&mut self, load: Option<Load>, ms: u64, floor: f64) -> Slowness {
        self.model.age(ms);
        let mut seen = Seen { load: None, ratio: None, outlier: false, withheld: false };
        let mut expected = None;
        if let Some(load) = load {
            let key = Key::of(&load);
            seen.load = Some((key, bucket(load.latency)));
            expected = self.model.expected(key);
            if let Some(expected) = expected {
                seen.ratio = Some((load.latency / expected.median.max(floor)) as f32);
                seen.outlier = load.latency > expected.p99.max(floor);
                self.told.judged_ms += ms;
            }
        }
        if self.window.len() >= WINDOW {
            self.learn_oldest();
        }
        self.window.push_back(seen);
        let scores = self.scores();
        if scores.as_ref().is_some_and(|scores| scores.shift > SHIFT_QUARANTINE) {
            self.window.iter_mut().for_each(|seen| seen.withheld = true);
        }
        self.judge(scores.filter(|scores| scores.judged >= JUDGED_MIN), ms);
        self.told.expected_median = expected.map(|expected| expected.median);
        self.told.expected_p99 = expected.map(|expected| expected.p99);
        self.told
    }

    /// A sample is learned when it leaves the window: until then the drive may turn out to be slow.
    fn learn_oldest(&mut self) {
        if let Some(Seen { load: Some((key, bucket)), withheld: false, .. }) = self.window.pop_front() {
            self.model.learn(key, bucket);
        }
    }

    fn judge(&mut self, scores: Option<Scores>, ms: u64) {
        let bad = |scores: &Scores| {
            scores.shift >= SHIFT_SLOW && scores.outliers >= OUTLIERS_SHIFTED || scores.outliers >= OUTLIERS_SLOW
        };
        let well = |scores: &Scores| scores.shift < SHIFT_WELL && scores.outliers < OUTLIERS_WELL;
        self.bad_ms = if scores.as_ref().is_some_and(bad) { self.bad_ms + ms } else { 0 };
        if self.bad_ms > SURE_MS {
            (self.slow, self.well_ms) = (true, 0);
        } else if self.slow {
            self.well_ms = if scores.as_ref().is_none_or(well) { self.well_ms + ms } else { 0 };
            self.slow = self.well_ms < WELL_MS;
        }
        self.told.slow_ms += if self.slow { ms } else { 0 };
        self.told.slow = (self.slow || scores.is_some()).then_some(self.slow);
        self.told.ratio = scores.as_ref().map(|scores| f64::from(scores.shift));
        self.told.outliers = scores.as_ref().map(|scores| f64::from(scores.outliers));
    }

    /// Scores of the window; absent when nothing in it was judged.
    fn scores(&self) -> Option<Scores> {
        let mut ratios = [0.0_f32; WINDOW];
        let (mut judged, mut outliers) = (0, 0_u8);
        for seen in &self.window {
            if let Some(ratio) = seen.ratio {
                ratios[judged] = ratio;
                judged += 1;
                outliers += u8::from(seen.outlier);
            }
        }
        let ratios = ratios.get_mut(..judged).filter(|ratios| !ratios.is_empty())?;
        let (below, middle, _) = ratios.select_nth_unstable_by(judged / 2, f32::total_cmp);
        let shift = if judged % 2 == 1 {
            *middle
        } else {
            let lower = below.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            f32::midpoint(lower, *middle)
        };
        Some(Scores { judged, shift, outliers: f32::from(outliers) / judged as f32 })
    }
}

#[derive(Debug)]
struct Scores {
    judged: usize,
    shift: f32,
    outliers: f32,
}

#[cfg(test)]
mod simulation;

#[cfg(test)]
mod tests {
    use super::*;

    const NVME: f64 = 0.000_1;

    fn load(latency: f64) -> Option<Load> {
        Some(Load { per_second: 500.0, bytes: 65_536.0, latency })
    }

    fn steps(detector: &mut Detector, count: usize, latency: f64) -> Slowness {
        (0..count).for_each(|_| {
            detector.step(load(latency), INTERVAL_MS, NVME);
        });
        detector.told()
    }

    /// One that has seen a day of the same load.
    fn experienced() -> Detector {
        let mut detector = Detector::default();
        let told = steps(&mut detector, 5_760, 0.000_4);
        assert_eq!((told.slow, told.slow_ms), (Some(false), 0));
        detector
    }

    #[test]
    fn a_load_that_was_not_seen_before_is_not_judged() {
        let mut detector = Detector::default();
        let told = steps(&mut detector, 230, 0.1);
        assert_eq!((told.slow, told.judged_ms, told.expected_median), (None, 0, None));
        let told =
            experienced().step(Some(Load { per_second: 50_000.0, bytes: 512.0, latency: 3.0 }), INTERVAL_MS, NVME);
        assert_eq!(told.expected_median, None);
    }

    #[test]
    fn three_times_slower_is_told_within_six_minutes_and_taken_back_half_an_hour_after_it_ends() {
        let mut detector = experienced();
        let told = steps(&mut detector, 19, 0.001_2);
        assert_eq!(told.slow, Some(false));
        let told = steps(&mut detector, 6, 0.001_2);
        assert_eq!(told.slow, Some(true), "{told:?}");
        // A day of it does not teach that this is normal.
        let told = steps(&mut detector, 5_760, 0.001_2);
        assert!(told.slow == Some(true) && told.ratio.unwrap() > 2.4, "{told:?}");
        assert_eq!(steps(&mut detector, 120, 0.000_4).slow, Some(true), "not yet");
        assert_eq!(steps(&mut detector, 40, 0.000_4).slow, Some(false));
    }

    #[test]
    fn spikes_in_half_of_the_samples_are_slow_although_the_median_is_not() {
        let mut detector = experienced();
        for sample in 0..50 {
            steps(&mut detector, 1, if sample % 5 < 3 { 0.000_7 } else { 0.000_4 });
        }
        let told = detector.told();
        assert!(told.slow == Some(true) && told.outliers.unwrap() >= 0.5, "{told:?}");
    }

    #[test]
    fn below_the_floor_nothing_is_slow() {
        let mut detector = Detector::default();
        steps(&mut detector, 5_760, 0.000_01);
        let told = steps(&mut detector, 400, 0.000_09);
        assert_eq!((told.slow, told.slow_ms), (Some(false), 0));
    }

    #[test]
    fn a_slow_drive_without_load_is_unknown_after_half_an_hour_and_not_slow_for_ever() {
        let mut detector = experienced();
        steps(&mut detector, 60, 0.002);
        let idle = |detector: &mut Detector, count| {
            (0..count).for_each(|_| {
                detector.step(None, INTERVAL_MS, NVME);
            })
        };
        idle(&mut detector, 60);
        assert_eq!(detector.told().slow, Some(true));
        idle(&mut detector, 120);
        assert_eq!((detector.told().slow, detector.told().ratio), (None, None));
    }

    #[test]
    fn a_pause_forgets_the_verdict_and_keeps_what_was_learned() {
        let mut detector = experienced();
        let before = steps(&mut detector, 60, 0.002);
        let learned = detector.model().samples();
        detector.pause();
        let told = detector.told();
        assert_eq!((told.slow, told.slow_ms), (None, before.slow_ms));
        assert!((detector.model().samples() - learned).abs() < 0.001);
    }

    #[test]
    fn a_load_of_too_few_operations_is_none() {
        let done = |completed| IoCounters { completed, bytes: completed * 512, time_ms: completed * 2 };
        assert_eq!(Load::of(&done(4), INTERVAL_MS), None);
        assert_eq!(Load::of(&done(1_500), INTERVAL_MS), Some(Load { per_second: 100.0, bytes: 512.0, latency: 0.002 }));
        assert_eq!(Load::of(&done(1_500), 0), None);
    }
}
