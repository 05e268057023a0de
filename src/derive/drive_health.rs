//! What a drive's word on its own health means. The alerts of `alerts/drive_health.yaml` read these judgements as
//! `kafka_disk_suspect`, so that each threshold stands here once.

use super::View;
use crate::snapshot::{DriveHealth, DriveReading, ErrorKind, UnixMs};

/// Milliseconds for which what a drive said counts: it is asked every five minutes.
const TOLD_MS_MAX: u64 = 900_000;
/// Milliseconds without an answer from which on a drive has gone silent: two questions in a row came to nothing.
const SILENT_MS_MIN: u64 = 600_000;
/// Milliseconds for which an error counts that was seen to happen: counts of a lifetime never go back to 0.
const RECENT_MS: u64 = 86_400_000;
/// Conditions of NVMe drives that are judged by limits of their own: the alert KafkaDriveTooWarm, and [`spare_is_low`].
const WITH_LIMITS: [&str; 2] = ["temperature", "spare"];

/// Whether something that happened `at` is recent enough to count as a fault of now.
#[must_use]
pub fn is_recent(view: &View<'_>, at: UnixMs) -> bool {
    view.now.since(at) < RECENT_MS
}

/// What the drive said of its health; absent when the last look failed, or is too long ago.
#[must_use]
pub fn current(reading: &DriveReading, now: UnixMs) -> Option<&DriveHealth> {
    let is_current = reading.last_read_at.is_some_and(|at| now.since(at) <= TOLD_MS_MAX);
    reading.health.as_ref().filter(|_| is_current)
}

/// Whether data on it was seen to be lost within a day; absent for a drive that does not count such errors.
#[must_use]
pub fn lost_data(view: &View<'_>, reading: &DriveReading) -> Option<bool> {
    let errors = reading.data_errors?;
    Some(errors.grew_at.is_some_and(|at| is_recent(view, at)))
}

/// Whether it says itself that it fails: its verdict, or a warning of an NVMe drive; absent when it has neither.
#[must_use]
pub fn expects_to_fail(view: &View<'_>, reading: &DriveReading) -> Option<bool> {
    let health = current(reading, view.now)?;
    let warnings = health.critical_warnings.iter().filter(|(condition, _)| !WITH_LIMITS.contains(&condition.as_str()));
    warnings.map(|(_, on)| *on).chain(health.passed.map(|passed| !passed)).max()
}

/// Whether its spare blocks are down to where its maker wants it replaced; absent when it does not tell both.
#[must_use]
pub fn spare_is_low(view: &View<'_>, reading: &DriveReading) -> Option<bool> {
    let health = current(reading, view.now)?;
    Some(health.spare_percent? <= health.spare_threshold_percent?)
}

/// Whether it told its health once and now does not answer; absent for one that never told, and when it is we that cannot
/// ask.
#[must_use]
pub fn went_silent(view: &View<'_>, reading: &DriveReading) -> Option<bool> {
    if current(reading, view.now).is_some() {
        return Some(false);
    }
    let (failure, last) = (reading.failure.as_ref()?, reading.last_read_at?);
    let is_ours = matches!(failure.kind, ErrorKind::Unsupported | ErrorKind::Permission | ErrorKind::Parse);
    (!is_ours).then(|| view.now.since(last) >= SILENT_MS_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{DataErrors, Failure, NodeView};
    use crate::testing::Sample;

    fn judged<T>(reading: DriveReading, judge: fn(&View<'_>, &DriveReading) -> T) -> T {
        judge(&View::new(&NodeView::default(), Sample::NOW), &reading)
    }

    fn told(health: DriveHealth) -> DriveReading {
        let last_read_at = Some(Sample::NOW.shifted(-60_000));
        DriveReading { last_read_at, health: Some(health), ..DriveReading::default() }
    }

    #[test]
    fn only_errors_of_the_last_day_count() {
        let errors = |grew_at: Option<UnixMs>| {
            let data_errors = Some(DataErrors { count: 7, grew_at });
            judged(DriveReading { data_errors, ..DriveReading::default() }, lost_data)
        };
        assert_eq!(errors(None), Some(false), "an old count that does not grow");
        assert_eq!(errors(Some(Sample::NOW.shifted(-86_399_999))), Some(true));
        assert_eq!(errors(Some(Sample::NOW.shifted(-86_400_000))), Some(false));
        assert_eq!(judged(DriveReading::default(), lost_data), None);
    }

    #[test]
    fn a_verdict_and_a_warning_count_and_warmth_does_not() {
        let warns = |condition: &str| {
            let critical_warnings = [(condition.to_owned(), true), ("backup".to_owned(), false)].into();
            judged(told(DriveHealth { critical_warnings, ..DriveHealth::default() }), expects_to_fail)
        };
        assert_eq!((warns("read_only"), warns("temperature"), warns("spare")), (Some(true), Some(false), Some(false)));
        let passed = |passed| judged(told(DriveHealth { passed, ..DriveHealth::default() }), expects_to_fail);
        assert_eq!((passed(Some(false)), passed(Some(true)), passed(None)), (Some(true), Some(false), None));
        let old = DriveReading { last_read_at: Some(Sample::NOW.shifted(-900_001)), ..told(DriveHealth::default()) };
        let old = DriveReading { health: Some(DriveHealth { passed: Some(false), ..DriveHealth::default() }), ..old };
        assert_eq!(judged(old, expects_to_fail), None, "what it said long ago");
    }

    #[test]
    fn spare_blocks_are_judged_by_the_drives_own_limit() {
        let spare = |left, limit| {
            let health = DriveHealth { spare_percent: left, spare_threshold_percent: limit, ..DriveHealth::default() };
            judged(told(health), spare_is_low)
        };
        assert_eq!((spare(Some(10), Some(10)), spare(Some(11), Some(10))), (Some(true), Some(false)));
        assert_eq!((spare(None, Some(10)), spare(Some(0), None)), (None, None));
    }

    #[test]
    fn a_drive_is_silent_when_it_told_before_and_no_longer_answers() {
        let failed = |kind, ago_ms: i64| {
            let (failure, last_read_at) = (Some(Failure::new(kind, "x")), Some(Sample::NOW.shifted(-ago_ms)));
            judged(DriveReading { failure, last_read_at, ..DriveReading::default() }, went_silent)
        };
        assert_eq!(failed(ErrorKind::Timeout, 599_999), Some(false), "one question may fail");
        assert_eq!(failed(ErrorKind::Timeout, 600_000), Some(true));
        assert_eq!(failed(ErrorKind::NotFound, 86_400_000), Some(true), "it has left the bus");
        assert_eq!(failed(ErrorKind::Unsupported, 600_000), None, "smartctl is not installed any more");
        let never = DriveReading { failure: Some(Failure::new(ErrorKind::Timeout, "x")), ..DriveReading::default() };
        assert_eq!(judged(never, went_silent), None);
        assert_eq!(judged(told(DriveHealth::default()), went_silent), Some(false));
    }
}
