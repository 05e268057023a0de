//! Rules, runbooks and dashboards agree with the program and with each other, and promtool has seen them fire.

#![expect(clippy::disallowed_methods, reason = "tests read files and start programs")]

mod common;
#[path = "common/promql.rs"]
mod promql;
#[path = "common/shipped.rs"]
mod shipped;

use std::collections::BTreeSet;
use std::path::PathBuf;

use brokerwatch::derive::suspect::{GRAVE_DISK_REASONS, LOG_DIR_REASONS, MILD_DISK_REASONS};
use common::repository;
use promql::{INTRINSIC_LABELS, Known, Labels, Scanner, TARGET_LABELS, Use, aggregation};
use serde_json::Value;
use shipped::{
    alerts, assert_none, dashboards, list, named_after, panels, promtool, rule_files, rules, template_queries,
    test_files, text,
};

const PANELS_MAX: usize = 20;

// --- rules -----------------------------------------------------------------

#[test]
fn rules_name_what_the_program_has_and_respect_its_scope() {
    let known = Known::with_recordings();
    let mut complaints = Vec::new();
    for rule in rules() {
        let name = if rule.get("alert").is_some() { text(&rule, "alert") } else { text(&rule, "record") };
        let (mut wrong, labels) = known.check(text(&rule, "expr"));
        // A panel may show how often something happened since the start; a rule that asks for it never ends.
        let uses = Scanner::scan(text(&rule, "expr")).uses;
        let own = uses.iter().filter(|used| !used.filters && known.instruments.contains_key(&used.metric));
        wrong.extend(own.filter_map(|used| known.rated(used)));
        for annotation in rule["annotations"].as_object().into_iter().flatten().filter_map(|(_, text)| text.as_str()) {
            for query in template_queries(annotation) {
                wrong.extend(known.check(&query).0.into_iter().map(|complaint| format!("in its text: {complaint}")));
            }
            let unknown = named_after(annotation, "$labels.").filter(|label| !labels.contains(*label));
            wrong.extend(unknown.map(|label| format!("its text uses the label {label}, which the result has not")));
        }
        complaints.extend(wrong.into_iter().map(|complaint| format!("{name}: {complaint}")));
    }
    assert_none(complaints);
}

#[test]
fn rules_join_by_filters_and_aggregate_within_a_cluster() {
    let mut complaints = Vec::new();
    for rule in rules() {
        let is_alert = rule.get("alert").is_some();
        let name = if is_alert { text(&rule, "alert") } else { text(&rule, "record") };
        let scan = Scanner::scan(text(&rule, "expr"));
        if is_alert && scan.grouped {
            complaints.push(format!("{name}: joins only by `and on` and `unless on`"));
        }
        for used in &scan.uses {
            if used.matchers.iter().any(|(label, _)| ["job", "instance"].contains(&label.as_str())) {
                complaints.push(format!("{name}: job and instance are the user's, rules do not match them"));
            }
            for (_, by) in used.around.iter().filter_map(aggregation).filter(|(_, by)| !by.is_empty()) {
                let apart = |label: &String| label == "kafka_cluster" || INTRINSIC_LABELS.contains(&label.as_str());
                if !by.iter().any(apart) {
                    complaints.push(format!("{name}: by {by:?} mixes clusters"));
                }
            }
        }
        if !is_alert && (name.split(':').count() != 3) {
            complaints.push(format!("{name}: recorded names are level:metric:operation"));
        }
    }
    assert_none(complaints);
}

