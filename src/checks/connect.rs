//! Kafka Connect: workers keep connectors, positions and states in three topics, and find each other by a group.

use super::clients::heartbeat;
use super::compare::{each, odd_ones, values};
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::fleet::{Fleet, Node, On};

/// Where a cluster of workers keeps its state.
const TOPICS: [&str; 3] = ["config.storage.topic", "offset.storage.topic", "status.storage.topic"];
const GROUP: &str = "group.id";
const WORKER_FILE: &str = "the worker's file";
const RUNNING: &str = "https://kafka.apache.org/documentation/#connect_running";
/// Copies that state is to have, where there are as many brokers.
const COPIES: i64 = 3;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "connect-group-collision",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Connect workers share a group or a topic with others that they have nothing to do with.",
        why: "Two Connect clusters with one group, or one topic, overwrite each other's connectors and positions; a group \
              that a consumer has too never settles.",
        fix: "Give each Connect cluster a group.id and three topics of its own, the same on all of its workers.",
        references: &[RUNNING],
        needs: "the files of several workers, or of workers and consumers",
        run: Run::Together(On::ConnectWorkers, collisions),
    },
    Check {
        id: "connect-storage-missing",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A distributed worker lacks its group or one of its topics.",
        why: "Kafka refuses to start it.",
        fix: "Set group.id, config.storage.topic, offset.storage.topic and status.storage.topic.",
        references: &[RUNNING, "org.apache.kafka.connect.runtime.distributed.DistributedConfig"],
        needs: WORKER_FILE,
        run: Run::Node(On::ConnectWorkers, missing),
    },
    Check {
        id: "connect-storage-same-topic",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A worker keeps two kinds of state in one topic.",
        why: "Connectors, positions and states overwrite each other, and workers fail on records that they cannot read.",
        fix: "Give config.storage.topic, offset.storage.topic and status.storage.topic three different names.",
        references: &[RUNNING],
        needs: WORKER_FILE,
        run: Run::Node(On::ConnectWorkers, same_topic),
    },
    Check {
        id: "connect-storage-rf",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "The state of Connect gets too few copies, or more than there are brokers.",
        why: "With one copy a dead drive loses all connectors, or their positions: sources are read again from the start. \
              With more copies than brokers the worker cannot create its topics, and does not start.",
        fix: "Remove the line (the default is 3), and raise existing topics with kafka-reassign-partitions.sh.",
        references: &["https://kafka.apache.org/documentation/#connectconfigs_config.storage.replication.factor"],
        needs: "the worker's file; the brokers' files or DescribeCluster tell how many brokers there are",
        run: Run::Together(On::ConnectWorkers, replication_factor),
    },
    Check {
        id: "connect-topic-shape",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A topic with the state of Connect has not the form that it must have.",
        why: "Connectors in more than one partition are read in the wrong order; without compaction they and the positions \
              are deleted by age; with one copy they are lost with a drive.",
        fix: "Create the topic anew as Connect does: cleanup.policy=compact, three replicas, and one partition for \
              config.storage.topic.",
        references: &[RUNNING],
        needs: "the worker's file, and Metadata and DescribeConfigs of a running broker",
        run: Run::Together(On::ConnectWorkers, topics),
    },
    Check {
        id: "connect-producer-override-acks",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Source connectors write without waiting for the replicas.",
        why: "Connect itself asks for acks=all. With less, a record whose leader fails is lost, and its position in the \
              source is committed all the same: it is never read again.",
        fix: "Remove producer.acks.",
        references: &["https://kafka.apache.org/documentation/#producerconfigs_acks", "org.apache.kafka.connect.runtime.Worker"],
        needs: WORKER_FILE,
        run: Run::Node(On::ConnectWorkers, |node, found| {
            const KEY: &str = "producer.acks";
            if node.settings.given(KEY)?.is_some_and(|value| matches!(value, "0" | "1")) {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "all"));
            }
            Ok(())
        }),
    },
    Check {
        id: "connect-producer-override-order",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Retries of source connectors can overtake what was written after them.",
        why: "Connect lets one request be in flight, since its producers are not idempotent: with more, order is lost at \
              the first retry.",
        fix: "Remove producer.max.in.flight.requests.per.connection, or set producer.enable.idempotence=true with it.",
        references: &["org.apache.kafka.connect.runtime.Worker", "KIP-98"],
        needs: WORKER_FILE,
        run: Run::Node(On::ConnectWorkers, |node, found| {
            let (requests, idempotence) =
                ("producer.max.in.flight.requests.per.connection", "producer.enable.idempotence");
            let many = node.settings.given(requests)?.and_then(|value| value.parse::<i64>().ok());
            let is_safe = node.settings.given(idempotence)?.is_some_and(|value| value.eq_ignore_ascii_case("true"));
            if many.is_some_and(|many| many > 1) && !is_safe {
                found.add(Finding::new(node.subject(requests), node.says(requests), "1"));
            }
            Ok(())
        }),
    },
    Check {
        id: "connect-exactly-once",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "Exactly-once of source connectors is on in a part of the workers, or half-way on.",
        why: "It holds when all workers of a cluster have it: on the others connectors that require it fail, and the rest \
              may write twice.",
        fix: "Set exactly.once.source.support=preparing on all workers, restart them, then enabled on all.",
        references: &["KIP-618"],
        needs: "the files of the workers",
        run: Run::Together(On::ConnectWorkers, exactly_once),
    },
    Check {
        id: "connect-heartbeat",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A worker has too few heartbeats in its session.",
        why: "One that is late ends the session: connectors are stopped and started on other workers. Kafka refuses to \
              start the worker when the interval is not below the session's timeout.",
        fix: "Set heartbeat.interval.ms to a third of session.timeout.ms, or less.",
        references: &["https://kafka.apache.org/documentation/#connectconfigs_heartbeat.interval.ms"],
        needs: WORKER_FILE,
        run: Run::Node(On::ConnectWorkers, heartbeat),
    },
];

