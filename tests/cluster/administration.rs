//! What administrators write into a cluster, written with Kafka's own tools: each mistake is found with its culprit, gone
//! when it is taken back, and what a principal may not see is told as denied, never as clean.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{Cluster, Sidecar, eventually, holds};

const ACLS: &str = "org.apache.kafka.tools.AclCommand";
const CONFIGS: &str = "kafka.admin.ConfigCommand";

/// What `check` says as JSON.
fn checked(arguments: &[String]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_brokerwatch"))
        .args(["check", "--profile=strict", "--format=json"])
        .args(arguments)
        .output()
        .expect("the program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{error}: {text}\n{}", String::from_utf8_lossy(&output.stderr)))
}

/// Severities and subjects of what a check found.
fn found(report: &Value, id: &str) -> Vec<(String, String)> {
    let rows = report["findings"].as_array().expect("findings").iter().filter(|row| row["id"] == id);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    rows.map(|row| (text(&row["severity"]), text(&row["subject"]))).collect()
}

/// Why a check was not evaluated.
fn unseen(report: &Value, id: &str) -> Vec<String> {
    let rows = report["not_evaluated"].as_array().expect("a list").iter().filter(|row| row["id"] == id);
    rows.map(|row| row["reason"].as_str().expect("a reason").to_owned()).collect()
}

fn expect(report: &Value, id: &str, expected: &[(&str, &str)]) -> Result<(), String> {
    let found = found(report, id);
    let found: Vec<(&str, &str)> = found.iter().map(|(severity, subject)| (&**severity, &**subject)).collect();
    holds(found == expected && unseen(report, id).is_empty(), || format!("{id}: {found:?} {:?}", unseen(report, id)))
}

/// Runs Kafka's own tools at once: each takes seconds to start.
fn run(cluster: &Cluster, lines: &[(&str, &[&str])]) {
    let bootstrap = cluster.bootstrap();
    std::thread::scope(|scope| {
        for (class, arguments) in lines {
            let whole = [&["tool", class, "--bootstrap-server", &bootstrap], *arguments].concat();
            scope.spawn(move || cluster.kafka(&whole));
        }
    });
}

