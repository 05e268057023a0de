//! Configurations as people write them: properties files, variables of containers, compose files, Strimzi resources.
//!
//! Each `parse_x` is pure: bytes in, [`ConfigFile`]s out. Values that can be secrets end here: `secrets.rs` decides by an
//! allow-list. I/O is in `walk`.

mod compose;
mod environment;
mod images;
mod kind;
mod placeholder;
pub mod properties;
mod secrets;
mod strimzi;
pub mod walk;
mod yaml;

use crate::limits::CONFIG_ENTRIES_MAX;
use crate::snapshot::{ConfigFile, Entry, ErrorKind, Failure, FileOddity, Form, Place, mark_overridden};

pub use compose::parse_compose;
pub use environment::parse_env_file;
pub use kind::{kind_of, recognise};
pub use properties::{Property, parse_properties, parse_values};
pub use strimzi::parse_strimzi;

/// Gives the content of a file that another one names; absent when it cannot be read.
pub type ReadOther<'a> = &'a dyn Fn(&str) -> Option<Vec<u8>>;

/// Why a configuration cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Every other byte is zero, or it begins with the byte order mark of UTF-16.
    #[error("UTF-16: save it as ISO-8859-1 or UTF-8; Kafka cannot read it either")]
    Utf16,
    /// It holds a byte of zero.
    #[error("binary data, not a text file")]
    Binary,
    /// `\u` without four hexadecimal digits.
    #[error("a \\u escape without four hexadecimal digits; Kafka does not start on it")]
    BadEscape {
        /// Line, from 1.
        line: u32,
        /// Column, from 1, in bytes.
        column: u32,
    },
    /// YAML that configures nothing that is known here.
    #[error("neither a compose file with a service that runs Kafka, nor a Strimzi resource")]
    Foreign,
    /// Not YAML, or not the YAML that it should be.
    #[error("{message}")]
    Yaml {
        /// Line, from 1; absent when it is not known.
        line: Option<u32>,
        /// Column, from 1; absent when it is not known.
        column: Option<u32>,
        /// What is wrong, as a sentence without its full stop.
        message: String,
    },
}

impl ConfigError {
    /// Line and column, both from 1; absent when it concerns the file as a whole.
    #[must_use]
    pub fn place(&self) -> Option<(u32, u32)> {
        match self {
            Self::BadEscape { line, column } => Some((*line, *column)),
            Self::Yaml { line, column, .. } => Some(((*line)?, column.unwrap_or(1))),
            Self::Utf16 | Self::Binary | Self::Foreign => None,
        }
    }

    /// The failure of reading `path`: `PATH:LINE:COLUMN: what is wrong.`
    #[must_use]
    pub fn failure(&self, path: &str) -> Failure {
        let place = self.place().map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
        Failure::new(ErrorKind::Parse, format!("{path}{place}: {self}."))
    }
}

/// Refuses what is no text: java.util.Properties would read it, as nonsense.
fn ensure_text(bytes: &[u8]) -> Result<(), ConfigError> {
    let Some(zero) = bytes.iter().position(|byte| *byte == 0) else {
        let has_mark = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
        return if has_mark { Err(ConfigError::Utf16) } else { Ok(()) };
    };
    let has_mark = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let is_every_other = zero < 2 && bytes.iter().skip(zero).step_by(2).take(16).all(|byte| *byte == 0);
    let is_utf16 = has_mark || (is_every_other && bytes.len() >= 4);
    Err(if is_utf16 { ConfigError::Utf16 } else { ConfigError::Binary })
}

/// The configurations of a file of any form: by its name a YAML file or one of variables, else properties. `read` gives
/// the files that it names, by their path.
///
/// # Errors
/// What the parser of its form refuses; [`ConfigError::Foreign`] for YAML that configures nothing of ours.
pub fn parse_file(path: &str, bytes: &[u8], read: ReadOther<'_>) -> Result<Vec<ConfigFile>, ConfigError> {
    match form_of(path, bytes) {
        Form::Properties => Ok(vec![parse_properties_file(path, bytes)?]),
        Form::EnvFile => Ok(vec![parse_env_file(path, bytes)?]),
        Form::Compose | Form::Strimzi => {
            let mut files = parse_compose(path, bytes, read)?;
            files.extend(parse_strimzi(path, bytes)?);
            if files.is_empty() { Err(ConfigError::Foreign) } else { Ok(files) }
        }
    }
}

