//! Liveness, registrations and the cluster's topics: ApiVersions, DescribeCluster, Metadata, DescribeTopicPartitions.

use std::collections::BTreeSet;

use kafka_protocol::messages::describe_cluster_response::DescribeClusterBroker;
use kafka_protocol::messages::describe_topic_partitions_request::TopicRequest;
use kafka_protocol::messages::describe_topic_partitions_response::DescribeTopicPartitionsResponsePartition;
use kafka_protocol::messages::{
    DescribeClusterRequest, DescribeClusterResponse, DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse,
    MetadataRequest, MetadataResponse, TopicName,
};
use kafka_protocol::protocol::StrBytes;

use super::calls::{DESCRIBE_CLUSTER, DESCRIBE_TOPIC_PARTITIONS, METADATA};
use super::{Client, Endpoint, configs};
use crate::limits::SUSPECT_TOPICS_MAX;
use crate::snapshot::{
    Broker, Cluster, Failure, Liveness, PartitionsBuilder, Registration, Registrations, TopicOperations, UnixMs,
};

/// A bitmap of authorized operations that the broker left out.
const OPERATIONS_ABSENT: i32 = i32::MIN;

/// Asks whether the node answers, and in which versions.
///
/// # Errors
/// What the lane says; see [`super::lane::Lane::call`].
pub async fn read_liveness(client: &Client, deadline_ms: u64) -> Result<Liveness, Failure> {
    let told = client.fast.api_versions(deadline_ms).await?.liveness();
    Ok(Liveness { certificate: client.fast.certificate(), ..told })
}

/// Asks for all topics and partitions, and for the eligible leaders of those whose ISR is down to one; and, when
/// `operations` is given, what we may do on the topics, as of that moment.
///
/// # Errors
/// What the lane says, and the answer's own error code.
pub async fn read_cluster(
    client: &Client,
    deadline_ms: u64,
    elr: bool,
    operations: Option<UnixMs>,
) -> Result<Cluster, Failure> {
    let request = move |version| {
        MetadataRequest::default()
            .with_topics(None)
            .with_allow_auto_topic_creation(version < 4)
            .with_include_topic_authorized_operations(version >= 8 && operations.is_some())
    };
    let answer = client.fast.call(&METADATA, deadline_ms, request).await?;
    let mut cluster = parse_metadata(&answer)?;
    cluster.topic_operations = operations.and_then(|at| topic_operations(&answer, at));
    drop(answer);
    if elr {
        add_eligible(client, deadline_ms, &mut cluster).await?;
    }
    Ok(cluster)
}

/// Makes our cluster of an answer to Metadata. Topics that carry an error (deleted meanwhile, denied) are left out.
///
/// # Errors
/// The answer's own error code.
pub fn parse_metadata(answer: &MetadataResponse) -> Result<Cluster, Failure> {
    METADATA.check(answer.error_code)?;
    let count = answer.topics.iter().map(|topic| topic.partitions.len()).sum();
    let mut builder = PartitionsBuilder::with_capacity(answer.topics.len(), count);
    for topic in &answer.topics {
        let Some(name) = topic.name.as_ref().filter(|_| topic.error_code == 0) else { continue };
        builder.topic(name, topic.topic_id.as_u128(), topic.is_internal);
        for partition in &topic.partitions {
            let lists: [&mut dyn Iterator<Item = i32>; 3] = [
                &mut partition.replica_nodes.iter().map(|id| id.0),
                &mut partition.isr_nodes.iter().map(|id| id.0),
                &mut partition.offline_replicas.iter().map(|id| id.0),
            ];
            builder.partition(partition.partition_index, partition.leader_id.0, partition.leader_epoch, lists);
        }
    }
    let mut brokers: Vec<Broker> = answer
        .brokers
        .iter()
        .map(|broker| self::broker(broker.node_id.0, &broker.host, broker.port, broker.rack.as_ref()))
        .collect();
    brokers.sort_by_key(|broker| broker.id);
    let cluster_id = answer.cluster_id.as_ref().map(ToString::to_string);
    Ok(Cluster { cluster_id, brokers, partitions: builder.build(), topic_operations: None })
}

/// Counts the bitmaps of an answer to Metadata; absent when it holds none.
fn topic_operations(answer: &MetadataResponse, at: UnixMs) -> Option<TopicOperations> {
    let named = answer.topics.iter().filter(|topic| topic.error_code == 0);
    let bitmaps = named.map(|topic| topic.topic_authorized_operations).filter(|bits| *bits != OPERATIONS_ABSENT);
    let mut operations = TopicOperations { at, ..TopicOperations::default() };
    bitmaps.for_each(|bits| operations.add(bits));
    (operations.topics > 0).then_some(operations)
}

