//! The program as a process, with what it watches broken in every way that a test can arrange: it goes on serving, says
//! what is wrong and what to do, and is right again when that is over.

#![expect(clippy::disallowed_methods, reason = "tests start processes, write files and look at clocks")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::{self, sleep};
use std::time::Duration;

use common::fake_node::{FakeNode, Fault, Topic, within};
use common::repository;
use common::sidecar::{
    Host, META, PROGRAM, Sidecar, children_of, closed_port, connect, flag, has, has_partitions, is_down, is_running,
    is_up, reply, run, send, stderr, stdout, value,
};
use kafka_protocol::messages::ApiKey;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Signal;

/// Exit codes.
const CLEAN: Option<i32> = Some(0);
const FAILED: Option<i32> = Some(1);
const BLIND: Option<i32> = Some(2);
const USAGE: Option<i32> = Some(64);

// (a) to (c): which broker is watched.

#[test]
fn without_a_broker_it_serves_and_says_how_to_name_one() {
    let host = Host::new();
    let mut sidecar = Sidecar::start(&[host.procfs()]);
    assert_eq!(sidecar.get("/-/healthy").status, 200);
    assert!(within(10_000, || sidecar.get("/-/ready").status == 200), "{}", sidecar.log());
    let page = sidecar.page();
    assert!(
        !has(&page, "kafka_broker_up") && !has(&page, "kafka_broker_down_reason"),
        "what was never tried is unknown"
    );
    assert_eq!(value(&page, "kafka_node_processes"), Some(0.0));
    sidecar.until_logged("--kafka.server", 5);
    assert!(within(5_000, || sidecar.get("/").text().contains("--kafka.server")), "{}", sidecar.get("/").text());
    sleep(Duration::from_secs(3));
    assert!(sidecar.ended().is_none() && !has(&sidecar.page(), "kafka_broker_up"));
}

#[test]
fn of_two_brokers_none_is_chosen_until_a_flag_does() {
    let host = Host::new();
    let files = ["a", "b"].map(|name| host.write(&format!("{name}/server.properties"), "node.id=1\n"));
    host.start_broker(101, 7, &files[0]);
    host.start_broker(102, 8, &files[1]);
    let undecided = Sidecar::start(&[host.procfs()]);
    undecided.until("both are counted", 5, |page| value(page, "kafka_node_processes") == Some(2.0));
    let page = undecided.page();
    assert!(!has(&page, "kafka_broker_up") && !has(&page, "kafka_node_process_state"), "{page}");
    let names = files.each_ref().map(|file| file.display().to_string());
    // Until the first look at /proc is over, the landing page knows of no reason.
    for place in [Sidecar::log, |sidecar: &Sidecar| sidecar.get("/").text()] {
        let wanted = ["pid 101", "pid 102", &names[0], &names[1], "--kafka.properties-file"];
        let told = || wanted.iter().all(|part| place(&undecided).contains(part));
        assert!(within(5_000, told), "{wanted:?} are not all in {}", place(&undecided));
    }
    let decided = Sidecar::start(&[host.procfs(), flag("kafka.properties-file", &names[1])]);
    decided.until_logged("pid=102", 5);
}

