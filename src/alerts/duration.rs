//! Durations as Prometheus writes them.

/// The units, longest first, with their seconds.
const UNITS: [(&str, f64); 7] =
    [("y", 31_536_000.0), ("w", 604_800.0), ("d", 86_400.0), ("h", 3_600.0), ("m", 60.0), ("s", 1.0), ("ms", 0.001)];

/// Seconds of a duration such as `1h30m`; absent when it is none. Units come in falling order, each once, with whole
/// numbers, as Prometheus wants them.
pub(super) fn seconds(text: &str) -> Option<f64> {
    if text == "0" {
        return Some(0.0);
    }
    let (mut rest, mut sum, mut units) = (text, 0.0, UNITS.iter());
    while !rest.is_empty() {
        let digits = rest.find(|next: char| !next.is_ascii_digit()).filter(|digits| *digits > 0)?;
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|next: char| next.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let (_, each) = units.find(|(name, _)| *name == unit)?;
        sum += f64::from(number.parse::<u32>().ok()?) * each;
        rest = after;
    }
    (!text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_prometheus_does() {
        for (text, expected) in [
            ("0", Some(0.0)),
            ("5m", Some(300.0)),
            ("1h30m", Some(5_400.0)),
            ("1d", Some(86_400.0)),
            ("15s500ms", Some(15.5)),
            ("", None),
            ("5", None),
            ("m", None),
            ("5 m", None),
            ("-5m", None),
            ("1.5h", None),
            ("30m1h", None),
            ("5m5m", None),
            ("99999999999m", None),
            ("5µ", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_written_is_read_without_a_panic(text in ".*") {
            let _ = seconds(&text);
        }
    }
}
