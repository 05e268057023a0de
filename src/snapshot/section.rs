//! One observed thing: its last value, how long that counts, and what the last attempt came to.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{SourceStatus, UnixMs};

/// Why something could not be seen. Closed: it is the only part of an error that becomes a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Nobody listens there, or the connection was closed or reset.
    Refused,
    /// No answer within the deadline.
    Timeout,
    /// The TLS handshake failed.
    Tls,
    /// The peer does not accept who we say we are.
    Authentication,
    /// The peer knows us and denies the request.
    Authorization,
    /// The peer does not offer what we need.
    Unsupported,
    /// The peer does not speak Kafka's protocol, or broke it.
    Protocol,
    /// One of our own limits was reached.
    Limit,
    /// The peer makes us wait, for a quota of its own.
    Throttled,
    /// A file or directory is not there, or a host name is not known.
    NotFound,
    /// A file or directory may not be read.
    Permission,
    /// The operating system reported another error.
    Io,
    /// A file's content is not what it should be.
    Parse,
    /// Our own code failed (a panic that was caught).
    Bug,
}

impl ErrorKind {
    /// The label value, as in the snapshot.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::Authentication => "authentication",
            Self::Authorization => "authorization",
            Self::Unsupported => "unsupported",
            Self::Protocol => "protocol",
            Self::Limit => "limit",
            Self::Throttled => "throttled",
            Self::NotFound => "not_found",
            Self::Permission => "permission",
            Self::Io => "io",
            Self::Parse => "parse",
            Self::Bug => "bug",
        }
    }
}

/// A failed attempt: its kind for machines and one line for people that names the next step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The closed kind.
    pub kind: ErrorKind,
    /// One line; never text that a peer sent.
    pub message: String,
}

impl Failure {
    /// A failure of `kind`, told in one line.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

/// What the last attempt came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attempt {
    /// Nothing was tried yet.
    #[default]
    NotTried,
    /// The value in `last` is of this attempt.
    Ok,
    /// It failed; `last` may hold an older value, which counts until its bound.
    Failed {
        /// When it failed.
        at: UnixMs,
        /// Why.
        failure: Failure,
    },
    /// The node does not offer what it takes: an old release, or a controller's listener. Not a failure.
    Unsupported {
        /// What is missing, as one sentence.
        reason: String,
    },
    /// It was not tried, on purpose.
    Skipped {
        /// Why not, as one sentence.
        reason: String,
    },
}

/// A value with its time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Observed<T> {
    /// When the look at it ended.
    pub at: UnixMs,
    /// How long the look took, in milliseconds.
    pub took_ms: u64,
    /// From this moment on the value is not to be used: the source's bound.
    pub valid_until: UnixMs,
    /// What was seen.
    pub value: Arc<T>,
}

/// The last observation and the result of the last attempt.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Serialize", deserialize = "T: Deserialize<'de>"))]
pub struct Section<T> {
    /// The newest value that was seen; absent when there was never one.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub last: Option<Observed<T>>,
    /// What the last attempt came to.
    #[serde(default)]
    pub attempt: Attempt,
}

impl<T> Default for Section<T> {
    fn default() -> Self {
        Self { last: None, attempt: Attempt::NotTried }
    }
}

impl<T> Section<T> {
    /// The value, while it is younger than its bound.
    #[must_use]
    pub fn fresh(&self, now: UnixMs) -> Option<&T> {
        self.last.as_ref().filter(|seen| now < seen.valid_until).map(|seen| &*seen.value)
    }

    /// The value itself, to be kept, while it is fresh.
    #[must_use]
    pub fn fresh_arc(&self, now: UnixMs) -> Option<Arc<T>> {
        self.last.as_ref().filter(|seen| now < seen.valid_until).map(|seen| seen.value.clone())
    }

    /// When the fresh value was seen.
    #[must_use]
    pub fn fresh_at(&self, now: UnixMs) -> Option<UnixMs> {
        self.last.as_ref().filter(|seen| now < seen.valid_until).map(|seen| seen.at)
    }

    /// The last attempt's failure, when it failed.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match &self.attempt {
            Attempt::Failed { failure, .. } => Some(failure),
            _ => None,
        }
    }

    /// Why there is no fresh value, as one line.
    #[must_use]
    pub fn why_absent(&self) -> String {
        match &self.attempt {
            Attempt::NotTried => "not looked at".into(),
            Attempt::Ok => "the last look at it is too old".into(),
            Attempt::Failed { failure, .. } => failure.message.clone(),
            Attempt::Unsupported { reason } | Attempt::Skipped { reason } => reason.clone(),
        }
    }

    pub(super) fn status(&self, source: &'static str) -> SourceStatus<'_> {
        SourceStatus {
            source,
            attempt: &self.attempt,
            last_success: self.last.as_ref().map(|seen| seen.at),
            valid_until: self.last.as_ref().map(|seen| seen.valid_until),
        }
    }
}

/// What can be done to a section whatever is in it.
pub(super) trait AnySection {
    /// Tells its times by a clock that is `ms` milliseconds ahead.
    fn shift(&mut self, ms: i64);

    /// The last attempt failed then.
    fn fail(&mut self, at: UnixMs, failure: Failure);
}

impl<T> AnySection for Section<T> {
    fn shift(&mut self, ms: i64) {
        if let Some(seen) = &mut self.last {
            (seen.at, seen.valid_until) = (seen.at.shifted(ms), seen.valid_until.shifted(ms));
        }
        if let Attempt::Failed { at, .. } = &mut self.attempt {
            *at = at.shifted(ms);
        }
    }

    fn fail(&mut self, at: UnixMs, failure: Failure) {
        self.attempt = Attempt::Failed { at, failure };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(at: u64, bound_ms: u64) -> Section<u32> {
        let at = UnixMs(at);
        Section {
            last: Some(Observed { at, took_ms: 1, valid_until: at.plus(bound_ms), value: Arc::new(7) }),
            attempt: Attempt::Ok,
        }
    }

    #[test]
    fn a_value_counts_until_its_bound_and_not_after() {
        let section = seen(1_000, 5_000);
        assert_eq!(section.fresh(UnixMs(5_999)), Some(&7));
        assert_eq!(section.fresh(UnixMs(6_000)), None);
    }

    #[test]
    fn a_clock_that_is_set_ages_nothing() {
        const HOUR_MS: i64 = 3_600_000;
        for step_ms in [HOUR_MS, -HOUR_MS] {
            let (mut section, now) = (seen(10_000_000, 5_000), UnixMs(10_004_999));
            section.shift(step_ms);
            assert_eq!(section.fresh(now.shifted(step_ms)), Some(&7));
            assert_eq!(section.fresh(now.shifted(step_ms).plus(1)), None);
            assert_eq!(section.fresh_at(now.shifted(step_ms)), Some(UnixMs(10_000_000).shifted(step_ms)));
        }
    }

    #[test]
    fn a_failed_attempt_keeps_the_value_within_its_bound() {
        let mut section = seen(1_000, 5_000);
        let failure = Failure::new(ErrorKind::Timeout, "no answer");
        section.attempt = Attempt::Failed { at: UnixMs(2_000), failure };
        assert_eq!(section.fresh(UnixMs(3_000)), Some(&7));
        assert_eq!(section.why_absent(), "no answer");
    }

    #[test]
    fn a_section_reads_back_as_written() {
        let text = serde_json::to_string(&seen(1, 2)).unwrap();
        let back: Section<u32> = serde_json::from_str(&text).unwrap();
        assert_eq!(back.last.unwrap().value, Arc::new(7));
    }
}
