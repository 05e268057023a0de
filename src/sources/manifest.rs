//! Which of the given files share a machine, as `--manifest` says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// Which files belong to one machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    path: PathBuf,
    named: Vec<Named>,
}

/// A file under a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    machine: String,
    file: PathBuf,
    /// Where it lies when it is named as on the command line, and when it is named from the manifest.
    places: [PathBuf; 2],
}

impl Manifest {
    /// Reads `MACHINE: [FILE, ...]` lines of YAML. Files are named as on the command line, or beside the manifest, which
    /// `path` names.
    ///
    /// # Errors
    /// One line that names the manifest and the place in it.
    pub fn parse(path: &Path, text: &str) -> Result<Self, String> {
        let told = |error| format!("--manifest={}: {error}", path.display());
        // A map of ours would take the last of two machines of one name; this one refuses them.
        serde_yaml::from_str::<serde_yaml::Mapping>(text).map_err(told)?;
        let machines: BTreeMap<String, Vec<PathBuf>> = serde_yaml::from_str(text).map_err(told)?;
        let beside = path.parent().unwrap_or(Path::new(""));
        let named = machines.into_iter().flat_map(|(machine, files)| {
            files.into_iter().map(move |file| {
                let places = [place(&file), place(&beside.join(&file))];
                Named { machine: machine.clone(), file, places }
            })
        });
        Ok(Self { path: path.to_owned(), named: named.collect() })
    }

    /// The machine that a file is for; absent when nothing is said of it.
    #[must_use]
    pub fn machine(&self, file: &str) -> Option<&str> {
        if self.named.is_empty() {
            return None;
        }
        self.machines(&place(Path::new(file))).into_iter().next()
    }

    fn machines(&self, place: &PathBuf) -> BTreeSet<&str> {
        self.named.iter().filter(|named| named.places.contains(place)).map(|named| named.machine.as_str()).collect()
    }

    /// Whether every name is one of the files that were given, and each of those is for one machine.
    ///
    /// # Errors
    /// One line that names the manifest, the machine and the file.
    pub fn ensure_names_are_of(&self, given: &[String]) -> Result<(), String> {
        let shown = self.path.display();
        let given: BTreeMap<PathBuf, &String> = given.iter().map(|file| (place(Path::new(file)), file)).collect();
        for Named { machine, file, places } in &self.named {
            if places.iter().any(|place| given.contains_key(place)) {
                continue;
            }
            let is_dir = places.iter().any(|place| place.is_dir());
            let what = if is_dir { "a directory: name its files" } else { "not among the files given" };
            return Err(format!("--manifest={shown}: {machine} names {}, which is {what}", file.display()));
        }
        for (place, file) in &given {
            let machines: Vec<&str> = self.machines(place).into_iter().collect();
            if machines.len() > 1 {
                return Err(format!(
                    "--manifest={shown}: {file} is named by {}: which is it for?",
                    machines.join(" and ")
                ));
            }
        }
        Ok(())
    }
}

/// Where a file lies, however it is named; of one that is not there only `.` is taken out.
fn place(file: &Path) -> PathBuf {
    let written = || file.components().filter(|part| *part != Component::CurDir).collect();
    std::fs::canonicalize(file).unwrap_or_else(|_| written())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> Manifest {
        Manifest::parse(Path::new("sets/m.yaml"), text).unwrap()
    }

    #[test]
    fn a_manifest_says_whose_machine_a_file_is_for() {
        let manifest = manifest("host-1: [a.properties, ./b.properties]\nhost-2: [c.properties]");
        assert_eq!(manifest.machine("./a.properties"), Some("host-1"));
        assert_eq!(manifest.machine("b.properties"), Some("host-1"));
        assert_eq!(manifest.machine("sets/c.properties"), Some("host-2"));
        assert_eq!(manifest.machine("d.properties"), None);
    }

    #[test]
    fn names_that_meet_nothing_and_files_of_two_machines_are_refused() {
        let given = ["./a.properties".to_owned(), "sets/b.properties".to_owned()];
        let ensure = |text: &str| manifest(text).ensure_names_are_of(&given);
        assert_eq!(ensure("host-1: [a.properties]\nhost-2: [b.properties]"), Ok(()));
        assert_eq!(
            ensure("host-1: [a.propertees]").unwrap_err(),
            "--manifest=sets/m.yaml: host-1 names a.propertees, which is not among the files given"
        );
        assert_eq!(
            ensure("host-1: [a.properties]\nhost-2: [./a.properties]").unwrap_err(),
            "--manifest=sets/m.yaml: ./a.properties is named by host-1 and host-2: which is it for?"
        );
        let directory = std::env::temp_dir().display().to_string();
        assert!(ensure(&format!("host-1: [{directory}]")).unwrap_err().ends_with("a directory: name its files"));
        for (text, why) in [("- a", "sequence"), ("h: [a]\nh: [b]", "duplicate entry with key \"h\"")] {
            let refused = Manifest::parse(Path::new("m.yaml"), text).unwrap_err();
            assert!(refused.starts_with("--manifest=m.yaml: ") && refused.contains(why), "{refused}");
        }
    }
}
