//! What the node's own host tells: its process, the small files in its log directories.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Failure, UnixMs};

/// A running `kafka.Kafka` process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessCandidate {
    /// Process id in our own namespace.
    pub pid: u32,
    /// Start time in clock ticks since boot (`/proc/PID/stat`, field 22): tells two processes with one id apart.
    pub start_ticks: u64,
    /// When it started, by the host's boot time; absent when that was not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<UnixMs>,
    /// State letter of `/proc/PID/stat`: `R`, `S`, `D` (stuck in the kernel), `T` (stopped), `Z`.
    pub state: char,
    /// The properties file on its command line, made absolute with its working directory.
    pub properties_file: String,
    /// `--override key=value` pairs of its command line, from the allow-list.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub overrides: BTreeMap<String, String>,
}

/// How the node to watch was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// The only `kafka.Kafka` process of this host.
    OnlyProcess,
    /// The process that runs with the given properties file.
    PropertiesFile,
    /// The process that owns the listening socket of the given server.
    ListeningSocket,
}

/// The node's process on this host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerProcess {
    /// The process; absent when none runs (or none was chosen).
    pub chosen: Option<ProcessCandidate>,
    /// The flag that chooses; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,
    /// Why this one.
    pub selection: Option<Selection>,
    /// Every `kafka.Kafka` process that was seen.
    pub candidates: Vec<ProcessCandidate>,
    /// Whether this host has more processes than are looked at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more_processes: bool,
    /// `/proc/sys/kernel/random/boot_id`: tells machines apart, also cloned ones; absent when it cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_id: Option<String>,
}

/// The content of a `meta.properties` (KIP-858).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetaProperties {
    /// `cluster.id`.
    pub cluster_id: Option<String>,
    /// `node.id`, or `broker.id` in version 0.
    pub node_id: Option<i32>,
    /// `directory.id`; absent before Kafka 3.7.
    pub directory_id: Option<String>,
    /// `version`: 0 with ZooKeeper, 1 in KRaft mode; absent when it is not a number, and in older snapshots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

/// A checkpoint file and when Kafka last wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// File name without `-checkpoint`, such as `replication-offset`.
    pub name: String,
    /// Its modification time.
    pub modified: UnixMs,
}

/// The small files of one log directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirFiles {
    /// Identity of the directory.
    pub meta: Option<MetaProperties>,
    /// Why there is no identity, when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta_failure: Option<Failure>,
    /// Checkpoint files, by name.
    pub checkpoints: Vec<Checkpoint>,
    /// Directories that hold a replica's log; those of the metadata log, and of logs being moved or deleted, do not
    /// count. Absent in snapshots of a version that did not look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<usize>,
}

/// The log directories as the file system shows them. One directory that fails does not hide the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogDirFiles {
    /// By path as configured: what is in it, or why it could not be looked at.
    pub dirs: BTreeMap<String, Result<DirFiles, Failure>>,
}
