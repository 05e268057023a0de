//! Every leader, replica count, ISR and offset on the pages equals the text of Kafka's own tools.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::harness::{Cluster, Page, Sidecar, eventually, holds};

/// The longest that a change may take to reach a page: interval of Metadata with jitter, its round, and the tools' own
/// time on a loaded machine.
const SETTLE: Duration = Duration::from_secs(90);

type Key = (String, i32);

/// Produces `count` messages with an independent client.
pub(crate) fn produce(cluster: &Cluster, topic: &str, count: usize) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", cluster.bootstrap()).set("acks", "all");
    let producer: BaseProducer = config.create().unwrap();
    for number in 0..count {
        let key = number.to_string();
        producer.send(BaseRecord::to(topic).key(&key).payload("x")).unwrap();
    }
    producer.flush(Duration::from_secs(30)).unwrap();
}

fn key(labels: &BTreeMap<String, String>) -> Key {
    (labels["topic"].clone(), labels["partition"].parse().unwrap())
}

/// The union of one metric over all pages. A partition with two owners is an error.
fn union(pages: &BTreeMap<u32, Page>, name: &str) -> Result<BTreeMap<Key, f64>, String> {
    let mut all = BTreeMap::new();
    for (broker, page) in pages {
        for sample in page.all(name) {
            let key = key(&sample.labels);
            holds(all.insert(key.clone(), sample.value).is_none(), || {
                format!("{name} {key:?} twice, also on {broker}")
            })?;
        }
    }
    Ok(all)
}

/// Compares all pages with Kafka's own tools.
pub(crate) fn compare(cluster: &Cluster, sidecars: &BTreeMap<u32, Sidecar>) -> Result<usize, String> {
    let described = cluster.described()?;
    let pages: BTreeMap<u32, Page> = sidecars.iter().map(|(id, sidecar)| (*id, sidecar.page())).collect();
    let led: BTreeMap<&Key, _> = described.iter().filter(|(_, described)| described.leader.is_some()).collect();
    let same = |name: &str, expected: BTreeMap<Key, f64>| -> Result<(), String> {
        let got = union(&pages, name)?;
        let differs = || {
            let keys = expected.keys().chain(got.keys()).find(|key| expected.get(key) != got.get(key));
            format!("{name}: {keys:?}: {:?}", keys.map(|key| (expected.get(key), got.get(key))))
        };
        holds(got == expected, differs)
    };
    let of = |value: &dyn Fn(&crate::harness::Described) -> f64| -> BTreeMap<Key, f64> {
        led.iter().map(|(key, described)| ((*key).clone(), value(described))).collect()
    };
    same("kafka_topic_partition_leader", of(&|d| d.leader.unwrap().into()))?;
    same("kafka_topic_partition_replicas", of(&|d| d.replicas.len() as f64))?;
    same("kafka_topic_partition_in_sync_replica", of(&|d| d.isr.len() as f64))?;
    let under = |d: &crate::harness::Described| f64::from(d.isr.len() < d.replicas.len());
    same("kafka_topic_partition_under_replicated_partition", of(&under))?;
    sums(&pages, &described)?;
    leaderless(&pages, &described)?;
    members(sidecars, &described)?;
    // Last, since the tool takes long while a broker is away.
    let offsets = |time: &str| cluster.offsets(time).into_iter().map(|(key, offset)| (key, offset as f64)).collect();
    let [current, oldest] = std::thread::scope(|scope| {
        ["-1", "-2"].map(|time| scope.spawn(move || offsets(time))).map(|asked| asked.join().unwrap())
    });
    same("kafka_topic_partition_current_offset", current)?;
    same("kafka_topic_partition_oldest_offset", oldest)?;
    Ok(described.len())
}

