//! What the machine is busy with, and its clock.

use super::{Collector, Options, Seen};
use crate::exposition::{Metric, Samples, Scope, Value};
use crate::sources::MACHINE;

pub(super) static COLLECTOR: Collector = Collector {
    name: "machine",
    about: "memory, pressure, processors and clock of the machine",
    sources: &[&MACHINE],
    families: &[
        &MEMORY.family,
        &AVAILABLE.family,
        &DIRTY.family,
        &WRITEBACK.family,
        &CORRUPTED.family,
        &DIRTY_RATIO.family,
        &SWAPPED_IN.family,
        &SWAPPED_OUT.family,
        &MAJOR_FAULTS.family,
        &REFAULTED.family,
        &ALLOCATION_STALLS.family,
        &OOM_KILLS.family,
        &CPU_SECONDS.family,
        &CPUS.family,
        &BOOTED.family,
        &PRESSURE_WAITING.family,
        &PRESSURE_STALLED.family,
        &TIME.family,
        &SYNCHRONISED.family,
        &OFFSET.family,
        &MAX_ERROR.family,
        &ESTIMATED_ERROR.family,
        &CLOCKSOURCE.family,
    ],
    collect,
};

static MEMORY: Metric<0> = Metric::gauge("kafka_host_memory_bytes", Scope::Broker, &[], "Memory of the machine.");
static AVAILABLE: Metric<0> = Metric::gauge(
    "kafka_host_memory_available_bytes",
    Scope::Broker,
    &[],
    "Memory that could be given to programs without swapping, as the kernel estimates it; the page cache is most of it.",
);
static DIRTY: Metric<0> = Metric::gauge(
    "kafka_host_memory_dirty_bytes",
    Scope::Broker,
    &[],
    "Bytes written to files that are only in memory yet: what a power cut would take, acknowledged or not.",
);
static WRITEBACK: Metric<0> = Metric::gauge(
    "kafka_host_memory_writeback_bytes",
    Scope::Broker,
    &[],
    "Bytes that are on their way from memory to drives.",
);
static CORRUPTED: Metric<0> = Metric::gauge(
    "kafka_host_memory_hardware_corrupted_bytes",
    Scope::Broker,
    &[],
    "Memory that the kernel took out of use after an error that could not be corrected.",
);
static DIRTY_RATIO: Metric<0> = Metric::gauge(
    "kafka_host_memory_dirty_ratio",
    Scope::Broker,
    &[],
    "Dirty pages and those on their way, as a share of the number at which the kernel makes writers wait.",
);
static SWAPPED_IN: Metric<0> = Metric::counter(
    "kafka_host_swapped_in_pages_total",
    Scope::Broker,
    &[],
    "Pages that the machine read back from swap since it booted.",
);
static SWAPPED_OUT: Metric<0> = Metric::counter(
    "kafka_host_swapped_out_pages_total",
    Scope::Broker,
    &[],
    "Pages that the machine wrote to swap since it booted.",
);
static MAJOR_FAULTS: Metric<0> = Metric::counter(
    "kafka_host_major_faults_total",
    Scope::Broker,
    &[],
    "Page faults on the machine that waited for a drive, since it booted.",
);
static REFAULTED: Metric<0> = Metric::counter(
    "kafka_host_refaulted_pages_total",
    Scope::Broker,
    &[],
    "Pages of files that had to be read again soon after they were dropped, since the machine booted: the page cache is too \
     small for what is read.",
);
static ALLOCATION_STALLS: Metric<0> = Metric::counter(
    "kafka_host_allocation_stalls_total",
    Scope::Broker,
    &[],
    "Times that a program had to free memory itself before it got some, since the machine booted.",
);
static OOM_KILLS: Metric<0> = Metric::counter(
    "kafka_host_oom_kills_total",
    Scope::Broker,
    &[],
    "Processes that the kernel ended for want of memory since the machine booted, those of other containers among them.",
);
static CPU_SECONDS: Metric<1> = Metric::counter(
    "kafka_host_cpu_seconds_total",
    Scope::Broker,
    &["mode"],
    "Time of all processors by what they did, since the machine booted; steal is time that the hypervisor gave to others.",
);
static CPUS: Metric<0> =
    Metric::gauge("kafka_host_cpus", Scope::Broker, &[], "Processors of the machine that are online.");
