//! Runs every source in the background, each on its own interval and under its own deadline, and keeps what they saw.
//!
//! Nothing here fails: a source that fails, hangs or panics costs only its own section.

#![expect(clippy::disallowed_methods, reason = "this is where the program waits, and where it looks at the clock")]

pub mod administration;
mod choose;
mod clock;
pub mod disks;
pub mod files;
pub mod health;
pub mod host;
mod identity;
pub mod machine;
mod mounts;
pub mod resources;
pub mod rounds;
pub mod storage;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::config::Config;
use crate::derive::node::{is_controller_only, votes};
use crate::inject;
use crate::limits::Limits;
use crate::self_metrics::SelfMetrics;
use crate::snapshot::{Attempt, ErrorKind, Failure, NodeView, Observed, Section, UnixMs};
use crate::sources::kafka::lane::jittered;
use crate::sources::kafka::{Client, Endpoint, Security};
use crate::sources::reader::{Reader, ReaderAt};
use crate::sources::{METADATA_SOURCE, QUORUM, SOURCES, Source};

pub use choose::{Chosen, choose_endpoint};
pub use clock::now;
pub use store::Store;

/// Milliseconds after which a source that got no answer is looked at again at the latest.
const RETRY_MS: u64 = 30_000;

/// What every round needs.
#[derive(Debug)]
pub struct Context {
    /// The configuration in use; SIGHUP replaces it.
    pub config: Arc<ArcSwap<Config>>,
    /// What was seen.
    pub store: Store,
    /// The program's own instruments.
    pub metrics: Arc<SelfMetrics>,
    client: Client,
    reader: Reader,
    endpoint: watch::Sender<Option<Endpoint>>,
    wakes: Vec<Notify>,
    /// Whether the log was told that a source fails, in the order of the table.
    told: Vec<AtomicBool>,
    /// Whether a source's last look panicked, in the order of the table.
    panicked: Vec<AtomicBool>,
    /// The last reason why no listener could be spoken to.
    complaint: Mutex<String>,
    /// Which node that is, as far as it was told.
    identity: Mutex<identity::Known>,
    /// Mounts as they were last read.
    mounts: mounts::Mounts,
    /// What the directories of the machine's nodes were last known to hold, for the next question.
    held: Mutex<host::HeldDirs>,
    /// Processes that are no Java virtual machines, for the next question about the machine.
    others: Mutex<host::OtherProcesses>,
    /// What the log directories held when they were last listed, for the next question.
    listings: Mutex<BTreeMap<PathBuf, crate::sources::dir_listing::DirListing>>,
    /// Times of the process' threads, added up.
    thread_times: Mutex<resources::ThreadSums>,
    /// What is remembered of the devices under the log directories.
    disk_watch: Mutex<crate::derive::disk_watch::DiskWatch>,
}

/// Why a round has no value.
#[derive(Debug)]
pub enum NotSeen {
    /// It failed.
    Failed(Failure),
    /// It was not tried because the broker does not answer: a failure too, but one that liveness has told already.
    Behind(Failure),
    /// The node does not offer it, for this reason.
    Unsupported(String),
    /// It was not tried, for this reason.
    Skipped(String),
    /// It was not tried yet: another source has to be looked at first, and will wake this one.
    Waiting,
}

impl From<Failure> for NotSeen {
    /// What a node does not offer is not a failure: an old release, or a controller's listener.
    fn from(failure: Failure) -> Self {
        if failure.kind == ErrorKind::Unsupported { Self::Unsupported(failure.message) } else { Self::Failed(failure) }
    }
}

