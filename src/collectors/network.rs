//! The network as the broker uses it: interfaces, TCP, sockets, links to other brokers.

use super::{Collector, Options, Seen};
use crate::exposition::{Metric, Samples, Scope};
use crate::snapshot::{Interface, InterfaceKind, Network, Sockets};
use crate::sources::NETWORK;

pub(super) static COLLECTOR: Collector = Collector {
    name: "network",
    about: "interfaces of the listeners, TCP, the broker's sockets and its links to other brokers",
    sources: &[&NETWORK],
    families: &[
        &NIC_INFO.family,
        &NIC_UP.family,
        &NIC_SPEED.family,
        &NIC_FULL_DUPLEX.family,
        &NIC_CARRIER_DOWNS.family,
        &NIC_BYTES.family,
        &NIC_PACKETS.family,
        &NIC_ERRORS.family,
        &NIC_DROPPED.family,
        &NIC_CRC_ERRORS.family,
        &NIC_MISSED.family,
        &BOND_MEMBER_UP.family,
        &TCP_SENT.family,
        &TCP_RETRANSMITTED.family,
        &TCP_EVENTS.family,
        &CONNTRACK_ENTRIES.family,
        &CONNTRACK_LIMIT.family,
        &CONNECTIONS.family,
        &UNREAD.family,
        &UNACKNOWLEDGED.family,
        &WAITING.family,
        &WAITING_LIMIT.family,
        &PEER_CONNECTIONS.family,
        &PEER_RTT.family,
        &PEER_SENT.family,
        &PEER_RETRANSMITTED.family,
    ],
    collect,
};

