//! Thirty days of drives that are well, under load that changes as a broker's does, and of drives that are not.
//!
//! A drive serves so many operations at once, each in a time that grows with its size; what waits grows with the load. Load
//! follows the day, with bursts each hour and two reassignments of three hours; latency scatters, and has spikes without a
//! bound. The generator is seeded: the same numbers on each run.

use std::f64::consts::TAU;

use super::{Detector, INTERVAL_MS, Load, floor};
use crate::snapshot::DiskClass;

const DAYS: usize = 30;
const PER_DAY: usize = 5_760;
const SAMPLES: usize = DAYS * PER_DAY;
/// Samples after the end of a fault in which slow still is no false alarm: the window, and until it is taken back.
const AFTERMATH: usize = 40 + 120 + 20;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// Well all the time.
    None,
    /// Well, but from the twelfth day on each operation is 2.5 times as large.
    LargerForEver,
    /// Three times as slow from the twelfth day on.
    Three,
    /// Ten times as slow, for ten minutes, six times a day from the twelfth day on.
    Intermittent,
    /// From once to four times as slow, from the tenth day to the last.
    Drift,
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// With mean 0 and deviation 1 (Box and Muller).
    fn normal(&mut self) -> f64 {
        let (one, other) = (self.next().max(f64::MIN_POSITIVE), self.next());
        (-2.0 * one.ln()).sqrt() * (TAU * other).cos()
    }
}

/// How many times slower it is at each sample, 1 when it is well.
fn slowness(fault: Fault, random: &mut Random) -> Vec<f32> {
    let (tenth, twelfth) = (10 * PER_DAY, 12 * PER_DAY);
    let mut slow = vec![1.0_f32; SAMPLES];
    match fault {
        Fault::None | Fault::LargerForEver => {}
        Fault::Three => slow[twelfth..].fill(3.0),
        Fault::Intermittent => {
            for day in 12..DAYS - 1 {
                for _ in 0..6 {
                    let at = day * PER_DAY + (random.next() * PER_DAY as f64) as usize;
                    slow[at..at + 40].fill(10.0);
                }
            }
        }
        Fault::Drift => {
            let days = (SAMPLES - tenth) as f32;
            slow[tenth..].iter_mut().enumerate().for_each(|(at, slow)| *slow = 1.0 + 3.0 * at as f32 / days);
        }
    }
    slow
}

/// What one simulated drive came to.
#[derive(Debug, Default)]
struct Outcome {
    /// Times it was called slow while it was well.
    false_episodes: usize,
    /// Samples from the fault's beginning until it was named.
    delay: Option<usize>,
    /// How many times slower it was then.
    factor: f32,
    /// Share of the fault in which it was named.
    coverage: f64,
    /// Share of all samples that were judged.
    judged: f64,
}

fn simulate(class: DiskClass, fault: Fault, seed: u64) -> Outcome {
    let mut random = Random(seed);
    let (service, parallel) = match class {
        DiskClass::Nvme => (0.000_12, 16.0),
        DiskClass::Hdd => (0.006, 1.0),
        _ => (0.000_4, 8.0),
    };
    let slow = slowness(fault, &mut random);
    let mut detector = Detector::default();
    let (mut weeks, mut minutes, mut burst) = (0.0, 0.0, 0);
    let (mut outcome, mut was_slow, mut last_fault) = (Outcome::default(), false, None);
    let (mut faulty, mut named, mut first) = (0_usize, 0_usize, None);
    for (at, factor) in slow.iter().copied().enumerate() {
        weeks = 0.999 * weeks + 0.01 * random.normal();
        minutes = 0.98 * minutes + 0.06 * random.normal();
        let (day, of_day) = (at / PER_DAY, (at % PER_DAY) as f64 / PER_DAY as f64);
        if at % 240 == 0 {
            burst = at + (random.next() * 60.0) as usize;
        }
        let reassigns = (day == 6 || day == 17) && (0.4..0.525).contains(&of_day);
        let mut wanted =
            0.25 * parallel / service * (0.5 + 0.35 * (TAU * (of_day - 0.3)).sin()) * (weeks + minutes).exp();
        let mut size = (0.15 * random.normal()).exp();
        if reassigns {
            (wanted, size) = (wanted * 2.2, size * 2.5);
        }
        if (burst..burst + 8).contains(&at) {
            wanted *= 1.8;
        }
        if fault == Fault::LargerForEver && day >= 12 {
            size *= 2.5;
        }
        let each = service * f64::from(factor) * (0.6 + 0.4 * size);
        let used = (wanted * each / parallel).min(0.97);
        let mut latency = each * (1.0 + used * used / (1.0 - used)) * (0.22 * random.normal()).exp();
        if random.next() < 0.012 {
            latency *= 1.0 + 2.0 * ((1.0 - random.next()).powf(-1.0 / 1.5) - 1.0);
        }
        let per_second = wanted.min(0.97 * parallel / each);
        let load = Load { per_second, bytes: 65_536.0 * size, latency };
        let is_slow = detector.step(Some(load), INTERVAL_MS, floor(class)).slow == Some(true);

        if factor > 1.0 {
            last_fault = Some(at);
        }
        if factor >= 1.5 {
            faulty += 1;
            named += usize::from(is_slow);
            first = first.or(Some(at));
            if is_slow && outcome.delay.is_none() {
                (outcome.delay, outcome.factor) = (first.map(|first| at - first), factor);
            }
        }
        let unprovoked = last_fault.is_none_or(|last| at - last > AFTERMATH);
        outcome.false_episodes += usize::from(is_slow && !was_slow && unprovoked);
        was_slow = is_slow;
    }
    outcome.coverage = named as f64 / faulty.max(1) as f64;
    outcome.judged = detector.told().judged_ms as f64 / (SAMPLES as u64 * INTERVAL_MS) as f64;
    outcome
}

