//! What the checks find, as metrics: a new check needs no new alert.

use super::{Collector, Options};
use crate::checks::{self, Severity};
use crate::derive::View;
use crate::derive::fleet::Fleet;
use crate::exposition::{Metric, Samples, Scope};
use crate::limits::{NAMED_PARTITIONS, NAMED_PARTITIONS_MAX};
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
    "1 for a check that could not be evaluated, wholly or in part, for want of data.",
);

fn collect(view: &View<'_>, _: &Options, samples: &mut Samples) {
    let fleet = Fleet::of_one(view);
    for check in checks::all() {
        let verdict = checks::run(check, &fleet);
        if !verdict.applies {
            continue;
        }
        if !verdict.unknown.is_empty() {
            samples.push(&NOT_EVALUATED, [check.id], 1);
        }
        for severity in Severity::ALL {
            let found = verdict.findings.iter().filter(|finding| check.severity_of(finding) == severity);
            let count = found.clone().count();
            // Not everything was judged: then none found is not none there.
            if count > 0 || (severity == check.severity && verdict.unknown.is_empty()) {
                samples.push(&COUNT, [check.id, severity.as_str()], count);
            }
            if count > NAMED_PARTITIONS_MAX {
                samples.limit_hit(NAMED_PARTITIONS);
            }
            for finding in found.take(NAMED_PARTITIONS_MAX) {
                samples.push(&FINDING, [check.id, severity.as_str(), &finding.subject.to_string()], 1);
            }
        }
    }
}
