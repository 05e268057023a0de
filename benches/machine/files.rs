//! The files of a machine with two sockets, twelve drives and a busy broker, as plain files.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::json;

/// Processors: two sockets of 32 cores with two threads each.
const CPUS: usize = 128;
/// Interrupts with a line of their own.
const INTERRUPTS: usize = 200;
/// Drives, each with a log directory.
pub(crate) const DRIVES: usize = 12;
/// Replicas in each log directory.
const REPLICAS: usize = 333;
/// Memory maps of the broker: two for each segment.
const MAPS: usize = 60_000;
/// Threads of the broker.
const THREADS: u32 = 200;
/// Other processes of the machine.
const PROCESSES: u32 = 300;
/// The broker's process.
pub(crate) const BROKER: u32 = 4711;
/// When it started, in clock ticks.
pub(crate) const START_TICKS: u64 = 831_138;

fn put(path: PathBuf, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("{content}\n")).unwrap();
}

/// The machine's files, made once.
pub(crate) fn machine() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let root = std::env::temp_dir().join(format!("brokerwatch-bench-machine-{}", std::process::id()));
        processors(&root);
        buses(&root);
        proc_files(&root);
        drives(&root);
        broker(&root);
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

/// Drives as the kernel shows them, a file system on each, and what the helper wrote of them.
fn drives(root: &Path) {
    let (mut stats, mut mounts, mut health) = (String::new(), String::new(), serde_json::Map::new());
    mounts.push_str("30 1 8:1 / / rw - ext4 /dev/sda1 rw\n31 30 0:31 / /tmp rw - tmpfs tmpfs rw\n");
    mounts.push_str("32 30 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    for drive in 0..DRIVES {
        let name = format!("nvme{drive}n1");
        let at = root.join(format!(
            "sys/devices/pci0000:{drive:02x}/0000:{drive:02x}:01.0/0000:{:02x}:00.0/nvme/nvme{drive}/{name}",
            drive + 64
        ));
        put(at.join("dev"), &format!("259:{drive}"));
        put(at.join("size"), "7814037168");
        let queue = [
            ("rotational", "0"),
            ("scheduler", "[none] mq-deadline"),
            ("write_cache", "write through"),
            ("nr_requests", "1023"),
            ("read_ahead_kb", "128"),
        ];
        queue.iter().for_each(|(file, value)| put(at.join("queue").join(file), value));
        fs::create_dir_all(root.join("sys/block")).unwrap();
        fs::create_dir_all(root.join("sys/dev/block")).unwrap();
        symlink(&at, root.join("sys/block").join(&name)).unwrap();
        symlink(&at, root.join(format!("sys/dev/block/259:{drive}"))).unwrap();
        symlink("..", at.join("device")).unwrap();
        let controller = at.parent().unwrap();
        let files = [("state", "live"), ("model", "MODEL 4TB"), ("serial", "S0123456789"), ("firmware_rev", "1.0")];
        files.iter().for_each(|(file, value)| put(controller.join(file), value));
        let link = [
            ("current_link_speed", "16.0 GT/s PCIe"),
            ("max_link_speed", "16.0 GT/s PCIe"),
            ("current_link_width", "4"),
            ("max_link_width", "4"),
        ];
        link.iter().for_each(|(file, value)| put(controller.parent().unwrap().parent().unwrap().join(file), value));
        put(root.join(format!("sys/fs/xfs/{name}/error/metadata/EIO/max_retries")), "-1");
        let _ = writeln!(
            stats,
            " 259 {drive} {name} 1239812 10 238112312 8123123 9123412 20 3123123123 61231231 2 4212312 69354354 5 0 10 1 12 90"
        );
        let _ = writeln!(mounts, "{} 30 259:{drive} / /data/{drive} rw,noatime - xfs /dev/{name} rw,attr2", 40 + drive);
        health.insert(
            name,
            json!({"last_read_at": 1, "health": {"temperature_celsius": 34, "spare_percent": 100, "media_errors": 0}}),
        );
        let dir = root.join(format!("root/data/{drive}"));
        for replica in 0..REPLICAS {
            // Topics of two partitions in each directory, and the file that every log has.
            let log = dir.join(format!("orders{}-{}", replica / 2, replica % 2 * 12 + drive));
            put(log.join("leader-epoch-checkpoint"), "0\n0");
        }
        put(dir.join("meta.properties"), "version=1\ncluster.id=rU1ZLpxQM3Fxr5cEk8YK5A\nnode.id=1");
        ["replication-offset", "recovery-point-offset", "log-start-offset"]
            .iter()
            .for_each(|name| put(dir.join(format!("{name}-checkpoint")), "0\n0"));
    }
    for other in 0..20 {
        let _ = writeln!(stats, " 7 {other} loop{other} 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0");
    }
    put(root.join("proc/diskstats"), stats.trim_end());
    put(root.join("proc/self/mountinfo"), mounts.trim_end());
    put(root.join(format!("proc/{BROKER}/mountinfo")), mounts.trim_end());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    // The table is done long before it is too old.
    put(root.join("health.json"), &json!({"written_at": now + 3_600_000, "drives": health}).to_string());
}

