//! What would happen if something stopped now: partitions that go offline, refuse writes with acks=all, or lose their
//! last in-sync copy, and the controller quorum. An answer about now: the next moment may be another.
//!
//! References: Kafka's `ReplicationControlManager` (who is elected), KIP-966 (eligible leader replicas), KIP-595 (the
//! quorum's majority).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::broker::fenced;
use super::fleet::Node;
use super::replication::{Replication, unseen};
use crate::snapshot::{Partition, Quorum};

/// Milliseconds that a voter may be behind the active controller and still count as one that votes: several times the
/// default of `controller.quorum.fetch.timeout.ms`.
const VOTER_LAG_MS_MAX: u64 = 10_000;

/// What stops.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stop {
    /// Nodes, brokers and controllers, by id.
    pub nodes: BTreeSet<i32>,
    /// Replicas on nodes that go on: broker, topic, partition; sorted.
    replicas: Vec<(i32, Arc<str>, i32)>,
}

impl Stop {
    /// These nodes.
    #[must_use]
    pub fn of_nodes(ids: impl IntoIterator<Item = i32>) -> Self {
        Self { nodes: ids.into_iter().collect(), replicas: Vec::new() }
    }

    /// These replicas of a broker that goes on.
    #[must_use]
    pub fn of_replicas(broker: i32, replicas: impl IntoIterator<Item = (Arc<str>, i32)>) -> Self {
        let mut replicas: Vec<_> = replicas.into_iter().map(|(topic, partition)| (broker, topic, partition)).collect();
        replicas.sort_unstable();
        Self { replicas, ..Self::default() }
    }

    /// Both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.nodes.extend(other.nodes);
        self.replicas.extend(other.replicas);
        self.replicas.sort_unstable();
        self
    }

    /// Whether the replica of `found` on broker `id` stops.
    fn stops(&self, found: &Partition<'_>, id: i32) -> bool {
        let partition = found.row.partition;
        let order = |(broker, topic, index): &(i32, Arc<str>, i32)| {
            broker.cmp(&id).then_with(|| (**topic).cmp(&*found.topic.name)).then(index.cmp(&partition))
        };
        self.nodes.contains(&id) || (!self.replicas.is_empty() && self.replicas.binary_search_by(order).is_ok())
    }
}

/// What a stop does to one partition of which it stops a replica that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// In-sync replicas now.
    pub isr: usize,
    /// In-sync replicas after it; 1 when an eligible replica outside the ISR takes over.
    pub isr_after: usize,
    /// Effective `min.insync.replicas`; absent when it is not known.
    pub min_isr: Option<usize>,
    /// Whether writes with acks=all are refused after it; absent while that hangs on an unknown `min.insync.replicas`.
    pub refuses_writes: Option<bool>,
    /// Whether it had a leader and nobody is left to be elected.
    pub goes_offline: bool,
    /// Whether no in-sync or eligible copy goes on.
    pub loses_last_copy: bool,
    /// Whether a replica out of sync takes over then, since unclean leader election is on: what it misses is lost.
    pub unclean: bool,
}

impl Effect {
    /// Whether it harms; absent when that is not known.
    #[must_use]
    pub fn harms(&self) -> Option<bool> {
        if self.goes_offline || self.loses_last_copy { Some(true) } else { self.refuses_writes }
    }

    /// The worse of two opinions on one partition: the one that harms more.
    fn worse(self, other: Self) -> Self {
        let rank = |effect: &Self| {
            let refuses = match effect.refuses_writes {
                Some(true) => 2,
                None => 1,
                Some(false) => 0,
            };
            (effect.goes_offline, effect.loses_last_copy, refuses)
        };
        if rank(&other) > rank(&self) { other } else { self }
    }
}

