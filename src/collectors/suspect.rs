//! Log directories and drives that are not to be trusted with data any more, with the reason; the reasons are the rows of
//! `derive/suspect.rs`. A series is there for each reason that can be judged, 0 while it does not hold.

use super::{Collector, Options};
use crate::derive::View;
use crate::derive::fleet::Fleet;
use crate::derive::suspect::{Suspects, disks, log_dirs};
use crate::exposition::{Metric, Samples, Scope};
use crate::sources::{DISKS, DRIVES, FILES, HOST, LOG_DIRS, STORAGE};

pub(super) static COLLECTOR: Collector = Collector {
    name: "suspect",
    about: "log directories and drives that are not to be trusted with data",
    sources: &[&LOG_DIRS, &FILES, &HOST, &STORAGE, &DISKS, &DRIVES],
    families: &[&LOG_DIR.family, &DISK.family],
    collect,
};

static LOG_DIR: Metric<2> = Metric::gauge(
    "kafka_log_dir_suspect",
    Scope::Broker,
    &["log_dir", "reason"],
    "1 while a log directory is not to be trusted: offline (the broker gave it up), hung (its file system does not answer), \
     io_errors (reading fails), read_only, unmounted (its mount is not there), or stalled, not_running, unanswered or \
     raid_degraded like a device under it. 0 while that is not so; absent while it cannot be judged.",
);
static DISK: Metric<2> = Metric::gauge(
    "kafka_disk_suspect",
    Scope::Broker,
    &["device", "reason"],
    "1 while a device under a log directory is not to be trusted: stalled (operations are in flight and none ends), \
     not_running (the kernel sends it no commands), unanswered (its attributes cannot be read in time), raid_degraded, slow \
     (by its own history), link (slower or narrower than it could be). 0 while that is not so; absent while it cannot be \
     judged.",
);

fn collect(view: &View<'_>, _: &Options, samples: &mut Samples) {
    let fleet = Fleet::of_one(view);
    let Some(node) = fleet.nodes.first() else { return };
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
