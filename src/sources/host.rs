//! The machine and the Kafka processes on it, from `/proc` and `/sys`. Runs in the reader process only: a command line
//! takes its process' mmap_lock. Of a command line only what is named here is kept.
//!
//! References: proc(5), cgroups(7), `kafka-run-class.sh` for the flags.

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use ring::digest::{SHA256, digest};
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use super::certificate::parse_chain;
use super::kernel_files::{parse_cpu_list, read_at, read_small};
use super::log_dir_place::id_of;
use super::mounts::{mount_of, read_mounts};
use super::name_space::NameSpace;
use super::pem;
use super::proc::{parse_cmdline, read_state};
use super::process_files::{parse_kibibytes, parse_max_files};
use super::properties::{file_failure, parse_server_properties};
use super::resources::read_open_files;
use crate::limits::{DESCRIPTORS_LOOKED_AT_MAX, HOST_NODES_MAX, KEY_STORES_MAX, PROCESSES_MAX};
use crate::snapshot::{ErrorKind, Failure, Host, HostNode, Jmx, KeyStore, NodeFile, NodeProcess, StoredCertificate};

/// The setting that names a key store; with a listener's prefix too.
const KEY_STORE: &str = "ssl.keystore.location";
/// Of what type they are.
const KEY_STORE_TYPE: &str = "ssl.keystore.type";

/// The name that the kernel has for a Java virtual machine: asked before a command line is read.
const JAVA: &str = "java";

/// What the reader answers about the machine.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct HostAnswer {
    /// The machine, without the log directories of its nodes.
    pub host: Host,
    /// Processes that the kernel calls something else than a Java virtual machine, by id.
    pub others: BTreeSet<u32>,
}

/// The facts of the machine, and its Kafka processes with their files; their directories are asked for one by one.
/// `known` are processes that are looked at whatever they are called, `others` those that are not asked for their name:
/// a machine has thousands of processes, and hardly any that becomes a Java virtual machine.
///
/// # Errors
/// `Io` or `Permission` when the directory of processes cannot be listed.
pub fn read_host(procfs: &Path, sysfs: &Path, known: &[u32], others: &BTreeSet<u32>) -> Result<HostAnswer, Failure> {
    let (processes, others) = java_processes(procfs, known, others).map_err(|error| file_failure(procfs, &error))?;
    let processes = processes.into_iter().filter_map(|pid| read_node_process(procfs, sysfs, pid)).take(HOST_NODES_MAX);
    let nodes = processes.map(|process| {
        let file = read_node_file(procfs, Some(process.pid), &process.properties_file, &process.overrides);
        HostNode { process: Some(process), file, dirs: Default::default(), twice: vec![] }
    });
    let meminfo = text(&procfs.join("meminfo"));
    let host = Host {
        boot_id: trimmed(&procfs.join("sys/kernel/random/boot_id")),
        hostname: trimmed(&procfs.join("sys/kernel/hostname")),
        machine_id_hash: trimmed(Path::new("/etc/machine-id")).map(|id| short_hash(id.as_bytes())),
        cores: parse_cpu_list(&text(&sysfs.join("devices/system/cpu/online"))).map(|cpus| cpus.len()),
        uptime_ms: read_uptime_ms(procfs),
        memory_bytes: parse_kibibytes(meminfo.as_bytes(), "MemTotal"),
        swap_bytes: parse_kibibytes(meminfo.as_bytes(), "SwapTotal"),
        swappiness: number(&procfs.join("sys/vm/swappiness")),
        max_map_count: number(&procfs.join("sys/vm/max_map_count")),
        nodes: nodes.collect(),
    };
    Ok(HostAnswer { host, others })
}

/// Processes that the kernel calls Java virtual machines, and those that are `known`; and the ids of all others.
fn java_processes(
    procfs: &Path,
    known: &[u32],
    others: &BTreeSet<u32>,
) -> std::io::Result<(BTreeSet<u32>, BTreeSet<u32>)> {
    let entries = fs::read_dir(procfs)?;
    let directory: OwnedFd = fs::File::open(procfs)?.into();
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).take(PROCESSES_MAX);
    let mut comm = Vec::new();
    let mut is_java = |pid: &u32| {
        let read = read_at(&directory, &format!("{pid}/comm"), &mut comm);
        read.is_some() && comm.trim_ascii() == JAVA.as_bytes()
    };
    Ok(pids.partition(|pid| known.contains(pid) || (!others.contains(pid) && is_java(pid))))
}

