//! Which mount a path lies on, told from mountinfo alone: looking at the path itself may hang.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use crate::snapshot::Mounted;

/// Mount options that are kept: what decides over data, and nothing that can be a user's name or a secret.
const OPTIONS: &[&str] = &[
    "ro",
    "rw",
    "emergency_ro",
    "shutdown",
    "noatime",
    "relatime",
    "strictatime",
    "sync",
    "nobarrier",
    "barrier",
    "data",
    "errors",
    "nolock",
    "local_lock",
    "soft",
    "hard",
    "vers",
    "noload",
    "norecovery",
    "journal_async_commit",
];

/// A line of a mountinfo (proc(5)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// `MAJOR:MINOR` of its file system.
    pub fs: String,
    /// The directory of the file system that is mounted.
    pub root: PathBuf,
    /// The mount point.
    pub point: PathBuf,
    /// Options of the mount.
    pub options: Vec<String>,
    /// Type of the file system.
    pub kind: String,
    /// What is mounted: a device, a server's export, or just a name.
    pub source: String,
    /// Options of the file system.
    pub super_options: Vec<String>,
}

impl Mount {
    /// The path inside the file system that `path` of the mount's name space is.
    #[must_use]
    pub fn inside(&self, path: &Path) -> PathBuf {
        self.root.join(path.strip_prefix(&self.point).unwrap_or(Path::new("")))
    }

    /// What a snapshot keeps of it.
    #[must_use]
    pub fn facts(&self) -> Mounted {
        Mounted {
            fs: self.fs.clone(),
            kind: self.kind.clone(),
            point: self.point.to_string_lossy().into_owned(),
            options: known(&self.options).chain(known(&self.super_options)).collect(),
        }
    }

    /// The value of an option of the file system.
    #[must_use]
    pub fn super_option(&self, name: &str) -> Option<&str> {
        self.super_options.iter().find_map(|option| option.strip_prefix(name)?.strip_prefix('='))
    }

    /// Whether its node cannot write: the file system, or where `of_node` says that this is the node's own mount, the mount
    /// is read-only, in all words that kernels have for it. Not every kernel tells.
    #[must_use]
    pub fn refuses_writes(&self, of_node: bool) -> Option<&'static str> {
        let has = |options: &[String], word: &str| options.iter().any(|option| option == word);
        let of_fs = ["shutdown", "emergency_ro"].into_iter().find(|word| has(&self.super_options, word));
        of_fs.or_else(|| ((of_node && has(&self.options, "ro")) || has(&self.super_options, "ro")).then_some("ro"))
    }
}

/// Those of the options that a snapshot keeps.
pub fn known(options: &[String]) -> impl Iterator<Item = String> {
    let named = |option: &&String| OPTIONS.contains(&option.split('=').next().unwrap_or(""));
    options.iter().filter(named).cloned()
}

/// The mounts that a process sees: `self`, or a process id.
#[must_use]
pub fn read_mounts(procfs: &Path, process: &str) -> Vec<Mount> {
    parse_mounts(&read_mountinfo(procfs, process))
}

/// The mountinfo of a process: `self`, or a process id; empty when it may not be read, or the process has ended.
#[must_use]
pub fn read_mountinfo(procfs: &Path, process: &str) -> Vec<u8> {
    // Without it, all directories are one group: slower to isolate a hanging drive, never wrong.
    std::fs::read(procfs.join(process).join("mountinfo")).unwrap_or_default()
}

/// Lines of a mountinfo (proc(5)), with octal escapes undone. A path is any bytes.
#[must_use]
pub fn parse_mounts(mountinfo: &[u8]) -> Vec<Mount> {
    mountinfo.split(|byte| *byte == b'\n').filter_map(parse_mount).collect()
}

fn parse_mount(line: &[u8]) -> Option<Mount> {
    let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
    let path = |field: &[u8]| PathBuf::from(OsString::from_vec(unescape(field)));
    let mut fields = line.split(|byte| *byte == b' ');
    let fs = text(fields.nth(2)?);
    let (root, point, options) = (path(fields.next()?), path(fields.next()?), text(fields.next()?));
    // Optional fields end with a hyphen.
    let mut behind = fields.skip_while(|field| *field != b"-").skip(1);
    let kind = behind.next().map(text).unwrap_or_default();
    let source = behind.next().map(unescape).unwrap_or_default();
    let of_fs = behind.next().map(unescape).unwrap_or_default();
    let list = |options: &str| options.split(',').filter(|option| !option.is_empty()).map(str::to_owned).collect();
    let (options, super_options) = (list(&options), list(&text(&of_fs)));
    Some(Mount { fs, root, point, options, kind, source: text(&source), super_options })
}

