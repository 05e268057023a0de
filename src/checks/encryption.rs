//! Listeners in clear, and TLS that protects less than it seems to.

use std::collections::BTreeSet;

use super::compare::each;
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity};
use crate::derive::fleet::{Fleet, Node, On};
use crate::derive::listeners::{CLIENT_AUTH, ClientAuth, Endpoint, Listeners, Protocol};

const NODE: &str = "the node's file or DescribeConfigs";
const SECURITY: &str = "https://kafka.apache.org/documentation/#security_overview";
const SSL: &str = "https://kafka.apache.org/documentation/#security_ssl";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "listener-plaintext-exposed",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "A listener that other machines can reach speaks in clear.",
        why: "Who is on the way reads the data and the names, and on PLAINTEXT everybody is let in. Beside listeners that \
              are secured, it is the open back door; in a cluster without any security it is a warning.",
        fix: "Map the listener to SASL_SSL or SSL, or bind it to localhost.",
        references: &[SECURITY, "https://kafka.apache.org/documentation/#listener_configuration"],
        needs: NODE,
        run: Run::Together(On::Nodes, exposed),
    },
    Check {
        id: "listener-default-plaintext",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Neither listeners nor a security protocol is set.",
        why: "The broker then listens in clear on every address of the machine, on port 9092.",
        fix: "Set listeners, with the address to bind to and a protocol that authenticates.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_listeners"],
        needs: NODE,
        run: Run::Node(On::Brokers, unset),
    },
    Check {
        id: "interbroker-plaintext",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Brokers replicate in clear in a cluster that is secured elsewhere.",
        why: "All data passes there, and who reaches the listener is let in as an unnamed user, or can read credentials.",
        fix: "Map the listener of inter.broker.listener.name to SSL or SASL_SSL.",
        references: &[SECURITY, "https://kafka.apache.org/documentation/#brokerconfigs_security.inter.broker.protocol"],
        needs: NODE,
        run: Run::Together(On::Nodes, inter_broker),
    },
    Check {
        id: "controller-plaintext",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Controllers are spoken to in clear in a cluster that is secured elsewhere.",
        why: "Who reaches a controller's listener can change the cluster: topics, ACLs, credentials. Without a map, KRaft \
              makes it PLAINTEXT by itself.",
        fix: "Map the controllers' listener to SSL or SASL_SSL on every controller and every broker.",
        references: &[SECURITY, "kafka.server.KafkaConfig.effectiveListenerSecurityProtocolMap"],
        needs: NODE,
        run: Run::Together(On::Nodes, controllers),
    },
    Check {
        id: "ssl-client-auth-none",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A TLS listener lets everybody in.",
        why: "Without client certificates and without SASL nobody has a name: all are User:ANONYMOUS, brokers too.",
        fix: "Set listener.name.NAME.ssl.client.auth=required, or map the listener to SASL_SSL.",
        references: &[SSL, "https://kafka.apache.org/documentation/#brokerconfigs_ssl.client.auth"],
        needs: NODE,
        run: Run::Node(On::Nodes, |node, found| client_auth(node, found, ClientAuth::None)),
    },
    Check {
        id: "ssl-client-auth-requested",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "A TLS listener asks for client certificates, and lets in who has none.",
        why: "It looks like authentication and is none: Kafka's documentation calls it a false sense of security.",
        fix: "Set ssl.client.auth=required once every client has a certificate.",
        references: &[SSL, "https://kafka.apache.org/documentation/#brokerconfigs_ssl.client.auth"],
        needs: NODE,
        run: Run::Node(On::Nodes, |node, found| client_auth(node, found, ClientAuth::Requested)),
    },
    Check {
        id: "ssl-client-auth-ignored",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "ssl.client.auth is set and holds for none of the listeners.",
        why: "Without a listener's prefix it counts for SSL only: SASL_SSL listeners ask nobody for a certificate.",
        fix: "Set listener.name.NAME.ssl.client.auth for the SASL_SSL listener, or remove the setting.",
        references: &["org.apache.kafka.common.network.ChannelBuilders.create", "KAFKA-8336"],
        needs: NODE,
        run: Run::Node(On::Nodes, client_auth_ignored),
    },
    Check {
        id: "ssl-hostname-verification-off",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "The names in certificates are not checked.",
        why: "Every certificate of the same authority is then taken for the broker's: who has one can stand in between \
              brokers.",
        fix: "Remove ssl.endpoint.identification.algorithm (Kafka's default is https), and put the brokers' names into \
              their certificates.",
        references: &["https://kafka.apache.org/documentation/#security_confighostname"],
        needs: NODE,
        run: Run::Node(On::Nodes, hostname_verification),
    },
    Check {
        id: "tls-weak",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Protocols or ciphers are let in that are broken.",
        why: "A connection can be talked down to one of them, and then be read or changed on the way.",
        fix: "Remove ssl.enabled.protocols, ssl.protocol and ssl.cipher.suites: Kafka's defaults are TLSv1.2 and TLSv1.3 \
              with the ciphers of Java.",
        references: &[
            "https://kafka.apache.org/documentation/#brokerconfigs_ssl.enabled.protocols",
            "RFC 8996",
            "https://kafka.apache.org/documentation/#brokerconfigs_ssl.cipher.suites",
        ],
        needs: NODE,
        run: Run::Node(On::Nodes, weak),
    },
    Check {
        id: "tls-truststore-no-password",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "The trust store has no password.",
        why: "It can be read without one, but then nobody notices when somebody has changed it.",
        fix: "Set ssl.truststore.password, or keep the authorities in a PEM file (ssl.truststore.type=PEM).",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_ssl.truststore.password"],
        needs: "the node's file",
        run: Run::Node(On::Nodes, truststore),
    },
];

