//! Releases of the software, and what of them is switched on.

use std::collections::BTreeMap;

use super::compare::{each, each_cluster, odd_ones, values};
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::fleet::{Fleet, Node, On};
use crate::keys::{RELEASES, Version};
use crate::snapshot::{Liveness, Release};

const FEATURE: &str = "metadata.version";
const IBP: &str = "inter.broker.protocol.version";
const FORMAT: &str = "log.message.format.version";
/// Releases that the Apache Kafka project supports at one time.
const SUPPORTED_RELEASES: usize = 3;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "version-skew",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Nodes of one cluster run different releases of Kafka.",
        why: "That is right for the hours of an upgrade. Later, defaults and fixes differ from node to node, and what a \
              client sees depends on which one leads.",
        fix: "Finish the upgrade: restart the rest with the newer release.",
        references: &["https://kafka.apache.org/documentation/#upgrade"],
        needs: "several running nodes (ApiVersions)",
        run: Run::Fleet(releases),
    },
    Check {
        id: "feature-skew",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Nodes of one release support different levels of features.",
        why: "One of them is another build, or has unstable features switched on: a level that it alone knows cannot be \
              finalized, and one that it lacks keeps it out of the cluster.",
        fix: "Run the same build with the same settings on every node.",
        references: &["KIP-584", "KIP-1022"],
        needs: "several running nodes (ApiVersions)",
        run: Run::Fleet(features),
    },
    Check {
        id: "metadata-version-behind",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "The upgrade was never finished: metadata.version is of an older release than the software.",
        why: "New records and fixes of the protocol between brokers and controllers stay off, and the next upgrade may \
              skip more releases than Kafka supports.",
        fix: "kafka-features.sh --bootstrap-server HOST:PORT upgrade --release-version RELEASE",
        references: &["https://kafka.apache.org/documentation/#upgrade", "KIP-778", "KIP-1022"],
        needs: "a running node (ApiVersions)",
        run: Run::Together(On::Nodes, never_finalized),
    },
    Check {
        id: "ibp-in-kraft",
        severity: Severity::Info,
        profile: Profile::Core,
        summary: "inter.broker.protocol.version is set, and has no effect.",
        why: "In KRaft metadata.version decides; whoever changes this line thinks that something was upgraded. (Of Kafka \
              4.0 and later, key-removed tells.)",
        fix: "Remove inter.broker.protocol.version.",
        references: &["KIP-778", "https://kafka.apache.org/39/documentation.html#brokerconfigs_inter.broker.protocol.version"],
        needs: "the node's file",
        run: Run::Node(On::Nodes, ibp_in_kraft),
    },
    Check {
        id: "ibp-behind",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "inter.broker.protocol.version is older than the software.",
        why: "The upgrade was never finished: brokers speak the old protocol, and fixes of replication stay off.",
        fix: "Set inter.broker.protocol.version to the running release, and restart one broker after the other.",
        references: &["https://kafka.apache.org/39/documentation.html#upgrade"],
        needs: "the node's file and its release",
        run: Run::Node(On::Brokers, ibp_behind),
    },
    Check {
        id: "ibp-differs",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Brokers speak different versions of the protocol between them.",
        why: "A broker may send what another cannot read: replication or the election of a controller fails.",
        fix: "Set the same inter.broker.protocol.version on every broker.",
        references: &["https://kafka.apache.org/39/documentation.html#upgrade"],
        needs: "the files of several brokers with ZooKeeper",
        run: Run::Fleet(ibp_differs),
    },
    Check {
        id: "message-format-old",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "log.message.format.version is set.",
        why: "An older format than 3.0 makes the broker rewrite messages for followers or clients, without zero copy; \
              since 3.0 it has no effect with a protocol of 3.0. (Of Kafka 4.0 and later, key-removed tells.)",
        fix: "Remove log.message.format.version once every client is newer than it says.",
        references: &["KIP-724", "https://kafka.apache.org/39/documentation.html#brokerconfigs_log.message.format.version"],
        needs: "the node's file",
        run: Run::Node(On::Brokers, message_format),
    },
    Check {
        id: "unstable-enabled",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Versions of APIs or features that are not released are switched on.",
        why: "They are for Kafka's own tests. What they write may be unreadable after the next upgrade, and a level that \
              was finalized cannot be taken back.",
        fix: "Remove unstable.api.versions.enable and unstable.feature.versions.enable.",
        references: &["org.apache.kafka.server.config.ServerConfigs", "KIP-1014"],
        needs: "the node's file or DescribeConfigs",
        run: Run::Node(On::Nodes, unstable),
    },
    Check {
        id: "eol-version",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "The release gets no more fixes.",
        why: "The project fixes the three newest releases, also of vulnerabilities. Releases newer than this program \
              are not known to it.",
        fix: "Upgrade to one of the three newest releases.",
        references: &["https://cwiki.apache.org/confluence/display/KAFKA/Time+Based+Release+Plan"],
        needs: "the node's release (ApiVersions)",
        run: Run::Node(On::Nodes, end_of_life),
    },
];

