//! Who may do what: authorizers, super users, and what is open to everybody.

use std::collections::BTreeSet;

use super::compare::{each, each_cluster, odd_ones, values};
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Unknown};
use crate::derive::fleet::{Fleet, Node, On};
use crate::keys::Version;

const AUTHORIZER: &str = "authorizer.class.name";
const SUPER_USERS: &str = "super.users";
const STANDARD: &str = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
const AUTHZ: &str = "https://kafka.apache.org/documentation/#security_authz";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "authorizer-missing",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A node asks who somebody is, and then lets everybody do everything.",
        why: "Without an authorizer every authenticated client may read, write and delete every topic, and change the \
              cluster.",
        fix: "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer, on brokers and controllers, \
              with super.users.",
        references: &[AUTHZ, "KIP-801"],
        needs: "the node's file or DescribeConfigs",
        run: Run::Together(On::Nodes, missing),
    },
    Check {
        id: "authorizer-removed",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "The authorizer is a class that Kafka no longer has.",
        why: "Kafka refuses to start with it: SimpleAclAuthorizer went with 3.0, and AclAuthorizer needs ZooKeeper.",
        fix: "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        references: &["https://kafka.apache.org/documentation/#upgrade", "KIP-801"],
        needs: "the node's file",
        run: Run::Node(On::Nodes, removed),
    },
    Check {
        id: "authorizer-differs",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Nodes of one cluster have other authorizers or other super users than the rest.",
        why: "What a client may do then depends on the node that it asks. A broker's principal that is no super user on \
              another node is denied there, and replication stops.",
        fix: "Set authorizer.class.name and super.users alike on every broker and controller.",
        references: &[AUTHZ, "https://kafka.apache.org/documentation/#kraft_principal_forwarding"],
        needs: "the files of several nodes; super.users is told by files only",
        run: Run::Together(On::Nodes, differs),
    },
    Check {
        id: "allow-everyone",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "What has no ACL is open to everybody.",
        why: "A new topic is public until somebody thinks of it, and the removal of its last ACL opens it.",
        fix: "allow.everyone.if.no.acl.found=false, after an ACL for everybody that relies on it.",
        references: &[AUTHZ],
        needs: "the node's file",
        run: Run::Node(On::Nodes, everyone),
    },
    Check {
        id: "superusers-bad",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "super.users names nobody, or everybody.",
        why: "Entries end with a semicolon, since names of certificates have commas; the type is User, in that case. What \
              is written otherwise names no one, and ANONYMOUS names everyone who did not prove who he is.",
        fix: "super.users=User:NAME;User:NAME",
        references: &[AUTHZ, "org.apache.kafka.metadata.authorizer.StandardAuthorizer.getConfiguredSuperUsers"],
        needs: "the node's file",
        run: Run::Node(On::Nodes, bad_super_users),
    },
    Check {
        id: "superusers-empty",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "There is an authorizer, and no super user.",
        why: "Brokers need rights on the cluster to replicate, and somebody has to be able to give rights: ACLs alone can \
              lock everybody out.",
        fix: "super.users=User:PRINCIPAL-OF-BROKERS;User:PRINCIPAL-OF-ADMINISTRATORS",
        references: &[AUTHZ],
        needs: "the node's file",
        run: Run::Together(On::Nodes, no_super_users),
    },
];

/// What the file says of a key that Kafka itself does not define: DescribeConfigs never tells it.
fn in_file<'a>(node: &Node<'a>, key: &str) -> Result<&'a str, Unknown> {
    node.file()?;
    Ok(node.settings.written(key)?.value)
}

