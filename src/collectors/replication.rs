//! Counts of partitions by the state of their replication, and who is missing.
//!
//! What each word means is in `derive/replication.rs`. Counts that need `min.insync.replicas` are absent while a led
//! topic's effective value is unknown: a count over the rest would look like an answer.

use std::collections::BTreeMap;

use super::{Collector, Options, Seen};
use crate::derive::View;
use crate::derive::broker::BrokerState;
use crate::derive::replication::Replication;
use crate::exposition::{Metric, Samples, Scope};
use crate::limits::{NAMED_PARTITIONS, NAMED_PARTITIONS_MAX};
use crate::snapshot::Ledger;
use crate::sources::{CONFIGS, METADATA_SOURCE, REASSIGNMENTS};

pub(super) static COLLECTOR: Collector = Collector {
    name: "replication",
    about: "counts of partitions by the state of their replication; leaderless partitions; reassignments; changes",
    sources: &[&METADATA_SOURCE, &CONFIGS, &REASSIGNMENTS],
    families: &[
        &LEADER.family,
        &REPLICAS.family,
        &UNDER_REPLICATED.family,
        &SINGLE_REPLICA.family,
        &SOLE_ISR.family,
        &NOT_PREFERRED.family,
        &UNDER_MIN_ISR.family,
        &AT_MIN_ISR.family,
        &MISSING.family,
        &LEADERLESS.family,
        &LEADERLESS_PARTITION.family,
        &REASSIGNING.family,
        &ISR_SHRINKS.family,
        &ISR_EXPANDS.family,
        &GAINED.family,
        &LOST.family,
        &UNCLEAN.family,
    ],
    collect,
};

static LEADER: Metric<0> =
    Metric::gauge("kafka_broker_leader_partitions", Scope::Broker, &[], "Partitions that this broker leads.");
static REPLICAS: Metric<0> =
    Metric::gauge("kafka_broker_replicas", Scope::Broker, &[], "Replicas that this broker hosts, led ones included.");
static UNDER_REPLICATED: Metric<0> = Metric::gauge(
    "kafka_broker_under_replicated_partitions",
    Scope::Broker,
    &[],
    "Partitions led here with fewer replicas in sync than there should be, as Kafka counts it.",
);
static SINGLE_REPLICA: Metric<0> = Metric::gauge(
    "kafka_broker_single_replica_partitions",
    Scope::Broker,
    &[],
    "Partitions led here that have one replica only.",
);
static SOLE_ISR: Metric<0> = Metric::gauge(
    "kafka_broker_sole_isr_partitions",
    Scope::Broker,
    &[],
    "Partitions led here, of several replicas, whose last in-sync copy is on this broker; with eligible leader replicas \
     (KIP-966) only when none of those is left.",
);
static NOT_PREFERRED: Metric<0> = Metric::gauge(
    "kafka_broker_not_preferred_leader_partitions",
    Scope::Broker,
    &[],
    "Partitions led here whose preferred leader is another broker.",
);
static UNDER_MIN_ISR: Metric<0> = Metric::gauge(
    "kafka_broker_under_min_isr_partitions",
    Scope::Broker,
    &[],
    "Partitions led here with fewer replicas in sync than the effective min.insync.replicas: writes with acks=all are \
     refused. Absent while that setting is not known.",
);
static AT_MIN_ISR: Metric<0> = Metric::gauge(
    "kafka_broker_at_min_isr_partitions",
    Scope::Broker,
    &[],
    "Partitions led here with exactly min.insync.replicas in sync and more replicas than that: one more failure refuses \
     writes. Absent while that setting is not known.",
);
static MISSING: Metric<1> = Metric::gauge(
    "kafka_broker_isr_missing_partitions",
    Scope::Broker,
    &["peer"],
    "Partitions led here from whose in-sync set this peer, a replica, is missing.",
);
static LEADERLESS: Metric<0> = Metric::gauge(
    "kafka_cluster_leaderless_partitions",
    Scope::ClusterMax,
    &[],
    "Partitions of the cluster without a leader: neither written nor read.",
);
static LEADERLESS_PARTITION: Metric<2> = Metric::gauge(
    "kafka_partition_leaderless",
    Scope::ClusterMax,
    &["topic", "partition"],
    "1 for a partition without a leader; the first hundred are named.",
);
static REASSIGNING: Metric<0> = Metric::gauge(
    "kafka_cluster_reassigning_partitions",
    Scope::ClusterMax,
    &[],
    "Partitions of the cluster under reassignment; from the live broker of the lowest id only.",
);
static ISR_SHRINKS: Metric<0> = Metric::counter(
    "kafka_broker_isr_shrinks_total",
    Scope::Broker,
    &[],
    "In-sync sets of partitions led here seen to lose a member.",
);
static ISR_EXPANDS: Metric<0> = Metric::counter(
    "kafka_broker_isr_expands_total",
    Scope::Broker,
    &[],
    "In-sync sets of partitions led here seen to gain a member.",
);
static GAINED: Metric<0> = Metric::counter(
    "kafka_broker_leaderships_gained_total",
    Scope::Broker,
    &[],
    "Partitions whose leadership was seen to come to this broker.",
);
static LOST: Metric<0> = Metric::counter(
    "kafka_broker_leaderships_lost_total",
    Scope::Broker,
    &[],
    "Partitions whose leadership was seen to leave this broker.",
);
static UNCLEAN: Metric<0> = Metric::counter(
    "kafka_cluster_unclean_elections_total",
    Scope::ClusterMax,
    &[],
    "Partitions of the cluster without a leader that were seen to be given to a broker although it was not in their in-sync sets: \
     what it lacked is lost. Only elections that cannot have been anything else.",
);

