//! All nodes of a snapshot, judged at one moment: what checks look at.

use super::View;
use super::listeners::Listeners;
use super::settings::{From, Setting, Settings};
use super::topic_settings::TopicSettings;
use crate::checks::{Subject, Unknown};
use crate::derive::broker::BrokerState;
use crate::derive::replication::{Replication, unseen};
use crate::snapshot::{
    Acls, Attempt, BrokerProcess, ClientQuotas, ConfigFile, ConfigSource, Configs, Container, FileKind, Host, HostNode,
    Liveness, LogDirFiles, LogDirPlace, LogDirs, NodeView, Origin, Quorum, Registrations, ScramUsers, Section,
    Snapshot, SourceStatus, Strimzi, UnixMs,
};

/// Sources that see a machine whichever node is asked for; the process counts when one was chosen.
const OF_MACHINES: [&str; 7] = ["process", "host", "hardware", "machine", "network", "drive_health", "kernel_log"];

/// Kinds of nodes that a check is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// Brokers, combined nodes among them.
    Brokers,
    /// Controllers, combined nodes among them.
    Controllers,
    /// Brokers and controllers.
    Nodes,
    /// Whatever has a file that is recognised: nodes, clients, workers.
    Files,
    /// Whatever connects to brokers by a file of its own: producers, consumers, other clients, Connect workers.
    Clients,
    /// Producers.
    Producers,
    /// Consumers.
    Consumers,
    /// Connect workers.
    ConnectWorkers,
    /// Schema Registries.
    SchemaRegistries,
    /// Brokers and controllers that are services of a compose file.
    Containers,
    /// Brokers and controllers that a Strimzi resource describes.
    Resources,
}

impl On {
    /// As half a sentence.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Brokers => "brokers",
            Self::Controllers => "controllers",
            Self::Nodes => "brokers and controllers",
            Self::Files => "configuration files",
            Self::Clients => "files of clients",
            Self::Producers => "files of producers",
            Self::Consumers => "files of consumers",
            Self::ConnectWorkers => "files of Connect workers",
            Self::SchemaRegistries => "files of Schema Registries",
            Self::Containers => "compose files with brokers",
            Self::Resources => "Strimzi resources",
        }
    }

    /// Whether every set is to have some: without them a check of theirs says that it is blind. Of the others a set may
    /// have none.
    #[must_use]
    pub fn is_expected(self) -> bool {
        matches!(self, Self::Brokers | Self::Controllers | Self::Nodes | Self::Files)
    }
}

/// One node.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    /// Where its view comes from.
    pub origin: &'a Origin,
    /// Its facts.
    pub view: View<'a>,
    /// Its settings.
    pub settings: Settings<'a>,
}

/// All nodes.
#[derive(Clone, Debug)]
pub struct Fleet<'a> {
    /// The moment of judgement.
    pub now: UnixMs,
    /// In the order of their origins.
    pub nodes: Vec<Node<'a>>,
}

impl<'a> Fleet<'a> {
    /// Every node of `snapshot`.
    #[must_use]
    pub fn of(snapshot: &'a Snapshot) -> Self {
        let now = snapshot.taken_at;
        Self { now, nodes: snapshot.nodes.iter().map(|(origin, node)| Node::new(origin, node, now)).collect() }
    }

    /// The one node that a sidecar watches.
    #[must_use]
    pub fn of_one(view: View<'a>) -> Self {
        static HERE: Origin = Origin(String::new());
        Self { now: view.now, nodes: vec![Node::judged(&HERE, view)] }
    }

