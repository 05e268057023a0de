//! The files that are shipped, read.
#![allow(dead_code, reason = "each test target uses its own part")]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::common::{repository, require_all};

/// Files of a folder with an ending, by stem; a folder that is not there has none.
pub(crate) fn files(folder: &str, ending: &str) -> BTreeMap<String, PathBuf> {
    let Ok(entries) = std::fs::read_dir(repository(folder)) else { return BTreeMap::new() };
    let paths = entries.map(|entry| entry.expect("the folder can be listed").path());
    let of_kind = paths.filter(|path| path.extension().is_some_and(|found| found == ending));
    of_kind.map(|path| (path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), path)).collect()
}

pub(crate) fn parsed(path: &PathBuf) -> Value {
    let contents = std::fs::read_to_string(path).expect("shipped files can be read");
    // JSON is YAML, so one reader does for both.
    serde_yaml::from_str(&contents).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or("")
}

pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// The rule files, with those that are off unless they are asked for, by stem.
pub(crate) fn rule_files() -> BTreeMap<String, PathBuf> {
    let mut all = files("alerts", "yaml");
    assert!(!all.is_empty(), "alerts/ holds rules");
    all.extend(files("alerts/optional", "yaml"));
    all
}

/// The files of tests of each rule file, by its stem: `host.yaml`, and `host.days.yaml` for windows that are days.
pub(crate) fn test_files() -> BTreeMap<String, Vec<PathBuf>> {
    let mut all: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for (name, path) in files("alerts/tests", "yaml") {
        let stem = name.split('.').next().unwrap_or_default().to_owned();
        all.entry(stem).or_default().push(path);
    }
    all
}

pub(crate) fn rules() -> Vec<Value> {
    let groups = rule_files().into_values().flat_map(|path| list(&parsed(&path), "groups").to_vec());
    groups.flat_map(|group| list(&group, "rules").to_vec()).collect()
}

pub(crate) fn alerts() -> Vec<Value> {
    rules().into_iter().filter(|rule| rule.get("alert").is_some()).collect()
}

pub(crate) fn dashboards() -> Vec<(String, Value)> {
    files("dashboards", "json").into_iter().map(|(stem, path)| (stem, parsed(&path))).collect()
}

/// Panels that show something.
pub(crate) fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    list(dashboard, "panels").iter().filter(|panel| text(panel, "type") != "row")
}

/// Expressions of `query` in a template, with its `%q` filled by nothing.
pub(crate) fn template_queries(template: &str) -> Vec<String> {
    let quoted = template.split('"').skip(1).step_by(2);
    let queries = quoted.filter(|quoted| quoted.contains("{") && quoted.contains("%q"));
    queries.map(|query| query.replace("%q", "\"\"")).collect()
}

/// Words that follow `start` in a template, such as labels after `$labels.`.
pub(crate) fn named_after<'a>(template: &'a str, start: &str) -> impl Iterator<Item = &'a str> {
    let ends = |next: char| !(next.is_alphanumeric() || next == '_');
    template.split(start).skip(1).map(move |rest| rest.split(ends).next().unwrap_or_default())
}

/// Fails with every complaint at once.
pub(crate) fn assert_none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "{} complaints:\n  {}", complaints.len(), complaints.join("\n  "));
}

/// What judges rules: the promtool that is installed, and the oldest that they are for, which tests/tools/prometheus keeps.
fn promtools() -> [PathBuf; 2] {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_else(|| "/root".into())).join(".cache");
    let oldest = cache.unwrap_or_else(home).join("brokerwatch-tests/promtool-2.42/promtool");
    ["promtool".into(), oldest]
}

/// Runs promtool over files, in each version, beside each other: what one of them refuses fails the test.
pub(crate) fn promtool(arguments: &[&str], files: impl IntoIterator<Item = PathBuf>) {
    let files: Vec<PathBuf> = files.into_iter().collect();
    let refused = std::thread::scope(|scope| {
        let run = |tool: PathBuf| scope.spawn(|| refusal(tool, arguments, &files));
        let runs = promtools().map(run);
        runs.into_iter().filter_map(|run| run.join().expect("it ran")).collect()
    });
    assert_none(refused);
}

/// What a promtool says of files that it refuses; none as well where there is no such promtool, which is told.
fn refusal(tool: PathBuf, arguments: &[&str], files: &[PathBuf]) -> Option<String> {
    let name = tool.display();
    let mut command = Command::new(&tool);
    rarely_collecting(&mut command);
    let output = match command.args(arguments).args(files).output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !require_all() => {
            // Past the capture of cargo test: a skip must be seen.
            writeln!(std::io::stderr(), "SKIPPED: {name} (run tests/tools/prometheus)").expect("stderr is open");
            return None;
        }
        Err(error) => return Some(format!("{name} (run tests/tools/prometheus): {error}")),
    };
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    (!output.status.success()).then(|| format!("{name} {}:\n{said}", arguments.join(" ")))
}

/// Lets a promtool collect garbage only from some memory on: each run is short, and a third of its time would go there.
pub(crate) fn rarely_collecting(promtool: &mut Command) {
    promtool.env("GOGC", "off").env("GOMEMLIMIT", "500MiB");
}
