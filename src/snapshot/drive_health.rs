//! What drives say of their own health, and what the kernel's log says of hardware: both read with rights that the server
//! does not have, by `brokerwatch smart-helper`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Failure, ProcessId, UnixMs};

/// What the helper writes for the server, whole each time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthSpool {
    /// When it was written, by the host's clock.
    pub written_at: UnixMs,
    /// `/proc/sys/kernel/random/boot_id`: counts of the log are of this boot.
    pub boot_id: String,
    /// When the drives were last asked.
    pub drives_read_at: Option<UnixMs>,
    /// By the name of the block device, such as `nvme0n1`.
    pub drives: BTreeMap<String, DriveReading>,
    /// What the kernel's log said since boot.
    pub kernel_log: Option<KernelLog>,
    /// Why the kernel's log could not be read, when it could not.
    pub kernel_log_failure: Option<Failure>,
}

/// Health of the drives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DrivesHealth {
    /// By the name of the block device.
    pub drives: BTreeMap<String, DriveReading>,
}

/// What one look at one drive came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DriveReading {
    /// When its health was last read; absent when never.
    pub last_read_at: Option<UnixMs>,
    /// Its health, of that time; absent when the last look failed.
    pub health: Option<DriveHealth>,
    /// Why the last look failed.
    pub failure: Option<Failure>,
    /// A question of an earlier look that still hangs in the kernel: the drive is asked nothing else meanwhile.
    pub outstanding: Option<ProcessId>,
    /// Serial number of the drive that this is about, as it last told it; another one takes the same name after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Errors by which data on it was lost; absent when it has told of none yet, not even 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_errors: Option<DataErrors>,
}

/// Errors by which data on a drive was lost, of all kinds together, from one look to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataErrors {
    /// How many in the drive's life.
    pub count: u64,
    /// When they were last seen to have become more; absent when never in this boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grew_at: Option<UnixMs>,
}

impl DataErrors {
    /// What is known of them once `count` was told `now`. A count that went down is that of another drive.
    #[must_use]
    pub fn after(before: Option<Self>, count: u64, now: UnixMs) -> Self {
        let grew_at = match before {
            Some(before) if count > before.count => Some(now),
            Some(before) if count == before.count => before.grew_at,
            _ => None,
        };
        Self { count, grew_at }
    }
}

/// Health of one drive. What its kind of drive does not tell is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DriveHealth {
    /// Its serial number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Its own verdict; absent when it gives none.
    pub passed: Option<bool>,
    /// Critical warnings of an NVMe drive, by condition.
    pub critical_warnings: BTreeMap<String, bool>,
    /// Temperature in degrees Celsius.
    pub temperature_celsius: Option<i64>,
    /// From which on it is too warm, by its own word.
    pub temperature_warning_celsius: Option<i64>,
    /// From which on it may lose data, by its own word.
    pub temperature_critical_celsius: Option<i64>,
    /// Spare blocks that are left, in percent.
    pub spare_percent: Option<u64>,
    /// At which it calls for replacement, in percent.
    pub spare_threshold_percent: Option<u64>,
    /// Share of its expected life that is used, in percent; may go beyond 100, which is no failure.
    pub used_percent: Option<u64>,
    /// Bytes that were read from it.
    pub read_bytes: Option<u64>,
    /// Bytes that were written to it.
    pub written_bytes: Option<u64>,
    /// Hours that it was on.
    pub power_on_hours: Option<u64>,
    /// Times that it lost power without being told before.
    pub unsafe_shutdowns: Option<u64>,
    /// Times that data was lost on the medium or was not what had been written.
    pub media_errors: Option<u64>,
    /// Minutes that it was too warm.
    pub warning_temperature_minutes: Option<u64>,
    /// Minutes that it was critically warm.
    pub critical_temperature_minutes: Option<u64>,
    /// Seconds that it slowed itself down for its temperature, by level 1 and 2.
    pub throttled_seconds: [Option<u64>; 2],
    /// Sectors that were replaced by spare ones.
    pub reallocated_sectors: Option<u64>,
    /// Sectors that cannot be read and wait to be replaced.
    pub pending_sectors: Option<u64>,
    /// Errors that could not be corrected, by where they were told: `reported`, `offline`, `end_to_end`, `read`, `write`,
    /// `verify`.
    pub uncorrected_errors: BTreeMap<String, u64>,
    /// Errors on the way to the drive: cable, backplane, controller.
    pub crc_errors: Option<u64>,
    /// Commands that it did not answer in time.
    pub command_timeouts: Option<u64>,
}

