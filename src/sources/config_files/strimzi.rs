//! Strimzi resources: `Kafka` with its `KafkaNodePool`s, and `KafkaConnect`.
//!
//! Reference: Strimzi's API reference; `KafkaClusterSpec` for the settings that the operator keeps for itself.

use serde_yaml::Value;

use super::environment::push;
use super::yaml::{self, Document, Text, at, scalar, text_at};
use super::{ConfigError, recognise};
use crate::snapshot::{
    ConfigFile, Entry, FileKind, Form, Oddity, Place, Setting, Strimzi, StrimziListener, StrimziVolume, mark_overridden,
};

/// Settings of KRaft nodes that the operator writes itself: they are set, and what to is not in the resource.
const OWN: &[&str] = &[
    "advertised.listeners",
    "controller.listener.names",
    "controller.quorum.bootstrap.servers",
    "controller.quorum.voters",
    "inter.broker.listener.name",
    "listener.security.protocol.map",
    "listeners",
    "log.dirs",
    "metadata.log.dir",
    "node.id",
];

/// The same of brokers that run with ZooKeeper.
const OWN_WITH_ZOOKEEPER: &[&str] = &[
    "advertised.listeners",
    "broker.id",
    "inter.broker.listener.name",
    "listener.security.protocol.map",
    "listeners",
    "log.dirs",
    "zookeeper.connect",
];

/// Beginnings of settings that the operator drops from `config`.
const DROPPED: &[&str] = &[
    "advertised.",
    "authorizer.",
    "broker.",
    "controller.",
    "cruise.control.metrics.reporter.bootstrap.servers",
    "cruise.control.metrics.topic",
    "host.name",
    "inter.broker.listener.name",
    "listener.",
    "listeners",
    "log.dir",
    "metadata.log.dir",
    "node.id",
    "password.",
    "port",
    "process.roles",
    "sasl.",
    "security.",
    "ssl.",
    "super.user",
    "zookeeper.clientCnxnSocket",
    "zookeeper.connect",
    "zookeeper.metadata.migration.enable",
    "zookeeper.set.acl",
    "zookeeper.ssl",
];

/// What it takes though one of [`DROPPED`] begins it.
const TAKEN: &[&str] = &[
    "controller.quorum.election.backoff.max.ms",
    "controller.quorum.election.timeout.ms",
    "controller.quorum.fetch.timeout.ms",
    "cruise.control.metrics.topic.auto.create.retries",
    "cruise.control.metrics.topic.auto.create.timeout.ms",
    "cruise.control.metrics.topic.min.insync.replicas",
    "cruise.control.metrics.topic.num.partitions",
    "cruise.control.metrics.topic.replication.factor",
    "cruise.control.metrics.topic.retention.ms",
    "sasl.server.max.receive.size",
    "ssl.cipher.suites",
    "ssl.enabled.protocols",
    "ssl.protocol",
    "ssl.secure.random.implementation",
    "zookeeper.connection.timeout.ms",
];

/// The configurations of the Strimzi resources of a file: one for each pool of nodes, or for a `Kafka` without pools in
/// the same file; one for each `KafkaConnect`. Other resources are passed over.
///
/// # Errors
/// What is not YAML.
pub fn parse_strimzi(path: &str, bytes: &[u8]) -> Result<Vec<ConfigFile>, ConfigError> {
    let text = yaml::text(bytes)?;
    let lines = yaml::lines(text);
    let documents = yaml::documents(&lines)?;
    let of_kind = |kind: &'static str| documents.iter().filter(move |document| is_resource(&document.value, kind));
    let mut files = Vec::new();
    for kafka in of_kind("Kafka") {
        let pools: Vec<&Document<'_>> = of_kind("KafkaNodePool").filter(|pool| belongs_to(pool, kafka)).collect();
        if pools.is_empty() {
            files.push(node_file(path, Some(kafka), None));
        }
        files.extend(pools.into_iter().map(|pool| node_file(path, Some(kafka), Some(pool))));
    }
    let is_alone = |pool: &&Document<'_>| !of_kind("Kafka").any(|kafka| belongs_to(pool, kafka));
    files.extend(of_kind("KafkaNodePool").filter(is_alone).map(|pool| node_file(path, None, Some(pool))));
    files.extend(of_kind("KafkaConnect").map(|connect| connect_file(path, connect)));
    Ok(files)
}

/// Whether a document is a resource of Strimzi of this kind.
fn is_resource(value: &Value, kind: &str) -> bool {
    let group = text_at(value, &["apiVersion"]).unwrap_or_default();
    group.starts_with("kafka.strimzi.io/") && text_at(value, &["kind"]).as_deref() == Some(kind)
}

fn belongs_to(pool: &Document<'_>, kafka: &Document<'_>) -> bool {
    let cluster = text_at(&pool.value, &["metadata", "labels", "strimzi.io/cluster"]);
    let namespace = |document: &Document<'_>| text_at(&document.value, &["metadata", "namespace"]);
    let (of_pool, of_kafka) = (namespace(pool), namespace(kafka));
    let is_same_namespace = of_pool == of_kafka || of_pool.is_none() || of_kafka.is_none();
    cluster.is_some() && cluster == text_at(&kafka.value, &["metadata", "name"]) && is_same_namespace
}

