//! What the machine is busy with, from `/proc`: memory, pressure, processors, clock.
//!
//! References: proc(5), the kernel's Documentation/accounting/psi.rst, adjtimex(2).

use std::collections::BTreeMap;
use std::path::Path;

use super::adjtimex::read_clock;
use super::control_group::parse_pressure;
use super::kernel_files::KernelFiles;
use crate::snapshot::Machine;

/// Modes of `/proc/stat` in its order; what guests use is in `user` and `nice` already.
const CPU_MODES: [&str; 8] = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];

/// Resources that the kernel counts pressure for; `irq` since 6.1.
const RESOURCES: [&str; 4] = ["cpu", "io", "memory", "irq"];

/// Reads it. What cannot be read is absent.
#[must_use]
pub fn read_machine(procfs: &Path, sysfs: &Path) -> Machine {
    let mut files = KernelFiles::default();
    let mut machine = Machine { clock: read_clock(), ..Machine::default() };
    let clocksource = sysfs.join("devices/system/clocksource/clocksource0/current_clocksource");
    machine.clocksource = files.text(&clocksource);
    files.parsed(&procfs.join("meminfo"), |text| parse_meminfo(text, &mut machine).then_some(()));
    files.parsed(&procfs.join("vmstat"), |text| parse_vmstat(text, &mut machine).then_some(()));
    let ticks_per_second = rustix::param::clock_ticks_per_second();
    let stat = files.parsed(&procfs.join("stat"), |text| parse_stat(text, ticks_per_second));
    if let Some(stat) = stat {
        (machine.cpu_seconds, machine.cpus, machine.booted_at) = (stat.cpu_seconds, stat.cpus, stat.booted_at);
    }
    for resource in RESOURCES {
        if let Some(pressure) =
            files.parsed(&procfs.join("pressure").join(resource), |text| parse_pressure(text.as_bytes()))
        {
            machine.pressure.insert(resource.to_owned(), pressure);
        }
    }
    Machine { unparsed: files.unparsed(), ..machine }
}

/// Takes from a `/proc/meminfo` what it tells; whether that is anything.
fn parse_meminfo(text: &str, machine: &mut Machine) -> bool {
    fn bytes(line: &str) -> Option<(&str, u64)> {
        let (key, value) = line.split_once(':')?;
        Some((key, value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)?))
    }
    for (key, bytes) in text.lines().filter_map(bytes) {
        let place = match key {
            "MemTotal" => &mut machine.memory_bytes,
            "MemAvailable" => &mut machine.available_bytes,
            "Dirty" => &mut machine.dirty_bytes,
            "Writeback" => &mut machine.writeback_bytes,
            "HardwareCorrupted" => &mut machine.corrupted_bytes,
            _ => continue,
        };
        *place = Some(bytes);
    }
    machine.memory_bytes.is_some()
}

/// Takes from a `/proc/vmstat` what it tells; whether that is anything.
fn parse_vmstat(text: &str, machine: &mut Machine) -> bool {
    fn number(line: &str) -> Option<(&str, u64)> {
        let (key, value) = line.split_once(' ')?;
        Some((key, value.trim().parse().ok()?))
    }
    let (mut dirty, mut writeback, mut threshold, mut any) = (None, None, None, false);
    for (key, value) in text.lines().filter_map(number) {
        any = true;
        match key {
            "nr_dirty" => dirty = Some(value),
            "nr_writeback" => writeback = Some(value),
            "nr_dirty_threshold" => threshold = Some(value),
            "pswpin" => machine.swapped_in_pages = Some(value),
            "pswpout" => machine.swapped_out_pages = Some(value),
            "pgmajfault" => machine.major_faults = Some(value),
            // Before 5.9 the kernel did not tell files and programs apart.
            "workingset_refault_file" | "workingset_refault" => machine.refaulted_pages = Some(value),
            "oom_kill" => machine.oom_kills = Some(value),
            // Older kernels have one of them, newer ones one for each zone.
            key if key.starts_with("allocstall") => {
                machine.allocation_stalls = Some(machine.allocation_stalls.unwrap_or(0).saturating_add(value));
            }
            _ => {}
        }
    }
    let ratio = |dirty: u64, writeback: u64, threshold: u64| {
        (threshold > 0).then(|| dirty.saturating_add(writeback) as f64 / threshold as f64)
    };
    machine.dirty_ratio = dirty.zip(writeback).zip(threshold).and_then(|((d, w), t)| ratio(d, w, t));
    any
}

