//! The APIs that this program calls: nothing else is ever sent. Each with the versions that our code reads, never
//! "whatever both know": a newer version may mean something else.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::ApiKey;

use super::api_versions::ApiVersions;
use crate::acls::Profile;
use crate::snapshot::{ErrorKind, Failure};

/// One API and our range of versions.
#[derive(Debug)]
pub struct Api {
    /// Kafka's key.
    pub key: ApiKey,
    /// Kafka's name, the `api` label.
    pub name: &'static str,
    /// Lowest version that we send.
    pub min: i16,
    /// Highest version that we send.
    pub max: i16,
    /// Rights that it needs.
    pub rights: &'static [Right],
    /// The least profile with which it is called.
    pub least: Profile,
}

/// A right in Kafka: an operation on all resources of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Describe on Cluster.
    DescribeCluster,
    /// Describe on Topic.
    DescribeTopic,
    /// DescribeConfigs on Cluster.
    DescribeConfigsCluster,
    /// DescribeConfigs on Topic.
    DescribeConfigsTopic,
}

impl Right {
    /// The operation, as Kafka's tools spell it.
    #[must_use]
    pub fn operation(self) -> &'static str {
        match self {
            Self::DescribeCluster | Self::DescribeTopic => "Describe",
            Self::DescribeConfigsCluster | Self::DescribeConfigsTopic => "DescribeConfigs",
        }
    }

    /// The type of the resource.
    #[must_use]
    pub fn resource(self) -> &'static str {
        match self {
            Self::DescribeCluster | Self::DescribeConfigsCluster => "Cluster",
            Self::DescribeTopic | Self::DescribeConfigsTopic => "Topic",
        }
    }
}

/// Kafka's AclOperation code of Describe: its bit in bitmaps of authorized operations.
pub const DESCRIBE_OPERATION: u8 = 8;

/// Rights in words, such as `Describe on Cluster and Topic`.
#[must_use]
pub fn rights_in_words(rights: &[Right]) -> String {
    let words: Vec<String> =
        rights.iter().map(|right| format!("{} on {}", right.operation(), right.resource())).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(" and ") }
}

/// What is called with each profile that speaks to the broker at all.
const MINIMAL: Profile = Profile::Minimal;

/// ApiVersions: answered by any broker, before authorization.
pub static API_VERSIONS: Api =
    Api { key: ApiKey::ApiVersions, name: "ApiVersions", min: 0, max: 4, rights: &[], least: MINIMAL };
/// SaslHandshake: chooses the mechanism; v1, since v0 goes on without Kafka's frames.
pub static SASL_HANDSHAKE: Api =
    Api { key: ApiKey::SaslHandshake, name: "SaslHandshake", min: 1, max: 1, rights: &[], least: MINIMAL };
/// SaslAuthenticate: says who we are; v1 tells how long that holds (KIP-368).
pub static SASL_AUTHENTICATE: Api =
    Api { key: ApiKey::SaslAuthenticate, name: "SaslAuthenticate", min: 0, max: 2, rights: &[], least: MINIMAL };
/// Metadata: silent about topics that our principal may not describe.
pub static METADATA: Api =
    Api { key: ApiKey::Metadata, name: "Metadata", min: 1, max: 13, rights: &[Right::DescribeTopic], least: MINIMAL };
/// DescribeCluster: v1 reaches controllers (KIP-919), v2 lists fenced brokers (KIP-1073).
pub static DESCRIBE_CLUSTER: Api = Api {
    key: ApiKey::DescribeCluster,
    name: "DescribeCluster",
    min: 0,
    max: 2,
    rights: &[Right::DescribeCluster],
    least: MINIMAL,
};
/// ListOffsets; up to v7, since what later versions add (tiered storage) is not asked for.
pub static LIST_OFFSETS: Api = Api {
    key: ApiKey::ListOffsets,
    name: "ListOffsets",
    min: 1,
    max: 7,
    rights: &[Right::DescribeTopic],
    least: MINIMAL,
};
/// DescribeLogDirs: v4 tells total and usable bytes (KIP-827).
pub static DESCRIBE_LOG_DIRS: Api = Api {
    key: ApiKey::DescribeLogDirs,
    name: "DescribeLogDirs",
    min: 1,
    max: 4,
    rights: &[Right::DescribeCluster],
    least: MINIMAL,
};
/// DescribeConfigs.
pub static DESCRIBE_CONFIGS: Api = Api {
    key: ApiKey::DescribeConfigs,
    name: "DescribeConfigs",
    min: 1,
    max: 4,
    rights: &[Right::DescribeConfigsCluster, Right::DescribeConfigsTopic],
    least: Profile::Full,
};
/// DescribeQuorum (KIP-595), forwarded to the active controller.
pub static DESCRIBE_QUORUM: Api = Api {
    key: ApiKey::DescribeQuorum,
    name: "DescribeQuorum",
    min: 0,
    max: 2,
    rights: &[Right::DescribeCluster],
    least: MINIMAL,
};
/// ListPartitionReassignments (KIP-455), forwarded to the active controller.
pub static LIST_PARTITION_REASSIGNMENTS: Api = Api {
    key: ApiKey::ListPartitionReassignments,
    name: "ListPartitionReassignments",
    min: 0,
    max: 0,
    rights: &[Right::DescribeCluster],
    least: MINIMAL,
};
/// DescribeTopicPartitions: tells eligible leader replicas (KIP-966).
pub static DESCRIBE_TOPIC_PARTITIONS: Api = Api {
    key: ApiKey::DescribeTopicPartitions,
    name: "DescribeTopicPartitions",
    min: 0,
    max: 0,
    rights: &[Right::DescribeTopic],
    least: MINIMAL,
};
/// DescribeAcls; before v1 there were no prefixed patterns. Describe on the cluster is enough for it, but a principal that is
/// to watch replicas only need not know who may do what.
pub static DESCRIBE_ACLS: Api = Api {
    key: ApiKey::DescribeAcls,
    name: "DescribeAcls",
    min: 1,
    max: 3,
    rights: &[Right::DescribeCluster],
    least: Profile::Full,
};
/// DescribeClientQuotas (KIP-546).
pub static DESCRIBE_CLIENT_QUOTAS: Api = Api {
    key: ApiKey::DescribeClientQuotas,
    name: "DescribeClientQuotas",
    min: 0,
    max: 1,
    rights: &[Right::DescribeConfigsCluster],
    least: Profile::Full,
};
/// DescribeUserScramCredentials (KIP-554): names, mechanisms and iterations; Kafka tells neither salt nor key.
pub static DESCRIBE_USER_SCRAM_CREDENTIALS: Api = Api {
    key: ApiKey::DescribeUserScramCredentials,
    name: "DescribeUserScramCredentials",
    min: 0,
    max: 0,
    rights: &[Right::DescribeCluster],
    least: Profile::Full,
};

