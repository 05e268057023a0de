//! Compose files, read without the files that they name unless a test gives them.

use proptest::prelude::*;

use super::*;
use crate::snapshot::{Oddity, Place, Setting, Stated};

fn parse(text: &str) -> Vec<ConfigFile> {
    parse_compose("/srv/kafka/compose.yaml", text.as_bytes(), &|_| None).unwrap()
}

const CLUSTER: &str = r#"
x-broker: &broker
  image: apache/kafka:4.1.1
  environment: &env
    KAFKA_PROCESS_ROLES: broker
    KAFKA_LOG_DIRS: /var/lib/kafka/data
    KAFKA_DEFAULT_REPLICATION_FACTOR: 3
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: false

services:
  kafka-1:
    <<: *broker
    environment:
      <<: *env
      KAFKA_NODE_ID: 1
      KAFKA_SSL_KEY_PASSWORD: hunter2
      KAFKA_BROKER_RACK: ${RACK:-a}
    volumes:
      - data:/var/lib/kafka
      - ./certs:/etc/kafka/secrets:ro
  kafka-2:
    <<: *broker
    environment:
      - KAFKA_NODE_ID=2
      - KAFKA_PROCESS_ROLES=broker
      - KAFKA_LOG_DIRS=/var/lib/kafka/data
      - KAFKA_BROKER_RACK
    volumes:
      - type: volume
        source: data
        target: /var/lib/kafka
    network_mode: host
  ui:
    image: provectuslabs/kafka-ui
    environment:
      KAFKA_CLUSTERS_0_NAME: local
volumes:
  data:
"#;

#[test]
fn services_are_configurations_with_lines_mounts_and_no_secrets() {
    let files = parse(CLUSTER);
    let parts: Vec<&str> = files.iter().filter_map(|file| file.part.as_deref()).collect();
    assert_eq!(parts, ["service kafka-1", "service kafka-2"]);
    let first = &files[0];
    assert_eq!(first.kind, FileKind::Broker);
    assert_eq!((first.get("node.id"), first.get("default.replication.factor")), (Some("1"), Some("3")));
    assert_eq!(first.get("auto.create.topics.enable"), Some("false"));
    assert_eq!(first.entry("node.id").unwrap().place.line(), Some(15));
    assert_eq!(first.entry("log.dirs").unwrap().place.line(), None, "comes through an anchor");
    assert_eq!(first.entry("broker.rack").unwrap().setting, Setting::Template("${RACK:-a}".to_owned()));
    assert!(!first.entry("broker.rack").unwrap().oddities.contains(&Oddity::Placeholder));
    assert_eq!(files[1].entry("broker.rack").unwrap().setting, Setting::Elsewhere);
    assert_eq!(files[1].entry("node.id").unwrap().place.line(), Some(24));
    assert!(!serde_json::to_string(&files).unwrap().contains("hunter"));
}

#[test]
fn two_brokers_on_one_volume_are_seen() {
    let files = parse(CLUSTER);
    let behind = |file: &ConfigFile| {
        let container = file.container.as_ref().unwrap();
        container.behind(file.get("log.dirs").unwrap()).map(|behind| (behind.source.clone(), behind.below))
    };
    let volume = (MountSource::Volume("data".to_owned()), "data".to_owned());
    assert_eq!(behind(&files[0]), Some(volume.clone()));
    assert_eq!(behind(&files[1]), Some(volume));
    let container = files[0].container.as_ref().unwrap();
    let certs = MountSource::HostPath("/srv/kafka/certs".to_owned());
    assert_eq!(container.mounts[1], Mount { source: certs, target: "/etc/kafka/secrets".to_owned(), read_only: true });
    assert!(!container.host_network && files[1].container.as_ref().unwrap().host_network);
}

