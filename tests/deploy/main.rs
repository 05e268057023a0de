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
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use common::sidecar::{free_port, reply};
use common::{TempDir, repository, require_all};

/// The first of `names` on PATH; says how to get it when there is none, which fails where nothing may be skipped.
fn tool(names: &[&str], get: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        names.iter().find_map(|name| std::env::split_paths(&path).map(|dir| dir.join(name)).find(|at| at.is_file()));
    if found.is_none() {
        skip(&format!("{} is missing: {get}", names[0]));
    }
    found
}

/// Says why a test does less than it could; fails where nothing may be skipped.
fn skip(why: &str) {
    assert!(!require_all(), "{why}");
    println!("SKIPPED: {why}");
}

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

/// A server of a test's own on a free port of 127.0.0.1; ended when dropped.
struct Server {
    child: Child,
    port: u16,
    dir: TempDir,
}

impl Server {
    /// Starts it in `dir`, and waits until it answers `/-/ready`.
    fn start(program: &Path, dir: TempDir, arguments: impl Fn(u16) -> Vec<String>) -> Self {
        let port = free_port();
        let log = std::fs::File::create(dir.path().join("log")).unwrap();
        let mut command = Command::new(program);
        command.args(arguments(port)).current_dir(dir.path());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let server = Self { child, port, dir };
        let ready = common::fake_node::within(30_000, || server.ask("GET", "/-/ready", "").is_ok());
        assert!(ready, "{} does not start: {}", program.display(), server.log());
        server
    }

    /// The body of an answer with status 200.
    fn ask(&self, method: &str, path: &str, body: &str) -> Result<String, String> {
        ask(self.port, method, path, body)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The body of an answer with status 200 from this host.
fn ask(port: u16, method: &str, path: &str, body: &str) -> Result<String, String> {
    use std::io::Write;
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).map_err(|error| error.to_string())?;
    stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    // 1.0, so that nothing comes in chunks.
    let head = format!("{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n");
    write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).map_err(|error| error.to_string())?;
    let reply = reply(&mut stream).map_err(|error| error.to_string())?;
    if reply.status == 200 { Ok(reply.text()) } else { Err(format!("{}: {}", reply.status, reply.text())) }
}
