//! Every rule is damaged in every small way, and at least one of its tests has to fail for it.
//!
//! A mutant is judged by the tests of its own alert only (of all alerts that read it, for a recording rule), in files of their
//! own that hold nothing else: that is fast, and no test of a neighbour lends a hand.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests read files and start programs, and stop at what they did not expect"
)]

mod common;
#[path = "common/mutants.rs"]
mod mutants;
#[path = "common/shipped.rs"]
mod shipped;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use common::{TempDir, require_all};
use mutants::{Mutant, mutants, one_line};
use serde_json::{Value, json};
use shipped::{assert_none, files, list, parsed, rule_files, text};

/// Rule files of which no mutant lives. Of the others the survivors are printed when they are asked for: RULE_FILE=drives.
const PROVEN: [&str; 4] = ["durability", "quorum", "sidecars", "watchdog"];

/// Mutants of one rule file that are tried: past that, every so many is left out, always the same ones.
const TRIED_MAX: usize = 400;
/// Files given to promtool at once.
const BATCH: usize = 24;

/// A rule file and its tests.
struct Suite {
    stem: String,
    /// Groups with their rules.
    groups: Vec<Value>,
    tests: Value,
}

impl Suite {
    fn all() -> Vec<Self> {
        let tests = files("alerts/tests", "yaml");
        let suite = |(stem, path): (String, PathBuf)| {
            let tests = parsed(tests.get(&stem).unwrap_or_else(|| panic!("alerts/tests/{stem}.yaml")));
            Self { groups: list(&parsed(&path), "groups").to_vec(), tests, stem }
        };
        rule_files().into_iter().map(suite).collect()
    }

    fn rules(&self) -> impl Iterator<Item = &Value> {
        self.groups.iter().flat_map(|group| list(group, "rules"))
    }

    /// Alerts that read a rule, itself included, by way of recording rules too.
    fn readers(&self, name: &str) -> Vec<String> {
        let mut names = vec![name.to_owned()];
        while let Some(more) = self.rules().find(|rule| {
            let own = name_of(rule);
            let reads = |known: &String| has_word(text(rule, "expr"), known);
            !names.iter().any(|known| known == own) && rule.get("record").is_some() && names.iter().any(reads)
        }) {
            names.push(name_of(more).to_owned());
        }
        let alerts = self.rules().filter(|rule| rule.get("alert").is_some());
        let reads = |rule: &&Value| names.iter().any(|name| has_word(text(rule, "expr"), name));
        let readers: Vec<String> = alerts.filter(reads).map(|rule| text(rule, "alert").to_owned()).collect();
        names.into_iter().chain(readers).collect()
    }

    /// The rules that are needed to judge one, that one in the form `mutant`.
    fn rules_with(&self, name: &str, mutant: &Value) -> Value {
        let readers = self.readers(name);
        let needed =
            |rule: &&Value| rule.get("record").is_some() || readers.iter().any(|reader| reader == name_of(rule));
        let group = |group: &Value| {
            let rules = list(group, "rules").iter().filter(needed);
            let rules: Vec<Value> =
                rules.map(|rule| if name_of(rule) == name { mutant.clone() } else { rule.clone() }).collect();
            (!rules.is_empty()).then(|| json!({"name": group["name"], "rules": rules}))
        };
        json!({"groups": self.groups.iter().filter_map(group).collect::<Vec<_>>()})
    }

    /// The tests that judge a rule: cases of alerts that read it, and samples of a recorded name.
    fn tests_of(&self, name: &str, rules: &str) -> Value {
        let readers = self.readers(name);
        let of_alert = |case: &&Value| readers.iter().any(|reader| reader == text(case, "alertname"));
        let of_record = |case: &&Value| readers.iter().any(|reader| has_word(text(case, "expr"), reader));
        let narrowed = |test: &Value| {
            let mut test = test.clone();
            let alerts: Vec<Value> = list(&test, "alert_rule_test").iter().filter(of_alert).cloned().collect();
            let samples: Vec<Value> = list(&test, "promql_expr_test").iter().filter(of_record).cloned().collect();
            let is_judge = !alerts.is_empty() || !samples.is_empty();
            test["alert_rule_test"] = alerts.into();
            test["promql_expr_test"] = samples.into();
            is_judge.then_some(test)
        };
        let tests: Vec<Value> = list(&self.tests, "tests").iter().filter_map(narrowed).collect();
        json!({
            "rule_files": [rules],
            "evaluation_interval": self.tests["evaluation_interval"],
            "tests": tests,
        })
    }

    /// Every rule with each of its mutants.
    fn mutants(&self) -> Vec<(String, String, Value)> {
        let mut all = Vec::new();
        for rule in self.rules() {
            let name = name_of(rule).to_owned();
            for Mutant { what, expression } in mutants(text(rule, "expr")) {
                let mut mutant = rule.clone();
                mutant["expr"] = expression.into();
                all.push((name.clone(), what, mutant));
            }
            let waits = |wait: &&str| rule[*wait].as_str().is_some_and(|wait| !wait.starts_with('0'));
            for wait in ["for", "keep_firing_for"].into_iter().filter(waits) {
                let mut mutant = rule.clone();
                mutant.as_object_mut().unwrap().remove(wait);
                all.push((name.clone(), format!("{wait} dropped"), mutant));
            }
            if let Some(wait) = rule["for"].as_str().filter(|wait| !wait.starts_with('0')) {
                let mut mutant = rule.clone();
                mutant["for"] = longer(wait).into();
                all.push((name.clone(), format!("for {wait} becomes {}", longer(wait)), mutant));
            }
        }
        all
    }
}

fn name_of(rule: &Value) -> &str {
    let alert = text(rule, "alert");
    if alert.is_empty() { text(rule, "record") } else { alert }
}