static NIC_INFO: Metric<4> = Metric::info(
    "kafka_nic_info",
    Scope::Broker,
    &["interface", "kind", "upper", "device"],
    "An interface that a listener's address is on, or one that carries it (upper is then the one above it); device is its PCI \
     address.",
);
static NIC_UP: Metric<1> = Metric::gauge(
    "kafka_nic_up",
    Scope::Broker,
    &["interface"],
    "1 while the interface's link is up, 0 while it is not; absent when its driver does not tell.",
);
static NIC_SPEED: Metric<1> = Metric::gauge(
    "kafka_nic_speed_bytes",
    Scope::Broker,
    &["interface"],
    "Bytes per second that the link was agreed on; absent while it is down, and where it is virtual.",
);
static NIC_FULL_DUPLEX: Metric<1> = Metric::gauge(
    "kafka_nic_full_duplex",
    Scope::Broker,
    &["interface"],
    "1 when the link sends and receives at the same time, 0 when it takes turns; absent while it is down.",
);
static NIC_CARRIER_DOWNS: Metric<1> = Metric::counter(
    "kafka_nic_carrier_down_total",
    Scope::Broker,
    &["interface"],
    "Times that the link went down since the interface was made.",
);
static NIC_BYTES: Metric<2> = Metric::counter(
    "kafka_nic_bytes_total",
    Scope::Broker,
    &["interface", "direction"],
    "Bytes that went through the interface, the broker's and all others'.",
);
static NIC_PACKETS: Metric<2> = Metric::counter(
    "kafka_nic_packets_total",
    Scope::Broker,
    &["interface", "direction"],
    "Packets that went through the interface.",
);
static NIC_ERRORS: Metric<2> = Metric::counter(
    "kafka_nic_errors_total",
    Scope::Broker,
    &["interface", "direction"],
    "Packets that were bad, or could not be sent, of any kind.",
);
static NIC_DROPPED: Metric<2> = Metric::counter(
    "kafka_nic_dropped_total",
    Scope::Broker,
    &["interface", "direction"],
    "Packets that were dropped; on arrival also those of protocols and VLANs that nobody here wants, which is no fault.",
);
static NIC_CRC_ERRORS: Metric<1> = Metric::counter(
    "kafka_nic_crc_errors_total",
    Scope::Broker,
    &["interface"],
    "Packets that arrived damaged: a cable, a connector, a transceiver.",
);
static NIC_MISSED: Metric<1> = Metric::counter(
    "kafka_nic_missed_packets_total",
    Scope::Broker,
    &["interface"],
    "Packets that arrived when the interface had no room left: its ring is too small, or the machine too slow.",
);
static BOND_MEMBER_UP: Metric<2> = Metric::gauge(
    "kafka_nic_bond_member_up",
    Scope::Broker,
    &["bond", "interface"],
    "1 while the member of a bond is well, 0 while it is not.",
);
static TCP_SENT: Metric<0> = Metric::counter(
    "kafka_host_tcp_sent_segments_total",
    Scope::Broker,
    &[],
    "TCP segments sent in the broker's network name space.",
);
static TCP_RETRANSMITTED: Metric<0> = Metric::counter(
    "kafka_host_tcp_retransmitted_segments_total",
    Scope::Broker,
    &[],
    "TCP segments sent again in the broker's network name space.",
);
static TCP_EVENTS: Metric<1> = Metric::counter(
    "kafka_host_tcp_events_total",
    Scope::Broker,
    &["event"],
    "What TCP ran into in the broker's network name space, by the kernel's names: ListenOverflows are connections that were \
     turned away because nobody accepted them in time.",
);
static CONNTRACK_ENTRIES: Metric<0> = Metric::gauge(
    "kafka_host_conntrack_entries",
    Scope::Broker,
    &[],
    "Connections in the firewall's table; absent where there is no such table, or in another name space.",
);
static CONNTRACK_LIMIT: Metric<0> = Metric::gauge(
    "kafka_host_conntrack_limit",
    Scope::Broker,
    &[],
    "Connections that the firewall's table has room for; packets of further ones are dropped.",
);
static CONNECTIONS: Metric<1> = Metric::gauge(
    "kafka_node_socket_connections",
    Scope::Broker,
    &["port"],
    "Connections that are open to a port of the broker.",
);
static UNREAD: Metric<1> = Metric::gauge(
    "kafka_node_socket_unread_bytes",
    Scope::Broker,
    &["port"],
    "Bytes that have arrived at a port of the broker and that it has not read: it is saturated when they stay.",
);
static UNACKNOWLEDGED: Metric<1> = Metric::gauge(
    "kafka_node_socket_unacknowledged_bytes",
    Scope::Broker,
    &["port"],
    "Bytes that the broker has written and that the other side has not acknowledged.",
);
static WAITING: Metric<1> = Metric::gauge(
    "kafka_node_accept_queue_connections",
    Scope::Broker,
    &["port"],
    "Connections that wait for the broker to accept them; absent when nothing listens.",
);
static WAITING_LIMIT: Metric<1> = Metric::gauge(
    "kafka_node_accept_queue_limit",
    Scope::Broker,
    &["port"],
    "Connections that may wait to be accepted (socket.listen.backlog.size, and net.core.somaxconn); further ones are turned \
     away.",
);
static PEER_CONNECTIONS: Metric<1> = Metric::gauge(
    "kafka_peer_connections",
    Scope::Broker,
    &["peer"],
    "Connections that are open between this machine and another broker; peer is its id, or its address where that is no \
     known broker's.",
);
static PEER_RTT: Metric<1> = Metric::gauge(
    "kafka_peer_rtt_seconds",
    Scope::Broker,
    &["peer"],
    "Median round trip time that TCP measures to another broker, over the connections that sent something within a minute; \
     absent when none did.",
);
static PEER_SENT: Metric<1> = Metric::counter(
    "kafka_peer_sent_segments_total",
    Scope::Broker,
    &["peer"],
    "TCP segments sent to another broker since this program began to watch.",
);
static PEER_RETRANSMITTED: Metric<1> = Metric::counter(
    "kafka_peer_retransmitted_segments_total",
    Scope::Broker,
    &["peer"],
    "TCP segments that had to be sent to another broker again: the way to it loses packets.",
);

