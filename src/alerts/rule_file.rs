//! The rule files, cut into groups and rules as text, so that comments and line breaks come through.

/// A rule file of `alerts/`.
#[derive(Debug)]
pub struct RuleFile {
    /// Its name without `.yaml`; the key that switches the whole file.
    pub name: &'static str,
    /// Its contents.
    pub text: &'static str,
    /// Whether it is printed without being asked for. One that is not lies in `alerts/optional/`.
    pub on: bool,
}

macro_rules! rule_files {
    ($($name:literal)*; optional $($optional:literal)*) => {
        /// Every rule file, in the order in which they are printed.
        pub static RULE_FILES: &[RuleFile] = &[
            $(RuleFile { name: $name, text: include_str!(concat!("../../alerts/", $name, ".yaml")), on: true },)*
            $(RuleFile {
                name: $optional,
                text: include_str!(concat!("../../alerts/optional/", $optional, ".yaml")),
                on: false,
            },)*
        ];
    };
}

rule_files! {
    "replication"
    "durability"
    "quorum"
    "sidecars"
    "configuration"
    "process"
    "jvm"
    "host"
    "drives"
    "risk"
    "log_dirs"
    "drive_health";
    optional
    "watchdog"
}

/// A piece of a rule file, with the comments before it.
#[derive(Debug, PartialEq)]
pub(super) enum Piece<'a> {
    /// The lines that begin a group, up to `rules:`.
    Group(Vec<&'a str>),
    /// A rule.
    Rule(Rule<'a>),
}

/// A rule as it stands in its file.
#[derive(Debug, PartialEq)]
pub(super) struct Rule<'a> {
    /// Name of the alert; absent for a recording rule.
    pub(super) alert: Option<&'a str>,
    pub(super) lines: Vec<&'a str>,
}

const ALERT: &str = "      - alert: ";
const RECORD: &str = "      - record: ";

impl RuleFile {
    /// What follows `groups:`, in pieces. The files are ours, and a test holds them to this shape: groups are indented by
    /// two, rules by six.
    pub(super) fn pieces(&self) -> Vec<Piece<'static>> {
        let mut pieces = Vec::new();
        // Comments and blank lines, until it is known what they belong to.
        let mut before = Vec::new();
        for line in self.text.lines().skip_while(|line| *line != "groups:").skip(1) {
            let is_between = line.is_empty() || line.starts_with("      #") || line.starts_with("  #");
            let alert = line.strip_prefix(ALERT);
            if is_between {
                before.push(line);
            } else if alert.is_some() || line.starts_with(RECORD) {
                before.push(line);
                pieces.push(Piece::Rule(Rule { alert, lines: std::mem::take(&mut before) }));
            } else if line.starts_with("  - ") {
                before.push(line);
                pieces.push(Piece::Group(std::mem::take(&mut before)));
            } else if let Some(Piece::Group(lines) | Piece::Rule(Rule { lines, .. })) = pieces.last_mut() {
                lines.append(&mut before);
                lines.push(line);
            }
        }
        pieces
    }

    /// Names of its alerts, in their order.
    pub fn alerts(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.text.lines().filter_map(|line| line.strip_prefix(ALERT))
    }
}

impl Rule<'_> {
    /// The value of one of its own keys, such as `for`.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| line.trim_start().strip_prefix(key)?.strip_prefix(": "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_file_is_lost_or_moved() {
        for file in RULE_FILES {
            let (_, body) = file.text.split_once("groups:\n").unwrap();
            let mut whole = String::new();
            for piece in file.pieces() {
                let (Piece::Group(lines) | Piece::Rule(Rule { lines, .. })) = piece;
                lines.iter().for_each(|line| whole.extend([line, "\n"]));
            }
            assert_eq!(whole, body, "{}", file.name);
        }
    }

    #[test]
    fn the_pieces_are_what_a_reader_of_yaml_sees() {
        for file in RULE_FILES {
            let parsed: serde_json::Value = serde_yaml::from_str(file.text).unwrap();
            let groups = parsed["groups"].as_array().unwrap();
            let pieces = file.pieces();
            let of_group = pieces.iter().filter(|piece| matches!(piece, Piece::Group(_))).count();
            assert_eq!(of_group, groups.len(), "{}", file.name);
            let rules: Vec<_> = groups.iter().flat_map(|group| group["rules"].as_array().unwrap()).collect();
            let found = pieces.iter().filter_map(|piece| if let Piece::Rule(rule) = piece { Some(rule) } else { None });
            let found: Vec<_> = found.collect();
            assert_eq!(found.len(), rules.len(), "{}", file.name);
            for (found, rule) in found.iter().zip(rules) {
                assert_eq!(found.alert, rule["alert"].as_str(), "{}", file.name);
                assert_eq!(found.value("for"), rule["for"].as_str(), "{}: {:?}", file.name, found.alert);
                assert_eq!(found.value("severity"), rule["labels"]["severity"].as_str(), "{:?}", found.alert);
            }
        }
    }
}
