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
use shipped::{assert_none, list, parsed, rarely_collecting, rule_files, test_files, text};

/// Mutants that are the rule: the rule's name, how the mutant begins, what stands in it, and why no test can tell.
const SAME: [(&str, &str, &str, &str); 5] = [
    ("KafkaHostCpuSteal", "sum becomes max", "", "there is one mode of that name, and `sum` takes the label away"),
    (
        "instance_device_op:kafka_disk_io_time_seconds:slow_among_peers",
        "> becomes >=",
        "> 3.5",
        "a quotient of logarithms never is 3.5",
    ),
    (
        "instance_device_op:kafka_disk_io_time_seconds:slow_among_peers",
        "> becomes >=",
        "> 0.6931",
        "a difference of logarithms never is 0.6931",
    ),
    (
        "KafkaDriveStalled",
        "alertstate=\"firing\" dropped",
        "",
        "without `for` nothing is pending; with --set KafkaDriveStalled.for it may be",
    ),
    (
        "KafkaLogDirNotWritable",
        "alertstate=\"firing\" dropped",
        "",
        "without `for` nothing is pending; with --set KafkaLogDirNotWritable.for it may be",
    ),
];

/// Mutants of one rule file that are tried: past that, every so many is left out, always the same ones.
const TRIED_MAX: usize = 400;
/// Files given to promtool at once.
const BATCH: usize = 24;

/// A rule file and its tests.
struct Suite {
    stem: String,
    /// Groups with their rules.
    groups: Vec<Value>,
    /// Files of tests, which differ in how often they evaluate.
    tests: Vec<Value>,
}

impl Suite {
    fn all() -> Vec<Self> {
        let mut tests = test_files();
        let suite = |(stem, path): (String, PathBuf)| {
            let tests = tests.remove(&stem).unwrap_or_else(|| panic!("alerts/tests/{stem}.yaml"));
            let tests = tests.iter().map(parsed).collect();
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

    /// The tests that judge a rule, file by file: cases of alerts that read it, and samples of a recorded name.
    fn tests_of(&self, name: &str, rules: &str) -> Vec<Value> {
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
        let file = |file: &Value| {
            let tests: Vec<Value> = list(file, "tests").iter().filter_map(narrowed).collect();
            let interval = &file["evaluation_interval"];
            (!tests.is_empty()).then(|| json!({"rule_files": [rules], "evaluation_interval": interval, "tests": tests}))
        };
        self.tests.iter().filter_map(file).collect()
    }

    /// Writes one form of a rule and the tests that judge it; the paths of the tests.
    fn write(&self, folder: &Path, number: usize, form: &Value) -> Vec<PathBuf> {
        let path = |kind: &str| folder.join(format!("{}-{number}-{kind}.yaml", self.stem));
        let (name, rules) = (name_of(form), path("rules"));
        std::fs::write(&rules, self.rules_with(name, form).to_string()).unwrap();
        let tests = self.tests_of(name, &rules.to_string_lossy());
        assert!(!tests.is_empty(), "{name}: no test in alerts/tests/{}.yaml asks for it", self.stem);
        let written = tests.iter().enumerate().map(|(file, test)| {
            let path = path(&format!("tests-{file}"));
            std::fs::write(&path, test.to_string()).unwrap();
            path
        });
        written.collect()
    }

    /// Every rule with each of its mutants that differ from it.
    fn mutants(&self) -> Vec<(String, String, Value)> {
        let mut all = Vec::new();
        for rule in self.rules() {
            let name = name_of(rule).to_owned();
            for Mutant { what, expression } in mutants(text(rule, "expr")) {
                if SAME.iter().any(|(of, how, part, _)| *of == name && what.starts_with(how) && what.contains(part)) {
                    continue;
                }
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
    rarely_collecting(&mut command);
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
    let of_mutants: Vec<Vec<PathBuf>> =
        tried.iter().enumerate().map(|(number, (_, _, mutant))| suite.write(folder, number, mutant)).collect();
    let paths: Vec<PathBuf> = of_mutants.concat();
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
    let verdicts: Vec<bool> = verdicts.into_inner().unwrap().into_values().flatten().collect();
    let mut verdicts = verdicts.into_iter();
    // All of a mutant's files are taken, so that the next one's are in front.
    let mut failed = |files: &Vec<PathBuf>| verdicts.by_ref().take(files.len()).filter(|failed| *failed).count() > 0;
    let judged: Vec<bool> = of_mutants.iter().map(&mut failed).collect();
    let lives = tried.iter().zip(judged).filter(|(_, failed)| !failed).map(|((name, what, _), _)| (name, what));
    (lives.map(|(name, what)| format!("{}.yaml, {name}: {what}", suite.stem)).collect(), tried.len())
}

/// What is excused exists: a row that excuses nothing, or more than one mutant, is wrong.
#[test]
fn each_mutant_that_is_the_rule_is_one() {
    let suites = Suite::all();
    for (name, how, part, why) in SAME {
        let rule = suites.iter().flat_map(Suite::rules).find(|rule| name_of(rule) == name).unwrap();
        let found = mutants(text(rule, "expr"));
        let found = found.iter().filter(|mutant| mutant.what.starts_with(how) && mutant.what.contains(part));
        assert_eq!(found.count(), 1, "{name}: {how} {part} ({why})");
    }
}

#[test]
fn a_damaged_rule_fails_a_test() {
    if Command::new("promtool").arg("--version").output().is_err() {
        assert!(!require_all(), "promtool is missing: run tests/tools/prometheus");
        writeln!(std::io::stderr(), "SKIPPED: promtool (run tests/tools/prometheus)").unwrap();
        return;
    }
    // One file alone, while it is worked on: RULE_FILE=drives.
    let only = std::env::var("RULE_FILE").ok();
    let folder = TempDir::new();
    let began = Instant::now();
    let (mut lives, mut tried) = (Vec::new(), 0);
    for suite in Suite::all().iter().filter(|suite| only.as_ref().is_none_or(|only| *only == suite.stem)) {
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
        for rule in suite.rules() {
            let mut same = rule.clone();
            same["expr"] = one_line(text(rule, "expr")).into();
            let name = name_of(rule).to_owned();
            let written = suite.write(folder.path(), paths.len(), &same);
            paths.extend(written.into_iter().map(|path| (name.clone(), path)));
        }
    }
    let files: Vec<PathBuf> = paths.iter().map(|(_, path)| path.clone()).collect();
    let verdicts = judge(&files);
    assert_none(paths.into_iter().zip(verdicts).filter(|(_, failed)| *failed).map(|((name, _), _)| name).collect());
}
