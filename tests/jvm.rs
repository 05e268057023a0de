//! Real JVMs, one for each collector, as the reader sees them: by their own user and by another.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests start processes and read files, say what they skip, and stop at what they did not expect"
)]

use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use brokerwatch::snapshot::{ErrorKind, Failure, GcKind, Jvm, MemoryMaps, PerfDataPlace, ProcessId, Resources};
use brokerwatch::sources::jvm::read_jvm;
use brokerwatch::sources::proc::read_state;
use brokerwatch::sources::reader::Question;
use brokerwatch::sources::resources::read_memory_maps;

/// A user that is not us and owns nothing.
const NOBODY: u32 = 65_534;

/// A JVM that waits; ended when dropped.
struct Java(Child);

impl Drop for Java {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Java {
    /// The registry of RMI is in every Java and only waits. Its performance data is complete once it was started.
    fn start(flags: &[&str]) -> Option<(Self, ProcessId)> {
        let Some(program) = java() else {
            println!("SKIPPED: java is not installed (Debian: apt-get install openjdk-17-jre-headless)");
            return None;
        };
        let mut command = Command::new(program);
        command.args(flags).args(["-m", "java.rmi/sun.rmi.registry.RegistryImpl", "0"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let java = Self(child.unwrap());
        let pid = java.0.id();
        let (_, start_ticks) = read_state(Path::new("/proc"), pid).unwrap();
        Some((java, ProcessId { pid, start_ticks }))
    }
}

fn java() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("java")).find(|java| java.exists())
}

/// What `read` gives once `is_it` says that it is complete.
fn eventually<T>(read: impl Fn() -> Result<T, Failure>, is_it: impl Fn(&T) -> bool) -> T {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        match read() {
            Ok(value) if is_it(&value) => return value,
            Err(failure) if Instant::now() > end => panic!("{failure:?}"),
            _ => assert!(Instant::now() < end, "never complete"),
        }
        sleep(Duration::from_millis(50));
    }
}

fn maps_of(of: ProcessId, is_it: impl Fn(&PerfDataPlace) -> bool) -> MemoryMaps {
    eventually(|| read_memory_maps(Path::new("/proc"), of), |maps| is_it(&maps.perf_data) && maps.count > 100)
}

#[test]
fn every_collector_tells_its_heap_and_its_pauses() {
    let collectors: [(&str, &[GcKind]); 4] = [
        ("-XX:+UseG1GC", &[GcKind::Young, GcKind::Full, GcKind::Concurrent]),
        ("-XX:+UseParallelGC", &[GcKind::Young, GcKind::Full]),
        ("-XX:+UseSerialGC", &[GcKind::Young, GcKind::Full]),
        ("-XX:+UseZGC", &[GcKind::Cycle]),
    ];
    for (flag, kinds) in collectors {
        let Some((_java, of)) = Java::start(&["-Xmx64m", flag, "-Dsome.password=hidden"]) else { return };
        let read = |mapped: Option<&Path>| read_jvm(Path::new("/proc"), of, mapped);
        let jvm: Jvm = eventually(|| read(None), |jvm| jvm.version.is_some() && jvm.threads > Some(5));
        let seen: Vec<GcKind> = jvm.collectors.iter().map(|collector| collector.kind).collect();
        assert!(seen.starts_with(kinds), "{flag}: {seen:?}");
        assert_eq!(jvm.flags.get("MaxHeapSize").map(String::as_str), Some("64m"));
        assert_eq!(jvm.flags.get(&flag[5..]).map(String::as_str), Some("true"));
        assert!(!jvm.spaces.is_empty() && jvm.loaded_classes > Some(100), "{flag}: {jvm:?}");
        assert!(!serde_json::to_string(&jvm).unwrap().contains("hidden"));
        let maps = maps_of(of, |place| matches!(place, PerfDataPlace::Shared { .. }));
        let PerfDataPlace::Shared { path, fs_kind } = maps.perf_data else { unreachable!() };
        assert!(fs_kind.is_some(), "the file system of {path} is not told");
        assert_eq!(read(Some(Path::new(&path))).unwrap().version, jvm.version, "by its map as by its name");
    }
}

