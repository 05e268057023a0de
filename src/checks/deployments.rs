//! What surrounds brokers: the containers of compose files, the resources of Strimzi.

use super::compare::each;
use super::keys::subject;
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::fleet::{Fleet, Node, On};
use crate::keys::Version;
use crate::snapshot::{Container, Mapping, MountSource, Oddity, Strimzi, StrimziListener, StrimziVolume};

const COMPOSE: &str = "the compose file";
const RESOURCE: &str = "the Strimzi resource";
const VOLUMES: &str = "https://docs.docker.com/reference/compose-file/volumes/";
const STRIMZI: &str = "https://strimzi.io/docs/operators/latest/configuring.html";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "compose-scaled-node",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A service with the id of one node runs several times.",
        why: "All of its containers have one id and one volume: they push each other out of the cluster, and overwrite each \
              other's data.",
        fix: "Remove replicas, and write one service for each node.",
        references: &["https://docs.docker.com/reference/compose-file/deploy/#replicas"],
        needs: COMPOSE,
        run: Run::Node(On::Containers, scaled),
    },
    Check {
        id: "compose-no-volume",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A node keeps its data in its container, not on a volume.",
        why: "The data ends with the container: an upgrade of the image, or docker compose down, deletes it. Where all \
              nodes are upgraded at once, that is everything.",
        fix: "Mount a named volume over the log directories.",
        references: &[VOLUMES],
        needs: COMPOSE,
        run: Run::Together(On::Containers, no_volume),
    },
    Check {
        id: "compose-unread-variable",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A variable that looks like a setting, and that the image does not read.",
        why: "The setting keeps its default in silence: with it what the variable was to say of data, listeners or copies.",
        fix: "Write the variable as the image reads it: KAFKA_CFG_LOG_DIRS for images of Bitnami.",
        references: &["the images' own documentation"],
        needs: COMPOSE,
        run: Run::Node(On::Containers, |node, found| {
            for variable in container(node).into_iter().flat_map(|container| &container.unread_variables) {
                let should = variable.replacen("KAFKA_", "KAFKA_CFG_", 1);
                found.add(Finding::new(of(node, variable), "not read by this image", should));
            }
            Ok(())
        }),
    },
    Check {
        id: "compose-config-ignored",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A mounted configuration that the image does not read.",
        why: "The image writes its own from the variables: nothing of what the file says holds.",
        fix: "Write the settings as variables, or mount the file where the image reads it (/mnt/shared/config of \
              apache/kafka).",
        references: &["the images' own documentation"],
        needs: COMPOSE,
        run: Run::Node(On::Containers, config_ignored),
    },
    Check {
        id: "compose-latest-tag",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "A node runs whichever release its image has today.",
        why: "The next pull upgrades it, one node before the others, and over a release that has to be passed through.",
        fix: "Write the tag of a release.",
        references: &["https://kafka.apache.org/documentation/#upgrade"],
        needs: COMPOSE,
        run: Run::Node(On::Containers, |node, found| {
            let image = container(node).and_then(|container| container.image.as_deref());
            let last = image.map(|image| image.rsplit('/').next().unwrap_or(image));
            if let (Some(image), Some(last)) = (image, last)
                && (last.ends_with(":latest") || !last.contains([':', '@']))
            {
                found.add(Finding::new(of(node, "image"), format!("image: {image}"), "the tag of a release"));
            }
            Ok(())
        }),
    },
    Check {
        id: "strimzi-ephemeral-storage",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Data lies in volumes that end with their pods.",
        why: "Each restart of a pod empties it; when several are moved at once, as in an upgrade of Kubernetes, topics are \
              lost whole.",
        fix: "Set type: persistent-claim with a size.",
        references: &[STRIMZI],
        needs: RESOURCE,
        run: Run::Node(On::Resources, |node, found| {
            each_volume(node, |subject, volume, resource| {
                if volume.kind == "ephemeral" {
                    // One node is somebody's trial: nothing there outlives a pod anyway.
                    let severity = if resource.replicas == Some(1) { Severity::Warning } else { Severity::Critical };
                    found.add(Finding::new(subject, "type: ephemeral", "type: persistent-claim").severity(severity));
                }
            })
        }),
    },
    Check {
        id: "strimzi-delete-claim",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Volumes are deleted with the resource.",
        why: "Who deletes the Kafka resource, or renames it, deletes all data with it.",
        fix: "deleteClaim: false",
        references: &[STRIMZI],
        needs: RESOURCE,
        run: Run::Node(On::Resources, |node, found| {
            each_volume(node, |subject, volume, _| {
                if volume.delete_claim {
                    found.add(Finding::new(subject, "deleteClaim: true", "deleteClaim: false"));
                }
            })
        }),
    },
    Check {
        id: "strimzi-volume-small",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A volume holds no more than a few segments.",
        why: "Retention deletes closed segments only: the disk is full before there is one to delete, and a full disk stops \
              the broker.",
        fix: "Enlarge the volume, or lower log.segment.bytes.",
        references: &[STRIMZI, "https://kafka.apache.org/documentation/#brokerconfigs_log.segment.bytes"],
        needs: RESOURCE,
        run: Run::Node(On::Resources, small_volumes),
    },
    Check {
        id: "strimzi-listener-no-authentication",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "A listener asks nobody who they are.",
        why: "Every pod that reaches it reads, writes and deletes whatever ANONYMOUS may.",
        fix: "Add authentication to the listener: tls, scram-sha-512 or oauth.",
        references: &[STRIMZI],
        needs: RESOURCE,
        run: Run::Node(On::Resources, |node, found| {
            each_listener(node, |subject, listener| {
                if listener.authentication.is_none() {
                    found.add(Finding::new(subject, "no authentication", "authentication: {type: tls}"));
                }
            })
        }),
    },
    Check {
        id: "strimzi-external-no-tls",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A listener outside of Kubernetes speaks in clear.",
        why: "Whoever is on the way reads and changes messages, and the credentials of SCRAM or OAuth with them.",
        fix: "tls: true",
        references: &[STRIMZI],
        needs: RESOURCE,
        run: Run::Node(On::Resources, |node, found| {
            each_listener(node, |subject, listener| {
                if !listener.tls && !matches!(listener.kind.as_str(), "internal" | "cluster-ip") {
                    found.add(Finding::new(subject, format!("type: {}, tls: false", listener.kind), "tls: true"));
                }
            })
        }),
    },
    Check {
        id: "strimzi-no-authorization",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "Whoever connects may do everything.",
        why: "Any client can delete any topic.",
        fix: "Set authorization: {type: simple} in spec.kafka, and grant by KafkaUser.",
        references: &[STRIMZI],
        needs: RESOURCE,
        run: Run::Node(On::Resources, |node, found| {
            let resource = resource(node)?;
            // A pool without its Kafka resource tells nothing of it.
            if resource.listeners.is_empty() {
                return Err(Unknown::new("The Kafka resource of the pool was not looked at."));
            }
            if resource.authorization.is_none() {
                found.add(Finding::new(of(node, "spec.kafka.authorization"), "no authorization", "type: simple"));
            }
            Ok(())
        }),
    },
    Check {
        id: "strimzi-pods-together",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "Nothing keeps the brokers on different machines.",
        why: "Kubernetes may put all replicas of a partition on one machine, and they fail with it.",
        fix: "Set rack.topologyKey in spec.kafka, and podAntiAffinity by kubernetes.io/hostname in the pods' template.",
        references: &[STRIMZI],
        needs: RESOURCE,
        run: Run::Node(On::Resources, |node, found| {
            let resource = resource(node)?;
            let is_apart = resource.keeps_pods_apart || resource.rack_topology_key.is_some();
            if resource.replicas.is_some_and(|replicas| replicas > 1) && !is_apart {
                found.add(Finding::new(of(node, "template.pod"), "no rack, no anti-affinity", "podAntiAffinity"));
            }
            Ok(())
        }),
    },
    Check {
        id: "strimzi-forbidden-key",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A setting that the operator keeps for itself.",
        why: "It drops the line, with no more than a warning in its log: the setting is what the operator makes of it.",
        fix: "Set it where the resource has a place for it (listeners, storage, authorization), and remove the line.",
        references: &["the forbidden prefixes of Strimzi's KafkaClusterSpec"],
        needs: RESOURCE,
        run: Run::Node(On::Resources, |node, found| {
            for entry in node.file()?.entries.iter().filter(|entry| entry.oddities.contains(&Oddity::IgnoredByOperator)) {
                found.add(Finding::new(subject(node, entry), "dropped by the operator", "no such line"));
            }
            Ok(())
        }),
    },
    Check {
        id: "strimzi-controllers-count",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "The number of controllers gives no protection, or less than it costs.",
        why: "One controller takes the cluster's metadata with it; of two or four no more may fail than of one or three.",
        fix: "Set replicas: 3 in the pool of the controllers.",
        references: &["https://kafka.apache.org/documentation/#kraft_deployment"],
        needs: RESOURCE,
        run: Run::Together(On::Resources, controllers),
    },
    Check {
        id: "strimzi-metadata-version-behind",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "The metadata version stays behind the release, or is ahead of it.",
        why: "An upgrade that was never finished holds back what the release brought, durability among it; a metadata \
              version that the release does not know keeps the brokers from starting.",
        fix: "Remove metadataVersion, or raise it to that of the version.",
        references: &[STRIMZI, "https://kafka.apache.org/documentation/#upgrade"],
        needs: RESOURCE,
        run: Run::Node(On::Resources, metadata_version),
    },
];