/// The configuration of a node, as its process sees the file.
///
/// # Errors
/// As [`super::properties::read_properties`].
pub fn read_node_file(
    procfs: &Path,
    pid: Option<u32>,
    path: &str,
    overrides: &std::collections::BTreeMap<String, String>,
) -> Result<NodeFile, Failure> {
    let name_space = NameSpace::of(procfs, pid);
    let (bytes, stat) = name_space.read(Path::new(path))?;
    let properties = parse_server_properties(path, &bytes, overrides)?;
    let is_key_store = |key: &str| key == KEY_STORE || key.ends_with(&format!(".{KEY_STORE}"));
    let named = properties.effective().filter(|entry| is_key_store(&entry.key));
    let named = named.filter_map(|entry| Some((entry.key.clone(), properties.get(&entry.key)?.to_owned())));
    // A listener's own type, else that of all.
    let is_pem = |key: &str| {
        let own = format!("{}{KEY_STORE_TYPE}", key.strip_suffix(KEY_STORE).unwrap_or_default());
        properties.get(&own).or_else(|| properties.get(KEY_STORE_TYPE)) == Some("PEM")
    };
    let named = named.take(KEY_STORES_MAX);
    let key_stores = named.map(|(key, path)| {
        let store = read_key_store(&name_space, path, is_pem(&key));
        (key, store)
    });
    let key_stores = key_stores.collect();
    Ok(NodeFile { properties, mode: Some(stat.st_mode & 0o7777), key_stores, id: id_of(&stat) })
}

/// What protects a key store. Only one of type PEM is opened for reading, for its certificates.
fn read_key_store(name_space: &NameSpace, path: String, is_pem: bool) -> Result<KeyStore, Failure> {
    let failed = |error: std::io::Error| file_failure(Path::new(&path), &error);
    let file = name_space.open(Path::new(&path), OFlags::PATH).map_err(failed)?;
    let stat = rustix::fs::fstat(&file).map_err(|error| failed(error.into()))?;
    let read = || parse_pem_store(&path, &name_space.read(Path::new(&path))?.0);
    let certificate = is_pem.then(read);
    Ok(KeyStore { mode: stat.st_mode & 0o7777, path, certificate })
}

/// The facts of the certificates in a key store of type PEM. The private key beside them is passed over.
///
/// # Errors
/// `Parse`, without anything that stands in the file.
pub fn parse_pem_store(path: &str, bytes: &[u8]) -> Result<StoredCertificate, Failure> {
    let place = format!("{KEY_STORE}={path}");
    let wrong = |message| Failure::new(ErrorKind::Parse, message);
    let chain = pem::certificates(&place, bytes).map_err(wrong)?;
    // It is served on no port that is known here.
    let facts = parse_chain(0, chain.iter().map(AsRef::as_ref)).ok_or_else(|| wrong(pem::unreadable(&place)))?;
    Ok(StoredCertificate { not_after: facts.not_after, chain_not_after: facts.chain_not_after })
}

