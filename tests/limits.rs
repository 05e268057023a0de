//! Limits, clocks, identities and our own failures: what is over a limit is counted and costs only itself.

#![expect(clippy::disallowed_methods, reason = "tests start processes, write files and look at clocks")]

mod common;

use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use brokerwatch::config::Options;
use brokerwatch::exposition::{Format, Metric, Page, Samples, Scope};
use brokerwatch::gather::Context;

use brokerwatch::limits::Limits;
use brokerwatch::self_metrics::SelfMetrics;
use brokerwatch::server::Pages;
use brokerwatch::snapshot::{ErrorKind, Failure};
use brokerwatch::sources::kafka::{Client, Endpoint, Security, log_dirs};
use brokerwatch::sources::reader::{Question, Reader, ReaderAt};
use common::TempDir;
use common::fake_node::{CLUSTER_ID, Cluster, FakeNode, Fault, Topic};
use common::sidecar::{Host, META, PROGRAM, Sidecar, flag, has, has_partitions, is_up, request, value};
use common::tools::promtool_accepts;
use kafka_protocol::messages::ApiKey;
use proptest::prelude::*;
use tokio::sync::watch;

/// A lane to a fake node, with the instruments that it counts in.
struct Bench {
    node: FakeNode,
    client: Client,
    metrics: Arc<SelfMetrics>,
    _endpoint: watch::Sender<Option<Endpoint>>,
}

impl Bench {
    fn new(limits: Limits) -> Self {
        let node = FakeNode::start();
        let endpoint =
            Endpoint { host: "127.0.0.1".into(), port: node.port, security: Security::default(), process: None };
        let (sender, receiver) = watch::channel(Some(endpoint));
        let metrics = Arc::new(SelfMetrics::new());
        let client = Client::new(&receiver, &metrics, limits);
        Self { node, client, metrics, _endpoint: sender }
    }

    async fn ping(&self) -> Result<(), Failure> {
        self.client.fast.api_versions(3_000).await.map(|_| ())
    }
}

/// The value of one of our counters, by its name and its only label.
fn counted(metrics: &SelfMetrics, name: &str, label: &str) -> f64 {
    let families = metrics.gather();
    let counters = families.iter().filter(|family| family.name() == name).flat_map(|family| family.get_metric());
    let wanted = counters.filter(|metric| metric.get_label().iter().all(|pair| pair.value() == label));
    wanted.map(|metric| metric.get_counter().get_value()).sum()
}

const HITS: &str = "brokerwatch_limit_hits_total";

/// How often the page says that a limit was reached.
fn hits(page: &str, limit: &str) -> f64 {
    value(page, &format!("{HITS}{{limit=\"{limit}\"}}")).expect("every limit has its series from the start")
}

// Quotas.

#[tokio::test]
async fn a_throttled_client_holds_back_for_as_long_as_it_is_told() {
    let bench = Bench::new(Limits::default());
    bench.ping().await.unwrap();
    bench.node.throttle(600);
    bench.ping().await.unwrap();
    bench.node.throttle(0);
    let started = Instant::now();
    bench.ping().await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(590), "{:?}", started.elapsed());
    let started = Instant::now();
    bench.ping().await.unwrap();
    assert!(started.elapsed() < Duration::from_millis(500), "no longer than that: {:?}", started.elapsed());
    assert_eq!(counted(&bench.metrics, "brokerwatch_kafka_throttled_seconds_total", ""), 0.6);
}

#[tokio::test]
async fn a_long_throttling_is_told_at_once_and_costs_no_request() {
    let bench = Bench::new(Limits::default());
    bench.ping().await.unwrap();
    bench.node.throttle(30_000);
    bench.ping().await.unwrap();
    let asked = bench.node.accepted();
    let failure = bench.ping().await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Throttled);
    assert!(failure.message.contains("quota") && failure.message.contains(&bench.node.address()), "{failure:?}");
    assert_eq!(bench.node.accepted(), asked, "no other connection goes around the quota");
}

