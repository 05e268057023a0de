//! The runbooks of the alerts, as they stand in `alerts/README.md`.

use std::fmt::Write;

use super::meant;

/// All of them: one heading for each alert.
pub static RUNBOOKS: &str = include_str!("../../alerts/README.md");
/// Where they can be read; the alerts' runbook_url begins with it.
pub const RUNBOOKS_URL: &str = "https://github.com/brokerwatch/brokerwatch/blob/main/alerts/README.md";

const HEADING: &str = "## ";

/// Each alert with its runbook, heading left out, in the page's order.
pub fn runbooks() -> impl Iterator<Item = (&'static str, &'static str)> {
    let parts = RUNBOOKS.split("\n## ").skip(1);
    parts.map(|part| part.split_once('\n').map_or((part, ""), |(name, text)| (name.trim(), text.trim_matches('\n'))))
}

/// The runbook of `alert`, upper and lower case alike.
///
/// # Errors
/// That there is none, and which was meant.
pub fn runbook(alert: &str) -> Result<String, String> {
    match runbooks().find(|(name, _)| name.eq_ignore_ascii_case(alert)) {
        Some((name, text)) => Ok(format!("{HEADING}{name}\n\n{text}\n")),
        None => {
            let near = meant(alert, runbooks().map(|(name, _)| name));
            Err(format!("{alert}: there is no such alert{near}; `brokerwatch runbook --list` names them"))
        }
    }
}

/// The names of all alerts that have one, with what they mean.
#[must_use]
pub fn list() -> String {
    let mut out = String::new();
    for (name, text) in runbooks() {
        let meaning = text.strip_prefix("**Meaning.** ").unwrap_or(text);
        // Up to the end of the first sentence; a line break in it is one of the page.
        let end = meaning.find(". ").or_else(|| meaning.find(".\n")).map_or(meaning.len(), |at| at + 1);
        let _ = writeln!(out, "{name}\n    {}", meaning[..end].split_whitespace().collect::<Vec<_>>().join(" "));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_has_its_own_text_and_nothing_of_the_next() {
        let text = runbook("kafkabrokerdown").unwrap();
        assert!(text.starts_with("## KafkaBrokerDown\n\n**Meaning.**"), "{text}");
        assert_eq!(text.matches("\n## ").count(), 0);
        assert!(text.contains("**Mitigation.**") && text.contains("**Fires when**"));
    }

    #[test]
    fn an_unknown_one_is_told_with_the_nearest() {
        assert!(runbook("KafkaBrokerDwon").unwrap_err().contains("did you mean KafkaBrokerDown?"));
        assert!(runbook("x").unwrap_err().ends_with("no such alert; `brokerwatch runbook --list` names them"));
    }

    #[test]
    fn the_list_has_a_whole_sentence_for_each() {
        let list = list();
        for (name, _) in runbooks() {
            let (_, after) = list.split_once(&format!("{name}\n    ")).unwrap();
            assert!(after.lines().next().unwrap().ends_with('.'), "{name}: {after}");
        }
    }
}
