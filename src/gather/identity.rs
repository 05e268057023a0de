//! Whether the node is still the one that was watched before: a broker that was formatted anew answers on the same port
//! with another cluster id or node id. What was seen of the old one is then dropped, so that no page mixes the two.

use std::fmt;
use std::sync::PoisonError;

use super::Context;
use crate::snapshot::{Cluster, LogDirFiles, NodeView, Registrations};
use crate::sources::kafka::cluster::read_registrations;
use crate::sources::{LIVENESS, PROCESS, Source};

/// Milliseconds in which a broker that is back has to say which one it is.
const RECOGNISE_MS_MAX: u64 = 1_000;

/// Who a node says it is. What is absent was not told, and contradicts nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Identity {
    cluster_id: Option<String>,
    node_id: Option<i32>,
}

/// What was last told, by its two witnesses: they may differ for long, when a directory was formatted under a broker that
/// still runs.
#[derive(Debug, Default)]
pub(super) struct Known {
    answers: Identity,
    files: Identity,
    /// How often it became another.
    changes: u64,
    /// The source whose look showed the last change.
    shown_by: Option<&'static str>,
}

impl Identity {
    pub(super) fn of_registrations(told: &Registrations) -> Self {
        Self { cluster_id: Some(told.cluster_id.clone()), node_id: told.answered_by }
    }

    pub(super) fn of_cluster(told: &Cluster) -> Self {
        Self { cluster_id: told.cluster_id.clone(), node_id: None }
    }

    /// What every `meta.properties` says; nothing when they differ, since one of them is then foreign.
    pub(super) fn of_files(files: &LogDirFiles) -> Self {
        let metas = || files.dirs.values().flatten().filter_map(|dir| dir.meta.as_ref());
        let Some(first) = metas().next() else { return Self::default() };
        let one = Self { cluster_id: first.cluster_id.clone(), node_id: first.node_id };
        let all_same = metas().all(|meta| (&meta.cluster_id, meta.node_id) == (&one.cluster_id, one.node_id));
        if all_same { one } else { Self::default() }
    }

    fn contradicts(&self, told: &Self) -> bool {
        fn differ<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
            one.zip(other).is_some_and(|(one, other)| one != other)
        }
        differ(self.cluster_id.as_ref(), told.cluster_id.as_ref())
            || differ(self.node_id.as_ref(), told.node_id.as_ref())
    }

    fn learn(&mut self, told: Self) {
        self.cluster_id = told.cluster_id.or(self.cluster_id.take());
        self.node_id = told.node_id.or(self.node_id);
    }
}

/// Who tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Witness {
    /// The node itself, over Kafka's protocol.
    Answers,
    /// The `meta.properties` of its log directories.
    Files,
}

impl Known {
    /// Takes in what a witness tells; returns what it told before, when that was of another node.
    fn hear(&mut self, witness: Witness, told: Identity) -> Option<Identity> {
        let known = self.told_by(witness);
        let was = known.contradicts(&told).then(|| known.clone());
        if was.is_some() {
            // The other witness has spoken of the old node, or not yet of the new one: it is heard anew.
            *self = Self { changes: self.changes + 1, ..Self::default() };
        }
        self.told_by(witness).learn(told);
        was
    }

    fn told_by(&mut self, witness: Witness) -> &mut Identity {
        match witness {
            Witness::Answers => &mut self.answers,
            Witness::Files => &mut self.files,
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.node_id {
            Some(id) => write!(f, "node {id}")?,
            None => f.write_str("a node")?,
        }
        write!(f, " of cluster {}", self.cluster_id.as_deref().unwrap_or("(not told)"))
    }
}

impl Context {
    /// How often the node became another so far.
    pub(super) fn identity_changes(&self) -> u64 {
        self.identity.lock().unwrap_or_else(PoisonError::into_inner).changes
    }

