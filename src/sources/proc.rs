//! Finding the broker's process: `/proc/PID/cmdline`, `/proc/PID/stat`, listening sockets.
//!
//! References: proc(5); `kafka.Kafka.getPropsFromArgs` for the order of its arguments. Reading a command line takes the
//! process' mmap_lock, so this runs in the reader process, and not again while the chosen process lives.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::properties::file_failure;
use crate::keys::is_secret;
use crate::limits::PROCESSES_MAX;
use crate::snapshot::{BrokerProcess, Failure, ProcessCandidate, Selection, UnixMs};

/// The class that every Kafka node is started by.
const MAIN_CLASS: &str = "kafka.Kafka";

/// Which process is looked for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// The only one on this host.
    Any,
    /// The one that was started with this file.
    PropertiesFile(String),
    /// The one that listens on this port of this host.
    ListeningOn(u16),
}

/// Looks through all processes for Kafka nodes and chooses the wanted one.
///
/// # Errors
/// `Io` or `Permission` when the directory of processes cannot be listed.
pub fn read_broker_process(procfs: &Path, wanted: &Wanted) -> Result<BrokerProcess, Failure> {
    read_broker_process_among(procfs, wanted, PROCESSES_MAX)
}

/// As [`read_broker_process`], among the first so many processes.
fn read_broker_process_among(procfs: &Path, wanted: &Wanted, max: usize) -> Result<BrokerProcess, Failure> {
    let entries = fs::read_dir(procfs).map_err(|error| file_failure(procfs, &error))?;
    let mut pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let first = pids.by_ref().take(max);
    let mut candidates: Vec<ProcessCandidate> = first.filter_map(|pid| read_candidate(procfs, pid)).collect();
    let more_processes = pids.next().is_some();
    candidates.sort_by_key(|candidate| candidate.pid);
    let boot_id = fs::read_to_string(procfs.join("sys/kernel/random/boot_id")).ok();
    let boot_id = boot_id.map(|id| id.trim().to_owned());
    let (chosen, selection) = match wanted {
        Wanted::Any => (only(&candidates), Selection::OnlyProcess),
        Wanted::PropertiesFile(path) => (started_with(&candidates, path), Selection::PropertiesFile),
        Wanted::ListeningOn(port) => (listening_on(procfs, &candidates, *port), Selection::ListeningSocket),
    };
    let selection = chosen.is_some().then_some(selection);
    Ok(BrokerProcess { chosen, wanted: None, selection, candidates, more_processes, boot_id })
}

/// Reads whether a process that was found before still runs, and its state. Takes no lock of the process.
#[must_use]
pub fn read_state(procfs: &Path, pid: u32) -> Option<(char, u64)> {
    // The name in it is any bytes; only what stands behind it is read.
    parse_stat(&String::from_utf8_lossy(&fs::read(procfs.join(pid.to_string()).join("stat")).ok()?))
}

/// State letter and start time of a `/proc/PID/stat`, whose second field may itself hold blanks and parentheses.
#[must_use]
pub fn parse_stat(stat: &str) -> Option<(char, u64)> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    // Field 22 of the line is the 20th behind the name, and the 19th behind the state.
    let start_ticks = fields.nth(18)?.parse().ok()?;
    Some((state, start_ticks))
}

/// Seconds since the epoch at which the host booted, from `/proc/stat`.
pub(super) fn parse_boot_time(stat: &str) -> Option<u64> {
    stat.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok())
}

/// The properties file and allowed overrides of a `/proc/PID/cmdline`; absent when it is not a Kafka node's.
#[must_use]
pub fn parse_cmdline(cmdline: &[u8]) -> Option<(String, BTreeMap<String, String>)> {
    let mut arguments = cmdline.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    arguments.find(|argument| argument == MAIN_CLASS)?;
    let (mut file, mut overrides) = (None, BTreeMap::new());
    while let Some(argument) = arguments.next() {
        let pair = match argument.as_ref() {
            "--override" => arguments.next().map(|pair| pair.into_owned()),
            other => other.strip_prefix("--override=").map(str::to_owned),
        };
        if let Some((key, value)) = pair.as_ref().and_then(|pair| pair.split_once('=')) {
            if !is_secret(key) {
                overrides.insert(key.to_owned(), value.to_owned());
            }
        } else if file.is_none() && !argument.is_empty() && !argument.starts_with('-') {
            file = Some(argument.into_owned());
        }
    }
    Some((file?, overrides))
}

