//! A node against itself: what its file says now, what it was started with, what it runs with.

use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::config_classes::is_grave;
use crate::derive::fleet::{Node, On};
use crate::keys::{Mode, Scope, find, same_value};
use crate::snapshot::{ConfigSource, ConfigValue, Configs, Setting};

const DYNAMIC: &str = "https://kafka.apache.org/documentation/#dynamicbrokerconfigs";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "drift-pending-restart",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "The node runs with other values than its file has now.",
        why: "The file was edited after the node started. Nothing happens until the next restart, which may be a crash: then \
              the change comes at the worst moment, on one node only.",
        fix: "Restart the node when it suits, or take the edit back.",
        references: &["https://kafka.apache.org/documentation/#configuration", DYNAMIC],
        needs: "the node's file and its DescribeConfigs (Kafka 1.1 or later)",
        run: Run::Node(On::Nodes, pending_restart),
    },
    Check {
        id: "drift-file-hash",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "The node's file was written after the node started.",
        why: "Whatever changed in it comes with the next restart. Passwords and other secrets are among what no comparison \
              with the running node can show.",
        fix: "Look at what changed (drift-pending-restart names what can be compared), and restart the node when it suits.",
        references: &["https://kafka.apache.org/documentation/#configuration"],
        needs: "the node's file and its process on this host",
        run: Run::Node(On::Nodes, written_since_start),
    },
    Check {
        id: "drift-logger",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "Loggers of a broker write at DEBUG or TRACE.",
        why: "They fill the log's disk and slow request threads. Levels that are set while the broker runs are lost with its \
              restart, so nobody's file tells of them.",
        fix: "kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type broker-loggers --entity-name ID \
              --delete-config LOGGER",
        references: &["KIP-412"],
        needs: "DescribeConfigs on the cluster (Kafka 2.6 or later)",
        run: Run::Node(On::Brokers, verbose_loggers),
    },
];

/// The settings that a node runs with, and what was given for them.
///
/// # Errors
/// [`Unknown`] when it was not asked for all of them, or may not tell.
pub(super) fn running<'a>(
    node: &Node<'a>,
) -> Result<(&'a Configs, &'a std::collections::BTreeMap<String, ConfigValue>), Unknown> {
    let configs = node.configs()?;
    if !configs.every_key {
        return Err(Unknown::new("What lies under the node's settings was not asked for when the snapshot was written."));
    }
    match &configs.broker {
        Some(settings) => Ok((configs, settings)),
        None => Err(Unknown::new(
            "The node does not tell its settings: grant DescribeConfigs on Cluster (brokerwatch acls prints how).",
        )),
    }
}

fn pending_restart(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let (file, (_, running)) = (node.file()?, running(node)?);
    for entry in file.effective() {
        let key = entry.key.as_str();
        let known = running.get(key);
        let told = match &entry.setting {
            // What Kafka fills in itself, or a secret: only whether it is there can be seen.
            Setting::Secret | Setting::Template(_) | Setting::Elsewhere => {
                known.is_none_or(|value| !value.gives(ConfigSource::Static)).then(|| format!("{key} is new"))
            }
            Setting::Value(value) => match known {
                Some(known) if known.withheld.is_some() => {
                    (!known.gives(ConfigSource::Static)).then(|| format!("{key} is new"))
                }
                known => match known.and_then(|known| known.given_by(ConfigSource::Static)) {
                    Some(started) if same_value(key, value, started) => None,
                    Some(started) => Some(format!("{key}={} (started with {started})", value.trim())),
                    None => Some(format!("{key}={} is new", value.trim())),
                },
            },
        };
        if let Some(told) = told {
            let line = entry.place.line().map(|line| (file.name(), line));
            found.add(restart(Subject::Setting { node: node.name(), line, key: key.to_owned() }, key, told));
        }
    }
    for (key, value) in running {
        // Kafka fills in the older or newer name of the node's id by itself.
        let own = ["node.id", "broker.id"].contains(&key.as_str());
        if value.gives(ConfigSource::Static) && !own && file.entry(key).is_none() {
            let was = value.given_by(ConfigSource::Static).map_or(String::new(), |was| format!(" (started with {was})"));
            let subject = Subject::Setting { node: node.name(), line: None, key: key.clone() };
            found.add(restart(subject, key, format!("{key} is no longer in {}{was}", file.name())));
        }
    }
    Ok(())
}