impl Context {
    /// A context in which nothing was seen yet.
    #[must_use]
    pub fn new(
        config: Arc<ArcSwap<Config>>,
        reader_program: PathBuf,
        metrics: Arc<SelfMetrics>,
        limits: Limits,
    ) -> Self {
        let (endpoint, receiver) = watch::channel(None);
        let reader = config.load().reader_socket.clone().map_or(ReaderAt::Program(reader_program), ReaderAt::Socket);
        Self {
            client: Client::new(&receiver, &metrics, limits),
            reader: Reader::new(reader, metrics.clone()),
            store: Store::default(),
            config,
            metrics,
            endpoint,
            wakes: SOURCES.iter().map(|_| Notify::new()).collect(),
            told: SOURCES.iter().map(|_| AtomicBool::new(false)).collect(),
            panicked: SOURCES.iter().map(|_| AtomicBool::new(false)).collect(),
            complaint: Mutex::default(),
            identity: Mutex::default(),
            mounts: mounts::Mounts::default(),
            held: Mutex::default(),
            others: Mutex::default(),
            listings: Mutex::default(),
            thread_times: Mutex::default(),
            disk_watch: Mutex::default(),
        }
    }

    /// The listener that is spoken to; absent while none is known.
    #[must_use]
    pub fn endpoint(&self) -> Option<Endpoint> {
        self.endpoint.borrow().clone()
    }

    /// Chooses the node anew: the configuration has changed.
    pub fn forget_choice(&self) {
        self.store.update(|view| (view.process, view.properties) = Default::default());
        self.wake_all();
    }

    /// Makes the next round of `source` begin now.
    pub fn wake(&self, source: &Source) {
        self.wakes[place(source)].notify_one();
    }

    /// Makes the sources look again that have waited for another's first result.
    fn wake_waiting(&self) {
        let waiting: Vec<bool> =
            self.store.read(|view| view.statuses().map(|status| *status.attempt == Attempt::NotTried).to_vec());
        self.wakes.iter().zip(waiting).filter(|(_, waits)| *waits).for_each(|(wake, _)| wake.notify_one());
    }

    /// Makes every source's next round begin now: the configuration or the node has changed.
    pub fn wake_all(&self) {
        self.wakes.iter().for_each(Notify::notify_one);
    }

    /// Runs `work` under the source's deadline and puts its result into the section that `slot` names.
    ///
    /// Returns the value when there is one. A panic in `work` becomes the failure of this section alone.
    async fn observe<T: Send + Sync + 'static>(
        &self,
        source: &'static Source,
        slot: fn(&mut NodeView) -> &mut Section<T>,
        work: impl Future<Output = Result<T, NotSeen>> + Send + 'static,
    ) -> Option<Arc<T>> {
        let (started, changes) = (Instant::now(), self.identity_changes());
        // A task of its own, so that a panic ends only that task.
        let work = async move {
            inject::panic_if_wanted(source.name);
            work.await
        };
        let task = tokio::spawn(timeout(Duration::from_millis(source.deadline_ms), work));
        let ended = task.await;
        self.panicked[place(source)].store(ended.is_err(), Ordering::Relaxed);
        let result = match ended {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(NotSeen::Failed(too_late(source))),
            Err(_) => {
                self.metrics.panicked(source.name);
                Err(NotSeen::Failed(own_fault(source)))
            }
        };
        let took = started.elapsed();
        self.metrics.source(source.name, took);
        if !self.is_of_this_node(source, changes) {
            return None;
        }
        let at = now();
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let behind = matches!(result, Err(NotSeen::Behind(_)));
        let (seen, attempt) = match result {
            Ok(value) => (Some(Arc::new(value)), Attempt::Ok),
            Err(NotSeen::Failed(failure) | NotSeen::Behind(failure)) => (None, Attempt::Failed { at, failure }),
            Err(NotSeen::Unsupported(reason)) => (None, Attempt::Unsupported { reason }),
            Err(NotSeen::Skipped(reason)) => (None, Attempt::Skipped { reason }),
            Err(NotSeen::Waiting) => return None,
        };
        let after = attempt.clone();
        let before = self.store.update(|view| {
            let section = slot(view);
            if let Some(value) = seen.clone() {
                section.last = Some(Observed { at, took_ms, valid_until: at.plus(source.bound_ms), value });
            }
            std::mem::replace(&mut section.attempt, attempt)
        });
        if before == Attempt::NotTried {
            self.wake_waiting();
        }
        if !behind {
            self.log_transition(source, &before, &after);
        }
        seen
    }

    /// One line when a source begins or ceases to fail, not one for each round.
    fn log_transition(&self, source: &Source, before: &Attempt, after: &Attempt) {
        let kind = |attempt: &Attempt| match attempt {
            Attempt::Failed { failure, .. } => Some(failure.kind),
            _ => None,
        };
        let told = &self.told[place(source)];
        match after {
            Attempt::Failed { failure, .. }
                if kind(before) != Some(failure.kind) || !told.swap(true, Ordering::Relaxed) =>
            {
                told.store(true, Ordering::Relaxed);
                let kind = failure.kind.as_str();
                tracing::warn!(source = source.name, kind, error = %failure.message, "A source fails.");
            }
            Attempt::Ok if told.swap(false, Ordering::Relaxed) => {
                tracing::info!(source = source.name, "A source is back.");
            }
            Attempt::Unsupported { reason } | Attempt::Skipped { reason } if before != after => {
                tracing::debug!(source = source.name, reason, "A source is not read.");
            }
            _ => {}
        }
    }
}

