//! min.insync.replicas as large as the replication factor.

use super::{Check, Finding, Severity, Subject, Verdict, no_partitions};
use crate::derive::View;
use crate::derive::replication::topic_owner;

pub(super) static CHECK: Check = Check {
    id: "minisr-eq-rf",
    severity: Severity::Critical,
    summary: "min.insync.replicas of a topic equals its replication factor.",
    why: "When any one replica is away, as in every restart, the topic refuses writes with acks=all; and since Kafka 3.7 \
          consumers do not see new messages of other producers either.",
    fix: "Set min.insync.replicas one below the replication factor, or raise the replication factor.",
    references: &["https://kafka.apache.org/documentation/#topicconfigs_min.insync.replicas", "KIP-966"],
    needs: "Metadata with Describe, and DescribeConfigs, on the topics",
    run,
};

fn run(view: &View<'_>) -> Verdict {
    let Some(replication) = &view.replication else { return no_partitions(view) };
    let partitions = &replication.cluster.partitions;
    let (mut findings, mut unknown) = (Vec::new(), 0);
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
            findings.push(Finding {
                subject: Subject::Topic(topic.name.to_string()),
                expected: format!("min.insync.replicas {} for {factor} replicas", factor - 1),
                found: format!("min.insync.replicas {min_isr} for {factor} replicas"),
                fix: format!(
                    "kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type topics --entity-name {} \
                     --add-config min.insync.replicas={}",
                    topic.name,
                    factor - 1
                ),
            });
        }
    }
    if unknown > 0 && findings.is_empty() {
        return Verdict::NotEvaluated(format!("The effective min.insync.replicas of {unknown} topics is not known."));
    }
    Verdict::Findings(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Sample, partition};

    fn verdict(sample: Sample) -> Verdict {
        run(&View::new(&sample.node(), Sample::NOW))
    }

    #[test]
    fn equal_is_found_and_unknown_is_no_pass() {
        let sample = || Sample::broker(1).topic("t", &[partition(1, &[1, 2, 3], &[1, 2, 3])]);
        let Verdict::Findings(findings) = verdict(sample().min_isr("t", 3)) else { panic!("not evaluated") };
        assert_eq!(findings[0].found, "min.insync.replicas 3 for 3 replicas");
        assert!(matches!(verdict(sample()), Verdict::NotEvaluated(_)));
    }
}
