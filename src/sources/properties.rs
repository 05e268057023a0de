//! The node's own `server.properties` and `meta.properties`, from its disk.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::config_files::parse_values;
use crate::limits::PROPERTIES_FILE_BYTES_MAX;
use crate::snapshot::{ErrorKind, Failure, MetaProperties, Properties};

/// Keys whose values may leave this module: what the program judges, and nothing that can be a secret.
const ALLOWED: &[&str] = &[
    "advertised.listeners",
    "auto.create.topics.enable",
    "auto.leader.rebalance.enable",
    "broker.id",
    "broker.rack",
    "controller.listener.names",
    "controller.quorum.bootstrap.servers",
    "controller.quorum.voters",
    "default.replication.factor",
    "inter.broker.listener.name",
    "listener.security.protocol.map",
    "listeners",
    "log.dir",
    "log.dirs",
    "metadata.log.dir",
    "min.insync.replicas",
    "node.id",
    "offsets.topic.replication.factor",
    "process.roles",
    "replica.lag.time.max.ms",
    "transaction.state.log.min.isr",
    "transaction.state.log.replication.factor",
    "unclean.leader.election.enable",
];

/// Whether the value of `key` may enter a snapshot.
#[must_use]
pub fn is_allowed(key: &str) -> bool {
    ALLOWED.contains(&key)
}

/// Reads a `server.properties`; `overrides` are the `--override` pairs of the process, which win.
///
/// # Errors
/// `NotFound`, `Permission`, `Io`, `Limit`, or `Parse` for what [`parse_values`] refuses.
pub fn read_properties(path: &str, overrides: &BTreeMap<String, String>) -> Result<Properties, Failure> {
    let bytes = read_bounded(Path::new(path))?;
    let all = parse_values(&bytes).map_err(|error| error.failure(path))?;
    let keys = all.len();
    let mut values: BTreeMap<String, String> = all.into_iter().filter(|(key, _)| is_allowed(key)).collect();
    values.extend(overrides.iter().filter(|(key, _)| is_allowed(key)).map(|(k, v)| (k.clone(), v.clone())));
    Ok(Properties { path: path.to_owned(), values, keys })
}

/// Reads the `meta.properties` of a log directory.
///
/// # Errors
/// As [`read_properties`]; `Parse` also for a file without an identity, as an interrupted write or a journal abort
/// leaves it behind: Kafka then refuses to start.
pub fn read_meta_properties(path: &Path) -> Result<MetaProperties, Failure> {
    let bytes = read_bounded(path)?;
    let shown = path.display();
    let values = parse_values(&bytes).map_err(|error| error.failure(&shown.to_string()))?;
    let get = |key: &str| values.get(key).map(|value| value.trim().to_owned());
    let id = get("node.id").or_else(|| get("broker.id"));
    let meta = MetaProperties {
        cluster_id: get("cluster.id"),
        node_id: id.and_then(|id| id.parse().ok()),
        directory_id: get("directory.id"),
    };
    if bytes.is_empty() || (meta.cluster_id.is_none() && meta.node_id.is_none()) {
        let what = if bytes.is_empty() { "is empty" } else { "names neither cluster.id nor node.id" };
        let message = format!("{shown} {what}: Kafka will not start on it; restore it or format the directory anew.");
        return Err(Failure::new(ErrorKind::Parse, message));
    }
    Ok(meta)
}

/// Reads a small file whole.
///
/// # Errors
/// `NotFound`, `Permission`, `Io`, or `Limit` when it is larger than a configuration can be.
pub fn read_bounded(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(PROPERTIES_FILE_BYTES_MAX + 1).read_to_end(&mut bytes));
    read.map_err(|error| file_failure(path, &error))?;
    if bytes.len() as u64 > PROPERTIES_FILE_BYTES_MAX {
        let message =
            format!("{} is larger than {PROPERTIES_FILE_BYTES_MAX} bytes: not a properties file.", path.display());
        return Err(Failure::new(ErrorKind::Limit, message));
    }
    Ok(bytes)
}

/// What a failed file operation is called, with the next step.
#[must_use]
pub fn file_failure(path: &Path, error: &io::Error) -> Failure {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => Failure::new(ErrorKind::NotFound, format!("{path} is not there.")),
        io::ErrorKind::PermissionDenied => {
            let message =
                format!("{path} may not be read: run the reader as the broker's user, or grant it read access.");
            Failure::new(ErrorKind::Permission, message)
        }
        kind => Failure::new(ErrorKind::Io, format!("{path} cannot be read ({kind}).")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_stay_in_the_file() {
        assert!(!is_allowed("ssl.keystore.password") && !is_allowed("sasl.jaas.config"));
    }

    #[test]
    fn every_allowed_key_is_a_setting_and_no_secret() {
        for key in ALLOWED {
            assert!(!crate::keys::is_secret(key), "{key}");
        }
    }
}
