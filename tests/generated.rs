//! Pages that are made from the program's tables are current, and every source file says what it is for.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests read files, and stop at what they did not expect"
)]

mod common;
#[path = "common/key_table.rs"]
mod key_table;

use std::path::{Path, PathBuf};

use common::{ensure_file_contents, repository};

#[test]
fn the_page_of_metrics_is_current() {
    ensure_file_contents(&repository("src/collectors/README.md"), &brokerwatch::collectors::table::markdown()).unwrap();
}

#[test]
fn the_page_of_checks_is_current() {
    ensure_file_contents(&repository("src/checks/README.md"), &brokerwatch::checks::markdown()).unwrap();
}

#[test]
fn the_page_of_thresholds_is_current() {
    let page = brokerwatch::alerts::thresholds_markdown();
    ensure_file_contents(&repository("alerts/THRESHOLDS.md"), &page).unwrap();
}

#[test]
fn the_table_of_keys_is_current() {
    let rows = repository("tests/fixtures/keys/kafka_keys.tsv");
    let keys = key_table::Keys::parse(&std::fs::read_to_string(&rows).unwrap());
    ensure_file_contents(&rows, &keys.to_tsv()).unwrap();
    ensure_file_contents(&repository("src/keys/table.rs"), &keys.to_rust()).unwrap();
}

/// What the program prints.
fn printed(arguments: &[&str]) -> String {
    let output =
        std::process::Command::new(env!("CARGO_BIN_EXE_brokerwatch")).args(arguments).env_clear().output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_resources_of_kubernetes_are_current() {
    let rights = printed(&["acls", "--format=strimzi"]);
    ensure_file_contents(&repository("deploy/strimzi/kafka-user.yaml"), &rights).unwrap();
    let rules = printed(&["alerts", "--format=operator"]);
    ensure_file_contents(&repository("deploy/kubernetes/prometheus-rule.yaml"), &rules).unwrap();
    ensure_file_contents(&repository("deploy/kubernetes/dashboards.yaml"), &config_maps()).unwrap();
}

/// A ConfigMap for each dashboard, as Grafana's sidecar for dashboards takes them; one for all would be too large for
/// `kubectl apply`.
fn config_maps() -> String {
    let mut text =
        "# Dashboards for Grafana's sidecar, which looks for the label, in its own name space unless its searchNamespace says more:\n\
         # apply them there. Generated from dashboards/.\n"
            .to_owned();
    let entries = std::fs::read_dir(repository("dashboards")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect();
    paths.sort();
    for (number, path) in paths.iter().enumerate() {
        let name = path.file_stem().unwrap().to_string_lossy();
        text += if number == 0 { "" } else { "---\n" };
        text += &format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: brokerwatch-dashboard-{name}\n  labels:\n    \
             grafana_dashboard: \"1\"\ndata:\n  {name}.json: |\n"
        );
        for line in std::fs::read_to_string(path).unwrap().lines() {
            text += format!("    {line}").trim_end();
            text.push('\n');
        }
    }
    text
}

#[test]
fn every_source_file_begins_with_what_it_is_for() {
    for path in rust_files(&repository("src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//!") || first.starts_with("#![doc"), "{}: {first}", path.display());
    }
}

#[test]
fn the_code_map_names_files_that_exist() {
    let map = std::fs::read_to_string(repository("src/README.md")).unwrap();
    for row in map.lines().filter(|line| line.starts_with("| `")) {
        let place = row.split('|').nth(1).unwrap();
        let mut folder = PathBuf::new();
        for name in place.split('`').skip(1).step_by(2) {
            let path = Path::new(name);
            if path.components().count() > 1 {
                folder = path.parent().unwrap().to_path_buf();
            }
            let found = repository("src").join(path).exists() || repository("src").join(&folder).join(path).exists();
            assert!(found, "src/README.md names {name}");
        }
    }
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
