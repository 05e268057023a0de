//! SCRAM (RFC 5802, RFC 7677) with SHA-256 and SHA-512: pure, but for the nonce.
//!
//! Kafka does no SASLprep (`ScramFormatter.normalize` is UTF-8), so neither does this. The server's own proof is checked:
//! a peer that does not know the password is not spoken to further.

use std::num::NonZeroU32;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac, pbkdf2};

use super::files::Secret;

/// Rounds of hashing: fewer are not safe (RFC 7677), more would be an attack on our processor.
const ITERATIONS: std::ops::RangeInclusive<u32> = 4_096..=1_000_000;

/// Which hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha512,
}

impl Hash {
    fn algorithms(self) -> (pbkdf2::Algorithm, hmac::Algorithm, &'static digest::Algorithm) {
        match self {
            Self::Sha256 => (pbkdf2::PBKDF2_HMAC_SHA256, hmac::HMAC_SHA256, &digest::SHA256),
            Self::Sha512 => (pbkdf2::PBKDF2_HMAC_SHA512, hmac::HMAC_SHA512, &digest::SHA512),
        }
    }
}

/// Why the exchange cannot go on, as half a sentence about the broker.
pub(super) type Refusal = &'static str;

/// After our first message.
pub(super) struct Scram {
    hash: Hash,
    nonce: String,
    first_bare: String,
}

/// After our last message: what the server must prove.
pub(super) struct Expected {
    key: hmac::Key,
    auth_message: String,
}

/// Random bytes as text without a comma; absent when the system has none.
pub(super) fn nonce() -> Option<String> {
    let mut bytes = [0; 24];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(STANDARD.encode(bytes))
}

impl Scram {
    pub(super) fn new(hash: Hash, username: &str, nonce: String) -> Self {
        let username = username.replace('=', "=3D").replace(',', "=2C");
        let first_bare = format!("n={username},r={nonce}");
        Self { hash, nonce, first_bare }
    }

    /// The client's first message.
    pub(super) fn first(&self) -> String {
        format!("n,,{}", self.first_bare)
    }

    /// The client's last message, and what the server's last must prove.
    pub(super) fn last(&self, server_first: &[u8], password: &Secret) -> Result<(String, Expected), Refusal> {
        let server_first = std::str::from_utf8(server_first).map_err(|_| "sent a SCRAM message that is no text")?;
        let (nonce, salt, iterations) = parsed_first(server_first).ok_or("sent a malformed SCRAM message")?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err("answered another SCRAM exchange");
        }
        if !ITERATIONS.contains(&iterations) {
            return Err("asks for a number of SCRAM iterations that is not between 4096 and 1000000");
        }
        let rounds = NonZeroU32::new(iterations).ok_or("asks for no SCRAM iterations")?;
        let (stretch, mac, digest) = self.hash.algorithms();
        let mut salted = vec![0; digest.output_len()];
        pbkdf2::derive(stretch, rounds, &salt, password.bytes(), &mut salted);
        let salted = hmac::Key::new(mac, &salted);
        let client_key = hmac::sign(&salted, b"Client Key");
        let stored_key = digest::digest(digest, client_key.as_ref());
        // "biws" is "n,," in base64: no channel binding, which Kafka does not know.
        let without_proof = format!("c=biws,r={nonce}");
        let auth_message = format!("{},{server_first},{without_proof}", self.first_bare);
        let signature = hmac::sign(&hmac::Key::new(mac, stored_key.as_ref()), auth_message.as_bytes());
        let proof: Vec<u8> = client_key.as_ref().iter().zip(signature.as_ref()).map(|(key, sign)| key ^ sign).collect();
        let key = hmac::Key::new(mac, hmac::sign(&salted, b"Server Key").as_ref());
        Ok((format!("{without_proof},p={}", STANDARD.encode(proof)), Expected { key, auth_message }))
    }
}

impl Expected {
    /// Whether the server's last message proves that it knows the password too.
    pub(super) fn is_proved_by(&self, server_last: &[u8]) -> bool {
        let signature = std::str::from_utf8(server_last).ok().and_then(|text| text.strip_prefix("v="));
        let signature = signature.map(|text| text.split(',').next().unwrap_or_default());
        let Some(signature) = signature.and_then(|text| STANDARD.decode(text).ok()) else { return false };
        hmac::verify(&self.key, self.auth_message.as_bytes(), &signature).is_ok()
    }
}

fn parsed_first(message: &str) -> Option<(&str, Vec<u8>, u32)> {
    let mut fields = message.split(',');
    let nonce = fields.next()?.strip_prefix("r=")?;
    let salt = STANDARD.decode(fields.next()?.strip_prefix("s=")?).ok()?;
    let iterations = fields.next()?.strip_prefix("i=")?.parse().ok()?;
    Some((nonce, salt, iterations))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
    const SERVER_FIRST: &str = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    fn scram() -> Scram {
        Scram::new(Hash::Sha256, "user", NONCE.to_owned())
    }

    #[test]
    fn the_example_of_rfc_7677() {
        assert_eq!(scram().first(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let (last, expected) = scram().last(SERVER_FIRST.as_bytes(), &Secret::of("pencil")).unwrap();
        let proof = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        assert_eq!(last, proof);
        assert!(expected.is_proved_by(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        assert!(!expected.is_proved_by(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5="));
        assert!(!expected.is_proved_by(b"e=other-error"));
    }

    #[test]
    fn a_peer_that_asks_for_too_little_or_too_much_is_refused() {
        let with = |from: &str, to: &str| {
            scram().last(SERVER_FIRST.replace(from, to).as_bytes(), &Secret::of("pencil")).err().unwrap_or_default()
        };
        assert!(with("i=4096", "i=4095").contains("iterations"));
        assert!(with("i=4096", "i=1000001").contains("iterations"));
        assert!(with("i=4096", "i=x").contains("malformed"));
        assert!(with("r=rOpr", "r=xOpr").contains("another"));
        assert!(with("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", "").contains("another"), "it must add to the nonce");
    }

    #[test]
    fn a_name_is_escaped_and_nonces_differ() {
        assert_eq!(Scram::new(Hash::Sha512, "a=b,c", "N".to_owned()).first(), "n,,n=a=3Db=2Cc,r=N");
        assert_ne!(nonce(), nonce());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = scram().last(&bytes, &Secret::of("pencil"));
        }
    }
}