#[test]
fn of_two_brokers_the_one_that_listens_on_the_server_is_watched() {
    let host = Host::new();
    let node = FakeNode::start();
    let files = ["a", "b"].map(|name| host.write(&format!("{name}/server.properties"), "node.id=1\n"));
    host.start_broker(101, 7, &files[0]);
    host.start_broker(102, 8, &files[1]);
    let table = format!(
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
         0: 0100007F:{:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 1 0 100\n",
        node.port
    );
    for pid in [101, 102] {
        host.write(&format!("proc/{pid}/net/tcp"), &table);
        fs::create_dir_all(host.path(&format!("proc/{pid}/fd"))).unwrap();
    }
    std::os::unix::fs::symlink("socket:[4711]", host.path("proc/102/fd/5")).unwrap();
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
    sidecar.until_logged("pid=102", 5);
    sidecar.until("the broker answers", 5, is_up);
}

#[test]
fn a_broker_is_found_by_its_process_and_followed_to_a_new_listener() {
    let (host, first) = (Host::new(), FakeNode::start());
    let dir = host.log_dir("data", META);
    let file = host.properties(first.port, &[&dir]);
    host.start_broker(4_001, 1_000, &file);
    let sidecar = Sidecar::start(&[host.procfs()]);
    sidecar.until("the partitions are seen", 6, |page| is_up(page) && has_partitions(page));
    let page = sidecar.page();
    assert!(
        has(&page, "kafka_node_info{broker_id=\"1\",cluster_id=\"4L6g3nShT-eMCtK--X86sw\",role=\"broker\""),
        "{page}"
    );
    assert_eq!(value(&page, "kafka_node_process_state{state=\"running\"}"), Some(1.0));
    assert!(sidecar.get("/").text().contains(&first.address()));
    let first_address = first.address();
    drop(first);
    host.end_broker(4_001);
    sidecar.until("its end is seen", 8, |page| {
        is_down(page, "refused") && value(page, "kafka_node_process_state{state=\"gone\"}") == Some(1.0)
    });
    assert!(!has_partitions(&sidecar.page()));
    let second = FakeNode::start();
    host.properties(second.port, &[&dir]);
    host.start_broker(4_002, 2_000, &file);
    sidecar.until("the new process and its listener are followed", 10, |page| is_up(page) && has_partitions(page));
    // Failures of the first one stand there until their sources have looked at the second.
    let followed = || {
        let landing = sidecar.get("/").text();
        landing.contains(&second.address()) && !landing.contains(&first_address)
    };
    assert!(within(5_000, followed), "{}", sidecar.get("/").text());
    assert!(second.open_max() <= 2);
}

// (d), (e): a broker that hangs, is gone or is something else.

#[test]
fn a_broker_that_hangs_is_down_within_five_seconds_and_back_by_itself() {
    let (host, node) = (Host::new(), FakeNode::start());
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
    sidecar.until("the partitions are seen", 6, |page| is_up(page) && has_partitions(page));
    let pid = sidecar.pid();
    let (accepted, asked) = (node.accepted(), node.requests(ApiKey::ApiVersions));
    node.set(Fault::Silent);
    let took = sidecar.until("it is down for its silence", 7, |page| is_down(page, "timeout"));
    // A page that comes a moment late does not count against the program.
    assert!(took < Duration::from_millis(5_500), "it took {took:?}");
    let page = sidecar.page();
    assert!(!has(&page, "kafka_topic_partition_") && !has(&page, "kafka_partition_"), "{page}");
    assert!(!has(&page, "kafka_log_dir_online") && !has(&page, "kafka_brokers "), "{page}");
    assert_eq!(sidecar.get("/-/healthy").status, 200);
    sleep(Duration::from_secs(3));
    assert!(is_down(&sidecar.page(), "timeout"));
    assert!(node.requests(ApiKey::ApiVersions) <= asked + 2, "what hangs is not asked again");
    assert!(node.accepted() <= accepted.max(2), "nor on another connection");
    node.set(Fault::None);
    sidecar.until("it is back", 6, |page| is_up(page) && has_partitions(page));
    assert_eq!(sidecar.pid(), pid);
    assert!(node.open_max() <= 2, "{} connections at once", node.open_max());
}

#[test]
fn a_broker_that_never_answered_is_down_and_the_page_is_fast() {
    let (host, node) = (Host::new(), FakeNode::start());
    node.set(Fault::Silent);
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
    sidecar.until("it is down for its silence", 6, |page| is_down(page, "timeout"));
    assert!(within(5_000, || sidecar.get("/-/ready").status == 200), "{}", sidecar.log());
    node.set(Fault::None);
    sidecar.until("it is up", 6, |page| is_up(page) && has_partitions(page));
}

#[test]
fn log_dirs_that_hang_cost_only_themselves_and_are_asked_for_once() {
    let (host, node) = (Host::new(), FakeNode::start());
    node.mute(ApiKey::DescribeLogDirs);
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
    sidecar.until("the partitions are seen", 6, |page| is_up(page) && has_partitions(page));
    let reason = "brokerwatch_source_failure{source=\"log_dirs\",reason=\"timeout\"}";
    sidecar.until("the hang is told", 13, |page| value(page, reason) == Some(1.0));
    let page = sidecar.page();
    assert!(is_up(&page) && has_partitions(&page) && !has(&page, "kafka_log_dir_online"));
    assert_eq!(node.requests(ApiKey::DescribeLogDirs), 1);
    assert_eq!(node.accepted(), 2);
}

#[test]
fn a_refused_port_is_down_and_a_listener_that_appears_is_found() {
    let host = Host::new();
    let port = closed_port();
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", format!("127.0.0.1:{port}"))]);
    sidecar.until("it is down", 5, |page| is_down(page, "refused"));
    sidecar.until_logged("--kafka.server", 5);
    assert_eq!(sidecar.get("/-/healthy").status, 200);
    let node = FakeNode::start_on(port);
    sidecar.until("it is up", 8, |page| is_up(page) && has_partitions(page));
    assert!(node.open_max() <= 2);
}

#[test]
fn a_port_that_speaks_something_else_is_told_so() {
    thread::scope(|scope| {
        for fault in [Fault::Http, Fault::Ssh, Fault::WrongCorrelation] {
            scope.spawn(move || {
                let (host, node) = (Host::new(), FakeNode::start());
                node.set(fault);
                let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
                sidecar.until("it is down", 6, |page| is_down(page, "protocol") || is_down(page, "limit"));
                let log = sidecar.log();
                assert!(log.contains(&node.address()) && log.contains("--kafka.server"), "{fault:?}: {log}");
            });
        }
    });
}

#[test]
fn a_port_that_speaks_tls_is_not_called_down_and_its_flag_is_named() {
    let (host, node) = (Host::new(), FakeNode::start());
    node.set(Fault::TlsAlert);
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
    assert!(within(6_000, || sidecar.log().contains("--tls.enabled")), "{}", sidecar.log());
    sidecar.until("it is neither up nor down", 6, |page| {
        !is_up(page) && !is_down(page, "protocol") && !is_down(page, "limit")
    });
}

#[test]
fn an_array_of_four_billion_elements_is_a_failure_of_its_source_and_not_the_end() {
    let apis = [
        ApiKey::Metadata,
        ApiKey::DescribeCluster,
        ApiKey::DescribeConfigs,
        ApiKey::DescribeLogDirs,
        ApiKey::ListOffsets,
        ApiKey::DescribeQuorum,
        ApiKey::ListPartitionReassignments,
        ApiKey::DescribeAcls,
        ApiKey::DescribeClientQuotas,
        ApiKey::DescribeUserScramCredentials,
    ];
    let looks: Vec<_> = apis.into_iter().map(|api| thread::spawn(move || (api, look_at_bomb(api)))).collect();
    let results = looks.into_iter().map(|look| look.join().expect("a look"));
    let ended: Vec<String> = results
        .filter(|(_, output)| output.status.code() != CLEAN)
        .map(|(api, output)| format!("{api:?}: {}: {}", output.status, stderr(&output).trim()))
        .collect();
    assert!(ended.is_empty(), "a peer's count ends the program:\n{}", ended.join("\n"));
}

fn look_at_bomb(api: ApiKey) -> Output {
    let (host, node) = (Host::new(), FakeNode::start());
    node.bomb(api);
    run(&["snapshot", &host.procfs(), &flag("kafka.server", node.address())])
}

// (f): files that are not what they should be.

#[test]
fn a_properties_file_with_a_broken_escape_is_named_by_its_line_until_it_is_mended() {
    let (host, node) = (Host::new(), FakeNode::start());
    let file = host.write("server.properties", "node.id=1\n# comment\nbroker.rack=\\u00g1\n");
    host.start_broker(11, 5, &file);
    let sidecar = Sidecar::start(&[host.procfs()]);
    let failure = "brokerwatch_source_failure{source=\"properties\",reason=\"parse\"}";
    sidecar.until("it is told", 5, |page| value(page, failure) == Some(1.0));
    let place = format!("{}:3:", file.display());
    sidecar.until_logged(&place, 5);
    assert!(sidecar.get("/").text().contains(&place));
    let dir = host.log_dir("data", META);
    host.properties(node.port, &[&dir]);
    sidecar.send(Signal::HUP);
    sidecar
        .until("it is read", 5, |page| is_up(page) && !has(page, "brokerwatch_source_failure{source=\"properties\""));
}

#[test]
fn a_properties_file_that_is_not_there_is_named() {
    let host = Host::new();
    let file = host.path("nowhere/server.properties");
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.properties-file", file.display())]);
    let failure = "brokerwatch_source_failure{source=\"properties\",reason=\"not_found\"}";
    sidecar.until("it is told", 5, |page| value(page, failure) == Some(1.0));
    sidecar.until_logged(&file.display().to_string(), 5);
}

#[test]
fn a_file_that_may_not_be_read_is_told_with_what_to_do() {
    let (host, node) = (Host::new(), FakeNode::start());
    let dir = host.log_dir("data", META);
    let file = host.properties(node.port, &[&dir]);
    let close = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    close(&dir.join("meta.properties"));
    // Root may read everything, so root starts it as nobody.
    let as_nobody = |command: &mut Command| {
        if rustix::process::geteuid().is_root() {
            command.uid(65_534).gid(65_534);
        }
    };
    let named = flag("kafka.properties-file", file.display());
    let sidecar = Sidecar::start_by(as_nobody, "127.0.0.1", &[host.procfs(), named.clone()]);
    let unreadable = format!("kafka_log_dir_unreadable{{log_dir=\"{}\",reason=\"permission\"}}", dir.display());
    sidecar.until("the meta.properties is told", 6, |page| value(page, &unreadable) == Some(1.0));
    assert!(has(&sidecar.page(), "kafka_log_dir_checkpoint_modified_timestamp_seconds{"), "what can be seen is seen");
    close(&file);
    let sidecar = Sidecar::start_by(as_nobody, "127.0.0.1", &[host.procfs(), named]);
    let failure = "brokerwatch_source_failure{source=\"properties\",reason=\"permission\"}";
    sidecar.until("the properties file is told", 6, |page| value(page, failure) == Some(1.0));
    sidecar.until_logged("run the reader as the broker", 5);
}

#[test]
fn a_bad_or_vanished_log_directory_is_told_and_the_others_stay() {
    let (host, node) = (Host::new(), FakeNode::start());
    let good = host.log_dir("good", META);
    let empty = host.log_dir("empty", "");
    let nameless = host.log_dir("nameless", "version=1\n");
    let foreign_meta = META.replace("node.id=1", "node.id=9").replace("4L6g3nShT", "FOREIGNxx").replace("AAAQ", "AAAF");
    let foreign = host.log_dir("foreign", &foreign_meta);
    let gone = host.log_dir("gone", META);
    let file = host.properties(node.port, &[&good, &empty, &nameless, &foreign, &gone]);
    host.start_broker(11, 5, &file);
    let sidecar = Sidecar::start(&[host.procfs()]);
    let unreadable = |dir: &Path, reason: &str| {
        format!("kafka_log_dir_unreadable{{log_dir=\"{}\",reason=\"{reason}\"}}", dir.display())
    };
    let checkpoint = |dir: &Path| {
        let dir = dir.display();
        format!(
            "kafka_log_dir_checkpoint_modified_timestamp_seconds{{log_dir=\"{dir}\",checkpoint=\"replication-offset\"}}"
        )
    };
    sidecar.until("what is bad is told", 6, |page| {
        [&empty, &nameless].iter().all(|dir| value(page, &unreadable(dir, "parse")) == Some(1.0))
    });
    let page = sidecar.page();
    for dir in [&good, &empty, &nameless, &foreign, &gone] {
        assert!(value(&page, &checkpoint(dir)).is_some_and(|at| at > 1.0e9), "{}: {page}", dir.display());
    }
    let identity =
        |dir: &Path, id: &str| format!("kafka_log_dir_info{{log_dir=\"{}\",directory_id=\"{id}\"}}", dir.display());
    assert_eq!(value(&page, &identity(&foreign, "AAAAAAAAAAAAAAAAAAAAAF")), Some(1.0), "{page}");
    assert!(!has(&page, &unreadable(&foreign, "parse")), "a foreign directory can be read");
    assert!(sidecar.get("/snapshot").text().contains("FOREIGNxx"), "what stands there is shown as it is");
    fs::remove_dir_all(&gone).unwrap();
    sidecar
        .until("the vanished directory is told", 8, |page| value(page, &unreadable(&gone, "not_found")) == Some(1.0));
    let page = sidecar.page();
    assert!(has(&page, &checkpoint(&good)) && !has(&page, &checkpoint(&gone)), "{page}");
    assert_eq!(value(&page, &identity(&good, "AAAAAAAAAAAAAAAAAAAAAQ")), Some(1.0));
}

// (g): the reader process.

#[test]
fn a_reader_that_is_killed_is_replaced_and_counted() {
    let (host, node) = (Host::new(), FakeNode::start());
    let dir = host.log_dir("data", META);
    host.start_broker(11, 5, &host.properties(node.port, &[&dir]));
    let sidecar = Sidecar::start(&[host.procfs()]);
    let seen = format!("kafka_log_dir_info{{log_dir=\"{}\"", dir.display());
    sidecar.until("the files are seen", 6, |page| has(page, &seen));
    assert_eq!(value(&sidecar.page(), "brokerwatch_reader_restarts_total"), Some(0.0));
    let before = sidecar.readers();
    assert_eq!(before.len(), 1);
    before.iter().for_each(|pid| send(*pid, Signal::KILL));
    sidecar.until("its end is counted", 8, |page| value(page, "brokerwatch_reader_restarts_total") == Some(1.0));
    let after = sidecar.readers();
    assert!(after.len() == 1 && after.is_disjoint(&before), "{before:?} {after:?}");
    let page = sidecar.page();
    assert!(has(&page, &seen) && is_up(&page), "{page}");
}

#[test]
fn the_reader_holds_no_socket_of_the_server() {
    let (host, node) = (Host::new(), FakeNode::start());
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
    sidecar.until("the broker answers", 6, is_up);
    // A second reader is started while the server has its listener, two connections to the broker and an HTTP client.
    let client = connect(sidecar.port);
    sidecar.readers().into_iter().for_each(|pid| send(pid, Signal::KILL));
    sidecar.until("there is another", 8, |page| value(page, "brokerwatch_reader_restarts_total") >= Some(1.0));
    let readers = sidecar.readers();
    assert_eq!(readers.len(), 1);
    for reader in readers {
        for entry in fs::read_dir(format!("/proc/{reader}/fd")).unwrap().flatten() {
            let target = fs::read_link(entry.path()).unwrap_or_default().display().to_string();
            assert!(!target.starts_with("socket:"), "descriptor {:?} of the reader is {target}", entry.file_name());
        }
    }
    drop(client);
}

/// Makes the directory's `meta.properties` a pipe without a writer: opening it never ends.
fn hang(dir: &Path) {
    let pipe = dir.join("meta.properties");
    fs::remove_file(&pipe).expect("a file");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o644), 0).expect("a pipe");
}