/// What of a cluster is secured, as far as its nodes tell.
#[derive(Clone, Copy, Debug, Default)]
struct Secured {
    tls: bool,
    any: bool,
}

impl Secured {
    fn of(nodes: &[&Node<'_>]) -> Self {
        let mut secured = Self::default();
        for node in nodes {
            secured.any |= node.text("authorizer.class.name").is_ok_and(|class| !class.is_empty());
            let Ok(listeners) = node.listeners() else { continue };
            let names = listeners.bound.entries.iter().map(|bound| bound.name.as_str());
            for name in names.chain(listeners.controller_names.iter().copied()) {
                let protocol = listeners.protocol(name).ok().flatten();
                secured.tls |= protocol.is_some_and(Protocol::is_tls);
                secured.any |= protocol.is_some_and(|protocol| protocol != Protocol::Plaintext);
            }
        }
        secured
    }

    /// Whether a protocol is in clear where others are not.
    fn shames(self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Plaintext => self.any,
            Protocol::SaslPlaintext => self.tls,
            Protocol::Ssl | Protocol::SaslSsl => false,
        }
    }
}

/// Judges each node of each cluster, with what is secured in that cluster.
fn each_node(fleet: &Fleet<'_>, mut judge: impl FnMut(&Node<'_>, Secured) -> Evaluated) -> Evaluated {
    each(fleet.clusters(On::Nodes), |nodes| {
        let secured = Secured::of(&nodes);
        each(nodes, |node| judge(node, secured))
    })
}

/// Listeners that other machines reach, and what they speak; without those that no map has.
fn reachable<'n, 'a>(listeners: &'n Listeners<'a>) -> Result<Vec<(&'n Endpoint<'a>, Protocol)>, super::Unknown> {
    let protocols = listeners.protocols()?.entries;
    let spoken = |endpoint: &'n Endpoint<'a>| Some((endpoint, *protocols.get(&endpoint.name)?));
    let bound = listeners.bound.entries.iter().filter(|endpoint| !endpoint.address.is_loopback());
    Ok(bound.filter_map(spoken).collect())
}

fn exposed(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each_node(fleet, |node, secured| {
        if node.settings.given("listeners")?.is_none() {
            // listener-default-plaintext tells.
            return Ok(());
        }
        let listeners = node.listeners()?;
        let inter = if listeners.is_broker { listeners.inter_broker()?.name } else { String::new() };
        let (mut wrong, mut severity) = (Vec::new(), Severity::Warning);
        for (endpoint, protocol) in reachable(&listeners)?.into_iter().filter(|(_, protocol)| !protocol.is_tls()) {
            let is_told_elsewhere = secured.shames(protocol)
                && (endpoint.name == inter || listeners.is_of_controllers(&endpoint.name))
                || protocol == Protocol::SaslPlaintext && listeners.mechanisms(&endpoint.name)?.contains(&"PLAIN");
            if !is_told_elsewhere {
                wrong.push(format!("{endpoint} speaks {}", protocol.as_str()));
                severity = if secured.shames(protocol) { Severity::Critical } else { severity };
            }
        }
        if !wrong.is_empty() {
            let subject = node.subject(listeners.protocol_key());
            let expected = "SSL or SASL_SSL, or an address that only this machine reaches";
            found.add(Finding::new(subject, wrong.join(", "), expected).severity(severity));
        }
        Ok(())
    })
}

