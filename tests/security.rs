//! The transport against listeners of TLS and SASL: each way in, each refusal and its next step, and no secret anywhere.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests wait, write files and stop at the unexpected"
)]

mod common;

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use brokerwatch::limits::Limits;
use brokerwatch::self_metrics::SelfMetrics;
use brokerwatch::snapshot::{ErrorKind, Failure};
use brokerwatch::sources::kafka::security::{Mechanism, Sasl, Security, TlsFiles, TokenEndpoint};
use brokerwatch::sources::kafka::{Client, Endpoint};
use bytes::BytesMut;
use common::TempDir;
use common::fake_node::FakeNode;
use common::secure_front::{Front, SPOKEN_ERROR, USER, Wants};
use common::sidecar::{Host, META, Sidecar, flag, has, has_partitions, is_up, value};
use common::token_endpoint::{Reply, TokenIssuer};
use kafka_protocol::messages::ApiKey;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
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
    Wants { tls, mechanisms: mechanisms.to_vec(), secret, lifetime_ms: 0, proofs: Arc::default(), lies: false }
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
    let bench = bench_of_tls(server, tls(authority.ca_file())).await;
    bench.ping().await.unwrap();
    let shown = bench.client.fast.certificate().expect("facts of the certificate");
    assert_eq!((shown.port, shown.names.as_slice()), (bench.front.port, ["127.0.0.1".to_owned()].as_slice()));
    assert!(shown.for_servers && shown.chain_not_after <= shown.not_after);
    let plain = Bench::new(wants(None, &[]), None, None).await;
    plain.ping().await.unwrap();
    assert_eq!(plain.client.fast.certificate(), None);
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
    Some(Sasl { mechanism, username, secret_file: secret_file.to_path_buf(), token_endpoint: None })
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
        assert!(message.contains(sasl(mechanism, &file).unwrap().secret_flag()), "{message}");
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
    let failure =
        brokerwatch::sources::kafka::cluster::read_cluster(&without.client, AMPLE, false, None).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Authentication);
    assert!(failure.message.contains("its listener asks for SASL"), "{}", failure.message);
    let message = Bench::new(wants(None, &["PLAIN"]), None, sasl(Mechanism::Plain, Path::new("/nonexistent/p"))).await;
    let message = message.refused(ErrorKind::Authentication).await;
    assert!(message.starts_with("--sasl.password-file=/nonexistent/p: cannot be read"), "{message}");
}

/// A client secret that must show up nowhere.
const CLIENT_SECRET: &str = "client+secret/1";

fn issuer(url: &str, secret_file: &Path, ca_file: Option<PathBuf>) -> Option<Sasl> {
    let (client_id, scope) = ("exporter".to_owned(), Some("kafka read".to_owned()));
    let token_endpoint = Some(TokenEndpoint { url: url.parse().unwrap(), client_id, scope, ca_file });
    let (mechanism, secret_file) = (Mechanism::OauthBearer, secret_file.to_path_buf());
    Some(Sasl { mechanism, username: String::new(), secret_file, token_endpoint })
}

/// Wants a token that holds no letter that a token may not hold.
fn wants_token() -> Wants {
    Wants { secret: Arc::new(Mutex::new(TOKEN.to_owned())), ..wants(None, &["OAUTHBEARER"]) }
}

const TOKEN: &str = "eyJhbGciOiJub25lIn0.e30.c2ln";

