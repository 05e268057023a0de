//! Each topic of which this broker leads the lowest partition that has a leader: its shape and its `min.insync.replicas`.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;

use super::{Collector, Options, Seen};
use crate::derive::replication::topic_owner;
use crate::exposition::{Metric, Samples, Scope};
use crate::sources::{CONFIGS, METADATA_SOURCE};

pub(super) static COLLECTOR: Collector = Collector {
    name: "topics",
    about: "partitions, replication factor and min ISR of topics; unhealthy partitions by topic",
    sources: &[&METADATA_SOURCE, &CONFIGS],
    families: &[&PARTITIONS.family, &INFO.family, &FACTOR.family, &MIN_ISR.family, &UNDER_REPLICATED.family],
    collect,
};

static PARTITIONS: Metric<1> =
    Metric::gauge("kafka_topic_partitions", Scope::Broker, &["topic"], "Partitions of the topic.");
static INFO: Metric<2> = Metric::info(
    "kafka_topic_info",
    Scope::Broker,
    &["topic", "topic_id"],
    "Id of the topic as Kafka's tools print it; one that is made anew under the same name has another. Absent before Kafka 2.8.",
);
static FACTOR: Metric<1> = Metric::gauge(
    "kafka_topic_replication_factor",
    Scope::Broker,
    &["topic"],
    "Replicas of the topic's partition that has the fewest; replicas being added do not count.",
);
static MIN_ISR: Metric<1> = Metric::gauge(
    "kafka_topic_config_min_insync_replicas",
    Scope::Broker,
    &["topic"],
    "Effective min.insync.replicas of the topic as the broker answers; absent when DescribeConfigs is denied.",
);
static UNDER_REPLICATED: Metric<1> = Metric::gauge(
    "kafka_topic_under_replicated_partitions",
    Scope::Broker,
    &["topic"],
    "Partitions of the topic, led by this broker, that are under-replicated as Kafka counts it.",
);

fn collect(Seen { view, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    let Some(replication) = &view.replication else { return };
    let partitions = &replication.cluster.partitions;
    for (index, topic) in partitions.topics().iter().enumerate() {
        let led = || partitions.of_topic(index).filter(|found| found.leader() == Some(replication.id));
        if led().next().is_some() {
            let under = led().filter(|found| replication.judge(found).under_replicated).count();
            samples.push(&UNDER_REPLICATED, [&topic.name], under);
        }
        if topic_owner(replication.cluster, index) != Some(replication.id) {
            continue;
        }
        samples.push(&PARTITIONS, [&topic.name], topic.partitions());
        if topic.id != 0 {
            samples.push(&INFO, [&topic.name, &URL_SAFE_NO_PAD.encode(topic.id.to_be_bytes())], 1);
        }
        let factors = partitions.of_topic(index).map(|found| replication.judge(&found).replication_factor);
        if let Some(factor) = factors.min() {
            samples.push(&FACTOR, [&topic.name], factor);
        }
        if let Some(min_isr) = replication.configured_min_isr(index) {
            samples.push(&MIN_ISR, [&topic.name], min_isr);
        }
    }
}
