//! The settings of a topic: what is set on it, else the settings of the broker that stand behind them.
//!
//! Reference: Kafka's `ConfigHelper.createTopicConfigEntry`: the answering broker's own values are the defaults.

use std::borrow::Cow;

use super::settings::{From, Setting, Settings};
use crate::checks::Unknown;
use crate::keys::{Twin, topic_twins};
use crate::snapshot::{ConfigSource, Configs, TopicConfig};

/// One setting of a topic, as the answering broker applies it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSetting<'a> {
    /// The value in the topic's own unit.
    pub value: Cow<'a, str>,
    /// Where it comes from.
    pub from: From<'a>,
    /// The key that decides: the topic's own, or the broker's setting behind it (`log.retention.hours`).
    pub key: &'a str,
}

/// The settings of one topic: what is set on it, else the broker's settings that are its defaults.
#[derive(Clone, Debug)]
pub struct TopicSettings<'a> {
    settings: Settings<'a>,
    topic: &'a str,
    config: &'a TopicConfig,
}

impl<'a> TopicSettings<'a> {
    /// The settings of `topic` on a node.
    ///
    /// # Errors
    /// [`Unknown`] when the node does not lead the topic, or may not tell its settings.
    pub fn of(settings: &Settings<'a>, configs: &'a Configs, topic: &str) -> Result<Self, Unknown> {
        let Some((name, config)) = configs.topics.get_key_value(topic) else {
            return Err(Unknown::new(format!("This node was not asked about topic {topic}: it leads none of it.")));
        };
        if let Some(error) = config.error {
            let why = format!("The settings of topic {topic} are not told ({}):", error.as_str());
            return Err(Unknown::new(format!("{why} grant DescribeConfigs on Topic (brokerwatch acls prints how).")));
        }
        if !configs.every_key {
            return Err(Unknown::new("What topics set was not asked for when this snapshot was written."));
        }
        Ok(Self { settings: settings.clone(), topic: name, config })
    }

    /// The effective value of a topic's setting, such as `retention.ms`.
    ///
    /// # Errors
    /// [`Unknown`] when it is withheld, or the broker's own settings are not known.
    pub fn get(&self, key: &'static str) -> Result<TopicSetting<'a>, Unknown> {
        let config: &'a TopicConfig = self.config;
        match config.overrides.get(key) {
            Some(Some(value)) => {
                return Ok(TopicSetting { value: value.into(), from: From::Running(ConfigSource::Topic), key });
            }
            Some(None) => return Err(Unknown::new(format!("{key} of topic {} is withheld.", self.topic))),
            None => {}
        }
        if key == "min.insync.replicas"
            && let Some((value, source)) = config.min_insync_replicas
        {
            return Ok(TopicSetting { value: value.to_string().into(), from: From::Running(source), key });
        }
        self.settings.topic_default(key)
    }

    /// The effective value as a whole number.
    ///
    /// # Errors
    /// As [`Self::get`], and when it is none.
    pub fn number(&self, key: &'static str) -> Result<i64, Unknown> {
        let setting = self.get(key)?;
        let not = || Unknown::new(format!("{key}={} of topic {} is not a whole number.", setting.value, self.topic));
        setting.value.parse().map_err(|_| not())
    }

    /// The effective value as a truth value.
    ///
    /// # Errors
    /// As [`Self::get`], and when it is none.
    pub fn flag(&self, key: &'static str) -> Result<bool, Unknown> {
        let value = self.get(key)?.value;
        let not = || Unknown::new(format!("{key}={value} of topic {} is neither true nor false.", self.topic));
        value.to_ascii_lowercase().parse().map_err(|_| not())
    }

    /// Whether the topic itself sets `key`.
    #[must_use]
    pub fn overrides(&self, key: &str) -> bool {
        self.config.overrides.get(key).is_some()
    }
}

impl<'a> Settings<'a> {
    /// Whether a source that ranks above Kafka's default sets `key`, and to what.
    fn set(&self, key: &str) -> Result<Option<Setting<'a>>, Unknown> {
        let setting = self.effective(key)?;
        let by_default = matches!(setting.from, From::Default | From::Running(ConfigSource::Default));
        Ok((!by_default && !setting.value.is_empty()).then_some(setting))
    }

