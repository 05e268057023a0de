//! A real Prometheus over real sidecars: both formats are taken in, and the first alert fires and names the broker.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::common::tools::{GET, Server, prometheus_program, promtool_accepts, tool};
use crate::common::{TempDir, repository};
use crate::dashboards::{Now, each_query_has_data};
use crate::equality::{agree, produce};
use crate::harness::{Cluster, eventually, holds};

/// The shipped rules of what a killed broker does, and those that dashboards know the rules by.
const RULES: [&str; 2] = ["replication.yaml", "sidecars.yaml"];

/// A Prometheus that scrapes `targets` in `formats` every second, with [`RULES`]; their waits shortened to seconds.
fn start(program: &Path, targets: &[u16], formats: &str) -> Server {
    let dir = TempDir::new();
    for file in RULES {
        let shipped = std::fs::read_to_string(repository("alerts").join(file)).unwrap();
        std::fs::write(dir.path().join(file), hurried(&shipped)).unwrap();
    }
    let targets: Vec<String> = targets.iter().map(|port| format!("'127.0.0.1:{port}'")).collect();
    let config = format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [{}]\nscrape_configs:\n\
         - job_name: brokerwatch\n{formats}  static_configs:\n  - targets: [{}]\n    labels: {{kafka_cluster: test}}\n",
        RULES.join(", "),
        targets.join(", ")
    );
    std::fs::write(dir.path().join("prometheus.yaml"), config).unwrap();
    Server::prometheus(program, dir)
}

/// Label sets of what an expression gives.
fn labels(prometheus: &Server, expression: &str) -> Vec<Value> {
    prometheus.query(expression).into_iter().map(|mut row| row["metric"].take()).collect()
}

/// The shipped rules with every wait cut to seconds: `for: 5m` becomes `for: 5s`.
fn hurried(rules: &str) -> String {
    let line = |line: &str| {
        let trimmed = line.trim_start();
        let waits = ["for:", "keep_firing_for:", "interval:"].iter().any(|key| trimmed.starts_with(key));
        match (waits, line.strip_suffix('m')) {
            (true, Some(minutes)) => format!("{minutes}s\n"),
            _ => format!("{line}\n"),
        }
    };
    rules.lines().map(line).collect()
}

#[test]
fn prometheus_takes_in_both_formats_and_the_alert_names_the_killed_broker() {
    let (Some(program), Some(_)) = (prometheus_program(), tool(&["promtool"], GET)) else { return };
    let cluster = Cluster::up(3, None);
    cluster.kafka(&["topic", "create", "orders", "--partitions", "12", "--replication-factor", "3"]);
    produce(&cluster, "orders", 1_000);
    let sidecars = cluster.sidecars();
    agree("before Prometheus", &cluster, &sidecars);
    promtool_accepts(&sidecars[&1].get("/metrics"));

    let ports: Vec<u16> = sidecars.values().map(|sidecar| sidecar.port).collect();
    let newest = start(&program, &ports, "");
    let text =
        supports_protocols(&program).then(|| start(&program, &ports, "  scrape_protocols: [PrometheusText0.0.4]\n"));
    for prometheus in [Some(&newest), text.as_ref()].into_iter().flatten() {
        eventually(Duration::from_secs(30), || {
            let up = prometheus.value("sum(up)");
            holds(up.as_deref() == Some("3"), || format!("up {up:?}"))?;
            let led = prometheus.value("sum(kafka_broker_leader_partitions)");
            holds(led.as_deref() == Some("12"), || format!("led {led:?}"))?;
            let series = prometheus.value("count(kafka_topic_partition_current_offset)");
            holds(series.as_deref() == Some("12"), || format!("offsets {series:?}"))
        });
    }
    assert!(labels(&newest, "ALERTS{alertstate='firing'}").is_empty(), "healthy: {:?}", labels(&newest, "ALERTS"));
    each_query_has_data(&newest, Now::Well);

    cluster.kafka(&["kill", "2"]);
    let took = eventually(Duration::from_secs(90), || {
        let alerts = labels(&newest, "ALERTS{alertname='KafkaUnderReplicatedPartitions',alertstate='firing'}");
        let peers: Vec<_> = alerts.iter().map(|labels| labels["peer"].as_str().unwrap_or("").to_owned()).collect();
        holds(peers == ["2"], || format!("under-replication names {peers:?}"))?;
        let down = labels(&newest, "ALERTS{alertname='KafkaBrokerDown',alertstate='firing'}");
        holds(down.len() == 1, || format!("down: {down:?}"))
    });
    println!("killed broker 2: both alerts fire after {:.1} s (waits of minutes cut to seconds)", took.as_secs_f64());
    each_query_has_data(&newest, Now::BrokerDead);

    cluster.kafka(&["start", "2"]);
    let took = eventually(Duration::from_secs(120), || {
        let firing = labels(&newest, "ALERTS{alertstate='firing'}");
        holds(firing.is_empty(), || format!("still firing: {firing:?}"))
    });
    println!("broker 2 back: all alerts resolved after {:.1} s", took.as_secs_f64());
}

/// Whether this Prometheus lets the format be chosen (since 2.49).
fn supports_protocols(program: &Path) -> bool {
    let output = Command::new(program).arg("--version").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    !text.contains("version 2.4")
}