#[tokio::test]
async fn a_token_is_got_for_client_credentials_over_tls_once_for_both_connections() {
    let (authority, dir) = (Authority::new(), TempDir::new());
    let file = secret_file(&dir, CLIENT_SECRET);
    let server = authority.server("127.0.0.1", |_| {}, false);
    let endpoint = TokenIssuer::start(Some(server), [Reply::token(TOKEN, 3_600)]).await;
    let url = format!("https://127.0.0.1:{}/realm/token?x=1", endpoint.port);
    let bench = Bench::new(wants_token(), None, issuer(&url, &file, authority.ca_file())).await;
    bench.ping().await.unwrap();
    bench.client.slow.api_versions(AMPLE).await.unwrap();
    let requests = endpoint.requests();
    assert_eq!((bench.front.accepted(), requests.len()), (2, 1), "{requests:?}");
    let credentials =
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("exporter:{CLIENT_SECRET}"));
    assert!(requests[0].starts_with("POST /realm/token?x=1 HTTP/1.1\r\n"), "{requests:?}");
    assert!(requests[0].contains(&format!("authorization: Basic {credentials}\r\n")), "{requests:?}");
    assert!(requests[0].ends_with("\r\n\r\ngrant_type=client_credentials&scope=kafka%20read"), "{requests:?}");
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_kept_while_the_endpoint_is_away() {
    let dir = TempDir::new();
    let file = secret_file(&dir, CLIENT_SECRET);
    let endpoint = TokenIssuer::start(None, [Reply::token(TOKEN, 8)]).await;
    let url = format!("http://127.0.0.1:{}/token", endpoint.port);
    let bench = Bench::new(wants_token(), None, issuer(&url, &file, None)).await;
    bench.ping().await.unwrap();
    bench.ping().await.unwrap();
    assert_eq!((bench.front.accepted(), endpoint.requests().len()), (1, 1));
    // At 85 % of its life the connection is made anew, with another token.
    sleep(Duration::from_millis(6_900)).await;
    bench.ping().await.unwrap();
    assert_eq!((bench.front.accepted(), endpoint.requests().len()), (2, 2));
    // The endpoint is away: what is left of the token's life serves for one more connection.
    endpoint.reply(Reply::Answer(503, "{}".to_owned()));
    sleep(Duration::from_millis(6_900)).await;
    bench.ping().await.unwrap();
    assert_eq!(bench.front.accepted(), 3);
    assert!(endpoint.requests().len() > 2);
    sleep(Duration::from_millis(1_500)).await;
    let message = bench.refused(ErrorKind::Authentication).await;
    assert!(message.contains("status 503"), "{message}");
}

#[tokio::test]
async fn each_fault_of_a_token_endpoint_is_told_with_its_flag_and_host_and_nothing_of_its_answer() {
    let dir = TempDir::new();
    let file = secret_file(&dir, CLIENT_SECRET);
    let answer = |status, body: &str| Reply::Answer(status, body.replace("MARK", SPOKEN_ERROR));
    for (reply, told) in [
        (answer(401, "{\"error\":\"MARK\"}"), "answered with status 401: check --sasl.oauthbearer.client-id"),
        (answer(302, "MARK"), "redirects are not followed"),
        (answer(404, "MARK"), "is this the URL of the token endpoint?"),
        (answer(500, "MARK"), "look at its log"),
        (answer(200, "<html>MARK"), "answered without an access_token"),
        (answer(200, "{\"access_token\":\"MARK\"}"), "answered without an access_token"),
        (Reply::Raw("SSH-2.0-x\r\n\r\n"), "does not answer as an HTTP server does"),
        (Reply::Raw("HTTP/1.1 200 x\r\ncontent-length: 50\r\n\r\n{"), "does not end well"),
        (Reply::Endless, "larger than 65536 bytes"),
    ] {
        let endpoint = TokenIssuer::start(None, [reply.clone()]).await;
        let url = format!("http://127.0.0.1:{}/tenant-7", endpoint.port);
        let bench = Bench::new(wants_token(), None, issuer(&url, &file, None)).await;
        let message = bench.refused(ErrorKind::Authentication).await;
        let start = format!("--sasl.oauthbearer.token-endpoint-url: 127.0.0.1:{} ", endpoint.port);
        assert!(message.starts_with(&start) && message.contains(told), "{reply:?}: {message}");
        assert!(!message.contains("tenant-7") && !message.contains(CLIENT_SECRET), "{message}");
    }
}

