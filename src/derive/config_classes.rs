//! Which settings must agree between nodes, which must not, and which may differ.

use crate::keys::{Scope, TOPIC_TWINS, Type, find};

/// What it means when nodes of one role and release have different values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It decides over data on every node: brokers and controllers must agree.
    EqualEverywhere,
    /// It decides over data on brokers: they must agree.
    EqualOnBrokers,
    /// Names and ports of listeners, mechanisms, the number of log directories: the form must agree, not the text.
    EqualInForm,
    /// It follows the machine.
    Hardware,
    /// It is the node's own: id, addresses, rack, directories, certificates.
    Own,
    /// Anything else: one value, as a rule.
    Other,
}

impl Class {
    /// The label value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EqualEverywhere | Self::EqualOnBrokers => "must_equal",
            Self::EqualInForm => "equal_in_form",
            Self::Hardware => "hardware",
            Self::Own => "own",
            Self::Other => "other",
        }
    }
}

use Class::{EqualEverywhere as Everywhere, EqualOnBrokers as Brokers};

/// Settings that must agree, in the order of their names. These, and no others, are on the metrics page.
pub static MUST_EQUAL: &[(&str, Class)] = &[
    ("allow.everyone.if.no.acl.found", Everywhere),
    ("alter.config.policy.class.name", Everywhere),
    ("authorizer.class.name", Everywhere),
    ("auto.create.topics.enable", Brokers),
    ("auto.leader.rebalance.enable", Everywhere),
    ("broker.heartbeat.interval.ms", Brokers),
    ("broker.session.timeout.ms", Everywhere),
    ("compression.type", Brokers),
    ("controller.quorum.bootstrap.servers", Everywhere),
    ("controller.quorum.voters", Everywhere),
    ("create.topic.policy.class.name", Everywhere),
    ("default.replication.factor", Everywhere),
    ("delete.topic.enable", Brokers),
    ("group.consumer.max.session.timeout.ms", Brokers),
    ("group.consumer.min.session.timeout.ms", Brokers),
    ("group.consumer.session.timeout.ms", Brokers),
    ("group.coordinator.rebalance.protocols", Brokers),
    ("group.initial.rebalance.delay.ms", Brokers),
    ("group.max.session.timeout.ms", Brokers),
    ("group.max.size", Brokers),
    ("group.min.session.timeout.ms", Brokers),
    ("inter.broker.protocol.version", Brokers),
    ("log.cleaner.delete.retention.ms", Brokers),
    ("log.cleaner.enable", Brokers),
    ("log.cleaner.min.compaction.lag.ms", Brokers),
    ("log.cleanup.policy", Brokers),
    ("log.flush.interval.messages", Brokers),
    ("log.flush.interval.ms", Brokers),
    ("log.message.timestamp.type", Brokers),
    ("log.retention.bytes", Brokers),
    ("log.retention.hours", Brokers),
    ("log.retention.minutes", Brokers),
    ("log.retention.ms", Brokers),
    ("log.roll.hours", Brokers),
    ("log.roll.ms", Brokers),
    ("log.segment.bytes", Brokers),
    ("message.max.bytes", Brokers),
    ("min.insync.replicas", Everywhere),
    ("num.partitions", Everywhere),
    ("offsets.retention.minutes", Brokers),
    ("offsets.topic.num.partitions", Brokers),
    ("offsets.topic.replication.factor", Brokers),
    ("principal.builder.class", Everywhere),
    ("remote.log.storage.system.enable", Everywhere),
    ("replica.fetch.max.bytes", Brokers),
    ("replica.fetch.response.max.bytes", Brokers),
    ("replica.lag.time.max.ms", Brokers),
    ("sasl.kerberos.principal.to.local.rules", Everywhere),
    ("ssl.principal.mapping.rules", Everywhere),
    ("super.users", Everywhere),
    ("transaction.max.timeout.ms", Brokers),
    ("transaction.state.log.min.isr", Brokers),
    ("transaction.state.log.num.partitions", Brokers),
    ("transaction.state.log.replication.factor", Brokers),
    ("transactional.id.expiration.ms", Brokers),
    ("unclean.leader.election.enable", Everywhere),
];

/// The node's own. A name that ends with a dot is a beginning.
const OWN: &[&str] = &[
    "advertised.host.name",
    "advertised.port",
    "broker.id",
    "broker.rack",
    "cordoned.log.dirs",
    "host.name",
    "log.dir",
    "metadata.log.dir",
    "metric.reporters",
    "metrics.context.",
    "node.id",
    "port",
    "process.roles",
    "rlmm.config.",
    "rsm.config.",
    "sasl.jaas.config",
    "sasl.kerberos.service.name",
    "ssl.key.password",
    "ssl.keystore.certificate.chain",
    "ssl.keystore.key",
    "ssl.keystore.location",
    "ssl.keystore.password",
];

/// What must agree in form.
const FORMS: &[&str] = &[
    "advertised.listeners",
    "controller.listener.names",
    "inter.broker.listener.name",
    "listener.security.protocol.map",
    "listeners",
    "log.dirs",
    "sasl.enabled.mechanisms",
    "sasl.mechanism.controller.protocol",
    "sasl.mechanism.inter.broker.protocol",
    "security.inter.broker.protocol",
];

const HARDWARE: &[&str] = &[
    "background.threads",
    "group.coordinator.threads",
    "log.cleaner.dedupe.buffer.size",
    "log.cleaner.threads",
    "num.io.threads",
    "num.network.threads",
    "num.recovery.threads.per.data.dir",
    "num.replica.alter.log.dirs.threads",
    "num.replica.fetchers",
    "socket.receive.buffer.bytes",
    "socket.send.buffer.bytes",
];

