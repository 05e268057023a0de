//! What several tests share.
#![allow(
    dead_code,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "each test target uses its own part; tests read files, and say what they skip"
)]

pub(crate) mod authority;
pub(crate) mod fake_node;
pub(crate) mod secure_front;
pub(crate) mod sidecar;
pub(crate) mod token_endpoint;
pub(crate) mod tools;
pub(crate) mod tree;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A path inside the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Checks that a file that is made by the program is current. With `UPDATE_GOLDEN=1` it is written instead.
pub(crate) fn ensure_file_contents(path: &Path, contents: &str) -> Result<(), String> {
    let shown = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(path).display().to_string();
    let current = std::fs::read_to_string(path).unwrap_or_default();
    if current == contents {
        return Ok(());
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, contents).map_err(|error| format!("{shown}: {error}"))?;
        return Ok(());
    }
    let differs = current.lines().zip(contents.lines()).position(|(old, new)| old != new);
    let line = differs.unwrap_or_else(|| current.lines().count().min(contents.lines().count()));
    let at = |text: &str| text.lines().nth(line).unwrap_or("(end of file)").to_owned();
    Err(format!(
        "{shown}:{} is not what the program makes:\n  file:    {}\n  program: {}\nUPDATE_GOLDEN=1 cargo test writes it; read the diff.",
        line + 1,
        at(&current),
        at(contents)
    ))
}

/// Whether a missing tool fails the test instead of skipping it.
pub(crate) fn require_all() -> bool {
    std::env::var("BROKERWATCH_TESTS_REQUIRE_ALL").is_ok_and(|value| value == "1")
}

/// A directory of its own for one test; removed with what is in it when dropped.
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    /// An empty directory.
    pub(crate) fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("brokerwatch-test-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory for temporary files");
        Self(path)
    }

    /// The directory.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
