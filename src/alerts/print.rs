//! The rules as Prometheus or the Prometheus operator reads them.

use std::fmt::Write;

use clap::ValueEnum;

use super::rule_file::{Piece, RULE_FILES};
use super::settings::Settings;
use super::{CLUSTER_LABEL, RUNBOOKS_URL};
use crate::collectors::COLLECTORS;

/// Who reads the rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A rule file.
    #[default]
    Prometheus,
    /// A PrometheusRule, for the Prometheus operator.
    Operator,
}

/// How the rules are wanted.
#[derive(Debug, Default)]
pub struct Wish<'a> {
    /// Who reads them.
    pub format: Format,
    /// `KEY=VALUE` each.
    pub sets: &'a [String],
    /// What stands before `#alert` in runbook_url; that of the files when absent.
    pub runbook_base_url: Option<&'a str>,
    /// What stands before `/d/...` in dashboard_url; nothing when absent.
    pub dashboard_base_url: Option<&'a str>,
    /// Another name for the label `kafka_cluster`.
    pub cluster_label: Option<&'a str>,
}

const OPERATOR_HEAD: &str = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: brokerwatch\n  \
                             labels:\n    app.kubernetes.io/name: brokerwatch\nspec:\n";

/// The rules, as they are wanted.
///
/// # Errors
/// What is wrong with the wish: names the flag and what to do.
pub fn print(wish: &Wish<'_>) -> Result<String, String> {
    let settings = Settings::read(wish.sets)?;
    let label = wish.cluster_label.map(cluster_label).transpose()?;
    let [runbooks, dashboards] = [
        ("--runbook-base-url", wish.runbook_base_url, RUNBOOKS_URL),
        ("--dashboard-base-url", wish.dashboard_base_url, ""),
    ]
    .map(|(flag, url, default)| url.map_or(Ok(default), |url| base_url(flag, url)));
    let (runbooks, dashboards) = (runbooks?, dashboards?);
    let body = body(&settings);
    if body.is_empty() {
        return Err("--set: every alert is off, so there is nothing to print".to_owned());
    }
    let body = body.replace(&format!("runbook_url: {RUNBOOKS_URL}#"), &format!("runbook_url: {runbooks}#"));
    let body = body.replace("dashboard_url: /d/", &format!("dashboard_url: {dashboards}/d/"));
    let body = label.map_or_else(|| body.clone(), |label| renamed(&body, label));
    let mut out = format!(
        "# Alerting rules of brokerwatch {}, printed by `brokerwatch alerts`. They need Prometheus 2.42 or newer.\n",
        env!("CARGO_PKG_VERSION")
    );
    match wish.format {
        Format::Prometheus => {
            out.push_str("groups:\n");
            out.push_str(&body);
        }
        Format::Operator => {
            out.push_str(OPERATOR_HEAD);
            out.push_str("  groups:\n");
            for line in body.lines() {
                let indent = if line.is_empty() { "" } else { "  " };
                let _ = writeln!(out, "{indent}{line}");
            }
        }
    }
    Ok(out)
}

/// What stands below `groups:`.
fn body(settings: &Settings) -> String {
    let mut out = String::new();
    for file in RULE_FILES {
        // A group is written with its first rule: one without rules is an error to Prometheus.
        let mut group = Vec::new();
        for piece in file.pieces() {
            let rule = match piece {
                Piece::Group(lines) => {
                    group = lines;
                    continue;
                }
                Piece::Rule(rule) => rule,
            };
            if !settings.is_on(file, rule.alert) {
                continue;
            }
            for line in group.drain(..) {
                let _ = writeln!(out, "{line}");
            }
            for line in settings.lines(&rule) {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    out
}

/// The name for the label that tells clusters apart.
fn cluster_label(name: &str) -> Result<&str, String> {
    let valid = name.chars().all(|next| next.is_ascii_alphanumeric() || next == '_')
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.starts_with("__")
        && !name.is_empty();
    if !valid {
        let form = "letters, digits and _, not a digit first, not two _ first";
        return Err(format!("--cluster-label={name}: a label's name is {form}"));
    }
    let families = COLLECTORS.iter().flat_map(|collector| collector.families);
    let taken = families.flat_map(|family| family.labels).chain(&["job", "instance", "severity", "alertname"]);
    if taken.into_iter().any(|taken| *taken == name) {
        return Err(format!(
            "--cluster-label={name}: the metrics have a label of that name for something else; choose the label that your \
             scrape configuration gives to each cluster"
        ));
    }
    Ok(name)
}

fn base_url<'a>(flag: &str, url: &'a str) -> Result<&'a str, String> {
    let is_plain = |url: &str| url.chars().all(|next| next.is_ascii_graphic() && !"\"'{}#".contains(next));
    if !(url.starts_with("http://") || url.starts_with("https://")) || !is_plain(url) {
        return Err(format!("{flag}={url}: not an http or https URL without quotes, braces, spaces and #"));
    }
    Ok(url.trim_end_matches('/'))
}

/// The text with the cluster's label renamed, in expressions and templates; names that only begin with it stay.
fn renamed(text: &str, label: &str) -> String {
    let in_word = |next: char| next.is_ascii_alphanumeric() || next == '_' || next == ':';
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (at, found) in text.match_indices(CLUSTER_LABEL) {
        let end = at + found.len();
        let before = text[..at].chars().next_back().is_some_and(in_word);
        if !before && !text[end..].chars().next().is_some_and(in_word) {
            out.push_str(&text[done..at]);
            out.push_str(label);
            done = end;
        }
    }
    out.push_str(&text[done..]);
    out
}
