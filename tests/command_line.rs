//! What the commands make of what they are given: files, pipes, addresses, nodes that do not answer. Nobody may take for
//! clean, equal or safe what was not looked at.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests start processes, write files, and stop at what they did not expect"
)]

mod common;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::repository;
use common::sidecar::{Host, PROGRAM, closed_port, flag, run, stderr, stdout};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::Value;

/// Exit codes.
const CLEAN: Option<i32> = Some(0);
const FINDINGS: Option<i32> = Some(1);
const BLIND: Option<i32> = Some(2);
const USAGE: Option<i32> = Some(64);

/// Files of three combined nodes of one cluster, of which nothing critical is to be said.
fn sound_nodes(host: &Host) -> Vec<String> {
    let file = |id: u32| {
        let text = format!(
            "# node {id}\nprocess.roles=broker,controller\nnode.id={id}\n\
             listeners=PLAINTEXT://b{id}:9092,CONTROLLER://b{id}:9093\nadvertised.listeners=PLAINTEXT://b{id}:9092\n\
             controller.listener.names=CONTROLLER\ncontroller.quorum.voters=1@b1:9093,2@b2:9093,3@b3:9093\n\
             log.dirs=/data/{id}\nmin.insync.replicas=2\ndefault.replication.factor=3\n\
             offsets.topic.replication.factor=3\ntransaction.state.log.replication.factor=3\n\
             transaction.state.log.min.isr=2\nauto.create.topics.enable=false\nbroker.rack=r{id}\n"
        );
        host.write(&format!("n{id}.properties"), &text).display().to_string()
    };
    (1..=3).map(file).collect()
}

/// Runs the program with these bytes in a pipe as its standard input.
fn run_with(input: &Path, arguments: &[&str]) -> Output {
    let mut cat = Command::new("cat").arg(input).stdout(Stdio::piped()).spawn().unwrap();
    let pipe = cat.stdout.take().unwrap();
    let output = Command::new(PROGRAM).args(arguments).env_clear().stdin(pipe).output().unwrap();
    cat.wait().unwrap();
    output
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}{}", stdout(output), stderr(output)))
}

fn checks(output: &Output) -> Vec<String> {
    let document = json(output);
    let ids = document["findings"].as_array().unwrap().iter();
    ids.map(|found| format!("{} {}", found["severity"].as_str().unwrap(), found["id"].as_str().unwrap())).collect()
}

#[test]
fn a_pipe_is_read_from_its_first_byte_and_once() {
    let host = Host::new();
    let text = "# a comment that is longer than what a look at the beginning of a file takes of it\n\
                unclean.leader.election.enable=true\nprocess.roles=broker\nnode.id=1\n";
    let file = host.write("u.properties", &format!("unclean.leader.election.enable=true\n{text}"));
    let shown = file.display().to_string();
    let [of_file, of_pipe] =
        [run(&["check", "--format=json", &shown]), run_with(&file, &["check", "--format=json", "/dev/stdin"])];
    assert!(checks(&of_file).contains(&"critical unclean-election-broker".to_owned()), "{:?}", checks(&of_file));
    assert_eq!((of_pipe.status.code(), checks(&of_pipe)), (FINDINGS, checks(&of_file)), "{}", stdout(&of_pipe));

    // Redirected, it is the file.
    let mut command = Command::new(PROGRAM);
    command.args(["check", "--format=json", "/dev/stdin"]).env_clear().stdin(File::open(&file).unwrap());
    assert_eq!(checks(&command.output().unwrap()), checks(&of_file));

    let case = repository("tests/replay/healthy/snapshot.json");
    let [of_file, of_pipe] = [run(&["check", &case.display().to_string()]), run_with(&case, &["check", "/dev/stdin"])];
    assert_eq!(stdout(&of_pipe), stdout(&of_file), "a snapshot");
}

#[test]
fn a_pipe_that_nobody_writes_to_and_a_device_are_named_and_not_waited_for() {
    let host = Host::new();
    let pipe = host.path("pipe.properties");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let empty = host.write("empty", "");
    let said = [
        (run(&["check", &pipe.display().to_string()]), "is a pipe, and nothing came of it"),
        (run_with(&empty, &["check", "/dev/stdin"]), "is a pipe, and nothing came of it"),
        (run(&["check", "/dev/zero"]), "/dev/zero is neither a file nor a pipe"),
    ];
    for (output, why) in said {
        assert_eq!(output.status.code(), BLIND, "{}", stdout(&output));
        assert!(stdout(&output).contains(why), "{}", stdout(&output));
    }
}

