//! A real Prometheus with every shipped rule over the pages of a cluster, a real Alertmanager with the shipped routes and
//! inhibition, and a receiver that writes down what would wake somebody.
//!
//! Waits are shortened: a minute of `for` is ten seconds (five where it is five minutes and more), one of `keep_firing_for` two.
//! A restart of a node still has to fit into them, as on a real cluster. Waits that are as long as our own sources take to look
//! again stay as they are.

use std::cell::{Ref, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::tools::{Server, alertmanager_program, prometheus_program, webhook};
use crate::common::{TempDir, repository};
use crate::harness::{eventually, holds};

/// Seconds that stand for a minute of `for`, where it is below [`LONG_MINUTES`] and from there on.
const FOR_SECONDS: [u32; 2] = [10, 5];
const LONG_MINUTES: u32 = 5;
/// Seconds that stand for a minute of `keep_firing_for`.
const KEEP_SECONDS: u32 = 2;
/// Alerts whose `for`, here in seconds, is another one.
const WAITS: [(&str, u32); 9] = [
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
    ("KafkaWarningFinding", 60),
    ("KafkaConfigPendingRestart", 60),
];
/// Alerts that are true of a cluster whose nodes all run on one machine.
pub(crate) const TRUE_HERE: [&str; 2] = ["KafkaTwoBrokersShareOneDrive", "KafkaReplicasOnOneMachine"];
/// Alerts on the kernel's log, which is also that of other tests, which break file systems and drives on purpose.
const OF_ALL_TESTS: [&str; 4] =
    ["KafkaKernelFilesystemError", "KafkaKernelOtherFilesystemError", "KafkaKernelLostWrite", "KafkaKernelHungTask"];
/// Windows and matchers that are others here: a part of the line, what is shipped, what stands for it. What is compared among drives:
/// within seconds, only those that can be broken (all others are one drive), and not only from half an hour after the start of a
/// broker. An election: a minute and not a quarter of an hour.
const HERE: [(&str, &str, &str); 4] = [
    ("kafka_disk_io_", "[10m]", "[40s]"),
    ("kafka_disk_io_", "class!=\"layer\"", "class!=\"layer\", device=~\"loop.*\""),
    ("kafka_disk_slow", "kafka_disk_slow_inhibited == 1", "kafka_disk_slow_inhibited{reason!=\"broker_start\"} == 1"),
    ("kafka_cluster_unclean_elections_total", "[15m]", "[30s]"),
];
/// Labels that say nothing of the culprit, or that each text has in words.
const NO_CULPRIT: [&str; 7] = ["alertname", "severity", "job", "kafka_cluster", "instance", "op", "version"];
/// What a page may take beyond its `for`.
const SLACK: Duration = Duration::from_secs(60);

/// Whether what this module starts is installed.
pub(crate) fn tools_are_there() -> bool {
    prometheus_program().is_some() && alertmanager_program().is_some()
}

/// An alert that a receiver was told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) at: Instant,
    receiver: String,
    firing: bool,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) summary: String,
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

    /// `label=value` of the culprit: of the labels that only few alerts have, else the instance, else the cluster.
    pub(crate) fn culprit(&self) -> String {
        let named = |is_named: &dyn Fn(&str) -> bool| {
            let named = self.labels.iter().filter(|(label, _)| is_named(label));
            named.map(|(label, value)| format!("{label}={value}")).collect::<Vec<_>>().join(" ")
        };
        let special = named(&|label| !NO_CULPRIT.contains(&label));
        let ways = [special, named(&|label| label == "instance"), named(&|label| label == "kafka_cluster")];
        ways.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
    }
}

/// Prometheus, Alertmanager and a receiver; ended when dropped.
pub(crate) struct Watch {
    prometheus: Server,
    _alertmanager: Server,
    sent: Receiver<(Instant, Value)>,
    told: RefCell<Vec<Told>>,
}

