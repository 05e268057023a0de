//! Checks: pure functions from a view to findings, one file per rule, one row in [`CHECKS`].

mod last_in_sync_copy;
mod min_isr_equals_replicas;
mod single_replica;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};

use crate::derive::View;
use crate::derive::broker::BrokerState;
use crate::derive::replication::unseen;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// To be planned.
    Warning,
    /// Data is lost, or writes refused, after one more failure or already.
    Critical,
}

impl Severity {
    /// The label value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A topic.
    Topic(String),
    /// A partition.
    Partition(String, i32),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Topic(topic) => write!(f, "topic {topic}"),
            Self::Partition(topic, partition) => write!(f, "partition {topic}-{partition}"),
        }
    }
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub subject: Subject,
    /// What should be.
    pub expected: String,
    /// What is.
    pub found: String,
    /// The remedy for this subject, as a line to paste where there is one.
    pub fix: String,
}

/// What a check comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was evaluated; no findings means that all is well.
    Findings(Vec<Finding>),
    /// It could not be, for this reason.
    NotEvaluated(String),
}

/// A row of [`CHECKS`]. The texts are the manual.
#[derive(Debug)]
pub struct Check {
    /// Its id, never used again for another.
    pub id: &'static str,
    /// How much its findings matter.
    pub severity: Severity,
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
    pub run: fn(&View<'_>) -> Verdict,
}

/// Every check.
pub static CHECKS: &[&Check] = &[&single_replica::CHECK, &min_isr_equals_replicas::CHECK, &last_in_sync_copy::CHECK];

/// Evaluates one check. One that panics is not evaluated, and costs no other.
#[must_use]
pub fn run(check: &Check, view: &View<'_>) -> Verdict {
    let run = check.run;
    catch_unwind(AssertUnwindSafe(|| run(view)))
        .unwrap_or_else(|_| Verdict::NotEvaluated("The check failed inside this program; please report it.".to_owned()))
}

/// Why partitions cannot be judged, for checks that need them.
fn no_partitions(view: &View<'_>) -> Verdict {
    let node = view.node;
    let hidden = view.id.and_then(|id| unseen(node, view.now, id)).filter(|unseen| *unseen > 0);
    let reason = match (view.state, node.cluster.fresh(view.now), hidden) {
        (BrokerState::Up, Some(_), Some(hidden)) => format!(
            "Metadata names none of the {hidden} replicas on this broker's disks: grant Describe on Topic to our principal \
             (brokerwatch acls prints how)."
        ),
        (BrokerState::Up, Some(_), None) => "Which broker answers is not known.".to_owned(),
        (BrokerState::Up, None, _) => node.cluster.why_absent(),
        _ => node.liveness.why_absent(),
    };
    Verdict::NotEvaluated(reason)
}

/// The manual of all checks, as `src/checks/README.md`.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from(
        "# Checks\n\nGenerated from the program's own tables; `UPDATE_GOLDEN=1 cargo test --test generated` writes it.\n",
    );
    for check in CHECKS {
        let references: String = check.references.iter().map(|reference| format!("* {reference}\n")).collect();
        out += &format!(
            "\n## {} ({})\n\n{}\n\n**Why.** {}\n\n**Fix.** {}\n\n**Needs** {}.\n\n{references}",
            check.id,
            check.severity.as_str(),
            check.summary,
            check.why,
            check.fix,
            check.needs,
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing::{Sample, partition};

    #[test]
    fn every_check_has_its_manual_and_an_id_of_its_own() {
        let mut ids = BTreeSet::new();
        for check in CHECKS {
            assert!(ids.insert(check.id), "{} twice", check.id);
            for text in [check.summary, check.why, check.fix, check.needs] {
                assert!(!text.is_empty(), "{}", check.id);
            }
            assert!(!check.references.is_empty(), "{}", check.id);
        }
    }

    #[test]
    fn a_healthy_cluster_gives_no_finding_and_an_unseen_one_no_pass() {
        let healthy = Sample::broker(1).topic("t", &[partition(1, &[1, 2, 3], &[1, 2, 3])]).min_isr("t", 2).node();
        let unseen = Default::default();
        for check in CHECKS {
            assert_eq!(run(check, &View::new(&healthy, Sample::NOW)), Verdict::Findings(vec![]), "{}", check.id);
            let verdict = run(check, &View::new(&unseen, Sample::NOW));
            assert!(matches!(verdict, Verdict::NotEvaluated(_)), "{}", check.id);
        }
    }
}
