//! Producers that can lose, repeat or reorder what they write, consumers that can skip or repeat what they read, and
//! how both connect.

use super::compare::{each, values};
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Unknown};
use crate::derive::fleet::{Fleet, Node, On};
use crate::derive::listeners::{Address, Protocol};

const ACKS: &str = "acks";
const IDEMPOTENCE: &str = "enable.idempotence";
const IN_FLIGHT: &str = "max.in.flight.requests.per.connection";
const RETRIES: &str = "retries";
/// What an idempotent producer may have in flight: brokers keep as many batches of it to tell a repeated one.
const IN_FLIGHT_MAX: i64 = 5;

const PRODUCER_FILE: &str = "the producer's file";
const CONSUMER_FILE: &str = "the consumer's file";
const PRODUCER_CODE: &str = "org.apache.kafka.clients.producer.ProducerConfig";
const CONSUMER_CODE: &str = "org.apache.kafka.clients.consumer.ConsumerConfig";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "producer-acks",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A producer does not wait for the replicas.",
        why: "With acks=1 a message is lost when its leader fails before a follower has it; with acks=0 nobody learns of \
              any loss. min.insync.replicas has no effect on either, and idempotence is off.",
        fix: "acks=all",
        references: &["https://kafka.apache.org/documentation/#producerconfigs_acks", "KIP-679"],
        needs: PRODUCER_FILE,
        run: Run::Node(On::Producers, acks),
    },
    Check {
        id: "producer-idempotence-off",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A producer's retries can repeat and reorder messages.",
        why: "When an answer is lost, the retry is written a second time, and behind what was sent meanwhile.",
        fix: "Remove enable.idempotence=false; it costs next to nothing.",
        references: &["https://kafka.apache.org/documentation/#producerconfigs_enable.idempotence", "KIP-98"],
        needs: PRODUCER_FILE,
        run: Run::Node(On::Producers, idempotence),
    },
    Check {
        id: "producer-in-flight-reorder",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "More requests are in flight than brokers can keep in order.",
        why: "An idempotent producer may have five in flight: with more Kafka 4.0 and later refuse to start it, earlier \
              releases turn idempotence off. Without idempotence a retry overtakes what was sent after it.",
        fix: "max.in.flight.requests.per.connection=5 with idempotence, 1 without",
        references: &["https://kafka.apache.org/documentation/#producerconfigs_max.in.flight.requests.per.connection", PRODUCER_CODE],
        needs: PRODUCER_FILE,
        run: Run::Node(On::Producers, in_flight),
    },
    Check {
        id: "producer-retries-zero",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A producer gives up at the first error.",
        why: "Every election of a leader makes requests fail for a moment: what is not sent again is lost. Idempotence is \
              off with it.",
        fix: "Remove retries, and bound the time with delivery.timeout.ms.",
        references: &["https://kafka.apache.org/documentation/#producerconfigs_retries", "KIP-91"],
        needs: PRODUCER_FILE,
        run: Run::Node(On::Producers, retries),
    },
    Check {
        id: "producer-delivery-timeout",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "delivery.timeout.ms is shorter than one attempt.",
        why: "Kafka refuses to start the producer when it is less than linger.ms and request.timeout.ms together.",
        fix: "Remove delivery.timeout.ms; the default is 120000.",
        references: &["https://kafka.apache.org/documentation/#producerconfigs_delivery.timeout.ms", "KIP-91"],
        needs: PRODUCER_FILE,
        run: Run::Node(On::Producers, delivery_timeout),
    },
    Check {
        id: "producer-transaction-timeout",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A producer asks for longer transactions than the brokers allow.",
        why: "Brokers refuse to initialize its transactions: it cannot write at all.",
        fix: "Lower transaction.timeout.ms, or raise transaction.max.timeout.ms on all brokers first.",
        references: &["https://kafka.apache.org/documentation/#producerconfigs_transaction.timeout.ms"],
        needs: "the producer's file, and the brokers' files or DescribeConfigs",
        run: Run::Together(On::Producers, transaction_timeout),
    },
    Check {
        id: "producer-max-request-size",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "A producer sends larger messages than brokers take.",
        why: "They are refused with RECORD_TOO_LARGE, unless the topic's own max.message.bytes is higher.",
        fix: "Raise max.message.bytes of the topics that need it, and the consumers' memory with it; else remove \
              max.request.size.",
        references: &["https://kafka.apache.org/documentation/#producerconfigs_max.request.size"],
        needs: "the producer's file, and the brokers' files or DescribeConfigs",
        run: Run::Together(On::Producers, request_size),
    },
    Check {
        id: "consumer-auto-commit",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "A consumer's position is committed by the clock.",
        why: "What was handed out and not yet processed when the consumer dies is skipped where another thread processes \
              it, and done twice where poll does.",
        fix: "enable.auto.commit=false, and commit after processing",
        references: &["https://kafka.apache.org/documentation/#consumerconfigs_enable.auto.commit"],
        needs: CONSUMER_FILE,
        run: Run::Node(On::Consumers, |node, found| {
            const KEY: &str = "enable.auto.commit";
            if node.flag(KEY)? {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "false"));
            }
            Ok(())
        }),
    },
    Check {
        id: "consumer-isolation-level",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "A consumer reads what transactions take back.",
        why: "Producers of the set write in transactions: at read_uncommitted a consumer also gets what they aborted.",
        fix: "isolation.level=read_committed",
        references: &["https://kafka.apache.org/documentation/#consumerconfigs_isolation.level", "KIP-98"],
        needs: "the files of producers and consumers",
        run: Run::Together(On::Consumers, isolation),
    },
    Check {
        id: "consumer-offset-reset",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "A consumer without a position begins at the end.",
        why: "A new group, and one whose position has expired, skips everything that is there already: with new \
              partitions, all that was written before the consumer saw them.",
        fix: "auto.offset.reset=earliest, or none to be asked",
        references: &["https://kafka.apache.org/documentation/#consumerconfigs_auto.offset.reset"],
        needs: CONSUMER_FILE,
        run: Run::Node(On::Consumers, |node, found| {
            const KEY: &str = "auto.offset.reset";
            if node.text(KEY)? == "latest" {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "earliest, or none"));
            }
            Ok(())
        }),
    },
    Check {
        id: "consumer-heartbeat",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A consumer has too few heartbeats in its session.",
        why: "One that is late ends the session, and the whole group rebalances. Kafka refuses to start the consumer when \
              the interval is not below the session's timeout.",
        fix: "Set heartbeat.interval.ms to a third of session.timeout.ms, or less.",
        references: &["https://kafka.apache.org/documentation/#consumerconfigs_heartbeat.interval.ms"],
        needs: CONSUMER_FILE,
        run: Run::Node(On::Consumers, heartbeat),
    },
    Check {
        id: "consumer-session-bounds",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A consumer's session is shorter or longer than the brokers allow.",
        why: "The group's coordinator refuses it with INVALID_SESSION_TIMEOUT: it gets no partition.",
        fix: "Set session.timeout.ms between group.min.session.timeout.ms and group.max.session.timeout.ms of the brokers.",
        references: &["https://kafka.apache.org/documentation/#consumerconfigs_session.timeout.ms"],
        needs: "the consumer's file, and the brokers' files or DescribeConfigs",
        run: Run::Together(On::Consumers, session_bounds),
    },
    Check {
        id: "consumer-protocol-keys",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A consumer sets what only the other rebalance protocol has.",
        why: "Kafka refuses to start it: with group.protocol=consumer the brokers decide over sessions, heartbeats and \
              assignment.",
        fix: "Remove the line, or group.protocol=consumer.",
        references: &["KIP-848", CONSUMER_CODE],
        needs: CONSUMER_FILE,
        run: Run::Node(On::Consumers, protocol_keys),
    },
    Check {
        id: "consumer-max-poll",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "A consumer has less time to process than its session lasts.",
        why: "One that takes a little longer leaves the group, which rebalances; what it had is processed again by another.",
        fix: "Remove max.poll.interval.ms (the default is 300000), or lower max.poll.records.",
        references: &["https://kafka.apache.org/documentation/#consumerconfigs_max.poll.interval.ms", "KIP-62"],
        needs: CONSUMER_FILE,
        run: Run::Node(On::Consumers, max_poll),
    },
    Check {
        id: "consumer-fetch-wait",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Brokers may hold a fetch for longer than the consumer waits.",
        why: "Where little is written each fetch times out, and the connection is closed with it.",
        fix: "Set fetch.max.wait.ms well below request.timeout.ms.",
        references: &["https://kafka.apache.org/documentation/#consumerconfigs_fetch.max.wait.ms"],
        needs: CONSUMER_FILE,
        run: Run::Node(On::Consumers, fetch_wait),
    },
    Check {
        id: "consumer-fetch-size",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "A consumer asks for less than one message may have.",
        why: "It then gets one batch at a time, however large; clients before Kafka 0.10.1 stop at it.",
        fix: "Remove max.partition.fetch.bytes and fetch.max.bytes, or raise them above the brokers' message.max.bytes.",
        references: &["https://kafka.apache.org/documentation/#consumerconfigs_max.partition.fetch.bytes", "KIP-74"],
        needs: "the consumer's file, and the brokers' files or DescribeConfigs",
        run: Run::Together(On::Consumers, fetch_size),
    },
    Check {
        id: "client-plaintext",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "A client speaks to brokers in clear.",
        why: "Whoever is on the way reads and changes messages; with SASL_PLAINTEXT the credentials too.",
        fix: "security.protocol=SASL_SSL",
        references: &["https://kafka.apache.org/documentation/#security"],
        needs: "the client's file",
        run: Run::Node(On::Clients, plaintext),
    },
    Check {
        id: "client-hostname-verification-off",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A client takes any broker's certificate for any host.",
        why: "Whoever holds one certificate of the same authority can pose as every broker, and reads what clients write \
              and how they authenticate.",
        fix: "Remove ssl.endpoint.identification.algorithm= and issue certificates with the brokers' names.",
        references: &["https://kafka.apache.org/documentation/#producerconfigs_ssl.endpoint.identification.algorithm"],
        needs: "the client's file",
        run: Run::Node(On::Clients, hostname_verification),
    },
    Check {
        id: "client-bootstrap-single",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "A client knows one address of the cluster.",
        why: "While that broker is away the client cannot start.",
        fix: "Name two or three brokers in bootstrap.servers, or a name with several addresses.",
        references: &["https://kafka.apache.org/documentation/#producerconfigs_bootstrap.servers"],
        needs: "the client's file",
        run: Run::Together(On::Clients, single_address),
    },
];

