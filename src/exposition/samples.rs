//! Samples as bytes: each line written once, for both formats.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;

use super::{Family, Metric, Page};
use crate::limits::{FAMILY_SERIES_MAX, LABEL_VALUE_BYTES, LABEL_VALUE_BYTES_MAX};

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

/// Bytes of a line beside its name and labels: a number and two separators.
const VALUE_BYTES: usize = 24;
/// Bytes of a line's labels, about.
pub(super) const LABEL_BYTES: usize = 64;

/// Lines of one family.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) lines: Vec<u8>,
    pub(super) series: usize,
    /// Samples left out because the family was full.
    pub(super) dropped: usize,
    /// Label values that were cut.
    pub(super) cut: usize,
}

/// Samples of one collector, by family.
#[derive(Debug, Default)]
pub struct Samples {
    bodies: BTreeMap<&'static str, (&'static Family, Body)>,
    blocks: Vec<u8>,
    /// Limits that were reached, by name.
    hits: BTreeMap<&'static str, usize>,
}

impl Samples {
    /// Counts that one of [`crate::limits`] was reached: something is left out of the page.
    pub fn limit_hit(&mut self, limit: &'static str) {
        *self.hits.entry(limit).or_default() += 1;
    }

    /// Adds a sample; `labels` in the order of the metric's declaration.
    pub fn push<const N: usize>(&mut self, metric: &'static Metric<N>, labels: [&str; N], value: impl Into<Value>) {
        self.family(metric).push_labels(labels, value);
    }

    /// Writes a set of labels once, for many [`Samples::push_block`]. All metrics it is used with declare `names`.
    pub fn labels<const N: usize>(&mut self, names: &'static [&'static str], values: [&str; N]) -> LabelBlock<N> {
        let start = self.blocks.len();
        if write_labels(&mut self.blocks, names.iter().copied().zip(values)) > 0 {
            self.limit_hit(LABEL_VALUE_BYTES);
        }
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

    pub(super) fn merge_into(self, page: &mut Page) {
        for (limit, hits) in self.hits {
            page.limit_hit(limit, hits);
        }
        for (family, body) in self.bodies.into_values() {
            page.insert(family, body);
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
    /// Makes room for so many samples, so that their lines are not moved again and again.
    pub fn reserve(&mut self, samples: usize) {
        self.body.lines.reserve(samples.min(FAMILY_SERIES_MAX) * (self.name.len() + LABEL_BYTES + VALUE_BYTES));
    }

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
        if self.body.begin(self.name, LABEL_BYTES) {
            self.body.cut += write_labels(&mut self.body.lines, self.labels.iter().copied().zip(labels));
            self.body.end(value.into());
        }
    }
}

impl Body {
    /// Begins a line, unless the family is full.
    pub(super) fn begin(&mut self, name: &str, label_bytes: usize) -> bool {
        if self.series == FAMILY_SERIES_MAX {
            self.dropped += 1;
            return false;
        }
        self.series += 1;
        // Room for the whole line at once: the name, the labels, a number and two separators.
        self.lines.reserve(name.len() + label_bytes + VALUE_BYTES);
        self.lines.extend_from_slice(name.as_bytes());
        true
    }

    pub(super) fn end(&mut self, value: Value) {
        self.lines.push(b' ');
        write_value(&mut self.lines, value);
        self.lines.push(b'\n');
    }
}

/// Writes a set of labels; says how many of the values had to be cut.
pub(super) fn write_labels<'a>(out: &mut Vec<u8>, labels: impl Iterator<Item = (&'a str, &'a str)>) -> usize {
    let (mut first, mut cut) = (true, 0);
    for (name, value) in labels {
        out.extend_from_slice(if first { b"{" } else { b"," });
        first = false;
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"=\"");
        let shown = within_limit(value);
        cut += usize::from(matches!(shown, Cow::Owned(_)));
        escape(out, &shown);
        out.push(b'"');
    }
    if !first {
        out.push(b'}');
    }
    cut
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

/// A label value as it is shown. One over the limit is cut between characters and ends in a part of its SHA-256, so that
/// two long names with one beginning stay two series.
fn within_limit(value: &str) -> Cow<'_, str> {
    /// Bytes of the hash that are shown, in hexadecimal.
    const HASH_BYTES: usize = 8;
    if value.len() <= LABEL_VALUE_BYTES_MAX {
        return Cow::Borrowed(value);
    }
    let hash = ring::digest::digest(&ring::digest::SHA256, value.as_bytes());
    let hash = hash.as_ref().iter().take(HASH_BYTES).map(|byte| format!("{byte:02x}"));
    let suffix = format!("...{}", hash.collect::<String>());
    let kept = &value[..value.floor_char_boundary(LABEL_VALUE_BYTES_MAX - suffix.len())];
    Cow::Owned(format!("{kept}{suffix}"))
}

pub(super) fn escape(out: &mut Vec<u8>, value: &str) {
    let bytes = value.as_bytes();
    // All bytes are looked at, several at a time, rather than one after another up to the first: nearly never is there one.
    if !bytes.iter().fold(false, |found, byte| found | matches!(byte, b'\\' | b'"' | b'\n')) {
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_full_family_leaves_the_rest_out_and_counts_it() {
        static FULL: Metric<1> = Metric::gauge("x_full", crate::exposition::Scope::Broker, &["n"], "Full.");
        let mut samples = Samples::default();
        let mut family = samples.family(&FULL);
        (0..FAMILY_SERIES_MAX + 3).for_each(|n| family.push_labels([&n.to_string()], 1));
        let mut page = Page::default();
        page.add(samples);
        assert_eq!(page.series(), FAMILY_SERIES_MAX);
        assert_eq!(page.limit_hits().collect::<Vec<_>>(), [("family_series", 3)]);
    }

    #[test]
    fn a_long_label_is_cut_between_characters_and_stays_distinct() {
        let long = "ä".repeat(LABEL_VALUE_BYTES_MAX);
        let (one, other) = (within_limit(&long), format!("{long}x"));
        assert!(one.len() <= LABEL_VALUE_BYTES_MAX && one.len() > LABEL_VALUE_BYTES_MAX - 4, "{}", one.len());
        assert!(one.starts_with("ää") && one != within_limit(&other));
        assert_eq!(within_limit("short"), "short");
        let longest = "x".repeat(LABEL_VALUE_BYTES_MAX);
        assert_eq!(within_limit(&longest), longest);
    }
}
