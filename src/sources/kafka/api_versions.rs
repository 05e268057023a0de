//! ApiVersions, decoded by hand and bounded: the only answer that is read before the peer and its version are known.
//!
//! References: KIP-35, KIP-482 (flexible versions), KIP-511 (a broker answers an unknown version in version 0's form),
//! KIP-584 (features). Every count from the wire is held against the bytes that are left.

use std::collections::BTreeMap;

use bytes::{Buf, Bytes};

use crate::snapshot::Liveness;

/// Kafka's error code for a request version that it does not know.
const UNSUPPORTED_VERSION: i16 = 35;

/// The answer to ApiVersions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiVersions {
    /// Lowest and highest version offered of each API, by key.
    pub apis: BTreeMap<i16, (i16, i16)>,
    /// Highest supported level of each feature.
    pub supported_features: BTreeMap<String, i16>,
    /// Finalized level of each feature.
    pub finalized_features: BTreeMap<String, i16>,
}

/// What a body came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The ranges.
    Offered(ApiVersions),
    /// The version that we asked in is unknown there; ask again in this one.
    AskAgainIn(i16),
}

impl ApiVersions {
    /// The highest version that both sides know, ours being `min..=max`; absent when there is none.
    #[must_use]
    pub fn negotiate(&self, key: i16, min: i16, max: i16) -> Option<i16> {
        let (offered_min, offered_max) = *self.apis.get(&key)?;
        let version = max.min(offered_max);
        (version >= min.max(offered_min)).then_some(version)
    }

    /// As a section of the snapshot.
    #[must_use]
    pub fn liveness(&self) -> Liveness {
        Liveness {
            apis: self.apis.iter().map(|(key, (_, max))| (*key, *max)).collect(),
            finalized_features: self.finalized_features.clone(),
            supported_features: self.supported_features.clone(),
            certificate: None,
        }
    }
}

/// Decodes the body of an answer that was asked for in `version`. Absent when the bytes are not such an answer.
#[must_use]
pub fn parse_api_versions(mut body: Bytes, version: i16) -> Option<Answer> {
    let error = i16_at(&mut body)?;
    if error == UNSUPPORTED_VERSION {
        let offered = plain_ranges(&mut body).unwrap_or_default();
        let highest = offered.get(&18).map_or(0, |(_, max)| *max);
        // A broker that calls version 0 unknown is not one.
        return (version > 0).then(|| Answer::AskAgainIn(highest.clamp(0, version - 1)));
    }
    if error != 0 {
        return None;
    }
    if version < 3 {
        return Some(Answer::Offered(ApiVersions { apis: plain_ranges(&mut body)?, ..ApiVersions::default() }));
    }
    let mut apis = BTreeMap::new();
    for _ in 0..compact_count(&mut body, 7)? {
        let (key, min, max) = (i16_at(&mut body)?, i16_at(&mut body)?, i16_at(&mut body)?);
        skip_tags(&mut body)?;
        apis.insert(key, (min, max));
    }
    i32_at(&mut body)?; // throttle time
    let mut answer = ApiVersions { apis, ..ApiVersions::default() };
    for _ in 0..uvarint(&mut body)? {
        let (tag, mut field) = tagged_field(&mut body)?;
        match tag {
            0 => answer.supported_features = features(&mut field, FeatureOrder::MinMax)?,
            2 => answer.finalized_features = features(&mut field, FeatureOrder::MaxMin)?,
            _ => {}
        }
    }
    Some(Answer::Offered(answer))
}

/// Skips the tagged fields that end a flexible structure and counts them. Absent when the bytes end before they do.
pub(super) fn skip_tags(bytes: &mut Bytes) -> Option<usize> {
    let count = uvarint(bytes)?;
    for _ in 0..count {
        tagged_field(bytes)?;
    }
    Some(count as usize)
}

#[derive(Clone, Copy)]
enum FeatureOrder {
    MinMax,
    MaxMin,
}

fn features(bytes: &mut Bytes, order: FeatureOrder) -> Option<BTreeMap<String, i16>> {
    let mut levels = BTreeMap::new();
    for _ in 0..compact_count(bytes, 6)? {
        let length = usize::try_from(uvarint(bytes)?).ok()?.checked_sub(1)?;
        if bytes.len() < length {
            return None;
        }
        let name = String::from_utf8(bytes.split_to(length).to_vec()).ok()?;
        let (first, second) = (i16_at(bytes)?, i16_at(bytes)?);
        skip_tags(bytes)?;
        levels.insert(name, if matches!(order, FeatureOrder::MinMax) { second } else { first });
    }
    Some(levels)
}

fn plain_ranges(bytes: &mut Bytes) -> Option<BTreeMap<i16, (i16, i16)>> {
    let count = usize::try_from(i32_at(bytes)?).ok()?;
    if count.checked_mul(6)? > bytes.len() {
        return None;
    }
    (0..count).map(|_| Some((i16_at(bytes)?, (i16_at(bytes)?, i16_at(bytes)?)))).collect()
}

