//! How fast each replica of the node grows, as its sizes in DescribeLogDirs were seen one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// By topic and partition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ingest {
    /// The replicas whose sizes were seen at least once.
    pub topics: BTreeMap<Arc<str>, BTreeMap<i32, Growth>>,
}

/// The growth of one replica.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Growth {
    /// Its size when it was last seen.
    pub bytes: u64,
    /// Bytes that came in each second, averaged over a day; deletions do not count.
    pub bytes_per_second: f64,
    /// Milliseconds over which that was seen.
    pub seen_ms: u64,
}