#[test]
fn a_broker_that_throttles_us_is_up() {
    let (host, node) = (Host::new(), FakeNode::start());
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
    sidecar.until("the partitions are seen", 6, |page| is_up(page) && has_partitions(page));
    node.throttle(2_500);
    let throttled = |page: &str| value(page, "brokerwatch_kafka_throttled_seconds_total");
    sidecar.until("it is told", 6, |page| throttled(page) >= Some(2.5));
    let end = Instant::now() + Duration::from_secs(8);
    while Instant::now() < end {
        let page = sidecar.page();
        assert!(is_up(&page) && has_partitions(&page), "{page}\n{}", sidecar.log());
        sleep(Duration::from_millis(100));
    }
    node.throttle(0);
    sidecar.until("it goes on", 6, |page| is_up(page) && has_partitions(page));
}

// Limits.

#[tokio::test]
async fn a_frame_over_its_limit_is_counted() {
    let bench = Bench::new(Limits { response_frame_bytes: 1_000 });
    bench.ping().await.unwrap();
    bench.node.set(Fault::Oversized);
    assert_eq!(bench.ping().await.unwrap_err().kind, ErrorKind::Limit);
    assert_eq!(counted(&bench.metrics, HITS, "response_frame_bytes"), 1.0);
}

#[tokio::test]
async fn an_answer_that_would_take_too_much_memory_is_counted_and_not_decoded() {
    let bench = Bench::new(Limits::default());
    // No throttling, no error, 1,500,000 log directories of which nothing is said: 31 MB that would become 280 MB.
    let directories = 1_500_000_u32;
    let count = directories + 1;
    let mut body = vec![0; 6];
    body.extend([0, 7, 14].map(|shift| (count >> shift) as u8 | 0x80));
    body.push((count >> 21) as u8);
    body.resize(body.len() + directories as usize * 21, 0);
    bench.node.answer_with(ApiKey::DescribeLogDirs, body);
    let failure = log_dirs::read_log_dirs(&bench.client, 10_000).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Limit, "{}", failure.message);
    assert_eq!(counted(&bench.metrics, HITS, "decoded_bytes"), 1.0);
}

#[tokio::test]
async fn a_page_over_its_limit_is_counted_and_says_what_to_turn() {
    let config = Options::parse("", "").and_then(Options::validate).unwrap();
    let metrics = Arc::new(SelfMetrics::new());
    let config = Arc::new(ArcSwap::from_pointee(config));
    let context = Context::new(config, PathBuf::from(PROGRAM), metrics.clone(), Limits::default());
    let page = |pages: Pages| String::from_utf8(pages.get(&context, Format::Text, false).to_vec()).unwrap();
    assert!(page(Pages::up_to(100)).contains("--collector.partitions.detail"));
    assert_eq!(counted(&metrics, HITS, "page_bytes"), 1.0);
    assert!(page(Pages::default()).contains("brokerwatch_build_info"));
}

#[tokio::test]
async fn an_answer_of_the_reader_without_an_end_is_counted() {
    let dir = TempDir::new();
    let program = dir.path().join("reader");
    let script = "#!/bin/sh\nread question\nexec /usr/bin/head -c 17000000 /dev/zero\n";
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let metrics = Arc::new(SelfMetrics::new());
    let reader = Reader::new(ReaderAt::Program(program), metrics.clone());
    let question = Question::State { procfs: PathBuf::from("/proc"), pid: 1 };
    let failure = reader.ask::<Option<(char, u64)>>("/proc", question, 10_000).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Limit, "{}", failure.message);
    assert_eq!(counted(&metrics, HITS, "reader_line_bytes"), 1.0);
}

#[test]
fn leaderless_partitions_beyond_the_named_ones_are_counted() {
    let (host, node) = (Host::new(), FakeNode::start());
    node.becomes(|cluster| {
        cluster.topics.push(Topic { leader: -1, isr: vec![], partitions: 101, ..Topic::new("lost", 7) });
    });
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
    sidecar.until("they are seen", 8, |page| value(page, "kafka_cluster_leaderless_partitions") == Some(101.0));
    let page = sidecar.page();
    assert_eq!(page.lines().filter(|line| line.starts_with("kafka_partition_leaderless{")).count(), 100);
    assert!(hits(&page, "named_partitions") >= 1.0);
}

