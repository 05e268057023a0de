//! The configuration: the same keys as flags, environment and file, in this order of precedence.
//!
//! A key of the file is the flag's name without dashes in front: `kafka.server: localhost:9092`.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;

use crate::acls::Profile;
use crate::checks;
use crate::collectors::{self, PartitionDetail};
use crate::report::Terms;
use crate::security_options::SecurityOptions;
use crate::sources::kafka::{Endpoint, Security};
use crate::switches::Switches;

/// Port of the page; reads as "the other 9308", kafka_exporter's.
const DEFAULT_LISTEN_ADDRESS: &str = "[::]:10308";

/// Every option, as it may stand on the command line, in the environment or in the file. Absent means not said there.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Broker to watch, as HOST:PORT; without it the broker of this host is found by its process.
    #[arg(
        long = "kafka.server",
        env = "BROKERWATCH_KAFKA_SERVER",
        value_name = "HOST:PORT",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "kafka.server")]
    pub server: Option<String>,

    /// The broker's server.properties; chooses among several brokers of this host.
    #[arg(
        long = "kafka.properties-file",
        env = "BROKERWATCH_KAFKA_PROPERTIES_FILE",
        value_name = "FILE",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "kafka.properties-file")]
    pub properties_file: Option<String>,

    /// How much is asked of the broker: everything, what Describe alone is enough for, or nothing. [default: full]
    #[arg(
        long = "kafka.profile",
        env = "BROKERWATCH_KAFKA_PROFILE",
        value_enum,
        value_name = "PROFILE",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "kafka.profile")]
    pub kafka_profile: Option<Profile>,

    /// How listeners are protected and who we say we are.
    #[command(flatten)]
    #[serde(flatten)]
    pub security: SecurityOptions,

    /// Address to serve on; may be given several times. [default: :10308]
    #[arg(
        long = "web.listen-address",
        env = "BROKERWATCH_WEB_LISTEN_ADDRESS",
        value_name = "ADDRESS",
        value_delimiter = ',',
        help_heading = "Web"
    )]
    #[serde(rename = "web.listen-address")]
    pub listen_addresses: Option<Vec<String>>,

    /// Path of the page of metrics. [default: /metrics]
    #[arg(
        long = "web.telemetry-path",
        env = "BROKERWATCH_WEB_TELEMETRY_PATH",
        value_name = "PATH",
        help_heading = "Web"
    )]
    #[serde(rename = "web.telemetry-path")]
    pub telemetry_path: Option<String>,

    /// YAML file of Prometheus' web configuration: TLS, users and headers of this endpoint. Read again when it changes.
    #[arg(long = "web.config.file", env = "BROKERWATCH_WEB_CONFIG_FILE", value_name = "FILE", help_heading = "Web")]
    #[serde(rename = "web.config.file")]
    pub web_config_file: Option<PathBuf>,

    /// How much is said of partitions. `auto` turns from each partition to counts by topic above 2,000 led partitions.
    #[arg(
        long = "collector.partitions.detail",
        env = "BROKERWATCH_COLLECTOR_PARTITIONS_DETAIL",
        value_enum,
        value_name = "DETAIL",
        help_heading = "Collectors"
    )]
    #[serde(rename = "collector.partitions.detail")]
    pub partition_detail: Option<PartitionDetail>,

    /// Make a file without a name in each log directory every 30 s, which shows that it can be written and how long that takes.
    /// Off, since a monitor that writes to data surprises; mount options, error counters and failing reads tell nearly all
    /// that it does.
    #[arg(
        long = "collector.log_dirs.probe",
        env = "BROKERWATCH_COLLECTOR_LOG_DIRS_PROBE",
        value_name = "BOOL",
        num_args = 0..=1,
        default_missing_value = "true",
        require_equals = true,
        help_heading = "Collectors"
    )]
    #[serde(rename = "collector.log_dirs.probe")]
    pub probe_log_dirs: Option<bool>,

    /// Which collectors are on.
    #[command(flatten)]
    #[serde(flatten)]
    pub collectors: Switches,

    /// Which checks count: development, core or strict. [default: strict while serving, core for check]
    #[arg(long = "profile", env = "BROKERWATCH_PROFILE", value_enum, value_name = "PROFILE", help_heading = "Checks")]
    #[serde(rename = "profile")]
    pub checks_profile: Option<checks::Profile>,

    /// YAML file of findings that are accepted, each with a reason: accepted: [{check: ID, subject: TEXT, reason: TEXT}].
    /// Read again on SIGHUP.
    #[arg(long = "expectations", env = "BROKERWATCH_EXPECTATIONS", value_name = "FILE", help_heading = "Checks")]
    #[serde(rename = "expectations")]
    pub expectations: Option<PathBuf>,

    /// File with a key of yours (openssl rand -hex 32), read as the broker's user: secrets in the node's file are then told
    /// apart by HMAC-SHA-256 marks.
    #[arg(
        long = "secrets.key-file",
        env = "BROKERWATCH_SECRETS_KEY_FILE",
        value_name = "FILE",
        help_heading = "Checks"
    )]
    #[serde(rename = "secrets.key-file")]
    pub secrets_key_file: Option<PathBuf>,

    /// Root of the proc file system. [default: /proc]
    #[arg(
        long = "path.procfs",
        env = "BROKERWATCH_PATH_PROCFS",
        value_name = "DIR",
        global = true,
        help_heading = "Host"
    )]
    #[serde(rename = "path.procfs")]
    pub procfs: Option<PathBuf>,

    /// Root of the sys file system. [default: /sys]
    #[arg(
        long = "path.sysfs",
        env = "BROKERWATCH_PATH_SYSFS",
        value_name = "DIR",
        global = true,
        help_heading = "Host"
    )]
    #[serde(rename = "path.sysfs")]
    pub sysfs: Option<PathBuf>,

    /// Directory in which what was learned of drives is kept over restarts; the reader's user must be able to write to it.
    /// Without it that is learned anew each time, which takes days.
    #[arg(long = "path.state", env = "BROKERWATCH_PATH_STATE", value_name = "DIR", help_heading = "Host")]
    #[serde(rename = "path.state")]
    pub state_dir: Option<PathBuf>,
    /// File that `brokerwatch smart-helper` writes: health of drives, and the kernel's log. [default: /run/brokerwatch-smart/health.json]
    #[arg(
        long = "smart.spool",
        env = "BROKERWATCH_SMART_SPOOL",
        value_name = "FILE",
        global = true,
        help_heading = "Host"
    )]
    #[serde(rename = "smart.spool")]
    pub health_spool: Option<PathBuf>,

    /// Unix socket of a `brokerwatch reader` that runs as the broker's user; without it the server starts its own.
    #[arg(
        long = "reader.socket",
        env = "BROKERWATCH_READER_SOCKET",
        value_name = "PATH",
        global = true,
        help_heading = "Host"
    )]
    #[serde(rename = "reader.socket")]
    pub reader_socket: Option<PathBuf>,

    /// Least level that is logged. [default: info]
    #[arg(
        long = "log.level",
        env = "BROKERWATCH_LOG_LEVEL",
        value_enum,
        value_name = "LEVEL",
        global = true,
        help_heading = "Log"
    )]
    #[serde(rename = "log.level")]
    pub log_level: Option<LogLevel>,

    /// Format of the log. [default: logfmt]
    #[arg(
        long = "log.format",
        env = "BROKERWATCH_LOG_FORMAT",
        value_enum,
        value_name = "FORMAT",
        global = true,
        help_heading = "Log"
    )]
    #[serde(rename = "log.format")]
    pub log_format: Option<LogFormat>,
}