    /// The nodes that `on` means, cluster by cluster: those that no id of a cluster, and no address of a controller or
    /// ZooKeeper, shows to be of different ones.
    #[must_use]
    pub fn clusters(&self, on: On) -> Vec<Vec<&Node<'a>>> {
        let mut clusters: Vec<Vec<&Node<'a>>> = Vec::new();
        for node in self.on(on) {
            match clusters.iter_mut().find(|nodes| nodes.iter().all(|other| node.is_peer_of(other))) {
                Some(nodes) => nodes.push(node),
                None => clusters.push(vec![node]),
            }
        }
        clusters
    }

    /// How many brokers the cluster has: as a broker says, else as resources say, else as many as were looked at. Absent
    /// when all there is is one file, which tells nothing of others.
    #[must_use]
    pub fn brokers(&self) -> Option<usize> {
        let told = |node: &Node<'_>| {
            let (view, now) = (&node.view, self.now);
            let registered = || Some(view.node.registrations.fresh(now)?.brokers.len());
            let alive = || Some(view.node.cluster.fresh(now)?.brokers.len());
            registered().max(alive()).filter(|count| *count > 0)
        };
        let replicas = |node: &Node<'_>| {
            let told = node.resource().and_then(|resource| resource.replicas);
            let scaled = || node.container().and_then(|container| container.replicas);
            told.or_else(scaled).and_then(|count| usize::try_from(count).ok())
        };
        let described = || {
            let brokers: Vec<&Node<'_>> = self.on(On::Brokers).collect();
            let count = brokers.iter().map(|node| replicas(node).unwrap_or(1)).sum();
            let alone = |node: &Node<'_>| {
                (node.is(On::Controllers) && super::voters::is_only_voter(node)) || node.is_with_its_own_zookeeper()
            };
            (count > 1 || brokers.first().is_some_and(|node| replicas(node).is_some() || alone(node))).then_some(count)
        };
        // A controller's DescribeCluster names controllers.
        self.on(On::Brokers).filter_map(told).max().or_else(described)
    }

    /// The nodes that `on` means.
    pub fn on(&self, on: On) -> impl Iterator<Item = &Node<'a>> {
        self.nodes.iter().filter(move |node| node.is(on))
    }
}

/// Log directories of a node on its machine.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The node there.
    pub on_host: &'a HostNode,
}

impl<'a> Places<'a> {
    /// Those whose place is known, by path as configured.
    pub fn known(&self) -> impl Iterator<Item = (&'a str, &'a LogDirPlace)> + use<'a> {
        self.on_host.dirs.iter().filter_map(|(path, place)| Some((path.as_str(), place.as_ref().ok()?)))
    }

    /// Nothing more to say, unless a directory could not be looked at.
    ///
    /// # Errors
    /// [`Unknown`] with the first failure.
    pub fn all(&self) -> Result<(), Unknown> {
        let failed = self.on_host.dirs.values().find_map(|place| place.as_ref().err());
        failed.map_or(Ok(()), |failure| Err(Unknown::new(failure.message.clone())))
    }
}

/// The value of a section, or why it is not there.
fn seen<'a, T>(what: &str, section: &'a Section<T>, now: UnixMs) -> Result<&'a T, Unknown> {
    section.fresh(now).ok_or_else(|| {
        let why = section.why_absent();
        Unknown::new(if why == "not looked at" { format!("{what} was not looked at.") } else { why })
    })
}

impl<'a> Node<'a> {
    fn new(origin: &'a Origin, node: &'a NodeView, now: UnixMs) -> Self {
        Self::judged(origin, View::new(node, now))
    }

    fn judged(origin: &'a Origin, view: View<'a>) -> Self {
        let (node, now) = (view.node, view.now);
        let settings = Settings {
            file: node.properties.fresh(now),
            running: node.configs.fresh(now).and_then(|configs| configs.broker.as_ref()),
            release: super::node::release(node, now),
        };
        Self { origin, view, settings }
    }

    /// Whether the node is of these kinds. One of which little is known counts as a broker, one of which nothing was seen as
    /// none.
    #[must_use]
    pub fn is(&self, on: On) -> bool {
        if self.unseen().is_some() {
            return false;
        }
        let kind = self.settings.file.map(|file| &file.kind);
        let is_node = kind.is_none_or(FileKind::is_node);
        match on {
            On::Files => !matches!(kind, Some(FileKind::Foreign(_) | FileKind::Unknown(_))),
            On::Nodes => is_node,
            On::Brokers => is_node && !super::node::is_controller_only(self.view.node, self.view.now),
            On::Controllers => {
                let roles = self.effective("process.roles").map(|roles| roles.value).unwrap_or_default();
                is_node && roles.split(',').any(|role| role.trim() == "controller")
            }
            On::Clients => matches!(
                kind,
                Some(FileKind::Producer | FileKind::Consumer | FileKind::Client | FileKind::ConnectWorker)
            ),
            On::Producers => kind == Some(&FileKind::Producer),
            On::Consumers => kind == Some(&FileKind::Consumer),
            On::ConnectWorkers => kind == Some(&FileKind::ConnectWorker),
            On::SchemaRegistries => kind == Some(&FileKind::SchemaRegistry),
            On::Containers => is_node && self.container().is_some(),
            On::Resources => is_node && self.resource().is_some(),
        }
    }

