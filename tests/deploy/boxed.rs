//! deploy/systemd under a real systemd, in a throw-away copy of this machine: tests/tools/systemd-box.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::common::repository;
use super::common::tools::{skip, tool};
use super::{files, output};

const KAFKA: &str = "4.1.1";

/// Class path of a real Kafka; none when it cannot be had here.
fn kafka() -> Option<PathBuf> {
    let script = format!("source tests/cluster/versions; source tests/cluster/lib.sh; ensure_jars {KAFKA}");
    let mut command = Command::new("bash");
    command.args(["-c", &script]).current_dir(repository("")).stdin(Stdio::null());
    let output = command.output().unwrap();
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.code() == Some(2) {
        skip(&format!("no Kafka: {}", String::from_utf8_lossy(&output.stderr)));
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(path.into())
}

/// Runs a script of this folder in a box of its own, beside the class path of a Kafka.
fn run(script: &str, binds: &[(PathBuf, &str)]) {
    let Some(kafka) = kafka() else { return };
    let mut command = Command::new(repository("tests/tools/systemd-box"));
    let own = [(repository(""), "/repository"), (kafka, "/opt/kafka/libs")];
    for (from, to) in own.iter().chain(binds) {
        command.arg("--bind").arg(from).arg(to);
    }
    let output = command.arg(repository("tests/deploy").join(script)).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(2) {
        return skip(&said);
    }
    assert!(output.status.success(), "{script}: {}\n{said}", output.status);
    println!("{said}");
}

#[test]
fn the_units_run_with_every_source_up_and_least_rights() {
    run("units.sh", &[(env!("CARGO_BIN_EXE_brokerwatch").into(), "/usr/local/bin/brokerwatch")]);
}

#[test]
fn the_debian_package_installs_upgrades_and_purges_cleanly() {
    // Installed here, where it stays: the box is thrown away.
    let install = "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends";
    let ensure = format!("command -v lintian || {{ [ $(id -u) = 0 ] && {install} lintian binutils adduser; }}");
    let ensured = Command::new("sh").args(["-c", &ensure]).stdin(Stdio::null()).output().unwrap();
    if !ensured.status.success() {
        return skip("lintian is missing: apt-get install lintian");
    }
    run("package.sh", &[(env!("CARGO_BIN_EXE_brokerwatch").into(), "/opt/brokerwatch")]);
}

/// By hand it is put into /usr/local/bin, by the package into /usr/bin; systemd looks in both for a bare name.
#[test]
fn units_name_the_program_without_a_folder() {
    for path in files("deploy/systemd", "service") {
        let text = std::fs::read_to_string(&path).unwrap();
        let started: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("ExecStart=")).collect();
        assert_eq!(started.len(), 1, "{}", path.display());
        assert_eq!(started[0].split(' ').next(), Some("brokerwatch"), "{}", path.display());
    }
}

#[test]
fn systemd_analyze_finds_little_to_reach() {
    let Some(analyze) = tool(&["systemd-analyze"], "apt-get install systemd") else { return };
    // Tenths, little above what is found. The helper asks drives, so it is root with two grave capabilities and some devices.
    for (unit, tenths) in [("brokerwatch", 12), ("brokerwatch-reader", 15), ("brokerwatch-smart", 17)] {
        let unit = repository(&format!("deploy/systemd/{unit}.service"));
        let threshold = format!("--threshold={tenths}");
        let said = output(Command::new(&analyze).args(["security", "--offline=true", &threshold]).arg(unit));
        println!("{}", said.trim_end().lines().last().unwrap_or_default());
    }
}
