//! The life of the process: arguments, configuration, then serve, check, snapshot, metrics or read. Exit codes.

#![expect(clippy::disallowed_methods, reason = "main alone reads arguments and the files that flags name")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "main alone writes to the terminal")]

mod life;

use std::path::Path;
use std::process::ExitCode;

use brokerwatch::cli::{CheckArgs, Cli, Command, ReaderArgs, exit};
use brokerwatch::config::{Config, Options};
use brokerwatch::report::Expectations;
use brokerwatch::snapshot::Snapshot;
use brokerwatch::{acls, collectors, report, sources};
use clap::Parser;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { exit::USAGE } else { exit::CLEAN };
            let _ = error.print();
            return code.into();
        }
    };
    let code = match &cli.command {
        None => life::serve(&cli),
        Some(Command::Check(arguments)) => check(&cli, arguments),
        Some(Command::Snapshot) => snapshot(&cli),
        Some(Command::Acls(arguments)) => {
            print!("{}", acls::text(arguments.profile, arguments.format, &arguments.principal));
            exit::CLEAN
        }
        Some(Command::Metrics) => {
            print!("{}", collectors::table::text());
            exit::CLEAN
        }
        Some(Command::Reader(arguments)) => reader(arguments),
    };
    code.into()
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
    cli.options.clone().or(file.clone()).validate().map_err(|error| match &cli.config_file {
        // A bad value is told with the file that it stands in. What belongs together may stand in several places.
        Some(path) if file.validate().is_err_and(|own| own == error) => {
            format!("--config.file={}: {error}", path.display())
        }
        _ => error,
    })
}

fn usage(message: &str) -> u8 {
    eprintln!("brokerwatch: {message}");
    exit::USAGE
}

fn check(cli: &Cli, arguments: &CheckArgs) -> u8 {
    if arguments.list {
        print!("{}", report::list());
        return exit::CLEAN;
    }
    if let Some(id) = &arguments.explain {
        return match report::explain(id) {
            Some(text) => {
                print!("{text}");
                exit::CLEAN
            }
            None => usage(&format!("--explain={id}: there is no such check; `brokerwatch check --list` names them")),
        };
    }
    let expectations = match expectations(arguments.expectations.as_deref()) {
        Ok(expectations) => expectations,
        Err(message) => return usage(&message),
    };
    let snapshot = if arguments.snapshots.is_empty() {
        match configuration(cli) {
            Ok(config) => life::look_at_cluster(cli, config),
            Err(message) => return usage(&message),
        }
    } else {
        let read: Result<Vec<Snapshot>, String> = arguments.snapshots.iter().map(|path| read_snapshot(path)).collect();
        match read.map(merged) {
            Ok(snapshot) => snapshot,
            Err(message) => {
                eprintln!("brokerwatch: {message}");
                return exit::BLIND;
            }
        }
    };
    let report = report::check(&snapshot, arguments.profile, &expectations);
    print!("{}", report.write(arguments.format, &snapshot));
    report.exit_code(arguments.fail_on)
}

fn expectations(path: Option<&Path>) -> Result<Expectations, String> {
    let Some(path) = path else { return Ok(Expectations::default()) };
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| format!("--expectations={shown}: {error}"))?;
    Expectations::parse(&shown, &text)
}

fn read_snapshot(path: &Path) -> Result<Snapshot, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: not a snapshot: {error}", path.display()))
}

/// All nodes of several snapshots, judged at the newest of their times.
fn merged(snapshots: Vec<Snapshot>) -> Snapshot {
    let mut snapshots = snapshots.into_iter();
    let mut all = snapshots.next().unwrap_or_else(life::nothing_seen);
    for snapshot in snapshots {
        all.taken_at = all.taken_at.max(snapshot.taken_at);
        all.nodes.extend(snapshot.nodes);
    }
    all
}

fn snapshot(cli: &Cli) -> u8 {
    let config = match configuration(cli) {
        Ok(config) => config,
        Err(message) => return usage(&message),
    };
    let snapshot = life::look_at_node(cli, config);
    match serde_json::to_string_pretty(&snapshot) {
        Ok(text) => println!("{text}"),
        Err(error) => {
            eprintln!("brokerwatch: the snapshot could not be written: {error}");
            return exit::BLIND;
        }
    }
    if snapshot.saw_anything() { exit::CLEAN } else { exit::BLIND }
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
