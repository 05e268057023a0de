//! Effective settings (DescribeConfigs). A broker answers for itself only, and resolves a topic's setting through its
//! own defaults; so each sidecar asks its own broker about the topics that it leads.
//!
//! Reference: Kafka's `ConfigHelper`. What it calls sensitive has no value: passwords, and every key that it does not
//! define. The key table is asked too, so that no secret enters by a broker's mistake.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult, DescribeConfigsSynonym,
};
use kafka_protocol::messages::{DescribeConfigsRequest, DescribeConfigsResponse};
use kafka_protocol::protocol::StrBytes;

use super::Client;
use super::calls::{DESCRIBE_CONFIGS, error_kind};
use crate::keys::{Found, Scope, find, is_secret, same_value};
use crate::limits::{CONFIG_TOPICS_PER_CALL, NAMED_LOGGERS_MAX};
use crate::snapshot::{
    ConfigSource, ConfigValue, Configs, ErrorKind, Failure, Given, Loggers, Overrides, TopicConfig, Withheld,
};

/// Kafka's resource types.
const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const BROKER_LOGGER: i8 = 8;

/// The first version of a release that knows [`BROKER_LOGGER`] (KIP-412): an older one refuses the whole request.
const LOGGERS_SINCE: i16 = 3;

const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";

/// What decides whether the partitions of a topic outlive a stop; all that is asked of topics that are only followed.
const OF_FOLLOWED: [&str; 2] = [MIN_INSYNC_REPLICAS, "unclean.leader.election.enable"];

/// Topics whose settings are asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Those of which the broker leads partitions: every key.
    pub led: Vec<Arc<str>>,
    /// Those of which it hosts replicas and leads none: what decides whether they outlive a stop.
    pub followed: Vec<Arc<str>>,
}

/// Asks broker `id` for its own settings and loggers, and for the settings of topics.
///
/// # Errors
/// What the lane says; `Authorization` when both the broker's and every topic's settings were denied.
pub async fn read_configs(
    client: &Client,
    deadline_ms: u64,
    id: i32,
    topics: &Wanted,
    known: Option<&Configs>,
) -> Result<Configs, Failure> {
    let own = vec![resource(BROKER, &id.to_string(), &[])];
    let every_key = move |_| request(own).with_include_synonyms(true);
    let (version, answer) = client.fast.call_telling_version(&DESCRIBE_CONFIGS, deadline_ms, every_key).await?;
    let mut configs = known.cloned().unwrap_or_default();
    let mut names = Names::default();
    let refused = merge(&mut configs, &answer, &mut names);
    configs.every_key = true;
    configs.loggers = None;
    if refused.is_none() && version >= LOGGERS_SINCE {
        let loggers = vec![resource(BROKER_LOGGER, &id.to_string(), &[])];
        let answer = client.fast.call(&DESCRIBE_CONFIGS, deadline_ms, move |_| request(loggers)).await?;
        configs.loggers = answer.results.iter().find(|result| result.error_code == 0).map(loggers_of);
    }
    for chunk in topics.led.chunks(CONFIG_TOPICS_PER_CALL) {
        let resources = chunk.iter().map(|name| resource(TOPIC, name, &[])).collect();
        let answer = client.fast.call(&DESCRIBE_CONFIGS, deadline_ms, move |_| request(resources)).await?;
        merge(&mut configs, &answer, &mut names);
    }
    for chunk in topics.followed.chunks(CONFIG_TOPICS_PER_CALL) {
        let resources = chunk.iter().map(|name| resource(TOPIC, name, &OF_FOLLOWED)).collect();
        let answer = client.fast.call(&DESCRIBE_CONFIGS, deadline_ms, move |_| request(resources)).await?;
        let told = answer.results.iter().filter(|result| result.resource_type == TOPIC);
        configs.followed.extend(told.map(|result| ((*result.resource_name).into(), topic(result, &mut names))));
    }
    match refused {
        Some(failure) if configs.topics.values().all(|topic| topic.min_insync_replicas.is_none()) => Err(failure),
        _ => Ok(configs),
    }
}

/// Which of `ids` is the node that answers: only it describes its own settings, for all others Kafka answers
/// INVALID_REQUEST (`ConfigHelper`). Absent when that is denied or nobody among them answers.
pub async fn read_own_id(client: &Client, deadline_ms: u64, ids: &[i32]) -> Option<i32> {
    let resources: Vec<_> = ids.iter().map(|id| resource(BROKER, &id.to_string(), &["node.id"])).collect();
    let answer = client.fast.call(&DESCRIBE_CONFIGS, deadline_ms, move |_| request(resources)).await.ok()?;
    let own = answer.results.iter().find(|result| result.error_code == 0)?;
    own.resource_name.parse().ok()
}

