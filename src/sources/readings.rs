//! Reading many small files of `/proc` and `/sys`, where one that cannot be read must cost only its own facts.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustix::io::Errno;

use super::properties::file_failure;
use crate::limits::SMALL_FILE_BYTES_MAX;
use crate::snapshot::ErrorKind;

/// What could not be read, while files are read.
#[derive(Debug, Default)]
pub struct Readings {
    /// Files that are there and told nothing, with the reason. What is not there is not told: kernels differ.
    pub unread: BTreeMap<String, ErrorKind>,
}

impl Readings {
    /// Reads the file at `path` and parses it; it is told as `name` when it is there and cannot be read or understood.
    pub fn read<T>(&mut self, path: &Path, name: &str, parse: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
        match read_small(path) {
            Ok(bytes) => self.parsed(name, parse(&bytes)),
            Err(error) => {
                self.failed(path, name, &error);
                None
            }
        }
    }

    /// As [`Self::read`] of a file that may lack the fact: the inner value is then absent, which is no error.
    pub fn read_optional<T>(
        &mut self,
        path: &Path,
        name: &str,
        parse: impl FnOnce(&[u8]) -> Option<Option<T>>,
    ) -> Option<T> {
        self.read(path, name, parse).flatten()
    }

    /// A fact, which counts as a broken file when it is absent.
    pub fn parsed<T>(&mut self, name: &str, fact: Option<T>) -> Option<T> {
        if fact.is_none() {
            self.unread.insert(name.to_owned(), ErrorKind::Parse);
        }
        fact
    }

    /// The file could not be read.
    pub fn failed(&mut self, path: &Path, name: &str, error: &io::Error) {
        let kind = match error.raw_os_error().map(Errno::from_raw_os_error) {
            // The process has ended meanwhile, or the kernel has the file and not what is in it.
            Some(Errno::SRCH | Errno::NODEV) => return,
            Some(Errno::OPNOTSUPP) => ErrorKind::Unsupported,
            _ => file_failure(path, error).kind,
        };
        if kind != ErrorKind::NotFound {
            self.unread.insert(name.to_owned(), kind);
        }
    }
}

/// Reads a file of the kernel's, up to a limit; what is longer is cut.
///
/// # Errors
/// As the system tells.
pub fn read_small(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(SMALL_FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_not_told_and_what_is_empty_is() {
        let mut files = Readings::default();
        assert_eq!(files.read(Path::new("/nowhere/at/all"), "all", |_| Some(1)), None);
        assert!(files.unread.is_empty());
        assert_eq!(files.read(Path::new("/dev/null"), "null", |bytes| bytes.first().copied()), None);
        assert_eq!(files.unread.get("null"), Some(&ErrorKind::Parse));
        files.failed(Path::new("x"), "psi", &Errno::OPNOTSUPP.into());
        files.failed(Path::new("x"), "io", &Errno::ACCESS.into());
        files.failed(Path::new("x"), "stat", &Errno::SRCH.into());
        assert_eq!(files.unread.get("psi"), Some(&ErrorKind::Unsupported));
        assert_eq!(files.unread.get("io"), Some(&ErrorKind::Permission));
        assert!(!files.unread.contains_key("stat"));
    }
}
