//! What administrators have written into the cluster: ACLs, quotas of clients, credentials of users. Names of principals
//! are not secrets; passwords, salts and keys are never told by Kafka, and have no place here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The rows of an answer that are kept: those that matter most, up to a limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept<T> {
    /// In the order of what matters most.
    pub rows: Vec<T>,
    /// How many more there are; each matters no more than the last one that is kept.
    pub left_out: usize,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { rows: vec![], left_out: 0 }
    }
}

impl<T> Kept<T> {
    /// The first `rows_max` of `rows`, which are in order.
    #[must_use]
    pub fn first(mut rows: Vec<T>, rows_max: usize) -> Self {
        let left_out = rows.len().saturating_sub(rows_max);
        rows.truncate(rows_max);
        rows.shrink_to_fit();
        Self { rows, left_out }
    }

    /// Whether something is left out that `counts` might hold for: it holds for the last row that is kept.
    pub fn may_lack(&self, counts: impl Fn(&T) -> bool) -> bool {
        self.left_out > 0 && self.rows.last().is_some_and(counts)
    }
}

/// Declares an enumeration of Kafka's with its codes on the wire; codes that this program does not know are `Other`.
macro_rules! codes {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$what])* $variant,)*
            /// A code that this program does not know.
            Other,
        }

        impl $name {
            /// What a code on the wire stands for.
            #[must_use]
            pub fn from_code(code: i8) -> Self {
                match code {
                    $($code => Self::$variant,)*
                    _ => Self::Other,
                }
            }

            /// Its name, as in Kafka's tools.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant),)*
                    Self::Other => "Unknown",
                }
            }
        }
    };
}

codes! {
    /// What an ACL lets somebody do (`AclOperation`).
    AclOperation {
        /// Everything.
        All = 2,
        /// Read messages, commit offsets.
        Read = 3,
        /// Write messages.
        Write = 4,
        /// Create it.
        Create = 5,
        /// Delete it.
        Delete = 6,
        /// Change it; of the cluster: also its ACLs.
        Alter = 7,
        /// See that it is there, and its state.
        Describe = 8,
        /// What brokers do among themselves.
        ClusterAction = 9,
        /// See its settings.
        DescribeConfigs = 10,
        /// Change its settings.
        AlterConfigs = 11,
        /// Write with an idempotent producer.
        IdempotentWrite = 12,
        /// Make delegation tokens for others.
        CreateTokens = 13,
        /// See delegation tokens of others.
        DescribeTokens = 14,
        /// Transactions of two phases (KIP-939).
        TwoPhaseCommit = 15,
    }
}

codes! {
    /// What an ACL is about (`ResourceType`).
    AclResource {
        /// Topics.
        Topic = 2,
        /// Groups.
        Group = 3,
        /// The cluster itself.
        Cluster = 4,
        /// Transactional ids.
        TransactionalId = 5,
        /// Delegation tokens.
        DelegationToken = 6,
        /// Users.
        User = 7,
    }
}

codes! {
    /// How an ACL names its resources (`PatternType`).
    AclPattern {
        /// By the whole name; `*` is all of them.
        Literal = 3,
        /// By the beginning of the name.
        Prefixed = 4,
    }
}

codes! {
    /// Whether an ACL gives or takes (`AclPermissionType`).
    AclPermission {
        /// It forbids, whatever others allow.
        Deny = 2,
        /// It allows.
        Allow = 3,
    }
}

codes! {
    /// How a user proves who he is (`ScramMechanism`).
    ScramMechanism {
        /// SCRAM-SHA-256.
        Sha256 = 1,
        /// SCRAM-SHA-512.
        Sha512 = 2,
    }
}

/// One access control entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Acl {
    /// What it is about.
    pub resource: AclResource,
    /// How it names that.
    pub pattern: AclPattern,
    /// The name, or the beginning of names.
    pub name: String,
    /// Whom it is for, such as `User:alice`; `User:*` is everybody.
    pub principal: String,
    /// Address that they have to come from; `*` is any.
    pub host: String,
    /// What they may do, or not.
    pub operation: AclOperation,
    /// Whether they may.
    pub permission: AclPermission,
}

impl Acl {
    /// Whether it is for every user, known or not.
    #[must_use]
    pub fn is_for_everybody(&self) -> bool {
        self.principal == "User:*"
    }

