//! Identity files of log directories (`meta.properties`): moved, cloned and unformatted disks.

use std::collections::BTreeMap;

use super::log_dirs::{check, dir};
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Unknown};
use crate::derive::fleet::{Fleet, Node, On};
use crate::derive::machines::machines;
use crate::snapshot::{ErrorKind, LogDirPlace, MetaProperties};

const ENSEMBLE: &str =
    "https://github.com/apache/kafka/blob/trunk/metadata/src/main/java/org/apache/kafka/metadata/properties/MetaPropertiesEnsemble.java";
const KIP_858: &str = "https://cwiki.apache.org/confluence/display/KAFKA/KIP-858";
const STORAGE: &str = "https://kafka.apache.org/documentation/#kraft_storage";
const NEEDS: &str = "the right to read meta.properties in the node's log directories (its user)";
/// Directory ids that stand for something else (`DirectoryId`): lost, unassigned, migrating.
const RESERVED: [&str; 3] = ["AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAQ", "AAAAAAAAAAAAAAAAAAAAAg"];

pub(super) const CHECKS: &[Check] = &[
    check!(
        "meta-missing", Critical, Development,
        "A log directory of a KRaft node has no readable meta.properties: it is not formatted, or empty.",
        "The node does not start. On a controller, formatting it blindly can elect a leader that lacks committed metadata.",
        "Find out why it is gone (a disk that is not mounted?); a new disk of a broker: kafka-storage.sh format \
         --ignore-formatted with the cluster's id.",
        STORAGE, NEEDS, Run::Node(On::Nodes, absent)
    ),
    check!(
        "meta-cluster-id-mismatch", Critical, Development,
        "A log directory was formatted for another cluster.",
        "The node does not start, or is refused when it registers.",
        "Find out which cluster the disk belongs to before formatting it: it may be another broker's data.",
        ENSEMBLE, NEEDS, Run::Node(On::Nodes, cluster_id)
    ),
    check!(
        "meta-node-id-mismatch", Critical, Development,
        "A log directory was formatted for another node.",
        "The node does not start: the disk is another broker's, or the id in its file was changed.",
        "Put the disk back into its node, or restore node.id; never edit meta.properties to fit.",
        ENSEMBLE, NEEDS, Run::Node(On::Nodes, node_id)
    ),
    check!(
        "meta-directory-id-duplicate", Critical, Development,
        "Two log directories have the same directory id: a cloned disk, or one that is visible to two nodes.",
        "The controller refuses the second broker; both may hold, and go on writing, the same logs.",
        "Find the clone; format it anew if its data is not needed.",
        KIP_858, NEEDS, Run::Fleet(directory_id)
    ),
    check!(
        "meta-version-mixed", Warning, Core,
        "Log directories of a node have meta.properties of different versions.",
        "A migration from ZooKeeper that stopped half way: the node may not start with its next release.",
        "Finish the migration; see the node's log at its start.",
        ENSEMBLE, NEEDS, Run::Node(On::Nodes, version)
    ),
    check!(
        "meta-metadata-topic-misplaced", Critical, Development,
        "The metadata log is not in the directory where the node looks for it.",
        "The node does not start: Found unexpected metadata location. Without metadata.log.dir it is the first one of \
         log.dirs, so that reordering them moves it.",
        "Restore the order of log.dirs, or set metadata.log.dir to the directory that holds __cluster_metadata-0.",
        "https://kafka.apache.org/documentation/#brokerconfigs_metadata.log.dir", NEEDS, Run::Node(On::Nodes, misplaced)
    ),
    check!(
        "meta-dir-on-data-disk", Info, Strict,
        "The metadata log of a controller shares a disk with topics' logs.",
        "Each change of metadata waits for an fsync behind the data's writes.",
        "Set metadata.log.dir to a directory on a disk of its own.",
        "https://kafka.apache.org/documentation/#brokerconfigs_metadata.log.dir", NEEDS, Run::Node(On::Controllers, on_data_disk)
    ),
];

