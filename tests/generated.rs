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
fn the_table_of_keys_is_current() {
    let rows = repository("tests/fixtures/keys/kafka_keys.tsv");
    let keys = key_table::Keys::parse(&std::fs::read_to_string(&rows).unwrap());
    ensure_file_contents(&rows, &keys.to_tsv()).unwrap();
    ensure_file_contents(&repository("src/keys/table.rs"), &keys.to_rust()).unwrap();
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
