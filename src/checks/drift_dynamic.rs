//! Dynamic settings: values that no file holds, over all nodes of the cluster.

use std::collections::{BTreeMap, BTreeSet};

use super::drift::running;
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::config_classes::{Class, class};
use crate::derive::fleet::{Fleet, Node, On};
use crate::keys::{Mode, Scope, find, same_value};
use crate::snapshot::{ConfigSource, ConfigValue};

const DYNAMIC: &str = "https://kafka.apache.org/documentation/#dynamicbrokerconfigs";
const MIN_ISR: &str = "min.insync.replicas";
const NEEDS: &str = "DescribeConfigs of the brokers (Kafka 1.1 or later)";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "minisr-broker-level-with-elr",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A cluster-wide min.insync.replicas that Kafka wrote itself is lower than the one in the brokers' files.",
        why: "With eligible leader replicas (new clusters from 4.1, or after that upgrade step) the controller stores its own \
              value, 1 by default, for the whole cluster when the feature is switched on. From then on the brokers' files no \
              longer count: acks=all is acknowledged with that many copies, in silence.",
        fix: "kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type brokers --entity-default --add-config \
              min.insync.replicas=2",
        references: &["https://kafka.apache.org/documentation/#eligible_leader_replicas", "KIP-966"],
        needs: "ApiVersions, DescribeConfigs, and the brokers' files or Kafka 1.1 or later",
        run: Run::Fleet(lowered_by_elr),
    },
    Check {
        id: "drift-dynamic-shadows-static",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A dynamic value covers another one in the file.",
        why: "Who reads the file believes in a value that does not count, and a restart does not bring it back.",
        fix: "Write the dynamic value into the files, or remove it: kafka-configs.sh --alter --delete-config KEY.",
        references: &[DYNAMIC],
        needs: NEEDS,
        run: Run::Fleet(shadows),
    },
    Check {
        id: "drift-dynamic-only",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "A dynamic value is in no file.",
        why: "A cluster that is built anew from its files will not have it.",
        fix: "Write it into the files (or wherever they come from) too.",
        references: &[DYNAMIC],
        needs: NEEDS,
        run: Run::Fleet(dynamic_only),
    },
    Check {
        id: "drift-dynamic-per-broker",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "One broker has a dynamic value of its own for a setting of the whole cluster.",
        why: "Kafka means these for tests: leaders on this broker treat data otherwise than leaders elsewhere, so what holds \
              for a topic changes with its leader.",
        fix: "kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type brokers --entity-name ID --delete-config KEY",
        references: &[DYNAMIC],
        needs: NEEDS,
        run: Run::Fleet(per_broker),
    },
    Check {
        id: "drift-dynamic-ignored",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A dynamic value is stored, and a broker does not run with it.",
        why: "Kafka only logs why (the value does not fit the broker, or could not be applied), so whoever set it believes \
              that it counts.",
        fix: "Look for DynamicBrokerConfig in the broker's log; set a value that it takes, or delete it.",
        references: &[DYNAMIC, "kafka.server.DynamicBrokerConfig"],
        needs: "DescribeConfigs of the brokers; what Kafka drops before it tells is not seen",
        run: Run::Fleet(ignored),
    },
];

/// Settings that reassignments set and remove: throttle-left is about them.
pub(super) const THROTTLES: [&str; 3] = [
    "follower.replication.throttled.rate",
    "leader.replication.throttled.rate",
    "replica.alter.log.dirs.io.max.bytes.per.second",
];

/// Brokers that tell their settings; the first reason of those that do not comes with them.
fn told<'f, 'a>(fleet: &'f Fleet<'a>) -> Result<Told<'f, 'a>, Unknown> {
    let (mut brokers, mut silent) = (Vec::new(), None);
    for node in fleet.on(On::Brokers) {
        match running(node) {
            Ok((_, settings)) => brokers.push((node, settings)),
            Err(why) => silent = silent.or(Some(why)),
        }
    }
    if brokers.is_empty() {
        let none = || Unknown::new("Among what was looked at are no brokers.");
        return Err(silent.unwrap_or_else(none));
    }
    Ok(Told { brokers, silent })
}

struct Told<'f, 'a> {
    brokers: Vec<(&'f Node<'a>, &'a BTreeMap<String, ConfigValue>)>,
    silent: Option<Unknown>,
}

impl<'a> Told<'_, 'a> {
    /// Keys for which any broker has a dynamic value, in order.
    fn dynamic_keys(&self) -> BTreeSet<&'a str> {
        let dynamic = |value: &ConfigValue| {
            value.gives(ConfigSource::DynamicBroker) || value.gives(ConfigSource::DynamicDefault)
        };
        let keys = self.brokers.iter().flat_map(|(_, settings)| settings.iter());
        keys.filter(|(_, value)| dynamic(value)).map(|(key, _)| key.as_str()).collect()
    }

    fn evaluated(self) -> Evaluated {
        self.silent.map_or(Ok(()), Err)
    }
}

