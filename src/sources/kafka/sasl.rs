//! SASL on an open connection: SaslHandshake, then SaslAuthenticate until both sides are content (KIP-152, KIP-368).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::{
    SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse,
};
use kafka_protocol::protocol::{Decodable, Encodable, Request, StrBytes};

use super::api_versions::ApiVersions;
use super::calls::{Api, SASL_AUTHENTICATE, SASL_HANDSHAKE};
use super::files::Secret;
use super::lane::encoded;
use super::scram::{Hash, Scram, nonce};
use super::security::{Mechanism, Sasl};
use super::wire::Connection;
use super::{Endpoint, guard};
use crate::snapshot::{ErrorKind, Failure};

/// Mechanisms of a broker that are named in a message, and bytes of each name (RFC 4422: at most 20).
const NAMED_MECHANISMS_MAX: usize = 8;
const MECHANISM_BYTES_MAX: usize = 20;

const UNSUPPORTED_SASL_MECHANISM: i16 = 33;

/// Proves who we are with `secret`: a password or a token. Returns how long that holds, when the broker says so (KIP-368).
///
/// # Errors
/// `Authentication` with the next step; what [`Connection::exchange`] says otherwise.
pub(super) async fn authenticate(
    connection: &mut Connection,
    endpoint: &Endpoint,
    offered: &ApiVersions,
    sasl: &Sasl,
    secret: Arc<Secret>,
) -> Result<Option<Duration>, Failure> {
    let mut dialog = Dialog { connection, endpoint, offered, sasl };
    dialog.choose_mechanism().await?;
    let lifetime_ms = match sasl.mechanism {
        Mechanism::Plain => {
            let message = [b"\0", sasl.username.as_bytes(), b"\0", secret.bytes()].concat();
            dialog.send(message.into()).await?.session_lifetime_ms
        }
        Mechanism::OauthBearer => {
            let message = [b"n,,\x01auth=Bearer ", secret.bytes(), b"\x01\x01"].concat();
            let answer = dialog.send(message.into()).await?;
            // A refusal is told as a text, in an answer without an error (RFC 7628).
            if !answer.auth_bytes.is_empty() {
                return Err(dialog.refused());
            }
            answer.session_lifetime_ms
        }
        Mechanism::ScramSha256 => dialog.scram(Hash::Sha256, secret).await?,
        Mechanism::ScramSha512 => dialog.scram(Hash::Sha512, secret).await?,
    };
    Ok(u64::try_from(lifetime_ms).ok().filter(|ms| *ms > 0).map(Duration::from_millis))
}

struct Dialog<'a> {
    connection: &'a mut Connection,
    endpoint: &'a Endpoint,
    offered: &'a ApiVersions,
    sasl: &'a Sasl,
}

