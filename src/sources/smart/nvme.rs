//! Health of an NVMe drive: its SMART log (log page 02h) and what Identify says of its temperatures.
//!
//! Reference: NVM Express Base Specification 2.0, figures for Get Log Page 02h and Identify Controller. The command goes
//! through `NVME_IOCTL_ADMIN_CMD`, which needs CAP_SYS_ADMIN; so this runs in `brokerwatch smart-helper` only.

use std::fs::File;
use std::path::Path;

use rustix::ioctl::{Updater, opcode};

use crate::snapshot::{DriveHealth, ErrorKind, Failure};
use crate::sources::properties::file_failure;

/// Bytes of the log page.
const LOG_BYTES: usize = 512;
/// Bytes of Identify Controller.
const IDENTIFY_BYTES: usize = 4096;
/// Milliseconds that the drive has, by the kernel's count.
const COMMAND_MS: u32 = 5_000;
/// Bits of the critical warning.
const CONDITIONS: [&str; 6] = ["spare", "temperature", "reliability", "read_only", "backup", "persistent_memory"];
/// A data unit is a thousand blocks of 512 bytes.
const DATA_UNIT_BYTES: u128 = 512_000;
/// Degrees between Kelvin and Celsius, as drives count.
const KELVIN: i64 = 273;

/// `struct nvme_passthru_cmd` of linux/nvme_ioctl.h.
#[repr(C)]
#[derive(Default)]
struct AdminCommand {
    opcode: u8,
    flags: u8,
    reserved: u16,
    namespace: u32,
    words_2_3: [u32; 2],
    metadata: u64,
    address: u64,
    metadata_length: u32,
    data_length: u32,
    words_10_to_15: [u32; 6],
    timeout_ms: u32,
    result: u32,
}

/// `NVME_IOCTL_ADMIN_CMD`.
const ADMIN_COMMAND: rustix::ioctl::Opcode = opcode::read_write::<AdminCommand>(b'N', 0x41);

/// Asks a controller, such as `/dev/nvme0`.
///
/// # Errors
/// `Permission` without CAP_SYS_ADMIN or the device; `Io` for what the drive or the kernel answers.
pub fn read_nvme(device: &Path) -> Result<DriveHealth, Failure> {
    let file = File::open(device).map_err(|error| file_failure(device, &error))?;
    let log = admin(&file, device, 0x02, u32::MAX, ((LOG_BYTES as u32 / 4 - 1) << 16) | 0x02, LOG_BYTES)?;
    let broken = || Failure::new(ErrorKind::Parse, format!("{} gave a health log that is empty.", device.display()));
    let mut health = parse_smart_log(&log).ok_or_else(broken)?;
    // Old drives have no such limits, and one that only refuses this has told its health all the same.
    if let Ok(identify) = admin(&file, device, 0x06, 0, 1, IDENTIFY_BYTES) {
        add_identity(&mut health, &identify);
    }
    Ok(health)
}

/// One admin command that reads `length` bytes.
fn admin(
    file: &File,
    device: &Path,
    opcode: u8,
    namespace: u32,
    word_10: u32,
    length: usize,
) -> Result<Vec<u8>, Failure> {
    let mut data = vec![0_u8; length];
    let mut command = AdminCommand {
        opcode,
        namespace,
        address: data.as_mut_ptr() as u64,
        data_length: length as u32,
        words_10_to_15: [word_10, 0, 0, 0, 0, 0],
        timeout_ms: COMMAND_MS,
        ..AdminCommand::default()
    };
    // SAFETY: the opcode is that of this very structure, whose address and length describe `data`; `data` outlives the call,
    // is not touched meanwhile, and is written by the kernel with plain bytes only.
    #[expect(unsafe_code, reason = "the kernel has no other way to ask an NVMe drive for its health")]
    let status = unsafe { rustix::ioctl::ioctl(file, Updater::<ADMIN_COMMAND, AdminCommand>::new(&mut command)) };
    status.map_err(|errno| file_failure(device, &errno.into()))?;
    Ok(data)
}

/// The SMART log; absent when it is short, or all zero as a controller without one gives it.
#[must_use]
pub fn parse_smart_log(log: &[u8]) -> Option<DriveHealth> {
    let log: &[u8; LOG_BYTES] = log.get(..LOG_BYTES)?.try_into().ok()?;
    if log.iter().all(|byte| *byte == 0) {
        return None;
    }
    let two = |at: usize| i64::from(u16::from_le_bytes([log[at], log[at + 1]]));
    let four = |at: usize| u64::from(u32::from_le_bytes([log[at], log[at + 1], log[at + 2], log[at + 3]]));
    // What is more than 64 bits can count is no count of a drive.
    let sixteen = |at: usize| {
        let number = log[at..].first_chunk().map(|bytes| u128::from_le_bytes(*bytes));
        number.and_then(|number| u64::try_from(number).ok())
    };
    let bytes_of = |at: usize| {
        let units = log[at..].first_chunk().map(|bytes| u128::from_le_bytes(*bytes))?;
        u64::try_from(units.checked_mul(DATA_UNIT_BYTES)?).ok()
    };
    let conditions = CONDITIONS.iter().enumerate();
    Some(DriveHealth {
        critical_warnings: conditions.map(|(bit, name)| ((*name).to_owned(), log[0] & (1 << bit) != 0)).collect(),
        temperature_celsius: Some(two(1)).filter(|kelvin| *kelvin > 0).map(|kelvin| kelvin - KELVIN),
        spare_percent: Some(u64::from(log[3])),
        spare_threshold_percent: Some(u64::from(log[4])),
        used_percent: Some(u64::from(log[5])),
        read_bytes: bytes_of(32),
        written_bytes: bytes_of(48),
        power_on_hours: sixteen(128),
        unsafe_shutdowns: sixteen(144),
        media_errors: sixteen(160),
        warning_temperature_minutes: Some(four(192)),
        critical_temperature_minutes: Some(four(196)),
        throttled_seconds: [Some(four(224)), Some(four(228))],
        ..DriveHealth::default()
    })
}

