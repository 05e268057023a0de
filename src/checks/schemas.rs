//! The Schema Registry, which keeps every schema in one topic.

use super::compare::each;
use super::connect::{bad_factor, shape};
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Unknown};
use crate::derive::fleet::{Fleet, Node, On};
use crate::derive::listeners::{Address, Protocol};

const FACTOR: &str = "kafkastore.topic.replication.factor";
/// Defaults of the Schema Registry, which is no part of Kafka.
const DEFAULT_TOPIC: &str = "_schemas";
const DEFAULT_FACTOR: i64 = 3;
const DOCUMENTATION: &str = "https://docs.confluent.io/platform/current/schema-registry/installation/config.html";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "schemas-storage-rf",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "The topic with all schemas gets too few copies, or more than there are brokers.",
        why: "With one copy a dead drive loses every schema, and with it the meaning of every message that names one by its \
              id.",
        fix: "Remove kafkastore.topic.replication.factor (the default is 3), and raise an existing topic with \
              kafka-reassign-partitions.sh.",
        references: &[DOCUMENTATION],
        needs: "the registry's file; the brokers' files or DescribeCluster tell how many brokers there are",
        run: Run::Together(On::SchemaRegistries, factor),
    },
    Check {
        id: "schemas-topic-shape",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "The topic with all schemas has not the form that it must have.",
        why: "In several partitions schemas are read in the wrong order; without compaction they are deleted by age; with \
              one copy they are lost with a drive.",
        fix: "Set cleanup.policy=compact and three replicas; a topic with several partitions has to be created anew.",
        references: &[DOCUMENTATION],
        needs: "the registry's file, and Metadata and DescribeConfigs of a running broker",
        run: Run::Together(On::SchemaRegistries, |fleet, found| {
            each(fleet.on(On::SchemaRegistries), |node| {
                let topic = or(node.text("kafkastore.topic")?, DEFAULT_TOPIC);
                shape(fleet, found, topic, Some(1))
            })
        }),
    },
    Check {
        id: "schemas-plaintext",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "A Schema Registry speaks in clear, to brokers or to clients.",
        why: "Whoever is on the way can change a schema, and with it what consumers make of every message.",
        fix: "Set kafkastore.security.protocol=SASL_SSL, and listeners with https.",
        references: &[DOCUMENTATION],
        needs: "the registry's file",
        run: Run::Node(On::SchemaRegistries, plaintext),
    },
];

fn or<'a>(value: &'a str, default: &'a str) -> &'a str {
    if value.is_empty() { default } else { value }
}

fn factor(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each(fleet.on(On::SchemaRegistries), |node| {
        let value = node.text(FACTOR)?;
        let not = || Unknown::new(format!("{FACTOR}={value} is not a whole number."));
        let is = if value.is_empty() { DEFAULT_FACTOR } else { value.parse().map_err(|_| not())? };
        if let Some((should, severity)) = bad_factor(fleet, is) {
            found.add(Finding::new(node.subject(FACTOR), format!("{FACTOR}={is}"), should).severity(severity));
        }
        Ok(())
    })
}

fn plaintext(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let (protocol, listeners) = ("kafkastore.security.protocol", "listeners");
    let is_clear = |value: &str| Protocol::parse(value).is_some_and(|protocol| !protocol.is_tls());
    let told = node.text(protocol)?;
    // Addresses may bring the protocol along: SSL://broker:9093.
    let servers = node.list("kafkastore.bootstrap.servers")?;
    let is_clear_server = |server: &&str| match server.split_once("://") {
        Some((scheme, _)) => is_clear(scheme),
        None => is_clear(or(told, "PLAINTEXT")),
    };
    if is_clear(told) || (told.is_empty() && servers.iter().any(is_clear_server)) {
        let is = if told.is_empty() { format!("{protocol} unset: PLAINTEXT") } else { node.says(protocol) };
        found.add(Finding::new(node.subject(protocol), is, "SSL or SASL_SSL"));
    }
    let is_exposed = |listener: &&str| {
        let address = listener.strip_prefix("http://").map(|rest| rest.rsplit_once(':').map_or(rest, |(host, _)| host));
        address.is_some_and(|host| !Address { host, port: 0 }.is_loopback())
    };
    if node.list(listeners)?.iter().any(is_exposed) {
        found.add(Finding::new(node.subject(listeners), node.says(listeners), "https"));
    }
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    use crate::testing::partition;
    const fn registry(check: &'static str, line: &'static str) -> Example {
        Example::of(check, "schema-registry", line)
    }
    &[
        registry("schemas-storage-rf", "kafkastore.topic.replication.factor=1"),
        registry("schemas-storage-rf", "kafkastore.topic.replication.factor=4"),
        registry("schemas-plaintext", "kafkastore.security.protocol=PLAINTEXT"),
        registry("schemas-plaintext", "listeners=http://0.0.0.0:8081"),
        registry("key-unknown", "kafkastore.topic.replication.facor=3").subject("facor in schema-registry"),
        Example::made("schemas-topic-shape", "topic _schemas", |set| {
            let row = partition(1, &[1, 2, 3], &[1, 2, 3]);
            set.topic("_schemas", &[row.clone(), row], Some(2));
        }),
        Example::made("schemas-topic-shape", "topic _schemas", |set| set.not_compacted("_schemas")),
    ]
};
