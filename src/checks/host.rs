//! What the machine gives a node: open files, mappings, memory, mount options.

use super::compare::each;
use super::log_dirs::{check, dir};
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::fleet::{Fleet, Node, On};
use crate::derive::machines::machines;
use crate::snapshot::{NodeProcess, Setting};

const OS: &str = "https://kafka.apache.org/documentation/#os";
const FS: &str = "https://kafka.apache.org/documentation/#ext4";
const NEEDS: &str = "the machine's /proc";

/// Open files that Kafka's documentation asks to begin with.
const FILES_MIN: u64 = 100_000;
/// Each segment has two index files that are mapped.
const MAPS_PER_SEGMENT: u64 = 2;
/// Replicas of one broker beyond which managed services do not go (4,000 on the largest).
const REPLICAS_MAX: usize = 4_000;
/// Heap beyond which object pointers are no longer compressed.
const HEAP_MAX: u64 = 32 << 30;

pub(super) const CHECKS: &[Check] = &[
    check!(
        "os-nofile", Critical, Core,
        "The node may open too few files.",
        "Each segment and connection is an open file; at the limit the broker takes its log directories offline.",
        "LimitNOFILE=1048576 in the systemd unit (ulimit -n), then restart the node.",
        OS, "/proc/PID/limits", Run::Node(On::Brokers, open_files)
    ),
    check!(
        "os-max-map-count", Critical, Core,
        "The machine allows too few memory mappings for the broker's segments.",
        "Each segment takes two mappings; at the limit the broker ends with OutOfMemoryError: Map failed.",
        "sysctl -w vm.max_map_count=1048576, and the same in /etc/sysctl.d",
        OS, "/proc/sys/vm/max_map_count, and DescribeLogDirs", Run::Node(On::Brokers, mappings)
    ),
    check!(
        "os-heap", Warning, Core,
        "The heaps of the machine's Kafka nodes leave too little memory, or are set unwisely.",
        "Kafka reads and writes through the page cache: what the heap takes is missing there; above 32 GiB pointers double.",
        "KAFKA_HEAP_OPTS=\"-Xms6g -Xmx6g\" is enough for most brokers; the same value for both.",
        "https://kafka.apache.org/documentation/#java", "/proc/PID/cmdline and /proc/meminfo", Run::Fleet(heap)
    ),
    check!(
        "os-swap", Warning, Strict,
        "The node may be swapped out.",
        "A pause for swapping is as long as a failure: the broker loses its session, or its replicas fall out of sync.",
        "sysctl -w vm.swappiness=1 (and in /etc/sysctl.d), or no swap",
        OS, "/proc/meminfo, /proc/sys/vm/swappiness and /proc/PID/status", Run::Node(On::Nodes, swap)
    ),
    check!(
        "os-fs-unsafe", Warning, Core,
        "A log directory's file system is mounted with options that can lose data in a power failure.",
        "Without barriers or a journal, data that the drive acknowledged is lost, or files hold garbage after a power failure.",
        "Remove data=writeback, nobarrier, barrier=0 and noload from the mount's options.",
        FS, NEEDS, Run::Node(On::Nodes, unsafe_options)
    ),
    check!(
        "os-fs-type", Info, Strict,
        "A log directory is on a file system that Kafka is rarely run on.",
        "Kafka is tested and tuned on XFS and ext4.",
        "Use XFS.",
        "https://kafka.apache.org/documentation/#filesystems", NEEDS, Run::Node(On::Nodes, fs_type)
    ),
    check!(
        "os-atime", Info, Strict,
        "A log directory's file system writes access times.",
        "Reading costs writes; Kafka does not use access times.",
        "Mount it with noatime.",
        FS, NEEDS, Run::Node(On::Brokers, atime)
    ),
    check!(
        "os-recovery-threads", Warning, Strict,
        "Log recovery has one thread for each directory, and many partitions to recover.",
        "After an unclean stop the broker is away for as long as one thread takes to read all unflushed segments.",
        "num.recovery.threads.per.data.dir=4",
        "https://cwiki.apache.org/confluence/display/KAFKA/KIP-1030", "the node's file, and DescribeLogDirs",
        Run::Node(On::Brokers, recovery)
    ),
    check!(
        "os-cgroup", Warning, Core,
        "The memory limit of the node's control group is too near to its heap.",
        "The heap is not all that a JVM takes: at the limit the kernel kills the broker, and the page cache is in it too.",
        "Raise the limit (MemoryMax=, resources.limits.memory) to at least twice the heap, or lower the heap.",
        OS, "/proc/PID/cgroup, /sys/fs/cgroup and /proc/PID/cmdline", Run::Node(On::Nodes, cgroup)
    ),
    check!(
        "os-partitions-per-broker", Warning, Strict,
        "The broker has more replicas than is known to work well.",
        "Failover, restarts and metadata take longer with each; managed services stop at 4,000 on their largest machines.",
        "Add brokers and move replicas, or use fewer partitions.",
        "https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html", "DescribeLogDirs",
        Run::Node(On::Brokers, partitions)
    ),
    check!(
        "jmx-open", Critical, Core,
        "Whoever reaches the node's JMX port may do what they like in it.",
        "Kafka's start script opens JMX_PORT without a password: through it topics, listeners and log levels can be changed, \
         and on many Java releases code can be run as the node's user.",
        "KAFKA_JMX_OPTS=\"-Dcom.sun.management.jmxremote.host=127.0.0.1 ...\", or a password file \
         (-Dcom.sun.management.jmxremote.authenticate=true)",
        "https://kafka.apache.org/documentation/#remote_jmx", "/proc/PID/cmdline", Run::Node(On::Nodes, open_jmx)
    ),
    check!(
        "tls-key-perms", Warning, Core,
        "Other users of the machine can read a private key, or secrets in the node's file.",
        "Whoever can log in there, or runs beside it, can pose as the broker.",
        "chmod o-rwx FILE",
        "https://kafka.apache.org/documentation/#security_ssl", "the machine's /proc, and the node's user to see its files",
        Run::Node(On::Nodes, readable_secrets)
    ),
];

