//! What is lost if something stops now: on each log directory and drive, and with the broker, its machine, and each rack.
//!
//! The rules are in `derive/what_if.rs` and `derive/blast_radius.rs`. Counts that need `min.insync.replicas` are absent while
//! that of one topic is not known. What stops with a rack is counted by the leaders, so the fleet's sum is right.

use std::collections::BTreeMap;

use super::{Collector, Options, Seen};
use crate::derive::View;
use crate::derive::blast_radius::{Radius, drives, is_same_dir, metadata_log_dir, radius, spelled};
use crate::derive::broker::BrokerState;
use crate::derive::domains::{machine_stop, racks};
use crate::derive::fleet::{Fleet, Node, On};
use crate::derive::machines::machines;
use crate::derive::replication::Replication;
use crate::derive::what_if::{Counts, Stop, effect, outcome};
use crate::exposition::{Metric, Samples, Scope};
use crate::snapshot::LogDir;
use crate::sources::{CONFIGS, HOST, LOG_DIRS, METADATA_SOURCE, QUORUM, REASSIGNMENTS, STORAGE};

pub(super) static COLLECTOR: Collector = Collector {
    name: "risk",
    about: "what is lost if a log directory, drive, broker, machine or rack stops now",
    sources: &[&METADATA_SOURCE, &LOG_DIRS, &CONFIGS, &REASSIGNMENTS, &QUORUM, &HOST, &STORAGE],
    families: &[
        &DIR.leaders.family,
        &DIR.followers.family,
        &DIR.sole_isr.family,
        &DIR.sole_isr_bytes.family,
        &DIR.at_min_isr.family,
        &DIR.single_replica.family,
        &DIR.single_replica_bytes.family,
        &DIR.metadata_log.family,
        &DISK.leaders.family,
        &DISK.followers.family,
        &DISK.sole_isr.family,
        &DISK.sole_isr_bytes.family,
        &DISK.at_min_isr.family,
        &DISK.single_replica.family,
        &DISK.single_replica_bytes.family,
        &DISK.metadata_log.family,
        &DISK_LOG_DIRS.family,
        &BROKER_DISK_INFO.family,
        &SAFE.family,
        &CONTROLLER_SAFE.family,
        &STOP.offline.family,
        &STOP.under_min_isr.family,
        &STOP.last_copy.family,
        &MACHINE_NODES.family,
        &MACHINE.offline.family,
        &MACHINE.under_min_isr.family,
        &MACHINE.last_copy.family,
        &RACK.offline.family,
        &RACK.under_min_isr.family,
        &RACK.last_copy.family,
        &SAME_RACK_PEER.family,
    ],
    collect,
};

/// What lies on something that can fail.
struct OnIt {
    leaders: Metric<1>,
    followers: Metric<1>,
    sole_isr: Metric<1>,
    sole_isr_bytes: Metric<1>,
    at_min_isr: Metric<1>,
    single_replica: Metric<1>,
    single_replica_bytes: Metric<1>,
    metadata_log: Metric<1>,
}

