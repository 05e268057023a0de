//! A lane: one reconnecting connection and the task that owns it.
//!
//! Requests go one at a time. A caller waits as long as its deadline; the task goes on waiting for the answer, so that a
//! broker that hangs gets no second connection and no second request, and is seen at once when it goes on.

use std::collections::hash_map::RandomState;
use std::future::Future;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey, ApiVersionsRequest};
use kafka_protocol::protocol::{Decodable, Encodable, Request, StrBytes};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout};

use super::api_versions::{Answer, ApiVersions, parse_api_versions};
use super::calls::{API_VERSIONS, Api};
use super::files::{Secret, Stamp, read_secret, stamp};
use super::security::Sasl;
use super::tokens::{NoToken, Tokens};
use super::wire::Connection;
use super::{Endpoint, guard, sasl, throttle};
use crate::limits::{DECODED_BYTES, Limits, RESPONSE_FRAME_BYTES, SUSPECT_TOPICS};
use crate::self_metrics::SelfMetrics;
use crate::snapshot::{ErrorKind, Failure, ServedCertificate};

/// First and longest pause between two attempts to connect. Short, since the broker is on this host: what matters is
/// to see it soon when it is back.
const BACKOFF_MS: (u64, u64) = (100, 2_000);
/// A call without an answer for this long counts as hung, should its connection break.
const HUNG_AFTER: Duration = Duration::from_secs(30);
/// A connection that is closed later than this was not closed because of who asks: brokers wait 0.1 s at most before
/// they close one (`connection.failed.authentication.delay.ms`), and a busy host a little longer.
const AT_ONCE: Duration = Duration::from_secs(2);
/// Calls that may wait behind the one under way.
const WAITING_CALLS_MAX: usize = 16;

/// How often the files of an open connection are looked at.
const FILES_LOOK_EVERY: Duration = Duration::from_secs(30);
/// A certificate that ends within this time is looked at anew, more often than checks ask for its renewal.
const CERTIFICATE_ENDS_SOON: Duration = Duration::from_secs(45 * 24 * 3600);
/// How often that is done, each time on a new connection.
const CERTIFICATE_LOOK_EVERY: Duration = Duration::from_secs(600);
/// How long a request waits for the end of a throttling: the default window of quotas. Past it the caller is told why.
const THROTTLE_WAIT_MAX: Duration = Duration::from_secs(1);
/// Pause after a refused user: only a person mends that, and brokers log, slow down or lock out what comes more often than
/// every 30 s. With its jitter it stays within the minute in which a changed file is used. Failed TLS handshakes get
/// there by and by: a listener that is about to come up fails some, too.
const REFUSED_PAUSE_MS: u64 = 42_000;

type Prepare = Box<dyn FnOnce(&ApiVersions) -> Result<Prepared, Failure> + Send>;

pub(super) struct Prepared {
    api: &'static Api,
    version: i16,
    pub(super) body: BytesMut,
}

struct Answered {
    version: i16,
    body: Bytes,
}

struct Job {
    prepare: Prepare,
    reply: oneshot::Sender<Result<Answered, Failure>>,
}

/// The callers' side of a lane; cheap to clone.
#[derive(Clone, Debug)]
pub struct Lane {
    jobs: mpsc::Sender<Job>,
    endpoint: watch::Receiver<Option<Endpoint>>,
    certificate: watch::Receiver<Option<ServedCertificate>>,
    metrics: Arc<SelfMetrics>,
}

impl Lane {
    /// Starts the lane's task. It connects when first called and ends when the last `Lane` is dropped.
    ///
    /// `stuck_ms_max`: after this long without an answer the connection is given up; `None` waits as long as it lives.
    #[must_use]
    pub fn start(
        name: &'static str,
        endpoint: watch::Receiver<Option<Endpoint>>,
        stuck_ms_max: Option<u64>,
        metrics: Arc<SelfMetrics>,
        limits: Limits,
    ) -> Self {
        Self::sharing(&Arc::default(), name, endpoint, stuck_ms_max, &metrics, limits)
    }

