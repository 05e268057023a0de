//! What was learned of a drive, as it is kept in a file over restarts: for one drive by its serial, and checked.

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Model, WrittenLoad};
use crate::snapshot::DiskOp;

/// The first word of the file; what follows it is another format when the version is another.
const MAGIC: &str = "brokerwatch-drive-history";
/// Version of the format and of the model's own numbers (steps, buckets).
const VERSION: &str = "1";

/// Why a file is not used; what it is about is then learned anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StateFault {
    /// It is no such file, cut off, or changed.
    #[error("it is damaged")]
    Damaged,
    /// Another version of this program wrote it.
    #[error("it is of another version of this program")]
    Version,
    /// It is about another drive.
    #[error("it is about another drive")]
    Serial,
}

impl StateFault {
    /// Value of the label `reason`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::Version => "version",
            Self::Serial => "serial",
        }
    }
}

/// What a drive's latencies depend on besides the drive. What is not known is absent, and contradicts nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ground {
    /// Release of the kernel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// I/O scheduler of the drive's queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler: Option<String>,
}

impl Ground {
    /// Takes what is `now` known; whether something of it is another than it was, so that what was learned no longer holds.
    pub fn becomes(&mut self, now: &Self) -> bool {
        let changes = |was: &mut Option<String>, is: &Option<String>| {
            let changed = was.is_some() && is.is_some() && was != is;
            if is.is_some() {
                was.clone_from(is);
            }
            changed
        };
        changes(&mut self.kernel, &now.kernel) | changes(&mut self.scheduler, &now.scheduler)
    }
}

/// What was learned of one drive.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    serial: String,
    #[serde(default)]
    ground: Ground,
    ops: BTreeMap<DiskOp, Vec<WrittenLoad>>,
}

impl State {
    /// The text of a file about the drive with this serial, learned on this ground.
    #[must_use]
    pub fn write<'a>(serial: &str, ground: &Ground, models: impl Iterator<Item = (DiskOp, &'a Model)>) -> String {
        let ops = models.map(|(op, model)| (op, model.written())).collect();
        let state = Self { serial: serial.to_owned(), ground: ground.clone(), ops };
        // A structure of numbers and text cannot fail to be written; were it so, the file is damaged and learned anew.
        let body = serde_json::to_string(&state).unwrap_or_default();
        format!("{MAGIC} {VERSION} {}\n{body}\n", checksum(&body))
    }

    /// The models of a file about the drive with this serial, and the ground that they were learned on.
    ///
    /// # Errors
    /// Why the file is not used.
    pub fn read(text: &str, serial: &str) -> Result<(Ground, BTreeMap<DiskOp, Model>), StateFault> {
        let (head, body) = text.split_once('\n').ok_or(StateFault::Damaged)?;
        let words: Vec<&str> = head.split(' ').collect();
        let sum = match words[..] {
            [MAGIC, VERSION, sum] => sum,
            [MAGIC, ..] => return Err(StateFault::Version),
            _ => return Err(StateFault::Damaged),
        };
        let body = body.strip_suffix('\n').filter(|body| checksum(body) == sum).ok_or(StateFault::Damaged)?;
        let state: Self = serde_json::from_str(body).map_err(|_| StateFault::Damaged)?;
        if state.serial != serial {
            return Err(StateFault::Serial);
        }
        let models = state.ops.iter().map(|(op, loads)| Some((*op, Model::read(loads)?)));
        let models = models.collect::<Option<_>>().ok_or(StateFault::Damaged)?;
        Ok((state.ground, models))
    }
}

