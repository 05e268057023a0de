//! Names of the Schema Registry's settings.
//!
//! It is no part of Kafka, so its definitions are not in the table: these are the documented names that decide over data,
//! and of which none is a secret.

/// The names, sorted.
pub static SCHEMA_REGISTRY: &[&str] = &[
    "access.control.allow.methods",
    "access.control.allow.origin",
    "authentication.method",
    "authentication.realm",
    "authentication.roles",
    "avro.compatibility.level",
    "debug",
    "host.name",
    "inter.instance.listener.name",
    "inter.instance.protocol",
    "kafkastore.bootstrap.servers",
    "kafkastore.checkpoint.dir",
    "kafkastore.connection.url",
    "kafkastore.group.id",
    "kafkastore.init.timeout.ms",
    "kafkastore.sasl.kerberos.service.name",
    "kafkastore.sasl.mechanism",
    "kafkastore.security.protocol",
    "kafkastore.ssl.endpoint.identification.algorithm",
    "kafkastore.ssl.keystore.location",
    "kafkastore.ssl.keystore.type",
    "kafkastore.ssl.truststore.location",
    "kafkastore.ssl.truststore.type",
    "kafkastore.timeout.ms",
    "kafkastore.topic",
    "kafkastore.topic.replication.factor",
    "kafkastore.topic.skip.validation",
    "kafkastore.update.handler",
    "kafkastore.write.max.retries",
    "kafkastore.zk.session.timeout.ms",
    "leader.eligibility",
    "leader.read.connect.timeout.ms",
    "leader.read.timeout.ms",
    "listeners",
    "master.eligibility",
    "mode.mutability",
    "request.timeout.ms",
    "resource.extension.class",
    "schema.cache.size",
    "schema.compatibility.level",
    "schema.providers",
    "schema.registry.group.id",
    "schema.registry.host.name",
    "schema.registry.inter.instance.protocol",
    "schema.registry.listeners",
    "schema.registry.resource.extension.class",
    "schema.registry.zk.namespace",
    "ssl.client.auth",
    "ssl.client.authentication",
];

/// Whether it is a setting of the Schema Registry's that holds no secret.
#[must_use]
pub(super) fn is_known(name: &str) -> bool {
    SCHEMA_REGISTRY.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_sorted() {
        assert!(SCHEMA_REGISTRY.is_sorted());
        assert!(is_known("kafkastore.topic") && !is_known("kafkastore.ssl.keystore.password"));
    }
}