/// A host with a good log directory and one that hangs.
fn host_with_hanging_mount(node: &FakeNode) -> (Host, PathBuf, PathBuf) {
    let host = Host::new();
    let (hanging, good) = (host.log_dir("a-hangs", META), host.log_dir("b-good", META));
    hang(&hanging);
    host.start_broker(11, 5, &host.properties(node.port, &[&hanging, &good]));
    (host, hanging, good)
}

fn stuck(page: &str, dir: &Path) -> Option<f64> {
    value(page, &format!("brokerwatch_reader_stuck{{mount=\"{}\"}}", dir.display()))
}

#[test]
fn a_mount_that_hangs_costs_one_reader_and_nothing_else() {
    let node = FakeNode::start();
    let (host, hanging, good) = host_with_hanging_mount(&node);
    let mut sidecar = Sidecar::start(&[host.procfs()]);
    let seen = format!("kafka_log_dir_info{{log_dir=\"{}\"", good.display());
    let unreadable = format!("kafka_log_dir_unreadable{{log_dir=\"{}\",reason=\"timeout\"}}", hanging.display());
    sidecar.until("it is told, and the rest goes on", 8, |page| {
        stuck(page, &hanging) == Some(1.0) && value(page, &unreadable) == Some(1.0) && has(page, &seen) && is_up(page)
    });
    let mut readers = BTreeSet::new();
    for _ in 0..40 {
        readers.extend(sidecar.readers());
        let page = sidecar.page();
        assert!(is_up(&page) && has(&page, &seen) && stuck(&page, &hanging) == Some(1.0), "{page}");
        sleep(Duration::from_millis(500));
    }
    assert_eq!(readers.len(), 2, "one that hangs and one that works: {readers:?}");
    let (status, took) = sidecar.stop(10);
    assert_eq!(status.code(), CLEAN, "{}", sidecar.log());
    assert!(took < Duration::from_secs(6), "{took:?}");
    let left = || readers.iter().filter(|pid| is_running(**pid)).count();
    let ended = within(3_000, || left() == 0);
    readers.iter().for_each(|pid| send(*pid, Signal::KILL));
    assert!(ended, "readers are left behind");
}

