//! The node's process from outside: limits, waits, memory, input and output, its control group.
//!
//! All of it is absent while no process is chosen, and for a while after another one was.

use std::collections::BTreeMap;

use super::{Collector, Options, Seen};
use crate::derive::View;
use crate::exposition::{Metric, Samples, Scope};
use crate::snapshot::{ControlGroup, ErrorKind, ProcessId, Resources, Threads, WaitClass};
use crate::sources::{MEMORY_MAPS, PROCESS, RESOURCES, THREADS as THREADS_SOURCE};

pub(super) static COLLECTOR: Collector = Collector {
    name: "process",
    about: "what the node's process takes, and what its host and its control group deny it",
    sources: &[&RESOURCES, &THREADS_SOURCE, &MEMORY_MAPS, &PROCESS],
    families: &[
        &START_TIME.family,
        &OPEN_FDS.family,
        &MAX_FDS.family,
        &MAPS.family,
        &MAX_MAPS.family,
        &THREADS.family,
        &RESIDENT.family,
        &SWAP.family,
        &MAJOR_FAULTS.family,
        &CPU.family,
        &RUN_QUEUE_WAIT.family,
        &BLOCK_IO_DELAY.family,
        &UNINTERRUPTIBLE.family,
        &RCHAR.family,
        &WCHAR.family,
        &READ.family,
        &WRITE.family,
        &CANCELLED_WRITE.family,
        &UNREADABLE.family,
        &CPU_LIMIT.family,
        &CPU_PERIODS.family,
        &CPU_THROTTLED_PERIODS.family,
        &CPU_THROTTLED.family,
        &MEMORY_LIMIT.family,
        &MEMORY_USAGE.family,
        &MEMORY_CACHE.family,
        &OOM_KILLS.family,
        &PRESSURE_WAITING.family,
        &PRESSURE_STALLED.family,
    ],
    collect,
};

static START_TIME: Metric<0> = Metric::gauge(
    "kafka_node_process_start_time_seconds",
    Scope::Broker,
    &[],
    "When the node's process started, as Unix time by the host's boot time.",
);
static OPEN_FDS: Metric<0> = Metric::gauge(
    "kafka_node_process_open_fds",
    Scope::Broker,
    &[],
    "Descriptors that the process has open; absent before Linux 6.2 for another user's process.",
);
static MAX_FDS: Metric<0> = Metric::gauge(
    "kafka_node_process_max_fds",
    Scope::Broker,
    &[],
    "Descriptors that the process may have open (soft limit); absent when unlimited.",
);
static MAPS: Metric<0> = Metric::gauge(
    "kafka_node_process_memory_maps",
    Scope::Broker,
    &[],
    "Memory maps of the process, about two for each log segment; absent for another user's process.",
);
static MAX_MAPS: Metric<0> = Metric::gauge(
    "kafka_node_process_max_memory_maps",
    Scope::Broker,
    &[],
    "Memory maps that a process of the host may have (vm.max_map_count).",
);
static THREADS: Metric<0> = Metric::gauge(
    "kafka_node_process_threads",
    Scope::Broker,
    &[],
    "Threads of the process, as the kernel counts them.",
);
static RESIDENT: Metric<1> = Metric::gauge(
    "kafka_node_process_resident_memory_bytes",
    Scope::Broker,
    &["kind"],
    "Bytes of the process in memory: anon (heap, stacks), file (mapped indexes and jars), shmem.",
);
static SWAP: Metric<0> =
    Metric::gauge("kafka_node_process_swap_bytes", Scope::Broker, &[], "Bytes of the process that are swapped out.");
