//! The value of a setting on a node, and where it comes from: as the broker runs with it, else as its file says, else
//! Kafka's default.

use std::collections::BTreeMap;

use crate::checks::Unknown;
use crate::snapshot::{ConfigSource, ConfigValue, Properties, Release};

/// What is known of a node's settings.
#[derive(Clone, Debug)]
pub struct Settings<'a> {
    /// Its file.
    pub file: Option<&'a Properties>,
    /// What it says it runs with (DescribeConfigs).
    pub running: Option<&'a BTreeMap<String, ConfigValue>>,
    /// Release of its software; absent when nothing tells it.
    pub release: Option<Release>,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From<'a> {
    /// The broker runs with it.
    Running(ConfigSource),
    /// A file says so: the file, and the line where it is known.
    File(&'a str, Option<u32>),
    /// Kafka's default.
    Default,
}

impl From<'_> {
    /// Where a value comes from, in words that follow it; nothing for a file, whose line the subject names.
    #[must_use]
    pub fn remark(self) -> &'static str {
        match self {
            Self::File(..) => "",
            Self::Default => " (Kafka's default)",
            Self::Running(ConfigSource::DynamicBroker) => " (dynamic, of this broker)",
            Self::Running(ConfigSource::DynamicDefault) => " (dynamic, cluster-wide)",
            Self::Running(ConfigSource::Static) => " (running, from its file)",
            Self::Running(ConfigSource::Default) => " (running, Kafka's default)",
            Self::Running(ConfigSource::Topic | ConfigSource::Other) => " (running)",
        }
    }
}

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting<'a> {
    /// The value, trimmed as Kafka trims it; empty when it is unset and has no default.
    pub value: &'a str,
    /// Where it comes from.
    pub from: From<'a>,
}

impl<'a> Settings<'a> {
    /// The effective value: what the broker runs with, else what its file will make of it.
    ///
    /// # Errors
    /// [`Unknown`] when neither was seen.
    pub fn effective(&self, key: &str) -> Result<Setting<'a>, Unknown> {
        let running = self.running.and_then(|running| running.get(key));
        match running {
            Some(running) => {
                let value = running.value.as_deref().unwrap_or("").trim();
                Ok(Setting { value, from: From::Running(running.source) })
            }
            None => self.written(key),
        }
    }

    /// The value that the file gives, or Kafka's default where it gives none.
    ///
    /// # Errors
    /// [`Unknown`] when no file was seen, or the default is not known.
    pub fn written(&self, key: &str) -> Result<Setting<'a>, Unknown> {
        let Some(file) = self.file else {
            return Err(Unknown::new(format!(
                "{key} is not known: no file was read, and the broker does not tell it."
            )));
        };
        match file.values.get(key) {
            Some(value) => Ok(Setting { value: value.trim(), from: From::File(&file.path, None) }),
            None => Ok(Setting { value: "", from: From::Default }),
        }
    }
}
