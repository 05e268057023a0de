//! Offsets of the replicas hosted by the answering broker (ListOffsets).
//!
//! Replica id -1 asks as a consumer does: only the leader answers, with the high watermark. Replica id -2 ("debug")
//! asks for the broker's own log end, leader or follower: seen on 3.9, 4.1 and 4.3, all versions of the API.

use std::sync::Arc;

use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::{BrokerId, ListOffsetsRequest, ListOffsetsResponse, TopicName};
use kafka_protocol::protocol::StrBytes;

use super::Client;
use super::calls::{LIST_OFFSETS, error_kind};
use crate::snapshot::{Cluster, ErrorKind, Failure, Offsets, OffsetsRow};

const CONSUMER: i32 = -1;
const OWN_REPLICA: i32 = -2;
const LATEST: i64 = -1;
const EARLIEST: i64 = -2;

/// Asks for current and oldest offset of the partitions that broker `id` leads, and for the log end of every replica
/// that it hosts.
///
/// # Errors
/// What the lane says; `Authorization` when every partition was denied.
pub async fn read_offsets(client: &Client, deadline_ms: u64, cluster: &Cluster, id: i32) -> Result<Offsets, Failure> {
    let mut offsets = hosted(cluster, id);
    let led = topics(cluster, |leader, _| leader == Some(id));
    let all = topics(cluster, |_, replicas| replicas.contains(&id));
    let rounds = [(CONSUMER, LATEST, led.clone()), (CONSUMER, EARLIEST, led), (OWN_REPLICA, LATEST, all)];
    for (replica, timestamp, topics) in rounds {
        if topics.is_empty() {
            continue;
        }
        let request = move |_| request(replica, timestamp, topics);
        let answer = client.fast.call(&LIST_OFFSETS, deadline_ms, request).await?;
        fill(&mut offsets, &answer, |row, offset| match (replica, timestamp) {
            (OWN_REPLICA, _) => row.log_end = Some(offset),
            (_, EARLIEST) => row.oldest = Some(offset),
            _ => row.current = Some(offset),
        })?;
    }
    Ok(offsets)
}

fn request(replica: i32, timestamp: i64, topics: Vec<(Arc<str>, Vec<i32>)>) -> ListOffsetsRequest {
    let topics = topics.into_iter().map(|(name, partitions)| {
        let partition = |index| {
            ListOffsetsPartition::default()
                .with_partition_index(index)
                .with_current_leader_epoch(-1)
                .with_timestamp(timestamp)
        };
        ListOffsetsTopic::default()
            .with_name(TopicName(StrBytes::from_string(name.to_string())))
            .with_partitions(partitions.into_iter().map(partition).collect())
    });
    ListOffsetsRequest::default().with_replica_id(BrokerId(replica)).with_topics(topics.collect())
}

fn topics(cluster: &Cluster, wanted: impl Fn(Option<i32>, &[i32]) -> bool) -> Vec<(Arc<str>, Vec<i32>)> {
    let mut topics: Vec<(Arc<str>, Vec<i32>)> = Vec::new();
    for found in cluster.partitions.iter().filter(|found| wanted(found.leader(), found.replicas)) {
        match topics.last_mut() {
            Some((name, partitions)) if *name == found.topic.name => partitions.push(found.row.partition),
            _ => topics.push((found.topic.name.clone(), vec![found.row.partition])),
        }
    }
    topics
}

fn hosted(cluster: &Cluster, id: i32) -> Offsets {
    let row = |partition| OffsetsRow { partition, current: None, oldest: None, log_end: None };
    let topics = topics(cluster, |leader, replicas| leader == Some(id) || replicas.contains(&id));
    Offsets { topics: topics.into_iter().map(|(name, list)| (name, list.into_iter().map(row).collect())).collect() }
}

/// Puts the answer's offsets into their rows. A partition with an error (moved away meanwhile, its directory offline)
/// stays unknown.
fn fill(
    offsets: &mut Offsets,
    answer: &ListOffsetsResponse,
    mut set: impl FnMut(&mut OffsetsRow, i64),
) -> Result<(), Failure> {
    let (mut denied, mut answered) = (None, false);
    for topic in &answer.topics {
        let Ok(at) = offsets.topics.binary_search_by(|(name, _)| (**name).cmp(topic.name.as_str())) else { continue };
        let rows = &mut offsets.topics[at].1;
        for partition in &topic.partitions {
            if error_kind(partition.error_code) == ErrorKind::Authorization {
                denied = Some(partition.error_code);
            }
            if partition.error_code != 0 || partition.offset < 0 {
                continue;
            }
            answered = true;
            if let Ok(row) = rows.binary_search_by_key(&partition.partition_index, |row| row.partition) {
                set(&mut rows[row], partition.offset);
            }
        }
    }
    match denied {
        Some(code) if !answered => LIST_OFFSETS.check(code),
        _ => Ok(()),
    }
}
