//! The rules as the program prints them: promtool takes them in every form, and each key that can be set does what it says.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests read files and start programs, and stop at what they did not expect"
)]

mod common;
#[path = "common/promql.rs"]
mod promql;
#[path = "common/shipped.rs"]
mod shipped;

use std::collections::BTreeMap;
use std::path::PathBuf;

use assert_cmd::Command;
use brokerwatch::alerts::{self, Format, MARK, RULE_FILES, THRESHOLDS, Wish};
use serde_json::Value;
use shipped::{assert_none, files, list, promtool, rule_files, text};

// --- the files and the table -------------------------------------------------

#[test]
fn every_rule_file_is_in_the_program() {
    let of_program: BTreeMap<&str, &str> = RULE_FILES.iter().map(|file| (file.name, file.text)).collect();
    for (name, path) in rule_files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let known = of_program.get(name.as_str());
        assert_eq!(known, Some(&text.as_str()), "{}: add it to rule_files! in src/alerts/rule_file.rs", path.display());
    }
    let optional = files("alerts/optional", "yaml");
    for file in RULE_FILES {
        assert_eq!(file.on, !optional.contains_key(file.name), "{}: alerts/optional/ holds what is off", file.name);
    }
}

#[test]
fn each_threshold_stands_in_a_rule_as_its_row_says() {
    let mut wrong = Vec::new();
    let lines = || RULE_FILES.iter().flat_map(|file| file.text.lines().map(move |line| (file.name, line)));
    for threshold in THRESHOLDS {
        let marked = lines().filter(|(_, line)| line.rsplit_once(MARK).is_some_and(|(_, key)| key == threshold.key));
        let marked: Vec<_> = marked.collect();
        if marked.is_empty() {
            wrong.push(format!("{}: no line of alerts/ ends in `{}{}`", threshold.key, MARK.trim(), threshold.key));
        }
        for (file, line) in marked {
            let code = line.rsplit_once(MARK).unwrap().0;
            let words = code.split(|next: char| !(next.is_alphanumeric() || "._".contains(next)));
            if words.filter(|word| *word == threshold.default).count() != 1 {
                wrong.push(format!("{}: {file}.yaml has not {} once in: {line}", threshold.key, threshold.default));
            }
        }
    }
    for (file, line) in lines() {
        if let Some((_, key)) = line.rsplit_once(MARK)
            && !THRESHOLDS.iter().any(|threshold| threshold.key == key)
        {
            wrong.push(format!("{file}.yaml: {key} is not in THRESHOLDS of src/alerts/settings.rs"));
        }
    }
    let mut keys: Vec<&str> = THRESHOLDS.iter().map(|threshold| threshold.key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), THRESHOLDS.len(), "a key is there twice");
    assert_none(wrong);
}

/// A bound of a threshold, as it is written.
fn written(threshold: &alerts::Threshold, value: f64) -> String {
    match threshold.kind {
        alerts::Kind::Number => value.to_string(),
        alerts::Kind::Duration => format!("{value}s"),
    }
}

// --- what is printed -----------------------------------------------------------

fn printed(wish: &Wish<'_>) -> Value {
    let text = alerts::print(wish).unwrap();
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

fn rules_of(groups: &Value) -> Vec<Value> {
    list(groups, "groups").iter().flat_map(|group| list(group, "rules").to_vec()).collect()
}

fn alert<'a>(rules: &'a [Value], name: &str) -> Option<&'a Value> {
    rules.iter().find(|rule| text(rule, "alert") == name)
}

fn sets(sets: &[&str]) -> Vec<String> {
    sets.iter().map(|set| (*set).to_owned()).collect()
}

#[test]
fn without_a_wish_it_is_the_files_one_after_another() {
    let printed = rules_of(&printed(&Wish::default()));
    let on = RULE_FILES.iter().filter(|file| file.on);
    let files: Vec<Value> = on.flat_map(|file| rules_of(&serde_yaml::from_str(file.text).unwrap())).collect();
    assert_eq!(printed, files);
}

