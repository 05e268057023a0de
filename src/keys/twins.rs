//! Topic settings and the broker settings that are their defaults.
//!
//! Reference: Kafka's `ServerTopicConfigSynonyms`: of several names the first that is set decides.

/// What a broker's value is multiplied with to be the topic's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// The same unit.
    One,
    /// Minutes to milliseconds.
    Minutes,
    /// Hours to milliseconds.
    Hours,
}

impl Factor {
    /// The factor as a number.
    #[must_use]
    pub fn value(self) -> i64 {
        match self {
            Self::One => 1,
            Self::Minutes => 60_000,
            Self::Hours => 3_600_000,
        }
    }
}

/// A broker setting that stands behind a topic setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twin {
    /// The topic's setting.
    pub topic: &'static str,
    /// The broker's setting.
    pub broker: &'static str,
    /// From the broker's unit to the topic's.
    pub factor: Factor,
}

const fn same(topic: &'static str, broker: &'static str) -> Twin {
    Twin { topic, broker, factor: Factor::One }
}

const fn minutes(topic: &'static str, broker: &'static str) -> Twin {
    Twin { topic, broker, factor: Factor::Minutes }
}

const fn hours(topic: &'static str, broker: &'static str) -> Twin {
    Twin { topic, broker, factor: Factor::Hours }
}

/// Every pair, the deciding name of a topic setting first.
pub static TOPIC_TWINS: &[Twin] = &[
    same("cleanup.policy", "log.cleanup.policy"),
    same("compression.gzip.level", "compression.gzip.level"),
    same("compression.lz4.level", "compression.lz4.level"),
    same("compression.type", "compression.type"),
    same("compression.zstd.level", "compression.zstd.level"),
    same("delete.retention.ms", "log.cleaner.delete.retention.ms"),
    same("file.delete.delay.ms", "log.segment.delete.delay.ms"),
    same("flush.messages", "log.flush.interval.messages"),
    same("flush.ms", "log.flush.interval.ms"),
    same("flush.ms", "log.flush.scheduler.interval.ms"),
    same("index.interval.bytes", "log.index.interval.bytes"),
    same("local.retention.bytes", "log.local.retention.bytes"),
    same("local.retention.ms", "log.local.retention.ms"),
    same("max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms"),
    same("max.message.bytes", "message.max.bytes"),
    same("message.downconversion.enable", "log.message.downconversion.enable"),
    same("message.format.version", "log.message.format.version"),
    same("message.timestamp.after.max.ms", "log.message.timestamp.after.max.ms"),
    same("message.timestamp.before.max.ms", "log.message.timestamp.before.max.ms"),
    same("message.timestamp.difference.max.ms", "log.message.timestamp.difference.max.ms"),
    same("message.timestamp.type", "log.message.timestamp.type"),
    same("min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio"),
    same("min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms"),
    same("min.insync.replicas", "min.insync.replicas"),
    same("preallocate", "log.preallocate"),
    same("retention.bytes", "log.retention.bytes"),
    same("retention.ms", "log.retention.ms"),
    minutes("retention.ms", "log.retention.minutes"),
    hours("retention.ms", "log.retention.hours"),
    same("segment.bytes", "log.segment.bytes"),
    same("segment.index.bytes", "log.index.size.max.bytes"),
    same("segment.jitter.ms", "log.roll.jitter.ms"),
    hours("segment.jitter.ms", "log.roll.jitter.hours"),
    same("segment.ms", "log.roll.ms"),
    hours("segment.ms", "log.roll.hours"),
    same("unclean.leader.election.enable", "unclean.leader.election.enable"),
];

/// The broker settings behind a topic setting, the deciding one first; none for topic settings without a default on the
/// broker, and for other names.
pub fn topic_twins(topic: &str) -> impl Iterator<Item = &'static Twin> {
    TOPIC_TWINS.iter().filter(move |twin| twin.topic == topic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Scope, lookup};

    #[test]
    fn every_twin_is_in_the_table() {
        for twin in TOPIC_TWINS {
            assert!(lookup(Scope::Topic, twin.topic).is_some(), "{}", twin.topic);
            assert!(lookup(Scope::Broker, twin.broker).is_some(), "{}", twin.broker);
        }
    }

    #[test]
    fn every_topic_setting_has_its_twin_or_is_known_to_have_none() {
        let without: Vec<&str> = Scope::Topic
            .keys()
            .iter()
            .filter(|key| !key.internal && topic_twins(key.name).next().is_none())
            .map(|key| key.name)
            .collect();
        let known = [
            "follower.replication.throttled.replicas",
            "leader.replication.throttled.replicas",
            "remote.log.copy.disable",
            "remote.log.delete.on.disable",
            "remote.storage.enable",
        ];
        assert_eq!(without, known);
    }

    #[test]
    fn the_finest_unit_decides() {
        let names: Vec<(&str, i64)> =
            topic_twins("retention.ms").map(|twin| (twin.broker, twin.factor.value())).collect();
        let order = [("log.retention.ms", 1), ("log.retention.minutes", 60_000), ("log.retention.hours", 3_600_000)];
        assert_eq!(names, order);
    }
}
