//! What administrators have written into a running cluster: who may do what, and how users prove who they are.

use super::compare::each_told;
use super::finding::plain;
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::fleet::{Fleet, Node, On};
use crate::snapshot::{Acl, AclOperation, AclPermission, AclResource, ScramMechanism};

/// The least that RFC 7677 asks for, and that Kafka takes.
const ITERATIONS_MIN: u32 = 4_096;
/// What Kafka's own documentation gives its users; Kafka takes up to 16384.
const ITERATIONS_USUAL: u32 = 8_192;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "acl-wildcard",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "An ACL lets everybody change the cluster or every topic.",
        why: "User:* is every client that gets through a listener, and who proved nothing too. Alter on the cluster is the \
              right to give oneself all others; one client with Write or Delete on every topic, gone wrong, spoils all data. A \
              named principal that may alter everything from any address is told too: it is a super user whom super.users does \
              not show.",
        fix: "Give those who need it their own ACL, for their own topics, then remove the wide one with kafka-acls.sh --remove.",
        references: &[
            "https://kafka.apache.org/documentation/#security_authz",
            "org.apache.kafka.metadata.authorizer.StandardAuthorizerData",
        ],
        needs: "DescribeAcls with Describe on the cluster",
        run: Run::Together(On::Brokers, wildcards),
    },
    Check {
        id: "scram-weak",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A user's SCRAM credential costs few rounds of hashing.",
        why: "Whoever gets hold of the metadata log or a snapshot of it has all credentials, and tries passwords on them; \
              iterations are what each try costs. Below 4096 is less than RFC 7677 allows. kafka-configs.sh takes 4096 unless \
              told otherwise, and Kafka takes up to 16384.",
        fix: "Set the password anew with more iterations: kafka-configs.sh --alter --entity-type users --entity-name USER \
              --add-config 'SCRAM-SHA-512=[iterations=16384,password=...]'",
        references: &["https://kafka.apache.org/documentation/#security_sasl_scram_security", "RFC 7677", "KIP-554"],
        needs: "DescribeUserScramCredentials with Describe on the cluster",
        run: Run::Together(On::Brokers, weak_users),
    },
];

/// How grave it is that there is such an ACL; absent when it opens nothing.
fn gravity(acl: &Acl) -> Option<Severity> {
    use AclOperation::{All, Alter, AlterConfigs, ClusterAction, Delete, Write};
    if acl.permission != AclPermission::Allow || !acl.is_about_all() {
        return None;
    }
    let harmful: &[AclOperation] = match acl.resource {
        AclResource::Cluster => &[All, Alter, AlterConfigs, ClusterAction],
        AclResource::Topic => &[All, Alter, AlterConfigs, Delete, Write],
        _ => &[],
    };
    if !harmful.contains(&acl.operation) {
        return None;
    }
    match (acl.is_for_everybody(), acl.host == "*") {
        (true, true) => Some(Severity::Critical),
        (true, false) => Some(Severity::Warning),
        (false, true) if matches!(acl.operation, All | Alter) => Some(Severity::Info),
        (false, _) => None,
    }
}

/// An ACL in words, without whom it is for.
fn words(acl: &Acl) -> String {
    let what = match acl.resource {
        AclResource::Cluster => "the cluster".to_owned(),
        _ => format!("every {}", acl.resource.as_str()),
    };
    let from = if acl.host == "*" { "any address".to_owned() } else { plain(&acl.host) };
    format!("{} {} on {what} from {from}", acl.permission.as_str(), acl.operation.as_str())
}

/// The command that removes an ACL. Only of texts that are our own: others could be more than a name to a shell.
fn removal(acl: &Acl) -> String {
    if !acl.is_for_everybody() || acl.host != "*" {
        return String::new();
    }
    let resource = if acl.resource == AclResource::Cluster { "--cluster" } else { "--topic '*'" };
    let operation = acl.operation.as_str();
    format!(
        "kafka-acls.sh --bootstrap-server HOST:PORT --remove --allow-principal 'User:*' --operation {operation} {resource}"
    )
}

