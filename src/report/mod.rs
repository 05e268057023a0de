//! Findings as text for people, as documents for programs, and the manual of each check.

mod expectations;
mod formats;
mod text;
pub mod what_if;

use std::fmt::Write;
use std::sync::Arc;

use crate::checks::{self, Check, Finding, Profile, Severity};
use crate::cli::{ReportFormat, exit};
use crate::derive::fleet::Fleet;
use crate::snapshot::{PassedOver, Snapshot};

pub use expectations::Expectations;

/// A finding and the check that found it.
#[derive(Debug)]
pub struct Found {
    /// The check.
    pub check: &'static Check,
    /// What it found.
    pub finding: Finding,
}

impl Found {
    /// How much it matters.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.check.severity_of(&self.finding)
    }

    /// The remedy of the finding, else of its check.
    #[must_use]
    pub fn fix(&self) -> &str {
        if self.finding.fix.is_empty() { self.check.fix } else { &self.finding.fix }
    }
}

/// What a check could not judge, and why.
#[derive(Debug)]
pub struct NotEvaluated {
    /// The check.
    pub check: &'static Check,
    /// Why.
    pub reason: String,
    /// For which nodes; empty when for all.
    pub nodes: Vec<String>,
}

/// Every verdict over one snapshot.
#[derive(Debug)]
pub struct Report {
    /// Findings, the gravest first.
    pub findings: Vec<Found>,
    /// Findings that the expectations accept, each with the reason given there.
    pub accepted: Vec<(Found, String)>,
    /// What could not be judged. A check may stand here for some nodes, and have judged others.
    pub not_evaluated: Vec<NotEvaluated>,
    /// Expectations that met nothing.
    pub unmet: Vec<String>,
    /// Nodes and files of which nothing was seen, with the reason.
    pub unseen: Vec<(String, String)>,
    /// What was given, or lies in directories that were, and configures nothing of Kafka.
    pub passed_over: Vec<PassedOver>,
    /// How many nodes and files were to be looked at.
    pub nodes: usize,
    /// Checks that were asked: those of what the set has.
    pub asked: usize,
    /// Checks that judged something.
    pub evaluated: usize,
}

/// Which checks count, and what of their findings is accepted.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The checks that count.
    pub profile: Profile,
    /// What is accepted.
    pub expectations: Arc<Expectations>,
}

impl Default for Terms {
    /// Everything counts, nothing is accepted.
    fn default() -> Self {
        Self { profile: Profile::Strict, expectations: Arc::default() }
    }
}

impl Terms {
    /// The checks that count.
    pub fn checks(&self) -> impl Iterator<Item = &'static Check> + use<> {
        let profile = self.profile;
        checks::all().filter(move |check| check.profile <= profile)
    }
}

impl From<Profile> for Terms {
    /// The checks of `profile`, with nothing accepted.
    fn from(profile: Profile) -> Self {
        Self { profile, ..Self::default() }
    }
}

