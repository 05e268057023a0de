//! Failures of our own code, made by tests: they show that one costs only itself. A release has none of this.

/// The file that names the places that are to panic, one a line, as an environment variable of a debug build.
#[cfg(debug_assertions)]
const FILE: &str = "BROKERWATCH_TEST_PANICS";

/// Panics when a test wants `place` to.
#[cfg(debug_assertions)]
#[expect(clippy::disallowed_methods, reason = "no part of a release")]
pub(crate) fn panic_if_wanted(place: &str) {
    let wanted = std::env::var(FILE).ok().and_then(|file| std::fs::read_to_string(file).ok());
    assert!(!wanted.is_some_and(|places| places.lines().any(|line| line == place)), "wanted by a test");
}

/// Does nothing: this is a release.
#[cfg(not(debug_assertions))]
pub(crate) fn panic_if_wanted(_: &str) {}
