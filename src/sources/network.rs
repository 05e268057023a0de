//! The network from `/proc/PID/net`, which is the name space of the broker, and from `/sys/class/net`, which is that of
//! whoever mounted it: its facts are used only when both show the same interfaces.
//!
//! References: proc(5), the kernel's Documentation/ABI/testing/sysfs-class-net and sysfs-class-net-statistics,
//! Documentation/networking/bonding.rst.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::hardware::pci_address;
use super::kernel_files::KernelFiles;
use crate::limits::INTERFACES_MAX;
use crate::snapshot::{Conntrack, Interface, InterfaceKind, Network, NicCounters};

/// Counters of TCP that are kept, by the table that they are in.
const TCP_COUNTERS: [(&str, &str, &[&str]); 2] = [
    ("snmp", "Tcp", &["OutSegs", "RetransSegs", "InErrs", "InCsumErrors", "AttemptFails", "EstabResets"]),
    (
        "netstat",
        "TcpExt",
        &[
            "ListenOverflows",
            "ListenDrops",
            "TCPTimeouts",
            "TCPLostRetransmit",
            "TCPRcvQDrop",
            "TCPBacklogDrop",
            "PruneCalled",
            "TCPAbortOnMemory",
            "TCPReqQFullDrop",
        ],
    ),
];

/// Interfaces below one another: a VLAN on a bond on cards, and some room.
const DEPTH_MAX: usize = 6;

/// Reads it. `pid` is the broker's process, absent when it is not known: then it is our own name space. `addresses` are
/// those that its listeners are reached at; one that is unspecified means whatever the default route uses.
#[must_use]
pub fn read_network(procfs: &Path, sysfs: &Path, pid: Option<u32>, addresses: &[IpAddr]) -> Network {
    let mut files = KernelFiles::default();
    let net = procfs.join(pid.map_or_else(|| "self".to_owned(), |pid| pid.to_string())).join("net");
    let counters = files.parsed(&net.join("dev"), parse_dev).unwrap_or_default();
    let roots = interfaces_of(&mut files, &net, addresses);
    let mut network = Network { links_unseen: links_unseen(sysfs, &counters), ..Network::default() };
    let class = sysfs.join("class/net");
    for root in roots {
        let below = if network.links_unseen.is_none() { below(&class, &root) } else { vec![(root, None)] };
        for (name, upper) in below {
            if network.interfaces.len() < INTERFACES_MAX && !network.interfaces.iter().any(|seen| seen.name == name) {
                let seen = network.links_unseen.is_none().then(|| read_link(&mut files, sysfs, &name));
                let counters = counters.get(&name).copied();
                network.interfaces.push(Interface { name, upper, counters, ..seen.unwrap_or_default() });
            }
        }
    }
    for (table, protocol, wanted) in TCP_COUNTERS {
        let found = files.parsed(&net.join(table), |text| parse_pairs(text, protocol, wanted));
        network.tcp.extend(found.unwrap_or_default());
    }
    if same_name_space(procfs, pid) {
        let limit = |name: &str| procfs.join("sys/net/netfilter").join(name);
        let entries = files.number(&limit("nf_conntrack_count"));
        let limit = files.number(&limit("nf_conntrack_max"));
        network.conntrack = entries.zip(limit).map(|(entries, limit)| Conntrack { entries, limit });
    }
    Network { unparsed: files.unparsed(), ..network }
}

/// Whether a process is in our own network name space; one that is not known is.
#[must_use]
pub fn same_name_space(procfs: &Path, pid: Option<u32>) -> bool {
    let Some(pid) = pid else { return true };
    // The name space itself may be looked at by the process' user only. Each name space has a table of its own, with an
    // inode of its own, which everybody may look at.
    let same = |file: &str| {
        let id = |process: &str| fs::metadata(procfs.join(process).join(file)).ok().map(|found| found.ino());
        Some(id("self")? == id(&pid.to_string())?)
    };
    same("ns/net").or_else(|| same("net/dev")).unwrap_or(false)
}

/// Why `/sys` does not tell of the interfaces that the broker sees; absent when it does.
fn links_unseen(sysfs: &Path, counters: &BTreeMap<String, NicCounters>) -> Option<String> {
    let class = sysfs.join("class/net");
    let Ok(entries) = fs::read_dir(&class) else { return Some(format!("{} cannot be listed.", class.display())) };
    let entries = entries.flatten().filter(|entry| entry.path().is_dir());
    let seen: BTreeSet<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let same = seen.iter().eq(counters.keys());
    // Two name spaces may have interfaces of the same names; what has been received in them is not the same.
    let behind = counters.iter().any(|(name, counters)| {
        let file = class.join(name).join("statistics/rx_bytes");
        let now = KernelFiles::default().number(&file);
        now.is_some_and(|now| now < counters.received_bytes)
    });
    (!same || behind).then(|| {
        format!("{} shows another network name space than the broker's: mount /sys inside it.", class.display())
    })
}