/// The first half of the SHA-256, in hexadecimal digits: names what must not be shown.
#[must_use]
pub fn short_hash(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read_node_process(procfs: &Path, sysfs: &Path, pid: u32) -> Option<NodeProcess> {
    let at = procfs.join(pid.to_string());
    let cmdline = fs::read(at.join("cmdline")).ok()?;
    let (file, overrides) = parse_cmdline(&cmdline)?;
    let (_, start_ticks) = read_state(procfs, pid)?;
    let cwd = fs::read_link(at.join("cwd")).ok();
    let flags = parse_flags(&cmdline);
    let status = text(&at.join("status"));
    let mounts = read_mounts(procfs, &pid.to_string());
    let absolute = |path: String| match &cwd {
        Some(cwd) => cwd.join(path).to_string_lossy().into_owned(),
        None => path,
    };
    let namespace = |name: &str| fs::metadata(at.join("ns").join(name)).ok().map(|found| found.ino());
    Some(NodeProcess {
        pid,
        start_ticks,
        properties_file: absolute(file),
        overrides,
        cwd: cwd.as_ref().map(|cwd| cwd.to_string_lossy().into_owned()),
        uid: words(&status, "Uid").get(1).copied(),
        groups: {
            let effective = words(&status, "Gid").get(1).copied();
            effective.into_iter().chain(words(&status, "Groups")).collect()
        },
        max_files: parse_max_files(text(&at.join("limits")).as_bytes()),
        open_files: read_open_files(&at).ok(),
        swapped_bytes: parse_kibibytes(status.as_bytes(), "VmSwap"),
        app_log_dir: flags.app_log_dir.map(absolute),
        gc_log: flags.gc_log.map(absolute),
        version: flags.version.or_else(|| read_jar_version(&at)),
        memory_limit_bytes: read_memory_limit(sysfs, &text(&at.join("cgroup"))),
        network_namespace: namespace("net"),
        mount_namespace: namespace("mnt"),
        root_fs: mount_of(&mounts, Path::new("/")).map(|mount| mount.fs.clone()),
        heap_initial_bytes: flags.heap_initial_bytes,
        heap_max_bytes: flags.heap_max_bytes,
        monitoring_ports: flags.monitoring_ports,
        jmx: flags.jmx.done(),
    })
}

/// What is kept of a Java command line.
#[derive(Debug, Default, PartialEq, Eq)]
struct Flags {
    heap_initial_bytes: Option<u64>,
    heap_max_bytes: Option<u64>,
    monitoring_ports: Vec<u16>,
    jmx: JmxFlags,
    app_log_dir: Option<String>,
    gc_log: Option<String>,
    version: Option<String>,
}

/// Flags of remote JMX. Java's own defaults are that it authenticates; Kafka's start script switches that off.
#[derive(Debug, Default, PartialEq, Eq)]
struct JmxFlags {
    port: Option<u16>,
    host: Option<String>,
    open: bool,
    needs_certificate: bool,
}

impl JmxFlags {
    /// Takes in `NAME=VALUE` behind `-Dcom.sun.management.jmxremote.`; the last one counts.
    fn take(&mut self, flag: &str) {
        let Some((name, value)) = flag.split_once('=') else { return };
        match name {
            "port" => self.port = value.parse().ok(),
            "host" => self.host = Some(value.to_owned()),
            "authenticate" => self.open = value.eq_ignore_ascii_case("false"),
            "ssl.need.client.auth" => self.needs_certificate = value.eq_ignore_ascii_case("true"),
            _ => {}
        }
    }

    fn done(self) -> Option<Jmx> {
        Some(Jmx { port: self.port?, host: self.host, authenticates: !self.open || self.needs_certificate })
    }
}

fn parse_flags(cmdline: &[u8]) -> Flags {
    let mut flags = Flags::default();
    let arguments: Vec<_> = cmdline.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    let ours = arguments.iter().take_while(|argument| *argument != "kafka.Kafka");
    for argument in ours {
        let after = |start: &str| argument.strip_prefix(start);
        if let Some(flag) = after("-Dcom.sun.management.jmxremote.") {
            flags.jmx.take(flag);
        }
        if let Some(size) = after("-Xms") {
            flags.heap_initial_bytes = parse_size(size);
        } else if let Some(size) = after("-Xmx").or(after("-XX:MaxHeapSize=")) {
            flags.heap_max_bytes = parse_size(size);
        } else if let Some(port) = after("-Dcom.sun.management.jmxremote.port=") {
            flags.monitoring_ports.extend(port.parse::<u16>().ok());
        } else if let Some(agent) = after("-javaagent:").and_then(|agent| agent.split_once('=')) {
            // PORT:FILE or HOST:PORT:FILE (jmx_prometheus_javaagent).
            let port = agent.1.split(':').find_map(|part| part.parse::<u16>().ok());
            flags.monitoring_ports.extend(port.filter(|_| agent.0.contains("jmx_prometheus")));
        } else if let Some(directory) = after("-Dkafka.logs.dir=") {
            flags.app_log_dir = Some(directory.to_owned());
        } else if let Some(file) = after("-Xloggc:") {
            flags.gc_log = Some(file.to_owned());
        } else if let Some(file) = after("-Xlog:gc").and_then(|rest| rest.split_once(":file=")) {
            flags.gc_log = file.1.split(':').next().map(str::to_owned);
        } else if flags.version.is_none() {
            flags.version = argument.split(':').find_map(jar_version);
        }
    }
    flags
}

/// The version in the name of Kafka's jar: `kafka_2.13-4.1.1.jar`.
fn jar_version(path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?.strip_prefix("kafka_2.")?.strip_suffix(".jar")?;
    let version = name.split_once('-')?.1;
    let plain = version.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    // `kafka_2.13-4.1.1-sources.jar` and the like are not what runs.
    let first = version.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    (plain && first && !version.ends_with("-sources") && !version.ends_with("-test")).then(|| version.to_owned())
}

/// A size as Java's flags have it: a number with k, m, g or t.
fn parse_size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|last: char| last.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// The version of Kafka's jar among the first descriptors of a process.
fn read_jar_version(at: &Path) -> Option<String> {
    let entries = fs::read_dir(at.join("fd")).ok()?.flatten().take(DESCRIPTORS_LOOKED_AT_MAX);
    entries.filter_map(|entry| jar_version(&fs::read_link(entry.path()).ok()?.to_string_lossy())).next()
}

/// The lowest memory limit on the way from a process' control group up.
fn read_memory_limit(sysfs: &Path, cgroup: &str) -> Option<u64> {
    let base = sysfs.join("fs/cgroup");
    let limit = |line: &str| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let (base, file) = match controllers {
            "" => (base.clone(), "memory.max"),
            named if named.split(',').any(|name| name == "memory") => (base.join("memory"), "memory.limit_in_bytes"),
            _ => return None,
        };
        let path = path.trim_start_matches('/');
        let limits = Path::new(path).ancestors().filter_map(|group| number(&base.join(group).join(file)));
        // Version 1 has no word for unlimited, only a number that no machine reaches.
        limits.filter(|bytes| *bytes < 1 << 60).min()
    };
    cgroup.lines().filter_map(limit).min()
}

