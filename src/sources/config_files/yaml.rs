//! YAML documents, and the lines of what is in them.
//!
//! The YAML library gives values without their places. Lines are therefore looked up in the text afterwards: a key by
//! its name and indentation. What comes through an anchor is not found there, and has no line.

use serde_yaml::{Mapping, Value};

use super::{ConfigError, ensure_text};

/// One document of a file.
pub(super) struct Document<'a> {
    /// What is in it, merges (`<<`) done.
    pub(super) value: Value,
    /// Its lines.
    pub(super) text: Text<'a>,
}

/// Consecutive lines of a file.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    lines: &'a [&'a str],
    /// Lines of the file before these.
    before: usize,
}

/// Lines of a file.
pub(super) fn lines(text: &str) -> Vec<&str> {
    text.split('\n').collect()
}

/// The text of a file.
///
/// # Errors
/// UTF-16, binary data, bytes that are no UTF-8.
pub(super) fn text(bytes: &[u8]) -> Result<&str, ConfigError> {
    ensure_text(bytes)?;
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        yaml_error(Some((line, column)), "not UTF-8, which YAML is".to_owned())
    })
}

/// Every document of a file.
///
/// # Errors
/// What the YAML library does not read, with line and column of the file.
pub(super) fn documents<'a>(lines: &'a [&'a str]) -> Result<Vec<Document<'a>>, ConfigError> {
    let is_marker = |line: &str| {
        line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\r', '\t']))
    };
    let mut documents = Vec::new();
    let mut start = 0;
    for end in 1..=lines.len() {
        if end < lines.len() && !is_marker(lines[end]) {
            continue;
        }
        let text = Text { lines: &lines[start..end], before: start };
        start = end;
        if text.lines.iter().all(|line| is_nothing(line)) {
            continue;
        }
        documents.push(Document { value: text.parse()?, text });
    }
    Ok(documents)
}

/// Whether a line adds nothing to a document: blank, comment, directive, marker.
fn is_nothing(line: &str) -> bool {
    let trimmed = line.trim();
    trimmed.is_empty() || trimmed.starts_with('#') || line.starts_with('%') || trimmed == "---" || trimmed == "..."
}

fn yaml_error(place: Option<(usize, usize)>, message: String) -> ConfigError {
    let number = |number: usize| u32::try_from(number).ok();
    let (line, column) = place.map_or((None, None), |(line, column)| (number(line), number(column)));
    ConfigError::Yaml { line, column, message }
}

impl<'a> Text<'a> {
    fn parse(&self) -> Result<Value, ConfigError> {
        let failure = |error: &serde_yaml::Error| {
            let place = error.location().map(|at| (at.line() + self.before, at.column()));
            // The library says the place too, counted from the document.
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            yaml_error(place, format!("not YAML: {message}"))
        };
        let mut value: Value = serde_yaml::from_str(&self.lines.join("\n")).map_err(|error| failure(&error))?;
        value.apply_merge().map_err(|error| failure(&error))?;
        Ok(value)
    }

    /// The lines of what `key` holds; absent when it is not written there as a key of its own line.
    pub(super) fn block(&self, key: &str) -> Option<Self> {
        let is_key = |line: &str| name_of(line) == Some(key);
        let indent = self.lines.iter().filter(|line| is_key(line)).map(|line| indent(line)).min()?;
        let start = self.lines.iter().position(|line| is_key(line) && self::indent(line) == indent)?;
        let after = &self.lines[start + 1..];
        let ends = |line: &str| {
            let is_item = line.trim_start().starts_with("- ") && self::indent(line) == indent;
            !is_nothing(line) && self::indent(line) <= indent && !is_item
        };
        let length = after.iter().position(|line| ends(line)).unwrap_or(after.len());
        Some(Self { lines: &self.lines[start..=start + length], before: self.before + start })
    }

    /// Line of the file, from 1, on which `name` is written as a key or as the beginning of a list's item.
    pub(super) fn line(&self, name: &str) -> Option<u32> {
        let at = self.lines.iter().position(|line| name_of(line) == Some(name))?;
        u32::try_from(self.before + at + 1).ok()
    }
}

/// The key or the variable that a line begins with.
fn name_of(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("- ").unwrap_or(line).trim_start();
    let line = line.strip_prefix(['"', '\'']).unwrap_or(line);
    let end = line.find([':', '=', '"', '\'', ' ', '\r']).unwrap_or(line.len());
    (end > 0 && !line.starts_with('#')).then(|| &line[..end])
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// A scalar as text: how compose and Kubernetes hand it on. Absent for null, and for what is no scalar.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Tagged(tagged) => scalar(&tagged.value),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) => None,
    }
}

/// The text of `key`.
pub(super) fn text_of(mapping: &Mapping, key: &str) -> Option<String> {
    mapping.get(key).and_then(scalar)
}

/// What a path of keys leads to.
pub(super) fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| value.get(*key))
}

/// The text at a path of keys.
pub(super) fn text_at(value: &Value, path: &[&str]) -> Option<String> {
    at(value, path).and_then(scalar)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_and_lines_are_found() {
        let text = "# head\n---\na: 1\n---\n# nothing\n---\nspec:\n  kafka:\n    config:\n      b.c: 2\n  \"x\": 3\n";
        let lines = lines(text);
        let documents = documents(&lines).unwrap();
        assert_eq!(documents.len(), 2);
        let config = documents[1].text.block("spec").and_then(|spec| spec.block("kafka")?.block("config")).unwrap();
        assert_eq!(config.line("b.c"), Some(10));
        assert_eq!(config.line("x"), None);
        assert_eq!(documents[1].text.line("x"), Some(11));
    }

    #[test]
    fn errors_name_the_place_in_the_file() {
        let lines = lines("a: 1\n---\nb: [1\nc: 2\n");
        let Err(error) = documents(&lines) else { panic!("read") };
        assert_eq!(error.place().map(|place| place.0), Some(4), "{error}");
        assert!(text(b"a: \xff").is_err_and(|error| error.place() == Some((1, 4))));
    }
}
