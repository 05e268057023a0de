//! Log directories as the broker reports them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ErrorKind;

/// A replica's log in a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaOnDisk {
    /// The topic; one name for all of its replicas.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// Size of its log in bytes.
    pub bytes: u64,
    /// Whether it is a future log: being moved into this directory (KIP-113).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub future: bool,
}

/// One log directory (DescribeLogDirs).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogDir {
    /// Its absolute path as the broker spells it.
    pub path: String,
    /// Whether the broker still uses it. False after an I/O error (Kafka's error 56).
    pub online: bool,
    /// Why the broker told nothing of it, other than that it is offline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorKind>,
    /// Size of its file system in bytes (KIP-827); absent before v4 and when offline.
    pub total_bytes: Option<u64>,
    /// Bytes left on its file system for the broker's user; absent like the total.
    pub usable_bytes: Option<u64>,
    /// Logs in it, future ones included.
    pub replicas: Vec<ReplicaOnDisk>,
}

/// The answer to DescribeLogDirs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogDirs {
    /// Directories by path.
    pub dirs: Vec<LogDir>,
}
