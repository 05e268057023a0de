//! Keys that carry a prefix, and which keys hold secrets.

use super::{Key, Scope, lookup, lookup_all, schema_registry};

/// What a name is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Found {
    /// A setting.
    Key(&'static Key),
    /// A setting for one listener (`listener.name.NAME.KEY`), or for one mechanism of it.
    Listener(&'static Key),
    /// A setting of a client inside a Connect worker (`producer.KEY`, `consumer.KEY`, `admin.KEY`).
    Client(&'static Key),
    /// A name that Kafka hands on to a plugin, or that an authorizer or provider reads.
    Plugin,
}

impl Found {
    /// The setting, prefixed or not; absent for a plugin's.
    #[must_use]
    pub fn key(self) -> Option<&'static Key> {
        match self {
            Self::Key(key) | Self::Listener(key) | Self::Client(key) => Some(key),
            Self::Plugin => None,
        }
    }
}

/// Beginnings of names that plugins, reporters, authorizers and tiered storage read in a broker's or worker's file.
const PLUGIN_PREFIXES: &[&str] = &[
    "allow.everyone.if.no.acl.found",
    "authorizer.",
    "aws.",
    "client.quota.callback.",
    "config.providers.",
    "confluent.",
    "connector.client.config.",
    "cruise.control.metrics.",
    "inkless.",
    "kafka.metrics.",
    "ldap.",
    "metrics.context.",
    "metrics.jmx.",
    "oauth.",
    "opa.",
    "principal.builder.",
    "prometheus.metrics.reporter.",
    "ranger.",
    "remote.log.metadata.",
    "rlmm.config.",
    "rsm.config.",
    "strimzi.",
    "super.users",
    "topic.creation.",
    "xasecure.",
];

/// Whether a name is read by something that is not in Kafka's own definitions, so that it is no misspelling.
#[must_use]
pub fn is_plugin_key(name: &str) -> bool {
    PLUGIN_PREFIXES.iter().any(|prefix| match prefix.strip_suffix('.') {
        Some(stem) => name.strip_prefix(stem).is_some_and(|rest| rest.starts_with('.')),
        None => name == *prefix,
    })
}

/// What `name` is in a file of `scope`; absent when nothing is known to read it.
#[must_use]
pub fn find(scope: Scope, name: &str) -> Option<Found> {
    if let Some(key) = lookup(scope, name) {
        return Some(Found::Key(key));
    }
    if scope == Scope::Broker
        && let Some(key) = listener_key(name)
    {
        return Some(Found::Listener(key));
    }
    if scope == Scope::Connect
        && let Some(key) = client_key(name)
    {
        return Some(Found::Client(key));
    }
    is_plugin_key(name).then_some(Found::Plugin)
}

/// The broker setting behind `listener.name.NAME.KEY` or `listener.name.NAME.MECHANISM.KEY`.
fn listener_key(name: &str) -> Option<&'static Key> {
    let rest = name.strip_prefix("listener.name.")?;
    let (_, tail) = rest.split_once('.')?;
    let of_mechanism = || {
        lookup(Scope::Broker, tail.split_once('.')?.1).filter(|key| {
            // KIP-368 lets a mechanism have its own.
            key.name.starts_with("sasl.") || key.name == "connections.max.reauth.ms"
        })
    };
    lookup(Scope::Broker, tail).or_else(of_mechanism)
}

fn client_key(name: &str) -> Option<&'static Key> {
    let (prefix, tail) = name.split_once('.')?;
    let scope = match prefix {
        "producer" => Scope::Producer,
        "consumer" => Scope::Consumer,
        "admin" => Scope::Admin,
        _ => return None,
    };
    lookup(scope, tail)
}

/// Whether the value of `name` must not leave the parser. An allow-list: a value is shown only when its key, without a
/// prefix, is a setting of the table (or of the Schema
/// Registry) and a secret in no scope and no release. What nobody defines may be a misspelt
/// password.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    let shown = ["super.users", "allow.everyone.if.no.acl.found"];
    if shown.contains(&name) {
        return false;
    }
    let key = listener_key(name).or_else(|| client_key(name)).map_or(name, |key| key.name);
    let mut known = lookup_all(key).peekable();
    if known.peek().is_none() { !schema_registry::is_known(name) } else { known.any(Key::is_password) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_looked_through() {
        let name = |scope, name| find(scope, name).and_then(Found::key).map(|key| key.name);
        assert_eq!(name(Scope::Broker, "listener.name.internal.ssl.keystore.location"), Some("ssl.keystore.location"));
        let jaas = "listener.name.internal.scram-sha-256.sasl.jaas.config";
        assert_eq!(name(Scope::Broker, jaas), Some("sasl.jaas.config"));
        assert_eq!(name(Scope::Connect, "producer.acks"), Some("acks"));
        let reauth = "listener.name.internal.scram-sha-512.connections.max.reauth.ms";
        assert_eq!(name(Scope::Broker, reauth), Some("connections.max.reauth.ms"));
        assert_eq!(find(Scope::Broker, "producer.acks"), None);
        assert_eq!(find(Scope::Broker, "listener.name.internal.log.drs"), None);
        assert_eq!(find(Scope::Broker, "super.users"), Some(Found::Plugin));
        assert_eq!(find(Scope::Broker, "super.user"), None);
        assert_eq!(find(Scope::Broker, "confluent.license.topic"), Some(Found::Plugin));
    }

    #[test]
    fn only_what_is_known_to_be_no_secret_is_shown() {
        for name in ["log.dirs", "listener.name.a.ssl.keystore.location", "super.users", "producer.acks", "acks"] {
            assert!(!is_secret(name), "{name}");
        }
        for name in [
            "ssl.keystore.password",
            "ssl.keystore.key",
            "sasl.jaas.config",
            "listener.name.a.plain.sasl.jaas.config",
            "producer.sasl.jaas.config",
            "ssl.keystore.pasword",
            "confluent.license",
            "ldap.bind.credential",
            "zookeeper.ssl.keystore.password",
            "password.encoder.secret",
            "",
        ] {
            assert!(is_secret(name), "{name}");
        }
    }
}
