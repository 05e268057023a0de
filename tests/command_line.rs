//! What the commands make of what they are given: files, pipes, addresses, nodes that do not answer. Nobody may take for
//! clean, equal or safe what was not looked at.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests start processes, write files, and stop at what they did not expect"
)]

mod common;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::repository;
use common::sidecar::{Host, PROGRAM, run, stderr, stdout};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::Value;

/// Exit codes.
const FINDINGS: Option<i32> = Some(1);
const BLIND: Option<i32> = Some(2);

/// Runs the program with these bytes in a pipe as its standard input.
fn run_with(input: &Path, arguments: &[&str]) -> Output {
    let mut cat = Command::new("cat").arg(input).stdout(Stdio::piped()).spawn().unwrap();
    let pipe = cat.stdout.take().unwrap();
    let output = Command::new(PROGRAM).args(arguments).env_clear().stdin(pipe).output().unwrap();
    cat.wait().unwrap();
    output
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}{}", stdout(output), stderr(output)))
}

fn checks(output: &Output) -> Vec<String> {
    let document = json(output);
    let ids = document["findings"].as_array().unwrap().iter();
    ids.map(|found| format!("{} {}", found["severity"].as_str().unwrap(), found["id"].as_str().unwrap())).collect()
}

#[test]
fn a_pipe_is_read_from_its_first_byte_and_once() {
    let host = Host::new();
    let text = "# a comment that is longer than what a look at the beginning of a file takes of it\n\
                unclean.leader.election.enable=true\nprocess.roles=broker\nnode.id=1\n";
    let file = host.write("u.properties", &format!("unclean.leader.election.enable=true\n{text}"));
    let shown = file.display().to_string();
    let [of_file, of_pipe] =
        [run(&["check", "--format=json", &shown]), run_with(&file, &["check", "--format=json", "/dev/stdin"])];
    assert!(checks(&of_file).contains(&"critical unclean-election-broker".to_owned()), "{:?}", checks(&of_file));
    assert_eq!((of_pipe.status.code(), checks(&of_pipe)), (FINDINGS, checks(&of_file)), "{}", stdout(&of_pipe));

    // Redirected, it is the file.
    let mut command = Command::new(PROGRAM);
    command.args(["check", "--format=json", "/dev/stdin"]).env_clear().stdin(File::open(&file).unwrap());
    assert_eq!(checks(&command.output().unwrap()), checks(&of_file));

    let case = repository("tests/replay/healthy/snapshot.json");
    let [of_file, of_pipe] =
        [run(&["check", &case.display().to_string()]), run_with(&case, &["check", "/dev/stdin"])];
    assert_eq!(stdout(&of_pipe), stdout(&of_file), "a snapshot");
}

#[test]
fn a_pipe_that_nobody_writes_to_and_a_device_are_named_and_not_waited_for() {
    let host = Host::new();
    let pipe = host.path("pipe.properties");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let empty = host.write("empty", "");
    let said = [
        (run(&["check", &pipe.display().to_string()]), "is a pipe, and nothing came of it"),
        (run_with(&empty, &["check", "/dev/stdin"]), "is a pipe, and nothing came of it"),
        (run(&["check", "/dev/zero"]), "/dev/zero is neither a file nor a pipe"),
    ];
    for (output, why) in said {
        assert_eq!(output.status.code(), BLIND, "{}", stdout(&output));
        assert!(stdout(&output).contains(why), "{}", stdout(&output));
    }
}