#[test]
fn a_mount_that_answers_again_is_read_again() {
    let node = FakeNode::start();
    let (host, hanging, _) = host_with_hanging_mount(&node);
    let sidecar = Sidecar::start(&[host.procfs()]);
    sidecar.until("it hangs", 8, |page| stuck(page, &hanging) == Some(1.0));
    let pipe = hanging.join("meta.properties");
    let old = host.path("old-pipe");
    fs::rename(&pipe, &old).unwrap();
    fs::write(&pipe, META).unwrap();
    // Opened and closed: the reader that waits reads an empty file.
    drop(fs::OpenOptions::new().write(true).open(&old).unwrap());
    let seen = format!("kafka_log_dir_info{{log_dir=\"{}\"", hanging.display());
    sidecar.until("it is read", 10, |page| stuck(page, &hanging) == Some(0.0) && has(page, &seen));
    assert!(within(2_000, || sidecar.readers().len() == 1), "{:?}", sidecar.readers());
}

#[test]
fn what_a_log_directory_held_is_told_by_the_next_reader_and_not_after_a_change_or_a_hang() {
    let (host, node) = (Host::new(), FakeNode::start());
    let dir = host.log_dir("data", META);
    let log = |name: &str| fs::create_dir(dir.join(name)).expect("a log");
    log("orders-0.0a-future");
    host.start_broker(11, 5, &host.properties(node.port, &[&dir]));
    let sidecar = Sidecar::start(&[host.procfs()]);
    let series = format!("kafka_log_dir_leftover_directories{{log_dir=\"{}\",kind=\"future\"}}", dir.display());
    let future = |page: &str| value(page, &series);
    // Two looks after its last change it is no longer listed.
    let settle = || sleep(Duration::from_secs(10));
    sidecar.until("it is listed", 6, |page| future(page) == Some(1.0));
    settle();
    let readers = sidecar.readers();
    readers.iter().for_each(|reader| send(*reader, Signal::KILL));
    assert!(within(8_000, || sidecar.readers().iter().any(|reader| !readers.contains(reader))), "{}", sidecar.log());
    assert_eq!(future(&sidecar.page()), Some(1.0));
    log("orders-1.0b-future");
    sidecar.until("the change is seen", 8, |page| future(page) == Some(2.0));
    settle();
    assert_eq!(future(&sidecar.page()), Some(2.0));
    hang(&dir);
    sidecar.until("it hangs, and nothing is said of what it held", 10, |page| {
        stuck(page, &dir) == Some(1.0) && future(page).is_none()
    });
}

