//! The report for people: plain text, and Markdown for a comment or a ticket.

use std::fmt::Write;

use super::{Found, Report};
use crate::checks::Severity;
use crate::snapshot::{Attempt, Snapshot};

/// Subjects of one finding that are named one by one; more are counted.
const SUBJECTS_MAX: usize = 20;

/// Findings that say the same of several subjects are told once.
fn merged(findings: &[Found]) -> Vec<(&Found, Vec<String>)> {
    let mut groups: Vec<(&Found, Vec<String>)> = Vec::new();
    for found in findings {
        let same = |(first, _): &&mut (&Found, Vec<String>)| {
            let (a, b) = (&first.finding, &found.finding);
            first.check.id == found.check.id
                && first.severity() == found.severity()
                && (&a.found, &a.expected, &a.fix) == (&b.found, &b.expected, &b.fix)
        };
        let subject = found.finding.subject.to_string();
        match groups.iter_mut().find(same) {
            Some((_, subjects)) => subjects.push(subject),
            None => groups.push((found, vec![subject])),
        }
    }
    groups
}

/// Subjects as one text.
fn listed(subjects: &[String]) -> String {
    let named = subjects[..subjects.len().min(SUBJECTS_MAX)].join(", ");
    match subjects.len().checked_sub(SUBJECTS_MAX) {
        Some(more @ 1..) => format!("{named} and {more} more"),
        _ => named,
    }
}

/// One line for each reason, with all that it holds for, in the order in which they came.
fn grouped<'a>(pairs: impl Iterator<Item = (String, &'a str)>) -> Vec<(String, Vec<&'a str>)> {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for (reason, name) in pairs {
        match groups.iter_mut().find(|(other, _)| *other == reason) {
            Some((_, names)) => names.push(name),
            None => groups.push((reason, vec![name])),
        }
    }
    groups
}

fn blind(report: &Report) -> Vec<(String, Vec<&'static str>)> {
    let reason = |nodes: &[String], reason: &str| match nodes {
        [] => reason.to_owned(),
        nodes => format!("{}: {reason}", listed(nodes)),
    };
    grouped(report.not_evaluated.iter().map(|blind| (reason(&blind.nodes, &blind.reason), blind.check.id)))
}

pub(super) fn text(report: &Report, snapshot: &Snapshot) -> String {
    let mut out = String::new();
    for (origin, node) in &snapshot.nodes {
        let id = crate::derive::node::id(node, snapshot.taken_at);
        let id = id.map_or_else(|| "node of unknown id".to_owned(), |id| format!("node {id}"));
        let _ = writeln!(out, "{id} ({origin})");
        let name = origin.to_string();
        if let Some((_, why)) = report.unseen.iter().find(|(unseen, _)| *unseen == name) {
            let _ = writeln!(out, "  NOTHING SEEN: {why}");
            continue;
        }
        let failed = node.statuses().into_iter().filter_map(|status| match status.attempt {
            Attempt::Failed { failure, .. } => Some((failure.message.clone(), status.source)),
            _ => None,
        });
        for (message, sources) in grouped(failed) {
            let _ = writeln!(out, "  not seen: {}: {message}", sources.join(", "));
        }
    }
    for (found, subjects) in merged(&report.findings) {
        let severity = found.severity().as_str().to_uppercase();
        let _ = writeln!(out, "\n{severity}  {}  [{}]", listed(&subjects), found.check.id);
        let _ = writeln!(out, "  {}", found.check.summary);
        let _ = writeln!(out, "  found:    {}", found.finding.found);
        let _ = writeln!(out, "  expected: {}", found.finding.expected);
        let _ = writeln!(out, "  why:      {}", found.check.why);
        let _ = writeln!(out, "  fix:      {}", found.fix());
    }
    for (found, reason) in &report.accepted {
        let _ = writeln!(out, "\nACCEPTED  {}  [{}]\n  {reason}", found.finding.subject, found.check.id);
    }
    for expectation in &report.unmet {
        let _ = writeln!(out, "\nNO LONGER NEEDED  {expectation}\n  Nothing was found that this expectation accepts.");
    }
    for (at, passed) in report.passed_over.iter().enumerate() {
        let _ = writeln!(out, "{}PASSED OVER  {}: {}", if at == 0 { "\n" } else { "" }, passed.path, passed.why);
    }
    // When nothing was seen, the reason stands above.
    for (reason, ids) in blind(report).into_iter().filter(|_| report.evaluated > 0) {
        let _ = writeln!(out, "\nNOT EVALUATED  [{}]\n  {reason}", ids.join(", "));
    }
    let _ = writeln!(out, "\n{}", report.summary());
    out
}

pub(super) fn markdown(report: &Report) -> String {
    let mut out = format!("## brokerwatch check\n\n{}.\n", report.summary());
    if !report.unseen.is_empty() {
        let _ = writeln!(out, "\n### not looked at\n");
        for (name, why) in &report.unseen {
            let _ = writeln!(out, "* {name}: {why}");
        }
    }
    let groups = merged(&report.findings);
    for severity in Severity::ALL {
        let here: Vec<_> = groups.iter().filter(|(found, _)| found.severity() == severity).collect();
        if here.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n### {}\n\n| subject | found | expected | fix | check |", severity.as_str());
        let _ = writeln!(out, "|---|---|---|---|---|");
        for (found, subjects) in here {
            let finding = &found.finding;
            let cells = [&listed(subjects), &finding.found, &finding.expected, found.fix(), found.check.id].map(cell);
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
    }
    if !report.passed_over.is_empty() {
        let _ = writeln!(out, "\n### passed over\n");
        for passed in &report.passed_over {
            let _ = writeln!(out, "* {}: {}", passed.path, passed.why);
        }
    }
    if !report.accepted.is_empty() {
        let _ = writeln!(out, "\n### accepted\n");
        for (found, reason) in &report.accepted {
            let _ = writeln!(out, "* {} ({}): {reason}", found.finding.subject, found.check.id);
        }
    }
    if !report.not_evaluated.is_empty() {
        let _ = writeln!(out, "\n### not evaluated\n");
        for (reason, ids) in blind(report) {
            let _ = writeln!(out, "* {reason} ({})", ids.join(", "));
        }
    }
    out
}

/// Text of one cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('\n', " ")
}
