//! Which nodes share a machine, and how that is known: only what is proven is called a collision.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::fleet::{Fleet, Node};
use super::listeners::{Address, endpoints, split_address};
use crate::checks::{Subject, Unknown};
use crate::limits::LOG_DIRS_COMPARED_MAX;
use crate::snapshot::{ConfigFile, FileId, Host, HostNode, LogDirPlace, NodeProcess};

/// Nodes of one machine, as far as that is known.
#[derive(Clone, Debug)]
pub struct Machine<'a> {
    /// How it is known that they share it.
    pub proof: Proof,
    /// Its name for people: the host name, else the boot id.
    pub name: String,
    /// Its boot id; absent unless proven.
    pub boot_id: Option<&'a str>,
    /// Its facts; absent unless its process table was looked at.
    pub host: Option<&'a Host>,
    /// Its nodes.
    pub members: Vec<Member<'a>>,
}

/// How it is known that nodes share a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// One boot of one kernel.
    Proven,
    /// A manifest says so.
    Declared,
    /// Nothing tells them apart: they may be anywhere.
    Unknown,
}

/// A node of a machine.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// For people: its id where it is known, and its process or file.
    pub name: String,
    /// Its id; absent when nothing tells it.
    pub id: Option<i32>,
    /// What groups it with the nodes of its cluster: the cluster's id, else the controllers or ZooKeeper that it names.
    pub cluster: Option<String>,
    /// Its view, when it was looked at for itself.
    pub node: Option<&'a Node<'a>>,
    /// What the machine shows of it.
    pub on_host: Option<&'a HostNode>,
    /// Its configuration.
    pub properties: Option<&'a ConfigFile>,
}

/// A log directory of a member.
#[derive(Clone, Copy, Debug)]
pub struct Dir<'m, 'a> {
    /// Whose it is.
    pub member: &'m Member<'a>,
    /// As configured.
    pub path: &'a str,
    /// Where it lies.
    pub place: &'a LogDirPlace,
    /// Whether it is there for the metadata log alone.
    pub metadata_only: bool,
}

/// How two directories lie to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// They are one.
    Same,
    /// The second is inside the first.
    Inside,
    /// The first is inside the second.
    Around,
    /// Neither.
    Apart,
}

/// The machines of a fleet: proven ones by boot id, then at most one of nodes of which nothing tells where they run.
#[must_use]
pub fn machines<'a>(fleet: &'a Fleet<'a>) -> Vec<Machine<'a>> {
    let mut proven: BTreeMap<&'a str, Machine<'a>> = BTreeMap::new();
    let mut declared: BTreeMap<&'a str, Vec<Member<'a>>> = BTreeMap::new();
    let mut elsewhere = Vec::new();
    // Clients and workers have no data of their own.
    let may_have_data = |node: &&Node<'_>| node.settings.file.is_none_or(|file| file.kind.is_node());
    for node in fleet.nodes.iter().filter(may_have_data) {
        let host = node.view.node.host.fresh(fleet.now);
        let boot_id = host.and_then(|host| host.boot_id.as_deref());
        let chosen = node.view.node.process.fresh(fleet.now);
        let own = chosen.filter(|process| process.chosen.is_some()).and_then(|process| process.boot_id.as_deref());
        let Some(boot_id) = boot_id.or(own) else {
            let machine = node.settings.file.and_then(|file| file.machine.as_deref());
            match machine {
                Some(name) => declared.entry(name).or_default().push(Member::seen(node)),
                None => elsewhere.push(Member::seen(node)),
            }
            continue;
        };
        let name = host.and_then(|host| host.hostname.clone()).unwrap_or_else(|| boot_id.to_owned());
        let machine = proven.entry(boot_id).or_insert_with(|| Machine {
            proof: Proof::Proven,
            name,
            boot_id: Some(boot_id),
            host: None,
            members: vec![],
        });
        machine.host = machine.host.or(host);
        machine.add(node, host);
    }
    let mut machines: Vec<Machine<'a>> = proven.into_values().collect();
    machines.extend(declared.into_iter().map(|(name, members)| {
        let name = name.to_owned();
        Machine { proof: Proof::Declared, name, boot_id: None, host: None, members }
    }));
    if !elsewhere.is_empty() {
        let name = "unknown".to_owned();
        machines.push(Machine { proof: Proof::Unknown, name, boot_id: None, host: None, members: elsewhere });
    }
    machines
}

impl<'a> Machine<'a> {
    fn add(&mut self, node: &'a Node<'a>, host: Option<&'a Host>) {
        let mut found = false;
        for on_host in host.into_iter().flat_map(|host| &host.nodes) {
            let own = node.is_on_host(on_host).then_some(node);
            found |= own.is_some();
            if !self.members.iter().any(|member| member.is(on_host)) {
                self.members.push(Member::on_host(on_host));
            }
            if let Some(member) = self.members.iter_mut().find(|member| member.is(on_host)) {
                member.node = member.node.or(own);
            }
        }
        // A node of which neither process nor file is known is one of these, or none that runs here.
        let (view, now) = (node.view.node, node.view.now);
        let known = view.process.fresh(now).is_some_and(|process| process.chosen.is_some());
        if !found && (known || view.properties.fresh(now).is_some()) {
            self.members.push(Member::seen(node));
        }
        self.members.iter_mut().for_each(Member::name_by_view);
    }

