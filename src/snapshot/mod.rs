//! The only serialisable data: what was seen of a node, when, and what the last look at it came to.
//!
//! A snapshot written by `brokerwatch snapshot` is a bug report and a test case. Additive change is a new field with
//! `#[serde(default)]`; a changed meaning is a new name. Secrets never enter: sources keep to an allow-list.

mod administration;
mod cluster;
mod config_files;
mod configs;
mod deployments;
mod disks;
mod drive_health;
mod drives;
mod files;
mod host;
mod ingest;
mod ledger;
mod log_dirs;
mod machine;
mod network;
mod offsets;
mod partitions;
mod quorum;
mod resources;
mod section;
mod storage;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use administration::{
    Acl, AclOperation, AclPattern, AclPermission, AclResource, Acls, ClientQuota, ClientQuotas, Kept, ScramCredential,
    ScramMechanism, ScramUsers,
};
pub use cluster::{
    Broker, Cluster, Liveness, Registration, Registrations, Release, ServedCertificate, TopicOperations,
};
pub use config_files::{
    ConfigFile, ConfigFiles, Entry, FileKind, FileOddity, Form, Oddity, PassedOver, Place, Setting, Stated, UnreadFile,
    mark_overridden,
};
pub use configs::{ConfigSource, ConfigValue, Configs, Given, Loggers, Override, Overrides, TopicConfig, Withheld};
pub use deployments::{
    Behind, Container, Mapping, Mount, MountSource, Strimzi, StrimziListener, StrimziVolume, path_names,
};
pub use disks::{Disk, DiskCounters, DiskOp, Disks, Inhibited, IoCounters, Slowness, Stall};
pub use drive_health::{
    DataErrors, DriveHealth, DriveReading, DrivesHealth, HealthSpool, KernelClass, KernelEvents, KernelLog,
};
pub use drives::{Drive, Drives, Link, LinkKind, Md, Queue, SasError, ScsiCounters};
pub use files::{
    BrokerProcess, Checkpoint, DirFiles, DirHealth, FsErrors, LogDirFiles, MetaProperties, Probe, ProcessCandidate,
    Selection,
};
pub use host::{
    DirEntries, FileId, HeldTwice, Host, HostNode, Jmx, KeyStore, LockFile, LogDirPlace, Mounted, NodeFile,
    NodeProcess, Space, StoredCertificate,
};
pub use ingest::{Growth, Ingest};
pub use ledger::Ledger;
pub use log_dirs::{LogDir, LogDirs, ReplicaOnDisk};
pub use machine::{Clock, CpuPackage, Hardware, Machine, MemoryErrors, PcieErrors, SensorAlarm};
pub use network::{
    Addresses, Conntrack, Interface, InterfaceKind, Network, NicCounters, PeerLink, PeerSocket, PortSockets, Sockets,
};
pub use offsets::{Offsets, OffsetsRow};
pub use partitions::{Partition, PartitionRow, Partitions, PartitionsBuilder, TopicEntry};
pub use quorum::{Quorum, QuorumReplica, Reassignment, Reassignments};
pub use resources::{
    ControlGroup, GcKind, Jvm, JvmCollector, JvmSpace, MemoryMaps, PerfDataPlace, Pressure, ProcessId, ProcessIo,
    Resources, Threads, WaitClass,
};
use section::AnySection;
pub use section::{Attempt, ErrorKind, Failure, Observed, Section};
pub use storage::{Backing, DiskClass, DiskFacts, FsPolicy, Layer, LayerKind, LogDirStorage, Storage};

/// Version of the snapshot's shape. Raised only when an old reader would misunderstand a new file.
pub const SCHEMA: u32 = 1;

/// A moment, in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMs(pub u64);

