//! Marks by which secrets can be compared without being told: the first 128 bits of HMAC-SHA-256, with a key of the
//! operator's, over a setting's name and value. Who has the key can try values; nobody else can.

use std::collections::BTreeMap;
use std::path::Path;

use ring::hmac;

use super::config_files::parse_values;
use super::properties::read_bounded;
use crate::snapshot::{ErrorKind, Failure};

/// Bytes of a key that cannot be guessed.
const KEY_BYTES_MIN: usize = 16;

/// An operator's key. It is shown nowhere.
pub struct MarkKey(hmac::Key);

impl std::fmt::Debug for MarkKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MarkKey")
    }
}

impl MarkKey {
    /// Reads the key of the file that `--secrets.key-file` names.
    ///
    /// # Errors
    /// As [`read_bounded`], or `Parse` when it is too short to keep anybody from guessing it; the message names the flag.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let flag = |what: &str| format!("--secrets.key-file={}: {what}", path.display());
        let bytes = read_bounded(path).map_err(|failure| Failure { message: flag(&failure.message), ..failure })?;
        Self::of(&bytes).ok_or_else(|| {
            let message = format!("a key of at least {KEY_BYTES_MIN} bytes is needed: openssl rand -hex 32 makes one");
            Failure::new(ErrorKind::Parse, flag(&message))
        })
    }

    /// The key that these bytes are; absent when they are too few.
    fn of(bytes: &[u8]) -> Option<Self> {
        let key = bytes.trim_ascii();
        (key.len() >= KEY_BYTES_MIN).then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, key)))
    }

    /// Marks of the secrets of a properties file, by setting. None of a file that cannot be read as one.
    #[must_use]
    pub fn marks(&self, bytes: &[u8]) -> BTreeMap<String, String> {
        let values = parse_values(bytes).unwrap_or_default();
        let secrets = values.into_iter().filter(|(name, _)| crate::keys::is_secret(name));
        secrets
            .map(|(name, value)| {
                let mark = self.mark(&name, &value);
                (name, mark)
            })
            .collect()
    }

    fn mark(&self, name: &str, value: &str) -> String {
        let tag = hmac::sign(&self.0, format!("{name}={}", value.trim()).as_bytes());
        tag.as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_secrets_have_equal_marks_and_nothing_else_shows() {
        let key = MarkKey::of(b"0123456789abcdef\n").unwrap();
        let marks = |text: &str| key.marks(text.as_bytes());
        let one = marks("ssl.key.password=hunter2\nnode.id=1\n");
        assert_eq!(one.keys().collect::<Vec<_>>(), ["ssl.key.password"]);
        assert_eq!(one, marks("ssl.key.password: hunter2 \nnode.id=2"));
        assert_ne!(one, marks("ssl.key.password=hunter3"));
        // The same value of another setting does not show as the same.
        let other = marks("ssl.keystore.password=hunter2");
        assert_ne!(one.values().next(), other.values().next());
        assert!(one.values().all(|mark| mark.len() == 32 && mark.bytes().all(|byte| byte.is_ascii_hexdigit())));
        let another = MarkKey::of(b"0123456789abcdeg").unwrap().marks(b"ssl.key.password=hunter2");
        assert_ne!(one, another, "it is the key that makes the mark");
        assert!(MarkKey::of(b"  0123456789abcde  ").is_none(), "too short");
        assert!(key.marks(b"a=\\u12").is_empty(), "Kafka cannot read it either");
    }
}
