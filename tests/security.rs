//! The transport against listeners of TLS and SASL: each way in, each refusal and its next step, and no secret anywhere.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests wait, write files and stop at the unexpected"
)]

mod common;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use brokerwatch::limits::Limits;
use brokerwatch::self_metrics::SelfMetrics;
use brokerwatch::snapshot::{ErrorKind, Failure};
use brokerwatch::sources::kafka::security::{Mechanism, Sasl, Security, TlsFiles};
use brokerwatch::sources::kafka::{Client, Endpoint};
use common::TempDir;
use common::fake_node::FakeNode;
use common::secure_front::{Front, SPOKEN_ERROR, USER, Wants};
use kafka_protocol::messages::ApiKey;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::sync::watch;
use tokio::time::sleep;

const AMPLE: u64 = 5_000;
const PASSWORD: &str = "pässwort=1,2";

/// An authority, and what it signs, in files.
struct Authority {
    dir: TempDir,
    issuer: Issuer<'static, KeyPair>,
    roots: Arc<RootCertStore>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(certificate.der().clone()).unwrap();
        let dir = TempDir::new();
        std::fs::write(dir.path().join("ca.pem"), certificate.pem()).unwrap();
        Self { dir, issuer: Issuer::new(params, key), roots: Arc::new(roots) }
    }

    fn ca_file(&self) -> Option<PathBuf> {
        Some(self.dir.path().join("ca.pem"))
    }

    /// What a listener with a certificate for `name` is made of.
    fn server(&self, name: &str, change: fn(&mut CertificateParams), asks_for_one: bool) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
        let builder = builder.unwrap();
        let builder = if asks_for_one {
            let verifier = WebPkiClientVerifier::builder_with_provider(self.roots.clone(), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let der = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        Arc::new(builder.with_single_cert(vec![certificate.der().clone()], der).unwrap())
    }

    /// A certificate of our own and its key, in files.
    fn identity(&self) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec!["exporter".to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let (one, other) = (self.dir.path().join("own.pem"), self.dir.path().join("own-key.pem"));
        std::fs::write(&one, certificate.pem()).unwrap();
        std::fs::write(&other, key.serialize_pem()).unwrap();
        (one, other)
    }
}

fn wants(tls: Option<Arc<ServerConfig>>, mechanisms: &[&'static str]) -> Wants {
    let secret = Arc::new(Mutex::new(PASSWORD.to_owned()));
    Wants { tls, mechanisms: mechanisms.to_vec(), secret, lifetime_ms: 0, lies: false }
}

fn tls(ca_file: Option<PathBuf>) -> TlsFiles {
    TlsFiles { ca_file, ..TlsFiles::default() }
}

/// A node behind a front, and the two lanes to it.
struct Bench {
    front: Front,
    client: Client,
    node: FakeNode,
    _endpoint: watch::Sender<Option<Endpoint>>,
}

impl Bench {
    async fn new(wants: Wants, tls: Option<TlsFiles>, sasl: Option<Sasl>) -> Self {
        let node = FakeNode::start();
        node.offer(ApiKey::SaslHandshake, 0, 1);
        node.offer(ApiKey::SaslAuthenticate, 0, 2);
        let front = Front::start(node.port, wants).await;
        let security = Security { tls: tls.map(Arc::new), sasl: sasl.map(Arc::new) };
        let endpoint = Endpoint { host: "127.0.0.1".into(), port: front.port, security, process: None };
        let (sender, receiver) = watch::channel(Some(endpoint));
        let client = Client::new(&receiver, &Arc::new(SelfMetrics::new()), Limits::default());
        Self { front, client, node, _endpoint: sender }
    }

    async fn ping(&self) -> Result<(), Failure> {
        self.client.fast.api_versions(AMPLE).await.map(|_| ())
    }

    /// The failure of the first call: one line, without what the broker said and without our secrets.
    async fn refused(&self, kind: ErrorKind) -> String {
        let failure = self.ping().await.expect_err("a refusal");
        assert_eq!(failure.kind, kind, "{}", failure.message);
        let message = failure.message;
        assert!(!message.contains('\n') && message.len() < 400, "{message}");
        assert!(!message.contains(SPOKEN_ERROR) && !message.contains(PASSWORD), "{message}");
        message
    }
}

async fn bench_of_tls(server: Arc<ServerConfig>, files: TlsFiles) -> Bench {
    Bench::new(wants(Some(server), &[]), Some(files), None).await
}

#[tokio::test]
async fn tls_is_spoken_to_a_name_of_a_trusted_authority() {
    let authority = Authority::new();
    let server = authority.server("127.0.0.1", |_| {}, false);
    bench_of_tls(server, tls(authority.ca_file())).await.ping().await.unwrap();
    let server = authority.server("kafka.example", |_| {}, false);
    let named = TlsFiles { server_name: Some("kafka.example".into()), ..tls(authority.ca_file()) };
    bench_of_tls(server.clone(), named).await.ping().await.unwrap();
    let blind = TlsFiles { insecure_skip_verify: true, ..TlsFiles::default() };
    bench_of_tls(server, blind).await.ping().await.unwrap();
}

#[tokio::test]
async fn each_bad_certificate_is_told_with_what_to_do() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = authority.server("127.0.0.1", |_| {}, false);
    let message = bench_of_tls(server.clone(), tls(other.ca_file())).await.refused(ErrorKind::Tls).await;
    assert!(message.contains("authority that is not in --tls.ca-file="), "{message}");
    let server = authority.server("kafka.example", |_| {}, false);
    let message = bench_of_tls(server, tls(authority.ca_file())).await.refused(ErrorKind::Tls).await;
    assert!(message.contains("not for the name 127.0.0.1") && message.contains("--tls.server-name"), "{message}");
    let server = authority.server("127.0.0.1", |params| params.not_after = date_time_ymd(2020, 1, 1), false);
    let message = bench_of_tls(server, tls(authority.ca_file())).await.refused(ErrorKind::Tls).await;
    assert!(message.contains("has expired"), "{message}");
    let server = authority.server("127.0.0.1", |params| params.not_before = date_time_ymd(2100, 1, 1), false);
    let message = bench_of_tls(server, tls(authority.ca_file())).await.refused(ErrorKind::Tls).await;
    assert!(message.contains("not valid yet"), "{message}");
}