/// Whether a worker keeps its state in Kafka; one that runs alone may have a file.
fn is_distributed(node: &Node<'_>) -> Result<bool, Unknown> {
    Ok(node.settings.given("offset.storage.file.filename")?.is_none())
}

/// By what a worker meets others.
struct Meeting<'a> {
    group: &'a str,
    topics: [&'a str; 3],
    servers: Vec<&'a str>,
}

impl<'a> Meeting<'a> {
    /// Absent for a worker that keeps its state for itself.
    fn of(node: &Node<'a>) -> Result<Option<Self>, Unknown> {
        if !is_distributed(node)? {
            return Ok(None);
        }
        let [config, offset, status] = TOPICS.map(|key| node.text(key));
        let (group, servers) = (node.text(GROUP)?, node.list("bootstrap.servers")?);
        Ok(Some(Self { group, topics: [config?, offset?, status?], servers }))
    }

    /// Whether both may be of one Kafka cluster.
    fn is_near(&self, servers: &[&str]) -> bool {
        self.servers.is_empty() || servers.is_empty() || self.servers.iter().any(|server| servers.contains(server))
    }
}

fn collisions(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let workers: Vec<&Node<'_>> = fleet.on(On::ConnectWorkers).collect();
    let (told, unknown) = values(&workers, Meeting::of);
    let told: Vec<(&Node<'_>, Meeting<'_>)> =
        told.into_iter().filter_map(|(node, meeting)| Some((node, meeting?))).collect();
    if told.len() < 2 && fleet.on(On::Consumers).next().is_none() {
        return unknown.and(Err(Unknown::new("It compares Connect workers, and fewer than two were looked at.")));
    }
    for (at, (node, meeting)) in told.iter().enumerate() {
        consumes(fleet, node, meeting, found);
        // Workers of one group are judged once, by the first of them.
        let is_same = |other: &Meeting<'_>| other.group == meeting.group && meeting.is_near(&other.servers);
        if !told[..at].iter().any(|(_, other)| is_same(other)) {
            let group: Vec<_> = told.iter().filter(|(_, other)| is_same(other)).collect();
            for (index, key) in TOPICS.into_iter().enumerate() {
                let values: Vec<(&Node<'_>, String)> =
                    group.iter().map(|(node, other)| (*node, format!("{key}={}", other.topics[index]))).collect();
                odd_ones(found, &values, |node, value, most| {
                    let should = format!("{most}, as other workers of group {} have it", meeting.group);
                    Finding::new(node.subject(key), value, should)
                });
            }
        }
        let others = told[..at].iter().filter(|(_, other)| !is_same(other) && meeting.is_near(&other.servers));
        for (other, theirs) in others {
            let shared = (0..TOPICS.len()).find(|index| {
                let topic = meeting.topics[*index];
                !topic.is_empty() && theirs.topics.contains(&topic)
            });
            if let Some(index) = shared {
                let is = format!("{}; {} of group {} has it too", node.says(TOPICS[index]), other.name(), theirs.group);
                let should = format!("a topic of group {} alone", meeting.group);
                found.add(Finding::new(node.subject(TOPICS[index]), is, should));
                break;
            }
        }
    }
    unknown
}

fn consumes(fleet: &Fleet<'_>, node: &Node<'_>, meeting: &Meeting<'_>, found: &mut Found) {
    let has = |consumer: &&Node<'_>| {
        let servers = consumer.list("bootstrap.servers").unwrap_or_default();
        !meeting.group.is_empty() && consumer.text(GROUP) == Ok(meeting.group) && meeting.is_near(&servers)
    };
    if let Some(consumer) = fleet.on(On::Consumers).find(has) {
        let is = format!("{}, as {} has it", node.says(GROUP), consumer.name());
        found.add(Finding::new(node.subject(GROUP), is, "a group that no consumer has"));
    }
}

