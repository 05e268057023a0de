//! The machines of the healthy set: one for each node, with a disk for each of its log directories.

use std::collections::BTreeMap;

use super::examples::Set;
use crate::snapshot::{
    BrokerProcess, ConfigFile, DirEntries, FileId, Host, HostNode, KeyStore, LockFile, LogDir, LogDirPlace, LogDirs,
    MetaProperties, Mounted, NodeFile, NodeProcess, NodeView, ProcessCandidate, ReplicaOnDisk, Section, Selection,
    Space,
};
use crate::testing::{Sample, seen};

/// A node, and what is changed of it.
type Change<T> = (&'static str, fn(&mut T));

/// What examples change of machines.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    /// Machines by node; a node has its own when it is not here.
    together: BTreeMap<&'static str, &'static str>,
    /// Nodes of which nothing tells where they run.
    nowhere: Vec<&'static str>,
    /// Nodes that run twice.
    second: Vec<&'static str>,
    nodes: Vec<Change<HostNode>>,
    machines: Vec<Change<Host>>,
    log_dirs: Vec<Change<LogDirs>>,
}

impl Set {
    /// Puts nodes onto the machine of the first.
    pub(super) fn together(&mut self, nodes: &[&'static str]) {
        self.hosts.together.extend(nodes.iter().map(|node| (*node, nodes[0])));
    }

    /// Hides where a node runs.
    pub(super) fn nowhere(&mut self, node: &'static str) {
        self.hosts.nowhere.push(node);
    }

    /// Starts a second process from a node's file.
    pub(super) fn second_process(&mut self, node: &'static str) {
        self.hosts.second.push(node);
    }

    /// Changes what a node's machine shows of it.
    pub(super) fn on_host(&mut self, node: &'static str, change: fn(&mut HostNode)) {
        self.hosts.nodes.push((node, change));
    }

    /// Changes a node's machine.
    pub(super) fn machine(&mut self, node: &'static str, change: fn(&mut Host)) {
        self.hosts.machines.push((node, change));
    }

    /// Changes what a broker reports of its directories.
    pub(super) fn log_dirs(&mut self, node: &'static str, change: fn(&mut LogDirs)) {
        self.hosts.log_dirs.push((node, change));
    }

    /// Gives a broker directories of its own, and ports.
    pub(super) fn apart_dirs(&mut self, node: &'static str) {
        self.line(node, "log.dirs=/var/lib/kafka/disk-3,/var/lib/kafka/disk-4");
        self.line(node, "listeners=CLIENTS://0.0.0.0:9192,REPLICATION://0.0.0.0:9194");
    }
}

/// The place of one of a node's directories.
pub(super) fn place_of<'a>(node: &'a mut HostNode, dir: &str) -> &'a mut LogDirPlace {
    node.dirs.get_mut(dir).unwrap().as_mut().unwrap()
}

pub(super) fn mount_of<'a>(node: &'a mut HostNode, dir: &str) -> &'a mut Mounted {
    place_of(node, dir).mount.as_mut().unwrap()
}

pub(super) fn meta_of<'a>(node: &'a mut HostNode, dir: &str) -> &'a mut MetaProperties {
    place_of(node, dir).meta.as_mut().unwrap()
}

pub(super) fn process_of(node: &mut HostNode) -> &mut NodeProcess {
    node.process.as_mut().unwrap()
}

/// Puts so many small replicas into the first directory.
pub(super) fn many_replicas(dirs: &mut LogDirs, count: i32) {
    let replica = |partition| ReplicaOnDisk { topic: "many".into(), partition, bytes: 0, future: false };
    dirs.dirs[0].replicas = (0..count).map(replica).collect();
}

