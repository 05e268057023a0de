//! What is lost with a log directory, or with the drive below several: how many partitions lead and follow from it, and of
//! how many it holds the last in-sync copy. DescribeLogDirs says which replicas lie where, Metadata how they stand.

use std::collections::{BTreeMap, BTreeSet};

use super::fleet::Node;
use super::replication::Replication;
use crate::snapshot::{Layer, LayerKind, LogDir, Partition, path_names};

/// What lies on a directory or drive. Partitions that Metadata does not name are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Radius {
    /// Partitions that the broker leads from it.
    pub leaders: usize,
    /// Partitions that it follows with it.
    pub followers: usize,
    /// Partitions of several replicas whose last in-sync copy it holds, no other being eligible.
    pub sole_isr: usize,
    /// Bytes of those.
    pub sole_isr_bytes: u64,
    /// Partitions with one replica only.
    pub single_replica: usize,
    /// Bytes of those.
    pub single_replica_bytes: u64,
    /// Partitions in sync here with exactly `min.insync.replicas` in sync; absent when that setting is not known of one.
    pub at_min_isr: Option<usize>,
}

/// What is lost with the logs in `dirs`; a partition that is in two of them counts once.
#[must_use]
pub fn radius(replication: &Replication<'_>, dirs: &[&LogDir]) -> Radius {
    let mut radius = Radius { at_min_isr: Some(0), ..Radius::default() };
    let mut find = replication.cluster.partitions.finder();
    let mut counted = BTreeSet::new();
    // A future log is no replica yet: the partition's own is elsewhere.
    for replica in dirs.iter().flat_map(|dir| &dir.replicas).filter(|replica| !replica.future) {
        let Some(found) = find(&replica.topic, replica.partition) else { continue };
        // No directory holds a partition twice.
        if dirs.len() == 1 || counted.insert((found.topic_index, found.row.partition)) {
            radius.count(replication, &found, replica.bytes);
        }
    }
    radius
}

impl Radius {
    /// Counts one replica of so many bytes.
    fn count(&mut self, replication: &Replication<'_>, found: &Partition<'_>, bytes: u64) {
        let judged = replication.judge(found);
        let in_sync = found.isr.contains(&replication.id);
        let leads = found.leader() == Some(replication.id);
        self.leaders += usize::from(leads);
        self.followers += usize::from(!leads);
        if judged.replication_factor == 1 {
            self.single_replica += 1;
            self.single_replica_bytes += bytes;
        }
        if judged.sole_isr && in_sync {
            self.sole_isr += 1;
            self.sole_isr_bytes += bytes;
        }
        if in_sync {
            self.at_min_isr = self.at_min_isr.and_then(|count| Some(count + usize::from(judged.at_min_isr()?)));
        }
    }
}

/// The log directory that holds the node's metadata log, as configured; absent when nothing tells, or when there is none
/// (ZooKeeper). When it fails, the node halts, whatever its other directories do.
#[must_use]
pub fn metadata_log_dir<'a>(node: &Node<'a>) -> Option<&'a str> {
    if !node.is_kraft().ok()? {
        return None;
    }
    let own = node.text("metadata.log.dir").ok().filter(|dir| !dir.is_empty());
    let first = || ["log.dirs", "log.dir"].iter().find_map(|key| node.list(key).ok()?.first().copied());
    own.or_else(first)
}

/// A path as the broker spells it in its answers: without doubled and trailing slashes (`java.io.File`).
#[must_use]
pub fn spelled(path: &str) -> String {
    let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
    format!("{}{}", if path.starts_with('/') { "/" } else { "" }, names.join("/"))
}

/// Whether two paths name one directory, by their spelling alone.
#[must_use]
pub fn is_same_dir(a: &str, b: &str) -> bool {
    path_names(a) == path_names(b)
}

/// The drives below a node's log directories, as the kernel names them, each with the directories on it, as configured.
/// Empty where nobody looked.
#[must_use]
pub fn drives<'a>(node: &Node<'a>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut drives: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    if let Some(storage) = node.view.node.storage.fresh(node.view.now) {
        for (dir, below) in storage.dirs.iter().filter_map(|(dir, below)| Some((dir, below.as_ref().ok()?))) {
            below.drives.iter().for_each(|drive| drives.entry(drive).or_default().push(dir));
        }
        return drives;
    }
    let places = node.places().ok();
    for (dir, place) in places.iter().flat_map(super::fleet::Places::known) {
        if let Some(disk) = &place.disk {
            drives.entry(disk).or_default().push(dir);
        }
    }
    drives
}

