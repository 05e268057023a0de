//! Several nodes on one machine that take each other's names and ports, or fail together.

use std::collections::BTreeMap;

use super::one_machine::{for_machines, might_collide, told_apart, unplaced};
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::fleet::{Fleet, On};
use crate::derive::machines::{Machine, Member, Proof, machines};
use crate::derive::listeners::{DEFAULT_LISTENERS, Endpoint, endpoints};
use crate::derive::voters::{VOTERS, voters};
use crate::snapshot::Form;

const NEEDS: &str = "the machine's /proc and the files of its Kafka processes; nodes on other machines: their snapshots";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "host-nodeid-duplicate",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "Two nodes of a cluster have the same id.",
        why: "The controller refuses the second only while the first has a session: after a crash or a long pause the other \
              takes the identity over and may be elected leader without the data. Brokers and controllers share one range.",
        fix: "Stop the twin and give it an id of its own; format its directories anew, they hold the wrong id.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_node.id", "https://kafka.apache.org/documentation/#kraft_role"],
        needs: "the files or processes of both nodes, and which cluster they belong to",
        run: Run::Together(On::Nodes, duplicate_id),
    },
    Check {
        id: "host-listener-port-collision",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "Two nodes of one machine listen on the same port.",
        why: "The second one cannot bind it: it ends at its next start, or never was the one that answers there.",
        fix: "Give each node of the machine ports of its own in listeners and advertised.listeners.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_listeners"],
        needs: NEEDS,
        run: Run::Together(On::Nodes, ports),
    },
    Check {
        id: "host-jmx-port-collision",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Two nodes of one machine have the same port for JMX or for a Java agent.",
        why: "The second one does not start, or runs without its metrics.",
        fix: "Set JMX_PORT, or the agent's port, for each node.",
        references: &["https://kafka.apache.org/documentation/#remote_jmx"],
        needs: NEEDS,
        run: Run::Together(On::Nodes, monitoring_ports),
    },
    Check {
        id: "host-applog-shared",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Two nodes of one machine write their own logs to the same files.",
        why: "server.log and the log of the garbage collector overwrite or mix: after a failure the evidence is gone.",
        fix: "Set LOG_DIR (-Dkafka.logs.dir) and the file of -Xlog:gc for each node.",
        references: &["https://kafka.apache.org/documentation/#monitoring"],
        needs: NEEDS,
        run: Run::Together(On::Nodes, app_logs),
    },
    Check {
        id: "host-replicas-colocated",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Partitions have several replicas on one machine.",
        why: "When the machine fails these replicas fail together: the replication factor is lower than it seems.",
        fix: "Give the brokers of one machine the same broker.rack, then move replicas with kafka-reassign-partitions.sh.",
        references: &["https://kafka.apache.org/documentation/#basic_ops_racks"],
        needs: "Metadata, and the machine's /proc",
        run: Run::Together(On::Nodes, replicas),
    },
    Check {
        id: "host-rack-unset-colocated",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Brokers of one machine have no broker.rack in common.",
        why: "Kafka knows only racks: it places replicas of one partition on several brokers of this machine.",
        fix: "Set the same broker.rack for all brokers of a machine, and another one for each further machine.",
        references: &["https://kafka.apache.org/documentation/#basic_ops_racks"],
        needs: NEEDS,
        run: Run::Together(On::Nodes, racks),
    },
    Check {
        id: "host-controllers-colocated",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A majority of the controller quorum runs on one machine.",
        why: "When that machine fails the cluster has no controller: no leader can be elected, no topic changed.",
        fix: "Move controllers so that no machine has a majority of them.",
        references: &["https://kafka.apache.org/documentation/#kraft_deployment"],
        needs: "the voters (controller.quorum.voters or DescribeQuorum), and the machine's /proc",
        run: Run::Together(On::Nodes, controllers),
    },
];

/// Judges the pairs of nodes of each machine whose process table was looked at.
fn for_pairs<'a>(
    fleet: &'a Fleet<'a>,
    mut judge: impl FnMut(&Member<'a>, &Member<'a>) -> Evaluated,
) -> Evaluated {
    for_machines(fleet, |machine| {
        let mut evaluated = Ok(());
        for (a, b) in machine.pairs() {
            evaluated = evaluated.and(judge(a, b));
        }
        let failed = machine.members.iter().find_map(|member| member.on_host?.file.as_ref().err());
        evaluated.and(failed.map_or(Ok(()), |failure| Err(Unknown::new(failure.message.clone()))))
    })
}

