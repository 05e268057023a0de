//! The broker's sockets, asked of the kernel through netlink (sock_diag(7)): what `ss -ti` shows, without reading the
//! text of a `/proc/net/tcp` with all its connections. Anybody may ask, within the name space of the one who asks.
//!
//! Written out here: netlink-packet-sock-diag decodes every attribute into its own type, refuses the shorter `tcp_info` of
//! older kernels, and brings four libraries for the five numbers that are wanted. What the kernel says is checked like any
//! other input.
//!
//! References: the kernel's include/uapi/linux/{netlink,inet_diag,tcp}.h.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use rustix::net::netlink::{SOCK_DIAG, SocketAddrNetlink};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with};
use serde::{Deserialize, Serialize};

use super::network::same_name_space;
use crate::limits::{PEER_SOCKETS_MAX, PEERS_MAX, SOCKETS_MAX};
use crate::snapshot::{ErrorKind, Failure, PeerSocket, PortSockets, Sockets};

const TCPDIAG_GETSOCK: u16 = 18;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLM_F_REQUEST: u16 = 1;
const NLM_F_DUMP: u16 = 0x300;
const INET_DIAG_INFO: u16 = 2;
const IPPROTO_TCP: u8 = 6;
const ESTABLISHED: u8 = 1;
const LISTEN: u8 = 10;
/// Those that are asked for.
const STATES: u32 = 1 << ESTABLISHED | 1 << LISTEN;
/// Bytes of `nlmsghdr`, of `inet_diag_sockid`, of `inet_diag_msg`.
const HEADER: usize = 16;
const SOCKET_ID: usize = 48;
const MESSAGE: usize = 72;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedSockets {
    /// Ports that the broker listens on.
    pub ports: BTreeSet<u16>,
    /// The other brokers: name, address, port.
    pub peers: Vec<(String, IpAddr, u16)>,
    /// Whether the address of some broker is not known: then connections to one of `ports` elsewhere count by address.
    pub some_unknown: bool,
}

/// Looks at them.
///
/// # Errors
/// `Unsupported` when the broker is in another name space, `Permission` or `Io` when the kernel does not answer.
pub fn read_sockets(procfs: &Path, pid: Option<u32>, wanted: &WantedSockets) -> Result<Sockets, Failure> {
    if !same_name_space(procfs, pid) {
        let message = "The broker is in another network name space than the reader: run `brokerwatch reader` inside it, \
                       such as in the broker's pod, and name it with --reader.socket.";
        return Err(Failure::new(ErrorKind::Unsupported, message));
    }
    let netlink = open().map_err(failure)?;
    let (mut sockets, mut of_peers) = (Sockets::default(), Vec::new());
    let mut left = SOCKETS_MAX;
    each_socket(&netlink, |socket| {
        if left > 0 {
            left -= 1;
            add(&mut sockets, &mut of_peers, wanted, &socket);
        }
    })?;
    sockets.more_with_peers = left == 0 || of_peers.len() > PEER_SOCKETS_MAX;
    for (peer, socket) in of_peers.into_iter().take(PEER_SOCKETS_MAX) {
        let request = request(socket.family, 0, u32::MAX, &socket.id);
        // It may be gone meanwhile.
        let _ = exchange(&netlink, &request, |found| {
            sockets.with_peers.extend(found.info.map(|info| PeerSocket {
                peer: peer.clone(),
                cookie: found.cookie,
                ..info
            }));
        });
    }
    Ok(sockets)
}

/// Counts a socket in, and keeps it when it is a connection with another broker.
fn add(sockets: &mut Sockets, of_peers: &mut Vec<(String, Seen)>, wanted: &WantedSockets, socket: &Seen) {
    if wanted.ports.contains(&socket.local.1) {
        let port: &mut PortSockets = sockets.ports.entry(socket.local.1).or_default();
        if socket.state == LISTEN {
            // One for each address, or thread, that the broker listens with.
            port.waiting = Some(port.waiting.unwrap_or(0).saturating_add(socket.received));
            port.waiting_max = Some(port.waiting_max.unwrap_or(0).saturating_add(socket.unsent));
        } else {
            port.connections += 1;
            port.unread_bytes += u64::from(socket.received);
            port.unacknowledged_bytes += u64::from(socket.unsent);
        }
    }
    let peer = (socket.state == ESTABLISHED).then(|| peer_of(wanted, socket)).flatten();
    // One more than are looked at, so that it shows that there are more.
    if let Some(peer) = peer.filter(|_| of_peers.len() <= PEER_SOCKETS_MAX) {
        of_peers.push((peer, socket.clone()));
    }
}

