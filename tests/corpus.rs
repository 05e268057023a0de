//! Every input of `fuzz/corpus` through what its fuzz target does with it, on stable Rust. What a fuzzer once found stays
//! found: its input is a file there.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "the test reads files, and names them")]

#[path = "../fuzz/bodies.rs"]
mod bodies;
mod common;

use std::collections::BTreeSet;
use std::fs;

use common::repository;

/// One test, so that what it counts of memory is its own.
#[test]
fn every_input_of_every_corpus_passes() {
    let folders = fs::read_dir(repository("fuzz/corpus")).unwrap();
    let folders: BTreeSet<String> = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect();
    let targets: BTreeSet<String> = bodies::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(folders, targets, "each target has its corpus, and each corpus its target");
    for (name, body) in bodies::TARGETS {
        let mut inputs = 0;
        for file in fs::read_dir(repository("fuzz/corpus").join(name)).unwrap() {
            let path = file.unwrap().path();
            // Told before, so that the input that ends the process is the last one named.
            println!("{}", path.display());
            body(&fs::read(path).unwrap());
            inputs += 1;
        }
        assert!(inputs > 0, "fuzz/corpus/{name} is empty");
        assert!(repository(&format!("fuzz/fuzz_targets/{name}.rs")).exists(), "{name} has no fuzz target");
    }
}