/// Fills in the machines of nodes with these files, and what brokers report of their directories.
pub(super) fn fill(
    hosts: &Hosts,
    clusters: &BTreeMap<&'static str, String>,
    files: &BTreeMap<&'static str, ConfigFile>,
    views: &mut BTreeMap<&'static str, NodeView>,
) {
    let mut machines: BTreeMap<&str, Host> = BTreeMap::new();
    for (name, file) in files {
        let machine = hosts.together.get(name).unwrap_or(name);
        let host = machines.entry(machine).or_insert_with(|| empty_machine(machine));
        let runs = if hosts.second.contains(name) { 2 } else { 1 };
        for run in 0..runs {
            let mut node = host_node(name, file, run);
            if let Some(id) = clusters.get(name) {
                let metas = node.dirs.values_mut().flatten().filter_map(|place| place.meta.as_mut());
                metas.for_each(|meta| meta.cluster_id = Some(id.clone()));
            }
            hosts.nodes.iter().filter(|(of, _)| of == name).for_each(|(_, change)| change(&mut node));
            host.nodes.push(node);
        }
    }
    for (name, file) in files {
        let machine = *hosts.together.get(name).unwrap_or(name);
        let host = machines.get_mut(machine).unwrap();
        hosts.machines.iter().filter(|(of, _)| of == name).for_each(|(_, change)| change(host));
        let view = views.get_mut(name).unwrap();
        if view.log_dirs.last.is_none() && file.roles().contains(&"broker") {
            let mut dirs = log_dirs(file);
            hosts.log_dirs.iter().filter(|(of, _)| of == name).for_each(|(_, change)| change(&mut dirs));
            view.log_dirs = seen(dirs);
        }
    }
    for (name, file) in files.iter().filter(|(name, _)| !hosts.nowhere.contains(name)) {
        let host = &machines[hosts.together.get(name).unwrap_or(name)];
        let view = views.get_mut(name).unwrap();
        fill_one(&mut view.host, host.clone());
        let chosen = host.nodes.iter().filter_map(|node| node.process.as_ref());
        let chosen = chosen.filter(|process| process.properties_file == file.path).map(|process| ProcessCandidate {
            pid: process.pid,
            start_ticks: process.start_ticks,
            started: Some(crate::snapshot::UnixMs(Sample::NOW.0 - 3_600_000)),
            state: 'S',
            properties_file: file.path.clone(),
            overrides: BTreeMap::new(),
        });
        let candidates: Vec<ProcessCandidate> = chosen.collect();
        let process = BrokerProcess {
            chosen: candidates.first().cloned(),
            selection: Some(Selection::OnlyProcess),
            candidates,
            boot_id: host.boot_id.clone(),
            ..BrokerProcess::default()
        };
        fill_one(&mut view.process, process);
    }
}

fn fill_one<T: Send + Sync + 'static>(section: &mut Section<T>, value: T) {
    if section.last.is_none() {
        *section = seen(value);
    }
}

fn empty_machine(name: &str) -> Host {
    Host {
        boot_id: Some(format!("boot of {name}")),
        hostname: Some(name.to_owned()),
        machine_id_hash: Some(name.to_owned()),
        cores: Some(16),
        uptime_ms: Some(1_000_000_000),
        memory_bytes: Some(64 << 30),
        swap_bytes: Some(0),
        swappiness: Some(1),
        max_map_count: Some(1_048_576),
        nodes: vec![],
    }
}

fn host_node(name: &str, file: &ConfigFile, run: u32) -> HostNode {
    let pid = 1_000 + hash(name) as u32 % 10_000 + run;
    let process = NodeProcess {
        pid,
        start_ticks: 5_000 + u64::from(pid),
        properties_file: file.path.clone(),
        cwd: Some("/opt/kafka".into()),
        uid: Some(1_000),
        groups: vec![1_000],
        max_files: Some(1_048_576),
        open_files: Some(2_000),
        swapped_bytes: Some(0),
        heap_initial_bytes: Some(6 << 30),
        heap_max_bytes: Some(6 << 30),
        app_log_dir: Some(format!("/var/log/kafka/{name}")),
        gc_log: Some(format!("/var/log/kafka/{name}/gc.log")),
        version: Some("4.1.1".into()),
        network_namespace: Some(1),
        mount_namespace: Some(2),
        root_fs: Some("8:0".into()),
        ..NodeProcess::default()
    };
    let first = file.get("metadata.log.dir").map(str::to_owned).or_else(|| file.data_dirs().into_iter().next());
    let dirs = file.log_dirs().into_iter().map(|dir| {
        let holds_metadata = first.as_ref() == Some(&dir);
        let mut place = place(&dir, name, file.node_id(), pid);
        place.entries.metadata_log = holds_metadata;
        (dir, Ok(place))
    });
    let id = FileId { major: 8, minor: 0, inode: hash(&file.path) };
    HostNode {
        dirs: dirs.collect(),
        process: Some(process),
        file: Ok(NodeFile { properties: file.clone(), mode: Some(0o640), key_stores: key_stores(file), id }),
        twice: vec![],
    }
}

