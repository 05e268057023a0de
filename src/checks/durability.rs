//! Settings of brokers and controllers that decide whether acknowledged data survives a failure.

use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Unknown};
use super::compare::each;
use super::drift_dynamic::lowered;
use crate::derive::fleet::{Fleet, On};

const REPLICATION_FACTOR: &str = "default.replication.factor";
const MIN_ISR: &str = "min.insync.replicas";
const UNCLEAN: &str = "unclean.leader.election.enable";
const FILE_OR_RUNNING: &str = "the node's file or DescribeConfigs";
/// Replicas that survive the loss of one while another is down for maintenance.
const REPLICAS_WANTED: i64 = 3;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "unclean-election-broker",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Unclean leader election is switched on for every topic.",
        why: "When all in-sync replicas are away, Kafka makes a replica that missed writes the leader: what was \
              acknowledged since is discarded, in silence.",
        fix: "Remove unclean.leader.election.enable, or set it to false, on every broker and controller; set it to true \
              on single topics that prefer availability.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_unclean.leader.election.enable"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Nodes, |node, found| {
            if node.flag(UNCLEAN)? {
                found.add(Finding::new(node.subject(UNCLEAN), node.says(UNCLEAN), "false"));
            }
            Ok(())
        }),
    },
    Check {
        id: "rf-default-low",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Topics that are created without a replication factor get too few copies.",
        why: "default.replication.factor is 1 unless it is set. A topic that an application creates by using it, or that \
              Streams or Connect create, then has one copy: one dead drive loses it.",
        fix: "Set default.replication.factor=3 on every broker and controller; raise existing topics with \
              kafka-reassign-partitions.sh.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_default.replication.factor"],
        needs: FILE_OR_RUNNING,
        run: Run::Together(On::Brokers, |fleet, found| {
            each(fleet.on(On::Brokers), |node| {
                let factor = node.number(REPLICATION_FACTOR)?;
                let wanted = REPLICAS_WANTED.min(brokers(fleet).unwrap_or(REPLICAS_WANTED));
                if factor < wanted {
                    // Two copies lose nothing at once; they leave none to spare.
                    let severity = if factor > 1 { Severity::Warning } else { Severity::Critical };
                    let finding = Finding::new(node.subject(REPLICATION_FACTOR), node.says(REPLICATION_FACTOR), wanted.to_string());
                    found.add(finding.fix(format!("{REPLICATION_FACTOR}={wanted}")).severity(severity));
                }
                Ok(())
            })
        }),
    },
    Check {
        id: "rf-default-gt-brokers",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "Topics are to have more copies than there are brokers.",
        why: "Creating a topic without an explicit replication factor fails.",
        fix: "Lower default.replication.factor to the number of brokers, or add brokers.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_default.replication.factor"],
        needs: "all brokers' files, or DescribeConfigs and Metadata",
        run: Run::Together(On::Nodes, |fleet, found| {
            let Some(brokers) = brokers(fleet) else { return Err(number_of_brokers_unknown()) };
            each(fleet.on(On::Nodes), |node| {
                if node.number(REPLICATION_FACTOR)? > brokers {
                    let should = format!("at most {brokers}, the number of brokers");
                    found.add(Finding::new(node.subject(REPLICATION_FACTOR), node.says(REPLICATION_FACTOR), should));
                }
                Ok(())
            })
        }),
    },
    Check {
        id: "rf-controller-defaults-missing",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A controller lacks the defaults for new topics that the brokers have.",
        why: "In KRaft the controller's file decides for topics that are created without a replication factor or a number \
              of partitions (and by Streams), and what min.insync.replicas a new cluster begins with; the brokers' files \
              count for topics that are created by use only.",
        fix: "Copy default.replication.factor, num.partitions and min.insync.replicas from the brokers' files to the \
              controllers'.",
        references: &[
            "kafka.server.ControllerServer (setDefaultReplicationFactor, setDefaultNumPartitions)",
            "https://kafka.apache.org/documentation/#brokerconfigs_default.replication.factor",
        ],
        needs: "the files of brokers and controllers",
        run: Run::Together(On::Nodes, controller_defaults),
    },
    Check {
        id: "minisr-default-low",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "One copy is enough for a write to be acknowledged.",
        why: "With min.insync.replicas at 1, its default, acks=all is answered as soon as the leader alone has the data: \
              when the other replicas are behind, or just restarting, its drive holds the only copy of what was acknowledged.",
        fix: "Set min.insync.replicas=2 on every broker and controller; on a cluster with eligible leader replicas (4.1 \
              and later) set it cluster-wide: kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type brokers \
              --entity-default --add-config min.insync.replicas=2",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_min.insync.replicas", "KIP-966"],
        needs: FILE_OR_RUNNING,
        run: Run::Together(On::Brokers, |fleet, found| {
            each(fleet.on(On::Brokers), |node| {
                let alone = brokers(fleet).is_some_and(|brokers| brokers < 3);
                // Whom the cluster-wide value lowered is minisr-broker-level-with-elr's to tell.
                if !alone && node.number(MIN_ISR)? < 2 && lowered(node).is_none() {
                    found.add(Finding::new(node.subject(MIN_ISR), node.says(MIN_ISR), "2"));
                }
                Ok(())
            })
        }),
    },
    Check {
        id: "minisr-default-vs-rf",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "New topics need every one of their replicas for a write, or more than they have.",
        why: "With min.insync.replicas at the replication factor a restart of any broker stops writes with acks=all. \
              Above it, Kafka before 3.7 refuses all of them, and later releases lower it in silence.",
        fix: "Keep min.insync.replicas one below default.replication.factor: 2 and 3.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_min.insync.replicas", "KAFKA-15583"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            let (min_isr, factor) = (node.number(MIN_ISR)?, node.number(REPLICATION_FACTOR)?);
            // With one replica the fault is the one replica: rf-default-low says so.
            if (factor > 1 && min_isr >= factor) || (factor == 1 && min_isr > 1) {
                let culprit = node.culprit(MIN_ISR, REPLICATION_FACTOR);
                let should = format!("{MIN_ISR} below {REPLICATION_FACTOR}");
                found.add(Finding::new(node.subject(culprit), node.both(MIN_ISR, REPLICATION_FACTOR), should));
            }
            Ok(())
        }),
    },
    Check {
        id: "autocreate-enabled",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "A misspelt name creates a topic.",
        why: "auto.create.topics.enable is true unless it is set: any client that asks for a topic that is not there \
              creates it, with the defaults, and nobody notices that the data goes astray.",
        fix: "Set auto.create.topics.enable=false on every broker.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_auto.create.topics.enable"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            const KEY: &str = "auto.create.topics.enable";
            if node.flag(KEY)? {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "false").fix(format!("{KEY}=false")));
            }
            Ok(())
        }),
    },
    Check {
        id: "leader-rebalance-off",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "Leaderships do not go back after a restart.",
        why: "After each rolling restart the broker that was restarted last leads next to nothing, the others lead its \
              share too, until somebody runs kafka-leader-election.sh.",
        fix: "Remove auto.leader.rebalance.enable (the default is true) on brokers and controllers.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_auto.leader.rebalance.enable"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Nodes, |node, found| {
            const KEY: &str = "auto.leader.rebalance.enable";
            if !node.flag(KEY)? {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "true"));
            }
            Ok(())
        }),
    },
    Check {
        id: "flush-forced",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "The log is flushed to the drive more often than Kafka advises.",
        why: "Kafka relies on replicas, and lets the kernel write back. Forced flushes stall the partition on a slow drive, \
              and do not replace a second copy.",
        fix: "Remove log.flush.interval.messages and log.flush.interval.ms.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_log.flush.interval.messages", "https://kafka.apache.org/documentation/#appvsosflush"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            for (key, usual) in [("log.flush.interval.messages", 1_000_000), ("log.flush.interval.ms", 60_000)] {
                let set = node.text(key)?;
                if !set.is_empty() && node.number(key)? < usual {
                    found.add(Finding::new(node.subject(key), node.says(key), "unset"));
                }
            }
            Ok(())
        }),
    },
    Check {
        id: "fetchers-none",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A broker that fetches nothing from leaders.",
        why: "Without a replica fetcher its replicas never follow: every partition with one here stays under-replicated.",
        fix: "Remove num.replica.fetchers; the default is 1.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_num.replica.fetchers"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            const KEY: &str = "num.replica.fetchers";
            if node.number(KEY)? < 1 {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "1 or more"));
            }
            Ok(())
        }),
    },
];

