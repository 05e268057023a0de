//! Pure facts of one node view, used by collectors and checks alike: the rules exist once, here.

pub mod blast_radius;
pub mod broker;
pub mod changes;
pub mod config_classes;
pub mod disk_io;
pub mod disk_watch;
pub mod domains;
pub mod drive_health;
pub mod fleet;
pub mod listeners;
pub mod log_dirs;
pub mod machines;
pub mod node;
pub mod peers;
pub mod replication;
pub mod retention;
pub mod settings;
pub mod slow_drive;
pub mod suspect;
pub mod topic_settings;
pub mod voters;
pub mod what_if;

use crate::snapshot::{NodeView, UnixMs};

/// A node view judged at one moment.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// What was seen.
    pub node: &'a NodeView,
    /// The moment.
    pub now: UnixMs,
    /// The node's id; absent when nothing tells it.
    pub id: Option<i32>,
    /// Whether it answers.
    pub state: broker::BrokerState,
    /// What is known of partitions; absent while the broker does not answer.
    pub replication: Option<replication::Replication<'a>>,
}

impl<'a> View<'a> {
    /// Judges `node` at `now`.
    #[must_use]
    pub fn new(node: &'a NodeView, now: UnixMs) -> Self {
        let (id, state) = (node::id(node, now), broker::state(node, now));
        let replication = replication::Replication::of(node, now, id, state);
        Self { node, now, id, state, replication }
    }
}
