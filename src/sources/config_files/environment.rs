//! Settings given as environment variables of a container, and what its image adds.

use super::properties::parse_properties;
use super::{ConfigError, ensure_text, recognise, secrets};
use crate::keys::{Scope, lookup};
use crate::limits::CONFIG_ENTRIES_MAX;
use crate::snapshot::{
    ConfigFile, Container, Entry, FileKind, FileOddity, Form, Mapping, Oddity, Place, Setting, mark_overridden,
};

/// A variable of a container. It may hold a secret: it stays inside `sources`.
#[derive(Clone)]
pub(super) struct Variable {
    pub(super) name: String,
    /// Absent when it comes from elsewhere, such as the shell that starts the container.
    pub(super) value: Option<String>,
    /// Whether something else fills the value in, as compose does with `${NAME}`.
    pub(super) is_template: bool,
    pub(super) line: Option<u32>,
    pub(super) file: Option<String>,
}

/// Variables of `apache/kafka` and `cp-kafka` that name files with stores and passwords, and what they become.
const STORES: &[(&str, &str)] = &[
    ("KAFKA_SSL_KEYSTORE_FILENAME", "ssl.keystore.location"),
    ("KAFKA_SSL_TRUSTSTORE_FILENAME", "ssl.truststore.location"),
    ("KAFKA_SSL_KEYSTORE_CREDENTIALS", "ssl.keystore.password"),
    ("KAFKA_SSL_KEY_CREDENTIALS", "ssl.key.password"),
    ("KAFKA_SSL_TRUSTSTORE_CREDENTIALS", "ssl.truststore.password"),
];

/// What `apache/kafka` runs with when no variable and no mounted file configures it: Kafka's sample file, of which some
/// values are not the same in every release.
const APACHE_DEFAULTS: &[(&str, Option<&str>)] = &[
    ("process.roles", Some("broker,controller")),
    ("node.id", Some("1")),
    ("controller.quorum.voters", None),
    ("controller.quorum.bootstrap.servers", None),
    ("listeners", Some("PLAINTEXT://:9092,CONTROLLER://:9093")),
    ("inter.broker.listener.name", Some("PLAINTEXT")),
    ("advertised.listeners", None),
    ("controller.listener.names", Some("CONTROLLER")),
    ("log.dirs", Some("/tmp/kraft-combined-logs")),
    ("offsets.topic.replication.factor", Some("1")),
    ("transaction.state.log.replication.factor", Some("1")),
    ("transaction.state.log.min.isr", Some("1")),
];

/// What images that begin with Kafka's sample file have where no variable says otherwise; a value is absent where it is
/// not the same in every release.
const SAMPLE_DEFAULTS: &[(&str, Option<&str>)] = &[
    ("offsets.topic.replication.factor", Some("1")),
    ("transaction.state.log.replication.factor", Some("1")),
    ("transaction.state.log.min.isr", Some("1")),
    ("share.coordinator.state.topic.replication.factor", None),
    ("share.coordinator.state.topic.min.isr", None),
];

/// Fills in `file` what its container makes of `variables`. `file.container` has the mapping.
pub(super) fn apply(file: &mut ConfigFile, mapping: Mapping, variables: &[Variable]) {
    if variables.len() > CONFIG_ENTRIES_MAX {
        file.oddities.push(FileOddity::Truncated);
    }
    let mut unread = Vec::new();
    for variable in variables.iter().take(CONFIG_ENTRIES_MAX) {
        let place = Place::Env { name: variable.name.clone(), line: variable.line, file: variable.file.clone() };
        let has_stores = matches!(mapping, Mapping::Apache | Mapping::Confluent);
        let store = STORES.iter().find(|(name, _)| has_stores && *name == variable.name);
        match (store, mapping.key(&variable.name)) {
            (Some((_, key)), _) => file.entries.push(store_entry(key, variable, place)),
            (None, Some(key)) => push(&mut file.entries, &key, variable.value.as_deref(), variable.is_template, &place),
            (None, None) if is_lost(mapping, &variable.name) => unread.push(variable.name.clone()),
            (None, None) => {}
        }
    }
    mark_overridden(&mut file.entries);
    let before_defaults = recognise(file);
    add_image_defaults(file, mapping);
    let kind = if mapping == Mapping::Unknown { before_defaults } else { recognise(file) };
    file.kind = match (kind, mapping) {
        (FileKind::Unknown(_), Mapping::ConfluentConnect) => FileKind::ConnectWorker,
        (FileKind::Unknown(_), Mapping::ConfluentSchemaRegistry) => FileKind::SchemaRegistry,
        (kind, _) => kind,
    };
    if let Some(container) = &mut file.container {
        container.mapping = mapping;
        container.unread_variables = unread;
    }
}

