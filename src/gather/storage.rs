//! One round of the source `storage`: what each log directory lies on, down to the drives.

use std::path::Path;
use std::sync::Arc;

use super::Context;
use super::rounds::LOG_DIR_MS;
use crate::snapshot::{Failure, Storage};
use crate::sources::mounts::{Mount, group_of, mount_of};
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
            let (pid, own, theirs) = (look.node_pid(), look.own_mounts(), look.node_mounts());
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
