//! TLS and SASL against real brokers: every way in, and one line for each way that is barred.

use std::time::{Duration, Instant};

use crate::harness::{Cluster, Sidecar, eventually, holds};

/// Sources that speak to the broker.
const KAFKA_SOURCES: [&str; 7] = ["liveness", "metadata", "registrations", "offsets", "configs", "log_dirs", "quorum"];

fn sees_all(sidecar: &Sidecar, way: &str) -> Result<(), String> {
    let page = sidecar.page();
    let up = page.value("kafka_broker_up", &[]);
    holds(up == Some(1.0), || format!("{way}: kafka_broker_up {up:?}\n{}", sidecar.log()))?;
    for source in KAFKA_SOURCES {
        let up = page.value("brokerwatch_source_up", &[("source", source)]);
        holds(up == Some(1.0), || format!("{way}: source {source} {up:?}\n{}", sidecar.log()))?;
    }
    let series = page.all("kafka_topic_partition_leader").count();
    holds(series > 0, || format!("{way}: no partition on the page"))
}

/// A refused way says why in one line of the log, and does not call the broker down.
fn is_told(cluster: &Cluster, listener: &str, arguments: &[String], told: &str) {
    let sidecar = start(&arguments_for(cluster, listener, arguments));
    eventually(Duration::from_secs(15), || {
        let log = sidecar.log();
        holds(log.contains(told), || format!("{listener} {arguments:?}: not told {told:?}:\n{log}"))
    });
    assert_eq!(sidecar.page().value("kafka_broker_up", &[]), None, "{listener} {arguments:?}: our own fault");
    let secret = std::fs::read_to_string(cluster.file("tls/password")).unwrap();
    for text in [sidecar.log(), sidecar.get("/metrics"), sidecar.get("/snapshot")] {
        assert!(!text.contains(secret.trim()), "a secret is shown");
    }
}

fn start(arguments: &[String]) -> Sidecar {
    Sidecar::start(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn arguments_for(cluster: &Cluster, listener: &str, arguments: &[String]) -> Vec<String> {
    let server = format!("--kafka.server={}", cluster.listener("1", listener));
    std::iter::once(server).chain(arguments.iter().cloned()).collect()
}

struct Ways {
    tls: Vec<String>,
    identity: Vec<String>,
    token: String,
    password: String,
}

impl Ways {
    fn of(cluster: &Cluster) -> Self {
        let file = |flag: &str, name: &str| format!("--{flag}={}", cluster.file(&format!("tls/{name}")));
        Self {
            tls: vec!["--tls.enabled".to_owned(), file("tls.ca-file", "ca.pem")],
            identity: vec![file("tls.cert-file", "exporter.pem"), file("tls.key-file", "exporter-key.pem")],
            token: file("sasl.token-file", "token"),
            password: file("sasl.password-file", "password"),
        }
    }

    fn user(&self, mechanism: &str) -> Vec<String> {
        let mechanism = format!("--sasl.mechanism={mechanism}");
        vec![mechanism, "--sasl.username=exporter".to_owned(), self.password.clone()]
    }

    fn tls_and(&self, further: &[String]) -> Vec<String> {
        [&self.tls[..], further].concat()
    }
}

/// An unsecured JSON web token, as a broker without a validator of its own takes it: good for an hour.
fn token() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let part = |json: String| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, json);
    let claims = format!("{{\"sub\":\"exporter\",\"iat\":{now},\"exp\":{}}}", now + 3_600);
    format!("{}.{}.", part("{\"alg\":\"none\"}".to_owned()), part(claims))
}

#[test]
fn every_way_in_shows_all_and_every_barred_one_says_why() {
    let cluster = Cluster::up_secure();
    cluster.kafka(&["topic", "create", "orders", "--partitions", "3"]);
    let ways = Ways::of(&cluster);
    std::fs::write(cluster.file("tls/token"), token()).unwrap();
    std::fs::write(cluster.file("tls/wrong"), "wrong\n").unwrap();
    let bearer = vec!["--sasl.mechanism=OAUTHBEARER".to_owned(), ways.token.clone()];

    // Its sessions end after eight seconds: it is looked at again at the end.
    let renewed = start(&arguments_for(&cluster, "SASL_PLAINTEXT", &ways.user("SCRAM-SHA-512")));
    let began = Instant::now();
    let open = [
        ("SSL", ways.tls.clone()),
        ("MTLS", ways.tls_and(&ways.identity)),
        ("SASL_SSL", ways.tls_and(&ways.user("PLAIN"))),
        ("SASL_SSL", ways.tls_and(&ways.user("SCRAM-SHA-256"))),
        ("SASL_SSL", ways.tls_and(&ways.user("SCRAM-SHA-512"))),
        ("SASL_SSL", ways.tls_and(&bearer)),
    ];
    for (listener, arguments) in open {
        let sidecar = start(&arguments_for(&cluster, listener, &arguments));
        eventually(Duration::from_secs(20), || sees_all(&sidecar, &format!("{listener} {arguments:?}")));
    }
    barred(&cluster, &ways);

    // Without an address the listener that fits is found in the broker's file.
    let file = format!("--kafka.properties-file={}", cluster.properties("1"));
    let found = start(&[&[file], &ways.tls_and(&ways.user("SCRAM-SHA-512"))[..]].concat());
    eventually(Duration::from_secs(20), || sees_all(&found, "SASL_SSL of the file"));

    std::thread::sleep(Duration::from_secs(25).saturating_sub(began.elapsed()));
    sees_all(&renewed, "SASL_PLAINTEXT").unwrap();
    assert!(!renewed.log().contains("A source fails."), "a session's end is no failure:\n{}", renewed.log());
}

fn barred(cluster: &Cluster, ways: &Ways) {
    let user = |mechanism: &str| ways.user(mechanism);
    let wrong = format!("--sasl.password-file={}", cluster.file("tls/wrong"));
    let wrong = |mechanism: &str| {
        vec![format!("--sasl.mechanism={mechanism}"), "--sasl.username=exporter".to_owned(), wrong.clone()]
    };
    let other_ca = format!("--tls.ca-file={}", cluster.file("tls/other-ca.pem"));
    let told = |listener: &str, arguments: &[String], told: &str| is_told(cluster, listener, arguments, told);
    told("SASL_SSL", &ways.tls_and(&wrong("SCRAM-SHA-512")), "does not accept our user by SCRAM-SHA-512");
    told("SASL_SSL", &ways.tls_and(&wrong("PLAIN")), "does not accept our user by PLAIN");
    told("SSL", &["--tls.enabled".to_owned(), other_ca], "is of an authority that is not in --tls.ca-file=");
    told("SSL", &ways.tls_and(&["--tls.server-name=other.example".to_owned()]), "is not for the name other.example");
    told("SSL", &[], "this listener speaks TLS: give --tls.enabled");
    told("PLAINTEXT", &ways.tls, "closed the connection during the TLS handshake");
    told("MTLS", &ways.tls, "asks for a client certificate: give --tls.cert-file");
    told("SASL_PLAINTEXT", &user("PLAIN"), "does not offer PLAIN, but SCRAM-SHA-512");
    told("SASL_PLAINTEXT", &[], "its listener asks for SASL");
    told("PLAINTEXT", &user("PLAIN"), "does not do SASL");
}
