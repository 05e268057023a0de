//! What a rule's expression uses, and whether the program has it.
//!
//! What an expression uses is found by a scan of its tokens: enough to follow labels through aggregations and to tell
//! which operand of a join only filters. It is no parser: promtool is. `by` stands before its operand.
#![allow(dead_code, reason = "each test target uses its own part")]

use std::collections::{BTreeMap, BTreeSet};

use brokerwatch::collectors::COLLECTORS;
use brokerwatch::derive::broker::DOWN_REASONS;
use brokerwatch::exposition::{Family, Kind, Scope};
use brokerwatch::self_metrics::{Described, described};
use brokerwatch::sources::SOURCES;

use crate::shipped::{rules, text};

/// Labels that the scrape configuration gives to every target.
pub(crate) const TARGET_LABELS: [&str; 3] = ["instance", "job", "kafka_cluster"];
/// Metrics that Prometheus itself makes, with their labels beside those of the target.
pub(crate) const FOREIGN: [(&str, &[&str]); 2] =
    [("up", &[]), ("ALERTS", &["alertname", "alertstate", "severity", "peer"])];
/// Labels that identify a thing across clusters, so that `by` may go without the cluster (a host, a directory).
pub(crate) const INTRINSIC_LABELS: [&str; 3] = ["boot_id", "directory_id", "serial"];
pub(crate) const AGGREGATIONS: [&str; 11] =
    ["sum", "max", "min", "avg", "count", "group", "topk", "bottomk", "stddev", "count_values", "quantile"];

pub(crate) type Labels = BTreeSet<String>;

// --- expressions -----------------------------------------------------------

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// Names, keywords, numbers, durations and `$variables`.
    Word(String),
    Text(String),
    Sign(char),
}

pub(crate) fn tokens(expression: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = expression.chars().peekable();
    while let Some(first) = rest.next() {
        if first == '#' {
            rest.by_ref().find(|next| *next == '\n');
            continue;
        }
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
pub(crate) enum Around {
    By { operation: String, labels: Vec<String> },
    Without { operation: String, labels: Vec<String> },
    Function { name: String, texts: Vec<String> },
    Parentheses,
}

/// A metric as an expression uses it.
#[derive(Debug)]
pub(crate) struct Use {
    pub(crate) metric: String,
    pub(crate) matchers: Vec<(String, String)>,
    /// Innermost last; for a filter only what is inside it.
    pub(crate) around: Vec<Around>,
    /// It is the right side of `and` or `unless`: its labels and its value do not come through.
    pub(crate) filters: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) uses: Vec<Use>,
    /// Label lists of `on`.
    pub(crate) joins: Vec<Vec<String>>,
    /// Joins that are not `and on` or `unless on`.
    pub(crate) grouped: bool,
}

/// Walks the tokens of one expression.
pub(crate) struct Scanner {
    tokens: Vec<Token>,
    at: usize,
    /// For each open parenthesis what it belongs to, and whether its operand, and the one before it, only filters.
    open: Vec<(Around, bool, bool)>,
    filters: bool,
    scan: Scan,
}

impl Scanner {
    pub(crate) fn scan(expression: &str) -> Scan {
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
pub(crate) struct Known {
    pub(crate) families: BTreeMap<&'static str, &'static Family>,
    /// Series of the program's own instruments: whether they are counters, and their labels.
    pub(crate) instruments: BTreeMap<String, (bool, Labels)>,
    recorded: BTreeMap<String, Labels>,
}

impl Known {
    pub(crate) fn program() -> Self {
        let families = COLLECTORS.iter().flat_map(|collector| collector.families.iter().copied());
        let instruments = described().into_iter().flat_map(|Described { name, kind, labels, .. }| {
            let labels: Labels = labels.into_iter().collect();
            let bucket: Labels = labels.iter().cloned().chain(["le".to_owned()]).collect();
            let [count, sum, buckets] = ["count", "sum", "bucket"].map(|part| format!("{name}_{part}"));
            match kind {
                "histogram" => {
                    vec![(count, (true, labels.clone())), (sum, (true, labels)), (buckets, (true, bucket))]
                }
                _ => vec![(name, (kind == "counter", labels))],
            }
        });
        Self {
            families: families.map(|family| (family.name, family)).collect(),
            instruments: instruments.collect(),
            recorded: BTreeMap::new(),
        }
    }

    pub(crate) fn with_recordings() -> Self {
        let mut known = Self::program();
        for rule in rules().iter().filter(|rule| rule.get("record").is_some()) {
            let scan = Scanner::scan(text(rule, "expr"));
            let outputs = scan.uses.iter().filter(|used| !used.filters).map(|used| known.output(used, &mut Vec::new()));
            let labels = outputs.flatten().collect();
            known.recorded.insert(text(rule, "record").to_owned(), labels);
        }
        known
    }

    pub(crate) fn labels(&self, metric: &str) -> Option<Labels> {
        if let Some(labels) = self.recorded.get(metric) {
            return Some(labels.clone());
        }
        let foreign = FOREIGN.iter().find(|(name, _)| *name == metric).map(|(_, labels)| *labels);
        let own = self.families.get(metric).map(|family| family.labels).or(foreign);
        let own = own.map(|labels| labels.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>());
        let own = own.or_else(|| Some(self.instruments.get(metric)?.1.iter().cloned().collect()))?;
        Some(own.into_iter().chain(TARGET_LABELS.map(str::to_owned)).collect())
    }

    /// The labels that come out of the whole expression for this metric; what does not fit on the way goes to `wrong`.
    pub(crate) fn output(&self, used: &Use, wrong: &mut Vec<String>) -> Labels {
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
                Around::Function { name, texts } if name == "label_replace" || name == "label_join" => {
                    labels.extend(texts.first().cloned())
                }
                Around::Function { .. } | Around::Parentheses => {}
            }
        }
        labels
    }

    /// What is wrong with an expression, and the labels of its result: those that each branch of `or` has.
    pub(crate) fn check(&self, expression: &str) -> (Vec<String>, Labels) {
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
                    wrong.extend(self.rated(used));
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

impl Known {
    /// Whether counters, and only counters, are looked at by their growth. What filters may ask whether a counter is there.
    pub(crate) fn rated(&self, used: &Use) -> Option<String> {
        let own = self.families.get(used.metric.as_str()).map(|family| family.kind == Kind::Counter);
        let is_counter = own.or_else(|| Some(self.instruments.get(&used.metric)?.0))?;
        let functions: Vec<&str> = used.around.iter().filter_map(function).collect();
        let rated = functions.iter().any(|name| ["rate", "increase", "irate", "resets"].contains(name));
        let name = &used.metric;
        match (is_counter, rated) {
            (true, false) => Some(format!("{name}: a counter is looked at through rate or increase")),
            (false, true) => {
                Some(format!("{name}: no counter, and rate and increase are for counters: delta or deriv"))
            }
            _ => None,
        }
    }
}

/// Whether a metric is added up as its Scope says.
pub(crate) fn scope(family: &Family, used: &Use) -> Vec<String> {
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
    wrong
}

pub(crate) fn function(around: &Around) -> Option<&str> {
    match around {
        Around::Function { name, .. } => Some(name),
        Around::By { .. } | Around::Without { .. } | Around::Parentheses => None,
    }
}

/// The operation and the labels that it keeps by name.
pub(crate) fn aggregation(around: &Around) -> Option<(&str, &[String])> {
    match around {
        Around::By { operation, labels } => Some((operation, labels)),
        Around::Without { operation, .. } => Some((operation, &[])),
        Around::Function { .. } | Around::Parentheses => None,
    }
}
