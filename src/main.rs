//! The life of the process: arguments, configuration, then serve, check, snapshot, metrics or read. Exit codes.

#![expect(clippy::disallowed_methods, reason = "main alone reads arguments and the files that flags name")]
#![expect(clippy::print_stderr, reason = "main alone writes to the terminal")]

mod life;

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use brokerwatch::baseline::Baseline;
use brokerwatch::cli::{
    AclsArgs, AlertsArgs, BaselineCommand, CheckArgs, Cli, Command, GivenArgs, ReaderArgs, RunbookArgs,
    SmartHelperArgs, WhatIfArgs, exit,
};
use brokerwatch::config::{Config, Options};
use brokerwatch::derive::fleet::Fleet;
use brokerwatch::report::{Expectations, Report, Terms};
use brokerwatch::snapshot::{PassedOver, Snapshot, UnixMs};
use brokerwatch::sources::given::{Taken, Told, merged, read_given, secret_marks};
use brokerwatch::sources::kafka::addresses::shown;
use brokerwatch::sources::manifest::Manifest;
use brokerwatch::{acls, alerts, collectors, report, sources};
use clap::FromArgMatches;
use clap::error::{ContextKind, ContextValue};

fn main() -> ExitCode {
    let parsed = Cli::with_variables().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { exit::USAGE } else { exit::CLEAN };
            let _ = error.print();
            if let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg)
                && let Some(name) = variable_of(option)
            {
                eprintln!("\nThe value is that of the environment variable {name}.");
            }
            return code.into();
        }
    };
    // The reader has the environment of the server that started it.
    if !matches!(cli.command, Some(Command::Reader(_))) {
        let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
        for name in Cli::unknown_variables(names) {
            eprintln!(
                "brokerwatch: the environment variable {name} is no option of ours; `brokerwatch --help` names them"
            );
        }
    }
    let code = match &cli.command {
        None => life::serve(&cli),
        Some(Command::Check(arguments)) => check(&cli, arguments),
        Some(Command::Baseline(command)) => baseline(&cli, command),
        Some(Command::WhatIf(arguments)) => what_if(&cli, arguments),
        Some(Command::Snapshot) => snapshot(&cli),
        Some(Command::Acls(arguments)) => print_or_tell(acl_lines(&cli, arguments)),
        Some(Command::Metrics) => say(collectors::table::text(), exit::CLEAN),
        Some(Command::Alerts(arguments)) => print_alerts(arguments),
        Some(Command::Runbook(arguments)) => runbook(arguments),
        Some(Command::Reader(arguments)) => reader(arguments),
        Some(Command::SmartHelper(arguments)) => smart_helper(&cli, arguments),
    };
    code.into()
}

/// The variable that gives the value of the option that `told` begins with, if no flag does.
fn variable_of(told: &str) -> Option<String> {
    let arguments: Vec<String> = std::env::args_os().map(|one| one.to_string_lossy().into_owned()).collect();
    Cli::variable_of(told, &arguments)
}

/// The configuration of flags, environment and file.
fn configuration(cli: &Cli) -> Result<Config, String> {
    let file = match &cli.config_file {
        None => Options::default(),
        Some(path) => {
            let shown = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|error| format!("--config.file={shown}: {error}"))?;
            Options::parse(&shown, &text)?
        }
    };
    let mut config = cli.options.clone().or(file.clone()).validate().map_err(|error| match &cli.config_file {
        // A bad value is told with the file that it stands in. What belongs together may stand in several places.
        Some(path) if file.validate().is_err_and(|own| own == error) => {
            format!("--config.file={}: {error}", path.display())
        }
        _ => match variable_of(&error) {
            Some(name) => format!("{error} (the value is that of the environment variable {name})"),
            None => error,
        },
    })?;
    if let Some(path) = &config.expectations {
        config.collectors.terms.expectations = expectations(path)?.into();
    }
    Ok(config)
}

/// Prints to standard output, and returns the exit code: `code`, also for a reader such as `head` that wants the beginning only.
/// Any other failure is told and is [`exit::BLIND`], as a part must not be taken for the whole.
fn say(text: impl AsRef<str>, code: u8) -> u8 {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_ref().as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("brokerwatch: standard output cannot be written to: {error}");
            exit::BLIND
        }
        _ => code,
    }
}

fn usage(message: &str) -> u8 {
    eprintln!("brokerwatch: {message}");
    exit::USAGE
}

