//! The node's own `server.properties` and `meta.properties`, from its disk.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::config_files::{parse_properties_file, parse_values};
use super::secret_marks::MarkKey;
use crate::limits::PROPERTIES_FILE_BYTES_MAX;
use rustix::io::Errno;

use crate::snapshot::{ConfigFile, ErrorKind, Failure, MetaProperties, UnixMs};

/// Reads a `server.properties`; `overrides` are the `--override` pairs of the process, which win. With the file of an
/// operator's key its secrets are marked; a key that cannot be used costs the marks only.
///
/// # Errors
/// `NotFound`, `Permission`, `Io`, `Limit`, or `Parse` for what [`parse_properties_file`] refuses.
pub fn read_properties(
    path: &str,
    overrides: &BTreeMap<String, String>,
    key_file: Option<&Path>,
) -> Result<ConfigFile, Failure> {
    let bytes = read_bounded(Path::new(path))?;
    let mut file = parse_server_properties(path, &bytes, overrides)?;
    file.marks = key_file.map(|key_file| Ok(MarkKey::read(key_file)?.marks(&bytes)));
    Ok(file)
}

/// As [`read_properties`], of the bytes of the file at `path`.
///
/// # Errors
/// `Parse`, as there.
pub fn parse_server_properties(
    path: &str,
    bytes: &[u8],
    overrides: &BTreeMap<String, String>,
) -> Result<ConfigFile, Failure> {
    let mut file = parse_properties_file(path, bytes).map_err(|error| error.failure(path))?;
    overrides.iter().for_each(|(key, value)| file.override_with(key, value));
    let modified = std::fs::metadata(path).and_then(|found| found.modified()).ok();
    let since_epoch = modified.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    file.modified = since_epoch.and_then(|since| u64::try_from(since.as_millis()).ok()).map(UnixMs);
    Ok(file)
}

/// Reads the `meta.properties` of a log directory.
///
/// # Errors
/// As [`read_properties`]; `Parse` also for a file without an identity, as an interrupted write or a journal abort
/// leaves it behind: Kafka then refuses to start.
pub fn read_meta_properties(path: &Path) -> Result<MetaProperties, Failure> {
    parse_meta_properties(&path.display().to_string(), &read_bounded(path)?)
}

/// As [`read_meta_properties`], of the bytes of the file at `path`.
///
/// # Errors
/// `Parse`.
pub fn parse_meta_properties(path: &str, bytes: &[u8]) -> Result<MetaProperties, Failure> {
    let values = parse_values(bytes).map_err(|error| error.failure(path))?;
    let get = |key: &str| values.get(key).map(|value| value.trim().to_owned());
    let id = get("node.id").or_else(|| get("broker.id"));
    let meta = MetaProperties {
        cluster_id: get("cluster.id"),
        node_id: id.and_then(|id| id.parse().ok()),
        directory_id: get("directory.id"),
        version: get("version").and_then(|version| version.parse().ok()),
    };
    if bytes.is_empty() || (meta.cluster_id.is_none() && meta.node_id.is_none()) {
        let what = if bytes.is_empty() { "is empty" } else { "names neither cluster.id nor node.id" };
        let message = format!("{path} {what}: Kafka will not start on it; restore it or format the directory anew.");
        return Err(Failure::new(ErrorKind::Parse, message));
    }
    Ok(meta)
}

/// Reads a small file whole.
///
/// # Errors
/// `NotFound`, `Permission`, `Io`, or `Limit` when it is larger than a configuration can be.
pub fn read_bounded(path: &Path) -> Result<Vec<u8>, Failure> {
    read_bounded_from(path, File::open(path))
}

/// As [`read_bounded`], of a file that was opened otherwise; `path` is for the message.
///
/// # Errors
/// As there.
pub fn read_bounded_from(path: &Path, file: io::Result<File>) -> Result<Vec<u8>, Failure> {
    // Room for most of them: without it they are read in pieces of 32 bytes.
    let mut bytes = Vec::with_capacity(4 << 10);
    let read = file.and_then(|file| file.take(PROPERTIES_FILE_BYTES_MAX + 1).read_to_end(&mut bytes));
    read.map_err(|error| file_failure(path, &error))?;
    if bytes.len() as u64 > PROPERTIES_FILE_BYTES_MAX {
        let message =
            format!("{} is larger than {PROPERTIES_FILE_BYTES_MAX} bytes: not a configuration file.", path.display());
        return Err(Failure::new(ErrorKind::Limit, message));
    }
    Ok(bytes)
}

/// What a failed file operation is called, with the next step.
#[must_use]
pub fn file_failure(path: &Path, error: &io::Error) -> Failure {
    let path = path.display();
    // What is wrong with the path or with us is told apart from what is wrong with the file system: a drive is blamed for `Io`.
    match Errno::from_io_error(error) {
        Some(Errno::NOTDIR | Errno::LOOP | Errno::NAMETOOLONG) => {
            return Failure::new(ErrorKind::Parse, format!("{path} is not what it should be ({}).", error.kind()));
        }
        Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM) => {
            return Failure::new(ErrorKind::Limit, format!("{path} cannot be read now ({error})."));
        }
        _ => {}
    }
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