#[test]
fn suspect_topics_beyond_those_that_are_asked_for_are_counted() {
    let (host, node) = (Host::new(), FakeNode::start());
    node.becomes(|cluster| {
        cluster.node_id = 2;
        let topic = |at| Topic { leader: 2, isr: vec![1, 2], ..Topic::new(&format!("t{at:03}"), at) };
        cluster.topics = (1..=101).map(topic).collect();
    });
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
    sidecar.until("they are asked for", 8, |page| hits(page, "suspect_topics") >= 1.0);
    assert_eq!(value(&sidecar.page(), "kafka_broker_under_replicated_partitions"), Some(101.0));
}

#[test]
fn files_over_their_limit_are_told_and_counted() {
    let (host, node) = (Host::new(), FakeNode::start());
    let dir = host.log_dir("data", META);
    let file = host.properties(node.port, &[&dir]);
    host.start_broker(11, 5, &file);
    let sidecar = Sidecar::start(&[host.procfs()]);
    sidecar.until("the broker answers", 6, is_up);
    assert_eq!(hits(&sidecar.page(), "properties_file_bytes"), 0.0);
    let large = "#".repeat((1 << 20) + 1);
    host.write("data/meta.properties", &large);
    let unreadable = format!("kafka_log_dir_unreadable{{log_dir=\"{}\",reason=\"limit\"}}", dir.display());
    sidecar.until("the meta.properties is told", 9, |page| {
        value(page, &unreadable) == Some(1.0) && hits(page, "properties_file_bytes") >= 1.0
    });
    let before = hits(&sidecar.page(), "properties_file_bytes");
    host.write("server.properties", &large);
    sidecar.send(rustix::process::Signal::HUP);
    let failure = "brokerwatch_source_failure{source=\"properties\",reason=\"limit\"}";
    sidecar.until("the properties file is told", 9, |page| {
        value(page, failure) == Some(1.0) && hits(page, "properties_file_bytes") > before
    });
}

#[test]
fn mounts_beyond_those_that_may_hang_are_told_and_counted() {
    let (host, node) = (Host::new(), FakeNode::start());
    let dirs: Vec<PathBuf> = (0..17).map(|at| host.log_dir(&format!("d{at:02}"), META)).collect();
    for dir in &dirs {
        std::fs::remove_file(dir.join("meta.properties")).unwrap();
        let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::from_raw_mode(0o644));
        rustix::fs::mknodat(rustix::fs::CWD, dir.join("meta.properties"), kind, mode, 0).unwrap();
    }
    let dirs: Vec<&Path> = dirs.iter().map(PathBuf::as_path).collect();
    host.start_broker(11, 5, &host.properties(node.port, &dirs));
    let sidecar = Sidecar::start(&[host.procfs()]);
    sidecar.until("the last is not looked at", 30, |page| hits(page, "stuck_readers") >= 1.0);
    let unreadable = |at: usize, reason: &str| {
        format!("kafka_log_dir_unreadable{{log_dir=\"{}\",reason=\"{reason}\"}}", dirs[at].display())
    };
    sidecar.until("all are told", 15, |page| {
        has(page, &unreadable(16, "limit")) && (0..16).all(|at| has(page, &unreadable(at, "timeout")))
    });
    assert!(sidecar.readers().len() <= 17, "sixteen that hang, and one that works");
}

#[test]
fn http_connections_over_their_limit_are_counted() {
    let host = Host::new();
    let sidecar = Sidecar::start(&[host.procfs()]);
    let idle: Vec<TcpStream> = (0..140).map(|_| common::sidecar::connect(sidecar.port)).collect();
    sidecar.until("they are counted", 5, |page| hits(page, "http_connections") >= 10.0);
    drop(idle);
}

#[test]
fn a_command_line_that_is_not_utf8_is_read_with_replacements_and_counted() {
    let host = Host::new();
    let file = host.write("server.properties", "node.id=1\n");
    host.start_broker(11, 5, &file);
    let line = [b"java\0kafka.Kafka\0/etc/caf\xe9.properties\0".as_slice()].concat();
    std::fs::write(host.path("proc/11/cmdline"), line).unwrap();
    std::fs::write(host.path("proc/11/stat"), stat_of(b"11 (\xff\xfe) S 1")).unwrap();
    let sidecar = Sidecar::start(&[host.procfs()]);
    sidecar.until("it is found and counted", 6, |page| {
        value(page, "kafka_node_process_state{state=\"running\"}") == Some(1.0) && hits(page, "utf8") >= 1.0
    });
    let told = common::fake_node::within(5_000, || sidecar.log().contains("/etc/caf\u{fffd}.properties is not there"));
    assert!(told, "{}", sidecar.log());
}

