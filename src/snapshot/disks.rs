//! What the block devices under the log directories do: counters of the kernel, whether they stall, whether they are slow.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::DiskClass;

/// The devices that matter to this node, by the kernel's name, such as `nvme0n1` or `md0`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Disks {
    /// Those with a line in `/proc/diskstats`.
    pub devices: BTreeMap<String, Disk>,
    /// Lines of them that could not be understood, since this process started.
    pub parse_errors: u64,
}

/// One block device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Disk {
    /// What it is made of; absent for a layer over other devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<DiskClass>,
    /// Its counters.
    pub counters: DiskCounters,
    /// Whether it holds I/O that does not end.
    pub stall: Stall,
    /// Whether it is slow, by operation; only of drives that have no device below them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub slowness: BTreeMap<DiskOp, Slowness>,
    /// Why it is not judged now; absent when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inhibited: Option<Inhibited>,
}

/// Kinds of operations that the kernel counts apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiskOp {
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// Giving blocks back to the drive; counted since Linux 4.18.
    Discard,
    /// Emptying the drive's own cache; counted since Linux 5.5.
    Flush,
}

impl DiskOp {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Discard, Self::Flush];

    /// The label value, as in the snapshot.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Discard => "discard",
            Self::Flush => "flush",
        }
    }
}

/// Counters of one device. In a snapshot they only grow: what wraps in the kernel is carried on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DiskCounters {
    /// By operation; those that the kernel does not count are absent.
    pub ops: BTreeMap<DiskOp, IoCounters>,
    /// Milliseconds in which something was in flight.
    pub busy_ms: u64,
    /// Operations in flight; absent when the kernel says nonsense.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_flight: Option<u64>,
}

impl DiskCounters {
    /// Operations of all kinds that have ended.
    #[must_use]
    pub fn completed(&self) -> u64 {
        self.ops.values().fold(0, |sum, op| sum.wrapping_add(op.completed))
    }
}

/// Counters of one kind of operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IoCounters {
    /// Operations that ended, after merging.
    pub completed: u64,
    /// Bytes that they moved; 0 for flushes.
    pub bytes: u64,
    /// Milliseconds that they took, summed.
    pub time_ms: u64,
}

/// Whether a device holds I/O that does not end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stall {
    /// Milliseconds in which something was in flight and nothing of any kind ended, until now; 0 when something did.
    pub stalled_ms: u64,
    /// Stalls of [`crate::derive::disk_io::STALL_MS_MIN`] and more, since this process started.
    pub stalls: u64,
    /// Milliseconds that those took.
    pub total_ms: u64,
}

/// What a drive's own history says of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Slowness {
    /// Whether it is slow; absent while too little of its load is known to judge it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow: Option<bool>,
    /// Median of latency against what the same load had before, over ten minutes; absent like `slow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// Share of the last ten minutes above the 99th percentile of the same load; absent like `slow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outliers: Option<f64>,
    /// Seconds that an operation should take under the last load: the median; absent for a load that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_median: Option<f64>,
    /// The same, the 99th percentile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_p99: Option<f64>,
    /// Milliseconds for which it was slow, since this process started.
    pub slow_ms: u64,
    /// Milliseconds for which it was judged, since this process started.
    pub judged_ms: u64,
}

/// Why drives are not judged for a while: what they do then says nothing about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inhibited {
    /// An md array over it rebuilds or checks itself.
    MdSync,
    /// The node started a short while ago and may be reading its logs to recover them.
    BrokerStart,
}

impl Inhibited {
    /// The label value, as in the snapshot.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MdSync => "md_sync",
            Self::BrokerStart => "broker_start",
        }
    }
}
