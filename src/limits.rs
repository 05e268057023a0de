//! Every limit of the program, by name. Hitting one is counted in `brokerwatch_limit_hits_total{limit}`, never a crash.

/// See [`RESPONSE_FRAME_BYTES_MAX`].
pub const RESPONSE_FRAME_BYTES: &str = "response_frame_bytes";
/// See [`DECODED_BYTES_MAX`].
pub const DECODED_BYTES: &str = "decoded_bytes";
/// See [`FAMILY_SERIES_MAX`]; each series that is left out counts.
pub const FAMILY_SERIES: &str = "family_series";
/// See [`LABEL_VALUE_BYTES_MAX`].
pub const LABEL_VALUE_BYTES: &str = "label_value_bytes";
/// See [`PAGE_BYTES_MAX`].
pub const PAGE_BYTES: &str = "page_bytes";
/// See [`NAMED_PARTITIONS_MAX`].
pub const NAMED_PARTITIONS: &str = "named_partitions";
/// See [`SECRET_MARKS_MAX`].
pub const SECRET_MARKS: &str = "secret_marks";
/// See [`PROPERTIES_FILE_BYTES_MAX`].
pub const PROPERTIES_FILE_BYTES: &str = "properties_file_bytes";
/// See [`PROCESSES_MAX`].
pub const PROCESSES: &str = "processes";
/// See [`SUSPECT_TOPICS_MAX`].
pub const SUSPECT_TOPICS: &str = "suspect_topics";
/// See [`ACLS_MAX`].
pub const ACLS: &str = "acls";
/// See [`CLIENT_QUOTAS_MAX`].
pub const CLIENT_QUOTAS: &str = "client_quotas";
/// See [`SCRAM_CREDENTIALS_MAX`].
pub const SCRAM_CREDENTIALS: &str = "scram_credentials";
/// See [`READER_LINE_BYTES_MAX`].
pub const READER_LINE_BYTES: &str = "reader_line_bytes";
/// See [`STUCK_READERS_MAX`].
pub const STUCK_READERS: &str = "stuck_readers";
/// See [`HTTP_CONNECTIONS_MAX`].
pub const HTTP_CONNECTIONS: &str = "http_connections";
/// See [`HTTP_REQUESTS_MAX`].
pub const HTTP_REQUESTS: &str = "http_requests";
/// See [`PASSWORD_CHECKS_WAITING_MAX`].
pub const PASSWORD_CHECKS: &str = "password_checks";
/// Descriptors of this process (`ulimit -n`), of which a connection wanted one.
pub const DESCRIPTORS: &str = "descriptors";
/// A path that is not UTF-8, and is therefore shown and looked for with replacement characters.
pub const UTF8: &str = "utf8";

/// Every limit that is counted; the series begin at 0.
pub const COUNTED: &[&str] = &[
    RESPONSE_FRAME_BYTES,
    DECODED_BYTES,
    FAMILY_SERIES,
    LABEL_VALUE_BYTES,
    PAGE_BYTES,
    NAMED_PARTITIONS,
    SECRET_MARKS,
    PROPERTIES_FILE_BYTES,
    PROCESSES,
    SUSPECT_TOPICS,
    ACLS,
    CLIENT_QUOTAS,
    SCRAM_CREDENTIALS,
    READER_LINE_BYTES,
    STUCK_READERS,
    HTTP_CONNECTIONS,
    HTTP_REQUESTS,
    PASSWORD_CHECKS,
    DESCRIPTORS,
    UTF8,
];

