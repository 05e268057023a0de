//! The file of `--web.config.file`: its keys are those of Prometheus' exporter-toolkit, so that one file serves every
//! exporter of a host. Nothing is read here but text; `access.rs` makes it into what is served by.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hyper::header::{HeaderName, HeaderValue};
use rustls::SupportedCipherSuite;
use rustls::crypto::{SupportedKxGroup, ring};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_yaml::Value;

use crate::limits::BCRYPT_COST_MAX;

/// The whole file. Every key may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WebConfig {
    pub(super) tls_server_config: Option<TlsServer>,
    pub(super) http_server_config: Option<HttpServer>,
    pub(super) basic_auth_users: Option<Users>,
    pub(super) rate_limit: Option<RateLimit>,
}

/// How TLS is served. Paths are relative to the file.
#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TlsServer {
    pub(super) cert: Option<String>,
    pub(super) key: Option<Hidden>,
    pub(super) client_ca: Option<String>,
    pub(super) cert_file: Option<String>,
    pub(super) key_file: Option<String>,
    pub(super) client_ca_file: Option<String>,
    pub(super) client_auth_type: ClientAuth,
    pub(super) client_allowed_sans: Option<Vec<String>>,
    pub(super) min_version: Option<Version>,
    pub(super) max_version: Option<Version>,
    pub(super) cipher_suites: Vec<Cipher>,
    pub(super) curve_preferences: Vec<Curve>,
    pub(super) prefer_server_cipher_suites: Option<bool>,
}

/// What is asked of a client's certificate, in Go's names.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
pub(super) enum ClientAuth {
    #[default]
    #[serde(alias = "")]
    NoClientCert,
    RequestClientCert,
    #[serde(alias = "RequireClientCert")]
    RequireAnyClientCert,
    VerifyClientCertIfGiven,
    RequireAndVerifyClientCert,
}

/// Versions of TLS. Those before 1.2 are understood, and never spoken.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd)]
pub(super) enum Version {
    #[serde(rename = "TLS10")]
    Tls10,
    #[serde(rename = "TLS11")]
    Tls11,
    #[serde(rename = "TLS12")]
    Tls12,
    #[serde(rename = "TLS13")]
    Tls13,
}

/// A cipher suite by Go's name; absent when Go has it and we do not: the ones with CBC.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(try_from = "String")]
pub(super) struct Cipher(pub(super) Option<SupportedCipherSuite>);

impl TryFrom<String> for Cipher {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        const CBC: [&str; 4] = [
            "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
            "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
            "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
            "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
        ];
        // Go writes TLS_AES_..., rustls TLS13_AES_...
        let named = |suite: &SupportedCipherSuite| {
            suite.suite().as_str().is_some_and(|own| own.replacen("TLS13_", "TLS_", 1) == name)
        };
        match ring::ALL_CIPHER_SUITES.iter().find(|suite| named(suite)) {
            None if CBC.contains(&&*name) => Ok(Self(None)),
            None => Err(format!("unknown cipher suite {name}")),
            suite => Ok(Self(suite.copied())),
        }
    }
}

/// A curve by Go's name.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(super) enum Curve {
    CurveP256,
    CurveP384,
    CurveP521,
    X25519,
}

impl Curve {
    /// The key exchange on this curve; absent for P-521, which ring does not have.
    pub(super) fn group(self) -> Option<&'static dyn SupportedKxGroup> {
        match self {
            Self::CurveP256 => Some(ring::kx_group::SECP256R1),
            Self::CurveP384 => Some(ring::kx_group::SECP384R1),
            Self::CurveP521 => None,
            Self::X25519 => Some(ring::kx_group::X25519),
        }
    }
}

/// How HTTP is served.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct HttpServer {
    pub(super) http2: Option<bool>,
    pub(super) headers: Headers,
}

/// Headers that every answer gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Headers(pub(super) Vec<(HeaderName, HeaderValue)>);