fn unset(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let listeners = node.listeners()?;
    let is_unset = node.settings.given("listeners")?.is_none();
    if is_unset && listeners.protocol("PLAINTEXT")? == Some(Protocol::Plaintext) {
        let is = "PLAINTEXT on port 9092 of every address of the machine (Kafka's default)";
        found.add(Finding::new(node.subject("listeners"), is, "listeners with a protocol that authenticates"));
    }
    Ok(())
}

fn inter_broker(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each_node(fleet, |node, secured| {
        if !node.is(On::Brokers) {
            return Ok(());
        }
        let listeners = node.listeners()?;
        let inter = listeners.inter_broker()?;
        let reachable = reachable(&listeners)?;
        let clear = reachable.into_iter().find(|(endpoint, _)| endpoint.name == inter.name);
        if let Some((endpoint, protocol)) = clear.filter(|(_, protocol)| secured.shames(*protocol)) {
            let is = format!("brokers replicate over {endpoint}, which speaks {}", protocol.as_str());
            found.add(Finding::new(node.subject(listeners.protocol_key()), is, "SSL or SASL_SSL"));
        }
        Ok(())
    })
}

fn controllers(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each(fleet.clusters(On::Nodes), |nodes| {
        let secured = Secured::of(&nodes);
        let (controllers, brokers): (Vec<_>, Vec<_>) = nodes.into_iter().partition(|node| node.is(On::Controllers));
        let mut wrong = 0;
        let of_controllers = each(controllers, |node| {
            let listeners = node.listeners()?;
            for (endpoint, protocol) in reachable(&listeners)? {
                if listeners.is_of_controllers(&endpoint.name) && secured.shames(protocol) {
                    let is = format!("{endpoint} speaks {}", protocol.as_str());
                    found.add(Finding::new(node.subject(listeners.protocol_key()), is, "SSL or SASL_SSL"));
                    wrong += 1;
                }
            }
            Ok(())
        });
        // Where the controllers themselves are wrong, brokers only follow.
        let of_brokers = each(brokers.into_iter().filter(|_| wrong == 0), |node| {
            let listeners = node.listeners()?;
            let Some(name) = listeners.controller_names.first() else { return Ok(()) };
            let protocol = listeners.protocol(name)?;
            if let Some(protocol) = protocol.filter(|protocol| secured.shames(*protocol)) {
                let is = format!("the broker speaks {} to the controllers' listener {name}", protocol.as_str());
                found.add(Finding::new(node.subject(listeners.protocol_key()), is, "SSL or SASL_SSL"));
            }
            Ok(())
        });
        of_controllers.and(of_brokers)
    })
}

fn client_auth(node: &Node<'_>, found: &mut Found, wrong: ClientAuth) -> Evaluated {
    let listeners = node.listeners()?;
    let mut told = BTreeSet::new();
    for (endpoint, protocol) in reachable(&listeners)? {
        let is_wrong = listeners.client_auth(&endpoint.name, protocol)? == wrong;
        let lets_in = protocol == Protocol::Ssl || protocol == Protocol::SaslSsl && wrong == ClientAuth::Requested;
        let (key, _) = listeners.setting(&endpoint.name, CLIENT_AUTH)?;
        if is_wrong && lets_in && told.insert(key.clone()) {
            let is = format!("{} on listener {} ({})", node.says(&key), endpoint.name, protocol.as_str());
            found.add(Finding::new(node.subject(&key), is, "required, or SASL"));
        }
    }
    Ok(())
}

fn client_auth_ignored(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let Some(value) = node.settings.given(CLIENT_AUTH)?.filter(|value| !value.eq_ignore_ascii_case("none")) else {
        return Ok(());
    };
    let listeners = node.listeners()?;
    let mut ignoring = Vec::new();
    for endpoint in &listeners.bound.entries {
        let (key, _) = listeners.setting(&endpoint.name, CLIENT_AUTH)?;
        match listeners.protocol(&endpoint.name)? {
            Some(Protocol::Ssl) if key == CLIENT_AUTH => return Ok(()),
            Some(Protocol::SaslSsl) if key == CLIENT_AUTH => ignoring.push(endpoint.name.as_str()),
            _ => {}
        }
    }
    if !ignoring.is_empty() {
        let is = format!("{CLIENT_AUTH}={value}, which {} (SASL_SSL) ignores", ignoring.join(", "));
        let fix = format!("listener.name.{}.{CLIENT_AUTH}={value}", ignoring[0].to_lowercase());
        found.add(Finding::new(node.subject(CLIENT_AUTH), is, "a setting with the listener's prefix").fix(fix));
    }
    Ok(())
}

