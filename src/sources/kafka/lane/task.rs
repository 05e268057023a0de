//! The task that owns a lane's connection: it opens it, waits for answers, and knows when not to ask again.

use std::collections::hash_map::RandomState;
use std::future::Future;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kafka_protocol::messages::ApiKey;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};

use super::super::calls::Api;
use super::super::tokens::Tokens;
use super::super::{Endpoint, throttle};
use super::opening::{NotOpen, Open, handshake};
use super::{Answered, Job, Prepare, Prepared, Reply};
use crate::limits::{Limits, RESPONSE_FRAME_BYTES};
use crate::self_metrics::SelfMetrics;
use crate::snapshot::{ErrorKind, Failure, ServedCertificate};

/// First and longest pause between two attempts to connect. Short, since the broker is on this host: what matters is
/// to see it soon when it is back.
pub(super) const BACKOFF_MS: (u64, u64) = (100, 2_000);
/// A call without an answer for this long counts as hung, should its connection break.
const HUNG_AFTER: Duration = Duration::from_secs(30);
/// A connection that is closed later than this was not closed because of who asks: brokers wait 0.1 s at most before
/// they close one (`connection.failed.authentication.delay.ms`), and a busy host a little longer.
const AT_ONCE: Duration = Duration::from_secs(2);
/// How long a request waits for the end of a throttling: the default window of quotas. Past it the caller is told why.
const THROTTLE_WAIT_MAX: Duration = Duration::from_secs(1);
/// Pause after a refused user: only a person mends that, and brokers log, slow down or lock out what comes more often than
/// every 30 s. With its jitter it stays within the minute in which a changed file is used. Failed TLS handshakes get
/// there by and by: a listener that is about to come up fails some, too.
const REFUSED_PAUSE_MS: u64 = 42_000;

pub(super) struct Task {
    pub(super) name: &'static str,
    pub(super) jobs: mpsc::Receiver<Job>,
    pub(super) endpoint: watch::Receiver<Option<Endpoint>>,
    pub(super) open: Option<Open>,
    /// Until when connecting is not tried again, and why it failed.
    pub(super) retry: Option<(Endpoint, Instant, Failure)>,
    pub(super) backoff_ms: u64,
    pub(super) stuck_ms_max: Option<u64>,
    /// Calls that were lost after a long wait, and the process that each was last sent to.
    pub(super) hung: Vec<(ApiKey, Option<(u32, u64)>)>,
    pub(super) metrics: Arc<SelfMetrics>,
    pub(super) tokens: Arc<Tokens>,
    /// The certificate that the newest connection was shown.
    pub(super) shown: watch::Sender<Option<ServedCertificate>>,
    pub(super) limits: Limits,
    /// Whether an answer is outstanding that nobody waits for any more.
    pub(super) stuck: Arc<AtomicBool>,
}

impl Task {
    pub(super) async fn run(mut self) {
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
            let Job { prepare, mut reply } = job;
            let result = self.serve(prepare, &mut reply).await;
            // The caller may have given up meanwhile; the answer has shown that the broker goes on.
            let _ = reply.send(result);
        }
    }

    async fn serve(&mut self, prepare: Prepare, reply: &mut Reply) -> Result<Answered, Failure> {
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
        let exchange = self.patiently(open.connection.exchange(api.key, version, &body));
        let answered = self.for_its_caller(api, exchange, reply).await;
        self.stuck.store(false, Ordering::Relaxed);
        let body = match answered {
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

    /// Waits for an answer past the time when its caller gives up, so that it is not asked for again while the broker works on
    /// it. Not for one that the controller owes: it costs the broker no thread, and leaving it frees the lane for others.
    async fn for_its_caller<T>(
        &self,
        api: &Api,
        exchange: impl Future<Output = Result<T, Failure>>,
        reply: &mut Reply,
    ) -> Result<T, Failure> {
        tokio::pin!(exchange);
        tokio::select! {
            answered = &mut exchange => return answered,
            () = reply.closed() => {}
        }
        if api.is_forwarded() {
            return Err(Failure::new(ErrorKind::Timeout, "Nobody waits for this answer any more."));
        }
        self.stuck.store(true, Ordering::Relaxed);
        exchange.await
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

/// The pause after a failed attempt to connect, before jitter.
fn pause_ms(kind: ErrorKind, soon: bool, backoff_ms: u64) -> u64 {
    if kind == ErrorKind::Authentication && !soon { REFUSED_PAUSE_MS } else { backoff_ms.min(longest_pause_ms(kind)) }
}

fn longest_pause_ms(kind: ErrorKind) -> u64 {
    if kind == ErrorKind::Tls { REFUSED_PAUSE_MS } else { BACKOFF_MS.1 }
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
