//! The answer to "what if it stops now", for people and for programs.

use std::fmt::Write;

use serde::Serialize;

use crate::cli::{WhatIfFormat, exit};
use crate::derive::domains::{Domain, NoSuch, Targets};
use crate::derive::fleet::{Fleet, Node, On};
use crate::derive::what_if::{Effect, Outcome, QuorumAfter, outcome};
use crate::snapshot::{Snapshot, UnixMs};

/// Partitions that are named, the worst first, unless all are asked for.
pub const NAMED_MAX: usize = 50;
/// Milliseconds after which a view is no longer about now: a look takes less, and clocks of hosts differ by some.
const NOW_MS_MAX: u64 = 60_000;

/// What a stop does to one cluster.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// Version of this document's shape.
    schema: u32,
    /// What stops, as it was asked.
    target: String,
    /// Id of the cluster; absent when nothing tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// When the oldest Metadata that was used was told, as Unix time in seconds; absent without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen_at_seconds: Option<f64>,
    /// Milliseconds since what it rests on was seen, where that is no longer now.
    #[serde(skip)]
    old_ms: Option<u64>,
    /// Whether nothing is harmed; null when that is not known.
    pub safe: Option<bool>,
    /// How many partitions are harmed; null when none were seen.
    partitions: Option<Numbers>,
    /// What it does to the controller quorum.
    quorum: &'static str,
    /// Why it is not safe, one line each.
    pub reasons: Vec<String>,
    /// What is not known, one line each.
    pub unknown: Vec<String>,
    /// What more there is to say.
    notes: Vec<String>,
    /// Partitions that are harmed, the worst first.
    harmed: Vec<Harmed>,
    /// Harmed partitions that are not named.
    left_out: usize,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Numbers {
    offline: usize,
    under_min_isr: Option<usize>,
    last_copy: usize,
}

#[derive(Clone, Debug, Serialize)]
struct Harmed {
    topic: String,
    partition: i32,
    goes_offline: bool,
    refuses_writes: Option<bool>,
    loses_last_copy: bool,
    unclean_election: bool,
    isr: usize,
    isr_after: usize,
    min_isr: Option<usize>,
}

impl Harmed {
    fn new((topic, partition): (&str, i32), effect: &Effect) -> Self {
        Self {
            topic: topic.to_owned(),
            partition,
            goes_offline: effect.goes_offline,
            refuses_writes: effect.refuses_writes,
            loses_last_copy: effect.loses_last_copy,
            unclean_election: effect.unclean,
            isr: effect.isr,
            isr_after: effect.isr_after,
            min_isr: effect.min_isr,
        }
    }

    /// The worst first.
    fn rank(&self) -> (bool, bool, &str, i32) {
        (!self.loses_last_copy, !self.goes_offline, &self.topic, self.partition)
    }

    fn what_happens(&self) -> String {
        let unclean = "a replica out of sync leads: acknowledged writes are lost";
        let all = [
            (self.goes_offline, "goes offline"),
            (self.unclean_election, unclean),
            (!self.goes_offline && self.refuses_writes == Some(true), "refuses writes with acks=all"),
            (self.loses_last_copy && !self.unclean_election, "loses its last in-sync copy"),
        ];
        let all: Vec<&str> = all.iter().filter(|(happens, _)| *happens).map(|(_, what)| *what).collect();
        all.join(", ")
    }
}

