//! Which mount a path lies on, told from `/proc/self/mountinfo` alone: looking at the path itself may hang.

use std::path::{Path, PathBuf};

/// The mount points that this process sees.
#[must_use]
pub fn read_mount_points(procfs: &Path) -> Vec<PathBuf> {
    // Without it, all directories are one group: slower to isolate a hanging drive, never wrong.
    parse_mount_points(&std::fs::read_to_string(procfs.join("self/mountinfo")).unwrap_or_default())
}

/// Mount points of a mountinfo (proc(5)): field 5, with octal escapes undone.
#[must_use]
pub fn parse_mount_points(mountinfo: &str) -> Vec<PathBuf> {
    let point = |line: &str| line.split(' ').nth(4).map(|field| PathBuf::from(unescape(field)));
    mountinfo.lines().filter_map(point).collect()
}

/// The mount that `path` lies on by its name: the longest mount point that is an ancestor. Symbolic links are not
/// followed, since that would touch the file system; a wrong guess only puts two directories into one group.
#[must_use]
pub fn mount_of<'a>(points: &'a [PathBuf], path: &Path) -> &'a Path {
    let above = points.iter().filter(|point| path.starts_with(point));
    above.max_by_key(|point| point.components().count()).map_or(Path::new("/"), |point| point)
}

fn unescape(field: &str) -> String {
    let mut text = field.to_owned();
    for (escape, character) in [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")] {
        text = text.replace(escape, character);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mount_point_by_components_wins() {
        let mountinfo = "22 1 0:20 / / rw - ext4 /dev/vda rw\n\
                         30 22 8:1 / /data rw - xfs /dev/sda rw\n\
                         31 22 8:2 / /data/with\\040blank rw - xfs /dev/sdb rw\n";
        let points = parse_mount_points(mountinfo);
        assert_eq!(mount_of(&points, Path::new("/data/a")), Path::new("/data"));
        assert_eq!(mount_of(&points, Path::new("/database")), Path::new("/"));
        assert_eq!(mount_of(&points, Path::new("/data/with blank/x")), Path::new("/data/with blank"));
    }
}
