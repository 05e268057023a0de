//! The controller quorum: who votes, and whether all nodes say the same.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use super::compare::each;
use crate::derive::fleet::{Fleet, Node, On};
use crate::derive::listeners::Endpoint;
use crate::derive::voters::{VOTERS, Voter, voters};

const BOOTSTRAP: &str = "controller.quorum.bootstrap.servers";
const FILES: &str = "the files of the nodes";
const DOCUMENTATION: &str = "https://kafka.apache.org/documentation/#kraft";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "quorum-none",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A node does not know where the controllers are.",
        why: "Kafka refuses to start without controller.quorum.voters or controller.quorum.bootstrap.servers.",
        fix: "Set controller.quorum.bootstrap.servers (dynamic quorum, Kafka 3.9 and later) or controller.quorum.voters, the \
              same on every node.",
        references: &[DOCUMENTATION, "kafka.server.KafkaConfig.validateValues"],
        needs: FILES,
        run: Run::Node(On::Nodes, |node, found| {
            let node = &node.at_restart();
            if node.is_kraft()? && node.text(VOTERS)?.is_empty() && (!node.knows(BOOTSTRAP) || node.text(BOOTSTRAP)?.is_empty()) {
                found.add(Finding::new(node.subject(VOTERS), "neither voters nor bootstrap servers", "one of them"));
            }
            Ok(())
        }),
    },
    Check {
        id: "quorum-single",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "The quorum has one voter.",
        why: "When its machine or disk fails, the whole cluster's metadata is gone with it: no topic can be read back \
              without it, although the data is there.",
        fix: "Run three controllers on three machines.",
        references: &[DOCUMENTATION],
        needs: "the files of the nodes or DescribeQuorum",
        run: Run::Together(On::Nodes, |fleet, found| voter_count(fleet, found, |count| count == 1, "one voter", "three voters")),
    },
    Check {
        id: "quorum-even",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "The quorum has an even number of voters.",
        why: "Four voters survive the loss of one, as three do; two survive none, and are more likely to lose one.",
        fix: "Run three or five controllers.",
        references: &[DOCUMENTATION],
        needs: "the files of the nodes or DescribeQuorum",
        run: Run::Together(On::Nodes, |fleet, found| {
            voter_count(fleet, found, |count| count > 0 && count % 2 == 0, "an even number of voters", "three or five")
        }),
    },
    Check {
        id: "quorum-too-many",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "The quorum has more than five voters.",
        why: "Each change of metadata waits for a majority of them.",
        fix: "Run three or five controllers.",
        references: &[DOCUMENTATION],
        needs: "the files of the nodes or DescribeQuorum",
        run: Run::Together(On::Nodes, |fleet, found| {
            voter_count(fleet, found, |count| count > 5, "more than five voters", "three or five")
        }),
    },
    Check {
        id: "quorum-combined",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A node is broker and controller in one process.",
        why: "A broker that runs out of memory or hangs takes a vote of the quorum with it, and the two cannot be \
              restarted or scaled apart. Kafka's documentation advises against it in production.",
        fix: "Run controllers as processes of their own (process.roles=controller).",
        references: &[DOCUMENTATION],
        needs: FILES,
        run: Run::Node(On::Brokers, |node, found| {
            const KEY: &str = "process.roles";
            if node.is_kraft()? && node.is(On::Controllers) {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "broker or controller"));
            }
            Ok(())
        }),
    },
    Check {
        id: "quorum-voters-differ",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Nodes name different voters.",
        why: "Nodes that count different majorities can elect two leaders, or none. Since Kafka 3.8 nothing refuses to \
              start with it.",
        fix: "Copy one controller.quorum.voters line to every broker and controller.",
        references: &["org.apache.kafka.raft.QuorumState", "https://kafka.apache.org/documentation/#brokerconfigs_controller.quorum.voters"],
        needs: "the files of two nodes or more",
        run: Run::Together(On::Nodes, voters_differ),
    },
    Check {
        id: "quorum-voters-malformed",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "controller.quorum.voters cannot be read.",
        why: "Kafka refuses to start: each voter is ID@HOST:PORT, and no id stands there twice.",
        fix: "Write voters as 1@host-1:9093,2@host-2:9093,3@host-3:9093.",
        references: &["org.apache.kafka.raft.QuorumConfig.parseVoterConnections"],
        needs: FILES,
        run: Run::Node(On::Nodes, |node, found| {
            let node = &node.at_restart();
            if let Err(error) = voters(node.text(VOTERS)?) {
                found.add(Finding::new(node.subject(VOTERS), error.to_string(), "ID@HOST:PORT, separated by commas"));
            }
            Ok(())
        }),
    },
    Check {
        id: "quorum-voter-self-missing",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A controller is not among the voters that it names.",
        why: "Kafka refuses to start it.",
        fix: "Add the controller's own ID@HOST:PORT to controller.quorum.voters, on every node.",
        references: &["kafka.server.KafkaConfig.validateValues"],
        needs: FILES,
        run: Run::Node(On::Controllers, |node, found| {
            let node = &node.at_restart();
            let (named, id) = own_place(node)?;
            if !named.is_empty() && !named.iter().any(|voter| i64::from(voter.id) == id) {
                found.add(Finding::new(node.subject(VOTERS), format!("no voter {id}"), format!("{id}@HOST:PORT among them")));
            }
            Ok(())
        }),
    },
    Check {
        id: "quorum-broker-in-voters",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A broker's id stands among the voters.",
        why: "Kafka refuses to start a broker that is no controller and is named as a voter.",
        fix: "Name controllers only, or give the broker an id of its own: brokers and controllers share one range of ids.",
        references: &["kafka.server.KafkaConfig.validateValues"],
        needs: FILES,
        run: Run::Node(On::Brokers, |node, found| {
            let node = &node.at_restart();
            let (named, id) = own_place(node)?;
            if !node.is(On::Controllers) && named.iter().any(|voter| i64::from(voter.id) == id) {
                found.add(Finding::new(node.subject("node.id"), format!("{id} is a voter in {VOTERS}"), "an id that is no voter's"));
            }
            Ok(())
        }),
    },
    Check {
        id: "quorum-voter-endpoint",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A voter is named with another address than its controller listens on.",
        why: "Nobody reaches that controller: the quorum works without it until a second one fails.",
        fix: "Make the voter's HOST:PORT and the controller's listener agree.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_controller.quorum.voters"],
        needs: "the files of the controllers",
        run: Run::Together(On::Controllers, voter_endpoints),
    },
    Check {
        id: "quorum-voter-unresolvable",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A voter is named by an address that means another machine on each node.",
        why: "localhost is the node itself, and 0.0.0.0 is no address to connect to: nodes of other machines never reach \
              the quorum.",
        fix: "Name each voter by a host name that resolves on every node.",
        references: &["org.apache.kafka.raft.QuorumConfig"],
        needs: FILES,
        run: Run::Together(On::Nodes, unroutable_voters),
    },
    Check {
        id: "quorum-static-and-dynamic",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Both static voters and bootstrap servers are set.",
        why: "With a dynamic quorum (kraft.version 1) voters come from the metadata log, and controller.quorum.voters must \
              not be set: a node formatted anew would take the stale list for the truth.",
        fix: "Keep controller.quorum.bootstrap.servers alone for a dynamic quorum, controller.quorum.voters alone for a \
              static one.",
        references: &["KIP-853", "https://kafka.apache.org/documentation/#brokerconfigs_controller.quorum.voters"],
        needs: FILES,
        run: Run::Node(On::Nodes, |node, found| {
            if node.is_written(VOTERS) && node.is_written(BOOTSTRAP) {
                found.add(Finding::new(node.subject(VOTERS), format!("{VOTERS} and {BOOTSTRAP}"), "one of them"));
            }
            node.effective(VOTERS).map(|_| ())
        }),
    },
    Check {
        id: "controller-listener-order",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Brokers reach controllers by another listener than controllers offer first.",
        why: "A broker uses the first name of controller.listener.names only: its protocol and credentials are those of \
              that name, also when the controller listens with another.",
        fix: "Let controller.listener.names begin with the same name on every node.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_controller.listener.names"],
        needs: "the files of two nodes or more",
        run: Run::Together(On::Nodes, first_controller_listener),
    },
    Check {
        id: "controller-mechanism-differs",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Nodes speak to controllers with different SASL mechanisms.",
        why: "Those whose mechanism the controllers do not offer cannot register.",
        fix: "Set the same sasl.mechanism.controller.protocol on every node.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_sasl.mechanism.controller.protocol"],
        needs: "the files of two nodes or more",
        run: Run::Together(On::Nodes, |fleet, found| differs(fleet, found, "sasl.mechanism.controller.protocol", |node| {
            Ok(node.text("sasl.mechanism.controller.protocol")?.to_owned())
        })),
    },
    Check {
        id: "quorum-voter-lag",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A voter of the quorum has fallen behind, or was never heard of.",
        why: "A majority of the rest has to hold: one more failure stops every change of the cluster.",
        fix: "Look at that controller's log and disk; it must catch up before another controller is restarted.",
        references: &["KIP-836", "KIP-595"],
        needs: "DescribeQuorum with Describe on the cluster",
        run: Run::Together(On::Nodes, voter_lag),
    },
];

