//! The rules as the program prints them: promtool takes them in every form, and each key that can be set does what it says.
//! What a linter would find in them; that each ends; and that what their runbooks name exists.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests read files and start programs, and stop at what they did not expect"
)]

mod common;
#[path = "common/mutants.rs"]
mod mutants;
#[path = "common/promql.rs"]
mod promql;
#[path = "common/shipped.rs"]
mod shipped;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use assert_cmd::Command;
use brokerwatch::alerts::{self, Format, MARK, RULE_FILES, THRESHOLDS, Wish};
use serde_json::Value;
use shipped::{assert_none, files, list, promtool, rule_files, rules, text};

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

/// KafkaSidecarVersion compares with the version whose rules these are.
#[test]
fn the_rules_are_of_this_version() {
    let sidecars = RULE_FILES.iter().find(|file| file.name == "sidecars").unwrap().text;
    let version = env!("CARGO_PKG_VERSION");
    assert!(sidecars.contains(&format!("brokerwatch_build_info{{version!=\"{version}\"}}")), "alerts/sidecars.yaml");
    assert!(sidecars.contains(&format!("those of version {version}:")), "alerts/sidecars.yaml");
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
            format!("{}={bound}", threshold.key)
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
        let sets = [format!("{}={}", threshold.key, threshold.most)];
        let after = alerts::print(&Wish { sets: &sets, ..Wish::default() }).unwrap();
        let changed: Vec<_> = before.lines().zip(after.lines()).filter(|(old, new)| old != new).collect();
        assert!(!changed.is_empty() || threshold.default == threshold.most.to_string(), "{}", threshold.key);
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
fn a_reader_that_has_had_enough_is_no_failure_and_a_full_disk_is_one() {
    let to = |out: std::process::Stdio| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
        let output = command.arg("alerts").stdout(out).stderr(std::process::Stdio::piped()).spawn().unwrap();
        let output = output.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(to(writer.into()), (Some(0), String::new()));
    let (code, said) = to(std::fs::File::create("/dev/full").unwrap().into());
    assert!(code == Some(2) && said.starts_with("brokerwatch: standard output cannot be written to: "), "{said}");
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

// --- what is wrong with a rule without asking a server ---------------------------

/// Prometheus' duration in seconds; one unit only.
fn seconds(wait: &str) -> Option<u64> {
    let (number, unit) = wait.split_at_checked(wait.len().checked_sub(1)?)?;
    let unit = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)].into_iter().find(|(name, _)| *name == unit)?.1;
    Some(number.parse::<u64>().ok()? * unit)
}

/// Names of the functions and aggregations whose results are compared with 0.
fn equal_to_zero(expression: &str) -> Vec<&str> {
    // Where the parenthesis opens that is closed at the end of a text.
    let opening = |text: &str| {
        let mut depth = 0;
        text.char_indices().rev().find_map(|(at, next)| {
            depth += i32::from(next == ')') - i32::from(next == '(');
            (depth == 0).then_some(at)
        })
    };
    let name = |at: usize| {
        let mut head = expression[..opening(&expression[..=at])?].trim_end();
        if head.ends_with(')') {
            head = head[..opening(head)?].trim_end();
            head = head.strip_suffix("without").or_else(|| head.strip_suffix("by"))?.trim_end();
        }
        head.rsplit(|next: char| !(next.is_alphanumeric() || next == '_')).next()
    };
    expression.match_indices(") == 0").filter_map(|(at, _)| name(at)).collect()
}

