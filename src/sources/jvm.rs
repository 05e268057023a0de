//! The JVM of the node, without JMX: its performance data, found through the process' own root, never locked and never
//! written. Runs in the reader process: the file is on `/tmp`, which may hang like any other file system.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::hsperfdata::{PerfData, Undecodable, decode};
use super::kernel_files::read_small;
use super::name_space::NameSpace;
use super::process_files::parse_process_stat;
use super::properties::file_failure;
use crate::limits::{FOLDER_ENTRIES_MAX, PERF_DATA_BYTES_MAX};
use crate::snapshot::{ErrorKind, Failure, GcKind, Jvm, JvmCollector, JvmSpace, ProcessId, UnixMs};

/// Where HotSpot has it, whatever `java.io.tmpdir` is.
const FOLDER: &str = "/tmp";
/// Milliseconds that the JVM may begin before and after its process does: the launcher works, and clocks are set.
const BEGIN_MS_MAX: u64 = 60_000;

/// Flags that decide over memory and pauses; of others nothing is kept.
const FLAGS: &[&str] = &[
    "ActiveProcessorCount",
    "AlwaysPreTouch",
    "ConcGCThreads",
    "ExitOnOutOfMemoryError",
    "CrashOnOutOfMemoryError",
    "ExplicitGCInvokesConcurrent",
    "G1HeapRegionSize",
    "HeapDumpOnOutOfMemoryError",
    "InitialHeapSize",
    "InitialRAMPercentage",
    "InitiatingHeapOccupancyPercent",
    "MaxDirectMemorySize",
    "MaxGCPauseMillis",
    "MaxHeapSize",
    "MaxMetaspaceSize",
    "MaxRAMPercentage",
    "MetaspaceSize",
    "MinHeapSize",
    "ParallelGCThreads",
    "PerfDataMemorySize",
    "UseContainerSupport",
    "UseG1GC",
    "UseLargePages",
    "UseNUMA",
    "UseParallelGC",
    "UseSerialGC",
    "UseShenandoahGC",
    "UseTransparentHugePages",
    "UseZGC",
    "ZGenerational",
];

/// Reads the performance data of a process. `mapped` is the file that the process is known to have mapped, as it sees
/// the path; without it the file is looked for by name.
///
/// # Errors
/// `NotFound` when there is no file or it is an earlier process'; `Permission` for another user's; `Parse` when it is no
/// performance data; `Timeout` never: a file that hangs, hangs the reader.
pub fn read_jvm(procfs: &Path, of: ProcessId, mapped: Option<&Path>) -> Result<Jvm, Failure> {
    let at = procfs.join(of.pid.to_string());
    let stat = read_small(&at.join("stat")).ok().and_then(|bytes| parse_process_stat(&bytes));
    let is_it = stat.is_some_and(|stat| stat.start_ticks == of.start_ticks);
    if !is_it {
        return Err(Failure::new(ErrorKind::NotFound, format!("Process {} has ended.", of.pid)));
    }
    let space = NameSpace::of(procfs, Some(of.pid));
    let path = match mapped {
        Some(path) => path.to_path_buf(),
        None => find(&space, &at, of.pid)?,
    };
    // It is changed while it is read; a head that is being written is whole the next time.
    let data = read_data(&space, &path).or_else(|failure| match failure.kind {
        ErrorKind::Parse => read_data(&space, &path),
        _ => Err(failure),
    })?;
    let jvm = jvm_of(&data, of);
    if mapped.is_none() && !fits(jvm.began, started(procfs, of)) {
        let message = format!(
            "{} is of an earlier process with the id {}: this JVM shares none (-XX:-UsePerfData, \
             -XX:+PerfDisableSharedMem, or a user without a name in passwd).",
            path.display(),
            of.pid
        );
        return Err(Failure::new(ErrorKind::NotFound, message));
    }
    Ok(jvm)
}

