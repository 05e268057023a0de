//! One round of each source about the machine: `hardware`, `machine`, `network`.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::rounds::{PROC, QUESTION_MS};
use super::{Context, now};
use crate::derive::listeners::parse_endpoint;
use crate::derive::{node, peers};
use crate::snapshot::{Addresses, Failure, Hardware, Machine, Network, NodeView, SensorAlarm, Sockets, UnixMs};
use crate::sources::reader::Question;
use crate::sources::sock_diag::WantedSockets;
use crate::sources::{HARDWARE, MACHINE, NETWORK, Round};

/// Groups of questions: what hangs there hides nothing else.
const SYS: &str = "/sys";
const SENSORS: &str = "/sys/class/hwmon";
const SOCKETS: &str = "sock_diag";

/// Milliseconds for the files of all processors, and for chips on a slow bus.
const HARDWARE_MS: u64 = 2_000;
/// Milliseconds for a name to be resolved, and between two times that all are.
const RESOLVE_MS: u64 = 500;
const RESOLVE_EVERY_MS: u64 = 300_000;

/// Faults of the hardware.
pub fn hardware(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            look.own_file().await?;
            let (procfs, sysfs) = look.roots();
            let (disks, nics) = look.store.read(|view| (disks(view, now()), nics(view, now())));
            let sensors = Question::Sensors { sysfs: sysfs.clone() };
            let question = Question::Hardware { procfs, sysfs, disks, nics };
            let hardware: Hardware = look.reader.ask(SYS, question, HARDWARE_MS).await?;
            let sensors: Result<(Vec<SensorAlarm>, u32), Failure> =
                look.reader.ask(SENSORS, sensors, HARDWARE_MS).await;
            let unparsed = hardware.unparsed + sensors.as_ref().map_or(0, |(_, unparsed)| *unparsed);
            look.metrics.parse_errors(HARDWARE.name, unparsed as usize);
            Ok(Hardware { sensors: sensors.ok().map(|(sensors, _)| sensors), unparsed, ..hardware })
        };
        context.observe(&HARDWARE, |view| &mut view.hardware, work).await;
    })
}

/// What the machine is busy with.
pub fn machine(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            look.own_file().await?;
            let (procfs, sysfs) = look.roots();
            let machine: Machine = look.reader.ask(PROC, Question::Machine { procfs, sysfs }, QUESTION_MS).await?;
            look.metrics.parse_errors(MACHINE.name, machine.unparsed as usize);
            Ok(machine)
        };
        context.observe(&MACHINE, |view| &mut view.machine, work).await;
    })
}

/// The network as the broker uses it.
pub fn network(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            look.own_file().await?;
            let (procfs, sysfs) = look.roots();
            let at = now();
            let (before, pid, wanted) = look.store.read(|view| {
                let before = view.network.fresh(at).cloned();
                let pid = view.process.fresh(at).and_then(|process| Some(process.chosen.as_ref()?.pid));
                (before, pid, names(view, at))
            });
            let server = look.endpoint().map(|endpoint| (endpoint.host, endpoint.port));
            let (hosts, ports) = wanted.own_or(server);
            let known = before.as_ref().map(|before| before.addresses.clone()).unwrap_or_default();
            let addresses = resolve(known, hosts, wanted.brokers, at).await;
            let own = addresses.own.clone();
            let question = Question::Network { procfs: procfs.clone(), sysfs, pid, addresses: own };
            let seen: Network = look.reader.ask(PROC, question, QUESTION_MS).await?;
            look.metrics.parse_errors(NETWORK.name, seen.unparsed as usize);
            let wanted = wanted_sockets(&addresses, ports);
            let question = Question::Sockets { procfs, pid, wanted };
            let sockets: Result<Sockets, Failure> = look.reader.ask(SOCKETS, question, QUESTION_MS).await;
            let peers = match (&sockets, &before) {
                (Ok(sockets), before) => peers::advance(before.as_ref(), sockets),
                // Counts stay where they were; nothing is said of a link that is not seen.
                (Err(_), before) => before.as_ref().map(|before| before.peers.clone()).unwrap_or_default(),
            };
            Ok(Network { sockets: Some(sockets), peers, addresses, ..seen })
        };
        context.observe(&NETWORK, |view| &mut view.network, work).await;
    })
}

/// What is to be resolved, and the ports that the node listens on.
#[derive(Debug, Default, PartialEq, Eq)]
struct Names {
    hosts: Vec<String>,
    ports: BTreeSet<u16>,
    brokers: Vec<(i32, String, u16)>,
}

impl Names {
    /// Hosts and ports of the listeners; those of the one that is spoken to where no file tells of any.
    fn own_or(&self, server: Option<(String, u16)>) -> (Vec<String>, BTreeSet<u16>) {
        match (self.ports.is_empty(), server) {
            (true, Some((host, port))) => (vec![host], BTreeSet::from([port])),
            _ => (self.hosts.clone(), self.ports.clone()),
        }
    }
}

/// The listeners as they are configured, a wildcard by what is advertised for it, and the other brokers.
fn names(view: &NodeView, at: UnixMs) -> Names {
    let mut names = Names::default();
    let own = node::id(view, at);
    if let Some(properties) = view.properties.last.as_ref().map(|seen| &seen.value) {
        let endpoints =
            |key: &str| -> Vec<_> { properties.list(key).filter_map(|entry| parse_endpoint(entry).ok()).collect() };
        let advertised = endpoints("advertised.listeners");
        for listener in endpoints("listeners") {
            let told = || advertised.iter().find(|told| told.name == listener.name).map(|told| told.address.host);
            let host = if listener.address.is_wildcard() { told().unwrap_or("") } else { listener.address.host };
            names.ports.insert(listener.address.port);
            if !names.hosts.iter().any(|known| known == host) {
                names.hosts.push(host.to_owned());
            }
        }
    }
    let brokers = view.cluster.last.as_ref().map(|seen| &seen.value.brokers);
    let others = brokers.into_iter().flatten().filter(|broker| Some(broker.id) != own);
    names.brokers = others.map(|broker| (broker.id, broker.host.clone(), broker.port)).collect();
    names.brokers.sort();
    names
}

