//! What fails together: a broker, a log directory, a drive, a machine, a rack; as a user names it, and what of the cluster
//! stops with it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::blast_radius::{drives, is_same_dir, metadata_log_dir, outlives_a_drive};
use super::drive_health::current;
use super::fleet::{Fleet, Node, On};
use super::machines::{Machine, Proof, machines};
use super::what_if::Stop;
use crate::snapshot::HostNode;

/// One failure domain, as a user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A node by id, broker or controller.
    Broker(i32),
    /// A log directory by path; of one broker when its id is given.
    LogDir(Option<i32>, String),
    /// A drive by the kernel's name; on the machine of one node when its id is given.
    Disk(Option<i32>, String),
    /// A machine by host name or boot id; else the brokers that advertise this host.
    Machine(String),
    /// Every broker of a rack.
    Rack(String),
    /// Every drive of a model with a firmware, `MODEL/FIRMWARE`, and when hours are given, of that age: they may fail at the
    /// same hour.
    Firmware(String, Option<u64>),
}

/// Hours by which the ages of drives may differ that count as one: a fault that comes with an age takes them within a week.
const SAME_AGE_HOURS: u64 = 7 * 24;

/// Failure domains that stop together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets(pub Vec<Target>);

/// What stops with a domain.
#[derive(Clone, Debug, Default)]
pub struct Domain {
    /// What stops.
    pub stop: Stop,
    /// What more there is to say of it.
    pub notes: Vec<String>,
    /// Why more may stop with it.
    pub unseen: Vec<String>,
}

/// Nothing of that name was seen, or several things were; what there is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{target}: {}", told(.what, .known, .unseen))]
pub struct NoSuch {
    target: String,
    what: &'static str,
    known: BTreeSet<String>,
    unseen: Vec<String>,
}

impl NoSuch {
    /// Whether nothing of its kind was seen at all, or it may be where nobody could look.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        self.known.is_empty() || !self.unseen.is_empty()
    }

    /// As this, with what could not be looked at.
    #[must_use]
    pub fn beside(self, unseen: Vec<String>) -> Self {
        Self { unseen, ..self }
    }
}

fn told(what: &str, known: &BTreeSet<String>, unseen: &[String]) -> String {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let known = if known.is_empty() { "none was seen".to_owned() } else { format!("there is {}", known.join(", ")) };
    let unseen: String = unseen.iter().map(|unseen| format!("; {unseen}")).collect();
    format!("{what}; {known}{unseen}")
}

impl FromStr for Targets {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',').map(str::parse).collect::<Result<Vec<Target>, _>>().map(Self)
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted =
            "give broker=ID, log-dir=PATH, disk=NAME, machine=NAME, rack=NAME or firmware=MODEL/FIRMWARE[@HOURS]";
        let (kind, name) = text.split_once('=').ok_or(wanted)?;
        let of_node = || match name.split_once(':').map(|(id, rest)| (id.parse(), rest)) {
            Some((Ok(id), rest)) => (Some(id), rest.to_owned()),
            _ => (None, name.to_owned()),
        };
        match kind {
            _ if name.is_empty() => Err(wanted.to_owned()),
            "broker" => name.parse().map(Self::Broker).map_err(|_| format!("{name} is not the id of a broker")),
            "log-dir" => Ok(Self::LogDir(of_node().0, of_node().1)),
            "disk" => Ok(Self::Disk(of_node().0, of_node().1.trim_start_matches("/dev/").to_owned())),
            "machine" => Ok(Self::Machine(name.to_owned())),
            "rack" => Ok(Self::Rack(name.to_owned())),
            "firmware" => {
                let aged = name.rsplit_once('@').and_then(|(make, hours)| Some((make, hours.parse().ok()?)));
                Ok(aged.map_or_else(
                    || Self::Firmware(name.to_owned(), None),
                    |(make, hours)| Self::Firmware(make.to_owned(), Some(hours)),
                ))
            }
            _ => Err(wanted.to_owned()),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |id: &Option<i32>| id.map_or_else(String::new, |id| format!("{id}:"));
        match self {
            Self::Broker(id) => write!(f, "broker={id}"),
            Self::LogDir(id, path) => write!(f, "log-dir={}{path}", of(id)),
            Self::Disk(id, name) => write!(f, "disk={}{name}", of(id)),
            Self::Machine(name) => write!(f, "machine={name}"),
            Self::Rack(name) => write!(f, "rack={name}"),
            Self::Firmware(name, None) => write!(f, "firmware={name}"),
            Self::Firmware(name, Some(hours)) => write!(f, "firmware={name}@{hours}"),
        }
    }
}

