//! From a fault to the page: each fault of a real cluster wakes somebody once, with its culprit, and ends; work on a cluster that is
//! well wakes nobody.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::caps::{throttle, unthrottle};
use crate::equality::produce;
use crate::fault_disk::{FaultDisk, may_make_disks, put_on_disks};
use crate::harness::{Cluster, Sidecar, eventually, holds};
use crate::watch::{Expected, TRUE_HERE, Told, Watch, tools_are_there};

/// Work on a cluster that is well: nothing of it may page.
fn work(cluster: &Cluster, sidecars: &mut BTreeMap<u32, Sidecar>) {
    for (id, sidecar) in &*sidecars {
        // As whoever restarts brokers with care does it: not before the last one has caught up.
        eventually(Duration::from_secs(60), || sidecar.try_get("/-/safe-to-stop").map(drop));
        cluster.kafka(&["restart", &id.to_string()]);
    }
    cluster.kafka(&["restart", "controller"]);
    cluster.kafka(&["topic", "delete", "churn"]);
    cluster.kafka(&["topic", "create", "churn", "--partitions", "3", "--replication-factor", "3"]);
    produce(cluster, "churn", 5);
    let port = sidecars[&2].port;
    sidecars.remove(&2);
    let file = format!("--kafka.properties-file={}", cluster.properties("2"));
    sidecars.insert(2, Sidecar::start_on(port, &[&file]));
}

/// Writes to a topic until it is dropped: without a load nobody can tell that a drive is slow.
struct Load {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Load {
    fn on(cluster: &Cluster, topic: &'static str) -> Self {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", cluster.bootstrap()).set("acks", "1");
        let producer: BaseProducer = config.create().unwrap();
        let ends = Arc::new(AtomicBool::new(false));
        let told = ends.clone();
        let thread = std::thread::spawn(move || {
            for number in 0_u64.. {
                if told.load(Ordering::Relaxed) {
                    break;
                }
                // One that finds no room is not missed.
                let _ = producer.send(BaseRecord::to(topic).key(&number.to_string()).payload("x"));
                producer.poll(Duration::from_millis(25));
            }
            producer.purge(rdkafka::producer::PurgeConfig::default().queue().inflight());
        });
        Self { ends, thread: Some(thread) }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.take().map(JoinHandle::join);
    }
}

/// One cluster, all of whose faults are told by one Alertmanager.
struct Stage {
    // Dropped in this order: the disks are let go of first.
    watch: Watch,
    sidecars: BTreeMap<u32, Sidecar>,
    _controller: Sidecar,
    cluster: Cluster,
    /// Of each broker, where this user may make them.
    disks: BTreeMap<u32, FaultDisk>,
    table: Vec<String>,
}

impl Stage {
    fn up() -> Self {
        let cluster = Cluster::up(3, None);
        let disks = if may_make_disks() { put_on_disks(&cluster, &[1, 2, 3]) } else { BTreeMap::new() };
        for (topic, further) in [("orders", &["--config", "flush.messages=1"][..]), ("churn", &[])] {
            let create = ["topic", "create", topic, "--partitions", "6", "--replication-factor", "3"];
            cluster.kafka(&[&create, further].concat());
            produce(&cluster, topic, 500);
        }
        // The trap that a new cluster of 4.1 comes with is a page of its own.
        cluster.kafka(&["config", "set", "broker", "default", "min.insync.replicas=2"]);
        let sidecars = cluster.sidecars();
        let file = format!("--kafka.properties-file={}", cluster.properties("controller"));
        let controller = Sidecar::start(&[&file]);
        let ports: Vec<u16> = sidecars.values().chain([&controller]).map(|sidecar| sidecar.port).collect();
        let watch = Watch::start(&ports, &TRUE_HERE);
        let stage = Self { watch, sidecars, _controller: controller, cluster, disks, table: Vec::new() };
        stage.until_up();
        stage
    }

    fn until_up(&self) {
        eventually(Duration::from_secs(60), || {
            let nodes = self.watch.query("kafka_broker_up == 1 or kafka_controller_up == 1");
            holds(nodes.len() == 4, || format!("{nodes:?}"))
        });
    }

    /// Does something wrong; one page group for each of `expected` says so, in time.
    fn fault(&mut self, what: &str, wrong: impl FnOnce(&Self), expected: &[Expected]) {
        let at = Instant::now();
        wrong(self);
        self.told(what, at, expected);
    }

    fn told(&mut self, what: &str, at: Instant, expected: &[Expected]) {
        let told = self.watch.expect("pages", at, expected);
        for (expected, told) in expected.iter().zip(told) {
            self.row(what, expected, at, &told);
        }
    }

    /// A ticket among others that speak of what was done wrong then.
    fn ticket(&mut self, what: &str, at: Instant, expected: &Expected) {
        let told = self.watch.expect_among("tickets", at, expected);
        self.row(what, expected, at, &told);
    }

