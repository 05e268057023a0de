//! Every partition of the cluster, packed: no heap allocation per partition, each topic name held once.
//!
//! 200,000 partitions of replication factor 3 take about 12 MB here; a struct with two vectors each took six times that.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeSeq};

/// A topic and where its partitions stand.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicEntry {
    /// The topic's name.
    pub name: Arc<str>,
    /// Topic id (KIP-516), 0 when the broker does not tell one.
    pub id: u128,
    /// Whether Kafka itself owns it (`__consumer_offsets` and the like).
    pub internal: bool,
    first: u32,
    count: u32,
}

/// What is known of one partition, without its replica lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionRow {
    /// Index of the partition.
    pub partition: i32,
    /// Id of the leader; -1 when there is none.
    pub leader: i32,
    /// Epoch of the leadership; -1 when the broker does not tell.
    pub leader_epoch: i32,
    pool_at: u32,
    replicas: u8,
    isr: u8,
    offline: u8,
    eligible: u8,
}

/// Marks an eligible-leader count that nobody asked for.
const ELIGIBLE_UNKNOWN: u8 = u8::MAX;

/// All partitions, by topic name and then index.
#[derive(Clone, Debug, Default)]
pub struct Partitions {
    topics: Vec<TopicEntry>,
    rows: Vec<PartitionRow>,
    /// Replica ids of all partitions, one after another: replicas, ISR, offline.
    pool: Vec<i32>,
    /// Eligible leaders outside the ISR by place of the row: few partitions have any.
    eligible: BTreeMap<u32, Box<[i32]>>,
}

/// One partition with its topic and replica lists.
#[derive(Clone, Copy, Debug)]
pub struct Partition<'a> {
    /// Its topic.
    pub topic: &'a TopicEntry,
    /// Position of the topic in [`Partitions::topics`].
    pub topic_index: usize,
    /// The packed row.
    pub row: &'a PartitionRow,
    /// Broker ids that hold a replica, preferred leader first; adding replicas of a reassignment included.
    pub replicas: &'a [i32],
    /// Broker ids in sync.
    pub isr: &'a [i32],
    /// Broker ids whose replica is offline (dead broker or dead log directory).
    pub offline: &'a [i32],
    /// Broker ids outside the ISR from which Kafka may still elect a leader without loss (ELR, KIP-966). Empty also when
    /// that was not asked, and in snapshots of versions that kept only how many there are.
    pub eligible: &'a [i32],
}

impl<'a> Partition<'a> {
    /// The leader's id; absent when the partition has none.
    #[must_use]
    pub fn leader(&self) -> Option<i32> {
        (self.row.leader >= 0).then_some(self.row.leader)
    }

    /// The preferred leader: the first replica.
    #[must_use]
    pub fn preferred(&self) -> Option<i32> {
        self.replicas.first().copied()
    }

    /// Replicas that are not in the ISR; by set difference, since an ISR may name brokers outside the replicas.
    pub fn missing(&self) -> impl Iterator<Item = i32> + 'a {
        let isr = self.isr;
        self.replicas.iter().copied().filter(move |id| !isr.contains(id))
    }

    /// Replicas outside the ISR from which Kafka may still elect a leader without loss (ELR, KIP-966).
    /// Absent when that was not asked.
    #[must_use]
    pub fn eligible_outside_isr(&self) -> Option<u8> {
        (self.row.eligible != ELIGIBLE_UNKNOWN).then_some(self.row.eligible)
    }
}

impl Partitions {
    /// The topics, sorted by name.
    #[must_use]
    pub fn topics(&self) -> &[TopicEntry] {
        &self.topics
    }

