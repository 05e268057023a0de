//! What each fuzz target does with its input. `tests/corpus.rs` does the same with every file of `fuzz/corpus`.

use std::alloc::System;
use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use brokerwatch::collectors::{self, Options};
use brokerwatch::derive::View;
use brokerwatch::exposition::{Format, Page};
use brokerwatch::gather::choose_endpoint;
use brokerwatch::report::Terms;
use brokerwatch::snapshot::{
    Attempt, ConfigFile, ConfigFiles, DriveHealth, DriveReading, DrivesHealth, Failure, HealthSpool, KernelLog,
    NodeView, Observed, ProcessId, Section, Setting, UnixMs,
};
use brokerwatch::sources::config_files::{ConfigError, parse_compose, parse_env_file, parse_strimzi};
use brokerwatch::sources::config_files::{parse_properties, parse_properties_file, parse_values};
use brokerwatch::sources::control_group::{parse_cgroup, parse_cpu_max, parse_flat, parse_memory_max, parse_pressure};
use brokerwatch::sources::diskstats::parse_diskstats;
use brokerwatch::sources::given::{Told, snapshot_of};
use brokerwatch::sources::hsperfdata::{PerfValue, decode};
use brokerwatch::sources::jvm::jvm_of;
use brokerwatch::sources::kafka::api_versions::{Answer, parse_api_versions};
use brokerwatch::sources::kafka::calls::APIS;
use brokerwatch::sources::kafka::wire::{Broken, NotOurs, answer_body, read_frame};
use brokerwatch::sources::kafka::{
    Security, acls, client_quotas, cluster, guard, log_dirs, quorum, scram_users, throttle,
};
use brokerwatch::sources::kernel_log::take;
use brokerwatch::sources::mounts::{mount_of, parse_mounts};
use brokerwatch::sources::proc::parse_stat;
use brokerwatch::sources::process_files::{
    parse_kibibytes, parse_max_files, parse_process_io, parse_process_stat, parse_schedstat, parse_wchan,
};
use brokerwatch::sources::properties::parse_meta_properties;
use brokerwatch::sources::smart::nvme::{add_identity, parse_smart_log};
use brokerwatch::sources::smart::smartctl::parse_smartctl;
use brokerwatch::sources::sock_diag::{WantedSockets, parse_sockets};
use bytes::Bytes;
use kafka_protocol::messages::*;
use kafka_protocol::protocol::Decodable;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::io::{AsyncRead, ReadBuf};

#[global_allocator]
static MEMORY: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes of a frame that are accepted here: small, so that the fuzzer finds both sides of the limit.
const FRAME_BYTES_MAX: usize = 1 << 10;
/// Memory for what does not grow with the answer: above all a backtrace, which the decoder's errors carry when
/// `RUST_BACKTRACE` asks for it.
const CONSTANT_BYTES: usize = 16 << 10;

/// What a target does with an input: nothing, or it panics.
type Body = fn(&[u8]);

/// Every target, by its name.
pub(crate) const TARGETS: [(&str, Body); 11] = [
    ("frames", frames),
    ("answers", answers),
    ("server_properties", server_properties),
    ("meta_properties", meta_properties),
    ("hsperfdata", hsperfdata),
    ("environment", environment),
    ("compose", compose),
    ("strimzi", strimzi),
    ("kernel_files", kernel_files),
    ("drive_health", drive_health),
    ("netlink", netlink),
];

/// A peer that sends `rest` in pieces and then closes.
struct Peer<'a> {
    rest: &'a [u8],
    piece: usize,
}

impl AsyncRead for Peer<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let length = self.piece.min(self.rest.len()).min(buffer.remaining());
        let (piece, rest) = self.rest.split_at(length);
        buffer.put_slice(piece);
        self.rest = rest;
        Poll::Ready(Ok(()))
    }
}

