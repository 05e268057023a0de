//! TLS of our own endpoint: what the web configuration asks for as a rustls configuration, and the handshake.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig, SignatureScheme,
    SupportedProtocolVersion, version,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::web_config::{ClientAuth, TlsServer, Version};
use crate::limits::{HTTP_HEADER_BYTES_MAX, LINGER_MS_MAX};
use crate::sources::{certificate, pem};

/// First byte of a record of TLS that begins a handshake.
const HANDSHAKE_RECORD: u8 = 0x16;
/// What a client is told that speaks HTTP where TLS is spoken.
const SPEAK_TLS: &[u8] = b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Connection: close\r\n\r\nThis port speaks TLS: ask with https:// (in Prometheus: scheme: https).\n";

/// The certificates and the key that the web configuration names, read.
pub(super) struct Material {
    /// Our chain, our own certificate first.
    pub(super) chain: Vec<CertificateDer<'static>>,
    /// Its key.
    pub(super) key: PrivateKeyDer<'static>,
    /// Authorities of clients' certificates, and where they stand; the host's own when absent.
    pub(super) client_ca: Option<(String, Vec<CertificateDer<'static>>)>,
}

/// The configuration that is served by.
///
/// # Errors
/// Half a line that names the key.
pub(super) fn server_config(wanted: &TlsServer, material: Material) -> Result<ServerConfig, String> {
    let provider = Arc::new(provider(wanted)?);
    let versions = versions(wanted)?;
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&versions)
        .map_err(|_| "cipher_suites: none of them is of a version that min_version and max_version leave".to_owned())?;
    let builder = match client_verifier(wanted, material.client_ca, &provider)? {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let built = builder.with_single_cert(material.chain, material.key);
    let mut config = built.map_err(|_| "the key is not that of the certificate (key_file, cert_file)".to_owned())?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.ignore_client_order = wanted.prefer_server_cipher_suites.unwrap_or(true);
    // Prometheus resumes no session; and what a client certificate may do is asked anew each time.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

fn provider(wanted: &TlsServer) -> Result<CryptoProvider, String> {
    let mut provider = ring::default_provider();
    if !wanted.cipher_suites.is_empty() {
        // As in Go, the list is of TLS 1.2; the suites of TLS 1.3 are all good.
        let chosen = wanted.cipher_suites.iter().filter_map(|cipher| cipher.0).filter(|suite| suite.tls13().is_none());
        let tls13 = ring::ALL_CIPHER_SUITES.iter().copied().filter(|suite| suite.tls13().is_some());
        provider.cipher_suites = tls13.chain(chosen).collect();
    }
    if !wanted.curve_preferences.is_empty() {
        provider.kx_groups = wanted.curve_preferences.iter().filter_map(|curve| curve.group()).collect();
        if provider.kx_groups.is_empty() {
            return Err(
                "curve_preferences: CurveP521 alone is not supported; add CurveP256, CurveP384 or X25519".to_owned()
            );
        }
    }
    Ok(provider)
}

fn versions(wanted: &TlsServer) -> Result<Vec<&'static SupportedProtocolVersion>, String> {
    let (min, max) = (wanted.min_version.unwrap_or(Version::Tls12), wanted.max_version.unwrap_or(Version::Tls13));
    let all = [(Version::Tls13, &version::TLS13), (Version::Tls12, &version::TLS12)];
    let left: Vec<_> = all.into_iter().filter(|(version, _)| (min..=max).contains(version)).collect();
    // A list with ciphers of CBC alone leaves nothing to speak TLS 1.2 with.
    let has_tls12 = wanted.cipher_suites.is_empty()
        || wanted.cipher_suites.iter().any(|cipher| cipher.0.is_some_and(|suite| suite.tls13().is_none()));
    let left: Vec<_> = left.into_iter().filter(|(version, _)| *version != Version::Tls12 || has_tls12).collect();
    if left.is_empty() {
        return Err(
            "min_version, max_version and cipher_suites leave nothing to speak; TLS12 and TLS13 are spoken here"
                .to_owned(),
        );
    }
    Ok(left.into_iter().map(|(_, version)| version).collect())
}

type Verifier = Arc<dyn ClientCertVerifier>;

fn client_verifier(
    wanted: &TlsServer,
    client_ca: Option<(String, Vec<CertificateDer<'static>>)>,
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Verifier>, String> {
    let policy = wanted.client_auth_type;
    if client_ca.is_some() && policy == ClientAuth::NoClientCert {
        return Err("client_ca_file: needs client_auth_type: RequireAndVerifyClientCert".to_owned());
    }
    let verifier: Verifier = match policy {
        ClientAuth::NoClientCert => return no_names(wanted).map(|()| None),
        ClientAuth::RequestClientCert | ClientAuth::RequireAnyClientCert => {
            let required = policy == ClientAuth::RequireAnyClientCert;
            Arc::new(AnyCertificate { required, provider: provider.clone() })
        }
        ClientAuth::VerifyClientCertIfGiven | ClientAuth::RequireAndVerifyClientCert => {
            let builder =
                WebPkiClientVerifier::builder_with_provider(Arc::new(authorities(client_ca)?), provider.clone());
            let optional = policy == ClientAuth::VerifyClientCertIfGiven;
            let builder = if optional { builder.allow_unauthenticated() } else { builder };
            builder.build().map_err(|error| format!("client_ca_file: cannot be used ({error})"))?
        }
    };
    if policy != ClientAuth::RequireAndVerifyClientCert {
        return no_names(wanted).map(|()| Some(verifier));
    }
    match &wanted.client_allowed_sans {
        None => Ok(Some(verifier)),
        Some(allowed) if allowed.is_empty() => {
            Err("client_allowed_sans: is empty, so nobody would get in; leave it out, or name somebody".to_owned())
        }
        Some(allowed) => Ok(Some(Arc::new(Named { verifier, allowed: allowed.clone() }))),
    }
}

/// Names in a certificate that nobody vouches for are worth nothing.
fn no_names(wanted: &TlsServer) -> Result<(), String> {
    match wanted.client_allowed_sans {
        Some(_) => {
            Err("client_allowed_sans: needs client_auth_type: RequireAndVerifyClientCert; otherwise anybody may \
                        write the name, or come without a certificate"
                .to_owned())
        }
        None => Ok(()),
    }
}

fn authorities(client_ca: Option<(String, Vec<CertificateDer<'static>>)>) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    let Some((place, certificates)) = client_ca else {
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if store.is_empty() {
            return Err("this host has no certificate authorities of its own: give client_ca_file".to_owned());
        }
        return Ok(store);
    };
    for certificate in certificates {
        store.add(certificate).map_err(|_| pem::unreadable(&place))?;
    }
    Ok(store)
}

/// When a certificate ends, as Unix time in seconds; absent when that cannot be read.
pub(super) fn not_after(certificate: &CertificateDer<'_>) -> Option<i64> {
    certificate::not_after_seconds(certificate)
}

/// Beyond what another verifier asks for, a certificate must carry one of these names.
#[derive(Debug)]
struct Named {
    verifier: Verifier,
    allowed: Vec<String>,
}

impl ClientCertVerifier for Named {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.verifier.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.verifier.verify_client_cert(end_entity, intermediates, now)?;
        if certificate::names_of(end_entity).iter().any(|name| self.allowed.contains(name)) {
            return Ok(verified);
        }
        Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

/// Asks for a certificate and takes any, as `RequestClientCert` and `RequireAnyClientCert` mean; it proves nothing.
#[derive(Debug)]
struct AnyCertificate {
    required: bool,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        self.required
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Shakes hands. The caller sets a deadline.
///
/// # Errors
/// What went wrong, for the log; a client that speaks HTTP was told so.
pub(super) async fn accept(mut stream: TcpStream, config: Arc<ServerConfig>) -> Result<TlsStream<TcpStream>, String> {
    let closed = || "the client closed the connection before the handshake".to_owned();
    let mut first = [0];
    if stream.peek(&mut first).await.map_err(|_| closed())? == 0 {
        return Err(closed());
    }
    if first[0] != HANDSHAKE_RECORD {
        let _ = stream.write_all(SPEAK_TLS).await;
        let _ = stream.shutdown().await;
        // A socket that is closed with bytes unread takes the answer with it, so what the client sends is taken in.
        let mut rest = stream.take(HTTP_HEADER_BYTES_MAX as u64);
        let _ = timeout(Duration::from_millis(LINGER_MS_MAX), copy(&mut rest, &mut sink())).await;
        return Err("the client does not speak TLS".to_owned());
    }
    TlsAcceptor::from(config).accept(stream).await.map_err(|error| explain(&error))
}

fn explain(error: &io::Error) -> String {
    match error.get_ref().and_then(|error| error.downcast_ref::<Error>()) {
        Some(Error::NoCertificatesPresented) => "the client has no certificate, and needs one".to_owned(),
        Some(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)) => {
            "none of the names in the client's certificate is in client_allowed_sans".to_owned()
        }
        // The signature is bad when another authority has the name of ours.
        Some(Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature)) => {
            "the client's certificate is of an authority that is not in client_ca_file".to_owned()
        }
        Some(error) => error.to_string(),
        None => "the client closed the connection during the handshake".to_owned(),
    }
}
