//! deploy/alertmanager: routes, notifications and inhibition, with amtool and a real Alertmanager.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::common::fake_node::within;
use super::common::tools::{GET, Server, alertmanager_program, skip, tool, webhook};
use super::common::{TempDir, repository};
use super::{documents, files, output, read};

const CONFIG: &str = "deploy/alertmanager/alertmanager.yml";
const TEMPLATE: &str = "deploy/alertmanager/kafka.tmpl";
/// The first that reads all secrets from files.
const VERSION_MIN: (u32, u32) = (0, 26);

/// A command of amtool, when a recent one is there.
fn amtool() -> Option<Command> {
    let amtool = tool(&["amtool"], GET)?;
    let version = output(Command::new(&amtool).arg("--version"));
    let number = version.split("version ").nth(1).unwrap_or_default();
    let mut parts = number.split('.').map(|part| part.parse().unwrap_or(0));
    if (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) < VERSION_MIN {
        skip(&format!("amtool is older than {}.{}: {GET}", VERSION_MIN.0, VERSION_MIN.1));
        return None;
    }
    Some(Command::new(amtool))
}

fn config() -> Value {
    documents(CONFIG).remove(0)
}

#[test]
fn amtool_accepts_the_configuration_and_routes_by_severity() {
    let Some(mut check) = amtool() else { return };
    output(check.arg("check-config").arg(repository(CONFIG)));
    for (severity, receiver) in [("critical", "pages"), ("warning", "tickets"), ("info", "notes"), ("none", "tickets")]
    {
        let mut test = amtool().unwrap();
        test.args(["config", "routes", "test", "--config.file"]).arg(repository(CONFIG));
        let severity = format!("severity={severity}");
        let found = output(test.args(["alertname=KafkaBrokerDown", "kafka_cluster=prod", &severity]));
        assert_eq!(found.trim(), receiver, "{severity}");
    }
}

#[test]
fn inhibition_names_alerts_that_are_there_and_no_secret_stands_in_the_configuration() {
    let text = read(CONFIG);
    let alerts: BTreeSet<String> = files("alerts", "yaml")
        .iter()
        .flat_map(|path| std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|line| Some(line.trim().strip_prefix("- alert: ")?.to_owned()))
        .collect();
    let words = text.split(|next: char| !next.is_alphanumeric());
    // "Kafka" itself comes from the pattern for all of them.
    let named: BTreeSet<String> =
        words.filter(|word| word.len() > 5 && word.starts_with("Kafka")).map(str::to_owned).collect();
    assert!(named.contains("KafkaBrokerDown"));
    assert_eq!(named.difference(&alerts).collect::<Vec<_>>(), Vec::<&String>::new(), "no such alert");

    for receiver in config()["receivers"].as_array().unwrap() {
        for way in receiver.as_object().unwrap().values().filter_map(Value::as_array).flatten() {
            for secret in ["routing_key", "service_key", "api_url", "url"] {
                assert!(way.get(secret).is_none(), "{receiver}: {secret} stands here and not in a file");
            }
        }
    }
}

