//! What a check of files costs before anything is judged: parsing, typing, dropping secrets.
//!
//! `cargo bench --bench config_files`. The aim is far below 100 ms for 100 files of 60 lines.

use brokerwatch::keys::{Scope, lookup};
use brokerwatch::snapshot::Setting;
use brokerwatch::sources::config_files::{parse_compose, parse_properties_file};
use divan::{Bencher, counter::ItemsCount};

fn main() {
    divan::main();
}

/// A broker's file of `lines` settings: comments between them, each of the table with its default.
fn server_properties(lines: usize) -> String {
    use std::fmt::Write;
    let mut text = String::from("# A broker.\nprocess.roles=broker\nnode.id=1\n");
    let keys = Scope::Broker.keys();
    for at in 0..lines {
        let key = &keys[at * 7 % keys.len()];
        let value = match key.newest().default {
            brokerwatch::keys::DefaultValue::Text(value) => value,
            _ => "value",
        };
        if at % 10 == 0 {
            text.push_str("\n############################# Section #############################\n\n");
        }
        let _ = writeln!(text, "{}={value}", key.name);
    }
    text
}

/// Parses and types `files` files of 60 settings; answers how many values are valid.
#[divan::bench(args = [1, 100])]
fn properties_parsed_and_typed(bencher: Bencher<'_, '_>, files: usize) {
    let text = server_properties(60);
    bencher.counter(ItemsCount::new(files)).bench(|| {
        let mut valid = 0;
        for _ in 0..files {
            let file = parse_properties_file("server.properties", divan::black_box(text.as_bytes()));
            for entry in file.iter().flat_map(|file| &file.entries) {
                let key = lookup(Scope::Broker, &entry.key);
                if let (Some(key), Setting::Value(value)) = (key, &entry.setting) {
                    valid += usize::from(key.newest().parse(value).is_ok());
                }
            }
        }
        valid
    });
}

/// A compose file of three brokers, parsed.
#[divan::bench]
fn compose_of_three_brokers() -> usize {
    let mut text = String::from("services:\n");
    for id in 1..=3 {
        text.push_str(&format!(
            "  kafka-{id}:\n    image: apache/kafka:4.1.1\n    volumes: [\"data-{id}:/data\"]\n    environment:\n"
        ));
        for key in Scope::Broker.keys().iter().step_by(12) {
            let name = key.name.to_ascii_uppercase().replace('.', "_");
            text.push_str(&format!("      KAFKA_{name}: \"1\"\n"));
        }
    }
    parse_compose("compose.yaml", text.as_bytes(), &|_| None).map_or(0, |files| files.len())
}

/// One look-up in the table.
#[divan::bench(args = ["log.dirs", "zookeeper.connect", "no.such.key"])]
fn lookup_of_a_key(name: &str) -> bool {
    lookup(Scope::Broker, divan::black_box(name)).is_some()
}
