//! Replicas and in-sync sets of topics and partitions, as the brokers that lead them see them.

use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::fleet::{Node, On};
use crate::derive::replication::topic_owner;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "topic-rf-low",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A topic has partitions with one replica only.",
        why: "When the one broker or drive that holds the partition fails, the partition is offline, and what it held \
              may be lost: there is no copy. min.insync.replicas cannot help.",
        fix: "Raise the replication factor with kafka-reassign-partitions.sh, and create topics with three replicas \
              (default.replication.factor on brokers and on controllers).",
        references: &[
            "https://kafka.apache.org/documentation/#replication",
            "https://kafka.apache.org/documentation/#brokerconfigs_default.replication.factor",
        ],
        needs: "Metadata with Describe on the topics",
        run: Run::Node(On::Brokers, single_replica),
    },
    Check {
        id: "minisr-eq-rf",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "min.insync.replicas of a topic equals its replication factor.",
        why: "When any one replica is away, as in every restart, the topic refuses writes with acks=all; and since \
              Kafka 3.7 consumers do not see new messages of other producers either.",
        fix: "Set min.insync.replicas one below the replication factor, or raise the replication factor.",
        references: &["https://kafka.apache.org/documentation/#topicconfigs_min.insync.replicas", "KIP-966"],
        needs: "Metadata with Describe, and DescribeConfigs, on the topics",
        run: Run::Node(On::Brokers, min_isr_equals_replicas),
    },
    Check {
        id: "partition-last-copy",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A partition of several replicas is down to its last in-sync copy.",
        why: "When this broker or its drive fails now, what was acknowledged is lost, or the partition stays offline \
              until this broker is back. Restarting it makes the partition unavailable.",
        fix: "Do not restart this broker. Bring the missing replicas back and wait until they are in sync.",
        references: &["https://kafka.apache.org/documentation/#design_replicatedlog", "KIP-966"],
        needs: "Metadata with Describe on the topics",
        run: Run::Node(On::Brokers, last_copy),
    },
];

fn single_replica(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let replication = node.replication()?;
    let partitions = &replication.cluster.partitions;
    for (index, topic) in partitions.topics().iter().enumerate() {
        if topic_owner(replication.cluster, index) != Some(replication.id) {
            continue;
        }
        let single =
            partitions.of_topic(index).filter(|found| replication.judge(found).replication_factor == 1).count();
        if single > 0 {
            let subject = Subject::Topic(topic.name.to_string());
            let is = format!("1 replica of {single} of {} partitions", topic.partitions());
            found.add(Finding::new(subject, is, "3 replicas of each partition").fix(format!(
                "kafka-reassign-partitions.sh --bootstrap-server HOST:PORT --reassignment-json-file {}.json --execute",
                topic.name
            )));
        }
    }
    Ok(())
}

fn min_isr_equals_replicas(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let replication = node.replication()?;
    let partitions = &replication.cluster.partitions;
    let mut unknown = 0;
    for (index, topic) in partitions.topics().iter().enumerate() {
        if topic_owner(replication.cluster, index) != Some(replication.id) {
            continue;
        }
        let Some(min_isr) = replication.configured_min_isr(index) else {
            unknown += 1;
            continue;
        };
        let factors = partitions.of_topic(index).map(|found| replication.judge(&found).replication_factor);
        // With one replica the fault is the one replica: topic-rf-low says so.
        if let Some(factor) = factors.min().filter(|factor| *factor > 1 && usize::try_from(min_isr) == Ok(*factor)) {
            let is = |min_isr| format!("min.insync.replicas {min_isr} for {factor} replicas");
            let subject = Subject::Topic(topic.name.to_string());
            let fix = format!(
                "kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type topics --entity-name {} \
                 --add-config min.insync.replicas={}",
                topic.name,
                factor - 1
            );
            found.add(Finding::new(subject, is(factor), is(factor - 1)).fix(fix));
        }
    }
    match unknown {
        0 => Ok(()),
        topics => Err(Unknown::new(format!("The effective min.insync.replicas of {topics} topics is not known."))),
    }
}

fn last_copy(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let replication = node.replication()?;
    for partition in replication.led() {
        let judged = replication.judge(&partition);
        if !judged.sole_isr {
            continue;
        }
        let missing: Vec<String> = partition.missing().map(|id| id.to_string()).collect();
        let (missing, id) = (missing.join(", "), replication.id);
        let subject = Subject::Partition(partition.topic.name.to_string(), partition.row.partition);
        let is = format!("broker {id} alone in sync; missing: {missing}");
        let should = format!("{} replicas in sync", judged.replication_factor);
        let fix = format!("Bring back broker {missing}; do not restart broker {id}.");
        found.add(Finding::new(subject, is, should).fix(fix));
    }
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    use crate::testing::partition;
    &[
        Example::made("topic-rf-low", "topic t", |set| set.topic("t", &[partition(1, &[1], &[1])], Some(1))),
        Example::made("minisr-eq-rf", "topic t", |set| set.topic("t", &[partition(1, &[1, 2], &[1, 2])], Some(2))),
        Example::made("partition-last-copy", "partition t-0", |set| {
            set.topic("t", &[partition(1, &[1, 2, 3], &[1])], Some(1));
        }),
    ]
};
