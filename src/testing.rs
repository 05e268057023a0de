//! Hand-made node views for the tests of pure code.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::snapshot::{
    Acl, AclOperation, AclPattern, AclPermission, AclResource, Attempt, Broker, ClientQuota, Cluster, ConfigFile,
    ConfigSource, ConfigValue, Configs, DirFiles, ErrorKind, Failure, Liveness, LogDir, LogDirFiles, LogDirs, NodeView,
    Observed, PartitionsBuilder, Quorum, QuorumReplica, Reassignment, Reassignments, Registrations, ReplicaOnDisk,
    ScramCredential, ScramMechanism, Section, TopicConfig, UnixMs,
};

/// A partition: leader, replicas, ISR.
pub(crate) type Row = (i32, Vec<i32>, Vec<i32>);

pub(crate) fn partition(leader: i32, replicas: &[i32], isr: &[i32]) -> Row {
    (leader, replicas.to_vec(), isr.to_vec())
}

/// A node view in the making: a broker that answers, in a cluster of brokers 1 to 3.
pub(crate) struct Sample {
    id: i32,
    level: i16,
    hung: bool,
    topics: Vec<(String, Vec<Row>)>,
    configs: Configs,
    reassignments: Vec<Reassignment>,
    eligible: Vec<(String, i32, Vec<i32>)>,
    on_disk: Option<usize>,
    log_dirs: Vec<LogDir>,
    racks: Vec<(i32, String)>,
    alive: Vec<i32>,
    quorum: Option<Quorum>,
}

impl Sample {
    /// The moment at which samples are judged.
    pub(crate) const NOW: UnixMs = UnixMs(1_700_000_000_000);

    pub(crate) fn broker(id: i32) -> Self {
        Self {
            id,
            level: 27,
            hung: false,
            topics: vec![],
            configs: Configs { every_key: true, ..Configs::default() },
            reassignments: vec![],
            eligible: vec![],
            on_disk: None,
            log_dirs: vec![],
            racks: vec![],
            alive: vec![1, 2, 3],
            quorum: None,
        }
    }

    pub(crate) fn topic(mut self, name: &str, rows: &[Row]) -> Self {
        self.topics.push((name.to_owned(), rows.to_vec()));
        self
    }

    pub(crate) fn min_isr(mut self, topic: &str, value: i32) -> Self {
        let min_insync_replicas = Some((value, ConfigSource::DynamicDefault));
        let config = TopicConfig { min_insync_replicas, ..TopicConfig::default() };
        self.configs.topics.insert(topic.into(), config);
        self
    }

    pub(crate) fn release_level(mut self, level: i16) -> Self {
        self.level = level;
        self
    }

    pub(crate) fn adding(mut self, topic: &str, partition: i32, adding: &[i32]) -> Self {
        let adding = adding.to_vec();
        self.reassignments.push(Reassignment { topic: topic.into(), partition, adding, removing: vec![] });
        self
    }

    pub(crate) fn eligible(mut self, topic: &str, partition: i32, ids: &[i32]) -> Self {
        self.eligible.push((topic.to_owned(), partition, ids.to_vec()));
        self
    }

    /// A log directory with these replicas: topic, partition, bytes.
    pub(crate) fn log_dir(mut self, path: &str, replicas: &[(&str, i32, u64)]) -> Self {
        let replica = |(topic, partition, bytes): &(&str, i32, u64)| ReplicaOnDisk {
            topic: (*topic).into(),
            partition: *partition,
            bytes: *bytes,
            future: false,
        };
        let replicas = replicas.iter().map(replica).collect();
        let path = path.to_owned();
        self.log_dirs.push(LogDir { path, online: true, error: None, total_bytes: None, usable_bytes: None, replicas });
        self
    }

    pub(crate) fn rack(mut self, id: i32, rack: &str) -> Self {
        self.racks.push((id, rack.to_owned()));
        self
    }

    /// The brokers that are alive.
    pub(crate) fn alive(mut self, ids: &[i32]) -> Self {
        self.alive = ids.to_vec();
        self
    }

    /// What the broker runs with.
    pub(crate) fn running(mut self, key: &str, value: &str) -> Self {
        let value = ConfigValue::new(value, ConfigSource::Static);
        self.configs.broker.get_or_insert_default().insert(key.to_owned(), value);
        self
    }

    /// A topic that is only followed here.
    pub(crate) fn followed(mut self, topic: &str, min_isr: i32) -> Self {
        let min_insync_replicas = Some((min_isr, ConfigSource::Topic));
        let config = TopicConfig { min_insync_replicas, ..TopicConfig::default() };
        self.configs.followed.insert(topic.into(), config);
        self
    }

