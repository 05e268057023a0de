//! One question over HTTP(S) that is asked and done: for tokens and for snapshots of other sidecars.
//!
//! Redirects are not followed, the system's proxies are not used: what is asked for may hold a secret.

use std::io;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{HeaderValue, InvalidHeaderValue};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::files::Secret;
use super::security::TlsFiles;
use super::tls;
use crate::snapshot::{ErrorKind, Failure};

/// Whom an https address is believed to be.
pub(super) struct Trust<'a> {
    /// PEM file of authorities; the system's when absent.
    pub(super) ca_file: Option<&'a PathBuf>,
    /// The flag that names it, for errors.
    pub(super) flag: &'static str,
    /// What a file that cannot be used is told as.
    pub(super) kind: ErrorKind,
}

/// Why there is no answer.
pub(super) enum NoAnswer {
    /// Nothing listens there, or the name is not known.
    Unreachable(io::ErrorKind),
    /// The host is no name that a certificate can be for.
    NoName,
    /// Our own files cannot be used.
    Files(Failure),
    /// The handshake failed.
    Tls(io::Error),
    /// What answers does not speak HTTP.
    NotHttp,
    /// It answered, but not with 200 or 201.
    Status(StatusCode),
    /// The answer broke off, or is larger than what was allowed.
    Body,
}

/// The host without the brackets of an IPv6 address.
pub(super) fn host(url: &Uri) -> &str {
    url.host().unwrap_or_default().trim_matches(['[', ']'])
}

/// The header that tells who asks (RFC 7617), marked so that it is never shown.
pub(super) fn basic(name: &str, secret: &Secret) -> Result<HeaderValue, InvalidHeaderValue> {
    let pair = [name.as_bytes(), b":", secret.bytes()].concat();
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Sends `request` to the host of `url` and reads at most `bytes_max` of the answer. The caller sets the deadline.
pub(super) async fn ask(
    url: &Uri,
    request: Request<Full<Bytes>>,
    trust: &Trust<'_>,
    bytes_max: usize,
) -> Result<Bytes, NoAnswer> {
    let is_tls = url.scheme_str() == Some("https");
    let port = url.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let stream = TcpStream::connect((host(url), port)).await.map_err(|error| NoAnswer::Unreachable(error.kind()))?;
    if !is_tls {
        return exchange(stream, request, bytes_max).await;
    }
    let files = TlsFiles { ca_file: trust.ca_file.cloned(), ..TlsFiles::default() };
    let connector = tls::connector(&files, trust.flag, trust.kind).await.map_err(NoAnswer::Files)?;
    let name = ServerName::try_from(host(url).to_owned()).map_err(|_| NoAnswer::NoName)?;
    exchange(connector.connect(name, stream).await.map_err(NoAnswer::Tls)?, request, bytes_max).await
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Full<Bytes>>,
    bytes_max: usize,
) -> Result<Bytes, NoAnswer> {
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|_| NoAnswer::NotHttp)?;
    // It ends with `sender`.
    tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(|_| NoAnswer::NotHttp)?;
    if !matches!(answer.status(), StatusCode::OK | StatusCode::CREATED) {
        return Err(NoAnswer::Status(answer.status()));
    }
    let body = Limited::new(answer.into_body(), bytes_max).collect().await;
    body.map(|body| body.to_bytes()).map_err(|_| NoAnswer::Body)
}
