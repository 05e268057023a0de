//! Properties files, read exactly as java.util.Properties reads them, with every occurrence and its line.
//!
//! Reference: java.util.Properties.load: ISO-8859-1; the last duplicate wins; `#` and `!` begin a comment only at the
//! start of a line; a backslash continues a line and escapes `=`, `:`, blanks and `\uXXXX`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::ConfigError;
use super::placeholder::{Filled, filled_by};
use crate::keys::lookup_all;
use crate::snapshot::Oddity;

/// One occurrence of a key. It may hold a secret: it stays inside `sources`, and does not show its value.
#[derive(Clone, PartialEq, Eq)]
pub struct Property {
    /// The key, unescaped.
    pub key: String,
    /// The value, unescaped; blanks at its end are part of it.
    pub value: String,
    /// Line of the file, from 1; the first one when it is continued.
    pub line: u32,
    /// What is odd about it.
    pub oddities: Vec<Oddity>,
}

impl std::fmt::Debug for Property {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Property").field("key", &self.key).field("line", &self.line).finish_non_exhaustive()
    }
}

/// Every occurrence of every key, in the order of the file.
///
/// # Errors
/// [`ConfigError::Utf16`] and [`ConfigError::Binary`] for what is no text; [`ConfigError::BadEscape`] for a `\u` without
/// four hexadecimal digits, on which java.util.Properties throws and Kafka does not start.
pub fn parse_properties(bytes: &[u8]) -> Result<Vec<Property>, ConfigError> {
    super::ensure_text(bytes)?;
    let mut properties = Vec::new();
    let mut lines = Lines { bytes, at: 0, number: 0 };
    while let Some(line) = lines.logical() {
        properties.push(line.property()?);
    }
    Ok(properties)
}

/// Keys and the values that count.
///
/// # Errors
/// As [`parse_properties`].
pub fn parse_values(bytes: &[u8]) -> Result<BTreeMap<String, String>, ConfigError> {
    Ok(parse_properties(bytes)?.into_iter().map(|property| (property.key, property.value)).collect())
}

/// Natural lines of a file.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    number: u32,
}

/// A line as Properties.LineReader makes it: continuations joined, blanks before each part dropped.
struct Logical<'a> {
    text: Cow<'a, [u8]>,
    /// Where each natural line begins in `text`: offset, number of the line, columns dropped before it.
    first: (usize, u32, usize),
    further: Vec<(usize, u32, usize)>,
    continued_at_end: bool,
}

impl<'a> Lines<'a> {
    /// The next line that is neither blank nor a comment.
    fn logical(&mut self) -> Option<Logical<'a>> {
        let mut logical: Option<Logical<'a>> = None;
        while let Some((natural, indent)) = self.natural() {
            if logical.is_none() && natural.first().is_none_or(|byte| matches!(byte, b'#' | b'!')) {
                continue;
            }
            let backslashes = natural.iter().rev().take_while(|byte| **byte == b'\\').count();
            let is_continued = backslashes % 2 == 1;
            let part = if is_continued { &natural[..natural.len() - 1] } else { natural };
            let joined = match logical.take() {
                None => Logical {
                    text: Cow::Borrowed(part),
                    first: (0, self.number, indent),
                    further: Vec::new(),
                    continued_at_end: false,
                },
                Some(mut joined) => {
                    joined.further.push((joined.text.len(), self.number, indent));
                    joined.text.to_mut().extend_from_slice(part);
                    joined
                }
            };
            if !is_continued {
                return Some(joined);
            }
            logical = Some(joined);
        }
        logical.map(|joined| Logical { continued_at_end: true, ..joined })
    }

    /// The next natural line without the blanks before it, and how many these were.
    fn natural(&mut self) -> Option<(&'a [u8], usize)> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        self.number = self.number.saturating_add(1);
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let terminator = if rest[end..].starts_with(b"\r\n") { 2 } else { 1 };
        self.at += end + terminator;
        let natural = &rest[..end];
        let indent = blanks(natural);
        Some((&natural[indent..], indent))
    }
}

