//! The state of partitions: under-replicated, under and at min ISR, last copy, without a leader.
//!
//! References: Kafka's `Partition.isUnderReplicated`, `isUnderMinIsr`, `isAtMinIsr`; KIP-966 (eligible leader replicas).

use std::collections::BTreeMap;

use super::broker::BrokerState;
use crate::snapshot::{Cluster, Configs, NodeView, Partition, Reassignments, Release, TopicEntry, UnixMs};

/// Since 3.7 a `min.insync.replicas` above the replication factor counts as the replication factor (KAFKA-15583).
const MIN_ISR_CAPPED_SINCE: Release = Release(3, 7);

/// What is known of partitions, and whose they are.
#[derive(Clone, Debug)]
pub struct Replication<'a> {
    /// All partitions.
    pub cluster: &'a Cluster,
    /// The broker that answered.
    pub id: i32,
    /// Effective `min.insync.replicas` by topic, in the order of the topics: looked up once for all partitions.
    min_isr: Vec<Option<i32>>,
    /// What brokers told of topics, this one first.
    configs: Vec<&'a Configs>,
    reassignments: Option<&'a Reassignments>,
    min_isr_capped: bool,
}

/// One partition led by the broker, judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Replicas that should exist: those being added do not count.
    pub replication_factor: usize,
    /// Members of the in-sync set.
    pub isr: usize,
    /// Effective `min.insync.replicas` as Kafka applies it; absent when it was not told.
    pub min_isr: Option<usize>,
    /// Fewer in sync than replicas, as Kafka counts it.
    pub under_replicated: bool,
    /// One in sync, and no other replica from which Kafka could elect without loss.
    pub sole_isr: bool,
}

impl Judged {
    /// Whether writes with acks=all are refused; absent when min ISR is not known.
    #[must_use]
    pub fn under_min_isr(&self) -> Option<bool> {
        Some(self.isr < self.min_isr?)
    }

    /// Whether one more failure refuses them; absent when min ISR is not known.
    #[must_use]
    pub fn at_min_isr(&self) -> Option<bool> {
        let min_isr = self.min_isr?;
        Some(self.isr == min_isr && min_isr < self.replication_factor)
    }
}

impl<'a> Replication<'a> {
    /// What is fresh in `node`. Absent while the broker does not answer: then it leads nothing that we could vouch for.
    /// Absent too when Metadata names no replica of this broker and its disks hold some: Kafka leaves out, in silence,
    /// the topics that a principal may not describe, and all of them left out is not zero.
    pub(super) fn of(node: &'a NodeView, now: UnixMs, id: Option<i32>, state: BrokerState) -> Option<Self> {
        if state != BrokerState::Up {
            return None;
        }
        let release = node.liveness.fresh(now)?.release();
        let cluster = node.cluster.fresh(now)?;
        let id = id?;
        let names_ours = || cluster.partitions.iter().any(|found| found.replicas.contains(&id));
        if on_disk(node, now).is_some_and(|replicas| replicas > 0) && !names_ours() {
            return None;
        }
        let configs = node.configs.fresh(now);
        let min_isr = |topic: &TopicEntry| configs?.min_insync_replicas(&topic.name);
        Some(Self {
            cluster,
            id,
            min_isr: cluster.partitions.topics().iter().map(min_isr).collect(),
            configs: configs.into_iter().collect(),
            reassignments: node.reassignments.fresh(now),
            // A release newer than the table names none; one older than 3.3 does neither, and is past its support.
            min_isr_capped: release.is_none_or(|release| release >= MIN_ISR_CAPPED_SINCE),
        })
    }

    /// The partitions that the broker leads.
    pub fn led(&self) -> impl Iterator<Item = Partition<'a>> + use<'a> {
        let id = self.id;
        self.cluster.partitions.iter().filter(move |found| found.leader() == Some(id))
    }

