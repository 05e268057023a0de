//! Which node this is.

use crate::keys::Version;
use crate::snapshot::{BrokerProcess, NodeView, Selection, Stated, UnixMs};

/// The node's id: as the node that answers describes itself, else from its files, else as it last described itself. An id does
/// not change with time, and what is known of another node is dropped when one answers in its place.
#[must_use]
pub fn id(node: &NodeView, now: UnixMs) -> Option<i32> {
    let answered = node.registrations.fresh(now).and_then(|registrations| registrations.answered_by);
    let configured = || node.properties.fresh(now)?.node_id();
    let formatted = || {
        let files = node.files.fresh(now)?;
        files.dirs.values().flatten().find_map(|dir| dir.meta.as_ref()?.node_id)
    };
    let before = || node.registrations.last.as_ref()?.value.answered_by;
    answered.or_else(configured).or_else(formatted).or_else(before)
}

/// Whether the node is a controller and no broker: as its file says, else as its listener last showed. A node of
/// which nothing is known counts as a broker.
#[must_use]
pub fn is_controller_only(node: &NodeView, now: UnixMs) -> bool {
    /// Kafka's key of Metadata, which only brokers offer.
    const METADATA_KEY: i16 = 3;
    if let Some(properties) = node.properties.fresh(now) {
        return !properties.roles().contains(&"broker");
    }
    node.liveness.last.as_ref().is_some_and(|seen| !seen.value.apis.contains_key(&METADATA_KEY))
}

/// Whether the node votes in the controller quorum: as the quorum says, else as its own roles say. Absent when nothing
/// tells. A node of ZooKeeper's time does not.
#[must_use]
pub fn votes(node: &NodeView, now: UnixMs) -> Option<bool> {
    let told = || {
        let (quorum, id) = (node.quorum.fresh(now)?, id(node, now)?);
        Some(quorum.voters.iter().any(|voter| voter.id == id))
    };
    let roles = |roles: &str| roles.split(',').any(|role| role.trim() == "controller");
    let running = || node.configs.fresh(now)?.broker.as_ref()?.get("process.roles")?.value.as_deref().map(roles);
    let written = || {
        let file = node.properties.fresh(now)?;
        (file.stated("process.roles") != Stated::NotKnown).then(|| file.get("process.roles").is_some_and(roles))
    };
    told().or_else(running).or_else(written)
}

/// The release of the node's software: as it answers, else as its configuration says.
#[must_use]
pub fn release(node: &NodeView, now: UnixMs) -> Option<Version> {
    let answered = || node.liveness.fresh(now)?.release().map(|release| Version(release.0, release.1, 0));
    let configured = || node.properties.fresh(now)?.release();
    answered().or_else(configured)
}

/// The cluster's id: as the node says, else as its directories were formatted.
#[must_use]
pub fn cluster_id(node: &NodeView, now: UnixMs) -> Option<&str> {
    let told = || node.cluster.fresh(now)?.cluster_id.as_deref();
    let registered = || Some(node.registrations.fresh(now)?.cluster_id.as_str());
    let formatted = || {
        let files = node.files.fresh(now)?;
        files.dirs.values().flatten().find_map(|dir| dir.meta.as_ref()?.cluster_id.as_deref())
    };
    told().or_else(registered).or_else(formatted)
}

/// The node's rack: as registered, else as configured.
#[must_use]
pub fn rack(node: &NodeView, now: UnixMs, id: i32) -> Option<&str> {
    let told = || node.cluster.fresh(now)?.brokers.iter().find(|broker| broker.id == id)?.rack.as_deref();
    let configured = || node.properties.fresh(now)?.get("broker.rack");
    told().or_else(configured)
}

/// Why this process was chosen, as half a sentence.
#[must_use]
pub fn selection(process: &BrokerProcess) -> &'static str {
    match process.selection {
        Some(Selection::OnlyProcess) => "the only kafka.Kafka process of this host",
        Some(Selection::PropertiesFile) => "it runs with --kafka.properties-file",
        Some(Selection::ListeningSocket) => "it listens on --kafka.server",
        None => "",
    }
}

/// Why no process was chosen, with the next step.
#[must_use]
pub fn no_process(process: &BrokerProcess) -> String {
    if let Some(wanted) = &process.wanted {
        let others = process.candidates.len();
        return format!(
            "No Kafka process of this host belongs to {wanted} ({others} others run, or may not be looked into)."
        );
    }
    if process.candidates.is_empty() {
        return "No kafka.Kafka process runs on this host; start the broker, or name one with --kafka.server or \
                --kafka.properties-file."
            .to_owned();
    }
    let candidate = |candidate: &crate::snapshot::ProcessCandidate| {
        format!("pid {} with {}", candidate.pid, candidate.properties_file)
    };
    let candidates: Vec<String> = process.candidates.iter().map(candidate).collect();
    format!(
        "{} Kafka processes run on this host ({}); choose one with --kafka.properties-file=FILE or --kafka.server=HOST:PORT.",
        candidates.len(),
        candidates.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Attempt, Failure, Liveness, Observed, ProcessCandidate, Registrations, Section};

    #[test]
    fn a_node_that_stopped_answering_is_still_the_one_that_it_was() {
        fn old<T>(value: T) -> Section<T> {
            let last =
                Observed { at: UnixMs(0), took_ms: 1, valid_until: UnixMs(5_000), value: std::sync::Arc::new(value) };
            let failure = Failure::new(crate::snapshot::ErrorKind::Refused, "");
            Section { last: Some(last), attempt: Attempt::Failed { at: UnixMs(9_000), failure } }
        }
        let told = Registrations { answered_by: Some(7), ..Registrations::default() };
        let controller = Liveness { apis: [(52, 1)].into(), ..Liveness::default() };
        let node = NodeView { registrations: old(told), liveness: old(controller), ..NodeView::default() };
        assert_eq!(id(&node, UnixMs(10_000)), Some(7));
        assert!(is_controller_only(&node, UnixMs(10_000)), "a controller that died is no broker that is down");
        assert_eq!(
            (id(&NodeView::default(), UnixMs(0)), is_controller_only(&NodeView::default(), UnixMs(0))),
            (None, false)
        );
    }

    #[test]
    fn several_processes_are_named_with_the_flag_that_chooses() {
        let candidate = |pid, file: &str| ProcessCandidate {
            pid,
            start_ticks: 1,
            started: None,
            state: 'S',
            properties_file: file.into(),
            overrides: Default::default(),
        };
        let process = BrokerProcess { candidates: vec![candidate(1, "/a"), candidate(2, "/b")], ..Default::default() };
        let text = no_process(&process);
        assert!(text.contains("pid 1 with /a, pid 2 with /b") && text.contains("--kafka.properties-file"), "{text}");
    }
}
