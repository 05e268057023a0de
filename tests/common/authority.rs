//! An authority of certificates, and clients of TLS that trust it, for tests of our own endpoint.

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};

use super::sidecar::{Reply, reply};

/// An authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate, as PEM.
    pub(crate) pem: String,
    root: CertificateDer<'static>,
}

/// A certificate and its key.
pub(crate) struct Identity {
    /// The certificate, as PEM.
    pub(crate) cert: String,
    /// Its key, as PEM.
    pub(crate) key: String,
    /// The certificate, as DER.
    pub(crate) der: CertificateDer<'static>,
    key_der: Vec<u8>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { pem: certificate.pem(), root: certificate.der().clone(), issuer: Issuer::new(params, key) }
    }

    /// A certificate of this authority with these names; `mailto:` and `spiffe:` ones are e-mail and URI.
    pub(crate) fn identity(&self, names: &[&str]) -> Identity {
        let mut params = CertificateParams::default();
        for name in names {
            let text = |text: &str| text.try_into().expect("ASCII");
            params.subject_alt_names.push(match (name.strip_prefix("mailto:"), name.parse()) {
                (Some(mail), _) => SanType::Rfc822Name(text(mail)),
                (None, Ok(address)) => SanType::IpAddress(address),
                (None, Err(_)) if name.contains("://") => SanType::URI(text(name)),
                (None, Err(_)) => SanType::DnsName(text(name)),
            });
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Identity {
            cert: certificate.pem(),
            key: key.serialize_pem(),
            der: certificate.der().clone(),
            key_der: key.serialize_der(),
        }
    }

    /// A client that trusts this authority alone, with or without a certificate of its own.
    pub(crate) fn client(&self, identity: Option<&Identity>) -> TlsClient {
        self.client_of(rustls::ALL_VERSIONS, identity)
    }

    /// The same, which speaks these versions only.
    pub(crate) fn client_of(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        identity: Option<&Identity>,
    ) -> TlsClient {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).expect("a root");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions);
        let builder = builder.expect("versions").with_root_certificates(roots);
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some(own) => builder
                .with_client_auth_cert(vec![own.der.clone()], PrivateKeyDer::Pkcs8(own.key_der.clone().into()))
                .expect("a certificate and its key"),
        };
        // What Prometheus offers.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsClient(Arc::new(config))
    }
}

/// A client of HTTP over TLS.
#[derive(Clone)]
pub(crate) struct TlsClient(Arc<ClientConfig>);

impl TlsClient {
    /// A connection whose handshake is done when it is first used.
    pub(crate) fn connect(&self, port: u16) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(15)))?;
        let name = ServerName::try_from("localhost").expect("a name");
        let connection = ClientConnection::new(self.0.clone(), name).map_err(io::Error::other)?;
        Ok(StreamOwned::new(connection, stream))
    }

    /// The answer to a request, and the certificate that the server showed.
    pub(crate) fn ask(&self, port: u16, path: &str, headers: &str) -> io::Result<(Reply, CertificateDer<'static>)> {
        let mut stream = self.connect(port)?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n")?;
        let reply = reply(&mut stream)?;
        assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]), "HTTP/1.1 is spoken");
        let shown = stream.conn.peer_certificates().and_then(<[_]>::first).expect("a certificate");
        Ok((reply, shown.clone().into_owned()))
    }

    /// The answer's status.
    pub(crate) fn status(&self, port: u16, path: &str, headers: &str) -> io::Result<u16> {
        self.ask(port, path, headers).map(|(reply, _)| reply.status)
    }
}