fn duplicate_id(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let machines = machines(fleet);
    let mut owners: BTreeMap<i32, Vec<(&Member<'_>, &Machine<'_>)>> = BTreeMap::new();
    let mut evaluated = Ok(());
    for machine in &machines {
        evaluated = evaluated.and(match machine.proof {
            Proof::Proven => machine.complete().map(drop),
            Proof::Declared => Ok(()),
            // What runs beside these is not known; between them it is.
            Proof::Unknown if machine.members.len() > 1 => Ok(()),
            Proof::Unknown => Err(unplaced(machine)),
        });
        for member in &machine.members {
            match member.id {
                Some(id) => owners.entry(id).or_default().push((member, machine)),
                None => evaluated = evaluated.and(Err(Unknown::new(format!("The id of {} is not known.", member.name)))),
            }
        }
    }
    for (id, owners) in owners {
        for (at, (a, on_a)) in owners.iter().enumerate() {
            for (b, on_b) in &owners[at + 1..] {
                // A node that does not run is the one that does, under another file.
                let stopped = |member: &Member<'_>| member.on_host.is_some_and(|node| node.process.is_none());
                if a.shares_file(b) || stopped(a) || stopped(b) {
                    continue;
                }
                match a.same_cluster(b) {
                    Some(true) => {
                        let is = format!("{id} is the id of {} on {} and of {} on {}", a.name, on_a.name, b.name, on_b.name);
                        found.add(Finding::new(Subject::Node(b.name.clone()), is, "an id of its own for each node"));
                    }
                    Some(false) => {}
                    None => {
                        let why = format!("Whether {} and {} are of one cluster is not known.", a.name, b.name);
                        evaluated = evaluated.and(Err(Unknown::new(why)));
                    }
                }
            }
        }
    }
    evaluated
}

/// Whether ports of two processes can collide.
fn same_network(a: &Member<'_>, b: &Member<'_>) -> Result<bool, Unknown> {
    let namespace = |member: &Member<'_>| {
        let why = || Unknown::new(format!("The network namespace of {} may not be seen, or it does not run.", member.name));
        member.process().and_then(|process| process.network_namespace).ok_or_else(why)
    };
    if a.on_host.is_none() && b.on_host.is_none() {
        // Declared to be on one machine: there files are all there is.
        return Ok(!has_own_network(a) && !has_own_network(b));
    }
    Ok(namespace(a)? == namespace(b)?)
}

/// A node's listeners, as its file has them.
fn listeners<'a>(member: &Member<'a>) -> Vec<Endpoint<'a>> {
    let Some(properties) = member.properties else { return vec![] };
    endpoints(properties.get("listeners").unwrap_or(DEFAULT_LISTENERS)).entries
}

fn ports(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    for machine in machines(fleet).iter().filter(|machine| machine.proof == Proof::Unknown) {
        would_collide(machine, found);
    }
    for_pairs(fleet, |a, b| {
        let of_a = listeners(a);
        for listener in listeners(b) {
            let address = listener.address;
            let meets = |other: &&Endpoint<'_>| other.address.port == address.port && other.address.meets(&address);
            let Some(other) = of_a.iter().find(meets) else { continue };
            if same_network(a, b)? {
                let subject = Subject::Listener { node: b.name.clone(), name: listener.name };
                let is = format!("port {} is also that of listener {} of {}", address.port, other.name, a.name);
                found.add(Finding::new(subject, is, "a port of its own for each node of the machine"));
            }
        }
        Ok(())
    })
}

/// Whether a node's ports are its own wherever it runs: in a pod, or in a container that does not share the host's.
fn has_own_network(member: &Member<'_>) -> bool {
    let Some(file) = member.properties else { return false };
    file.form == Form::Strimzi || file.container.as_ref().is_some_and(|container| !container.host_network)
}

/// One warning for a set of which nothing says where it runs; directories that are the same too are told with those.
fn would_collide(machine: &Machine<'_>, found: &mut Found) {
    let dirs = |member: &Member<'_>| member.configured_dirs().unwrap_or_default();
    for (a, b) in machine.pairs().filter(|(a, b)| !told_apart(a, b) && !has_own_network(a) && !has_own_network(b)) {
        let of_a = listeners(a);
        let ports = listeners(b).into_iter().map(|listener| listener.address.port);
        let same = ports.into_iter().find(|port| of_a.iter().any(|other| other.address.port == *port));
        if dirs(a).iter().any(|dir| dirs(b).contains(dir)) {
            continue;
        }
        if let Some(port) = same {
            found.add(might_collide(&format!("port {port} in {} and {}", a.name, b.name)));
            return;
        }
    }
}

fn monitoring_ports(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    for_pairs(fleet, |a, b| {
        let (Some(of_a), Some(of_b)) = (a.process(), b.process()) else { return Ok(()) };
        for port in of_b.monitoring_ports.iter().filter(|port| of_a.monitoring_ports.contains(port)) {
            if same_network(a, b)? {
                let is = format!("port {port} is also that of {}", a.name);
                found.add(Finding::new(Subject::Node(b.name.clone()), is, "a port of its own for each node"));
            }
        }
        Ok(())
    })
}

