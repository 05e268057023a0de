//! The controller quorum and the reassignments that it is carrying out.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::UnixMs;

/// A voter or observer of the metadata quorum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuorumReplica {
    /// Node id.
    pub id: i32,
    /// End of its copy of the metadata log; absent when the leader does not know.
    pub log_end: Option<i64>,
    /// When it was last caught up (v1 and later); absent when unknown.
    pub caught_up_at: Option<UnixMs>,
}

/// The answer to DescribeQuorum.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quorum {
    /// Id of the active controller; absent when there is none.
    pub leader: Option<i32>,
    /// Its epoch.
    pub epoch: i32,
    /// High watermark of the metadata log.
    pub high_watermark: i64,
    /// Nodes that vote, sorted by id.
    pub voters: Vec<QuorumReplica>,
    /// Nodes that follow, sorted by id: the brokers.
    pub observers: Vec<QuorumReplica>,
}

/// A partition whose replicas are being moved (KIP-455).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reassignment {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// Replicas that are being added; they do not count as missing.
    pub adding: Vec<i32>,
    /// Replicas that will be removed.
    pub removing: Vec<i32>,
}

/// The answer to ListPartitionReassignments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reassignments {
    /// Whether all partitions of the cluster were asked for, or only some that this broker leads.
    pub whole_cluster: bool,
    /// By topic and partition.
    pub partitions: Vec<Reassignment>,
}

impl Reassignments {
    /// The replicas being added to a partition; empty when it is not under reassignment.
    #[must_use]
    pub fn adding(&self, topic: &str, partition: i32) -> &[i32] {
        self.partitions
            .binary_search_by(|r| (*r.topic).cmp(topic).then(r.partition.cmp(&partition)))
            .map_or(&[], |index| &self.partitions[index].adding)
    }
}
