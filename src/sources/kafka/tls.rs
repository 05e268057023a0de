//! TLS to a broker: certificates from PEM files, the handshake, and what each of its failures means.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::security::TlsFiles;
use super::{Endpoint, files};
use crate::snapshot::{ErrorKind, Failure};
use crate::sources::pem;

const CA_FLAG: &str = "--tls.ca-file";

/// Shakes hands over an open connection.
///
/// # Errors
/// `Tls`, with the next step.
pub(super) async fn connect(
    stream: TcpStream,
    endpoint: &Endpoint,
    files: &Arc<TlsFiles>,
) -> Result<TlsStream<TcpStream>, Failure> {
    let name = files.server_name.as_deref().unwrap_or(&endpoint.host).to_owned();
    let server_name = ServerName::try_from(name.clone())
        .map_err(|_| failure(format!("{name} is no name that a certificate can be for: give --tls.server-name.")))?;
    let connector = connector(files, CA_FLAG, ErrorKind::Tls).await?;
    connector.connect(server_name, stream).await.map_err(|error| explain(endpoint, files, &name, &error))
}

/// What shakes hands with these files. `ca_flag` names the file of the authorities, `kind` says whose fault it is when one
/// cannot be used.
///
/// # Errors
/// A failure of `kind` that names the flag, the file and the next step.
pub(super) async fn connector(
    files: &TlsFiles,
    ca_flag: &'static str,
    kind: ErrorKind,
) -> Result<TlsConnector, Failure> {
    let config = client_config(files, ca_flag).await.map_err(|failure| Failure { kind, ..failure })?;
    Ok(TlsConnector::from(Arc::new(config)))
}

fn failure(message: impl Into<String>) -> Failure {
    Failure::new(ErrorKind::Tls, message)
}

async fn client_config(files: &TlsFiles, ca_flag: &'static str) -> Result<ClientConfig, Failure> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| failure(format!("TLS cannot be set up: {error}.")))?;
    let builder = if files.insecure_skip_verify {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
    } else {
        let authorities = Arc::new(authorities(files, ca_flag).await?);
        let verifier = WebPkiServerVerifier::builder_with_provider(authorities, provider).build();
        let verifier = verifier.map_err(|error| failure(format!("{ca_flag} cannot be used: {error}.")))?;
        builder.with_webpki_verifier(verifier)
    };
    let Some((certificate, key)) = &files.identity else { return Ok(builder.with_no_client_auth()) };
    let chain = certificates("--tls.cert-file", certificate).await?;
    let key_der = private_key(key).await?;
    builder.with_client_auth_cert(chain, key_der).map_err(|_| {
        let (certificate, key) = (certificate.display(), key.display());
        failure(format!("--tls.key-file={key} is not the key of --tls.cert-file={certificate}."))
    })
}

/// The authorities of the file, or the host's own.
async fn authorities(files: &TlsFiles, flag: &'static str) -> Result<RootCertStore, Failure> {
    let mut store = RootCertStore::empty();
    let Some(file) = &files.ca_file else {
        let load = move || {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            store
        };
        // They are in many places of the host: all of them count as one file.
        let store = files::alone(Path::new("the host's authorities"), load).await;
        return store.filter(|store| !store.is_empty()).ok_or_else(|| {
            failure(format!("This host's own certificate authorities are none or cannot be read: give {flag}."))
        });
    };
    for certificate in certificates(flag, file).await? {
        store.add(certificate).map_err(|_| failure(pem::unreadable(&place(flag, file))))?;
    }
    Ok(store)
}

async fn certificates(flag: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let bytes = files::read(flag, path, ErrorKind::Tls).await?;
    pem::certificates(&place(flag, path), &bytes).map_err(failure)
}

async fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, Failure> {
    const FLAG: &str = "--tls.key-file";
    let bytes = files::read(FLAG, path, ErrorKind::Tls).await?;
    pem::private_key(&place(FLAG, path), &bytes).map_err(failure)
}

