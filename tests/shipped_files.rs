//! Rules, runbooks and dashboards agree with the program and with each other, and promtool has seen them fire.
//!
//! What an expression uses is found by a scan of its tokens: enough to follow labels through aggregations and to tell
//! which operand of a join only filters. It is no parser: promtool is, and runs below. `by` stands before its operand.

#![expect(clippy::disallowed_methods, reason = "tests read files and start programs")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use brokerwatch::collectors::COLLECTORS;
use brokerwatch::derive::broker::DOWN_REASONS;
use brokerwatch::exposition::{Family, Kind, Scope};
use brokerwatch::self_metrics::{self, Described};
use brokerwatch::sources::SOURCES;
use common::{repository, require_all};
use serde_json::Value;

/// Labels that the scrape configuration gives to every target.
const TARGET_LABELS: [&str; 3] = ["instance", "job", "kafka_cluster"];
/// Metrics that Prometheus itself makes, with their labels beside those of the target.
const FOREIGN: [(&str, &[&str]); 2] = [("up", &[]), ("ALERTS", &["alertname", "alertstate", "severity", "peer"])];
/// Labels that identify a thing across clusters, so that `by` may go without the cluster (a host, a directory).
const INTRINSIC_LABELS: [&str; 2] = ["boot_id", "directory_id"];
const AGGREGATIONS: [&str; 10] =
    ["sum", "max", "min", "avg", "count", "group", "topk", "bottomk", "stddev", "count_values"];
const PANELS_MAX: usize = 20;

type Labels = BTreeSet<String>;

// --- expressions -----------------------------------------------------------

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// Names, keywords, numbers, durations and `$variables`.
    Word(String),
    Text(String),
    Sign(char),
}

fn tokens(expression: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = expression.chars().peekable();
    while let Some(first) = rest.next() {
        if first.is_whitespace() {
            continue;
        }
        if first == '"' || first == '\'' {
            tokens.push(Token::Text(rest.by_ref().take_while(|next| *next != first).collect()));
        } else if first.is_alphanumeric() || "_:$.".contains(first) {
            let mut word = String::from(first);
            while let Some(next) = rest.next_if(|next| next.is_alphanumeric() || "_:.".contains(*next)) {
                word.push(next);
            }
            tokens.push(Token::Word(word));
        } else {
            tokens.push(Token::Sign(first));
        }
    }
    tokens
}

/// What surrounds a metric in an expression.
#[derive(Clone, Debug)]
enum Around {
    By { operation: String, labels: Vec<String> },
    Without { operation: String, labels: Vec<String> },
    Function { name: String, texts: Vec<String> },
    Parentheses,
}

/// A metric as an expression uses it.
#[derive(Debug)]
struct Use {
    metric: String,
    matchers: Vec<(String, String)>,
    /// Innermost last; for a filter only what is inside it.
    around: Vec<Around>,
    /// It is the right side of `and` or `unless`: its labels and its value do not come through.
    filters: bool,
}

#[derive(Debug, Default)]
struct Scan {
    uses: Vec<Use>,
    /// Label lists of `on`.
    joins: Vec<Vec<String>>,
    /// Joins that are not `and on` or `unless on`.
    grouped: bool,
}

/// Walks the tokens of one expression.
struct Scanner {
    tokens: Vec<Token>,
    at: usize,
    /// For each open parenthesis what it belongs to, and whether its operand, and the one before it, only filters.
    open: Vec<(Around, bool, bool)>,
    filters: bool,
    scan: Scan,
}