fn checksum(body: &str) -> String {
    digest(&SHA256, body.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Detector, INTERVAL_MS, Load};
    use super::*;

    fn learned() -> Model {
        let mut detector = Detector::default();
        for sample in 0..3_000_u32 {
            let per_second = 100.0 + f64::from(sample % 300);
            let load = Load { per_second, bytes: 65_536.0, latency: 0.001 + f64::from(sample % 7) / 10_000.0 };
            detector.step(Some(load), INTERVAL_MS, 0.000_5);
        }
        detector.model().clone()
    }

    #[test]
    fn a_model_reads_back_as_it_was_written_for_its_own_drive_only() {
        let model = learned();
        let ground = Ground { kernel: Some("6.1.0".to_owned()), scheduler: Some("none".to_owned()) };
        let text = State::write("S1", &ground, [(DiskOp::Write, &model)].into_iter());
        let (told, back) = State::read(&text, "S1").unwrap();
        assert_eq!(told, ground);
        assert_eq!(back[&DiskOp::Write].written(), model.written());
        assert!(back[&DiskOp::Write].loads() > 3);
        assert_eq!(State::read(&text, "S2").unwrap_err(), StateFault::Serial);
    }

    #[test]
    fn a_file_that_is_cut_off_or_changed_or_of_another_version_is_not_used() {
        let text = State::write("S1", &Ground::default(), [(DiskOp::Read, &learned())].into_iter());
        for length in [0, 1, 20, 60, text.len() / 2, text.len() - 2, text.len() - 1] {
            assert_eq!(State::read(&text[..length], "S1").unwrap_err(), StateFault::Damaged, "{length}");
        }
        assert_eq!(State::read(&text.replacen("S1", "S3", 1), "S3").unwrap_err(), StateFault::Damaged);
        let newer = text.replacen(" 1 ", " 2 ", 1);
        assert_eq!(State::read(&newer, "S1").unwrap_err(), StateFault::Version);
    }

    /// A file with a right checksum over this body.
    fn sealed(body: &str) -> String {
        format!("{MAGIC} {VERSION} {}\n{body}\n", checksum(body))
    }

    #[test]
    fn numbers_that_no_model_has_are_damage() {
        for loads in [
            r#"[{"load":65535,"counts":[]}]"#,
            r#"[{"load":1,"counts":[[101,1.0]]}]"#,
            r#"[{"load":1,"counts":[[1,-1.0]]}]"#,
            r#"[{"load":1,"counts":[[1,1e30]]}]"#,
            r#"[{"load":2,"counts":[]},{"load":2,"counts":[]}]"#,
        ] {
            let body = format!(r#"{{"serial":"S","ops":{{"read":{loads}}}}}"#);
            assert_eq!(State::read(&sealed(&body), "S").unwrap_err(), StateFault::Damaged, "{loads}");
        }
        let fine = r#"{"serial":"S","ops":{"read":[{"load":1,"counts":[[1,300.0]]}]}}"#;
        let (ground, models) = State::read(&sealed(fine), "S").unwrap();
        assert_eq!((ground, models.len()), (Ground::default(), 1), "a file of before has no ground");
    }

    #[test]
    fn a_ground_changes_with_what_is_known_of_it_and_not_with_what_is_not() {
        let ground = |kernel: Option<&str>, scheduler: Option<&str>| Ground {
            kernel: kernel.map(str::to_owned),
            scheduler: scheduler.map(str::to_owned),
        };
        let mut now = Ground::default();
        assert!(!now.becomes(&ground(Some("6.1"), None)), "it is seen for the first time");
        assert!(!now.becomes(&ground(None, Some("none"))));
        assert_eq!(now, ground(Some("6.1"), Some("none")));
        assert!(now.becomes(&ground(Some("6.1"), Some("mq-deadline"))));
        assert!(now.becomes(&ground(Some("6.12"), Some("mq-deadline"))));
        assert!(!now.becomes(&ground(None, None)));
        assert_eq!(now, ground(Some("6.12"), Some("mq-deadline")));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*", body in "\\PC*") {
            let _ = State::read(&text, "S");
            let _ = State::read(&sealed(&body), "S");
        }

        #[test]
        fn no_body_of_the_right_form_makes_it_panic(
            loads in prop::collection::vec((any::<u16>(), prop::collection::vec((any::<u8>(), any::<f32>()), 0..5)), 0..5)
        ) {
            let loads: Vec<_> = loads.iter().map(|(load, counts)| serde_json::json!({"load": load, "counts": counts})).collect();
            let body = serde_json::json!({"serial": "S", "ops": {"flush": loads}}).to_string();
            if let Ok((_, mut models)) = State::read(&sealed(&body), "S") {
                let mut detector = Detector::with(models.remove(&DiskOp::Flush).unwrap());
                detector.step(Some(Load { per_second: 1.0, bytes: 1.0, latency: 1.0 }), INTERVAL_MS, 0.1);
            }
        }
    }
}
