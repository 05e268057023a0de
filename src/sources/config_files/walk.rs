//! Finding and reading configurations below the files and directories that somebody names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{ConfigError, parse_file};
use crate::limits::{CONFIG_DEPTH_MAX, CONFIG_FILES_MAX};
use crate::snapshot::{ConfigFile, ConfigFiles, ErrorKind, Failure, FileKind, Form, PassedOver, Place, UnreadFile};
use crate::sources::properties::{file_failure, read_bounded};

/// Ends of names that configurations have.
const TAKEN: [&str; 4] = [".properties", ".yml", ".yaml", ".env"];
/// Ends of names that configurations of anything have.
const OTHER_CONFIGURATIONS: [&str; 4] = [".conf", ".cfg", ".config", ".j2"];

/// Reads every file of `paths`, and of their directories those whose name ends with `.properties`, `.yml`, `.yaml` or
/// `.env`. What cannot be read, and what is passed over, is told; nothing stops the others.
#[must_use]
pub fn read_config_files(paths: &[PathBuf]) -> ConfigFiles {
    let mut walk = Walk::default();
    for path in paths {
        if path.is_dir() {
            let before = walk.found.files.len() + walk.found.unread.len();
            walk.directory(path, 0);
            if walk.found.files.len() + walk.found.unread.len() == before {
                let message = format!(
                    "{} holds no configuration of Kafka: name the file, or a directory with *.properties, *.env, \
                     compose files or Strimzi resources.",
                    path.display()
                );
                walk.unread(path, Failure::new(ErrorKind::NotFound, message));
            }
        } else {
            walk.file(path, true);
        }
    }
    walk.found.drop_included();
    walk.found
}

#[derive(Default)]
struct Walk {
    found: ConfigFiles,
    taken: usize,
    seen: BTreeSet<PathBuf>,
}

impl Walk {
    fn directory(&mut self, directory: &Path, depth: usize) {
        if depth > CONFIG_DEPTH_MAX {
            let message =
                format!("{} is more than {CONFIG_DEPTH_MAX} directories deep: name it as well.", directory.display());
            return self.unread(directory, Failure::new(ErrorKind::Limit, message));
        }
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) => return self.unread(directory, file_failure(directory, &error)),
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort_unstable();
        for path in paths {
            self.entry(&path, depth);
        }
    }

    fn entry(&mut self, path: &Path, depth: usize) {
        let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let is_hidden = name.starts_with('.') && !name.starts_with(".env");
        let is_taken = TAKEN.iter().any(|end| name.ends_with(end)) || name == ".env";
        if path.is_dir() {
            match path.is_symlink() {
                _ if is_hidden => self.found.other_files += 1,
                true => self.unread_link(path, "a directory, which may lead back here: name it as well"),
                false => self.directory(path, depth + 1),
            }
        } else if is_taken && !is_hidden && path.is_symlink() && !path.exists() {
            self.unread_link(path, "nothing");
        } else if is_hidden || !path.is_file() {
            self.found.other_files += 1;
        } else if is_taken {
            self.file(path, false);
        } else if TAKEN.iter().any(|end| name.contains(end)) {
            self.passed_over(path, "Its name is that of a copy or a template.".to_owned());
        } else if OTHER_CONFIGURATIONS.iter().any(|end| name.ends_with(end)) {
            self.passed_over(
                path,
                "Its name does not end as those of Kafka do: name it if it configures Kafka.".to_owned(),
            );
        } else {
            self.found.other_files += 1;
        }
    }

    /// Reads one file; one that was named is told whatever it holds.
    fn file(&mut self, path: &Path, is_named: bool) {
        // A file may be reached twice: named, and below a directory.
        if !self.seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())) {
            return;
        }
        self.taken += 1;
        if self.taken > CONFIG_FILES_MAX {
            if self.taken == CONFIG_FILES_MAX + 1 {
                let message =
                    format!("{} and what follows: more than {CONFIG_FILES_MAX} files, give less.", path.display());
                self.unread(path, Failure::new(ErrorKind::Limit, message));
            }
            return;
        }
        let bytes = match read_bounded(path) {
            Ok(bytes) => bytes,
            Err(failure) => {
                return self.unread(path, if is_named { perhaps_an_address(path, failure) } else { failure });
            }
        };
        let shown = path.display().to_string();
        match parse_file(&shown, &bytes, &read_other) {
            Ok(files) => files.into_iter().for_each(|file| self.take(path, file, is_named)),
            Err(ConfigError::Foreign) if !is_named => {
                self.passed_over(path, format!("It is {}.", ConfigError::Foreign));
            }
            Err(error) => self.unread(path, error.failure(&shown)),
        }
    }

    fn take(&mut self, path: &Path, file: ConfigFile, is_named: bool) {
        match &file.kind {
            FileKind::Foreign(what) if !is_named => self.passed_over(path, format!("It configures {what}.")),
            FileKind::Unknown(why) if !is_named => self.passed_over(path, why.clone()),
            _ => self.found.files.push(file),
        }
    }

    fn unread_link(&mut self, path: &Path, to: &str) {
        let message = format!("{} is a symbolic link to {to}.", path.display());
        self.unread(path, Failure::new(ErrorKind::NotFound, message));
    }

    fn unread(&mut self, path: &Path, failure: Failure) {
        self.found.unread.push(UnreadFile { path: path.display().to_string(), failure });
    }

    fn passed_over(&mut self, path: &Path, why: String) {
        self.found.passed_over.push(PassedOver { path: path.display().to_string(), why });
    }
}

