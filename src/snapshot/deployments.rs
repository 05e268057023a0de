//! What surrounds a configuration: the container of a compose file, the resource of an operator.

use serde::{Deserialize, Serialize};

use crate::keys::Version;

/// A service of a compose file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Container {
    /// Its name in the file.
    pub service: String,
    /// `image`, as written; absent when it is built, or a template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// How the image makes keys of environment variables.
    pub mapping: Mapping,
    /// Directories and files that are mounted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<Mount>,
    /// Ports that are published, as written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<String>,
    /// `network_mode: host`: ports are the host's own.
    #[serde(skip_serializing_if = "is_false")]
    pub host_network: bool,
    /// `hostname`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// `container_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_name: Option<String>,
    /// How many of them run (`deploy.replicas`, `scale`); absent when not told: one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
    /// Variables that look like settings and that the image does not read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread_variables: Vec<String>,
    /// Where a properties file is mounted that the image reads beside the variables: what it sets is not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mounted_config: Option<String>,
    /// Files that were named (`env_file`, `extends`) and not read, so that settings may be missing here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread_files: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// How an image makes keys of environment variables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mapping {
    /// `apache/kafka` and `apache/kafka-native`: `KAFKA_`, `_` is `.`, `__` is `_`, `___` is `-`.
    Apache,
    /// `confluentinc/cp-kafka` and `cp-server`: the same, with names of its own.
    Confluent,
    /// `bitnami/kafka` and its successors: `KAFKA_CFG_`, `_` is `.`.
    Bitnami,
    /// `wurstmeister/kafka`: `KAFKA_`, `_` is `.`.
    Wurstmeister,
    /// `confluentinc/cp-kafka-connect`: `CONNECT_`.
    ConfluentConnect,
    /// `confluentinc/cp-schema-registry`: `SCHEMA_REGISTRY_`.
    ConfluentSchemaRegistry,
    /// An image that is not known; its variables are read as those of `apache/kafka`.
    #[default]
    Unknown,
}

impl Mapping {
    /// Where the image keeps data when nothing says otherwise; absent when that is not known.
    #[must_use]
    pub fn default_log_dirs(self) -> Option<&'static str> {
        match self {
            Self::Apache => Some("/tmp/kafka-logs"),
            Self::Confluent => Some("/var/lib/kafka/data"),
            Self::Bitnami => Some("/bitnami/kafka/data"),
            // With the container's own name behind it.
            Self::Wurstmeister => Some("/kafka"),
            Self::ConfluentConnect | Self::ConfluentSchemaRegistry | Self::Unknown => None,
        }
    }
}

/// What is behind a mount.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MountSource {
    /// A path of the host, as written.
    HostPath(String),
    /// A named volume; its name on the host, where `external` or `name` give one.
    Volume(String),
    /// A volume without a name: a new one for each container.
    Anonymous,
    /// Memory.
    Tmpfs,
    /// A template, whose value is not known.
    Template(String),
}

/// Something mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mount {
    /// What is mounted.
    pub source: MountSource,
    /// Where, inside the container.
    pub target: String,
    /// Whether it may only be read.
    #[serde(default, skip_serializing_if = "is_false")]
    pub read_only: bool,
}

/// Where a path of a container really lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Behind<'a> {
    /// The mount's source.
    pub source: &'a MountSource,
    /// The path below it, without a slash at either end; empty for the mount itself.
    pub below: String,
}

impl Container {
    /// The Kafka release in the image, as its tag says; absent for other tags.
    #[must_use]
    pub fn release(&self) -> Option<Version> {
        let (_, tag) = self.image.as_deref()?.rsplit_once(':')?;
        let version = Version::parse(tag)?;
        match self.mapping {
            Mapping::Apache | Mapping::Bitnami => Some(version),
            // Confluent Platform 5.4 is Kafka 2.4, 7.9 is 3.9, 8.0 is 4.0.
            Mapping::Confluent => match version {
                Version(5, minor, _) if minor >= 4 => Some(Version(2, minor, 0)),
                Version(6, minor, _) => Some(Version(2, minor.saturating_add(6), 0)),
                Version(7, minor, _) => Some(Version(3, minor, 0)),
                Version(8, minor, _) => Some(Version(4, minor, 0)),
                _ => None,
            },
            // The tag begins with the version of Scala.
            Mapping::Wurstmeister => Version::parse(tag.split_once('-')?.1),
            Mapping::ConfluentConnect | Mapping::ConfluentSchemaRegistry | Mapping::Unknown => None,
        }
    }