fn container<'a>(node: &Node<'a>) -> Option<&'a Container> {
    node.container()
}

fn resource<'a>(node: &Node<'a>) -> Result<&'a Strimzi, Unknown> {
    node.resource().ok_or_else(|| Unknown::new("The resource was not looked at."))
}

/// A part of what describes the node.
fn of(node: &Node<'_>, part: &str) -> Subject {
    Subject::Setting { node: node.name(), line: None, key: part.to_owned() }
}

fn each_volume(node: &Node<'_>, mut judge: impl FnMut(Subject, &StrimziVolume, &Strimzi)) -> Evaluated {
    let resource = resource(node)?;
    for volume in &resource.volumes {
        let part = volume.id.map_or_else(|| "storage".to_owned(), |id| format!("storage volume {id}"));
        judge(of(node, &part), volume, resource);
    }
    Ok(())
}

fn each_listener(node: &Node<'_>, mut judge: impl FnMut(Subject, &StrimziListener)) -> Evaluated {
    let resource = resource(node)?;
    if resource.listeners.is_empty() {
        return Err(Unknown::new("The Kafka resource of the pool was not looked at."));
    }
    // Controllers do not bind them.
    if node.is(On::Brokers) {
        for listener in &resource.listeners {
            judge(Subject::Listener { node: node.name(), name: listener.name.clone() }, listener);
        }
    }
    Ok(())
}