fn read_candidate(procfs: &Path, pid: u32) -> Option<ProcessCandidate> {
    let directory = procfs.join(pid.to_string());
    let (file, overrides) = parse_cmdline(&fs::read(directory.join("cmdline")).ok()?)?;
    let (state, start_ticks) = read_state(procfs, pid)?;
    let file = match fs::read_link(directory.join("cwd")) {
        Ok(cwd) if Path::new(&file).is_relative() => cwd.join(&file).to_string_lossy().into_owned(),
        _ => file,
    };
    let boot = fs::read_to_string(procfs.join("stat")).ok().and_then(|stat| parse_boot_time(&stat));
    let ticks_per_second = rustix::param::clock_ticks_per_second().max(1);
    let started = boot.and_then(|boot| {
        let after_boot = start_ticks.checked_mul(1_000)? / ticks_per_second;
        boot.checked_mul(1_000)?.checked_add(after_boot).map(UnixMs)
    });
    Some(ProcessCandidate { pid, start_ticks, started, state, properties_file: file, overrides })
}

fn only(candidates: &[ProcessCandidate]) -> Option<ProcessCandidate> {
    match candidates {
        [one] => Some(one.clone()),
        _ => None,
    }
}

fn started_with(candidates: &[ProcessCandidate], path: &str) -> Option<ProcessCandidate> {
    let real = |path: &str| fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path));
    let wanted = real(path);
    candidates.iter().find(|candidate| real(&candidate.properties_file) == wanted).cloned()
}

fn listening_on(procfs: &Path, candidates: &[ProcessCandidate], port: u16) -> Option<ProcessCandidate> {
    candidates.iter().find(|candidate| owns_listener(&procfs.join(candidate.pid.to_string()), port)).cloned()
}

/// Whether one of the process' descriptors is a socket that listens on `port` in the process' own network namespace.
fn owns_listener(directory: &Path, port: u16) -> bool {
    let tables = ["net/tcp", "net/tcp6"].map(|table| fs::read_to_string(directory.join(table)).unwrap_or_default());
    let inodes: BTreeSet<u64> = tables.iter().flat_map(|table| parse_listeners(table, port)).collect();
    let Ok(descriptors) = fs::read_dir(directory.join("fd")) else { return false };
    descriptors.flatten().filter_map(|entry| fs::read_link(entry.path()).ok()).any(|target| {
        let inode =
            target.to_string_lossy().strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']')?.parse().ok());
        inode.is_some_and(|inode: u64| inodes.contains(&inode))
    })
}

/// Inodes of the sockets that listen on `port` in a `/proc/net/tcp`.
fn parse_listeners(table: &str, port: u16) -> impl Iterator<Item = u64> {
    /// The kernel's TCP_LISTEN.
    const LISTEN: &str = "0A";
    table.lines().skip(1).filter_map(move |line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let local = fields.get(1)?.rsplit_once(':')?.1;
        let matches = u16::from_str_radix(local, 16).ok()? == port && *fields.get(3)? == LISTEN;
        if matches { fields.get(9)?.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kafka_command_line_is_known_by_its_main_class() {
        let line =
            b"java\0-Xmx1g\0-cp\0/opt/kafka/libs/*\0kafka.Kafka\0config/server.properties\0--override\0node.id=7\0\
                     --override\0ssl.key.password=x\0";
        let (file, overrides) = parse_cmdline(line).unwrap();
        assert_eq!(file, "config/server.properties");
        assert_eq!(overrides, BTreeMap::from([("node.id".to_owned(), "7".to_owned())]));
        assert_eq!(parse_cmdline(b"grep\0kafka.Kafka\0"), None);
        assert_eq!(parse_cmdline(b"java\0org.example.Main\0server.properties\0"), None);
    }

    #[test]
    fn processes_that_are_not_looked_at_are_told() {
        let procfs = std::env::temp_dir().join(format!("brokerwatch-processes-{}", std::process::id()));
        for pid in ["1", "2", "3", "self"] {
            fs::create_dir_all(procfs.join(pid)).unwrap();
        }
        let all = read_broker_process_among(&procfs, &Wanted::Any, 3).unwrap();
        let some = read_broker_process_among(&procfs, &Wanted::Any, 2).unwrap();
        fs::remove_dir_all(&procfs).unwrap();
        assert!(!all.more_processes && some.more_processes);
    }

    #[test]
    fn a_process_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "42 (a) b) T 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 123456 1 1";
        assert_eq!(parse_stat(stat), Some(('T', 123_456)));
        assert_eq!(parse_stat("42 (java) S 1"), None);
    }

    #[test]
    fn the_boot_time_is_found_among_the_counters() {
        assert_eq!(parse_boot_time("cpu 1 2\nintr 5 0\nbtime 1700000000\nprocesses 7\n"), Some(1_700_000_000));
        assert_eq!(parse_boot_time("cpu 1 2\n"), None);
    }

    #[test]
    fn listening_sockets_are_found_by_port() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
                       0: 0100007F:71A4 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 1 0 100\n\
                       1: 0100007F:71A4 0100007F:9000 01 00000000:00000000 00:00000000 00000000 0 0 4712 1 0 100\n";
        assert_eq!(parse_listeners(table, 29_092).collect::<Vec<_>>(), [4711]);
        assert_eq!(parse_listeners(table, 9_092).count(), 0);
    }
}
