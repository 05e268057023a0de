//! Small files of `/proc` and `/sys`. A file that is missing or denied is unknown. So is one that is there and empty, as
//! containers mask files, or says what it should not: these are counted.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::limits::KERNEL_FILE_BYTES_MAX;

/// Reads files with one buffer, and counts those that could not be made sense of.
#[derive(Debug, Default)]
pub(super) struct KernelFiles {
    buffer: Vec<u8>,
    /// How many there were: broken ones, and empty ones where something must stand.
    pub(super) unparsed: u32,
}

impl KernelFiles {
    /// What `parse` makes of a file's text; absent when it cannot be read, or is empty, or `parse` makes nothing of it.
    pub(super) fn parsed<T>(&mut self, path: &Path, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        self.read(path)?;
        let text = std::str::from_utf8(&self.buffer).ok().filter(|text| !text.trim().is_empty());
        let parsed = text.and_then(parse);
        self.unparsed += u32::from(parsed.is_none());
        parsed
    }

    /// A file's text without blanks around it; one that may be empty.
    pub(super) fn text(&mut self, path: &Path) -> Option<String> {
        self.read(path)?;
        let text = std::str::from_utf8(&self.buffer).ok().map(|text| text.trim().to_owned());
        self.unparsed += u32::from(text.is_none());
        text.filter(|text| !text.is_empty())
    }

    /// A file that is one whole number.
    pub(super) fn number(&mut self, path: &Path) -> Option<u64> {
        self.parsed(path, |text| text.trim().parse().ok())
    }

    /// Kernels without PSI have its files, and refuse to be read, as links that are down do: that is no fault of a file.
    fn read(&mut self, path: &Path) -> Option<()> {
        self.buffer.clear();
        File::open(path)
            .and_then(|file| file.take(KERNEL_FILE_BYTES_MAX).read_to_end(&mut self.buffer))
            .ok()
            .map(|_| ())
    }
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
            assert_eq!((files.number(path), files.unparsed), (None, 0), "{}", path.display());
        }
        masked.iter().for_each(|path| assert_eq!((files.number(path), files.text(path)), (None, None)));
        assert_eq!(files.unparsed, 2, "a text may be empty, a number may not");
        odd.iter().for_each(|path| assert_eq!(files.number(path), None, "{}", path.display()));
        assert_eq!((files.number(&right), files.unparsed), (Some(7), 5));
        std::fs::remove_dir_all(&base).unwrap();
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
