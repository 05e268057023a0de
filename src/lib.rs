#![doc = include_str!("README.md")]
// A cast that loses is named where it stands; the workspace lints hold the rest.

pub mod acls;
pub mod alerts;
pub mod baseline;
pub mod checks;
pub mod cli;
pub mod collectors;
pub mod config;
pub mod derive;
pub mod exposition;
pub mod gather;
mod inject;
pub mod keys;
pub mod limits;
pub mod report;
pub mod security_options;
pub mod self_metrics;
pub mod server;
pub mod snapshot;
pub mod sources;
pub mod switches;

#[cfg(test)]
mod testing;
