//! Limits on clients.

use super::compare::each_told;
use super::finding::plain;
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::fleet::{Fleet, Node, On};
use crate::snapshot::{ClientQuota, ClientQuotas};

const PER_IP: &str = "max.connections.per.ip";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "conn-zero-per-ip",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "No address may open a connection.",
        why: "Kafka refuses to start with max.connections.per.ip=0 unless max.connections.per.ip.overrides lets somebody \
              in.",
        fix: "Remove max.connections.per.ip, or list who may connect in max.connections.per.ip.overrides.",
        references: &[
            "https://kafka.apache.org/documentation/#brokerconfigs_max.connections.per.ip",
            "kafka.server.KafkaConfig.validateValues",
        ],
        needs: "the node's file",
        run: Run::Node(On::Nodes, nobody),
    },
    Check {
        id: "conn-unlimited",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "Clients may open connections without end.",
        why: "One client that connects in a loop takes all file descriptors; the broker can then open neither segments \
              nor sockets, and stops.",
        fix: "Set max.connections (below the limit on open files), max.connections.per.ip, or \
              max.connection.creation.rate.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_max.connections", "KIP-402", "KIP-612"],
        needs: "the node's file or DescribeConfigs",
        run: Run::Node(On::Brokers, unlimited),
    },
    Check {
        id: "quota-zero",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A quota lets its clients move next to nothing.",
        why: "At one kibibyte a second a client is not slowed down but stopped: each answer is held back for as long as the \
              quota's window, requests time out, consumers leave their groups. As a default it stops everybody who has no quota \
              of his own. Such a value is mostly a unit that was mistaken: rates are in bytes per second.",
        fix: "Set what the client needs, or remove it: kafka-configs.sh --alter --delete-config producer_byte_rate with the \
              same --entity-type and --entity-name or --entity-default. Where a client is meant to be stopped, accept the finding.",
        references: &["https://kafka.apache.org/documentation/#design_quotas", "KIP-546"],
        needs: "DescribeClientQuotas with DescribeConfigs on the cluster",
        run: Run::Together(On::Brokers, next_to_nothing),
    },
    Check {
        id: "quota-none",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "Clients without a quota of their own have none.",
        why: "One client that runs away takes the network and the request threads of the brokers from all others.",
        fix: "kafka-configs.sh --alter --entity-type users --entity-default --add-config \
              'producer_byte_rate=BYTES,consumer_byte_rate=BYTES'",
        references: &["https://kafka.apache.org/documentation/#design_quotas", "KIP-13", "KIP-546"],
        needs: "DescribeClientQuotas with DescribeConfigs on the cluster",
        run: Run::Together(On::Brokers, |fleet, found| {
            no_default(fleet, found, &["producer_byte_rate", "consumer_byte_rate", "request_percentage"])
        }),
    },
    Check {
        id: "controller-mutation-quota-none",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "Clients may create and delete partitions as fast as they can.",
        why: "The controller does one change after the other: a client that creates topics in a loop delays elections.",
        fix: "kafka-configs.sh --alter --entity-type users --entity-default --add-config 'controller_mutation_rate=RATE'",
        references: &["KIP-599"],
        needs: "DescribeClientQuotas with DescribeConfigs on the cluster",
        run: Run::Together(On::Brokers, |fleet, found| no_default(fleet, found, &["controller_mutation_rate"])),
    },
];

/// Bytes per second up to which a client is stopped rather than slowed down.
const STOPPED_RATE: f64 = 1_024.0;

/// The class that decides in place of Kafka's quotas.
const CALLBACK: &str = "client.quota.callback.class";

fn nobody(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let node = &node.at_restart();
    if node.number(PER_IP)? == 0 && node.text("max.connections.per.ip.overrides")?.is_empty() {
        let is = node.both(PER_IP, "max.connections.per.ip.overrides");
        found.add(Finding::new(node.subject(PER_IP), is, "at least 1, or somebody let in"));
    }
    Ok(())
}

fn unlimited(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let is_limit = |key: &str| {
        ["max.connections", PER_IP, "max.connection.creation.rate"].iter().any(|limit| {
            key == *limit || key.starts_with("listener.name.") && key.ends_with(&format!(".{limit}"))
        })
    };
    let mut keys = vec!["max.connections", PER_IP, "max.connection.creation.rate"];
    if let Ok(written) = node.settings.written_keys() {
        keys.extend(written.filter(|key| is_limit(key)));
    }
    for key in keys {
        if node.settings.given(key)?.is_some_and(|value| value != i32::MAX.to_string()) {
            return Ok(());
        }
    }
    let is = "neither max.connections nor max.connections.per.ip nor max.connection.creation.rate is set";
    found.add(Finding::new(node.subject("max.connections"), is, "a limit below that on open files"));
    Ok(())
}

