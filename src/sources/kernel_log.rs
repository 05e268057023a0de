//! Classes of records in the kernel's log (`/dev/kmsg`). The text itself never leaves this file: it holds whatever a
//! program, a peer or a file name put there.
//!
//! Reference: Documentation/ABI/testing/dev-kmsg of the kernel. The kernel limits the rate of its messages, so counts are a
//! floor.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};

use super::properties::file_failure;
use crate::limits::{KERNEL_DEVICES_MAX, KERNEL_RECORD_BYTES_MAX, KERNEL_RECORDS_MAX};
use crate::snapshot::{Failure, KernelClass, KernelLog, UnixMs};

/// Reads every record behind `before.last_seq`, and counts it. Without one the whole buffer is read: what happened since
/// boot, as far as it reaches back.
///
/// # Errors
/// `Permission` without CAP_SYSLOG (`kernel.dmesg_restrict`) or access to the device; `NotFound` where there is none.
pub fn read_kernel_log(device: &Path, before: &KernelLog) -> Result<KernelLog, Failure> {
    read_on(&mut open(device)?, device, before)
}

/// As [`read_kernel_log`], again and again in one process: the device stays open, so that only what is new is read.
///
/// # Errors
/// As there.
pub fn follow_kernel_log(device: &Path, before: &KernelLog) -> Result<KernelLog, Failure> {
    static OPEN: Mutex<Option<(PathBuf, File)>> = Mutex::new(None);
    let mut kept = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    // Who knows nothing yet wants all of it.
    let open_before = kept.take().filter(|(path, _)| path == device && before.last_seq.is_some());
    let mut file = match open_before {
        Some((_, file)) => file,
        None => open(device)?,
    };
    let log = read_on(&mut file, device, before)?;
    *kept = Some((device.to_path_buf(), file));
    Ok(log)
}

fn open(device: &Path) -> Result<File, Failure> {
    // Else a read waits for the next record.
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let opened = File::options().read(true).custom_flags(flags).open(device);
    opened.map_err(|error| file_failure(device, &error))
}

fn read_on(file: &mut File, device: &Path, before: &KernelLog) -> Result<KernelLog, Failure> {
    let mut log = before.clone();
    let booted = booted();
    let mut buffer = vec![0; KERNEL_RECORD_BYTES_MAX];
    for _ in 0..KERNEL_RECORDS_MAX {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => take(&mut log, &buffer[..length], booted),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            // Overwritten while we read: the next read gives the oldest that is left.
            Err(error) if error.raw_os_error() == Some(Errno::PIPE.raw_os_error()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(file_failure(device, &error)),
        }
    }
    Ok(log)
}

/// When the clock of the kernel's log was 0, in the host's time as it is now.
fn booted() -> UnixMs {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let uptime = clock_gettime(ClockId::Monotonic);
    let uptime = Duration::from_secs(u64::try_from(uptime.tv_sec).unwrap_or(0));
    UnixMs(u64::try_from(since_epoch.saturating_sub(uptime).as_millis()).unwrap_or(u64::MAX))
}

/// Counts one record, unless it was counted before. `booted` is when the log's clock was 0.
pub fn take(log: &mut KernelLog, record: &[u8], booted: UnixMs) {
    let Some(record) = parse_record(record) else { return };
    if let Some(last) = log.last_seq {
        if record.seq <= last {
            return;
        }
        log.overruns = log.overruns.saturating_add(record.seq - last - 1);
    }
    log.last_seq = Some(record.seq);
    let class = if record.of_kernel { classify(record.message) } else { None };
    if let Some((class, device)) = class {
        let is_new = !log.events.iter().any(|known| known.class == class && known.device == device);
        let device = if is_new && log.events.len() >= KERNEL_DEVICES_MAX { "" } else { device };
        log.count(class, device, booted.plus(record.at_us / 1_000));
    }
}

/// One record of the log.
struct Record<'a> {
    /// Whether the kernel itself wrote it. Programs write to the log too, and may say anything.
    of_kernel: bool,
    /// Its sequence number.
    seq: u64,
    /// When it was written, in microseconds of the log's clock.
    at_us: u64,
    /// What it says, without the lines that describe it.
    message: &'a str,
}

fn parse_record(record: &[u8]) -> Option<Record<'_>> {
    let head_ends = record.iter().position(|byte| *byte == b';')?;
    let head = std::str::from_utf8(&record[..head_ends]).ok()?;
    let mut fields = head.split(',');
    let priority: u32 = fields.next()?.parse().ok()?;
    let (seq, at_us) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let message = record[head_ends + 1..].split(|byte| *byte == b'\n').next()?;
    // Programs have a facility of their own. The kernel escapes what is not ASCII.
    let (of_kernel, message) = (priority >> 3 == 0, std::str::from_utf8(message).unwrap_or(""));
    Some(Record { of_kernel, seq, at_us, message })
}

