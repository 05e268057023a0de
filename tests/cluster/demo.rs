//! The demo of deploy/demo, as a new user has it: it comes up, a fault is told by the page that arrives, it heals, it goes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::common::tools::{GET, prometheus_program, tool};

/// A demo; taken down when dropped.
struct Demo {
    dir: PathBuf,
}

impl Demo {
    /// Runs a script of the demo: whether it succeeded, and all that it said.
    fn run(&self, script: &str, arguments: &[&str]) -> (bool, String) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/demo").join(script);
        let mut command = Command::new(path);
        command.args(arguments).env("BROKERWATCH_DEMO_DIR", &self.dir).stdin(Stdio::null());
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        (output.status.success(), said)
    }

    /// As [`Demo::run`]; it has to succeed and to say all of `words`.
    fn says(&self, script: &str, arguments: &[&str], words: &[&str]) {
        let began = Instant::now();
        let (is_success, said) = self.run(script, arguments);
        assert!(is_success, "{script} {arguments:?} failed:\n{said}");
        for word in words {
            assert!(said.contains(word), "{script} {arguments:?} does not say {word:?}:\n{said}");
        }
        println!("demo: {script} {}: {:.0} s", arguments.join(" "), began.elapsed().as_secs_f64());
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        if self.dir.exists() {
            let _ = self.run("down", &[]);
        }
    }
}

#[test]
fn the_demo_breaks_shows_the_page_heals_and_leaves_nothing() {
    let (Some(_), Some(_)) = (prometheus_program(), tool(&["promtool"], GET)) else { return };
    let demo = Demo { dir: std::env::temp_dir().join(format!("brokerwatch-test-{}-demo", std::process::id())) };
    // Below the ephemeral ports, and by process id, so that two test runs do not collide.
    let ports = (20_000 + std::process::id() % 16 * 720).to_string();
    let up = ["--detach", "--program", env!("CARGO_BIN_EXE_brokerwatch"), "--port-base", &ports];
    demo.says("up", &up, &["brokerwatch check", "topic-rf-low", "kafka_broker_up 1", "deploy/demo/break broker-down"]);

    let (is_success, said) = demo.run("break", &["moon"]);
    assert!(!is_success && said.contains("unknown fault 'moon'"), "{said}");
    let has_disks = std::fs::read_to_string(demo.dir.join("demo.env")).unwrap().contains("DISKS=yes");
    if !has_disks {
        let (is_success, said) = demo.run("break", &["disk-hung"]);
        assert!(!is_success && said.contains("disk-hung needs disks") && said.contains("as root"), "{said}");
    }

    demo.says(
        "break",
        &["broker-down"],
        &["CRITICAL after", "KafkaBrokerDown", "peer:2", "Its port refuses connections"],
    );
    demo.says("heal", &[], &["broker-down is mended", "no alert of it is left"]);
    demo.says("heal", &[], &["nothing is broken"]);
    demo.says("down", &[], &["everything is down"]);
    assert!(!demo.dir.exists(), "{} is left", demo.dir.display());
}
