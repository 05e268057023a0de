//! A declared state of the nodes' settings: written once, compared ever after. Neither the order of lines, nor comments,
//! nor how a value is spelled is a difference. Secrets are not in it: that one is set, or, with an operator's key, a mark
//! by which equality shows.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::derive::fleet::{Fleet, Node, On};
use crate::keys::same_value;
use crate::snapshot::{ConfigSource, ConfigValue, Origin, Setting, Snapshot};

/// Version of the file's shape.
const SCHEMA: u32 = 1;

/// Marks of secrets: by node, then by key.
pub type Marks = BTreeMap<Origin, BTreeMap<String, String>>;

/// What was declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    schema: u32,
    /// By the node's id, or by its file where it has none.
    nodes: BTreeMap<String, BTreeMap<String, Declared>>,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Declared {
    /// Its value.
    Value(String),
    /// A secret, or a value that is not told: that it is set.
    Set,
    /// A secret, by its mark.
    Mark(String),
}

impl Declared {
    fn shown(&self) -> String {
        match self {
            Self::Value(value) => value.clone(),
            Self::Set => "set, and not shown".to_owned(),
            Self::Mark(mark) => format!("a secret with the mark {mark}"),
        }
    }
}

impl Baseline {
    /// The settings of every node of `snapshot` that somebody set: those of its file, else those that it says it runs
    /// with. `marks` are of the secrets in the files. A node that shows neither is left out, and told with the reason.
    #[must_use]
    pub fn of(snapshot: &Snapshot, marks: &Marks) -> (Self, Vec<(String, String)>) {
        let fleet = Fleet::of(snapshot);
        let unseen = fleet.nodes.iter().filter_map(|node| Some((node.name(), node.unseen()?)));
        let mut unseen: Vec<(String, String)> = unseen.collect();
        let mut nodes = BTreeMap::new();
        for node in fleet.on(On::Files) {
            let declared = match declared(node, marks) {
                Ok(declared) => declared,
                Err(why) => {
                    unseen.push((node.name(), why));
                    continue;
                }
            };
            let name = node.view.id.map_or_else(|| node.origin.to_string(), |id| format!("node {id}"));
            // A second one of the same id is another node all the same.
            let name = if nodes.contains_key(&name) { format!("{name} ({})", node.origin) } else { name };
            nodes.insert(name, declared);
        }
        (Self { schema: SCHEMA, nodes }, unseen)
    }

    /// Reads a baseline, which `path` names in errors.
    ///
    /// # Errors
    /// One line.
    pub fn parse(path: &str, text: &str) -> Result<Self, String> {
        let read: Self = serde_json::from_str(text)
            .map_err(|error| format!("{path}: not a baseline: {error}; `brokerwatch baseline save` writes one"))?;
        if read.schema > SCHEMA {
            return Err(format!("{path} was written by a newer brokerwatch: compare it with that one"));
        }
        Ok(read)
    }

    /// As a file.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Whether it has no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// What is different in `now`, one line for each; empty when nothing is.
    #[must_use]
    pub fn differences(&self, now: &Self) -> String {
        let mut out = String::new();
        for (name, declared) in &self.nodes {
            match now.nodes.get(name) {
                Some(settings) => differences(&mut out, name, declared, settings),
                None => _ = writeln!(out, "{name}: in the baseline, and not seen now"),
            }
        }
        for name in now.nodes.keys().filter(|name| !self.nodes.contains_key(*name)) {
            let _ = writeln!(out, "{name}: seen now, and not in the baseline");
        }
        out
    }
}

/// What somebody set on a node, or why that is not known.
fn declared(node: &Node<'_>, marks: &Marks) -> Result<BTreeMap<String, Declared>, String> {
    let marked = |key: &str| Some(Declared::Mark(marks.get(node.origin)?.get(key)?.clone()));
    if let Ok(file) = node.file() {
        let of = |setting: &Setting, key: &str| match setting {
            Setting::Value(value) | Setting::Template(value) => Declared::Value(value.trim().to_owned()),
            Setting::Secret | Setting::Elsewhere => marked(key).unwrap_or(Declared::Set),
        };
        return Ok(file.effective().map(|entry| (entry.key.clone(), of(&entry.setting, &entry.key))).collect());
    }
    let denied = "It does not tell its settings: grant DescribeConfigs on Cluster (brokerwatch acls prints how).";
    let running = node.settings.running.ok_or_else(|| match node.configs() {
        Ok(_) => denied.to_owned(),
        Err(why) => why.0,
    })?;
    let running = running.iter().filter(|(_, value)| value.source != ConfigSource::Default);
    let of = |value: &ConfigValue| value.value.clone().map_or(Declared::Set, Declared::Value);
    Ok(running.map(|(key, value)| (key.clone(), of(value))).collect())
}