/// The other broker that a connection is with: it goes to that broker's listener, or between two machines with one broker
/// each and one of the broker's ports at either end.
fn peer_of(wanted: &WantedSockets, socket: &Seen) -> Option<String> {
    let peers = wanted.peers.iter().take(PEERS_MAX);
    let (address, port) = socket.remote;
    if let Some((peer, ..)) = peers.clone().find(|(_, at, on)| (*at, *on) == (address, port)) {
        return Some(peer.clone());
    }
    let of_ours = wanted.ports.contains(&socket.local.1) || wanted.ports.contains(&port);
    if !of_ours || address == socket.local.0 || address.is_loopback() {
        return None;
    }
    let there: BTreeSet<&String> = peers.filter(|(_, at, _)| *at == address).map(|(peer, ..)| peer).collect();
    match there.len() {
        1 => there.first().map(|peer| (*peer).clone()),
        0 if wanted.some_unknown && wanted.ports.contains(&port) => Some(address.to_string()),
        _ => None,
    }
}

fn open() -> rustix::io::Result<OwnedFd> {
    let socket = socket_with(AddressFamily::NETLINK, SocketType::DGRAM, SocketFlags::CLOEXEC, Some(SOCK_DIAG))?;
    set_socket_timeout(&socket, Timeout::Recv, Some(Duration::from_millis(500)))?;
    Ok(socket)
}

/// Hands over each socket of TCP that listens or is connected.
///
/// The kernel walks its whole table for such a request, hundreds of thousands of slots on a large machine, and for one of
/// them once for each family. The older request has no family, so one walk gives all; a kernel that does not take it says
/// so before it tells of any socket.
fn each_socket(netlink: &OwnedFd, mut each: impl FnMut(Seen)) -> Result<(), Failure> {
    let mut some = false;
    let all = exchange(netlink, &request_of_all(), |socket| {
        some = true;
        each(socket);
    });
    match all {
        // What was not told in time may still come, and would be taken for the next answer.
        Err(failure) if !some && failure.kind != ErrorKind::Timeout => each_socket_by_family(netlink, each),
        all => all,
    }
}

fn each_socket_by_family(netlink: &OwnedFd, mut each: impl FnMut(Seen)) -> Result<(), Failure> {
    for family in [AddressFamily::INET, AddressFamily::INET6] {
        let request = request(family.as_raw() as u8, NLM_F_DUMP, STATES, &[0; SOCKET_ID]);
        exchange(netlink, &request, &mut each)?;
    }
    Ok(())
}

/// Sends a request and hands over each socket of the answer.
fn exchange(netlink: &OwnedFd, request: &[u8], mut each: impl FnMut(Seen)) -> Result<(), Failure> {
    /// What the kernel fills at most at a time.
    const BUFFER: usize = 32 << 10;
    sendto(netlink, request, SendFlags::empty(), &SocketAddrNetlink::new(0, 0)).map_err(failure)?;
    let mut buffer = vec![0; BUFFER];
    let dump = u16::from_ne_bytes([request[6], request[7]]) & NLM_F_DUMP != 0;
    loop {
        let (_, bytes) = recv(netlink, &mut buffer, RecvFlags::empty()).map_err(failure)?;
        let end = parse_answer(&buffer[..bytes.min(BUFFER)], &mut each)?;
        if end || !dump {
            return Ok(());
        }
    }
}

fn failure(error: rustix::io::Errno) -> Failure {
    let kind = match error {
        rustix::io::Errno::ACCESS | rustix::io::Errno::PERM => ErrorKind::Permission,
        rustix::io::Errno::AGAIN => ErrorKind::Timeout,
        _ => ErrorKind::Io,
    };
    let message = format!("The kernel does not tell of sockets (sock_diag: {error}); is netlink filtered by seccomp?");
    Failure::new(kind, message)
}

/// The older request, of sockets of every family: `inet_diag_req`.
fn request_of_all() -> Vec<u8> {
    let body = [&[0; 4 + SOCKET_ID][..], &STATES.to_ne_bytes(), &[0; 4]].concat();
    message(TCPDIAG_GETSOCK, NLM_F_DUMP, &body)
}

