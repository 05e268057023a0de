//! How a listener is protected and what we bring along: what is configured, and the secrets, read from their files.
//!
//! Secrets are read anew for each connection and are kept nowhere. Files that change lead to a new connection.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::limits::SECRET_FILE_BYTES_MAX;
use crate::snapshot::{ErrorKind, Failure};

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
    /// File with the password, or with the token of OAUTHBEARER.
    pub secret_file: PathBuf,
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

    /// The flag that names the file of its secret.
    #[must_use]
    pub fn secret_flag(self) -> &'static str {
        if self == Self::OauthBearer { "--sasl.token-file" } else { "--sasl.password-file" }
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

    /// When the files last changed; differs from an earlier look when a connection should be made anew.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        let tls = self.tls.iter().flat_map(|tls| {
            let identity = tls.identity.iter().flat_map(|(certificate, key)| [certificate, key]);
            tls.ca_file.iter().chain(identity)
        });
        let files = tls.chain(self.sasl.iter().map(|sasl| &sasl.secret_file));
        let look = |file: &PathBuf| {
            let metadata = std::fs::metadata(file).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        Stamp(files.map(look).collect())
    }
}

/// Times and lengths of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp(Vec<Option<(SystemTime, u64)>>);

/// Bytes that are shown nowhere.
pub struct Secret(Vec<u8>);

impl Secret {
    /// The bytes, for whom they are meant.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    #[cfg(test)]
    pub(super) fn of(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Reads a password or token; the end of its last line is not part of it.
///
/// # Errors
/// `Authentication` when the file cannot be read or is empty.
pub(super) fn read_secret(flag: &str, path: &Path) -> Result<Secret, Failure> {
    let mut bytes = read_file(flag, path, ErrorKind::Authentication)?;
    while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        bytes.pop();
    }
    if bytes.is_empty() {
        let message = format!("{flag}={}: the file is empty; it must hold the secret.", path.display());
        return Err(Failure::new(ErrorKind::Authentication, message));
    }
    Ok(Secret(bytes))
}

/// Reads a small file that a flag names.
///
/// # Errors
/// A failure of `kind`, so that our own fault is not taken for the broker's.
pub(super) fn read_file(flag: &str, path: &Path, kind: ErrorKind) -> Result<Vec<u8>, Failure> {
    use std::io::Read;

    let shown = path.display();
    let failure = |what: String| Failure::new(kind, format!("{flag}={shown}: {what}."));
    let file = std::fs::File::open(path).map_err(|error| failure(format!("cannot be read ({})", error.kind())))?;
    let mut bytes = Vec::new();
    let read = file.take(SECRET_FILE_BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| failure(format!("cannot be read ({})", error.kind())))?;
    if bytes.len() as u64 > SECRET_FILE_BYTES_MAX {
        return Err(failure(format!("is larger than {SECRET_FILE_BYTES_MAX} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown() {
        assert_eq!(format!("{:?}", Secret::of("hunter2")), "Secret(..)");
    }

    #[test]
    fn a_missing_secret_names_its_flag_and_file_and_is_our_own_fault() {
        let failure = read_secret("--sasl.password-file", Path::new("/nonexistent/password")).unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Authentication);
        assert!(failure.message.starts_with("--sasl.password-file=/nonexistent/password: cannot be read"));
    }

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