fn too_late(source: &Source) -> Failure {
    let message = format!("Reading {} took longer than {} ms.", source.about, source.deadline_ms);
    Failure::new(ErrorKind::Timeout, message)
}

/// Place of a source in the table.
fn place(source: &Source) -> usize {
    SOURCES.iter().position(|other| other.name == source.name).expect("every source is a row of the table")
}

/// Starts a task for each source. They end when the handles are aborted.
#[must_use]
pub fn start(context: &Arc<Context>) -> Vec<JoinHandle<()>> {
    SOURCES.iter().enumerate().map(|(at, source)| tokio::spawn(repeat(context.clone(), at, source))).collect()
}

async fn repeat(context: Arc<Context>, at: usize, source: &'static Source) {
    let mut panics = 0;
    loop {
        // What panics around the look itself ends that round only.
        if tokio::spawn(round(context.clone(), source)).await.is_err_and(|error| error.is_panic()) {
            context.panicked[at].store(true, Ordering::Relaxed);
            context.metrics.panicked(source.name);
            context.store.update(|view| view.fail(source.name, now(), own_fault(source)));
        }
        panics = if context.panicked[at].swap(false, Ordering::Relaxed) { panics + 1 } else { 0 };
        let interval_ms = context.store.read(|view| interval_ms(source, view.statuses()[at].attempt));
        let pause = Duration::from_millis(jittered(pause_ms(interval_ms, panics)));
        tokio::select! {
            () = sleep(pause) => {}
            // One that panics is not hurried by the others.
            () = context.wakes[at].notified(), if panics == 0 => {}
        }
    }
}

async fn round(context: Arc<Context>, source: &'static Source) {
    inject::panic_if_wanted(&format!("{}/round", source.name));
    (source.round)(context).await;
}

/// Milliseconds between two rounds: what got no answer is asked for again soon, and not first after five minutes. What was
/// answered, a denial among that, waits for its turn.
fn interval_ms(source: &Source, last: &Attempt) -> u64 {
    match last {
        Attempt::Failed { failure, .. } if matches!(failure.kind, ErrorKind::Timeout | ErrorKind::Refused) => {
            source.interval_ms.min(RETRY_MS)
        }
        _ => source.interval_ms,
    }
}

/// Milliseconds until the next round: twice as many after each further panic, up to five minutes.
fn pause_ms(interval_ms: u64, panics: u32) -> u64 {
    const LONGEST_MS: u64 = 300_000;
    let longer = interval_ms.saturating_mul(1 << panics.min(20));
    if panics == 0 { interval_ms } else { longer.min(LONGEST_MS.max(interval_ms)) }
}

fn own_fault(source: &Source) -> Failure {
    let message = format!("Reading {} failed inside this program; please report it.", source.name);
    Failure::new(ErrorKind::Bug, message)
}

/// Waits until every source has been tried, or `ms_max` have passed.
pub async fn settle(context: &Context, ms_max: u64) {
    let end = Instant::now() + Duration::from_millis(ms_max);
    while Instant::now() < end && !context.store.all_tried() {
        sleep(Duration::from_millis(25)).await;
    }
}

