//! What alert packs are compared by, the mistakes in settings: all of them in one real cluster, against the shipped alerts. The table says
//! which alert told each, with which culprit, after how long; that of the faults is what pages.rs prints.
//!
//! Both: `cargo test --test cluster -- --include-ignored --nocapture --test-threads=1 pages scenarios`

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::common::sidecar::free_port;
use crate::equality::produce;
use crate::harness::{Cluster, Sidecar, eventually};
use crate::watch::{Expected, Told, Watch, tools_are_there};

/// Each alert that a receiver was told of, when first and with which culprits.
fn told_by(watch: &Watch, receiver: &str, since: Instant) -> String {
    let open = watch.open(receiver, since);
    let mut alerts: BTreeMap<String, (u64, Vec<String>)> = BTreeMap::new();
    for told in watch.fired(receiver, since).iter().filter(|told| !open.contains(&told.labels)) {
        let took = told.at.duration_since(since).as_secs();
        let (_, culprits) = alerts.entry(told.label("alertname").to_owned()).or_insert((took, Vec::new()));
        if !culprits.contains(&told.culprit()) {
            culprits.push(told.culprit());
        }
    }
    let rows =
        alerts.into_iter().map(|(alert, (took, culprits))| format!("{alert} ({}) {took} s", culprits.join(", ")));
    rows.collect::<Vec<_>>().join("; ")
}

/// A consumer of a group that has got its partitions, and so its group's offsets topic made.
fn consumer(cluster: &Cluster, topic: &str) -> BaseConsumer {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", cluster.bootstrap())
        .set("group.id", "readers")
        .set("auto.offset.reset", "earliest");
    let consumer: BaseConsumer = config.create().unwrap();
    consumer.subscribe(&[topic]).unwrap();
    eventually(Duration::from_secs(60), || match consumer.poll(Duration::from_millis(200)) {
        Some(Ok(_)) => Ok(()),
        other => Err(format!("{other:?}")),
    });
    consumer
}

/// Each mistake, to whom it is told and as what.
fn mistakes() -> Vec<(&'static str, &'static str, Expected)> {
    let to = |receiver| move |alert, label, text| (receiver, Expected::new(alert, label, text));
    let (page, ticket, note) = (to("pages"), to("tickets"), to("notes"));
    let finding = |check, text| ticket("KafkaCriticalFinding", ("check", check), text);
    let warning = |check, text| note("KafkaWarningFinding", ("check", check), text);
    let rows = [
        ("topic with one replica", finding("topic-rf-low", "single")),
        ("internal topic with one replica", finding("internal-offsets-rf", "offsets")),
        ("unclean election switched on", finding("unclean-election-broker", "unclean")),
        ("min.insync.replicas as many as replicas", finding("minisr-eq-rf", "strict")),
        (
            "min.insync.replicas is 1 while the files say 2",
            page("KafkaMinInsyncReplicasOverridden", ("kafka_cluster", "test"), "On 3 brokers"),
        ),
        ("another value on one broker", ticket("KafkaConfigDrift", ("key", "message.max.bytes"), "2 different values")),
        (
            "file edited, node not restarted",
            ticket("KafkaConfigPendingRestart", ("kafka_cluster", "test"), "1 settings"),
        ),
        ("all brokers on one machine", ticket("KafkaReplicasOnOneMachine", ("peer", "3"), "on the same machine")),
        ("one broker without a rack", finding("rack-partial", "rack")),
        (
            "log directory inside that of another",
            page("KafkaLogDirNested", ("kafka_cluster", "test"), "Inside the log directory"),
        ),
        ("topics are made by whoever asks", warning("autocreate-enabled", "auto.create.topics.enable")),
        ("misspelt key", finding("key-unknown", "key-unknown")),
        ("PLAINTEXT on all interfaces, no authorizer", warning("listener-plaintext-exposed", "listener")),
        (
            "certificate with five days left",
            page("KafkaCertificateExpiresSoon", ("kafka_cluster", "test"), "ends within days"),
        ),
        ("log directory in memory", finding("logdir-volatile-fs", "brokerwatch-test")),
        (
            "nearly all leaders on one broker",
            ticket("KafkaLeadersConcentrated", ("kafka_cluster", "test"), "times as many as a broker of the cluster"),
        ),
    ];
    rows.map(|(what, (receiver, expected))| (what, receiver, expected)).into()
}

/// A directory in memory; removed when dropped.
struct InMemory(PathBuf);

impl Drop for InMemory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Changes the file of a node, which takes it up with a restart.
fn rewrite(cluster: &Cluster, node: &str, change: impl FnOnce(String) -> String) {
    let file = cluster.properties(node);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, change(text)).unwrap();
    cluster.kafka(&["restart", node]);
}

/// Makes an empty directory one that the node takes as its own.
fn format_like(cluster: &Cluster, dir: &PathBuf, formatted: &str) {
    let text = std::fs::read_to_string(cluster.file(formatted)).unwrap();
    std::fs::create_dir_all(dir).unwrap();
    // Its own id is given to it with the next start.
    let lines = text.lines().filter(|line| !line.starts_with("directory.id=")).map(|line| format!("{line}\n"));
    std::fs::write(dir.join("meta.properties"), lines.collect::<String>()).unwrap();
}