/// Judges each directory that has an identity.
fn for_metas(node: &Node<'_>, mut judge: impl FnMut(&str, &MetaProperties)) -> Evaluated {
    let places = node.places()?;
    let mut unknown = None;
    for (path, place) in places.known() {
        match (&place.meta, &place.meta_failure) {
            (Some(meta), _) => judge(path, meta),
            // meta-missing tells it.
            (None, Some(failure)) if is_absent(failure.kind) => {}
            (None, failure) => {
                let why = failure.as_ref().map_or("meta.properties was not looked at.", |failure| &failure.message);
                unknown = Some(Unknown::new(why));
            }
        }
    }
    places.all()?;
    unknown.map_or(Ok(()), Err)
}

fn is_absent(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::Parse | ErrorKind::Limit)
}

fn absent(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let places = node.places()?;
    let kraft = places.on_host.file.as_ref().is_ok_and(|file| file.properties.get("process.roles").is_some());
    let mut unknown = None;
    for (path, place) in places.known().filter(|(_, place)| place.meta.is_none()) {
        match &place.meta_failure {
            Some(failure) if is_absent(failure.kind) && (kraft || failure.kind != ErrorKind::NotFound) => {
                found.add(Finding::new(dir(node, path), &*failure.message, "a meta.properties of this node"));
            }
            Some(failure) if !is_absent(failure.kind) => unknown = Some(Unknown::new(&*failure.message)),
            _ => {}
        }
    }
    places.all()?;
    unknown.map_or(Ok(()), Err)
}

fn cluster_id(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let (view, now) = (node.view.node, node.view.now);
    let told = view.cluster.fresh(now).and_then(|cluster| cluster.cluster_id.as_deref());
    let mut expected: Option<(String, &str)> = told.map(|id| (id.to_owned(), "as the node says"));
    for_metas(node, |path, meta| {
        let Some(id) = &meta.cluster_id else { return };
        let (expected, whose) = expected.get_or_insert_with(|| (id.clone(), "as in its first directory"));
        if expected != id {
            found.add(Finding::new(dir(node, path), format!("cluster.id={id}"), format!("cluster.id={expected}, {whose}")));
        }
    })
}

fn node_id(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let configured = node.file()?.node_id();
    for_metas(node, |path, meta| {
        if let (Some(configured), Some(id)) = (configured, meta.node_id)
            && configured != id
        {
            let is = format!("formatted for node {id}");
            found.add(Finding::new(dir(node, path), is, format!("node {configured}, as configured")));
        }
    })
}

fn directory_id(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let machines = machines(fleet);
    let (mut owners, mut unknown) = (BTreeMap::<&str, Vec<_>>::new(), None);
    let dirs: Vec<_> = machines.iter().map(|machine| (machine, machine.dirs())).collect();
    if dirs.iter().all(|(_, (dirs, _))| dirs.is_empty()) {
        unknown = Some(Unknown::new("No log directory was looked at."));
    }
    for (machine, (dirs, why)) in &dirs {
        unknown = unknown.or(why.clone());
        for dir in dirs {
            if let Some(id) = dir.place.meta.as_ref().and_then(|meta| meta.directory_id.as_deref()) {
                if RESERVED.contains(&id) {
                    found.add(Finding::new(dir.subject(), format!("directory.id={id}, which is reserved"), "an id of its own"));
                }
                owners.entry(id).or_default().push((*machine, dir));
            }
        }
    }
    for (id, owners) in owners {
        let ((on_first, first), others) = (owners[0], &owners[1..]);
        for (machine, other) in others {
            // The same directory twice is another mistake: host-logdir-shared, -alias or logdir-duplicate-entry.
            let one_machine = on_first.boot_id == machine.boot_id && machine.boot_id.is_some();
            if one_machine && first.lies_to(other) == crate::derive::machines::Lie::Same {
                continue;
            }
            let is = format!("directory.id={id} is also that of {} of {}", first.path, first.member.name);
            found.add(Finding::new(other.subject(), is, "an id of its own"));
        }
    }
    unknown.map_or(Ok(()), Err)
}