    /// Number of partitions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no partition at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All partitions, by topic name and index.
    pub fn iter(&self) -> impl Iterator<Item = Partition<'_>> {
        self.topics.iter().enumerate().flat_map(move |(index, topic)| self.of(index, topic))
    }

    /// The partitions of the topic at `index`.
    pub fn of_topic(&self, index: usize) -> impl Iterator<Item = Partition<'_>> {
        self.topics.get(index).into_iter().flat_map(move |topic| self.of(index, topic))
    }

    /// The topic of this name; absent when it is not known.
    #[must_use]
    pub fn topic(&self, name: &str) -> Option<&TopicEntry> {
        let index = self.topics.binary_search_by(|entry| (*entry.name).cmp(name)).ok()?;
        self.topics.get(index)
    }

    /// What finds partitions by topic and index; absent when one is not known. Fastest when they come in the order of their
    /// topics' names, since a search begins where the last one ended.
    pub fn finder<'a>(&'a self) -> impl FnMut(&str, i32) -> Option<Partition<'a>> {
        let mut last = 0;
        move |topic, partition| {
            let is_before = |entry: &TopicEntry| *entry.name < *topic;
            let from = if self.topics.get(last).is_some_and(|entry| *entry.name <= *topic) { last } else { 0 };
            let after = &self.topics[from..];
            // Steps that double, so that a near one is found by few comparisons.
            let mut width = 1;
            while after.get(width).is_some_and(is_before) {
                width *= 2;
            }
            let near = &after[width / 2..after.len().min(width + 1)];
            last = from + width / 2 + near.partition_point(is_before);
            let entry = self.topics.get(last).filter(|entry| *entry.name == *topic)?;
            Some(self.at(last, entry, self.place(last, partition)?))
        }
    }

    /// Sets the eligible leaders that a partition has outside its ISR.
    pub fn set_eligible(&mut self, topic: &str, partition: i32, ids: &[i32]) {
        self.set_eligible_count(topic, partition, ids.len());
        let Ok(index) = self.topics.binary_search_by(|entry| (*entry.name).cmp(topic)) else { return };
        let at = self.place(index, partition).and_then(|at| u32::try_from(at).ok());
        if let Some(at) = at.filter(|_| !ids.is_empty()) {
            self.eligible.insert(at, ids.into());
        }
    }

    /// The same when only their number is known.
    fn set_eligible_count(&mut self, topic: &str, partition: i32, count: usize) {
        let Ok(index) = self.topics.binary_search_by(|entry| (*entry.name).cmp(topic)) else { return };
        if let Some(at) = self.place(index, partition) {
            self.rows[at].eligible = u8::try_from(count).unwrap_or(ELIGIBLE_UNKNOWN - 1);
        }
    }

    /// Where the row of a partition is.
    fn place(&self, topic_index: usize, partition: i32) -> Option<usize> {
        let range = self.topics.get(topic_index)?.range();
        let at = self.rows[range.clone()].binary_search_by_key(&partition, |row| row.partition).ok()?;
        Some(range.start + at)
    }

    /// Bytes on the heap, names not counted.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.topics.capacity() * size_of::<TopicEntry>()
            + self.rows.capacity() * size_of::<PartitionRow>()
            + self.pool.capacity() * size_of::<i32>()
    }

    fn of<'a>(&'a self, topic_index: usize, topic: &'a TopicEntry) -> impl Iterator<Item = Partition<'a>> {
        topic.range().map(move |at| self.at(topic_index, topic, at))
    }

    fn at<'a>(&'a self, topic_index: usize, topic: &'a TopicEntry, at: usize) -> Partition<'a> {
        let row = &self.rows[at];
        let lists = &self.pool[row.pool_at as usize..];
        let (replicas, lists) = lists.split_at(row.replicas.into());
        let (isr, lists) = lists.split_at(row.isr.into());
        let named = row.eligible != ELIGIBLE_UNKNOWN && row.eligible > 0;
        let eligible = u32::try_from(at).ok().filter(|_| named).and_then(|at| self.eligible.get(&at));
        let eligible = eligible.map_or(&[][..], |ids| ids);
        Partition { topic, topic_index, row, replicas, isr, offline: &lists[..row.offline.into()], eligible }
    }
}

impl TopicEntry {
    /// Number of partitions.
    #[must_use]
    pub fn partitions(&self) -> usize {
        self.count as usize
    }

    fn range(&self) -> std::ops::Range<usize> {
        self.first as usize..self.first as usize + self.count as usize
    }
}