/// What `stop` does to a partition; absent when it stops no in-sync or eligible replica of it, nor its leader: then
/// nothing changes. A partition that has no leader already cannot go offline.
#[must_use]
pub fn effect(replication: &Replication<'_>, found: &Partition<'_>, stop: &Stop) -> Option<Effect> {
    let stops = |id: i32| stop.stops(found, id);
    let stopped = |ids: &[i32]| ids.iter().filter(|id| stops(**id)).count();
    // Each is asked once: this runs for every partition of the cluster, several times a page.
    let (isr_stopped, eligible_stopped) = (stopped(found.isr), stopped(found.eligible));
    let (has_leader, leader_stops) = (found.leader().is_some(), found.leader().is_some_and(stops));
    let copies_stopped = isr_stopped + eligible_stopped;
    if copies_stopped == 0 && !leader_stops {
        return None;
    }
    let serves = |id: i32| !stops(id) && replication.is_alive(id) && !found.offline.contains(&id);
    let leads_on = has_leader && !leader_stops;
    let elected = leads_on || found.isr.iter().chain(found.eligible).any(|id| serves(*id));
    let loses_last_copy = copies_stopped > 0 && copies_stopped == found.isr.len() + found.eligible.len();
    let uncleanly = !elected
        && found.replicas.iter().any(|id| serves(*id))
        && replication.unclean_leader_election(&found.topic.name) == Some(true);
    let left = found.isr.len() - isr_stopped;
    let isr_after = if left == 0 { usize::from(elected || uncleanly) } else { left };
    let min_isr = replication.judge(found).min_isr;
    let goes_offline = has_leader && !elected && !uncleanly;
    let refuses_writes = match min_isr {
        _ if !has_leader => Some(false),
        _ if goes_offline => Some(true),
        Some(min_isr) => Some(isr_after < min_isr),
        None => None,
    };
    let unclean = uncleanly && has_leader;
    Some(Effect { isr: found.isr.len(), isr_after, min_isr, refuses_writes, goes_offline, loses_last_copy, unclean })
}

/// How many partitions a stop harms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Go offline.
    pub offline: usize,
    /// Refuse writes with acks=all after it, those that go offline among them; absent when that is not known of one.
    pub under_min_isr: Option<usize>,
    /// Lose their last in-sync copy.
    pub last_copy: usize,
}

impl Counts {
    /// Counts effects.
    pub fn of(effects: impl IntoIterator<Item = Effect>) -> Self {
        let mut counts = Self { under_min_isr: Some(0), ..Self::default() };
        for effect in effects {
            counts.offline += usize::from(effect.goes_offline);
            counts.last_copy += usize::from(effect.loses_last_copy);
            counts.under_min_isr =
                counts.under_min_isr.and_then(|count| Some(count + usize::from(effect.refuses_writes?)));
        }
        counts
    }
}

/// What a stop leaves of the controller quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuorumAfter {
    /// It stops no voter, or there is no quorum (ZooKeeper).
    Untouched,
    /// A majority goes on: voters, those that go on, those that are needed.
    Kept(usize, usize, usize),
    /// No majority is left, the same numbers: nothing can be created, elected or changed any more.
    Lost(usize, usize, usize),
    /// Not known, and why.
    Unknown(String),
}

/// Effects by topic and partition.
pub type Harmed<'a> = BTreeMap<(&'a Arc<str>, i32), Effect>;

/// What a stop does to a cluster.
#[derive(Clone, Debug)]
pub struct Outcome<'a> {
    /// Partitions that are harmed, or of which that is not known.
    pub partitions: Harmed<'a>,
    /// The controller quorum after it.
    pub quorum: QuorumAfter,
    /// What could not be seen, so that more may be harmed; `partitions` is then what is known.
    pub unseen: Vec<String>,
    /// Whether partitions were looked at: no broker's view of them was needed or there was one.
    pub has_partitions: bool,
}

