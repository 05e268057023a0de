//! What a look at the machine costs: a machine of two sockets as a tree of files, asked as the server asks the reader.
//!
//! `cargo bench --bench machine`. It begins with a table: CPU time of each source of the host, weighted by its interval to 15 s;
//! the aim is 5 ms for all of them together. Questions about log directories and threads carry what the answers before had, as
//! the server's do; the rounds that list all the same are in the mean, and one thread of four runs between two rounds. Then what the histories of twelve drives take in memory; the aim
//! is 4 MB. Sockets are those of the machine that runs this. The kernel's part is that of plain files: what it costs a real
//! `/proc` to make them up is not in it.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a benchmark makes its files, or stops")]
#![allow(clippy::print_stdout, reason = "a benchmark prints what it found")]

#[path = "machine/files.rs"]
mod files;

use std::alloc::System;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use brokerwatch::derive::disk_watch::{Circumstances, DiskWatch, Wanted};
use brokerwatch::derive::slow_drive::{Detector, INTERVAL_MS, LOADS_MAX, Load};
use brokerwatch::snapshot::{DiskClass, UnixMs};
use brokerwatch::sources::diskstats::read_diskstats;
use brokerwatch::sources::reader::answer_questions;
use brokerwatch::sources::{
    DISKS, DRIVE_HEALTH, DRIVES as DRIVES_SOURCE, FILES, HARDWARE, HOST, JVM, MACHINE, MEMORY_MAPS, NETWORK, PROCESS,
    RESOURCES, STORAGE, Source, THREADS,
};
use divan::Bencher;
use files::{BROKER, DRIVES, START_TICKS, machine};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static MEMORY: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    // `--list` and filters are divan's.
    if std::env::args().all(|argument| argument.starts_with("--bench") || !argument.starts_with('-')) {
        cpu_of_all_sources();
        memory_of_histories();
    }
    divan::main();
    let _ = fs::remove_dir_all(machine());
}

/// Milliseconds of CPU time that `work` takes, system time among them: the median of some runs.
fn cpu_ms(mut work: impl FnMut()) -> f64 {
    const RUNS: usize = 25;
    let cpu = || {
        let now = clock_gettime(ClockId::ProcessCPUTime);
        now.tv_sec as f64 * 1_000.0 + now.tv_nsec as f64 / 1_000_000.0
    };
    // Files are in the page cache from then on, and buffers have grown.
    work();
    let mut runs: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = cpu();
            work();
            cpu() - start
        })
        .collect();
    runs.sort_by(f64::total_cmp);
    runs[RUNS / 2]
}

/// What each source asks in one round.
fn rounds() -> Vec<(&'static Source, Vec<Value>)> {
    let (procfs, sysfs) = roots();
    let dirs = || (0..DRIVES).map(|drive| format!("/data/{drive}"));
    let names: Vec<String> = (0..DRIVES).map(|drive| format!("nvme{drive}n1")).collect();
    let wanted = json!({"ports": [9092], "peers": [], "some_unknown": false});
    let of_dirs = |ask: &str| {
        dirs()
            .map(|dir| json!({ask: {"procfs": procfs, "sysfs": sysfs, "pid": BROKER, "path": dir}}))
            .collect::<Vec<_>>()
    };
    let of = json!({"pid": BROKER, "start_ticks": START_TICKS});
    let host = json!({"host": {"procfs": procfs, "sysfs": sysfs, "known": [BROKER]}});
    vec![
        (&PROCESS, vec![json!({"state": {"procfs": procfs, "pid": BROKER}})]),
        // Its file systems are XFS, which counts no errors, so they are not asked for them.
        (&FILES, of_dirs("log_dir")),
        (&HOST, [host].into_iter().chain(of_dirs("place")).collect()),
        (&STORAGE, of_dirs("real_path").into_iter().chain(of_dirs("below")).collect()),
        (&RESOURCES, vec![json!({"resources": {"procfs": procfs, "sysfs": sysfs, "of": of}})]),
        (&THREADS, vec![json!({"threads": {"procfs": procfs, "of": of}})]),
        (&MEMORY_MAPS, vec![json!({"memory_maps": {"procfs": procfs, "of": of}})]),
        (&JVM, vec![json!({"jvm": {"procfs": procfs, "of": of, "mapped": "/tmp/hsperfdata_kafka/4711"}})]),
        (&DRIVES_SOURCE, names.iter().map(|name| json!({"drive": {"sysfs": sysfs, "name": name}})).collect()),
        (
            &HARDWARE,
            vec![
                json!({"hardware": {"procfs": procfs, "sysfs": sysfs, "disks": names, "nics": ["eth0", "eth1"]}}),
                json!({"sensors": {"sysfs": sysfs}}),
            ],
        ),
        (&MACHINE, vec![json!({"machine": {"procfs": procfs, "sysfs": sysfs}})]),
        (
            &NETWORK,
            vec![
                json!({"network": {"procfs": procfs, "sysfs": sysfs, "pid": BROKER, "addresses": ["0.0.0.0"]}}),
                json!({"sockets": {"procfs": "/proc", "pid": null, "wanted": wanted}}),
            ],
        ),
        (&DRIVE_HEALTH, vec![json!({"health_spool": {"path": machine().join("health.json")}})]),
    ]
}

