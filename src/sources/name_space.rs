//! Opening files as another process sees them: through its own root, so that paths of a container and symbolic links
//! in it mean what they mean to it. Runs in the reader process only.

use std::cell::OnceCell;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};

use super::kernel_files::path_of;
use super::mounts::{Mount, mount_of, read_mounts};
use super::properties::file_failure;
use crate::snapshot::Failure;

/// The files of one process, or our own where none is given.
#[derive(Debug)]
pub struct NameSpace {
    procfs: PathBuf,
    /// The process in `/proc`; `self` without one.
    process: String,
    root: Root,
    /// Read when they are asked for: a busy machine has hundreds of mounts, and most looks need none.
    mounts: OnceCell<Vec<Mount>>,
}

#[derive(Debug)]
enum Root {
    /// Its own root.
    Of(OwnedFd),
    /// Ours.
    Ours,
    /// We may not use its root.
    Denied,
}

impl NameSpace {
    /// That of process `pid`.
    #[must_use]
    pub fn of(procfs: &Path, pid: Option<u32>) -> Self {
        let process = pid.map_or_else(|| "self".to_owned(), |pid| pid.to_string());
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = match pid.map(|_| rustix::fs::open(procfs.join(&process).join("root"), flags, Mode::empty())) {
            Some(Ok(root)) => Root::Of(root),
            Some(Err(rustix::io::Errno::ACCESS | rustix::io::Errno::PERM)) => Root::Denied,
            // It has ended, or a test's /proc does not have it.
            Some(Err(_)) | None => Root::Ours,
        };
        Self { procfs: procfs.to_path_buf(), process, root, mounts: OnceCell::new() }
    }

    /// Its mounts, as they were when they were first asked for.
    #[must_use]
    pub fn mounts(&self) -> &[Mount] {
        self.mounts.get_or_init(|| read_mounts(&self.procfs, &self.process))
    }

    /// Opens `path`, which is absolute, with `flags`.
    ///
    /// # Errors
    /// As opening it by its process would; `PermissionDenied` too when we may not use that process' root and the path
    /// does not lie at the same place for us.
    pub fn open(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        let flags = flags | OFlags::CLOEXEC | OFlags::RDONLY;
        match &self.root {
            Root::Of(root) => {
                let below = path.strip_prefix("/").unwrap_or(path);
                let below = if below.as_os_str().is_empty() { Path::new(".") } else { below };
                Ok(openat2(root, below, flags, Mode::empty(), ResolveFlags::IN_ROOT)?)
            }
            Root::Denied if !self.is_ours(path) => Err(io::ErrorKind::PermissionDenied.into()),
            Root::Denied | Root::Ours => Ok(rustix::fs::openat(CWD, path, flags, Mode::empty())?),
        }
    }

    /// Reads a small file whole.
    ///
    /// # Errors
    /// As [`super::properties::read_bounded`].
    pub fn read(&self, path: &Path) -> Result<(Vec<u8>, rustix::fs::Stat), Failure> {
        let file = self.open(path, OFlags::NOCTTY | OFlags::NONBLOCK).map_err(|error| file_failure(path, &error))?;
        let stat = rustix::fs::fstat(&file).map_err(|error| file_failure(path, &error.into()))?;
        Ok((super::properties::read_bounded_from(path, Ok(File::from(file)))?, stat))
    }

    /// The path of an open file without symbolic links, as the process sees it; absent when it has none.
    #[must_use]
    pub fn path_of(&self, file: &OwnedFd) -> Option<PathBuf> {
        let path = path_of(file)?;
        // One whose root is a directory of ours (chroot) sees what is below that.
        let below = match &self.root {
            Root::Of(root) => path_of(root).filter(|root| root != Path::new("/")),
            Root::Ours | Root::Denied => None,
        };
        let inside = below.and_then(|root| Some(Path::new("/").join(path.strip_prefix(root).ok()?)));
        Some(inside.unwrap_or(path))
    }

    /// Whether `path` lies at the same place of the same file system for us as for the process.
    fn is_ours(&self, path: &Path) -> bool {
        let place = |mounts: &[Mount]| mount_of(mounts, path).map(|mount| (mount.fs.clone(), mount.inside(path)));
        place(self.mounts()).is_some_and(|theirs| place(&read_mounts(&self.procfs, "self")) == Some(theirs))
    }
}
