//! A real Prometheus with every shipped rule over the pages of a cluster, a real Alertmanager with the shipped routes and
//! inhibition, and a receiver that writes down what would wake somebody.
//!
//! Waits are shortened: a minute of `for` is ten seconds (five where it is five minutes and more), one of `keep_firing_for` two.
//! A restart of a node still has to fit into them, as on a real cluster. Waits that are as long as our own sources take to look
//! again stay as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Cluster, eventually, free_port, holds, http_get};
use crate::prometheus::available;

/// Seconds that stand for a minute of `for`, where it is below [`LONG_MINUTES`] and from there on.
const FOR_SECONDS: [u32; 2] = [10, 5];
const LONG_MINUTES: u32 = 5;
/// Seconds that stand for a minute of `keep_firing_for`.
const KEEP_SECONDS: u32 = 2;
/// Alerts whose `for`, here in seconds, is another one.
const WAITS: [(&str, u32); 8] = [
    // Our sources need their time to see the same, or hours are foretold.
    ("KafkaAcknowledgedDataLost", 60),
    ("KafkaLogDirFillsSoon", 900),
    // The first is known with the next round of Metadata, the second in seconds; with the shipped waits, too, the first pages first.
    ("KafkaPartitionsUnderMinIsr", 4),
    ("KafkaBrokerDown", 30),
    // Half an hour, beside which the windows below are short as well.
    ("KafkaDriveSlowAmongPeers", 15),
    // A restart has to fit in.
    ("KafkaUnderReplicatedPartitions", 50),
    // Half an hour and more, which say only that nobody is in a hurry.
    ("KafkaCriticalFinding", 60),
    ("KafkaConfigPendingRestart", 60),
];
/// Alerts that are true of a cluster whose nodes all run on one machine.
pub(crate) const TRUE_HERE: [&str; 2] = ["KafkaTwoBrokersShareOneDrive", "KafkaReplicasOnOneMachine"];
/// Alerts on the kernel's log, which is also that of other tests, which break file systems and drives on purpose.
const OF_ALL_TESTS: [&str; 4] =
    ["KafkaKernelFilesystemError", "KafkaKernelOtherFilesystemError", "KafkaKernelLostWrite", "KafkaKernelHungTask"];
/// What is compared among drives: within seconds, only those that can be broken (all others are one drive), and not only from
/// half an hour after the start of a broker.
const DRIVES: [(&str, &str); 3] = [
    ("[10m]", "[40s]"),
    ("class!=\"layer\"", "class!=\"layer\", device=~\"loop.*\""),
    ("kafka_disk_slow_inhibited == 1", "kafka_disk_slow_inhibited{reason!=\"broker_start\"} == 1"),
];
/// What a page may take beyond its `for`.
const SLACK: Duration = Duration::from_secs(60);

/// Whether what this module starts is installed.
pub(crate) fn tools_are_there() -> bool {
    let alertmanager = ["alertmanager", "prometheus-alertmanager"];
    let named = alertmanager.into_iter().find(|name| Command::new(name).arg("--version").output().is_ok());
    available("prometheus") && available(named.unwrap_or(alertmanager[0]))
}

/// An alert that a receiver was told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) at: Instant,
    receiver: String,
    firing: bool,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) description: String,
}

/// What is to be told: an alert, the label that names the culprit, and a part of the text.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) alert: &'static str,
    pub(crate) label: (&'static str, String),
    pub(crate) text: &'static str,
}

impl Expected {
    pub(crate) fn new(alert: &'static str, label: (&'static str, &str), text: &'static str) -> Self {
        Self { alert, label: (label.0, label.1.to_owned()), text }
    }

    pub(crate) fn is(&self, told: &Told) -> bool {
        self.names(told) && told.description.contains(self.text)
    }

    pub(crate) fn names(&self, told: &Told) -> bool {
        told.label("alertname") == self.alert && told.label(self.label.0) == self.label.1
    }
}