/// Whether a directory goes on when one of the drives below it fails, because others hold the same; absent when that is
/// not known.
#[must_use]
pub fn outlives_a_drive(node: &Node<'_>, dir: &str) -> Option<bool> {
    let storage = node.view.node.storage.fresh(node.view.now);
    let Some(below) = storage.and_then(|storage| storage.dirs.get(dir)?.as_ref().ok()) else { return Some(false) };
    if below.drives.len() < 2 {
        return Some(false);
    }
    let has = |kind| below.layers.iter().any(|layer| layer.kind == kind);
    let is_redundant = |layer: &Layer| {
        let level = layer.detail.as_deref().unwrap_or_default();
        layer.kind == LayerKind::Md
            && ["raid1", "raid4", "raid5", "raid6", "raid10"].iter().any(|one| level.starts_with(one))
    };
    if has(LayerKind::Multipath) || below.layers.iter().any(is_redundant) {
        return Some(true);
    }
    // Which profile btrfs has, and what a volume of several drives is made of, is not told.
    (!has(LayerKind::Btrfs) && !has(LayerKind::Lvm) && !has(LayerKind::Dm)).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::super::View;
    use super::super::fleet::Fleet;
    use super::*;
    use crate::snapshot::{LogDirStorage, Storage};
    use crate::testing::{Sample, partition, properties, seen};

    fn sample() -> Sample {
        let rows = [
            partition(1, &[1, 2, 3], &[1, 2]),
            partition(1, &[1, 2, 3], &[1]),
            partition(2, &[2, 1], &[2]),
            partition(2, &[2, 1, 3], &[2, 1]),
        ];
        Sample::broker(1)
            .topic("t", &rows)
            .topic("single", &[partition(1, &[1], &[1])])
            .log_dir("/a", &[("t", 0, 10), ("t", 1, 20), ("t", 2, 40)])
            .log_dir("/b", &[("single", 0, 100), ("t", 3, 1), ("t", 1, 20), ("gone", 0, 7)])
    }

    fn of(sample: Sample, dirs: &[usize]) -> Radius {
        let node = sample.node();
        let view = View::new(&node, Sample::NOW);
        let log_dirs = node.log_dirs.fresh(Sample::NOW).unwrap();
        let dirs: Vec<_> = dirs.iter().map(|at| &log_dirs.dirs[*at]).collect();
        radius(view.replication.as_ref().unwrap(), &dirs)
    }

    #[test]
    fn what_lies_on_a_directory_is_counted_by_how_it_stands() {
        let known = || sample().min_isr("t", 2).min_isr("single", 1);
        let a = Radius {
            leaders: 2,
            followers: 1,
            sole_isr: 1,
            sole_isr_bytes: 20,
            at_min_isr: Some(1),
            ..Radius::default()
        };
        assert_eq!(of(known(), &[0]), a);
        let b = of(known(), &[1]);
        assert_eq!((b.leaders, b.followers), (2, 1), "what Metadata does not name is left out");
        assert_eq!((b.single_replica, b.single_replica_bytes, b.sole_isr), (1, 100, 1));
        assert_eq!(b.at_min_isr, Some(1));
    }

    #[test]
    fn a_drive_under_both_counts_a_partition_once() {
        let both = of(sample().min_isr("t", 2).min_isr("single", 1), &[0, 1]);
        assert_eq!((both.leaders, both.followers, both.sole_isr, both.sole_isr_bytes), (3, 2, 1, 20));
    }

    #[test]
    fn an_eligible_replica_elsewhere_takes_the_last_copy_off_it() {
        assert_eq!(of(sample().eligible("t", 1, &[2]), &[0]).sole_isr, 0);
    }

    #[test]
    fn without_min_isr_who_is_at_it_is_not_known() {
        assert_eq!(of(sample(), &[0]).at_min_isr, None);
        assert_eq!(of(sample().min_isr("t", 2), &[0]).at_min_isr, Some(1), "only what lies there matters");
    }

    #[test]
    fn a_mirror_outlives_a_drive_and_stripes_do_not() {
        let dir = |kind, detail: &str, drives: &[&str]| {
            let layer = Layer { kind, detail: Some(detail.to_owned()), ..Layer::default() };
            let drives = drives.iter().map(|drive| (*drive).to_owned()).collect();
            let below = LogDirStorage { layers: vec![layer], drives, ..LogDirStorage::default() };
            let mut node = Sample::broker(1).node();
            let dirs = [("/a".to_owned(), Ok(below)), ("/b".to_owned(), Ok(LogDirStorage::default()))].into();
            node.storage = seen(Storage { dirs, ..Storage::default() });
            let view = View::new(&node, Sample::NOW);
            let fleet = Fleet::of_one(view);
            let on = drives_of(&fleet.nodes[0]);
            (outlives_a_drive(&fleet.nodes[0], "/a"), on)
        };
        let both = vec!["sda /a".to_owned(), "sdb /a".to_owned()];
        assert_eq!(dir(LayerKind::Md, "raid1", &["sda", "sdb"]), (Some(true), both.clone()));
        assert_eq!(dir(LayerKind::Md, "raid0", &["sda", "sdb"]), (Some(false), both.clone()));
        assert_eq!(dir(LayerKind::Btrfs, "", &["sda", "sdb"]), (None, both));
        assert_eq!(dir(LayerKind::Partition, "", &["sda"]).0, Some(false));
    }

    fn drives_of(node: &Node<'_>) -> Vec<String> {
        drives(node).iter().map(|(drive, dirs)| format!("{drive} {}", dirs.join(","))).collect()
    }

    #[test]
    fn the_metadata_log_lies_where_kafka_puts_it() {
        let dir = |text: &str| {
            let mut node = Sample::broker(1).node();
            node.properties = seen(properties("/etc/server.properties", text));
            let view = View::new(&node, Sample::NOW);
            metadata_log_dir(&Fleet::of_one(view).nodes[0]).map(str::to_owned)
        };
        assert_eq!(dir("process.roles=broker\nlog.dirs=/b,/a").as_deref(), Some("/b"));
        assert_eq!(dir("process.roles=broker\nlog.dirs=/b\nmetadata.log.dir=/m").as_deref(), Some("/m"));
        assert_eq!(dir("zookeeper.connect=z:2181\nlog.dirs=/b"), None);
        assert_eq!(spelled("/b//c/"), "/b/c");
        assert!(is_same_dir("/b/", "/b/./") && !is_same_dir("/b", "/b/c"));
    }
}