/// Interfaces that have one of `addresses`, each once.
fn interfaces_of(files: &mut KernelFiles, net: &Path, addresses: &[IpAddr]) -> Vec<String> {
    let routes = files.parsed(&net.join("route"), |text| Some(parse_routes(text))).unwrap_or_default();
    let addresses6 = files.parsed(&net.join("if_inet6"), |text| Some(parse_inet6(text))).unwrap_or_default();
    let mut default6 = || files.parsed(&net.join("ipv6_route"), |text| Some(parse_default6(text)))?;
    let mut found = Vec::new();
    for address in addresses.iter().map(IpAddr::to_canonical).filter(|address| !address.is_loopback()) {
        let name = match address {
            IpAddr::V4(address) => route_of(&routes, address),
            IpAddr::V6(address) => addresses6.get(&address).cloned(),
        };
        let name = name.or_else(|| address.is_unspecified().then(&mut default6)?);
        // An IPv6 wildcard takes IPv4 too.
        let name = name.or_else(|| address.is_unspecified().then(|| route_of(&routes, Ipv4Addr::UNSPECIFIED))?);
        found.extend(name.filter(|name| !found.contains(name)));
    }
    found
}

/// An IPv4 route.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Route {
    interface: String,
    destination: u32,
    mask: u32,
    metric: u32,
}

/// Routes of a `/proc/net/route` that are up and refuse nothing.
fn parse_routes(text: &str) -> Vec<Route> {
    /// The kernel's RTF_UP and RTF_REJECT.
    const UP: u32 = 0x1;
    const REJECT: u32 = 0x200;
    // Addresses are printed as the number that the four bytes are in this machine's order.
    let address = |field: &str| Some(u32::from_be_bytes(u32::from_str_radix(field, 16).ok()?.to_ne_bytes()));
    let route = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let flags = u32::from_str_radix(fields.get(3)?, 16).ok()?;
        let (destination, mask) = (address(fields.get(1)?)?, address(fields.get(7)?)?);
        let metric = fields.get(6)?.parse().ok()?;
        let interface = (*fields.first()?).to_owned();
        (flags & UP != 0 && flags & REJECT == 0).then_some(Route { interface, destination, mask, metric })
    };
    text.lines().skip(1).filter_map(route).collect()
}

/// The interface that an address is on, or is reached by: of the routes that fit the narrowest, then the cheapest.
fn route_of(routes: &[Route], address: Ipv4Addr) -> Option<String> {
    let fits = routes.iter().filter(|route| u32::from(address) & route.mask == route.destination);
    let best = fits.min_by_key(|route| (route.mask.count_zeros(), route.metric))?;
    Some(best.interface.clone())
}

/// Interfaces by their addresses, from a `/proc/net/if_inet6`.
fn parse_inet6(text: &str) -> BTreeMap<Ipv6Addr, String> {
    let entry = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        let address = u128::from_str_radix(fields.next()?, 16).ok()?;
        Some((Ipv6Addr::from_bits(address), fields.nth(4)?.to_owned()))
    };
    text.lines().filter_map(entry).collect()
}

/// The interface of the cheapest default route in a `/proc/net/ipv6_route`.
fn parse_default6(text: &str) -> Option<String> {
    let entry = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let default = fields.first()?.bytes().all(|byte| byte == b'0') && *fields.get(1)? == "00";
        let metric = u32::from_str_radix(fields.get(5)?, 16).ok()?;
        let interface = *fields.get(9)?;
        (default && interface != "lo").then(|| (metric, interface.to_owned()))
    };
    text.lines().filter_map(entry).min().map(|(_, interface)| interface)
}

/// Counters by interface, from a `/proc/net/dev`; absent when no line is one.
fn parse_dev(text: &str) -> Option<BTreeMap<String, NicCounters>> {
    let entry = |line: &str| {
        let (name, fields) = line.rsplit_once(':')?;
        let numbers: Option<Vec<u64>> = fields.split_ascii_whitespace().map(|field| field.parse().ok()).collect();
        let numbers = numbers.filter(|numbers| numbers.len() >= 16)?;
        let counters = NicCounters {
            received_bytes: numbers[0],
            received_packets: numbers[1],
            receive_errors: numbers[2],
            receive_drops: numbers[3],
            sent_bytes: numbers[8],
            sent_packets: numbers[9],
            send_errors: numbers[10],
            send_drops: numbers[11],
        };
        Some((name.trim().to_owned(), counters))
    };
    let found: BTreeMap<String, NicCounters> = text.lines().filter_map(entry).collect();
    (!found.is_empty()).then_some(found)
}