/// Rounds of a source after which it lists all log directories again: five minutes of the one, ten of the other.
const LISTS_EVERY: [(&Source, u32); 2] = [(&FILES, 60), (&HOST, 10)];

/// Asks the reader; its answers, none of which may be a failure.
fn answers(source: &Source, questions: &[Value]) -> Vec<u8> {
    let lines: String = questions.iter().map(|question| format!("{question}\n")).collect();
    let mut answers = Vec::new();
    answer_questions(lines.as_bytes(), &mut answers).unwrap();
    let failed = answers.split(|byte| *byte == b'\n').find(|answer| answer.starts_with(b"{\"Err\""));
    assert!(failed.is_none(), "{}: {}", source.name, String::from_utf8_lossy(failed.unwrap_or_default()));
    answers
}

/// The questions of the next round: with what the answers have for them.
fn next_round(source: &Source, questions: &[Value]) -> Vec<Value> {
    let answers = answers(source, questions);
    let answers = answers.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let next = questions.iter().zip(answers).map(|(question, answer)| {
        let answer: Value = serde_json::from_slice(answer).unwrap();
        let mut question = question.clone();
        let (ask, question_of) = question.as_object_mut().unwrap().iter_mut().next().unwrap();
        match ask.as_str() {
            "log_dir" | "place" => {
                question_of["before"] = answer["Ok"]["listing"].clone();
                assert!(question_of["before"].is_object(), "a directory that stands still is not listed again");
            }
            "host" => {
                // Each tenth is asked again.
                let others = answer["Ok"]["others"].as_array().unwrap().iter().enumerate();
                let others = others.filter(|(at, _)| !at.is_multiple_of(10)).map(|(_, pid)| pid.clone());
                question_of["others"] = others.collect();
            }
            "threads" => {
                let threads = answer["Ok"]["times"].as_object().unwrap().iter().enumerate();
                // One thread of four has run since.
                let ticks =
                    |at: usize, times: &Value| times["cpu_ticks"].as_u64().unwrap() - u64::from(at.is_multiple_of(4));
                let known = threads.map(|(at, (id, times))| json!([id.parse::<u32>().unwrap(), ticks(at, times)]));
                question_of["before"] = known.collect();
            }
            _ => {}
        }
        question
    });
    next.collect()
}

/// What a round of `source` costs in the mean.
fn round_ms(source: &Source, first: &[Value]) -> f64 {
    let round = |questions: &[Value]| cpu_ms(|| drop(answers(source, questions)));
    let next = round(&next_round(source, first));
    let Some((_, every)) = LISTS_EVERY.iter().find(|(lists, _)| lists.name == source.name) else { return next };
    (round(first) + next * f64::from(every - 1)) / f64::from(*every)
}

