//! The command line as a type. Without a subcommand the program serves.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::Resettable;
use clap::{Arg, Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::acls::{self, Form};
use crate::alerts;
use crate::checks::{Profile, Severity};
use crate::config::Options;
use crate::derive::domains::Targets;
use crate::keys::Version;

/// Exit codes; clap's 2 for bad usage is mapped to 64, since 2 means here that nothing could be looked at.
pub mod exit {
    /// Nothing found.
    pub const CLEAN: u8 = 0;
    /// Findings at or above `--fail-on`, or the server could not start.
    pub const FINDINGS: u8 = 1;
    /// Nothing could be looked at.
    pub const BLIND: u8 = 2;
    /// Bad flags or configuration.
    pub const USAGE: u8 = 64;
}

/// Prometheus exporter and alerting sidecar beside each Apache Kafka broker.
///
/// Without a subcommand it finds the broker of this host and serves its metrics.
#[derive(Debug, Parser)]
#[command(name = "brokerwatch", version, args_conflicts_with_subcommands = false)]
pub struct Cli {
    /// What to do; serving, when there is none.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// YAML file with further options; its keys are the flags' names. Read again on SIGHUP.
    #[arg(long = "config.file", env = "BROKERWATCH_CONFIG_FILE", value_name = "FILE", global = true)]
    pub config_file: Option<PathBuf>,

    /// Every other option.
    #[command(flatten)]
    pub options: Options,
}

/// Subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look at the broker once, and say what endangers its data.
    Check(CheckArgs),
    /// Declare the settings of the nodes as they are, and compare them later.
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// Say what happens if a broker, log directory, drive, machine or rack stops now: exit code 0 nothing is harmed, 1 something
    /// is, 2 that is not known.
    WhatIf(WhatIfArgs),
    /// Look at the broker once, and write what was seen as JSON: a bug report and a test case.
    Snapshot,
    /// Print the rights that a principal needs in Kafka, as lines to paste.
    Acls(AclsArgs),
    /// Print every metric: name, type, unit, labels, scope, source.
    Metrics,
    /// Print the alerting rules of this version, for Prometheus.
    Alerts(AlertsArgs),
    /// Print what to do about an alert.
    Runbook(RunbookArgs),
    /// Read files for a server (started by it; or, with a socket, as the broker's user).
    #[command(hide = true)]
    Reader(ReaderArgs),
    /// Ask drives for their health and read the kernel's log, once, and leave both in --smart.spool for the server; as
    /// root, by brokerwatch-smart.timer.
    SmartHelper(SmartHelperArgs),
}

/// Beginning of the names of our variables.
const OURS: &str = "BROKERWATCH_";

impl Cli {
    /// The command line, with a variable that is empty taken for one that is not set: so templates write what nobody said.
    #[must_use]
    pub fn with_variables() -> clap::Command {
        let is_empty = |arg: &Arg| arg.get_env().is_some_and(|name| is_set(name) == Some(false));
        Self::command().mut_args(|arg| if is_empty(&arg) { arg.env(Resettable::Reset) } else { arg })
    }

    /// The variable that gives the value of the option that `told` begins with, such as `--log.level=loud: ...`; absent when it
    /// begins with none, or `arguments` give it.
    #[must_use]
    pub fn variable_of(told: &str, arguments: &[String]) -> Option<String> {
        let flag = told.split([' ', '=', '[']).next()?;
        if arguments.iter().any(|argument| argument.split('=').next() == Some(flag)) {
            return None;
        }
        let name = flag.strip_prefix("--")?;
        let command = Self::command();
        let arg = command.get_arguments().find(|arg| arg.get_long() == Some(name))?;
        let name = arg.get_env().filter(|name| is_set(name) == Some(true))?;
        Some(name.to_string_lossy().into_owned())
    }

    /// Those of `names` that look like variables of ours and are none. Kubernetes sets some for a Service of our name.
    #[must_use]
    pub fn unknown_variables(names: impl Iterator<Item = String>) -> Vec<String> {
        let command = Self::command();
        let known: BTreeSet<&str> = command.get_arguments().filter_map(|arg| arg.get_env()?.to_str()).collect();
        let is_of_others = |rest: &str| {
            let of_tools = ["TEST", "DEMO_", "CLUSTER_"].iter().any(|start| rest.starts_with(start));
            of_tools || rest.ends_with("SERVICE_HOST") || rest.split('_').any(|word| word == "PORT")
        };
        let is_unknown = |name: &String| {
            name.strip_prefix(OURS).is_some_and(|rest| !known.contains(name.as_str()) && !is_of_others(rest))
        };
        names.filter(is_unknown).collect()
    }
}

/// Whether a variable has a value; absent when there is none of this name.
fn is_set(name: &OsStr) -> Option<bool> {
    std::env::var_os(name).map(|value| !value.is_empty())
}

