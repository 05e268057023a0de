//! Snapshots in, golden pages and reports out. A case is a folder of `tests/replay`: adding one is adding files.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests read files, and stop at what they did not expect"
)]

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use brokerwatch::cli::ReportFormat;
use brokerwatch::collectors::{COLLECTORS, Options, PartitionDetail, collect};
use brokerwatch::derive::View;
use brokerwatch::exposition::{Format, Page};
use brokerwatch::report::{self, Expectations, Terms};
use brokerwatch::snapshot::Snapshot;
use common::{ensure_file_contents, repository};

/// A case with what its `expectations.yaml` accepts, where it has one.
fn terms(folder: &Path) -> Terms {
    let text = std::fs::read_to_string(folder.join("expectations.yaml")).unwrap_or_default();
    Terms { expectations: Expectations::parse("expectations.yaml", &text).unwrap().into(), ..Terms::default() }
}

fn cases() -> Vec<(PathBuf, Snapshot)> {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(repository("tests/replay")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let read = |folder: PathBuf| {
        let text = std::fs::read_to_string(folder.join("snapshot.json")).unwrap();
        let snapshot = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        (folder, snapshot)
    };
    folders.into_iter().map(read).collect()
}

fn page(folder: &Path, snapshot: &Snapshot, detail: PartitionDetail) -> Page {
    let options = Options { partition_detail: detail, terms: terms(folder), ..Options::default() };
    let mut page = Page::default();
    for node in snapshot.nodes.values() {
        let trouble = collect(View::new(node, snapshot.taken_at), &options, &mut page);
        assert!(trouble.panicked.is_empty(), "{:?}", trouble.panicked);
    }
    page
}

#[test]
fn every_case_gives_its_golden_page_and_report() {
    let cases = cases();
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for (folder, snapshot) in &cases {
        let text = String::from_utf8(page(folder, snapshot, PartitionDetail::All).render(Format::Text)).unwrap();
        wrong.extend(ensure_file_contents(&folder.join("metrics.prom"), &text).err());
        let report = report::check(snapshot, &terms(folder));
        let report = report.write(ReportFormat::Text, snapshot);
        wrong.extend(ensure_file_contents(&folder.join("check.txt"), &report).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_metric_shows_in_a_case() {
    let mut shown = BTreeSet::new();
    for (folder, snapshot) in cases() {
        shown.extend(page(&folder, &snapshot, PartitionDetail::All).names().map(str::to_owned));
    }
    let families = COLLECTORS.iter().flat_map(|collector| collector.families);
    let missing: Vec<_> = families.map(|family| family.name).filter(|name| !shown.contains(*name)).collect();
    assert!(missing.is_empty(), "in no case of tests/replay: {missing:?}");
}

#[test]
fn a_case_that_is_looked_at_too_late_shows_nothing_of_partitions() {
    for (folder, mut snapshot) in cases() {
        snapshot.taken_at = snapshot.taken_at.plus(86_400_000);
        let page = page(&folder, &snapshot, PartitionDetail::All);
        for name in page.names() {
            let stale = ["kafka_topic_", "kafka_partition_", "kafka_log_dir_", "kafka_quorum_"];
            assert!(!stale.iter().any(|prefix| name.starts_with(prefix)), "{}: {name}", folder.display());
        }
    }
}

#[test]
fn detail_by_topic_and_of_the_unhealthy_only_is_less_of_the_same() {
    for (folder, snapshot) in cases() {
        let series = |detail| page(&folder, &snapshot, detail).series();
        let all = series(PartitionDetail::All);
        let (unhealthy, topics) = (series(PartitionDetail::Unhealthy), series(PartitionDetail::Topics));
        assert!(topics <= unhealthy && unhealthy <= all, "{}: {topics} {unhealthy} {all}", folder.display());
    }
}

#[test]
fn a_snapshot_reads_back_as_it_was_written() {
    for (folder, snapshot) in cases() {
        let text = serde_json::to_string(&snapshot).unwrap();
        let again = serde_json::to_string(&serde_json::from_str::<Snapshot>(&text).unwrap()).unwrap();
        assert_eq!(text, again, "{}", folder.display());
    }
}
