//! Makes the table of Kafka's settings from `tests/fixtures/keys/kafka_keys.tsv`, which it also puts in order.
//!
//! A row is SCOPE, KEY, SINCE, UNTIL, TYPE, MODE, FLAGS, DEFAULT, VALID, with tabs between. Rows of a further release are
//! appended by `tests/tools/KafkaKeys.java`; equal rows of releases that follow each other become one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

type Release = (u8, u8, u8);
/// Type, mode, flags, default, valid values.
type Facts = [String; 5];

/// How the first line begins.
const RELEASES: &str = "# releases: ";
const SCOPES: [&str; 6] = ["admin", "broker", "connect", "consumer", "producer", "topic"];

/// The rows by setting and release, and the releases that were looked at.
pub(crate) struct Keys {
    rows: BTreeMap<(String, String), BTreeMap<Release, Facts>>,
    releases: BTreeSet<Release>,
}

impl Keys {
    /// Reads the rows.
    pub(crate) fn parse(text: &str) -> Self {
        let mut keys = Self { rows: BTreeMap::new(), releases: BTreeSet::new() };
        for line in text.lines() {
            match line.strip_prefix(RELEASES) {
                Some(releases) => keys.releases = releases.split(' ').map(release).collect(),
                None => keys.row(line),
            }
        }
        keys
    }

    fn row(&mut self, line: &str) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [scope, key, since, until, facts @ ..] = fields.as_slice() else { panic!("{line:?}") };
        assert!(SCOPES.contains(scope) && facts.len() == 5, "{line:?}");
        let (since, until) = (release(since), release(until));
        self.releases.extend([since, until]);
        let facts: Facts = std::array::from_fn(|at| facts[at].to_owned());
        let rows = self.rows.entry(((*scope).to_owned(), (*key).to_owned())).or_default();
        rows.extend(self.releases.range(since..=until).map(|release| (*release, facts.clone())));
    }

    /// Consecutive releases with equal facts.
    fn runs(&self, rows: &BTreeMap<Release, Facts>) -> Vec<(Release, Release, Facts)> {
        let mut runs: Vec<(Release, Release, Facts)> = Vec::new();
        for (release, facts) in rows {
            let before = self.releases.range(..*release).next_back();
            match runs.last_mut() {
                Some(last) if Some(&last.1) == before && last.2 == *facts => last.1 = *release,
                _ => runs.push((*release, *release, facts.clone())),
            }
        }
        runs
    }

    /// The rows in order, as few as say it all.
    pub(crate) fn to_tsv(&self) -> String {
        let releases: Vec<String> = self.releases.iter().map(|release| shown(*release)).collect();
        let mut text = format!("{RELEASES}{}\n", releases.join(" "));
        for ((scope, key), rows) in &self.rows {
            for (since, until, facts) in self.runs(rows) {
                writeln!(text, "{scope}\t{key}\t{}\t{}\t{}", shown(since), shown(until), facts.join("\t")).unwrap();
            }
        }
        text
    }

    /// The table as the program has it.
    pub(crate) fn to_rust(&self) -> String {
        let mut text = String::from(
            "//! The table of settings. Made from `tests/fixtures/keys/kafka_keys.tsv` by `UPDATE_GOLDEN=1 cargo test --test\n\
             //! generated`; not edited by hand.\n\n\
             use super::DefaultValue::{Null, OfJava, Required, Text};\n\
             use super::Mode::{ClusterWide, NotTold, PerBroker, ReadOnly};\n\
             use super::Type::{Boolean, Class, Double, Int, List, Long, Password, Short, String};\n\
             use super::{DefaultValue, Key, Mode, Run, Scope, Type, Valid, Version};\n\n\
             const fn v(major: u8, minor: u8, third: u8) -> Version {\n    Version(major, minor, third)\n}\n\n\
             const fn r(since: Version, until: Version, kind: Type, mode: Mode, default: DefaultValue, valid: Valid) -> Run {\n    \
             Run { since, until, kind, mode, default, valid }\n}\n\n\
             const fn k(scope: Scope, name: &'static str, internal: bool, runs: &'static [Run]) -> Key {\n    \
             Key { name, scope, internal, runs }\n}\n\n",
        );
        let releases: Vec<String> = self.releases.iter().map(|release| version(*release)).collect();
        writeln!(
            text,
            "/// The releases of the table, oldest first.\npub static RELEASES: &[Version] = &[{}];",
            releases.join(", ")
        )
        .unwrap();
        for scope in SCOPES {
            let mut title = scope.to_owned();
            title[..1].make_ascii_uppercase();
            writeln!(text, "\npub(super) static {}: &[Key] = &[", scope.to_ascii_uppercase()).unwrap();
            for ((_, key), rows) in self.rows.iter().filter(|((of, _), _)| of == scope) {
                let runs = self.runs(rows);
                let internal = runs.iter().all(|(_, _, facts)| facts[2] == "internal");
                writeln!(text, "    k(Scope::{title}, {key:?}, {internal}, &[").unwrap();
                for (since, until, facts) in runs {
                    writeln!(text, "        r({}, {}, {}),", version(since), version(until), expression(&facts))
                        .unwrap();
                }
                writeln!(text, "    ]),").unwrap();
            }
            writeln!(text, "];").unwrap();
        }
        text
    }
}

