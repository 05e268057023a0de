//! Hand-made node views for the tests of pure code.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::snapshot::{
    Attempt, Broker, Cluster, ConfigFile, ConfigSource, Configs, DirFiles, ErrorKind, Failure, Liveness, LogDirFiles,
    NodeView, Observed, PartitionsBuilder, Reassignment, Reassignments, Registrations, Section, TopicConfig, UnixMs,
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
    eligible: Vec<(String, i32, usize)>,
    on_disk: Option<usize>,
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

    pub(crate) fn eligible(mut self, topic: &str, partition: i32, count: usize) -> Self {
        self.eligible.push((topic.to_owned(), partition, count));
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
        for (topic, partition, count) in &self.eligible {
            partitions.set_eligible(topic, *partition, *count);
        }
        let broker = |id| Broker { id, host: "h".into(), port: 9092, rack: None };
        let supported_features = BTreeMap::from([("metadata.version".to_owned(), self.level)]);
        let mut node = NodeView {
            liveness: seen(Liveness { apis: [(3, 13)].into(), supported_features, ..Liveness::default() }),
            registrations: seen(Registrations { answered_by: Some(self.id), ..Registrations::default() }),
            cluster: seen(Cluster {
                cluster_id: None,
                brokers: vec![broker(1), broker(2), broker(3)],
                partitions,
                topic_operations: None,
            }),
            configs: seen(self.configs),
            reassignments: seen(Reassignments { whole_cluster: true, partitions: self.reassignments }),
            ..NodeView::default()
        };
        if self.on_disk.is_some() {
            let dir = DirFiles { replicas: self.on_disk, ..DirFiles::default() };
            node.files = seen(LogDirFiles { dirs: [("/d".to_owned(), Ok(dir))].into() });
        }
        if self.hung {
            let failure = Failure::new(ErrorKind::Timeout, "no answer");
            node.liveness.attempt = Attempt::Failed { at: Self::NOW, failure };
        }
        node
    }
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
