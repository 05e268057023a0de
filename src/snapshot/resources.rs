//! What the node's process takes of its host, and what its host denies it: limits, waits, its control group, its JVM.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ErrorKind, UnixMs};

/// What the process takes. Every fact is absent when its file could not be read, is empty or makes no sense; `unread`
/// says which those are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Resources {
    /// Whose these are.
    pub of: ProcessId,
    /// Descriptors that it has open.
    pub open_files: Option<u64>,
    /// Descriptors that it may have open (soft limit); `u64::MAX` is unlimited.
    pub max_files: Option<u64>,
    /// Its threads.
    pub threads: Option<u64>,
    /// Bytes in memory that no file is behind (heap, stacks).
    pub resident_anon_bytes: Option<u64>,
    /// Bytes in memory of mapped files (indexes, jars).
    pub resident_file_bytes: Option<u64>,
    /// Bytes in memory that are shared and have no file (tmpfs).
    pub resident_shmem_bytes: Option<u64>,
    /// Bytes that are swapped out.
    pub swapped_bytes: Option<u64>,
    /// Page faults that had to wait for a drive, since it started.
    pub major_faults: Option<u64>,
    /// Processor time in its own code, in milliseconds since it started.
    pub user_ms: Option<u64>,
    /// Processor time in the kernel, in milliseconds since it started.
    pub system_ms: Option<u64>,
    /// What it read and wrote; absent for another user's process.
    pub io: Option<ProcessIo>,
    /// Its control group; absent when it has none that can be seen.
    pub control_group: Option<ControlGroup>,
    /// Files that are there and told nothing, with the reason: `permission` for those of another user, `parse` for masked
    /// or broken ones.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unread: BTreeMap<String, ErrorKind>,
}

/// What the threads of the process wait for. Every fact is absent when it could not be looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Threads {
    /// Whose these are.
    pub of: ProcessId,
    /// Time that its threads were ready to run and waited for a processor, in microseconds since it is watched. What a
    /// thread waited between the last look and its end is missing.
    pub run_queue_wait_us: Option<u64>,
    /// Time that its threads waited for drives, in milliseconds since it is watched; absent while the kernel does not
    /// account it (`kernel.task_delayacct`).
    pub block_io_delay_ms: Option<u64>,
    /// Threads in uninterruptible sleep at the moment of the look, by what they wait for; absent when the threads could
    /// not be looked at.
    pub uninterruptible: Option<BTreeMap<WaitClass, usize>>,
    /// Files that are there and told nothing, as [`Resources::unread`].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unread: BTreeMap<String, ErrorKind>,
}

/// One process between its start and its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    /// Process id in our own namespace.
    pub pid: u32,
    /// Its start, in clock ticks since boot.
    pub start_ticks: u64,
}

/// What a thread in uninterruptible sleep waits for, as the kernel function that it sleeps in tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitClass {
    /// A drive: pages, buffers, requests.
    Disk,
    /// A journal of a file system.
    Journal,
    /// The kernel lets it wait until dirty pages are written.
    Writeback,
    /// A file system of the network.
    NetworkFs,
    /// Free memory.
    Memory,
    /// A lock in the kernel.
    Lock,
    /// Something else.
    Other,
    /// It may not be seen (another user's process) or the kernel does not tell.
    Unknown,
}

impl WaitClass {
    /// Every class, in the order of the labels.
    pub const ALL: [Self; 8] = [
        Self::Disk,
        Self::Journal,
        Self::Writeback,
        Self::NetworkFs,
        Self::Memory,
        Self::Lock,
        Self::Other,
        Self::Unknown,
    ];

    /// The label value, as in the snapshot.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::Journal => "journal",
            Self::Writeback => "writeback",
            Self::NetworkFs => "network_fs",
            Self::Memory => "memory",
            Self::Lock => "lock",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }
}

/// `/proc/PID/io`: bytes since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIo {
    /// Bytes that it asked for with read calls, from the page cache or not, sockets too.
    pub rchar: u64,
    /// Bytes that it gave to write calls, sockets too.
    pub wchar: u64,
    /// Bytes that had to be fetched from drives.
    pub read_bytes: u64,
    /// Bytes that it caused to be sent to drives.
    pub write_bytes: u64,
    /// Bytes of `write_bytes` that were dropped before they were written.
    pub cancelled_write_bytes: u64,
}

/// Limits of the process' control groups, and what they cost it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ControlGroup {
    /// Processors that it may use, in thousandths: of the nearest group with such a limit; absent without one.
    pub cpu_limit_millis: Option<u64>,
    /// Periods in which that limit was looked at.
    pub cpu_periods: Option<u64>,
    /// Periods in which it was stopped until the next.
    pub cpu_throttled_periods: Option<u64>,
    /// Time that it was stopped, in microseconds, added up over processors.
    pub cpu_throttled_us: Option<u64>,
    /// Bytes that the group with the lowest memory limit may use; absent without one.
    pub memory_limit_bytes: Option<u64>,
    /// Bytes that this group uses, page cache included; of the process' own group without a limit.
    pub memory_usage_bytes: Option<u64>,
    /// Bytes of them that are page cache.
    pub memory_cache_bytes: Option<u64>,
    /// Processes of its own group that the kernel killed for want of memory.
    pub oom_kills: Option<u64>,
    /// Pressure stall information of its own group (cgroup v2), by resource: cpu, io, memory, irq.
    pub pressure: BTreeMap<String, Pressure>,
}

