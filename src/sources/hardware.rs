//! What the hardware itself reports as faults, from `/sys` and `/proc/interrupts`.
//!
//! References: the kernel's Documentation/ABI/testing/sysfs-devices-edac, sysfs-bus-pci-devices-aer_stats,
//! Documentation/hwmon/sysfs-interface.rst, drivers/thermal/intel/therm_throt.c (seconds since 5.6, before only events).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::kernel_files::{KernelFiles, numbered, parse_cpu_list, real_path};
use crate::limits::{MEMORY_MODULES_MAX, SENSORS_MAX};
use crate::snapshot::{CpuPackage, Hardware, MemoryErrors, PcieErrors, SensorAlarm};

/// Processors of a package whose frequency is read: a cap holds for all of them, and each reading costs.
const FREQUENCY_SAMPLES: usize = 8;

/// Chips whose alarms are others' business: drives tell of themselves elsewhere, and asking them may hang.
const NOT_ASKED: [&str; 2] = ["nvme", "drivetemp"];

/// Reads all of it but the sensors. `disks` are kernel names of drives, `nics` of interfaces, whose PCIe errors count.
#[must_use]
pub fn read_hardware(procfs: &Path, sysfs: &Path, disks: &[String], nics: &[String]) -> Hardware {
    let mut files = KernelFiles::default();
    let hardware = Hardware {
        kernel: files.text(&procfs.join("sys/kernel/osrelease")),
        microcode: files.text(&sysfs.join("devices/system/cpu/cpu0/microcode/version")),
        bios: files.text(&sysfs.join("class/dmi/id/bios_version")),
        product: files.text(&sysfs.join("class/dmi/id/product_name")),
        memory: read_memory(&mut files, &sysfs.join("devices/system/edac/mc")),
        machine_checks: files.parsed(&procfs.join("interrupts"), parse_machine_checks).unwrap_or_default(),
        packages: read_packages(&mut files, &sysfs.join("devices/system/cpu")),
        pcie: read_pcie(&mut files, sysfs, disks, nics),
        ..Hardware::default()
    };
    Hardware { unparsed: files.unparsed(), ..hardware }
}

/// Errors by module, and those that the controller could not place.
fn read_memory(files: &mut KernelFiles, base: &Path) -> Vec<MemoryErrors> {
    let mut memory = Vec::new();
    for (number, at) in numbered(base, &["mc"]) {
        let controller = format!("mc{number}");
        let before = memory.len();
        // Controllers that are organised by chip select have ranks where others have modules.
        for (_, dimm) in numbered(&at, &["dimm", "rank"]) {
            let correctable = files.number(&dimm.join("dimm_ce_count"));
            let uncorrectable = files.number(&dimm.join("dimm_ue_count"));
            let name = dimm.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = files.text(&dimm.join("dimm_label")).unwrap_or(name);
            if correctable.or(uncorrectable).is_some() {
                memory.push(MemoryErrors { controller: controller.clone(), dimm: name, correctable, uncorrectable });
            }
        }
        let placed = memory.len() > before;
        let names =
            if placed { ("unknown", "ce_noinfo_count", "ue_noinfo_count") } else { ("", "ce_count", "ue_count") };
        let (correctable, uncorrectable) = (files.number(&at.join(names.1)), files.number(&at.join(names.2)));
        if correctable.or(uncorrectable).is_some() {
            memory.push(MemoryErrors { controller, dimm: names.0.to_owned(), correctable, uncorrectable });
        }
        if memory.len() >= MEMORY_MODULES_MAX {
            break;
        }
    }
    distinct(&mut memory);
    memory
}

/// Two modules that the board calls alike stay two.
fn distinct(memory: &mut [MemoryErrors]) {
    let mut seen = BTreeSet::new();
    for module in memory {
        let name = module.dimm.clone();
        let mut number = 2;
        while !seen.insert((module.controller.clone(), module.dimm.clone())) {
            module.dimm = format!("{name} ({number})");
            number += 1;
        }
    }
}

