//! Snapshots of other sidecars, asked for over HTTP(S): for `check`, which compares nodes, and nobody else.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, AUTHORIZATION, HOST};
use hyper::{Request, StatusCode, Uri};
use tokio::time::timeout;

use super::files::read_secret;
use super::https::{self, NoAnswer, Trust};
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
    let mut request = Request::get(url.path_and_query().map_or("/snapshot", |path| path.as_str()))
        .header(HOST, &authority)
        .header(ACCEPT, "application/json");
    if let (Some(name), Some(file)) = (&access.username, &access.password_file) {
        let password = read_secret("--http.password-file", file).await.map_err(|failure| failure.message)?;
        let who = https::basic(name, &password).map_err(|_| told("the name or password cannot be sent"))?;
        request = request.header(AUTHORIZATION, who);
    }
    let request = request.body(Full::default()).map_err(|_| told("has a path that cannot be asked for"))?;
    let trust = Trust { ca_file: access.ca_file.as_ref(), flag: "--http.ca-file", kind: ErrorKind::Tls };
    let most = usize::try_from(SNAPSHOT_BYTES_MAX).unwrap_or(usize::MAX);
    https::ask(&url, request, &trust, most).await.map_err(|why| no_answer(address, why))
}

fn no_answer(address: &str, why: NoAnswer) -> String {
    match why {
        NoAnswer::Files(failure) => failure.message,
        NoAnswer::Unreachable(kind) => format!("{address}: cannot be connected to ({kind}): check its host and port."),
        NoAnswer::NoName => format!("{address}: its host is no name that a certificate can be for."),
        NoAnswer::Tls(error) => {
            format!("{address}: TLS failed ({}): check --http.ca-file and the host's name.", error.kind())
        }
        NoAnswer::NotHttp => format!("{address} does not answer as an HTTP server does: check its scheme and port."),
        NoAnswer::Status(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => format!(
            "{address} wants to know who asks: give --http.username and --http.password-file, as its --web.config.file \
             names them."
        ),
        NoAnswer::Status(status) => format!(
            "{address} answered with status {}: is it a sidecar's /snapshot, and is its scheme right?",
            status.as_u16()
        ),
        NoAnswer::Body => format!("{address} broke off, or sent more than {SNAPSHOT_BYTES_MAX} bytes."),
    }
}
