//! Single mistakes, each made in a healthy set of files: `check` has to find them, and to blame the right file.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests read files, say what they saw, and stop at what they did not expect"
)]

#[path = "mutations/beside.rs"]
mod beside;
mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use brokerwatch::checks::{Profile, Severity};
use brokerwatch::keys::Version;
use brokerwatch::report::{self, Report};
use brokerwatch::sources::given::{Told, snapshot_of_bytes};
use common::repository;

/// Of all mistakes, at least this share has to be found.
const FOUND_SHARE_MIN: f64 = 0.95;

/// A mistake in one file of a set.
struct Mistake {
    /// What it is, for the table.
    class: &'static str,
    /// Whether data or availability hangs on it: none of these may be missed.
    critical: bool,
    /// The file that has to be blamed.
    file: &'static str,
    /// What was done, for the list of the missed.
    what: String,
    /// The file's bytes afterwards.
    bytes: Vec<u8>,
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

fn read_set(name: &str) -> Files {
    let mut files = Files::new();
    read_folder(&repository("tests/fixtures/sets").join(name), &mut files);
    assert!(!files.is_empty());
    files
}

fn read_folder(folder: &Path, files: &mut Files) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_folder(&path, files);
        } else {
            files.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
}

fn judge(files: &Files, profile: Profile) -> Report {
    let folder = repository("tests/fixtures/sets");
    let named: Vec<(String, &[u8])> = files
        .iter()
        .map(|(path, bytes)| (path.strip_prefix(&folder).unwrap().display().to_string(), &**bytes))
        .collect();
    let told = Told { release: Version::parse("4.1"), ..Told::default() };
    let snapshot = snapshot_of_bytes(named.iter().map(|(path, bytes)| (path.as_str(), *bytes)), &told);
    report::check(&snapshot, &profile.into())
}

/// The text of a file of the plain set.
fn text(file: &str) -> String {
    std::fs::read_to_string(repository("tests/fixtures/sets/plain").join(file)).unwrap()
}

/// The lines of a file with the line of `key` replaced, or removed.
fn with_line(file: &str, key: &str, line: Option<&str>) -> Vec<u8> {
    let text = text(file);
    let ours = |candidate: &&str| candidate.split('=').next() == Some(key);
    let mut lines: Vec<&str> = text.lines().filter(|candidate| !ours(candidate)).collect();
    lines.extend(line);
    (lines.join("\n") + "\n").into_bytes()
}

const BROKER: &str = "broker-2.properties";
const CONTROLLER: &str = "controller-2.properties";

#[derive(Default)]
struct Mistakes(Vec<Mistake>);

impl Mistakes {
    fn add(&mut self, class: &'static str, critical: bool, file: &'static str, what: String, bytes: Vec<u8>) {
        assert_ne!(bytes, text(file).into_bytes(), "{what}: nothing was changed");
        self.0.push(Mistake { class, critical, file, what, bytes });
    }

    /// `key=value` in place of the line of the key.
    fn set(&mut self, class: &'static str, critical: bool, file: &'static str, line: &str) {
        let key = line.split('=').next().unwrap();
        self.add(class, critical, file, format!("{file}: {line}"), with_line(file, key, Some(line)));
    }

    fn remove(&mut self, class: &'static str, critical: bool, file: &'static str, key: &str) {
        self.add(class, critical, file, format!("{file}: without {key}"), with_line(file, key, None));
    }

    fn rename(&mut self, class: &'static str, critical: bool, file: &'static str, key: &str, to: &str) {
        let text = text(file);
        let line = text.lines().find(|line| line.split('=').next() == Some(key)).unwrap();
        let renamed = line.replacen(key, to, 1);
        self.add(class, critical, file, format!("{file}: {key} as {to}"), with_line(file, key, Some(&renamed)));
    }
}