    fn row(&mut self, what: &str, expected: &Expected, at: Instant, told: &Told) {
        let (wait, took) = (self.watch.wait_of(expected.alert).as_secs(), told.at.duration_since(at).as_secs());
        let (alert, severity, culprit) = (expected.alert, told.label("severity"), told.culprit());
        let row = format!(
            "| {what} | {alert}, {severity} | {culprit} | {wait} s | {took} s | {} {} |",
            told.summary, told.description
        );
        println!("{row}");
        self.table.push(row);
    }

    /// Makes it right again; all pages end, and none is added.
    fn mend(&self, what: &str, right: impl FnOnce(&Self)) {
        self.mend_with("", what, right);
    }

    /// As [`Stage::mend`], with a page that is true while it is mended.
    fn mend_with(&self, page: &str, what: &str, right: impl FnOnce(&Self)) {
        let at = Instant::now();
        right(self);
        let quiet = self.watch.expect_quiet(Duration::from_secs(120));
        let mut pages = self.watch.fired_anew("pages", at);
        pages.retain(|told| told.label("alertname") != page);
        assert!(pages.is_empty(), "of a recovery: {pages:#?}");
        println!("{what}: took {:.0} s, over {quiet:.0} s later", at.elapsed().as_secs_f64() - quiet);
    }

    fn nothing_pages_while_work_is_done(&mut self) {
        let began = Instant::now();
        work(&self.cluster, &mut self.sidecars);
        // What takes longer than this to page would be a second page below.
        std::thread::sleep(Duration::from_secs(20));
        let pages = self.watch.fired("pages", began);
        assert!(pages.is_empty(), "work on a cluster that is well: {pages:#?}");
        let took = began.elapsed().as_secs_f64();
        println!("restarts of all nodes and of a sidecar, a topic made anew: {took:.0} s, 0 pages; tickets:");
        for told in self.watch.fired("tickets", began) {
            println!("  {}: {}", told.label("alertname"), told.description);
        }
        self.until_up();
    }

    fn brokers(&mut self) {
        let down = |peer, text| Expected::new("KafkaBrokerDown", ("peer", peer), text);
        self.fault("broker 2 killed", |on| on.kafka(&["kill", "2"]), &[down("2", "Its port refuses connections")]);
        self.mend("broker 2 started", |on| on.kafka(&["start", "2"]));
        self.fault("broker 3 stopped", |on| on.kafka(&["stop", "3"]), &[down("3", "It sends no answer in time")]);
        self.mend("broker 3 goes on", |on| on.kafka(&["cont", "3"]));
    }

    /// Also with a drive that answers late, one that is not let at, and settings that differ, which are tickets and take their time.
    /// Returns when settings began to differ.
    fn quorum(&mut self) -> Instant {
        let drifted = Instant::now();
        self.kafka(&["config", "set", "broker", "3", "message.max.bytes=2000000"]);
        let strict = ["--partitions", "6", "--replication-factor", "3", "--config", "min.insync.replicas=3"];
        self.kafka(&[&["topic", "create", "strict"], &strict[..]].concat());
        self.sidecars[&3].look_again();

        let load = Load::on(&self.cluster, "orders");
        let slowed = Instant::now();
        let slow = self.disks.get(&2).map(|disk| {
            disk.set(&["write_ms=300", "sync_ms=300"]);
            Expected::new("KafkaDriveSlowAmongPeers", ("device", &disk.device), "far slower in each write")
        });
        let above = self.disks.get(&3).and_then(|disk| throttle(&self.cluster, "3", &disk.device));
        let lost = Expected::new("KafkaQuorumLost", ("kafka_cluster", "test"), "no answer from an active controller");
        self.fault("the only controller killed", |on| on.kafka(&["kill", "controller"]), &[lost]);
        if let Some(slow) = slow {
            self.ticket("each write to a drive takes 300 ms longer", slowed, &slow);
            self.disks[&2].set(&[]);
        }
        if let Some(groups) = above {
            let instance = format!("127.0.0.1:{}", self.sidecars[&3].port);
            let stuck =
                Expected::new("KafkaProcessThreadsStuck", ("instance", &instance), "what is slow lies above them");
            self.ticket("a control group lets four writes a second through to a drive", slowed, &stuck);
            unthrottle(&groups, &self.disks[&3].device);
        }
        drop(load);
        self.mend("the controller started", |on| on.kafka(&["start", "controller"]));
        drifted
    }

    fn min_isr(&mut self) {
        eventually(Duration::from_secs(60), || {
            let known = self.watch.query("kafka_topic_config_min_insync_replicas{topic='strict'} == 3");
            holds(!known.is_empty(), || "nobody has seen the topic strict".to_owned())
        });
        let refused = Expected::new("KafkaPartitionsUnderMinIsr", ("peer", "1"), "Broker 1 is missing from");
        let what = "broker 1 of a topic that demands all three shut down";
        self.fault(what, |on| on.kafka(&["term", "1"]), &[refused]);
        self.mend("broker 1 started", |on| on.kafka(&["start", "1"]));
        self.kafka(&["topic", "delete", "strict"]);
    }