/// Whether a variable looks like a setting that the image does not read: `KAFKA_LOG_DIRS` where it has to be
/// `KAFKA_CFG_LOG_DIRS`.
fn is_lost(mapping: Mapping, variable: &str) -> bool {
    let key = Mapping::Apache.key(variable).filter(|_| mapping == Mapping::Bitnami);
    key.is_some_and(|key| lookup(Scope::Broker, &key).is_some())
}

fn store_entry(key: &str, variable: &Variable, place: Place) -> Entry {
    let setting = match &variable.value {
        Some(name) if key.ends_with(".location") && variable.is_template => Setting::Template(name.clone()),
        Some(name) if key.ends_with(".location") => Setting::Value(format!("/etc/kafka/secrets/{name}")),
        Some(_) => Setting::Secret,
        None => Setting::Elsewhere,
    };
    Entry { key: key.to_owned(), setting, place, effective: true, oddities: vec![] }
}

/// Adds the settings that a line `key=value` of a properties file makes: one, or several when the value has line ends.
pub(super) fn push(entries: &mut Vec<Entry>, key: &str, value: Option<&str>, is_template: bool, place: &Place) {
    let entry = |key: &str, setting, oddities| Entry {
        key: key.to_owned(),
        setting,
        place: place.clone(),
        effective: true,
        oddities,
    };
    let Some(value) = value else {
        entries.push(entry(key, Setting::Elsewhere, vec![]));
        return;
    };
    match parse_properties(format!("{key}={value}").as_bytes()) {
        Ok(properties) => entries.extend(properties.into_iter().map(|property| {
            let mut oddities = property.oddities;
            if is_template {
                oddities.retain(|oddity| !matches!(oddity, Oddity::Placeholder | Oddity::ConfigProvider));
            }
            let setting = match secrets::setting(&property.key, property.value, &oddities) {
                Setting::Value(value) if is_template => Setting::Template(value),
                setting => setting,
            };
            entry(&property.key, setting, oddities)
        })),
        Err(_) => {
            let setting = secrets::setting(key, value.to_owned(), &[]);
            entries.push(entry(key, setting, vec![Oddity::BadEscape]));
        }
    }
}