/// Keys and values of a file of the plain set.
fn settings(file: &str) -> Vec<(String, String)> {
    let text = text(file);
    let pairs = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Slips of the hand in names: dropped, doubled and swapped letters, wrong case, another separator.
fn misspelt(all: &mut Mistakes) {
    for file in [BROKER, CONTROLLER] {
        for (key, _) in settings(file) {
            // A name under config.providers belongs to the provider.
            if key.starts_with("config.providers.") {
                continue;
            }
            let middle = key.len() / 2;
            let letter = |at: usize| key.as_bytes()[at].is_ascii_alphabetic();
            let at = (middle..key.len()).find(|at| letter(*at)).unwrap();
            let dropped = format!("{}{}", &key[..at], &key[at + 1..]);
            let last = key.len() - 1;
            let swapped = format!("{}{}{}", &key[..last - 1], &key[last..], &key[last - 1..last]);
            all.rename("misspelt key", false, file, &key, &dropped);
            if swapped != key {
                all.rename("misspelt key", false, file, &key, &swapped);
            }
            all.rename("wrong case of a key", false, file, &key, &format!("{}{}", key[..1].to_uppercase(), &key[1..]));
            if file == BROKER {
                all.rename("wrong separator in a key", false, file, &key, &key.replacen('.', "_", 1));
            }
        }
    }
}

/// How values are written.
fn written_wrongly(all: &mut Mistakes) {
    for (key, value) in settings(BROKER) {
        let typed = value.parse::<i64>().is_ok() || value == "true" || value == "false";
        if typed {
            all.set("comment after a value", true, BROKER, &format!("{key}={value} # as agreed"));
            all.set("quoted value", true, BROKER, &format!("{key}=\"{value}\""));
        }
        if value.parse::<i64>().is_ok() {
            for wrong in ["99999999999999999999", "1_000", "10GB", "5m", "abc", "3.5", ""] {
                all.set("value of another type", true, BROKER, &format!("{key}={wrong}"));
            }
        } else if value == "true" || value == "false" {
            // Authorizers read their own settings: what is not "true" is false to them.
            let critical = key != "allow.everyone.if.no.acl.found";
            all.set("value of another type", critical, BROKER, &format!("{key}=yes"));
        }
        if value.len() < 40 && !value.contains('$') {
            let bytes = [text(BROKER).into_bytes(), format!("{key}={value}x\n").into_bytes()].concat();
            all.add("key twice", false, BROKER, format!("{BROKER}: {key} twice"), bytes);
        }
        for template in ["${UNSET_VARIABLE}", "{{ value }}", "CHANGEME"] {
            if key.starts_with("listener.name") || key.contains("password") {
                continue;
            }
            all.set("placeholder left", true, BROKER, &format!("{key}={template}"));
        }
    }
}

/// Values of a broker that cost data or availability.
const CRITICAL: &[&str] = &[
    "default.replication.factor=1",
    "default.replication.factor=5",
    "min.insync.replicas=1",
    "min.insync.replicas=3",
    "min.insync.replicas=4",
    "unclean.leader.election.enable=true",
    "offsets.topic.replication.factor=1",
    "offsets.topic.replication.factor=4",
    "transaction.state.log.replication.factor=1",
    "transaction.state.log.min.isr=1",
    "transaction.state.log.min.isr=3",
    "share.coordinator.state.topic.replication.factor=1",
    "share.coordinator.state.topic.min.isr=1",
    "log.dirs=/tmp/kafka-logs",
    "log.dirs=/var/tmp/kafka",
    "log.dirs=/dev/shm/kafka",
    "log.dirs=/run/kafka",
    "log.dirs=/var/lib/kafka/disk-1,/var/lib/kafka/disk-1",
    "log.dirs=/var/lib/kafka/disk-1,/var/lib/kafka/disk-1/second",
    "log.dirs=/var/lib/kafka/disk-1,/var/lib/kafka/./disk-1/",
    "node.id=1",
    "node.id=102",
    "node.id=-1",
    "process.roles=brokr",
    "process.roles=broker,broker",
    "controller.quorum.voters=101@controller-1.example.org:9093,102@controller-2.example.org:9093",
    "controller.quorum.voters=101@controller-1.example.org:9093,102@controller-2.example.org:9093,104@controller-4.example.org:9093",
    "controller.quorum.voters=101@controller-1.example.org:9092,102@controller-2.example.org:9093,103@controller-3.example.org:9093",
    "controller.quorum.voters=101@localhost:9093,102@controller-2.example.org:9093,103@controller-3.example.org:9093",
    "controller.quorum.voters=101@0.0.0.0:9093,102@controller-2.example.org:9093,103@controller-3.example.org:9093",
    "controller.quorum.voters=2@broker-2.example.org:9093,102@controller-2.example.org:9093,103@controller-3.example.org:9093",
    "controller.quorum.voters=101:controller-1.example.org:9093",
    "controller.listener.names=CONTROLER",
    "controller.listener.names=",
    "controller.listener.names=REPLICATION",
    "listeners=CLIENTS://0.0.0.0:9092",
    "listeners=CLIENTS://0.0.0.0:9092,REPLICATION://0.0.0.0:9092",
    "listeners=CLIENTS://0.0.0.0:9092,CLIENTS://0.0.0.0:9094",
    "listeners=CLIENTS:/0.0.0.0:9092,REPLICATION://0.0.0.0:9094",
    "listeners=CLIENTS://0.0.0.0:9092,REPLICATION://0.0.0.0:9094,CONTROLLER://0.0.0.0:9093",
    "listeners=CLIENTS://0.0.0.0:9092,REPLICATION://0.0.0.0:9094,OTHER://0.0.0.0:9095",
    "advertised.listeners=CLIENTS://broker-2.example.org:9092",
    "advertised.listeners=CLIENTS://0.0.0.0:9092,REPLICATION://broker-2.example.org:9094",
    "advertised.listeners=CLIENTS://localhost:9092,REPLICATION://broker-2.example.org:9094",
    "advertised.listeners=CLIENTS://127.0.0.1:9092,REPLICATION://127.0.0.1:9094",
    "advertised.listeners=CLIENTS://broker-1.example.org:9092,REPLICATION://broker-1.example.org:9094",
    "advertised.listeners=CLIENTS://broker-2.example.org:9092,REPLICATION://broker-2.example.org:9094,X://broker-2.example.org:1",
    "listener.security.protocol.map=CLIENTS:SASL_SSL,CONTROLLER:SSL",
    "listener.security.protocol.map=CLIENTS:PLAINTEXT,REPLICATION:SSL,CONTROLLER:SSL",
    "listener.security.protocol.map=CLIENTS:SASL_PLAINTEXT,REPLICATION:SSL,CONTROLLER:SSL",
    "listener.security.protocol.map=CLIENTS:SASL_SSL,REPLICATION:PLAINTEXT,CONTROLLER:SSL",
    "listener.security.protocol.map=CLIENTS:SASL_SSL,REPLICATION:SSL,CONTROLLER:PLAINTEXT",
    "listener.security.protocol.map=CLIENTS:SSSL,REPLICATION:SSL,CONTROLLER:SSL",
    "inter.broker.listener.name=REPLICATIONS",
    "inter.broker.listener.name=CLIENTS",
    "security.inter.broker.protocol=SSL",
    "authorizer.class.name=",
    "authorizer.class.name=kafka.security.auth.SimpleAclAuthorizer",
    "authorizer.class.name=kafka.security.authorizer.AclAuthorizer",
    "allow.everyone.if.no.acl.found=true",
    "super.users=User:CN=broker,User:CN=controller",
    "super.users=user:CN=broker",
    "super.users=User:ANONYMOUS",
    "super.users=User:*",
    "ssl.endpoint.identification.algorithm=",
    "ssl.enabled.protocols=TLSv1,TLSv1.1",
    "ssl.protocol=TLSv1",
    "ssl.cipher.suites=TLS_RSA_WITH_NULL_SHA256",
    "replica.fetch.wait.max.ms=60000",
    "replica.socket.timeout.ms=100",
    "broker.heartbeat.interval.ms=9000",
    "log.cleaner.enable=false",
    "log.retention.ms=0",
    "log.retention.hours=-1",
    "log.segment.bytes=10",
    "message.max.bytes=104857600",
    "queued.max.request.bytes=1000",
    "socket.request.max.bytes=1000",
    "max.connections.per.ip=0",
    "unstable.api.versions.enable=true",
    "unstable.feature.versions.enable=true",
    "early.start.listeners=CLIENTS",
    "num.io.threads=0",
    "num.network.threads=0",
    "num.replica.fetchers=0",
    "log.cleanup.policy=compact,delte",
    "compression.type=zip",
    "retention.ms=604800000",
    "cleanup.policy=compact",
    "segment.bytes=1073741824",
    "max.message.bytes=1048588",
    "offsets.topic.num.partitions=10",
    "transaction.state.log.num.partitions=10",
    "log.message.timestamp.type=AppendTime",
    "connections.max.idle.ms=50",
    "log.cleaner.dedupe.buffer.size=1000",
    "group.consumer.heartbeat.interval.ms=100000",
    "listener.name.CLIENTS.ssl.client.auth=required",
    "listener.name.client.ssl.client.auth=required",
    "sasl.mechanism.inter.broker.protocol=PLAINN",
    "controlled.shutdown.enable=false",
];

/// Values of a broker that somebody should look at.
const MILDER: &[&str] = &[
    "zookeeper.connect=zk:2181",
    "log.dir=/data",
    "log.dirs=kafka-logs",
    "log.retention.ms=168",
    "log.retention.minutes=10080",
    "replica.lag.time.max.ms=1000",
    "replica.lag.time.max.ms=600000",
    "auto.create.topics.enable=true",
    "auto.leader.rebalance.enable=false",
    "num.recovery.threads.per.data.dir=1",
    "inter.broker.protocol.version=3.5",
    "log.message.format.version=3.0",
    "advertised.host.name=broker-2",
    "port=9092",
    "quota.producer.default=1000000",
    "acks=all",
    "bootstrap.servers=broker-1:9092",
    "group.id=x",
    "enable.idempotence=true",
    "security.protocol=SSL",
    "log.flush.interval.messages=1",
    "log.flush.interval.ms=1000",
    "group.min.session.timeout.ms=2000000",
    "transaction.max.timeout.ms=2000000000",
    "producer.id.expiration.ms=60000",
    "offsets.retention.minutes=60",
    "transaction.partition.verification.enable=false",
    "ssl.client.auth=requested",
    "listener.name.clients.sasl.enabled.mechanisms=PLAIN",
    "listener.name.clients.sasl.enabled.mechanisms=OAUTHBEARER",
    "ssl.keystore.password=changeit",
    "replica.fetch.response.max.bytes=1000",
    "log.segment.bytes=1048576",
    "log.retention.bytes=1000000",
    "log.preallocate=true",
    "metadata.max.idle.interval.ms=0",
    "request.timeout.ms=100",
    "broker.session.timeout.ms=120000",
    "broker.session.timeout.ms=3000",
    "group.initial.rebalance.delay.ms=0",
    "log.retention.check.interval.ms=999999999999",
    "broker.rack=rack b",
    "broker.id=3",
    "leader.replication.throttled.rate=1000",
    "fetch.max.bytes=1000",
    "log.cleaner.min.cleanable.ratio=0.0",
    "offset.metadata.max.bytes=100000000",
    "replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelectr",
];

/// Lines of a broker that are left out, and whether that is critical.
const GONE: &[(&str, bool)] = &[
    ("log.dirs", true),
    ("node.id", true),
    ("process.roles", true),
    ("controller.quorum.voters", true),
    ("controller.listener.names", true),
    ("listeners", true),
    ("listener.security.protocol.map", true),
    ("inter.broker.listener.name", true),
    ("authorizer.class.name", true),
    ("min.insync.replicas", true),
    ("default.replication.factor", true),
    ("broker.rack", true),
    ("super.users", false),
    ("auto.create.topics.enable", false),
    ("listener.name.clients.sasl.enabled.mechanisms", false),
];

/// Values of a controller.
const OF_CONTROLLERS: &[&str] = &[
    "node.id=103",
    "node.id=2",
    "node.id=104",
    "process.roles=controller,broker",
    "default.replication.factor=1",
    "min.insync.replicas=1",
    "unclean.leader.election.enable=true",
    "controller.quorum.voters=101@controller-1.example.org:9093",
    "controller.quorum.voters=102@controller-2.example.org:9093,103@controller-3.example.org:9093",
    "listeners=CONTROLLER://controller-2.example.org:9193",
    "listeners=CONTROLLER://localhost:9093",
    "listeners=PLAINTEXT://controller-2.example.org:9093",
    "controller.listener.names=PLAINTEXT",
    "listener.security.protocol.map=CONTROLLER:PLAINTEXT",
    "authorizer.class.name=",
    "allow.everyone.if.no.acl.found=true",
    "log.dirs=/tmp/kraft-controller-logs",
    "metadata.log.dir=/tmp/metadata",
    "broker.session.timeout.ms=2000",
    "controller.quorum.fetch.timeout.ms=500",
    "super.users=User:CN=controller,OU=kafka",
    "num.partitions=1",
];

/// Values that Kafka takes, in part in silence, and that cost data or availability.
fn dangerous(all: &mut Mistakes) {
    for line in CRITICAL {
        all.set("dangerous value", true, BROKER, line);
    }
    for line in MILDER {
        all.set("doubtful value", false, BROKER, line);
    }
    for (key, critical) in GONE {
        all.remove("line left out", *critical, BROKER, key);
    }
    for line in OF_CONTROLLERS {
        let milder = ["controller.quorum.fetch.timeout.ms=500", "num.partitions=1", "process.roles=controller,broker"];
        all.set("controller", !milder.contains(line), CONTROLLER, line);
    }
    for key in ["default.replication.factor", "min.insync.replicas", "node.id", "controller.quorum.voters", "log.dirs"]
    {
        all.remove("controller without a line", true, CONTROLLER, key);
    }
}

/// Whole files that are not what they should be.
fn structural(all: &mut Mistakes) {
    let good = text(BROKER);
    let mut add =
        |class, critical, what: &str, bytes: Vec<u8>| all.add(class, critical, BROKER, what.to_owned(), bytes);
    add("copied file", true, "the file of broker 1", text("broker-1.properties").into_bytes());
    let sample = "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@localhost:9093\n\
                  listeners=PLAINTEXT://:9092,CONTROLLER://:9093\ninter.broker.listener.name=PLAINTEXT\n\
                  advertised.listeners=PLAINTEXT://localhost:9092\ncontroller.listener.names=CONTROLLER\n\
                  log.dirs=/tmp/kraft-combined-logs\noffsets.topic.replication.factor=1\n";
    add("copied file", true, "the sample of the distribution", sample.into());
    add("copied file", true, "the file of a controller", text(CONTROLLER).into_bytes());
    let half = good.len() / 2;
    add("broken file", true, "cut off in the middle", good[..half].to_owned().into_bytes());
    add("broken file", true, "empty", vec![]);
    add("broken file", true, "binary", (0..=255).cycle().take(4_000).collect());
    let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(good.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    add("broken file", true, "UTF-16", utf_16);
    let body: String = good.lines().skip(1).map(|line| format!("{line}\n")).collect();
    add("broken file", false, "byte order mark", format!("\u{feff}{body}").into_bytes());
    add("broken file", false, "a line of YAML", format!("{good}log.dirs: [/data/1, /data/2]\n").into_bytes());
    add("broken file", true, "a merge conflict", format!("<<<<<<< HEAD\n{good}=======\n{good}>>>>>>> other\n").into());
    add("broken file", true, "a broken escape", format!("{good}broker.rack=\\u00zz\n").into_bytes());
    let swallowed = good.replace("node.id=2\n", "node.id=2\\\n");
    add("broken file", true, "a backslash at a line's end", swallowed.into_bytes());
    let windows = good.replace("log.dirs=/var/lib/kafka/disk-1,/var/lib/kafka/disk-2", "log.dirs=C:\\kafka\\data");
    add("broken file", true, "a Windows path", windows.into_bytes());
    add("broken file", false, "bytes beyond ASCII", format!("{good}broker.rack=Zürich\n").into_bytes());
    add("broken file", true, "twice, the second with other voters", {
        let second = good.replace("101@controller-1", "101@controller-9");
        format!("{good}{second}").into_bytes()
    });
    let comments: String = good.lines().map(|line| format!("# {line}\n")).collect();
    add("broken file", true, "all commented out", comments.into_bytes());
}

fn mistakes() -> Vec<Mistake> {
    let mut all = Mistakes::default();
    misspelt(&mut all);
    written_wrongly(&mut all);
    dangerous(&mut all);
    structural(&mut all);
    all.0
}

/// The reports on each mistake, in their order; the work is split among as many threads as there are cores.
fn judged(healthy: &Files, all: &[Mistake]) -> Vec<Report> {
    let judge_one = |mistake: &Mistake| {
        let mut files = healthy.clone();
        files.insert(repository("tests/fixtures/sets/plain").join(mistake.file), mistake.bytes.clone());
        judge(&files, Profile::Strict)
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let chunk =
            |chunk| scope.spawn(move || -> Vec<Report> { Vec::from_iter(<[Mistake]>::iter(chunk).map(judge_one)) });
        let running: Vec<_> = all.chunks(all.len().div_ceil(threads)).map(chunk).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

fn blames(report: &Report, file: &str) -> bool {
    report.findings.iter().any(|found| found.finding.subject.to_string().contains(file))
}

#[test]
fn mistakes_are_found_and_the_right_file_is_blamed() {
    let healthy = read_set("plain");
    let baseline = judge(&healthy, Profile::Strict);
    let before: Vec<String> = baseline.findings.iter().map(key).collect();
    let all = mistakes();
    assert!(all.len() >= 300, "{} mistakes", all.len());
    let reports = judged(&healthy, &all);
    let mistakes = all.iter().map(|mistake| (mistake.class, mistake.critical, mistake.file, mistake.what.as_str()));
    settle(&mistakes.collect::<Vec<_>>(), reports, &before);
}

/// Prints which mistakes were found, by class, and refuses what is missed or wrongly blamed. A mistake is its class,
/// whether it is critical, the file that has to be blamed, and what was done.
fn settle(all: &[(&str, bool, &str, &str)], reports: Vec<Report>, before: &[String]) {
    // By class: mistakes, found, wrongly blamed.
    let mut table: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let (mut missed, mut missed_critical, mut wrongly) = (Vec::new(), Vec::new(), Vec::new());
    for ((class, critical, file, what), mut report) in all.iter().zip(reports) {
        report.findings.retain(|found| !before.contains(&key(found)));
        let row = table.entry(class).or_default();
        row[0] += 1;
        if report.findings.is_empty() {
            missed.push(what);
            if *critical {
                missed_critical.push(what);
            }
            continue;
        }
        row[1] += 1;
        if !blames(&report, file) && !report.findings.iter().any(is_of_all) {
            row[2] += 1;
            wrongly.push(what);
        }
    }
    println!("{:<28}{:>9}{:>8}{:>8}{:>17}", "class", "mistakes", "found", "missed", "wrongly blamed");
    for (class, [made, found, wrong]) in &table {
        println!("{class:<28}{made:>9}{found:>8}{:>8}{wrong:>17}", made - found);
    }
    let found = all.len() - missed.len();
    println!("{:<28}{:>9}{found:>8}{:>8}{:>17}", "all", all.len(), missed.len(), wrongly.len());
    println!("missed: {missed:#?}\nwrongly blamed: {wrongly:#?}");
    assert!(missed_critical.is_empty(), "critical ones missed: {missed_critical:#?}");
    assert!(found as f64 >= FOUND_SHARE_MIN * all.len() as f64, "{found} of {} found", all.len());
    assert!(wrongly.is_empty(), "wrongly blamed: {wrongly:#?}");
}

fn key(found: &report::Found) -> String {
    format!("{} {} {}", found.check.id, found.finding.subject, found.finding.found)
}

/// Whether a finding is about the set as a whole, and so blames no file.
fn is_of_all(found: &report::Found) -> bool {
    found.finding.subject == brokerwatch::checks::Subject::Cluster
}

#[test]
fn healthy_sets_have_nothing_critical() {
    let sets = [
        ("plain", Profile::Strict),
        ("racks", Profile::Strict),
        ("strimzi", Profile::Strict),
        ("clients", Profile::Strict),
        ("compose", Profile::Strict),
        ("development", Profile::Development),
    ];
    for (set, profile) in sets {
        let report = judge(&read_set(set), profile);
        let said = |found: &report::Found| format!("{} {}", found.severity().as_str(), key(found));
        let grave: Vec<String> =
            report.findings.iter().filter(|found| found.severity() == Severity::Critical).map(said).collect();
        println!("{set}: {:#?}", report.findings.iter().map(said).collect::<Vec<_>>());
        assert!(grave.is_empty(), "{set}: {grave:#?}");
        assert!(report.evaluated > 20, "{set}: {} checks evaluated", report.evaluated);
    }
}

#[test]
fn the_core_profile_finds_nothing_at_all_on_healthy_sets() {
    for set in ["plain", "racks", "strimzi", "clients", "compose"] {
        let findings = judge(&read_set(set), Profile::Core).findings;
        assert!(findings.is_empty(), "{set}: {:#?}", findings.iter().map(key).collect::<Vec<_>>());
    }
}