#[test]
fn a_file_system_that_does_not_answer_for_itself_hides_no_other() {
    let (host, node) = (Host::new(), FakeNode::start());
    let (silent, good) = (host.log_dir("a-silent", META), host.log_dir("b-good", META));
    let mounts = fs::read_to_string(host.path("proc/self/mountinfo")).expect("the mounts");
    let of_good = mounts.lines().last().expect("the last mount").to_owned();
    let moved = of_good.replace("8:1", "8:2").replace("sda", "sdb");
    host.write("proc/self/mountinfo", &mounts.replace(&of_good, &moved).replace(" xfs ", " ext4 "));
    for (device, name) in [("8:1", "sda"), ("8:2", "sdb")] {
        host.write(&format!("sys/block/{name}/dev"), device);
        fs::create_dir_all(host.path("sys/dev/block")).expect("a folder");
        std::os::unix::fs::symlink(format!("../../block/{name}"), host.path(&format!("sys/dev/block/{device}")))
            .expect("a link");
        host.write(&format!("sys/fs/ext4/{name}/errors_count"), "7\n");
    }
    let pipe = host.path("sys/fs/ext4/sda/errors_count");
    fs::remove_file(&pipe).expect("a file");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o644), 0).expect("a pipe");
    host.start_broker(11, 5, &host.properties(node.port, &[&silent, &good]));
    let sidecar = Sidecar::start(&[host.procfs(), flag("path.sysfs", host.path("sys").display())]);
    let errors = |dir: &Path| format!("kafka_log_dir_filesystem_errors_total{{log_dir=\"{}\"", dir.display());
    let seen = |dir: &Path| format!("kafka_log_dir_info{{log_dir=\"{}\"", dir.display());
    let told = |page: &str| {
        has(page, &errors(&good))
            && !has(page, &errors(&silent))
            && has(page, &seen(&good))
            && has(page, &seen(&silent))
    };
    sidecar.until("the other one tells", 10, told);
    // Nor later, when it is known that they cannot be asked at once.
    sleep(Duration::from_secs(7));
    assert!(told(&sidecar.page()), "{}", sidecar.page());
    assert!(sidecar.readers().len() <= 3, "{:?}", sidecar.readers());
}

#[test]
fn several_mounts_that_hang_at_once_are_told_within_fifteen_seconds() {
    let (host, node) = (Host::new(), FakeNode::start());
    let hanging = ["a", "b", "c", "d", "e", "f"].map(|name| host.log_dir(name, META));
    let good = host.log_dir("good", META);
    hanging.iter().for_each(|dir| hang(dir));
    let dirs: Vec<&Path> = hanging.iter().chain([&good]).map(PathBuf::as_path).collect();
    host.start_broker(11, 5, &host.properties(node.port, &dirs));
    let sidecar = Sidecar::start(&[host.procfs()]);
    let seen = format!("kafka_log_dir_info{{log_dir=\"{}\"", good.display());
    let unreadable =
        |dir: &Path| format!("kafka_log_dir_unreadable{{log_dir=\"{}\",reason=\"timeout\"}}", dir.display());
    sidecar.until("all are told, and the good one is seen", 15, |page| {
        has(page, &seen) && hanging.iter().all(|dir| value(page, &unreadable(dir)) == Some(1.0))
    });
    assert_eq!(sidecar.readers().len(), 7, "one for each that hangs, and one that works");
    assert!(is_up(&sidecar.page()));
}

#[test]
fn a_reader_that_is_stopped_is_left_behind_until_it_goes_on() {
    let (host, node) = (Host::new(), FakeNode::start());
    let dir = host.log_dir("data", META);
    host.start_broker(11, 5, &host.properties(node.port, &[&dir]));
    let sidecar = Sidecar::start(&[host.procfs()]);
    let seen = format!("kafka_log_dir_info{{log_dir=\"{}\"", dir.display());
    sidecar.until("the files are seen", 6, |page| has(page, &seen) && is_up(page));
    // So that it is stopped in a question that is soon asked again.
    assert!(within(10_000, || sidecar.get("/-/ready").status == 200), "{}", sidecar.log());
    let before = sidecar.readers();
    before.iter().for_each(|pid| send(*pid, Signal::STOP));
    let any_stuck =
        |page: &str| page.lines().any(|line| line.starts_with("brokerwatch_reader_stuck{") && line.ends_with(" 1"));
    sidecar.until("it is told", 9, any_stuck);
    assert!(is_up(&sidecar.page()));
    before.iter().for_each(|pid| send(*pid, Signal::CONT));
    // Whichever question it met: with the next one it is seen to have answered.
    sidecar.until("it goes on", 20, |page| !any_stuck(page) && has(page, &seen) && is_up(page));
    assert!(within(2_000, || sidecar.readers().len() == 1), "{:?}", sidecar.readers());
}

