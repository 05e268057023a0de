//! Whether retention fits a log directory even when it works: how large its replicas become at their pace and settings.
//!
//! References: `UnifiedLog.deleteOldSegments`: a segment goes when its newest record is older than `retention.ms`, or when the
//! others reach `retention.bytes` without it; the active segment stays, so up to one roll comes on top.

use std::collections::BTreeMap;

use super::fleet::Node;
use super::topic_settings::TopicSettings;
use crate::snapshot::{Growth, Ingest, LogDir, LogDirs};

/// Milliseconds over which growth is averaged: one day has its peaks and its night.
const AVERAGE_MS: u64 = 24 * 3_600_000;
/// Milliseconds that a replica has to be seen before its pace says anything.
pub const SEEN_MS_MIN: u64 = 3_600_000;
/// Seconds for which a replica without any limit is extrapolated.
const ENDLESS_SECONDS: f64 = 30.0 * 86_400.0;
/// Share of a directory's bytes whose pace or settings may be unknown; they count as they are.
const UNKNOWN_SHARE_MAX: f64 = 0.05;

/// The growth after `after` was seen, `ms` milliseconds after the sizes that `ingest` knows. Replicas that are gone are
/// forgotten.
#[must_use]
pub fn advance(ingest: &Ingest, after: &LogDirs, ms: u64) -> Ingest {
    let mut next = Ingest::default();
    let replicas = after.dirs.iter().filter(|dir| dir.online).flat_map(|dir| &dir.replicas);
    for replica in replicas.filter(|replica| !replica.future) {
        let before = ingest.topics.get(&replica.topic).and_then(|topic| topic.get(&replica.partition)).copied();
        let growth = before
            .map_or(Growth { bytes: replica.bytes, ..Growth::default() }, |before| grown(before, replica.bytes, ms));
        next.topics.entry(replica.topic.clone()).or_default().insert(replica.partition, growth);
    }
    next
}

fn grown(before: Growth, bytes: u64, ms: u64) -> Growth {
    if ms == 0 {
        return Growth { bytes, ..before };
    }
    let now = bytes.saturating_sub(before.bytes) as f64 * 1_000.0 / ms as f64;
    let seen_ms = before.seen_ms.saturating_add(ms);
    // The plain mean at first, so that the first interval does not stand for the day.
    let weight = ms as f64 / seen_ms.min(AVERAGE_MS).max(ms) as f64;
    Growth { bytes, bytes_per_second: before.bytes_per_second + weight * (now - before.bytes_per_second), seen_ms }
}

/// Bytes that the replicas of each online log directory come to at their pace and with their settings. A directory is left
/// out while too little was seen of it, or the settings of too many of its topics are not known to this node.
#[must_use]
pub fn steady_state_bytes(node: &Node<'_>) -> BTreeMap<String, f64> {
    let view = &node.view;
    let Some(seen) = view.node.log_dirs.fresh(view.now) else { return BTreeMap::new() };
    let mut topics: BTreeMap<&str, Known<'_>> = BTreeMap::new();
    let mut of =
        |topic| *topics.entry(topic).or_insert_with(|| (view.node.ingest.topics.get(topic), limits_of(node, topic)));
    let online = seen.dirs.iter().filter(|dir| dir.online && !dir.replicas.is_empty());
    online.filter_map(|dir| Some((dir.path.clone(), of_dir(dir, &mut of)?))).collect()
}

/// What is known of a topic: the growth of its replicas here, and its limits.
type Known<'a> = (Option<&'a BTreeMap<i32, Growth>>, Option<Limits>);

fn of_dir<'d, 'a>(dir: &'d LogDir, of: &mut impl FnMut(&'d str) -> Known<'a>) -> Option<f64> {
    let (mut steady, mut unknown, mut all) = (0.0, 0.0, 0.0);
    let mut any = false;
    for replica in dir.replicas.iter().filter(|replica| !replica.future) {
        let bytes = replica.bytes as f64;
        all += bytes;
        let (growths, limits) = of(&replica.topic);
        let growth = growths.and_then(|topic| topic.get(&replica.partition));
        let growth = growth.filter(|growth| growth.seen_ms >= SEEN_MS_MIN);
        match growth.zip(limits) {
            Some((growth, limits)) => {
                any = true;
                steady += limits.steady_bytes(bytes, growth.bytes_per_second);
            }
            None => {
                unknown += bytes;
                steady += bytes;
            }
        }
    }
    (any && unknown <= all * UNKNOWN_SHARE_MAX).then_some(steady)
}

/// What limits the size of a topic's replicas; absent limits do not.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Limits {
    retention_seconds: Option<f64>,
    retention_bytes: Option<f64>,
    segment_seconds: f64,
    segment_bytes: f64,
}

