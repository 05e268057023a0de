//! The page: metrics declared as statics, samples written as bytes, both text formats from the same lines.
//!
//! A sample line is the same in Prometheus text 0.0.4 and OpenMetrics 1.0; only the headers of a family and the end
//! differ. So every line is written once. References: <https://prometheus.io/docs/instrumenting/exposition_formats/>,
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>.

use std::collections::BTreeMap;
use std::io::Write;

use prometheus::proto;

use crate::limits::{FAMILY_SERIES_MAX, LABEL_VALUE_BYTES_MAX};

/// Who reports a metric, and so how a fleet's series add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// What this broker leads, hosts or is: `sum` over the fleet is right.
    Broker,
    /// A bad count of the whole cluster, reported by all: `max` is right.
    ClusterMax,
    /// A good count of the whole cluster, reported by all: `min` is right.
    ClusterMin,
    /// About this program itself.
    Itself,
}

impl Scope {
    /// As in the table of metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Broker => "broker",
            Self::ClusterMax => "cluster (max)",
            Self::ClusterMin => "cluster (min)",
            Self::Itself => "itself",
        }
    }
}

/// Kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A value that goes up and down.
    Gauge,
    /// A value that only grows while the process lives.
    Counter,
    /// Labels only; the value is 1.
    Info,
}

impl Kind {
    /// As in the table of metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Info => "info",
        }
    }
}

/// A metric without its labels' number: what tables and headers need.
#[derive(Debug)]
pub struct Family {
    /// Full name, as on the page.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Who reports it.
    pub scope: Scope,
    /// Names of its labels.
    pub labels: &'static [&'static str],
    /// One sentence: what it is, and when it is absent.
    pub help: &'static str,
}

impl Family {
    /// Unit as the last word of the name tells it; empty for counts and states.
    #[must_use]
    pub fn unit(&self) -> &'static str {
        let stem = self.name.strip_suffix("_total").unwrap_or(self.name);
        ["seconds", "bytes", "ratio"].into_iter().find(|unit| stem.ends_with(&format!("_{unit}"))).unwrap_or("")
    }
}

/// A metric with `N` labels, declared once as a static. A sample with another number of labels does not compile.
#[derive(Debug)]
pub struct Metric<const N: usize> {
    /// Its description.
    pub family: Family,
}

impl<const N: usize> Metric<N> {
    /// A gauge.
    #[must_use]
    pub const fn gauge(
        name: &'static str,
        scope: Scope,
        labels: &'static [&'static str; N],
        help: &'static str,
    ) -> Self {
        Self { family: Family { name, kind: Kind::Gauge, scope, labels, help } }
    }

    /// A counter; the name ends in `_total`.
    #[must_use]
    pub const fn counter(
        name: &'static str,
        scope: Scope,
        labels: &'static [&'static str; N],
        help: &'static str,
    ) -> Self {
        Self { family: Family { name, kind: Kind::Counter, scope, labels, help } }
    }

    /// Labels only; the name ends in `_info`.
    #[must_use]
    pub const fn info(
        name: &'static str,
        scope: Scope,
        labels: &'static [&'static str; N],
        help: &'static str,
    ) -> Self {
        Self { family: Family { name, kind: Kind::Info, scope, labels, help } }
    }
}

/// A sample's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A whole number; above 2^53 Prometheus rounds it.
    Integer(i64),
    /// Any other number.
    Float(f64),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}
impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Integer(value.into())
    }
}
impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}
impl From<u64> for Value {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::Float(value as f64), Self::Integer)
    }
}
impl From<usize> for Value {
    fn from(value: usize) -> Self {
        (value as u64).into()
    }
}
impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Integer(value.into())
    }
}
impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

/// Labels written out once for many samples.
#[derive(Clone, Copy, Debug)]
pub struct LabelBlock<const N: usize> {
    start: usize,
    end: usize,
}

#[derive(Debug, Default)]
struct Body {
    lines: Vec<u8>,
    series: usize,
    dropped: usize,
}

/// Samples of one collector, by family.
#[derive(Debug, Default)]
pub struct Samples {
    bodies: BTreeMap<&'static str, (&'static Family, Body)>,
    blocks: Vec<u8>,
}

impl Samples {
    /// Adds a sample; `labels` in the order of the metric's declaration.
    pub fn push<const N: usize>(&mut self, metric: &'static Metric<N>, labels: [&str; N], value: impl Into<Value>) {
        self.family(metric).push_labels(labels, value);
    }

