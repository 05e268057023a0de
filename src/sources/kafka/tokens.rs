//! Tokens of OAUTHBEARER that are got for a client id and its secret from an https endpoint (RFC 6749 4.4, KIP-768).
//!
//! A token is kept in memory until four fifths of its life have passed, for both connections. It is asked for in the
//! background: an endpoint that is slow must not make the broker look as if it hung.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode, Uri};
use rustls::{CertificateError, Error};
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::files::{Secret, Stamp, read_secret};
use super::https::{self, NoAnswer, Trust};
use super::security::{Sasl, TokenEndpoint};
use super::tls;
use crate::limits::{TOKEN_ANSWER_BYTES_MAX, TOKEN_ANSWER_MS_MAX};
use crate::snapshot::{ErrorKind, Failure};

const URL_FLAG: &str = "--sasl.oauthbearer.token-endpoint-url";
const CA_FLAG: &str = "--sasl.oauthbearer.ca-file";

/// How long a connection waits for a token before it says that none has come: below the deadline of liveness.
const WAIT_MAX: Duration = Duration::from_secs(1);
/// Part of a token's life after which the next one is asked for.
const RENEW_AT: f64 = 0.8;
/// Longest life of a token that is believed, in seconds: a year.
const LIFE_SECONDS_MAX: u64 = 365 * 24 * 3_600;

/// A token that was got.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) secret: Arc<Secret>,
    /// When it was got, and how long it holds; an endpoint that does not tell has its tokens used once.
    life: Option<(Instant, Duration)>,
}

impl Token {
    fn is_within(&self, part: f64, now: Instant) -> bool {
        self.life.is_some_and(|(got, life)| now < got + life.mul_f64(part))
    }

    /// How long it still holds; absent when that was not told.
    pub(super) fn left(&self, now: Instant) -> Option<Duration> {
        self.life.map(|(got, life)| (got + life).saturating_duration_since(now))
    }
}

/// Why there is no token.
#[derive(Debug)]
pub(super) enum NoToken {
    /// The endpoint has not answered yet; asking goes on.
    NotYet(Failure),
    /// It was asked, and this is what came of it.
    Failed(Failure),
}

type Asked = watch::Receiver<Option<Result<Token, Failure>>>;

/// The token that both connections share, and the question for the next.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    /// What it is held for: another configuration or a changed file needs another token.
    of: Option<(Sasl, Stamp)>,
    token: Option<Token>,
    asked: Option<Asked>,
}

impl Tokens {
    /// The token for `sasl`, whose files were last looked at as `stamp`; asked for when there is none or it ends soon.
    pub(super) async fn get(&self, sasl: &Sasl, endpoint: &TokenEndpoint, stamp: &Stamp) -> Result<Token, NoToken> {
        let now = Instant::now();
        let mut asked = {
            let mut held = self.held();
            if held.of.as_ref() != Some(&(sasl.clone(), stamp.clone())) {
                *held = Held { of: Some((sasl.clone(), stamp.clone())), ..Held::default() };
            }
            match &held.token {
                Some(token) if token.is_within(RENEW_AT, now) => return Ok(token.clone()),
                _ => held.asked.get_or_insert_with(|| ask(sasl, endpoint)).clone(),
            }
        };
        let answer = timeout(WAIT_MAX, asked.wait_for(Option::is_some)).await;
        let answer = answer.ok().map(|answer| answer.ok().and_then(|answer| answer.clone()));
        let mut held = self.held();
        let is_ours = held.asked.as_ref().is_some_and(|held| held.same_channel(&asked));
        if answer.is_some() && is_ours {
            held.asked = None;
        }
        match answer {
            Some(Some(Ok(token))) => {
                if is_ours {
                    held.token = Some(token.clone());
                }
                Ok(token)
            }
            other => match &held.token {
                // The one before still holds: an endpoint that is away for a while costs nothing.
                Some(token) if token.is_within(1.0, Instant::now()) => Ok(token.clone()),
                _ => Err(no_token(endpoint, other)),
            },
        }
    }