fn process<'a>(node: &Node<'a>) -> Result<&'a NodeProcess, Unknown> {
    node.on_host()?.process.as_ref().ok_or_else(|| Unknown::new("The node does not run."))
}

fn unread(what: &str) -> Unknown {
    Unknown::new(format!("{what} could not be read."))
}

fn itself(node: &Node<'_>) -> Subject {
    Subject::Node(node.name())
}

fn open_files(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let process = process(node)?;
    let limit = process.max_files.ok_or_else(|| unread("/proc/PID/limits"))?;
    let open = process.open_files.unwrap_or(0);
    let (near, low) = (open.saturating_mul(10) > limit.saturating_mul(8), limit < FILES_MIN);
    let used = if near { format!("; {open} are open") } else { String::new() };
    if near || low {
        let finding = Finding::new(itself(node), format!("a limit of {limit}{used}"), format!("at least {FILES_MIN}"));
        // Too few by the book, and not yet by use.
        let severity = if near || limit < FILES_MIN / 10 { Severity::Critical } else { Severity::Warning };
        found.add(finding.severity(severity));
    }
    Ok(())
}

fn mappings(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let limit = node.host()?.max_map_count.ok_or_else(|| unread("/proc/sys/vm/max_map_count"))?;
    let dirs = node.log_dirs()?;
    let segment = node.number("log.segment.bytes").ok().and_then(|bytes| u64::try_from(bytes).ok());
    let segment = segment.filter(|bytes| *bytes > 0).unwrap_or(1 << 30);
    let replicas = dirs.dirs.iter().flat_map(|dir| &dir.replicas);
    let segments: u64 = replicas.map(|replica| 1 + replica.bytes / segment).sum();
    // The JVM itself takes some thousands.
    let needed = segments * MAPS_PER_SEGMENT + 5_000;
    if needed * 10 > limit * 8 {
        let is = format!("vm.max_map_count={limit} for about {segments} segments");
        found.add(Finding::new(itself(node), is, format!("vm.max_map_count={} or more", needed * 2)));
    }
    Ok(())
}

fn heap(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let (mut unknown, mut evaluated) = (None, false);
    for machine in machines(fleet) {
        let Some(host) = machine.host else {
            unknown = Some(Unknown::new(format!("The processes of machine {} were not looked at.", machine.name)));
            continue;
        };
        let mut sum = 0;
        for member in &machine.members {
            let Some(process) = member.process() else { continue };
            let Some(heap) = process.heap_max_bytes else {
                unknown = Some(Unknown::new(format!("{} runs without -Xmx.", member.name)));
                continue;
            };
            evaluated = true;
            sum += heap;
            let subject = || Subject::Node(member.name.clone());
            if heap >= HEAP_MAX {
                found.add(Finding::new(subject(), format!("-Xmx of {} MiB", heap >> 20), "below 32 GiB"));
            }
            if process.heap_initial_bytes.is_some_and(|initial| initial != heap) {
                let initial = process.heap_initial_bytes.unwrap_or_default();
                let is = format!("-Xms of {} MiB, -Xmx of {} MiB", initial >> 20, heap >> 20);
                found.add(Finding::new(subject(), is, "the same for both").severity(Severity::Info));
            }
        }
        match host.memory_bytes {
            Some(memory) if sum * 2 > memory => {
                let is = format!("heaps of {} MiB in {} MiB of memory", sum >> 20, memory >> 20);
                found.add(Finding::new(machine.subject(), is, "at most half of the memory"));
            }
            Some(_) => {}
            None => unknown = Some(unread("/proc/meminfo")),
        }
    }
    match unknown {
        Some(why) => Err(why),
        None if !evaluated => Err(Unknown::new("No Kafka process was looked at.")),
        None => Ok(()),
    }
}

