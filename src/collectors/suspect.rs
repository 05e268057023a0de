//! Log directories and drives that are not to be trusted with data any more, with the reason; the reasons are the rows of
//! `derive/suspect.rs`. A series is there for each reason that can be judged, 0 while it does not hold.

use super::{Collector, Options, Seen};
use crate::derive::suspect::{Suspects, disks, log_dirs};
use crate::exposition::{Metric, Samples, Scope};
use crate::sources::{DISKS, DRIVE_HEALTH, DRIVES, FILES, HOST, KERNEL_LOG, LOG_DIRS, STORAGE};

pub(super) static COLLECTOR: Collector = Collector {
    name: "suspect",
    about: "log directories and drives that are not to be trusted with data",
    sources: &[&LOG_DIRS, &FILES, &HOST, &STORAGE, &DISKS, &DRIVES, &DRIVE_HEALTH, &KERNEL_LOG],
    families: &[&LOG_DIR.family, &DISK.family],
    collect,
};

static LOG_DIR: Metric<2> = Metric::gauge(
    "kafka_log_dir_suspect",
    Scope::Broker,
    &["log_dir", "reason"],
    "1 while a log directory is not to be trusted: offline (the broker gave it up), hung, io_error, read_only or shutdown (its \
     kafka_log_dir_state), fs_error (its file system told one within a day), unmounted (its mount is not there), or for a \
     grave reason of a device under it (kafka_disk_suspect, all but slow and link). 0 while that is not so; absent while it \
     cannot be judged.",
);
static DISK: Metric<2> = Metric::gauge(
    "kafka_disk_suspect",
    Scope::Broker,
    &["device", "reason"],
    "1 while a device is not to be trusted: stalled (operations are in flight and none ends), not_running (the kernel sends it, or \
     any path to it, no commands), unanswered (its attributes cannot be read in time), gone (it left the bus), raid_degraded, fs_error (of the file system on it, within \
     a day); by its own word smart_failed, spare_low, media_errors (data was lost within a day), health_lost (it told once, and \
     not for ten minutes); slow (by its own history), link (slower or narrower than it could be). 0 while that is not so; \
     absent while it cannot be judged.",
);

fn collect(Seen { node, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    push(&LOG_DIR, &log_dirs(node), samples);
    push(&DISK, &disks(node), samples);
}

fn push(metric: &'static Metric<2>, suspects: &Suspects, samples: &mut Samples) {
    for (what, reasons) in suspects {
        for (reason, holds) in reasons {
            samples.push(metric, [what, reason], *holds);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::derive::suspect::{GRAVE_DISK_REASONS, LOG_DIR_REASONS, MILD_DISK_REASONS};

    #[test]
    fn the_help_names_every_reason() {
        let of_disks = GRAVE_DISK_REASONS.iter().chain(MILD_DISK_REASONS).map(|reason| (reason, &DISK));
        for (reason, metric) in LOG_DIR_REASONS.iter().map(|reason| (reason, &LOG_DIR)).chain(of_disks) {
            assert!(metric.family.help.contains(reason.name), "{}: {}", reason.name, reason.about);
        }
    }
}