fn restart(subject: Subject, key: &str, told: String) -> Finding {
    let mode = find(Scope::Broker, key).and_then(|found| found.key()).map(|key| key.newest().mode);
    let fix = match mode {
        Some(Mode::PerBroker | Mode::ClusterWide) => {
            "Restart the node, or set the value with kafka-configs.sh: this one can be changed while it runs."
        }
        _ => "Restart the node: this one is read at its start only.",
    };
    let severity = if is_grave(key) { Severity::Critical } else { Severity::Warning };
    Finding::new(subject, told, "what the node was started with").fix(fix).severity(severity)
}

fn written_since_start(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let (file, process) = (node.file()?, node.process()?);
    let Some(process) = &process.chosen else {
        return Err(Unknown::new("No process of this host was chosen as the node's."));
    };
    let (Some(modified), Some(started)) = (file.modified, process.started) else {
        return Err(Unknown::new("When the file was written, or the process started, was not seen."));
    };
    // The kernel tells the start in hundredths of a second, counted from a boot time in whole seconds.
    if modified.since(started) > 2_000 {
        let minutes = modified.since(started) / 60_000;
        let subject = Subject::Node(node.name());
        let is = format!("{} was written {minutes} minutes after the node started", file.name());
        found.add(Finding::new(subject, is, "the file that the node was started with"));
    }
    Ok(())
}

fn verbose_loggers(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let (configs, _) = running(node)?;
    let Some(loggers) = &configs.loggers else {
        return Err(Unknown::new("The broker does not tell its loggers: that needs Kafka 2.6 or later."));
    };
    if loggers.verbose > 0 {
        let named: Vec<String> = loggers.named.iter().take(3).map(|(name, level)| format!("{name} at {level}")).collect();
        let is = format!("{} loggers at DEBUG or TRACE, such as {}", loggers.verbose, named.join(", "));
        found.add(Finding::new(Subject::Node(node.name()), is, "INFO or less"));
    }
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    use crate::snapshot::Given;
    &[
        Example::made("drift-pending-restart", "min.insync.replicas in broker-2.properties:", |set| {
            set.edit("broker-2", "min.insync.replicas=1");
        }),
        Example::made("drift-pending-restart", "log.retention.bytes in broker-2.properties:", |set| {
            set.edit("broker-2", "log.retention.bytes=107374182400");
        }),
        Example::made("drift-pending-restart", "log.cleaner.backoff.ms of node 2", |set| {
            set.configs("broker-2", |configs| {
                let value = ConfigValue::new("30000", ConfigSource::Static);
                configs.broker.as_mut().unwrap().insert("log.cleaner.backoff.ms".to_owned(), value);
            });
        })
        .also(&["drift-broker-vs-broker"]),
        Example::made("drift-pending-restart", "ssl.key.password in controller-1.properties:", |set| {
            set.edit("controller-1", "ssl.key.password=word-1");
        })
        .also(&["secrets-plaintext"]),
        // The value that counts is dynamic, and the same as in the file; what the node was started with is not.
        Example::made("drift-pending-restart", "log.retention.bytes in broker-2.properties:", |set| {
            set.edit("broker-2", "log.retention.bytes=107374182400");
            set.all_configs(|configs| {
                let mut value = ConfigValue::new("107374182400", ConfigSource::DynamicDefault);
                value.given.push(Given { source: ConfigSource::Static, key: None, value: Some("214748364800".to_owned()) });
                configs.broker.as_mut().unwrap().insert("log.retention.bytes".to_owned(), value);
            });
            set.edit("broker-1", "log.retention.bytes=214748364800");
            set.edit("broker-3", "log.retention.bytes=214748364800");
        })
        .also(&["drift-dynamic-shadows-static"]),
        Example::made("drift-file-hash", "node 2", |set| {
            set.modified = Some("broker-2");
        }),
        Example::made("drift-logger", "node 3", |set| {
            set.configs("broker-3", |configs| {
                let named = [("kafka.request.logger".to_owned(), "TRACE".to_owned())].into();
                configs.loggers = Some(crate::snapshot::Loggers { verbose: 1, named });
            });
        }),
    ]
};
