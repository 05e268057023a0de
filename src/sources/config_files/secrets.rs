//! Which values may leave the parsers. An allow-list: see [`crate::keys::is_secret`].

use crate::keys::is_secret;
use crate::snapshot::{Oddity, Setting};

/// Words that a value with a secret in it carries.
const WORDS: [&str; 6] = ["password", "passwd", "secret", "token", "credential", "jaas"];

/// What is kept of the value of `key`.
pub(super) fn setting(key: &str, value: String, oddities: &[Oddity]) -> Setting {
    let is_filled_later = |oddity: &Oddity| matches!(oddity, Oddity::Placeholder | Oddity::ConfigProvider);
    if is_secret(key) || carries_secret(&value, oddities) {
        Setting::Secret
    } else if oddities.iter().any(is_filled_later) {
        Setting::Template(value)
    } else {
        Setting::Value(value)
    }
}

/// Whether a value that should be harmless holds a secret: credentials in an address, or another setting that a
/// continued line, a missing newline or a comment brought in.
fn carries_secret(value: &str, oddities: &[Oddity]) -> bool {
    if has_user_info(value) {
        return true;
    }
    let is_mixed = value.contains('=')
        || oddities
            .iter()
            .any(|oddity| matches!(oddity, Oddity::InlineComment | Oddity::Continued | Oddity::BlankInKey));
    is_mixed && WORDS.iter().any(|word| has_word(value, word))
}

fn has_word(value: &str, word: &str) -> bool {
    value.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// `scheme://user:password@host`.
fn has_user_info(value: &str) -> bool {
    value.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', ',', ' ']).next().unwrap_or("");
        authority.split_once('@').is_some_and(|(user, _)| user.contains(':'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_kept(key: &str, value: &str) -> bool {
        setting(key, value.to_owned(), &[]) != Setting::Secret
    }

    #[test]
    fn harmless_values_are_kept() {
        assert!(is_kept("ssl.keystore.location", "/etc/kafka/secrets/keystore.jks"));
        assert!(is_kept("listeners", "SASL_SSL://0.0.0.0:9093,PLAINTEXT://:9092"));
        assert!(is_kept("controller.quorum.voters", "1@c1:9093,2@c2:9093"));
        assert!(is_kept("super.users", "User:CN=broker,O=Example;User:admin"));
    }

    #[test]
    fn values_that_carry_secrets_are_not() {
        assert!(!is_kept("sasl.oauthbearer.token.endpoint.url", "https://me:hunter2@idp/token"));
        assert!(!is_kept("log.dirs", "/a ssl.keystore.password=hunter2"));
        assert!(!is_kept("ssl.truststore.password", "x"));
        let commented = setting("log.dirs", "/a # password hunter2".to_owned(), &[Oddity::InlineComment]);
        assert_eq!(commented, Setting::Secret);
    }
}