/// The voters that a node names, and its own id. A list that cannot be read has none: quorum-voters-malformed tells that.
fn own_place(node: &Node<'_>) -> Result<(Vec<Voter>, i64), Unknown> {
    let named = voters(node.text(VOTERS)?).unwrap_or_default();
    // Without voters it does not matter.
    let id = if named.is_empty() { -1 } else { node.number("node.id")? };
    Ok((named, id))
}

/// Voters as files name them, else as the quorum itself says.
fn known_voters(fleet: &Fleet<'_>) -> Result<(usize, Option<Subject>), Unknown> {
    let mut unknown = Unknown::new("No file and no node that was looked at tells the voters.");
    for node in fleet.on(On::Nodes) {
        match node.quorum() {
            Ok(quorum) if !quorum.voters.is_empty() => return Ok((quorum.voters.len(), None)),
            _ => {}
        }
    }
    for node in fleet.on(On::Nodes) {
        match node.text(VOTERS).map(voters) {
            Ok(Ok(named)) if !named.is_empty() => return Ok((named.len(), Some(node.subject(VOTERS)))),
            Ok(_) => {}
            Err(why) => unknown = why,
        }
    }
    Err(unknown)
}

fn voter_count(
    fleet: &Fleet<'_>,
    found: &mut Found,
    is_wrong: fn(usize) -> bool,
    wrong: &str,
    right: &str,
) -> Evaluated {
    let (count, subject) = known_voters(fleet)?;
    if is_wrong(count) {
        // A list that is not the others' is quorum-voters-differ's to tell.
        let subject = if fleet.nodes.len() == 1 { subject } else { None };
        found.add(Finding::new(subject.unwrap_or(Subject::Cluster), format!("{wrong} ({count})"), right));
    }
    Ok(())
}

