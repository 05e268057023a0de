//! deploy/prometheus and deploy/grafana: judged by promtool; the cluster's label from its id, with a real Prometheus.

use std::process::Command;

use super::common::fake_node::within;
use super::common::sidecar::{Host, META, Sidecar, closed_port, flag, has};
use super::common::tools::{GET, Server, prometheus_program, tool};
use super::common::{TempDir, repository};
use super::{documents, files, output, read};

/// The cluster id of `META`.
const CLUSTER_ID: &str = "4L6g3nShT-eMCtK--X86sw";
const BY_ID: &str = "deploy/prometheus/targets-by-cluster-id";

/// Configurations of Prometheus; the list of targets is none.
fn configurations() -> Vec<std::path::PathBuf> {
    files("deploy/prometheus", "yaml").into_iter().filter(|path| !path.ends_with("targets.yaml")).collect()
}

#[test]
fn promtool_accepts_the_scrape_configurations() {
    let Some(promtool) = tool(&["promtool"], GET) else { return };
    assert_eq!(configurations().len(), 3);
    for path in configurations() {
        output(Command::new(&promtool).args(["check", "config", "--syntax-only"]).arg(path));
    }
}

#[test]
fn grafana_finds_the_dashboards_where_the_package_puts_them() {
    let source = documents("deploy/grafana/provisioning/datasources/prometheus.yaml").remove(0);
    assert_eq!(source["datasources"][0]["type"], "prometheus");
    let interval = documents("deploy/prometheus/scrape.yaml").remove(0)["global"]["scrape_interval"].clone();
    assert_eq!(source["datasources"][0]["jsonData"]["timeInterval"], interval);
    let provider = documents("deploy/grafana/provisioning/dashboards/brokerwatch.yaml").remove(0);
    let path = provider["providers"][0]["options"]["path"].as_str().unwrap().to_owned();
    assert!(read("deploy/debian/build").contains(&format!("put 644 {} ", path.trim_start_matches('/'))), "{path}");
}

/// Values of a label of all series that a query gives.
fn label(server: &Server, query: &str, label: &str) -> Vec<String> {
    let rows = server.query(query);
    rows.iter().map(|row| row["metric"][label].as_str().unwrap_or("").to_owned()).collect()
}

#[test]
fn a_cluster_without_a_name_is_labelled_by_its_id() {
    let Some(program) = prometheus_program() else { return };
    let host = Host::new();
    let dir = host.log_dir("data", META);
    let properties = host.properties(closed_port(), &[&dir]);
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.properties-file", properties.display())]);
    // The broker is dead: its files say which cluster it is of.
    sidecar.until("the cluster's id", 30, |page| {
        has(page, "kafka_node_info{") && page.contains(&format!("cluster_id=\"{CLUSTER_ID}\""))
    });

    let dir = TempDir::new();
    let target = format!("127.0.0.1:{}", sidecar.port);
    let by_id = |targets: &[&str]| Command::new(repository(BY_ID)).args(targets).output().unwrap();
    let made = by_id(&[&target]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::create_dir(dir.path().join("targets")).unwrap();
    std::fs::write(dir.path().join("targets/kafka.yaml"), &made.stdout).unwrap();
    // One that does not answer is left out and told.
    let silent = format!("127.0.0.1:{}", closed_port());
    let partly = by_id(&[&silent, &target]);
    assert_eq!(partly.status.code(), Some(1));
    assert_eq!(partly.stdout, made.stdout);
    assert!(String::from_utf8_lossy(&partly.stderr).contains(&silent));

    // As shipped, but for the folders and the pace; and beside it what does not do: relabelling sees one series at a time.
    let shipped = read("deploy/prometheus/file.yaml")
        .replace("/etc/prometheus/brokerwatch-targets/", "targets/")
        .replace("/etc/prometheus/brokerwatch/*.yaml", "none/*.yaml")
        .replace("15s", "1s");
    let relabelled = format!(
        "{shipped}\n  - job_name: relabelled\n    static_configs: [{{targets: ['{target}']}}]\n    metric_relabel_configs:\n      \
         - {{source_labels: [cluster_id], regex: (.+), target_label: kafka_cluster}}\n"
    );
    std::fs::write(dir.path().join("prometheus.yaml"), relabelled).unwrap();
    let server = Server::prometheus(&program, dir);
    let by_file =
        || label(&server, "{__name__=~\"kafka_node_info|kafka_broker_up\",job=\"brokerwatch\"}", "kafka_cluster");
    let seen = within(20_000, || by_file().len() == 2);
    assert!(seen, "{:?}\n{}", by_file(), server.log());
    assert_eq!(by_file(), [CLUSTER_ID, CLUSTER_ID]);
    assert!(within(20_000, || !label(&server, "kafka_broker_up{job=\"relabelled\"}", "job").is_empty()));
    assert_eq!(label(&server, "kafka_node_info{job=\"relabelled\"}", "kafka_cluster"), [CLUSTER_ID]);
    assert_eq!(label(&server, "kafka_broker_up{job=\"relabelled\"}", "kafka_cluster"), [""]);
}
