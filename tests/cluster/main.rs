//! The sidecar beside real Kafka brokers, compared with Kafka's own tools, also while brokers die and hang.
//!
//! Needs Java and Maven: `tests/cluster/kafka` installs or names them. Run with `--test-threads=1`: each test boots a
//! cluster of its own.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests start programs, and stop at the unexpected")]
#![allow(clippy::iter_over_hash_type, clippy::print_stdout, reason = "measured times are printed")]

mod administration;
mod caps;
#[path = "../common/mod.rs"]
mod common;
mod dashboards;
mod demo;
mod discovery;
mod disks;
mod drift;
mod equality;
mod fault_disk;
mod faults;
mod harness;
mod one_machine;
mod pages;
mod prometheus;
mod risk;
mod scenarios;
mod security;
#[path = "../common/shipped.rs"]
mod shipped;
mod watch;

use common::token_endpoint;