/// A name that is no file, and is written as an address is, was meant as one.
fn perhaps_an_address(path: &Path, mut failure: Failure) -> Failure {
    let name = path.to_string_lossy();
    let host = name.split('/').next().and_then(|first| first.rsplit_once(':'));
    let is_address = host.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if is_address && failure.kind == ErrorKind::NotFound {
        failure.message.push_str(" An address begins with http://; a broker is named with --kafka.server.");
    }
    failure
}

/// A file that another one names. Not a pipe or a device: reading those may never end.
fn read_other(path: &str) -> Option<Vec<u8>> {
    let path = Path::new(path);
    if path.is_file() { read_bounded(path).ok() } else { None }
}

impl ConfigFiles {
    /// Paths of all that was met, whatever became of it.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        let files = self.files.iter().map(|file| &file.path);
        let unread = self.unread.iter().map(|file| &file.path);
        files.chain(unread).chain(self.passed_over.iter().map(|file| &file.path)).cloned().collect()
    }

    /// Drops files of variables that a compose file includes: they are no node of their own.
    fn drop_included(&mut self) {
        let plain = |path: &str| path.trim_start_matches("./").to_owned();
        let included: BTreeSet<String> = self
            .files
            .iter()
            .flat_map(|file| &file.entries)
            .filter_map(|entry| match &entry.place {
                Place::Env { file: Some(file), .. } => Some(plain(file)),
                _ => None,
            })
            .collect();
        self.files.retain(|file| file.form != Form::EnvFile || !included.contains(&plain(&file.path)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files of a directory of its own, which goes when the test ends.
    struct Tree(PathBuf);

    impl Tree {
        fn new(name: &str, files: &[(&str, &[u8])]) -> Self {
            let root = std::env::temp_dir().join(format!("brokerwatch-walk-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&root);
            for (path, content) in files {
                let path = root.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, content).unwrap();
            }
            Self(root)
        }

        fn read(&self) -> ConfigFiles {
            read_config_files(std::slice::from_ref(&self.0))
        }

        fn below(&self, path: &str) -> String {
            Path::new(path).strip_prefix(&self.0).unwrap().display().to_string()
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    const BROKER: &[u8] = b"node.id=1\nprocess.roles=broker\nlog.dirs=/a\n";

    #[test]
    fn a_directory_gives_its_configurations_and_says_what_it_left() {
        let compose = b"services:\n  k:\n    image: apache/kafka\n    env_file: k.env\n";
        let tree = Tree::new(
            "all",
            &[
                ("b1/server.properties", BROKER),
                ("b2/server.properties", BROKER),
                ("b2/server.properties.bak", BROKER),
                ("b2/.hidden.properties", BROKER),
                ("bad/utf16.properties", b"\xff\xfea\0"),
                ("log4j.properties", b"log4j.rootLogger=INFO"),
                ("compose.yaml", compose),
                ("k.env", b"KAFKA_NODE_ID=9\nKAFKA_PROCESS_ROLES=broker"),
                ("values.yaml", b"a: 1\n"),
                ("README.md", b"x"),
            ],
        );
        let found = tree.read();
        let files: Vec<String> = found.files.iter().map(|file| tree.below(&file.path)).collect();
        assert_eq!(files, ["b1/server.properties", "b2/server.properties", "compose.yaml"]);
        assert_eq!(found.files[2].get("node.id"), Some("9"), "from its env_file, which is no node of its own");
        let unread: Vec<String> = found.unread.iter().map(|file| tree.below(&file.path)).collect();
        assert_eq!(unread, ["bad/utf16.properties"]);
        let passed: Vec<String> = found.passed_over.iter().map(|file| tree.below(&file.path)).collect();
        assert_eq!(passed, ["b2/server.properties.bak", "log4j.properties", "values.yaml"]);
        assert_eq!(found.other_files, 2);
    }

    #[test]
    fn a_directory_without_configurations_is_not_clean() {
        let tree = Tree::new("none", &[("README.md", b"x")]);
        assert!(tree.read().unread[0].failure.message.contains("holds no configuration of Kafka"));
        let missing = read_config_files(&[tree.0.join("absent.properties")]);
        assert_eq!(missing.unread[0].failure.kind, ErrorKind::NotFound);
        for (name, hint) in [("h:10308/snapshot", true), ("h:9092", true), ("a:b", false), ("c/h:9092", false)] {
            let missing = read_config_files(&[PathBuf::from(name)]);
            assert_eq!(missing.unread[0].failure.message.contains("--kafka.server"), hint, "{name}");
        }
    }

    #[test]
    fn a_named_file_is_told_whatever_it_holds_and_once() {
        let tree =
            Tree::new("named", &[("values.yaml", b"a: 1\n"), ("conf", BROKER), ("z.properties", b"dataDir=/z\n")]);
        let named = |name: &str| tree.0.join(name);
        let found = read_config_files(&[named("values.yaml"), named("conf"), named("conf"), named("z.properties")]);
        let kinds: Vec<&FileKind> = found.files.iter().map(|file| &file.kind).collect();
        assert_eq!(kinds, [&FileKind::Broker, &FileKind::Foreign("ZooKeeper".to_owned())]);
        assert!(found.unread[0].failure.message.ends_with("nor a Strimzi resource."), "{:?}", found.unread);
    }

    #[test]
    fn healthy_sets_have_known_keys_and_valid_values_only() {
        use crate::keys::{Scope, find};
        let sets = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sets");
        let found = read_config_files(&[sets]);
        assert!(found.files.len() > 15 && found.unread.is_empty(), "{:?}", found.unread);
        for file in &found.files {
            let scope = match &file.kind {
                kind if kind.is_node() => Scope::Broker,
                FileKind::Producer => Scope::Producer,
                FileKind::Consumer => Scope::Consumer,
                FileKind::ConnectWorker => Scope::Connect,
                // Its settings are no part of the table.
                FileKind::SchemaRegistry => continue,
                kind => panic!("{}: {kind:?}", file.name()),
            };
            for entry in &file.entries {
                let key = find(scope, &entry.key).unwrap_or_else(|| panic!("{}: {}", file.name(), entry.key));
                if let (Some(key), crate::snapshot::Setting::Value(value)) = (key.key(), &entry.setting) {
                    assert!(key.newest().parse(value).is_ok(), "{}: {}={value}", file.name(), entry.key);
                }
            }
        }
    }

    #[test]
    fn a_file_that_is_too_large_is_refused() {
        let tree = Tree::new("large", &[("a.properties", &vec![b'#'; 1 << 20 | 1])]);
        assert_eq!(tree.read().unread[0].failure.kind, ErrorKind::Limit);
    }
}
