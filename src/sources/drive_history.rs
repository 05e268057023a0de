//! Files in which what was learned of drives outlives a restart. Runs in the reader process only: the directory may lie on a
//! drive that hangs.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::properties::file_failure;
use crate::limits::DRIVE_HISTORY_BYTES_MAX;
use crate::snapshot::{ErrorKind, Failure};

/// The text of a file; absent when there is none yet. What is not text is returned with replacement characters.
///
/// # Errors
/// `Permission`, `Io`, or `Limit` when it is larger than any that this program writes.
pub fn read_history(dir: &Path, name: &str) -> Result<Option<String>, Failure> {
    let path = place(dir, name)?;
    let file = match fs::File::open(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(|error| file_failure(&path, &error))?,
    };
    let mut bytes = Vec::new();
    file.take(DRIVE_HISTORY_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| file_failure(&path, &error))?;
    if bytes.len() as u64 > DRIVE_HISTORY_BYTES_MAX {
        let message = format!("{} is larger than {DRIVE_HISTORY_BYTES_MAX} bytes; remove it.", path.display());
        return Err(Failure::new(ErrorKind::Limit, message));
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Writes a file whole or not at all: beside its place first, then over it.
///
/// # Errors
/// `NotFound`, `Permission` or `Io` when the directory cannot be written to.
pub fn write_history(dir: &Path, name: &str, text: &str) -> Result<(), Failure> {
    let path = place(dir, name)?;
    let beside = path.with_extension("new");
    let written = fs::File::create(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&beside, &path)).map_err(|error| file_failure(&path, &error))
}

fn place(dir: &Path, name: &str) -> Result<PathBuf, Failure> {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && !name.is_empty();
    let refused = || Failure::new(ErrorKind::Io, "A file in the state directory has a plain name.");
    plain.then(|| dir.join(name).with_extension("json")).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_whole_and_read_back_and_names_stay_in_the_directory() {
        let dir = std::env::temp_dir().join(format!("brokerwatch-history-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let before = read_history(&dir, "drive-1");
        let written = [write_history(&dir, "drive-1", "one"), write_history(&dir, "drive-1", "two")];
        let after = read_history(&dir, "drive-1");
        let names: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        fs::write(dir.join("drive-2.json"), b"\xff").unwrap();
        let odd = read_history(&dir, "drive-2");
        let large = vec![b'x'; usize::try_from(DRIVE_HISTORY_BYTES_MAX).unwrap() + 1];
        fs::write(dir.join("drive-3.json"), large).unwrap();
        let large = read_history(&dir, "drive-3");
        fs::remove_dir_all(&dir).unwrap();
        assert_eq!((before, after, odd), (Ok(None), Ok(Some("two".to_owned())), Ok(Some("\u{fffd}".to_owned()))));
        assert!(written.iter().all(Result::is_ok));
        assert_eq!(names, ["drive-1.json"], "nothing is left beside it");
        assert_eq!(large.unwrap_err().kind, ErrorKind::Limit);
        assert_eq!(write_history(&dir, "drive-1", "").unwrap_err().kind, ErrorKind::NotFound);
        for name in ["", "../x", "a/b", "a.b"] {
            assert!(read_history(&dir, name).is_err() && write_history(&dir, name, "").is_err(), "{name}");
        }
    }
}
