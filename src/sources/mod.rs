//! The only I/O. A source is a row of [`SOURCES`] and a file with `read_x` (looks) and `parse_x` (pure).

#![expect(clippy::disallowed_methods, reason = "this is where the world is read")]

pub mod adjtimex;
pub mod block_devices;
pub mod certificate;
pub mod config_files;
pub mod control_group;
pub mod dir_entries;
pub mod dir_listing;
pub mod diskstats;
pub mod drive;
pub mod drive_history;
pub mod given;
pub mod hardware;
pub mod host;
pub mod hsperfdata;
pub mod jvm;
pub mod kafka;
pub mod kernel_files;
pub mod kernel_log;
pub mod log_dir_files;
pub mod log_dir_place;
pub mod machine;
pub mod manifest;
pub mod mounts;
pub mod name_space;
pub mod network;
pub(crate) mod pem;
pub mod proc;
pub mod process_files;
pub mod properties;
pub mod reader;
pub mod resources;
pub mod secret_marks;
pub mod smart;
pub mod sock_diag;
pub mod storage;
pub mod threads;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::gather::{
    Context, administration, disks as disk_rounds, files as files_round, health, host as host_round,
    machine as machine_round, resources as resources_round, rounds, storage as storage_round,
};
use kafka::calls::{
    API_VERSIONS, Api, DESCRIBE_ACLS, DESCRIBE_CLIENT_QUOTAS, DESCRIBE_CLUSTER, DESCRIBE_CONFIGS, DESCRIBE_LOG_DIRS,
    DESCRIBE_QUORUM, DESCRIBE_TOPIC_PARTITIONS, DESCRIBE_USER_SCRAM_CREDENTIALS, LIST_OFFSETS,
    LIST_PARTITION_REASSIGNMENTS, METADATA,
};

/// One round of a source: it looks, and puts what it saw into the store.
pub type Round = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A row of [`SOURCES`].
#[derive(Debug)]
pub struct Source {
    /// Its name: the `source` label, and the section's name in [`crate::snapshot::NodeView::statuses`].
    pub name: &'static str,
    /// What it reads, as half a sentence.
    pub about: &'static str,
    /// Milliseconds between two rounds, before jitter.
    pub interval_ms: u64,
    /// Milliseconds that one round may take.
    pub deadline_ms: u64,
    /// Milliseconds after which what it saw no longer counts.
    pub bound_ms: u64,
    /// The Kafka APIs that it calls; their rights are what it needs.
    pub apis: &'static [&'static Api],
    /// What else it needs, as half a sentence.
    pub access: &'static str,
    /// Makes one round.
    pub round: fn(Arc<Context>) -> Round,
}

/// Every source, in the order of the arrow.
pub static SOURCES: &[&Source] = &[
    &PROCESS,
    &PROPERTIES,
    &FILES,
    &HOST,
    &STORAGE,
    &RESOURCES,
    &THREADS,
    &MEMORY_MAPS,
    &JVM,
    &DISKS,
    &DRIVES,
    &HARDWARE,
    &MACHINE,
    &NETWORK,
    &DRIVE_HEALTH,
    &KERNEL_LOG,
    &LIVENESS,
    &REGISTRATIONS,
    &METADATA_SOURCE,
    &OFFSETS,
    &LOG_DIRS,
    &CONFIGS,
    &QUORUM,
    &REASSIGNMENTS,
    &ACLS,
    &CLIENT_QUOTAS,
    &SCRAM_USERS,
];

/// The broker's process.
pub static PROCESS: Source = Source {
    name: "process",
    about: "the broker's process in /proc",
    interval_ms: 5_000,
    deadline_ms: 2_000,
    bound_ms: 15_000,
    apis: &[],
    access: "read /proc/PID/cmdline and stat; with --kafka.server also /proc/PID/fd (the broker's user)",
    round: rounds::process,
};

/// Its properties file.
pub static PROPERTIES: Source = Source {
    name: "properties",
    about: "the allow-listed part of its server.properties",
    interval_ms: 30_000,
    deadline_ms: 2_000,
    bound_ms: 90_000,
    apis: &[],
    access: "read the file",
    round: rounds::properties,
};

/// The small files in its log directories.
pub static FILES: Source = Source {
    name: "files",
    about: "meta.properties, checkpoints and room in its log directories, and the state of their file systems",
    interval_ms: 5_000,
    deadline_ms: 9_000,
    bound_ms: 16_000,
    apis: &[],
    access: "list the log directories and read meta.properties; with --collector.log_dirs.probe make files there",
    round: files_round::files,
};

/// The machine and all Kafka nodes on it.
pub static HOST: Source = Source {
    name: "host",
    about: "the machine, the Kafka processes on it, and where their log directories lie",
    interval_ms: 60_000,
    deadline_ms: 20_000,
    bound_ms: 150_000,
    apis: &[],
    access: "read /proc, and of each Kafka process /proc/PID/root and fd (its user), its file and its log directories",
    round: host_round::host,
};

