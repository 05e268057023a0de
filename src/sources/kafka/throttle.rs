//! Quotas: how long a broker tells us to hold back (`throttle_time_ms`).
//!
//! Since Kafka 2.0 (KIP-219) a broker whose quota a client exceeded answers at once, tells the time in the answer, and
//! does not read from the connection until it has passed. A client is to send nothing meanwhile.

use std::time::Duration;

use bytes::{Buf, Bytes};
use kafka_protocol::messages::ApiKey;

use super::api_versions::{skip_tags, uvarint};

/// The longest that a broker is believed: its quota windows are of seconds.
const BELIEVED_MAX: Duration = Duration::from_secs(60);

/// Answers that begin with the time, and the version since which they do.
const STANDS_FIRST: [(ApiKey, i16); 10] = [
    (ApiKey::Metadata, 3),
    (ApiKey::DescribeCluster, 0),
    (ApiKey::ListOffsets, 2),
    (ApiKey::DescribeLogDirs, 0),
    (ApiKey::DescribeConfigs, 0),
    (ApiKey::ListPartitionReassignments, 0),
    (ApiKey::DescribeTopicPartitions, 0),
    (ApiKey::DescribeAcls, 0),
    (ApiKey::DescribeClientQuotas, 0),
    (ApiKey::DescribeUserScramCredentials, 0),
];

/// How long to hold back after this answer; zero when its bytes say nothing of it.
#[must_use]
pub fn told(api: ApiKey, version: i16, body: &Bytes) -> Duration {
    let mut body = body.clone();
    let at = match api {
        ApiKey::ApiVersions => behind_the_ranges(&mut body, version),
        _ => STANDS_FIRST.iter().any(|(first, since)| *first == api && version >= *since).then_some(()),
    };
    let time_ms = at.filter(|()| body.len() >= 4).map_or(0, |()| body.get_i32());
    Duration::from_millis(u64::try_from(time_ms).unwrap_or_default()).min(BELIEVED_MAX)
}

/// Moves to the time in an answer to ApiVersions. Absent when there is none.
fn behind_the_ranges(body: &mut Bytes, version: i16) -> Option<()> {
    /// Bytes of the error code, and of one range.
    const ERROR: usize = 2;
    const RANGE: usize = 6;
    if version < 1 || body.len() < ERROR + 4 || body.get_i16() != 0 {
        return None;
    }
    if version < 3 {
        let bytes = usize::try_from(body.get_i32()).ok()?.checked_mul(RANGE)?;
        return (bytes <= body.len()).then(|| body.advance(bytes));
    }
    for _ in 1..uvarint(body)? {
        if body.len() < RANGE {
            return None;
        }
        body.advance(RANGE);
        skip_tags(body)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use kafka_protocol::messages::api_versions_response::ApiVersion;
    use kafka_protocol::messages::{
        ApiVersionsResponse, DescribeQuorumResponse, ListOffsetsResponse, MetadataResponse,
    };
    use kafka_protocol::protocol::Encodable;
    use proptest::prelude::*;

    use super::*;

    fn told_by(api: ApiKey, version: i16, answer: &impl Encodable) -> u128 {
        let mut body = BytesMut::new();
        answer.encode(&mut body, version).unwrap();
        told(api, version, &body.freeze()).as_millis()
    }

    #[test]
    fn the_time_is_found_in_every_version_that_has_it() {
        let metadata = MetadataResponse::default().with_throttle_time_ms(700);
        for version in 3..=13 {
            assert_eq!(told_by(ApiKey::Metadata, version, &metadata), 700, "v{version}");
        }
        assert_eq!(told_by(ApiKey::Metadata, 2, &MetadataResponse::default()), 0);
        let offsets = ListOffsetsResponse::default().with_throttle_time_ms(700);
        assert_eq!(told_by(ApiKey::ListOffsets, 7, &offsets), 700);
        let forever = MetadataResponse::default().with_throttle_time_ms(i32::MAX);
        assert_eq!(told_by(ApiKey::Metadata, 13, &forever), BELIEVED_MAX.as_millis());
        assert_eq!(told_by(ApiKey::DescribeQuorum, 2, &DescribeQuorumResponse::default()), 0);
        let ranges = vec![ApiVersion::default().with_api_key(3).with_max_version(12); 60];
        let versions = ApiVersionsResponse::default().with_api_keys(ranges).with_throttle_time_ms(700);
        for version in 1..=4 {
            assert_eq!(told_by(ApiKey::ApiVersions, version, &versions), 700, "v{version}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..64), version in 0i16..14) {
            for api in [ApiKey::ApiVersions, ApiKey::Metadata, ApiKey::DescribeQuorum] {
                let _ = told(api, version, &Bytes::from(bytes.clone()));
            }
        }
    }
}