/// The class of a setting; of one for a single listener, that of the setting itself.
#[must_use]
pub fn class(name: &str) -> Class {
    let base = find(Scope::Broker, name).and_then(|found| found.key()).map_or(name, |key| key.name);
    let named =
        |list: &[&str]| list.iter().any(|entry| *entry == base || (entry.ends_with('.') && name.starts_with(entry)));
    if let Ok(at) = MUST_EQUAL.binary_search_by(|(key, _)| (*key).cmp(base)) {
        return MUST_EQUAL[at].1;
    }
    if named(OWN) {
        Class::Own
    } else if named(FORMS) {
        Class::EqualInForm
    } else if named(HARDWARE) {
        Class::Hardware
    } else if TOPIC_TWINS.iter().any(|twin| twin.broker == base) {
        Class::EqualOnBrokers
    } else {
        Class::Other
    }
}

/// The class of a secret. PLAIN's users stand in the JAAS configuration of each broker: who is in one and not in another
/// is let in by chance.
#[must_use]
pub fn secret_class(name: &str) -> Class {
    let tokens = ["delegation.token.secret.key", "delegation.token.master.key"];
    let is_list_of_users = name.starts_with("listener.name.") && name.ends_with(".plain.sasl.jaas.config");
    if tokens.contains(&name) || is_list_of_users { Class::EqualOnBrokers } else { class(name) }
}

/// Whether a change of the setting decides over data or over who may come in, so that a file that says otherwise than the
/// running node is grave.
#[must_use]
pub fn is_grave(name: &str) -> bool {
    let security = ["ssl.", "sasl.", "listener.name.", "authorizer.", "listeners", "advertised.listeners"];
    matches!(class(name), Class::EqualEverywhere | Class::EqualOnBrokers)
        || ["log.dir", "log.dirs", "metadata.log.dir", "listener.security.protocol.map"].contains(&name)
        || security.iter().any(|prefix| name.starts_with(prefix))
}

/// What of a value is compared between nodes: names of listeners, with their ports unless nodes share a machine; the number
/// of directories; else all of it.
#[must_use]
pub fn form(name: &str, value: &str, share_a_machine: bool) -> String {
    match name {
        "listeners" | "advertised.listeners" => {
            let entry = |entry: &str| {
                let (listener, address) = entry.trim().split_once("://").unwrap_or((entry.trim(), ""));
                let port = address.rsplit_once(':').map_or("", |(_, port)| port);
                if share_a_machine { listener.to_owned() } else { format!("{listener}:{port}") }
            };
            let mut entries: Vec<String> = value.split(',').map(entry).collect();
            entries.sort_unstable();
            entries.join(",")
        }
        "log.dirs" => format!("{} directories", value.split(',').filter(|dir| !dir.trim().is_empty()).count()),
        _ => value.to_owned(),
    }
}

/// The value of a numeric setting in the key's own unit; absent for other settings, and for text that is no number.
#[must_use]
pub fn numeric(name: &str, value: &str) -> Option<f64> {
    let kind = find(Scope::Broker, name)?.key()?.newest().kind;
    match kind {
        Type::Int | Type::Long | Type::Short | Type::Double => value.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_bounded_and_names_settings_of_kafka() {
        assert!(MUST_EQUAL.is_sorted_by(|a, b| a.0 < b.0));
        assert!(MUST_EQUAL.len() <= 60, "each is a series on every page");
        for (name, class) in MUST_EQUAL {
            assert!(find(Scope::Broker, name).is_some(), "{name}");
            assert_eq!(super::class(name), *class);
        }
        for name in OWN.iter().chain(FORMS).chain(HARDWARE).filter(|name| !name.ends_with('.')) {
            assert!(find(Scope::Broker, name).is_some(), "{name}");
        }
    }

    #[test]
    fn the_class_of_a_listeners_setting_is_that_of_the_setting() {
        assert_eq!(class("listener.name.a.ssl.keystore.location"), Class::Own);
        assert_eq!(class("log.index.interval.bytes"), Class::EqualOnBrokers, "a topic's default");
        assert_eq!(class("num.io.threads"), Class::Hardware);
        assert_eq!(class("rsm.config.x"), Class::Own);
        assert_eq!(class("replica.fetch.wait.max.ms"), Class::Other);
        assert_eq!(secret_class("listener.name.a.plain.sasl.jaas.config"), Class::EqualOnBrokers);
        assert_eq!(secret_class("listener.name.a.gssapi.sasl.jaas.config"), Class::Own);
        assert_eq!(secret_class("delegation.token.secret.key"), Class::EqualOnBrokers);
        assert_eq!(secret_class("ssl.keystore.password"), Class::Own);
        assert_eq!(secret_class("password.encoder.secret"), Class::Other);
    }

    #[test]
    fn forms_leave_out_hosts_and_paths() {
        assert_eq!(form("listeners", "B://b1:9094, A://:9092", false), "A:9092,B:9094");
        assert_eq!(form("listeners", "B://b1:9094, A://:9092", true), "A,B");
        assert_eq!(form("log.dirs", "/a,/b", false), "2 directories");
        assert_eq!(numeric("min.insync.replicas", "2"), Some(2.0));
        assert_eq!(numeric("log.cleanup.policy", "delete"), None);
    }
}
