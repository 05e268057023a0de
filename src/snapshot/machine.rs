//! The machine below a node, as far as it can harm the node's data: its memory, processors, buses and sensors
//! ([`Hardware`]), and what it is busy with ([`Machine`]). Every fact is absent when it could not be read, or was masked:
//! a container that hides a file hides its errors, and 0 would deny them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Pressure;

/// Faults that the hardware reports, all as counters since the machine booted or the driver was loaded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hardware {
    /// The kernel's release (`uname -r`).
    pub kernel: Option<String>,
    /// Revision of the processors' microcode; x86 only.
    pub microcode: Option<String>,
    /// Version of the firmware, from DMI.
    pub bios: Option<String>,
    /// The machine's product name, from DMI.
    pub product: Option<String>,
    /// Errors of memory by module; empty where no EDAC driver is loaded.
    pub memory: Vec<MemoryErrors>,
    /// Machine check interrupts by what they tell: `exception`, `threshold`, `deferred`; empty where `/proc/interrupts`
    /// is masked or the processor has none.
    pub machine_checks: BTreeMap<String, u64>,
    /// The processors' packages, each a socket of the board.
    pub packages: Vec<CpuPackage>,
    /// PCIe errors of the drives and network interfaces that the node uses, and of the ports above them.
    pub pcie: Vec<PcieErrors>,
    /// What the board's sensors call an alarm, by the chip's own limits; absent when they could not be read in time.
    pub sensors: Option<Vec<SensorAlarm>>,
    /// Files that were there and could not be made sense of.
    pub unparsed: u32,
}

/// Errors of one memory module (EDAC).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemoryErrors {
    /// The memory controller, such as `mc0`.
    pub controller: String,
    /// The module: its label on the board, else the driver's name such as `dimm3`; `unknown` for errors that the
    /// controller could not place, empty for a driver that counts by controller only.
    pub dimm: String,
    /// Errors that were corrected.
    pub correctable: Option<u64>,
    /// Errors that were not: the data is gone.
    pub uncorrectable: Option<u64>,
}

/// One package of processors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CpuPackage {
    /// Its number (`physical_package_id`).
    pub package: u32,
    /// Milliseconds that the whole package ran slower because it was hot; Intel only.
    pub throttled_ms: Option<u64>,
    /// The same of its cores, all added up.
    pub cores_throttled_ms: Option<u64>,
    /// Times that the package was throttled, on kernels that do not tell for how long.
    pub throttle_events: Option<u64>,
    /// Highest current frequency of some of its processors, as a share of what they run at without turbo, or of their
    /// highest one where that is not told.
    pub frequency_ratio: Option<f64>,
}

/// Error counters of one PCIe device (AER).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PcieErrors {
    /// Its address, such as `0000:65:00.0`.
    pub device: String,
    /// The drives and interfaces at or below it, such as `nvme0n1`.
    pub used_by: String,
    /// Whether it is the port above them: an endpoint may count nothing while its link partner does.
    pub upstream: bool,
    /// Errors that were corrected, by sending again.
    pub correctable: Option<u64>,
    /// Errors of one transaction.
    pub nonfatal: Option<u64>,
    /// Errors of the link.
    pub fatal: Option<u64>,
}

/// A sensor that has an alarm of its own (hwmon).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SensorAlarm {
    /// The chip's name with its number, such as `hwmon2:jc42`.
    pub chip: String,
    /// The alarm's file, such as `temp1_crit_alarm`.
    pub sensor: String,
    /// What the board calls the sensor; empty where it has no name.
    pub label: String,
    /// Whether it is raised.
    pub raised: bool,
}

/// What the machine is busy with, and its clock. Counters are since it booted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Machine {
    /// Bytes of memory that could be given to programs without swapping.
    pub available_bytes: Option<u64>,
    /// Bytes of memory in all.
    pub memory_bytes: Option<u64>,
    /// Bytes written to files and not yet on their way to a drive.
    pub dirty_bytes: Option<u64>,
    /// Bytes on their way.
    pub writeback_bytes: Option<u64>,
    /// Bytes of memory that was taken out of use after an error.
    pub corrupted_bytes: Option<u64>,
    /// Dirty pages and those on their way, as a share of the number at which the kernel makes writers wait.
    pub dirty_ratio: Option<f64>,
    /// Pages read back from swap.
    pub swapped_in_pages: Option<u64>,
    /// Pages written to swap.
    pub swapped_out_pages: Option<u64>,
    /// Page faults that waited for a drive.
    pub major_faults: Option<u64>,
    /// Pages of files that were read again shortly after they had been dropped: the cache is too small.
    pub refaulted_pages: Option<u64>,
    /// Times that a program had to free memory itself before it got some.
    pub allocation_stalls: Option<u64>,
    /// Processes that the OOM killer ended.
    pub oom_kills: Option<u64>,
    /// Seconds of all processors by mode, such as `steal`.
    pub cpu_seconds: BTreeMap<String, f64>,
    /// Processors that are online.
    pub cpus: Option<usize>,
    /// When it booted, as Unix time in seconds; moves when its clock is set.
    pub booted_at: Option<u64>,
    /// Time lost in waiting, by resource: `cpu`, `io`, `memory`, `irq`; empty where the kernel does not count it.
    pub pressure: BTreeMap<String, Pressure>,
    /// The kernel's clock; absent where the system call is not allowed.
    pub clock: Option<Clock>,
    /// What the kernel reads time from, such as `tsc`.
    pub clocksource: Option<String>,
    /// Files that were there and could not be made sense of.
    pub unparsed: u32,
}

/// The kernel's clock (adjtimex).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// Whether some program keeps it in step with a reference.
    pub synchronised: bool,
    /// Seconds that are still to be corrected; near 0 with programs that steer by frequency.
    pub offset_seconds: f64,
    /// Most that it may be wrong by, in seconds; grows until it is 16 while nothing synchronises it.
    pub max_error_seconds: f64,
    /// What the program that keeps it thinks it is wrong by, in seconds.
    pub estimated_error_seconds: f64,
}
