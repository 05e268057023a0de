//! Pure facts of one node view, used by collectors and checks alike: the rules exist once, here.

pub mod broker;
pub mod changes;
pub mod node;
pub mod replication;

use crate::snapshot::{NodeView, UnixMs};

/// A node view judged at one moment.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// What was seen.
    pub node: &'a NodeView,
    /// The moment.
    pub now: UnixMs,
    /// The node's id; absent when nothing tells it.
    pub id: Option<i32>,
    /// Whether it answers.
    pub state: broker::BrokerState,
}

impl<'a> View<'a> {
    /// Judges `node` at `now`.
    #[must_use]
    pub fn new(node: &'a NodeView, now: UnixMs) -> Self {
        Self { node, now, id: node::id(node, now), state: broker::state(node, now) }
    }
}