fn missing(node: &Node<'_>, found: &mut Found) -> Evaluated {
    if is_distributed(node)? {
        for key in TOPICS.into_iter().chain([GROUP]) {
            if node.text(key)?.is_empty() {
                found.add(Finding::new(node.subject(key), format!("no {key}"), format!("{key}=...")));
            }
        }
    }
    Ok(())
}

fn same_topic(node: &Node<'_>, found: &mut Found) -> Evaluated {
    for (at, key) in TOPICS.into_iter().enumerate() {
        let topic = node.text(key)?;
        for other in &TOPICS[..at] {
            if !topic.is_empty() && node.text(other)? == topic {
                found.add(Finding::new(node.subject(key), node.both(other, key), "a topic of its own"));
                break;
            }
        }
    }
    Ok(())
}

/// What a replication factor should be, where it is not what it should be.
pub(super) fn bad_factor(fleet: &Fleet<'_>, factor: i64) -> Option<(String, Severity)> {
    let brokers = fleet.brokers().and_then(|brokers| i64::try_from(brokers).ok());
    let wanted = brokers.map_or(COPIES, |brokers| brokers.min(COPIES));
    match brokers {
        Some(brokers) if factor > brokers => {
            Some((format!("at most {brokers}, as many as there are brokers"), Severity::Critical))
        }
        // -1 is the brokers' own default, which they are judged by.
        _ if (0..wanted).contains(&factor) => Some((wanted.to_string(), Severity::Warning)),
        _ => None,
    }
}

fn replication_factor(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    const KEYS: [&str; 3] =
        ["config.storage.replication.factor", "offset.storage.replication.factor", "status.storage.replication.factor"];
    each(fleet.on(On::ConnectWorkers), |node| {
        if !is_distributed(node)? {
            return Ok(());
        }
        for key in KEYS {
            if let Some((should, severity)) = bad_factor(fleet, node.number(key)?) {
                found.add(Finding::new(node.subject(key), node.says(key), should).severity(severity));
            }
        }
        Ok(())
    })
}

fn topics(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each(fleet.on(On::ConnectWorkers), |node| {
        if !is_distributed(node)? {
            return Ok(());
        }
        each(TOPICS, |key| {
            let topic = node.text(key)?;
            shape(fleet, found, topic, (key == TOPICS[0]).then_some(1))
        })
    })
}

/// Judges a topic with state as the brokers show it; `partitions` is how many it must have, where that matters.
///
/// # Errors
/// [`Unknown`] when no broker was asked, or none shows the topic or its settings.
pub(super) fn shape(fleet: &Fleet<'_>, found: &mut Found, topic: &str, partitions: Option<usize>) -> Evaluated {
    const POLICY: &str = "cleanup.policy";
    let subject = || Subject::Topic(topic.to_owned());
    let (mut is_there, mut is_told) = (false, false);
    let mut unknown = Unknown::new("No running broker was asked: --kafka.server=HOST:PORT asks one.");
    for node in fleet.on(On::Brokers) {
        let replication = match node.replication() {
            Ok(replication) => replication,
            Err(why) => {
                unknown = why;
                continue;
            }
        };
        let all = &replication.cluster.partitions;
        let Some(at) = all.topics().iter().position(|entry| &*entry.name == topic) else { continue };
        is_there = true;
        let factors: Vec<usize> = all.of_topic(at).map(|one| replication.judge(&one).replication_factor).collect();
        if let Some(wanted) = partitions.filter(|wanted| factors.len() != *wanted) {
            found.add(Finding::new(subject(), format!("{} partitions", factors.len()), format!("{wanted} partition")));
        }
        let least = factors.iter().min().and_then(|least| i64::try_from(*least).ok());
        if let Some((should, _)) = least.and_then(|least| bad_factor(fleet, least)) {
            let is = format!("{} replicas", least.unwrap_or_default());
            found.add(Finding::new(subject(), is, format!("{should} replicas")));
        }
        match node.topic_settings(topic).and_then(|settings| settings.get(POLICY)) {
            Ok(policy) => {
                is_told = true;
                if policy.value.trim() != "compact" {
                    found.add(Finding::new(subject(), format!("{POLICY}={}", policy.value), "compact"));
                }
            }
            Err(why) => unknown = why,
        }
    }
    match (is_there, is_told) {
        (_, true) => Ok(()),
        (true, false) => Err(unknown),
        (false, false) if fleet.on(On::Brokers).any(|node| node.replication().is_ok()) => {
            Err(Unknown::new(format!("Topic {topic} is not there, or hidden from us.")))
        }
        (false, false) => Err(unknown),
    }
}

