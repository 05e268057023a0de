//! Values of a file, and the file itself: what Kafka reads is not always what stands there.

use super::keys::subject;
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::fleet::{Fleet, Node, On};
use crate::keys::{BadValue, DefaultValue, Type, find};
use crate::snapshot::{Entry, ErrorKind, FileKind, FileOddity, Oddity, Setting};

const FILE: &str = "the file";
const PROPERTIES: &str = "java.util.Properties.load";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "file-unreadable",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A file of the set is no configuration that Kafka could start with.",
        why: "Kafka does not start on it, or starts with defaults for everything that it was to say.",
        fix: "Restore the file: plain text in ISO-8859-1 or UTF-8, one key=value a line.",
        references: &[PROPERTIES],
        needs: FILE,
        run: Run::Fleet(unreadable),
    },
    Check {
        id: "key-placeholder",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A placeholder that nobody filled in.",
        why: "Kafka takes the text as it is: it does not start, or runs with a name or path that nobody meant.",
        fix: "Render the template before the check, or write the value.",
        references: &["in files of Kafka only ${PROVIDER:PATH:KEY} is filled in (KIP-297)"],
        needs: FILE,
        run: Run::Node(On::Files, placeholders),
    },
    Check {
        id: "value-type",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A value that is not of its setting's type.",
        why: "Kafka refuses to start with it, at the next restart of that node.",
        fix: "Write a plain number, true or false: no units, no separators, no words.",
        references: &["org.apache.kafka.common.config.ConfigDef.parseType"],
        needs: FILE,
        run: Run::Node(On::Files, |node, found| {
            each_bad_value(node, |entry, bad, kind| {
                if !matches!(bad, BadValue::Range(_)) {
                    found.add(Finding::new(subject(node, entry), shown(entry), kind.name()));
                }
            })
        }),
    },
    Check {
        id: "value-range",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A value that its setting does not take.",
        why: "Kafka refuses to start with it, at the next restart of that node.",
        fix: "Choose one of the values that the documentation names, or remove the line.",
        references: &["org.apache.kafka.common.config.ConfigDef"],
        needs: FILE,
        run: Run::Node(On::Files, |node, found| {
            each_bad_value(node, |entry, bad, _| {
                if let BadValue::Range(valid) = bad {
                    found.add(Finding::new(subject(node, entry), shown(entry), valid.to_string()));
                }
            })
        }),
    },
    Check {
        id: "value-unit",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "A value that looks as if it were meant in another unit.",
        why: "A thousandth of the default, or a thousand times as much, is seconds in a line that counts milliseconds, or \
              kilobytes in one that counts bytes.",
        fix: "Look at the unit that the end of the key names.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs"],
        needs: FILE,
        run: Run::Node(On::Files, |node, found| {
            each_value(node, |entry, key| {
                let run = node.settings.release.and_then(|release| key.at(release)).unwrap_or(key.newest());
                let DefaultValue::Text(default) = run.default else { return };
                let is_measured = key.name.ends_with(".ms") || key.name.ends_with(".bytes");
                let (Some(value), Ok(default)) = (whole(entry), default.parse::<i64>()) else { return };
                if is_measured && default >= 10_000 && value > 0 && value <= default / 1_000 {
                    let should = format!("something like the default, {default}");
                    found.add(Finding::new(subject(node, entry), shown(entry), should));
                }
            })
        }),
    },
    oddity(
        "value-inline-comment",
        Severity::Critical,
        "A comment behind a value is part of the value.",
        "In a properties file # begins a comment at the start of a line only: numbers with it are refused, and names and \
         paths get it appended in silence.",
        "Put the comment on a line of its own.",
        |node, found| each_odd(node, found, Oddity::InlineComment, "a comment in the value", "the value alone"),
    ),
    oddity(
        "value-quoted",
        Severity::Warning,
        "Quotes around a value are part of the value.",
        "A path in quotes is another directory, a number in quotes is none.",
        "Remove the quotes.",
        |node, found| each_odd(node, found, Oddity::Quoted, "quotes in the value", "the value without quotes"),
    ),
    oddity(
        "value-backslash",
        Severity::Critical,
        "A backslash changes what Kafka reads.",
        "A backslash before a letter vanishes (C:\\kafka is C:kafka), and at the end of a line it joins the next line to \
         the value, a comment too.",
        "Write each backslash twice, or a slash; end no line with one.",
        |node, found| {
            each_odd(node, found, Oddity::LostBackslash, "a backslash that vanishes", "two, or a slash")?;
            each_odd(node, found, Oddity::SwallowsNextLine, "it takes in the next line", "no backslash at the end")?;
            each_odd(node, found, Oddity::ContinuedAtEnd, "a backslash at the end of the file", "no backslash there")
        },
    ),
    Check {
        id: "value-trailing-space",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "A value ends with blanks.",
        why: "Kafka trims its own settings; plugins get the blanks too.",
        fix: "Remove the blanks.",
        references: &[PROPERTIES],
        needs: FILE,
        run: Run::Node(On::Files, |node, found| each_odd(node, found, Oddity::TrailingBlanks, "blanks at the end", "none")),
    },
    oddity(
        "key-broken-off",
        Severity::Critical,
        "A key is broken off by a blank, or has no value.",
        "A blank ends the key: what follows it, the rest of the name too, is the value.",
        "Write KEY=VALUE without blanks in the key.",
        |node, found| {
            each_odd(node, found, Oddity::BlankInKey, "a blank in the key", "KEY=VALUE")?;
            each_odd(node, found, Oddity::NoValue, "no value", "KEY=VALUE")
        },
    ),
    Check {
        id: "file-bom",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A byte order mark at the start of a file.",
        why: "It becomes part of the first key, which Kafka then does not know.",
        fix: "Save the file as UTF-8 without a byte order mark.",
        references: &[PROPERTIES],
        needs: FILE,
        run: Run::Node(On::Files, |node, found| {
            if node.file()?.oddities.contains(&FileOddity::ByteOrderMark) {
                found.add(Finding::new(whole_file(node), "a byte order mark", "plain text"));
            }
            Ok(())
        }),
    },
    Check {
        id: "file-non-ascii",
        severity: Severity::Warning,
        profile: Profile::Development,
        summary: "Letters beyond ASCII in a setting.",
        why: "Kafka reads the file as ISO-8859-1: in a file saved as UTF-8 each such letter becomes two others.",
        fix: "Write \\uXXXX in place of such letters.",
        references: &[PROPERTIES],
        needs: FILE,
        run: Run::Node(On::Files, |node, found| each_odd(node, found, Oddity::NonAscii, "letters beyond ASCII", "\\uXXXX")),
    },
];

