//! SASL and the secrets behind it: who may come in without proving who it is.

use super::compare::{each, each_cluster, values};
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity};
use crate::derive::fleet::{Fleet, Node, On};
use crate::derive::listeners::{Endpoint, Listeners, Protocol};
use crate::keys::{self, Scope};
use crate::snapshot::{Entry, Oddity, Setting};

const NODE: &str = "the node's file or DescribeConfigs";
const INTER_BROKER_MECHANISM: &str = "sasl.mechanism.inter.broker.protocol";
const HANDLER: &str = "sasl.server.callback.handler.class";
const MECHANISMS: [&str; 5] = ["GSSAPI", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"];

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "interbroker-mechanism-not-enabled",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "Brokers are to use a SASL mechanism that their own listener does not offer.",
        why: "Kafka refuses to start with it, or the mechanism is none that it knows.",
        fix: "Name a mechanism of sasl.enabled.mechanisms of the inter-broker listener.",
        references: &[
            "https://kafka.apache.org/documentation/#brokerconfigs_sasl.mechanism.inter.broker.protocol",
            "kafka.server.KafkaConfig.validateValues",
        ],
        needs: "the node's file",
        run: Run::Node(On::Brokers, inter_broker_mechanism),
    },
    Check {
        id: "sasl-plain-unencrypted",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Passwords are sent in clear: SASL/PLAIN without TLS.",
        why: "Who is on the way reads user and password of every client that connects.",
        fix: "Map the listener to SASL_SSL, or offer SCRAM-SHA-512 in place of PLAIN.",
        references: &["https://kafka.apache.org/documentation/#security_sasl_plain_production"],
        needs: NODE,
        run: Run::Node(On::Nodes, |node, found| {
            offered(node, found, "PLAIN", |listeners, endpoint, protocol| {
                let is = format!("{endpoint} speaks SASL_PLAINTEXT with PLAIN");
                let subject = node.subject(listeners.protocol_key());
                Ok((protocol == Protocol::SaslPlaintext).then(|| Finding::new(subject, is, "SASL_SSL")))
            })
        }),
    },
    Check {
        id: "sasl-plain-static",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "Users and passwords of SASL/PLAIN stand in the broker's configuration.",
        why: "To add or lock out a user every broker has to be changed, and whoever reads its files has all passwords.",
        fix: "Use SCRAM-SHA-512, or set a sasl.server.callback.handler.class that asks a directory.",
        references: &["https://kafka.apache.org/documentation/#security_sasl_plain_production", "KIP-86"],
        needs: NODE,
        run: Run::Node(On::Nodes, |node, found| {
            offered(node, found, "PLAIN", |listeners, endpoint, _| {
                let (key, handler) = listeners.of_mechanism(&endpoint.name, "PLAIN", HANDLER)?;
                let (enabled, _) = listeners.setting(&endpoint.name, "sasl.enabled.mechanisms")?;
                let is = format!("listener {} offers PLAIN, without {key}", endpoint.name);
                Ok(handler.is_none().then(|| Finding::new(node.subject(&enabled), is, "SCRAM, or a handler of its own")))
            })
        }),
    },
    Check {
        id: "sasl-oauth-unsecured",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "OAUTHBEARER takes tokens that nobody signed.",
        why: "Without a handler of its own Kafka takes unsecured tokens, made for development: every client can call \
              itself whatever it likes.",
        fix: "Set listener.name.NAME.oauthbearer.sasl.server.callback.handler.class to \
              org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler, and \
              sasl.oauthbearer.jwks.endpoint.url.",
        references: &["https://kafka.apache.org/documentation/#security_sasl_oauthbearer_production", "KIP-768"],
        needs: NODE,
        run: Run::Node(On::Nodes, |node, found| {
            offered(node, found, "OAUTHBEARER", |listeners, endpoint, _| {
                let (key, handler) = listeners.of_mechanism(&endpoint.name, "OAUTHBEARER", HANDLER)?;
                let (enabled, _) = listeners.setting(&endpoint.name, "sasl.enabled.mechanisms")?;
                let finding = match handler {
                    None => {
                        let is = format!("listener {} offers OAUTHBEARER, without {key}", endpoint.name);
                        Finding::new(node.subject(&enabled), is, "a handler that checks signatures")
                    }
                    Some(class) if class.contains("Unsecured") => {
                        Finding::new(node.subject(&key), node.says(&key), "a handler that checks signatures")
                    }
                    Some(_) => return Ok(None),
                };
                Ok(Some(finding))
            })
        }),
    },
    Check {
        id: "sasl-oauth-signature-unchecked",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "OAUTHBEARER takes tokens of any signature.",
        why: "Kafka's DefaultJwtValidator makes a BrokerJwtValidator, which checks signatures, only when it is handed the \
              provider's keys. Kafka 4.1 configures it without them, with or without a jwks.endpoint.url: it then reads the \
              token as clients do, and 4.1.1 was seen to let in a token that a foreign key had signed. Later releases do so \
              where no jwks.endpoint.url is set.",
        fix: "Set listener.name.NAME.oauthbearer.sasl.oauthbearer.jwt.validator.class to \
              org.apache.kafka.common.security.oauthbearer.BrokerJwtValidator.",
        references: &[
            "https://kafka.apache.org/documentation/#brokerconfigs_sasl.oauthbearer.jwt.validator.class",
            "KIP-1139",
            "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator",
        ],
        needs: NODE,
        run: Run::Node(On::Nodes, |node, found| {
            offered(node, found, "OAUTHBEARER", |listeners, endpoint, _| unchecked_signature(node, listeners, endpoint))
        }),
    },
    Check {
        id: "sasl-jaas-unprefixed",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "sasl.jaas.config of a broker lacks the prefix of listener and mechanism.",
        why: "Kafka ignores it with a line in the log: the broker uses the JAAS file of its JVM, or does not start.",
        fix: "Write listener.name.NAME.MECHANISM.sasl.jaas.config, name and mechanism in lower case.",
        references: &[
            "https://kafka.apache.org/documentation/#brokerconfigs_sasl.jaas.config",
            "org.apache.kafka.common.security.JaasContext.loadServerContext",
        ],
        needs: "the node's file",
        run: Run::Node(On::Nodes, unprefixed_jaas),
    },
    Check {
        id: "secrets-plaintext",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "Secrets stand in the file as they are.",
        why: "They are in every backup, image and repository that the file gets into. JAAS configurations, and passwords \
              of trust stores, which protect nothing secret, are not looked at.",
        fix: "Refer to them: KEY=${file:/etc/kafka/secrets.properties:NAME}, with config.providers=file.",
        references: &["KIP-297", "KIP-421", "https://kafka.apache.org/documentation/#config_providers"],
        needs: "the node's file",
        run: Run::Node(On::Files, plain_secrets),
    },
    Check {
        id: "conn-reauth-off",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "Connections outlive the credentials that opened them.",
        why: "A client whose token or ticket has expired, or was revoked, stays connected for as long as it likes.",
        fix: "Set connections.max.reauth.ms, to 3600000 for one hour.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_connections.max.reauth.ms", "KIP-368"],
        needs: NODE,
        run: Run::Node(On::Brokers, no_reauthentication),
    },
    Check {
        id: "delegation-secret-differs",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Some nodes have a secret for delegation tokens, and others have none.",
        why: "A token that one broker gave out is unknown to another. Whether the secrets are equal is not looked at: \
              they are never read.",
        fix: "Set the same delegation.token.secret.key on every broker and controller.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_delegation.token.secret.key", "KIP-900"],
        needs: "the files of several nodes",
        run: Run::Fleet(delegation_secret),
    },
    Check {
        id: "zk-acl-off",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "ZooKeeper is reached over TLS, and its nodes are open to everybody.",
        why: "Whoever reaches ZooKeeper can change topics, ACLs and credentials past Kafka.",
        fix: "Set zookeeper.set.acl=true, and run zookeeper-security-migration.sh --zookeeper.acl=secure.",
        references: &["https://kafka.apache.org/39/documentation.html#zk_authz"],
        needs: "the node's file",
        run: Run::Node(On::Brokers, open_zookeeper),
    },
    Check {
        id: "principal-builder-bad",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "A KRaft node builds principals with a class that is not Kafka's.",
        why: "Brokers hand requests on to controllers with the principal in them: the class must also be a \
              KafkaPrincipalSerde, else Kafka refuses to start.",
        fix: "Make sure that the class implements org.apache.kafka.common.security.auth.KafkaPrincipalSerde.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_principal.builder.class", "KIP-590"],
        needs: NODE,
        run: Run::Node(On::Nodes, principal_builder),
    },
];

