//! What `/sys` tells of the drives under the log directories: state, errors, links, arrays, paths, queues.

use super::{Collector, Options, Seen};
use crate::exposition::{Metric, Samples, Scope};
use crate::snapshot::{Drive, Md, Queue};
use crate::sources::DRIVES;

pub(super) static COLLECTOR: Collector = Collector {
    name: "drives",
    about: "state of the drives under the log directories: errors, links, arrays, paths, queues",
    sources: &[&DRIVES],
    families: &[
        &RUNNING.family,
        &STATE.family,
        &QUEUE_DEPTH.family,
        &DONE.family,
        &ERRORS.family,
        &TIMEOUTS.family,
        &SPEED.family,
        &WIDTH.family,
        &PHY_ERRORS.family,
        &MD_STATE.family,
        &MD_DISKS.family,
        &MD_DEGRADED.family,
        &MD_SYNC.family,
        &MD_MEMBER_ERRORS.family,
        &MD_MISMATCH.family,
        &SUSPENDED.family,
        &PATHS.family,
        &QUEUE.family,
        &UNREADABLE_FILES.family,
        &UNREADABLE.family,
    ],
    collect,
};

static RUNNING: Metric<1> = Metric::gauge(
    "kafka_disk_running",
    Scope::Broker,
    &["device"],
    "1 while the kernel sends commands to the drive (SCSI running, NVMe live), 0 in any other state; absent for devices \
     without a state.",
);
static STATE: Metric<2> = Metric::info(
    "kafka_disk_state_info",
    Scope::Broker,
    &["device", "state"],
    "The kernel's word for the drive's state, such as running, blocked, offline, live, resetting or dead.",
);
static QUEUE_DEPTH: Metric<1> = Metric::gauge(
    "kafka_disk_queue_depth",
    Scope::Broker,
    &["device"],
    "Commands that a SCSI or SATA drive is given at once; the kernel sets it to 1 after errors of a SATA drive.",
);
static DONE: Metric<1> = Metric::counter(
    "kafka_disk_commands_total",
    Scope::Broker,
    &["device"],
    "Commands that ended, as the SCSI layer counts them in 32 bits.",
);
static ERRORS: Metric<1> = Metric::counter(
    "kafka_disk_io_errors_total",
    Scope::Broker,
    &["device"],
    "Commands that ended in anything but success, as the SCSI layer counts them: questions of smartd to healthy SATA \
     drives are among them. Absent for NVMe and virtio.",
);
static TIMEOUTS: Metric<1> = Metric::counter(
    "kafka_disk_io_timeouts_total",
    Scope::Broker,
    &["device"],
    "Commands that timed out, as the SCSI layer counts them; absent for NVMe and virtio and where the kernel does not \
     count them.",
);
static SPEED: Metric<2> = Metric::gauge(
    "kafka_disk_link_speed_ratio",
    Scope::Broker,
    &["device", "link"],
    "Speed of the link to the drive against what it could be: of sata the port, of pcie the drive and the port above it.",
);
static WIDTH: Metric<2> = Metric::gauge(
    "kafka_disk_link_width_ratio",
    Scope::Broker,
    &["device", "link"],
    "Lanes of the PCIe link to the drive against what the drive and the port above it have.",
);
static PHY_ERRORS: Metric<3> = Metric::counter(
    "kafka_disk_sas_phy_errors_total",
    Scope::Broker,
    &["device", "phy", "error"],
    "Errors of the SAS phys of the drive's port: cable, backplane or drive. Plugging a drive in counts too.",
);
static MD_STATE: Metric<3> = Metric::info(
    "kafka_disk_md_state_info",
    Scope::Broker,
    &["device", "level", "state"],
    "An md array under a log directory: its level and array_state, such as clean, active, inactive or broken.",
);
static MD_DISKS: Metric<1> =
    Metric::gauge("kafka_disk_md_devices", Scope::Broker, &["device"], "Members that the md array should have.");