#[test]
fn a_named_broker_that_was_never_reached_is_not_looked_at_and_no_second_broker() {
    let host = Host::new();
    let server = flag("kafka.server", format!("127.0.0.1:{}", closed_port()));
    let nodes = sound_nodes(&host);
    let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
    assert_eq!(run(&[&["check"], nodes.as_slice()].concat()).status.code(), CLEAN);
    let output = run(&[&["check", &server, &host.procfs()], nodes.as_slice()].concat());
    assert_eq!(output.status.code(), BLIND, "{}", stdout(&output));
    assert!(stdout(&output).contains("1 of 4 not looked at"), "{}", stdout(&output));
    assert!(stdout(&output).contains("NOTHING SEEN: 127.0.0.1:"), "{}", stdout(&output));

    let alone = ["check", "--format=json", nodes[0]];
    let with = run(&[alone.as_slice(), &[&server, &host.procfs()]].concat());
    assert_eq!(checks(&with), checks(&run(&alone)), "nothing is made up of a broker that was not seen");
}

#[test]
fn a_baseline_has_no_node_that_was_not_seen_and_what_was_not_seen_is_not_equal() {
    let host = Host::new();
    let address = format!("127.0.0.1:{}", closed_port());
    let server = flag("kafka.server", &address);
    let dead = run(&["baseline", "save", &server, &host.procfs()]);
    assert_eq!((dead.status.code(), stdout(&dead).as_str()), (BLIND, ""));
    assert!(stderr(&dead).contains("refused the connection"), "{}", stderr(&dead));

    let nodes = sound_nodes(&host);
    let saved = run(&["baseline", "save", &nodes[0]]);
    assert_eq!(saved.status.code(), CLEAN, "{}", stderr(&saved));
    let baseline = host.write("b.json", &stdout(&saved)).display().to_string();
    let url = format!("http://{address}/snapshot");
    let diff = |given: &[&str]| run(&[&["baseline", "diff", &baseline], given].concat());
    assert_eq!(diff(&[&nodes[0]]).status.code(), CLEAN);
    let partly = diff(&[&nodes[0], "/nope", &url]);
    assert_eq!((partly.status.code(), stdout(&partly).as_str()), (BLIND, ""));
    let told = stderr(&partly);
    assert!(told.contains("/nope is not there") && told.contains(&format!("{url}: cannot be connected to")), "{told}");
    assert_eq!(diff(&[&nodes[1], "/nope"]).status.code(), FINDINGS, "another node");
    let partly = run(&["baseline", "save", &nodes[0], "/nope"]);
    assert_eq!((partly.status.code(), stdout(&partly)), (BLIND, stdout(&saved)));
}