/// The broker's process, and others beside it.
fn broker(root: &Path) {
    let proc = root.join("proc");
    let at = proc.join(BROKER.to_string());
    let stat = |id: u32| {
        let rest = "1 4711 4711 0 -1 4194304 1234 0 57 0 90123 4567 0 0 20 0 200 0";
        format!(
            "{id} (java) S {rest} {START_TICKS} 9999999 12345 18446744073709551615 1 1 0 0 0 0 0 4096 16800975 0 0 0 17 3 0 0 77 0 0 0 0 0 0 0 0 0 0"
        )
    };
    put(at.join("stat"), &stat(BROKER));
    symlink("../../root", at.join("root")).unwrap();
    symlink("../self/net", at.join("net")).unwrap();
    for id in 0..THREADS {
        put(at.join(format!("task/{}/stat", BROKER + id)), &stat(BROKER + id));
        put(at.join(format!("task/{}/schedstat", BROKER + id)), "123456789 987654321 321");
    }
    (0..500).for_each(|fd| put(at.join(format!("fd/{fd}")), ""));
    let own = |file: &str| fs::read_to_string(Path::new("/proc/self").join(file)).unwrap_or_default();
    ["status", "limits", "io"].iter().for_each(|file| put(at.join(file), &own(file)));
    let cmdline = "java\0-Xmx6g\0-cp\0/opt/kafka/libs/kafka_2.13-4.1.1.jar\0kafka.Kafka\0/etc/kafka/server.properties";
    put(at.join("cmdline"), cmdline);
    put(at.join("comm"), "java");
    put(at.join("cgroup"), "0::/system.slice/kafka.service");
    put(proc.join("sys/kernel/task_delayacct"), "1");
    put(proc.join("sys/vm/max_map_count"), "262144");
    let group = root.join("sys/fs/cgroup/system.slice/kafka.service");
    put(root.join("sys/fs/cgroup/cgroup.controllers"), "cpu memory io");
    let pressure =
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=123456\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=5";
    let files = [
        ("cpu.max", "max 100000"),
        ("cpu.stat", "nr_periods 1\nnr_throttled 0\nthrottled_usec 0"),
        ("memory.max", "max"),
        ("memory.current", "1"),
        ("memory.stat", "file 1"),
        ("memory.events", "oom_kill 0"),
        ("cpu.pressure", pressure),
        ("io.pressure", pressure),
        ("memory.pressure", pressure),
    ];
    files.iter().for_each(|(file, value)| put(group.join(file), value));
    let mut maps = String::new();
    for map in 0..MAPS {
        let (first, partition) = (0x7f00_0000_0000_u64 + map as u64 * 0x1000, map / 15);
        let _ = writeln!(
            maps,
            "{first:x}-{:x} r--s 00000000 103:01 {map} /data/{}/orders-{partition}/00000000000012345678.index",
            first + 0x1000,
            partition % DRIVES
        );
    }
    put(at.join("maps"), maps.trim_end());
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/hsperfdata/jdk-17-G1");
    fs::create_dir_all(root.join("root/tmp/hsperfdata_kafka")).unwrap();
    fs::copy(sample, root.join("root/tmp/hsperfdata_kafka/4711")).unwrap();
    for id in 10_000..10_000 + PROCESSES {
        put(proc.join(format!("{id}/stat")), &stat(id));
        put(proc.join(format!("{id}/cmdline")), "/usr/sbin/daemon\0--flag");
        put(proc.join(format!("{id}/comm")), "daemon");
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