static MAJOR_FAULTS: Metric<0> = Metric::counter(
    "kafka_node_process_major_faults_total",
    Scope::Broker,
    &[],
    "Page faults of the process that had to wait for a drive.",
);
static CPU: Metric<1> = Metric::counter(
    "kafka_node_process_cpu_seconds_total",
    Scope::Broker,
    &["mode"],
    "Processor time of the process: user (its own code) and system (the kernel).",
);
static RUN_QUEUE_WAIT: Metric<0> = Metric::counter(
    "kafka_node_process_run_queue_wait_seconds_total",
    Scope::Broker,
    &[],
    "Time that threads of the process were ready to run and waited for a processor, added up over threads; what a thread \
     waited after the last look before its end is missing.",
);
static BLOCK_IO_DELAY: Metric<0> = Metric::counter(
    "kafka_node_process_block_io_delay_seconds_total",
    Scope::Broker,
    &[],
    "Time that threads of the process waited for drives, added up over threads; absent while kernel.task_delayacct is 0.",
);
static UNINTERRUPTIBLE: Metric<1> = Metric::gauge(
    "kafka_node_process_uninterruptible_threads",
    Scope::Broker,
    &["wait"],
    "Threads of the process in uninterruptible sleep (state D) at the moment of the look, by what they wait for as the \
     kernel function tells; unknown for another user's process, and then no other class is said to be 0.",
);
static RCHAR: Metric<0> = Metric::counter(
    "kafka_node_process_io_rchar_bytes_total",
    Scope::Broker,
    &[],
    "Bytes that read calls of the process asked for, from files and sockets, cached or not; absent for another user's.",
);
static WCHAR: Metric<0> = Metric::counter(
    "kafka_node_process_io_wchar_bytes_total",
    Scope::Broker,
    &[],
    "Bytes that write calls of the process gave, to files and sockets; absent for another user's.",
);
static READ: Metric<0> = Metric::counter(
    "kafka_node_process_io_read_bytes_total",
    Scope::Broker,
    &[],
    "Bytes that had to be fetched from drives for the process; absent for another user's.",
);
static WRITE: Metric<0> = Metric::counter(
    "kafka_node_process_io_write_bytes_total",
    Scope::Broker,
    &[],
    "Bytes that the process caused to be sent to drives; absent for another user's.",
);
static CANCELLED_WRITE: Metric<0> = Metric::counter(
    "kafka_node_process_io_cancelled_write_bytes_total",
    Scope::Broker,
    &[],
    "Bytes among the written ones that were dropped before they reached a drive; absent for another user's.",
);
static UNREADABLE: Metric<2> = Metric::gauge(
    "kafka_node_process_unreadable_file",
    Scope::Itself,
    &["file", "reason"],
    "1 while a file about the process is there and tells nothing: permission for another user's, parse for a masked or \
     broken one. What it would tell is absent.",
);
static CPU_LIMIT: Metric<0> = Metric::gauge(
    "kafka_node_cgroup_cpu_limit_cores",
    Scope::Broker,
    &[],
    "Processors that the process may use: of the nearest control group with such a limit; absent without one.",
);
static CPU_PERIODS: Metric<0> = Metric::counter(
    "kafka_node_cgroup_cpu_periods_total",
    Scope::Broker,
    &[],
    "Periods of that limit in which the group ran.",
);
static CPU_THROTTLED_PERIODS: Metric<0> = Metric::counter(
    "kafka_node_cgroup_cpu_throttled_periods_total",
    Scope::Broker,
    &[],
    "Periods in which the group had used up its limit and was stopped until the next.",
);
static CPU_THROTTLED: Metric<0> = Metric::counter(
    "kafka_node_cgroup_cpu_throttled_seconds_total",
    Scope::Broker,
    &[],
    "Time that the group was stopped for its limit, added up over processors.",
);
static MEMORY_LIMIT: Metric<0> = Metric::gauge(
    "kafka_node_cgroup_memory_limit_bytes",
    Scope::Broker,
    &[],
    "Lowest memory limit of the process' control groups; absent without one.",
);
static MEMORY_USAGE: Metric<0> = Metric::gauge(
    "kafka_node_cgroup_memory_usage_bytes",
    Scope::Broker,
    &[],
    "Bytes that the group with this limit uses, page cache included.",
);
static MEMORY_CACHE: Metric<0> = Metric::gauge(
    "kafka_node_cgroup_memory_cache_bytes",
    Scope::Broker,
    &[],
    "Bytes among them that are page cache, which the kernel takes back before it kills.",
);
static OOM_KILLS: Metric<0> = Metric::counter(
    "kafka_node_cgroup_oom_kills_total",
    Scope::Broker,
    &[],
    "Processes of the process' own control group that the kernel killed for want of memory; absent before Linux 4.13.",
);
static PRESSURE_WAITING: Metric<1> = Metric::counter(
    "kafka_node_cgroup_pressure_waiting_seconds_total",
    Scope::Broker,
    &["resource"],
    "Time in which some task of the process' own control group waited for a resource (cgroup v2).",
);
static PRESSURE_STALLED: Metric<1> = Metric::counter(
    "kafka_node_cgroup_pressure_stalled_seconds_total",
    Scope::Broker,
    &["resource"],
    "Time in which all tasks of the process' own control group that were not idle waited for a resource (cgroup v2).",
);

/// Whether these facts are of the process that is chosen now: those of one that has ended are not current.
pub(super) fn is_current(view: &View<'_>, of: ProcessId) -> bool {
    let Some(process) = view.node.process.fresh(view.now) else { return true };
    process.chosen.as_ref().is_some_and(|chosen| chosen.pid == of.pid && chosen.start_ticks == of.start_ticks)
}