#[test]
fn mounts_in_every_form() {
    let files = parse(
        "services:\n  k:\n    image: cp-kafka\n    tmpfs: /run:size=1m\n    volumes:\n      - /anonymous\n      - ../data:/a\n      \
         - '${DIR:-/x}:/b'\n      - C:\\kafka:/c\n      - bound:/d\n      - named:/e\nvolumes:\n  bound:\n    driver_opts: {type: none, o: bind, device: /mnt/disk1}\n  \
         named: {name: prod_data}\n",
    );
    let sources: Vec<(&str, &MountSource)> = files[0]
        .container
        .as_ref()
        .unwrap()
        .mounts
        .iter()
        .map(|mount| (mount.target.as_str(), &mount.source))
        .collect();
    let path = |path: &str| MountSource::HostPath(path.to_owned());
    assert_eq!(
        sources,
        [
            ("/anonymous", &MountSource::Anonymous),
            ("/a", &path("/srv/data")),
            ("/b", &MountSource::Template("${DIR:-/x}".to_owned())),
            ("/c", &path("C:\\kafka")),
            ("/d", &path("/mnt/disk1")),
            ("/e", &MountSource::Volume("prod_data".to_owned())),
            ("/run", &MountSource::Tmpfs),
        ]
    );
    assert_eq!(files[0].get("log.dirs"), Some("/var/lib/kafka/data"), "the image's own");
}

#[test]
fn env_files_and_extends_are_followed() {
    let text = "services:\n  base:\n    image: apache/kafka\n    env_file: base.env\n    volumes: ['d:/data']\n  k:\n    extends:\n      service: base\n    \
                env_file: [{path: ./own.env}, missing.env]\n    environment: {KAFKA_NODE_ID: 7}\n";
    let read = |path: &str| match path {
        "dir/base.env" => Some(b"KAFKA_NODE_ID=1\nKAFKA_LOG_DIRS=/data\nKAFKA_PROCESS_ROLES=broker".to_vec()),
        "dir/own.env" => Some(b"KAFKA_NODE_ID=2\nKAFKA_BROKER_RACK=b".to_vec()),
        _ => None,
    };
    let files = parse_compose("dir/compose.yaml", text.as_bytes(), &read).unwrap();
    let k = files.iter().find(|file| file.part.as_deref() == Some("service k")).unwrap();
    assert_eq!((k.get("node.id"), k.get("log.dirs"), k.get("broker.rack")), (Some("7"), Some("/data"), Some("b")));
    let Place::Env { file, line, .. } = &k.entry("log.dirs").unwrap().place else { panic!() };
    assert_eq!((file.as_deref(), *line), (Some("dir/base.env"), Some(2)));
    let container = k.container.as_ref().unwrap();
    assert_eq!(container.unread_files, ["missing.env"]);
    assert_eq!(container.mounts.len(), 1);
    assert_eq!(k.stated("min.insync.replicas"), Stated::NotKnown, "a file that was not read may set it");
}

#[test]
fn a_mounted_file_hides_what_it_sets() {
    let files = parse(
        "services:\n  k:\n    image: apache/kafka\n    volumes: ['./server.properties:/mnt/shared/config/server.properties']\n",
    );
    assert_eq!(files[0].kind, FileKind::Broker);
    assert_eq!(files[0].stated("log.dirs"), Stated::NotKnown);
    let files = parse("services:\n  k:\n    image: apache/kafka\n");
    assert_eq!((&files[0].kind, files[0].get("log.dirs")), (&FileKind::Combined, Some("/tmp/kraft-combined-logs")));
}

#[test]
fn services_that_extend_each_other_end() {
    assert!(parse("services:\n  a: {extends: b, volumes_from: [a]}\n  b: {extends: a}\n").is_empty());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_compose("x", &bytes, &|_| None);
    }

    #[test]
    fn no_compose_like_text_makes_it_panic(lines in proptest::collection::vec(proptest::sample::select(&LINES[..]), 0..16)) {
        let text = format!("services:\n{}", lines.join("\n"));
        let _ = parse_compose("x/y", text.as_bytes(), &|_| Some(b"A=$".to_vec()));
    }
}

const LINES: [&str; 18] = [
    "  k:",
    "  k2: &x",
    "    image: apache/kafka",
    "    image: [1]",
    "    environment:",
    "      - KAFKA_NODE_ID=1",
    "      KAFKA_A: \"\\0\\u1\"",
    "    environment: {KAFKA_B: [1], 2: x}",
    "    volumes:",
    "      - a:b:c",
    "      - ':::'",
    "      - {type: bind}",
    "      - '${a:b'",
    "    extends: k",
    "    volumes_from: [k, k2]",
    "    <<: *x",
    "---",
    "    env_file: x",
];
