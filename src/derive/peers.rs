//! The links to the other brokers: what the sockets of one look add to what the looks before came to.

use std::collections::BTreeMap;

use crate::limits::PEERS_MAX;
use crate::snapshot::{Network, PeerLink, PeerSocket, Sockets};

/// Milliseconds without anything sent after which a socket's round trip time is an old one. Followers ask twice a second.
const IDLE_MS_MAX: u32 = 60_000;

/// The links after this look. A socket that was not there at the last look counts whole; at the first look, and after one
/// that failed, nothing does: what was sent before is of another time. What a socket sent between the last look at it and
/// its end is lost, so the counts are a little low.
#[must_use]
pub fn advance(before: Option<&Network>, sockets: &Sockets) -> BTreeMap<String, PeerLink> {
    let base = before.and_then(|before| before.sockets.as_ref()?.as_ref().ok());
    let known: BTreeMap<u64, &PeerSocket> =
        base.iter().flat_map(|base| &base.with_peers).map(|s| (s.cookie, s)).collect();
    let counts_new = base.is_some_and(|base| !base.more_with_peers);
    let mut links = before.map(|before| before.peers.clone()).unwrap_or_default();
    links.values_mut().for_each(|link| (link.connections, link.rtt_us) = (0, None));
    let mut round_trips: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for socket in &sockets.with_peers {
        if !links.contains_key(&socket.peer) && links.len() >= PEERS_MAX {
            continue;
        }
        let link = links.entry(socket.peer.clone()).or_default();
        link.connections += 1;
        let (sent, again) = match known.get(&socket.cookie) {
            Some(old) => (old.sent_segments, old.retransmitted_segments),
            None if counts_new => (0, 0),
            None => (socket.sent_segments, socket.retransmitted_segments),
        };
        link.sent_segments += u64::from(socket.sent_segments.wrapping_sub(sent));
        link.retransmitted_segments += u64::from(socket.retransmitted_segments.wrapping_sub(again));
        if socket.idle_ms < IDLE_MS_MAX && socket.rtt_us > 0 {
            round_trips.entry(&socket.peer).or_default().push(socket.rtt_us);
        }
    }
    for (peer, mut round_trips) in round_trips {
        round_trips.sort_unstable();
        if let Some(link) = links.get_mut(peer) {
            link.rtt_us = round_trips.get(round_trips.len() / 2).copied();
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(peer: &str, cookie: u64, rtt_us: u32, sent_segments: u32, retransmitted_segments: u32) -> PeerSocket {
        PeerSocket { peer: peer.into(), cookie, rtt_us, idle_ms: 10, sent_segments, retransmitted_segments }
    }

    fn look(before: Option<&Network>, with_peers: Vec<PeerSocket>) -> Network {
        let sockets = Sockets { with_peers, ..Sockets::default() };
        let peers = advance(before, &sockets);
        Network { peers, sockets: Some(Ok(sockets)), ..Network::default() }
    }

    #[test]
    fn what_was_sent_before_the_first_look_does_not_count_and_what_a_new_socket_sent_does() {
        let first = look(None, vec![socket("2", 1, 100, 5_000, 50)]);
        assert_eq!(first.peers["2"], PeerLink { connections: 1, rtt_us: Some(100), ..PeerLink::default() });
        let second = look(Some(&first), vec![socket("2", 1, 300, 5_010, 51), socket("2", 2, 200, 7, 1)]);
        let link = second.peers["2"];
        assert_eq!((link.sent_segments, link.retransmitted_segments, link.connections), (17, 2, 2));
        let third = look(Some(&second), vec![]);
        assert_eq!(third.peers["2"], PeerLink { connections: 0, rtt_us: None, ..link }, "counts stay");
    }

    #[test]
    fn a_count_that_wraps_goes_on() {
        let first = look(None, vec![socket("2", 1, 100, u32::MAX - 1, 0)]);
        assert_eq!(look(Some(&first), vec![socket("2", 1, 100, 3, 0)]).peers["2"].sent_segments, 5);
    }

    #[test]
    fn after_a_look_that_failed_nothing_is_counted_twice_or_whole() {
        let first = look(None, vec![socket("2", 1, 100, 10, 0)]);
        let failure = crate::snapshot::Failure::new(crate::snapshot::ErrorKind::Io, "no");
        let blind = Network { sockets: Some(Err(failure)), ..first };
        assert_eq!(look(Some(&blind), vec![socket("2", 1, 100, 5_000, 9)]).peers["2"].sent_segments, 0);
    }

    #[test]
    fn an_idle_socket_has_no_round_trip_time() {
        let idle = PeerSocket { idle_ms: IDLE_MS_MAX, ..socket("2", 1, 9_000, 1, 0) };
        let seen =
            look(None, vec![idle, socket("2", 2, 100, 1, 0), socket("2", 3, 300, 1, 0), socket("2", 4, 200, 1, 0)]);
        assert_eq!(seen.peers["2"].rtt_us, Some(200), "the middle one of those that are in use");
    }
}
