//! Holds every count in an answer against the bytes that are there, before the answer is decoded.
//!
//! `kafka-protocol` takes memory for an array's length as the wire tells it, so twenty bytes from a hostile or broken
//! peer would end this process (an allocation that fails aborts). Each answer is therefore walked first, by its layout.

use bytes::{Buf, Bytes};
use kafka_protocol::messages::ApiKey;
use kafka_protocol::protocol::Decodable;

use super::api_versions::{skip_tags, uvarint};
use super::layouts::{Field, LAYOUTS, Shape};
use crate::limits::DECODED_BYTES_MAX;

/// Why an answer is not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A length or count does not fit into the bytes that are there.
    Malformed,
    /// Decoded it would take more memory than [`DECODED_BYTES_MAX`].
    TooLarge,
}

/// Bytes that a decoded structure takes, at most: the largest of the message types has 168.
const STRUCTURE_BYTES: usize = 192;
/// Bytes that a tagged field which nobody knows takes, at most: the first of a structure makes a node of a B-tree.
const TAGGED_FIELD_BYTES: usize = 512;

/// Walks the body of an answer, then decodes it.
///
/// # Errors
/// See [`Refused`].
pub fn decode<R: Decodable>(api: ApiKey, version: i16, mut body: Bytes) -> Result<R, Refused> {
    check(api, version, &body)?;
    R::decode(&mut body, version).map_err(|_| Refused::Malformed)
}

/// Walks the body of an answer: the bytes of memory that decoding it takes at most. What comes behind the last known
/// field is the decoder's to judge; texts are slices of the body and take none.
///
/// # Errors
/// See [`Refused`]. An API without a layout is refused, so that none is forgotten.
pub fn check(api: ApiKey, version: i16, body: &Bytes) -> Result<usize, Refused> {
    let layout = LAYOUTS.iter().find(|layout| layout.api == api).ok_or(Refused::Malformed)?;
    let mut walk = Walk { bytes: body.clone(), version, flexible: version >= layout.flexible, memory: 0 };
    walk.structure(layout.fields)?;
    Ok(walk.memory)
}

struct Walk {
    bytes: Bytes,
    version: i16,
    flexible: bool,
    memory: usize,
}

impl Walk {
    fn structure(&mut self, fields: &[Field]) -> Result<(), Refused> {
        let version = self.version;
        for field in fields.iter().filter(|field| field.is_in(version)) {
            match field.shape {
                Shape::Fixed(length) => self.skip(length)?,
                Shape::Text => {
                    let length = self.length(2)?;
                    self.skip(length)?;
                }
                Shape::Blob => {
                    let length = self.length(4)?;
                    self.skip(length)?;
                }
                Shape::Integers => {
                    let count = self.count(4, 4)?;
                    self.skip(count * 4)?;
                }
                Shape::Array(fields) => {
                    for _ in 0..self.count(self.bytes_min(fields), STRUCTURE_BYTES)? {
                        self.structure(fields)?;
                    }
                }
                Shape::Optional(fields) => {
                    let present = self.bytes.first().is_some_and(|byte| byte.cast_signed() >= 0);
                    self.skip(1)?;
                    if present {
                        self.structure(fields)?;
                    }
                }
            }
        }
        if !self.flexible {
            return Ok(());
        }
        let tags = skip_tags(&mut self.bytes).ok_or(Refused::Malformed)?;
        self.take(tags, TAGGED_FIELD_BYTES)
    }

    /// Counts what `count` elements of `each` bytes take.
    fn take(&mut self, count: usize, each: usize) -> Result<(), Refused> {
        self.memory = self.memory.saturating_add(count.saturating_mul(each));
        if self.memory > DECODED_BYTES_MAX { Err(Refused::TooLarge) } else { Ok(()) }
    }

