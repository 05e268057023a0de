//! Rounds of what administrators have written into the cluster: ACLs, quotas, SCRAM users.

use std::sync::Arc;

use super::{Context, NotSeen};
use crate::limits;
use crate::sources::kafka::acls::read_acls;
use crate::sources::kafka::calls::{Api, DESCRIBE_ACLS, DESCRIBE_CLIENT_QUOTAS, DESCRIBE_USER_SCRAM_CREDENTIALS};
use crate::sources::kafka::client_quotas::read_client_quotas;
use crate::sources::kafka::scram_users::read_scram_users;
use crate::sources::{ACLS, CLIENT_QUOTAS, Round, SCRAM_USERS};

/// ACLs.
pub fn acls(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            look.require_asker(&DESCRIBE_ACLS)?;
            Ok(read_acls(&look.client, ACLS.deadline_ms).await?)
        };
        let seen = context.observe(&ACLS, |view| &mut view.acls, work).await;
        context.count_left_out(limits::ACLS, seen.map(|seen| seen.acls.left_out));
    })
}

/// Quotas of clients.
pub fn client_quotas(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            look.require_asker(&DESCRIBE_CLIENT_QUOTAS)?;
            Ok(read_client_quotas(&look.client, CLIENT_QUOTAS.deadline_ms).await?)
        };
        let seen = context.observe(&CLIENT_QUOTAS, |view| &mut view.client_quotas, work).await;
        context.count_left_out(limits::CLIENT_QUOTAS, seen.map(|seen| seen.quotas.left_out));
    })
}

/// Users that log in by SCRAM.
pub fn scram_users(context: Arc<Context>) -> Round {
    Box::pin(async move {
        let look = context.clone();
        let work = async move {
            look.require_asker(&DESCRIBE_USER_SCRAM_CREDENTIALS)?;
            Ok(read_scram_users(&look.client, SCRAM_USERS.deadline_ms).await?)
        };
        let seen = context.observe(&SCRAM_USERS, |view| &mut view.scram_users, work).await;
        context.count_left_out(limits::SCRAM_CREDENTIALS, seen.map(|seen| seen.credentials.left_out));
    })
}

impl Context {
    /// Whether this node is the one to ask, and may: every broker knows all of it, so one does.
    fn require_asker(&self, api: &Api) -> Result<(), NotSeen> {
        self.require_profile(api)?;
        self.require_lowest()
    }

    fn count_left_out(&self, limit: &'static str, rows: Option<usize>) {
        if rows.is_some_and(|rows| rows > 0) {
            self.metrics.limit_hit(limit);
        }
    }
}
