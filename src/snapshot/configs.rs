//! Effective settings as the broker itself reports them, with where each value comes from.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ErrorKind, UnixMs};

/// Where an effective value comes from (Kafka's `ConfigSource`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfigSource {
    /// Set on the topic.
    Topic,
    /// Set dynamically for this broker.
    DynamicBroker,
    /// Set dynamically for all brokers.
    DynamicDefault,
    /// From the broker's file.
    Static,
    /// Kafka's default.
    Default,
    /// A source that this program does not know.
    Other,
}

impl ConfigSource {
    /// The name of the source from its code in DescribeConfigs.
    #[must_use]
    pub fn from_code(code: i8) -> Self {
        match code {
            1 => Self::Topic,
            2 => Self::DynamicBroker,
            3 => Self::DynamicDefault,
            4 => Self::Static,
            5 => Self::Default,
            _ => Self::Other,
        }
    }
}

/// One effective value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigValue {
    /// The value; absent when it is sensitive or unset.
    pub value: Option<String>,
    /// Where it comes from.
    pub source: ConfigSource,
}

/// The settings of one topic that decide over its data, as the answering broker would apply them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicConfig {
    /// Effective `min.insync.replicas`; absent when denied or not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_insync_replicas: Option<(i32, ConfigSource)>,
    /// Why this topic's settings could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorKind>,
}

/// Effective settings of the answering broker and of the topics that it leads.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Configs {
    /// When all led topics were last asked for at once; topics that appeared since were asked for on their own.
    #[serde(default)]
    pub whole_at: UnixMs,
    /// The broker's own effective settings, from the allow-list; absent when denied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broker: Option<BTreeMap<String, ConfigValue>>,
    /// Topics by name.
    pub topics: BTreeMap<Arc<str>, TopicConfig>,
}

impl Configs {
    /// The effective `min.insync.replicas` of `topic`; absent when it was not told.
    #[must_use]
    pub fn min_insync_replicas(&self, topic: &str) -> Option<i32> {
        self.topics.get(topic)?.min_insync_replicas.map(|(value, _)| value)
    }
}
