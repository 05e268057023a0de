//! Machines as trees of files (`tests/fixtures/trees`, form in `common/tree.rs`), and the golden page of each beside it.
//! Adding a machine is adding a file; a new source that reads `/proc` or `/sys` is a line in [`look`].

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests read files, and stop at what they did not expect"
)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use brokerwatch::collectors::{Options, collect};
use brokerwatch::derive::View;
use brokerwatch::derive::disk_watch::{Circumstances, DiskWatch, wanted};
use brokerwatch::exposition::{Format, Page};
use brokerwatch::snapshot::{
    Attempt, BrokerProcess, DirFiles, DirHealth, Drives, Hardware, LogDirFiles, Machine, NodeView, Observed,
    ProcessCandidate, ProcessId, Section, Storage, UnixMs,
};
use brokerwatch::sources::diskstats::read_diskstats;
use brokerwatch::sources::drive::read_drive;
use brokerwatch::sources::hardware::{read_hardware, read_sensors};
use brokerwatch::sources::log_dir_files::{counts_errors, read_dir_files, read_fs_errors};
use brokerwatch::sources::machine::read_machine;
use brokerwatch::sources::mounts::{mount_of, read_mounts};
use brokerwatch::sources::network::read_network;
use brokerwatch::sources::proc::read_state;
use brokerwatch::sources::resources::{read_memory_maps, read_resources};
use brokerwatch::sources::storage::read_storage;
use brokerwatch::sources::threads::read_threads;
use common::tree::{self, BROKER, Tree};
use common::{ensure_file_contents, repository};

const NOW: UnixMs = UnixMs(1_700_000_000_000);

/// What the sources see of a tree.
fn look(tree: &Tree) -> NodeView {
    let (procfs, sysfs) = (tree.procfs(), tree.sysfs());
    let storage = read_storage(&procfs, &sysfs, Some(BROKER), &tree.log_dirs());
    let wanted = wanted(&storage);
    let drives = Drives { devices: wanted.keys().map(|name| (name.clone(), read_drive(&sysfs, name))).collect() };
    let names = wanted.keys().map(String::as_str).collect();
    let stats = read_diskstats(&procfs, &names).unwrap_or_default();
    let around = Circumstances::of(&drives, None, None);
    let disks = DiskWatch::default().advance(NOW, stats.devices, stats.parse_errors, &wanted, &around);
    let network = read_network(&procfs, &sysfs, Some(BROKER), &tree.listeners());
    let nics =
        network.interfaces.iter().filter(|nic| nic.pci.is_some()).map(|nic| nic.name.clone()).collect::<Vec<_>>();
    let used: Vec<String> = storage.disks.keys().cloned().collect();
    let (sensors, unparsed) = read_sensors(&sysfs);
    let hardware = read_hardware(&procfs, &sysfs, &used, &nics);
    let hardware = Hardware { sensors: Some(sensors), unparsed: hardware.unparsed + unparsed, ..hardware };
    // The clock is that of the machine that runs the test.
    let machine = Machine { clock: None, ..read_machine(&procfs, &sysfs) };
    let of_a_machine = tree.path("proc/meminfo").exists();
    let files = look_at_files(&procfs, &sysfs, &storage);
    // Trees without it are of a machine only.
    let process = process(&procfs);
    let of = process.as_ref().map(|process| ProcessId { pid: BROKER, start_ticks: process.start_ticks });
    let resources = of.and_then(|of| read_resources(&procfs, &sysfs, of).ok());
    let threads = of.and_then(|of| read_threads(&procfs, of, &[]).ok());
    let memory_maps = of.and_then(|of| read_memory_maps(&procfs, of).ok());
    NodeView {
        process: process.map_or_else(Section::default, |process| {
            seen(BrokerProcess { chosen: Some(process), ..BrokerProcess::default() })
        }),
        resources: resources.map_or_else(Section::default, seen),
        threads: threads.map_or_else(Section::default, |answer| seen(answer.threads)),
        memory_maps: memory_maps.map_or_else(Section::default, seen),
        storage: seen(storage),
        files: seen(files),
        drives: seen(drives),
        disks: seen(disks),
        network: seen(network),
        hardware: seen(hardware),
        machine: if of_a_machine { seen(machine) } else { Section::default() },
        ..NodeView::default()
    }
}