impl fmt::Display for Targets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&all.join(" and "))
    }
}

impl Targets {
    /// What stops with them in the cluster of `nodes`.
    ///
    /// # Errors
    /// [`NoSuch`] when one of them is not there, or is not clear.
    pub fn domain<'a>(&self, fleet: &'a Fleet<'a>, nodes: &[&Node<'a>]) -> Result<Domain, NoSuch> {
        self.0.iter().try_fold(Domain::default(), |all, target| Ok(all.and(target.domain(fleet, nodes)?)))
    }
}

impl Domain {
    fn and(mut self, other: Self) -> Self {
        self.notes.extend(other.notes);
        self.unseen.extend(other.unseen);
        Self { stop: self.stop.and(other.stop), ..self }
    }

    /// Whole nodes.
    #[must_use]
    pub fn of_nodes(ids: impl IntoIterator<Item = i32>) -> Self {
        Self { stop: Stop::of_nodes(ids), ..Self::default() }
    }
}

impl Target {
    fn domain<'a>(&self, fleet: &'a Fleet<'a>, nodes: &[&Node<'a>]) -> Result<Domain, NoSuch> {
        match self {
            Self::Broker(id) => {
                let known = ids(nodes);
                if known.contains(id) {
                    return Ok(Domain::of_nodes([*id]));
                }
                Err(self.unknown("no node has this id", known.iter().map(|id| format!("broker={id}"))))
            }
            Self::LogDir(id, path) => self.log_dir(nodes, *id, path),
            Self::Disk(id, name) => self.disk(nodes, *id, name),
            Self::Machine(name) => self.machine(fleet, nodes, name),
            Self::Firmware(name, hours) => self.firmware(nodes, name, *hours),
            Self::Rack(name) => {
                let of_rack: BTreeSet<i32> = racks(nodes).filter(|(_, rack)| rack == name).map(|(id, _)| id).collect();
                if of_rack.is_empty() {
                    let known = racks(nodes).map(|(_, rack)| format!("rack={rack}"));
                    return Err(self.unknown("no broker is in this rack", known));
                }
                let mut domain = Domain::of_nodes(of_rack.iter().copied());
                domain.notes.push(format!("Brokers of the rack: {}. Controllers have none.", listed(&of_rack)));
                Ok(domain)
            }
        }
    }

    fn unknown(&self, what: &'static str, known: impl Iterator<Item = String>) -> NoSuch {
        NoSuch { target: self.to_string(), what, known: known.collect(), unseen: Vec::new() }
    }

    fn log_dir(&self, nodes: &[&Node<'_>], id: Option<i32>, path: &str) -> Result<Domain, NoSuch> {
        let named = |wanted: &str| {
            let mine = nodes.iter().filter(move |node| id.is_none() || node.view.id == id);
            let pairs = mine.flat_map(|node| log_dirs(node).into_iter().map(move |dir| (*node, dir)));
            pairs.filter(|(_, dir)| is_same_dir(dir, wanted)).collect::<Vec<_>>()
        };
        match named(path).as_slice() {
            [(node, dir)] => Ok(dirs_stop(node, &[dir])),
            [] => {
                let all =
                    nodes.iter().flat_map(|node| log_dirs(node).into_iter().map(|dir| named_of(node, "log-dir", &dir)));
                Err(self.unknown("no log directory has this path", all))
            }
            several => {
                let all = several.iter().map(|(node, dir)| named_of(node, "log-dir", dir));
                Err(self.unknown("several brokers have this path", all))
            }
        }
    }

    fn disk(&self, nodes: &[&Node<'_>], id: Option<i32>, name: &str) -> Result<Domain, NoSuch> {
        let has = |node: &&&Node<'_>| drives(node).contains_key(name);
        let machine = |node: &Node<'_>| node.host().ok().and_then(|host| host.boot_id.clone());
        let named: Vec<&&Node<'_>> =
            nodes.iter().filter(|node| id.is_none() || node.view.id == id).filter(has).collect();
        // A machine that is not known may be any, also one of its own.
        let is_known = named.iter().all(|node| machine(node).is_some());
        let machines: BTreeSet<Option<String>> = named.iter().map(|node| machine(node)).collect();
        if named.is_empty() {
            let all = nodes.iter().flat_map(|node| drives(node).into_keys().map(|disk| named_of(node, "disk", disk)));
            return Err(self.unknown("no log directory lies on a drive of this name", all));
        }
        if machines.len() > 1 || (!is_known && named.len() > 1) {
            let all = named.iter().map(|node| named_of(node, "disk", name));
            return Err(self.unknown("several machines have a drive of this name", all));
        }
        let here: Vec<&&Node<'_>> = nodes.iter().filter(|node| machines.contains(&machine(node))).collect();
        let mut domain = Domain::default();
        for node in here.iter().filter(|node| has(node)) {
            let dirs = drives(node).remove(name).unwrap_or_default();
            domain.notes.push(format!("On drive {name}: {} of {}.", dirs.join(", "), node.name()));
            domain = domain.and(drive_stop(node, &dirs));
        }
        // Other nodes of the machine that no view is of.
        let host = named.first().and_then(|node| node.host().ok());
        let is_seen = |other: &HostNode| here.iter().any(|node| node.is_on_host(other));
        for other in host.iter().flat_map(|host| &host.nodes).filter(|other| !is_seen(other)) {
            let on_it = other.dirs.values().flatten().any(|place| place.disk.as_deref() == Some(name));
            if on_it || other.file.is_err() {
                domain.unseen.push(format!("{} has, or may have, data on it and was not looked at.", process(other)));
            }
        }
        Ok(domain)
    }

    fn firmware(&self, nodes: &[&Node<'_>], name: &str, hours: Option<u64>) -> Result<Domain, NoSuch> {
        let mut domain = Domain::default();
        let (mut known, mut found) = (BTreeSet::new(), false);
        for node in nodes.iter().filter(|node| node.is(On::Brokers)) {
            let Some(storage) = node.view.node.storage.fresh(node.view.now) else {
                domain.unseen.push(format!("Which drives {} has was not looked at.", node.name()));
                continue;
            };
            let make = |drive: &String| {
                let facts = storage.disks.get(drive)?;
                Some(format!("{}/{}", facts.model.as_deref()?, facts.firmware.as_deref()?))
            };
            let age = |drive: &String| power_on_hours(node, drive);
            let aged = |drive: &String| age(drive).map_or_else(String::new, |hours| format!("@{hours}"));
            let of_make = |drive: &String| make(drive).as_deref() == Some(name);
            // One whose age is not known may be of this age.
            let of_age = |drive: &String| {
                hours.zip(age(drive)).is_none_or(|(wanted, age)| wanted.abs_diff(age) <= SAME_AGE_HOURS)
            };
            let named =
                storage.disks.keys().filter_map(|drive| Some(format!("firmware={}{}", make(drive)?, aged(drive))));
            known.extend(named);
            let ageless: Vec<&str> = storage
                .disks
                .keys()
                .filter(|drive| hours.is_some() && of_make(drive) && age(drive).is_none())
                .map(String::as_str)
                .collect();
            if !ageless.is_empty() {
                let drives = ageless.join(", ");
                domain.notes.push(format!("How long {drives} of {} was on is not known: it counts.", node.name()));
            }
            // Together they take mirrors down too: of a directory on several drives some must be of another make.
            let fails =
                |drives: &[String]| !drives.is_empty() && drives.iter().all(|drive| of_make(drive) && of_age(drive));
            let dirs = storage.dirs.iter().filter_map(|(dir, below)| Some((dir.as_str(), below.as_ref().ok()?)));
            let dirs: Vec<&str> = dirs.filter(|(_, below)| fails(&below.drives)).map(|(dir, _)| dir).collect();
            if !dirs.is_empty() {
                found = true;
                domain.notes.push(format!("On such drives: {} of {}.", dirs.join(", "), node.name()));
                domain = domain.and(dirs_stop(node, &dirs));
            }
        }
        if found {
            Ok(domain)
        } else {
            Err(self.unknown("no log directory lies on such drives alone", known.into_iter()))
        }
    }

    fn machine<'a>(&self, fleet: &'a Fleet<'a>, nodes: &[&Node<'a>], name: &str) -> Result<Domain, NoSuch> {
        let all = machines(fleet);
        let named = |machine: &&Machine<'_>| {
            machine.proof != Proof::Unknown && (machine.name == name || machine.boot_id == Some(name))
        };
        if let Some(machine) = all.iter().find(named) {
            return Ok(machine_stop(machine, nodes));
        }
        let advertise: BTreeSet<i32> = brokers(nodes).filter(|(_, host, _)| host == name).map(|(id, ..)| id).collect();
        if advertise.is_empty() {
            let known = all.iter().filter(|machine| machine.proof != Proof::Unknown);
            let known = known.map(|machine| format!("machine={}", machine.name));
            let hosts = brokers(nodes).map(|(_, host, _)| format!("machine={host}"));
            return Err(self.unknown("no machine has this name", known.chain(hosts)));
        }
        let mut domain = Domain::of_nodes(advertise.iter().copied());
        domain.notes.push(format!("Brokers that advertise {name}: {}.", listed(&advertise)));
        domain.unseen.push(format!(
            "Which other nodes run on machine {name} was not looked at: give the snapshots of its sidecars."
        ));
        Ok(domain)
    }
}