    /// Writes a set of labels once, for many [`Samples::push_block`]. All metrics it is used with declare `names`.
    pub fn labels<const N: usize>(&mut self, names: &'static [&'static str], values: [&str; N]) -> LabelBlock<N> {
        let start = self.blocks.len();
        write_labels(&mut self.blocks, names.iter().copied().zip(values));
        LabelBlock { start, end: self.blocks.len() }
    }

    /// Adds a sample under labels that were written before.
    pub fn push_block<const N: usize>(
        &mut self,
        metric: &'static Metric<N>,
        labels: LabelBlock<N>,
        value: impl Into<Value>,
    ) {
        self.family(metric).push(labels, value);
    }

    /// The samples of one metric, for many pushes without a look-up each.
    pub fn family<const N: usize>(&mut self, metric: &'static Metric<N>) -> FamilySamples<'_, N> {
        let family = &metric.family;
        let (_, body) = self.bodies.entry(family.name).or_insert_with(|| (family, Body::default()));
        FamilySamples { name: family.name, labels: family.labels, body, blocks: &self.blocks }
    }

    fn merge_into(self, page: &mut Page) {
        for (name, (family, body)) in self.bodies {
            page.dropped_series += body.dropped;
            page.families.insert(
                name.to_owned(),
                FamilyText { header: Header::Ours(family), lines: body.lines, series: body.series },
            );
        }
    }
}

/// The samples of one metric.
#[derive(Debug)]
pub struct FamilySamples<'a, const N: usize> {
    name: &'static str,
    labels: &'static [&'static str],
    body: &'a mut Body,
    blocks: &'a [u8],
}

impl<const N: usize> FamilySamples<'_, N> {
    /// Adds a sample under labels that were written before.
    pub fn push(&mut self, labels: LabelBlock<N>, value: impl Into<Value>) {
        let block = &self.blocks[labels.start..labels.end];
        if self.body.begin(self.name, block.len()) {
            self.body.lines.extend_from_slice(block);
            self.body.end(value.into());
        }
    }

    /// Adds a sample; `labels` in the order of the metric's declaration.
    pub fn push_labels(&mut self, labels: [&str; N], value: impl Into<Value>) {
        if self.body.begin(self.name, 64) {
            write_labels(&mut self.body.lines, self.labels.iter().copied().zip(labels));
            self.body.end(value.into());
        }
    }
}

impl Body {
    /// Begins a line, unless the family is full.
    fn begin(&mut self, name: &str, label_bytes: usize) -> bool {
        if self.series == FAMILY_SERIES_MAX {
            self.dropped += 1;
            return false;
        }
        self.series += 1;
        // Room for the whole line at once: the name, the labels, a number and two separators.
        self.lines.reserve(name.len() + label_bytes + 24);
        self.lines.extend_from_slice(name.as_bytes());
        true
    }

    fn end(&mut self, value: Value) {
        self.lines.push(b' ');
        write_value(&mut self.lines, value);
        self.lines.push(b'\n');
    }
}

fn write_labels<'a>(out: &mut Vec<u8>, labels: impl Iterator<Item = (&'a str, &'a str)>) {
    let mut first = true;
    for (name, value) in labels {
        out.extend_from_slice(if first { b"{" } else { b"," });
        first = false;
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"=\"");
        escape(out, cut(value));
        out.push(b'"');
    }
    if !first {
        out.push(b'}');
    }
}

