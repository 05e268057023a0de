//! Addresses that clients and other brokers are told, and cannot reach a broker by.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::each;
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::fleet::{Fleet, Node, On};
use crate::derive::listeners::{Address, Endpoint, INTER_BROKER_NAME, INTER_BROKER_PROTOCOL};
use crate::keys::Version;
use crate::snapshot::Registrations;

const ADVERTISED_DOCS: &str = "https://kafka.apache.org/documentation/#brokerconfigs_advertised.listeners";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "advertised-meta-address",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A broker advertises 0.0.0.0 or ::.",
        why: "Nobody can connect to it from elsewhere, and Kafka refuses to start with it.",
        fix: "Name the host by which clients and brokers reach this broker in advertised.listeners.",
        references: &[ADVERTISED_DOCS, "kafka.server.KafkaConfig.validateValues"],
        needs: "the node's file",
        run: Run::Node(On::Brokers, meta_address),
    },
    Check {
        id: "advertised-not-subset",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "advertised.listeners names a listener that is not bound, or not the one that brokers use.",
        why: "Kafka refuses to start with it: the broker stays away after its next restart.",
        fix: "Advertise names of listeners only, the inter-broker listener among them.",
        references: &[ADVERTISED_DOCS, "kafka.server.KafkaConfig.validateValues"],
        needs: "the node's file",
        run: Run::Node(On::Brokers, not_subset),
    },
    Check {
        id: "advertised-localhost",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A broker of several machines advertises localhost.",
        why: "Clients and followers that ask for this broker connect to themselves: its partitions can neither be read \
              nor replicated from elsewhere.",
        fix: "Name the host by which the others reach this broker in advertised.listeners.",
        references: &[ADVERTISED_DOCS],
        needs: "the files of several brokers, or a broker's file and DescribeCluster",
        run: Run::Together(On::Brokers, localhost),
    },
    Check {
        id: "advertised-duplicate",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Two brokers advertise one address.",
        why: "Requests for one reach the other, which answers that it does not lead the partition; followers fetch from \
              the wrong broker.",
        fix: "Give each broker an address of its own in advertised.listeners.",
        references: &[ADVERTISED_DOCS],
        needs: "the files of several brokers, or DescribeCluster",
        run: Run::Together(On::Brokers, duplicate),
    },
    Check {
        id: "advertised-unresolvable",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A broker advertises digits and dots that are no IP address.",
        why: "Some resolvers refuse it, others read it as another address: who asks for this broker reaches nobody, or \
              somebody else. Names are not looked up.",
        fix: "Write all four numbers of the address, each from 0 to 255.",
        references: &[ADVERTISED_DOCS],
        needs: "the node's file or DescribeConfigs",
        run: Run::Node(On::Brokers, broken_address),
    },
];

