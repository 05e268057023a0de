//! The machine that a node runs on: its own facts, every Kafka process on it, and where their log directories really
//! lie. Two nodes that harm each other on one machine are both in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ConfigFile, Failure, MetaProperties, UnixMs};

/// The machine. Every fact is absent when it could not be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Host {
    /// `/proc/sys/kernel/random/boot_id`: one machine between two boots; cloned machines differ.
    pub boot_id: Option<String>,
    /// The kernel's host name.
    pub hostname: Option<String>,
    /// SHA-256 of `/etc/machine-id`, shortened: that file is not for publication.
    pub machine_id_hash: Option<String>,
    /// Processors that are online.
    pub cores: Option<usize>,
    /// Milliseconds since it booted.
    pub uptime_ms: Option<u64>,
    /// Bytes of memory.
    pub memory_bytes: Option<u64>,
    /// Bytes of swap space; 0 when there is none.
    pub swap_bytes: Option<u64>,
    /// `vm.swappiness`.
    pub swappiness: Option<u64>,
    /// `vm.max_map_count`: mappings that a process may have.
    pub max_map_count: Option<u64>,
    /// Its Kafka nodes: the running ones by process id, then the watched one when it does not run.
    pub nodes: Vec<HostNode>,
}

/// A Kafka node of the machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostNode {
    /// Its process; absent for a node that does not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<NodeProcess>,
    /// Its configuration, or why that could not be read.
    pub file: Result<NodeFile, Failure>,
    /// Its log directories, that of the metadata log among them, by path as configured: where they really lie, or why
    /// that could not be seen.
    #[serde(default)]
    pub dirs: BTreeMap<String, Result<LogDirPlace, Failure>>,
    /// Logs of one replica in several of its directories; the first few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub twice: Vec<HeldTwice>,
}

/// A configuration file and which file it really is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeFile {
    /// What it says.
    pub properties: ConfigFile,
    /// Its permission bits; absent in snapshots of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
    /// Key stores that it names, by setting: what protects them, or why that could not be seen.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub key_stores: BTreeMap<String, Result<KeyStore, Failure>>,
    /// The file itself.
    pub id: FileId,
}

/// A file with a private key, without what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyStore {
    /// Its path.
    pub path: String,
    /// Its permission bits.
    pub mode: u32,
    /// What its certificates say, or why that could not be read. Absent for types other than PEM, which take a password, and in
    /// snapshots of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Result<StoredCertificate, Failure>>,
}

/// Facts of the certificates in a key store; nothing of its private key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredCertificate {
    /// When the node's own ends.
    pub not_after: UnixMs,
    /// When the first of the chain ends, its own among them.
    pub chain_not_after: UnixMs,
}

/// A file or directory, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileId {
    /// Major number of its device (`st_dev`).
    pub major: u32,
    /// Minor number of its device.
    pub minor: u32,
    /// Its inode (`st_ino`).
    pub inode: u64,
}

/// A replica with a log in more than one directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldTwice {
    /// `TOPIC-PARTITION`.
    pub replica: String,
    /// The directories as configured.
    pub dirs: Vec<String>,
}