/// The log directories of a container.
fn log_dirs(node: &Node<'_>) -> Result<Vec<String>, Unknown> {
    let dirs = node.file()?.log_dirs();
    let why = || Unknown::new(format!("The log directories of {} are not known.", node.name()));
    if dirs.is_empty() { Err(why()) } else { Ok(dirs) }
}

fn scaled(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let replicas = container(node).and_then(|container| container.replicas).unwrap_or(1);
    let has_id = node.settings.given("node.id")?.is_some() || node.settings.given("broker.id")?.is_some();
    if replicas > 1 && has_id {
        let is = format!("{replicas} containers of one node id");
        found.add(Finding::new(of(node, "replicas"), is, "one container"));
    }
    Ok(())
}

fn no_volume(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let is_alone = fleet.brokers() == Some(1);
    each(fleet.on(On::Containers), |node| {
        let Some(container) = container(node) else { return Ok(()) };
        for path in log_dirs(node)? {
            let is = match container.behind(&path).map(|behind| behind.source) {
                None => "in the container's own layer",
                Some(MountSource::Tmpfs) => "in memory",
                Some(MountSource::Anonymous) => "on a volume without a name, a new one after docker compose down",
                Some(_) => continue,
            };
            let subject = Subject::LogDir { node: node.name(), path };
            // One broker alone is somebody's trial: worth knowing, no more.
            let severity = if is_alone { Severity::Info } else { Severity::Critical };
            found.add(Finding::new(subject, is, "a named volume").severity(severity));
        }
        Ok(())
    })
}

fn config_ignored(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let Some(container) = container(node) else { return Ok(()) };
    let writes_its_own = matches!(container.mapping, Mapping::Apache | Mapping::Confluent);
    let is_config = |target: &str| {
        let name = target.rsplit('/').next().unwrap_or(target);
        matches!(name, "server.properties" | "kafka.properties" | "broker.properties" | "controller.properties")
    };
    let ignored = container.mounts.iter().find(|mount| {
        is_config(&mount.target) && container.mounted_config.as_deref() != Some(mount.target.as_str())
    });
    if let Some(mount) = ignored.filter(|_| writes_its_own) {
        found.add(Finding::new(of(node, "volumes"), format!("{} is mounted and not read", mount.target), "variables"));
    }
    Ok(())
}

fn small_volumes(node: &Node<'_>, found: &mut Found) -> Evaluated {
    /// Segments that a volume should hold at the very least: one that is written, and some to be deleted.
    const SEGMENTS_MIN: u64 = 4;
    let key = if node.is(On::Brokers) { "log.segment.bytes" } else { "metadata.log.segment.bytes" };
    let segment = u64::try_from(node.number(key)?).unwrap_or_default();
    each_volume(node, |subject, volume, _| {
        let small = volume.size_bytes.filter(|size| *size < segment.saturating_mul(SEGMENTS_MIN));
        if let Some(size) = small {
            let severity = if size < segment { Severity::Critical } else { Severity::Warning };
            let is = format!("size: {}, {}", volume.size.as_deref().unwrap_or_default(), node.says(key));
            found.add(Finding::new(subject, is, "room for many segments").severity(severity));
        }
    })
}