fn shown(endpoints: &[&Endpoint<'_>]) -> String {
    endpoints.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn meta_address(node: &Node<'_>, found: &mut Found) -> Evaluated {
    addresses(&node.at_restart(), found, |address| address.is_meta_address(), "a host that others can connect to")
}

fn broken_address(node: &Node<'_>, found: &mut Found) -> Evaluated {
    addresses(node, found, |address| address.is_broken_ipv4(), "an IP address, or a name")
}

fn addresses(node: &Node<'_>, found: &mut Found, is_wrong: fn(&Address<'_>) -> bool, expected: &str) -> Evaluated {
    let listeners = node.listeners()?;
    let advertised = listeners.advertised()?;
    let wrong: Vec<&Endpoint<'_>> = advertised.entries.iter().filter(|endpoint| is_wrong(&endpoint.address)).collect();
    if !wrong.is_empty() {
        let is = format!("advertises {}", shown(&wrong));
        found.add(Finding::new(node.subject(listeners.advertised_key()), is, expected));
    }
    Ok(())
}

fn not_subset(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let node = &node.at_restart();
    let listeners = node.listeners()?;
    let advertised = listeners.advertised()?;
    let key = listeners.advertised_key();
    let is_bound = |name: &str| listeners.bound.entries.iter().any(|bound| bound.name == name);
    // What cannot be read is listener-malformed's to tell.
    if listeners.bound.malformed.is_empty() {
        let unbound: Vec<&Endpoint<'_>> =
            advertised.entries.iter().filter(|endpoint| !is_bound(&endpoint.name)).collect();
        if !unbound.is_empty() {
            let is = format!("advertises {}, and {}", shown(&unbound), node.says("listeners"));
            found.add(Finding::new(node.subject(key), is, "names that listeners has"));
        }
    }
    if node.settings.release.is_some_and(|release| release < Version(3, 9, 0)) {
        let of_controllers = |endpoint: &&Endpoint<'_>| listeners.is_of_controllers(&endpoint.name);
        let wrong: Vec<&Endpoint<'_>> = advertised.entries.iter().filter(of_controllers).collect();
        if !wrong.is_empty() {
            let is = format!("advertises {} of the controllers", shown(&wrong));
            found.add(Finding::new(node.subject(key), is, "no listener of controllers, before Kafka 3.9"));
        }
    }
    let inter = listeners.inter_broker()?;
    let is_misspelt = inter.key == INTER_BROKER_PROTOCOL && inter.protocol.is_none();
    let is_all_read = listeners.bound.malformed.is_empty() && advertised.malformed.is_empty();
    let is_advertised = advertised.entries.iter().any(|endpoint| endpoint.name == inter.name);
    if is_all_read && !is_advertised && !is_misspelt {
        let key = if is_bound(&inter.name) { key } else { inter.key };
        let is = format!("brokers use listener {}, which is not advertised", inter.name);
        let names: Vec<&str> = advertised.entries.iter().map(|endpoint| endpoint.name.as_str()).collect();
        let expected = format!("{INTER_BROKER_NAME} as one of {}", names.join(", "));
        found.add(Finding::new(node.subject(key), is, expected));
    }
    Ok(())
}

/// Brokers of one cluster, and what each of them advertises.
type Advertised<'n, 'a> = Vec<(&'n Node<'a>, Vec<Endpoint<'a>>)>;

fn told<'n, 'a>(nodes: &[&'n Node<'a>]) -> (Advertised<'n, 'a>, Evaluated) {
    super::compare::values(nodes, |node| Ok(node.listeners()?.advertised()?.entries))
}

fn localhost(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each(fleet.clusters(On::Brokers), |nodes| {
        let (told, unknown) = told(&nodes);
        // Listeners that some broker offers to other machines.
        let mut offered: BTreeSet<&str> = BTreeSet::new();
        let named = told.iter().flat_map(|(_, endpoints)| endpoints);
        offered.extend(named.filter(|one| !one.address.is_loopback()).map(|one| one.name.as_str()));
        let alone = each(&told, |(node, endpoints)| {
            let local: Vec<&Endpoint<'_>> = endpoints.iter().filter(|one| one.address.is_loopback()).collect();
            if local.is_empty() {
                return Ok(());
            }
            let listeners = node.listeners()?;
            let inter = listeners.inter_broker()?.name;
            let mut wrong: Vec<&Endpoint<'_>> =
                local.iter().filter(|one| nodes.len() > 1 && offered.contains(one.name.as_str())).copied().collect();
            let is_of_brokers = |one: &&&Endpoint<'_>| one.name == inter;
            if wrong.is_empty()
                && let Some(one) = local.iter().find(is_of_brokers)
                && (nodes.len() == 1 && has_distant_peers(node.registrations()?, node.view.id))
            {
                wrong.push(one);
            }
            if !wrong.is_empty() {
                let is = format!("advertises {}", shown(&wrong));
                let expected = "a host that the cluster's other machines can connect to";
                found.add(Finding::new(node.subject(listeners.advertised_key()), is, expected));
            }
            Ok(())
        });
        unknown.and(alone)
    })
}

fn has_distant_peers(registrations: &Registrations, own: Option<i32>) -> bool {
    let is_distant = |host: &str| !Address { host, port: 0 }.is_loopback();
    registrations.brokers.iter().any(|peer| Some(peer.broker.id) != own && is_distant(&peer.broker.host))
}

/// A broker that advertises what others advertise too.
struct Sharer<'n, 'a> {
    node: &'n Node<'a>,
    addresses: Vec<String>,
    others: BTreeSet<String>,
    severity: Severity,
}

fn duplicate(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each(fleet.clusters(On::Brokers), |nodes| {
        if let [node] = nodes.as_slice() {
            return registered_twice(node.registrations()?, found);
        }
        let (told, unknown) = told(&nodes);
        let mut sharers: BTreeMap<(String, u16), Vec<&Node<'_>>> = BTreeMap::new();
        for (node, endpoints) in &told {
            let addresses: BTreeSet<(String, u16)> = endpoints
                .iter()
                .filter(|one| !one.address.host.is_empty() && !one.address.is_meta_address())
                .map(|one| (one.address.host.to_lowercase(), one.address.port))
                .collect();
            addresses.into_iter().for_each(|address| sharers.entry(address).or_default().push(node));
        }
        // One finding for each node, whatever it shares.
        let mut wrong: BTreeMap<&str, Sharer<'_, '_>> = BTreeMap::new();
        for ((host, port), nodes) in sharers.iter().filter(|(_, nodes)| nodes.len() > 1) {
            let owners = nodes.iter().filter(|node| owns(node, host)).count();
            let address = Address { host, port: *port };
            // Brokers that each name localhost may each be a cluster of its own, or run on machines of their own.
            let severity = if address.is_loopback() { Severity::Warning } else { Severity::Critical };
            for node in nodes.iter().filter(|node| owners != 1 || !owns(node, host)) {
                let others = nodes.iter().filter(|other| other.origin != node.origin).map(|other| other.name());
                let sharer = wrong.entry(&node.origin.0).or_insert_with(|| Sharer {
                    node,
                    addresses: Vec::new(),
                    others: BTreeSet::new(),
                    severity,
                });
                sharer.addresses.push(address.to_string());
                sharer.others.extend(others);
                sharer.severity = sharer.severity.max(severity);
            }
        }
        for Sharer { node, addresses, others, severity } in wrong.into_values() {
            let others: Vec<String> = others.into_iter().collect();
            let is = format!("advertises {}, as {} does", addresses.join(" and "), others.join(" and "));
            let subject = node.subject(node.listeners()?.advertised_key());
            found.add(Finding::new(subject, is, "addresses of its own").severity(severity));
        }
        unknown
    })
}

/// Whether a host's name, or the file's, shows whose it is: `broker-2.example.org` is node 2's, or that of
/// `broker-2.properties`.
fn owns(node: &Node<'_>, host: &str) -> bool {
    let label = host.split('.').next().unwrap_or(host);
    let digits: String = label.chars().rev().take_while(char::is_ascii_digit).collect();
    let number: String = digits.chars().rev().collect();
    let is_numbered = label.len() > number.len() && number.parse().is_ok_and(|number: i32| Some(number) == node.view.id);
    is_numbered || std::path::Path::new(&node.origin.0).file_stem().is_some_and(|stem| stem == label)
}

fn registered_twice(registrations: &Registrations, found: &mut Found) -> Evaluated {
    if registrations.brokers.is_empty() {
        return Err(Unknown::new("DescribeCluster names no broker."));
    }
    let mut sharers: BTreeMap<(&str, u16), Vec<String>> = BTreeMap::new();
    for peer in &registrations.brokers {
        sharers.entry((&peer.broker.host, peer.broker.port)).or_default().push(peer.broker.id.to_string());
    }
    for ((host, port), ids) in sharers.into_iter().filter(|(_, ids)| ids.len() > 1) {
        let is = format!("brokers {} are all registered at {host}:{port}", ids.join(", "));
        found.add(Finding::new(Subject::Cluster, is, "an address of its own for each broker"));
    }
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    &[
        Example::broker(
            "advertised-meta-address",
            "advertised.listeners=CLIENTS://0.0.0.0:9092,REPLICATION://broker-2.example.org:9094",
        ),
        Example::made("advertised-meta-address", "listeners in broker-2", |set| {
            set.remove("broker-2", "advertised.listeners");
        }),
        Example::broker("advertised-not-subset", "advertised.listeners=CLIENTS://broker-2.example.org:9092"),
        Example::broker(
            "advertised-not-subset",
            "advertised.listeners=CLIENTS://broker-2.example.org:9092,REPLICATION://broker-2.example.org:9094,\
             X://broker-2.example.org:1",
        ),
        Example::broker("advertised-not-subset", "inter.broker.listener.name=REPLICATIONS")
            .also(&["interbroker-differs"]),
        Example::made("advertised-not-subset", "inter.broker.listener.name of node 2", |set| {
            set.remove("broker-2", "inter.broker.listener.name");
        })
        .also(&["interbroker-differs"]),
        Example::broker(
            "advertised-localhost",
            "advertised.listeners=CLIENTS://localhost:9092,REPLICATION://broker-2.example.org:9094",
        )
        .subject("advertised.listeners in broker-2"),
        Example::broker(
            "advertised-localhost",
            "advertised.listeners=CLIENTS://127.0.0.1:9092,REPLICATION://127.0.0.1:9094",
        )
        .subject("advertised.listeners in broker-2"),
        Example::broker(
            "advertised-duplicate",
            "advertised.listeners=CLIENTS://broker-1.example.org:9092,REPLICATION://broker-1.example.org:9094",
        )
        .subject("advertised.listeners in broker-2")
        .also(&["tls-cert-san"]),
        Example::made("advertised-duplicate", "advertised.listeners in broker-3", |set| {
            set.brokers("advertised.listeners=CLIENTS://kafka.example.org:9092,REPLICATION://kafka.example.org:9094");
        })
        .also(&["tls-cert-san"]),
        Example::broker(
            "advertised-unresolvable",
            "advertised.listeners=CLIENTS://10.0.12:9092,REPLICATION://broker-2.example.org:9094",
        )
        .subject("advertised.listeners in broker-2"),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::{all, run};
    use crate::snapshot::{Broker, NodeView, Origin, Registration, SCHEMA, Snapshot};
    use crate::testing::{Sample, properties, seen};

    /// What `id` finds with these files, and with brokers that one of them tells of.
    fn found(id: &str, files: &[(&str, &str)], hosts: &[&str]) -> Vec<String> {
        let registration = |(index, host): (usize, &&str)| Registration {
            broker: Broker { id: index as i32 + 1, host: (*host).to_owned(), port: 9092, rack: None },
            fenced: None,
        };
        let view = |(name, text): &(&str, &str)| {
            let mut view = NodeView { properties: seen(properties(name, text)), ..NodeView::default() };
            if !hosts.is_empty() {
                let live = Sample::broker(1).node();
                view.liveness = live.liveness;
                let brokers = hosts.iter().enumerate().map(registration).collect();
                view.registrations = seen(Registrations { brokers, answered_by: Some(1), ..Registrations::default() });
            }
            (Origin((*name).to_owned()), view)
        };
        let nodes = files.iter().map(view).collect();
        let snapshot = Snapshot { schema: SCHEMA, program_version: String::new(), taken_at: Sample::NOW, nodes };
        let check = all().find(|check| check.id == id).unwrap();
        let findings = run(check, &Fleet::of(&snapshot)).findings;
        findings.iter().map(|finding| format!("{}: {}", finding.subject, finding.found)).collect()
    }

    const LOCAL: &str = "node.id=1\nadvertised.listeners=PLAINTEXT://localhost:9092";

    #[test]
    fn localhost_is_right_on_one_machine() {
        assert!(found("advertised-localhost", &[("a", LOCAL)], &["localhost"]).is_empty());
        let other = "node.id=2\nadvertised.listeners=PLAINTEXT://localhost:9093";
        assert!(found("advertised-localhost", &[("a", LOCAL), ("b", other)], &[]).is_empty());
        let compose = |id| {
            format!("node.id={id}\nadvertised.listeners=IN://kafka-{id}:9092,HOST://localhost:2909{id}\ninter.broker.listener.name=IN\nlistener.security.protocol.map=IN:PLAINTEXT,HOST:PLAINTEXT")
        };
        let (one, two) = (compose(1), compose(2));
        assert!(found("advertised-localhost", &[("a", &one), ("b", &two)], &[]).is_empty());
    }

    #[test]
    fn localhost_is_wrong_beside_another_machine() {
        assert_eq!(found("advertised-localhost", &[("a", LOCAL)], &["localhost", "kafka-2"]).len(), 1);
    }

    #[test]
    fn a_broker_that_tells_of_two_at_one_address_is_enough() {
        let twice = found("advertised-duplicate", &[("a", LOCAL)], &["k", "k"]);
        assert_eq!(twice, ["cluster: brokers 1, 2 are all registered at k:9092"]);
        assert!(found("advertised-duplicate", &[("a", LOCAL)], &["k", "l"]).is_empty());
    }
}
