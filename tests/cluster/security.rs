//! TLS and SASL against real brokers: every way in, and one line for each way that is barred.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;

use crate::administration::mistakes_are_found_and_denials_told;
use crate::harness::{Cluster, Page, Sidecar, eventually, holds};
use crate::token_endpoint::{Reply, TokenIssuer};

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

/// A JSON web token that is signed with this key (PEM), good for an hour.
fn token(key: &str) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let part = |bytes: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes);
    let claims = format!(
        "{{\"iss\":\"https://issuer.test\",\"aud\":\"kafka\",\"sub\":\"exporter\",\"iat\":{now},\"exp\":{}}}",
        now + 3_600
    );
    let signed = format!("{}.{}", part(b"{\"alg\":\"ES256\",\"kid\":\"test\"}"), part(claims.as_bytes()));
    let key = PrivatePkcs8KeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.secret_pkcs8_der(), &random).unwrap();
    let signature = pair.sign(&random, signed.as_bytes()).unwrap();
    format!("{signed}.{}", part(signature.as_ref()))
}

/// An issuer that gives `token` over TLS, and the file of the authority that its certificate is of.
fn issuer(cluster: &Cluster, token: &str) -> (TokenIssuer, String) {
    let own = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let ca_file = cluster.file("tls/issuer-ca.pem");
    std::fs::write(&ca_file, own.cert.pem()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
    let config = config.with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key.into()).unwrap();
    let reply = Reply::token(token, 3_600);
    let (sender, started) = std::sync::mpsc::channel();
    // It serves until the tests end.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            sender.send(TokenIssuer::start(Some(Arc::new(config)), [reply]).await).unwrap();
            std::future::pending::<()>().await;
        });
    });
    (started.recv().unwrap(), ca_file)
}

#[test]
fn every_way_in_shows_all_and_every_barred_one_says_why() {
    let cluster = Cluster::up_secure();
    cluster.kafka(&["topic", "create", "orders", "--partitions", "3"]);
    let ways = Ways::of(&cluster);
    let signed = token(&std::fs::read_to_string(cluster.file("tls/issuer-key.pem")).unwrap());
    std::fs::write(cluster.file("tls/token"), &signed).unwrap();
    std::fs::write(cluster.file("tls/foreign-token"), token(&rcgen::KeyPair::generate().unwrap().serialize_pem()))
        .unwrap();
    std::fs::write(cluster.file("tls/wrong"), "wrong\n").unwrap();
    let bearer = vec!["--sasl.mechanism=OAUTHBEARER".to_owned(), ways.token.clone()];
    let (issuer, ca_file) = issuer(&cluster, &signed);
    let credentials = vec![
        "--sasl.mechanism=OAUTHBEARER".to_owned(),
        format!("--sasl.oauthbearer.token-endpoint-url=https://127.0.0.1:{}/token", issuer.port),
        "--sasl.oauthbearer.client-id=exporter".to_owned(),
        format!("--sasl.oauthbearer.client-secret-file={}", cluster.file("tls/password")),
        format!("--sasl.oauthbearer.ca-file={ca_file}"),
    ];

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
        ("SASL_SSL", ways.tls_and(&credentials)),
    ];
    for (listener, arguments) in open {
        let sidecar = start(&arguments_for(&cluster, listener, &arguments));
        eventually(Duration::from_secs(20), || sees_all(&sidecar, &format!("{listener} {arguments:?}")));
    }
    assert!(!issuer.requests().is_empty(), "a token was got");
    barred(&cluster, &ways);
    profiles(&cluster, &ways);

    // Without an address the listener that fits is found in the broker's file.
    let file = format!("--kafka.properties-file={}", cluster.properties("1"));
    let found = start(&[&[file], &ways.tls_and(&ways.user("SCRAM-SHA-512"))[..]].concat());
    eventually(Duration::from_secs(20), || sees_all(&found, "SASL_SSL of the file"));

    // Last, since an ACL for everybody gives rights to those who had none.
    let by_password = |name: &str| {
        let user = ["--sasl.mechanism=PLAIN".to_owned(), format!("--sasl.username={name}"), ways.password.clone()];
        ways.tls_and(&user)
    };
    mistakes_are_found_and_denials_told(&cluster, &by_password);

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
    let foreign = format!("--sasl.token-file={}", cluster.file("tls/foreign-token"));
    let foreign = ways.tls_and(&["--sasl.mechanism=OAUTHBEARER".to_owned(), foreign]);
    told("SASL_SSL", &foreign, "does not accept the token in --sasl.token-file=");
    told("SSL", &["--tls.enabled".to_owned(), other_ca], "is of an authority that is not in --tls.ca-file=");
    told("SSL", &ways.tls_and(&["--tls.server-name=other.example".to_owned()]), "is not for the name other.example");
    told("SSL", &[], "this listener speaks TLS: give --tls.enabled");
    told("PLAINTEXT", &ways.tls, "closed the connection during the TLS handshake");
    told("MTLS", &ways.tls, "asks for a client certificate: give --tls.cert-file");
    told("SASL_PLAINTEXT", &user("PLAIN"), "does not offer PLAIN, but SCRAM-SHA-512");
    told("SASL_PLAINTEXT", &[], "its listener asks for SASL");
    told("PLAINTEXT", &user("PLAIN"), "does not do SASL");
}

