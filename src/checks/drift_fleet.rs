//! Nodes against each other: settings, features, what a topic gets from whom leads it, throttles left behind.

use std::collections::{BTreeMap, BTreeSet};

use super::drift_dynamic::THROTTLES;
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::config_classes::{Class, MUST_EQUAL, class, form};
use crate::derive::fleet::{Fleet, Node, On};
use crate::derive::node::is_controller_only;
use crate::derive::settings::{From, Setting};
use crate::keys::same_value;
use crate::snapshot::ConfigSource;

const BROKER_DOCUMENTATION: &str = "https://kafka.apache.org/documentation/#brokerconfigs";
const SETTINGS: &str = "the files, or DescribeConfigs, of at least two nodes; secrets are not compared (brokerwatch baseline \
                        compares them with --secrets.key-file)";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "drift-broker-vs-broker",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Nodes of one role and release have different values for a setting.",
        why: "What holds for a topic then changes with its leader: after a failover messages are kept for another time, \
              refused at another size, or acknowledged with fewer copies.",
        fix: "Give the setting one value on all nodes of the role.",
        references: &[BROKER_DOCUMENTATION],
        needs: SETTINGS,
        run: Run::Fleet(between_peers),
    },
    Check {
        id: "drift-controller-vs-broker",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Controllers and brokers were started with different values for a setting that both use.",
        why: "Controllers decide over elections, over sessions, and over topics that are made without values of their own; \
              brokers over the rest. Each believes its own file.",
        fix: "Give the setting one value in the files of brokers and controllers.",
        references: &[BROKER_DOCUMENTATION, "KIP-500"],
        needs: "the files, or DescribeConfigs, of brokers and of controllers",
        run: Run::Fleet(controllers_and_brokers),
    },
    Check {
        id: "drift-topic-effective",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "What holds for a topic depends on which broker leads its partitions.",
        why: "A topic without a value of its own gets that of the broker that leads the partition: some partitions are less \
              safe, or kept for a shorter time, than others.",
        fix: "Set the value on the topic, or make the brokers agree.",
        references: &["https://kafka.apache.org/documentation/#topicconfigs", "kafka.server.ConfigHelper"],
        needs: "DescribeConfigs on the topics, from at least two brokers",
        run: Run::Fleet(topics_by_leader),
    },
    Check {
        id: "drift-feature",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Nodes know different finalized levels of a cluster feature.",
        why: "A finalized level holds for the whole cluster: a node that knows another one no longer follows the metadata, or \
              is of another cluster.",
        fix: "Look at the node's log and at kafka_quorum_* for its lag; restart it when it does not catch up.",
        references: &["KIP-584"],
        needs: "ApiVersions of at least two nodes",
        run: Run::Fleet(features),
    },
    Check {
        id: "throttle-left",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A replication throttle is still set, and no reassignment is under way.",
        why: "Followers that fall behind may not catch up faster than the throttle lets them, for as long as it stays.",
        fix: "kafka-reassign-partitions.sh --verify with the plan that set it, or remove it with kafka-configs.sh.",
        references: &["https://kafka.apache.org/documentation/#rep-throttle", "KIP-73"],
        needs: "DescribeConfigs of the brokers, and the reassignments that the live broker of the lowest id is told",
        run: Run::Fleet(throttles),
    },
];

/// Nodes of one kind and release.
type Peers<'f, 'a> = BTreeMap<(bool, Option<crate::keys::Version>), Vec<&'f Node<'a>>>;

fn peers<'f, 'a>(fleet: &'f Fleet<'a>) -> Peers<'f, 'a> {
    let mut peers: Peers<'f, 'a> = BTreeMap::new();
    for node in fleet.on(On::Nodes) {
        let controller = is_controller_only(node.view.node, node.view.now);
        peers.entry((controller, node.settings.release)).or_default().push(node);
    }
    peers
}

