//! Which log directories, and which drives below them, are not to be trusted with data any more: one row for each reason,
//! each a function over what was seen. What cannot be judged is not in the answer: it is not a 0.

use std::collections::BTreeMap;

use super::blast_radius::spelled;
use super::fleet::{Node, Places};
use crate::snapshot::{ErrorKind, Failure, LogDirStorage};

/// A reason for which a log directory is suspected.
#[derive(Debug)]
pub struct Reason {
    /// Its name, as in the `reason` label.
    pub name: &'static str,
    /// What it is, as half a sentence.
    pub about: &'static str,
    /// Judges every log directory for which this can be told.
    judge: for<'n> fn(&'n Node<'_>) -> Verdicts<'n>,
}

/// Log directories as configured, and whether the reason holds.
type Verdicts<'n> = Vec<(&'n str, bool)>;

/// Every reason for log directories.
pub static LOG_DIR_REASONS: &[Reason] = &[
    Reason { name: "offline", about: "the broker took it offline after an I/O error", judge: offline },
    Reason { name: "hung", about: "its file system does not answer in time", judge: hung },
    Reason { name: "io_errors", about: "reading it gives an I/O error", judge: io_errors },
    Reason { name: "read_only", about: "its file system is mounted read-only", judge: read_only },
    Reason {
        name: "unmounted",
        about: "its mount of /etc/fstab is not there, so it lies on another disk",
        judge: unmounted,
    },
];

/// Log directories as the broker spells them, each with the reasons that could be judged, and whether they hold.
#[must_use]
pub fn log_dirs(node: &Node<'_>) -> BTreeMap<String, BTreeMap<&'static str, bool>> {
    let mut dirs: BTreeMap<String, BTreeMap<&'static str, bool>> = BTreeMap::new();
    for reason in LOG_DIR_REASONS {
        for (dir, holds) in (reason.judge)(node) {
            *dirs.entry(spelled(dir)).or_default().entry(reason.name).or_default() |= holds;
        }
    }
    dirs
}

fn offline<'n>(node: &'n Node<'_>) -> Verdicts<'n> {
    let told = node.log_dirs().map_or(&[][..], |told| &told.dirs);
    told.iter().filter(|dir| dir.error.is_none()).map(|dir| (dir.path.as_str(), !dir.online)).collect()
}

/// The looks at directories that came to an answer, or failed for a reason that `is` means.
fn looks<'n>(node: &'n Node<'_>, is: ErrorKind) -> Verdicts<'n> {
    let Ok(files) = node.dir_files() else { return Vec::new() };
    let judge = |failure: Option<&Failure>| match failure {
        None => Some(false),
        Some(failure) => (failure.kind == is).then_some(true),
    };
    files.dirs.iter().filter_map(|(path, dir)| Some((path.as_str(), judge(dir.as_ref().err())?))).collect()
}

fn hung<'n>(node: &'n Node<'_>) -> Verdicts<'n> {
    looks(node, ErrorKind::Timeout)
}

fn io_errors<'n>(node: &'n Node<'_>) -> Verdicts<'n> {
    looks(node, ErrorKind::Io)
}

fn read_only<'n>(node: &'n Node<'_>) -> Verdicts<'n> {
    let is_read_only = |options: &[String]| options.iter().any(|option| option == "ro" || option == "emergency_ro");
    // It looks every few seconds, the machine's places every minute.
    if let Some(storage) = node.view.node.storage.fresh(node.view.now) {
        let seen = storage.dirs.iter().filter_map(|(path, below)| Some((path.as_str(), below.as_ref().ok()?)));
        let judge = |below: &LogDirStorage| is_read_only(&below.options) || is_read_only(&below.super_options);
        return seen.map(|(path, below)| (path, judge(below))).collect();
    }
    let places = node.places().ok();
    let known = places.iter().flat_map(Places::known);
    known.filter_map(|(path, place)| Some((path, is_read_only(&place.mount.as_ref()?.options)))).collect()
}

fn unmounted<'n>(node: &'n Node<'_>) -> Verdicts<'n> {
    let places = node.places().ok();
    places.iter().flat_map(Places::known).map(|(path, place)| (path, place.unmounted.is_some())).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::View;
    use super::super::fleet::Fleet;
    use super::*;
    use crate::snapshot::{DirFiles, LogDirFiles, NodeView};
    use crate::testing::{Sample, seen};

    fn judged(node: &NodeView) -> Vec<(String, &'static str, bool)> {
        let view = View::new(node, Sample::NOW);
        let fleet = Fleet::of_one(&view);
        let all = log_dirs(&fleet.nodes[0]);
        let rows =
            all.iter().flat_map(|(dir, reasons)| reasons.iter().map(|(reason, holds)| (dir.clone(), *reason, *holds)));
        rows.collect()
    }

    #[test]
    fn a_directory_that_the_broker_gave_up_is_offline_and_one_that_it_did_not_tell_is_not_judged() {
        let mut node = Sample::broker(1).log_dir("/a", &[]).log_dir("/b", &[]).log_dir("/c", &[]).node();
        let told = std::sync::Arc::make_mut(&mut node.log_dirs.last.as_mut().unwrap().value);
        told.dirs[1].online = false;
        told.dirs[2].error = Some(ErrorKind::Authorization);
        assert_eq!(judged(&node), [("/a".to_owned(), "offline", false), ("/b".to_owned(), "offline", true)]);
        let hung = Sample::broker(1).log_dir("/a", &[]).hung().node();
        assert_eq!(judged(&hung), [], "what a broker that is away has said counts no more");
    }

    #[test]
    fn a_look_that_hangs_or_fails_names_its_directory_and_a_denied_one_is_not_judged() {
        let mut node = Sample::broker(1).node();
        let failed = |kind| Err(Failure::new(kind, "x"));
        let dirs = [
            ("/denied", failed(ErrorKind::Permission)),
            ("/eio", failed(ErrorKind::Io)),
            ("/hung", failed(ErrorKind::Timeout)),
            ("/well", Ok(DirFiles::default())),
        ];
        node.files = seen(LogDirFiles {
            dirs: dirs.into_iter().map(|(path, dir)| (path.to_owned(), dir)).collect(),
            ..LogDirFiles::default()
        });
        let expected = [
            ("/eio", "io_errors", true),
            ("/hung", "hung", true),
            ("/well", "hung", false),
            ("/well", "io_errors", false),
        ];
        assert_eq!(judged(&node), expected.map(|(dir, reason, holds)| (dir.to_owned(), reason, holds)));
    }

    #[test]
    fn reasons_are_distinct() {
        let names: BTreeSet<_> = LOG_DIR_REASONS.iter().map(|reason| reason.name).collect();
        assert_eq!(names.len(), LOG_DIR_REASONS.len());
    }
}