/// The nodes on a machine, those that were not looked at among them.
#[must_use]
pub fn machine_stop(machine: &Machine<'_>, nodes: &[&Node<'_>]) -> Domain {
    let clusters: BTreeSet<&str> =
        nodes.iter().filter_map(|node| super::node::cluster_id(node.view.node, node.view.now)).collect();
    // A cluster that goes by another name than an id may be this one.
    let is_elsewhere = |cluster: &String| {
        let is_id = cluster.len() == 22 && !cluster.contains(['@', ':']);
        is_id && !clusters.is_empty() && !clusters.contains(cluster.as_str())
    };
    let members = machine.members.iter().filter(|member| !member.cluster.as_ref().is_some_and(is_elsewhere));
    let mut domain = Domain::default();
    let mut found = BTreeSet::new();
    for member in members {
        match member.id {
            Some(id) => _ = found.insert(id),
            None => domain.unseen.push(format!("{} runs there, and its id is not known.", member.name)),
        }
    }
    if let Err(why) = machine.complete() {
        domain.unseen.push(why.0);
    }
    domain.notes.push(format!("Nodes on machine {}: {}.", machine.name, listed(&found)));
    domain.stop = Stop::of_nodes(found);
    domain
}

/// What stops when a drive below directories of a node fails.
fn drive_stop(node: &Node<'_>, dirs: &[&str]) -> Domain {
    let mut domain = Domain::default();
    let mut fail = Vec::new();
    for dir in dirs {
        match outlives_a_drive(node, dir) {
            Some(false) => fail.push(*dir),
            Some(true) => domain.notes.push(format!("{dir} lies on several drives and goes on without one of them.")),
            None => domain.unseen.push(format!("Whether {dir} goes on without one of its drives is not known.")),
        }
    }
    if fail.is_empty() { domain } else { domain.and(dirs_stop(node, &fail)) }
}

