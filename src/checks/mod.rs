//! Checks: pure functions from a fleet to findings. A family of checks is one file and one row in [`FAMILIES`].

mod compare;
mod finding;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use finding::{Evaluated, Finding, Found, Severity, Subject, Unknown};

use crate::derive::fleet::{Fleet, Node, On};
use crate::snapshot::Origin;

/// Which checks are asked for: each level has those of the levels before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// What is a mistake also on one node on a developer's machine.
    Development,
    /// What a senior operator would always act on.
    #[default]
    Core,
    /// Everything.
    Strict,
}

impl Profile {
    /// As on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Core => "core",
            Self::Strict => "strict",
        }
    }
}

/// How a check is evaluated. What it returns as [`Unknown`] is told as not evaluated; what it found before counts.
#[derive(Debug)]
pub enum Run {
    /// Once for each node of these kinds.
    Node(On, fn(&Node<'_>, &mut Found) -> Evaluated),
    /// Once for all nodes together, when any is of these kinds.
    Together(On, fn(&Fleet<'_>, &mut Found) -> Evaluated),
    /// Once for all nodes together.
    Fleet(fn(&Fleet<'_>, &mut Found) -> Evaluated),
}

/// One check. The texts are the manual.
#[derive(Debug)]
pub struct Check {
    /// Its id, never used again for another.
    pub id: &'static str,
    /// How much its findings matter, where they do not say it themselves.
    pub severity: Severity,
    /// The least profile that has it.
    pub profile: Profile,
    /// One line: what is wrong.
    pub summary: &'static str,
    /// Why it costs data or availability.
    pub why: &'static str,
    /// What to do about it.
    pub fix: &'static str,
    /// Where that is from.
    pub references: &'static [&'static str],
    /// What it needs to see, as half a sentence.
    pub needs: &'static str,
    /// Evaluates it.
    pub run: Run,
}

impl Check {
    /// The severity of one of its findings.
    #[must_use]
    pub fn severity_of(&self, finding: &Finding) -> Severity {
        finding.severity.unwrap_or(self.severity)
    }
}

/// What a check comes to over a fleet.
#[derive(Debug, Default)]
pub struct Verdict {
    /// What it found, without repetition, in the order of the subjects.
    pub findings: Vec<Finding>,
    /// Whether the set has what the check is about: one without Connect workers need not say so for each check of theirs.
    pub applies: bool,
    /// Whether anything was judged. Without findings, that is a pass for what is not under `unknown`.
    pub evaluated: bool,
    /// What could not be judged: the node, where it is one node's, and why.
    pub unknown: Vec<(Option<Origin>, Unknown)>,
}

/// Declares the modules of the families and their table, so that each is named once.
macro_rules! families {
    ($($family:ident),* $(,)?) => {
        $(mod $family;)*

        /// Every check, by family.
        pub static FAMILIES: &[&[Check]] = &[$($family::CHECKS),*];

        /// For each check at least one mistake that it must find.
        #[cfg(test)]
        static EXAMPLES: &[&[examples::Example]] = &[$($family::EXAMPLES),*];
    };
}

families! {
    administration,
    advertised,
    authentication,
    authorization,
    certificates,
    clients,
    connect,
    deployments,
    drift,
    drift_dynamic,
    drift_fleet,
    durability,
    encryption,
    identity,
    listeners,
    internal_topics,
    keys,
    host,
    log_dir_contents,
    log_dirs,
    meta,
    neighbours,
    one_machine,
    partitions,
    quorum,
    quotas,
    racks,
    retention,
    schemas,
    sizes,
    timeouts,
    values,
    versions,
}

/// Every check.
pub fn all() -> impl Iterator<Item = &'static Check> {
    FAMILIES.iter().copied().flatten()
}

/// Evaluates one check. One that panics is not evaluated, and costs no other.
#[must_use]
pub fn run(check: &Check, fleet: &Fleet<'_>) -> Verdict {
    let mut verdict = Verdict { applies: true, ..Verdict::default() };
    let mut take = |origin: Option<&Origin>, judge: &dyn Fn(&mut Found) -> Evaluated| {
        let mut found = Found::default();
        let evaluated = catch_unwind(AssertUnwindSafe(|| {
            crate::inject::panic_if_wanted(check.id);
            judge(&mut found)
        }))
        .unwrap_or_else(|_| Err(Unknown::new("The check failed inside this program; please report it.")));
        verdict.evaluated |= evaluated.is_ok() || !found.findings.is_empty();
        verdict.findings.append(&mut found.findings);
        verdict.unknown.extend(evaluated.err().map(|why| (origin.cloned(), why)));
    };
    let on = match check.run {
        Run::Fleet(_) => None,
        Run::Together(on, _) | Run::Node(on, _) => Some(on),
    };
    if let Some(why) = nothing_seen(fleet) {
        take(None, &|_| Err(Unknown(why.clone())));
        verdict.applies = on.is_none_or(On::is_expected);
        return verdict;
    }
    match check.run {
        Run::Fleet(judge) => take(None, &|found| judge(fleet, found)),
        Run::Together(on, judge) => {
            if fleet.on(on).next().is_some() {
                take(None, &|found| judge(fleet, found));
            }
        }
        Run::Node(on, judge) => fleet.on(on).for_each(|node| take(Some(node.origin), &|found| judge(node, found))),
    }
    if let Some(on) = on.filter(|on| fleet.on(*on).next().is_none()) {
        verdict.applies = on.is_expected();
        let why = format!("Among what was looked at are no {}.", on.plural());
        verdict.unknown.push((None, Unknown::new(why)));
    }
    verdict.findings.sort_by(|a, b| a.subject.cmp(&b.subject));
    verdict.findings.dedup();
    verdict
}

/// Why there is nothing to be judged; absent when there is something.
fn nothing_seen(fleet: &Fleet<'_>) -> Option<String> {
    if fleet.nodes.iter().any(|node| node.is(On::Files)) {
        return None;
    }
    let why = fleet.nodes.iter().find_map(Node::unseen);
    Some(why.unwrap_or_else(|| "Nothing was looked at.".to_owned()))
}

/// The manual of all checks, as `src/checks/README.md`.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from(
        "# Checks\n\nGenerated from the program's own tables; `UPDATE_GOLDEN=1 cargo test --test generated` writes it.\n",
    );
    for check in all() {
        let references: String = check.references.iter().map(|reference| format!("* {reference}\n")).collect();
        out += &format!(
            "\n## {} ({}, {})\n\n{}\n\n**Why.** {}\n\n**Fix.** {}\n\n**Needs** {}.\n\n{references}",
            check.id,
            check.severity.as_str(),
            check.profile.as_str(),
            check.summary,
            check.why,
            check.fix,
            check.needs,
        );
    }
    out
}

#[cfg(test)]
mod examples;
#[cfg(test)]
mod examples_host;
