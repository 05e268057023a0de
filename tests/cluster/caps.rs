//! A real broker under caps of its control group: processors that it may not use, memory that runs out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::common::tools::skip;
use crate::harness::{Cluster, Page, Sidecar, eventually, holds};

/// The source that reads them looks every 15 s.
const SEEN_WITHIN: Duration = Duration::from_secs(40);
const MEMORY_BYTES: u64 = 200 << 20;
/// How often a group may write to a device.
const WRITES: &str = "blkio.throttle.write_iops_device";

/// Groups of version 1 made for a test; their processes go back where they were when it is dropped.
pub(crate) struct Groups {
    made: Vec<PathBuf>,
}

impl Groups {
    /// A group for each controller; absent, with the reason printed, where this user or machine has none of version 1.
    fn make(controllers: &[&str]) -> Option<Self> {
        let mut groups = Self { made: Vec::new() };
        for controller in controllers {
            let group =
                Path::new("/sys/fs/cgroup").join(controller).join(format!("brokerwatch-{}", std::process::id()));
            if let Err(error) = fs::create_dir(&group) {
                skip(&format!("{} cannot be made ({error}): caps need root and cgroup v1", group.display()));
                return None;
            }
            groups.made.push(group);
        }
        Some(groups)
    }

    fn set(&self, file: &str, value: impl ToString) {
        let group = self.made.iter().find(|group| group.join(file).exists()).unwrap();
        fs::write(group.join(file), value.to_string()).unwrap();
    }

    fn take(&self, pid: &str) {
        self.made.iter().for_each(|group| fs::write(group.join("cgroup.procs"), pid).unwrap());
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        for group in &self.made {
            let inside = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
            let parent = group.parent().unwrap().join("cgroup.procs");
            inside.lines().for_each(|pid| drop(fs::write(&parent, pid)));
            let _ = fs::remove_dir(group);
        }
    }
}

/// Lets a node write to a block device four times a second: its operations wait before the device gets them, so the device is quick.
/// Over with [`unthrottle`]; absent where there are no such groups.
pub(crate) fn throttle(cluster: &Cluster, node: &str, device: &str) -> Option<Groups> {
    let groups = Groups::make(&["blkio"])?;
    groups.set(WRITES, format!("{} 4", number_of(device)));
    groups.take(cluster.kafka(&["pid", node]).trim());
    Some(groups)
}

/// What still waits goes first: a group that is removed keeps it.
pub(crate) fn unthrottle(groups: &Groups, device: &str) {
    groups.set(WRITES, format!("{} 0", number_of(device)));
}

fn number_of(device: &str) -> String {
    fs::read_to_string(format!("/sys/block/{device}/dev")).unwrap().trim().to_owned()
}

fn value(page: &Page, name: &str) -> Result<f64, String> {
    page.value(name, &[]).ok_or_else(|| format!("no {name}"))
}

#[test]
fn a_capped_broker_says_what_it_waits_for_and_who_was_killed_beside_it() {
    let Some(groups) = Groups::make(&["cpu", "memory"]) else { return };
    let cluster = Cluster::up(3, None);
    let pid = cluster.kafka(&["pid", "1"]).trim().to_owned();
    let sidecar = Sidecar::start(&[&format!("--kafka.properties-file={}", cluster.properties("1"))]);
    let until = |what: &str, seen: &dyn Fn(&Page) -> Result<(), String>| {
        let took = eventually(SEEN_WITHIN, || seen(&sidecar.page()));
        println!("{what}: seen after {:.1} s", took.as_secs_f64());
    };
    groups.take(&pid);
    // A hundredth of a processor: an idle broker uses more.
    groups.set("cpu.cfs_period_us", 100_000);
    groups.set("cpu.cfs_quota_us", 1_000);
    until("processors are capped", &|page| {
        let cores = value(page, "kafka_node_cgroup_cpu_limit_cores")?;
        let stood = value(page, "kafka_node_cgroup_cpu_throttled_seconds_total")?;
        holds((cores - 0.01).abs() < 1e-9 && stood > 0.5, || format!("{cores} cores, stood still for {stood} s"))
    });
    groups.set("cpu.cfs_quota_us", -1);
    until("they are not any more", &|page| {
        let cores = page.value("kafka_node_cgroup_cpu_limit_cores", &[]);
        holds(cores.is_none() && page.value("kafka_broker_up", &[]) == Some(1.0), || format!("{cores:?} cores"))
    });

    groups.set("memory.limit_in_bytes", MEMORY_BYTES);
    until("memory is capped", &|page| {
        let limit = value(page, "kafka_node_cgroup_memory_limit_bytes")?;
        let killed = value(page, "kafka_node_cgroup_oom_kills_total")?;
        holds(limit == MEMORY_BYTES as f64 && killed == 0.0, || format!("{limit} bytes, {killed} killed"))
    });
    // Another process of the group takes all of it, and offers itself.
    let procs = groups.made[1].join("cgroup.procs");
    let hog = format!("echo $$ >{} && echo 1000 >/proc/self/oom_score_adj && exec tail /dev/zero", procs.display());
    let hog = Command::new("sh").args(["-c", &hog]).status();
    assert!(!hog.unwrap().success(), "it is killed");
    until("memory ran out", &|page| {
        let killed = value(page, "kafka_node_cgroup_oom_kills_total")?;
        holds(killed >= 1.0 && page.value("kafka_broker_up", &[]) == Some(1.0), || format!("{killed} killed"))
    });
}