/// Arguments of `check`.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// What is looked at.
    #[command(flatten)]
    pub given: GivenArgs,
    /// Format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
    /// Least severity that makes the exit code 1.
    #[arg(long, value_enum, default_value_t = Severity::Critical, value_name = "SEVERITY")]
    pub fail_on: Severity,
    /// Which checks are asked: development for one node on a developer's machine, core for what a senior operator
    /// would always act on, strict for everything. [default: that of the configuration, else core]
    #[arg(long, value_enum, value_name = "PROFILE")]
    pub profile: Option<Profile>,
    /// YAML file of findings that are accepted, each with a reason: accepted: [{check: ID, subject: TEXT, reason: TEXT}].
    /// [default: that of the configuration]
    #[arg(long, value_name = "FILE")]
    pub expectations: Option<PathBuf>,
    /// Explain one check and end.
    #[arg(long, value_name = "ID")]
    pub explain: Option<String>,
    /// List every check and end.
    #[arg(long)]
    pub list: bool,
}

/// What is looked at.
#[derive(Args, Debug)]
pub struct GivenArgs {
    /// Configuration files, directories of them, snapshots, or addresses of sidecars' snapshots (http://HOST:10308/snapshot).
    /// With --kafka.server the cluster is asked too; without anything the broker of this host is looked at.
    #[arg(value_name = "FILE|DIR|SNAPSHOT")]
    pub paths: Vec<PathBuf>,
    /// Kafka release that the files are for, such as 4.1: it decides which keys and defaults hold.
    #[arg(long = "kafka.version", value_name = "RELEASE", value_parser = release)]
    pub kafka_version: Option<Version>,
    /// YAML file that says which files share a machine: MACHINE: [FILE, FILE].
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// Access to sidecars' snapshots.
    #[command(flatten)]
    pub http: HttpArgs,
}

/// Arguments of `what-if`.
#[derive(Args, Debug)]
pub struct WhatIfArgs {
    /// What stops: broker=ID (a controller's id too), log-dir=PATH, disk=NAME, machine=NAME, rack=NAME,
    /// firmware=MODEL/FIRMWARE (every drive of that make) or firmware=MODEL/FIRMWARE@HOURS (those of them that were on for
    /// so long, within a week); several that stop together with commas between them. log-dir=ID:PATH and disk=ID:NAME are
    /// those of one node.
    #[arg(value_name = "TARGET")]
    pub targets: Targets,
    /// What is looked at.
    #[command(flatten)]
    pub given: GivenArgs,
    /// Name every partition, not only the worst fifty.
    #[arg(long)]
    pub all: bool,
    /// Format of the answer.
    #[arg(long, value_enum, default_value_t)]
    pub format: WhatIfFormat,
}

/// Formats of the answer of `what-if`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum WhatIfFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON list with one answer for each cluster.
    Json,
}

/// Subcommands of `baseline`.
#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Write the settings of the nodes as JSON, secrets left out.
    Save(BaselineArgs),
    /// Say what is different from a baseline: exit code 0 nothing, 1 something, 2 something could not be looked at.
    Diff {
        /// The baseline.
        #[arg(value_name = "BASELINE")]
        baseline: PathBuf,
        /// What is compared with it.
        #[command(flatten)]
        now: BaselineArgs,
    },
}

/// What a baseline is made of.
#[derive(Args, Debug)]
pub struct BaselineArgs {
    /// What is looked at.
    #[command(flatten)]
    pub given: GivenArgs,
    /// File with a key of yours: secrets in properties files are then compared by HMAC-SHA-256 marks, cut to 128 bits.
    #[arg(long = "secrets.key-file", value_name = "FILE")]
    pub key_file: Option<PathBuf>,
}