#[tokio::test]
async fn a_client_certificate_is_given_when_asked_for() {
    let authority = Authority::new();
    let server = authority.server("127.0.0.1", |_| {}, true);
    let with = TlsFiles { identity: Some(authority.identity()), ..tls(authority.ca_file()) };
    bench_of_tls(server.clone(), with).await.ping().await.unwrap();
    let message = bench_of_tls(server.clone(), tls(authority.ca_file())).await.refused(ErrorKind::Tls).await;
    assert!(message.contains("asks for a client certificate: give --tls.cert-file"), "{message}");
    let foreign = TlsFiles { identity: Some(Authority::new().identity()), ..tls(authority.ca_file()) };
    // Its files went with their directory.
    let message = bench_of_tls(server, foreign).await.refused(ErrorKind::Tls).await;
    assert!(message.starts_with("--tls.cert-file=") && message.contains("cannot be read"), "{message}");
}

#[tokio::test]
async fn files_that_are_not_pem_are_told_how_to_become_it() {
    let dir = TempDir::new();
    let (authority, file) = (Authority::new(), dir.path().join("store"));
    for (bytes, told) in [
        (&[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2][..], "keytool -importkeystore"),
        (&[0x30, 0x82, 1, 2, 3], "openssl pkcs12 -in"),
        (b"", "holds no certificate"),
        (b"-----BEGIN CERTIFICATE-----\nnonsense", "PEM"),
    ] {
        std::fs::write(&file, bytes).unwrap();
        let server = authority.server("127.0.0.1", |_| {}, false);
        let message = bench_of_tls(server, tls(Some(file.clone()))).await.refused(ErrorKind::Tls).await;
        assert!(message.starts_with("--tls.ca-file=") && message.contains(told), "{message}");
    }
}

#[tokio::test]
async fn a_peer_that_does_not_speak_tls_is_told_so() {
    let bench = Bench::new(wants(None, &[]), Some(tls(Authority::new().ca_file())), None).await;
    // The authority's file went with its directory: nothing is sent without it.
    assert!(bench.refused(ErrorKind::Tls).await.starts_with("--tls.ca-file="));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let security = Security { tls: Some(Arc::new(TlsFiles { insecure_skip_verify: true, ..tls(None) })), sasl: None };
    let endpoint = Endpoint { host: "127.0.0.1".into(), port, security, process: None };
    let (_sender, receiver) = watch::channel(Some(endpoint));
    let client = Client::new(&receiver, &Arc::new(SelfMetrics::new()), Limits::default());
    let failure = client.fast.api_versions(AMPLE).await.unwrap_err();
    assert!(failure.kind == ErrorKind::Tls && failure.message.contains("give no --tls.enabled"), "{}", failure.message);
}

fn sasl(mechanism: Mechanism, secret_file: &Path) -> Option<Sasl> {
    let username = if mechanism == Mechanism::OauthBearer { String::new() } else { USER.to_owned() };
    Some(Sasl { mechanism, username, secret_file: secret_file.to_path_buf() })
}

const ALL: [Mechanism; 4] = [Mechanism::Plain, Mechanism::ScramSha256, Mechanism::ScramSha512, Mechanism::OauthBearer];

fn secret_file(dir: &TempDir, secret: &str) -> PathBuf {
    let path = dir.path().join("secret");
    std::fs::write(&path, format!("{secret}\n")).unwrap();
    path
}

