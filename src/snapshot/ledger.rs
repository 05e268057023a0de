//! Changes counted as they are seen, so that nothing between two scrapes is missed.

use serde::{Deserialize, Serialize};

/// Counters that only grow while this process watches one node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ledger {
    /// In-sync sets of partitions led here that lost a member.
    pub isr_shrinks: u64,
    /// In-sync sets of partitions led here that gained a member.
    pub isr_expands: u64,
    /// Partitions whose leadership came to this broker.
    pub leaderships_gained: u64,
    /// Partitions whose leadership left this broker.
    pub leaderships_lost: u64,
    /// Partitions of the cluster without a leader that were given to a broker although it was not in their in-sync sets.
    pub unclean_elections: u64,
}
