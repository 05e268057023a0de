//! The node's JVM, from its performance data: no JMX, no agent.

use super::process::{is_current, push, push_seconds, seconds};
use super::{Collector, Options, Seen};
use crate::exposition::{Metric, Samples, Scope};
use crate::snapshot::{Jvm, PerfDataPlace};
use crate::sources::{JVM, MEMORY_MAPS, PROCESS};

pub(super) static COLLECTOR: Collector = Collector {
    name: "jvm",
    about: "heap, collections, safepoints, threads and classes of the node's JVM, without JMX",
    sources: &[&JVM, &MEMORY_MAPS, &PROCESS],
    families: &[
        &INFO.family,
        &FLAG_INFO.family,
        &PERFDATA_STATE.family,
        &PERFDATA_INFO.family,
        &PERFDATA_OVERFLOW.family,
        &COLLECTIONS.family,
        &PAUSE.family,
        &SPACE_USED.family,
        &SPACE_CAPACITY.family,
        &SPACE_MAX.family,
        &SAFEPOINTS.family,
        &SAFEPOINT.family,
        &SAFEPOINT_SYNC.family,
        &GC_CPU.family,
        &THREADS.family,
        &DAEMON_THREADS.family,
        &PEAK_THREADS.family,
        &STARTED_THREADS.family,
        &LOADED_CLASSES.family,
        &UNLOADED_CLASSES.family,
        &METASPACE_USED.family,
        &METASPACE_CAPACITY.family,
        &COMPILATION.family,
    ],
    collect,
};

static INFO: Metric<3> = Metric::info(
    "kafka_jvm_info",
    Scope::Broker,
    &["version", "vm", "gc_policy"],
    "Release and name of the Java virtual machine and the policy of its collector; a label is empty when it is not told.",
);
static FLAG_INFO: Metric<2> = Metric::info(
    "kafka_jvm_flag_info",
    Scope::Broker,
    &["flag", "value"],
    "Flags of the JVM's command line that decide over memory and pauses, from an allow-list; -Xmx is MaxHeapSize.",
);
static PERFDATA_STATE: Metric<1> = Metric::gauge(
    "kafka_jvm_perfdata_state",
    Scope::Broker,
    &["state"],
    "1 for where the JVM has its performance data: shared (a file, which is read here), deleted (the file was removed \
     while it runs), switched_off (-XX:-UsePerfData), not_shared (-XX:+PerfDisableSharedMem), private (a user without a \
     name in passwd, a full /tmp, or one /tmp for several containers); absent when its maps may not be read.",
);
static PERFDATA_INFO: Metric<1> = Metric::info(
    "kafka_jvm_perfdata_info",
    Scope::Broker,
    &["fstype"],
    "File system of the performance data: on any but tmpfs the JVM's pauses wait for that drive.",
);
static PERFDATA_OVERFLOW: Metric<0> = Metric::gauge(
    "kafka_jvm_perfdata_overflow_bytes",
    Scope::Broker,
    &[],
    "Bytes of counters that found no room in the performance data (-XX:PerfDataMemorySize): above 0 some are missing.",
);
static COLLECTIONS: Metric<2> = Metric::counter(
    "kafka_jvm_gc_collections_total",
    Scope::Broker,
    &["collector", "kind"],
    "Collections: kind is young, full (everything stands still for the whole heap), concurrent (short pauses of cycles \
     beside the program), cycle (pauses of ZGC and Shenandoah).",
);
static PAUSE: Metric<2> = Metric::counter(
    "kafka_jvm_gc_pause_seconds_total",
    Scope::Broker,
    &["collector", "kind"],
    "Time that all threads stood still for a collector.",
);
static SPACE_USED: Metric<2> = Metric::gauge(
    "kafka_jvm_heap_space_used_bytes",
    Scope::Broker,
    &["generation", "space"],
    "Bytes in use in a space of the heap, as of the last collection and not of now.",
);
static SPACE_CAPACITY: Metric<2> = Metric::gauge(
    "kafka_jvm_heap_space_capacity_bytes",
    Scope::Broker,
    &["generation", "space"],
    "Bytes that are committed for a space of the heap, as of the last collection.",
);
static SPACE_MAX: Metric<2> = Metric::gauge(
    "kafka_jvm_heap_space_max_bytes",
    Scope::Broker,
    &["generation", "space"],
    "Bytes that a space of the heap may grow to; with G1 each space may take all of the heap.",
);
static SAFEPOINTS: Metric<0> =
    Metric::counter("kafka_jvm_safepoints_total", Scope::Broker, &[], "How often all threads of the JVM were stopped.");