/// Asks what happens when `targets` stop together, for each cluster of `snapshot` that has them. `oldest` is when the oldest
/// part of it was seen. What could not be looked at may be of any of the clusters: none is then known to be safe.
///
/// # Errors
/// [`NoSuch`] when none has.
pub fn answers(
    snapshot: &Snapshot,
    targets: &Targets,
    all: bool,
    (oldest, now): (UnixMs, UnixMs),
) -> Result<Vec<Answer>, NoSuch> {
    let fleet = Fleet::of(snapshot);
    let not_looked_at = |node: &Node<'_>| Some(format!("{} was not looked at: {}", node.name(), node.unseen()?));
    let unseen: Vec<String> = fleet.nodes.iter().filter_map(not_looked_at).collect();
    let (mut answers, mut missing) = (Vec::new(), None);
    for nodes in fleet.clusters(On::Nodes) {
        match targets.domain(&fleet, &nodes) {
            Ok(mut domain) => {
                domain.unseen.extend(unseen.iter().cloned());
                let mut answer = answer(&nodes, targets.to_string(), &domain, all, oldest);
                answer.old_ms = Some(now.since(oldest)).filter(|old| *old > NOW_MS_MAX);
                answers.push(answer);
            }
            Err(why) => missing = missing.or(Some(why)),
        }
    }
    match missing {
        Some(why) if answers.is_empty() => Err(why.beside(unseen)),
        _ => Ok(answers),
    }
}

/// Why no node was seen; absent when one was, or nothing was looked at.
#[must_use]
pub fn why_blind(snapshot: &Snapshot) -> Option<String> {
    Fleet::of(snapshot).nodes.iter().find_map(|node| Some(format!("{}: {}", node.origin, node.unseen()?)))
}

/// Asks what happens when the one node of `snapshot` stops. Absent when its id is not known.
#[must_use]
pub fn own_answer(snapshot: &Snapshot) -> Option<Answer> {
    let fleet = Fleet::of(snapshot);
    let node = fleet.nodes.first()?;
    let id = node.view.id?;
    Some(answer(&[node], format!("broker={id}"), &Domain::of_nodes([id]), false, snapshot.taken_at))
}