/// The key stores that a file names, for the node alone.
fn key_stores(file: &ConfigFile) -> BTreeMap<String, Result<KeyStore, crate::snapshot::Failure>> {
    let path = file.get("ssl.keystore.location").map(str::to_owned);
    path.map(|path| ("ssl.keystore.location".to_owned(), Ok(KeyStore { path, mode: 0o400, certificate: None })))
        .into_iter()
        .collect()
}

/// A directory on a disk of its own: the first four names of its path are the mount point.
pub(super) fn place(dir: &str, node: &str, id: Option<i32>, pid: u32) -> LogDirPlace {
    let parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let path = format!("/{}", parts.join("/"));
    // What is in /tmp/X is on the disk of /tmp.
    let depth = if parts.first() == Some(&"tmp") { 1 } else { 4 };
    let point = format!("/{}", parts[..parts.len().min(depth)].join("/"));
    let minor = hash(&point) % 4_096;
    let inside = path.strip_prefix(&point).unwrap_or("");
    let options = ["rw", "noatime"].map(str::to_owned).to_vec();
    LogDirPlace {
        id: Some(FileId { major: 8, minor: minor as u32, inode: hash(&path) }),
        mount: Some(Mounted { fs: format!("8:{minor}"), kind: "xfs".into(), point, options }),
        inside: Some(if inside.is_empty() { "/".to_owned() } else { inside.to_owned() }),
        disk: Some(format!("disk-{minor}")),
        unmounted: None,
        uid: 1_000,
        gid: 1_000,
        mode: 0o750,
        space: Some(Space {
            bytes: 4 << 40,
            free_bytes: None,
            usable_bytes: 3 << 40,
            inodes: 1 << 20,
            free_inodes: 1 << 19,
        }),
        meta: Some(MetaProperties {
            cluster_id: Some("orders".into()),
            node_id: id,
            directory_id: Some(format!("{:x}", hash(&format!("{node}{path}")))),
            version: Some(1),
        }),
        meta_failure: None,
        lock: Some(LockFile { inode: Some(hash(&path) + 1), holders: Some(vec![pid]) }),
        entries: DirEntries { replicas: 3, ..DirEntries::default() },
        path,
    }
}

fn log_dirs(file: &ConfigFile) -> LogDirs {
    let dir = |(at, path): (usize, String)| LogDir {
        path,
        online: true,
        error: None,
        total_bytes: Some(4 << 40),
        usable_bytes: Some(3 << 40),
        replicas: vec![ReplicaOnDisk { topic: "orders".into(), partition: at as i32, bytes: 1 << 20, future: false }],
    };
    LogDirs { dirs: file.data_dirs().into_iter().enumerate().map(dir).collect() }
}

/// A number for a name, the same in each run (FNV-1a).
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)) >> 8
}

#[test]
fn a_machine_of_two_nodes_holds_both() {
    let mut set = Set::healthy();
    set.together(&["broker-1", "controller-1"]);
    let snapshot = set.snapshot();
    let hosts = snapshot.nodes.values().filter_map(|node| node.host.fresh(Sample::NOW));
    assert_eq!(hosts.filter(|host| host.nodes.len() == 2).count(), 2);
}
