//! What a broker says of the cluster: who is alive, who is registered, which release it runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Partitions, UnixMs};

/// The broker answered ApiVersions.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Liveness {
    /// Highest version offered of each API, by the API's key.
    pub apis: BTreeMap<i16, i16>,
    /// Finalized feature levels by name (`metadata.version`, `eligible.leader.replicas.version`); empty before 2.7.
    #[serde(default)]
    pub finalized_features: BTreeMap<String, i16>,
    /// Highest supported feature levels by name; they tell the release of the software.
    #[serde(default)]
    pub supported_features: BTreeMap<String, i16>,
    /// The certificate that it showed when our connection was opened; absent for a listener without TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<ServedCertificate>,
}

/// A certificate as a listener serves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServedCertificate {
    /// The listener's port.
    pub port: u16,
    /// When it ends.
    pub not_after: UnixMs,
    /// When the first of its chain ends: its own end, unless one of those served with it ends before.
    pub chain_not_after: UnixMs,
    /// Its subject alternative names, the first hundred.
    pub names: Vec<String>,
    /// SHA-256 of its public key, shortened.
    pub key_hash: String,
    /// Whether servers may use it.
    pub for_servers: bool,
    /// Whether clients may use it, as brokers do towards each other.
    pub for_clients: bool,
}

/// A Kafka release line, such as 4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Release(pub u8, pub u8);

/// The highest `metadata.version` level of each release (Kafka's `MetadataVersion`, final levels of each line).
const RELEASE_OF_METADATA_LEVEL: [(i16, Release); 13] = [
    (1, Release(3, 0)),
    (4, Release(3, 2)),
    (7, Release(3, 3)),
    (8, Release(3, 4)),
    (11, Release(3, 5)),
    (14, Release(3, 6)),
    (19, Release(3, 7)),
    (20, Release(3, 8)),
    (21, Release(3, 9)),
    (25, Release(4, 0)),
    (27, Release(4, 1)),
    (29, Release(4, 2)),
    (30, Release(4, 3)),
];

impl Liveness {
    /// The release of the software, read from the highest metadata version that it supports. Absent on a broker that
    /// names none, and for a release newer than this program knows.
    #[must_use]
    pub fn release(&self) -> Option<Release> {
        Self::release_of(*self.supported_features.get("metadata.version")?)
    }

    /// The release that brought a level of `metadata.version`; absent for one newer than this program knows.
    #[must_use]
    pub fn release_of(level: i16) -> Option<Release> {
        RELEASE_OF_METADATA_LEVEL.iter().find(|(top, _)| level <= *top).map(|(_, release)| *release)
    }

    /// Whether eligible leader replicas (KIP-966) are switched on; then the broker-wide `min.insync.replicas` of the
    /// controllers overrides the brokers' files.
    #[must_use]
    pub fn elr(&self) -> bool {
        self.finalized_features.get("eligible.leader.replicas.version").is_some_and(|level| *level >= 1)
    }
}

/// A broker as Metadata names it: alive in the eyes of the answering broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broker {
    /// Its node id.
    pub id: i32,
    /// Advertised host of the listener that was asked.
    pub host: String,
    /// Advertised port.
    pub port: u16,
    /// `broker.rack`; absent when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rack: Option<String>,
}

/// The answer to Metadata for all topics.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Cluster {
    /// The cluster's id; absent when the broker tells none.
    pub cluster_id: Option<String>,
    /// Brokers that are alive, sorted by id.
    pub brokers: Vec<Broker>,
    /// Every topic and partition that our principal may see.
    pub partitions: Partitions,
    /// What our principal may do on those topics; absent when the broker does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic_operations: Option<TopicOperations>,
}

/// What our principal may do on topics. Asked now and then only: it costs the broker an authorization of each operation
/// on each topic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicOperations {
    /// When it was asked.
    pub at: UnixMs,
    /// Topics that the broker named.
    pub topics: u32,
    /// Of those, the topics on which an operation is allowed, by Kafka's AclOperation code.
    pub allowed: BTreeMap<u8, u32>,
}

impl TopicOperations {
    /// Counts the bitmap of one topic.
    pub fn add(&mut self, bits: i32) {
        self.topics += 1;
        for code in (0..31).filter(|code| bits & (1 << code) != 0) {
            *self.allowed.entry(code).or_default() += 1;
        }
    }
}

/// A registered broker as DescribeCluster names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The broker.
    #[serde(flatten)]
    pub broker: Broker,
    /// Registered but not allowed to lead or to follow; absent before DescribeCluster v2 (Kafka 4.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fenced: Option<bool>,
}

/// The answer to DescribeCluster, and which broker gave it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Registrations {
    /// The cluster's id.
    pub cluster_id: String,
    /// Registered brokers, sorted by id; without the fenced ones before DescribeCluster v2.
    pub brokers: Vec<Registration>,
    /// Operations that our principal may do on the cluster, as Kafka's bitmap of AclOperation codes; absent when the
    /// broker does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorized_operations: Option<i32>,
    /// Id of the node that answered: only it describes its own configuration, or else it is registered with the address
    /// that was connected to. Absent when neither tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<i32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_read_from_the_supported_metadata_version() {
        let at = |level| {
            let supported_features = BTreeMap::from([("metadata.version".to_owned(), level)]);
            Liveness { supported_features, ..Liveness::default() }.release()
        };
        assert_eq!(at(27), Some(Release(4, 1)));
        assert_eq!(at(21), Some(Release(3, 9)));
        assert_eq!(at(99), None);
        assert_eq!(Liveness::default().release(), None);
    }
}