/// A `/proc/PID/stat` that begins so.
fn stat_of(start: &[u8]) -> Vec<u8> {
    let rest = format!(" 11 11 0 {}1 0 5 1 1\n", "0 ".repeat(13));
    [start, rest.as_bytes()].concat()
}

// Names from outside.

static NAMED: Metric<2> = Metric::gauge("x_named", Scope::Broker, &["topic", "subject"], "Named.");

/// Label values of the samples of a page, read by rules of our own: what stands between quotes, unescaped.
fn labels(page: &str, name: &str) -> Vec<Vec<String>> {
    let lines = page.split('\n').filter_map(|line| line.strip_prefix(name)?.strip_prefix('{'));
    lines.map(labels_of).collect()
}

fn labels_of(line: &str) -> Vec<String> {
    let (mut values, mut characters) = (Vec::new(), line.chars());
    loop {
        // The label's name up to the quote.
        if characters.by_ref().find(|character| matches!(character, '"' | '}')) != Some('"') {
            return values;
        }
        let mut value = String::new();
        loop {
            match characters.next().expect("a closing quote") {
                '"' => break,
                '\\' => value.push(match characters.next().expect("an escaped character") {
                    'n' => '\n',
                    other => other,
                }),
                other => value.push(other),
            }
        }
        values.push(value);
    }
}

proptest! {
    #[test]
    fn any_label_value_comes_back_as_it_was(values in proptest::collection::vec((".*", "[\"\\\\\n{},=# a]*"), 1..8)) {
        let mut samples = Samples::default();
        for (one, other) in &values {
            samples.push(&NAMED, [one, other], 1);
            let block = samples.labels(&["topic", "subject"], [other, one]);
            samples.push_block(&NAMED, block, 2.5);
        }
        let mut page = Page::default();
        page.add(samples);
        let expected: Vec<Vec<String>> = values
            .iter()
            .flat_map(|(one, other)| [vec![one.clone(), other.clone()], vec![other.clone(), one.clone()]])
            .collect();
        for format in [Format::Text, Format::OpenMetrics] {
            let text = String::from_utf8(page.render(format)).unwrap();
            prop_assert_eq!(&labels(&text, "x_named"), &expected);
            let samples = text.lines().filter(|line| line.starts_with("x_named{"));
            prop_assert!(samples.clone().all(|line| line.ends_with("} 1") || line.ends_with("} 2.5")), "{}", text);
        }
    }
}

/// Names as an evil or careless administrator may choose them.
fn odd_names() -> [String; 7] {
    [
        "x".repeat(249),
        "quote\"} 1\nkafka_broker_up 1\n".to_owned(),
        "back\\slash\\n".to_owned(),
        "caf\u{e9}\u{202e}\u{1f409}\u{fffd}".to_owned(),
        "control\r\t\u{1}\u{7f}".to_owned(),
        "nul\u{0}nul".to_owned(),
        " # HELP x ".to_owned(),
    ]
}

#[test]
fn odd_names_are_shown_as_they_are_and_promtool_accepts_the_page() {
    let (host, node) = (Host::new(), FakeNode::start());
    let long = "r".repeat(3_000);
    node.becomes(|cluster| {
        cluster.topics = odd_names().iter().zip(1..).map(|(name, id)| Topic::new(name, id)).collect();
        cluster.log_dir = "/data/\"a\"\n\\b".to_owned();
        cluster.host = "host\"\n\\".to_owned();
        cluster.rack = long.clone();
        cluster.id = "id\"\n\\".to_owned();
    });
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
    sidecar.until("the partitions are seen", 6, |page| {
        is_up(page) && has(page, "kafka_topic_partition_current_offset{") && has(page, "kafka_log_dir_online{")
    });
    let accept = "Accept: application/openmetrics-text;version=1.0.0\r\n";
    for page in [sidecar.page(), request(sidecar.port, "GET", "/metrics", accept).unwrap().text()] {
        let seen = labels(&page, "kafka_topic_partition_leader");
        let mut names: Vec<String> = seen.into_iter().map(|labels| labels[0].clone()).collect();
        let mut expected = odd_names().to_vec();
        names.sort();
        expected.sort();
        assert_eq!(names, expected);
        assert_eq!(labels(&page, "kafka_log_dir_online"), [["/data/\"a\"\n\\b"]]);
        assert_eq!(page.lines().filter(|line| line.starts_with("kafka_broker_up ")).count(), 1, "none is smuggled in");
        let info = labels(&page, "kafka_node_info").concat();
        let rack = info.iter().find(|value| value.starts_with("rrr")).expect("a rack");
        assert!(rack.len() == 1_024 && rack.contains("..."), "{rack}");
        assert!(info.contains(&"id\"\n\\".to_owned()), "{info:?}");
        assert!(hits(&page, "label_value_bytes") >= 1.0);
    }
    promtool_accepts(&sidecar.page());
}

