//! Offsets of the replicas hosted by the answering broker.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Offsets of one replica.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffsetsRow {
    /// The partition.
    pub partition: i32,
    /// High watermark: the next offset that a consumer will see. Only the leader tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<i64>,
    /// First offset still kept. Only the leader tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<i64>,
    /// Log end offset of this broker's own replica (ListOffsets with replica id -2), leader or follower.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_end: Option<i64>,
}

/// The answers to ListOffsets, by topic and then partition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offsets {
    /// Topics sorted by name, rows sorted by partition.
    pub topics: Vec<(Arc<str>, Vec<OffsetsRow>)>,
}
