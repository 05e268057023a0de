//! What a drive's latency was, by load: for each rate and size of operations a histogram that forgets slowly.
//!
//! The same drive is slower under more and larger operations, so only like is compared with like. A load that was seldom
//! seen is not judged at all: nothing is extrapolated.

use serde::{Deserialize, Serialize};

use super::{INTERVAL_MS, Load};

/// Upper edges of the histogram's buckets: evenly spaced logarithms from 5 µs to 32 s, and one bucket above.
const BUCKETS: usize = 101;
const LOG10_FIRST: f64 = -5.3;
const LOG10_LAST: f64 = 1.5;

/// Samples that a load must have before it is judged by: fewer have no 99th percentile.
pub const SUPPORT_MIN: f32 = 200.0;
/// Loads that are kept of one operation of one drive; the one seen least makes room. 12 drives with three operations each
/// then stay below 4 MB.
pub const LOADS_MAX: usize = 200;
/// Milliseconds after which a sample counts half.
const HALF_LIFE_MS: u64 = 30 * 24 * 3_600_000;
/// Milliseconds between two steps of forgetting.
const DECAY_EVERY_MS: u64 = 6 * 3_600_000;
/// New samples of a load after which its quantiles are looked up again, as a part of those it has.
const REFRESH_SHARE: f32 = 0.01;

/// Rate and size of operations, both in half powers of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Key(u16);

impl Key {
    /// Steps of each half; a key above is none.
    const STEPS: u16 = 64;

    pub(super) fn of(load: &Load) -> Self {
        let step = |value: f64| (value.max(1.0).log2() * 2.0).min(f64::from(Self::STEPS - 1)) as u16;
        Self(step(load.per_second) * Self::STEPS + step(load.bytes))
    }

    fn is_valid(self) -> bool {
        self.0 < Self::STEPS * Self::STEPS
    }
}

/// Place of a latency in the histogram.
pub(super) fn bucket(seconds: f64) -> u8 {
    let at = (seconds.max(f64::MIN_POSITIVE).log10() - LOG10_FIRST) * (BUCKETS - 2) as f64 / (LOG10_LAST - LOG10_FIRST);
    at.ceil().clamp(0.0, (BUCKETS - 1) as f64) as u8
}

fn upper_edge(bucket: u8) -> f64 {
    let last = (BUCKETS - 2) as f64;
    let at = f64::from(bucket).min(last);
    10_f64.powf(LOG10_FIRST + at * (LOG10_LAST - LOG10_FIRST) / last)
}

/// What a load is expected to take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Expected {
    /// Median, in seconds.
    pub(super) median: f64,
    /// 99th percentile, in seconds.
    pub(super) p99: f64,
}

/// One load's histogram.
#[derive(Clone, Debug)]
struct Bin {
    key: Key,
    /// Places of the quantiles when they were last looked up.
    median: u8,
    p99: u8,
    /// Samples since then.
    unseen: f32,
    total: f32,
    counts: [f32; BUCKETS],
}

impl Bin {
    fn new(key: Key) -> Self {
        Self { key, median: 0, p99: 0, unseen: 0.0, total: 0.0, counts: [0.0; BUCKETS] }
    }

    fn learn(&mut self, bucket: u8) {
        self.counts[usize::from(bucket).min(BUCKETS - 1)] += 1.0;
        self.total += 1.0;
        self.unseen += 1.0;
        if self.total >= SUPPORT_MIN && self.unseen >= self.total * REFRESH_SHARE {
            self.look_up();
        }
    }

    fn look_up(&mut self) {
        let (half, most) = (self.total * 0.5, self.total * 0.99);
        (self.median, self.p99, self.unseen) = ((BUCKETS - 1) as u8, (BUCKETS - 1) as u8, 0.0);
        let (mut sum, mut median) = (0.0, None);
        for (place, count) in self.counts.iter().enumerate() {
            sum += count;
            if median.is_none() && sum >= half {
                median = Some(place as u8);
            }
            if sum >= most {
                self.p99 = place as u8;
                break;
            }
        }
        self.median = median.unwrap_or(self.p99);
    }
}

/// The histograms of one operation of one drive.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// In the order of their keys.
    #[expect(
        clippy::vec_box,
        reason = "a bin has 400 bytes: one that comes or goes moves only pointers, and nothing grows by doubling"
    )]
    bins: Vec<Box<Bin>>,
    /// Milliseconds of looking since the last step of forgetting.
    since_decay_ms: u64,
}

impl Model {
    /// Loads that it knows, judged by or not.
    #[must_use]
    pub fn loads(&self) -> usize {
        self.bins.len()
    }

    /// Samples that it has learned and not forgotten.
    #[must_use]
    pub fn samples(&self) -> f64 {
        self.bins.iter().map(|bin| f64::from(bin.total)).sum()
    }

    pub(super) fn expected(&self, key: Key) -> Option<Expected> {
        let bin = &self.bins[self.bins.binary_search_by_key(&key, |bin| bin.key).ok()?];
        let expected = || Expected { median: upper_edge(bin.median), p99: upper_edge(bin.p99) };
        (bin.total >= SUPPORT_MIN).then(expected)
    }