/// What the image sets by itself when nobody else does.
fn add_image_defaults(file: &mut ConfigFile, mapping: Mapping) {
    let is_set = |file: &ConfigFile, key: &str| file.entries.iter().any(|entry| entry.key == key);
    let add = |file: &mut ConfigFile, key: &str, setting| {
        let place = Place::Image;
        file.entries.push(Entry { key: key.to_owned(), setting, place, effective: true, oddities: vec![] });
    };
    if file.container.as_ref().is_some_and(|container| container.mounted_config.is_some()) {
        return;
    }
    if mapping == Mapping::Apache && file.entries.is_empty() {
        for (key, value) in APACHE_DEFAULTS {
            add(file, key, value.map_or(Setting::Elsewhere, |value| Setting::Value(value.to_owned())));
        }
        return;
    }
    let makes_listeners = matches!(mapping, Mapping::Apache | Mapping::Confluent);
    if makes_listeners && !is_set(file, "listeners") {
        let advertised = file.entries.iter().rev().find(|entry| entry.key == "advertised.listeners");
        let derived = advertised.map(|entry| match &entry.setting {
            Setting::Value(value) => Setting::Value(bind_everywhere(value)),
            _ => Setting::Elsewhere,
        });
        if let Some(setting) = derived {
            add(file, "listeners", setting);
        }
    }
    let image = file.container.as_ref().and_then(|container| container.image.as_deref()).unwrap_or_default();
    if matches!(mapping, Mapping::Bitnami | Mapping::Wurstmeister) || image.contains("/confluent-local") {
        for (key, value) in SAMPLE_DEFAULTS {
            if !is_set(file, key) {
                add(file, key, value.map_or(Setting::Elsewhere, |value| Setting::Value(value.to_owned())));
            }
        }
    }
    if is_set(file, "log.dirs") || is_set(file, "log.dir") {
        return;
    }
    match mapping {
        Mapping::Confluent | Mapping::Bitnami => {
            let log_dirs = mapping.default_log_dirs().unwrap_or_default();
            add(file, "log.dirs", Setting::Value(log_dirs.to_owned()));
        }
        Mapping::Wurstmeister => add(file, "log.dirs", Setting::Template("/kafka/kafka-logs-$HOSTNAME".to_owned())),
        Mapping::Unknown => add(file, "log.dirs", Setting::Elsewhere),
        Mapping::Apache | Mapping::ConfluentConnect | Mapping::ConfluentSchemaRegistry => {}
    }
}

/// `NAME://host:port` with every host as 0.0.0.0, as these images bind what they advertise.
fn bind_everywhere(listeners: &str) -> String {
    let one = |listener: &str| match listener.split_once("://") {
        Some((name, rest)) => format!("{name}://0.0.0.0{}", rest.find(':').map_or("", |at| &rest[at..])),
        None => listener.to_owned(),
    };
    listeners.split(',').map(one).collect::<Vec<_>>().join(",")
}

/// A file of `NAME=value` lines, as `env_file` of compose reads it; the mapping is told by the names.
///
/// # Errors
/// [`ConfigError::Utf16`] and [`ConfigError::Binary`].
pub fn parse_env_file(path: &str, bytes: &[u8]) -> Result<ConfigFile, ConfigError> {
    let variables = variables(bytes, None)?;
    let mut file = ConfigFile::new(path, Form::EnvFile);
    match Mapping::of_variables(&variables) {
        Some(mapping) => {
            file.container = Some(Container::default());
            apply(&mut file, mapping, &variables);
        }
        None => file.kind = FileKind::Unknown("None of its variables is one of a Kafka image.".to_owned()),
    }
    Ok(file)
}

/// The variables of such a file; `file` is its name where another file includes it.
pub(super) fn variables(bytes: &[u8], file: Option<&str>) -> Result<Vec<Variable>, ConfigError> {
    ensure_text(bytes)?;
    let text = String::from_utf8_lossy(bytes);
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    let variable = |(at, line): (usize, &str)| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = match line.split_once('=') {
            _ if line.starts_with('#') => return None,
            Some((name, value)) => (name.trim(), Some(value)),
            None => (line.trim(), None),
        };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_name) {
            return None;
        }
        let (value, is_template) = value.map_or((None, false), |value| {
            let (value, is_template) = unquote(value);
            (Some(value), is_template)
        });
        let line = u32::try_from(at + 1).ok();
        Some(Variable { name: name.to_owned(), value, is_template, line, file: file.map(str::to_owned) })
    };
    Ok(lines.filter_map(variable).collect())
}

/// A value without its quotes and the comment behind it, and whether a variable is still to be filled in.
fn unquote(raw: &str) -> (String, bool) {
    let raw = raw.trim();
    let quoted = |quote: char| {
        let inner = raw.strip_prefix(quote)?;
        let end = inner.find(quote)?;
        Some(&inner[..end])
    };
    if let Some(literal) = quoted('\'') {
        return (literal.to_owned(), false);
    }
    let value = quoted('"').unwrap_or_else(|| raw.split_once(" #").map_or(raw, |(value, _)| value.trim_end()));
    (value.to_owned(), has_variable(value))
}

