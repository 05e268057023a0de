//! Several nodes on one machine that take each other's directories and files. A collision is one only where the
//! machine is proven to be one; where nothing tells it, a set of nodes gets one warning.

use std::collections::BTreeMap;
use std::path::Path;

use super::compare::each;
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::fleet::{Fleet, On};
use crate::derive::machines::{Dir, Lie, Machine, Member, Proof, machines};
use crate::limits::LOG_DIRS_COMPARED_MAX;
use crate::snapshot::{MountSource, path_names};

const SHARED_LOCK: &str = "https://github.com/apache/kafka/blob/trunk/core/src/main/scala/kafka/log/LogManager.scala";
const LOG_DIRS: &str = "https://kafka.apache.org/documentation/#brokerconfigs_log.dirs";
const NEEDS: &str =
    "the machine's /proc and the right to look at every Kafka process' directories (its user); nodes on other machines: \
     their snapshots";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "host-logdir-shared",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "Two nodes of one machine have the same log directory.",
        why: "Only one of them can hold its lock: the other does not start, and every partition has one replica fewer. \
              Where the lock is lost (deleted, a network file system) both write the same files, and data is lost.",
        fix: "Give each node a directory of its own, and format it (kafka-storage.sh format) before the start.",
        references: &[LOG_DIRS, SHARED_LOCK],
        needs: NEEDS,
        run: Run::Together(On::Nodes, shared),
    },
    Check {
        id: "host-logdir-alias",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "Two log directories of different names are one: a symbolic link, a bind mount, another spelling.",
        why: "As with one name: the second node does not start, or, where the lock is lost, both write the same files.",
        fix: "Give each node a directory of its own; look where the link or mount was meant to lead.",
        references: &[LOG_DIRS, SHARED_LOCK],
        needs: NEEDS,
        run: Run::Together(On::Nodes, aliased),
    },
    Check {
        id: "host-logdir-nested",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A log directory lies inside another one.",
        why: "The outer node takes the inner directory for a partition: since Kafka 3.7 it renames it to *-stray at its next \
              start, with the inner node's live data in it, whose node then ends and cannot start again; or it refuses to \
              start. No lock prevents it.",
        fix: "Stop the inner node, move its directory out, change its log.dirs, start it; only then restart the outer one.",
        references: &[LOG_DIRS, "https://issues.apache.org/jira/browse/KAFKA-16814"],
        needs: NEEDS,
        run: Run::Together(On::Nodes, nested),
    },
    Check {
        id: "host-metadata-dir-shared",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "The directory of a node's metadata log is, or lies in or around, a directory of another node.",
        why: "A replica of the metadata quorum is destroyed, or one of the two nodes does not start.",
        fix: "Give each node a metadata.log.dir of its own, beside and not inside the log directories.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_metadata.log.dir"],
        needs: NEEDS,
        run: Run::Together(On::Nodes, metadata_shared),
    },
    Check {
        id: "host-config-file-shared",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "Two processes run from one configuration file.",
        why: "They have the same id, ports and log directories: whichever is first is the node, the other waits to take its \
              place, with or without its data.",
        fix: "Stop the one that should not be there; give each node a file of its own.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_node.id"],
        needs: NEEDS,
        run: Run::Together(On::Nodes, file_shared),
    },
    Check {
        id: "host-topic-log-path-collision",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "Two brokers of one machine report the log of the same partition in the same directory.",
        why: "Both write the same files, now: each overwrites what the other has acknowledged.",
        fix: "Stop the younger of the two processes at once, before the older one restarts; compare its partitions with the \
              other replicas before it leads again.",
        references: &[LOG_DIRS, SHARED_LOCK],
        needs: "DescribeLogDirs of both brokers and the machine's /proc",
        run: Run::Together(On::Nodes, path_collision),
    },
];

type Kind = &'static str;
const SHARED: Kind = "host-logdir-shared";
const ALIAS: Kind = "host-logdir-alias";
const NESTED: Kind = "host-logdir-nested";
const METADATA: Kind = "host-metadata-dir-shared";

/// Which check two directories are for: one mistake is told once.
fn kind(a: &Dir<'_, '_>, b: &Dir<'_, '_>) -> Option<Kind> {
    let lie = a.lies_to(b);
    let own = std::ptr::eq(a.member, b.member);
    match lie {
        Lie::Apart => None,
        // Within one node, logdir-duplicate-entry tells it.
        Lie::Same if own => None,
        Lie::Inside | Lie::Around if own => Some(NESTED),
        _ if a.metadata_only || b.metadata_only => Some(METADATA),
        Lie::Inside | Lie::Around => Some(NESTED),
        Lie::Same if a.path == b.path => Some(SHARED),
        Lie::Same => Some(ALIAS),
    }
}

