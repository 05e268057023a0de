//! What log directories hold, who holds them, and how full they are.

use super::log_dirs::{check, dir};
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::fleet::{Fleet, Node, On};

const LOG_DIRS: &str = "https://kafka.apache.org/documentation/#brokerconfigs_log.dirs";
const LOG_MANAGER: &str = "https://github.com/apache/kafka/blob/trunk/core/src/main/scala/kafka/log/LogManager.scala";
const NEEDS: &str = "the machine's /proc and the right to look at the node's log directories (its user)";
/// Milliseconds after its start in which a node may not have its locks yet.
const STARTING_MS: u64 = 60_000;
/// Clock ticks of `/proc/PID/stat` in a second, on every Linux that Kafka runs on.
const TICKS_PER_SECOND: u64 = 100;
/// Metadata version from which several log directories work in KRaft mode: 3.7-IV2.
const JBOD_LEVEL: i16 = 17;

pub(super) const CHECKS: &[Check] = &[
    check!(
        "logdir-foreign-entry", Critical, Core,
        "A log directory holds a directory that is no partition's log.",
        "Kafka refuses to start on a directory whose name it does not understand, such as lost+found or a backup: the next \
         restart fails.",
        "Move it out of the log directory; on a disk of its own, use a directory below the mount point.",
        LOG_MANAGER, NEEDS, Run::Node(On::Nodes, foreign)
    ),
    check!(
        "logdir-partition-twice", Critical, Core,
        "Two log directories of a node hold a log of the same partition.",
        "The node does not start: Duplicate log directories found. One of the two is out of date.",
        "Find out which one is current (kafka-dump-log.sh on the last segments), and move the other one out.",
        LOG_MANAGER, NEEDS, Run::Node(On::Brokers, twice)
    ),
    check!(
        "logdir-lock-foreign", Critical, Core,
        "The lock of a log directory is gone, or another process holds it.",
        "Nothing keeps a second node from writing the same files any more: what both write is lost.",
        "Find who holds or deleted it (fuser -v DIR/.lock); stop the process that does not belong there, then restart the \
         node. Never delete a .lock to make a node start.",
        LOG_MANAGER, NEEDS, Run::Node(On::Nodes, lock)
    ),
    check!(
        "logdir-stray-left", Warning, Core,
        "A log directory holds logs that Kafka set aside as nobody's (*-stray).",
        "They may be the only copy of a partition, or another node's directory that was nested here; they are never deleted.",
        "Find out whose they were (partition.metadata in them names the topic's id) before deleting them.",
        "https://issues.apache.org/jira/browse/KAFKA-16814", NEEDS, Run::Node(On::Brokers, stray)
    ),
    check!(
        "logdir-offline", Critical, Development,
        "A broker took a log directory offline after an I/O error.",
        "All replicas in it are offline: each of their partitions has one copy less, or none.",
        "Look at dmesg and the broker's log; replace the disk, then restart the broker, which copies the replicas anew.",
        "https://cwiki.apache.org/confluence/display/KAFKA/KIP-112", "DescribeLogDirs", Run::Node(On::Brokers, offline)
    ),
    check!(
        "logdir-space-low", Warning, Core,
        "A log directory's file system is nearly full.",
        "When it is full, all log directories on it go offline at once, with every replica in them.",
        "Lower retention of the largest topics, move replicas away, or add disks; deleting files by hand loses data.",
        "https://cwiki.apache.org/confluence/display/KAFKA/KIP-827", "DescribeLogDirs (Kafka 3.3), or the log directories",
        Run::Node(On::Nodes, space)
    ),
    check!(
        "logdir-size-skew", Warning, Strict,
        "The log directories of a broker are unevenly full.",
        "Kafka places new partitions by their number and not by their size: the fullest disk goes offline while others are \
         empty.",
        "Move replicas between directories (kafka-reassign-partitions.sh with log_dirs).",
        "https://kafka.apache.org/documentation/#brokerconfigs_log.dirs", "DescribeLogDirs", Run::Node(On::Brokers, skew)
    ),
    check!(
        "logdir-count-differs", Info, Strict,
        "A broker has another number of log directories than most others.",
        "Often a disk that was forgotten, or taken out after a failure and never put back.",
        "Compare log.dirs of the brokers.",
        LOG_DIRS, "the brokers' files, or DescribeConfigs of each", Run::Fleet(counts)
    ),
    check!(
        "logdir-cordoned-left", Warning, Core,
        "Log directories are cordoned.",
        "They take no new partitions: after maintenance, the others fill up.",
        "Remove them from cordoned.log.dirs when the maintenance is over.",
        "https://cwiki.apache.org/confluence/display/KAFKA/KIP-1066", "the node's file, or DescribeConfigs",
        Run::Node(On::Brokers, cordoned)
    ),
    check!(
        "logdir-jbod-metadata-version", Critical, Core,
        "A KRaft broker has several log directories, and the metadata version is too old for them.",
        "The broker does not start with more than one directory below metadata.version 3.7-IV2.",
        "kafka-features.sh --bootstrap-server HOST:PORT upgrade --release-version 3.7",
        "https://cwiki.apache.org/confluence/display/KAFKA/KIP-858", "ApiVersions, and the node's file",
        Run::Node(On::Brokers, jbod)
    ),
];