static BOOTED: Metric<0> = Metric::gauge(
    "kafka_host_boot_timestamp_seconds",
    Scope::Broker,
    &[],
    "When the machine booted, as Unix time; moves a little when its clock is set.",
);
static PRESSURE_WAITING: Metric<1> = Metric::counter(
    "kafka_host_pressure_waiting_seconds_total",
    Scope::Broker,
    &["resource"],
    "Time in which some task of the machine waited for a resource, since it booted; absent where the kernel does not count it.",
);
static PRESSURE_STALLED: Metric<1> = Metric::counter(
    "kafka_host_pressure_stalled_seconds_total",
    Scope::Broker,
    &["resource"],
    "Time in which every task of the machine that had something to do waited for a resource, since it booted.",
);
static TIME: Metric<0> = Metric::gauge(
    "kafka_host_time_seconds",
    Scope::Broker,
    &[],
    "The machine's clock when this page was made, up to two seconds before it is read: brokers' clocks are compared by it.",
);
static SYNCHRONISED: Metric<0> = Metric::gauge(
    "kafka_host_clock_synchronised",
    Scope::Broker,
    &[],
    "1 while a program keeps the machine's clock in step, 0 while none does; absent where adjtimex is not allowed.",
);
static OFFSET: Metric<0> = Metric::gauge(
    "kafka_host_clock_offset_seconds",
    Scope::Broker,
    &[],
    "What the kernel still has to correct the clock by; near 0 with programs that steer by frequency (chrony).",
);
static MAX_ERROR: Metric<0> = Metric::gauge(
    "kafka_host_clock_max_error_seconds",
    Scope::Broker,
    &[],
    "Most that the clock may be wrong by; grows to 16 while nothing keeps it in step.",
);
static ESTIMATED_ERROR: Metric<0> = Metric::gauge(
    "kafka_host_clock_estimated_error_seconds",
    Scope::Broker,
    &[],
    "What the program that keeps the clock thinks it is wrong by.",
);
static CLOCKSOURCE: Metric<1> = Metric::info(
    "kafka_host_clocksource_info",
    Scope::Broker,
    &["clocksource"],
    "What the kernel reads time from, such as tsc.",
);

fn collect(Seen { view, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    let Some(machine) = view.node.machine.fresh(view.now) else { return };
    let mut push = |metric: &'static Metric<0>, value: Option<Value>| {
        if let Some(value) = value {
            samples.push(metric, [], value);
        }
    };
    let whole = |value: Option<u64>| value.map(Value::from);
    push(&MEMORY, whole(machine.memory_bytes));
    push(&AVAILABLE, whole(machine.available_bytes));
    push(&DIRTY, whole(machine.dirty_bytes));
    push(&WRITEBACK, whole(machine.writeback_bytes));
    push(&CORRUPTED, whole(machine.corrupted_bytes));
    push(&DIRTY_RATIO, machine.dirty_ratio.map(Value::from));
    push(&SWAPPED_IN, whole(machine.swapped_in_pages));
    push(&SWAPPED_OUT, whole(machine.swapped_out_pages));
    push(&MAJOR_FAULTS, whole(machine.major_faults));
    push(&REFAULTED, whole(machine.refaulted_pages));
    push(&ALLOCATION_STALLS, whole(machine.allocation_stalls));
    push(&OOM_KILLS, whole(machine.oom_kills));
    push(&CPUS, machine.cpus.map(Value::from));
    push(&BOOTED, whole(machine.booted_at));
    push(&TIME, Some(view.now.seconds().into()));
    if let Some(clock) = machine.clock {
        push(&SYNCHRONISED, Some(clock.synchronised.into()));
        push(&OFFSET, Some(clock.offset_seconds.into()));
        push(&MAX_ERROR, Some(clock.max_error_seconds.into()));
        push(&ESTIMATED_ERROR, Some(clock.estimated_error_seconds.into()));
    }
    for (mode, seconds) in &machine.cpu_seconds {
        samples.push(&CPU_SECONDS, [mode], *seconds);
    }
    for (resource, pressure) in &machine.pressure {
        for (metric, us) in [(&PRESSURE_WAITING, pressure.some_us), (&PRESSURE_STALLED, pressure.full_us)] {
            if let Some(us) = us {
                samples.push(metric, [resource], us as f64 / 1e6);
            }
        }
    }
    if let Some(clocksource) = &machine.clocksource {
        samples.push(&CLOCKSOURCE, [clocksource], 1);
    }
}
