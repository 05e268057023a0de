//! `brokerwatch smart-helper`: asks drives for their health and reads the kernel's log, with rights that the server does not
//! have, and leaves one document for it. It is started by a timer, answers nobody, and listens nowhere: a spool file gives
//! whoever takes over the server nothing to talk to, where a socket would be a way to root.
//!
//! Each drive is asked by a process of its own, since a command may hang in the kernel for minutes and a thread that
//! hangs holds its process. One that does not answer in time is killed; one that does not even die is remembered, and its
//! drive is asked nothing until it has ended.

pub mod nvme;
pub mod smartctl;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::kernel_files::read_small;
use super::kernel_log::read_kernel_log;
use super::proc::read_state;
use super::properties::file_failure;
use crate::limits::{DRIVES_MAX, SMART_OUTPUT_BYTES_MAX};
use crate::snapshot::{DataErrors, DriveHealth, DriveReading, ErrorKind, Failure, HealthSpool, ProcessId, UnixMs};

/// Milliseconds between two questions to a drive: they cost it time, and health changes slowly.
const ASK_EVERY_MS: u64 = 280_000;
/// Milliseconds that a drive has to answer.
const ANSWER_MS: u64 = 15_000;
/// Milliseconds that a process has to die when it is killed; one that hangs in the kernel does not.
const DEATH_MS: u64 = 500;
/// Milliseconds for which a drive that told its health and is there no more is still told of.
const GONE_MS_MAX: u64 = 86_400_000;
/// Milliseconds after which what the helper wrote no longer counts; its timer runs twice a minute.
pub const SPOOL_MS_MAX: u64 = 180_000;

/// What the helper is told.
#[derive(Clone, Debug)]
pub struct Helper {
    /// Root of the proc file system.
    pub procfs: PathBuf,
    /// Root of the sys file system.
    pub sysfs: PathBuf,
    /// Where device nodes are.
    pub devices: PathBuf,
    /// The document.
    pub spool: PathBuf,
    /// The program smartctl; ATA and SAS drives are not asked without it.
    pub smartctl: Option<PathBuf>,
    /// This program.
    pub program: PathBuf,
}

/// A drive and how it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Drive {
    /// An NVMe controller.
    Nvme(PathBuf),
    /// An ATA or SAS drive.
    Scsi(PathBuf),
}

/// One run: the kernel's log, the drives when they are due, and the document.
///
/// # Errors
/// When the document cannot be written.
pub fn run(helper: &Helper) -> io::Result<()> {
    let boot_id = read_small(&helper.procfs.join("sys/kernel/random/boot_id")).unwrap_or_default();
    let boot_id = String::from_utf8_lossy(&boot_id).trim().to_owned();
    let mut spool = read_document(&helper.spool).unwrap_or_default();
    if spool.boot_id != boot_id {
        // Counts and processes of an earlier boot.
        spool = HealthSpool { boot_id, ..HealthSpool::default() };
    }
    let before = spool.kernel_log.clone().unwrap_or_default();
    match read_kernel_log(&helper.devices.join("kmsg"), &before) {
        Ok(log) => (spool.kernel_log, spool.kernel_log_failure) = (Some(log), None),
        // What was counted once may be behind by now: it is not told on.
        Err(failure) => (spool.kernel_log, spool.kernel_log_failure) = (None, Some(failure)),
    }
    let now = wall();
    let is_due = spool.drives_read_at.is_none_or(|at| now.since(at) >= ASK_EVERY_MS || now < at);
    if is_due {
        spool.drives = ask_all(helper, &spool.drives);
        spool.drives_read_at = Some(wall());
    }
    spool.written_at = wall();
    write_document(&helper.spool, &spool)
}

/// Reads what the helper wrote.
///
/// # Errors
/// `NotFound` without a helper, `Parse` for what it did not write, `Timeout` when it has not written for too long.
pub fn read_spool(path: &Path) -> Result<HealthSpool, Failure> {
    let spool = read_document(path)?;
    let age = wall().since(spool.written_at);
    if age > SPOOL_MS_MAX {
        let message = format!(
            "{} was written {} s ago: systemctl status brokerwatch-smart.timer brokerwatch-smart.service tells why.",
            path.display(),
            age / 1_000
        );
        return Err(Failure::new(ErrorKind::Timeout, message));
    }
    Ok(spool)
}