/// The subject of a value that is stored for the whole cluster.
fn cluster_wide(key: &str) -> Subject {
    Subject::Setting { node: "the cluster (dynamic)".to_owned(), line: None, key: key.to_owned() }
}

fn elr(node: &Node<'_>) -> bool {
    node.view.node.liveness.fresh(node.view.now).is_some_and(|liveness| liveness.elr())
}

/// What the node was started with for `key`: as it tells, else as its file says.
fn started_with<'a>(node: &Node<'a>, value: &'a ConfigValue, key: &str) -> Option<&'a str> {
    value.given_by(ConfigSource::Static).or_else(|| node.settings.file?.get(key))
}

/// What a node's `min.insync.replicas` is, and was to be, where eligible leader replicas brought a cluster-wide value that is
/// lower than its own; absent otherwise.
pub(super) fn lowered(node: &Node<'_>) -> Option<(i64, i64)> {
    let counts = node.configs().ok()?.broker.as_ref()?.get(MIN_ISR)?;
    let number = |text: &str| text.trim().parse::<i64>().ok();
    let (now, before) = (number(counts.value.as_deref()?)?, number(started_with(node, counts, MIN_ISR)?)?);
    (elr(node) && counts.source == ConfigSource::DynamicDefault && now < before).then_some((now, before))
}

fn lowered_by_elr(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let (mut places, mut value, mut looked, mut why) = (Vec::new(), None, 0, None);
    for node in fleet.on(On::Brokers) {
        let told = node.configs().map(|configs| configs.broker.as_ref().and_then(|settings| settings.get(MIN_ISR)));
        match told {
            Ok(Some(_)) => {}
            Ok(None) => {
                why = why.or(Some(Unknown::new("A broker does not tell its min.insync.replicas: grant DescribeConfigs on Cluster.")));
                continue;
            }
            Err(reason) => {
                why = why.or(Some(reason));
                continue;
            }
        }
        looked += 1;
        if let Some((now, before)) = lowered(node) {
            value = Some(now);
            let place = match node.settings.file.and_then(|file| Some((file, file.entry(MIN_ISR)?.place.line()?))) {
                Some((file, line)) => format!("{}:{line}", file.name()),
                None => format!("the file of {}", node.name()),
            };
            places.push((before, place));
        }
    }
    if let (Some(now), Some(before)) = (value, places.iter().map(|(before, _)| *before).max()) {
        let named: Vec<&str> = places.iter().map(|(_, place)| place.as_str()).collect();
        let is = format!(
            "{MIN_ISR}={now} for the whole cluster (dynamic, written by the controller), which overrides {MIN_ISR}={before} in {}",
            named.join(", ")
        );
        let fix = format!(
            "kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type brokers --entity-default --add-config \
             {MIN_ISR}={before}"
        );
        found.add(Finding::new(cluster_wide(MIN_ISR), is, format!("{MIN_ISR}={before} for the whole cluster")).fix(fix));
    }
    match why {
        Some(why) => Err(why),
        None if looked == 0 => Err(Unknown::new("Among what was looked at are no brokers.")),
        None => Ok(()),
    }
}

/// Whether the covered value is the trap that `minisr-broker-level-with-elr` tells.
fn is_elr_trap(node: &Node<'_>, key: &str, dynamic: &str, file: &str) -> bool {
    let number = |text: &str| text.trim().parse::<i64>().unwrap_or_default();
    key == MIN_ISR && elr(node) && number(dynamic) < number(file)
}

fn shadows(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let told = told(fleet)?;
    for key in told.dynamic_keys() {
        let mut covered = Vec::new();
        for (node, settings) in &told.brokers {
            let Some(value) = settings.get(key) else { continue };
            let Some(file) = value.given_by(ConfigSource::Static) else { continue };
            if let Some(own) = value.given_by(ConfigSource::DynamicBroker) {
                // A value of one broker for a setting of the whole cluster is told as drift-dynamic-per-broker.
                if !is_cluster_wide(node, key) && !same_value(key, own, file) {
                    let is = format!("{key}={own} (dynamic, of this broker), over {file} in its file");
                    found.add(Finding::new(node.subject(key), is, "one value"));
                }
            } else if let Some(dynamic) = value.given_by(ConfigSource::DynamicDefault)
                && !same_value(key, dynamic, file)
                && !is_elr_trap(node, key, dynamic, file)
            {
                covered.push((dynamic, format!("{file} in the file of {}", node.name())));
            }
        }
        if let Some((dynamic, _)) = covered.first() {
            let files: Vec<&str> = covered.iter().map(|(_, file)| file.as_str()).collect();
            let is = format!("{key}={dynamic} for the whole cluster (dynamic), over {}", files.join(", "));
            found.add(Finding::new(cluster_wide(key), is, "one value"));
        }
    }
    told.evaluated()
}

