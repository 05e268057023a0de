//! The kernel's clock, by adjtimex(2) with nothing to adjust: no right is needed. The only unsafe code of the program: no
//! library that is safe to call reads the state (rustix and nix do not have the call, clock-steering keeps it to itself).

use crate::snapshot::Clock;

/// Reads the clock's state; absent where the call is not allowed (seccomp).
#[must_use]
pub fn read_clock() -> Option<Clock> {
    #[expect(unsafe_code, reason = "no safe wrapper exists: see the head of this file")]
    let (answered, timex) = {
        // SAFETY: all bits zero are a valid `timex`, plain numbers; modes = 0 makes the call write into it and change nothing.
        let mut timex: libc::timex = unsafe { std::mem::zeroed() };
        // SAFETY: the pointer is to a live, exclusive value of the type that the call fills in.
        let answered = unsafe { libc::adjtimex(&raw mut timex) };
        (answered, timex)
    };
    // The answer is the clock's state, TIME_ERROR among them; only -1 is a failure.
    (answered != -1).then(|| clock(timex.status, timex.offset as f64, timex.maxerror as f64, timex.esterror as f64))
}

/// The state in seconds. Errors are in microseconds, the offset too unless the kernel says nanoseconds.
fn clock(status: i32, offset: f64, max_error_us: f64, estimated_error_us: f64) -> Clock {
    let per_second = if status & libc::STA_NANO == 0 { 1e6 } else { 1e9 };
    Clock {
        synchronised: status & libc::STA_UNSYNC == 0,
        offset_seconds: offset / per_second,
        max_error_seconds: max_error_us / 1e6,
        estimated_error_seconds: estimated_error_us / 1e6,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_offset_is_in_nanoseconds_only_when_the_kernel_says_so() {
        let (plain, nano) = (clock(0, 1_500.0, 2_000.0, 10.0), clock(libc::STA_NANO, 1_500.0, 2_000.0, 10.0));
        assert!((plain.offset_seconds - 1.5e-3).abs() < 1e-12 && (nano.offset_seconds - 1.5e-6).abs() < 1e-15);
        assert_eq!((plain.max_error_seconds, nano.max_error_seconds), (0.002, 0.002));
        assert!(plain.synchronised && !clock(libc::STA_UNSYNC, 0.0, 16e6, 0.0).synchronised);
    }

    #[test]
    fn this_machine_tells_its_clock() {
        let Some(clock) = read_clock() else {
            assert!(std::env::var("BROKERWATCH_TESTS_REQUIRE_ALL").is_err(), "adjtimex must be allowed");
            return writeln!(std::io::stderr(), "SKIPPED: adjtimex is not allowed here").unwrap();
        };
        assert!((0.0..=1e6).contains(&clock.max_error_seconds), "{clock:?}");
    }
}
