//! What a check says: findings, or what it could not see.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// To be planned.
    Warning,
    /// Data is lost, or writes refused, after one more failure or already.
    Critical,
}

impl Severity {
    /// Every severity, the gravest first.
    pub const ALL: [Self; 3] = [Self::Critical, Self::Warning, Self::Info];

    /// The label value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// What a finding is about: the culprit, as exactly as it is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The cluster, or the set of files, as a whole.
    Cluster,
    /// A machine, by its name or boot id.
    Machine(String),
    /// A node, as [`Node::name`](crate::derive::fleet::Node::name) says it.
    Node(String),
    /// A setting of a node, or a line of a file.
    Setting {
        /// The node.
        node: String,
        /// Its file, and the line in it; absent for a value that no file sets.
        line: Option<(String, u32)>,
        /// The key.
        key: String,
    },
    /// A log directory of a node.
    LogDir {
        /// The node.
        node: String,
        /// The directory as configured.
        path: String,
    },
    /// A listener of a node.
    Listener {
        /// The node.
        node: String,
        /// The listener's name.
        name: String,
    },
    /// Somebody who may do something in Kafka, such as `User:alice`.
    Principal(String),
    /// A quota, by whom it is for.
    Quota(String),
    /// A topic.
    Topic(String),
    /// A partition.
    Partition(String, i32),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => write!(f, "cluster"),
            Self::Machine(name) => write!(f, "machine {name}"),
            Self::Node(name) => write!(f, "{name}"),
            Self::Setting { line: Some((file, line)), key, .. } => write!(f, "{key} in {file}:{line}"),
            Self::Setting { node, key, .. } => write!(f, "{key} of {node}"),
            Self::LogDir { node, path } => write!(f, "log dir {path} of {node}"),
            Self::Listener { node, name } => write!(f, "listener {name} of {node}"),
            Self::Principal(principal) => write!(f, "principal {principal}"),
            Self::Quota(whose) => write!(f, "quota of {whose}"),
            Self::Topic(topic) => write!(f, "topic {topic}"),
            Self::Partition(topic, partition) => write!(f, "partition {topic}-{partition}"),
        }
    }
}

impl Subject {
    /// The file and line to mark; absent when it is about no file.
    #[must_use]
    pub fn line(&self) -> Option<(&str, u32)> {
        match self {
            Self::Setting { line: Some((file, line)), .. } => Some((file, *line)),
            _ => None,
        }
    }
}

/// A name that somebody may have chosen at will, such as a user's, on one line: control characters as escapes.
pub(super) fn plain(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for letter in name.chars() {
        if letter.is_control() { out.extend(letter.escape_default()) } else { out.push(letter) }
    }
    out
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Graver or milder than its check; absent when as the check says.
    pub severity: Option<Severity>,
    /// What it is about.
    pub subject: Subject,
    /// What should be.
    pub expected: String,
    /// What is.
    pub found: String,
    /// The remedy for this subject, as a line to paste where there is one; empty when the check's own says it all.
    pub fix: String,
}

impl Finding {
    /// A finding of its check's severity and remedy.
    pub fn new(subject: Subject, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { severity: None, subject, expected: expected.into(), found: found.into(), fix: String::new() }
    }

    /// With a remedy of its own.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }

    /// With a severity of its own.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }
}

/// Why something could not be judged: one line for people, with the next step where there is one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unknown(pub String);

impl Unknown {
    /// For this reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// What a check comes to for one node or set: judged, or not for want of data. What was found before the data ended
/// counts in either case.
pub type Evaluated = Result<(), Unknown>;

/// Takes in what a check finds.
#[derive(Debug, Default)]
pub struct Found {
    pub(super) findings: Vec<Finding>,
}

impl Found {
    /// Adds a finding.
    pub fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}