/// The wanted counters of a table that has a line of names before each line of values; absent when it has no such lines.
fn parse_pairs(text: &str, protocol: &str, wanted: &[&str]) -> Option<BTreeMap<String, u64>> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(protocol)?.strip_prefix(": "));
    let (names, values) = (lines.next()?.split(' '), lines.next()?.split(' '));
    let named = names.zip(values).filter(|(name, _)| wanted.contains(name));
    Some(named.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect())
}

/// An interface and those that carry it, each with the one above it.
fn below(class: &Path, root: &str) -> Vec<(String, Option<String>)> {
    let (mut found, mut next) = (vec![(root.to_owned(), None)], 0);
    let mut depth = BTreeMap::from([(root.to_owned(), 0)]);
    while let Some((name, _)) = found.get(next).cloned() {
        next += 1;
        let at = depth.get(&name).copied().unwrap_or(DEPTH_MAX);
        if at >= DEPTH_MAX || found.len() > INTERFACES_MAX {
            continue;
        }
        let Ok(entries) = fs::read_dir(class.join(&name)) else { continue };
        let links =
            entries.flatten().filter_map(|entry| Some(entry.file_name().to_str()?.strip_prefix("lower_")?.to_owned()));
        let mut lower: Vec<String> = links.collect();
        lower.sort();
        for lower in lower {
            // A bridge also carries what virtual machines and containers hang on to it.
            let carries = kind(&class.join(&lower)) != InterfaceKind::Virtual;
            if carries && depth.insert(lower.clone(), at + 1).is_none() {
                found.push((lower, Some(name.clone())));
            }
        }
    }
    found
}

fn kind(at: &Path) -> InterfaceKind {
    let has = |name: &str| at.join(name).is_dir();
    let vlan = || {
        let uevent = KernelFiles::default().text(&at.join("uevent")).unwrap_or_default();
        uevent.lines().any(|line| line == "DEVTYPE=vlan")
    };
    match at {
        _ if has("bonding") => InterfaceKind::Bond,
        _ if has("bridge") => InterfaceKind::Bridge,
        _ if has("device") => InterfaceKind::Nic,
        _ if vlan() => InterfaceKind::Vlan,
        _ => InterfaceKind::Virtual,
    }
}

/// What `/sys` tells of an interface.
fn read_link(files: &mut KernelFiles, sysfs: &Path, name: &str) -> Interface {
    let at: PathBuf = sysfs.join("class/net").join(name);
    let state = |text: &str| match text.trim() {
        "up" => Some(true),
        "down" | "lowerlayerdown" | "notpresent" | "dormant" | "testing" => Some(false),
        _ => None,
    };
    // A driver that does not know says `unknown`, and a link that is down refuses to be asked, or says -1.
    let up = files.text(&at.join("operstate")).and_then(|text| state(&text));
    let speed = files.text(&at.join("speed")).and_then(|text| parse_speed(&text));
    let duplex = files.text(&at.join("duplex")).and_then(|text| parse_duplex(&text));
    let member = files.text(&at.join("bonding_slave/mii_status"));
    Interface {
        kind: kind(&at),
        up,
        bytes_per_second: speed,
        full_duplex: duplex,
        carrier_downs: files.number(&at.join("carrier_down_count")),
        crc_errors: files.number(&at.join("statistics/rx_crc_errors")),
        missed_packets: files.number(&at.join("statistics/rx_missed_errors")),
        pci: pci_address(sysfs, name),
        bond_member_up: member.map(|status| status == "up"),
        ..Interface::default()
    }
}

/// Megabits per second as bytes per second. What drivers say for "not known" is not a speed: -1, 0, or as an unsigned
/// number.
fn parse_speed(text: &str) -> Option<u64> {
    let megabits = text.parse::<u64>().ok().filter(|megabits| (1..u64::from(u32::MAX)).contains(megabits))?;
    megabits.checked_mul(1_000_000 / 8)
}