fn exactly_once(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "exactly.once.source.support";
    let workers: Vec<&Node<'_>> = fleet.on(On::ConnectWorkers).filter(|node| node.knows(KEY)).collect();
    let (told, unknown) = values(&workers, |node| {
        let group = if is_distributed(node)? { node.text(GROUP)? } else { "" };
        Ok((group, node.text(KEY)?.to_ascii_lowercase()))
    });
    let mut groups: Vec<&str> = told.iter().map(|(_, (group, _))| *group).filter(|group| !group.is_empty()).collect();
    groups.sort_unstable();
    groups.dedup();
    for group in groups {
        let values: Vec<(&Node<'_>, String)> = told
            .iter()
            .filter(|(_, (own, _))| *own == group)
            .map(|(node, (_, value))| (*node, format!("{KEY}={value}")))
            .collect();
        if values.iter().all(|(_, value)| value.ends_with("=preparing")) {
            let is = format!("{KEY}=preparing on all workers of group {group}");
            if let Some((node, _)) = values.first() {
                found.add(Finding::new(node.subject(KEY), is, "enabled").severity(Severity::Info));
            }
        }
        odd_ones(found, &values, |node, value, most| Finding::new(node.subject(KEY), value, most));
    }
    unknown
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    use crate::testing::partition;
    const fn worker(check: &'static str, line: &'static str) -> Example {
        Example::of(check, "connect-2", line)
    }
    &[
        worker("connect-group-collision", "group.id=connect-b")
            .subject("config.storage.topic in connect-2"),
        worker("connect-group-collision", "status.storage.topic=connect-state")
            .subject("status.storage.topic in connect-2")
            .also(&["connect-topic-shape"]),
        Example::of("connect-group-collision", "consumer", "group.id=connect").subject("group.id in connect-1"),
        Example::made("connect-storage-missing", "status.storage.topic of connect-2", |set| {
            set.remove("connect-2", "status.storage.topic");
        })
        .also(&["connect-group-collision"]),
        Example::made("connect-storage-same-topic", "status.storage.topic in connect-1", |set| {
            for worker in ["connect-1", "connect-2", "connect-3"] {
                set.line(worker, "status.storage.topic=connect-offsets");
            }
        }),
        worker("connect-storage-rf", "config.storage.replication.factor=1"),
        worker("connect-storage-rf", "offset.storage.replication.factor=5"),
        Example::made("connect-topic-shape", "topic connect-configs", |set| {
            let row = partition(1, &[1, 2, 3], &[1, 2, 3]);
            set.topic("connect-configs", &[row.clone(), row], Some(2));
        }),
        Example::made("connect-topic-shape", "topic connect-offsets", |set| set.not_compacted("connect-offsets")),
        Example::made("connect-topic-shape", "topic connect-status", |set| {
            set.topic("connect-status", &[partition(1, &[1, 2], &[1, 2])], Some(1));
        }),
        worker("connect-producer-override-acks", "producer.acks=1"),
        worker("connect-producer-override-order", "producer.max.in.flight.requests.per.connection=5"),
        worker("connect-exactly-once", "exactly.once.source.support=disabled"),
        Example::made("connect-exactly-once", "exactly.once.source.support in connect-1", |set| {
            for worker in ["connect-1", "connect-2", "connect-3"] {
                set.line(worker, "exactly.once.source.support=preparing");
            }
        }),
        worker("connect-heartbeat", "heartbeat.interval.ms=15000"),
    ]
};