#[tokio::test]
async fn a_token_endpoint_that_cannot_be_trusted_or_reached_is_told_so() {
    let (authority, other, dir) = (Authority::new(), Authority::new(), TempDir::new());
    let file = secret_file(&dir, CLIENT_SECRET);
    let told = async |name: &str, scheme: &str, ca: &Authority| {
        let server = authority.server(name, |_| {}, false);
        let endpoint = TokenIssuer::start(Some(server), [Reply::token(TOKEN, 60)]).await;
        let url = format!("{scheme}://127.0.0.1:{}/t", endpoint.port);
        let message = Bench::new(wants_token(), None, issuer(&url, &file, ca.ca_file())).await;
        let message = message.refused(ErrorKind::Authentication).await;
        assert!(endpoint.requests().is_empty(), "nothing is sent to it");
        message
    };
    assert!(told("127.0.0.1", "https", &other).await.contains("give its CA by --sasl.oauthbearer.ca-file"));
    assert!(told("other.example", "https", &authority).await.contains("a certificate for another name"));
    assert!(told("127.0.0.1", "http", &authority).await.contains("does not answer as an HTTP server does"));
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let bench = Bench::new(wants_token(), None, issuer(&format!("http://127.0.0.1:{closed}/t"), &file, None)).await;
    assert!(bench.refused(ErrorKind::Authentication).await.contains("cannot be connected to (connection refused)"));
    let gone = Path::new("/nonexistent/secret");
    let endpoint = TokenIssuer::start(None, [Reply::token(TOKEN, 60)]).await;
    let bench =
        Bench::new(wants_token(), None, issuer(&format!("http://127.0.0.1:{}/t", endpoint.port), gone, None)).await;
    let message = bench.refused(ErrorKind::Authentication).await;
    assert!(
        message.starts_with("--sasl.oauthbearer.client-secret-file=/nonexistent/secret: cannot be read"),
        "{message}"
    );
}

#[tokio::test]
async fn a_slow_token_endpoint_is_waited_for_and_not_taken_for_a_broker_that_hangs() {
    let dir = TempDir::new();
    let file = secret_file(&dir, CLIENT_SECRET);
    let body = format!("{{\"access_token\":\"{TOKEN}\"}}");
    let endpoint = TokenIssuer::start(None, [Reply::Late(2_500, body)]).await;
    let bench =
        Bench::new(wants_token(), None, issuer(&format!("http://127.0.0.1:{}/t", endpoint.port), &file, None)).await;
    // Within the two seconds of liveness, and as our own fault.
    let failure = bench.client.fast.api_versions(2_000).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Authentication, "{}", failure.message);
    assert!(failure.message.contains("has not answered yet"), "{}", failure.message);
    let mut answered = false;
    for _ in 0..40 {
        sleep(Duration::from_millis(100)).await;
        answered = answered || bench.ping().await.is_ok();
    }
    assert!(answered && endpoint.requests().len() == 1, "asked once: {:?}", endpoint.requests());
}

#[tokio::test]
async fn a_token_that_the_broker_refuses_is_not_used_again() {
    let dir = TempDir::new();
    let file = secret_file(&dir, CLIENT_SECRET);
    let endpoint = TokenIssuer::start(None, [Reply::token("b2xk", 60), Reply::token(TOKEN, 60)]).await;
    let url = format!("http://127.0.0.1:{}/t", endpoint.port);
    let bench = Bench::new(wants_token(), None, issuer(&url, &file, None)).await;
    let message = bench.refused(ErrorKind::Authentication).await;
    assert!(message.contains(&format!("does not accept the token of 127.0.0.1:{}", endpoint.port)), "{message}");
    // The other connection has a pause of its own.
    bench.client.slow.api_versions(AMPLE).await.unwrap();
    assert_eq!(endpoint.requests().len(), 2);
}

/// A file that hangs when it is opened, as one on a mount that hangs: a FIFO that nobody writes to.
struct HangingFile(PathBuf);

impl HangingFile {
    fn new(dir: &TempDir) -> Self {
        let path = dir.path().join("hangs");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        Self(path)
    }
}