    /// Whether settings may be missing here, since they are in files that were not read.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.mounted_config.is_some() || !self.unread_files.is_empty()
    }

    /// What is behind `path` of the container: the mount with the longest target above it. Absent when no mount is: the
    /// path is then in the container's own layer, and gone with it.
    #[must_use]
    pub fn behind(&self, path: &str) -> Option<Behind<'_>> {
        let path = path_names(path);
        let above = |mount: &&Mount| path.starts_with(&path_names(&mount.target));
        let mount = self.mounts.iter().filter(above).max_by_key(|mount| path_names(&mount.target).len())?;
        let below = path[path_names(&mount.target).len()..].join("/");
        Some(Behind { source: &mount.source, below })
    }
}

/// The names of a path, `.` and empty ones left out, `..` undone: by them two spellings are compared.
#[must_use]
pub fn path_names(path: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    names
}

/// What a Strimzi resource says beside the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Strimzi {
    /// The cluster: `metadata.name` of the `Kafka` resource.
    pub cluster: String,
    /// `metadata.namespace`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The `KafkaNodePool`; absent for nodes that the `Kafka` resource itself describes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// `spec.kafka.version`; absent when the operator's default holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// `spec.kafka.metadataVersion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata_version: Option<String>,
    /// How many nodes; absent when not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
    /// Roles of the nodes; empty when the resource leaves them to ZooKeeper mode.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Listeners.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listeners: Vec<StrimziListener>,
    /// Volumes; empty when the resource names none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<StrimziVolume>,
    /// `spec.kafka.authorization.type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<String>,
    /// `spec.kafka.rack.topologyKey`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rack_topology_key: Option<String>,
    /// Whether pods are kept apart (`podAntiAffinity` or a topology spread in the pod's template).
    #[serde(skip_serializing_if = "is_false")]
    pub keeps_pods_apart: bool,
}

/// A listener of a Strimzi resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StrimziListener {
    /// `name`.
    pub name: String,
    /// `port`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `type`: `internal`, `route`, `loadbalancer`, `nodeport`, `ingress`, `cluster-ip`.
    pub kind: String,
    /// `tls`.
    pub tls: bool,
    /// `authentication.type`; absent without authentication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication: Option<String>,
}

/// A volume of a Strimzi resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StrimziVolume {
    /// `id` within `jbod`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    /// `type`: `ephemeral`, `persistent-claim`.
    pub kind: String,
    /// `size`, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// `size` in bytes; absent when it is not told or not a quantity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// `class`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// `deleteClaim`: the data goes with the cluster.
    #[serde(skip_serializing_if = "is_false")]
    pub delete_claim: bool,
    /// `kraftMetadata: shared`: the metadata log lies on it.
    #[serde(skip_serializing_if = "is_false")]
    pub kraft_metadata: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_mount_is_behind_a_path() {
        let mount = |source: &str, target: &str| Mount {
            source: MountSource::Volume(source.to_owned()),
            target: target.to_owned(),
            read_only: false,
        };
        let container = Container {
            mounts: vec![mount("outer", "/var/lib"), mount("inner", "/var/lib/kafka/")],
            ..Container::default()
        };
        let behind = |path| container.behind(path).map(|behind| (behind.source.clone(), behind.below));
        let volume = |name: &str| MountSource::Volume(name.to_owned());
        assert_eq!(behind("/var/lib/kafka/data"), Some((volume("inner"), "data".to_owned())));
        assert_eq!(behind("/var/lib/kafka/./data/../data"), Some((volume("inner"), "data".to_owned())));
        assert_eq!(behind("/var/lib/kafka2"), Some((volume("outer"), "kafka2".to_owned())));
        assert_eq!(behind("/tmp/kafka-logs"), None);
    }

    #[test]
    fn a_tag_tells_the_release_of_kafka() {
        let release = |mapping, image: &str| {
            let image = Some(image.to_owned());
            Container { image, mapping, ..Container::default() }.release().map(|release| release.to_string())
        };
        assert_eq!(release(Mapping::Apache, "apache/kafka:4.1.0").as_deref(), Some("4.1"));
        assert_eq!(release(Mapping::Confluent, "confluentinc/cp-kafka:7.6.1").as_deref(), Some("3.6"));
        assert_eq!(release(Mapping::Confluent, "confluentinc/cp-kafka:6.2.0").as_deref(), Some("2.8"));
        assert_eq!(release(Mapping::Wurstmeister, "wurstmeister/kafka:2.13-2.8.1").as_deref(), Some("2.8"));
        assert_eq!(release(Mapping::Apache, "apache/kafka:latest"), None);
        assert_eq!(release(Mapping::Apache, "apache/kafka"), None);
    }
}
