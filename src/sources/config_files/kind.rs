//! What a file configures, told by its keys: names of files say little.

use crate::keys::{Scope, lookup};
use crate::snapshot::{ConfigFile, FileKind};

/// Keys that nobody else has, and whose they are.
const MARKS: &[(&str, Mark)] = &[
    ("kafkastore.bootstrap.servers", Mark::SchemaRegistry),
    ("kafkastore.connection.url", Mark::SchemaRegistry),
    ("kafkastore.topic", Mark::SchemaRegistry),
    ("schema.registry.group.id", Mark::SchemaRegistry),
    ("offset.storage.topic", Mark::Connect),
    ("offset.storage.file.filename", Mark::Connect),
    ("config.storage.topic", Mark::Connect),
    ("status.storage.topic", Mark::Connect),
    ("connector.class", Mark::Foreign("a connector's configuration")),
    ("clientPort", Mark::Foreign("ZooKeeper")),
    ("tickTime", Mark::Foreign("ZooKeeper")),
    ("dataDir", Mark::Foreign("ZooKeeper")),
    ("log4j.rootLogger", Mark::Foreign("log4j")),
    ("rootLogger.level", Mark::Foreign("log4j")),
    ("application.id", Mark::Foreign("a Streams application")),
    ("clusters", Mark::Foreign("MirrorMaker 2")),
];

#[derive(Clone, Copy)]
enum Mark {
    SchemaRegistry,
    Connect,
    Foreign(&'static str),
}

/// What `file` configures.
#[must_use]
pub fn recognise(file: &ConfigFile) -> FileKind {
    let keys: Vec<&str> = file.effective().map(|entry| entry.key.as_str()).collect();
    kind_of(&keys, file.get("process.roles"))
}

/// What is configured by these keys; `roles` is the value of `process.roles` where it is known.
#[must_use]
pub fn kind_of(keys: &[&str], roles: Option<&str>) -> FileKind {
    if keys.is_empty() {
        return FileKind::Unknown("It sets nothing.".to_owned());
    }
    if keys.contains(&"process.roles") {
        let has = |role| roles.is_some_and(|roles| crate::keys::list_entries(roles).any(|entry| entry == role));
        return match (has("broker"), has("controller")) {
            (true, true) => FileKind::Combined,
            (false, true) => FileKind::Controller,
            _ => FileKind::Broker,
        };
    }
    let mark = MARKS.iter().find(|(name, _)| keys.contains(name));
    match mark {
        Some((_, Mark::SchemaRegistry)) => return FileKind::SchemaRegistry,
        Some((_, Mark::Connect)) => return FileKind::ConnectWorker,
        Some((_, Mark::Foreign(what))) => return FileKind::Foreign((*what).to_owned()),
        None => {}
    }
    by_tables(keys)
}

/// By how many keys only one scope knows.
fn by_tables(keys: &[&str]) -> FileKind {
    let is = |key: &str, scope| lookup(scope, key).is_some();
    let clients = [Scope::Producer, Scope::Consumer, Scope::Admin];
    let is_client = |key: &str| clients.iter().any(|scope| is(key, *scope));
    let count = |test: &dyn Fn(&str) -> bool| keys.iter().filter(|key| test(key)).count();
    let broker = count(&|key| key.starts_with("listener.name.") || (is(key, Scope::Broker) && !is_client(key)));
    let producer = count(&|key| is(key, Scope::Producer) && !is(key, Scope::Consumer) && !is(key, Scope::Broker));
    let consumer = count(&|key| is(key, Scope::Consumer) && !is(key, Scope::Producer) && !is(key, Scope::Broker));
    let connect = count(&|key| is(key, Scope::Connect) && !is_client(key) && !is(key, Scope::Broker));
    let client = count(&|key| is_client(key));
    if broker > 0 && broker >= producer.max(consumer).max(connect) {
        FileKind::Broker
    } else if connect > producer.max(consumer) {
        FileKind::ConnectWorker
    } else if producer > consumer {
        FileKind::Producer
    } else if consumer > 0 {
        FileKind::Consumer
    } else if client > 0 {
        FileKind::Client
    } else {
        FileKind::Unknown("None of its keys is a setting of Kafka, Connect or the Schema Registry.".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> FileKind {
        super::super::parse_properties_file("x", text.as_bytes()).unwrap().kind
    }

    #[test]
    fn files_are_known_by_their_keys() {
        assert_eq!(kind("broker.id=1\nzookeeper.connect=z:2181\nlog.dirs=/a"), FileKind::Broker);
        assert_eq!(kind("process.roles=broker\nnode.id=1"), FileKind::Broker);
        assert_eq!(kind("process.roles=controller\nnode.id=1"), FileKind::Controller);
        assert_eq!(kind("process.roles=broker, controller\nnode.id=1"), FileKind::Combined);
        assert_eq!(kind("process.roles=${ROLES}\nnode.id=1"), FileKind::Broker);
        assert_eq!(kind("bootstrap.servers=b:9092\nacks=all\nlinger.ms=5"), FileKind::Producer);
        assert_eq!(kind("bootstrap.servers=b:9092\ngroup.id=g\nauto.offset.reset=latest"), FileKind::Consumer);
        assert_eq!(kind("bootstrap.servers=b:9092\nsecurity.protocol=SSL"), FileKind::Client);
        let worker = "bootstrap.servers=b:9092\ngroup.id=g\nkey.converter=x\noffset.storage.topic=o";
        assert_eq!(kind(worker), FileKind::ConnectWorker);
        let registry = "listeners=http://0.0.0.0:8081\nkafkastore.bootstrap.servers=PLAINTEXT://b:9092";
        assert_eq!(kind(registry), FileKind::SchemaRegistry);
        assert_eq!(kind("dataDir=/z\nclientPort=2181"), FileKind::Foreign("ZooKeeper".to_owned()));
        assert!(matches!(kind("a=1\nb=2"), FileKind::Unknown(_)));
        assert!(matches!(kind("# nothing\n"), FileKind::Unknown(_)));
    }
}
