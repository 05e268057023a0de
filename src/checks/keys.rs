//! Keys of a file: Kafka says nothing of a key that it does not know, and the default applies in silence.

use super::{Check, Evaluated, Finding, Profile, Run, Severity, Subject, Unknown};
use crate::derive::fleet::{Node, On};
use crate::keys::{Key, Presence, SCHEMA_REGISTRY, Scope, TOPIC_TWINS, Version, find, lookup, newest_release, suggest};
use crate::snapshot::{Entry, Form, Oddity, Setting};

const FILE: &str = "the file";
const DOCUMENTATION: &str = "https://kafka.apache.org/documentation/#configuration";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "key-unknown",
        severity: Severity::Warning,
        profile: Profile::Development,
        summary: "A key that no release of Kafka knows.",
        why: "Brokers never warn of it: the setting that was meant keeps its default, TLS or min.insync.replicas among them.",
        fix: "Correct the key; remove it when nothing reads it.",
        references: &[DOCUMENTATION, "org.apache.kafka.common.config.AbstractConfig.logUnused (which only clients call)"],
        needs: FILE,
        run: Run::Node(On::Files, |node, found| {
            each_entry(node, |entry, scope| {
                let odd_mechanism = has_odd_mechanism(&entry.key);
                // A plugin's name that is a letter away from Kafka's own is a slip.
                let (is_read, is_plugins) = match find(scope, &entry.key) {
                    Some(crate::keys::Found::Plugin) => (false, true),
                    Some(_) => (!odd_mechanism, false),
                    None => (is_known_somewhere(&entry.key), false),
                };
                if is_read {
                    return;
                }
                let meant = match node.is(On::SchemaRegistries) {
                    true => nearest_of_registry(&entry.key),
                    false => nearest(scope, &entry.key).filter(|_| !odd_mechanism),
                };
                if is_plugins && meant.as_ref().is_none_or(|(_, distance)| *distance == 0) {
                    return;
                }
                if meant.as_ref().is_some_and(|(_, distance)| *distance == 0) {
                    return; // key-case tells that.
                }
                let finding = match meant {
                    Some((key, _)) => Finding::new(subject(node, entry), "no setting of Kafka", format!("{key}, perhaps"))
                        .fix(format!("{key}=..."))
                        .severity(Severity::Critical),
                    // Serializers, converters and interceptors of clients read keys of their own from the same file.
                    None if !node.is(On::Nodes) => return,
                    None => Finding::new(subject(node, entry), "no setting of Kafka", "a setting, or a plugin that reads it"),
                };
                found.add(finding);
            })
        }),
    },
    Check {
        id: "key-case",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A key with the wrong upper or lower case.",
        why: "Keys are compared letter by letter: this one is unknown, and the setting that was meant keeps its default.",
        fix: "Write the key as Kafka does.",
        references: &[DOCUMENTATION],
        needs: FILE,
        run: Run::Node(On::Files, |node, found| {
            each_entry(node, |entry, scope| {
                if find(scope, &entry.key).is_none()
                    && let Some((key, 0)) = nearest(scope, &entry.key)
                {
                    found.add(Finding::new(subject(node, entry), entry.key.clone(), key.clone()).fix(format!("{key}=...")));
                }
            })
        }),
    },
    Check {
        id: "key-removed",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A key that Kafka no longer knows.",
        why: "It is ignored in silence: what it said does not hold any more.",
        fix: "Remove the line; the upgrade notes name what took its place.",
        references: &["https://kafka.apache.org/documentation/#upgrade"],
        needs: "the file, and the release: --kafka.version, the image, or the running broker",
        run: Run::Node(On::Files, |node, found| {
            let mut later = 0;
            each_known(node, |entry, key| match key.presence(release(node)) {
                Presence::Removed(last) => {
                    let is = format!("gone since Kafka {last}");
                    found.add(Finding::new(subject(node, entry), is, "no such line").severity(weight(&entry.key)));
                }
                _ => later += usize::from(matches!(key.presence(newest_release()), Presence::Removed(_))),
            })?;
            release_matters(node, later)
        }),
    },
    Check {
        id: "key-too-new",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A key of a later release than the one that runs.",
        why: "It is ignored in silence until the upgrade, and applies from then on.",
        fix: "Remove the line, or upgrade first.",
        references: &[DOCUMENTATION],
        needs: "the file, and the release: --kafka.version, the image, or the running broker",
        run: Run::Node(On::Files, |node, found| {
            let mut newer = 0;
            each_known(node, |entry, key| {
                if let Presence::TooNew(first) = key.presence(release(node)) {
                    match node.settings.release {
                        Some(release) => {
                            let is = format!("new in Kafka {first}; {release} runs");
                            found.add(Finding::new(subject(node, entry), is, "no such line"));
                        }
                        None => newer += 1,
                    }
                }
            })?;
            release_matters(node, newer)
        }),
    },
    Check {
        id: "key-topic-level-in-broker-file",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "The setting of a topic stands in a broker's file.",
        why: "Brokers ignore it: retention.ms there keeps nothing shorter or longer, the default applies to every topic.",
        fix: "Write the broker's own name of the setting, which is the default of all topics.",
        references: &["org.apache.kafka.server.config.ServerTopicConfigSynonyms"],
        needs: FILE,
        run: Run::Node(On::Nodes, |node, found| {
            each_entry(node, |entry, scope| {
                if find(scope, &entry.key).is_none() && lookup(Scope::Topic, &entry.key).is_some() {
                    let twin = TOPIC_TWINS.iter().find(|twin| twin.topic == entry.key).map_or("", |twin| twin.broker);
                    let should = if twin.is_empty() { "the topic's own configuration" } else { twin };
                    found.add(Finding::new(subject(node, entry), "ignored by brokers", should).fix(format!("{should}=...")));
                }
            })
        }),
    },
    Check {
        id: "key-client-in-broker-file",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "The setting of a client stands in a broker's file.",
        why: "It has no effect there: producers and consumers read their own configuration.",
        fix: "Move the line to the client's configuration.",
        references: &["https://kafka.apache.org/documentation/#producerconfigs", "https://kafka.apache.org/documentation/#consumerconfigs"],
        needs: FILE,
        run: Run::Node(On::Nodes, |node, found| {
            each_entry(node, |entry, scope| {
                let client = [Scope::Producer, Scope::Consumer, Scope::Admin, Scope::Connect]
                    .into_iter()
                    .find(|scope| lookup(*scope, &entry.key).is_some());
                if let (None, None, Some(client)) = (find(scope, &entry.key), lookup(Scope::Topic, &entry.key), client) {
                    let is = format!("a {}'s setting, ignored by brokers", client.name());
                    found.add(Finding::new(subject(node, entry), is, "no such line"));
                }
            })
        }),
    },
    Check {
        id: "key-duplicate",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A key that stands in the file twice.",
        why: "The last one counts, in silence: who edits the first changes nothing.",
        fix: "Keep one of the lines.",
        references: &["java.util.Properties.load"],
        needs: FILE,
        run: Run::Node(On::Files, |node, found| {
            let file = node.file()?;
            for entry in file.entries.iter().filter(|entry| entry.oddities.contains(&Oddity::Overridden)) {
                let Some(counts) = file.entry(&entry.key) else { continue };
                let same = counts.setting == entry.setting;
                let severity = if same { Severity::Info } else { Severity::Critical };
                let line = counts.place.line().map_or_else(String::new, |line| format!("line {line} "));
                let is = format!("overridden further down: {line}counts{}", if same { ", and says the same" } else { "" });
                found.add(Finding::new(subject(node, entry), is, "one line").severity(severity));
            }
            Ok(())
        }),
    },
    Check {
        id: "key-wrong-role",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "A setting of brokers stands in a controller's file, or the reverse.",
        why: "It has no effect there, and lets readers look for it in the wrong place.",
        fix: "Move the line to the files of the nodes that read it.",
        references: &["https://kafka.apache.org/documentation/#kraft"],
        needs: FILE,
        run: Run::Node(On::Nodes, |node, found| {
            /// Beginnings of what only a broker does: groups, transactions, replication of topics.
            const BROKERS: [&str; 9] = [
                "broker.rack",
                "group.",
                "log.cleaner.",
                "num.replica.",
                "offsets.",
                "replica.",
                "share.coordinator.",
                "transaction.state.",
                "transactional.id.",
            ];
            /// What only the controller reads.
            const CONTROLLERS: [&str; 2] = ["broker.session.timeout.ms", "leader.imbalance.check.interval.seconds"];
            // One resource of Strimzi configures brokers and controllers.
            if node.file()?.form == Form::Strimzi {
                return Ok(());
            }
            let (broker, controller) = (node.is(On::Brokers), node.is(On::Controllers));
            each_entry(node, |entry, _| {
                if !broker && BROKERS.iter().any(|prefix| entry.key.starts_with(prefix)) {
                    found.add(Finding::new(subject(node, entry), "of no effect on a controller", "no such line"));
                }
                if !controller && CONTROLLERS.contains(&entry.key.as_str()) {
                    found.add(Finding::new(subject(node, entry), "of no effect on a broker", "the controllers' files"));
                }
            })
        }),
    },
];