/// Whether the producer is told to be idempotent, or to write in transactions: Kafka then refuses what contradicts it.
fn insists(node: &Node<'_>) -> Result<bool, Unknown> {
    let told = node.settings.given(IDEMPOTENCE)?.is_some_and(|value| value.eq_ignore_ascii_case("true"));
    Ok(told || !node.text("transactional.id")?.is_empty())
}

fn acks(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let value = node.text(ACKS)?;
    if !matches!(value, "0" | "1") {
        return Ok(());
    }
    let finding = Finding::new(node.subject(ACKS), node.says(ACKS), "all");
    found.add(match insists(node)? {
        true => Finding { found: format!("{}: refused beside idempotence", node.says(ACKS)), ..finding }
            .severity(Severity::Critical),
        false if value == "0" => finding.severity(Severity::Critical),
        false => finding,
    });
    Ok(())
}

fn idempotence(node: &Node<'_>, found: &mut Found) -> Evaluated {
    if !node.settings.given(IDEMPOTENCE)?.is_some_and(|value| value.eq_ignore_ascii_case("false")) {
        return Ok(());
    }
    let finding = Finding::new(node.subject(IDEMPOTENCE), node.says(IDEMPOTENCE), "true");
    found.add(if node.text("transactional.id")?.is_empty() {
        finding
    } else {
        Finding { found: format!("{}: refused beside transactional.id", node.says(IDEMPOTENCE)), ..finding }
            .severity(Severity::Critical)
    });
    Ok(())
}

