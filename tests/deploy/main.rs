//! The files of deploy/, each judged by the tool that it is for, and run where that is possible.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests read files, start programs, say what they saw, and stop at what they did not expect"
)]

mod alertmanager;
mod boxed;
#[path = "../common/mod.rs"]
mod common;
mod kubernetes;
mod prometheus;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use common::repository;

/// Runs a tool to its end; what it printed, which is shown when it failed.
fn output(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{stdout}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    stdout
}

fn read(path: &str) -> String {
    std::fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All documents of a YAML file.
fn documents(path: &str) -> Vec<Value> {
    let text = read(path);
    let documents = text.split("\n---\n").map(serde_yaml::from_str);
    documents.map(|document| document.unwrap_or_else(|error| panic!("{path}: {error}"))).collect()
}

/// Files of a folder with an ending, in order.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let paths = entries.map(|entry| entry.unwrap().path());
    let wanted: BTreeSet<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|found| found == ending)).collect();
    assert!(!wanted.is_empty(), "{folder} holds .{ending} files");
    wanted.into_iter().collect()
}
