//! A topic with one replica.

use super::{Check, Finding, Severity, Subject, Verdict, no_partitions};
use crate::derive::View;
use crate::derive::replication::topic_owner;

pub(super) static CHECK: Check = Check {
    id: "topic-rf-low",
    severity: Severity::Critical,
    summary: "A topic has partitions with one replica only.",
    why: "When the one broker or drive that holds the partition fails, the partition is offline, and what it held may be \
          lost: there is no copy. min.insync.replicas cannot help.",
    fix: "Raise the replication factor with kafka-reassign-partitions.sh, and create topics with three replicas \
          (default.replication.factor on brokers and on controllers).",
    references: &[
        "https://kafka.apache.org/documentation/#replication",
        "https://kafka.apache.org/documentation/#brokerconfigs_default.replication.factor",
    ],
    needs: "Metadata with Describe on the topics",
    run,
};

fn run(view: &View<'_>) -> Verdict {
    let Some(replication) = &view.replication else { return no_partitions(view) };
    let partitions = &replication.cluster.partitions;
    let mut findings = Vec::new();
    for (index, topic) in partitions.topics().iter().enumerate() {
        if topic_owner(replication.cluster, index) != Some(replication.id) {
            continue;
        }
        let single =
            partitions.of_topic(index).filter(|found| replication.judge(found).replication_factor == 1).count();
        if single > 0 {
            findings.push(Finding {
                subject: Subject::Topic(topic.name.to_string()),
                expected: "3 replicas of each partition".to_owned(),
                found: format!("1 replica of {single} of {} partitions", topic.partitions()),
                fix: format!(
                    "kafka-reassign-partitions.sh --bootstrap-server HOST:PORT --reassignment-json-file {}.json --execute",
                    topic.name
                ),
            });
        }
    }
    Verdict::Findings(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Sample, partition};

    #[test]
    fn one_finding_for_a_topic_of_which_one_partition_has_one_replica() {
        let node = Sample::broker(1).topic("t", &[partition(1, &[1, 2], &[1, 2]), partition(2, &[2], &[2])]).node();
        let Verdict::Findings(findings) = run(&View::new(&node, Sample::NOW)) else { panic!("not evaluated") };
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].found, "1 replica of 1 of 2 partitions");
    }
}