fn has_word(expression: &str, word: &str) -> bool {
    let part = |next: char| next.is_alphanumeric() || "_:".contains(next);
    expression.split(|next| !part(next)).any(|found| found == word)
}

/// Three times a duration of one unit.
fn longer(wait: &str) -> String {
    let (number, unit) = wait.split_at(wait.len() - 1);
    number.parse::<u32>().map_or_else(|_| "365d".to_owned(), |number| format!("{}{unit}", number * 3))
}

/// Whether each test file failed, in their order. What is no valid rule is an error of this test.
fn judge(files: &[PathBuf]) -> Vec<bool> {
    // Success goes to one stream and failure to the other: their order counts, so both end in one pipe.
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut command = Command::new("promtool");
    command.args(["test", "rules"]).args(files).stdout(writer.try_clone().unwrap()).stderr(writer);
    let mut child = command.spawn().unwrap();
    // It holds the other ends of the pipe, which would never close.
    drop(command);
    let mut said = String::new();
    reader.read_to_string(&mut said).unwrap();
    child.wait().unwrap();
    // Per file: its name (since 3.0), then SUCCESS, SKIPPED or FAILED. What failed follows its own heading.
    let mut verdicts = Vec::new();
    for line in said.lines() {
        match line.trim() {
            "SUCCESS" => verdicts.push(false),
            "FAILED:" => verdicts.push(true),
            _ => {}
        }
    }
    let invalid = ["parse error", "could not parse", "unmarshal"];
    if verdicts.len() != files.len() || invalid.iter().any(|words| said.contains(words)) {
        panic!("{} verdicts for {} files:\n{}", verdicts.len(), files.len(), &said[..said.len().min(4_000)]);
    }
    verdicts
}

/// The mutants of a suite that no test noticed, and how many were tried.
fn survivors(suite: &Suite, folder: &Path) -> (Vec<String>, usize) {
    let all = suite.mutants();
    let step = all.len().div_ceil(TRIED_MAX).max(1);
    let tried: Vec<_> = all.into_iter().step_by(step).collect();
    let mut paths = Vec::new();
    for (number, (name, _, mutant)) in tried.iter().enumerate() {
        let [rules, tests] = ["rules", "tests"].map(|kind| folder.join(format!("{}-{number}-{kind}.yaml", suite.stem)));
        std::fs::write(&rules, suite.rules_with(name, mutant).to_string()).unwrap();
        std::fs::write(&tests, suite.tests_of(name, &rules.to_string_lossy()).to_string()).unwrap();
        paths.push(tests);
    }
    let batches: Vec<&[PathBuf]> = paths.chunks(BATCH).collect();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let verdicts = std::sync::Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let batch = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some(files) = batches.get(batch) else { break };
                    let judged = judge(files);
                    verdicts.lock().unwrap().insert(batch, judged);
                }
            });
        }
    });
    let verdicts = verdicts.into_inner().unwrap().into_values().flatten();
    let lives = tried.iter().zip(verdicts).filter(|(_, failed)| !failed).map(|((name, what, _), _)| (name, what));
    (lives.map(|(name, what)| format!("{}.yaml, {name}: {what}", suite.stem)).collect(), tried.len())
}

#[test]
fn a_damaged_rule_fails_a_test() {
    if Command::new("promtool").arg("--version").output().is_err() {
        assert!(!require_all(), "promtool is missing: run tests/tools/prometheus");
        writeln!(std::io::stderr(), "SKIPPED: promtool (run tests/tools/prometheus)").unwrap();
        return;
    }
    let only = std::env::var("RULE_FILE").ok();
    let folder = TempDir::new();
    let began = Instant::now();
    let (mut lives, mut tried) = (Vec::new(), 0);
    for suite in Suite::all()
        .iter()
        .filter(|suite| only.as_ref().map_or(PROVEN.contains(&suite.stem.as_str()), |only| *only == suite.stem))
    {
        let at = Instant::now();
        let (of_suite, count) = survivors(suite, folder.path());
        let took = at.elapsed().as_secs_f64();
        writeln!(std::io::stderr(), "{}: {count} mutants, {} live, {took:.1} s", suite.stem, of_suite.len()).unwrap();
        lives.extend(of_suite);
        tried += count;
    }
    writeln!(std::io::stderr(), "{tried} mutants, {:.1} s", began.elapsed().as_secs_f64()).unwrap();
    assert_none(lives);
}

/// Without a mutation, each rule's own files pass: a mutant that fails is not failed by the cutting.
#[test]
fn undamaged_rules_pass_in_files_of_their_own() {
    if Command::new("promtool").arg("--version").output().is_err() {
        return;
    }
    let folder = TempDir::new();
    let mut paths = Vec::new();
    for suite in Suite::all() {
        if !PROVEN.contains(&suite.stem.as_str()) {
            continue;
        }
        for rule in suite.rules() {
            let name = name_of(rule);
            let mut same = rule.clone();
            same["expr"] = one_line(text(rule, "expr")).into();
            let number = paths.len();
            let [rules, tests] = ["rules", "tests"].map(|kind| folder.path().join(format!("{number}-{kind}.yaml")));
            std::fs::write(&rules, suite.rules_with(name, &same).to_string()).unwrap();
            std::fs::write(&tests, suite.tests_of(name, &rules.to_string_lossy()).to_string()).unwrap();
            paths.push((name.to_owned(), tests));
        }
    }
    let files: Vec<PathBuf> = paths.iter().map(|(_, path)| path.clone()).collect();
    let verdicts = judge(&files);
    assert_none(paths.into_iter().zip(verdicts).filter(|(_, failed)| *failed).map(|((name, _), _)| name).collect());
}