fn swap(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let (host, process) = (node.host()?, process(node)?);
    let space = host.swap_bytes.ok_or_else(|| unread("/proc/meminfo"))?;
    let swappiness = host.swappiness.ok_or_else(|| unread("/proc/sys/vm/swappiness"))?;
    let swapped = match process.swapped_bytes {
        Some(swapped) => swapped,
        None if space == 0 => 0,
        None => return Err(unread("/proc/PID/status")),
    };
    if swapped > 0 || space > 0 && swappiness > 1 {
        let is = format!("{} MiB swapped out; vm.swappiness={swappiness}, {} MiB of swap", swapped >> 20, space >> 20);
        found.add(Finding::new(itself(node), is, "vm.swappiness=1, nothing swapped out"));
    }
    Ok(())
}

/// Judges the mount of each directory: type of the file system, and options.
fn for_mounts(node: &Node<'_>, mut judge: impl FnMut(&str, &str, &[String])) -> Evaluated {
    let places = node.places()?;
    let mut unknown = None;
    for (path, place) in places.known() {
        match &place.mount {
            Some(mount) => judge(path, &mount.kind, &mount.options),
            None => unknown = Some(Unknown::new(format!("How {path} is mounted is not known."))),
        }
    }
    places.all()?;
    unknown.map_or(Ok(()), Err)
}

fn unsafe_options(node: &Node<'_>, found: &mut Found) -> Evaluated {
    const UNSAFE: [&str; 6] = ["data=writeback", "nobarrier", "barrier=0", "noload", "norecovery", "journal_async_commit"];
    for_mounts(node, |path, kind, options| {
        let named: Vec<&str> = options.iter().map(String::as_str).filter(|option| UNSAFE.contains(option)).collect();
        if !named.is_empty() {
            let expected = format!("{kind} without {}", named.join(", "));
            found.add(Finding::new(dir(node, path), named.join(", "), expected));
        }
    })
}

fn fs_type(node: &Node<'_>, found: &mut Found) -> Evaluated {
    for_mounts(node, |path, kind, _| {
        if !matches!(kind, "xfs" | "ext4") {
            found.add(Finding::new(dir(node, path), kind, "xfs or ext4"));
        }
    })
}

fn atime(node: &Node<'_>, found: &mut Found) -> Evaluated {
    for_mounts(node, |path, _, options| {
        if !options.iter().any(|option| option == "noatime") {
            found.add(Finding::new(dir(node, path), "mounted without noatime", "noatime"));
        }
    })
}

/// Replicas on the broker's disks.
fn hosted(node: &Node<'_>) -> Result<usize, Unknown> {
    Ok(node.log_dirs()?.dirs.iter().map(|dir| dir.replicas.len()).sum())
}

fn recovery(node: &Node<'_>, found: &mut Found) -> Evaluated {
    const KEY: &str = "num.recovery.threads.per.data.dir";
    /// Replicas of one directory that one thread recovers in minutes.
    const REPLICAS_OF_ONE_THREAD: usize = 1_000;
    let threads = node.number(KEY)?;
    let dirs = node.file().map_or(1, |file| file.data_dirs().len());
    let replicas = hosted(node)?;
    if threads < 2 && replicas / dirs.max(1) > REPLICAS_OF_ONE_THREAD {
        let is = format!("{KEY}={threads} for {replicas} replicas in {dirs} directories");
        found.add(Finding::new(node.subject(KEY), is, "2 or more"));
    }
    Ok(())
}

fn cgroup(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let process = process(node)?;
    // Without a limit there is nothing to be near to; one that may not be read is not told apart from none.
    let Some(limit) = process.memory_limit_bytes else { return Ok(()) };
    let heap = process.heap_max_bytes.ok_or_else(|| Unknown::new("The node runs without -Xmx."))?;
    if heap.saturating_mul(4) > limit.saturating_mul(3) {
        let is = format!("a limit of {} MiB, a heap of {} MiB", limit >> 20, heap >> 20);
        found.add(Finding::new(itself(node), is, "a limit of at least twice the heap"));
    }
    Ok(())
}

fn open_jmx(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let Some(jmx) = &process(node)?.jmx else { return Ok(()) };
    let address = jmx.host.as_deref().unwrap_or("every address");
    let is_local = address.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if !jmx.authenticates && !is_local {
        let is = format!("JMX on port {} of {address}, without a password", jmx.port);
        found.add(Finding::new(itself(node), is, "127.0.0.1, or authentication"));
    }
    Ok(())
}