fn authenticates(node: &Node<'_>) -> Result<bool, Unknown> {
    let listeners = node.listeners()?;
    for endpoint in &listeners.bound.entries {
        if !endpoint.address.is_loopback() && listeners.authenticates(&endpoint.name)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn missing(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each(fleet.clusters(On::Nodes), |nodes| {
        let (told, unknown) = values(&nodes, |node| node.text(AUTHORIZER));
        let some_have = told.iter().any(|(_, class)| !class.is_empty());
        let judged = each(told.iter().filter(|(_, class)| class.is_empty()), |(node, _)| {
            if some_have || authenticates(node)? {
                let is = if some_have {
                    format!("{}, which other nodes have", node.says(AUTHORIZER))
                } else {
                    node.says(AUTHORIZER)
                };
                found.add(Finding::new(node.subject(AUTHORIZER), is, "an authorizer"));
            }
            Ok(())
        });
        unknown.and(judged)
    })
}

fn removed(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let node = &node.at_restart();
    let class = node.text(AUTHORIZER)?;
    let release = node.settings.release;
    let is_kraft = node.is_kraft()?;
    let severity = match class {
        "kafka.security.auth.SimpleAclAuthorizer" if is_kraft || release >= Some(Version(3, 0, 0)) => {
            Severity::Critical
        }
        // It was right until 3.0.
        "kafka.security.auth.SimpleAclAuthorizer" if release.is_none() => Severity::Warning,
        "kafka.security.authorizer.AclAuthorizer" if is_kraft => Severity::Critical,
        _ => return Ok(()),
    };
    found.add(Finding::new(node.subject(AUTHORIZER), node.says(AUTHORIZER), STANDARD).severity(severity));
    Ok(())
}

/// The super users of a node with an authorizer, those that are written well; absent when one is not, or there is none.
fn super_users<'a>(node: &Node<'a>) -> Result<Option<BTreeSet<&'a str>>, Unknown> {
    let users: BTreeSet<&str> = entries(in_file(node, SUPER_USERS)?).collect();
    let has_authorizer = !node.text(AUTHORIZER)?.is_empty();
    Ok((has_authorizer && users.iter().all(|user| mistake(user).is_none())).then_some(users))
}

fn entries(users: &str) -> impl Iterator<Item = &str> {
    users.split(';').map(str::trim).filter(|user| !user.is_empty())
}