/// Machine check interrupts of all processors; absent when the table has no line at all that looks like one.
fn parse_machine_checks(text: &str) -> Option<BTreeMap<String, u64>> {
    /// The kernel's abbreviations. `MCP` counts polls, which come every five minutes on a healthy machine.
    const KINDS: [(&str, &str); 3] = [("MCE", "exception"), ("THR", "threshold"), ("DFR", "deferred")];
    let mut found = BTreeMap::new();
    let mut any = false;
    for line in text.lines() {
        let Some((name, rest)) = line.split_once(':') else { continue };
        any = true;
        let Some((_, kind)) = KINDS.iter().find(|(short, _)| *short == name.trim()) else { continue };
        let numbers = rest.split_ascii_whitespace().take_while(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        // A row without a number is cut off or masked: that is no 0.
        let sum = numbers.map(|word| word.parse::<u64>().ok()).reduce(|sum, count| sum?.checked_add(count?));
        found.insert((*kind).to_owned(), sum??);
    }
    any.then_some(found)
}

fn read_packages(files: &mut KernelFiles, base: &Path) -> Vec<CpuPackage> {
    let online = files.parsed(&base.join("online"), parse_cpu_list).unwrap_or_default();
    let (mut packages, mut seen) = (Vec::new(), BTreeSet::new());
    for cpu in &online {
        if seen.contains(cpu) {
            continue;
        }
        let topology = base.join(format!("cpu{cpu}/topology"));
        let list = |files: &mut KernelFiles, name: &str| files.parsed(&topology.join(name), parse_cpu_list);
        // The second is what kernels before 5.3 call it.
        let members = list(files, "package_cpus_list").or_else(|| list(files, "core_siblings_list"));
        let Some(package) = files.number(&topology.join("physical_package_id")).and_then(|id| u32::try_from(id).ok())
        else {
            continue;
        };
        let members: Vec<u32> = members.unwrap_or_else(|| vec![*cpu]);
        seen.extend(members.iter().copied());
        packages.push(read_package(files, base, package, &members));
    }
    packages.sort_by_key(|package| package.package);
    packages
}

fn read_package(files: &mut KernelFiles, base: &Path, package: u32, members: &[u32]) -> CpuPackage {
    let at = |cpu: u32| base.join(format!("cpu{cpu}"));
    let Some(first) = members.first() else { return CpuPackage { package, ..CpuPackage::default() } };
    let throttle = at(*first).join("thermal_throttle");
    let throttled_ms = files.number(&throttle.join("package_throttle_total_time_ms"));
    let mut cores_throttled_ms = throttled_ms.map(|_| 0);
    let mut siblings = BTreeSet::new();
    for cpu in members.iter().take_while(|_| throttled_ms.is_some()) {
        if siblings.contains(cpu) {
            continue;
        }
        let both = files.parsed(&at(*cpu).join("topology/thread_siblings_list"), parse_cpu_list);
        siblings.extend(both.unwrap_or_default());
        let core = files.number(&at(*cpu).join("thermal_throttle/core_throttle_total_time_ms"));
        // One that is missing would make the sum go back, which looks like a restart.
        cores_throttled_ms = cores_throttled_ms.zip(core).and_then(|(sum, core): (u64, u64)| sum.checked_add(core));
    }
    let throttle_events = match throttled_ms {
        Some(_) => None,
        None => files.number(&throttle.join("package_throttle_count")),
    };
    let frequency_ratio = read_frequency(files, base, members);
    CpuPackage { package, throttled_ms, cores_throttled_ms, throttle_events, frequency_ratio }
}

fn read_frequency(files: &mut KernelFiles, base: &Path, members: &[u32]) -> Option<f64> {
    let at = |cpu: u32| base.join(format!("cpu{cpu}/cpufreq"));
    let first = at(*members.first()?);
    // Without turbo it must be reached whatever the load is; the highest one only by few processors at a time.
    let base_khz = files.number(&first.join("base_frequency"));
    let full_khz = base_khz.or_else(|| files.number(&first.join("cpuinfo_max_freq"))).filter(|khz| *khz > 0)?;
    let step = members.len().div_ceil(FREQUENCY_SAMPLES).max(1);
    let sampled = members.iter().step_by(step);
    let now_khz = sampled.filter_map(|cpu| files.number(&at(*cpu).join("scaling_cur_freq"))).max()?;
    Some(now_khz as f64 / full_khz as f64)
}

/// Counters of the PCIe devices that drives and interfaces are, and of the ports right above them.
fn read_pcie(files: &mut KernelFiles, sysfs: &Path, disks: &[String], nics: &[String]) -> Vec<PcieErrors> {
    let mut devices: BTreeMap<PathBuf, (bool, BTreeSet<&str>)> = BTreeMap::new();
    let of_disks = disks.iter().map(|name| (name, sysfs.join("class/block").join(name)));
    let of_nics = nics.iter().map(|name| (name, sysfs.join("class/net").join(name)));
    for (name, at) in of_disks.chain(of_nics) {
        let Ok(real) = real_path(&at) else { continue };
        let mut functions = real.ancestors().filter(|path| is_pci_function(path));
        let (endpoint, port) = (functions.next(), functions.next());
        for (path, upstream) in endpoint.map(|path| (path, false)).into_iter().chain(port.map(|path| (path, true))) {
            devices.entry(path.to_path_buf()).or_insert((upstream, BTreeSet::new())).1.insert(name);
        }
    }
    let mut read = |(path, (upstream, used_by)): (PathBuf, (bool, BTreeSet<&str>))| {
        let mut total = |kind: &str| files.parsed(&path.join(format!("aer_dev_{kind}")), parse_aer);
        let (correctable, nonfatal, fatal) = (total("correctable"), total("nonfatal"), total("fatal"));
        correctable.or(nonfatal).or(fatal)?;
        let device = path.file_name()?.to_str()?.to_owned();
        let used_by = used_by.into_iter().collect::<Vec<_>>().join(",");
        Some(PcieErrors { device, used_by, upstream, correctable, nonfatal, fatal })
    };
    let mut found: Vec<PcieErrors> = devices.into_iter().filter_map(&mut read).collect();
    found.sort_by(|one, other| one.device.cmp(&other.device));
    found
}

/// Whether the last part of a path is a PCI address: `DDDD:BB:DD.F` in hexadecimal digits.
fn is_pci_function(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    let hex = |part: &str, digits: usize| part.len() >= digits && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parts: Vec<&str> = name.split([':', '.']).collect();
    let [domain, bus, device, function] = parts.as_slice() else { return false };
    hex(domain, 4) && hex(bus, 2) && hex(device, 2) && hex(function, 1) && name.matches(':').count() == 2
}

/// The PCI address of an interface; absent when it is none.
pub(super) fn pci_address(sysfs: &Path, interface: &str) -> Option<String> {
    let real = real_path(&sysfs.join("class/net").join(interface)).ok()?;
    let function = real.ancestors().find(|path| is_pci_function(path))?;
    Some(function.file_name()?.to_str()?.to_owned())
}

/// The sum that a file of AER counters ends with, such as `TOTAL_ERR_COR 0`.
fn parse_aer(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with("TOTAL_ERR_"))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// The sensors of the board with an alarm of their own, and how many files could not be made sense of.
#[must_use]
pub fn read_sensors(sysfs: &Path) -> (Vec<SensorAlarm>, u32) {
    let (mut files, mut sensors) = (KernelFiles::default(), Vec::new());
    for (number, chip) in numbered(&sysfs.join("class/hwmon"), &["hwmon"]) {
        let Some(name) = files.text(&chip.join("name")).filter(|name| !NOT_ASKED.contains(&name.as_str())) else {
            continue;
        };
        let Ok(entries) = fs::read_dir(&chip) else { continue };
        let mut alarms: Vec<String> =
            entries.flatten().filter_map(|entry| alarm(entry.file_name().to_str()?)).collect();
        alarms.sort();
        for file in alarms {
            let sensor = file.split('_').next().unwrap_or(&file);
            // One reading of each core's register; that of the package tells of all.
            if sensors.len() >= SENSORS_MAX || (name == "coretemp" && sensor != "temp1") {
                continue;
            }
            let Some(value) = files.number(&chip.join(&file)) else { continue };
            let label = files.text(&chip.join(format!("{sensor}_label"))).unwrap_or_default();
            sensors.push(SensorAlarm {
                chip: format!("hwmon{number}:{name}"),
                sensor: file,
                label,
                raised: value != 0,
            });
        }
    }
    (sensors, files.unparsed())
}

/// The name of a file, when it is a sensor's alarm or fault.
fn alarm(file: &str) -> Option<String> {
    let sensor = ["temp", "fan", "in", "curr", "power"].into_iter().find_map(|kind| file.strip_prefix(kind))?;
    let digits = sensor.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = digits.strip_prefix('_').filter(|_| digits.len() < sensor.len())?;
    (rest == "fault" || rest == "alarm" || rest.ends_with("_alarm")).then(|| file.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn machine_checks_of_all_processors_add_up_and_polls_are_none() {
        let text = "            CPU0       CPU1\n  0:         10          0   IO-APIC   2-edge      timer\n\
                    MCE:          1          2   Machine check exceptions\nMCP:         70         70   Machine check polls\n\
                    THR:          0          0   Threshold APIC interrupts\n";
        let found = parse_machine_checks(text).unwrap();
        assert_eq!(found, [("exception".to_owned(), 3), ("threshold".to_owned(), 0)].into());
        assert_eq!(parse_machine_checks("  0:  1 timer\n"), Some(BTreeMap::new()), "a processor that has none");
        assert_eq!(parse_machine_checks("MCE: 18446744073709551615 1\n"), None);
        assert_eq!(parse_machine_checks("nonsense"), None);
        assert_eq!(parse_machine_checks("MCE: N/A\n"), None, "a row without a number is no 0");
        assert_eq!(parse_machine_checks("MCE:"), None);
    }

    #[test]
    fn the_sum_of_an_aer_file_is_read() {
        assert_eq!(parse_aer("RxErr 0\nBadTLP 3\nTOTAL_ERR_COR 3\n"), Some(3));
        assert_eq!(
            (parse_aer("RxErr 0\n"), parse_aer("TOTAL_ERR_COR\n"), parse_aer("TOTAL_ERR_COR -1")),
            (None, None, None)
        );
    }

    #[test]
    fn pci_addresses_are_told_from_other_directories() {
        for right in ["/sys/devices/pci0000:00/0000:00:1d.0", "10000:e1:00.0"] {
            assert!(is_pci_function(Path::new(right)), "{right}");
        }
        for wrong in ["/sys/devices/pci0000:00", "nvme0", "0000:00:1d", "a:b:c.d", "0:0:0:0", ""] {
            assert!(!is_pci_function(Path::new(wrong)), "{wrong}");
        }
    }

    #[test]
    fn alarms_are_told_from_readings() {
        for right in ["temp1_crit_alarm", "fan2_alarm", "in0_alarm", "fan1_fault", "power1_cap_alarm"] {
            assert_eq!(alarm(right).as_deref(), Some(right));
        }
        for wrong in
            ["temp1_input", "temp1_crit", "intrusion0_alarm", "temp_alarm", "beep_enable", "alarms", "fan1_beep"]
        {
            assert_eq!(alarm(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn modules_that_are_called_alike_stay_two() {
        let module = |dimm: &str| MemoryErrors { controller: "mc0".into(), dimm: dimm.into(), ..Default::default() };
        let mut memory = [module("A"), module("A"), module("B"), module("A")];
        distinct(&mut memory);
        assert_eq!(memory.map(|module| module.dimm), ["A", "A (2)", "B", "A (3)"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_a_parser_panic(text in any::<String>()) {
            let _ = (parse_machine_checks(&text), parse_aer(&text), alarm(&text), is_pci_function(Path::new(&text)));
        }

        #[test]
        fn no_table_makes_a_parser_panic(
            text in "((MCE|THR|DFR|0|TOTAL_ERR_COR)[: ]{0,2}([0-9]{0,22}[ ]){0,4}[a-z\n]{0,4}){0,8}"
        ) {
            let _ = (parse_machine_checks(&text), parse_aer(&text));
        }
    }
}
