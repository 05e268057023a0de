//! What the checks find, as metrics: a new check needs no new alert.

use super::{Collector, Options};
use crate::checks::{self, CHECKS, Verdict};
use crate::derive::View;
use crate::exposition::{Metric, Samples, Scope};
use crate::limits::NAMED_PARTITIONS_MAX;
use crate::sources::SOURCES;

pub(super) static COLLECTOR: Collector = Collector {
    name: "findings",
    about: "findings of the checks",
    sources: SOURCES,
    families: &[&FINDING.family, &COUNT.family, &NOT_EVALUATED.family],
    collect,
};

static FINDING: Metric<3> = Metric::gauge(
    "brokerwatch_finding",
    Scope::Broker,
    &["check", "severity", "subject"],
    "1 for each finding of a check; the first hundred of a check are named, `brokerwatch check --explain` tells more.",
);
static COUNT: Metric<2> = Metric::gauge(
    "brokerwatch_findings",
    Scope::Broker,
    &["check", "severity"],
    "Findings of a check, unnamed ones included; 0 when it was evaluated and found nothing.",
);
static NOT_EVALUATED: Metric<1> = Metric::gauge(
    "brokerwatch_check_not_evaluated",
    Scope::Itself,
    &["check"],
    "1 for a check that could not be evaluated for want of data.",
);

fn collect(view: &View<'_>, _: &Options, samples: &mut Samples) {
    for check in CHECKS {
        match checks::run(check, view) {
            Verdict::Findings(findings) => {
                samples.push(&COUNT, [check.id, check.severity.as_str()], findings.len());
                for finding in findings.iter().take(NAMED_PARTITIONS_MAX) {
                    samples.push(&FINDING, [check.id, check.severity.as_str(), &finding.subject.to_string()], 1);
                }
            }
            Verdict::NotEvaluated(_) => samples.push(&NOT_EVALUATED, [check.id], 1),
        }
    }
}