/// Values of several nodes, equal ones together; the largest group first.
fn groups<'f, 'a, V>(values: Vec<(&'f Node<'a>, V)>, same: impl Fn(&V, &V) -> bool) -> Vec<Vec<(&'f Node<'a>, V)>> {
    let mut groups: Vec<Vec<(&Node<'_>, V)>> = Vec::new();
    for (node, value) in values {
        match groups.iter_mut().find(|group| same(&group[0].1, &value)) {
            Some(group) => group.push((node, value)),
            None => groups.push(vec![(node, value)]),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    groups
}

/// The node whose value differs, with the line where its file says so.
fn culprit(node: &Node<'_>, key: &str) -> Subject {
    match node.effective(key).map(|setting| setting.from) {
        Ok(From::Running(ConfigSource::Static)) => node.at_restart().subject(key),
        _ => node.subject(key),
    }
}

fn names(nodes: &[&Node<'_>]) -> String {
    let names: Vec<String> = nodes.iter().map(|node| node.name()).collect();
    names.join(", ")
}

/// One finding for each node that is in the minority; without a majority one for all.
fn differ<V: std::fmt::Display>(
    key: &str,
    groups: &[Vec<(&Node<'_>, V)>],
    severity: Severity,
    found: &mut Found,
) {
    let total: usize = groups.iter().map(Vec::len).sum();
    let shown = |value: &V| match value.to_string() {
        empty if empty.is_empty() => "nothing".to_owned(),
        value => value,
    };
    let others = |group: &[(&Node<'_>, V)]| {
        let nodes: Vec<&Node<'_>> = group.iter().map(|(node, _)| *node).collect();
        format!("{} on {}", shown(&group[0].1), names(&nodes))
    };
    if groups[0].len() * 2 > total {
        for (node, value) in groups[1..].iter().flatten() {
            let finding = Finding::new(culprit(node, key), format!("{key}: {}", shown(value)), others(&groups[0]));
            found.add(finding.severity(severity));
        }
    } else {
        let all: Vec<String> = groups.iter().map(|group| others(group)).collect();
        let nodes: Vec<&Node<'_>> = groups.iter().flatten().map(|(node, _)| *node).collect();
        let subject = Subject::Setting { node: names(&nodes), line: None, key: key.to_owned() };
        found.add(Finding::new(subject, format!("{key}: {}", all.join("; ")), "one value").severity(severity));
    }
}

fn between_peers(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let mut compared = false;
    for peers in peers(fleet).into_values().filter(|peers| peers.len() > 1) {
        let mut keys: BTreeSet<&str> = BTreeSet::new();
        for node in &peers {
            keys.extend(node.settings.running.into_iter().flat_map(BTreeMap::keys).map(String::as_str));
            keys.extend(node.settings.file.into_iter().flat_map(|file| file.effective()).map(|entry| entry.key.as_str()));
        }
        compared |= peers.iter().filter(|node| node.settings.running.is_some() || node.settings.file.is_some()).count() > 1;
        let shared = share_a_machine(&peers);
        for key in keys {
            let severity = match class(key) {
                Class::Own => continue,
                Class::EqualEverywhere | Class::EqualOnBrokers => Severity::Critical,
                Class::EqualInForm if key == "log.dirs" => Severity::Info,
                Class::EqualInForm | Class::Other => Severity::Warning,
                Class::Hardware => Severity::Info,
            };
            let values: Vec<(&Node<'_>, String)> = peers.iter().filter_map(|node| Some((*node, comparable(node, key, shared)?))).collect();
            let groups = groups(values, |a, b| same_value(key, a, b));
            if groups.len() > 1 {
                differ(key, &groups, severity, found);
            }
        }
    }
    if compared { Ok(()) } else { Err(Unknown::new("Fewer than two nodes of one role and release tell their settings.")) }
}

/// Whether two of the nodes tell clients the same host: then their ports have to differ.
fn share_a_machine(peers: &[&Node<'_>]) -> bool {
    let mut hosts = BTreeSet::new();
    let host = |node: &Node<'_>| {
        let listeners = node.text("advertised.listeners").or_else(|_| node.text("listeners")).ok()?;
        Some(listeners.split(',').next()?.split_once("://")?.1.rsplit_once(':')?.0.to_owned())
    };
    peers.iter().filter_map(|node| host(node)).any(|host| !hosts.insert(host))
}

/// What of a node's value is compared with its peers'; absent when it is not told, is a secret, or is a dynamic value of
/// this node alone (drift-dynamic-per-broker).
fn comparable(node: &Node<'_>, key: &str, shared: bool) -> Option<String> {
    let running = node.settings.running.and_then(|running| running.get(key));
    if running.is_some_and(|running| running.withheld.is_some()) {
        // What Kafka does not tell may stand in the file.
        return node.settings.written(key).ok().map(|setting| setting.value.to_owned());
    }
    if node.settings.running.is_some() && running.is_none() {
        // Every key that is set is told: this one is not.
        return node.settings.default(key).ok().map(|value| form(key, value, shared));
    }
    let Setting { value, from } = node.effective(key).ok()?;
    (from != From::Running(ConfigSource::DynamicBroker)).then(|| form(key, value, shared))
}

/// What a node was started with for `key`, in its own words or those of its file.
fn started_with<'a>(node: &Node<'a>, key: &str) -> Result<&'a str, Unknown> {
    let running = node.settings.running.and_then(|running| running.get(key));
    match running {
        Some(running) if running.withheld.is_none() => match running.given_by(ConfigSource::Static) {
            Some(value) => Ok(value),
            None if running.source == ConfigSource::Default => Ok(running.value.as_deref().unwrap_or("")),
            None => Ok(node.settings.default(key)?),
        },
        _ => node.settings.written(key).map(|setting| setting.value),
    }
}

fn controllers_and_brokers(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let controller = |node: &&Node<'_>| is_controller_only(node.view.node, node.view.now);
    let (controllers, brokers): (Vec<_>, Vec<_>) = fleet.on(On::Nodes).partition(controller);
    if controllers.is_empty() || brokers.is_empty() {
        return Err(Unknown::new("Among what was looked at are not both brokers and controllers that are no brokers."));
    }
    let mut why = None;
    // These three are told as rf-controller-defaults-missing.
    let told_elsewhere = ["default.replication.factor", "min.insync.replicas", "num.partitions"];
    let everywhere = MUST_EQUAL.iter().filter(|(_, class)| *class == Class::EqualEverywhere);
    for (key, _) in everywhere.filter(|(key, _)| !told_elsewhere.contains(key)) {
        let mut told = |nodes: &[&'_ Node<'_>]| -> Vec<String> {
            let values = nodes.iter().map(|node| started_with(node, key));
            values.filter_map(|value| value.map_err(|reason| why = why.take().or(Some(reason))).ok()).map(str::to_owned).collect()
        };
        let (ours, theirs) = (told(&brokers), told(&controllers));
        let (Some(broker), Some(controller)) = (ours.first(), theirs.first()) else { continue };
        // Brokers that differ among themselves, or controllers, are another check's.
        let uniform = |values: &[String]| values.iter().all(|value| same_value(key, value, &values[0]));
        if uniform(&ours) && uniform(&theirs) && !same_value(key, broker, controller) {
            let shown = |value: &str| if value.is_empty() { "nothing".to_owned() } else { value.to_owned() };
            let is = format!("{key}: {} on controllers, {} on brokers", shown(controller), shown(broker));
            found.add(Finding::new(culprit(controllers[0], key), is, "one value"));
        }
    }
    why.map_or(Ok(()), Err)
}

fn topics_by_leader(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    const KEYS: [&str; 6] = [
        "cleanup.policy",
        "max.message.bytes",
        "min.insync.replicas",
        "retention.bytes",
        "retention.ms",
        "unclean.leader.election.enable",
    ];
    let (mut why, mut brokers) = (None, Vec::new());
    for node in fleet.on(On::Brokers) {
        match node.configs() {
            Ok(configs) => brokers.push((node, configs)),
            Err(reason) => why = why.or(Some(reason)),
        }
    }
    if brokers.len() < 2 {
        return Err(why.unwrap_or_else(|| Unknown::new("Fewer than two brokers were asked about their topics.")));
    }
    let topics: BTreeSet<&str> = brokers.iter().flat_map(|(_, configs)| configs.topics.keys()).map(|topic| &**topic).collect();
    let mut differing: BTreeMap<&str, Vec<(&str, String)>> = BTreeMap::new();
    for topic in topics {
        let leaders: Vec<_> = brokers.iter().filter(|(_, configs)| configs.topics.contains_key(topic)).collect();
        let settings: Vec<_> = leaders.iter().map(|(node, _)| (*node, node.topic_settings(topic))).collect();
        for key in KEYS {
            let mut values = Vec::new();
            for (node, settings) in &settings {
                match settings.clone().and_then(|settings| settings.get(key)) {
                    Ok(setting) => values.push((*node, setting.value.into_owned())),
                    Err(reason) => why = why.or(Some(reason)),
                }
            }
            let groups = groups(values, |a, b| same_value(key, a, b));
            if groups.len() > 1 {
                let told = groups.iter().map(|group| {
                    let nodes: Vec<&Node<'_>> = group.iter().map(|(node, _)| *node).collect();
                    format!("{} led by {}", group[0].1, names(&nodes))
                });
                differing.entry(key).or_default().push((topic, told.collect::<Vec<_>>().join("; ")));
            }
        }
    }
    for (key, topics) in differing {
        let (first, told) = &topics[0];
        let more = if topics.len() > 1 { format!(" ({} topics in all)", topics.len()) } else { String::new() };
        let is = format!("{key} of topic {first}: {told}{more}");
        let subject = Subject::Setting { node: format!("topic {first}"), line: None, key: key.to_owned() };
        found.add(Finding::new(subject, is, "one value, whoever leads"));
    }
    why.map_or(Ok(()), Err)
}

fn features(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let answers: Vec<_> = fleet.nodes.iter().filter_map(|node| Some((node, node.view.node.liveness.fresh(node.view.now)?))).collect();
    if answers.len() < 2 {
        return Err(Unknown::new("Fewer than two nodes answer."));
    }
    let keys: BTreeSet<&String> = answers.iter().flat_map(|(_, liveness)| liveness.finalized_features.keys()).collect();
    for key in keys {
        let level = |(node, liveness): &(_, &crate::snapshot::Liveness)| {
            (*node, liveness.finalized_features.get(key).map_or_else(|| "0".to_owned(), i16::to_string))
        };
        let groups = groups(answers.iter().map(level).collect(), |a, b| a == b);
        if groups.len() > 1 {
            differ(key, &groups, Severity::Warning, found);
        }
    }
    Ok(())
}

fn throttles(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    const OF_TOPICS: [&str; 2] = ["follower.replication.throttled.replicas", "leader.replication.throttled.replicas"];
    let (mut left, mut topics, mut why, mut looked) = (Vec::new(), BTreeSet::new(), None, 0);
    for node in fleet.on(On::Brokers) {
        let configs = match super::drift::running(node) {
            Ok((configs, _)) => configs,
            Err(reason) => {
                why = why.or(Some(reason));
                continue;
            }
        };
        looked += 1;
        let settings = configs.broker.iter().flatten();
        left.extend(
            settings
                .filter(|(key, value)| THROTTLES.contains(&key.as_str()) && value.source.is_dynamic())
                .map(|(key, value)| (node, key, value.value.clone().unwrap_or_default())),
        );
        let throttled = configs.topics.iter().filter(|(_, topic)| OF_TOPICS.iter().any(|key| topic.overrides.get(key).is_some()));
        topics.extend(throttled.map(|(name, _)| name.to_string()));
    }
    if left.is_empty() && topics.is_empty() {
        let none = || Unknown::new("Among what was looked at are no brokers.");
        return why.map_or_else(|| if looked == 0 { Err(none()) } else { Ok(()) }, Err);
    }
    let reassignments = fleet.nodes.iter().filter_map(|node| node.view.node.reassignments.fresh(node.view.now));
    match reassignments.filter(|reassignments| reassignments.whole_cluster).map(|all| all.partitions.len()).max() {
        None => {
            return Err(Unknown::new("A replication throttle is set; whether a reassignment is under way is told to the live broker of the lowest id."));
        }
        Some(0) => {}
        Some(_) => return why.map_or(Ok(()), Err),
    }
    for (node, key, value) in left {
        let id = node.view.id.map_or_else(|| "ID".to_owned(), |id| id.to_string());
        let fix = format!(
            "kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type brokers --entity-name {id} --delete-config {key}"
        );
        found.add(Finding::new(node.subject(key), format!("{key}={value} bytes/s (dynamic)"), "none").fix(fix));
    }
    for topic in topics {
        let fix = format!(
            "kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type topics --entity-name {topic} --delete-config {}",
            OF_TOPICS.join(",")
        );
        found.add(Finding::new(Subject::Topic(topic), "throttled replicas are named on the topic", "none").fix(fix));
    }
    why.map_or(Ok(()), Err)
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    use crate::snapshot::ConfigValue;
    &[
        Example::made("drift-broker-vs-broker", "message.max.bytes in broker-3.properties:", |set| {
            set.line("broker-3", "message.max.bytes=1048500");
        })
        .also(&["drift-topic-effective"]),
        Example::made("drift-broker-vs-broker", "log.retention.hours in broker-1.properties:", |set| {
            set.line("broker-1", "log.retention.hours=24");
        })
        .also(&["drift-topic-effective"]),
        Example::made("drift-broker-vs-broker", "replica.fetch.wait.max.ms in broker-2.properties:", |set| {
            set.line("broker-2", "replica.fetch.wait.max.ms=400");
        }),
        Example::made("drift-controller-vs-broker", "broker.session.timeout.ms in controller-1.properties:", |set| {
            set.controllers("broker.session.timeout.ms=20000");
        }),
        Example::made("drift-topic-effective", "min.insync.replicas of topic orders", |set| {
            set.configs("broker-3", |configs| {
                configs.topics.get_mut("orders").unwrap().min_insync_replicas = Some((1, ConfigSource::Static));
            });
        }),
        Example::made("drift-feature", "group.version of node 2", |set| {
            set.finalized("broker-2", "group.version", 1);
        }),
        Example::made("throttle-left", "leader.replication.throttled.rate of node 2", |set| {
            set.configs("broker-2", |configs| {
                let value = ConfigValue::new("1000", ConfigSource::DynamicBroker);
                configs.broker.as_mut().unwrap().insert("leader.replication.throttled.rate".to_owned(), value);
            });
        }),
        Example::made("throttle-left", "topic orders", |set| {
            set.all_configs(|configs| {
                let entry = ("leader.replication.throttled.replicas".into(), Some("0:1".into()));
                configs.topics.get_mut("orders").unwrap().overrides = [entry].into_iter().collect();
            });
        }),
    ]
};
