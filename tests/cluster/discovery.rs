//! Finding the broker: by nothing, by its file, by its listening socket; and following it.

use std::time::Duration;

use crate::harness::{Cluster, Sidecar, eventually, holds};

fn up(sidecar: &Sidecar) -> Result<(), String> {
    let up = sidecar.page().value("kafka_broker_up", &[]);
    holds(up == Some(1.0), || format!("kafka_broker_up {up:?}\n{}", sidecar.log()))
}

fn knows_its_files(sidecar: &Sidecar, dirs: usize) -> Result<(), String> {
    let seen = sidecar.page().all("kafka_log_dir_info").count();
    holds(seen == dirs, || format!("{seen} of {dirs} log dirs\n{}", sidecar.log()))
}

#[test]
fn a_sidecar_finds_its_broker_and_follows_it() {
    let cluster = Cluster::up(3, None);
    let several = Sidecar::start(&[]);
    eventually(Duration::from_secs(15), || {
        let log = several.log();
        holds(log.contains("Kafka processes run on this host") && log.contains("--kafka.properties-file"), || log)
    });
    assert_eq!(several.page().value("kafka_broker_up", &[]), None, "it chose none");
    assert!(several.page().value("kafka_node_processes", &[]) >= Some(4.0));

    // From an address back to the process and its files.
    let by_server = Sidecar::start(&[&format!("--kafka.server={}", cluster.server("2"))]);
    eventually(Duration::from_secs(15), || up(&by_server).and_then(|()| knows_its_files(&by_server, 2)));
    assert!(by_server.log().contains("broker-2/server.properties"), "{}", by_server.log());
    assert_eq!(by_server.page().value("kafka_node_info", &[("broker_id", "2")]), Some(1.0));

    // It comes back on another port, with one more log directory.
    let file = cluster.properties("2");
    let by_file = Sidecar::start(&[&format!("--kafka.properties-file={file}")]);
    eventually(Duration::from_secs(15), || up(&by_file).and_then(|()| knows_its_files(&by_file, 2)));
    cluster.kafka(&["kill", "2"]);
    let port = crate::common::sidecar::free_port();
    let text = std::fs::read_to_string(&file).unwrap();
    let old_port = cluster.server("2").rsplit_once(':').unwrap().1.to_owned();
    let edited: String = text
        .lines()
        .map(|line| match line.split_once('=') {
            Some(("log.dirs", dirs)) => format!("log.dirs={dirs},{}-c\n", dirs.split(',').next().unwrap()),
            _ => format!("{}\n", line.replace(&old_port, &port.to_string())),
        })
        .collect();
    std::fs::write(&file, edited).unwrap();
    let id = cluster.kafka(&["cluster-id"]);
    cluster.kafka(&["tool", "kafka.tools.StorageTool", "format", "-t", id.trim(), "-c", &file, "--ignore-formatted"]);
    cluster.kafka(&["start", "2", "--no-wait"]);
    let took = eventually(Duration::from_secs(60), || up(&by_file).and_then(|()| knows_its_files(&by_file, 3)));
    println!("followed to port {port} and a third log dir within {:.1} s", took.as_secs_f64());
    assert!(by_file.log().contains(&format!("127.0.0.1:{port}")), "{}", by_file.log());
}

#[test]
fn with_one_broker_on_the_host_no_flag_is_needed_and_none_yet_is_no_reason_to_end() {
    let cluster = Cluster::up(3, None);
    for node in ["2", "3", "controller", "1"] {
        cluster.kafka(&["kill", node]);
    }
    if other_kafka_runs() {
        // On a developer's machine with a Kafka of its own; the case of several processes is another test's.
        assert!(std::env::var("BROKERWATCH_TESTS_REQUIRE_ALL").is_err(), "another Kafka runs on this host");
        println!("SKIPPED: another Kafka runs on this host");
        return;
    }
    let sidecar = Sidecar::start(&[]);
    eventually(Duration::from_secs(15), || sidecar.try_get("/-/ready").map(drop));
    assert_eq!(sidecar.page().value("kafka_broker_up", &[]), None);
    assert_eq!(sidecar.page().value("kafka_node_processes", &[]), Some(0.0));
    cluster.kafka(&["start", "1", "--no-wait"]);
    let took = eventually(Duration::from_secs(40), || {
        let state = sidecar.page().value("kafka_node_process_state", &[("state", "running")]);
        holds(state == Some(1.0), || format!("process state {state:?}\n{}", sidecar.log()))?;
        knows_its_files(&sidecar, 2)
    });
    println!("found without a flag within {:.1} s of its start", took.as_secs_f64());
    cluster.kafka(&["start", "controller"]);
    // Now there are two processes; the one that was chosen stays chosen.
    eventually(Duration::from_secs(40), || up(&sidecar));
    assert!(sidecar.log().contains("the only kafka.Kafka process of this host"), "{}", sidecar.log());
}

fn other_kafka_runs() -> bool {
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let cmdline = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        cmdline.split(|byte| *byte == 0).any(|argument| argument == b"kafka.Kafka")
    })
}