/// The map from log directories to drives.
pub static STORAGE: Source = Source {
    name: "storage",
    about: "what the log directories lie on: mounts, layers of block devices, drives",
    interval_ms: 60_000,
    deadline_ms: 20_000,
    bound_ms: 150_000,
    apis: &[],
    access: "read /proc/PID/mountinfo and /sys; /proc/PID/root (the broker's user) where its directories are not ours",
    round: storage_round::storage,
};

/// What its process takes.
pub static RESOURCES: Source = Source {
    name: "resources",
    about: "descriptors, memory, processor time and control group of the broker's process",
    interval_ms: 15_000,
    deadline_ms: 3_000,
    bound_ms: 40_000,
    apis: &[],
    access: "read /proc/PID and /sys/fs/cgroup; io and (before Linux 6.2) fd need the broker's user",
    round: resources_round::resources,
};

/// What its threads wait for: files of hundreds of them. While one is stuck in the kernel it looks twice as often.
pub static THREADS: Source = Source {
    name: "threads",
    about: "what the threads of the broker's process wait for",
    interval_ms: 30_000,
    deadline_ms: 3_000,
    bound_ms: 80_000,
    apis: &[],
    access: "read /proc/PID/task; wchan needs the broker's user",
    round: resources_round::threads,
};

/// Its memory maps. Counting them holds its mmap_lock for milliseconds, so it is done seldom.
pub static MEMORY_MAPS: Source = Source {
    name: "memory_maps",
    about: "how many memory maps the broker's process has",
    interval_ms: 60_000,
    deadline_ms: 10_000,
    bound_ms: 150_000,
    apis: &[],
    access: "read /proc/PID/maps (the broker's user)",
    round: resources_round::memory_maps,
};

/// Its JVM.
pub static JVM: Source = Source {
    name: "jvm",
    about: "the performance data of the broker's JVM",
    interval_ms: 15_000,
    deadline_ms: 3_000,
    bound_ms: 40_000,
    apis: &[],
    access: "read /tmp/hsperfdata_USER/PID through /proc/PID/root (the broker's user)",
    round: resources_round::jvm,
};

/// What the block devices do.
pub static DISKS: Source = Source {
    name: "disks",
    about: "what the block devices under the log directories do",
    interval_ms: 1_000,
    deadline_ms: 1_000,
    bound_ms: 8_000,
    apis: &[],
    access: "read /proc/diskstats and /proc/uptime",
    round: disk_rounds::disks,
};

/// What state they are in.
pub static DRIVES: Source = Source {
    name: "drives",
    about: "the state of the block devices under the log directories",
    interval_ms: 15_000,
    deadline_ms: 12_000,
    bound_ms: 40_000,
    apis: &[],
    access: "read /sys; with --path.state write to that directory",
    round: disk_rounds::drives,
};

/// Faults of the hardware.
pub static HARDWARE: Source = Source {
    name: "hardware",
    about: "faults that memory, processors, PCIe and sensors of the machine report",
    // Hundreds of small files, of counters that rules look at over five minutes and more.
    interval_ms: 60_000,
    deadline_ms: 5_000,
    bound_ms: 150_000,
    apis: &[],
    access: "read /sys and /proc/interrupts",
    round: machine_round::hardware,
};

/// What the machine is busy with.
pub static MACHINE: Source = Source {
    name: "machine",
    about: "memory, pressure, processors and clock of the machine",
    interval_ms: 15_000,
    deadline_ms: 2_000,
    bound_ms: 40_000,
    apis: &[],
    access: "read /proc; call adjtimex",
    round: machine_round::machine,
};

/// The network.
pub static NETWORK: Source = Source {
    name: "network",
    about: "interfaces of the listeners, TCP, the broker's sockets and its links to other brokers",
    // For its sockets the kernel walks a table that grows with the machine's memory; rules look at five minutes.
    interval_ms: 30_000,
    deadline_ms: 5_000,
    bound_ms: 80_000,
    apis: &[],
    access: "read /proc/PID/net and /sys/class/net; ask the kernel for sockets, in the broker's network name space",
    round: machine_round::network,
};

/// Health of drives, as `brokerwatch smart-helper` leaves it.
pub static DRIVE_HEALTH: Source = Source {
    name: "drive_health",
    about: "what the machine's drives tell of their own health",
    interval_ms: 30_000,
    deadline_ms: 3_000,
    bound_ms: 90_000,
    apis: &[],
    access: "read --smart.spool, which brokerwatch-smart.timer writes as root",
    round: health::drive_health,
};

/// The kernel's log.
pub static KERNEL_LOG: Source = Source {
    name: "kernel_log",
    about: "hardware in the kernel's log, by class",
    interval_ms: 15_000,
    deadline_ms: 3_000,
    bound_ms: 90_000,
    apis: &[],
    access: "read /dev/kmsg (CAP_SYSLOG), or --smart.spool",
    round: health::kernel_log,
};