impl Dialog<'_> {
    async fn choose_mechanism(&mut self) -> Result<(), Failure> {
        let name = self.sasl.mechanism.as_str();
        let request = SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str(name));
        let answer: SaslHandshakeResponse = self.call(&SASL_HANDSHAKE, request).await?;
        match answer.error_code {
            0 => Ok(()),
            UNSUPPORTED_SASL_MECHANISM => {
                let endpoint = self.endpoint;
                let known = shown_mechanisms(&answer.mechanisms);
                let message = format!("{endpoint} does not offer {name}, but {known}: change --sasl.mechanism.");
                Err(Failure::new(ErrorKind::Authentication, message))
            }
            // Error 34: the listener is past authentication or has none.
            _ => {
                let endpoint = self.endpoint;
                let message = format!(
                    "{endpoint} does not do SASL: give no --sasl.mechanism, or name a SASL_* listener (--kafka.server)."
                );
                Err(Failure::new(ErrorKind::Authentication, message))
            }
        }
    }

    async fn scram(&mut self, hash: Hash, password: Arc<Secret>) -> Result<i64, Failure> {
        let nonce = nonce().ok_or_else(|| Failure::new(ErrorKind::Bug, "The system gives no random bytes."))?;
        let scram = Scram::new(hash, &self.sasl.username, nonce);
        let first = self.send(scram.first().into()).await?.auth_bytes;
        // A million rounds take half a second: not on the thread that serves the page.
        let worked = tokio::task::spawn_blocking(move || scram.last(&first, &password)).await;
        let worked = worked.map_err(|_| Failure::new(ErrorKind::Bug, "SCRAM failed inside this program."))?;
        let (last, expected) = worked.map_err(|refusal| {
            Failure::new(ErrorKind::Authentication, format!("{} {refusal}: look at its version.", self.endpoint))
        })?;
        let answer = self.send(last.into()).await?;
        if expected.is_proved_by(&answer.auth_bytes) {
            return Ok(answer.session_lifetime_ms);
        }
        let message = format!(
            "{} does not prove that it knows the password of our user: is it the right broker? (--kafka.server)",
            self.endpoint
        );
        Err(Failure::new(ErrorKind::Authentication, message))
    }

    async fn send(&mut self, auth_bytes: Bytes) -> Result<SaslAuthenticateResponse, Failure> {
        let request = SaslAuthenticateRequest::default().with_auth_bytes(auth_bytes);
        let answer: SaslAuthenticateResponse = self.call(&SASL_AUTHENTICATE, request).await?;
        // The broker's own text is left out: it may carry its internals.
        if answer.error_code == 0 { Ok(answer) } else { Err(self.refused()) }
    }

    async fn call<R>(&mut self, api: &'static Api, request: R) -> Result<R::Response, Failure>
    where
        R: Request + Encodable,
        R::Response: Decodable,
    {
        let version = self.offered.negotiate(api.key as i16, api.min, api.max);
        let version = version.ok_or_else(|| api.not_offered(self.offered))?;
        let request = encoded(api, version, &request)?;
        let body = self.connection.exchange(api.key, version, &request.body).await?;
        let malformed = || {
            let message = format!("The answer of {} to {} is not one; check --kafka.server.", self.endpoint, api.name);
            Failure::new(ErrorKind::Protocol, message)
        };
        guard::decode(api.key, version, body).map_err(|_| malformed())
    }

    fn refused(&self) -> Failure {
        let (endpoint, name) = (self.endpoint, self.sasl.mechanism.as_str());
        let (flag, file) = (self.sasl.secret_flag(), self.sasl.secret_file.display());
        let message = if let Some(issuer) = &self.sasl.token_endpoint {
            format!(
                "{endpoint} does not accept the token of {}: does the broker trust this issuer, and expect this audience \
                 and --sasl.oauthbearer.scope?",
                issuer.shown()
            )
        } else if self.sasl.mechanism == Mechanism::OauthBearer {
            format!("{endpoint} does not accept the token in {flag}={file}: is it expired, or of another issuer?")
        } else {
            let user = &self.sasl.username;
            format!(
                "{endpoint} does not accept our user by {name}: check --sasl.username={user}, the password in \
                 {flag}={file}, and that this user has credentials for {name}."
            )
        };
        Failure::new(ErrorKind::Authentication, message)
    }
}

/// Names from the wire, bounded and without anything but what a mechanism's name may hold.
fn shown_mechanisms(names: &[StrBytes]) -> String {
    let fine = |name: &&StrBytes| {
        let fits = (1..=MECHANISM_BYTES_MAX).contains(&name.len());
        fits && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
    };
    let shown: Vec<&str> = names.iter().filter(fine).take(NAMED_MECHANISMS_MAX).map(|name| &**name).collect();
    if shown.is_empty() { "none that is known".to_owned() } else { shown.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_the_wire_are_bounded_and_clean() {
        let names =
            |names: &[&'static str]| names.iter().map(|name| StrBytes::from_static_str(name)).collect::<Vec<_>>();
        assert_eq!(shown_mechanisms(&names(&["PLAIN", "SCRAM-SHA-512"])), "PLAIN, SCRAM-SHA-512");
        assert_eq!(shown_mechanisms(&names(&["a\nb", "", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])), "none that is known");
        assert_eq!(shown_mechanisms(&names(&["X"; 50])).matches('X').count(), NAMED_MECHANISMS_MAX);
    }
}
