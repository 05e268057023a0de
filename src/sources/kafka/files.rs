//! Files of TLS and SASL. A file may be on a mount that hangs: each is read on a thread of its own, under a deadline, and
//! by one thread at a time, so that it costs one thread however often it is tried.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::timeout;

use crate::limits::SECRET_FILE_MS_MAX;
use crate::snapshot::{ErrorKind, Failure};
use crate::sources::pem;

/// Bytes that are shown nowhere.
pub(super) struct Secret(Vec<u8>);

impl Secret {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes, for whom they are meant.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    #[cfg(test)]
    pub(super) fn of(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Times and lengths of files; absent for each that cannot be looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp(Vec<Option<(SystemTime, u64)>>);

/// When these files, each with its flag, last changed; differs from an earlier look when one of them did.
///
/// # Errors
/// `Authentication`, our own fault, when one cannot be looked at in time. One that is not there is told when it is read.
pub(super) async fn stamp(files: &[(&'static str, PathBuf)]) -> Result<Stamp, Failure> {
    let mut seen = Vec::with_capacity(files.len());
    for (flag, path) in files {
        let looked = path.clone();
        let look = move || {
            let metadata = std::fs::metadata(&looked).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        // The first that hangs ends the look: together they take no longer than one.
        seen.push(alone(path, look).await.ok_or_else(|| late(flag, path, ErrorKind::Authentication))?);
    }
    Ok(Stamp(seen))
}

/// Reads a password, token or client secret; the end of its last line is not part of it.
///
/// # Errors
/// `Authentication` when the file cannot be read in time, or is empty.
pub(super) async fn read_secret(flag: &'static str, path: &Path) -> Result<Secret, Failure> {
    let mut bytes = read(flag, path, ErrorKind::Authentication).await?;
    while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        bytes.pop();
    }
    if bytes.is_empty() {
        let message = format!("{flag}={}: the file is empty; it must hold the secret.", path.display());
        return Err(Failure::new(ErrorKind::Authentication, message));
    }
    Ok(Secret(bytes))
}

/// Reads a small file that a flag names.
///
/// # Errors
/// A failure of `kind`, so that our own fault is not taken for the broker's.
pub(super) async fn read(flag: &'static str, path: &Path, kind: ErrorKind) -> Result<Vec<u8>, Failure> {
    let named = path.to_path_buf();
    alone(path, move || read_now(flag, &named, kind)).await.ok_or_else(|| late(flag, path, kind))?
}

fn late(flag: &str, path: &Path, kind: ErrorKind) -> Failure {
    let path = path.display();
    let message =
        format!("{flag}={path}: was not read within {SECRET_FILE_MS_MAX} ms: look at the mount that it is on.");
    Failure::new(kind, message)
}

/// Runs `work`, which may hang on `path`, on a thread of its own, when no other such work is under way. Absent when it did
/// not end in time; it then goes on, and until it ends all further work on this path is refused.
pub(super) async fn alone<T: Send + 'static>(path: &Path, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let turn = turn(path);
    let look = async {
        let turn = turn.lock_owned().await;
        let work = move || {
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.ok()
    };
    timeout(Duration::from_millis(SECRET_FILE_MS_MAX), look).await.ok().flatten()
}

/// The lock of a path. Those that nobody holds are forgotten.
fn turn(path: &Path) -> Arc<tokio::sync::Mutex<()>> {
    static TURNS: Mutex<BTreeMap<PathBuf, Arc<tokio::sync::Mutex<()>>>> = Mutex::new(BTreeMap::new());

    let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
    turns.retain(|_, turn| Arc::strong_count(turn) > 1);
    turns.entry(path.to_path_buf()).or_default().clone()
}

fn read_now(flag: &str, path: &Path, kind: ErrorKind) -> Result<Vec<u8>, Failure> {
    pem::read_small(path).map_err(|what| Failure::new(kind, format!("{flag}={}: {what}.", path.display())))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_secret_is_never_shown() {
        assert_eq!(format!("{:?}", Secret::of("hunter2")), "Secret(..)");
    }

    #[tokio::test]
    async fn a_missing_secret_names_its_flag_and_file_and_is_our_own_fault() {
        let failure = read_secret("--sasl.password-file", Path::new("/nonexistent/password")).await.unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Authentication);
        assert!(failure.message.starts_with("--sasl.password-file=/nonexistent/password: cannot be read"));
    }

    #[tokio::test]
    async fn what_hangs_is_begun_once_and_done_again_when_it_has_ended() {
        static BEGUN: AtomicUsize = AtomicUsize::new(0);
        let path = Path::new("/a path of this test");
        let (end, wait) = std::sync::mpsc::channel::<()>();
        let hangs = move || {
            BEGUN.fetch_add(1, Ordering::Relaxed);
            let _ = wait.recv();
        };
        assert!(alone(path, hangs).await.is_none());
        let again = || BEGUN.fetch_add(1, Ordering::Relaxed);
        assert!(alone(path, again).await.is_none());
        assert_eq!(BEGUN.load(Ordering::Relaxed), 1, "no second thread while the first hangs");
        assert!(alone(Path::new("/another path"), || ()).await.is_some(), "others are not held up");
        drop(end);
        assert!(alone(path, || ()).await.is_some());
    }
}
