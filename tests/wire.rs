//! The transport against an evil peer: what each kind of silence, nonsense and refusal comes to, and what it costs.

#![expect(clippy::disallowed_methods, reason = "tests wait, look at clocks and start tasks")]

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use brokerwatch::limits::Limits;
use brokerwatch::self_metrics::SelfMetrics;
use brokerwatch::snapshot::{ErrorKind, Failure};
use brokerwatch::sources::kafka::calls::{self, APIS, Api};
use brokerwatch::sources::kafka::lane::Lane;
use brokerwatch::sources::kafka::{
    Client, Endpoint, Security, acls, client_quotas, cluster, configs, log_dirs, offsets, quorum, scram_users,
};
use common::fake_node::{CLUSTER_ID, FakeNode, Fault, NODE_ID, PARTITIONS, TOPIC};
use common::repository;
use kafka_protocol::messages::ApiKey;
use tokio::sync::watch;
use tokio::time::sleep;

/// Milliseconds: ample for an answer of a node that answers.
const AMPLE: u64 = 5_000;
/// Milliseconds: for a node that does not.
const SHORT: u64 = 300;
/// Milliseconds by which a call may outlast its deadline on a busy machine.
const SLACK: u64 = 1_000;

/// A node, the two lanes to it, and the switch that leads them elsewhere.
struct Bench {
    node: FakeNode,
    client: Client,
    endpoint: watch::Sender<Option<Endpoint>>,
}

impl Bench {
    fn new() -> Self {
        Self::with(FakeNode::start(), Limits::default())
    }

    fn with(node: FakeNode, limits: Limits) -> Self {
        let (endpoint, receiver) = watch::channel(Some(endpoint(node.port)));
        Self { node, client: Client::new(&receiver, &Arc::new(SelfMetrics::new()), limits), endpoint }
    }

    async fn ping(&self, deadline_ms: u64) -> Result<(), Failure> {
        self.client.fast.api_versions(deadline_ms).await.map(|_| ())
    }