/// Whether it answers.
pub static LIVENESS: Source = Source {
    name: "liveness",
    about: "whether the broker answers, and what it offers",
    interval_ms: 2_000,
    deadline_ms: 2_000,
    bound_ms: 5_000,
    apis: &[&API_VERSIONS],
    access: "",
    round: rounds::liveness,
};

/// Who is registered.
pub static REGISTRATIONS: Source = Source {
    name: "registrations",
    about: "registered and fenced brokers, and which broker answers",
    interval_ms: 30_000,
    deadline_ms: 5_000,
    bound_ms: 75_000,
    apis: &[&DESCRIBE_CLUSTER, &DESCRIBE_CONFIGS],
    access: "",
    round: rounds::registrations,
};

/// All topics and partitions.
pub static METADATA_SOURCE: Source = Source {
    name: "metadata",
    about: "every topic and partition as the broker knows them",
    interval_ms: 15_000,
    deadline_ms: 5_000,
    bound_ms: 40_000,
    apis: &[&METADATA, &DESCRIBE_TOPIC_PARTITIONS],
    access: "",
    round: rounds::metadata,
};

/// Offsets of the replicas hosted here.
pub static OFFSETS: Source = Source {
    name: "offsets",
    about: "offsets of the replicas hosted here",
    interval_ms: 15_000,
    deadline_ms: 5_000,
    bound_ms: 40_000,
    apis: &[&LIST_OFFSETS],
    access: "",
    round: rounds::offsets,
};

/// Log directories.
pub static LOG_DIRS: Source = Source {
    name: "log_dirs",
    about: "log directories as the broker reports them",
    interval_ms: 60_000,
    deadline_ms: 10_000,
    bound_ms: 150_000,
    apis: &[&DESCRIBE_LOG_DIRS],
    access: "",
    round: rounds::log_dirs,
};

/// Effective settings.
pub static CONFIGS: Source = Source {
    name: "configs",
    about: "effective settings of the node, with what lies under them; overrides of the topics that it leads",
    interval_ms: 300_000,
    deadline_ms: 10_000,
    bound_ms: 900_000,
    apis: &[&DESCRIBE_CONFIGS],
    access: "",
    round: rounds::configs,
};

/// The quorum.
pub static QUORUM: Source = Source {
    name: "quorum",
    about: "the controller quorum; asked by the live broker of the lowest id and by controllers",
    interval_ms: 30_000,
    deadline_ms: 10_000,
    bound_ms: 120_000,
    apis: &[&DESCRIBE_QUORUM],
    access: "",
    round: rounds::quorum,
};

/// Reassignments.
pub static REASSIGNMENTS: Source = Source {
    name: "reassignments",
    about: "partitions under reassignment; of the cluster by the live broker of the lowest id, by the others of the \
            partitions that they lead and that miss a replica",
    interval_ms: 30_000,
    deadline_ms: 10_000,
    bound_ms: 120_000,
    apis: &[&LIST_PARTITION_REASSIGNMENTS],
    access: "",
    round: rounds::reassignments,
};

/// ACLs.
pub static ACLS: Source = Source {
    name: "acls",
    about: "the ACLs of the cluster; asked by the live broker of the lowest id",
    interval_ms: 300_000,
    deadline_ms: 10_000,
    bound_ms: 900_000,
    apis: &[&DESCRIBE_ACLS],
    access: "",
    round: administration::acls,
};

/// Quotas of clients.
pub static CLIENT_QUOTAS: Source = Source {
    name: "client_quotas",
    about: "the quotas of clients; asked by the live broker of the lowest id",
    interval_ms: 300_000,
    deadline_ms: 10_000,
    bound_ms: 900_000,
    apis: &[&DESCRIBE_CLIENT_QUOTAS],
    access: "",
    round: administration::client_quotas,
};

/// Users that log in by SCRAM.
pub static SCRAM_USERS: Source = Source {
    name: "scram_users",
    about: "names, mechanisms and iterations of the users that log in by SCRAM; asked by the live broker of the lowest id",
    interval_ms: 300_000,
    deadline_ms: 10_000,
    bound_ms: 900_000,
    apis: &[&DESCRIBE_USER_SCRAM_CREDENTIALS],
    access: "",
    round: administration::scram_users,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::NodeView;

    #[test]
    fn every_source_has_its_section_and_its_numbers_fit() {
        let sections: Vec<&str> = NodeView::default().statuses().iter().map(|status| status.source).collect();
        let sources: Vec<&str> = SOURCES.iter().map(|source| source.name).collect();
        assert_eq!(sources, sections);
        for source in SOURCES {
            let longest = source.interval_ms * 5 / 4 + source.deadline_ms;
            assert!(source.bound_ms >= longest.min(source.interval_ms * 2), "{}: one late round hides it", source.name);
        }
    }
}