fn answer(nodes: &[&Node<'_>], target: String, domain: &Domain, all: bool, oldest: UnixMs) -> Answer {
    let mut outcome = outcome(nodes, &domain.stop);
    outcome.unseen.extend(domain.unseen.iter().cloned());
    let mut notes = domain.notes.clone();
    let quorum = match outcome.quorum {
        QuorumAfter::Untouched => "untouched",
        QuorumAfter::Kept(voters, left, needed) => {
            notes.push(format!("The controller quorum goes on: {left} of {voters} voters, {needed} are needed."));
            "kept"
        }
        QuorumAfter::Lost(..) => "lost",
        QuorumAfter::Unknown(_) => "unknown",
    };
    let harmed = outcome.partitions.iter().filter(|(_, effect)| effect.harms() == Some(true));
    let mut harmed: Vec<Harmed> = harmed.map(|((topic, index), effect)| Harmed::new((topic, *index), effect)).collect();
    harmed.sort_by(|a, b| a.rank().cmp(&b.rank()));
    let named = if all { harmed.len() } else { harmed.len().min(NAMED_MAX) };
    let left_out = harmed.len() - named;
    let reasons = reasons(&outcome, &harmed);
    harmed.truncate(named);
    let views = nodes.iter().filter(|node| node.replication().is_ok());
    // Of several snapshots the older ones are told as if they were of the time of the newest.
    let seen_at = views.filter_map(|node| Some(node.view.node.cluster.last.as_ref()?.at.min(oldest))).min();
    Answer {
        schema: 1,
        target,
        cluster: nodes
            .iter()
            .find_map(|node| crate::derive::node::cluster_id(node.view.node, node.view.now))
            .map(str::to_owned),
        seen_at_seconds: seen_at.map(UnixMs::seconds),
        old_ms: None,
        safe: outcome.is_safe(),
        partitions: outcome.counts().map(|counts| Numbers {
            offline: counts.offline,
            under_min_isr: counts.under_min_isr,
            last_copy: counts.last_copy,
        }),
        quorum,
        reasons,
        unknown: outcome.unknown(),
        notes,
        harmed,
        left_out,
    }
}

/// A kind of harm.
type Is = fn(&Harmed) -> bool;

fn reasons(outcome: &Outcome<'_>, harmed: &[Harmed]) -> Vec<String> {
    let count = |is: Is| harmed.iter().filter(|harmed| is(harmed)).count();
    let first = |is: Is| harmed.iter().find(|harmed| is(harmed));
    let kinds: [(Is, &str); 4] = [
        (|harmed| harmed.goes_offline, "go offline"),
        (|harmed| harmed.unclean_election, "are led by a replica out of sync, which loses acknowledged writes"),
        (|harmed| harmed.refuses_writes == Some(true) && !harmed.goes_offline, "refuse writes with acks=all"),
        (|harmed| harmed.loses_last_copy, "lose their last in-sync copy"),
    ];
    let mut reasons = Vec::new();
    for (is, what) in kinds {
        if let Some(first) = first(is) {
            let count = count(is);
            let such = if count == 1 { "" } else { " and others" };
            reasons.push(format!("{count} partitions {what}: {}-{}{such}.", first.topic, first.partition));
        }
    }
    if let QuorumAfter::Lost(voters, left, needed) = outcome.quorum {
        reasons.push(format!(
            "The controller quorum loses its majority: {left} of {voters} voters go on and follow, {needed} are needed."
        ));
    }
    reasons
}

/// All answers in one text.
#[must_use]
pub fn write(answers: &[Answer], format: WhatIfFormat) -> String {
    match format {
        WhatIfFormat::Json => serde_json::to_string_pretty(answers).unwrap_or_default() + "\n",
        WhatIfFormat::Text => answers.iter().map(Answer::text).collect::<Vec<_>>().join("\n"),
    }
}

/// The exit code: the worst of all answers.
#[must_use]
pub fn exit_code(answers: &[Answer]) -> u8 {
    if answers.iter().any(|answer| answer.safe == Some(false)) {
        exit::FINDINGS
    } else if answers.is_empty() || answers.iter().any(|answer| answer.safe.is_none()) {
        exit::BLIND
    } else {
        exit::CLEAN
    }
}

/// A time in the unit that tells it best.
fn duration(ms: u64) -> String {
    const MINUTE_MS: u64 = 60_000;
    match ms / MINUTE_MS {
        minutes @ 0..120 => format!("{minutes} min"),
        minutes @ 120..2_880 => format!("{} h", minutes / 60),
        minutes => format!("{} days", minutes / 1_440),
    }
}

impl Answer {
    /// As one JSON document.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    fn text(&self) -> String {
        let verdict = match self.safe {
            Some(true) => "SAFE",
            Some(false) => "NOT SAFE",
            None => "NOT KNOWN",
        };
        let of = self.cluster.as_ref().map_or_else(String::new, |cluster| format!(" of cluster {cluster}"));
        let seen = self.old_ms.map_or_else(String::new, |ms| format!(", as seen {} ago", duration(ms)));
        let mut out = format!("{verdict}: {}{of} stops now{seen}.\n", self.target);
        let mut lines = |head: &str, lines: &[String]| {
            lines.iter().for_each(|line| {
                let _ = writeln!(out, "{head}{line}");
            })
        };
        lines("  ", &self.reasons);
        lines("  Not known: ", &self.unknown);
        lines("  ", &self.notes);
        if self.safe == Some(true) {
            out.push_str(
                "  Every partition keeps a leader, enough replicas in sync for acks=all, and an in-sync copy.\n",
            );
        }
        if !self.harmed.is_empty() {
            let name = |harmed: &Harmed| format!("{}-{}", harmed.topic, harmed.partition);
            let wide = self.harmed.iter().map(|harmed| name(harmed).len()).max().unwrap_or(0).max("PARTITION".len());
            let _ = writeln!(out, "\n{:wide$}  IN SYNC  AFTER  MIN ISR  WHAT HAPPENS", "PARTITION");
            for harmed in &self.harmed {
                let min_isr = harmed.min_isr.map_or_else(|| "?".to_owned(), |min_isr| min_isr.to_string());
                let (isr, after, what) = (harmed.isr, harmed.isr_after, harmed.what_happens());
                let _ = writeln!(out, "{:wide$}  {isr:>7}  {after:>5}  {min_isr:>7}  {what}", name(harmed));
            }
        }
        if self.left_out > 0 {
            let _ = writeln!(out, "... and {} more; --all lists them.", self.left_out);
        }
        out
    }
}