/// `key` itself, and every setting of it for one listener.
fn with_prefixed<'a>(node: &Node<'a>, key: &str) -> Vec<String> {
    let mut keys = vec![key.to_owned()];
    if let Ok(written) = node.settings.written_keys() {
        let of_listener = |name: &&str| name.starts_with("listener.name.") && name.ends_with(&format!(".{key}"));
        keys.extend(written.filter(of_listener).map(str::to_owned));
    }
    keys
}

fn hostname_verification(node: &Node<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "ssl.endpoint.identification.algorithm";
    if !Secured::of(&[node]).tls {
        // An unset setting of old releases is no mistake where there is no TLS; unknown listeners are unknown.
        node.listeners()?.protocols()?;
        return Ok(());
    }
    for key in with_prefixed(node, KEY) {
        if node.text(&key)?.is_empty() {
            found.add(Finding::new(node.subject(&key), node.says(&key), "https"));
        }
    }
    Ok(())
}

fn weak(node: &Node<'_>, found: &mut Found) -> Evaluated {
    const PROTOCOLS: [&str; 5] = ["SSL", "SSLv2Hello", "SSLv3", "TLSv1", "TLSv1.1"];
    const CIPHERS: [&str; 8] = ["_NULL", "_EXPORT", "_RC4", "_3DES", "_DES_", "_DES40", "_anon_", "_MD5"];
    let is_broken = |entry: &str| {
        let cipher = entry.to_uppercase();
        PROTOCOLS.iter().any(|weak| entry.eq_ignore_ascii_case(weak))
            || cipher.contains('_') && CIPHERS.iter().any(|part| cipher.contains(&part.to_uppercase()))
    };
    let is_old = |entry: &str| entry.to_uppercase().ends_with("_CBC_SHA");
    for key in ["ssl.enabled.protocols", "ssl.protocol", "ssl.cipher.suites"] {
        for key in with_prefixed(node, key) {
            let given = node.settings.given(&key)?.unwrap_or("");
            let entries = || given.split(',').map(str::trim);
            let broken: Vec<&str> = entries().filter(|entry| is_broken(entry)).collect();
            let old: Vec<&str> = entries().filter(|entry| is_old(entry)).collect();
            let (wrong, severity) =
                if broken.is_empty() { (old, Severity::Warning) } else { (broken, Severity::Critical) };
            if !wrong.is_empty() {
                let is = format!("{key} has {}", wrong.join(", "));
                found.add(Finding::new(node.subject(&key), is, "TLSv1.2 and TLSv1.3 alone").severity(severity));
            }
        }
    }
    Ok(())
}