fn process(procfs: &Path) -> Option<ProcessCandidate> {
    let (state, start_ticks) = read_state(procfs, BROKER)?;
    let (properties_file, overrides) = (String::new(), BTreeMap::new());
    Some(ProcessCandidate { pid: BROKER, start_ticks, started: None, state, properties_file, overrides })
}

/// The file systems' own state. Room is that of this machine, so it is left out.
fn look_at_files(procfs: &Path, sysfs: &Path, storage: &Storage) -> LogDirFiles {
    let mut files = LogDirFiles::default();
    let mounts = read_mounts(procfs, &BROKER.to_string());
    for (log_dir, dir) in &storage.dirs {
        let path = dir.as_ref().map_or(log_dir, |dir| &dir.path);
        let look = read_dir_files(procfs, Some(BROKER), Path::new(path), None).map(|answer| answer.files);
        let mount = mount_of(&mounts, Path::new(path));
        let health = DirHealth {
            mounted: mount.is_some(),
            refuses_writes: mount.and_then(|mount| mount.refuses_writes(true)).map(str::to_owned),
            errors: mount.filter(|mount| counts_errors(&mount.kind)).and_then(|mount| read_fs_errors(sysfs, &mount.fs)),
            ..DirHealth::default()
        };
        files.health.insert(log_dir.clone(), health);
        files.dirs.insert(log_dir.clone(), look.map(|look| DirFiles { meta_failure: None, space: None, ..look }));
    }
    files
}

fn seen<T>(value: T) -> Section<T> {
    let value = Arc::new(value);
    Section { last: Some(Observed { at: NOW, took_ms: 1, valid_until: NOW.plus(60_000), value }), attempt: Attempt::Ok }
}

/// The page without what is said of every page: that sources were not looked at.
fn page(view: &NodeView) -> String {
    let mut page = Page::default();
    let options =
        Options { disabled: ["sources", "findings", "broker"].map(str::to_owned).into(), ..Options::default() };
    let trouble = collect(View::new(view, NOW), &options, &mut page);
    assert!(trouble.panicked.is_empty(), "{:?}", trouble.panicked);
    let text = String::from_utf8(page.render(Format::Text)).unwrap();
    // The headers are the same in all of them, and tests/generated.rs holds them.
    text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
}