    /// Whether what `source` has looked at since there were so many changes is of the node as it is now.
    pub(super) fn is_of_this_node(&self, source: &Source, changes: u64) -> bool {
        let known = self.identity.lock().unwrap_or_else(PoisonError::into_inner);
        known.changes == changes || known.shown_by == Some(source.name) || source.name == PROCESS.name
    }

    /// Takes in who a witness says the node is, heard by `source`. When that is another than before, everything that was seen of the old one
    /// is dropped, before anything of the new one is kept.
    pub(super) fn hear_identity(&self, source: &Source, witness: Witness, told: Identity) {
        let mut known = self.identity.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(was) = known.hear(witness, told) else { return };
        known.shown_by = Some(source.name);
        let is = known.told_by(witness).to_string();
        // Its process is found in /proc, whoever it is.
        self.store.update(|view| *view = NodeView { process: view.process.clone(), ..NodeView::default() });
        drop(known);
        self.metrics.identity_changed();
        tracing::warn!(%was, is, "This is another node than before; what was seen of the old one is dropped.");
        self.wake_all();
    }

    /// Asks a broker that is back who it is, before anything that was seen earlier counts again. One that cannot tell in
    /// time is looked at from the start.
    pub(super) async fn recognise(&self) {
        let nothing_seen = self.store.read(|view| view.registrations.last.is_none() && view.cluster.last.is_none());
        if nothing_seen {
            return;
        }
        let asks_configs = self.config.load().profile.calls(&crate::sources::kafka::calls::DESCRIBE_CONFIGS);
        match read_registrations(&self.client, RECOGNISE_MS_MAX, asks_configs).await {
            Ok(told) => self.hear_identity(&LIVENESS, Witness::Answers, Identity::of_registrations(&told)),
            Err(failure) => {
                tracing::debug!(error = %failure.message, "The broker is back and does not say which one it is.");
                self.store.update(NodeView::drop_answers);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{DirFiles, MetaProperties};

    fn told(cluster_id: &str, node_id: Option<i32>) -> Identity {
        let cluster_id = (!cluster_id.is_empty()).then(|| cluster_id.to_owned());
        Identity { cluster_id, node_id }
    }

    #[test]
    fn what_is_not_told_contradicts_nothing() {
        let mut known = Known::default();
        for told in [told("a", None), told("", Some(1)), told("a", Some(1)), told("", None)] {
            assert_eq!(known.hear(Witness::Answers, told), None);
        }
        assert_eq!(known.hear(Witness::Answers, told("a", Some(2))), Some(told("a", Some(1))));
        assert_eq!(known.hear(Witness::Answers, told("b", None)), Some(told("a", Some(2))));
        assert_eq!((known.changes, known.answers), (2, told("b", None)));
    }

    #[test]
    fn two_witnesses_that_differ_for_long_make_one_change() {
        let mut known = Known::default();
        known.hear(Witness::Answers, told("a", Some(1)));
        known.hear(Witness::Files, told("a", Some(1)));
        for _ in 0..3 {
            known.hear(Witness::Files, told("b", Some(1)));
            known.hear(Witness::Answers, told("a", Some(1)));
        }
        assert_eq!(known.changes, 1);
    }

    #[test]
    fn directories_that_differ_say_nothing() {
        let dir = |cluster: &str| {
            let meta = MetaProperties {
                cluster_id: Some(cluster.into()),
                node_id: Some(1),
                directory_id: None,
                version: None,
            };
            Ok(DirFiles { meta: Some(meta), ..DirFiles::default() })
        };
        let files = |dirs: &[&str]| {
            let dirs = dirs.iter().enumerate().map(|(at, cluster)| (at.to_string(), dir(cluster)));
            LogDirFiles { dirs: dirs.collect(), ..LogDirFiles::default() }
        };
        assert_eq!(Identity::of_files(&files(&["a", "a"])), told("a", Some(1)));
        assert_eq!(Identity::of_files(&files(&["a", "b"])), Identity::default());
    }
}
