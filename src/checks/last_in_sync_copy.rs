//! The last in-sync copy of a partition.

use super::{Check, Finding, Severity, Subject, Verdict, no_partitions};
use crate::derive::View;

pub(super) static CHECK: Check = Check {
    id: "partition-last-copy",
    severity: Severity::Critical,
    summary: "A partition of several replicas is down to its last in-sync copy.",
    why: "When this broker or its drive fails now, what was acknowledged is lost, or the partition stays offline until \
          this broker is back. Restarting it makes the partition unavailable.",
    fix: "Do not restart this broker. Bring the missing replicas back and wait until they are in sync.",
    references: &["https://kafka.apache.org/documentation/#design_replicatedlog", "KIP-966"],
    needs: "Metadata with Describe on the topics",
    run,
};

fn run(view: &View<'_>) -> Verdict {
    let Some(replication) = &view.replication else { return no_partitions(view) };
    let last = replication.led().filter_map(|found| {
        let judged = replication.judge(&found);
        judged.sole_isr.then(|| {
            let missing: Vec<String> = found.missing().map(|id| id.to_string()).collect();
            Finding {
                subject: Subject::Partition(found.topic.name.to_string(), found.row.partition),
                expected: format!("{} replicas in sync", judged.replication_factor),
                found: format!("broker {} alone in sync; missing: {}", replication.id, missing.join(", ")),
                fix: format!("Bring back broker {}; do not restart broker {}.", missing.join(", "), replication.id),
            }
        })
    });
    Verdict::Findings(last.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Sample, partition};

    #[test]
    fn the_last_copy_names_who_is_missing() {
        let node = Sample::broker(1).topic("t", &[partition(1, &[1, 2, 3], &[1])]).node();
        let Verdict::Findings(findings) = run(&View::new(&node, Sample::NOW)) else { panic!("not evaluated") };
        assert_eq!(findings[0].found, "broker 1 alone in sync; missing: 2, 3");
    }
}
