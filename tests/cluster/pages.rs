//! From a fault to the page: a real cluster with a sidecar beside each node, a real Prometheus with every shipped rule, a real
//! Alertmanager with the shipped routes and inhibition, and a receiver that writes down what would wake somebody.
//!
//! Waits are shortened: a minute of `for` is ten seconds, one of `keep_firing_for` two. A restart of a node still has to fit into
//! them, as on a real cluster. Waits that are as long as our own sources take to look again stay as they are.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::equality::produce;
use crate::harness::{Cluster, Sidecar, eventually, free_port, holds, http_get};
use crate::prometheus::available;

/// Seconds that stand for a minute of `for`.
const FOR_SECONDS: u32 = 10;
/// Seconds that stand for a minute of `keep_firing_for`.
const KEEP_SECONDS: u32 = 2;
/// Alerts whose `for` gives our sources time to see the same, or that foretell hours: it is not shortened.
const UNSHORTENED: [&str; 2] = ["KafkaAcknowledgedDataLost", "KafkaLogDirFillsSoon"];
/// Alerts that are true of a cluster whose nodes all run on one machine, and of the machine as such.
/// The kernel's log is also that of other tests, which break file systems and drives on purpose.
const TRUE_HERE: [&str; 6] = [
    "KafkaTwoBrokersShareOneDrive",
    "KafkaReplicasOnOneMachine",
    "KafkaKernelFilesystemError",
    "KafkaKernelOtherFilesystemError",
    "KafkaKernelLostWrite",
    "KafkaKernelHungTask",
];
/// What a page may take beyond its `for`.
const SLACK: Duration = Duration::from_secs(60);

/// An alert that a receiver was told.
#[derive(Clone, Debug)]
struct Told {
    at: Instant,
    receiver: String,
    firing: bool,
    labels: BTreeMap<String, String>,
    description: String,
}

/// What is to be told: an alert, the label that names the culprit, and a part of the text.
#[derive(Debug)]
struct Expected {
    alert: &'static str,
    label: (&'static str, &'static str),
    text: &'static str,
}

impl Expected {
    fn is(&self, told: &Told) -> bool {
        self.names(told) && told.description.contains(self.text)
    }

    fn names(&self, told: &Told) -> bool {
        told.label("alertname") == self.alert && told.label(self.label.0) == self.label.1
    }
}

