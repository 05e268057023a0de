//! The reader process: all I/O that may hang in the kernel, in a process of its own.
//!
//! A thread in uninterruptible sleep makes its process unkillable, and keeps its descriptors and ports. So the server
//! asks a child over a pipe, one question at a time, one JSON document a line. A child that does not answer in time is
//! abandoned: no more questions, no wait for its end; the next question gets a new child. One child at most is abandoned
//! per mount; the mount is left alone until that child answers after all or ends.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::dir_entries::EntryListing;
use super::dir_listing::DirListing;
use super::drive::read_drive;
use super::drive_history::{read_history, write_history};
use super::hardware::{read_hardware, read_sensors};
use super::host::{read_host, read_node_file};
use super::jvm::read_jvm;
use super::kernel_log::follow_kernel_log;
use super::log_dir_files::{probe, read_dir_files, read_fs_errors};
use super::log_dir_place::read_place;
use super::machine::read_machine;
use super::network::read_network;
use super::proc::{Wanted, read_broker_process, read_state};
use super::properties::read_properties;
use super::resources::{read_memory_maps, read_resources};
use super::smart::read_spool;
use super::sock_diag::{WantedSockets, read_sockets};
use super::storage::{read_below, read_real_path};
use super::threads::read_threads;
use crate::limits::{READER_LINE_BYTES, READER_LINE_BYTES_MAX, STUCK_READERS, STUCK_READERS_MAX};
use crate::self_metrics::SelfMetrics;
use crate::snapshot::{ErrorKind, Failure, KernelLog, ProcessId};