/// The length of a compact array whose elements take at least `element_bytes_min` each.
fn compact_count(bytes: &mut Bytes, element_bytes_min: usize) -> Option<usize> {
    let count = usize::try_from(uvarint(bytes)?).ok()?.saturating_sub(1);
    (count.checked_mul(element_bytes_min)? <= bytes.len()).then_some(count)
}

fn tagged_field(bytes: &mut Bytes) -> Option<(u32, Bytes)> {
    let tag = uvarint(bytes)?;
    let length = usize::try_from(uvarint(bytes)?).ok()?;
    (length <= bytes.len()).then(|| (tag, bytes.split_to(length)))
}

pub(super) fn uvarint(bytes: &mut Bytes) -> Option<u32> {
    let mut value = 0u32;
    for shift in [0, 7, 14, 21, 28] {
        if !bytes.has_remaining() {
            return None;
        }
        let byte = bytes.get_u8();
        let part = u32::from(byte & 0x7f);
        if shift == 28 && part > 0x0f {
            return None;
        }
        value |= part << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn i16_at(bytes: &mut Bytes) -> Option<i16> {
    (bytes.len() >= 2).then(|| bytes.get_i16())
}

fn i32_at(bytes: &mut Bytes) -> Option<i32> {
    (bytes.len() >= 4).then(|| bytes.get_i32())
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::ApiVersionsResponse;
    use kafka_protocol::messages::api_versions_response::{ApiVersion, FinalizedFeatureKey, SupportedFeatureKey};
    use kafka_protocol::protocol::{Encodable, StrBytes};
    use proptest::prelude::*;

    use super::*;

    fn encoded(version: i16) -> Bytes {
        let mut answer = ApiVersionsResponse::default().with_api_keys(vec![
            ApiVersion::default().with_api_key(3).with_min_version(0).with_max_version(13),
            ApiVersion::default().with_api_key(18).with_min_version(0).with_max_version(4),
        ]);
        if version >= 3 {
            let name = StrBytes::from_static_str("metadata.version");
            let supported =
                SupportedFeatureKey::default().with_name(name.clone()).with_min_version(7).with_max_version(27);
            let finalized =
                FinalizedFeatureKey::default().with_name(name).with_max_version_level(26).with_min_version_level(26);
            answer = answer.with_supported_features(vec![supported]).with_finalized_features(vec![finalized]);
        }
        let mut bytes = bytes::BytesMut::new();
        answer.encode(&mut bytes, version).unwrap();
        bytes.freeze()
    }

    #[test]
    fn every_version_is_read_as_an_independent_encoder_writes_it() {
        for version in 0..=4 {
            let Some(Answer::Offered(answer)) = parse_api_versions(encoded(version), version) else {
                panic!("version {version}");
            };
            assert_eq!(answer.apis, BTreeMap::from([(3, (0, 13)), (18, (0, 4))]), "version {version}");
            assert_eq!(answer.negotiate(3, 1, 12), Some(12));
            assert_eq!(answer.negotiate(3, 14, 20), None);
            assert_eq!(answer.negotiate(99, 0, 1), None);
            if version >= 3 {
                assert_eq!(answer.supported_features["metadata.version"], 27);
                assert_eq!(answer.finalized_features["metadata.version"], 26);
            }
        }
    }

    #[test]
    fn an_unknown_version_is_asked_again_in_what_the_broker_knows() {
        // Kafka 2.3: error 35 in version 0's form, ApiVersions up to 2.
        let body = Bytes::from_static(&[0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 2]);
        assert_eq!(parse_api_versions(body, 4), Some(Answer::AskAgainIn(2)));
        assert_eq!(parse_api_versions(Bytes::from_static(&[0, 35]), 4), Some(Answer::AskAgainIn(0)));
        assert_eq!(parse_api_versions(Bytes::from_static(&[0, 35]), 0), None);
    }

    #[test]
    fn a_length_bomb_is_refused_without_an_allocation() {
        assert_eq!(parse_api_versions(Bytes::from_static(&[0, 0, 0x7f, 0xff, 0xff, 0xff]), 0), None);
        assert_eq!(parse_api_versions(Bytes::from_static(&[0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]), 3), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), version in 0i16..=4) {
            let _ = parse_api_versions(Bytes::from(bytes), version);
        }

        #[test]
        fn a_cut_answer_is_never_taken_for_a_whole_one(cut in 1usize..30, version in 3i16..=4) {
            let whole = encoded(version);
            let body = whole.slice(..whole.len().saturating_sub(cut));
            prop_assert!(!matches!(parse_api_versions(body, version), Some(Answer::Offered(_))));
        }
    }
}