fn in_flight(node: &Node<'_>, found: &mut Found) -> Evaluated {
    use crate::keys::Version;
    let requests = node.number(IN_FLIGHT)?;
    let told = node.settings.given(IDEMPOTENCE)?.is_some();
    let refuses = insists(node)? || node.settings.release.is_none_or(|release| release >= Version(4, 0, 0));
    if node.flag(IDEMPOTENCE)? {
        if requests > IN_FLIGHT_MAX {
            let severity = if refuses { Severity::Critical } else { Severity::Warning };
            found.add(Finding::new(node.subject(IN_FLIGHT), node.says(IN_FLIGHT), "at most 5").severity(severity));
        }
    } else if !told && node.is_written(IN_FLIGHT) && requests > 1 && node.number(RETRIES)? > 0 {
        // Of a release before idempotence was the default. Where somebody turned it off, another check tells.
        found.add(Finding::new(node.subject(IN_FLIGHT), node.both(IN_FLIGHT, IDEMPOTENCE), "enable.idempotence=true"));
    }
    Ok(())
}

fn retries(node: &Node<'_>, found: &mut Found) -> Evaluated {
    if node.number(RETRIES)? == 0 {
        let finding = Finding::new(node.subject(RETRIES), node.says(RETRIES), "no such line");
        found.add(if insists(node)? { finding.severity(Severity::Critical) } else { finding });
    }
    Ok(())
}