/// Nodes of a pool, or of a `Kafka` without pools.
fn node_file(path: &str, kafka: Option<&Document<'_>>, pool: Option<&Document<'_>>) -> ConfigFile {
    let nothing = Value::Null;
    let kafka_value = kafka.map_or(&nothing, |kafka| &kafka.value);
    let pool_value = pool.map_or(&nothing, |pool| &pool.value);
    let strimzi = surroundings(kafka_value, pool_value);
    let mut file = ConfigFile::new(path, Form::Strimzi);
    let name = |value: &Value| text_at(value, &["metadata", "name"]).unwrap_or_default();
    file.part = Some(match pool {
        Some(_) => format!("KafkaNodePool {}", name(pool_value)),
        None => format!("Kafka {}", name(kafka_value)),
    });
    // Nodes without roles run with ZooKeeper.
    let own = if strimzi.roles.is_empty() { OWN_WITH_ZOOKEEPER } else { OWN };
    for key in own {
        file.entries.push(entry(key, Setting::Elsewhere, "spec.kafka", None));
    }
    if let Some(kafka) = kafka {
        add_security(&mut file.entries, kafka);
        add_config(&mut file.entries, kafka, &["spec", "kafka"], true);
    }
    if !strimzi.roles.is_empty() {
        let line = pool.and_then(|pool| pool.text.line("roles"));
        file.entries.push(entry("process.roles", Setting::Value(strimzi.roles.join(",")), "spec.roles", line));
    }
    mark_overridden(&mut file.entries);
    file.kind = match recognise(&file) {
        FileKind::Unknown(_) => FileKind::Broker,
        kind => kind,
    };
    file.strimzi = Some(strimzi);
    file
}

/// What the operator sets since the resource asks for it.
fn add_security(entries: &mut Vec<Entry>, kafka: &Document<'_>) {
    let spec = |path: &[&str]| at(&kafka.value, &["spec", "kafka"]).and_then(|spec| at(spec, path)).is_some();
    let mut add = |keys: &[&str], path: &str| {
        entries.extend(keys.iter().map(|key| entry(key, Setting::Elsewhere, path, None)));
    };
    if spec(&["authorization"]) {
        let keys = ["authorizer.class.name", "super.users", "allow.everyone.if.no.acl.found"];
        add(&keys, "spec.kafka.authorization");
    }
    if spec(&["rack"]) {
        add(&["broker.rack"], "spec.kafka.rack");
    }
    if spec(&["tieredStorage"]) {
        add(&["remote.log.storage.system.enable"], "spec.kafka.tieredStorage");
    }
}