fn start(arguments: &[String]) -> Sidecar {
    Sidecar::start(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// In a secured cluster with the user `exporter`, whose credentials were made with Kafka's defaults. `as_user` are the
/// arguments by which a user of this name speaks to the listener SASL_SSL.
pub(crate) fn mistakes_are_found_and_denials_told(cluster: &Cluster, as_user: &dyn Fn(&str) -> Vec<String>) {
    let ours = vec![format!("--kafka.server={}", cluster.server("1"))];
    let weak = [("info", "principal User:exporter"), ("info", "principal User:exporter")];
    let none = [("info", "cluster")];
    eventually(Duration::from_secs(20), || {
        let report = checked(&ours);
        expect(&report, "acl-wildcard", &[])?;
        expect(&report, "quota-zero", &[])?;
        expect(&report, "quota-none", &none)?;
        expect(&report, "controller-mutation-quota-none", &none)?;
        expect(&report, "scram-weak", &weak)
    });

    let quota = |entity: &[&'static str], limits| {
        [&["--alter", "--entity-type", "users"], entity, &["--add-config", limits]].concat()
    };
    run(
        cluster,
        &[
            (ACLS, &["--add", "--allow-principal", "User:*", "--operation", "Write", "--topic", "*"]),
            (ACLS, &["--add", "--allow-principal", "User:batch", "--operation", "Alter", "--cluster"]),
            (ACLS, &["--add", "--allow-principal", "User:batch", "--operation", "Read", "--topic", "*"]),
            (CONFIGS, &quota(&["--entity-name", "batch"], "producer_byte_rate=512")),
            (CONFIGS, &quota(&["--entity-default"], "consumer_byte_rate=1000000,controller_mutation_rate=20")),
            (CONFIGS, &quota(&["--entity-name", "strong"], "SCRAM-SHA-512=[iterations=16384,password=word-1]")),
        ],
    );
    let mut report = Value::Null;
    let took = eventually(Duration::from_secs(20), || {
        report = checked(&ours);
        let wide = [("info", "principal User:batch"), ("critical", "principal User:*")];
        let mut is = found(&report, "acl-wildcard");
        is.sort_unstable_by(|a, b| b.cmp(a));
        holds(is.len() == 2 && wide.iter().all(|(a, b)| is.contains(&((*a).into(), (*b).into()))), || {
            format!("{is:?}")
        })?;
        expect(&report, "quota-zero", &[("warning", "quota of user batch")])?;
        expect(&report, "quota-none", &[])?;
        expect(&report, "controller-mutation-quota-none", &[])?;
        expect(&report, "scram-weak", &weak)
    });
    println!("ACL, quota and credentials are found within {:.1} s", took.as_secs_f64());
    on_the_page(cluster, as_user);
    denied(cluster, as_user);

    take_back(cluster, &ours, &report);
}

/// What the report says to paste takes the ACL back; the quota goes with Kafka's own tool.
fn take_back(cluster: &Cluster, ours: &[String], report: &Value) {
    let rows = report["findings"].as_array().expect("findings");
    let wide = rows.iter().find(|row| row["id"] == "acl-wildcard" && row["severity"] == "critical").expect("found");
    let fix = wide["fix"]
        .as_str()
        .expect("a line")
        .strip_prefix("kafka-acls.sh --bootstrap-server HOST:PORT ")
        .expect("a line");
    println!("the fix: {fix}");
    let fix: Vec<&str> = fix.split(' ').map(|word| word.trim_matches('\'')).chain(["--force"]).collect();
    run(
        cluster,
        &[
            (ACLS, &fix),
            (
                CONFIGS,
                &[
                    "--alter",
                    "--entity-type",
                    "users",
                    "--entity-name",
                    "batch",
                    "--delete-config",
                    "producer_byte_rate",
                ],
            ),
        ],
    );
    eventually(Duration::from_secs(20), || {
        let report = checked(ours);
        expect(&report, "acl-wildcard", &[("info", "principal User:batch")])?;
        expect(&report, "quota-zero", &[])
    });
}

/// The broker of the lowest id tells it on its page; the others say that they do not know.
fn on_the_page(cluster: &Cluster, as_user: &dyn Fn(&str) -> Vec<String>) {
    let pages = ["1", "2"].map(|broker| {
        let file = format!("--kafka.properties-file={}", cluster.properties(broker));
        start(&[&[file], &as_user("full")[..]].concat())
    });
    let expected = [
        ("acl-wildcard", "critical", "principal User:*"),
        ("quota-zero", "warning", "quota of user batch"),
        ("scram-weak", "info", "principal User:exporter"),
    ];
    eventually(Duration::from_secs(30), || {
        let [first, second] = [&pages[0], &pages[1]].map(|sidecar| sidecar.page());
        expected.iter().try_for_each(|(check, severity, subject)| {
            let labels = [("check", *check), ("severity", *severity), ("subject", *subject)];
            let here = first.value("brokerwatch_finding", &labels);
            holds(here == Some(1.0), || format!("{check} of broker 1: {here:?}\n{}", pages[0].log()))?;
            let blind = second.value("brokerwatch_check_not_evaluated", &[("check", *check)]);
            let there = second.value("brokerwatch_finding", &labels);
            holds((blind, there) == (Some(1.0), None), || format!("{check} of broker 2: {blind:?} {there:?}"))
        })
    });
    let snapshot = pages[0].get("/snapshot");
    for secret in ["word-1", "salt", "storedKey", "serverKey"] {
        assert!(!snapshot.contains(secret), "{secret} is in the snapshot");
    }
}

/// The user `minimal` may not see quotas; the user `none` sees topics, as everybody may write to them, and nothing else.
fn denied(cluster: &Cluster, as_user: &dyn Fn(&str) -> Vec<String>) {
    let all = ["acl-wildcard", "scram-weak", "quota-zero"];
    for (user, hidden, right) in [
        ("minimal", &all[2..], "grant DescribeConfigs on Cluster"),
        ("none", &all[..2], "grant Describe on Cluster"),
        ("none", &all[2..], "grant DescribeConfigs on Cluster"),
    ] {
        let server = format!("--kafka.server={}", cluster.listener("1", "SASL_SSL"));
        let arguments = [&[server], &as_user(user)[..]].concat();
        eventually(Duration::from_secs(20), || {
            let report = checked(&arguments);
            hidden.iter().try_for_each(|id| {
                let (found, why) = (found(&report, id), unseen(&report, id));
                let told = found.is_empty() && why.len() == 1 && why[0].contains(right);
                holds(told, || format!("{user} {id}: {found:?} {why:?}"))
            })
        });
        println!("{user}: {} NOT EVALUATED: {right}", hidden.join(", "));
    }
}
