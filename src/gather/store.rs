//! What was seen of the node, and how often that changed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::clock::wall_ahead_ms;
use crate::snapshot::{Attempt, NodeView, Origin, SCHEMA, Snapshot, UnixMs};

/// The node view that the sources write and the server reads.
#[derive(Debug, Default)]
pub struct Store {
    view: Mutex<NodeView>,
    generation: AtomicU64,
}

impl Store {
    /// Changes the view; returns what `change` returns.
    pub fn update<R>(&self, change: impl FnOnce(&mut NodeView) -> R) -> R {
        let result = change(&mut self.lock());
        self.generation.fetch_add(1, Ordering::Release);
        result
    }

    /// Reads the view.
    pub fn read<R>(&self, read: impl FnOnce(&NodeView) -> R) -> R {
        read(&self.lock())
    }

    /// Number of changes so far.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Whether every source has been tried at least once, or had a reason not to be.
    #[must_use]
    pub fn all_tried(&self) -> bool {
        self.read(|view| view.statuses().iter().all(|status| *status.attempt != Attempt::NotTried))
    }

    /// The view as a snapshot judged at `taken_at` of our clock, told in the host's time. Values are shared, not copied.
    #[must_use]
    pub fn snapshot(&self, origin: Origin, taken_at: UnixMs) -> Snapshot {
        let ahead_ms = wall_ahead_ms();
        let mut view = self.read(NodeView::clone);
        view.shift(ahead_ms);
        Snapshot {
            schema: SCHEMA,
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            taken_at: taken_at.shifted(ahead_ms),
            nodes: BTreeMap::from([(origin, view)]),
        }
    }

    fn lock(&self) -> MutexGuard<'_, NodeView> {
        // A panic while it was held leaves a whole view: each change is a single assignment of a section.
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