/// The next frame, as the shortest possible reading of Kafka's framing has it.
fn plain_frame<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Option<u32>> {
    let (length, behind) = rest.split_first_chunk().ok_or(None)?;
    let length = u32::from_be_bytes(*length);
    if length as usize > FRAME_BYTES_MAX {
        return Err(Some(length));
    }
    let (frame, behind) = behind.split_at_checked(length as usize).ok_or(None)?;
    *rest = behind;
    Ok(frame)
}

/// Frames from a stream: the size of its pieces, then its bytes.
pub(crate) fn frames(bytes: &[u8]) {
    let Some((piece, mut rest)) = bytes.split_first() else { return };
    let mut peer = Peer { rest, piece: usize::from(*piece).max(1) };
    loop {
        let expected = plain_frame(&mut rest);
        let read = pin!(read_frame(&mut peer, FRAME_BYTES_MAX)).poll(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(read) = read else { panic!("it waits, although the bytes are there") };
        match (read, expected) {
            (Ok(frame), Ok(expected)) => {
                assert_eq!(frame, expected);
                assert_eq!(peer.rest, rest, "it reads no further than the frame");
                answer(&frame);
            }
            (Err(Broken::Oversized(length)), Err(Some(expected))) => return assert_eq!(length, expected),
            (Err(Broken::Closed(_)), Err(None)) => return,
            (read, expected) => panic!("{read:?}, not {expected:?}"),
        }
    }
}

fn answer(frame: &Bytes) {
    let id = frame.first_chunk().map_or(0, |id| i32::from_be_bytes(*id));
    let refused = if frame.len() < 4 { NotOurs::Short } else { NotOurs::Unasked };
    assert_eq!(answer_body(frame.clone(), id.wrapping_add(1), 0), Err(refused));
    for header_version in 0..=1 {
        if let Ok(body) = answer_body(frame.clone(), id, header_version) {
            assert!(frame[4..].ends_with(&body));
        }
    }
}

/// An answer of Kafka: the key of its API, its version, its body. What is not a call of ours stands for one that is.
pub(crate) fn answers(bytes: &[u8]) {
    let [key, version, body @ ..] = bytes else { return };
    let named = APIS.iter().find(|api| api.key as i16 == i16::from(*key));
    let api = named.unwrap_or(&APIS[usize::from(*key) % APIS.len()]);
    let version = i16::from(*version);
    let ours = (api.min..=api.max).contains(&version);
    let version = if ours { version } else { api.min + version % (api.max - api.min + 1) };
    let body = Bytes::copy_from_slice(body);
    assert!(throttle::told(api.key, version, &body).as_secs() <= 60, "a broker is not believed for longer");
    match api.key {
        ApiKey::ApiVersions => {
            let answer = parse_api_versions(body, version);
            assert!(!matches!(answer, Some(Answer::AskAgainIn(lower)) if lower < 0 || lower >= version));
        }
        ApiKey::SaslHandshake => drop(decoded::<SaslHandshakeResponse>(api.key, version, body)),
        ApiKey::SaslAuthenticate => drop(decoded::<SaslAuthenticateResponse>(api.key, version, body)),
        ApiKey::Metadata => judge(decoded(api.key, version, body), cluster::parse_metadata),
        ApiKey::DescribeCluster => {
            judge(decoded(api.key, version, body), |answer| cluster::parse_registrations(answer, true));
        }
        ApiKey::ListOffsets => drop(decoded::<ListOffsetsResponse>(api.key, version, body)),
        ApiKey::DescribeLogDirs => judge(decoded(api.key, version, body), log_dirs::parse_log_dirs),
        ApiKey::DescribeConfigs => drop(decoded::<DescribeConfigsResponse>(api.key, version, body)),
        ApiKey::DescribeQuorum => judge(decoded(api.key, version, body), quorum::parse_quorum),
        ApiKey::ListPartitionReassignments => {
            judge(decoded(api.key, version, body), |answer| quorum::parse_reassignments(answer, true));
        }
        ApiKey::DescribeTopicPartitions => drop(decoded::<DescribeTopicPartitionsResponse>(api.key, version, body)),
        ApiKey::DescribeAcls => judge(decoded(api.key, version, body), acls::parse_acls),
        ApiKey::DescribeClientQuotas => judge(decoded(api.key, version, body), client_quotas::parse_client_quotas),
        ApiKey::DescribeUserScramCredentials => judge(decoded(api.key, version, body), scram_users::parse_scram_users),
        other => panic!("{other:?} is called and not fuzzed"),
    }
}

/// Decodes what the guard lets through, which must not take more memory than the guard says.
fn decoded<R: Decodable>(api: ApiKey, version: i16, body: Bytes) -> Option<R> {
    let promised = guard::check(api, version, &body).ok()?;
    let region = Region::new(MEMORY);
    let answer = guard::decode(api, version, body).ok();
    let taken = region.change().bytes_allocated;
    assert!(taken <= promised + CONSTANT_BYTES, "{api:?} v{version} takes {taken} bytes, not {promised}");
    answer
}

/// What is made of an answer must not panic either, and is one line when it is a failure.
fn judge<R, T>(answer: Option<R>, parse: impl Fn(&R) -> Result<T, Failure>) {
    if let Some(Err(failure)) = answer.as_ref().map(parse) {
        assert!(!failure.message.contains('\n'), "{}", failure.message);
    }
}

/// A `server.properties`.
pub(crate) fn server_properties(bytes: &[u8]) {
    let lines = u32::try_from(bytes.len()).expect("a small file") + 1;
    let occurrences = match parse_properties(bytes) {
        Ok(occurrences) => occurrences,
        Err(error) => {
            assert!(error.place().is_none_or(|(line, column)| (1..=lines).contains(&line) && column > 0), "{error:?}");
            return assert!(parse_values(bytes) == Err(error));
        }
    };
    let in_order = occurrences.windows(2).all(|pair| pair[0].line < pair[1].line);
    assert!(in_order && occurrences.iter().all(|one| (1..=lines).contains(&one.line)));
    // Every character escaped, as java.util.Properties.store may write it, is the same file.
    let values = parse_values(bytes).expect("it was read above");
    let escaped = |text: &str| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
    let again: String = values.iter().map(|(key, value)| format!("{}={}\n", escaped(key), escaped(value))).collect();
    assert_eq!(parse_values(again.as_bytes()).as_ref(), Ok(&values));
    let file = parse_properties_file("server.properties", bytes).expect("it was read above");
    assert!(file.entries.len() <= occurrences.len());
    assert!(!file.log_dirs().is_empty() && !file.roles().is_empty());
    let _ = file.node_id();
    let _ = choose_endpoint(&file, &Security::default());
}

/// A `meta.properties`.
pub(crate) fn meta_properties(bytes: &[u8]) {
    match parse_meta_properties("meta.properties", bytes) {
        Ok(meta) => assert!(meta.cluster_id.is_some() || meta.node_id.is_some()),
        Err(failure) => assert!(!failure.message.contains('\n'), "{}", failure.message),
    }
}

/// A JVM's performance data.
pub(crate) fn hsperfdata(bytes: &[u8]) {
    let Ok(data) = decode(bytes) else { return };
    let texts = data.values.values().map(|value| match value {
        PerfValue::Text(text) => text.len(),
        PerfValue::Number(_) => 0,
    });
    // What is not UTF-8 may take three bytes for one; entries may share bytes, each at most all of them.
    assert!(texts.max().unwrap_or(0) <= 3 * bytes.len());
    let jvm = jvm_of(&data, ProcessId::default());
    assert!(jvm.collectors.len() <= 8 && jvm.spaces.len() <= 32);
    assert!(jvm.flags.values().all(|value| value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')));
}

/// Variables of a container.
pub(crate) fn environment(bytes: &[u8]) {
    configurations(bytes, parse_env_file(".env", bytes).map(|file| vec![file]));
}

/// A compose file. What it names beside itself is the same bytes again.
pub(crate) fn compose(bytes: &[u8]) {
    configurations(bytes, parse_compose("compose.yaml", bytes, &|_| Some(bytes.to_vec())));
}

/// Resources of Strimzi.
pub(crate) fn strimzi(bytes: &[u8]) {
    configurations(bytes, parse_strimzi("kafka.yaml", bytes));
}

/// What holds for configurations of every form.
fn configurations(bytes: &[u8], read: Result<Vec<ConfigFile>, ConfigError>) {
    let lines = u32::try_from(bytes.len()).expect("a small file") + 1;
    let files = match read {
        Ok(files) => files,
        Err(error) => {
            let message = error.failure("FILE").message;
            return assert!(!message.contains('\n') && message.starts_with("FILE"), "{message}");
        }
    };
    for file in &files {
        let mut counted = BTreeSet::new();
        for entry in file.effective() {
            assert!(counted.insert(&entry.key), "{} counts twice", entry.key);
            assert!(entry.place.line().is_none_or(|line| (1..=lines).contains(&line)), "{:?}", entry.place);
            let is_told = matches!(&entry.setting, Setting::Value(_) | Setting::Template(_));
            assert!(!is_told || !brokerwatch::keys::is_secret(&entry.key), "{} is told", entry.key);
        }
        let text = serde_json::to_string(file).expect("it can be written");
        assert_eq!(serde_json::from_str::<ConfigFile>(&text).expect("it can be read"), *file);
        let _ = (file.log_dirs(), file.roles(), file.node_id(), file.release(), file.name());
    }
    // What is judged of them may be anything but a panic; one that is caught would show as not evaluated.
    let snapshot = snapshot_of(ConfigFiles { files, ..ConfigFiles::default() }, &Told::default(), UnixMs(0));
    let report = brokerwatch::report::check(&snapshot, &Terms::default());
    let failed = report.not_evaluated.iter().find(|blind| blind.reason.contains("failed inside this program"));
    assert!(failed.is_none(), "{failed:?}");
}

/// A file of the kernel's, as each of its parsers takes it: all are told the same bytes.
pub(crate) fn kernel_files(bytes: &[u8]) {
    let lines = bytes.split(|byte| *byte == b'\n').count();
    let mounts = parse_mounts(bytes);
    assert!(mounts.len() <= lines);
    for mount in &mounts {
        assert!(mount_of(&mounts, &mount.point).is_some_and(|found| found.point == mount.point), "{mount:?}");
        // Options may hold users' names: those that are told are on a list.
        let told = mount.facts().options;
        assert!(told.iter().all(|option| !option.starts_with("user") && !option.starts_with("pass")), "{told:?}");
        assert!(told.len() <= mount.options.len() + mount.super_options.len());
        let _ = (mount.refuses_writes(true), mount.inside(&mount.point));
    }
    let wanted = BTreeSet::from(["sda", "nvme0n1"]);
    let stats = parse_diskstats(bytes, &wanted);
    assert!(stats.devices.keys().all(|name| wanted.contains(name.as_str())));
    assert!(stats.devices.len() as u64 + stats.parse_errors <= lines as u64);
    process_files(bytes);
    control_group_files(bytes);
    kernel_log_records(bytes);
}

fn process_files(bytes: &[u8]) {
    if let Some(stat) = parse_process_stat(bytes) {
        // Two parsers of one file must agree on which process it is.
        let told = parse_stat(&String::from_utf8_lossy(bytes));
        assert_eq!(told, Some((stat.state, stat.start_ticks)));
    }
    assert!(parse_kibibytes(bytes, "RssAnon").is_none_or(|resident| resident % 1_024 == 0));
    let _ = (parse_process_io(bytes), parse_schedstat(bytes), parse_max_files(bytes), parse_wchan(bytes));
}

fn control_group_files(bytes: &[u8]) {
    for controller in ["cpu", "memory", ""] {
        let found = parse_cgroup(bytes, controller);
        assert!(found.is_none_or(|(unified, path)| (unified || !controller.is_empty()) && !path.contains('\n')));
    }
    // No limit is absent; it is no large number.
    assert!(parse_memory_max(bytes).flatten().is_none_or(|limit| limit < 1 << 60));
    assert!(parse_pressure(bytes).is_none_or(|pressure| pressure.some_us.or(pressure.full_us).is_some()));
    let _ = (parse_cpu_max(bytes), parse_flat(bytes, "nr_periods"));
}

/// The log as it is read, one record at a time; here a line of its own each.
fn kernel_log_records(bytes: &[u8]) {
    let mut log = KernelLog::default();
    for record in bytes.split(|byte| *byte == 0) {
        take(&mut log, record, UnixMs(0));
        let before = log.clone();
        take(&mut log, record, UnixMs(0));
        assert_eq!(log, before, "a record counts once");
    }
    for event in &log.events {
        assert!(event.count > 0 && event.last_at.is_some());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte);
        assert!(event.device.len() <= 32 && event.device.bytes().all(plain), "{:?}", event.device);
    }
}

/// What tells of the health of drives: which, then its bytes.
pub(crate) fn drive_health(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else { return };
    let spool = match which % 3 {
        0 => {
            let Some(mut health) = parse_smart_log(bytes) else { return };
            add_identity(&mut health, bytes);
            spool_with(health)
        }
        1 => match parse_smartctl(Some(0), bytes) {
            Ok(health) => spool_with(health),
            Err(failure) => return assert!(!failure.message.contains('\n'), "{}", failure.message),
        },
        _ => match serde_json::from_slice::<HealthSpool>(bytes) {
            Ok(spool) => spool,
            Err(_) => return,
        },
    };
    let text = serde_json::to_string(&spool).expect("it can be written");
    assert_eq!(serde_json::from_str::<HealthSpool>(&text).expect("it can be read"), spool);
    page_of(spool);
}

fn spool_with(health: DriveHealth) -> HealthSpool {
    let reading = DriveReading { last_read_at: Some(UnixMs(0)), health: Some(health), ..DriveReading::default() };
    HealthSpool { drives: [("nvme0n1".to_owned(), reading)].into(), ..HealthSpool::default() }
}

/// The page that a sidecar makes of it.
fn page_of(spool: HealthSpool) {
    fn seen<T>(value: T) -> Section<T> {
        let last = Observed { at: UnixMs(0), took_ms: 0, valid_until: UnixMs(1), value: value.into() };
        Section { last: Some(last), attempt: Attempt::Ok }
    }
    let node = NodeView {
        drive_health: seen(DrivesHealth { drives: spool.drives }),
        kernel_log: seen(spool.kernel_log.unwrap_or_default()),
        ..NodeView::default()
    };
    let mut page = Page::default();
    let trouble = collectors::collect(View::new(&node, UnixMs(0)), &Options::default(), &mut page);
    assert!(trouble.panicked.is_empty(), "{:?}", trouble.panicked);
    let text = page.render(Format::Text);
    assert!(std::str::from_utf8(&text).is_ok_and(|text| text.ends_with('\n')));
}

/// An answer of the kernel about sockets.
pub(crate) fn netlink(bytes: &[u8]) {
    /// Bytes of a `nlmsghdr` with an `inet_diag_msg`.
    const SOCKET_BYTES: usize = 16 + 72;
    let peer = |name: &str, address: [u8; 4]| (name.to_owned(), IpAddr::from(address), 9092);
    let peers = vec![peer("2", [10, 0, 0, 2]), peer("3", [10, 0, 0, 3])];
    let wanted = WantedSockets { ports: [9092].into(), peers, some_unknown: true };
    match parse_sockets(bytes, &wanted) {
        Ok(sockets) => {
            assert!(sockets.ports.keys().all(|port| wanted.ports.contains(port)));
            let connections: u64 = sockets.ports.values().map(|port| port.connections).sum();
            assert!(connections as usize <= bytes.len() / SOCKET_BYTES, "{connections}");
            assert!(sockets.with_peers.len() <= bytes.len() / SOCKET_BYTES);
        }
        Err(failure) => assert!(!failure.message.contains('\n'), "{}", failure.message),
    }
}
