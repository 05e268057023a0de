//! Counters of block devices from one look to the next, and whether a device stalls.
//!
//! The kernel prints times in milliseconds of 32 bits: they wrap after 49.7 days of summed latency, which at a queue depth
//! of 32 are a day and a half. Average latency is blind to a hang, for what does not end is not counted; so a stall is told
//! from operations in flight of which none ends.

use crate::snapshot::{DiskCounters, DiskOp, IoCounters, Stall, UnixMs};

/// Milliseconds without the end of anything that count as a stall: slower than any healthy drive under any load.
pub const STALL_MS_MIN: u64 = 5_000;

/// Counters that go on over the kernel's wraps and over devices that come back.
#[derive(Clone, Debug, Default)]
pub struct Carried {
    /// As the kernel last said them; absent before the first look.
    last: Option<DiskCounters>,
    total: DiskCounters,
}

impl Carried {
    /// The counters as they are told.
    #[must_use]
    pub fn total(&self) -> &DiskCounters {
        &self.total
    }

    /// Takes the next look in. Returns whether the device is the one of the look before: counts that went back are those
    /// of a device that came back, or of another one under its name, and nothing is known of what went between.
    pub fn advance(&mut self, next: DiskCounters) -> bool {
        let Some(last) = self.last.take() else {
            self.total = next.clone();
            self.last = Some(next);
            return false;
        };
        let same = last.ops.iter().all(|(op, before)| {
            next.ops.get(op).is_some_and(|now| now.completed >= before.completed && now.bytes >= before.bytes)
        });
        if same {
            for op in DiskOp::ALL {
                let (Some(now), Some(before)) = (next.ops.get(&op), last.ops.get(&op)) else { continue };
                let total = self.total.ops.entry(op).or_default();
                total.completed = total.completed.saturating_add(now.completed - before.completed);
                total.bytes = total.bytes.saturating_add(now.bytes - before.bytes);
                total.time_ms = total.time_ms.saturating_add(unwrapped(before.time_ms, now.time_ms));
            }
            self.total.busy_ms = self.total.busy_ms.saturating_add(unwrapped(last.busy_ms, next.busy_ms));
        }
        self.total.in_flight = next.in_flight;
        self.last = Some(next);
        same
    }
}

/// How far a counter of 32 bits has come, or one of 64.
fn unwrapped(before: u64, now: u64) -> u64 {
    now.checked_sub(before).unwrap_or_else(|| u64::from((now as u32).wrapping_sub(before as u32)))
}

/// What was done of one operation between two looks.
#[must_use]
pub fn between(before: &DiskCounters, now: &DiskCounters, op: DiskOp) -> Option<IoCounters> {
    let (before, now) = (before.ops.get(&op)?, now.ops.get(&op)?);
    Some(IoCounters {
        completed: now.completed.checked_sub(before.completed)?,
        bytes: now.bytes.checked_sub(before.bytes)?,
        time_ms: now.time_ms.checked_sub(before.time_ms)?,
    })
}

/// Watches one device for I/O that does not end.
#[derive(Clone, Copy, Debug, Default)]
pub struct StallWatch {
    /// When something was first seen in flight, of which nothing has ended since.
    since: Option<UnixMs>,
    completed: u64,
    told: Stall,
}

