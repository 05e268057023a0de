//! Comparisons of nodes that should be alike.

use std::collections::BTreeMap;

use super::{Evaluated, Finding, Found, Subject, Unknown};
use crate::derive::fleet::{Fleet, Node, On};

/// Judges one after the other: what cannot be judged hides nothing of what can.
///
/// # Errors
/// The first [`Unknown`], after all were judged.
pub(super) fn each<T>(items: impl IntoIterator<Item = T>, mut judge: impl FnMut(T) -> Evaluated) -> Evaluated {
    let mut result = Ok(());
    for item in items {
        let judged = judge(item);
        if result.is_ok() {
            result = judged;
        }
    }
    result
}

/// Judges each cluster of which more than one node was seen.
///
/// # Errors
/// [`Unknown`] when there is none, and what `judge` says.
pub(super) fn each_cluster(fleet: &Fleet<'_>, on: On, judge: impl FnMut(Vec<&Node<'_>>) -> Evaluated) -> Evaluated {
    let clusters: Vec<_> = fleet.clusters(on).into_iter().filter(|nodes| nodes.len() > 1).collect();
    if clusters.is_empty() {
        let why = format!("Fewer than two {} of a cluster were looked at: name the others too.", on.plural());
        return Err(Unknown::new(why));
    }
    each(clusters, judge)
}

/// Judges what every broker of a cluster knows and one is asked for, by the first that tells it.
///
/// # Errors
/// Why the broker of the lowest id does not tell it, which is the one that asks; and what `judge` says.
pub(super) fn each_told<'a, T: 'a>(
    fleet: &Fleet<'a>,
    told: impl Fn(&Node<'a>) -> Result<&'a T, Unknown>,
    mut judge: impl FnMut(&Node<'a>, &'a T) -> Evaluated,
) -> Evaluated {
    each(fleet.clusters(On::Brokers), |mut nodes| {
        nodes.sort_by_key(|node| (node.view.id.is_none(), node.view.id));
        let mut reason = Ok(());
        for node in nodes {
            match told(node) {
                Ok(told) => return judge(node, told),
                Err(why) => reason = reason.and(Err(why)),
            }
        }
        reason
    })
}

/// The value of each node that tells it.
///
/// # Errors
/// The first [`Unknown`] comes beside the values of the others.
pub(super) fn values<'n, 'a, T>(
    nodes: &[&'n Node<'a>],
    mut value: impl FnMut(&'n Node<'a>) -> Result<T, Unknown>,
) -> (Vec<(&'n Node<'a>, T)>, Evaluated) {
    let mut told = Vec::new();
    let unknown = each(nodes.iter().copied(), |node| {
        told.push((node, value(node)?));
        Ok(())
    });
    (told, unknown)
}

/// Finds the nodes whose value is not that of most: each with its own culprit. Where no value is that of most, the
/// cluster is at odds as a whole.
pub(super) fn odd_ones(
    found: &mut Found,
    values: &[(&Node<'_>, String)],
    finding: impl Fn(&Node<'_>, &str, &str) -> Finding,
) {
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, value) in values {
        *groups.entry(value).or_default() += 1;
    }
    if groups.len() < 2 {
        return;
    }
    let most = groups.iter().find(|(_, count)| *count * 2 > values.len());
    if let Some((most, _)) = most {
        for (node, value) in values.iter().filter(|(_, value)| value != most) {
            found.add(finding(node, value, most));
        }
        return;
    }
    if let Some((node, value)) = values.first() {
        let all: Vec<String> = values.iter().map(|(node, value)| format!("{}: {value}", node.name())).collect();
        let mut whole = finding(node, value, value);
        whole.subject = Subject::Cluster;
        whole.found = all.join("; ");
        whole.expected = "the same on all of them".to_owned();
        whole.fix = String::new();
        found.add(whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{NodeView, Origin, SCHEMA, Snapshot};
    use crate::testing::{Sample, properties, seen};

    fn fleet(files: &[(&str, &str)]) -> Snapshot {
        let node = |(name, text): &(&str, &str)| {
            let view = NodeView { properties: seen(properties(name, text)), ..NodeView::default() };
            (Origin((*name).to_owned()), view)
        };
        let nodes = files.iter().map(node).collect();
        Snapshot { schema: SCHEMA, program_version: String::new(), taken_at: Sample::NOW, nodes }
    }

    fn sizes(files: &[(&str, &str)]) -> Vec<usize> {
        Fleet::of(&fleet(files)).clusters(On::Brokers).iter().map(Vec::len).collect()
    }

    #[test]
    fn clusters_are_told_apart_by_what_their_nodes_name() {
        let two = [("a", "broker.id=1\nzookeeper.connect=z2:1, z1:1"), ("b", "broker.id=2\nzookeeper.connect=Z1:1")];
        assert_eq!(sizes(&two), [2]);
        let others = [two[0], ("b", "broker.id=1\nzookeeper.connect=z3:1")];
        assert_eq!(sizes(&others), [1, 1]);
        let local = "zookeeper.connect=localhost:2181\nbroker.id=";
        let (one, two) = (format!("{local}1"), format!("{local}2"));
        assert_eq!(sizes(&[("a", &one), ("b", &two)]), [2]);
        assert_eq!(sizes(&[("a", &one), ("b", &one)]), [1, 1], "two developers");
    }

    #[test]
    fn the_odd_one_is_named_and_where_there_is_none_the_cluster_is() {
        let files = [("a", "broker.id=1"), ("b", "broker.id=2"), ("c", "broker.id=3")];
        let snapshot = fleet(&files);
        let fleet = Fleet::of(&snapshot);
        let subjects = |values: &[&str]| {
            let told: Vec<_> =
                fleet.nodes.iter().zip(values).map(|(node, value)| (node, (*value).to_owned())).collect();
            let mut found = Found::default();
            odd_ones(&mut found, &told, |node, value, most| Finding::new(node.subject("k"), value, most));
            found.findings.iter().map(|finding| finding.subject.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(subjects(&["x", "y", "x"]), ["k of node 2 (b)"]);
        assert_eq!(subjects(&["x", "y", "z"]), ["cluster"]);
        assert!(subjects(&["x", "x", "x"]).is_empty());
    }
}