impl Scanner {
    fn scan(expression: &str) -> Scan {
        let mut scanner =
            Self { tokens: tokens(expression), at: 0, open: Vec::new(), filters: false, scan: Scan::default() };
        while let Some(token) = scanner.next() {
            match token {
                Token::Word(word) => scanner.word(word),
                Token::Sign('(') => scanner.open(Around::Parentheses),
                Token::Sign(')') => scanner.filters = scanner.open.pop().is_some_and(|(_, _, before)| before),
                Token::Sign('[') => while scanner.next().is_some_and(|token| token != Token::Sign(']')) {},
                Token::Sign('{') => scanner.scan.uses.push(Use {
                    metric: "a selector without a name".into(),
                    matchers: Vec::new(),
                    around: Vec::new(),
                    filters: false,
                }),
                Token::Text(_) | Token::Sign(_) => {}
            }
        }
        scanner.scan
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn next_is(&self, sign: char) -> bool {
        self.tokens.get(self.at) == Some(&Token::Sign(sign))
    }

    fn open(&mut self, around: Around) {
        self.open.push((around, self.filters, self.filters));
    }

    fn word(&mut self, word: String) {
        if AGGREGATIONS.contains(&word.as_str()) {
            let grouping = match self.tokens.get(self.at) {
                Some(Token::Word(next)) if next == "by" || next == "without" => next.clone(),
                _ => String::new(),
            };
            self.at += usize::from(!grouping.is_empty());
            let labels = if grouping.is_empty() { Vec::new() } else { self.labels() };
            self.at += usize::from(self.next_is('('));
            let is_without = grouping == "without";
            let by = Around::By { operation: word.clone(), labels: labels.clone() };
            self.open(if is_without { Around::Without { operation: word, labels } } else { by });
            return;
        }
        match word.as_str() {
            "and" | "unless" => {
                self.filters = true;
                if !matches!(self.tokens.get(self.at), Some(Token::Word(next)) if next == "on") {
                    self.scan.grouped = true;
                }
            }
            // Weaker than `and` and `unless`: what follows comes through again, if the parentheses do.
            "or" => self.filters = self.open.last().is_some_and(|(_, inherited, _)| *inherited),
            "on" => {
                let before = self.at.checked_sub(2).and_then(|before| self.tokens.get(before));
                let is_filter = matches!(before, Some(Token::Word(word)) if word == "and" || word == "unless");
                self.scan.grouped |= !is_filter;
                let labels = self.labels();
                self.scan.joins.push(labels);
            }
            "ignoring" | "group_left" | "group_right" => {
                self.scan.grouped = true;
                if self.next_is('(') {
                    self.labels();
                }
            }
            "by" | "without" => panic!("{word} stands before its operand"),
            "bool" | "offset" => {}
            _ if self.next_is('(') => {
                let texts = self.texts();
                self.at += 1;
                self.open(Around::Function { name: word, texts });
            }
            _ if word.starts_with(|first: char| first.is_ascii_digit() || first == '$') => {}
            _ => self.metric(word),
        }
    }

    fn metric(&mut self, metric: String) {
        let mut matchers = Vec::new();
        if self.next_is('{') {
            self.at += 1;
            let mut label = String::new();
            while let Some(token) = self.next().filter(|token| *token != Token::Sign('}')) {
                match token {
                    Token::Word(word) => label = word,
                    Token::Text(text) => matchers.push((std::mem::take(&mut label), text)),
                    Token::Sign(_) => {}
                }
            }
        }
        // What surrounds the join that a filter belongs to does not see the filter's labels.
        let sees = |(_, inherited, _): &&(Around, bool, bool)| !self.filters || *inherited;
        let around = self.open.iter().filter(sees).map(|(around, ..)| around.clone()).collect();
        self.scan.uses.push(Use { metric, matchers, around, filters: self.filters });
    }

    /// A list of labels in parentheses.
    fn labels(&mut self) -> Vec<String> {
        assert!(self.next_is('('), "a list of labels follows on, by and without");
        let mut labels = Vec::new();
        while let Some(token) = self.next().filter(|token| *token != Token::Sign(')')) {
            if let Token::Word(label) = token {
                labels.push(label);
            }
        }
        labels
    }

    /// The texts among the arguments of the function whose parenthesis comes next.
    fn texts(&self) -> Vec<String> {
        let mut depth = 0;
        let mut texts = Vec::new();
        for token in &self.tokens[self.at..] {
            match token {
                Token::Sign('(' | '{') => depth += 1,
                Token::Sign(')' | '}') if depth == 1 => break,
                Token::Sign(')' | '}') => depth -= 1,
                Token::Text(text) if depth == 1 => texts.push(text.clone()),
                _ => {}
            }
        }
        texts
    }
}

// --- what the program and the recording rules have -------------------------

/// Every metric that an expression may name.
struct Known {
    families: BTreeMap<&'static str, &'static Family>,
    /// Metrics about the program itself, with their labels.
    own: BTreeMap<String, Labels>,
    recorded: BTreeMap<String, Labels>,
}

impl Known {
    fn program() -> Self {
        let families = COLLECTORS.iter().flat_map(|collector| collector.families.iter().copied());
        let own = self_metrics::described().into_iter().flat_map(|Described { name, kind, labels, .. }| {
            let labels: Labels = labels.into_iter().collect();
            let bucket = labels.iter().cloned().chain(["le".to_owned()]).collect();
            let [count, sum, buckets] = ["count", "sum", "bucket"].map(|part| format!("{name}_{part}"));
            match kind {
                "histogram" => vec![(count, labels.clone()), (sum, labels), (buckets, bucket)],
                _ => vec![(name, labels)],
            }
        });
        Self {
            families: families.map(|family| (family.name, family)).collect(),
            own: own.collect(),
            recorded: BTreeMap::new(),
        }
    }