impl Told {
    fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// Prometheus, Alertmanager and a receiver; ended when dropped.
struct Watch {
    children: Vec<Child>,
    prometheus: u16,
    dir: PathBuf,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Watch {
    fn start(cluster: &Cluster, targets: &[u16]) -> Self {
        let [prometheus, alertmanager] = [free_port(), free_port()];
        let dir = PathBuf::from(cluster.file("watch"));
        std::fs::create_dir_all(&dir).unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let receiver = receive(told.clone());
        std::fs::write(dir.join("alertmanager.yml"), routes(receiver)).unwrap();
        std::fs::write(dir.join("rules.yaml"), hurried(&printed_rules())).unwrap();
        let targets: Vec<String> = targets.iter().map(|port| format!("'127.0.0.1:{port}'")).collect();
        let config = format!(
            "global: {{scrape_interval: 2s, evaluation_interval: 2s}}\nrule_files: [rules.yaml]\nalerting:\n  alertmanagers:\n  \
             - static_configs:\n    - targets: ['127.0.0.1:{alertmanager}']\nscrape_configs:\n- job_name: brokerwatch\n  \
             static_configs:\n  - targets: [{}]\n    labels: {{kafka_cluster: test}}\n",
            targets.join(", ")
        );
        std::fs::write(dir.join("prometheus.yaml"), config).unwrap();
        let start = |names: &[&str], arguments: &[String]| {
            let log = std::fs::File::create(dir.join(format!("{}.log", names[0]))).unwrap();
            let program = names.iter().find(|name| Command::new(name).arg("--version").output().is_ok());
            let program = program.unwrap_or_else(|| panic!("{names:?}: run tests/tools/prometheus"));
            let mut command = Command::new(program);
            command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
            command.spawn().unwrap()
        };
        let at = |name: &str| dir.join(name).display().to_string();
        let children = vec![
            start(
                &["alertmanager", "prometheus-alertmanager"],
                &[
                    format!("--config.file={}", at("alertmanager.yml")),
                    format!("--storage.path={}", at("alertmanager-data")),
                    format!("--web.listen-address=127.0.0.1:{alertmanager}"),
                    "--cluster.listen-address=".to_owned(),
                ],
            ),
            start(
                &["prometheus"],
                &[
                    format!("--config.file={}", at("prometheus.yaml")),
                    format!("--storage.tsdb.path={}", at("prometheus-data")),
                    format!("--web.listen-address=127.0.0.1:{prometheus}"),
                ],
            ),
        ];
        let watch = Self { children, prometheus, dir, told };
        for port in [prometheus, alertmanager] {
            eventually(Duration::from_secs(30), || http_get(port, "/-/ready").map(drop));
        }
        watch
    }

    fn query(&self, expression: &str) -> Vec<Value> {
        let encoded: String = expression.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let body = http_get(self.prometheus, &format!("/api/v1/query?query={encoded}")).unwrap();
        let answer: Value = serde_json::from_str(&body).unwrap();
        answer["data"]["result"].as_array().cloned().unwrap_or_default()
    }

    /// What was told to fire since a moment, to a receiver.
    fn fired(&self, receiver: &str, since: Instant) -> Vec<Told> {
        let told = self.told.lock().unwrap();
        told.iter().filter(|one| one.receiver == receiver && one.firing && one.at >= since).cloned().collect()
    }

    /// Waits until the receiver was told of the alert. Returns how many seconds after `since`.
    fn expect_among(&self, receiver: &str, since: Instant, expected: &Expected) -> f64 {
        let longest = self.wait_of(expected.alert) + SLACK;
        let mut took = Duration::ZERO;
        eventually(longest.saturating_sub(since.elapsed()), || {
            let fired = self.fired(receiver, since);
            let found = fired.iter().find(|told| expected.is(told));
            took = found.ok_or_else(|| format!("no {expected:?} among {fired:#?}"))?.at.duration_since(since);
            Ok(())
        });
        assert!(took <= longest, "{expected:?} took {took:?}");
        took.as_secs_f64()
    }

    /// As [`Watch::expect_among`] for each, and they are the only groups of which the receiver was told.
    fn expect(&self, receiver: &str, since: Instant, expected: &[Expected]) -> Vec<f64> {
        let took = expected.iter().map(|one| self.expect_among(receiver, since, one)).collect();
        // Consequences would come a little later.
        std::thread::sleep(Duration::from_secs(5));
        let fired = self.fired(receiver, since);
        let other: Vec<_> = fired.iter().filter(|told| !expected.iter().any(|one| one.names(told))).collect();
        assert!(other.is_empty(), "more than {expected:?}, or another culprit: {other:#?}");
        took
    }

    /// The shortened `for` of an alert.
    fn wait_of(&self, alert: &str) -> Duration {
        let rules: Value =
            serde_yaml::from_str(&std::fs::read_to_string(self.dir.join("rules.yaml")).unwrap()).unwrap();
        let groups = rules["groups"].as_array().unwrap();
        let mut rules = groups.iter().flat_map(|group| group["rules"].as_array().unwrap());
        let rule = rules.find(|rule| rule["alert"] == alert).unwrap_or_else(|| panic!("no alert {alert}"));
        let seconds = rule["for"].as_str().unwrap().strip_suffix('s').unwrap().parse().unwrap();
        Duration::from_secs(seconds)
    }

    /// Waits until nothing that pages fires, and the receiver was told that it is over.
    fn expect_quiet(&self, limit: Duration) -> f64 {
        eventually(limit, || {
            let firing = self.query("ALERTS{severity='critical',alertstate='firing'}");
            holds(firing.is_empty(), || format!("{firing:#?}"))?;
            let told = self.told.lock().unwrap();
            let mut last = BTreeMap::new();
            told.iter().filter(|one| one.receiver == "pages").for_each(|one| {
                last.insert(&one.labels, one.firing);
            });
            let open: Vec<_> = last.into_iter().filter(|(_, firing)| *firing).collect();
            holds(open.is_empty(), || format!("not told to be over: {open:#?}"))
        })
        .as_secs_f64()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn printed_rules() -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
    command.arg("alerts").args(TRUE_HERE.map(|alert| format!("--set={alert}=off")));
    let output = command.output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// The rules with shorter waits.
fn hurried(rules: &str) -> String {
    let mut alert = String::new();
    let line = |line: &str| {
        if let Some((_, name)) = line.split_once("- alert: ") {
            name.clone_into(&mut alert);
        }
        let trimmed = line.trim_start();
        let indent = &line[..line.len() - trimmed.len()];
        for (key, seconds) in [("for: ", FOR_SECONDS), ("keep_firing_for: ", KEEP_SECONDS)] {
            let Some(wait) = trimmed.strip_prefix(key) else { continue };
            let (number, unit) = wait.split_at(wait.len() - 1);
            let minutes = number.parse::<u32>().unwrap() * if unit == "h" { 60 } else { u32::from(unit == "m") };
            let seconds = if UNSHORTENED.contains(&alert.as_str()) { 60 } else { seconds };
            return format!("{indent}{key}{}s\n", minutes * seconds);
        }
        format!("{line}\n")
    };
    rules.lines().map(line).collect()
}

/// The shipped configuration of Alertmanager, with every receiver a webhook of ours and shorter waits.
fn routes(port: u16) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/alertmanager/alertmanager.yml");
    let mut config: Value = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    config.as_object_mut().unwrap().remove("templates");
    for receiver in config["receivers"].as_array_mut().unwrap() {
        let name = receiver["name"].as_str().unwrap().to_owned();
        let url = format!("http://127.0.0.1:{port}/{name}");
        *receiver = serde_json::json!({"name": name, "webhook_configs": [{"url": url, "send_resolved": true}]});
    }
    let hurry = |route: &mut Value| {
        route["group_wait"] = "2s".into();
        route["group_interval"] = "2s".into();
    };
    config["route"]["routes"].as_array_mut().unwrap().iter_mut().for_each(hurry);
    hurry(&mut config["route"]);
    config.to_string()
}

/// Takes notifications in a thread, for as long as the test runs. Returns its port.
fn receive(told: Arc<Mutex<Vec<Told>>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let told = told.clone();
            std::thread::spawn(move || notifications(&stream, &told));
        }
    });
    port
}