/// Nodes that a manifest puts on one machine: there equal names are one directory.
fn declared(wanted: Kind, machine: &Machine<'_>, found: &mut Found) {
    for (a, b) in machine.pairs() {
        let (of_a, of_b) = (a.configured_dirs().unwrap_or_default(), b.configured_dirs().unwrap_or_default());
        for (one, other) in of_a.iter().flat_map(|one| of_b.iter().map(move |other| (one, other))) {
            let (inside_one, inside_other) = (path_names(one), path_names(other));
            let meets = inside_one.starts_with(&inside_other) || inside_other.starts_with(&inside_one);
            let kind = if inside_one == inside_other { SHARED } else { NESTED };
            if let (true, true, Some(node)) = (meets, kind == wanted, b.node) {
                let is = format!("{other} of {}, {one} of {}, on {}", b.name, a.name, machine.name);
                found.add(Finding::new(node.subject("log.dirs"), is, "a directory of its own for each node"));
            }
        }
    }
}

fn of_kind(wanted: Kind, fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    for_machines(fleet, |machine| {
        if machine.proof == Proof::Declared {
            declared(wanted, machine, found);
        }
        // Of declared machines it is not known where the directories lie: a link is not seen.
        let (dirs, unknown) = machine.dirs();
        for (at, a) in dirs.iter().enumerate() {
            for b in &dirs[at + 1..] {
                let twins = !std::ptr::eq(a.member, b.member) && a.member.shares_file(b.member);
                if kind(a, b) == Some(wanted) && !twins {
                    found.add(told(a, b));
                }
            }
        }
        if wanted == NESTED {
            dirs.iter().for_each(|dir| held(dir, &dirs, found));
        }
        unknown.map_or(Ok(()), Err)
    })
}

/// Judges every machine that is known to be one.
pub(super) fn for_machines<'a>(fleet: &'a Fleet<'a>, mut judge: impl FnMut(&Machine<'a>) -> Evaluated) -> Evaluated {
    each(machines(fleet), |machine| match machine.proof {
        Proof::Proven => machine.complete().and_then(|_| judge(&machine)),
        Proof::Declared => judge(&machine),
        Proof::Unknown => Err(unplaced(&machine)),
    })
}

/// The warning for a set of which nothing says where it runs.
pub(super) fn might_collide(what: &str) -> Finding {
    let is = format!("{what}; they would collide if on one machine");
    let fix = "Nothing, when each runs on a machine or in a container of its own; check it on their hosts.";
    Finding::new(Subject::Cluster, is, "known machines").severity(Severity::Warning).fix(fix)
}

/// Why nodes that may be anywhere are not judged.
pub(super) fn unplaced(machine: &Machine<'_>) -> Unknown {
    let names: Vec<&str> = machine.members.iter().map(|member| member.name.as_str()).take(5).collect();
    let names = names.join(", ");
    Unknown::new(format!(
        "On which machine these run is not known: {names}. Run brokerwatch check on their hosts, or give it their \
         sidecars' snapshots."
    ))
}

fn told(a: &Dir<'_, '_>, b: &Dir<'_, '_>) -> Finding {
    let (outer, inner) = if a.lies_to(b) == Lie::Around { (b, a) } else { (a, b) };
    let relation = if a.lies_to(b) == Lie::Same { "is the same directory as" } else { "lies inside" };
    let is = format!("{} of {} {relation} {} of {}", inner.path, inner.member.name, outer.path, outer.member.name);
    let really = if inner.place.path == inner.path { String::new() } else { format!(" (really {})", inner.place.path) };
    Finding::new(inner.subject(), is + &really, "a directory of its own for each node")
}

/// A node's directory inside another of which no process is known: it was found by its meta.properties.
fn held(dir: &Dir<'_, '_>, all: &[Dir<'_, '_>], found: &mut Found) {
    for name in &dir.place.entries.nested {
        let inner = format!("{}/{name}", dir.place.path.trim_end_matches('/'));
        if all.iter().any(|other| other.place.path == inner) {
            continue;
        }
        let was = if name.ends_with("-stray") { "was" } else { "is" };
        let is = format!("{inner} holds a meta.properties: it {was} the log directory of another node");
        found.add(Finding::new(dir.subject(), is, "a directory of its own for each node"));
    }
}