/// Milliseconds since the machine booted; absent when `/proc/uptime` cannot be read.
#[must_use]
pub fn read_uptime_ms(procfs: &Path) -> Option<u64> {
    parse_uptime(&text(&procfs.join("uptime")))
}

fn parse_uptime(uptime: &str) -> Option<u64> {
    let seconds: f64 = uptime.split_ascii_whitespace().next()?.parse().ok()?;
    (seconds >= 0.0).then_some((seconds * 1000.0) as u64)
}

/// Numbers behind `KEY:` of a status file.
fn words(status: &str, key: &str) -> Vec<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    line.unwrap_or("").split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect()
}

fn number(path: &Path) -> Option<u64> {
    trimmed(path)?.parse().ok()
}

fn trimmed(path: &Path) -> Option<String> {
    Some(text(path).trim().to_owned()).filter(|text| !text.is_empty())
}

fn text(path: &Path) -> String {
    read_small(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::UnixMs;

    #[test]
    fn of_a_pem_store_the_ends_are_kept_and_nothing_of_the_key() {
        let made = |year: i32| {
            let mut params = rcgen::CertificateParams::new(vec!["b1.example.org".to_owned()]).unwrap();
            params.not_after = rcgen::date_time_ymd(year, 1, 1);
            let key = rcgen::KeyPair::generate().unwrap();
            (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
        };
        let ((own, key), (other, _)) = (made(2040), made(2030));
        let base = std::env::temp_dir().join(format!("brokerwatch-pem-store-{}", std::process::id()));
        fs::create_dir_all(&base).unwrap();
        let (store, file) = (base.join("store.pem"), base.join("server.properties"));
        fs::write(&store, format!("{key}{own}{other}")).unwrap();
        let read = |lines: &str| {
            fs::write(&file, format!("node.id=1\n{lines}")).unwrap();
            read_node_file(&base, None, &file.display().to_string(), &Default::default()).unwrap()
        };
        let location = format!("ssl.keystore.location={}\n", store.display());
        let pem = read(&format!("{location}ssl.keystore.type=PEM\n"));
        let ends =
            StoredCertificate { not_after: UnixMs(2_208_988_800_000), chain_not_after: UnixMs(1_893_456_000_000) };
        assert_eq!(pem.key_stores[KEY_STORE].as_ref().unwrap().certificate, Some(Ok(ends.clone())));
        let written = serde_json::to_string(&pem).unwrap();
        for line in key.lines().filter(|line| !line.is_empty()) {
            assert!(!written.contains(line), "a line of the key is in the snapshot");
        }
        let of_listener = read(&format!("listener.name.in.{location}listener.name.in.ssl.keystore.type=PEM\n"));
        let seen = of_listener.key_stores[&format!("listener.name.in.{KEY_STORE}")].as_ref().unwrap();
        assert_eq!(seen.certificate, Some(Ok(ends)));
        let other_type = read(&format!("{location}ssl.keystore.type=PKCS12\n"));
        assert_eq!(other_type.key_stores[KEY_STORE].as_ref().unwrap().certificate, None);
        fs::write(&store, &key).unwrap();
        let without = read(&format!("{location}ssl.keystore.type=PEM\n"));
        let failure = without.key_stores[KEY_STORE].as_ref().unwrap().certificate.clone().unwrap().unwrap_err();
        assert!(
            failure.kind == ErrorKind::Parse && failure.message.contains("holds no certificate"),
            "{}",
            failure.message
        );
        fs::remove_dir_all(&base).unwrap();
    }

    proptest::proptest! {
        #[test]
        fn a_store_of_other_bytes_is_a_failure(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let failure = parse_pem_store("/s.pem", &bytes).unwrap_err();
            proptest::prop_assert!(failure.kind == ErrorKind::Parse && failure.message.contains("/s.pem"));
        }
    }

    #[test]
    fn of_a_command_line_only_the_named_flags_are_kept() {
        let line = b"java\0-Xms1g\0-Xmx2048m\0-Dcom.sun.management.jmxremote.port=9999\0-Dcom.sun.management.jmxremote.authenticate=False\0\
                     -javaagent:/opt/jmx_prometheus_javaagent-1.0.jar=0.0.0.0:7071:/etc/jmx.yml\0\
                     -javaagent:/opt/other.jar=8888\0-Dkafka.logs.dir=/var/log/kafka\0-Xlog:gc*:file=/var/log/gc.log:time\0\
                     -Djavax.net.ssl.keyStorePassword=secret\0-cp\0/opt/libs/a.jar:/opt/libs/kafka_2.13-4.1.1.jar\0\
                     kafka.Kafka\0-Xmx9g\0server.properties\0";
        let flags = parse_flags(line);
        let expected = Flags {
            heap_initial_bytes: Some(1 << 30),
            heap_max_bytes: Some(2 << 30),
            monitoring_ports: vec![9999, 7071],
            jmx: JmxFlags { port: Some(9999), host: None, open: true, needs_certificate: false },
            app_log_dir: Some("/var/log/kafka".into()),
            gc_log: Some("/var/log/gc.log".into()),
            version: Some("4.1.1".into()),
        };
        assert_eq!(flags, expected);
        assert!(!format!("{flags:?}").contains("secret"));
    }

    #[test]
    fn other_jars_are_no_release() {
        assert_eq!(jar_version("/l/kafka_2.13-3.9.1.jar").as_deref(), Some("3.9.1"));
        for other in ["/l/kafka-clients-4.1.1.jar", "/l/kafka_2.13-3.9.1-sources.jar", "kafka_2.13-.jar", "kafka_2.12"]
        {
            assert_eq!(jar_version(other), None, "{other}");
        }
    }

    #[test]
    fn limits_sizes_and_lists_are_read() {
        assert_eq!(
            parse_max_files(b"Max open files            1024                 4096                 files\n"),
            Some(1024)
        );
        assert_eq!(parse_max_files(b"Max open files            unlimited            unlimited  files"), Some(u64::MAX));
        assert_eq!((parse_size("512m"), parse_size("7"), parse_size("x")), (Some(512 << 20), Some(7), None));
        let cores = |online| parse_cpu_list(online).map(|cpus| cpus.len());
        assert_eq!((cores("0-3,6\n"), cores("0"), cores("")), (Some(5), Some(1), None));
        assert_eq!((cores("3-1"), cores("0-18446744073709551615")), (None, None));
        assert_eq!(parse_uptime("12.34 5.6\n"), Some(12_340));
        assert_eq!(parse_kibibytes(b"MemTotal:       16 kB\n", "MemTotal"), Some(16 << 10));
        assert_eq!(words("Uid:\t1000\t1001\t1000\t1000\n", "Uid").get(1), Some(&1001));
    }

    #[test]
    fn the_lowest_memory_limit_on_the_way_up_counts() {
        let base = std::env::temp_dir().join(format!("brokerwatch-cgroup-{}", std::process::id()));
        let group = base.join("fs/cgroup/system.slice/kafka.service");
        fs::create_dir_all(&group).unwrap();
        fs::write(group.join("memory.max"), "max\n").unwrap();
        fs::write(group.parent().unwrap().join("memory.max"), "1048576\n").unwrap();
        let limit = read_memory_limit(&base, "0::/system.slice/kafka.service\n");
        fs::remove_dir_all(&base).unwrap();
        assert_eq!(limit, Some(1 << 20));
    }
}