fn delivery_timeout(node: &Node<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "delivery.timeout.ms";
    // Its default is raised in silence.
    if node.settings.given(KEY)?.is_some() {
        let least = node.number("linger.ms")?.saturating_add(node.number("request.timeout.ms")?);
        if node.number(KEY)? < least {
            let should = format!("{least} or more: linger.ms and request.timeout.ms together");
            found.add(Finding::new(node.subject(KEY), node.says(KEY), should));
        }
    }
    Ok(())
}

/// What each broker of the one cluster that was looked at says of `key`.
fn of_brokers<'n, 'a>(fleet: &'n Fleet<'a>, key: &str) -> Result<Vec<(&'n Node<'a>, i64)>, Unknown> {
    let why = match fleet.clusters(On::Brokers).as_slice() {
        [brokers] => {
            let (told, unknown) = values(brokers, |node| node.number(key));
            return unknown.map(|()| told);
        }
        [] => "It compares clients with brokers, and no broker was looked at: name their files too.",
        _ => "Brokers of several clusters were looked at, and which of them the client uses is not known.",
    };
    Err(Unknown::new(why))
}

/// The least that a broker allows, with `key=value` of that broker.
fn least_of_brokers(fleet: &Fleet<'_>, key: &str) -> Result<(i64, String), Unknown> {
    let told = of_brokers(fleet, key)?;
    let least = told.iter().min_by_key(|(_, value)| *value);
    let (node, value) = least.ok_or_else(|| Unknown::new("No broker was looked at."))?;
    Ok((*value, format!("{key}={value} of {}", node.name())))
}

fn transaction_timeout(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "transaction.timeout.ms";
    each(fleet.on(On::Producers), |node| {
        if node.text("transactional.id")?.is_empty() && !node.is_written(KEY) {
            return Ok(());
        }
        let (most, says) = least_of_brokers(fleet, "transaction.max.timeout.ms")?;
        if node.number(KEY)? > most {
            found.add(Finding::new(node.subject(KEY), node.says(KEY), format!("at most {says}")));
        }
        Ok(())
    })
}

fn request_size(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "max.request.size";
    each(fleet.on(On::Producers), |node| {
        let (most, says) = least_of_brokers(fleet, "message.max.bytes")?;
        if node.is_written(KEY) && node.number(KEY)? > most {
            found.add(Finding::new(node.subject(KEY), node.says(KEY), format!("at most {says}")));
        }
        Ok(())
    })
}

