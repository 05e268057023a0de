//! Resources as people write them, and as nobody should.

use proptest::prelude::*;

use super::*;
use crate::snapshot::Stated;

const CLUSTER: &str = "apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaNodePool
metadata:
  name: controllers
  labels: {strimzi.io/cluster: prod}
spec:
  replicas: 3
  roles: [controller]
  storage: {type: ephemeral}
---
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaNodePool
metadata:
  name: brokers
  labels: {strimzi.io/cluster: prod}
spec:
  replicas: 3
  roles:
    - broker
  storage:
    type: jbod
    volumes:
      - {id: 0, type: persistent-claim, size: 100Gi, deleteClaim: true, kraftMetadata: shared}
      - {id: 1, type: persistent-claim, size: 1.5Ti}
---
apiVersion: kafka.strimzi.io/v1beta2
kind: Kafka
metadata:
  name: prod
  namespace: kafka
spec:
  kafka:
    version: 4.1.0
    listeners:
      - {name: plain, port: 9092, type: internal, tls: false}
      - name: ext
        port: 9094
        type: loadbalancer
        tls: true
        authentication: {type: tls}
    config:
      min.insync.replicas: 2
      default.replication.factor: 3
      log.dirs: /mnt/mine
      ssl.key.password: hunter2
    rack:
      topologyKey: topology.kubernetes.io/zone
---
kind: ConfigMap
apiVersion: v1
";

#[test]
fn each_pool_is_a_configuration() {
    let files = parse_strimzi("kafka.yaml", CLUSTER.as_bytes()).unwrap();
    let parts: Vec<&str> = files.iter().filter_map(|file| file.part.as_deref()).collect();
    assert_eq!(parts, ["KafkaNodePool controllers", "KafkaNodePool brokers"]);
    assert_eq!((&files[0].kind, &files[1].kind), (&FileKind::Controller, &FileKind::Broker));
    let brokers = &files[1];
    assert_eq!(
        (brokers.get("min.insync.replicas"), brokers.stated("unclean.leader.election.enable")),
        (Some("2"), Stated::Unset)
    );
    assert_eq!(brokers.entry("min.insync.replicas").unwrap().place.line(), Some(42));
    assert_eq!(brokers.stated("node.id"), Stated::NotKnown);
    assert_eq!(brokers.stated("log.dirs"), Stated::NotKnown, "the operator's own");
    let mine = brokers.entries.iter().find(|entry| entry.oddities.contains(&Oddity::IgnoredByOperator)).unwrap();
    assert_eq!((mine.key.as_str(), mine.effective, mine.place.line()), ("log.dirs", false, Some(44)));
    assert!(!serde_json::to_string(&files).unwrap().contains("hunter"));
}

#[test]
fn storage_and_listeners_are_told() {
    let files = parse_strimzi("kafka.yaml", CLUSTER.as_bytes()).unwrap();
    let strimzi = files[1].strimzi.as_ref().unwrap();
    assert_eq!(
        (strimzi.cluster.as_str(), strimzi.replicas, strimzi.version.as_deref()),
        ("prod", Some(3), Some("4.1.0"))
    );
    let sizes: Vec<(Option<u32>, Option<u64>, bool, bool)> = strimzi
        .volumes
        .iter()
        .map(|volume| (volume.id, volume.size_bytes, volume.delete_claim, volume.kraft_metadata))
        .collect();
    assert_eq!(sizes, [(Some(0), Some(100 << 30), true, true), (Some(1), Some(3 << 39), false, false)]);
    assert_eq!(strimzi.listeners[1].authentication.as_deref(), Some("tls"));
    assert_eq!((strimzi.listeners[1].kind.as_str(), strimzi.listeners[1].tls), ("loadbalancer", true));
    assert_eq!(files[0].strimzi.as_ref().unwrap().volumes[0].kind, "ephemeral");
}

#[test]
fn a_kafka_without_pools_and_a_worker_stand_alone() {
    let text = "apiVersion: kafka.strimzi.io/v1beta2\nkind: Kafka\nmetadata: {name: old}\nspec:\n  kafka:\n    replicas: 3\n    storage: {type: persistent-claim, size: 1G}\n    \
                config: {}\n---\napiVersion: kafka.strimzi.io/v1beta2\nkind: KafkaConnect\nmetadata: {name: c}\nspec:\n  bootstrapServers: old:9092\n  config:\n    group.id: g\n";
    let files = parse_strimzi("x.yaml", text.as_bytes()).unwrap();
    assert_eq!((files[0].part.as_deref(), &files[0].kind), (Some("Kafka old"), &FileKind::Broker));
    assert_eq!(files[0].strimzi.as_ref().unwrap().volumes[0].size_bytes, Some(1_000_000_000));
    assert_eq!((files[1].get("group.id"), files[1].get("bootstrap.servers")), (Some("g"), Some("old:9092")));
    assert_eq!(files[1].kind, FileKind::ConnectWorker);
}

#[test]
fn quantities_are_those_of_kubernetes() {
    assert_eq!(quantity("100Gi"), Some(100 << 30));
    assert_eq!(quantity("1e9"), Some(1_000_000_000));
    assert_eq!((quantity("5"), quantity("x"), quantity("1Zi")), (Some(5), None, None));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_strimzi("x", &bytes);
    }

    #[test]
    fn no_resource_makes_it_panic(lines in proptest::collection::vec(proptest::sample::select(&LINES[..]), 0..12)) {
        let text = format!("apiVersion: kafka.strimzi.io/v1\nkind: Kafka\n{}", lines.join("\n"));
        let _ = parse_strimzi("x", text.as_bytes());
    }
}

const LINES: [&str; 15] = [
    "spec:",
    "  kafka:",
    "    config: 1",
    "    config:",
    "      log.dirs: /a",
    "      a b: [1, {a: b}]",
    "      x: \"\\0\\u12\"",
    "    storage: {type: jbod, volumes: 3}",
    "  storage: {type: x, size: 1e999}",
    "---",
    "kind: KafkaNodePool",
    "apiVersion: kafka.strimzi.io/v1",
    "metadata: []",
    "  replicas: -1",
    "    listeners: {tls: [], 1: {port: 99999}}",
];
