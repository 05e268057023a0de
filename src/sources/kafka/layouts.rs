//! How answers lie on the wire: what stands in Kafka's message schemas (`clients/src/main/resources/common/message`), for
//! our versions only.

use kafka_protocol::messages::ApiKey;

/// What a field looks like on the wire.
pub(super) enum Shape {
    /// So many bytes.
    Fixed(usize),
    /// A string, nullable or not.
    Text,
    /// Bytes, nullable or not.
    Blob,
    /// An array of structures, nullable or not.
    Array(&'static [Field]),
    /// An array of 32-bit integers, nullable or not.
    Integers,
    /// A structure behind a byte that is negative when there is none.
    Optional(&'static [Field]),
}

/// A field and the versions that have it.
pub(super) struct Field {
    pub(super) shape: Shape,
    since: i16,
    until: i16,
}

impl Field {
    /// Whether answers of this version have it.
    pub(super) fn is_in(&self, version: i16) -> bool {
        (self.since..=self.until).contains(&version)
    }
}

const fn field(shape: Shape) -> Field {
    Field { shape, since: 0, until: i16::MAX }
}

const fn since(since: i16, shape: Shape) -> Field {
    Field { shape, since, until: i16::MAX }
}

const I8: Shape = Shape::Fixed(1);
const I16: Shape = Shape::Fixed(2);
const I32: Shape = Shape::Fixed(4);
const I64: Shape = Shape::Fixed(8);
const F64: Shape = Shape::Fixed(8);
const UUID: Shape = Shape::Fixed(16);
use Shape::{Array, Blob, Integers, Optional, Text};

/// An API's answer.
pub(super) struct Layout {
    pub(super) api: ApiKey,
    /// First version with compact lengths and tagged fields (KIP-482).
    pub(super) flexible: i16,
    pub(super) fields: &'static [Field],
}

/// One for each API that is called, except ApiVersions.
pub(super) static LAYOUTS: &[Layout] = &[
    Layout { api: ApiKey::SaslHandshake, flexible: i16::MAX, fields: SASL_HANDSHAKE },
    Layout { api: ApiKey::SaslAuthenticate, flexible: 2, fields: SASL_AUTHENTICATE },
    Layout { api: ApiKey::Metadata, flexible: 9, fields: METADATA },
    Layout { api: ApiKey::DescribeCluster, flexible: 0, fields: DESCRIBE_CLUSTER },
    Layout { api: ApiKey::ListOffsets, flexible: 6, fields: LIST_OFFSETS },
    Layout { api: ApiKey::DescribeLogDirs, flexible: 2, fields: DESCRIBE_LOG_DIRS },
    Layout { api: ApiKey::DescribeConfigs, flexible: 4, fields: DESCRIBE_CONFIGS },
    Layout { api: ApiKey::DescribeQuorum, flexible: 0, fields: DESCRIBE_QUORUM },
    Layout { api: ApiKey::ListPartitionReassignments, flexible: 0, fields: LIST_PARTITION_REASSIGNMENTS },
    Layout { api: ApiKey::DescribeTopicPartitions, flexible: 0, fields: DESCRIBE_TOPIC_PARTITIONS },
    Layout { api: ApiKey::DescribeAcls, flexible: 2, fields: DESCRIBE_ACLS },
    Layout { api: ApiKey::DescribeClientQuotas, flexible: 1, fields: DESCRIBE_CLIENT_QUOTAS },
    Layout { api: ApiKey::DescribeUserScramCredentials, flexible: 0, fields: DESCRIBE_USER_SCRAM_CREDENTIALS },
];

static SASL_HANDSHAKE: &[Field] = &[field(I16), field(Array(&[field(Text)]))];

static SASL_AUTHENTICATE: &[Field] = &[field(I16), field(Text), field(Blob), since(1, I64)];

static METADATA: &[Field] = &[
    since(3, I32),
    field(Array(&[field(I32), field(Text), field(I32), since(1, Text)])),
    since(2, Text),
    since(1, I32),
    field(Array(&[
        field(I16),
        field(Text),
        since(10, UUID),
        since(1, I8),
        field(Array(&[
            field(I16),
            field(I32),
            field(I32),
            since(7, I32),
            field(Integers),
            field(Integers),
            since(5, Integers),
        ])),
        since(8, I32),
    ])),
    Field { shape: I32, since: 8, until: 10 },
    since(13, I16),
];

static DESCRIBE_CLUSTER: &[Field] = &[
    field(I32),
    field(I16),
    field(Text),
    since(1, I8),
    field(Text),
    field(I32),
    field(Array(&[field(I32), field(Text), field(I32), field(Text), since(2, I8)])),
    field(I32),
];

static LIST_OFFSETS: &[Field] = &[
    since(2, I32),
    field(Array(&[field(Text), field(Array(&[field(I32), field(I16), since(1, I64), since(1, I64), since(4, I32)]))])),
];

static DESCRIBE_LOG_DIRS: &[Field] = &[
    field(I32),
    since(3, I16),
    field(Array(&[
        field(I16),
        field(Text),
        field(Array(&[field(Text), field(Array(&[field(I32), field(I64), field(I64), field(I8)]))])),
        since(4, I64),
        since(4, I64),
    ])),
];

static DESCRIBE_CONFIGS: &[Field] = &[
    field(I32),
    field(Array(&[
        field(I16),
        field(Text),
        field(I8),
        field(Text),
        field(Array(&[
            field(Text),
            field(Text),
            field(I8),
            since(1, I8),
            field(I8),
            since(1, Array(&[field(Text), field(Text), field(I8)])),
            since(3, I8),
            since(3, Text),
        ])),
    ])),
];

static QUORUM_REPLICA: &[Field] = &[field(I32), since(2, UUID), field(I64), since(1, I64), since(1, I64)];

static DESCRIBE_QUORUM: &[Field] = &[
    field(I16),
    since(2, Text),
    field(Array(&[
        field(Text),
        field(Array(&[
            field(I32),
            field(I16),
            since(2, Text),
            field(I32),
            field(I32),
            field(I64),
            field(Array(QUORUM_REPLICA)),
            field(Array(QUORUM_REPLICA)),
        ])),
    ])),
    since(2, Array(&[field(I32), field(Array(&[field(Text), field(Text), field(I16)]))])),
];

static LIST_PARTITION_REASSIGNMENTS: &[Field] = &[
    field(I32),
    field(I16),
    field(Text),
    field(Array(&[field(Text), field(Array(&[field(I32), field(Integers), field(Integers), field(Integers)]))])),
];

static DESCRIBE_TOPIC_PARTITIONS: &[Field] = &[
    field(I32),
    field(Array(&[
        field(I16),
        field(Text),
        field(UUID),
        field(I8),
        field(Array(&[
            field(I16),
            field(I32),
            field(I32),
            field(I32),
            field(Integers),
            field(Integers),
            field(Integers),
            field(Integers),
            field(Integers),
        ])),
        field(I32),
    ])),
    field(Optional(&[field(Text), field(I32)])),
];

static DESCRIBE_ACLS: &[Field] = &[
    field(I32),
    field(I16),
    field(Text),
    field(Array(&[field(I8), field(Text), field(I8), field(Array(&[field(Text), field(Text), field(I8), field(I8)]))])),
];

static DESCRIBE_CLIENT_QUOTAS: &[Field] = &[
    field(I32),
    field(I16),
    field(Text),
    field(Array(&[field(Array(&[field(Text), field(Text)])), field(Array(&[field(Text), field(F64)]))])),
];

static DESCRIBE_USER_SCRAM_CREDENTIALS: &[Field] = &[
    field(I32),
    field(I16),
    field(Text),
    field(Array(&[field(Text), field(I16), field(Text), field(Array(&[field(I8), field(I32)]))])),
];