/// The metrics of one kind of thing: their names' prefix, its label, and it in words.
macro_rules! on_it {
    ($prefix:literal, $label:literal, $it:literal) => {
        OnIt {
            leaders: Metric::gauge(
                concat!($prefix, "leader_partitions"),
                Scope::Broker,
                &[$label],
                concat!("Partitions that this broker leads from ", $it, "."),
            ),
            followers: Metric::gauge(
                concat!($prefix, "follower_partitions"),
                Scope::Broker,
                &[$label],
                concat!("Partitions that this broker follows on ", $it, "."),
            ),
            sole_isr: Metric::gauge(
                concat!($prefix, "sole_isr_partitions"),
                Scope::Broker,
                &[$label],
                concat!(
                    "Partitions of several replicas whose last in-sync copy is on ",
                    $it,
                    "; with eligible leader replicas (KIP-966) only when none of those is left."
                ),
            ),
            sole_isr_bytes: Metric::gauge(
                concat!($prefix, "sole_isr_bytes"),
                Scope::Broker,
                &[$label],
                concat!("Bytes of the partitions of several replicas whose last in-sync copy is on ", $it, "."),
            ),
            at_min_isr: Metric::gauge(
                concat!($prefix, "at_min_isr_partitions"),
                Scope::Broker,
                &[$label],
                concat!(
                    "Partitions in sync on ",
                    $it,
                    " with exactly min.insync.replicas in sync and more replicas than that: its loss refuses writes. Absent \
                     while that setting is not known."
                ),
            ),
            single_replica: Metric::gauge(
                concat!($prefix, "single_replica_partitions"),
                Scope::Broker,
                &[$label],
                concat!("Partitions whose one replica is on ", $it, "."),
            ),
            single_replica_bytes: Metric::gauge(
                concat!($prefix, "single_replica_bytes"),
                Scope::Broker,
                &[$label],
                concat!("Bytes of the partitions whose one replica is on ", $it, "."),
            ),
            metadata_log: Metric::gauge(
                concat!($prefix, "holds_metadata_log"),
                Scope::Broker,
                &[$label],
                concat!(
                    "1 when the node's metadata log is on ",
                    $it,
                    ", so that the node halts with it, else 0; absent when that is not known."
                ),
            ),
        }
    };
}

static DIR: OnIt = on_it!("kafka_log_dir_", "log_dir", "the log directory");
static DISK: OnIt = on_it!("kafka_disk_", "device", "the drive");
static DISK_LOG_DIRS: Metric<1> = Metric::gauge(
    "kafka_disk_log_dirs",
    Scope::Broker,
    &["device"],
    "Log directories of this node on the drive: with more than one they are lost together.",
);

static BROKER_DISK_INFO: Metric<8> = Metric::info(
    "kafka_broker_disk_info",
    Scope::Broker,
    &["broker_id", "device", "class", "model", "serial", "firmware", "boot_id", "process"],
    "A drive that this broker keeps data on, by what is the drive's own, the machine's and the process': process is the \
     start of the broker's process in clock ticks since boot. A label is empty when it is not known.",
);

/// What a stop does.
struct Harm<const N: usize> {
    offline: Metric<N>,
    under_min_isr: Metric<N>,
    last_copy: Metric<N>,
}

/// The metrics of one kind of stop: their names' prefix, their labels, which partitions they count, and when.
macro_rules! harm {
    ($prefix:literal, $labels:expr, $partitions:literal, $when:literal) => {
        Harm {
            offline: Metric::gauge(
                concat!($prefix, "offline_partitions"),
                Scope::Broker,
                $labels,
                concat!($partitions, " that would have no leader if ", $when, " stopped now."),
            ),
            under_min_isr: Metric::gauge(
                concat!($prefix, "under_min_isr_partitions"),
                Scope::Broker,
                $labels,
                concat!(
                    $partitions,
                    " that would refuse writes with acks=all if ",
                    $when,
                    " stopped now, those that would have no leader among them. Absent while min.insync.replicas of one of \
                     them is not known."
                ),
            ),
            last_copy: Metric::gauge(
                concat!($prefix, "last_copy_partitions"),
                Scope::Broker,
                $labels,
                concat!($partitions, " whose last in-sync copies would be gone if ", $when, " stopped now."),
            ),
        }
    };
}

static SAFE: Metric<0> = Metric::gauge(
    "kafka_broker_safe_to_stop",
    Scope::Broker,
    &[],
    "1 when this broker can stop now without a partition that goes offline, refuses writes with acks=all or loses its last \
     in-sync copy, and without the end of the controller quorum, else 0; absent while that is not known. No lock: see \
     /-/safe-to-stop.",
);
static CONTROLLER_SAFE: Metric<0> = Metric::gauge(
    "kafka_controller_safe_to_stop",
    Scope::Broker,
    &[],
    "1 when a majority of voters goes on if this controller stops now, else 0; absent while that is not known, and on \
     brokers.",
);
static STOP: Harm<0> = harm!("kafka_broker_stop_", &[], "Partitions of this broker", "it");
static MACHINE_NODES: Metric<0> = Metric::gauge(
    "kafka_machine_nodes",
    Scope::Broker,
    &[],
    "Kafka nodes of this cluster on this machine, this one included; absent while its processes were not looked at.",
);
static MACHINE: Harm<0> =
    harm!("kafka_machine_stop_", &[], "Partitions of this broker", "every node of this cluster on this machine");