    fn with_recordings() -> Self {
        let mut known = Self::program();
        for rule in rules().iter().filter(|rule| rule.get("record").is_some()) {
            let scan = Scanner::scan(text(rule, "expr"));
            let outputs = scan.uses.iter().filter(|used| !used.filters).map(|used| known.output(used, &mut Vec::new()));
            let labels = outputs.flatten().collect();
            known.recorded.insert(text(rule, "record").to_owned(), labels);
        }
        known
    }

    fn labels(&self, metric: &str) -> Option<Labels> {
        if let Some(labels) = self.recorded.get(metric) {
            return Some(labels.clone());
        }
        let foreign = FOREIGN.iter().find(|(name, _)| *name == metric).map(|(_, labels)| *labels);
        let told = self.families.get(metric).map(|family| family.labels).or(foreign);
        let told = told.map(|labels| labels.iter().map(|label| (*label).to_owned()).collect());
        let own: Labels = told.or_else(|| self.own.get(metric).cloned())?;
        Some(own.into_iter().chain(TARGET_LABELS.map(str::to_owned)).collect())
    }

    /// The labels that come out of the whole expression for this metric; what does not fit on the way goes to `wrong`.
    fn output(&self, used: &Use, wrong: &mut Vec<String>) -> Labels {
        let metric = &used.metric;
        let Some(mut labels) = self.labels(metric) else {
            wrong.push(format!("{metric}: neither the program nor a recording rule has it"));
            return Labels::new();
        };
        for (label, value) in &used.matchers {
            if !labels.contains(label) {
                wrong.push(format!("{metric}: no label {label} to match"));
            }
            let known: Vec<&str> = match (metric.as_str(), label.as_str()) {
                (own, "source") if own.starts_with("brokerwatch_") => {
                    SOURCES.iter().map(|source| source.name).collect()
                }
                ("kafka_broker_down_reason", "reason") => DOWN_REASONS.iter().map(|reason| reason.as_str()).collect(),
                _ => continue,
            };
            let never = value.split('|').filter(|value| !value.is_empty() && !known.contains(value));
            wrong.extend(never.map(|value| format!("{metric}: {label} is never {value}")));
        }
        for around in used.around.iter().rev() {
            match around {
                // Chooses series and changes none.
                Around::By { operation, labels } if operation.ends_with('k') && labels.is_empty() => {}
                Around::By { labels: by, .. } => {
                    for label in by.iter().filter(|label| !labels.contains(*label)) {
                        wrong.push(format!("{metric}: no label {label} left to aggregate by"));
                    }
                    labels = by.iter().cloned().collect();
                }
                Around::Without { labels: without, .. } => {
                    for label in without.iter().filter(|label| !labels.remove(*label)) {
                        wrong.push(format!("{metric}: no label {label} left to aggregate without"));
                    }
                }
                Around::Function { name, texts } if name == "label_replace" => labels.extend(texts.first().cloned()),
                Around::Function { .. } | Around::Parentheses => {}
            }
        }
        labels
    }