/// The release whose keys hold: the node's, else the oldest that its file can be for when it is judged by what is gone.
fn release(node: &Node<'_>) -> Version {
    /// The first release whose quorum was for production.
    const KRAFT: Version = Version(3, 3, 0);
    /// Old enough that nothing that is still in use is gone.
    const OLDEST: Version = Version(2, 4, 0);
    let kraft = node.file().is_ok_and(|file| file.get("process.roles").is_some_and(|roles| !roles.is_empty()));
    node.settings.release.unwrap_or(if kraft { KRAFT } else { OLDEST }).min(newest_release())
}

/// Not evaluated when it depends on the release, which is not known, whether some keys hold.
fn release_matters(node: &Node<'_>, keys: usize) -> Evaluated {
    if node.settings.release.is_some() || keys == 0 {
        return Ok(());
    }
    Err(Unknown::new(format!("{keys} keys hold in some releases only, and which one runs is not known: --kafka.version=4.1 tells.")))
}

/// A key that decides over durability or security and is gone is worse than another.
fn weight(key: &str) -> Severity {
    if key.starts_with("advertised.") || key == "host.name" || key == "port" { Severity::Critical } else { Severity::Warning }
}

/// Calls `judge` with each line that counts, and the kind of settings that the file holds.
fn each_entry(node: &Node<'_>, mut judge: impl FnMut(&Entry, Scope)) -> Evaluated {
    let scope = node.settings.scope();
    // What an operator sets is not the user's to write.
    let written = |entry: &&Entry| entry.setting != Setting::Elsewhere;
    node.file()?.effective().filter(written).for_each(|entry| judge(entry, scope));
    Ok(())
}