#[test]
fn promtool_accepts_what_is_printed_with_any_setting() {
    let all_on = sets(&["watchdog=on", "KafkaBrokerDown.for=90s", "KafkaConfigDrift.keep_firing_for=1h"]);
    let few =
        sets(&["configuration=off", "KafkaBrokerLost=off", "KafkaConfigDrift=on", "KafkaBrokerDown.severity=info"]);
    let bounds = [false, true].map(|most| {
        let bound = |threshold: &alerts::Threshold| {
            let bound = if most { threshold.most } else { threshold.least };
            format!("{}={}", threshold.key, written(threshold, bound))
        };
        THRESHOLDS.iter().map(bound).collect::<Vec<_>>()
    });
    let urls = Wish {
        runbook_base_url: Some("https://wiki.example.com/kafka/alerts/"),
        dashboard_base_url: Some("https://grafana.example.com"),
        cluster_label: Some("cluster"),
        ..Wish::default()
    };
    let wishes = [
        Wish::default(),
        Wish { sets: &all_on, ..urls },
        Wish { sets: &few, ..Wish::default() },
        Wish { sets: &bounds[0], ..Wish::default() },
        Wish { sets: &bounds[1], ..Wish::default() },
        urls,
    ];
    let folder = common::TempDir::new();
    let paths = wishes.iter().enumerate().map(|(number, wish)| {
        let path = folder.path().join(format!("{number}.yaml"));
        std::fs::write(&path, alerts::print(wish).unwrap()).unwrap();
        path
    });
    let paths: Vec<PathBuf> = paths.collect();
    promtool(&["check", "rules", "--lint=all", "--lint-fatal"], paths);
}

#[test]
fn what_is_set_is_in_the_rule_that_it_is_for() {
    let sets = sets(&[
        "KafkaBrokerDown.for=90s",
        "KafkaConfigPendingRestart.keep_firing_for=1h",
        "KafkaConfigPendingRestart.severity=info",
        "KafkaLogDirShared=off",
        "watchdog=on",
    ]);
    let before = rules_of(&printed(&Wish::default()));
    let rules = rules_of(&printed(&Wish { sets: &sets, ..Wish::default() }));
    assert_eq!(alert(&rules, "KafkaBrokerDown").unwrap()["for"], "90s");
    let pending = alert(&rules, "KafkaConfigPendingRestart").unwrap();
    assert_eq!((&pending["keep_firing_for"], &pending["for"]), (&Value::from("1h"), &Value::from("1h")));
    assert_eq!(pending["labels"]["severity"], "info");
    assert!(alert(&rules, "KafkaLogDirShared").is_none() && alert(&rules, "KafkaWatchdog").is_some());
    assert_eq!(rules.len(), before.len());
    let off = RULE_FILES.iter().map(|file| format!("{}=off", file.name));
    let one: Vec<String> = off.chain(["KafkaBrokerLost=on".to_owned()]).collect();
    let one = rules_of(&printed(&Wish { sets: &one, ..Wish::default() }));
    let names: Vec<&str> = one.iter().map(|rule| text(rule, "alert")).filter(|name| !name.is_empty()).collect();
    assert!(names == ["KafkaBrokerLost"] && one.len() > 1, "an alert comes with the rules that it reads: {one:?}");
    let touched = ["KafkaBrokerDown", "KafkaConfigPendingRestart", "KafkaWatchdog"];
    for rule in rules.iter().filter(|rule| !touched.contains(&text(rule, "alert"))) {
        assert!(before.contains(rule), "{rule} was changed too");
    }
}

#[test]
fn each_threshold_that_is_set_is_in_its_rule() {
    let before = alerts::print(&Wish::default()).unwrap();
    for threshold in THRESHOLDS {
        let sets = [format!("{}={}", threshold.key, written(threshold, threshold.most))];
        let after = alerts::print(&Wish { sets: &sets, ..Wish::default() }).unwrap();
        let changed: Vec<_> = before.lines().zip(after.lines()).filter(|(old, new)| old != new).collect();
        assert!(!changed.is_empty() || threshold.default == written(threshold, threshold.most), "{}", threshold.key);
        for (old, new) in changed {
            assert!(new.ends_with(&format!("{MARK}{}", threshold.key)), "{old} became {new}");
        }
    }
}

#[test]
fn the_manifest_of_the_operator_holds_the_same_groups() {
    let plain = printed(&Wish::default());
    let manifest = printed(&Wish { format: Format::Operator, ..Wish::default() });
    assert_eq!(text(&manifest, "kind"), "PrometheusRule");
    assert_eq!(text(&manifest, "apiVersion"), "monitoring.coreos.com/v1");
    assert_eq!(manifest["spec"]["groups"], plain["groups"]);
}

