//! Users and passwords of HTTP's basic authentication, held against bcrypt hashes away from the event loop.
//!
//! A comparison takes a core for some 70 ms, which is what makes hashes worth having and passwords dear to check: one is
//! made at a time, few wait, and what was found right is remembered. A wrong password costs the same for a known user
//! and an unknown one.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::HeaderValue;
use ring::hmac;
use ring::rand::SystemRandom;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::web_config::Users;
use crate::limits::{
    PASSWORD_CHECKS_AT_ONCE_MAX, PASSWORD_CHECKS_WAITING_MAX, PLACE_WAIT_MS_MAX, VERIFIED_PASSWORDS_MAX,
};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It comes from a user.
    Known,
    /// It names no user, or gives a wrong password.
    Refused,
    /// Too many passwords wait to be checked.
    Busy,
}

/// What was found right, and who waits.
pub(super) struct Credentials {
    /// Made anew by each process, so that what is remembered means nothing elsewhere.
    key: hmac::Key,
    /// Tags of user, hash and password that belong together; the oldest first.
    verified: Mutex<VecDeque<[u8; 32]>>,
    at_once: Arc<Semaphore>,
    waiting: Semaphore,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

impl Credentials {
    /// Nothing is remembered yet.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub(super) fn new() -> Result<Self, String> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        Ok(Self {
            key: key.map_err(|_| "the system gives no random bytes".to_owned())?,
            verified: Mutex::default(),
            at_once: Arc::new(Semaphore::new(PASSWORD_CHECKS_AT_ONCE_MAX)),
            waiting: Semaphore::new(PASSWORD_CHECKS_WAITING_MAX),
        })
    }

    /// Judges what a request brings along; without users everybody is known.
    pub(super) async fn judge(&self, users: &Users, header: Option<&HeaderValue>) -> Verdict {
        if users.0.is_empty() {
            return Verdict::Known;
        }
        let Some((user, password)) = header.and_then(parse) else { return Verdict::Refused };
        let (hash, known) = self.hash_of(users, &user);
        let tag = self.tag(&user, hash, &password);
        if self.is_verified(&tag) && known {
            return Verdict::Known;
        }
        let wait = Duration::from_millis(PLACE_WAIT_MS_MAX);
        let Ok(Ok(_place)) = timeout(wait, self.waiting.acquire()).await else { return Verdict::Busy };
        let Ok(turn) = self.at_once.clone().acquire_owned().await else { return Verdict::Busy };
        // Meanwhile it may have been found right for another request.
        if self.is_verified(&tag) && known {
            return Verdict::Known;
        }
        let hash = hash.to_owned();
        let compared = tokio::task::spawn_blocking(move || {
            // Held by the comparison itself, which goes on when its client has gone.
            let _turn = turn;
            bcrypt::verify(&password, &hash).unwrap_or(false)
        });
        if compared.await.unwrap_or(false) && known {
            self.remember(tag);
            return Verdict::Known;
        }
        Verdict::Refused
    }

    /// The hash to compare with, and whether it is the user's. An unknown name is held against the hash of some user,
    /// always the same one, so that it takes as long as a known one.
    fn hash_of<'a>(&self, users: &'a Users, user: &str) -> (&'a str, bool) {
        if let Some(hash) = users.0.get(user) {
            return (hash, true);
        }
        let lot = usize::from(hmac::sign(&self.key, user.as_bytes()).as_ref()[0]);
        (users.0.values().nth(lot % users.0.len()).map_or("", String::as_str), false)
    }

    /// Stands for user, hash and password, and tells nothing of them.
    fn tag(&self, user: &str, hash: &str, password: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [user.as_bytes(), hash.as_bytes(), password] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut tag = [0; 32];
        tag.copy_from_slice(context.sign().as_ref());
        tag
    }

    /// Nobody without the key can make tags that begin alike, so how long a comparison takes tells nothing.
    fn is_verified(&self, tag: &[u8; 32]) -> bool {
        self.lock().contains(tag)
    }

    /// Only what is right is remembered: guesses cannot drive it out.
    fn remember(&self, tag: [u8; 32]) {
        let mut verified = self.lock();
        if verified.len() >= VERIFIED_PASSWORDS_MAX {
            verified.pop_front();
        }
        verified.push_back(tag);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<[u8; 32]>> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// User and password of an `Authorization` header.
fn parse(header: &HeaderValue) -> Option<(String, Vec<u8>)> {
    let (scheme, credentials) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = STANDARD.decode(credentials.trim()).ok()?;
    let colon = bytes.iter().position(|byte| *byte == b':')?;
    Some((String::from_utf8_lossy(&bytes[..colon]).into_owned(), bytes[colon + 1..].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of "secret", with the least cost.
    fn users(names: &[&str]) -> Users {
        let hash = bcrypt::hash("secret", 4).unwrap();
        Users(names.iter().map(|name| ((*name).to_owned(), hash.clone())).collect())
    }

    fn header(user: &str, password: &str) -> HeaderValue {
        HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))).unwrap()
    }

    fn judged(credentials: &Credentials, users: &Users, header: Option<&HeaderValue>) -> Verdict {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(credentials.judge(users, header))
    }

    #[test]
    fn the_right_password_of_a_known_user_gets_in_and_nothing_else_does() {
        let (credentials, users) = (Credentials::new().unwrap(), users(&["alice", "bob"]));
        assert_eq!(judged(&credentials, &users, Some(&header("alice", "secret"))), Verdict::Known);
        assert_eq!(judged(&credentials, &users, Some(&header("alice", "Secret"))), Verdict::Refused);
        // An unknown name is compared with a real hash, and its password is right for that one.
        assert_eq!(judged(&credentials, &users, Some(&header("mallory", "secret"))), Verdict::Refused);
        assert_eq!(judged(&credentials, &users, None), Verdict::Refused);
        for bad in ["Bearer abc", "Basic", "Basic !!", "Basic YWxpY2U="] {
            assert_eq!(judged(&credentials, &users, Some(&HeaderValue::from_static(bad))), Verdict::Refused, "{bad}");
        }
        assert_eq!(judged(&credentials, &Users::default(), None), Verdict::Known);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_of_one_user_hash_and_password() {
        let (credentials, users) = (Credentials::new().unwrap(), users(&["alice"]));
        for _ in 0..3 {
            judged(&credentials, &users, Some(&header("alice", "secret")));
            judged(&credentials, &users, Some(&header("alice", "wrong")));
        }
        assert_eq!(credentials.lock().len(), 1, "what is right, once");
        // Another hash of the same user is not what was found right.
        let hash = bcrypt::hash("other", 4).unwrap();
        let changed = Users([("alice".to_owned(), hash)].into());
        assert_eq!(judged(&credentials, &changed, Some(&header("alice", "secret"))), Verdict::Refused);
        assert_ne!(credentials.tag("ab", "c", b""), credentials.tag("a", "bc", b""));
        for at in 0..200_u8 {
            credentials.remember([at; 32]);
        }
        assert_eq!(credentials.lock().len(), VERIFIED_PASSWORDS_MAX);
        assert_eq!(format!("{credentials:?}"), "Credentials(..)");
    }

    #[test]
    fn a_name_that_is_unknown_is_held_against_a_users_own_hash() {
        let (credentials, users) = (Credentials::new().unwrap(), users(&["alice", "bob"]));
        for name in ["mallory", "", "alice\0"] {
            let (hash, known) = credentials.hash_of(&users, name);
            assert!(!known && users.0.values().any(|own| own == hash), "{name}");
            assert_eq!(credentials.hash_of(&users, name), (hash, false));
        }
    }
}