#[test]
fn amtool_renders_one_summary_each_description_and_where_to_go() {
    let alert = |status: &str, peer: &str| {
        json!({
            "status": status, "labels": {"peer": peer},
            "annotations": {
                "summary": "A broker is missing.", "description": format!("Broker {peer} is away."),
                "runbook_url": "https://example.com/README.md#kafkax", "dashboard_url": "/d/board?viewPanel=7",
            },
            "startsAt": "2026-01-02T03:04:05+02:00", "endsAt": "2026-01-02T04:05:06Z",
        })
    };
    let labels = json!({"alertname": "KafkaX", "kafka_cluster": "east 1", "severity": "critical"});
    let render = |status: &str, labels: &Value, alerts: &[Value], name: &str| {
        let dir = TempDir::new();
        let data = dir.path().join("data.json");
        let whole = json!({
            "receiver": "pages", "status": status, "groupLabels": {}, "commonLabels": labels, "commonAnnotations": {},
            "externalURL": "http://localhost", "alerts": alerts,
        });
        std::fs::write(&data, whole.to_string()).unwrap();
        let mut amtool = amtool()?;
        amtool.args(["template", "render", "--template.glob"]).arg(repository(TEMPLATE));
        amtool.arg(format!("--template.text={{{{ template \"{name}\" . }}}}")).arg("--template.data").arg(&data);
        Some(output(&mut amtool).trim_end().to_owned())
    };
    let three = [alert("firing", "2"), alert("firing", "3"), alert("resolved", "4")];
    let Some(title) = render("firing", &labels, &three, "kafka.title") else { return };
    assert_eq!(title, "[CRITICAL 2] east 1: KafkaX");
    let text = render("firing", &labels, &three, "kafka.text").unwrap();
    assert_eq!(
        text,
        "A broker is missing.\n\n* Broker 2 is away. (since 2026-01-02 01:04 UTC)\n* Broker 3 is away. (since 2026-01-02 01:04 UTC)\n\
         * over at 2026-01-02 04:05 UTC: Broker 4 is away.\n\nRunbook: https://example.com/README.md#kafkax\n\
         Dashboard: https://grafana.example.com/d/board?viewPanel=7&var-kafka_cluster=east+1"
    );
    // One cluster only, without the label, and all of it over.
    let labels = json!({"alertname": "KafkaX", "severity": "warning"});
    let over = [alert("resolved", "4")];
    assert_eq!(render("resolved", &labels, &over, "kafka.title").unwrap(), "[OVER] KafkaX");
    let text = render("resolved", &labels, &over, "kafka.text").unwrap();
    assert!(text.ends_with("Dashboard: https://grafana.example.com/d/board?viewPanel=7"), "{text}");
}