/// What is kept of a `/proc/stat`.
#[derive(Debug, Default, PartialEq)]
struct Stat {
    cpu_seconds: BTreeMap<String, f64>,
    cpus: Option<usize>,
    booted_at: Option<u64>,
}

/// Reads a `/proc/stat`; absent when its first line is not that of all processors.
fn parse_stat(text: &str, ticks_per_second: u64) -> Option<Stat> {
    let total = text.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Option<Vec<u64>> = total.split_ascii_whitespace().map(|field| field.parse().ok()).collect();
    let ticks = ticks.filter(|ticks| ticks.len() >= 4)?;
    let seconds = |ticks: &u64| *ticks as f64 / ticks_per_second.max(1) as f64;
    let cpu_seconds = CPU_MODES.iter().zip(&ticks).map(|(mode, ticks)| ((*mode).to_owned(), seconds(ticks))).collect();
    let is_cpu =
        |line: &&str| line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let cpus = Some(text.lines().filter(is_cpu).count()).filter(|cpus| *cpus > 0);
    let booted_at = text.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok());
    Some(Stat { cpu_seconds, cpus, booted_at })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn memory_is_in_bytes_and_what_is_not_told_is_absent() {
        let mut machine = Machine::default();
        let text = "MemTotal:       16 kB\nMemAvailable:   8 kB\nDirty: 4 kB\nWriteback: x kB\nHugePages_Total:       0\n\
                    HardwareCorrupted: 18446744073709551615 kB\n";
        assert!(parse_meminfo(text, &mut machine));
        let seen = (machine.memory_bytes, machine.available_bytes, machine.dirty_bytes);
        assert_eq!(seen, (Some(16 << 10), Some(8 << 10), Some(4 << 10)));
        assert_eq!((machine.writeback_bytes, machine.corrupted_bytes), (None, None));
        assert!(!parse_meminfo("nothing\n", &mut Machine::default()));
    }

    #[test]
    fn activity_of_old_and_new_kernels_is_read() {
        let mut machine = Machine::default();
        let text = "nr_dirty 30\nnr_writeback 10\nnr_dirty_threshold 80\npswpin 1\nallocstall_dma 2\nallocstall_normal 3\n\
                    workingset_refault_anon 9\nworkingset_refault_file 5\noom_kill 1\npgmajfault -1\n";
        assert!(parse_vmstat(text, &mut machine));
        assert_eq!((machine.dirty_ratio, machine.allocation_stalls), (Some(0.5), Some(5)));
        assert_eq!((machine.refaulted_pages, machine.oom_kills, machine.major_faults), (Some(5), Some(1), None));
        let mut without = Machine::default();
        assert!(parse_vmstat("nr_dirty 30\nnr_writeback 10\nnr_dirty_threshold 0\n", &mut without));
        assert_eq!(without.dirty_ratio, None);
    }

    #[test]
    fn processors_and_boot_time_are_found() {
        let stat =
            parse_stat("cpu  100 0 50 800 10 0 5 35 0 0\ncpu0 1\ncpu1 1\nintr 5\nbtime 1700000000\n", 100).unwrap();
        assert_eq!((stat.cpus, stat.booted_at), (Some(2), Some(1_700_000_000)));
        assert_eq!((stat.cpu_seconds["steal"], stat.cpu_seconds.len()), (0.35, 8));
        // Kernels of virtual machines that tell less.
        assert_eq!(parse_stat("cpu  1 2 3 4\n", 100).unwrap().cpu_seconds.len(), 4);
        assert!(parse_stat("cpu  1 2 x 4\n", 100).is_none() && parse_stat("intr 5\n", 100).is_none());
    }

    proptest! {
        #[test]
        fn no_text_makes_a_parser_panic(
            text in "((cpu[0-9]{0,2}|btime|some|full|MemTotal:|nr_dirty|nr_dirty_threshold|allocstall_x|[a-z]{1,9})[ =:]{0,2}\
                     (total=)?[0-9-]{0,25}( kB)?[ \n]{0,2}){0,12}"
        ) {
            let mut machine = Machine::default();
            parse_meminfo(&text, &mut machine);
            parse_vmstat(&text, &mut machine);
            let _ = parse_stat(&text, 100);
        }

        #[test]
        fn any_text_at_all_is_survived(text in any::<String>()) {
            let mut machine = Machine::default();
            parse_meminfo(&text, &mut machine);
            parse_vmstat(&text, &mut machine);
            let _ = parse_stat(&text, 0);
        }
    }
}