/// The addresses of `hosts` and `brokers`: those that are known while they are the same, and not older than five minutes.
async fn resolve(known: Addresses, hosts: Vec<String>, brokers: Vec<(i32, String, u16)>, at: UnixMs) -> Addresses {
    if known.hosts == hosts && known.brokers == brokers && at.since(known.at) < RESOLVE_EVERY_MS {
        return known;
    }
    let mut addresses = Addresses { at, ..Addresses::default() };
    for host in &hosts {
        // One that says nothing is reached by the default route, whatever its address is.
        let found = lookup(host).await.into_iter().next().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        addresses.own.push(found);
    }
    for (id, host, _) in &brokers {
        let mut found = lookup(host).await;
        if found.is_empty() {
            // A name server that is gone does not make brokers move.
            found = known.peers.get(id).cloned().unwrap_or_default();
        }
        if !found.is_empty() {
            addresses.peers.insert(*id, found);
        }
    }
    Addresses { hosts, brokers, ..addresses }
}

async fn lookup(host: &str) -> Vec<IpAddr> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return vec![address.to_canonical()];
    }
    if host.is_empty() {
        return vec![];
    }
    match timeout(Duration::from_millis(RESOLVE_MS), tokio::net::lookup_host((host, 0))).await {
        Ok(Ok(found)) => found.map(|found| found.ip().to_canonical()).collect(),
        _ => vec![],
    }
}

/// What is looked for among the sockets.
fn wanted_sockets(addresses: &Addresses, ports: BTreeSet<u16>) -> WantedSockets {
    let of = |(id, _, port): &(i32, String, u16)| {
        let found = addresses.peers.get(id).into_iter().flatten();
        found.map(|address| (id.to_string(), *address, *port)).collect::<Vec<_>>()
    };
    let some_unknown = addresses.brokers.iter().any(|(id, ..)| !addresses.peers.contains_key(id));
    WantedSockets { ports, peers: addresses.brokers.iter().flat_map(of).collect(), some_unknown }
}

/// The drives below the node's log directories.
fn disks(view: &NodeView, at: UnixMs) -> Vec<String> {
    view.storage.fresh(at).into_iter().flat_map(|storage| storage.disks.keys().cloned()).collect()
}

/// The network cards below its listeners.
fn nics(view: &NodeView, at: UnixMs) -> Vec<String> {
    let interfaces = view.network.fresh(at).into_iter().flat_map(|network| &network.interfaces);
    interfaces.filter(|interface| interface.pci.is_some()).map(|interface| interface.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Cluster, PartitionsBuilder, Registrations};
    use crate::testing::{Sample, properties, seen};

    #[test]
    fn a_wildcard_goes_by_what_is_advertised_and_the_node_itself_is_no_peer() {
        let file = "listeners=INTERNAL://10.0.0.1:9091,PUBLIC://:9092,OTHER://0.0.0.0:9093\n\
                    advertised.listeners=INTERNAL://10.0.0.1:9091,PUBLIC://kafka-1.example:9092\n";
        let broker = |id, host: &str| crate::snapshot::Broker { id, host: host.into(), port: 9091, rack: None };
        let view = NodeView {
            properties: seen(properties("/etc/server.properties", file)),
            registrations: seen(Registrations { answered_by: Some(1), ..Registrations::default() }),
            cluster: seen(Cluster {
                cluster_id: None,
                brokers: vec![broker(2, "10.0.0.2"), broker(1, "10.0.0.1")],
                partitions: PartitionsBuilder::default().build(),
                topic_operations: None,
            }),
            ..NodeView::default()
        };
        let names = names(&view, Sample::NOW);
        assert_eq!(names.hosts, ["10.0.0.1", "kafka-1.example", ""]);
        assert_eq!(names.ports, [9091, 9092, 9093].into());
        assert_eq!(names.brokers, [(2, "10.0.0.2".to_owned(), 9091)]);
        assert_eq!(names.own_or(Some(("h".into(), 1))).1, names.ports);
        assert_eq!(Names::default().own_or(Some(("h".into(), 1))), (vec!["h".to_owned()], [1].into()));
    }

    #[tokio::test]
    async fn names_are_asked_for_again_when_they_change_or_age() {
        let first = resolve(Addresses::default(), vec!["10.0.0.1".into(), String::new()], vec![], UnixMs(1_000)).await;
        assert_eq!(first.own, [IpAddr::from([10, 0, 0, 1]), IpAddr::from([0, 0, 0, 0])]);
        let same = resolve(first.clone(), first.hosts.clone(), vec![], UnixMs(2_000)).await;
        assert_eq!(same.at, UnixMs(1_000));
        let later = resolve(first.clone(), first.hosts.clone(), vec![], UnixMs(1_000 + RESOLVE_EVERY_MS)).await;
        assert_ne!(later.at, UnixMs(1_000));
        let brokers = vec![(2, "10.0.0.2".to_owned(), 9092), (3, "no-such-host.invalid".to_owned(), 9092)];
        let changed = resolve(first.clone(), first.hosts.clone(), brokers, UnixMs(2_000)).await;
        let wanted = wanted_sockets(&changed, [9092].into());
        assert_eq!(wanted.peers, [("2".to_owned(), IpAddr::from([10, 0, 0, 2]), 9092)]);
        assert!(wanted.some_unknown);
    }
}
