//! What a user may set in the rules: the thresholds, and for each alert whether it is there, its severity and its waits.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::duration::seconds;
use super::meant;
use super::rule_file::{Piece, RULE_FILES, Rule};
use super::thresholds::THRESHOLDS;

/// What stands on the line of a threshold, before its key.
pub const MARK: &str = " # --set ";

/// Longest wait that an alert may be given, in seconds: a month.
const WAIT_MAX: f64 = 30.0 * 86_400.0;

/// What is set of the rules.
#[derive(Debug, Default)]
pub(super) struct Settings {
    thresholds: BTreeMap<&'static str, String>,
    /// By name of an alert or a file.
    on: BTreeMap<&'static str, bool>,
    /// By alert and key of the rule.
    own: BTreeMap<(&'static str, &'static str), String>,
}

/// The keys of a rule that each alert lets be set, after its name and a dot.
const OWN_KEYS: [&str; 3] = ["for", "keep_firing_for", "severity"];

fn alerts() -> impl Iterator<Item = &'static str> {
    RULE_FILES.iter().flat_map(super::RuleFile::alerts)
}

fn keys() -> Vec<String> {
    let own = alerts().flat_map(|alert| OWN_KEYS.map(|key| format!("{alert}.{key}")));
    let named = alerts().chain(RULE_FILES.iter().map(|file| file.name)).chain(THRESHOLDS.iter().map(|one| one.key));
    named.map(str::to_owned).chain(own).collect()
}

impl Settings {
    /// Reads the values of `--set`.
    ///
    /// # Errors
    /// What is wrong with the first that is wrong, and what to do.
    pub(super) fn read(sets: &[String]) -> Result<Self, String> {
        let mut settings = Self::default();
        for set in sets {
            let (key, value) = set.split_once('=').ok_or_else(|| {
                format!("--set={set}: there is no =; write KEY=VALUE (`brokerwatch alerts --list` names the keys)")
            })?;
            settings.set(key.trim(), value.trim()).map_err(|error| format!("--set={set}: {error}"))?;
        }
        Ok(settings)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        if let Some(threshold) = THRESHOLDS.iter().find(|threshold| threshold.key == key) {
            threshold.check(value)?;
            self.thresholds.insert(threshold.key, value.to_owned());
            return Ok(());
        }
        if let Some(name) = alerts().chain(RULE_FILES.iter().map(|file| file.name)).find(|name| *name == key) {
            let on = match value {
                "on" => true,
                "off" => false,
                _ => return Err(format!("{value} is neither on nor off")),
            };
            self.on.insert(name, on);
            return Ok(());
        }
        let own = key.split_once('.').and_then(|(alert, own)| {
            let alert = alerts().find(|name| *name == alert)?;
            Some((alert, *OWN_KEYS.iter().find(|name| **name == own)?))
        });
        let Some((alert, own)) = own else {
            let keys = keys();
            let near = meant(key, keys.iter().map(String::as_str));
            return Err(format!("there is no key {key}{near}; `brokerwatch alerts --list` names them"));
        };
        if own == "severity" && !["critical", "warning", "info"].contains(&value) {
            return Err(format!("{value} is none of critical, warning, info"));
        }
        if own != "severity" {
            let wait = seconds(value).ok_or_else(|| format!("{value} is not a duration such as 10m"))?;
            if wait > WAIT_MAX {
                return Err(format!("{value} is longer than 30d"));
            }
        }
        self.own.insert((alert, own), value.to_owned());
        Ok(())
    }

    /// Whether a rule of `file` is printed: an alert, or a recording rule, which is there when any alert of its file is.
    pub(super) fn is_on(&self, file: &super::RuleFile, alert: Option<&str>) -> bool {
        let of_file = self.on.get(file.name).copied().unwrap_or(file.on);
        let is_on = |alert: &str| self.on.get(alert).copied().unwrap_or(of_file);
        alert.map_or_else(|| of_file || file.alerts().any(is_on), is_on)
    }

    /// The lines of a rule, with what is set.
    pub(super) fn lines(&self, rule: &Rule<'static>) -> Vec<String> {
        let own = |key| rule.alert.and_then(|alert| self.own.get(&(alert, key)));
        let mut lines = Vec::new();
        for line in &rule.lines {
            let key = OWN_KEYS.into_iter().find(|key| is_key(line, key));
            match key.and_then(|key| Some((key, own(key)?))) {
                Some((key, value)) => {
                    let indent = &line[..line.len() - line.trim_start().len()];
                    lines.push(format!("{indent}{key}: {value}"));
                }
                None => lines.push(self.with_threshold(line)),
            }
            if key == Some("for") && rule.value("keep_firing_for").is_none() {
                lines.extend(own("keep_firing_for").map(|wait| format!("        keep_firing_for: {wait}")));
            }
        }
        lines
    }