fn wildcards(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each_told(fleet, Node::acls, |_, seen| {
        for acl in &seen.acls.rows {
            let Some(severity) = gravity(acl) else { continue };
            let expected = match severity {
                Severity::Info => "from the addresses that it has, or no such right",
                _ => "rights for named principals",
            };
            let finding = Finding::new(Subject::Principal(plain(&acl.principal)), words(acl), expected);
            found.add(finding.severity(severity).fix(removal(acl)));
        }
        all_judged(seen.acls.may_lack(|acl| gravity(acl).is_some()), seen.acls.left_out, "ACLs")
    })
}

/// What could not be judged of an answer that was too long to be kept.
fn all_judged(lacks: bool, left_out: usize, what: &str) -> Evaluated {
    let why = || Unknown::new(format!("{left_out} more {what} were not kept, and may be like the last one that was."));
    if lacks { Err(why()) } else { Ok(()) }
}

fn weak_users(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each_told(fleet, Node::scram_users, |_, seen| {
        for credential in seen.credentials.rows.iter().filter(|row| row.iterations < ITERATIONS_USUAL) {
            let mechanism = match credential.mechanism {
                ScramMechanism::Sha256 => "SCRAM-SHA-256",
                ScramMechanism::Sha512 => "SCRAM-SHA-512",
                ScramMechanism::Other => "an unknown mechanism",
            };
            let is_below = credential.iterations < ITERATIONS_MIN;
            let severity = if is_below { Severity::Warning } else { Severity::Info };
            let is = format!("{mechanism} with {} iterations", credential.iterations);
            let should = format!("at least {}", if is_below { ITERATIONS_MIN } else { ITERATIONS_USUAL });
            let subject = Subject::Principal(plain(&format!("User:{}", credential.user)));
            found.add(Finding::new(subject, is, should).severity(severity));
        }
        let lacks = seen.credentials.may_lack(|row| row.iterations < ITERATIONS_USUAL);
        all_judged(lacks, seen.credentials.left_out, "credentials")
    })
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    use crate::testing::{acl, scram_user};
    &[
        Example::made("acl-wildcard", "principal User:*", |set| {
            set.acls(vec![acl("User:*", "*", AclOperation::Write, AclResource::Topic, "*")]);
        }),
        Example::made("acl-wildcard", "principal User:*", |set| {
            set.acls(vec![acl("User:*", "192.0.2.7", AclOperation::All, AclResource::Cluster, "kafka-cluster")]);
        }),
        Example::made("acl-wildcard", "principal User:deployer", |set| {
            set.acls(vec![acl("User:deployer", "*", AclOperation::Alter, AclResource::Cluster, "kafka-cluster")]);
        }),
        Example::made("scram-weak", "principal User:alice", |set| set.scram_users(vec![scram_user("alice", 4_095)])),
        Example::made("scram-weak", "principal User:alice", |set| set.scram_users(vec![scram_user("alice", 8_191)])),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::examples::Set;
    use crate::checks::{Verdict, all, run};
    use crate::snapshot::{Acls, AclPattern, Kept};
    use crate::testing::{acl, scram_user, seen};

    fn judged(id: &str, make: impl FnOnce(&mut Set)) -> Verdict {
        let mut set = Set::healthy();
        make(&mut set);
        let snapshot = set.snapshot();
        run(all().find(|check| check.id == id).unwrap(), &Fleet::of(&snapshot))
    }

    fn gravity_of(principal: &str, host: &str, operation: AclOperation, resource: AclResource, name: &str) -> Option<Severity> {
        gravity(&acl(principal, host, operation, resource, name))
    }

    #[test]
    fn what_is_ordinary_is_not_told() {
        use {AclOperation as Op, AclResource as Is};
        assert_eq!(gravity_of("User:*", "*", Op::Read, Is::Topic, "*"), None, "reading spoils nothing");
        assert_eq!(gravity_of("User:*", "*", Op::Write, Is::Topic, "orders"), None, "one topic");
        assert_eq!(gravity_of("User:*", "*", Op::IdempotentWrite, Is::Cluster, "kafka-cluster"), None);
        assert_eq!(gravity_of("User:*", "*", Op::All, Is::Group, "*"), None);
        assert_eq!(gravity_of("User:app", "*", Op::Write, Is::Topic, "*"), None, "a mirror does that");
        assert_eq!(gravity_of("User:app", "192.0.2.7", Op::All, Is::Cluster, "kafka-cluster"), None, "from its own address");
        let denied = Acl { permission: AclPermission::Deny, ..acl("User:*", "*", Op::All, Is::Topic, "*") };
        assert_eq!(gravity(&denied), None);
        let prefixed = Acl { pattern: AclPattern::Prefixed, ..acl("User:*", "*", Op::All, Is::Topic, "*") };
        assert_eq!(gravity(&prefixed), None, "topics whose names begin with a star");
    }

    #[test]
    fn each_wide_right_has_its_gravity() {
        use {AclOperation as Op, AclResource as Is};
        for operation in [Op::All, Op::Alter, Op::AlterConfigs, Op::ClusterAction] {
            let of = |host| gravity_of("User:*", host, operation, Is::Cluster, "kafka-cluster");
            assert_eq!((of("*"), of("192.0.2.7")), (Some(Severity::Critical), Some(Severity::Warning)), "{operation:?}");
        }
        for operation in [Op::All, Op::Alter, Op::AlterConfigs, Op::Delete, Op::Write] {
            assert_eq!(gravity_of("User:*", "*", operation, Is::Topic, "*"), Some(Severity::Critical), "{operation:?}");
        }
        assert_eq!(gravity_of("User:app", "*", Op::All, Is::Topic, "*"), Some(Severity::Info));
    }

    #[test]
    fn an_answer_that_was_too_long_is_not_passed() {
        let wide = acl("User:*", "*", AclOperation::All, AclResource::Topic, "*");
        let narrow = acl("User:app", "*", AclOperation::Read, AclResource::Topic, "orders");
        let with = |rows| move |set: &mut Set| set.view("broker-1").acls = seen(Acls { authorizer: true, acls: Kept { rows, left_out: 3 } });
        let verdict = judged("acl-wildcard", with(vec![wide.clone()]));
        assert!(verdict.findings.len() == 1 && verdict.unknown.len() == 1, "{verdict:?}");
        assert!(verdict.unknown[0].1.0.starts_with("3 more ACLs"), "{verdict:?}");
        let verdict = judged("acl-wildcard", with(vec![wide, narrow]));
        assert!(verdict.findings.len() == 1 && verdict.unknown.is_empty(), "what is left out reaches less far: {verdict:?}");
    }

    #[test]
    fn a_name_is_neither_a_command_nor_a_line() {
        let odd = "User:x'; reboot\n\u{1b}[31m";
        let verdict = judged("acl-wildcard", |set| {
            set.acls(vec![acl(odd, "*", AclOperation::All, AclResource::Cluster, "kafka-cluster")]);
        });
        let finding = &verdict.findings[0];
        assert_eq!(finding.fix, "");
        assert_eq!(finding.subject.to_string(), "principal User:x'; reboot\\n\\u{1b}[31m");
        let verdict = judged("scram-weak", |set| set.scram_users(vec![scram_user("a\nb", 1)]));
        assert_eq!(verdict.findings[0].subject.to_string(), "principal User:a\\nb");
    }

    #[test]
    fn without_an_authorizer_no_acl_opens_anything() {
        let verdict = judged("acl-wildcard", |set| set.view("broker-1").acls = seen(Acls::default()));
        assert!(verdict.findings.is_empty() && verdict.unknown.is_empty(), "{verdict:?}");
    }

    #[test]
    fn what_is_not_told_is_told_with_the_reason_of_the_one_that_asks() {
        use crate::snapshot::{Attempt, ErrorKind, Failure, Section};
        use crate::testing::Sample;
        let denied = Failure::new(ErrorKind::Authorization, "grant Describe on Cluster");
        for id in ["acl-wildcard", "scram-weak", "quota-zero"] {
            let verdict = judged(id, |set| {
                let attempt = Attempt::Failed { at: Sample::NOW, failure: denied.clone() };
                let view = set.view("broker-1");
                view.acls = Section { last: None, attempt: attempt.clone() };
                view.client_quotas = Section { last: None, attempt: attempt.clone() };
                view.scram_users = Section { last: None, attempt };
            });
            assert!(!verdict.evaluated, "{id}");
            let reasons: Vec<&str> = verdict.unknown.iter().map(|(_, why)| why.0.as_str()).collect();
            assert_eq!(reasons, ["grant Describe on Cluster"], "{id}");
        }
    }
}
