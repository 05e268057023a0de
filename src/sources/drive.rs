//! Attributes of one block device in `/sys`. Runs in the reader process only: those of a dying drive may hang.
//!
//! References of the kernel's documentation: sysfs-block, sysfs-block-device, md.rst, sysfs-ata, sysfs-bus-pci. A container
//! sees the machine's `/sys/block`; what is masked there reads as empty, which is unknown.

use std::fs;
use std::path::{Path, PathBuf};

use super::kernel_files::{read_small, real_path};
use super::properties::file_failure;
use crate::snapshot::{Drive, ErrorKind, Failure, Link, LinkKind, Md, Queue, SasError, ScsiCounters};

/// What `/sys` tells of the device with this kernel name.
///
/// # Errors
/// `NotFound` when there is no such device, `Unsupported` when `/sys` shows none at all.
pub fn read_drive(sysfs: &Path, name: &str) -> Result<Drive, Failure> {
    let all = sysfs.join("class/block");
    let unknown = || Failure::new(ErrorKind::NotFound, format!("{name} is not in {}.", all.display()));
    if name.is_empty() || name.contains('/') || name.starts_with('.') {
        return Err(unknown());
    }
    let at = real_path(&all.join(name)).map_err(|error| match error.kind() {
        // A drive that is not among the others has left; where none can be seen, nothing is known of it.
        std::io::ErrorKind::NotFound if all.exists() => unknown(),
        std::io::ErrorKind::NotFound => {
            let message = format!("{} is not there: give the machine's /sys (--path.sysfs).", all.display());
            Failure::new(ErrorKind::Unsupported, message)
        }
        _ => file_failure(&all.join(name), &error),
    })?;
    let mut look = Look::default();
    // A partition has the queue and the drive of its disk, which is looked at too.
    if at.join("partition").exists() {
        return Ok(Drive::default());
    }
    let mut drive = Drive { queue: queue(&mut look, &at.join("queue")), ..Drive::default() };
    // The kernel's names tell which of them there can be.
    if at.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"md")) {
        drive.md = md(&mut look, &at.join("md"));
    }
    if at.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"dm-")) {
        drive.suspended = look.number(&at.join("dm/suspended")).map(|suspended| suspended != 0);
        if look.text(&at.join("dm/uuid")).is_some_and(|uuid| uuid.starts_with("mpath-")) {
            paths(&mut look, &at.join("slaves"), &mut drive);
        }
    }
    if let Ok(device) = real_path(&at.join("device")) {
        hardware(&mut look, sysfs, &device, &mut drive);
    }
    drive.unreadable = look.unreadable;
    Ok(drive)
}

/// Reads small files, and counts those that are there and say nothing of use.
#[derive(Debug, Default)]
struct Look {
    unreadable: u64,
}

impl Look {
    /// The file's text without blanks around it; absent when there is no such file, or nothing in it.
    fn text(&mut self, path: &Path) -> Option<String> {
        let bytes = match read_small(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            read => read.ok(),
        };
        let text = bytes
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty());
        self.unreadable += u64::from(text.is_none());
        text
    }

    fn parsed<T>(&mut self, path: &Path, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(path)?;
        let parsed = parse(&text);
        self.unreadable += u64::from(parsed.is_none());
        parsed
    }

    fn number(&mut self, path: &Path) -> Option<u64> {
        self.parsed(path, |text| text.parse().ok())
    }

    /// A short word that may become a label.
    fn word(&mut self, path: &Path) -> Option<String> {
        self.parsed(path, parse_word)
    }
}

/// A state as the kernel names it: letters, digits, blanks and hyphens.
fn parse_word(text: &str) -> Option<String> {
    const BYTES_MAX: usize = 40;
    let plain = |next: char| next.is_ascii_alphanumeric() || " -_.".contains(next);
    (!text.is_empty() && text.len() <= BYTES_MAX && text.chars().all(plain)).then(|| text.to_owned())
}