/// The mount that `path` lies on by its name: the longest mount point that is an ancestor, of two at one point the
/// later. Symbolic links are not followed, since that would touch the file system.
#[must_use]
pub fn mount_of<'a>(mounts: &'a [Mount], path: &Path) -> Option<&'a Mount> {
    let above = mounts.iter().filter(|mount| path.starts_with(&mount.point));
    above.max_by_key(|mount| mount.point.components().count())
}

/// What questions about `path` are grouped by: its mount point among our own mounts, so that one drive is one group
/// whatever the name space. A wrong guess only puts two directories into one group.
#[must_use]
pub fn group_of(own: &[Mount], theirs: &[Mount], path: &Path) -> String {
    let Some(mount) = mount_of(theirs, path) else { return "/".to_owned() };
    let same = own.iter().find(|own| own.point == mount.point && own.fs == mount.fs);
    let same = same.or_else(|| own.iter().find(|own| own.fs == mount.fs));
    same.unwrap_or(mount).point.to_string_lossy().into_owned()
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

    fn mounts() -> Vec<Mount> {
        parse_mounts(
            b"22 1 0:20 / / rw - ext4 /dev/vda rw\n\
              30 22 8:1 / /data rw,noatime shared:1 master:2 - xfs /dev/sda rw,emergency_ro,username=x\n\
              31 22 8:2 / /data/with\\040blank rw - xfs /dev/sdb rw\n\
              32 22 8:3 / /data/\xff rw - xfs /dev/sdc rw\n\
              33 22 8:1 /broker-2 /bound rw - xfs /dev/sda rw\n",
        )
    }

    fn point(path: &Path) -> PathBuf {
        mount_of(&mounts(), path).unwrap().point.clone()
    }

    #[test]
    fn the_longest_mount_point_by_components_wins() {
        assert_eq!(mounts().len(), 5);
        assert_eq!(point(Path::new("/data/a")), Path::new("/data"));
        assert_eq!(point(Path::new("/database")), Path::new("/"));
        assert_eq!(point(Path::new("/data/with blank/x")), Path::new("/data/with blank"));
        let odd = Path::new(OsStr::from_bytes(b"/data/\xff/a"));
        assert_eq!(point(odd), odd.parent().unwrap(), "a name that is not UTF-8 hides no other");
    }

    #[test]
    fn a_bind_mount_shows_where_it_lies_inside_its_file_system() {
        let mounts = mounts();
        let (real, bound) = (Path::new("/data/broker-2/x"), Path::new("/bound/x"));
        let place = |path: &Path| mount_of(&mounts, path).map(|mount| (mount.fs.clone(), mount.inside(path)));
        assert_eq!(place(real), place(bound));
        assert_eq!(place(bound), Some(("8:1".to_owned(), PathBuf::from("/broker-2/x"))));
        assert_eq!(group_of(&mounts[..4], &mounts, bound), "/data", "asked for under our own name of the drive");
    }

    #[test]
    fn options_are_those_of_mount_and_file_system_and_name_nobody() {
        let facts = mount_of(&mounts(), Path::new("/data/a")).unwrap().facts();
        assert_eq!(facts.options, ["rw", "noatime", "rw", "emergency_ro"]);
        assert_eq!(facts.kind, "xfs");
    }

    #[test]
    fn every_word_for_read_only_is_known() {
        let refusal = |options: &str, of_fs: &str| {
            let line = format!("30 22 8:1 / /data {options} - ext4 /dev/sda {of_fs}\n");
            parse_mounts(line.as_bytes())[0].refuses_writes(true)
        };
        assert_eq!(refusal("rw,relatime", "rw,errors=remount-ro"), None);
        assert_eq!(refusal("rw", "rw,emergency_ro"), Some("emergency_ro"));
        assert_eq!(refusal("rw", "rw,shutdown"), Some("shutdown"));
        assert_eq!((refusal("ro", "rw"), refusal("rw", "ro")), (Some("ro"), Some("ro")));
    }
}
