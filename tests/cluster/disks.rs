//! A log directory of a real broker on a disk that answers late, hangs, fills and fails. What the page says, and when, is
//! held against what Kafka itself says.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::equality::produce;
use crate::fault_disk::{FaultDisk, may_make_disks, put_on_disks};
use crate::harness::{Cluster, Page, Sidecar, eventually, holds};

/// A stalled drive has to be named within this time.
const NAMED_WITHIN: Duration = Duration::from_secs(15);

/// The broker of the lowest id, which asks for what any broker knows; its second log directory lies on a disk that breaks.
struct Bench {
    // Dropped in this order: the sidecar and the cluster let go of the disk first.
    sidecar: Sidecar,
    cluster: Cluster,
    disk: FaultDisk,
}

impl Bench {
    fn up() -> Self {
        let cluster = Cluster::up(3, None);
        let disk = put_on_disks(&cluster, &[1]).remove(&1).unwrap();
        cluster.kafka(&["topic", "create", "orders", "--partitions", "24", "--replication-factor", "3"]);
        produce(&cluster, "orders", 2_000);
        let sidecar = Sidecar::start(&[&format!("--kafka.properties-file={}", cluster.properties("1"))]);
        Self { sidecar, cluster, disk }
    }

    /// How long until the page shows this; the page itself must never take long.
    fn until(&self, what: &str, limit: Duration, holds_on: impl Fn(&Page) -> Result<(), String>) -> Duration {
        let mut slowest = Duration::ZERO;
        let took = eventually(limit, || {
            let asked = Instant::now();
            let page = self.sidecar.page();
            slowest = slowest.max(asked.elapsed());
            holds_on(&page)
        });
        println!("{what}: {:.1} s; slowest page {} ms", took.as_secs_f64(), slowest.as_millis());
        assert!(slowest < Duration::from_secs(1), "{what}: a page took {slowest:?}");
        took
    }

    /// Whether Kafka says that all replicas are in sync: what it shows of a disk that hangs.
    fn is_content(&self) -> bool {
        let described = self.cluster.described().unwrap();
        described.values().all(|partition| partition.isr.len() == partition.replicas.len())
    }
}

fn above(page: &Page, name: &str, labels: &[(&str, &str)], bound: f64) -> Result<(), String> {
    let value = page.value(name, labels);
    holds(value.is_some_and(|value| value > bound), || format!("{name}{labels:?} is {value:?}, not above {bound}"))
}

fn is(page: &Page, name: &str, labels: &[(&str, &str)], wanted: f64) -> Result<(), String> {
    let value = page.value(name, labels);
    holds(value == Some(wanted), || format!("{name}{labels:?} is {value:?}, not {wanted}"))
}

impl Drop for Bench {
    /// A broker whose disk hangs does not end.
    fn drop(&mut self) {
        self.disk.set(&[]);
    }
}

#[test]
fn a_disk_that_answers_late_hangs_fills_and_fails_is_named_with_its_directory() {
    if !may_make_disks() {
        return;
    }
    let bench = Bench::up();
    let (device, log_dir) = (bench.disk.device.as_str(), bench.disk.log_dir.as_str());
    // A broker that has not written its first checkpoint may be recovering: it is not called hung before that.
    bench.until("healthy, and the directory is on its disk", Duration::from_secs(60), |page| {
        above(page, "kafka_log_dir_device_info", &[("log_dir", log_dir), ("device", device)], 0.0)?;
        is(page, "kafka_log_dir_writable", &[("log_dir", log_dir)], 1.0)?;
        is(page, "kafka_log_dir_online", &[("log_dir", log_dir)], 1.0)?;
        is(page, "kafka_disk_io_stalled_seconds", &[("device", device)], 0.0)?;
        is(page, "kafka_disk_suspect", &[("device", device), ("reason", "stalled")], 0.0)?;
        above(page, "kafka_broker_checkpoint_age_seconds", &[], 0.0)?;
        is(page, "kafka_broker_up", &[], 1.0)
    });
    bench.answers_late();
    bench.hangs();
    bench.is_full();
    bench.fails();
}

impl Bench {
    fn answers_late(&self) {
        println!("-- it answers late (300 ms for each write)");
        self.disk.set(&["write_ms=300", "sync_ms=300"]);
        let writes = [("device", self.disk.device.as_str()), ("op", "write")];
        let [time, done] = ["kafka_disk_io_time_seconds_total", "kafka_disk_io_completed_total"];
        let page = self.sidecar.page();
        let before = [time, done].map(|name| page.value(name, &writes).unwrap_or(0.0));
        produce(&self.cluster, "orders", 2_000);
        self.until("a write takes more than 200 ms", Duration::from_secs(60), |page| {
            let value = |name| page.value(name, &writes).ok_or(format!("no {name}"));
            let seconds = (value(time)? - before[0]) / (value(done)? - before[1]).max(1.0);
            holds(seconds > 0.2, || format!("{seconds:.3} s for each write"))
        });
    }