/// Looks again at what tells whether the node can stop, unless that was seen within `young_ms`: partitions where the node is a
/// broker, the controller quorum where it votes. Waits for the sources' deadline. Returns whether what there is now is as young as
/// that.
pub async fn see_again(context: &Context, young_ms: u64) -> bool {
    let asked = now();
    let is_new = |at: Option<UnixMs>| at.is_some_and(|at| at.plus(young_ms) > asked);
    let old = |node: &NodeView| {
        let partitions = is_controller_only(node, asked) || is_new(node.cluster.last.as_ref().map(|seen| seen.at));
        // Of whom it is not known whether it votes, its stop may end the majority.
        let quorum = votes(node, asked) == Some(false) || is_new(node.quorum.last.as_ref().map(|seen| seen.at));
        let young = [(partitions, &METADATA_SOURCE), (quorum, &QUORUM)];
        young.into_iter().filter_map(|(is_young, source)| (!is_young).then_some(source)).collect::<Vec<_>>()
    };
    let asking = context.store.read(old);
    asking.iter().for_each(|source| context.wake(source));
    let ms_max = asking.iter().map(|source| source.deadline_ms).max().unwrap_or_default();
    let end = Instant::now() + Duration::from_millis(ms_max);
    let is_young = || context.store.read(old).is_empty();
    while !is_young() && Instant::now() < end {
        sleep(Duration::from_millis(25)).await;
    }
    is_young()
}

/// The files of this host's Kafka processes, when there are several and no flag chooses one.
#[must_use]
pub fn undecided_files(snapshot: &crate::snapshot::Snapshot) -> BTreeSet<String> {
    let processes = snapshot.nodes.values().filter_map(|node| node.process.fresh(snapshot.taken_at));
    let undecided = processes.filter(|process| process.chosen.is_none() && process.wanted.is_none());
    undecided.flat_map(|process| &process.candidates).map(|candidate| candidate.properties_file.clone()).collect()
}

/// The live brokers that a snapshot names and does not hold.
#[must_use]
pub fn other_brokers(snapshot: &crate::snapshot::Snapshot, security: &Security) -> Vec<Endpoint> {
    let at = snapshot.taken_at;
    let held: BTreeSet<i32> = snapshot.nodes.values().filter_map(|node| crate::derive::node::id(node, at)).collect();
    let mut others = BTreeMap::new();
    for node in snapshot.nodes.values() {
        let Some(cluster) = node.cluster.fresh(at) else { continue };
        for broker in cluster.brokers.iter().filter(|broker| !held.contains(&broker.id)) {
            let security = security.clone();
            let endpoint = Endpoint { host: broker.host.clone(), port: broker.port, security, process: None };
            others.entry(endpoint.to_string()).or_insert(endpoint);
        }
    }
    let is_new = |(name, _): &(String, Endpoint)| !snapshot.nodes.keys().any(|origin| origin.0 == *name);
    others.into_iter().filter(is_new).map(|(_, endpoint)| endpoint).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_panics_again_waits_twice_as_long_up_to_five_minutes() {
        let pauses: Vec<u64> = (0..9).map(|panics| pause_ms(2_000, panics)).collect();
        assert_eq!(pauses, [2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000]);
        assert_eq!(pause_ms(300_000, 3), 300_000);
        assert_eq!(pause_ms(u64::MAX, u32::MAX), u64::MAX);
    }

    #[test]
    fn what_got_no_answer_is_asked_for_again_soon_and_what_was_denied_in_its_turn() {
        let after = |source, kind| {
            interval_ms(source, &Attempt::Failed { at: UnixMs(0), failure: Failure::new(kind, "no answer") })
        };
        let slow = &crate::sources::CLIENT_QUOTAS;
        assert_eq!([ErrorKind::Timeout, ErrorKind::Refused].map(|kind| after(slow, kind)), [RETRY_MS; 2]);
        assert_eq!((after(slow, ErrorKind::Authorization), interval_ms(slow, &Attempt::Ok)), (300_000, 300_000));
        assert_eq!(after(&crate::sources::LIVENESS, ErrorKind::Refused), 2_000, "never later than else");
    }
}