fn app_logs(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    for_pairs(fleet, |a, b| {
        let (Some(of_a), Some(of_b)) = (a.process(), b.process()) else { return Ok(()) };
        let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
        let shared = [(&of_a.app_log_dir, &of_b.app_log_dir), (&of_a.gc_log, &of_b.gc_log)];
        let Some((_, Some(path))) = shared.into_iter().find(|(a, b)| same(a, b)) else { return Ok(()) };
        let namespaces = of_a.mount_namespace.zip(of_b.mount_namespace);
        let (own, other) = namespaces.ok_or_else(|| {
            Unknown::new(format!("Whether {path} is one place for {} and {} may not be seen.", a.name, b.name))
        })?;
        if own == other {
            let is = format!("{path} is also that of {}", a.name);
            found.add(Finding::new(Subject::Node(b.name.clone()), is, "files of its own for each node"));
        }
        Ok(())
    })
}

/// Brokers of a machine by id, for each cluster that has several there.
fn brokers<'m, 'a>(machine: &'m Machine<'a>) -> Vec<BTreeMap<i32, &'m Member<'a>>> {
    by_cluster(machine.members.iter().filter(|member| member.is_broker()))
}

/// Nodes by id, for each cluster that has several among them.
fn by_cluster<'m, 'a: 'm>(members: impl Iterator<Item = &'m Member<'a>>) -> Vec<BTreeMap<i32, &'m Member<'a>>> {
    let mut clusters: Vec<BTreeMap<i32, &Member<'a>>> = Vec::new();
    for member in members {
        let Some(id) = member.id else { continue };
        let is_of = |cluster: &&mut BTreeMap<i32, &Member<'a>>| {
            cluster.values().all(|other| other.same_cluster(member) != Some(false))
        };
        match clusters.iter_mut().find(is_of) {
            Some(cluster) => {
                cluster.entry(id).or_insert(member);
            }
            None => clusters.push(BTreeMap::from([(id, member)])),
        }
    }
    clusters.retain(|cluster| cluster.len() > 1);
    clusters
}

fn replicas(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    for_machines(fleet, |machine| {
        if let Some(unnamed) = machine.members.iter().find(|member| member.is_broker() && member.id.is_none()) {
            return Err(Unknown::new(format!("The id of {} is not known.", unnamed.name)));
        }
        let mut evaluated = Ok(());
        for here in brokers(machine) {
            evaluated = evaluated.and(colocated(machine, &here, found));
        }
        evaluated
    })
}

/// Judges the brokers of one cluster on one machine.
fn colocated(machine: &Machine<'_>, here: &BTreeMap<i32, &Member<'_>>, found: &mut Found) -> Evaluated {
    // By partition: how many replicas are elsewhere, and its min ISR where that is known.
    let mut placed: BTreeMap<(&str, i32), (usize, Option<usize>)> = BTreeMap::new();
    let (mut seen, mut unknown) = (false, None);
    for node in here.values().filter_map(|member| member.node) {
        match node.replication() {
            Ok(replication) => {
                seen = true;
                for partition in replication.cluster.partitions.iter() {
                    let away = partition.replicas.iter().filter(|id| !here.contains_key(id)).count();
                    if partition.replicas.len() - away > 1 {
                        let min_isr = replication.judge(&partition).min_isr;
                        let key = (&*partition.topic.name, partition.row.partition);
                        let entry = placed.entry(key).or_insert((away, None));
                        entry.1 = entry.1.or(min_isr);
                    }
                }
            }
            Err(why) => unknown = Some(why),
        }
    }
    let grave = |(away, min_isr): &(usize, Option<usize>)| *away == 0 || min_isr.is_some_and(|min_isr| *away < min_isr);
    if let Some(((topic, partition), _)) = placed.iter().find(|(_, how)| grave(how)).or(placed.first_key_value()) {
        let worst = placed.values().filter(|how| grave(how)).count();
        let ids: Vec<String> = here.keys().map(i32::to_string).collect();
        let is = format!(
            "{} partitions have several replicas on its brokers {}; {worst} would be lost or refuse acks=all without it; \
             such as {topic}-{partition}",
            placed.len(),
            ids.join(", ")
        );
        let severity = if worst > 0 { Severity::Critical } else { Severity::Warning };
        found.add(Finding::new(machine.subject(), is, "one replica per machine").severity(severity));
    }
    match unknown {
        Some(why) if !seen => Err(why),
        None if !seen => Err(Unknown::new(format!("No broker of machine {} was asked.", machine.name))),
        _ => Ok(()),
    }
}