    /// What a topic without a setting of its own gets from this broker: of several names the first that is set decides.
    ///
    /// # Errors
    /// [`Unknown`] when the broker's settings are not known, or none stands behind `topic_key`.
    pub fn topic_default(&self, topic_key: &'static str) -> Result<TopicSetting<'a>, Unknown> {
        let mut last = None;
        for twin in topic_twins(topic_key) {
            if let Some(setting) = self.set(twin.broker)? {
                return in_unit_of_topic(twin, setting);
            }
            last = Some(twin);
        }
        let Some(twin) = last else {
            return Err(Unknown::new(format!(
                "{topic_key} is not set on the topic, and has no default on the broker."
            )));
        };
        // A unit may have no default of its own: then that of the coarsest unit holds.
        let setting = self.effective(twin.broker)?;
        in_unit_of_topic(twin, setting)
    }
}

fn in_unit_of_topic<'a>(twin: &'static Twin, setting: Setting<'a>) -> Result<TopicSetting<'a>, Unknown> {
    let value = match twin.factor.value() {
        1 => Cow::Borrowed(setting.value),
        factor => {
            let number = setting.value.parse::<i64>();
            let not = |_| Unknown::new(format!("{}={} is not a whole number.", twin.broker, setting.value));
            // Kafka takes any negative number of hours or minutes as no limit.
            let number = number.map_err(not)?;
            Cow::Owned(if number < 0 { -1 } else { number.saturating_mul(factor) }.to_string())
        }
    };
    Ok(TopicSetting { value, from: setting.from, key: twin.broker })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Version;
    use crate::snapshot::ConfigValue;

    fn configs(broker: &[(&str, &str, ConfigSource)], topic: &[(&str, &str)]) -> Configs {
        let overrides = topic.iter().map(|(key, value)| ((*key).into(), Some((*value).into()))).collect();
        let topic = TopicConfig { overrides, ..TopicConfig::default() };
        let running = |(key, value, source): &(&str, &str, ConfigSource)| {
            ((*key).to_owned(), ConfigValue::new((*value).to_owned(), *source))
        };
        Configs {
            broker: Some(broker.iter().map(running).collect()),
            topics: [("t".into(), topic)].into(),
            every_key: true,
            ..Configs::default()
        }
    }

    fn told(configs: &Configs, key: &'static str) -> Result<(String, String), Unknown> {
        let settings = Settings { file: None, running: configs.broker.as_ref(), release: Some(Version(4, 1, 0)) };
        let found = TopicSettings::of(&settings, configs, "t")?.get(key)?;
        Ok((found.value.into_owned(), found.key.to_owned()))
    }

    #[test]
    fn a_topic_takes_its_own_value_else_the_brokers_finest_unit() {
        use ConfigSource::{Default, DynamicDefault, Static};
        let hours = ("log.retention.hours", "2", Static);
        let running = |extra: &[(&'static str, &'static str, ConfigSource)]| {
            let mut all = vec![("log.retention.ms", "", Default), ("log.retention.minutes", "", Default), hours];
            all.retain(|(key, ..)| !extra.iter().any(|(other, ..)| other == key));
            all.extend(extra);
            all
        };
        let found = told(&configs(&running(&[]), &[]), "retention.ms").unwrap();
        assert_eq!(found, ("7200000".to_owned(), "log.retention.hours".to_owned()));
        let minutes = [("log.retention.minutes", "3", DynamicDefault)];
        let found = told(&configs(&running(&minutes), &[]), "retention.ms").unwrap();
        assert_eq!(found, ("180000".to_owned(), "log.retention.minutes".to_owned()));
        let found = told(&configs(&running(&minutes), &[("retention.ms", "5")]), "retention.ms").unwrap();
        assert_eq!(found, ("5".to_owned(), "retention.ms".to_owned()));
        let endless = [("log.retention.hours", "-1", Static)];
        assert_eq!(told(&configs(&running(&endless), &[]), "retention.ms").unwrap().0, "-1");
    }

    #[test]
    fn a_topic_whose_settings_are_not_told_is_unknown() {
        let mut denied = configs(&[], &[]);
        denied.topics.get_mut("t").unwrap().error = Some(crate::snapshot::ErrorKind::Authorization);
        assert!(told(&denied, "retention.ms").unwrap_err().0.contains("grant DescribeConfigs on Topic"));
        let mut elsewhere = configs(&[], &[]);
        elsewhere.topics.clear();
        assert!(told(&elsewhere, "retention.ms").is_err());
        let old = Configs { every_key: false, ..configs(&[], &[]) };
        assert!(told(&old, "retention.ms").is_err());
        assert!(told(&configs(&[], &[]), "remote.storage.enable").is_err(), "no default on the broker");
    }
}
