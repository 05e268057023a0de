//! A healthy set of nodes, and for each check the mistakes in it that the check must find. The tests walk the table:
//! silent on the healthy set, found in its example, nothing else found there, not evaluated without its data.

use std::collections::{BTreeMap, BTreeSet};

use super::examples_host::{Hosts, fill};
use super::{Check, EXAMPLES, Run, Severity, all, run};
use crate::derive::fleet::{Fleet, On};
use crate::keys::Version;
use crate::snapshot::{
    Acl, AclOperation, AclResource, Acls, Attempt, BrokerProcess, ClientQuota, ClientQuotas, ConfigFile, ConfigSource,
    ConfigValue, Configs, Entry, Failure, Kept, Liveness, Loggers, NodeView, Origin, ProcessCandidate, Quorum,
    QuorumReplica, SCHEMA, ScramCredential, ScramUsers, Section, ServedCertificate, Snapshot, UnixMs, Withheld,
};
use crate::sources::config_files::parse_properties_file;
use crate::sources::given::{Told, snapshot_of_bytes};
use crate::testing::{Row, Sample, acl, client_quota, partition, scram_user, seen};

/// A mistake, made in the healthy set.
#[derive(Debug)]
pub(super) struct Example {
    /// The check that must find it.
    pub(super) check: &'static str,
    subject: &'static str,
    make: Mistake,
    /// Checks that rightly find the same mistake too.
    pub(super) also: &'static [&'static str],
}

#[derive(Debug)]
enum Mistake {
    Made(fn(&mut Set)),
    Line(&'static str, &'static str),
    /// In a healthy deployment: what to replace, and by what.
    Text(Deployment, &'static str, &'static str),
}

/// A healthy set that one file describes.
#[derive(Clone, Copy, Debug)]
enum Deployment {
    Compose,
    Strimzi,
}

impl Deployment {
    const ALL: [Self; 2] = [Self::Compose, Self::Strimzi];

    fn text(self) -> &'static str {
        match self {
            Self::Compose => include_str!("../../tests/fixtures/sets/compose/compose.yaml"),
            Self::Strimzi => include_str!("../../tests/fixtures/sets/strimzi/kafka.yaml"),
        }
    }

    fn snapshot(self, text: &str) -> Snapshot {
        let told = Told { release: Version::parse("4.1"), ..Told::default() };
        snapshot_of_bytes([("kafka.yaml", text.as_bytes())], &told)
    }

    /// Checks that find something in the healthy one, since no broker was asked and nothing secured it.
    fn found(self) -> BTreeSet<&'static str> {
        let snapshot = self.snapshot(self.text());
        let fleet = Fleet::of(&snapshot);
        all().filter(|check| !run(check, &fleet).findings.is_empty()).map(|check| check.id).collect()
    }
}

impl Example {
    /// Made by a function; the subject must contain `subject`.
    pub(super) const fn made(check: &'static str, subject: &'static str, make: fn(&mut Set)) -> Self {
        Self { check, subject, make: Mistake::Made(make), also: &[] }
    }

    /// `key=value` in the file of one broker; the subject must be that key in that file, unless [`Self::subject`] says
    /// otherwise.
    pub(super) const fn broker(check: &'static str, line: &'static str) -> Self {
        Self { check, subject: "", make: Mistake::Line("broker-2", line), also: &[] }
    }

    /// The same in the file of one controller.
    pub(super) const fn controller(check: &'static str, line: &'static str) -> Self {
        Self { check, subject: "", make: Mistake::Line("controller-2", line), also: &[] }
    }

    /// The same in the file of a client or worker.
    pub(super) const fn of(check: &'static str, file: &'static str, line: &'static str) -> Self {
        Self { check, subject: "", make: Mistake::Line(file, line), also: &[] }
    }

    /// A replacement in the healthy compose file.
    pub(super) const fn compose(
        check: &'static str,
        subject: &'static str,
        from: &'static str,
        to: &'static str,
    ) -> Self {
        Self { check, subject, make: Mistake::Text(Deployment::Compose, from, to), also: &[] }
    }

    /// A replacement in the healthy Strimzi resources.
    pub(super) const fn strimzi(
        check: &'static str,
        subject: &'static str,
        from: &'static str,
        to: &'static str,
    ) -> Self {
        Self { check, subject, make: Mistake::Text(Deployment::Strimzi, from, to), also: &[] }
    }

