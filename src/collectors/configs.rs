//! Settings that must agree between nodes, so that Prometheus compares the fleet; and what awaits a restart.

use super::{Collector, Options, Seen};
use crate::checks;
use crate::derive::config_classes::{MUST_EQUAL, numeric, secret_class};
use crate::derive::fleet::Node;
use crate::derive::node::is_controller_only;
use crate::derive::settings::From;
use crate::exposition::{Metric, Samples, Scope};
use crate::limits::{SECRET_MARKS, SECRET_MARKS_MAX};
use crate::snapshot::ConfigFile;
use crate::sources::{CONFIGS, LIVENESS, PROCESS, PROPERTIES};

pub(super) static COLLECTOR: Collector = Collector {
    name: "configs",
    about: "effective settings that must agree between nodes, and what awaits a restart",
    sources: &[&CONFIGS, &PROPERTIES, &PROCESS, &LIVENESS],
    families: &[&VALUE.family, &INFO.family, &SECRET.family, &MARKED.family, &PENDING.family, &CHANGED.family],
    collect,
};

static VALUE: Metric<5> = Metric::gauge(
    "kafka_config_value",
    Scope::Broker,
    &["key", "source", "class", "role", "version"],
    "Effective value of a numeric setting, in the unit of the key itself (milliseconds for a key in .ms); absent when the \
     node does not tell it. Only settings that must agree between nodes.",
);
static INFO: Metric<6> = Metric::info(
    "kafka_config_info",
    Scope::Broker,
    &["key", "value", "source", "class", "role", "version"],
    "Effective value of a setting that is no number, with where it comes from; absent when the node does not tell it. Only \
     settings that must agree between nodes; never a secret.",
);
static SECRET: Metric<4> = Metric::info(
    "kafka_config_secret_info",
    Scope::Broker,
    &["key", "hmac", "class", "role"],
    "A secret in the node's file, by its mark: HMAC-SHA-256 over name and value with the key of --secrets.key-file, cut to \
     128 bits. Absent without that key. Equal marks are equal secrets.",
);
static MARKED: Metric<0> = Metric::gauge(
    "brokerwatch_secrets_key_usable",
    Scope::Itself,
    &[],
    "1 when the secrets of the node's file were marked with the key of --secrets.key-file, 0 when that cannot be read or is too \
     short; absent without one.",
);
static PENDING: Metric<0> = Metric::gauge(
    "kafka_config_pending_restart_keys",
    Scope::Broker,
    &[],
    "Settings whose value in the node's file is not the one that it was started with; absent when the file or the running \
     values cannot be seen.",
);
static CHANGED: Metric<0> = Metric::gauge(
    "kafka_config_file_changed_after_start",
    Scope::Broker,
    &[],
    "1 when the node's file was written after its process started, else 0; absent when either time cannot be seen.",
);

fn collect(Seen { node, fleet, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    let findings = |id: &str| {
        let verdict = checks::run(checks::all().find(|check| check.id == id)?, fleet);
        (verdict.evaluated && verdict.unknown.is_empty()).then_some(verdict.findings.len())
    };
    if let Some(keys) = findings("drift-pending-restart") {
        samples.push(&PENDING, [], keys);
    }
    if let Some(changed) = findings("drift-file-hash") {
        samples.push(&CHANGED, [], changed > 0);
    }
    if let Some(file) = node.settings.file {
        secrets(file, role(node), samples);
    }
    if node.settings.running.is_some() {
        values(node, samples);
    }
}

fn role(node: &Node<'_>) -> &'static str {
    if is_controller_only(node.view.node, node.view.now) { "controller" } else { "broker" }
}

fn secrets(file: &ConfigFile, role: &str, samples: &mut Samples) {
    let Some(marks) = &file.marks else { return };
    samples.push(&MARKED, [], marks.is_ok());
    for (key, mark) in file.secret_marks().take(SECRET_MARKS_MAX) {
        samples.push(&SECRET, [key, mark, secret_class(key).as_str(), role], 1);
    }
    if file.secret_marks().count() > SECRET_MARKS_MAX {
        samples.limit_hit(SECRET_MARKS);
    }
}

fn values(node: &Node<'_>, samples: &mut Samples) {
    let role = role(node);
    let version = node.settings.release.map_or_else(String::new, |release| release.to_string());
    for (key, class) in MUST_EQUAL {
        let withheld = node.settings.running.and_then(|running| running.get(*key)?.withheld).is_some();
        // What the node was not told to hide may stand in its file; a key that its release does not know is nowhere.
        let setting = match withheld {
            true => node.settings.written(key).ok(),
            false => node
                .settings
                .running
                .filter(|running| running.contains_key(*key))
                .and_then(|_| node.effective(key).ok()),
        };
        let Some(setting) = setting else { continue };
        let source = match setting.from {
            From::Running(source) => source.as_str(),
            From::File(..) => "file",
            From::Default => "default",
        };
        match numeric(key, setting.value) {
            Some(number) => samples.push(&VALUE, [key, source, class.as_str(), role, &version], number),
            None => samples.push(&INFO, [key, setting.value, source, class.as_str(), role, &version], 1),
        }
    }
}
