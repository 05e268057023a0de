//! Every setting that Kafka defines: its type, default, valid values and update mode, release by release.
//!
//! The table is data in the program: `table.rs` is made from `tests/fixtures/keys/kafka_keys.tsv` (`UPDATE_GOLDEN=1 cargo
//! test --test generated`). That file holds the documented settings of brokers and topics from 0.9.0 on, and from 2.4 on
//! what the classes themselves define: internal settings, producers, consumers, admin clients, Connect workers. A look-up
//! is a binary search; it neither allocates nor matches patterns.

mod prefixed;
mod same;
mod schema_registry;
mod suggest;
#[rustfmt::skip]
mod table;
mod twins;
mod value;

use std::fmt;

pub use prefixed::{Found, find, is_plugin_key, is_secret};
pub use same::same_value;
pub use schema_registry::SCHEMA_REGISTRY;
pub use suggest::{Suggestion, suggest};
pub use table::RELEASES;
pub use twins::{Factor, TOPIC_TWINS, Twin, topic_twins};
pub use value::{BadValue, Typed, list_entries};

/// A release line of Kafka, such as 3.9 (or 0.10.1, whose third number was part of the line then).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Version(pub u8, pub u8, pub u8);

impl Version {
    /// The release line of a version such as `3.9.1`, `3.9`, `3.9-IV0` or `0.10.1.1`; absent for other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.trim().split(['.', '-']);
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next()?.parse().ok()?;
        let third = if major == 0 { numbers.next()?.parse().ok()? } else { 0 };
        Some(Self(major, minor, third))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(0, minor, third) => write!(f, "0.{minor}.{third}"),
            Self(major, minor, _) => write!(f, "{major}.{minor}"),
        }
    }
}

/// Whose setting it is: where a key has an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// A broker or controller (`server.properties`).
    Broker,
    /// A topic; in a broker's file it is ignored.
    Topic,
    /// A producer.
    Producer,
    /// A consumer.
    Consumer,
    /// An admin client.
    Admin,
    /// A Connect worker, distributed or standalone.
    Connect,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 6] = [Self::Broker, Self::Topic, Self::Producer, Self::Consumer, Self::Admin, Self::Connect];

    /// Its name in the table's source and in texts: `broker`, `topic`, `producer`, `consumer`, `admin`, `connect`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Broker => "broker",
            Self::Topic => "topic",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
            Self::Admin => "admin",
            Self::Connect => "connect",
        }
    }

    /// Every key of this scope, by name.
    #[must_use]
    pub fn keys(self) -> &'static [Key] {
        match self {
            Self::Broker => table::BROKER,
            Self::Topic => table::TOPIC,
            Self::Producer => table::PRODUCER,
            Self::Consumer => table::CONSUMER,
            Self::Admin => table::ADMIN,
            Self::Connect => table::CONNECT,
        }
    }
}

/// Kafka's `ConfigDef.Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// `true` or `false`.
    Boolean,
    /// The name of a Java class.
    Class,
    /// A 64-bit floating-point number.
    Double,
    /// A 32-bit integer.
    Int,
    /// Strings separated by commas.
    List,
    /// A 64-bit integer.
    Long,
    /// A secret.
    Password,
    /// A 16-bit integer.
    Short,
    /// Text.
    String,
}

/// How a broker's setting may be changed while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Not a broker's setting, or a release before dynamic settings.
    NotTold,
    /// At start only.
    ReadOnly,
    /// For one broker.
    PerBroker,
    /// For one broker or for all.
    ClusterWide,
}

/// The value of a setting that is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DefaultValue {
    /// It has to be set.
    Required,
    /// Null.
    Null,
    /// This text, as Kafka's documentation shows it.
    Text(&'static str),
    /// Chosen by the Java that runs: not to be judged.
    OfJava,
}

/// Which values a release takes.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Valid {
    /// Any of the type, or a rule that the table does not hold.
    Any,
    /// From the first to the second, both included.
    Int(i64, i64),
    /// From the first to the second, both included, or the third.
    IntOr(i64, i64, i64),
    /// From the first to the second, both included.
    Double(f64, f64),
    /// One of these (each entry of a list); an entry that ends with a colon is a prefix.
    OneOf(&'static [&'static str]),
    /// One of these, in any case.
    OneOfAnyCase(&'static [&'static str]),
    /// At least one character, or entry.
    NonEmpty,
}

/// What a setting is during consecutive releases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// The first release of the run.
    pub since: Version,
    /// The last one; the newest of the table when it goes on.
    pub until: Version,
    /// Type of the value.
    pub kind: Type,
    /// How it may be changed.
    pub mode: Mode,
    /// The value when it is not set.
    pub default: DefaultValue,
    /// Which values are taken.
    pub valid: Valid,
}

/// A setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// Whose it is.
    pub scope: Scope,
    /// Whether Kafka keeps it out of its documentation.
    pub internal: bool,
    /// What it was, release by release, oldest first; never empty.
    pub runs: &'static [Run],
}

/// Whether a release knows a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It does.
    Known,
    /// It came with this later release.
    TooNew(Version),
    /// The last release that knew it is this one.
    Removed(Version),
    /// The table cannot tell: the release is older than what the table knows of this key.
    NotTold,
}

