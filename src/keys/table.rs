//! The table of settings. Made from `tests/fixtures/keys/kafka_keys.tsv` by `UPDATE_GOLDEN=1 cargo test --test
//! generated`; not edited by hand.

use super::DefaultValue::{Null, OfJava, Required, Text};
use super::Mode::{ClusterWide, NotTold, PerBroker, ReadOnly};
use super::Type::{Boolean, Class, Double, Int, List, Long, Password, Short, String};
use super::{DefaultValue, Key, Mode, Run, Scope, Type, Valid, Version};

const fn v(major: u8, minor: u8, third: u8) -> Version {
    Version(major, minor, third)
}

const fn r(since: Version, until: Version, kind: Type, mode: Mode, default: DefaultValue, valid: Valid) -> Run {
    Run { since, until, kind, mode, default, valid }
}

const fn k(scope: Scope, name: &'static str, internal: bool, runs: &'static [Run]) -> Key {
    Key { name, scope, internal, runs }
}

/// The releases of the table, oldest first.
pub static RELEASES: &[Version] = &[v(0, 9, 0), v(0, 10, 0), v(0, 10, 1), v(0, 10, 2), v(0, 11, 0), v(1, 0, 0), v(1, 1, 0), v(2, 0, 0), v(2, 1, 0), v(2, 2, 0), v(2, 3, 0), v(2, 4, 0), v(2, 5, 0), v(2, 6, 0), v(2, 7, 0), v(2, 8, 0), v(3, 0, 0), v(3, 1, 0), v(3, 2, 0), v(3, 3, 0), v(3, 4, 0), v(3, 5, 0), v(3, 6, 0), v(3, 7, 0), v(3, 8, 0), v(3, 9, 0), v(4, 0, 0), v(4, 1, 0), v(4, 2, 0), v(4, 3, 0)];

pub(super) static ADMIN: &[Key] = &[
    k(Scope::Admin, "auto.include.jmx.reporter", false, &[
        r(v(3, 4, 0), v(3, 9, 0), Boolean, NotTold, Text("true"), Valid::Any),
    ]),
    k(Scope::Admin, "bootstrap.controllers", false, &[
        r(v(3, 7, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Admin, "bootstrap.servers", false, &[
        r(v(2, 4, 0), v(3, 6, 0), List, NotTold, Required, Valid::Any),
        r(v(3, 7, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Admin, "client.dns.lookup", false, &[
        r(v(2, 4, 0), v(2, 5, 0), String, NotTold, Text("default"), Valid::OneOf(&["default", "use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"])),
        r(v(2, 6, 0), v(2, 8, 0), String, NotTold, Text("use_all_dns_ips"), Valid::OneOf(&["default", "use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"])),
        r(v(3, 0, 0), v(4, 3, 0), String, NotTold, Text("use_all_dns_ips"), Valid::OneOf(&["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"])),
    ]),
    k(Scope::Admin, "client.id", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Admin, "config.providers", false, &[
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Admin, "connections.max.idle.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("300000"), Valid::Any),
    ]),
    k(Scope::Admin, "default.api.timeout.ms", false, &[
        r(v(2, 5, 0), v(4, 3, 0), Int, NotTold, Text("60000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Admin, "enable.metrics.push", false, &[
        r(v(3, 7, 0), v(3, 9, 0), Boolean, NotTold, Text("true"), Valid::Any),
        r(v(4, 0, 0), v(4, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
    ]),
    k(Scope::Admin, "metadata.max.age.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("300000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Admin, "metadata.recovery.rebootstrap.trigger.ms", false, &[
        r(v(4, 0, 0), v(4, 3, 0), Long, NotTold, Text("300000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Admin, "metadata.recovery.strategy", false, &[
        r(v(3, 8, 0), v(3, 9, 0), String, NotTold, Text("none"), Valid::OneOfAnyCase(&["REBOOTSTRAP", "NONE"])),
        r(v(4, 0, 0), v(4, 3, 0), String, NotTold, Text("rebootstrap"), Valid::OneOfAnyCase(&["REBOOTSTRAP", "NONE"])),
    ]),
    k(Scope::Admin, "metric.reporters", false, &[
        r(v(2, 4, 0), v(3, 9, 0), List, NotTold, Text(""), Valid::Any),
        r(v(4, 0, 0), v(4, 3, 0), List, NotTold, Text("org.apache.kafka.common.metrics.JmxReporter"), Valid::Any),
    ]),
    k(Scope::Admin, "metrics.num.samples", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("2"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Admin, "metrics.recording.level", false, &[
        r(v(2, 4, 0), v(2, 6, 0), String, NotTold, Text("INFO"), Valid::OneOf(&["INFO", "DEBUG"])),
        r(v(2, 7, 0), v(4, 3, 0), String, NotTold, Text("INFO"), Valid::OneOf(&["INFO", "DEBUG", "TRACE"])),
    ]),
    k(Scope::Admin, "metrics.sample.window.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("30000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Admin, "receive.buffer.bytes", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("65536"), Valid::Int(-1, i64::MAX)),
    ]),
    k(Scope::Admin, "reconnect.backoff.max.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("1000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Admin, "reconnect.backoff.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("50"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Admin, "request.timeout.ms", false, &[
        r(v(2, 4, 0), v(2, 4, 0), Int, NotTold, Text("120000"), Valid::Int(0, i64::MAX)),
        r(v(2, 5, 0), v(4, 3, 0), Int, NotTold, Text("30000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Admin, "retries", false, &[
        r(v(2, 4, 0), v(2, 4, 0), Int, NotTold, Text("5"), Valid::Int(0, i64::MAX)),
        r(v(2, 5, 0), v(4, 3, 0), Int, NotTold, Text("2147483647"), Valid::Int(0, 2147483647)),
    ]),
    k(Scope::Admin, "retry.backoff.max.ms", false, &[
        r(v(3, 7, 0), v(4, 3, 0), Long, NotTold, Text("1000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Admin, "retry.backoff.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("100"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Admin, "sasl.client.callback.handler.class", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.jaas.config", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.kerberos.kinit.cmd", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("/usr/bin/kinit"), Valid::Any),
    ]),
    k(Scope::Admin, "sasl.kerberos.min.time.before.relogin", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("60000"), Valid::Any),
    ]),
    k(Scope::Admin, "sasl.kerberos.service.name", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.kerberos.ticket.renew.jitter", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Double, NotTold, Text("0.05"), Valid::Any),
    ]),
    k(Scope::Admin, "sasl.kerberos.ticket.renew.window.factor", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Double, NotTold, Text("0.8"), Valid::Any),
    ]),
    k(Scope::Admin, "sasl.login.callback.handler.class", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.login.class", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.login.connect.timeout.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Int, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.login.read.timeout.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Int, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.login.refresh.buffer.seconds", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Short, NotTold, Text("300"), Valid::Int(0, 3600)),
    ]),
    k(Scope::Admin, "sasl.login.refresh.min.period.seconds", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Short, NotTold, Text("60"), Valid::Int(0, 900)),
    ]),
    k(Scope::Admin, "sasl.login.refresh.window.factor", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Double, NotTold, Text("0.8"), Valid::Double(0.5, 1.0)),
    ]),
    k(Scope::Admin, "sasl.login.refresh.window.jitter", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Double, NotTold, Text("0.05"), Valid::Double(0.0, 0.25)),
    ]),
    k(Scope::Admin, "sasl.login.retry.backoff.max.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("10000"), Valid::Any),
    ]),
    k(Scope::Admin, "sasl.login.retry.backoff.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("100"), Valid::Any),
    ]),
    k(Scope::Admin, "sasl.mechanism", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("GSSAPI"), Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.assertion.algorithm", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Text("RS256"), Valid::OneOfAnyCase(&["ES256", "RS256"])),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.assertion.claim.aud", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.assertion.claim.exp.seconds", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, NotTold, Text("300"), Valid::Int(0, 86400)),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.assertion.claim.iss", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.assertion.claim.jti.include", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.assertion.claim.nbf.seconds", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, NotTold, Text("60"), Valid::Int(0, 3600)),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.assertion.claim.sub", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.assertion.file", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.assertion.private.key.file", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.assertion.private.key.passphrase", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.assertion.template.file", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.client.credentials.client.id", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.client.credentials.client.secret", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.clock.skew.seconds", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Int, NotTold, Text("30"), Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.expected.audience", false, &[
        r(v(3, 1, 0), v(4, 1, 0), List, NotTold, Null, Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.expected.issuer", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.header.urlencode", false, &[
        r(v(3, 9, 0), v(4, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.jwks.endpoint.refresh.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("3600000"), Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("10000"), Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("100"), Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.jwks.endpoint.url", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.jwt.retriever.class", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Class, NotTold, Text("org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever"), Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.jwt.validator.class", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Class, NotTold, Text("org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator"), Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.scope", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.scope.claim.name", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Text("scope"), Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.sub.claim.name", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Text("sub"), Valid::Any),
    ]),
    k(Scope::Admin, "sasl.oauthbearer.token.endpoint.url", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "security.protocol", false, &[
        r(v(2, 4, 0), v(3, 2, 0), String, NotTold, Text("PLAINTEXT"), Valid::Any),
        r(v(3, 3, 0), v(3, 4, 0), String, NotTold, Text("PLAINTEXT"), Valid::OneOf(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])),
        r(v(3, 5, 0), v(4, 3, 0), String, NotTold, Text("PLAINTEXT"), Valid::OneOfAnyCase(&["SASL_SSL", "PLAINTEXT", "SSL", "SASL_PLAINTEXT"])),
    ]),
    k(Scope::Admin, "security.providers", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "send.buffer.bytes", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("131072"), Valid::Int(-1, i64::MAX)),
    ]),
    k(Scope::Admin, "socket.connection.setup.timeout.max.ms", false, &[
        r(v(2, 7, 0), v(2, 7, 0), Long, NotTold, Text("127000"), Valid::Any),
        r(v(2, 8, 0), v(4, 3, 0), Long, NotTold, Text("30000"), Valid::Any),
    ]),
    k(Scope::Admin, "socket.connection.setup.timeout.ms", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Long, NotTold, Text("10000"), Valid::Any),
    ]),
    k(Scope::Admin, "ssl.cipher.suites", false, &[
        r(v(2, 4, 0), v(4, 1, 0), List, NotTold, Null, Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Admin, "ssl.enabled.protocols", false, &[
        r(v(2, 4, 0), v(2, 4, 0), List, NotTold, OfJava, Valid::Any),
        r(v(2, 5, 0), v(2, 5, 0), List, NotTold, OfJava, Valid::Any),
        r(v(2, 6, 0), v(4, 3, 0), List, NotTold, OfJava, Valid::Any),
    ]),
    k(Scope::Admin, "ssl.endpoint.identification.algorithm", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("https"), Valid::Any),
    ]),
    k(Scope::Admin, "ssl.engine.factory.class", false, &[
        r(v(2, 6, 0), v(4, 3, 0), Class, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "ssl.key.password", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "ssl.keymanager.algorithm", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("SunX509"), Valid::Any),
    ]),
    k(Scope::Admin, "ssl.keystore.certificate.chain", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "ssl.keystore.key", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "ssl.keystore.location", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "ssl.keystore.password", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "ssl.keystore.type", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("JKS"), Valid::Any),
    ]),
    k(Scope::Admin, "ssl.protocol", false, &[
        r(v(2, 4, 0), v(2, 4, 0), String, NotTold, OfJava, Valid::Any),
        r(v(2, 5, 0), v(2, 5, 0), String, NotTold, OfJava, Valid::Any),
        r(v(2, 6, 0), v(4, 3, 0), String, NotTold, OfJava, Valid::Any),
    ]),
    k(Scope::Admin, "ssl.provider", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "ssl.secure.random.implementation", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "ssl.trustmanager.algorithm", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("PKIX"), Valid::Any),
    ]),
    k(Scope::Admin, "ssl.truststore.certificates", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "ssl.truststore.location", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "ssl.truststore.password", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Admin, "ssl.truststore.type", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("JKS"), Valid::Any),
    ]),
];

