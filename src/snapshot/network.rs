//! The network as the broker uses it: interfaces of its listeners, TCP in its network name space, its sockets, and the
//! links to the other brokers.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Failure, UnixMs};

/// What was seen of the network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Network {
    /// The interfaces that the listeners' addresses are on, and what lies below them.
    pub interfaces: Vec<Interface>,
    /// Why nothing is known of the interfaces but their counters: `/sys` shows another name space than the broker's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links_unseen: Option<String>,
    /// Counters of TCP by the kernel's names, such as `RetransSegs`, in the broker's name space.
    pub tcp: BTreeMap<String, u64>,
    /// Connections that the firewall tracks; absent when it tracks none, or in another name space.
    pub conntrack: Option<Conntrack>,
    /// The broker's sockets, or why they could not be seen.
    pub sockets: Option<Result<Sockets, Failure>>,
    /// The links to the other brokers, by broker id, or by address where that is no broker's.
    pub peers: BTreeMap<String, PeerLink>,
    /// The addresses that its listeners' and the other brokers' names stand for.
    pub addresses: Addresses,
    /// Files that were there and could not be made sense of.
    pub unparsed: u32,
}

/// A network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: InterfaceKind,
    /// The interface above it through which a listener's address is reached; absent for the one with the address.
    pub upper: Option<String>,
    /// Whether its link is up (`operstate`); absent when the driver does not tell.
    pub up: Option<bool>,
    /// Its speed in bytes per second; absent when it is down or virtual.
    pub bytes_per_second: Option<u64>,
    /// Whether it sends and receives at the same time.
    pub full_duplex: Option<bool>,
    /// Times that the link went down.
    pub carrier_downs: Option<u64>,
    /// Packets that arrived damaged.
    pub crc_errors: Option<u64>,
    /// Packets that arrived when the interface had no room left.
    pub missed_packets: Option<u64>,
    /// Its traffic, errors and drops.
    pub counters: Option<NicCounters>,
    /// Its PCI address.
    pub pci: Option<String>,
    /// Whether its member of a bond is well (`mii_status`); absent when it is no member.
    pub bond_member_up: Option<bool>,
}

/// Kind of an [`Interface`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InterfaceKind {
    /// A network card, or what the hypervisor shows as one.
    Nic,
    /// Several interfaces as one.
    Bond,
    /// One of several networks on an interface.
    Vlan,
    /// A bridge.
    Bridge,
    /// Anything else: one end of a pair, a tunnel.
    #[default]
    Virtual,
}

impl InterfaceKind {
    /// As in labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nic => "nic",
            Self::Bond => "bond",
            Self::Vlan => "vlan",
            Self::Bridge => "bridge",
            Self::Virtual => "virtual",
        }
    }
}

/// Counters of an interface (`/proc/net/dev`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NicCounters {
    /// Bytes received.
    pub received_bytes: u64,
    /// Packets received.
    pub received_packets: u64,
    /// Packets that arrived and were bad in any way.
    pub receive_errors: u64,
    /// Packets that arrived well and were dropped.
    pub receive_drops: u64,
    /// Bytes sent.
    pub sent_bytes: u64,
    /// Packets sent.
    pub sent_packets: u64,
    /// Packets that could not be sent.
    pub send_errors: u64,
    /// Packets that were dropped instead of sent.
    pub send_drops: u64,
}

/// The firewall's table of connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conntrack {
    /// Entries.
    pub entries: u64,
    /// How many there may be.
    pub limit: u64,
}

/// The broker's sockets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sockets {
    /// By the port that it listens on.
    pub ports: BTreeMap<u16, PortSockets>,
    /// Connections with other brokers: a base to count from, cut off at a limit.
    pub with_peers: Vec<PeerSocket>,
    /// Whether some connections with other brokers were left out.
    pub more_with_peers: bool,
}

/// Connections to one of the broker's ports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PortSockets {
    /// Connections that are open.
    pub connections: u64,
    /// Bytes that have arrived and that the broker has not read.
    pub unread_bytes: u64,
    /// Bytes that the broker has written and that the other side has not acknowledged.
    pub unacknowledged_bytes: u64,
    /// Connections that wait to be accepted; absent when nothing listens.
    pub waiting: Option<u32>,
    /// How many may wait; a further one is turned away.
    pub waiting_max: Option<u32>,
}

/// One connection with another broker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PeerSocket {
    /// The other broker, as in [`Network::peers`].
    pub peer: String,
    /// The kernel's number of the socket, never used again.
    pub cookie: u64,
    /// Smoothed round trip time in microseconds.
    pub rtt_us: u32,
    /// Milliseconds since data was last sent.
    pub idle_ms: u32,
    /// Segments sent; wraps.
    pub sent_segments: u32,
    /// Segments sent again; wraps.
    pub retransmitted_segments: u32,
}

/// The link to another broker: all connections with it, those that ended since included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PeerLink {
    /// Connections that are open.
    pub connections: u64,
    /// Median round trip time in microseconds of the connections that sent something lately; absent when none did.
    pub rtt_us: Option<u32>,
    /// Segments sent since this program began to watch.
    pub sent_segments: u64,
    /// Segments sent again.
    pub retransmitted_segments: u64,
}

/// What names stand for, asked for now and then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Addresses {
    /// The hosts of the node's own listeners.
    pub hosts: Vec<String>,
    /// The other brokers: id, host, port.
    pub brokers: Vec<(i32, String, u16)>,
    /// When they were asked for.
    pub at: UnixMs,
    /// The addresses of the listeners.
    pub own: Vec<IpAddr>,
    /// The other brokers' by id; one whose name could not be resolved is missing.
    pub peers: BTreeMap<i32, Vec<IpAddr>>,
}