/// A Kafka process: what `/proc` shows of it, and what its command line says, from an allow-list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeProcess {
    /// Process id in our own namespace.
    pub pid: u32,
    /// Start time in clock ticks since boot.
    pub start_ticks: u64,
    /// The properties file on its command line, made absolute with its working directory.
    pub properties_file: String,
    /// `--override key=value` pairs, from the allow-list.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub overrides: BTreeMap<String, String>,
    /// Its working directory, from which relative paths are meant.
    pub cwd: Option<String>,
    /// Its effective user.
    pub uid: Option<u32>,
    /// Its groups, the effective one first.
    pub groups: Vec<u32>,
    /// Open files that it may have (soft limit); `u64::MAX` is unlimited.
    pub max_files: Option<u64>,
    /// Open files that it has; needs its user.
    pub open_files: Option<u64>,
    /// Bytes of it that are swapped out.
    pub swapped_bytes: Option<u64>,
    /// `-Xms`; absent when it is not given.
    pub heap_initial_bytes: Option<u64>,
    /// `-Xmx`; absent when it is not given.
    pub heap_max_bytes: Option<u64>,
    /// Ports of JMX and of Java agents on its command line.
    pub monitoring_ports: Vec<u16>,
    /// Remote JMX as its flags (`-Dcom.sun.management.jmxremote.*`) say; absent without a port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jmx: Option<Jmx>,
    /// `-Dkafka.logs.dir`: where its own log files go.
    pub app_log_dir: Option<String>,
    /// The file of `-Xlog:gc` or `-Xloggc`.
    pub gc_log: Option<String>,
    /// Version in the name of Kafka's jar, such as `4.1.1`.
    pub version: Option<String>,
    /// The lowest memory limit of its control groups; absent when there is none or it could not be read.
    pub memory_limit_bytes: Option<u64>,
    /// Inode of its network namespace: ports collide within one only; needs its user.
    pub network_namespace: Option<u64>,
    /// Inode of its mount namespace: paths mean the same within one only; needs its user.
    pub mount_namespace: Option<u64>,
    /// `MAJOR:MINOR` of the file system that is its `/`.
    pub root_fs: Option<String>,
}

/// Remote JMX of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jmx {
    /// Its port.
    pub port: u16,
    /// The address that it is bound to; absent for all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Whether it asks who comes: by password, or by a certificate.
    pub authenticates: bool,
}

/// Where a log directory really lies, and what is in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogDirPlace {
    /// Its path without symbolic links, as its node sees it.
    pub path: String,
    /// The directory itself.
    pub id: Option<FileId>,
    /// The mount that it is on; absent when `/proc/PID/mountinfo` does not tell.
    pub mount: Option<Mounted>,
    /// Its path inside its file system, through bind mounts and volumes; absent like the mount.
    pub inside: Option<String>,
    /// The whole disk below it, such as `sda`; absent when there is none (a network, memory) or `/sys` does not tell.
    pub disk: Option<String>,
    /// A mount point of `/etc/fstab` above it that nothing is mounted on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unmounted: Option<String>,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Its permission bits.
    pub mode: u32,
    /// Room on its file system.
    pub space: Option<Space>,
    /// Its identity file.
    pub meta: Option<MetaProperties>,
    /// Why there is no identity, when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta_failure: Option<Failure>,
    /// Its `.lock`.
    pub lock: Option<LockFile>,
    /// What it holds.
    pub entries: DirEntries,
}

/// A line of mountinfo.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mounted {
    /// `MAJOR:MINOR` of the file system: the same for all mounts of it.
    pub fs: String,
    /// Its type, such as `xfs`.
    pub kind: String,
    /// The mount point.
    pub point: String,
    /// Options of the mount and of the file system that matter here, from an allow-list.
    pub options: Vec<String>,
}

/// Room on a file system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    /// Bytes in all.
    pub bytes: u64,
    /// Bytes left, those that only root may use among them; absent in snapshots of a version that did not look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_bytes: Option<u64>,
    /// Bytes left for users other than root.
    pub usable_bytes: u64,
    /// Inodes in all; 0 when the file system does not count them.
    pub inodes: u64,
    /// Inodes left.
    pub free_inodes: u64,
}

/// A `.lock` file and who holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockFile {
    /// Its inode; absent when there is no such file.
    pub inode: Option<u64>,
    /// Processes that hold it, as `/proc/locks` says; absent when that cannot be read.
    pub holders: Option<Vec<u32>>,
}

/// What a log directory holds, by the names alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DirEntries {
    /// Logs of replicas.
    pub replicas: usize,
    /// Logs that are being moved here.
    pub future: usize,
    /// Logs that are being deleted.
    pub deleted: usize,
    /// Logs that Kafka set aside because nobody owns them; the first few names.
    pub stray: Vec<String>,
    /// How many there are.
    pub strays: usize,
    /// Directories that are no log, on which Kafka refuses to start; the first few names.
    pub foreign: Vec<String>,
    /// Directories in it that are themselves log directories of a node: they hold a `meta.properties`.
    pub nested: Vec<String>,
    /// Whether it holds `__cluster_metadata-0`.
    pub metadata_log: bool,
}
