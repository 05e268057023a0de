//! The page: metrics declared as statics, samples written as bytes, both text formats from the same lines.
//!
//! A sample line is the same in Prometheus text 0.0.4 and OpenMetrics 1.0; only the headers of a family and the end
//! differ. So every line is written once. References: <https://prometheus.io/docs/instrumenting/exposition_formats/>,
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>.
mod metric;
mod samples;

use std::collections::BTreeMap;
use std::io::Write;

use prometheus::proto;

pub use metric::{Family, Kind, Metric, Scope};
use samples::{Body, LABEL_BYTES, escape, write_labels};

use crate::limits::{FAMILY_SERIES, LABEL_VALUE_BYTES};
pub use samples::{FamilySamples, LabelBlock, Samples, Value};

/// Bytes of a piece of the page that holds several families.
const PIECE_BYTES: usize = 16 << 10;
/// Bytes that the head of a family takes, about.
const HEADER_BYTES: usize = 256;

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
    hits: BTreeMap<&'static str, usize>,
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

    /// Limits that were reached while the page was written, and how often.
    pub fn limit_hits(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.hits.iter().map(|(limit, hits)| (*limit, *hits))
    }

    fn limit_hit(&mut self, limit: &'static str, hits: usize) {
        *self.hits.entry(limit).or_default() += hits;
    }

    fn insert(&mut self, family: &'static Family, body: Body) {
        for (limit, hits) in [(FAMILY_SERIES, body.dropped), (LABEL_VALUE_BYTES, body.cut)] {
            if hits > 0 {
                self.limit_hit(limit, hits);
            }
        }
        let text = FamilyText { header: Header::Ours(family), lines: body.lines, series: body.series };
        self.families.insert(family.name.to_owned(), text);
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
        self.render_in_pieces(format).concat()
    }

    /// The page in one format, in pieces that change each for itself: a large family is one, small ones are together.
    #[must_use]
    pub fn render_in_pieces(&self, format: Format) -> Vec<Vec<u8>> {
        let mut pieces = vec![Vec::new()];
        for (name, family) in self.families.iter().filter(|(_, family)| !family.lines.is_empty()) {
            let bytes = family.lines.len() + HEADER_BYTES;
            let out = match pieces.last_mut() {
                Some(last) if last.len() + bytes <= PIECE_BYTES => last,
                _ => pieces.push_mut(Vec::with_capacity(bytes.max(PIECE_BYTES))),
            };
            write_header(out, name, &family.header, format);
            out.extend_from_slice(&family.lines);
        }
        if format == Format::OpenMetrics {
            pieces.push(b"# EOF\n".to_vec());
        }
        pieces
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
    if body.begin(name, LABEL_BYTES) {
        write_labels(&mut body.lines, labels.iter().copied());
        body.end(value.into());
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
}
