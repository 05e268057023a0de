//! The controller quorum, from the node that asks it: the live broker of the lowest id, and controllers themselves.
//!
//! Reference: DescribeQuorum (KIP-595); the times are the active controller's clock.

use super::{Collector, Options, Seen};
use crate::derive::broker::BrokerState;
use crate::exposition::{Metric, Samples, Scope};
use crate::sources::QUORUM;

pub(super) static COLLECTOR: Collector = Collector {
    name: "quorum",
    about: "the controller quorum",
    sources: &[&QUORUM],
    families: &[
        &HAS_LEADER.family,
        &LEADER.family,
        &EPOCH.family,
        &HIGH_WATERMARK.family,
        &VOTERS.family,
        &OBSERVERS.family,
        &VOTER_INFO.family,
        &LOG_END.family,
        &CAUGHT_UP.family,
    ],
    collect,
};

static HAS_LEADER: Metric<0> = Metric::gauge(
    "kafka_quorum_has_leader",
    Scope::ClusterMin,
    &[],
    "1 while the quorum has an active controller, 0 while it has none; absent when it was not answered.",
);
static LEADER: Metric<0> =
    Metric::gauge("kafka_quorum_leader_id", Scope::ClusterMax, &[], "Id of the active controller.");
static EPOCH: Metric<0> = Metric::gauge(
    "kafka_quorum_leader_epoch",
    Scope::ClusterMax,
    &[],
    "Epoch of the active controller; grows with each election.",
);
static HIGH_WATERMARK: Metric<0> =
    Metric::gauge("kafka_quorum_high_watermark", Scope::ClusterMax, &[], "Committed end of the metadata log.");
static VOTERS: Metric<0> = Metric::gauge("kafka_quorum_voters", Scope::ClusterMin, &[], "Nodes that vote.");
static OBSERVERS: Metric<0> =
    Metric::gauge("kafka_quorum_observers", Scope::ClusterMin, &[], "Nodes that follow the metadata log.");
static VOTER_INFO: Metric<1> = Metric::info(
    "kafka_quorum_voter_info",
    Scope::ClusterMax,
    &["node_id"],
    "A node that votes; one that the active controller has not heard of has this series and no other.",
);
static LOG_END: Metric<2> = Metric::gauge(
    "kafka_quorum_log_end_offset",
    Scope::ClusterMin,
    &["node_id", "role"],
    "End of a node's copy of the metadata log, as the active controller knows it.",
);
static CAUGHT_UP: Metric<2> = Metric::gauge(
    "kafka_quorum_caught_up_timestamp_seconds",
    Scope::ClusterMin,
    &["node_id", "role"],
    "When a node was last caught up with the metadata log, as Unix time; absent when the controller does not know.",
);

fn collect(Seen { view, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    if view.state != BrokerState::Up {
        return;
    }
    let Some(quorum) = view.node.quorum.fresh(view.now) else { return };
    samples.push(&HAS_LEADER, [], quorum.leader.is_some());
    if let Some(leader) = quorum.leader {
        samples.push(&LEADER, [], leader);
    }
    samples.push(&EPOCH, [], quorum.epoch);
    samples.push(&HIGH_WATERMARK, [], quorum.high_watermark);
    samples.push(&VOTERS, [], quorum.voters.len());
    samples.push(&OBSERVERS, [], quorum.observers.len());
    for voter in &quorum.voters {
        samples.push(&VOTER_INFO, [&*voter.id.to_string()], 1);
    }
    for (role, replicas) in [("voter", &quorum.voters), ("observer", &quorum.observers)] {
        for replica in replicas {
            let labels = [&*replica.id.to_string(), role];
            if let Some(log_end) = replica.log_end {
                samples.push(&LOG_END, labels, log_end);
            }
            if let Some(at) = replica.caught_up_at {
                samples.push(&CAUGHT_UP, labels, at.seconds());
            }
        }
    }
}
