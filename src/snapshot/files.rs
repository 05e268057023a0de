//! What the node's own host tells: its process, its `server.properties`, the small files in its log directories.

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

/// The allow-listed part of a `server.properties`, as java.util.Properties reads it, overrides applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Properties {
    /// The file.
    pub path: String,
    /// Allow-listed keys and their values.
    pub values: BTreeMap<String, String>,
    /// How many keys the file sets, allow-listed or not.
    pub keys: usize,
}

impl Properties {
    /// The value of `key`, trimmed; absent when not set or empty.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The entries of a comma-separated list, trimmed, empty ones left out.
    pub fn list<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> {
        self.get(key).unwrap_or("").split(',').map(str::trim).filter(|entry| !entry.is_empty())
    }

    /// `node.id`, or its older name `broker.id`; absent when unset or not a number.
    #[must_use]
    pub fn node_id(&self) -> Option<i32> {
        self.get("node.id").or_else(|| self.get("broker.id"))?.parse().ok()
    }

    /// Roles of the node: `process.roles`, or broker alone (ZooKeeper mode) when unset.
    #[must_use]
    pub fn roles(&self) -> Vec<&str> {
        let roles: Vec<&str> = self.list("process.roles").collect();
        if roles.is_empty() { vec!["broker"] } else { roles }
    }

    /// Log directories as Kafka resolves them: `log.dirs`, else `log.dir`, else `/tmp/kafka-logs`; with the metadata
    /// log's own directory when it has one.
    #[must_use]
    pub fn log_dirs(&self) -> Vec<String> {
        let mut dirs: Vec<String> = self.list("log.dirs").map(str::to_owned).collect();
        if dirs.is_empty() {
            dirs.push(self.get("log.dir").unwrap_or("/tmp/kafka-logs").to_owned());
        }
        if let Some(metadata) = self.get("metadata.log.dir")
            && !dirs.iter().any(|dir| dir == metadata)
        {
            dirs.push(metadata.to_owned());
        }
        dirs
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(pairs: &[(&str, &str)]) -> Properties {
        let values = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Properties { values, ..Properties::default() }
    }

    #[test]
    fn log_dirs_follow_kafkas_order_of_keys() {
        assert_eq!(properties(&[]).log_dirs(), ["/tmp/kafka-logs"]);
        assert_eq!(properties(&[("log.dir", "/a")]).log_dirs(), ["/a"]);
        let both = [("log.dirs", "/b, /c,"), ("log.dir", "/a"), ("metadata.log.dir", "/m")];
        assert_eq!(properties(&both).log_dirs(), ["/b", "/c", "/m"]);
    }

    #[test]
    fn a_file_without_roles_is_a_broker() {
        assert_eq!(properties(&[]).roles(), ["broker"]);
        assert_eq!(properties(&[("process.roles", "controller")]).roles(), ["controller"]);
    }
}
