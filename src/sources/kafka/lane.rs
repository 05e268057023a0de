//! A lane: one reconnecting connection and the task that owns it.
//!
//! Requests go one at a time. A caller waits as long as its deadline; the task goes on waiting for the answer, so that a
//! broker that hangs gets no second connection and no second request, and is seen at once when it goes on. Only what the
//! controller is to answer is given up with its caller.

mod opening;
mod task;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kafka_protocol::protocol::{Decodable, Request};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};

use self::opening::api_versions_request;
pub(super) use self::opening::encoded;
use self::task::Task;
pub(crate) use self::task::jittered;
use super::api_versions::{Answer, ApiVersions, parse_api_versions};
use super::calls::{API_VERSIONS, Api};
use super::tokens::Tokens;
use super::{Endpoint, guard};
use crate::limits::{DECODED_BYTES, Limits, SUSPECT_TOPICS};
use crate::self_metrics::SelfMetrics;
use crate::snapshot::{ErrorKind, Failure, ServedCertificate};

/// Calls that may wait behind the one under way.
const WAITING_CALLS_MAX: usize = 16;

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

type Reply = oneshot::Sender<Result<Answered, Failure>>;

struct Job {
    prepare: Prepare,
    reply: Reply,
}

/// The callers' side of a lane; cheap to clone.
#[derive(Clone, Debug)]
pub struct Lane {
    jobs: mpsc::Sender<Job>,
    endpoint: watch::Receiver<Option<Endpoint>>,
    certificate: watch::Receiver<Option<ServedCertificate>>,
    metrics: Arc<SelfMetrics>,
    stuck: Arc<AtomicBool>,
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
            backoff_ms: task::BACKOFF_MS.0,
            stuck_ms_max,
            hung: Vec::new(),
            metrics: metrics.clone(),
            tokens: tokens.clone(),
            shown,
            limits,
            stuck: Arc::default(),
        };
        let stuck = task.stuck.clone();
        tokio::spawn(task.run());
        Self { jobs, endpoint, certificate, metrics: metrics.clone(), stuck }
    }

    /// Calls `api` in the highest version that both sides know, with the request that `build` makes for it.
    ///
    /// # Errors
    /// `Unsupported` when the broker does not offer the API in a version of ours, `Timeout` at the deadline, and what
    /// [`super::wire::Connection`] says. Error codes inside the answer are the caller's to read.
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

    /// Whether it waits for an answer that no caller waits for any more.
    #[must_use]
    pub(super) fn is_stuck(&self) -> bool {
        self.stuck.load(Ordering::Relaxed)
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
