//! Block devices below a file system, as `/sys` shows them: the layers, and the drives at their end. Runs in the reader
//! process only: attributes of a dying drive may hang.
//!
//! References: sysfs-block, sysfs-block-dm, md.rst, sysfs-fs-btrfs of the kernel's documentation; `SCSI_VPD_PG80` (SPC) for
//! the serial number. `/sys/block` is not part of a name space: a container sees the machine's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::kernel_files::{read_small, real_path};
use super::mounts::{Mount, mount_of};
use crate::limits::{BLOCK_DEVICES_MAX, BLOCK_LAYERS_MAX};
use crate::snapshot::{DiskClass, DiskFacts, Layer, LayerKind};

/// What lies below a file system.
#[derive(Debug, Default)]
pub struct Below {
    /// Layers, from the top down.
    pub layers: Vec<Layer>,
    /// Kernel names of the drives, in the order in which they were met.
    pub drives: Vec<String>,
    /// What is known of them.
    pub disks: BTreeMap<String, DiskFacts>,
}

/// A walk through the devices of one `/sys`.
#[derive(Debug)]
pub struct BlockDevices<M> {
    sysfs: PathBuf,
    mount_of: M,
    /// Whether the facts of drives are wanted: each takes a dozen files.
    with_facts: bool,
    seen: BTreeSet<String>,
    below: Below,
}

impl<M: Fn(&Path) -> Option<Mount>> BlockDevices<M> {
    /// A walk that has seen nothing; `mount_of` tells on which of the machine's mounts a file lies, and is asked only for
    /// those behind loop devices and overlays.
    #[must_use]
    pub fn new(sysfs: &Path, mount_of: M) -> Self {
        let sysfs = real_path(sysfs).unwrap_or_else(|_| sysfs.to_path_buf());
        Self { sysfs, mount_of, with_facts: true, seen: BTreeSet::new(), below: Below::default() }
    }

    /// What was found.
    #[must_use]
    pub fn into_below(self) -> Below {
        self.below
    }

    /// Follows the file system of `mount` down to its drives; the kernel name of the one device directly under it.
    pub fn follow_mount(&mut self, mount: &Mount) -> Option<String> {
        self.follow_mount_at(mount, 0)
    }

    fn follow_mount_at(&mut self, mount: &Mount, depth: usize) -> Option<String> {
        if depth > BLOCK_LAYERS_MAX {
            return None;
        }
        if !mount.fs.starts_with("0:") {
            return self.follow(&mount.fs, depth);
        }
        // File systems over several devices have a number of their own, and so have those without any.
        match mount.kind.as_str() {
            "btrfs" => self.follow_btrfs(mount, depth),
            "overlay" => {
                self.follow_overlay(mount, depth);
                None
            }
            _ => self.follow_source(mount, depth),
        }
    }

    /// The devices that the source names: `/dev/sda1`, and of bcachefs `/dev/sda:/dev/sdb`.
    fn follow_source(&mut self, mount: &Mount, depth: usize) -> Option<String> {
        let named: Vec<&str> = mount.source.split(':').filter_map(|part| part.strip_prefix("/dev/")).collect();
        let devices: Vec<String> = named.iter().filter_map(|name| self.number_of(name)).collect();
        let names: Vec<String> = devices.iter().filter_map(|device| self.follow(device, depth + 1)).collect();
        <[String; 1]>::try_from(names).ok().map(|[only]| only)
    }

    fn follow_btrfs(&mut self, mount: &Mount, depth: usize) -> Option<String> {
        let base = mount.source.rsplit('/').next().unwrap_or("").to_owned();
        let file_systems = names_in(&self.sysfs.join("fs/btrfs"));
        let found = file_systems.into_iter().find_map(|uuid| {
            let at = self.sysfs.join("fs/btrfs").join(&uuid).join("devices");
            let members = names_in(&at);
            // A source such as /dev/mapper/NAME is known by the name of its map, one by its UUID by that.
            let is_member = |name: &String| *name == base || text(&at.join(name).join("dm/name")) == Some(base.clone());
            (uuid == base || members.iter().any(is_member)).then_some((uuid, at, members))
        });
        let Some((uuid, at, members)) = found else { return self.follow_source(mount, depth) };
        let place = self.below.layers.len();
        self.below.layers.push(Layer { kind: LayerKind::Btrfs, name: uuid, ..Layer::default() });
        let devices = members.iter().filter_map(|name| text(&at.join(name).join("dev")));
        let names: Vec<String> =
            devices.collect::<Vec<_>>().iter().filter_map(|device| self.follow(device, depth + 1)).collect();
        self.below.layers[place].below.clone_from(&names);
        <[String; 1]>::try_from(names).ok().map(|[only]| only)
    }

