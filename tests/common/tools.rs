//! Tools of others on PATH, and servers of a test's own: Prometheus, Alertmanager, and a receiver of its notifications.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::fake_node::within;
use super::sidecar::{free_port, reply};
use super::{TempDir, require_all};

/// How Prometheus, Alertmanager and their tools are had.
pub(crate) const GET: &str = "run tests/tools/prometheus";
/// Milliseconds that a server may take to start.
const READY_MS_MAX: u64 = 30_000;
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Says why a test does less than it could; fails where nothing may be skipped.
pub(crate) fn skip(why: &str) {
    assert!(!require_all(), "{why}");
    println!("SKIPPED: {why}");
}

/// The first of `names` on PATH; says how to get it when there is none, which fails where nothing may be skipped.
pub(crate) fn tool(names: &[&str], get: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        names.iter().find_map(|name| std::env::split_paths(&path).map(|dir| dir.join(name)).find(|at| at.is_file()));
    if found.is_none() {
        skip(&format!("{} is missing: {get}", names[0]));
    }
    found
}

/// The server of Prometheus; as [`tool`].
pub(crate) fn prometheus_program() -> Option<PathBuf> {
    tool(&["prometheus"], GET)
}

/// Alertmanager, which Debian calls by another name; as [`tool`].
pub(crate) fn alertmanager_program() -> Option<PathBuf> {
    tool(&["prometheus-alertmanager", "alertmanager"], GET)
}

/// What promtool says of a page of metrics; it must be nothing. Skipped where there is no promtool.
pub(crate) fn promtool_accepts(page: &str) {
    let Some(promtool) = tool(&["promtool"], GET) else { return };
    let mut command = Command::new(promtool);
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("promtool starts");
    child.stdin.take().expect("a pipe").write_all(page.as_bytes()).expect("promtool reads");
    let output = child.wait_with_output().expect("promtool ends");
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(output.status.success() && said.trim().is_empty(), "promtool check metrics: {said}");
}

/// A server of a test's own on a free port of 127.0.0.1; ended when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    pub(crate) dir: TempDir,
}

impl Server {
    /// A Prometheus in `dir`, which holds its configuration `prometheus.yaml`.
    pub(crate) fn prometheus(program: &Path, dir: TempDir) -> Self {
        Self::start(program, dir, &["--config.file=prometheus.yaml", "--storage.tsdb.path=data"])
    }

    /// An Alertmanager in `dir`, which holds its configuration `alertmanager.yml`.
    pub(crate) fn alertmanager(program: &Path, dir: TempDir) -> Self {
        let alone = "--cluster.listen-address=";
        Self::start(program, dir, &["--config.file=alertmanager.yml", "--storage.path=data", alone])
    }

    /// Starts it in `dir`, and waits until it answers `/-/ready`.
    fn start(program: &Path, dir: TempDir, arguments: &[&str]) -> Self {
        let port = free_port();
        let log = std::fs::File::create(dir.path().join("log")).expect("a log");
        let mut command = Command::new(program);
        command.args(arguments).arg(format!("--web.listen-address=127.0.0.1:{port}")).current_dir(dir.path());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("it starts");
        let server = Self { child, port, dir };
        let is_ready = within(READY_MS_MAX, || server.ask("GET", "/-/ready", "").is_ok());
        assert!(is_ready, "{} does not start: {}", program.display(), server.log());
        server
    }

    /// The body of an answer with status 200; as [`ask`].
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> Result<String, String> {
        ask(self.port, method, path, body)
    }

    /// What the API of Prometheus answers, with whatever it warns of.
    ///
    /// # Errors
    /// What came instead of a success.
    pub(crate) fn api(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Value, String> {
        let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let pairs: Vec<_> =
            parameters.iter().map(|(key, value)| format!("{}={}", encoded(key), encoded(value))).collect();
        let body = self.ask("GET", &format!("/api/v1/{path}?{}", pairs.join("&")), "")?;
        serde_json::from_str(&body).map_err(|error| format!("{error}: {body}"))
    }

    /// The series that an expression gives now, each with its labels in `metric`.
    pub(crate) fn query(&self, expression: &str) -> Vec<Value> {
        let answer = self.api("query", &[("query", expression)]).expect("an answer");
        answer["data"]["result"].as_array().expect("series").clone()
    }

    /// The value of the first series that an expression gives now.
    pub(crate) fn value(&self, expression: &str) -> Option<String> {
        Some(self.query(expression).first()?["value"][1].as_str()?.to_owned())
    }

    /// What it said so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The body of an answer with status 200 from this host, or what came instead.
pub(crate) fn ask(port: u16, method: &str, path: &str, body: &str) -> Result<String, String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(|error| error.to_string())?;
    stream.set_read_timeout(Some(ANSWER_TIMEOUT)).map_err(|error| error.to_string())?;
    // 1.0, so that nothing comes in chunks.
    let head = format!("{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n");
    write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).map_err(|error| error.to_string())?;
    let reply = reply(&mut stream).map_err(|error| error.to_string())?;
    if reply.status == 200 { Ok(reply.text()) } else { Err(format!("{}: {}", reply.status, reply.text())) }
}

/// Takes what Alertmanager sends to this port, with the moment when it came, for as long as the test lives.
pub(crate) fn webhook() -> (u16, Receiver<(Instant, Value)>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let sent = body_of(&stream).and_then(|body| serde_json::from_slice(&body).ok());
            let came = Instant::now();
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            if sent.is_some_and(|body| sender.send((came, body)).is_err()) {
                return;
            }
        }
    });
    (port, receiver)
}

/// The body of a request, whose head says how long it is.
fn body_of(stream: &TcpStream) -> Option<Vec<u8>> {
    stream.set_read_timeout(Some(ANSWER_TIMEOUT)).ok()?;
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? <= 2 {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}