fn check(cli: &Cli, arguments: &CheckArgs) -> u8 {
    if arguments.list {
        return say(report::list(), exit::CLEAN);
    }
    if let Some(id) = &arguments.explain {
        return match report::explain(id) {
            Some(text) => say(text, exit::CLEAN),
            None => usage(&format!("--explain={id}: there is no such check; `brokerwatch check --list` names them")),
        };
    }
    let looked = terms(cli, arguments).and_then(|terms| Ok((terms, look(cli, &arguments.given)?)));
    let (terms, Looked { snapshot, passed_over, .. }) = match looked {
        Ok(looked) => looked,
        Err(message) => return usage(&message),
    };
    let report = Report { passed_over, ..report::check(&snapshot, &terms) };
    say(report.write(arguments.format, &snapshot), report.exit_code(arguments.fail_on))
}

/// What `check` was told, else what the configuration says.
fn terms(cli: &Cli, arguments: &CheckArgs) -> Result<Terms, String> {
    let config = configuration(cli)?;
    let expectations = match &arguments.expectations {
        Some(path) => expectations(path)?.into(),
        None => config.collectors.terms.expectations,
    };
    Ok(Terms { profile: arguments.profile.or(config.checks_profile).unwrap_or_default(), expectations })
}

fn expectations(path: &Path) -> Result<Expectations, String> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| format!("--expectations={shown}: {error}"))?;
    Expectations::parse(&shown, &text)
}

/// What was looked at.
struct Looked {
    snapshot: Snapshot,
    /// When the oldest part of it was seen.
    oldest: UnixMs,
    /// What was given, or lies in directories that were, and configures nothing of Kafka.
    passed_over: Vec<PassedOver>,
}

/// What was given, and the cluster where one is named or nothing is given.
fn look(cli: &Cli, arguments: &GivenArgs) -> Result<Looked, String> {
    let manifest = match &arguments.manifest {
        None => Manifest::default(),
        Some(path) => {
            let text = std::fs::read_to_string(path);
            Manifest::parse(path, &text.map_err(|error| format!("--manifest={}: {error}", path.display()))?)?
        }
    };
    let told = Told { release: arguments.kafka_version, manifest };
    let (addresses, paths): (Vec<&PathBuf>, Vec<&PathBuf>) =
        arguments.paths.iter().partition(|given| is_address(given));
    let paths: Vec<PathBuf> = paths.into_iter().cloned().collect();
    let Taken { snapshots: mut given, passed_over } = read_given(&paths, &told, life::now())?;
    for address in addresses {
        let address = address.to_string_lossy();
        let snapshot = life::fetch_snapshot(cli, &address, &arguments.http)?;
        given.push((PathBuf::from(shown(&address)), snapshot));
    }
    let config = configuration(cli)?;
    if given.is_empty() || config.server.is_some() {
        given.push((PathBuf::new(), life::look_at_cluster(cli, config)));
    }
    let oldest = given.iter().map(|(_, snapshot)| snapshot.taken_at).min().unwrap_or_else(life::now);
    Ok(Looked { snapshot: merged(given, life::now()), oldest, passed_over })
}

/// For commands whose output is no report.
fn tell_passed_over(passed_over: &[PassedOver]) {
    for PassedOver { path, why } in passed_over {
        eprintln!("brokerwatch: {path} is passed over: {why}");
    }
}

fn is_address(given: &Path) -> bool {
    let given = given.to_string_lossy().to_ascii_lowercase();
    given.starts_with("http:/") || given.starts_with("https:/")
}

fn baseline(cli: &Cli, command: &BaselineCommand) -> u8 {
    let (before, arguments) = match command {
        BaselineCommand::Save(arguments) => (None, arguments),
        BaselineCommand::Diff { baseline, now } => (Some(baseline), now),
    };
    let before = before.map(|path| {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
        Baseline::parse(&shown, &text)
    });
    let now = look(cli, &arguments.given).and_then(|Looked { snapshot, passed_over, .. }| {
        tell_passed_over(&passed_over);
        let marks = arguments.key_file.as_deref().map(|key| secret_marks(&snapshot, key)).transpose()?;
        Ok(Baseline::of(&snapshot, &marks.unwrap_or_default()))
    });
    let (before, (now, unseen)) = match (before.transpose(), now) {
        (Ok(before), Ok(now)) => (before, now),
        (Err(message), _) | (_, Err(message)) => return usage(&message),
    };
    for (name, why) in &unseen {
        eprintln!("brokerwatch: {name}: {why}");
    }
    if now.is_empty() {
        eprintln!("brokerwatch: no node's settings were seen");
        return exit::BLIND;
    }
    // Nobody may take for declared, or for equal, what was not looked at.
    let clean = if unseen.is_empty() { exit::CLEAN } else { exit::BLIND };
    let Some(before) = before else {
        return say(now.text(), clean);
    };
    let differences = before.differences(&now);
    say(&differences, if differences.is_empty() { clean } else { exit::FINDINGS })
}