/// The file by its name: `/tmp/hsperfdata_USER/PID`, the id being that of the innermost name space.
fn find(space: &NameSpace, at: &Path, pid: u32) -> Result<PathBuf, Failure> {
    let inner = read_small(&at.join("status")).ok().and_then(|status| parse_inner_pid(&status)).unwrap_or(pid);
    let folder = Path::new(FOLDER);
    let opened = space.open(folder, OFlags::DIRECTORY).map_err(|error| file_failure(folder, &error))?;
    let entries = rustix::fs::Dir::read_from(&opened).map_err(|error| file_failure(folder, &error.into()))?;
    let names = entries.flatten().take(FOLDER_ENTRIES_MAX).map(|entry| entry.file_name().to_bytes().to_vec());
    let mut denied = None;
    for name in names.filter(|name| name.starts_with(b"hsperfdata_")) {
        let path = folder.join(OsString::from_vec(name)).join(inner.to_string());
        match space.open(&path, OFlags::NOFOLLOW | OFlags::NONBLOCK) {
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => denied = Some(file_failure(&path, &error)),
        }
    }
    let none = || {
        let message = format!(
            "No {FOLDER}/hsperfdata_USER/{inner} as process {pid} sees it: -XX:-UsePerfData, -XX:+PerfDisableSharedMem, a \
             user without a name in passwd, a full {FOLDER}, or something cleans it; kafka_jvm_perfdata_state tells which."
        );
        Failure::new(ErrorKind::NotFound, message)
    };
    Err(denied.unwrap_or_else(none))
}

/// The id in the innermost name space: the last of `NSpid`.
fn parse_inner_pid(status: &[u8]) -> Option<u32> {
    let mut lines = status.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"NSpid:"));
    std::str::from_utf8(lines.next()?).ok()?.split_ascii_whitespace().last()?.parse().ok()
}

fn read_data(space: &NameSpace, path: &Path) -> Result<PerfData, Failure> {
    let file = space.open(path, OFlags::NOFOLLOW | OFlags::NONBLOCK).map_err(|error| file_failure(path, &error))?;
    let mut bytes = Vec::with_capacity(32 << 10);
    let read = std::fs::File::from(file).take(PERF_DATA_BYTES_MAX).read_to_end(&mut bytes);
    read.map_err(|error| file_failure(path, &error))?;
    decode(&bytes).map_err(|error| {
        let kind = if error == Undecodable::Closed { ErrorKind::Io } else { ErrorKind::Parse };
        Failure::new(kind, format!("{} cannot be used: {error}.", path.display()))
    })
}

/// When the process started, by the boot time of the host.
fn started(procfs: &Path, of: ProcessId) -> Option<UnixMs> {
    let boot = super::proc::parse_boot_time(&String::from_utf8_lossy(&read_small(&procfs.join("stat")).ok()?))?;
    let ticks = rustix::param::clock_ticks_per_second().max(1);
    Some(UnixMs(boot.checked_mul(1_000)?.checked_add(of.start_ticks.checked_mul(1_000)? / ticks)?))
}

/// Whether a JVM that began then can be the process that started then; what is not known fits.
fn fits(began: Option<UnixMs>, started: Option<UnixMs>) -> bool {
    let (Some(began), Some(started)) = (began, started) else { return true };
    began.since(started).max(started.since(began)) <= BEGIN_MS_MAX
}

/// What performance data says.
#[must_use]
pub fn jvm_of(data: &PerfData, of: ProcessId) -> Jvm {
    let text = |name: &str| data.text(name).map(str::to_owned);
    let frequency = data.number("sun.os.hrt.frequency").filter(|frequency| *frequency > 0);
    // 128 bits, since nanoseconds of months times a million need them.
    let microseconds = |name: &str| {
        let ticks = u128::from(data.number(name)?);
        u64::try_from(ticks * 1_000_000 / u128::from(frequency?)).ok()
    };
    Jvm {
        of,
        version: text("java.property.java.version").or_else(|| text("java.property.java.vm.version")),
        name: text("java.property.java.vm.name"),
        gc_policy: text("sun.gc.policy.name"),
        began: data.number("sun.rt.createVmBeginTime").filter(|at| *at > 0).map(UnixMs),
        collectors: collectors(data, &microseconds),
        spaces: spaces(data),
        safepoints: data.number("sun.rt.safepoints"),
        safepoint_us: microseconds("sun.rt.safepointTime"),
        safepoint_sync_us: microseconds("sun.rt.safepointSyncTime"),
        // Collectors that do not count it leave it at 0.
        gc_cpu_us: microseconds("sun.threads.total_gc_cpu_time").filter(|time| *time > 0),
        threads: data.number("java.threads.live"),
        daemon_threads: data.number("java.threads.daemon"),
        peak_threads: data.number("java.threads.livePeak"),
        started_threads: data.number("java.threads.started"),
        loaded_classes: both(data, "java.cls.loadedClasses", "java.cls.sharedLoadedClasses"),
        unloaded_classes: both(data, "java.cls.unloadedClasses", "java.cls.sharedUnloadedClasses"),
        metaspace_used_bytes: data.number("sun.gc.metaspace.used"),
        metaspace_capacity_bytes: data.number("sun.gc.metaspace.capacity"),
        compilation_us: microseconds("java.ci.totalTime"),
        flags: data.text("java.rt.vmArgs").map(parse_flags).unwrap_or_default(),
        overflow_bytes: data.overflow_bytes,
    }
}

