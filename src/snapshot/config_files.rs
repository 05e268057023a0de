//! Configurations as files hold them: every occurrence of every key, where it stands, and what is odd about it.
//!
//! Values that can be secrets are not here: the parsers drop them ([`Setting::Secret`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Container, Failure, Strimzi, UnixMs};
use crate::keys::Version;

/// What was found where somebody pointed at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConfigFiles {
    /// Configurations, in the order in which they were named, then by path.
    pub files: Vec<ConfigFile>,
    /// What could not be read: nothing may be called clean on its account.
    pub unread: Vec<UnreadFile>,
    /// What looks like a configuration and was not taken for one.
    pub passed_over: Vec<PassedOver>,
    /// How many further files lie in the directories.
    pub other_files: usize,
}

/// A file or directory that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadFile {
    /// Its path.
    pub path: String,
    /// Why.
    pub failure: Failure,
}

/// A file or directory that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// Its path.
    pub path: String,
    /// Why, as a sentence.
    pub why: String,
}

/// The configuration of one node, client or service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigFile {
    /// The file.
    pub path: String,
    /// Which part of the file, such as `service kafka-1` or `KafkaNodePool brokers`; absent when it is all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// What is configured, by the keys that are set.
    pub kind: FileKind,
    /// How it is written.
    pub form: Form,
    /// Every occurrence of every key, in the order of the file.
    pub entries: Vec<Entry>,
    /// The release that runs with it, as the user says; absent when nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_release: Option<Version>,
    /// When the file was last written, by its own time stamp; absent when it was not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<UnixMs>,
    /// The machine that it is for, as a manifest or its folder says; absent when nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// What is odd about the file as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub oddities: Vec<FileOddity>,
    /// Marks of its secrets, by setting, or why there are none: only with an operator's key (`--secrets.key-file`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marks: Option<Result<BTreeMap<String, String>, Failure>>,
    /// The container that runs it; absent unless a compose file says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<Container>,
    /// What a Strimzi resource says beside the settings; absent for other files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strimzi: Option<Strimzi>,
}

/// How a configuration is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// java.util.Properties.
    Properties,
    /// `NAME=value` lines for a container.
    EnvFile,
    /// A service of a compose file.
    Compose,
    /// A `Kafka` or `KafkaNodePool` resource of Strimzi.
    Strimzi,
}

/// What a configuration configures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A broker, of KRaft or with ZooKeeper.
    Broker,
    /// A KRaft controller that is no broker.
    Controller,
    /// A KRaft node that is both.
    Combined,
    /// A producer.
    Producer,
    /// A consumer.
    Consumer,
    /// A client whose keys are those of producers, consumers and admin clients alike.
    Client,
    /// A Connect worker.
    ConnectWorker,
    /// A Schema Registry.
    SchemaRegistry,
    /// Something that is known and not ours to judge, such as `ZooKeeper` or `log4j`.
    Foreign(String),
    /// Not recognised; why, as a sentence.
    Unknown(String),
}

impl FileKind {
    /// Whether it is a Kafka node: a broker, a controller, or both.
    #[must_use]
    pub fn is_node(&self) -> bool {
        matches!(self, Self::Broker | Self::Controller | Self::Combined)
    }
}

/// One occurrence of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The key, unescaped.
    pub key: String,
    /// Its value.
    pub setting: Setting,
    /// Where it stands.
    pub place: Place,
    /// Whether it is the occurrence that counts: the last one.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub effective: bool,
    /// What is odd about how it is written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub oddities: Vec<Oddity>,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_yes(yes: &bool) -> bool {
    *yes
}

/// The value of an occurrence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// The value as it is written, blanks at its end included.
    Value(String),
    /// There is a value, and it may be a secret: dropped by the parser.
    Secret,
    /// The value is filled in later, from this template: a placeholder, or `${provider:path:key}` of Kafka.
    Template(String),
    /// The value comes from elsewhere, such as a secret of Kubernetes, or an operator sets it.
    Elsewhere,
}

/// Where an occurrence stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Line of the file, from 1; the first one of a value that is continued.
    Line(u32),
    /// An environment variable, and its line where it is known.
    Env {
        /// Its name.
        name: String,
        /// Line of the file, from 1; absent when it comes through an anchor or an `env_file`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line: Option<u32>,
        /// The file, when it is another one (`env_file`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
    },
    /// `--override` on the command line of the process.
    Override,
    /// The image of the container sets it when nobody else does.
    Image,
    /// A path inside a YAML document, such as `spec.kafka.config`.
    Yaml {
        /// Names with dots between.
        path: String,
        /// Line of the file, from 1; absent when it comes through an anchor.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line: Option<u32>,
    },
}

impl Place {
    /// Line of the file, from 1; absent when it is not known.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        match self {
            Self::Line(line) => Some(*line),
            Self::Env { line, .. } | Self::Yaml { line, .. } => *line,
            Self::Override | Self::Image => None,
        }
    }
}