    /// As [`Lane::start`], for lanes that use the same tokens of OAUTHBEARER.
    pub(super) fn sharing(
        tokens: &Arc<Tokens>,
        name: &'static str,
        endpoint: watch::Receiver<Option<Endpoint>>,
        stuck_ms_max: Option<u64>,
        metrics: &Arc<SelfMetrics>,
        limits: Limits,
    ) -> Self {
        let (jobs, receiver) = mpsc::channel(WAITING_CALLS_MAX);
        let (shown, certificate) = watch::channel(None);
        let task = Task {
            name,
            jobs: receiver,
            endpoint: endpoint.clone(),
            open: None,
            retry: None,
            backoff_ms: BACKOFF_MS.0,
            stuck_ms_max,
            hung: Vec::new(),
            metrics: metrics.clone(),
            tokens: tokens.clone(),
            shown,
            limits,
        };
        tokio::spawn(task.run());
        Self { jobs, endpoint, certificate, metrics: metrics.clone() }
    }

    /// Calls `api` in the highest version that both sides know, with the request that `build` makes for it.
    ///
    /// # Errors
    /// `Unsupported` when the broker does not offer the API in a version of ours, `Timeout` at the deadline, and what
    /// [`Connection`] says. Error codes inside the answer are the caller's to read.
    pub async fn call<R>(
        &self,
        api: &'static Api,
        deadline_ms: u64,
        build: impl FnOnce(i16) -> R + Send + 'static,
    ) -> Result<R::Response, Failure>
    where
        R: Request,
        R::Response: Decodable,
    {
        Ok(self.call_telling_version(api, deadline_ms, build).await?.1)
    }

    /// As [`Lane::call`], with the version that was spoken: some fields mean nothing below theirs.
    ///
    /// # Errors
    /// As [`Lane::call`].
    pub async fn call_telling_version<R>(
        &self,
        api: &'static Api,
        deadline_ms: u64,
        build: impl FnOnce(i16) -> R + Send + 'static,
    ) -> Result<(i16, R::Response), Failure>
    where
        R: Request,
        R::Response: Decodable,
    {
        let prepare = move |offered: &ApiVersions| {
            let version =
                offered.negotiate(api.key as i16, api.min, api.max).ok_or_else(|| api.not_offered(offered))?;
            encoded(api, version, &build(version))
        };
        let Answered { version, body } = self.exchange(api, deadline_ms, Box::new(prepare)).await?;
        let response =
            guard::decode(api.key, version, body).map_err(|refused| self.undecodable(api, version, refused))?;
        Ok((version, response))
    }

    /// Asks what the broker offers: the proof that it is alive.
    ///
    /// # Errors
    /// As [`Lane::call`].
    pub async fn api_versions(&self, deadline_ms: u64) -> Result<ApiVersions, Failure> {
        let prepare = |offered: &ApiVersions| {
            let version = offered.negotiate(API_VERSIONS.key as i16, 0, API_VERSIONS.max).unwrap_or(0);
            encoded(&API_VERSIONS, version, &api_versions_request())
        };
        let Answered { version, body } = self.exchange(&API_VERSIONS, deadline_ms, Box::new(prepare)).await?;
        match parse_api_versions(body, version) {
            Some(Answer::Offered(offered)) => Ok(offered),
            _ => Err(self.undecodable(&API_VERSIONS, version, guard::Refused::Malformed)),
        }
    }

    /// What the certificate says that the newest connection was shown; absent without TLS.
    #[must_use]
    pub fn certificate(&self) -> Option<ServedCertificate> {
        self.certificate.borrow().clone()
    }

    /// Counts that not every topic was asked for.
    pub(super) fn too_many_topics(&self) {
        self.metrics.limit_hit(SUSPECT_TOPICS);
    }

    /// Where the lane leads now, for messages.
    #[must_use]
    pub fn endpoint(&self) -> Option<Endpoint> {
        self.endpoint.borrow().clone()
    }

    async fn exchange(&self, api: &'static Api, deadline_ms: u64, prepare: Prepare) -> Result<Answered, Failure> {
        let started = Instant::now();
        let (reply, answer) = oneshot::channel();
        let wait = async {
            self.jobs.send(Job { prepare, reply }).await.ok()?;
            answer.await.ok()
        };
        let result = match timeout(Duration::from_millis(deadline_ms), wait).await {
            Ok(Some(result)) => result,
            Ok(None) => Err(Failure::new(ErrorKind::Refused, "The connection to the broker was shut down.")),
            Err(_) => Err(self.no_answer(api, deadline_ms)),
        };
        if result.is_ok() {
            self.metrics.kafka_request(api.name, started.elapsed());
        }
        result
    }