#[test]
fn alerts_say_what_is_wrong_how_bad_it_is_and_where_to_go() {
    let runbooks = std::fs::read_to_string(repository("alerts/README.md")).expect("alerts have runbooks");
    let dashboards = dashboards();
    let mut names = BTreeSet::new();
    let mut complaints = Vec::new();
    for alert in alerts() {
        let name = text(&alert, "alert");
        let notes = &alert["annotations"];
        let summary = text(notes, "summary");
        let mut demand = |holds: bool, what: &str| {
            if !holds {
                complaints.push(format!("{name}: {what}"));
            }
        };
        demand(names.insert(name.to_owned()), "its name is taken");
        demand(name.starts_with("Kafka") && name.chars().all(char::is_alphanumeric), "it is called Kafka...");
        demand(["critical", "warning", "info"].contains(&text(&alert["labels"], "severity")), "severity");
        demand(!text(&alert, "for").is_empty(), "`for` is said");
        demand(summary.ends_with('.') && !summary.contains("{{"), "the summary is one fixed sentence");
        let description = text(notes, "description");
        demand(
            description.contains("{{") && !description.contains("{{ $value }}"),
            "the description tells which, readably",
        );
        let place = format!("alerts/README.md#{}", name.to_lowercase());
        demand(text(notes, "runbook_url").ends_with(&place), "runbook_url points to its heading");
        demand(runbooks.lines().any(|line| line == format!("## {name}")), "a runbook has its name");
        let link = text(notes, "dashboard_url").strip_prefix("/d/").and_then(|link| link.split_once("?viewPanel="));
        let has_panel = |(uid, panel): (&str, &str)| {
            let board = dashboards.iter().find(|(_, board)| text(board, "uid") == uid);
            board.is_some_and(|(_, board)| panels(board).any(|found| found["id"].as_u64() == panel.parse().ok()))
        };
        demand(link.is_some_and(has_panel), "dashboard_url names a dashboard and a panel that are there");
    }
    let headings = runbooks.lines().filter_map(|line| line.strip_prefix("## "));
    complaints
        .extend(headings.filter(|heading| !names.contains(*heading)).map(|heading| format!("{heading}: no alert")));
    assert_none(complaints);
}

#[test]
fn promtool_accepts_the_rules_and_their_tests_pass() {
    let rules = rule_files();
    let tests = test_files();
    assert_eq!(rules.keys().collect::<Vec<_>>(), tests.keys().collect::<Vec<_>>(), "each rule file has its tests");
    promtool(&["check", "rules", "--lint=all", "--lint-fatal"], rules.into_values());
    promtool(&["test", "rules"], tests.into_values().flatten());
}

/// Queries outside of rules are made into recording rules, for which promtool has a check.
#[test]
fn promtool_parses_the_queries_of_panels_and_of_alerts_texts() {
    let boards = dashboards();
    let targets = boards.iter().flat_map(|(_, board)| panels(board)).flat_map(|panel| list(panel, "targets"));
    let marks = boards.iter().flat_map(|(_, board)| list(&board["annotations"], "list"));
    let shown = targets.chain(marks).map(|target| text(target, "expr").replace("$__rate_interval", "5m"));
    let told = alerts().into_iter().flat_map(|alert| template_queries(text(&alert["annotations"], "description")));
    let rule =
        |(number, expr): (usize, String)| serde_json::json!({"record": format!("query:number:{number}"), "expr": expr});
    let rules: Vec<Value> = shown.chain(told).enumerate().map(rule).collect();
    assert!(rules.len() > boards.len());
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("queries.yaml");
    let file = serde_json::json!({"groups": [{"name": "queries", "rules": rules}]});
    std::fs::write(&path, file.to_string()).expect("the tests' folder can be written to");
    promtool(&["check", "rules", "--lint=none"], [path]);
}

// --- dashboards ------------------------------------------------------------

#[test]
fn panels_name_what_the_program_has_and_respect_its_scope() {
    let known = Known::with_recordings();
    let mut complaints = Vec::new();
    for (stem, dashboard) in dashboards() {
        for panel in panels(&dashboard) {
            for target in list(panel, "targets") {
                let wrong = target_complaints(&known, target);
                let title = text(panel, "title");
                complaints.extend(wrong.into_iter().map(|complaint| format!("{stem}, {title}: {complaint}")));
            }
        }
        for variable in list(&dashboard["templating"], "list").iter().filter(|found| text(found, "type") == "query") {
            let query = text(variable, "definition");
            let inner = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')'));
            let Some((metric, label)) = inner.and_then(|inner| inner.rsplit_once(',')) else {
                complaints.push(format!("{stem}: {query} is not label_values(metric, label)"));
                continue;
            };
            let scan = Scanner::scan(metric);
            let output = scan.uses.iter().flat_map(|used| known.output(used, &mut complaints)).collect::<Labels>();
            if !output.contains(label.trim()) {
                complaints.push(format!("{stem}: {query}: no such label"));
            }
        }
    }
    assert_none(complaints);
}

