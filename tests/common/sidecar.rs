//! The program as a process on a host of its own: its `/proc`, log directories and properties are made up, the rest is real.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::TempDir;
use super::fake_node::{TOPIC, within};

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_brokerwatch");
/// Milliseconds in which a page must come, whatever hangs: far above what it takes, below any source's deadline.
pub(crate) const PAGE_MS_MAX: u128 = 1_000;

// What the program is run on.

/// A host as the program sees it: its own `/proc`, mounts and folders, all in a temporary directory.
pub(crate) struct Host {
    pub(crate) dir: TempDir,
}

impl Host {
    pub(crate) fn new() -> Self {
        let host = Self { dir: TempDir::new() };
        host.write("proc/sys/kernel/random/boot_id", "0f1e2d3c-0000-4000-8000-000000000001\n");
        host.write("proc/self/mountinfo", "22 1 0:20 / / rw - ext4 /dev/vda rw\n");
        host
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    pub(crate) fn write(&self, relative: &str, content: &str) -> PathBuf {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a folder");
        fs::write(&path, content).expect("a file");
        path
    }

    pub(crate) fn procfs(&self) -> String {
        format!("--path.procfs={}", self.path("proc").display())
    }

    /// A Kafka process comes to life, all of it at once.
    pub(crate) fn start_broker(&self, pid: u32, start_ticks: u64, properties: &Path) {
        let properties = properties.display();
        self.write("proc/new/cmdline", &format!("java\0-Xmx1g\0kafka.Kafka\0{properties}\0"));
        let zeros = "0 ".repeat(13);
        self.write("proc/new/stat", &format!("{pid} (java) S 1 {pid} {pid} 0 {zeros}1 0 {start_ticks} 1 1\n"));
        fs::rename(self.path("proc/new"), self.path(&format!("proc/{pid}"))).expect("a process");
    }

    pub(crate) fn end_broker(&self, pid: u32) {
        fs::rename(self.path(&format!("proc/{pid}")), self.path("proc/ended")).expect("a process that runs");
        fs::remove_dir_all(self.path("proc/ended")).expect("what is left of it");
    }

    /// A log directory on a mount of its own, with this `meta.properties` and a checkpoint.
    pub(crate) fn log_dir(&self, name: &str, meta: &str) -> PathBuf {
        self.write(&format!("{name}/meta.properties"), meta);
        self.write(&format!("{name}/replication-offset-checkpoint"), "0\n0\n");
        let path = self.path(name);
        let mounts = fs::read_to_string(self.path("proc/self/mountinfo")).expect("the mounts");
        self.write("proc/self/mountinfo", &format!("{mounts}30 22 8:1 / {} rw - xfs /dev/sda rw\n", path.display()));
        path
    }

    /// A `server.properties` of node 1 with a plaintext listener on `port` and these log directories.
    pub(crate) fn properties(&self, port: u16, log_dirs: &[&Path]) -> PathBuf {
        let dirs: Vec<String> = log_dirs.iter().map(|dir| dir.display().to_string()).collect();
        let text = format!(
            "process.roles=broker\nnode.id=1\nlisteners=PLAINTEXT://127.0.0.1:{port}\nlog.dirs={}\n",
            dirs.join(",")
        );
        self.write("server.properties", &text)
    }
}

/// A good `meta.properties` of node 1.
pub(crate) const META: &str =
    "version=1\ncluster.id=4L6g3nShT-eMCtK--X86sw\nnode.id=1\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAQ\n";

pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|socket| socket.local_addr()).expect("a free port").port()
}

/// A port at which nobody listens.
pub(crate) fn closed_port() -> u16 {
    free_port()
}

pub(crate) fn flag(name: &str, value: impl std::fmt::Display) -> String {
    format!("--{name}={value}")
}

// The program.

/// A server that runs until it is dropped.
pub(crate) struct Sidecar {
    pub(crate) child: Child,
    pub(crate) port: u16,
    pub(crate) dir: TempDir,
    pub(crate) slowest_ms: Cell<u128>,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

impl Sidecar {
    /// Starts the server on a free port of 127.0.0.1 and waits until it serves.
    pub(crate) fn start(arguments: &[String]) -> Self {
        Self::start_by(|_| {}, "127.0.0.1", arguments)
    }