/// Judges each listener that others reach, and that offers `mechanism`.
fn offered(
    node: &Node<'_>,
    found: &mut Found,
    mechanism: &str,
    judge: impl Fn(&Listeners<'_>, &Endpoint<'_>, Protocol) -> Result<Option<Finding>, super::Unknown>,
) -> Evaluated {
    let listeners = node.listeners()?;
    each(&listeners.bound.entries, |endpoint| {
        let Some(protocol) = listeners.protocol(&endpoint.name)?.filter(|protocol| protocol.is_sasl()) else {
            return Ok(());
        };
        if endpoint.address.is_loopback() || !listeners.mechanisms(&endpoint.name)?.contains(&mechanism) {
            return Ok(());
        }
        judge(&listeners, endpoint, protocol)?.into_iter().for_each(|finding| found.add(finding));
        Ok(())
    })
}

fn unchecked_signature(
    node: &Node<'_>,
    listeners: &Listeners<'_>,
    endpoint: &Endpoint<'_>,
) -> Result<Option<Finding>, super::Unknown> {
    const VALIDATOR: &str = "sasl.oauthbearer.jwt.validator.class";
    let of = |key| listeners.of_mechanism(&endpoint.name, "OAUTHBEARER", key);
    let (_, handler) = of(HANDLER)?;
    // Another handler, or none, is another matter: sasl-oauth-unsecured's.
    if !handler.is_some_and(|class| class.ends_with(".OAuthBearerValidatorCallbackHandler")) || !node.knows(VALIDATOR) {
        return Ok(None);
    }
    let (key, validator) = of(VALIDATOR)?;
    let unchecked = match validator {
        Some(class) if class.ends_with(".ClientJwtValidator") => true,
        Some(class) if !class.is_empty() && !class.ends_with(".DefaultJwtValidator") => false,
        _ => {
            let unknown = || super::Unknown::new("Its release is not known: --kafka.version names it.");
            let release = node.settings.release.ok_or_else(unknown)?;
            (release.0, release.1) == (4, 1) || of("sasl.oauthbearer.jwks.endpoint.url")?.1.is_none_or(str::is_empty)
        }
    };
    let is = format!("{key}={}", validator.filter(|class| !class.is_empty()).unwrap_or("Kafka's default, DefaultJwtValidator"));
    Ok(unchecked.then(|| Finding::new(node.subject(&key), is, "BrokerJwtValidator")))
}

