//! What the node's own host tells: its process, the small files in its log directories.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Failure, Space, UnixMs};

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
    /// Logs that Kafka set aside because nobody owns them (`-stray`); absent like the replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strays: Option<usize>,
    /// Bytes that those take on the file system; absent like the replicas, and when they have too many files to add up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stray_bytes: Option<u64>,
    /// Logs that are being moved here (`-future`); absent like the replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub future: Option<usize>,
    /// Logs that are being deleted (`-delete`); absent like the replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<usize>,
    /// Room on its file system; absent when that is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<Space>,
}

/// What is known of a log directory's file system, whether or not the directory itself can be looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DirHealth {
    /// Whether the node's mountinfo told of its mount.
    pub mounted: bool,
    /// The option that says that it cannot be written: `ro`, `emergency_ro` (ext4 after an error, Linux 6.15) or `shutdown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refuses_writes: Option<String>,
    /// Errors that the file system has recorded in its superblock; ext4 alone does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<FsErrors>,
    /// The last probe that ended; absent while probing is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
    /// Since when a look at the directory, or a probe of it, has not come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hangs_since: Option<UnixMs>,
}

/// Errors in a superblock. They outlive a reboot; only e2fsck clears them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FsErrors {
    /// How many.
    pub errors: u64,
    /// Warnings since it was mounted; absent before Linux 5.0.
    pub warnings: Option<u64>,
    /// When the first was; absent when there was none.
    pub first: Option<UnixMs>,
    /// When the last was; absent when there was none.
    pub last: Option<UnixMs>,
}

/// A nameless file that was made in the directory and dropped at once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Probe {
    /// When it ended.
    pub at: UnixMs,
    /// How long it took, in microseconds.
    pub took_us: u64,
    /// The error's name, such as `EROFS`; absent when it could be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// The log directories as the file system shows them. One directory that fails does not hide the others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LogDirFiles {
    /// By path as configured: what is in it, or why it could not be looked at.
    pub dirs: BTreeMap<String, Result<DirFiles, Failure>>,
    /// By path as configured: what is known of its file system. Empty in snapshots of a version that did not look.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub health: BTreeMap<String, DirHealth>,
}
