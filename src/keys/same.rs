//! Whether two texts are one value to Kafka.

use super::value::java_trim;
use super::{Scope, Type, find, list_entries};

/// Lists whose order matters: the first log directory holds the metadata log of a node without its own, the first
/// controller listener is the one that is spoken to, and TLS prefers what comes first.
const ORDERED: &[&str] =
    &["controller.listener.names", "log.dirs", "ssl.cipher.suites", "ssl.enabled.protocols", "sasl.enabled.mechanisms"];

/// Strings that are lists of entries in any order, though Kafka types them as text.
const SETS: &[&str] =
    &["advertised.listeners", "listener.security.protocol.map", "listeners", "max.connections.per.ip.overrides"];

/// Whether Kafka reads `a` and `b` as one value of the broker's or topic's setting `name`: numbers by value, booleans in
/// any case, lists entry by entry, text without blanks around it. A type that changed between releases is compared as
/// the list that it became.
#[must_use]
pub fn same_value(name: &str, a: &str, b: &str) -> bool {
    let (a, b) = (java_trim(a), java_trim(b));
    if a == b {
        return true;
    }
    let key = [Scope::Broker, Scope::Topic].into_iter().find_map(|scope| find(scope, name)?.key());
    let Some(key) = key else { return false };
    if SETS.contains(&key.name) || key.runs.iter().any(|run| run.kind == Type::List) {
        let entries = |text| {
            let mut entries: Vec<&str> = list_entries(text).filter(|entry| !entry.is_empty()).collect();
            if !ORDERED.contains(&key.name) {
                entries.sort_unstable();
            }
            entries
        };
        return entries(a) == entries(b);
    }
    match (key.newest().kind.parse(a), key.newest().kind.parse(b)) {
        (Ok(a), Ok(b)) => a == b && !key.is_password(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_is_no_difference() {
        for (key, a, b) in [
            ("num.io.threads", "+8", " 08 "),
            ("unclean.leader.election.enable", "TRUE", "true"),
            ("log.cleaner.min.cleanable.ratio", ".5", "0.50"),
            ("log.dirs", "/a, /b", "/a,/b"),
            ("log.cleanup.policy", "delete,compact", "compact, delete"),
            ("listener.security.protocol.map", "A:SSL,B:SSL", "B:SSL, A:SSL"),
            ("listener.name.internal.ssl.client.auth", "required ", "required"),
            ("retention.ms", "1", "01"),
        ] {
            assert!(same_value(key, a, b), "{key} {a:?} {b:?}");
        }
    }

    #[test]
    fn another_value_is_a_difference() {
        for (key, a, b) in [
            ("num.io.threads", "8", "9"),
            ("num.io.threads", "8", "8 # cores"),
            ("log.dirs", "/a,/b", "/b,/a"),
            ("log.cleanup.policy", "delete", "compact,delete"),
            ("broker.rack", "a", "A"),
            ("ssl.keystore.password", "x", "y"),
            ("no.such.key", "1", "01"),
        ] {
            assert!(!same_value(key, a, b), "{key} {a:?} {b:?}");
        }
    }
}