    /// Whether it is about the cluster, or about every resource of its type.
    #[must_use]
    pub fn is_about_all(&self) -> bool {
        self.resource == AclResource::Cluster || (self.pattern == AclPattern::Literal && self.name == "*")
    }

    /// How far it reaches: the farthest is the greatest.
    #[must_use]
    pub fn reach(&self) -> (bool, bool, bool) {
        (self.is_about_all(), self.permission == AclPermission::Allow, self.is_for_everybody())
    }
}

/// The answer to DescribeAcls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Acls {
    /// Whether the node has an authorizer. Without one there are no ACLs, and everybody may do everything.
    pub authorizer: bool,
    /// Those that reach farthest first.
    pub acls: Kept<Acl>,
}

/// Limits of one entity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientQuota {
    /// Whom it is for: names by kind (`user`, `client-id`, `ip`). A kind without a name is the default, for all that have no
    /// limit of their own.
    pub entity: BTreeMap<String, Option<String>>,
    /// Limits by Kafka's own keys, such as `producer_byte_rate` (bytes per second on one broker). What is not a finite number
    /// limits nothing, and is left out.
    pub limits: BTreeMap<String, f64>,
}

impl ClientQuota {
    /// Whether it is for all that have no limit of their own.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.entity.values().all(Option::is_none)
    }

    /// Its limits in bytes per second.
    pub fn byte_rates(&self) -> impl Iterator<Item = (&str, f64)> {
        let rates = ["producer_byte_rate", "consumer_byte_rate"];
        rates.into_iter().filter_map(|key| Some((key, *self.limits.get(key)?)))
    }

    /// The lowest of them; infinite when there is none.
    #[must_use]
    pub fn lowest_byte_rate(&self) -> f64 {
        self.byte_rates().map(|(_, rate)| rate).fold(f64::INFINITY, f64::min)
    }
}

/// The answer to DescribeClientQuotas.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClientQuotas {
    /// Defaults first, then the lowest byte rates.
    pub quotas: Kept<ClientQuota>,
}

/// What is stored of one user for one mechanism, without anything secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ScramCredential {
    /// Rounds of hashing that a guess of the password costs.
    pub iterations: u32,
    /// The user's name, without `User:`.
    pub user: String,
    /// The mechanism.
    pub mechanism: ScramMechanism,
}

/// The answer to DescribeUserScramCredentials.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScramUsers {
    /// Those with the fewest iterations first.
    pub credentials: Kept<ScramCredential>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_matters_no_more_than_the_last_row_that_is_kept() {
        let kept = Kept::first(vec![1, 2, 3, 4], 2);
        assert_eq!((&kept.rows[..], kept.left_out), (&[1, 2][..], 2));
        assert!(kept.may_lack(|row| *row < 3) && !kept.may_lack(|row| *row < 2));
        assert!(!Kept::first(vec![1, 2], 2).may_lack(|_| true), "nothing is left out");
        assert!(!Kept::<u8>::default().may_lack(|_| true));
    }

    #[test]
    fn codes_of_the_future_are_kept_apart() {
        assert_eq!(AclOperation::from_code(2), AclOperation::All);
        assert_eq!(AclOperation::from_code(99).as_str(), "Unknown");
        let text = serde_json::to_string(&AclResource::TransactionalId).unwrap();
        assert_eq!(text, "\"transactional_id\"");
        assert_eq!(serde_json::from_str::<AclResource>(&text).unwrap(), AclResource::from_code(5));
    }

    #[test]
    fn the_beginning_of_a_name_is_not_all_names() {
        let acl = |resource, pattern, name: &str| {
            let (principal, host) = ("User:*".to_owned(), "*".to_owned());
            let (operation, permission) = (AclOperation::All, AclPermission::Allow);
            Acl { resource, pattern, name: name.to_owned(), principal, host, operation, permission }
        };
        assert!(acl(AclResource::Topic, AclPattern::Literal, "*").is_about_all());
        assert!(acl(AclResource::Cluster, AclPattern::Literal, "kafka-cluster").is_about_all());
        assert!(!acl(AclResource::Topic, AclPattern::Prefixed, "*").is_about_all(), "names that begin with a star");
        assert!(!acl(AclResource::Topic, AclPattern::Literal, "orders").is_about_all());
    }
}
