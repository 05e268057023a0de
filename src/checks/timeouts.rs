//! Sessions, timeouts and the in-sync set: values that must fit each other.

use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Unknown};
use crate::derive::fleet::{Fleet, Node, On};

const FILE_OR_RUNNING: &str = "the node's file or DescribeConfigs";
const BROKER_DOCUMENTATION: &str = "https://kafka.apache.org/documentation/#brokerconfigs";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "lag-vs-fetchwait",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "Followers may wait longer for data than a replica may lag.",
        why: "A follower that waits replica.fetch.wait.max.ms for new data falls out of the in-sync set whenever there is \
              none for so long. Kafka refuses to start when it exceeds replica.lag.time.max.ms.",
        fix: "Remove replica.fetch.wait.max.ms, or keep it far below replica.lag.time.max.ms.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_replica.fetch.wait.max.ms", "kafka.server.KafkaConfig.validateValues"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            let node = &node.at_restart();
            let (wait, lag) = (node.number("replica.fetch.wait.max.ms")?, node.number("replica.lag.time.max.ms")?);
            if wait > lag / 2 {
                let severity = if wait > lag { Severity::Critical } else { Severity::Warning };
                found.add(out_of_order(node, "replica.fetch.wait.max.ms", "replica.lag.time.max.ms", "at most half of").severity(severity));
            }
            Ok(())
        }),
    },
    Check {
        id: "socket-vs-fetchwait",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A follower's socket times out before the leader has to answer.",
        why: "A fetch that waits for data is broken off and begun again without end; Kafka refuses to start with it.",
        fix: "Remove replica.socket.timeout.ms, or set it above replica.fetch.wait.max.ms.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_replica.socket.timeout.ms", "kafka.server.KafkaConfig.validateValues"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            let node = &node.at_restart();
            if node.number("replica.socket.timeout.ms")? < node.number("replica.fetch.wait.max.ms")? {
                found.add(out_of_order(node, "replica.socket.timeout.ms", "replica.fetch.wait.max.ms", "at least"));
            }
            Ok(())
        }),
    },
    Check {
        id: "lag-too-small",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "replica.lag.time.max.ms is unusually short or long.",
        why: "Below 10 s one pause of the garbage collector takes a healthy replica out of the in-sync set; above 60 s \
              writes with acks=all wait that long for a replica that is gone.",
        fix: "Remove replica.lag.time.max.ms: Kafka's default of 30 s fits nearly all clusters.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_replica.lag.time.max.ms"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| within(node, found, "replica.lag.time.max.ms", 10_000, 60_000)),
    },
    Check {
        id: "session-vs-heartbeat",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Brokers send heartbeats too seldom for the session that controllers grant.",
        why: "A broker whose session ends between two heartbeats is fenced in normal operation: its partitions change \
              leaders again and again. Kafka does not compare the two: one is read by controllers, one by brokers.",
        fix: "Keep broker.session.timeout.ms on the controllers at three times broker.heartbeat.interval.ms of the brokers \
              or more; the defaults are 9000 and 2000.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_broker.session.timeout.ms", "https://kafka.apache.org/documentation/#brokerconfigs_broker.heartbeat.interval.ms"],
        needs: "the files of brokers and controllers, or DescribeConfigs",
        run: Run::Fleet(session_and_heartbeat),
    },
    Check {
        id: "session-too-long",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "A dead broker keeps its leaderships for more than a minute.",
        why: "Until broker.session.timeout.ms has passed nobody takes over the partitions of a broker that died.",
        fix: "Lower broker.session.timeout.ms on the controllers; the default is 9000.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_broker.session.timeout.ms"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Controllers, |node, found| within(node, found, "broker.session.timeout.ms", 0, 60_000)),
    },
    Check {
        id: "group-session-bounds",
        severity: Severity::Warning,
        profile: Profile::Development,
        summary: "The least session of a consumer group is longer than the longest.",
        why: "No session timeout that a consumer asks for is then allowed, so no classic consumer group can form. Kafka \
              does not compare the two.",
        fix: "Set group.min.session.timeout.ms below group.max.session.timeout.ms, or remove both.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_group.min.session.timeout.ms"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            if node.number("group.min.session.timeout.ms")? > node.number("group.max.session.timeout.ms")? {
                found.add(out_of_order(node, "group.min.session.timeout.ms", "group.max.session.timeout.ms", "at most"));
            }
            Ok(())
        }),
    },
    Check {
        id: "group-consumer-bounds",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "Bounds of the new consumer, share or streams groups contradict each other.",
        why: "Kafka refuses to start: each value must lie between its least and its greatest, and a heartbeat must be \
              shorter than its session.",
        fix: "Remove the group.consumer.*, group.share.* and group.streams.* lines that are not needed, or order them.",
        references: &["org.apache.kafka.coordinator.group.GroupCoordinatorConfig", "KIP-848", "KIP-932"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, group_bounds),
    },
    Check {
        id: "idle-vs-authdelay",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "Idle connections are closed before a failed authentication is answered.",
        why: "Kafka refuses to start with it.",
        fix: "Remove connection.failed.authentication.delay.ms, or keep it below connections.max.idle.ms.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_connection.failed.authentication.delay.ms", "kafka.server.KafkaConfig.validateValues"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Nodes, |node, found| {
            let node = &node.at_restart();
            let (delay, idle) = ("connection.failed.authentication.delay.ms", "connections.max.idle.ms");
            if node.number(delay)? >= node.number(idle)? {
                let culprit = node.culprit(delay, idle);
                found.add(Finding::new(node.subject(culprit), node.both(delay, idle), "the delay below the idle time"));
            }
            Ok(())
        }),
    },
    Check {
        id: "quorum-timeouts",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "Timeouts of the controller quorum do not fit each other.",
        why: "A fetch timeout below the election timeout, or requests that may last longer than the fetch timeout, let \
              controllers hold elections without need; no topic or in-sync set can change meanwhile.",
        fix: "Remove the controller.quorum.*.timeout.ms lines; the defaults are 2000 (fetch), 1000 (election) and 2000 (request).",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_controller.quorum.fetch.timeout.ms"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Controllers, |node, found| {
            let fetch = "controller.quorum.fetch.timeout.ms";
            if node.number(fetch)? < node.number("controller.quorum.election.timeout.ms")? {
                found.add(out_of_order(node, fetch, "controller.quorum.election.timeout.ms", "at least"));
            } else if node.number("controller.quorum.request.timeout.ms")? > node.number(fetch)? {
                found.add(out_of_order(node, "controller.quorum.request.timeout.ms", fetch, "at most"));
            }
            Ok(())
        }),
    },
    Check {
        id: "request-timeout-order",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "request.timeout.ms is shorter than what it has to cover.",
        why: "Requests between nodes are given up before they can be answered: offset commits wait up to \
              offsets.commit.timeout.ms, and a request of a few hundred milliseconds fails in every pause.",
        fix: "Remove request.timeout.ms; the default is 30000.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_request.timeout.ms"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            if node.number("request.timeout.ms")? < node.number("offsets.commit.timeout.ms")? {
                found.add(out_of_order(node, "request.timeout.ms", "offsets.commit.timeout.ms", "at least"));
            }
            Ok(())
        }),
    },
    Check {
        id: "logdir-failure-timeout",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "A failed log directory may stay unknown to the controller for long.",
        why: "A broker that cannot tell the controller of a failed log directory stops only after \
              log.dir.failure.timeout.ms; until then the controller takes its replicas for good.",
        fix: "Remove log.dir.failure.timeout.ms; the default is 30000.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_log.dir.failure.timeout.ms", "KIP-858"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            if !node.knows("log.dir.failure.timeout.ms") {
                return Ok(());
            }
            within(node, found, "log.dir.failure.timeout.ms", 0, 300_000)
        }),
    },
    Check {
        id: "metadata-noop-off",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "The controller writes no records while nothing changes.",
        why: "Without them nobody can tell a quiet cluster from a controller that is gone: the age of the last record \
              means nothing.",
        fix: "Remove metadata.max.idle.interval.ms; the default is 500.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_metadata.max.idle.interval.ms", "KIP-835"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Nodes, |node, found| {
            const KEY: &str = "metadata.max.idle.interval.ms";
            if node.knows(KEY) && node.number(KEY)? == 0 {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "500"));
            }
            Ok(())
        }),
    },
    Check {
        id: "controlled-shutdown-off",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A broker that is stopped leaves its partitions without a leader.",
        why: "With controlled.shutdown.enable=false every planned restart looks like a crash: leaders are elected only \
              when the session has ended.",
        fix: "Remove controlled.shutdown.enable; the default is true.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_controlled.shutdown.enable"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            const KEY: &str = "controlled.shutdown.enable";
            if !node.flag(KEY)? {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "true"));
            }
            Ok(())
        }),
    },
    Check {
        id: "rebalance-delay-zero",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "New consumer groups rebalance at once for each member that joins.",
        why: "group.initial.rebalance.delay.ms=0 comes from Kafka's sample file, for quick tests: with many members each \
              start of an application costs many rebalances.",
        fix: "Remove group.initial.rebalance.delay.ms; the default is 3000.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_group.initial.rebalance.delay.ms"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            const KEY: &str = "group.initial.rebalance.delay.ms";
            if node.number(KEY)? == 0 {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "3000"));
            }
            Ok(())
        }),
    },
    Check {
        id: "zk-session",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "The ZooKeeper session is shorter than a pause of the garbage collector may be.",
        why: "A broker that loses its session is taken for dead, and its partitions change leaders.",
        fix: "Remove zookeeper.session.timeout.ms; the default has been 18000 since Kafka 2.5.",
        references: &[BROKER_DOCUMENTATION, "KIP-537"],
        needs: "the broker's file",
        run: Run::Node(On::Brokers, |node, found| {
            const KEY: &str = "zookeeper.session.timeout.ms";
            if !node.is_kraft()? && node.is_written(KEY) {
                within(node, found, KEY, 6_000, 60_000)?;
            }
            Ok(())
        }),
    },
];