    /// A quorum: its leader, and for each voter how many milliseconds it is behind.
    pub(crate) fn quorum(mut self, leader: i32, voters: &[(i32, u64)]) -> Self {
        let caught_up = |behind_ms: u64| Some(UnixMs(Self::NOW.0 - behind_ms));
        let voter = |(id, behind_ms): &(i32, u64)| QuorumReplica {
            id: *id,
            log_end: None,
            caught_up_at: caught_up(*behind_ms),
        };
        let voters = voters.iter().map(voter).collect();
        self.quorum = Some(Quorum { leader: Some(leader), voters, ..Quorum::default() });
        self
    }

    pub(crate) fn on_disk(mut self, replicas: usize) -> Self {
        self.on_disk = Some(replicas);
        self
    }

    pub(crate) fn hung(mut self) -> Self {
        self.hung = true;
        self
    }

    pub(crate) fn node(self) -> NodeView {
        let mut builder = PartitionsBuilder::default();
        for (index, (name, rows)) in self.topics.iter().enumerate() {
            builder.topic(name, index as u128 + 1, false);
            for (partition, (leader, replicas, isr)) in rows.iter().enumerate() {
                let lists: [&mut dyn Iterator<Item = i32>; 3] =
                    [&mut replicas.iter().copied(), &mut isr.iter().copied(), &mut [].into_iter()];
                builder.partition(partition as i32, *leader, 0, lists);
            }
        }
        let mut partitions = builder.build();
        for (topic, partition, ids) in &self.eligible {
            partitions.set_eligible(topic, *partition, ids);
        }
        let rack = |id: i32| self.racks.iter().find(|(broker, _)| *broker == id).map(|(_, rack)| rack.clone());
        let broker = |id: &i32| Broker { id: *id, host: "h".into(), port: 9092, rack: rack(*id) };
        let supported_features = BTreeMap::from([("metadata.version".to_owned(), self.level)]);
        let mut node = NodeView {
            liveness: seen(Liveness { apis: [(3, 13)].into(), supported_features, ..Liveness::default() }),
            registrations: seen(Registrations { answered_by: Some(self.id), ..Registrations::default() }),
            cluster: seen(Cluster {
                cluster_id: None,
                brokers: self.alive.iter().map(broker).collect(),
                partitions,
                topic_operations: None,
            }),
            configs: seen(self.configs),
            reassignments: seen(Reassignments { whole_cluster: true, partitions: self.reassignments }),
            ..NodeView::default()
        };
        if !self.log_dirs.is_empty() {
            node.log_dirs = seen(LogDirs { dirs: self.log_dirs });
        }
        if let Some(quorum) = self.quorum {
            node.quorum = seen(quorum);
        }
        if self.on_disk.is_some() {
            let dir = DirFiles { replicas: self.on_disk, ..DirFiles::default() };
            node.files = seen(LogDirFiles { dirs: [("/d".to_owned(), Ok(dir))].into(), ..LogDirFiles::default() });
        }
        if self.hung {
            let failure = Failure::new(ErrorKind::Timeout, "no answer");
            node.liveness.attempt = Attempt::Failed { at: Self::NOW, failure };
        }
        node
    }
}

/// An ACL that allows something by the whole name.
pub(crate) fn acl(principal: &str, host: &str, operation: AclOperation, resource: AclResource, name: &str) -> Acl {
    Acl {
        resource,
        pattern: AclPattern::Literal,
        name: name.to_owned(),
        principal: principal.to_owned(),
        host: host.to_owned(),
        operation,
        permission: AclPermission::Allow,
    }
}

/// The quota of a user, or the default of all users.
pub(crate) fn client_quota(user: Option<&str>, limits: &[(&str, f64)]) -> ClientQuota {
    ClientQuota {
        entity: [("user".to_owned(), user.map(str::to_owned))].into(),
        limits: limits.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect(),
    }
}

/// A user that logs in by SCRAM-SHA-512.
pub(crate) fn scram_user(user: &str, iterations: u32) -> ScramCredential {
    ScramCredential { iterations, user: user.to_owned(), mechanism: ScramMechanism::Sha512 }
}

pub(crate) fn seen<T>(value: T) -> Section<T> {
    let observed =
        Observed { at: Sample::NOW, took_ms: 1, valid_until: Sample::NOW.plus(40_000), value: Arc::new(value) };
    Section { last: Some(observed), attempt: Attempt::Ok }
}

/// A file as the properties source gives it.
pub(crate) fn properties(path: &str, text: &str) -> ConfigFile {
    crate::sources::config_files::parse_properties_file(path, text.as_bytes()).unwrap()
}