    /// Whether its process table was looked at, so that no other node runs on it.
    ///
    /// # Errors
    /// [`Unknown`] when it was not, or when no node is on it: that is no pass for nodes elsewhere.
    pub fn complete(&self) -> Result<&'a Host, Unknown> {
        if self.members.is_empty() {
            return Err(Unknown::new(format!("No Kafka node was seen on machine {}.", self.name)));
        }
        self.host.ok_or_else(|| Unknown::new(format!("The processes of machine {} were not looked at.", self.name)))
    }

    /// Every directory whose place is known, and the first reason why one is not.
    pub fn dirs<'m>(&'m self) -> (Vec<Dir<'m, 'a>>, Option<Unknown>) {
        let (mut dirs, mut unknown) = (Vec::new(), None);
        for member in &self.members {
            let (own, why) = member.dirs();
            dirs.extend(own);
            unknown = unknown.or(why);
        }
        (dirs, unknown)
    }

    /// Pairs of members that are not the same mistake already: those of one configuration file are left out.
    pub fn pairs<'m>(&'m self) -> impl Iterator<Item = (&'m Member<'a>, &'m Member<'a>)> {
        let members = self.members.iter().enumerate();
        members
            .flat_map(|(at, a)| self.members[at + 1..].iter().map(move |b| (a, b)))
            .filter(|(a, b)| !a.shares_file(b))
    }

    /// The machine as a subject.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject::Machine(self.name.clone())
    }
}

impl<'a> Member<'a> {
    fn on_host(on_host: &'a HostNode) -> Self {
        let properties = on_host.file.as_ref().ok().map(|file| &file.properties);
        let meta = on_host.dirs.values().flatten().find_map(|place| place.meta.as_ref());
        let id = properties.and_then(ConfigFile::node_id).or_else(|| meta?.node_id);
        let cluster = meta.and_then(|meta| meta.cluster_id.clone()).or_else(|| named_cluster(properties?));
        let name = match (id, &on_host.process, properties) {
            (Some(id), Some(process), _) => format!("node {id} (pid {}, {})", process.pid, process.properties_file),
            (None, Some(process), _) => format!("pid {} ({})", process.pid, process.properties_file),
            (Some(id), None, Some(file)) => format!("node {id} ({}, not running)", file.path),
            _ => "a node that does not run".to_owned(),
        };
        Self { name, id, cluster, node: None, on_host: Some(on_host), properties }
    }

    fn seen(node: &'a Node<'a>) -> Self {
        let (view, now) = (node.view.node, node.view.now);
        let properties = view.properties.fresh(now);
        let cluster = super::node::cluster_id(view, now).map(str::to_owned).or_else(|| named_cluster(properties?));
        Self { name: node.name(), id: node.view.id, cluster, node: Some(node), on_host: None, properties }
    }

    fn name_by_view(&mut self) {
        let Some(node) = self.node else { return };
        self.id = node.view.id.or(self.id);
        let cluster = super::node::cluster_id(node.view.node, node.view.now);
        self.cluster = cluster.map(str::to_owned).or(self.cluster.take());
    }

    fn is(&self, on_host: &HostNode) -> bool {
        let process = |node: &HostNode| node.process.as_ref().map(|process| (process.pid, process.start_ticks));
        let file = |node: &HostNode| node.file.as_ref().ok().map(|file| file.id);
        self.on_host.is_some_and(|own| match (process(own), process(on_host)) {
            (None, None) => file(own) == file(on_host),
            (own, other) => own == other,
        })
    }

