//! What lies under the log directories. Every block device in between has a series whose `device` is that of the
//! `kafka_disk_*` metrics, so that `and on (instance, device)` names the log directories of a device.

use super::{Collector, Options, Seen};
use crate::exposition::{Metric, Samples, Scope};
use crate::snapshot::{DiskFacts, LogDirStorage};
use crate::sources::STORAGE;

pub(super) static COLLECTOR: Collector = Collector {
    name: "storage",
    about: "what the log directories lie on, down to the drives",
    sources: &[&STORAGE],
    families: &[&DEVICE_INFO.family, &POLICY.family, &DISK_INFO.family, &DISK_SIZE.family],
    collect,
};

static DEVICE_INFO: Metric<6> = Metric::info(
    "kafka_log_dir_device_info",
    Scope::Broker,
    &["log_dir", "mountpoint", "fstype", "device", "role", "via"],
    "A block device under a log directory: role filesystem directly under the file system, layer in between, drive at the \
     end; via is the way down to it, outermost first. Without block devices there is one series with an empty device, \
     whose role says what there is instead (network, memory, overlay, zfs, fuse, unknown).",
);
static POLICY: Metric<5> = Metric::info(
    "kafka_log_dir_filesystem_policy_info",
    Scope::Broker,
    &["log_dir", "errors", "data", "barrier", "eio_retries"],
    "What the log directory's file system does when its device fails: errors, data and barrier of ext4, how often XFS \
     repeats a metadata write (-1 for ever: a dead drive then hangs instead of failing); what is not told is empty.",
);
static DISK_INFO: Metric<6> = Metric::info(
    "kafka_disk_info",
    Scope::Broker,
    &["device", "class", "model", "serial", "firmware", "pci"],
    "A drive under a log directory; class is nvme, ssd, hdd or virtual, pci the address of the drive or its controller; \
     what the kernel does not tell is empty.",
);
static DISK_SIZE: Metric<1> =
    Metric::gauge("kafka_disk_size_bytes", Scope::Broker, &["device"], "Size of a drive under a log directory.");

fn collect(Seen { view, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    let Some(storage) = view.node.storage.fresh(view.now) else { return };
    for (log_dir, dir) in &storage.dirs {
        if let Ok(dir) = dir {
            devices(log_dir, dir, samples);
            policy(log_dir, dir, samples);
        }
    }
    for (name, disk) in &storage.disks {
        drive(name, disk, samples);
    }
}

fn devices(log_dir: &str, dir: &LogDirStorage, samples: &mut Samples) {
    let mut push = |device: &str, role: &str, via: &str| {
        samples.push(&DEVICE_INFO, [log_dir, &dir.mountpoint, &dir.fs_type, device, role, via], 1);
    };
    let mut some = false;
    for device in dir.devices() {
        let is_drive = dir.drives.iter().any(|drive| drive == device);
        let role = match dir.device.as_deref() == Some(device) {
            true if !is_drive => "filesystem",
            _ if is_drive => "drive",
            _ => "layer",
        };
        push(device, role, &way_to(dir, device));
        some = true;
    }
    if !some {
        push("", dir.backing.as_str(), "");
    }
}

fn policy(log_dir: &str, dir: &LogDirStorage, samples: &mut Samples) {
    let Some(policy) = &dir.policy else { return };
    let [errors, data] = [&policy.on_error, &policy.data].map(|value| value.clone().unwrap_or_default());
    let barrier = policy.barrier.map_or(String::new(), |on| on.to_string());
    let retries = policy.eio_retries.map_or(String::new(), |retries| retries.to_string());
    samples.push(&POLICY, [log_dir, &errors, &data, &barrier, &retries], 1);
}

/// The layers above `device`, outermost first: `lvm:dm-3,md:md0`.
fn way_to(dir: &LogDirStorage, device: &str) -> String {
    let mut way = Vec::new();
    let mut at = device;
    // A layer stands before what is below it, so each step goes back; the first parent is enough to find the way.
    while let Some(above) = dir.layers.iter().find(|layer| layer.below.iter().any(|name| name == at)) {
        way.push(format!("{}:{}", above.kind.as_str(), above.name));
        at = &above.name;
        if way.len() > dir.layers.len() {
            break;
        }
    }
    way.reverse();
    way.join(",")
}

fn drive(name: &str, disk: &DiskFacts, samples: &mut Samples) {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let [model, serial, firmware, pci] = [&disk.model, &disk.serial, &disk.firmware, &disk.pci].map(text);
    samples.push(&DISK_INFO, [name, disk.class.as_str(), &model, &serial, &firmware, &pci], 1);
    if let Some(bytes) = disk.size_bytes {
        samples.push(&DISK_SIZE, [name], bytes);
    }
}