fn collect(Seen { view, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    if let Some(replication) = &view.replication {
        counts(view, replication, samples);
    }
    if view.state == BrokerState::Up {
        cluster(view, samples);
    }
    // Counters stay while the broker is away: a counter that vanishes and comes back looks like a restart of ours.
    let hidden = view.state == BrokerState::Up && view.replication.is_none();
    if view.node.cluster.last.is_some() && !hidden {
        let Ledger { isr_shrinks, isr_expands, leaderships_gained, leaderships_lost, unclean_elections } =
            view.node.ledger;
        samples.push(&ISR_SHRINKS, [], isr_shrinks);
        samples.push(&ISR_EXPANDS, [], isr_expands);
        samples.push(&GAINED, [], leaderships_gained);
        samples.push(&LOST, [], leaderships_lost);
        samples.push(&UNCLEAN, [], unclean_elections);
    }
}

#[derive(Default)]
struct Counts {
    led: u64,
    under_replicated: u64,
    single: u64,
    sole: u64,
    not_preferred: u64,
    /// Absent as soon as one led partition's min ISR is unknown.
    min_isr: Option<(u64, u64)>,
}

fn counts(view: &View<'_>, replication: &Replication<'_>, samples: &mut Samples) {
    let mut counts = Counts { min_isr: Some((0, 0)), ..Counts::default() };
    for found in replication.led() {
        let judged = replication.judge(&found);
        counts.led += 1;
        counts.under_replicated += u64::from(judged.under_replicated);
        counts.single += u64::from(judged.replication_factor == 1);
        counts.sole += u64::from(judged.sole_isr);
        counts.not_preferred += u64::from(found.preferred() != found.leader());
        counts.min_isr = counts.min_isr.and_then(|(under, at)| {
            let under = under + u64::from(judged.under_min_isr()?);
            Some((under, at + u64::from(judged.at_min_isr()?)))
        });
    }
    samples.push(&LEADER, [], counts.led);
    samples.push(&REPLICAS, [], replication.hosted());
    samples.push(&UNDER_REPLICATED, [], counts.under_replicated);
    samples.push(&SINGLE_REPLICA, [], counts.single);
    samples.push(&SOLE_ISR, [], counts.sole);
    samples.push(&NOT_PREFERRED, [], counts.not_preferred);
    if let Some((under, at)) = counts.min_isr {
        samples.push(&UNDER_MIN_ISR, [], under);
        samples.push(&AT_MIN_ISR, [], at);
    }
    // Every live peer has its series, so that an alert on one resolves when it is back.
    let live = view.node.cluster.fresh(view.now).map_or(&[][..], |cluster| &cluster.brokers);
    let live = live.iter().map(|broker| (broker.id, 0)).filter(|(id, _)| *id != replication.id);
    let mut peers: BTreeMap<i32, u64> = live.collect();
    peers.extend(replication.missing_peers());
    for (peer, count) in peers {
        samples.push(&MISSING, [&peer.to_string()], count);
    }
}

fn cluster(view: &View<'_>, samples: &mut Samples) {
    // Not while every topic is hidden from us: none without a leader among none is no answer.
    if let Some(cluster) = view.replication.as_ref().map(|replication| replication.cluster) {
        let leaderless = || cluster.partitions.iter().filter(|found| found.leader().is_none());
        let count = leaderless().count();
        samples.push(&LEADERLESS, [], count);
        if count > NAMED_PARTITIONS_MAX {
            samples.limit_hit(NAMED_PARTITIONS);
        }
        for found in leaderless().take(NAMED_PARTITIONS_MAX) {
            samples.push(&LEADERLESS_PARTITION, [&found.topic.name, &found.row.partition.to_string()], 1);
        }
    }
    if let Some(reassignments) = view.node.reassignments.fresh(view.now).filter(|seen| seen.whole_cluster) {
        samples.push(&REASSIGNING, [], reassignments.partitions.len());
    }
}