/// Adds what Identify Controller says: the serial number, and the drive's own limits of temperature; 0 says that it has none.
pub fn add_identity(health: &mut DriveHealth, identify: &[u8]) {
    /// Where the serial number stands, in ASCII and filled up with blanks.
    const SERIAL: std::ops::Range<usize> = 4..24;
    let serial = identify.get(SERIAL).and_then(|serial| std::str::from_utf8(serial).ok());
    let serial = serial.map(|serial| serial.trim_matches([' ', '\0'])).filter(|serial| !serial.is_empty());
    health.serial = serial.map(str::to_owned);
    let limit = |at: usize| {
        let kelvin = identify.get(at..)?.first_chunk().map(|bytes| i64::from(u16::from_le_bytes(*bytes)))?;
        (kelvin > 0).then_some(kelvin - KELVIN)
    };
    (health.temperature_warning_celsius, health.temperature_critical_celsius) = (limit(266), limit(268));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn log() -> Vec<u8> {
        let mut log = vec![0; LOG_BYTES];
        log[0] = 0b0000_1001;
        log[1..3].copy_from_slice(&318_u16.to_le_bytes());
        (log[3], log[4], log[5]) = (9, 10, 255);
        log[48..64].copy_from_slice(&1_000_000_u128.to_le_bytes());
        log[32..48].copy_from_slice(&u128::MAX.to_le_bytes());
        log[128..144].copy_from_slice(&8_760_u128.to_le_bytes());
        log[160..176].copy_from_slice(&7_u128.to_le_bytes());
        log[192..196].copy_from_slice(&12_u32.to_le_bytes());
        log[224..228].copy_from_slice(&600_u32.to_le_bytes());
        log
    }

    #[test]
    fn the_command_is_what_the_kernel_expects() {
        assert_eq!(size_of::<AdminCommand>(), 72);
        assert_eq!(ADMIN_COMMAND, 0xC048_4E41);
    }

    #[test]
    fn a_log_is_read_and_what_no_drive_can_count_is_absent() {
        let health = parse_smart_log(&log()).unwrap();
        let on: Vec<_> =
            health.critical_warnings.iter().filter(|(_, on)| **on).map(|(name, _)| name.as_str()).collect();
        assert_eq!(on, ["read_only", "spare"]);
        assert_eq!(health.temperature_celsius, Some(45));
        assert_eq!(
            (health.spare_percent, health.spare_threshold_percent, health.used_percent),
            (Some(9), Some(10), Some(255))
        );
        assert_eq!((health.written_bytes, health.read_bytes), (Some(512_000_000_000), None));
        assert_eq!((health.power_on_hours, health.media_errors), (Some(8_760), Some(7)));
        assert_eq!((health.warning_temperature_minutes, health.throttled_seconds), (Some(12), [Some(600), Some(0)]));
        assert_eq!(parse_smart_log(&[0; LOG_BYTES]), None, "of a controller without a log");
        assert_eq!(parse_smart_log(&log()[..511]), None);
    }

    #[test]
    fn limits_of_temperature_are_the_drives_own() {
        let mut identify = vec![0; IDENTIFY_BYTES];
        identify[266..268].copy_from_slice(&343_u16.to_le_bytes());
        let mut health = DriveHealth::default();
        add_identity(&mut health, &identify);
        assert_eq!((health.temperature_warning_celsius, health.temperature_critical_celsius), (Some(70), None));
    }

    #[test]
    fn what_is_no_nvme_drive_is_an_error() {
        assert!(read_nvme(Path::new("/dev/null")).is_err());
        assert_eq!(read_nvme(Path::new("/dev/no-nvme")).unwrap_err().kind, ErrorKind::NotFound);
    }

    proptest! {
        #[test]
        fn no_log_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let mut health = parse_smart_log(&bytes).unwrap_or_default();
            add_identity(&mut health, &bytes);
        }

        #[test]
        fn counts_read_back(errors: u64, hours: u64, units in 0_u64..36_000_000_000_000) {
            let mut log = log();
            log[160..176].copy_from_slice(&u128::from(errors).to_le_bytes());
            log[128..144].copy_from_slice(&u128::from(hours).to_le_bytes());
            log[48..64].copy_from_slice(&u128::from(units).to_le_bytes());
            let health = parse_smart_log(&log).unwrap();
            prop_assert_eq!((health.media_errors, health.power_on_hours), (Some(errors), Some(hours)));
            prop_assert_eq!(health.written_bytes, Some(units * 512_000));
        }
    }
}
