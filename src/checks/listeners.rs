//! Listeners that Kafka refuses at the next start, or whose settings never take hold.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::{each_cluster, odd_ones, values};
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity};
use crate::derive::fleet::{Fleet, Node, On};
use crate::derive::listeners::{
    Endpoint, INTER_BROKER_NAME, INTER_BROKER_PROTOCOL, MAP, Malformed,
};

const FILE: &str = "the node's file";
const REFUSED: &str = "Kafka refuses to start with it: the node stays away after its next restart, and every partition \
                       that it holds has a replica less.";
const LISTENERS_DOCS: &str = "https://kafka.apache.org/documentation/#brokerconfigs_listeners";
const CONTROLLER_NAMES: &str = "controller.listener.names";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "listener-malformed",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A listener, an advertised address or an entry of the protocol map cannot be read.",
        why: REFUSED,
        fix: "Write listeners as NAME://HOST:PORT and the map as NAME:PROTOCOL, separated by commas.",
        references: &[LISTENERS_DOCS, "org.apache.kafka.network.SocketServerConfigs.listenerListToEndPoints"],
        needs: FILE,
        run: Run::Node(On::Nodes, malformed),
    },
    Check {
        id: "listener-unmapped",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A listener has no security protocol.",
        why: REFUSED,
        fix: "Add NAME:PROTOCOL to listener.security.protocol.map for each name in listeners.",
        references: &[
            "https://kafka.apache.org/documentation/#brokerconfigs_listener.security.protocol.map",
            "kafka.server.KafkaConfig.effectiveListenerSecurityProtocolMap",
        ],
        needs: FILE,
        run: Run::Node(On::Nodes, unmapped),
    },
    Check {
        id: "listener-duplicate",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "Two listeners of a node have one name or one port.",
        why: REFUSED,
        fix: "Give each listener a name and a port of its own; only one IPv4 and one IPv6 address may share a port.",
        references: &[LISTENERS_DOCS, "kafka.utils.CoreUtils.listenerListToEndPoints"],
        needs: FILE,
        run: Run::Node(On::Nodes, duplicate),
    },
    Check {
        id: "interbroker-both-set",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "inter.broker.listener.name and security.inter.broker.protocol are both set.",
        why: REFUSED,
        fix: "Remove security.inter.broker.protocol: the protocol follows from the listener's name.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_inter.broker.listener.name"],
        needs: FILE,
        run: Run::Node(On::Nodes, both_set),
    },
    Check {
        id: "controller-listener-names",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "controller.listener.names does not fit the node's role and listeners.",
        why: REFUSED,
        fix: "Name the controllers' listener in controller.listener.names of every node: bound on controllers, not bound \
              on nodes that are brokers only, and mapped to a protocol on both.",
        references: &[
            "https://kafka.apache.org/documentation/#brokerconfigs_controller.listener.names",
            "kafka.server.KafkaConfig.validateValues",
        ],
        needs: FILE,
        run: Run::Node(On::Nodes, controller_names),
    },
    Check {
        id: "listener-prefix-unknown",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Settings for one listener name a listener that the node does not have.",
        why: "Kafka ignores them without a word: the listener runs with the settings of all listeners, or with defaults, \
              and what was to be locked may be open.",
        fix: "Write the prefix as listener.name.NAME. with the listener's name in lower case.",
        references: &[
            "https://kafka.apache.org/documentation/#security_configbroker",
            "org.apache.kafka.common.network.ListenerName.configPrefix",
        ],
        needs: FILE,
        run: Run::Node(On::Nodes, unknown_prefix),
    },
    Check {
        id: "early-start-exposed",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A listener of clients is opened before the authorizer has its rules.",
        why: "Requests that come in while the broker starts are judged without the ACLs.",
        fix: "Take the clients' listeners out of early.start.listeners, or remove the setting.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_early.start.listeners", "KIP-801"],
        needs: "the node's file or DescribeConfigs",
        run: Run::Node(On::Brokers, early_start),
    },
    Check {
        id: "interbroker-differs",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Brokers of one cluster speak to each other in different ways.",
        why: "A broker connects to the others by its own inter-broker listener's name: where they have none of that name, \
              or speak another protocol or mechanism there, it cannot replicate.",
        fix: "Set inter.broker.listener.name, its protocol and sasl.mechanism.inter.broker.protocol alike on all brokers.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_inter.broker.listener.name", "KIP-103"],
        needs: "the files or DescribeConfigs of several brokers",
        run: Run::Fleet(inter_broker_differs),
    },
];