    /// Calls until the node answers; the back-off after a failure ends within three seconds.
    async fn recover(&self) {
        let end = Instant::now() + Duration::from_secs(4);
        loop {
            match self.ping(AMPLE).await {
                Ok(()) => return,
                Err(failure) => assert!(Instant::now() < end, "it does not come back: {}", failure.message),
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

fn endpoint(port: u16) -> Endpoint {
    Endpoint { host: "127.0.0.1".into(), port, security: Security::default(), process: None }
}

fn elapsed_ms(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).expect("a short time")
}

/// A failure is one line, and names where it happened or what to turn.
fn assert_helpful(failure: &Failure, node: &FakeNode) {
    assert_eq!(unhelpful(failure, node), None);
}

fn unhelpful(failure: &Failure, node: &FakeNode) -> Option<String> {
    let message = &failure.message;
    assert!(!message.is_empty() && !message.contains('\n') && message.len() < 400, "{message:?}");
    let helps = message.contains(&node.address()) || message.contains("--kafka.");
    (!helps).then(|| format!("names no next step: {message}"))
}

const FAULTS: [(Fault, ErrorKind); 12] = [
    (Fault::Close, ErrorKind::Refused),
    (Fault::HalfFrame, ErrorKind::Refused),
    (Fault::ShortFrame, ErrorKind::Protocol),
    (Fault::WrongCorrelation, ErrorKind::Protocol),
    (Fault::LengthBomb, ErrorKind::Protocol),
    (Fault::HalfBody, ErrorKind::Protocol),
    (Fault::Oversized, ErrorKind::Limit),
    (Fault::TlsAlert, ErrorKind::Tls),
    (Fault::Http, ErrorKind::Limit),
    (Fault::Ssh, ErrorKind::Limit),
    (Fault::Silent, ErrorKind::Timeout),
    (Fault::Dribble, ErrorKind::Timeout),
];

/// Lets each fault act on a new connection, or on one that worked before.
async fn assert_faults(opened: bool) {
    let mut wrong = Vec::new();
    for (fault, kind) in FAULTS {
        // A banner comes with the connection, not with an answer.
        let kind = if opened && fault == Fault::Ssh { ErrorKind::Refused } else { kind };
        let bench = Bench::new();
        if opened {
            bench.ping(AMPLE).await.expect("a healthy node");
        }
        bench.node.set(fault);
        let failure = bench.ping(SHORT).await.expect_err("an evil peer");
        if failure.kind != kind {
            wrong.push(format!("{fault:?} is {kind:?}, not {:?}: {}", failure.kind, failure.message));
        }
        wrong.extend(unhelpful(&failure, &bench.node).map(|text| format!("{fault:?} {text}")));
        bench.node.set(Fault::None);
        bench.recover().await;
        if bench.node.open_max() > 1 {
            wrong.push(format!("{fault:?}: {} connections at once", bench.node.open_max()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Topics of which partitions are led.
fn led(topics: &[Arc<str>]) -> configs::Wanted {
    configs::Wanted { led: topics.to_vec(), followed: vec![] }
}

#[tokio::test]
async fn each_fault_of_a_new_connection_has_its_kind_and_a_next_step() {
    assert_faults(false).await;
}

#[tokio::test]
async fn each_fault_of_an_open_connection_has_its_kind_and_a_next_step() {
    assert_faults(true).await;
}

#[tokio::test]
async fn a_frame_over_the_cap_is_refused_by_its_length_alone() {
    let bench = Bench::with(FakeNode::start(), Limits { response_frame_bytes: 16 });
    let failure = bench.ping(AMPLE).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Limit);
    assert!(failure.message.contains("over the limit of 16"), "{}", failure.message);
}

#[tokio::test]
async fn an_answer_in_segments_of_one_byte_is_read() {
    let bench = Bench::new();
    bench.node.set(Fault::Trickle);
    let seen = cluster::read_cluster(&bench.client, AMPLE, false, None).await.unwrap();
    assert_eq!(seen.partitions.iter().count(), PARTITIONS as usize);
    assert_eq!(bench.node.accepted(), 1);
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one() {
    let bench = Bench::new();
    bench.node.set(Fault::Twice);
    // Each answer leaves a second one behind, so each call needs a connection of its own; none may mistake it.
    for _ in 0..3 {
        let answer = cluster::read_cluster(&bench.client, AMPLE, false, None).await;
        if let Err(failure) = &answer {
            assert_eq!(failure.kind, ErrorKind::Protocol, "{}", failure.message);
            assert_helpful(failure, &bench.node);
        }
        sleep(Duration::from_millis(50)).await;
    }
    bench.node.set(Fault::None);
    bench.recover().await;
    let seen = cluster::read_cluster(&bench.client, AMPLE, false, None).await.unwrap();
    assert_eq!(seen.cluster_id.as_deref(), Some(CLUSTER_ID));
}

#[tokio::test]
async fn two_connections_at_most_are_ever_open() {
    let bench = Bench::new();
    let end = Instant::now() + Duration::from_secs(3);
    let mut turn = 0;
    while Instant::now() < end {
        bench.node.set([Fault::None, Fault::HalfFrame, Fault::None, Fault::Silent, Fault::Close][turn % 5]);
        let calls: Vec<_> = (0..8)
            .map(|number| {
                let client = bench.client.clone();
                tokio::spawn(async move {
                    if number % 2 == 0 {
                        let _ = client.fast.api_versions(60).await;
                    } else {
                        let _ = log_dirs::read_log_dirs(&client, 60).await;
                    }
                })
            })
            .collect();
        for call in calls {
            call.await.unwrap();
        }
        turn += 1;
    }
    assert!(bench.node.accepted() >= 2, "both lanes connected");
    assert!(bench.node.open_max() <= 2, "{} connections at once", bench.node.open_max());
}

#[tokio::test]
async fn both_lanes_keep_their_one_connection() {
    let bench = Bench::new();
    for _ in 0..20 {
        bench.ping(AMPLE).await.unwrap();
        log_dirs::read_log_dirs(&bench.client, AMPLE).await.unwrap();
        quorum::read_quorum(&bench.client, AMPLE).await.unwrap();
    }
    assert_eq!(bench.node.accepted(), 2);
    assert_eq!(bench.node.open(), 2);
}

#[tokio::test]
async fn an_old_broker_is_asked_again_in_a_version_that_it_knows() {
    for (highest, names_it, then) in [(2, true, 2), (3, true, 3), (1, false, 0), (0, true, 0)] {
        let bench = Bench::new();
        bench.node.offer(ApiKey::ApiVersions, 0, highest);
        if !names_it {
            bench.node.hide_known_versions();
        }
        bench.ping(AMPLE).await.unwrap();
        let versions: Vec<i16> = bench.node.seen(ApiKey::ApiVersions).iter().map(|seen| seen.version).collect();
        // Two to find out, one for the call itself, which is made in the highest that the answer offers.
        assert_eq!(versions, [4, then, highest], "up to {highest}");
        assert_eq!(bench.node.accepted(), 1, "on the same connection");
    }
}

#[tokio::test]
async fn a_version_is_spoken_only_if_both_sides_know_it() {
    for (offered, spoken) in [((0, 5), Some(5)), ((9, 20), Some(13)), ((0, 0), None), ((14, 20), None)] {
        let bench = Bench::new();
        bench.node.offer(ApiKey::Metadata, offered.0, offered.1);
        let answer = cluster::read_cluster(&bench.client, AMPLE, false, None).await;
        let seen = bench.node.seen(ApiKey::Metadata);
        match spoken {
            Some(version) => {
                assert_eq!(answer.unwrap().partitions.iter().count(), PARTITIONS as usize);
                assert_eq!(seen[0].version, version);
            }
            None => {
                let failure = answer.expect_err("a range apart from ours");
                assert_eq!(failure.kind, ErrorKind::Unsupported);
                assert!(failure.message.contains("Metadata") && !failure.message.contains('\n'), "{}", failure.message);
                assert_eq!(seen, []);
                bench.ping(AMPLE).await.unwrap();
                assert_eq!(bench.node.accepted(), 1, "that is no reason to connect anew");
            }
        }
    }
}

#[tokio::test]
async fn an_api_that_is_not_offered_is_not_asked_for() {
    let bench = Bench::new();
    bench.node.withdraw(ApiKey::DescribeQuorum);
    let failure = quorum::read_quorum(&bench.client, AMPLE).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Unsupported);
    assert!(failure.message.contains("not offered"), "{}", failure.message);
    assert_eq!(bench.node.requests(ApiKey::DescribeQuorum), 0);
}

/// Makes the reading that uses `api`; the node offers it in one version only.
async fn read_by(api: &Api, client: &Client) -> Result<(), Failure> {
    match api.key {
        ApiKey::ApiVersions => cluster::read_liveness(client, AMPLE).await.map(|_| ()),
        ApiKey::Metadata => cluster::read_cluster(client, AMPLE, false, None).await.map(|_| ()),
        ApiKey::DescribeCluster => cluster::read_registrations(client, AMPLE, true).await.map(|seen| {
            assert_eq!(seen.brokers.len(), 3);
            assert_eq!(seen.answered_by, Some(NODE_ID));
        }),
        ApiKey::ListOffsets => {
            let seen = cluster::read_cluster(client, AMPLE, false, None).await?;
            offsets::read_offsets(client, AMPLE, &seen, NODE_ID).await.map(|seen| {
                let row = &seen.topics[0].1[1];
                assert_eq!((row.oldest, row.current, row.log_end), (Some(10), Some(1_000), Some(1_000)));
            })
        }
        ApiKey::DescribeLogDirs => log_dirs::read_log_dirs(client, AMPLE).await.map(|seen| {
            assert_eq!(seen.dirs[0].replicas.len(), PARTITIONS as usize);
        }),
        ApiKey::DescribeConfigs => {
            let seen = configs::read_configs(client, AMPLE, NODE_ID, &led(&[TOPIC.into()]), None).await?;
            assert_eq!(seen.topics[TOPIC].min_insync_replicas.map(|(value, _)| value), Some(2));
            assert_eq!(seen.topics[TOPIC].overrides.get("min.insync.replicas"), Some(Some("2")));
            assert!(seen.every_key && seen.broker.expect("told")["min.insync.replicas"].value.as_deref() == Some("2"));
            Ok(())
        }
        ApiKey::DescribeQuorum => quorum::read_quorum(client, AMPLE).await.map(|seen| assert_eq!(seen.leader, Some(2))),
        ApiKey::ListPartitionReassignments => quorum::read_reassignments(client, AMPLE, None).await.map(|_| ()),
        ApiKey::DescribeAcls => acls::read_acls(client, AMPLE).await.map(|seen| {
            assert!(seen.authorizer);
            assert_eq!(seen.acls.rows[0].principal, "User:orders");
        }),
        ApiKey::DescribeClientQuotas => client_quotas::read_client_quotas(client, AMPLE).await.map(|seen| {
            assert!(seen.quotas.rows[0].is_default());
            assert_eq!(seen.quotas.rows[0].limits["producer_byte_rate"], 1e6);
        }),
        ApiKey::DescribeUserScramCredentials => scram_users::read_scram_users(client, AMPLE).await.map(|seen| {
            assert_eq!(seen.credentials.rows[0].iterations, 16_384);
        }),
        // Asked for with ELR only, which the fake node has not.
        _ => Ok(()),
    }
}

#[tokio::test]
async fn every_version_that_we_know_can_be_asked_and_read() {
    for api in APIS {
        for version in api.min..=api.max {
            let bench = Bench::new();
            bench.node.offer(api.key, if api.key == ApiKey::ApiVersions { 0 } else { version }, version);
            let read = read_by(api, &bench.client).await;
            assert!(read.is_ok(), "{} v{version}: {:?}", api.name, read.unwrap_err().message);
            if let Some(last) = bench.node.seen(api.key).last() {
                assert_eq!(last.version, version, "{}", api.name);
            }
        }
    }
}

#[tokio::test]
async fn a_silent_peer_costs_one_connection_and_one_request_and_is_seen_when_it_goes_on() {
    let bench = Bench::new();
    bench.ping(AMPLE).await.unwrap();
    let before = bench.node.requests(ApiKey::ApiVersions);
    bench.node.set(Fault::Silent);
    for _ in 0..5 {
        let started = Instant::now();
        let failure = bench.ping(SHORT).await.unwrap_err();
        let took = elapsed_ms(started);
        assert_eq!(failure.kind, ErrorKind::Timeout);
        assert_helpful(&failure, &bench.node);
        assert!((SHORT..SHORT + SLACK).contains(&took), "the deadline is {SHORT} ms, it took {took}");
    }
    assert_eq!(bench.node.requests(ApiKey::ApiVersions), before + 1, "what hangs is not asked again");
    assert_eq!((bench.node.accepted(), bench.node.open()), (1, 1), "nor on another connection");
    bench.node.set(Fault::None);
    bench.ping(AMPLE).await.unwrap();
    assert_eq!(bench.node.accepted(), 1, "the connection is the same");
    assert_eq!(bench.node.requests(ApiKey::ApiVersions), before + 2, "calls whose callers gave up are not made up for");
}

#[tokio::test]
async fn more_callers_than_may_wait_keep_their_deadline_too() {
    let bench = Bench::new();
    bench.ping(AMPLE).await.unwrap();
    bench.node.set(Fault::Silent);
    let started = Instant::now();
    let calls: Vec<_> = (0..64)
        .map(|_| {
            let client = bench.client.clone();
            tokio::spawn(async move { client.fast.api_versions(SHORT).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap_err().kind, ErrorKind::Timeout);
    }
    assert!(elapsed_ms(started) < SHORT + SLACK);
    assert_eq!(bench.node.accepted(), 1);
}

#[tokio::test]
async fn a_lane_with_patience_gives_a_connection_up_and_opens_another() {
    let node = FakeNode::start();
    let (_keep, receiver) = watch::channel(Some(endpoint(node.port)));
    let lane = Lane::start("test", receiver, Some(SHORT), Arc::new(SelfMetrics::new()), Limits::default());
    lane.api_versions(AMPLE).await.unwrap();
    node.set(Fault::Silent);
    let started = Instant::now();
    let failure = lane.api_versions(AMPLE).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Timeout);
    assert!(elapsed_ms(started) < SHORT + SLACK);
    node.set(Fault::None);
    lane.api_versions(AMPLE).await.unwrap();
    assert_eq!(node.accepted(), 2);
    assert_helpful(&failure, &node);
}

#[tokio::test]
async fn a_peer_that_closes_at_once_is_not_hammered() {
    let bench = Bench::new();
    bench.node.set(Fault::Close);
    let end = Instant::now() + Duration::from_secs(3);
    let mut calls = 0;
    while Instant::now() < end {
        let failure = bench.ping(AMPLE).await.unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Refused);
        calls += 1;
        sleep(Duration::from_millis(5)).await;
    }
    assert!(calls > 100, "calls fail at once, without waiting for the back-off: {calls}");
    // Pauses of 0.1, 0.2, 0.4, 0.8, 1.6 s, each a quarter shorter at most.
    assert!((3..=7).contains(&bench.node.accepted()), "{} connections in 3 s", bench.node.accepted());
    bench.node.set(Fault::None);
    bench.recover().await;
}

#[tokio::test]
async fn a_refused_port_is_told_so_and_found_again_when_somebody_listens() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).unwrap().port();
    let (_keep, receiver) = watch::channel(Some(endpoint(port)));
    let client = Client::new(&receiver, &Arc::new(SelfMetrics::new()), Limits::default());
    let mut last = None;
    for _ in 0..50 {
        last = client.fast.api_versions(AMPLE).await.err();
        sleep(Duration::from_millis(20)).await;
    }
    let failure = last.expect("nobody listens");
    assert_eq!(failure.kind, ErrorKind::Refused);
    let node = FakeNode::start_on(port);
    assert_helpful(&failure, &node);
    let started = Instant::now();
    while client.fast.api_versions(AMPLE).await.is_err() {
        assert!(elapsed_ms(started) < 3_500, "the longest pause is 2 s and a quarter");
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(node.accepted(), 1);
}

#[tokio::test]
async fn a_connection_that_the_broker_closed_meanwhile_is_replaced_without_a_failed_call() {
    let bench = Bench::new();
    for _ in 0..3 {
        bench.ping(AMPLE).await.unwrap();
        bench.node.cut();
        sleep(Duration::from_millis(100)).await;
    }
    bench.ping(AMPLE).await.unwrap();
    assert_eq!(bench.node.accepted(), 4);
}

#[tokio::test]
async fn describe_log_dirs_is_not_sent_again_while_one_is_outstanding() {
    let bench = Bench::new();
    bench.node.mute(ApiKey::DescribeLogDirs);
    for _ in 0..5 {
        let failure = log_dirs::read_log_dirs(&bench.client, SHORT).await.unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Timeout);
        assert_helpful(&failure, &bench.node);
        bench.ping(AMPLE).await.unwrap();
    }
    assert_eq!(bench.node.requests(ApiKey::DescribeLogDirs), 1);
    assert_eq!(bench.node.accepted(), 2, "one for each lane");
    bench.node.unmute(ApiKey::DescribeLogDirs);
    log_dirs::read_log_dirs(&bench.client, AMPLE).await.unwrap();
    assert_eq!(bench.node.requests(ApiKey::DescribeLogDirs), 2);
    assert_eq!(bench.node.accepted(), 2);
}

#[tokio::test]
async fn without_a_controller_log_directories_are_told_all_the_same() {
    let bench = Bench::new();
    bench.node.mute(ApiKey::DescribeQuorum);
    for asked in 1..4 {
        let failure = quorum::read_quorum(&bench.client, SHORT).await.unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Timeout);
        assert_helpful(&failure, &bench.node);
        log_dirs::read_log_dirs(&bench.client, AMPLE).await.expect("it does not wait for the controller");
        assert_eq!(bench.node.requests(ApiKey::DescribeQuorum), asked);
    }
    assert!(bench.node.open_max() <= 2, "what is given up is closed");
}

#[tokio::test]
async fn a_hanging_log_directory_does_not_hide_the_controller_and_both_hanging_do_not_hide_the_broker() {
    let bench = Bench::new();
    bench.node.mute(ApiKey::DescribeLogDirs);
    log_dirs::read_log_dirs(&bench.client, SHORT).await.unwrap_err();
    // A call that comes sooner waits behind it, once.
    sleep(Duration::from_millis(100)).await;
    quorum::read_quorum(&bench.client, AMPLE).await.expect("it does not wait for the disk");
    quorum::read_reassignments(&bench.client, AMPLE, None).await.expect("nor does this");
    assert_eq!((bench.node.accepted(), bench.node.open()), (2, 2));

    bench.node.mute(ApiKey::DescribeQuorum);
    let started = Instant::now();
    assert_eq!(quorum::read_quorum(&bench.client, AMPLE).await.unwrap_err().kind, ErrorKind::Timeout);
    assert!(elapsed_ms(started) < 1_000 + SLACK, "it holds up the calls that are answered from memory");
    bench.ping(AMPLE).await.unwrap();
    let end = Instant::now() + Duration::from_secs(5);
    while bench.node.open() > 2 {
        assert!(Instant::now() < end, "what is given up is closed");
        sleep(Duration::from_millis(50)).await;
    }

    bench.node.unmute(ApiKey::DescribeQuorum);
    bench.node.unmute(ApiKey::DescribeLogDirs);
    log_dirs::read_log_dirs(&bench.client, AMPLE).await.unwrap();
    assert_eq!(bench.node.requests(ApiKey::DescribeLogDirs), 2, "one was outstanding, and its end was seen");
    let before = bench.node.accepted();
    quorum::read_quorum(&bench.client, AMPLE).await.unwrap();
    bench.ping(AMPLE).await.unwrap();
    assert_eq!((bench.node.accepted(), bench.node.open()), (before, 2));
}

#[tokio::test]
async fn a_call_that_hung_until_its_connection_broke_is_not_sent_to_the_same_process_again() {
    let bench = Bench::new();
    let of = |start| Some(Endpoint { process: Some((42, start)), ..endpoint(bench.node.port) });
    bench.endpoint.send_replace(of(1));
    bench.node.mute(ApiKey::DescribeLogDirs);
    log_dirs::read_log_dirs(&bench.client, SHORT).await.unwrap_err();
    sleep(Duration::from_secs(31)).await;
    bench.node.cut();
    bench.node.unmute(ApiKey::DescribeLogDirs);
    sleep(Duration::from_millis(100)).await;
    let before = bench.node.accepted();
    for _ in 0..5 {
        let failure = log_dirs::read_log_dirs(&bench.client, AMPLE).await.unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Timeout);
        assert!(failure.message.contains("not asked again"), "{}", failure.message);
    }
    assert_eq!(bench.node.requests(ApiKey::DescribeLogDirs), 1);
    quorum::read_quorum(&bench.client, AMPLE).await.expect("other calls go on");
    let connects = bench.node.accepted() - before;
    // A restarted broker is another process.
    bench.endpoint.send_replace(of(2));
    log_dirs::read_log_dirs(&bench.client, AMPLE).await.unwrap();
    assert_eq!(bench.node.requests(ApiKey::DescribeLogDirs), 2);
    assert!(connects <= 1, "each refused call made a connection of its own: {connects}");
}

#[tokio::test]
async fn a_change_of_the_listener_ends_the_wait_for_the_old_one() {
    let bench = Bench::new();
    let other = FakeNode::start();
    bench.ping(AMPLE).await.unwrap();
    bench.node.set(Fault::Silent);
    let client = bench.client.clone();
    let hanging = tokio::spawn(async move { client.fast.api_versions(AMPLE).await });
    sleep(Duration::from_millis(200)).await;
    let started = Instant::now();
    bench.endpoint.send_replace(Some(endpoint(other.port)));
    hanging.await.unwrap().unwrap_err();
    bench.ping(AMPLE).await.unwrap();
    assert!(elapsed_ms(started) < SLACK);
    assert_eq!(other.accepted(), 1);
    bench.endpoint.send_replace(None);
    let failure = bench.ping(AMPLE).await.unwrap_err();
    assert!(failure.message.contains("--kafka.server"), "{}", failure.message);
}

#[tokio::test]
async fn one_listener_with_a_new_process_gets_a_new_connection_and_a_learnt_process_does_not() {
    let bench = Bench::new();
    bench.ping(AMPLE).await.unwrap();
    let of = |process| Some(Endpoint { process, ..endpoint(bench.node.port) });
    // That the process became known changes nothing.
    bench.endpoint.send_replace(of(Some((42, 1))));
    bench.ping(AMPLE).await.unwrap();
    assert_eq!(bench.node.accepted(), 1);
    bench.endpoint.send_replace(of(Some((42, 2))));
    bench.ping(AMPLE).await.unwrap();
    assert_eq!(bench.node.accepted(), 2);
}

#[tokio::test]
async fn an_answer_that_cannot_be_decoded_costs_one_call() {
    let bench = Bench::new();
    bench.ping(AMPLE).await.unwrap();
    bench.node.set(Fault::HalfBody);
    let failure = cluster::read_cluster(&bench.client, AMPLE, false, None).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Protocol);
    bench.node.set(Fault::None);
    cluster::read_cluster(&bench.client, AMPLE, false, None).await.unwrap();
    assert!(failure.message.contains("Metadata") && !failure.message.contains('\n'), "{}", failure.message);
}

#[tokio::test]
async fn only_a_listener_that_closes_at_once_is_told_to_ask_for_sasl() {
    // What was the first request to be answered with the end of the connection, after how long, is called what.
    for (after_ms, kind) in [(100, ErrorKind::Authentication), (2_500, ErrorKind::Refused)] {
        let bench = Bench::new();
        bench.ping(AMPLE).await.unwrap();
        bench.node.mute(ApiKey::DescribeLogDirs);
        let client = bench.client.clone();
        let hanging = tokio::spawn(async move { log_dirs::read_log_dirs(&client, AMPLE).await });
        sleep(Duration::from_millis(after_ms)).await;
        bench.node.cut();
        let failure = hanging.await.unwrap().unwrap_err();
        assert_eq!(failure.kind, kind, "after {after_ms} ms: {}", failure.message);
        assert_helpful(&failure, &bench.node);
    }
}

/// What administrators have written is told by error codes too: that there is no authorizer, and that we are denied.
#[tokio::test]
async fn no_authorizer_is_an_answer_and_a_denial_is_a_failure() {
    use kafka_protocol::messages::DescribeAclsResponse;
    use kafka_protocol::protocol::Encodable;
    let bench = Bench::new();
    let answer = |code: i16| {
        let mut body = bytes::BytesMut::new();
        DescribeAclsResponse::default().with_error_code(code).encode(&mut body, 3).unwrap();
        bench.node.answer_with(ApiKey::DescribeAcls, body.to_vec());
    };
    answer(54);
    let seen = acls::read_acls(&bench.client, AMPLE).await.unwrap();
    assert!(!seen.authorizer && seen.acls.rows.is_empty());
    answer(31);
    let denied = acls::read_acls(&bench.client, AMPLE).await.unwrap_err();
    assert_eq!(denied.kind, ErrorKind::Authorization);
    assert!(denied.message.contains("grant Describe on Cluster"), "{}", denied.message);
    bench.node.withdraw(ApiKey::DescribeUserScramCredentials);
    bench.node.cut();
    let old = scram_users::read_scram_users(&bench.client, AMPLE).await.unwrap_err();
    assert_eq!(old.kind, ErrorKind::Unsupported, "{}", old.message);
}

/// The APIs that Kafka 2.8 has in versions of ours, with the highest that both know.
const OF_2_8: [(&Api, i16); 7] = [
    (&calls::API_VERSIONS, 3),
    (&calls::DESCRIBE_CLUSTER, 0),
    (&calls::METADATA, 11),
    (&calls::LIST_OFFSETS, 6),
    (&calls::DESCRIBE_LOG_DIRS, 2),
    (&calls::DESCRIBE_CONFIGS, 4),
    (&calls::LIST_PARTITION_REASSIGNMENTS, 0),
];

/// Recorded with Kafka 2.8.2 and ZooKeeper: brokers 1 to 3, of which 3 was killed before; broker 1 answers, the
/// controller is broker 2.
#[tokio::test]
async fn kafka_2_8_is_understood_and_what_it_lacks_is_unsupported() {
    let bench = Bench::with(FakeNode::recorded(&repository("tests/fixtures/kafka/2.8")), Limits::default());
    let client = &bench.client;
    let liveness = cluster::read_liveness(client, AMPLE).await.unwrap();
    assert!(liveness.finalized_features.is_empty() && !liveness.elr());
    let registrations = cluster::read_registrations(client, AMPLE, true).await.unwrap();
    let ids: Vec<_> = registrations.brokers.iter().map(|seen| (seen.broker.id, seen.fenced)).collect();
    assert_eq!(ids, [(1, None), (2, None)], "fenced brokers are not told before DescribeCluster v2");
    assert_eq!(registrations.answered_by, Some(1));
    let seen = cluster::read_cluster(client, AMPLE, liveness.elr(), None).await.unwrap();
    let partitions = seen.partitions.iter();
    let rows = partitions.map(|found| {
        (found.topic.name.to_string(), found.row.partition, found.leader(), found.replicas.to_vec(), found.isr.to_vec())
    });
    let rows: Vec<_> = rows.collect();
    let row = |topic: &str, index, leader, replicas: &[i32], isr: &[i32]| {
        (topic.to_owned(), index, Some(leader), replicas.to_vec(), isr.to_vec())
    };
    // As kafka-topics of 2.8.2 said at that moment.
    let described = [
        row("audit.single", 0, 1, &[1], &[1]),
        row("audit.single", 1, 2, &[2], &[2]),
        row("orders", 0, 1, &[1, 3, 2], &[1, 2]),
        row("orders", 1, 2, &[2, 1, 3], &[2, 1]),
        row("orders", 2, 2, &[3, 2, 1], &[2, 1]),
        row("orders", 3, 1, &[1, 2, 3], &[1, 2]),
        row("payments", 0, 2, &[3, 2, 1], &[2, 1]),
        row("payments", 1, 1, &[1, 3, 2], &[1, 2]),
    ];
    assert_eq!(rows, described);
    let seen = offsets::read_offsets(client, AMPLE, &seen, 1).await.unwrap();
    let single = &seen.topics[0].1[0];
    assert_eq!((single.oldest, single.current, single.log_end), (Some(0), Some(30), Some(30)));
    let orders = &seen.topics[1].1[2];
    assert_eq!((orders.current, orders.log_end), (None, Some(500)), "a follower tells its own log end");
    let dirs = log_dirs::read_log_dirs(client, AMPLE).await.unwrap().dirs;
    let replicas: usize = dirs.iter().map(|dir| dir.replicas.len()).sum();
    assert_eq!((dirs.len(), replicas, dirs[0].online, dirs[0].total_bytes), (2, 7, true, None));
    let led = ["audit.single", "orders", "payments"].map(Into::into);
    let seen = configs::read_configs(client, AMPLE, 1, &self::led(&led), None).await.unwrap();
    assert_eq!(seen.topics["payments"].min_insync_replicas.map(|(value, _)| value), Some(3));
    assert_eq!(seen.broker.unwrap()["min.insync.replicas"].value.as_deref(), Some("2"));

    let without = quorum::read_quorum(client, AMPLE).await.unwrap_err();
    assert_eq!(without.kind, ErrorKind::Unsupported);
    assert!(without.message.contains("DescribeQuorum is not offered"), "{}", without.message);
    let elsewhere = quorum::read_reassignments(client, AMPLE, None).await.unwrap_err();
    assert_eq!(elsewhere.kind, ErrorKind::Unsupported);
    assert!(elsewhere.message.contains("ZooKeeper"), "{}", elsewhere.message);
    for (api, version) in OF_2_8 {
        assert_eq!(bench.node.seen(api.key).last().map(|seen| seen.version), Some(version), "{}", api.name);
    }
    assert_eq!(bench.node.seen(ApiKey::ApiVersions)[0].version, 4, "refused with error 35, then asked in version 3");
}