// Topics that come and go, and nodes that become others.

/// Values of the counters of changes: ISR and leaderships.
fn changes(page: &str) -> [Option<f64>; 4] {
    ["isr_shrinks", "isr_expands", "leaderships_gained", "leaderships_lost"]
        .map(|name| value(page, &format!("kafka_broker_{name}_total")))
}

#[test]
fn topics_that_come_and_go_leave_nothing_behind() {
    let (host, node) = (Host::new(), FakeNode::start());
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
    sidecar.until("the partitions are seen", 6, |page| is_up(page) && has_partitions(page));
    let series = |page: &str| page.lines().filter(|line| line.contains("topic=\"")).count();
    let before = series(&sidecar.page());
    let leader = |name: &str| format!("kafka_topic_partition_leader{{topic=\"{name}\",partition=\"0\"}}");
    for round in 1..=5_u128 {
        let name = format!("round-{round}");
        // Made anew under one name with another id, leader and ISR: another topic, with no history.
        let again = Topic { leader: if round % 2 == 0 { 1 } else { 2 }, isr: vec![2], ..Topic::new("again", round) };
        node.becomes(|cluster| {
            cluster.topics.truncate(1);
            cluster.topics.extend([Topic::new(&name, 100 + round), again]);
        });
        sidecar.send(rustix::process::Signal::HUP);
        sidecar.until("the new topic is there", 6, |page| has(page, &leader(&name)));
        let page = sidecar.page();
        assert_eq!(
            page.matches("topic=\"round-").count(),
            page.matches(&format!("topic=\"{name}\"")).count(),
            "{page}"
        );
    }
    node.becomes(|cluster| cluster.topics.truncate(1));
    sidecar.send(rustix::process::Signal::HUP);
    sidecar.until("they are gone", 6, |page| series(page) == before);
    assert_eq!(changes(&sidecar.page()), [Some(0.0); 4], "nothing has changed but topics");
    let snapshot = sidecar.get("/snapshot").text();
    let left = snapshot.lines().find(|line| line.contains("round-") || line.contains("again"));
    assert_eq!(left, None, "state of a topic that is gone");
}

const IDENTITY: &str = "brokerwatch_identity_changes_total";

/// Another cluster, in which the broker has another id.
fn another_cluster() -> Cluster {
    Cluster {
        id: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        node_id: 3,
        rack: "r9".to_owned(),
        log_dir: "/new".to_owned(),
        topics: vec![Topic { leader: 3, isr: vec![3], ..Topic::new("new", 9) }],
        ..Cluster::default()
    }
}

/// A line of the old cluster and one of the new, when one page speaks of both.
fn mixed_lines(page: &str) -> Option<(String, String)> {
    let old = [CLUSTER_ID, "topic=\"orders\"", "log_dir=\"/var/lib/kafka/data\"", "broker_id=\"1\""];
    let new = ["AAAAAAAAAAAAAAAAAAAAAA", "topic=\"new\"", "log_dir=\"/new\"", "broker_id=\"3\""];
    let line =
        |texts: &[&str]| page.lines().find(|line| texts.iter().any(|text| line.contains(text))).map(str::to_owned);
    line(&old).zip(line(&new))
}