/// The same for lines whose key is in the table.
fn each_known(node: &Node<'_>, mut judge: impl FnMut(&Entry, &'static Key)) -> Evaluated {
    /// Read by every release since 2.0 (KIP-297), and defined by 4.2 only.
    const PROVIDERS: &str = "config.providers";
    each_entry(node, |entry, scope| {
        if let Some(key) = lookup(scope, &entry.key).filter(|key| key.name != PROVIDERS) {
            judge(entry, key);
        }
    })
}

/// Whether a client or a topic has the setting: another check tells that.
fn is_known_somewhere(key: &str) -> bool {
    Scope::ALL.into_iter().any(|scope| lookup(scope, key).is_some())
}

/// The same of the Schema Registry's own settings; absent for one of them.
fn nearest_of_registry(name: &str) -> Option<(String, usize)> {
    let distance = |known: &&str| strsim::damerau_levenshtein(known, name);
    let near = SCHEMA_REGISTRY.iter().copied().map(|known| (known.to_owned(), distance(&known)));
    near.filter(|(_, distance)| (1..=2).contains(distance)).min_by_key(|(_, distance)| *distance)
        .filter(|_| !SCHEMA_REGISTRY.contains(&name))
}

/// The name that was meant, whole, and how many letters differ. Under `listener.name.NAME.` only the rest is compared.
fn nearest(scope: Scope, name: &str) -> Option<(String, usize)> {
    /// Names that no table holds.
    const PLUGINS: [&str; 2] = ["super.users", "allow.everyone.if.no.acl.found"];
    let whole = suggest(scope, name).map(|meant| (meant.key.name.to_owned(), meant.distance));
    let plugin = || {
        let lower = name.to_ascii_lowercase();
        let distance = |known: &str| strsim::damerau_levenshtein(known, &lower);
        PLUGINS.iter().map(|known| ((*known).to_owned(), distance(known))).find(|(_, distance)| *distance <= 2)
    };
    let prefixed = || {
        let lower = name.to_ascii_lowercase();
        let prefix = ["listener.name.", "listener_name.", "listener.nam."].into_iter().find(|one| lower.starts_with(one))?;
        let rest = &name[prefix.len()..];
        let tails = rest.char_indices().filter(|(_, letter)| *letter == '.').map(|(at, _)| &rest[at + 1..]);
        let near = |tail: &str| {
            let meant = match lookup(scope, tail) {
                Some(key) => (key.name, usize::from(prefix != "listener.name.")),
                None => suggest(scope, tail).map(|meant| (meant.key.name, meant.distance))?,
            };
            let head = &rest[..rest.len() - tail.len()];
            Some((format!("listener.name.{head}{}", meant.0), meant.1))
        };
        tails.filter_map(near).min_by_key(|(_, distance)| *distance)
    };
    whole.or_else(plugin).or_else(prefixed)
}

