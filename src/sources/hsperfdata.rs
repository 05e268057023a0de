//! A JVM's performance data (`hsperfdata`), decoded from its bytes. Pure.
//!
//! Layout: `perfMemory.hpp` of OpenJDK. A head of 32 bytes, then entries with a head of 20 bytes each, a name and a value.
//! The JVM changes it while we read; values are aligned to 8 bytes and do not tear.

use std::collections::BTreeMap;

use crate::limits::PERF_DATA_ENTRIES_MAX;

/// Bytes of the head.
const HEAD: usize = 32;
/// Bytes of an entry's head.
const ENTRY_HEAD: usize = 20;
/// Of these four bytes in this order, whatever the order of the other numbers.
const MAGIC: [u8; 4] = [0xca, 0xfe, 0xc0, 0xc0];

/// Why the bytes are no performance data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    /// All zero or short: the JVM has made the file and not yet filled it.
    #[error("it is not filled yet")]
    Empty,
    /// Something else.
    #[error("it does not begin as performance data does")]
    Magic,
    /// A major version other than 2.
    #[error("its layout has version {0}, and 2 is what is understood")]
    Version(u8),
    /// The JVM says that it may not be read now.
    #[error("the JVM has not opened it for readers")]
    Closed,
    /// An entry reaches beyond the file.
    #[error("its entries reach beyond its end")]
    Torn,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PerfValue {
    /// A number.
    Number(i64),
    /// A text, cut by the JVM at `PerfMaxStringConstLength` (1024).
    Text(String),
}

/// What was decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PerfData {
    /// Values by name, such as `sun.gc.collector.0.invocations`.
    pub values: BTreeMap<String, PerfValue>,
    /// Bytes of counters that found no room.
    pub overflow_bytes: u64,
}

impl PerfData {
    /// A number that is not negative.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.values.get(name)? {
            PerfValue::Number(number) => u64::try_from(*number).ok(),
            PerfValue::Text(_) => None,
        }
    }

    /// A text that is not empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.values.get(name)? {
            PerfValue::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }
}

/// Numbers in the order that the head names.
#[derive(Clone, Copy)]
struct Numbers<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl Numbers<'_> {
    fn four(self, at: usize) -> Option<i32> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little { i32::from_le_bytes(bytes) } else { i32::from_be_bytes(bytes) })
    }

    fn eight(self, at: usize) -> Option<i64> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little { i64::from_le_bytes(bytes) } else { i64::from_be_bytes(bytes) })
    }

    /// A length or an offset: what is negative is none.
    fn length(self, at: usize) -> Option<usize> {
        usize::try_from(self.four(at)?).ok()
    }
}

/// Decodes performance data. Entries of kinds that are not known are passed over.
///
/// # Errors
/// Why they are none, or none to be read now.
pub fn decode(bytes: &[u8]) -> Result<PerfData, Undecodable> {
    let head = bytes.get(..HEAD).ok_or(Undecodable::Empty)?;
    match head[..4] {
        [0, 0, 0, 0] => return Err(Undecodable::Empty),
        _ if head[..4] != MAGIC => return Err(Undecodable::Magic),
        _ => {}
    }
    let (order, major, accessible) = (head[4], head[5], head[7]);
    if order > 1 {
        return Err(Undecodable::Magic);
    }
    if major != 2 {
        return Err(Undecodable::Version(major));
    }
    if accessible != 1 {
        return Err(Undecodable::Closed);
    }
    let numbers = Numbers { bytes, little: order == 1 };
    let overflow_bytes = numbers.four(12).and_then(|overflow| u64::try_from(overflow).ok()).unwrap_or(0);
    let mut data = PerfData { overflow_bytes, ..PerfData::default() };
    let (mut at, count) = (numbers.length(24).ok_or(Undecodable::Torn)?, numbers.length(28).ok_or(Undecodable::Torn)?);
    for _ in 0..count.min(PERF_DATA_ENTRIES_MAX) {
        let length = numbers.length(at).filter(|length| *length >= ENTRY_HEAD).ok_or(Undecodable::Torn)?;
        let end = at.checked_add(length).filter(|end| *end <= bytes.len()).ok_or(Undecodable::Torn)?;
        if let Some((name, value)) = entry(numbers, at, end) {
            data.values.insert(name, value);
        }
        at = end;
    }
    Ok(data)
}