fn version(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let mut first = None;
    for_metas(node, |path, meta| {
        let Some(version) = meta.version else { return };
        let first = *first.get_or_insert(version);
        if first != version {
            found.add(Finding::new(dir(node, path), format!("version={version}"), format!("version={first}, as the others")));
        }
    })
}

/// The directory in which the node looks for its metadata log; absent without KRaft.
fn metadata_dir(node: &Node<'_>) -> Result<Option<String>, Unknown> {
    let file = node.file()?;
    if file.get("process.roles").is_none() {
        return Ok(None);
    }
    Ok(file.get("metadata.log.dir").map(str::to_owned).or_else(|| file.data_dirs().into_iter().next()))
}

fn misplaced(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let places = node.places()?;
    let Some(expected) = metadata_dir(node)? else { return Ok(()) };
    let expected_id = places.known().find(|(path, _)| *path == expected).and_then(|(_, place)| place.id);
    let elsewhere = |place: &LogDirPlace| expected_id.is_none() || place.id != expected_id;
    for (path, place) in places.known().filter(|(path, _)| *path != expected) {
        if place.entries.metadata_log && elsewhere(place) {
            let is = "it holds __cluster_metadata-0".to_owned();
            found.add(Finding::new(dir(node, path), is, format!("__cluster_metadata-0 in {expected}")));
        }
    }
    places.all()
}

fn on_data_disk(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let places = node.places()?;
    let file = node.file()?;
    let Some(metadata) = metadata_dir(node)? else { return Ok(()) };
    if !file.roles().contains(&"broker") {
        return Ok(());
    }
    let disk = |path: &str| {
        let place = places.known().find(|(known, _)| *known == path)?.1;
        place.disk.as_deref().or(place.mount.as_ref().map(|mount| mount.fs.as_str()))
    };
    if let Some(shared) = file.data_dirs().iter().find(|data| disk(data).is_some() && disk(data) == disk(&metadata)) {
        let is = format!("on the disk of {shared}");
        found.add(Finding::new(dir(node, &metadata), is, "a disk of its own"));
    }
    places.all()
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    use super::examples_host::{meta_of, place_of};
    const DISK: &str = "/var/lib/kafka/disk-2";
    &[
        Example::made("meta-missing", DISK, |set| {
            set.on_host("broker-1", |node| {
                let place = place_of(node, DISK);
                place.meta = None;
                place.meta_failure =
                    Some(crate::snapshot::Failure::new(crate::snapshot::ErrorKind::NotFound, "meta.properties is not there."));
            });
        }),
        Example::made("meta-cluster-id-mismatch", DISK, |set| {
            set.on_host("broker-1", |node| meta_of(node, DISK).cluster_id = Some("other".into()));
        }),
        Example::made("meta-node-id-mismatch", DISK, |set| {
            set.on_host("broker-1", |node| meta_of(node, DISK).node_id = Some(9));
        }),
        Example::made("meta-directory-id-duplicate", DISK, |set| {
            set.on_host("broker-1", |node| meta_of(node, DISK).directory_id = Some("clone".into()));
            set.on_host("broker-2", |node| meta_of(node, DISK).directory_id = Some("clone".into()));
        }),
        Example::made("meta-directory-id-duplicate", DISK, |set| {
            set.on_host("broker-1", |node| meta_of(node, DISK).directory_id = Some(RESERVED[0].into()));
        }),
        Example::made("meta-version-mixed", DISK, |set| {
            set.on_host("broker-1", |node| meta_of(node, DISK).version = Some(0));
        }),
        Example::made("meta-metadata-topic-misplaced", DISK, |set| {
            set.on_host("broker-1", |node| place_of(node, DISK).entries.metadata_log = true);
        }),
        Example::made("meta-dir-on-data-disk", "/var/lib/kafka/disk-1", |set| {
            set.line("broker-1", "process.roles=broker,controller");
        })
        .also(&["quorum-combined", "quorum-voter-self-missing", "controller-listener-names"]),
    ]
};