fn controllers(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let brokers = fleet.brokers();
    each(fleet.on(On::Resources).filter(|node| node.is(On::Controllers)), |node| {
        let not_told = || Unknown::new(format!("{} does not say how many controllers there are.", node.name()));
        let count = resource(node)?.replicas.ok_or_else(not_told)?;
        let severity = match count {
            1 if brokers == Some(1) => return Ok(()),
            1 => Severity::Critical,
            count if count % 2 == 0 => Severity::Warning,
            _ => return Ok(()),
        };
        found.add(Finding::new(of(node, "replicas"), format!("replicas: {count}"), "replicas: 3").severity(severity));
        Ok(())
    })
}

fn metadata_version(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let resource = resource(node)?;
    // The operator chooses what the resource does not say.
    let (Some(metadata), Some(version)) = (&resource.metadata_version, &resource.version) else { return Ok(()) };
    if let (Some(finalized), Some(release)) = (Version::parse(metadata), Version::parse(version))
        && finalized != release
    {
        let severity = if finalized > release { Severity::Critical } else { Severity::Warning };
        let is = format!("metadataVersion: {metadata}, version: {version}");
        found.add(Finding::new(of(node, "metadataVersion"), is, format!("the one of {release}")).severity(severity));
    }
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    const fn compose(check: &'static str, subject: &'static str, from: &'static str, to: &'static str) -> Example {
        Example::compose(check, subject, from, to)
    }
    const fn strimzi(check: &'static str, subject: &'static str, from: &'static str, to: &'static str) -> Example {
        Example::strimzi(check, subject, from, to)
    }
    const DATA: &str = "data-2:/var/lib/kafka/data";
    &[
        compose("host-logdir-shared", "log.dirs in kafka.yaml", DATA, "data-1:/var/lib/kafka/data"),
        compose("compose-scaled-node", "service kafka-2", "hostname: kafka-2", "hostname: kafka-2\n    scale: 2"),
        compose("compose-no-volume", "service kafka-2", DATA, "data-2:/var/lib/kafka/dat"),
        compose("compose-no-volume", "service kafka-2", DATA, "/var/lib/kafka/data"),
        compose("compose-unread-variable", "service kafka-2", "apache/kafka:4.1.0 # 2", "bitnami/kafka:4.1.0")
            .also(&[
                "authorizer-missing",
                "autocreate-enabled",
                "compose-no-volume",
                "conn-unlimited",
                "id-generated",
                "interbroker-differs",
                "interbroker-plaintext",
                "internal-offsets-rf",
                "internal-txn-rf",
                "listener-default-plaintext",
                "minisr-default-low",
                "rack-partial",
                "rf-default-low",
                "role-missing",
                "sample-config-leftover",
            ]),
        compose("compose-config-ignored", "service kafka-2", DATA, "data-2:/var/lib/kafka/data\n      - ./server.properties:/etc/kafka/server.properties"),
        compose("compose-latest-tag", "service kafka-2", "apache/kafka:4.1.0 # 2", "apache/kafka:latest"),
        strimzi("strimzi-ephemeral-storage", "storage volume 1", "id: 1\n        type: persistent-claim\n        size: 500Gi", "id: 1\n        type: ephemeral"),
        strimzi("strimzi-delete-claim", "storage volume 0", "size: 20Gi\n        kraftMetadata: shared\n        deleteClaim: false", "size: 20Gi\n        deleteClaim: true"),
        strimzi("strimzi-volume-small", "storage volume 0", "size: 20Gi", "size: 2Gi"),
        strimzi("strimzi-listener-no-authentication", "listener external", "tls: true\n        authentication:\n          type: scram-sha-512", "tls: true"),
        strimzi("strimzi-external-no-tls", "listener external", "type: loadbalancer\n        tls: true", "type: loadbalancer\n        tls: false"),
        strimzi("strimzi-no-authorization", "spec.kafka.authorization", "authorization:\n      type: simple\n      superUsers: [CN=admin]", "x: {}"),
        strimzi("strimzi-pods-together", "brokers", "rack:\n      topologyKey: topology.kubernetes.io/zone\n    template:", "x:"),
        strimzi("strimzi-forbidden-key", "ssl.client.auth", "config:\n", "config:\n      ssl.client.auth: none\n"),
        strimzi("strimzi-controllers-count", "KafkaNodePool controllers", "replicas: 3\n  roles: [controller]", "replicas: 2\n  roles: [controller]"),
        strimzi("strimzi-metadata-version-behind", "metadataVersion", "metadataVersion: 4.1-IV1", "metadataVersion: 3.9-IV0"),
    ]
};