impl Drop for HangingFile {
    /// Lets go whoever waits, since the runtime waits for them at its end.
    fn drop(&mut self) {
        let _ = std::fs::OpenOptions::new().write(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(&self.0);
        let _ = std::fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn a_secret_on_a_mount_that_hangs_is_told_in_time_and_used_when_it_is_back() {
    let dir = TempDir::new();
    let hanging = HangingFile::new(&dir);
    for mechanism in ALL {
        let hanging = sasl(mechanism, &hanging.0);
        let told = format!("{}=", hanging.as_ref().unwrap().secret_flag());
        let bench = Bench::new(wants(None, &[mechanism.as_str()]), None, hanging).await;
        // Within the two seconds of liveness, and as our own fault.
        let failure = bench.client.fast.api_versions(2_000).await.unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Authentication, "{}", failure.message);
        assert!(failure.message.starts_with(&told), "{}", failure.message);
        assert!(failure.message.contains("was not read within 1000 ms: look at the mount"), "{}", failure.message);
    }
    let server = Authority::new().server("127.0.0.1", |_| {}, false);
    let bench = bench_of_tls(server, tls(Some(hanging.0.clone()))).await;
    let failure = bench.client.fast.api_versions(2_000).await.unwrap_err();
    assert!(failure.message.starts_with("--tls.ca-file=") && failure.message.contains("was not read within 1000 ms"));
    // The mount is back.
    let path = hanging.0.clone();
    drop(hanging);
    std::fs::write(&path, PASSWORD).unwrap();
    let bench = Bench::new(wants(None, &["PLAIN"]), None, sasl(Mechanism::Plain, &path)).await;
    bench.ping().await.unwrap();
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

/// Asks until there is a second connection; the files are looked at every 30 s.
async fn second_connection(bench: &Bench, what: &str) {
    for _ in 0..120 {
        bench.ping().await.unwrap_or_else(|failure| panic!("{what}: {}", failure.message));
        if bench.front.accepted() == 2 {
            return;
        }
        sleep(Duration::from_millis(500)).await;
    }
    panic!("{what}: what has changed is not used within a minute");
}

#[tokio::test]
async fn changed_files_lead_to_a_new_connection_within_a_minute() {
    let dir = TempDir::new();
    let file = secret_file(&dir, PASSWORD);
    let asks = wants(None, &["PLAIN"]);
    let secret = asks.secret.clone();
    let password = Bench::new(asks, None, sasl(Mechanism::Plain, &file)).await;
    // Two listeners; what is trusted and what is shown change under open connections.
    let (authority, other) = (Authority::new(), Authority::new());
    let ca = bench_of_tls(authority.server("127.0.0.1", |_| {}, false), tls(authority.ca_file())).await;
    let own = TlsFiles { identity: Some(authority.identity()), ..tls(authority.ca_file()) };
    let identity_dir = Authority::new();
    let (one, key) = authority.identity();
    let (own_copy, key_copy) = (identity_dir.dir.path().join("own.pem"), identity_dir.dir.path().join("own-key.pem"));
    std::fs::copy(&one, &own_copy).unwrap();
    std::fs::copy(&key, &key_copy).unwrap();
    let with =
        TlsFiles { identity: Some((own_copy.clone(), key_copy.clone())), ca_file: identity_dir.ca_file(), ..own };
    std::fs::copy(authority.ca_file().unwrap(), identity_dir.ca_file().unwrap()).unwrap();
    let identity = bench_of_tls(authority.server("127.0.0.1", |_| {}, true), with).await;
    for bench in [&password, &ca, &identity] {
        bench.ping().await.unwrap();
    }

    *secret.lock().unwrap() = "the next".to_owned();
    secret_file(&dir, "the next");
    let both = [std::fs::read(authority.ca_file().unwrap()).unwrap(), std::fs::read(other.ca_file().unwrap()).unwrap()];
    std::fs::write(authority.ca_file().unwrap(), both.concat()).unwrap();
    let (one, key) = authority.identity();
    std::fs::copy(&one, &own_copy).unwrap();
    std::fs::copy(&key, &key_copy).unwrap();
    tokio::join!(
        second_connection(&password, "the password"),
        second_connection(&ca, "the authorities"),
        second_connection(&identity, "the client certificate"),
    );
}

#[tokio::test]
async fn a_refused_user_is_not_tried_again_for_half_a_minute() {
    let dir = TempDir::new();
    let file = secret_file(&dir, "wrong");
    let bench = Bench::new(wants(None, &["SCRAM-SHA-512"]), None, sasl(Mechanism::ScramSha512, &file)).await;
    let began = std::time::Instant::now();
    while began.elapsed() < Duration::from_secs(29) {
        bench.refused(ErrorKind::Authentication).await;
        sleep(Duration::from_millis(250)).await;
    }
    assert_eq!(bench.front.accepted(), 1);
}

/// A secret in the forms in which a careless line would show it.
fn shapes(secret: &[u8]) -> Vec<String> {
    let hex = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let numbers: Vec<String> = secret.iter().map(u8::to_string).collect();
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, secret);
    vec![String::from_utf8_lossy(secret).into_owned(), hex, numbers.join(", "), base64]
}

/// Everything that a running program shows of itself, each with its name.
fn shown(sidecar: &Sidecar) -> Vec<(&'static str, String)> {
    let own = |file: &str| {
        let bytes = std::fs::read(format!("/proc/{}/{file}", sidecar.pid())).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let got = |path: &str| sidecar.get(path).text();
    vec![
        ("the log", sidecar.log()),
        ("/metrics", got("/metrics")),
        ("/snapshot", got("/snapshot")),
        ("/findings", got("/findings")),
        ("/", got("/")),
        ("its arguments", own("cmdline")),
        ("its environment", own("environ")),
    ]
}

fn where_found(texts: &[(&'static str, String)], secret: &[u8]) -> Vec<&'static str> {
    let shapes = shapes(secret);
    texts.iter().filter(|(_, text)| shapes.iter().any(|shape| text.contains(shape))).map(|(name, _)| *name).collect()
}

/// Starts the program with the log of every library on, lets it authenticate, and returns all that it then shows.
async fn shown_at_trace_level(front: u16, mut arguments: Vec<String>) -> Vec<(&'static str, String)> {
    arguments.extend([flag("kafka.server", format!("127.0.0.1:{front}")), flag("log.level", "trace")]);
    let look = move || {
        let with_variable = |command: &mut std::process::Command| {
            command.env("PLANTED", "a planted word");
        };
        let sidecar = Sidecar::start_by(with_variable, "127.0.0.1", &arguments);
        sidecar.until("the broker is up", 15, |page| is_up(page) && has_partitions(page));
        shown(&sidecar)
    };
    tokio::task::spawn_blocking(look).await.unwrap()
}

#[tokio::test]
async fn no_secret_is_shown_anywhere_at_trace_level_by_any_mechanism() {
    let (authority, dir) = (Authority::new(), TempDir::new());
    let (certificate, key) = authority.identity();
    let key_pem = std::fs::read_to_string(&key).unwrap();
    let key_lines: Vec<&str> = key_pem.lines().filter(|line| !line.starts_with('-')).collect();
    let key_der = PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).unwrap().secret_der().to_vec();
    let proofs = Arc::<Mutex<Vec<String>>>::default();
    let issuer =
        TokenIssuer::start(Some(authority.server("127.0.0.1", |_| {}, false)), [Reply::token(TOKEN, 60)]).await;
    let client_secret = dir.path().join("client-secret");
    std::fs::write(&client_secret, CLIENT_SECRET).unwrap();
    let tls = vec![
        "--tls.enabled".to_owned(),
        flag("tls.ca-file", authority.ca_file().unwrap().display()),
        flag("tls.cert-file", certificate.display()),
        flag("tls.key-file", key.display()),
    ];
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "OAUTHBEARER by the issuer"] {
        let secret = if mechanism.starts_with("OAUTH") { TOKEN } else { PASSWORD };
        let (name, by_issuer) = mechanism.split_once(' ').map_or((mechanism, false), |(name, _)| (name, true));
        let offered = wants(Some(authority.server("127.0.0.1", |_| {}, true)), &[]);
        let secret_of_front = Arc::new(Mutex::new(secret.to_owned()));
        let offered = Wants { mechanisms: vec![name], secret: secret_of_front, proofs: proofs.clone(), ..offered };
        let node = FakeNode::start();
        node.offer(ApiKey::SaslHandshake, 0, 1);
        node.offer(ApiKey::SaslAuthenticate, 0, 2);
        let front = Front::start(node.port, offered).await;
        let file = secret_file(&dir, secret);
        let mut arguments = tls.clone();
        arguments.push(flag("sasl.mechanism", name));
        arguments.extend(match (name, by_issuer) {
            (_, true) => vec![
                flag("sasl.oauthbearer.token-endpoint-url", format!("https://127.0.0.1:{}/t", issuer.port)),
                flag("sasl.oauthbearer.client-id", "exporter"),
                flag("sasl.oauthbearer.client-secret-file", client_secret.display()),
                flag("sasl.oauthbearer.ca-file", authority.ca_file().unwrap().display()),
            ],
            ("OAUTHBEARER", false) => vec![flag("sasl.token-file", file.display())],
            _ => vec![flag("sasl.username", USER), flag("sasl.password-file", file.display())],
        });
        let texts = shown_at_trace_level(front.port, arguments).await;
        let credentials = format!("exporter:{CLIENT_SECRET}");
        let proofs = proofs.lock().unwrap().clone();
        let mut secrets: Vec<&[u8]> = vec![PASSWORD.as_bytes(), TOKEN.as_bytes(), CLIENT_SECRET.as_bytes(), &key_der];
        secrets.push(credentials.as_bytes());
        secrets.extend(key_lines.iter().map(|line| line.as_bytes()));
        secrets.extend(proofs.iter().map(|proof| proof.as_bytes()));
        for secret in secrets {
            assert_eq!(where_found(&texts, secret), [""; 0], "{mechanism}: {}", String::from_utf8_lossy(secret));
        }
        // The search finds what is there, and libraries were heard.
        assert_eq!(where_found(&texts, b"a planted word"), ["its environment"]);
        assert!(where_found(&texts, b"--tls.enabled").contains(&"its arguments"));
        let (_, log) = &texts[0];
        assert!(log.contains("level=trace") && log.contains("ClientHello"), "rustls is not heard: {log}");
        assert!(texts.iter().all(|(name, text)| !text.is_empty() || *name == "/findings"), "something shows nothing");
    }
    assert!(proofs.lock().unwrap().len() >= 2, "SCRAM's proofs were collected");
    assert!(!issuer.requests().is_empty(), "a token was got");
}

#[tokio::test]
async fn the_texts_of_denials_reach_neither_the_log_nor_any_answer() {
    use kafka_protocol::messages::describe_configs_response::DescribeConfigsResult;
    use kafka_protocol::messages::{
        DescribeAclsResponse, DescribeClientQuotasResponse, DescribeClusterResponse, DescribeConfigsResponse,
        DescribeQuorumResponse, DescribeUserScramCredentialsResponse, ListPartitionReassignmentsResponse,
    };
    use kafka_protocol::protocol::{Encodable, StrBytes};

    const CLUSTER_AUTHORIZATION_FAILED: i16 = 31;
    let node = FakeNode::start();
    let deny = |api: ApiKey, version: i16, answer: &dyn Fn(&mut BytesMut)| {
        let mut body = BytesMut::new();
        answer(&mut body);
        node.offer(api, version, version);
        node.answer_with(api, body.to_vec());
    };
    let (code, text) = (CLUSTER_AUTHORIZATION_FAILED, Some(StrBytes::from_static_str(SPOKEN_ERROR)));
    let cluster = DescribeClusterResponse::default().with_error_code(code).with_error_message(text.clone());
    deny(ApiKey::DescribeCluster, 1, &|body| cluster.encode(body, 1).unwrap());
    let result = DescribeConfigsResult::default().with_error_code(code).with_error_message(text.clone());
    let configs = DescribeConfigsResponse::default()
        .with_results(vec![result.with_resource_type(4).with_resource_name(StrBytes::from_static_str("1"))]);
    deny(ApiKey::DescribeConfigs, 4, &|body| configs.encode(body, 4).unwrap());
    let quorum = DescribeQuorumResponse::default().with_error_code(code).with_error_message(text.clone());
    deny(ApiKey::DescribeQuorum, 2, &|body| quorum.encode(body, 2).unwrap());
    let reassignments =
        ListPartitionReassignmentsResponse::default().with_error_code(code).with_error_message(text.clone());
    deny(ApiKey::ListPartitionReassignments, 0, &|body| reassignments.encode(body, 0).unwrap());
    let acls = DescribeAclsResponse::default().with_error_code(code).with_error_message(text.clone());
    deny(ApiKey::DescribeAcls, 3, &|body| acls.encode(body, 3).unwrap());
    let quotas = DescribeClientQuotasResponse::default().with_error_code(code).with_error_message(text.clone());
    deny(ApiKey::DescribeClientQuotas, 1, &|body| quotas.encode(body, 1).unwrap());
    let users = DescribeUserScramCredentialsResponse::default().with_error_code(code).with_error_message(text);
    deny(ApiKey::DescribeUserScramCredentials, 0, &|body| users.encode(body, 0).unwrap());

    let host = Host::new();
    let meta = host.log_dir("data", META);
    let properties = host.properties(node.port, &[&meta]);
    host.start_broker(7, 1, &properties);
    let arguments = vec![host.procfs(), flag("log.level", "trace")];
    let sources = ["registrations", "configs", "quorum", "reassignments", "acls", "client_quotas", "scram_users"];
    let sidecar = Sidecar::start(&arguments);
    let denied = |page: &str, source: &&str| {
        let series = format!("brokerwatch_source_failure{{source=\"{source}\",reason=\"authorization\"}}");
        value(page, &series) == Some(1.0)
    };
    sidecar.until("all are denied", 15, |page| sources.iter().all(|source| denied(page, source)));
    let texts = shown(&sidecar);
    assert_eq!(where_found(&texts, SPOKEN_ERROR.as_bytes()), [""; 0]);
    assert!(where_found(&texts, b"ClusterAuthorizationFailed").contains(&"the log"), "the search finds what is there");
}

#[tokio::test]
async fn the_profile_zero_opens_no_connection_and_minimal_asks_for_no_settings() {
    let node = FakeNode::start();
    let server = flag("kafka.server", node.address());
    let zero = Sidecar::start(&[server.clone(), flag("kafka.profile", "zero")]);
    let minimal = Sidecar::start(&[server, flag("kafka.profile", "minimal")]);
    minimal.until("partitions are shown", 15, |page| is_up(page) && has_partitions(page));
    let of_minimal = node.accepted();
    assert!(of_minimal > 0);
    let apis = [
        ApiKey::DescribeConfigs,
        ApiKey::DescribeAcls,
        ApiKey::DescribeClientQuotas,
        ApiKey::DescribeUserScramCredentials,
    ];
    for api in apis {
        assert_eq!(node.requests(api), 0, "{api:?}");
    }
    assert!(!has(&minimal.page(), "kafka_broker_under_min_isr_partitions "), "it is not known");
    sleep(Duration::from_secs(3)).await;
    assert_eq!(node.accepted(), of_minimal, "all connections are of the other one");
    drop(minimal);
    let page = zero.page();
    assert!(!has(&page, "kafka_broker_up") && !has(&page, "brokerwatch_source_up{source=\"liveness\"}"), "{page}");
    let snapshot = zero.get("/snapshot").text();
    assert!(snapshot.contains("--kafka.profile=zero: the broker is not spoken to."), "{snapshot}");
}