/// Whether compose would fill something in: `${NAME}` or `$NAME`; `$$` is a dollar sign.
pub(super) fn has_variable(text: &str) -> bool {
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b'$' {
            match bytes.peek() {
                Some(b'$') => _ = bytes.next(),
                Some(next) if next.is_ascii_alphabetic() || matches!(next, b'{' | b'_') => return true,
                _ => {}
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn env(text: &str) -> ConfigFile {
        parse_env_file("kafka.env", text.as_bytes()).unwrap()
    }

    #[test]
    fn variables_become_settings_with_their_lines() {
        let file = env(
            "# broker\nKAFKA_NODE_ID=1\nexport KAFKA_PROCESS_ROLES='broker'\nKAFKA_LOG_DIRS=\"/data\" # x\n\
                        KAFKA_SSL_KEY_PASSWORD=hunter2\nKAFKA_BROKER_RACK=${RACK}\nKAFKA_HEAP_OPTS=-Xmx1g\nKAFKA_MIN_INSYNC_REPLICAS",
        );
        assert_eq!(file.kind, FileKind::Broker);
        assert_eq!(file.get("log.dirs"), Some("/data"));
        assert_eq!(file.entry("log.dirs").unwrap().place.line(), Some(4));
        assert_eq!(file.entry("ssl.key.password").unwrap().setting, Setting::Secret);
        let rack = file.entry("broker.rack").unwrap();
        assert_eq!((&rack.setting, rack.oddities.len()), (&Setting::Template("${RACK}".to_owned()), 0));
        assert_eq!(file.entry("min.insync.replicas").unwrap().setting, Setting::Elsewhere);
        assert_eq!(file.entry("heap.opts"), None);
    }

    #[test]
    fn values_go_through_a_properties_file() {
        let mut entries = Vec::new();
        let place = Place::Image;
        push(&mut entries, "log.dirs", Some("C:\\kafka\nssl.key.password=hunter2"), false, &place);
        assert_eq!(entries[0].setting, Setting::Value("C:kafka".to_owned()));
        assert_eq!((entries[1].key.as_str(), &entries[1].setting), ("ssl.key.password", &Setting::Secret));
        entries.clear();
        push(&mut entries, "broker.rack", Some("\\u12"), false, &place);
        assert_eq!(entries[0].oddities, [Oddity::BadEscape]);
    }

    #[test]
    fn bitnami_reads_its_own_prefix_only() {
        let file =
            env("KAFKA_CFG_NODE_ID=1\nKAFKA_LOG_DIRS=/data\nKAFKA_CFG_PROCESS_ROLES=broker\nKAFKA_KRAFT_CLUSTER_ID=x");
        assert_eq!(file.get("log.dirs"), Some("/bitnami/kafka/data"));
        assert_eq!(file.entry("log.dirs").unwrap().place, Place::Image);
        assert_eq!(file.get("offsets.topic.replication.factor"), Some("1"), "its own default, not Kafka's 3");
        assert_eq!(file.container.unwrap().unread_variables, ["KAFKA_LOG_DIRS"]);
    }

    #[test]
    fn what_is_advertised_is_bound() {
        let advertised = "INSIDE://kafka1:19092,OUTSIDE://localhost:9092";
        assert_eq!(bind_everywhere(advertised), "INSIDE://0.0.0.0:19092,OUTSIDE://0.0.0.0:9092");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse_env_file("x", &bytes);
        }

        #[test]
        fn no_lines_make_it_panic(text in "(KAFKA_|CONNECT_|KAFKA_CFG_|export |[A-Z_]|=|'|\"|\\$|\\{|\n| #|é|\\\\u){0,40}") {
            let _ = parse_env_file("x", text.as_bytes());
        }
    }
}