    fn follow_overlay(&mut self, mount: &Mount, depth: usize) {
        let Some(upper) = mount.super_option("upperdir") else { return };
        let place = self.below.layers.len();
        let detail = Some(upper.to_owned());
        self.below.layers.push(Layer { kind: LayerKind::Overlay, name: "upper".into(), detail, ..Layer::default() });
        let under = (self.mount_of)(Path::new(upper)).filter(|under| under.kind != "overlay");
        let name = under.and_then(|under| self.follow_mount_at(&under, depth + 1));
        self.below.layers[place].below.extend(name);
    }

    /// Follows the device `MAJOR:MINOR`; its kernel name, absent when `/sys` does not know it.
    fn follow(&mut self, device: &str, depth: usize) -> Option<String> {
        let at = real_path(&self.sysfs.join("dev/block").join(device)).ok()?;
        let name = at.file_name()?.to_string_lossy().into_owned();
        if !self.seen.insert(name.clone()) || depth > BLOCK_LAYERS_MAX || self.seen.len() > BLOCK_DEVICES_MAX {
            return Some(name);
        }
        let parent = at.join("partition").exists().then(|| at.parent().and_then(|disk| text(&disk.join("dev"))));
        let (kind, detail, devices) = match parent {
            Some(disk) => (LayerKind::Partition, None, disk.into_iter().collect()),
            None => {
                let slaves = names_in(&at.join("slaves"));
                let devices: Vec<String> =
                    slaves.iter().filter_map(|slave| text(&at.join("slaves").join(slave).join("dev"))).collect();
                let (kind, detail) = layer_of(&at);
                (kind, detail, devices)
            }
        };
        let backing_file = text(&at.join("loop/backing_file"));
        if devices.is_empty() && backing_file.is_none() {
            self.leaf(&at, name.clone(), device);
            return Some(name);
        }
        let place = self.below.layers.len();
        let layer = Layer { kind, name: name.clone(), device: Some(device.to_owned()), detail, below: vec![] };
        self.below.layers.push(layer);
        let below: Vec<String> = match &backing_file {
            Some(file) => self.follow_backing_file(file, depth + 1).into_iter().collect(),
            None => devices.iter().filter_map(|device| self.follow(device, depth + 1)).collect(),
        };
        if below.is_empty() {
            // A file on something that is no device: the loop device is the end of what can be told.
            self.below.layers.truncate(place);
            self.leaf(&at, name.clone(), device);
        } else {
            self.below.layers[place].below = below;
        }
        Some(name)
    }

    /// The device below a loop device's file, by the file's name: looking at it could hang.
    fn follow_backing_file(&mut self, file: &str, depth: usize) -> Option<String> {
        let mount = (self.mount_of)(Path::new(file))?;
        // What a container has for `/` is not where the machine's file lies.
        if mount.kind == "overlay" { None } else { self.follow_mount_at(&mount, depth) }
    }

    fn leaf(&mut self, at: &Path, name: String, device: &str) {
        if !self.below.drives.contains(&name) {
            self.below.drives.push(name.clone());
        }
        if self.with_facts {
            self.below.disks.insert(name.clone(), self.facts(at, &name, device));
        }
    }

    fn facts(&self, at: &Path, name: &str, device: &str) -> DiskFacts {
        let hardware = real_path(&at.join("device")).unwrap_or_else(|_| at.join("device"));
        let first = |names: &[&Path]| names.iter().find_map(|name| text(name));
        let model = match (text(&hardware.join("vendor")), text(&hardware.join("model"))) {
            // Of an ATA drive the vendor is just that word; of virtio it is a number.
            (Some(vendor), Some(model)) if vendor != "ATA" && !vendor.starts_with("0x") => {
                Some(format!("{vendor} {model}"))
            }
            (_, model) => model,
        };
        let rotational = text(&at.join("queue/rotational")).and_then(|word| match word.as_str() {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        });
        let path = self.hardware_path(at, &hardware);
        let part = |is: fn(&str) -> bool| path.iter().rev().find(|part| is(part)).cloned();
        DiskFacts {
            device: device.to_owned(),
            class: class_of(name, &path, model.as_deref(), rotational),
            serial: first(&[&hardware.join("serial"), &at.join("serial")]).or_else(|| unit_serial(&hardware)),
            firmware: first(&[&hardware.join("firmware_rev"), &hardware.join("rev"), &hardware.join("fwrev")]),
            wwid: first(&[&at.join("wwid"), &hardware.join("wwid")]),
            rotational,
            size_bytes: text(&at.join("size"))
                .and_then(|size| size.parse::<u64>().ok()?.checked_mul(512))
                .filter(|bytes| *bytes > 0),
            pci: part(is_pci_address),
            ata_port: part(is_ata_port),
            scsi: part(is_scsi_address),
            sysfs: at.strip_prefix(&self.sysfs).unwrap_or(at).to_string_lossy().into_owned(),
            model,
        }
    }

