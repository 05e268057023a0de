//! Log directories of real brokers on disks that break on command.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::common::tools::skip;
use crate::harness::{Cluster, eventually};

/// A mounted file system with a log directory, whose disk breaks on command; taken down when dropped.
pub(crate) struct FaultDisk {
    dir: PathBuf,
    /// Kernel name of its loop device.
    pub(crate) device: String,
    /// The log directory on it.
    pub(crate) log_dir: String,
}

impl FaultDisk {
    fn up(dir: &Path) -> Self {
        let said = tool("up", dir, &["--mb", "400"]).unwrap();
        let device = said.split_whitespace().find_map(|word| word.strip_prefix("LOOP=/dev/")).unwrap().to_owned();
        let log_dir = dir.join("mnt/data-b").display().to_string();
        Self { dir: dir.to_owned(), device, log_dir }
    }

    /// Where its file system is mounted.
    pub(crate) fn mount(&self) -> PathBuf {
        self.dir.join("mnt")
    }

    /// What is wrong with it from now on; nothing makes it well.
    pub(crate) fn set(&self, faults: &[&str]) {
        tool("set", &self.dir, faults).unwrap();
    }

    /// Leaves two percent of it.
    pub(crate) fn fill(&self) {
        let found = rustix::fs::statvfs(self.mount()).unwrap();
        let bytes = (found.f_bavail - found.f_blocks / 50) * found.f_frsize;
        let file = self.filler();
        let status = Command::new("fallocate").args(["-l", &bytes.to_string()]).arg(file).status().unwrap();
        assert!(status.success());
    }

    /// Takes back what [`FaultDisk::fill`] took.
    pub(crate) fn empty(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.mount().join("filler")
    }

    /// Makes it well and checks its file system, which met errors. Nobody may be at work on it.
    pub(crate) fn repair(&self) {
        self.set(&[]);
        eventually(Duration::from_secs(20), || tool("down", &self.dir, &[]));
        let checked = Command::new("e2fsck").args(["-f", "-y"]).arg(self.dir.join("backing")).output().unwrap();
        assert!(checked.status.code().is_some_and(|code| code < 4), "{checked:?}");
        tool("up", &self.dir, &[]).unwrap();
    }
}

impl Drop for FaultDisk {
    fn drop(&mut self) {
        match tool("down", &self.dir, &[]) {
            Ok(_) => drop(std::fs::remove_dir_all(&self.dir)),
            // Its directory stays, for tests/run to take down.
            Err(said) => println!("{said}"),
        }
    }
}

fn tool(command: &str, dir: &Path, arguments: &[&str]) -> Result<String, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/fault-disk");
    let output = Command::new(script).arg(command).arg(dir).args(arguments).output().unwrap();
    let said = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said).into_owned()).concat();
    if output.status.success() { Ok(said) } else { Err(format!("fault-disk {command}: {said}")) }
}

/// Whether this user may make block devices; where everything is required, it must.
pub(crate) fn may_make_disks() -> bool {
    let may = rustix::process::geteuid().is_root() && Path::new("/dev/fuse").exists();
    if !may {
        skip("disks that break need root and /dev/fuse");
    }
    may
}

/// Moves the second log directory of each of these brokers to a disk of its own, beside the cluster's directory, which is removed
/// before they are unmounted.
pub(crate) fn put_on_disks(cluster: &Cluster, brokers: &[u32]) -> BTreeMap<u32, FaultDisk> {
    let put = |id: &u32| {
        let node = id.to_string();
        cluster.kafka(&["term", &node]);
        let name = format!("brokerwatch-test-{}-disk-{id}", std::process::id());
        let disk = FaultDisk::up(&std::env::temp_dir().join(name));
        let before = cluster.file(&format!("broker-{id}/data-b"));
        assert!(Command::new("cp").args(["-a", &before, &disk.log_dir]).status().unwrap().success());
        let file = cluster.properties(&node);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(&before), "{text}");
        std::fs::write(&file, text.replace(&before, &disk.log_dir)).unwrap();
        cluster.kafka(&["start", &node, "--no-wait"]);
        (*id, disk)
    };
    let disks = brokers.iter().map(put).collect();
    cluster.kafka(&["wait"]);
    disks
}