fn target_complaints(known: &Known, target: &Value) -> Vec<String> {
    let mut wrong = query_complaints(known, text(target, "expr"), text(target, "legendFormat"));
    if text(target, "legendFormat").is_empty() || text(&target["datasource"], "uid") != "${datasource}" {
        wrong.push("a query has a legend and the data source variable".into());
    }
    wrong
}

/// What is wrong with a query of a panel or an annotation, and with the template that shows its labels.
fn query_complaints(known: &Known, expression: &str, shown: &str) -> Vec<String> {
    let (mut wrong, labels) = known.check(expression);
    let absent = named_after(shown, "{{").filter(|label| !labels.contains(*label));
    wrong.extend(absent.map(|label| format!("its text shows {label}, which the result has not")));
    let uses = Scanner::scan(expression).uses;
    for used in &uses {
        // A recording rule for whole clusters has no target labels left, and a filter by what is not there shows nothing.
        let filters =
            TARGET_LABELS.iter().filter(|label| known.labels(&used.metric).is_some_and(|all| all.contains(**label)));
        // An alert of a whole cluster has no instance, so that a filter by it would hide it.
        for label in filters.filter(|label| used.metric != "ALERTS" || **label == "kafka_cluster") {
            if !used.matchers.iter().any(|(matched, value)| matched == label && *value == format!("${label}")) {
                wrong.push(format!("{}: no {label}=~\"${label}\"", used.metric));
            }
        }
        // When every job is chosen, other programs' series of these names come along.
        let is_ours = |used: &Use| used.filters && used.metric == "brokerwatch_build_info";
        if (used.metric == "up" || used.metric.starts_with("process_")) && !uses.iter().any(is_ours) {
            wrong.push(format!("{}: every program has it, and no `and on` leaves ours", used.metric));
        }
    }
    if expression.split('[').skip(1).any(|range| !range.starts_with("$__rate_interval]")) {
        wrong.push("ranges are $__rate_interval".into());
    }
    wrong
}

/// What is marked on every dashboard: alerts that fire, restarts, elections, in-sync sets that shrink.
const MARKED: [&str; 5] = [
    "ALERTS",
    "kafka_node_process_start_time_seconds",
    "kafka_broker_leaderships_gained_total",
    "kafka_quorum_leader_epoch",
    "kafka_broker_isr_shrinks_total",
];

#[test]
fn annotations_mark_alerts_restarts_and_elections_by_what_the_program_has() {
    let known = Known::with_recordings();
    let mut complaints = Vec::new();
    for (stem, dashboard) in dashboards() {
        let mut marked = BTreeSet::new();
        for annotation in list(&dashboard["annotations"], "list") {
            let (name, expression) = (text(annotation, "name"), text(annotation, "expr"));
            marked.extend(Scanner::scan(expression).uses.into_iter().map(|used| used.metric));
            let shown = format!("{} {}", text(annotation, "titleFormat"), text(annotation, "textFormat"));
            let mut wrong = query_complaints(&known, expression, &shown);
            let is_moment = expression.contains("start_time_seconds{");
            if (annotation["useValueForTime"] == true) != is_moment || (is_moment && !expression.ends_with(" * 1000")) {
                wrong.push("a start time, and only that, says where it is drawn, in milliseconds".into());
            }
            if annotation["enable"] != true || text(&annotation["datasource"], "uid") != "${datasource}" {
                wrong.push("it is enabled, and uses the data source variable".into());
            }
            complaints.extend(wrong.into_iter().map(|wrong| format!("{stem}, annotation {name}: {wrong}")));
        }
        let missing = MARKED.iter().filter(|metric| !marked.contains(**metric));
        complaints.extend(missing.map(|metric| format!("{stem}: no annotation by {metric}")));
    }
    assert_none(complaints);
}