impl Watch {
    /// Starts them over the sidecars at these ports, without the alerts that are not wanted.
    pub(crate) fn start(targets: &[u16], unwanted: &[&str]) -> Self {
        let (hook, sent) = webhook();
        let dir = TempDir::new();
        std::fs::write(dir.path().join("alertmanager.yml"), routes(hook)).unwrap();
        let alertmanager = Server::alertmanager(&alertmanager_program().unwrap(), dir);
        let dir = TempDir::new();
        std::fs::write(dir.path().join("rules.yaml"), hurried(&printed_rules(unwanted))).unwrap();
        let targets: Vec<String> = targets.iter().map(|port| format!("'127.0.0.1:{port}'")).collect();
        let config = format!(
            "global: {{scrape_interval: 2s, evaluation_interval: 2s}}\nrule_files: [rules.yaml]\nalerting:\n  alertmanagers:\n  \
             - static_configs:\n    - targets: ['127.0.0.1:{}']\nscrape_configs:\n- job_name: brokerwatch\n  \
             static_configs:\n  - targets: [{}]\n    labels: {{kafka_cluster: test}}\n",
            alertmanager.port,
            targets.join(", ")
        );
        std::fs::write(dir.path().join("prometheus.yaml"), config).unwrap();
        let prometheus = Server::prometheus(&prometheus_program().unwrap(), dir);
        Self { prometheus, _alertmanager: alertmanager, sent, told: RefCell::default() }
    }

    /// The series that an expression gives now.
    pub(crate) fn query(&self, expression: &str) -> Vec<Value> {
        self.prometheus.query(expression)
    }

    /// What was told to fire since a moment, to a receiver.
    pub(crate) fn fired(&self, receiver: &str, since: Instant) -> Vec<Told> {
        self.told().iter().filter(|one| one.receiver == receiver && one.firing && one.at >= since).cloned().collect()
    }

    /// As [`Watch::fired`], without what the receiver knew by then: while one of a group ends the rest is told again, and who looks
    /// later joins it.
    pub(crate) fn fired_anew(&self, receiver: &str, since: Instant) -> Vec<Told> {
        let open = self.open(receiver, since);
        let mut fired = self.fired(receiver, since);
        fired.retain(|told| !open.iter().any(|labels| labels["alertname"] == told.label("alertname")));
        fired
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
        let fired = self.fired_anew(receiver, since);
        let other: Vec<_> = fired.iter().filter(|told| !expected.iter().any(|one| one.names(told))).collect();
        assert!(other.is_empty(), "more than {expected:?}, or another culprit: {other:#?}");
        told
    }

    /// The shortened `for` of an alert.
    pub(crate) fn wait_of(&self, alert: &str) -> Duration {
        let rules: Value =
            serde_yaml::from_str(&std::fs::read_to_string(self.prometheus.dir.path().join("rules.yaml")).unwrap())
                .unwrap();
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

    /// All that came so far.
    fn told(&self) -> Ref<'_, Vec<Told>> {
        self.told.borrow_mut().extend(self.sent.try_iter().flat_map(|(at, note)| told(at, &note)));
        self.told.borrow()
    }

    /// What the receiver was told to fire, and not to be over, until a moment: by labels.
    pub(crate) fn open(&self, receiver: &str, until: Instant) -> BTreeSet<BTreeMap<String, String>> {
        let mut open = BTreeSet::new();
        for one in self.told().iter().filter(|one| one.receiver == receiver && one.at < until) {
            if one.firing {
                open.insert(one.labels.clone());
            } else {
                open.remove(&one.labels);
            }
        }
        open
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
        let here = HERE.iter().filter(|(part, ..)| line.contains(part));
        here.fold(format!("{line}\n"), |line, (_, shipped, here)| line.replace(shipped, here))
    };
    rules.lines().map(line).collect()
}

/// The shipped configuration of Alertmanager, with every receiver a webhook of ours and shorter waits.
fn routes(port: u16) -> String {
    let path = repository("deploy/alertmanager/alertmanager.yml");
    let mut config: Value = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    config.as_object_mut().unwrap().remove("templates");
    for receiver in config["receivers"].as_array_mut().unwrap() {
        let name = receiver["name"].as_str().unwrap().to_owned();
        let url = format!("http://127.0.0.1:{port}/");
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

/// Each alert of a notification that came at this moment.
fn told(at: Instant, note: &Value) -> Vec<Told> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let strings = |value: &Value| {
        value.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect()
    };
    let alerts = note["alerts"].as_array().into_iter().flatten();
    alerts
        .map(|alert| Told {
            at,
            receiver: text(&note["receiver"]),
            firing: alert["status"] == "firing",
            labels: strings(&alert["labels"]),
            summary: text(&alert["annotations"]["summary"]),
            description: text(&alert["annotations"]["description"]),
        })
        .collect()
}
