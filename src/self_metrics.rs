//! What the program measures of itself, through the `prometheus` crate: few series, any kind.
//!
//! Whether a source is up is not here: that is derived from the snapshot, so that a recorded one shows it too.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::limits::COUNTED;
use crate::{collectors, sources};
use prometheus::{
    Counter, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

/// The instruments. All are registered at start, so that a counter is 0 before its first event.
pub struct SelfMetrics {
    registry: Registry,
    request_seconds: HistogramVec,
    throttled_seconds: Counter,
    source_seconds: GaugeVec,
    limit_hits: IntCounterVec,
    reader_restarts: IntCounter,
    readers_stuck: IntGaugeVec,
    history_failures: IntCounterVec,
    scrapes: IntCounter,
    render_seconds: prometheus::Gauge,
    panics: IntCounterVec,
    parse_errors: IntCounterVec,
    identity_changes: IntCounter,
    config_reload_success: IntGauge,
    endpoint: EndpointMetrics,
    process: ProcessMetrics,
}

/// Where a panic of ours is caught and counted: sources and collectors, by name.
fn places() -> impl Iterator<Item = &'static str> {
    let sources = sources::SOURCES.iter().map(|source| source.name);
    sources.chain(collectors::COLLECTORS.iter().map(|collector| collector.name))
}

/// Who may ask us, and who was turned away.
struct EndpointMetrics {
    web_config_reload_success: IntGaugeVec,
    web_certificate_not_after: IntGaugeVec,
    http_refused: IntCounterVec,
}

/// The conventional `process_*` metrics, read through sysinfo.
struct ProcessMetrics {
    /// Absent on a system that sysinfo does not know.
    system: Mutex<Option<System>>,
    cpu_seconds: Counter,
    resident_bytes: IntGauge,
    open_fds: IntGauge,
    max_fds: IntGauge,
    start_seconds: IntGauge,
}

impl fmt::Debug for SelfMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SelfMetrics")
    }
}

/// Buckets of our requests' latency: a local broker answers in milliseconds; past 2.5 s most deadlines are near.
const REQUEST_BUCKETS: &[f64] = &[0.001, 0.005, 0.025, 0.1, 0.5, 2.5];

impl Default for SelfMetrics {
    fn default() -> Self {
        Self::new()
    }
}

impl SelfMetrics {
    /// Registers every instrument.
    #[must_use]
    pub fn new() -> Self {
        let registry = Registry::new();
        let one = Instruments { registry: &registry };
        let build_info = one.gauges("brokerwatch_build_info", "Version of this program; the value is 1.", "version");
        build_info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let request = HistogramOpts::new(
            "brokerwatch_kafka_request_duration_seconds",
            "How long the broker took to answer our own requests, by API; unanswered ones are not in it.",
        );
        let metrics = Self {
            request_seconds: registered(
                &registry,
                HistogramVec::new(request.buckets(REQUEST_BUCKETS.to_vec()), &["api"]),
            ),
            throttled_seconds: one.counter(
                "brokerwatch_kafka_throttled_seconds_total",
                "How long the broker told us to hold back, because a quota of our client id or user was exceeded.",
            ),
            source_seconds: registered(
                &registry,
                GaugeVec::new(
                    Opts::new("brokerwatch_source_duration_seconds", "How long the last look at a source took."),
                    &["source"],
                ),
            ),
            limit_hits: one.counters("brokerwatch_limit_hits_total", "Times a limit was reached.", "limit"),
            reader_restarts: one.whole_counter(
                "brokerwatch_reader_restarts_total",
                "Times the reader process died and was started again.",
            ),
            readers_stuck: one.gauges(
                "brokerwatch_reader_stuck",
                "1 while a reader process hangs on this mount.",
                "mount",
            ),
            history_failures: history_failures(&one),
            scrapes: one.whole_counter("brokerwatch_scrapes_total", "Pages of metrics that were sent."),
            render_seconds: registered(
                &registry,
                prometheus::Gauge::new("brokerwatch_render_duration_seconds", "How long the last page took to write."),
            ),
            panics: one.counters(
                "brokerwatch_panics_total",
                "Failures of our own code that were caught, by place.",
                "place",
            ),
            parse_errors: one.counters(
                "brokerwatch_parse_errors_total",
                "Files of the host that are there and empty, broken or masked, by source: what they would tell is absent.",
                "source",
            ),
            identity_changes: one.whole_counter(
                "brokerwatch_identity_changes_total",
                "Times the watched node turned out to be another, by its cluster id or node id: what was seen before was \
                 dropped.",
            ),
            config_reload_success: one.gauge(
                "brokerwatch_config_last_reload_successful",
                "1 when the configuration in use is the newest that was given, 0 when a newer one was refused.",
            ),
            endpoint: EndpointMetrics::new(&one),
            process: ProcessMetrics::new(&registry),
            registry,
        };
        metrics.config_reload_success.set(1);
        // A counter that begins with its first event hides that event from increase().
        COUNTED.iter().for_each(|limit| metrics.limit_hits(limit, 0));
        places().for_each(|place| metrics.panics.with_label_values(&[place]).inc_by(0));
        sources::SOURCES.iter().for_each(|source| metrics.parse_errors(source.name, 0));
        metrics
    }