/// Blames those whose value is not that of most nodes; all of them when no value is that of most.
fn differs(
    fleet: &Fleet<'_>,
    found: &mut Found,
    key: &str,
    value: impl Fn(&Node<'_>) -> Result<String, Unknown>,
) -> Evaluated {
    let mut by_value: BTreeMap<String, Vec<&Node<'_>>> = BTreeMap::new();
    let mut unknown = None;
    for node in fleet.on(On::Nodes).filter(|node| node.is_kraft().unwrap_or(true)) {
        match value(node) {
            Ok(value) => by_value.entry(value).or_default().push(node),
            Err(why) => unknown = Some(why),
        }
    }
    let judged: usize = by_value.values().map(Vec::len).sum();
    if judged < 2 {
        return Err(unknown.unwrap_or_else(|| Unknown::new("It compares nodes, and only one was looked at.")));
    }
    let usual = by_value.iter().find(|(_, nodes)| nodes.len() * 2 > judged).map(|(value, _)| value.clone());
    if by_value.len() > 1 {
        for (value, nodes) in by_value.iter().filter(|(value, _)| Some(*value) != usual.as_ref()) {
            for node in nodes {
                let should = usual.as_ref().map_or_else(
                    || "the same on every node".to_owned(),
                    |usual| format!("{key}={usual}, as on most nodes"),
                );
                found.add(Finding::new(node.subject(key), format!("{key}={value}"), should));
            }
        }
    }
    unknown.map_or(Ok(()), Err)
}

fn voters_differ(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    differs(fleet, found, VOTERS, |node| {
        let text = node.text(VOTERS)?;
        // What cannot be read is quorum-voters-malformed's to tell.
        let named = voters(text).map_err(|error| Unknown::new(error.to_string()))?;
        let named: BTreeSet<String> = named.iter().map(ToString::to_string).collect();
        Ok(named.into_iter().collect::<Vec<_>>().join(","))
    })
}

fn first_controller_listener(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "controller.listener.names";
    differs(fleet, found, KEY, |node| Ok(node.list(KEY)?.first().copied().unwrap_or_default().to_owned()))
}

fn voter_endpoints(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let mut judged = false;
    each(fleet.on(On::Controllers), |controller| {
        let (named, id) = own_place(controller)?;
        let listeners = controller.listeners()?;
        let Some(voter) = named.iter().find(|voter| i64::from(voter.id) == id) else { return Ok(()) };
        judged = true;
        let bound: Vec<_> =
            listeners.bound.entries.iter().filter(|bound| listeners.is_of_controllers(&bound.name)).collect();
        let agrees = |bound: &&&Endpoint<'_>| {
            let (address, host) = (&bound.address, voter.host.trim_matches(['[', ']']));
            // An address and a name may be one machine: only two names, or two addresses, can be told apart.
            let comparable = is_address(address.host) == is_address(host);
            address.port == voter.port
                && (address.is_wildcard() || !comparable || address.host.eq_ignore_ascii_case(host))
        };
        if !bound.is_empty() && !bound.iter().any(|bound| agrees(&bound)) {
            let bound: Vec<String> =
                bound.iter().map(|bound| format!("{}:{}", bound.address.host, bound.address.port)).collect();
            let should = format!("{}:{}, as {VOTERS} names voter {id}", voter.host, voter.port);
            found.add(Finding::new(controller.subject("listeners"), format!("listens on {}", bound.join(", ")), should));
        }
        Ok(())
    })?;
    let none = || Unknown::new("Among what was looked at are no controllers with controller.quorum.voters.");
    if judged { Ok(()) } else { Err(none()) }
}