/// Bytes of one Kafka response frame. 200,000 partitions of Metadata are 10 MB; a TLS, HTTP or SSH peer reads as far more.
pub const RESPONSE_FRAME_BYTES_MAX: usize = 100 << 20;
/// Bytes that one decoded answer may take; 200,000 partitions of Metadata take 30 MB.
pub const DECODED_BYTES_MAX: usize = 256 << 20;
/// Series of one metric family on the page.
pub const FAMILY_SERIES_MAX: usize = 200_000;
/// Bytes of one label value; longer ones are cut and end in a hash. Kafka's own names end at 249.
pub const LABEL_VALUE_BYTES_MAX: usize = 1_024;
/// Bytes of the page before compression.
pub const PAGE_BYTES_MAX: usize = 256 << 20;
/// Partitions without a leader, or under reassignment, that are named one by one; beyond it they are only counted.
pub const NAMED_PARTITIONS_MAX: usize = 100;
/// Secrets of one file whose marks are on the page.
pub const SECRET_MARKS_MAX: usize = 100;
/// Not a limit but a threshold, so it is not counted: led partitions up to which `--collector.partitions.detail=auto` exports every partition.
pub const PARTITION_DETAIL_AUTO_MAX: usize = 2_000;
/// Bytes of a `server.properties`, `meta.properties` or other configuration file that are read.
pub const PROPERTIES_FILE_BYTES_MAX: u64 = 1 << 20;
/// Configuration files that are read in one run.
pub const CONFIG_FILES_MAX: usize = 10_000;
/// Directories below a named one that are gone into.
pub const CONFIG_DEPTH_MAX: usize = 8;
/// Settings of one configuration file that are kept.
pub const CONFIG_ENTRIES_MAX: usize = 10_000;
/// Milliseconds for reading one file of TLS or SASL; on a mount that hangs it never ends. Below the deadline of liveness,
/// so that our own fault is not taken for the broker's.
pub const SECRET_FILE_MS_MAX: u64 = 1_000;
/// Bytes of a file with a password, a token, a key or certificates.
pub const SECRET_FILE_BYTES_MAX: u64 = 1 << 20;
/// Bytes of the answer of an OAUTHBEARER token endpoint.
pub const TOKEN_ANSWER_BYTES_MAX: usize = 64 << 10;
/// Milliseconds that an OAUTHBEARER token endpoint has to answer.
pub const TOKEN_ANSWER_MS_MAX: u64 = 10_000;
/// Processes of one host that are looked at in search of a broker.
pub const PROCESSES_MAX: usize = 100_000;
/// Kafka processes of one host whose files and directories are looked at.
pub const HOST_NODES_MAX: usize = 64;
/// Key stores of one node whose permissions are looked at: one for each listener.
pub const KEY_STORES_MAX: usize = 100;
/// Names of odd entries of a log directory that are kept; the others are only counted.
pub const ENTRIES_NAMED_MAX: usize = 10;
/// Entries of a log directory that are looked into for another node's `meta.properties`.
pub const NESTED_PROBES_MAX: usize = 500;
/// Descriptors of a process that are looked at in search of Kafka's jar; jars are opened first.
pub const DESCRIPTORS_LOOKED_AT_MAX: usize = 512;
/// Bytes of a file in which what was learned of a drive is kept; a full one has a fifth of it.
pub const DRIVE_HISTORY_BYTES_MAX: u64 = 4 << 20;
/// Layers of block devices below a file system that are followed.
pub const BLOCK_LAYERS_MAX: usize = 16;
/// Block devices below one file system that are looked at.
pub const BLOCK_DEVICES_MAX: usize = 1_024;
/// Topics in one DescribeConfigs request.
pub const CONFIG_TOPICS_PER_CALL: usize = 200;
/// Brokers that a live `check` asks at the same time.
pub const LOOKS_AT_ONCE_MAX: usize = 16;
/// Loggers at DEBUG or TRACE that are named; beyond it they are only counted.
pub const NAMED_LOGGERS_MAX: usize = 20;
/// Topics whose eligible leaders, or reassignment, are asked for in one round.
pub const SUSPECT_TOPICS_MAX: usize = 100;
/// ACLs of the cluster that are kept, those that reach farthest first; beyond it they are only counted.
pub const ACLS_MAX: usize = 2_000;
/// Quotas of clients that are kept, defaults and the lowest first; beyond it they are only counted.
pub const CLIENT_QUOTAS_MAX: usize = 2_000;
/// SCRAM credentials of users that are told, those with the fewest iterations first; beyond it they are only counted.
pub const SCRAM_CREDENTIALS_MAX: usize = 2_000;
/// Bytes of one line between the server and the reader process.
pub const READER_LINE_BYTES_MAX: usize = 16 << 20;
/// Reader processes that hang on a mount; beyond it no further mount is looked at.
pub const STUCK_READERS_MAX: usize = 16;
/// Bytes of an HTTP request's header.
pub const HTTP_HEADER_BYTES_MAX: usize = 16 << 10;
/// HTTP connections open at once; the oldest is closed for a further one.
pub const HTTP_CONNECTIONS_MAX: usize = 128;
/// Milliseconds that an HTTP client has for its request header.
pub const HTTP_HEADER_MS_MAX: u64 = 10_000;
/// HTTP connections that there is always room for, however few descriptors there are.
pub const HTTP_CONNECTIONS_MIN: usize = 4;
/// Descriptors that HTTP leaves to the rest of the program.
pub const DESCRIPTORS_RESERVED: usize = 48;
/// Milliseconds until a connection is accepted again after that failed.
pub const ACCEPT_BACK_OFF_MS: u64 = 100;
/// HTTP requests that are answered at once; a further one waits [`PLACE_WAIT_MS_MAX`], and is told to come again.
pub const HTTP_REQUESTS_MAX: usize = 64;
/// Milliseconds that a request waits for its place.
pub const PLACE_WAIT_MS_MAX: u64 = 2_000;
/// Milliseconds after which a connection loses its place to a newer one when there are no more.
pub const HTTP_SLOW_MS: u64 = 5_000;
/// Milliseconds that a client of HTTP has for the handshake of TLS.
pub const TLS_HANDSHAKE_MS_MAX: u64 = 10_000;
/// Milliseconds that a client has to take in that it speaks HTTP where TLS is spoken.
pub const LINGER_MS_MAX: u64 = 1_000;
/// Milliseconds that an HTTP client has to ask and to take its response.
pub const HTTP_RESPONSE_MS_MAX: u64 = 30_000;
/// Bytes of a response that the kernel keeps for a client; twice that with its own books.
pub const HTTP_SEND_BUFFER_BYTES: usize = 256 << 10;
/// Passwords that are checked at once; each takes a core.
pub const PASSWORD_CHECKS_AT_ONCE_MAX: usize = 1;
/// Requests whose password waits to be checked; a further one waits [`PLACE_WAIT_MS_MAX`], and is told to come again.
pub const PASSWORD_CHECKS_WAITING_MAX: usize = 32;
/// Right passwords that are remembered.
pub const VERIFIED_PASSWORDS_MAX: usize = 100;
/// Highest cost of a bcrypt hash; a check of one of cost 18 takes twenty seconds.
pub const BCRYPT_COST_MAX: u32 = 18;
/// Milliseconds between two looks at the files of the web configuration.
pub const WEB_CONFIG_LOOK_MS: u64 = 5_000;
/// Milliseconds between two lines of the log at level warn that say that a client was turned away.
pub const REFUSAL_LOG_MS: u64 = 60_000;
/// Milliseconds that open requests have to finish after SIGTERM.
pub const DRAIN_MS_MAX: u64 = 5_000;