#[derive(Debug)]
enum Header {
    Ours(&'static Family),
    Foreign { help: String, kind: &'static str, counter: bool },
}

#[derive(Debug)]
struct FamilyText {
    header: Header,
    lines: Vec<u8>,
    series: usize,
}

/// Every family of a page, sorted by name.
#[derive(Debug, Default)]
pub struct Page {
    families: BTreeMap<String, FamilyText>,
    /// Series left out because their family reached its limit.
    pub dropped_series: usize,
}

/// A text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Prometheus text 0.0.4.
    Text,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

impl Format {
    /// Value of the `Content-Type` header.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

impl Page {
    /// Takes in what one collector wrote.
    pub fn add(&mut self, samples: Samples) {
        samples.merge_into(self);
    }

    /// Takes in the instruments of the `prometheus` crate.
    pub fn add_instruments(&mut self, families: &[proto::MetricFamily]) {
        for family in families {
            let text = instrument(family);
            self.families.insert(family.name().to_owned(), text);
        }
    }

    /// Number of series on the page.
    #[must_use]
    pub fn series(&self) -> usize {
        self.families.values().map(|family| family.series).sum()
    }

    /// Names of the families on the page.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.families.keys().map(String::as_str)
    }

    /// The page in one format.
    #[must_use]
    pub fn render(&self, format: Format) -> Vec<u8> {
        let bytes: usize = self.families.values().map(|family| family.lines.len() + 256).sum();
        let mut out = Vec::with_capacity(bytes + 16);
        for (name, family) in &self.families {
            if family.lines.is_empty() {
                continue;
            }
            write_header(&mut out, name, &family.header, format);
            out.extend_from_slice(&family.lines);
        }
        if format == Format::OpenMetrics {
            out.extend_from_slice(b"# EOF\n");
        }
        out
    }
}

fn write_header(out: &mut Vec<u8>, name: &str, header: &Header, format: Format) {
    let (help, kind, unit) = match header {
        Header::Ours(family) => (family.help, family.kind.as_str(), family.unit()),
        Header::Foreign { help, kind, .. } => (help.as_str(), *kind, ""),
    };
    let counter =
        matches!(header, Header::Ours(Family { kind: Kind::Counter, .. }) | Header::Foreign { counter: true, .. });
    // OpenMetrics names a family without the suffix of its samples; text 0.0.4 knows no info and names it with it.
    let (name, kind) = match format {
        Format::OpenMetrics if counter => (name.strip_suffix("_total").unwrap_or(name), kind),
        Format::OpenMetrics if kind == "info" => (name.strip_suffix("_info").unwrap_or(name), kind),
        Format::Text if kind == "info" => (name, "gauge"),
        _ => (name, kind),
    };
    // Writing to memory does not fail.
    let _ = write!(out, "# HELP {name} ");
    escape_help(out, help, format);
    let _ = writeln!(out, "\n# TYPE {name} {kind}");
    if format == Format::OpenMetrics && !unit.is_empty() && name.ends_with(unit) {
        let _ = writeln!(out, "# UNIT {name} {unit}");
    }
}

/// Writes a family of the `prometheus` crate: counters, gauges and histograms; it has no other here.
fn instrument(family: &proto::MetricFamily) -> FamilyText {
    let name = family.name();
    let kind = family.get_field_type();
    let mut body = Body::default();
    for metric in family.get_metric() {
        let labels: Vec<(&str, &str)> = metric.get_label().iter().map(|pair| (pair.name(), pair.value())).collect();
        match kind {
            proto::MetricType::COUNTER => line(&mut body, name, &labels, metric.get_counter().get_value()),
            proto::MetricType::HISTOGRAM => histogram(&mut body, name, &labels, metric.get_histogram()),
            _ => line(&mut body, name, &labels, metric.get_gauge().get_value()),
        }
    }
    let (kind, counter) = match kind {
        proto::MetricType::COUNTER => ("counter", true),
        proto::MetricType::HISTOGRAM => ("histogram", false),
        _ => ("gauge", false),
    };
    let header = Header::Foreign { help: family.help().to_owned(), kind, counter };
    FamilyText { header, lines: body.lines, series: body.series }
}

fn histogram(body: &mut Body, name: &str, labels: &[(&str, &str)], histogram: &proto::Histogram) {
    let bucket_name = format!("{name}_bucket");
    let mut with_le = |bound: &str, count: u64| {
        let labels: Vec<_> = labels.iter().copied().chain([("le", bound)]).collect();
        line(body, &bucket_name, &labels, count as f64);
    };
    for bucket in histogram.get_bucket().iter().filter(|bucket| bucket.upper_bound().is_finite()) {
        // OpenMetrics wants `1.0`, not `1`: the same text serves both formats.
        with_le(&format!("{:?}", bucket.upper_bound()), bucket.cumulative_count());
    }
    with_le("+Inf", histogram.get_sample_count());
    line(body, &format!("{name}_sum"), labels, histogram.get_sample_sum());
    line(body, &format!("{name}_count"), labels, histogram.get_sample_count() as f64);
}

fn line(body: &mut Body, name: &str, labels: &[(&str, &str)], value: f64) {
    if body.begin(name, 64) {
        write_labels(&mut body.lines, labels.iter().copied());
        body.end(value.into());
    }
}

fn write_value(out: &mut Vec<u8>, value: Value) {
    match value {
        Value::Integer(value) => out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()),
        Value::Float(value) if value.is_nan() => out.extend_from_slice(b"NaN"),
        Value::Float(value) if value.is_infinite() => {
            out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" })
        }
        // A whole number is written as one, so that timestamps and counts read well.
        Value::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => {
            write_value(out, Value::Integer(value as i64))
        }
        Value::Float(value) => {
            // Writing to memory does not fail.
            let _ = write!(out, "{value}");
        }
    }
}

/// Cuts a label value at its limit, between characters.
fn cut(value: &str) -> &str {
    if value.len() <= LABEL_VALUE_BYTES_MAX {
        return value;
    }
    &value[..value.floor_char_boundary(LABEL_VALUE_BYTES_MAX)]
}

fn escape(out: &mut Vec<u8>, value: &str) {
    let bytes = value.as_bytes();
    if !bytes.iter().any(|byte| matches!(byte, b'\\' | b'"' | b'\n')) {
        return out.extend_from_slice(bytes);
    }
    for byte in bytes {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'"' => out.extend_from_slice(b"\\\""),
            b'\n' => out.extend_from_slice(b"\\n"),
            other => out.push(*other),
        }
    }
}