impl Limits {
    fn steady_bytes(&self, bytes: f64, rate: f64) -> f64 {
        let roll_seconds = if rate > 0.0 { self.segment_seconds.min(self.segment_bytes / rate) } else { 0.0 };
        let by_time = self.retention_seconds.map(|seconds| rate * (seconds + roll_seconds));
        let by_size = self.retention_bytes.map(|limit| limit + self.segment_bytes);
        match (by_time, by_size) {
            (Some(time), Some(size)) => time.min(size),
            (Some(only), None) => only,
            // Only a size: it is reached in the end by whatever grows.
            (None, Some(size)) => size.min(bytes + rate * ENDLESS_SECONDS),
            (None, None) => bytes + rate * ENDLESS_SECONDS,
        }
    }
}

fn limits_of(node: &Node<'_>, topic: &str) -> Option<Limits> {
    let settings = node.topic_settings(topic).ok()?;
    let deletes = settings.get("cleanup.policy").ok()?.value.split(',').any(|policy| policy.trim() == "delete");
    let is_tiered = settings.flag("remote.storage.enable").unwrap_or(false);
    let limit = |key: &'static str, local: &'static str| -> Option<Option<f64>> {
        let whole = settings.number(key).ok()?;
        // -2: as the whole.
        let here = if is_tiered { local_limit(&settings, local, whole)? } else { whole };
        Some((deletes && here >= 0).then_some(here as f64))
    };
    Some(Limits {
        retention_seconds: limit("retention.ms", "local.retention.ms")?.map(|ms| ms / 1_000.0),
        retention_bytes: limit("retention.bytes", "local.retention.bytes")?,
        segment_seconds: settings.number("segment.ms").ok()? as f64 / 1_000.0,
        segment_bytes: settings.number("segment.bytes").ok()? as f64,
    })
}

fn local_limit(settings: &TopicSettings<'_>, key: &'static str, whole: i64) -> Option<i64> {
    settings.number(key).ok().map(|local| if local == -2 { whole } else { local })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::snapshot::ReplicaOnDisk;

    const MINUTE_MS: u64 = 60_000;
    const GIB: f64 = (1u64 << 30) as f64;

    fn dirs(bytes: u64) -> LogDirs {
        let replica = ReplicaOnDisk { topic: "t".into(), partition: 0, bytes, future: false };
        let dir = LogDir {
            path: "/d".into(),
            online: true,
            error: None,
            total_bytes: None,
            usable_bytes: None,
            replicas: vec![replica],
        };
        LogDirs { dirs: vec![dir] }
    }

    fn growth(ingest: &Ingest) -> Growth {
        ingest.topics[&Arc::<str>::from("t")][&0]
    }

    #[test]
    fn growth_is_averaged_and_deletions_do_not_count() {
        let mut ingest = advance(&Ingest::default(), &dirs(0), 0);
        for minute in 1..=120 {
            ingest = advance(&ingest, &dirs(minute * 60_000), MINUTE_MS);
        }
        let steady = growth(&ingest);
        assert!((steady.bytes_per_second - 1_000.0).abs() < 1e-6 && steady.seen_ms == 120 * MINUTE_MS);
        let after = growth(&advance(&ingest, &dirs(0), MINUTE_MS));
        assert!(after.bytes_per_second < 1_000.0 && after.bytes_per_second > 990.0, "a deletion is no growth below 0");
        let none = LogDirs { dirs: vec![LogDir { online: false, ..dirs(1).dirs.remove(0) }] };
        assert!(advance(&ingest, &none, MINUTE_MS).topics.is_empty());
    }

    #[test]
    fn the_first_limit_that_is_reached_counts() {
        let limits = Limits {
            retention_seconds: Some(86_400.0),
            retention_bytes: None,
            segment_seconds: 7.0 * 86_400.0,
            segment_bytes: GIB,
        };
        // 1 MiB/s: a day of it and one segment.
        let rate = (1u64 << 20) as f64;
        assert!((limits.steady_bytes(0.0, rate) - (rate * 86_400.0 + GIB)).abs() < 1.0);
        let sized = Limits { retention_bytes: Some(10.0 * GIB), ..limits };
        assert!((sized.steady_bytes(0.0, rate) - 11.0 * GIB).abs() < 1.0);
        let endless = Limits { retention_seconds: None, retention_bytes: None, ..limits };
        assert!((endless.steady_bytes(GIB, 1.0) - (GIB + 30.0 * 86_400.0)).abs() < 1.0);
        assert!((limits.steady_bytes(GIB, 0.0)).abs() < 1.0, "what nobody writes to is deleted in the end");
    }
}
