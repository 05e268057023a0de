//! One round of the source `files`: the log directories and the file systems under them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use super::identity::{Identity, Witness};
use super::rounds::LOG_DIR_MS;
use super::{Context, now};
use crate::snapshot::{DirFiles, DirHealth, ErrorKind, Failure, FsErrors, LogDirFiles, Probe};
use crate::sources::dir_listing::DirListing;
use crate::sources::log_dir_files::{DirAnswer, ProbeAnswer, counts_errors};
use crate::sources::mounts::{Mount, group_of, mount_of};
use crate::sources::reader::Question;
use crate::sources::{FILES, Round};

/// Milliseconds between two probes of a directory: each costs a transaction of the file system's journal.
const PROBE_EVERY_MS: u64 = 30_000;

/// What one round asks about.
struct Look {
    context: Arc<Context>,
    procfs: PathBuf,
    pid: Option<u32>,
    own: Arc<[Mount]>,
    theirs: Arc<[Mount]>,
}

/// The small files in its log directories, and what is known of their file systems.
pub fn files(context: Arc<Context>) -> Round {
    Box::pin(async move {
        // By directory: its real path, where the map of the drives has it, and what was known before.
        let (dirs, real, before) = context.store.read(|view| {
            let dirs = view.properties.last.as_ref().map(|seen| seen.value.log_dirs());
            let map = view.storage.last.as_ref().map(|seen| seen.value.clone());
            (dirs, map, view.files.last.as_ref().map(|seen| seen.value.clone()))
        });
        let look = context.clone();
        let work = async move {
            let dirs = dirs.ok_or_else(|| look.no_properties_yet())?;
            let procfs = look.config.load().procfs.clone();
            let (own, theirs) = look.both_mounts();
            look.notice_mounts(&theirs);
            let look = Look { pid: look.node_pid(), context: look, procfs, own, theirs };
            let path_of = |dir: String| {
                let known = real.as_ref().and_then(|map| Some(map.dirs.get(&dir)?.as_ref().ok()?.path.clone()));
                let path = PathBuf::from(known.unwrap_or_else(|| dir.clone()));
                (dir, path)
            };
            let dirs: Vec<(String, PathBuf)> = dirs.into_iter().map(path_of).collect();
            let errors = look.fs_errors(dirs.iter().map(|(_, path)| path.as_path())).await;
            let mut seen = LogDirFiles::default();
            for (dir, path) in dirs {
                let before = before.as_ref().and_then(|before| before.health.get(&dir)).cloned().unwrap_or_default();
                let (files, health) = look.look_at(&path, &errors, before).await;
                if let Some(failure) = files.as_ref().ok().and_then(|files| files.meta_failure.as_ref()) {
                    look.context.count_file_limit(failure);
                }
                seen.health.insert(dir.clone(), health);
                seen.dirs.insert(dir, files);
            }
            look.context.hear_identity(&FILES, Witness::Files, Identity::of_files(&seen));
            Ok(seen)
        };
        context.observe(&FILES, |view| &mut view.files, work).await;
    })
}

impl Look {
    /// One directory. What hangs costs its own answer only.
    async fn look_at(
        &self,
        path: &Path,
        errors: &BTreeMap<String, FsErrors>,
        before: DirHealth,
    ) -> (Result<DirFiles, Failure>, DirHealth) {
        let reader = &self.context.reader;
        let group = group_of(&self.own, &self.theirs, path);
        let (procfs, pid) = (self.procfs.clone(), self.pid);
        let question =
            Question::LogDir { procfs, pid, path: path.to_path_buf(), before: self.context.take_listing(path) };
        let answer: Result<DirAnswer, Failure> = reader.ask(&group, question, LOG_DIR_MS).await;
        let files = answer.map(|answer| {
            self.context.keep_listing(path, answer.listing);
            answer.files
        });
        let mount = mount_of(&self.theirs, path);
        let mut hangs = is_hang(&files);
        let probe = if self.context.config.load().probe_log_dirs {
            self.probe(&group, path, before.probe, &mut hangs).await
        } else {
            None
        };
        let health = DirHealth {
            mounted: mount.is_some(),
            // Without the process these are our own mounts, whose own options say nothing of the node.
            refuses_writes: mount.and_then(|mount| mount.refuses_writes(self.pid.is_some())).map(str::to_owned),
            errors: mount.and_then(|mount| errors.get(&mount.fs)).copied(),
            probe,
            hangs_since: hangs.then(|| before.hangs_since.unwrap_or_else(now)),
        };
        (files, health)
    }

    /// The errors of the file systems under these paths that count them, by device. They are asked all at once, since a
    /// question costs more than its answer; where that hangs, one by one.
    async fn fs_errors(&self, paths: impl Iterator<Item = &Path>) -> BTreeMap<String, FsErrors> {
        let mounts = paths.filter_map(|path| mount_of(&self.theirs, path));
        let devices = mounts.filter(|mount| counts_errors(&mount.kind)).map(|mount| mount.fs.clone());
        let devices: Vec<String> = devices.collect::<BTreeSet<_>>().into_iter().collect();
        if devices.is_empty() {
            return BTreeMap::new();
        }
        let errors = match self.ask_fs_errors("/sys/fs", &devices).await {
            Err(failure) if failure.kind == ErrorKind::Timeout => {
                let mut errors = Vec::new();
                for device in &devices {
                    let group = format!("/sys/fs of {device}");
                    let answer = self.ask_fs_errors(&group, std::slice::from_ref(device)).await;
                    errors.push(answer.ok().and_then(|errors| errors.into_iter().next()).flatten());
                }
                errors
            }
            answer => answer.unwrap_or_default(),
        };
        devices.into_iter().zip(errors).filter_map(|(device, errors)| Some((device, errors?))).collect()
    }

    async fn ask_fs_errors(&self, group: &str, of: &[String]) -> Result<Vec<Option<FsErrors>>, Failure> {
        let sysfs = self.context.config.load().sysfs.clone();
        self.context.reader.ask(group, Question::FsErrors { sysfs, of: of.to_vec() }, LOG_DIR_MS).await
    }

    /// A probe when one is due. A reader that hangs in one is a group of its own: no second follows, and listing goes on.
    async fn probe(&self, group: &str, path: &Path, before: Option<Probe>, hangs: &mut bool) -> Option<Probe> {
        if before.as_ref().is_some_and(|before| now().since(before.at) < PROBE_EVERY_MS) {
            return before;
        }
        let question = Question::Probe { procfs: self.procfs.clone(), pid: self.pid, path: path.to_path_buf() };
        let group = format!("{group} (probe of {})", path.display());
        let answer: Result<ProbeAnswer, Failure> = self.context.reader.ask(&group, question, LOG_DIR_MS).await;
        *hangs |= is_hang(&answer);
        answer.ok().map(|answer| Probe { at: now(), took_us: answer.took_us, refused: answer.refused })
    }
}

impl Context {
    /// What a directory was last known to hold. It is handed out once: a look that fails leaves none behind.
    fn take_listing(&self, path: &Path) -> Option<DirListing> {
        self.listings.lock().unwrap_or_else(PoisonError::into_inner).remove(path)
    }

    fn keep_listing(&self, path: &Path, listing: Option<DirListing>) {
        let mut listings = self.listings.lock().unwrap_or_else(PoisonError::into_inner);
        listing.map(|listing| listings.insert(path.to_path_buf(), listing));
    }
}

fn is_hang<T>(answer: &Result<T, Failure>) -> bool {
    answer.as_ref().is_err_and(|failure| failure.kind == ErrorKind::Timeout)
}