static MD_DEGRADED: Metric<1> = Metric::gauge(
    "kafka_disk_md_degraded_devices",
    Scope::Broker,
    &["device"],
    "Members that the md array lacks; absent for levels without redundancy.",
);
static MD_SYNC: Metric<2> = Metric::gauge(
    "kafka_disk_md_sync",
    Scope::Broker,
    &["device", "action"],
    "1 with what the md array does to itself now (resync, recover, check, repair, reshape); absent while it does nothing.",
);
static MD_MEMBER_ERRORS: Metric<2> = Metric::counter(
    "kafka_disk_md_member_errors_total",
    Scope::Broker,
    &["device", "member"],
    "Read errors of a member that the md array corrected from the others; the kernel keeps the count over restarts.",
);
static MD_MISMATCH: Metric<1> = Metric::gauge(
    "kafka_disk_md_mismatch_sectors",
    Scope::Broker,
    &["device"],
    "Sectors whose copies differed in the md array's last check; a few are normal for raid1 and raid10 that swap is on.",
);
static SUSPENDED: Metric<1> = Metric::gauge(
    "kafka_disk_dm_suspended",
    Scope::Broker,
    &["device"],
    "1 while a device-mapper device is suspended, as in the taking of a snapshot: all its I/O waits.",
);
static PATHS: Metric<2> = Metric::gauge(
    "kafka_disk_multipath_paths",
    Scope::Broker,
    &["device", "state"],
    "Paths of a multipath device (dm or NVMe), by their state.",
);
static QUEUE: Metric<5> = Metric::info(
    "kafka_disk_queue_info",
    Scope::Broker,
    &["device", "scheduler", "write_cache", "nr_requests", "read_ahead_kb"],
    "How the device's queue is set; what the kernel does not tell is empty.",
);
static UNREADABLE_FILES: Metric<1> = Metric::gauge(
    "kafka_disk_attributes_unreadable",
    Scope::Broker,
    &["device"],
    "Attributes of the device that are there and could not be read or understood at the last look.",
);
static UNREADABLE: Metric<2> = Metric::gauge(
    "kafka_disk_unreadable",
    Scope::Broker,
    &["device", "reason"],
    "1 while the device's attributes cannot be looked at, with the reason; a timeout is a sign of a dying drive.",
);

fn collect(Seen { view, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    let Some(drives) = view.node.drives.fresh(view.now) else { return };
    for (name, drive) in &drives.devices {
        match drive {
            Ok(drive) => device(name, drive, samples),
            Err(failure) => samples.push(&UNREADABLE, [name, failure.kind.as_str()], 1),
        }
    }
}

fn device(name: &str, drive: &Drive, samples: &mut Samples) {
    let mut gauge = |metric: &'static Metric<1>, value: Option<u64>| {
        if let Some(value) = value {
            samples.push(metric, [name], value);
        }
    };
    gauge(&QUEUE_DEPTH, drive.queue_depth);
    let scsi = drive.scsi.unwrap_or_default();
    gauge(&DONE, scsi.done);
    gauge(&ERRORS, scsi.errors);
    gauge(&TIMEOUTS, scsi.timeouts);
    gauge(&SUSPENDED, drive.suspended.map(u64::from));
    gauge(&UNREADABLE_FILES, Some(drive.unreadable));
    gauge(&RUNNING, drive.is_running().map(u64::from));
    if let Some(state) = &drive.state {
        samples.push(&STATE, [name, state], 1);
    }
    if let Some(link) = &drive.link {
        for (metric, ratio) in [(&SPEED, link.speed_ratio), (&WIDTH, link.width_ratio)] {
            if let Some(ratio) = ratio {
                samples.push(metric, [name, link.kind.as_str()], ratio);
            }
        }
    }
    for (phy, errors) in &drive.phys {
        for (error, count) in errors {
            samples.push(&PHY_ERRORS, [name, phy, error.as_str()], *count);
        }
    }
    if let Some(found) = &drive.md {
        md(name, found, samples);
    }
    for (state, count) in &drive.paths {
        samples.push(&PATHS, [name, state], *count);
    }
    let queue = &drive.queue;
    if *queue == Queue::default() {
        return;
    }
    let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    let (scheduler, cache) = (queue.scheduler.as_deref().unwrap_or(""), queue.write_cache.as_deref().unwrap_or(""));
    let (requests, read_ahead) = (number(queue.nr_requests), number(queue.read_ahead_kb));
    samples.push(&QUEUE, [name, scheduler, cache, &requests, &read_ahead], 1);
}

fn md(name: &str, md: &Md, samples: &mut Samples) {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    samples.push(&MD_STATE, [name, &text(&md.level), &text(&md.array_state)], 1);
    for (metric, value) in [(&MD_DISKS, md.raid_disks), (&MD_DEGRADED, md.degraded), (&MD_MISMATCH, md.mismatches)] {
        if let Some(value) = value {
            samples.push(metric, [name], value);
        }
    }
    if let Some(action) = md.sync_action.as_deref().filter(|_| md.syncs()) {
        samples.push(&MD_SYNC, [name, action], 1);
    }
    for (member, errors) in &md.member_errors {
        samples.push(&MD_MEMBER_ERRORS, [name, member], *errors);
    }
}