impl Key {
    /// What it is in the newest release that knows it.
    #[must_use]
    pub fn newest(&self) -> &'static Run {
        &self.runs[self.runs.len() - 1]
    }

    /// What it is in `version`; of a release newer than the table, what the newest one says. Absent when that release
    /// does not know it.
    #[must_use]
    pub fn at(&self, version: Version) -> Option<&'static Run> {
        let version = version.min(newest_release());
        self.runs.iter().find(|run| run.since <= version && version <= run.until)
    }

    /// Whether `version` knows it.
    #[must_use]
    pub fn presence(&self, version: Version) -> Presence {
        if self.at(version).is_some() {
            return Presence::Known;
        }
        let first = self.runs[0].since;
        let last = self.newest().until;
        if version > last {
            return Presence::Removed(last);
        }
        // A key may be older than the first release that was looked at.
        if version < first && first == first_release(self.scope, self.internal) {
            return Presence::NotTold;
        }
        let next = self.runs.iter().map(|run| run.since).find(|since| *since > version);
        next.map_or(Presence::NotTold, Presence::TooNew)
    }

    /// Whether its value is a secret in any release.
    #[must_use]
    pub fn is_password(&self) -> bool {
        self.runs.iter().any(|run| run.kind == Type::Password)
    }
}

/// The newest release of the table.
#[must_use]
pub fn newest_release() -> Version {
    RELEASES[RELEASES.len() - 1]
}

/// The oldest release whose settings of `scope` are in the table.
fn first_release(scope: Scope, internal: bool) -> Version {
    match scope {
        Scope::Broker if !internal => Version(0, 9, 0),
        Scope::Topic if !internal => Version(0, 10, 1),
        _ => Version(2, 4, 0),
    }
}

/// The setting `name` of `scope`; absent when no release of the table has it.
#[must_use]
pub fn lookup(scope: Scope, name: &str) -> Option<&'static Key> {
    let keys = scope.keys();
    keys.binary_search_by(|key| key.name.cmp(name)).ok().map(|at| &keys[at])
}

/// The settings of this name, of every scope.
pub fn lookup_all(name: &str) -> impl Iterator<Item = &'static Key> {
    Scope::ALL.into_iter().filter_map(move |scope| lookup(scope, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_sorted_and_every_run_follows_the_one_before() {
        for scope in Scope::ALL {
            assert!(scope.keys().windows(2).all(|pair| pair[0].name < pair[1].name), "{scope:?}");
            for key in scope.keys() {
                assert_eq!(key.scope, scope, "{}", key.name);
                assert!(key.runs.iter().all(|run| run.since <= run.until), "{}", key.name);
                assert!(key.runs.windows(2).all(|pair| pair[0].until < pair[1].since), "{}", key.name);
                assert_eq!(lookup(scope, key.name), Some(key));
            }
        }
        assert!(Scope::Broker.keys().len() >= 391 && Scope::Topic.keys().len() >= 36);
    }

    #[test]
    fn defaults_move_between_releases() {
        let at = |name, version: &str| {
            let run = lookup(Scope::Broker, name).unwrap().at(Version::parse(version).unwrap());
            run.map(|run| run.default)
        };
        assert_eq!(at("unclean.leader.election.enable", "0.10.2.1"), Some(DefaultValue::Text("true")));
        assert_eq!(at("unclean.leader.election.enable", "0.11.0.3"), Some(DefaultValue::Text("false")));
        assert_eq!(at("replica.lag.time.max.ms", "2.3.1"), Some(DefaultValue::Text("10000")));
        assert_eq!(at("replica.lag.time.max.ms", "4.1.1"), Some(DefaultValue::Text("30000")));
        assert_eq!(at("node.id", "2.7"), None);
        assert_eq!(at("ssl.protocol", "4.1.1"), Some(DefaultValue::OfJava));
        assert_eq!(at("min.insync.replicas", "9.9"), Some(DefaultValue::Text("1")), "newer than the table");
    }

    #[test]
    fn presence_tells_removed_from_too_new() {
        let presence = |name, version| lookup(Scope::Broker, name).unwrap().presence(version);
        assert_eq!(presence("zookeeper.connect", Version(4, 0, 0)), Presence::Removed(Version(3, 9, 0)));
        assert_eq!(presence("port", Version(3, 0, 0)), Presence::Removed(Version(2, 8, 0)));
        assert_eq!(presence("process.roles", Version(2, 7, 0)), Presence::TooNew(Version(2, 8, 0)));
        assert_eq!(presence("log.dirs", Version(4, 1, 0)), Presence::Known);
        assert_eq!(presence("log.dirs", Version(0, 8, 2)), Presence::NotTold);
        assert_eq!(
            presence("producer.id.expiration.check.interval.ms", Version(2, 0, 0)),
            Presence::TooNew(Version(3, 4, 0))
        );
        assert_eq!(lookup(Scope::Producer, "acks").unwrap().presence(Version(2, 0, 0)), Presence::NotTold);
    }

    #[test]
    fn versions_are_release_lines() {
        assert_eq!(Version::parse("3.9.1"), Some(Version(3, 9, 0)));
        assert_eq!(Version::parse("4.0-IV3"), Some(Version(4, 0, 0)));
        assert_eq!(Version::parse("0.10.1.1"), Some(Version(0, 10, 1)));
        assert_eq!(Version::parse("latest"), None);
        assert_eq!(Version(0, 9, 0).to_string(), "0.9.0");
        assert_eq!(Version(4, 3, 0).to_string(), "4.3");
    }
}