impl Told {
    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// Prometheus, Alertmanager and a receiver; ended when dropped.
pub(crate) struct Watch {
    children: Vec<Child>,
    prometheus: u16,
    dir: PathBuf,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Watch {
    /// Starts them over the sidecars at these ports, without the alerts that are not wanted.
    pub(crate) fn start(cluster: &Cluster, targets: &[u16], unwanted: &[&str]) -> Self {
        let [prometheus, alertmanager] = [free_port(), free_port()];
        let dir = PathBuf::from(cluster.file("watch"));
        std::fs::create_dir_all(&dir).unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let receiver = receive(told.clone());
        std::fs::write(dir.join("alertmanager.yml"), routes(receiver)).unwrap();
        std::fs::write(dir.join("rules.yaml"), hurried(&printed_rules(unwanted))).unwrap();
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

    /// The series that an expression gives now.
    pub(crate) fn query(&self, expression: &str) -> Vec<Value> {
        let encoded: String = expression.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let body = http_get(self.prometheus, &format!("/api/v1/query?query={encoded}")).unwrap();
        let answer: Value = serde_json::from_str(&body).unwrap();
        answer["data"]["result"].as_array().cloned().unwrap_or_default()
    }

    /// What was told to fire since a moment, to a receiver.
    pub(crate) fn fired(&self, receiver: &str, since: Instant) -> Vec<Told> {
        let told = self.told.lock().unwrap();
        told.iter().filter(|one| one.receiver == receiver && one.firing && one.at >= since).cloned().collect()
    }

    /// Waits until the receiver was told of the alert.
    pub(crate) fn expect_among(&self, receiver: &str, since: Instant, expected: &Expected) -> Told {
        // Brokers are asked for their log directories once a minute.
        let asked = if expected.alert == "KafkaLogDirOffline" { Duration::from_secs(30) } else { Duration::ZERO };
        let longest = self.wait_of(expected.alert) + SLACK + asked;
        let mut first = None;
        eventually(longest.saturating_sub(since.elapsed()), || {
            let fired = self.fired(receiver, since);
            first = fired.iter().find(|told| expected.is(told)).cloned();
            holds(first.is_some(), || format!("no {expected:?} among {fired:#?}"))
        });
        let first = first.unwrap();
        let took = first.at.duration_since(since);
        assert!(took <= longest, "{expected:?} took {took:?}");
        first
    }

    /// As [`Watch::expect_among`] for each, and they are the only groups of which the receiver was told.
    pub(crate) fn expect(&self, receiver: &str, since: Instant, expected: &[Expected]) -> Vec<Told> {
        let told = expected.iter().map(|one| self.expect_among(receiver, since, one)).collect();
        // Consequences would come a little later.
        std::thread::sleep(Duration::from_secs(5));
        let fired = self.fired(receiver, since);
        let other: Vec<_> = fired.iter().filter(|told| !expected.iter().any(|one| one.names(told))).collect();
        assert!(other.is_empty(), "more than {expected:?}, or another culprit: {other:#?}");
        told
    }

    /// The shortened `for` of an alert.
    pub(crate) fn wait_of(&self, alert: &str) -> Duration {
        let rules: Value =
            serde_yaml::from_str(&std::fs::read_to_string(self.dir.join("rules.yaml")).unwrap()).unwrap();
        let groups = rules["groups"].as_array().unwrap();
        let mut rules = groups.iter().flat_map(|group| group["rules"].as_array().unwrap());
        let rule = rules.find(|rule| rule["alert"] == alert).unwrap_or_else(|| panic!("no alert {alert}"));
        let seconds = rule["for"].as_str().unwrap().strip_suffix('s').unwrap().parse().unwrap();
        Duration::from_secs(seconds)
    }

    /// Waits until nothing that pages fires, and the receiver was told that it is over.
    pub(crate) fn expect_quiet(&self, limit: Duration) -> f64 {
        eventually(limit, || {
            let firing = self.query("ALERTS{severity='critical',alertstate='firing'}");
            holds(firing.is_empty(), || format!("{firing:#?}"))?;
            let open = self.open("pages", Instant::now());
            holds(open.is_empty(), || format!("not told to be over: {open:#?}"))
        })
        .as_secs_f64()
    }

    /// What the receiver was told to fire, and not to be over, until a moment: by labels.
    pub(crate) fn open(&self, receiver: &str, until: Instant) -> BTreeSet<BTreeMap<String, String>> {
        let told = self.told.lock().unwrap();
        let mut open = BTreeSet::new();
        for one in told.iter().filter(|one| one.receiver == receiver && one.at < until) {
            if one.firing {
                open.insert(one.labels.clone());
            } else {
                open.remove(&one.labels);
            }
        }
        open
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

fn printed_rules(unwanted: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
    command.arg("alerts").args(unwanted.iter().chain(&OF_ALL_TESTS).map(|alert| format!("--set={alert}=off")));
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
        for (key, seconds) in [("for: ", FOR_SECONDS), ("keep_firing_for: ", [KEEP_SECONDS; 2])] {
            let Some(wait) = trimmed.strip_prefix(key) else { continue };
            let (number, unit) = wait.split_at(wait.len() - 1);
            let minutes = number.parse::<u32>().unwrap() * if unit == "h" { 60 } else { u32::from(unit == "m") };
            let own = WAITS.iter().find(|(name, _)| *name == alert && key == "for: ");
            let seconds = own.map_or(minutes * seconds[usize::from(minutes >= LONG_MINUTES)], |(_, own)| *own);
            return format!("{indent}{key}{seconds}s\n");
        }
        if !line.contains("kafka_disk_") {
            return format!("{line}\n");
        }
        DRIVES.iter().fold(format!("{line}\n"), |line, (shipped, here)| line.replace(shipped, here))
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
