//! The control groups of a process, versions 1 and 2 and both at once (cgroups(7)): limits, what they cost, pressure.
//!
//! Files are read below our own `/sys/fs/cgroup`. A group that is not below what is mounted there is another container's
//! and cannot be seen; nothing is then said of it.

use std::path::{Path, PathBuf};

use super::kernel_files::KernelFiles;
use super::mounts::Mount;
use crate::snapshot::{ControlGroup, Pressure};

/// Resources with pressure stall information.
const PRESSURES: [&str; 4] = ["cpu", "io", "memory", "irq"];
/// Version 1 has no word for unlimited, only a number that no machine reaches.
const UNLIMITED_BYTES: u64 = 1 << 60;

/// A hierarchy that the process is in.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hierarchy {
    /// Version 2.
    unified: bool,
    /// Where it is mounted.
    base: PathBuf,
    /// The process' group below it.
    group: PathBuf,
}

impl Hierarchy {
    /// The group and those above it.
    fn upwards(&self) -> impl Iterator<Item = PathBuf> {
        self.group.ancestors().map(|group| self.base.join(group))
    }

    fn own(&self) -> PathBuf {
        self.base.join(&self.group)
    }
}

/// What the control groups of a process cost it; `cgroup` is its `/proc/PID/cgroup`, `mounts` are our own. Absent when it
/// has none below our `/sys/fs/cgroup`.
pub fn read_control_group(
    sysfs: &Path,
    mounts: &[Mount],
    cgroup: &[u8],
    files: &mut KernelFiles,
) -> Option<ControlGroup> {
    let base = sysfs.join("fs/cgroup");
    let hierarchy = |controller: &str| {
        let (unified, path) = parse_cgroup(cgroup, controller)?;
        let found = place(&base, mounts, unified, controller, &path)?;
        found.own().is_dir().then_some(found)
    };
    let (cpu, memory) = (hierarchy("cpu"), hierarchy("memory"));
    if cpu.is_none() && memory.is_none() {
        return None;
    }
    let mut group = ControlGroup::default();
    if let Some(cpu) = &cpu {
        read_cpu(cpu, &mut group, files);
    }
    if let Some(memory) = &memory {
        read_memory(memory, &mut group, files);
    }
    // Pressure is of version 2 only, whatever the controllers are on.
    let own = parse_cgroup(cgroup, "").and_then(|(unified, path)| place(&base, mounts, unified, "", &path));
    if let Some(own) = own.map(|own| own.own()) {
        for resource in PRESSURES {
            let file = format!("{resource}.pressure");
            if let Some(pressure) = files.read(&own.join(&file), &format!("cgroup/{file}"), parse_pressure) {
                group.pressure.insert(resource.to_owned(), pressure);
            }
        }
    }
    Some(group)
}

fn read_cpu(cpu: &Hierarchy, group: &mut ControlGroup, files: &mut KernelFiles) {
    let mut limit_of = |at: &Path| {
        if cpu.unified {
            return files.read(&at.join("cpu.max"), "cgroup/cpu.max", parse_cpu_max)?;
        }
        let quota = files.read(&at.join("cpu.cfs_quota_us"), "cgroup/cpu.cfs_quota_us", parse_number::<i64>)?;
        let period = files.read(&at.join("cpu.cfs_period_us"), "cgroup/cpu.cfs_period_us", parse_number::<u64>)?;
        millis(u64::try_from(quota).ok()?, period)
    };
    let limited = cpu.upwards().find_map(|at| limit_of(&at).map(|limit| (at, limit)));
    group.cpu_limit_millis = limited.as_ref().map(|limited| limited.1);
    let at = limited.map_or_else(|| cpu.own(), |limited| limited.0);
    let stat = files.read(&at.join("cpu.stat"), "cgroup/cpu.stat", |bytes| (!bytes.is_empty()).then(|| bytes.to_vec()));
    let Some(stat) = stat else { return };
    group.cpu_periods = parse_flat(&stat, "nr_periods");
    group.cpu_throttled_periods = parse_flat(&stat, "nr_throttled");
    let nanoseconds = parse_flat(&stat, "throttled_time").map(|time| time / 1_000);
    group.cpu_throttled_us = parse_flat(&stat, "throttled_usec").or(nanoseconds);
}