impl Outcome<'_> {
    /// Whether nothing is harmed; absent when that is not known. What is known to harm outweighs what is not known.
    #[must_use]
    pub fn is_safe(&self) -> Option<bool> {
        if self.partitions.values().any(|effect| effect.harms() == Some(true))
            || matches!(self.quorum, QuorumAfter::Lost(..))
        {
            return Some(false);
        }
        self.unknown().is_empty().then_some(true)
    }

    /// How many partitions are harmed; absent when none were seen.
    #[must_use]
    pub fn counts(&self) -> Option<Counts> {
        self.has_partitions.then(|| Counts::of(self.partitions.values().copied()))
    }

    /// What is not known, one line each, with the next step.
    #[must_use]
    pub fn unknown(&self) -> Vec<String> {
        let mut all = self.unseen.clone();
        if let QuorumAfter::Unknown(why) = &self.quorum {
            all.push(why.clone());
        }
        let mut unclear = self.partitions.iter().filter(|(_, effect)| effect.harms().is_none());
        if let Some(((topic, _), _)) = unclear.next() {
            let others = unclear.filter(|((other, _), _)| other != topic).map(|((other, _), _)| other);
            let others = others.collect::<BTreeSet<_>>().len();
            let others = if others == 0 { String::new() } else { format!(" and of {others} other topics") };
            all.push(format!(
                "min.insync.replicas of topic {topic}{others} is not known: grant DescribeConfigs on Topic \
                 (brokerwatch acls prints how), or ask a broker that hosts it."
            ));
        }
        all
    }
}