static RACK: Harm<1> = harm!("kafka_rack_stop_", &["rack"], "Partitions led here", "every broker of the rack");
static SAME_RACK_PEER: Metric<2> = Metric::gauge(
    "kafka_broker_same_rack_peer_partitions",
    Scope::Broker,
    &["peer", "boot_id"],
    "Partitions led here of which a live broker of the same rack holds a replica too, or any when one of the two has no rack: \
     both may be lost together. boot_id is that of this broker's \
     machine, empty when it is not known. Peers without any are left out.",
);

fn collect(Seen { view, node, fleet }: Seen<'_>, _: &Options, samples: &mut Samples) {
    metadata_log(node, samples);
    broker_disks(node, samples);
    if view.state != BrokerState::Up {
        return;
    }
    if let Some(replication) = &view.replication {
        on_log_dirs(node, replication, samples);
        rack_stops(node, replication, samples);
        same_rack_peers(view, replication, samples);
    }
    own_stop(fleet, node, samples);
}

/// Which of what the node stores on holds its metadata log. Known without the broker's answer.
fn metadata_log(node: &Node<'_>, samples: &mut Samples) {
    let drives = drives(node);
    for (device, dirs) in &drives {
        samples.push(&DISK_LOG_DIRS, [device], dirs.len());
    }
    let (Some(metadata), Some(file)) = (metadata_log_dir(node), node.settings.file) else { return };
    for dir in file.log_dirs() {
        samples.push(&DIR.metadata_log, [&spelled(&dir)], is_same_dir(&dir, metadata));
    }
    for (device, dirs) in &drives {
        samples.push(&DISK.metadata_log, [device], dirs.iter().any(|dir| is_same_dir(dir, metadata)));
    }
}

fn broker_disks(node: &Node<'_>, samples: &mut Samples) {
    let (view, now) = (node.view.node, node.view.now);
    let (Some(storage), Some(id)) = (view.storage.fresh(now), node.view.id.filter(|_| node.is(On::Brokers))) else {
        return;
    };
    let process = view.process.fresh(now);
    let boot_id = process.and_then(|process| process.boot_id.as_deref()).unwrap_or("");
    let started = process.and_then(|process| process.chosen.as_ref()).map(|chosen| chosen.start_ticks.to_string());
    let (id, started) = (id.to_string(), started.unwrap_or_default());
    for (device, disk) in &storage.disks {
        let text = |fact: &Option<String>| fact.clone().unwrap_or_default();
        let [model, serial, firmware] = [&disk.model, &disk.serial, &disk.firmware].map(text);
        let labels = [&id, device.as_str(), disk.class.as_str(), &model, &serial, &firmware, boot_id, &started];
        samples.push(&BROKER_DISK_INFO, labels, 1);
    }
}

fn on_log_dirs(node: &Node<'_>, replication: &Replication<'_>, samples: &mut Samples) {
    let Ok(told) = node.log_dirs() else { return };
    let online = told.dirs.iter().filter(|dir| dir.online && dir.error.is_none());
    let known: Vec<(&LogDir, Radius)> = online.map(|dir| (dir, radius(replication, &[dir]))).collect();
    for (dir, radius) in &known {
        write(&DIR, &dir.path, radius, samples);
    }
    for (device, dirs) in drives(node) {
        let on_it = known.iter().filter(|(told, _)| dirs.iter().any(|dir| is_same_dir(dir, &told.path)));
        match on_it.collect::<Vec<_>>()[..] {
            [] => {}
            [(_, radius)] => write(&DISK, device, radius, samples),
            ref several => {
                let dirs: Vec<&LogDir> = several.iter().map(|(dir, _)| *dir).collect();
                write(&DISK, device, &radius(replication, &dirs), samples);
            }
        }
    }
}

