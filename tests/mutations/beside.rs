//! Mistakes in what is not a broker's own file: clients, workers, containers, resources.

use std::collections::BTreeMap;

use brokerwatch::checks::Profile;

use super::{judge, key, read_set, settle};
use crate::common::repository;

/// A mistake: whether data or availability hangs on it, what to replace, and by what.
type Change = (bool, &'static str, &'static str);

const PRODUCER: &[Change] = &[
    (true, "acks=all", "acks=0"),
    (true, "acks=all", "acks=1"),
    (true, "acks=all", "acks=two"),
    (true, "acks=all", "acks=all\nenable.idempotence=false"),
    (true, "acks=all", "acks=all\nretries=0"),
    (true, "connection=5", "connection=6"),
    (true, "connection=5", "connection=100"),
    (true, "timeout.ms=120000", "timeout.ms=30000"),
    (true, "request.timeout.ms=30000", "request.timeout.ms=300000"),
    (true, "linger.ms=20", "linger.ms=100000"),
    (true, "transaction.timeout.ms=60000", "transaction.timeout.ms=1800000"),
    (false, "linger.ms=20", "linger.ms=20\nmax.request.size=10485760"),
    (false, "security.protocol=SASL_SSL", "security.protocol=SASL_PLAINTEXT"),
    (true, "security.protocol=SASL_SSL", "security.protocol=SSSL"),
    (true, "sasl.mechanism", "ssl.endpoint.identification.algorithm=\nsasl.mechanism"),
    (false, "linger.ms=20", "linger.ms=20\nssl.keystore.password=changeit"),
    (
        false,
        "broker-1.example.org:9092,broker-2.example.org:9092,broker-3.example.org:9092",
        "broker-1.example.org:9092",
    ),
    (true, "compression.type=zstd", "compression.type=zstandard"),
    (false, "transactional.id", "transactinal.id"),
    (true, "linger.ms=20", "linger.ms=20ms"),
];

const CONSUMER: &[Change] = &[
    (true, "heartbeat.interval.ms=3000", "heartbeat.interval.ms=45000"),
    (false, "heartbeat.interval.ms=3000", "heartbeat.interval.ms=20000"),
    (true, "session.timeout.ms=45000", "session.timeout.ms=5000"),
    (true, "session.timeout.ms=45000", "session.timeout.ms=3600000"),
    (false, "max.poll.interval.ms=300000", "max.poll.interval.ms=30000"),
    (false, "enable.auto.commit=false", "enable.auto.commit=true"),
    (false, "enable.auto.commit=false\n", ""),
    (false, "isolation.level=read_committed", "isolation.level=read_uncommitted"),
    (false, "isolation.level=read_committed\n", ""),
    (true, "isolation.level=read_committed", "isolation.level=committed"),
    (false, "auto.offset.reset=earliest", "auto.offset.reset=latest"),
    (true, "auto.offset.reset=earliest", "auto.offset.reset=smallest"),
    (true, "group.id=billing", "group.id=billing\ngroup.protocol=consumer"),
    (true, "group.id=billing", "group.id=connect"),
    (false, "group.id=billing", "group.id=billing\nfetch.max.wait.ms=60000"),
    (false, "group.id=billing", "group.id=billing\nmax.partition.fetch.bytes=65536"),
    (false, "security.protocol=SASL_SSL\n", ""),
    (true, "enable.auto.commit", "enable.auto.comit"),
];

const CONNECT: &[Change] = &[
    (true, "group.id=connect", "group.id=connect-b"),
    (true, "group.id=connect\n", ""),
    (true, "=connect-configs", "=connect-config"),
    (true, "=connect-status", "=connect-offsets"),
    (true, "=connect-offsets", "=connect-configs"),
    (true, "status.storage.topic=connect-status\n", ""),
    (true, "config.storage.replication.factor=3", "config.storage.replication.factor=1"),
    (true, "offset.storage.replication.factor=3", "offset.storage.replication.factor=5"),
    (true, "plugin.path", "producer.acks=1\nplugin.path"),
    (false, "plugin.path", "producer.max.in.flight.requests.per.connection=5\nplugin.path"),
    (false, "=enabled", "=disabled"),
    (true, "heartbeat.interval.ms=3000", "heartbeat.interval.ms=30000"),
    (true, "sasl.mechanism", "ssl.endpoint.identification.algorithm=\nsasl.mechanism"),
    (false, "config.storage.topic", "config.storage.topci"),
];

const REGISTRY: &[Change] = &[
    (true, "replication.factor=3", "replication.factor=1"),
    (true, "replication.factor=3", "replication.factor=4"),
    (false, "replication.factor=3", "replicaton.factor=3"),
    (false, "listeners=https", "listeners=http"),
    (false, "kafkastore.security.protocol=SASL_SSL", "kafkastore.security.protocol=SASL_PLAINTEXT"),
];