/// A finding that one value is too large beside another; `relation` says how they should stand.
fn out_of_order(node: &Node<'_>, key: &str, other: &str, relation: &str) -> Finding {
    let culprit = node.culprit(key, other);
    Finding::new(node.subject(culprit), node.both(key, other), format!("{key} {relation} {other}"))
}

/// A finding when the value lies outside of what is usual.
fn within(node: &Node<'_>, found: &mut Found, key: &str, least: i64, most: i64) -> Evaluated {
    let value = node.number(key)?;
    if value < least || value > most {
        found.add(Finding::new(node.subject(key), node.says(key), format!("{least} to {most}")));
    }
    Ok(())
}

fn group_bounds(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let node = &node.at_restart();
    for group in ["consumer", "share", "streams"] {
        for what in ["session.timeout.ms", "heartbeat.interval.ms"] {
            let key = |part: &str| format!("group.{group}.{part}{what}");
            let keys = [key("min."), key(""), key("max.")];
            // A release that does not know the kind of group has no such settings.
            if !keys.iter().all(|key| node.knows(key)) {
                continue;
            }
            for pair in keys.windows(2) {
                if node.number(&pair[0])? > node.number(&pair[1])? {
                    found.add(out_of_order(node, &pair[0], &pair[1], "at most"));
                }
            }
        }
        let (heartbeat, session) =
            (format!("group.{group}.heartbeat.interval.ms"), format!("group.{group}.session.timeout.ms"));
        if node.knows(&heartbeat) && node.number(&heartbeat)? >= node.number(&session)? {
            found.add(out_of_order(node, &heartbeat, &session, "below"));
        }
    }
    Ok(())
}