fn isolation(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "isolation.level";
    let producers: Vec<&Node<'_>> = fleet.on(On::Producers).collect();
    if producers.is_empty() {
        return Err(Unknown::new("It compares consumers with producers, and no producer's file was looked at."));
    }
    let (ids, unknown) = values(&producers, |node| Ok(!node.text("transactional.id")?.is_empty()));
    let Some((producer, _)) = ids.iter().find(|(_, transactional)| *transactional) else { return unknown };
    each(fleet.on(On::Consumers), |node| {
        if node.text(KEY)? == "read_uncommitted" {
            let should = format!("read_committed: {} writes in transactions", producer.name());
            found.add(Finding::new(node.subject(KEY), node.says(KEY), should));
        }
        Ok(())
    })
}

/// Whether the brokers decide over sessions and heartbeats.
fn is_new_protocol(node: &Node<'_>) -> Result<bool, Unknown> {
    Ok(node.text("group.protocol")?.eq_ignore_ascii_case("consumer"))
}

/// Heartbeats of a consumer, or of a Connect worker.
pub(super) fn heartbeat(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let (interval, session) = ("heartbeat.interval.ms", "session.timeout.ms");
    let (every, timeout) = (node.number(interval)?, node.number(session)?);
    if is_new_protocol(node)? || every.saturating_mul(3) <= timeout {
        return Ok(());
    }
    let culprit = node.culprit(interval, session);
    let severity = if every >= timeout { Severity::Critical } else { Severity::Warning };
    let should = "three heartbeats or more in a session";
    found.add(Finding::new(node.subject(culprit), node.both(interval, session), should).severity(severity));
    Ok(())
}

fn session_bounds(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "session.timeout.ms";
    each(fleet.on(On::Consumers), |node| {
        if is_new_protocol(node)? {
            return Ok(());
        }
        let timeout = node.number(KEY)?;
        let least = of_brokers(fleet, "group.min.session.timeout.ms")?.into_iter().map(|(_, value)| value).max();
        let most = of_brokers(fleet, "group.max.session.timeout.ms")?.into_iter().map(|(_, value)| value).min();
        if let (Some(least), Some(most)) = (least, most)
            && !(least..=most).contains(&timeout)
        {
            let should = format!("{least} to {most}, as the brokers allow");
            found.add(Finding::new(node.subject(KEY), node.says(KEY), should));
        }
        Ok(())
    })
}

fn protocol_keys(node: &Node<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "group.protocol";
    let refused: &[&str] = match is_new_protocol(node)? {
        true => &["heartbeat.interval.ms", "partition.assignment.strategy", "session.timeout.ms"],
        false => &["group.remote.assignor"],
    };
    for key in refused.iter().filter(|key| node.knows(key)) {
        if node.settings.given(key)?.is_some() {
            found.add(Finding::new(node.subject(key), node.both(key, KEY), "no such line"));
        }
    }
    Ok(())
}

fn max_poll(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let (poll, session) = ("max.poll.interval.ms", "session.timeout.ms");
    if !is_new_protocol(node)? && node.number(poll)? < node.number(session)? {
        found.add(Finding::new(node.subject(poll), node.both(poll, session), "at least session.timeout.ms"));
    }
    Ok(())
}

fn fetch_wait(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let (wait, request) = ("fetch.max.wait.ms", "request.timeout.ms");
    if node.number(wait)? >= node.number(request)? {
        let culprit = node.culprit(wait, request);
        let should = "fetch.max.wait.ms below request.timeout.ms";
        found.add(Finding::new(node.subject(culprit), node.both(wait, request), should));
    }
    Ok(())
}

fn fetch_size(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each(fleet.on(On::Consumers), |node| {
        let largest = of_brokers(fleet, "message.max.bytes")?.into_iter().max_by_key(|(_, value)| *value);
        let Some((broker, largest)) = largest else { return Ok(()) };
        for key in ["max.partition.fetch.bytes", "fetch.max.bytes"] {
            if node.is_written(key) && node.number(key)? < largest {
                let should = format!("message.max.bytes={largest} of {}, or more", broker.name());
                found.add(Finding::new(node.subject(key), node.says(key), should));
            }
        }
        Ok(())
    })
}

