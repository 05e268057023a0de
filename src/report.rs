//! Findings as text for people, as JSON for programs, and the manual of each check.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::checks::{self, CHECKS, Check, Finding, Severity, Verdict};
use crate::cli::exit;
use crate::derive::View;
use crate::snapshot::{Attempt, Snapshot};

/// Every verdict over one snapshot.
#[derive(Debug)]
pub struct Report {
    /// Findings with their check, the gravest first.
    pub findings: Vec<(&'static Check, Finding)>,
    /// Checks that no node could answer, with the reason.
    pub not_evaluated: Vec<(&'static Check, String)>,
    /// Whether anything at all was seen of a node.
    pub seen: bool,
}

/// Runs every check over every node of the snapshot.
#[must_use]
pub fn check(snapshot: &Snapshot) -> Report {
    let mut findings = Vec::new();
    let mut not_evaluated = Vec::new();
    for check in CHECKS {
        let mut reason = None;
        let mut evaluated = false;
        for node in snapshot.nodes.values() {
            match checks::run(check, &View::new(node, snapshot.taken_at)) {
                Verdict::Findings(found) => {
                    evaluated = true;
                    findings.extend(found.into_iter().map(|finding| (*check, finding)));
                }
                Verdict::NotEvaluated(why) => reason = reason.or(Some(why)),
            }
        }
        if !evaluated {
            not_evaluated.push((*check, reason.unwrap_or_else(|| "No node was looked at.".to_owned())));
        }
    }
    findings.sort_by(|(a, x), (b, y)| b.severity.cmp(&a.severity).then(a.id.cmp(b.id)).then(x.subject.cmp(&y.subject)));
    findings.dedup();
    let seen = snapshot.nodes.values().any(|node| node.statuses().iter().any(|s| s.last_success.is_some()));
    Report { findings, not_evaluated, seen }
}

impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Report {
    /// The exit code of `check`.
    #[must_use]
    pub fn exit_code(&self, fail_on: Severity) -> u8 {
        if self.not_evaluated.len() == CHECKS.len() {
            exit::BLIND
        } else if self.findings.iter().any(|(check, _)| check.severity >= fail_on) {
            exit::FINDINGS
        } else {
            exit::CLEAN
        }
    }

    /// The report for people.
    #[must_use]
    pub fn text(&self, snapshot: &Snapshot) -> String {
        let mut out = String::new();
        for (origin, node) in &snapshot.nodes {
            let id = crate::derive::node::id(node, snapshot.taken_at);
            let id = id.map_or_else(|| "node of unknown id".to_owned(), |id| format!("node {id}"));
            let _ = writeln!(out, "{id} ({origin})");
            let failed = node.statuses().into_iter().filter_map(|status| match status.attempt {
                Attempt::Failed { failure, .. } => Some((failure.message.as_str(), status.source)),
                _ => None,
            });
            for (message, sources) in grouped(failed) {
                let _ = writeln!(out, "  not seen: {}: {message}", sources.join(", "));
            }
        }
        for (check, finding) in &self.findings {
            let severity = check.severity.as_str().to_uppercase();
            let _ = writeln!(out, "\n{severity}  {}  [{}]", finding.subject, check.id);
            let _ = writeln!(out, "  {}", check.summary);
            let _ = writeln!(out, "  found:    {}", finding.found);
            let _ = writeln!(out, "  expected: {}", finding.expected);
            let _ = writeln!(out, "  why:      {}", check.why);
            let _ = writeln!(out, "  fix:      {}", finding.fix);
        }
        let blind = self.not_evaluated.iter().map(|(check, reason)| (reason.as_str(), check.id));
        for (reason, ids) in grouped(blind) {
            let _ = writeln!(out, "\nNOT EVALUATED  [{}]\n  {reason}", ids.join(", "));
        }
        let evaluated = CHECKS.len() - self.not_evaluated.len();
        let mut by_severity: BTreeMap<Severity, usize> = BTreeMap::new();
        self.findings.iter().for_each(|(check, _)| *by_severity.entry(check.severity).or_default() += 1);
        let counts: Vec<String> = by_severity.iter().rev().map(|(s, n)| format!("{n} {}", s.as_str())).collect();
        let counts = if counts.is_empty() { "no findings".to_owned() } else { counts.join(", ") };
        let _ = writeln!(out, "\n{counts}; {evaluated} of {} checks evaluated", CHECKS.len());
        out
    }

    /// The report for programs.
    #[must_use]
    pub fn json(&self) -> String {
        let document = Document {
            schema: 1,
            findings: self.findings.iter().map(|(check, finding)| FindingRecord::new(check, finding)).collect(),
            accepted: [],
            not_evaluated: self.not_evaluated.iter().map(|(check, reason)| Blind { id: check.id, reason }).collect(),
        };
        let text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text + "\n"
    }
}

/// One line for each reason, with all that it holds for, in the order in which they came.
fn grouped<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for (reason, name) in pairs {
        match groups.iter_mut().find(|(other, _)| *other == reason) {
            Some((_, names)) => names.push(name),
            None => groups.push((reason, vec![name])),
        }
    }
    groups
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    findings: Vec<FindingRecord<'a>>,
    accepted: [(); 0],
    not_evaluated: Vec<Blind<'a>>,
}

#[derive(Serialize)]
struct FindingRecord<'a> {
    id: &'a str,
    severity: Severity,
    subject: String,
    expected: &'a str,
    found: &'a str,
    why: &'a str,
    fix: &'a str,
}

impl<'a> FindingRecord<'a> {
    fn new(check: &'a Check, finding: &'a Finding) -> Self {
        Self {
            id: check.id,
            severity: check.severity,
            subject: finding.subject.to_string(),
            expected: &finding.expected,
            found: &finding.found,
            why: check.why,
            fix: &finding.fix,
        }
    }
}

#[derive(Serialize)]
struct Blind<'a> {
    id: &'a str,
    reason: &'a str,
}

/// The manual of one check; absent when there is none of that id.
#[must_use]
pub fn explain(id: &str) -> Option<String> {
    let check = CHECKS.iter().find(|check| check.id == id)?;
    let mut out = format!("{} ({})\n{}\n\n", check.id, check.severity.as_str(), check.summary);
    let _ = writeln!(out, "Why:   {}\nFix:   {}\nNeeds: {}", check.why, check.fix, check.needs);
    for reference in check.references {
        let _ = writeln!(out, "See:   {reference}");
    }
    Some(out)
}

/// One line for each check.
#[must_use]
pub fn list() -> String {
    CHECKS.iter().map(|check| format!("{:<10}{:<22}{}\n", check.severity.as_str(), check.id, check.summary)).collect()
}