fn foreign(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let places = node.places()?;
    // A controller's directory holds nothing but the metadata log, and is not searched for others.
    let roles = places.on_host.file.as_ref().ok().map(|file| file.properties.roles());
    if roles.is_some_and(|roles| !roles.contains(&"broker")) {
        return Ok(());
    }
    for (path, place) in places.known() {
        // One that is a node's own log directory is host-logdir-nested.
        let names = place.entries.foreign.iter().filter(|name| !place.entries.nested.contains(name));
        let names: Vec<&str> = names.map(String::as_str).collect();
        if !names.is_empty() {
            found.add(Finding::new(dir(node, path), names.join(", "), "nothing but TOPIC-PARTITION"));
        }
    }
    places.all()
}

fn twice(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let places = node.places()?;
    for held in &places.on_host.twice {
        let first = held.dirs.first().map_or("", String::as_str);
        let is = format!("{} in {}", held.replica, held.dirs.join(" and "));
        found.add(Finding::new(dir(node, first), is, "one log of each partition"));
    }
    places.all()
}

fn lock(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let places = node.places()?;
    let Some(process) = &places.on_host.process else {
        return Err(Unknown::new("The node does not run: nobody needs to hold its locks."));
    };
    let started = process.start_ticks.saturating_mul(1000 / TICKS_PER_SECOND);
    let up = node.host()?.uptime_ms.ok_or_else(|| Unknown::new("How long the node runs is not known."))?;
    if up.saturating_sub(started) < STARTING_MS {
        return Err(Unknown::new("The node has just started: it may not have its locks yet."));
    }
    let offline = |path: &str| {
        node.log_dirs().is_ok_and(|reported| reported.dirs.iter().any(|dir| dir.path == path && !dir.online))
    };
    let mut unknown = None;
    for (path, place) in places.known().filter(|(path, _)| !offline(path)) {
        let holders = place.lock.as_ref().map(|lock| (lock.inode, lock.holders.as_ref()));
        let is = match holders {
            Some((None, _)) => "there is no .lock while the node runs: it was deleted".to_owned(),
            Some((_, Some(holders))) if holders.contains(&process.pid) => continue,
            Some((_, Some(holders))) if holders.is_empty() => {
                format!("nobody holds .lock, though process {} runs: it was deleted and made anew", process.pid)
            }
            Some((_, Some(holders))) => format!("process {holders:?} holds .lock, and not process {}", process.pid),
            Some((_, None)) | None => {
                unknown = Some(Unknown::new(format!("Who holds .lock in {path} may not be seen.")));
                continue;
            }
        };
        found.add(Finding::new(dir(node, path), is, format!("process {} holds .lock", process.pid)));
    }
    places.all()?;
    unknown.map_or(Ok(()), Err)
}

