//! The chain of sizes that a message has to pass: topic, broker, replication, sockets.

use super::{Check, Finding, Profile, Run, Severity};
use crate::derive::fleet::On;

const FILE_OR_RUNNING: &str = "the node's file or DescribeConfigs";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "size-replica-fetch",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "Messages may be larger than what a follower fetches at once.",
        why: "Followers then fetch one batch at a time and fall behind under load; before Kafka 0.10.1 replication stopped \
              altogether.",
        fix: "Raise replica.fetch.max.bytes to message.max.bytes or more, on every broker.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_replica.fetch.max.bytes", "KIP-74"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            let (message, fetch) = ("message.max.bytes", "replica.fetch.max.bytes");
            // Kafka's own defaults are apart by the 12 bytes that a batch has before its length counts.
            if node.number(message)? > node.number(fetch)? + 12 {
                let culprit = node.culprit(message, fetch);
                found.add(Finding::new(node.subject(culprit), node.both(message, fetch), format!("{fetch} at least {message}")));
            }
            Ok(())
        }),
    },
    Check {
        id: "size-response-max",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "A whole fetch response is smaller than what it may hold of one partition.",
        why: "Replication is slowed down to one partition a request.",
        fix: "Remove replica.fetch.response.max.bytes; the default is 10485760.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_replica.fetch.response.max.bytes"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            let (response, fetch) = ("replica.fetch.response.max.bytes", "replica.fetch.max.bytes");
            if node.number(response)? < node.number(fetch)? {
                let culprit = node.culprit(response, fetch);
                found.add(Finding::new(node.subject(culprit), node.both(response, fetch), format!("{response} at least {fetch}")));
            }
            Ok(())
        }),
    },
    Check {
        id: "size-socket-request",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Messages that are allowed do not fit into a request that is.",
        why: "The broker closes the connection of a producer whose request exceeds socket.request.max.bytes, and the \
              producer tries again without end; the same limit holds for requests between brokers.",
        fix: "Keep message.max.bytes well below socket.request.max.bytes (104857600 by default); store what is larger \
              elsewhere.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_socket.request.max.bytes"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            let (message, socket) = ("message.max.bytes", "socket.request.max.bytes");
            if node.number(message)? >= node.number(socket)? {
                let culprit = node.culprit(socket, message);
                found.add(Finding::new(node.subject(culprit), node.both(message, socket), format!("{message} below {socket}")));
            }
            Ok(())
        }),
    },
    Check {
        id: "size-queued-bytes",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "The queue of requests is smaller than one request may be.",
        why: "Kafka refuses to start with it.",
        fix: "Remove queued.max.request.bytes, or set it above socket.request.max.bytes.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_queued.max.request.bytes", "kafka.server.KafkaConfig.validateValues"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Nodes, |node, found| {
            let node = &node.at_restart();
            let (queued, socket) = ("queued.max.request.bytes", "socket.request.max.bytes");
            let bytes = node.number(queued)?;
            if bytes > 0 && bytes < node.number(socket)? {
                found.add(Finding::new(node.subject(queued), node.both(queued, socket), format!("{queued} at least {socket}")));
            }
            Ok(())
        }),
    },
    Check {
        id: "size-fetch-max",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "One message may be larger than a whole fetch of a consumer.",
        why: "Consumers then get such messages one at a time.",
        fix: "Remove fetch.max.bytes; the default is 57671680.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_fetch.max.bytes", "KIP-541"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            let (fetch, message) = ("fetch.max.bytes", "message.max.bytes");
            if node.knows(fetch) && node.number(fetch)? < node.number(message)? {
                let culprit = node.culprit(fetch, message);
                found.add(Finding::new(node.subject(culprit), node.both(fetch, message), format!("{fetch} at least {message}")));
            }
            Ok(())
        }),
    },
    Check {
        id: "size-offset-metadata",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "Consumers may store much text with each committed offset.",
        why: "It is kept in memory by the coordinator for each partition of each group, and loaded when it moves.",
        fix: "Remove offset.metadata.max.bytes; the default is 4096.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_offset.metadata.max.bytes"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            const KEY: &str = "offset.metadata.max.bytes";
            if node.number(KEY)? > 65_536 {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "4096"));
            }
            Ok(())
        }),
    },
];

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    &[
        Example::broker("size-replica-fetch", "message.max.bytes=10485760"),
        Example::broker("size-response-max", "replica.fetch.response.max.bytes=1000").also(&["value-unit"]),
        Example::broker("size-socket-request", "message.max.bytes=104857600").also(&["size-replica-fetch", "size-fetch-max"]),
        Example::broker("size-socket-request", "socket.request.max.bytes=1000").also(&["value-unit"]),
        Example::broker("size-queued-bytes", "queued.max.request.bytes=1000"),
        Example::broker("size-fetch-max", "fetch.max.bytes=2000").also(&["value-unit"]),
        Example::broker("size-offset-metadata", "offset.metadata.max.bytes=100000000"),
    ]
};