fn differences(out: &mut String, node: &str, before: &BTreeMap<String, Declared>, now: &BTreeMap<String, Declared>) {
    for (key, declared) in before {
        let found = now.get(key);
        let same = match (declared, found) {
            (Declared::Value(a), Some(Declared::Value(b))) => same_value(key, a, b),
            // Without the key the mark cannot be made again: then only that it is set can be compared.
            (Declared::Mark(_), Some(Declared::Set)) | (Declared::Set, Some(Declared::Mark(_))) => true,
            (declared, Some(found)) => declared == found,
            (_, None) => false,
        };
        if !same {
            let is = found.map_or_else(|| "not set".to_owned(), Declared::shown);
            let _ = writeln!(out, "{node}: {key}: {is} (baseline: {})", declared.shown());
        }
    }
    for (key, found) in now.iter().filter(|(key, _)| !before.contains_key(*key)) {
        let _ = writeln!(out, "{node}: {key}: {} (baseline: not set)", found.shown());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::given::{Told, snapshot_of_bytes};
    use crate::testing::Sample;

    const NODE: &str = "process.roles=broker\nnode.id=1\nlog.dirs=/a,/b\nnum.io.threads=8\nssl.key.password=x\n";

    fn baseline(text: &str, mark: Option<&str>) -> Baseline {
        let snapshot = snapshot_of_bytes([("a.properties", text.as_bytes())], &Told::default());
        let of_node = |mark: &str| [("ssl.key.password".to_owned(), mark.to_owned())].into();
        let marks = mark.map(|mark| (Origin("a.properties".to_owned()), of_node(mark))).into_iter().collect();
        Baseline::of(&snapshot, &marks).0
    }

    #[test]
    fn a_node_whose_settings_are_not_told_is_left_out_and_named() {
        let nodes = [(Origin("b1:9092".to_owned()), Sample::broker(1).node())].into();
        let snapshot = Snapshot { schema: 1, program_version: String::new(), taken_at: Sample::NOW, nodes };
        let (baseline, unseen) = Baseline::of(&snapshot, &Marks::default());
        assert!(baseline.is_empty(), "{}", baseline.text());
        assert_eq!(unseen[0].0, "node 1 (b1:9092)");
        assert!(unseen[0].1.contains("grant DescribeConfigs"), "{unseen:?}");
    }

    #[test]
    fn order_comments_and_spelling_are_no_difference() {
        let other =
            "# new\nssl.key.password=y\nnum.io.threads: +8 \nlog.dirs=/a, /b\nnode.id=01\nprocess.roles = broker";
        assert_eq!(baseline(NODE, None).differences(&baseline(other, None)), "");
    }

    #[test]
    fn what_changed_came_or_went_is_told_with_both_values() {
        let other = NODE.replace("num.io.threads=8", "num.io.threads=9\nbroker.rack=r").replace("log.dirs=/a,/b\n", "");
        let told = baseline(NODE, None).differences(&baseline(&other, None));
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(
            lines,
            [
                "node 1: log.dirs: not set (baseline: /a,/b)",
                "node 1: num.io.threads: 9 (baseline: 8)",
                "node 1: broker.rack: r (baseline: not set)",
            ]
        );
        let third = baseline(&NODE.replace("node.id=1", "node.id=3"), None);
        let told = baseline(NODE, None).differences(&third);
        assert!(told.contains("node 1: in the baseline, and not seen now"), "{told}");
        assert!(told.contains("node 3: seen now, and not in the baseline"), "{told}");
    }

    #[test]
    fn secrets_are_compared_by_their_marks_and_never_written() {
        let text = baseline(NODE, Some("0a")).text();
        assert!(!text.contains("\"x\"") && text.contains("0a"), "{text}");
        let marked = Baseline::parse("b.json", &text).unwrap();
        assert!(marked.differences(&baseline(NODE, Some("0b"))).contains("ssl.key.password"));
        assert_eq!(marked.differences(&baseline(NODE, Some("0a"))), "");
        assert_eq!(marked.differences(&baseline(NODE, None)), "", "without the key");
        assert!(Baseline::parse("b.json", "{}").unwrap_err().starts_with("b.json: not a baseline"));
    }
}