#[test]
fn a_reader_behind_a_socket_is_used_and_found_again() {
    let (host, node) = (Host::new(), FakeNode::start());
    let dir = host.log_dir("data", META);
    host.start_broker(11, 5, &host.properties(node.port, &[&dir]));
    let socket = host.path("reader.sock");
    let start = || {
        let listen = flag("reader.listen-socket", socket.display());
        let mut command = Command::new(PROGRAM);
        command.args(["reader", &listen]).env_clear().stdin(Stdio::null()).stdout(Stdio::null());
        Ended(command.stderr(Stdio::null()).spawn().expect("a reader"))
    };
    let sidecar = Sidecar::start(&[host.procfs(), flag("reader.socket", socket.display())]);
    let failure = "brokerwatch_source_failure{source=\"process\",reason=\"refused\"}";
    sidecar.until("that nobody reads is told", 6, |page| value(page, failure) == Some(1.0));
    sidecar.until_logged(&socket.display().to_string(), 5);
    let reader = start();
    let seen = format!("kafka_log_dir_info{{log_dir=\"{}\"", dir.display());
    sidecar.until("its reader is found", 10, |page| is_up(page) && has(page, &seen));
    assert_eq!(sidecar.readers().len(), 0, "the server starts none of its own");
    // The child that serves this connection would go on without the one that listens.
    let children = children_of(reader.0.id());
    drop(reader);
    children.iter().for_each(|pid| send(*pid, Signal::KILL));
    let unseen = "brokerwatch_source_failure{source=\"process\",reason=\"refused\"}";
    sidecar.until("its reader is away", 10, |page| value(page, unseen) == Some(1.0));
    sleep(Duration::from_secs(6));
    let page = sidecar.page();
    let writable = format!("kafka_log_dir_writable{{log_dir=\"{}\"}}", dir.display());
    assert_ne!(value(&page, &writable), Some(0.0), "a reader that is away says nothing of a drive");
    assert!(!page.contains("reason=\"io_error\"} 1"), "{page}");
    let _another = start();
    sleep(Duration::from_secs(6));
    let page = sidecar.page();
    assert!(is_up(&page) && has(&page, &seen), "{page}");
}

#[test]
fn a_name_that_is_not_known_is_told_as_that_and_this_host_is_not_taken_for_the_brokers() {
    // Reserved: no resolver knows it (RFC 6761).
    let sidecar = Sidecar::start(&[flag("kafka.server", "no-such-broker.invalid:9092")]);
    let reason = "kafka_broker_down_reason{reason=\"not_found\"}";
    sidecar.until("its name is not known", 15, |page| value(page, reason) == Some(1.0));
    sidecar.until_logged("no-such-broker.invalid", 5);
    assert!(within(10_000, || sidecar.get("/-/ready").status == 200), "{}", sidecar.log());
    let page = sidecar.page();
    for of_this_host in ["kafka_kernel_log", "kafka_host_", "kafka_disk_health"] {
        assert!(!has(&page, of_this_host), "{of_this_host} is of this host, which is not the broker's: {page}");
    }
}

/// A process that ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

// (h): the command line.

#[test]
fn an_unknown_flag_is_refused_with_a_suggestion() {
    let output = run(&["--kafka.sever=a:1"]);
    assert_eq!(output.status.code(), USAGE);
    assert!(stderr(&output).contains("--kafka.server"), "{}", stderr(&output));
    let output = run(&["chek"]);
    assert_eq!(output.status.code(), USAGE);
    assert!(stderr(&output).contains("check"), "{}", stderr(&output));
}

#[test]
fn a_bad_value_is_refused_by_the_name_of_its_flag() {
    let bad = [
        "--kafka.server=nonsense",
        "--kafka.server=host:0",
        "--kafka.server=:9092",
        "--kafka.server=",
        "--web.listen-address=10308",
        "--web.listen-address=localhost:99999",
        "--web.telemetry-path=metrics",
        "--collector.quorum=quorun",
        "--collector.partitions.detail=some",
        "--log.level=loud",
        "--log.format=xml",
        "--config.file=/nowhere/brokerwatch.yaml",
    ];
    for argument in bad {
        let output = run(&[argument]);
        let text = stderr(&output);
        assert_eq!(output.status.code(), USAGE, "{argument}: {text}");
        let name = argument.split('=').next().unwrap();
        assert!(text.contains(name), "{argument}: {text}");
    }
}

#[test]
fn a_bad_value_of_the_environment_or_the_file_is_refused_too() {
    let mut command = Command::new(PROGRAM);
    let output = command.env_clear().env("BROKERWATCH_KAFKA_SERVER", "nonsense").output().unwrap();
    assert_eq!(output.status.code(), USAGE);
    assert!(stderr(&output).contains("kafka.server=nonsense"), "{}", stderr(&output));
    let host = Host::new();
    for (content, named) in [("kafka.sever: a:1\n", "kafka.sever"), ("log.level: [\n", "line"), ("- a\n", "")] {
        let file = host.write("brokerwatch.yaml", content);
        let output = run(&[&flag("config.file", file.display())]);
        assert_eq!(output.status.code(), USAGE, "{content}");
        let text = stderr(&output);
        assert!(text.contains(&file.display().to_string()) && text.contains(named), "{content}: {text}");
    }
}

#[test]
fn help_and_version_are_no_failure() {
    for argument in ["--help", "-h", "--version", "-V"] {
        let output = run(&[argument]);
        assert_eq!(output.status.code(), CLEAN, "{argument}");
        assert!(stdout(&output).contains("rokerwatch") || stdout(&output).contains("rometheus"), "{argument}");
    }
    assert!(stdout(&run(&["--version"])).contains(env!("CARGO_PKG_VERSION")));
    let metrics = run(&["metrics"]);
    assert_eq!(metrics.status.code(), CLEAN);
    assert!(stdout(&metrics).contains("kafka_broker_up"));
}

// (i): a new configuration.

const RELOADED: &str = "brokerwatch_config_last_reload_successful";