fn readable_secrets(node: &Node<'_>, found: &mut Found) -> Evaluated {
    /// Readable by all.
    const OTHERS: u32 = 0o004;
    let file = node.on_host()?.file.as_ref().map_err(|failure| Unknown::new(failure.message.clone()))?;
    let mode = file.mode.ok_or_else(|| unread("The permissions of the node's file"))?;
    let secret = file.properties.effective().find(|entry| entry.setting == Setting::Secret);
    if let Some(secret) = secret.filter(|_| mode & OTHERS != 0) {
        let is = format!("{} of mode {mode:04o} holds {}", file.properties.path, secret.key);
        found.add(Finding::new(itself(node), is, "not readable by others").fix(format!("chmod o-rwx {}", file.properties.path)));
    }
    each(&file.key_stores, |(key, store)| {
        let store = store.as_ref().map_err(|failure| Unknown::new(failure.message.clone()))?;
        if store.mode & OTHERS != 0 {
            let is = format!("{} of mode {:04o}", store.path, store.mode);
            let fix = format!("chmod o-rwx {}", store.path);
            found.add(Finding::new(node.subject(key), is, "not readable by others").fix(fix));
        }
        Ok(())
    })
}

fn partitions(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let replicas = hosted(node)?;
    if replicas > REPLICAS_MAX {
        found.add(Finding::new(itself(node), format!("{replicas} replicas"), format!("at most {REPLICAS_MAX}")));
    }
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    use super::examples_host::{many_replicas, mount_of, process_of};
    use crate::snapshot::Jmx;
    const DISK: &str = "/var/lib/kafka/disk-1";
    &[
        Example::made("os-nofile", "node 1", |set| {
            set.on_host("broker-1", |node| process_of(node).max_files = Some(4096));
        }),
        Example::made("os-nofile", "node 1", |set| {
            set.on_host("broker-1", |node| process_of(node).open_files = Some(900_000));
        }),
        Example::made("os-max-map-count", "node 1", |set| set.machine("broker-1", |host| host.max_map_count = Some(4096))),
        Example::made("os-heap", "machine broker-1", |set| {
            set.machine("broker-1", |host| host.memory_bytes = Some(8 << 30));
        }),
        Example::made("os-heap", "node 1", |set| {
            set.on_host("broker-1", |node| {
                process_of(node).heap_max_bytes = Some(40 << 30);
                process_of(node).heap_initial_bytes = Some(40 << 30);
            });
            set.machine("broker-1", |host| host.memory_bytes = Some(256 << 30));
        }),
        Example::made("os-swap", "node 1", |set| {
            set.machine("broker-1", |host| (host.swap_bytes, host.swappiness) = (Some(1 << 30), Some(60)));
        }),
        Example::made("os-fs-unsafe", DISK, |set| {
            set.on_host("broker-1", |node| mount_of(node, DISK).options.push("nobarrier".into()));
        }),
        Example::made("os-fs-type", DISK, |set| set.on_host("broker-1", |node| mount_of(node, DISK).kind = "btrfs".into())),
        Example::made("os-atime", DISK, |set| {
            set.on_host("broker-1", |node| mount_of(node, DISK).options = vec!["rw".into(), "relatime".into()]);
        }),
        Example::made("os-recovery-threads", "num.recovery.threads.per.data.dir", |set| {
            set.line("broker-1", "num.recovery.threads.per.data.dir=1");
            set.log_dirs("broker-1", |dirs| many_replicas(dirs, 3_000));
        }),
        Example::made("os-cgroup", "node 1", |set| {
            set.on_host("broker-1", |node| process_of(node).memory_limit_bytes = Some(7 << 30));
        }),
        Example::made("jmx-open", "node 1", |set| {
            set.on_host("broker-1", |node| {
                process_of(node).jmx = Some(Jmx { port: 9999, host: Some("0.0.0.0".into()), authenticates: false });
            });
        }),
        Example::made("tls-key-perms", "ssl.keystore.location", |set| {
            set.on_host("broker-1", |node| {
                let stores = &mut node.file.as_mut().unwrap().key_stores;
                stores.values_mut().for_each(|store| store.as_mut().unwrap().mode = 0o644);
            });
        }),
        Example::made("tls-key-perms", "node 1", |set| {
            set.line("broker-1", "listener.name.clients.plain.sasl.jaas.config=x");
            set.on_host("broker-1", |node| node.file.as_mut().unwrap().mode = Some(0o644));
        }),
        Example::made("os-partitions-per-broker", "node 1", |set| {
            set.log_dirs("broker-1", |dirs| many_replicas(dirs, 5_000));
        }),
    ]
};