fn dynamic_only(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let told = told(fleet)?;
    for key in told.dynamic_keys() {
        let holders = || told.brokers.iter().filter_map(|(node, settings)| Some((node, settings.get(key)?)));
        // Kafka writes this one itself.
        let by_kafka = key == MIN_ISR && holders().any(|(node, _)| elr(node));
        if THROTTLES.contains(&key) || by_kafka || holders().any(|(_, value)| value.gives(ConfigSource::Static)) {
            continue;
        }
        let shown = |value: &ConfigValue| value.value.clone().unwrap_or_else(|| "a secret".to_owned());
        if let Some((_, value)) = holders().find(|(_, value)| value.gives(ConfigSource::DynamicDefault)) {
            let is = format!("{key}={} for the whole cluster (dynamic)", shown(value));
            found.add(Finding::new(cluster_wide(key), is, "the same in the files"));
        }
        for (node, value) in holders().filter(|(node, _)| !is_cluster_wide(node, key)) {
            if value.gives(ConfigSource::DynamicBroker) {
                let is = format!("{key}={} (dynamic, of this broker)", shown(value));
                found.add(Finding::new(node.subject(key), is, "the same in its file"));
            }
        }
    }
    told.evaluated()
}

/// Whether Kafka means the setting to be the same on all brokers; so too for one that the table does not know.
fn is_cluster_wide(node: &Node<'_>, key: &str) -> bool {
    if key.starts_with("listener.name.") {
        return false;
    }
    let known = find(Scope::Broker, key).and_then(|found| found.key());
    let run = known.and_then(|known| node.settings.release.map_or(Some(known.newest()), |release| known.at(release)));
    run.is_none_or(|run| run.mode != Mode::PerBroker)
}

fn per_broker(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let told = told(fleet)?;
    for key in told.dynamic_keys() {
        let own = |settings: &BTreeMap<String, ConfigValue>| {
            settings.get(key).filter(|value| value.gives(ConfigSource::DynamicBroker)).cloned()
        };
        let holders: Vec<_> =
            told.brokers.iter().filter_map(|(node, settings)| Some((*node, own(settings)?))).collect();
        let cluster = holders.iter().all(|(node, _)| is_cluster_wide(node, key));
        let (Some((_, first)), true, false) = (holders.first(), cluster, THROTTLES.contains(&key)) else { continue };
        let same = |a: &ConfigValue, b: &ConfigValue| match (&a.value, &b.value) {
            (Some(a), Some(b)) => same_value(key, a, b),
            _ => false,
        };
        let everywhere = told.brokers.len() > 1 && holders.len() == told.brokers.len();
        if everywhere && holders.iter().all(|(_, value)| same(first, value)) {
            continue;
        }
        for (node, value) in &holders {
            let others: BTreeSet<&str> = told
                .brokers
                .iter()
                .filter(|(other, _)| other.origin != node.origin)
                .filter_map(|(_, settings)| settings.get(key)?.value.as_deref())
                .filter(|other| value.value.as_deref().is_some_and(|own| !same_value(key, own, other)))
                .collect();
            let shown = value.value.as_deref().unwrap_or("a secret");
            let others: Vec<&str> = others.into_iter().collect();
            let beside = if others.is_empty() { String::new() } else { format!("; other brokers: {}", others.join(", ")) };
            let over = value.given_by(ConfigSource::Static).filter(|file| !same_value(key, file, shown));
            let over = over.map_or(String::new(), |file| format!(", over {file} in its file"));
            let decides = matches!(class(key), Class::EqualEverywhere | Class::EqualOnBrokers);
            let severity = if decides && !others.is_empty() { Severity::Critical } else { Severity::Warning };
            let id = node.view.id.map_or_else(|| "ID".to_owned(), |id| id.to_string());
            let fix = format!(
                "kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type brokers --entity-name {id} --delete-config {key}"
            );
            let is = format!("{key}={shown} (dynamic, of this broker){over}{beside}");
            found.add(Finding::new(node.subject(key), is, "one value on all brokers").fix(fix).severity(severity));
        }
    }
    told.evaluated()
}