/// The entry from `at` to `end`; absent when it is of another kind, or reaches beyond itself.
fn entry(numbers: Numbers<'_>, at: usize, end: usize) -> Option<(String, PerfValue)> {
    let (name_at, vector) = (at.checked_add(numbers.length(at + 4)?)?, numbers.length(at + 8)?);
    let kind = *numbers.bytes.get(at + 12)?;
    let data_at = at.checked_add(numbers.length(at + 16)?)?;
    let name = until_zero(numbers.bytes.get(name_at..end)?);
    let name = std::str::from_utf8(name).ok().filter(|name| !name.is_empty())?.to_owned();
    let value = match (kind, vector) {
        (b'J', 0) => {
            data_at.checked_add(8).filter(|behind| *behind <= end)?;
            PerfValue::Number(numbers.eight(data_at)?)
        }
        (b'B', 1..) => {
            let behind = data_at.checked_add(vector).filter(|behind| *behind <= end)?;
            let text = until_zero(numbers.bytes.get(data_at..behind)?);
            PerfValue::Text(String::from_utf8_lossy(text).into_owned())
        }
        _ => return None,
    };
    Some((name, value))
}

fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Performance data as a JVM of either order of bytes writes it.
    fn encode(values: &BTreeMap<String, PerfValue>, little: bool) -> Vec<u8> {
        let four = |number: usize| {
            let number = number as i32;
            if little { number.to_le_bytes() } else { number.to_be_bytes() }
        };
        let mut bytes = Vec::from(MAGIC);
        bytes.extend([u8::from(little), 2, 0, 1]);
        bytes.extend([0; 16]);
        bytes.extend(four(HEAD));
        bytes.extend(four(values.len()));
        for (name, value) in values {
            let data_at = (ENTRY_HEAD + name.len() + 1).next_multiple_of(8);
            let (kind, vector, data) = match value {
                PerfValue::Number(number) => {
                    (b'J', 0, if little { number.to_le_bytes() } else { number.to_be_bytes() }.to_vec())
                }
                PerfValue::Text(text) => (b'B', text.len() + 1, [text.as_bytes(), &[0]].concat()),
            };
            let length = (data_at + data.len()).next_multiple_of(8);
            let start = bytes.len();
            for number in [length, ENTRY_HEAD, vector] {
                bytes.extend(four(number));
            }
            bytes.extend([kind, 0, 1, 1]);
            bytes.extend(four(data_at));
            bytes.extend(name.as_bytes());
            bytes.resize(start + data_at, 0);
            bytes.extend(data);
            bytes.resize(start + length, 0);
        }
        bytes
    }

    fn head(change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
        let mut bytes = encode(&BTreeMap::from([("a".to_owned(), PerfValue::Number(7))]), true);
        change(&mut bytes);
        bytes
    }

    #[test]
    fn what_is_no_performance_data_is_told_why() {
        assert_eq!(decode(&[]), Err(Undecodable::Empty));
        assert_eq!(decode(&[0; 32768]), Err(Undecodable::Empty), "the JVM zeroes it first");
        assert_eq!(decode(&head(|bytes| bytes[0] = 1)), Err(Undecodable::Magic));
        assert_eq!(decode(&head(|bytes| bytes[4] = 2)), Err(Undecodable::Magic));
        assert_eq!(decode(&head(|bytes| bytes[5] = 3)), Err(Undecodable::Version(3)));
        assert_eq!(decode(&head(|bytes| bytes[7] = 0)), Err(Undecodable::Closed));
        assert_eq!(decode(&head(|bytes| bytes.truncate(40))), Err(Undecodable::Torn));
        assert_eq!(decode(&head(|bytes| bytes[32] = 0)), Err(Undecodable::Torn), "an entry of no length never ends");
        assert_eq!(decode(&head(|bytes| bytes[27] = 0xff)), Err(Undecodable::Torn), "a negative offset");
        assert_eq!(decode(&head(|bytes| bytes[44] = b'Z')).unwrap().values.len(), 0, "a kind that is not known");
        assert_eq!(decode(&head(|_| {})).unwrap().number("a"), Some(7));
        assert_eq!(decode(&head(|bytes| bytes[12] = 9)).unwrap().overflow_bytes, 9);
    }

    fn values() -> impl Strategy<Value = BTreeMap<String, PerfValue>> {
        let value = prop_oneof![any::<i64>().prop_map(PerfValue::Number), "[ -~]{0,40}".prop_map(PerfValue::Text)];
        prop::collection::btree_map("[a-z._0-9]{1,40}", value, 0..40)
    }

    proptest! {
        #[test]
        fn it_reads_back_in_either_order_of_bytes(values in values(), little: bool) {
            prop_assert_eq!(decode(&encode(&values, little)).unwrap().values, values);
        }

        #[test]
        fn no_change_of_its_bytes_makes_it_panic(
            values in values(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = encode(&values, true);
            for (at, byte) in changes {
                let length = bytes.len();
                bytes[at.index(length)] = byte;
            }
            let _ = decode(&bytes);
            bytes.truncate(cut.index(bytes.len()));
            let _ = decode(&bytes);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = decode(&bytes);
            let _ = decode(&[&MAGIC[..], &[1, 2, 0, 1], &bytes].concat());
        }
    }
}
