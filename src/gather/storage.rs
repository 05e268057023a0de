//! One round of the source `storage`: what each log directory lies on, down to the drives.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use super::rounds::LOG_DIR_MS;
use super::{Context, now};
use crate::snapshot::{Failure, Storage};
use crate::sources::mounts::{Mount, group_of, mount_of, read_mounts};
use crate::sources::reader::Question;
use crate::sources::storage::{StorageAnswer, enter, resolve};
use crate::sources::{Round, STORAGE};

/// The map from log directories to drives.
pub fn storage(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let (dirs, before) = context.store.read(|view| {
            let dirs = view.properties.last.as_ref().map(|seen| seen.value.log_dirs());
            (dirs, view.storage.last.as_ref().map(|seen| seen.value.clone()))
        });
        let look = context.clone();
        let work = async move {
            let dirs = dirs.ok_or_else(|| look.no_properties_yet())?;
            let (procfs, sysfs) = (look.config.load().procfs.clone(), look.config.load().sysfs.clone());
            let pid = look.node_pid();
            let own = read_mounts(&procfs, "self");
            let theirs = look.node_mounts().unwrap_or_else(|| own.clone());
            let mut seen = Storage::default();
            for dir in dirs {
                let question = Question::RealPath { procfs: procfs.clone(), pid, path: dir.clone().into() };
                let group = group_of(&own, &theirs, Path::new(&dir));
                let real: Result<String, Failure> = look.reader.ask(&group, question, LOG_DIR_MS).await;
                let (path, resolved) = resolve(&dir, real, before.as_deref());
                let answer = match path {
                    Ok(path) => {
                        let group = device_group(&theirs, &path);
                        let question = Question::Below { procfs: procfs.clone(), sysfs: sysfs.clone(), pid, path };
                        look.reader.ask::<StorageAnswer>(&group, question, LOG_DIR_MS).await
                    }
                    Err(failure) => Err(failure),
                };
                enter(&mut seen, &dir, answer, resolved, before.as_deref());
            }
            Ok(seen)
        };
        context.observe(&STORAGE, |view| &mut view.storage, work).await;
    })
}

/// Questions about `/sys` are grouped by the file system's device: a drive that hangs there hides no other.
fn device_group(theirs: &[Mount], path: &Path) -> String {
    format!("/sys/dev/block/{}", mount_of(theirs, path).map_or("", |mount| &mount.fs))
}

impl Context {
    /// The watched node's process, while it runs.
    pub(super) fn node_pid(&self) -> Option<u32> {
        self.store.read(|view| view.process.fresh(now()).and_then(|process| Some(process.chosen.as_ref()?.pid)))
    }

    /// Makes the map anew when the node's mounts have changed. They are compared every 5 s, since they are read then anyway
    /// for the words that say read-only, which the kernel announces to nobody; and waiting in poll(2) would take an open
    /// mountinfo, which keeps the mounts of a container alive after its end.
    pub(super) fn notice_mounts(&self, own: &[Mount]) {
        let now = self.node_mounts().unwrap_or_else(|| own.to_vec());
        let mut known = self.mounts.lock().unwrap_or_else(PoisonError::into_inner);
        if *known != now {
            *known = now;
            self.wake(&STORAGE);
        }
    }

    /// The mounts that the watched node's process sees; absent while it does not run.
    pub(super) fn node_mounts(&self) -> Option<Vec<Mount>> {
        let mounts = read_mounts(&self.config.load().procfs, &self.node_pid()?.to_string());
        (!mounts.is_empty()).then_some(mounts)
    }
}
