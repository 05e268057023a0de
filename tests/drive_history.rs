//! What was learned of a drive over restarts of the real program: it is kept in `--path.state` by the drive's serial number.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests start processes, write files and look at clocks, and stop at what they did not expect"
)]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use brokerwatch::derive::slow_drive::{Detector, Ground, INTERVAL_MS, Load, State};
use brokerwatch::snapshot::DiskOp;
use brokerwatch::sources::host::short_hash;
use common::TempDir;
use common::sidecar::{Host, META, Sidecar, closed_port, flag, value};

/// What the drives do: writes a second, their bytes, and milliseconds that each takes.
const PER_SECOND: u64 = 300;
const BYTES: u64 = 80 << 10;
const LATENCY_MS: u64 = 6;

const JUDGED: &str = "kafka_disk_judged_seconds_total{device=\"nvme0n1\",class=\"nvme\",op=\"write\"}";
const EXPECTED: &str =
    "kafka_disk_io_await_expected_seconds{device=\"nvme0n1\",class=\"nvme\",op=\"write\",rank=\"0.5\"}";
const WRITES: &str = "kafka_disk_io_completed_total{device=\"nvme0n1\",class=\"nvme\",op=\"write\"}";

/// A host with one log directory on one busy drive.
struct Machine {
    host: Host,
    stop: Arc<AtomicBool>,
    load: Option<JoinHandle<()>>,
}

impl Machine {
    fn new(serial: &str) -> Self {
        let host = Host::new();
        let dir = host.log_dir("data", META);
        let mounts = fs::read_to_string(host.path("proc/self/mountinfo")).unwrap();
        host.write("proc/self/mountinfo", &mounts.replace("8:1", "259:0").replace("/dev/sda", "/dev/nvme0n1"));
        host.properties(closed_port(), &[&dir]);
        let controller = "sys/devices/pci0000:00/0000:00:04.0/nvme/nvme0";
        host.write(&format!("{controller}/serial"), &format!("{serial}\n"));
        host.write(&format!("{controller}/nvme0n1/dev"), "259:0\n");
        host.write(&format!("{controller}/nvme0n1/queue/rotational"), "0\n");
        symlink("..", host.path(&format!("{controller}/nvme0n1/device"))).unwrap();
        for link in ["sys/dev/block/259:0", "sys/class/block/nvme0n1"] {
            fs::create_dir_all(host.path(link).parent().unwrap()).unwrap();
            symlink(host.path(&format!("{controller}/nvme0n1")), host.path(link)).unwrap();
        }
        let (stop, proc) = (Arc::new(AtomicBool::new(false)), host.path("proc"));
        write_diskstats(&proc, 0);
        let stopped = stop.clone();
        let load = thread::spawn(move || {
            let started = Instant::now();
            while !stopped.load(Ordering::Relaxed) {
                write_diskstats(&proc, started.elapsed().as_millis() as u64 * PER_SECOND / 1_000);
                sleep(Duration::from_millis(100));
            }
        });
        Self { host, stop, load: Some(load) }
    }

    fn start(&self, state: &Path) -> Sidecar {
        let properties = self.host.path("server.properties");
        Sidecar::start(&[
            self.host.procfs(),
            flag("path.sysfs", self.host.path("sys").display()),
            flag("path.state", state.display()),
            flag("kafka.properties-file", properties.display()),
        ])
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.load.take().map(JoinHandle::join);
    }
}

/// All at once: a look must not meet half a file.
fn write_diskstats(proc: &Path, writes: u64) {
    let (sectors, time) = (writes * BYTES / 512, writes * LATENCY_MS);
    let line = format!(" 259 0 nvme0n1 0 0 0 0 {writes} 0 {sectors} {time} 1 {time} {time}\n");
    fs::write(proc.join("diskstats.new"), line).unwrap();
    fs::rename(proc.join("diskstats.new"), proc.join("diskstats")).unwrap();
}

/// The file of the drive with this serial.
fn file(state: &Path, serial: &str) -> PathBuf {
    state.join(format!("drive-{}.json", short_hash(serial.as_bytes())))
}

/// What days of this load have taught, as an earlier run would have kept it.
fn learned(serial: &str) -> String {
    let mut detector = Detector::default();
    let load = Load { per_second: PER_SECOND as f64, bytes: BYTES as f64, latency: LATENCY_MS as f64 / 1_000.0 };
    for _ in 0..300 {
        detector.step(Some(load), INTERVAL_MS, 0.000_1);
    }
    State::write(serial, &Ground::default(), [(DiskOp::Write, detector.model())].into_iter())
}

fn is_judged(page: &str) -> bool {
    let expected = value(page, EXPECTED).is_some_and(|seconds| (0.005..0.008).contains(&seconds));
    value(page, JUDGED).is_some_and(|seconds| seconds > 0.0) && expected
}

#[test]
fn what_was_learned_of_a_drive_goes_on_after_a_restart_and_only_for_that_drive() {
    const SERIAL: &str = "S6XNNE0W800123";
    const OTHER: &str = "S6XNNE0W800999";
    let state = TempDir::new();
    let file_of = |serial: &str| file(state.path(), serial);
    fs::write(file_of(SERIAL), learned(SERIAL)).unwrap();
    let (machine, exchanged) = (Machine::new(SERIAL), Machine::new(OTHER));
    let (mut first, mut other) = (machine.start(state.path()), exchanged.start(state.path()));
    first.until("the load is judged by what an earlier run has learned", 90, is_judged);
    // What the next run knows is what this one keeps at its end, and nothing else.
    fs::remove_file(file_of(SERIAL)).unwrap();
    let (status, took) = first.stop(10);
    assert!(status.success() && took < Duration::from_secs(5), "{status} after {took:?}\n{}", first.log());
    let kept = fs::read_to_string(file_of(SERIAL)).expect("the file that the end leaves");
    let (_, models) = State::read(&kept, SERIAL).unwrap();
    assert!(models[&DiskOp::Write].samples() > 250.0, "{kept}");
    let second = machine.start(state.path());
    second.until("what was learned goes on", 90, is_judged);
    // The drive with another serial at the same name, in the same directory of histories, has seen as much of the same load, and is not judged.
    let page = other.page();
    assert!(value(&page, WRITES).is_some_and(|writes| writes > 0.0), "{page}");
    assert_eq!((value(&page, JUDGED), value(&page, EXPECTED)), (Some(0.0), None), "{page}");
    other.stop(10);
    let (_, models) = State::read(&fs::read_to_string(file_of(OTHER)).unwrap(), OTHER).unwrap();
    assert!(models.values().all(|model| model.samples() < 1.0), "it learned nothing from the other's file");
}