/// Waits until the other cluster is on the page. `told`: whether it counts only from when the change was told.
fn assert_becomes_the_other(sidecar: &Sidecar, seconds_max: u64, told: bool) {
    let own_topic = "kafka_topic_partition_current_offset{topic=\"new\",partition=\"0\"}";
    let mut mixed = None;
    let seen = common::fake_node::within(seconds_max * 1_000, || {
        let page = sidecar.page();
        let counts = !told || value(&page, IDENTITY) == Some(1.0);
        mixed = mixed.take().or_else(|| mixed_lines(&page).filter(|_| counts));
        has(&page, own_topic) && has(&page, "kafka_log_dir_online{log_dir=\"/new\"}")
    });
    assert!(seen, "{}", sidecar.log());
    assert_eq!(mixed, None, "a page mixes two nodes");
    let page = sidecar.page();
    assert!(has(&page, "kafka_node_info{broker_id=\"3\",cluster_id=\"AAAAAAAAAAAAAAAAAAAAAA\""), "{page}");
    assert_eq!((value(&page, IDENTITY), changes(&page)), (Some(1.0), [Some(0.0); 4]));
    let log = sidecar.log();
    assert!(log.contains("another node than before") && log.contains(" of cluster AAAA"), "{log}");
}

#[test]
fn a_broker_that_was_formatted_anew_is_another_one_from_its_first_answer() {
    let (host, node) = (Host::new(), FakeNode::start());
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
    sidecar.until("the partitions are seen", 6, |page| is_up(page) && has_partitions(page));
    assert_eq!(value(&sidecar.page(), IDENTITY), Some(0.0));
    let port = node.port;
    drop(node);
    sidecar.until("it is down", 6, |page| value(page, "kafka_broker_up") == Some(0.0));
    let _node = FakeNode::start_as(port, another_cluster());
    assert_becomes_the_other(&sidecar, 10, false);
}

#[test]
fn a_listener_behind_which_the_broker_was_exchanged_is_noticed() {
    let (host, node) = (Host::new(), FakeNode::start());
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
    sidecar.until("the partitions are seen", 6, |page| is_up(page) && has_partitions(page));
    node.becomes(|cluster| *cluster = another_cluster());
    // By the next Metadata, after 19 s at the latest; the log directories come after a minute, or when it was told.
    assert_becomes_the_other(&sidecar, 25, true);
}

#[test]
fn a_broker_that_is_back_as_itself_keeps_what_was_counted() {
    let (host, node) = (Host::new(), FakeNode::start());
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
    sidecar.until("the partitions are seen", 6, |page| is_up(page) && has_partitions(page));
    node.becomes(|cluster| cluster.topics[0].isr = vec![1, 2]);
    let port = node.port;
    drop(node);
    sidecar.until("it is down", 6, |page| value(page, "kafka_broker_up") == Some(0.0));
    let short = Cluster {
        topics: vec![Topic { isr: vec![1, 2], ..Cluster::default().topics[0].clone() }],
        ..Cluster::default()
    };
    let _node = FakeNode::start_as(port, short);
    sidecar.until("what changed meanwhile is counted", 10, |page| changes(page)[0] == Some(2.0));
    assert_eq!(value(&sidecar.page(), IDENTITY), Some(0.0));
}

#[test]
fn log_directories_that_were_formatted_anew_are_noticed_while_the_broker_is_away() {
    let (host, node) = (Host::new(), FakeNode::start());
    let dir = host.log_dir("data", META);
    host.start_broker(11, 5, &host.properties(node.port, &[&dir]));
    let sidecar = Sidecar::start(&[host.procfs()]);
    sidecar.until("the partitions are seen", 6, |page| is_up(page) && has_partitions(page));
    let port = node.port;
    drop(node);
    host.write("data/meta.properties", &META.replace("4L6g3nShT-eMCtK--X86sw", "AAAAAAAAAAAAAAAAAAAAAA"));
    sidecar.until("it is another one", 9, |page| value(page, IDENTITY) == Some(1.0));
    sidecar.until("its files are read", 9, |page| page.contains("cluster_id=\"AAAAAAAAAAAAAAAAAAAAAA\""));
    assert!(!sidecar.page().contains(CLUSTER_ID));
    let new = Cluster { id: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(), ..Cluster::default() };
    let _node = FakeNode::start_as(port, new);
    sidecar.until("it is up", 9, |page| is_up(page) && has_partitions(page));
    assert_eq!(value(&sidecar.page(), IDENTITY), Some(1.0), "one change is counted once");
}

