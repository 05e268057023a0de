//! Drift on a real cluster: each kind is made with Kafka's own tools, and has to be found with its culprit, by `check` and
//! on the sidecar's page.

use std::io::Write;
use std::process::Command;
use std::time::Duration;

use crate::harness::{Cluster, eventually, holds};
use crate::one_machine::a_nested_log_dir_and_a_twin_are_found;

#[test]
fn drift_is_found_and_its_culprit_is_named() {
    let cluster = Cluster::up_set(3, &["min.insync.replicas=2"]);
    // The trap is there from the start: the controller's value, 1, counts for the whole cluster.
    let file = cluster.properties("2");
    let mut edited = std::fs::OpenOptions::new().append(true).open(&file).unwrap();
    writeln!(edited, "log.retention.bytes=107374182400").unwrap();
    cluster.kafka(&["config", "set", "broker", "default", "log.segment.bytes=33554432"]);
    cluster.kafka(&["config", "set", "broker", "3", "message.max.bytes=2000000"]);
    let check = || {
        let server = format!("--kafka.server={}", cluster.server("1"));
        let program = env!("CARGO_BIN_EXE_brokerwatch");
        let output = Command::new(program).args(["check", &server]).output().expect("the program starts");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let third = cluster.server("3");
    let expected = [
        "min.insync.replicas of the cluster (dynamic)  [minisr-broker-level-with-elr]".to_owned(),
        format!("log.retention.bytes in {file}:"),
        "log.segment.bytes of the cluster (dynamic)  [drift-dynamic-shadows-static]".to_owned(),
        format!("message.max.bytes of node 3 ({third})  [drift-dynamic-per-broker]"),
        "message.max.bytes=2000000 (dynamic, of this broker); other brokers: 1048588".to_owned(),
    ];
    let took = eventually(Duration::from_secs(15), || {
        let (code, text) = check();
        let missing: Vec<&String> = expected.iter().filter(|part| !text.contains(part.as_str())).collect();
        holds(code == Some(1) && missing.is_empty(), || format!("{code:?}, missing {missing:?} in\n{text}"))
    });
    println!("found within {:.1} s", took.as_secs_f64());

    let sidecars = cluster.sidecars();
    let value = |id: u32, name: &str, labels: &[(&str, &str)]| sidecars[&id].page().value(name, labels);
    eventually(Duration::from_secs(20), || {
        let pending = [1, 2, 3].map(|id| value(id, "kafka_config_pending_restart_keys", &[]));
        holds(pending == [Some(0.0), Some(1.0), Some(0.0)], || format!("pending {pending:?}"))?;
        let changed = [1, 2].map(|id| value(id, "kafka_config_file_changed_after_start", &[]));
        holds(changed == [Some(0.0), Some(1.0)], || format!("changed {changed:?}"))?;
        let key = |id, key, source| value(id, "kafka_config_value", &[("key", key), ("source", source)]);
        let sizes = (key(1, "message.max.bytes", "default"), key(3, "message.max.bytes", "dynamic_broker"));
        holds(sizes == (Some(1_048_588.0), Some(2_000_000.0)), || format!("message.max.bytes {sizes:?}"))?;
        let min_isr = key(1, "min.insync.replicas", "dynamic_default");
        holds(min_isr == Some(1.0), || format!("min.insync.replicas {min_isr:?}"))?;
        let trap = [("check", "minisr-broker-level-with-elr"), ("severity", "critical")];
        let found = value(1, "brokerwatch_findings", &trap);
        holds(found == Some(1.0), || format!("findings {found:?}"))
    });

    // What the report says to paste, and a restart, take it all back.
    cluster.kafka(&["config", "set", "broker", "default", "min.insync.replicas=2", "log.segment.bytes=16777216"]);
    cluster.kafka(&["config", "delete", "broker", "3", "message.max.bytes"]);
    cluster.kafka(&["restart", "2"]);
    eventually(Duration::from_secs(20), || {
        let (_, text) = check();
        let left: Vec<&str> = ["[drift-pending-restart]", "[minisr-broker-level-with-elr]", "[drift-dynamic-"]
            .into_iter()
            .filter(|id| text.contains(*id) && !text.contains(&format!("NOT EVALUATED  {id}")))
            .collect();
        holds(left.is_empty(), || format!("left {left:?} in\n{text}"))
    });
    // Last: it breaks the cluster.
    a_nested_log_dir_and_a_twin_are_found(&cluster);
}
