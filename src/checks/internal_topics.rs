//! Kafka's own topics: positions of consumers, transactions, share groups. Their settings count when they are created,
//! so the topics themselves are judged too.

use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use super::compare::each;
use crate::derive::fleet::{Fleet, Node, On};

const FILE_OR_RUNNING: &str = "the brokers' files or DescribeConfigs; Metadata for the topic itself";
const WANTED: i64 = 3;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "internal-offsets-rf",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "The positions of all consumer groups have too few copies, or more than there are brokers.",
        why: "With one copy a dead drive loses every group's position: consumers begin anew, or skip. With more copies than \
              brokers the topic cannot be created, and no consumer group works.",
        fix: "Set offsets.topic.replication.factor=3 before the first consumer comes; raise the existing \
              __consumer_offsets with kafka-reassign-partitions.sh.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_offsets.topic.replication.factor", "KIP-115"],
        needs: FILE_OR_RUNNING,
        run: Run::Together(On::Brokers, |fleet, found| factor(fleet, found, "offsets.topic.replication.factor", "__consumer_offsets")),
    },
    Check {
        id: "internal-txn-rf",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "The state of transactions has too few copies, or more than there are brokers.",
        why: "With one copy a dead drive loses it: open transactions hang, and exactly-once processing is at an end. With \
              more copies than brokers no transaction can begin.",
        fix: "Set transaction.state.log.replication.factor=3; raise the existing __transaction_state with \
              kafka-reassign-partitions.sh.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_transaction.state.log.replication.factor"],
        needs: FILE_OR_RUNNING,
        run: Run::Together(On::Brokers, |fleet, found| {
            factor(fleet, found, "transaction.state.log.replication.factor", "__transaction_state")
        }),
    },
    Check {
        id: "internal-share-state",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "The state of share groups has too few copies, or more than there are brokers.",
        why: "With one copy a dead drive loses what share groups have acknowledged; with more copies than brokers they \
              cannot be used.",
        fix: "Set share.coordinator.state.topic.replication.factor=3 and share.coordinator.state.topic.min.isr=2.",
        references: &["KIP-932", "https://kafka.apache.org/documentation/#brokerconfigs_share.coordinator.state.topic.replication.factor"],
        needs: FILE_OR_RUNNING,
        run: Run::Together(On::Brokers, |fleet, found| {
            min_isr(
                fleet,
                found,
                "share.coordinator.state.topic.min.isr",
                "share.coordinator.state.topic.replication.factor",
            )?;
            factor(fleet, found, "share.coordinator.state.topic.replication.factor", "__share_group_state")
        }),
    },
    Check {
        id: "internal-txn-minisr",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "One copy of the state of transactions is enough to go on, or all are needed.",
        why: "At 1, a committed transaction may be on one drive only. At the replication factor, a restart of any broker \
              stops all transactions.",
        fix: "Set transaction.state.log.min.isr=2 with three replicas.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_transaction.state.log.min.isr"],
        needs: FILE_OR_RUNNING,
        run: Run::Together(On::Brokers, |fleet, found| {
            min_isr(fleet, found, "transaction.state.log.min.isr", "transaction.state.log.replication.factor")
        }),
    },
    Check {
        id: "sample-config-leftover",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Values of Kafka's sample file are left in a cluster of several brokers.",
        why: "The server.properties that Kafka ships is for one node: it lowers the copies of internal topics to one, and \
              keeps data under /tmp.",
        fix: "Remove the lines: Kafka's own defaults are safer than the sample.",
        references: &["config/server.properties of the distribution"],
        needs: "the brokers' files",
        run: Run::Together(On::Brokers, sample),
    },
    Check {
        id: "offsets-retention-short",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "Positions of consumer groups that rest are forgotten soon.",
        why: "A group that is stopped for longer than offsets.retention.minutes begins anew, at the start or at the end of \
              its topics: it reads everything again, or skips what it missed.",
        fix: "Remove offsets.retention.minutes; the default is 10080, a week.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_offsets.retention.minutes", "KIP-186"],
        needs: "the node's file or DescribeConfigs",
        run: Run::Node(On::Brokers, |node, found| {
            const KEY: &str = "offsets.retention.minutes";
            if node.number(KEY)? < 1_440 {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "10080"));
            }
            Ok(())
        }),
    },
    Check {
        id: "txn-timeout-order",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "Producers are forgotten while their transactions or retries may still be under way.",
        why: "A producer whose id has expired is fenced, or its retry is taken for a new message.",
        fix: "Keep transaction.max.timeout.ms below transactional.id.expiration.ms, and producer.id.expiration.ms above \
              the delivery.timeout.ms of producers (two minutes by default).",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_producer.id.expiration.ms"],
        needs: "the node's file or DescribeConfigs",
        run: Run::Node(On::Brokers, |node, found| {
            let (timeout, expiration) = ("transaction.max.timeout.ms", "transactional.id.expiration.ms");
            if node.number(timeout)? > node.number(expiration)? {
                let should = format!("{timeout} at most {expiration}");
                found.add(Finding::new(node.subject(timeout), node.both(timeout, expiration), should));
            }
            const PRODUCER: &str = "producer.id.expiration.ms";
            if node.knows(PRODUCER) && node.number(PRODUCER)? < 120_000 {
                found.add(Finding::new(node.subject(PRODUCER), node.says(PRODUCER), "at least 120000"));
            }
            Ok(())
        }),
    },
    Check {
        id: "txn-verification-off",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Brokers do not verify that a write belongs to an open transaction.",
        why: "A late write of a dead producer then opens a transaction that nobody ends: consumers that read committed \
              data wait behind it without end.",
        fix: "Remove transaction.partition.verification.enable; the default is true.",
        references: &["KIP-890"],
        needs: "the node's file or DescribeConfigs",
        run: Run::Node(On::Brokers, |node, found| {
            const KEY: &str = "transaction.partition.verification.enable";
            if node.knows(KEY) && !node.flag(KEY)? {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "true"));
            }
            Ok(())
        }),
    },
];

