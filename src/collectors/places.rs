//! Where the log directories of this node really lie: so that Prometheus finds two nodes on one directory, or one inside
//! the other's, although no sidecar speaks to another.

use super::{Collector, Options, Seen};
use crate::exposition::{Metric, Samples, Scope};
use crate::limits::LOG_DIRS_COMPARED_MAX;
use crate::snapshot::{HostNode, LogDirPlace};
use crate::sources::HOST;
use crate::sources::host::short_hash;

pub(super) static COLLECTOR: Collector = Collector {
    name: "places",
    about: "where the node's log directories really lie",
    sources: &[&HOST],
    families: &[&PATH_INFO.family],
    collect,
};

static PATH_INFO: Metric<7> = Metric::info(
    "kafka_log_dir_path_info",
    Scope::Broker,
    &["log_dir", "relation", "boot_id", "fs", "dir", "process", "directory_id"],
    "Where a log directory really lies (relation self), and the directories around it (relation ancestor): fs is \
     MAJOR:MINOR of the file system, dir a hash of the path inside it, through links, bind mounts and volumes; process is \
     the start of the node's process in clock ticks since boot, empty when it does not run.",
);

fn collect(Seen { node, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    let (Ok(host), Ok(own)) = (node.host(), node.on_host()) else { return };
    let Some(boot_id) = host.boot_id.as_deref() else { return };
    let process = own.process.as_ref().map_or_else(String::new, |process| process.start_ticks.to_string());
    for (log_dir, place) in placed(own) {
        let (Some(mount), Some(inside)) = (&place.mount, &place.inside) else { continue };
        let directory_id = place.meta.as_ref().and_then(|meta| meta.directory_id.as_deref()).unwrap_or("");
        let mut push = |relation, path: &str, directory_id: &str| {
            let dir = short_hash(path.as_bytes());
            samples.push(&PATH_INFO, [log_dir, relation, boot_id, &mount.fs, &dir, &process, directory_id], 1);
        };
        push("self", inside, directory_id);
        ancestors(inside).for_each(|ancestor| push("ancestor", ancestor, ""));
    }
}

fn placed(own: &HostNode) -> impl Iterator<Item = (&str, &LogDirPlace)> {
    own.dirs.iter().take(LOG_DIRS_COMPARED_MAX).filter_map(|(path, place)| Some((path.as_str(), place.as_ref().ok()?)))
}

/// The directories around a path, from its parent to `/`.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    fn parent(path: &str) -> Option<&str> {
        match path.rfind('/')? {
            _ if path == "/" => None,
            0 => Some("/"),
            at => Some(&path[..at]),
        }
    }
    std::iter::successors(parent(path), |path| parent(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_directory_around_is_named_and_none_twice() {
        let all = |path| ancestors(path).collect::<Vec<_>>();
        assert_eq!(all("/a/b/c"), ["/a/b", "/a", "/"]);
        assert_eq!(all("/a"), ["/"]);
        assert!(all("/").is_empty());
    }
}
