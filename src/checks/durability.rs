//! Settings of brokers and controllers that decide whether acknowledged data survives a failure.

use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity};
use crate::derive::fleet::{Node, On};

pub(super) const CHECKS: &[Check] = &[Check {
    id: "unclean-election-broker",
    severity: Severity::Critical,
    profile: Profile::Core,
    summary: "Unclean leader election is switched on for every topic.",
    why: "When all in-sync replicas are away, Kafka makes a replica that missed writes the leader: what was acknowledged \
          since is discarded, in silence.",
    fix: "Remove unclean.leader.election.enable, or set it to false, on every broker and controller; set it to true on \
          single topics that prefer availability.",
    references: &["https://kafka.apache.org/documentation/#brokerconfigs_unclean.leader.election.enable"],
    needs: "the node's file or DescribeConfigs",
    run: Run::Node(On::Nodes, unclean_election),
}];

fn unclean_election(node: &Node<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "unclean.leader.election.enable";
    if node.flag(KEY)? {
        found.add(Finding::new(node.subject(KEY), node.says(KEY), "false"));
    }
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    &[Example::made("unclean-election-broker", "unclean.leader.election.enable", |set| {
        set.brokers("unclean.leader.election.enable=true");
        set.controllers("unclean.leader.election.enable=true");
    })]
};