#[test]
fn every_tree_gives_its_golden_page() {
    let names = tree::names();
    assert!(!names.is_empty());
    let wrong: Vec<String> = names
        .iter()
        .filter_map(|name| {
            let page = page(&look(&Tree::named(name)));
            let golden = repository("tests/fixtures/trees").join(format!("{name}.prom"));
            ensure_file_contents(&golden, &page).err()
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn storage(text: &str) -> Storage {
    let tree = Tree::of(text);
    read_storage(&tree.procfs(), &tree.sysfs(), Some(BROKER), &tree.log_dirs())
}

#[test]
fn what_the_kernel_does_not_tell_is_absent() {
    let start = "log.dirs\t/data\nroot/data/\nproc/4711/root -> ../../root\n";
    let no_mounts = storage(start);
    assert!(no_mounts.dirs["/data"].is_err() && no_mounts.disks.is_empty());

    let mounts = "proc/4711/mountinfo:\n\t30 22 8:16 / /data rw - xfs /dev/sdb rw\n";
    let no_sys = storage(&format!("{start}{mounts}"));
    let dir = no_sys.dirs["/data"].as_ref().unwrap();
    assert_eq!((dir.fs_type.as_str(), dir.backing.as_str(), dir.drives.len()), ("xfs", "block", 0));

    let at = "sys/devices/block/sdb";
    let odd = format!(
        "{start}{mounts}sys/dev/block/8:16 -> ../../devices/block/sdb\n{at}/size\t99999999999999999999\n\
         {at}/queue/rotational\tmaybe\n{at}/device/model\t\\x00\\xff\\x01\n{at}/device/vpd_pg80\t\\x00\\x80\\xff\n"
    );
    let odd = storage(&odd);
    let disk = &odd.disks["sdb"];
    assert_eq!((disk.size_bytes, disk.rotational, &disk.serial, &disk.firmware), (None, None, &None, &None));
    assert_eq!(disk.model.as_deref(), Some("\u{fffd}"), "bytes that are no text are shown as such");
}

#[test]
fn a_loop_of_devices_ends() {
    let text = "log.dirs\t/data\nroot/data/\nproc/4711/root -> ../../root\nproc/4711/mountinfo:\n\
                \t30 22 253:0 / /data rw - xfs /dev/dm-0 rw\n\
                sys/dev/block/253:0 -> ../../devices/dm-0\nsys/dev/block/253:1 -> ../../devices/dm-1\n\
                sys/devices/dm-0/dev\t253:0\nsys/devices/dm-1/dev\t253:1\n\
                sys/devices/dm-0/slaves/dm-1 -> ../../dm-1\nsys/devices/dm-1/slaves/dm-0 -> ../../dm-0\n";
    let found = storage(text);
    let dir = found.dirs["/data"].as_ref().unwrap();
    assert_eq!((dir.layers.len(), dir.drives.len()), (2, 0));
}

#[test]
fn files_that_are_masked_or_broken_are_counted_and_say_nothing() {
    let unparsed = |name: &str| {
        let view = look(&Tree::named(name));
        let (hardware, machine) = (&view.hardware.last.unwrap().value, view.machine.last.unwrap().value.unparsed);
        (hardware.unparsed, machine, view.network.last.unwrap().value.unparsed)
    };
    assert_eq!(unparsed("container-masked-6.12"), (1, 0, 0), "interrupts");
    assert_eq!(unparsed("two-sockets-hot-6.6"), (1, 0, 0), "a sensor that says N/A");
    assert_eq!(unparsed("machine-4.18"), (0, 0, 1), "a table of TCP that is cut off");
}

#[test]
fn what_a_container_masks_of_its_process_is_named_and_is_no_zero() {
    let view = look(&Tree::named("process-masked-6.12"));
    let seen = &view.resources.last.unwrap().value;
    let broken: Vec<&str> = seen.unread.keys().map(String::as_str).collect();
    let expected = [
        "cgroup/cpu.pressure",
        "cgroup/cpu.stat",
        "cgroup/io.pressure",
        "cgroup/memory.current",
        "cgroup/memory.max",
        "cgroup/memory.pressure",
        "cgroup/memory.stat",
        "io",
        "limits",
    ];
    assert_eq!(broken, expected);
    let of_threads = &view.threads.last.as_ref().unwrap().value.unread;
    assert_eq!(of_threads.keys().collect::<Vec<_>>(), ["task_delayacct"]);
    let group = seen.control_group.as_ref().unwrap();
    assert!(group.pressure.is_empty() && group.memory_limit_bytes.is_none() && group.cpu_throttled_us.is_none());
    assert!(seen.resident_anon_bytes.is_none() && seen.max_files.is_none() && seen.io.is_none());
    assert!(view.memory_maps.last.is_none(), "maps that are masked are not none");
}

#[test]
fn a_machine_of_nothing_but_broken_files_says_nothing() {
    let broken = ["\\xff\\xfe", "99999999999999999999999", "N/A", "-5"].iter().enumerate().map(|(number, content)| {
        let cpu = format!("sys/devices/system/cpu/cpu{number}");
        let dimm = format!("sys/devices/system/edac/mc/mc0/dimm{number}");
        let files = [
            format!("{cpu}/topology/physical_package_id"),
            format!("{cpu}/thermal_throttle/package_throttle_total_time_ms"),
            format!("{dimm}/dimm_ce_count"),
            format!("{dimm}/dimm_ue_count"),
            format!("sys/class/hwmon/hwmon{number}/temp1_alarm"),
            format!("sys/class/net/eth{number}/speed"),
            format!("sys/class/net/eth{number}/carrier_down_count"),
        ];
        files.iter().map(|file| format!("{file}\t{content}\n")).collect::<String>()
    });
    let proc = ["interrupts", "meminfo", "vmstat", "stat", "pressure/io", "4711/net/dev", "4711/net/route"];
    let proc = proc.map(|file| format!("proc/{file}\t\\xff\\x00 99999999999999999999999\n")).concat();
    let online = "sys/devices/system/cpu/online\t0-3\nlisteners\t10.0.0.1\n";
    let view = look(&Tree::of(&format!("{online}{proc}{}", broken.collect::<String>())));
    let now = view.hardware.last.as_ref().unwrap();
    assert!(now.value.memory.is_empty() && now.value.packages.is_empty() && now.value.machine_checks.is_empty());
    assert!(now.value.unparsed >= 13, "{}", now.value.unparsed);
    let page = page(&view);
    let of_the_machine: Vec<&str> = page.lines().filter(|line| !line.starts_with("kafka_disk_")).collect();
    assert_eq!(of_the_machine, ["kafka_host_time_seconds 1700000000"]);
}
