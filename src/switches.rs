//! `--collector.NAME` and `--no-collector.NAME`, made from the table of collectors, as node_exporter spells them.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};
use serde::{Deserialize, Deserializer, de::Error};

use crate::collectors::COLLECTORS;

/// Collectors that were switched on or off by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switches(BTreeMap<&'static str, bool>);

impl Switches {
    /// These switches, and those of `file` where these say nothing.
    #[must_use]
    pub fn or(self, file: Self) -> Self {
        Self(file.0.into_iter().chain(self.0).collect())
    }

    /// Names of the collectors that are off. All are on unless said otherwise.
    #[must_use]
    pub fn disabled(&self) -> BTreeSet<String> {
        self.0.iter().filter(|(_, on)| !**on).map(|(name, _)| (*name).to_owned()).collect()
    }
}

fn on(name: &str) -> String {
    format!("collector.{name}")
}

fn off(name: &str) -> String {
    format!("no-collector.{name}")
}

impl Args for Switches {
    fn augment_args(mut command: Command) -> Command {
        for collector in COLLECTORS {
            let name = collector.name;
            let switch = Arg::new(on(name))
                .long(on(name))
                .env(format!("BROKERWATCH_COLLECTOR_{}", name.to_uppercase()))
                .help(format!("Collect {} (on; --{} switches it off).", collector.about, off(name)))
                .help_heading("Collectors")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true")
                .value_name("true|false")
                .value_parser(value_parser!(bool));
            let negated = Arg::new(off(name)).long(off(name)).hide(true).action(ArgAction::SetTrue);
            command = command.arg(switch).arg(negated);
        }
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Switches {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let switch = |name: &'static str| {
            let negated = matches.get_flag(&off(name)).then_some(false);
            Some((name, negated.or(matches.get_one::<bool>(&on(name)).copied())?))
        };
        Ok(Self(COLLECTORS.iter().filter_map(|collector| switch(collector.name)).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?.or(self.clone());
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Switches {
    /// Reads the keys of a configuration file that are no other option's: `collector.NAME: false`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let keys = BTreeMap::<String, serde_yaml::Value>::deserialize(deserializer)?;
        let switch = |(key, value): (String, serde_yaml::Value)| {
            let collector = COLLECTORS.iter().find(|collector| on(collector.name) == key).ok_or_else(|| {
                let known: Vec<String> = COLLECTORS.iter().map(|collector| on(collector.name)).collect();
                let hint = if key.starts_with("collector.") {
                    format!("collectors are {}", known.join(", "))
                } else {
                    "the keys are the flags of `brokerwatch --help` without their dashes".to_owned()
                };
                D::Error::custom(format!("unknown key {key}; {hint}"))
            })?;
            let on = value.as_bool().ok_or_else(|| D::Error::custom(format!("{key} must be true or false")))?;
            Ok((collector.name, on))
        };
        keys.into_iter().map(switch).collect::<Result<_, _>>().map(Self)
    }
}