/// The headers that exporter-toolkit lets be set, and the only values of those that have few.
const HEADERS: [(&str, &[&str]); 5] = [
    ("Strict-Transport-Security", &[]),
    ("X-Content-Type-Options", &["nosniff"]),
    ("X-Frame-Options", &["deny", "sameorigin"]),
    ("X-XSS-Protection", &[]),
    ("Content-Security-Policy", &[]),
];

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = Option::<BTreeMap<String, Value>>::deserialize(deserializer)?.unwrap_or_default();
        let mut headers = Vec::new();
        for (name, value) in given {
            let known = HEADERS.iter().find(|(known, _)| *known == name);
            let (_, values) = known.ok_or_else(|| {
                D::Error::custom(format!(
                    "headers: {name} cannot be set; there are {}",
                    HEADERS.map(|(n, _)| n).join(", ")
                ))
            })?;
            let value = scalar(value).ok_or_else(|| D::Error::custom(format!("headers: {name} must be a string")))?;
            if value.is_empty() {
                continue;
            }
            if !values.is_empty() && !values.contains(&&*value) {
                return Err(D::Error::custom(format!("headers: {name} must be {}", values.join(" or "))));
            }
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(D::Error::custom)?;
            let value = HeaderValue::from_str(&value)
                .map_err(|_| D::Error::custom(format!("headers: {name} holds what HTTP does not allow")))?;
            headers.push((name, value));
        }
        Ok(Self(headers))
    }
}

/// Users and the bcrypt hashes of their passwords.
#[derive(Clone, Default)]
pub(super) struct Users(pub(super) BTreeMap<String, String>);

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl<'de> Deserialize<'de> for Users {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EachOnce;
        impl<'de> Visitor<'de> for EachOnce {
            type Value = Users;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("user names, each with the bcrypt hash of a password")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Users, A::Error> {
                let mut users = BTreeMap::new();
                while let Some((user, hash)) = map.next_entry::<String, Hidden>()? {
                    check_hash(&user, &hash.0).map_err(A::Error::custom)?;
                    if users.contains_key(&user) {
                        return Err(A::Error::custom(format!("basic_auth_users: {user} stands there twice")));
                    }
                    users.insert(user, hash.0);
                }
                Ok(Users(users))
            }
        }
        deserializer.deserialize_map(EachOnce)
    }
}

/// Refuses what is no hash without showing it: it may be the password itself.
fn check_hash(user: &str, hash: &str) -> Result<(), String> {
    let Ok(parts) = hash.parse::<bcrypt::HashParts>() else {
        return Err(format!(
            "basic_auth_users: what stands for {user} is not a bcrypt hash; htpasswd -nBC 10 \"\" makes one of a password"
        ));
    };
    // A wrong cost fails at every comparison: nobody would get in.
    if !(4..=BCRYPT_COST_MAX).contains(&parts.get_cost()) {
        return Err(format!(
            "basic_auth_users: the hash of {user} has cost {}; it must be 4 to {BCRYPT_COST_MAX}, and 10 takes some 70 ms",
            parts.get_cost()
        ));
    }
    Ok(())
}

/// A string that is shown nowhere, neither when it is refused.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Hidden(pub(super) String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(..)")
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            _ => Err(D::Error::custom("a secret must be a string, in quotes if it looks like something else")),
        }
    }
}

/// How many requests are answered: a bucket of tokens, one of which comes back at each interval.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RateLimit {
    pub(super) interval: GoDuration,
    pub(super) burst: u32,
}

/// A duration as Go writes it, such as `1m30s` or `500ms`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct GoDuration(pub(super) Duration);

impl<'de> Deserialize<'de> for GoDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = scalar(Value::deserialize(deserializer)?).unwrap_or_default();
        let duration = parse_duration(&text);
        duration.map(Self).ok_or_else(|| D::Error::custom("interval: must be a duration such as 1s or 500ms, or 0"))
    }
}

fn parse_duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = Some(text).filter(|text| !text.is_empty())?;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.')?);
        let (unit, after) = after.split_at(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()));
        let unit_seconds = match unit {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * unit_seconds;
        rest = after;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

/// The text of a value that is no list and no map, as Go's YAML reads one for a string.
fn scalar(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null => Some(String::new()),
        _ => None,
    }
}

/// What stands in a file. An empty one asks for nothing.
///
/// # Errors
/// Half a line with the place in the file; nothing of a value that may be a secret.
pub(super) fn parse(text: &str) -> Result<WebConfig, String> {
    let parsed: Result<Option<WebConfig>, _> = serde_yaml::from_str(text);
    parsed.map(Option::unwrap_or_default).map_err(|error| without_values(&error.to_string()))
}