fn write(metrics: &'static OnIt, name: &str, radius: &Radius, samples: &mut Samples) {
    samples.push(&metrics.leaders, [name], radius.leaders);
    samples.push(&metrics.followers, [name], radius.followers);
    samples.push(&metrics.sole_isr, [name], radius.sole_isr);
    samples.push(&metrics.sole_isr_bytes, [name], radius.sole_isr_bytes);
    if let Some(at_min_isr) = radius.at_min_isr {
        samples.push(&metrics.at_min_isr, [name], at_min_isr);
    }
    samples.push(&metrics.single_replica, [name], radius.single_replica);
    samples.push(&metrics.single_replica_bytes, [name], radius.single_replica_bytes);
}

fn push<const N: usize>(harm: &'static Harm<N>, labels: [&str; N], counts: Counts, samples: &mut Samples) {
    samples.push(&harm.offline, labels, counts.offline);
    if let Some(under) = counts.under_min_isr {
        samples.push(&harm.under_min_isr, labels, under);
    }
    samples.push(&harm.last_copy, labels, counts.last_copy);
}

fn own_stop(fleet: &Fleet<'_>, node: &Node<'_>, samples: &mut Samples) {
    let Some(id) = node.view.id else { return };
    let stopped = outcome(&[node], &Stop::of_nodes([id]));
    if !node.is(On::Brokers) {
        if let Some(safe) = stopped.is_safe() {
            samples.push(&CONTROLLER_SAFE, [], safe);
        }
        return;
    }
    if let Some(safe) = stopped.is_safe() {
        samples.push(&SAFE, [], safe);
    }
    if let Some(counts) = stopped.counts() {
        push(&STOP, [], counts, samples);
    }
    let machines = machines(fleet);
    let Some(machine) = machines.first() else { return };
    let domain = machine_stop(machine, &[node]);
    if !domain.unseen.is_empty() {
        return;
    }
    samples.push(&MACHINE_NODES, [], domain.stop.nodes.len());
    let Some(replication) = &node.view.replication else { return };
    let own = replication.cluster.partitions.iter().filter(|found| found.replicas.contains(&id));
    push(&MACHINE, [], Counts::of(own.filter_map(|found| effect(replication, &found, &domain.stop))), samples);
}

fn rack_stops(node: &Node<'_>, replication: &Replication<'_>, samples: &mut Samples) {
    let mut stops: BTreeMap<String, Vec<i32>> = BTreeMap::new();
    for (id, rack) in racks(&[node]) {
        stops.entry(rack).or_default().push(id);
    }
    for (rack, ids) in stops {
        let stop = Stop::of_nodes(ids);
        let effects = replication.led().filter_map(|found| effect(replication, &found, &stop));
        push(&RACK, [&rack], Counts::of(effects), samples);
    }
}

fn same_rack_peers(view: &View<'_>, replication: &Replication<'_>, samples: &mut Samples) {
    let Some(cluster) = view.node.cluster.fresh(view.now) else { return };
    let racks: BTreeMap<i32, Option<&str>> =
        cluster.brokers.iter().map(|broker| (broker.id, broker.rack.as_deref())).collect();
    let own = racks.get(&replication.id).copied().flatten();
    let boot_id = view.node.process.fresh(view.now).and_then(|process| process.boot_id.as_deref()).unwrap_or("");
    let mut peers: BTreeMap<i32, u64> = BTreeMap::new();
    for found in replication.led() {
        for peer in found.replicas.iter().filter(|peer| **peer != replication.id) {
            // The rack of one that is not alive is not told.
            let Some(rack) = racks.get(peer) else { continue };
            if own.is_none() || rack.is_none() || own == *rack {
                *peers.entry(*peer).or_default() += 1;
            }
        }
    }
    for (peer, partitions) in peers {
        samples.push(&SAME_RACK_PEER, [&peer.to_string(), boot_id], partitions);
    }
}