    pub(super) fn learn(&mut self, key: Key, bucket: u8) {
        let at = match self.bins.binary_search_by_key(&key, |bin| bin.key) {
            Ok(at) => at,
            Err(at) if self.bins.len() < LOADS_MAX => self.insert(at, key),
            Err(_) => {
                let totals = self.bins.iter().enumerate().map(|(at, bin)| (at, bin.total));
                if let Some((least, _)) = totals.min_by(|one, other| one.1.total_cmp(&other.1)) {
                    self.bins.remove(least);
                }
                let at = self.bins.binary_search_by_key(&key, |bin| bin.key).unwrap_or_else(|at| at);
                self.insert(at, key)
            }
        };
        self.bins[at].learn(bucket);
    }

    fn insert(&mut self, at: usize, key: Key) -> usize {
        self.bins.insert(at, Box::new(Bin::new(key)));
        at
    }

    /// Lets time pass: what was learned counts less.
    pub(super) fn age(&mut self, ms: u64) {
        self.since_decay_ms = self.since_decay_ms.saturating_add(ms.min(DECAY_EVERY_MS));
        if self.since_decay_ms < DECAY_EVERY_MS {
            return;
        }
        self.since_decay_ms -= DECAY_EVERY_MS;
        let kept = 0.5_f32.powf(DECAY_EVERY_MS as f32 / HALF_LIFE_MS as f32);
        for bin in &mut self.bins {
            bin.counts.iter_mut().for_each(|count| *count *= kept);
            bin.total = bin.counts.iter().sum();
        }
        self.bins.retain(|bin| bin.total >= 0.5);
    }

    /// As it is kept in a file.
    #[must_use]
    pub fn written(&self) -> Vec<WrittenLoad> {
        let written = |bin: &Bin| {
            let counts = bin.counts.iter().enumerate().filter(|(_, count)| **count > 0.0);
            // A hundredth of a sample is nothing, and halves the file.
            let counts = counts.map(|(place, count)| (place as u8, (count * 100.0).round() / 100.0)).collect();
            WrittenLoad { key: bin.key, counts }
        };
        self.bins.iter().map(|bin| written(bin)).collect()
    }

    /// The model of such a file; absent when the file says what no model can.
    #[must_use]
    pub fn read(loads: &[WrittenLoad]) -> Option<Self> {
        // Half the range of f32 in which each whole number is told apart: more samples than a life of the machine has.
        const COUNT_MAX: f32 = 8_388_608.0;
        let mut model = Self::default();
        for load in loads {
            let follows = model.bins.last().is_none_or(|last| last.key < load.key);
            if !load.key.is_valid() || !follows || model.bins.len() >= LOADS_MAX {
                return None;
            }
            let mut bin = Bin::new(load.key);
            for (place, count) in &load.counts {
                let slot = bin.counts.get_mut(usize::from(*place))?;
                *slot = Some(*count).filter(|count| (0.0..=COUNT_MAX).contains(count))?;
            }
            bin.total = bin.counts.iter().sum();
            if bin.total > COUNT_MAX {
                return None;
            }
            bin.look_up();
            model.bins.push(Box::new(bin));
        }
        Some(model)
    }
}

/// One load as it is kept in a file: its key, and the buckets that are not empty with their samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WrittenLoad {
    #[serde(rename = "load")]
    key: Key,
    counts: Vec<(u8, f32)>,
}

const _: () = assert!(BUCKETS <= u8::MAX as usize && DECAY_EVERY_MS > INTERVAL_MS);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_its_latency_and_is_an_eighth_wide_at_most() {
        for micros in [6.0, 100.0, 123.4, 5_000.0, 1e6, 3e7] {
            let seconds = micros / 1e6;
            let edge = upper_edge(bucket(seconds));
            assert!(edge >= seconds * 0.999_999 && edge < seconds * 1.18, "{seconds}: {edge}");
        }
        assert_eq!((bucket(0.0), bucket(-1.0), bucket(1e9)), (0, 0, (BUCKETS - 1) as u8));
    }

    #[test]
    fn a_load_is_judged_by_once_it_was_seen_often_enough() {
        let key = Key::of(&Load { per_second: 100.0, bytes: 4_096.0, latency: 0.0 });
        let mut model = Model::default();
        for sample in 0..199_u32 {
            model.learn(key, bucket(if sample % 50 == 0 { 0.1 } else { 0.002 }));
        }
        assert_eq!(model.expected(key), None);
        model.learn(key, bucket(0.002));
        let expected = model.expected(key).unwrap();
        assert!((0.002..0.0024).contains(&expected.median) && (0.1..0.12).contains(&expected.p99), "{expected:?}");
        let other = Key::of(&Load { per_second: 100.0, bytes: 65_536.0, latency: 0.0 });
        assert_eq!(model.expected(other), None, "another size is another load");
    }

    #[test]
    fn what_was_learned_counts_half_after_thirty_days() {
        let mut model = Model::default();
        (0..1_000).for_each(|_| model.learn(Key(7), 40));
        (0..30 * 4).for_each(|_| model.age(DECAY_EVERY_MS));
        assert!((model.samples() - 500.0).abs() < 1.0, "{}", model.samples());
        (0..365 * 4).for_each(|_| model.age(DECAY_EVERY_MS));
        assert_eq!(model.loads(), 0);
    }

    #[test]
    fn the_load_that_was_seen_least_makes_room() {
        let mut model = Model::default();
        for key in 0..LOADS_MAX as u16 {
            (0..2 + usize::from(key != 5)).for_each(|_| model.learn(Key(key), 1));
        }
        model.learn(Key(4_000), 1);
        assert_eq!(model.loads(), LOADS_MAX);
        assert!(model.bins.iter().all(|bin| bin.key != Key(5)) && model.bins.is_sorted_by_key(|bin| bin.key));
    }
}