    pub(super) const fn subject(mut self, subject: &'static str) -> Self {
        self.subject = subject;
        self
    }

    pub(super) const fn also(mut self, also: &'static [&'static str]) -> Self {
        self.also = also;
        self
    }
}

/// Checks that compare nodes: a mistake that is made on one node only is a difference too, rightly.
const COMPARISONS: [&str; 4] =
    ["drift-broker-vs-broker", "drift-controller-vs-broker", "drift-feature", "drift-topic-effective"];

/// Names of the healthy set's nodes, with their ids.
pub(super) const BROKERS: [(&str, i32); 3] = [("broker-1", 1), ("broker-2", 2), ("broker-3", 3)];
pub(super) const CONTROLLERS: [(&str, i32); 3] = [("controller-1", 101), ("controller-2", 102), ("controller-3", 103)];

/// Changes the certificate that a node serves.
type Renewal = fn(&mut ServedCertificate);
/// Changes what a node tells of its settings.
type Change = fn(&mut Configs);
/// Names of what connects to them, and the texts of their files.
const CLIENTS: [(&str, &str); 6] = [
    ("producer", include_str!("../../tests/fixtures/sets/clients/producer.properties")),
    ("consumer", include_str!("../../tests/fixtures/sets/clients/consumer.properties")),
    ("connect-1", include_str!("../../tests/fixtures/sets/clients/connect-1.properties")),
    ("connect-2", include_str!("../../tests/fixtures/sets/clients/connect-2.properties")),
    ("connect-3", include_str!("../../tests/fixtures/sets/clients/connect-3.properties")),
    ("schema-registry", include_str!("../../tests/fixtures/sets/clients/schema-registry.properties")),
];

/// Topics with the state of Connect and the Schema Registry.
const STATES: [&str; 4] = ["connect-configs", "connect-offsets", "connect-status", "_schemas"];

