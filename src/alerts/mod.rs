//! The alerting rules and their runbooks, as part of the program: what it exports and what the rules ask for are of one
//! version. The files in `alerts/` are plain rule files that Prometheus reads as they are.
//!
//! A threshold stands in its rule, and the line says its key in a comment: `> 0.9 # --set log_dir_retention_ratio`. Its row
//! in [`THRESHOLDS`] has the same number; `tests/rules.rs` holds both together.

mod duration;
mod print;
mod rule_file;
mod runbooks;
mod settings;
mod thresholds;

pub use print::{Format, Wish, print};
pub use rule_file::{RULE_FILES, RuleFile};
pub use runbooks::{RUNBOOKS, RUNBOOKS_URL, list as runbook_list, runbook, runbooks};
pub use settings::{MARK, list};
pub use thresholds::{THRESHOLDS, Threshold, markdown as thresholds_markdown};

/// The label that tells clusters apart in the files; `--cluster-label` gives it another name.
pub const CLUSTER_LABEL: &str = "kafka_cluster";

/// The nearest of `names` to what was written, for a message: empty when none is near.
fn meant<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> String {
    let written = written.to_ascii_lowercase();
    let near = names.map(|name| (strsim::damerau_levenshtein(&name.to_ascii_lowercase(), &written), name));
    let near = near.filter(|(distance, name)| *distance <= (name.len() / 3).max(2)).min();
    near.map(|(_, name)| format!(" (did you mean {name}?)")).unwrap_or_default()
}
