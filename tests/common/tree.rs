//! Trees of files in one text file: what `/proc`, `/sys` and the broker's own root look like on some machine.
//!
//! One entry a line; blank lines and lines that begin with `#` do not count:
//!
//! ```text
//! sys/block/sda/size<TAB>7814037168       a file with this content and a line feed; \xHH is a byte, \\ a backslash
//! sys/block/sda -> ../devices/x/block/sda a symbolic link
//! sys/block/sda/slaves/                   an empty directory
//! proc/4711/mountinfo:                    a file of the lines below, each behind one tab
//! <TAB>22 1 8:1 / / rw - ext4 /dev/sda1 rw
//! sys/block/sda/device/state|             a pipe without a writer: whoever reads it hangs
//! ```
//!
//! By convention `proc`, `sys` and `root` are the roots of the machine and of the broker's files, the broker is process
//! 4711, `log.dirs` names its log directories, `listeners` the addresses that it is reached at, separated by commas.

#![allow(clippy::unwrap_used, reason = "a tree that cannot be unpacked is a mistake in the test")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::{TempDir, repository};

/// The broker's process in every tree.
pub(crate) const BROKER: u32 = 4711;

/// A tree that is unpacked as long as this lives.
pub(crate) struct Tree {
    dir: TempDir,
}

impl Tree {
    /// Unpacks a file of `tests/fixtures/trees`.
    pub(crate) fn named(name: &str) -> Self {
        let path = repository("tests/fixtures/trees").join(format!("{name}.txt"));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::of(&text)
    }

    /// Unpacks entries.
    pub(crate) fn of(text: &str) -> Self {
        let dir = TempDir::new();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(name) = line.strip_suffix(':') {
                let mut content = String::new();
                while let Some(text) = lines.next_if(|next| next.starts_with('\t')) {
                    content.push_str(&text[1..]);
                    content.push('\n');
                }
                write(&place(dir.path(), name), content.as_bytes());
            } else if let Some((name, content)) = line.split_once('\t') {
                let mut bytes = unescape(content);
                bytes.push(b'\n');
                write(&place(dir.path(), name), &bytes);
            } else if let Some((name, target)) = line.split_once(" -> ") {
                symlink(target, place(dir.path(), name)).unwrap_or_else(|error| panic!("{line}: {error}"));
            } else if let Some(name) = line.strip_suffix('/') {
                fs::create_dir_all(place(dir.path(), name)).unwrap();
            } else if let Some(name) = line.strip_suffix('|') {
                let made = std::process::Command::new("mkfifo").arg(place(dir.path(), name)).status().unwrap();
                assert!(made.success(), "{line}");
            } else {
                panic!("no entry of a tree: {line:?}");
            }
        }
        Self { dir }
    }

    /// The root of a file system of the tree: `proc`, `sys`, `root`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Root of the proc file system.
    pub(crate) fn procfs(&self) -> PathBuf {
        self.path("proc")
    }

    /// Root of the sys file system.
    pub(crate) fn sysfs(&self) -> PathBuf {
        self.path("sys")
    }

    /// The broker's log directories.
    pub(crate) fn log_dirs(&self) -> Vec<String> {
        self.list("log.dirs")
    }

    /// The addresses that the broker is reached at.
    pub(crate) fn listeners(&self) -> Vec<std::net::IpAddr> {
        self.list("listeners").iter().map(|address| address.parse().unwrap()).collect()
    }

    fn list(&self, name: &str) -> Vec<String> {
        let list = fs::read_to_string(self.path(name)).unwrap_or_default();
        list.trim().split(',').filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
    }
}

/// The names of all trees.
pub(crate) fn names() -> Vec<String> {
    let entries = fs::read_dir(repository("tests/fixtures/trees")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> =
        entries.filter_map(|name| Some(name.to_str()?.strip_suffix(".txt")?.to_owned())).collect();
    names.sort();
    names
}

fn place(base: &Path, name: &str) -> PathBuf {
    let path = base.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    path
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

fn unescape(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match (first, behind) {
            (b'\\', [b'x', high, low, behind @ ..]) => {
                let digits = [*high, *low];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
                rest = behind;
            }
            (b'\\', [b'\\', behind @ ..]) => {
                bytes.push(b'\\');
                rest = behind;
            }
            _ => bytes.push(*first),
        }
    }
    bytes
}