fn place(flag: &str, path: &Path) -> String {
    format!("{flag}={}", path.display())
}

/// What a failed handshake means, and what to do.
fn explain(endpoint: &Endpoint, files: &TlsFiles, name: &str, error: &io::Error) -> Failure {
    let message = match cause(error) {
        Some(Error::InvalidCertificate(certificate)) => refused_certificate(endpoint, files, name, certificate),
        Some(Error::AlertReceived(alert)) => refused_us(endpoint, files, *alert),
        Some(Error::InvalidMessage(_)) => format!(
            "{endpoint} does not speak TLS: give no --tls.enabled, or name a listener of SSL or SASL_SSL (--kafka.server)."
        ),
        Some(Error::PeerIncompatible(_)) => {
            format!(
                "{endpoint} speaks no version of TLS that is safe: enable TLSv1.2 or TLSv1.3 (ssl.enabled.protocols)."
            )
        }
        Some(_) => format!("The TLS handshake with {endpoint} failed: look at the broker's log."),
        // A listener in plaintext takes our greeting for a frame that is too long, and closes.
        None => format!(
            "{endpoint} closed the connection during the TLS handshake: is its listener SSL or SASL_SSL? If it is \
             PLAINTEXT or SASL_PLAINTEXT, give no --tls.enabled."
        ),
    };
    failure(message)
}

/// The failure that a TLS error on an open connection stands for; absent for an error that is not of TLS. In TLS 1.3 a
/// broker refuses our certificate only after our side of the handshake.
pub(super) fn broken(endpoint: &Endpoint, files: &TlsFiles, error: &io::Error) -> Option<Failure> {
    cause(error)?;
    Some(explain(endpoint, files, &endpoint.host, error))
}

pub(super) fn cause(error: &io::Error) -> Option<&Error> {
    error.get_ref().and_then(|error| error.downcast_ref())
}

fn refused_certificate(endpoint: &Endpoint, files: &TlsFiles, name: &str, error: &CertificateError) -> String {
    let trusted = match &files.ca_file {
        Some(file) => format!("--tls.ca-file={}", file.display()),
        None => "the authorities of this host (no --tls.ca-file is given)".to_owned(),
    };
    match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => format!(
            "The certificate of {endpoint} is of an authority that is not in {trusted}: give the broker's CA by --tls.ca-file."
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => format!(
            "The certificate of {endpoint} is not for the name {name}: give the name that it is for by --tls.server-name."
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!(
                "The certificate of {endpoint} has expired: renew it in the broker's key store (or mend this host's clock)."
            )
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("The certificate of {endpoint} is not valid yet: look at the clocks of both hosts.")
        }
        _ => format!(
            "The certificate of {endpoint} cannot be accepted: it must be X.509 v3, for servers, with its name as a \
             subject alternative name; look at it with openssl s_client -connect {endpoint}."
        ),
    }
}

fn refused_us(endpoint: &Endpoint, files: &TlsFiles, alert: AlertDescription) -> String {
    match (&files.identity, alert) {
        // Java sends bad_certificate or handshake_failure for a missing one.
        (None, AlertDescription::CertificateRequired | AlertDescription::BadCertificate) => {
            format!("{endpoint} asks for a client certificate: give --tls.cert-file and --tls.key-file.")
        }
        (None, _) => format!(
            "{endpoint} ended the TLS handshake: if it asks for a client certificate (ssl.client.auth), give \
             --tls.cert-file and --tls.key-file; else look at the broker's log."
        ),
        (Some((certificate, _)), _) => format!(
            "{endpoint} does not accept our certificate, --tls.cert-file={}: is it of an authority in the broker's \
             trust store, and not expired?",
            certificate.display()
        ),
    }
}

/// Takes any certificate, as `--tls.insecure-skip-tls-verify` asks for; signatures must still be of its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