/// A resource; with every key unless some are named.
fn resource(kind: i8, name: &str, keys: &[&'static str]) -> DescribeConfigsResource {
    let named = || keys.iter().map(|key| StrBytes::from_static_str(key)).collect();
    DescribeConfigsResource::default()
        .with_resource_type(kind)
        .with_resource_name(StrBytes::from_string(name.to_owned()))
        .with_configuration_keys((!keys.is_empty()).then(named))
}

fn request(resources: Vec<DescribeConfigsResource>) -> DescribeConfigsRequest {
    DescribeConfigsRequest::default().with_resources(resources)
}

/// Names of topics' keys, each kept once for all topics.
#[derive(Default)]
struct Names(BTreeSet<Arc<str>>);

impl Names {
    fn one(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return known.clone();
        }
        let name: Arc<str> = name.into();
        self.0.insert(name.clone());
        name
    }
}

/// Takes an answer in; says why the broker's own settings were refused, when they were.
fn merge(configs: &mut Configs, answer: &DescribeConfigsResponse, names: &mut Names) -> Option<Failure> {
    let mut refused = None;
    for result in &answer.results {
        if result.resource_type == BROKER {
            refused = DESCRIBE_CONFIGS.check(result.error_code).err();
            configs.broker = refused.is_none().then(|| {
                result.configs.iter().map(|entry| (entry.name.to_string(), value(entry))).collect::<BTreeMap<_, _>>()
            });
        } else {
            configs.topics.insert((*result.resource_name).into(), topic(result, names));
        }
    }
    refused
}

fn topic(result: &DescribeConfigsResult, names: &mut Names) -> TopicConfig {
    let error: Option<ErrorKind> = (result.error_code != 0).then(|| error_kind(result.error_code));
    let entry = result.configs.iter().find(|entry| &*entry.name == MIN_INSYNC_REPLICAS);
    let min_insync_replicas = entry
        .and_then(|entry| Some((entry.value.as_ref()?.parse().ok()?, ConfigSource::from_code(entry.config_source))));
    let set = result.configs.iter().filter(|entry| ConfigSource::from_code(entry.config_source) == ConfigSource::Topic);
    let overrides: Overrides = set
        .map(|entry| {
            let shown = entry.value.as_deref().filter(|_| withheld(entry, Scope::Topic).is_none());
            (names.one(&entry.name), shown.map(Box::from))
        })
        .collect();
    TopicConfig { min_insync_replicas, overrides, error }
}

/// Why the value of an entry is not kept; absent when it is. The answer and the key table both have to call it harmless.
fn withheld(entry: &DescribeConfigsResourceResult, scope: Scope) -> Option<Withheld> {
    let defined = find(scope, &entry.name).and_then(Found::key).is_some();
    match entry.is_sensitive || is_secret(&entry.name) {
        false => None,
        true if defined => Some(Withheld::Secret),
        true => Some(Withheld::Undefined),
    }
}

fn value(entry: &DescribeConfigsResourceResult) -> ConfigValue {
    let (source, withheld) = (ConfigSource::from_code(entry.config_source), withheld(entry, Scope::Broker));
    let value = entry.value.as_ref().filter(|_| withheld.is_none()).map(ToString::to_string);
    let given = |(at, synonym): (usize, &DescribeConfigsSynonym)| {
        let of = ConfigSource::from_code(synonym.source);
        let key = (synonym.name != entry.name).then(|| synonym.name.to_string());
        let shown = synonym.value.as_ref().filter(|_| withheld.is_none() && !is_secret(&synonym.name));
        let shown = shown.map(ToString::to_string);
        let counts = at == 0 && key.is_none() && of == source;
        let same = match (&value, &shown) {
            (Some(value), Some(shown)) => same_value(&entry.name, value, shown),
            (None, None) => true,
            _ => false,
        };
        let known = of == ConfigSource::Default || (counts && same);
        (!known).then_some(Given { source: of, key, value: shown })
    };
    let given = entry.synonyms.iter().enumerate().filter_map(given).collect();
    ConfigValue { value, source, withheld, given }
}

