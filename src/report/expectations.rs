//! Intended deviations: findings that an operator accepts, with a reason. They stay listed as accepted.

use serde::Deserialize;

use super::Found;
use crate::checks::{self, Check, Finding};

/// What an expectations file says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectations {
    /// What is accepted.
    #[serde(default)]
    accepted: Vec<Accepted>,
}

/// One accepted deviation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Accepted {
    /// Id of the check.
    check: String,
    /// The subject as reports name it; `*` stands for any text. All subjects when absent.
    #[serde(default)]
    subject: Option<String>,
    /// Why it is meant to be so.
    reason: String,
}

impl Accepted {
    fn meets(&self, check: &Check, finding: &Finding) -> bool {
        let subject = || finding.subject.to_string();
        self.check == check.id && self.subject.as_deref().is_none_or(|pattern| matches(pattern, &subject()))
    }

    fn name(&self) -> String {
        match &self.subject {
            Some(subject) => format!("{} for {subject}", self.check),
            None => self.check.clone(),
        }
    }
}

impl Expectations {
    /// Reads the text of an expectations file, which `path` names in errors.
    ///
    /// # Errors
    /// One line that names the file and the place in it.
    pub fn parse(path: &str, text: &str) -> Result<Self, String> {
        let read: Self = match text.trim() {
            "" => Self::default(),
            _ => serde_yaml::from_str(text).map_err(|error| format!("--expectations={path}: {error}"))?,
        };
        for accepted in &read.accepted {
            if !checks::all().any(|check| check.id == accepted.check) {
                let check = &accepted.check;
                return Err(format!(
                    "--expectations={path}: there is no check {check}; `brokerwatch check --list` names them"
                ));
            }
            if accepted.reason.trim().is_empty() {
                return Err(format!("--expectations={path}: {} is accepted without a reason", accepted.name()));
            }
        }
        Ok(read)
    }

    /// Why a finding is accepted; absent when it is not.
    #[must_use]
    pub fn reason(&self, check: &Check, finding: &Finding) -> Option<&str> {
        self.accepted.iter().find(|accepted| accepted.meets(check, finding)).map(|accepted| accepted.reason.as_str())
    }

    /// The expectations that met none of what was accepted.
    pub(super) fn unmet(&self, met: &[(Found, String)]) -> Vec<String> {
        let unmet = |accepted: &&Accepted| !met.iter().any(|(found, _)| accepted.meets(found.check, &found.finding));
        self.accepted.iter().filter(unmet).map(Accepted::name).collect()
    }
}

/// Whether `text` is what `pattern` says, where `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(head) else { return false };
    // Each place where the rest could go on; texts are short.
    text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| matches(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, met) in [
            ("topic t", "topic t", true),
            ("topic t", "topic t2", false),
            ("topic *", "topic t2", true),
            ("*t2", "topic t2", true),
            ("topic *-*", "topic a-b", true),
            ("topic *-*", "topic ab", false),
            ("", "topic", false),
        ] {
            assert_eq!(matches(pattern, text), met, "{pattern} {text}");
        }
    }

    #[test]
    fn a_file_that_says_nothing_true_is_refused() {
        let refused = |text: &str| Expectations::parse("e.yaml", text).unwrap_err();
        let no_check = refused("accepted: [{check: no-such, reason: r}]");
        assert!(no_check.contains("--expectations=e.yaml: there is no check no-such"), "{no_check}");
        assert!(refused("accepted: [{check: topic-rf-low, reason: ' '}]").contains("without a reason"));
        assert!(refused("accepted: [{check: topic-rf-low}]").contains("reason"));
        assert!(refused("acepted: []").contains("acepted"));
        assert!(Expectations::parse("e.yaml", "").is_ok());
    }
}
