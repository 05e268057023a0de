//! The controller quorum and ongoing reassignments: calls that the broker forwards to the active controller, and that
//! may hang for a minute when there is none.

use std::sync::Arc;

use kafka_protocol::messages::describe_quorum_request::{PartitionData, TopicData};
use kafka_protocol::messages::describe_quorum_response::ReplicaState;
use kafka_protocol::messages::list_partition_reassignments_request::ListPartitionReassignmentsTopics;
use kafka_protocol::messages::{
    DescribeQuorumRequest, DescribeQuorumResponse, ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse, TopicName,
};
use kafka_protocol::protocol::StrBytes;

use super::Client;
use super::calls::{DESCRIBE_QUORUM, LIST_PARTITION_REASSIGNMENTS};
use crate::snapshot::{ErrorKind, Failure, Quorum, QuorumReplica, Reassignment, Reassignments, UnixMs};

/// Kafka's NOT_CONTROLLER: with ZooKeeper, brokers forward nothing to the controller.
const NOT_CONTROLLER: i16 = 41;

/// Asks for the metadata quorum.
///
/// # Errors
/// What the lane says, and the answer's own error codes.
pub async fn read_quorum(client: &Client, deadline_ms: u64) -> Result<Quorum, Failure> {
    let request = |_| {
        let topic = TopicName(StrBytes::from_static_str("__cluster_metadata"));
        let topic = TopicData::default().with_topic_name(topic).with_partitions(vec![PartitionData::default()]);
        DescribeQuorumRequest::default().with_topics(vec![topic])
    };
    let (lane, deadline_ms) = client.to_controller(deadline_ms);
    parse_quorum(&lane.call(&DESCRIBE_QUORUM, deadline_ms, request).await?)
}

/// Makes our quorum of an answer to DescribeQuorum.
///
/// # Errors
/// The answer's own error codes.
pub fn parse_quorum(answer: &DescribeQuorumResponse) -> Result<Quorum, Failure> {
    DESCRIBE_QUORUM.check(answer.error_code)?;
    let Some(partition) = answer.topics.first().and_then(|topic| topic.partitions.first()) else {
        return Err(Failure::new(ErrorKind::Protocol, "The answer to DescribeQuorum names no metadata partition."));
    };
    DESCRIBE_QUORUM.check(partition.error_code)?;
    let replicas = |states: &[ReplicaState]| {
        let mut replicas: Vec<QuorumReplica> = states.iter().map(replica).collect();
        replicas.sort_by_key(|replica| replica.id);
        replicas
    };
    Ok(Quorum {
        leader: (partition.leader_id.0 >= 0).then_some(partition.leader_id.0),
        epoch: partition.leader_epoch,
        high_watermark: partition.high_watermark,
        voters: replicas(&partition.current_voters),
        observers: replicas(&partition.observers),
    })
}

fn replica(state: &ReplicaState) -> QuorumReplica {
    let caught_up = u64::try_from(state.last_caught_up_timestamp).ok();
    QuorumReplica {
        id: state.replica_id.0,
        log_end: (state.log_end_offset >= 0).then_some(state.log_end_offset),
        caught_up_at: caught_up.map(UnixMs),
    }
}

/// Asks for the reassignments of `topics` (name and partitions), or of the whole cluster when there is no list.
///
/// # Errors
/// What the lane says, and the answer's own error code.
pub async fn read_reassignments(
    client: &Client,
    deadline_ms: u64,
    topics: Option<Vec<(Arc<str>, Vec<i32>)>>,
) -> Result<Reassignments, Failure> {
    let whole_cluster = topics.is_none();
    let timeout_ms = i32::try_from(deadline_ms).unwrap_or(i32::MAX);
    let request = move |_| {
        let topics = topics.map(|topics| {
            let topic = |(name, partitions): (Arc<str>, Vec<i32>)| {
                ListPartitionReassignmentsTopics::default()
                    .with_name(TopicName(StrBytes::from_string(name.to_string())))
                    .with_partition_indexes(partitions)
            };
            topics.into_iter().map(topic).collect()
        });
        ListPartitionReassignmentsRequest::default().with_timeout_ms(timeout_ms).with_topics(topics)
    };
    let (lane, deadline_ms) = client.to_controller(deadline_ms);
    let answer = lane.call(&LIST_PARTITION_REASSIGNMENTS, deadline_ms, request).await?;
    parse_reassignments(&answer, whole_cluster)
}

/// Makes our reassignments of an answer to ListPartitionReassignments.
///
/// # Errors
/// The answer's own error code; `Unsupported` from a broker that would have to ask a controller and cannot.
pub fn parse_reassignments(
    answer: &ListPartitionReassignmentsResponse,
    whole_cluster: bool,
) -> Result<Reassignments, Failure> {
    if answer.error_code == NOT_CONTROLLER {
        let message = "Reassignments are known to the controller only, and this broker does not ask it (a cluster with \
                       ZooKeeper): replicas that are being added count as missing.";
        return Err(Failure::new(ErrorKind::Unsupported, message));
    }
    LIST_PARTITION_REASSIGNMENTS.check(answer.error_code)?;
    let mut partitions = Vec::new();
    for topic in &answer.topics {
        let name: Arc<str> = topic.name.as_str().into();
        partitions.extend(topic.partitions.iter().map(|partition| Reassignment {
            topic: name.clone(),
            partition: partition.partition_index,
            adding: partition.adding_replicas.iter().map(|id| id.0).collect(),
            removing: partition.removing_replicas.iter().map(|id| id.0).collect(),
        }));
    }
    partitions.sort_by(|a, b| a.topic.cmp(&b.topic).then(a.partition.cmp(&b.partition)));
    Ok(Reassignments { whole_cluster, partitions })
}
