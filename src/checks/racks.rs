//! Racks: whether replicas can be, and are, where they do not fail together.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::each;
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::fleet::{Fleet, Node, On};
use crate::derive::replication::topic_owner;

const RACK: &str = "broker.rack";
const RACK_DOCS: &str = "https://kafka.apache.org/documentation/#basic_ops_racks";
const FILES: &str = "the files of several brokers, or one file and DescribeCluster";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "rack-partial",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Some brokers have a rack, and others have none.",
        why: "KRaft takes those without for a rack of their own, and tools refuse to place replicas by racks: new \
              partitions may have all replicas in one rack.",
        fix: "Set broker.rack on every broker.",
        references: &[RACK_DOCS, "KIP-36", "kafka.admin.AdminUtils.assignReplicasToBrokers"],
        needs: FILES,
        run: Run::Together(On::Brokers, partial),
    },
    Check {
        id: "rack-absent",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "Three or more machines, and no racks.",
        why: "Kafka then places replicas without regard to what fails together: a rack, a zone, a switch.",
        fix: "Set broker.rack to the zone or rack of each broker, and move the replicas of existing topics.",
        references: &[RACK_DOCS, "KIP-36"],
        needs: FILES,
        run: Run::Together(On::Brokers, absent),
    },
    Check {
        id: "rack-too-few",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "There are fewer racks than replicas of a partition.",
        why: "Two replicas of each partition are in one rack: when it fails, one copy is left, and writes with \
              min.insync.replicas=2 stop.",
        fix: "Spread the brokers over as many racks as there are replicas.",
        references: &[RACK_DOCS],
        needs: FILES,
        run: Run::Together(On::Brokers, too_few),
    },
    Check {
        id: "rack-violation",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Replicas of a partition share racks that they need not share.",
        why: "The failure of one rack takes more copies than it has to; critical where it takes all of them.",
        fix: "Reassign the partition with kafka-reassign-partitions.sh, one replica in each rack.",
        references: &[RACK_DOCS, "KIP-36"],
        needs: "Metadata with Describe on the topics",
        run: Run::Node(On::Brokers, violation),
    },
    Check {
        id: "rack-uneven",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "Racks have unequal numbers of brokers.",
        why: "Each rack gets as many replicas as the others: the brokers of the smallest carry the most.",
        fix: "Give each rack as many brokers as the others.",
        references: &[RACK_DOCS],
        needs: FILES,
        run: Run::Together(On::Brokers, uneven),
    },
    Check {
        id: "rack-selector-unused",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "Consumers are to read from the nearest replica, and nothing tells which one that is.",
        why: "Without broker.rack the selector takes the leader, as if it were not set; a class that is not there stops \
              the broker.",
        fix: "Set broker.rack on every broker, or remove replica.selector.class.",
        references: &["KIP-392", "https://kafka.apache.org/documentation/#brokerconfigs_replica.selector.class"],
        needs: "the node's file or DescribeConfigs",
        run: Run::Node(On::Brokers, unused_selector),
    },
];

/// A broker and its rack.
struct Placed {
    subject: Subject,
    rack: Option<String>,
}

/// The brokers of a cluster: those that were looked at, and those that one of them tells of.
fn placed(nodes: &[&Node<'_>]) -> Result<Vec<Placed>, Unknown> {
    let mut brokers = Vec::new();
    let mut seen = BTreeSet::new();
    let mut unknown = None;
    for node in nodes {
        match node.settings.given(RACK) {
            Ok(rack) => {
                seen.extend(node.view.id);
                let rack = rack.filter(|rack| !rack.is_empty()).map(str::to_owned);
                brokers.push(Placed { subject: node.subject(RACK), rack });
            }
            Err(why) => unknown = Some(why),
        }
    }
    for node in nodes {
        for registered in node.registrations().map_or(&[][..], |told| &told.brokers) {
            if seen.insert(registered.broker.id) {
                let subject = Subject::Node(format!("broker {}", registered.broker.id));
                brokers.push(Placed { subject, rack: registered.broker.rack.clone() });
            }
        }
    }
    match unknown {
        Some(why) => Err(why),
        None if brokers.len() < 2 => {
            Err(Unknown::new("Only one broker was seen: name the others too, or ask it with --kafka.server."))
        }
        None => Ok(brokers),
    }
}

/// Judges the brokers of each cluster.
fn each_placed(fleet: &Fleet<'_>, mut judge: impl FnMut(&[&Node<'_>], Vec<Placed>) -> Evaluated) -> Evaluated {
    each(fleet.clusters(On::Brokers), |nodes| {
        let brokers = placed(&nodes)?;
        judge(&nodes, brokers)
    })
}

