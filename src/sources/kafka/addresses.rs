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

/// The address as it is told and asked for: without a password, and with its scheme as everybody writes it.
#[must_use]
pub fn shown(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rfind('@').map_or(0, |at| at + 1);
    format!("{}://{}", scheme.to_ascii_lowercase(), &rest[host..])
}

/// Asks for a snapshot.
///
/// # Errors
/// One line that names the address and the next step; nothing that the other side wrote.
pub async fn fetch(address: &str, access: &Access) -> Result<Snapshot, String> {
    let plain = shown(address);
    if plain.len() != address.len() {
        return Err(format!(
            "{plain}: an address may not hold a password: give --http.username and --http.password-file."
        ));
    }
    let answer = timeout(Duration::from_millis(SNAPSHOT_ANSWER_MS_MAX), ask(&plain, access)).await;
    let bytes = answer.map_err(|_| format!("{plain} did not answer within {SNAPSHOT_ANSWER_MS_MAX} ms."))??;
    let is_snapshot = || serde_json::from_slice::<Snapshot>(&bytes).is_ok();
    parse_snapshot(&plain, &bytes).map_err(|message| match is_snapshot() {
        true => message,
        false => format!("{plain}: what it answers is not a snapshot: is it a sidecar's /snapshot?"),
    })
}

async fn ask(address: &str, access: &Access) -> Result<Bytes, String> {
    let told = |what: &str| format!("{address}: {what}.");
    let url: Uri = address.parse().map_err(|_| told("not an address such as http://HOST:10308/snapshot"))?;
    let authority = url.authority().map(ToString::to_string).unwrap_or_default();
    // A host alone means its snapshot.
    let path = url.path_and_query().map(|path| path.as_str()).filter(|path| *path != "/");
    let mut request =
        Request::get(path.unwrap_or("/snapshot")).header(HOST, &authority).header(ACCEPT, "application/json");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_without_its_password() {
        for (address, told) in [
            ("http://u:p@h:10308/snapshot", "http://h:10308/snapshot"),
            ("HTTPS://u@h", "https://h"),
            ("http://u:p@ss@h/a@b", "http://h/a@b"),
            ("Http://h:1/snapshot?x=@", "http://h:1/snapshot?x=@"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(shown(address), told);
        }
    }
}
