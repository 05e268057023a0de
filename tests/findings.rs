//! Which checks count in the sidecar, and what of their findings an operator accepts.

#![expect(clippy::disallowed_methods, reason = "tests start processes and write files")]

mod common;

use std::fs;

use common::fake_node::within;
use common::sidecar::{Host, Sidecar, closed_port, flag, has, run, stderr, value};
use rustix::process::Signal;
use serde_json::Value;

const ACCEPTED: &str = "accepted: [{check: unclean-election-broker, subject: '*', reason: a test bed}]\n";

/// Ids of the checks of one of the lists of `/findings`.
fn ids(document: &Value, list: &str) -> Vec<String> {
    let list = document[list].as_array().expect("a list");
    list.iter().map(|found| found["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn what_is_accepted_stays_visible_as_accepted_and_is_read_again_on_sighup() {
    let host = Host::new();
    let dir = host.log_dir("data", "node.id=1\ncluster.id=c\n");
    let properties = host.properties(closed_port(), &[&dir]);
    let text = fs::read_to_string(&properties).unwrap() + "unclean.leader.election.enable=true\nnum.partition=3\n";
    fs::write(&properties, text).unwrap();
    host.start_broker(10, 500, &properties);
    let expectations = host.write("expectations.yaml", "");
    let sidecar = Sidecar::start(&[host.procfs(), flag("expectations", expectations.display())]);
    let named = |metric: &str| format!("{metric}{{check=\"unclean-election-broker\",");
    let (found, accepted) = (named("brokerwatch_finding"), named("brokerwatch_finding_accepted"));
    let reload = "brokerwatch_config_last_reload_successful";
    sidecar.until("it is found", 6, |page| has(page, &found) && !has(page, &accepted));

    fs::write(&expectations, ACCEPTED).unwrap();
    sidecar.send(Signal::HUP);
    sidecar.until("it is accepted", 4, |page| !has(page, &found) && has(page, &accepted));
    let page = sidecar.page();
    let (check, severity) = page.split_once(&accepted).unwrap().1.split_once("severity=\"").unwrap();
    let count = format!(
        "brokerwatch_findings{{check=\"unclean-election-broker\",severity=\"{}\"}}",
        severity.split('"').next().unwrap()
    );
    assert_eq!((check, value(&page, &count).unwrap_or(0.0)), ("", 0.0), "{page}");
    assert!(has(&page, "brokerwatch_finding{check=\"key-unknown\""), "the others stay");
    let document: Value = serde_json::from_str(&sidecar.get("/findings").text()).unwrap();
    assert_eq!(ids(&document, "accepted"), ["unclean-election-broker"]);
    assert_eq!(document["accepted"][0]["reason"], "a test bed");
    assert!(!ids(&document, "findings").contains(&"unclean-election-broker".to_owned()));

    // A bad one is refused whole, and the last good one counts on.
    fs::write(&expectations, "accepted: [{check: no-such, reason: r}]").unwrap();
    sidecar.send(Signal::HUP);
    sidecar.until("it is refused", 4, |page| value(page, reload) == Some(0.0));
    assert!(has(&sidecar.page(), &accepted));
    sidecar.until_logged("there is no check no-such", 1);
}

#[test]
fn the_profile_of_the_configuration_counts_for_the_sidecar_and_for_check() {
    let host = Host::new();
    let dir = host.log_dir("data", "node.id=1\ncluster.id=c\n");
    let properties = host.properties(closed_port(), &[&dir]);
    host.start_broker(10, 500, &properties);
    let config = host.write("brokerwatch.yaml", "profile: development\n");
    let asked = |more: &[String]| {
        let sidecar = Sidecar::start(&[vec![host.procfs()], more.to_vec()].concat());
        assert!(within(20_000, || sidecar.get("/-/ready").status == 200), "{}", sidecar.log());
        sidecar.page().lines().filter(|line| line.starts_with("brokerwatch_findings{")).count()
    };
    let (few, all) = (asked(&[flag("config.file", config.display())]), asked(&[]));
    assert!(few * 2 < all, "{few} of {all} checks");
    assert_eq!(asked(&[flag("config.file", config.display()), flag("profile", "strict")]), all, "the flag wins");

    let file = properties.display().to_string();
    let said = |more: &[&str]| {
        let output = run(&[&["check", "--format=json", &file], more].concat());
        let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
        document["not_evaluated"].as_array().unwrap().len()
    };
    let (core, development) = (said(&[]), said(&[&flag("config.file", config.display())]));
    assert!(development < core, "{development} and {core}");
    assert_eq!(said(&[&flag("config.file", config.display()), "--profile=core"]), core);
}

#[test]
fn secrets_are_marked_with_the_operators_key_and_with_nothing_else() {
    const SECRETS: &str =
        "ssl.truststore.password=hunter2\nlistener.name.a.plain.sasl.jaas.config=user_x=\"hunter3\";\n";
    let host = Host::new();
    let dir = host.log_dir("data", "node.id=1\ncluster.id=c\n");
    let properties = host.properties(closed_port(), &[&dir]);
    fs::write(&properties, fs::read_to_string(&properties).unwrap() + SECRETS).unwrap();
    host.start_broker(10, 500, &properties);
    let key = host.write("key", "short\n");
    let start = |more: &[String]| Sidecar::start(&[vec![host.procfs()], more.to_vec()].concat());
    let (with, without) = (start(&[flag("secrets.key-file", key.display())]), start(&[]));
    let usable = "brokerwatch_secrets_key_usable";
    with.until("the key is refused", 6, |page| value(page, usable) == Some(0.0));
    with.until_logged("a key of at least 16 bytes", 1);
    assert!(!has(&with.page(), "kafka_config_secret_info"));
    without.until("the file was read", 6, |page| has(page, "brokerwatch_findings{check=\"key-unknown\""));
    assert!(!has(&without.page(), "kafka_config_secret_info") && value(&without.page(), usable).is_none());

    fs::write(&key, "0123456789abcdef0123456789abcdef\n").unwrap();
    with.send(Signal::HUP);
    with.until("the secrets are marked", 6, |page| value(page, usable) == Some(1.0));
    let (page, snapshot) = (with.page(), with.get("/snapshot").text());
    let marks: Vec<&str> = page.lines().filter(|line| line.starts_with("kafka_config_secret_info{")).collect();
    assert_eq!(marks.len(), 2, "{marks:?}");
    let class = |key: &str| marks.iter().find(|mark| mark.contains(key)).and_then(|mark| mark.split("class=").nth(1));
    assert!(class("plain.sasl.jaas").is_some_and(|class| class.starts_with("\"must_equal\"")), "{marks:?}");
    for text in [page.clone(), snapshot, with.log()] {
        assert!(!text.contains("hunter") && !text.contains("0123456789abcdef0123"), "{text}");
    }
}