/// Judges a replication factor in each broker's settings, and of the topic where it is there.
fn factor(fleet: &Fleet<'_>, found: &mut Found, key: &str, topic: &str) -> Evaluated {
    let brokers = fleet.brokers().and_then(|brokers| i64::try_from(brokers).ok());
    let wanted = brokers.map_or(WANTED, |brokers| brokers.min(WANTED));
    let mut unknown = None;
    let mut judged = false;
    for node in fleet.on(On::Brokers).filter(|node| node.knows(key)) {
        match node.number(key) {
            Ok(factor) if factor < wanted || brokers.is_some_and(|brokers| factor > brokers) => {
                let should = if factor < wanted { wanted.to_string() } else { format!("at most {wanted}, as many as brokers") };
                found.add(Finding::new(node.subject(key), node.says(key), should));
                judged = true;
            }
            Ok(_) => judged = true,
            Err(why) => unknown = Some(why),
        }
        if let Err(why) = of_topic(node, found, topic, wanted) {
            unknown = Some(why);
        }
    }
    match (judged, unknown) {
        (_, Some(why)) => Err(why),
        (true, None) => Ok(()),
        (false, None) => Err(Unknown::new(format!("Among what was looked at are no brokers that have {key}."))),
    }
}

/// Judges the topic itself, where it is there: its settings counted when it was created.
fn of_topic(node: &Node<'_>, found: &mut Found, topic: &str, wanted: i64) -> Evaluated {
    let replication = node.replication()?;
    let partitions = &replication.cluster.partitions;
    let Some(at) = partitions.topics().iter().position(|entry| &*entry.name == topic) else { return Ok(()) };
    let factors = partitions.of_topic(at).map(|one| replication.judge(&one).replication_factor);
    let least = i64::try_from(factors.min().unwrap_or_default()).unwrap_or(i64::MAX);
    if least < wanted {
        let subject = Subject::Topic(topic.to_owned());
        found.add(Finding::new(subject, format!("{least} replicas"), format!("{wanted} replicas")));
    }
    Ok(())
}

/// Judges the min ISR that an internal topic is to have.
fn min_isr(fleet: &Fleet<'_>, found: &mut Found, key: &str, factor: &str) -> Evaluated {
    let mut judged = false;
    each(fleet.on(On::Brokers).filter(|node| node.knows(key)), |node| {
        let (least, replicas) = (node.number(key)?, node.number(factor)?);
        // With one or two replicas those are the fault, and another check's.
        if replicas >= 3 && (least < 2 || least >= replicas) {
            found.add(Finding::new(node.subject(key), node.both(key, factor), "2 of 3 replicas"));
        }
        judged = true;
        Ok(())
    })?;
    let none = || Unknown::new(format!("Among what was looked at are no brokers that have {key}."));
    if judged { Ok(()) } else { Err(none()) }
}

fn sample(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    /// Lines of the sample that are wrong in a cluster of several brokers.
    const LINES: [(&str, &str); 6] = [
        ("offsets.topic.replication.factor", "1"),
        ("transaction.state.log.replication.factor", "1"),
        ("transaction.state.log.min.isr", "1"),
        ("share.coordinator.state.topic.replication.factor", "1"),
        ("share.coordinator.state.topic.min.isr", "1"),
        ("group.initial.rebalance.delay.ms", "0"),
    ];
    let brokers = fleet.brokers();
    if brokers == Some(1) {
        return Ok(());
    }
    each(fleet.on(On::Brokers), |node| {
        let file = node.file()?;
        let left: Vec<&str> = LINES.iter().filter(|(key, value)| file.get(key) == Some(value)).map(|(key, _)| *key).collect();
        if let ([first, ..], true) = (left.as_slice(), left.len() >= 3) {
            found.add(Finding::new(node.subject(first), left.join(", "), "none of the sample's values"));
        }
        Ok(())
    })
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    use crate::testing::partition;
    &[
        Example::broker("internal-offsets-rf", "offsets.topic.replication.factor=1"),
        Example::broker("internal-offsets-rf", "offsets.topic.replication.factor=5"),
        Example::made("internal-offsets-rf", "topic __consumer_offsets", |set| {
            set.topic("__consumer_offsets", &[partition(1, &[1, 2], &[1, 2])], Some(1));
        }),
        Example::broker("internal-txn-rf", "transaction.state.log.replication.factor=1"),
        Example::broker("internal-share-state", "share.coordinator.state.topic.replication.factor=1"),
        Example::broker("internal-share-state", "share.coordinator.state.topic.min.isr=1"),
        Example::broker("internal-txn-minisr", "transaction.state.log.min.isr=1"),
        Example::broker("internal-txn-minisr", "transaction.state.log.min.isr=3"),
        Example::made("sample-config-leftover", "broker-1", |set| {
            set.line("broker-1", "offsets.topic.replication.factor=1");
            set.line("broker-1", "transaction.state.log.replication.factor=1");
            set.line("broker-1", "transaction.state.log.min.isr=1");
        })
        .also(&["internal-offsets-rf", "internal-txn-rf"]),
        Example::broker("offsets-retention-short", "offsets.retention.minutes=60"),
        Example::broker("txn-timeout-order", "transaction.max.timeout.ms=2000000000"),
        Example::broker("txn-timeout-order", "producer.id.expiration.ms=60000").also(&["value-unit"]),
        Example::broker("txn-verification-off", "transaction.partition.verification.enable=false"),
    ]
};