/// A table that is empty because nothing is wrong says so, and has a row for when nobody tells whether anything is.
#[test]
fn none_is_said_only_where_somebody_looked() {
    let mut complaints = Vec::new();
    for (stem, dashboard) in dashboards() {
        for panel in panels(&dashboard) {
            let says = text(&panel["fieldConfig"]["defaults"], "noValue");
            let tells_apart = list(panel, "targets").iter().any(|target| {
                text(target, "expr").contains("or label_replace(") && text(target, "expr").contains("absent(")
            });
            if says != "unknown" && !(says == "none" && tells_apart && text(panel, "type") == "table") {
                complaints.push(format!("{stem}, {}: empty, it says {says:?}", text(panel, "title")));
            }
        }
    }
    assert_none(complaints);
}

/// What some panels show of a cluster of one kind: series with their values, the dashboard and the panel, and the rows.
const SHOWN: [(&[&str], &str, &str, &[&str]); 5] = [
    // A topic with several leaders is one topic.
    (
        &[
            "kafka_topic_under_replicated_partitions{instance='a', topic='t'} 2",
            "kafka_topic_under_replicated_partitions{instance='b', topic='t'} 1",
            "kafka_topic_under_replicated_partitions{instance='b', topic='u'} 0",
        ],
        "topics",
        "Under-replicated topics",
        &["{} 1"],
    ),
    (
        &["kafka_topic_under_replicated_partitions{instance='a', topic='t'} 0"],
        "topics",
        "Under-replicated topics",
        &["{} 0"],
    ),
    // Controllers are nodes.
    (
        &["kafka_broker_up{instance='a'} 0", "kafka_broker_up{instance='b'} 1", "kafka_controller_up{instance='c'} 0"],
        "overview",
        "Nodes down",
        &["{} 2"],
    ),
    (
        &["kafka_broker_up{instance='a'} 1", "kafka_controller_up{instance='c'} 0"],
        "replication",
        "Nodes down",
        &["{} 1"],
    ),
    (
        &[
            "kafka_broker_down_reason{instance='a', reason='refused'} 0",
            "kafka_controller_down_reason{instance='c', reason='refused'} 1",
            "kafka_controller_down_reason{instance='c', reason='timeout'} 0",
        ],
        "replication",
        "Nodes that are down, and why",
        &["kafka_controller_down_reason{instance='c', reason='refused'} 1"],
    ),
];

#[test]
fn panels_show_what_is_so() {
    let boards = dashboards();
    let cases = SHOWN.iter().map(|(series, stem, title, rows)| {
        let board = boards.iter().find(|(found, _)| found == stem).expect("the dashboard is there");
        let panel = panels(&board.1).find(|panel| text(panel, "title") == *title).expect("the panel is there");
        let query = text(&list(panel, "targets")[0], "expr");
        let query = ["$job", "$instance", "$kafka_cluster"]
            .iter()
            .fold(query.to_owned(), |query, variable| query.replace(&format!("\"{variable}\""), "\".*\""));
        let halves = |row: &&str| row.rsplit_once(' ').map(|(name, value)| (name.to_owned(), value.to_owned()));
        let given = series
            .iter()
            .filter_map(halves)
            .map(|(series, values)| serde_json::json!({"series": series, "values": values}));
        let wanted = rows.iter().filter_map(halves).map(
            |(labels, value)| serde_json::json!({"labels": labels, "value": value.parse::<f64>().expect("a number")}),
        );
        serde_json::json!({
            "name": format!("{stem}, {title}"),
            "input_series": given.collect::<Vec<_>>(),
            "promql_expr_test": [{"expr": query, "eval_time": "0", "exp_samples": wanted.collect::<Vec<_>>()}],
        })
    });
    let file = serde_json::json!({"rule_files": [], "tests": cases.collect::<Vec<_>>()});
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("panels.yaml");
    std::fs::write(&path, file.to_string()).expect("the tests' folder can be written to");
    promtool(&["test", "rules"], [path]);
}