    /// The names of the directories above a drive. The head of NVMe's own multipath is virtual: then those above its first
    /// controller.
    fn hardware_path(&self, at: &Path, hardware: &Path) -> Vec<String> {
        let parts = |path: &Path| -> Vec<String> {
            let below = path.strip_prefix(&self.sysfs).unwrap_or(path);
            let names = below.components().filter_map(|part| match part {
                Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
                _ => None,
            });
            names.collect()
        };
        let own = parts(at);
        if !own.iter().any(|part| part == "nvme-subsystem") {
            return own;
        }
        let is_controller = |name: &&String| {
            name.strip_prefix("nvme").is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let names = names_in(hardware);
        let controllers = names.iter().filter(is_controller).filter_map(|name| real_path(&hardware.join(name)).ok());
        controllers.map(|path| parts(&path)).next().unwrap_or(own)
    }

    /// `MAJOR:MINOR` of the device of a name in `/dev`, or of a map.
    fn number_of(&self, name: &str) -> Option<String> {
        let class = self.sysfs.join("class/block");
        if let Some(map) = name.strip_prefix("mapper/") {
            let maps = names_in(&class).into_iter().filter(|name| name.starts_with("dm-"));
            return maps
                .map(|name| class.join(name))
                .find(|at| text(&at.join("dm/name")).as_deref() == Some(map))
                .and_then(|at| text(&at.join("dev")));
        }
        text(&class.join(name.replace('/', "!")).join("dev"))
    }
}

/// What a device that is no partition is, and what else is known of it.
fn layer_of(at: &Path) -> (LayerKind, Option<String>) {
    if at.join("dm").is_dir() {
        let uuid = text(&at.join("dm/uuid")).unwrap_or_default();
        let kind = match uuid.split('-').next().unwrap_or("") {
            "LVM" => LayerKind::Lvm,
            "CRYPT" => LayerKind::Crypt,
            "mpath" => LayerKind::Multipath,
            part if part.starts_with("part") => LayerKind::Partition,
            _ => LayerKind::Dm,
        };
        return (kind, text(&at.join("dm/name")));
    }
    if at.join("md").is_dir() {
        return (LayerKind::Md, text(&at.join("md/level")));
    }
    if at.join("loop").is_dir() {
        return (LayerKind::Loop, text(&at.join("loop/backing_file")));
    }
    if at.join("bcache").is_dir() {
        return (LayerKind::Bcache, None);
    }
    (LayerKind::Stacked, None)
}

fn class_of(name: &str, path: &[String], model: Option<&str>, rotational: Option<bool>) -> DiskClass {
    /// Models that hypervisors give their disks (QEMU, VMware, Hyper-V, Google, VirtualBox, Xen).
    const VIRTUAL_MODELS: &[&str] =
        &["QEMU HARDDISK", "Virtual disk", "Virtual Disk", "PersistentDisk", "EphemeralDisk", "VBOX HARDDISK", "VDISK"];
    if name.starts_with("nvme") {
        return DiskClass::Nvme;
    }
    let is_virtual_path =
        path.iter().any(|part| part == "virtual" || part.starts_with("virtio") || part.starts_with("vbd-"));
    let is_virtual_model = model.is_some_and(|model| VIRTUAL_MODELS.iter().any(|known| model.contains(known)));
    match rotational {
        _ if is_virtual_path || is_virtual_model => DiskClass::Virtual,
        Some(true) => DiskClass::Hdd,
        Some(false) => DiskClass::Ssd,
        None => DiskClass::Virtual,
    }
}

/// The unit serial number of a SCSI device: page 80h, a header of 4 bytes and ASCII.
fn unit_serial(hardware: &Path) -> Option<String> {
    let page = read_small(&hardware.join("vpd_pg80")).ok()?;
    let [_, 0x80, high, low, serial @ ..] = page.as_slice() else { return None };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    clean(serial.get(..length.min(serial.len()))?)
}

fn is_pci_address(part: &str) -> bool {
    let shape = "dddd:dd:dd.d";
    let hex = |byte: u8| byte.is_ascii_hexdigit();
    // A domain may have more than four digits (VMD).
    part.len() >= shape.len()
        && part.bytes().rev().zip(shape.bytes().rev()).all(|(byte, at)| if at == b'd' { hex(byte) } else { byte == at })
        && part.bytes().take(part.len() - shape.len()).all(hex)
}

fn is_ata_port(part: &str) -> bool {
    part.strip_prefix("ata").is_some_and(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_scsi_address(part: &str) -> bool {
    let numbers: Vec<&str> = part.split(':').collect();
    numbers.len() == 4
        && numbers.iter().all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Names in a directory, sorted; none when it cannot be listed.
fn names_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The text of an attribute; absent when it is empty, missing or denied.
fn text(path: &Path) -> Option<String> {
    clean(&read_small(path).ok()?)
}

/// Bytes that a drive gave: padded with blanks or zeros, and sometimes not text at all.
fn clean(bytes: &[u8]) -> Option<String> {
    let text: String =
        String::from_utf8_lossy(bytes).chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The whole disk under the file system `MAJOR:MINOR`; where several are, the device that joins them. Absent when there
/// is none (a network, memory) or `/sys` does not tell.
#[must_use]
pub fn whole_disk(sysfs: &Path, mount: &Mount, mounts: &[Mount]) -> Option<String> {
    let mut walk =
        BlockDevices { with_facts: false, ..BlockDevices::new(sysfs, |file: &Path| mount_of(mounts, file).cloned()) };
    let mut at = walk.follow_mount(mount)?;
    let below = walk.into_below();
    while let Some(layer) = below.layers.iter().find(|layer| layer.name == at) {
        match layer.below.as_slice() {
            [only] => at.clone_from(only),
            _ => break,
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_told_from_other_names() {
        assert!(is_pci_address("0000:3b:00.0") && is_pci_address("10000:e1:00.0"));
        assert!(!is_pci_address("pci0000:3a") && !is_pci_address("0000:3b:00") && !is_pci_address("0:0:0:0"));
        assert!(is_scsi_address("2:0:11:0") && !is_scsi_address("target2:0:0") && !is_scsi_address("host2"));
        assert!(is_ata_port("ata12") && !is_ata_port("ata_port") && !is_ata_port("ata"));
    }

    #[test]
    fn classes_follow_the_bus_the_model_and_then_rotation() {
        let class = |name: &str, path: &str, model: Option<&str>, rotational| {
            let path: Vec<String> = path.split('/').map(str::to_owned).collect();
            class_of(name, &path, model, rotational)
        };
        let scsi = "devices/pci0000:00/0000:00:17.0/ata3/host2/target2:0:0/2:0:0:0/block/sda";
        assert_eq!(class("nvme0n1", "devices/virtual/nvme-subsystem", None, Some(false)), DiskClass::Nvme);
        assert_eq!(class("sda", scsi, Some("ST4000"), Some(true)), DiskClass::Hdd);
        assert_eq!(class("sda", scsi, Some("Micron"), Some(false)), DiskClass::Ssd);
        assert_eq!(class("sda", scsi, Some("QEMU QEMU HARDDISK"), Some(true)), DiskClass::Virtual);
        assert_eq!(
            class("vda", "devices/pci0000:00/0000:00:04.0/virtio1/block/vda", None, Some(true)),
            DiskClass::Virtual
        );
        assert_eq!(class("loop0", "devices/virtual/block/loop0", None, Some(false)), DiskClass::Virtual);
        assert_eq!(class("sda", scsi, None, None), DiskClass::Virtual, "nothing is claimed of what does not tell");
    }

    proptest! {
        #[test]
        fn no_bytes_of_a_drive_break_a_line(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Some(text) = clean(&bytes) {
                prop_assert!(!text.is_empty() && text.trim() == text && !text.chars().any(char::is_control));
            }
        }

        #[test]
        fn no_name_breaks_the_addresses(name in ".{0,40}") {
            let _ = (is_pci_address(&name), is_scsi_address(&name), is_ata_port(&name));
        }
    }
}
