//! A real Prometheus over real sidecars: both formats are taken in, and the first alert fires and names the broker.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::dashboards::{Now, each_query_has_data};
use crate::equality::{agree, produce};
use crate::harness::{Cluster, eventually, free_port, holds, http_get};

/// The shipped rules of what a killed broker does, and those that dashboards know the rules by.
const RULES: [&str; 2] = ["replication.yaml", "sidecars.yaml"];

/// A Prometheus of this test's own; ended when dropped.
pub(crate) struct Prometheus {
    child: Child,
    port: u16,
    dir: PathBuf,
}

impl Prometheus {
    /// Scrapes `targets` in `formats` every second, with [`RULES`]; their waits shortened to seconds.
    fn start(targets: &[u16], formats: &str) -> Self {
        let port = free_port();
        let dir = std::env::temp_dir().join(format!("brokerwatch-test-{}-prometheus-{port}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        for file in RULES {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("alerts").join(file);
            std::fs::write(dir.join(file), hurried(&std::fs::read_to_string(path).unwrap())).unwrap();
        }
        let targets: Vec<String> = targets.iter().map(|port| format!("'127.0.0.1:{port}'")).collect();
        let config = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [{}]\nscrape_configs:\n\
             - job_name: brokerwatch\n{formats}  static_configs:\n  - targets: [{}]\n    labels: {{kafka_cluster: test}}\n",
            RULES.join(", "),
            targets.join(", ")
        );
        std::fs::write(dir.join("prometheus.yaml"), config).unwrap();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", dir.join("prometheus.yaml").display()))
            .arg(format!("--storage.tsdb.path={}", dir.join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(dir.join("log")).unwrap())
            .spawn()
            .unwrap();
        let prometheus = Self { child, port, dir };
        eventually(Duration::from_secs(30), || http_get(prometheus.port, "/-/ready").map(drop));
        prometheus
    }

    /// What the API answers, with whatever Prometheus warns of.
    ///
    /// # Errors
    /// What came instead of a success.
    pub(crate) fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Result<serde_json::Value, String> {
        let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let pairs: Vec<_> =
            parameters.iter().map(|(key, value)| format!("{}={}", encoded(key), encoded(value))).collect();
        let body = http_get(self.port, &format!("/api/v1/{path}?{}", pairs.join("&")))?;
        serde_json::from_str(&body).map_err(|error| format!("{error}: {body}"))
    }

    /// The result of an instant query.
    fn query(&self, expression: &str) -> serde_json::Value {
        self.ask("query", &[("query", expression)]).unwrap()
    }

    /// Label sets of the result.
    fn labels(&self, expression: &str) -> Vec<serde_json::Value> {
        self.query(expression)["data"]["result"].as_array().unwrap().iter().map(|row| row["metric"].clone()).collect()
    }

    /// The first value of the result.
    fn value(&self, expression: &str) -> Option<String> {
        Some(self.query(expression)["data"]["result"][0]["value"][1].as_str()?.to_owned())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
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

pub(crate) fn available(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok();
    let required = std::env::var("BROKERWATCH_TESTS_REQUIRE_ALL").is_ok_and(|value| value == "1");
    assert!(found || !required, "{tool} is missing: run tests/tools/prometheus");
    if !found {
        println!("SKIPPED: {tool} is missing: run tests/tools/prometheus");
    }
    found
}

#[test]
fn prometheus_takes_in_both_formats_and_the_alert_names_the_killed_broker() {
    if !available("prometheus") || !available("promtool") {
        return;
    }
    let cluster = Cluster::up(3, None);
    cluster.kafka(&["topic", "create", "orders", "--partitions", "12", "--replication-factor", "3"]);
    produce(&cluster, "orders", 1_000);
    let sidecars = cluster.sidecars();
    agree("before Prometheus", &cluster, &sidecars);
    promtool_finds_nothing(&sidecars[&1].get("/metrics"));

    let ports: Vec<u16> = sidecars.values().map(|sidecar| sidecar.port).collect();
    let newest = Prometheus::start(&ports, "");
    let text = supports_protocols().then(|| Prometheus::start(&ports, "  scrape_protocols: [PrometheusText0.0.4]\n"));
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
    assert!(newest.labels("ALERTS{alertstate='firing'}").is_empty(), "healthy: {:?}", newest.labels("ALERTS"));
    each_query_has_data(&newest, Now::Well);

    cluster.kafka(&["kill", "2"]);
    let took = eventually(Duration::from_secs(90), || {
        let alerts = newest.labels("ALERTS{alertname='KafkaUnderReplicatedPartitions',alertstate='firing'}");
        let peers: Vec<_> = alerts.iter().map(|labels| labels["peer"].as_str().unwrap_or("").to_owned()).collect();
        holds(peers == ["2"], || format!("under-replication names {peers:?}"))?;
        let down = newest.labels("ALERTS{alertname='KafkaBrokerDown',alertstate='firing'}");
        holds(down.len() == 1, || format!("down: {down:?}"))
    });
    println!("killed broker 2: both alerts fire after {:.1} s (waits of minutes cut to seconds)", took.as_secs_f64());
    each_query_has_data(&newest, Now::BrokerDead);

    cluster.kafka(&["start", "2"]);
    let took = eventually(Duration::from_secs(120), || {
        let firing = newest.labels("ALERTS{alertstate='firing'}");
        holds(firing.is_empty(), || format!("still firing: {firing:?}"))
    });
    println!("broker 2 back: all alerts resolved after {:.1} s", took.as_secs_f64());
}

/// Whether this Prometheus lets the format be chosen (since 2.49).
fn supports_protocols() -> bool {
    let output = Command::new("prometheus").arg("--version").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    !text.contains("version 2.4")
}

fn promtool_finds_nothing(page: &str) {
    use std::io::Write;
    let mut child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.trim().is_empty(), "promtool check metrics: {text}");
}
