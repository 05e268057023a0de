//! What the node's process takes and what is denied to it: `/proc/PID`, its control group, its memory maps.
//!
//! Runs in the reader process: `maps` takes the process' mmap_lock. Reference: proc(5).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use memchr::{memchr, memchr_iter, memmem, memrchr};

use super::control_group::read_control_group;
use super::kernel_files::{KernelFiles, read_small};
use super::mounts::{mount_of, read_mounts};
use super::process_files::{ProcessStat, parse_kibibytes, parse_max_files, parse_process_io, parse_process_stat};
use super::properties::file_failure;
use crate::limits::MAPS_BYTES_MAX;
use crate::snapshot::{ErrorKind, Failure, MemoryMaps, PerfDataPlace, ProcessId, Resources};

/// Looks at one process.
///
/// # Errors
/// `NotFound` when the process has ended, `Permission` when not even its `stat` may be read.
pub fn read_resources(procfs: &Path, sysfs: &Path, of: ProcessId) -> Result<Resources, Failure> {
    let at = procfs.join(of.pid.to_string());
    let stat = read_stat_of(&at, of)?;
    let mut files = KernelFiles::default();
    let status = files.read(&at.join("status"), "status", |bytes| (!bytes.is_empty()).then(|| bytes.to_vec()));
    // Kernels before 4.5 do not tell them apart; the fact is then not there, which is no error.
    let kibibytes = |key| status.as_deref().and_then(|status| parse_kibibytes(status, key));
    let ticks = rustix::param::clock_ticks_per_second().max(1);
    let cgroup = files.read(&at.join("cgroup"), "cgroup", |bytes| (!bytes.is_empty()).then(|| bytes.to_vec()));
    let mounts = read_mounts(procfs, "self");
    let control_group = cgroup.and_then(|cgroup| read_control_group(sysfs, &mounts, &cgroup, &mut files));
    let resources = Resources {
        of,
        open_files: read_open_files(&at).map_err(|error| files.failed(&at.join("fd"), "fd", &error)).ok(),
        max_files: files.read(&at.join("limits"), "limits", parse_max_files),
        threads: Some(stat.threads),
        resident_anon_bytes: kibibytes("RssAnon"),
        resident_file_bytes: kibibytes("RssFile"),
        resident_shmem_bytes: kibibytes("RssShmem"),
        swapped_bytes: kibibytes("VmSwap"),
        major_faults: Some(stat.major_faults),
        user_ms: Some(stat.user_ticks.saturating_mul(1_000) / ticks),
        system_ms: Some(stat.system_ticks.saturating_mul(1_000) / ticks),
        io: files.read(&at.join("io"), "io", parse_process_io),
        control_group,
        unread: BTreeMap::new(),
    };
    // Whatever was read may be of another process with this id.
    read_stat_of(&at, of)?;
    Ok(Resources { unread: files.unread, ..resources })
}

/// The `stat` of the process itself, not of another one with its id.
pub(super) fn read_stat_of(at: &Path, of: ProcessId) -> Result<ProcessStat, Failure> {
    let path = at.join("stat");
    let ended = || Failure::new(ErrorKind::NotFound, format!("Process {} has ended.", of.pid));
    let bytes = match read_small(&path) {
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error()) => return Err(ended()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(ended()),
        read => read.map_err(|error| file_failure(&path, &error))?,
    };
    let broken = || Failure::new(ErrorKind::Parse, format!("{} is empty or broken.", path.display()));
    let stat = parse_process_stat(&bytes).ok_or_else(broken)?;
    if stat.start_ticks == of.start_ticks { Ok(stat) } else { Err(ended()) }
}

/// Descriptors that the process has open. Since Linux 6.2 the size of the directory tells, to everybody.
///
/// # Errors
/// As listing it: an earlier kernel lets only the process' own user count them.
pub(super) fn read_open_files(at: &Path) -> io::Result<u64> {
    let path = at.join("fd");
    let stat = rustix::fs::stat(&path).ok();
    // Elsewhere than in /proc a directory has a size that means something else.
    let in_proc = rustix::fs::statfs(&path).is_ok_and(|found| found.f_type == rustix::fs::PROC_SUPER_MAGIC);
    let size = stat.and_then(|stat| u64::try_from(stat.st_size).ok()).filter(|size| in_proc && *size > 0);
    size.map_or_else(|| Ok(std::fs::read_dir(&path)?.count() as u64), Ok)
}