fn plaintext(node: &Node<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "security.protocol";
    let servers = node.list("bootstrap.servers").unwrap_or_default();
    let host = |server: &str| server.rsplit_once(':').map_or(server.to_owned(), |(host, _)| host.to_owned());
    let is_here = |server: &&str| Address { host: &host(server), port: 0 }.is_loopback();
    let is_local = !servers.is_empty() && servers.iter().all(is_here);
    if !is_local && Protocol::parse(node.text(KEY)?).is_some_and(|protocol| !protocol.is_tls()) {
        found.add(Finding::new(node.subject(KEY), node.says(KEY), "SSL or SASL_SSL"));
    }
    Ok(())
}

fn hostname_verification(node: &Node<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "ssl.endpoint.identification.algorithm";
    let is_tls = Protocol::parse(node.text("security.protocol")?).is_some_and(Protocol::is_tls);
    if is_tls && node.knows(KEY) && node.text(KEY)?.is_empty() {
        found.add(Finding::new(node.subject(KEY), "names of hosts are not verified", "https, which is the default"));
    }
    Ok(())
}

fn single_address(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "bootstrap.servers";
    if fleet.brokers() == Some(1) {
        return Ok(());
    }
    each(fleet.on(On::Clients), |node| {
        if node.list(KEY)?.len() == 1 {
            found.add(Finding::new(node.subject(KEY), node.says(KEY), "two addresses or more"));
        }
        Ok(())
    })
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    const fn producer(check: &'static str, line: &'static str) -> Example {
        Example::of(check, "producer", line)
    }
    const fn consumer(check: &'static str, line: &'static str) -> Example {
        Example::of(check, "consumer", line)
    }
    &[
        producer("producer-acks", "acks=1"),
        producer("producer-acks", "acks=0"),
        producer("producer-idempotence-off", "enable.idempotence=false"),
        producer("producer-in-flight-reorder", "max.in.flight.requests.per.connection=6"),
        producer("producer-retries-zero", "retries=0"),
        producer("producer-delivery-timeout", "delivery.timeout.ms=30000"),
        producer("producer-transaction-timeout", "transaction.timeout.ms=1800000"),
        producer("producer-max-request-size", "max.request.size=10485760"),
        consumer("consumer-auto-commit", "enable.auto.commit=true"),
        consumer("consumer-isolation-level", "isolation.level=read_uncommitted"),
        consumer("consumer-offset-reset", "auto.offset.reset=latest"),
        consumer("consumer-heartbeat", "heartbeat.interval.ms=20000"),
        consumer("consumer-heartbeat", "heartbeat.interval.ms=45000"),
        consumer("consumer-session-bounds", "session.timeout.ms=5000")
            .also(&["consumer-heartbeat"]),
        consumer("consumer-protocol-keys", "group.protocol=consumer").subject("session.timeout.ms in consumer"),
        consumer("consumer-protocol-keys", "group.remote.assignor=uniform"),
        consumer("consumer-max-poll", "max.poll.interval.ms=30000"),
        consumer("consumer-fetch-wait", "fetch.max.wait.ms=30000"),
        consumer("consumer-fetch-size", "max.partition.fetch.bytes=65536"),
        producer("client-plaintext", "security.protocol=SASL_PLAINTEXT"),
        consumer("client-plaintext", "security.protocol=PLAINTEXT"),
        consumer("client-hostname-verification-off", "ssl.endpoint.identification.algorithm="),
        Example::of("client-hostname-verification-off", "connect-1", "ssl.endpoint.identification.algorithm="),
        consumer("client-bootstrap-single", "bootstrap.servers=broker-1.example.org:9092"),
        producer("secrets-plaintext", "ssl.keystore.password=changeit"),
    ]
};