/// Alerts of one cluster as `LABEL=VALUE,...`, the name first; whether each is held back by those before it.
const CASES: [(&str, &[(&str, bool)]); 23] = [
    (
        "down",
        &[
            ("KafkaBrokerDown,severity=critical,instance=h2,peer=2", false),
            ("KafkaUnderReplicatedPartitions,severity=warning,peer=2", true),
            // Another broker is missing too: that is news.
            ("KafkaUnderReplicatedPartitions,severity=warning,peer=3", false),
            ("KafkaSourceBlind,severity=warning,instance=h2,source=process", true),
            ("KafkaSourceBlind,severity=warning,instance=h1,source=configs", false),
            // Harm is never held back.
            ("KafkaPartitionsUnderMinIsr,severity=critical,instance=h1", false),
            ("KafkaLastInSyncCopy,severity=critical,instance=h1", false),
            ("KafkaPartitionsWithoutLeader,severity=critical", false),
        ],
    ),
    (
        "refused",
        &[
            ("KafkaPartitionsUnderMinIsr,severity=critical,instance=h1,peer=2", false),
            ("KafkaBrokerDown,severity=critical,instance=h2,peer=2", true),
            ("KafkaBrokerLost,severity=critical,peer=2", true),
            // Nobody misses this one, so it is another fault; and one whose id was never seen may be.
            ("KafkaBrokerDown,severity=critical,instance=h3,peer=3", false),
            ("KafkaBrokerDown,severity=critical,instance=h4", false),
            // Held back itself, it still holds back.
            ("KafkaSourceBlind,severity=warning,instance=h2,source=process", true),
            ("KafkaLastInSyncCopy,severity=critical,instance=h1", false),
        ],
    ),
    // More replicas are demanded than there are: no broker is to blame, and the page may stay for long.
    (
        "demanding",
        &[
            ("KafkaPartitionsUnderMinIsr,severity=critical,instance=h1", false),
            ("KafkaBrokerDown,severity=critical,instance=h2,peer=2", false),
        ],
    ),
    // The same broker id in another cluster is another broker.
    ("elsewhere", &[("KafkaUnderReplicatedPartitions,severity=warning,peer=2", false)]),
    // No label of cluster at all: one cluster.
    (
        "",
        &[
            ("KafkaBrokerDown,severity=critical,instance=h2,peer=2", false),
            ("KafkaUnderReplicatedPartitions,severity=warning,peer=2", true),
            ("KafkaUnderReplicatedPartitions,severity=warning,peer=3", false),
        ],
    ),
    // A node whose id was never seen: nothing can be told to be its consequence, and a missing label equals nothing.
    (
        "nameless",
        &[
            ("KafkaBrokerDown,severity=critical,instance=h2", false),
            ("KafkaUnderReplicatedPartitions,severity=warning,peer=2", false),
            ("KafkaConfigDrift,severity=warning,role=broker,key=x", false),
        ],
    ),
    (
        "lost",
        &[
            ("KafkaBrokerLost,severity=critical,peer=3", false),
            ("KafkaUnderReplicatedPartitions,severity=warning,peer=3", true),
            ("KafkaUnderReplicatedPartitions,severity=warning,peer=1", false),
        ],
    ),
    // The user made it a page: the cause is still enough.
    (
        "raised",
        &[
            ("KafkaBrokerLost,severity=critical,peer=3", false),
            ("KafkaUnderReplicatedPartitions,severity=critical,peer=3", true),
            ("KafkaUnderReplicatedPartitions,severity=critical,peer=1", false),
        ],
    ),
    (
        "absent",
        &[
            ("KafkaSidecarAbsent,severity=warning,instance=h2", false),
            ("KafkaSourceBlind,severity=warning,instance=h2,source=process", true),
            ("KafkaSourceBlind,severity=warning,instance=h3,source=process", false),
        ],
    ),
    (
        "controller",
        &[
            ("KafkaControllerDown,severity=warning,instance=c1", false),
            ("KafkaSourceBlind,severity=warning,instance=c1,source=process", true),
            ("KafkaSourceBlind,severity=warning,instance=c2,source=process", false),
        ],
    ),
    (
        "stuck",
        &[
            ("KafkaLogDirStuck,severity=critical,instance=h1,log_dir=/a", false),
            ("KafkaSourceBlind,severity=warning,instance=h1,source=log_dirs", true),
            ("KafkaSourceBlind,severity=warning,instance=h2,source=log_dirs", false),
        ],
    ),
    (
        "leaderless",
        &[
            ("KafkaQuorumLost,severity=critical", false),
            ("KafkaSourceBlind,severity=warning,instance=h1,source=quorum", true),
            ("KafkaSourceBlind,severity=warning,instance=h2,source=reassignments", true),
            // The broker answers these itself.
            ("KafkaSourceBlind,severity=warning,instance=h1,source=log_dirs", false),
        ],
    ),
    (
        "unseen",
        &[
            ("KafkaClusterUnseen,severity=critical", false),
            ("KafkaSidecarAbsent,severity=warning,instance=h1", true),
            // Held from before: it says what the last look saw.
            ("KafkaBrokerDown,severity=critical,instance=h2,peer=2", false),
        ],
    ),
    (
        "findings",
        &[
            ("KafkaLogDirShared,severity=critical,instance=h1,log_dir=/a", false),
            ("KafkaLogDirNested,severity=critical,instance=h1,log_dir=/b", false),
            ("KafkaNodeIdDuplicate,severity=critical,broker_id=1", false),
            ("KafkaLogDirSpaceCritical,severity=critical,instance=h1,log_dir=/c", false),
            ("KafkaLogDirsShareOneDrive,severity=warning,instance=h1,device=sda", false),
            ("KafkaCriticalFinding,severity=warning,check=host-logdir-shared", true),
            ("KafkaCriticalFinding,severity=warning,check=host-logdir-nested", true),
            ("KafkaCriticalFinding,severity=warning,check=host-nodeid-duplicate", true),
            ("KafkaCriticalFinding,severity=warning,check=logdir-space-low", true),
            ("KafkaCriticalFinding,severity=warning,check=logdir-in-tmp", false),
            ("KafkaWarningFinding,severity=info,check=logdir-same-device", true),
        ],
    ),
    // The check sees more than the alert.
    ("finding", &[("KafkaCriticalFinding,severity=warning,check=host-logdir-shared", false)]),
    (
        "culprits",
        &[
            ("KafkaLogDirShared,severity=critical,instance=h1,log_dir=/a", false),
            ("KafkaA,severity=warning,instance=h1,log_dir=/a", true),
            ("KafkaA,severity=info,instance=h1,log_dir=/a", true),
            ("KafkaA,severity=warning,instance=h1,log_dir=/b", false),
            ("KafkaA,severity=warning,instance=h2,log_dir=/a", false),
            ("KafkaA,severity=critical,instance=h1,log_dir=/a", false),
            ("KafkaB,severity=critical,instance=h1,device=sda", false),
            ("KafkaC,severity=warning,instance=h1,device=sda", true),
            ("KafkaC,severity=warning,instance=h1,device=sdb", false),
            // Nothing of Kafka's.
            ("DiskA,severity=warning,instance=h1,device=sda", false),
        ],
    ),
    (
        "lost-data",
        &[
            ("KafkaAcknowledgedDataLost,severity=critical,topic=orders,partition=1", false),
            ("KafkaUncleanElection,severity=critical", true),
        ],
    ),
    ("unclean", &[("KafkaUncleanElection,severity=critical", false)]),
    (
        "read-only",
        &[
            ("KafkaLogDirNotWritable,severity=critical,instance=h1,log_dir=/a", false),
            ("KafkaLogDirFileSystemError,severity=critical,instance=h1,log_dir=/a", true),
            ("KafkaLogDirOffline,severity=critical,instance=h1,log_dir=/a", true),
            ("KafkaLogDirOffline,severity=critical,instance=h1,log_dir=/b", false),
            ("KafkaLogDirFileSystemError,severity=critical,instance=h1,log_dir=/b", true),
            ("KafkaLogDirFileSystemError,severity=critical,instance=h1,log_dir=/c", false),
            ("KafkaLogDirOffline,severity=critical,instance=h2,log_dir=/a", false),
            // What is lost with it, and that another one is full, is another matter.
            ("KafkaSuspectDriveHoldsLastReplica,severity=critical,instance=h1,log_dir=/a", false),
            ("KafkaLogDirSpaceCritical,severity=critical,instance=h1,log_dir=/b", false),
        ],
    ),
    (
        "stalled",
        &[
            ("KafkaDriveStalled,severity=critical,instance=h1,device=sda", false),
            ("KafkaLogDirStuck,severity=critical,instance=h1,log_dir=/a", true),
            ("KafkaBrokerCheckpointLoopHung,severity=critical,instance=h1", true),
            ("KafkaBrokerCheckpointLoopHung,severity=critical,instance=h2", false),
            ("KafkaSourceBlind,severity=warning,instance=h1,source=log_dirs", true),
            ("KafkaSourceBlind,severity=warning,instance=h2,source=log_dirs", false),
            // What is lost with it is another matter.
            ("KafkaSuspectDriveHoldsLastReplica,severity=critical,instance=h1,log_dir=/a", false),
        ],
    ),
    (
        "slow",
        &[
            ("KafkaDriveSlow,severity=warning,instance=h1,device=sda,op=write", false),
            ("KafkaDriveSlowAmongPeers,severity=warning,instance=h1,device=sda,op=write", true),
            ("KafkaDriveSlowIntermittent,severity=warning,instance=h1,device=sda,op=read", true),
            // Another drive, by its peers alone.
            ("KafkaDriveSlowAmongPeers,severity=warning,instance=h1,device=sdb,op=write", false),
            ("KafkaDriveSlowAmongPeers,severity=warning,instance=h2,device=sda,op=write", false),
        ],
    ),
    // By both it is a page, and no ticket beside it.
    (
        "failslow",
        &[
            ("KafkaDriveFailSlow,severity=critical,instance=h1,device=sda,op=write", false),
            ("KafkaDriveSlow,severity=warning,instance=h1,device=sda,op=write", true),
            ("KafkaDriveSlowAmongPeers,severity=warning,instance=h1,device=sda,op=write", true),
        ],
    ),
    // Two pages of one instance do not hold back what is else wrong there.
    (
        "instance",
        &[
            ("KafkaLastInSyncCopy,severity=critical,instance=h1", false),
            ("KafkaConfigPendingRestart,severity=warning,instance=h1", false),
        ],
    ),
];