    /// Number of replicas that the broker hosts.
    #[must_use]
    pub fn hosted(&self) -> usize {
        hosted(self.cluster, self.id)
    }

    /// Judges one partition.
    #[must_use]
    pub fn judge(&self, found: &Partition<'_>) -> Judged {
        let adding = self.adding(found);
        let replication_factor = found.replicas.iter().filter(|id| !adding.contains(id)).count();
        let isr = found.isr.len();
        let min_isr = self.configured_min_isr(found.topic_index).map(|min_isr| {
            let min_isr = usize::try_from(min_isr).unwrap_or_default();
            if self.min_isr_capped { min_isr.min(replication_factor) } else { min_isr }
        });
        let sole_isr = isr == 1 && replication_factor > 1 && found.eligible_outside_isr().unwrap_or(0) == 0;
        Judged { replication_factor, isr, min_isr, under_replicated: isr < replication_factor, sole_isr }
    }

    /// Peers missing from the in-sync sets of partitions led here: how many of them each peer is missing from. Every
    /// peer that should follow one is named, with 0 when it follows all.
    #[must_use]
    pub fn missing_peers(&self) -> BTreeMap<i32, u64> {
        let mut peers = BTreeMap::new();
        for found in self.led() {
            let adding = self.adding(&found);
            for peer in found.replicas.iter().filter(|peer| **peer != self.id && !adding.contains(peer)) {
                *peers.entry(*peer).or_default() += u64::from(!found.isr.contains(peer));
            }
        }
        peers
    }

    /// The effective min ISR of the topic at `index`, not capped; absent when it was not told.
    #[must_use]
    pub fn configured_min_isr(&self, index: usize) -> Option<i32> {
        self.min_isr.get(index).copied().flatten()
    }

    /// Takes in what another broker tells of topics. Of two values of `min.insync.replicas` the stricter counts: who leads
    /// after a change applies its own.
    pub fn learn(&mut self, configs: &'a Configs) {
        for (topic, known) in self.cluster.partitions.topics().iter().zip(&mut self.min_isr) {
            *known = (*known).max(configs.min_insync_replicas(&topic.name));
        }
        self.configs.push(configs);
    }

    /// Whether a replica out of sync may be elected leader of `topic`; absent when nobody told. One that says yes counts.
    #[must_use]
    pub fn unclean_leader_election(&self, topic: &str) -> Option<bool> {
        self.configs.iter().filter_map(|configs| configs.unclean_leader_election(topic)).max()
    }

    /// Whether a broker is alive in the eyes of the one that answered.
    #[must_use]
    pub fn is_alive(&self, id: i32) -> bool {
        self.cluster.brokers.binary_search_by_key(&id, |broker| broker.id).is_ok()
    }

    fn adding(&self, found: &Partition<'_>) -> &'a [i32] {
        self.reassignments.map_or(&[], |reassignments| reassignments.adding(&found.topic.name, found.row.partition))
    }
}

/// Replicas on this broker's disks that Metadata did not name: of topics that our principal may not describe, or that
/// were made since the last look. Absent when either was not seen.
#[must_use]
pub fn unseen(node: &NodeView, now: UnixMs, id: i32) -> Option<usize> {
    Some(on_disk(node, now)?.saturating_sub(hosted(node.cluster.fresh(now)?, id)))
}

fn hosted(cluster: &Cluster, id: i32) -> usize {
    cluster.partitions.iter().filter(|found| found.replicas.contains(&id)).count()
}

/// Replicas on disk; absent when one of the directories could not be looked at.
#[must_use]
pub fn on_disk(node: &NodeView, now: UnixMs) -> Option<usize> {
    node.files.fresh(now)?.dirs.values().map(|dir| dir.as_ref().ok()?.replicas).sum()
}

/// The broker that reports a topic's own series: the leader of its lowest partition that has one.
#[must_use]
pub fn topic_owner(cluster: &Cluster, topic_index: usize) -> Option<i32> {
    cluster.partitions.of_topic(topic_index).find_map(|found| found.leader())
}

#[cfg(test)]
mod tests {
    use super::super::View;
    use super::*;
    use crate::testing::{Sample, partition};