/// Classes of files, and those of the shared archive where there is one.
fn both(data: &PerfData, files: &str, shared: &str) -> Option<u64> {
    data.number(files)?.checked_add(data.number(shared).unwrap_or(0))
}

/// The collectors; their numbers have gaps (ZGC has no 1, and with Java 17 no 0).
fn collectors(data: &PerfData, microseconds: &impl Fn(&str) -> Option<u64>) -> Vec<JvmCollector> {
    let collector = |index: u32| {
        let at = |field: &str| format!("sun.gc.collector.{index}.{field}");
        let name = data.text(&at("name"))?.to_owned();
        let kind = match index {
            _ if name.starts_with("Shenandoah") || name.starts_with('Z') => GcKind::Cycle,
            0 => GcKind::Young,
            1 => GcKind::Full,
            2 => GcKind::Concurrent,
            _ => GcKind::Other,
        };
        let (collections, pause_us) = (data.number(&at("invocations")), microseconds(&at("time")));
        Some(JvmCollector { name, kind, collections, pause_us })
    };
    (0..8).filter_map(collector).collect()
}

fn spaces(data: &PerfData) -> Vec<JvmSpace> {
    let mut spaces = Vec::new();
    for generation in 0..4 {
        let above = format!("sun.gc.generation.{generation}");
        let Some(generation) = data.text(&format!("{above}.name")) else { continue };
        for space in 0..8 {
            let at = |field: &str| format!("{above}.space.{space}.{field}");
            let Some(name) = data.text(&at("name")) else { continue };
            spaces.push(JvmSpace {
                generation: generation.to_owned(),
                space: name.to_owned(),
                used_bytes: data.number(&at("used")),
                capacity_bytes: data.number(&at("capacity")),
                max_bytes: data.number(&at("maxCapacity")),
            });
        }
    }
    spaces
}

