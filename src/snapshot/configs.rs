//! Effective settings as the broker itself reports them, with where each value comes from.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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

    /// Whether the value was set while the broker ran, so that no file holds it.
    #[must_use]
    pub fn is_dynamic(self) -> bool {
        matches!(self, Self::DynamicBroker | Self::DynamicDefault)
    }

    /// The label value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::DynamicBroker => "dynamic_broker",
            Self::DynamicDefault => "dynamic_default",
            Self::Static => "static",
            Self::Default => "default",
            Self::Other => "other",
        }
    }
}

/// Why there is no value although one may be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withheld {
    /// It is, or may be, a secret: never kept.
    Secret,
    /// Kafka does not define the key (a plugin's, or a misspelt one), and so tells no value.
    Undefined,
}

/// One effective value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigValue {
    /// The value; absent when it is withheld or unset.
    pub value: Option<String>,
    /// Where it comes from.
    pub source: ConfigSource,
    /// Why the value is not told; absent when it is told, or unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Withheld>,
    /// What else the broker was given for the key, the strongest source first: values that the effective one covers,
    /// and the value of its own source when Kafka runs with another. Kafka's defaults are not among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<Given>,
}

impl ConfigValue {
    /// A value that nothing else was given for.
    #[must_use]
    pub fn new(value: impl Into<String>, source: ConfigSource) -> Self {
        Self { value: Some(value.into()), source, withheld: None, given: Vec::new() }
    }

    /// Whether `source` gives a value for the key itself, told or withheld.
    #[must_use]
    pub fn gives(&self, source: ConfigSource) -> bool {
        self.source == source || self.given.iter().any(|given| given.source == source && given.key.is_none())
    }

    /// What `source` gives for the key itself: the effective value when it comes from there, else one that is covered.
    /// Absent when that source gives none (or none was told).
    #[must_use]
    pub fn given_by(&self, source: ConfigSource) -> Option<&str> {
        let covered = self.given.iter().find(|given| given.source == source && given.key.is_none());
        match covered {
            Some(given) => given.value.as_deref(),
            None if self.source == source => self.value.as_deref(),
            None => None,
        }
    }
}

/// A value that one source gives for a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The source.
    pub source: ConfigSource,
    /// The name under which it is given, when that is another (`log.retention.hours` for `log.retention.ms`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The value, as it was written; absent when it is withheld.
    pub value: Option<String>,
}

/// What is set on a topic: keys and values, sorted by key. A value is absent when it is withheld.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides(Box<[Override]>);

/// One key that is set on a topic, and its value; absent when it is withheld.
pub type Override = (Arc<str>, Option<Box<str>>);

impl Overrides {
    /// What the topic sets for `key`; the inner value is absent when it is withheld.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Option<&str>> {
        let at = self.0.binary_search_by(|(name, _)| (**name).cmp(key)).ok()?;
        Some(self.0[at].1.as_deref())
    }

    /// Every key that the topic sets.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(key, value)| (&**key, value.as_deref()))
    }

    /// Whether the topic sets nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Override> for Overrides {
    fn from_iter<T: IntoIterator<Item = Override>>(entries: T) -> Self {
        let mut entries: Vec<Override> = entries.into_iter().collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        Self(entries.into())
    }
}

impl Serialize for Overrides {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Overrides {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Overrides;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("keys and values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Overrides, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries.into_iter().collect())
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// The settings of one topic, as the answering broker would apply them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicConfig {
    /// Effective `min.insync.replicas`; absent when denied or not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_insync_replicas: Option<(i32, ConfigSource)>,
    /// What is set on the topic itself; empty also when it was denied, which `error` tells.
    #[serde(default, skip_serializing_if = "Overrides::is_empty")]
    pub overrides: Overrides,
    /// Why this topic's settings could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorKind>,
}

/// Loggers of the broker that write more than INFO.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loggers {
    /// Loggers at DEBUG or TRACE.
    pub verbose: usize,
    /// The first of them by name, with their levels.
    pub named: BTreeMap<String, String>,
}

/// Effective settings of the answering broker and of the topics that it leads.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Configs {
    /// When all led topics were last asked for at once; topics that appeared since were asked for on their own.
    #[serde(default)]
    pub whole_at: UnixMs,
    /// The broker's own effective settings; absent when denied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broker: Option<BTreeMap<String, ConfigValue>>,
    /// Whether every key was asked for, with what lies under each value and what each topic sets. Snapshots of versions
    /// that asked for a few keys have not.
    #[serde(default)]
    pub every_key: bool,
    /// Loggers that write more than INFO; absent when the broker does not tell (before Kafka 2.6), or denies it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loggers: Option<Loggers>,
    /// Topics by name.
    pub topics: BTreeMap<Arc<str>, TopicConfig>,
    /// Topics of which it hosts replicas and leads none, by name: only what decides whether they outlive a stop
    /// (`min.insync.replicas`, `unclean.leader.election.enable`). Absent in snapshots of versions that did not ask.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub followed: BTreeMap<Arc<str>, TopicConfig>,
}

impl Configs {
    /// The effective `min.insync.replicas` of `topic`, led or followed here; absent when it was not told.
    #[must_use]
    pub fn min_insync_replicas(&self, topic: &str) -> Option<i32> {
        self.topic(topic)?.min_insync_replicas.map(|(value, _)| value)
    }

    /// Whether a replica out of sync may be elected leader of `topic`, as set on it, else as this broker is set; absent
    /// when neither was told.
    #[must_use]
    pub fn unclean_leader_election(&self, topic: &str) -> Option<bool> {
        const KEY: &str = "unclean.leader.election.enable";
        let topic = self.topic(topic)?;
        if topic.error.is_some() {
            return None;
        }
        let value = match topic.overrides.get(KEY) {
            Some(own) => own?,
            None => self.broker.as_ref()?.get(KEY)?.value.as_deref()?,
        };
        value.trim().to_ascii_lowercase().parse().ok()
    }

    fn topic(&self, topic: &str) -> Option<&TopicConfig> {
        self.topics.get(topic).or_else(|| self.followed.get(topic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_topic_sets_is_found_by_key_and_survives_the_file() {
        let entries = [("retention.ms", Some("7")), ("cleanup.policy", Some("compact")), ("new.key", None)];
        let overrides: Overrides =
            entries.into_iter().map(|(key, value)| (key.into(), value.map(Into::into))).collect();
        assert_eq!(overrides.get("cleanup.policy"), Some(Some("compact")));
        assert_eq!((overrides.get("new.key"), overrides.get("x")), (Some(None), None));
        let text = serde_json::to_string(&overrides).unwrap();
        assert_eq!(text, r#"{"cleanup.policy":"compact","new.key":null,"retention.ms":"7"}"#);
        assert_eq!(serde_json::from_str::<Overrides>(&text).unwrap(), overrides);
        assert_eq!(std::mem::size_of::<TopicConfig>(), 32, "6,000 led topics are kept");
    }

    #[test]
    fn what_a_source_gives_is_told_from_what_counts() {
        let covered = Given { source: ConfigSource::Static, key: None, value: Some("2".to_owned()) };
        let mut value = ConfigValue::new("1", ConfigSource::DynamicDefault);
        assert_eq!(value.given_by(ConfigSource::Static), None);
        value.given.push(covered);
        assert_eq!(value.given_by(ConfigSource::Static), Some("2"));
        assert_eq!(value.given_by(ConfigSource::DynamicDefault), Some("1"));
    }
}
