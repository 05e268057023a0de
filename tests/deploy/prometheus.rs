//! deploy/prometheus and deploy/grafana: judged by promtool; the cluster's label from its id, with a real Prometheus.

use std::collections::BTreeSet;
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

/// Labels that Kubernetes' discovery gives a container port, and the target that is to be made of them, if any.
type Discovered<'a> = (&'a [(&'a str, &'a str)], Option<(&'a str, &'a str)>);

#[test]
fn pods_are_named_so_that_a_new_one_is_the_same_target() {
    let Some(program) = prometheus_program() else { return };
    let cases: [Discovered<'_>; 5] = [
        (
            &[("pod_container_port_name", "brokerwatch"), ("pod_name", "kafka-0"), ("pod_phase", "Running")],
            Some(("data", "data/kafka-0")),
        ),
        (
            &[
                ("pod_container_port_name", "brokerwatch"),
                ("pod_name", "my-cluster-brokerwatch-0-7c9f-x2x"),
                ("pod_phase", "Running"),
                ("pod_label_app_kubernetes_io_name", "brokerwatch"),
                ("pod_label_app_kubernetes_io_instance", "my-cluster-0"),
                ("pod_label_kafka_cluster", "my-cluster"),
            ],
            Some(("my-cluster", "data/my-cluster-0")),
        ),
        // Of a chart, whose label is one for all its pods.
        (
            &[
                ("pod_container_port_name", "brokerwatch"),
                ("pod_name", "chart-kafka-0"),
                ("pod_phase", "Pending"),
                ("pod_label_app_kubernetes_io_name", "kafka"),
                ("pod_label_app_kubernetes_io_instance", "chart"),
            ],
            Some(("data", "data/chart-kafka-0")),
        ),
        (&[("pod_container_port_name", "brokerwatch"), ("pod_name", "evicted"), ("pod_phase", "Failed")], None),
        (&[("pod_container_port_name", "kafka"), ("pod_name", "kafka-0"), ("pod_phase", "Running")], None),
    ];
    let mut shipped = documents("deploy/prometheus/kubernetes.yaml").remove(0);
    let job = &mut shipped["scrape_configs"][0];
    job.as_object_mut().unwrap().remove("kubernetes_sd_configs");
    let targets = cases.iter().map(|(labels, _)| {
        let labels = labels.iter().chain(&[("namespace", "data")]);
        let labels = labels.map(|(name, value)| (format!("__meta_kubernetes_{name}"), (*value).into()));
        let address = format!("127.0.0.1:{}", closed_port());
        serde_json::json!({"targets": [address], "labels": labels.collect::<serde_json::Map<_, _>>()})
    });
    job["static_configs"] = targets.collect();
    shipped["global"]["scrape_interval"] = "1s".into();
    shipped.as_object_mut().unwrap().remove("rule_files");
    let dir = TempDir::new();
    std::fs::write(dir.path().join("prometheus.yaml"), shipped.to_string()).unwrap();
    let server = Server::prometheus(&program, dir);
    let found = || {
        let rows = server.query("up");
        let of = |row: &serde_json::Value, name: &str| row["metric"][name].as_str().unwrap_or_default().to_owned();
        rows.iter().map(|row| (of(row, "kafka_cluster"), of(row, "instance"))).collect::<BTreeSet<_>>()
    };
    let wanted = cases.iter().filter_map(|(_, target)| *target);
    let wanted = wanted.map(|(cluster, instance)| (cluster.to_owned(), instance.to_owned())).collect();
    assert!(within(20_000, || found() == wanted), "{:?}\n{}", found(), server.log());
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