/// What the reader is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Find the broker's process; the answer is a `BrokerProcess`.
    Process {
        /// Root of the proc file system.
        procfs: PathBuf,
        /// Which one.
        wanted: Wanted,
    },
    /// Whether a process still runs; the answer is `Option<(char, u64)>`: state and start time.
    State {
        /// Root of the proc file system.
        procfs: PathBuf,
        /// Its id.
        pid: u32,
    },
    /// Read a `server.properties`; the answer is a `Properties`.
    Properties {
        /// The file.
        path: String,
        /// Overrides of the command line.
        overrides: BTreeMap<String, String>,
        /// File of the key that marks its secrets; absent when they are not marked.
        #[serde(default)]
        key_file: Option<PathBuf>,
    },
    /// Look at a log directory; the answer is a `DirAnswer`.
    LogDir {
        /// Root of the proc file system.
        procfs: PathBuf,
        /// The process that uses it; absent when it does not run.
        pid: Option<u32>,
        /// The directory.
        path: PathBuf,
        /// What the last answer had for this one; absent when it had nothing.
        #[serde(default)]
        before: Option<DirListing>,
    },
    /// Which errors file systems found; the answer is a list of `Option<FsErrors>` in the same order.
    FsErrors {
        /// Root of the sys file system.
        sysfs: PathBuf,
        /// `MAJOR:MINOR` of the device of each.
        of: Vec<String>,
    },
    /// Make a nameless file in a log directory; the answer is a `ProbeAnswer`.
    Probe {
        /// Root of the proc file system.
        procfs: PathBuf,
        /// The process that uses it; absent when it does not run.
        pid: Option<u32>,
        /// The directory.
        path: PathBuf,
    },
    /// The machine and its Kafka processes; the answer is a `HostAnswer`.
    Host {
        /// Root of the proc file system.
        procfs: PathBuf,
        /// Root of the sys file system.
        sysfs: PathBuf,
        /// Processes that are Kafka's whatever they are called.
        known: Vec<u32>,
        /// Processes that are none, and are not asked again.
        #[serde(default)]
        others: BTreeSet<u32>,
    },
    /// The configuration of a node that does not run; the answer is a `NodeFile`.
    NodeFile {
        /// Root of the proc file system.
        procfs: PathBuf,
        /// The file.
        path: String,
    },
    /// Where a log directory lies; the answer is a `PlaceAnswer`.
    Place {
        /// Root of the proc file system.
        procfs: PathBuf,
        /// Root of the sys file system.
        sysfs: PathBuf,
        /// The process that uses it; absent when it does not run.
        pid: Option<u32>,
        /// The directory.
        path: PathBuf,
        /// What the last answer had for this one; absent when it had nothing.
        #[serde(default)]
        before: Option<EntryListing>,
    },
    /// Where a log directory really is; the answer is a `String`.
    RealPath {
        /// Root of the proc file system.
        procfs: PathBuf,
        /// The process that uses it; absent when it does not run.
        pid: Option<u32>,
        /// The directory.
        path: PathBuf,
    },
    /// The state of a block device; the answer is a `Drive`.
    Drive {
        /// Root of the sys file system.
        sysfs: PathBuf,
        /// Its kernel name.
        name: String,
    },
    /// What was learned of a drive; the answer is an `Option<String>`.
    HistoryRead {
        /// The directory of `--path.state`.
        dir: PathBuf,
        /// The file's name without its ending.
        name: String,
    },
    /// Keep what was learned of a drive; the answer is nothing.
    HistoryWrite {
        /// The directory of `--path.state`.
        dir: PathBuf,
        /// The file's name without its ending.
        name: String,
        /// Its text.
        text: String,
    },
    /// What lies below a log directory; the answer is a `StorageAnswer`.
    Below {
        /// Root of the proc file system.
        procfs: PathBuf,
        /// Root of the sys file system.
        sysfs: PathBuf,
        /// The process that uses it; absent when it does not run.
        pid: Option<u32>,
        /// Its real path.
        path: PathBuf,
    },
    /// What a process takes; the answer is a `Resources`.
    Resources {
        /// Root of the proc file system.
        procfs: PathBuf,
        /// Root of the sys file system.
        sysfs: PathBuf,
        /// The process.
        of: ProcessId,
    },
    /// What its threads wait for; the answer is a `ThreadsAnswer`.
    Threads {
        /// Root of the proc file system.
        procfs: PathBuf,
        /// The process.
        of: ProcessId,
        /// Ticks that its threads had run when their times were last told, by id.
        #[serde(default)]
        before: Vec<(u32, u64)>,
    },
    /// Its memory maps; the answer is a `MemoryMaps`.
    MemoryMaps {
        /// Root of the proc file system.
        procfs: PathBuf,
        /// The process.
        of: ProcessId,
    },
    /// Its JVM; the answer is a `Jvm`.
    Jvm {
        /// Root of the proc file system.
        procfs: PathBuf,
        /// The process.
        of: ProcessId,
        /// The file that it is known to have mapped, as it sees the path.
        mapped: Option<PathBuf>,
    },
    /// Faults of the hardware; the answer is a `Hardware` without sensors.
    Hardware {
        /// Root of the proc file system.
        procfs: PathBuf,
        /// Root of the sys file system.
        sysfs: PathBuf,
        /// Kernel names of the drives whose PCIe errors count.
        disks: Vec<String>,
        /// Interfaces whose PCIe errors count.
        nics: Vec<String>,
    },
    /// Alarms of the board's sensors, which may be slow; the answer is a list of `SensorAlarm` and a number of files.
    Sensors {
        /// Root of the sys file system.
        sysfs: PathBuf,
    },
    /// What the machine is busy with; the answer is a `Machine`.
    Machine {
        /// Root of the proc file system.
        procfs: PathBuf,
        /// Root of the sys file system.
        sysfs: PathBuf,
    },
    /// The network as a process sees it; the answer is a `Network` without sockets.
    Network {
        /// Root of the proc file system.
        procfs: PathBuf,
        /// Root of the sys file system.
        sysfs: PathBuf,
        /// The process; absent when it is not known.
        pid: Option<u32>,
        /// Addresses that its listeners are reached at.
        addresses: Vec<IpAddr>,
    },
    /// Its sockets; the answer is a `Sockets`.
    Sockets {
        /// Root of the proc file system.
        procfs: PathBuf,
        /// The process; absent when it is not known.
        pid: Option<u32>,
        /// What is looked for.
        wanted: WantedSockets,
    },
    /// What the privileged helper wrote; the answer is a `HealthSpool`.
    HealthSpool {
        /// The file.
        path: PathBuf,
    },
    /// The kernel's log; the answer is a `KernelLog`.
    KernelLog {
        /// `/dev/kmsg`.
        device: PathBuf,
        /// What was counted before.
        before: KernelLog,
    },
}