    fn hangs(&self) {
        println!("-- it hangs");
        let (device, log_dir) = (self.disk.device.as_str(), self.disk.log_dir.as_str());
        let began = Instant::now();
        self.disk.set(&["hang"]);
        self.until("the drive has stalled and is suspect", NAMED_WITHIN, |page| {
            above(page, "kafka_disk_io_stalled_seconds", &[("device", device)], 5.0)?;
            is(page, "kafka_disk_suspect", &[("device", device), ("reason", "stalled")], 1.0)
        });
        self.until("its log directory is suspect", NAMED_WITHIN, |page| {
            is(page, "kafka_log_dir_suspect", &[("log_dir", log_dir), ("reason", "stalled")], 1.0)
        });
        assert!(began.elapsed() < NAMED_WITHIN, "named after {:?}", began.elapsed());
        self.until("checkpoints are no longer written", NAMED_WITHIN, |page| {
            above(page, "kafka_broker_checkpoint_age_seconds", &[], 10.0)
        });
        // They are looked at each 30 s.
        self.until("threads of the broker are stuck in the kernel", Duration::from_secs(45), |page| {
            let stuck = page.all("kafka_node_process_uninterruptible_threads").any(|sample| sample.value > 0.0);
            holds(stuck, || "none is".to_owned())
        });
        self.until("what lies on it is counted, and Kafka goes on", Duration::from_secs(30), |page| {
            let on_it = ["kafka_disk_leader_partitions", "kafka_disk_follower_partitions"]
                .map(|name| page.value(name, &[("device", device)]).unwrap_or(0.0));
            holds(on_it[0] + on_it[1] > 0.0, || format!("{on_it:?} on the drive"))?;
            is(page, "kafka_broker_up", &[], 1.0)?;
            is(page, "kafka_log_dir_online", &[("log_dir", log_dir)], 1.0)
        });
        let asked =
            |page: &Page| page.value("brokerwatch_source_last_success_timestamp_seconds", &[("source", "quorum")]);
        let before = asked(&self.sidecar.page());
        self.until(
            "whether it describes its directories or not, it asks the controller",
            Duration::from_secs(60),
            |page| {
                holds(asked(page) > before, || format!("no answer since {before:?}"))?;
                is(page, "brokerwatch_source_up", &[("source", "quorum")], 1.0)
            },
        );
        println!("Kafka meanwhile, after {:.0} s: all in sync: {}", began.elapsed().as_secs_f64(), self.is_content());
        self.disk.set(&[]);
        self.until("well again", Duration::from_secs(60), |page| {
            is(page, "kafka_disk_io_stalled_seconds", &[("device", device)], 0.0)?;
            is(page, "kafka_disk_suspect", &[("device", device), ("reason", "stalled")], 0.0)?;
            let age = page.value("kafka_broker_checkpoint_age_seconds", &[]);
            holds(age.is_some_and(|age| age < 10.0), || format!("checkpoints are {age:?} s old"))
        });
    }

    fn is_full(&self) {
        println!("-- it is full");
        let of_dir = [("log_dir", self.disk.log_dir.as_str())];
        let filler = self.disk.mount().join("filler");
        let _ = Command::new("dd").args(["if=/dev/zero", "bs=1M"]).arg(format!("of={}", filler.display())).output();
        self.until("nothing is left", Duration::from_secs(30), |page| {
            let left = page.value("kafka_log_dir_filesystem_available_bytes", &of_dir);
            holds(left.is_some_and(|left| left < 1e6), || format!("{left:?} bytes are left"))
        });
        let _ = std::fs::remove_file(&filler);
        // Kafka gave the directory up, if it wrote meanwhile.
        self.cluster.kafka(&["restart", "1"]);
        self.until("it has space again", Duration::from_secs(60), |page| {
            above(page, "kafka_log_dir_filesystem_available_bytes", &of_dir, 1e6)?;
            is(page, "kafka_log_dir_online", &of_dir, 1.0)
        });
    }

    fn fails(&self) {
        println!("-- it fails");
        let of_dir = [("log_dir", self.disk.log_dir.as_str())];
        self.disk.set(&["write_eio", "sync_eio"]);
        self.until("the file system gave up", Duration::from_secs(60), |page| {
            is(page, "kafka_log_dir_writable", &of_dir, 0.0)
        });
        // Asked every minute.
        self.until("the broker took it offline", Duration::from_secs(90), |page| {
            is(page, "kafka_log_dir_online", &of_dir, 0.0)?;
            is(page, "kafka_broker_up", &[], 1.0)
        });
        println!("Kafka meanwhile: all in sync: {}", self.is_content());
    }
}