fn read_memory(memory: &Hierarchy, group: &mut ControlGroup, files: &mut KernelFiles) {
    let [limit, usage, cache, events] = if memory.unified {
        ["memory.max", "memory.current", "file", "memory.events"]
    } else {
        ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_cache", "memory.oom_control"]
    };
    let mut limit_of = |at: PathBuf| {
        let bytes = files.read(&at.join(limit), &format!("cgroup/{limit}"), parse_memory_max)??;
        Some((bytes, at))
    };
    // Of equal limits the nearest counts.
    let lowest = memory.upwards().filter_map(&mut limit_of).reduce(
        |lowest, above| {
            if above.0 < lowest.0 { above } else { lowest }
        },
    );
    group.memory_limit_bytes = lowest.as_ref().map(|lowest| lowest.0);
    let at = lowest.map_or_else(|| memory.own(), |lowest| lowest.1);
    group.memory_usage_bytes = files.read(&at.join(usage), &format!("cgroup/{usage}"), parse_number);
    group.memory_cache_bytes =
        files.read(&at.join("memory.stat"), "cgroup/memory.stat", |bytes| parse_flat(bytes, cache));
    group.oom_kills = files.read_optional(&memory.own().join(events), &format!("cgroup/{events}"), |bytes| {
        // Kernels before 4.13 do not count them, and the root group has no such file.
        if bytes.is_empty() { None } else { Some(parse_flat(bytes, "oom_kill")) }
    });
}

/// Whether the process' hierarchy with `controller` is of version 2, and its path there. Without a controller version 2
/// itself is meant. A controller that no line names is on version 2.
#[must_use]
pub fn parse_cgroup(bytes: &[u8], controller: &str) -> Option<(bool, String)> {
    let lines: Vec<(&str, &str)> = bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| std::str::from_utf8(line).ok()?.split_once(':')?.1.split_once(':'))
        .collect();
    let of_version_1 =
        lines.iter().find(|(names, _)| !controller.is_empty() && names.split(',').any(|name| name == controller));
    let found = of_version_1.or_else(|| lines.iter().find(|(names, _)| names.is_empty()))?;
    Some((found.0.is_empty(), found.1.to_owned()))
}

/// Where a group is below our own mounts.
fn place(base: &Path, mounts: &[Mount], unified: bool, controller: &str, path: &str) -> Option<Hierarchy> {
    let is_it = |mount: &&Mount| match mount.kind.as_str() {
        "cgroup2" => unified,
        "cgroup" => !unified && mount.super_options.iter().any(|option| option == controller),
        _ => false,
    };
    // With `--path.sysfs` the mount point is another one; what stands behind `fs/cgroup` is the same.
    let mounted = mounts.iter().filter(is_it).find_map(|mount| {
        let behind = mount.point.to_str()?.split_once("/fs/cgroup")?.1.trim_start_matches('/');
        Some((base.join(behind), mount.root.clone()))
    });
    let (base, root) = mounted.unwrap_or_else(|| {
        let below = match (unified, base.join("cgroup.controllers").exists()) {
            (true, true) => base.to_path_buf(),
            (true, false) => base.join("unified"),
            (false, _) => base.join(controller),
        };
        (below, PathBuf::from("/"))
    });
    // A group above the root of our name space is written with `..`.
    let group = Path::new(path).strip_prefix(&root).ok()?;
    let is_below = !group.components().any(|part| part == std::path::Component::ParentDir);
    is_below.then(|| Hierarchy { unified, base, group: group.to_path_buf() })
}

fn parse_number<T: std::str::FromStr>(bytes: &[u8]) -> Option<T> {
    std::str::from_utf8(bytes).ok()?.trim().parse().ok()
}

/// The number behind a key of a flat-keyed file, such as `nr_periods 5`.
#[must_use]
pub fn parse_flat(bytes: &[u8], key: &str) -> Option<u64> {
    let lines = bytes.split(|byte| *byte == b'\n');
    let mut values = lines.filter_map(|line| line.strip_prefix(key.as_bytes())?.strip_prefix(b" "));
    parse_number(values.next()?)
}