    fn undecodable(&self, api: &Api, version: i16, refused: guard::Refused) -> Failure {
        let endpoint = self.shown_endpoint();
        let (kind, what) = match refused {
            guard::Refused::Malformed => (ErrorKind::Protocol, "is not one"),
            guard::Refused::TooLarge => {
                self.metrics.limit_hit(DECODED_BYTES);
                (ErrorKind::Limit, "would take more memory than the limit")
            }
        };
        let message = format!(
            "The answer of {endpoint} to {} v{version} {what}: is this a Kafka listener? Check --kafka.server.",
            api.name
        );
        Failure::new(kind, message)
    }

    fn shown_endpoint(&self) -> String {
        self.endpoint().map_or_else(|| "the broker".to_owned(), |endpoint| endpoint.to_string())
    }

    fn no_answer(&self, api: &Api, deadline_ms: u64) -> Failure {
        let endpoint = self.shown_endpoint();
        let message = format!(
            "{endpoint} did not answer {} within {deadline_ms} ms: its process may be stopped, stuck on a disk or \
             overloaded; look at its state (ps -o stat) and its log.",
            api.name
        );
        Failure::new(ErrorKind::Timeout, message)
    }
}

struct Open {
    connection: Connection,
    endpoint: Endpoint,
    offered: ApiVersions,
    /// Whether it has answered more than ApiVersions.
    proved: bool,
    /// Whether it has answered anything since it was opened. Kafka closes a connection that should go on with SASL at the
    /// second ApiVersions, too (`SaslServerAuthenticator`).
    used: bool,
    /// The files that it was opened with, and when they were last looked at.
    files: Stamp,
    files_looked_at: Instant,
    /// When it was opened.
    opened: Instant,
    /// From when on the broker may refuse it (KIP-368), with a margin.
    ends_at: Option<Instant>,
    /// Until when the broker reads nothing from us: a quota was exceeded (KIP-219).
    throttled_until: Option<Instant>,
}

impl Open {
    /// Whether it may be used for a further request: not when our secrets have changed or soon no longer hold.
    async fn is_current(&mut self) -> bool {
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

struct Task {
    name: &'static str,
    jobs: mpsc::Receiver<Job>,
    endpoint: watch::Receiver<Option<Endpoint>>,
    open: Option<Open>,
    /// Until when connecting is not tried again, and why it failed.
    retry: Option<(Endpoint, Instant, Failure)>,
    backoff_ms: u64,
    stuck_ms_max: Option<u64>,
    /// Calls that were lost after a long wait, and the process that each was last sent to.
    hung: Vec<(ApiKey, Option<(u32, u64)>)>,
    metrics: Arc<SelfMetrics>,
    tokens: Arc<Tokens>,
    /// The certificate that the newest connection was shown.
    shown: watch::Sender<Option<ServedCertificate>>,
    limits: Limits,
}

impl Task {
    async fn run(mut self) {
        loop {
            let job = tokio::select! {
                job = self.jobs.recv() => job,
                // What leads elsewhere is closed at once, not with the next call: there may be none.
                Ok(()) = self.endpoint.changed() => {
                    let target = self.endpoint.borrow_and_update().clone();
                    let leads_there = |open: &mut Open| target.is_some_and(|target| open.endpoint.is_same_listener(&target));
                    self.open = self.open.take_if(leads_there);
                    continue;
                }
            };
            let Some(job) = job else { return };
            // Its caller gave up while another call was under way.
            if job.reply.is_closed() {
                continue;
            }
            let result = self.serve(job.prepare).await;
            // The caller may have given up meanwhile; the answer has shown that the broker goes on.
            let _ = job.reply.send(result);
        }
    }

    async fn serve(&mut self, prepare: Prepare) -> Result<Answered, Failure> {
        let target = self.endpoint.borrow_and_update().clone();
        let Some(target) = target else {
            self.open = None;
            return Err(no_endpoint());
        };
        let mut open = self.connected(target).await?;
        let Prepared { api, version, body } = match prepare(&open.offered) {
            Ok(prepared) => prepared,
            Err(failure) => {
                self.open = Some(open);
                return Err(failure);
            }
        };
        if let Err(failure) = self.refuse_hung(api, &open.endpoint) {
            self.open = Some(open);
            return Err(failure);
        }
        let throttled =
            open.throttled_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()));
        if throttled > THROTTLE_WAIT_MAX {
            let failure = held_back(&open.endpoint, throttled);
            self.open = Some(open);
            return Err(failure);
        }
        sleep(throttled).await;
        let started = Instant::now();
        let body = match self.patiently(open.connection.exchange(api.key, version, &body)).await {
            Ok(body) => body,
            Err(failure) => {
                self.count_limit(&failure);
                if started.elapsed() > HUNG_AFTER {
                    self.hung.retain(|(key, _)| *key != api.key);
                    self.hung.push((api.key, open.endpoint.process));
                }
                let at_once = started.elapsed() < AT_ONCE && failure.kind == ErrorKind::Refused;
                let first = !open.proved && (api.key != ApiKey::ApiVersions || !open.used);
                return Err(if at_once && first { asks_for_sasl(&open.endpoint) } else { failure });
            }
        };
        open.proved |= api.key != ApiKey::ApiVersions;
        open.used = true;
        let hold_back = throttle::told(api.key, version, &body);
        open.throttled_until = (!hold_back.is_zero()).then(|| Instant::now() + hold_back);
        self.metrics.throttled(hold_back);
        self.open = Some(open);
        Ok(Answered { version, body })
    }