/// Whom a quota is for, in words.
fn whose(quota: &ClientQuota) -> String {
    let part = |(kind, name): (&String, &Option<String>)| match name {
        Some(name) => format!("{kind} {}", plain(name)),
        None => format!("every {kind} without its own"),
    };
    quota.entity.iter().map(part).collect::<Vec<_>>().join(" with ")
}

fn next_to_nothing(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let stops = |quota: &ClientQuota| quota.lowest_byte_rate() <= STOPPED_RATE;
    each_told(fleet, Node::client_quotas, |_, seen| {
        for quota in seen.quotas.rows.iter().filter(|quota| stops(quota)) {
            // One client may be stopped on purpose.
            let severity = if quota.is_default() { Severity::Critical } else { Severity::Warning };
            for (key, rate) in quota.byte_rates().filter(|(_, rate)| *rate <= STOPPED_RATE) {
                let finding = Finding::new(Subject::Quota(whose(quota)), format!("{key}={rate}"), "what clients need");
                found.add(finding.severity(severity));
            }
        }
        let why = || Unknown::new(format!("{} more quotas were not kept, and may be as low.", seen.quotas.left_out));
        if seen.quotas.may_lack(stops) { Err(why()) } else { Ok(()) }
    })
}

/// Finds the cluster when no default has any of these limits.
fn no_default(fleet: &Fleet<'_>, found: &mut Found, keys: &[&str]) -> Evaluated {
    each_told(fleet, Node::client_quotas, |node, seen: &ClientQuotas| {
        if !node.text(CALLBACK)?.is_empty() {
            return Err(Unknown::new(format!("{CALLBACK} decides what clients may do, and tells nobody.")));
        }
        let is_set = |quota: &ClientQuota| quota.is_default() && keys.iter().any(|key| quota.limits.contains_key(*key));
        if !seen.quotas.rows.iter().any(is_set) {
            let is = format!("no default of users or client ids has {}", keys.join(", "));
            found.add(Finding::new(Subject::Cluster, is, "a default"));
        }
        Ok(())
    })
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    use crate::testing::client_quota;
    &[
        Example::broker("conn-zero-per-ip", "max.connections.per.ip=0"),
        Example::made("conn-unlimited", "max.connections of node 2", |set| set.remove("broker-2", "max.connections")),
        Example::made("quota-zero", "quota of every user without its own", |set| {
            set.client_quotas(vec![client_quota(None, &[("producer_byte_rate", 1_024.0), ("controller_mutation_rate", 5.0)])]);
        }),
        Example::made("quota-zero", "quota of user batch", |set| {
            let default = client_quota(None, &[("request_percentage", 50.0), ("controller_mutation_rate", 5.0)]);
            set.client_quotas(vec![default, client_quota(Some("batch"), &[("consumer_byte_rate", 10.0)])]);
        }),
        Example::made("quota-none", "cluster", |set| {
            let named = client_quota(Some("batch"), &[("producer_byte_rate", 1e6)]);
            set.client_quotas(vec![client_quota(None, &[("controller_mutation_rate", 5.0)]), named]);
        }),
        Example::made("controller-mutation-quota-none", "cluster", |set| {
            set.client_quotas(vec![client_quota(None, &[("consumer_byte_rate", 1e6)])]);
        }),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::examples::Set;
    use crate::checks::{all, run};
    use crate::snapshot::Kept;
    use crate::testing::{client_quota, seen};

    #[test]
    fn quotas_of_a_plugin_are_not_judged_by_kafkas_own() {
        let mut set = Set::healthy();
        set.client_quotas(vec![]);
        set.brokers("client.quota.callback.class=org.example.Quotas");
        let snapshot = set.snapshot();
        let check = all().find(|check| check.id == "quota-none").unwrap();
        let verdict = run(check, &Fleet::of(&snapshot));
        assert!(verdict.findings.is_empty() && !verdict.evaluated, "{verdict:?}");
        assert!(verdict.unknown[0].1.0.contains(CALLBACK), "{verdict:?}");
    }

    #[test]
    fn low_quotas_that_were_not_kept_are_not_passed() {
        let mut set = Set::healthy();
        let rows = vec![client_quota(Some("a"), &[("producer_byte_rate", 1.0)])];
        set.view("broker-1").client_quotas = seen(ClientQuotas { quotas: Kept { rows, left_out: 2 } });
        let snapshot = set.snapshot();
        let check = all().find(|check| check.id == "quota-zero").unwrap();
        let verdict = run(check, &Fleet::of(&snapshot));
        assert_eq!((verdict.findings.len(), verdict.unknown.len()), (1, 1), "{verdict:?}");
        assert_eq!(verdict.findings[0].found, "producer_byte_rate=1");
    }

    #[test]
    fn whom_a_quota_is_for_is_one_line() {
        let entity = [("client-id".to_owned(), None), ("user".to_owned(), Some("a\nb".to_owned()))].into();
        let quota = ClientQuota { entity, limits: [].into() };
        assert_eq!(whose(&quota), "every client-id without its own with user a\\nb");
    }
}
