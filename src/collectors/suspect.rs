//! Log directories and drives that are not to be trusted with data any more, with the reason; the reasons are the rows of
//! `derive/suspect.rs`. A series is there for each reason that can be judged, 0 while it does not hold.

use super::{Collector, Options};
use crate::derive::View;
use crate::derive::fleet::Fleet;
use crate::derive::suspect::log_dirs;
use crate::exposition::{Metric, Samples, Scope};
use crate::sources::{FILES, HOST, LOG_DIRS, STORAGE};

pub(super) static COLLECTOR: Collector = Collector {
    name: "suspect",
    about: "log directories and drives that are not to be trusted with data",
    sources: &[&LOG_DIRS, &FILES, &HOST, &STORAGE],
    families: &[&LOG_DIR.family],
    collect,
};

static LOG_DIR: Metric<2> = Metric::gauge(
    "kafka_log_dir_suspect",
    Scope::Broker,
    &["log_dir", "reason"],
    "1 while a log directory is not to be trusted: offline (the broker gave it up), hung (its file system does not answer), \
     io_errors (reading fails), read_only, unmounted (its mount is not there). 0 while that is not so; absent while it cannot \
     be judged.",
);

fn collect(view: &View<'_>, _: &Options, samples: &mut Samples) {
    let fleet = Fleet::of_one(view);
    let Some(node) = fleet.nodes.first() else { return };
    for (dir, reasons) in log_dirs(node) {
        for (reason, holds) in reasons {
            samples.push(&LOG_DIR, [&dir, reason], holds);
        }
    }
}
