//! Kafka's protocol, read-only: our own transport over `kafka-protocol`'s message types.
//!
//! At most two connections to one broker, each a [`lane::Lane`]: one for calls that a broker answers from memory, one
//! for calls that may hang (log directories, calls that the broker forwards to the controller). A broker answers one
//! request at a time per connection, so a hanging call costs only its own lane, and `Client::to_controller` sees to it that
//! neither of those two hides the other.

pub mod acls;
pub mod addresses;
pub mod api_versions;
pub mod calls;
pub mod client_quotas;
pub mod cluster;
pub mod configs;
mod files;
pub mod guard;
mod https;
pub mod lane;
mod layouts;
pub mod log_dirs;
pub mod offsets;
pub mod quorum;
mod sasl;
mod scram;
pub mod scram_users;
pub mod security;
pub mod throttle;
mod tls;
mod tokens;
pub mod wire;

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use crate::limits::Limits;
use crate::self_metrics::SelfMetrics;
use lane::Lane;
pub use security::Security;
use tokens::Tokens;
pub(crate) use tokens::is_safe as is_safe_token_url;

/// Milliseconds that a call which may hang gets on the fast lane: liveness, which waits behind it, has two seconds.
const BESIDE_A_HUNG_CALL_MS: u64 = 1_000;

/// Where a broker listens and how it wants to be spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Host name or address to connect to.
    pub host: String,
    /// Port.
    pub port: u16,
    /// What is spoken on the connection before Kafka's own frames.
    pub security: Security,
    /// Id and start time of the process that listens there, when it is known: a call that hangs is not sent again to
    /// the same process.
    pub process: Option<(u32, u64)>,
}

impl Endpoint {
    /// Whether a connection to one serves for the other: the same listener, and not known to be another process.
    #[must_use]
    pub fn is_same_listener(&self, other: &Self) -> bool {
        let same_process = match (self.process, other.process) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        same_process && (&self.host, self.port, &self.security) == (&other.host, other.port, &other.security)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// The two connections to the node that this process watches.
#[derive(Clone, Debug)]
pub struct Client {
    /// For calls that the broker answers from memory.
    pub fast: Lane,
    /// For calls that may hang: log directories, forwarded calls.
    pub slow: Lane,
}

impl Client {
    /// Two lanes that follow `endpoint`; nothing is connected until the first call.
    #[must_use]
    pub fn new(endpoint: &watch::Receiver<Option<Endpoint>>, metrics: &Arc<SelfMetrics>, limits: Limits) -> Self {
        // A hung call on the fast lane is given up after a minute, so that a broker that lost it is asked again. The
        // slow lane waits for as long as the connection lives: each repeated DescribeLogDirs on a hung disk would
        // cost the broker another of its request threads.
        let tokens = Arc::new(Tokens::default());
        let fast = Lane::sharing(&tokens, "fast", endpoint.clone(), Some(60_000), metrics, limits);
        let slow = Lane::sharing(&tokens, "slow", endpoint.clone(), None, metrics, limits);
        Self { fast, slow }
    }

    /// The lane for a call that the broker forwards to the controller, and how many of `deadline_ms` it may take there. While the
    /// slow lane waits for a log directory that hangs it is the fast one: with a controller such a call takes milliseconds, and
    /// without one it holds up the others for a second.
    fn to_controller(&self, deadline_ms: u64) -> (&Lane, u64) {
        if self.slow.is_stuck() {
            return (&self.fast, deadline_ms.min(BESIDE_A_HUNG_CALL_MS));
        }
        (&self.slow, deadline_ms)
    }
}

/// Whether `host` is an address of this host: only then can a process of this host be the one that listens there.
pub async fn is_this_host(host: &str) -> bool {
    let Ok(addresses) = tokio::net::lookup_host((host, 0)).await else { return false };
    for address in addresses {
        // The kernel binds a socket to its own addresses only; nothing is sent.
        if tokio::net::UdpSocket::bind(address).await.is_ok() {
            return true;
        }
    }
    false
}
