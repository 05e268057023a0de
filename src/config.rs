//! The configuration: the same keys as flags, environment and file, in this order of precedence.
//!
//! A key of the file is the flag's name without dashes in front: `kafka.server: localhost:9092`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde::Deserialize;

use crate::collectors::{self, PartitionDetail};
use crate::sources::kafka::Endpoint;
use crate::sources::kafka::security::{Mechanism, Sasl, Security, TlsFiles};
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

    /// Speak TLS to the broker.
    #[arg(
        long = "tls.enabled",
        env = "BROKERWATCH_TLS_ENABLED",
        value_name = "true|false",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "tls.enabled")]
    pub tls_enabled: Option<bool>,

    /// PEM file of the authorities that the broker's certificate is of. [default: the host's own]
    #[arg(
        long = "tls.ca-file",
        env = "BROKERWATCH_TLS_CA_FILE",
        value_name = "FILE",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "tls.ca-file")]
    pub tls_ca_file: Option<PathBuf>,

    /// PEM file of our own certificate and its chain, for listeners that ask for one.
    #[arg(
        long = "tls.cert-file",
        env = "BROKERWATCH_TLS_CERT_FILE",
        value_name = "FILE",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "tls.cert-file")]
    pub tls_cert_file: Option<PathBuf>,

    /// PEM file of the key of our own certificate.
    #[arg(
        long = "tls.key-file",
        env = "BROKERWATCH_TLS_KEY_FILE",
        value_name = "FILE",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "tls.key-file")]
    pub tls_key_file: Option<PathBuf>,

    /// Name that the broker's certificate is for. [default: its advertised host, or the host of --kafka.server]
    #[arg(
        long = "tls.server-name",
        env = "BROKERWATCH_TLS_SERVER_NAME",
        value_name = "NAME",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "tls.server-name")]
    pub tls_server_name: Option<String>,

    /// Take any certificate: whoever answers is believed to be the broker.
    #[arg(
        long = "tls.insecure-skip-tls-verify",
        env = "BROKERWATCH_TLS_INSECURE_SKIP_TLS_VERIFY",
        value_name = "true|false",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "tls.insecure-skip-tls-verify")]
    pub tls_insecure: Option<bool>,

    /// How to say who we are: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER.
    #[arg(
        long = "sasl.mechanism",
        env = "BROKERWATCH_SASL_MECHANISM",
        value_name = "MECHANISM",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "sasl.mechanism")]
    pub sasl_mechanism: Option<String>,

    /// User name for PLAIN and SCRAM.
    #[arg(
        long = "sasl.username",
        env = "BROKERWATCH_SASL_USERNAME",
        value_name = "NAME",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "sasl.username")]
    pub sasl_username: Option<String>,

    /// File of the password for PLAIN and SCRAM; read for each connection.
    #[arg(
        long = "sasl.password-file",
        env = "BROKERWATCH_SASL_PASSWORD_FILE",
        value_name = "FILE",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "sasl.password-file")]
    pub sasl_password_file: Option<PathBuf>,

    /// File of the token for OAUTHBEARER; read for each connection.
    #[arg(
        long = "sasl.token-file",
        env = "BROKERWATCH_SASL_TOKEN_FILE",
        value_name = "FILE",
        global = true,
        help_heading = "Kafka"
    )]
    #[serde(rename = "sasl.token-file")]
    pub sasl_token_file: Option<PathBuf>,

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

    /// Which collectors are on.
    #[command(flatten)]
    #[serde(flatten)]
    pub collectors: Switches,

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
    /// How listeners are spoken to.
    pub security: Security,
    /// Its properties file.
    pub properties_file: Option<String>,
    /// Addresses to serve on.
    pub listen_addresses: Vec<String>,
    /// Path of the page.
    pub telemetry_path: String,
    /// What the collectors are told.
    pub collectors: collectors::Options,
    /// Root of the proc file system.
    pub procfs: PathBuf,
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
        parsed.map(Option::unwrap_or_default).map_err(|error| format!("--config.file={path}: {error}"))
    }

    /// These options, and those of `file` where these say nothing.
    #[must_use]
    pub fn or(self, file: Self) -> Self {
        Self {
            server: self.server.or(file.server),
            properties_file: self.properties_file.or(file.properties_file),
            tls_enabled: self.tls_enabled.or(file.tls_enabled),
            tls_ca_file: self.tls_ca_file.or(file.tls_ca_file),
            tls_cert_file: self.tls_cert_file.or(file.tls_cert_file),
            tls_key_file: self.tls_key_file.or(file.tls_key_file),
            tls_server_name: self.tls_server_name.or(file.tls_server_name),
            tls_insecure: self.tls_insecure.or(file.tls_insecure),
            sasl_mechanism: self.sasl_mechanism.or(file.sasl_mechanism),
            sasl_username: self.sasl_username.or(file.sasl_username),
            sasl_password_file: self.sasl_password_file.or(file.sasl_password_file),
            sasl_token_file: self.sasl_token_file.or(file.sasl_token_file),
            listen_addresses: self.listen_addresses.or(file.listen_addresses),
            telemetry_path: self.telemetry_path.or(file.telemetry_path),
            partition_detail: self.partition_detail.or(file.partition_detail),
            collectors: self.collectors.or(file.collectors),
            procfs: self.procfs.or(file.procfs),
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
        let security = Security { tls: self.tls()?, sasl: self.sasl()? };
        let server = self.server.map(|server| parse_server(&server, &security)).transpose()?;
        let telemetry_path = self.telemetry_path.unwrap_or_else(|| "/metrics".to_owned());
        if !telemetry_path.starts_with('/') || telemetry_path.len() < 2 {
            return Err(format!("--web.telemetry-path={telemetry_path}: must begin with a slash, such as /metrics"));
        }
        let listen_addresses = self.listen_addresses.unwrap_or_else(|| vec![DEFAULT_LISTEN_ADDRESS.to_owned()]);
        let listen_addresses = listen_addresses.into_iter().map(listen_address).collect::<Result<_, _>>()?;
        Ok(Config {
            server,
            security,
            properties_file: self.properties_file,
            listen_addresses,
            telemetry_path,
            collectors: collectors::Options {
                disabled: self.collectors.disabled(),
                partition_detail: self.partition_detail.unwrap_or_default(),
            },
            procfs: self.procfs.unwrap_or_else(|| PathBuf::from("/proc")),
            reader_socket: self.reader_socket,
            log_level: self.log_level.unwrap_or_default(),
            log_format: self.log_format.unwrap_or_default(),
        })
    }

    fn tls(&self) -> Result<Option<Arc<TlsFiles>>, String> {
        let given = [
            ("--tls.ca-file", self.tls_ca_file.is_some()),
            ("--tls.cert-file", self.tls_cert_file.is_some()),
            ("--tls.key-file", self.tls_key_file.is_some()),
            ("--tls.server-name", self.tls_server_name.is_some()),
            ("--tls.insecure-skip-tls-verify", self.tls_insecure == Some(true)),
        ];
        match (self.tls_enabled, given.iter().find(|(_, given)| *given)) {
            (Some(true), _) => {}
            (None, Some((flag, _))) => return Err(format!("{flag}: needs --tls.enabled")),
            _ => return Ok(None),
        }
        let identity = match (&self.tls_cert_file, &self.tls_key_file) {
            (Some(certificate), Some(key)) => Some((certificate.clone(), key.clone())),
            (None, None) => None,
            (Some(_), None) => return Err("--tls.cert-file: needs --tls.key-file".to_owned()),
            (None, Some(_)) => return Err("--tls.key-file: needs --tls.cert-file".to_owned()),
        };
        Ok(Some(Arc::new(TlsFiles {
            ca_file: self.tls_ca_file.clone(),
            identity,
            server_name: self.tls_server_name.clone(),
            insecure_skip_verify: self.tls_insecure == Some(true),
        })))
    }

    fn sasl(&self) -> Result<Option<Arc<Sasl>>, String> {
        let Some(name) = &self.sasl_mechanism else {
            let given = [
                ("--sasl.username", self.sasl_username.is_some()),
                ("--sasl.password-file", self.sasl_password_file.is_some()),
                ("--sasl.token-file", self.sasl_token_file.is_some()),
            ];
            return match given.iter().find(|(_, given)| *given) {
                Some((flag, _)) => Err(format!("{flag}: needs --sasl.mechanism, such as SCRAM-SHA-512")),
                None => Ok(None),
            };
        };
        let mechanism = Mechanism::parse(name).map_err(|what| format!("--sasl.mechanism={name}: {what}"))?;
        let (username, secret_file) = if mechanism == Mechanism::OauthBearer {
            (Some(String::new()), &self.sasl_token_file)
        } else {
            (self.sasl_username.clone(), &self.sasl_password_file)
        };
        let needs = |flag: &str| format!("--sasl.mechanism={name}: needs {flag}");
        let username = username.ok_or_else(|| needs("--sasl.username"))?;
        if username.chars().any(char::is_control) {
            return Err("--sasl.username: must hold no control characters".to_owned());
        }
        let secret_file = secret_file.clone().ok_or_else(|| needs(mechanism.secret_flag()))?;
        Ok(Some(Arc::new(Sasl { mechanism, username, secret_file })))
    }
}