    /// The instruments' values, for the page.
    #[must_use]
    pub fn gather(&self) -> Vec<prometheus::proto::MetricFamily> {
        self.registry.gather()
    }

    /// Reads this process' own CPU time, memory and descriptors.
    pub fn observe_process(&self) {
        self.process.observe();
    }

    /// A request was answered.
    pub fn kafka_request(&self, api: &str, took: Duration) {
        self.request_seconds.with_label_values(&[api]).observe(took.as_secs_f64());
    }

    /// An answer told us to hold back for so long; as a rule for no time at all.
    pub fn throttled(&self, hold_back: Duration) {
        self.throttled_seconds.inc_by(hold_back.as_secs_f64());
    }

    /// A source was looked at.
    pub fn source(&self, source: &str, took: Duration) {
        self.source_seconds.with_label_values(&[source]).set(took.as_secs_f64());
    }

    /// One of [`COUNTED`] was reached.
    pub fn limit_hit(&self, limit: &'static str) {
        self.limit_hits(limit, 1);
    }

    /// One of [`COUNTED`] was reached so often.
    pub fn limit_hits(&self, limit: &'static str, hits: usize) {
        debug_assert!(COUNTED.contains(&limit), "{limit} is not in the table");
        self.limit_hits.with_label_values(&[limit]).inc_by(hits as u64);
    }

    /// The reader process died.
    pub fn reader_restarted(&self) {
        self.reader_restarts.inc();
    }

    /// A reader process hangs on `mount`, or no longer does.
    pub fn reader_stuck(&self, mount: &str, stuck: bool) {
        self.readers_stuck.with_label_values(&[mount]).set(stuck.into());
    }

    /// A file with what was learned of a drive could not be used.
    pub fn history_failed(&self, reason: &str) {
        self.history_failures.with_label_values(&[reason]).inc();
    }

    /// A page was sent.
    pub fn scraped(&self) {
        self.scrapes.inc();
    }

    /// A page was written.
    pub fn rendered(&self, took: Duration) {
        self.render_seconds.set(took.as_secs_f64());
    }

    /// A panic was caught in `place`.
    pub fn panicked(&self, place: &str) {
        self.panics.with_label_values(&[place]).inc();
    }

    /// So many files of a source were empty or broken in one look.
    pub fn parse_errors(&self, source: &str, files: usize) {
        self.parse_errors.with_label_values(&[source]).inc_by(files as u64);
    }

    /// The node is another than before.
    pub fn identity_changed(&self) {
        self.identity_changes.inc();
    }

    /// A new configuration was taken or refused.
    pub fn config_reloaded(&self, taken: bool) {
        self.config_reload_success.set(taken.into());
    }

    /// A new web configuration was taken or refused.
    pub fn web_config_reloaded(&self, taken: bool) {
        self.endpoint.web_config_reload_success.with_label_values::<&str>(&[]).set(taken.into());
    }

    /// The certificate that is served now ends at this Unix time; none is served, or its end cannot be read.
    pub fn web_certificate(&self, not_after: Option<i64>) {
        self.endpoint.web_certificate_not_after.reset();
        if let Some(not_after) = not_after {
            self.endpoint.web_certificate_not_after.with_label_values::<&str>(&[]).set(not_after);
        }
    }

    /// A client of our own endpoint was turned away.
    pub fn http_refused(&self, reason: &str) {
        self.endpoint.http_refused.with_label_values(&[reason]).inc();
    }
}

impl EndpointMetrics {
    fn new(one: &Instruments<'_>) -> Self {
        let metrics = Self {
            web_config_reload_success: one.gauge_once_set(
                "brokerwatch_web_config_last_reload_successful",
                "1 when the web configuration in use is the newest there is, 0 when a newer one was refused; absent without one.",
            ),
            web_certificate_not_after: one.gauge_once_set(
                "brokerwatch_web_certificate_not_after_timestamp_seconds",
                "When the certificate that is served here ends, as Unix time; absent without TLS.",
            ),
            http_refused: one.counters(
                "brokerwatch_http_refused_total",
                "Clients of our own endpoint that were turned away, by reason.",
                "reason",
            ),
        };
        for reason in ["handshake", "credentials", "rate_limit"] {
            metrics.http_refused.with_label_values(&[reason]).inc_by(0);
        }
        metrics
    }
}

