//! Collectors: pure functions from a view to samples, one file per subject, one row in [`COLLECTORS`].

mod broker;
mod configs;
mod disks;
mod drive_health;
mod drives;
mod findings;
mod hardware;
mod jvm;
mod log_dir_health;
mod log_dirs;
mod machine;
mod network;
mod node;
mod partitions;
mod places;
mod process;
mod quorum;
mod replication;
mod risk;
mod sources;
mod storage;
mod suspect;
pub mod table;
mod topics;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::derive::View;
use crate::derive::fleet::{Fleet, Node};
use crate::exposition::{Family, Page, Samples};
use crate::report::Terms;
use crate::sources::Source;

/// How much is said of partitions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartitionDetail {
    /// All of them, up to a number of led partitions; beyond it by topic.
    #[default]
    Auto,
    /// Each partition.
    All,
    /// Only partitions that are under-replicated, under or at min ISR, or off their preferred leader.
    Unhealthy,
    /// None by itself; counts by topic.
    Topics,
}

/// What the user chose of the collectors.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Collectors that are switched off, by name.
    pub disabled: BTreeSet<String>,
    /// How much is said of partitions.
    pub partition_detail: PartitionDetail,
    /// Which checks count, and what of their findings is accepted.
    pub terms: Terms,
}

/// What collectors look at: one node.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Its facts.
    pub view: &'a View<'a>,
    /// Its facts with its settings, as checks see it.
    pub node: &'a Node<'a>,
    /// That node alone, for what is told of all nodes.
    pub fleet: &'a Fleet<'a>,
}

impl<'a> Seen<'a> {
    /// The first node of `fleet`; absent when there is none.
    #[must_use]
    pub fn of(fleet: &'a Fleet<'a>) -> Option<Self> {
        let node = fleet.nodes.first()?;
        Some(Self { view: &node.view, node, fleet })
    }
}

/// A row of [`COLLECTORS`].
#[derive(Debug)]
pub struct Collector {
    /// Its name, as in `--collector.NAME` and `--no-collector.NAME`.
    pub name: &'static str,
    /// Its subject, as half a sentence.
    pub about: &'static str,
    /// The sources whose sections it reads.
    pub sources: &'static [&'static Source],
    /// Every metric that it may emit.
    pub families: &'static [&'static Family],
    /// Emits what is seen; nothing for what is not.
    pub collect: fn(Seen<'_>, &Options, &mut Samples),
}

/// Every collector.
pub static COLLECTORS: &[&Collector] = &[
    &broker::COLLECTOR,
    &node::COLLECTOR,
    &partitions::COLLECTOR,
    &topics::COLLECTOR,
    &configs::COLLECTOR,
    &replication::COLLECTOR,
    &log_dirs::COLLECTOR,
    &log_dir_health::COLLECTOR,
    &places::COLLECTOR,
    &storage::COLLECTOR,
    &process::COLLECTOR,
    &jvm::COLLECTOR,
    &risk::COLLECTOR,
    &suspect::COLLECTOR,
    &disks::COLLECTOR,
    &drives::COLLECTOR,
    &hardware::COLLECTOR,
    &machine::COLLECTOR,
    &network::COLLECTOR,
    &drive_health::COLLECTOR,
    &quorum::COLLECTOR,
    &findings::COLLECTOR,
    &sources::COLLECTOR,
];

/// What went wrong while a page was collected; nothing, as a rule.
#[derive(Debug, Default)]
pub struct Trouble {
    /// Collectors that panicked.
    pub panicked: Vec<&'static str>,
}

/// Runs every enabled collector over one node's view. One that panics loses its own samples only.
pub fn collect(view: View<'_>, options: &Options, page: &mut Page) -> Trouble {
    let mut trouble = Trouble::default();
    let fleet = Fleet::of_one(view);
    let Some(seen) = Seen::of(&fleet) else { return trouble };
    for collector in COLLECTORS.iter().filter(|collector| !options.disabled.contains(collector.name)) {
        let collect = collector.collect;
        let samples = catch_unwind(AssertUnwindSafe(|| {
            crate::inject::panic_if_wanted(collector.name);
            let mut samples = Samples::default();
            collect(seen, options, &mut samples);
            samples
        }));
        match samples {
            Ok(samples) => page.add(samples),
            Err(_) => trouble.panicked.push(collector.name),
        }
    }
    trouble
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::Kind;

    fn families() -> impl Iterator<Item = &'static Family> {
        COLLECTORS.iter().flat_map(|collector| collector.families.iter().copied())
    }

    #[test]
    fn names_follow_the_rules() {
        let mut seen = BTreeSet::new();
        for family in families() {
            let name = family.name;
            assert!(seen.insert(name), "{name} is declared twice");
            assert!(name.starts_with("kafka_") || name.starts_with("brokerwatch_"), "{name}: prefix");
            assert_eq!(name.ends_with("_total"), family.kind == Kind::Counter, "{name}: _total is for counters");
            assert_eq!(name.ends_with("_info"), family.kind == Kind::Info, "{name}: _info is for infos");
            assert!(family.help.ends_with('.') && !family.help.contains('\n'), "{name}: help is one line of sentences");
            for unit in ["_ms", "_milliseconds", "_mb", "_kb", "_percent"] {
                assert!(!name.ends_with(unit), "{name}: base units only");
            }
        }
    }

    #[test]
    fn no_label_belongs_to_the_scrape_configuration() {
        for family in families() {
            for label in family.labels {
                let reserved = ["cluster", "env", "service", "instance", "job", "type", "le", "quantile"];
                assert!(!reserved.contains(label), "{}: label {label}", family.name);
            }
        }
    }

    #[test]
    fn collector_names_are_distinct() {
        let names: BTreeSet<_> = COLLECTORS.iter().map(|collector| collector.name).collect();
        assert_eq!(names.len(), COLLECTORS.len());
    }
}