/// The settings below `config`.
fn add_config(entries: &mut Vec<Entry>, document: &Document<'_>, path: &[&str], is_node: bool) {
    let Some(config) = at(&document.value, path).and_then(|spec| spec.get("config")?.as_mapping()) else { return };
    let block = path
        .iter()
        .try_fold(document.text, |text, key| text.block(key))
        .and_then(|text: Text<'_>| text.block("config"));
    for (key, value) in config {
        let Some(key) = key.as_str() else { continue };
        let place = Place::Yaml {
            path: format!("{}.config.{key}", path.join(".")),
            line: block.and_then(|block| block.line(key)),
        };
        let first = entries.len();
        // A list is written with commas between.
        let list = value.as_sequence().map(|items| items.iter().filter_map(scalar).collect::<Vec<_>>().join(","));
        push(entries, key, list.or_else(|| scalar(value)).as_deref(), false, &place);
        if is_node && is_dropped(key) {
            // It does not count: the operator's own value does.
            entries[first..].iter_mut().for_each(|entry| entry.oddities.push(Oddity::IgnoredByOperator));
        }
    }
}

fn is_dropped(key: &str) -> bool {
    DROPPED.iter().any(|prefix| key.starts_with(prefix)) && !TAKEN.contains(&key)
}

fn entry(key: &str, setting: Setting, path: &str, line: Option<u32>) -> Entry {
    let place = Place::Yaml { path: path.to_owned(), line };
    Entry { key: key.to_owned(), setting, place, effective: true, oddities: vec![] }
}

fn surroundings(kafka: &Value, pool: &Value) -> Strimzi {
    let nothing = Value::Null;
    let spec = at(kafka, &["spec", "kafka"]).unwrap_or(&nothing);
    let own = if pool.is_null() { spec } else { pool.get("spec").unwrap_or(&nothing) };
    let metadata = |path: &[&str]| text_at(kafka, path).or_else(|| text_at(pool, path));
    let names = |value: Option<&Value>| {
        value.and_then(Value::as_sequence).into_iter().flatten().filter_map(scalar).collect::<Vec<_>>()
    };
    let apart = ["template", "pod"];
    let keeps = |value: &Value| {
        let pod = at(value, &apart);
        let affinity = pod.and_then(|pod| at(pod, &["affinity", "podAntiAffinity"]));
        affinity.is_some() || pod.and_then(|pod| pod.get("topologySpreadConstraints")).is_some()
    };
    Strimzi {
        cluster: text_at(kafka, &["metadata", "name"])
            .or_else(|| text_at(pool, &["metadata", "labels", "strimzi.io/cluster"]))
            .unwrap_or_default(),
        namespace: metadata(&["metadata", "namespace"]),
        pool: (!pool.is_null()).then(|| text_at(pool, &["metadata", "name"]).unwrap_or_default()),
        version: text_at(spec, &["version"]),
        metadata_version: text_at(spec, &["metadataVersion"]),
        replicas: own.get("replicas").and_then(Value::as_u64).and_then(|replicas| u32::try_from(replicas).ok()),
        roles: names(own.get("roles")),
        listeners: listeners(spec),
        volumes: volumes(own.get("storage").unwrap_or(&nothing)),
        authorization: text_at(spec, &["authorization", "type"]),
        rack_topology_key: text_at(spec, &["rack", "topologyKey"]),
        keeps_pods_apart: keeps(own) || keeps(spec),
    }
}

/// Listeners as a list; as a map in releases before 0.24.
fn listeners(spec: &Value) -> Vec<StrimziListener> {
    let listener = |name: Option<String>, value: &Value| StrimziListener {
        name: name.unwrap_or_default(),
        port: value.get("port").and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok()),
        kind: text_at(value, &["type"]).unwrap_or_else(|| "internal".to_owned()),
        tls: value.get("tls").and_then(Value::as_bool).unwrap_or(false),
        authentication: text_at(value, &["authentication", "type"]),
    };
    match spec.get("listeners") {
        Some(Value::Sequence(items)) => items.iter().map(|item| listener(text_at(item, &["name"]), item)).collect(),
        Some(Value::Mapping(map)) => {
            let of = |(name, value): (&Value, &Value)| {
                let mut listener = listener(scalar(name), value);
                listener.tls |= listener.name == "tls";
                listener
            };
            map.iter().map(of).collect()
        }
        _ => Vec::new(),
    }
}

fn volumes(storage: &Value) -> Vec<StrimziVolume> {
    let flag = |value: &Value, key: &str| value.get(key).and_then(Value::as_bool).unwrap_or(false);
    let volume = |value: &Value| {
        let size = text_at(value, &["size"]);
        StrimziVolume {
            id: value.get("id").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok()),
            kind: text_at(value, &["type"]).unwrap_or_default(),
            size_bytes: size.as_deref().and_then(quantity),
            size,
            class: text_at(value, &["class"]),
            delete_claim: flag(value, "deleteClaim"),
            kraft_metadata: text_at(value, &["kraftMetadata"]).as_deref() == Some("shared"),
        }
    };
    match text_at(storage, &["type"]).as_deref() {
        Some("jbod") => storage.get("volumes").and_then(Value::as_sequence).into_iter().flatten().map(volume).collect(),
        Some(_) => vec![volume(storage)],
        None => Vec::new(),
    }
}

/// Bytes of a quantity of Kubernetes, such as `100Gi`, `1.5T`, `1e9`; absent for other text.
fn quantity(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().ok()?;
    let factor = match unit {
        "" => 1.0,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "Ki" => 1024.0,
        "Mi" => 1024f64.powi(2),
        "Gi" => 1024f64.powi(3),
        "Ti" => 1024f64.powi(4),
        "Pi" => 1024f64.powi(5),
        _ => 10f64.powi(unit.strip_prefix(['e', 'E'])?.parse().ok()?),
    };
    let bytes = number * factor;
    (bytes.is_finite() && bytes >= 0.0).then_some(bytes as u64)
}

/// A Connect worker. Its group and topics have defaults of the operator's.
fn connect_file(path: &str, connect: &Document<'_>) -> ConfigFile {
    let mut file = ConfigFile::new(path, Form::Strimzi);
    let name = text_at(&connect.value, &["metadata", "name"]).unwrap_or_default();
    file.part = Some(format!("KafkaConnect {name}"));
    let elsewhere =
        ["config.storage.topic", "group.id", "offset.storage.topic", "security.protocol", "status.storage.topic"];
    for key in elsewhere {
        file.entries.push(entry(key, Setting::Elsewhere, "spec", None));
    }
    let servers = text_at(&connect.value, &["spec", "bootstrapServers"]);
    let place = Place::Yaml { path: "spec.bootstrapServers".to_owned(), line: connect.text.line("bootstrapServers") };
    push(&mut file.entries, "bootstrap.servers", servers.as_deref(), false, &place);
    add_config(&mut file.entries, connect, &["spec"], false);
    mark_overridden(&mut file.entries);
    file.kind = FileKind::ConnectWorker;
    file.strimzi = Some(surroundings(&Value::Null, &connect.value));
    file
}

#[cfg(test)]
mod tests;
