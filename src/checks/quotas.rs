//! Limits on clients.

use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity};
use crate::derive::fleet::{Node, On};

const PER_IP: &str = "max.connections.per.ip";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "conn-zero-per-ip",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "No address may open a connection.",
        why: "Kafka refuses to start with max.connections.per.ip=0 unless max.connections.per.ip.overrides lets somebody \
              in.",
        fix: "Remove max.connections.per.ip, or list who may connect in max.connections.per.ip.overrides.",
        references: &[
            "https://kafka.apache.org/documentation/#brokerconfigs_max.connections.per.ip",
            "kafka.server.KafkaConfig.validateValues",
        ],
        needs: "the node's file",
        run: Run::Node(On::Nodes, nobody),
    },
    Check {
        id: "conn-unlimited",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "Clients may open connections without end.",
        why: "One client that connects in a loop takes all file descriptors; the broker can then open neither segments \
              nor sockets, and stops.",
        fix: "Set max.connections (below the limit on open files), max.connections.per.ip, or \
              max.connection.creation.rate.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_max.connections", "KIP-402", "KIP-612"],
        needs: "the node's file or DescribeConfigs",
        run: Run::Node(On::Brokers, unlimited),
    },
];

fn nobody(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let node = &node.at_restart();
    if node.number(PER_IP)? == 0 && node.text("max.connections.per.ip.overrides")?.is_empty() {
        let is = node.both(PER_IP, "max.connections.per.ip.overrides");
        found.add(Finding::new(node.subject(PER_IP), is, "at least 1, or somebody let in"));
    }
    Ok(())
}

fn unlimited(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let is_limit = |key: &str| {
        ["max.connections", PER_IP, "max.connection.creation.rate"].iter().any(|limit| {
            key == *limit || key.starts_with("listener.name.") && key.ends_with(&format!(".{limit}"))
        })
    };
    let mut keys = vec!["max.connections", PER_IP, "max.connection.creation.rate"];
    if let Ok(written) = node.settings.written_keys() {
        keys.extend(written.filter(|key| is_limit(key)));
    }
    for key in keys {
        if node.settings.given(key)?.is_some_and(|value| value != i32::MAX.to_string()) {
            return Ok(());
        }
    }
    let is = "neither max.connections nor max.connections.per.ip nor max.connection.creation.rate is set";
    found.add(Finding::new(node.subject("max.connections"), is, "a limit below that on open files"));
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    &[
        Example::broker("conn-zero-per-ip", "max.connections.per.ip=0"),
        Example::made("conn-unlimited", "max.connections of node 2", |set| set.remove("broker-2", "max.connections")),
    ]
};
