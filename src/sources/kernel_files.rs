//! Small files of `/proc` and `/sys`. One that is missing is unknown: kernels differ. So is one that cannot be read, or is
//! there and empty, as containers mask files, or says what it should not: these cost their own facts, and are named.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::buffer::spare_capacity;
use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

use super::properties::file_failure;
use crate::limits::KERNEL_FILE_BYTES_MAX;
use crate::snapshot::ErrorKind;

/// Reads files with one buffer, and keeps which of them told nothing.
#[derive(Debug, Default)]
pub struct KernelFiles {
    buffer: Vec<u8>,
    /// Files that are there and told nothing, by the name that they were asked for with, else by path, with the reason.
    pub unread: BTreeMap<String, ErrorKind>,
}

impl KernelFiles {
    /// What `parse` makes of the file at `path`; it is told as `name` when it is there and cannot be read or understood.
    pub fn read<T>(&mut self, path: &Path, name: &str, parse: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
        self.fill(path).map_err(|error| self.failed(path, name, &error)).ok()?;
        let parsed = parse(&self.buffer);
        if parsed.is_none() {
            self.broken(name);
        }
        parsed
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

    /// As [`Self::read`], of a file's text; one that is empty is broken.
    pub(super) fn parsed<T>(&mut self, path: &Path, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        self.read(path, &path.to_string_lossy(), |bytes| {
            std::str::from_utf8(bytes).ok().filter(|text| !text.trim().is_empty()).and_then(parse)
        })
    }

    /// A file's text without blanks around it; one that may be empty.
    pub(super) fn text(&mut self, path: &Path) -> Option<String> {
        let text = |bytes: &[u8]| Some(std::str::from_utf8(bytes).ok()?.trim().to_owned());
        self.read(path, &path.to_string_lossy(), text).filter(|text| !text.is_empty())
    }

    /// A file that is one whole number.
    pub(super) fn number(&mut self, path: &Path) -> Option<u64> {
        self.parsed(path, |text| text.trim().parse().ok())
    }

    /// A file said nothing that makes sense.
    pub(super) fn broken(&mut self, name: &str) {
        self.unread.insert(name.to_owned(), ErrorKind::Parse);
    }

    /// A file could not be read.
    pub(super) fn failed(&mut self, path: &Path, name: &str, error: &io::Error) {
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

    /// How many files there were that made no sense: broken ones, and empty ones where something must stand. Those that
    /// refuse to be read are none of them: kernels without PSI have its files, and links that are down have a speed.
    pub(super) fn unparsed(&self) -> u32 {
        let broken = self.unread.values().filter(|kind| **kind == ErrorKind::Parse);
        u32::try_from(broken.count()).unwrap_or(u32::MAX)
    }

    fn fill(&mut self, path: &Path) -> io::Result<()> {
        /// Bytes that are asked for at once: the kernel makes such a file up in pages.
        const PAGE: usize = 4 << 10;
        self.buffer.clear();
        let file = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        while (self.buffer.len() as u64) < KERNEL_FILE_BYTES_MAX {
            self.buffer.reserve(PAGE);
            // The kernel gives less than a page where the next line would not fit into it, and at the end. No file has
            // lines of three quarters of a page behind short ones: what fills less than a quarter is the end, and the
            // kernel is not asked to say so.
            if retry_on_intr(|| rustix::io::read(&file, spare_capacity(&mut self.buffer)))? < PAGE / 4 {
                break;
            }
        }
        Ok(())
    }
}

/// Reads one such file, up to the limit; what is longer is cut.
///
/// # Errors
/// As the system tells.
pub fn read_small(path: &Path) -> io::Result<Vec<u8>> {
    let mut files = KernelFiles::default();
    files.fill(path)?;
    Ok(files.buffer)
}

/// Reads a file of less than a kilobyte below an open directory, with one call; absent when it is not there.
pub(super) fn read_at(directory: &OwnedFd, path: &str, buffer: &mut Vec<u8>) -> Option<()> {
    let file = rustix::fs::openat(directory, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    buffer.clear();
    buffer.resize(1 << 10, 0);
    let length = rustix::io::read(&file, &mut buffer[..]).ok()?;
    buffer.truncate(length);
    Some(())
}

/// The path of what is at `path`, without symbolic links. The kernel is asked once, not for each part of it.
///
/// # Errors
/// As opening it.
pub(super) fn real_path(path: &Path) -> io::Result<PathBuf> {
    let file = rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    match path_of(&file) {
        Some(real) => Ok(real),
        // Without a /proc of our own.
        None => std::fs::canonicalize(path),
    }
}

/// The path of an open file without symbolic links; absent when it has none, or there is no `/proc`.
pub(super) fn path_of(file: &OwnedFd) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).ok().filter(|path| path.is_absolute())
}

/// The kernel's name of the block device `MAJOR:MINOR`; absent when `/sys` does not have it.
pub(super) fn device_name(sysfs: &Path, device: &str) -> Option<String> {
    let link = sysfs.join("dev/block").join(device);
    let target = std::fs::read_link(&link).or_else(|_| real_path(&link)).ok()?;
    Some(target.file_name()?.to_string_lossy().into_owned())
}

/// Entries of a directory whose names begin with one of `prefixes` and a digit, by that number; none when it cannot be
/// listed.
pub(super) fn numbered(directory: &Path, prefixes: &[&str]) -> Vec<(u32, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(directory) else { return vec![] };
    let number = |name: &str| prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)?.parse().ok());
    let mut found: Vec<(u32, PathBuf)> =
        entries.flatten().filter_map(|entry| Some((number(entry.file_name().to_str()?)?, entry.path()))).collect();
    found.sort();
    found
}

