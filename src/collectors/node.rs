//! Which node this is, and the brokers that it knows.
//!
//! `kafka_brokers` and `kafka_broker_info` have kafka_exporter's names and labels.

use super::{Collector, Options, Seen};
use crate::derive::broker::BrokerState;
use crate::derive::{View, node};
use crate::exposition::{Metric, Samples, Scope};
use crate::sources::{FILES, LIVENESS, METADATA_SOURCE, PROCESS, PROPERTIES, REGISTRATIONS};

pub(super) static COLLECTOR: Collector = Collector {
    name: "node",
    about: "identity of the node, and registered brokers",
    sources: &[&LIVENESS, &REGISTRATIONS, &METADATA_SOURCE, &PROPERTIES, &FILES, &PROCESS],
    families: &[
        &NODE_INFO.family,
        &DIRECTORY_INFO.family,
        &FINALIZED_FEATURE.family,
        &BROKERS.family,
        &BROKER_INFO.family,
        &REGISTERED.family,
        &FENCED.family,
    ],
    collect,
};

static NODE_INFO: Metric<6> = Metric::info(
    "kafka_node_info",
    Scope::Broker,
    &["broker_id", "cluster_id", "role", "rack", "boot_id", "version"],
    "Identity of the node, one series for each of its roles; a label is empty when it is not known, version is the \
     release line of its software.",
);
static DIRECTORY_INFO: Metric<2> = Metric::info(
    "kafka_log_dir_info",
    Scope::Broker,
    &["log_dir", "directory_id"],
    "Directory id in the meta.properties of a log directory; empty before Kafka 3.7.",
);
static FINALIZED_FEATURE: Metric<1> = Metric::gauge(
    "kafka_cluster_finalized_feature_level",
    Scope::ClusterMin,
    &["feature"],
    "Finalized level of a cluster feature, such as metadata.version.",
);
static BROKERS: Metric<0> =
    Metric::gauge("kafka_brokers", Scope::ClusterMin, &[], "Brokers that are alive in the eyes of this one.");
static BROKER_INFO: Metric<2> = Metric::info(
    "kafka_broker_info",
    Scope::ClusterMin,
    &["id", "address"],
    "A broker that is alive in the eyes of this one, with its advertised address.",
);
static REGISTERED: Metric<0> = Metric::gauge(
    "kafka_cluster_registered_brokers",
    Scope::ClusterMin,
    &[],
    "Registered brokers, fenced ones included; absent below DescribeCluster v2 (Kafka 4.1).",
);
static FENCED: Metric<1> = Metric::gauge(
    "kafka_cluster_fenced_broker",
    Scope::ClusterMax,
    &["peer"],
    "1 while a registered broker is fenced, 0 while it is not; absent below DescribeCluster v2 (Kafka 4.1).",
);

fn collect(Seen { view, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    identity(view, samples);
    if let Some(files) = view.node.files.fresh(view.now) {
        for (path, dir) in &files.dirs {
            if let Some(meta) = dir.as_ref().ok().and_then(|dir| dir.meta.as_ref()) {
                samples.push(&DIRECTORY_INFO, [path, meta.directory_id.as_deref().unwrap_or("")], 1);
            }
        }
    }
    if view.state != BrokerState::Up {
        return;
    }
    if let Some(liveness) = view.node.liveness.fresh(view.now) {
        for (feature, level) in &liveness.finalized_features {
            samples.push(&FINALIZED_FEATURE, [feature], i32::from(*level));
        }
    }
    if let Some(cluster) = view.node.cluster.fresh(view.now) {
        samples.push(&BROKERS, [], cluster.brokers.len());
        for broker in &cluster.brokers {
            let address = format!("{}:{}", broker.host, broker.port);
            samples.push(&BROKER_INFO, [&broker.id.to_string(), &address], 1);
        }
    }
    registrations(view, samples);
}

fn identity(view: &View<'_>, samples: &mut Samples) {
    let Some(id) = view.id else { return };
    let node = view.node;
    let properties = node.properties.fresh(view.now);
    let roles = match (properties, node.liveness.fresh(view.now)) {
        (Some(properties), _) => properties.roles(),
        (None, Some(_)) if node::is_controller_only(node, view.now) => vec!["controller"],
        (None, Some(_)) => vec!["broker"],
        (None, None) => vec![""],
    };
    let release = node.liveness.fresh(view.now).and_then(|liveness| liveness.release());
    let version = release.map_or_else(String::new, |release| format!("{}.{}", release.0, release.1));
    let boot_id = node.process.fresh(view.now).and_then(|process| process.boot_id.as_deref()).unwrap_or("");
    let cluster_id = node::cluster_id(node, view.now).unwrap_or("");
    let rack = node::rack(node, view.now, id).unwrap_or("");
    for role in roles {
        samples.push(&NODE_INFO, [&id.to_string(), cluster_id, role, rack, boot_id, &version], 1);
    }
}

fn registrations(view: &View<'_>, samples: &mut Samples) {
    let Some(registrations) = view.node.registrations.fresh(view.now) else { return };
    let told: Vec<_> =
        registrations.brokers.iter().filter_map(|entry| Some((entry.broker.id, entry.fenced?))).collect();
    if told.is_empty() {
        return;
    }
    samples.push(&REGISTERED, [], told.len());
    for (id, fenced) in told {
        samples.push(&FENCED, [&id.to_string()], fenced);
    }
}