    /// The length of an array; nothing is taken for its elements before this has held.
    fn count(&mut self, element_bytes_min: usize, element_memory: usize) -> Result<usize, Refused> {
        let count = self.length(4)?;
        let fits = count.checked_mul(element_bytes_min).is_some_and(|bytes| bytes <= self.bytes.len());
        if !fits {
            return Err(Refused::Malformed);
        }
        self.take(count, element_memory)?;
        Ok(count)
    }

    /// A length as a compact number, or as a signed one of `width` bytes; null is 0.
    fn length(&mut self, width: usize) -> Result<usize, Refused> {
        if self.flexible {
            let length = uvarint(&mut self.bytes).ok_or(Refused::Malformed)?;
            return Ok((length as usize).saturating_sub(1));
        }
        if self.bytes.len() < width {
            return Err(Refused::Malformed);
        }
        let length = if width == 2 { self.bytes.get_i16().into() } else { self.bytes.get_i32() };
        Ok(usize::try_from(length).unwrap_or(0))
    }

    /// The fewest bytes that one element takes; at least one, so that a count is always bounded.
    fn bytes_min(&self, fields: &[Field]) -> usize {
        let present = fields.iter().filter(|field| field.is_in(self.version));
        let bytes = present.map(|field| match field.shape {
            Shape::Fixed(length) => length,
            Shape::Optional(_) => 1,
            Shape::Text => {
                if self.flexible {
                    1
                } else {
                    2
                }
            }
            Shape::Blob | Shape::Integers | Shape::Array(_) => {
                if self.flexible {
                    1
                } else {
                    4
                }
            }
        });
        bytes.sum::<usize>().max(1)
    }