fn release(text: &str) -> Release {
    let mut numbers = text.split('.').map(|number| number.parse().unwrap());
    let (major, minor) = (numbers.next().unwrap(), numbers.next().unwrap());
    (major, minor, numbers.next().unwrap_or(0))
}

fn shown((major, minor, third): Release) -> String {
    if major == 0 { format!("0.{minor}.{third}") } else { format!("{major}.{minor}") }
}

fn version((major, minor, third): Release) -> String {
    format!("v({major}, {minor}, {third})")
}

fn expression([kind, mode, flags, default, valid]: &Facts) -> String {
    let kind_name = format!("{}{}", kind[..1].to_ascii_uppercase(), &kind[1..]);
    let mode = match mode.as_str() {
        "" => "NotTold",
        "read-only" => "ReadOnly",
        "per-broker" => "PerBroker",
        "cluster-wide" => "ClusterWide",
        other => panic!("{other:?} is no update mode"),
    };
    let default_text = default.as_str();
    let default = match default_text {
        _ if flags == "java" => "OfJava".to_owned(),
        "(required)" => "Required".to_owned(),
        "(none)" => "Null".to_owned(),
        text => format!("Text({text:?})"),
    };
    format!("{kind_name}, {mode}, {default}, {}", valid_expression(kind, default_text, valid))
}

/// The rule behind a validator's text. What is not told completely, or is no rule of the value alone, is `Any`: a wrong
/// rule would call a right value wrong.
fn valid_expression(kind: &str, default: &str, text: &str) -> String {
    let any = "Valid::Any".to_owned();
    match text {
        "[1,...,9] or -1" => return "Valid::IntOr(1, 9, -1)".to_owned(),
        // A "non-empty list" may be empty: that validator of Kafka's looks at what is in it.
        "non-empty string" => return "Valid::NonEmpty".to_owned(),
        // Versions are listed with their internal suffix only, though the plain ones are taken too.
        _ if text.contains("-IV") => return any,
        _ => {}
    }
    let (text, case) = match text.strip_prefix("(case insensitive) ") {
        Some(rest) => (rest, "AnyCase"),
        None => (text, ""),
    };
    // Lists of placeholders, such as [partitionId]:[brokerId], and prose.
    let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return any };
    if inner.contains(['[', ']']) {
        return any;
    }
    if let Some((min, max)) = inner.split_once(",...") {
        let max = max.strip_prefix(',');
        return match kind {
            "double" => {
                let number = |text: &str| format!("{:?}", text.parse::<f64>().unwrap());
                format!("Valid::Double({}, {})", number(min), max.map_or("f64::INFINITY".to_owned(), number))
            }
            _ => format!("Valid::Int({min}, {})", max.unwrap_or("i64::MAX")),
        };
    }
    // Some validators compare without case and do not say so; their default shows it.
    let words = inner.split(", ");
    let is_any_case = words.clone().any(|word| word != default && word.eq_ignore_ascii_case(default));
    let case = if is_any_case { "AnyCase" } else { case };
    let words: Vec<String> = words.map(|word| format!("{:?}", word.split("PnDTnHnMn.nS").next().unwrap())).collect();
    format!("Valid::OneOf{case}(&[{}])", words.join(", "))
}