    /// A call that hung until its connection broke would hang again, and cost the broker another request thread.
    fn refuse_hung(&self, api: &Api, endpoint: &Endpoint) -> Result<(), Failure> {
        let same =
            |(key, process): &(ApiKey, Option<_>)| *key == api.key && process.is_some() && *process == endpoint.process;
        if self.stuck_ms_max.is_some() || !self.hung.iter().any(same) {
            return Ok(());
        }
        let message = format!(
            "This broker process never answered {}; it is not asked again before it restarts. Look at its disks.",
            api.name
        );
        Err(Failure::new(ErrorKind::Timeout, message))
    }

    /// The open connection, when it still leads to `target` and is still open, or a new one.
    async fn connected(&mut self, target: Endpoint) -> Result<Open, Failure> {
        if let Some(mut open) = self.open.take()
            && open.endpoint.is_same_listener(&target)
            && open.is_current().await
            && open.connection.is_idle().await
        {
            open.endpoint = target;
            return Ok(open);
        }
        if let Some((endpoint, at, failure)) = &self.retry
            && endpoint.is_same_listener(&target)
            && Instant::now() < *at
        {
            return Err(failure.clone());
        }
        let limit = self.limits.response_frame_bytes;
        match self.patiently(handshake(target.clone(), limit, &self.tokens)).await {
            Ok(open) => {
                tracing::debug!(lane = self.name, endpoint = %open.endpoint, "Connected.");
                (self.retry, self.backoff_ms) = (None, BACKOFF_MS.0);
                self.shown.send_replace(open.connection.certificate().cloned());
                Ok(open)
            }
            Err(NotOpen { failure, soon }) => {
                self.count_limit(&failure);
                let pause = Duration::from_millis(jittered(pause_ms(failure.kind, soon, self.backoff_ms)));
                self.backoff_ms = (self.backoff_ms * 2).min(longest_pause_ms(failure.kind));
                self.retry = Some((target, Instant::now() + pause, failure.clone()));
                Err(failure)
            }
        }
    }

    /// The only limit that a connection itself knows is that of its frames.
    fn count_limit(&self, failure: &Failure) {
        if failure.kind == ErrorKind::Limit {
            self.metrics.limit_hit(RESPONSE_FRAME_BYTES);
        }
    }

    fn given_up(&self, endpoint: Option<&Endpoint>) -> Failure {
        let endpoint = endpoint.map_or_else(|| "The broker".to_owned(), ToString::to_string);
        let message = format!(
            "{endpoint} did not answer for {} s and is asked anew: look at the state of its process and at its log.",
            self.stuck_ms_max.unwrap_or_default() / 1000
        );
        Failure::new(ErrorKind::Timeout, message)
    }