impl ProcessMetrics {
    fn new(registry: &Registry) -> Self {
        let one = Instruments { registry };
        Self {
            system: Mutex::new(System::new().ok()),
            cpu_seconds: one
                .counter("process_cpu_seconds_total", "CPU time of this process; the reader's is not in it."),
            resident_bytes: one.gauge("process_resident_memory_bytes", "Resident memory of this process."),
            open_fds: one.gauge("process_open_fds", "Open descriptors of this process."),
            max_fds: one.gauge("process_max_fds", "Descriptors that this process may open."),
            start_seconds: one.gauge("process_start_time_seconds", "When this process started, as Unix time."),
        }
    }

    fn observe(&self) {
        let Ok(pid) = sysinfo::get_current_pid() else { return };
        let mut system = self.system.lock().unwrap_or_else(PoisonError::into_inner);
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory();
        let Some(system) = system.as_mut() else { return };
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
        let Some(process) = system.process(pid) else { return };
        let cpu_seconds = process.accumulated_cpu_time() as f64 / 1000.0;
        self.cpu_seconds.inc_by((cpu_seconds - self.cpu_seconds.get()).max(0.0));
        let gauge = |gauge: &IntGauge, value: u64| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        gauge(&self.resident_bytes, process.memory());
        gauge(&self.start_seconds, process.start_time());
        if let (Some(open), Some(max)) = (process.open_files(), process.open_files_limit()) {
            gauge(&self.open_fds, open as u64);
            gauge(&self.max_fds, max as u64);
        }
    }
}

/// An instrument as the table of metrics shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its name; of a histogram without `_bucket`, `_sum` and `_count`.
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// What it says, in a sentence.
    pub help: String,
    /// Names of its labels, without `le`.
    pub labels: Vec<String>,
}

/// Every instrument, for the table of metrics.
#[must_use]
pub fn described() -> Vec<Described> {
    let metrics = SelfMetrics::new();
    // A family shows only once it has a series.
    metrics.kafka_request("ApiVersions", Duration::ZERO);
    metrics.source("liveness", Duration::ZERO);
    metrics.reader_stuck("/", false);
    metrics.web_config_reloaded(true);
    metrics.web_certificate(Some(0));
    let kind = |kind| match kind {
        prometheus::proto::MetricType::COUNTER => "counter",
        prometheus::proto::MetricType::HISTOGRAM => "histogram",
        _ => "gauge",
    };
    let families = metrics.gather();
    families
        .iter()
        .map(|family| Described {
            name: family.name().to_owned(),
            kind: kind(family.get_field_type()),
            help: family.help().to_owned(),
            labels: family.get_metric()[0].get_label().iter().map(|label| label.name().to_owned()).collect(),
        })
        .collect()
}

/// Files with what was learned of drives that are not used, by reason; each begins at 0.
fn history_failures(one: &Instruments<'_>) -> IntCounterVec {
    let failures = one.counters(
        "brokerwatch_drive_history_failures_total",
        "Times a file of --path.state could not be used: damaged, of another version, about another serial, or not read or \
         written.",
        "reason",
    );
    ["damaged", "version", "serial", "read", "write"]
        .iter()
        .for_each(|reason| failures.with_label_values(&[reason]).inc_by(0));
    failures
}

/// Makes the kinds of instruments that there are several of.
struct Instruments<'a> {
    registry: &'a Registry,
}

impl Instruments<'_> {
    fn counter(&self, name: &str, help: &str) -> Counter {
        registered(self.registry, Counter::new(name, help))
    }

    fn whole_counter(&self, name: &str, help: &str) -> IntCounter {
        registered(self.registry, IntCounter::new(name, help))
    }

    fn counters(&self, name: &str, help: &str, label: &str) -> IntCounterVec {
        registered(self.registry, IntCounterVec::new(Opts::new(name, help), &[label]))
    }

    fn gauges(&self, name: &str, help: &str, label: &str) -> IntGaugeVec {
        registered(self.registry, IntGaugeVec::new(Opts::new(name, help), &[label]))
    }

    fn gauge(&self, name: &str, help: &str) -> IntGauge {
        registered(self.registry, IntGauge::new(name, help))
    }

    /// A gauge without labels that is absent until it is first set.
    fn gauge_once_set(&self, name: &str, help: &str) -> IntGaugeVec {
        registered(self.registry, IntGaugeVec::new(Opts::new(name, help), &[]))
    }
}

/// Names and labels are literals of this file: that they are valid and distinct is shown by any test that starts.
fn registered<C: prometheus::core::Collector + Clone + 'static>(registry: &Registry, made: prometheus::Result<C>) -> C {
    let collector = made.expect("a valid literal");
    registry.register(Box::new(collector.clone())).expect("a distinct name");
    collector
}
