//! What it takes to be let in: connect, TLS, ApiVersions, SCRAM-SHA-512 with 4,096 iterations, first answer.
//!
//! `cargo bench --bench connect`; the listener is a fake one in this process, so its own work is in the time.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a bench stops at the unexpected")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::sync::{Arc, Mutex};

use brokerwatch::limits::Limits;
use brokerwatch::self_metrics::SelfMetrics;
use brokerwatch::sources::kafka::security::{Mechanism, Sasl, Security, TlsFiles};
use brokerwatch::sources::kafka::{Client, Endpoint};
use common::TempDir;
use common::fake_node::FakeNode;
use common::secure_front::{Front, USER, Wants};
use divan::Bencher;
use kafka_protocol::messages::ApiKey;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::sync::watch;

const PASSWORD: &str = "a password of this bench";

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 50)]
fn tls_and_scram_sha_512(bencher: Bencher<'_, '_>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let dir = TempDir::new();
    let own = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (ca_file, secret_file) = (dir.path().join("ca.pem"), dir.path().join("password"));
    std::fs::write(&ca_file, own.cert.pem()).unwrap();
    std::fs::write(&secret_file, PASSWORD).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
    let config = config.with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key.into()).unwrap();
    let wants = Wants {
        tls: Some(Arc::new(config)),
        mechanisms: vec!["SCRAM-SHA-512"],
        secret: Arc::new(Mutex::new(PASSWORD.to_owned())),
        lifetime_ms: 0,
        proofs: Arc::default(),
        lies: false,
    };
    let node = FakeNode::start();
    node.offer(ApiKey::SaslHandshake, 0, 1);
    node.offer(ApiKey::SaslAuthenticate, 0, 2);
    let front = runtime.block_on(Front::start(node.port, wants));
    let tls = TlsFiles { ca_file: Some(ca_file), ..TlsFiles::default() };
    let mechanism = Mechanism::ScramSha512;
    let sasl = Sasl { mechanism, username: USER.to_owned(), secret_file, token_endpoint: None };
    let security = Security { tls: Some(Arc::new(tls)), sasl: Some(Arc::new(sasl)) };
    let endpoint = Endpoint { host: "127.0.0.1".into(), port: front.port, security, process: None };
    let metrics = Arc::new(SelfMetrics::new());
    bencher.bench_local(|| {
        runtime.block_on(async {
            let (_sender, receiver) = watch::channel(Some(endpoint.clone()));
            let client = Client::new(&receiver, &metrics, Limits::default());
            client.fast.api_versions(5_000).await.map(|_| ()).unwrap();
        });
    });
}