fn shared(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    for machine in machines(fleet).iter().filter(|machine| machine.proof == Proof::Unknown) {
        in_volumes(machine, SHARED, found);
        would_collide(machine, found);
    }
    of_kind(SHARED, fleet, found)
}

fn aliased(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    of_kind(ALIAS, fleet, found)
}

fn nested(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    for machine in machines(fleet) {
        // What was looked at on its machine is judged there; of a file alone, its own paths can be.
        machine.members.iter().filter(|member| member.on_host.is_none()).for_each(|member| nested_in_file(member, found));
        in_volumes(&machine, NESTED, found);
    }
    of_kind(NESTED, fleet, found)
}

/// Directories of one file that lie inside each other by their names.
fn nested_in_file(member: &Member<'_>, found: &mut Found) {
    let (Some(node), Some(file)) = (member.node, member.properties) else { return };
    let all = file.log_dirs();
    let dirs: Vec<(&String, Vec<&str>)> =
        all.iter().take(LOG_DIRS_COMPARED_MAX).map(|dir| (dir, path_names(dir))).collect();
    for (inner, below) in &dirs {
        let above = dirs.iter().find(|(_, above)| below.len() > above.len() && below.starts_with(above));
        if let Some((outer, _)) = above {
            let key = if file.data_dirs().contains(inner) { "log.dirs" } else { "metadata.log.dir" };
            let is = format!("{inner} lies inside {outer}");
            found.add(Finding::new(node.subject(key), is, "directories beside each other"));
        }
    }
}

/// Services of one compose file whose directories lie in one volume, or one path of the host: the same is proven there
/// as by one process table.
fn in_volumes(machine: &Machine<'_>, wanted: Kind, found: &mut Found) {
    let mut dirs = Vec::new();
    for member in &machine.members {
        let Some((file, container)) = member.properties.and_then(|file| Some((file, file.container.as_ref()?))) else {
            continue;
        };
        for dir in file.log_dirs().into_iter().take(LOG_DIRS_COMPARED_MAX) {
            let behind = container.behind(&dir).filter(|behind| {
                matches!(behind.source, MountSource::HostPath(_) | MountSource::Volume(_))
            });
            dirs.extend(behind.map(|behind| (member, file, dir.clone(), behind.source, behind.below)));
        }
    }
    for (at, (a, of_a, _, source, path)) in dirs.iter().enumerate() {
        for (b, of_b, dir, other_source, other) in &dirs[at + 1..] {
            let apart = std::ptr::eq(*a, *b) || of_a.path != of_b.path || source != other_source;
            let lies = if path == other { SHARED } else { NESTED };
            if apart || lies != wanted || !(Path::new(path).starts_with(other) || Path::new(other).starts_with(path)) {
                continue;
            }
            let subject = b.node.map_or_else(|| Subject::Node(b.name.clone()), |node| node.subject("log.dirs"));
            let what = match source {
                MountSource::HostPath(path) | MountSource::Volume(path) => path,
                _ => continue,
            };
            let relation = if lies == SHARED { "is the same directory as" } else { "lies in or around" };
            let is = format!("{dir} is in {what}, and {relation} the one of {}", a.name);
            found.add(Finding::new(subject, is, "a volume of its own for each node"));
        }
    }
}

fn metadata_shared(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    of_kind(METADATA, fleet, found)
}

/// One warning for a set: which directories several nodes name, of which nothing says that they are apart.
fn would_collide(machine: &Machine<'_>, found: &mut Found) {
    let mut users: BTreeMap<String, Vec<&Member<'_>>> = BTreeMap::new();
    for member in &machine.members {
        for dir in member.configured_dirs().into_iter().flatten() {
            users.entry(dir.trim_end_matches('/').to_owned()).or_default().push(member);
        }
    }
    let may_meet = |(dir, members): (&String, &Vec<&Member<'_>>)| {
        let meets = |(at, a): (usize, &&Member<'_>)| members[at + 1..].iter().any(|b| !told_apart(a, b));
        members.iter().enumerate().any(meets).then(|| format!("{dir} in {} of them", members.len()))
    };
    let same: Vec<String> = users.iter().filter_map(may_meet).collect();
    if let Some(first) = same.first() {
        let more = if same.len() > 1 { format!(" and {} more", same.len() - 1) } else { String::new() };
        found.add(might_collide(&format!("the same log directories: {first}{more}")));
    }
}

/// Whether two nodes have file systems and ports of their own: containers and pods do, and who advertises another host.
pub(super) fn told_apart(a: &Member<'_>, b: &Member<'_>) -> bool {
    let contained = |member: &Member<'_>| {
        member.properties.is_some_and(|file| file.container.is_some() || file.strimzi.is_some())
    };
    if contained(a) || contained(b) {
        return true;
    }
    let (a, b) = (a.advertised_hosts(), b.advertised_hosts());
    !a.is_empty() && !b.is_empty() && a.is_disjoint(&b)
}