    /// Its process.
    #[must_use]
    pub fn process(&self) -> Option<&'a NodeProcess> {
        self.on_host?.process.as_ref()
    }

    /// Which file it is configured by.
    #[must_use]
    pub fn file(&self) -> Option<FileId> {
        Some(self.on_host?.file.as_ref().ok()?.id)
    }

    /// Whether the other runs from the same file with the same overrides: then everything collides, and that is told
    /// once. A node that does not run has no such twin: it is the same node.
    #[must_use]
    pub fn shares_file(&self, other: &Self) -> bool {
        let overrides = |member: &Self| member.process().map(|process| process.overrides.clone());
        self.file().is_some() && self.file() == other.file() && overrides(self) == overrides(other)
    }

    /// Whether both are of one cluster; absent when that is not known of one.
    #[must_use]
    pub fn same_cluster(&self, other: &Self) -> Option<bool> {
        Some(self.cluster.as_ref()? == other.cluster.as_ref()?)
    }

    /// Whether it is a broker.
    #[must_use]
    pub fn is_broker(&self) -> bool {
        self.properties.is_none_or(|properties| properties.roles().contains(&"broker"))
    }

    /// Its log directories as configured, when that is known.
    #[must_use]
    pub fn configured_dirs(&self) -> Option<Vec<String>> {
        if let Some(properties) = self.properties {
            let mut dirs = properties.log_dirs();
            dirs.truncate(LOG_DIRS_COMPARED_MAX);
            return Some(dirs);
        }
        let node = self.node?;
        let dirs = ["log.dirs", "log.dir"].iter().find_map(|key| node.list(key).ok().filter(|dirs| !dirs.is_empty()));
        dirs.map(|dirs| dirs.into_iter().map(str::to_owned).collect())
    }

    /// Its rack as its file says; empty when it has none.
    #[must_use]
    pub fn rack(&self) -> Option<&'a str> {
        self.properties.map(|properties| properties.get("broker.rack").unwrap_or(""))
    }

    /// Its directories whose place is known, and the first reason why one is not.
    pub fn dirs<'m>(&'m self) -> (Vec<Dir<'m, 'a>>, Option<Unknown>) {
        let Some(on_host) = self.on_host else {
            let why = format!("Where the log directories of {} lie was not looked at.", self.name);
            return (vec![], Some(Unknown::new(why)));
        };
        let mut unknown = on_host.file.as_ref().err().map(|failure| Unknown::new(failure.message.clone()));
        let metadata = self.properties.and_then(|properties| properties.get("metadata.log.dir"));
        let data = self.properties.map(ConfigFile::data_dirs).unwrap_or_default();
        let is_data = |path: &str| data.iter().any(|dir| dir == path);
        let mut dirs = Vec::new();
        if on_host.dirs.len() > LOG_DIRS_COMPARED_MAX {
            let why = format!(
                "{} has more than {LOG_DIRS_COMPARED_MAX} log directories: the rest is not compared.",
                self.name
            );
            unknown = unknown.or(Some(Unknown::new(why)));
        }
        for (path, place) in on_host.dirs.iter().take(LOG_DIRS_COMPARED_MAX) {
            match place {
                Ok(place) => {
                    let metadata_only = metadata == Some(path.as_str()) && !is_data(path);
                    dirs.push(Dir { member: self, path, place, metadata_only });
                }
                Err(failure) => unknown = unknown.or_else(|| Some(Unknown::new(failure.message.clone()))),
            }
        }
        (dirs, unknown)
    }

    /// Hosts that it advertises, or is bound to; none for wildcards, loopback and templates.
    #[must_use]
    pub fn advertised_hosts(&self) -> BTreeSet<&'a str> {
        let Some(properties) = self.properties else {
            let asked = self.node.and_then(|node| split_address(&node.origin.0));
            let asked = asked.map(|(host, port)| Address { host, port });
            return asked.filter(|asked| !asked.is_anywhere()).map(|asked| asked.host).into_iter().collect();
        };
        let lists = ["advertised.listeners", "listeners"].into_iter().filter_map(|key| properties.get(key));
        let named = lists.flat_map(|list| endpoints(list).entries).map(|endpoint| endpoint.address);
        named.filter(|address| !address.is_anywhere()).map(|address| address.host).collect()
    }
}

/// What a file says of its cluster when the cluster's id is not known.
fn named_cluster(properties: &ConfigFile) -> Option<String> {
    ["controller.quorum.voters", "controller.quorum.bootstrap.servers", "zookeeper.connect"]
        .iter()
        .find_map(|key| properties.get(key))
        .map(str::to_owned)
}

impl<'a> Dir<'_, 'a> {
    /// How it lies to another. By device and inode, and by the path inside the file system, which also sees through
    /// bind mounts; names are not compared.
    #[must_use]
    pub fn lies_to(&self, other: &Dir<'_, 'a>) -> Lie {
        if self.place.id.is_some() && self.place.id == other.place.id {
            return Lie::Same;
        }
        match (self.inside(), other.inside()) {
            (Some((a_fs, a)), Some((b_fs, b))) if a_fs == b_fs => {
                let (a, b) = (Path::new(a), Path::new(b));
                match (b.starts_with(a), a.starts_with(b)) {
                    (true, true) => Lie::Same,
                    (true, false) => Lie::Inside,
                    (false, true) => Lie::Around,
                    (false, false) => Lie::Apart,
                }
            }
            _ => Lie::Apart,
        }
    }

    /// Its file system and its path inside it; absent when mountinfo did not tell.
    #[must_use]
    pub fn inside(&self) -> Option<(&'a str, &'a str)> {
        Some((self.place.mount.as_ref()?.fs.as_str(), self.place.inside.as_deref()?))
    }

    /// The directory as a subject.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject::LogDir { node: self.member.name.clone(), path: self.path.to_owned() }
    }
}