#[test]
fn a_good_configuration_is_taken_on_sighup() {
    let (host, first, second) = (Host::new(), FakeNode::start(), FakeNode::start());
    let file = host.write("brokerwatch.yaml", &format!("kafka.server: {}\n", first.address()));
    let mut sidecar = Sidecar::start(&[host.procfs(), flag("config.file", file.display())]);
    sidecar.until("the first broker answers", 6, |page| is_up(page) && has(page, "brokerwatch_source_up{"));
    assert!(!sidecar.log().contains("level=debug"));
    let text = format!("kafka.server: {}\nlog.level: debug\ncollector.sources: false\n", second.address());
    host.write("brokerwatch.yaml", &text);
    sidecar.send(Signal::HUP);
    sidecar.until("the collector is off", 5, |page| !has(page, "brokerwatch_source_up{"));
    sidecar.until("the second broker answers", 6, |page| is_up(page) && has_partitions(page));
    assert!(second.accepted() >= 1 && value(&sidecar.page(), RELOADED) == Some(1.0));
    assert!(within(3_000, || first.open() == 0), "the first broker is let go");
    sidecar.until_logged("level=debug", 5);
    assert!(sidecar.ended().is_none());
}

#[test]
fn a_listener_that_changes_again_and_again_is_followed_by_every_source() {
    let (host, nodes) = (Host::new(), [FakeNode::start(), FakeNode::start()]);
    let configure = |node: &FakeNode| host.write("brokerwatch.yaml", &format!("kafka.server: {}\n", node.address()));
    let file = configure(&nodes[0]);
    let sidecar = Sidecar::start(&[host.procfs(), flag("config.file", file.display())]);
    sidecar.until("the first broker answers", 6, is_up);
    for node in nodes.iter().cycle().skip(1).take(15) {
        configure(node);
        sidecar.send(Signal::HUP);
        let chosen = format!("endpoint={} ", node.address());
        let said = || sidecar.log().lines().rfind(|line| line.contains("Speaking to")).unwrap_or_default().to_owned();
        assert!(within(5_000, || said().contains(&chosen)), "{}", sidecar.log());
        // Less than half of the interval of Metadata, which a change in the middle of a look must not cost.
        sidecar.until("its partitions are seen", 6, |page| {
            is_up(page)
                && has_partitions(page)
                && value(page, "brokerwatch_source_up{source=\"metadata\"}") == Some(1.0)
        });
    }
}

#[test]
fn a_bad_configuration_is_refused_on_sighup_and_the_old_one_stays() {
    let (host, node) = (Host::new(), FakeNode::start());
    let good = format!("kafka.server: {}\n", node.address());
    let file = host.write("brokerwatch.yaml", &good);
    let shown = file.display().to_string();
    let mut sidecar = Sidecar::start(&[host.procfs(), flag("config.file", &shown)]);
    sidecar.until("the broker answers", 6, |page| is_up(page) && value(page, RELOADED) == Some(1.0));
    let refused = |sidecar: &Sidecar| sidecar.log().lines().filter(|line| line.contains("is refused")).count();
    // A syntax error, a key that there is not, a value that is none, and no file at all.
    let bad = ["kafka.server: [\n", "kafka.sever: a:1\n", "collector.quorun: false\n", ""];
    let mut silent_of_file = Vec::new();
    for (at, content) in bad.iter().enumerate() {
        host.write("brokerwatch.yaml", content);
        if content.is_empty() {
            fs::remove_file(&file).unwrap();
        }
        sidecar.send(Signal::HUP);
        assert!(within(5_000, || refused(&sidecar) == at + 1), "{content:?}: {}", sidecar.log());
        let log = sidecar.log();
        let last = log.lines().rfind(|line| line.contains("is refused")).unwrap();
        if !last.contains(&shown) {
            silent_of_file.push(last.to_owned());
        }
        // The page is written anew when a source was looked at.
        sidecar.until("the refusal shows", 5, |page| value(page, RELOADED) == Some(0.0) && is_up(page));
    }
    host.write("brokerwatch.yaml", &good);
    sidecar.send(Signal::HUP);
    sidecar.until("a good one is taken", 5, |page| value(page, RELOADED) == Some(1.0) && is_up(page));
    assert!(sidecar.ended().is_none());
    assert!(silent_of_file.is_empty(), "these do not name {shown}:\n{}", silent_of_file.join("\n"));
}

// (j): the end of the server; tests/endpoint.rs has the rest of it.

#[test]
fn a_request_under_way_is_finished_after_sigterm() {
    let host = Host::new();
    let mut sidecar = Sidecar::start(&[host.procfs()]);
    let mut open = connect(sidecar.port);
    open.write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\n").unwrap();
    sleep(Duration::from_millis(200));
    sidecar.send(Signal::TERM);
    sidecar.until_logged("Stopping.", 5);
    sleep(Duration::from_millis(300));
    open.write_all(b"\r\n").unwrap();
    let answer = reply(&mut open);
    assert!(answer.is_ok_and(|answer| answer.status == 200), "the request was cut off: {}", sidecar.log());
    assert!(within(6_000, || sidecar.ended().is_some()), "{}", sidecar.log());
    assert_eq!(sidecar.ended().unwrap().code(), CLEAN);
    assert!(TcpStream::connect(("127.0.0.1", sidecar.port)).is_err(), "its port is free");
}

#[test]
fn sigterm_and_sigint_end_an_idle_server_at_once_and_its_reader_with_it() {
    for signal in [Signal::TERM, Signal::INT] {
        let (host, node) = (Host::new(), FakeNode::start());
        let mut sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
        sidecar.until("the broker answers", 6, is_up);
        let readers = sidecar.readers();
        sidecar.send(signal);
        assert!(within(2_000, || sidecar.ended().is_some()), "{}", sidecar.log());
        assert_eq!(sidecar.ended().unwrap().code(), CLEAN);
        assert!(within(2_000, || readers.iter().all(|pid| !is_running(*pid))), "{readers:?}");
    }
}