    fn skip(&mut self, length: usize) -> Result<(), Refused> {
        if length > self.bytes.len() {
            return Err(Refused::Malformed);
        }
        self.bytes.advance(length);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use kafka_protocol::messages::*;
    use kafka_protocol::protocol::{Encodable, StrBytes};
    use proptest::prelude::*;

    use super::super::calls::APIS;
    use super::*;

    fn text(text: &'static str) -> StrBytes {
        StrBytes::from_static_str(text)
    }

    fn encoded(message: &impl Encodable, version: i16) -> Bytes {
        let mut bytes = BytesMut::new();
        message.encode(&mut bytes, version).unwrap();
        bytes.freeze()
    }

    /// An answer of each API with every array filled, as an independent encoder writes it.
    fn sample(api: ApiKey, version: i16) -> Bytes {
        let ids = || vec![BrokerId(1), BrokerId(2)];
        let topic = || TopicName(text("orders"));
        match api {
            ApiKey::Metadata => {
                use metadata_response::*;
                let partition = MetadataResponsePartition::default().with_replica_nodes(ids()).with_isr_nodes(ids());
                let partition = if version >= 5 { partition.with_offline_replicas(ids()) } else { partition };
                let topic =
                    MetadataResponseTopic::default().with_name(Some(topic())).with_partitions(vec![partition; 3]);
                let broker = MetadataResponseBroker::default().with_host(text("h")).with_rack(Some(text("r")));
                let answer = MetadataResponse::default().with_brokers(vec![broker; 2]).with_topics(vec![topic; 2]);
                encoded(&answer, version)
            }
            ApiKey::DescribeCluster => {
                use describe_cluster_response::*;
                let broker = DescribeClusterBroker::default().with_host(text("h")).with_rack(Some(text("r")));
                let answer =
                    DescribeClusterResponse::default().with_cluster_id(text("c")).with_brokers(vec![broker; 3]);
                encoded(&answer, version)
            }
            ApiKey::ListOffsets => {
                use list_offsets_response::*;
                let partitions = vec![ListOffsetsPartitionResponse::default(); 2];
                let topic = ListOffsetsTopicResponse::default().with_name(topic()).with_partitions(partitions);
                encoded(&ListOffsetsResponse::default().with_topics(vec![topic; 2]), version)
            }
            ApiKey::DescribeLogDirs => {
                use describe_log_dirs_response::*;
                let partitions = vec![DescribeLogDirsPartition::default(); 2];
                let topic = DescribeLogDirsTopic::default().with_name(topic()).with_partitions(partitions);
                let dir = DescribeLogDirsResult::default().with_log_dir(text("/d")).with_topics(vec![topic; 2]);
                encoded(&DescribeLogDirsResponse::default().with_results(vec![dir; 2]), version)
            }
            ApiKey::DescribeConfigs => {
                use describe_configs_response::*;
                let synonym = DescribeConfigsSynonym::default().with_name(text("s")).with_value(Some(text("v")));
                let entry =
                    DescribeConfigsResourceResult::default().with_name(text("k")).with_synonyms(vec![synonym; 2]);
                let result =
                    DescribeConfigsResult::default().with_resource_name(text("t")).with_configs(vec![entry; 2]);
                encoded(&DescribeConfigsResponse::default().with_results(vec![result; 2]), version)
            }
            ApiKey::SaslHandshake => {
                let mechanisms = vec![text("PLAIN"), text("SCRAM-SHA-512")];
                encoded(&SaslHandshakeResponse::default().with_mechanisms(mechanisms), version)
            }
            ApiKey::SaslAuthenticate => {
                let answer = SaslAuthenticateResponse::default().with_error_message(Some(text("no")));
                let answer = answer.with_auth_bytes(Bytes::from_static(b"v=abc"));
                encoded(&if version >= 1 { answer.with_session_lifetime_ms(7) } else { answer }, version)
            }
            _ => controller_sample(api, version),
        }
    }

    fn controller_sample(api: ApiKey, version: i16) -> Bytes {
        let ids = || vec![BrokerId(1), BrokerId(2)];
        let topic = || TopicName(text("orders"));
        match api {
            ApiKey::DescribeQuorum => {
                use describe_quorum_response::*;
                let replicas = vec![ReplicaState::default(); 3];
                let partition = PartitionData::default().with_current_voters(replicas.clone()).with_observers(replicas);
                let topic = TopicData::default().with_topic_name(topic()).with_partitions(vec![partition]);
                let answer = DescribeQuorumResponse::default().with_topics(vec![topic]);
                let node = Node::default().with_listeners(vec![Listener::default().with_name(text("C"))]);
                let answer = if version >= 2 { answer.with_nodes(vec![node; 2]) } else { answer };
                encoded(&answer, version)
            }
            ApiKey::ListPartitionReassignments => {
                use list_partition_reassignments_response::*;
                let partition = OngoingPartitionReassignment::default()
                    .with_replicas(ids())
                    .with_adding_replicas(ids())
                    .with_removing_replicas(ids());
                let topic = OngoingTopicReassignment::default().with_name(topic()).with_partitions(vec![partition; 2]);
                encoded(&ListPartitionReassignmentsResponse::default().with_topics(vec![topic; 2]), version)
            }
            ApiKey::DescribeTopicPartitions => {
                use describe_topic_partitions_response::*;
                let partition = DescribeTopicPartitionsResponsePartition::default()
                    .with_replica_nodes(ids())
                    .with_eligible_leader_replicas(Some(ids()))
                    .with_last_known_elr(None);
                let topic = DescribeTopicPartitionsResponseTopic::default()
                    .with_name(Some(topic()))
                    .with_partitions(vec![partition; 2]);
                let answer = DescribeTopicPartitionsResponse::default().with_topics(vec![topic; 2]);
                encoded(
                    &answer.with_next_cursor(Some(Cursor::default().with_topic_name(self::text("t").into()))),
                    version,
                )
            }
            _ => administration_sample(api, version),
        }
    }

    fn administration_sample(api: ApiKey, version: i16) -> Bytes {
        match api {
            ApiKey::DescribeAcls => {
                use describe_acls_response::*;
                let acl = AclDescription::default().with_principal(text("User:alice")).with_host(text("*"));
                let resource =
                    DescribeAclsResource::default().with_resource_name(text("orders")).with_acls(vec![acl; 3]);
                let answer = DescribeAclsResponse::default().with_error_message(Some(text("no")));
                encoded(&answer.with_resources(vec![resource; 2]), version)
            }
            ApiKey::DescribeClientQuotas => {
                use describe_client_quotas_response::*;
                let entity = |name| EntityData::default().with_entity_type(text("user")).with_entity_name(name);
                let limit = ValueData::default().with_key(text("producer_byte_rate")).with_value(1e6);
                let entry = EntryData::default()
                    .with_entity(vec![entity(Some(text("alice"))), entity(None)])
                    .with_values(vec![limit; 2]);
                encoded(&DescribeClientQuotasResponse::default().with_entries(Some(vec![entry; 2])), version)
            }
            ApiKey::DescribeUserScramCredentials => {
                use describe_user_scram_credentials_response::*;
                let user = DescribeUserScramCredentialsResult::default()
                    .with_user(text("alice"))
                    .with_error_message(Some(text("no")))
                    .with_credential_infos(vec![CredentialInfo::default(); 2]);
                encoded(&DescribeUserScramCredentialsResponse::default().with_results(vec![user; 2]), version)
            }
            other => panic!("no sample of {other:?}"),
        }
    }

    /// Every API that is called and decoded by the library, in every version of ours.
    fn calls() -> impl Iterator<Item = (ApiKey, i16)> {
        let decoded = APIS.iter().filter(|api| api.key != ApiKey::ApiVersions);
        decoded.flat_map(|api| (api.min..=api.max).map(|version| (api.key, version)))
    }

    #[test]
    fn every_layout_walks_what_an_independent_encoder_writes_to_its_last_byte() {
        for (api, version) in calls() {
            let body = sample(api, version);
            let layout = LAYOUTS.iter().find(|layout| layout.api == api).unwrap();
            let mut walk = Walk { bytes: body, version, flexible: version >= layout.flexible, memory: 0 };
            assert_eq!(walk.structure(layout.fields), Ok(()), "{api:?} v{version}");
            assert_eq!(walk.bytes.len(), 0, "{api:?} v{version}: bytes left");
        }
    }

    #[test]
    fn a_cut_answer_is_refused() {
        for (api, version) in calls() {
            let body = sample(api, version);
            for length in 0..body.len() {
                assert_eq!(
                    check(api, version, &body.slice(..length)),
                    Err(Refused::Malformed),
                    "{api:?} v{version} {length}"
                );
            }
        }
    }

    #[test]
    fn an_answer_that_decodes_to_too_much_memory_is_refused() {
        // Two million topics of the fewest bytes each: no name, no partition.
        let count = DECODED_BYTES_MAX / STRUCTURE_BYTES + 1;
        let mut body = vec![0; 4 + 4];
        body.extend_from_slice(&u32::try_from(count).unwrap().to_be_bytes());
        body.extend(std::iter::repeat_n(0, count * 9));
        assert_eq!(check(ApiKey::Metadata, 1, &Bytes::from(body)), Err(Refused::TooLarge));
    }

    #[test]
    fn an_answer_of_unknown_tagged_fields_is_refused() {
        // Two bytes each: number and length.
        let mut count = DECODED_BYTES_MAX / TAGGED_FIELD_BYTES + 1;
        let mut body = encoded(&SaslAuthenticateResponse::default(), 2).to_vec();
        body.pop();
        let tags = vec![0; count * 2];
        while count > 0x7f {
            body.push((count & 0x7f) as u8 | 0x80);
            count >>= 7;
        }
        body.push(count as u8);
        body.extend(tags);
        assert_eq!(check(ApiKey::SaslAuthenticate, 2, &Bytes::from(body)), Err(Refused::TooLarge));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0usize..60) {
            let calls: Vec<_> = calls().collect();
            let (api, version) = calls[at % calls.len()];
            let _ = check(api, version, &Bytes::from(bytes));
        }
    }
}