fn release(node: &Node<'_>) -> Result<Version, Unknown> {
    node.settings.release.ok_or_else(|| Unknown::new("Its release is not known: no running node told it."))
}

fn releases(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each_cluster(fleet, On::Nodes, |nodes| {
        let (told, unknown) = values(&nodes, |node| Ok(release(node)?.to_string()));
        odd_ones(found, &told, |node, own, most| {
            Finding::new(Subject::Node(node.name()), format!("Kafka {own}"), format!("{most}, as on most nodes"))
        });
        unknown
    })
}

fn features(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each_cluster(fleet, On::Nodes, |nodes| {
        let (told, unknown) = values(&nodes, |node| Ok((release(node)?, &node.liveness()?.supported_features)));
        let mut by_release: BTreeMap<Version, Vec<(&Node<'_>, String)>> = BTreeMap::new();
        for (node, (release, levels)) in told {
            let levels: Vec<String> = levels.iter().map(|(name, level)| format!("{name} {level}")).collect();
            by_release.entry(release).or_default().push((node, levels.join(", ")));
        }
        // Those of different releases are version-skew's to tell.
        for nodes in by_release.into_values() {
            odd_ones(found, &nodes, |node, own, most| {
                Finding::new(Subject::Node(node.name()), format!("supports {own}"), format!("{most}, as most nodes"))
            });
        }
        unknown
    })
}

fn never_finalized(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each(fleet.clusters(On::Nodes), |nodes| {
        let (told, unknown) = values(&nodes, |node| node.liveness());
        let finalized = told.iter().filter_map(|(_, liveness)| liveness.finalized_features.get(FEATURE)).max();
        let supported = told.iter().filter_map(|(_, liveness)| liveness.release()).min();
        let told = finalized.and_then(|level| Some((*level, Liveness::release_of(*level)?))).zip(supported);
        if let Some(((level, of), supported)) = told.filter(|((_, of), supported)| of < supported) {
            let is = format!("metadata.version {level} of Kafka {}, every node runs {} or newer", text(of), text(supported));
            let fix = format!("kafka-features.sh --bootstrap-server HOST:PORT upgrade --release-version {}", text(supported));
            let expected = format!("the level of Kafka {}", text(supported));
            found.add(Finding::new(Subject::Cluster, is, expected).fix(fix));
        }
        unknown
    })
}

fn text(release: Release) -> String {
    format!("{}.{}", release.0, release.1)
}

/// Whether the release is known to have dropped both keys: then it is key-removed that tells.
fn is_gone(node: &Node<'_>) -> bool {
    node.settings.release.is_some_and(|own| own >= Version(4, 0, 0))
}

fn ibp_in_kraft(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let node = &node.at_restart();
    if node.settings.given(IBP)?.is_some() && node.is_kraft()? && !is_gone(node) {
        found.add(Finding::new(node.subject(IBP), node.says(IBP), "no such line"));
    }
    Ok(())
}

fn ibp_behind(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let Some(protocol) = node.settings.given(IBP)? else { return Ok(()) };
    if node.is_kraft()? {
        // ibp-in-kraft tells.
        return Ok(());
    }
    let release = release(node)?;
    let protocol = Version::parse(protocol)
        .ok_or_else(|| Unknown::new(format!("{IBP}={protocol} is no version: value-range tells more.")))?;
    if protocol < release {
        let is = format!("{}, on Kafka {release}", node.says(IBP));
        found.add(Finding::new(node.subject(IBP), is, release.to_string()).fix(format!("{IBP}={release}")));
    }
    Ok(())
}

fn ibp_differs(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each_cluster(fleet, On::Brokers, |nodes| {
        let (told, unknown) = values(&nodes, |node| {
            let is_zookeeper = !node.is_kraft()?;
            let written = node.settings.given(IBP)?;
            let own = || node.settings.release.map_or_else(|| "that of its release".to_owned(), |own| own.to_string());
            let line = |text: &str| Version::parse(text).map_or_else(|| text.to_owned(), |line| line.to_string());
            Ok(is_zookeeper.then(|| written.map_or_else(own, line)))
        });
        let told: Vec<(&Node<'_>, String)> =
            told.into_iter().filter_map(|(node, version)| Some((node, version?))).collect();
        odd_ones(found, &told, |node, own, most| {
            Finding::new(node.subject(IBP), format!("{IBP}: {own}"), format!("{most}, as on most brokers"))
        });
        unknown
    })
}

fn message_format(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let node = &node.at_restart();
    if node.settings.given(FORMAT)?.is_some() && !is_gone(node) {
        found.add(Finding::new(node.subject(FORMAT), node.says(FORMAT), "no such line"));
    }
    Ok(())
}

fn unstable(node: &Node<'_>, found: &mut Found) -> Evaluated {
    for key in ["unstable.api.versions.enable", "unstable.feature.versions.enable"] {
        if node.settings.given(key)?.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            found.add(Finding::new(node.subject(key), node.says(key), "false").fix(format!("{key}=false")));
        }
    }
    Ok(())
}

fn end_of_life(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let release = release(node)?;
    let supported: Vec<String> = RELEASES.iter().rev().take(SUPPORTED_RELEASES).map(ToString::to_string).collect();
    if RELEASES.iter().rev().take(SUPPORTED_RELEASES).all(|newer| release < *newer) {
        let is = format!("Kafka {release}");
        found.add(Finding::new(Subject::Node(node.name()), is, format!("one of {}", supported.join(", "))));
    }
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    const OLD: &[&str] = &["eol-version", "timestamp-future"];
    const SKEW: &[&str] = &["timestamp-future", "version-skew"];
    &[
        Example::made("version-skew", "node 2", |set| set.features("broker-2", &[(FEATURE, 29)], &[(FEATURE, 27)])),
        Example::made("feature-skew", "node 2", |set| {
            set.features("broker-2", &[(FEATURE, 27), ("group.version", 2)], &[(FEATURE, 27)]);
        }),
        Example::made("metadata-version-behind", "cluster", |set| {
            for node in ["broker-1", "broker-2", "broker-3", "controller-1", "controller-2", "controller-3"] {
                set.features(node, &[(FEATURE, 27)], &[(FEATURE, 19)]);
            }
        }),
        Example::made("ibp-in-kraft", "inter.broker.protocol.version", |set| {
            set.features("broker-2", &[(FEATURE, 21)], &[(FEATURE, 21)]);
            set.line("broker-2", "inter.broker.protocol.version=3.5");
        })
        .also(&["eol-version", "timestamp-future", "version-skew"]),
        Example::made("ibp-behind", "inter.broker.protocol.version in broker-2", |set| {
            set.zookeeper();
            set.brokers("inter.broker.protocol.version=2.8");
        })
        .also(OLD),
        Example::made("ibp-differs", "inter.broker.protocol.version in broker-2", |set| {
            set.zookeeper();
            set.brokers("inter.broker.protocol.version=3.9");
            set.line("broker-2", "inter.broker.protocol.version=3.8-IV0");
        })
        .also(&["eol-version", "ibp-behind", "timestamp-future"]),
        Example::made("message-format-old", "log.message.format.version", |set| {
            set.zookeeper();
            set.line("broker-2", "log.message.format.version=2.8");
        })
        .also(OLD),
        Example::broker("unstable-enabled", "unstable.api.versions.enable=true")
            .subject("unstable.api.versions.enable in broker-2"),
        Example::broker("unstable-enabled", "unstable.feature.versions.enable=true")
            .subject("unstable.feature.versions.enable in broker-2"),
        Example::made("eol-version", "node 2", |set| set.features("broker-2", &[(FEATURE, 21)], &[(FEATURE, 21)]))
            .also(SKEW),
    ]
};