#[test]
fn a_server_that_is_killed_leaves_no_reader_behind() {
    let host = Host::new();
    let mut sidecar = Sidecar::start(&[host.procfs()]);
    assert!(within(5_000, || sidecar.readers().len() == 1));
    let readers = sidecar.readers();
    sidecar.send(Signal::KILL);
    assert!(within(2_000, || sidecar.ended().is_some()));
    assert!(within(2_000, || readers.iter().all(|pid| !is_running(*pid))), "{readers:?}");
}

// (k): check.

#[test]
fn check_on_a_refused_port_could_not_look_and_says_why() {
    let host = Host::new();
    let port = closed_port();
    let output = run(&["check", &flag("kafka.server", format!("127.0.0.1:{port}")), &host.procfs()]);
    assert_eq!(output.status.code(), BLIND, "{}{}", stdout(&output), stderr(&output));
    let text = stdout(&output) + &stderr(&output);
    assert!(text.contains(&format!("127.0.0.1:{port} refused the connection")), "{text}");
}

#[test]
fn check_on_a_healthy_broker_finds_nothing_and_tells_which_brokers_it_could_not_reach() {
    let (host, node) = (Host::new(), FakeNode::start());
    let output = run(&["check", &flag("kafka.server", node.address()), &host.procfs()]);
    assert_eq!(output.status.code(), BLIND, "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("no findings"), "{}", stdout(&output));
    // It names brokers 2 and 3, where nobody listens.
    assert!(stdout(&output).contains("2 of 3 not looked at"), "{}", stdout(&output));
    assert!(node.open_max() <= 2);
    let output = run(&["check", "--format=json", &flag("kafka.server", node.address()), &host.procfs()]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["schema"], report["findings"].as_array().map(Vec::len)), (&1.into(), Some(0)), "{report}");
}

#[test]
fn one_look_waits_for_every_source_of_a_healthy_broker() {
    let mut unseen = Vec::new();
    for delay_ms in [0, 0, 100, 300] {
        let (host, node) = (Host::new(), FakeNode::start());
        node.answer_after(delay_ms);
        let output = run(&["snapshot", &flag("kafka.server", node.address()), &host.procfs()]);
        assert_eq!(output.status.code(), CLEAN, "{}", stderr(&output));
        let snapshot: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let view = &snapshot["nodes"][node.address()];
        let sections = [
            "liveness",
            "registrations",
            "cluster",
            "offsets",
            "log_dirs",
            "configs",
            "quorum",
            "reassignments",
            "acls",
            "client_quotas",
            "scram_users",
        ];
        let missing = sections.iter().filter(|section| view[section]["last"].is_null());
        unseen.extend(missing.map(|section| format!("{delay_ms} ms: {section}: {}", view[section]["attempt"])));
    }
    assert!(unseen.is_empty(), "not seen of a broker that answers after so many milliseconds:\n{}", unseen.join("\n"));
}

#[test]
fn check_lists_and_explains() {
    let list = run(&["check", "--list"]);
    assert_eq!(list.status.code(), CLEAN);
    assert!(stdout(&list).contains("topic-rf-low"));
    let explained = run(&["check", "--explain", "topic-rf-low"]);
    assert_eq!(explained.status.code(), CLEAN);
    assert!(
        ["Why:", "Fix:", "https://"].iter().all(|part| stdout(&explained).contains(part)),
        "{}",
        stdout(&explained)
    );
    let unknown = run(&["check", "--explain", "nope"]);
    assert_eq!(unknown.status.code(), USAGE);
    assert!(stderr(&unknown).contains("nope") && stderr(&unknown).contains("--list"), "{}", stderr(&unknown));
}

#[test]
fn check_reads_recorded_snapshots() {
    let Ok(cases) = fs::read_dir(repository("tests/replay")) else { return };
    for folder in cases.flatten().map(|case| case.path()).filter(|folder| folder.join("snapshot.json").exists()) {
        let [snapshot, expectations] = ["snapshot.json", "expectations.yaml"].map(|file| folder.join(file));
        let mut arguments = vec!["check".to_owned(), "--profile=strict".to_owned(), snapshot.display().to_string()];
        if expectations.exists() {
            arguments.push(format!("--expectations={}", expectations.display()));
        }
        let output = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let code = output.status.code();
        assert!([CLEAN, FAILED, BLIND].contains(&code), "{}: {code:?} {}", folder.display(), stderr(&output));
        if let Ok(golden) = fs::read_to_string(folder.join("check.txt")) {
            assert_eq!(stdout(&output), golden, "{}", folder.display());
        }
    }
}

#[test]
fn check_on_what_is_no_snapshot_could_not_look() {
    let host = Host::new();
    let file = host.write("not.json", "{}");
    let missing = host.path("nowhere.json");
    for path in [file, missing] {
        let output = run(&["check", &path.display().to_string()]);
        assert_eq!(output.status.code(), BLIND);
        assert!(stdout(&output).contains(&format!("NOTHING SEEN: {}", path.display())), "{}", stdout(&output));
    }
}

#[test]
fn an_unclean_election_is_counted_beside_a_broker_that_has_no_part_in_it() {
    let (host, node) = (Host::new(), FakeNode::start());
    let risky = |leader, leader_epoch, isr| Topic { leader, leader_epoch, isr: vec![isr], ..Topic::new("risky", 7) };
    node.becomes(|cluster| cluster.topics.push(risky(-1, 5, 2)));
    let sidecar = Sidecar::start(&[host.procfs(), flag("kafka.server", node.address())]);
    let elections = |page: &str| value(page, "kafka_cluster_unclean_elections_total");
    sidecar.until("nobody leads it", 8, |page| {
        value(page, "kafka_cluster_leaderless_partitions") == Some(1.0) && elections(page) == Some(0.0)
    });
    // Broker 3 comes back, and broker 2 alone had all messages.
    node.becomes(|cluster| cluster.topics[1] = risky(3, 6, 3));
    sidecar.until("it is counted", 30, |page| elections(page) == Some(1.0));
    assert_eq!(value(&sidecar.page(), "kafka_cluster_leaderless_partitions"), Some(0.0));
}
