//! `/proc/diskstats`: what block devices did. The kernel takes no lock of a device to print it, so it never hangs with one.
//!
//! Reference: iostats.rst of the kernel's documentation. A line has 14 fields; 18 since Linux 4.18 (discards), 20 since 5.5
//! (flushes).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::properties::file_failure;
use crate::snapshot::{DiskCounters, DiskOp, ErrorKind, Failure, IoCounters};

/// Bytes of a sector in this file, whatever the drive has.
const SECTOR_BYTES: u64 = 512;
/// Operations in flight above which the kernel has lost count: some releases print a negative number.
const IN_FLIGHT_MAX: u64 = i32::MAX as u64;

/// The lines of some devices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiskStats {
    /// By kernel name. Times wrap at 32 bits.
    pub devices: BTreeMap<String, DiskCounters>,
    /// Lines of them that could not be understood.
    pub parse_errors: u64,
}

/// The lines of the devices in `wanted`.
///
/// # Errors
/// `NotFound`, `Permission` or `Io` when the file cannot be read; `Parse` when it is empty, as where it is masked: a machine without
/// any block device has no log directory on one.
pub fn read_diskstats(procfs: &Path, wanted: &BTreeSet<&str>) -> Result<DiskStats, Failure> {
    let path = procfs.join("diskstats");
    let text = std::fs::read(&path).map_err(|error| file_failure(&path, &error))?;
    if text.trim_ascii().is_empty() {
        return Err(Failure::new(ErrorKind::Parse, format!("{} is empty: it is masked here.", path.display())));
    }
    Ok(parse_diskstats(&text, wanted))
}

/// The lines of the devices in `wanted`; others are not looked into.
#[must_use]
pub fn parse_diskstats(text: &[u8], wanted: &BTreeSet<&str>) -> DiskStats {
    let mut stats = DiskStats::default();
    for line in text.split(|byte| *byte == b'\n') {
        // A name with other bytes than ASCII is none that the kernel gives.
        let mut fields = line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
        let Some(name) = fields.nth(2).and_then(|name| std::str::from_utf8(name).ok()) else { continue };
        if !wanted.contains(name) {
            continue;
        }
        match parse_counters(fields) {
            Some(counters) => drop(stats.devices.insert(name.to_owned(), counters)),
            None => stats.parse_errors += 1,
        }
    }
    stats
}

/// The fields behind the name.
fn parse_counters<'a>(fields: impl Iterator<Item = &'a [u8]>) -> Option<DiskCounters> {
    let mut numbers = [0_u64; 17];
    let mut count = 0;
    // What later releases may add comes behind.
    for (slot, field) in numbers.iter_mut().zip(fields) {
        *slot = std::str::from_utf8(field).ok()?.parse().ok()?;
        count += 1;
    }
    let op = |first: usize| IoCounters {
        completed: numbers[first],
        bytes: numbers[first + 2].saturating_mul(SECTOR_BYTES),
        time_ms: numbers[first + 3],
    };
    let mut ops = BTreeMap::from([(DiskOp::Read, op(0)), (DiskOp::Write, op(4))]);
    match count {
        17 => {
            let flush = IoCounters { completed: numbers[15], bytes: 0, time_ms: numbers[16] };
            ops.extend([(DiskOp::Discard, op(11)), (DiskOp::Flush, flush)]);
        }
        15 => ops.extend([(DiskOp::Discard, op(11))]),
        11 => {}
        _ => return None,
    }
    let in_flight = Some(numbers[8]).filter(|count| *count <= IN_FLIGHT_MAX);
    Some(DiskCounters { ops, busy_ms: numbers[9], in_flight })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> DiskStats {
        parse_diskstats(text.as_bytes(), &BTreeSet::from(["sda", "nvme0n1"]))
    }

    #[test]
    fn lines_of_all_three_lengths_are_read() {
        let fourteen = parse("   8       0 sda 10 1 800 20 30 2 2400 40 5 60 70\n");
        let sda = &fourteen.devices["sda"];
        assert_eq!(sda.ops[&DiskOp::Read], IoCounters { completed: 10, bytes: 409_600, time_ms: 20 });
        assert_eq!(sda.ops[&DiskOp::Write], IoCounters { completed: 30, bytes: 1_228_800, time_ms: 40 });
        assert_eq!((sda.in_flight, sda.busy_ms, sda.ops.len()), (Some(5), 60, 2), "what is not counted is absent");
        let eighteen = parse("8 0 sda 10 1 800 20 30 2 2400 40 5 60 70 3 0 24 9\n");
        assert_eq!(
            eighteen.devices["sda"].ops[&DiskOp::Discard],
            IoCounters { completed: 3, bytes: 12_288, time_ms: 9 }
        );
        assert!(!eighteen.devices["sda"].ops.contains_key(&DiskOp::Flush));
        let twenty = parse("259 0 nvme0n1 1 0 8 1 1 0 8 1 0 1 2 0 0 0 0 7 12\n8 1 sda1 1 1 1\n");
        let flush = twenty.devices["nvme0n1"].ops[&DiskOp::Flush];
        assert_eq!((flush.completed, flush.time_ms, twenty.parse_errors), (7, 12, 0));
    }

    #[test]
    fn what_cannot_be_understood_is_counted_and_never_zero() {
        for line in [
            "8 0 sda",
            "8 0 sda 1 2 3",
            "8 0 sda 10 1 800 20 30 2 2400 40 5 60 x",
            "8 0 sda 10 1 800 20 30 2 2400 40 5 60 -70",
            "8 0 sda 99999999999999999999 1 800 20 30 2 2400 40 5 60 70",
            "8 0 sda 10 1 800 20 30 2 2400 40 5 60 70 1 2",
        ] {
            let stats = parse(line);
            assert_eq!((stats.parse_errors, stats.devices.len()), (1, 0), "{line}");
        }
        let negative = parse("8 0 sda 10 1 800 20 30 2 2400 40 4294967295 60 70");
        assert_eq!(negative.devices["sda"].in_flight, None);
        assert_eq!(parse(""), DiskStats::default(), "masked: no device is seen");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), tail in "[0-9a-z \\n]{0,200}") {
            let wanted = BTreeSet::from(["sda"]);
            let _ = parse_diskstats(&bytes, &wanted);
            let stats = parse_diskstats(format!("8 0 sda {tail}").as_bytes(), &wanted);
            prop_assert!(stats.parse_errors + stats.devices.len() as u64 >= 1);
        }
    }
}
