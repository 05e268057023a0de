//! Who may ask, and over what: the web configuration as it is served by, read again when its files change.

use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::credentials::Credentials;
use super::tls::{self, Material};
use super::web_config::{self, ClientAuth, Headers, RateLimit, TlsServer, Users, WebConfig};
use crate::limits::{REFUSAL_LOG_MS, WEB_CONFIG_LOOK_MS};
use crate::self_metrics::SelfMetrics;
use crate::sources::pem;

/// What one web configuration means. Without one, everybody may ask in plaintext.
#[derive(Default)]
pub(super) struct Access {
    /// TLS, when it is served.
    pub(super) tls: Option<Arc<ServerConfig>>,
    /// Who has a password.
    pub(super) users: Users,
    /// Headers of every answer.
    pub(super) headers: Headers,
    rate_limit: Option<RateLimit>,
    /// Whether TLS lets in nobody without a certificate that was verified.
    certificate_required: bool,
    /// When the certificate that is served ends, as Unix time in seconds.
    not_after: Option<i64>,
    /// What of it protects less than it seems to.
    warnings: Vec<&'static str>,
}

impl Access {
    /// Whether whoever asks has said who they are.
    pub(super) fn authenticates(&self) -> bool {
        self.certificate_required || !self.users.0.is_empty()
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("tls", &self.tls.is_some()).field("users", &self.users).finish_non_exhaustive()
    }
}

/// The gate of the server: the access that counts now, and what outlives a change of it.
pub struct Gate {
    /// The file of `--web.config.file`.
    path: Option<PathBuf>,
    access: ArcSwap<Access>,
    seen: Mutex<Seen>,
    /// Passwords that were found right.
    pub(super) credentials: Credentials,
    /// Requests that may still be answered at once, and when they were counted.
    bucket: Mutex<Option<(Instant, f64)>>,
    /// When a refusal was last logged.
    told: Mutex<Option<Instant>>,
    look: Notify,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Gate {
    /// Reads the web configuration; without a file the gate stands open.
    ///
    /// # Errors
    /// One line that names the flag, the file and what is wrong.
    pub fn new(path: Option<&Path>) -> Result<Self, String> {
        let (access, seen) = match path {
            None => (Access::default(), Seen::default()),
            Some(path) => {
                let (access, seen) = read(path);
                (access?, seen)
            }
        };
        Ok(Self {
            path: path.map(Path::to_owned),
            access: ArcSwap::from_pointee(access),
            seen: Mutex::new(seen),
            credentials: Credentials::new()?,
            bucket: Mutex::default(),
            told: Mutex::default(),
            look: Notify::new(),
        })
    }

    /// Looks at the files now, and not only at the next interval.
    pub fn look_now(&self) {
        self.look.notify_one();
    }

    /// Whether TLS is served.
    #[must_use]
    pub fn speaks_tls(&self) -> bool {
        self.access.load().tls.is_some()
    }

    pub(super) fn access(&self) -> Arc<Access> {
        self.access.load_full()
    }

    /// Takes what the files say whenever they change, or keeps what there was and says why. Ends never.
    pub(super) async fn follow(self: Arc<Self>, metrics: Arc<SelfMetrics>) {
        let Some(path) = self.path.clone() else { return std::future::pending().await };
        self.taken(&metrics);
        let mut refused: Option<String> = None;
        loop {
            let asked = timeout(Duration::from_millis(WEB_CONFIG_LOOK_MS), self.look.notified()).await.is_ok();
            let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
            // What failed is tried again even if no file changed: the fault may have been in the reading.
            let again = asked || refused.is_some();
            let path = path.clone();
            // On a thread of its own, since a file may hang: then what there was counts on.
            let looked = tokio::task::spawn_blocking(move || (again || seen.has_changed()).then(|| read(&path)));
            let Ok(Some((access, seen))) = looked.await else { continue };
            *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
            match access {
                Ok(access) => {
                    self.access.store(Arc::new(access));
                    self.taken(&metrics);
                    tracing::info!("The web configuration was read again.");
                    refused = None;
                }
                Err(message) => {
                    metrics.web_config_reloaded(false);
                    if refused.as_ref() != Some(&message) {
                        tracing::error!(error = %message, "The new web configuration is refused; the old one stays.");
                    }
                    refused = Some(message);
                }
            }
        }
    }

    fn taken(&self, metrics: &SelfMetrics) {
        let access = self.access();
        metrics.web_config_reloaded(true);
        metrics.web_certificate(access.not_after);
        for warning in &access.warnings {
            tracing::warn!("{warning}");
        }
    }

    /// Whether the rate limit leaves room for one more request, which is then counted.
    pub(super) fn has_token(&self, access: &Access) -> bool {
        let Some(limit) = access.rate_limit else { return true };
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let burst = f64::from(limit.burst);
        let tokens = bucket.map_or(burst, |(at, tokens)| {
            burst.min(tokens + (now - at).as_secs_f64() / limit.interval.0.as_secs_f64())
        });
        *bucket = Some((now, if tokens >= 1.0 { tokens - 1.0 } else { tokens }));
        tokens >= 1.0
    }

    /// Logs that somebody was turned away: one line a minute, the others for who debugs.
    pub(super) fn tell_refusal(&self, peer: std::net::SocketAddr, why: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|at| at.elapsed() >= Duration::from_millis(REFUSAL_LOG_MS)) {
            *told = Some(Instant::now());
            tracing::warn!(%peer, why, "A client was turned away; further ones of this minute are logged at debug level.");
        } else {
            tracing::debug!(%peer, why, "A client was turned away.");
        }
    }
}