impl UnixMs {
    /// The moment `ms` milliseconds later.
    #[must_use]
    pub fn plus(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; 0 when `earlier` is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment `ms` milliseconds later, or earlier when they are negative.
    #[must_use]
    pub fn shifted(self, ms: i64) -> Self {
        Self(self.0.saturating_add_signed(ms))
    }

    /// Seconds since the Unix epoch, the unit of `_timestamp_seconds` metrics.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

/// Where a node view comes from: the endpoint that was asked or the file that was read. Not the broker's id, so that
/// two nodes that claim one id can both be seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Origin(pub String);

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was seen of one or more nodes at one time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// [`SCHEMA`] of the program that wrote it.
    pub schema: u32,
    /// Version of the program that wrote it.
    pub program_version: String,
    /// The moment at which pure code judges it.
    pub taken_at: UnixMs,
    /// One view for each node that was looked at; exactly one in the sidecar.
    pub nodes: BTreeMap<Origin, NodeView>,
}

/// What was seen of one Kafka node. Each section carries its own time and result.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeView {
    /// The node's process on this host and how it was chosen (`/proc`).
    pub process: Section<BrokerProcess>,
    /// Its configuration as written, without secrets: `server.properties`, or what stands for it.
    pub properties: Section<ConfigFile>,
    /// Identity files and checkpoints in its log directories.
    pub files: Section<LogDirFiles>,
    /// The machine, every Kafka process on it, and where their log directories lie.
    pub host: Section<Host>,
    /// What its log directories lie on, down to the drives.
    pub storage: Section<Storage>,
    /// What its process takes, and what is denied to it (`/proc`, control groups).
    pub resources: Section<Resources>,
    /// What its threads wait for (`/proc`).
    pub threads: Section<Threads>,
    /// Its memory maps.
    pub memory_maps: Section<MemoryMaps>,
    /// What its JVM tells without JMX.
    pub jvm: Section<Jvm>,
    /// What the block devices under its log directories do (`/proc/diskstats`).
    pub disks: Section<Disks>,
    /// What state they are in (`/sys`).
    pub drives: Section<Drives>,
    /// Faults of its memory, processors, buses and sensors.
    pub hardware: Section<Hardware>,
    /// What the machine is busy with, and its clock.
    pub machine: Section<Machine>,
    /// The interfaces of its listeners, its sockets, the links to other brokers.
    pub network: Section<Network>,
    /// What drives tell of their health, through the privileged helper.
    pub drive_health: Section<DrivesHealth>,
    /// Hardware in the kernel's log, read directly or through the privileged helper.
    pub kernel_log: Section<KernelLog>,
    /// Whether it answers at all, and which API versions it offers (ApiVersions).
    pub liveness: Section<Liveness>,
    /// Registered brokers, fenced ones where told, and which of them answered (DescribeCluster).
    pub registrations: Section<Registrations>,
    /// Topics and partitions of the whole cluster as this broker knows them (Metadata).
    pub cluster: Section<Cluster>,
    /// Offsets of the replicas hosted here (ListOffsets).
    pub offsets: Section<Offsets>,
    /// Log directories as the broker reports them (DescribeLogDirs).
    pub log_dirs: Section<LogDirs>,
    /// Effective settings as the broker reports them (DescribeConfigs).
    pub configs: Section<Configs>,
    /// The controller quorum (DescribeQuorum).
    pub quorum: Section<Quorum>,
    /// Partitions under reassignment (ListPartitionReassignments).
    pub reassignments: Section<Reassignments>,
    /// Who may do what (DescribeAcls).
    pub acls: Section<Acls>,
    /// Limits of clients (DescribeClientQuotas).
    pub client_quotas: Section<ClientQuotas>,
    /// Users that log in by SCRAM, without anything secret (DescribeUserScramCredentials).
    pub scram_users: Section<ScramUsers>,
    /// Changes counted since this process started watching.
    pub ledger: Ledger,
    /// How fast its replicas grow, as long as this process watches it.
    pub ingest: Ingest,
}