impl StallWatch {
    /// Takes a look in. `same` is what [`Carried::advance`] said of it.
    pub fn advance(&mut self, at: UnixMs, counters: &DiskCounters, same: bool) -> Stall {
        let completed = counters.completed();
        let ended = !same || completed != self.completed;
        self.completed = completed;
        let was = self.told.stalled_ms;
        self.since = match counters.in_flight {
            Some(in_flight) if in_flight > 0 => self.since.filter(|_| !ended).or(Some(at)),
            _ => None,
        };
        let stalled_ms = self.since.map_or(0, |since| at.since(since));
        self.told.stalled_ms = stalled_ms;
        if stalled_ms >= STALL_MS_MIN {
            let begins = was < STALL_MS_MIN;
            self.told.stalls += u64::from(begins);
            self.told.total_ms += stalled_ms - if begins { 0 } else { was };
        }
        self.told
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counters(completed: u64, time_ms: u64, in_flight: u64) -> DiskCounters {
        let op = IoCounters { completed, bytes: completed * 4_096, time_ms };
        DiskCounters { ops: [(DiskOp::Write, op)].into(), busy_ms: time_ms, in_flight: Some(in_flight) }
    }

    #[test]
    fn times_go_on_over_a_wrap_of_32_bits() {
        let mut carried = Carried::default();
        assert!(!carried.advance(counters(10, u64::from(u32::MAX) - 99, 0)));
        assert!(carried.advance(counters(20, 900, 1)));
        let op = carried.total().ops[&DiskOp::Write];
        assert_eq!((op.completed, op.bytes), (20, 81_920));
        assert_eq!(op.time_ms, u64::from(u32::MAX) - 99 + 1_000);
        assert_eq!(carried.total().busy_ms, op.time_ms);
    }

    #[test]
    fn a_device_that_comes_back_with_fewer_operations_begins_where_the_old_one_ended() {
        let mut carried = Carried::default();
        carried.advance(counters(1_000, 5_000, 0));
        assert!(!carried.advance(counters(3, 1, 0)), "another one under its name");
        assert_eq!(carried.total().ops[&DiskOp::Write].completed, 1_000);
        assert!(carried.advance(counters(5, 9, 0)));
        let op = carried.total().ops[&DiskOp::Write];
        assert_eq!((op.completed, op.time_ms), (1_002, 5_008));
    }

    #[test]
    fn an_operation_that_the_kernel_begins_to_count_has_no_jump() {
        let mut carried = Carried::default();
        carried.advance(counters(10, 10, 0));
        let mut more = counters(11, 11, 0);
        more.ops.insert(DiskOp::Flush, IoCounters { completed: 7_000, bytes: 0, time_ms: 7_000 });
        assert!(carried.advance(more));
        assert!(!carried.total().ops.contains_key(&DiskOp::Flush));
    }

    /// One look a second: operations that have ended, and operations in flight.
    fn stalls(looks: &[(u64, u64)]) -> Vec<Stall> {
        let mut watch = StallWatch::default();
        let look = |(second, (completed, in_flight)): (usize, &(u64, u64))| {
            watch.advance(UnixMs(second as u64 * 1_000), &counters(*completed, 0, *in_flight), second > 0)
        };
        looks.iter().enumerate().map(look).collect()
    }

    #[test]
    fn a_drive_that_ends_nothing_while_something_is_in_flight_stalls() {
        let mut looks = vec![(100, 0), (105, 3)];
        looks.extend([(105, 4); 14]);
        looks.extend([(109, 0), (109, 0)]);
        let told = stalls(&looks);
        assert_eq!(told[1].stalled_ms, 0);
        assert_eq!(told[12].stalled_ms, 11_000, "told before 15 s have passed");
        assert_eq!(told[15], Stall { stalled_ms: 14_000, stalls: 1, total_ms: 14_000 });
        assert_eq!(told[17], Stall { stalled_ms: 0, stalls: 1, total_ms: 14_000 });
    }

    #[test]
    fn a_busy_drive_an_idle_one_and_one_that_comes_back_do_not_stall() {
        let busy: Vec<(u64, u64)> = (0..30).map(|second| (second, 32)).collect();
        assert!(stalls(&busy).iter().all(|stall| stall.stalled_ms == 0));
        assert!(stalls(&[(7, 0); 30]).iter().all(|stall| stall.stalled_ms == 0));
        let mut watch = StallWatch::default();
        watch.advance(UnixMs(0), &counters(7, 0, 1), true);
        assert_eq!(watch.advance(UnixMs(9_000), &counters(7, 0, 1), false).stalled_ms, 0, "another device");
        let nonsense = DiskCounters { in_flight: None, ..counters(7, 0, 0) };
        assert_eq!(watch.advance(UnixMs(30_000), &nonsense, true).stalled_ms, 0, "unknown is no stall");
    }

    #[test]
    fn two_stalls_are_two() {
        let mut looks = vec![(1, 1); 7];
        looks.extend([(2, 1); 8]);
        looks.push((3, 0));
        let last = stalls(&looks)[15];
        assert_eq!((last.stalls, last.total_ms), (2, 13_000));
    }

    proptest! {
        #[test]
        fn whatever_the_kernel_says_counters_never_go_back(
            looks in prop::collection::vec((any::<u64>(), any::<u64>(), prop::option::of(any::<u64>())), 1..20)
        ) {
            let mut carried = Carried::default();
            let mut watch = StallWatch::default();
            let (mut before, mut stalled) = (DiskCounters::default(), Stall::default());
            for (second, (completed, time_ms, in_flight)) in looks.into_iter().enumerate() {
                let op = IoCounters { completed, bytes: completed, time_ms };
                let raw = DiskCounters { ops: [(DiskOp::Read, op)].into(), busy_ms: time_ms, in_flight };
                let same = carried.advance(raw);
                let now = carried.total().clone();
                prop_assert!(between(&before, &now, DiskOp::Read).is_some() || second == 0);
                let told = watch.advance(UnixMs(second as u64 * 1_000), &now, same);
                prop_assert!(told.total_ms >= stalled.total_ms && told.stalls >= stalled.stalls);
                (before, stalled) = (now, told);
            }
        }
    }
}
