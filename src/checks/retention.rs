//! What is kept, for how long, and what cleans it up: the brokers' defaults for all topics.

use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Unknown};
use crate::derive::fleet::{Node, On};

const FILE_OR_RUNNING: &str = "the node's file or DescribeConfigs";
const HOUR: i64 = 3_600_000;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "retention-unbounded",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Nothing is ever deleted.",
        why: "Without a limit in time or in bytes the disks fill up for certain, and a full disk takes every partition on \
              it offline at once.",
        fix: "Set log.retention.hours or log.retention.bytes on every broker, and -1 on the single topics that keep \
              everything.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_log.retention.ms"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            let deletes = node.list("log.cleanup.policy")?.contains(&"delete");
            let (key, ms) = retention_ms(node)?;
            if deletes && ms < 0 && node.number("log.retention.bytes")? < 0 {
                found.add(Finding::new(node.subject(key), node.both(key, "log.retention.bytes"), "a limit in time or in bytes"));
            }
            Ok(())
        }),
    },
    Check {
        id: "retention-multi-unit",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Retention is set in several units, and one of them counts.",
        why: "log.retention.ms wins over minutes, minutes win over hours: who edits the other line changes nothing.",
        fix: "Keep one of log.retention.ms, log.retention.minutes and log.retention.hours.",
        references: &["kafka.server.KafkaConfig.logRetentionTimeMillis"],
        needs: "the node's file",
        run: Run::Node(On::Brokers, |node, found| {
            several_units(node, found, &["log.retention.ms", "log.retention.minutes", "log.retention.hours"])
        }),
    },
    Check {
        id: "roll-multi-unit",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "The age at which a segment is closed is set in two units, and one of them counts.",
        why: "log.roll.ms wins over log.roll.hours, log.roll.jitter.ms over log.roll.jitter.hours.",
        fix: "Keep one line of each.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_log.roll.ms"],
        needs: "the node's file",
        run: Run::Node(On::Brokers, |node, found| {
            several_units(node, found, &["log.roll.ms", "log.roll.hours"])?;
            several_units(node, found, &["log.roll.jitter.ms", "log.roll.jitter.hours"])
        }),
    },
    Check {
        id: "retention-invalid",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "The retention is neither positive nor unlimited.",
        why: "Kafka refuses to start with a retention of 0, or below -1.",
        fix: "Set a positive value, or -1 for no limit.",
        references: &["kafka.server.KafkaConfig.validateValues"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            let node = &node.at_restart();
            let (key, ms) = retention_ms(node)?;
            if ms == 0 || ms < -HOUR || (ms < -1 && key == "log.retention.ms") {
                found.add(Finding::new(node.subject(key), node.says(key), "more than 0, or -1"));
            }
            Ok(())
        }),
    },
    Check {
        id: "retention-implausible",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Everything is deleted after less than ten minutes.",
        why: "A value meant as hours or seconds in a line that counts milliseconds deletes data before anybody has read it.",
        fix: "Write hours with log.retention.hours; 168 hours are 604800000 ms.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_log.retention.ms"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            let (key, ms) = retention_ms(node)?;
            if ms > 0 && ms < 600_000 {
                found.add(Finding::new(node.subject(key), node.says(key), "ten minutes or more"));
            }
            Ok(())
        }),
    },
    Check {
        id: "cleanup-policy-compact-default",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Every topic is compacted unless it says otherwise.",
        why: "Compaction keeps the last message of each key: in a topic of events all others are lost, messages without a \
              key are refused, and nothing is deleted by age.",
        fix: "Remove log.cleanup.policy on brokers, and set cleanup.policy=compact on the topics that hold state.",
        references: &["https://kafka.apache.org/documentation/#compaction"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            const KEY: &str = "log.cleanup.policy";
            if node.list(KEY)?.contains(&"compact") {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "delete"));
            }
            Ok(())
        }),
    },
    Check {
        id: "segment-gt-retention-bytes",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "A segment is larger than what a partition is to keep.",
        why: "Kafka deletes whole closed segments: a partition keeps at least the one that is being written, whatever \
              log.retention.bytes says.",
        fix: "Set log.segment.bytes to a fraction of log.retention.bytes.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_log.segment.bytes"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            let (segment, retention) = ("log.segment.bytes", "log.retention.bytes");
            let bytes = node.number(retention)?;
            if bytes >= 0 && node.number(segment)? > bytes {
                let culprit = node.culprit(retention, segment);
                let should = format!("{segment} below {retention}");
                found.add(Finding::new(node.subject(culprit), node.both(segment, retention), should));
            }
            Ok(())
        }),
    },
    Check {
        id: "segment-too-small",
        severity: Severity::Warning,
        profile: Profile::Core,
        summary: "Segments are so small that their number grows without measure.",
        why: "Each segment costs three files, file descriptors and two memory maps: a broker runs into the limits of the \
              kernel, and stops. Kafka 4.0 and later refuse segments below 1 MiB.",
        fix: "Remove log.segment.bytes (the default is 1 GiB) and log.roll.ms.",
        references: &["KIP-1030", "https://kafka.apache.org/documentation/#brokerconfigs_log.segment.bytes"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            let (bytes, roll) = ("log.segment.bytes", "log.roll.ms");
            if node.number(bytes)? < 16 << 20 {
                found.add(Finding::new(node.subject(bytes), node.says(bytes), "16777216 or more"));
            }
            if !node.text(roll)?.is_empty() && node.number(roll)? < 600_000 {
                found.add(Finding::new(node.subject(roll), node.says(roll), "600000 or more"));
            }
            Ok(())
        }),
    },
    Check {
        id: "retention-check-interval",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "Retention is looked at less often than it ends.",
        why: "Data stays until the next look: disks hold more than what the retention says.",
        fix: "Remove log.retention.check.interval.ms; the default is 300000.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_log.retention.check.interval.ms"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            const KEY: &str = "log.retention.check.interval.ms";
            let (retention, ms) = retention_ms(node)?;
            if ms > 0 && node.number(KEY)? > ms {
                let culprit = node.culprit(KEY, retention);
                found.add(Finding::new(node.subject(culprit), node.both(KEY, retention), "an interval below the retention"));
            }
            Ok(())
        }),
    },
    Check {
        id: "cleaner-off",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "Nothing is compacted.",
        why: "__consumer_offsets and every other compacted topic then grow without end, and a restart that has to read them \
              takes longer each time.",
        fix: "Remove log.cleaner.enable and log.cleaner.threads; the defaults are true and 1.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_log.cleaner.enable", "KIP-1148"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            let (enable, threads) = ("log.cleaner.enable", "log.cleaner.threads");
            if !node.flag(enable)? {
                found.add(Finding::new(node.subject(enable), node.says(enable), "true"));
            }
            if node.number(threads)? == 0 {
                found.add(Finding::new(node.subject(threads), node.says(threads), "1 or more"));
            }
            Ok(())
        }),
    },
    Check {
        id: "cleaner-buffer",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "A thread of the log cleaner has less memory than it needs.",
        why: "Kafka refuses to start when log.cleaner.dedupe.buffer.size leaves each thread less than 1 MiB.",
        fix: "Remove log.cleaner.dedupe.buffer.size; the default is 134217728.",
        references: &["kafka.server.KafkaConfig.validateValues"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            let node = &node.at_restart();
            let (buffer, threads) = ("log.cleaner.dedupe.buffer.size", "log.cleaner.threads");
            if node.number(buffer)? / node.number(threads)?.max(1) <= 1 << 20 {
                found.add(Finding::new(node.subject(buffer), node.both(buffer, threads), "more than 1048576 a thread"));
            }
            Ok(())
        }),
    },
    Check {
        id: "compaction-lag-conflict",
        severity: Severity::Critical,
        profile: Profile::Development,
        summary: "Messages must be compacted before they may be.",
        why: "Kafka refuses to start when log.cleaner.min.compaction.lag.ms exceeds log.cleaner.max.compaction.lag.ms.",
        fix: "Remove one of the two.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_log.cleaner.min.compaction.lag.ms"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            let node = &node.at_restart();
            let (least, most) = ("log.cleaner.min.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms");
            if node.knows(most) && node.number(least)? > node.number(most)? {
                let culprit = node.culprit(least, most);
                found.add(Finding::new(node.subject(culprit), node.both(least, most), format!("{least} at most {most}")));
            }
            Ok(())
        }),
    },
    Check {
        id: "compact-dirty-ratio-extreme",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "Topics are compacted all the time, or hardly ever.",
        why: "At 0 the cleaner rewrites a log for every new message; above 0.9 a log holds up to ten times what it has to.",
        fix: "Remove log.cleaner.min.cleanable.ratio; the default is 0.5.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_log.cleaner.min.cleanable.ratio"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            const KEY: &str = "log.cleaner.min.cleanable.ratio";
            let ratio: Option<f64> = node.text(KEY)?.parse().ok();
            if ratio.is_some_and(|ratio| !(0.01..=0.9).contains(&ratio)) {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "0.01 to 0.9"));
            }
            Ok(())
        }),
    },
    Check {
        id: "delete-retention-short",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "Deletions vanish from compacted topics before all readers have seen them.",
        why: "A consumer that was away for longer than log.cleaner.delete.retention.ms keeps keys that were deleted.",
        fix: "Remove log.cleaner.delete.retention.ms; the default is 86400000.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_log.cleaner.delete.retention.ms"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            const KEY: &str = "log.cleaner.delete.retention.ms";
            if node.number(KEY)? < HOUR {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "86400000"));
            }
            Ok(())
        }),
    },
    Check {
        id: "timestamp-future",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "Messages from the far future are taken in.",
        why: "One producer with a wrong clock keeps a segment from being deleted for as long as its clock is ahead.",
        fix: "Set log.message.timestamp.after.max.ms=3600000, the default since Kafka 4.0.",
        references: &["KIP-937", "KIP-1030"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            const KEY: &str = "log.message.timestamp.after.max.ms";
            if node.knows(KEY) && node.number(KEY)? > 30 * 24 * HOUR {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "3600000"));
            }
            Ok(())
        }),
    },
    Check {
        id: "preallocate",
        severity: Severity::Info,
        profile: Profile::Strict,
        summary: "Segments take up their full size from the start.",
        why: "log.preallocate is for Windows; elsewhere each partition occupies a whole segment as soon as it is there.",
        fix: "Remove log.preallocate.",
        references: &["https://kafka.apache.org/documentation/#brokerconfigs_log.preallocate"],
        needs: FILE_OR_RUNNING,
        run: Run::Node(On::Brokers, |node, found| {
            const KEY: &str = "log.preallocate";
            if node.flag(KEY)? {
                found.add(Finding::new(node.subject(KEY), node.says(KEY), "false"));
            }
            Ok(())
        }),
    },
];