/// A check of how values are written.
const fn oddity(
    id: &'static str,
    severity: Severity,
    summary: &'static str,
    why: &'static str,
    fix: &'static str,
    judge: fn(&Node<'_>, &mut Found) -> Evaluated,
) -> Check {
    let run = Run::Node(On::Files, judge);
    Check { id, severity, profile: Profile::Development, summary, why, fix, references: &[PROPERTIES], needs: FILE, run }
}

fn each_odd(node: &Node<'_>, found: &mut Found, oddity: Oddity, is: &str, should: &str) -> Evaluated {
    for entry in node.file()?.effective().filter(|entry| entry.oddities.contains(&oddity)) {
        found.add(Finding::new(subject(node, entry), is, should));
    }
    Ok(())
}

/// A template has many placeholders: the first few are named.
fn placeholders(node: &Node<'_>, found: &mut Found) -> Evaluated {
    const NAMED_MAX: usize = 5;
    let file = node.file()?;
    let odd: Vec<&Entry> = file.effective().filter(|entry| entry.oddities.contains(&Oddity::Placeholder)).collect();
    for entry in odd.iter().take(NAMED_MAX) {
        found.add(Finding::new(subject(node, entry), shown(entry), "a value"));
    }
    if let Some(more @ 1..) = odd.len().checked_sub(NAMED_MAX) {
        let is = format!("a template: {more} more placeholders");
        found.add(Finding::new(whole_file(node), is, "the file as it was rendered"));
    }
    Ok(())
}

fn unreadable(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    let mut judged = false;
    let mut unknown = None;
    for node in &fleet.nodes {
        let section = &node.view.node.properties;
        match (section.fresh(fleet.now), section.failure()) {
            (Some(file), _) if file.oddities.contains(&FileOddity::Empty) => {
                unknown = Some((node, "sets nothing".to_owned()));
            }
            (Some(file), _) => judged |= !matches!(file.kind, FileKind::Unknown(_) | FileKind::Foreign(_)),
            (None, Some(failure)) if failure.kind == ErrorKind::Parse => {
                unknown = Some((node, failure.message.clone()));
            }
            (None, Some(failure)) => return Err(Unknown::new(failure.message.clone())),
            (None, None) => {}
        }
    }
    match (unknown, judged) {
        (Some((node, what)), true) => found.add(Finding::new(whole_file(node), what, "a configuration, as its neighbours")),
        // Alone it may be anything: then nothing was looked at.
        (Some((_, what)), false) => return Err(Unknown::new(what)),
        (None, false) => return Err(Unknown::new("No file was read.")),
        (None, true) => {}
    }
    Ok(())
}

fn whole_file(node: &Node<'_>) -> Subject {
    Subject::Node(node.name())
}

/// The value, for a report; a secret is not in the snapshot.
fn shown(entry: &Entry) -> String {
    match &entry.setting {
        Setting::Value(value) | Setting::Template(value) if value.trim().is_empty() => "empty".to_owned(),
        Setting::Value(value) | Setting::Template(value) => format!("{:?}", value.trim()),
        Setting::Secret | Setting::Elsewhere => "a value that is not shown".to_owned(),
    }
}

fn whole(entry: &Entry) -> Option<i64> {
    match &entry.setting {
        Setting::Value(value) => value.trim().parse().ok(),
        _ => None,
    }
}

/// Values of known settings that are written without an oddity: those have checks of their own.
fn each_value(node: &Node<'_>, mut judge: impl FnMut(&Entry, &'static crate::keys::Key)) -> Evaluated {
    let scope = node.settings.scope();
    let told = [Oddity::InlineComment, Oddity::Quoted, Oddity::Placeholder, Oddity::ConfigProvider, Oddity::SwallowsNextLine];
    for entry in node.file()?.effective() {
        let is_odd = entry.oddities.iter().any(|oddity| told.contains(oddity));
        if let (false, Some(key)) = (is_odd, find(scope, &entry.key).and_then(crate::keys::Found::key)) {
            judge(entry, key);
        }
    }
    Ok(())
}

