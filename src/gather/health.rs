//! Rounds of what needs rights that the server does not have: health of drives, and the kernel's log. The helper leaves
//! both in a file; the log is read directly where we may.

use std::path::PathBuf;
use std::sync::Arc;

use super::rounds::QUESTION_MS;
use super::{Context, NotSeen};
use crate::snapshot::{DrivesHealth, ErrorKind, Failure, HealthSpool, KernelLog};
use crate::sources::reader::Question;
use crate::sources::{DRIVE_HEALTH, KERNEL_LOG, Round};

/// Where the kernel's log is.
const KMSG: &str = "/dev/kmsg";
/// Groups of questions.
const SPOOL: &str = "/run";

/// Health of the drives.
pub fn drive_health(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            look.own_file().await?;
            Ok(DrivesHealth { drives: look.ask_spool(DRIVE_HEALTH.name).await?.drives })
        };
        context.observe(&DRIVE_HEALTH, |view| &mut view.drive_health, work).await;
    })
}

/// The kernel's log.
pub fn kernel_log(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            look.own_file().await?;
            let before = look.store.read(|view| view.kernel_log.last.as_ref().map(|seen| (*seen.value).clone()));
            let before = before.filter(|before| !before.from_helper).unwrap_or_default();
            let question = Question::KernelLog { device: PathBuf::from(KMSG), before };
            let direct: Result<KernelLog, Failure> = look.reader.ask(KMSG, question, QUESTION_MS).await;
            let denied = match direct {
                Err(failure) if matches!(failure.kind, ErrorKind::Permission | ErrorKind::NotFound) => failure,
                direct => return Ok(direct?),
            };
            let spool = look.ask_spool(KERNEL_LOG.name).await.map_err(|_| {
                let helper = "set up brokerwatch-smart.timer, which reads it for us";
                NotSeen::Skipped(format!("{} Or {helper}.", denied.message))
            })?;
            let failed = spool.kernel_log_failure.unwrap_or(denied);
            let log = spool.kernel_log.ok_or(NotSeen::Failed(failed))?;
            Ok(KernelLog { from_helper: true, ..log })
        };
        context.observe(&KERNEL_LOG, |view| &mut view.kernel_log, work).await;
    })
}

impl Context {
    /// What the helper wrote. Where there is none, nothing was asked of it: that is no failure.
    async fn ask_spool(&self, source: &str) -> Result<HealthSpool, NotSeen> {
        let path = self.config.load().health_spool.clone();
        let question = Question::HealthSpool { path: path.clone() };
        match self.reader.ask(SPOOL, question, QUESTION_MS).await {
            Ok(spool) => Ok(spool),
            Err(Failure { kind: ErrorKind::NotFound, .. }) => Err(NotSeen::Skipped(format!(
                "There is no {}: set up brokerwatch-smart.timer for the health of drives.",
                path.display()
            ))),
            Err(failure) => {
                self.metrics.parse_errors(source, usize::from(failure.kind == ErrorKind::Parse));
                Err(NotSeen::Failed(failure))
            }
        }
    }
}