fn stray(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let places = node.places()?;
    for (path, place) in places.known().filter(|(_, place)| place.entries.strays > 0) {
        let entries = &place.entries;
        let nodes = entries.stray.iter().filter(|name| entries.nested.contains(name)).count();
        let nodes = if nodes > 0 { format!("; {nodes} of them were log directories of another node") } else { String::new() };
        let is = format!("{} of them: {}{nodes}", entries.strays, entries.stray.join(", "));
        found.add(Finding::new(dir(node, path), is, "none"));
    }
    places.all()
}

fn offline(node: &Node<'_>, found: &mut Found) -> Evaluated {
    for reported in &node.log_dirs()?.dirs {
        if reported.error.is_some() {
            return Err(Unknown::new("DescribeLogDirs was denied for a directory."));
        }
        if !reported.online {
            found.add(Finding::new(dir(node, &reported.path), "offline (KAFKA_STORAGE_ERROR)", "online"));
        }
    }
    Ok(())
}

fn space(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let mut sizes: Vec<(String, u64, u64)> = Vec::new();
    let places = node.places();
    if let Ok(places) = &places {
        for (path, room) in places.known().filter_map(|(path, place)| Some((path, place.space?))) {
            sizes.push((path.to_owned(), room.bytes, room.usable_bytes));
            if room.inodes > 0 && room.free_inodes * 10 < room.inodes {
                let is = format!("{} of {} inodes left", room.free_inodes, room.inodes);
                found.add(Finding::new(dir(node, path), is, "a tenth of the inodes left"));
            }
        }
    }
    let reported = node.log_dirs();
    for told in reported.iter().flat_map(|reported| &reported.dirs) {
        if let Some((total, usable)) = told.total_bytes.zip(told.usable_bytes)
            && !sizes.iter().any(|(path, ..)| *path == told.path)
        {
            sizes.push((told.path.clone(), total, usable));
        }
    }
    for (path, total, usable) in sizes.iter().filter(|(_, total, _)| *total > 0) {
        let used = total.saturating_sub(*usable) as f64 / *total as f64;
        let severity = if used > 0.9 { Severity::Critical } else { Severity::Warning };
        if used > 0.7 {
            let is = format!("{:.0} % full, {} GiB left", used * 100.0, usable >> 30);
            found.add(Finding::new(dir(node, path), is, "at most 70 % full").severity(severity));
        }
    }
    // What the broker itself tells is enough; else the directories must all have been seen.
    match (reported, places) {
        (Ok(reported), _) if reported.dirs.iter().all(|dir| !dir.online || dir.total_bytes.is_some()) => Ok(()),
        (_, Ok(places)) => places.all(),
        (Ok(_), Err(why)) | (Err(_), Err(why)) => Err(why),
    }
}

fn skew(node: &Node<'_>, found: &mut Found) -> Evaluated {
    /// Bytes below which a difference says nothing.
    const SMALL: u64 = 10 << 30;
    let sums: Vec<(u64, &str)> = node
        .log_dirs()?
        .dirs
        .iter()
        .filter(|dir| dir.online)
        .map(|dir| (dir.replicas.iter().map(|replica| replica.bytes).sum(), dir.path.as_str()))
        .collect();
    let (Some(least), Some(most)) = (sums.iter().min(), sums.iter().max()) else { return Ok(()) };
    if most.0 > SMALL && most.0 > least.0.saturating_mul(2) {
        let is = format!("{} GiB, and {} GiB in {}", most.0 >> 30, least.0 >> 30, least.1);
        found.add(Finding::new(dir(node, most.1), is, "at most twice as much as in the others"));
    }
    Ok(())
}