/// The files of a web configuration as they were just before they were read.
#[derive(Clone, Debug, Default)]
struct Seen(Vec<(PathBuf, Option<Stamp>)>);

/// What differs when a file was changed or replaced: time of change in seconds and nanoseconds, device, inode, length.
type Stamp = (i64, i64, u64, u64, u64);

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.ctime(), metadata.ctime_nsec(), metadata.dev(), metadata.ino(), metadata.len()))
}

impl Seen {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, String> {
        self.0.push((path.to_owned(), stamp(path)));
        pem::read_small(path)
    }

    fn has_changed(&self) -> bool {
        self.0.iter().any(|(path, seen)| stamp(path) != *seen)
    }
}

fn read(path: &Path) -> (Result<Access, String>, Seen) {
    let mut seen = Seen::default();
    let access = read_all(path, &mut seen).map_err(|error| format!("--web.config.file={}: {error}", path.display()));
    (access, seen)
}

fn read_all(path: &Path, seen: &mut Seen) -> Result<Access, String> {
    let text = String::from_utf8(seen.read(path)?).map_err(|_| "is not a text of UTF-8".to_owned())?;
    let WebConfig { tls_server_config, http_server_config, basic_auth_users, rate_limit } = web_config::parse(&text)?;
    let http = http_server_config.unwrap_or_default();
    let mut access = Access {
        users: basic_auth_users.unwrap_or_default(),
        headers: http.headers,
        rate_limit: rate_limit.filter(|limit| !limit.interval.0.is_zero()),
        ..Access::default()
    };
    if access.rate_limit.is_some_and(|limit| limit.burst == 0) {
        return Err("rate_limit: burst must be 1 or more, or nothing would be answered".to_owned());
    }
    if let Some(wanted) = tls_server_config.filter(|wanted| *wanted != TlsServer::default()) {
        let folder = path.parent().unwrap_or(Path::new(""));
        let material = material(&wanted, folder, seen).map_err(|error| format!("tls_server_config: {error}"))?;
        access.not_after = material.chain.first().and_then(tls::not_after);
        let config = tls::server_config(&wanted, material).map_err(|error| format!("tls_server_config: {error}"))?;
        access.tls = Some(Arc::new(config));
        access.certificate_required = wanted.client_auth_type == ClientAuth::RequireAndVerifyClientCert;
        access.warnings = warnings(&wanted);
        if http.http2 == Some(true) {
            access.warnings.push("http2: true of the web configuration changes nothing: HTTP/1.1 is spoken here.");
        }
    } else if !access.users.0.is_empty() {
        access
            .warnings
            .push("Without tls_server_config the passwords of basic_auth_users cross the network as they are.");
    }
    Ok(access)
}

/// What of this protects less than it seems to.
fn warnings(wanted: &TlsServer) -> Vec<&'static str> {
    let mut warnings = Vec::new();
    match wanted.client_auth_type {
        ClientAuth::NoClientCert | ClientAuth::RequireAndVerifyClientCert => {}
        ClientAuth::RequestClientCert | ClientAuth::RequireAnyClientCert => warnings.push(
            "The client_auth_type of the web configuration takes any certificate, which proves nothing; \
             RequireAndVerifyClientCert does.",
        ),
        ClientAuth::VerifyClientCertIfGiven => warnings.push(
            "The client_auth_type of the web configuration lets in who has no certificate; \
             RequireAndVerifyClientCert does not.",
        ),
    }
    let has_client_ca = [&wanted.client_ca, &wanted.client_ca_file].into_iter().any(|ca| given(ca).is_some());
    if wanted.client_auth_type == ClientAuth::RequireAndVerifyClientCert
        && !has_client_ca
        && wanted.client_allowed_sans.is_none()
    {
        warnings.push(
            "Without client_ca_file whoever has a certificate of any authority that this host trusts is let in; \
             give client_ca_file or client_allowed_sans.",
        );
    }
    warnings
}

/// What is set; an empty string is not.
fn given(value: &Option<String>) -> Option<&str> {
    value.as_deref().filter(|value| !value.is_empty())
}

/// Reads what stands in the web configuration or in the files that it names.
fn material(wanted: &TlsServer, folder: &Path, seen: &mut Seen) -> Result<Material, String> {
    let inline_key = wanted.key.as_ref().map(|key| key.0.clone());
    let mut bytes = |key: &str, inline: &Option<String>, file: &Option<String>| match (given(inline), given(file)) {
        (Some(_), Some(_)) => Err(format!("give {key} or {key}_file, not both")),
        (Some(text), None) => Ok(Some((key.to_owned(), text.as_bytes().to_vec()))),
        (None, Some(file)) => {
            let path = folder.join(file);
            let place = format!("{key}_file={}", path.display());
            match seen.read(&path) {
                Ok(bytes) => Ok(Some((place, bytes))),
                Err(error) => Err(format!("{place}: {error}")),
            }
        }
        (None, None) => Ok(None),
    };
    let missing = |key: &str| format!("needs {key}_file, a PEM file (or {key}, with its text)");
    let (cert_place, cert) = bytes("cert", &wanted.cert, &wanted.cert_file)?.ok_or_else(|| missing("cert"))?;
    let (key_place, key) = bytes("key", &inline_key, &wanted.key_file)?.ok_or_else(|| missing("key"))?;
    let client_ca = match bytes("client_ca", &wanted.client_ca, &wanted.client_ca_file)? {
        None => None,
        Some((place, bytes)) => Some((place.clone(), pem::certificates(&place, &bytes)?)),
    };
    Ok(Material { chain: pem::certificates(&cert_place, &cert)?, key: pem::private_key(&key_place, &key)?, client_ca })
}