fn read_document(path: &Path) -> Result<HealthSpool, Failure> {
    let bytes = read_small(path).map_err(|error| file_failure(path, &error))?;
    let broken = |_| Failure::new(ErrorKind::Parse, format!("{} is not what smart-helper writes.", path.display()));
    serde_json::from_slice(&bytes).map_err(broken)
}

/// Writes it beside, then puts it in its place: a reader sees the old one or the new one.
fn write_document(path: &Path, spool: &HealthSpool) -> io::Result<()> {
    let beside = path.with_extension("new");
    // Whoever may read metrics may read this.
    let mut file = fs::File::options().write(true).create(true).truncate(true).mode(0o644).open(&beside)?;
    serde_json::to_writer(&mut file, spool)?;
    file.write_all(b"\n")?;
    fs::rename(beside, path)
}

fn wall() -> UnixMs {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMs(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}

/// The drives of the machine that have a health to tell, by the names of their block devices.
fn drives(sysfs: &Path, devices: &Path) -> BTreeMap<String, Drive> {
    let Ok(entries) = fs::read_dir(sysfs.join("block")) else { return BTreeMap::new() };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let drive = |name: String| {
        let known = if name.starts_with("nvme") {
            Drive::Nvme(devices.join(controller_of(sysfs, &name)?))
        } else if name.starts_with("sd") {
            Drive::Scsi(devices.join(&name))
        } else {
            return None;
        };
        Some((name, known))
    };
    names.filter_map(drive).take(DRIVES_MAX).collect()
}

/// The controller of an NVMe name space; of several ways to it the first.
fn controller_of(sysfs: &Path, name: &str) -> Option<String> {
    let above = sysfs.join("block").join(name).join("device");
    let target = fs::read_link(&above).ok()?.file_name()?.to_str()?.to_owned();
    if is_controller(&target) {
        return Some(target);
    }
    let entries = fs::read_dir(above).ok()?.flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| is_controller(name)).min()
}

