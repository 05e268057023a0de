//! What `check` is given on its command line: configuration files, directories of them, and snapshots.

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::config_files::walk::read_config_files;
use super::config_files::{ReadOther, parse_file};
use super::manifest::Manifest;
use super::properties::{file_failure, read_bounded};
use super::secret_marks::MarkKey;
use crate::baseline::Marks;
use crate::keys::Version;
use crate::limits::{CONFIG_KEPT_MS, PROPERTIES_FILE_BYTES_MAX, SNAPSHOT_BYTES_MAX};
use crate::snapshot::{
    Attempt, ConfigFile, ConfigFiles, FileKind, Form, NodeView, Observed, Origin, PassedOver, SCHEMA, Section,
    Snapshot, UnixMs, UnreadFile,
};

/// Why nothing that lives is known of a node whose file is all there is.
const ONLY_A_FILE: &str = "Only files were looked at: --kafka.server=HOST:PORT asks the brokers too.";

/// What the user says of the files.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The release that runs with them; absent when nobody says.
    pub release: Option<Version>,
    /// Which of them belong to one machine.
    pub manifest: Manifest,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Taken {
    /// Snapshots, with the paths of those that were given as such.
    pub snapshots: Vec<(PathBuf, Snapshot)>,
    /// What looks like a configuration, or was named as one, and is none of Kafka's.
    pub passed_over: Vec<PassedOver>,
}

impl Taken {
    fn take(&mut self, found: ConfigFiles, told: &Told, now: UnixMs) {
        let foreign = |file: &ConfigFile| match &file.kind {
            FileKind::Foreign(what) => {
                Some(PassedOver { path: file.path.clone(), why: format!("It configures {what}.") })
            }
            _ => None,
        };
        self.passed_over.extend(found.files.iter().filter_map(foreign));
        self.passed_over.extend(found.passed_over.iter().cloned());
        self.snapshots.push((PathBuf::new(), snapshot_of(found, told, now)));
    }
}

/// Reads files, pipes and directories: snapshots are taken as they are, everything else is a configuration. What cannot be
/// read is a node of which nothing was seen.
///
/// # Errors
/// One line when the manifest does not fit the configurations.
pub fn read_given(paths: &[PathBuf], told: &Told, now: UnixMs) -> Result<Taken, String> {
    let (mut read, mut files) = (Taken::default(), Vec::new());
    for path in paths {
        let found = std::fs::metadata(path);
        let is = |kind: fn(&Metadata) -> bool| found.as_ref().is_ok_and(kind);
        let given = if is(Metadata::is_file) && is_snapshot(path) {
            read_snapshot(path).map(Given::Snapshot)
        } else if is(|found| !found.is_file() && !found.is_dir()) {
            read_stream(path, is(|found| found.file_type().is_fifo()))
        } else {
            files.push(path.clone());
            continue;
        };
        match given {
            Ok(Given::Configurations(found)) => read.take(found, told, now),
            Ok(Given::Snapshot(snapshot)) => read.snapshots.push((path.clone(), snapshot)),
            Err(message) => read.snapshots.push((path.clone(), unread(&path.display().to_string(), message, now))),
        }
    }
    let found = read_config_files(&files);
    told.manifest.ensure_names_are_of(&found.paths())?;
    if !files.is_empty() {
        read.take(found, told, now);
    }
    Ok(read)
}

enum Given {
    Snapshot(Snapshot),
    Configurations(ConfigFiles),
}

/// A snapshot begins as our own writer begins it; a properties file never does.
fn is_snapshot(file: &Path) -> bool {
    let mut start = [0; 64];
    let read = File::open(file).and_then(|mut file| file.read(&mut start));
    begins_as_snapshot(&start[..read.unwrap_or_default()])
}

fn begins_as_snapshot(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().first() == Some(&b'{')
}

fn read_snapshot(file: &Path) -> Result<Snapshot, String> {
    let bytes = File::open(file).and_then(read_to_bound).map_err(|error| file_failure(file, &error).message)?;
    parse_snapshot(&file.display().to_string(), &bytes)
}

