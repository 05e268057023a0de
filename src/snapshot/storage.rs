//! What lies under each log directory: its mount, the layers of block devices below, and the drives at their end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Failure;

/// The map from log directories to drives, all in the node's mount name space.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Storage {
    /// By log directory as configured: what it lies on, or why that could not be seen.
    pub dirs: BTreeMap<String, Result<LogDirStorage, Failure>>,
    /// The drives below them, by kernel name such as `nvme0n1`.
    pub disks: BTreeMap<String, DiskFacts>,
}

/// What one log directory lies on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogDirStorage {
    /// Its path without symbolic links, as its node sees it.
    pub path: String,
    /// Whether `path` was looked at this time; else it is what was seen before, or the path as configured: the file system
    /// did not answer, or may not be looked at.
    pub resolved: bool,
    /// The mount point.
    pub mountpoint: String,
    /// Type of the file system, such as `xfs`.
    pub fs_type: String,
    /// `MAJOR:MINOR` of the file system: the same for all mounts of it.
    pub fs: String,
    /// What is mounted, such as `/dev/sdb1` or `server:/export`, without a user's name.
    pub source: String,
    /// Options of the mount, from an allow-list.
    pub options: Vec<String>,
    /// Options of the file system, from an allow-list.
    pub super_options: Vec<String>,
    /// What carries the file system.
    pub backing: Backing,
    /// What the file system does when its device fails; ext4 and XFS tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<FsPolicy>,
    /// Kernel name of the block device directly under the file system; absent when there is none, or several.
    pub device: Option<String>,
    /// The devices between the file system and the drives, from the top down; empty when it lies on a whole drive.
    pub layers: Vec<Layer>,
    /// Kernel names of the drives at the end, keys of [`Storage::disks`]; empty when there are none or `/sys` does not tell.
    pub drives: Vec<String>,
}

impl LogDirStorage {
    /// Every block device from the file system down to the drives, by kernel name, each once.
    pub fn devices(&self) -> impl Iterator<Item = &str> {
        let layers = self.layers.iter().filter(|layer| layer.device.is_some()).map(|layer| layer.name.as_str());
        layers.chain(self.drives.iter().map(String::as_str))
    }
}

/// What a file system does when its device fails.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FsPolicy {
    /// ext4's `errors=`: continue, remount-ro or panic.
    pub on_error: Option<String>,
    /// ext4's `data=`.
    pub data: Option<String>,
    /// Whether barriers are on (ext4).
    pub barrier: Option<bool>,
    /// How often XFS repeats a metadata write that failed with EIO; -1 is for ever.
    pub eio_retries: Option<i64>,
}

/// What carries a file system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backing {
    /// Block devices.
    Block,
    /// A server, through NFS, CIFS, Ceph, 9p or their like.
    Network,
    /// Memory: gone with the machine.
    Memory,
    /// A container's own layer; the layers below say where its upper directory lies.
    Overlay,
    /// A ZFS pool, which `/sys` does not resolve to drives.
    Zfs,
    /// A program (FUSE).
    Fuse,
    /// Not known.
    #[default]
    Unknown,
}

impl Backing {
    /// The label value, as in the snapshot.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Network => "network",
            Self::Memory => "memory",
            Self::Overlay => "overlay",
            Self::Zfs => "zfs",
            Self::Fuse => "fuse",
            Self::Unknown => "unknown",
        }
    }
}

/// One layer between a file system and its drives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layer {
    /// What it is.
    pub kind: LayerKind,
    /// Its kernel name; of btrfs the UUID, of overlay `upper`.
    pub name: String,
    /// `MAJOR:MINOR`; absent for a layer that is no block device (btrfs, overlay).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// What else is known: the RAID level, the name of the volume or map, the backing file, the upper directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Kernel names of what lies directly below it.
    pub below: Vec<String>,
}

/// Kind of a [`Layer`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerKind {
    /// A partition, of a drive or of a map.
    Partition,
    /// A logical volume (LVM).
    Lvm,
    /// An encrypted volume (dm-crypt).
    Crypt,
    /// Several paths to one drive (dm-multipath).
    Multipath,
    /// Another map of the device mapper.
    #[default]
    Dm,
    /// Software RAID.
    Md,
    /// A file as a device.
    Loop,
    /// A cache in front of a slower device.
    Bcache,
    /// A device of another kind on others.
    Stacked,
    /// The members of a btrfs file system.
    Btrfs,
    /// A container's own layer.
    Overlay,
}

impl LayerKind {
    /// As in the snapshot and in labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Partition => "partition",
            Self::Lvm => "lvm",
            Self::Crypt => "crypt",
            Self::Multipath => "multipath",
            Self::Dm => "dm",
            Self::Md => "md",
            Self::Loop => "loop",
            Self::Bcache => "bcache",
            Self::Stacked => "stacked",
            Self::Btrfs => "btrfs",
            Self::Overlay => "overlay",
        }
    }
}

/// A drive. Every fact is absent when the kernel does not tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DiskFacts {
    /// `MAJOR:MINOR`.
    pub device: String,
    /// What it is to a model of its latency.
    pub class: DiskClass,
    /// Maker and model.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Revision of its firmware.
    pub firmware: Option<String>,
    /// World-wide name.
    pub wwid: Option<String>,
    /// Whether the kernel takes it for a spinning one.
    pub rotational: Option<bool>,
    /// Its size.
    pub size_bytes: Option<u64>,
    /// PCI address of the nearest device above it, such as `0000:3b:00.0`: the drive itself (NVMe) or its controller.
    pub pci: Option<String>,
    /// Port of libata, such as `ata3`.
    pub ata_port: Option<String>,
    /// `HOST:CHANNEL:TARGET:LUN`.
    pub scsi: Option<String>,
    /// Its directory below the root of `/sys`, without symbolic links.
    pub sysfs: String,
}

/// Class of a drive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiskClass {
    /// NVMe, network volumes that a cloud shows as NVMe among them.
    Nvme,
    /// Another that does not spin.
    Ssd,
    /// One that spins.
    Hdd,
    /// A hypervisor's, a loop device, or another that is no hardware.
    #[default]
    Virtual,
}

impl DiskClass {
    /// The label value, as in the snapshot.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nvme => "nvme",
            Self::Ssd => "ssd",
            Self::Hdd => "hdd",
            Self::Virtual => "virtual",
        }
    }
}