#[test]
fn panels_explain_themselves_and_do_not_overlap() {
    let mut complaints = Vec::new();
    for (stem, dashboard) in dashboards() {
        let mut ids = BTreeSet::new();
        let mut taken = BTreeSet::new();
        for panel in list(&dashboard, "panels") {
            let title = text(panel, "title");
            let mut demand = |holds: bool, what: &str| {
                if !holds {
                    complaints.push(format!("{stem}, {title}: {what}"));
                }
            };
            demand(ids.insert(panel["id"].to_string()), "its id is taken");
            let [x, y, w, h] = ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap_or(99));
            let cells = (x..x + w).flat_map(|column| (y..y + h).map(move |line| (column, line)));
            let overlaps = cells.filter(|cell| !taken.insert(*cell)).count();
            demand(x + w <= 24 && overlaps == 0, "it overlaps");
            demand(!title.is_empty(), "a panel has a title");
            if text(panel, "type") == "row" {
                continue;
            }
            let defaults = &panel["fieldConfig"]["defaults"];
            demand(text(panel, "description").ends_with('.'), "its description says what is normal and what to do");
            demand(["timeseries", "stat", "table", "bargauge", "gauge"].contains(&text(panel, "type")), "its type");
            demand(!text(defaults, "unit").is_empty(), "it has a unit");
            demand(!list(&defaults["thresholds"], "steps").is_empty(), "it has thresholds");
            demand(text(&panel["datasource"], "uid") == "${datasource}", "it uses the data source variable");
            demand((1..=3).contains(&list(panel, "targets").len()), "it has one to three queries");
        }
        if panels(&dashboard).count() > PANELS_MAX {
            complaints.push(format!("{stem}: more than {PANELS_MAX} panels"));
        }
    }
    assert_none(complaints);
}

#[test]
fn the_table_of_suspects_has_words_for_every_reason() {
    let disks = std::fs::read_to_string(repository("dashboards/disks.json")).expect("there are dashboards");
    let disks: Value = serde_json::from_str(&disks).expect("they are JSON");
    let panels = disks["panels"].as_array().expect("it has panels");
    let table = panels.iter().find(|panel| panel["title"] == "Drives and log directories under suspicion");
    let overrides = table.expect("it has the table")["fieldConfig"]["overrides"].as_array().expect("of columns");
    let of_reasons = overrides.iter().find(|column| column["matcher"]["options"] == "reason");
    let properties = of_reasons.expect("it has reasons")["properties"].as_array().expect("a list");
    let mappings = properties.iter().find(|property| property["id"] == "mappings").expect("with words");
    let words: BTreeSet<&str> =
        mappings["value"][0]["options"].as_object().into_iter().flatten().map(|(reason, _)| reason.as_str()).collect();
    let reasons = [LOG_DIR_REASONS, GRAVE_DISK_REASONS, MILD_DISK_REASONS].into_iter().flatten();
    assert_eq!(words, reasons.map(|reason| reason.name).collect());
}

#[test]
fn dashboards_follow_the_rules_of_dashboard_linter() {
    for (stem, dashboard) in dashboards() {
        assert_eq!(text(&dashboard, "uid"), format!("brokerwatch-{stem}"));
        assert_eq!(dashboard["editable"], false, "{stem}");
        assert_eq!(dashboard["schemaVersion"], 39, "{stem}");
        assert_eq!(dashboard["graphTooltip"], 1, "{stem}");
        assert_eq!(text(&dashboard, "refresh"), "30s", "{stem}");
        let variables = list(&dashboard["templating"], "list");
        let names: Vec<&str> = variables.iter().map(|variable| text(variable, "name")).collect();
        assert_eq!(names[..4], ["datasource", "job", "instance", "kafka_cluster"], "{stem}");
        assert_eq!((text(&variables[0], "type"), text(&variables[0], "query")), ("datasource", "prometheus"), "{stem}");
        assert_eq!(text(&variables[0], "label"), "Data source", "{stem}");
        for variable in &variables[1..] {
            let name = text(variable, "name");
            assert!(variable["multi"] == true && variable["includeAll"] == true, "{stem}: {name} takes several");
            // Where no cluster is labelled, the empty label must match too.
            let all = if name == "kafka_cluster" { ".*" } else { ".+" };
            assert_eq!(text(variable, "allValue"), all, "{stem}: {name}");
            assert_eq!(variable["refresh"], 2, "{stem}: {name} follows the time range");
            assert_eq!(text(&variable["datasource"], "uid"), "${datasource}", "{stem}: {name}");
            assert!(text(variable, "label").starts_with(|first: char| first.is_uppercase()), "{stem}: {name}");
        }
    }
}