/// A recorded snapshot of a cluster whose broker 1 may stop, as if it had been taken `old_ms` milliseconds ago.
fn recorded(host: &Host, old_ms: u64) -> String {
    let text = std::fs::read_to_string(repository("tests/replay/configuration-drift/snapshot.json")).unwrap();
    let mut snapshot: Value = serde_json::from_str(&text).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    let taken_at = snapshot["taken_at"].as_u64().unwrap();
    let shift = (now - old_ms) - taken_at;
    fn shifted(value: &mut Value, taken_at: u64, shift: u64) {
        match value {
            // Every time near that of the snapshot, in milliseconds.
            Value::Number(number) => {
                if let Some(at) = number.as_u64().filter(|at| at.abs_diff(taken_at) < 86_400_000) {
                    *value = (at + shift).into();
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| shifted(value, taken_at, shift)),
            Value::Object(values) => values.values_mut().for_each(|value| shifted(value, taken_at, shift)),
            _ => {}
        }
    }
    shifted(&mut snapshot, taken_at, shift);
    host.write(&format!("s{old_ms}.json"), &snapshot.to_string()).display().to_string()
}

#[test]
fn nothing_is_safe_beside_what_could_not_be_looked_at_and_the_age_of_a_view_is_told() {
    let host = Host::new();
    let snapshot = recorded(&host, 17 * 3_600_000);
    let ask = |more: &[&str]| run(&[&["what-if", "broker=1", snapshot.as_str()], more].concat());
    let alone = ask(&[]);
    assert_eq!(alone.status.code(), CLEAN, "{}{}", stdout(&alone), stderr(&alone));
    let verdict = stdout(&alone).lines().next().unwrap().to_owned();
    assert!(verdict.starts_with("SAFE: broker=1") && verdict.ends_with(" stops now, as seen 17 h ago."), "{verdict}");
    let fresh = run(&["what-if", "broker=1", &recorded(&host, 2_000)]);
    assert!(stdout(&fresh).lines().next().unwrap().ends_with(" stops now."), "{}", stdout(&fresh));

    let address = format!("127.0.0.1:{}", closed_port());
    let (server, url) = (flag("kafka.server", &address), format!("http://{address}/snapshot"));
    for more in [&[server.as_str(), &host.procfs()][..], &["/nope"], &[&url]] {
        let output = ask(more);
        assert_eq!(output.status.code(), BLIND, "{more:?}: {}", stdout(&output));
        assert!(stdout(&output).contains("Not known: ") && stdout(&output).contains(" was not looked at: "));
    }
    let elsewhere = |more: &[&str]| run(&[&["what-if", "broker=77", &snapshot], more].concat());
    assert_eq!(elsewhere(&[]).status.code(), USAGE);
    let output = elsewhere(&[&url]);
    assert_eq!(output.status.code(), BLIND, "{}", stderr(&output));
    assert!(stderr(&output).contains("no node has this id") && stderr(&output).contains(&url), "{}", stderr(&output));
}

#[test]
fn a_manifest_names_files_however_they_are_written_and_none_that_are_not_there() {
    let host = Host::new();
    let nodes = sound_nodes(&host);
    let text = std::fs::read_to_string(&nodes[1]).unwrap();
    std::fs::write(&nodes[1], text.replace("/data/2", "/data/1")).unwrap();
    let check = |manifest: &str| {
        let manifest = host.write("sets/m.yaml", manifest).display().to_string();
        let mut command = Command::new(PROGRAM);
        command.args(["check", "n1.properties", "n2.properties", "n3.properties", "--manifest", &manifest]);
        command.args(["--format=json"]).env_clear().current_dir(host.path(".")).output().unwrap()
    };
    let absolute = host.path("n1.properties").display().to_string();
    for names in
        ["n1.properties, n2.properties", "./n1.properties, ../n2.properties", &format!("{absolute}, n2.properties")]
    {
        let output = check(&format!("host-1: [{names}]\n"));
        assert!(checks(&output).contains(&"critical host-logdir-shared".to_owned()), "{names}: {:?}", checks(&output));
    }
    for (manifest, why) in [
        ("host-1: [n1.propertees]", "host-1 names n1.propertees, which is not among the files given"),
        ("host-1: [n1.properties]\nhost-1: [n2.properties]", "duplicate entry with key \"host-1\""),
        ("host-1: [n1.properties]\nhost-2: [n1.properties]", "n1.properties is named by host-1 and host-2"),
    ] {
        let output = check(manifest);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (USAGE, ""), "{manifest}");
        assert!(stderr(&output).contains(why) && stderr(&output).contains("--manifest="), "{}", stderr(&output));
    }
}

#[test]
fn every_format_says_what_was_not_looked_at_and_why() {
    let host = Host::new();
    let why = "No kafka.Kafka process runs on this host";
    for format in ["text", "json", "sarif", "markdown", "github"] {
        let output = run(&["check", &flag("format", format), &host.procfs()]);
        let text = stdout(&output);
        assert_eq!(output.status.code(), BLIND, "{format}");
        assert!(text.contains(why) && text.contains("--kafka.server"), "{format}: {text}");
        assert!(!text.contains("no findings"), "{format}: {text}");
    }
    let partly = run(&["check", "--format=json", &sound_nodes(&host)[0], "/nope"]);
    let document = json(&partly);
    assert_eq!(document["unseen"][0]["node"], "/nope");
    assert_eq!(document["unseen"][0]["reason"], "/nope is not there.");
    let count = |key: &str| document[key].as_u64().unwrap();
    assert!(count("evaluated") > 0 && count("evaluated") <= count("asked"), "{document}");
    for what in [host.procfs(), flag("kafka.server", format!("127.0.0.1:{}", closed_port()))] {
        let output = run(&["snapshot", &what, &host.procfs()][..if what == host.procfs() { 2 } else { 3 }]);
        assert_eq!(output.status.code(), BLIND, "{what}");
        assert!(json(&output)["nodes"].is_object());
    }
}