/// Levels of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// All of that, and what libraries say, such as each step of a TLS handshake. No secret is among it.
    Trace,
    /// Every round of a source.
    Debug,
    /// Start, stop, and changes of state.
    #[default]
    Info,
    /// What is degraded.
    Warn,
    /// What an operator must act on.
    Error,
}

/// Formats of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// `key=value` pairs, as Prometheus itself logs.
    #[default]
    Logfmt,
    /// One JSON object a line.
    Json,
}

/// A configuration that was found to be in order.
#[derive(Clone, Debug)]
pub struct Config {
    /// Broker to watch.
    pub server: Option<Endpoint>,
    /// How much is asked of the broker.
    pub profile: Profile,
    /// How listeners are spoken to.
    pub security: Security,
    /// Its properties file.
    pub properties_file: Option<String>,
    /// Addresses to serve on.
    pub listen_addresses: Vec<String>,
    /// Path of the page.
    pub telemetry_path: String,
    /// Who may ask, and over what.
    pub web_config_file: Option<PathBuf>,
    /// Which checks count; absent when nobody says.
    pub checks_profile: Option<checks::Profile>,
    /// File of accepted findings. What it says is in `collectors.terms`, once it was read.
    pub expectations: Option<PathBuf>,
    /// File with the key that marks secrets; absent when they are not marked.
    pub secrets_key_file: Option<PathBuf>,
    /// Whether a file is made in each log directory now and then.
    pub probe_log_dirs: bool,
    /// What the collectors are told.
    pub collectors: collectors::Options,
    /// Root of the proc file system.
    pub procfs: PathBuf,
    /// Root of the sys file system.
    pub sysfs: PathBuf,
    /// Where what was learned of drives is kept.
    pub state_dir: Option<PathBuf>,
    /// What the privileged helper writes.
    pub health_spool: PathBuf,
    /// Socket of the reader.
    pub reader_socket: Option<PathBuf>,
    /// Least level that is logged.
    pub log_level: LogLevel,
    /// Format of the log.
    pub log_format: LogFormat,
}