/// Runs the checks that count over the nodes of the snapshot.
#[must_use]
pub fn check(snapshot: &Snapshot, terms: &Terms) -> Report {
    let expectations = &terms.expectations;
    let fleet = Fleet::of(snapshot);
    let (mut findings, mut accepted, mut not_evaluated) = (Vec::new(), Vec::new(), Vec::new());
    let (mut asked, mut evaluated) = (0, 0);
    for check in terms.checks() {
        let verdict = checks::run(check, &fleet);
        if !verdict.applies {
            continue;
        }
        asked += 1;
        evaluated += usize::from(verdict.evaluated);
        for finding in verdict.findings {
            let reason = expectations.reason(check, &finding).map(str::to_owned);
            let found = Found { check, finding };
            match reason {
                Some(reason) => accepted.push((found, reason)),
                None => findings.push(found),
            }
        }
        let mut reasons: Vec<NotEvaluated> = Vec::new();
        for (origin, why) in verdict.unknown {
            let node = origin.filter(|_| snapshot.nodes.len() > 1).map(|origin| origin.to_string());
            match reasons.iter_mut().find(|known| known.reason == why.0) {
                Some(known) => known.nodes.extend(node),
                None => reasons.push(NotEvaluated { check, reason: why.0, nodes: node.into_iter().collect() }),
            }
        }
        // One reason for all of them needs no names.
        if let ([only], false) = (reasons.as_mut_slice(), verdict.evaluated) {
            only.nodes.clear();
        }
        not_evaluated.append(&mut reasons);
    }
    findings.sort_by(|a, b| b.severity().cmp(&a.severity()).then(a.check.id.cmp(b.check.id)));
    let unmet = expectations.unmet(&accepted);
    let unseen = fleet.nodes.iter().filter_map(|node| Some((node.name(), node.unseen()?))).collect();
    let (nodes, passed_over) = (fleet.nodes.len(), Vec::new());
    Report { findings, accepted, not_evaluated, unmet, unseen, passed_over, nodes, asked, evaluated }
}

impl Report {
    /// The exit code of `check`.
    #[must_use]
    pub fn exit_code(&self, fail_on: Severity) -> u8 {
        if self.evaluated == 0 {
            exit::BLIND
        } else if self.findings.iter().any(|found| found.severity() >= fail_on) {
            exit::FINDINGS
        } else if !self.unseen.is_empty() {
            // Nobody may take for clean what was not looked at.
            exit::BLIND
        } else {
            exit::CLEAN
        }
    }

    /// The report in one of its forms.
    #[must_use]
    pub fn write(&self, format: ReportFormat, snapshot: &Snapshot) -> String {
        match format {
            ReportFormat::Text => text::text(self, snapshot),
            ReportFormat::Markdown => text::markdown(self),
            ReportFormat::Json => formats::json(self),
            ReportFormat::Sarif => formats::sarif(self),
            ReportFormat::Github => formats::github(self),
        }
    }

    /// All of it in one line, which never calls clean what was not looked at.
    fn summary(&self) -> String {
        let counts = if self.evaluated == 0 { "nothing could be judged".to_owned() } else { self.counts() };
        let evaluated = format!("{counts}; {} of {} checks evaluated", self.evaluated, self.asked);
        match self.unseen.len() {
            0 => evaluated,
            unseen => format!("{evaluated}; {unseen} of {} not looked at", self.nodes),
        }
    }

    /// Findings by severity, the gravest first, as `2 critical, 1 info`.
    fn counts(&self) -> String {
        let counts: Vec<String> = Severity::ALL
            .into_iter()
            .map(|severity| (severity, self.findings.iter().filter(|found| found.severity() == severity).count()))
            .filter(|(_, count)| *count > 0)
            .map(|(severity, count)| format!("{count} {}", severity.as_str()))
            .collect();
        if counts.is_empty() { "no findings".to_owned() } else { counts.join(", ") }
    }
}

/// The manual of one check; absent when there is none of that id.
#[must_use]
pub fn explain(id: &str) -> Option<String> {
    let check = checks::all().find(|check| check.id == id)?;
    let (severity, profile) = (check.severity.as_str(), check.profile.as_str());
    let mut out = format!("{} ({severity}, profile {profile})\n{}\n\n", check.id, check.summary);
    let _ = writeln!(out, "Why:   {}\nFix:   {}\nNeeds: {}", check.why, check.fix, check.needs);
    for reference in check.references {
        let _ = writeln!(out, "See:   {reference}");
    }
    Some(out)
}

/// One line for each check.
#[must_use]
pub fn list() -> String {
    let line = |check: &Check| {
        let (severity, profile) = (check.severity.as_str(), check.profile.as_str());
        format!("{severity:<10}{profile:<13}{:<32}{}\n", check.id, check.summary)
    };
    checks::all().map(line).collect()
}