fn differs(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each_cluster(fleet, On::Nodes, |nodes| {
        let (classes, unknown_class) = values(&nodes, |node| node.text(AUTHORIZER));
        // A node without any is authorizer-missing's to tell.
        let classes: Vec<(&Node<'_>, String)> =
            classes.into_iter().filter(|(_, class)| !class.is_empty()).map(|(node, class)| (node, class.to_owned())).collect();
        odd_ones(found, &classes, |node, class, most| {
            Finding::new(node.subject(AUTHORIZER), format!("{AUTHORIZER}={class}"), format!("{most}, as on most nodes"))
        });
        let (users, unknown_users) = values(&nodes, super_users);
        let named = |users: BTreeSet<&str>| users.into_iter().collect::<Vec<_>>().join(";");
        let users: Vec<(&Node<'_>, String)> =
            users.into_iter().filter_map(|(node, users)| Some((node, named(users?)))).collect();
        odd_ones(found, &users, |node, users, most| {
            let is = format!("{SUPER_USERS}={users}");
            Finding::new(node.subject(SUPER_USERS), is, format!("{most}, as on most nodes"))
        });
        unknown_class.and(unknown_users)
    })
}

fn everyone(node: &Node<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "allow.everyone.if.no.acl.found";
    let written = in_file(node, KEY)?;
    if node.text(AUTHORIZER)?.is_empty() {
        return Ok(());
    }
    if written.eq_ignore_ascii_case("true") {
        found.add(Finding::new(node.subject(KEY), format!("{KEY}=true"), "false"));
    } else if !written.is_empty() && !written.eq_ignore_ascii_case("false") {
        // The authorizer parses it itself, and does not complain.
        let is = format!("{KEY}={written}, which is read as false");
        found.add(Finding::new(node.subject(KEY), is, "false").severity(Severity::Warning));
    }
    Ok(())
}

/// What is wrong with an entry of super.users.
fn mistake(user: &str) -> Option<&'static str> {
    let Some((kind, name)) = user.split_once(':') else { return Some("has no type: User:NAME") };
    let lower = name.to_lowercase();
    if kind != "User" && kind.eq_ignore_ascii_case("User") {
        Some("is not of type User, in that case")
    } else if lower.contains(",user:") || lower.contains(", user:") {
        Some("is one user with a comma in the name: users are separated by ;")
    } else {
        match name.trim() {
            "" => Some("has no name"),
            "ANONYMOUS" => Some("is everybody who did not prove who he is"),
            "*" => Some("is no wildcard here, but a name"),
            _ => None,
        }
    }
}

fn bad_super_users(node: &Node<'_>, found: &mut Found) -> Evaluated {
    for user in entries(in_file(node, SUPER_USERS)?) {
        if let Some(mistake) = mistake(user) {
            let is = format!("{user} {mistake}");
            found.add(Finding::new(node.subject(SUPER_USERS), is, "User:NAME;User:NAME"));
        }
    }
    Ok(())
}

fn no_super_users(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each(fleet.clusters(On::Nodes), |nodes| {
        let (told, unknown) = values(&nodes, |node| Ok((node.text(AUTHORIZER)?, in_file(node, SUPER_USERS)?)));
        // Where others have super users, it is authorizer-differs that tells.
        if told.iter().all(|(_, (_, users))| users.is_empty()) {
            for (node, (class, _)) in told.iter().filter(|(_, (class, _))| !class.is_empty()) {
                let is = format!("{AUTHORIZER}={class} without {SUPER_USERS}");
                found.add(Finding::new(node.subject(SUPER_USERS), is, "at least the principal of the brokers"));
            }
        }
        unknown
    })
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    &[
        Example::broker("authorizer-missing", "authorizer.class.name=").subject("authorizer.class.name in broker-2"),
        Example::controller("authorizer-missing", "authorizer.class.name="),
        Example::made("authorizer-missing", "authorizer.class.name in broker-3", |set| {
            set.nodes("authorizer.class.name=");
        }),
        Example::broker("authorizer-removed", "authorizer.class.name=kafka.security.auth.SimpleAclAuthorizer")
            .also(&["authorizer-differs"]),
        Example::broker("authorizer-removed", "authorizer.class.name=kafka.security.authorizer.AclAuthorizer")
            .also(&["authorizer-differs"]),
        Example::broker("authorizer-differs", "authorizer.class.name=org.example.Authorizer")
            .subject("authorizer.class.name in broker-2"),
        Example::controller("authorizer-differs", "super.users=User:CN=controller,OU=kafka"),
        Example::made("authorizer-differs", "super.users of node 2", |set| set.remove("broker-2", "super.users")),
        Example::controller("allow-everyone", "allow.everyone.if.no.acl.found=True"),
        Example::controller("allow-everyone", "allow.everyone.if.no.acl.found=yes"),
        Example::controller("superusers-bad", "super.users=User:CN=broker,User:CN=controller"),
        Example::controller("superusers-bad", "super.users=user:CN=broker"),
        Example::controller("superusers-bad", "super.users=User:CN=broker,OU=kafka;User:ANONYMOUS"),
        Example::controller("superusers-bad", "super.users=User:*"),
        Example::controller("superusers-bad", "super.users=admin"),
        Example::controller("superusers-bad", "super.users=User:"),
        Example::made("superusers-empty", "super.users in broker-3", |set| set.nodes("super.users=")),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_certificates_have_commas_and_other_types_are_somebodys_own() {
        for user in ["User:CN=broker,OU=kafka", "User:admin", "Group:operators", "User:a:b"] {
            assert_eq!(mistake(user), None, "{user}");
        }
        for user in ["USER:x", "User:CN=a, user:CN=b", "admin", "User: "] {
            assert!(mistake(user).is_some(), "{user}");
        }
    }
}
