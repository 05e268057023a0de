//! Rounds of what concerns the node's process from outside: its resources, its memory maps, its JVM.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::sleep;

use super::rounds::QUESTION_MS;
use super::{Context, NotSeen, now};
use crate::snapshot::{Attempt, ErrorKind, MemoryMaps, PerfDataPlace, ProcessId, Resources, Threads};
use crate::sources::reader::Question;
use crate::sources::threads::{ThreadTimes, ThreadsAnswer};
use crate::sources::{JVM, MEMORY_MAPS, RESOURCES, Round, THREADS};

/// Groups of questions: each may hang for a reason of its own, and must not hide the process' state.
const PROC_PID: &str = "/proc/PID";
const PROC_TASK: &str = "/proc/PID/task";
const PROC_MAPS: &str = "/proc/PID/maps";
const PERF_DATA: &str = "/tmp/hsperfdata";

/// What the process takes.
pub fn resources(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            let of = look.own_process()?;
            let (procfs, sysfs) = look.roots();
            let question = Question::Resources { procfs, sysfs, of };
            let resources: Resources = look.reader.ask(PROC_PID, question, QUESTION_MS).await?;
            look.metrics.parse_errors(RESOURCES.name, broken(&resources.unread));
            Ok(resources)
        };
        context.observe(&RESOURCES, |view| &mut view.resources, work).await;
    })
}

/// Milliseconds after a look that found a thread stuck until the next: one look may well meet a thread that waits for a
/// drive, and only several in a row say that it does not go on.
const STUCK_AGAIN_MS: u64 = THREADS.interval_ms / 2;

/// What its threads wait for.
pub fn threads(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            let of = look.own_process()?;
            let before = look.thread_sums().known(of);
            let question = Question::Threads { procfs: look.roots().0, of, before };
            let answer: ThreadsAnswer = look.reader.ask(PROC_TASK, question, QUESTION_MS).await?;
            let mut threads = answer.threads;
            look.metrics.parse_errors(THREADS.name, broken(&threads.unread));
            if let Some(times) = answer.times {
                look.thread_sums().advance(times, &mut threads);
            }
            Ok(threads)
        };
        let seen = context.observe(&THREADS, |view| &mut view.threads, work).await;
        let stuck = seen.and_then(|seen| Some(!seen.uninterruptible.as_ref()?.is_empty()));
        if stuck == Some(true) {
            tokio::spawn(async move {
                sleep(Duration::from_millis(STUCK_AGAIN_MS)).await;
                context.wake(&THREADS);
            });
        }
    })
}

/// How many files made no sense.
fn broken(unread: &BTreeMap<String, ErrorKind>) -> usize {
    unread.values().filter(|kind| **kind == ErrorKind::Parse).count()
}

/// Its memory maps.
pub fn memory_maps(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            let of = look.own_process()?;
            let question = Question::MemoryMaps { procfs: look.roots().0, of };
            let answer: Result<MemoryMaps, _> = look.reader.ask(PROC_MAPS, question, MEMORY_MAPS.deadline_ms / 2).await;
            Ok(answer.inspect_err(|failure| {
                look.metrics.parse_errors(MEMORY_MAPS.name, usize::from(failure.kind == ErrorKind::Parse));
            })?)
        };
        context.observe(&MEMORY_MAPS, |view| &mut view.memory_maps, work).await;
    })
}

/// Its JVM.
pub fn jvm(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            let of = look.own_process()?;
            let mapped = look.store.read(|view| {
                let maps = view.memory_maps.fresh(now()).filter(|maps| maps.of == of)?;
                match &maps.perf_data {
                    PerfDataPlace::Shared { path, .. } => Some(PathBuf::from(path)),
                    _ => None,
                }
            });
            let question = Question::Jvm { procfs: look.roots().0, of, mapped };
            let answer = look.reader.ask(PERF_DATA, question, QUESTION_MS).await;
            Ok(answer.inspect_err(|failure| {
                look.metrics.parse_errors(JVM.name, usize::from(failure.kind == ErrorKind::Parse));
            })?)
        };
        context.observe(&JVM, |view| &mut view.jvm, work).await;
    })
}

impl Context {
    /// Roots of the proc and sys file systems.
    pub(super) fn roots(&self) -> (PathBuf, PathBuf) {
        let config = self.config.load();
        (config.procfs.clone(), config.sysfs.clone())
    }

    fn thread_sums(&self) -> MutexGuard<'_, ThreadSums> {
        self.thread_times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process that is watched.
    fn own_process(&self) -> Result<ProcessId, NotSeen> {
        let (chosen, tried) = self.store.read(|view| {
            let chosen = view.process.fresh(now()).and_then(|process| process.chosen.clone());
            (chosen, view.process.attempt != Attempt::NotTried)
        });
        match chosen {
            Some(chosen) => Ok(ProcessId { pid: chosen.pid, start_ticks: chosen.start_ticks }),
            None if !tried => Err(NotSeen::Waiting),
            None => Err(NotSeen::Skipped("No Kafka process is chosen, or it may not be seen.".to_owned())),
        }
    }
}