/// Brokers by rack; absent when some have none.
fn by_rack(brokers: &[Placed]) -> Option<BTreeMap<&str, usize>> {
    let mut racks = BTreeMap::new();
    for broker in brokers {
        *racks.entry(broker.rack.as_deref()?).or_default() += 1;
    }
    Some(racks)
}

fn partial(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each_placed(fleet, |_, brokers| {
        let with = brokers.iter().filter(|broker| broker.rack.is_some()).count();
        if with > 0 {
            for broker in brokers.iter().filter(|broker| broker.rack.is_none()) {
                let is = format!("no rack, while {with} of {} brokers have one", brokers.len());
                found.add(Finding::new(broker.subject.clone(), is, "broker.rack=RACK"));
            }
        }
        Ok(())
    })
}

fn absent(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each_placed(fleet, |nodes, brokers| {
        let mut hosts: BTreeSet<String> = BTreeSet::new();
        for node in nodes {
            let told = node.registrations().map_or(&[][..], |told| &told.brokers);
            hosts.extend(told.iter().map(|peer| peer.broker.host.to_lowercase()));
            let advertised = node.listeners()?.advertised()?.entries;
            let distant = advertised.iter().filter(|one| !one.address.is_wildcard() && !one.address.is_loopback());
            hosts.extend(distant.map(|one| one.address.host.to_lowercase()));
        }
        if brokers.len() >= 3 && hosts.len() >= 3 && brokers.iter().all(|broker| broker.rack.is_none()) {
            let is = format!("{} brokers on {} hosts, none with a rack", brokers.len(), hosts.len());
            found.add(Finding::new(Subject::Cluster, is, "broker.rack=RACK on each"));
        }
        Ok(())
    })
}

fn too_few(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    const FACTOR: &str = "default.replication.factor";
    each_placed(fleet, |nodes, brokers| {
        let Some(racks) = by_rack(&brokers) else { return Ok(()) };
        let mut replicas = 0;
        for node in nodes {
            replicas = replicas.max(node.number(FACTOR)?);
        }
        // More replicas than brokers are rf-default-gt-brokers' to tell.
        if (racks.len() as i64) < replicas.min(brokers.len() as i64) {
            let names: Vec<&str> = racks.into_keys().collect();
            let is = format!("{replicas} replicas by default, racks {}", names.join(", "));
            found.add(Finding::new(Subject::Cluster, is, "as many racks as replicas"));
        }
        Ok(())
    })
}

fn uneven(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each_placed(fleet, |_, brokers| {
        let Some(racks) = by_rack(&brokers) else { return Ok(()) };
        let (least, most) = (racks.values().min().copied(), racks.values().max().copied());
        if most > least.map(|least| least + 1) {
            let counts: Vec<String> = racks.iter().map(|(rack, count)| format!("{rack}: {count}")).collect();
            let is = format!("brokers by rack: {}", counts.join(", "));
            found.add(Finding::new(Subject::Cluster, is, "the same number in each"));
        }
        Ok(())
    })
}