fn parse_server(text: &str, security: &Security) -> Result<Endpoint, String> {
    let (host, port) = crate::gather::split_address(text)
        .filter(|(host, _)| !host.is_empty() && !host.contains("://"))
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
    }

    #[test]
    fn tls_and_sasl_are_whole_or_name_what_is_missing() {
        let read = |yaml: &str| Options::parse("f", yaml).and_then(Options::validate);
        let refused = |yaml: &str| read(yaml).unwrap_err();
        assert_eq!(refused("tls.ca-file: a"), "--tls.ca-file: needs --tls.enabled");
        assert_eq!(refused("{tls.enabled: true, tls.key-file: a}"), "--tls.key-file: needs --tls.cert-file");
        assert_eq!(refused("{tls.enabled: true, tls.cert-file: a}"), "--tls.cert-file: needs --tls.key-file");
        assert!(refused("sasl.password-file: a").starts_with("--sasl.password-file: needs --sasl.mechanism"));
        assert!(refused("sasl.mechanism: GSSAPI").contains("Kerberos is not supported"));
        assert!(refused("sasl.mechanism: CRAM").starts_with("--sasl.mechanism=CRAM: must be one of PLAIN"));
        assert!(refused("sasl.mechanism: PLAIN").ends_with("needs --sasl.username"));
        assert!(refused("{sasl.mechanism: PLAIN, sasl.username: u}").ends_with("needs --sasl.password-file"));
        assert!(refused("sasl.mechanism: OAUTHBEARER").ends_with("needs --sasl.token-file"));
        let yaml = "{kafka.server: 'a:1', tls.enabled: true, sasl.mechanism: scram-sha-512, sasl.username: u, sasl.password-file: p}";
        let config = read(yaml).unwrap();
        assert_eq!(config.security.protocol(), "SASL_SSL");
        assert_eq!(config.server.unwrap().security, config.security);
        assert_eq!(read("{tls.enabled: false, tls.ca-file: a}").unwrap().security, Security::default());
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