/// The limits that a test or a flag may set lower.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// See [`RESPONSE_FRAME_BYTES_MAX`].
    pub response_frame_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { response_frame_bytes: RESPONSE_FRAME_BYTES_MAX }
    }
}

/// Bytes of a snapshot that `check` reads: what 200,000 partitions come to, several times.
pub const SNAPSHOT_BYTES_MAX: u64 = 512 << 20;

/// Milliseconds that a file given to `check` counts for: longer than any check lasts.
pub const CONFIG_KEPT_MS: u64 = 24 * 3_600_000;

/// Milliseconds that a sidecar has to give its snapshot to `check`.
pub const SNAPSHOT_ANSWER_MS_MAX: u64 = 10_000;

/// Log directories of a node that are compared with each other and with those of others; Kafka is not run with more.
pub const LOG_DIRS_COMPARED_MAX: usize = 100;

/// Threads of the broker whose times and states are looked at.
pub const THREADS_LOOKED_AT_MAX: usize = 20_000;

/// Files of logs that Kafka set aside in a log directory, whose sizes are added up: 2,000 take two milliseconds. With more the
/// sum is not told.
pub const STRAY_FILES_MAX: usize = 2_000;

/// Bytes of a `/proc/PID/maps`: some millions of maps.
pub const MAPS_BYTES_MAX: usize = 512 << 20;

/// Bytes of a JVM's performance data that are read; `-XX:PerfDataMemorySize` is 32 KiB by default.
pub const PERF_DATA_BYTES_MAX: u64 = 1 << 20;

/// Entries of a JVM's performance data; there are about 200.
pub const PERF_DATA_ENTRIES_MAX: usize = 10_000;

/// Entries of `/tmp` that are looked through for a JVM's performance data.
pub const FOLDER_ENTRIES_MAX: usize = 100_000;

/// Bytes that are read of one file of `/proc` or `/sys`, or of what the helper wrote; `/proc/interrupts` of 512 processors
/// takes 3 MB.
pub const KERNEL_FILE_BYTES_MAX: u64 = 8 << 20;
/// Memory modules that are told one by one, about.
pub const MEMORY_MODULES_MAX: usize = 512;
/// Alarms of sensors that are read.
pub const SENSORS_MAX: usize = 256;
/// Interfaces that are looked at below the listeners' own.
pub const INTERFACES_MAX: usize = 32;
/// Sockets of one name space that are looked at.
pub const SOCKETS_MAX: usize = 200_000;
/// Connections with other brokers that are looked at one by one.
pub const PEER_SOCKETS_MAX: usize = 512;
/// Other brokers, and addresses that are no broker's, whose links are told.
pub const PEERS_MAX: usize = 256;
/// Drives of a machine that are asked for their health.
pub const DRIVES_MAX: usize = 256;

/// Bytes of what smartctl writes about one drive.
pub const SMART_OUTPUT_BYTES_MAX: u64 = 1 << 20;

/// Records of the kernel's log that are read in one round; its buffer holds fewer.
pub const KERNEL_RECORDS_MAX: usize = 100_000;

/// Bytes of one record of the kernel's log; the kernel makes none that are longer.
pub const KERNEL_RECORD_BYTES_MAX: usize = 16 << 10;

/// Classes and devices of the kernel's log that are told apart; beyond it the device is left out.
pub const KERNEL_DEVICES_MAX: usize = 500;