// Failures of our own.

/// A sidecar whose places that stand in the file panic.
fn sidecar_that_panics(host: &Host, node: &FakeNode, places: &str) -> Sidecar {
    let file = host.write("panics", places);
    let prepare = |command: &mut Command| {
        command.env("BROKERWATCH_TEST_PANICS", &file);
    };
    Sidecar::start_by(prepare, "127.0.0.1", &[host.procfs(), flag("kafka.server", node.address())])
}

fn panics(page: &str, place: &str) -> Option<f64> {
    value(page, &format!("brokerwatch_panics_total{{place=\"{place}\"}}"))
}

#[test]
fn a_source_that_panics_costs_only_itself_and_is_tried_again_more_and_more_seldom() {
    let (host, node) = (Host::new(), FakeNode::start());
    let sidecar = sidecar_that_panics(&host, &node, "log_dirs\nprocess/round\n");
    let bug = |source: &str| format!("brokerwatch_source_failure{{source=\"{source}\",reason=\"bug\"}}");
    sidecar.until("both are told", 8, |page| {
        ["log_dirs", "process"]
            .iter()
            .all(|name| value(page, &bug(name)) == Some(1.0) && panics(page, name) >= Some(1.0))
    });
    sidecar.until("the rest goes on", 8, |page| is_up(page) && has_partitions(page));
    assert!(!has(&sidecar.page(), "kafka_log_dir_online"));
    sidecar.until_logged("please report it", 5);
    host.write("panics", "");
    sidecar.until("it is read again", 20, |page| value(page, "brokerwatch_source_up{source=\"process\"}") == Some(1.0));
}

#[test]
fn a_liveness_that_panics_says_nothing_of_the_broker() {
    let (host, node) = (Host::new(), FakeNode::start());
    let sidecar = sidecar_that_panics(&host, &node, "liveness\n");
    sidecar.until("it is told", 8, |page| panics(page, "liveness") >= Some(2.0));
    assert!(!has(&sidecar.page(), "kafka_broker_up"), "our own fault is not the broker's");
    host.write("panics", "");
    sidecar.until("it is up", 40, |page| is_up(page) && has_partitions(page));
}

#[test]
fn a_collector_and_a_check_that_panic_cost_only_themselves() {
    let (host, node) = (Host::new(), FakeNode::start());
    let sidecar = sidecar_that_panics(&host, &node, "log_dirs\npartitions\ntopic-rf-low\n");
    sidecar.until("the others are there", 8, |page| {
        is_up(page) && has(page, "kafka_broker_leader_partitions ") && has(page, "kafka_topic_partitions{")
    });
    let page = sidecar.page();
    assert!(!has(&page, "kafka_topic_partition_leader{") && panics(&page, "partitions") >= Some(1.0), "{page}");
    assert_eq!(value(&page, "brokerwatch_check_not_evaluated{check=\"topic-rf-low\"}"), Some(1.0));
    assert!(has(&page, "brokerwatch_findings{check=\"partition-last-copy\""), "the other checks are evaluated");
    host.write("panics", "");
    sidecar.until("they are back", 8, |page| {
        has_partitions(page) && has(page, "brokerwatch_findings{check=\"topic-rf-low\"")
    });
}

#[test]
fn a_second_signal_cuts_off_what_is_open() {
    let host = Host::new();
    let mut sidecar = Sidecar::start(&[host.procfs()]);
    let mut open = common::sidecar::connect(sidecar.port);
    open.write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\n").unwrap();
    sleep(Duration::from_millis(200));
    sidecar.send(rustix::process::Signal::TERM);
    sidecar.until_logged("Stopping.", 5);
    sleep(Duration::from_millis(300));
    assert!(sidecar.ended().is_none(), "a request is under way");
    sidecar.send(rustix::process::Signal::TERM);
    // By itself it would wait for five seconds.
    assert!(common::fake_node::within(2_000, || sidecar.ended().is_some()), "{}", sidecar.log());
    assert_eq!(sidecar.ended().unwrap().code(), Some(0));
}