/// What `stop` does to the cluster that `nodes` are of, as all of them see it: of several opinions the worst counts.
#[must_use]
pub fn outcome<'a>(nodes: &[&Node<'a>], stop: &Stop) -> Outcome<'a> {
    let quorum = quorum_after(nodes, stop);
    let mut unseen_by = Vec::new();
    let mut views: Vec<Replication<'a>> = Vec::new();
    let brokers: Vec<&&Node<'_>> = nodes.iter().filter(|node| node.is(super::fleet::On::Brokers)).collect();
    for node in &brokers {
        match node.replication() {
            Ok(_) if is_fenced(node) => {
                unseen_by.push(format!("{} is fenced: what it knows of partitions may be old.", node.name()));
            }
            Ok(replication) => views.push(replication.clone()),
            Err(why) => unseen_by.push(format!("{}: {}", node.name(), why.0)),
        }
    }
    let mut opinions: Vec<((&'a Arc<str>, i32), Effect)> = Vec::new();
    for view in &mut views {
        let others = brokers.iter().filter_map(|node| node.replication().ok().zip(node.configs().ok()));
        let others: Vec<_> = others.filter(|(other, _)| !std::ptr::eq(other.cluster, view.cluster)).collect();
        others.into_iter().for_each(|(_, configs)| view.learn(configs));
        for found in view.cluster.partitions.iter() {
            let Some(effect) = effect(view, &found, stop) else { continue };
            if effect.harms() != Some(false) {
                opinions.push(((&found.topic.name, found.row.partition), effect));
            }
        }
    }
    // Each view tells in order: one alone needs no search, and a map of what is in order is made at once.
    opinions.sort_by_key(|(partition, _)| *partition);
    opinions.dedup_by(|(other, effect), (partition, worst)| {
        let same = other == partition;
        if same {
            *worst = worst.worse(*effect);
        }
        same
    });
    let partitions: Harmed<'a> = opinions.into_iter().collect();
    let stops_broker = stop.nodes.iter().any(|id| is_broker(nodes, *id)) || !stop.replicas.is_empty();
    // One broker that sees is enough: Metadata names every partition of the cluster.
    let mut unseen = if views.is_empty() && stops_broker { unseen_by } else { Vec::new() };
    if unseen.is_empty() && views.is_empty() && stops_broker {
        unseen.push("No broker's view of partitions was seen: --kafka.server=HOST:PORT asks one.".to_owned());
    }
    unseen.extend(brokers.iter().filter(|node| stop_concerns(stop, node)).filter_map(|node| hidden(node)));
    Outcome { partitions, quorum, unseen, has_partitions: !views.is_empty() || !stops_broker }
}

/// Whether a node of this id may be a broker: it is one unless all that is known of it says that it is none.
fn is_broker(nodes: &[&Node<'_>], id: i32) -> bool {
    let mut own = nodes.iter().filter(|node| node.view.id == Some(id)).peekable();
    own.peek().is_none() || own.any(|node| node.is(super::fleet::On::Brokers))
}

fn is_fenced(node: &Node<'_>) -> bool {
    node.view.id.and_then(|id| fenced(node.view.node, node.view.now, id)) == Some(true)
}

fn stop_concerns(stop: &Stop, node: &Node<'_>) -> bool {
    let id = node.view.id;
    id.is_some_and(|id| stop.nodes.contains(&id) || stop.replicas.iter().any(|(broker, ..)| *broker == id))
}

/// Why not every partition of a broker is seen: its disks hold replicas that Metadata does not name.
fn hidden(node: &Node<'_>) -> Option<String> {
    let hidden = unseen(node.view.node, node.view.now, node.view.id?).filter(|count| *count > 0)?;
    let next = "topics that our principal may not describe (brokerwatch acls prints the grant), or new ones: ask again";
    Some(format!("{hidden} replicas on the disks of {} are not named by Metadata: {next}.", node.name()))
}

fn quorum_after(nodes: &[&Node<'_>], stop: &Stop) -> QuorumAfter {
    if stop.nodes.is_empty() {
        return QuorumAfter::Untouched;
    }
    let newest = nodes
        .iter()
        .filter_map(|node| node.quorum().ok().zip(node.view.node.quorum.last.as_ref()))
        .max_by_key(|(_, observed)| observed.at);
    if let Some((quorum, _)) = newest {
        return majority(quorum, stop);
    }
    // Whoever is known not to vote does not matter to it.
    let votes = |id: &i32| {
        let mut own = nodes.iter().filter(|node| node.view.id == Some(*id));
        own.find_map(|node| super::node::votes(node.view.node, node.view.now)).unwrap_or(true)
    };
    match stop.nodes.iter().find(|id| votes(id)) {
        None => QuorumAfter::Untouched,
        Some(id) => QuorumAfter::Unknown(format!(
            "Whether node {id} votes in the controller quorum, and whether the quorum outlives its stop, is not known: \
             grant Describe on Cluster, and ask the live broker of the lowest id or all nodes."
        )),
    }
}

fn majority(quorum: &Quorum, stop: &Stop) -> QuorumAfter {
    if !quorum.voters.iter().any(|voter| stop.nodes.contains(&voter.id)) {
        return QuorumAfter::Untouched;
    }
    let (all, needed) = (quorum.voters.len(), quorum.voters.len() / 2 + 1);
    let left = || quorum.voters.iter().filter(|voter| !stop.nodes.contains(&voter.id));
    if left().count() < needed {
        return QuorumAfter::Lost(all, left().count(), needed);
    }
    let leader = quorum.voters.iter().find(|voter| Some(voter.id) == quorum.leader);
    let Some(now) = leader.and_then(|leader| leader.caught_up_at) else {
        return QuorumAfter::Unknown("The active controller does not tell which voters follow it.".to_owned());
    };
    let votes = |at: crate::snapshot::UnixMs| now.since(at) <= VOTER_LAG_MS_MAX;
    let going_on = left().filter(|voter| voter.caught_up_at.is_some_and(votes)).count();
    if going_on < needed { QuorumAfter::Lost(all, going_on, needed) } else { QuorumAfter::Kept(all, going_on, needed) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fleet::Fleet;
    use super::*;
    use crate::snapshot::{NodeView, Origin, SCHEMA, Snapshot};
    use crate::testing::{Row, Sample, partition};

    fn snapshot(nodes: impl IntoIterator<Item = NodeView>) -> Snapshot {
        let nodes = nodes.into_iter().enumerate().map(|(at, node)| (Origin(format!("b{at}:9092")), node));
        Snapshot { schema: SCHEMA, program_version: String::new(), taken_at: Sample::NOW, nodes: nodes.collect() }
    }

    /// A broker of a cluster with a controller of its own.
    fn broker(id: i32) -> Sample {
        Sample::broker(id).quorum(100, &[(100, 0)])
    }

    /// Whether it is safe, how many partitions of each kind, and what is not known.
    fn stopped(nodes: impl IntoIterator<Item = Sample>, stop: &Stop) -> (Option<bool>, Option<Counts>, Vec<String>) {
        let snapshot = snapshot(nodes.into_iter().map(Sample::node));
        let fleet = Fleet::of(&snapshot);
        let nodes: Vec<_> = fleet.nodes.iter().collect();
        let outcome = outcome(&nodes, stop);
        (outcome.is_safe(), outcome.counts(), outcome.unknown())
    }

    fn counts(offline: usize, under_min_isr: usize, last_copy: usize) -> Option<Counts> {
        Some(Counts { offline, under_min_isr: Some(under_min_isr), last_copy })
    }

    fn of(node: i32) -> Stop {
        Stop::of_nodes([node])
    }

    #[test]
    fn three_in_sync_outlive_one_and_two_at_min_isr_do_not() {
        let sample = |isr: &[i32]| broker(1).topic("t", &[partition(1, &[1, 2, 3], isr)]).min_isr("t", 2);
        assert_eq!(stopped([sample(&[1, 2, 3])], &of(1)), (Some(true), counts(0, 0, 0), vec![]));
        assert_eq!(stopped([sample(&[1, 2])], &of(1)), (Some(false), counts(0, 1, 0), vec![]));
        assert_eq!(stopped([sample(&[1, 2])], &of(3)), (Some(true), counts(0, 0, 0), vec![]), "it is out of sync");
        assert_eq!(stopped([sample(&[1])], &of(1)), (Some(false), counts(1, 1, 1), vec![]));
        assert_eq!(stopped([sample(&[1, 2, 3])], &Stop::of_nodes([1, 2])), (Some(false), counts(0, 1, 0), vec![]));
        assert_eq!(stopped([sample(&[1, 2, 3])], &Stop::of_nodes([1, 2, 3])), (Some(false), counts(1, 1, 1), vec![]));
    }

    #[test]
    fn a_single_replica_goes_offline_with_its_broker() {
        let sample = || broker(1).topic("t", &[partition(1, &[1], &[1])]).min_isr("t", 1);
        assert_eq!(stopped([sample()], &of(1)), (Some(false), counts(1, 1, 1), vec![]));
        assert_eq!(stopped([sample()], &of(2)), (Some(true), counts(0, 0, 0), vec![]));
    }

    #[test]
    fn with_eligible_replicas_the_last_in_sync_one_may_go_while_they_live() {
        let sample = || broker(1).topic("t", &[partition(1, &[1, 2, 3], &[1])]).min_isr("t", 2).eligible("t", 0, &[2]);
        // It is under min ISR before and after.
        assert_eq!(stopped([sample()], &of(1)), (Some(false), counts(0, 1, 0), vec![]));
        let dead = stopped([sample().alive(&[1, 3])], &of(1));
        assert_eq!(dead, (Some(false), counts(1, 1, 0), vec![]), "nobody to lead, and a copy on broker 2");
        assert_eq!(stopped([sample()], &Stop::of_nodes([1, 2])), (Some(false), counts(1, 1, 1), vec![]));
    }

    #[test]
    fn unclean_leader_election_keeps_it_online_and_loses_what_was_acknowledged() {
        let sample = || broker(1).topic("t", &[partition(1, &[1, 2], &[1])]).min_isr("t", 1);
        assert_eq!(stopped([sample()], &of(1)), (Some(false), counts(1, 1, 1), vec![]));
        let unclean = || sample().running("unclean.leader.election.enable", "true");
        assert_eq!(stopped([unclean()], &of(1)), (Some(false), counts(0, 0, 1), vec![]));
        assert_eq!(stopped([unclean().alive(&[1, 3])], &of(1)), (Some(false), counts(1, 1, 1), vec![]));
    }

    #[test]
    fn without_min_isr_it_is_not_known_unless_harm_is_certain() {
        let sample = || broker(1).topic("t", &[partition(1, &[1, 2, 3], &[1, 2, 3])]);
        let (safe, counts, unknown) = stopped([sample()], &of(1));
        assert_eq!((safe, counts), (None, Some(Counts::default())));
        assert!(unknown[0].contains("min.insync.replicas of topic t") && unknown[0].contains("DescribeConfigs"));
        let (safe, counts, _) = stopped([sample().topic("u", &[partition(1, &[1], &[1])])], &of(1));
        assert_eq!(safe, Some(false), "u goes offline, whatever its setting");
        assert_eq!(counts, Some(Counts { offline: 1, under_min_isr: None, last_copy: 1 }));
        assert_eq!(stopped([sample().followed("t", 2)], &of(1)).0, Some(true));
    }

    #[test]
    fn the_strictest_opinion_of_several_brokers_counts() {
        let rows = [partition(2, &[1, 2, 3], &[1, 2])];
        let lax = broker(1).topic("t", &rows).followed("t", 1);
        let strict = broker(2).topic("t", &rows).min_isr("t", 2);
        assert_eq!(stopped([lax, strict], &of(1)), (Some(false), counts(0, 1, 0), vec![]));
        // One that still sees three in sync does not outvote one that sees two.
        let old = broker(1).topic("t", &[partition(2, &[1, 2, 3], &[1, 2, 3])]).followed("t", 2);
        let new = broker(2).topic("t", &rows).min_isr("t", 2);
        assert_eq!(stopped([old, new], &of(1)).0, Some(false));
    }

    #[test]
    fn a_partition_without_leader_cannot_go_offline_again() {
        let sample = || broker(1).topic("t", &[partition(-1, &[1, 3], &[3])]).min_isr("t", 1).alive(&[1, 2]);
        assert_eq!(stopped([sample()], &of(1)), (Some(true), counts(0, 0, 0), vec![]));
        assert_eq!(stopped([sample()], &of(3)), (Some(false), counts(0, 0, 1), vec![]), "its disk is the last copy");
    }

    #[test]
    fn replicas_being_added_raise_no_min_isr() {
        let sample = broker(1).topic("t", &[partition(1, &[1, 2, 3], &[1, 2])]).min_isr("t", 3).adding("t", 0, &[3]);
        let node = sample.node();
        let view = super::super::View::new(&node, Sample::NOW);
        let replication = view.replication.unwrap();
        let found = replication.led().next().unwrap();
        assert_eq!(effect(&replication, &found, &of(2)).unwrap().min_isr, Some(2), "two replicas should exist");
    }

    #[test]
    fn a_broker_that_does_not_answer_or_hides_topics_is_not_known() {
        let sample = || broker(1).topic("t", &[partition(1, &[1, 2, 3], &[1, 2, 3])]).min_isr("t", 2);
        let (safe, counts, unknown) = stopped([sample().hung()], &of(1));
        assert_eq!((safe, counts), (None, None));
        assert!(unknown[0].contains("no answer"), "{unknown:?}");
        let (safe, _, unknown) = stopped([sample().on_disk(2)], &of(1));
        assert_eq!(safe, None);
        assert!(unknown[0].starts_with("1 replicas on the disks of node 1"), "{unknown:?}");
    }

    #[test]
    fn the_quorum_needs_a_majority_of_voters_that_follow() {
        let after = |stop: &[i32], voters: &[(i32, u64)]| {
            let snapshot = snapshot([Sample::broker(1).quorum(1, voters).node()]);
            let fleet = Fleet::of(&snapshot);
            quorum_after(&fleet.nodes.iter().collect::<Vec<_>>(), &Stop::of_nodes(stop.iter().copied()))
        };
        let well = [(1, 0), (2, 300), (3, 400)];
        assert_eq!(after(&[], &well), QuorumAfter::Untouched);
        assert_eq!(after(&[7], &well), QuorumAfter::Untouched);
        assert_eq!(after(&[2], &well), QuorumAfter::Kept(3, 2, 2));
        assert_eq!(after(&[1, 2], &well), QuorumAfter::Lost(3, 1, 2));
        assert_eq!(after(&[2], &[(1, 0), (2, 300), (3, 60_000)]), QuorumAfter::Lost(3, 1, 2), "voter 3 is behind");
        assert_eq!(after(&[1], &[(1, 0)]), QuorumAfter::Lost(1, 0, 1), "the only controller");
    }

    #[test]
    fn who_votes_is_unknown_without_roles_and_quorum() {
        let sample = || Sample::broker(1).topic("t", &[partition(1, &[1, 2, 3], &[1, 2, 3])]).min_isr("t", 2);
        assert_eq!(stopped([sample()], &of(1)).0, None);
        assert_eq!(stopped([sample().running("process.roles", "broker")], &of(1)).0, Some(true));
        assert_eq!(stopped([sample().running("process.roles", "broker,controller")], &of(1)).0, None);
        assert_eq!(stopped([sample().running("process.roles", "broker")], &of(2)).0, None, "another's roles");
        let (_, _, unknown) = stopped([sample()], &of(1));
        assert!(unknown[0].contains("node 1 votes"), "{unknown:?}");
    }

    #[test]
    fn one_directory_stops_only_what_lies_on_it() {
        let rows = [partition(1, &[1, 2], &[1]), partition(1, &[1, 2], &[1])];
        let sample = || broker(1).topic("t", &rows).min_isr("t", 1);
        let on_it = Stop::of_replicas(1, [("t".into(), 1)]);
        assert_eq!(stopped([sample()], &on_it), (Some(false), counts(1, 1, 1), vec![]));
        assert_eq!(stopped([sample()], &Stop::of_replicas(2, [("t".into(), 1)])).0, Some(true));
    }

    fn rows() -> impl Strategy<Value = Vec<(Row, Vec<i32>)>> {
        let ids = || proptest::sample::subsequence(vec![1, 2, 3, 4], 1..=4);
        let row =
            (ids(), any::<[bool; 4]>(), any::<[bool; 4]>(), any::<bool>()).prop_map(|(replicas, sync, elr, led)| {
                let pick = |chosen: &[bool; 4]| -> Vec<i32> {
                    replicas.iter().copied().filter(|id| chosen[*id as usize - 1]).collect()
                };
                let isr = pick(&sync);
                let eligible = pick(&elr).into_iter().filter(|id| !isr.contains(id)).collect();
                let leader = isr.first().copied().filter(|_| led).unwrap_or(-1);
                ((leader, replicas, isr), eligible)
            });
        proptest::collection::vec(row, 1..6)
    }

    proptest! {
        #[test]
        fn nothing_changes_when_nothing_stops_and_stopping_more_never_harms_less(
            rows in rows(),
            others in proptest::sample::subsequence(vec![2, 3, 4], 0..=3),
            min_isr in 1..4,
            unclean in any::<bool>(),
            fewer in proptest::sample::subsequence(vec![1, 2, 3, 4], 0..=4),
            more in proptest::sample::subsequence(vec![1, 2, 3, 4], 0..=4),
        ) {
            // The one that answers is alive.
            let alive: Vec<i32> = std::iter::once(1).chain(others).collect();
            let only_rows: Vec<Row> = rows.iter().map(|(row, _)| row.clone()).collect();
            let sample = |_| {
                let sample = broker(1).topic("t", &only_rows).min_isr("t", min_isr).alive(&alive);
                let sample = sample.running("unclean.leader.election.enable", &unclean.to_string());
                rows.iter().enumerate().fold(sample, |sample, (at, (_, eligible))| sample.eligible("t", at as i32, eligible))
            };
            let nothing = stopped([sample(())], &Stop::default());
            prop_assert_eq!(nothing, (Some(true), counts(0, 0, 0), vec![]));
            let all: Vec<i32> = fewer.iter().chain(&more).copied().collect();
            let less = stopped([sample(())], &Stop::of_nodes(fewer)).1.unwrap();
            let more = stopped([sample(())], &Stop::of_nodes(all)).1.unwrap();
            prop_assert!(less.offline <= more.offline && less.last_copy <= more.last_copy, "{less:?} {more:?}");
            prop_assert!(less.under_min_isr <= more.under_min_isr, "{less:?} {more:?}");
            prop_assert!(more.offline <= more.under_min_isr.unwrap());
        }
    }

    #[test]
    fn effects_by_topic_are_in_order() {
        let sample = broker(1).topic("b", &[partition(1, &[1], &[1])]).topic("a", &[partition(1, &[1], &[1])]);
        let snapshot = snapshot([sample.node()]);
        let fleet = Fleet::of(&snapshot);
        let outcome = outcome(&fleet.nodes.iter().collect::<Vec<_>>(), &of(1));
        let names: Vec<&str> = outcome.partitions.keys().map(|(topic, _)| &***topic).collect();
        assert_eq!(names, ["a", "b"]);
    }
}