fn racks(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    for_machines(fleet, |machine| {
        let mut unseen = None;
        for here in brokers(machine) {
            let racks: BTreeMap<i32, Option<&str>> = here.iter().map(|(id, member)| (*id, member.rack())).collect();
            let first = racks.values().next().copied().flatten().unwrap_or("");
            let same = !first.is_empty() && racks.values().all(|rack| *rack == Some(first));
            if !same && racks.values().all(Option::is_some) {
                let told = racks.iter().map(|(id, rack)| match rack.unwrap_or("") {
                    "" => format!("broker {id} has none"),
                    rack => format!("broker {id} {rack}"),
                });
                let is = format!("broker.rack: {}", told.collect::<Vec<_>>().join(", "));
                found.add(Finding::new(machine.subject(), is, "the same broker.rack for all brokers of a machine"));
            }
            unseen = unseen.or(here.values().find(|member| member.properties.is_none()).map(|member| member.name.clone()));
        }
        unseen.map_or(Ok(()), |name| Err(Unknown::new(format!("The rack of {name} is not known."))))
    })
}

fn controllers(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    for_machines(fleet, |machine| {
        let is_controller =
            |member: &&Member<'_>| member.properties.is_some_and(|file| file.roles().contains(&"controller"));
        let mut evaluated = Ok(());
        for here in by_cluster(machine.members.iter().filter(is_controller)) {
            let asked = here.values().find_map(|member| member.node?.quorum().ok());
            let listed = || here.values().find_map(|member| voters(member.properties?.get(VOTERS)?).ok());
            let voters: Vec<i32> = match asked.map(|quorum| quorum.voters.iter().map(|voter| voter.id).collect()) {
                Some(asked) => asked,
                None => match listed() {
                    Some(listed) => listed.iter().map(|voter| voter.id).collect(),
                    None => {
                        evaluated = Err(Unknown::new("The voters of the controller quorum are not known."));
                        continue;
                    }
                },
            };
            let here: Vec<&i32> = here.keys().filter(|id| voters.contains(id)).collect();
            if here.len() * 2 > voters.len() && here.len() > 1 {
                let is = format!("{} of {} voters run on it: {here:?}", here.len(), voters.len());
                found.add(Finding::new(machine.subject(), is, "less than a majority on one machine"));
            }
        }
        evaluated
    })
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    use super::examples_host::process_of;
    /// A broker and a controller on one machine: nothing else is wrong with that.
    const TOGETHER: [&str; 2] = ["broker-1", "controller-1"];
    /// Two brokers of one machine, with directories and ports of their own.
    const BROKERS: [&str; 2] = ["broker-1", "broker-2"];
    &[
        Example::made("host-nodeid-duplicate", "node 1", |set| {
            set.line("broker-2", "node.id=1");
            set.live_id("broker-2", 1);
        }),
        Example::made("host-listener-port-collision", "CONTROLLER", |set| {
            set.together(&TOGETHER);
            set.line("broker-1", "listeners=CLIENTS://0.0.0.0:9093,REPLICATION://0.0.0.0:9094");
        }),
        Example::made("host-listener-port-collision", "cluster", |set| {
            for (broker, dirs) in [("broker-1", "log.dirs=/a,/b"), ("broker-2", "log.dirs=/c,/d")] {
                set.nowhere(broker);
                set.line(broker, dirs);
                set.line(broker, "advertised.listeners=CLIENTS://localhost:9092,REPLICATION://localhost:9094");
            }
        })
        .also(&["advertised-localhost", "advertised-duplicate"]),
        Example::made("host-jmx-port-collision", "node 101", |set| {
            set.together(&TOGETHER);
            for name in TOGETHER {
                set.on_host(name, |node| process_of(node).monitoring_ports = vec![9999]);
            }
        }),
        Example::made("host-applog-shared", "node 101", |set| {
            set.together(&TOGETHER);
            set.on_host("controller-1", |node| process_of(node).app_log_dir = Some("/var/log/kafka/broker-1".into()));
        }),
        Example::made("host-replicas-colocated", "machine broker-1", |set| {
            set.together(&BROKERS);
            set.apart_dirs("broker-2");
            set.line("broker-2", "broker.rack=a");
        })
        .also(&["rack-too-few"]),
        Example::made("host-rack-unset-colocated", "machine broker-1", |set| {
            set.together(&BROKERS);
            set.apart_dirs("broker-2");
        })
        .also(&["host-replicas-colocated"]),
        Example::made("host-controllers-colocated", "machine controller-1", |set| {
            set.together(&["controller-1", "controller-2"]);
            set.line("controller-2", "log.dirs=/var/lib/kafka/metadata-2");
            set.line("controller-2", "metadata.log.dir=/var/lib/kafka/metadata-2");
        }),
    ]
};