/// Prints what all sources of the host cost.
fn cpu_of_all_sources() {
    // What has just changed is listed again.
    machine();
    std::thread::sleep(std::time::Duration::from_secs(3));
    let mut all = 0.0;
    println!("{:<14} {:>12} {:>12} {:>14}", "source", "interval s", "CPU ms", "CPU ms / 15 s");
    let mut told = |source: &Source, ms: f64| {
        let in_15_s = ms * 15_000.0 / source.interval_ms as f64;
        all += in_15_s;
        println!("{:<14} {:>12} {ms:>12.3} {in_15_s:>14.3}", source.name, source.interval_ms / 1_000);
    };
    for (source, questions) in rounds() {
        told(source, round_ms(source, &questions));
    }
    let (procfs, mut watch, mut second) = (roots().0, DiskWatch::default(), 0);
    let wanted: BTreeMap<String, Wanted> = (0..DRIVES)
        .map(|drive| (format!("nvme{drive}n1"), Wanted { class: Some(DiskClass::Nvme), ..Wanted::default() }))
        .collect();
    told(
        &DISKS,
        cpu_ms(|| {
            let stats = read_diskstats(&procfs, &wanted.keys().map(String::as_str).collect()).unwrap();
            second += 1;
            let at = UnixMs(second * 1_000);
            let disks = watch.advance(at, stats.devices, stats.parse_errors, &wanted, &Circumstances::default());
            assert_eq!(disks.devices.len(), DRIVES);
        }),
    );
    println!("{:<14} {:>12} {:>12} {all:>14.3}  (aim 5)", "all", "", "");
}

/// Prints what is remembered of drives that have seen every load that is kept.
fn memory_of_histories() {
    let region = Region::new(MEMORY);
    let detectors: Vec<Detector> = (0..DRIVES * 3)
        .map(|_| {
            let mut detector = Detector::default();
            for sample in 0..200 * LOADS_MAX {
                let (rate, size) = (sample % 32, sample / 32 % 24);
                let latency = 0.000_1 * f64::from(1 + (sample * 7_919 % 1_000) as u32);
                let load =
                    Load { per_second: 2_f64.powf(rate as f64 / 2.0), bytes: 2_f64.powf(size as f64 / 2.0), latency };
                detector.step(Some(load), INTERVAL_MS, 1.0);
            }
            detector
        })
        .collect();
    let change = region.change();
    let held =
        change.bytes_allocated.saturating_sub(change.bytes_deallocated).saturating_add_signed(change.bytes_reallocated);
    let loads: usize = detectors.iter().map(|detector| detector.model().loads()).sum();
    println!(
        "histories of {DRIVES} drives, 3 operations each: {} loads (at most {}), {:.2} MB on the heap (aim 4)\n",
        loads,
        DRIVES * 3 * LOADS_MAX,
        held as f64 / 1e6
    );
}

/// Asks the reader what the server asks it in one round.
fn ask(bencher: Bencher<'_, '_>, questions: &[serde_json::Value]) {
    let lines: String = questions.iter().map(|question| format!("{question}\n")).collect();
    bencher.bench(|| {
        let mut answers = Vec::new();
        answer_questions(divan::black_box(lines.as_bytes()), &mut answers).unwrap();
        assert!(answers.starts_with(b"{\"Ok\""));
        answers
    });
}

fn roots() -> (PathBuf, PathBuf) {
    (machine().join("proc"), machine().join("sys"))
}

#[divan::bench]
fn machine_each_15_s(bencher: Bencher<'_, '_>) {
    let (procfs, sysfs) = roots();
    ask(bencher, &[serde_json::json!({"machine": {"procfs": procfs, "sysfs": sysfs}})]);
}

#[divan::bench]
fn network_each_30_s(bencher: Bencher<'_, '_>) {
    let (procfs, sysfs) = roots();
    let wanted = serde_json::json!({"ports": [9092], "peers": [], "some_unknown": false});
    let sockets = serde_json::json!({"sockets": {"procfs": "/proc", "pid": null, "wanted": wanted}});
    let network =
        serde_json::json!({"network": {"procfs": procfs, "sysfs": sysfs, "pid": null, "addresses": ["0.0.0.0"]}});
    ask(bencher, &[network, sockets]);
}

#[divan::bench]
fn hardware_each_60_s(bencher: Bencher<'_, '_>) {
    let (procfs, sysfs) = roots();
    let disks: Vec<String> = (0..12).map(|drive| format!("nvme{drive}n1")).collect();
    let question =
        serde_json::json!({"hardware": {"procfs": procfs, "sysfs": sysfs, "disks": disks, "nics": ["eth0", "eth1"]}});
    ask(bencher, &[question, serde_json::json!({"sensors": {"sysfs": sysfs}})]);
}