/// How the reader is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReaderAt {
    /// Start this program with the argument `reader`.
    Program(PathBuf),
    /// Connect to `brokerwatch reader --reader.listen-socket`, which starts one child for each connection.
    Socket(PathBuf),
}

/// The server's side.
#[derive(Clone, Debug)]
pub struct Reader {
    at: ReaderAt,
    state: Arc<Mutex<State>>,
    metrics: Arc<SelfMetrics>,
}

#[derive(Debug, Default)]
struct State {
    running: Option<Running>,
    /// Readers that hang, by the mount that they hang on.
    stuck: BTreeMap<String, Running>,
}

struct Running {
    input: Box<dyn AsyncWrite + Send + Unpin>,
    output: BufReader<Box<dyn tokio::io::AsyncRead + Send + Unpin>>,
    /// Ended when dropped; none behind a socket.
    _child: Option<Child>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Running")
    }
}

impl Reader {
    /// A reader that is started when first asked.
    #[must_use]
    pub fn new(at: ReaderAt, metrics: Arc<SelfMetrics>) -> Self {
        Self { at, state: Arc::default(), metrics }
    }

    /// Asks `question`, which touches nothing but `mount`.
    ///
    /// # Errors
    /// `Timeout` when the reader hangs, now or since an earlier question about this mount; `Refused` when it cannot be
    /// started or reached; `Bug` when it dies twice; `Unsupported` when it is of another version; what the reader itself answers.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        mount: &str,
        question: Question,
        deadline_ms: u64,
    ) -> Result<T, Failure> {
        let (reader, mount) = (self.clone(), mount.to_owned());
        // A task of its own: a caller that gives up must not lose a reader that hangs.
        let asked = tokio::spawn(async move { reader.ask_now(&mount, &question, deadline_ms).await });
        let answer = asked.await.map_err(|_| broken("could not be asked"))??;
        serde_json::from_str::<Result<T, Failure>>(&answer).map_err(|_| broken("answered with something else"))?
    }

    /// The line that the reader answers with.
    async fn ask_now(&self, mount: &str, question: &Question, deadline_ms: u64) -> Result<String, Failure> {
        let mut state = self.state.lock().await;
        self.look_after_stuck(&mut state, mount).await?;
        let mut line = serde_json::to_string(question).map_err(|_| broken("could not be asked"))?;
        line.push('\n');
        // A reader that died since the last question is replaced at once; one that dies of this question is not fed it again.
        for attempt in 0..2 {
            let mut running = match state.running.take() {
                Some(running) => running,
                None => self.start().await?,
            };
            match timeout(Duration::from_millis(deadline_ms), running.exchange(&line)).await {
                Ok(Ok(answer)) => {
                    state.running = Some(running);
                    return Ok(answer);
                }
                Ok(Err(error)) => {
                    if error.kind() == std::io::ErrorKind::FileTooLarge {
                        self.metrics.limit_hit(READER_LINE_BYTES);
                        return Err(Failure::new(ErrorKind::Limit, "The reader's answer is larger than its limit."));
                    }
                    self.metrics.reader_restarted();
                    tracing::warn!(attempt, "The reader process ended; a new one is started.");
                }
                Err(_) => {
                    self.metrics.reader_stuck(mount, true);
                    tracing::warn!(mount, deadline_ms, "The reader hangs on this mount; it is left behind.");
                    state.stuck.insert(mount.to_owned(), running);
                    return Err(hangs(mount));
                }
            }
        }
        Err(broken("ended twice over one question"))
    }

    /// A mount on which a reader hangs is left alone, until that reader answers or ends: all are looked at, since some questions
    /// come once in five minutes.
    async fn look_after_stuck(&self, state: &mut State, mount: &str) -> Result<(), Failure> {
        let mut over = Vec::new();
        for (mount, stuck) in &mut state.stuck {
            let mut byte = [0; 1];
            if timeout(Duration::ZERO, stuck.output.read(&mut byte)).await.is_ok() {
                over.push(mount.clone());
            }
        }
        for mount in over {
            state.stuck.remove(&mount);
            self.metrics.reader_stuck(&mount, false);
            tracing::info!(mount, "The mount answers again.");
        }
        if state.stuck.contains_key(mount) {
            return Err(hangs(mount));
        }
        if state.stuck.len() >= STUCK_READERS_MAX {
            self.metrics.limit_hit(STUCK_READERS);
            return Err(Failure::new(ErrorKind::Limit, "Too many mounts hang; no further one is looked at."));
        }
        Ok(())
    }

    async fn start(&self) -> Result<Running, Failure> {
        let failed = |what: &Path, error: &std::io::Error| {
            let message = format!("The reader at {} cannot be reached ({}).", what.display(), error.kind());
            // Not `Io`: it says nothing of what the question is about.
            Failure::new(ErrorKind::Refused, message)
        };
        match &self.at {
            ReaderAt::Socket(path) => {
                let stream = UnixStream::connect(path).await.map_err(|error| failed(path, &error))?;
                let (output, input) = stream.into_split();
                Ok(Running { input: Box::new(input), output: BufReader::new(Box::new(output)), _child: None })
            }
            ReaderAt::Program(path) => {
                let mut child = Command::new(path)
                    .arg("reader")
                    .env_clear()
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .kill_on_drop(true)
                    .spawn()
                    .map_err(|error| failed(path, &error))?;
                let pipes = child.stdin.take().zip(child.stdout.take());
                let (input, output) = pipes.ok_or_else(|| broken("has no pipes"))?;
                Ok(Running { input: Box::new(input), output: BufReader::new(Box::new(output)), _child: Some(child) })
            }
        }
    }
}

