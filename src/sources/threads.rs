//! The threads of the node's process: what each has waited for, and which are stuck in the kernel. Most of what a look at a
//! process costs, so it is done half as often as the rest, until one is stuck.
//!
//! Runs in the reader process. References: proc(5), sched-stats.rst of the kernel.

use std::collections::BTreeMap;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use serde::{Deserialize, Serialize};

use super::kernel_files::{KernelFiles, read_at};
use super::process_files::{parse_process_stat, parse_schedstat, parse_wchan};
use super::resources::read_stat_of;
use crate::limits::THREADS_LOOKED_AT_MAX;
use crate::snapshot::{Failure, ProcessId, Threads, WaitClass};

/// What the reader answers: the facts without the times, which only make a sum with those of before.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct ThreadsAnswer {
    /// The facts.
    pub threads: Threads,
    /// Times of each thread, by its id; absent when the threads could not be looked at.
    pub times: Option<BTreeMap<u32, ThreadTimes>>,
}

/// How long a thread has waited since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadTimes {
    /// Clock ticks that it has run.
    pub cpu_ticks: u64,
    /// Nanoseconds that it was ready to run; absent when the kernel does not tell, or it has not run for a tick since the
    /// last look and was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_queue_ns: Option<u64>,
    /// Milliseconds that it waited for drives; absent when they are not accounted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_io_ms: Option<u64>,
}

/// Looks at the threads of one process. `before` are the ticks that they had run, by id, when their times were last told:
/// most threads of a broker sleep, and what such a one has waited to run is not asked for again. One that runs too little
/// for a tick is told of when it has, with all that it waited.
///
/// # Errors
/// `NotFound` when the process has ended, `Permission` when not even its `stat` may be read.
pub fn read_threads(procfs: &Path, of: ProcessId, before: &[(u32, u64)]) -> Result<ThreadsAnswer, Failure> {
    let at = procfs.join(of.pid.to_string());
    read_stat_of(&at, of)?;
    let mut files = KernelFiles::default();
    let ticks = rustix::param::clock_ticks_per_second().max(1);
    let accounted = files.read(&procfs.join("sys/kernel/task_delayacct"), "task_delayacct", |bytes| {
        std::str::from_utf8(bytes).ok()?.trim().parse::<u8>().ok()
    });
    let before = before.iter().copied().collect();
    let seen = read_times(&at, &before, accounted.map(|on| on != 0), ticks, &mut files);
    let (times, uninterruptible) = seen.unzip();
    // Whatever was read may be of another process with this id.
    read_stat_of(&at, of)?;
    Ok(ThreadsAnswer { threads: Threads { of, uninterruptible, unread: files.unread, ..Threads::default() }, times })
}

type Times = BTreeMap<u32, ThreadTimes>;

/// Times and states of all threads. `accounted` says whether waiting for drives is accounted; kernels before 5.14 do
/// not tell, and there a time that is not 0 shows that it is. Nothing when the threads cannot be looked at.
fn read_times(
    at: &Path,
    before: &BTreeMap<u32, u64>,
    accounted: Option<bool>,
    ticks: u64,
    files: &mut KernelFiles,
) -> Option<(Times, BTreeMap<WaitClass, usize>)> {
    let path = at.join("task");
    let ids = match std::fs::read_dir(&path) {
        Ok(entries) => entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()),
        Err(error) => {
            files.failed(&path, "task", &error);
            return None;
        }
    };
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::open(&path, flags, Mode::empty()).ok()?;
    let (mut threads, mut stuck) = (Times::new(), BTreeMap::new());
    let (mut buffer, mut stats) = (Vec::with_capacity(1 << 10), 0);
    for id in ids.take(THREADS_LOOKED_AT_MAX) {
        // One that has ended meanwhile is simply not there.
        let stat = read_at(&directory, &format!("{id}/stat"), &mut buffer).and_then(|()| parse_process_stat(&buffer));
        let Some(stat) = stat else { continue };
        stats += 1;
        let cpu_ticks = stat.user_ticks.saturating_add(stat.system_ticks);
        let has_run = before.get(&id) != Some(&cpu_ticks);
        let schedstat = has_run.then(|| read_at(&directory, &format!("{id}/schedstat"), &mut buffer)).flatten();
        let run_queue_ns = schedstat.and_then(|()| parse_schedstat(&buffer));
        let shown = accounted.unwrap_or(stat.block_io_ticks > 0);
        let block_io_ms = shown.then(|| stat.block_io_ticks.saturating_mul(1_000) / ticks);
        threads.insert(id, ThreadTimes { cpu_ticks, run_queue_ns, block_io_ms });
        if stat.state == 'D' {
            let seen = read_at(&directory, &format!("{id}/wchan"), &mut buffer);
            let class = seen.map_or(WaitClass::Unknown, |()| parse_wchan(&buffer));
            *stuck.entry(class).or_default() += 1;
        }
    }
    if stats == 0 {
        files.broken("task/*/stat");
        return None;
    }
    Some((threads, stuck))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::ErrorKind;

    #[test]
    fn our_own_threads_are_seen_and_those_of_another_process_with_the_same_id_are_not() {
        let pid = std::process::id();
        let stat = parse_process_stat(&std::fs::read("/proc/self/stat").unwrap()).unwrap();
        let of = ProcessId { pid, start_ticks: stat.start_ticks };
        let answer = read_threads(Path::new("/proc"), of, &[]).unwrap();
        assert!(!answer.times.unwrap().is_empty() && answer.threads.unread.is_empty());
        let other = ProcessId { start_ticks: 1, ..of };
        assert_eq!(read_threads(Path::new("/proc"), other, &[]).unwrap_err().kind, ErrorKind::NotFound);
    }

    #[test]
    fn a_thread_that_has_not_run_is_not_asked_what_it_waited_to_run() {
        let base = std::env::temp_dir().join(format!("brokerwatch-threads-{}", std::process::id()));
        for (id, ticks) in [(7, 5), (8, 9)] {
            let at = base.join(format!("task/{id}"));
            std::fs::create_dir_all(&at).unwrap();
            let stat = format!("{id} (java) S 1 7 7 0 -1 0 0 0 0 0 {ticks} 1 0 0 20 0 2 0 55 0 0");
            std::fs::write(at.join("stat"), stat).unwrap();
            std::fs::write(at.join("schedstat"), "123 456 7").unwrap();
        }
        let look = |before: &[(u32, u64)]| {
            let before = before.iter().copied().collect();
            let (threads, _) = read_times(&base, &before, None, 100, &mut KernelFiles::default()).unwrap();
            threads.values().map(|times| (times.cpu_ticks, times.run_queue_ns)).collect::<Vec<_>>()
        };
        assert_eq!(look(&[]), [(6, Some(456)), (10, Some(456))]);
        assert_eq!(look(&[(7, 6), (8, 8)]), [(6, None), (10, Some(456))]);
        std::fs::remove_dir_all(&base).unwrap();
    }
}