/// Counts the memory maps of a process, and finds the JVM's performance data among them.
///
/// # Errors
/// `NotFound` when the process has ended; `Permission` for another user's; `Parse` when the file is empty, as a masked one
/// is; `Limit` when there are more maps than any kernel is configured for.
pub fn read_memory_maps(procfs: &Path, of: ProcessId) -> Result<MemoryMaps, Failure> {
    let at = procfs.join(of.pid.to_string());
    read_stat_of(&at, of)?;
    let path = at.join("maps");
    let mut counter = MapsCounter::default();
    let mut file = File::open(&path).map_err(|error| file_failure(&path, &error))?;
    let mut buffer = vec![0; 64 << 10];
    let mut bytes = 0;
    loop {
        let length = file.read(&mut buffer).map_err(|error| file_failure(&path, &error))?;
        if length == 0 {
            break;
        }
        counter.take(&buffer[..length]);
        bytes += length;
        if bytes > MAPS_BYTES_MAX {
            let message = format!("{} has more than {MAPS_BYTES_MAX} bytes.", path.display());
            return Err(Failure::new(ErrorKind::Limit, message));
        }
    }
    if counter.count == 0 {
        let message = format!("{} is empty: it is masked, or its process is ending.", path.display());
        return Err(Failure::new(ErrorKind::Parse, message));
    }
    let perf_data = match counter.perf_data {
        Some((_, true)) => PerfDataPlace::Deleted,
        Some((path, false)) => {
            let mounts = read_mounts(procfs, &of.pid.to_string());
            let fs_kind = mount_of(&mounts, Path::new(&path)).map(|mount| mount.kind.clone());
            PerfDataPlace::Shared { path, fs_kind }
        }
        None => without_file(&read_small(&at.join("cmdline")).unwrap_or_default()),
    };
    let count_max = read_small(&procfs.join("sys/vm/max_map_count")).ok();
    let count_max = count_max.and_then(|bytes| std::str::from_utf8(&bytes).ok()?.trim().parse().ok());
    read_stat_of(&at, of)?;
    Ok(MemoryMaps { of, count: counter.count, count_max, perf_data })
}

/// Counts lines and keeps the one of the performance data, piece by piece: hundreds of thousands of lines are tens of
/// megabytes.
#[derive(Debug, Default)]
struct MapsCounter {
    count: u64,
    /// Its path, and whether it was deleted.
    perf_data: Option<(String, bool)>,
    /// The line that the last piece began.
    begun: Vec<u8>,
}

impl MapsCounter {
    fn take(&mut self, piece: &[u8]) {
        self.count += memchr_iter(b'\n', piece).count() as u64;
        if self.perf_data.is_some() {
            return;
        }
        let Some((first, last)) = memchr(b'\n', piece).zip(memrchr(b'\n', piece)) else {
            return self.begun.extend_from_slice(piece);
        };
        self.begun.extend_from_slice(&piece[..first]);
        self.perf_data = parse_perf_data_map(&self.begun).or_else(|| find_perf_data_map(&piece[first..last]));
        self.begun.clear();
        self.begun.extend_from_slice(&piece[last + 1..]);
    }
}

/// The first of these lines that is one of performance data.
fn find_perf_data_map(lines: &[u8]) -> Option<(String, bool)> {
    memmem::find_iter(lines, PERF_DATA_FOLDER).find_map(|at| {
        let begins = memrchr(b'\n', &lines[..at]).map_or(0, |end| end + 1);
        let ends = memchr(b'\n', &lines[at..]).map_or(lines.len(), |end| at + end);
        parse_perf_data_map(&lines[begins..ends])
    })
}

/// The path in a line of `maps` when it is that of performance data, and whether it was deleted.
fn parse_perf_data_map(line: &[u8]) -> Option<(String, bool)> {
    // It ends in a process id; the thousands of lines of indexes and libraries do not.
    line.last().filter(|last| last.is_ascii_digit() || **last == b')')?;
    let place = memmem::find(line, PERF_DATA_FOLDER)?;
    let path = std::str::from_utf8(line.get(place..)?).ok()?;
    Some(match path.strip_suffix(" (deleted)") {
        Some(path) => (path.to_owned(), true),
        None => (path.to_owned(), false),
    })
}

/// HotSpot has it there whatever `java.io.tmpdir` is.
const PERF_DATA_FOLDER: &[u8] = b"/tmp/hsperfdata_";

