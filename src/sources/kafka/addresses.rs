//! Snapshots of other sidecars, asked for over HTTP(S): for `check`, which compares nodes, and nobody else.

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::header::{ACCEPT, AUTHORIZATION, HOST, HeaderValue};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::files::read_secret;
use super::security::TlsFiles;
use super::tls;
use crate::limits::{SNAPSHOT_ANSWER_MS_MAX, SNAPSHOT_BYTES_MAX};
use crate::snapshot::{ErrorKind, Snapshot};
use crate::sources::given::parse_snapshot;

/// Who we are to sidecars, and who they must be.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Name for basic authentication; absent without.
    pub username: Option<String>,
    /// File with its password.
    pub password_file: Option<PathBuf>,
    /// PEM file of authorities; the system's when absent.
    pub ca_file: Option<PathBuf>,
}

/// Asks for a snapshot.
///
/// # Errors
/// One line that names the address and the next step; nothing that the other side wrote.
pub async fn fetch(address: &str, access: &Access) -> Result<Snapshot, String> {
    let answer = timeout(Duration::from_millis(SNAPSHOT_ANSWER_MS_MAX), ask(address, access)).await;
    let bytes = answer.map_err(|_| format!("{address} did not answer within {SNAPSHOT_ANSWER_MS_MAX} ms."))??;
    parse_snapshot(address, &bytes)
}

async fn ask(address: &str, access: &Access) -> Result<Bytes, String> {
    let told = |what: &str| format!("{address}: {what}.");
    let url: Uri = address.parse().map_err(|_| told("not an address such as http://HOST:10308/snapshot"))?;
    let authority = url.authority().map(ToString::to_string).unwrap_or_default();
    if authority.contains('@') {
        return Err("An address may not hold a password: give --http.username and --http.password-file.".to_owned());
    }
    let is_tls = url.scheme_str() == Some("https");
    let mut request = Request::get(url.path_and_query().map_or("/snapshot", |path| path.as_str()))
        .header(HOST, &authority)
        .header(ACCEPT, "application/json");
    if let (Some(name), Some(file)) = (&access.username, &access.password_file) {
        let password = read_secret("--http.password-file", file).await.map_err(|failure| failure.message)?;
        let pair = [name.as_bytes(), b":", password.bytes()].concat();
        let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))
            .map_err(|_| told("the name or password cannot be sent"))?;
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|_| told("has a path that cannot be asked for"))?;
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = url.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let stream = TcpStream::connect((host.as_str(), port))
        .await
        .map_err(|error| told(&format!("cannot be connected to ({}): check its host and port", error.kind())))?;
    if !is_tls {
        return exchange(stream, request, address).await;
    }
    let files = TlsFiles { ca_file: access.ca_file.clone(), ..TlsFiles::default() };
    let connector =
        tls::connector(&files, "--http.ca-file", ErrorKind::Tls).await.map_err(|failure| failure.message)?;
    let name = ServerName::try_from(host).map_err(|_| told("its host is no name that a certificate can be for"))?;
    let stream = connector
        .connect(name, stream)
        .await
        .map_err(|error| told(&format!("TLS failed ({}): check --http.ca-file and the host's name", error.kind())))?;
    exchange(stream, request, address).await
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Empty<Bytes>>,
    address: &str,
) -> Result<Bytes, String> {
    let no_http = |_| format!("{address} does not answer as an HTTP server does: check its scheme and port.");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(no_http)?;
    // It ends with `sender`.
    tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(no_http)?;
    match answer.status().as_u16() {
        200 => {}
        401 | 403 => {
            return Err(format!(
                "{address} wants to know who asks: give --http.username and --http.password-file, as its --web.config.file \
                 names them."
            ));
        }
        status => {
            return Err(format!(
                "{address} answered with status {status}: is it a sidecar's /snapshot, and is its scheme right?"
            ));
        }
    }
    let most = usize::try_from(SNAPSHOT_BYTES_MAX).unwrap_or(usize::MAX);
    let body = Limited::new(answer.into_body(), most).collect().await;
    Ok(body.map_err(|_| format!("{address} broke off, or sent more than {SNAPSHOT_BYTES_MAX} bytes."))?.to_bytes())
}