// --- the checks themselves -------------------------------------------------

#[test]
fn a_wrong_expression_is_told() {
    let known = Known::program();
    let wrong = |expression: &str| known.check(expression).0.join("; ");
    for (expression, complaint) in [
        ("kafka_no_such_metric > 0", "neither the program"),
        ("sum by (kafka_cluster, topic) (kafka_broker_isr_missing_partitions)", "no label topic left"),
        ("sum by (peer) (sum by (kafka_cluster) (kafka_broker_isr_missing_partitions))", "no label peer left"),
        ("max without (topic) (kafka_broker_up)", "no label topic left"),
        ("kafka_broker_up{peer=\"1\"} == 0", "no label peer to match"),
        ("brokerwatch_source_up{source=~\"metadata|moon\"} == 0", "source is never moon"),
        ("kafka_broker_up == 0 unless on (planet) up", "no side has the label planet"),
        ("kafka_cluster_leaderless_partitions > 0", "taken by max, not bare"),
        ("sum by (kafka_cluster) (kafka_cluster_leaderless_partitions)", "taken by max, not sum"),
        ("max by (kafka_cluster) (last_over_time(kafka_brokers[5m]))", "taken by min, not max"),
        ("sum by (kafka_cluster) (kafka_topic_partition_replicas)", "comes before any sum"),
        ("max by (kafka_cluster) (kafka_topic_partition_replicas)", "topic and partition are kept"),
        ("max by (kafka_cluster) (kafka_broker_under_replicated_partitions)", "brokers add up"),
        ("kafka_broker_isr_shrinks_total > 0", "through rate"),
        ("brokerwatch_limit_hits_total{source=\"x\"} > 0", "no label source to match"),
        ("rate(kafka_broker_up[5m]) > 0", "no counter"),
        ("1 > 0", "no metric at all"),
        ("{instance=\"x\"}", "without a name"),
    ] {
        assert!(wrong(expression).contains(complaint), "{expression}: {}", wrong(expression));
    }
}

#[test]
fn a_right_expression_passes_and_its_labels_are_those_of_every_branch() {
    let known = Known::program();
    for (expression, labels) in [
        ("max by (kafka_cluster) (kafka_cluster_leaderless_partitions) > 0", "kafka_cluster"),
        (
            "sum by (kafka_cluster) (max by (kafka_cluster, topic, partition) (kafka_topic_partition_replicas))",
            "kafka_cluster",
        ),
        ("kafka_broker_up == 0 unless on (job, instance) kafka_broker_fenced{} > 0", "instance job kafka_cluster"),
        ("kafka_broker_up == 0 or (brokerwatch_source_up == 0 and on (job) (up))", "instance job kafka_cluster"),
        ("group without (source) (brokerwatch_source_up offset 1m)", "instance job kafka_cluster"),
        (
            "sum by (kafka_cluster, peer) (kafka_broker_isr_missing_partitions unless on (job) (kafka_broker_up or up))",
            "kafka_cluster peer",
        ),
        ("sum by (instance) (rate(kafka_broker_isr_shrinks_total{job=~\"$job\"}[$__rate_interval]))", "instance"),
        (
            "group by (kafka_cluster, peer) (label_replace(kafka_broker_info, \"peer\", \"$1\", \"id\", \"(.+)\"))",
            "kafka_cluster peer",
        ),
    ] {
        let (wrong, found) = known.check(expression);
        assert_none(wrong);
        assert_eq!(found.into_iter().collect::<Vec<_>>().join(" "), labels, "{expression}");
    }
}
