//! A real cluster, sidecars beside its brokers, and a reader of their pages. Shares no code with `src`: what it compares
//! with is the text of Kafka's own tools.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use crate::common::repository;
use crate::common::sidecar::free_port;
use crate::common::tools::ask;

/// A booted cluster; taken down when dropped.
pub(crate) struct Cluster {
    dir: PathBuf,
    pub(crate) brokers: Vec<u32>,
}

/// Clusters of this test run, sixty ports apart.
static CLUSTERS: AtomicU16 = AtomicU16::new(0);

/// First port of a cluster: below the ephemeral ports, and by process id, so that two test runs do not collide.
fn port_base() -> u16 {
    let run = (std::process::id() % 16) as u16;
    20_000 + run * 720 + CLUSTERS.fetch_add(1, Ordering::Relaxed) % 12 * 60
}

impl Cluster {
    /// Boots 1 controller and `brokers` brokers.
    pub(crate) fn up(brokers: u32, version: Option<&str>) -> Self {
        Self::up_with(brokers, version, &[])
    }

    /// As [`Cluster::up`], with listeners of TLS and SASL, a user without rights to write, and certificates.
    pub(crate) fn up_secure() -> Self {
        Self::up_with(3, None, &["--secure"])
    }

    /// As [`Cluster::up`], with these lines in every broker's file.
    pub(crate) fn up_set(brokers: u32, lines: &[&str]) -> Self {
        let further: Vec<&str> = lines.iter().flat_map(|line| ["--set", line]).collect();
        Self::up_with(brokers, None, &further)
    }

    fn up_with(brokers: u32, version: Option<&str>, further: &[&str]) -> Self {
        let base = port_base();
        let dir = std::env::temp_dir().join(format!("brokerwatch-test-{}-{base}", std::process::id()));
        let cluster = Self { dir, brokers: (1..=brokers).collect() };
        let (brokers, base) = (brokers.to_string(), base.to_string());
        let mut arguments = vec!["up", "--brokers", &brokers, "--port-base", &base];
        if let Some(version) = version {
            arguments.extend(["--version", version]);
        }
        arguments.extend(further);
        cluster.kafka(&arguments);
        cluster
    }

    /// Runs the cluster script; returns its standard output.
    pub(crate) fn kafka(&self, arguments: &[&str]) -> String {
        self.try_kafka(arguments).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Runs the cluster script; Kafka's own tools fail now and then while a broker goes away.
    fn try_kafka(&self, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new(script())
            .args(arguments)
            .env("BROKERWATCH_CLUSTER_DIR", &self.dir)
            .stdin(Stdio::null())
            .output()
            .expect("the script starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        let failed = || format!("kafka {arguments:?}: {}\n{text}\n{error}", output.status);
        if output.status.success() { Ok(text) } else { Err(failed()) }
    }

    /// The properties file of a node.
    pub(crate) fn properties(&self, node: &str) -> String {
        self.kafka(&["properties", node]).trim().to_owned()
    }

    /// `host:port` of a broker.
    pub(crate) fn server(&self, node: &str) -> String {
        format!("127.0.0.1:{}", self.kafka(&["port", node]).trim())
    }

    /// `host:port` of one of the further listeners of a broker.
    pub(crate) fn listener(&self, node: &str, listener: &str) -> String {
        format!("127.0.0.1:{}", self.kafka(&["port", node, listener]).trim())
    }

    /// A file that the cluster was made with.
    pub(crate) fn file(&self, relative: &str) -> String {
        self.dir.join(relative).display().to_string()
    }

    /// Addresses of all brokers.
    pub(crate) fn bootstrap(&self) -> String {
        self.kafka(&["bootstrap"]).trim().to_owned()
    }

    /// A sidecar beside each broker, by broker id.
    pub(crate) fn sidecars(&self) -> BTreeMap<u32, Sidecar> {
        let beside = |id: &u32| {
            let file = self.properties(&id.to_string());
            (*id, Sidecar::start(&[&format!("--kafka.properties-file={file}")]))
        };
        self.brokers.iter().map(beside).collect()
    }

    /// Every partition as `kafka-topics.sh --describe` prints it.
    ///
    /// # Errors
    /// The tool's own words.
    pub(crate) fn described(&self) -> Result<BTreeMap<(String, i32), Described>, String> {
        let text = self.try_kafka(&["topic", "describe"])?;
        Ok(text.lines().filter_map(described_line).collect())
    }

    /// Offsets as `kafka-get-offsets.sh` prints them; partitions that it could not ask are left out.
    pub(crate) fn offsets(&self, time: &str) -> BTreeMap<(String, i32), i64> {
        // The script's own `offsets` waits two minutes for partitions without a leader.
        let patience = self.dir.join(format!("offsets{time}.properties"));
        std::fs::write(&patience, "default.api.timeout.ms=6000\nrequest.timeout.ms=3000\n").expect("a file");
        let live = self.kafka(&["bootstrap", "--live"]);
        let arguments =
            ["tool", "GetOffsetShell", "--bootstrap-server", live.trim(), "--time", time, "--command-config"];
        let text = self.kafka(&[&arguments[..], &[&patience.to_string_lossy()]].concat());
        let line = |line: &str| {
            let mut fields = line.rsplitn(3, ':');
            let (offset, partition, topic) = (fields.next()?, fields.next()?, fields.next()?);
            Some(((topic.to_owned(), partition.parse().ok()?), offset.parse().ok()?))
        };
        text.lines().filter_map(line).collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = Command::new(script()).arg("down").env("BROKERWATCH_CLUSTER_DIR", &self.dir).output();
    }
}

fn script() -> PathBuf {
    repository("tests/cluster/kafka")
}

/// A partition as Kafka's own tool describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) leader: Option<i32>,
    pub(crate) replicas: Vec<i32>,
    pub(crate) isr: Vec<i32>,
}

fn described_line(line: &str) -> Option<((String, i32), Described)> {
    let fields: BTreeMap<&str, &str> = line.split('\t').filter_map(|field| field.trim().split_once(':')).collect();
    let get = |key: &str| fields.get(key).map(|value| value.trim());
    let ids = |text: &str| -> Vec<i32> {
        let mut ids: Vec<i32> = text.split(',').filter_map(|id| id.trim().parse().ok()).collect();
        ids.sort_unstable();
        ids
    };
    let partition = get("Partition")?.parse().ok()?;
    let described =
        Described { leader: get("Leader")?.parse().ok(), replicas: ids(get("Replicas")?), isr: ids(get("Isr")?) };
    Some(((get("Topic")?.to_owned(), partition), described))
}

/// A running sidecar; ended when dropped.
pub(crate) struct Sidecar {
    child: Child,
    pub(crate) port: u16,
    log: PathBuf,
}

impl Sidecar {
    /// Starts one on a free port.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_on(free_port(), arguments)
    }