#[test]
fn the_label_of_clusters_is_renamed_in_expressions_and_texts_and_no_metric_is() {
    let known = promql::Known::program();
    let rules = rules_of(&printed(&Wish { cluster_label: Some("cluster"), ..Wish::default() }));
    let down = alert(&rules, "KafkaConfigDrift").unwrap();
    assert!(text(down, "expr").contains("by (cluster, role, version, key)"), "{down}");
    assert!(text(&down["annotations"], "description").contains("{{ with $labels.cluster }}"), "{down}");
    for rule in &rules {
        let everything = rule.to_string();
        for at in everything.match_indices("kafka_cluster").map(|(at, _)| at) {
            let name = everything[at..].split(|next: char| !(next.is_alphanumeric() || "_:".contains(next))).next();
            let name = name.unwrap_or_default();
            let recorded = name.contains(':');
            assert!(recorded || known.families.contains_key(name), "{name} is left in {everything}");
        }
    }
}

#[test]
fn links_lead_where_they_are_wanted() {
    let wish = Wish {
        runbook_base_url: Some("https://wiki.example.com/alerts/"),
        dashboard_base_url: Some("https://grafana.example.com/"),
        ..Wish::default()
    };
    for rule in rules_of(&printed(&wish)).iter().filter(|rule| rule.get("alert").is_some()) {
        let notes = &rule["annotations"];
        let anchor = text(rule, "alert").to_lowercase();
        assert_eq!(text(notes, "runbook_url"), format!("https://wiki.example.com/alerts#{anchor}"));
        let dashboard = text(notes, "dashboard_url");
        assert!(dashboard.starts_with("https://grafana.example.com/d/brokerwatch-"), "{dashboard}");
    }
}

#[test]
fn the_command_prints_lists_and_refuses() {
    let run = |arguments: &[&str]| {
        let output = Command::cargo_bin("brokerwatch").unwrap().args(arguments).output().unwrap();
        let [out, err] = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
        (output.status.code().unwrap(), out, err)
    };
    let (code, out, _) = run(&["alerts"]);
    assert_eq!((code, out), (0, alerts::print(&Wish::default()).unwrap()));
    let (code, out, _) = run(&["alerts", "--format=operator", "--set", "watchdog=on", "--cluster-label=cluster"]);
    assert!(code == 0 && out.contains("kind: PrometheusRule") && out.contains("- alert: KafkaWatchdog"), "{out}");
    assert_eq!(run(&["alerts", "--list"]).1, alerts::list());
    for (arguments, message) in [
        (
            ["alerts", "--set=KafkaBrokerDwon=off"],
            "brokerwatch: --set=KafkaBrokerDwon=off: there is no key KafkaBrokerDwon",
        ),
        (
            ["alerts", "--cluster-label=topic"],
            "brokerwatch: --cluster-label=topic: the metrics have a label of that name",
        ),
        (["alerts", "--cluster-label=a-b"], "brokerwatch: --cluster-label=a-b: a label's name is"),
        (["alerts", "--runbook-base-url=wiki"], "brokerwatch: --runbook-base-url=wiki: not an http or https URL"),
        (["alerts", "--dashboard-base-url=http://x/{{"], "brokerwatch: --dashboard-base-url=http://x/{{: not an http"),
        (
            ["runbook", "KafkaBrokerDwon"],
            "brokerwatch: KafkaBrokerDwon: there is no such alert (did you mean KafkaBrokerDown?)",
        ),
    ] {
        let (code, out, err) = run(&arguments);
        assert!(code == 64 && out.is_empty() && err.starts_with(message), "{arguments:?}: {code} {err}");
    }
    let everything_off: Vec<String> =
        RULE_FILES.iter().flat_map(|file| file.alerts()).map(|alert| format!("--set={alert}=off")).collect();
    let all: Vec<&str> = std::iter::once("alerts").chain(everything_off.iter().map(String::as_str)).collect();
    let (code, out, _) = run(&all);
    assert!(code == 0 && !out.contains("alert: ") && out.contains("record: "), "recording rules stay: {out}");
    let (code, out, _) = run(&["runbook", "kafkabrokerdown"]);
    assert!(code == 0 && out.starts_with("## KafkaBrokerDown\n"), "{out}");
    assert_eq!(run(&["runbook", "--list"]).1, alerts::runbook_list());
    assert_eq!(run(&["runbook"]).0, 64);
}