fn ignored(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let told = told(fleet)?;
    for key in told.dynamic_keys() {
        let stored = told.brokers.iter().find_map(|(_, settings)| settings.get(key)?.given_by(ConfigSource::DynamicDefault));
        for (node, settings) in &told.brokers {
            let Some(value) = settings.get(key) else { continue };
            let runs_with = value.value.as_deref().unwrap_or("");
            // The strongest value that was given is kept beside the effective one only when they differ.
            let covered = value.given.first().filter(|given| given.source == value.source && given.key.is_none());
            if let Some(given) = covered.filter(|_| value.source.is_dynamic()) {
                let shown = given.value.as_deref().unwrap_or("a secret");
                let is = format!("{key}={shown} is stored (dynamic), the broker runs with {runs_with}");
                found.add(Finding::new(node.subject(key), is, "the stored value, or none"));
            } else if let Some(stored) = stored
                && !value.gives(ConfigSource::DynamicDefault)
            {
                let is = format!("{key}={stored} is stored for the whole cluster, this broker runs with {runs_with}");
                found.add(Finding::new(node.subject(key), is, "the stored value, or none"));
            }
        }
    }
    told.evaluated()
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::{Example, Set};
    use crate::snapshot::{Configs, Given};

    fn put(configs: &mut Configs, key: &str, value: ConfigValue) {
        configs.broker.as_mut().unwrap().insert(key.to_owned(), value);
    }
    fn over(value: &str, source: ConfigSource, file: &str) -> ConfigValue {
        let covered = Given { source: ConfigSource::Static, key: None, value: Some(file.to_owned()) };
        ConfigValue { given: vec![covered], ..ConfigValue::new(value, source) }
    }
    fn elr(set: &mut Set) {
        set.finalized_everywhere("eligible.leader.replicas.version", 1);
    }
    &[
        Example::made("minisr-broker-level-with-elr", "min.insync.replicas of the cluster (dynamic)", |set| {
            elr(set);
            set.all_configs(|configs| {
                put(configs, MIN_ISR, over("1", ConfigSource::DynamicDefault, "2"));
            });
        }),
        Example::made("drift-dynamic-shadows-static", "log.cleaner.backoff.ms of the cluster (dynamic)", |set| {
            set.brokers("log.cleaner.backoff.ms=15000");
            set.all_configs(|configs| {
                put(configs, "log.cleaner.backoff.ms", over("30000", ConfigSource::DynamicDefault, "15000"));
            });
        }),
        Example::made("drift-dynamic-shadows-static", "max.connections of node 2", |set| {
            set.brokers("listener.name.clients.max.connections=9");
            set.configs("broker-2", |configs| {
                let key = "listener.name.clients.max.connections";
                put(configs, key, over("7", ConfigSource::DynamicBroker, "9"));
            });
        })
        .also(&["drift-broker-vs-broker"]),
        Example::made("drift-dynamic-only", "log.cleaner.backoff.ms of the cluster (dynamic)", |set| {
            set.all_configs(|configs| {
                put(configs, "log.cleaner.backoff.ms", ConfigValue::new("30000", ConfigSource::DynamicDefault));
            });
        }),
        Example::made("drift-dynamic-per-broker", "unclean.leader.election.enable of node 3", |set| {
            set.brokers("unclean.leader.election.enable=false");
            set.configs("broker-3", |configs| {
                put(configs, "unclean.leader.election.enable", over("true", ConfigSource::DynamicBroker, "false"));
            });
        })
        .also(&["unclean-election-broker", "drift-topic-effective"]),
        Example::made("drift-dynamic-ignored", "num.io.threads of node 1", |set| {
            set.all_configs(|configs| put(configs, "num.io.threads", ConfigValue::new("8", ConfigSource::DynamicDefault)));
            set.configs("broker-1", |configs| put(configs, "num.io.threads", ConfigValue::new("8", ConfigSource::Default)));
        })
        .also(&["drift-dynamic-only"]),
        Example::made("drift-dynamic-ignored", "num.io.threads of node 1", |set| {
            set.all_configs(|configs| put(configs, "num.io.threads", ConfigValue::new("8", ConfigSource::DynamicDefault)));
            set.configs("broker-1", |configs| {
                let stored = Given { source: ConfigSource::DynamicDefault, key: None, value: Some("64".to_owned()) };
                let value = ConfigValue { given: vec![stored], ..ConfigValue::new("8", ConfigSource::DynamicDefault) };
                put(configs, "num.io.threads", value);
            });
        })
        .also(&["drift-dynamic-only"]),
    ]
};