static SAFEPOINT: Metric<0> = Metric::counter(
    "kafka_jvm_safepoint_seconds_total",
    Scope::Broker,
    &[],
    "Time that all threads of the JVM were stopped, collections included.",
);
static SAFEPOINT_SYNC: Metric<0> = Metric::counter(
    "kafka_jvm_safepoint_sync_seconds_total",
    Scope::Broker,
    &[],
    "Time from the order to stop until the last thread had stopped: swap, a lack of processors, or a slow drive.",
);
static GC_CPU: Metric<0> = Metric::counter(
    "kafka_jvm_gc_cpu_seconds_total",
    Scope::Broker,
    &[],
    "Processor time of all threads of the collector; absent before Java 21 and for collectors that do not count it.",
);
static THREADS: Metric<0> = Metric::gauge("kafka_jvm_threads", Scope::Broker, &[], "Java threads that live.");
static DAEMON_THREADS: Metric<0> =
    Metric::gauge("kafka_jvm_daemon_threads", Scope::Broker, &[], "Java threads that live and are daemons.");
static PEAK_THREADS: Metric<0> = Metric::gauge(
    "kafka_jvm_peak_threads",
    Scope::Broker,
    &[],
    "Most Java threads that lived at once since the JVM began.",
);
static STARTED_THREADS: Metric<0> =
    Metric::counter("kafka_jvm_started_threads_total", Scope::Broker, &[], "Java threads that were started.");
static LOADED_CLASSES: Metric<0> =
    Metric::counter("kafka_jvm_loaded_classes_total", Scope::Broker, &[], "Classes that were loaded.");
static UNLOADED_CLASSES: Metric<0> =
    Metric::counter("kafka_jvm_unloaded_classes_total", Scope::Broker, &[], "Classes that were unloaded.");
static METASPACE_USED: Metric<0> = Metric::gauge(
    "kafka_jvm_metaspace_used_bytes",
    Scope::Broker,
    &[],
    "Bytes of metaspace in use, as of the last collection.",
);
static METASPACE_CAPACITY: Metric<0> = Metric::gauge(
    "kafka_jvm_metaspace_capacity_bytes",
    Scope::Broker,
    &[],
    "Bytes of metaspace that are committed, as of the last collection.",
);
static COMPILATION: Metric<0> = Metric::counter(
    "kafka_jvm_compilation_seconds_total",
    Scope::Broker,
    &[],
    "Time that the compiler's threads spent.",
);

fn collect(Seen { view, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    if let Some(maps) = view.node.memory_maps.fresh(view.now).filter(|maps| is_current(view, maps.of)) {
        for state in PerfDataPlace::STATES {
            samples.push(&PERFDATA_STATE, [state], maps.perf_data.as_str() == state);
        }
        if let PerfDataPlace::Shared { fs_kind: Some(kind), .. } = &maps.perf_data {
            samples.push(&PERFDATA_INFO, [kind], 1);
        }
    }
    if let Some(jvm) = view.node.jvm.fresh(view.now).filter(|jvm| is_current(view, jvm.of)) {
        told(jvm, samples);
    }
}

fn told(jvm: &Jvm, samples: &mut Samples) {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    samples.push(&INFO, [&text(&jvm.version), &text(&jvm.name), &text(&jvm.gc_policy)], 1);
    for (flag, value) in &jvm.flags {
        samples.push(&FLAG_INFO, [flag, value], 1);
    }
    samples.push(&PERFDATA_OVERFLOW, [], jvm.overflow_bytes);
    for collector in &jvm.collectors {
        let labels = [collector.name.as_str(), collector.kind.as_str()];
        if let Some(collections) = collector.collections {
            samples.push(&COLLECTIONS, labels, collections);
        }
        if let Some(pause) = collector.pause_us {
            samples.push(&PAUSE, labels, seconds(pause));
        }
    }
    for space in &jvm.spaces {
        let facts =
            [(&SPACE_USED, space.used_bytes), (&SPACE_CAPACITY, space.capacity_bytes), (&SPACE_MAX, space.max_bytes)];
        for (metric, bytes) in facts {
            if let Some(bytes) = bytes {
                samples.push(metric, [&space.generation, &space.space], bytes);
            }
        }
    }
    push(samples, &SAFEPOINTS, jvm.safepoints);
    push_seconds(samples, &SAFEPOINT, jvm.safepoint_us);
    push_seconds(samples, &SAFEPOINT_SYNC, jvm.safepoint_sync_us);
    push_seconds(samples, &GC_CPU, jvm.gc_cpu_us);
    push(samples, &THREADS, jvm.threads);
    push(samples, &DAEMON_THREADS, jvm.daemon_threads);
    push(samples, &PEAK_THREADS, jvm.peak_threads);
    push(samples, &STARTED_THREADS, jvm.started_threads);
    push(samples, &LOADED_CLASSES, jvm.loaded_classes);
    push(samples, &UNLOADED_CLASSES, jvm.unloaded_classes);
    push(samples, &METASPACE_USED, jvm.metaspace_used_bytes);
    push(samples, &METASPACE_CAPACITY, jvm.metaspace_capacity_bytes);
    push_seconds(samples, &COMPILATION, jvm.compilation_us);
}