/// Allowed flags of a command line, by name; of one that is given twice the last counts.
fn parse_flags(arguments: &str) -> BTreeMap<String, String> {
    /// What the JVM cuts texts at.
    const CUT: usize = 1_023;
    let mut words: Vec<&str> = arguments.split_ascii_whitespace().collect();
    if arguments.len() >= CUT {
        // The last one may be half.
        words.pop();
    }
    let flag = |word: &str| {
        if let Some(size) = word.strip_prefix("-Xmx") {
            return Some(("MaxHeapSize".to_owned(), size.to_owned()));
        }
        if let Some(size) = word.strip_prefix("-Xms") {
            return Some(("InitialHeapSize".to_owned(), size.to_owned()));
        }
        let flag = word.strip_prefix("-XX:")?;
        let (name, value) = match (flag.strip_prefix('+'), flag.strip_prefix('-'), flag.split_once('=')) {
            (Some(name), _, _) => (name, "true"),
            (_, Some(name), _) => (name, "false"),
            (_, _, Some((name, value))) => (name, value),
            _ => return None,
        };
        let plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
        (FLAGS.contains(&name) && plain).then(|| (name.to_owned(), value.to_owned()))
    };
    words.into_iter().filter_map(flag).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OF: ProcessId = ProcessId { pid: 1, start_ticks: 2 };

    fn recorded(name: &str) -> Jvm {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hsperfdata").join(name);
        jvm_of(&decode(&std::fs::read(path).unwrap()).unwrap(), OF)
    }

    /// Numbers as jstat shows them would be the same; these were printed by another decoder.
    #[test]
    fn a_recorded_file_says_what_another_decoder_read() {
        let jvm = recorded("jdk-17-G1");
        assert_eq!((jvm.version.as_deref(), jvm.gc_policy.as_deref()), (Some("17.0.15"), Some("GarbageFirst")));
        assert_eq!(jvm.began, Some(UnixMs(1_795_273_585_645)));
        let names: Vec<_> = jvm.collectors.iter().map(|one| (one.kind, one.collections, one.pause_us)).collect();
        let expected = [
            (GcKind::Young, Some(119), Some(215_253)),
            (GcKind::Full, Some(1), Some(2_605)),
            (GcKind::Concurrent, Some(58), Some(13_459)),
        ];
        assert_eq!(names, expected);
        let old = jvm.spaces.iter().find(|space| space.generation == "old").unwrap();
        assert_eq!((old.used_bytes, old.capacity_bytes), (Some(26_536_960), Some(69_206_024)));
        assert_eq!((jvm.safepoints, jvm.safepoint_us, jvm.safepoint_sync_us), (Some(178), Some(239_779), Some(960)));
        assert_eq!((jvm.threads, jvm.daemon_threads, jvm.loaded_classes), (Some(6), Some(5), Some(400)));
        assert_eq!((jvm.metaspace_used_bytes, jvm.gc_cpu_us), (Some(80_968), None));
        let flags = [("MaxGCPauseMillis", "20"), ("MaxHeapSize", "128m"), ("UseG1GC", "true")];
        assert_eq!(jvm.flags, flags.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }

    #[test]
    fn every_recorded_collector_has_its_kinds() {
        use GcKind::{Concurrent, Cycle, Full, Young};
        let kinds = |name| recorded(name).collectors.iter().map(|one| one.kind).collect::<Vec<_>>();
        for (name, expected) in [
            ("jdk-17-Parallel", vec![Young, Full]),
            ("jdk-17-Serial", vec![Young, Full]),
            ("jdk-17-Shenandoah", vec![Cycle, Cycle]),
            ("jdk-17-Z", vec![Cycle]),
            ("jdk-25-G1", vec![Young, Full, Concurrent]),
            ("jdk-25-Parallel", vec![Young, Full]),
            ("jdk-25-Serial", vec![Young, Full]),
            ("jdk-25-Shenandoah", vec![Cycle, Cycle]),
            ("jdk-25-Z", vec![Cycle, Cycle]),
        ] {
            assert_eq!(kinds(name), expected, "{name}");
            let jvm = recorded(name);
            assert!(jvm.spaces.iter().all(|space| space.used_bytes <= space.capacity_bytes), "{name}");
            assert!(jvm.collectors.iter().any(|one| one.collections > Some(0)), "{name}");
            assert!(!format!("{jvm:?}").contains("hidden"), "{name}: a property of the command line was kept");
        }
        assert_eq!(recorded("jdk-25-G1").gc_cpu_us, Some(274_224));
        assert_eq!(recorded("jdk-25-Z").gc_cpu_us, None, "it is not counted there, so it is not 0");
    }

    #[test]
    fn the_inner_process_id_is_the_last_one() {
        assert_eq!(parse_inner_pid(b"Name:\tjava\nNSpid:\t21880\t7\t1\nThreads:\t9\n"), Some(1));
        assert_eq!(parse_inner_pid(b"Name:\tjava\n"), None);
    }

    #[test]
    fn a_file_of_an_earlier_process_does_not_fit() {
        let at = |seconds: u64| Some(UnixMs(1_700_000_000_000 + seconds * 1_000));
        assert!(fits(at(2), at(0)) && fits(at(0), at(2)), "the boot time is told in whole seconds");
        assert!(!fits(at(0), at(3_600)) && !fits(at(3_600), at(0)));
        assert!(fits(None, at(0)));
    }

    #[test]
    fn a_flag_that_the_jvm_has_cut_is_not_believed() {
        let long = format!("-Dx={} -XX:MaxGCPauseMillis=20", "y".repeat(CUT_AT - 28));
        assert_eq!(long.len(), CUT_AT);
        assert!(parse_flags(&long).is_empty(), "it may have been 200");
        assert_eq!(parse_flags("-Xmx1g -Xmx2g").get("MaxHeapSize").map(String::as_str), Some("2g"));
        assert!(parse_flags("-XX:OnOutOfMemoryError=x -XX:UseG1GC=$(secret) -Dpassword=x").is_empty());
    }

    /// As the JVM cuts.
    const CUT_AT: usize = 1_023;

    proptest! {
        #[test]
        fn no_arguments_make_it_panic(arguments in ".{0,200}") {
            let kept = parse_flags(&arguments);
            prop_assert!(kept.keys().all(|name| FLAGS.contains(&name.as_str())));
        }
    }
}