/// Why a JVM without such a map has none, as far as its command line tells.
fn without_file(cmdline: &[u8]) -> PerfDataPlace {
    let flags = || cmdline.split(|byte| *byte == 0).take_while(|argument| *argument != b"kafka.Kafka");
    // Of a flag that is given twice the last counts.
    let last = |on: &[u8], off: &[u8]| flags().filter(|flag| *flag == on || *flag == off).last().map(|flag| flag == on);
    if last(b"-XX:+UsePerfData", b"-XX:-UsePerfData") == Some(false) {
        PerfDataPlace::SwitchedOff
    } else if last(b"-XX:+PerfDisableSharedMem", b"-XX:-PerfDisableSharedMem") == Some(true) {
        PerfDataPlace::NotShared
    } else {
        PerfDataPlace::Private
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn myself() -> ProcessId {
        let pid = std::process::id();
        let stat = parse_process_stat(&std::fs::read("/proc/self/stat").unwrap()).unwrap();
        ProcessId { pid, start_ticks: stat.start_ticks }
    }

    #[test]
    fn our_own_process_is_seen_as_the_system_shows_it() {
        let of = myself();
        let seen = read_resources(Path::new("/proc"), Path::new("/sys"), of).unwrap();
        let descriptors = std::fs::read_dir("/proc/self/fd").unwrap().count() as u64;
        assert!(seen.open_files.unwrap().abs_diff(descriptors) < 50, "{:?} and {descriptors}", seen.open_files);
        assert!(seen.resident_anon_bytes.unwrap() > 0 && seen.threads.unwrap() >= 1);
        assert!(seen.max_files.unwrap() >= descriptors);
        assert!(!seen.unread.values().any(|kind| *kind == ErrorKind::Parse), "{:?}", seen.unread);
    }

    #[test]
    fn another_process_with_the_same_id_is_not_taken_for_it() {
        let other = ProcessId { start_ticks: 1, ..myself() };
        let failure = read_resources(Path::new("/proc"), Path::new("/sys"), other).unwrap_err();
        assert_eq!(failure.kind, ErrorKind::NotFound);
        assert_eq!(read_memory_maps(Path::new("/proc"), other).unwrap_err().kind, ErrorKind::NotFound);
    }

    #[test]
    fn memory_maps_are_counted() {
        let maps = read_memory_maps(Path::new("/proc"), myself()).unwrap();
        let lines = std::fs::read_to_string("/proc/self/maps").unwrap().lines().count() as u64;
        assert!(maps.count.abs_diff(lines) < 50, "{} and {lines}", maps.count);
        assert!(maps.count_max.unwrap() >= 65_530);
        assert_eq!(maps.perf_data, PerfDataPlace::Private, "this is no JVM");
    }

    #[test]
    fn why_there_is_no_file_is_told_by_the_last_flag() {
        assert_eq!(without_file(b"java\0-XX:-UsePerfData\0kafka.Kafka\0f\0"), PerfDataPlace::SwitchedOff);
        assert_eq!(without_file(b"java\0-XX:+PerfDisableSharedMem\0kafka.Kafka\0"), PerfDataPlace::NotShared);
        assert_eq!(without_file(b"java\0-XX:-UsePerfData\0-XX:+UsePerfData\0kafka.Kafka\0"), PerfDataPlace::Private);
        assert_eq!(without_file(b"java\0kafka.Kafka\0-XX:-UsePerfData\0"), PerfDataPlace::Private);
    }

    proptest! {
        #[test]
        fn maps_are_counted_whatever_the_pieces(sizes in prop::collection::vec(1_usize..90, 1..40), deleted: bool) {
            let suffix = if deleted { " (deleted)" } else { "" };
            let mut text = "7f00-7f01 r--p 00000000 fe:00 1 /lib/x\n".repeat(5);
            text.push_str(&format!("7f02-7f03 rw-s 00000000 fe:00 99 /tmp/hsperfdata_kafka/4711{suffix}\n"));
            text.push_str(&"7f04-7f05 rw-p 00000000 00:00 0\n".repeat(4));
            let (mut counter, mut rest, mut sizes) = (MapsCounter::default(), text.as_bytes(), sizes.iter().cycle());
            while !rest.is_empty() {
                let (piece, behind) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
                counter.take(piece);
                rest = behind;
            }
            prop_assert_eq!(counter.count, 10);
            prop_assert_eq!(counter.perf_data, Some(("/tmp/hsperfdata_kafka/4711".to_owned(), deleted)));
        }

        #[test]
        fn no_maps_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
            let mut counter = MapsCounter::default();
            counter.take(&bytes);
            prop_assert_eq!(counter.count, bytes.iter().filter(|byte| **byte == b'\n').count() as u64);
            let _ = without_file(&bytes);
        }
    }
}