/// How a file is written, by its name, or by its first setting when the name says nothing.
fn form_of(path: &str, bytes: &[u8]) -> Form {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    if name.ends_with(".yml") || name.ends_with(".yaml") {
        return Form::Compose;
    }
    if name.ends_with(".env") || name.starts_with(".env") || name == "env" {
        return Form::EnvFile;
    }
    if name.ends_with(".properties") {
        return Form::Properties;
    }
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.clone().find(|line| !line.is_empty() && !line.starts_with(b"#")).unwrap_or_default();
    let is_variable = [b"KAFKA_".as_slice(), b"CONNECT_", b"SCHEMA_REGISTRY_", b"export KAFKA_"];
    if is_variable.iter().any(|prefix| first.starts_with(prefix)) {
        Form::EnvFile
    } else if first.starts_with(b"apiVersion:") || first.starts_with(b"services:") || first.starts_with(b"---") {
        Form::Compose
    } else {
        Form::Properties
    }
}

/// A properties file as a configuration, its kind told by its keys. Secrets are dropped.
///
/// # Errors
/// As [`parse_properties`].
pub fn parse_properties_file(path: &str, bytes: &[u8]) -> Result<ConfigFile, ConfigError> {
    let properties = parse_properties(bytes)?;
    let mut file = ConfigFile::new(path, Form::Properties);
    file.oddities = file_oddities(bytes, &properties);
    file.entries = properties.into_iter().take(CONFIG_ENTRIES_MAX).map(entry).collect();
    mark_overridden(&mut file.entries);
    file.kind = recognise(&file);
    Ok(file)
}

fn entry(property: Property) -> Entry {
    let setting = secrets::setting(&property.key, property.value, &property.oddities);
    let place = Place::Line(property.line);
    Entry { key: property.key, setting, place, effective: true, oddities: property.oddities }
}

fn file_oddities(bytes: &[u8], properties: &[Property]) -> Vec<FileOddity> {
    [
        (bytes.starts_with(b"\xef\xbb\xbf"), FileOddity::ByteOrderMark),
        (properties.iter().any(|one| one.oddities.contains(&crate::snapshot::Oddity::NonAscii)), FileOddity::NonAscii),
        (bytes.windows(2).any(|pair| pair == b"\r\n"), FileOddity::CarriageReturns),
        (properties.is_empty(), FileOddity::Empty),
        (properties.len() > CONFIG_ENTRIES_MAX, FileOddity::Truncated),
    ]
    .into_iter()
    .filter_map(|(is_so, oddity)| is_so.then_some(oddity))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{FileKind, Setting, Stated};

    #[test]
    fn a_file_tells_what_it_says_and_hides_secrets() {
        let text = b"\xef\xbb\xbf# broker\r\nnode.id=1\r\nprocess.roles=broker\r\nssl.key.password=hunter2\r\nlog.dirs=/a\r\n\
                     log.dirs=/b \r\nssl.keystore.pasword=hunter3\r\nlog.dir=/c\\\r\n ssl.keystore.password=hunter4\r\n";
        let file = parse_properties_file("server.properties", text).unwrap();
        assert_eq!(file.kind, FileKind::Broker);
        assert_eq!(file.oddities, [FileOddity::ByteOrderMark, FileOddity::NonAscii, FileOddity::CarriageReturns]);
        assert_eq!(file.get("log.dirs"), Some("/b"));
        assert_eq!(file.entry("log.dirs").unwrap().place, Place::Line(6));
        assert_eq!(file.stated("ssl.key.password"), Stated::NotKnown);
        assert_eq!(file.entry("ssl.keystore.pasword").unwrap().setting, Setting::Secret);
        let shown = serde_json::to_string(&file).unwrap() + &format!("{file:?}");
        assert!(!shown.contains("hunter"), "{shown}");
    }

    #[test]
    fn failures_name_file_line_and_column() {
        let error = parse_properties_file("a.properties", b"a=1\nb=\\u0").unwrap_err();
        let expected = "a.properties:2:3: a \\u escape without four hexadecimal digits; Kafka does not start on it.";
        assert_eq!(error.failure("a.properties").message, expected);
        let error = parse_properties_file("b", b"\xff\xfea\0").unwrap_err();
        assert!(error.failure("b").message.starts_with("b: UTF-16"));
    }
}