    /// What is wrong with an expression, and the labels of its result: those that each branch of `or` has.
    fn check(&self, expression: &str) -> (Vec<String>, Labels) {
        let scan = Scanner::scan(expression);
        let mut wrong = Vec::new();
        let mut result: Option<Labels> = None;
        let mut joinable: Labels = TARGET_LABELS.iter().map(|label| (*label).to_owned()).collect();
        for used in &scan.uses {
            let output = self.output(used, &mut wrong);
            joinable.extend(self.labels(&used.metric).unwrap_or_default());
            joinable.extend(output.iter().cloned());
            if !used.filters {
                result = Some(result.map_or(output.clone(), |labels| labels.intersection(&output).cloned().collect()));
                if let Some(family) = self.families.get(used.metric.as_str()) {
                    wrong.extend(scope(family, used));
                }
            }
        }
        if scan.uses.is_empty() {
            wrong.push("no metric at all".into());
        }
        for label in scan.joins.iter().flatten().filter(|label| !joinable.contains(*label)) {
            wrong.push(format!("no side has the label {label} to join on"));
        }
        (wrong, result.unwrap_or_default())
    }
}

/// Whether a metric is added up as its Scope says.
fn scope(family: &Family, used: &Use) -> Vec<String> {
    let functions: Vec<&str> = used.around.iter().filter_map(function).collect();
    let nearest = used.around.iter().rev().find_map(aggregation);
    let operation = nearest.map_or("", |(operation, _)| operation);
    let by = nearest.map_or(&[][..], |(_, labels)| labels);
    let has = |label: &str| by.iter().any(|kept| kept == label);
    let mut wrong = Vec::new();
    let mut demand = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!(
                "{}: {what}, not {}",
                family.name,
                if operation.is_empty() { "bare" } else { operation }
            ));
        }
    };
    let counts = ["group", "count"].contains(&operation);
    match family.scope {
        Scope::ClusterMax => demand(counts || operation == "max", "a bad count that all report is taken by max"),
        Scope::ClusterMin => demand(counts || operation == "min", "a good count that all report is taken by min"),
        Scope::Broker if family.labels.contains(&"partition") => {
            let once = ["max", "min", "group", ""].contains(&operation);
            demand(once, "a moving partition has two owners, so max by (topic, partition) comes before any sum");
            let kept = ["group", ""].contains(&operation) || (has("topic") && has("partition"));
            demand(kept, "topic and partition are kept when owners are merged");
        }
        Scope::Broker if ["max", "min"].contains(&operation) => {
            let kept = has("instance") && family.labels.iter().all(|label| has(label));
            demand(kept, "brokers add up, so max and min keep instance and every label");
        }
        Scope::Broker | Scope::Itself => {}
    }
    if family.kind == Kind::Counter {
        let rated = functions.iter().any(|name| ["rate", "increase", "irate"].contains(name));
        demand(rated, "a counter is looked at through rate or increase");
    }
    wrong
}

fn function(around: &Around) -> Option<&str> {
    match around {
        Around::Function { name, .. } => Some(name),
        Around::By { .. } | Around::Without { .. } | Around::Parentheses => None,
    }
}

/// The operation and the labels that it keeps by name.
fn aggregation(around: &Around) -> Option<(&str, &[String])> {
    match around {
        Around::By { operation, labels } => Some((operation, labels)),
        Around::Without { operation, .. } => Some((operation, &[])),
        Around::Function { .. } | Around::Parentheses => None,
    }
}

// --- files -----------------------------------------------------------------

/// Files of a folder with an ending, by stem; a folder that is not there has none.
fn files(folder: &str, ending: &str) -> BTreeMap<String, PathBuf> {
    let Ok(entries) = std::fs::read_dir(repository(folder)) else { return BTreeMap::new() };
    let paths = entries.map(|entry| entry.expect("the folder can be listed").path());
    let of_kind = paths.filter(|path| path.extension().is_some_and(|found| found == ending));
    of_kind.map(|path| (path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), path)).collect()
}

fn parsed(path: &PathBuf) -> Value {
    let contents = std::fs::read_to_string(path).expect("shipped files can be read");
    // JSON is YAML, so one reader does for both.
    serde_yaml::from_str(&contents).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or("")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn rules() -> Vec<Value> {
    let files = files("alerts", "yaml");
    assert!(!files.is_empty(), "alerts/ holds rules");
    let groups = files.values().flat_map(|path| list(&parsed(path), "groups").to_vec());
    groups.flat_map(|group| list(&group, "rules").to_vec()).collect()
}

fn alerts() -> Vec<Value> {
    rules().into_iter().filter(|rule| rule.get("alert").is_some()).collect()
}

fn dashboards() -> Vec<(String, Value)> {
    files("dashboards", "json").into_iter().map(|(stem, path)| (stem, parsed(&path))).collect()
}

/// Panels that show something.
fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    list(dashboard, "panels").iter().filter(|panel| text(panel, "type") != "row")
}

/// Expressions of `query` in a template, with its `%q` filled by nothing.
fn template_queries(template: &str) -> Vec<String> {
    let quoted = template.split('"').skip(1).step_by(2);
    let queries = quoted.filter(|quoted| quoted.contains("{") && quoted.contains("%q"));
    queries.map(|query| query.replace("%q", "\"\"")).collect()
}