    /// Forgets the token: the broker did not accept it.
    pub(super) fn forget(&self) {
        self.held().token = None;
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_token(endpoint: &TokenEndpoint, answer: Option<Option<Result<Token, Failure>>>) -> NoToken {
    match answer {
        None => NoToken::NotYet(failure(endpoint, "has not answered yet; it is waited for")),
        Some(Some(Err(failure))) => NoToken::Failed(failure),
        Some(_) => NoToken::Failed(Failure::new(ErrorKind::Bug, "Asking for a token failed inside this program.")),
    }
}

/// Asks in the background; the answer is in the channel when it has come, or after the deadline.
fn ask(sasl: &Sasl, endpoint: &TokenEndpoint) -> Asked {
    let (sender, receiver) = watch::channel(None);
    let (sasl, endpoint) = (sasl.clone(), endpoint.clone());
    tokio::spawn(async move {
        let deadline = Duration::from_millis(TOKEN_ANSWER_MS_MAX);
        let answer = timeout(deadline, fetch(&sasl, &endpoint)).await.unwrap_or_else(|_| {
            Err(failure(
                &endpoint,
                format!("did not answer within {TOKEN_ANSWER_MS_MAX} ms: is it reachable from here?"),
            ))
        });
        sender.send_replace(Some(answer));
    });
    receiver
}

/// Our own fault, or the endpoint's, never the broker's. Names the host only: what the endpoint wrote, and the rest of its
/// URL, stay out.
fn failure(endpoint: &TokenEndpoint, what: impl std::fmt::Display) -> Failure {
    Failure::new(ErrorKind::Authentication, format!("{URL_FLAG}: {} {what}.", endpoint.shown()))
}

async fn fetch(sasl: &Sasl, endpoint: &TokenEndpoint) -> Result<Token, Failure> {
    let secret = read_secret(sasl.secret_flag(), &sasl.secret_file).await?;
    let request = request(endpoint, &secret)?;
    drop(secret);
    let begun = Instant::now();
    let trust = Trust { ca_file: endpoint.ca_file.as_ref(), flag: CA_FLAG, kind: ErrorKind::Authentication };
    let answer = https::ask(&endpoint.url, request, &trust, TOKEN_ANSWER_BYTES_MAX).await;
    let body = answer.map_err(|why| no_answer(endpoint, why))?;
    parse(&body, begun).ok_or_else(|| {
        failure(endpoint, "answered without an access_token of its own kind: is this the URL of the token endpoint?")
    })
}

fn no_answer(endpoint: &TokenEndpoint, why: NoAnswer) -> Failure {
    let what = match why {
        NoAnswer::Files(failure) => return failure,
        NoAnswer::Unreachable(kind) => format!("cannot be connected to ({kind}): check its host and port"),
        NoAnswer::NoName => "is no name that a certificate can be for".to_owned(),
        NoAnswer::Tls(error) => refused(&error),
        NoAnswer::NotHttp => "does not answer as an HTTP server does: check its port".to_owned(),
        NoAnswer::Status(status) => denied(status),
        NoAnswer::Body => {
            format!("sent an answer that does not end well or is larger than {TOKEN_ANSWER_BYTES_MAX} bytes")
        }
    };
    failure(endpoint, what)
}

/// Whether the URL may be used: https, or http that does not leave this host.
pub(crate) fn is_safe(url: &Uri) -> bool {
    let is_loopback = || {
        let host = https::host(url);
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    match url.scheme_str() {
        Some("https") => true,
        Some("http") => is_loopback(),
        _ => false,
    }
}

/// The client id and secret stand in the header as they are, as Kafka's own clients send them.
fn request(endpoint: &TokenEndpoint, secret: &Secret) -> Result<Request<Full<Bytes>>, Failure> {
    let authorization = https::basic(&endpoint.client_id, secret)
        .map_err(|_| failure(endpoint, "cannot be sent our client id and secret"))?;
    let mut body = "grant_type=client_credentials".to_owned();
    if let Some(scope) = &endpoint.scope {
        body.push_str("&scope=");
        body.push_str(&form_encoded(scope));
    }
    let path = endpoint.url.path_and_query().map_or("/", |path| path.as_str());
    Request::post(path)
        .header(HOST, endpoint.shown())
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(AUTHORIZATION, authorization)
        .body(Full::new(body.into()))
        .map_err(|_| failure(endpoint, "has a path that cannot be asked for"))
}

fn form_encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn denied(status: StatusCode) -> String {
    let next = match status.as_u16() {
        300..=399 => "redirects are not followed; give the URL that it leads to",
        400 | 401 | 403 => {
            "check --sasl.oauthbearer.client-id, --sasl.oauthbearer.client-secret-file and --sasl.oauthbearer.scope"
        }
        404 | 405 => "is this the URL of the token endpoint?",
        _ => "look at its log",
    };
    format!("answered with status {}: {next}", status.as_u16())
}

/// Reads an answer (RFC 6749 5.1). Absent when it holds no token that can be sent to a broker.
fn parse(body: &[u8], begun: Instant) -> Option<Token> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: String,
        /// Seconds; some issuers write them as a text.
        expires_in: Option<serde_json::Value>,
    }
    let answer: Answer = serde_json::from_slice(body).ok()?;
    // RFC 6750: what a bearer token may hold. Anything else could end the message to the broker.
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if answer.access_token.is_empty() || !answer.access_token.bytes().all(is_fine) {
        return None;
    }
    let seconds = answer.expires_in.and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
    let life = seconds.filter(|seconds| *seconds > 0).map(|seconds| Duration::from_secs(seconds.min(LIFE_SECONDS_MAX)));
    Some(Token {
        secret: Arc::new(Secret::new(answer.access_token.into_bytes())),
        life: life.map(|life| (begun, life)),
    })
}

fn refused(error: &std::io::Error) -> String {
    match tls::cause(error) {
        Some(Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature)) => {
            format!("has a certificate of an authority that is not known: give its CA by {CA_FLAG}")
        }
        Some(Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => "has a certificate for another name: give the URL with the name that it is for".to_owned(),
        Some(Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. })) => {
            "has a certificate that has expired: renew it (or mend this host's clock)".to_owned()
        }
        Some(Error::InvalidCertificate(_)) => "has a certificate that cannot be accepted".to_owned(),
        Some(_) => "does not speak TLS as it should: check its port".to_owned(),
        None => "closed the connection during the TLS handshake: is it https?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn endpoint(url: &'static str) -> TokenEndpoint {
        let client_id = "id".to_owned();
        TokenEndpoint { url: Uri::from_static(url), client_id, scope: Some("a b/ü".to_owned()), ca_file: None }
    }

    #[test]
    fn an_answer_is_read_with_its_life_and_refused_when_it_could_end_the_message() {
        let now = Instant::now();
        let left = |text: &str| parse(text.as_bytes(), now).map(|token| token.left(now));
        assert_eq!(left(r#"{"access_token":"a.b-c_d~e+/=","expires_in":60}"#), Some(Some(Duration::from_secs(60))));
        assert_eq!(left(r#"{"access_token":"a","expires_in":"60"}"#), Some(Some(Duration::from_secs(60))));
        assert_eq!(left(r#"{"access_token":"a"}"#), Some(None));
        assert_eq!(left(r#"{"access_token":"a","expires_in":0}"#), Some(None));
        assert_eq!(
            left(r#"{"access_token":"a","expires_in":18446744073709551615}"#).unwrap().unwrap().as_secs(),
            LIFE_SECONDS_MAX
        );
        for bad in ["", "{}", r#"{"access_token":""}"#, r#"{"access_token":"a\u0001auth=x"}"#, r#"{"access_token":1}"#]
        {
            assert!(left(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_request_is_a_form_and_its_secret_is_marked() {
        let request = request(&endpoint("https://issuer.example:8443/t/token?x=1"), &Secret::of("s3")).unwrap();
        assert_eq!(request.uri(), "/t/token?x=1");
        assert_eq!(request.headers()[HOST], "issuer.example:8443");
        assert_eq!(request.headers()[AUTHORIZATION], format!("Basic {}", STANDARD.encode("id:s3")));
        assert!(!format!("{request:?}").contains(&STANDARD.encode("id:s3")), "{request:?}");
        assert_eq!(form_encoded("a b/ü"), "a%20b%2F%C3%BC");
    }

    #[test]
    fn plain_http_does_not_leave_this_host() {
        let safe = |url: &'static str| is_safe(&Uri::from_static(url));
        assert!(safe("https://issuer.example/token") && safe("http://127.0.0.1:1/t") && safe("http://[::1]:1/t"));
        assert!(safe("http://localhost/t"));
        assert!(!safe("http://issuer.example/t") && !safe("http://127.0.0.1.example/t") && !safe("ftp://localhost/t"));
    }

    #[test]
    fn a_failure_names_the_flag_and_the_host_but_not_the_path() {
        let message =
            failure(&endpoint("https://issuer.example/tenant-7?key=1"), denied(StatusCode::UNAUTHORIZED)).message;
        assert!(message.starts_with("--sasl.oauthbearer.token-endpoint-url: issuer.example answered with status 401"));
        assert!(message.contains("client-secret-file") && !message.contains("tenant-7"), "{message}");
    }
}