fn what_if(cli: &Cli, arguments: &WhatIfArgs) -> u8 {
    let Looked { snapshot, oldest, passed_over } = match look(cli, &arguments.given) {
        Ok(looked) => looked,
        Err(message) => return usage(&message),
    };
    tell_passed_over(&passed_over);
    let blind = |why: &str| {
        eprintln!("brokerwatch: {why}");
        exit::BLIND
    };
    match report::what_if::answers(&snapshot, &arguments.targets, arguments.all, (oldest, life::now())) {
        Ok(answers) if answers.is_empty() => match report::what_if::why_blind(&snapshot) {
            Some(why) => blind(&why),
            None => blind("no Kafka node was seen: name one with --kafka.server=HOST:PORT"),
        },
        Ok(answers) => say(report::what_if::write(&answers, arguments.format), report::what_if::exit_code(&answers)),
        Err(nothing) if nothing.is_blind() => blind(&nothing.to_string()),
        Err(nothing) => usage(&nothing.to_string()),
    }
}

fn snapshot(cli: &Cli) -> u8 {
    let config = match configuration(cli) {
        Ok(config) => config,
        Err(message) => return usage(&message),
    };
    let snapshot = life::look_at_node(cli, config);
    let saw_a_node = Fleet::of(&snapshot).nodes.iter().any(|node| node.unseen().is_none());
    match serde_json::to_string_pretty(&snapshot) {
        Ok(text) => say(text + "\n", if saw_a_node { exit::CLEAN } else { exit::BLIND }),
        Err(error) => {
            eprintln!("brokerwatch: the snapshot could not be written: {error}");
            exit::BLIND
        }
    }
}

fn print_alerts(arguments: &AlertsArgs) -> u8 {
    if arguments.list {
        return say(alerts::list(), exit::CLEAN);
    }
    let wish = alerts::Wish {
        format: arguments.format,
        sets: &arguments.sets,
        runbook_base_url: arguments.runbook_base_url.as_deref(),
        dashboard_base_url: arguments.dashboard_base_url.as_deref(),
        cluster_label: arguments.cluster_label.as_deref(),
    };
    print_or_tell(alerts::print(&wish))
}

fn runbook(arguments: &RunbookArgs) -> u8 {
    match &arguments.alert {
        Some(alert) if !arguments.list => print_or_tell(alerts::runbook(alert)),
        _ => print_or_tell(Ok(alerts::runbook_list())),
    }
}

fn acl_lines(cli: &Cli, arguments: &AclsArgs) -> Result<String, String> {
    let profile = match arguments.profile {
        Some(profile) => profile,
        None => configuration(cli)?.profile,
    };
    acls::text(profile, arguments.format, &arguments.principal)
}

fn print_or_tell(made: Result<String, String>) -> u8 {
    match made {
        Ok(text) => say(text, exit::CLEAN),
        Err(message) => usage(&message),
    }
}

fn smart_helper(cli: &Cli, arguments: &SmartHelperArgs) -> u8 {
    let config = match configuration(cli) {
        Ok(config) => config,
        Err(message) => return usage(&message),
    };
    let usual = ["/usr/sbin/smartctl", "/usr/local/sbin/smartctl", "/sbin/smartctl"].map(PathBuf::from);
    let result = match &arguments.nvme {
        Some(device) => sources::smart::answer_nvme(device, std::io::stdout().lock()),
        None => sources::smart::run(&sources::smart::Helper {
            procfs: config.procfs,
            sysfs: config.sysfs,
            devices: PathBuf::from("/dev"),
            spool: config.health_spool.clone(),
            smartctl: arguments.smartctl.clone().or_else(|| usual.into_iter().find(|program| program.exists())),
            program: PathBuf::from(life::OWN_PROGRAM),
        }),
    };
    match result {
        Ok(()) => exit::CLEAN,
        Err(error) => {
            eprintln!("brokerwatch smart-helper: {}: {error}", config.health_spool.display());
            exit::BLIND
        }
    }
}

fn reader(arguments: &ReaderArgs) -> u8 {
    let result = match &arguments.listen_socket {
        Some(path) => sources::reader::serve_socket(path, Path::new(life::OWN_PROGRAM)),
        None => sources::reader::answer_questions(std::io::stdin().lock(), std::io::stdout().lock()),
    };
    match result {
        Ok(()) => exit::CLEAN,
        Err(error) => {
            eprintln!("brokerwatch reader: {error}");
            exit::BLIND
        }
    }
}