/// An alert of the table above as Alertmanager takes it, and its name there.
fn alert(cluster: &str, text: &str) -> (String, Value) {
    let mut labels = BTreeMap::from([("case", if cluster.is_empty() { "unlabelled" } else { cluster })]);
    if !cluster.is_empty() {
        labels.insert("kafka_cluster", cluster);
    }
    let (name, rest) = text.split_once(',').unwrap();
    labels.insert("alertname", name);
    labels.extend(rest.split(',').filter_map(|pair| pair.split_once('=')));
    let alert = json!({"labels": labels, "annotations": {"summary": "S.", "description": text}});
    (format!("{}: {text}", labels["case"]), alert)
}

/// The shipped configuration with receivers on this host and short waits; all else as shipped.
fn here(port: u16) -> Value {
    let mut config = config();
    config["route"]["group_wait"] = json!("1s");
    for route in config["route"]["routes"].as_array_mut().unwrap() {
        route.as_object_mut().unwrap().remove("group_wait");
    }
    for receiver in config["receivers"].as_array_mut().unwrap() {
        let url = format!("http://127.0.0.1:{port}/");
        *receiver = json!({"name": receiver["name"], "webhook_configs": [{"url": url, "send_resolved": true}]});
    }
    config
}

/// Whether each alert of a running Alertmanager is held back by another one.
fn held_back(server: &Server) -> BTreeMap<String, bool> {
    let alerts: Value = serde_json::from_str(&server.ask("GET", "/api/v2/alerts", "").unwrap()).unwrap();
    let named = |alert: &Value| {
        let name = format!("{}: {}", alert["labels"]["case"].as_str()?, alert["annotations"]["description"].as_str()?);
        Some((name, alert["status"]["state"] == "suppressed"))
    };
    alerts.as_array().unwrap().iter().filter_map(named).collect()
}