/// The number of brokers of the cluster; absent when one file is all that was looked at.
fn brokers(fleet: &Fleet<'_>) -> Option<i64> {
    i64::try_from(fleet.brokers()?).ok()
}

fn number_of_brokers_unknown() -> Unknown {
    Unknown::new("How many brokers there are is not known: give all brokers' files, or --kafka.server=HOST:PORT.")
}

fn controller_defaults(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let apart = || fleet.on(On::Controllers).filter(|node| !node.is(On::Brokers));
    let Some(broker) = fleet.on(On::Brokers).find(|node| node.file().is_ok()) else {
        return Err(Unknown::new("It compares controllers with brokers, and no broker's file was looked at."));
    };
    if apart().next().is_none() {
        // Combined nodes have one file for both.
        let combined = fleet.on(On::Controllers).next().is_some();
        let why = "It compares controllers with brokers, and no controller's file was looked at.";
        return if combined { Ok(()) } else { Err(Unknown::new(why)) };
    }
    let mut unknown = None;
    for key in [REPLICATION_FACTOR, MIN_ISR, "num.partitions"] {
        let wanted = broker.settings.written(key)?;
        for controller in apart() {
            match controller.settings.written(key) {
                Ok(has) if has.value != wanted.value => {
                    let should = format!("{key}={}, as in {}", wanted.value, broker.origin);
                    let fix = format!("{key}={}", wanted.value);
                    let is = format!("{key}={}{}", has.value, has.from.remark());
                    let severity = if key == "num.partitions" { Severity::Warning } else { Severity::Critical };
                    found.add(Finding::new(controller.subject(key), is, should).fix(fix).severity(severity));
                }
                Ok(_) => {}
                Err(why) => unknown = Some(why),
            }
        }
    }
    unknown.map_or(Ok(()), Err)
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    &[
        Example::broker("unclean-election-broker", "unclean.leader.election.enable=true"),
        Example::controller("unclean-election-broker", "unclean.leader.election.enable=TRUE"),
        Example::made("rf-default-low", "default.replication.factor", |set| set.remove("broker-2", REPLICATION_FACTOR))
            .also(&["minisr-default-vs-rf"]),
        Example::broker("rf-default-low", "default.replication.factor=2").also(&["minisr-default-vs-rf"]),
        Example::broker("rf-default-gt-brokers", "default.replication.factor=5"),
        Example::controller("rf-controller-defaults-missing", "default.replication.factor=1"),
        Example::made("rf-controller-defaults-missing", "controller-3", |set| set.remove("controller-3", MIN_ISR)),
        Example::made("minisr-default-low", "min.insync.replicas", |set| set.remove("broker-2", MIN_ISR)),
        Example::broker("minisr-default-vs-rf", "min.insync.replicas=3"),
        Example::broker("minisr-default-vs-rf", "min.insync.replicas=4"),
        Example::made("autocreate-enabled", "auto.create.topics.enable", |set| {
            set.remove("broker-2", "auto.create.topics.enable");
        }),
        Example::broker("leader-rebalance-off", "auto.leader.rebalance.enable=false"),
        Example::broker("flush-forced", "log.flush.interval.messages=1"),
        Example::broker("flush-forced", "log.flush.interval.ms=1000"),
        Example::broker("fetchers-none", "num.replica.fetchers=0"),
    ]
};
