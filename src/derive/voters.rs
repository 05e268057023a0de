//! `controller.quorum.voters` as Kafka reads it.

use std::collections::BTreeSet;
use std::fmt;

use super::fleet::Node;

/// The setting.
pub const VOTERS: &str = "controller.quorum.voters";

/// A voter of a static quorum.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Voter {
    /// Its node id.
    pub id: i32,
    /// Its host, an IPv6 address in brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl fmt::Display for Voter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}:{}", self.id, self.host, self.port)
    }
}

/// Why Kafka does not take a list of voters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadVoters {
    /// An entry is not `ID@HOST:PORT`.
    #[error("{0:?} is not ID@HOST:PORT")]
    Entry(String),
    /// An id stands there twice.
    #[error("voter {0} stands there twice")]
    Twice(i32),
}

/// The voters of a list; none for an empty one.
///
/// # Errors
/// [`BadVoters`], as `QuorumConfig.parseVoterConnections` refuses it.
pub fn voters(text: &str) -> Result<Vec<Voter>, BadVoters> {
    let mut seen = BTreeSet::new();
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(|entry| voter(entry, &mut seen)).collect()
}

/// Whether a controller names itself as the one voter: a cluster on one node.
pub(super) fn is_only_voter(node: &Node<'_>) -> bool {
    let named = node.text(VOTERS).map(voters);
    matches!(named, Ok(Ok(named)) if named.len() == 1)
}

fn voter(entry: &str, seen: &mut BTreeSet<i32>) -> Result<Voter, BadVoters> {
    let bad = || BadVoters::Entry(entry.to_owned());
    let (id, address) = entry.split_once('@').ok_or_else(bad)?;
    let (host, port) = address.rsplit_once(':').ok_or_else(bad)?;
    let id = id.trim().parse().map_err(|_| bad())?;
    let port = port.trim().parse().map_err(|_| bad())?;
    if host.is_empty() || (host.contains(':') && !host.starts_with('[')) {
        return Err(bad());
    }
    if !seen.insert(id) {
        return Err(BadVoters::Twice(id));
    }
    Ok(Voter { id, host: host.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voters_are_read_as_kafka_reads_them() {
        let read = |text: &str| voters(text).map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(read("1@a:9093, 2@[::1]:9093,"), Ok(vec!["1@a:9093".to_owned(), "2@[::1]:9093".to_owned()]));
        assert_eq!(read(""), Ok(vec![]));
        assert_eq!(read("1@a:9093,1@b:9093"), Err(BadVoters::Twice(1)));
        for bad in ["1:a:9093", "a:9093", "1@a", "1@:9093", "x@a:9093", "1@a:99999", "1@::1:9093"] {
            assert_eq!(read(bad), Err(BadVoters::Entry(bad.to_owned())));
        }
    }
}