/// `sum` over the fleet counts each partition once.
fn sums(pages: &BTreeMap<u32, Page>, described: &BTreeMap<Key, crate::harness::Described>) -> Result<(), String> {
    let sum = |name: &str| pages.values().filter_map(|page| page.value(name, &[])).sum::<f64>();
    let count = |matches: &dyn Fn(&crate::harness::Described) -> bool| {
        described.values().filter(|d| d.leader.is_some() && matches(d)).count() as f64
    };
    let expected = [
        ("kafka_broker_leader_partitions", count(&|_| true)),
        ("kafka_broker_under_replicated_partitions", count(&|d| d.isr.len() < d.replicas.len())),
        ("kafka_broker_single_replica_partitions", count(&|d| d.replicas.len() == 1)),
        ("kafka_broker_sole_isr_partitions", count(&|d| d.isr.len() == 1 && d.replicas.len() > 1)),
    ];
    for (name, expected) in expected {
        holds(sum(name) == expected, || format!("sum({name}) is {}, not {expected}", sum(name)))?;
    }
    Ok(())
}

/// Partitions without a leader are counted and named by every broker that answers.
fn leaderless(pages: &BTreeMap<u32, Page>, described: &BTreeMap<Key, crate::harness::Described>) -> Result<(), String> {
    let expected: Vec<&Key> = described.iter().filter(|(_, d)| d.leader.is_none()).map(|(key, _)| key).collect();
    for (broker, page) in pages.iter().filter(|(_, page)| page.value("kafka_broker_up", &[]) == Some(1.0)) {
        let count = page.value("kafka_cluster_leaderless_partitions", &[]);
        holds(count == Some(expected.len() as f64), || format!("broker {broker} counts {count:?} leaderless"))?;
        let mut named: Vec<Key> = page.all("kafka_partition_leaderless").map(|sample| key(&sample.labels)).collect();
        named.sort();
        let unseen = page.value("brokerwatch_unseen_replicas", &[]);
        holds(unseen == Some(0.0), || format!("broker {broker} has {unseen:?} replicas on disk that are not named"))?;
        holds(named.iter().eq(expected.iter().copied()), || format!("broker {broker} names {named:?}"))?;
    }
    Ok(())
}

/// Members of each ISR, from `/snapshot`.
fn members(
    sidecars: &BTreeMap<u32, Sidecar>,
    described: &BTreeMap<Key, crate::harness::Described>,
) -> Result<(), String> {
    for (broker, sidecar) in sidecars {
        if sidecar.page().value("kafka_broker_up", &[]) != Some(1.0) {
            continue;
        }
        let snapshot: serde_json::Value = serde_json::from_str(&sidecar.get("/snapshot")).map_err(|e| e.to_string())?;
        let node = snapshot["nodes"].as_object().and_then(|nodes| nodes.values().next()).ok_or("no node")?;
        let topics = node["cluster"]["last"]["value"]["partitions"].as_array().ok_or("no partitions")?;
        let mut seen = 0;
        for topic in topics {
            for partition in topic["partitions"].as_array().ok_or("no list")? {
                let key =
                    (topic["topic"].as_str().unwrap().to_owned(), partition["partition"].as_i64().unwrap() as i32);
                let list = |name: &str| {
                    let mut ids: Vec<i32> =
                        partition[name].as_array().unwrap().iter().map(|id| id.as_i64().unwrap() as i32).collect();
                    ids.sort_unstable();
                    ids
                };
                let expected = described.get(&key).ok_or_else(|| format!("{key:?} is not described"))?;
                holds(list("isr") == expected.isr, || format!("broker {broker} {key:?} ISR {:?}", list("isr")))?;
                holds(list("replicas") == expected.replicas, || format!("broker {broker} {key:?} replicas"))?;
                seen += 1;
            }
        }
        holds(seen == described.len(), || format!("broker {broker} knows {seen} of {} partitions", described.len()))?;
    }
    Ok(())
}

/// Waits until pages and tools agree; prints how many partitions that were and how long it took.
pub(crate) fn agree(what: &str, cluster: &Cluster, sidecars: &BTreeMap<u32, Sidecar>) {
    let mut partitions = 0;
    let took = eventually(SETTLE, || compare(cluster, sidecars).map(|count| partitions = count));
    println!("{what}: {partitions} partitions equal after {:.1} s", took.as_secs_f64());
}