/// `0x1a`.
fn parse_hex(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

/// `6.0 Gbps` or `8.0 GT/s PCIe`; a link that is down has none.
fn parse_speed(text: &str) -> Option<f64> {
    let (number, unit) = text.split_once(' ')?;
    let known = unit == "Gbps" || unit.starts_with("GT/s");
    number.parse().ok().filter(|speed: &f64| known && speed.is_finite() && *speed > 0.0)
}

/// `mq-deadline kyber [none]`.
fn parse_scheduler(text: &str) -> Option<String> {
    let chosen = text.split('[').nth(1).and_then(|rest| rest.split(']').next()).unwrap_or(text);
    parse_word(chosen)
}

fn queue(look: &mut Look, at: &Path) -> Queue {
    Queue {
        scheduler: look.parsed(&at.join("scheduler"), parse_scheduler),
        write_cache: look.word(&at.join("write_cache")),
        nr_requests: look.number(&at.join("nr_requests")),
        read_ahead_kb: look.number(&at.join("read_ahead_kb")),
    }
}

fn md(look: &mut Look, at: &Path) -> Option<Md> {
    let array_state = look.word(&at.join("array_state"));
    let level = look.word(&at.join("level"));
    if array_state.is_none() && level.is_none() {
        return None;
    }
    let mut md = Md {
        level,
        array_state,
        raid_disks: look.number(&at.join("raid_disks")),
        degraded: look.number(&at.join("degraded")),
        sync_action: look.word(&at.join("sync_action")),
        mismatches: look.number(&at.join("mismatch_cnt")),
        ..Md::default()
    };
    for (name, member) in entries(at) {
        if let Some(device) = name.strip_prefix("dev-")
            && let Some(errors) = look.number(&member.join("errors"))
        {
            md.member_errors.insert(device.to_owned(), errors);
        }
    }
    Some(md)
}

/// The paths of a multipath map, each by the state of its device.
fn paths(look: &mut Look, slaves: &Path, drive: &mut Drive) {
    for (_, slave) in entries(slaves) {
        let state = look.word(&slave.join("device/state")).unwrap_or_else(|| "unknown".to_owned());
        *drive.paths.entry(state).or_default() += 1;
    }
}

fn hardware(look: &mut Look, sysfs: &Path, device: &Path, drive: &mut Drive) {
    let is_nvme =
        |name: &str| name.strip_prefix("nvme").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    let name = device.file_name().and_then(|name| name.to_str()).unwrap_or("");
    if name.starts_with("nvme-subsys") {
        // The kernel's own multipath: the controllers are the paths.
        for (_, controller) in entries(device).into_iter().filter(|(name, _)| is_nvme(name)) {
            let state = look.word(&controller.join("state")).unwrap_or_else(|| "unknown".to_owned());
            *drive.paths.entry(state).or_default() += 1;
            let link = pcie_link(look, &controller.join("device"));
            // The worst one is told.
            let worst = |link: &Link| link.speed_ratio.unwrap_or(1.0) * link.width_ratio.unwrap_or(1.0);
            drive.link = drive.link.into_iter().chain(link).min_by(|one, other| worst(one).total_cmp(&worst(other)));
        }
        return;
    }
    drive.state = look.word(&device.join("state"));
    if is_nvme(name) {
        drive.link = pcie_link(look, &device.join("device"));
        return;
    }
    drive.queue_depth = look.number(&device.join("queue_depth"));
    let scsi = ScsiCounters {
        done: look.parsed(&device.join("iodone_cnt"), parse_hex),
        errors: look.parsed(&device.join("ioerr_cnt"), parse_hex),
        timeouts: look.parsed(&device.join("iotmo_cnt"), parse_hex),
    };
    drive.scsi = (scsi != ScsiCounters::default()).then_some(scsi);
    let components: Vec<&str> = device.iter().filter_map(|component| component.to_str()).collect();
    let port = components.iter().find_map(|name| name.strip_prefix("ata")?.parse::<u32>().ok());
    if let Some(port) = port {
        drive.link = sata_link(look, &sysfs.join(format!("class/ata_link/link{port}")));
    }
    // Behind an expander the last port is the drive's own.
    if let Some(port) =
        device.ancestors().find(|at| at.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"port-")))
    {
        for (phy, _) in entries(port).into_iter().filter(|(name, _)| name.starts_with("phy-")) {
            let at = sysfs.join("class/sas_phy").join(&phy);
            let count = |error: SasError| Some((error, look.number(&at.join(format!("{}_count", error.as_str())))?));
            let counts: std::collections::BTreeMap<_, _> = SasError::ALL.into_iter().filter_map(count).collect();
            if !counts.is_empty() {
                drive.phys.insert(phy, counts);
            }
        }
    }
}