fn malformed(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let node = &node.at_restart();
    let listeners = node.listeners()?;
    let add = |found: &mut Found, key: &str, bad: &[Malformed], expected: &str| {
        for bad in bad {
            found.add(Finding::new(node.subject(key), bad.to_string(), expected));
        }
    };
    add(found, "listeners", &listeners.bound.malformed, "NAME://HOST:PORT");
    let advertised = listeners.advertised().map(|parsed| {
        add(found, listeners.advertised_key(), &parsed.malformed, "NAME://HOST:PORT");
    });
    let protocols = listeners.protocols().map(|parsed| {
        add(found, MAP, &parsed.malformed, "NAME:PROTOCOL with PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL");
    });
    let inter = listeners.inter_broker()?;
    if inter.key == INTER_BROKER_PROTOCOL && inter.protocol.is_none() {
        let says = node.says(INTER_BROKER_PROTOCOL);
        found.add(Finding::new(node.subject(inter.key), says, "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"));
    }
    advertised.and(protocols)
}

fn unmapped(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let node = &node.at_restart();
    let listeners = node.listeners()?;
    let protocols = listeners.protocols()?;
    let is_misspelt = |name: &str| {
        let names = |bad: &Malformed| matches!(bad, Malformed::Protocol { listener, .. } if listener == name);
        protocols.malformed.iter().any(names)
    };
    let names: BTreeSet<&str> = listeners.bound.entries.iter().map(|endpoint| endpoint.name.as_str()).collect();
    for name in names {
        if !protocols.entries.contains_key(name) && !is_misspelt(name) {
            let is = format!("listener {name} is not in {}", node.says(MAP));
            let expected = format!("{name}:PROTOCOL in {MAP}");
            found.add(Finding::new(node.subject(listeners.protocol_key()), is, expected));
        }
    }
    Ok(())
}

fn duplicate(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let node = &node.at_restart();
    let listeners = node.listeners()?;
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ports: BTreeMap<u16, Vec<&Endpoint<'_>>> = BTreeMap::new();
    for endpoint in &listeners.bound.entries {
        *names.entry(&endpoint.name).or_default() += 1;
        ports.entry(endpoint.address.port).or_default().push(endpoint);
    }
    for (name, _) in names.into_iter().filter(|(_, count)| *count > 1) {
        let is = format!("more than one listener {name}");
        found.add(Finding::new(node.subject("listeners"), is, "each name once"));
    }
    for (port, sharers) in ports.into_iter().filter(|(_, sharers)| sharers.len() > 1 && !are_two_stacks(sharers)) {
        let shared: Vec<String> = sharers.iter().map(ToString::to_string).collect();
        let is = format!("port {port} in {}", shared.join(" and "));
        found.add(Finding::new(node.subject("listeners"), is, "a port of its own for each listener"));
    }
    Ok(())
}