fn is_address(host: &str) -> bool {
    host.parse::<std::net::IpAddr>().is_ok()
}

fn unroutable_voters(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each(fleet.on(On::Nodes), |node| {
        // What cannot be read is quorum-voters-malformed's to tell.
        let named = voters(node.text(VOTERS)?).unwrap_or_default();
        let address = |voter: &Voter| voter.host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        let is_any = |voter: &&Voter| address(voter).is_ok_and(|address| address.is_unspecified());
        let is_local = |voter: &&Voter| {
            voter.host.eq_ignore_ascii_case("localhost") || address(voter).is_ok_and(|address| address.is_loopback())
        };
        // All voters on this one machine is a cluster on one machine, which others judge.
        let alone = named.iter().all(|voter| is_local(&voter));
        let wrong = named.iter().find(is_any).or_else(|| named.iter().find(is_local).filter(|_| !alone));
        if let Some(voter) = wrong {
            found.add(Finding::new(node.subject(VOTERS), voter.to_string(), "a name that every node resolves"));
        }
        Ok(())
    })
}

fn voter_lag(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    /// Records that a healthy voter may be behind for a moment: seconds of a busy controller.
    const LAG_MAX: i64 = 10_000;
    let mut unknown = Unknown::new("No node that was looked at tells of the quorum.");
    for node in fleet.on(On::Nodes) {
        let quorum = match node.quorum() {
            Ok(quorum) => quorum,
            Err(why) => {
                unknown = why;
                continue;
            }
        };
        let newest = quorum.voters.iter().filter_map(|voter| voter.log_end).max().unwrap_or_default();
        for voter in &quorum.voters {
            let is = match voter.log_end {
                None => "never heard of by the leader".to_owned(),
                Some(end) if newest - end > LAG_MAX => format!("{} records behind", newest - end),
                Some(_) => continue,
            };
            let subject = Subject::Node(format!("controller {}", voter.id));
            found.add(Finding::new(subject, is, "no more than a moment behind"));
        }
        return Ok(());
    }
    Err(unknown)
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    const OTHERS: &[&str] = &["quorum-voters-differ"];
    &[
        Example::made("quorum-none", "broker-2", |set| set.remove("broker-2", VOTERS)).also(OTHERS),
        Example::made("quorum-single", "cluster", |set| set.voters(&[101])).also(&["quorum-voter-self-missing"]),
        Example::made("quorum-even", "cluster", |set| set.voters(&[101, 102])).also(&["quorum-voter-self-missing"]),
        Example::made("quorum-too-many", "cluster", |set| set.voters(&[101, 102, 103, 104, 105, 106, 107])),
        Example::made("quorum-combined", "process.roles", |set| {
            for line in [
                "process.roles=controller,broker",
                "listeners=CONTROLLER://controller-2.example.org:9093,REPLICATION://controller-2.example.org:9094",
                "listener.security.protocol.map=CONTROLLER:SSL,REPLICATION:SSL",
                "inter.broker.listener.name=REPLICATION",
                "broker.rack=b",
                "max.connections=10000",
            ] {
                set.line("controller-2", line);
            }
        })
        .also(&["autocreate-enabled", "logdir-count-differs", "meta-dir-on-data-disk", "cluster-missing-broker"]),
        Example::broker("quorum-voters-differ", "controller.quorum.voters=101@controller-1.example.org:9093"),
        Example::broker("quorum-voters-malformed", "controller.quorum.voters=101:controller-1.example.org:9093"),
        Example::controller("quorum-voter-self-missing", "node.id=104").subject("controller.quorum.voters in controller-2"),
        Example::broker("quorum-broker-in-voters", "node.id=102").also(&["cluster-missing-broker"]),
        Example::controller("quorum-voter-endpoint", "listeners=CONTROLLER://controller-2.example.org:9193"),
        Example::broker(
            "quorum-voter-unresolvable",
            "controller.quorum.voters=101@localhost:9093,102@controller-2.example.org:9093,103@controller-3.example.org:9093",
        )
        .also(OTHERS),
        Example::broker("quorum-static-and-dynamic", "controller.quorum.bootstrap.servers=controller-1.example.org:9093")
            .subject(VOTERS),
        Example::made("controller-listener-order", "controller.listener.names in broker-2", |set| {
            set.line("broker-2", "controller.listener.names=QUORUM,CONTROLLER");
            set.line(
                "broker-2",
                "listener.security.protocol.map=CLIENTS:SASL_SSL,REPLICATION:SSL,CONTROLLER:SSL,QUORUM:SSL",
            );
        }),
        Example::broker("controller-mechanism-differs", "sasl.mechanism.controller.protocol=PLAIN"),
        Example::made("quorum-voter-lag", "controller 102", |set| set.voter_end(102, None)),
    ]
};