/// Help texts escape the quote in OpenMetrics only.
fn escape_help(out: &mut Vec<u8>, help: &str, format: Format) {
    match format {
        Format::OpenMetrics => escape(out, help),
        Format::Text => out.extend_from_slice(help.replace('\\', "\\\\").replace('\n', "\\n").as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static LAG: Metric<2> = Metric::gauge("x_lag_seconds", Scope::Broker, &["topic", "partition"], "A \"lag\".");
    static SEEN: Metric<0> = Metric::counter("x_seen_total", Scope::Broker, &[], "Seen.");
    static NODE: Metric<1> = Metric::info("x_node_info", Scope::Broker, &["id"], "A node.");

    fn page() -> Page {
        let mut samples = Samples::default();
        let block = samples.labels(LAG.family.labels, ["a\"\\\nb", "0"]);
        samples.push_block(&LAG, block, 1.5);
        samples.push(&SEEN, [], 3u64);
        samples.push(&NODE, ["7"], 1);
        let mut page = Page::default();
        page.add(samples);
        page
    }

    #[test]
    fn text_format() {
        let text = String::from_utf8(page().render(Format::Text)).unwrap();
        let expected = "# HELP x_lag_seconds A \"lag\".\n# TYPE x_lag_seconds gauge\n\
                        x_lag_seconds{topic=\"a\\\"\\\\\\nb\",partition=\"0\"} 1.5\n\
                        # HELP x_node_info A node.\n# TYPE x_node_info gauge\nx_node_info{id=\"7\"} 1\n\
                        # HELP x_seen_total Seen.\n# TYPE x_seen_total counter\nx_seen_total 3\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn openmetrics_format() {
        let text = String::from_utf8(page().render(Format::OpenMetrics)).unwrap();
        let expected = "# HELP x_lag_seconds A \\\"lag\\\".\n# TYPE x_lag_seconds gauge\n# UNIT x_lag_seconds seconds\n\
                        x_lag_seconds{topic=\"a\\\"\\\\\\nb\",partition=\"0\"} 1.5\n\
                        # HELP x_node A node.\n# TYPE x_node info\nx_node_info{id=\"7\"} 1\n\
                        # HELP x_seen Seen.\n# TYPE x_seen counter\nx_seen_total 3\n# EOF\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_histogram_of_the_prometheus_crate_is_cumulative_and_ends_in_inf() {
        let options = prometheus::HistogramOpts::new("h_seconds", "H.").buckets(vec![0.5, 1.0]);
        let histogram = prometheus::Histogram::with_opts(options).unwrap();
        histogram.observe(0.7);
        let registry = prometheus::Registry::new();
        registry.register(Box::new(histogram)).unwrap();
        let mut page = Page::default();
        page.add_instruments(&registry.gather());
        let text = String::from_utf8(page.render(Format::Text)).unwrap();
        let expected = "# HELP h_seconds H.\n# TYPE h_seconds histogram\nh_seconds_bucket{le=\"0.5\"} 0\n\
                        h_seconds_bucket{le=\"1.0\"} 1\nh_seconds_bucket{le=\"+Inf\"} 1\nh_seconds_sum 0.7\nh_seconds_count 1\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn numbers_are_written_as_prometheus_reads_them() {
        let text = |value: Value| {
            let mut out = Vec::new();
            write_value(&mut out, value);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(f64::INFINITY.into()), "+Inf");
        assert_eq!(text(f64::NAN.into()), "NaN");
        assert_eq!(text(1_700_000_000.25.into()), "1700000000.25");
        assert_eq!(text(2.0.into()), "2");
        assert_eq!(text(u64::MAX.into()), "18446744073709552000");
        assert_eq!(text((-5).into()), "-5");
    }

    #[test]
    fn a_long_label_is_cut_between_characters() {
        let long = "ä".repeat(LABEL_VALUE_BYTES_MAX);
        assert_eq!(cut(&long).len(), LABEL_VALUE_BYTES_MAX);
        assert_eq!(cut("short"), "short");
    }
}