/// What is odd about one occurrence. None of them is a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Oddity {
    /// The key occurs again further down: this value does not count.
    Overridden,
    /// The value ends with blanks. Kafka trims typed values; plugins do not.
    TrailingBlanks,
    /// A blank and `#` or `!` in the value, which is no comment there.
    InlineComment,
    /// Quotes around the value, which are part of it.
    Quoted,
    /// A placeholder that somebody has to fill in: `{{ }}`, `${NAME}`, `<...>`, `CHANGEME` and the like.
    Placeholder,
    /// A reference that Kafka itself fills in: `${provider:path:key}`.
    ConfigProvider,
    /// The value goes on over several lines.
    Continued,
    /// A line that is continued into what looks like a comment or another setting.
    SwallowsNextLine,
    /// The last line of the file asks to be continued.
    ContinuedAtEnd,
    /// A backslash before a character that needs none: the backslash is dropped (`C:\kafka` is `C:kafka`).
    LostBackslash,
    /// Bytes beyond ASCII, read as ISO-8859-1.
    NonAscii,
    /// A key without a separator and a value.
    NoValue,
    /// `\\u` without four hexadecimal digits: the node does not start.
    BadEscape,
    /// An operator drops it: it keeps this setting for itself.
    IgnoredByOperator,
    /// The key is broken off by a blank, as in `log dirs=/data`.
    BlankInKey,
}

/// What is odd about a file as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileOddity {
    /// It begins with the byte order mark of UTF-8, which becomes part of the first key.
    ByteOrderMark,
    /// Bytes beyond ASCII outside comments, which Kafka reads as ISO-8859-1.
    NonAscii,
    /// Lines end with a carriage return and a newline; harmless.
    CarriageReturns,
    /// Not a single setting.
    Empty,
    /// More settings than are kept; the rest was not looked at.
    Truncated,
}

/// What a file says about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stated<'a> {
    /// Nothing: Kafka's default holds.
    Unset,
    /// This value, trimmed as Kafka trims typed values.
    Value(&'a str),
    /// What it says is not known here: a secret, a template, set elsewhere, or perhaps set by a file that was not read.
    NotKnown,
}

impl ConfigFile {
    /// A configuration without entries.
    #[must_use]
    pub fn new(path: &str, form: Form) -> Self {
        Self {
            path: path.to_owned(),
            part: None,
            kind: FileKind::Unknown("It sets nothing.".to_owned()),
            form,
            entries: Vec::new(),
            declared_release: None,
            modified: None,
            machine: None,
            oddities: Vec::new(),
            marks: None,
            container: None,
            strimzi: None,
        }
    }

    /// The occurrence of `key` that counts; absent when it is not set.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.effective && entry.key == key)
    }

    /// The occurrences that count, in the order of the file.
    pub fn effective(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.effective)
    }

    /// What the file says about `key`.
    #[must_use]
    pub fn stated(&self, key: &str) -> Stated<'_> {
        let is_partial = self.container.as_ref().is_some_and(Container::is_partial);
        match self.entry(key).map(|entry| &entry.setting) {
            None if is_partial => Stated::NotKnown,
            None => Stated::Unset,
            Some(Setting::Value(value)) => Stated::Value(value.trim_matches(|c| c <= ' ')),
            Some(Setting::Secret | Setting::Template(_) | Setting::Elsewhere) => Stated::NotKnown,
        }
    }

    /// The value of `key`, trimmed; absent when it is unset or not known. [`Self::stated`] tells these apart.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        match self.stated(key) {
            Stated::Value(value) => Some(value),
            Stated::Unset | Stated::NotKnown => None,
        }
    }

    /// Marks of the secrets that count, by setting: what the command line overrides is not what stands in the file.
    pub fn secret_marks(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_of_file = |key: &str| self.entry(key).is_some_and(|entry| entry.place != Place::Override);
        let marks = self.marks.iter().flatten().flatten().filter(move |(key, _)| is_of_file(key));
        marks.map(|(key, mark)| (key.as_str(), mark.as_str()))
    }

    /// The entries of a comma-separated list, trimmed, empty ones left out.
    pub fn list<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> {
        self.get(key).unwrap_or("").split(',').map(str::trim).filter(|entry| !entry.is_empty())
    }

    /// `node.id`, or its older name `broker.id`; absent when unset or not a number.
    #[must_use]
    pub fn node_id(&self) -> Option<i32> {
        self.get("node.id").or_else(|| self.get("broker.id"))?.parse().ok()
    }

    /// Roles of the node: `process.roles`, or broker alone (ZooKeeper mode) when unset.
    #[must_use]
    pub fn roles(&self) -> Vec<&str> {
        let roles: Vec<&str> = self.list("process.roles").collect();
        if roles.is_empty() { vec!["broker"] } else { roles }
    }

    /// Directories for topics' logs: `log.dirs`, else `log.dir`, else `/tmp/kafka-logs`. None when the
    /// file does not tell: a template, or an operator sets them.
    #[must_use]
    pub fn data_dirs(&self) -> Vec<String> {
        let mut dirs: Vec<String> = self.list("log.dirs").map(str::to_owned).collect();
        let is_not_known = |key| self.stated(key) == Stated::NotKnown;
        if is_not_known("log.dirs") || (dirs.is_empty() && is_not_known("log.dir")) {
            return Vec::new();
        }
        if dirs.is_empty() {
            let dir = self.get("log.dir").filter(|dir| !dir.is_empty());
            dirs.push(dir.unwrap_or("/tmp/kafka-logs").to_owned());
        }
        dirs
    }

    /// Log directories as Kafka resolves them: `log.dirs`, else `log.dir`, else `/tmp/kafka-logs`; with the metadata
    /// log's own directory when it has one.
    #[must_use]
    pub fn log_dirs(&self) -> Vec<String> {
        let mut dirs = self.data_dirs();
        if let Some(metadata) = self.get("metadata.log.dir").filter(|dir| !dir.is_empty())
            && !dirs.iter().any(|dir| dir == metadata)
        {
            dirs.push(metadata.to_owned());
        }
        dirs
    }

    /// The release that runs with it: as the user says, else as the resource or the image says; absent when nothing does.
    #[must_use]
    pub fn release(&self) -> Option<Version> {
        let resource = || Version::parse(self.strimzi.as_ref()?.version.as_deref()?);
        let image = || self.container.as_ref()?.release();
        self.declared_release.or_else(resource).or_else(image)
    }

    /// Sets what the command line of the process sets: it wins over the file.
    pub fn override_with(&mut self, key: &str, value: &str) {
        let setting = Setting::Value(value.to_owned());
        let place = Place::Override;
        self.entries.push(Entry { key: key.to_owned(), setting, place, effective: true, oddities: vec![] });
        mark_overridden(&mut self.entries);
    }

    /// `path`, with the part of it in parentheses: how a report names it.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.part {
            Some(part) => format!("{} ({part})", self.path),
            None => self.path.clone(),
        }
    }
}

