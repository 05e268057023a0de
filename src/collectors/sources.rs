//! Which sources can be seen: what this program knows that it does not know.

use super::{Collector, Options, Seen};
use crate::derive::replication::unseen;
use crate::exposition::{Metric, Samples, Scope};
use crate::snapshot::Attempt;
use crate::sources::SOURCES;
use crate::sources::kafka::calls::DESCRIBE_OPERATION;

pub(super) static COLLECTOR: Collector = Collector {
    name: "sources",
    about: "which sources can be seen, and since when not",
    sources: SOURCES,
    families: &[
        &UP.family,
        &FAILURE.family,
        &UNSUPPORTED.family,
        &LAST_SUCCESS.family,
        &OPERATION.family,
        &TOPICS.family,
        &UNSEEN.family,
    ],
    collect,
};

static UP: Metric<1> = Metric::gauge(
    "brokerwatch_source_up",
    Scope::Itself,
    &["source"],
    "1 when the last look at the source succeeded and its data still counts, 0 when not; absent when it was skipped on \
     purpose, not tried yet or is not offered there.",
);
static FAILURE: Metric<2> = Metric::gauge(
    "brokerwatch_source_failure",
    Scope::Itself,
    &["source", "reason"],
    "1 while the last look at the source failed, with the reason.",
);
static UNSUPPORTED: Metric<1> = Metric::gauge(
    "brokerwatch_source_unsupported",
    Scope::Itself,
    &["source"],
    "1 while the node does not offer what the source asks for: its release is too old or too new for it, or the listener \
     is a controller's. Not a failure.",
);
static LAST_SUCCESS: Metric<1> = Metric::gauge(
    "brokerwatch_source_last_success_timestamp_seconds",
    Scope::Itself,
    &["source"],
    "When the source was last seen, as Unix time; absent when never.",
);
static OPERATION: Metric<1> = Metric::gauge(
    "brokerwatch_authorized_operation",
    Scope::Itself,
    &["operation"],
    "1 when our principal may do this on the cluster, 0 when not; absent when the broker does not tell.",
);

static TOPICS: Metric<1> = Metric::gauge(
    "brokerwatch_authorized_topics",
    Scope::Itself,
    &["operation"],
    "Topics on which our principal may do this, of those that it sees; asked every five minutes, absent when the broker \
     does not tell.",
);
static UNSEEN: Metric<0> = Metric::gauge(
    "brokerwatch_unseen_replicas",
    Scope::Itself,
    &[],
    "Replicas on this broker's disks that Metadata did not name: of topics that our principal may not describe, or made \
     since the last look; absent when either was not seen.",
);

/// Operations that matter here, with Kafka's AclOperation codes: their bit in the authorized-operations bitmaps.
const OPERATIONS: [(&str, u32); 3] = [("Describe", 8), ("DescribeConfigs", 10), ("ClusterAction", 9)];

/// Operations on topics that matter here: what is needed, and what is too much.
const TOPIC_OPERATIONS: [(&str, u8); 7] = [
    ("Describe", DESCRIBE_OPERATION),
    ("DescribeConfigs", 10),
    ("Read", 3),
    ("Write", 4),
    ("Delete", 6),
    ("Alter", 7),
    ("AlterConfigs", 11),
];

fn collect(Seen { view, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    for status in view.node.statuses() {
        let counts = status.valid_until.is_some_and(|until| view.now < until);
        match status.attempt {
            Attempt::Ok => samples.push(&UP, [status.source], counts),
            Attempt::Failed { failure, .. } => {
                samples.push(&UP, [status.source], 0);
                samples.push(&FAILURE, [status.source, failure.kind.as_str()], 1);
            }
            Attempt::Unsupported { .. } => samples.push(&UNSUPPORTED, [status.source], 1),
            Attempt::NotTried | Attempt::Skipped { .. } => {}
        }
        if let Some(at) = status.last_success {
            samples.push(&LAST_SUCCESS, [status.source], at.seconds());
        }
    }
    if let Some(unseen) = view.id.and_then(|id| unseen(view.node, view.now, id)) {
        samples.push(&UNSEEN, [], unseen);
    }
    let on_topics = view.node.cluster.fresh(view.now).and_then(|seen| seen.topic_operations.as_ref());
    if let Some(seen) = on_topics {
        for (name, code) in TOPIC_OPERATIONS {
            samples.push(&TOPICS, [name], seen.allowed.get(&code).copied().unwrap_or_default());
        }
    }
    let operations = view.node.registrations.fresh(view.now).and_then(|seen| seen.authorized_operations);
    if let Some(bits) = operations {
        for (name, code) in OPERATIONS {
            samples.push(&OPERATION, [name], bits & (1 << code) != 0);
        }
    }
}