impl DriveHealth {
    /// Errors by which data was lost, of all kinds that it counts; absent when it counts none.
    #[must_use]
    pub fn data_errors(&self) -> Option<u64> {
        let kinds = self.media_errors.iter().chain(self.uncorrected_errors.values());
        kinds.copied().reduce(u64::saturating_add)
    }
}

/// What the kernel's log said, counted by class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KernelLog {
    /// Sequence number of the last record.
    pub last_seq: Option<u64>,
    /// Records that were overwritten before they were read: counts are a floor.
    pub overruns: u64,
    /// Whether the helper read it, and not the server itself.
    pub from_helper: bool,
    /// Counts of this boot, as far as the log reached back.
    pub events: Vec<KernelEvents>,
}

/// Records of one class about one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelEvents {
    /// Their class.
    pub class: KernelClass,
    /// The device that they name; empty when they name none.
    pub device: String,
    /// How many.
    pub count: u64,
    /// When the last was written; absent in snapshots of a version that did not look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<UnixMs>,
}

impl KernelLog {
    /// Counts one record that was written `at`.
    pub fn count(&mut self, class: KernelClass, device: &str, at: UnixMs) {
        let known = self.events.iter_mut().find(|known| known.class == class && known.device == device);
        match known {
            Some(known) => (known.count, known.last_at) = (known.count.saturating_add(1), Some(at)),
            None => self.events.push(KernelEvents { class, device: device.to_owned(), count: 1, last_at: Some(at) }),
        }
    }
}

/// Classes of records of the kernel's log that concern a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KernelClass {
    /// A page of the cache could not be written and was dropped: acknowledged data is lost.
    LostWrite,
    /// A file system found itself damaged, gave up its journal, or went read-only.
    FsError,
    /// A request to a drive failed.
    DiskIo,
    /// A drive or its link did not answer and was reset.
    DiskTimeout,
    /// A member of an array failed.
    Raid,
    /// A machine check.
    Mce,
    /// Memory that could not be corrected, or errors that could.
    Memory,
    /// An error on PCI Express.
    Pcie,
    /// A processor was slowed down for its temperature.
    Thermal,
    /// A task hung in the kernel for two minutes.
    HungTask,
    /// A processor hung.
    Lockup,
    /// The clock source was given up.
    Clock,
    /// A network interface did not send.
    NicTimeout,
    /// A process was killed for want of memory.
    OomKill,
}

impl KernelClass {
    /// Every class, lost writes first.
    pub const ALL: [Self; 14] = [
        Self::LostWrite,
        Self::FsError,
        Self::DiskIo,
        Self::DiskTimeout,
        Self::Raid,
        Self::Mce,
        Self::Memory,
        Self::Pcie,
        Self::Thermal,
        Self::HungTask,
        Self::Lockup,
        Self::Clock,
        Self::NicTimeout,
        Self::OomKill,
    ];

    /// The label value, as in the snapshot.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LostWrite => "lost_write",
            Self::FsError => "fs_error",
            Self::DiskIo => "disk_io",
            Self::DiskTimeout => "disk_timeout",
            Self::Raid => "raid",
            Self::Mce => "mce",
            Self::Memory => "memory",
            Self::Pcie => "pcie",
            Self::Thermal => "thermal",
            Self::HungTask => "hung_task",
            Self::Lockup => "lockup",
            Self::Clock => "clock",
            Self::NicTimeout => "nic_timeout",
            Self::OomKill => "oom_kill",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_grows_is_dated_and_one_that_falls_is_of_another_drive() {
        let known = |count, grew_at: Option<u64>| Some(DataErrors { count, grew_at: grew_at.map(UnixMs) });
        let after = |before, count| DataErrors::after(before, count, UnixMs(9));
        assert_eq!(after(None, 7).grew_at, None);
        assert_eq!(after(known(6, None), 7).grew_at, Some(UnixMs(9)));
        assert_eq!(after(known(7, Some(5)), 7).grew_at, Some(UnixMs(5)));
        assert_eq!(after(known(8, Some(5)), 7).grew_at, None);
    }
}
