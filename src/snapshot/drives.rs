//! What `/sys` tells of the block devices under the log directories: state, errors, links, arrays, paths, queues.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Failure;

/// The devices that matter to this node, by the kernel's name; or why one could not be looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Drives {
    /// One answer for each device.
    pub devices: BTreeMap<String, Result<Drive, Failure>>,
}

/// One block device. Whatever the kernel does not have for it, or does not let us read, is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Drive {
    /// `device/state` of a SCSI device, `state` of an NVMe controller, such as `running` or `live`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Commands that a SCSI drive takes at once; libata sets it to 1 after errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_depth: Option<u64>,
    /// Counters of the SCSI layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scsi: Option<ScsiCounters>,
    /// The link to the drive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// The SAS phys of its port, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub phys: BTreeMap<String, BTreeMap<SasError, u64>>,
    /// It is an md array.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub md: Option<Md>,
    /// It is a device mapper's: whether it is suspended, so that all its I/O waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended: Option<bool>,
    /// It is a multipath device: its paths by state.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub paths: BTreeMap<String, u64>,
    /// How its queue is set.
    pub queue: Queue,
    /// Files of it that were there and could not be read or understood in this look.
    pub unreadable: u64,
}

impl Drive {
    /// Whether the kernel sends it commands: SCSI says running, NVMe live; absent for devices without a state.
    #[must_use]
    pub fn is_running(&self) -> Option<bool> {
        self.state.as_deref().map(is_running)
    }

    /// Whether any path of a multipath device is; absent for other devices, and when the state of a path may be that and is not known.
    #[must_use]
    pub fn has_running_path(&self) -> Option<bool> {
        let any = self.paths.iter().any(|(state, count)| is_running(state) && *count > 0);
        (any || !(self.paths.is_empty() || self.paths.contains_key("unknown"))).then_some(any)
    }
}

fn is_running(state: &str) -> bool {
    ["running", "live"].contains(&state)
}

/// Counters of the SCSI layer; 32 bits each in the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScsiCounters {
    /// Commands that ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<u64>,
    /// Commands that ended with any result but success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<u64>,
    /// Commands that timed out; counted since Linux 6.3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<u64>,
}

/// A link, and what both its ends could do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// What it is.
    pub kind: LinkKind,
    /// Its speed against the best one of both ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_ratio: Option<f64>,
    /// Its lanes against the most of both ends; PCIe only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width_ratio: Option<f64>,
}

/// Kinds of links whose speed is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// SATA.
    #[default]
    Sata,
    /// PCI Express, of an NVMe drive.
    Pcie,
}

impl LinkKind {
    /// The label value, as in the snapshot.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sata => "sata",
            Self::Pcie => "pcie",
        }
    }
}

/// What a SAS phy counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SasError {
    /// Words that mean nothing.
    InvalidDword,
    /// Disparity errors.
    RunningDisparityError,
    /// Synchronisation was lost.
    LossOfDwordSync,
    /// Resets that failed.
    PhyResetProblem,
}

impl SasError {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::InvalidDword, Self::RunningDisparityError, Self::LossOfDwordSync, Self::PhyResetProblem];

    /// The label value, as in the snapshot; with `_count` the kernel's file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidDword => "invalid_dword",
            Self::RunningDisparityError => "running_disparity_error",
            Self::LossOfDwordSync => "loss_of_dword_sync",
            Self::PhyResetProblem => "phy_reset_problem",
        }
    }
}

/// An md array.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Md {
    /// Such as `raid10`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Such as `clean`, `active`, `inactive` or `broken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub array_state: Option<String>,
    /// Members that it should have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raid_disks: Option<u64>,
    /// Members that it lacks; absent for levels without redundancy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub degraded: Option<u64>,
    /// `idle`, `resync`, `recover`, `check`, `repair`, `reshape` or `frozen`; absent like `degraded`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_action: Option<String>,
    /// Sectors in which the last check found copies that differ; absent like `degraded`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mismatches: Option<u64>,
    /// Read errors that were corrected, by member.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub member_errors: BTreeMap<String, u64>,
}

impl Md {
    /// Whether it rebuilds, checks or reshapes itself now.
    #[must_use]
    pub fn syncs(&self) -> bool {
        self.sync_action.as_deref().is_some_and(|action| !matches!(action, "idle" | "frozen"))
    }
}

/// How a device's queue is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Queue {
    /// The scheduler in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler: Option<String>,
    /// `write back` or `write through`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_cache: Option<String>,
    /// Requests that may wait in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nr_requests: Option<u64>,
    /// Kibibytes that are read ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_ahead_kb: Option<u64>,
}