/// Packs partitions as they are decoded. Topics may come in any order; the result is sorted.
#[derive(Debug, Default)]
pub struct PartitionsBuilder {
    packed: Partitions,
}

impl PartitionsBuilder {
    /// Room for `topics` and `partitions` to come, so that nothing is allocated twice.
    #[must_use]
    pub fn with_capacity(topics: usize, partitions: usize) -> Self {
        let packed = Partitions {
            topics: Vec::with_capacity(topics),
            rows: Vec::with_capacity(partitions),
            pool: Vec::with_capacity(partitions * 6),
            eligible: BTreeMap::new(),
        };
        Self { packed }
    }

    /// Begins a topic; the partitions that follow are its own.
    pub fn topic(&mut self, name: &str, id: u128, internal: bool) {
        let first = u32::try_from(self.packed.rows.len()).unwrap_or(u32::MAX);
        self.packed.topics.push(TopicEntry { name: name.into(), id, internal, first, count: 0 });
    }

    /// Adds a partition to the topic that was begun last. A list longer than 255 keeps its first 255: Kafka replicas
    /// never come near that, and what a peer sends must not break the packing.
    pub fn partition(&mut self, index: i32, leader: i32, leader_epoch: i32, lists: [&mut dyn Iterator<Item = i32>; 3]) {
        let Some(topic) = self.packed.topics.last_mut() else { return };
        topic.count += 1;
        let pool_at = u32::try_from(self.packed.pool.len()).unwrap_or(u32::MAX);
        let mut lengths = [0u8; 3];
        for (length, list) in lengths.iter_mut().zip(lists) {
            let before = self.packed.pool.len();
            self.packed.pool.extend(list.take(u8::MAX.into()));
            *length = (self.packed.pool.len() - before) as u8;
        }
        let [replicas, isr, offline] = lengths;
        let eligible = ELIGIBLE_UNKNOWN;
        self.packed.rows.push(PartitionRow {
            partition: index,
            leader,
            leader_epoch,
            pool_at,
            replicas,
            isr,
            offline,
            eligible,
        });
    }

    /// The packed partitions, sorted by topic name and index.
    #[must_use]
    pub fn build(mut self) -> Partitions {
        for topic in &self.packed.topics {
            self.packed.rows[topic.range()].sort_unstable_by_key(|row| row.partition);
        }
        self.packed.topics.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        self.packed
    }
}

/// The shape of a partition in a snapshot file.
#[derive(Serialize, Deserialize)]
struct PartitionRecord {
    partition: i32,
    leader: i32,
    leader_epoch: i32,
    replicas: Vec<i32>,
    isr: Vec<i32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    offline: Vec<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    eligible_outside_isr: Option<u8>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    eligible: Vec<i32>,
}

/// The shape of a topic in a snapshot file. The id is written as Kafka prints it nowhere: 32 hexadecimal digits.
#[derive(Serialize, Deserialize)]
struct TopicRecord {
    topic: String,
    id: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    internal: bool,
    partitions: Vec<PartitionRecord>,
}