#[test]
fn what_is_skipped_in_a_directory_is_told_and_what_may_be_a_node_is_not_looked_at() {
    let host = Host::new();
    let broker = std::fs::read_to_string(&sound_nodes(&host)[0]).unwrap();
    host.write("set/server.properties", &broker);
    let map = "apiVersion: v1\nkind: ConfigMap\ndata:\n  server.properties: |\n    node.id=1\n";
    for (name, text) in [("map.yaml", map), ("kafka.properties.j2", "x"), ("server.conf", "x"), ("README.md", "x")] {
        host.write(&format!("set/{name}"), text);
    }
    let set = host.path("set").display().to_string();
    let output = run(&["check", &set]);
    assert_eq!(output.status.code(), CLEAN, "{}", stdout(&output));
    for name in
        ["map.yaml: It is neither", "kafka.properties.j2: Its name is that of", "server.conf: Its name does not"]
    {
        assert!(stdout(&output).contains(&format!("PASSED OVER  {set}/{name}")), "{name}: {}", stdout(&output));
    }
    assert!(!stdout(&output).contains("README.md"));
    let document = json(&run(&["check", "--format=json", &set]));
    assert_eq!(document["passed_over"].as_array().map(Vec::len), Some(3), "{document}");
    for command in [["baseline", "save", &set], ["what-if", "broker=1", &set]] {
        let told = stderr(&run(&command));
        assert!(told.contains("server.conf is passed over: Its name does not"), "{command:?}: {told}");
    }
    let zookeeper = host.write("zookeeper.properties", "dataDir=/z\nclientPort=2181\n").display().to_string();
    assert!(stdout(&run(&["check", &set, &zookeeper])).contains("It configures ZooKeeper."));

    host.write("other/server.properties", &broker);
    for (link, to, why) in [
        ("set/more", host.path("other"), "is a symbolic link to a directory"),
        ("set/broken.properties", host.path("nowhere"), "is a symbolic link to nothing"),
    ] {
        std::os::unix::fs::symlink(to, host.path(link)).unwrap();
        let output = run(&["check", &set]);
        std::fs::remove_file(host.path(link)).unwrap();
        assert_eq!(output.status.code(), BLIND, "{link}: {}", stdout(&output));
        assert!(stdout(&output).contains(why), "{link}: {}", stdout(&output));
    }
}

#[test]
fn acls_are_of_the_profile_that_the_program_is_kept_to() {
    let host = Host::new();
    let config = flag("config.file", host.write("b.yaml", "kafka.profile: minimal\n").display());
    let asks_configs = |arguments: &[&str]| {
        let output = run(&[&["acls"], arguments].concat());
        assert_eq!(output.status.code(), CLEAN, "{}", stderr(&output));
        stdout(&output).contains("DescribeConfigs")
    };
    assert!(asks_configs(&[]) && asks_configs(&[&config, "--profile=full"]));
    assert!(!asks_configs(&["--kafka.profile=minimal"]) && !asks_configs(&[&config]));
    assert_eq!(run(&["acls", "--principal=brokerwatch"]).status.code(), USAGE);
}

#[test]
fn an_empty_variable_says_nothing_a_bad_one_is_named_and_an_unknown_one_is_warned_of() {
    let with = |name: &str, value: &str, arguments: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).env_clear().env(name, value).output().unwrap()
    };
    for name in
        ["BROKERWATCH_CONFIG_FILE", "BROKERWATCH_KAFKA_SERVER", "BROKERWATCH_TLS_ENABLED", "BROKERWATCH_LOG_LEVEL"]
    {
        let output = with(name, "", &["acls"]);
        assert_eq!((output.status.code(), stderr(&output).as_str()), (CLEAN, ""), "{name}");
    }
    let bad = with("BROKERWATCH_LOG_LEVEL", "loud", &["acls"]);
    assert_eq!(bad.status.code(), USAGE);
    assert!(stderr(&bad).contains("environment variable BROKERWATCH_LOG_LEVEL"), "{}", stderr(&bad));
    let no_port = with("BROKERWATCH_KAFKA_SERVER", "kafka-1", &["acls"]);
    assert_eq!(no_port.status.code(), USAGE);
    assert!(stderr(&no_port).contains("environment variable BROKERWATCH_KAFKA_SERVER"), "{}", stderr(&no_port));
    let of_flag = with("BROKERWATCH_KAFKA_SERVER", "kafka-1:9092", &["acls", "--kafka.server=kafka-1"]);
    assert!(!stderr(&of_flag).contains("environment variable"), "{}", stderr(&of_flag));
    let of_flag = with("BROKERWATCH_LOG_LEVEL", "info", &["acls", "--log.level=loud"]);
    assert!(!stderr(&of_flag).contains("environment variable"), "{}", stderr(&of_flag));
    let unknown = with("BROKERWATCH_KAFKA_SEVER", "a:1", &["acls"]);
    assert_eq!(unknown.status.code(), CLEAN);
    assert!(stderr(&unknown).contains("BROKERWATCH_KAFKA_SEVER is no option"), "{}", stderr(&unknown));
    assert_eq!(stderr(&with("BROKERWATCH_SERVICE_HOST", "10.0.0.1", &["acls"])), "");
}