/// What a profile is expected to show: sources that are up, that are denied, and that are not asked.
struct Shows {
    profile: &'static str,
    user: &'static str,
    up: &'static [&'static str],
    denied: &'static [&'static str],
    skipped: &'static [&'static str],
}

const FROM_FILES: [&str; 3] = ["process", "properties", "files"];

static PROFILES: [Shows; 5] = [
    Shows {
        profile: "zero",
        user: "none",
        up: &[],
        denied: &[],
        skipped: &[
            "liveness",
            "registrations",
            "metadata",
            "offsets",
            "log_dirs",
            "configs",
            "quorum",
            "acls",
            "scram_users",
        ],
    },
    Shows {
        profile: "full",
        user: "none",
        up: &["liveness", "registrations"],
        denied: &["metadata", "log_dirs", "configs"],
        skipped: &["offsets", "acls"],
    },
    Shows {
        profile: "minimal",
        user: "minimal",
        up: &["liveness", "registrations", "metadata", "offsets", "log_dirs", "quorum", "reassignments"],
        denied: &[],
        skipped: &["configs", "acls", "client_quotas", "scram_users"],
    },
    // ACLs and users take no more than minimal may do; quotas do.
    Shows {
        profile: "full",
        user: "minimal",
        up: &[
            "liveness",
            "registrations",
            "metadata",
            "offsets",
            "log_dirs",
            "quorum",
            "reassignments",
            "acls",
            "scram_users",
        ],
        denied: &["configs", "client_quotas"],
        skipped: &[],
    },
    Shows {
        profile: "full",
        user: "full",
        up: &[
            "liveness",
            "registrations",
            "metadata",
            "offsets",
            "log_dirs",
            "configs",
            "quorum",
            "reassignments",
            "acls",
            "client_quotas",
            "scram_users",
        ],
        denied: &[],
        skipped: &[],
    },
];

/// Gives each principal the rights that `brokerwatch acls` prints for it, and looks at what is then shown.
fn profiles(cluster: &Cluster, ways: &Ways) {
    std::thread::scope(|scope| {
        for profile in ["zero", "minimal", "full"] {
            scope.spawn(move || grant(cluster, profile));
        }
    });
    let file = format!("--kafka.properties-file={}", cluster.properties("1"));
    let started = PROFILES.each_ref().map(|shows| {
        let user =
            ["--sasl.mechanism=PLAIN".to_owned(), format!("--sasl.username={}", shows.user), ways.password.clone()];
        let profile = format!("--kafka.profile={}", shows.profile);
        (shows, start(&[&[file.clone(), profile], &ways.tls_and(&user)[..]].concat()))
    });
    println!("profile  user     sources up; denied; not asked");
    for (shows, sidecar) in &started {
        eventually(Duration::from_secs(30), || is_shown(shows, &sidecar.page()));
        let [up, denied, skipped] = [shows.up, shows.denied, shows.skipped].map(|names| names.join(" "));
        println!("{:<8} {:<8} {} {up}; {denied}; {skipped}", shows.profile, shows.user, FROM_FILES.join(" "));
        nothing_is_zero_that_is_not_known(shows, &sidecar.page());
        if shows.profile == "zero" {
            assert!(!sidecar.log().contains("Speaking to this listener."), "{}", sidecar.log());
        }
    }
}

