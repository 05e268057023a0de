//! Whether the broker is up, and if not, why.
//!
//! Up is the answer to ApiVersions: it needs no rights and is given by the broker's network and request threads. The
//! process' state comes from `/proc/PID/stat`: it tells a stopped (`T`) or stuck (`D`) broker from a dead one.

use super::{Collector, Options, Seen};
use crate::derive::broker::{BrokerState, DOWN_REASONS, fenced};
use crate::derive::node::is_controller_only;
use crate::exposition::{Metric, Samples, Scope};
use crate::sources::{LIVENESS, METADATA_SOURCE, PROCESS, REGISTRATIONS};

pub(super) static COLLECTOR: Collector = Collector {
    name: "broker",
    about: "whether the broker is up and why not",
    sources: &[&LIVENESS, &PROCESS, &REGISTRATIONS, &METADATA_SOURCE],
    families: &[
        &UP.family,
        &DOWN_REASON.family,
        &CONTROLLER_UP.family,
        &CONTROLLER_DOWN_REASON.family,
        &PROCESS_STATE.family,
        &PROCESSES.family,
        &FENCED.family,
        &CERTIFICATE.family,
    ],
    collect,
};

static UP: Metric<0> = Metric::gauge(
    "kafka_broker_up",
    Scope::Broker,
    &[],
    "1 while the node answers ApiVersions, 0 when it refuses, closes or does not answer in time; absent when it was never \
     tried or when our own TLS or credentials fail.",
);
static DOWN_REASON: Metric<1> = Metric::gauge(
    "kafka_broker_down_reason",
    Scope::Broker,
    &["reason"],
    "1 for the reason why the node is not up, 0 for the others; absent like kafka_broker_up.",
);
static CONTROLLER_UP: Metric<0> = Metric::gauge(
    "kafka_controller_up",
    Scope::Broker,
    &[],
    "As kafka_broker_up, of a node that is a controller and no broker.",
);
static CONTROLLER_DOWN_REASON: Metric<1> = Metric::gauge(
    "kafka_controller_down_reason",
    Scope::Broker,
    &["reason"],
    "As kafka_broker_down_reason, of a node that is a controller and no broker.",
);
static PROCESS_STATE: Metric<1> = Metric::gauge(
    "kafka_node_process_state",
    Scope::Broker,
    &["state"],
    "1 for the state of the node's process: running (also sleeping), stopped, uninterruptible (stuck in the kernel), \
     zombie or gone; absent when no process was ever chosen.",
);
static PROCESSES: Metric<0> = Metric::gauge(
    "kafka_node_processes",
    Scope::Broker,
    &[],
    "kafka.Kafka processes on this host while none of them is chosen; above 1 one must be chosen by flag.",
);
static FENCED: Metric<0> = Metric::gauge(
    "kafka_broker_fenced",
    Scope::Broker,
    &[],
    "1 while the broker is registered but may neither lead nor follow; absent when neither DescribeCluster nor Metadata \
     was answered.",
);

static CERTIFICATE: Metric<0> = Metric::gauge(
    "kafka_node_certificate_not_after_timestamp_seconds",
    Scope::Broker,
    &[],
    "When the first certificate ends of those that the node served when our connection was opened, as Unix time; absent when \
     the listener that we speak to has no TLS.",
);

/// Process states and the letters of `/proc/PID/stat` that mean them (proc(5)).
const STATES: [(&str, &str); 4] =
    [("running", "RSIWP"), ("stopped", "Tt"), ("uninterruptible", "D"), ("zombie", "ZXx")];

fn collect(Seen { view, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    let down = match view.state {
        BrokerState::Up => Some(None),
        BrokerState::Down(kind) => Some(Some(kind)),
        BrokerState::Unknown => None,
    };
    let (up, down_reason) = if is_controller_only(view.node, view.now) {
        (&CONTROLLER_UP, &CONTROLLER_DOWN_REASON)
    } else {
        (&UP, &DOWN_REASON)
    };
    if let Some(down) = down {
        samples.push(up, [], down.is_none());
        for reason in DOWN_REASONS {
            samples.push(down_reason, [reason.as_str()], down == Some(reason));
        }
    }
    let certificate = view.node.liveness.fresh(view.now).and_then(|liveness| liveness.certificate.as_ref());
    if let Some(certificate) = certificate.filter(|_| view.state == BrokerState::Up) {
        samples.push(&CERTIFICATE, [], certificate.chain_not_after.seconds());
    }
    if let Some(process) = view.node.process.fresh(view.now) {
        if process.chosen.is_none() {
            samples.push(&PROCESSES, [], process.candidates.len());
        }
        // A properties file that is known without a process means that its process is gone.
        let known = process.chosen.is_some() || view.node.properties.last.is_some();
        if known {
            let letter = process.chosen.as_ref().map(|chosen| chosen.state);
            for (state, letters) in STATES {
                samples.push(&PROCESS_STATE, [state], letter.is_some_and(|letter| letters.contains(letter)));
            }
            samples.push(&PROCESS_STATE, ["gone"], letter.is_none());
        }
    }
    let answering = view.id.filter(|_| view.state == BrokerState::Up && !is_controller_only(view.node, view.now));
    if let Some(fenced) = answering.and_then(|id| fenced(view.node, view.now, id)) {
        samples.push(&FENCED, [], fenced);
    }
}