/// Whether a key is for a SASL mechanism that Kafka does not have: `listener.name.NAME.MECHANISM.sasl...`.
fn has_odd_mechanism(key: &str) -> bool {
    const MECHANISMS: [&str; 5] = ["gssapi", "oauthbearer", "plain", "scram-sha-256", "scram-sha-512"];
    let rest = || key.strip_prefix("listener.name.")?.split_once('.');
    let Some((mechanism, tail)) = rest().and_then(|(_, tail)| tail.split_once('.')) else { return false };
    tail.starts_with("sasl.") && mechanism != "sasl" && !MECHANISMS.contains(&mechanism)
}

/// The culprit: the line, also when another one counts.
pub(super) fn subject(node: &Node<'_>, entry: &Entry) -> Subject {
    let path = node.settings.file.map(|file| file.path.clone()).unwrap_or_default();
    let line = entry.place.line().map(|line| (path, line));
    Subject::Setting { node: node.name(), line, key: entry.key.clone() }
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    &[
        Example::broker("key-unknown", "min.insync.replica=2"),
        Example::broker("key-unknown", "super.user=User:admin"),
        Example::broker("key-unknown", "listener.name.clients.ssl.client.auht=required"),
        Example::broker("key-unknown", "quorum.voters=1@a:1"),
        Example::broker("key-case", "Log.retention.hours=168"),
        Example::broker("key-removed", "port=9092"),
        Example::broker("key-removed", "log.message.format.version=2.0"),
        Example::broker("key-too-new", "cordoned.log.dirs=/a").also(&["logdir-cordoned-left"]),
        Example::broker("key-topic-level-in-broker-file", "retention.ms=1000"),
        Example::broker("key-topic-level-in-broker-file", "cleanup.policy=compact"),
        Example::broker("key-client-in-broker-file", "acks=all"),
        Example::made("key-duplicate", "log.retention.hours in broker-2", |set| {
            set.append("broker-2", "log.retention.hours=24");
            set.append("broker-2", "log.retention.hours=48");
        }),
        Example::controller("key-wrong-role", "offsets.topic.num.partitions=50"),
        Example::made("key-wrong-role", "broker.session.timeout.ms in broker-2", |set| {
            set.remove("broker-2", "process.roles");
            set.line("broker-2", "process.roles=broker");
            set.line("broker-2", "broker.session.timeout.ms=9000");
        }),
        Example::broker("key-unknown", "authorizer.class.naem=a.B"),
        Example::broker("key-unknown", "listener.name.clients.scra-sha-512.sasl.jaas.config=x"),
    ]
};