/// One byte more than a snapshot may have shows that there are more.
fn read_to_bound(file: File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(SNAPSHOT_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a pipe, which gives its bytes once: what they are is told by them. One that nobody writes to is not waited for, and
/// devices and sockets are not read.
fn read_stream(path: &Path, is_pipe: bool) -> Result<Given, String> {
    let name = path.display().to_string();
    if !is_pipe {
        return Err(format!("{name} is neither a file nor a pipe: name a file or a directory."));
    }
    let bytes = open_pipe(path).and_then(read_to_bound).map_err(|error| file_failure(path, &error).message)?;
    if bytes.is_empty() {
        return Err(format!("{name} is a pipe, and nothing came of it: look at the command that writes to it."));
    }
    if begins_as_snapshot(&bytes) {
        return parse_snapshot(&name, &bytes).map(Given::Snapshot);
    }
    if bytes.len() as u64 > PROPERTIES_FILE_BYTES_MAX {
        return Err(format!("{name} gave more than {PROPERTIES_FILE_BYTES_MAX} bytes: not a configuration file."));
    }
    Ok(Given::Configurations(parse_all([(name.as_str(), bytes.as_slice())])))
}

/// Opens a pipe without waiting for somebody who writes to it. If there is one, it is read to the end.
fn open_pipe(path: &Path) -> std::io::Result<File> {
    let pipe = rustix::fs::open(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())?;
    rustix::fs::fcntl_setfl(&pipe, OFlags::empty())?;
    Ok(pipe.into())
}

/// Reads the bytes of a snapshot, which `name` names in errors.
///
/// # Errors
/// One line.
pub fn parse_snapshot(name: &str, bytes: &[u8]) -> Result<Snapshot, String> {
    if bytes.len() as u64 > SNAPSHOT_BYTES_MAX {
        return Err(format!("{name} is larger than {SNAPSHOT_BYTES_MAX} bytes: not a snapshot."));
    }
    let snapshot: Snapshot =
        serde_json::from_slice(bytes).map_err(|error| format!("{name}: not a snapshot: {error}."))?;
    if snapshot.schema > SCHEMA {
        let version = &snapshot.program_version;
        return Err(format!("{name} was written by brokerwatch {version}, which is newer: check it with that one."));
    }
    Ok(snapshot)
}

/// A snapshot of a node of which nothing could be seen.
#[must_use]
pub fn unread(name: &str, message: String, now: UnixMs) -> Snapshot {
    let failure = crate::snapshot::Failure::new(crate::snapshot::ErrorKind::Io, message);
    let properties = Section { last: None, attempt: Attempt::Failed { at: now, failure } };
    snapshot([(Origin(name.to_owned()), NodeView { properties, ..only_a_file() })].into(), now)
}

/// Marks of the secrets of the nodes' properties files, made with the key in `key_file`.
///
/// # Errors
/// One line when the key cannot be read, or is too short.
pub fn secret_marks(snapshot: &Snapshot, key_file: &Path) -> Result<Marks, String> {
    let key = MarkKey::read(key_file).map_err(|failure| failure.message)?;
    let files =
        snapshot.nodes.iter().filter_map(|(origin, node)| Some((origin, &node.properties.last.as_ref()?.value)));
    let of_file = |file: &ConfigFile| Some(key.marks(&read_bounded(Path::new(&file.path)).ok()?));
    let files = files.filter(|(_, file)| file.form == Form::Properties);
    Ok(files.filter_map(|(origin, file)| Some((origin.clone(), of_file(file)?))).collect())
}

/// The configurations as nodes, one for each.
#[must_use]
pub fn snapshot_of(found: ConfigFiles, told: &Told, now: UnixMs) -> Snapshot {
    let mut nodes = BTreeMap::new();
    for UnreadFile { path, failure } in found.unread {
        let properties = Section { last: None, attempt: Attempt::Failed { at: now, failure } };
        nodes.insert(Origin(path), NodeView { properties, ..only_a_file() });
    }
    for mut file in found.files {
        if matches!(file.kind, FileKind::Foreign(_)) {
            continue;
        }
        file.declared_release = told.release.or(file.declared_release);
        file.machine = told.manifest.machine(&file.path).map(str::to_owned).or(file.machine);
        nodes.insert(free_origin(&nodes, file.name()), node(file, now));
    }
    snapshot(nodes, now)
}

/// The same of files that are in memory, for tests and fuzzing: paths and bytes.
#[must_use]
pub fn snapshot_of_bytes<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>, told: &Told) -> Snapshot {
    snapshot_of(parse_all(files), told, UnixMs(0))
}

fn parse_all<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> ConfigFiles {
    let nothing_else: ReadOther<'_> = &|_| None;
    let mut found = ConfigFiles::default();
    for (path, bytes) in files {
        match parse_file(path, bytes, nothing_else) {
            Ok(parsed) => found.files.extend(parsed),
            Err(error) => found.unread.push(UnreadFile { path: path.to_owned(), failure: error.failure(path) }),
        }
    }
    found
}

fn snapshot(nodes: BTreeMap<Origin, NodeView>, now: UnixMs) -> Snapshot {
    Snapshot { schema: SCHEMA, program_version: env!("CARGO_PKG_VERSION").to_owned(), taken_at: now, nodes }
}

fn node(file: ConfigFile, now: UnixMs) -> NodeView {
    let last = Observed { at: now, took_ms: 0, valid_until: now.plus(CONFIG_KEPT_MS), value: file.into() };
    NodeView { properties: Section { last: Some(last), attempt: Attempt::Ok }, ..only_a_file() }
}

/// A view in which every look at something else was left out on purpose.
fn only_a_file() -> NodeView {
    fn skipped<T>() -> Section<T> {
        Section { last: None, attempt: Attempt::Skipped { reason: ONLY_A_FILE.to_owned() } }
    }
    NodeView {
        process: skipped(),
        files: skipped(),
        liveness: skipped(),
        registrations: skipped(),
        cluster: skipped(),
        offsets: skipped(),
        log_dirs: skipped(),
        configs: skipped(),
        quorum: skipped(),
        reassignments: skipped(),
        acls: skipped(),
        client_quotas: skipped(),
        scram_users: skipped(),
        ..NodeView::default()
    }
}

/// The name, with a number behind it when it is taken.
fn free_origin(nodes: &BTreeMap<Origin, NodeView>, name: String) -> Origin {
    let numbered = (2..).map(|number| Origin(format!("{name} #{number}")));
    let mut names = std::iter::once(Origin(name.clone())).chain(numbered);
    names.find(|origin| !nodes.contains_key(origin)).unwrap_or(Origin(name))
}

/// All nodes of several snapshots. Each is judged as at its own time, which it brings along: a snapshot of an hour ago is
/// compared as it was. Two nodes with one origin, as two sidecars have that both ask 127.0.0.1, stay two. A node of which
/// there is a file only, and one that answered with the same id and without a file, are one.
#[must_use]
pub fn merged(given: Vec<(PathBuf, Snapshot)>, now: UnixMs) -> Snapshot {
    let taken_at = given.iter().map(|(_, snapshot)| snapshot.taken_at).max().unwrap_or(now);
    let mut all = snapshot(BTreeMap::new(), taken_at);
    for (path, snapshot) in given {
        let later = i64::try_from(taken_at.since(snapshot.taken_at)).unwrap_or(i64::MAX);
        for (origin, mut node) in snapshot.nodes {
            node.shift(later);
            let name =
                if all.nodes.contains_key(&origin) { format!("{origin} in {}", path.display()) } else { origin.0 };
            all.nodes.insert(free_origin(&all.nodes, name), node);
        }
    }
    join_files(&mut all);
    all
}

fn join_files(all: &mut Snapshot) {
    let now = all.taken_at;
    let is_file_only = |node: &NodeView| {
        node.properties.last.is_some()
            && matches!(&node.liveness.attempt, Attempt::Skipped { reason } if reason == ONLY_A_FILE)
    };
    let lives = |node: &NodeView| node.liveness.last.is_some() && node.properties.fresh(now).is_none();
    let id = |node: &NodeView| crate::derive::node::id(node, now);
    let files: Vec<Origin> =
        all.nodes.iter().filter(|(_, node)| is_file_only(node)).map(|(origin, _)| origin.clone()).collect();
    for origin in files {
        let Some(wanted) = id(&all.nodes[&origin]) else { continue };
        let mut answered = all.nodes.iter().filter(|(_, node)| lives(node) && id(node) == Some(wanted));
        // Two that answer with one id are told apart by nothing in the file.
        if let (Some((live, _)), None) = (answered.next(), answered.next()) {
            let live = live.clone();
            if let Some(file) = all.nodes.remove(&origin)
                && let Some(node) = all.nodes.get_mut(&live)
            {
                node.properties = file.properties;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Sample;

    fn of_files(files: &[(&str, &str)]) -> Snapshot {
        snapshot_of_bytes(files.iter().map(|(path, text)| (*path, text.as_bytes())), &Told::default())
    }

    #[test]
    fn what_cannot_be_read_is_a_node_of_which_nothing_was_seen() {
        let snapshot = of_files(&[("a.properties", "process.roles=broker\nnode.id=1"), ("b.properties", "a=\0")]);
        assert_eq!(snapshot.nodes.len(), 2);
        let unread = &snapshot.nodes[&Origin("b.properties".to_owned())];
        assert!(
            unread.properties.why_absent().contains("b.properties: binary data"),
            "{}",
            unread.properties.why_absent()
        );
        assert!(unread.liveness.why_absent().contains("--kafka.server"));
    }

    #[test]
    fn sidecars_that_ask_the_same_address_stay_two_and_keep_their_time() {
        let one = |at: u64| {
            let nodes = [(Origin("127.0.0.1:9092".to_owned()), Sample::broker(1).node())].into();
            snapshot(nodes, Sample::NOW.plus(at))
        };
        let all = merged(vec![("a.json".into(), one(0)), ("b.json".into(), one(3_600_000))], UnixMs(0));
        let origins: Vec<&str> = all.nodes.keys().map(|origin| origin.0.as_str()).collect();
        assert_eq!(origins, ["127.0.0.1:9092", "127.0.0.1:9092 in b.json"]);
        let first = all.nodes.values().next().unwrap();
        assert!(first.cluster.fresh(all.taken_at).is_some(), "an hour older, and judged as it was");
    }

    #[test]
    fn a_file_and_the_broker_that_answers_with_its_id_are_one_node() {
        let live = snapshot([(Origin("b1:9092".to_owned()), Sample::broker(1).node())].into(), Sample::NOW);
        let file = of_files(&[
            ("one.properties", "process.roles=broker\nnode.id=1"),
            ("two.properties", "node.id=2\nlog.dirs=/a"),
        ]);
        let all = merged(vec![("".into(), file), ("".into(), live)], Sample::NOW);
        let origins: Vec<&str> = all.nodes.keys().map(|origin| origin.0.as_str()).collect();
        assert_eq!(origins, ["b1:9092", "two.properties"]);
        assert!(all.nodes[&Origin("b1:9092".to_owned())].properties.last.is_some());
    }

    #[test]
    fn files_of_one_machine_collide_and_others_might() {
        let file = |id: u32, dir: &str| {
            format!("process.roles=broker\nnode.id={id}\nlog.dirs={dir}\nlisteners=PLAINTEXT://:9092")
        };
        let files = [
            ("a.properties", file(1, "/data")),
            ("b.properties", file(2, "/data/b")),
            ("c.properties", file(3, "/data")),
        ];
        let found = |manifest: &str| {
            let manifest = Manifest::parse(Path::new("m.yaml"), manifest).unwrap();
            let told = Told { manifest, ..Told::default() };
            let snapshot = snapshot_of_bytes(files.iter().map(|(path, text)| (*path, text.as_bytes())), &told);
            let report = crate::report::check(&snapshot, &crate::checks::Profile::Core.into());
            let of_machine = |found: &&crate::report::Found| found.check.id.starts_with("host-");
            let said = |found: &crate::report::Found| format!("{} {}", found.severity().as_str(), found.check.id);
            report.findings.iter().filter(of_machine).map(said).collect::<Vec<_>>()
        };
        let declared = found("one: [a.properties, b.properties]\nother: [c.properties]");
        assert_eq!(declared[..2], ["critical host-listener-port-collision", "critical host-logdir-nested"]);
        assert_eq!(
            found("one: [a.properties, c.properties]\nother: [b.properties]")[..2],
            ["critical host-listener-port-collision", "critical host-logdir-shared"]
        );
        assert_eq!(found("{}"), ["warning host-listener-port-collision", "warning host-logdir-shared"]);
    }
}