fn inter_broker_mechanism(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let node = &node.at_restart();
    let listeners = node.listeners()?;
    let inter = listeners.inter_broker()?;
    let given = node.settings.given(INTER_BROKER_MECHANISM)?;
    let mechanism = given.unwrap_or("GSSAPI");
    let says = node.says(INTER_BROKER_MECHANISM);
    if inter.protocol.is_some_and(Protocol::is_sasl) {
        let offered = listeners.mechanisms(&inter.name)?;
        if !offered.contains(&mechanism) {
            let is = format!("{says}, and listener {} offers {}", inter.name, offered.join(", "));
            found.add(Finding::new(node.subject(INTER_BROKER_MECHANISM), is, "a mechanism of that listener"));
        }
    } else if given.is_some() && !MECHANISMS.contains(&mechanism) {
        let names = listeners.bound.entries.iter().map(|bound| listeners.mechanisms(&bound.name));
        if !names.collect::<Result<Vec<_>, _>>()?.concat().contains(&mechanism) {
            let expected = format!("one of {}", MECHANISMS.join(", "));
            let finding = Finding::new(node.subject(INTER_BROKER_MECHANISM), says, expected);
            found.add(finding.severity(Severity::Warning));
        }
    }
    Ok(())
}

fn unprefixed_jaas(node: &Node<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "sasl.jaas.config";
    for key in node.settings.written_keys()? {
        let of_listener = key.strip_prefix("listener.name.").and_then(|rest| rest.split_once('.'));
        if key == KEY || of_listener.is_some_and(|(_, rest)| rest == KEY) {
            found.add(Finding::new(node.subject(key), key, format!("listener.name.NAME.MECHANISM.{KEY}")));
        }
    }
    Ok(())
}