impl Options {
    /// Options of a configuration file.
    ///
    /// # Errors
    /// One line with the place in the file and the key.
    pub fn parse(path: &str, text: &str) -> Result<Self, String> {
        // A file with nothing but comments says nothing.
        let parsed: Result<Option<Self>, _> = serde_yaml::from_str(text);
        parsed.map(Option::unwrap_or_default).map_err(|error| match Self::bad_key(text) {
            Some(told) => format!("--config.file={path}{told}"),
            None => format!("--config.file={path}: {error}"),
        })
    }

    /// The first key of `text` that cannot be read, with its line and why: what is flattened is read without either. Absent
    /// when no key alone is wrong.
    fn bad_key(text: &str) -> Option<String> {
        let keys: serde_yaml::Mapping = serde_yaml::from_str(text).ok()?;
        keys.into_iter().find_map(|(key, value)| {
            let name = key.as_str()?.to_owned();
            let alone = serde_yaml::Value::Mapping([(key, value)].into_iter().collect());
            let error = serde_yaml::from_value::<Self>(alone).err()?.to_string();
            let is_its = |line: &str| line.strip_prefix(&*name).is_some_and(|rest| rest.trim_start().starts_with(':'));
            let line = text.lines().position(is_its);
            let line = line.map_or_else(String::new, |line| format!(":{}", line + 1));
            let error = if error.contains(&name) { error } else { format!("{name}: {error}") };
            Some(format!("{line}: {error}"))
        })
    }

    /// These options, and those of `file` where these say nothing.
    #[must_use]
    pub fn or(self, file: Self) -> Self {
        Self {
            server: self.server.or(file.server),
            properties_file: self.properties_file.or(file.properties_file),
            kafka_profile: self.kafka_profile.or(file.kafka_profile),
            security: self.security.or(file.security),
            listen_addresses: self.listen_addresses.or(file.listen_addresses),
            telemetry_path: self.telemetry_path.or(file.telemetry_path),
            web_config_file: self.web_config_file.or(file.web_config_file),
            partition_detail: self.partition_detail.or(file.partition_detail),
            probe_log_dirs: self.probe_log_dirs.or(file.probe_log_dirs),
            collectors: self.collectors.or(file.collectors),
            checks_profile: self.checks_profile.or(file.checks_profile),
            expectations: self.expectations.or(file.expectations),
            secrets_key_file: self.secrets_key_file.or(file.secrets_key_file),
            procfs: self.procfs.or(file.procfs),
            sysfs: self.sysfs.or(file.sysfs),
            state_dir: self.state_dir.or(file.state_dir),
            health_spool: self.health_spool.or(file.health_spool),
            reader_socket: self.reader_socket.or(file.reader_socket),
            log_level: self.log_level.or(file.log_level),
            log_format: self.log_format.or(file.log_format),
        }
    }