/// Sums over threads that come and go: the kernel keeps such times for each thread only while that lives.
#[derive(Debug, Default)]
pub(super) struct ThreadSums {
    of: ProcessId,
    last: BTreeMap<u32, ThreadTimes>,
    run_queue_ns: u64,
    block_io_ms: u64,
}

impl ThreadSums {
    /// Ticks that the threads of this process had run at the last look, by id; of those that have told what they waited.
    fn known(&self, of: ProcessId) -> Vec<(u32, u64)> {
        let known = self.last.iter().filter(|(_, times)| self.of == of && times.run_queue_ns.is_some());
        known.map(|(id, times)| (*id, times.cpu_ticks)).collect()
    }

    /// Adds what the threads waited since the last look, and puts the sums into `facts`. What a thread waited before
    /// the first look counts too; what it waited between the last look and its end does not.
    fn advance(&mut self, mut threads: BTreeMap<u32, ThreadTimes>, facts: &mut Threads) {
        if self.of != facts.of {
            *self = Self { of: facts.of, ..Self::default() };
        }
        let (mut knows_queue, mut knows_io) = (false, false);
        for (id, times) in &mut threads {
            let before = self.last.get(id).copied().unwrap_or_default();
            if times.cpu_ticks == before.cpu_ticks {
                // It was not asked: it has not run, and so has not waited to.
                times.run_queue_ns = times.run_queue_ns.or(before.run_queue_ns);
            }
            if let Some(now) = times.run_queue_ns {
                self.run_queue_ns = self.run_queue_ns.saturating_add(growth(before.run_queue_ns, now));
                knows_queue = true;
            }
            if let Some(now) = times.block_io_ms {
                self.block_io_ms = self.block_io_ms.saturating_add(growth(before.block_io_ms, now));
                knows_io = true;
            }
        }
        self.last = threads;
        facts.run_queue_wait_us = knows_queue.then_some(self.run_queue_ns / 1_000);
        facts.block_io_delay_ms = knows_io.then_some(self.block_io_ms);
    }
}

/// By how much a time grew; one that is less than before is another thread's with the same id.
fn growth(before: Option<u64>, now: u64) -> u64 {
    let before = before.unwrap_or(0);
    if now < before { now } else { now - before }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(run_queue_ns: u64) -> ThreadTimes {
        ThreadTimes { cpu_ticks: run_queue_ns, run_queue_ns: Some(run_queue_ns), block_io_ms: None }
    }

    #[test]
    fn sums_grow_while_threads_come_and_go() {
        let mut sums = ThreadSums::default();
        let mut waited = |start_ticks, threads: &[(u32, u64)]| {
            let of = ProcessId { pid: 7, start_ticks };
            let mut facts = Threads { of, ..Threads::default() };
            let threads = threads.iter().map(|(id, time)| (*id, times(*time))).collect();
            sums.advance(threads, &mut facts);
            assert_eq!(facts.block_io_delay_ms, None, "it is not accounted");
            facts.run_queue_wait_us
        };
        assert_eq!(waited(1, &[(7, 4_000), (8, 6_000)]), Some(10));
        assert_eq!(waited(1, &[(7, 5_000)]), Some(11), "a thread that ends takes nothing with it");
        assert_eq!(waited(1, &[(7, 5_000), (8, 2_000)]), Some(13), "its id is another thread's now");
        assert_eq!(waited(1, &[]), None);
        assert_eq!(waited(2, &[(7, 1_000)]), Some(1), "another process begins anew");
    }

    #[test]
    fn a_thread_that_was_not_asked_has_waited_what_it_had_before() {
        let mut sums = ThreadSums::default();
        let of = ProcessId { pid: 7, start_ticks: 1 };
        let mut waited = |threads: &[(u32, u64, Option<u64>)]| {
            let mut facts = Threads { of, ..Threads::default() };
            let times =
                |(id, cpu_ticks, run_queue_ns)| (id, ThreadTimes { cpu_ticks, run_queue_ns, block_io_ms: None });
            sums.advance(threads.iter().copied().map(times).collect(), &mut facts);
            (facts.run_queue_wait_us, sums.known(of))
        };
        assert_eq!(waited(&[(7, 5, Some(4_000)), (8, 5, Some(6_000))]), (Some(10), vec![(7, 5), (8, 5)]));
        assert_eq!(waited(&[(7, 5, None), (8, 5, None)]), (Some(10), vec![(7, 5), (8, 5)]), "none has run");
        assert_eq!(waited(&[(7, 6, Some(9_000)), (8, 5, None)]), (Some(15), vec![(7, 6), (8, 5)]));
        assert_eq!(waited(&[(7, 7, None)]), (None, vec![]), "one that ran and does not tell is asked again");
        assert!(sums.known(ProcessId { pid: 7, start_ticks: 2 }).is_empty(), "another process with its id");
    }
}
