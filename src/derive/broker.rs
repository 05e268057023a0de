//! Whether the broker is up, and if not, why: judged from the last answer to ApiVersions.

use crate::snapshot::{Attempt, ErrorKind, NodeView, UnixMs};

/// Whether the broker answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokerState {
    /// It answered within the bound.
    Up,
    /// It did not, and this is why.
    Down(ErrorKind),
    /// It cannot be told: nothing was tried, or our own TLS or credentials failed.
    Unknown,
}

/// Judges the liveness section.
#[must_use]
pub fn state(node: &NodeView, now: UnixMs) -> BrokerState {
    match &node.liveness.attempt {
        Attempt::NotTried | Attempt::Unsupported { .. } | Attempt::Skipped { .. } => BrokerState::Unknown,
        Attempt::Ok if node.liveness.fresh(now).is_some() => BrokerState::Up,
        // The last answer is older than its bound and the next has not come: it hangs.
        Attempt::Ok => BrokerState::Down(ErrorKind::Timeout),
        Attempt::Failed { failure, .. } => match failure.kind {
            ErrorKind::Tls | ErrorKind::Authentication | ErrorKind::Authorization | ErrorKind::Io | ErrorKind::Bug => {
                BrokerState::Unknown
            }
            // Its last answer said that it would not read for a while: until that answer is too old, it is up.
            ErrorKind::Throttled if node.liveness.fresh(now).is_some() => BrokerState::Up,
            ErrorKind::Throttled => BrokerState::Unknown,
            kind => BrokerState::Down(kind),
        },
    }
}

/// Every reason that [`state`] can give, for series that exist before their first 1.
pub const DOWN_REASONS: [ErrorKind; 5] =
    [ErrorKind::Refused, ErrorKind::Timeout, ErrorKind::Protocol, ErrorKind::Limit, ErrorKind::NotFound];

/// Whether the broker is fenced: registered, but not allowed to lead or follow. Told by DescribeCluster v2, else by its
/// own absence among the brokers of Metadata; absent when neither was seen.
#[must_use]
pub fn fenced(node: &NodeView, now: UnixMs, id: i32) -> Option<bool> {
    let registered = node.registrations.fresh(now).and_then(|registrations| {
        registrations.brokers.iter().find(|registration| registration.broker.id == id)?.fenced
    });
    registered.or_else(|| Some(!node.cluster.fresh(now)?.brokers.iter().any(|broker| broker.id == id)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::snapshot::{Failure, Liveness, Observed};

    fn node(attempt: Attempt) -> NodeView {
        let mut node = NodeView::default();
        let value = Arc::new(Liveness::default());
        node.liveness.last = Some(Observed { at: UnixMs(0), took_ms: 1, valid_until: UnixMs(5_000), value });
        node.liveness.attempt = attempt;
        node
    }

    fn failed(kind: ErrorKind) -> Attempt {
        Attempt::Failed { at: UnixMs(1), failure: Failure::new(kind, "") }
    }

    #[test]
    fn what_this_host_cannot_do_says_nothing_of_the_broker() {
        assert_eq!(state(&node(failed(ErrorKind::Io)), UnixMs(1)), BrokerState::Unknown);
        assert_eq!(state(&node(failed(ErrorKind::NotFound)), UnixMs(1)), BrokerState::Down(ErrorKind::NotFound));
    }

    #[test]
    fn an_answer_counts_until_its_bound() {
        assert_eq!(state(&node(Attempt::Ok), UnixMs(4_999)), BrokerState::Up);
        assert_eq!(state(&node(Attempt::Ok), UnixMs(5_000)), BrokerState::Down(ErrorKind::Timeout));
    }

    #[test]
    fn a_failed_probe_is_down_at_once_and_our_own_fault_is_unknown() {
        assert_eq!(state(&node(failed(ErrorKind::Refused)), UnixMs(1)), BrokerState::Down(ErrorKind::Refused));
        assert_eq!(state(&node(failed(ErrorKind::Tls)), UnixMs(1)), BrokerState::Unknown);
        assert_eq!(state(&NodeView::default(), UnixMs(1)), BrokerState::Unknown);
    }

    #[test]
    fn a_broker_that_throttles_us_is_up_as_long_as_its_last_answer_counts() {
        let throttled = node(failed(ErrorKind::Throttled));
        assert_eq!(state(&throttled, UnixMs(4_999)), BrokerState::Up);
        assert_eq!(state(&throttled, UnixMs(5_000)), BrokerState::Unknown);
    }
}
