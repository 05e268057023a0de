//! Rounds of the sources `disks` and `drives`: what the block devices under the log directories do, and what state they are
//! in; and what was learned of drives, kept over restarts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use super::rounds::LOG_DIR_MS;
use super::{Context, NotSeen, now};
use crate::derive::disk_watch::{Circumstances, DiskWatch, Wanted, wanted};
use crate::derive::slow_drive::State;
use crate::snapshot::{Attempt, Drive, Drives, Failure};
use crate::sources::diskstats::read_diskstats;
use crate::sources::host::{read_uptime_ms, short_hash};
use crate::sources::reader::Question;
use crate::sources::{DISKS, DRIVES, Round};

/// Clock ticks a second in `/proc`, on every architecture that Linux has today.
const TICKS_MS: u64 = 10;
/// How long the end of the program may wait for what was learned of drives to be kept.
const KEEP_MAX: Duration = Duration::from_secs(3);

/// What the devices do.
pub fn disks(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            let wanted = look.wanted_devices()?;
            // Neither file takes a lock that a dying drive can hold.
            let procfs = look.config.load().procfs.clone();
            let stats = read_diskstats(&procfs, &wanted.keys().map(String::as_str).collect())?;
            let around = look.circumstances(&procfs);
            Ok(look.disk_watch().advance(now(), stats.devices, stats.parse_errors, &wanted, &around))
        };
        context.observe(&DISKS, |view| &mut view.disks, work).await;
    })
}

/// What state they are in. Each is asked for by itself, so that one that hangs hides no other.
pub fn drives(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            let wanted = look.wanted_devices()?;
            let sysfs = look.config.load().sysfs.clone();
            let mut drives = Drives::default();
            for name in wanted.into_keys() {
                let group = sysfs.join("block").join(&name).to_string_lossy().into_owned();
                let question = Question::Drive { sysfs: sysfs.clone(), name: name.clone() };
                let answer: Result<Drive, Failure> = look.reader.ask(&group, question, LOG_DIR_MS).await;
                drives.devices.insert(name, answer);
            }
            Ok(drives)
        };
        context.observe(&DRIVES, |view| &mut view.drives, work).await;
        let state = context.config.load().state_dir.clone();
        if let Some(dir) = state {
            context.keep_histories(&dir).await;
        }
    })
}

impl Context {
    /// The devices that matter, as last known: they are watched on when their map cannot be read, for that may be why.
    fn wanted_devices(&self) -> Result<BTreeMap<String, Wanted>, NotSeen> {
        self.store.read(|view| match (&view.storage.last, &view.storage.attempt) {
            (Some(storage), _) => Ok(wanted(&storage.value)),
            (None, Attempt::NotTried) => Err(NotSeen::Waiting),
            (None, _) => Err(NotSeen::Skipped("It is not known which drives are under log directories.".to_owned())),
        })
    }

    fn circumstances(&self, procfs: &Path) -> Circumstances {
        let (started, drives, kernel) = self.store.read(|view| {
            let process = view.process.fresh(now()).and_then(|process| process.chosen.as_ref());
            let drives = view.drives.fresh_arc(now());
            let kernel = view.hardware.last.as_ref().and_then(|seen| seen.value.kernel.clone());
            (process.and_then(|process| process.start_ticks.checked_mul(TICKS_MS)), drives, kernel)
        });
        let age = read_uptime_ms(procfs).zip(started).map(|(uptime, started)| uptime.saturating_sub(started));
        Circumstances::of(&drives.unwrap_or_default(), age, kernel)
    }

    fn disk_watch(&self) -> MutexGuard<'_, DiskWatch> {
        self.disk_watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what earlier runs have learned, and keeps what this one has: one drive a round.
    async fn keep_histories(&self, dir: &Path) {
        let group = dir.to_string_lossy().into_owned();
        let unrestored = self.disk_watch().unrestored();
        for (device, serial) in unrestored {
            let question = Question::HistoryRead { dir: dir.to_path_buf(), name: file_name(&serial) };
            let answer: Result<Option<String>, Failure> = self.reader.ask(&group, question, LOG_DIR_MS).await;
            let (ground, models) = match answer {
                Ok(None) => Default::default(),
                Ok(Some(text)) => State::read(&text, &serial).unwrap_or_else(|fault| {
                    let file = file_name(&serial);
                    tracing::warn!(device, file, %fault, "What was learned of a drive is not used; it is learned anew.");
                    self.metrics.history_failed(fault.as_str());
                    Default::default()
                }),
                Err(failure) => {
                    // Asked again in the next round: the file may be good, and must not be overwritten.
                    self.complain_of_history("read", dir, &failure);
                    continue;
                }
            };
            self.disk_watch().restore(&device, &serial, &ground, models);
        }
        let due = self.disk_watch().keep(now());
        if let Some((_, serial, text)) = due {
            self.write_history(dir, &serial, text).await;
        }
    }

    /// Keeps what was learned of all drives, before the program ends: as far as that can be done in three seconds.
    pub async fn keep_all_histories(&self) {
        let Some(dir) = self.config.load().state_dir.clone() else { return };
        let histories = self.disk_watch().keep_all();
        let keep = async {
            for (serial, text) in histories {
                self.write_history(&dir, &serial, text).await;
            }
        };
        if timeout(KEEP_MAX, keep).await.is_err() {
            tracing::warn!("--path.state does not answer: what was learned of drives since it was last kept is lost.");
        }
    }

    async fn write_history(&self, dir: &Path, serial: &str, text: String) {
        let group = dir.to_string_lossy().into_owned();
        let question = Question::HistoryWrite { dir: dir.to_path_buf(), name: file_name(serial), text };
        if let Err(failure) = self.reader.ask::<()>(&group, question, LOG_DIR_MS).await {
            self.complain_of_history("write", dir, &failure);
        }
    }

    fn complain_of_history(&self, what: &'static str, dir: &Path, failure: &Failure) {
        self.metrics.history_failed(what);
        let dir = dir.display();
        tracing::debug!(%dir, what, error = %failure.message, "--path.state: a file of a drive cannot be used.");
    }
}

/// A serial number is any text, so the file is named by its hash.
fn file_name(serial: &str) -> String {
    format!("drive-{}", short_hash(serial.as_bytes()))
}
