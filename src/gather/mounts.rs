//! Our own mounts and those of the watched node's process, which are read every few seconds and hardly ever change.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Context, now};
use crate::sources::STORAGE;
use crate::sources::mounts::{Mount, parse_mounts, read_mountinfo};

/// The mounts of one process. Their text is understood anew only when it has changed.
#[derive(Debug, Default)]
pub(super) struct MountTable {
    text: Vec<u8>,
    mounts: Arc<[Mount]>,
}

impl MountTable {
    /// Reads them; they are the same value as before while nothing has changed.
    fn read(&mut self, procfs: &Path, process: &str) -> Arc<[Mount]> {
        let text = read_mountinfo(procfs, process);
        if text != self.text {
            self.mounts = parse_mounts(&text).into();
            self.text = text;
        }
        self.mounts.clone()
    }
}

/// What is known of mounts.
#[derive(Debug, Default)]
pub(super) struct Mounts {
    own: Mutex<MountTable>,
    node: Mutex<MountTable>,
    /// Those by which the map to the drives was last made.
    mapped: Mutex<Arc<[Mount]>>,
}

impl Context {
    /// The watched node's process, while it runs.
    pub(super) fn node_pid(&self) -> Option<u32> {
        self.store.read(|view| view.process.fresh(now()).and_then(|process| Some(process.chosen.as_ref()?.pid)))
    }

    /// Our own mounts.
    pub(super) fn own_mounts(&self) -> Arc<[Mount]> {
        lock(&self.mounts.own).read(&self.config.load().procfs, "self")
    }

    /// The mounts that the watched node's process sees; our own while it does not run.
    pub(super) fn node_mounts(&self) -> Arc<[Mount]> {
        let seen =
            self.node_pid().map(|pid| lock(&self.mounts.node).read(&self.config.load().procfs, &pid.to_string()));
        seen.filter(|mounts| !mounts.is_empty()).unwrap_or_else(|| self.own_mounts())
    }

    /// Our own mounts and the node's, as [`Self::own_mounts`] and [`Self::node_mounts`]. Ours only say what questions are
    /// grouped by: they are read when the node's have changed.
    pub(super) fn both_mounts(&self) -> (Arc<[Mount]>, Arc<[Mount]>) {
        let theirs = self.node_mounts();
        let known = lock(&self.mounts.own).mounts.clone();
        let same = Arc::ptr_eq(&lock(&self.mounts.mapped), &theirs) && !known.is_empty();
        (if same { known } else { self.own_mounts() }, theirs)
    }

    /// Makes the map anew when `theirs`, the node's mounts, have changed. They are compared every 5 s, since they are read
    /// then anyway for the words that say read-only, which the kernel announces to nobody; and waiting in poll(2) would
    /// take an open mountinfo, which keeps the mounts of a container alive after its end.
    pub(super) fn notice_mounts(&self, theirs: &Arc<[Mount]>) {
        let mut mapped = lock(&self.mounts.mapped);
        if !Arc::ptr_eq(&mapped, theirs) && *mapped != *theirs {
            self.wake(&STORAGE);
        }
        mapped.clone_from(theirs);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn mounts_are_understood_anew_when_their_text_changes() {
        let procfs = std::env::temp_dir().join(format!("brokerwatch-mount-table-{}", std::process::id()));
        fs::create_dir_all(procfs.join("7")).unwrap();
        let line = |options: &str| format!("30 22 8:1 / /data rw,noatime - xfs /dev/sda {options}\n");
        let put = |options: &str| fs::write(procfs.join("7/mountinfo"), line(options)).unwrap();
        let mut table = MountTable::default();
        put("rw");
        let first = table.read(&procfs, "7");
        assert!(Arc::ptr_eq(&first, &table.read(&procfs, "7")));
        put("rw,shutdown");
        assert_eq!(table.read(&procfs, "7")[0].refuses_writes(true), Some("shutdown"));
        put("rw");
        assert_eq!(table.read(&procfs, "7"), first);
        assert!(table.read(&procfs, "8").is_empty(), "a process that has ended has none");
        fs::remove_dir_all(&procfs).unwrap();
    }
}