fn collect(Seen { view, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    if let Some(seen) = view.node.resources.fresh(view.now).filter(|seen| is_current(view, seen.of)) {
        let process = view.node.process.fresh(view.now).and_then(|process| process.chosen.as_ref());
        if let Some(started) = process.and_then(|chosen| chosen.started) {
            samples.push(&START_TIME, [], started.seconds());
        }
        takes(seen, samples);
        if let Some(group) = &seen.control_group {
            control_group(group, samples);
        }
        unreadable(&seen.unread, samples);
    }
    if let Some(seen) = view.node.threads.fresh(view.now).filter(|seen| is_current(view, seen.of)) {
        waits(seen, samples);
        unreadable(&seen.unread, samples);
    }
    if let Some(maps) = view.node.memory_maps.fresh(view.now).filter(|maps| is_current(view, maps.of)) {
        samples.push(&MAPS, [], maps.count);
        push(samples, &MAX_MAPS, maps.count_max);
    }
}

fn unreadable(files: &BTreeMap<String, ErrorKind>, samples: &mut Samples) {
    for (file, reason) in files {
        samples.push(&UNREADABLE, [file, reason.as_str()], 1);
    }
}

/// A fact that may be absent.
pub(super) fn push(samples: &mut Samples, metric: &'static Metric<0>, value: Option<u64>) {
    if let Some(value) = value {
        samples.push(metric, [], value);
    }
}

/// A time that may be absent, told in seconds.
pub(super) fn push_seconds(samples: &mut Samples, metric: &'static Metric<0>, microseconds: Option<u64>) {
    if let Some(time) = microseconds {
        samples.push(metric, [], seconds(time));
    }
}

pub(super) fn seconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1e6
}

fn takes(seen: &Resources, samples: &mut Samples) {
    push(samples, &OPEN_FDS, seen.open_files);
    push(samples, &MAX_FDS, seen.max_files.filter(|max| *max < u64::MAX));
    push(samples, &THREADS, seen.threads);
    let kinds =
        [("anon", seen.resident_anon_bytes), ("file", seen.resident_file_bytes), ("shmem", seen.resident_shmem_bytes)];
    for (kind, bytes) in kinds {
        if let Some(bytes) = bytes {
            samples.push(&RESIDENT, [kind], bytes);
        }
    }
    push(samples, &SWAP, seen.swapped_bytes);
    push(samples, &MAJOR_FAULTS, seen.major_faults);
    for (mode, time) in [("user", seen.user_ms), ("system", seen.system_ms)] {
        if let Some(time) = time {
            samples.push(&CPU, [mode], time as f64 / 1e3);
        }
    }
    if let Some(io) = &seen.io {
        samples.push(&RCHAR, [], io.rchar);
        samples.push(&WCHAR, [], io.wchar);
        samples.push(&READ, [], io.read_bytes);
        samples.push(&WRITE, [], io.write_bytes);
        samples.push(&CANCELLED_WRITE, [], io.cancelled_write_bytes);
    }
}

fn waits(seen: &Threads, samples: &mut Samples) {
    push_seconds(samples, &RUN_QUEUE_WAIT, seen.run_queue_wait_us);
    push_seconds(samples, &BLOCK_IO_DELAY, seen.block_io_delay_ms.map(|time| time.saturating_mul(1_000)));
    if let Some(stuck) = &seen.uninterruptible {
        // Threads of which it is not known what they wait for may be any class's: then no class is said to have none.
        let all_known = !stuck.contains_key(&WaitClass::Unknown);
        for class in WaitClass::ALL {
            let threads = stuck.get(&class).copied().or(all_known.then_some(0));
            if let Some(threads) = threads {
                samples.push(&UNINTERRUPTIBLE, [class.as_str()], threads);
            }
        }
    }
}

fn control_group(group: &ControlGroup, samples: &mut Samples) {
    if let Some(limit) = group.cpu_limit_millis {
        samples.push(&CPU_LIMIT, [], limit as f64 / 1e3);
    }
    push(samples, &CPU_PERIODS, group.cpu_periods);
    push(samples, &CPU_THROTTLED_PERIODS, group.cpu_throttled_periods);
    push_seconds(samples, &CPU_THROTTLED, group.cpu_throttled_us);
    push(samples, &MEMORY_LIMIT, group.memory_limit_bytes);
    push(samples, &MEMORY_USAGE, group.memory_usage_bytes);
    push(samples, &MEMORY_CACHE, group.memory_cache_bytes);
    push(samples, &OOM_KILLS, group.oom_kills);
    for (resource, pressure) in &group.pressure {
        if let Some(some) = pressure.some_us {
            samples.push(&PRESSURE_WAITING, [resource], seconds(some));
        }
        if let Some(full) = pressure.full_us {
            samples.push(&PRESSURE_STALLED, [resource], seconds(full));
        }
    }
}
