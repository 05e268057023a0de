//! Which mount a path lies on, told from `/proc/self/mountinfo` alone: looking at the path itself may hang.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// The mount points that this process sees.
#[must_use]
pub fn read_mount_points(procfs: &Path) -> Vec<PathBuf> {
    // Without it, all directories are one group: slower to isolate a hanging drive, never wrong.
    parse_mount_points(&std::fs::read(procfs.join("self/mountinfo")).unwrap_or_default())
}

/// Mount points of a mountinfo (proc(5)): field 5, with octal escapes undone. A path is any bytes.
#[must_use]
pub fn parse_mount_points(mountinfo: &[u8]) -> Vec<PathBuf> {
    let point = |line: &[u8]| {
        let field = line.split(|byte| *byte == b' ').nth(4)?;
        Some(PathBuf::from(OsString::from_vec(unescape(field))))
    };
    mountinfo.split(|byte| *byte == b'\n').filter_map(point).collect()
}

/// The mount that `path` lies on by its name: the longest mount point that is an ancestor. Symbolic links are not
/// followed, since that would touch the file system; a wrong guess only puts two directories into one group.
#[must_use]
pub fn mount_of<'a>(points: &'a [PathBuf], path: &Path) -> &'a Path {
    let above = points.iter().filter(|point| path.starts_with(point));
    above.max_by_key(|point| point.components().count()).map_or(Path::new("/"), |point| point)
}

/// Undoes `\040` and its like.
fn unescape(mut field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    while let Some((first, rest)) = field.split_first() {
        let digits = rest.get(..3).filter(|_| *first == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(escaped) => {
                bytes.push(escaped);
                field = &rest[3..];
            }
            None => {
                bytes.push(*first);
                field = rest;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn the_longest_mount_point_by_components_wins() {
        let mountinfo = b"22 1 0:20 / / rw - ext4 /dev/vda rw\n\
                         30 22 8:1 / /data rw - xfs /dev/sda rw\n\
                         31 22 8:2 / /data/with\\040blank rw - xfs /dev/sdb rw\n\
                         32 22 8:3 / /data/\xff rw - xfs /dev/sdc rw\n";
        let points = parse_mount_points(mountinfo);
        assert_eq!(points.len(), 4);
        assert_eq!(mount_of(&points, Path::new("/data/a")), Path::new("/data"));
        assert_eq!(mount_of(&points, Path::new("/database")), Path::new("/"));
        assert_eq!(mount_of(&points, Path::new("/data/with blank/x")), Path::new("/data/with blank"));
        let odd = Path::new(OsStr::from_bytes(b"/data/\xff/a"));
        assert_eq!(mount_of(&points, odd), odd.parent().unwrap(), "a name that is not UTF-8 hides no other");
    }
}