    fn with_threshold(&self, line: &str) -> String {
        let set = line.rsplit_once(MARK).and_then(|(code, key)| Some((code, key, self.thresholds.get(key)?)));
        let Some((code, key, value)) = set else { return line.to_owned() };
        let default = THRESHOLDS.iter().find(|threshold| threshold.key == key).map_or("", |found| found.default);
        match place(code, default) {
            Some(at) => format!("{}{value}{}{MARK}{key}", &code[..at], &code[at + default.len()..]),
            None => line.to_owned(),
        }
    }
}

fn is_key(line: &str, key: &str) -> bool {
    line.trim_start().strip_prefix(key).is_some_and(|rest| rest.starts_with(": "))
}

/// Where `literal` stands in a line by itself, when it does so once only.
pub(super) fn place(line: &str, literal: &str) -> Option<usize> {
    let part_of_word = |next: char| next.is_alphanumeric() || "._".contains(next);
    let alone = |at: &usize| {
        let after = line[at + literal.len()..].chars().next();
        !line[..*at].chars().next_back().is_some_and(part_of_word) && !after.is_some_and(part_of_word)
    };
    let mut places = line.match_indices(literal).map(|(at, _)| at).filter(alone);
    let first = places.next()?;
    places.next().is_none().then_some(first)
}

/// What can be set, as a page for a terminal.
#[must_use]
pub fn list() -> String {
    let mut out = String::from("Thresholds, --set KEY=VALUE:\n");
    for threshold in THRESHOLDS {
        let _ =
            writeln!(out, "  {} = {}  ({})\n      {}", threshold.key, threshold.default, threshold.unit, threshold.why);
    }
    out.push_str(
        "\nFiles, --set NAME=on|off, and their alerts, --set ALERT=on|off, --set ALERT.KEY=VALUE with the keys:\n",
    );
    let _ = writeln!(out, "  {}", OWN_KEYS.join(", "));
    for file in RULE_FILES {
        let _ = writeln!(out, "\n  {} = {}", file.name, if file.on { "on" } else { "off" });
        for piece in file.pieces() {
            let Piece::Rule(rule) = piece else { continue };
            let Some(alert) = rule.alert else { continue };
            let value = |key| rule.value(key).unwrap_or("0s");
            let _ = writeln!(
                out,
                "    {alert}  severity {}, for {}, keep_firing_for {}",
                value("severity"),
                value("for"),
                value("keep_firing_for")
            );
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(set: &str) -> String {
        Settings::read(&[set.to_owned()]).expect_err("it is refused")
    }

    #[test]
    fn what_cannot_be_set_is_refused_with_what_was_meant() {
        assert!(refused("KafkaBrokerDown").contains("write KEY=VALUE"));
        assert!(refused("KafkaBrokerDwon=off").contains("did you mean KafkaBrokerDown?"));
        assert!(refused("KafkaBrokerDown.fro=2m").contains("did you mean KafkaBrokerDown.for?"));
        assert!(refused("watchdgo=on").contains("did you mean watchdog?"));
        assert!(refused("xyz=1").ends_with("there is no key xyz; `brokerwatch alerts --list` names them"));
        assert!(refused("KafkaBrokerDown=maybe").contains("neither on nor off"));
        assert!(refused("KafkaBrokerDown.for=soon").contains("not a duration"));
        assert!(refused("KafkaBrokerDown.for=31d").contains("longer than 30d"));
        assert!(refused("KafkaBrokerDown.severity=major").contains("none of critical"));
    }

    #[test]
    fn a_literal_is_found_where_it_stands_alone_and_once() {
        assert_eq!(place("x{quantile=\"0.9\"} > 5", "0.9"), Some(12));
        assert_eq!(place("x > 0.95", "0.9"), None);
        assert_eq!(place("x > 0.9 or y > 0.9", "0.9"), None);
        assert_eq!(place("rate(x[10m]) > 10", "10"), Some(15));
        assert_eq!(place("rate(x[10m]) > 10", "10m"), Some(7));
    }

    #[test]
    fn the_list_names_every_key() {
        let list = list();
        for key in keys().iter().filter(|key| !key.contains('.')) {
            assert!(list.contains(key.as_str()), "{key}");
        }
    }
}
