//! The clock that data ages by: as the host's clock was when this process started, and steady from then on.
//!
//! The host's clock may be set while we run, by an hour or by years: data must not count longer for it, nor vanish. So
//! ages and bounds are measured by the time since boot, which counts a suspended machine's sleep too. What leaves the
//! program is told in the host's time as it is then.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::snapshot::UnixMs;

/// Milliseconds that the two clocks may differ before the host's clock counts as set: less is its ordinary adjustment.
const STEP_MS_MIN: i64 = 1_000;

/// The moment now, by the steady clock.
#[must_use]
pub fn now() -> UnixMs {
    static START: OnceLock<(u64, UnixMs)> = OnceLock::new();
    let (start, wall) = *START.get_or_init(|| (since_boot_ms(), wall()));
    wall.plus(since_boot_ms().saturating_sub(start))
}

/// How far the host's clock is ahead of [`now`], in milliseconds: it was set meanwhile. 0 when it was not.
#[must_use]
pub(super) fn wall_ahead_ms() -> i64 {
    // In this order: the first call of `now` reads the wall clock too.
    let steady = now();
    ahead_ms(wall(), steady)
}

fn ahead_ms(wall: UnixMs, steady: UnixMs) -> i64 {
    let ahead = wall.0.cast_signed().saturating_sub(steady.0.cast_signed());
    if ahead.abs() < STEP_MS_MIN { 0 } else { ahead }
}

fn wall() -> UnixMs {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMs(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}

fn since_boot_ms() -> u64 {
    let time = clock_gettime(ClockId::Boottime);
    let (seconds, nanoseconds) = (time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs());
    seconds * 1_000 + nanoseconds / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: u64 = 3_600_000;

    #[test]
    fn a_clock_that_was_set_is_told_from_one_that_is_adjusted() {
        let steady = UnixMs(1_700_000_000_000);
        assert_eq!(ahead_ms(steady.plus(HOUR_MS), steady), 3_600_000);
        assert_eq!(ahead_ms(steady, steady.plus(HOUR_MS)), -3_600_000);
        assert_eq!(ahead_ms(steady.plus(999), steady), 0);
        assert_eq!(ahead_ms(UnixMs(0), steady), -1_700_000_000_000);
    }

    #[test]
    fn it_begins_as_the_hosts_clock_and_does_not_go_back() {
        let first = now();
        assert_eq!(wall_ahead_ms(), 0);
        assert!(now() >= first && wall().since(first) < 10_000);
    }
}