fn create_topics(cluster: &Cluster) {
    let create = |name: &str, partitions: &str, factor: &str| {
        cluster.kafka(&["topic", "create", name, "--partitions", partitions, "--replication-factor", factor]);
    };
    create("orders", "12", "3");
    create("pairs", "6", "2");
    create("single.copy", "3", "1");
    produce(cluster, "orders", 3_000);
    produce(cluster, "pairs", 500);
    produce(cluster, "single.copy", 100);
}

#[test]
fn three_brokers_healthy_one_dead_and_after_a_leader_move() {
    let cluster = Cluster::up(3, None);
    create_topics(&cluster);
    let sidecars = cluster.sidecars();
    agree("healthy", &cluster, &sidecars);

    cluster.kafka(&["kill", "2"]);
    agree("broker 2 killed", &cluster, &sidecars);
    let page = sidecars[&2].page();
    assert_eq!(page.value("kafka_broker_up", &[]), Some(0.0));
    assert_eq!(page.value("kafka_broker_down_reason", &[("reason", "refused")]), Some(1.0));
    let missing: f64 = [1, 3]
        .iter()
        .filter_map(|id| sidecars[id].page().value("kafka_broker_isr_missing_partitions", &[("peer", "2")]))
        .sum();
    let described = cluster.described().unwrap();
    let lost = described.values().filter(|d| d.leader.is_some() && d.replicas.contains(&2)).count();
    assert_eq!(missing, lost as f64, "partitions that miss broker 2");

    cluster.kafka(&["start", "2"]);
    agree("broker 2 back, leaders elsewhere", &cluster, &sidecars);
    assert_eq!(sidecars[&2].page().value("kafka_broker_leader_partitions", &[]), Some(1.0), "its RF 1 partition only");
    cluster.kafka(&["elect-preferred"]);
    agree("leaders moved back", &cluster, &sidecars);
    let gained = sidecars[&2].page().value("kafka_broker_leaderships_gained_total", &[]);
    assert!(gained >= Some(4.0), "leaderships seen to come to broker 2: {gained:?}");
    let moved: f64 =
        sidecars.values().filter_map(|s| s.page().value("kafka_broker_not_preferred_leader_partitions", &[])).sum();
    assert_eq!(moved, 0.0, "all on their preferred leaders");
}

#[test]
fn five_brokers_with_two_replicas() {
    let cluster = Cluster::up(5, None);
    cluster.kafka(&["topic", "create", "pairs", "--partitions", "40", "--replication-factor", "2"]);
    produce(&cluster, "pairs", 2_000);
    let sidecars = cluster.sidecars();
    agree("5 brokers, RF 2", &cluster, &sidecars);
    cluster.kafka(&["kill", "4"]);
    agree("5 brokers, RF 2, broker 4 killed", &cluster, &sidecars);
    let replicas: f64 = sidecars.values().filter_map(|s| s.page().value("kafka_broker_replicas", &[])).sum();
    let described = cluster.described().unwrap();
    let hosted = described.values().flat_map(|d| &d.replicas).filter(|id| **id != 4).count();
    assert_eq!(replicas, hosted as f64, "replicas hosted by the living");
}

#[test]
fn kafka_3_9_and_4_3_answer_alike() {
    for version in ["3.9.1", "4.3.0"] {
        let cluster = Cluster::up(3, Some(version));
        create_topics(&cluster);
        let sidecars = cluster.sidecars();
        agree(version, &cluster, &sidecars);
        let page = sidecars[&1].page();
        let line = version.rsplit_once('.').unwrap().0;
        assert_eq!(page.value("kafka_node_info", &[("version", line)]), Some(1.0), "the release line of {version}");
        // The brokers' files say 2. With eligible leader replicas (new clusters since 4.1) the controllers' 1 wins.
        let effective = if version == "3.9.1" { 2.0 } else { 1.0 };
        for sidecar in sidecars.values() {
            for sample in sidecar.page().all("kafka_topic_config_min_insync_replicas") {
                assert_eq!(sample.value, effective, "{version}: {:?}", sample.labels);
            }
        }
    }
}
