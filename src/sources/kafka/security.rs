//! How a listener is protected and what we bring along, as it is configured: paths of secrets, never secrets.

use std::path::PathBuf;
use std::sync::Arc;

use hyper::Uri;

/// How a listener is spoken to before Kafka's own frames; neither TLS nor SASL by default. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// TLS, when the listener speaks it.
    pub tls: Option<Arc<TlsFiles>>,
    /// SASL, when the listener asks for it.
    pub sasl: Option<Arc<Sasl>>,
}

/// What TLS is made from: paths, read again for each connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificate authorities that are trusted; the host's own when absent.
    pub ca_file: Option<PathBuf>,
    /// Our certificate chain and its key, for listeners that ask for one.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// Name that the broker's certificate must be for; the host that is connected to when absent.
    pub server_name: Option<String>,
    /// Whether any certificate is taken.
    pub insecure_skip_verify: bool,
}

/// Who we say we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sasl {
    /// How it is proved.
    pub mechanism: Mechanism,
    /// Our user name; empty for OAUTHBEARER.
    pub username: String,
    /// File with the password, with the token of OAUTHBEARER or with the client secret that a token is got for.
    pub secret_file: PathBuf,
    /// Where a token of OAUTHBEARER is got; it is read from the file when absent.
    pub token_endpoint: Option<TokenEndpoint>,
}

/// Where tokens are got for a client id and its secret (RFC 6749 4.4, KIP-768).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenEndpoint {
    /// The endpoint: https, or http on a loopback address.
    pub url: Uri,
    /// Our client id.
    pub client_id: String,
    /// Scope that is asked for; the issuer's default when absent.
    pub scope: Option<String>,
    /// Certificate authorities that are trusted for it; the host's own when absent.
    pub ca_file: Option<PathBuf>,
}

impl TokenEndpoint {
    /// Its host and port, for messages: a path or a query may tell more than is meant for a log.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.url.authority().map_or("", |authority| authority.as_str())
    }
}

/// SASL mechanisms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// User name and password as they are.
    Plain,
    /// Proof of the password with SHA-256 (RFC 7677).
    ScramSha256,
    /// Proof of the password with SHA-512.
    ScramSha512,
    /// A bearer token (RFC 7628, KIP-255).
    OauthBearer,
}

impl Mechanism {
    /// Kafka's name of it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::OauthBearer => "OAUTHBEARER",
        }
    }

    /// The mechanism of this name, in capitals or not.
    ///
    /// # Errors
    /// Half a line that says what to use instead.
    pub fn parse(name: &str) -> Result<Self, String> {
        let all = [Self::Plain, Self::ScramSha256, Self::ScramSha512, Self::OauthBearer];
        if let Some(mechanism) = all.into_iter().find(|mechanism| mechanism.as_str().eq_ignore_ascii_case(name)) {
            return Ok(mechanism);
        }
        if name.eq_ignore_ascii_case("GSSAPI") {
            return Err("Kerberos is not supported; use SCRAM-SHA-512, or TLS with a client certificate".to_owned());
        }
        Err("must be one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER".to_owned())
    }
}

impl Sasl {
    /// The flag that names the file of its secret.
    #[must_use]
    pub fn secret_flag(&self) -> &'static str {
        match (self.mechanism, &self.token_endpoint) {
            (Mechanism::OauthBearer, None) => "--sasl.token-file",
            (Mechanism::OauthBearer, Some(_)) => "--sasl.oauthbearer.client-secret-file",
            _ => "--sasl.password-file",
        }
    }
}

impl Security {
    /// Kafka's name of the protocol.
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        match (&self.tls, &self.sasl) {
            (None, None) => "PLAINTEXT",
            (Some(_), None) => "SSL",
            (None, Some(_)) => "SASL_PLAINTEXT",
            (Some(_), Some(_)) => "SASL_SSL",
        }
    }

    /// The flags that a listener of `protocol` asks for, beyond these; absent when it asks for something unknown.
    #[must_use]
    pub fn flags_for(&self, protocol: &str) -> Option<String> {
        let (tls, sasl) = match protocol {
            "PLAINTEXT" => (false, false),
            "SSL" => (true, false),
            "SASL_PLAINTEXT" => (false, true),
            "SASL_SSL" => (true, true),
            _ => return None,
        };
        let flag = |asked: bool, given: bool, flag: &str| match (asked, given) {
            (true, false) => Some(format!("give {flag}")),
            (false, true) => Some(format!("without {flag}")),
            _ => None,
        };
        let flags =
            [flag(tls, self.tls.is_some(), "--tls.enabled"), flag(sasl, self.sasl.is_some(), "--sasl.mechanism")];
        Some(flags.into_iter().flatten().collect::<Vec<_>>().join(" and "))
    }

    /// This, with the name that the broker's certificate is for, unless one is configured.
    #[must_use]
    pub fn named(&self, name: &str) -> Self {
        let tls = self.tls.as_ref().map(|tls| match tls.server_name {
            Some(_) => tls.clone(),
            None => Arc::new(TlsFiles { server_name: Some(name.to_owned()), ..TlsFiles::clone(tls) }),
        });
        Self { tls, sasl: self.sasl.clone() }
    }

    /// Every file that a connection is made from, with its flag; a change of one leads to a new connection.
    pub(super) fn files(&self) -> Vec<(&'static str, PathBuf)> {
        let mut files = Vec::new();
        if let Some(tls) = &self.tls {
            let identity = tls.identity.iter();
            files.extend(tls.ca_file.iter().map(|file| ("--tls.ca-file", file.clone())));
            files.extend(identity.clone().map(|(certificate, _)| ("--tls.cert-file", certificate.clone())));
            files.extend(identity.map(|(_, key)| ("--tls.key-file", key.clone())));
        }
        if let Some(sasl) = &self.sasl {
            files.push((sasl.secret_flag(), sasl.secret_file.clone()));
            let ca_file = sasl.token_endpoint.as_ref().and_then(|endpoint| endpoint.ca_file.clone());
            files.extend(ca_file.map(|file| ("--sasl.oauthbearer.ca-file", file)));
        }
        files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kerberos_is_told_what_to_use_instead() {
        assert!(Mechanism::parse("gssapi").unwrap_err().contains("SCRAM-SHA-512"));
        assert_eq!(Mechanism::parse("scram-sha-256"), Ok(Mechanism::ScramSha256));
    }

    #[test]
    fn the_flags_that_are_missing_or_too_many_are_named() {
        let plain = Security::default();
        assert_eq!(plain.flags_for("SASL_SSL").unwrap(), "give --tls.enabled and give --sasl.mechanism");
        let tls = Security { tls: Some(Arc::default()), sasl: None };
        assert_eq!(tls.flags_for("PLAINTEXT").unwrap(), "without --tls.enabled");
        assert_eq!(tls.flags_for("SASL_SSL").unwrap(), "give --sasl.mechanism");
        assert_eq!(tls.flags_for("QUIC"), None);
    }
}
