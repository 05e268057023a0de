//! Who a node is, and which cluster it belongs to.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::fleet::{Fleet, Node, On};
use crate::snapshot::Stated;

const FILE: &str = "the node's file";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "id-missing",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A node without an id.",
        why: "Kafka refuses to start a KRaft node without node.id.",
        fix: "Set node.id, different on every broker and controller.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_node.id"],
        needs: FILE,
        run: Run::Node(On::Nodes, |node, found| {
            let node = &node.at_restart();
            let file = node.file()?;
            let stated = |key| !matches!(file.stated(key), Stated::Unset);
            let negative = node.number("node.id").is_ok_and(|id| id < 0);
            if node.is_kraft()? && (negative || !(stated("node.id") || stated("broker.id"))) {
                found.add(Finding::new(node.subject("node.id"), node.says("node.id"), "an id of 0 or more"));
            }
            Ok(())
        }),
    },
    Check {
        id: "id-node-vs-broker",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "node.id and broker.id differ.",
        why: "Both are the same setting: Kafka refuses to start when they say different things.",
        fix: "Remove broker.id.",
        references: &["kafka.server.KafkaConfig.validateValues"],
        needs: FILE,
        run: Run::Node(On::Nodes, |node, found| {
            let file = node.file()?;
            if let (Some(id), Some(other)) = (file.get("node.id"), file.get("broker.id"))
                && id != other
            {
                let is = format!("broker.id={other}, node.id={id}");
                found.add(Finding::new(node.at_restart().subject("broker.id"), is, "node.id alone"));
            }
            Ok(())
        }),
    },
    Check {
        id: "id-generated",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A broker that chooses its id by itself.",
        why: "A machine that is set up anew becomes a new broker: the replicas of the old one stay missing until somebody \
              moves them.",
        fix: "Set broker.id to the id that the broker has (meta.properties in its log directory).",
        references: &["https://kafka.apache.org/39/documentation.html#brokerconfigs_broker.id.generation.enable"],
        needs: FILE,
        run: Run::Node(On::Brokers, |node, found| {
            let file = node.file()?;
            let unset = |key| matches!(file.stated(key), Stated::Unset | Stated::Value("-1"));
            if !node.at_restart().is_kraft()? && unset("broker.id") && unset("node.id") {
                found.add(Finding::new(node.subject("broker.id"), "unset: generated", "an id"));
            }
            Ok(())
        }),
    },
    Check {
        id: "id-over-reserved",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A broker's id lies in the range of generated ones.",
        why: "With ZooKeeper Kafka refuses to start with a broker.id above reserved.broker.max.id.",
        fix: "Choose an id up to 1000, raise reserved.broker.max.id, or set broker.id.generation.enable=false.",
        references: &["https://kafka.apache.org/39/documentation.html#brokerconfigs_reserved.broker.max.id"],
        needs: FILE,
        run: Run::Node(On::Brokers, |node, found| {
            let file = node.file()?;
            let node = &node.at_restart();
            let reserved = || file.get("reserved.broker.max.id").map_or(Ok(1_000), str::parse::<i64>);
            let generated = !file.get("broker.id.generation.enable").is_some_and(|flag| flag.eq_ignore_ascii_case("false"));
            let id = file.get("broker.id").and_then(|id| id.parse::<i64>().ok());
            if let (false, true, Some(id), Ok(most)) = (node.is_kraft()?, generated, id, reserved())
                && id > most
            {
                found.add(Finding::new(node.subject("broker.id"), id.to_string(), format!("at most {most}")));
            }
            Ok(())
        }),
    },
    Check {
        id: "role-missing",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A node without process.roles, in a cluster or release without ZooKeeper.",
        why: "Without process.roles Kafka up to 3.9 looks for ZooKeeper, and later releases refuse to start.",
        fix: "Set process.roles=broker or process.roles=controller.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_process.roles"],
        needs: FILE,
        run: Run::Fleet(role_missing),
    },
    Check {
        id: "role-duplicate",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A role stands in process.roles twice.",
        why: "Kafka refuses to start.",
        fix: "Name each role once.",
        references: &["kafka.server.KafkaConfig.parseProcessRoles"],
        needs: FILE,
        run: Run::Node(On::Nodes, |node, found| {
            const KEY: &str = "process.roles";
            let node = &node.at_restart();
            let roles = node.list(KEY)?;
            if roles.iter().collect::<BTreeSet<_>>().len() < roles.len() {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "each role once"));
            }
            Ok(())
        }),
    },
    Check {
        id: "zk-and-kraft",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A node with process.roles names a ZooKeeper, and no migration is under way.",
        why: "One of the two is left over: Kafka 3.x refuses to start with both unless it migrates, 4.0 ignores ZooKeeper.",
        fix: "Remove zookeeper.connect and the other zookeeper.* lines.",
        references: &["https://kafka.apache.org/documentation/#kraft_zk_migration"],
        needs: FILE,
        run: Run::Node(On::Nodes, |node, found| {
            const KEY: &str = "zookeeper.connect";
            let file = node.file()?;
            let migrates = file.get("zookeeper.metadata.migration.enable").is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
            if node.at_restart().is_kraft()? && !migrates && file.get(KEY).is_some_and(|set| !set.is_empty()) {
                found.add(Finding::new(node.subject(KEY), "set beside process.roles", "no such line"));
            }
            Ok(())
        }),
    },
    Check {
        id: "zk-migration-left-on",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "The migration from ZooKeeper is still switched on.",
        why: "Until it is finished, controllers write every change to ZooKeeper too, and the cluster cannot be upgraded to 4.0.",
        fix: "Finish the migration, then remove zookeeper.metadata.migration.enable from every file.",
        references: &["https://kafka.apache.org/39/documentation.html#kraft_zk_migration", "KIP-866"],
        needs: FILE,
        run: Run::Node(On::Nodes, |node, found| {
            const KEY: &str = "zookeeper.metadata.migration.enable";
            if node.file()?.get(KEY).is_some_and(|flag| flag.eq_ignore_ascii_case("true")) {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "no such line"));
            }
            Ok(())
        }),
    },
    Check {
        id: "cluster-split-zk",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Brokers name different ZooKeepers, or different roots in one.",
        why: "A broker without the chroot of the others is a cluster of its own: it takes topics and clients, and shares \
              nothing.",
        fix: "Copy one zookeeper.connect line, with its chroot, to every broker.",
        references: &["https://kafka.apache.org/39/documentation.html#brokerconfigs_zookeeper.connect"],
        needs: "the files of two brokers or more",
        run: Run::Fleet(split_zookeeper),
    },
    Check {
        id: "cluster-id-differs",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "The nodes that were looked at belong to different clusters.",
        why: "Clients that know all of them reach one cluster or the other, as it happens: half of the data is missing to \
              each.",
        fix: "Look at where each node says it belongs, and take the stranger out of the bootstrap lists.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs"],
        needs: "Metadata or DescribeCluster of two nodes or more, or their meta.properties",
        run: Run::Fleet(|fleet, found| {
            let mut by_id: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            let mut silent = 0;
            for node in fleet.on(On::Brokers) {
                match crate::derive::node::cluster_id(node.view.node, fleet.now).filter(|id| !id.is_empty()) {
                    Some(id) => by_id.entry(id).or_default().push(node.name()),
                    None => silent += 1,
                }
            }
            if by_id.len() > 1 {
                let said: Vec<String> = by_id.iter().map(|(id, nodes)| format!("{id}: {}", nodes.join(", "))).collect();
                found.add(Finding::new(Subject::Cluster, said.join("; "), "one cluster id"));
            }
            match (by_id.len(), silent) {
                (0, _) => Err(Unknown::new("It compares brokers, and none of them told its cluster.")),
                (_, 0) => Ok(()),
                _ => Err(Unknown::new(format!("{silent} brokers did not tell their cluster."))),
            }
        }),
    },
    Check {
        id: "cluster-missing-broker",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A broker that has a file is not among the live ones.",
        why: "It is down, fenced, or registered with another cluster: its replicas are missing.",
        fix: "Look at that broker's log; start it.",
        references: &["https://kafka.apache.org/documentation/#design_brokermanagement"],
        needs: "the brokers' files, and Metadata of a live broker",
        run: Run::Fleet(missing_broker),
    },
];