/// A request: `inet_diag_req_v2`.
fn request(family: u8, flags: u16, states: u32, id: &[u8; SOCKET_ID]) -> Vec<u8> {
    let extension = if flags & NLM_F_DUMP == 0 { 1 << (INET_DIAG_INFO - 1) } else { 0 };
    let body = [&[family, IPPROTO_TCP, extension, 0][..], &states.to_ne_bytes(), id].concat();
    message(SOCK_DIAG_BY_FAMILY, flags, &body)
}

/// A request behind its `nlmsghdr`.
fn message(kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
    let length = (HEADER + body.len()) as u32;
    let mut out = Vec::with_capacity(length as usize);
    out.extend(length.to_ne_bytes());
    out.extend(kind.to_ne_bytes());
    out.extend((NLM_F_REQUEST | flags).to_ne_bytes());
    out.extend([0; 8]);
    out.extend(body);
    out
}

/// A socket as the kernel tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    family: u8,
    state: u8,
    local: (IpAddr, u16),
    remote: (IpAddr, u16),
    cookie: u64,
    /// Bytes that were not read; of one that listens: connections that were not accepted.
    received: u32,
    /// Bytes that were not acknowledged; of one that listens: how many connections may wait.
    unsent: u32,
    /// What the kernel calls it.
    id: [u8; SOCKET_ID],
    /// What TCP knows of it, when it was asked for.
    info: Option<PeerSocket>,
}

/// Counts the sockets of one answer of the kernel, `nlmsghdr` by `nlmsghdr`; connections with other brokers are told when the
/// answer says what TCP knows of them.
///
/// # Errors
/// `Parse` when it is cut off; what the kernel says is wrong.
pub fn parse_sockets(answer: &[u8], wanted: &WantedSockets) -> Result<Sockets, Failure> {
    let (mut sockets, mut of_peers) = (Sockets::default(), Vec::new());
    parse_answer(answer, &mut |socket| add(&mut sockets, &mut of_peers, wanted, &socket))?;
    let told = of_peers
        .into_iter()
        .take(PEER_SOCKETS_MAX)
        .filter_map(|(peer, socket)| Some(PeerSocket { peer, cookie: socket.cookie, ..socket.info? }));
    sockets.with_peers.extend(told);
    Ok(sockets)
}

/// Hands over each socket of an answer; whether it is the last one.
fn parse_answer(mut answer: &[u8], each: &mut impl FnMut(Seen)) -> Result<bool, Failure> {
    let cut = || Failure::new(ErrorKind::Parse, "The kernel's answer about sockets is cut off.");
    while !answer.is_empty() {
        let length = u32_at(answer, 0).ok_or_else(cut)? as usize;
        let kind = u16_at(answer, 4).ok_or_else(cut)?;
        let body = answer.get(HEADER..length).ok_or_else(cut)?;
        match kind {
            NLMSG_DONE => return Ok(true),
            NLMSG_ERROR => {
                let number = u32_at(body, 0).ok_or_else(cut)?.cast_signed().unsigned_abs();
                // What is outside is no error number of any kernel.
                let number = i32::try_from(number).ok().filter(|number| (1..4096).contains(number));
                return Err(failure(rustix::io::Errno::from_raw_os_error(number.ok_or_else(cut)?)));
            }
            SOCK_DIAG_BY_FAMILY | TCPDIAG_GETSOCK => each(parse_socket(body).ok_or_else(cut)?),
            _ => {}
        }
        answer = answer.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(false)
}

/// Reads an `inet_diag_msg` with its attributes; absent when it is cut off, or of another family.
fn parse_socket(body: &[u8]) -> Option<Seen> {
    let head = body.get(..MESSAGE)?;
    let id: [u8; SOCKET_ID] = head[4..4 + SOCKET_ID].try_into().ok()?;
    let port = |at: usize| u16::from_be_bytes([id[at], id[at + 1]]);
    let address = |at: usize| -> Option<IpAddr> {
        match AddressFamily::from_raw(head[0].into()) {
            AddressFamily::INET => Some(Ipv4Addr::from(<[u8; 4]>::try_from(id.get(at..at + 4)?).ok()?).into()),
            AddressFamily::INET6 => {
                let address = Ipv6Addr::from(<[u8; 16]>::try_from(id.get(at..at + 16)?).ok()?);
                // A socket for both families has IPv4 addresses inside IPv6 ones.
                Some(IpAddr::from(address).to_canonical())
            }
            _ => None,
        }
    };
    Some(Seen {
        family: head[0],
        state: head[1],
        local: (address(4)?, port(0)),
        remote: (address(20)?, port(2)),
        cookie: u64::from(u32_at(&id, 40)?) | u64::from(u32_at(&id, 44)?) << 32,
        received: u32_at(head, 56)?,
        unsent: u32_at(head, 60)?,
        id,
        info: attribute(&body[MESSAGE..], INET_DIAG_INFO).and_then(parse_info),
    })
}

/// The attribute of a kind.
fn attribute(mut attributes: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let (length, kind) = (u16_at(attributes, 0)? as usize, u16_at(attributes, 2)?);
        let value = attributes.get(4..length)?;
        if kind == wanted {
            return Some(value);
        }
        attributes = attributes.get(length.next_multiple_of(4)..)?;
    }
}