impl Running {
    async fn exchange(&mut self, line: &str) -> std::io::Result<String> {
        self.input.write_all(line.as_bytes()).await?;
        self.input.flush().await?;
        let mut answer = String::new();
        let mut bounded = (&mut self.output).take(READER_LINE_BYTES_MAX as u64);
        bounded.read_line(&mut answer).await?;
        match answer.len() {
            _ if answer.ends_with('\n') => Ok(answer),
            READER_LINE_BYTES_MAX => Err(std::io::ErrorKind::FileTooLarge.into()),
            _ => Err(std::io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

fn hangs(mount: &str) -> Failure {
    let message = format!("The file system at {mount} does not answer: look at its drive (dmesg, ps -o stat,wchan).");
    Failure::new(ErrorKind::Timeout, message)
}

/// A fault of our own process, which says nothing of what was asked about: never `Io`, which a log directory's drive is blamed for.
fn broken(what: &str) -> Failure {
    Failure::new(ErrorKind::Bug, format!("The reader process {what}."))
}

/// Serves every connection to the unix socket at `path` with a child of its own, which may hang without harm.
///
/// # Errors
/// When the socket cannot be made, or a child cannot be started.
pub fn serve_socket(path: &Path, program: &Path) -> std::io::Result<()> {
    if std::os::unix::net::UnixStream::connect(path).is_err() {
        // What an earlier reader left behind; a socket that answers is another reader's, and the bind below says so.
        let _ = std::fs::remove_file(path);
    }
    let mut children: Vec<std::process::Child> = Vec::new();
    for stream in std::os::unix::net::UnixListener::bind(path)?.incoming() {
        children.retain_mut(|child| !matches!(child.try_wait(), Ok(Some(_))));
        let stream = stream?;
        let input: std::os::fd::OwnedFd = stream.try_clone()?.into();
        let output: std::os::fd::OwnedFd = stream.into();
        children.push(std::process::Command::new(program).arg("reader").stdin(input).stdout(output).spawn()?);
    }
    Ok(())
}

/// The reader's own loop: answers each question of `input` on `output`, until `input` ends.
///
/// # Errors
/// When `input` or `output` breaks: then the server is gone.
pub fn answer_questions(input: impl BufRead, mut output: impl Write) -> std::io::Result<()> {
    for line in input.lines() {
        let mut answer = match serde_json::from_str::<Question>(&line?) {
            Ok(question) => answer(&question),
            Err(_) => written::<()>(Err(Failure::new(
                ErrorKind::Unsupported,
                "The reader was asked what it does not know: start it from the same version as the server.",
            ))),
        };
        answer.push(b'\n');
        output.write_all(&answer)?;
        output.flush()?;
    }
    Ok(())
}

/// An answer as it goes to the server.
fn written<T: Serialize>(answer: Result<T, Failure>) -> Vec<u8> {
    serde_json::to_vec(&answer).unwrap_or_else(|_| {
        let unwritten: Result<(), Failure> = Err(broken("has an answer that cannot be written"));
        serde_json::to_vec(&unwritten).unwrap_or_default()
    })
}

/// What the reader says to one question, as JSON.
fn answer(question: &Question) -> Vec<u8> {
    match question {
        Question::Process { procfs, wanted } => written(read_broker_process(procfs, wanted)),
        Question::State { procfs, pid } => written(Ok(read_state(procfs, *pid))),
        Question::Properties { path, overrides, key_file } => {
            written(read_properties(path, overrides, key_file.as_deref()))
        }
        Question::LogDir { procfs, pid, path, before } => written(read_dir_files(procfs, *pid, path, before.as_ref())),
        Question::FsErrors { sysfs, of } => {
            written(Ok(of.iter().map(|device| read_fs_errors(sysfs, device)).collect::<Vec<_>>()))
        }
        Question::Probe { procfs, pid, path } => written(Ok(probe(procfs, *pid, path))),
        Question::Host { procfs, sysfs, known, others } => written(read_host(procfs, sysfs, known, others)),
        Question::NodeFile { procfs, path } => written(read_node_file(procfs, None, path, &BTreeMap::new())),
        Question::Place { procfs, sysfs, pid, path, before } => {
            written(read_place(procfs, sysfs, *pid, path, before.as_ref()))
        }
        Question::RealPath { procfs, pid, path } => written(read_real_path(procfs, *pid, path)),
        Question::Drive { sysfs, name } => written(read_drive(sysfs, name)),
        Question::HistoryRead { dir, name } => written(read_history(dir, name)),
        Question::HistoryWrite { dir, name, text } => written(write_history(dir, name, text)),
        Question::Below { procfs, sysfs, pid, path } => written(read_below(procfs, sysfs, *pid, path)),
        Question::Resources { procfs, sysfs, of } => written(read_resources(procfs, sysfs, *of)),
        Question::Threads { procfs, of, before } => written(read_threads(procfs, *of, before)),
        Question::MemoryMaps { procfs, of } => written(read_memory_maps(procfs, *of)),
        Question::HealthSpool { path } => written(read_spool(path)),
        Question::KernelLog { device, before } => written(follow_kernel_log(device, before)),
        Question::Jvm { procfs, of, mapped } => written(read_jvm(procfs, *of, mapped.as_deref())),
        Question::Hardware { procfs, sysfs, disks, nics } => written(Ok(read_hardware(procfs, sysfs, disks, nics))),
        Question::Sensors { sysfs } => written(Ok(read_sensors(sysfs))),
        Question::Machine { procfs, sysfs } => written(Ok(read_machine(procfs, sysfs))),
        Question::Network { procfs, sysfs, pid, addresses } => {
            written(Ok(read_network(procfs, sysfs, *pid, addresses)))
        }
        Question::Sockets { procfs, pid, wanted } => written(read_sockets(procfs, *pid, wanted)),
    }
}
