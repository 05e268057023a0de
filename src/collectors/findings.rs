//! What the checks find, as metrics: a new check needs no new alert.

use std::collections::BTreeSet;

use super::{Collector, Options, Seen};
use crate::checks::{self, Check, Finding, Severity};
use crate::exposition::{Metric, Samples, Scope};
use crate::limits::{NAMED_PARTITIONS, NAMED_PARTITIONS_MAX};
use crate::sources::SOURCES;

pub(super) static COLLECTOR: Collector = Collector {
    name: "findings",
    about: "findings of the checks",
    sources: SOURCES,
    families: &[&FINDING.family, &COUNT.family, &ACCEPTED.family, &NOT_EVALUATED.family],
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
static ACCEPTED: Metric<3> = Metric::gauge(
    "brokerwatch_finding_accepted",
    Scope::Broker,
    &["check", "severity", "subject"],
    "1 for each finding that --expectations accepts; those are not among brokerwatch_finding and brokerwatch_findings. The \
     first hundred of a check are named.",
);
static NOT_EVALUATED: Metric<1> = Metric::gauge(
    "brokerwatch_check_not_evaluated",
    Scope::Itself,
    &["check"],
    "1 for a check that could not be evaluated, wholly or in part, for want of data.",
);

fn collect(Seen { fleet, .. }: Seen<'_>, options: &Options, samples: &mut Samples) {
    let accepts = |check, finding: &Finding| options.terms.expectations.reason(check, finding).is_some();
    for check in options.terms.checks() {
        let verdict = checks::run(check, fleet);
        if !verdict.applies {
            continue;
        }
        if !verdict.unknown.is_empty() {
            samples.push(&NOT_EVALUATED, [check.id], 1);
        }
        let (accepted, found): (Vec<&Finding>, Vec<&Finding>) =
            verdict.findings.iter().partition(|finding| accepts(check, finding));
        name(&ACCEPTED, check, &accepted, samples);
        name(&FINDING, check, &found, samples);
        for severity in Severity::ALL {
            let count = found.iter().filter(|finding| check.severity_of(finding) == severity).count();
            // Not everything was judged: then none found is not none there.
            if count > 0 || (severity == check.severity && verdict.unknown.is_empty()) {
                samples.push(&COUNT, [check.id, severity.as_str()], count);
            }
        }
    }
}

/// Names as many findings of a check as are named, the gravest first.
fn name(metric: &'static Metric<3>, check: &Check, findings: &[&Finding], samples: &mut Samples) {
    if findings.len() > NAMED_PARTITIONS_MAX {
        samples.limit_hit(NAMED_PARTITIONS);
    }
    let by_severity = Severity::ALL.into_iter().flat_map(|severity| {
        findings
            .iter()
            .filter(move |finding| check.severity_of(finding) == severity)
            .map(move |finding| (severity, finding))
    });
    // A check may find several things wrong with one subject, and a series may be there once.
    let mut named = BTreeSet::new();
    for (severity, finding) in by_severity.take(NAMED_PARTITIONS_MAX) {
        let subject = finding.subject.to_string();
        if named.insert((severity.as_str(), subject.clone())) {
            samples.push(metric, [check.id, severity.as_str(), &subject], 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::Subject;
    use crate::exposition::{Format, Page};

    #[test]
    fn two_findings_of_one_subject_are_one_series() {
        let check = checks::all().next().unwrap();
        let found = |what: &str| Finding::new(Subject::Machine("m".into()), what, "another");
        let (one, other) = (found("one"), found("other"));
        let mut samples = Samples::default();
        name(&FINDING, check, &[&one, &other], &mut samples);
        let mut page = Page::default();
        page.add(samples);
        let text = String::from_utf8(page.render(Format::Text)).unwrap();
        assert_eq!(text.matches("subject=").count(), 1, "{text}");
    }
}
