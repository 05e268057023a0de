//! One round of the source `host`: the machine, its Kafka processes, and where the log directories of each lie.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::rounds::{LOG_DIR_MS, QUESTION_MS};
use super::{Context, NotSeen, now};
use crate::snapshot::{Attempt, ErrorKind, Failure, FileId, HeldTwice, Host, HostNode, NodeFile, NodeView};
use crate::sources::kafka::is_this_host;
use crate::sources::log_dir_place::PlaceAnswer;
use crate::sources::mounts::{Mount, group_of, read_mounts};
use crate::sources::reader::Question;
use crate::sources::{HOST, Round};

/// Replicas with two logs that are named.
const TWICE_NAMED_MAX: usize = 10;

/// The group of questions about all processes: one of them that hangs must not hide the watched one.
const PROCESSES: &str = "/proc/*/cmdline";

/// The machine, and all Kafka nodes on it.
pub fn host(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            let own = look.own_file().await?;
            let (procfs, sysfs) = look.roots();
            let question = Question::Host { procfs: procfs.clone(), sysfs: sysfs.clone(), known: look.known_pids() };
            let mut host: Host = look.reader.ask(PROCESSES, question, QUESTION_MS).await?;
            let mounts = read_mounts(&procfs, "self");
            if let Some(own) = own.filter(|own| !host.nodes.iter().any(|node| is_of(node, own))) {
                let group = group_of(&mounts, &mounts, Path::new(&own));
                let question = Question::NodeFile { procfs: procfs.clone(), path: own };
                let file: Result<NodeFile, Failure> = look.reader.ask(&group, question, QUESTION_MS).await;
                host.nodes.push(HostNode { process: None, file, dirs: BTreeMap::new(), twice: vec![] });
            }
            for node in &mut host.nodes {
                look.look_at_dirs(&procfs, &sysfs, &mounts, node).await;
            }
            Ok(host)
        };
        context.observe(&HOST, |view| &mut view.host, work).await;
    })
}

/// Whether a node of the host runs with this file.
fn is_of(node: &HostNode, file: &str) -> bool {
    node.process.as_ref().is_some_and(|process| process.properties_file == file)
}

impl Context {
    /// The watched node's file, where it is known. A node of another host is not looked at.
    pub(super) async fn own_file(&self) -> Result<Option<String>, NotSeen> {
        let (process, properties) = self.store.read(|view: &NodeView| {
            let chosen = view.process.fresh(now()).is_some_and(|process| process.chosen.is_some());
            let file = view.properties.last.as_ref().map(|seen| seen.value.path.clone());
            let tried = [&view.process.attempt, &view.properties.attempt].map(|attempt| *attempt != Attempt::NotTried);
            (tried.iter().all(|tried| *tried).then_some(chosen), file)
        });
        let chosen = process.ok_or(NotSeen::Waiting)?;
        let server = self.config.load().server.clone();
        match server {
            Some(server) if !chosen && properties.is_none() && !is_this_host(&server.host).await => {
                Err(NotSeen::Skipped(format!("{} is not on this host.", server.host)))
            }
            _ => Ok(properties),
        }
    }

    /// Processes that the source `process` found.
    fn known_pids(&self) -> Vec<u32> {
        let pids = |view: &NodeView| {
            let process = view.process.fresh(now())?;
            Some(process.candidates.iter().chain(&process.chosen).map(|candidate| candidate.pid).collect())
        };
        self.store.read(pids).unwrap_or_default()
    }

    async fn look_at_dirs(&self, procfs: &Path, sysfs: &Path, own: &[Mount], node: &mut HostNode) {
        let Ok(file) = &node.file else { return };
        let pid = node.process.as_ref().map(|process| process.pid);
        let theirs = pid.map_or_else(|| own.to_vec(), |pid| read_mounts(procfs, &pid.to_string()));
        let cwd = node.process.as_ref().and_then(|process| process.cwd.as_deref());
        // By replica: the directories that hold it, a directory that is named twice only once.
        let mut holders: BTreeMap<String, BTreeMap<Option<FileId>, String>> = BTreeMap::new();
        for dir in file.properties.log_dirs() {
            let Some(path) = absolute(cwd, &dir) else {
                node.dirs.insert(dir.clone(), Err(relative(&dir)));
                continue;
            };
            let group = group_of(own, &theirs, &path);
            let (procfs, sysfs) = (procfs.to_path_buf(), sysfs.to_path_buf());
            let question = Question::Place { procfs, sysfs, pid, path };
            let answer: Result<PlaceAnswer, Failure> = self.reader.ask(&group, question, LOG_DIR_MS).await;
            let place = answer.map(|answer| {
                let id = answer.place.id;
                for name in answer.replicas {
                    holders.entry(name).or_default().entry(id).or_insert_with(|| dir.clone());
                }
                answer.place
            });
            node.dirs.insert(dir, place);
        }
        let twice = holders.into_iter().filter(|(_, dirs)| dirs.len() > 1);
        let named =
            |(replica, dirs): (String, BTreeMap<_, String>)| HeldTwice { replica, dirs: dirs.into_values().collect() };
        node.twice = twice.map(named).take(TWICE_NAMED_MAX).collect();
    }
}

/// A relative directory is meant from the process' working directory.
fn absolute(cwd: Option<&str>, dir: &str) -> Option<PathBuf> {
    if Path::new(dir).is_absolute() { Some(dir.into()) } else { Some(Path::new(cwd?).join(dir)) }
}

fn relative(dir: &str) -> Failure {
    let message =
        format!("{dir} is relative, and the process that gives it a meaning does not run or may not be seen.");
    Failure::new(ErrorKind::Io, message)
}