/// A `cpu.max`: thousandths of a processor, from quota and period in microseconds; the inner value is absent for `max`.
#[must_use]
pub fn parse_cpu_max(bytes: &[u8]) -> Option<Option<u64>> {
    let (quota, period) = std::str::from_utf8(bytes).ok()?.trim().split_once(' ')?;
    match (quota, period.parse().ok()?) {
        ("max", _) => Some(None),
        (quota, period) => Some(millis(quota.parse().ok()?, period)),
    }
}

fn millis(quota: u64, period: u64) -> Option<u64> {
    quota.checked_mul(1_000)?.checked_div(period)
}

/// A limit in bytes; the inner value is absent when there is none.
#[must_use]
pub fn parse_memory_max(bytes: &[u8]) -> Option<Option<u64>> {
    match std::str::from_utf8(bytes).ok()?.trim() {
        "max" => Some(None),
        number => {
            Some(number.parse().ok().filter(|bytes| *bytes < UNLIMITED_BYTES)).filter(|_| number.parse::<u64>().is_ok())
        }
    }
}

/// Pressure stall information: `some avg10=0.00 avg60=0.00 avg300=0.00 total=N`, then the same with `full`.
#[must_use]
pub fn parse_pressure(bytes: &[u8]) -> Option<Pressure> {
    let total = |kind: &str| {
        let mut lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(kind.as_bytes()));
        let line = std::str::from_utf8(lines.next()?.strip_prefix(b" ")?).ok()?;
        line.split_ascii_whitespace().find_map(|field| field.strip_prefix("total=")?.parse().ok())
    };
    let pressure = Pressure { some_us: total("some"), full_us: total("full") };
    (pressure != Pressure::default()).then_some(pressure)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::sources::mounts::parse_mounts;

    /// Files below a directory of their own, dropped with it.
    struct Tree(PathBuf);

    impl Tree {
        fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let root = std::env::temp_dir().join(format!("brokerwatch-cgroup-{name}-{}", std::process::id()));
            for (path, text) in files {
                let path = root.join("fs/cgroup").join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Self(root)
        }

        fn read(&self, mounts: &str, cgroup: &str) -> (Option<ControlGroup>, KernelFiles) {
            let mut files = KernelFiles::default();
            let group = read_control_group(&self.0, &parse_mounts(mounts.as_bytes()), cgroup.as_bytes(), &mut files);
            (group, files)
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn version_2_is_read_from_the_group_that_has_the_limit() {
        let tree = Tree::new(
            "v2",
            &[
                ("cgroup.controllers", "cpu io memory\n"),
                ("pod/cpu.max", "150000 100000\n"),
                ("pod/cpu.stat", "usage_usec 9\nnr_periods 40\nnr_throttled 10\nthrottled_usec 2500000\n"),
                ("pod/memory.max", "1073741824\n"),
                ("pod/memory.current", "1000000000\n"),
                ("pod/memory.stat", "anon 5\nfile 700000000\nfile_mapped 3\n"),
                ("pod/kafka/cpu.max", "max 100000\n"),
                ("pod/kafka/cpu.stat", "usage_usec 9\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n"),
                ("pod/kafka/memory.max", "max\n"),
                ("pod/kafka/memory.events", "low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\noom_group_kill 0\n"),
                (
                    "pod/kafka/memory.pressure",
                    "some avg10=0.00 avg60=0.00 avg300=0.00 total=77\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=33\n",
                ),
                ("pod/kafka/cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n"),
                ("pod/kafka/io.pressure", ""),
            ],
        );
        let (group, files) = tree.read("", "0::/pod/kafka\n");
        let expected = ControlGroup {
            cpu_limit_millis: Some(1_500),
            cpu_periods: Some(40),
            cpu_throttled_periods: Some(10),
            cpu_throttled_us: Some(2_500_000),
            memory_limit_bytes: Some(1 << 30),
            memory_usage_bytes: Some(1_000_000_000),
            memory_cache_bytes: Some(700_000_000),
            oom_kills: Some(1),
            pressure: [
                ("cpu".to_owned(), Pressure { some_us: Some(5), full_us: None }),
                ("memory".to_owned(), Pressure { some_us: Some(77), full_us: Some(33) }),
            ]
            .into(),
        };
        assert_eq!(group, Some(expected));
        assert_eq!(files.unread.keys().collect::<Vec<_>>(), ["cgroup/io.pressure"], "masked, so not 0");
    }

    #[test]
    fn version_1_is_read_through_the_mount_of_each_controller() {
        let tree = Tree::new(
            "v1",
            &[
                ("cpu,cpuacct/kafka/cpu.cfs_quota_us", "200000\n"),
                ("cpu,cpuacct/kafka/cpu.cfs_period_us", "100000\n"),
                ("cpu,cpuacct/kafka/cpu.stat", "nr_periods 8\nnr_throttled 2\nthrottled_time 3000000\n"),
                ("memory/kafka/memory.limit_in_bytes", "9223372036854771712\n"),
                ("memory/kafka/memory.usage_in_bytes", "4096\n"),
                ("memory/kafka/memory.stat", "cache 1\ntotal_cache 2048\n"),
                ("memory/kafka/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"),
            ],
        );
        let mounts = "30 25 0:26 / /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n\
                      31 25 0:27 /docker/a1 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
        let cgroup = "4:memory:/docker/a1/kafka\n3:cpu,cpuacct:/kafka\n1:name=systemd:/x\n";
        let (group, files) = tree.read(mounts, cgroup);
        let group = group.unwrap();
        assert_eq!((group.cpu_limit_millis, group.cpu_throttled_us), (Some(2_000), Some(3_000)));
        assert_eq!((group.memory_limit_bytes, group.memory_usage_bytes), (None, Some(4_096)));
        assert_eq!((group.memory_cache_bytes, group.oom_kills), (Some(2_048), Some(2)));
        assert!(group.pressure.is_empty() && files.unread.is_empty(), "{files:?}");
    }

    #[test]
    fn a_group_that_is_not_below_ours_is_not_told() {
        let tree = Tree::new("away", &[("cgroup.controllers", "cpu\n"), ("cpu.stat", "nr_periods 1\n")]);
        assert_eq!(tree.read("", "0::/../other\n").0, None, "of another container");
        assert_eq!(tree.read("", "0::/gone\n").0, None);
        assert_eq!(tree.read("", "").0, None);
        let mounts = "30 25 0:26 /kubepods/a /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
        assert_eq!(tree.read(mounts, "0::/kubepods/b\n").0, None);
    }

    #[test]
    fn limits_are_read_and_nonsense_is_none() {
        assert_eq!(parse_cpu_max(b"max 100000\n"), Some(None));
        assert_eq!(parse_cpu_max(b"50000 100000\n"), Some(Some(500)));
        assert_eq!(parse_cpu_max(b"50000 0\n"), Some(None), "no period, no limit");
        assert_eq!(parse_cpu_max(b"N/A\n"), None);
        assert_eq!(parse_memory_max(b"max\n"), Some(None));
        assert_eq!(parse_memory_max(b"9223372036854771712\n"), Some(None));
        assert_eq!(parse_memory_max(b"-1\n"), None);
        assert_eq!(parse_pressure(b""), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[a-z0-9:,/ =.\n]{0,120}") {
            for bytes in [&bytes[..], text.as_bytes()] {
                let _ = (parse_cgroup(bytes, "cpu"), parse_cpu_max(bytes), parse_memory_max(bytes));
                let _ = (parse_pressure(bytes), parse_flat(bytes, "nr_periods"));
            }
        }

        #[test]
        fn pressure_reads_back(some in any::<u64>(), full in any::<u64>()) {
            let text = format!("some avg10=1.00 avg60=0.00 avg300=0.00 total={some}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total={full}\n");
            prop_assert_eq!(parse_pressure(text.as_bytes()), Some(Pressure { some_us: Some(some), full_us: Some(full) }));
        }
    }
}
