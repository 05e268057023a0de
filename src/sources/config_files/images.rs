//! How each image makes settings of environment variables.
//!
//! References: `kafka.docker.KafkaDockerWrapper` and `docker/resources/common-scripts/configure` of Apache Kafka; the
//! templates of confluentinc/kafka-images; `libkafka.sh` of bitnami/containers; `start-kafka.sh` of wurstmeister.

use super::environment::Variable;
use crate::snapshot::Mapping;

/// Variables that an image or Kafka's own scripts read, which are no settings.
const NO_SETTINGS: &[&str] = &[
    "CREATE_TOPICS",
    "DEBUG",
    "GC_LOG_OPTS",
    "HEAP_OPTS",
    "HOME",
    "JMX_HOSTNAME",
    "JMX_OPTS",
    "JMX_PORT",
    "JVM_PERFORMANCE_OPTS",
    "LOG",
    "LOG4J_APPENDERS",
    "LOG4J_LOGGERS",
    "LOG4J_OPTS",
    "LOG4J_ROOT_LOGLEVEL",
    "OPTS",
    "TOOLS_LOG4J_LOGLEVEL",
    "VERSION",
];

impl Mapping {
    /// How an image maps variables, by its name; absent for an image that is not known to run Kafka.
    pub(super) fn of_image(image: &str) -> Option<Self> {
        let name = image.rsplit_once('@').map_or(image, |(name, _)| name);
        let last = name.rsplit('/').next().unwrap_or(name);
        let last = last.split(':').next().unwrap_or(last);
        match last {
            "cp-kafka" | "cp-server" | "cp-enterprise-kafka" | "confluent-local" => Some(Self::Confluent),
            "cp-kafka-connect" | "cp-kafka-connect-base" | "cp-server-connect" | "cp-server-connect-base" => {
                Some(Self::ConfluentConnect)
            }
            "cp-schema-registry" => Some(Self::ConfluentSchemaRegistry),
            "kafka" if name.contains("bitnami") => Some(Self::Bitnami),
            "kafka" if name.contains("wurstmeister/") => Some(Self::Wurstmeister),
            "kafka" | "kafka-native" if name.contains("apache/") => Some(Self::Apache),
            _ => None,
        }
    }

    /// How these variables are mapped, when no image tells.
    pub(super) fn of_variables(variables: &[Variable]) -> Option<Self> {
        let has = |prefix: &str| variables.iter().any(|variable| variable.name.starts_with(prefix));
        if has("KAFKA_CFG_") {
            Some(Self::Bitnami)
        } else if has("SCHEMA_REGISTRY_KAFKASTORE_") {
            Some(Self::ConfluentSchemaRegistry)
        } else if has("CONNECT_") {
            Some(Self::ConfluentConnect)
        } else {
            has("KAFKA_").then_some(Self::Unknown)
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Apache | Self::Confluent | Self::Wurstmeister | Self::Unknown => "KAFKA_",
            Self::Bitnami => "KAFKA_CFG_",
            Self::ConfluentConnect => "CONNECT_",
            Self::ConfluentSchemaRegistry => "SCHEMA_REGISTRY_",
        }
    }

    /// The key that a variable sets; absent when the image makes no setting of it.
    #[must_use]
    pub fn key(self, variable: &str) -> Option<String> {
        let name = variable.strip_prefix(self.prefix())?;
        if name.is_empty() || NO_SETTINGS.contains(&name) {
            return None;
        }
        let lower = name.to_ascii_lowercase();
        let key = match self {
            Self::Apache | Self::Unknown => {
                let lower = name.replace("KAFKA_", "").to_ascii_lowercase();
                lower.replace('_', ".").replace("...", "-").replace("..", "_")
            }
            Self::Confluent if name == "ZOOKEEPER_CLIENT_CNXN_SOCKET" => "zookeeper.clientCnxnSocket".to_owned(),
            Self::Confluent | Self::ConfluentConnect | Self::ConfluentSchemaRegistry => by_runs(&lower),
            Self::Bitnami if name == "ZOOKEEPER_CLIENTCNXNSOCKET" => "zookeeper.clientCnxnSocket".to_owned(),
            Self::Bitnami => {
                let dotted = lower.replace('_', ".");
                dotted.replace("sasl.ssl", "sasl_ssl").replace("sasl.plaintext", "sasl_plaintext")
            }
            Self::Wurstmeister => lower.replace('_', "."),
        };
        Some(key)
    }
}

/// One underscore is a dot, two are an underscore, three a dash.
fn by_runs(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(start) = rest.find('_') {
        key.push_str(&rest[..start]);
        let run = rest[start..].bytes().take_while(|byte| *byte == b'_').count();
        key.push_str(&match run {
            1 => ".".to_owned(),
            2 => "_".to_owned(),
            3 => "-".to_owned(),
            more => "_".repeat(more),
        });
        rest = &rest[start + run..];
    }
    key.push_str(rest);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_image_has_its_rule() {
        let key = |mapping: Mapping, name: &str| mapping.key(name).unwrap_or_default();
        assert_eq!(key(Mapping::Apache, "KAFKA_LOG_DIRS"), "log.dirs");
        assert_eq!(key(Mapping::Apache, "KAFKA_LISTENER_NAME_A__B_SSL_KEY___X"), "listener.name.a_b.ssl.key-x");
        assert_eq!(key(Mapping::Confluent, "KAFKA_A_B__C___D"), "a.b_c-d");
        assert_eq!(key(Mapping::Confluent, "KAFKA_ZOOKEEPER_CLIENT_CNXN_SOCKET"), "zookeeper.clientCnxnSocket");
        assert_eq!(key(Mapping::Bitnami, "KAFKA_CFG_LOG_DIRS"), "log.dirs");
        let jaas = "KAFKA_CFG_LISTENER_NAME_SASL_SSL_PLAIN_SASL_JAAS_CONFIG";
        assert_eq!(key(Mapping::Bitnami, jaas), "listener.name.sasl_ssl.plain.sasl.jaas.config");
        assert_eq!(key(Mapping::Wurstmeister, "KAFKA_A__B"), "a..b");
        assert_eq!(key(Mapping::ConfluentConnect, "CONNECT_GROUP_ID"), "group.id");
        for mapping in [Mapping::Apache, Mapping::Confluent, Mapping::Wurstmeister] {
            assert_eq!(mapping.key("KAFKA_HEAP_OPTS"), None);
            assert_eq!(mapping.key("CLUSTER_ID"), None);
        }
    }

    #[test]
    fn images_are_known_by_name() {
        let of = |image| Mapping::of_image(image);
        assert_eq!(of("apache/kafka:4.1.1"), Some(Mapping::Apache));
        assert_eq!(of("docker.io/apache/kafka-native@sha256:00"), Some(Mapping::Apache));
        assert_eq!(of("registry:5000/mirror/cp-kafka:7.9.0"), Some(Mapping::Confluent));
        assert_eq!(of("bitnamilegacy/kafka:3.9"), Some(Mapping::Bitnami));
        assert_eq!(of("wurstmeister/kafka"), Some(Mapping::Wurstmeister));
        assert_eq!(of("provectuslabs/kafka-ui"), None);
        assert_eq!(of("confluentinc/cp-zookeeper"), None);
    }
}