    /// The service of a compose file that runs it; absent for whatever else describes it.
    #[must_use]
    pub fn container(&self) -> Option<&'a Container> {
        // A file of variables alone names no service.
        self.settings.file?.container.as_ref().filter(|container| !container.service.is_empty())
    }

    /// The Strimzi resource that describes it; absent for whatever else does.
    #[must_use]
    pub fn resource(&self) -> Option<&'a Strimzi> {
        self.settings.file?.strimzi.as_ref()
    }

    /// Whether both may be of one cluster.
    fn is_peer_of(&self, other: &Self) -> bool {
        let id = |node: &Self| {
            let id = super::node::cluster_id(node.view.node, node.view.now).unwrap_or_default();
            (!id.is_empty()).then(|| id.to_owned())
        };
        if let (Some(id), Some(other)) = (id(self), id(other)) {
            return id == other;
        }
        let (names, others) = (self.rendezvous(), other.rendezvous());
        if names.is_empty() || others.is_empty() {
            return true;
        }
        // Clusters of several developers all meet at their own localhost.
        let is_local = |name: &str| name.contains("localhost") || name.contains("127.0.0.1");
        let are_twins = self.view.id.is_some() && self.view.id == other.view.id;
        // Whole entries where they are well written; what is wrong before the host does not part a cluster.
        let is_same = |name: &str, other: &str| name.ends_with(other) || other.ends_with(name);
        let is_shared = |name: &String| others.iter().any(|other| is_same(name, other));
        names.iter().any(|name| is_shared(name) && !(are_twins && is_local(name)))
    }

    /// Addresses of controllers, or of ZooKeeper with its chroot, by which the nodes of a cluster find each other; empty
    /// when nothing tells.
    fn rendezvous(&self) -> Vec<String> {
        if let Ok(zookeeper) = self.text("zookeeper.connect")
            && !zookeeper.is_empty()
        {
            let (hosts, chroot) = zookeeper.split_at(zookeeper.find('/').unwrap_or(zookeeper.len()));
            return hosts.split(',').map(|host| format!("{}{chroot}", host.trim().to_lowercase())).collect();
        }
        let keys = ["controller.quorum.voters", "controller.quorum.bootstrap.servers"];
        let named = keys.into_iter().filter_map(|key| self.list(key).ok()).flatten();
        named.map(|entry| entry.rsplit('@').next().unwrap_or(entry).to_lowercase()).collect()
    }

    /// Why nothing at all was seen of the node; absent when something was. What its machine shows is none of it: that is
    /// seen where no node runs, and for a node that runs elsewhere it is of the wrong machine.
    #[must_use]
    pub fn unseen(&self) -> Option<String> {
        let node = self.view.node;
        if let Some(FileKind::Unknown(why)) = self.settings.file.map(|file| &file.kind) {
            return Some(why.clone());
        }
        let is_chosen = node.process.last.as_ref().is_some_and(|seen| seen.value.chosen.is_some());
        let is_of_node = |status: &SourceStatus<'_>| !OF_MACHINES.contains(&status.source);
        if is_chosen || node.statuses().iter().any(|status| is_of_node(status) && status.last_success.is_some()) {
            return None;
        }
        let failure = node.properties.failure().or(node.liveness.failure());
        Some(match (failure, &node.liveness.attempt) {
            (Some(failure), _) => failure.message.clone(),
            (None, Attempt::Skipped { reason }) => reason.clone(),
            (None, _) => "Nothing was looked at.".to_owned(),
        })
    }

    /// Whether its ZooKeeper is a service of the same compose file, as the bare name says: then the whole cluster is there.
    fn is_with_its_own_zookeeper(&self) -> bool {
        let is_service = |host: &str| !host.is_empty() && !host.contains('.') && !host.contains('/');
        let zookeeper = self.text("zookeeper.connect").unwrap_or_default();
        self.container().is_some() && is_service(zookeeper.split(':').next().unwrap_or_default())
    }

    /// The node in words: its id where it is known, and where its view comes from.
    #[must_use]
    pub fn name(&self) -> String {
        match (self.view.id, self.origin.0.as_str()) {
            (Some(id), "") => format!("node {id}"),
            (Some(id), origin) => format!("node {id} ({origin})"),
            (None, "") => "this node".to_owned(),
            (None, origin) => origin.to_owned(),
        }
    }

    /// The node as its next start will find it: its file, where one was read, without what it runs with now.
    #[must_use]
    pub fn at_restart(&self) -> Self {
        let running = if self.settings.file.is_some() { None } else { self.settings.running };
        Self { settings: Settings { running, ..self.settings.clone() }, ..self.clone() }
    }

    /// Its listeners, by the settings that count.
    ///
    /// # Errors
    /// [`Unknown`] when the settings that tell were not seen.
    pub fn listeners(&self) -> Result<Listeners<'a>, Unknown> {
        Listeners::of(&self.settings)
    }

    /// The value that counts: what the broker runs with, else what its file will make of it.
    ///
    /// # Errors
    /// [`Unknown`] when neither was seen.
    pub fn effective(&self, key: &str) -> Result<Setting<'a>, Unknown> {
        self.settings.effective(key)
    }

    /// The effective value as a whole number.
    ///
    /// # Errors
    /// [`Unknown`] when it was not seen, or is none: `value-type` tells that.
    pub fn number(&self, key: &str) -> Result<i64, Unknown> {
        number(key, self.effective(key)?)
    }

    /// The effective value as a truth value.
    ///
    /// # Errors
    /// [`Unknown`] when it was not seen, or is none.
    pub fn flag(&self, key: &str) -> Result<bool, Unknown> {
        let setting = self.effective(key)?;
        match setting.value {
            value if value.eq_ignore_ascii_case("true") => Ok(true),
            value if value.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(Unknown::new(format!("{key} is neither true nor false: value-type tells more."))),
        }
    }

    /// The entries of an effective comma-separated list, trimmed, without empty ones.
    ///
    /// # Errors
    /// [`Unknown`] when it was not seen.
    pub fn list(&self, key: &str) -> Result<Vec<&'a str>, Unknown> {
        let setting = self.effective(key)?;
        Ok(setting.value.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect())
    }

    /// The culprit of a finding about `key`: the line that sets it, else the node.
    #[must_use]
    pub fn subject(&self, key: &str) -> Subject {
        let in_file = || {
            let file = self.settings.file?;
            Some((file.path.clone(), file.entry(key)?.place.line()?))
        };
        let line = match self.effective(key).map(|setting| setting.from) {
            Ok(From::File(..) | From::Running(ConfigSource::Static)) | Err(_) => in_file(),
            Ok(From::Running(_) | From::Default) => None,
        };
        Subject::Setting { node: self.name(), line, key: key.to_owned() }
    }

    /// `key=value` as it counts, with where it comes from when that is not the file.
    #[must_use]
    pub fn says(&self, key: &str) -> String {
        match self.effective(key) {
            Ok(setting) => format!("{key}={}{}", setting.value, setting.from.remark()),
            Err(_) => format!("{key} unknown"),
        }
    }

    /// The effective value as text.
    ///
    /// # Errors
    /// [`Unknown`] when it was not seen.
    pub fn text(&self, key: &str) -> Result<&'a str, Unknown> {
        Ok(self.effective(key)?.value)
    }

    /// Whether the node's release knows `key`.
    #[must_use]
    pub fn knows(&self, key: &str) -> bool {
        self.settings.knows(key)
    }

    /// Whether somebody set `key`, so that it is not Kafka's default.
    #[must_use]
    pub fn is_written(&self, key: &str) -> bool {
        let is_default = |from| matches!(from, From::Default | From::Running(ConfigSource::Default));
        match self.effective(key) {
            Ok(setting) => !is_default(setting.from),
            // What an operator sets may be left out by it too.
            Err(_) => self
                .settings
                .file
                .and_then(|file| file.entry(key))
                .is_some_and(|entry| entry.setting != crate::snapshot::Setting::Elsewhere),
        }
    }

    /// The culprit of two settings that do not fit: the first, unless only the second may have been written.
    #[must_use]
    pub fn culprit<'k>(&self, key: &'k str, other: &'k str) -> &'k str {
        if self.is_written(key) { key } else { other }
    }

    /// Whether the node runs without ZooKeeper.
    ///
    /// # Errors
    /// [`Unknown`] when nothing tells.
    pub fn is_kraft(&self) -> Result<bool, Unknown> {
        Ok(!self.text("process.roles")?.is_empty())
    }

    /// Two settings as they count, to be compared.
    #[must_use]
    pub fn both(&self, key: &str, other: &str) -> String {
        format!("{}, {}", self.says(key), self.says(other))
    }

    /// Its file.
    ///
    /// # Errors
    /// [`Unknown`] when none was read.
    pub fn file(&self) -> Result<&'a ConfigFile, Unknown> {
        seen("The node's file", &self.view.node.properties, self.view.now)
    }

    /// Its process on this host.
    ///
    /// # Errors
    /// [`Unknown`] when it was not seen.
    pub fn process(&self) -> Result<&'a BrokerProcess, Unknown> {
        seen("The node's process", &self.view.node.process, self.view.now)
    }

    /// The machine that it runs on.
    ///
    /// # Errors
    /// [`Unknown`] when it was not looked at, or runs elsewhere.
    pub fn host(&self) -> Result<&'a Host, Unknown> {
        seen("The node's machine", &self.view.node.host, self.view.now)
    }

    /// What its machine shows of it: its process, its file, where its log directories lie.
    ///
    /// # Errors
    /// [`Unknown`] as [`Self::host`], or when it is not known which of the machine's nodes it is.
    pub fn on_host(&self) -> Result<&'a HostNode, Unknown> {
        let unclear = || Unknown::new("Which process of its machine the node is, is not known.");
        self.host()?.nodes.iter().find(|on_host| self.is_on_host(on_host)).ok_or_else(unclear)
    }

    /// Whether a node of its machine is this one: by its process, else by its file.
    pub(super) fn is_on_host(&self, on_host: &HostNode) -> bool {
        let (node, now) = (self.view.node, self.view.now);
        let running = node.process.fresh(now).and_then(|process| process.chosen.as_ref());
        let file = node.properties.fresh(now).map(|file| file.path.as_str());
        match (&on_host.process, running) {
            (Some(process), Some(running)) => (process.pid, process.start_ticks) == (running.pid, running.start_ticks),
            (Some(process), None) => file == Some(process.properties_file.as_str()),
            (None, _) => on_host.file.as_ref().ok().map(|file| file.properties.path.as_str()) == file && file.is_some(),
        }
    }

    /// Its log directories whose place is known, as configured.
    ///
    /// # Errors
    /// [`Unknown`] as [`Self::on_host`], or when its file could not be read.
    pub fn places(&self) -> Result<Places<'a>, Unknown> {
        let on_host = self.on_host()?;
        if let Err(failure) = &on_host.file {
            return Err(Unknown::new(failure.message.clone()));
        }
        Ok(Places { on_host })
    }

    /// What its log directories hold.
    ///
    /// # Errors
    /// [`Unknown`] when they were not looked at.
    pub fn dir_files(&self) -> Result<&'a LogDirFiles, Unknown> {
        seen("The node's log directories", &self.view.node.files, self.view.now)
    }

    /// Which APIs and features it offers.
    ///
    /// # Errors
    /// [`Unknown`] when it was not asked, or did not answer.
    pub fn liveness(&self) -> Result<&'a Liveness, Unknown> {
        self.answered("ApiVersions", |node| &node.liveness)
    }

    /// Its log directories as it reports them.
    ///
    /// # Errors
    /// [`Unknown`] when it was not asked, or did not answer.
    pub fn log_dirs(&self) -> Result<&'a LogDirs, Unknown> {
        self.answered("DescribeLogDirs", |node| &node.log_dirs)
    }

    /// What it says of its own and its topics' settings.
    ///
    /// # Errors
    /// [`Unknown`] when it was not asked, or did not answer.
    pub fn configs(&self) -> Result<&'a Configs, Unknown> {
        self.answered("DescribeConfigs", |node| &node.configs)
    }

    /// The settings of a topic that it leads: what is set on the topic, else this broker's own.
    ///
    /// # Errors
    /// [`Unknown`] when it was not asked, does not lead the topic, or may not tell its settings.
    pub fn topic_settings(&self, topic: &str) -> Result<TopicSettings<'a>, Unknown> {
        TopicSettings::of(&self.settings, self.configs()?, topic)
    }

    /// The registered brokers as it says.
    ///
    /// # Errors
    /// [`Unknown`] when it was not asked, or did not answer.
    pub fn registrations(&self) -> Result<&'a Registrations, Unknown> {
        self.answered("DescribeCluster", |node| &node.registrations)
    }

    /// The controller quorum as it says.
    ///
    /// # Errors
    /// [`Unknown`] when it was not asked, or did not answer.
    pub fn quorum(&self) -> Result<&'a Quorum, Unknown> {
        self.answered("DescribeQuorum", |node| &node.quorum)
    }

    /// The ACLs of its cluster.
    ///
    /// # Errors
    /// [`Unknown`] when it was not asked, or did not answer.
    pub fn acls(&self) -> Result<&'a Acls, Unknown> {
        self.answered("DescribeAcls", |node| &node.acls)
    }

    /// The quotas of its cluster's clients.
    ///
    /// # Errors
    /// [`Unknown`] when it was not asked, or did not answer.
    pub fn client_quotas(&self) -> Result<&'a ClientQuotas, Unknown> {
        self.answered("DescribeClientQuotas", |node| &node.client_quotas)
    }

    /// The users of its cluster that log in by SCRAM.
    ///
    /// # Errors
    /// [`Unknown`] when it was not asked, or did not answer.
    pub fn scram_users(&self) -> Result<&'a ScramUsers, Unknown> {
        self.answered("DescribeUserScramCredentials", |node| &node.scram_users)
    }

    /// What is known of partitions.
    ///
    /// # Errors
    /// [`Unknown`] when the broker does not answer, or hides them from us.
    pub fn replication(&self) -> Result<&Replication<'a>, Unknown> {
        let view = &self.view;
        if let Some(replication) = &view.replication {
            return Ok(replication);
        }
        let cluster = self.answered("Metadata", |node| &node.cluster)?;
        let hidden = view.id.and_then(|id| unseen(view.node, view.now, id)).filter(|unseen| *unseen > 0);
        Err(Unknown::new(match hidden {
            Some(hidden) => format!(
                "Metadata names none of the {hidden} replicas on this broker's disks: grant Describe on Topic to our \
                 principal (brokerwatch acls prints how)."
            ),
            None if cluster.brokers.is_empty() => "Metadata names no broker.".to_owned(),
            None => "Which broker answers is not known.".to_owned(),
        }))
    }

    /// A section that the broker itself answers; why it does not answer comes first.
    fn answered<T>(&self, what: &str, section: fn(&'a NodeView) -> &'a Section<T>) -> Result<&'a T, Unknown> {
        let (node, now) = (self.view.node, self.view.now);
        match self.view.state {
            BrokerState::Up => seen(what, section(node), now),
            _ => Err(Unknown::new(match node.liveness.why_absent() {
                why if why == "not looked at" => "No running node was asked: --kafka.server=HOST:PORT asks one.".into(),
                why => why,
            })),
        }
    }
}

/// A setting as a whole number.
fn number(key: &str, setting: Setting<'_>) -> Result<i64, Unknown> {
    let not = || Unknown::new(format!("{key}={} is not a whole number: value-type tells more.", setting.value));
    setting.value.parse().map_err(|_| not())
}