/// Time that tasks of a group waited for a resource, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pressure {
    /// At least one waited.
    pub some_us: Option<u64>,
    /// All that were not idle waited.
    pub full_us: Option<u64>,
}

/// The process' memory maps: they have a limit, and one of them is the JVM's performance data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemoryMaps {
    /// Whose these are.
    pub of: ProcessId,
    /// How many there are.
    pub count: u64,
    /// `vm.max_map_count`; absent when it could not be read.
    pub count_max: Option<u64>,
    /// Where the JVM's performance data is.
    pub perf_data: PerfDataPlace,
}

/// Where a JVM's performance data is, or why there is none to read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum PerfDataPlace {
    /// In a file.
    Shared {
        /// Its path, as the process sees it.
        path: String,
        /// Type of the file system that it is on; absent when mountinfo does not tell.
        fs_kind: Option<String>,
    },
    /// The file was deleted while the JVM uses it: something cleans `/tmp`.
    Deleted,
    /// `-XX:-UsePerfData`.
    SwitchedOff,
    /// `-XX:+PerfDisableSharedMem`.
    NotShared,
    /// In memory of its own, and no flag says so: the user has no name in passwd, `/tmp` was full, or another container
    /// had the same file.
    #[default]
    Private,
}

impl PerfDataPlace {
    /// Every state's label.
    pub const STATES: [&'static str; 5] = ["shared", "deleted", "switched_off", "not_shared", "private"];

    /// The label value.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Shared { .. } => "shared",
            Self::Deleted => "deleted",
            Self::SwitchedOff => "switched_off",
            Self::NotShared => "not_shared",
            Self::Private => "private",
        }
    }
}

/// What the JVM tells of itself in its performance data, without JMX. Every fact is absent when it does not tell it:
/// releases and collectors differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Jvm {
    /// Whose this is.
    pub of: ProcessId,
    /// Release of Java, such as `17.0.15`.
    pub version: Option<String>,
    /// Name of the virtual machine.
    pub name: Option<String>,
    /// Its garbage collector's policy.
    pub gc_policy: Option<String>,
    /// When it began, by the host's clock of that time.
    pub began: Option<UnixMs>,
    /// Its garbage collectors.
    pub collectors: Vec<JvmCollector>,
    /// Spaces of its heap, as of the last collection.
    pub spaces: Vec<JvmSpace>,
    /// How often all threads were stopped.
    pub safepoints: Option<u64>,
    /// How long they were, in microseconds; from the order to stop on.
    pub safepoint_us: Option<u64>,
    /// How long of it was spent until the last thread stopped, in microseconds.
    pub safepoint_sync_us: Option<u64>,
    /// Processor time of all garbage collection threads, in microseconds; JDK 21 and later.
    pub gc_cpu_us: Option<u64>,
    /// Threads that live.
    pub threads: Option<u64>,
    /// Daemon threads among them.
    pub daemon_threads: Option<u64>,
    /// Most threads that ever lived at once.
    pub peak_threads: Option<u64>,
    /// Threads that were ever started.
    pub started_threads: Option<u64>,
    /// Classes that were loaded since it began, those of its shared archive included.
    pub loaded_classes: Option<u64>,
    /// Classes that were unloaded since it began.
    pub unloaded_classes: Option<u64>,
    /// Bytes of metaspace in use, as of the last collection.
    pub metaspace_used_bytes: Option<u64>,
    /// Bytes of metaspace that are committed.
    pub metaspace_capacity_bytes: Option<u64>,
    /// Time spent in compilation, in microseconds.
    pub compilation_us: Option<u64>,
    /// Flags of its command line that decide over memory and pauses, from an allow-list.
    pub flags: BTreeMap<String, String>,
    /// Bytes of counters that found no room (`-XX:PerfDataMemorySize`): some facts are then missing.
    pub overflow_bytes: u64,
}

/// A garbage collector, as the JVM names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JvmCollector {
    /// Its name, such as `G1 young collection pauses`.
    pub name: String,
    /// What it does.
    pub kind: GcKind,
    /// Collections since the JVM began.
    pub collections: Option<u64>,
    /// Time that all threads stood still for it, in microseconds.
    pub pause_us: Option<u64>,
}

/// What a collector does, as its place among the counters tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GcKind {
    /// The young generation.
    Young,
    /// All of the heap at once, everything else standing still.
    Full,
    /// Short pauses of a collector that works beside the program (G1, CMS).
    Concurrent,
    /// Pauses of cycles that collect everything beside the program: ZGC, and Shenandoah, which counts each as full.
    Cycle,
    /// Not known.
    #[default]
    Other,
}

impl GcKind {
    /// The label value, as in the snapshot.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Young => "young",
            Self::Full => "full",
            Self::Concurrent => "concurrent",
            Self::Cycle => "cycle",
            Self::Other => "other",
        }
    }
}

/// A space of the heap, as of the last collection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JvmSpace {
    /// Name of its generation.
    pub generation: String,
    /// Its name.
    pub space: String,
    /// Bytes in use.
    pub used_bytes: Option<u64>,
    /// Bytes that are committed.
    pub capacity_bytes: Option<u64>,
    /// Bytes that it may grow to.
    pub max_bytes: Option<u64>,
}
