//! One file, served over FUSE, whose reads and writes are delayed, fail or hang on command: a loop device on it is a block
//! device that breaks when it is told to, without a kernel module. `tests/tools/fault-disk` puts the parts together.
//!
//! `fault_disk BACKING FILE CONTROL` serves the bytes of BACKING as FILE until FILE is unmounted. CONTROL holds words:
//!
//! * `read_ms=N`, `write_ms=N`, `sync_ms=N`: each takes that much longer;
//! * `read_eio`, `write_eio`, `sync_eio`: each fails with EIO;
//! * `hang`: nothing is answered until the word is gone.
//!
//! The file is read again when its modification time changes; an empty one is a healthy disk.

#![expect(clippy::disallowed_methods, reason = "a disk of tests does I/O")]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fuser::{
    Config, Errno, FileAttr, FileHandle, FileType, Filesystem, INodeNo, LockOwner, MountOption, OpenFlags, ReplyAttr,
    ReplyData, ReplyEmpty, ReplyWrite, Request, WriteFlags,
};

/// How long the kernel may remember the file's size.
const ATTRIBUTES_FOR: Duration = Duration::from_secs(3600);
/// How often a hanging request looks whether it still hangs.
const HANG_LOOK: Duration = Duration::from_millis(20);

#[derive(Clone, Copy)]
enum Operation {
    Read,
    Write,
    Sync,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Sync => "sync",
        }
    }
}

struct Control {
    path: PathBuf,
    /// The words of the file, and when it was written.
    seen: Mutex<(Option<SystemTime>, Arc<[String]>)>,
}

impl Control {
    fn words(&self) -> Arc<[String]> {
        let modified = std::fs::metadata(&self.path).and_then(|metadata| metadata.modified()).ok();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if modified != seen.0 {
            let text = std::fs::read_to_string(&self.path).unwrap_or_default();
            *seen = (modified, text.split_whitespace().map(str::to_owned).collect());
        }
        seen.1.clone()
    }

    fn says(&self, word: &str) -> bool {
        self.words().iter().any(|said| said == word)
    }

    /// Waits as long as the operation is to take; whether it may succeed then.
    fn suffer(&self, operation: Operation) -> bool {
        while self.says("hang") {
            thread::sleep(HANG_LOOK);
        }
        let delay = format!("{}_ms=", operation.name());
        let ms = self.words().iter().find_map(|word| word.strip_prefix(&delay)?.parse().ok());
        thread::sleep(Duration::from_millis(ms.unwrap_or(0)));
        !self.says(&format!("{}_eio", operation.name()))
    }
}

struct Disk {
    backing: Arc<File>,
    bytes: u64,
    control: Arc<Control>,
}

impl Disk {
    /// Answers on a thread of its own when the disk is not well, so that one request does not hold up the others.
    fn answer(&self, operation: Operation, reply: impl FnOnce(&File, bool) + Send + 'static) {
        if self.control.words().is_empty() {
            return reply(&self.backing, true);
        }
        let (backing, control) = (self.backing.clone(), self.control.clone());
        thread::spawn(move || {
            let may = control.suffer(operation);
            reply(&backing, may);
        });
    }
}

impl Filesystem for Disk {
    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        let attributes = FileAttr {
            ino,
            size: self.bytes,
            blocks: self.bytes / 512,
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind: FileType::RegularFile,
            perm: 0o600,
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: 4096,
            flags: 0,
        };
        reply.attr(&ATTRIBUTES_FOR, &attributes);
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        self.answer(Operation::Read, move |backing, may| {
            let mut bytes = vec![0; size as usize];
            match may.then(|| backing.read_at(&mut bytes, offset)) {
                Some(Ok(read)) => reply.data(&bytes[..read]),
                _ => reply.error(Errno::EIO),
            }
        });
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let data = data.to_vec();
        self.answer(Operation::Write, move |backing, may| match may.then(|| backing.write_all_at(&data, offset)) {
            Some(Ok(())) => reply.written(data.len() as u32),
            _ => reply.error(Errno::EIO),
        });
    }

    fn fsync(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.answer(Operation::Sync, move |backing, may| match may.then(|| backing.sync_data()) {
            Some(Ok(())) => reply.ok(),
            _ => reply.error(Errno::EIO),
        });
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }
}

fn main() -> std::io::Result<()> {
    let [backing, file, control] = std::env::args()
        .skip(1)
        .collect::<Vec<String>>()
        .try_into()
        .map_err(|_| std::io::Error::other("usage: fault_disk BACKING FILE CONTROL"))?;
    let backing = File::options().read(true).write(true).open(backing)?;
    let bytes = backing.metadata()?.len();
    let control = Control { path: control.into(), seen: Mutex::new((None, Arc::new([]))) };
    let mut config = Config::default();
    config.mount_options = vec![MountOption::FSName("fault_disk".to_owned()), MountOption::DefaultPermissions];
    fuser::mount(Disk { backing: Arc::new(backing), bytes, control: Arc::new(control) }, file, &config)
}