/// What stops when directories of a node fail.
fn dirs_stop(node: &Node<'_>, dirs: &[&str]) -> Domain {
    let mut domain = Domain::default();
    let name = node.name();
    let Some(id) = node.view.id else {
        domain.unseen.push(format!("The id of {name} is not known."));
        return domain;
    };
    let fails = |path: &str| dirs.iter().any(|dir| is_same_dir(dir, path));
    if let Some(dir) = metadata_log_dir(node).filter(|dir| fails(dir)) {
        domain.stop = Stop::of_nodes([id]);
        domain.notes.push(format!("{dir} holds the metadata log: with it node {id} halts."));
        return domain;
    }
    let told = match node.log_dirs() {
        Ok(told) => told,
        Err(why) => {
            domain.unseen.push(format!("Which replicas lie on the log directories of {name} is not known: {}", why.0));
            return domain;
        }
    };
    let online = || told.dirs.iter().filter(|dir| dir.online);
    // The broker names a directory that it failed to describe, and none of the replicas on it.
    for dir in online().filter(|dir| fails(&dir.path) && dir.error.is_some()) {
        domain.unseen.push(format!("{} could not describe its log directory {}: its log says why.", name, dir.path));
    }
    if online().all(|dir| fails(&dir.path)) {
        domain.stop = Stop::of_nodes([id]);
        domain.notes.push(format!("No other log directory of node {id} is left: it halts."));
        return domain;
    }
    if !online().any(|dir| fails(&dir.path)) {
        domain.notes.push(format!("Node {id} does not use it now: it is offline already, or not one of its own."));
    }
    let replicas = online().filter(|dir| fails(&dir.path)).flat_map(|dir| &dir.replicas);
    let replicas = replicas.filter(|replica| !replica.future);
    domain.stop = Stop::of_replicas(id, replicas.map(|replica| (replica.topic.clone(), replica.partition)));
    domain
}

