//! Values by type, exactly as Kafka's `ConfigDef.parseType` takes them.

use std::borrow::Cow;

use super::{Run, Type, Valid};

/// A value that Kafka takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Typed<'a> {
    /// A boolean.
    Boolean(bool),
    /// An integer of 16, 32 or 64 bits.
    Integer(i64),
    /// A floating-point number.
    Double(f64),
    /// The entries of a list, trimmed; empty ones are entries too.
    List(Vec<&'a str>),
    /// Text, or the name of a class, trimmed.
    Text(&'a str),
    /// A secret, which is not looked at.
    Secret,
}

/// Why Kafka does not take a value: it does not start, or ends a client's construction.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BadValue {
    /// Not of the type.
    #[error("not {0}")]
    Type(&'static str),
    /// Digits, but more than the type holds.
    #[error("larger than {0} holds")]
    Overflow(&'static str),
    /// Of the type, but not one of the values that the setting takes.
    #[error("not {0}")]
    Range(Cow<'static, str>),
}

impl Type {
    /// What a value of the type is called in a sentence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Class => "a class name",
            Self::Double => "a number",
            Self::Int => "a 32-bit integer",
            Self::List => "a list",
            Self::Long => "a 64-bit integer",
            Self::Password => "a secret",
            Self::Short => "a 16-bit integer",
            Self::String => "a string",
        }
    }

    /// The value of this type that Kafka reads from `text`.
    ///
    /// # Errors
    /// [`BadValue::Type`] or [`BadValue::Overflow`]. Whether a class exists is not known here.
    pub fn parse(self, text: &str) -> Result<Typed<'_>, BadValue> {
        let trimmed = java_trim(text);
        match self {
            Self::Boolean if trimmed.eq_ignore_ascii_case("true") => Ok(Typed::Boolean(true)),
            Self::Boolean if trimmed.eq_ignore_ascii_case("false") => Ok(Typed::Boolean(false)),
            Self::Boolean => Err(BadValue::Type(self.name())),
            Self::Short => self.integer(trimmed, i16::MIN.into(), i16::MAX.into()),
            Self::Int => self.integer(trimmed, i32::MIN.into(), i32::MAX.into()),
            Self::Long => self.integer(trimmed, i64::MIN, i64::MAX),
            Self::Double => java_double(trimmed).map(Typed::Double).ok_or(BadValue::Type(self.name())),
            Self::List => Ok(Typed::List(list_entries(text).collect())),
            Self::Class | Self::String => Ok(Typed::Text(trimmed)),
            Self::Password => Ok(Typed::Secret),
        }
    }

    fn integer(self, text: &str, min: i64, max: i64) -> Result<Typed<'_>, BadValue> {
        match text.parse::<i64>() {
            Ok(value) if (min..=max).contains(&value) => Ok(Typed::Integer(value)),
            Ok(_) => Err(BadValue::Overflow(self.name())),
            Err(error) => Err(match error.kind() {
                std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => {
                    BadValue::Overflow(self.name())
                }
                _ => BadValue::Type(self.name()),
            }),
        }
    }
}

impl Run {
    /// The value that Kafka reads from `text`, checked against the valid values.
    ///
    /// # Errors
    /// Why Kafka refuses it.
    pub fn parse<'a>(&self, text: &'a str) -> Result<Typed<'a>, BadValue> {
        let typed = self.kind.parse(text)?;
        if self.valid.takes(&typed) { Ok(typed) } else { Err(BadValue::Range(self.valid.describe())) }
    }
}

impl Valid {
    /// Whether a value of the right type is one of these.
    #[must_use]
    pub fn takes(&self, value: &Typed<'_>) -> bool {
        match (self, value) {
            (Self::Int(min, max), Typed::Integer(value)) => (min..=max).contains(&value),
            (Self::IntOr(min, max, or), Typed::Integer(value)) => (min..=max).contains(&value) || value == or,
            (Self::Double(min, max), Typed::Double(value)) => min <= value && value <= max,
            (Self::OneOf(words), Typed::Text(text)) => is_one_of(words, text),
            (Self::OneOf(words), Typed::List(entries)) => entries.iter().all(|entry| is_one_of(words, entry)),
            (Self::OneOfAnyCase(words), Typed::Text(text)) => is_one_of_any_case(words, text),
            (Self::OneOfAnyCase(words), Typed::List(entries)) => {
                entries.iter().all(|entry| is_one_of_any_case(words, entry))
            }
            (Self::NonEmpty, Typed::Text(text)) => !text.is_empty(),
            (Self::NonEmpty, Typed::List(entries)) => entries.iter().any(|entry| !entry.is_empty()),
            _ => true,
        }
    }

    /// The valid values as part of a sentence, such as `at least 1`.
    #[must_use]
    pub fn describe(&self) -> Cow<'static, str> {
        match self {
            Self::Any => "any value".into(),
            Self::Int(min, i64::MAX) => format!("at least {min}").into(),
            Self::Int(min, max) => format!("from {min} to {max}").into(),
            Self::IntOr(min, max, or) => format!("from {min} to {max}, or {or}").into(),
            Self::Double(min, max) if *max == f64::INFINITY => format!("at least {min}").into(),
            Self::Double(min, max) => format!("from {min} to {max}").into(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")).into(),
            Self::OneOfAnyCase(words) => format!("one of {} (in any case)", words.join(", ")).into(),
            Self::NonEmpty => "at least one entry".into(),
        }
    }
}