/// Reads what is wanted of a `tcp_info`; absent when a kernel before 4.2 does not tell what was sent.
fn parse_info(info: &[u8]) -> Option<PeerSocket> {
    Some(PeerSocket {
        idle_ms: u32_at(info, 44)?,
        rtt_us: u32_at(info, 68)?,
        retransmitted_segments: u32_at(info, 100)?,
        sent_segments: u32_at(info, 136)?,
        ..PeerSocket::default()
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use proptest::prelude::*;

    use super::*;

    fn wanted(ports: &[u16], peers: &[(&str, &str, u16)]) -> WantedSockets {
        let peers = peers.iter().map(|(name, at, port)| ((*name).to_owned(), at.parse().unwrap(), *port)).collect();
        WantedSockets { ports: ports.iter().copied().collect(), peers, some_unknown: false }
    }

    fn connection(local: (&str, u16), remote: (&str, u16)) -> Seen {
        let end = |(address, port): (&str, u16)| (address.parse().unwrap(), port);
        let (local, remote) = (end(local), end(remote));
        let id = [0; SOCKET_ID];
        Seen { family: 2, state: ESTABLISHED, local, remote, cookie: 1, received: 0, unsent: 0, id, info: None }
    }

    #[test]
    fn this_machine_tells_of_a_connection_its_queues_and_its_round_trip() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(address) else {
                writeln!(std::io::stderr(), "SKIPPED: this host has no {address}").unwrap();
                continue;
            };
            let at = listener.local_addr().unwrap();
            let mut client = TcpStream::connect(at).unwrap();
            let (mut server, _) = listener.accept().unwrap();
            let _waiting = TcpStream::connect(at).unwrap();
            // To and fro, so that a round trip was measured.
            client.write_all(b"to").unwrap();
            server.read_exact(&mut [0; 2]).unwrap();
            client.write_all(b"unread").unwrap();
            let ip = at.ip().to_string();
            let wanted = wanted(&[at.port()], &[("2", &ip, at.port())]);
            let seen = read_sockets(Path::new("/proc"), Some(std::process::id()), &wanted).unwrap();
            let port = seen.ports[&at.port()];
            // The one that waits is open already, for the kernel.
            assert_eq!((port.connections, port.waiting), (2, Some(1)), "{port:?}");
            assert!(port.waiting_max.unwrap() > 0 && port.unread_bytes == 6, "{port:?}");
            let links: Vec<_> = seen.with_peers.iter().filter(|link| link.sent_segments > 2).collect();
            assert!(links.len() == 1 && links[0].rtt_us > 0 && links[0].peer == "2", "{:?}", seen.with_peers);
        }
    }

    #[test]
    fn one_walk_tells_of_the_same_sockets_as_one_for_each_family() {
        let listeners: Vec<TcpListener> =
            ["127.0.0.1:0", "[::1]:0"].iter().filter_map(|address| TcpListener::bind(address).ok()).collect();
        let ours: BTreeSet<_> = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        let netlink = open().unwrap();
        let (mut once, mut twice) = (BTreeSet::new(), BTreeSet::new());
        let key = |socket: Seen| (socket.family, socket.state, socket.local, socket.cookie);
        let is_ours = |socket: &Seen| ours.contains(&socket.local.1);
        exchange(&netlink, &request_of_all(), |socket| once.extend(Some(socket).filter(is_ours).map(key))).unwrap();
        each_socket_by_family(&netlink, |socket| twice.extend(Some(socket).filter(is_ours).map(key))).unwrap();
        assert_eq!(once, twice);
        assert_eq!(once.len(), ours.len());
    }

    #[test]
    fn a_connection_is_told_by_both_of_its_ends() {
        let wanted = wanted(&[9092], &[("2", "10.0.0.2", 9092), ("3", "10.0.0.3", 9092), ("4", "10.0.0.3", 9093)]);
        let peer = |local, remote| peer_of(&wanted, &connection(local, remote));
        assert_eq!(peer(("10.0.0.1", 40_000), ("10.0.0.2", 9092)).as_deref(), Some("2"), "we asked");
        assert_eq!(peer(("10.0.0.1", 9092), ("10.0.0.2", 40_000)).as_deref(), Some("2"), "it asked");
        assert_eq!(peer(("10.0.0.1", 40_000), ("10.0.0.3", 9093)).as_deref(), Some("4"));
        assert_eq!(peer(("10.0.0.1", 9092), ("10.0.0.3", 40_000)), None, "either of two");
        assert_eq!(peer(("10.0.0.1", 22), ("10.0.0.2", 40_000)), None, "not a broker's port");
        assert_eq!(peer(("10.0.0.1", 9092), ("10.0.0.9", 40_000)), None, "a client");
        assert_eq!(peer(("127.0.0.1", 9092), ("127.0.0.1", 40_000)), None);
        let some_unknown = WantedSockets { some_unknown: true, ..wanted.clone() };
        let unknown = connection(("10.0.0.1", 40_000), ("10.0.0.9", 9092));
        assert_eq!(peer_of(&some_unknown, &unknown).as_deref(), Some("10.0.0.9"));
    }

    #[test]
    fn an_answer_is_read_and_a_cut_one_refused() {
        let mut body = vec![0; MESSAGE];
        (body[0], body[1]) = (10, ESTABLISHED);
        body[4..8].copy_from_slice(&[0x23, 0x84, 0x9c, 0x40]);
        body[8..24].copy_from_slice(&"::ffff:10.0.0.1".parse::<Ipv6Addr>().unwrap().octets());
        body[24..40].copy_from_slice(&"::ffff:10.0.0.2".parse::<Ipv6Addr>().unwrap().octets());
        let mut info = vec![0_u8; 140];
        info[68..72].copy_from_slice(&250_u32.to_ne_bytes());
        info[100..104].copy_from_slice(&3_u32.to_ne_bytes());
        info[136..140].copy_from_slice(&1_000_u32.to_ne_bytes());
        body.extend(5_u16.to_ne_bytes().into_iter().chain(8_u16.to_ne_bytes()).chain([0; 4]));
        body.extend(144_u16.to_ne_bytes().into_iter().chain(INET_DIAG_INFO.to_ne_bytes()).chain(info));
        let message = |kind: u16, body: &[u8]| {
            let length = ((HEADER + body.len()) as u32).to_ne_bytes();
            length.into_iter().chain(kind.to_ne_bytes()).chain([0; 10]).chain(body.iter().copied()).collect::<Vec<u8>>()
        };
        let socket = message(SOCK_DIAG_BY_FAMILY, &body);
        let answer = [socket.clone(), message(NLMSG_DONE, &[0; 4])].concat();
        let mut seen = Vec::new();
        assert!(parse_answer(&answer, &mut |socket| seen.push(socket)).unwrap());
        assert_eq!(seen[0].local, ("10.0.0.1".parse().unwrap(), 9092));
        assert_eq!(seen[0].remote, ("10.0.0.2".parse().unwrap(), 40_000));
        let info = seen[0].info.clone().unwrap();
        assert_eq!((info.rtt_us, info.retransmitted_segments, info.sent_segments), (250, 3, 1_000));
        for cut in [&socket[..socket.len() - 1], &socket[..10], &message(SOCK_DIAG_BY_FAMILY, &body[..40])] {
            assert!(parse_answer(cut, &mut |_| ()).is_err());
        }
        let denied = message(NLMSG_ERROR, &(-13_i32).to_ne_bytes());
        assert_eq!(parse_answer(&denied, &mut |_| ()).unwrap_err().kind, ErrorKind::Permission);
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse_answer(&bytes, &mut |_| ());
        }

        #[test]
        fn no_message_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..400), kind in 0_u16..30, family in 0_u8..12) {
            let mut message = ((HEADER + body.len()) as u32).to_ne_bytes().to_vec();
            message.extend(kind.to_ne_bytes().into_iter().chain([0; 10]).chain(body));
            if let Some(byte) = message.get_mut(HEADER) {
                *byte = family;
            }
            let _ = parse_answer(&message, &mut |_| ());
        }
    }
}