pub(super) static BROKER: &[Key] = &[
    k(Scope::Broker, "add.partitions.to.txn.retry.backoff.max.ms", false, &[
        r(v(4, 0, 0), v(4, 3, 0), Int, ReadOnly, Text("100"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "add.partitions.to.txn.retry.backoff.ms", false, &[
        r(v(4, 0, 0), v(4, 3, 0), Int, ReadOnly, Text("20"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "advertised.host.name", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(2, 8, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "advertised.listeners", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(3, 9, 0), String, PerBroker, Null, Valid::Any),
        r(v(4, 0, 0), v(4, 1, 0), String, ReadOnly, Null, Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "advertised.port", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(2, 8, 0), Int, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "alter.config.policy.class.name", false, &[
        r(v(0, 11, 0), v(1, 0, 0), Class, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Class, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "alter.log.dirs.replication.quota.window.num", false, &[
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("11"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "alter.log.dirs.replication.quota.window.size.seconds", false, &[
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("1"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "authorizer.class.name", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Text(""), Valid::Any),
        r(v(1, 1, 0), v(3, 2, 0), String, ReadOnly, Text(""), Valid::Any),
        r(v(3, 3, 0), v(4, 3, 0), String, ReadOnly, Text(""), Valid::Any),
    ]),
    k(Scope::Broker, "auto.create.topics.enable", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Boolean, NotTold, Text("true"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Boolean, ReadOnly, Text("true"), Valid::Any),
    ]),
    k(Scope::Broker, "auto.include.jmx.reporter", false, &[
        r(v(3, 4, 0), v(3, 9, 0), Boolean, ReadOnly, Text("true"), Valid::Any),
    ]),
    k(Scope::Broker, "auto.leader.rebalance.enable", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Boolean, NotTold, Text("true"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Boolean, ReadOnly, Text("true"), Valid::Any),
    ]),
    k(Scope::Broker, "background.threads", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("10"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ClusterWide, Text("10"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "broker.heartbeat.interval.ms", false, &[
        r(v(2, 8, 0), v(2, 8, 0), Int, ReadOnly, Text("2000"), Valid::Any),
        r(v(3, 0, 0), v(4, 3, 0), Int, ReadOnly, Text("2000"), Valid::Any),
    ]),
    k(Scope::Broker, "broker.id", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("-1"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("-1"), Valid::Any),
    ]),
    k(Scope::Broker, "broker.id.generation.enable", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Boolean, NotTold, Text("true"), Valid::Any),
        r(v(1, 1, 0), v(3, 9, 0), Boolean, ReadOnly, Text("true"), Valid::Any),
    ]),
    k(Scope::Broker, "broker.rack", false, &[
        r(v(0, 10, 0), v(1, 0, 0), String, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "broker.session.timeout.ms", false, &[
        r(v(2, 8, 0), v(2, 8, 0), Int, ReadOnly, Text("9000"), Valid::Any),
        r(v(3, 0, 0), v(4, 3, 0), Int, ReadOnly, Text("9000"), Valid::Any),
    ]),
    k(Scope::Broker, "client.quota.callback.class", false, &[
        r(v(2, 0, 0), v(4, 3, 0), Class, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "compression.gzip.level", false, &[
        r(v(3, 8, 0), v(4, 3, 0), Int, ClusterWide, Text("-1"), Valid::IntOr(1, 9, -1)),
    ]),
    k(Scope::Broker, "compression.lz4.level", false, &[
        r(v(3, 8, 0), v(4, 3, 0), Int, ClusterWide, Text("9"), Valid::Int(1, 17)),
    ]),
    k(Scope::Broker, "compression.type", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Text("producer"), Valid::Any),
        r(v(1, 1, 0), v(3, 2, 0), String, ClusterWide, Text("producer"), Valid::Any),
        r(v(3, 3, 0), v(4, 3, 0), String, ClusterWide, Text("producer"), Valid::OneOf(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"])),
    ]),
    k(Scope::Broker, "compression.zstd.level", false, &[
        r(v(3, 8, 0), v(4, 3, 0), Int, ClusterWide, Text("3"), Valid::Int(-131072, 22)),
    ]),
    k(Scope::Broker, "config.providers", false, &[
        r(v(4, 2, 0), v(4, 3, 0), List, ClusterWide, Text(""), Valid::Any),
    ]),
    k(Scope::Broker, "connection.failed.authentication.delay.ms", false, &[
        r(v(2, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("100"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "connections.max.idle.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Text("600000"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Long, ReadOnly, Text("600000"), Valid::Any),
    ]),
    k(Scope::Broker, "connections.max.reauth.ms", false, &[
        r(v(2, 2, 0), v(4, 3, 0), Long, ReadOnly, Text("0"), Valid::Any),
    ]),
    k(Scope::Broker, "control.plane.listener.name", false, &[
        r(v(2, 2, 0), v(3, 9, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "controlled.shutdown.enable", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Boolean, NotTold, Text("true"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Boolean, ReadOnly, Text("true"), Valid::Any),
    ]),
    k(Scope::Broker, "controlled.shutdown.max.retries", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("3"), Valid::Any),
        r(v(1, 1, 0), v(3, 9, 0), Int, ReadOnly, Text("3"), Valid::Any),
    ]),
    k(Scope::Broker, "controlled.shutdown.retry.backoff.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Text("5000"), Valid::Any),
        r(v(1, 1, 0), v(3, 9, 0), Long, ReadOnly, Text("5000"), Valid::Any),
    ]),
    k(Scope::Broker, "controller.listener.names", false, &[
        r(v(2, 8, 0), v(2, 8, 0), String, ReadOnly, Null, Valid::Any),
        r(v(3, 0, 0), v(4, 1, 0), String, ReadOnly, Null, Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, ReadOnly, Required, Valid::Any),
    ]),
    k(Scope::Broker, "controller.performance.always.log.threshold.ms", true, &[
        r(v(4, 0, 0), v(4, 3, 0), Long, ReadOnly, Text("2000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "controller.performance.sample.period.ms", true, &[
        r(v(4, 0, 0), v(4, 3, 0), Long, ReadOnly, Text("60000"), Valid::Int(100, i64::MAX)),
    ]),
    k(Scope::Broker, "controller.quorum.append.linger.ms", false, &[
        r(v(2, 8, 0), v(2, 8, 0), Int, ReadOnly, Text("25"), Valid::Any),
        r(v(3, 0, 0), v(4, 0, 0), Int, ReadOnly, Text("25"), Valid::Any),
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("25"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "controller.quorum.auto.join.enable", false, &[
        r(v(4, 2, 0), v(4, 3, 0), Boolean, ReadOnly, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "controller.quorum.bootstrap.servers", false, &[
        r(v(3, 8, 0), v(3, 8, 0), List, ReadOnly, Text(""), Valid::Any),
        r(v(3, 9, 0), v(4, 3, 0), List, ReadOnly, Text(""), Valid::Any),
    ]),
    k(Scope::Broker, "controller.quorum.election.backoff.max.ms", false, &[
        r(v(2, 8, 0), v(2, 8, 0), Int, ReadOnly, Text("1000"), Valid::Any),
        r(v(3, 0, 0), v(4, 0, 0), Int, ReadOnly, Text("1000"), Valid::Any),
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("1000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "controller.quorum.election.timeout.ms", false, &[
        r(v(2, 8, 0), v(2, 8, 0), Int, ReadOnly, Text("1000"), Valid::Any),
        r(v(3, 0, 0), v(4, 0, 0), Int, ReadOnly, Text("1000"), Valid::Any),
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("1000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "controller.quorum.fetch.max.bytes", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Int, ReadOnly, Text("1048576"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "controller.quorum.fetch.snapshot.max.bytes", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Int, ReadOnly, Text("1048576"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "controller.quorum.fetch.timeout.ms", false, &[
        r(v(2, 8, 0), v(2, 8, 0), Int, ReadOnly, Text("2000"), Valid::Any),
        r(v(3, 0, 0), v(4, 0, 0), Int, ReadOnly, Text("2000"), Valid::Any),
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("2000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "controller.quorum.request.timeout.ms", false, &[
        r(v(2, 8, 0), v(2, 8, 0), Int, ReadOnly, Text("2000"), Valid::Any),
        r(v(3, 0, 0), v(4, 0, 0), Int, ReadOnly, Text("2000"), Valid::Any),
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("2000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "controller.quorum.retry.backoff.ms", false, &[
        r(v(2, 8, 0), v(2, 8, 0), Int, ReadOnly, Text("20"), Valid::Any),
        r(v(3, 0, 0), v(4, 0, 0), Int, ReadOnly, Text("20"), Valid::Any),
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("20"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "controller.quorum.voters", false, &[
        r(v(2, 8, 0), v(2, 8, 0), List, ReadOnly, Text(""), Valid::Any),
        r(v(3, 0, 0), v(4, 3, 0), List, ReadOnly, Text(""), Valid::Any),
    ]),
    k(Scope::Broker, "controller.quota.window.num", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Int, ReadOnly, Text("11"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "controller.quota.window.size.seconds", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Int, ReadOnly, Text("1"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "controller.socket.timeout.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("30000"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("30000"), Valid::Any),
    ]),
    k(Scope::Broker, "cordoned.log.dirs", false, &[
        r(v(4, 3, 0), v(4, 3, 0), List, PerBroker, Text(""), Valid::Any),
    ]),
    k(Scope::Broker, "create.topic.policy.class.name", false, &[
        r(v(0, 10, 2), v(1, 0, 0), Class, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Class, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "default.replication.factor", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("1"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("1"), Valid::Any),
    ]),
    k(Scope::Broker, "delegation.token.expiry.check.interval.ms", false, &[
        r(v(1, 1, 0), v(4, 3, 0), Long, ReadOnly, Text("3600000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "delegation.token.expiry.time.ms", false, &[
        r(v(1, 1, 0), v(4, 3, 0), Long, ReadOnly, Text("86400000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "delegation.token.master.key", false, &[
        r(v(1, 1, 0), v(3, 9, 0), Password, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "delegation.token.max.lifetime.ms", false, &[
        r(v(1, 1, 0), v(4, 3, 0), Long, ReadOnly, Text("604800000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "delegation.token.secret.key", false, &[
        r(v(2, 8, 0), v(4, 3, 0), Password, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "delete.records.purgatory.purge.interval.requests", false, &[
        r(v(0, 11, 0), v(1, 0, 0), Int, NotTold, Text("1"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("1"), Valid::Any),
    ]),
    k(Scope::Broker, "delete.topic.enable", false, &[
        r(v(0, 9, 0), v(0, 11, 0), Boolean, NotTold, Text("false"), Valid::Any),
        r(v(1, 0, 0), v(1, 0, 0), Boolean, NotTold, Text("true"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Boolean, ReadOnly, Text("true"), Valid::Any),
    ]),
    k(Scope::Broker, "early.start.listeners", false, &[
        r(v(3, 3, 0), v(4, 1, 0), String, ReadOnly, Null, Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "eligible.leader.replicas.enable", false, &[
        r(v(3, 7, 0), v(3, 9, 0), Boolean, ReadOnly, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "fetch.max.bytes", false, &[
        r(v(2, 5, 0), v(4, 3, 0), Int, ReadOnly, Text("57671680"), Valid::Int(1024, i64::MAX)),
    ]),
    k(Scope::Broker, "fetch.purgatory.purge.interval.requests", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("1000"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("1000"), Valid::Any),
    ]),
    k(Scope::Broker, "follower.fetch.last.tiered.offset.enable", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Boolean, ClusterWide, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "follower.replication.throttled.rate", false, &[
        r(v(3, 9, 0), v(4, 2, 0), Long, PerBroker, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
        r(v(4, 3, 0), v(4, 3, 0), Long, ClusterWide, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "group.consumer.assignment.interval.ms", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Int, ClusterWide, Text("1000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "group.consumer.assignors", false, &[
        r(v(3, 5, 0), v(3, 5, 0), List, ReadOnly, Text(""), Valid::Any),
        r(v(3, 6, 0), v(3, 6, 0), List, ReadOnly, Text("org.apache.kafka.coordinator.group.assignor.RangeAssignor"), Valid::Any),
        r(v(3, 7, 0), v(3, 9, 0), List, ReadOnly, Text("org.apache.kafka.coordinator.group.assignor.UniformAssignor,org.apache.kafka.coordinator.group.assignor.RangeAssignor"), Valid::Any),
        r(v(4, 0, 0), v(4, 3, 0), List, ReadOnly, Text("uniform,range"), Valid::Any),
    ]),
    k(Scope::Broker, "group.consumer.heartbeat.interval.ms", false, &[
        r(v(3, 5, 0), v(3, 6, 0), Int, ReadOnly, Text("5000"), Valid::Int(1, i64::MAX)),
        r(v(3, 7, 0), v(4, 3, 0), Int, ReadOnly, Text("5000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.consumer.max.assignment.interval.ms", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Int, ReadOnly, Text("15000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "group.consumer.max.heartbeat.interval.ms", false, &[
        r(v(3, 5, 0), v(3, 6, 0), Int, ReadOnly, Text("15000"), Valid::Int(1, i64::MAX)),
        r(v(3, 7, 0), v(4, 3, 0), Int, ReadOnly, Text("15000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.consumer.max.session.timeout.ms", false, &[
        r(v(3, 5, 0), v(3, 6, 0), Int, ReadOnly, Text("60000"), Valid::Int(1, i64::MAX)),
        r(v(3, 7, 0), v(4, 3, 0), Int, ReadOnly, Text("60000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.consumer.max.size", false, &[
        r(v(3, 5, 0), v(3, 6, 0), Int, ReadOnly, Text("2147483647"), Valid::Int(1, i64::MAX)),
        r(v(3, 7, 0), v(4, 3, 0), Int, ReadOnly, Text("2147483647"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.consumer.migration.policy", false, &[
        r(v(3, 8, 0), v(3, 8, 0), String, ReadOnly, Text("disabled"), Valid::OneOfAnyCase(&["DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"])),
        r(v(3, 9, 0), v(3, 9, 0), String, ReadOnly, Text("disabled"), Valid::OneOfAnyCase(&["DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"])),
        r(v(4, 0, 0), v(4, 3, 0), String, ReadOnly, Text("bidirectional"), Valid::OneOfAnyCase(&["DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"])),
    ]),
    k(Scope::Broker, "group.consumer.min.assignment.interval.ms", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Int, ReadOnly, Text("0"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "group.consumer.min.heartbeat.interval.ms", false, &[
        r(v(3, 5, 0), v(3, 6, 0), Int, ReadOnly, Text("5000"), Valid::Int(1, i64::MAX)),
        r(v(3, 7, 0), v(4, 3, 0), Int, ReadOnly, Text("5000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.consumer.min.session.timeout.ms", false, &[
        r(v(3, 5, 0), v(3, 6, 0), Int, ReadOnly, Text("45000"), Valid::Int(1, i64::MAX)),
        r(v(3, 7, 0), v(4, 3, 0), Int, ReadOnly, Text("45000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.consumer.regex.refresh.interval.ms", true, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("600000"), Valid::Int(10000, i64::MAX)),
    ]),
    k(Scope::Broker, "group.consumer.session.timeout.ms", false, &[
        r(v(3, 5, 0), v(3, 6, 0), Int, ReadOnly, Text("45000"), Valid::Int(1, i64::MAX)),
        r(v(3, 7, 0), v(4, 3, 0), Int, ReadOnly, Text("45000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.coordinator.append.linger.ms", false, &[
        r(v(3, 8, 0), v(3, 9, 0), Int, ReadOnly, Text("10"), Valid::Int(0, i64::MAX)),
        r(v(4, 0, 0), v(4, 1, 0), Int, ReadOnly, Text("5"), Valid::Int(0, i64::MAX)),
        r(v(4, 2, 0), v(4, 3, 0), Int, ReadOnly, Text("-1"), Valid::Int(-1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.coordinator.background.threads", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Int, ReadOnly, Text("2"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.coordinator.cached.buffer.max.bytes", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Int, ClusterWide, Text("1048588"), Valid::Int(524288, i64::MAX)),
    ]),
    k(Scope::Broker, "group.coordinator.new.enable", true, &[
        r(v(3, 5, 0), v(3, 9, 0), Boolean, ReadOnly, Text("false"), Valid::Any),
        r(v(4, 0, 0), v(4, 0, 0), Boolean, ReadOnly, Text("true"), Valid::Any),
    ]),
    k(Scope::Broker, "group.coordinator.rebalance.protocols", false, &[
        r(v(3, 7, 0), v(3, 7, 0), List, ReadOnly, Text("classic"), Valid::OneOf(&["consumer", "classic"])),
        r(v(3, 8, 0), v(3, 8, 0), List, ReadOnly, Text("classic"), Valid::OneOf(&["consumer", "classic", "unknown"])),
        r(v(3, 9, 0), v(3, 9, 0), List, ReadOnly, Text("classic"), Valid::OneOf(&["consumer", "classic", "share", "unknown"])),
        r(v(4, 0, 0), v(4, 0, 0), List, ReadOnly, Text("classic,consumer"), Valid::OneOf(&["consumer", "classic", "share"])),
        r(v(4, 1, 0), v(4, 3, 0), List, ReadOnly, Text("classic,consumer,streams"), Valid::OneOf(&["consumer", "classic", "share", "streams"])),
    ]),
    k(Scope::Broker, "group.coordinator.threads", false, &[
        r(v(3, 5, 0), v(3, 6, 0), Int, ReadOnly, Text("1"), Valid::Int(1, i64::MAX)),
        r(v(3, 7, 0), v(3, 9, 0), Int, ReadOnly, Text("1"), Valid::Int(1, i64::MAX)),
        r(v(4, 0, 0), v(4, 3, 0), Int, ReadOnly, Text("4"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.initial.rebalance.delay.ms", false, &[
        r(v(0, 11, 0), v(1, 0, 0), Int, NotTold, Text("3000"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("3000"), Valid::Any),
    ]),
    k(Scope::Broker, "group.max.session.timeout.ms", false, &[
        r(v(0, 9, 0), v(0, 9, 0), Int, NotTold, Text("30000"), Valid::Any),
        r(v(0, 10, 0), v(1, 0, 0), Int, NotTold, Text("300000"), Valid::Any),
        r(v(1, 1, 0), v(2, 2, 0), Int, ReadOnly, Text("300000"), Valid::Any),
        r(v(2, 3, 0), v(4, 3, 0), Int, ReadOnly, Text("1800000"), Valid::Any),
    ]),
    k(Scope::Broker, "group.max.size", false, &[
        r(v(2, 2, 0), v(4, 3, 0), Int, ReadOnly, Text("2147483647"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.min.session.timeout.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("6000"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("6000"), Valid::Any),
    ]),
    k(Scope::Broker, "group.share.assignment.interval.ms", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Int, ClusterWide, Text("1000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "group.share.assignors", false, &[
        r(v(4, 1, 0), v(4, 3, 0), List, ReadOnly, Text("simple"), Valid::Any),
    ]),
    k(Scope::Broker, "group.share.delivery.count.limit", false, &[
        r(v(3, 9, 0), v(4, 3, 0), Int, ReadOnly, Text("5"), Valid::Int(2, 10)),
    ]),
    k(Scope::Broker, "group.share.enable", true, &[
        r(v(3, 9, 0), v(4, 2, 0), Boolean, ReadOnly, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "group.share.heartbeat.interval.ms", false, &[
        r(v(3, 9, 0), v(4, 3, 0), Int, ReadOnly, Text("5000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.share.initialize.retry.interval.ms", true, &[
        r(v(4, 2, 0), v(4, 3, 0), Int, ReadOnly, Text("30000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.share.max.assignment.interval.ms", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Int, ReadOnly, Text("15000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "group.share.max.delivery.count.limit", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Int, ReadOnly, Text("10"), Valid::Int(5, 25)),
    ]),
    k(Scope::Broker, "group.share.max.groups", false, &[
        r(v(3, 9, 0), v(4, 0, 0), Short, ReadOnly, Text("10"), Valid::Int(1, 100)),
    ]),
    k(Scope::Broker, "group.share.max.heartbeat.interval.ms", false, &[
        r(v(3, 9, 0), v(4, 3, 0), Int, ReadOnly, Text("15000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.share.max.partition.max.record.locks", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Int, ReadOnly, Text("4000"), Valid::Int(2000, 10000)),
    ]),
    k(Scope::Broker, "group.share.max.record.lock.duration.ms", false, &[
        r(v(3, 9, 0), v(4, 3, 0), Int, ReadOnly, Text("60000"), Valid::Int(30000, 3600000)),
    ]),
    k(Scope::Broker, "group.share.max.session.timeout.ms", false, &[
        r(v(3, 9, 0), v(4, 3, 0), Int, ReadOnly, Text("60000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.share.max.share.sessions", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("2000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.share.max.size", false, &[
        r(v(3, 9, 0), v(3, 9, 0), Short, ReadOnly, Text("200"), Valid::Int(10, 1000)),
        r(v(4, 0, 0), v(4, 3, 0), Int, ReadOnly, Text("200"), Valid::Int(1, 1000)),
    ]),
    k(Scope::Broker, "group.share.min.assignment.interval.ms", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Int, ReadOnly, Text("0"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "group.share.min.delivery.count.limit", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Int, ReadOnly, Text("2"), Valid::Int(2, 5)),
    ]),
    k(Scope::Broker, "group.share.min.heartbeat.interval.ms", false, &[
        r(v(3, 9, 0), v(4, 3, 0), Int, ReadOnly, Text("5000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.share.min.partition.max.record.locks", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Int, ReadOnly, Text("100"), Valid::Int(100, 2000)),
    ]),
    k(Scope::Broker, "group.share.min.record.lock.duration.ms", false, &[
        r(v(3, 9, 0), v(4, 3, 0), Int, ReadOnly, Text("15000"), Valid::Int(1000, 30000)),
    ]),
    k(Scope::Broker, "group.share.min.session.timeout.ms", false, &[
        r(v(3, 9, 0), v(4, 3, 0), Int, ReadOnly, Text("45000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.share.partition.max.record.locks", false, &[
        r(v(3, 9, 0), v(4, 0, 0), Int, ReadOnly, Text("200"), Valid::Int(100, 10000)),
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("2000"), Valid::Int(100, 10000)),
    ]),
    k(Scope::Broker, "group.share.persister.class.name", true, &[
        r(v(4, 0, 0), v(4, 3, 0), String, ReadOnly, Text("org.apache.kafka.server.share.persister.DefaultStatePersister"), Valid::Any),
    ]),
    k(Scope::Broker, "group.share.record.lock.duration.ms", false, &[
        r(v(3, 9, 0), v(3, 9, 0), Int, ReadOnly, Text("30000"), Valid::Int(1000, 60000)),
        r(v(4, 0, 0), v(4, 3, 0), Int, ReadOnly, Text("30000"), Valid::Int(1000, 3600000)),
    ]),
    k(Scope::Broker, "group.share.session.timeout.ms", false, &[
        r(v(3, 9, 0), v(4, 3, 0), Int, ReadOnly, Text("45000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.streams.assignment.interval.ms", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Int, ClusterWide, Text("1000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "group.streams.heartbeat.interval.ms", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("5000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.streams.initial.rebalance.delay.ms", false, &[
        r(v(4, 2, 0), v(4, 3, 0), Int, ReadOnly, Text("3000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "group.streams.max.assignment.interval.ms", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Int, ReadOnly, Text("15000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "group.streams.max.heartbeat.interval.ms", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("15000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.streams.max.session.timeout.ms", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("60000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.streams.max.size", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("2147483647"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.streams.max.standby.replicas", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("2"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "group.streams.min.assignment.interval.ms", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Int, ReadOnly, Text("0"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "group.streams.min.heartbeat.interval.ms", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("5000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.streams.min.session.timeout.ms", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("45000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "group.streams.num.standby.replicas", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("0"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "group.streams.session.timeout.ms", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("45000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "host.name", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Text(""), Valid::Any),
        r(v(1, 1, 0), v(2, 8, 0), String, ReadOnly, Text(""), Valid::Any),
    ]),
    k(Scope::Broker, "initial.broker.registration.timeout.ms", false, &[
        r(v(2, 8, 0), v(2, 8, 0), Int, ReadOnly, Text("60000"), Valid::Any),
        r(v(3, 0, 0), v(4, 3, 0), Int, ReadOnly, Text("60000"), Valid::Any),
    ]),
    k(Scope::Broker, "inter.broker.listener.name", false, &[
        r(v(0, 10, 2), v(1, 0, 0), String, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "inter.broker.protocol.version", false, &[
        r(v(0, 9, 0), v(0, 9, 0), String, NotTold, Text("0.9.0.X"), Valid::Any),
        r(v(0, 10, 0), v(0, 10, 0), String, NotTold, Text("0.10.0-IV1"), Valid::Any),
        r(v(0, 10, 1), v(0, 10, 1), String, NotTold, Text("0.10.1-IV2"), Valid::Any),
        r(v(0, 10, 2), v(0, 10, 2), String, NotTold, Text("0.10.2-IV0"), Valid::Any),
        r(v(0, 11, 0), v(0, 11, 0), String, NotTold, Text("0.11.0-IV2"), Valid::Any),
        r(v(1, 0, 0), v(1, 0, 0), String, NotTold, Text("1.0-IV0"), Valid::Any),
        r(v(1, 1, 0), v(1, 1, 0), String, ReadOnly, Text("1.1-IV0"), Valid::Any),
        r(v(2, 0, 0), v(2, 0, 0), String, ReadOnly, Text("2.0-IV1"), Valid::Any),
        r(v(2, 1, 0), v(2, 1, 0), String, ReadOnly, Text("2.1-IV2"), Valid::Any),
        r(v(2, 2, 0), v(2, 2, 0), String, ReadOnly, Text("2.2-IV1"), Valid::Any),
        r(v(2, 3, 0), v(2, 3, 0), String, ReadOnly, Text("2.3-IV1"), Valid::Any),
        r(v(2, 4, 0), v(2, 4, 0), String, ReadOnly, Text("2.4-IV1"), Valid::Any),
        r(v(2, 5, 0), v(2, 5, 0), String, ReadOnly, Text("2.5-IV0"), Valid::Any),
        r(v(2, 6, 0), v(2, 6, 0), String, ReadOnly, Text("2.6-IV0"), Valid::Any),
        r(v(2, 7, 0), v(2, 7, 0), String, ReadOnly, Text("2.7-IV2"), Valid::Any),
        r(v(2, 8, 0), v(2, 8, 0), String, ReadOnly, Text("2.8-IV1"), Valid::Any),
        r(v(3, 0, 0), v(3, 0, 0), String, ReadOnly, Text("3.0-IV1"), Valid::Any),
        r(v(3, 1, 0), v(3, 1, 0), String, ReadOnly, Text("3.1-IV0"), Valid::Any),
        r(v(3, 2, 0), v(3, 2, 0), String, ReadOnly, Text("3.2-IV0"), Valid::Any),
        r(v(3, 3, 0), v(3, 3, 0), String, ReadOnly, Text("3.3-IV3"), Valid::Any),
        r(v(3, 4, 0), v(3, 4, 0), String, ReadOnly, Text("3.4-IV0"), Valid::Any),
        r(v(3, 5, 0), v(3, 5, 0), String, ReadOnly, Text("3.5-IV2"), Valid::Any),
        r(v(3, 6, 0), v(3, 6, 0), String, ReadOnly, Text("3.6-IV2"), Valid::Any),
        r(v(3, 7, 0), v(3, 7, 0), String, ReadOnly, Text("3.7-IV4"), Valid::Any),
        r(v(3, 8, 0), v(3, 8, 0), String, ReadOnly, Text("3.8-IV0"), Valid::Any),
        r(v(3, 9, 0), v(3, 9, 0), String, ReadOnly, Text("3.9-IV0"), Valid::Any),
    ]),
    k(Scope::Broker, "internal.metadata.delete.delay.millis", true, &[
        r(v(4, 1, 0), v(4, 3, 0), Long, ReadOnly, Text("60000"), Valid::Any),
    ]),
    k(Scope::Broker, "internal.metadata.log.segment.bytes", true, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "internal.metadata.max.batch.size.in.bytes", true, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("8388608"), Valid::Any),
    ]),
    k(Scope::Broker, "internal.metadata.max.fetch.size.in.bytes", true, &[
        r(v(4, 1, 0), v(4, 2, 0), Int, ReadOnly, Text("8388608"), Valid::Any),
    ]),
    k(Scope::Broker, "kafka.metrics.polling.interval.secs", false, &[
        r(v(2, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("10"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "kafka.metrics.reporters", false, &[
        r(v(2, 1, 0), v(4, 3, 0), List, ReadOnly, Text(""), Valid::Any),
    ]),
    k(Scope::Broker, "leader.imbalance.check.interval.seconds", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Text("300"), Valid::Any),
        r(v(1, 1, 0), v(3, 1, 0), Long, ReadOnly, Text("300"), Valid::Any),
        r(v(3, 2, 0), v(4, 3, 0), Long, ReadOnly, Text("300"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "leader.imbalance.per.broker.percentage", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("10"), Valid::Any),
        r(v(1, 1, 0), v(3, 9, 0), Int, ReadOnly, Text("10"), Valid::Any),
    ]),
    k(Scope::Broker, "leader.replication.throttled.rate", false, &[
        r(v(3, 9, 0), v(4, 2, 0), Long, PerBroker, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
        r(v(4, 3, 0), v(4, 3, 0), Long, ClusterWide, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "listener.security.protocol.map", false, &[
        r(v(0, 10, 2), v(0, 11, 0), String, NotTold, Text("SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,TRACE:TRACE,SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT"), Valid::Any),
        r(v(1, 0, 0), v(1, 0, 0), String, NotTold, Text("PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL"), Valid::Any),
        r(v(1, 1, 0), v(3, 7, 0), String, PerBroker, Text("PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL"), Valid::Any),
        r(v(3, 8, 0), v(4, 3, 0), String, PerBroker, Text("SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT"), Valid::Any),
    ]),
    k(Scope::Broker, "listeners", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(2, 8, 0), String, PerBroker, Null, Valid::Any),
        r(v(3, 0, 0), v(4, 1, 0), String, PerBroker, Text("PLAINTEXT://:9092"), Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, PerBroker, Text("PLAINTEXT://:9092"), Valid::Any),
    ]),
    k(Scope::Broker, "log.cleaner.backoff.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Text("15000"), Valid::Int(0, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Long, ClusterWide, Text("15000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "log.cleaner.dedupe.buffer.size", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Text("134217728"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Long, ClusterWide, Text("134217728"), Valid::Any),
    ]),
    k(Scope::Broker, "log.cleaner.delete.retention.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Text("86400000"), Valid::Any),
        r(v(1, 1, 0), v(3, 2, 0), Long, ClusterWide, Text("86400000"), Valid::Any),
        r(v(3, 3, 0), v(4, 3, 0), Long, ClusterWide, Text("86400000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "log.cleaner.enable", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Boolean, NotTold, Text("true"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Boolean, ReadOnly, Text("true"), Valid::Any),
    ]),
    k(Scope::Broker, "log.cleaner.io.buffer.load.factor", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Double, NotTold, Text("0.9"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Double, ClusterWide, Text("0.9"), Valid::Any),
    ]),
    k(Scope::Broker, "log.cleaner.io.buffer.size", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("524288"), Valid::Int(0, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ClusterWide, Text("524288"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "log.cleaner.io.max.bytes.per.second", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Double, NotTold, Text("1.7976931348623157E308"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Double, ClusterWide, Text("1.7976931348623157E308"), Valid::Any),
    ]),
    k(Scope::Broker, "log.cleaner.max.compaction.lag.ms", false, &[
        r(v(2, 3, 0), v(3, 2, 0), Long, ClusterWide, Text("9223372036854775807"), Valid::Any),
        r(v(3, 3, 0), v(4, 3, 0), Long, ClusterWide, Text("9223372036854775807"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "log.cleaner.min.cleanable.ratio", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Double, NotTold, Text("0.5"), Valid::Any),
        r(v(1, 1, 0), v(3, 2, 0), Double, ClusterWide, Text("0.5"), Valid::Any),
        r(v(3, 3, 0), v(4, 3, 0), Double, ClusterWide, Text("0.5"), Valid::Double(0.0, 1.0)),
    ]),
    k(Scope::Broker, "log.cleaner.min.compaction.lag.ms", false, &[
        r(v(0, 10, 1), v(1, 0, 0), Long, NotTold, Text("0"), Valid::Any),
        r(v(1, 1, 0), v(3, 2, 0), Long, ClusterWide, Text("0"), Valid::Any),
        r(v(3, 3, 0), v(4, 3, 0), Long, ClusterWide, Text("0"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "log.cleaner.threads", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("1"), Valid::Int(0, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ClusterWide, Text("1"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "log.cleanup.policy", false, &[
        r(v(0, 9, 0), v(0, 10, 0), String, NotTold, Text("delete"), Valid::OneOf(&["compact", "delete"])),
        r(v(0, 10, 1), v(1, 0, 0), List, NotTold, Text("delete"), Valid::OneOf(&["compact", "delete"])),
        r(v(1, 1, 0), v(4, 3, 0), List, ClusterWide, Text("delete"), Valid::OneOf(&["compact", "delete"])),
    ]),
    k(Scope::Broker, "log.dir", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Text("/tmp/kafka-logs"), Valid::Any),
        r(v(1, 1, 0), v(4, 1, 0), String, ReadOnly, Text("/tmp/kafka-logs"), Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, ReadOnly, Text("/tmp/kafka-logs"), Valid::Any),
    ]),
    k(Scope::Broker, "log.dir.failure.timeout.ms", false, &[
        r(v(3, 8, 0), v(4, 3, 0), Long, ReadOnly, Text("30000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "log.dirs", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 1, 0), String, ReadOnly, Null, Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "log.flush.interval.messages", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Text("9223372036854775807"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Long, ClusterWide, Text("9223372036854775807"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "log.flush.interval.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Long, ClusterWide, Null, Valid::Any),
    ]),
    k(Scope::Broker, "log.flush.offset.checkpoint.interval.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("60000"), Valid::Int(0, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("60000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "log.flush.scheduler.interval.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Text("9223372036854775807"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Long, ReadOnly, Text("9223372036854775807"), Valid::Any),
    ]),
    k(Scope::Broker, "log.flush.start.offset.checkpoint.interval.ms", false, &[
        r(v(0, 11, 0), v(1, 0, 0), Int, NotTold, Text("60000"), Valid::Int(0, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("60000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "log.index.interval.bytes", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("4096"), Valid::Int(0, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ClusterWide, Text("4096"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "log.index.size.max.bytes", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("10485760"), Valid::Int(4, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ClusterWide, Text("10485760"), Valid::Int(4, i64::MAX)),
    ]),
    k(Scope::Broker, "log.initial.task.delay.ms", true, &[
        r(v(3, 8, 0), v(4, 3, 0), Long, ReadOnly, Text("30000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "log.local.retention.bytes", false, &[
        r(v(3, 6, 0), v(4, 3, 0), Long, ClusterWide, Text("-2"), Valid::Int(-2, i64::MAX)),
    ]),
    k(Scope::Broker, "log.local.retention.ms", false, &[
        r(v(3, 6, 0), v(4, 3, 0), Long, ClusterWide, Text("-2"), Valid::Int(-2, i64::MAX)),
    ]),
    k(Scope::Broker, "log.message.downconversion.enable", false, &[
        r(v(2, 0, 0), v(3, 9, 0), Boolean, ClusterWide, Text("true"), Valid::Any),
    ]),
    k(Scope::Broker, "log.message.format.version", false, &[
        r(v(0, 10, 0), v(0, 10, 0), String, NotTold, Text("0.10.0-IV1"), Valid::Any),
        r(v(0, 10, 1), v(0, 10, 1), String, NotTold, Text("0.10.1-IV2"), Valid::Any),
        r(v(0, 10, 2), v(0, 10, 2), String, NotTold, Text("0.10.2-IV0"), Valid::Any),
        r(v(0, 11, 0), v(0, 11, 0), String, NotTold, Text("0.11.0-IV2"), Valid::Any),
        r(v(1, 0, 0), v(1, 0, 0), String, NotTold, Text("1.0-IV0"), Valid::Any),
        r(v(1, 1, 0), v(1, 1, 0), String, ReadOnly, Text("1.1-IV0"), Valid::Any),
        r(v(2, 0, 0), v(2, 0, 0), String, ReadOnly, Text("2.0-IV1"), Valid::Any),
        r(v(2, 1, 0), v(2, 1, 0), String, ReadOnly, Text("2.1-IV2"), Valid::Any),
        r(v(2, 2, 0), v(2, 2, 0), String, ReadOnly, Text("2.2-IV1"), Valid::Any),
        r(v(2, 3, 0), v(2, 3, 0), String, ReadOnly, Text("2.3-IV1"), Valid::Any),
        r(v(2, 4, 0), v(2, 4, 0), String, ReadOnly, Text("2.4-IV1"), Valid::Any),
        r(v(2, 5, 0), v(2, 5, 0), String, ReadOnly, Text("2.5-IV0"), Valid::Any),
        r(v(2, 6, 0), v(2, 6, 0), String, ReadOnly, Text("2.6-IV0"), Valid::Any),
        r(v(2, 7, 0), v(2, 7, 0), String, ReadOnly, Text("2.7-IV2"), Valid::Any),
        r(v(2, 8, 0), v(2, 8, 0), String, ReadOnly, Text("2.8-IV1"), Valid::Any),
        r(v(3, 0, 0), v(3, 0, 0), String, ReadOnly, Text("3.0-IV1"), Valid::Any),
        r(v(3, 1, 0), v(3, 1, 0), String, ReadOnly, Text("3.0-IV1"), Valid::Any),
        r(v(3, 2, 0), v(3, 2, 0), String, ReadOnly, Text("3.0-IV1"), Valid::Any),
        r(v(3, 3, 0), v(3, 3, 0), String, ReadOnly, Text("3.0-IV1"), Valid::Any),
        r(v(3, 4, 0), v(3, 4, 0), String, ReadOnly, Text("3.0-IV1"), Valid::Any),
        r(v(3, 5, 0), v(3, 5, 0), String, ReadOnly, Text("3.0-IV1"), Valid::Any),
        r(v(3, 6, 0), v(3, 6, 0), String, ReadOnly, Text("3.0-IV1"), Valid::Any),
        r(v(3, 7, 0), v(3, 7, 0), String, ReadOnly, Text("3.0-IV1"), Valid::Any),
        r(v(3, 8, 0), v(3, 8, 0), String, ReadOnly, Text("3.0-IV1"), Valid::Any),
        r(v(3, 9, 0), v(3, 9, 0), String, ReadOnly, Text("3.0-IV1"), Valid::Any),
    ]),
    k(Scope::Broker, "log.message.timestamp.after.max.ms", false, &[
        r(v(3, 6, 0), v(3, 9, 0), Long, ClusterWide, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
        r(v(4, 0, 0), v(4, 3, 0), Long, ClusterWide, Text("3600000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "log.message.timestamp.before.max.ms", false, &[
        r(v(3, 6, 0), v(4, 3, 0), Long, ClusterWide, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "log.message.timestamp.difference.max.ms", false, &[
        r(v(0, 10, 0), v(0, 10, 2), Long, NotTold, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
        r(v(0, 11, 0), v(1, 0, 0), Long, NotTold, Text("9223372036854775807"), Valid::Any),
        r(v(1, 1, 0), v(3, 2, 0), Long, ClusterWide, Text("9223372036854775807"), Valid::Any),
        r(v(3, 3, 0), v(3, 9, 0), Long, ClusterWide, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "log.message.timestamp.type", false, &[
        r(v(0, 10, 0), v(1, 0, 0), String, NotTold, Text("CreateTime"), Valid::OneOf(&["CreateTime", "LogAppendTime"])),
        r(v(1, 1, 0), v(4, 3, 0), String, ClusterWide, Text("CreateTime"), Valid::OneOf(&["CreateTime", "LogAppendTime"])),
    ]),
    k(Scope::Broker, "log.preallocate", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Boolean, NotTold, Text("false"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Boolean, ClusterWide, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "log.retention.bytes", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Text("-1"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Long, ClusterWide, Text("-1"), Valid::Any),
    ]),
    k(Scope::Broker, "log.retention.check.interval.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Text("300000"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Long, ReadOnly, Text("300000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "log.retention.hours", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("168"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("168"), Valid::Any),
    ]),
    k(Scope::Broker, "log.retention.minutes", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "log.retention.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Long, ClusterWide, Null, Valid::Any),
    ]),
    k(Scope::Broker, "log.roll.hours", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("168"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("168"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "log.roll.jitter.hours", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("0"), Valid::Int(0, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("0"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "log.roll.jitter.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Long, ClusterWide, Null, Valid::Any),
    ]),
    k(Scope::Broker, "log.roll.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Long, ClusterWide, Null, Valid::Any),
    ]),
    k(Scope::Broker, "log.segment.bytes", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("1073741824"), Valid::Int(14, i64::MAX)),
        r(v(1, 1, 0), v(3, 9, 0), Int, ClusterWide, Text("1073741824"), Valid::Int(14, i64::MAX)),
        r(v(4, 0, 0), v(4, 3, 0), Int, ClusterWide, Text("1073741824"), Valid::Int(1048576, i64::MAX)),
    ]),
    k(Scope::Broker, "log.segment.delete.delay.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Text("60000"), Valid::Int(0, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Long, ClusterWide, Text("60000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "max.connection.creation.rate", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Int, ClusterWide, Text("2147483647"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "max.connections", false, &[
        r(v(2, 3, 0), v(4, 3, 0), Int, ClusterWide, Text("2147483647"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "max.connections.per.ip", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("2147483647"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(1, 1, 0), Int, ReadOnly, Text("2147483647"), Valid::Int(1, i64::MAX)),
        r(v(2, 0, 0), v(2, 0, 0), Int, ReadOnly, Text("2147483647"), Valid::Int(0, i64::MAX)),
        r(v(2, 1, 0), v(4, 3, 0), Int, ClusterWide, Text("2147483647"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "max.connections.per.ip.overrides", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Text(""), Valid::Any),
        r(v(1, 1, 0), v(2, 0, 0), String, ReadOnly, Text(""), Valid::Any),
        r(v(2, 1, 0), v(4, 3, 0), String, ClusterWide, Text(""), Valid::Any),
    ]),
    k(Scope::Broker, "max.incremental.fetch.session.cache.slots", false, &[
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("1000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "max.request.partition.size.limit", false, &[
        r(v(3, 8, 0), v(4, 3, 0), Int, ReadOnly, Text("2000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "message.max.bytes", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("1000012"), Valid::Int(0, i64::MAX)),
        r(v(1, 1, 0), v(2, 4, 0), Int, ClusterWide, Text("1000012"), Valid::Int(0, i64::MAX)),
        r(v(2, 5, 0), v(4, 3, 0), Int, ClusterWide, Text("1048588"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "metadata.log.dir", false, &[
        r(v(2, 8, 0), v(2, 8, 0), String, ReadOnly, Null, Valid::Any),
        r(v(3, 0, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "metadata.log.max.record.bytes.between.snapshots", false, &[
        r(v(3, 0, 0), v(4, 3, 0), Long, ReadOnly, Text("20971520"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "metadata.log.max.snapshot.interval.ms", false, &[
        r(v(3, 4, 0), v(4, 3, 0), Long, ReadOnly, Text("3600000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "metadata.log.segment.bytes", false, &[
        r(v(3, 0, 0), v(4, 0, 0), Int, ReadOnly, Text("1073741824"), Valid::Int(12, i64::MAX)),
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("1073741824"), Valid::Int(8388608, i64::MAX)),
    ]),
    k(Scope::Broker, "metadata.log.segment.min.bytes", true, &[
        r(v(3, 0, 0), v(4, 0, 0), Int, ReadOnly, Text("8388608"), Valid::Int(12, i64::MAX)),
    ]),
    k(Scope::Broker, "metadata.log.segment.ms", false, &[
        r(v(3, 0, 0), v(4, 3, 0), Long, ReadOnly, Text("604800000"), Valid::Any),
    ]),
    k(Scope::Broker, "metadata.max.idle.interval.ms", false, &[
        r(v(3, 3, 0), v(4, 3, 0), Int, ReadOnly, Text("500"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "metadata.max.retention.bytes", false, &[
        r(v(3, 0, 0), v(3, 3, 0), Long, ReadOnly, Text("-1"), Valid::Any),
        r(v(3, 4, 0), v(4, 3, 0), Long, ReadOnly, Text("104857600"), Valid::Any),
    ]),
    k(Scope::Broker, "metadata.max.retention.ms", false, &[
        r(v(3, 0, 0), v(4, 3, 0), Long, ReadOnly, Text("604800000"), Valid::Any),
    ]),
    k(Scope::Broker, "metric.reporters", false, &[
        r(v(0, 9, 0), v(1, 0, 0), List, NotTold, Text(""), Valid::Any),
        r(v(1, 1, 0), v(3, 9, 0), List, ClusterWide, Text(""), Valid::Any),
        r(v(4, 0, 0), v(4, 3, 0), List, ClusterWide, Text("org.apache.kafka.common.metrics.JmxReporter"), Valid::Any),
    ]),
    k(Scope::Broker, "metrics.num.samples", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("2"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("2"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "metrics.recording.level", false, &[
        r(v(0, 10, 2), v(1, 0, 0), String, NotTold, Text("INFO"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), String, ReadOnly, Text("INFO"), Valid::Any),
    ]),
    k(Scope::Broker, "metrics.sample.window.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Text("30000"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Long, ReadOnly, Text("30000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "min.insync.replicas", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("1"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ClusterWide, Text("1"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "node.id", false, &[
        r(v(2, 8, 0), v(2, 8, 0), Int, ReadOnly, Text("-1"), Valid::Any),
        r(v(3, 0, 0), v(3, 9, 0), Int, ReadOnly, Text("-1"), Valid::Any),
        r(v(4, 0, 0), v(4, 3, 0), Int, ReadOnly, Required, Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "num.io.threads", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("8"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ClusterWide, Text("8"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "num.network.threads", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("3"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ClusterWide, Text("3"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "num.partitions", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("1"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("1"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "num.recovery.threads.per.data.dir", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("1"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(3, 9, 0), Int, ClusterWide, Text("1"), Valid::Int(1, i64::MAX)),
        r(v(4, 0, 0), v(4, 3, 0), Int, ClusterWide, Text("2"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "num.replica.alter.log.dirs.threads", false, &[
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "num.replica.fetchers", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("1"), Valid::Any),
        r(v(1, 1, 0), v(4, 1, 0), Int, ClusterWide, Text("1"), Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), Int, ClusterWide, Text("1"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "offset.metadata.max.bytes", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("4096"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("4096"), Valid::Any),
    ]),
    k(Scope::Broker, "offsets.commit.required.acks", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Short, NotTold, Text("-1"), Valid::Any),
        r(v(1, 1, 0), v(3, 9, 0), Short, ReadOnly, Text("-1"), Valid::Any),
    ]),
    k(Scope::Broker, "offsets.commit.timeout.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("5000"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("5000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "offsets.load.buffer.size", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("5242880"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("5242880"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "offsets.retention.check.interval.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Text("600000"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Long, ReadOnly, Text("600000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "offsets.retention.minutes", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("1440"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(1, 1, 0), Int, ReadOnly, Text("1440"), Valid::Int(1, i64::MAX)),
        r(v(2, 0, 0), v(4, 3, 0), Int, ReadOnly, Text("10080"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "offsets.topic.compression.codec", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("0"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("0"), Valid::Any),
    ]),
    k(Scope::Broker, "offsets.topic.num.partitions", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("50"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("50"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "offsets.topic.replication.factor", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Short, NotTold, Text("3"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Short, ReadOnly, Text("3"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "offsets.topic.segment.bytes", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("104857600"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("104857600"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "password.encoder.cipher.algorithm", false, &[
        r(v(1, 1, 0), v(3, 9, 0), String, ReadOnly, Text("AES/CBC/PKCS5Padding"), Valid::Any),
    ]),
    k(Scope::Broker, "password.encoder.iterations", false, &[
        r(v(1, 1, 0), v(3, 9, 0), Int, ReadOnly, Text("4096"), Valid::Int(1024, i64::MAX)),
    ]),
    k(Scope::Broker, "password.encoder.key.length", false, &[
        r(v(1, 1, 0), v(3, 9, 0), Int, ReadOnly, Text("128"), Valid::Int(8, i64::MAX)),
    ]),
    k(Scope::Broker, "password.encoder.keyfactory.algorithm", false, &[
        r(v(1, 1, 0), v(3, 9, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "password.encoder.old.secret", false, &[
        r(v(1, 1, 0), v(3, 9, 0), Password, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "password.encoder.secret", false, &[
        r(v(1, 1, 0), v(3, 9, 0), Password, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "port", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("9092"), Valid::Any),
        r(v(1, 1, 0), v(2, 8, 0), Int, ReadOnly, Text("9092"), Valid::Any),
    ]),
    k(Scope::Broker, "principal.builder.class", false, &[
        r(v(0, 9, 0), v(0, 10, 1), Class, NotTold, Text("class org.apache.kafka.common.security.auth.DefaultPrincipalBuilder"), Valid::Any),
        r(v(0, 10, 2), v(0, 11, 0), Class, NotTold, Text("org.apache.kafka.common.security.auth.DefaultPrincipalBuilder"), Valid::Any),
        r(v(1, 0, 0), v(1, 0, 0), Class, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(2, 8, 0), Class, PerBroker, Null, Valid::Any),
        r(v(3, 0, 0), v(4, 3, 0), Class, PerBroker, Text("org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder"), Valid::Any),
    ]),
    k(Scope::Broker, "process.roles", false, &[
        r(v(2, 8, 0), v(2, 8, 0), List, ReadOnly, Text(""), Valid::OneOf(&["broker", "controller"])),
        r(v(3, 0, 0), v(3, 9, 0), List, ReadOnly, Text(""), Valid::OneOf(&["broker", "controller"])),
        r(v(4, 0, 0), v(4, 3, 0), List, ReadOnly, Required, Valid::OneOf(&["broker", "controller"])),
    ]),
    k(Scope::Broker, "producer.id.expiration.check.interval.ms", true, &[
        r(v(3, 4, 0), v(4, 3, 0), Int, ReadOnly, Text("600000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "producer.id.expiration.ms", false, &[
        r(v(3, 4, 0), v(4, 3, 0), Int, ClusterWide, Text("86400000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "producer.purgatory.purge.interval.requests", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("1000"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("1000"), Valid::Any),
    ]),
    k(Scope::Broker, "queued.max.request.bytes", false, &[
        r(v(1, 0, 0), v(1, 0, 0), Long, NotTold, Text("-1"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Long, ReadOnly, Text("-1"), Valid::Any),
    ]),
    k(Scope::Broker, "queued.max.requests", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("500"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("500"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "quota.consumer.default", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Text("9223372036854775807"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(2, 8, 0), Long, ReadOnly, Text("9223372036854775807"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "quota.producer.default", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Text("9223372036854775807"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(2, 8, 0), Long, ReadOnly, Text("9223372036854775807"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "quota.window.num", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("11"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("11"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "quota.window.size.seconds", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("1"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("1"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.fetch.max.wait.ms", false, &[
        r(v(3, 8, 0), v(4, 3, 0), Int, ClusterWide, Text("500"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.list.offsets.request.timeout.ms", false, &[
        r(v(4, 0, 0), v(4, 3, 0), Long, ClusterWide, Text("30000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.index.file.cache.total.size.bytes", false, &[
        r(v(3, 0, 0), v(3, 6, 0), Long, ReadOnly, Text("1073741824"), Valid::Int(1, i64::MAX)),
        r(v(3, 7, 0), v(4, 3, 0), Long, ClusterWide, Text("1073741824"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.index.file.cache.ttl.ms", true, &[
        r(v(4, 3, 0), v(4, 3, 0), Long, ReadOnly, Text("900000"), Valid::Int(-1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.manager.copier.thread.pool.size", false, &[
        r(v(3, 8, 0), v(3, 8, 0), Int, ReadOnly, Text("10"), Valid::Int(1, i64::MAX)),
        r(v(3, 9, 0), v(3, 9, 0), Int, ReadOnly, Text("-1"), Valid::Any),
        r(v(4, 0, 0), v(4, 3, 0), Int, ClusterWide, Text("10"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.manager.copy.max.bytes.per.second", false, &[
        r(v(3, 8, 0), v(4, 3, 0), Long, ClusterWide, Text("9223372036854775807"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.manager.copy.quota.window.num", false, &[
        r(v(3, 8, 0), v(4, 3, 0), Int, ReadOnly, Text("11"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.manager.copy.quota.window.size.seconds", false, &[
        r(v(3, 8, 0), v(4, 3, 0), Int, ReadOnly, Text("1"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.manager.expiration.thread.pool.size", false, &[
        r(v(3, 8, 0), v(3, 8, 0), Int, ReadOnly, Text("10"), Valid::Int(1, i64::MAX)),
        r(v(3, 9, 0), v(3, 9, 0), Int, ReadOnly, Text("-1"), Valid::Any),
        r(v(4, 0, 0), v(4, 3, 0), Int, ClusterWide, Text("10"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.manager.fetch.max.bytes.per.second", false, &[
        r(v(3, 8, 0), v(4, 3, 0), Long, ClusterWide, Text("9223372036854775807"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.manager.fetch.quota.window.num", false, &[
        r(v(3, 8, 0), v(4, 3, 0), Int, ReadOnly, Text("11"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.manager.fetch.quota.window.size.seconds", false, &[
        r(v(3, 8, 0), v(4, 3, 0), Int, ReadOnly, Text("1"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.manager.follower.thread.pool.size", false, &[
        r(v(4, 2, 0), v(4, 3, 0), Int, ClusterWide, Text("2"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.manager.task.interval.ms", false, &[
        r(v(3, 0, 0), v(3, 5, 0), Long, ReadOnly, Text("30000"), Valid::Int(1, i64::MAX)),
        r(v(3, 6, 0), v(4, 3, 0), Long, ReadOnly, Text("30000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.manager.task.retry.backoff.max.ms", true, &[
        r(v(3, 0, 0), v(4, 3, 0), Long, ReadOnly, Text("30000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.manager.task.retry.backoff.ms", true, &[
        r(v(3, 0, 0), v(4, 3, 0), Long, ReadOnly, Text("500"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.manager.task.retry.jitter", true, &[
        r(v(3, 0, 0), v(4, 3, 0), Double, ReadOnly, Text("0.2"), Valid::Double(0.0, 0.5)),
    ]),
    k(Scope::Broker, "remote.log.manager.thread.pool.size", false, &[
        r(v(3, 0, 0), v(3, 5, 0), Int, ReadOnly, Text("10"), Valid::Int(1, i64::MAX)),
        r(v(3, 6, 0), v(3, 9, 0), Int, ReadOnly, Text("10"), Valid::Int(1, i64::MAX)),
        r(v(4, 0, 0), v(4, 3, 0), Int, ReadOnly, Text("2"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.metadata.custom.metadata.max.bytes", false, &[
        r(v(3, 6, 0), v(4, 3, 0), Int, ReadOnly, Text("128"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.metadata.manager.class.name", false, &[
        r(v(3, 0, 0), v(3, 5, 0), String, ReadOnly, Null, Valid::NonEmpty),
        r(v(3, 6, 0), v(4, 3, 0), String, ReadOnly, Text("org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager"), Valid::NonEmpty),
    ]),
    k(Scope::Broker, "remote.log.metadata.manager.class.path", false, &[
        r(v(3, 0, 0), v(3, 5, 0), String, ReadOnly, Null, Valid::NonEmpty),
        r(v(3, 6, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "remote.log.metadata.manager.impl.prefix", false, &[
        r(v(3, 0, 0), v(3, 5, 0), String, ReadOnly, Null, Valid::NonEmpty),
        r(v(3, 6, 0), v(4, 3, 0), String, ReadOnly, Text("rlmm.config."), Valid::NonEmpty),
    ]),
    k(Scope::Broker, "remote.log.metadata.manager.listener.name", false, &[
        r(v(3, 0, 0), v(3, 5, 0), String, ReadOnly, Null, Valid::NonEmpty),
        r(v(3, 6, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::NonEmpty),
    ]),
    k(Scope::Broker, "remote.log.reader.max.pending.tasks", false, &[
        r(v(3, 0, 0), v(3, 5, 0), Int, ReadOnly, Text("100"), Valid::Int(1, i64::MAX)),
        r(v(3, 6, 0), v(4, 3, 0), Int, ReadOnly, Text("100"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.reader.threads", false, &[
        r(v(3, 0, 0), v(3, 5, 0), Int, ReadOnly, Text("10"), Valid::Int(1, i64::MAX)),
        r(v(3, 6, 0), v(3, 9, 0), Int, ReadOnly, Text("10"), Valid::Int(1, i64::MAX)),
        r(v(4, 0, 0), v(4, 3, 0), Int, ClusterWide, Text("10"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "remote.log.storage.manager.class.name", false, &[
        r(v(3, 0, 0), v(3, 5, 0), String, ReadOnly, Null, Valid::NonEmpty),
        r(v(3, 6, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::NonEmpty),
    ]),
    k(Scope::Broker, "remote.log.storage.manager.class.path", false, &[
        r(v(3, 0, 0), v(3, 5, 0), String, ReadOnly, Null, Valid::NonEmpty),
        r(v(3, 6, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "remote.log.storage.manager.impl.prefix", false, &[
        r(v(3, 0, 0), v(3, 5, 0), String, ReadOnly, Null, Valid::NonEmpty),
        r(v(3, 6, 0), v(4, 3, 0), String, ReadOnly, Text("rsm.config."), Valid::NonEmpty),
    ]),
    k(Scope::Broker, "remote.log.storage.system.enable", false, &[
        r(v(3, 0, 0), v(3, 5, 0), Boolean, ReadOnly, Text("false"), Valid::Any),
        r(v(3, 6, 0), v(4, 3, 0), Boolean, ReadOnly, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "replica.alter.log.dirs.io.max.bytes.per.second", false, &[
        r(v(3, 9, 0), v(4, 2, 0), Long, PerBroker, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
        r(v(4, 3, 0), v(4, 3, 0), Long, ClusterWide, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "replica.fetch.backoff.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("1000"), Valid::Int(0, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("1000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "replica.fetch.max.bytes", false, &[
        r(v(0, 9, 0), v(0, 10, 0), Int, NotTold, Text("1048576"), Valid::Any),
        r(v(0, 10, 1), v(1, 0, 0), Int, NotTold, Text("1048576"), Valid::Int(0, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("1048576"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "replica.fetch.min.bytes", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("1"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("1"), Valid::Any),
    ]),
    k(Scope::Broker, "replica.fetch.response.max.bytes", false, &[
        r(v(0, 10, 1), v(1, 0, 0), Int, NotTold, Text("10485760"), Valid::Int(0, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("10485760"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "replica.fetch.wait.max.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("500"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("500"), Valid::Any),
    ]),
    k(Scope::Broker, "replica.high.watermark.checkpoint.interval.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Text("5000"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Long, ReadOnly, Text("5000"), Valid::Any),
    ]),
    k(Scope::Broker, "replica.lag.time.max.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Text("10000"), Valid::Any),
        r(v(1, 1, 0), v(2, 4, 0), Long, ReadOnly, Text("10000"), Valid::Any),
        r(v(2, 5, 0), v(4, 3, 0), Long, ReadOnly, Text("30000"), Valid::Any),
    ]),
    k(Scope::Broker, "replica.selector.class", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "replica.socket.receive.buffer.bytes", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("65536"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("65536"), Valid::Any),
    ]),
    k(Scope::Broker, "replica.socket.timeout.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("30000"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("30000"), Valid::Any),
    ]),
    k(Scope::Broker, "replication.quota.window.num", false, &[
        r(v(0, 10, 1), v(1, 0, 0), Int, NotTold, Text("11"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("11"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "replication.quota.window.size.seconds", false, &[
        r(v(0, 10, 1), v(1, 0, 0), Int, NotTold, Text("1"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("1"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "request.timeout.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("30000"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("30000"), Valid::Any),
    ]),
    k(Scope::Broker, "reserved.broker.max.id", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("1000"), Valid::Int(0, i64::MAX)),
        r(v(1, 1, 0), v(3, 9, 0), Int, ReadOnly, Text("1000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "sasl.client.callback.handler.class", false, &[
        r(v(2, 0, 0), v(4, 3, 0), Class, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.enabled.mechanisms", false, &[
        r(v(0, 10, 0), v(1, 0, 0), List, NotTold, Text("GSSAPI"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), List, PerBroker, Text("GSSAPI"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.jaas.config", false, &[
        r(v(1, 1, 0), v(4, 3, 0), Password, PerBroker, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.kerberos.kinit.cmd", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Text("/usr/bin/kinit"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), String, PerBroker, Text("/usr/bin/kinit"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.kerberos.min.time.before.relogin", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Long, NotTold, Text("60000"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Long, PerBroker, Text("60000"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.kerberos.principal.to.local.rules", false, &[
        r(v(0, 9, 0), v(1, 0, 0), List, NotTold, Text("DEFAULT"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), List, PerBroker, Text("DEFAULT"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.kerberos.service.name", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), String, PerBroker, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.kerberos.ticket.renew.jitter", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Double, NotTold, Text("0.05"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Double, PerBroker, Text("0.05"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.kerberos.ticket.renew.window.factor", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Double, NotTold, Text("0.8"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Double, PerBroker, Text("0.8"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.login.callback.handler.class", false, &[
        r(v(2, 0, 0), v(4, 3, 0), Class, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.login.class", false, &[
        r(v(2, 0, 0), v(4, 3, 0), Class, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.login.connect.timeout.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Int, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.login.read.timeout.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Int, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.login.refresh.buffer.seconds", false, &[
        r(v(2, 0, 0), v(4, 3, 0), Short, PerBroker, Text("300"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.login.refresh.min.period.seconds", false, &[
        r(v(2, 0, 0), v(4, 3, 0), Short, PerBroker, Text("60"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.login.refresh.window.factor", false, &[
        r(v(2, 0, 0), v(4, 3, 0), Double, PerBroker, Text("0.8"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.login.refresh.window.jitter", false, &[
        r(v(2, 0, 0), v(4, 3, 0), Double, PerBroker, Text("0.05"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.login.retry.backoff.max.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, ReadOnly, Text("10000"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.login.retry.backoff.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, ReadOnly, Text("100"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.mechanism.controller.protocol", false, &[
        r(v(2, 8, 0), v(2, 8, 0), String, ReadOnly, Text("GSSAPI"), Valid::Any),
        r(v(3, 0, 0), v(4, 3, 0), String, ReadOnly, Text("GSSAPI"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.mechanism.inter.broker.protocol", false, &[
        r(v(0, 10, 0), v(1, 0, 0), String, NotTold, Text("GSSAPI"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), String, PerBroker, Text("GSSAPI"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.assertion.algorithm", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, ReadOnly, Text("RS256"), Valid::OneOfAnyCase(&["ES256", "RS256"])),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.assertion.claim.aud", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.assertion.claim.exp.seconds", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("300"), Valid::Int(0, 86400)),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.assertion.claim.iss", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.assertion.claim.jti.include", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Boolean, ReadOnly, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.assertion.claim.nbf.seconds", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("60"), Valid::Int(0, 3600)),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.assertion.claim.sub", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.assertion.file", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.assertion.private.key.file", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.assertion.private.key.passphrase", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Password, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.assertion.template.file", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.client.credentials.client.id", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.client.credentials.client.secret", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Password, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.clock.skew.seconds", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("30"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.expected.audience", false, &[
        r(v(3, 1, 0), v(4, 1, 0), List, ReadOnly, Null, Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, ReadOnly, Text(""), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.expected.issuer", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.jwks.endpoint.refresh.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, ReadOnly, Text("3600000"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, ReadOnly, Text("10000"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, ReadOnly, Text("100"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.jwks.endpoint.url", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.jwt.retriever.class", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Class, ReadOnly, Text("org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.jwt.validator.class", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Class, ReadOnly, Text("org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.scope", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.scope.claim.name", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, ReadOnly, Text("scope"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.sub.claim.name", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, ReadOnly, Text("sub"), Valid::Any),
    ]),
    k(Scope::Broker, "sasl.oauthbearer.token.endpoint.url", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.server.callback.handler.class", false, &[
        r(v(2, 0, 0), v(4, 3, 0), Class, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "sasl.server.max.receive.size", false, &[
        r(v(2, 8, 0), v(4, 3, 0), Int, ReadOnly, Text("524288"), Valid::Any),
    ]),
    k(Scope::Broker, "security.inter.broker.protocol", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Text("PLAINTEXT"), Valid::Any),
        r(v(1, 1, 0), v(3, 2, 0), String, ReadOnly, Text("PLAINTEXT"), Valid::Any),
        r(v(3, 3, 0), v(4, 3, 0), String, ReadOnly, Text("PLAINTEXT"), Valid::OneOf(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])),
    ]),
    k(Scope::Broker, "security.providers", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "server.max.startup.time.ms", true, &[
        r(v(3, 5, 0), v(4, 3, 0), Long, ReadOnly, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Broker, "share.coordinator.append.linger.ms", false, &[
        r(v(4, 0, 0), v(4, 0, 0), Int, ReadOnly, Text("10"), Valid::Int(0, i64::MAX)),
        r(v(4, 1, 0), v(4, 1, 0), Int, ReadOnly, Text("5"), Valid::Int(0, i64::MAX)),
        r(v(4, 2, 0), v(4, 3, 0), Int, ReadOnly, Text("-1"), Valid::Int(-1, i64::MAX)),
    ]),
    k(Scope::Broker, "share.coordinator.cached.buffer.max.bytes", false, &[
        r(v(4, 3, 0), v(4, 3, 0), Int, ClusterWide, Text("1048588"), Valid::Int(524288, i64::MAX)),
    ]),
    k(Scope::Broker, "share.coordinator.cold.partition.snapshot.interval.ms", true, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("300000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "share.coordinator.load.buffer.size", false, &[
        r(v(4, 0, 0), v(4, 3, 0), Int, ReadOnly, Text("5242880"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "share.coordinator.snapshot.update.records.per.snapshot", false, &[
        r(v(4, 0, 0), v(4, 2, 0), Int, ReadOnly, Text("500"), Valid::Int(0, i64::MAX)),
        r(v(4, 3, 0), v(4, 3, 0), Int, ReadOnly, Text("500"), Valid::Int(0, 500)),
    ]),
    k(Scope::Broker, "share.coordinator.state.topic.compression.codec", false, &[
        r(v(4, 0, 0), v(4, 3, 0), Int, ReadOnly, Text("0"), Valid::Any),
    ]),
    k(Scope::Broker, "share.coordinator.state.topic.min.isr", false, &[
        r(v(4, 0, 0), v(4, 3, 0), Short, ReadOnly, Text("2"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "share.coordinator.state.topic.num.partitions", false, &[
        r(v(4, 0, 0), v(4, 3, 0), Int, ReadOnly, Text("50"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "share.coordinator.state.topic.prune.interval.ms", true, &[
        r(v(4, 0, 0), v(4, 3, 0), Int, ReadOnly, Text("300000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "share.coordinator.state.topic.replication.factor", false, &[
        r(v(4, 0, 0), v(4, 3, 0), Short, ReadOnly, Text("3"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "share.coordinator.state.topic.segment.bytes", false, &[
        r(v(4, 0, 0), v(4, 3, 0), Int, ReadOnly, Text("104857600"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "share.coordinator.threads", false, &[
        r(v(4, 0, 0), v(4, 3, 0), Int, ReadOnly, Text("1"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "share.coordinator.write.timeout.ms", false, &[
        r(v(4, 0, 0), v(4, 3, 0), Int, ReadOnly, Text("5000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "share.fetch.max.fetch.records", true, &[
        r(v(4, 0, 0), v(4, 0, 0), Int, ReadOnly, Text("2147483647"), Valid::Any),
    ]),
    k(Scope::Broker, "share.fetch.purgatory.purge.interval.requests", false, &[
        r(v(4, 0, 0), v(4, 3, 0), Int, ReadOnly, Text("1000"), Valid::Any),
    ]),
    k(Scope::Broker, "socket.connection.setup.timeout.max.ms", false, &[
        r(v(2, 7, 0), v(2, 7, 0), Long, ReadOnly, Text("127000"), Valid::Any),
        r(v(2, 8, 0), v(4, 3, 0), Long, ReadOnly, Text("30000"), Valid::Any),
    ]),
    k(Scope::Broker, "socket.connection.setup.timeout.ms", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Long, ReadOnly, Text("10000"), Valid::Any),
    ]),
    k(Scope::Broker, "socket.listen.backlog.size", false, &[
        r(v(3, 2, 0), v(4, 3, 0), Int, ReadOnly, Text("50"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "socket.receive.buffer.bytes", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("102400"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("102400"), Valid::Any),
    ]),
    k(Scope::Broker, "socket.request.max.bytes", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("104857600"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("104857600"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "socket.send.buffer.bytes", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("102400"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("102400"), Valid::Any),
    ]),
    k(Scope::Broker, "ssl.allow.dn.changes", false, &[
        r(v(3, 7, 0), v(4, 3, 0), Boolean, ReadOnly, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "ssl.allow.san.changes", false, &[
        r(v(3, 7, 0), v(4, 3, 0), Boolean, ReadOnly, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "ssl.cipher.suites", false, &[
        r(v(0, 9, 0), v(1, 0, 0), List, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), List, PerBroker, Text(""), Valid::Any),
    ]),
    k(Scope::Broker, "ssl.client.auth", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Text("none"), Valid::OneOf(&["required", "requested", "none"])),
        r(v(1, 1, 0), v(4, 3, 0), String, PerBroker, Text("none"), Valid::OneOf(&["required", "requested", "none"])),
    ]),
    k(Scope::Broker, "ssl.enabled.protocols", false, &[
        r(v(0, 9, 0), v(0, 10, 1), List, NotTold, OfJava, Valid::Any),
        r(v(0, 10, 2), v(1, 0, 0), List, NotTold, OfJava, Valid::Any),
        r(v(1, 1, 0), v(2, 4, 0), List, PerBroker, OfJava, Valid::Any),
        r(v(2, 5, 0), v(2, 5, 0), List, PerBroker, OfJava, Valid::Any),
        r(v(2, 6, 0), v(4, 3, 0), List, PerBroker, OfJava, Valid::Any),
    ]),
    k(Scope::Broker, "ssl.endpoint.identification.algorithm", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(1, 1, 0), String, PerBroker, Null, Valid::Any),
        r(v(2, 0, 0), v(4, 3, 0), String, PerBroker, Text("https"), Valid::Any),
    ]),
    k(Scope::Broker, "ssl.engine.factory.class", false, &[
        r(v(2, 6, 0), v(4, 3, 0), Class, PerBroker, Null, Valid::Any),
    ]),
    k(Scope::Broker, "ssl.key.password", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Password, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Password, PerBroker, Null, Valid::Any),
    ]),
    k(Scope::Broker, "ssl.keymanager.algorithm", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Text("SunX509"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), String, PerBroker, Text("SunX509"), Valid::Any),
    ]),
    k(Scope::Broker, "ssl.keystore.certificate.chain", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Password, PerBroker, Null, Valid::Any),
    ]),
    k(Scope::Broker, "ssl.keystore.key", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Password, PerBroker, Null, Valid::Any),
    ]),
    k(Scope::Broker, "ssl.keystore.location", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), String, PerBroker, Null, Valid::Any),
    ]),
    k(Scope::Broker, "ssl.keystore.password", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Password, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Password, PerBroker, Null, Valid::Any),
    ]),
    k(Scope::Broker, "ssl.keystore.type", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Text("JKS"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), String, PerBroker, Text("JKS"), Valid::Any),
    ]),
    k(Scope::Broker, "ssl.principal.mapping.rules", false, &[
        r(v(2, 2, 0), v(2, 3, 0), List, ReadOnly, Text("DEFAULT"), Valid::Any),
        r(v(2, 4, 0), v(4, 3, 0), String, ReadOnly, Text("DEFAULT"), Valid::Any),
    ]),
    k(Scope::Broker, "ssl.protocol", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, OfJava, Valid::Any),
        r(v(1, 1, 0), v(2, 4, 0), String, PerBroker, OfJava, Valid::Any),
        r(v(2, 5, 0), v(2, 5, 0), String, PerBroker, OfJava, Valid::Any),
        r(v(2, 6, 0), v(4, 3, 0), String, PerBroker, OfJava, Valid::Any),
    ]),
    k(Scope::Broker, "ssl.provider", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), String, PerBroker, Null, Valid::Any),
    ]),
    k(Scope::Broker, "ssl.secure.random.implementation", false, &[
        r(v(0, 10, 1), v(1, 0, 0), String, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), String, PerBroker, Null, Valid::Any),
    ]),
    k(Scope::Broker, "ssl.trustmanager.algorithm", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Text("PKIX"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), String, PerBroker, Text("PKIX"), Valid::Any),
    ]),
    k(Scope::Broker, "ssl.truststore.certificates", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Password, PerBroker, Null, Valid::Any),
    ]),
    k(Scope::Broker, "ssl.truststore.location", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), String, PerBroker, Null, Valid::Any),
    ]),
    k(Scope::Broker, "ssl.truststore.password", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Password, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Password, PerBroker, Null, Valid::Any),
    ]),
    k(Scope::Broker, "ssl.truststore.type", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Text("JKS"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), String, PerBroker, Text("JKS"), Valid::Any),
    ]),
    k(Scope::Broker, "telemetry.max.bytes", false, &[
        r(v(3, 7, 0), v(4, 3, 0), Int, ReadOnly, Text("1048576"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "transaction.abort.timed.out.transaction.cleanup.interval.ms", false, &[
        r(v(0, 11, 0), v(1, 0, 0), Int, NotTold, Text("60000"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(2, 4, 0), Int, ReadOnly, Text("60000"), Valid::Int(1, i64::MAX)),
        r(v(2, 5, 0), v(4, 3, 0), Int, ReadOnly, Text("10000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "transaction.max.timeout.ms", false, &[
        r(v(0, 11, 0), v(1, 0, 0), Int, NotTold, Text("900000"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("900000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "transaction.partition.verification.enable", false, &[
        r(v(3, 6, 0), v(4, 3, 0), Boolean, ClusterWide, Text("true"), Valid::Any),
    ]),
    k(Scope::Broker, "transaction.remove.expired.transaction.cleanup.interval.ms", false, &[
        r(v(0, 11, 0), v(1, 0, 0), Int, NotTold, Text("3600000"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("3600000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "transaction.state.log.load.buffer.size", false, &[
        r(v(0, 11, 0), v(1, 0, 0), Int, NotTold, Text("5242880"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("5242880"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "transaction.state.log.min.isr", false, &[
        r(v(0, 11, 0), v(1, 0, 0), Int, NotTold, Text("2"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("2"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "transaction.state.log.num.partitions", false, &[
        r(v(0, 11, 0), v(1, 0, 0), Int, NotTold, Text("50"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("50"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "transaction.state.log.replication.factor", false, &[
        r(v(0, 11, 0), v(1, 0, 0), Short, NotTold, Text("3"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Short, ReadOnly, Text("3"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "transaction.state.log.segment.bytes", false, &[
        r(v(0, 11, 0), v(1, 0, 0), Int, NotTold, Text("104857600"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("104857600"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "transaction.two.phase.commit.enable", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Boolean, ReadOnly, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "transactional.id.expiration.ms", false, &[
        r(v(0, 11, 0), v(1, 0, 0), Int, NotTold, Text("604800000"), Valid::Int(1, i64::MAX)),
        r(v(1, 1, 0), v(4, 3, 0), Int, ReadOnly, Text("604800000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "unclean.leader.election.enable", false, &[
        r(v(0, 9, 0), v(0, 10, 2), Boolean, NotTold, Text("true"), Valid::Any),
        r(v(0, 11, 0), v(1, 0, 0), Boolean, NotTold, Text("false"), Valid::Any),
        r(v(1, 1, 0), v(4, 3, 0), Boolean, ClusterWide, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "unclean.leader.election.interval.ms", true, &[
        r(v(3, 9, 0), v(4, 3, 0), Long, ReadOnly, Text("300000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "unstable.api.versions.enable", true, &[
        r(v(3, 5, 0), v(4, 3, 0), Boolean, ReadOnly, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "unstable.feature.versions.enable", true, &[
        r(v(3, 8, 0), v(4, 3, 0), Boolean, ReadOnly, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "unstable.metadata.versions.enable", true, &[
        r(v(3, 7, 0), v(3, 7, 0), Boolean, ReadOnly, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.clientCnxnSocket", false, &[
        r(v(2, 5, 0), v(3, 9, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.connect", false, &[
        r(v(0, 9, 0), v(1, 0, 0), String, NotTold, Text(""), Valid::Any),
        r(v(1, 1, 0), v(2, 3, 0), String, ReadOnly, Text(""), Valid::Any),
        r(v(2, 4, 0), v(2, 7, 0), String, ReadOnly, Required, Valid::Any),
        r(v(2, 8, 0), v(3, 9, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.connection.timeout.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Null, Valid::Any),
        r(v(1, 1, 0), v(3, 9, 0), Int, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.max.in.flight.requests", false, &[
        r(v(1, 1, 0), v(3, 9, 0), Int, ReadOnly, Text("10"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "zookeeper.metadata.migration.enable", false, &[
        r(v(3, 4, 0), v(3, 9, 0), Boolean, ReadOnly, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.metadata.migration.min.batch.size", true, &[
        r(v(3, 6, 0), v(3, 9, 0), Int, ReadOnly, Text("200"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Broker, "zookeeper.session.timeout.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("6000"), Valid::Any),
        r(v(1, 1, 0), v(2, 4, 0), Int, ReadOnly, Text("6000"), Valid::Any),
        r(v(2, 5, 0), v(3, 9, 0), Int, ReadOnly, Text("18000"), Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.set.acl", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Boolean, NotTold, Text("false"), Valid::Any),
        r(v(1, 1, 0), v(3, 9, 0), Boolean, ReadOnly, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.ssl.cipher.suites", false, &[
        r(v(2, 5, 0), v(3, 9, 0), List, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.ssl.client.enable", false, &[
        r(v(2, 5, 0), v(3, 9, 0), Boolean, ReadOnly, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.ssl.crl.enable", false, &[
        r(v(2, 5, 0), v(3, 9, 0), Boolean, ReadOnly, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.ssl.enabled.protocols", false, &[
        r(v(2, 5, 0), v(3, 9, 0), List, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.ssl.endpoint.identification.algorithm", false, &[
        r(v(2, 5, 0), v(3, 9, 0), String, ReadOnly, Text("HTTPS"), Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.ssl.keystore.location", false, &[
        r(v(2, 5, 0), v(3, 9, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.ssl.keystore.password", false, &[
        r(v(2, 5, 0), v(3, 9, 0), Password, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.ssl.keystore.type", false, &[
        r(v(2, 5, 0), v(3, 9, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.ssl.ocsp.enable", false, &[
        r(v(2, 5, 0), v(3, 9, 0), Boolean, ReadOnly, Text("false"), Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.ssl.protocol", false, &[
        r(v(2, 5, 0), v(3, 9, 0), String, ReadOnly, Text("TLSv1.2"), Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.ssl.truststore.location", false, &[
        r(v(2, 5, 0), v(3, 9, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.ssl.truststore.password", false, &[
        r(v(2, 5, 0), v(3, 9, 0), Password, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.ssl.truststore.type", false, &[
        r(v(2, 5, 0), v(3, 9, 0), String, ReadOnly, Null, Valid::Any),
    ]),
    k(Scope::Broker, "zookeeper.sync.time.ms", false, &[
        r(v(0, 9, 0), v(1, 0, 0), Int, NotTold, Text("2000"), Valid::Any),
        r(v(1, 1, 0), v(3, 1, 0), Int, ReadOnly, Text("2000"), Valid::Any),
    ]),
];

pub(super) static CONNECT: &[Key] = &[
    k(Scope::Connect, "access.control.allow.methods", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Connect, "access.control.allow.origin", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Connect, "admin.listeners", false, &[
        r(v(2, 4, 0), v(2, 8, 0), List, NotTold, Null, Valid::Any),
        r(v(3, 0, 0), v(4, 1, 0), List, NotTold, Null, Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "auto.include.jmx.reporter", false, &[
        r(v(3, 4, 0), v(3, 9, 0), Boolean, NotTold, Text("true"), Valid::Any),
    ]),
    k(Scope::Connect, "bootstrap.servers", false, &[
        r(v(2, 4, 0), v(4, 1, 0), List, NotTold, Text("localhost:9092"), Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Required, Valid::Any),
    ]),
    k(Scope::Connect, "client.dns.lookup", false, &[
        r(v(2, 4, 0), v(2, 5, 0), String, NotTold, Text("default"), Valid::OneOf(&["default", "use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"])),
        r(v(2, 6, 0), v(2, 8, 0), String, NotTold, Text("use_all_dns_ips"), Valid::OneOf(&["default", "use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"])),
        r(v(3, 0, 0), v(4, 3, 0), String, NotTold, Text("use_all_dns_ips"), Valid::OneOf(&["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"])),
    ]),
    k(Scope::Connect, "client.id", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Connect, "config.providers", false, &[
        r(v(2, 4, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Connect, "config.storage.replication.factor", false, &[
        r(v(2, 4, 0), v(2, 5, 0), Short, NotTold, Text("3"), Valid::Int(1, i64::MAX)),
        r(v(2, 6, 0), v(4, 3, 0), Short, NotTold, Text("3"), Valid::Any),
    ]),
    k(Scope::Connect, "config.storage.topic", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Required, Valid::Any),
    ]),
    k(Scope::Connect, "connect.protocol", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("sessioned"), Valid::OneOf(&["eager", "compatible", "sessioned"])),
    ]),
    k(Scope::Connect, "connections.max.idle.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("540000"), Valid::Any),
    ]),
    k(Scope::Connect, "connector.client.config.override.policy", false, &[
        r(v(2, 4, 0), v(2, 8, 0), String, NotTold, Text("None"), Valid::Any),
        r(v(3, 0, 0), v(4, 3, 0), String, NotTold, Text("All"), Valid::Any),
    ]),
    k(Scope::Connect, "exactly.once.source.support", false, &[
        r(v(3, 3, 0), v(4, 3, 0), String, NotTold, Text("disabled"), Valid::OneOfAnyCase(&["DISABLED", "ENABLED", "PREPARING"])),
    ]),
    k(Scope::Connect, "group.id", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Required, Valid::Any),
    ]),
    k(Scope::Connect, "header.converter", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Text("org.apache.kafka.connect.storage.SimpleHeaderConverter"), Valid::Any),
    ]),
    k(Scope::Connect, "header.converter.plugin.version", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "heartbeat.interval.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("3000"), Valid::Any),
    ]),
    k(Scope::Connect, "inter.worker.key.generation.algorithm", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("HmacSHA256"), Valid::Any),
    ]),
    k(Scope::Connect, "inter.worker.key.size", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "inter.worker.key.ttl.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("3600000"), Valid::Int(0, 2147483647)),
    ]),
    k(Scope::Connect, "inter.worker.signature.algorithm", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("HmacSHA256"), Valid::Any),
    ]),
    k(Scope::Connect, "inter.worker.verification.algorithms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), List, NotTold, Text("HmacSHA256"), Valid::Any),
    ]),
    k(Scope::Connect, "internal.key.converter", false, &[
        r(v(2, 4, 0), v(2, 8, 0), Class, NotTold, Text("org.apache.kafka.connect.json.JsonConverter"), Valid::Any),
    ]),
    k(Scope::Connect, "internal.value.converter", false, &[
        r(v(2, 4, 0), v(2, 8, 0), Class, NotTold, Text("org.apache.kafka.connect.json.JsonConverter"), Valid::Any),
    ]),
    k(Scope::Connect, "key.converter", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Required, Valid::Any),
    ]),
    k(Scope::Connect, "key.converter.plugin.version", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "listeners", false, &[
        r(v(2, 4, 0), v(2, 8, 0), List, NotTold, Null, Valid::Any),
        r(v(3, 0, 0), v(4, 3, 0), List, NotTold, Text("http://:8083"), Valid::Any),
    ]),
    k(Scope::Connect, "metadata.max.age.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("300000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Connect, "metadata.recovery.rebootstrap.trigger.ms", false, &[
        r(v(4, 0, 0), v(4, 3, 0), Long, NotTold, Text("300000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Connect, "metadata.recovery.strategy", false, &[
        r(v(3, 8, 0), v(3, 9, 0), String, NotTold, Text("none"), Valid::OneOfAnyCase(&["REBOOTSTRAP", "NONE"])),
        r(v(4, 0, 0), v(4, 3, 0), String, NotTold, Text("rebootstrap"), Valid::OneOfAnyCase(&["REBOOTSTRAP", "NONE"])),
    ]),
    k(Scope::Connect, "metric.reporters", false, &[
        r(v(2, 4, 0), v(3, 9, 0), List, NotTold, Text(""), Valid::Any),
        r(v(4, 0, 0), v(4, 3, 0), List, NotTold, Text("org.apache.kafka.common.metrics.JmxReporter"), Valid::Any),
    ]),
    k(Scope::Connect, "metrics.num.samples", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("2"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Connect, "metrics.recording.level", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("INFO"), Valid::OneOf(&["INFO", "DEBUG"])),
    ]),
    k(Scope::Connect, "metrics.sample.window.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("30000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Connect, "offset.flush.interval.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("60000"), Valid::Any),
    ]),
    k(Scope::Connect, "offset.flush.timeout.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("5000"), Valid::Any),
    ]),
    k(Scope::Connect, "offset.storage.file.filename", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Required, Valid::Any),
    ]),
    k(Scope::Connect, "offset.storage.partitions", false, &[
        r(v(2, 4, 0), v(2, 5, 0), Int, NotTold, Text("25"), Valid::Int(1, i64::MAX)),
        r(v(2, 6, 0), v(4, 3, 0), Int, NotTold, Text("25"), Valid::Any),
    ]),
    k(Scope::Connect, "offset.storage.replication.factor", false, &[
        r(v(2, 4, 0), v(2, 5, 0), Short, NotTold, Text("3"), Valid::Int(1, i64::MAX)),
        r(v(2, 6, 0), v(4, 3, 0), Short, NotTold, Text("3"), Valid::Any),
    ]),
    k(Scope::Connect, "offset.storage.topic", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Required, Valid::Any),
    ]),
    k(Scope::Connect, "plugin.discovery", false, &[
        r(v(3, 6, 0), v(4, 3, 0), String, NotTold, Text("hybrid_warn"), Valid::OneOfAnyCase(&["ONLY_SCAN", "SERVICE_LOAD", "HYBRID_WARN", "HYBRID_FAIL"])),
    ]),
    k(Scope::Connect, "plugin.path", false, &[
        r(v(2, 4, 0), v(4, 3, 0), List, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "rebalance.timeout.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("60000"), Valid::Any),
    ]),
    k(Scope::Connect, "receive.buffer.bytes", false, &[
        r(v(2, 4, 0), v(3, 4, 0), Int, NotTold, Text("32768"), Valid::Int(0, i64::MAX)),
        r(v(3, 5, 0), v(4, 3, 0), Int, NotTold, Text("32768"), Valid::Int(-1, i64::MAX)),
    ]),
    k(Scope::Connect, "reconnect.backoff.max.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("1000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Connect, "reconnect.backoff.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("50"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Connect, "request.timeout.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("40000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Connect, "response.http.headers.config", false, &[
        r(v(2, 6, 0), v(4, 3, 0), String, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Connect, "rest.advertised.host.name", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "rest.advertised.listener", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "rest.advertised.port", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "rest.extension.classes", false, &[
        r(v(2, 4, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Connect, "rest.host.name", false, &[
        r(v(2, 4, 0), v(2, 8, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "rest.port", false, &[
        r(v(2, 4, 0), v(2, 8, 0), Int, NotTold, Text("8083"), Valid::Any),
    ]),
    k(Scope::Connect, "retry.backoff.max.ms", false, &[
        r(v(3, 7, 0), v(4, 3, 0), Long, NotTold, Text("1000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Connect, "retry.backoff.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("100"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Connect, "sasl.client.callback.handler.class", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.jaas.config", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.kerberos.kinit.cmd", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("/usr/bin/kinit"), Valid::Any),
    ]),
    k(Scope::Connect, "sasl.kerberos.min.time.before.relogin", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("60000"), Valid::Any),
    ]),
    k(Scope::Connect, "sasl.kerberos.service.name", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.kerberos.ticket.renew.jitter", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Double, NotTold, Text("0.05"), Valid::Any),
    ]),
    k(Scope::Connect, "sasl.kerberos.ticket.renew.window.factor", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Double, NotTold, Text("0.8"), Valid::Any),
    ]),
    k(Scope::Connect, "sasl.login.callback.handler.class", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.login.class", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.login.connect.timeout.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Int, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.login.read.timeout.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Int, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.login.refresh.buffer.seconds", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Short, NotTold, Text("300"), Valid::Int(0, 3600)),
    ]),
    k(Scope::Connect, "sasl.login.refresh.min.period.seconds", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Short, NotTold, Text("60"), Valid::Int(0, 900)),
    ]),
    k(Scope::Connect, "sasl.login.refresh.window.factor", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Double, NotTold, Text("0.8"), Valid::Double(0.5, 1.0)),
    ]),
    k(Scope::Connect, "sasl.login.refresh.window.jitter", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Double, NotTold, Text("0.05"), Valid::Double(0.0, 0.25)),
    ]),
    k(Scope::Connect, "sasl.login.retry.backoff.max.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("10000"), Valid::Any),
    ]),
    k(Scope::Connect, "sasl.login.retry.backoff.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("100"), Valid::Any),
    ]),
    k(Scope::Connect, "sasl.mechanism", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("GSSAPI"), Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.assertion.algorithm", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Text("RS256"), Valid::OneOfAnyCase(&["ES256", "RS256"])),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.assertion.claim.aud", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.assertion.claim.exp.seconds", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, NotTold, Text("300"), Valid::Int(0, 86400)),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.assertion.claim.iss", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.assertion.claim.jti.include", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.assertion.claim.nbf.seconds", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, NotTold, Text("60"), Valid::Int(0, 3600)),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.assertion.claim.sub", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.assertion.file", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.assertion.private.key.file", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.assertion.private.key.passphrase", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.assertion.template.file", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.client.credentials.client.id", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.client.credentials.client.secret", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.clock.skew.seconds", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Int, NotTold, Text("30"), Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.expected.audience", false, &[
        r(v(3, 1, 0), v(4, 1, 0), List, NotTold, Null, Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.expected.issuer", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.header.urlencode", false, &[
        r(v(3, 9, 0), v(4, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.jwks.endpoint.refresh.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("3600000"), Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("10000"), Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("100"), Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.jwks.endpoint.url", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.jwt.retriever.class", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Class, NotTold, Text("org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever"), Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.jwt.validator.class", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Class, NotTold, Text("org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator"), Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.scope", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.scope.claim.name", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Text("scope"), Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.sub.claim.name", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Text("sub"), Valid::Any),
    ]),
    k(Scope::Connect, "sasl.oauthbearer.token.endpoint.url", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "scheduled.rebalance.max.delay.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("300000"), Valid::Int(0, 2147483647)),
    ]),
    k(Scope::Connect, "security.protocol", false, &[
        r(v(2, 4, 0), v(3, 2, 0), String, NotTold, Text("PLAINTEXT"), Valid::Any),
        r(v(3, 3, 0), v(3, 4, 0), String, NotTold, Text("PLAINTEXT"), Valid::OneOf(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])),
        r(v(3, 5, 0), v(4, 3, 0), String, NotTold, Text("PLAINTEXT"), Valid::OneOfAnyCase(&["SASL_SSL", "PLAINTEXT", "SSL", "SASL_PLAINTEXT"])),
    ]),
    k(Scope::Connect, "send.buffer.bytes", false, &[
        r(v(2, 4, 0), v(3, 4, 0), Int, NotTold, Text("131072"), Valid::Int(0, i64::MAX)),
        r(v(3, 5, 0), v(4, 3, 0), Int, NotTold, Text("131072"), Valid::Int(-1, i64::MAX)),
    ]),
    k(Scope::Connect, "session.timeout.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("10000"), Valid::Any),
    ]),
    k(Scope::Connect, "socket.connection.setup.timeout.max.ms", false, &[
        r(v(2, 7, 0), v(2, 7, 0), Long, NotTold, Text("127000"), Valid::Int(0, i64::MAX)),
        r(v(2, 8, 0), v(4, 3, 0), Long, NotTold, Text("30000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Connect, "socket.connection.setup.timeout.ms", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Long, NotTold, Text("10000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Connect, "ssl.cipher.suites", false, &[
        r(v(2, 4, 0), v(4, 1, 0), List, NotTold, Null, Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Connect, "ssl.client.auth", false, &[
        r(v(2, 4, 0), v(3, 2, 0), String, NotTold, Text("none"), Valid::Any),
        r(v(3, 3, 0), v(4, 3, 0), String, NotTold, Text("none"), Valid::OneOf(&["required", "requested", "none"])),
    ]),
    k(Scope::Connect, "ssl.enabled.protocols", false, &[
        r(v(2, 4, 0), v(2, 4, 0), List, NotTold, OfJava, Valid::Any),
        r(v(2, 5, 0), v(2, 5, 0), List, NotTold, OfJava, Valid::Any),
        r(v(2, 6, 0), v(4, 3, 0), List, NotTold, OfJava, Valid::Any),
    ]),
    k(Scope::Connect, "ssl.endpoint.identification.algorithm", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("https"), Valid::Any),
    ]),
    k(Scope::Connect, "ssl.engine.factory.class", false, &[
        r(v(2, 6, 0), v(4, 3, 0), Class, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "ssl.key.password", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "ssl.keymanager.algorithm", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("SunX509"), Valid::Any),
    ]),
    k(Scope::Connect, "ssl.keystore.certificate.chain", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "ssl.keystore.key", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "ssl.keystore.location", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "ssl.keystore.password", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "ssl.keystore.type", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("JKS"), Valid::Any),
    ]),
    k(Scope::Connect, "ssl.protocol", false, &[
        r(v(2, 4, 0), v(2, 4, 0), String, NotTold, OfJava, Valid::Any),
        r(v(2, 5, 0), v(2, 5, 0), String, NotTold, OfJava, Valid::Any),
        r(v(2, 6, 0), v(4, 3, 0), String, NotTold, OfJava, Valid::Any),
    ]),
    k(Scope::Connect, "ssl.provider", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "ssl.secure.random.implementation", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "ssl.trustmanager.algorithm", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("PKIX"), Valid::Any),
    ]),
    k(Scope::Connect, "ssl.truststore.certificates", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "ssl.truststore.location", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "ssl.truststore.password", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "ssl.truststore.type", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("JKS"), Valid::Any),
    ]),
    k(Scope::Connect, "status.storage.partitions", false, &[
        r(v(2, 4, 0), v(2, 5, 0), Int, NotTold, Text("5"), Valid::Int(1, i64::MAX)),
        r(v(2, 6, 0), v(4, 3, 0), Int, NotTold, Text("5"), Valid::Any),
    ]),
    k(Scope::Connect, "status.storage.replication.factor", false, &[
        r(v(2, 4, 0), v(2, 5, 0), Short, NotTold, Text("3"), Valid::Int(1, i64::MAX)),
        r(v(2, 6, 0), v(4, 3, 0), Short, NotTold, Text("3"), Valid::Any),
    ]),
    k(Scope::Connect, "status.storage.topic", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Required, Valid::Any),
    ]),
    k(Scope::Connect, "task.shutdown.graceful.timeout.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("5000"), Valid::Any),
    ]),
    k(Scope::Connect, "topic.creation.enable", false, &[
        r(v(2, 6, 0), v(4, 3, 0), Boolean, NotTold, Text("true"), Valid::Any),
    ]),
    k(Scope::Connect, "topic.tracking.allow.reset", false, &[
        r(v(2, 5, 0), v(4, 3, 0), Boolean, NotTold, Text("true"), Valid::Any),
    ]),
    k(Scope::Connect, "topic.tracking.enable", false, &[
        r(v(2, 5, 0), v(4, 3, 0), Boolean, NotTold, Text("true"), Valid::Any),
    ]),
    k(Scope::Connect, "value.converter", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Required, Valid::Any),
    ]),
    k(Scope::Connect, "value.converter.plugin.version", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Connect, "worker.sync.timeout.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("3000"), Valid::Any),
    ]),
    k(Scope::Connect, "worker.unsync.backoff.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("300000"), Valid::Any),
    ]),
];

pub(super) static CONSUMER: &[Key] = &[
    k(Scope::Consumer, "allow.auto.create.topics", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Boolean, NotTold, Text("true"), Valid::Any),
    ]),
    k(Scope::Consumer, "auto.commit.interval.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("5000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Consumer, "auto.include.jmx.reporter", false, &[
        r(v(3, 4, 0), v(3, 9, 0), Boolean, NotTold, Text("true"), Valid::Any),
    ]),
    k(Scope::Consumer, "auto.offset.reset", false, &[
        r(v(2, 4, 0), v(3, 9, 0), String, NotTold, Text("latest"), Valid::OneOf(&["latest", "earliest", "none"])),
        r(v(4, 0, 0), v(4, 3, 0), String, NotTold, Text("latest"), Valid::OneOf(&["latest", "earliest", "none", "by_duration:"])),
    ]),
    k(Scope::Consumer, "bootstrap.servers", false, &[
        r(v(2, 4, 0), v(4, 1, 0), List, NotTold, Text(""), Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Required, Valid::Any),
    ]),
    k(Scope::Consumer, "check.crcs", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Boolean, NotTold, Text("true"), Valid::Any),
    ]),
    k(Scope::Consumer, "client.dns.lookup", false, &[
        r(v(2, 4, 0), v(2, 5, 0), String, NotTold, Text("default"), Valid::OneOf(&["default", "use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"])),
        r(v(2, 6, 0), v(2, 8, 0), String, NotTold, Text("use_all_dns_ips"), Valid::OneOf(&["default", "use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"])),
        r(v(3, 0, 0), v(4, 3, 0), String, NotTold, Text("use_all_dns_ips"), Valid::OneOf(&["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"])),
    ]),
    k(Scope::Consumer, "client.id", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Consumer, "client.rack", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Consumer, "config.providers", false, &[
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Consumer, "connections.max.idle.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("540000"), Valid::Any),
    ]),
    k(Scope::Consumer, "default.api.timeout.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("60000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Consumer, "enable.auto.commit", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Boolean, NotTold, Text("true"), Valid::Any),
    ]),
    k(Scope::Consumer, "enable.metrics.push", false, &[
        r(v(3, 7, 0), v(4, 3, 0), Boolean, NotTold, Text("true"), Valid::Any),
    ]),
    k(Scope::Consumer, "exclude.internal.topics", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Boolean, NotTold, Text("true"), Valid::Any),
    ]),
    k(Scope::Consumer, "fetch.max.bytes", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("52428800"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Consumer, "fetch.max.wait.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("500"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Consumer, "fetch.min.bytes", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("1"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Consumer, "group.id", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "group.instance.id", false, &[
        r(v(2, 4, 0), v(3, 2, 0), String, NotTold, Null, Valid::Any),
        r(v(3, 3, 0), v(4, 3, 0), String, NotTold, Null, Valid::NonEmpty),
    ]),
    k(Scope::Consumer, "group.protocol", false, &[
        r(v(3, 7, 0), v(4, 3, 0), String, NotTold, Text("classic"), Valid::OneOfAnyCase(&["CONSUMER", "CLASSIC"])),
    ]),
    k(Scope::Consumer, "group.remote.assignor", false, &[
        r(v(3, 7, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "heartbeat.interval.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("3000"), Valid::Any),
    ]),
    k(Scope::Consumer, "interceptor.classes", false, &[
        r(v(2, 4, 0), v(4, 1, 0), List, NotTold, Text(""), Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Consumer, "internal.leave.group.on.close", true, &[
        r(v(2, 4, 0), v(4, 1, 0), Boolean, NotTold, Text("true"), Valid::Any),
    ]),
    k(Scope::Consumer, "internal.throw.on.fetch.stable.offset.unsupported", true, &[
        r(v(2, 6, 0), v(4, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
    ]),
    k(Scope::Consumer, "isolation.level", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("read_uncommitted"), Valid::OneOf(&["read_committed", "read_uncommitted"])),
    ]),
    k(Scope::Consumer, "key.deserializer", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Required, Valid::Any),
    ]),
    k(Scope::Consumer, "max.partition.fetch.bytes", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("1048576"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Consumer, "max.poll.interval.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("300000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Consumer, "max.poll.records", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("500"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Consumer, "metadata.max.age.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("300000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Consumer, "metadata.recovery.rebootstrap.trigger.ms", false, &[
        r(v(4, 0, 0), v(4, 3, 0), Long, NotTold, Text("300000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Consumer, "metadata.recovery.strategy", false, &[
        r(v(3, 8, 0), v(3, 9, 0), String, NotTold, Text("none"), Valid::OneOfAnyCase(&["REBOOTSTRAP", "NONE"])),
        r(v(4, 0, 0), v(4, 3, 0), String, NotTold, Text("rebootstrap"), Valid::OneOfAnyCase(&["REBOOTSTRAP", "NONE"])),
    ]),
    k(Scope::Consumer, "metric.reporters", false, &[
        r(v(2, 4, 0), v(3, 9, 0), List, NotTold, Text(""), Valid::Any),
        r(v(4, 0, 0), v(4, 1, 0), List, NotTold, Text("org.apache.kafka.common.metrics.JmxReporter"), Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Text("org.apache.kafka.common.metrics.JmxReporter"), Valid::Any),
    ]),
    k(Scope::Consumer, "metrics.num.samples", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("2"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Consumer, "metrics.recording.level", false, &[
        r(v(2, 4, 0), v(2, 6, 0), String, NotTold, Text("INFO"), Valid::OneOf(&["INFO", "DEBUG"])),
        r(v(2, 7, 0), v(4, 3, 0), String, NotTold, Text("INFO"), Valid::OneOf(&["INFO", "DEBUG", "TRACE"])),
    ]),
    k(Scope::Consumer, "metrics.sample.window.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("30000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Consumer, "partition.assignment.strategy", false, &[
        r(v(2, 4, 0), v(2, 8, 0), List, NotTold, Text("class org.apache.kafka.clients.consumer.RangeAssignor"), Valid::Any),
        r(v(3, 0, 0), v(4, 1, 0), List, NotTold, Text("class org.apache.kafka.clients.consumer.RangeAssignor,class org.apache.kafka.clients.consumer.CooperativeStickyAssignor"), Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Text("class org.apache.kafka.clients.consumer.RangeAssignor,class org.apache.kafka.clients.consumer.CooperativeStickyAssignor"), Valid::Any),
    ]),
    k(Scope::Consumer, "receive.buffer.bytes", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("65536"), Valid::Int(-1, i64::MAX)),
    ]),
    k(Scope::Consumer, "reconnect.backoff.max.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("1000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Consumer, "reconnect.backoff.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("50"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Consumer, "request.timeout.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("30000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Consumer, "retry.backoff.max.ms", false, &[
        r(v(3, 7, 0), v(4, 3, 0), Long, NotTold, Text("1000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Consumer, "retry.backoff.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("100"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Consumer, "sasl.client.callback.handler.class", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.jaas.config", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.kerberos.kinit.cmd", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("/usr/bin/kinit"), Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.kerberos.min.time.before.relogin", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("60000"), Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.kerberos.service.name", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.kerberos.ticket.renew.jitter", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Double, NotTold, Text("0.05"), Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.kerberos.ticket.renew.window.factor", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Double, NotTold, Text("0.8"), Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.login.callback.handler.class", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.login.class", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.login.connect.timeout.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Int, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.login.read.timeout.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Int, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.login.refresh.buffer.seconds", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Short, NotTold, Text("300"), Valid::Int(0, 3600)),
    ]),
    k(Scope::Consumer, "sasl.login.refresh.min.period.seconds", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Short, NotTold, Text("60"), Valid::Int(0, 900)),
    ]),
    k(Scope::Consumer, "sasl.login.refresh.window.factor", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Double, NotTold, Text("0.8"), Valid::Double(0.5, 1.0)),
    ]),
    k(Scope::Consumer, "sasl.login.refresh.window.jitter", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Double, NotTold, Text("0.05"), Valid::Double(0.0, 0.25)),
    ]),
    k(Scope::Consumer, "sasl.login.retry.backoff.max.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("10000"), Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.login.retry.backoff.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("100"), Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.mechanism", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("GSSAPI"), Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.assertion.algorithm", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Text("RS256"), Valid::OneOfAnyCase(&["ES256", "RS256"])),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.assertion.claim.aud", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.assertion.claim.exp.seconds", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, NotTold, Text("300"), Valid::Int(0, 86400)),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.assertion.claim.iss", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.assertion.claim.jti.include", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.assertion.claim.nbf.seconds", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, NotTold, Text("60"), Valid::Int(0, 3600)),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.assertion.claim.sub", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.assertion.file", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.assertion.private.key.file", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.assertion.private.key.passphrase", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.assertion.template.file", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.client.credentials.client.id", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.client.credentials.client.secret", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.clock.skew.seconds", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Int, NotTold, Text("30"), Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.expected.audience", false, &[
        r(v(3, 1, 0), v(4, 1, 0), List, NotTold, Null, Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.expected.issuer", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.header.urlencode", false, &[
        r(v(3, 9, 0), v(4, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.jwks.endpoint.refresh.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("3600000"), Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("10000"), Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("100"), Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.jwks.endpoint.url", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.jwt.retriever.class", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Class, NotTold, Text("org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever"), Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.jwt.validator.class", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Class, NotTold, Text("org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator"), Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.scope", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.scope.claim.name", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Text("scope"), Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.sub.claim.name", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Text("sub"), Valid::Any),
    ]),
    k(Scope::Consumer, "sasl.oauthbearer.token.endpoint.url", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "security.protocol", false, &[
        r(v(2, 4, 0), v(3, 2, 0), String, NotTold, Text("PLAINTEXT"), Valid::Any),
        r(v(3, 3, 0), v(3, 4, 0), String, NotTold, Text("PLAINTEXT"), Valid::OneOf(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])),
        r(v(3, 5, 0), v(4, 3, 0), String, NotTold, Text("PLAINTEXT"), Valid::OneOfAnyCase(&["SASL_SSL", "PLAINTEXT", "SSL", "SASL_PLAINTEXT"])),
    ]),
    k(Scope::Consumer, "security.providers", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "send.buffer.bytes", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("131072"), Valid::Int(-1, i64::MAX)),
    ]),
    k(Scope::Consumer, "session.timeout.ms", false, &[
        r(v(2, 4, 0), v(2, 8, 0), Int, NotTold, Text("10000"), Valid::Any),
        r(v(3, 0, 0), v(4, 3, 0), Int, NotTold, Text("45000"), Valid::Any),
    ]),
    k(Scope::Consumer, "share.acknowledgement.mode", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Text("implicit"), Valid::OneOf(&["implicit", "explicit"])),
    ]),
    k(Scope::Consumer, "share.acquire.mode", false, &[
        r(v(4, 2, 0), v(4, 3, 0), String, NotTold, Text("BATCH_OPTIMIZED"), Valid::OneOfAnyCase(&["batch_optimized", "record_limit"])),
    ]),
    k(Scope::Consumer, "socket.connection.setup.timeout.max.ms", false, &[
        r(v(2, 7, 0), v(2, 7, 0), Long, NotTold, Text("127000"), Valid::Any),
        r(v(2, 8, 0), v(4, 3, 0), Long, NotTold, Text("30000"), Valid::Any),
    ]),
    k(Scope::Consumer, "socket.connection.setup.timeout.ms", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Long, NotTold, Text("10000"), Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.cipher.suites", false, &[
        r(v(2, 4, 0), v(4, 1, 0), List, NotTold, Null, Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.enabled.protocols", false, &[
        r(v(2, 4, 0), v(2, 4, 0), List, NotTold, OfJava, Valid::Any),
        r(v(2, 5, 0), v(2, 5, 0), List, NotTold, OfJava, Valid::Any),
        r(v(2, 6, 0), v(4, 3, 0), List, NotTold, OfJava, Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.endpoint.identification.algorithm", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("https"), Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.engine.factory.class", false, &[
        r(v(2, 6, 0), v(4, 3, 0), Class, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.key.password", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.keymanager.algorithm", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("SunX509"), Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.keystore.certificate.chain", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.keystore.key", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.keystore.location", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.keystore.password", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.keystore.type", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("JKS"), Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.protocol", false, &[
        r(v(2, 4, 0), v(2, 4, 0), String, NotTold, OfJava, Valid::Any),
        r(v(2, 5, 0), v(2, 5, 0), String, NotTold, OfJava, Valid::Any),
        r(v(2, 6, 0), v(4, 3, 0), String, NotTold, OfJava, Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.provider", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.secure.random.implementation", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.trustmanager.algorithm", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("PKIX"), Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.truststore.certificates", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.truststore.location", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.truststore.password", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Consumer, "ssl.truststore.type", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("JKS"), Valid::Any),
    ]),
    k(Scope::Consumer, "value.deserializer", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Required, Valid::Any),
    ]),
];

pub(super) static PRODUCER: &[Key] = &[
    k(Scope::Producer, "acks", false, &[
        r(v(2, 4, 0), v(2, 8, 0), String, NotTold, Text("1"), Valid::OneOf(&["all", "-1", "0", "1"])),
        r(v(3, 0, 0), v(4, 3, 0), String, NotTold, Text("all"), Valid::OneOf(&["all", "-1", "0", "1"])),
    ]),
    k(Scope::Producer, "auto.include.jmx.reporter", false, &[
        r(v(3, 4, 0), v(3, 9, 0), Boolean, NotTold, Text("true"), Valid::Any),
    ]),
    k(Scope::Producer, "batch.size", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("16384"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Producer, "bootstrap.servers", false, &[
        r(v(2, 4, 0), v(4, 1, 0), List, NotTold, Text(""), Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Required, Valid::Any),
    ]),
    k(Scope::Producer, "buffer.memory", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("33554432"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Producer, "client.dns.lookup", false, &[
        r(v(2, 4, 0), v(2, 5, 0), String, NotTold, Text("default"), Valid::OneOf(&["default", "use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"])),
        r(v(2, 6, 0), v(2, 8, 0), String, NotTold, Text("use_all_dns_ips"), Valid::OneOf(&["default", "use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"])),
        r(v(3, 0, 0), v(4, 3, 0), String, NotTold, Text("use_all_dns_ips"), Valid::OneOf(&["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"])),
    ]),
    k(Scope::Producer, "client.id", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Producer, "compression.gzip.level", false, &[
        r(v(3, 8, 0), v(4, 3, 0), Int, NotTold, Text("-1"), Valid::IntOr(1, 9, -1)),
    ]),
    k(Scope::Producer, "compression.lz4.level", false, &[
        r(v(3, 8, 0), v(4, 3, 0), Int, NotTold, Text("9"), Valid::Int(1, 17)),
    ]),
    k(Scope::Producer, "compression.type", false, &[
        r(v(2, 4, 0), v(3, 2, 0), String, NotTold, Text("none"), Valid::Any),
        r(v(3, 3, 0), v(4, 3, 0), String, NotTold, Text("none"), Valid::OneOf(&["none", "gzip", "snappy", "lz4", "zstd"])),
    ]),
    k(Scope::Producer, "compression.zstd.level", false, &[
        r(v(3, 8, 0), v(4, 3, 0), Int, NotTold, Text("3"), Valid::Int(-131072, 22)),
    ]),
    k(Scope::Producer, "config.providers", false, &[
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Producer, "connections.max.idle.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("540000"), Valid::Any),
    ]),
    k(Scope::Producer, "delivery.timeout.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("120000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Producer, "enable.idempotence", false, &[
        r(v(2, 4, 0), v(2, 8, 0), Boolean, NotTold, Text("false"), Valid::Any),
        r(v(3, 0, 0), v(4, 3, 0), Boolean, NotTold, Text("true"), Valid::Any),
    ]),
    k(Scope::Producer, "enable.metrics.push", false, &[
        r(v(3, 7, 0), v(4, 3, 0), Boolean, NotTold, Text("true"), Valid::Any),
    ]),
    k(Scope::Producer, "interceptor.classes", false, &[
        r(v(2, 4, 0), v(4, 1, 0), List, NotTold, Text(""), Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Producer, "internal.auto.downgrade.txn.commit", true, &[
        r(v(2, 6, 0), v(2, 8, 0), Boolean, NotTold, Text("false"), Valid::Any),
    ]),
    k(Scope::Producer, "key.serializer", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Required, Valid::Any),
    ]),
    k(Scope::Producer, "linger.ms", false, &[
        r(v(2, 4, 0), v(3, 9, 0), Long, NotTold, Text("0"), Valid::Int(0, i64::MAX)),
        r(v(4, 0, 0), v(4, 3, 0), Long, NotTold, Text("5"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Producer, "max.block.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("60000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Producer, "max.in.flight.requests.per.connection", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("5"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Producer, "max.request.size", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("1048576"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Producer, "metadata.max.age.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("300000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Producer, "metadata.max.idle.ms", false, &[
        r(v(2, 5, 0), v(4, 3, 0), Long, NotTold, Text("300000"), Valid::Int(5000, i64::MAX)),
    ]),
    k(Scope::Producer, "metadata.recovery.rebootstrap.trigger.ms", false, &[
        r(v(4, 0, 0), v(4, 3, 0), Long, NotTold, Text("300000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Producer, "metadata.recovery.strategy", false, &[
        r(v(3, 8, 0), v(3, 9, 0), String, NotTold, Text("none"), Valid::OneOfAnyCase(&["REBOOTSTRAP", "NONE"])),
        r(v(4, 0, 0), v(4, 3, 0), String, NotTold, Text("rebootstrap"), Valid::OneOfAnyCase(&["REBOOTSTRAP", "NONE"])),
    ]),
    k(Scope::Producer, "metric.reporters", false, &[
        r(v(2, 4, 0), v(3, 9, 0), List, NotTold, Text(""), Valid::Any),
        r(v(4, 0, 0), v(4, 1, 0), List, NotTold, Text("org.apache.kafka.common.metrics.JmxReporter"), Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Text("org.apache.kafka.common.metrics.JmxReporter"), Valid::Any),
    ]),
    k(Scope::Producer, "metrics.num.samples", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("2"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Producer, "metrics.recording.level", false, &[
        r(v(2, 4, 0), v(2, 6, 0), String, NotTold, Text("INFO"), Valid::OneOf(&["INFO", "DEBUG"])),
        r(v(2, 7, 0), v(4, 3, 0), String, NotTold, Text("INFO"), Valid::OneOf(&["INFO", "DEBUG", "TRACE"])),
    ]),
    k(Scope::Producer, "metrics.sample.window.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("30000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Producer, "partitioner.adaptive.partitioning.enable", false, &[
        r(v(3, 3, 0), v(4, 3, 0), Boolean, NotTold, Text("true"), Valid::Any),
    ]),
    k(Scope::Producer, "partitioner.availability.timeout.ms", false, &[
        r(v(3, 3, 0), v(4, 3, 0), Long, NotTold, Text("0"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Producer, "partitioner.class", false, &[
        r(v(2, 4, 0), v(3, 2, 0), Class, NotTold, Text("org.apache.kafka.clients.producer.internals.DefaultPartitioner"), Valid::Any),
        r(v(3, 3, 0), v(4, 3, 0), Class, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "partitioner.ignore.keys", false, &[
        r(v(3, 3, 0), v(4, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
    ]),
    k(Scope::Producer, "receive.buffer.bytes", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("32768"), Valid::Int(-1, i64::MAX)),
    ]),
    k(Scope::Producer, "reconnect.backoff.max.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("1000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Producer, "reconnect.backoff.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("50"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Producer, "request.timeout.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("30000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Producer, "retries", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("2147483647"), Valid::Int(0, 2147483647)),
    ]),
    k(Scope::Producer, "retry.backoff.max.ms", false, &[
        r(v(3, 7, 0), v(4, 3, 0), Long, NotTold, Text("1000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Producer, "retry.backoff.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("100"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Producer, "sasl.client.callback.handler.class", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.jaas.config", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.kerberos.kinit.cmd", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("/usr/bin/kinit"), Valid::Any),
    ]),
    k(Scope::Producer, "sasl.kerberos.min.time.before.relogin", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Long, NotTold, Text("60000"), Valid::Any),
    ]),
    k(Scope::Producer, "sasl.kerberos.service.name", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.kerberos.ticket.renew.jitter", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Double, NotTold, Text("0.05"), Valid::Any),
    ]),
    k(Scope::Producer, "sasl.kerberos.ticket.renew.window.factor", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Double, NotTold, Text("0.8"), Valid::Any),
    ]),
    k(Scope::Producer, "sasl.login.callback.handler.class", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.login.class", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.login.connect.timeout.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Int, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.login.read.timeout.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Int, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.login.refresh.buffer.seconds", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Short, NotTold, Text("300"), Valid::Int(0, 3600)),
    ]),
    k(Scope::Producer, "sasl.login.refresh.min.period.seconds", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Short, NotTold, Text("60"), Valid::Int(0, 900)),
    ]),
    k(Scope::Producer, "sasl.login.refresh.window.factor", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Double, NotTold, Text("0.8"), Valid::Double(0.5, 1.0)),
    ]),
    k(Scope::Producer, "sasl.login.refresh.window.jitter", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Double, NotTold, Text("0.05"), Valid::Double(0.0, 0.25)),
    ]),
    k(Scope::Producer, "sasl.login.retry.backoff.max.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("10000"), Valid::Any),
    ]),
    k(Scope::Producer, "sasl.login.retry.backoff.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("100"), Valid::Any),
    ]),
    k(Scope::Producer, "sasl.mechanism", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("GSSAPI"), Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.assertion.algorithm", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Text("RS256"), Valid::OneOfAnyCase(&["ES256", "RS256"])),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.assertion.claim.aud", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.assertion.claim.exp.seconds", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, NotTold, Text("300"), Valid::Int(0, 86400)),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.assertion.claim.iss", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.assertion.claim.jti.include", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.assertion.claim.nbf.seconds", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, NotTold, Text("60"), Valid::Int(0, 3600)),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.assertion.claim.sub", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.assertion.file", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.assertion.private.key.file", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.assertion.private.key.passphrase", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.assertion.template.file", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.client.credentials.client.id", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.client.credentials.client.secret", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.clock.skew.seconds", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Int, NotTold, Text("30"), Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.expected.audience", false, &[
        r(v(3, 1, 0), v(4, 1, 0), List, NotTold, Null, Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.expected.issuer", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.header.urlencode", false, &[
        r(v(3, 9, 0), v(4, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.jwks.endpoint.refresh.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("3600000"), Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("10000"), Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", false, &[
        r(v(3, 1, 0), v(4, 3, 0), Long, NotTold, Text("100"), Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.jwks.endpoint.url", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.jwt.retriever.class", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Class, NotTold, Text("org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever"), Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.jwt.validator.class", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Class, NotTold, Text("org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator"), Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.scope", false, &[
        r(v(4, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.scope.claim.name", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Text("scope"), Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.sub.claim.name", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Text("sub"), Valid::Any),
    ]),
    k(Scope::Producer, "sasl.oauthbearer.token.endpoint.url", false, &[
        r(v(3, 1, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "security.protocol", false, &[
        r(v(2, 4, 0), v(3, 2, 0), String, NotTold, Text("PLAINTEXT"), Valid::Any),
        r(v(3, 3, 0), v(3, 4, 0), String, NotTold, Text("PLAINTEXT"), Valid::OneOf(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])),
        r(v(3, 5, 0), v(4, 3, 0), String, NotTold, Text("PLAINTEXT"), Valid::OneOfAnyCase(&["SASL_SSL", "PLAINTEXT", "SSL", "SASL_PLAINTEXT"])),
    ]),
    k(Scope::Producer, "security.providers", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "send.buffer.bytes", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("131072"), Valid::Int(-1, i64::MAX)),
    ]),
    k(Scope::Producer, "socket.connection.setup.timeout.max.ms", false, &[
        r(v(2, 7, 0), v(2, 7, 0), Long, NotTold, Text("127000"), Valid::Any),
        r(v(2, 8, 0), v(4, 3, 0), Long, NotTold, Text("30000"), Valid::Any),
    ]),
    k(Scope::Producer, "socket.connection.setup.timeout.ms", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Long, NotTold, Text("10000"), Valid::Any),
    ]),
    k(Scope::Producer, "ssl.cipher.suites", false, &[
        r(v(2, 4, 0), v(4, 1, 0), List, NotTold, Null, Valid::Any),
        r(v(4, 2, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Producer, "ssl.enabled.protocols", false, &[
        r(v(2, 4, 0), v(2, 4, 0), List, NotTold, OfJava, Valid::Any),
        r(v(2, 5, 0), v(2, 5, 0), List, NotTold, OfJava, Valid::Any),
        r(v(2, 6, 0), v(4, 3, 0), List, NotTold, OfJava, Valid::Any),
    ]),
    k(Scope::Producer, "ssl.endpoint.identification.algorithm", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("https"), Valid::Any),
    ]),
    k(Scope::Producer, "ssl.engine.factory.class", false, &[
        r(v(2, 6, 0), v(4, 3, 0), Class, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "ssl.key.password", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "ssl.keymanager.algorithm", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("SunX509"), Valid::Any),
    ]),
    k(Scope::Producer, "ssl.keystore.certificate.chain", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "ssl.keystore.key", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "ssl.keystore.location", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "ssl.keystore.password", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "ssl.keystore.type", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("JKS"), Valid::Any),
    ]),
    k(Scope::Producer, "ssl.protocol", false, &[
        r(v(2, 4, 0), v(2, 4, 0), String, NotTold, OfJava, Valid::Any),
        r(v(2, 5, 0), v(2, 5, 0), String, NotTold, OfJava, Valid::Any),
        r(v(2, 6, 0), v(4, 3, 0), String, NotTold, OfJava, Valid::Any),
    ]),
    k(Scope::Producer, "ssl.provider", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "ssl.secure.random.implementation", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "ssl.trustmanager.algorithm", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("PKIX"), Valid::Any),
    ]),
    k(Scope::Producer, "ssl.truststore.certificates", false, &[
        r(v(2, 7, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "ssl.truststore.location", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "ssl.truststore.password", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Password, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Producer, "ssl.truststore.type", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Text("JKS"), Valid::Any),
    ]),
    k(Scope::Producer, "transaction.timeout.ms", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Int, NotTold, Text("60000"), Valid::Any),
    ]),
    k(Scope::Producer, "transaction.two.phase.commit.enable", false, &[
        r(v(4, 1, 0), v(4, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
    ]),
    k(Scope::Producer, "transactional.id", false, &[
        r(v(2, 4, 0), v(4, 3, 0), String, NotTold, Null, Valid::NonEmpty),
    ]),
    k(Scope::Producer, "value.serializer", false, &[
        r(v(2, 4, 0), v(4, 3, 0), Class, NotTold, Required, Valid::Any),
    ]),
];

pub(super) static TOPIC: &[Key] = &[
    k(Scope::Topic, "cleanup.policy", false, &[
        r(v(0, 10, 1), v(2, 3, 0), List, NotTold, Text("delete"), Valid::OneOf(&["compact", "delete"])),
        r(v(2, 5, 0), v(4, 3, 0), List, NotTold, Text("delete"), Valid::OneOf(&["compact", "delete"])),
    ]),
    k(Scope::Topic, "compression.gzip.level", false, &[
        r(v(3, 8, 0), v(4, 3, 0), Int, NotTold, Text("-1"), Valid::IntOr(1, 9, -1)),
    ]),
    k(Scope::Topic, "compression.lz4.level", false, &[
        r(v(3, 8, 0), v(4, 3, 0), Int, NotTold, Text("9"), Valid::Int(1, 17)),
    ]),
    k(Scope::Topic, "compression.type", false, &[
        r(v(0, 10, 1), v(2, 0, 0), String, NotTold, Text("producer"), Valid::OneOf(&["uncompressed", "snappy", "lz4", "gzip", "producer"])),
        r(v(2, 1, 0), v(2, 3, 0), String, NotTold, Text("producer"), Valid::OneOf(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"])),
        r(v(2, 5, 0), v(4, 3, 0), String, NotTold, Text("producer"), Valid::OneOf(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"])),
    ]),
    k(Scope::Topic, "compression.zstd.level", false, &[
        r(v(3, 8, 0), v(4, 3, 0), Int, NotTold, Text("3"), Valid::Int(-131072, 22)),
    ]),
    k(Scope::Topic, "delete.retention.ms", false, &[
        r(v(0, 10, 1), v(2, 3, 0), Long, NotTold, Text("86400000"), Valid::Int(0, i64::MAX)),
        r(v(2, 5, 0), v(4, 3, 0), Long, NotTold, Text("86400000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Topic, "file.delete.delay.ms", false, &[
        r(v(0, 10, 1), v(2, 3, 0), Long, NotTold, Text("60000"), Valid::Int(0, i64::MAX)),
        r(v(2, 5, 0), v(4, 3, 0), Long, NotTold, Text("60000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Topic, "flush.messages", false, &[
        r(v(0, 10, 1), v(2, 3, 0), Long, NotTold, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
        r(v(2, 5, 0), v(3, 2, 0), Long, NotTold, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
        r(v(3, 3, 0), v(4, 3, 0), Long, NotTold, Text("9223372036854775807"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Topic, "flush.ms", false, &[
        r(v(0, 10, 1), v(2, 3, 0), Long, NotTold, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
        r(v(2, 5, 0), v(4, 3, 0), Long, NotTold, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Topic, "follower.replication.throttled.replicas", false, &[
        r(v(0, 10, 1), v(0, 10, 2), List, NotTold, Text(""), Valid::Any),
        r(v(0, 11, 0), v(2, 2, 0), List, NotTold, Text(""), Valid::Any),
        r(v(2, 3, 0), v(2, 3, 0), List, NotTold, Text(""), Valid::Any),
        r(v(2, 5, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Topic, "index.interval.bytes", false, &[
        r(v(0, 10, 1), v(2, 3, 0), Int, NotTold, Text("4096"), Valid::Int(0, i64::MAX)),
        r(v(2, 5, 0), v(4, 3, 0), Int, NotTold, Text("4096"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Topic, "internal.segment.bytes", true, &[
        r(v(4, 1, 0), v(4, 3, 0), Int, NotTold, Null, Valid::Any),
    ]),
    k(Scope::Topic, "leader.replication.throttled.replicas", false, &[
        r(v(0, 10, 1), v(0, 10, 2), List, NotTold, Text(""), Valid::Any),
        r(v(0, 11, 0), v(2, 2, 0), List, NotTold, Text(""), Valid::Any),
        r(v(2, 3, 0), v(2, 3, 0), List, NotTold, Text(""), Valid::Any),
        r(v(2, 5, 0), v(4, 3, 0), List, NotTold, Text(""), Valid::Any),
    ]),
    k(Scope::Topic, "local.retention.bytes", false, &[
        r(v(3, 0, 0), v(3, 0, 0), Long, NotTold, Text("-2"), Valid::Int(-2, i64::MAX)),
        r(v(3, 5, 0), v(3, 5, 0), Long, NotTold, Text("-2"), Valid::Int(-2, i64::MAX)),
        r(v(3, 6, 0), v(4, 3, 0), Long, NotTold, Text("-2"), Valid::Int(-2, i64::MAX)),
    ]),
    k(Scope::Topic, "local.retention.ms", false, &[
        r(v(3, 0, 0), v(3, 0, 0), Long, NotTold, Text("-2"), Valid::Int(-2, i64::MAX)),
        r(v(3, 5, 0), v(3, 5, 0), Long, NotTold, Text("-2"), Valid::Int(-2, i64::MAX)),
        r(v(3, 6, 0), v(4, 3, 0), Long, NotTold, Text("-2"), Valid::Int(-2, i64::MAX)),
    ]),
    k(Scope::Topic, "max.compaction.lag.ms", false, &[
        r(v(2, 3, 0), v(2, 3, 0), Long, NotTold, Text("9223372036854775807"), Valid::Int(1, i64::MAX)),
        r(v(2, 5, 0), v(4, 3, 0), Long, NotTold, Text("9223372036854775807"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Topic, "max.message.bytes", false, &[
        r(v(0, 10, 1), v(2, 3, 0), Int, NotTold, Text("1000012"), Valid::Int(0, i64::MAX)),
        r(v(2, 5, 0), v(4, 3, 0), Int, NotTold, Text("1048588"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Topic, "message.downconversion.enable", false, &[
        r(v(2, 0, 0), v(2, 3, 0), Boolean, NotTold, Text("true"), Valid::Any),
        r(v(2, 5, 0), v(3, 9, 0), Boolean, NotTold, Text("true"), Valid::Any),
    ]),
    k(Scope::Topic, "message.format.version", false, &[
        r(v(0, 10, 1), v(0, 10, 1), String, NotTold, Text("0.10.1-IV2"), Valid::Any),
        r(v(0, 10, 2), v(0, 10, 2), String, NotTold, Text("0.10.2-IV0"), Valid::Any),
        r(v(0, 11, 0), v(0, 11, 0), String, NotTold, Text("0.11.0-IV2"), Valid::Any),
        r(v(1, 0, 0), v(1, 0, 0), String, NotTold, Text("1.0-IV0"), Valid::Any),
        r(v(1, 1, 0), v(1, 1, 0), String, NotTold, Text("1.1-IV0"), Valid::Any),
        r(v(2, 0, 0), v(2, 0, 0), String, NotTold, Text("2.0-IV1"), Valid::Any),
        r(v(2, 1, 0), v(2, 1, 0), String, NotTold, Text("2.1-IV2"), Valid::Any),
        r(v(2, 2, 0), v(2, 2, 0), String, NotTold, Text("2.2-IV1"), Valid::Any),
        r(v(2, 3, 0), v(2, 3, 0), String, NotTold, Text("2.3-IV1"), Valid::Any),
        r(v(2, 5, 0), v(2, 5, 0), String, NotTold, Text("2.5-IV0"), Valid::Any),
        r(v(2, 6, 0), v(2, 6, 0), String, NotTold, Text("2.6-IV0"), Valid::Any),
        r(v(2, 7, 0), v(2, 7, 0), String, NotTold, Text("2.7-IV2"), Valid::Any),
        r(v(2, 8, 0), v(2, 8, 0), String, NotTold, Text("2.8-IV1"), Valid::Any),
        r(v(3, 0, 0), v(3, 0, 0), String, NotTold, Text("3.0-IV1"), Valid::Any),
        r(v(3, 1, 0), v(3, 1, 0), String, NotTold, Text("3.0-IV1"), Valid::Any),
        r(v(3, 2, 0), v(3, 2, 0), String, NotTold, Text("3.0-IV1"), Valid::Any),
        r(v(3, 3, 0), v(3, 3, 0), String, NotTold, Text("3.0-IV1"), Valid::Any),
        r(v(3, 4, 0), v(3, 4, 0), String, NotTold, Text("3.0-IV1"), Valid::Any),
        r(v(3, 5, 0), v(3, 5, 0), String, NotTold, Text("3.0-IV1"), Valid::Any),
        r(v(3, 6, 0), v(3, 6, 0), String, NotTold, Text("3.0-IV1"), Valid::Any),
        r(v(3, 7, 0), v(3, 7, 0), String, NotTold, Text("3.0-IV1"), Valid::Any),
        r(v(3, 8, 0), v(3, 8, 0), String, NotTold, Text("3.0-IV1"), Valid::Any),
        r(v(3, 9, 0), v(3, 9, 0), String, NotTold, Text("3.0-IV1"), Valid::Any),
    ]),
    k(Scope::Topic, "message.timestamp.after.max.ms", false, &[
        r(v(3, 6, 0), v(3, 9, 0), Long, NotTold, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
        r(v(4, 0, 0), v(4, 3, 0), Long, NotTold, Text("3600000"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Topic, "message.timestamp.before.max.ms", false, &[
        r(v(3, 6, 0), v(4, 3, 0), Long, NotTold, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Topic, "message.timestamp.difference.max.ms", false, &[
        r(v(0, 10, 1), v(2, 3, 0), Long, NotTold, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
        r(v(2, 5, 0), v(3, 9, 0), Long, NotTold, Text("9223372036854775807"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Topic, "message.timestamp.type", false, &[
        r(v(0, 10, 1), v(1, 1, 0), String, NotTold, Text("CreateTime"), Valid::Any),
        r(v(2, 0, 0), v(2, 3, 0), String, NotTold, Text("CreateTime"), Valid::OneOf(&["CreateTime", "LogAppendTime"])),
        r(v(2, 5, 0), v(4, 3, 0), String, NotTold, Text("CreateTime"), Valid::OneOf(&["CreateTime", "LogAppendTime"])),
    ]),
    k(Scope::Topic, "min.cleanable.dirty.ratio", false, &[
        r(v(0, 10, 1), v(2, 3, 0), Double, NotTold, Text("0.5"), Valid::Double(0.0, 1.0)),
        r(v(2, 5, 0), v(4, 3, 0), Double, NotTold, Text("0.5"), Valid::Double(0.0, 1.0)),
    ]),
    k(Scope::Topic, "min.compaction.lag.ms", false, &[
        r(v(0, 10, 1), v(2, 3, 0), Long, NotTold, Text("0"), Valid::Int(0, i64::MAX)),
        r(v(2, 5, 0), v(4, 3, 0), Long, NotTold, Text("0"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Topic, "min.insync.replicas", false, &[
        r(v(0, 10, 1), v(2, 3, 0), Int, NotTold, Text("1"), Valid::Int(1, i64::MAX)),
        r(v(2, 5, 0), v(4, 3, 0), Int, NotTold, Text("1"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Topic, "preallocate", false, &[
        r(v(0, 10, 1), v(2, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
        r(v(2, 5, 0), v(4, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
    ]),
    k(Scope::Topic, "remote.log.copy.disable", false, &[
        r(v(3, 9, 0), v(4, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
    ]),
    k(Scope::Topic, "remote.log.delete.on.disable", false, &[
        r(v(3, 9, 0), v(4, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
    ]),
    k(Scope::Topic, "remote.storage.enable", false, &[
        r(v(3, 0, 0), v(3, 0, 0), Boolean, NotTold, Text("false"), Valid::Any),
        r(v(3, 5, 0), v(3, 5, 0), Boolean, NotTold, Text("false"), Valid::Any),
        r(v(3, 6, 0), v(4, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
    ]),
    k(Scope::Topic, "retention.bytes", false, &[
        r(v(0, 10, 1), v(2, 3, 0), Long, NotTold, Text("-1"), Valid::Any),
        r(v(2, 5, 0), v(4, 3, 0), Long, NotTold, Text("-1"), Valid::Any),
    ]),
    k(Scope::Topic, "retention.ms", false, &[
        r(v(0, 10, 1), v(2, 1, 0), Long, NotTold, Text("604800000"), Valid::Any),
        r(v(2, 2, 0), v(2, 3, 0), Long, NotTold, Text("604800000"), Valid::Int(-1, i64::MAX)),
        r(v(2, 5, 0), v(4, 3, 0), Long, NotTold, Text("604800000"), Valid::Int(-1, i64::MAX)),
    ]),
    k(Scope::Topic, "segment.bytes", false, &[
        r(v(0, 10, 1), v(2, 3, 0), Int, NotTold, Text("1073741824"), Valid::Int(14, i64::MAX)),
        r(v(2, 5, 0), v(4, 0, 0), Int, NotTold, Text("1073741824"), Valid::Int(14, i64::MAX)),
        r(v(4, 1, 0), v(4, 3, 0), Int, NotTold, Text("1073741824"), Valid::Int(1048576, i64::MAX)),
    ]),
    k(Scope::Topic, "segment.index.bytes", false, &[
        r(v(0, 10, 1), v(2, 3, 0), Int, NotTold, Text("10485760"), Valid::Int(0, i64::MAX)),
        r(v(2, 5, 0), v(3, 2, 0), Int, NotTold, Text("10485760"), Valid::Int(0, i64::MAX)),
        r(v(3, 3, 0), v(4, 3, 0), Int, NotTold, Text("10485760"), Valid::Int(4, i64::MAX)),
    ]),
    k(Scope::Topic, "segment.jitter.ms", false, &[
        r(v(0, 10, 1), v(2, 3, 0), Long, NotTold, Text("0"), Valid::Int(0, i64::MAX)),
        r(v(2, 5, 0), v(4, 3, 0), Long, NotTold, Text("0"), Valid::Int(0, i64::MAX)),
    ]),
    k(Scope::Topic, "segment.ms", false, &[
        r(v(0, 10, 1), v(1, 1, 0), Long, NotTold, Text("604800000"), Valid::Int(0, i64::MAX)),
        r(v(2, 0, 0), v(2, 3, 0), Long, NotTold, Text("604800000"), Valid::Int(1, i64::MAX)),
        r(v(2, 5, 0), v(4, 3, 0), Long, NotTold, Text("604800000"), Valid::Int(1, i64::MAX)),
    ]),
    k(Scope::Topic, "unclean.leader.election.enable", false, &[
        r(v(0, 10, 1), v(0, 10, 2), Boolean, NotTold, Text("true"), Valid::Any),
        r(v(0, 11, 0), v(2, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
        r(v(2, 5, 0), v(4, 3, 0), Boolean, NotTold, Text("false"), Valid::Any),
    ]),
];