    pub(crate) fn start_by(prepare: impl Fn(&mut Command), address: &str, arguments: &[String]) -> Self {
        // Another test may take the port between the look and the start.
        for _ in 0..5 {
            let (port, dir) = (free_port(), TempDir::new());
            let log = fs::File::create(dir.path().join("log")).expect("a log");
            let mut command = Command::new(PROGRAM);
            command.args(arguments).arg(flag("web.listen-address", format!("{address}:{port}")));
            command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
            prepare(&mut command);
            let child = command.spawn().expect("the program starts");
            let mut sidecar = Self { child, port, dir, slowest_ms: Cell::new(0) };
            let serves = within(10_000, || sidecar.ended().is_some() || get(port, "/-/healthy").is_ok());
            if serves && sidecar.ended().is_none() {
                return sidecar;
            }
            assert!(sidecar.log().contains("address is in use"), "it does not serve: {}", sidecar.log());
        }
        panic!("no port was left to it");
    }

    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child")
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).expect("the log")
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        get(self.port, path).expect("an answer")
    }

    /// The page, which must come fast.
    pub(crate) fn page(&self) -> String {
        let started = Instant::now();
        let reply = self.get("/metrics");
        let took = started.elapsed().as_millis();
        self.slowest_ms.set(self.slowest_ms.get().max(took));
        assert_eq!(reply.status, 200);
        assert!(took < PAGE_MS_MAX, "a page took {took} ms\n{}", self.log());
        reply.text()
    }

    /// Asks for the page until it is as wanted; says how long that took.
    pub(crate) fn until(&self, what: &str, seconds_max: u64, wanted: impl Fn(&str) -> bool) -> Duration {
        let started = Instant::now();
        loop {
            let page = self.page();
            if wanted(&page) {
                return started.elapsed();
            }
            if started.elapsed().as_secs() >= seconds_max {
                let lines = page.lines().filter(|line| !line.starts_with('#') && !line.contains("_bucket"));
                let lines: Vec<&str> = lines.collect();
                panic!("not within {seconds_max} s: {what}\n{}\n{}", lines.join("\n"), self.log());
            }
            sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn until_logged(&self, text: &str, seconds_max: u64) {
        let logged = within(seconds_max * 1_000, || self.log().contains(text));
        assert!(logged, "not in the log within {seconds_max} s: {text}\n{}", self.log());
    }

    pub(crate) fn send(&self, signal: Signal) {
        send(self.pid(), signal);
    }

    /// Ids of the reader processes: the server's children.
    pub(crate) fn readers(&self) -> BTreeSet<u32> {
        children_of(self.pid())
    }

    /// Ends it with SIGTERM; says how and how long that took.
    pub(crate) fn stop(&mut self, seconds_max: u64) -> (ExitStatus, Duration) {
        let started = Instant::now();
        self.send(Signal::TERM);
        assert!(within(seconds_max * 1_000, || self.ended().is_some()), "it does not stop: {}", self.log());
        (self.ended().expect("an end"), started.elapsed())
    }
}

/// Ids of the processes that a process has started and that have not ended.
pub(crate) fn children_of(parent: u32) -> BTreeSet<u32> {
    let parent = parent.to_string();
    let processes = fs::read_dir("/proc").expect("/proc").flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_child = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        let mut fields = fields.split_ascii_whitespace();
        fields.next().is_some_and(|state| state != "Z") && fields.next() == Some(&parent)
    };
    pids.filter(is_child).collect()
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        let readers = self.readers();
        let _ = self.child.kill();
        let _ = self.child.wait();
        readers.into_iter().for_each(|reader| send(reader, Signal::KILL));
    }
}

pub(crate) fn send(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process id");
    let _ = kill_process(pid, signal);
}

pub(crate) fn is_running(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env_clear().stdin(Stdio::null()).output().expect("the program runs")
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

// HTTP by hand.

pub(crate) fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("the server accepts");
    stream.set_read_timeout(Some(Duration::from_secs(15))).expect("a timeout");
    stream
}

pub(crate) fn get(port: u16, path: &str) -> std::io::Result<Reply> {
    request(port, "GET", path, "")
}

pub(crate) fn request(port: u16, method: &str, path: &str, headers: &str) -> std::io::Result<Reply> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    // Behind 64 others, in a debug build on a busy machine. How fast it has to be is asserted where it matters.
    stream.set_read_timeout(Some(Duration::from_secs(40)))?;
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n")?;
    reply(&mut stream)
}

pub(crate) fn reply(stream: &mut impl Read) -> std::io::Result<Reply> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.ok_or(std::io::Error::from(ErrorKind::UnexpectedEof))?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or(std::io::Error::from(ErrorKind::InvalidData))?;
    Ok(Reply { status, head, body: bytes.split_off(end + 4) })
}

// Pages.

/// The value of the series with exactly this name and these labels.
pub(crate) fn value(page: &str, series: &str) -> Option<f64> {
    let rest = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    rest.split(' ').next()?.parse().ok()
}

pub(crate) fn has(page: &str, start: &str) -> bool {
    page.lines().any(|line| line.starts_with(start))
}

pub(crate) fn is_up(page: &str) -> bool {
    value(page, "kafka_broker_up") == Some(1.0)
}

pub(crate) fn is_down(page: &str, reason: &str) -> bool {
    value(page, "kafka_broker_up") == Some(0.0)
        && value(page, &format!("kafka_broker_down_reason{{reason=\"{reason}\"}}")) == Some(1.0)
}

pub(crate) fn has_partitions(page: &str) -> bool {
    (0..2).all(|at| has(page, &format!("kafka_topic_partition_leader{{topic=\"{TOPIC}\",partition=\"{at}\"}}")))
        && has(page, "kafka_topic_partition_current_offset{")
}