/// A certificate with its key that ends in five days, as Kafka reads it.
fn key_store(cluster: &Cluster) -> String {
    let [key, certificate, both] = ["key.pem", "certificate.pem", "both.pem"].map(|name| cluster.file(name));
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "5", "-subj", "/CN=localhost"]);
    openssl.args(["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", &key, "-out", &certificate]);
    let output = openssl.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    std::fs::write(&both, [key, certificate].map(|file| std::fs::read_to_string(file).unwrap()).concat()).unwrap();
    both
}

/// A cluster with every mistake in it.
fn mistaken(in_memory: &InMemory) -> Cluster {
    let everywhere =
        ["unclean.leader.election.enable=true", "auto.create.topics.enable=true", "offsets.topic.replication.factor=1"];
    let cluster = Cluster::up_set(3, &everywhere);
    cluster.kafka(&["topic", "create", "single", "--partitions", "2", "--replication-factor", "1"]);
    let strict = ["--partitions", "6", "--replication-factor", "3", "--config", "min.insync.replicas=3"];
    cluster.kafka(&[&["topic", "create", "strict"], &strict[..]].concat());
    produce(&cluster, "strict", 100);
    drop(consumer(&cluster, "strict"));
    rewrite(&cluster, "1", |text| {
        let text = text.replace("\nlisteners=PLAINTEXT://127.0.0.1:", "\nlisteners=PLAINTEXT://0.0.0.0:");
        text + "log.retention.hour=1\n"
    });
    let (secure, store) = (free_port(), key_store(&cluster));
    rewrite(&cluster, "2", |text| {
        let both = |line: &str| match line.split_once('=') {
            Some((key @ ("listeners" | "advertised.listeners"), value)) => {
                format!("{key}={value},SSL://127.0.0.1:{secure}\n")
            }
            Some((key @ "listener.security.protocol.map", value)) => format!("{key}={value},SSL:SSL\n"),
            _ => format!("{line}\n"),
        };
        let text: String = text.lines().map(both).collect();
        format!("{text}ssl.keystore.type=PEM\nssl.keystore.location={store}\n")
    });
    // Not before broker 2 has looked through its directory: it would not start.
    let nested = PathBuf::from(cluster.file("broker-2/data-a/nested"));
    for dir in [&nested, &in_memory.0] {
        format_like(&cluster, dir, "broker-3/data-a/meta.properties");
    }
    rewrite(&cluster, "3", |text| {
        let further = format!(",{},{}", nested.display(), in_memory.0.display());
        let changed = |line: &str| match line.split_once('=') {
            Some(("broker.rack", _)) => String::new(),
            Some((key @ "log.dirs", value)) => format!("{key}={value}{further}\n"),
            _ => format!("{line}\n"),
        };
        text.lines().map(changed).collect::<String>() + "message.max.bytes=2000000\n"
    });
    let led_by_broker_1 = vec!["1:2:3"; 150].join(",");
    cluster.kafka(&["topic", "create", "led", "--assignment", &led_by_broker_1]);
    cluster
}

#[test]
#[ignore = "five minutes; the checks and rules have tests of their own: it is the comparison that is printed"]
fn mistakes_that_alert_packs_are_compared_by() {
    if !tools_are_there() {
        return;
    }
    let in_memory = InMemory(PathBuf::from(format!("/dev/shm/brokerwatch-test-{}", std::process::id())));
    let cluster = mistaken(&in_memory);
    let beside = |node: &str, further: &[&str]| {
        let file = format!("--kafka.properties-file={}", cluster.properties(node));
        Sidecar::start(&[&[file.as_str()], further].concat())
    };
    let secure = ["--tls.enabled", "--tls.insecure-skip-tls-verify"];
    let sidecars = [beside("1", &[]), beside("2", &secure), beside("3", &[]), beside("controller", &[])];
    let watch = Watch::start(&sidecars.each_ref().map(|sidecar| sidecar.port), &[]);
    let edited = cluster.properties("1");
    let text = std::fs::read_to_string(&edited).unwrap();
    std::fs::write(&edited, text + "log.retention.bytes=1073741824\n").unwrap();

    let at = Instant::now();
    let (mut table, mut missed) = (String::new(), Vec::new());
    for (what, receiver, expected) in mistakes() {
        let row = eventually_told(&watch, receiver, at, &expected).map(|told| {
            let took = told.at.duration_since(at).as_secs();
            format!("{} ({}) | {took} s | {}", expected.alert, told.culprit(), told.description)
        });
        let row = row.unwrap_or_else(|| {
            missed.push(what);
            "missed | | ".to_owned()
        });
        println!("| {what} | {row} |");
        writeln!(table, "| {what} | {row} |").unwrap();
    }
    println!("\n| mistake | told by | after | text |\n|---|---|---|---|\n{table}");
    println!("also told: {}; {}", told_by(&watch, "pages", at), told_by(&watch, "tickets", at));
    assert!(missed.is_empty(), "missed {missed:?}");
}

/// As [`Watch::expect_among`], which gives up; absent when it was not told.
fn eventually_told(watch: &Watch, receiver: &str, since: Instant, expected: &Expected) -> Option<Told> {
    let limit = watch.wait_of(expected.alert) + Duration::from_secs(120);
    loop {
        let told = watch.fired(receiver, since).into_iter().find(|told| expected.is(told));
        if told.is_some() || since.elapsed() > limit {
            return told;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}