impl Serialize for Partitions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.topics.len()))?;
        for (index, topic) in self.topics.iter().enumerate() {
            let partitions = self.of(index, topic).map(|found| PartitionRecord {
                partition: found.row.partition,
                leader: found.row.leader,
                leader_epoch: found.row.leader_epoch,
                replicas: found.replicas.to_vec(),
                isr: found.isr.to_vec(),
                offline: found.offline.to_vec(),
                eligible_outside_isr: found.eligible_outside_isr(),
                eligible: found.eligible.to_vec(),
            });
            list.serialize_element(&TopicRecord {
                topic: topic.name.to_string(),
                id: format!("{:032x}", topic.id),
                internal: topic.internal,
                partitions: partitions.collect(),
            })?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for Partitions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let records = Vec::<TopicRecord>::deserialize(deserializer)?;
        let mut builder = PartitionsBuilder::default();
        let mut eligible = Vec::new();
        for record in &records {
            let id = u128::from_str_radix(&record.id, 16).map_err(serde::de::Error::custom)?;
            builder.topic(&record.topic, id, record.internal);
            for partition in &record.partitions {
                let lists: [&mut dyn Iterator<Item = i32>; 3] = [
                    &mut partition.replicas.iter().copied(),
                    &mut partition.isr.iter().copied(),
                    &mut partition.offline.iter().copied(),
                ];
                builder.partition(partition.partition, partition.leader, partition.leader_epoch, lists);
                if let Some(count) = partition.eligible_outside_isr {
                    eligible.push((&*record.topic, partition.partition, count, &partition.eligible));
                }
            }
        }
        let mut packed = builder.build();
        for (topic, partition, count, ids) in eligible {
            packed.set_eligible(topic, partition, ids);
            packed.set_eligible_count(topic, partition, count.into());
        }
        Ok(packed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Partitions {
        let mut builder = PartitionsBuilder::default();
        builder.topic("b", 2, false);
        for index in [1, 0] {
            let lists: [&mut dyn Iterator<Item = i32>; 3] =
                [&mut [1, 2, 3].into_iter(), &mut [1, 3].into_iter(), &mut [2].into_iter()];
            builder.partition(index, 1, 4, lists);
        }
        builder.topic("a", 1, true);
        builder.build()
    }

    #[test]
    fn partitions_come_out_sorted_with_their_lists() {
        let packed = sample();
        assert_eq!(packed.topics().iter().map(|topic| &*topic.name).collect::<Vec<_>>(), ["a", "b"]);
        let all: Vec<_> = packed.iter().map(|found| (found.row.partition, found.isr.to_vec())).collect();
        assert_eq!(all, [(0, vec![1, 3]), (1, vec![1, 3])]);
        assert_eq!(packed.finder()("b", 1).unwrap().missing().collect::<Vec<_>>(), [2]);
        assert!(packed.finder()("b", 2).is_none());
    }

    proptest! {
        #[test]
        fn the_finder_finds_what_is_there_in_any_order(
            there in proptest::collection::btree_set(0..40u8, 0..30),
            asked in proptest::collection::vec((0..40u8, 0..3), 0..60),
        ) {
            let mut builder = PartitionsBuilder::default();
            for topic in &there {
                builder.topic(&format!("{topic:02}"), 1, false);
                (0..2).for_each(|index| builder.partition(index, 1, 0, [&mut [].into_iter(), &mut [].into_iter(), &mut [].into_iter()]));
            }
            let packed = builder.build();
            let mut find = packed.finder();
            for (topic, index) in asked {
                let name = format!("{topic:02}");
                let found = find(&name, index).map(|found| (found.topic.name.to_string(), found.row.partition));
                prop_assert_eq!(found, (there.contains(&topic) && index < 2).then_some((name, index)));
            }
        }
    }

    #[test]
    fn a_file_reads_back_equal() {
        let mut packed = sample();
        packed.set_eligible("b", 0, &[2]);
        let text = serde_json::to_string(&packed).unwrap();
        let back: Partitions = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), text);
        let found = back.finder()("b", 0).unwrap();
        assert_eq!((found.eligible_outside_isr(), found.eligible), (Some(1), &[2][..]));
        let older = text.replace(r#","eligible":[2]"#, "");
        assert_ne!(older, text);
        let back: Partitions = serde_json::from_str(&older).unwrap();
        let found = back.finder()("b", 0).unwrap();
        assert_eq!((found.eligible_outside_isr(), found.eligible), (Some(1), &[][..]), "how many, and not who");
    }

    #[test]
    fn two_hundred_thousand_partitions_stay_small() {
        let mut builder = PartitionsBuilder::with_capacity(20_000, 200_000);
        for topic in 0..20_000u32 {
            builder.topic(&format!("topic-{topic}"), topic.into(), false);
            for index in 0..10 {
                let lists: [&mut dyn Iterator<Item = i32>; 3] =
                    [&mut [1, 2, 3].into_iter(), &mut [1, 2, 3].into_iter(), &mut [].into_iter()];
                builder.partition(index, 1, 0, lists);
            }
        }
        let packed = builder.build();
        assert_eq!(packed.len(), 200_000);
        assert!(packed.heap_bytes() < 13_000_000, "{} bytes", packed.heap_bytes());
    }
}