fn parse_duplex(text: &str) -> Option<bool> {
    match text {
        "full" => Some(true),
        "half" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROUTES: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
        eth1\t00000000\t0100A8C0\t0003\t0\t0\t200\t00000000\t0\t0\t0\n\
        bond0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
        bond0\t0000000A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n\
        eth1\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
        eth2\t0000A8C0\t00000000\t0201\t0\t0\t0\tFFFFFFFF\t0\t0\t0\n";

    #[test]
    fn the_narrowest_route_tells_the_interface() {
        let routes = parse_routes(ROUTES);
        assert_eq!(routes.len(), 4, "one refuses");
        let of = |address: [u8; 4]| route_of(&routes, address.into());
        assert_eq!(of([10, 0, 1, 2]).as_deref(), Some("bond0"));
        assert_eq!(of([192, 168, 0, 7]).as_deref(), Some("eth1"));
        assert_eq!(of([0, 0, 0, 0]).as_deref(), Some("bond0"), "the cheaper default route");
        assert_eq!(route_of(&[], Ipv4Addr::LOCALHOST), None);
    }

    #[test]
    fn addresses_and_default_routes_of_ipv6_are_read() {
        let addresses = parse_inet6("20010db8000000000000000000000007 02 40 00 80     eth0\nx 02 40 00 80 eth1\n");
        assert_eq!(addresses, [("2001:db8::7".parse().unwrap(), "eth0".to_owned())].into());
        let zero = "0".repeat(32);
        let route = |metric: &str, interface: &str| {
            format!(
                "{zero} 00 {zero} 00 fe800000000000000000000000000001 {metric} 00000001 00000000 00000003 {interface}\n"
            )
        };
        let table = route("ffffffff", "lo") + &route("00000400", "eth1") + &route("00000064", "eth0");
        assert_eq!(parse_default6(&table).as_deref(), Some("eth0"));
        assert_eq!(parse_default6(&route("ffffffff", "lo")), None);
    }

    #[test]
    fn counters_are_read_by_interface() {
        let text = "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs\n\
                    eth0:100 2 3 4 5 6 7 8 200 10 11 12 13 14 15 16\n  cut: 1 2 3\n";
        let found = parse_dev(text).unwrap();
        assert_eq!(found.len(), 1);
        let eth0 = found["eth0"];
        assert_eq!((eth0.received_bytes, eth0.receive_errors, eth0.receive_drops), (100, 3, 4));
        assert_eq!((eth0.sent_bytes, eth0.send_errors, eth0.send_drops), (200, 11, 12));
        assert_eq!(parse_dev("nothing"), None);
    }

    #[test]
    fn values_are_those_under_their_names() {
        let text = "Ip: Forwarding\nIp: 1\nTcp: MaxConn OutSegs RetransSegs\nTcp: -1 100 3\n";
        let found = parse_pairs(text, "Tcp", &["OutSegs", "RetransSegs", "MaxConn"]).unwrap();
        assert_eq!(found, [("OutSegs".to_owned(), 100), ("RetransSegs".to_owned(), 3)].into());
        assert_eq!(parse_pairs("Tcp: OutSegs\n", "Tcp", &["OutSegs"]), None);
        assert_eq!(parse_pairs("TcpExt: OutSegs\nTcpExt: 1\n", "Tcp", &["OutSegs"]), None);
    }

    #[test]
    fn a_speed_that_is_not_known_is_absent() {
        assert_eq!(parse_speed("10000"), Some(1_250_000_000));
        for odd in ["-1", "0", "4294967295", "18446744073709551615", "N/A", ""] {
            assert_eq!(parse_speed(odd), None, "{odd}");
        }
        assert_eq!(
            (parse_duplex("full"), parse_duplex("half"), parse_duplex("unknown")),
            (Some(true), Some(false), None)
        );
    }

    #[test]
    fn a_process_of_ours_is_in_our_name_space() {
        let (procfs, own) = (Path::new("/proc"), std::process::id());
        assert!(same_name_space(procfs, None) && same_name_space(procfs, Some(own)));
        assert!(!same_name_space(procfs, Some(u32::MAX)), "one that is gone is not");
    }

    proptest! {
        #[test]
        fn no_text_makes_a_parser_panic(text in any::<String>()) {
            let routes = parse_routes(&text);
            let _ = (route_of(&routes, Ipv4Addr::BROADCAST), parse_inet6(&text), parse_default6(&text), parse_dev(&text));
            let _ = (parse_pairs(&text, "Tcp", &["OutSegs"]), parse_speed(&text));
        }

        #[test]
        fn no_table_makes_a_parser_panic(text in "((eth0:?|[0-9A-Fa-f]{0,33}|Tcp:|OutSegs|[0-9-]{1,21})[ \t\n]){0,24}") {
            let routes = parse_routes(&format!("\n{text}"));
            let _ = (route_of(&routes, Ipv4Addr::BROADCAST), parse_inet6(&text), parse_default6(&text), parse_dev(&text));
            let _ = (parse_pairs(&text, "Tcp", &["OutSegs"]), parse_speed(&text));
        }
    }
}