/// What is wrong with one rule, as far as its text shows it: the rules that pint has offline, and those of our own.
fn lint(rule: &Value) -> Vec<String> {
    let expression = mutants::one_line(text(rule, "expr"));
    let name = text(rule, "alert");
    let mut wrong = Vec::new();
    let mut demand = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!("{what}: {expression}"));
        }
    };
    let compares = [">", "<", "==", "!="].iter().any(|operator| {
        expression
            .match_indices(operator)
            .any(|(at, _)| expression[..at].matches('{').count() == expression[..at].matches('}').count())
    });
    let matches = expression.contains(['=', '~']) && expression.contains('{');
    let joins = [" and on ", " unless on "].iter().any(|join| expression.contains(join));
    // Without any of these it fires as long as its series is there, which only the watchdog may.
    let has_condition = compares || matches || joins || name == "KafkaWatchdog";
    demand(name.is_empty() || has_condition, "an alert without a condition");
    let spaced = expression.replace(' ', "");
    let never = equal_to_zero(&expression).into_iter().find(|name| ["count", "count_values", "group"].contains(name));
    demand(never.is_none(), "a count of nothing is not 0, it is nothing, so this is never true");
    for growth in ["rate(", "increase("] {
        let negative = spaced.match_indices(growth).any(|(at, _)| {
            let rest = &spaced[at..];
            rest.find("])").is_some_and(|end| rest[end + 2..].starts_with("<0"))
        });
        demand(!negative, "growth is never below 0");
        demand(!spaced.contains(&format!("{growth}sum")), "a rate of a sum sees restarts as growth");
    }
    for pattern in spaced.split("=~\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        demand(pattern.contains(|next: char| "|.*+?[(\\".contains(next)), "a pattern without a pattern");
        demand(!pattern.starts_with('^') && !pattern.ends_with('$'), "patterns are anchored already");
    }
    demand(!spaced.contains("absent("), "absent() names no culprit");
    let own = format!("ALERTS{{alertname=\"{name}\",alertstate=\"firing\"}}");
    let recorded = name.is_empty();
    demand(
        recorded || spaced.matches("ALERTS").count() == spaced.matches(&own).count(),
        "it holds what another alert fires",
    );
    for key in ["for", "keep_firing_for"] {
        let Some(wait) = rule[key].as_str() else { continue };
        demand(seconds(wait).is_some(), &format!("{key} is a number with one unit"));
    }
    wrong
}

#[test]
fn no_rule_has_what_a_linter_would_find() {
    let mut wrong = Vec::new();
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for rule in rules() {
        let name = if rule.get("alert").is_some() { text(&rule, "alert") } else { text(&rule, "record") };
        wrong.extend(lint(&rule).into_iter().map(|complaint| format!("{name}: {complaint}")));
        if let Some(other) = seen.insert(mutants::one_line(text(&rule, "expr")), name.to_owned()) {
            wrong.push(format!("{name}: the same expression as {other}"));
        }
    }
    assert_none(wrong);
}

#[test]
fn the_linter_finds_what_it_is_for() {
    for (expression, found) in [
        ("kafka_broker_up", "without a condition"),
        ("count(kafka_broker_up) == 0", "never true"),
        ("x > 1 or count by (a) (kafka_broker_up{b=\"c\"}) == 0", "count of nothing"),
        ("rate(x[5m]) < 0", "never below 0"),
        ("rate(sum by (a) (x)[5m:]) > 0", "rate of a sum"),
        ("x{a=~\"b\"} > 0", "without a pattern"),
        ("x{a=~\"^b|c\"} > 0", "anchored already"),
        ("absent(x) == 1", "no culprit"),
        ("x > 0 and on () ALERTS{alertname=\"Y\", alertstate=\"firing\"}", "what another alert"),
    ] {
        let rule = serde_json::json!({"alert": "X", "expr": expression, "for": "1m"});
        assert!(lint(&rule).iter().any(|complaint| complaint.contains(found)), "{expression}: {:?}", lint(&rule));
    }
    for expression in [
        "x == 0",
        "count by (a) (x == 0) > 1",
        "max by (a) (x) == 0",
        "count(x > 1) > 0 or max(y) == 0",
        "x{v!=\"1\"}",
        "x == 0 unless on () count(y) > 0",
    ] {
        let rule = serde_json::json!({"alert": "X", "expr": expression, "for": "1m"});
        assert_none(lint(&rule));
    }
}

/// Prometheus 2.42 knows neither newer functions nor what has to be switched on.
#[test]
fn rules_need_no_prometheus_newer_than_2_42() {
    const KNOWN: [&str; 27] = [
        "abs",
        "ceil",
        "changes",
        "clamp_min",
        "clamp_max",
        "count_over_time",
        "delta",
        "deriv",
        "exp",
        "floor",
        "increase",
        "label_replace",
        "last_over_time",
        "ln",
        "max_over_time",
        "min_over_time",
        "avg_over_time",
        "predict_linear",
        "present_over_time",
        "quantile_over_time",
        "rate",
        "resets",
        "round",
        "sum_over_time",
        "time",
        "timestamp",
        "vector",
    ];
    const KEYWORDS: [&str; 24] = [
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "and",
        "or",
        "unless",
        "bool",
        "offset",
        "sum",
        "max",
        "min",
        "avg",
        "count",
        "group",
        "topk",
        "bottomk",
        "quantile",
        "stddev",
        "count_values",
        "irate",
        "scalar",
    ];
    let mut wrong = Vec::new();
    for rule in rules() {
        let expression = mutants::one_line(text(&rule, "expr"));
        for (at, _) in expression.match_indices('(') {
            let before = expression[..at].trim_end();
            let name = before.rsplit(|next: char| !(next.is_alphanumeric() || next == '_')).next().unwrap_or_default();
            if !name.is_empty() && !KNOWN.contains(&name) && !KEYWORDS.contains(&name) {
                wrong.push(format!("{name} in {expression}"));
            }
        }
    }
    assert_none(wrong);
}

// --- each alert fires, is silent, and ends ---------------------------------------

/// What the tests ask of an alert.
#[derive(Default)]
struct Cases {
    /// Moments at which it fires, with every label and word.
    fires: usize,
    /// Moments at which it does not.
    silent: usize,
    /// Whether one that fired is gone later in the same test.
    ends: bool,
    /// Moments at which it is asked which of its series fire or wait, at the edges of its rule.
    edges: usize,
}

fn cases_of_alerts() -> BTreeMap<String, Cases> {
    let names = shipped::alerts().into_iter().map(|alert| text(&alert, "alert").to_owned());
    let mut all: BTreeMap<String, Cases> = names.map(|name| (name, Cases::default())).collect();
    for path in shipped::test_files().into_values().flatten() {
        for test in list(&shipped::parsed(&path), "tests") {
            let cases = list(test, "alert_rule_test");
            for case in cases {
                let found = all.get_mut(text(case, "alertname")).unwrap();
                found.ends |= ends(case, cases);
                *if list(case, "exp_alerts").is_empty() { &mut found.silent } else { &mut found.fires } += 1;
            }
            for sample in list(test, "promql_expr_test") {
                let asked =
                    text(sample, "expr").split_once("ALERTS{alertname=\"").and_then(|(_, name)| name.split_once('"'));
                asked.and_then(|(name, _)| all.get_mut(name)).into_iter().for_each(|found| found.edges += 1);
            }
        }
    }
    all
}

/// Whether an alert that fires in `case` does not in a later one of the same test.
fn ends(case: &Value, cases: &[Value]) -> bool {
    let at = |case: &Value| duration(text(case, "eval_time"));
    let fires: Vec<&Value> = list(case, "exp_alerts").iter().map(|alert| &alert["exp_labels"]).collect();
    cases.iter().any(|later| {
        let same = later["alertname"] == case["alertname"] && at(later) > at(case);
        same && fires.iter().any(|labels| list(later, "exp_alerts").iter().all(|left| left["exp_labels"] != **labels))
    })
}

#[test]
fn each_alert_fires_is_silent_and_ends_in_a_test() {
    let mut wrong = Vec::new();
    let mut page = String::from(
        "# What the tests ask of each alert\n\nMade by `UPDATE_GOLDEN=1 cargo test --test rules`. Moments at which it fires, with \
         every label and word; at which it is silent;\nwhether it ends in the same test; and at which it is asked who fires or \
         waits, at the edges of its rule.\n`tests/rule_mutations.rs` damages each rule in every small way, and one of these has to \
         fail.\n\n| alert | fires | silent | ends | edges |\n|---|---|---|---|---|\n",
    );
    for (name, Cases { fires, silent, ends, edges }) in cases_of_alerts() {
        if fires == 0 || silent == 0 || !ends {
            wrong.push(format!("{name}: fires {fires}, silent {silent}, ends {ends}"));
        }
        let _ = writeln!(page, "| {name} | {fires} | {silent} | {} | {edges} |", if ends { "yes" } else { "no" });
    }
    assert_none(wrong);
    common::ensure_file_contents(&common::repository("alerts/tests/README.md"), &page).unwrap();
}

/// Seconds of a time of promtool, such as 1h5m30s.
fn duration(time: &str) -> u64 {
    let (mut sum, mut number) = (0, 0);
    for next in time.chars() {
        match next.to_digit(10) {
            Some(digit) => number = number * 10 + u64::from(digit),
            None => {
                sum += number
                    * match next {
                        'd' => 86_400,
                        'h' => 3_600,
                        'm' => 60,
                        _ => 1,
                    };
                number = 0;
            }
        }
    }
    sum
}

// --- runbooks ----------------------------------------------------------------------

/// Texts between backticks and lines that are indented as code.
fn code(page: &str) -> Vec<String> {
    let indented = page.lines().filter_map(|line| line.strip_prefix("    ")).map(str::to_owned);
    let prose: String = page.lines().filter(|line| !line.starts_with("    ")).map(|line| format!("{line}\n")).collect();
    let quoted = prose.split('`').skip(1).step_by(2).map(|code| code.split_whitespace().collect::<Vec<_>>().join(" "));
    indented.chain(quoted).collect()
}

/// The long flags of a command line, without their values.
fn flags(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split_whitespace().filter(|word| word.starts_with("--"));
    words.map(|word| word.split(['=', ',', ')', ':']).next().unwrap_or_default())
}

#[test]
fn commands_of_runbooks_exist_with_their_flags() {
    let tools = std::fs::read_to_string(common::repository("tests/fixtures/kafka_tools.txt")).unwrap();
    let tools: BTreeMap<&str, Vec<&str>> = tools
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut words = line.split(' ');
            (words.next().unwrap(), words.skip(1).collect())
        })
        .collect();
    let program = <brokerwatch::cli::Cli as clap::CommandFactory>::command();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for line in code(alerts::RUNBOOKS) {
        for command in line.split(" | ") {
            let mut words = command.split_whitespace();
            let first = words.next().unwrap_or_default();
            if first.starts_with("kafka-") {
                seen += 1;
                let Some(known) = tools.get(first) else {
                    wrong.push(format!("{first}: no such tool, or not in tests/fixtures/kafka_tools.txt"));
                    continue;
                };
                let action =
                    words.next().filter(|word| word.chars().all(|next| next.is_ascii_lowercase() || next == '-'));
                let unknown = flags(command).chain(action.filter(|action| !action.starts_with("--")));
                wrong.extend(unknown.filter(|flag| !known.contains(flag)).map(|flag| format!("{first} has no {flag}")));
            } else if first == "brokerwatch" {
                seen += 1;
                let sub = words.next().filter(|word| !word.starts_with("--") && *word != ">");
                let found = sub.map(|sub| program.find_subcommand(sub));
                if found.is_some_and(|found| found.is_none()) {
                    wrong.push(format!("brokerwatch has no {}", sub.unwrap_or_default()));
                    continue;
                }
                let own = found.flatten().into_iter().flat_map(clap::Command::get_arguments);
                let known: Vec<&str> = own.chain(program.get_arguments()).filter_map(clap::Arg::get_long).collect();
                let unknown = flags(command).filter(|flag| !known.contains(&flag.trim_start_matches("--")));
                wrong.extend(unknown.map(|flag| format!("brokerwatch {} has no {flag}", sub.unwrap_or_default())));
            } else if first.starts_with("--") {
                // A flag by itself is the program's or one of Kafka's tools.
                let known =
                    program.get_arguments().chain(program.get_subcommands().flat_map(clap::Command::get_arguments));
                let known: Vec<String> =
                    known.filter_map(clap::Arg::get_long).map(|long| format!("--{long}")).collect();
                let of_tool = |flag: &&str| tools.values().any(|flags| flags.contains(flag));
                let unknown = flags(command).filter(|flag| !known.iter().any(|long| long == flag) && !of_tool(flag));
                let unknown =
                    unknown.filter(|flag| !flag.ends_with('.') && !["--no-collector", "--override"].contains(flag));
                wrong.extend(unknown.map(|flag| format!("{flag}: nobody has that flag")));
            }
        }
    }
    assert!(seen > 20, "{seen} commands found");
    assert_none(wrong);
}

#[test]
fn metrics_that_runbooks_name_exist() {
    let known = promql::Known::with_recordings();
    let mut wrong = Vec::new();
    for code in code(alerts::RUNBOOKS) {
        let words = code.split(|next: char| !(next.is_alphanumeric() || "_:".contains(next)));
        for word in words.filter(|word| word.starts_with("kafka_") || word.starts_with("brokerwatch_")) {
            let is_label = word == "kafka_cluster" || word.ends_with('_');
            if !is_label && known.labels(word).is_none() {
                wrong.push(format!("{word} in {code}"));
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn checks_that_runbooks_name_exist() {
    let known: Vec<&str> = brokerwatch::checks::all().map(|check| check.id).collect();
    let page = alerts::RUNBOOKS.replace('\n', " ");
    let words = page.split(|next: char| !(next.is_alphanumeric() || next == '-'));
    let families = ["host-", "drift-", "logdir-", "minisr-"];
    let named = words.filter(|word| families.iter().any(|family| word.starts_with(family)));
    let unknown = named.filter(|word| !known.contains(word) && !word.ends_with('-'));
    assert_none(unknown.map(str::to_owned).collect());
}
