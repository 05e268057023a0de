//! What an answer to Metadata costs before it is our own data: the guard's walk, decoding, and both with what is made of it.
//!
//! `cargo bench --bench decode`. By number of partitions, replication factor 3, topics of a hundred partitions.

use brokerwatch::sources::kafka::calls::METADATA;
use brokerwatch::sources::kafka::{cluster, guard};
use bytes::{Bytes, BytesMut};
use divan::Bencher;
use divan::counter::BytesCount;
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{ApiKey, BrokerId, MetadataResponse, TopicName};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};

const PARTITIONS: [usize; 3] = [1_000, 10_000, 200_000];

fn main() {
    divan::main();
}

/// An answer in the newest version that is spoken.
fn answer(partitions: usize) -> Bytes {
    let ids = |first: i32| (0..3).map(|next| BrokerId((first + next) % 3 + 1)).collect::<Vec<_>>();
    let partition = |index: i32| {
        let partition = MetadataResponsePartition::default().with_partition_index(index).with_leader_epoch(5);
        partition.with_leader_id(BrokerId(index % 3 + 1)).with_replica_nodes(ids(index)).with_isr_nodes(ids(index))
    };
    let topic = |number: usize| {
        let name = StrBytes::from_string(format!("orders.region-{number:05}.events"));
        MetadataResponseTopic::default()
            .with_name(Some(TopicName(name)))
            .with_partitions((0..100).map(partition).collect())
    };
    let broker = |id| {
        let broker = MetadataResponseBroker::default().with_node_id(BrokerId(id)).with_port(9092);
        broker.with_host(StrBytes::from_static_str("broker.example.org"))
    };
    let answer = MetadataResponse::default()
        .with_brokers((1..=3).map(broker).collect())
        .with_topics((0..partitions / 100).map(topic).collect());
    let mut bytes = BytesMut::new();
    answer.encode(&mut bytes, METADATA.max).expect("an answer");
    bytes.freeze()
}

fn measured<R>(bencher: Bencher<'_, '_>, partitions: usize, work: impl Fn(Bytes) -> R + Sync) {
    let answer = answer(partitions);
    bencher.counter(BytesCount::new(answer.len())).bench(|| work(answer.clone()));
}

#[divan::bench(args = PARTITIONS)]
fn guard_alone(bencher: Bencher<'_, '_>, partitions: usize) {
    measured(bencher, partitions, |answer| guard::check(ApiKey::Metadata, METADATA.max, &answer).expect("it passes"));
}

#[divan::bench(args = PARTITIONS)]
fn decode_alone(bencher: Bencher<'_, '_>, partitions: usize) {
    measured(bencher, partitions, |mut answer| MetadataResponse::decode(&mut answer, METADATA.max).expect("it is one"));
}

#[divan::bench(args = PARTITIONS)]
fn guard_and_decode(bencher: Bencher<'_, '_>, partitions: usize) {
    measured(bencher, partitions, |answer| {
        guard::decode::<MetadataResponse>(ApiKey::Metadata, METADATA.max, answer).expect("it passes")
    });
}

#[divan::bench(args = PARTITIONS)]
fn guard_decode_and_pack(bencher: Bencher<'_, '_>, partitions: usize) {
    measured(bencher, partitions, |answer| {
        let answer = guard::decode(ApiKey::Metadata, METADATA.max, answer).expect("it passes");
        cluster::parse_metadata(&answer).expect("a cluster")
    });
}