/// Whether they are one IPv4 and one IPv6 address, which may share a port.
fn are_two_stacks(sharers: &[&Endpoint<'_>]) -> bool {
    let ip = |endpoint: &Endpoint<'_>| endpoint.address.host.parse::<std::net::IpAddr>().ok();
    match sharers {
        [first, second] => match (ip(first), ip(second)) {
            (Some(first), Some(second)) => first.is_ipv4() != second.is_ipv4(),
            _ => false,
        },
        _ => false,
    }
}

fn both_set(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let node = &node.at_restart();
    let both = [INTER_BROKER_NAME, INTER_BROKER_PROTOCOL];
    if both.into_iter().map(|key| node.settings.given(key)).collect::<Result<Option<Vec<_>>, _>>()?.is_some() {
        let is = both.map(|key| node.says(key)).join(" and ");
        found.add(Finding::new(node.subject(INTER_BROKER_PROTOCOL), is, "only one of them"));
    }
    Ok(())
}

fn controller_names(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let node = &node.at_restart();
    let listeners = node.listeners()?;
    if !listeners.is_kraft {
        return Ok(());
    }
    let names = &listeners.controller_names;
    let mut add = |is: String, expected: &str| {
        found.add(Finding::new(node.subject(CONTROLLER_NAMES), is, expected));
    };
    if names.is_empty() {
        add(node.says(CONTROLLER_NAMES), "the name of the controllers' listener");
        return Ok(());
    }
    // Here Kafka compares names as they are written, and those of listeners in upper case.
    let is_bound = |name: &str| listeners.bound.entries.iter().any(|endpoint| endpoint.name == name);
    if !listeners.is_controller {
        for name in names.iter().filter(|name| is_bound(name)) {
            let is = format!("{name} is a controllers' listener and in listeners of a node that is a broker only");
            add(is, "controllers' listeners on controllers only");
        }
        let protocols = listeners.protocols()?;
        for name in names.iter().map(|name| name.to_uppercase()) {
            let is_misspelt = protocols.malformed.iter().any(|bad| bad.to_string().contains(&name));
            if !protocols.entries.contains_key(&name) && !is_misspelt {
                let is = format!("{name} is not in {}", node.says(MAP));
                add(is, "a protocol for the controllers' listener, by which the broker reaches them");
            }
        }
        return Ok(());
    }
    if !listeners.bound.entries.is_empty() && !names.iter().any(|name| is_bound(name)) {
        let is = format!("{} and {}", node.says(CONTROLLER_NAMES), node.says("listeners"));
        add(is, "a name that listeners has, in upper case");
    } else if !listeners.is_broker {
        for endpoint in listeners.of_broker() {
            let is = format!("{endpoint} is not in {}", node.says(CONTROLLER_NAMES));
            add(is, "no other listeners on a node that is a controller only");
        }
    }
    Ok(())
}

fn unknown_prefix(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let node = &node.at_restart();
    let listeners = node.listeners()?;
    if !listeners.bound.malformed.is_empty() {
        // Names are missing; listener-malformed tells.
        return Ok(());
    }
    let mut names: BTreeSet<String> = listeners.bound.entries.iter().map(|bound| bound.name.to_lowercase()).collect();
    names.extend(listeners.controller_names.iter().map(|name| name.to_lowercase()));
    let mut wrong: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for key in node.settings.written_keys()? {
        let name = key.strip_prefix("listener.name.").and_then(|rest| Some(rest.split_once('.')?.0));
        if let Some(name) = name.filter(|name| !names.contains(*name)) {
            wrong.entry(name).or_default().push(key);
        }
    }
    for (name, keys) in wrong {
        let of_bound = names.contains(&name.to_lowercase());
        let is = if of_bound {
            format!("{}: Kafka looks for the prefix in lower case", keys.join(", "))
        } else {
            format!("{}: the node has no listener {}", keys.join(", "), name.to_uppercase())
        };
        let expected = if of_bound {
            format!("listener.name.{}.", name.to_lowercase())
        } else {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("listener.name. with one of {}", names.join(", "))
        };
        found.add(Finding::new(node.subject(keys[0]), is, expected));
    }
    Ok(())
}

fn early_start(node: &Node<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "early.start.listeners";
    let early = node.list(KEY)?;
    let listeners = node.listeners()?;
    let inter = listeners.inter_broker()?;
    let is_early = |name: &str| early.iter().any(|early| early.eq_ignore_ascii_case(name));
    let exposed: Vec<&str> = listeners.of_broker().map(|endpoint| endpoint.name.as_str()).collect();
    for name in exposed.into_iter().filter(|name| is_early(name) && *name != inter.name) {
        let is = format!("{} with {name}, which clients connect to", node.says(KEY));
        found.add(Finding::new(node.subject(KEY), is, "no listener of clients"));
    }
    Ok(())
}

fn inter_broker_differs(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each_cluster(fleet, On::Brokers, |nodes| {
        let (told, unknown) = values(&nodes, |node| {
            let listeners = node.listeners()?;
            let inter = listeners.inter_broker()?;
            let mechanism = match inter.protocol {
                Some(protocol) if protocol.is_sasl() => {
                    let key = "sasl.mechanism.inter.broker.protocol";
                    format!(" with {}", node.settings.given(key)?.unwrap_or("GSSAPI"))
                }
                _ => String::new(),
            };
            let protocol = inter.protocol.map_or("no protocol", crate::derive::listeners::Protocol::as_str);
            Ok(format!("{} ({protocol}{mechanism})", inter.name))
        });
        odd_ones(found, &told, |node, value, most| {
            let key = node.listeners().and_then(|listeners| listeners.inter_broker()).map(|inter| inter.key);
            Finding::new(node.subject(key.unwrap_or(INTER_BROKER_NAME)), value, format!("{most}, as on most brokers"))
        });
        unknown
    })
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    const B: &str = "broker-2";
    const ORDER: &[&str] = &["controller-listener-order"];
    const TWO: &str = "listeners=CLIENTS://0.0.0.0:9092,REPLICATION://0.0.0.0:9094";
    &[
        Example::broker("listener-malformed", "listeners=CLIENTS:/0.0.0.0:9092,REPLICATION://0.0.0.0:9094"),
        Example::broker("listener-malformed", "advertised.listeners=CLIENTS://broker-2.example.org,REPLICATION://broker-2.example.org:9094"),
        Example::broker("listener-malformed", "listener.security.protocol.map=CLIENTS:SSSL,REPLICATION:SSL,CONTROLLER:SSL"),
        Example::broker("listener-malformed", "listener.security.protocol.map=CLIENTS:SASL_SSL,REPLICATION:SSL,CONTROLLER:SL"),
        Example::made("listener-malformed", "security.inter.broker.protocol", |set| {
            set.remove(B, "inter.broker.listener.name");
            set.line(B, "security.inter.broker.protocol=TLS");
        })
        .also(&["interbroker-differs", "value-range"]),
        Example::made("listener-unmapped", "listener.security.protocol.map", |set| {
            set.line(B, &format!("{TWO},OTHER://0.0.0.0:9095"));
        }),
        Example::made("listener-unmapped", "listeners", |set| {
            set.line("controller-2", "listeners=CONTROLLER://controller-2.example.org:9093,SSL://:1");
            set.remove("controller-2", "listener.security.protocol.map");
        })
        .also(&["controller-listener-names"]),
        Example::broker("listener-duplicate", "listeners=CLIENTS://0.0.0.0:9092,REPLICATION://0.0.0.0:9092"),
        Example::made("listener-duplicate", "listeners", |set| {
            set.line(B, &format!("{TWO},clients://0.0.0.0:9096"));
        }),
        Example::broker("interbroker-both-set", "security.inter.broker.protocol=SSL"),
        Example::broker("controller-listener-names", "controller.listener.names=").also(ORDER),
        Example::broker("controller-listener-names", "controller.listener.names=CONTROLER").also(ORDER),
        Example::made("controller-listener-names", "controller.listener.names", |set| {
            set.line(B, &format!("{TWO},CONTROLLER://0.0.0.0:9093"));
        }),
        Example::broker("controller-listener-names", "controller.listener.names=REPLICATION").also(ORDER),
        Example::controller("controller-listener-names", "controller.listener.names=controller").also(ORDER),
        Example::made("controller-listener-names", "controller.listener.names", |set| {
            set.line("controller-2", "listeners=CONTROLLER://controller-2.example.org:9093,SSL://:9092");
            set.line("controller-2", "listener.security.protocol.map=CONTROLLER:SSL,SSL:SSL");
        }),
        Example::broker("listener-prefix-unknown", "listener.name.CLIENTS.ssl.keystore.location=/k.p12"),
        Example::broker("listener-prefix-unknown", "listener.name.client.ssl.keystore.location=/k.p12"),
        Example::broker("early-start-exposed", "early.start.listeners=REPLICATION, CLIENTS"),
        Example::broker("interbroker-differs", "inter.broker.listener.name=CLIENTS")
            .also(&["interbroker-mechanism-not-enabled"]),
        Example::made("interbroker-differs", "cluster", |set| {
            set.line("broker-1", "inter.broker.listener.name=CLIENTS");
            set.line("broker-1", "sasl.mechanism.inter.broker.protocol=PLAIN");
            set.line("broker-3", "inter.broker.listener.name=CLIENTS");
        })
        .also(&["interbroker-mechanism-not-enabled"]),
    ]
};
