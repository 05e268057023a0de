//! What a look at the machine costs: a machine of two sockets as a tree of files, asked as the server asks the reader.
//!
//! `cargo bench --bench machine`. The aim is 1.5 ms of CPU in 15 s for the sources `machine` and `network` (each 15 s) and
//! `hardware` (each 30 s) together: machine + network + hardware / 2. Sockets are those of the machine that runs this.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a benchmark makes its files, or stops")]

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use brokerwatch::sources::reader::answer_questions;
use divan::Bencher;

/// Processors: two sockets of 32 cores with two threads each.
const CPUS: usize = 128;
/// Interrupts with a line of their own.
const INTERRUPTS: usize = 200;

fn main() {
    divan::main();
    let _ = fs::remove_dir_all(machine());
}

fn put(path: PathBuf, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("{content}\n")).unwrap();
}

/// The machine's files, made once.
fn machine() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let root = std::env::temp_dir().join(format!("brokerwatch-bench-machine-{}", std::process::id()));
        processors(&root);
        buses(&root);
        proc_files(&root);
        root
    })
}

fn processors(root: &Path) {
    let base = root.join("sys/devices/system/cpu");
    put(base.join("online"), &format!("0-{}", CPUS - 1));
    for cpu in 0..CPUS {
        let (at, package, core) = (base.join(format!("cpu{cpu}")), cpu % 64 / 32, cpu % 64);
        put(at.join("topology/physical_package_id"), &package.to_string());
        put(at.join("topology/package_cpus_list"), ["0-31,64-95", "32-63,96-127"][package]);
        put(at.join("topology/thread_siblings_list"), &format!("{core},{}", core + 64));
        put(at.join("thermal_throttle/core_throttle_total_time_ms"), "0");
        put(at.join("thermal_throttle/package_throttle_total_time_ms"), "0");
        put(at.join("cpufreq/base_frequency"), "2400000");
        put(at.join("cpufreq/scaling_cur_freq"), "2900000");
    }
}

fn buses(root: &Path) {
    for dimm in 0..24 {
        let at = root.join(format!("sys/devices/system/edac/mc/mc{}/dimm{}", dimm / 2, dimm % 2));
        put(at.join("dimm_ce_count"), "0");
        put(at.join("dimm_ue_count"), "0");
        put(at.join("dimm_label"), &format!("DIMM_{dimm}"));
    }
    let aer = "RxErr 0\nBadTLP 0\nBadDLLP 0\nRollover 0\nTimeout 0\nNonFatalErr 0\nTOTAL_ERR_COR 0";
    for drive in 0..12 {
        let port = root.join(format!("sys/devices/pci0000:{drive:02x}/0000:{drive:02x}:01.0"));
        let at = port.join(format!("0000:{:02x}:00.0", drive + 64));
        fs::create_dir_all(at.join(format!("nvme/nvme{drive}/nvme{drive}n1"))).unwrap();
        for at in [&port, &at] {
            ["correctable", "nonfatal", "fatal"].iter().for_each(|kind| put(at.join(format!("aer_dev_{kind}")), aer));
        }
        fs::create_dir_all(root.join("sys/class/block")).unwrap();
        let link = root.join(format!("sys/class/block/nvme{drive}n1"));
        symlink(at.join(format!("nvme/nvme{drive}/nvme{drive}n1")), link).unwrap();
    }
    for (name, lower) in [("bond0", vec!["eth0", "eth1"]), ("eth0", vec![]), ("eth1", vec![]), ("lo", vec![])] {
        let at = root.join("sys/class/net").join(name);
        let files =
            ["operstate", "speed", "duplex", "carrier_down_count", "statistics/rx_crc_errors", "statistics/rx_bytes"];
        files.iter().zip(["up", "25000", "full", "1", "0", "100"]).for_each(|(file, value)| put(at.join(file), value));
        lower.iter().for_each(|lower| fs::create_dir_all(at.join(format!("lower_{lower}"))).unwrap());
        fs::create_dir_all(at.join(if lower.is_empty() { "device" } else { "bonding" })).unwrap();
    }
}

fn proc_files(root: &Path) {
    let proc = root.join("proc");
    let mut interrupts = String::new();
    for line in (0..INTERRUPTS).map(|number| number.to_string()).chain(["THR", "MCE", "MCP"].map(str::to_owned)) {
        let _ = writeln!(interrupts, "{line:>4}: {} IR-PCI-MSI", "      1234 ".repeat(CPUS));
    }
    put(proc.join("interrupts"), &interrupts);
    // What this machine says of itself is as long as elsewhere.
    for file in ["meminfo", "vmstat", "stat", "pressure/io", "pressure/cpu", "pressure/memory"] {
        put(proc.join(file), &fs::read_to_string(Path::new("/proc").join(file)).unwrap_or_default());
    }
    for file in ["snmp", "netstat", "route", "if_inet6"] {
        put(
            proc.join("self/net").join(file),
            &fs::read_to_string(Path::new("/proc/self/net").join(file)).unwrap_or_default(),
        );
    }
    let row = "100 2 0 0 0 0 0 0 200 2 0 0 0 0 0 0";
    put(proc.join("self/net/dev"), &["lo", "eth0", "eth1", "bond0"].map(|name| format!("{name}: {row}")).join("\n"));
    put(proc.join("self/net/route"), "Iface\nbond0\t00000000\t00000000\t0001\t0\t0\t0\t00000000");
}

/// Asks the reader what the server asks it in one round.
fn ask(bencher: Bencher<'_, '_>, questions: &[serde_json::Value]) {
    let lines: String = questions.iter().map(|question| format!("{question}\n")).collect();
    bencher.bench(|| {
        let mut answers = Vec::new();
        answer_questions(divan::black_box(lines.as_bytes()), &mut answers).unwrap();
        assert!(answers.starts_with(b"{\"Ok\""));
        answers
    });
}

fn roots() -> (PathBuf, PathBuf) {
    (machine().join("proc"), machine().join("sys"))
}

#[divan::bench]
fn machine_each_15_s(bencher: Bencher<'_, '_>) {
    let (procfs, sysfs) = roots();
    ask(bencher, &[serde_json::json!({"ask": "machine", "procfs": procfs, "sysfs": sysfs})]);
}

#[divan::bench]
fn network_each_15_s(bencher: Bencher<'_, '_>) {
    let (procfs, sysfs) = roots();
    let wanted = serde_json::json!({"ports": [9092], "peers": [], "some_unknown": false});
    let sockets = serde_json::json!({"ask": "sockets", "procfs": "/proc", "pid": null, "wanted": wanted});
    let network =
        serde_json::json!({"ask": "network", "procfs": procfs, "sysfs": sysfs, "pid": null, "addresses": ["0.0.0.0"]});
    ask(bencher, &[network, sockets]);
}

#[divan::bench]
fn hardware_each_30_s(bencher: Bencher<'_, '_>) {
    let (procfs, sysfs) = roots();
    let disks: Vec<String> = (0..12).map(|drive| format!("nvme{drive}n1")).collect();
    let question = serde_json::json!({"ask": "hardware", "procfs": procfs, "sysfs": sysfs, "disks": disks, "nics": ["eth0", "eth1"]});
    ask(bencher, &[question, serde_json::json!({"ask": "sensors", "sysfs": sysfs})]);
}
