//! Brokers of one machine that get into each other's way, for real: each mistake is found with its culprit, by `check` and
//! on a sidecar's page.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Cluster, Sidecar, eventually, holds};

const NESTED: &str = "host-logdir-nested";
const TWIN: &str = "host-nodeid-duplicate";

/// Subject and text of each finding of these checks.
fn found(arguments: &[&str]) -> Vec<(String, String)> {
    let program =
        Command::new(env!("CARGO_BIN_EXE_brokerwatch")).args(["check", "--format=json"]).args(arguments).output();
    let output = program.expect("the program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let report: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let rows = report["findings"].as_array().expect("findings");
    let of = |row: &Value| {
        let field = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        [NESTED, TWIN]
            .contains(&&*field("id"))
            .then(|| (field("id"), format!("{}: {}", field("subject"), field("found"))))
    };
    rows.iter().filter_map(of).collect()
}

/// A properties file with other values of some keys.
fn rewritten(from: &str, to: &Path, values: &[(&str, &str)]) {
    let text = std::fs::read_to_string(from).expect("a properties file");
    let line =
        |line: &str| match line.split_once('=').and_then(|(key, _)| values.iter().find(|(other, _)| *other == key)) {
            Some((key, value)) => format!("{key}={value}\n"),
            None => format!("{line}\n"),
        };
    std::fs::write(to, text.lines().map(line).collect::<String>()).expect("a properties file");
}

/// Starts broker 2 with a log directory within one of broker 1, and in place of broker 3 a twin of broker 2. What they do
/// to each other at their next start is not waited for, so the cluster is good for nothing afterwards.
pub(crate) fn a_nested_log_dir_and_a_twin_are_found(cluster: &Cluster) {
    let began = Instant::now();
    let server = format!("--kafka.server={}", cluster.server("1"));
    assert_eq!(found(&[&server]), [], "before");

    let (own, inside) = (cluster.file("broker-2/data-b"), cluster.file("broker-1/data-a/of-broker-2"));
    let second = cluster.properties("2");
    cluster.kafka(&["term", "2"]);
    std::fs::rename(&own, &inside).expect("its log directory is moved");
    rewritten(&second, Path::new(&second), &[("log.dirs", &format!("{},{inside}", cluster.file("broker-2/data-a")))]);
    cluster.kafka(&["start", "2"]);

    let twin = cluster.file("twin.properties");
    cluster.kafka(&["term", "3"]);
    let dirs = cluster.file("twin-data");
    rewritten(&cluster.properties("3"), Path::new(&twin), &[("node.id", "2"), ("log.dirs", &dirs)]);
    let files: Vec<(String, String)> = found(&[&second, &twin]);
    let is_twin = |(id, text): &(String, String)| id == TWIN && text.contains(&twin) && text.contains("2 is the id of");
    println!("of the files alone: {files:?}");
    assert!(files.iter().any(is_twin), "of the files alone: {files:?}");
    let id = cluster.kafka(&["cluster-id"]);
    let format =
        ["tool", "kafka.tools.StorageTool", "format", "-t", id.trim(), "-c", &twin, "--no-initial-controllers"];
    cluster.kafka(&format);
    cluster.kafka(&["start", "3", "--properties", &twin, "--no-wait"]);

    let is_nested = |(id, text): &(String, String)| id == NESTED && text.contains(&inside);
    let took = eventually(Duration::from_secs(30), || {
        let live = found(&[&server]);
        holds(live.iter().any(is_twin) && live.iter().any(is_nested), || format!("{live:?}"))
    });
    println!("check finds both within {:.1} s", took.as_secs_f64());
    let sidecar = Sidecar::start(&[&format!("--kafka.properties-file={second}")]);
    eventually(Duration::from_secs(30), || {
        let page = sidecar.page();
        let named = |check: &str, culprit: &str| {
            let mut rows = page.all("brokerwatch_finding").filter(|row| row.labels["check"] == check);
            let named = rows.any(|row| row.labels["severity"] == "critical" && row.labels["subject"].contains(culprit));
            holds(named, || {
                format!("{check} names no {culprit}: {:?}", page.all("brokerwatch_finding").collect::<Vec<_>>())
            })
        };
        named(NESTED, &inside)?;
        named(TWIN, "twin.properties")
    });
    println!("both are on the page; all of it took {:.1} s", began.elapsed().as_secs_f64());
}