    /// Starts one on a port, such as that of one before it.
    pub(crate) fn start_on(port: u16, arguments: &[&str]) -> Self {
        let log = std::env::temp_dir().join(format!("brokerwatch-test-{}-{port}.log", std::process::id()));
        let child = Command::new(env!("CARGO_BIN_EXE_brokerwatch"))
            .args(arguments)
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdin(Stdio::null())
            .stderr(std::fs::File::create(&log).expect("a log file"))
            .spawn()
            .expect("the sidecar starts");
        let sidecar = Self { child, port, log };
        eventually(Duration::from_secs(10), || sidecar.try_get("/-/healthy").map(drop));
        sidecar
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Makes it ask for everything anew, also for what it would not ask for in the next minutes.
    pub(crate) fn look_again(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).expect("it runs");
    }

    /// Body of an answer with status 200.
    pub(crate) fn get(&self, path: &str) -> String {
        self.try_get(path).expect("an answer")
    }

    /// Body of an answer with status 200, or what came instead.
    pub(crate) fn try_get(&self, path: &str) -> Result<String, String> {
        ask(self.port, "GET", path, "")
    }

    /// The page, read.
    pub(crate) fn page(&self) -> Page {
        let text = self.get("/metrics");
        Page(text.lines().filter(|line| !line.starts_with('#')).filter_map(Sample::read).collect())
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !std::thread::panicking() {
            let _ = std::fs::remove_file(&self.log);
        }
    }
}

/// One line of a page.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

impl Sample {
    fn read(line: &str) -> Option<Self> {
        let (series, value) = line.rsplit_once(' ')?;
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}')?),
            None => (series, ""),
        };
        // No test topic has a quote or comma in its name.
        let labels = labels.split("\",").filter_map(|pair| pair.split_once("=\""));
        let labels = labels.map(|(key, value)| (key.to_owned(), value.trim_end_matches('"').to_owned())).collect();
        Some(Self { name: name.to_owned(), labels, value: value.parse().ok()? })
    }
}

/// A page of metrics.
pub(crate) struct Page(pub(crate) Vec<Sample>);

impl Page {
    /// Samples of one metric.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Sample> {
        self.0.iter().filter(move |sample| sample.name == name)
    }

    /// The value of a series given by some of its labels; absent when there is none.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let has =
            |sample: &&Sample| labels.iter().all(|(key, value)| sample.labels.get(*key).is_some_and(|v| v == value));
        self.all(name).find(has).map(|sample| sample.value)
    }
}

/// Tries until it succeeds; panics with the last reason when the time is over. Returns how long it took.
pub(crate) fn eventually<T>(limit: Duration, mut attempt: impl FnMut() -> Result<T, String>) -> Duration {
    let started = Instant::now();
    loop {
        match attempt() {
            Ok(_) => return started.elapsed(),
            Err(reason) if started.elapsed() > limit => panic!("not within {limit:?}: {reason}"),
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

/// `Ok` when it holds, else the reason.
pub(crate) fn holds(condition: bool, reason: impl FnOnce() -> String) -> Result<(), String> {
    if condition { Ok(()) } else { Err(reason()) }
}