fn session_and_heartbeat(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    const HEARTBEAT: &str = "broker.heartbeat.interval.ms";
    const SESSION: &str = "broker.session.timeout.ms";
    let mut slowest: Option<(i64, &Node<'_>)> = None;
    for node in fleet.on(On::Brokers).filter(|node| node.is_kraft().unwrap_or(true)) {
        let heartbeat = node.number(HEARTBEAT)?;
        if slowest.is_none_or(|(slowest, _)| heartbeat > slowest) {
            slowest = Some((heartbeat, node));
        }
    }
    let mut shortest: Option<(i64, &Node<'_>)> = None;
    for node in fleet.on(On::Controllers) {
        let session = node.number(SESSION)?;
        if shortest.is_none_or(|(shortest, _)| session < shortest) {
            shortest = Some((session, node));
        }
    }
    let (Some((heartbeat, broker)), Some((session, controller))) = (slowest, shortest) else {
        return Err(Unknown::new("It compares brokers with controllers, and only one of both was looked at."));
    };
    if session < 3 * heartbeat {
        let severity = if session <= heartbeat { Severity::Critical } else { Severity::Warning };
        let (node, key) = if broker.is_written(HEARTBEAT) { (broker, HEARTBEAT) } else { (controller, SESSION) };
        let is = format!("{} on controllers, {} on brokers", controller.says(SESSION), broker.says(HEARTBEAT));
        let should = "a session of at least three heartbeats";
        found.add(Finding::new(node.subject(key), is, should).severity(severity));
    }
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    &[
        Example::broker("lag-vs-fetchwait", "replica.fetch.wait.max.ms=60000").also(&["socket-vs-fetchwait"]),
        Example::broker("lag-vs-fetchwait", "replica.fetch.wait.max.ms=20000"),
        Example::broker("socket-vs-fetchwait", "replica.socket.timeout.ms=100"),
        Example::broker("lag-too-small", "replica.lag.time.max.ms=5000"),
        Example::broker("lag-too-small", "replica.lag.time.max.ms=600000"),
        Example::broker("session-vs-heartbeat", "broker.heartbeat.interval.ms=9000"),
        Example::controller("session-vs-heartbeat", "broker.session.timeout.ms=3000"),
        Example::controller("session-too-long", "broker.session.timeout.ms=120000"),
        Example::broker("group-session-bounds", "group.min.session.timeout.ms=2000000").also(&["consumer-session-bounds"]),
        Example::broker("group-consumer-bounds", "group.consumer.heartbeat.interval.ms=100000"),
        Example::broker("group-consumer-bounds", "group.consumer.max.session.timeout.ms=1000"),
        Example::broker("idle-vs-authdelay", "connections.max.idle.ms=50").also(&["value-unit"]),
        Example::controller("quorum-timeouts", "controller.quorum.fetch.timeout.ms=500"),
        Example::broker("request-timeout-order", "request.timeout.ms=100"),
        Example::broker("logdir-failure-timeout", "log.dir.failure.timeout.ms=3600000"),
        Example::broker("metadata-noop-off", "metadata.max.idle.interval.ms=0"),
        Example::broker("controlled-shutdown-off", "controlled.shutdown.enable=false"),
        Example::broker("rebalance-delay-zero", "group.initial.rebalance.delay.ms=0"),
        Example::made("zk-session", "zookeeper.session.timeout.ms", |set| {
            set.remove("broker-2", "process.roles");
            set.line("broker-2", "zookeeper.session.timeout.ms=1000");
        }).also(&["key-removed", "role-missing"]),
    ]
};