fn notifications(stream: &TcpStream, told: &Mutex<Vec<Told>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        let receiver = first.split(['/', ' ']).nth(2).unwrap_or_default().to_owned();
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) <= 2 {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let strings = |value: &Value| {
            let pairs = value.as_object().into_iter().flatten();
            pairs.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
        };
        for alert in body["alerts"].as_array().into_iter().flatten() {
            told.lock().unwrap().push(Told {
                at: Instant::now(),
                receiver: receiver.clone(),
                firing: alert["status"] == "firing",
                labels: strings(&alert["labels"]),
                description: alert["annotations"]["description"].as_str().unwrap_or_default().to_owned(),
            });
        }
        let mut writer = stream;
        let _ = writer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
}

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

/// A table of the pages of one cluster.
struct Faults<'a> {
    cluster: &'a Cluster,
    watch: &'a Watch,
    table: Vec<(String, Duration, f64)>,
}

impl Faults<'_> {
    /// Does something wrong; one page group for each of `expected` says so, in time.
    fn fault(&mut self, what: &str, command: &[&str], expected: &[Expected]) {
        let at = Instant::now();
        self.cluster.kafka(command);
        let took = self.watch.expect("pages", at, expected);
        expected.iter().zip(took).for_each(|(one, took)| self.row(what, one, took));
    }

    fn row(&mut self, what: &str, expected: &Expected, took: f64) {
        let Expected { alert, label: (label, value), .. } = expected;
        println!("{what}: {alert} ({label}={value}) after {took:.0} s");
        self.table.push((format!("{what} | {alert}, {label}={value}"), self.watch.wait_of(alert), took));
    }

    /// Makes it right again; all pages end, and none is added.
    fn mend(&self, commands: &[&[&str]]) {
        let at = Instant::now();
        commands.iter().for_each(|command| drop(self.cluster.kafka(command)));
        let quiet = self.watch.expect_quiet(Duration::from_secs(120));
        let pages = self.watch.fired("pages", at);
        assert!(pages.is_empty(), "of a recovery: {pages:#?}");
        println!("{commands:?}: over {quiet:.0} s after it was mended");
    }
}