/// Every API that this program calls.
pub static APIS: &[&Api] = &[
    &API_VERSIONS,
    &SASL_HANDSHAKE,
    &SASL_AUTHENTICATE,
    &METADATA,
    &DESCRIBE_CLUSTER,
    &LIST_OFFSETS,
    &DESCRIBE_LOG_DIRS,
    &DESCRIBE_CONFIGS,
    &DESCRIBE_QUORUM,
    &LIST_PARTITION_REASSIGNMENTS,
    &DESCRIBE_TOPIC_PARTITIONS,
    &DESCRIBE_ACLS,
    &DESCRIBE_CLIENT_QUOTAS,
    &DESCRIBE_USER_SCRAM_CREDENTIALS,
];

impl Api {
    /// Whether the broker asks the active controller for the answer, and waits for up to a minute when there is none.
    pub(super) fn is_forwarded(&self) -> bool {
        matches!(self.key, ApiKey::DescribeQuorum | ApiKey::ListPartitionReassignments)
    }

    pub(super) fn not_offered(&self, offered: &ApiVersions) -> Failure {
        let message = match offered.apis.get(&(self.key as i16)) {
            None => format!(
                "{} is not offered on this listener (the release is too old, or it is a controller's).",
                self.name
            ),
            Some((min, max)) => format!(
                "{} is offered in versions {min}-{max}, this program knows {}-{}; look for a newer brokerwatch.",
                self.name, self.min, self.max
            ),
        };
        Failure::new(ErrorKind::Unsupported, message)
    }

    /// The failure that an error code in the answer stands for; nothing for 0. The peer's own text never gets in:
    /// denials carry internals of the broker.
    ///
    /// # Errors
    /// The failure.
    pub fn check(&self, code: i16) -> Result<(), Failure> {
        if code == 0 {
            return Ok(());
        }
        let kind = error_kind(code);
        let name = ResponseError::try_from_code(code).map_or_else(|| "unknown error".to_owned(), |e| format!("{e:?}"));
        let next = match kind {
            ErrorKind::Authorization => {
                format!("grant {} to our principal (brokerwatch acls prints how)", rights_in_words(self.rights))
            }
            ErrorKind::Timeout => "the controller may be away; look at the quorum".to_owned(),
            _ => "look at the broker's log".to_owned(),
        };
        Err(Failure::new(kind, format!("The broker answered {} with {name} ({code}): {next}.", self.name)))
    }
}

/// The kind of failure that a Kafka error code stands for.
#[must_use]
pub fn error_kind(code: i16) -> ErrorKind {
    match code {
        29..=31 | 53 | 65 => ErrorKind::Authorization,
        7 => ErrorKind::Timeout,
        33..=35 | 58 => {
            if code == 35 {
                ErrorKind::Unsupported
            } else {
                ErrorKind::Authentication
            }
        }
        56 => ErrorKind::Io,
        _ => ErrorKind::Protocol,
    }
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::*;
    use kafka_protocol::protocol::Message;

    use super::*;

    #[test]
    fn our_ranges_lie_within_what_the_message_types_know() {
        for api in APIS {
            let known = api.key.valid_versions();
            assert!(api.min >= known.min && api.max <= known.max, "{}: {known}", api.name);
        }
        assert!(MetadataResponse::VERSIONS.max >= METADATA.max);
    }

    #[test]
    fn a_denial_names_the_right_to_grant() {
        let failure = DESCRIBE_LOG_DIRS.check(31).unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Authorization);
        assert!(failure.message.contains("grant Describe on Cluster"), "{}", failure.message);
        assert!(DESCRIBE_LOG_DIRS.check(0).is_ok());
    }
}