    fn judged(sample: Sample) -> Judged {
        let node = sample.node();
        let view = View::new(&node, Sample::NOW);
        let replication = view.replication.unwrap();
        replication.judge(&replication.led().next().unwrap())
    }

    #[test]
    fn a_healthy_partition_is_nothing_of_all_this() {
        let judged = judged(Sample::broker(1).topic("t", &[partition(1, &[1, 2, 3], &[1, 2, 3])]).min_isr("t", 2));
        assert!(!judged.under_replicated && !judged.sole_isr);
        assert_eq!((judged.under_min_isr(), judged.at_min_isr()), (Some(false), Some(false)));
    }

    #[test]
    fn at_and_under_min_isr_follow_the_effective_value_and_are_unknown_without_it() {
        let sample = || Sample::broker(1).topic("t", &[partition(1, &[1, 2, 3], &[1, 2])]);
        let at = judged(sample().min_isr("t", 2));
        assert_eq!((at.under_min_isr(), at.at_min_isr()), (Some(false), Some(true)));
        let under = judged(sample().min_isr("t", 3));
        assert_eq!((under.under_min_isr(), under.at_min_isr()), (Some(true), Some(false)));
        let unknown = judged(sample());
        assert_eq!((unknown.under_min_isr(), unknown.at_min_isr()), (None, None));
    }

    #[test]
    fn min_isr_above_the_replicas_is_capped_since_3_7_only() {
        let sample = || Sample::broker(1).topic("t", &[partition(1, &[1], &[1])]).min_isr("t", 2);
        assert_eq!(judged(sample()).under_min_isr(), Some(false));
        assert_eq!(judged(sample().release_level(14)).under_min_isr(), Some(true));
    }

    #[test]
    fn replicas_being_added_do_not_count_as_missing() {
        let sample = Sample::broker(1).topic("t", &[partition(1, &[1, 2, 4], &[1, 2])]).adding("t", 0, &[4]);
        assert!(!judged(sample).under_replicated);
    }

    #[test]
    fn an_isr_outside_the_replicas_does_not_break_the_counts() {
        let judged = judged(Sample::broker(1).topic("t", &[partition(1, &[1, 2], &[1, 2, 9])]));
        assert!(!judged.under_replicated);
    }

    #[test]
    fn the_last_copy_is_not_the_last_while_another_replica_is_eligible() {
        let sample = || Sample::broker(1).topic("t", &[partition(1, &[1, 2, 3], &[1])]);
        assert!(judged(sample()).sole_isr);
        assert!(!judged(sample().eligible("t", 0, &[2])).sole_isr);
        assert!(!judged(Sample::broker(1).topic("t", &[partition(1, &[1], &[1])])).sole_isr);
    }

    #[test]
    fn topics_that_are_all_hidden_are_not_zero_topics() {
        fn view(node: &NodeView) -> bool {
            View::new(node, Sample::NOW).replication.is_some()
        }
        assert!(!view(&Sample::broker(1).on_disk(3).node()), "nothing named, three on disk");
        assert!(view(&Sample::broker(1).on_disk(0).node()), "nothing named, nothing on disk");
        let partly = Sample::broker(1).topic("t", &[partition(1, &[1], &[1])]).on_disk(3).node();
        assert!(view(&partly));
        assert_eq!(unseen(&partly, Sample::NOW, 1), Some(2));
    }

    #[test]
    fn a_broker_that_does_not_answer_leads_nothing() {
        let node = Sample::broker(1).topic("t", &[partition(1, &[1], &[1])]).hung().node();
        assert!(View::new(&node, Sample::NOW).replication.is_none());
    }
}