/// Nodes in the making: the lines of their files, and what else is seen of them.
#[derive(Debug)]
pub(super) struct Set {
    /// Lines by node.
    pub(super) files: BTreeMap<&'static str, Vec<String>>,
    /// Views by node; their files come from `files`.
    pub(super) views: BTreeMap<&'static str, NodeView>,
    /// A node whose file was written after it had started.
    pub(super) modified: Option<&'static str>,
    topics: Vec<(String, Vec<Row>, Option<i32>)>,
    quorum: Quorum,
    raw: BTreeMap<&'static str, Vec<u8>>,
    /// Topics that are compacted.
    compacted: Vec<&'static str>,
    /// Racks of the brokers as Metadata tells them.
    racks: [&'static str; 3],
    cluster_ids: BTreeMap<&'static str, String>,
    /// Lines that were written into a file after its node had started.
    edits: Vec<(&'static str, &'static str)>,
    /// Changes of the certificates that nodes serve.
    certificates: Vec<(&'static str, Renewal)>,
    /// What else the nodes tell of their settings.
    configs: Vec<(&'static str, Change)>,
    /// Finalized features by node.
    finalized: Vec<(&'static str, &'static str, i16)>,
    /// Their machines.
    pub(super) hosts: Hosts,
    live_ids: BTreeMap<&'static str, i32>,
}

impl Set {
    /// Changes the certificate that a node serves.
    pub(super) fn certificate(&mut self, node: &'static str, change: Renewal) {
        self.certificates.push((node, change));
    }

    pub(super) fn healthy() -> Self {
        let member = |id| QuorumReplica { id, log_end: Some(5_000), caught_up_at: None };
        let voters = CONTROLLERS.into_iter().map(|(_, id)| member(id)).collect();
        let observers = BROKERS.into_iter().map(|(_, id)| member(id)).collect();
        let quorum = Quorum { leader: Some(101), epoch: 3, high_watermark: 5_000, voters, observers };
        let mut set = Self {
            files: BTreeMap::new(),
            views: BTreeMap::new(),
            modified: None,
            topics: vec![],
            quorum,
            raw: BTreeMap::new(),
            racks: ["a", "b", "c"],
            cluster_ids: BTreeMap::new(),
            edits: vec![],
            certificates: vec![],
            configs: vec![],
            finalized: vec![],
            hosts: Hosts::default(),
            live_ids: BTreeMap::new(),
            compacted: STATES.to_vec(),
        };
        for (name, text) in CLIENTS {
            set.files.insert(name, text.lines().map(str::to_owned).collect());
        }
        for topic in STATES {
            set.topics.push((topic.to_owned(), vec![partition(1, &[1, 2, 3], &[1, 2, 3])], Some(2)));
        }
        for (name, id) in BROKERS.into_iter().chain(CONTROLLERS) {
            let lines = if id < 100 { broker_lines(id) } else { controller_lines(id) };
            set.files.insert(name, lines.lines().map(|line| line.trim().to_owned()).collect());
            set.views.insert(name, NodeView::default());
        }
        for topic in ["orders", "__consumer_offsets", "__transaction_state"] {
            let rows: Vec<Row> = (0..3).map(|n| partition(1 + n, &[1, 2, 3], &[1, 2, 3])).collect();
            set.topics.push((topic.to_owned(), rows, Some(2)));
        }
        set
    }

    /// Adds a topic, with its effective min ISR.
    pub(super) fn topic(&mut self, name: &str, rows: &[Row], min_isr: Option<i32>) {
        self.topics.retain(|(existing, ..)| existing != name);
        self.topics.push((name.to_owned(), rows.to_vec(), min_isr));
    }

    /// Sets `key=value` lines in a node's file, in place of lines of the same keys; the node runs with them.
    pub(super) fn line(&mut self, node: &'static str, line: &str) {
        let key = line.split('=').next().unwrap();
        self.remove(node, key);
        self.files.get_mut(node).unwrap().push(line.to_owned());
    }

    /// Adds a line at the end of a node's file, as it is.
    pub(super) fn append(&mut self, node: &'static str, line: &str) {
        self.files.get_mut(node).unwrap().push(line.to_owned());
    }

    /// Puts these bytes in place of a node's file.
    pub(super) fn raw(&mut self, node: &'static str, bytes: &[u8]) {
        self.raw.insert(node, bytes.to_vec());
    }

    /// The same in the files of all brokers.
    pub(super) fn brokers(&mut self, line: &str) {
        BROKERS.iter().for_each(|(node, _)| self.line(node, line));
    }

    /// The same in the files of all controllers.
    pub(super) fn controllers(&mut self, line: &str) {
        CONTROLLERS.iter().for_each(|(node, _)| self.line(node, line));
    }

    /// The same in the files of all nodes.
    pub(super) fn nodes(&mut self, line: &str) {
        self.brokers(line);
        self.controllers(line);
    }

    /// Makes these controllers the voters, in files and in what the quorum says.
    pub(super) fn voters(&mut self, ids: &[i32]) {
        let named: Vec<String> =
            ids.iter().map(|id| format!("{id}@controller-{}.example.org:9093", id - 100)).collect();
        self.nodes(&format!("controller.quorum.voters={}", named.join(",")));
        let member = |id: &i32| QuorumReplica { id: *id, log_end: Some(5_000), caught_up_at: None };
        self.quorum.voters = ids.iter().map(member).collect();
    }

    /// Makes it a cluster with ZooKeeper: no roles, and no controllers.
    pub(super) fn with_zookeeper(&mut self, connect: &str) {
        for (node, _) in BROKERS {
            for key in ["process.roles", "controller.quorum.voters", "controller.listener.names"] {
                self.remove(node, key);
            }
            self.line(node, &format!("zookeeper.connect={connect}"));
        }
        CONTROLLERS.iter().for_each(|(node, _)| self.raw(node, b"log4j.rootLogger=INFO"));
    }

    /// Lets a broker say that it belongs to another cluster.
    pub(super) fn cluster_id(&mut self, node: &'static str, id: &str) {
        self.cluster_ids.insert(node, id.to_owned());
    }

    /// Lets the quorum know another end of a voter's log; none for one that it never heard of.
    pub(super) fn voter_end(&mut self, id: i32, end: Option<i64>) {
        self.quorum.voters.iter_mut().filter(|voter| voter.id == id).for_each(|voter| voter.log_end = end);
    }

    /// Lets a topic keep Kafka's own cleanup.policy.
    pub(super) fn not_compacted(&mut self, topic: &str) {
        self.compacted.retain(|name| *name != topic);
    }

    /// Lets Metadata tell other racks of the brokers.
    pub(super) fn registered_racks(&mut self, racks: [&'static str; 3]) {
        self.racks = racks;
    }

    /// Lets a node support and have finalized these levels of features.
    pub(super) fn features(&mut self, node: &str, supported: &[(&str, i16)], finalized: &[(&str, i16)]) {
        let levels = |levels: &[(&str, i16)]| levels.iter().map(|(name, level)| ((*name).to_owned(), *level)).collect();
        let is_broker = BROKERS.iter().any(|(broker, _)| *broker == node);
        let (supported_features, finalized_features) = (levels(supported), levels(finalized));
        let liveness = Liveness { apis: apis(is_broker), supported_features, finalized_features, certificate: None };
        self.views.get_mut(node).unwrap().liveness = seen(liveness);
    }

    /// Makes it a cluster of Kafka 3.9 with ZooKeeper.
    pub(super) fn zookeeper(&mut self) {
        for (broker, id) in BROKERS {
            for key in ["process.roles", "controller.quorum.voters", "controller.listener.names", "node.id"] {
                self.remove(broker, key);
            }
            self.line(broker, &format!("broker.id={id}"));
            self.line(broker, "zookeeper.connect=zk-1.example.org:2181,zk-2.example.org:2181,zk-3.example.org:2181");
            self.line(broker, "authorizer.class.name=kafka.security.authorizer.AclAuthorizer");
            self.line(broker, "listener.security.protocol.map=CLIENTS:SASL_SSL,REPLICATION:SSL");
            self.features(broker, &[("metadata.version", 21)], &[]);
        }
        for (controller, _) in CONTROLLERS {
            self.files.remove(controller);
        }
    }

    /// Sets a line in a node's file; the node still runs with what it was started with.
    pub(super) fn edit(&mut self, node: &'static str, line: &'static str) {
        self.edits.push((node, line));
    }

    /// Changes what a broker tells of its settings.
    pub(super) fn configs(&mut self, node: &'static str, change: fn(&mut Configs)) {
        self.configs.push((node, change));
    }

    /// The same for all brokers.
    pub(super) fn all_configs(&mut self, change: fn(&mut Configs)) {
        BROKERS.iter().for_each(|(node, _)| self.configs(node, change));
    }

    /// Finalizes a feature, as all nodes know.
    pub(super) fn finalized_everywhere(&mut self, name: &'static str, level: i16) {
        BROKERS.into_iter().chain(CONTROLLERS).for_each(|(node, _)| self.finalized(node, name, level));
    }

    /// Finalizes a feature, as one node alone knows.
    pub(super) fn finalized(&mut self, node: &'static str, name: &'static str, level: i16) {
        self.finalized.push((node, name, level));
    }

    /// The view of a node, for what is seen of it beside its file.
    pub(super) fn view(&mut self, node: &str) -> &mut NodeView {
        self.views.get_mut(node).unwrap()
    }

    /// Lets the broker that asks for them tell these ACLs.
    pub(super) fn acls(&mut self, rows: Vec<Acl>) {
        self.view(BROKERS[0].0).acls = seen(Acls { authorizer: true, acls: Kept { rows, left_out: 0 } });
    }

    /// Lets it tell these quotas.
    pub(super) fn client_quotas(&mut self, rows: Vec<ClientQuota>) {
        self.view(BROKERS[0].0).client_quotas = seen(ClientQuotas { quotas: Kept { rows, left_out: 0 } });
    }

    /// Lets it tell these users.
    pub(super) fn scram_users(&mut self, rows: Vec<ScramCredential>) {
        self.view(BROKERS[0].0).scram_users = seen(ScramUsers { credentials: Kept { rows, left_out: 0 } });
    }

    /// Takes a key out of a node's file.
    pub(super) fn remove(&mut self, node: &'static str, key: &str) {
        self.files.get_mut(node).unwrap().retain(|line| line.split('=').next() != Some(key));
    }

    /// Makes a broker run under another id than its name says.
    pub(super) fn live_id(&mut self, node: &'static str, id: i32) {
        self.live_ids.insert(node, id);
    }

    /// Finalizes another metadata version.
    pub(super) fn metadata_version(&mut self, level: i16) {
        let nodes = BROKERS.into_iter().chain(CONTROLLERS);
        self.finalized.extend(nodes.map(|(node, _)| (node, "metadata.version", level)));
    }

    /// The snapshot of it all.
    pub(super) fn snapshot(mut self) -> Snapshot {
        let mut nodes = BTreeMap::new();
        let parsed = |(name, lines): (&&'static str, &Vec<String>)| {
            (*name, crate::testing::properties(&format!("{name}.properties"), &lines.join("\n")))
        };
        let of_nodes = self.files.iter().filter(|(name, _)| self.views.contains_key(**name));
        let files: BTreeMap<&'static str, ConfigFile> = of_nodes.map(parsed).collect();
        let mut views = self.views.clone();
        fill(&self.hosts, &self.cluster_ids, &files, &mut views);
        for (name, id) in BROKERS.into_iter().chain(CONTROLLERS) {
            if !self.files.contains_key(name) {
                continue;
            }
            let mut view = views.remove(name).unwrap();
            let path = format!("{name}.properties");
            let started_with = self.read(name, &path);
            self.answers(&mut view, name, id, started_with.as_ref().ok());
            for (_, line) in self.edits.clone().into_iter().filter(|(node, _)| *node == name) {
                self.line(name, line);
            }
            let started = UnixMs(Sample::NOW.0 - 3_600_000);
            let chosen = ProcessCandidate {
                pid: 7,
                start_ticks: 1,
                started: Some(started),
                state: 'S',
                properties_file: path.clone(),
                overrides: BTreeMap::new(),
            };
            keep(&mut view.process, seen(BrokerProcess { chosen: Some(chosen), ..BrokerProcess::default() }));
            match self.read(name, &path) {
                Ok(mut file) => {
                    let late = self.modified == Some(name);
                    file.modified = Some(if late { Sample::NOW } else { UnixMs(started.0 - 3_600_000) });
                    keep(&mut view.properties, seen(file));
                }
                Err(failure) => view.properties.attempt = Attempt::Failed { at: Sample::NOW, failure },
            }
            nodes.insert(Origin(path), view);
        }
        for (name, _) in CLIENTS {
            let path = format!("{name}.properties");
            let mut read = parse_properties_file(&path, self.files[name].join("\n").as_bytes()).unwrap();
            read.declared_release = Version::parse("4.1");
            let view = NodeView { properties: seen(read), ..NodeView::default() };
            nodes.insert(Origin(path), view);
        }
        let program_version = String::new();
        Snapshot { schema: SCHEMA, program_version, taken_at: Sample::NOW, nodes }
    }

    fn read(&self, name: &str, path: &str) -> Result<ConfigFile, Failure> {
        let text = self.files[name].join("\n");
        let bytes = self.raw.get(name).map_or(text.as_bytes(), Vec::as_slice);
        parse_properties_file(path, bytes).map_err(|error| error.failure(path))
    }

    /// What a node answers that was started with `file`; with none it runs all the same.
    fn answers(&self, view: &mut NodeView, name: &str, id: i32, file: Option<&ConfigFile>) {
        let mut sample = Sample::broker(self.live_ids.get(name).copied().unwrap_or(id));
        let broker = id < 100;
        for (topic, rows, min_isr) in self.topics.iter().filter(|_| broker) {
            sample = sample.topic(topic, rows);
            if let Some(min_isr) = min_isr {
                sample = sample.min_isr(topic, *min_isr);
            }
        }
        let live = sample.node();
        let roles = file.and_then(|file| file.get("process.roles"));
        let is_broker = roles.map_or(id < 100, |roles| roles.contains("broker"));
        let supported_features = BTreeMap::from([("metadata.version".to_owned(), 27)]);
        let mut finalized_features = supported_features.clone();
        for (_, feature, level) in self.finalized.iter().filter(|(node, ..)| *node == name) {
            finalized_features.insert((*feature).to_owned(), *level);
        }
        let mut configs = (*live.configs.last.unwrap().value).clone();
        for topic in &self.compacted {
            let compact = ("cleanup.policy".into(), Some("compact".into()));
            if let Some(config) = configs.topics.get_mut(*topic) {
                config.overrides = [compact].into_iter().collect();
            }
        }
        configs.broker = Some(file.map(running).unwrap_or_default());
        configs.loggers = Some(Loggers::default());
        self.configs.iter().filter(|(node, _)| *node == name).for_each(|(_, change)| change(&mut configs));
        if broker {
            keep(&mut view.registrations, live.registrations);
            let mut cluster = (*live.cluster.last.unwrap().value).clone();
            for (broker, rack) in cluster.brokers.iter_mut().zip(self.racks) {
                broker.rack = Some(rack.to_owned());
            }
            cluster.cluster_id = Some(self.cluster_ids.get(name).cloned().unwrap_or("orders".to_owned()));
            keep(&mut view.cluster, seen(cluster));
            keep(&mut view.reassignments, live.reassignments);
        }
        if name == BROKERS[0].0 {
            administration(view);
        }
        keep(&mut view.quorum, seen(self.quorum.clone()));
        let apis = apis(is_broker);
        let mut certificate = certificate(name, broker);
        self.certificates.iter().filter(|(node, _)| *node == name).for_each(|(_, change)| change(&mut certificate));
        let certificate = Some(certificate);
        keep(&mut view.liveness, seen(Liveness { apis, supported_features, finalized_features, certificate }));
        keep(&mut view.configs, seen(configs));
    }
}

/// What a node serves: a certificate of its own, for a year.
fn certificate(name: &str, is_broker: bool) -> ServedCertificate {
    let end = Sample::NOW.plus(365 * 24 * 3_600_000);
    ServedCertificate {
        port: if is_broker { 9092 } else { 9093 },
        not_after: end,
        chain_not_after: end,
        names: vec![format!("{name}.example.org")],
        key_hash: name.to_owned(),
        for_servers: true,
        for_clients: true,
    }
}

/// The APIs that tell a broker from a controller: only brokers offer Metadata.
fn apis(is_broker: bool) -> BTreeMap<i16, i16> {
    if is_broker { [(3, 13), (18, 4)].into() } else { [(18, 4)].into() }
}

/// What a broker runs with that was started with `file`.
fn running(file: &ConfigFile) -> BTreeMap<String, ConfigValue> {
    let value = |entry: &Entry| {
        let value = file.get(&entry.key).map(str::to_owned);
        let withheld = value.is_none().then_some(Withheld::Secret);
        (entry.key.clone(), ConfigValue { value, withheld, source: ConfigSource::Static, given: vec![] })
    };
    file.effective().map(value).collect()
}

/// What administrators of a healthy cluster have written.
fn administration(view: &mut NodeView) {
    let may = |operation, resource, name| acl("User:orders", "*", operation, resource, name);
    let rows = vec![
        may(AclOperation::Describe, AclResource::Cluster, "kafka-cluster"),
        may(AclOperation::Write, AclResource::Topic, "orders"),
    ];
    keep(&mut view.acls, seen(Acls { authorizer: true, acls: Kept { rows, left_out: 0 } }));
    let rows = vec![client_quota(None, &[("producer_byte_rate", 1e7), ("controller_mutation_rate", 5.0)])];
    keep(&mut view.client_quotas, seen(ClientQuotas { quotas: Kept { rows, left_out: 0 } }));
    let rows = vec![scram_user("orders", 16_384)];
    keep(&mut view.scram_users, seen(ScramUsers { credentials: Kept { rows, left_out: 0 } }));
}

/// Fills a section that the example did not.
fn keep<T>(section: &mut Section<T>, healthy: Section<T>) {
    if section.last.is_none() && section.attempt == Attempt::NotTried {
        *section = healthy;
    }
}

fn broker_lines(id: i32) -> String {
    let rack = ["", "a", "b", "c"][id as usize];
    format!(
        "process.roles=broker
        node.id={id}
        broker.rack={rack}
        controller.quorum.voters=101@controller-1.example.org:9093,102@controller-2.example.org:9093,103@controller-3.example.org:9093
        listeners=CLIENTS://0.0.0.0:9092,REPLICATION://0.0.0.0:9094
        advertised.listeners=CLIENTS://broker-{id}.example.org:9092,REPLICATION://broker-{id}.example.org:9094
        listener.security.protocol.map=CLIENTS:SASL_SSL,REPLICATION:SSL,CONTROLLER:SSL
        inter.broker.listener.name=REPLICATION
        controller.listener.names=CONTROLLER
        config.providers=file
        config.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider
        ssl.keystore.type=PKCS12
        ssl.keystore.location=/etc/kafka/tls/node.p12
        ssl.keystore.password=${{file:/etc/kafka/tls/passwords.properties:keystore}}
        ssl.truststore.type=PKCS12
        ssl.truststore.location=/etc/kafka/tls/truststore.p12
        ssl.truststore.password=${{file:/etc/kafka/tls/passwords.properties:truststore}}
        ssl.client.auth=required
        authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
        super.users=User:CN=broker,OU=kafka;User:CN=controller,OU=kafka
        allow.everyone.if.no.acl.found=false
        listener.name.clients.ssl.client.auth=none
        listener.name.clients.sasl.enabled.mechanisms=SCRAM-SHA-512
        listener.name.clients.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
        max.connections=10000
        log.dirs=/var/lib/kafka/disk-1,/var/lib/kafka/disk-2
        default.replication.factor=3
        min.insync.replicas=2
        offsets.topic.replication.factor=3
        transaction.state.log.replication.factor=3
        transaction.state.log.min.isr=2
        auto.create.topics.enable=false
        unclean.leader.election.enable=false"
    )
}

fn controller_lines(id: i32) -> String {
    let number = id - 100;
    format!(
        "process.roles=controller
        node.id={id}
        controller.quorum.voters=101@controller-1.example.org:9093,102@controller-2.example.org:9093,103@controller-3.example.org:9093
        listeners=CONTROLLER://controller-{number}.example.org:9093
        listener.security.protocol.map=CONTROLLER:SSL
        controller.listener.names=CONTROLLER
        config.providers=file
        config.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider
        ssl.keystore.type=PKCS12
        ssl.keystore.location=/etc/kafka/tls/node.p12
        ssl.keystore.password=${{file:/etc/kafka/tls/passwords.properties:keystore}}
        ssl.truststore.type=PKCS12
        ssl.truststore.location=/etc/kafka/tls/truststore.p12
        ssl.truststore.password=${{file:/etc/kafka/tls/passwords.properties:truststore}}
        ssl.client.auth=required
        authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
        super.users=User:CN=broker,OU=kafka;User:CN=controller,OU=kafka
        allow.everyone.if.no.acl.found=false
        metadata.log.dir=/var/lib/kafka/metadata
        log.dirs=/var/lib/kafka/metadata
        default.replication.factor=3
        min.insync.replicas=2
        unclean.leader.election.enable=false"
    )
}

fn examples() -> impl Iterator<Item = &'static Example> {
    EXAMPLES.iter().copied().flatten()
}

fn broken(example: &Example) -> Snapshot {
    let mut set = Set::healthy();
    match example.make {
        Mistake::Made(make) => make(&mut set),
        Mistake::Line(node, line) => set.line(node, line),
        Mistake::Text(deployment, from, to) => {
            let text = deployment.text();
            assert!(text.contains(from), "{from}");
            return deployment.snapshot(&text.replacen(from, to, 1));
        }
    }
    set.snapshot()
}

/// Whether a subject is what the example names.
fn names(example: &Example, subject: &str) -> bool {
    match example.make {
        Mistake::Line(node, line) if example.subject.is_empty() => {
            let key = line.split('=').next().unwrap();
            subject.contains(key) && subject.contains(node)
        }
        _ => subject.contains(example.subject),
    }
}

#[test]
fn the_healthy_set_is_judged_by_every_check_and_none_finds_anything() {
    let snapshot = Set::healthy().snapshot();
    let deployments = Deployment::ALL.map(|deployment| deployment.snapshot(deployment.text()));
    for check in all() {
        let mut judged = false;
        for set in std::iter::once(&snapshot).chain(&deployments) {
            let verdict = run(check, &Fleet::of(set));
            let whole = verdict.evaluated && verdict.unknown.is_empty();
            // Files alone do not tell everything: there the other sets' checks may be blind.
            if verdict.applies && (std::ptr::eq(set, &snapshot) || whole) {
                assert!(verdict.findings.is_empty(), "{}: {:#?}", check.id, verdict.findings);
                assert!(whole, "{}: {:?}", check.id, verdict.unknown);
            }
            judged |= whole;
        }
        assert!(judged, "{} is judged in no healthy set", check.id);
    }
}

#[test]
fn every_check_finds_its_example_and_no_other_finds_it_too() {
    let shown: BTreeSet<&str> = examples().map(|example| example.check).collect();
    let without: Vec<&str> = all().map(|check| check.id).filter(|id| !shown.contains(id)).collect();
    assert!(without.is_empty(), "checks without an example: {without:?}");
    let mut wrong = Vec::new();
    let before = Deployment::ALL.map(Deployment::found);
    for example in examples() {
        let already = match example.make {
            Mistake::Text(deployment, ..) => before[deployment as usize].clone(),
            _ => BTreeSet::new(),
        };
        let snapshot = broken(example);
        let fleet = Fleet::of(&snapshot);
        for check in all() {
            let findings = run(check, &fleet).findings;
            let subjects: Vec<String> = findings.iter().map(|finding| finding.subject.to_string()).collect();
            let said = format!("{} {:?}: {} found {subjects:?}", example.check, example.make, check.id);
            if check.id == example.check {
                if !subjects.iter().any(|subject| names(example, subject)) {
                    wrong.push(said);
                }
            } else if !findings.is_empty()
                && !example.also.contains(&check.id)
                && !COMPARISONS.contains(&check.id)
                && !already.contains(check.id)
            {
                wrong.push(said);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_seen_is_no_pass() {
    let nodes = [(Origin("x".to_owned()), NodeView::default())].into();
    let unseen = Snapshot { schema: SCHEMA, program_version: String::new(), taken_at: Sample::NOW, nodes };
    for check in all() {
        let verdict = run(check, &Fleet::of(&unseen));
        assert!(!verdict.evaluated && !verdict.unknown.is_empty(), "{}: {verdict:?}", check.id);
    }
}

/// What is about nodes is not passed by a set that has none.
#[test]
fn a_set_without_nodes_passes_no_check_of_nodes() {
    let texts = CLIENTS.map(|(name, text)| (name, text.as_bytes()));
    let snapshot = snapshot_of_bytes(texts, &Told::default());
    let fleet = Fleet::of(&snapshot);
    let of_files = |on: On| fleet.on(on).next().is_some();
    let is_of_files = |check: &&Check| match check.run {
        Run::Node(on, _) | Run::Together(on, _) => of_files(on),
        // Whatever is given can be unreadable.
        Run::Fleet(_) => check.id == "file-unreadable",
    };
    let passed: Vec<&str> =
        all().filter(|check| !is_of_files(check) && run(check, &fleet).evaluated).map(|check| check.id).collect();
    assert!(passed.is_empty(), "{passed:?}");
}

/// Taking any part of the data away may hide a finding, but then the check must say that it could not judge.
#[test]
fn data_that_is_missing_never_turns_a_finding_into_a_pass() {
    type Taker = (&'static str, fn(&mut NodeView));
    let takers: &[Taker] = &[
        ("process", |node| node.process = Section::default()),
        ("properties", |node| node.properties = Section::default()),
        ("files", |node| node.files = Section::default()),
        ("host", |node| node.host = Section::default()),
        ("liveness", |node| node.liveness = Section::default()),
        ("registrations", |node| node.registrations = Section::default()),
        ("metadata", |node| node.cluster = Section::default()),
        ("log_dirs", |node| node.log_dirs = Section::default()),
        ("configs", |node| node.configs = Section::default()),
        ("quorum", |node| node.quorum = Section::default()),
        ("reassignments", |node| node.reassignments = Section::default()),
        ("acls", |node| node.acls = Section::default()),
        ("client_quotas", |node| node.client_quotas = Section::default()),
        ("scram_users", |node| node.scram_users = Section::default()),
    ];
    let mut wrong = Vec::new();
    for example in examples() {
        let check = all().find(|check| check.id == example.check).unwrap();
        let whole = broken(example);
        for (section, take) in takers {
            let mut snapshot = whole.clone();
            snapshot.nodes.values_mut().for_each(take);
            let verdict = run(check, &Fleet::of(&snapshot));
            if verdict.findings.is_empty() && verdict.unknown.is_empty() {
                wrong.push(format!("{} passes {:?} without {section}", check.id, example.make));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_check_has_its_manual_and_an_id_of_its_own() {
    let mut ids = BTreeSet::new();
    for check in all() {
        assert!(ids.insert(check.id), "{} twice", check.id);
        for text in [check.summary, check.why, check.fix, check.needs] {
            assert!(!text.is_empty() && !text.contains("  "), "{}: {text:?}", check.id);
        }
        assert!(!check.references.is_empty(), "{}", check.id);
        assert!(check.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte.is_ascii_digit()));
    }
}

#[test]
fn a_finding_may_be_milder_than_its_check_and_severities_are_ordered() {
    assert!(Severity::ALL.windows(2).all(|pair| pair[0] > pair[1]));
}