fn counts(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let mut counted = Vec::new();
    let mut unknown = None;
    for node in fleet.on(On::Brokers) {
        match node.file().map(|file| file.data_dirs().len()).or_else(|_| node.list("log.dirs").map(|dirs| dirs.len())) {
            Ok(count) if count > 0 => counted.push((node, count)),
            Ok(_) => {}
            Err(why) => unknown = Some(why),
        }
    }
    let usual = |count: usize| counted.iter().filter(|(_, other)| *other == count).count();
    let most = counted.iter().map(|(_, count)| (usual(*count), *count)).max().unwrap_or_default();
    if most.0 > 1 {
        for (node, count) in counted.iter().filter(|(_, count)| *count != most.1) {
            found.add(Finding::new(node.subject("log.dirs"), count.to_string(), format!("{}, as most others", most.1)));
        }
    }
    match unknown {
        Some(why) => Err(why),
        None if counted.is_empty() => Err(Unknown::new("No broker's log directories are known.")),
        None => Ok(()),
    }
}

fn cordoned(node: &Node<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "cordoned.log.dirs";
    if !node.list(KEY)?.is_empty() {
        found.add(Finding::new(node.subject(KEY), node.says(KEY), format!("{KEY}=")));
    }
    Ok(())
}

fn jbod(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let file = node.file()?;
    if file.get("process.roles").is_none() || file.data_dirs().len() < 2 {
        return Ok(());
    }
    let levels = node.liveness()?;
    let level = levels.finalized_features.get("metadata.version");
    let level = *level.ok_or_else(|| Unknown::new("The node does not tell the finalized metadata.version."))?;
    if level < JBOD_LEVEL {
        let is = format!("metadata.version {level} with {} log directories", file.data_dirs().len());
        found.add(Finding::new(Subject::Cluster, is, format!("metadata.version {JBOD_LEVEL} (3.7-IV2)")));
    }
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    use super::examples_host::place_of;
    use crate::snapshot::HeldTwice;
    const DISK: &str = "/var/lib/kafka/disk-1";
    &[
        Example::made("logdir-foreign-entry", DISK, |set| {
            set.on_host("broker-1", |node| place_of(node, DISK).entries.foreign.push("lost+found".into()));
        }),
        Example::made("logdir-partition-twice", DISK, |set| {
            set.on_host("broker-1", |node| {
                let dirs = vec![DISK.to_owned(), "/var/lib/kafka/disk-2".to_owned()];
                node.twice.push(HeldTwice { replica: "orders-0".into(), dirs });
            });
        }),
        Example::made("logdir-lock-foreign", DISK, |set| {
            set.on_host("broker-1", |node| place_of(node, DISK).lock.as_mut().unwrap().inode = None);
        }),
        Example::made("logdir-lock-foreign", DISK, |set| {
            set.on_host("broker-1", |node| place_of(node, DISK).lock.as_mut().unwrap().holders = Some(vec![4711]));
        }),
        Example::made("logdir-stray-left", DISK, |set| {
            set.on_host("broker-1", |node| {
                let entries = &mut place_of(node, DISK).entries;
                entries.strays = 1;
                entries.stray.push("orders-0.5d2f-stray".into());
            });
        }),
        Example::made("logdir-offline", DISK, |set| set.log_dirs("broker-1", |dirs| dirs.dirs[0].online = false)),
        Example::made("logdir-space-low", DISK, |set| {
            set.on_host("broker-1", |node| place_of(node, DISK).space.as_mut().unwrap().usable_bytes = 1 << 30);
        }),
        Example::made("logdir-space-low", DISK, |set| {
            set.on_host("broker-1", |node| place_of(node, DISK).space.as_mut().unwrap().free_inodes = 1);
        }),
        Example::made("logdir-size-skew", DISK, |set| {
            set.log_dirs("broker-1", |dirs| dirs.dirs[0].replicas[0].bytes = 100 << 30);
        }),
        Example::made("logdir-count-differs", "log.dirs", |set| set.line("broker-1", "log.dirs=/var/lib/kafka/disk-1")),
        Example::made("logdir-cordoned-left", "cordoned.log.dirs", |set| {
            set.line("broker-1", "cordoned.log.dirs=/var/lib/kafka/disk-1");
        })
        .also(&["key-too-new"]),
        Example::made("logdir-jbod-metadata-version", "cluster", |set| set.metadata_version(16))
            .also(&["metadata-version-behind"]),
    ]
};
