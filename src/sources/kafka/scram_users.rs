//! Users that log in by SCRAM (DescribeUserScramCredentials): names, mechanisms and iterations. Nothing else is told, so
//! nothing else can get into a snapshot.
//!
//! Reference: Kafka's `ScramImage`; credentials that are not Kafka's own (another callback handler) are not told.

use kafka_protocol::messages::describe_user_scram_credentials_response::{
    CredentialInfo, DescribeUserScramCredentialsResult,
};
use kafka_protocol::messages::{DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse};

use super::Client;
use super::calls::DESCRIBE_USER_SCRAM_CREDENTIALS;
use crate::limits::SCRAM_CREDENTIALS_MAX;
use crate::snapshot::{ErrorKind, Failure, Kept, ScramCredential, ScramMechanism, ScramUsers};

/// Asks for every user.
///
/// # Errors
/// What the lane says, and the answer's own error codes.
pub async fn read_scram_users(client: &Client, deadline_ms: u64) -> Result<ScramUsers, Failure> {
    // An empty list means every user, as null does; but who is denied gets no answer at all to null, and the connection
    // hangs (seen with 3.9 and 4.3).
    let request = |_| DescribeUserScramCredentialsRequest::default().with_users(Some(vec![]));
    parse_scram_users(&client.slow.call(&DESCRIBE_USER_SCRAM_CREDENTIALS, deadline_ms, request).await?)
}

/// Makes our users of an answer to DescribeUserScramCredentials.
///
/// # Errors
/// The answer's own error codes; `Protocol` for a number of iterations that is none.
pub fn parse_scram_users(answer: &DescribeUserScramCredentialsResponse) -> Result<ScramUsers, Failure> {
    DESCRIBE_USER_SCRAM_CREDENTIALS.check(answer.error_code)?;
    let mut credentials = Vec::new();
    for user in &answer.results {
        DESCRIBE_USER_SCRAM_CREDENTIALS.check(user.error_code)?;
        for told in &user.credential_infos {
            credentials.push(credential(user, told)?);
        }
    }
    credentials.sort_unstable();
    Ok(ScramUsers { credentials: Kept::first(credentials, SCRAM_CREDENTIALS_MAX) })
}

fn credential(user: &DescribeUserScramCredentialsResult, told: &CredentialInfo) -> Result<ScramCredential, Failure> {
    let broken = |_| {
        let message = "The answer to DescribeUserScramCredentials has a negative number of iterations.";
        Failure::new(ErrorKind::Protocol, message)
    };
    Ok(ScramCredential {
        iterations: u32::try_from(told.iterations).map_err(broken)?,
        user: user.user.to_string(),
        mechanism: ScramMechanism::from_code(told.mechanism),
    })
}

#[cfg(test)]
mod tests {
    use kafka_protocol::protocol::StrBytes;
    use proptest::prelude::*;

    use super::*;

    fn user(name: &str, infos: &[(i8, i32)]) -> DescribeUserScramCredentialsResult {
        let info = |(mechanism, iterations): &(i8, i32)| {
            CredentialInfo::default().with_mechanism(*mechanism).with_iterations(*iterations)
        };
        DescribeUserScramCredentialsResult::default()
            .with_user(StrBytes::from_string(name.to_owned()))
            .with_credential_infos(infos.iter().map(info).collect())
    }

    fn parsed(users: Vec<DescribeUserScramCredentialsResult>) -> Result<Kept<ScramCredential>, Failure> {
        let answer = DescribeUserScramCredentialsResponse::default().with_results(users);
        parse_scram_users(&answer).map(|users| users.credentials)
    }

    #[test]
    fn the_weakest_come_first() {
        let seen = parsed(vec![user("alice", &[(1, 8_192), (2, 4_096)]), user("bob", &[(9, 1_000)])]).unwrap();
        let rows: Vec<_> = seen.rows.iter().map(|row| (row.user.as_str(), row.iterations, row.mechanism)).collect();
        let expected = [
            ("bob", 1_000, ScramMechanism::Other),
            ("alice", 4_096, ScramMechanism::Sha512),
            ("alice", 8_192, ScramMechanism::Sha256),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn errors_of_the_answer_and_of_one_user_are_failures() {
        let denied = DescribeUserScramCredentialsResponse::default().with_error_code(31);
        assert_eq!(parse_scram_users(&denied).unwrap_err().kind, ErrorKind::Authorization);
        let failure = parsed(vec![user("alice", &[]).with_error_code(91)]).unwrap_err();
        assert!(failure.message.contains("(91)") && !failure.message.contains("alice"), "{}", failure.message);
        assert_eq!(parsed(vec![user("alice", &[(1, -1)])]).unwrap_err().kind, ErrorKind::Protocol);
        assert!(parsed(vec![]).unwrap().rows.is_empty());
    }

    #[test]
    fn more_than_are_kept_are_counted_and_the_weakest_are_kept() {
        let count = SCRAM_CREDENTIALS_MAX as i32 + 7;
        let seen = parsed((0..count).rev().map(|n| user(&format!("u{n}"), &[(1, 4_096 + n)])).collect()).unwrap();
        assert_eq!((seen.rows.len(), seen.left_out), (SCRAM_CREDENTIALS_MAX, 7));
        assert_eq!(seen.rows[0].iterations, 4_096);
    }

    proptest! {
        #[test]
        fn no_answer_is_too_odd(name in ".{0,20}", infos in proptest::collection::vec(any::<(i8, i32)>(), 0..5)) {
            match parsed(vec![user(&name, &infos)]) {
                Ok(seen) => {
                    let text = serde_json::to_string(&seen).unwrap();
                    prop_assert_eq!(serde_json::from_str::<Kept<ScramCredential>>(&text).unwrap(), seen);
                }
                Err(failure) => {
                    prop_assert_eq!(failure.kind, ErrorKind::Protocol);
                    prop_assert!(infos.iter().any(|(_, iterations)| *iterations < 0));
                }
            }
        }
    }
}