#[test]
fn each_fault_pages_once_with_its_culprit_and_work_on_the_cluster_pages_nobody() {
    if !available("prometheus") || !["alertmanager", "prometheus-alertmanager"].iter().any(|name| available_one(name)) {
        assert!(
            std::env::var("BROKERWATCH_TESTS_REQUIRE_ALL").is_err(),
            "Alertmanager is missing: run tests/tools/prometheus"
        );
        println!("SKIPPED: Prometheus or Alertmanager is missing: run tests/tools/prometheus");
        return;
    }
    let started = Instant::now();
    let cluster = Cluster::up(3, None);
    for topic in ["orders", "churn"] {
        cluster.kafka(&["topic", "create", topic, "--partitions", "6", "--replication-factor", "3"]);
        produce(&cluster, topic, 500);
    }
    // The trap that a new cluster of 4.1 comes with is a page of its own.
    cluster.kafka(&["config", "set", "broker", "default", "min.insync.replicas=2"]);
    let mut sidecars = cluster.sidecars();
    let controller = Sidecar::start(&[&format!("--kafka.properties-file={}", cluster.properties("controller"))]);
    let ports: Vec<u16> = sidecars.values().chain([&controller]).map(|sidecar| sidecar.port).collect();
    let watch = Watch::start(&cluster, &ports);
    let up = || {
        let nodes = watch.query("kafka_broker_up == 1 or kafka_controller_up == 1");
        holds(nodes.len() == 4, || format!("{nodes:?}"))
    };
    eventually(Duration::from_secs(60), up);
    println!("ready after {:.0} s", started.elapsed().as_secs_f64());

    let began = Instant::now();
    work(&cluster, &mut sidecars);
    // What takes longer than this to page would be a second page below.
    std::thread::sleep(Duration::from_secs(20));
    let pages = watch.fired("pages", began);
    assert!(pages.is_empty(), "work on a cluster that is well: {pages:#?}");
    println!(
        "restarts of all nodes and of a sidecar, a topic made anew: {:.0} s, 0 pages",
        began.elapsed().as_secs_f64()
    );
    eventually(Duration::from_secs(60), up);

    let mut faults = Faults { cluster: &cluster, watch: &watch, table: Vec::new() };
    let down = |peer, text| Expected { alert: "KafkaBrokerDown", label: ("peer", peer), text };
    faults.fault("broker 2 killed", &["kill", "2"], &[down("2", "Its port refuses connections")]);
    faults.mend(&[&["start", "2"]]);
    faults.fault("broker 3 stopped", &["stop", "3"], &[down("3", "It sends no answer in time")]);
    faults.mend(&[&["cont", "3"]]);
    let lost = Expected {
        alert: "KafkaQuorumLost",
        label: ("kafka_cluster", "test"),
        text: "no answer from an active controller",
    };
    faults.fault("the only controller killed", &["kill", "controller"], &[lost]);
    faults.mend(&[&["start", "controller"]]);
    println!("\n| fault | alert | its wait | told after |\n|---|---|---|---|");
    for (fault_and_alert, wait, took) in &faults.table {
        println!("| {fault_and_alert} | {} s | {took:.0} s |", wait.as_secs());
    }
    println!("all of it took {:.0} s", started.elapsed().as_secs_f64());
}

fn available_one(tool: &str) -> bool {
    Command::new(tool).arg("--version").output().is_ok()
}