impl Logical<'_> {
    fn property(&self) -> Result<Property, ConfigError> {
        let (key, separator, value) = split(&self.text);
        let unescaped = |part: std::ops::Range<usize>| {
            unescape(&self.text[part.clone()]).map_err(|offset| {
                let (line, column) = self.place(part.start + offset);
                ConfigError::BadEscape { line, column }
            })
        };
        let (key_text, value_text) = (unescaped(key.clone())?, unescaped(value.clone())?);
        let mut property = Property { key: key_text, value: value_text, line: self.first.1, oddities: Vec::new() };
        property.oddities = self.oddities(&property, separator, &self.text[value]);
        Ok(property)
    }

    /// Line and column, both from 1, of an offset into the joined text.
    fn place(&self, offset: usize) -> (u32, u32) {
        let part = self.further.iter().rev().find(|part| part.0 <= offset).unwrap_or(&self.first);
        let column = offset - part.0 + part.2 + 1;
        (part.1, u32::try_from(column).unwrap_or(u32::MAX))
    }

    fn oddities(&self, property: &Property, separator: Separator, raw_value: &[u8]) -> Vec<Oddity> {
        let value = property.value.as_str();
        let trimmed = value.trim_matches(|c| c <= ' ');
        let is_quoted = |quote| trimmed.len() >= 2 && trimmed.starts_with(quote) && trimmed.ends_with(quote);
        let filled = filled_by(value).or_else(|| filled_by(&property.key));
        let swallows = |&(start, ..): &(usize, u32, usize)| is_setting_or_comment(&self.text[start..]);
        [
            (value.ends_with([' ', '\t', '\x0c']), Oddity::TrailingBlanks),
            (has_inline_comment(value), Oddity::InlineComment),
            (is_quoted('"') || is_quoted('\''), Oddity::Quoted),
            (filled == Some(Filled::Later), Oddity::Placeholder),
            (filled == Some(Filled::ByKafka), Oddity::ConfigProvider),
            (!self.further.is_empty(), Oddity::Continued),
            (self.further.iter().any(swallows), Oddity::SwallowsNextLine),
            (self.continued_at_end, Oddity::ContinuedAtEnd),
            (loses_backslash(raw_value), Oddity::LostBackslash),
            (!self.text.is_ascii(), Oddity::NonAscii),
            (separator == Separator::None, Oddity::NoValue),
            (separator == Separator::Blank && first_word(value).contains('='), Oddity::BlankInKey),
        ]
        .into_iter()
        .filter_map(|(is_so, oddity)| is_so.then_some(oddity))
        .collect()
    }
}

/// A `#` behind a blank: people mean a comment, Kafka reads a value.
pub(super) fn has_inline_comment(value: &str) -> bool {
    value.as_bytes().windows(2).any(|pair| pair[1] == b'#' && matches!(pair[0], b' ' | b'\t'))
}

fn first_word(text: &str) -> &str {
    text.split([' ', '\t']).next().unwrap_or("")
}

/// Whether a line that continues another one looks as if it should stand for itself.
fn is_setting_or_comment(line: &[u8]) -> bool {
    if line.first().is_some_and(|byte| matches!(byte, b'#' | b'!')) {
        return true;
    }
    let end = line.iter().position(|byte| is_blank(*byte) || matches!(byte, b'=' | b':')).unwrap_or(0);
    std::str::from_utf8(&line[..end]).is_ok_and(|key| !key.is_empty() && lookup_all(key).next().is_some())
}

/// Whether a backslash is dropped that was meant: before a letter or digit that begins no escape, or as the escape of a
/// tab or form feed, which no setting holds.
fn loses_backslash(raw: &[u8]) -> bool {
    let mut bytes = raw.iter();
    while let Some(byte) = bytes.next() {
        if *byte == b'\\' {
            match bytes.next() {
                Some(b'u' | b'n' | b'r') | None => {}
                Some(escaped) if escaped.is_ascii_alphanumeric() => return true,
                Some(_) => {}
            }
        }
    }
    false
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0c)
}

fn blanks(text: &[u8]) -> usize {
    text.iter().position(|byte| !is_blank(*byte)).unwrap_or(text.len())
}

/// What stands between key and value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Separator {
    /// `=` or `:`, blanks around it or not.
    Sign,
    /// Blanks alone.
    Blank,
    /// Nothing: the line ends with the key.
    None,
}

/// Key and value of a logical line: split at the first unescaped `=`, `:` or blank.
fn split(line: &[u8]) -> (std::ops::Range<usize>, Separator, std::ops::Range<usize>) {
    let mut escaped = false;
    let end = line
        .iter()
        .position(|byte| {
            let ends = !escaped && (is_blank(*byte) || matches!(byte, b'=' | b':'));
            escaped = !escaped && *byte == b'\\';
            ends
        })
        .unwrap_or(line.len());
    let mut value = end + blanks(&line[end..]);
    let mut separator = if value == line.len() { Separator::None } else { Separator::Blank };
    if let Some(b'=' | b':') = line.get(value) {
        separator = Separator::Sign;
        value += 1;
        value += blanks(&line[value..]);
    }
    (0..end, separator, value..line.len())
}