    /// Nobody wrote to the topic after one of its two replicas had left, so its unclean election loses nothing, and is told as itself.
    fn two_of_three(&mut self) {
        let create = ["topic", "create", "risky", "--assignment", "2:3", "--config", "min.insync.replicas=1"];
        self.kafka(&[&create[..], &["--config", "unclean.leader.election.enable=true"]].concat());
        produce(&self.cluster, "risky", 100);
        let at = Instant::now();
        for broker in ["3", "2"] {
            self.kafka(&["term", broker]);
        }
        let refused = |peer| Expected::new("KafkaPartitionsUnderMinIsr", ("peer", peer), "It does not answer");
        let dark = Expected::new("KafkaPartitionsWithoutLeader", ("kafka_cluster", "test"), "risky-0");
        self.told("two of three brokers are down", at, &[refused("2"), refused("3"), dark]);

        let at = Instant::now();
        self.kafka(&["start", "3"]);
        eventually(Duration::from_secs(60), || {
            let counted = self.watch.query("kafka_cluster_unclean_elections_total > 0");
            holds(!counted.is_empty(), || "nobody has seen the unclean election".to_owned())
        });
        self.kafka(&["start", "2"]);
        let elected = Expected::new("KafkaUncleanElection", ("kafka_cluster", "test"), "was not in their in-sync sets");
        let told = self.watch.expect_among("pages", at, &elected);
        self.row("of the two the one that was not in sync comes back first", &elected, at, &told);
        let lost = self.watch.query("ALERTS{alertname='KafkaAcknowledgedDataLost'}");
        assert!(lost.is_empty(), "nothing was: {lost:#?}");
        // Of two replicas the last one would page below.
        self.kafka(&["topic", "delete", "risky"]);
    }

    fn disks(&mut self) {
        let Some(disk) = self.disks.get(&2) else { return };
        let (device, log_dir) = (disk.device.clone(), disk.log_dir.clone());
        let stalled = Expected::new("KafkaDriveStalled", ("device", &device), "holds operations of which none ends");
        self.fault("a drive hangs", |on| on.disks[&2].set(&["hang"]), &[stalled]);
        self.mend("the drive answers", |on| on.disks[&2].set(&[]));
        let full = Expected::new("KafkaLogDirSpaceCritical", ("log_dir", &log_dir), "of its file system left");
        self.fault("a log directory is 98 % full", |on| on.disks[&2].fill(), &[full]);
        self.mend("it has room again", |on| on.disks[&2].empty());
    }

    fn a_failing_disk(&mut self) {
        let Some(disk) = self.disks.get(&2) else { return };
        let log_dir = disk.log_dir.clone();
        let at = Instant::now();
        self.disks[&2].set(&["write_eio", "sync_eio"]);
        // The file system or the broker, whichever meets the errors first; the broker is asked once a minute.
        let mut first = None;
        eventually(Duration::from_secs(90), || {
            let fired = self.watch.fired("pages", at);
            let is_told = |alert: &&str| fired.iter().any(|told| told.label("alertname") == *alert);
            first = ["KafkaLogDirNotWritable", "KafkaLogDirOffline"].into_iter().find(is_told);
            holds(first.is_some(), || format!("neither is among {fired:#?}"))
        });
        self.told(
            "writes to a drive fail",
            at,
            &[Expected::new(first.unwrap(), ("log_dir", &log_dir), "Log directory")],
        );
        let offline = "kafka_log_dir_online == 0";
        eventually(Duration::from_secs(90), || holds(!self.watch.query(offline).is_empty(), || "online".to_owned()));
        let other = self.watch.fired("pages", at).into_iter().find(|told| Some(told.label("alertname")) != first);
        assert!(other.is_none(), "a second page for one directory: {other:#?}");
        // A broker is down for as long as its file system is checked.
        self.mend_with("KafkaBrokerDown", "the drive was repaired", |on| {
            on.kafka(&["term", "2"]);
            on.disks[&2].repair();
            on.kafka(&["start", "2"]);
        });
    }

    fn kafka(&self, arguments: &[&str]) {
        self.cluster.kafka(arguments);
    }
}

impl Drop for Stage {
    /// A broker whose disk hangs does not end.
    fn drop(&mut self) {
        self.disks.values().for_each(|disk| disk.set(&[]));
    }
}

#[test]
fn each_fault_pages_once_with_its_culprit_and_work_on_the_cluster_pages_nobody() {
    if !tools_are_there() {
        return;
    }
    let started = Instant::now();
    let mut stage = Stage::up();
    println!("ready after {:.0} s", started.elapsed().as_secs_f64());
    stage.nothing_pages_while_work_is_done();
    stage.brokers();
    let drifted = stage.quorum();
    stage.min_isr();
    stage.two_of_three();
    stage.disks();
    stage.a_failing_disk();
    let drift = Expected::new("KafkaConfigDrift", ("key", "message.max.bytes"), "2 different values");
    stage.ticket("another message.max.bytes on broker 3", drifted, &drift);
    println!(
        "\n| fault | alert | culprit | its wait | told after | text |\n|---|---|---|---|---|---|\n{}\n\nall of it took {:.0} s",
        stage.table.join("\n"),
        started.elapsed().as_secs_f64()
    );
}
