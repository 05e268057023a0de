//! A broker that hangs, and a page that stays fast and true.

use std::time::{Duration, Instant};

use crate::equality::{agree, produce};
use crate::harness::{Cluster, Sidecar, eventually, holds};

fn partition_series(sidecar: &Sidecar) -> usize {
    sidecar.page().0.iter().filter(|sample| sample.name.starts_with("kafka_topic_partition_")).count()
}

#[test]
fn a_stopped_broker_is_seen_within_five_seconds_and_back_without_a_restart() {
    let cluster = Cluster::up(3, None);
    cluster.kafka(&["topic", "create", "orders", "--partitions", "12", "--replication-factor", "3"]);
    produce(&cluster, "orders", 1_000);
    let sidecars = cluster.sidecars();
    agree("before SIGSTOP", &cluster, &sidecars);
    let hung = &sidecars[&3];
    let series = partition_series(hung);
    assert!(series > 0);

    cluster.kafka(&["stop", "3"]);
    let stopped = Instant::now();
    let mut slowest = Duration::ZERO;
    eventually(Duration::from_secs(5), || {
        let asked = Instant::now();
        let page = hung.page();
        slowest = slowest.max(asked.elapsed());
        holds(page.value("kafka_broker_up", &[]) == Some(0.0), || "still up".to_owned())?;
        holds(page.value("kafka_broker_down_reason", &[("reason", "timeout")]) == Some(1.0), || {
            "no reason".to_owned()
        })?;
        let left = page.0.iter().filter(|sample| sample.name.starts_with("kafka_topic_partition_")).count();
        holds(left == 0, || format!("{left} series of partitions left"))
    });
    println!("SIGSTOP: down and {series} series gone after {:.1} s", stopped.elapsed().as_secs_f64());
    eventually(Duration::from_secs(10), || {
        let state = hung.page().value("kafka_node_process_state", &[("state", "stopped")]);
        holds(state == Some(1.0), || format!("process state {state:?}"))
    });
    // Kafka's own tools speak to the stopped broker too, and wait a minute for it, until the controller fences it.
    std::thread::sleep(Duration::from_secs(12));
    agree("while broker 3 hangs", &cluster, &sidecars);
    for _ in 0..20 {
        let asked = Instant::now();
        assert!(hung.try_get("/-/healthy").is_ok() && hung.try_get("/metrics").is_ok());
        slowest = slowest.max(asked.elapsed());
    }
    println!("slowest page while it hung: {:.1} ms", slowest.as_secs_f64() * 1000.0);
    // No bound of speed is asserted but that no page waited for the broker: the shortest deadline is 2 s.
    assert!(slowest < Duration::from_secs(1), "a page waited: {slowest:?}");

    cluster.kafka(&["cont", "3"]);
    let back = eventually(Duration::from_secs(10), || {
        holds(hung.page().value("kafka_broker_up", &[]) == Some(1.0), || "still down".to_owned())
    });
    println!("SIGCONT: up again after {:.1} s", back.as_secs_f64());
    agree("after SIGCONT", &cluster, &sidecars);
}

#[test]
fn a_controller_has_its_own_page_and_its_death_is_seen_by_the_brokers() {
    let cluster = Cluster::up(3, None);
    let file = cluster.properties("controller");
    let controller = Sidecar::start(&[&format!("--kafka.properties-file={file}")]);
    let broker = Sidecar::start(&[&format!("--kafka.properties-file={}", cluster.properties("1"))]);
    eventually(Duration::from_secs(30), || {
        let page = controller.page();
        holds(page.value("kafka_controller_up", &[]) == Some(1.0), || "controller not up".to_owned())?;
        holds(page.value("kafka_quorum_leader_id", &[]) == Some(100.0), || "no quorum".to_owned())?;
        let info = page.value("kafka_node_info", &[("role", "controller"), ("broker_id", "100")]);
        holds(info == Some(1.0), || "no identity".to_owned())?;
        holds(page.all("kafka_log_dir_info").count() == 1, || "no log dir".to_owned())?;
        let foreign = page.0.iter().find(|sample| sample.name.starts_with("kafka_broker_"));
        holds(foreign.is_none(), || format!("a broker's series: {foreign:?}"))
    });
    let told = cluster.kafka(&["quorum"]);
    assert!(told.lines().any(|line| line.starts_with("LeaderId") && line.ends_with("100")), "{told}");
    eventually(Duration::from_secs(45), || {
        let quorum = broker.page().value("kafka_quorum_leader_id", &[]);
        holds(quorum == Some(100.0), || format!("broker 1 asks for the cluster: {quorum:?}"))
    });

    cluster.kafka(&["kill", "controller"]);
    eventually(Duration::from_secs(10), || {
        let page = controller.page();
        holds(page.value("kafka_controller_up", &[]) == Some(0.0), || "controller still up".to_owned())?;
        holds(page.all("kafka_quorum_leader_id").count() == 0, || "a quorum of the past".to_owned())
    });
    eventually(Duration::from_secs(60), || {
        let up = broker.page().value("brokerwatch_source_up", &[("source", "quorum")]);
        holds(up == Some(0.0), || format!("the broker's quorum source is {up:?}"))
    });
    assert_eq!(broker.page().value("kafka_broker_up", &[]), Some(1.0), "the broker itself answers");
}