fn file_shared(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    for_machines(fleet, |machine| {
        machine.complete()?;
        for (at, a) in machine.members.iter().enumerate() {
            let twin = machine.members[at + 1..].iter().find(|b| a.shares_file(b));
            if let Some((twin, file)) = twin.zip(a.properties.map(|file| &file.path)) {
                let is = format!("{} and {} run from {file}", a.name, twin.name);
                found.add(Finding::new(Subject::Node(twin.name.clone()), is, "a file of its own for each process"));
            }
        }
        let failed = machine.members.iter().find_map(|member| member.on_host?.file.as_ref().err());
        failed.map_or(Ok(()), |failure| Err(Unknown::new(failure.message.clone())))
    })
}

fn path_collision(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    for_machines(fleet, |machine| {
        machine.complete()?;
        let mut unknown = None;
        // Which broker of the machine reports a partition's log in which directory of which file system.
        let mut owners: BTreeMap<(&str, &str), Vec<(&Member<'_>, &crate::snapshot::LogDir)>> = BTreeMap::new();
        let brokers = machine.members.iter().filter(|member| member.is_broker());
        let (dirs, not_seen) = machine.dirs();
        for member in brokers {
            let Some(node) = member.node else { continue };
            let log_dirs = match node.log_dirs() {
                Ok(log_dirs) => log_dirs,
                Err(why) => {
                    unknown = unknown.or(Some(why));
                    continue;
                }
            };
            for reported in &log_dirs.dirs {
                let same = |dir: &&Dir<'_, '_>| std::ptr::eq(dir.member, member) && dir.path == reported.path;
                let at = dirs.iter().find(same).or_else(|| dirs.iter().find(|dir| dir.place.path == reported.path));
                if let Some(at) = at.and_then(Dir::inside) {
                    owners.entry(at).or_default().push((member, reported));
                }
            }
        }
        for reports in owners.values().filter(|reports| reports.len() > 1) {
            collide(reports, found);
        }
        unknown.or(not_seen).map_or(Ok(()), Err)
    })
}

/// Reports of one directory by several brokers: the partitions that more than one of them has in it.
fn collide(reports: &[(&Member<'_>, &crate::snapshot::LogDir)], found: &mut Found) {
    let mut logs: BTreeMap<(&str, i32), usize> = BTreeMap::new();
    for (_, dir) in reports {
        dir.replicas.iter().for_each(|replica| *logs.entry((&replica.topic, replica.partition)).or_default() += 1);
    }
    let shared: Vec<_> = logs.iter().filter(|(_, owners)| **owners > 1).map(|(log, _)| log).collect();
    let (Some((topic, partition)), Some((last, dir))) = (shared.first(), reports.last()) else { return };
    let names: Vec<&str> = reports.iter().map(|(member, _)| member.name.as_str()).collect();
    let is = format!("{} logs, such as {topic}-{partition}, are those of {}", shared.len(), names.join(" and of "));
    let subject = Subject::LogDir { node: last.name.clone(), path: dir.path.clone() };
    found.add(Finding::new(subject, is, "each log of one broker only"));
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    use super::examples_host::place;
    /// A broker and a controller on one machine: nothing else is wrong with that.
    const TOGETHER: [&str; 2] = ["broker-1", "controller-1"];
    const DISK: &str = "/var/lib/kafka/disk-1";
    &[
        Example::made("host-logdir-shared", DISK, |set| {
            set.together(&TOGETHER);
            set.line("controller-1", "log.dirs=/var/lib/kafka/disk-1,/var/lib/kafka/metadata");
        }),
        Example::made("host-logdir-shared", "cluster", |set| {
            for broker in ["broker-1", "broker-2"] {
                set.nowhere(broker);
                set.line(broker, "advertised.listeners=CLIENTS://localhost:9092,REPLICATION://localhost:9094");
            }
        })
        .also(&["advertised-localhost", "advertised-duplicate"]),
        Example::made("host-logdir-alias", "/srv/kafka", |set| {
            set.together(&TOGETHER);
            set.line("controller-1", "log.dirs=/srv/kafka,/var/lib/kafka/metadata");
            set.on_host("controller-1", |node| {
                let pid = node.process.as_ref().unwrap().pid;
                node.dirs.insert("/srv/kafka".into(), Ok(place(DISK, "controller-1", Some(101), pid)));
            });
        }),
        Example::made("host-logdir-nested", "disk-1/broker-2", |set| {
            set.together(&TOGETHER);
            set.line("controller-1", "log.dirs=/var/lib/kafka/disk-1/broker-2,/var/lib/kafka/metadata");
        }),
        Example::made("host-logdir-nested", "log dir /var/lib/kafka/disk-1 of", |set| {
            set.on_host("broker-1", |node| {
                let place = node.dirs.get_mut(DISK).unwrap().as_mut().unwrap();
                place.entries.nested.push("broker-2.5d2f-stray".into());
            });
        }),
        Example::made("host-logdir-nested", "log.dirs", |set| {
            set.nowhere("broker-1");
            set.line("broker-1", "log.dirs=/var/lib/kafka/disk-1,/var/lib/kafka/disk-1/second");
        }),
        Example::made("host-metadata-dir-shared", DISK, |set| {
            set.together(&TOGETHER);
            set.line("controller-1", "metadata.log.dir=/var/lib/kafka/disk-1");
        }),
        Example::made("host-config-file-shared", "broker-1.properties", |set| set.second_process("broker-1")),
        Example::made("host-topic-log-path-collision", DISK, |set| {
            set.together(&["broker-1", "broker-2"]);
            set.line("broker-2", "log.dirs=/var/lib/kafka/disk-1,/var/lib/kafka/disk-4");
            set.line("broker-2", "listeners=CLIENTS://0.0.0.0:9192,REPLICATION://0.0.0.0:9194");
            set.line("broker-2", "broker.rack=a");
        })
        .also(&["host-logdir-shared", "host-replicas-colocated", "rack-too-few"]),
    ]
};

#[cfg(test)]
mod tests {
    use super::super::{all, run};
    use super::*;
    use crate::snapshot::{Container, Mount, NodeView, Origin, SCHEMA, Snapshot};
    use crate::testing::{Sample, properties, seen};

    /// What a check finds in two services of one compose file with their data in these places.
    fn of_services(check: &str, mounts: [(MountSource, &str); 2]) -> Vec<String> {
        let nodes = mounts.into_iter().enumerate().map(|(at, (source, target))| {
            let text = format!("process.roles=broker\nnode.id={at}\nlog.dirs=/var/lib/kafka/data\n");
            let mount = Mount { source, target: target.to_owned(), read_only: false };
            let mut file = properties("compose.yaml", &text);
            file.container = Some(Container { mounts: vec![mount], ..Container::default() });
            let view = NodeView { properties: seen(file), ..NodeView::default() };
            (Origin(format!("compose.yaml (service kafka-{at})")), view)
        });
        let snapshot =
            Snapshot { schema: SCHEMA, program_version: String::new(), taken_at: Sample::NOW, nodes: nodes.collect() };
        let check = all().find(|known| known.id == check).unwrap();
        run(check, &Fleet::of(&snapshot)).findings.into_iter().map(|finding| finding.found).collect()
    }

    #[test]
    fn services_of_one_volume_share_a_directory_and_those_of_their_own_do_not() {
        let volume = |name: &str| MountSource::Volume(name.to_owned());
        let data = "/var/lib/kafka/data";
        let shared = of_services("host-logdir-shared", [(volume("kafka"), data), (volume("kafka"), data)]);
        assert!(shared.len() == 1 && shared[0].contains("in kafka"), "{shared:?}");
        for own in [[(volume("a"), data), (volume("b"), data)], [(volume("a"), "/x"), (MountSource::Anonymous, data)]] {
            assert!(of_services("host-logdir-shared", own.clone()).is_empty());
            assert!(of_services("host-logdir-nested", own).is_empty());
        }
        let nested = of_services("host-logdir-nested", [(volume("kafka"), data), (volume("kafka"), "/var/lib/kafka")]);
        assert!(nested.len() == 1 && nested[0].contains("in or around"), "{nested:?}");
    }
}