/// How the device is named in a message.
#[derive(Clone, Copy)]
enum Named {
    /// Behind this word.
    After(&'static str),
    /// Behind this word, as the journal of its file system: `sdb1-8`.
    Journal(&'static str),
    /// At its beginning, until a colon or blank.
    First,
    /// Not at all.
    No,
}

/// A class: all of these words are in the message.
type Pattern = (KernelClass, &'static [&'static str], Named);

/// Patterns by class, lost writes first: of two that fit, the first counts. Texts of Linux 4.18 to 6.18.
const PATTERNS: &[Pattern] = &[
    (KernelClass::LostWrite, &["Buffer I/O error on dev ", "lost ", " page write"], Named::After("dev ")),
    // A page of data that ext4 could not write (fs/ext4/page-io.c).
    (
        KernelClass::LostWrite,
        &["EXT4-fs warning (device ", ": I/O error ", " writing to inode "],
        Named::After("(device "),
    ),
    // The same of XFS: until Linux 5.4 its own words, since 5.5 those of iomap, which name the device first.
    (KernelClass::LostWrite, &["XFS (", "): writeback error on sector "], Named::After("XFS (")),
    (KernelClass::LostWrite, &[": writeback error on inode "], Named::First),
    (
        KernelClass::LostWrite,
        &["EXT4-fs (", "This should not happen!!", "Data will be lost"],
        Named::After("EXT4-fs ("),
    ),
    (
        KernelClass::LostWrite,
        &["EXT4-fs (", "failed to convert unwritten extents", "data loss"],
        Named::After("EXT4-fs ("),
    ),
    (KernelClass::FsError, &["EXT4-fs error (device "], Named::After("(device ")),
    (KernelClass::FsError, &["EXT4-fs (", "Remounting filesystem read-only"], Named::After("EXT4-fs (")),
    (KernelClass::FsError, &["Aborting journal on device "], Named::Journal("device ")),
    (KernelClass::FsError, &["EXT4-fs (", "shut down"], Named::After("EXT4-fs (")),
    (KernelClass::FsError, &["XFS (", "Shutting down filesystem"], Named::After("XFS (")),
    (KernelClass::FsError, &["XFS (", "has been shut down"], Named::After("XFS (")),
    (KernelClass::FsError, &["XFS (", "metadata I/O error"], Named::After("XFS (")),
    (KernelClass::FsError, &["XFS (", "Metadata corruption detected"], Named::After("XFS (")),
    (KernelClass::FsError, &["XFS (", "log I/O error"], Named::After("XFS (")),
    (KernelClass::FsError, &["BTRFS", "forced readonly"], Named::After("(device ")),
    (KernelClass::FsError, &["BTRFS error (device "], Named::After("(device ")),
    (KernelClass::Raid, &["md/raid", "Disk failure on "], Named::After("failure on ")),
    (KernelClass::DiskTimeout, &["nvme ", ": I/O ", " timeout"], Named::After("nvme ")),
    (KernelClass::DiskTimeout, &["nvme ", "controller is down; will reset"], Named::After("nvme ")),
    (KernelClass::DiskTimeout, &["nvme ", "Device not ready; aborting"], Named::After("nvme ")),
    (KernelClass::DiskTimeout, &["ata", "hard resetting link"], Named::First),
    (KernelClass::DiskTimeout, &["ata", "failed command: "], Named::First),
    (KernelClass::DiskTimeout, &["attempting task abort"], Named::No),
    (KernelClass::DiskIo, &["I/O error, dev "], Named::After("dev ")),
    (KernelClass::DiskIo, &["critical ", " error, dev "], Named::After("dev ")),
    (KernelClass::DiskIo, &["Buffer I/O error on dev "], Named::After("dev ")),
    (KernelClass::DiskIo, &["Buffer I/O error on device "], Named::After("device ")),
    (KernelClass::Memory, &["Memory failure: 0x"], Named::No),
    (KernelClass::Memory, &["EDAC ", " UE "], Named::No),
    (KernelClass::Memory, &["EDAC ", " CE "], Named::No),
    (KernelClass::Pcie, &["PCIe Bus Error: severity="], Named::First),
    (KernelClass::Pcie, &["AER: ", "error"], Named::First),
    (KernelClass::Mce, &["Machine check events logged"], Named::No),
    (KernelClass::Mce, &["mce: [Hardware Error]"], Named::No),
    (KernelClass::Thermal, &["temperature", "above threshold", "throttled"], Named::No),
    (KernelClass::HungTask, &["INFO: task ", " blocked for more than "], Named::No),
    (KernelClass::HungTask, &["INFO: task ", " blocked in I/O wait for more than "], Named::No),
    (KernelClass::Lockup, &["soft lockup"], Named::No),
    (KernelClass::Lockup, &["hard LOCKUP"], Named::No),
    (KernelClass::Lockup, &["rcu", "detected stall"], Named::No),
    (KernelClass::Lockup, &["rcu", "self-detected stall"], Named::No),
    (KernelClass::Clock, &["clocksource: Marking clocksource "], Named::No),
    (KernelClass::NicTimeout, &["NETDEV WATCHDOG: "], Named::After("WATCHDOG: ")),
    (KernelClass::OomKill, &["Out of memory: Killed process "], Named::No),
    (KernelClass::OomKill, &["Memory cgroup out of memory: Killed process "], Named::No),
];

/// The class of a message and the device that it names.
#[must_use]
pub fn classify(message: &str) -> Option<(KernelClass, &str)> {
    let fits = |words: &[&str]| {
        let mut rest = Some(message);
        words.iter().all(|word| {
            rest = rest.and_then(|rest| rest.split_once(word)).map(|(_, behind)| behind);
            rest.is_some()
        })
    };
    let (class, _, named) = PATTERNS.iter().find(|(_, words, _)| fits(words))?;
    let text = match named {
        Named::After(word) | Named::Journal(word) => message.split_once(word).map_or("", |(_, behind)| behind),
        Named::First => message,
        Named::No => "",
    };
    let name = match named {
        Named::First => pci_or_name(text),
        Named::Journal(_) => device(text).rsplit_once('-').map_or("", |(name, _)| name),
        Named::After(_) | Named::No => device(text),
    };
    Some((*class, name))
}

/// The name of a device at the beginning of a text; empty when there is none.
fn device(text: &str) -> &str {
    /// Kernel names are shorter.
    const LONGEST: usize = 32;
    let ends = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-' && letter != '_');
    let name = &text[..ends.unwrap_or(text.len())];
    if name.len() <= LONGEST { name } else { "" }
}

/// A name, or the address of the device that `pcieport 0000:00:1c.0: ` is about.
fn pci_or_name(text: &str) -> &str {
    let word = text.split_ascii_whitespace().find(|word| !word.starts_with("pcieport")).unwrap_or("");
    let word = word.trim_end_matches(':');
    let is_address =
        word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'));
    if is_address { word } else { device(word) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn records_are_known_by_their_words_and_lost_writes_come_first() {
        use KernelClass::*;
        for (message, class, device) in [
            ("Buffer I/O error on dev sdb1, logical block 1057, lost async page write", LostWrite, "sdb1"),
            ("Buffer I/O error on dev dm-3, logical block 7, lost sync page write", LostWrite, "dm-3"),
            ("Buffer I/O error on dev sdb, logical block 0, async page read", DiskIo, "sdb"),
            (
                "EXT4-fs error (device loop1): ext4_journal_check_start:83: comm kafka: Detected aborted journal",
                FsError,
                "loop1",
            ),
            ("EXT4-fs (sda1): This should not happen!! Data will be lost", LostWrite, "sda1"),
            (
                "EXT4-fs warning (device loop1): ext4_end_bio:368: I/O error 10 writing to inode 65542 starting block 271501)",
                LostWrite,
                "loop1",
            ),
            ("Buffer I/O error on device sdb1, logical block 8961", DiskIo, "sdb1"),
            ("sdb1: writeback error on inode 131, offset 0, sector 64", LostWrite, "sdb1"),
            ("XFS (sdb1): writeback error on sector 64", LostWrite, "sdb1"),
            ("EXT4-fs (loop1): Remounting filesystem read-only", FsError, "loop1"),
            ("Aborting journal on device loop1-8.", FsError, "loop1"),
            ("Aborting journal on device dm-3-8.", FsError, "dm-3"),
            ("Aborting journal on device sdb1.", FsError, ""),
            ("XFS (nvme0n1p1): I/O Error Detected. Shutting down filesystem", FsError, "nvme0n1p1"),
            ("I/O error, dev sdc, sector 2048 op 0x1:(WRITE) flags 0x800 phys_seg 1 prio class 2", DiskIo, "sdc"),
            ("critical medium error, dev sdc, sector 17 op 0x0:(READ)", DiskIo, "sdc"),
            ("blk_update_request: I/O error, dev sdd, sector 5 op 0x0:(READ)", DiskIo, "sdd"),
            ("nvme nvme0: I/O 128 QID 4 timeout, aborting", DiskTimeout, "nvme0"),
            ("nvme nvme1: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0xffff", DiskTimeout, "nvme1"),
            ("ata3.00: failed command: READ FPDMA QUEUED", DiskTimeout, "ata3"),
            ("ata3: hard resetting link", DiskTimeout, "ata3"),
            ("md/raid1:md0: Disk failure on sda1, disabling device.", Raid, "sda1"),
            ("mce: [Hardware Error]: Machine check events logged", Mce, ""),
            ("EDAC MC0: 1 CE memory read error on CPU_SrcID#0 (channel:1 slot:0)", Memory, ""),
            ("Memory failure: 0x12345: recovery action for dirty LRU page: Recovered", Memory, ""),
            ("pcieport 0000:00:1c.0: PCIe Bus Error: severity=Corrected, type=Physical Layer", Pcie, "0000:00:1c.0"),
            ("CPU3: Core temperature is above threshold, cpu clock is throttled (total events = 9)", Thermal, ""),
            ("INFO: task kafka-log-flush:4711 blocked for more than 122 seconds.", HungTask, ""),
            ("watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [java:4711]", Lockup, ""),
            ("rcu: INFO: rcu_sched self-detected stall on CPU", Lockup, ""),
            ("clocksource: Marking clocksource 'tsc' as unstable because of skew", Clock, ""),
            ("NETDEV WATCHDOG: eth0 (ixgbe): transmit queue 3 timed out", NicTimeout, "eth0"),
            ("Memory cgroup out of memory: Killed process 4711 (java) total-vm:1kB", OomKill, ""),
        ] {
            assert_eq!(classify(message), Some((class, device)), "{message}");
        }
        for quiet in
            ["EXT4-fs (sda1): mounted filesystem with ordered data mode", "nvme nvme0: 8/0/0 default queues", ""]
        {
            assert_eq!(classify(quiet), None, "{quiet}");
        }
    }

    #[test]
    fn each_record_counts_once_programs_do_not_count_and_gaps_are_told() {
        let mut log = KernelLog::default();
        let lost = |seq: u64| {
            format!(
                "3,{seq},5140900,-;Buffer I/O error on dev sdb1, logical block 1, lost async page write\n SUBSYSTEM=block\n DEVICE=b8:17\n"
            )
        };
        let take = |log: &mut KernelLog, record: &[u8]| super::take(log, record, UnixMs(1_000));
        take(&mut log, lost(10).as_bytes());
        take(&mut log, lost(10).as_bytes());
        take(&mut log, lost(11).as_bytes());
        // A program with the facility "user" says the same.
        take(&mut log, b"11,12,5140900,-;Buffer I/O error on dev sdb1, lost async page write\n");
        take(&mut log, b"nonsense");
        assert_eq!((log.last_seq, log.overruns), (Some(12), 0));
        take(&mut log, lost(20).as_bytes());
        assert_eq!(log.overruns, 7);
        let counts: Vec<_> = log.events.iter().map(|one| (one.class, one.device.as_str(), one.count)).collect();
        assert_eq!(counts, [(KernelClass::LostWrite, "sdb1", 3)]);
        assert_eq!(log.events[0].last_at, Some(UnixMs(1_000 + 5_140)), "microseconds since boot");
    }

    #[test]
    #[expect(clippy::print_stdout, reason = "a test says what it skips")]
    fn the_log_of_this_machine_is_read_or_denied() {
        match read_kernel_log(Path::new("/dev/kmsg"), &KernelLog::default()) {
            Ok(log) => {
                let again = read_kernel_log(Path::new("/dev/kmsg"), &log).unwrap();
                assert!(again.last_seq >= log.last_seq);
            }
            Err(failure) => println!("SKIPPED: {}", failure.message),
        }
    }

    proptest! {
        #[test]
        fn no_record_makes_it_panic_and_no_text_becomes_a_label(bytes in prop::collection::vec(any::<u8>(), 0..200), text in ".{0,80}") {
            let mut log = KernelLog::default();
            take(&mut log, &bytes, UnixMs(u64::MAX));
            let record = format!("3,7,1,-;Buffer I/O error on dev {text}, lost async page write");
            take(&mut log, record.as_bytes(), UnixMs(u64::MAX));
            for event in &log.events {
                prop_assert!(event.device.len() <= 32);
                prop_assert!(event.device.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte)));
            }
            if let Some((_, device)) = classify(&text) {
                prop_assert!(device.len() <= 32);
            }
        }
    }
}