/// The link of a SATA port against what the port can do.
fn sata_link(look: &mut Look, at: &Path) -> Option<Link> {
    // `<unknown>` is the speed of a link that is down, and the limit of a port that tells none: no fault of the file.
    let speed = look.text(&at.join("sata_spd")).as_deref().and_then(parse_speed)?;
    let limit = look.text(&at.join("hw_sata_spd_limit")).as_deref().and_then(parse_speed)?;
    Some(Link { kind: LinkKind::Sata, speed_ratio: Some(speed / limit), width_ratio: None })
}

/// The link of a PCI device against what it and the port above it can do: a slot narrower than the drive is no fault.
fn pcie_link(look: &mut Look, at: &Path) -> Option<Link> {
    let at = real_path(at).ok()?;
    let above = at.parent().map(Path::to_path_buf).unwrap_or_default();
    let mut ratio = |what: &str, parse: fn(&str) -> Option<f64>| {
        let mut value =
            |at: &Path, which: &str| look.text(&at.join(format!("{which}_link_{what}"))).as_deref().and_then(parse);
        let current = value(&at, "current")?;
        let own = value(&at, "max")?;
        // What does all that it can is held back by no port: then that one is not asked.
        let full = if current < own { value(&above, "max").map_or(own, |port| port.min(own)) } else { own };
        Some(current / full)
    };
    let width = |text: &str| text.parse().ok().filter(|width: &f64| (1.0..=32.0).contains(width));
    let (speed_ratio, width_ratio) = (ratio("speed", parse_speed), ratio("width", width));
    let link = Link { kind: LinkKind::Pcie, speed_ratio, width_ratio };
    (link.speed_ratio.is_some() || link.width_ratio.is_some()).then_some(link)
}

/// Entries of a directory by name; none when there is no such directory.
fn entries(at: &Path) -> Vec<(String, PathBuf)> {
    let found = fs::read_dir(at).into_iter().flatten().flatten();
    let mut entries: Vec<(String, PathBuf)> =
        found.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path()))).collect();
    entries.sort();
    entries
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_numbers_and_speeds_are_those_of_the_kernel() {
        assert_eq!(
            (parse_hex("0x1a"), parse_hex("26"), parse_hex("0x"), parse_hex("0xg")),
            (Some(26), None, None, None)
        );
        assert_eq!(
            (parse_speed("6.0 Gbps"), parse_speed("16.0 GT/s PCIe"), parse_speed("8 GT/s")),
            (Some(6.0), Some(16.0), Some(8.0))
        );
        for odd in ["<unknown>", "Unknown", "", "6.0", "-1 Gbps", "NaN Gbps", "inf Gbps", "0 Gbps"] {
            assert_eq!(parse_speed(odd), None, "{odd}");
        }
        assert_eq!(parse_scheduler("mq-deadline kyber [bfq] none").as_deref(), Some("bfq"));
        assert_eq!(parse_scheduler("none").as_deref(), Some("none"));
        assert_eq!((parse_word("transport-offline").as_deref(), parse_word("a\"b")), (Some("transport-offline"), None));
    }

    #[test]
    fn a_name_is_no_path() {
        for name in ["", ".", "..", "../../etc", "a/b"] {
            assert_eq!(read_drive(Path::new("/sys"), name).unwrap_err().kind, ErrorKind::NotFound, "{name}");
        }
        assert_eq!(read_drive(Path::new("/sys"), "no-such").unwrap_err().kind, ErrorKind::NotFound);
        let masked = read_drive(Path::new("/no-such-sys"), "sda").unwrap_err();
        assert_eq!(masked.kind, ErrorKind::Unsupported, "of a drive that cannot be seen it is not known that it left");
    }

    proptest! {
        #[test]
        fn no_text_makes_a_parser_panic(text in "\\PC*") {
            let _ = (parse_hex(&text), parse_speed(&text), parse_scheduler(&text), parse_word(&text));
        }
    }
}