/// Simulates each case, on two threads; prints a line for each.
#[expect(clippy::print_stdout, reason = "the numbers are for people: cargo test --lib simulation -- --show-output")]
fn all(cases: &[(DiskClass, Fault)]) -> Vec<Outcome> {
    let half = cases.len() / 2;
    let run = |cases: &[(DiskClass, Fault)], seed: u64| -> Vec<Outcome> {
        let seeded = cases.iter().zip(seed..);
        seeded.map(|((class, fault), seed)| simulate(*class, *fault, seed)).collect()
    };
    let outcomes = std::thread::scope(|scope| {
        let other = scope.spawn(|| run(&cases[half..], 1_000));
        let mut outcomes = run(&cases[..half], 1);
        outcomes.extend(other.join().unwrap());
        outcomes
    });
    for ((class, fault), outcome) in cases.iter().zip(&outcomes) {
        let delay = outcome.delay.map_or("never".to_owned(), |delay| format!("after {:.1} min", delay as f64 / 4.0));
        println!(
            "{:5} {:14} false episodes {}, judged {:3.0} %, named {delay} at {:.1} times, for {:3.0} % of the fault",
            class.as_str(),
            format!("{fault:?}"),
            outcome.false_episodes,
            outcome.judged * 100.0,
            outcome.factor,
            outcome.coverage * 100.0,
        );
    }
    outcomes
}

const CLASSES: [DiskClass; 3] = [DiskClass::Nvme, DiskClass::Ssd, DiskClass::Hdd];

fn of_each_class(faults: &[Fault]) -> Vec<(DiskClass, Fault)> {
    CLASSES.into_iter().flat_map(|class| faults.iter().map(move |fault| (class, *fault))).collect()
}

#[test]
fn drives_that_are_well_are_never_called_slow_in_thirty_days() {
    let cases = of_each_class(&[Fault::None, Fault::LargerForEver]);
    for (case, outcome) in cases.iter().zip(all(&cases)) {
        assert_eq!(outcome.false_episodes, 0, "{case:?}: {outcome:?}");
        assert!(outcome.judged > 0.8, "{case:?}: it sees nothing: {outcome:?}");
    }
}

#[test]
fn drives_that_are_slow_are_named_and_how_soon() {
    let cases = of_each_class(&[Fault::Three, Fault::Intermittent, Fault::Drift]);
    for (case, outcome) in cases.iter().zip(all(&cases)) {
        assert_eq!(outcome.false_episodes, 0, "{case:?}: {outcome:?}");
        let minutes = outcome.delay.map(|delay| delay as f64 / 4.0);
        match case.1 {
            Fault::Three => {
                assert!(
                    minutes.is_some_and(|minutes| minutes <= 10.0) && outcome.coverage > 0.95,
                    "{case:?}: {outcome:?}"
                );
            }
            Fault::Intermittent => assert!(minutes.is_some() && outcome.coverage > 0.3, "{case:?}: {outcome:?}"),
            Fault::Drift => assert!(minutes.is_some() && outcome.factor < 3.0, "{case:?}: {outcome:?}"),
            Fault::None | Fault::LargerForEver => unreachable!("not a fault"),
        }
    }
}