#[test]
fn why_there_is_no_performance_data_is_told() {
    for (flag, place) in
        [("-XX:-UsePerfData", PerfDataPlace::SwitchedOff), ("-XX:+PerfDisableSharedMem", PerfDataPlace::NotShared)]
    {
        let Some((_java, of)) = Java::start(&["-Xmx64m", flag]) else { return };
        assert_eq!(maps_of(of, |seen| *seen == place).perf_data, place);
        let failure = read_jvm(Path::new("/proc"), of, None).unwrap_err();
        assert_eq!(failure.kind, ErrorKind::NotFound);
        assert!(failure.message.contains("kafka_jvm_perfdata_state"), "{}", failure.message);
    }
    let Some((_java, of)) = Java::start(&["-Xmx64m"]) else { return };
    let shared = maps_of(of, |place| matches!(place, PerfDataPlace::Shared { .. }));
    let PerfDataPlace::Shared { path, .. } = shared.perf_data else { unreachable!() };
    // As a cleaner of /tmp does.
    fs::remove_file(&path).unwrap();
    assert_eq!(maps_of(of, |place| *place == PerfDataPlace::Deleted).perf_data, PerfDataPlace::Deleted);
    // As an earlier process with this id leaves it behind: its beginning is another.
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hsperfdata/jdk-17-G1");
    fs::copy(recorded, &path).unwrap();
    let failure = read_jvm(Path::new("/proc"), of, None).unwrap_err();
    fs::remove_file(&path).unwrap();
    assert!(failure.message.contains("an earlier process"), "{}", failure.message);
}

#[test]
fn what_another_user_may_not_see_is_denied_and_never_zero() {
    if !rustix::process::geteuid().is_root() {
        println!("SKIPPED: becoming another user needs root");
        return;
    }
    let Some((_java, of)) = Java::start(&["-Xmx64m"]) else { return };
    maps_of(of, |place| matches!(place, PerfDataPlace::Shared { .. }));
    let procfs = PathBuf::from("/proc");
    let questions = [
        Question::Resources { procfs: procfs.clone(), sysfs: "/sys".into(), of },
        Question::MemoryMaps { procfs: procfs.clone(), of },
        Question::Jvm { procfs, of, mapped: None },
    ];
    let answers = ask_as(NOBODY, &questions);
    let resources: Result<Resources, Failure> = serde_json::from_str(&answers[0]).unwrap();
    let resources = resources.unwrap();
    assert_eq!(resources.unread.get("io"), Some(&ErrorKind::Permission));
    assert_eq!(resources.io, None);
    assert!(resources.resident_anon_bytes > Some(0) && resources.threads > Some(5) && resources.max_files.is_some());
    if resources.open_files.is_none() {
        assert_eq!(resources.unread.get("fd"), Some(&ErrorKind::Permission), "before Linux 6.2");
    }
    for answer in &answers[1..] {
        let answer: Result<serde_json::Value, Failure> = serde_json::from_str(answer).unwrap();
        assert_eq!(answer.unwrap_err().kind, ErrorKind::Permission);
    }
}

/// What the program's own reader answers when it runs as this user.
fn ask_as(user: u32, questions: &[Question]) -> Vec<String> {
    // The tests' own folder may be closed to others; the program is copied where it is not.
    let program = std::env::temp_dir().join(format!("brokerwatch-as-{user}-{}", std::process::id()));
    fs::copy(env!("CARGO_BIN_EXE_brokerwatch"), &program).unwrap();
    let child = Command::new(&program)
        .arg("reader")
        .uid(user)
        .gid(user)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = String::new();
    for question in questions {
        input.push_str(&serde_json::to_string(question).unwrap());
        input.push('\n');
    }
    let mut child = child;
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    fs::remove_file(&program).unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}