/// Runs the very lines that the program prints.
fn grant(cluster: &Cluster, profile: &str) {
    let principal = format!("--principal=User:{profile}");
    let profile = format!("--profile={profile}");
    let printed = Command::new(env!("CARGO_BIN_EXE_brokerwatch"))
        .args(["acls", &profile, "--format=kafka-acls", &principal])
        .output()
        .unwrap();
    let bootstrap = cluster.bootstrap();
    for line in String::from_utf8(printed.stdout).unwrap().lines().filter(|line| !line.starts_with('#')) {
        let line = line.strip_prefix("kafka-acls.sh ").unwrap().replace("HOST:PORT", &bootstrap);
        let arguments: Vec<&str> = line.split(' ').map(|word| word.trim_matches('\'')).collect();
        cluster.kafka(&[&["tool", "org.apache.kafka.tools.AclCommand"], &arguments[..]].concat());
    }
}

fn is_shown(shows: &Shows, page: &Page) -> Result<(), String> {
    let (profile, user) = (shows.profile, shows.user);
    let up = |source: &str| page.value("brokerwatch_source_up", &[("source", source)]);
    for source in FROM_FILES.iter().chain(shows.up) {
        holds(up(source) == Some(1.0), || format!("{profile} {user}: {source} is {:?}", up(source)))?;
    }
    for source in shows.denied {
        let labels = [("source", *source), ("reason", "authorization")];
        let denied = page.value("brokerwatch_source_failure", &labels);
        holds(denied == Some(1.0), || format!("{profile} {user}: {source} is not denied, but {:?}", up(source)))?;
    }
    for source in shows.skipped {
        holds(up(source).is_none(), || format!("{profile} {user}: {source} is asked: {:?}", up(source)))?;
    }
    Ok(())
}

/// What rests on a source that is not up is not on the page at all.
fn nothing_is_zero_that_is_not_known(shows: &Shows, page: &Page) {
    let needs = [
        ("liveness", &["kafka_broker_up"][..]),
        (
            "metadata",
            &[
                "kafka_broker_under_replicated_partitions",
                "kafka_broker_leader_partitions",
                "kafka_cluster_leaderless_partitions",
                "brokerwatch_authorized_topics",
            ],
        ),
        ("configs", &["kafka_broker_under_min_isr_partitions", "kafka_broker_at_min_isr_partitions"]),
        ("log_dirs", &["kafka_log_dir_online", "kafka_log_dir_replicas"]),
        ("offsets", &["kafka_topic_partition_current_offset"]),
    ];
    for (source, metrics) in needs {
        for metric in metrics {
            let shown = page.all(metric).count() > 0;
            assert_eq!(shown, shows.up.contains(&source), "{} {}: {metric}", shows.profile, shows.user);
        }
    }
    // A topic's own series are those of the broker that leads its lowest partition: that may be another one.
    let of_topics = page.all("kafka_topic_partitions").count() > 0;
    assert!(!of_topics || shows.up.contains(&"metadata"), "{} {}: topics", shows.profile, shows.user);
    let configs = page.value("brokerwatch_authorized_topics", &[("operation", "DescribeConfigs")]);
    let topics = page.value("brokerwatch_authorized_topics", &[("operation", "Describe")]);
    let read = page.value("brokerwatch_authorized_topics", &[("operation", "Read")]);
    match shows.user {
        "minimal" => assert!(topics > Some(0.0) && configs == Some(0.0) && read == Some(0.0)),
        "full" => assert!(topics > Some(0.0) && configs == topics && read == Some(0.0)),
        _ => {}
    }
}