#[test]
fn a_real_alertmanager_holds_back_consequences_and_sends_the_rest() {
    let Some(program) = alertmanager_program() else { return };
    if amtool().is_none() {
        return;
    }
    let (hook, sent) = webhook();
    let dir = TempDir::new();
    std::fs::write(dir.path().join("alertmanager.yml"), serde_yaml::to_string(&here(hook)).unwrap()).unwrap();
    std::fs::copy(repository(TEMPLATE), dir.path().join("kafka.tmpl")).unwrap();
    let server = Server::alertmanager(&program, dir);

    let mut expected = BTreeMap::new();
    let mut alerts = Vec::new();
    for (cluster, case) in CASES {
        for (text, held) in case {
            let (name, alert) = alert(cluster, text);
            assert!(expected.insert(name, *held).is_none(), "{cluster}: {text} stands twice");
            alerts.push(alert);
        }
    }
    server.ask("POST", "/api/v2/alerts", &Value::from(alerts).to_string()).unwrap();
    let mut found = BTreeMap::new();
    within(10_000, || {
        found = held_back(&server);
        found == expected
    });
    assert_eq!(found, expected, "{}", server.log());

    let (mut arrived, mut groups) = (BTreeMap::new(), BTreeSet::new());
    let wanted = expected.values().filter(|held| !**held).count();
    while arrived.len() < wanted {
        let (_, note) =
            sent.recv_timeout(Duration::from_secs(15)).unwrap_or_else(|_| panic!("{arrived:?}\n{}", server.log()));
        groups.insert(note["groupLabels"].to_string());
        for alert in note["alerts"].as_array().unwrap() {
            let labels = &alert["labels"];
            assert_eq!(labels["alertname"], note["groupLabels"]["alertname"]);
            assert_eq!(labels["kafka_cluster"], note["groupLabels"]["kafka_cluster"]);
            let name = format!(
                "{}: {}",
                labels["case"].as_str().unwrap(),
                alert["annotations"]["description"].as_str().unwrap()
            );
            arrived.insert(
                name,
                (labels["severity"].as_str().unwrap().to_owned(), note["receiver"].as_str().unwrap().to_owned()),
            );
        }
    }
    // Nothing that is held back comes after all.
    assert!(sent.recv_timeout(Duration::from_secs(3)).is_err());
    for (name, (severity, receiver)) in &arrived {
        assert!(!expected[name], "{name} was sent");
        let right = match severity.as_str() {
            "critical" => "pages",
            "warning" => "tickets",
            _ => "notes",
        };
        assert_eq!(receiver, right, "{name}");
    }
    assert_eq!(held_back(&server), expected, "and it stays so");
    println!(
        "{} alerts, {} held back, {wanted} sent in {} groups",
        expected.len(),
        expected.len() - wanted,
        groups.len()
    );
}