fn loggers_of(result: &DescribeConfigsResult) -> Loggers {
    let level = |entry: &DescribeConfigsResourceResult| {
        let level = entry.value.as_deref().filter(|level| ["DEBUG", "TRACE", "ALL"].contains(level))?;
        Some((entry.name.to_string(), level.to_owned()))
    };
    let verbose: BTreeMap<String, String> = result.configs.iter().filter_map(level).collect();
    Loggers { verbose: verbose.len(), named: verbose.into_iter().take(NAMED_LOGGERS_MAX).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &'static str) -> StrBytes {
        StrBytes::from_static_str(text)
    }

    fn entry(name: &'static str, value: Option<&'static str>, source: i8) -> DescribeConfigsResourceResult {
        let entry = DescribeConfigsResourceResult::default().with_name(text(name)).with_config_source(source);
        entry.with_value(value.map(text))
    }

    fn synonym(name: &'static str, value: &'static str, source: i8) -> DescribeConfigsSynonym {
        DescribeConfigsSynonym::default().with_name(text(name)).with_value(Some(text(value))).with_source(source)
    }

    #[test]
    fn what_lies_under_the_effective_value_is_kept_and_nothing_else() {
        let name = "min.insync.replicas";
        let synonyms = vec![synonym(name, "1", 3), synonym(name, "2", 4), synonym(name, "1", 5)];
        let seen = value(&entry(name, Some("1"), 3).with_synonyms(synonyms));
        let covered = Given { source: ConfigSource::Static, key: None, value: Some("2".to_owned()) };
        assert_eq!((seen.value.as_deref(), seen.source), (Some("1"), ConfigSource::DynamicDefault));
        assert_eq!(seen.given, [covered]);
        let spelt = entry("log.dirs", Some("/a,/b"), 4).with_synonyms(vec![synonym("log.dirs", "/a, /b", 4)]);
        assert!(value(&spelt).given.is_empty(), "another spelling of the same value");
    }

    #[test]
    fn a_dynamic_value_that_the_broker_does_not_run_with_is_kept_beside_the_one_that_it_does() {
        let name = "num.io.threads";
        let synonyms = vec![synonym(name, "64", 2), synonym(name, "8", 4)];
        let seen = value(&entry(name, Some("8"), 2).with_synonyms(synonyms));
        assert_eq!(seen.given_by(ConfigSource::DynamicBroker), Some("64"));
        assert_eq!(seen.value.as_deref(), Some("8"));
    }

    #[test]
    fn no_value_of_a_secret_or_unknown_key_is_kept_even_when_a_broker_tells_it() {
        for (name, why) in [
            ("ssl.keystore.password", Withheld::Secret),
            ("listener.name.a.plain.sasl.jaas.config", Withheld::Secret),
            ("ssl.keystore.pasword", Withheld::Undefined),
            ("confluent.license", Withheld::Undefined),
        ] {
            let seen = value(&entry(name, Some("word-1"), 4).with_synonyms(vec![synonym(name, "word-1", 2)]));
            assert_eq!((seen.withheld, seen.value.as_deref()), (Some(why), None), "{name}");
            assert!(!format!("{seen:?}").contains("word-1"), "{name}");
        }
        let told = entry("num.io.threads", None, 4).with_is_sensitive(true);
        assert_eq!(value(&told).withheld, Some(Withheld::Secret), "the broker's word counts too");
    }

    #[test]
    fn only_what_a_topic_sets_is_kept_of_it() {
        let entries = vec![
            entry("min.insync.replicas", Some("2"), 4),
            entry("retention.ms", Some("60000"), 1),
            entry("segment.bytes", Some("1073741824"), 5),
            entry("key.of.the.future", Some("x"), 1),
        ];
        let result = DescribeConfigsResult::default().with_configs(entries);
        let seen = topic(&result, &mut Names::default());
        assert_eq!(seen.min_insync_replicas, Some((2, ConfigSource::Static)));
        let set: Vec<_> = seen.overrides.iter().collect();
        assert_eq!(set, [("key.of.the.future", None), ("retention.ms", Some("60000"))]);
    }

    #[test]
    fn loggers_below_info_are_counted_and_the_first_ones_named() {
        let entries = vec![entry("root", Some("INFO"), 6), entry("kafka.log", Some("DEBUG"), 6)];
        let seen = loggers_of(&DescribeConfigsResult::default().with_configs(entries));
        assert_eq!(seen, Loggers { verbose: 1, named: [("kafka.log".to_owned(), "DEBUG".to_owned())].into() });
    }
}