fn is_one_of(words: &[&str], text: &str) -> bool {
    words.iter().any(|word| if word.ends_with(':') { text.starts_with(word) } else { *word == text })
}

fn is_one_of_any_case(words: &[&str], text: &str) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// The entries of a list as Kafka splits it: at commas, blanks around them dropped. An empty text is an empty list; an
/// empty entry is an entry.
pub fn list_entries(text: &str) -> impl Iterator<Item = &str> {
    let trimmed = java_trim(text);
    let entries = trimmed.split(',').map(|entry| entry.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b'));
    entries.take(if trimmed.is_empty() { 0 } else { usize::MAX })
}

/// `String.trim` of Java: every character up to the blank.
pub(crate) fn java_trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// `Double.parseDouble` of Java: decimal numbers, with an optional `d` or `f` behind, `NaN` and `Infinity`.
fn java_double(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    match unsigned {
        "NaN" => return Some(f64::NAN),
        "Infinity" => return Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        _ => {}
    }
    // Rust knows further words (`inf`), Java knows a letter of the type.
    let digits = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keys::{Scope, lookup};

    fn parse(key: &str, text: &str) -> Result<String, String> {
        let run = lookup(Scope::Broker, key).unwrap().newest();
        run.parse(text).map(|value| format!("{value:?}")).map_err(|error| error.to_string())
    }

    #[test]
    fn values_read_as_kafka_reads_them() {
        assert_eq!(Type::Boolean.parse(" TRUE\t"), Ok(Typed::Boolean(true)));
        assert_eq!(Type::Int.parse("+5"), Ok(Typed::Integer(5)));
        assert_eq!(Type::Int.parse(" 007 "), Ok(Typed::Integer(7)));
        assert_eq!(Type::Double.parse(".5"), Ok(Typed::Double(0.5)));
        assert_eq!(Type::Double.parse("1.5f"), Ok(Typed::Double(1.5)));
        assert_eq!(Type::List.parse(" a , b,,c "), Ok(Typed::List(vec!["a", "b", "", "c"])));
        assert_eq!(Type::List.parse("  "), Ok(Typed::List(vec![])));
        assert_eq!(Type::String.parse(" x \u{a0}"), Ok(Typed::Text("x \u{a0}")), "no-break space is no blank to Java");
        assert_eq!(Type::Password.parse("hunter2"), Ok(Typed::Secret));
    }

    #[test]
    fn what_kafka_refuses_is_refused() {
        for (kind, text) in [
            (Type::Boolean, "yes"),
            (Type::Int, "1_000"),
            (Type::Int, "10GB"),
            (Type::Int, ""),
            (Type::Int, "1.0"),
            (Type::Int, "168 # a week"),
            (Type::Double, "inf"),
            (Type::Double, "0.5x"),
            (Type::Double, "\"0.5\""),
        ] {
            assert_eq!(kind.parse(text), Err(BadValue::Type(kind.name())), "{text}");
        }
        assert_eq!(Type::Int.parse("2147483648"), Err(BadValue::Overflow("a 32-bit integer")));
        assert_eq!(Type::Short.parse("40000"), Err(BadValue::Overflow("a 16-bit integer")));
        assert_eq!(Type::Long.parse("99999999999999999999"), Err(BadValue::Overflow("a 64-bit integer")));
    }

    #[test]
    fn ranges_are_those_of_the_release() {
        assert_eq!(parse("min.insync.replicas", "0"), Err("not at least 1".to_owned()));
        assert_eq!(parse("log.cleanup.policy", "compact, delete"), Ok("List([\"compact\", \"delete\"])".to_owned()));
        assert!(parse("log.cleanup.policy", "Compact").unwrap_err().starts_with("not one of "));
        assert_eq!(parse("compression.gzip.level", "-1"), Ok("Integer(-1)".to_owned()));
        assert!(parse("compression.gzip.level", "0").is_err());
        let reset = lookup(Scope::Consumer, "auto.offset.reset").unwrap().newest();
        assert!(reset.parse("by_duration:PT1H").is_ok() && reset.parse("newest").is_err());
    }

    #[test]
    fn every_default_is_valid_by_its_own_rule() {
        for key in Scope::ALL.iter().flat_map(|scope| scope.keys()) {
            for run in key.runs {
                if let crate::keys::DefaultValue::Text(text) = run.default
                    && !matches!(run.kind, Type::Password | Type::Class)
                {
                    assert!(run.parse(text).is_ok(), "{} {} {text:?} {:?}", key.name, run.since, run.valid);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}", at in 0usize..10_000) {
            let keys = Scope::Broker.keys();
            let _ = keys[at % keys.len()].newest().parse(&text);
        }
    }
}