/// Marks which occurrence of each key counts: the last one that no operator drops.
pub fn mark_overridden(entries: &mut [Entry]) {
    entries.iter_mut().for_each(|entry| {
        entry.effective = !entry.oddities.contains(&Oddity::IgnoredByOperator);
        entry.oddities.retain(|oddity| *oddity != Oddity::Overridden);
    });
    let mut seen = std::collections::BTreeSet::new();
    let counted = (0..entries.len()).rev().filter(|at| entries[*at].effective);
    let overridden: Vec<usize> = counted.filter(|at| !seen.insert(entries[*at].key.as_str())).collect();
    for at in overridden {
        entries[at].effective = false;
        entries[at].oddities.push(Oddity::Overridden);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_occurrence_counts() {
        let entry = |key: &str, value: &str, line| Entry {
            key: key.to_owned(),
            setting: Setting::Value(value.to_owned()),
            place: Place::Line(line),
            effective: true,
            oddities: vec![],
        };
        let mut file = ConfigFile::new("server.properties", Form::Properties);
        file.entries = vec![entry("log.dirs", "/a", 1), entry("node.id", "1", 2), entry("log.dirs", "/b ", 3)];
        mark_overridden(&mut file.entries);
        assert_eq!(file.get("log.dirs"), Some("/b"));
        assert_eq!(file.entry("log.dirs").unwrap().place, Place::Line(3));
        assert_eq!(file.entries[0].oddities, [Oddity::Overridden]);
        assert_eq!(file.effective().count(), 2);
        assert_eq!(file.stated("broker.rack"), Stated::Unset);
        let back: ConfigFile = serde_json::from_str(&serde_json::to_string(&file).unwrap()).unwrap();
        assert_eq!(back, file);
    }

    fn file(pairs: &[(&str, &str)]) -> ConfigFile {
        let mut file = ConfigFile::new("server.properties", Form::Properties);
        pairs.iter().for_each(|(key, value)| file.override_with(key, value));
        file
    }

    #[test]
    fn log_dirs_follow_kafkas_order_of_keys() {
        assert_eq!(file(&[]).log_dirs(), ["/tmp/kafka-logs"]);
        assert_eq!(file(&[("log.dir", "/a")]).log_dirs(), ["/a"]);
        let both = [("log.dirs", "/b, /c,"), ("log.dir", "/a"), ("metadata.log.dir", "/m")];
        assert_eq!(file(&both).log_dirs(), ["/b", "/c", "/m"]);
        let mut template = file(&[("log.dirs", "${DIRS}")]);
        template.entries[0].setting = Setting::Template("${DIRS}".to_owned());
        assert!(template.log_dirs().is_empty(), "not known is not the default");
    }

    #[test]
    fn a_file_without_roles_is_a_broker() {
        assert_eq!(file(&[]).roles(), ["broker"]);
        assert_eq!(file(&[("process.roles", "controller")]).roles(), ["controller"]);
    }
}