/// Whether an occurrence is a secret in clear.
fn is_plain_secret(scope: Scope, entry: &Entry) -> bool {
    const HARMLESS: [&str; 4] =
        ["sasl.jaas.config", "ssl.keystore.certificate.chain", "ssl.truststore.certificates", "ssl.truststore.password"];
    let key = keys::find(scope, &entry.key).and_then(keys::Found::key);
    let is_secret = key.is_some_and(|key| key.is_password() && !HARMLESS.contains(&key.name));
    let is_reference = |oddity: &Oddity| matches!(oddity, Oddity::ConfigProvider | Oddity::Placeholder);
    is_secret && entry.setting == Setting::Secret && !entry.oddities.iter().any(is_reference)
}

fn plain_secrets(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let file = node.file()?;
    let scope = node.settings.scope();
    let plain: Vec<&str> =
        file.effective().filter(|entry| is_plain_secret(scope, entry)).map(|entry| entry.key.as_str()).collect();
    if let Some(first) = plain.first() {
        let is = format!("in clear: {}", plain.join(", "));
        found.add(Finding::new(node.subject(first), is, "references such as ${file:PATH:NAME}"));
    }
    Ok(())
}

fn no_reauthentication(node: &Node<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "connections.max.reauth.ms";
    let listeners = node.listeners()?;
    each(&listeners.bound.entries, |endpoint| {
        let is_sasl = listeners.protocol(&endpoint.name)?.is_some_and(Protocol::is_sasl);
        let (enabled, value) = listeners.setting(&endpoint.name, "sasl.enabled.mechanisms")?;
        let expiring: Vec<&str> =
            value.value.split(',').map(str::trim).filter(|name| matches!(*name, "OAUTHBEARER" | "GSSAPI")).collect();
        if !is_sasl || expiring.is_empty() || !node.is_written(&enabled) || !node.knows(KEY) {
            return Ok(());
        }
        for mechanism in expiring {
            let (_, own) = listeners.of_mechanism(&endpoint.name, mechanism, KEY)?;
            let (key, all) = listeners.setting(&endpoint.name, KEY)?;
            if own.unwrap_or(all.value) == "0" {
                let is = format!("listener {} offers {mechanism}, and {}", endpoint.name, node.says(&key));
                found.add(Finding::new(node.subject(&key), is, "a bound on the life of a connection"));
            }
        }
        Ok(())
    })
}

fn delegation_secret(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    const KEYS: [&str; 2] = ["delegation.token.secret.key", "delegation.token.master.key"];
    each_cluster(fleet, On::Nodes, |nodes| {
        let (told, unknown) = values(&nodes, |node| {
            let file = node.file()?;
            Ok(KEYS.iter().any(|key| file.entry(key).is_some()))
        });
        if told.iter().any(|(_, has)| *has) {
            for (node, _) in told.iter().filter(|(_, has)| !has) {
                let is = "no delegation.token.secret.key, which other nodes have";
                found.add(Finding::new(node.subject(KEYS[0]), is, "the same secret on every node"));
            }
        }
        unknown
    })
}

fn open_zookeeper(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let says_true = |key: &str| Ok(node.settings.given(key)?.is_some_and(|value| value.eq_ignore_ascii_case("true")));
    if !node.is_kraft()? && says_true("zookeeper.ssl.client.enable")? && !says_true("zookeeper.set.acl")? {
        let is = node.both("zookeeper.ssl.client.enable", "zookeeper.set.acl");
        found.add(Finding::new(node.subject("zookeeper.set.acl"), is, "zookeeper.set.acl=true"));
    }
    Ok(())
}

