//! How a connection is opened: TLS, ApiVersions, SASL; and until when it may be used.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::BytesMut;
use kafka_protocol::messages::{ApiKey, ApiVersionsRequest};
use kafka_protocol::protocol::{Encodable, StrBytes};
use tokio::time::Instant;

use super::super::api_versions::{Answer, ApiVersions, parse_api_versions};
use super::super::calls::{API_VERSIONS, Api};
use super::super::files::{Secret, Stamp, read_secret, stamp};
use super::super::security::Sasl;
use super::super::tokens::{NoToken, Tokens};
use super::super::wire::Connection;
use super::super::{Endpoint, sasl};
use super::Prepared;
use crate::snapshot::{ErrorKind, Failure, ServedCertificate};

/// How often the files of an open connection are looked at.
const FILES_LOOK_EVERY: Duration = Duration::from_secs(30);
/// A certificate that ends within this time is looked at anew, more often than checks ask for its renewal.
const CERTIFICATE_ENDS_SOON: Duration = Duration::from_secs(45 * 24 * 3600);
/// How often that is done, each time on a new connection.
const CERTIFICATE_LOOK_EVERY: Duration = Duration::from_secs(600);
/// An open connection, and until when it may be used.
pub(super) struct Open {
    pub(super) connection: Connection,
    pub(super) endpoint: Endpoint,
    pub(super) offered: ApiVersions,
    /// Whether it has answered more than ApiVersions.
    pub(super) proved: bool,
    /// Whether it has answered anything since it was opened. Kafka closes a connection that should go on with SASL at the
    /// second ApiVersions, too (`SaslServerAuthenticator`).
    pub(super) used: bool,
    /// The files that it was opened with, and when they were last looked at.
    files: Stamp,
    files_looked_at: Instant,
    /// When it was opened.
    opened: Instant,
    /// From when on the broker may refuse it (KIP-368), with a margin.
    ends_at: Option<Instant>,
    /// Until when the broker reads nothing from us: a quota was exceeded (KIP-219).
    pub(super) throttled_until: Option<Instant>,
}

impl Open {
    /// Whether it may be used for a further request: not when our secrets have changed or soon no longer hold.
    pub(super) async fn is_current(&mut self) -> bool {
        let now = Instant::now();
        if self.ends_at.is_some_and(|end| now >= end) {
            return false;
        }
        // A certificate that was renewed shows on a new connection only: one that ends soon is looked at anew.
        let ends_soon = |certificate: &ServedCertificate| {
            let end = UNIX_EPOCH + Duration::from_millis(certificate.chain_not_after.0);
            end.duration_since(SystemTime::now()).is_ok_and(|left| left < CERTIFICATE_ENDS_SOON)
        };
        if self.connection.certificate().is_some_and(ends_soon)
            && now.duration_since(self.opened) >= CERTIFICATE_LOOK_EVERY
        {
            return false;
        }
        if now.duration_since(self.files_looked_at) >= FILES_LOOK_EVERY {
            self.files_looked_at = now;
            // Files that cannot be looked at say nothing against a connection that works.
            return stamp(&self.endpoint.security.files()).await.map_or(true, |files| files == self.files);
        }
        true
    }
}

/// Why a connection was not opened.
pub(super) struct NotOpen {
    pub(super) failure: Failure,
    /// Whether it is only a matter of time.
    pub(super) soon: bool,
}

impl From<Failure> for NotOpen {
    fn from(failure: Failure) -> Self {
        Self { failure, soon: false }
    }
}

/// Connects, negotiates and says who we are: TLS, ApiVersions, SASL.
pub(super) async fn handshake(endpoint: Endpoint, frame_bytes_max: usize, tokens: &Tokens) -> Result<Open, NotOpen> {
    // Before the files are read: a change in between makes another connection, not none.
    let files = stamp(&endpoint.security.files()).await?;
    let started = Instant::now();
    let (mut connection, offered) = negotiated(&endpoint, frame_bytes_max).await?;
    let mut ends_at = None;
    if let Some(sasl) = &endpoint.security.sasl {
        let (secret, holds) = secret(sasl, tokens, &files).await?;
        let lifetime = sasl::authenticate(&mut connection, &endpoint, &offered, sasl, secret).await;
        if lifetime.as_ref().is_err_and(|failure| failure.kind == ErrorKind::Authentication) {
            tokens.forget();
        }
        // The connection is made anew at 85 %, as Kafka's own clients authenticate anew.
        let lifetime = lifetime?.into_iter().chain(holds).min();
        ends_at = lifetime.map(|lifetime| Instant::now() + lifetime.mul_f64(0.85));
    }
    let proved = endpoint.security.sasl.is_some();
    let used = false;
    Ok(Open {
        connection,
        endpoint,
        offered,
        proved,
        used,
        files,
        files_looked_at: started,
        opened: started,
        ends_at,
        throttled_until: None,
    })
}

/// The password or token, and how long it holds when that is known.
async fn secret(sasl: &Sasl, tokens: &Tokens, files: &Stamp) -> Result<(Arc<Secret>, Option<Duration>), NotOpen> {
    let Some(issuer) = &sasl.token_endpoint else {
        return Ok((Arc::new(read_secret(sasl.secret_flag(), &sasl.secret_file).await?), None));
    };
    match tokens.get(sasl, issuer, files).await {
        Ok(token) => {
            let left = token.left(Instant::now());
            Ok((token.secret, left))
        }
        Err(NoToken::Failed(failure)) => Err(failure.into()),
        Err(NoToken::NotYet(failure)) => Err(NotOpen { failure, soon: true }),
    }
}

/// Connects and asks what is offered, the first exchange on every connection.
async fn negotiated(endpoint: &Endpoint, frame_bytes_max: usize) -> Result<(Connection, ApiVersions), Failure> {
    let mut connection = Connection::open(endpoint, frame_bytes_max).await?;
    let mut version = API_VERSIONS.max;
    loop {
        let request = encoded(&API_VERSIONS, version, &api_versions_request())?;
        let body = connection.exchange(ApiKey::ApiVersions, version, &request.body).await?;
        match parse_api_versions(body, version) {
            Some(Answer::Offered(offered)) => return Ok((connection, offered)),
            // Each answer is of a lower version, so this ends.
            Some(Answer::AskAgainIn(lower)) => version = lower,
            None => {
                let message =
                    format!("{endpoint} does not answer ApiVersions as Kafka does; check the port (--kafka.server).");
                return Err(Failure::new(ErrorKind::Protocol, message));
            }
        }
    }
}

pub(super) fn api_versions_request() -> ApiVersionsRequest {
    ApiVersionsRequest::default()
        .with_client_software_name(StrBytes::from_static_str("brokerwatch"))
        .with_client_software_version(StrBytes::from_static_str(env!("CARGO_PKG_VERSION")))
}

pub(in super::super) fn encoded(
    api: &'static Api,
    version: i16,
    request: &impl Encodable,
) -> Result<Prepared, Failure> {
    let mut body = BytesMut::new();
    request.encode(&mut body, version).map_err(|_| {
        let message = format!("A request for {} v{version} could not be encoded; please report this.", api.name);
        Failure::new(ErrorKind::Bug, message)
    })?;
    Ok(Prepared { api, version, body })
}