    /// The configuration that these options mean.
    ///
    /// # Errors
    /// One line that names the option and what it should be.
    pub fn validate(self) -> Result<Config, String> {
        let security = self.security.validate()?;
        let server = self.server.map(|server| parse_server(&server, &security)).transpose()?;
        let telemetry_path = self.telemetry_path.unwrap_or_else(|| "/metrics".to_owned());
        if !telemetry_path.starts_with('/') || telemetry_path.len() < 2 {
            return Err(format!("--web.telemetry-path={telemetry_path}: must begin with a slash, such as /metrics"));
        }
        let listen_addresses = self.listen_addresses.unwrap_or_else(|| vec![DEFAULT_LISTEN_ADDRESS.to_owned()]);
        let listen_addresses = listen_addresses.into_iter().map(listen_address).collect::<Result<_, _>>()?;
        Ok(Config {
            server,
            profile: self.kafka_profile.unwrap_or_default(),
            security,
            properties_file: self.properties_file,
            listen_addresses,
            telemetry_path,
            web_config_file: self.web_config_file,
            probe_log_dirs: self.probe_log_dirs.unwrap_or(false),
            collectors: collectors::Options {
                disabled: self.collectors.disabled(),
                partition_detail: self.partition_detail.unwrap_or_default(),
                terms: Terms { profile: self.checks_profile.unwrap_or(Terms::default().profile), ..Terms::default() },
            },
            checks_profile: self.checks_profile,
            expectations: self.expectations,
            secrets_key_file: self.secrets_key_file,
            procfs: self.procfs.unwrap_or_else(|| PathBuf::from("/proc")),
            sysfs: self.sysfs.unwrap_or_else(|| PathBuf::from("/sys")),
            state_dir: self.state_dir,
            health_spool: self.health_spool.unwrap_or_else(|| PathBuf::from("/run/brokerwatch-smart/health.json")),
            reader_socket: self.reader_socket,
            log_level: self.log_level.unwrap_or_default(),
            log_format: self.log_format.unwrap_or_default(),
        })
    }
}

fn parse_server(text: &str, security: &Security) -> Result<Endpoint, String> {
    if text.contains(',') {
        return Err(format!("--kafka.server={text}: give one broker; the others are found through it"));
    }
    let (host, port) = crate::derive::listeners::split_address(text)
        .filter(|(host, _)| !host.is_empty() && !host.contains(|letter: char| letter == '/' || letter.is_whitespace()))
        .ok_or_else(|| format!("--kafka.server={text}: must be HOST:PORT, such as localhost:9092"))?;
    Ok(Endpoint { host: host.to_owned(), port, security: security.clone(), process: None })
}

/// `:PORT` means all addresses, as Go programs read it.
fn listen_address(text: String) -> Result<String, String> {
    let address = if text.starts_with(':') { format!("[::]{text}") } else { text };
    match address.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(address),
        _ => Err(format!("--web.listen-address={address}: must be HOST:PORT or :PORT, such as :10308")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file() {
        let file = Options::parse("f", "kafka.server: a:1\nlog.level: warn\n").unwrap();
        let flags = Options { server: Some("b:2".into()), ..Options::default() };
        let config = flags.or(file).validate().unwrap();
        assert_eq!(config.server.unwrap().to_string(), "b:2");
        assert_eq!(config.log_level, LogLevel::Warn);
        assert!(Options::parse("f", "# nothing\n").unwrap().validate().is_ok());
    }

    #[test]
    fn a_bad_value_names_its_option() {
        let refused = |yaml: &str| Options::parse("f", yaml).and_then(Options::validate).unwrap_err();
        assert!(refused("kafka.server: nonsense").contains("--kafka.server=nonsense: must be HOST:PORT"));
        assert!(refused("kafka.sever: a:1").contains("kafka.sever"));
        assert!(refused("collector.quorun: false").contains("collector.quorum"));
        assert!(refused("collector.quorum: perhaps").contains("collector.quorum must be true or false"));
        assert!(refused("web.listen-address: ['10308']").contains("--web.listen-address"));
        assert!(refused("web.telemetry-path: metrics").contains("slash"));
        assert!(refused("kafka.server: 'a:1,b:2'").contains("one broker; the others are found through it"));
        for bad in ["a/b:1", "a b:1", "http://a:1"] {
            assert!(refused(&format!("kafka.server: '{bad}'")).contains("must be HOST:PORT"), "{bad}");
        }
        let told = refused("# ours\nlog.level: info\ntls.enabled: yes\n");
        assert!(told.starts_with("--config.file=f:3: tls.enabled: invalid type"), "{told}");
        let told = refused("collector.log_dirs.probe: true\ncollector.log_dirs: maybe\n");
        assert!(
            told.starts_with("--config.file=f:2: collector.log_dirs must be"),
            "another key begins as it does: {told}"
        );
    }

    #[test]
    fn a_collector_is_switched_off_by_its_name() {
        let config =
            Options::parse("f", "collector.quorum: false\ncollector.node: true\n").unwrap().validate().unwrap();
        assert_eq!(config.collectors.disabled.into_iter().collect::<Vec<_>>(), ["quorum"]);
    }

    #[test]
    fn a_port_alone_listens_everywhere() {
        let config = Options::parse("f", "web.listen-address: [':9']").unwrap().validate().unwrap();
        assert_eq!(config.listen_addresses, ["[::]:9"]);
    }
}
