//! The report for programs: JSON, SARIF 2.1.0 for code scanning, and the commands that GitHub's runner understands.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Found, Report};
use crate::checks::Severity;
use crate::snapshot::PassedOver;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    findings: Vec<Record<'a>>,
    accepted: Vec<Record<'a>>,
    not_evaluated: Vec<Blind<'a>>,
    /// Nodes and files of which nothing was seen.
    unseen: Vec<Unseen<'a>>,
    #[serde(skip_serializing_if = "<[PassedOver]>::is_empty")]
    passed_over: &'a [PassedOver],
    evaluated: usize,
    asked: usize,
}

#[derive(Serialize)]
struct Unseen<'a> {
    node: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct Record<'a> {
    id: &'a str,
    severity: Severity,
    subject: String,
    expected: &'a str,
    found: &'a str,
    why: &'a str,
    fix: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Blind<'a> {
    id: &'a str,
    reason: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    nodes: &'a [String],
}

fn record<'a>(found: &'a Found, reason: Option<&'a str>) -> Record<'a> {
    let line = found.finding.subject.line();
    Record {
        id: found.check.id,
        severity: found.severity(),
        subject: found.finding.subject.to_string(),
        expected: &found.finding.expected,
        found: &found.finding.found,
        why: found.check.why,
        fix: found.fix(),
        file: line.map(|(file, _)| file),
        line: line.map(|(_, line)| line),
        reason,
    }
}

fn pretty(document: &impl Serialize) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default() + "\n"
}

pub(super) fn json(report: &Report) -> String {
    let blind = report.not_evaluated.iter();
    pretty(&Document {
        schema: 1,
        findings: report.findings.iter().map(|found| record(found, None)).collect(),
        accepted: report.accepted.iter().map(|(found, reason)| record(found, Some(reason))).collect(),
        not_evaluated: blind
            .map(|blind| Blind { id: blind.check.id, reason: &blind.reason, nodes: &blind.nodes })
            .collect(),
        unseen: report.unseen.iter().map(|(node, reason)| Unseen { node, reason }).collect(),
        passed_over: &report.passed_over,
        evaluated: report.evaluated,
        asked: report.asked,
    })
}

/// Static Analysis Results Interchange Format 2.1.0 (OASIS), as code scanners take it. A finding about no file has a
/// logical location only.
pub(super) fn sarif(report: &Report) -> String {
    let all = || report.findings.iter().chain(report.accepted.iter().map(|(found, _)| found));
    let mut checks: Vec<_> = all().map(|found| found.check).collect();
    checks.sort_by_key(|check| check.id);
    checks.dedup_by_key(|check| check.id);
    let rules: Vec<Value> = checks
        .iter()
        .map(|check| {
            json!({
                "id": check.id,
                "shortDescription": {"text": check.summary},
                "fullDescription": {"text": check.why},
                "help": {"text": check.fix},
                "defaultConfiguration": {"level": level(check.severity)},
            })
        })
        .collect();
    let accepted = report.accepted.iter().map(|(found, reason)| {
        let mut result = result(found);
        result["suppressions"] = json!([{"kind": "external", "justification": reason}]);
        result
    });
    let results: Vec<Value> = report.findings.iter().map(result).chain(accepted).collect();
    let unseen = report.unseen.iter().map(|(node, why)| ("warning", format!("{node} was not looked at: {why}")));
    let blind = report.not_evaluated.iter();
    let blind = blind.map(|blind| ("note", format!("{} was not evaluated: {}", blind.check.id, blind.reason)));
    let note = |(level, text)| json!({"level": level, "message": {"text": text}});
    let notes: Vec<Value> = unseen.chain(blind).map(note).collect();
    pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "brokerwatch", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "invocations": [{"executionSuccessful": report.evaluated > 0, "toolExecutionNotifications": notes}],
            "results": results,
        }],
    }))
}

fn result(found: &Found) -> Value {
    let subject = found.finding.subject.to_string();
    let mut location = json!({"logicalLocations": [{"fullyQualifiedName": subject}]});
    if let Some((file, line)) = found.finding.subject.line() {
        location["physicalLocation"] = json!({"artifactLocation": {"uri": file}, "region": {"startLine": line}});
    }
    let text = format!("{subject}: {} (expected {}). {}", found.finding.found, found.finding.expected, found.fix());
    json!({
        "ruleId": found.check.id,
        "level": level(found.severity()),
        "message": {"text": text},
        "locations": [location],
    })
}

/// SARIF's word for a severity.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// Workflow commands: a runner shows them as annotations of the lines.
pub(super) fn github(report: &Report) -> String {
    let mut out = String::new();
    for found in &report.findings {
        let command = match found.severity() {
            Severity::Critical => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let mut properties = vec![format!("title={}", property(found.check.id))];
        if let Some((file, line)) = found.finding.subject.line() {
            properties.extend([format!("file={}", property(file)), format!("line={line}")]);
        }
        let finding = &found.finding;
        let text = format!("{}: {}; expected {}. {}", finding.subject, finding.found, finding.expected, found.fix());
        out += &format!("::{command} {}::{}\n", properties.join(","), data(&text));
    }
    for (node, why) in &report.unseen {
        out += &format!("::warning title=not looked at::{}\n", data(&format!("{node}: {why}")));
    }
    for blind in &report.not_evaluated {
        let text = format!("{} was not evaluated: {}", blind.check.id, blind.reason);
        out += &format!("::notice title=not evaluated::{}\n", data(&text));
    }
    out + &data(&report.summary()) + "\n"
}

/// Text of a command, escaped as the runner wants it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text of a property, which ends at a comma or colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
