//! Health of an ATA or SAS drive, as `smartctl --json` tells it (smartmontools 7.0 and later).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::snapshot::{DriveHealth, ErrorKind, Failure};

/// Bits of smartctl's exit status (smartctl(8)): with the first two nothing of the drive was read.
const NOT_READ: i32 = 0b11;

/// What is read of the document; everything may be missing, and other things are passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Document {
    serial_number: Option<String>,
    smart_status: Option<Status>,
    temperature: Temperature,
    power_on_time: PowerOnTime,
    endurance_used: Percent,
    ata_smart_attributes: Attributes,
    scsi_grown_defect_list: Option<u64>,
    scsi_error_counter_log: BTreeMap<String, serde_json::Value>,
    scsi_percentage_used_endurance_indicator: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Status {
    passed: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Temperature {
    current: Option<i64>,
    drive_trip: Option<i64>,
    op_limit_max: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PowerOnTime {
    hours: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Percent {
    current_percent: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Attributes {
    table: Vec<Attribute>,
}

#[derive(Debug, Deserialize)]
struct Attribute {
    id: u32,
    raw: Raw,
}

#[derive(Debug, Deserialize)]
struct Raw {
    value: u64,
}

/// Reads what smartctl wrote; `status` is its exit status, absent when it was killed.
///
/// # Errors
/// `Io` when it could not open the drive or did not understand its own arguments: what it writes then is not of now.
/// `Parse` for what is no such document, `Unsupported` for a drive that tells nothing of its health.
pub fn parse_smartctl(status: Option<i32>, output: &[u8]) -> Result<DriveHealth, Failure> {
    let failed = |kind, message: &str| Failure::new(kind, message.to_owned());
    match status {
        None => return Err(failed(ErrorKind::Timeout, "smartctl was killed: the drive does not answer it.")),
        Some(bits) if bits & NOT_READ != 0 => {
            return Err(failed(
                ErrorKind::Io,
                "smartctl could not open the drive: run it by hand (smartctl -a DEVICE).",
            ));
        }
        Some(_) => {}
    }
    let document: Document = serde_json::from_slice(output)
        .map_err(|_| failed(ErrorKind::Parse, "smartctl wrote no JSON: it is older than 7.0, or was cut off."))?;
    let health = health_of(&document);
    if health == (DriveHealth { serial: health.serial.clone(), ..DriveHealth::default() }) {
        let message = "The drive tells nothing of its health: a virtual one, or behind a controller.";
        return Err(failed(ErrorKind::Unsupported, message));
    }
    Ok(health)
}

fn health_of(document: &Document) -> DriveHealth {
    let raw = |id: u32| {
        let table = &document.ata_smart_attributes.table;
        table.iter().find(|attribute| attribute.id == id).map(|attribute| attribute.raw.value)
    };
    let mut uncorrected_errors = BTreeMap::new();
    for (name, id) in [("reported", 187), ("offline", 198), ("end_to_end", 184)] {
        if let Some(errors) = raw(id) {
            uncorrected_errors.insert(name.to_owned(), errors);
        }
    }
    for name in ["read", "write", "verify"] {
        let counter = document.scsi_error_counter_log.get(name);
        if let Some(errors) = counter.and_then(|counter| counter.get("total_uncorrected_errors")?.as_u64()) {
            uncorrected_errors.insert(name.to_owned(), errors);
        }
    }
    DriveHealth {
        serial: document.serial_number.clone().filter(|serial| !serial.is_empty()),
        passed: document.smart_status.as_ref().and_then(|status| status.passed),
        temperature_celsius: document.temperature.current,
        temperature_warning_celsius: document.temperature.op_limit_max,
        temperature_critical_celsius: document.temperature.drive_trip,
        used_percent: document.endurance_used.current_percent.or(document.scsi_percentage_used_endurance_indicator),
        power_on_hours: document.power_on_time.hours,
        reallocated_sectors: raw(5).or(document.scsi_grown_defect_list),
        pending_sectors: raw(197),
        uncorrected_errors,
        crc_errors: raw(199),
        // Some makers pack three counters of 16 bits into it; the lowest is the count.
        command_timeouts: raw(188).map(|value| value & 0xffff),
        ..DriveHealth::default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fixture(name: &str) -> Vec<u8> {
        let path = format!("{}/tests/fixtures/smartctl/{name}.json", env!("CARGO_MANIFEST_DIR"));
        std::fs::read(path).unwrap()
    }

    #[test]
    fn an_ata_drive_tells_its_attributes() {
        let health = parse_smartctl(Some(0), &fixture("ata")).unwrap();
        assert_eq!(
            (health.passed, health.temperature_celsius, health.power_on_hours),
            (Some(true), Some(34), Some(31_337))
        );
        assert_eq!(
            (health.reallocated_sectors, health.pending_sectors, health.crc_errors),
            (Some(8), Some(2), Some(0))
        );
        assert_eq!(health.command_timeouts, Some(3), "the lowest of three counters");
        assert_eq!(health.uncorrected_errors, [("offline".to_owned(), 1), ("reported".to_owned(), 4)].into());
    }

    #[test]
    fn a_sas_drive_tells_its_counters() {
        // Bit 3: the drive says that it fails, which is an answer.
        let health = parse_smartctl(Some(8), &fixture("sas")).unwrap();
        assert_eq!((health.passed, health.reallocated_sectors, health.used_percent), (Some(false), Some(17), Some(4)));
        assert_eq!((health.temperature_celsius, health.temperature_critical_celsius), (Some(29), Some(65)));
        assert_eq!(health.uncorrected_errors.get("read"), Some(&2));
        assert_eq!(health.uncorrected_errors.get("verify"), None);
    }

    #[test]
    fn what_was_not_read_now_is_never_taken_for_health() {
        let kind = |status, output: &[u8]| parse_smartctl(status, output).unwrap_err().kind;
        assert_eq!(kind(Some(2), &fixture("ata")), ErrorKind::Io, "the drive could not be opened");
        assert_eq!(kind(Some(1), &fixture("ata")), ErrorKind::Io);
        assert_eq!(kind(Some(2), &fixture("gone")), ErrorKind::Io);
        assert_eq!(kind(None, &fixture("ata")), ErrorKind::Timeout);
        assert_eq!(kind(Some(0), b"smartctl 6.6\n"), ErrorKind::Parse);
        assert_eq!(kind(Some(0), &fixture("ata")[..200]), ErrorKind::Parse);
        assert_eq!(kind(Some(4), &fixture("virtual")), ErrorKind::Unsupported);
    }

    proptest! {
        #[test]
        fn no_output_makes_it_panic(status in any::<Option<i32>>(), bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0_usize..900) {
            let _ = parse_smartctl(status, &bytes);
            let ata = fixture("ata");
            let _ = parse_smartctl(Some(0), &ata[..cut.min(ata.len())]);
        }
    }
}
