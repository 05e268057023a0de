//! `server.properties` and `meta.properties`, read exactly as java.util.Properties reads them.
//!
//! Reference: java.util.Properties.load: ISO-8859-1; the last duplicate wins; `#` and `!` begin a comment only at the
//! start of a line; a backslash continues a line and escapes `=`, `:`, blanks and `\uXXXX`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

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
/// `NotFound`, `Permission`, `Io`, `Limit`, or `Parse` for a broken `\uXXXX`, on which Kafka does not start either.
pub fn read_properties(path: &str, overrides: &BTreeMap<String, String>) -> Result<Properties, Failure> {
    let bytes = read_bounded(Path::new(path))?;
    let all = parse_properties(&bytes).map_err(|line| bad_escape(path, line))?;
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
    let values = parse_properties(&bytes).map_err(|line| bad_escape(&shown.to_string(), line))?;
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

fn bad_escape(path: &str, line: usize) -> Failure {
    let message = format!("{path}:{line}: a \\u escape without four hexadecimal digits; Kafka does not start on it.");
    Failure::new(ErrorKind::Parse, message)
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

/// Keys and values of a properties file. The error is the number of the line with a broken `\uXXXX`.
///
/// # Errors
/// As above; java.util.Properties throws there.
pub fn parse_properties(bytes: &[u8]) -> Result<BTreeMap<String, String>, usize> {
    let mut values = BTreeMap::new();
    let mut lines = LogicalLines { bytes, at: 0, line: 0 };
    while let Some((number, line)) = lines.next() {
        let (key, value) = split(&line);
        let unescaped = |part: &[u8]| unescape(part).ok_or(number);
        values.insert(unescaped(key)?, unescaped(value)?);
    }
    Ok(values)
}

/// Lines as Properties.LineReader makes them: comments and blank lines left out, continuations joined.
struct LogicalLines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
}

impl LogicalLines<'_> {
    fn next(&mut self) -> Option<(usize, Vec<u8>)> {
        let mut joined = Vec::new();
        let mut first = None;
        while let Some(natural) = self.natural_line() {
            let start = natural.iter().position(|byte| !is_blank(*byte)).unwrap_or(natural.len());
            let natural = &natural[start..];
            if first.is_none() {
                if natural.first().is_none_or(|byte| matches!(byte, b'#' | b'!')) {
                    continue;
                }
                first = Some(self.line);
            }
            let backslashes = natural.iter().rev().take_while(|byte| **byte == b'\\').count();
            if backslashes % 2 == 1 {
                joined.extend_from_slice(&natural[..natural.len() - 1]);
            } else {
                joined.extend_from_slice(natural);
                break;
            }
        }
        first.map(|first| (first, joined))
    }

    fn natural_line(&mut self) -> Option<Vec<u8>> {
        if self.at >= self.bytes.len() {
            return None;
        }
        self.line += 1;
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let terminator = match rest.get(end..end + 2) {
            Some(b"\r\n") => 2,
            _ => 1,
        };
        self.at += end + terminator;
        Some(rest[..end].to_vec())
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0c)
}

/// Key and value of a logical line: split at the first unescaped `=`, `:` or blank.
fn split(line: &[u8]) -> (&[u8], &[u8]) {
    let mut escaped = false;
    let end = line
        .iter()
        .position(|byte| {
            let ends = !escaped && (is_blank(*byte) || matches!(byte, b'=' | b':'));
            escaped = !escaped && *byte == b'\\';
            ends
        })
        .unwrap_or(line.len());
    let (key, rest) = line.split_at(end);
    let skip_blanks = |rest: &[u8]| rest.iter().position(|byte| !is_blank(*byte)).unwrap_or(rest.len());
    let mut value = &rest[skip_blanks(rest)..];
    if let Some((b'=' | b':', after)) = value.split_first() {
        value = &after[skip_blanks(after)..];
    }
    (key, value)
}

/// Undoes escapes. UTF-16 surrogates that do not pair become U+FFFD; absent for a broken `\uXXXX`.
fn unescape(part: &[u8]) -> Option<String> {
    let mut units: Vec<u16> = Vec::with_capacity(part.len());
    let mut bytes = part.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            units.push(byte.into());
            continue;
        }
        match bytes.next() {
            None => {}
            Some(b'u') => {
                let mut unit = 0u16;
                for _ in 0..4 {
                    let digit = char::from(bytes.next()?).to_digit(16)?;
                    unit = unit << 4 | digit as u16;
                }
                units.push(unit);
            }
            Some(b't') => units.push(b'\t'.into()),
            Some(b'n') => units.push(b'\n'.into()),
            Some(b'r') => units.push(b'\r'.into()),
            Some(b'f') => units.push(0x0c),
            Some(other) => units.push(other.into()),
        }
    }
    Some(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(serde::Deserialize)]
    struct Vector {
        r#in: String,
        out: BTreeMap<String, String>,
    }

    #[test]
    fn every_vector_reads_as_java_reads_it() {
        let vectors = include_str!("../../tests/fixtures/properties/java_properties_vectors.jsonl");
        for line in vectors.lines() {
            let vector: Vector = serde_json::from_str(line).unwrap();
            let parsed = parse_properties(vector.r#in.as_bytes()).unwrap();
            assert_eq!(parsed, vector.out, "{:?}", vector.r#in);
        }
    }

    #[test]
    fn a_broken_escape_names_its_line() {
        assert_eq!(parse_properties(b"a=1\n# c\nb=\\u00g1"), Err(3));
    }

    #[test]
    fn secrets_stay_in_the_file() {
        assert!(!is_allowed("ssl.keystore.password") && !is_allowed("sasl.jaas.config"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse_properties(&bytes);
        }
    }
}