/// Undoes escapes. UTF-16 surrogates that do not pair become U+FFFD. The error is the offset of a broken `\uXXXX`.
fn unescape(part: &[u8]) -> Result<String, usize> {
    if part.is_ascii()
        && !part.contains(&b'\\')
        && let Ok(text) = std::str::from_utf8(part)
    {
        return Ok(text.to_owned());
    }
    let mut units: Vec<u16> = Vec::with_capacity(part.len());
    let mut bytes = part.iter().copied().enumerate();
    while let Some((at, byte)) = bytes.next() {
        if byte != b'\\' {
            units.push(byte.into());
            continue;
        }
        match bytes.next().map(|(_, escaped)| escaped) {
            None => {}
            Some(b'u') => {
                let mut unit = 0u16;
                for _ in 0..4 {
                    let digit = bytes.next().and_then(|(_, digit)| char::from(digit).to_digit(16)).ok_or(at)?;
                    unit = unit << 4 | digit as u16;
                }
                units.push(unit);
            }
            Some(b't') => units.push(b'\t'.into()),
            Some(b'n') => units.push(b'\n'.into()),
            Some(b'r') => units.push(b'\r'.into()),
            Some(b'f') => units.push(0x0c),
            Some(other) => units.push(other.into()),
        }
    }
    Ok(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(serde::Deserialize)]
    struct Vector {
        r#in: String,
        out: BTreeMap<String, String>,
    }

    fn parse(text: &str) -> Vec<(String, String, u32)> {
        let properties = parse_properties(text.as_bytes()).unwrap();
        properties.into_iter().map(|property| (property.key, property.value, property.line)).collect()
    }

    /// The oddities of the only property of `text`.
    fn oddities(text: &[u8]) -> Vec<Oddity> {
        let mut properties = parse_properties(text).unwrap();
        assert_eq!(properties.len(), 1);
        properties.remove(0).oddities
    }

    #[test]
    fn every_vector_reads_as_java_reads_it() {
        let vectors = include_str!("../../../tests/fixtures/properties/java_properties_vectors.jsonl");
        for line in vectors.lines() {
            let vector: Vector = serde_json::from_str(line).unwrap();
            let parsed = parse_values(vector.r#in.as_bytes()).unwrap();
            assert_eq!(parsed, vector.out, "{:?}", vector.r#in);
        }
    }

    #[test]
    fn every_occurrence_keeps_its_first_line() {
        let text = "# c\r\n\r\na=1\rb=2\\\n   3\n! c \\\na=4\n";
        let own = |key: &str, value: &str, line| (key.to_owned(), value.to_owned(), line);
        assert_eq!(parse(text), [own("a", "1", 3), own("b", "23", 4), own("a", "4", 7)]);
    }

    #[test]
    fn a_broken_escape_names_its_line_and_column() {
        let at = |text: &str| match parse_properties(text.as_bytes()) {
            Err(ConfigError::BadEscape { line, column }) => (line, column),
            other => panic!("{other:?}"),
        };
        assert_eq!(at("a=1\n# c\n b=x\\u00g1"), (3, 5));
        assert_eq!(at("b=x\\\n  y\\u12"), (2, 4));
        assert_eq!(at("k\\u1=1"), (1, 2));
    }

    #[test]
    fn oddities_are_named() {
        use Oddity as O;
        for (text, expected) in [
            ("log.dirs=/data/a", vec![]),
            ("log.dirs=/data/a ", vec![O::TrailingBlanks]),
            ("log.retention.hours=168 # a week", vec![O::InlineComment]),
            ("super.users=User:a#b", vec![]),
            ("log.dirs=\"/data/a\"", vec![O::Quoted]),
            ("broker.id=${BROKER_ID}", vec![O::Placeholder]),
            ("broker.id={{ id }}", vec![O::Placeholder]),
            ("ssl.key.password=${file:/etc/secret:key}", vec![O::ConfigProvider]),
            ("log.dirs=/a,\\\n  /b", vec![O::Continued]),
            ("log.dirs=/a,\\\n#/b", vec![O::Continued, O::SwallowsNextLine]),
            ("log.dirs=/a\\\nnode.id=3", vec![O::Continued, O::SwallowsNextLine]),
            ("log.dirs=/a\\", vec![O::ContinuedAtEnd]),
            ("log.dirs=C:\\kafka", vec![O::LostBackslash]),
            ("log.dirs=C\\:/kafka", vec![]),
            ("log.dirs", vec![O::NoValue]),
            ("log dirs=/data", vec![O::BlankInKey]),
            ("log.dirs /data", vec![]),
            ("log.dirs=", vec![]),
        ] {
            assert_eq!(oddities(text.as_bytes()), expected, "{text:?}");
        }
        assert_eq!(oddities(b"broker.rack=caf\xe9"), [O::NonAscii]);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(parse_properties(b"a=1\0"), Err(ConfigError::Binary));
        assert_eq!(parse_properties(b"\xff\xfea\0=\0b\0"), Err(ConfigError::Utf16));
        assert_eq!(parse_properties(b"\xfe\xff\0a\0=\0b"), Err(ConfigError::Utf16));
        assert_eq!(parse_properties(b"a\0=\0b\0\n\0"), Err(ConfigError::Utf16), "without its mark");
        assert_eq!(parse_properties(b""), Ok(vec![]));
    }

    #[test]
    fn a_property_does_not_show_its_value() {
        let properties = parse_properties(b"ssl.key.password=hunter2").unwrap();
        assert!(!format!("{properties:?}").contains("hunter2"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse_properties(&bytes);
        }

        #[test]
        fn no_text_of_the_grammar_makes_it_panic(text in "[ a=:#!\\\\u0\n\r\t\u{e9}${}<>]{0,80}") {
            let _ = parse_properties(text.as_bytes());
        }
    }
}