fn principal_builder(node: &Node<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "principal.builder.class";
    let class = node.settings.given(KEY)?.unwrap_or("");
    let is_known = class.is_empty()
        || class.starts_with("org.apache.kafka.")
        || class == "io.strimzi.kafka.oauth.server.OAuthKafkaPrincipalBuilder";
    if !is_known && node.is_kraft()? {
        found.add(Finding::new(node.subject(KEY), node.says(KEY), "a class that is also a KafkaPrincipalSerde"));
    }
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::{Example, Set};
    fn oauth(set: &mut Set) {
        set.line("broker-2", "listener.name.clients.sasl.enabled.mechanisms=OAUTHBEARER");
        set.line(
            "broker-2",
            "listener.name.clients.oauthbearer.sasl.server.callback.handler.class=org.apache.kafka.common.security.\
             oauthbearer.OAuthBearerValidatorCallbackHandler",
        );
        set.line("broker-2", "connections.max.reauth.ms=3600000");
    }
    const INTER: &str = "inter.broker.listener.name=CLIENTS";
    &[
        Example::made("interbroker-mechanism-not-enabled", "sasl.mechanism.inter.broker.protocol of node 2", |set| {
            set.brokers(INTER);
        }),
        Example::broker("interbroker-mechanism-not-enabled", "sasl.mechanism.inter.broker.protocol=PLAINN"),
        Example::made("sasl-plain-unencrypted", "listener.security.protocol.map", |set| {
            set.line(
                "broker-2",
                "listener.security.protocol.map=CLIENTS:SASL_PLAINTEXT,REPLICATION:SSL,CONTROLLER:SSL",
            );
            set.line("broker-2", "listener.name.clients.sasl.enabled.mechanisms=SCRAM-SHA-512, PLAIN");
        })
        .also(&["sasl-plain-static"]),
        Example::broker("sasl-plain-static", "listener.name.clients.sasl.enabled.mechanisms=PLAIN")
            .subject("listener.name.clients.sasl.enabled.mechanisms in broker-2"),
        Example::broker("sasl-oauth-unsecured", "listener.name.clients.sasl.enabled.mechanisms=OAUTHBEARER")
            .subject("listener.name.clients.sasl.enabled.mechanisms in broker-2")
            .also(&["conn-reauth-off"]),
        Example::made("sasl-oauth-unsecured", "oauthbearer.sasl.server.callback.handler.class in broker-2", |set| {
            set.line("broker-2", "listener.name.clients.sasl.enabled.mechanisms=OAUTHBEARER");
            set.line(
                "broker-2",
                "listener.name.clients.oauthbearer.sasl.server.callback.handler.class=org.apache.kafka.common.security.\
                 oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler",
            );
            set.line("broker-2", "connections.max.reauth.ms=3600000");
        }),
        Example::made("sasl-oauth-signature-unchecked", "oauthbearer.sasl.oauthbearer.jwt.validator.class", |set| {
            oauth(set);
            set.line(
                "broker-2",
                "listener.name.clients.oauthbearer.sasl.oauthbearer.jwks.endpoint.url=https://idp.example.org/keys",
            );
        }),
        Example::made("sasl-oauth-signature-unchecked", "oauthbearer.sasl.oauthbearer.jwt.validator.class in broker-2", |set| {
            oauth(set);
            set.line(
                "broker-2",
                "listener.name.clients.oauthbearer.sasl.oauthbearer.jwt.validator.class=org.apache.kafka.common.security.\
                 oauthbearer.ClientJwtValidator",
            );
        }),
        Example::broker("sasl-jaas-unprefixed", "sasl.jaas.config=org.example.Module required;"),
        Example::broker("sasl-jaas-unprefixed", "listener.name.clients.sasl.jaas.config=org.example.Module required;"),
        Example::broker("secrets-plaintext", "ssl.keystore.password=changeit"),
        Example::made("conn-reauth-off", "connections.max.reauth.ms of node 2", |set| {
            set.line("broker-2", "listener.name.clients.sasl.enabled.mechanisms=SCRAM-SHA-512,GSSAPI");
        }),
        Example::controller("delegation-secret-differs", "delegation.token.secret.key=${file:/s:k}")
            .subject("delegation.token.secret.key of node 1 "),
        Example::made("zk-acl-off", "zookeeper.set.acl of node 2", |set| {
            set.zookeeper();
            set.line("broker-2", "zookeeper.ssl.client.enable=true");
        })
        .also(&["eol-version", "timestamp-future"]),
        Example::broker("principal-builder-bad", "principal.builder.class=org.example.Builder")
            .subject("principal.builder.class in broker-2"),
    ]
};