/// The retention in milliseconds, -1 for none, and the line that decides.
fn retention_ms(node: &Node<'_>) -> Result<(&'static str, i64), Unknown> {
    const UNITS: [(&str, i64); 3] =
        [("log.retention.ms", 1), ("log.retention.minutes", 60_000), ("log.retention.hours", HOUR)];
    for (key, factor) in UNITS {
        if !node.text(key)?.is_empty() {
            let value = node.number(key)?;
            return Ok((key, if value == -1 { -1 } else { value.saturating_mul(factor) }));
        }
    }
    Err(Unknown::new("The node's retention is not known."))
}

/// A finding at each line but the one that counts.
fn several_units(node: &Node<'_>, found: &mut Found, keys: &[&str]) -> Evaluated {
    let file = node.file()?;
    let mut set = keys.iter().filter(|key| file.entry(key).is_some());
    let Some(counts) = set.next() else { return Ok(()) };
    for key in set {
        let line = file.entry(key).and_then(|entry| entry.place.line());
        let subject = match line {
            Some(line) => super::Subject::Setting {
                node: node.name(),
                line: Some((file.path.clone(), line)),
                key: (*key).to_owned(),
            },
            None => node.subject(key),
        };
        found.add(Finding::new(subject, format!("{counts} is set too, and counts"), "one of the two"));
    }
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    &[
        Example::broker("retention-unbounded", "log.retention.ms=-1"),
        Example::made("retention-multi-unit", "log.retention.hours in broker-2", |set| {
            set.line("broker-2", "log.retention.hours=24");
            set.line("broker-2", "log.retention.ms=604800000");
        }),
        Example::made("roll-multi-unit", "log.roll.hours in broker-2", |set| {
            set.line("broker-2", "log.roll.hours=24");
            set.line("broker-2", "log.roll.ms=604800000");
        }),
        Example::broker("retention-invalid", "log.retention.ms=0"),
        Example::broker("retention-implausible", "log.retention.ms=168").also(&["retention-check-interval"]),
        Example::broker("cleanup-policy-compact-default", "log.cleanup.policy=compact"),
        Example::broker("segment-gt-retention-bytes", "log.retention.bytes=1000000"),
        Example::broker("segment-too-small", "log.segment.bytes=1048576").also(&["value-unit"]),
        Example::broker("segment-too-small", "log.roll.ms=60000"),
        Example::broker("retention-check-interval", "log.retention.check.interval.ms=999999999999"),
        Example::broker("cleaner-off", "log.cleaner.enable=false"),
        Example::broker("cleaner-off", "log.cleaner.threads=0"),
        Example::broker("cleaner-buffer", "log.cleaner.dedupe.buffer.size=1000"),
        Example::made("compaction-lag-conflict", "log.cleaner.min.compaction.lag.ms", |set| {
            set.line("broker-2", "log.cleaner.min.compaction.lag.ms=20");
            set.line("broker-2", "log.cleaner.max.compaction.lag.ms=10");
        }).also(&["value-unit"]),
        Example::broker("compact-dirty-ratio-extreme", "log.cleaner.min.cleanable.ratio=0.0"),
        Example::broker("delete-retention-short", "log.cleaner.delete.retention.ms=1000").also(&["value-unit"]),
        Example::broker("timestamp-future", "log.message.timestamp.after.max.ms=9223372036854775807"),
        Example::broker("preallocate", "log.preallocate=true"),
    ]
};
