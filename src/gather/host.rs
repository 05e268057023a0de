//! One round of the source `host`: the machine, its Kafka processes, and where the log directories of each lie.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use super::rounds::{LOG_DIR_MS, QUESTION_MS};
use super::{Context, NotSeen, now};
use crate::snapshot::{Attempt, ErrorKind, Failure, FileId, HeldTwice, Host, HostNode, NodeFile, NodeView};
use crate::sources::dir_entries::EntryListing;
use crate::sources::host::HostAnswer;
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
            let mut host = look.ask_host(procfs.clone(), sysfs).await?;
            let mounts = look.own_mounts();
            if let Some(own) = own.filter(|own| !host.nodes.iter().any(|node| is_of(node, own))) {
                let group = group_of(&mounts, &mounts, Path::new(&own));
                let question = Question::NodeFile { procfs: procfs.clone(), path: own };
                let file: Result<NodeFile, Failure> = look.reader.ask(&group, question, QUESTION_MS).await;
                host.nodes.push(HostNode { process: None, file, dirs: BTreeMap::new(), twice: vec![] });
            }
            let (mut before, mut held) = (look.take_held(), HeldDirs::new());
            for node in &mut host.nodes {
                look.look_at_dirs(&mounts, node, &mut before, &mut held).await;
            }
            *look.held.lock().unwrap_or_else(PoisonError::into_inner) = held;
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

    /// The machine and its processes; of the others than Java virtual machines it remembers the ids.
    async fn ask_host(&self, procfs: PathBuf, sysfs: PathBuf) -> Result<Host, Failure> {
        let others = || self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let question = Question::Host { procfs, sysfs, known: self.known_pids(), others: others().not_asked() };
        let answer: HostAnswer = self.reader.ask(PROCESSES, question, QUESTION_MS).await?;
        others().advance(&answer.others);
        Ok(answer.host)
    }

    /// What directories were last known to hold. It is handed out once: a round that fails leaves none behind.
    fn take_held(&self) -> HeldDirs {
        std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks for the directories of one node, with what was held `before`; what they hold now goes to `held`.
    async fn look_at_dirs(&self, own: &[Mount], node: &mut HostNode, before: &mut HeldDirs, held: &mut HeldDirs) {
        let Ok(file) = &node.file else { return };
        let (procfs, sysfs) = self.roots();
        let pid = node.process.as_ref().map(|process| process.pid);
        let theirs = pid.map_or_else(|| own.to_vec(), |pid| read_mounts(&procfs, &pid.to_string()));
        let cwd = node.process.as_ref().and_then(|process| process.cwd.as_deref());
        let mut of_node = HeldDirs::new();
        for dir in file.properties.log_dirs() {
            let Some(path) = absolute(cwd, &dir) else {
                node.dirs.insert(dir.clone(), Err(relative(&dir)));
                continue;
            };
            let group = group_of(own, &theirs, &path);
            let key = (pid, dir.clone());
            let mut known = before.remove(&key).unwrap_or_default();
            let (procfs, sysfs, before) = (procfs.clone(), sysfs.clone(), known.listing.take());
            let question = Question::Place { procfs, sysfs, pid, path, before };
            let answer: Result<PlaceAnswer, Failure> = self.reader.ask(&group, question, LOG_DIR_MS).await;
            let place = answer.map(|answer| {
                let replicas = answer.replicas.unwrap_or(known.replicas);
                of_node.insert(key, HeldDir { id: answer.place.id, listing: answer.listing, replicas });
                answer.place
            });
            node.dirs.insert(dir, place);
        }
        node.twice = held_twice(&of_node);
        held.append(&mut of_node);
    }
}

/// Processes that are no Java virtual machines, by id, with the rounds since they were first seen so.
#[derive(Debug, Default)]
pub(super) struct OtherProcesses(BTreeMap<u32, u32>);

impl OtherProcesses {
    /// A script that starts Kafka becomes its process, with its id and its start: so a process is asked for its name in
    /// its first rounds, and in each tenth after them; in which one differs from process to process.
    fn not_asked(&self) -> BTreeSet<u32> {
        const FIRST: u32 = 3;
        const EVERY: u32 = 10;
        let settled =
            |(pid, rounds): &(&u32, &u32)| **rounds >= FIRST && !pid.wrapping_add(**rounds).is_multiple_of(EVERY);
        self.0.iter().filter(settled).map(|(pid, _)| *pid).collect()
    }

    /// Takes in those that are there now.
    fn advance(&mut self, others: &BTreeSet<u32>) {
        let before = std::mem::take(&mut self.0);
        self.0 =
            others.iter().map(|pid| (*pid, before.get(pid).map_or(1, |rounds| rounds.saturating_add(1)))).collect();
    }
}

/// What log directories hold, by the process that uses them and the name that it gives them.
pub(super) type HeldDirs = BTreeMap<(Option<u32>, String), HeldDir>;

/// What one log directory holds.
#[derive(Debug, Default)]
pub(super) struct HeldDir {
    id: Option<FileId>,
    listing: Option<EntryListing>,
    /// Names of the logs of replicas in it, sorted.
    replicas: Vec<String>,
}

/// Replicas that two directories of one node hold; a directory that is named twice counts once.
fn held_twice(dirs: &HeldDirs) -> Vec<HeldTwice> {
    let mut seen = BTreeSet::new();
    let distinct: Vec<_> = dirs.iter().filter(|(_, held)| seen.insert(held.id)).collect();
    let mut holders: Vec<(&String, &String)> =
        distinct.iter().flat_map(|((_, dir), held)| held.replicas.iter().map(move |replica| (replica, dir))).collect();
    // Of sorted runs: merging them is all there is to do.
    holders.sort();
    let twice = holders.chunk_by(|one, other| one.0 == other.0).filter(|holders| holders.len() > 1);
    let named = |holders: &[(&String, &String)]| HeldTwice {
        replica: holders[0].0.clone(),
        dirs: holders.iter().map(|(_, dir)| (*dir).clone()).collect(),
    };
    twice.map(named).take(TWICE_NAMED_MAX).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_process_is_asked_three_times_then_each_tenth_and_forgotten_when_it_ends() {
        let mut others = OtherProcesses::default();
        let asked: Vec<u32> = (0..40)
            .filter(|_| {
                let asked = !others.not_asked().contains(&7);
                others.advance(&[7, 8].into());
                asked
            })
            .collect();
        assert_eq!(asked, [0, 1, 2, 3, 13, 23, 33]);
        assert!(others.not_asked().contains(&8), "not all in one round");
        others.advance(&[8].into());
        others.advance(&[7, 8].into());
        assert!(!others.not_asked().contains(&7), "its id is another process' now");
    }

    #[test]
    fn a_replica_in_two_directories_is_named_and_a_directory_named_twice_is_one() {
        let held = |dir: &str, inode: u64, replicas: &[&str]| {
            let id = Some(FileId { major: 8, minor: 1, inode });
            let replicas = replicas.iter().map(|name| (*name).to_owned()).collect();
            ((Some(7), dir.to_owned()), HeldDir { id, listing: None, replicas })
        };
        let dirs = |second: u64| {
            HeldDirs::from([held("/a", 1, &["orders-0", "orders-1"]), held("/b", second, &["orders-1", "orders-2"])])
        };
        let twice = held_twice(&dirs(2));
        assert_eq!(twice.len(), 1);
        assert_eq!(
            (twice[0].replica.as_str(), twice[0].dirs.as_slice()),
            ("orders-1", ["/a".to_owned(), "/b".to_owned()].as_slice())
        );
        assert!(held_twice(&dirs(1)).is_empty(), "one directory with two names");
    }
}