/// Processors in a list such as `0-3,6`, up to [`CPUS_MAX`]; absent when it is no such list.
pub(super) fn parse_cpu_list(list: &str) -> Option<Vec<u32>> {
    let mut cpus = Vec::new();
    for range in list.trim().split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        if last < first || last >= CPUS_MAX {
            return None;
        }
        cpus.extend(first..=last);
    }
    Some(cpus)
}

/// Processors of the largest machine that a kernel can be built for.
const CPUS_MAX: u32 = 8_192;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_masked_is_unknown_and_what_is_odd_is_counted() {
        let base = std::env::temp_dir().join(format!("brokerwatch-kernel-files-{}", std::process::id()));
        std::fs::create_dir_all(&base).unwrap();
        let file = |name: &str, bytes: &[u8]| {
            std::fs::write(base.join(name), bytes).unwrap();
            base.join(name)
        };
        let (paths, masked) = ([base.join("missing"), base.clone()], [file("empty", b""), file("blank", b"\n")]);
        let odd = [file("odd", b"N/A\n"), file("bytes", b"\xff\xfe"), file("large", b"18446744073709551616")];
        let (right, mut files) = (file("right", b" 7\n"), KernelFiles::default());
        for path in &paths {
            assert_eq!((files.number(path), files.unparsed()), (None, 0), "{}", path.display());
        }
        masked.iter().for_each(|path| assert_eq!((files.number(path), files.text(path)), (None, None)));
        assert_eq!(files.unparsed(), 2, "a text may be empty, a number may not");
        odd.iter().for_each(|path| assert_eq!(files.number(path), None, "{}", path.display()));
        assert_eq!((files.number(&right), files.unparsed()), (Some(7), 5));
        std::fs::remove_dir_all(&base).unwrap();
    }

    #[test]
    fn what_is_not_there_is_not_told_and_what_is_empty_or_refused_is() {
        let mut files = KernelFiles::default();
        assert_eq!(files.read(Path::new("/nowhere/at/all"), "all", |_| Some(1)), None);
        assert!(files.unread.is_empty());
        assert_eq!(files.read(Path::new("/dev/null"), "null", |bytes| bytes.first().copied()), None);
        files.failed(Path::new("x"), "psi", &Errno::OPNOTSUPP.into());
        files.failed(Path::new("x"), "io", &Errno::ACCESS.into());
        files.failed(Path::new("x"), "stat", &Errno::SRCH.into());
        let told: Vec<_> = files.unread.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
        assert_eq!(told, [("io", ErrorKind::Permission), ("null", ErrorKind::Parse), ("psi", ErrorKind::Unsupported)]);
        assert_eq!(files.unparsed(), 1);
    }

    #[test]
    fn lists_of_processors_are_read_and_nonsense_is_not() {
        assert_eq!(parse_cpu_list("0-3,6\n"), Some(vec![0, 1, 2, 3, 6]));
        for odd in ["", "3-1", "0-4294967295", "a", "1-", "0-8192"] {
            assert_eq!(parse_cpu_list(odd), None, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn no_list_makes_it_panic(text in "[0-9,\\- ]{0,40}") {
            let _ = parse_cpu_list(&text);
        }
    }
}