/// Words that follow `start` in a template, such as labels after `$labels.`.
fn named_after<'a>(template: &'a str, start: &str) -> impl Iterator<Item = &'a str> {
    let ends = |next: char| !(next.is_alphanumeric() || next == '_');
    template.split(start).skip(1).map(move |rest| rest.split(ends).next().unwrap_or_default())
}

/// Fails with every complaint at once.
fn assert_none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "{} complaints:\n  {}", complaints.len(), complaints.join("\n  "));
}

// --- rules -----------------------------------------------------------------

#[test]
fn rules_name_what_the_program_has_and_respect_its_scope() {
    let known = Known::with_recordings();
    let mut complaints = Vec::new();
    for rule in rules() {
        let name = if rule.get("alert").is_some() { text(&rule, "alert") } else { text(&rule, "record") };
        let (mut wrong, labels) = known.check(text(&rule, "expr"));
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
fn every_alert_has_a_case_where_it_fires_and_one_where_it_is_silent() {
    let mut fires = BTreeSet::new();
    let mut silent = BTreeSet::new();
    for path in files("alerts/tests", "yaml").values() {
        let file = parsed(path);
        for case in list(&file, "tests").iter().flat_map(|test| list(test, "alert_rule_test")) {
            let cases = if list(case, "exp_alerts").is_empty() { &mut silent } else { &mut fires };
            cases.insert(text(case, "alertname").to_owned());
        }
    }
    let names: Vec<String> = alerts().iter().map(|alert| text(alert, "alert").to_owned()).collect();
    let missing = |cases: &BTreeSet<String>, what: &str| -> Vec<String> {
        names.iter().filter(|name| !cases.contains(*name)).map(|name| format!("{name}: no {what} case")).collect()
    };
    assert_none([missing(&fires, "firing"), missing(&silent, "silent")].concat());
}

#[test]
fn promtool_accepts_the_rules_and_their_tests_pass() {
    let rules = files("alerts", "yaml");
    let tests = files("alerts/tests", "yaml");
    assert_eq!(rules.keys().collect::<Vec<_>>(), tests.keys().collect::<Vec<_>>(), "each rule file has its tests");
    promtool(&["check", "rules", "--lint=all", "--lint-fatal"], rules.into_values());
    promtool(&["test", "rules"], tests.into_values());
}

/// Queries outside of rules are made into recording rules, for which promtool has a check.
#[test]
fn promtool_parses_the_queries_of_panels_and_of_alerts_texts() {
    let boards = dashboards();
    let targets = boards.iter().flat_map(|(_, board)| panels(board)).flat_map(|panel| list(panel, "targets"));
    let shown = targets.map(|target| text(target, "expr").replace("$__rate_interval", "5m"));
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

fn promtool(arguments: &[&str], files: impl IntoIterator<Item = PathBuf>) {
    let output = match Command::new("promtool").args(arguments).args(files).output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !require_all() => {
            // Past the capture of cargo test: a skip must be seen.
            writeln!(std::io::stderr(), "SKIPPED: promtool (run tests/tools/prometheus)").expect("stderr is open");
            return;
        }
        Err(error) => panic!("promtool (run tests/tools/prometheus): {error}"),
    };
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(output.status.success(), "promtool {}:\n{said}", arguments.join(" "));
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
    let expression = text(target, "expr");
    let (mut wrong, labels) = known.check(expression);
    let shown = named_after(text(target, "legendFormat"), "{{").filter(|label| !labels.contains(*label));
    wrong.extend(shown.map(|label| format!("the legend shows {label}, which the result has not")));
    for used in Scanner::scan(expression).uses {
        // A recording rule for whole clusters has no target labels left, and a filter by what is not there shows nothing.
        let filters =
            TARGET_LABELS.iter().filter(|label| known.labels(&used.metric).is_some_and(|all| all.contains(**label)));
        for label in filters {
            if !used.matchers.iter().any(|(matched, value)| matched == label && *value == format!("${label}")) {
                wrong.push(format!("{}: no {label}=~\"${label}\"", used.metric));
            }
        }
    }
    if expression.split('[').skip(1).any(|range| !range.starts_with("$__rate_interval]")) {
        wrong.push("ranges are $__rate_interval".into());
    }
    if text(target, "legendFormat").is_empty() || text(&target["datasource"], "uid") != "${datasource}" {
        wrong.push("a query has a legend and the data source variable".into());
    }
    wrong
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