const COMPOSE: &[Change] = &[
    (true, "data-2:/var/lib/kafka/data", "data-1:/var/lib/kafka/data"),
    (true, "metadata-2:/var/lib/kafka/metadata", "metadata-1:/var/lib/kafka/metadata"),
    (true, "      - data-2:/var/lib/kafka/data\n", ""),
    (true, "data-2:/var/lib/kafka/data", "/var/lib/kafka/data"),
    (true, "data-2:/var/lib/kafka/data", "data-2:/var/lib/kafka-data"),
    (true, "hostname: kafka-2", "hostname: kafka-2\n    tmpfs: /var/lib/kafka/data"),
    (true, "hostname: kafka-2", "hostname: kafka-2\n    deploy:\n      replicas: 3"),
    (true, "apache/kafka:4.1.0 # 2", "bitnami/kafka:4.1.0"),
    (false, "apache/kafka:4.1.0 # 2", "apache/kafka"),
    (true, "KAFKA_NODE_ID: 2", "KAFKA_NODE_ID: 1"),
    (true, "CLIENTS://kafka-2:9092", "CLIENTS://localhost:9092"),
    (true, "CLIENTS://kafka-2:9092", "CLIENTS://kafka-1:9092"),
    (true, "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: 3", "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: 1"),
    (true, "KAFKA_MIN_INSYNC_REPLICAS: 2", "KAFKA_MIN_INSYNC_REPLICA: 2"),
    (
        false,
        "data-2:/var/lib/kafka/data",
        "data-2:/var/lib/kafka/data\n      - ./server.properties:/etc/kafka/server.properties",
    ),
];

const STRIMZI: &[Change] = &[
    (true, "id: 1\n        type: persistent-claim\n        size: 500Gi", "id: 1\n        type: ephemeral"),
    (true, "type: persistent-claim\n        size: 20Gi", "type: ephemeral"),
    (false, "size: 500Gi\n        deleteClaim: false", "size: 500Gi\n        deleteClaim: true"),
    (true, "size: 500Gi", "size: 500Mi"),
    (false, "size: 20Gi", "size: 2Gi"),
    (false, "tls: true\n        authentication:\n          type: scram-sha-512", "tls: true"),
    (true, "type: loadbalancer\n        tls: true", "type: loadbalancer\n        tls: false"),
    (true, "type: loadbalancer\n        tls: true", "type: nodeport\n        tls: false"),
    (false, "authorization:\n      type: simple\n      superUsers: [CN=admin]", "x: {}"),
    (true, "replicas: 3\n  roles: [controller]", "replicas: 1\n  roles: [controller]"),
    (false, "replicas: 3\n  roles: [controller]", "replicas: 4\n  roles: [controller]"),
    (true, "replicas: 3\n  roles: [broker]", "replicas: 2\n  roles: [broker]"),
    (false, "metadataVersion: 4.1-IV1", "metadataVersion: 3.9-IV0"),
    (true, "metadataVersion: 4.1-IV1", "metadataVersion: 4.2-IV1"),
    (false, "config:\n", "config:\n      ssl.client.auth: none\n"),
    (true, "config:\n", "config:\n      log.dirs: /data\n"),
    (true, "min.insync.replicas: 2", "min.insync.replicas: 1"),
    (true, "default.replication.factor: 3", "default.replication.factor: 1"),
];

/// The sets that are judged together, the file, its class, and the mistakes in it.
const ALL: &[(&[&str], &str, &str, &[Change])] = &[
    (&["plain", "clients"], "clients/producer.properties", "producer", PRODUCER),
    (&["plain", "clients"], "clients/consumer.properties", "consumer", CONSUMER),
    (&["plain", "clients"], "clients/connect-2.properties", "Connect worker", CONNECT),
    (&["plain", "clients"], "clients/schema-registry.properties", "Schema Registry", REGISTRY),
    (&["compose"], "compose/compose.yaml", "compose", COMPOSE),
    (&["strimzi"], "strimzi/kafka.yaml", "Strimzi", STRIMZI),
];

#[test]
fn mistakes_beside_brokers_are_found() {
    let (mut mistakes, mut reports) = (Vec::new(), Vec::new());
    let changes: Vec<String> =
        ALL.iter().flat_map(|(.., changes)| *changes).map(|(_, from, to)| format!("{from:?} as {to:?}")).collect();
    assert!(changes.len() >= 60, "{} mistakes", changes.len());
    let mut what = changes.iter();
    for (sets, file, class, changes) in ALL {
        let healthy: BTreeMap<_, _> = sets.iter().flat_map(|set| read_set(set)).collect();
        let baseline = judge(&healthy, Profile::Strict);
        let before: Vec<String> = baseline.findings.iter().map(|found| without_line(&key(found))).collect();
        let path = repository("tests/fixtures/sets").join(file);
        let text = String::from_utf8(healthy[&path].clone()).unwrap();
        for (critical, from, to) in *changes {
            assert!(text.contains(from), "{file}: {from}");
            let mut files = healthy.clone();
            files.insert(path.clone(), text.replacen(from, to, 1).into_bytes());
            let mut report = judge(&files, Profile::Strict);
            report.findings.retain(|found| !before.contains(&without_line(&key(found))));
            // Of a member of a group that has to be alike, the others may be named: the group is the culprit.
            let blamed = if *class == "Connect worker" || from.contains("billing") { "clients/" } else { file };
            mistakes.push((*class, *critical, blamed, what.next().unwrap().as_str()));
            reports.push(report);
        }
    }
    settle(&mistakes, reports, &[]);
}

/// Lines move when one is put in or taken out: what was found before is not new for that.
fn without_line(said: &str) -> String {
    let words = said.split(' ').map(|word| match word.rsplit_once(':') {
        Some((file, line)) if line.bytes().all(|byte| byte.is_ascii_digit()) => file,
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}