fn is_controller(name: &str) -> bool {
    let number = name.strip_prefix("nvme").unwrap_or("");
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// A question under way: the process, and what it writes.
struct Asked {
    child: Child,
    output: Receiver<Vec<u8>>,
    drive: Drive,
}

/// Asks all drives at once.
fn ask_all(helper: &Helper, before: &BTreeMap<String, DriveReading>) -> BTreeMap<String, DriveReading> {
    let there = drives(&helper.sysfs, &helper.devices);
    let mut readings = gone(before, &there);
    let mut asked = Vec::new();
    for (name, drive) in there {
        let known = before.get(&name);
        let mut reading = known.map(remembered).unwrap_or_default();
        let hangs = known.and_then(|known| known.outstanding).filter(|process| lives(&helper.procfs, *process));
        match hangs {
            Some(process) => {
                reading.outstanding = Some(process);
                reading.failure = Some(unanswered(&format!("process {} still waits for it", process.pid)));
            }
            None => match ask(helper, &drive) {
                Ok(question) => asked.push((name.clone(), question)),
                Err(failure) => reading.failure = Some(failure),
            },
        }
        readings.insert(name, reading);
    }
    let end = Instant::now() + Duration::from_millis(ANSWER_MS);
    for (name, question) in asked {
        let Some(reading) = readings.get_mut(&name) else { continue };
        match answer(&helper.procfs, question, end) {
            Ok(health) => {
                let now = wall();
                // A drive that another one was changed for, under the same name: nothing is known of this one yet.
                let is_other = reading.serial.is_some() && health.serial.is_some() && reading.serial != health.serial;
                if is_other {
                    *reading = DriveReading::default();
                }
                if health.serial.is_some() {
                    reading.serial.clone_from(&health.serial);
                }
                let errors = health.data_errors().map(|count| DataErrors::after(reading.data_errors, count, now));
                (reading.health, reading.last_read_at, reading.data_errors) = (Some(health), Some(now), errors);
            }
            Err((failure, outstanding)) => (reading.failure, reading.outstanding) = (Some(failure), outstanding),
        }
    }
    readings
}

/// What outlives a look.
fn remembered(before: &DriveReading) -> DriveReading {
    let DriveReading { last_read_at, data_errors, .. } = *before;
    DriveReading { last_read_at, data_errors, serial: before.serial.clone(), ..DriveReading::default() }
}

/// Drives that told their health and have left the bus since: a controller that died takes its name along.
fn gone(before: &BTreeMap<String, DriveReading>, there: &BTreeMap<String, Drive>) -> BTreeMap<String, DriveReading> {
    let now = wall();
    let told = |reading: &DriveReading| reading.last_read_at.is_some_and(|at| now.since(at) < GONE_MS_MAX);
    let gone = before.iter().filter(|(name, reading)| !there.contains_key(*name) && told(reading));
    let failure = || Some(Failure::new(ErrorKind::NotFound, "The drive is gone: the kernel lists it no more."));
    gone.map(|(name, reading)| (name.clone(), DriveReading { failure: failure(), ..remembered(reading) }))
        .take(DRIVES_MAX)
        .collect()
}

fn lives(procfs: &Path, process: ProcessId) -> bool {
    read_state(procfs, process.pid).is_some_and(|(_, start_ticks)| start_ticks == process.start_ticks)
}

fn unanswered(why: &str) -> Failure {
    Failure::new(ErrorKind::Timeout, format!("The drive does not answer: {why}."))
}

fn ask(helper: &Helper, drive: &Drive) -> Result<Asked, Failure> {
    let mut command = match (drive, &helper.smartctl) {
        (Drive::Nvme(device), _) => {
            let mut command = Command::new(&helper.program);
            command.args(["smart-helper", "--nvme"]).arg(device);
            command
        }
        (Drive::Scsi(device), Some(smartctl)) => {
            let mut command = Command::new(smartctl);
            command.args(["--json=c", "--info", "--health", "--attributes", "--log=error"]).arg(device);
            command
        }
        (Drive::Scsi(_), None) => {
            let message =
                "ATA and SAS drives are asked through smartctl, which is not installed (package smartmontools).";
            return Err(Failure::new(ErrorKind::Unsupported, message));
        }
    };
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let failed = |error: io::Error| {
        let program = command_name(drive, helper);
        Failure::new(ErrorKind::Io, format!("{} cannot be started ({}).", program.display(), error.kind()))
    };
    let mut child = command.spawn().map_err(failed)?;
    let (sender, output) = channel();
    if let Some(mut pipe) = child.stdout.take() {
        // What is more than a pipe holds would stop the child.
        spawn(move || {
            let mut bytes = Vec::new();
            let _ = pipe.by_ref().take(SMART_OUTPUT_BYTES_MAX).read_to_end(&mut bytes);
            let _ = sender.send(bytes);
        });
    }
    Ok(Asked { child, output, drive: drive.clone() })
}

fn command_name(drive: &Drive, helper: &Helper) -> PathBuf {
    match (drive, &helper.smartctl) {
        (Drive::Scsi(_), Some(smartctl)) => smartctl.clone(),
        _ => helper.program.clone(),
    }
}

/// What a drive answered; or why not, and the process that still hangs over it.
fn answer(procfs: &Path, mut asked: Asked, end: Instant) -> Result<DriveHealth, (Failure, Option<ProcessId>)> {
    let broken = |what: &str| (Failure::new(ErrorKind::Io, what.to_owned()), None);
    loop {
        match asked.child.try_wait() {
            Ok(Some(status)) => {
                let output = asked.output.recv_timeout(Duration::from_millis(DEATH_MS)).unwrap_or_default();
                let health = match asked.drive {
                    Drive::Nvme(_) => serde_json::from_slice::<Result<DriveHealth, Failure>>(&output)
                        .unwrap_or_else(|_| Err(Failure::new(ErrorKind::Io, "The question to the drive was cut off."))),
                    Drive::Scsi(_) => smartctl::parse_smartctl(status.code(), &output),
                };
                return health.map_err(|failure| (failure, None));
            }
            Ok(None) if Instant::now() < end => sleep(Duration::from_millis(20)),
            Ok(None) => break,
            Err(_) => return Err(broken("The question to the drive cannot be waited for.")),
        }
    }
    let pid = asked.child.id();
    let process = read_state(procfs, pid).map(|(_, start_ticks)| ProcessId { pid, start_ticks });
    let _ = asked.child.kill();
    let dead_by = Instant::now() + Duration::from_millis(DEATH_MS);
    while Instant::now() < dead_by {
        if matches!(asked.child.try_wait(), Ok(Some(_))) {
            return Err((unanswered(&format!("no answer within {ANSWER_MS} ms")), None));
        }
        sleep(Duration::from_millis(20));
    }
    Err((unanswered("the process that asked it hangs in the kernel"), process))
}

/// Asks one NVMe drive and writes the answer, as one line of JSON: the helper's own child.
///
/// # Errors
/// When it cannot be written.
pub fn answer_nvme(device: &Path, output: impl Write) -> io::Result<()> {
    Ok(serde_json::to_writer(output, &nvme::read_nvme(device))?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::snapshot::{KernelClass, KernelLog};

    /// A machine with one SATA drive, whose smartctl is a script.
    struct Machine(PathBuf);

    impl Machine {
        fn new(name: &str, script: &str) -> Self {
            let root = std::env::temp_dir().join(format!("brokerwatch-smart-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&root);
            for folder in ["sys/block/sda", "sys/block/loop0", "dev", "spool"] {
                fs::create_dir_all(root.join(folder)).unwrap();
            }
            let smartctl = root.join("smartctl");
            fs::write(&smartctl, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&smartctl, fs::Permissions::from_mode(0o755)).unwrap();
            Self(root)
        }

        fn helper(&self) -> Helper {
            Helper {
                procfs: "/proc".into(),
                sysfs: self.0.join("sys"),
                devices: self.0.join("dev"),
                spool: self.0.join("spool/health.json"),
                smartctl: Some(self.0.join("smartctl")),
                program: "/bin/false".into(),
            }
        }
    }

    impl Drop for Machine {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn fixture(name: &str) -> String {
        format!("{}/tests/fixtures/smartctl/{name}.json", env!("CARGO_MANIFEST_DIR"))
    }

    #[test]
    fn a_drive_that_answered_once_and_is_gone_is_not_shown_as_it_was() {
        let machine = Machine::new("gone", &format!("/bin/cat {}", fixture("ata")));
        let helper = machine.helper();
        run(&helper).unwrap();
        let first = read_spool(&helper.spool).unwrap();
        assert_eq!(first.drives.keys().collect::<Vec<_>>(), ["sda"], "loop0 has no health");
        assert_eq!(first.drives["sda"].health.as_ref().unwrap().reallocated_sectors, Some(8));
        assert!(first.kernel_log.is_none() && first.kernel_log_failure.is_some(), "there is no kmsg");
        // It is not due again at once.
        let script = format!("#!/bin/sh\n/bin/cat {}\nexit 2\n", fixture("gone"));
        fs::write(machine.0.join("smartctl"), script).unwrap();
        run(&helper).unwrap();
        assert!(read_spool(&helper.spool).unwrap().drives["sda"].health.is_some());
        let early = HealthSpool { drives_read_at: Some(UnixMs(1)), ..first.clone() };
        write_document(&helper.spool, &early).unwrap();
        run(&helper).unwrap();
        let gone = &read_spool(&helper.spool).unwrap().drives["sda"];
        assert_eq!((&gone.health, gone.last_read_at), (&None, first.drives["sda"].last_read_at));
        assert_eq!(gone.failure.as_ref().unwrap().kind, ErrorKind::Io);
    }

    #[test]
    fn a_smartctl_that_hangs_is_killed_and_one_that_cannot_die_is_remembered() {
        let machine = Machine::new("hang", "exec /bin/sleep 600");
        let helper = machine.helper();
        let drive = Drive::Scsi("/dev/sda".into());
        let asked = ask(&helper, &drive).unwrap();
        let pid = asked.child.id();
        let (failure, outstanding) = answer(&helper.procfs, asked, Instant::now()).unwrap_err();
        assert_eq!((failure.kind, outstanding), (ErrorKind::Timeout, None));
        assert_eq!(read_state(Path::new("/proc"), pid), None, "it was killed and waited for");
        // Our own process stands for one that hangs: its drive is asked nothing.
        let pid = std::process::id();
        let start_ticks = read_state(Path::new("/proc"), pid).unwrap().1;
        let hanging = DriveReading { outstanding: Some(ProcessId { pid, start_ticks }), ..DriveReading::default() };
        let before = BTreeMap::from([("sda".to_owned(), hanging.clone())]);
        let seen = &ask_all(&helper, &before)["sda"];
        assert_eq!((seen.outstanding, &seen.health), (hanging.outstanding, &None));
        assert_eq!(seen.failure.as_ref().unwrap().kind, ErrorKind::Timeout);
    }

    #[test]
    fn errors_that_grow_are_dated_and_a_drive_that_left_the_bus_is_told_of_for_a_day() {
        let machine = Machine::new("left", &format!("/bin/cat {}", fixture("ata")));
        let helper = machine.helper();
        let first = ask_all(&helper, &BTreeMap::new());
        let told = first["sda"].data_errors.unwrap();
        assert_eq!(told.grew_at, None, "an old count is no news");
        let fewer =
            DriveReading { data_errors: Some(DataErrors { count: told.count - 1, ..told }), ..first["sda"].clone() };
        let grown = ask_all(&helper, &BTreeMap::from([("sda".to_owned(), fewer)]));
        assert_eq!(grown["sda"].data_errors.unwrap().count, told.count);
        let grew_at = grown["sda"].data_errors.unwrap().grew_at.unwrap();
        assert_eq!(ask_all(&helper, &grown)["sda"].data_errors.unwrap().grew_at, Some(grew_at), "it is remembered");

        // Another drive took the name, with a count of its own.
        let data_errors = Some(DataErrors { count: told.count - 1, ..told });
        let other = DriveReading { serial: Some("EX0002".to_owned()), data_errors, ..first["sda"].clone() };
        let replaced = &ask_all(&helper, &BTreeMap::from([("sda".to_owned(), other)]))["sda"];
        assert_eq!(replaced.serial.as_deref(), Some("EX0001"));
        assert_eq!(replaced.data_errors.unwrap().grew_at, None, "an old count of another drive is no news");

        fs::remove_dir(machine.0.join("sys/block/sda")).unwrap();
        let gone = &ask_all(&helper, &grown)["sda"];
        assert_eq!((&gone.health, gone.failure.as_ref().unwrap().kind), (&None, ErrorKind::NotFound));
        assert_eq!(gone.data_errors, grown["sda"].data_errors);
        let long_ago = DriveReading { last_read_at: Some(UnixMs(1)), ..grown["sda"].clone() };
        assert!(ask_all(&helper, &BTreeMap::from([("sda".to_owned(), long_ago)])).is_empty());
    }

    #[test]
    fn without_smartctl_the_next_step_is_named() {
        let machine = Machine::new("without", "exit 0");
        let helper = Helper { smartctl: None, ..machine.helper() };
        let failure = ask_all(&helper, &BTreeMap::new())["sda"].failure.clone().unwrap();
        assert_eq!(failure.kind, ErrorKind::Unsupported);
        assert!(failure.message.contains("smartmontools"));
    }

    #[test]
    fn name_spaces_lead_to_their_controllers() {
        let machine = Machine::new("nvme", "exit 0");
        let sys = machine.0.join("sys");
        for folder in
            ["block/nvme0n1", "block/nvme1n1", "class/nvme0", "class/nvme-subsys1/nvme3", "class/nvme-subsys1/nvme2"]
        {
            fs::create_dir_all(sys.join(folder)).unwrap();
        }
        symlink("../../class/nvme0", sys.join("block/nvme0n1/device")).unwrap();
        symlink("../../class/nvme-subsys1", sys.join("block/nvme1n1/device")).unwrap();
        let found = drives(&sys, Path::new("/dev"));
        assert_eq!(found["nvme0n1"], Drive::Nvme("/dev/nvme0".into()));
        assert_eq!(found["nvme1n1"], Drive::Nvme("/dev/nvme2".into()));
    }

    #[test]
    fn a_document_of_another_boot_or_hour_does_not_count() {
        let machine = Machine::new("boot", "exit 2");
        let helper = machine.helper();
        let mut log = KernelLog::default();
        log.count(KernelClass::LostWrite, "sdb", UnixMs(1));
        let old = HealthSpool { boot_id: "another".into(), kernel_log: Some(log), ..HealthSpool::default() };
        write_document(&helper.spool, &old).unwrap();
        assert_eq!(read_spool(&helper.spool).unwrap_err().kind, ErrorKind::Timeout, "written in 1970");
        fs::write(machine.0.join("dev/kmsg"), "").unwrap();
        run(&helper).unwrap();
        assert_eq!(read_spool(&helper.spool).unwrap().kernel_log, Some(KernelLog::default()));
        fs::write(&helper.spool, "{").unwrap();
        assert_eq!(read_spool(&helper.spool).unwrap_err().kind, ErrorKind::Parse);
        fs::remove_file(&helper.spool).unwrap();
        assert_eq!(read_spool(&helper.spool).unwrap_err().kind, ErrorKind::NotFound);
    }
}