fn role_missing(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "process.roles";
    /// The first release without ZooKeeper.
    const NO_ZOOKEEPER: crate::keys::Version = crate::keys::Version(4, 0, 0);
    let mut judged = Err(Unknown::new("No node's file was read."));
    let others_have = fleet.on(On::Nodes).any(|node| node.at_restart().is_kraft().unwrap_or(false));
    for node in fleet.on(On::Nodes) {
        let Ok(file) = node.file() else { continue };
        judged = Ok(());
        let has_zookeeper = !matches!(file.stated("zookeeper.connect"), Stated::Unset);
        let is_new = node.settings.release.is_some_and(|release| release >= NO_ZOOKEEPER);
        if matches!(file.stated(KEY), Stated::Unset | Stated::Value("")) && (is_new || (others_have && !has_zookeeper)) {
            found.add(Finding::new(Subject::Node(node.name()), "no process.roles", "broker or controller"));
        }
    }
    judged
}

fn split_zookeeper(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "zookeeper.connect";
    // Hosts in any order are one ensemble; what follows the last host is the chroot.
    let shape = |text: &str| {
        let (hosts, root) = text.find('/').map_or((text, ""), |at| text.split_at(at));
        let hosts: BTreeSet<String> = hosts.split(',').map(|host| host.trim().to_ascii_lowercase()).collect();
        (hosts, root.trim_end_matches('/').to_owned())
    };
    let named = |node: &Node<'_>| Some(shape(node.file().ok()?.get(KEY).filter(|set| !set.is_empty())?));
    let nodes: Vec<(&Node<'_>, (BTreeSet<String>, String))> =
        fleet.on(On::Brokers).filter_map(|node| Some((node, named(node)?))).collect();
    if nodes.len() < 2 {
        // Without ZooKeeper there is nothing to be split.
        let kraft = fleet.on(On::Brokers).any(|node| node.at_restart().is_kraft().unwrap_or(false));
        let why = "It compares brokers' files, and fewer than two name a ZooKeeper.";
        return if kraft { Ok(()) } else { Err(Unknown::new(why)) };
    }
    for (node, (hosts, root)) in &nodes {
        // Several clusters in one folder have ensembles of their own; one ensemble with two roots is a mistake.
        let strangers = nodes.iter().filter(|(_, (other, other_root))| !other.is_disjoint(hosts) && other_root != root).count();
        let alike = nodes.iter().filter(|(_, (other, other_root))| !other.is_disjoint(hosts) && other_root == root).count();
        if strangers >= alike && strangers > 0 {
            found.add(Finding::new(node.subject(KEY), node.says(KEY), "the same root as on the other brokers"));
        }
    }
    Ok(())
}

fn missing_broker(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let mut alive: BTreeSet<i32> = BTreeSet::new();
    let mut unknown = Unknown::new("No running node was asked: --kafka.server=HOST:PORT asks one.");
    let mut seen = false;
    for node in fleet.on(On::Brokers) {
        match node.replication() {
            Ok(replication) => {
                seen = true;
                alive.extend(replication.cluster.brokers.iter().map(|broker| broker.id));
            }
            Err(why) => unknown = why,
        }
    }
    if !seen {
        return Err(unknown);
    }
    let mut judged = Err(Unknown::new("It compares brokers' files with the live ones, and no file was read."));
    for node in fleet.on(On::Brokers) {
        let Some(id) = node.file().ok().and_then(|file| file.node_id()) else { continue };
        judged = Ok(());
        if !alive.contains(&id) {
            let is = format!("broker {id} is not alive");
            found.add(Finding::new(Subject::Node(node.name()), is, "a live broker"));
        }
    }
    judged
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    const ELSEWHERE: &[&str] = &["quorum-none", "interbroker-differs", "cluster-split-zk", "role-missing", "key-removed"];
    &[
        Example::broker("id-missing", "node.id=-1").also(&["cluster-missing-broker", "value-range"]),
        Example::broker("id-node-vs-broker", "broker.id=3"),
        Example::made("id-generated", "broker-2", |set| {
            set.remove("broker-2", "node.id");
            set.with_zookeeper("zk-1:2181,zk-2:2181/kafka");
        })
        .also(ELSEWHERE),
        Example::made("id-over-reserved", "broker.id in broker-2", |set| {
            set.with_zookeeper("zk-1:2181,zk-2:2181/kafka");
            set.remove("broker-2", "node.id");
            set.line("broker-2", "broker.id=2000");
        })
        .also(&["cluster-missing-broker", "role-missing", "key-removed"]),
        Example::made("role-missing", "broker-2", |set| set.remove("broker-2", "process.roles")),
        Example::broker("role-duplicate", "process.roles=broker,broker"),
        Example::broker("zk-and-kraft", "zookeeper.connect=zk:2181").also(&["key-removed"]),
        Example::broker("zk-migration-left-on", "zookeeper.metadata.migration.enable=true").also(&["key-removed"]),
        Example::made("cluster-split-zk", "zookeeper.connect in broker-2", |set| {
            set.with_zookeeper("zk-1:2181,zk-2:2181/kafka");
            set.line("broker-2", "zookeeper.connect=zk-1:2181,zk-2:2181");
        })
        .also(&["role-missing", "key-removed"]),
        Example::made("cluster-id-differs", "cluster", |set| set.cluster_id("broker-2", "another")),
        Example::made("cluster-missing-broker", "broker-2", |set| set.line("broker-2", "node.id=7")),
    ]
};