#[tokio::test]
async fn every_mechanism_says_who_we_are_in_every_version_with_and_without_tls() {
    let (authority, dir) = (Authority::new(), TempDir::new());
    let file = secret_file(&dir, PASSWORD);
    for mechanism in ALL {
        let plain = Bench::new(wants(None, &[mechanism.as_str()]), None, sasl(mechanism, &file)).await;
        plain.ping().await.unwrap_or_else(|failure| panic!("{mechanism:?}: {}", failure.message));
        let server = authority.server("127.0.0.1", |_| {}, false);
        let wants = wants(Some(server), &[mechanism.as_str()]);
        let secure = Bench::new(wants, Some(tls(authority.ca_file())), sasl(mechanism, &file)).await;
        secure.ping().await.unwrap_or_else(|failure| panic!("{mechanism:?}: {}", failure.message));
    }
    for version in 0..=2 {
        let bench = Bench::new(wants(None, &["SCRAM-SHA-512"]), None, sasl(Mechanism::ScramSha512, &file)).await;
        bench.node.offer(ApiKey::SaslAuthenticate, 0, version);
        bench.ping().await.unwrap_or_else(|failure| panic!("v{version}: {}", failure.message));
    }
}

#[tokio::test]
async fn a_wrong_secret_names_the_files_to_look_at_and_is_not_tried_again_at_once() {
    let dir = TempDir::new();
    let file = secret_file(&dir, "wrong");
    for mechanism in ALL {
        let bench = Bench::new(wants(None, &[mechanism.as_str()]), None, sasl(mechanism, &file)).await;
        let message = bench.refused(ErrorKind::Authentication).await;
        assert!(message.contains(mechanism.secret_flag()), "{message}");
        sleep(Duration::from_millis(500)).await;
        bench.refused(ErrorKind::Authentication).await;
        assert_eq!(bench.front.accepted(), 1, "a broker locks out or logs what comes too often");
    }
}

#[tokio::test]
async fn a_peer_that_does_not_know_the_password_is_not_believed() {
    let dir = TempDir::new();
    let file = secret_file(&dir, "only ours");
    let liar = Wants { lies: true, ..wants(None, &["SCRAM-SHA-256"]) };
    let bench = Bench::new(liar, None, sasl(Mechanism::ScramSha256, &file)).await;
    let message = bench.refused(ErrorKind::Authentication).await;
    assert!(message.contains("does not prove that it knows the password"), "{message}");
}

#[tokio::test]
async fn what_a_listener_asks_for_is_named() {
    let dir = TempDir::new();
    let file = secret_file(&dir, PASSWORD);
    let bench = Bench::new(wants(None, &["SCRAM-SHA-256", "GSSAPI"]), None, sasl(Mechanism::Plain, &file)).await;
    let message = bench.refused(ErrorKind::Authentication).await;
    assert!(message.contains("does not offer PLAIN, but SCRAM-SHA-256, GSSAPI"), "{message}");
    let without = Bench::new(wants(None, &["PLAIN"]), None, None).await;
    let failure = brokerwatch::sources::kafka::cluster::read_cluster(&without.client, AMPLE, false).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Authentication);
    assert!(failure.message.contains("its listener asks for SASL"), "{}", failure.message);
    let message = Bench::new(wants(None, &["PLAIN"]), None, sasl(Mechanism::Plain, Path::new("/nonexistent/p"))).await;
    let message = message.refused(ErrorKind::Authentication).await;
    assert!(message.starts_with("--sasl.password-file=/nonexistent/p: cannot be read"), "{message}");
}

#[tokio::test]
async fn a_session_is_renewed_before_it_ends() {
    let dir = TempDir::new();
    let file = secret_file(&dir, PASSWORD);
    let short = Wants { lifetime_ms: 1_000, ..wants(None, &["PLAIN"]) };
    let bench = Bench::new(short, None, sasl(Mechanism::Plain, &file)).await;
    bench.ping().await.unwrap();
    bench.ping().await.unwrap();
    assert_eq!(bench.front.accepted(), 1);
    sleep(Duration::from_millis(900)).await;
    bench.ping().await.unwrap();
    assert_eq!(bench.front.accepted(), 2);
}

#[tokio::test]
async fn a_changed_secret_leads_to_a_new_connection_within_a_minute() {
    let dir = TempDir::new();
    let file = secret_file(&dir, PASSWORD);
    let wants = wants(None, &["PLAIN"]);
    let secret = wants.secret.clone();
    let bench = Bench::new(wants, None, sasl(Mechanism::Plain, &file)).await;
    bench.ping().await.unwrap();
    *secret.lock().unwrap() = "the next".to_owned();
    secret_file(&dir, "the next");
    for _ in 0..120 {
        bench.ping().await.unwrap();
        if bench.front.accepted() == 2 {
            return;
        }
        sleep(Duration::from_millis(500)).await;
    }
    panic!("the new secret is not read");
}