/// How sidecars are asked for their snapshots.
#[derive(Args, Clone, Debug, Default)]
pub struct HttpArgs {
    /// Name that sidecars know us by (basic authentication).
    #[arg(long = "http.username", value_name = "NAME", requires = "password_file")]
    pub username: Option<String>,
    /// File with the password for --http.username.
    #[arg(long = "http.password-file", value_name = "FILE", requires = "username")]
    pub password_file: Option<PathBuf>,
    /// PEM file of the authorities of sidecars' certificates; the system's own when absent.
    #[arg(long = "http.ca-file", value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}

fn release(text: &str) -> Result<Version, String> {
    Version::parse(text).ok_or_else(|| "not a release of Kafka such as 3.9 or 4.1.1".to_owned())
}

/// Arguments of `acls`.
#[derive(Args, Debug)]
pub struct AclsArgs {
    /// Who gets the rights.
    #[arg(long, default_value = "User:brokerwatch")]
    pub principal: String,
    /// How much is to be seen. [default: what --kafka.profile says, else full]
    #[arg(long, value_enum)]
    pub profile: Option<acls::Profile>,
    /// Form of the lines.
    #[arg(long, value_enum, default_value_t)]
    pub format: Form,
}

/// Arguments of `alerts`.
#[derive(Args, Debug)]
pub struct AlertsArgs {
    /// Who reads the rules: Prometheus (a rule file) or its operator (a PrometheusRule).
    #[arg(long, value_enum, default_value_t)]
    pub format: alerts::Format,
    /// Another value for a threshold, or for a key of an alert; repeatable. --list names the keys.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// What stands before #ALERT in runbook_url. [default: the runbooks of the project]
    #[arg(long, value_name = "URL")]
    pub runbook_base_url: Option<String>,
    /// What stands before /d/... in dashboard_url: where Grafana is. [default: none]
    #[arg(long, value_name = "URL")]
    pub dashboard_base_url: Option<String>,
    /// The target label that tells clusters apart, where it is not kafka_cluster.
    #[arg(long, value_name = "NAME")]
    pub cluster_label: Option<String>,
    /// List what can be set, and end.
    #[arg(long)]
    pub list: bool,
}

/// Arguments of `runbook`.
#[derive(Args, Debug)]
pub struct RunbookArgs {
    /// Name of the alert.
    #[arg(value_name = "ALERT", required_unless_present = "list")]
    pub alert: Option<String>,
    /// List every alert with what it means, and end.
    #[arg(long)]
    pub list: bool,
}

/// Arguments of `reader`.
#[derive(Args, Debug)]
pub struct ReaderArgs {
    /// Serve on this unix socket, one child for each connection, instead of on standard input and output.
    #[arg(long = "reader.listen-socket", value_name = "PATH")]
    pub listen_socket: Option<PathBuf>,
}

/// Arguments of `smart-helper`.
#[derive(Args, Debug)]
pub struct SmartHelperArgs {
    /// The program smartctl (smartmontools), for ATA and SAS drives; found in the usual places when absent.
    #[arg(long = "smartctl", value_name = "FILE")]
    pub smartctl: Option<PathBuf>,
    /// Ask one NVMe controller, and write its answer to standard output.
    #[arg(long = "nvme", value_name = "DEVICE", hide = true)]
    pub nvme: Option<PathBuf>,
}

/// Formats of the report of `check`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Tables, for a comment or a ticket.
    Markdown,
    /// Annotations of a GitHub workflow.
    Github,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_are_none_of_ours_are_told_and_not_those_of_kubernetes() {
        let names = [
            "BROKERWATCH_KAFKA_SEVER",
            "BROKERWATCH_KAFKA_SERVER",
            "BROKERWATCH_COLLECTOR_QUORUM",
            "BROKERWATCH_SERVICE_HOST",
            "BROKERWATCH_SERVICE_PORT_METRICS",
            "BROKERWATCH_PORT",
            "BROKERWATCH_PORT_10308_TCP_ADDR",
            "BROKERWATCH_B1_PORT_10308_TCP",
            "BROKERWATCH_TESTS_REQUIRE_ALL",
            "PATH",
        ];
        let unknown = Cli::unknown_variables(names.into_iter().map(str::to_owned));
        assert_eq!(unknown, ["BROKERWATCH_KAFKA_SEVER"]);
    }

    #[test]
    fn collectors_are_switched_as_node_exporter_does() {
        let disabled = |arguments: &[&str]| {
            let all = std::iter::once("brokerwatch").chain(arguments.iter().copied());
            Cli::try_parse_from(all).map(|cli| cli.options.collectors.disabled().into_iter().collect::<Vec<_>>())
        };
        assert_eq!(disabled(&["--no-collector.quorum"]).unwrap(), ["quorum"]);
        assert_eq!(disabled(&["--collector.quorum=false", "--collector.node"]).unwrap(), ["quorum"]);
        assert!(disabled(&[]).unwrap().is_empty());
        assert!(disabled(&["--no-collector.quorun"]).is_err());
    }

    #[test]
    fn the_command_line_is_consistent_and_every_option_has_its_environment_twin() {
        let command = Cli::command();
        command.clone().debug_assert();
        for argument in command.get_arguments() {
            let has_twin = |long: &&str| !["help", "version"].contains(long) && !long.starts_with("no-");
            let Some(long) = argument.get_long().filter(has_twin) else { continue };
            let twin = format!("BROKERWATCH_{}", long.to_uppercase().replace(['.', '-'], "_"));
            assert_eq!(argument.get_env().and_then(|name| name.to_str()), Some(twin.as_str()), "--{long}");
            assert!(argument.get_help().is_some(), "--{long} has no help");
        }
    }
}