fn collect(Seen { view, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    let Some(network) = view.node.network.fresh(view.now) else { return };
    network.interfaces.iter().for_each(|interface| push_interface(network, interface, samples));
    for (name, count) in &network.tcp {
        match name.as_str() {
            "OutSegs" => samples.push(&TCP_SENT, [], *count),
            "RetransSegs" => samples.push(&TCP_RETRANSMITTED, [], *count),
            event => samples.push(&TCP_EVENTS, [event], *count),
        }
    }
    if let Some(conntrack) = network.conntrack {
        samples.push(&CONNTRACK_ENTRIES, [], conntrack.entries);
        samples.push(&CONNTRACK_LIMIT, [], conntrack.limit);
    }
    let Some(Ok(sockets)) = &network.sockets else { return };
    push_sockets(sockets, samples);
    for (peer, link) in &network.peers {
        samples.push(&PEER_CONNECTIONS, [peer], link.connections);
        if let Some(us) = link.rtt_us {
            samples.push(&PEER_RTT, [peer], f64::from(us) / 1e6);
        }
        samples.push(&PEER_SENT, [peer], link.sent_segments);
        samples.push(&PEER_RETRANSMITTED, [peer], link.retransmitted_segments);
    }
}

fn push_interface(network: &Network, interface: &Interface, samples: &mut Samples) {
    let name = interface.name.as_str();
    let upper = interface.upper.as_deref().unwrap_or("");
    let kind = if network.links_unseen.is_some() { "" } else { interface.kind.as_str() };
    samples.push(&NIC_INFO, [name, kind, upper, interface.pci.as_deref().unwrap_or("")], 1);
    let flags = [(&NIC_UP, interface.up), (&NIC_FULL_DUPLEX, interface.full_duplex)];
    for (metric, flag) in flags {
        if let Some(flag) = flag {
            samples.push(metric, [name], flag);
        }
    }
    let numbers = [
        (&NIC_SPEED, interface.bytes_per_second),
        (&NIC_CARRIER_DOWNS, interface.carrier_downs),
        (&NIC_CRC_ERRORS, interface.crc_errors),
        (&NIC_MISSED, interface.missed_packets),
    ];
    for (metric, number) in numbers {
        if let Some(number) = number {
            samples.push(metric, [name], number);
        }
    }
    if let Some(counters) = &interface.counters {
        let both = [
            (&NIC_BYTES, counters.received_bytes, counters.sent_bytes),
            (&NIC_PACKETS, counters.received_packets, counters.sent_packets),
            (&NIC_ERRORS, counters.receive_errors, counters.send_errors),
            (&NIC_DROPPED, counters.receive_drops, counters.send_drops),
        ];
        for (metric, received, sent) in both {
            samples.push(metric, [name, "receive"], received);
            samples.push(metric, [name, "transmit"], sent);
        }
    }
    let bond = network.interfaces.iter().find(|bond| bond.name == upper && bond.kind == InterfaceKind::Bond);
    if let (Some(up), Some(bond)) = (interface.bond_member_up, bond) {
        samples.push(&BOND_MEMBER_UP, [&bond.name, name], up);
    }
}

fn push_sockets(sockets: &Sockets, samples: &mut Samples) {
    for (port, seen) in &sockets.ports {
        let port = port.to_string();
        samples.push(&CONNECTIONS, [&port], seen.connections);
        samples.push(&UNREAD, [&port], seen.unread_bytes);
        samples.push(&UNACKNOWLEDGED, [&port], seen.unacknowledged_bytes);
        for (metric, waiting) in [(&WAITING, seen.waiting), (&WAITING_LIMIT, seen.waiting_max)] {
            if let Some(waiting) = waiting {
                samples.push(metric, [&port], waiting);
            }
        }
    }
}