/// What the last look at one source came to, without its data.
#[derive(Clone, Copy, Debug)]
pub struct SourceStatus<'a> {
    /// Name in the SOURCES table.
    pub source: &'static str,
    /// Result of the last attempt.
    pub attempt: &'a Attempt,
    /// When data was last seen.
    pub last_success: Option<UnixMs>,
    /// When that data stops counting.
    pub valid_until: Option<UnixMs>,
}

/// The sections of a [`NodeView`] by the names of their sources, in the order of the arrow and of the SOURCES table.
macro_rules! sections {
    ($($source:literal => $field:ident,)*) => {
        const SECTIONS: usize = [$($source),*].len();

        impl NodeView {
            /// Every section, to be changed whatever is in it; by the name of its source.
            fn sections_mut(&mut self) -> [(&'static str, &mut dyn AnySection); SECTIONS] {
                [$(($source, &mut self.$field)),*]
            }

            /// Every section by the name of its source.
            #[must_use]
            pub fn statuses(&self) -> [SourceStatus<'_>; SECTIONS] {
                [$(self.$field.status($source)),*]
            }
        }
    };
}

sections! {
    "process" => process,
    "properties" => properties,
    "files" => files,
    "host" => host,
    "storage" => storage,
    "resources" => resources,
    "threads" => threads,
    "memory_maps" => memory_maps,
    "jvm" => jvm,
    "disks" => disks,
    "drives" => drives,
    "hardware" => hardware,
    "machine" => machine,
    "network" => network,
    "drive_health" => drive_health,
    "kernel_log" => kernel_log,
    "liveness" => liveness,
    "registrations" => registrations,
    "metadata" => cluster,
    "offsets" => offsets,
    "log_dirs" => log_dirs,
    "configs" => configs,
    "quorum" => quorum,
    "reassignments" => reassignments,
    "acls" => acls,
    "client_quotas" => client_quotas,
    "scram_users" => scram_users,
}

impl NodeView {
    /// Tells every time of its sections by a clock that is `ms` milliseconds ahead, or behind when they are negative.
    pub fn shift(&mut self, ms: i64) {
        if ms != 0 {
            self.sections_mut().into_iter().for_each(|(_, section)| section.shift(ms));
        }
    }

    /// The last attempt of the source of this name failed: our own code around it did.
    pub fn fail(&mut self, source: &str, at: UnixMs, failure: Failure) {
        let section = self.sections_mut().into_iter().find(|(name, _)| *name == source);
        if let Some((_, section)) = section {
            section.fail(at, failure);
        }
    }

    /// Drops the values that the broker gave, apart from whether it answers; the results of the last looks stay.
    pub fn drop_answers(&mut self) {
        (self.registrations.last, self.cluster.last, self.offsets.last) = Default::default();
        (self.log_dirs.last, self.configs.last) = Default::default();
        (self.quorum.last, self.reassignments.last) = Default::default();
        (self.acls.last, self.client_quotas.last, self.scram_users.last) = Default::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_shifted_by_its_own_name() {
        let mut view = NodeView::default();
        let names: Vec<&str> = view.sections_mut().map(|(name, _)| name).to_vec();
        assert_eq!(names, view.statuses().map(|status| status.source));
        view.sections_mut()
            .into_iter()
            .for_each(|(_, section)| section.fail(UnixMs(5_000), Failure::new(ErrorKind::Io, "")));
        view.shift(-3_000);
        let times = view.statuses().map(|status| match status.attempt {
            Attempt::Failed { at, .. } => at.0,
            _ => 0,
        });
        assert_eq!(times, [2_000; SECTIONS]);
    }

    #[test]
    fn an_empty_view_reads_back_from_an_older_file() {
        let view: NodeView = serde_json::from_str("{}").unwrap();
        assert!(view.cluster.fresh(UnixMs(0)).is_none());
        assert!(matches!(view.cluster.attempt, Attempt::NotTried));
    }
}
