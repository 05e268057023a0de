//! The table of all metrics, for `brokerwatch metrics` and for the generated page.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::{COLLECTORS, Collector};
use crate::exposition::Family;
use crate::self_metrics;
use crate::sources::kafka::calls::{Right, rights_in_words};

/// The table for a terminal.
#[must_use]
pub fn text() -> String {
    let mut out = String::new();
    for collector in COLLECTORS {
        let _ = writeln!(out, "{}: {}", collector.name, collector.about);
        for family in collector.families {
            let labels = labels(family);
            let _ = writeln!(out, "  {}{labels}  ({}, {})", family.name, family.kind.as_str(), family.scope.as_str());
            let _ = writeln!(out, "      {}", family.help);
        }
    }
    let _ = writeln!(out, "(itself): instruments of this program; always on");
    for self_metrics::Described { name, kind, help, labels } in self_metrics::described() {
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(out, "  {name}{labels}  ({kind}, itself)\n      {help}");
    }
    out
}

/// The table as `src/collectors/README.md`.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from(
        "# Metrics\n\nGenerated from the program's own tables; `UPDATE_GOLDEN=1 cargo test --test generated` writes it.\n\n\
         Scope says how a fleet's series add up: **broker** series belong to one sidecar (`sum` is right), **cluster (max)** \
         are bad counts that all report (`max`), **cluster (min)** good ones (`min`). Values above 2^53 are rounded by \
         Prometheus.\n",
    );
    for collector in COLLECTORS {
        section(&mut out, collector);
    }
    out.push_str("\n## itself\n\nInstruments of this program; always on.\n\n| metric | type | labels | what |\n|---|---|---|---|\n");
    for self_metrics::Described { name, kind, help, labels } in self_metrics::described() {
        let _ = writeln!(out, "| `{name}` | {kind} | {} | {help} |", labels.join(", "));
    }
    out
}

fn section(out: &mut String, collector: &Collector) {
    let _ = writeln!(
        out,
        "\n## {}\n\n{}. Off with `--no-collector.{}`.\n",
        collector.name,
        capital(collector.about),
        collector.name
    );
    let sources: Vec<&str> = collector.sources.iter().map(|source| source.name).collect();
    let apis = collector.sources.iter().flat_map(|source| source.apis);
    let rights: BTreeSet<Right> = apis.flat_map(|api| api.rights).copied().collect();
    let rights = rights_in_words(&rights.into_iter().collect::<Vec<_>>());
    let _ = writeln!(out, "Sources: {}. Rights in Kafka: {rights}.\n", sources.join(", "));
    let _ = writeln!(out, "| metric | type | unit | labels | scope | what |\n|---|---|---|---|---|---|");
    for family in collector.families {
        let (unit, labels) = (family.unit(), family.labels.join(", "));
        let (kind, scope) = (family.kind.as_str(), family.scope.as_str());
        let _ = writeln!(out, "| `{}` | {kind} | {unit} | {labels} | {scope} | {} |", family.name, family.help);
    }
}

fn labels(family: &Family) -> String {
    if family.labels.is_empty() { String::new() } else { format!("{{{}}}", family.labels.join(",")) }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
