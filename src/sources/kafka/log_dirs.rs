//! Log directories as the broker reports them (DescribeLogDirs), with total and usable bytes since v4 (KIP-827).

use std::sync::Arc;

use kafka_protocol::messages::describe_log_dirs_response::DescribeLogDirsResult;
use kafka_protocol::messages::{DescribeLogDirsRequest, DescribeLogDirsResponse};

use super::Client;
use super::calls::{DESCRIBE_LOG_DIRS, error_kind};
use crate::snapshot::{ErrorKind, Failure, LogDir, LogDirs, ReplicaOnDisk};

/// Kafka's KAFKA_STORAGE_ERROR: the directory is offline.
const STORAGE_ERROR: i16 = 56;

/// Asks for every log directory of the answering broker.
///
/// # Errors
/// What the lane says, and the answer's own error code. Before v3 a denied answer is empty; a broker always has a log
/// directory, so an empty answer is told as denied.
pub async fn read_log_dirs(client: &Client, deadline_ms: u64) -> Result<LogDirs, Failure> {
    let request = |_| DescribeLogDirsRequest::default().with_topics(None);
    parse_log_dirs(&client.slow.call(&DESCRIBE_LOG_DIRS, deadline_ms, request).await?)
}

/// Makes our log directories of an answer to DescribeLogDirs.
///
/// # Errors
/// As [`read_log_dirs`].
pub fn parse_log_dirs(answer: &DescribeLogDirsResponse) -> Result<LogDirs, Failure> {
    DESCRIBE_LOG_DIRS.check(answer.error_code)?;
    if answer.results.is_empty() {
        let message = "The broker named no log directory at all: grant Describe on Cluster to our principal.";
        return Err(Failure::new(ErrorKind::Authorization, message));
    }
    let mut dirs: Vec<LogDir> = answer.results.iter().map(log_dir).collect();
    dirs.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(LogDirs { dirs })
}

fn log_dir(result: &DescribeLogDirsResult) -> LogDir {
    let error = match result.error_code {
        0 | STORAGE_ERROR => None,
        code => Some(error_kind(code)),
    };
    let mut replicas = Vec::new();
    for topic in &result.topics {
        let name: Arc<str> = topic.name.as_str().into();
        replicas.extend(topic.partitions.iter().map(|partition| ReplicaOnDisk {
            topic: name.clone(),
            partition: partition.partition_index,
            bytes: u64::try_from(partition.partition_size).unwrap_or_default(),
            future: partition.is_future_key,
        }));
    }
    // In the order of partitions, which they are looked up among.
    replicas.sort_unstable_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
    LogDir {
        path: result.log_dir.to_string(),
        online: result.error_code != STORAGE_ERROR,
        error,
        total_bytes: u64::try_from(result.total_bytes).ok(),
        usable_bytes: u64::try_from(result.usable_bytes).ok(),
        replicas,
    }
}

#[cfg(test)]
mod tests {
    use kafka_protocol::protocol::StrBytes;

    use super::*;

    #[test]
    fn an_offline_directory_has_no_sizes_and_an_empty_answer_is_a_denial() {
        let dir = DescribeLogDirsResult::default()
            .with_error_code(STORAGE_ERROR)
            .with_log_dir(StrBytes::from_static_str("/d"))
            .with_total_bytes(-1)
            .with_usable_bytes(-1);
        let answer = DescribeLogDirsResponse::default().with_results(vec![dir]);
        let dirs = parse_log_dirs(&answer).unwrap().dirs;
        assert!(!dirs[0].online && dirs[0].total_bytes.is_none() && dirs[0].usable_bytes.is_none());
        let denied = parse_log_dirs(&DescribeLogDirsResponse::default()).unwrap_err();
        assert_eq!(denied.kind, ErrorKind::Authorization);
    }
}