fn each_bad_value(node: &Node<'_>, mut judge: impl FnMut(&Entry, BadValue, Type)) -> Evaluated {
    each_value(node, |entry, key| {
        let run = node.settings.release.and_then(|release| key.at(release)).unwrap_or(key.newest());
        if let Setting::Value(value) = &entry.setting
            && let Err(bad) = run.parse(value)
        {
            judge(entry, bad, run.kind);
        }
    })
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    &[
        Example::made("file-unreadable", "broker-2", |set| set.raw("broker-2", b"node.id=2\nbroker.rack=\\u00zz\n")),
        Example::made("file-unreadable", "broker-2", |set| set.raw("broker-2", b"")),
        Example::broker("key-placeholder", "num.io.threads={{ threads }}"),
        Example::broker("key-placeholder", "broker.rack=${ZONE}"),
        Example::broker("value-type", "num.io.threads=8k"),
        Example::broker("value-type", "num.io.threads=99999999999"),
        Example::broker("value-type", "delete.topic.enable=yes"),
        Example::broker("value-range", "num.io.threads=0"),
        Example::broker("value-range", "compression.type=zip"),
        Example::broker("value-unit", "replica.socket.receive.buffer.bytes=64"),
        Example::broker("value-inline-comment", "num.io.threads=8 # as agreed"),
        Example::broker("value-quoted", "num.io.threads=\"8\""),
        Example::broker("value-backslash", "metrics.recording.level=\\qINFO").also(&["value-range"]),
        Example::broker("value-trailing-space", "num.io.threads=8  "),
        Example::made("key-broken-off", "broker-2", |set| set.append("broker-2", "num io.threads=8")).also(&["key-unknown"]),
        Example::made("file-bom", "broker-2", |set| {
            let text = set.files["broker-2"].join("\n");
            set.raw("broker-2", format!("\u{feff}# broker\n{text}").as_bytes());
        }).also(&["key-unknown", "file-non-ascii"]),
        Example::broker("file-non-ascii", "broker.rack=Zürich"),
    ]
};
