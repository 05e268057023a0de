//! Effective settings (DescribeConfigs). A broker answers for itself only, and resolves a topic's setting through its
//! own defaults; so each sidecar asks its own broker about the topics that it leads.

use std::collections::BTreeMap;
use std::sync::Arc;

use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult};
use kafka_protocol::messages::{DescribeConfigsRequest, DescribeConfigsResponse};
use kafka_protocol::protocol::StrBytes;

use super::Client;
use super::calls::{DESCRIBE_CONFIGS, error_kind};
use crate::limits::CONFIG_TOPICS_PER_CALL;
use crate::snapshot::{ConfigSource, ConfigValue, Configs, ErrorKind, Failure, TopicConfig};

/// Kafka's resource types.
const TOPIC: i8 = 2;
const BROKER: i8 = 4;

const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";

/// Settings of the broker that are read: those that decide over durability. None of them is secret.
const BROKER_KEYS: &[&str] = &[
    MIN_INSYNC_REPLICAS,
    "default.replication.factor",
    "unclean.leader.election.enable",
    "auto.create.topics.enable",
    "auto.leader.rebalance.enable",
    "replica.lag.time.max.ms",
    "broker.rack",
    "log.dirs",
    "log.dir",
];

/// Asks broker `id` for its own settings and for those of `topics`.
///
/// # Errors
/// What the lane says; `Authorization` when both the broker's and every topic's settings were denied.
pub async fn read_configs(
    client: &Client,
    deadline_ms: u64,
    id: i32,
    topics: &[Arc<str>],
    known: Option<&Configs>,
) -> Result<Configs, Failure> {
    let own = vec![resource(BROKER, &id.to_string(), BROKER_KEYS)];
    let answer = client.fast.call(&DESCRIBE_CONFIGS, deadline_ms, move |_| request(own)).await?;
    let mut configs = known.cloned().unwrap_or_default();
    let refused = merge(&mut configs, &answer);
    for chunk in topics.chunks(CONFIG_TOPICS_PER_CALL) {
        let resources = chunk.iter().map(|name| resource(TOPIC, name, &[MIN_INSYNC_REPLICAS])).collect();
        let answer = client.fast.call(&DESCRIBE_CONFIGS, deadline_ms, move |_| request(resources)).await?;
        merge(&mut configs, &answer);
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

fn resource(kind: i8, name: &str, keys: &[&str]) -> DescribeConfigsResource {
    let keys = keys.iter().map(|key| StrBytes::from_string((*key).to_owned())).collect();
    DescribeConfigsResource::default()
        .with_resource_type(kind)
        .with_resource_name(StrBytes::from_string(name.to_owned()))
        .with_configuration_keys(Some(keys))
}

fn request(resources: Vec<DescribeConfigsResource>) -> DescribeConfigsRequest {
    DescribeConfigsRequest::default().with_resources(resources)
}

/// Takes an answer in; says why the broker's own settings were refused, when they were.
fn merge(configs: &mut Configs, answer: &DescribeConfigsResponse) -> Option<Failure> {
    let mut refused = None;
    for result in &answer.results {
        if result.resource_type == BROKER {
            refused = DESCRIBE_CONFIGS.check(result.error_code).err();
            configs.broker = refused.is_none().then(|| values(result));
        } else {
            configs.topics.insert((*result.resource_name).into(), topic(result));
        }
    }
    refused
}

fn topic(result: &DescribeConfigsResult) -> TopicConfig {
    let error: Option<ErrorKind> = (result.error_code != 0).then(|| error_kind(result.error_code));
    let entry = result.configs.iter().find(|entry| &*entry.name == MIN_INSYNC_REPLICAS);
    let min_insync_replicas = entry
        .and_then(|entry| Some((entry.value.as_ref()?.parse().ok()?, ConfigSource::from_code(entry.config_source))));
    TopicConfig { min_insync_replicas, error }
}

fn values(result: &DescribeConfigsResult) -> BTreeMap<String, ConfigValue> {
    // The allow-list is applied to the answer too: an old broker sends more than was asked for.
    let wanted = |entry: &&DescribeConfigsResourceResult| BROKER_KEYS.contains(&&*entry.name) && !entry.is_sensitive;
    let value = |entry: &DescribeConfigsResourceResult| {
        let value = entry.value.as_ref().map(ToString::to_string);
        (entry.name.to_string(), ConfigValue { value, source: ConfigSource::from_code(entry.config_source) })
    };
    result.configs.iter().filter(wanted).map(value).collect()
}
