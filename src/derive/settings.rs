//! The value of a setting on a node, and where it comes from: as the broker runs with it, else as its file says, else
//! Kafka's default.

use std::collections::BTreeMap;

use crate::checks::Unknown;
use crate::keys::{DefaultValue, Key, Run, Scope, Version, lookup};
use crate::snapshot::{ConfigFile, ConfigSource, ConfigValue, FileKind, Stated};

/// What is known of a node's settings.
#[derive(Clone, Debug)]
pub struct Settings<'a> {
    /// Its file.
    pub file: Option<&'a ConfigFile>,
    /// What it says it runs with (DescribeConfigs).
    pub running: Option<&'a BTreeMap<String, ConfigValue>>,
    /// Release of its software; absent when nothing tells it: then the newest one's defaults are taken.
    pub release: Option<Version>,
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
            Self::Running(ConfigSource::Topic) => " (set on the topic)",
            Self::Running(ConfigSource::Other) => " (running)",
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
        match self.told(key) {
            Some(running) => {
                let value = running.value.as_deref().unwrap_or("").trim();
                Ok(Setting { value, from: From::Running(running.source) })
            }
            None => self.written(key),
        }
    }

    /// What the broker tells of `key`; absent when it withholds the value.
    fn told(&self, key: &str) -> Option<&'a ConfigValue> {
        self.running?.get(key).filter(|running| running.withheld.is_none())
    }

    /// The effective value when somebody set it; absent when Kafka's default holds.
    ///
    /// # Errors
    /// [`Unknown`] when neither was seen.
    pub fn given(&self, key: &str) -> Result<Option<&'a str>, Unknown> {
        if let Some(running) = self.told(key) {
            let is_default = running.source == ConfigSource::Default;
            return Ok((!is_default).then(|| running.value.as_deref().unwrap_or("").trim()));
        }
        match self.file.map(|file| file.stated(key)) {
            // Also where Java chooses the default, which nobody knows here.
            Some(Stated::Unset) => Ok(None),
            _ => Ok(Some(self.written(key)?.value)),
        }
    }

    /// Every key that the file sets.
    ///
    /// # Errors
    /// [`Unknown`] when no file was seen.
    pub fn written_keys(&self) -> Result<impl Iterator<Item = &'a str> + use<'a>, Unknown> {
        let file = self.file.ok_or_else(|| Unknown::new("The node's file was not looked at."))?;
        Ok(file.effective().map(|entry| entry.key.as_str()))
    }

    /// The value that the file gives, or Kafka's default where it gives none.
    ///
    /// # Errors
    /// [`Unknown`] when no file was seen, when the file does not tell the value itself (a template, a secret, something
    /// that an operator sets), or when Java chooses the default.
    pub fn written(&self, key: &str) -> Result<Setting<'a>, Unknown> {
        let Some(file) = self.file else {
            return Err(Unknown::new(format!("{key} is not known: no file was read, and no broker tells it.")));
        };
        match file.stated(key) {
            Stated::Value(value) => {
                let line = file.entry(key).and_then(|entry| entry.place.line());
                Ok(Setting { value, from: From::File(&file.path, line) })
            }
            Stated::NotKnown => Err(Unknown::new(format!("{key} is set, but the file does not tell its value."))),
            // Kafka takes either name for the other.
            Stated::Unset if key == "node.id" && file.entry("broker.id").is_some() => self.written("broker.id"),
            Stated::Unset => Ok(Setting { value: self.default(key)?, from: From::Default }),
        }
    }

    /// Whose settings the file holds.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self.file.map(|file| &file.kind) {
            Some(FileKind::Producer | FileKind::Client) => Scope::Producer,
            Some(FileKind::Consumer) => Scope::Consumer,
            Some(FileKind::ConnectWorker) => Scope::Connect,
            _ => Scope::Broker,
        }
    }

    /// Whether the release knows `key`; any release, when it is not known which one.
    #[must_use]
    pub fn knows(&self, key: &str) -> bool {
        lookup(self.scope(), key).is_some_and(|key| self.run(key).is_some())
    }

    /// The setting as the release defines it; as the newest that knows it, when the release is not known.
    fn run(&self, key: &'static Key) -> Option<&'static Run> {
        self.release.map_or(Some(key.newest()), |release| key.at(release))
    }

    /// Kafka's default of the release; empty when it has none, or the table does not know the key.
    ///
    /// # Errors
    /// [`Unknown`] when Java chooses it.
    pub fn default(&self, key: &str) -> Result<&'static str, Unknown> {
        match lookup(self.scope(), key).and_then(|key| self.run(key)).map(|run| run.default) {
            Some(DefaultValue::Text(text)) => Ok(text),
            Some(DefaultValue::OfJava) => Err(Unknown::new(format!("{key} is not set, and Java chooses its default."))),
            Some(DefaultValue::Required | DefaultValue::Null) | None => Ok(""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::properties;

    #[test]
    fn a_value_is_what_runs_else_what_is_written_else_the_default_of_the_release() {
        let file =
            properties("f", "min.insync.replicas=2 \nbroker.id=7\nssl.key.password=x\nnum.io.threads=${THREADS}");
        let value = ConfigValue::new("1", ConfigSource::DynamicDefault);
        let running = BTreeMap::from([("min.insync.replicas".to_owned(), value)]);
        let mut settings = Settings { file: Some(&file), running: None, release: Version::parse("2.3") };
        assert_eq!(settings.effective("min.insync.replicas").unwrap().value, "2");
        assert_eq!(settings.effective("node.id").unwrap().value, "7");
        assert_eq!(settings.effective("replica.lag.time.max.ms").unwrap().value, "10000");
        assert!(!settings.knows("process.roles"));
        settings.release = None;
        assert_eq!(settings.effective("replica.lag.time.max.ms").unwrap().value, "30000");
        assert!(settings.knows("process.roles"));
        for unknown in ["num.io.threads", "ssl.key.password", "ssl.protocol"] {
            assert!(settings.effective(unknown).is_err(), "{unknown}");
        }
        settings.running = Some(&running);
        assert_eq!(settings.effective("min.insync.replicas").unwrap().value, "1");
        settings.file = None;
        assert!(settings.effective("broker.id").is_err());
    }
}