fn truststore(node: &Node<'_>, found: &mut Found) -> Evaluated {
    const PASSWORD: &str = "ssl.truststore.password";
    let file = node.file()?;
    let is_pem = node.text("ssl.truststore.type")?.eq_ignore_ascii_case("PEM");
    if file.entry("ssl.truststore.location").is_some() && file.entry(PASSWORD).is_none() && !is_pem {
        let is = format!("{} without {PASSWORD}", node.says("ssl.truststore.location"));
        found.add(Finding::new(node.subject("ssl.truststore.location"), is, PASSWORD));
    }
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    const MAP: &str = "listener.security.protocol.map in broker-2";
    const SAME: &[&str] = &["interbroker-differs"];
    &[
        Example::broker(
            "listener-plaintext-exposed",
            "listener.security.protocol.map=CLIENTS:PLAINTEXT,REPLICATION:SSL,CONTROLLER:SSL",
        )
        .subject(MAP),
        Example::broker(
            "listener-plaintext-exposed",
            "listener.security.protocol.map=CLIENTS:SASL_PLAINTEXT,REPLICATION:SSL,CONTROLLER:SSL",
        )
        .subject(MAP),
        Example::made("listener-default-plaintext", "listeners of node 2", |set| {
            for key in ["listeners", "advertised.listeners", "listener.security.protocol.map", "inter.broker.listener.name"]
            {
                set.remove("broker-2", key);
            }
        })
        .also(&["interbroker-differs", "interbroker-plaintext", "controller-plaintext", "listener-prefix-unknown"]),
        Example::broker(
            "interbroker-plaintext",
            "listener.security.protocol.map=CLIENTS:SASL_SSL,REPLICATION:PLAINTEXT,CONTROLLER:SSL",
        )
        .subject(MAP)
        .also(SAME),
        Example::broker(
            "controller-plaintext",
            "listener.security.protocol.map=CLIENTS:SASL_SSL,REPLICATION:SSL,CONTROLLER:PLAINTEXT",
        )
        .subject(MAP),
        Example::controller("controller-plaintext", "listener.security.protocol.map=CONTROLLER:PLAINTEXT"),
        Example::made("controller-plaintext", "listeners", |set| {
            set.remove("controller-2", "listener.security.protocol.map");
        }),
        Example::controller("ssl-client-auth-none", "ssl.client.auth=none"),
        Example::broker("ssl-client-auth-requested", "ssl.client.auth=requested").subject("ssl.client.auth in broker-2"),
        Example::broker("ssl-client-auth-requested", "listener.name.clients.ssl.client.auth=requested")
            .subject("listener.name.clients.ssl.client.auth in broker-2"),
        Example::made("ssl-client-auth-ignored", "ssl.client.auth", |set| {
            set.brokers("listener.security.protocol.map=CLIENTS:SASL_SSL,REPLICATION:SASL_SSL,CONTROLLER:SSL");
            set.brokers("sasl.enabled.mechanisms=SCRAM-SHA-512");
            set.brokers("sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512");
        }),
        Example::broker("ssl-hostname-verification-off", "ssl.endpoint.identification.algorithm=")
            .subject("ssl.endpoint.identification.algorithm in broker-2"),
        Example::controller("ssl-hostname-verification-off", "listener.name.controller.ssl.endpoint.identification.algorithm="),
        Example::controller("tls-weak", "ssl.enabled.protocols=TLSv1.2,TLSv1.1"),
        Example::controller("tls-weak", "ssl.protocol=TLSv1"),
        Example::controller("tls-weak", "ssl.cipher.suites=TLS_AES_256_GCM_SHA384, TLS_RSA_WITH_NULL_SHA256"),
        Example::controller("tls-weak", "listener.name.controller.ssl.cipher.suites=TLS_RSA_WITH_AES_128_CBC_SHA"),
        Example::made("tls-truststore-no-password", "ssl.truststore.location", |set| {
            set.remove("broker-2", "ssl.truststore.password");
        }),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::{all, run};
    use crate::snapshot::{NodeView, Origin, SCHEMA, Snapshot};
    use crate::testing::{Sample, properties, seen};

    fn found(file: &str) -> Vec<String> {
        let view = NodeView { properties: seen(properties("f", file)), ..NodeView::default() };
        let nodes = [(Origin("f".to_owned()), view)].into();
        let snapshot = Snapshot { schema: SCHEMA, program_version: String::new(), taken_at: Sample::NOW, nodes };
        let ours = |check: &&crate::checks::Check| CHECKS.iter().any(|own| own.id == check.id);
        let mut all_found = Vec::new();
        for check in all().filter(ours) {
            let findings = run(check, &Fleet::of(&snapshot)).findings;
            all_found.extend(findings.iter().map(|finding| format!("{} {:?}", check.id, check.severity_of(finding))));
        }
        all_found
    }

    #[test]
    fn a_node_that_only_its_own_machine_reaches_is_left_alone() {
        let file = "process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\n\
                    listeners=PLAINTEXT://localhost:9092, CONTROLLER://localhost:9093";
        assert_eq!(found(file), [""; 0]);
    }

    #[test]
    fn a_cluster_without_any_security_is_one_warning() {
        let file = "process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\n\
                    listeners=PLAINTEXT://:9092,CONTROLLER://:9093";
        assert_eq!(found(file), ["listener-plaintext-exposed Warning"]);
        assert_eq!(found("broker.id=1"), ["listener-default-plaintext Warning"]);
    }

    #[test]
    fn names_in_clear_are_a_warning_where_nothing_is_encrypted() {
        let file = "listeners=SASL_PLAINTEXT://:9092\nsecurity.inter.broker.protocol=SASL_PLAINTEXT\n\
                    sasl.enabled.mechanisms=SCRAM-SHA-512";
        assert_eq!(found(file), ["listener-plaintext-exposed Warning"]);
        assert_eq!(found(&file.replace("SCRAM-SHA-512", "PLAIN")), [""; 0], "sasl-plain-unencrypted tells");
    }

    #[test]
    fn a_listener_in_clear_beside_a_secured_one_is_critical() {
        let file = "listeners=PLAINTEXT://:9092,SSL://:9093\nsecurity.inter.broker.protocol=SSL\nssl.client.auth=required";
        assert_eq!(found(file), ["listener-plaintext-exposed Critical"]);
        let inside = "listeners=PLAINTEXT://:9092,SSL://:9093\nssl.client.auth=required";
        assert_eq!(found(inside), ["interbroker-plaintext Critical"]);
    }
}