fn log_dirs(node: &Node<'_>) -> Vec<String> {
    let told = node.log_dirs().map(|told| told.dirs.iter().map(|dir| dir.path.clone()).collect::<Vec<_>>());
    let mut dirs = told.unwrap_or_else(|_| node.settings.file.map(|file| file.log_dirs()).unwrap_or_default());
    if let Some(metadata) = metadata_log_dir(node)
        && !dirs.iter().any(|dir| is_same_dir(dir, metadata))
    {
        dirs.push(metadata.to_owned());
    }
    dirs
}

fn named_of(node: &Node<'_>, kind: &str, name: &str) -> String {
    let id = node.view.id.map_or_else(String::new, |id| format!("{id}:"));
    format!("{kind}={id}{name}")
}

fn process(node: &HostNode) -> String {
    match (&node.process, &node.file) {
        (Some(process), _) => format!("Kafka process {} ({})", process.pid, process.properties_file),
        (None, Ok(file)) => format!("The node of {}", file.properties.path),
        (None, Err(_)) => "A node that does not run".to_owned(),
    }
}

fn listed(ids: &BTreeSet<i32>) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Brokers as anybody names them: id, host, rack.
fn brokers(nodes: &[&Node<'_>]) -> impl Iterator<Item = (i32, String, Option<String>)> {
    let told = nodes.iter().flat_map(|node| {
        let (view, now) = (node.view.node, node.view.now);
        let alive = view.cluster.fresh(now).map_or(&[][..], |cluster| &cluster.brokers).iter();
        let registered = view.registrations.fresh(now).map_or(&[][..], |seen| &seen.brokers).iter();
        alive.chain(registered.map(|entry| &entry.broker))
    });
    told.map(|broker| (broker.id, broker.host.clone(), broker.rack.clone())).collect::<BTreeSet<_>>().into_iter()
}

/// Brokers and their racks.
pub fn racks(nodes: &[&Node<'_>]) -> impl Iterator<Item = (i32, String)> {
    brokers(nodes).filter_map(|(id, _, rack)| Some((id, rack?)))
}

/// Every node that is known by its id.
fn ids(nodes: &[&Node<'_>]) -> BTreeSet<i32> {
    let own = nodes.iter().filter_map(|node| node.view.id);
    let voters = nodes
        .iter()
        .filter_map(|node| node.quorum().ok())
        .flat_map(|quorum| quorum.voters.iter().map(|voter| voter.id));
    let told = brokers(nodes).filter(|_| nodes.iter().any(|node| node.is(On::Brokers))).map(|(id, ..)| id);
    own.chain(told).chain(voters).collect()
}

/// Hours that a drive of a node was on in its life; absent when it does not tell, or nobody may ask it.
fn power_on_hours(node: &Node<'_>, drive: &str) -> Option<u64> {
    let health = node.view.node.drive_health.fresh(node.view.now)?;
    current(health.drives.get(drive)?, node.view.now)?.power_on_hours
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{
        DiskFacts, DriveHealth, DriveReading, DrivesHealth, LogDirStorage, NodeView, Origin, SCHEMA, Snapshot, Storage,
    };
    use crate::testing::{Sample, partition};

    fn snapshot(samples: impl IntoIterator<Item = Sample>) -> Snapshot {
        let nodes = samples.into_iter().enumerate();
        let nodes: std::collections::BTreeMap<Origin, NodeView> =
            nodes.map(|(at, sample)| (Origin(format!("b{at}:9092")), sample.node())).collect();
        Snapshot { schema: SCHEMA, program_version: String::new(), taken_at: Sample::NOW, nodes }
    }

    fn domain(text: &str, samples: impl IntoIterator<Item = Sample>) -> Result<Domain, String> {
        let targets: Targets = text.parse()?;
        let snapshot = snapshot(samples);
        let fleet = Fleet::of(&snapshot);
        let nodes: Vec<_> = fleet.nodes.iter().collect();
        targets.domain(&fleet, &nodes).map_err(|error| error.to_string())
    }

    fn sample(id: i32) -> Sample {
        Sample::broker(id)
            .topic("t", &[partition(1, &[1, 2], &[1, 2]), partition(2, &[2, 1], &[1, 2])])
            .log_dir("/a", &[("t", 0, 1)])
            .log_dir("/b", &[("t", 1, 1)])
            .running("process.roles", "broker")
            .running("log.dirs", "/m,/a,/b")
    }

    #[test]
    fn targets_are_read_as_they_are_written() {
        for text in ["broker=2", "log-dir=/a", "log-dir=2:/a:b", "disk=2:sda", "machine=h", "rack=r1", "firmware=M 1/F"]
        {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
        assert_eq!("disk=/dev/sda".parse(), Ok(Target::Disk(None, "sda".to_owned())));
        assert_eq!("broker=1,rack=a".parse::<Targets>().unwrap().0.len(), 2);
        for bad in ["", "2", "broker=", "broker=x", "node=1", "broker=1,"] {
            assert!(bad.parse::<Targets>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_broker_and_a_rack_are_nodes_and_together_they_are_one_stop() {
        let racks = || [sample(1).rack(1, "a").rack(2, "a").rack(3, "b")];
        assert_eq!(domain("rack=a", racks()).unwrap().stop, Stop::of_nodes([1, 2]));
        assert_eq!(domain("broker=3,rack=a", racks()).unwrap().stop, Stop::of_nodes([1, 2, 3]));
        assert_eq!(
            domain("rack=c", racks()).unwrap_err(),
            "rack=c: no broker is in this rack; there is rack=a, rack=b"
        );
        assert_eq!(
            domain("broker=9", racks()).unwrap_err(),
            "broker=9: no node has this id; there is broker=1, broker=2, broker=3"
        );
        assert_eq!(domain("rack=c", [sample(1)]).unwrap_err(), "rack=c: no broker is in this rack; none was seen");
    }

    #[test]
    fn a_log_directory_stops_its_replicas_and_that_of_the_metadata_log_its_node() {
        assert_eq!(domain("log-dir=/a/", [sample(1)]).unwrap().stop, Stop::of_replicas(1, [("t".into(), 0)]));
        assert_eq!(domain("log-dir=/m", [sample(1)]).unwrap().stop, Stop::of_nodes([1]));
        let last = Sample::broker(1).log_dir("/a", &[("t", 0, 1)]);
        let last = domain("log-dir=/a", [last]).unwrap();
        assert_eq!(last.stop, Stop::of_nodes([1]));
        assert!(last.notes[0].contains("No other log directory of node 1"), "{:?}", last.notes);
    }

    #[test]
    fn a_path_that_several_brokers_have_is_to_be_told_apart() {
        let both = || [sample(1), sample(2)];
        let error = domain("log-dir=/a", both()).unwrap_err();
        assert_eq!(error, "log-dir=/a: several brokers have this path; there is log-dir=1:/a, log-dir=2:/a");
        assert_eq!(domain("log-dir=2:/a", both()).unwrap().stop, Stop::of_replicas(2, [("t".into(), 0)]));
    }

    #[test]
    fn a_broker_that_does_not_answer_tells_nothing_of_its_directories() {
        let file = |node: &mut NodeView| {
            let text = "process.roles=broker\nnode.id=1\nlog.dirs=/m,/a";
            node.properties = crate::testing::seen(crate::testing::properties("/p", text));
        };
        let mut snapshot = snapshot([sample(1).hung()]);
        snapshot.nodes.values_mut().for_each(file);
        let fleet = Fleet::of(&snapshot);
        let nodes: Vec<_> = fleet.nodes.iter().collect();
        let domain = "log-dir=/a".parse::<Targets>().unwrap().domain(&fleet, &nodes).unwrap();
        assert_eq!(domain.stop, Stop::default());
        assert!(domain.unseen[0].contains("no answer"), "{:?}", domain.unseen);
    }

    #[test]
    fn a_directory_that_its_broker_could_not_describe_may_hold_anything() {
        let mut snapshot = snapshot([sample(1)]);
        let node = snapshot.nodes.values_mut().next().unwrap();
        let told = std::sync::Arc::make_mut(&mut node.log_dirs.last.as_mut().unwrap().value);
        (told.dirs[0].error, told.dirs[0].replicas) = (Some(crate::snapshot::ErrorKind::Bug), Vec::new());
        let fleet = Fleet::of(&snapshot);
        let nodes: Vec<_> = fleet.nodes.iter().collect();
        let ask = |text: &str| text.parse::<Targets>().unwrap().domain(&fleet, &nodes).unwrap();
        assert!(ask("log-dir=/a").unseen[0].contains("could not describe its log directory /a"));
        assert_eq!(ask("log-dir=/b").unseen, Vec::<String>::new());
    }

    #[test]
    fn drives_of_one_make_stop_the_directories_that_lie_on_them_alone() {
        let facts = |firmware: &str| DiskFacts {
            model: Some("M".to_owned()),
            firmware: Some(firmware.to_owned()),
            ..DiskFacts::default()
        };
        let on = |drives: &[&str]| {
            let drives = drives.iter().map(|drive| (*drive).to_owned()).collect();
            Ok(LogDirStorage { drives, ..LogDirStorage::default() })
        };
        let mut snapshot = snapshot([sample(1)]);
        let disks = [("sda".to_owned(), facts("1")), ("sdb".to_owned(), facts("2"))].into();
        let dirs = [("/a".to_owned(), on(&["sda"])), ("/b".to_owned(), on(&["sda", "sdb"]))].into();
        let node = snapshot.nodes.values_mut().next().unwrap();
        node.storage = crate::testing::seen(Storage { dirs, disks });
        let health = DriveHealth { power_on_hours: Some(8_760), ..DriveHealth::default() };
        let told = DriveReading { last_read_at: Some(Sample::NOW), health: Some(health), ..DriveReading::default() };
        node.drive_health = crate::testing::seen(DrivesHealth { drives: [("sda".to_owned(), told)].into() });
        let fleet = Fleet::of(&snapshot);
        let nodes: Vec<_> = fleet.nodes.iter().collect();
        let ask =
            |text: &str| text.parse::<Targets>().unwrap().domain(&fleet, &nodes).map_err(|error| error.to_string());
        assert_eq!(ask("firmware=M/1").unwrap().stop, Stop::of_replicas(1, [("t".into(), 0)]));
        assert_eq!(
            ask("firmware=M/3").unwrap_err(),
            "firmware=M/3: no log directory lies on such drives alone; there is firmware=M/1@8760, firmware=M/2"
        );
        // Of an age: that of sda is known, and it is this within a week, or another.
        assert_eq!(ask("firmware=M/1@8900").unwrap().stop, Stop::of_replicas(1, [("t".into(), 0)]));
        assert!(ask("firmware=M/1@8929").is_err());
        assert_eq!("firmware=M/1@8900".parse::<Targets>().unwrap().0[0].to_string(), "firmware=M/1@8900");
        assert_eq!("firmware=M@x/1".parse::<Targets>().unwrap().0[0].to_string(), "firmware=M@x/1");
        // One directory is striped over both drives, so that none is left without sda.
        assert_eq!(ask("disk=sda").unwrap().stop, Stop::of_nodes([1]));
        assert_eq!(ask("disk=sdb").unwrap().stop, Stop::of_replicas(1, [("t".into(), 1)]));
        assert_eq!(ask("disk=sdc").unwrap_err().split("; ").last(), Some("there is disk=1:sda, disk=1:sdb"));
    }

    #[test]
    fn hosts_that_brokers_advertise_stand_for_machines_that_were_not_seen() {
        let domain = domain("machine=h", [sample(1)]).unwrap();
        assert_eq!(domain.stop, Stop::of_nodes([1, 2, 3]));
        assert_eq!(domain.unseen.len(), 1, "other nodes may run there");
    }
}