fn violation(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let replication = node.replication()?;
    let cluster = replication.cluster;
    let rack_of: BTreeMap<i32, &str> =
        cluster.brokers.iter().filter_map(|broker| Some((broker.id, broker.rack.as_deref()?))).collect();
    // Brokers without one are rack-partial's to tell.
    if rack_of.len() < cluster.brokers.len() {
        return Ok(());
    }
    let racks: BTreeSet<&str> = rack_of.values().copied().collect();
    // One for all partitions: there are many.
    let mut used: Vec<&str> = Vec::new();
    for (index, topic) in cluster.partitions.topics().iter().enumerate() {
        if topic_owner(cluster, index) != Some(replication.id) {
            continue;
        }
        let (mut wrong, mut in_one) = (Vec::new(), 0);
        for partition in cluster.partitions.of_topic(index) {
            used.clear();
            used.extend(partition.replicas.iter().filter_map(|id| rack_of.get(id)));
            // A replica of a broker that is away may be in any rack.
            if used.len() < partition.replicas.len() {
                continue;
            }
            used.sort_unstable();
            used.dedup();
            if used.len() < partition.replicas.len().min(racks.len()) {
                in_one += usize::from(used.len() == 1);
                wrong.push(partition.row.partition.to_string());
            }
        }
        if !wrong.is_empty() {
            const NAMED_MAX: usize = 10;
            let severity = if in_one > 0 { Severity::Critical } else { Severity::Warning };
            let more = if wrong.len() > NAMED_MAX { ", ..." } else { "" };
            let named = wrong.iter().take(NAMED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
            let is = format!(
                "{} of {} partitions with replicas that share a rack, {in_one} of them all in one: {named}{more}",
                wrong.len(),
                topic.partitions(),
            );
            let subject = Subject::Topic(topic.name.to_string());
            found.add(Finding::new(subject, is, "each replica in a rack of its own").severity(severity));
        }
    }
    Ok(())
}

fn unused_selector(node: &Node<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "replica.selector.class";
    const KAFKAS: [&str; 2] = ["RackAwareReplicaSelector", "LeaderSelector"];
    let class = node.settings.given(KEY)?.unwrap_or("");
    let own = class.strip_prefix("org.apache.kafka.common.replica.");
    if own.is_some_and(|name| !KAFKAS.contains(&name)) {
        let expected = "org.apache.kafka.common.replica.RackAwareReplicaSelector";
        let finding = Finding::new(node.subject(KEY), format!("{KEY}={class}, which Kafka does not have"), expected);
        found.add(finding.severity(Severity::Critical));
    } else if own == Some(KAFKAS[0]) && node.settings.given(RACK)?.unwrap_or("").is_empty() {
        found.add(Finding::new(node.subject(KEY), format!("{KEY}={class} without {RACK}"), "broker.rack=RACK"));
    }
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    use crate::testing::partition;
    &[
        Example::made("rack-partial", "broker.rack of node 2", |set| set.remove("broker-2", RACK)),
        Example::broker("rack-partial", "broker.rack=").subject("broker.rack in broker-2"),
        Example::made("rack-absent", "cluster", |set| {
            ["broker-1", "broker-2", "broker-3"].into_iter().for_each(|node| set.remove(node, RACK));
        }),
        Example::broker("rack-too-few", "broker.rack=a").subject("cluster"),
        Example::made("rack-uneven", "cluster", |set| {
            set.line("broker-2", "broker.rack=a");
            for line in [
                "process.roles=controller,broker",
                "listeners=CONTROLLER://controller-1.example.org:9093,REPLICATION://controller-1.example.org:9094",
                "listener.security.protocol.map=CONTROLLER:SSL,REPLICATION:SSL",
                "inter.broker.listener.name=REPLICATION",
                "broker.rack=a",
                "max.connections=10000",
                "auto.create.topics.enable=false",
            ] {
                set.line("controller-1", line);
            }
        })
        .also(&["quorum-combined", "rack-too-few", "logdir-count-differs", "meta-dir-on-data-disk", "cluster-missing-broker"]),
        Example::made("rack-violation", "topic spread", |set| {
            set.topic("spread", &[partition(1, &[1, 2], &[1, 2]), partition(3, &[3, 1], &[3, 1])], Some(1));
            set.registered_racks(["a", "a", "b"]);
        }),
        Example::made("rack-selector-unused", "replica.selector.class in broker-2", |set| {
            set.brokers("replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelector");
            ["broker-1", "broker-2", "broker-3"].into_iter().for_each(|node| set.remove(node, RACK));
        })
        .also(&["rack-absent"]),
        Example::broker(
            "rack-selector-unused",
            "replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelectr",
        )
        .subject("replica.selector.class in broker-2"),
    ]
};