/// An error's text without the string that was met: the file of a key, given by mistake, is one long string to YAML.
fn without_values(error: &str) -> String {
    match (error.find("string \""), error.rfind("\", expected")) {
        (Some(from), Some(to)) if from < to => format!("{}string{}", &error[..from], &error[to + 1..]),
        _ => error.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG";

    fn refused(yaml: &str) -> String {
        parse(yaml).unwrap_err()
    }

    #[test]
    fn what_exporter_toolkit_takes_is_taken() {
        let yaml = format!(
            "tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: RequireClientCert
  client_ca_file: ''
  min_version: TLS12
  max_version: TLS13
  prefer_server_cipher_suites: false
  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA]
  curve_preferences: [CurveP256, CurveP384, CurveP521, X25519]
http_server_config:
  http2: false
  headers:
    X-Frame-Options: deny
    X-XSS-Protection: 1
    Content-Security-Policy: \"default-src 'self'\"
    X-Content-Type-Options:
basic_auth_users:
  alice: {HASH}
rate_limit:
  interval: 1m0.5s
  burst: 20
"
        );
        let config = parse(&yaml).unwrap();
        let tls = config.tls_server_config.unwrap();
        assert_eq!(tls.client_auth_type, ClientAuth::RequireAnyClientCert);
        let known: Vec<bool> = tls.cipher_suites.iter().map(|cipher| cipher.0.is_some()).collect();
        assert_eq!(known, [true, true, false]);
        assert_eq!(tls.curve_preferences.iter().filter_map(|curve| curve.group()).count(), 3);
        let headers = config.http_server_config.unwrap().headers.0;
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(
            headers,
            [("content-security-policy", "default-src 'self'"), ("x-frame-options", "deny"), ("x-xss-protection", "1")]
        );
        let users = config.basic_auth_users.unwrap();
        assert_eq!(format!("{users:?}"), "{\"alice\"}");
        assert_eq!(config.rate_limit.unwrap().interval.0, Duration::from_millis(60_500));
        for empty in ["", "# nothing\n", "tls_server_config:\nbasic_auth_users:\n"] {
            assert!(parse(empty).is_ok(), "{empty}");
        }
    }

    #[test]
    fn what_it_refuses_is_refused_with_its_place() {
        let unknown = refused("tls_server_config:\n  cert_filse: server.crt\n");
        assert!(unknown.contains("cert_filse") && unknown.contains("line 2 column 3"), "{unknown}");
        for (yaml, wanted) in [
            ("tls_server_config: {cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA2048]}", "SHA2048"),
            ("tls_server_config: {curve_preferences: [CurveP257]}", "CurveP257"),
            ("tls_server_config: {min_version: TLS111}", "TLS111"),
            ("tls_server_config: {client_auth_type: x}", "RequireAndVerifyClientCert"),
            ("http_server_config: {headers: {X-Content-Type-Options: sniff}}", "must be nosniff"),
            ("http_server_config: {headers: {X-Frame-Options: foo}}", "deny or sameorigin"),
            ("http_server_config: {headers: {Content-Type: foo}}", "Content-Type cannot be set"),
            ("rate_limit: {interval: soon}", "such as 1s"),
            ("rate_limit: {interval: 1s, burst: -1}", "burst"),
            ("basic_auth_userz: {}", "basic_auth_userz"),
        ] {
            // No place is told of the very first byte.
            let error = refused(&format!("# a comment\n{yaml}"));
            assert!(error.contains(wanted) && error.contains("line 2"), "{yaml}: {error}");
        }
    }

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        for yaml in [
            "basic_auth_users: {john: hunter2}".to_owned(),
            "basic_auth_users: hunter2".to_owned(),
            "hunter2".to_owned(),
            "tls_server_config: hunter2\n".to_owned(),
            "tls_server_config: {key: [hunter2]}".to_owned(),
            "basic_auth_users: {john: 1337}".to_owned(),
            format!("basic_auth_users: {{john: {HASH}, john: {HASH}}}"),
            format!("basic_auth_users: {{john: {}}}", HASH.replace("$10$", "$19$")),
        ] {
            let error = refused(&format!("# a comment\n{yaml}"));
            let shown = ["hunter2", "1337", &HASH[7..]].iter().any(|secret| error.contains(secret));
            assert!(!shown && error.contains("line 2"), "{yaml}: {error}");
        }
        assert!(refused("basic_auth_users: {john: doe}").contains("htpasswd"));
    }

    #[test]
    fn durations_are_read_as_go_writes_them() {
        assert_eq!(parse_duration("1h15m30.5s"), Some(Duration::from_millis(4_530_500)));
        assert_eq!(parse_duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(parse_duration("0"), Some(Duration::ZERO));
        for text in ["", "5", "s", "1 s", "-1s", "1d", "1..5s"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