    /// Waits for `work`, but not longer than the lane's patience nor past a change of the endpoint.
    async fn patiently<T, E: From<Failure>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let mut endpoint = self.endpoint.clone();
        let before = endpoint.borrow_and_update().clone();
        let is_same = |now: &Option<Endpoint>| {
            before.as_ref().zip(now.as_ref()).is_some_and(|(before, now)| before.is_same_listener(now))
        };
        let patience = async {
            match self.stuck_ms_max {
                Some(ms) => sleep(Duration::from_millis(ms)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            result = work => result,
            _ = endpoint.wait_for(|now| !is_same(now)) => Err(moved().into()),
            () = patience => Err(self.given_up(before.as_ref()).into()),
        }
    }
}

/// A listener that asks for SASL answers ApiVersions to anybody, and closes at once at any other request: that is our own
/// fault, not the broker's end.
fn asks_for_sasl(endpoint: &Endpoint) -> Failure {
    let message = format!(
        "{endpoint} answers ApiVersions and then closes the connection: its listener asks for SASL; give \
         --sasl.mechanism and what it needs, or name another listener (--kafka.server)."
    );
    Failure::new(ErrorKind::Authentication, message)
}

fn held_back(endpoint: &Endpoint, throttled: Duration) -> Failure {
    let message = format!(
        "{endpoint} throttles our requests for {} ms more: a quota for client id brokerwatch, or for our user, is \
         exceeded; raise it (kafka-configs.sh --entity-type clients).",
        throttled.as_millis()
    );
    Failure::new(ErrorKind::Throttled, message)
}

fn moved() -> Failure {
    Failure::new(ErrorKind::Refused, "The listener has changed; the new one is asked next.")
}

/// Why a connection was not opened.
struct NotOpen {
    failure: Failure,
    /// Whether it is only a matter of time.
    soon: bool,
}

impl From<Failure> for NotOpen {
    fn from(failure: Failure) -> Self {
        Self { failure, soon: false }
    }
}

/// The pause after a failed attempt to connect, before jitter.
fn pause_ms(kind: ErrorKind, soon: bool, backoff_ms: u64) -> u64 {
    if kind == ErrorKind::Authentication && !soon { REFUSED_PAUSE_MS } else { backoff_ms.min(longest_pause_ms(kind)) }
}

fn longest_pause_ms(kind: ErrorKind) -> u64 {
    if kind == ErrorKind::Tls { REFUSED_PAUSE_MS } else { BACKOFF_MS.1 }
}

/// Connects, negotiates and says who we are: TLS, ApiVersions, SASL.
async fn handshake(endpoint: Endpoint, frame_bytes_max: usize, tokens: &Tokens) -> Result<Open, NotOpen> {
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

fn api_versions_request() -> ApiVersionsRequest {
    ApiVersionsRequest::default()
        .with_client_software_name(StrBytes::from_static_str("brokerwatch"))
        .with_client_software_version(StrBytes::from_static_str(env!("CARGO_PKG_VERSION")))
}

pub(super) fn encoded(api: &'static Api, version: i16, request: &impl Encodable) -> Result<Prepared, Failure> {
    let mut body = BytesMut::new();
    request.encode(&mut body, version).map_err(|_| {
        let message = format!("A request for {} v{version} could not be encoded; please report this.", api.name);
        Failure::new(ErrorKind::Bug, message)
    })?;
    Ok(Prepared { api, version, body })
}

fn no_endpoint() -> Failure {
    let message = "No broker was found on this host and none is named: start the broker, or give --kafka.server or \
                   --kafka.properties-file.";
    Failure::new(ErrorKind::Refused, message)
}

/// Between 75 and 125 % of `ms`, so that a hundred sidecars do not act in step.
pub(crate) fn jittered(ms: u64) -> u64 {
    let random = RandomState::new().build_hasher().finish();
    ms * 3 / 4 + random % (ms / 2 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_user_is_tried_again_after_half_a_minute_at_the_earliest_and_within_one() {
        for _ in 0..1_000 {
            let pause = jittered(pause_ms(ErrorKind::Authentication, false, BACKOFF_MS.0));
            assert!((30_000..=55_000).contains(&pause), "{pause}");
        }
        assert_eq!(pause_ms(ErrorKind::Tls, false, 100_000), REFUSED_PAUSE_MS);
        assert_eq!(pause_ms(ErrorKind::Refused, false, 100_000), BACKOFF_MS.1, "a broker that is back is seen soon");
        assert_eq!(pause_ms(ErrorKind::Authentication, true, 200), 200, "a token that is on its way is waited for");
    }

    #[test]
    fn jitter_stays_within_a_quarter() {
        for ms in [0, 1, 100, 300_000] {
            let got = jittered(ms);
            assert!(got >= ms * 3 / 4 && got <= ms * 3 / 4 + ms / 2 + 1, "{got} of {ms}");
        }
    }
}