/// An ISR of one is the last copy only when no other replica is eligible (KIP-966).
async fn add_eligible(client: &Client, deadline_ms: u64, cluster: &mut Cluster) -> Result<(), Failure> {
    let last_of_several = cluster.partitions.iter().filter(|found| found.isr.len() <= 1 && found.replicas.len() > 1);
    let mut topics: BTreeSet<&str> = last_of_several.map(|found| &*found.topic.name).collect();
    if topics.is_empty() {
        return Ok(());
    }
    if let Some(first_left_out) = topics.iter().nth(SUSPECT_TOPICS_MAX).copied() {
        client.fast.too_many_topics();
        // Those that are not asked for count as without another eligible replica: rather a warning too many.
        topics.split_off(first_left_out);
    }
    let topics: Vec<TopicRequest> = topics
        .into_iter()
        .map(|name| TopicRequest::default().with_name(TopicName(StrBytes::from_string(name.to_owned()))))
        .collect();
    let request = |_| DescribeTopicPartitionsRequest::default().with_topics(topics);
    let answer = client.fast.call(&DESCRIBE_TOPIC_PARTITIONS, deadline_ms, request).await?;
    for (topic, partition) in partitions_of(&answer) {
        let eligible = partition.eligible_leader_replicas.as_deref().unwrap_or_default();
        let outside = eligible.iter().filter(|id| !partition.isr_nodes.contains(id)).map(|id| id.0);
        cluster.partitions.set_eligible(topic, partition.partition_index, &outside.collect::<Vec<i32>>());
    }
    Ok(())
}

fn partitions_of(
    answer: &DescribeTopicPartitionsResponse,
) -> impl Iterator<Item = (&str, &DescribeTopicPartitionsResponsePartition)> {
    answer.topics.iter().filter(|topic| topic.error_code == 0).flat_map(|topic| {
        let name: &str = topic.name.as_ref().map_or("", |name| name);
        topic.partitions.iter().map(move |partition| (name, partition))
    })
}

/// Asks which brokers are registered, which are fenced, and which one answers: by its own settings when `asks_configs`,
/// else it is the one that is registered with the address that was connected to.
///
/// # Errors
/// What the lane says, and the answer's own error code.
pub async fn read_registrations(
    client: &Client,
    deadline_ms: u64,
    asks_configs: bool,
) -> Result<Registrations, Failure> {
    // Endpoint type 1 asks for brokers, 2 for controllers; a controller's listener knows only 2.
    let request = |endpoint_type: i8| {
        move |version: i16| {
            let request = DescribeClusterRequest::default()
                .with_include_cluster_authorized_operations(true)
                .with_include_fenced_brokers(version >= 2 && endpoint_type == 1);
            if version >= 1 { request.with_endpoint_type(endpoint_type) } else { request }
        }
    };
    let (version, mut answer) = client.fast.call_telling_version(&DESCRIBE_CLUSTER, deadline_ms, request(1)).await?;
    /// Kafka's MISMATCHED_ENDPOINT_TYPE.
    const MISMATCHED_ENDPOINT_TYPE: i16 = 114;
    if answer.error_code == MISMATCHED_ENDPOINT_TYPE {
        answer = client.fast.call(&DESCRIBE_CLUSTER, deadline_ms, request(2)).await?;
    }
    let mut registrations = parse_registrations(&answer, version >= 2 && answer.endpoint_type == 1)?;
    let ids: Vec<i32> = registrations.brokers.iter().map(|registration| registration.broker.id).collect();
    if asks_configs {
        registrations.answered_by = configs::read_own_id(client, deadline_ms, &ids).await;
    }
    if registrations.answered_by.is_none() {
        registrations.answered_by = client.fast.endpoint().and_then(|endpoint| registrations.at(&endpoint));
    }
    Ok(registrations)
}

/// Makes our registrations of an answer to DescribeCluster.
///
/// # Errors
/// The answer's own error code.
pub fn parse_registrations(answer: &DescribeClusterResponse, tells_fenced: bool) -> Result<Registrations, Failure> {
    DESCRIBE_CLUSTER.check(answer.error_code)?;
    let registration = |broker: &DescribeClusterBroker| Registration {
        broker: self::broker(broker.broker_id.0, &broker.host, broker.port, broker.rack.as_ref()),
        fenced: tells_fenced.then_some(broker.is_fenced),
    };
    let mut brokers: Vec<Registration> = answer.brokers.iter().map(registration).collect();
    brokers.sort_by_key(|registration| registration.broker.id);
    let operations = answer.cluster_authorized_operations;
    Ok(Registrations {
        cluster_id: answer.cluster_id.to_string(),
        brokers,
        authorized_operations: (operations != OPERATIONS_ABSENT).then_some(operations),
        answered_by: None,
    })
}

impl Registrations {
    /// The only broker that is registered with this address. Clients reach it there, so it is the one that answers.
    fn at(&self, endpoint: &Endpoint) -> Option<i32> {
        let mut here = self.brokers.iter().map(|registration| &registration.broker);
        let is_here =
            |broker: &&Broker| broker.host.eq_ignore_ascii_case(&endpoint.host) && broker.port == endpoint.port;
        let found = here.find(is_here)?.id;
        here.all(|broker| !is_here(&broker)).then_some(found)
    }
}

fn broker(id: i32, host: &str, port: i32, rack: Option<&StrBytes>) -> Broker {
    let port = u16::try_from(port).unwrap_or_default();
    Broker { id, host: host.to_owned(), port, rack: rack.map(ToString::to_string) }
}
