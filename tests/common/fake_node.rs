//! A fake Kafka node on loopback: it answers for a small cluster, counts what it is asked, and can be turned evil while
//! it runs. It shares no code with `src`: frames are written here by hand, bodies by `kafka-protocol`.
//!
//! The cluster, unless [`FakeNode::becomes`] makes it another: brokers 1 to 3, of which this is [`NODE_ID`]; the topic
//! [`TOPIC`] with two partitions, both led here, replicas and ISR 1, 2, 3, `min.insync.replicas` 2; one log directory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::api_versions_response::{ApiVersion, FinalizedFeatureKey, SupportedFeatureKey};
use kafka_protocol::messages::describe_acls_response::{AclDescription, DescribeAclsResource};
use kafka_protocol::messages::describe_client_quotas_response::{EntityData, EntryData, ValueData};
use kafka_protocol::messages::describe_cluster_response::DescribeClusterBroker;
use kafka_protocol::messages::describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult};
use kafka_protocol::messages::describe_log_dirs_response::{
    DescribeLogDirsPartition, DescribeLogDirsResult, DescribeLogDirsTopic,
};
use kafka_protocol::messages::describe_quorum_response::{PartitionData, ReplicaState, TopicData};
use kafka_protocol::messages::describe_user_scram_credentials_response::{
    CredentialInfo, DescribeUserScramCredentialsResult,
};
use kafka_protocol::messages::list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse};
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{
    ApiKey, ApiVersionsResponse, BrokerId, DescribeAclsResponse, DescribeClientQuotasResponse, DescribeClusterResponse,
    DescribeConfigsRequest, DescribeConfigsResponse, DescribeLogDirsResponse, DescribeQuorumResponse,
    DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse, ListOffsetsRequest, ListOffsetsResponse,
    ListPartitionReassignmentsResponse, MetadataResponse, ResponseHeader, TopicName,
};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes, decode_request_header_from_buffer};

/// Id of the broker that answers.
pub(crate) const NODE_ID: i32 = 1;
/// The only topic.
pub(crate) const TOPIC: &str = "orders";
/// Its partitions.
pub(crate) const PARTITIONS: i32 = 2;
/// Id of the cluster.
pub(crate) const CLUSTER_ID: &str = "4L6g3nShT-eMCtK--X86sw";
/// The only log directory.
pub(crate) const LOG_DIR: &str = "/var/lib/kafka/data";

/// Kafka's UNSUPPORTED_VERSION and INVALID_REQUEST.
const UNSUPPORTED_VERSION: i16 = 35;
const INVALID_REQUEST: i16 = 42;

/// What is wrong with the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing: every request is answered.
    None,
    /// Accepts and reads, never answers; what was asked is answered once the fault is lifted, as after SIGCONT.
    Silent,
    /// Closes each connection as soon as it is there, and open ones at their next request.
    Close,
    /// Half an answer, then the end of the connection.
    HalfFrame,
    /// A frame that is too short for a header.
    ShortFrame,
    /// The answer to another request.
    WrongCorrelation,
    /// A frame of 0x7fffffff bytes.
    Oversized,
    /// What a TLS listener sends when spoken to in plaintext.
    TlsAlert,
    /// What a web server answers.
    Http,
    /// What sshd says to anybody.
    Ssh,
    /// A frame of a megabyte that comes one byte at a time and never ends.
    Dribble,
    /// An answer to ApiVersions that counts four billion elements.
    LengthBomb,
    /// Whole frames with half a body.
    HalfBody,
    /// Right answers, one byte in each segment.
    Trickle,
    /// Right answers, each sent twice.
    Twice,
}

/// An exchange with a real broker: frames without their length, their correlation id 0.
struct Recorded {
    request: Vec<u8>,
    response: Vec<u8>,
}

/// One request as it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The connection, counted from 1.
    pub(crate) connection: usize,
    /// The API.
    pub(crate) api: ApiKey,
    /// Its version.
    pub(crate) version: i16,
}

/// What the node says that it and its cluster are.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    /// Id of the cluster.
    pub(crate) id: String,
    /// Id of the broker that answers.
    pub(crate) node_id: i32,
    /// Rack of every broker.
    pub(crate) rack: String,
    /// Host of every broker.
    pub(crate) host: String,
    /// The only log directory.
    pub(crate) log_dir: String,
    /// Topics.
    pub(crate) topics: Vec<Topic>,
}

/// A topic that is led here, in full sync.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) id: u128,
    pub(crate) partitions: i32,
    /// In-sync replicas, of the replicas 1 to 3.
    pub(crate) isr: Vec<i32>,
    /// Its leader.
    pub(crate) leader: i32,
    /// How many elections there were.
    pub(crate) leader_epoch: i32,
}

impl Topic {
    /// A topic of one partition.
    pub(crate) fn new(name: &str, id: u128) -> Self {
        Self { name: name.to_owned(), id, partitions: 1, isr: vec![1, 2, 3], leader: NODE_ID, leader_epoch: 5 }
    }
}

impl Default for Cluster {
    fn default() -> Self {
        Self {
            id: CLUSTER_ID.to_owned(),
            node_id: NODE_ID,
            rack: "r1".to_owned(),
            host: "127.0.0.1".to_owned(),
            log_dir: LOG_DIR.to_owned(),
            topics: vec![Topic { partitions: PARTITIONS, ..Topic::new(TOPIC, 0) }],
        }
    }
}

/// A node that runs until it is dropped.
pub(crate) struct FakeNode {
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

struct Shared {
    port: u16,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    fault: Fault,
    cluster: Cluster,
    /// Versions that are offered, by API; the others are not.
    offers: BTreeMap<i16, (i16, i16)>,
    /// Whether the answer to an unknown version of ApiVersions names the known ones (KIP-511, Kafka 2.4).
    names_known_versions: bool,
    /// APIs that are not answered while they stand here.
    mute: BTreeSet<i16>,
    /// APIs that are answered with an array of four billion elements.
    bombs: BTreeSet<i16>,
    /// APIs that are answered with these bytes behind the header.
    bodies: BTreeMap<i16, Bytes>,
    /// How long it thinks about each request.
    delay: Duration,
    /// What it says in each answer that its quotas want, and does not enforce.
    throttle_ms: i32,
    /// What a real broker was asked and answered; when there is any, this is all that it answers.
    recorded: Vec<Recorded>,
    stopped: bool,
    accepted: usize,
    open: BTreeMap<usize, TcpStream>,
    open_max: usize,
    seen: Vec<Seen>,
}

impl FakeNode {
    /// A healthy node on a free port.
    pub(crate) fn start() -> Self {
        Self::start_on(0)
    }

    /// A healthy node on this port.
    pub(crate) fn start_on(port: u16) -> Self {
        Self::start_as(port, Cluster::default())
    }

    /// A healthy node of this cluster on this port.
    pub(crate) fn start_as(port: u16, cluster: Cluster) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("a free port");
        let port = listener.local_addr().expect("a bound socket").port();
        let offers = [
            (ApiKey::ListOffsets, 1, 10),
            (ApiKey::Metadata, 0, 13),
            (ApiKey::ApiVersions, 0, 4),
            (ApiKey::DescribeConfigs, 1, 4),
            (ApiKey::DescribeLogDirs, 1, 4),
            (ApiKey::ListPartitionReassignments, 0, 0),
            (ApiKey::DescribeQuorum, 0, 2),
            (ApiKey::DescribeCluster, 0, 2),
            (ApiKey::DescribeAcls, 1, 3),
            (ApiKey::DescribeClientQuotas, 0, 1),
            (ApiKey::DescribeUserScramCredentials, 0, 0),
        ];
        let state = State {
            fault: Fault::None,
            cluster,
            offers: offers.into_iter().map(|(api, min, max)| (api as i16, (min, max))).collect(),
            names_known_versions: true,
            mute: BTreeSet::new(),
            bombs: BTreeSet::new(),
            bodies: BTreeMap::new(),
            delay: Duration::ZERO,
            throttle_ms: 0,
            recorded: Vec::new(),
            stopped: false,
            accepted: 0,
            open: BTreeMap::new(),
            open_max: 0,
            seen: Vec::new(),
        };
        let shared = Arc::new(Shared { port, state: Mutex::new(state), changed: Condvar::new() });
        let accepting = shared.clone();
        let acceptor = Some(thread::spawn(move || accept(&accepting, &listener)));
        Self { port, shared, acceptor }
    }

    /// A node that answers with what a real broker answered, from the files NAME.request and NAME.response of `folder`.
    pub(crate) fn recorded(folder: &Path) -> Self {
        let node = Self::start();
        let files = fs::read_dir(folder).expect("a folder of recorded frames");
        let mut requests: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
        requests.retain(|path| path.extension().is_some_and(|extension| extension == "request"));
        requests.sort();
        let read = |path: &Path| fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let pair = |path: &PathBuf| Recorded { request: read(path), response: read(&path.with_extension("response")) };
        node.change(|state| state.recorded = requests.iter().map(pair).collect());
        node
    }

    /// `HOST:PORT` of the listener.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Switches to this fault, also for requests that are under way.
    pub(crate) fn set(&self, fault: Fault) {
        self.change(|state| state.fault = fault);
    }

    /// Changes what the node says of itself and its cluster.
    pub(crate) fn becomes(&self, change: impl FnOnce(&mut Cluster)) {
        self.change(|state| change(&mut state.cluster));
    }

    /// Offers `api` in these versions only.
    pub(crate) fn offer(&self, api: ApiKey, min: i16, max: i16) {
        self.change(|state| state.offers.insert(api as i16, (min, max)));
    }

    /// Offers `api` no more.
    pub(crate) fn withdraw(&self, api: ApiKey) {
        self.change(|state| state.offers.remove(&(api as i16)));
    }

    /// Answers an unknown version of ApiVersions as brokers before 2.4 do: without saying which are known.
    pub(crate) fn hide_known_versions(&self) {
        self.change(|state| state.names_known_versions = false);
    }

    /// Leaves requests for `api` unanswered.
    pub(crate) fn mute(&self, api: ApiKey) {
        self.change(|state| state.mute.insert(api as i16));
    }

    /// Answers `api` again, the requests that are waiting first.
    pub(crate) fn unmute(&self, api: ApiKey) {
        self.change(|state| state.mute.remove(&(api as i16)));
    }

    /// Answers `api` with a well-formed header and an array that claims four billion elements.
    pub(crate) fn bomb(&self, api: ApiKey) {
        self.change(|state| state.bombs.insert(api as i16));
    }

    /// Answers `api` with these bytes behind the header.
    pub(crate) fn answer_with(&self, api: ApiKey, body: Vec<u8>) {
        self.change(|state| state.bodies.insert(api as i16, body.into()));
    }

    /// Thinks this long about each request, as a busy broker does.
    pub(crate) fn answer_after(&self, delay_ms: u64) {
        self.change(|state| state.delay = Duration::from_millis(delay_ms));
    }

    /// Tells the client in each answer to hold back for so long, as a broker does when a quota is exceeded.
    pub(crate) fn throttle(&self, throttle_ms: i32) {
        self.change(|state| state.throttle_ms = throttle_ms);
    }

    /// Ends every open connection.
    pub(crate) fn cut(&self) {
        for stream in self.shared.lock().open.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Connections accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.shared.lock().accepted
    }

    /// Connections open now.
    pub(crate) fn open(&self) -> usize {
        self.shared.lock().open.len()
    }

    /// The most connections that were open at once.
    pub(crate) fn open_max(&self) -> usize {
        self.shared.lock().open_max
    }

    /// Requests for `api` so far.
    pub(crate) fn requests(&self, api: ApiKey) -> usize {
        self.seen(api).len()
    }

    /// Requests for `api` so far, in order.
    pub(crate) fn seen(&self, api: ApiKey) -> Vec<Seen> {
        self.shared.lock().seen.iter().filter(|seen| seen.api == api).copied().collect()
    }

    fn change<R>(&self, change: impl FnOnce(&mut State) -> R) {
        change(&mut self.shared.lock());
        self.shared.changed.notify_all();
    }
}

impl Drop for FakeNode {
    fn drop(&mut self) {
        self.change(|state| state.stopped = true);
        self.cut();
        // Wakes the acceptor, which then lets go of the port.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while `blocked` holds. False when the node stopped or the peer went away meanwhile.
    fn wait_while(&self, stream: &TcpStream, blocked: impl Fn(&State) -> bool) -> bool {
        let mut state = self.lock();
        while !state.stopped && blocked(&state) {
            if is_closed(stream) {
                return false;
            }
            let waited = self.changed.wait_timeout(state, Duration::from_millis(20));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        !state.stopped
    }
}

fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        if shared.lock().stopped {
            return;
        }
        let Ok(handle) = stream.try_clone() else { continue };
        let number = {
            let mut state = shared.lock();
            state.accepted += 1;
            let number = state.accepted;
            state.open.insert(number, handle);
            number
        };
        let serving = shared.clone();
        thread::spawn(move || {
            serve(&serving, stream, number);
            if let Some(stream) = serving.lock().open.remove(&number) {
                let _ = stream.shutdown(Shutdown::Both);
            }
            serving.changed.notify_all();
        });
        // The end of an earlier connection may be known to its thread a moment later than the new one is here.
        let state = shared.lock();
        let waited = shared.changed.wait_timeout_while(state, Duration::from_millis(300), |state| state.open.len() > 1);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.open_max = state.open_max.max(state.open.len());
    }
}

fn is_closed(stream: &TcpStream) -> bool {
    if stream.set_nonblocking(true).is_err() {
        return true;
    }
    let peeked = stream.peek(&mut [0]);
    let _ = stream.set_nonblocking(false);
    !matches!(peeked, Ok(1..)) && !matches!(peeked, Err(error) if error.kind() == ErrorKind::WouldBlock)
}

fn serve(shared: &Shared, mut stream: TcpStream, number: usize) {
    let _ = stream.set_nodelay(true);
    let fault = shared.lock().fault;
    match fault {
        Fault::Close => return,
        Fault::Ssh => {
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n");
        }
        _ => {}
    }
    while let Some(request) = read_request(&mut stream) {
        shared.lock().seen.push(Seen { connection: number, api: request.api, version: request.version });
        let (key, delay) = (request.api as i16, shared.lock().delay);
        thread::sleep(delay);
        let blocked = |state: &State| state.fault == Fault::Silent || state.mute.contains(&key);
        if !shared.wait_while(&stream, blocked) || !answer(shared, &mut stream, request) {
            return;
        }
    }
}

struct Request {
    frame: Bytes,
    api: ApiKey,
    version: i16,
    correlation_id: i32,
    body: Bytes,
}

fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let mut frame = vec![0; usize::try_from(i32::from_be_bytes(length)).ok()?];
    stream.read_exact(&mut frame).ok()?;
    let frame = Bytes::from(frame);
    let mut body = frame.clone();
    let header = decode_request_header_from_buffer(&mut body).expect("a request header");
    assert_eq!(header.client_id.as_deref(), Some("brokerwatch"), "brokers name the client in their logs");
    Some(Request {
        frame,
        api: ApiKey::try_from(header.request_api_key).expect("a known API"),
        version: header.request_api_version,
        correlation_id: header.correlation_id,
        body,
    })
}

/// Answers as the present fault wants it. False when the connection is to end.
fn answer(shared: &Shared, stream: &mut TcpStream, request: Request) -> bool {
    let fault = shared.lock().fault;
    let correlation_id = request.correlation_id;
    let right = |stream: &mut TcpStream, correlation_id| {
        let frame = frame(shared, &request, correlation_id);
        stream.write_all(&frame).is_ok()
    };
    match fault {
        Fault::None | Fault::Silent | Fault::HalfBody => right(stream, correlation_id),
        Fault::WrongCorrelation => right(stream, correlation_id.wrapping_add(77)),
        Fault::Twice => right(stream, correlation_id) && right(stream, correlation_id),
        Fault::Trickle => {
            let frame = frame(shared, &request, correlation_id);
            frame.iter().all(|byte| {
                thread::sleep(Duration::from_micros(200));
                stream.write_all(&[*byte]).is_ok()
            })
        }
        Fault::HalfFrame => {
            let frame = frame(shared, &request, correlation_id);
            let _ = stream.write_all(&frame[..frame.len() / 2]);
            false
        }
        Fault::ShortFrame => stream.write_all(&[0, 0, 0, 2, 0, 0]).is_ok(),
        Fault::Oversized => stream.write_all(&[0x7f, 0xff, 0xff, 0xff, 0, 0]).is_ok(),
        Fault::LengthBomb => {
            let id = correlation_id.to_be_bytes();
            let bomb = [&[0, 0, 0, 11], &id[..], &[0, 0], &[0xff, 0xff, 0xff, 0xff, 0x0f]].concat();
            stream.write_all(&bomb).is_ok()
        }
        // Version 1.2, alert, fatal, unexpected message.
        Fault::TlsAlert => {
            let _ = stream.write_all(&[0x15, 3, 3, 0, 2, 2, 10]);
            false
        }
        Fault::Http => {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            false
        }
        Fault::Dribble => {
            let _ = stream.write_all(&[0, 0x10, 0, 0]);
            let _ = stream.write_all(&correlation_id.to_be_bytes());
            let peer: &TcpStream = stream;
            shared.wait_while(peer, |state| {
                let mut out = peer;
                state.fault == Fault::Dribble && out.write_all(&[0]).is_ok()
            });
            false
        }
        Fault::Close | Fault::Ssh => false,
    }
}

/// The recorded answer to the recorded request of the same API and version that agrees with this one for longest: an
/// exact match, unless we ask for a little more now.
fn recorded(state: &State, request: &Request, correlation_id: i32) -> Vec<u8> {
    const API_AND_VERSION: usize = 4;
    const ID: std::ops::Range<usize> = 4..8;
    let agrees = |recorded: &&Recorded| {
        let behind = recorded.request[ID.end..].iter().zip(&request.frame[ID.end..]);
        behind.take_while(|(one, other)| one == other).count()
    };
    let same = |recorded: &&Recorded| recorded.request[..API_AND_VERSION] == request.frame[..API_AND_VERSION];
    let found = state.recorded.iter().filter(same).max_by_key(agrees);
    let Some(found) = found else { panic!("{:?} v{} was not recorded", request.api, request.version) };
    let mut payload = found.response.clone();
    payload[..4].copy_from_slice(&correlation_id.to_be_bytes());
    let length = u32::try_from(payload.len()).expect("a short answer");
    [&length.to_be_bytes()[..], &payload].concat()
}

/// A whole answer: length, header, body.
fn frame(shared: &Shared, request: &Request, correlation_id: i32) -> Vec<u8> {
    if !shared.lock().recorded.is_empty() {
        return recorded(&shared.lock(), request, correlation_id);
    }
    let (api, version) = (request.api, request.version);
    let mut payload = BytesMut::new();
    let header = ResponseHeader::default().with_correlation_id(correlation_id);
    header.encode(&mut payload, api.response_header_version(version)).expect("a header");
    let bombed = shared.lock().bombs.contains(&(api as i16));
    let given = shared.lock().bodies.get(&(api as i16)).cloned();
    let body = given.unwrap_or_else(|| if bombed { bomb(api) } else { body(shared, request) });
    let half = shared.lock().fault == Fault::HalfBody;
    let body = if half { body.slice(..body.len() / 2) } else { body };
    payload.extend_from_slice(&body);
    let length = u32::try_from(payload.len()).expect("a short answer");
    [&length.to_be_bytes()[..], &payload].concat()
}

/// The highest version of each answer up to its first array, which claims four billion elements.
fn bomb(api: ApiKey) -> Bytes {
    const THROTTLE: [u8; 4] = [0; 4];
    const NO_ERROR: [u8; 2] = [0; 2];
    const NO_TEXT: [u8; 1] = [0];
    let before: Vec<u8> = match api {
        ApiKey::DescribeQuorum => [&NO_ERROR[..], &NO_TEXT].concat(),
        ApiKey::ListPartitionReassignments
        | ApiKey::DescribeAcls
        | ApiKey::DescribeClientQuotas
        | ApiKey::DescribeUserScramCredentials => [&THROTTLE[..], &NO_ERROR, &NO_TEXT].concat(),
        ApiKey::DescribeLogDirs => [&THROTTLE[..], &NO_ERROR].concat(),
        // Endpoint type 1, an empty cluster id, controller 1.
        ApiKey::DescribeCluster => [&THROTTLE[..], &NO_ERROR, &NO_TEXT, &[1], &[1], &[0, 0, 0, 1]].concat(),
        _ => THROTTLE.to_vec(),
    };
    [&before[..], &[0xff, 0xff, 0xff, 0xff, 0x0f]].concat().into()
}

fn body(shared: &Shared, request: &Request) -> Bytes {
    let (version, body) = (request.version, &mut request.body.clone());
    let (cluster, port) = (shared.lock().cluster.clone(), shared.port);
    match request.api {
        ApiKey::ApiVersions => api_versions(&shared.lock(), version),
        ApiKey::Metadata => {
            let throttle_ms = if version >= 3 { shared.lock().throttle_ms } else { 0 };
            encoded(&metadata(&cluster, port).with_throttle_time_ms(throttle_ms), version)
        }
        ApiKey::DescribeCluster => encoded(&describe_cluster(&cluster, port), version),
        ApiKey::DescribeConfigs => {
            let request = DescribeConfigsRequest::decode(body, version).expect("a DescribeConfigs request");
            encoded(&describe_configs(&cluster, &request), version)
        }
        ApiKey::DescribeLogDirs => encoded(&describe_log_dirs(&cluster), version),
        ApiKey::ListOffsets => {
            let request = ListOffsetsRequest::decode(body, version).expect("a ListOffsets request");
            encoded(&list_offsets(&request, version), version)
        }
        ApiKey::DescribeQuorum => encoded(&describe_quorum(), version),
        ApiKey::ListPartitionReassignments => encoded(&ListPartitionReassignmentsResponse::default(), version),
        ApiKey::DescribeAcls => encoded(&describe_acls(), version),
        ApiKey::DescribeClientQuotas => encoded(&describe_client_quotas(), version),
        ApiKey::DescribeUserScramCredentials => {
            let request = DescribeUserScramCredentialsRequest::decode(body, version).expect("a request");
            assert_eq!(request.users, Some(vec![]), "real brokers never answer to null when they deny");
            encoded(&describe_scram_users(), version)
        }
        other => panic!("{other:?} is asked for, which is not offered"),
    }
}

/// One right of one principal.
fn describe_acls() -> DescribeAclsResponse {
    let acl = AclDescription::default().with_principal(text("User:orders")).with_host(text("*"));
    let acl = acl.with_operation(4).with_permission_type(3);
    let topic =
        DescribeAclsResource::default().with_resource_type(2).with_resource_name(text(TOPIC)).with_pattern_type(3);
    DescribeAclsResponse::default().with_resources(vec![topic.with_acls(vec![acl])])
}

/// A default for all users.
fn describe_client_quotas() -> DescribeClientQuotasResponse {
    let limit = |key, value| ValueData::default().with_key(text(key)).with_value(value);
    let entity = EntityData::default().with_entity_type(text("user")).with_entity_name(None);
    let limits = vec![limit("producer_byte_rate", 1e6), limit("controller_mutation_rate", 10.0)];
    let entry = EntryData::default().with_entity(vec![entity]).with_values(limits);
    DescribeClientQuotasResponse::default().with_entries(Some(vec![entry]))
}

/// One user with a strong credential.
fn describe_scram_users() -> DescribeUserScramCredentialsResponse {
    let info = CredentialInfo::default().with_mechanism(2).with_iterations(16_384);
    let user =
        DescribeUserScramCredentialsResult::default().with_user(text("orders")).with_credential_infos(vec![info]);
    DescribeUserScramCredentialsResponse::default().with_results(vec![user])
}

fn encoded(message: &impl Encodable, version: i16) -> Bytes {
    let mut bytes = BytesMut::new();
    message.encode(&mut bytes, version).expect("an answer in a version of its own");
    bytes.freeze()
}

fn text(text: &'static str) -> StrBytes {
    StrBytes::from_static_str(text)
}

fn api_versions(state: &State, version: i16) -> Bytes {
    let key = |(key, (min, max)): (&i16, &(i16, i16))| {
        ApiVersion::default().with_api_key(*key).with_min_version(*min).with_max_version(*max)
    };
    let own = &(ApiKey::ApiVersions as i16);
    let known = state.offers.get(own).is_some_and(|(min, max)| (*min..=*max).contains(&version));
    if !known {
        let named = state.offers.iter().filter(|(key, _)| state.names_known_versions && *key == own);
        let answer = ApiVersionsResponse::default().with_error_code(UNSUPPORTED_VERSION);
        return encoded(&answer.with_api_keys(named.map(key).collect()), 0);
    }
    let answer = ApiVersionsResponse::default().with_api_keys(state.offers.iter().map(key).collect());
    let answer = answer.with_throttle_time_ms(if version >= 1 { state.throttle_ms } else { 0 });
    if version < 3 {
        return encoded(&answer, version);
    }
    let name = text("metadata.version");
    let supported = SupportedFeatureKey::default().with_name(name.clone()).with_min_version(7).with_max_version(27);
    let finalized =
        FinalizedFeatureKey::default().with_name(name).with_min_version_level(27).with_max_version_level(27);
    encoded(&answer.with_supported_features(vec![supported]).with_finalized_features(vec![finalized]), version)
}

fn owned(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

/// Advertised ports: our own, and two at which nobody listens.
fn ports(cluster: &Cluster, port: u16) -> Vec<(i32, i32)> {
    let ids = BTreeSet::from([1, 2, 3, cluster.node_id]);
    ids.into_iter().map(|id| (id, if id == cluster.node_id { i32::from(port) } else { id })).collect()
}

fn metadata(cluster: &Cluster, port: u16) -> MetadataResponse {
    let broker = |(id, port)| {
        let broker = MetadataResponseBroker::default().with_node_id(BrokerId(id)).with_port(port);
        broker.with_host(owned(&cluster.host)).with_rack(Some(owned(&cluster.rack)))
    };
    let all = vec![BrokerId(1), BrokerId(2), BrokerId(3)];
    let topic = |topic: &Topic| {
        let partition = |index| {
            let partition = MetadataResponsePartition::default().with_partition_index(index);
            let partition = partition.with_leader_epoch(topic.leader_epoch);
            let isr = topic.isr.iter().map(|id| BrokerId(*id)).collect();
            partition.with_leader_id(BrokerId(topic.leader)).with_replica_nodes(all.clone()).with_isr_nodes(isr)
        };
        MetadataResponseTopic::default()
            .with_name(Some(TopicName(owned(&topic.name))))
            .with_topic_id(format!("{:032x}", topic.id).parse().expect("32 hexadecimal digits"))
            .with_partitions((0..topic.partitions).map(partition).collect())
    };
    MetadataResponse::default()
        .with_brokers(ports(cluster, port).into_iter().map(broker).collect())
        .with_cluster_id(Some(owned(&cluster.id)))
        .with_controller_id(BrokerId(2))
        .with_topics(cluster.topics.iter().map(topic).collect())
}

fn describe_cluster(cluster: &Cluster, port: u16) -> DescribeClusterResponse {
    let broker = |(id, port)| {
        let broker = DescribeClusterBroker::default().with_broker_id(BrokerId(id)).with_port(port);
        broker.with_host(owned(&cluster.host)).with_rack(Some(owned(&cluster.rack)))
    };
    DescribeClusterResponse::default()
        .with_cluster_id(owned(&cluster.id))
        .with_controller_id(BrokerId(2))
        .with_brokers(ports(cluster, port).into_iter().map(broker).collect())
}

fn describe_configs(cluster: &Cluster, request: &DescribeConfigsRequest) -> DescribeConfigsResponse {
    const BROKER: i8 = 4;
    let result = |kind: i8, name: &StrBytes| {
        let result = DescribeConfigsResult::default().with_resource_type(kind).with_resource_name(name.clone());
        // A broker describes itself only.
        if kind == BROKER && **name != *cluster.node_id.to_string() {
            return result.with_error_code(INVALID_REQUEST);
        }
        let entry = DescribeConfigsResourceResult::default()
            .with_name(text("min.insync.replicas"))
            .with_value(Some(text("2")))
            .with_config_source(if kind == BROKER { 4 } else { 1 });
        result.with_configs(vec![entry])
    };
    let results = request.resources.iter().map(|asked| result(asked.resource_type, &asked.resource_name));
    DescribeConfigsResponse::default().with_results(results.collect())
}

fn describe_log_dirs(cluster: &Cluster) -> DescribeLogDirsResponse {
    let partition =
        |index| DescribeLogDirsPartition::default().with_partition_index(index).with_partition_size(1 << 20);
    let topic = |topic: &Topic| {
        DescribeLogDirsTopic::default()
            .with_name(TopicName(owned(&topic.name)))
            .with_partitions((0..topic.partitions).map(partition).collect())
    };
    let dir = DescribeLogDirsResult::default()
        .with_log_dir(owned(&cluster.log_dir))
        .with_topics(cluster.topics.iter().map(topic).collect())
        .with_total_bytes(100 << 30)
        .with_usable_bytes(60 << 30);
    DescribeLogDirsResponse::default().with_results(vec![dir])
}

fn list_offsets(request: &ListOffsetsRequest, version: i16) -> ListOffsetsResponse {
    const EARLIEST: i64 = -2;
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| {
            let offset = if asked.timestamp == EARLIEST { 10 } else { 1_000 };
            ListOffsetsPartitionResponse::default()
                .with_partition_index(asked.partition_index)
                .with_offset(offset)
                .with_leader_epoch(if version >= 4 { 5 } else { -1 })
        });
        ListOffsetsTopicResponse::default().with_name(topic.name.clone()).with_partitions(partitions.collect())
    });
    ListOffsetsResponse::default().with_topics(topics.collect())
}

fn describe_quorum() -> DescribeQuorumResponse {
    let replica = |id| {
        let replica = ReplicaState::default().with_replica_id(BrokerId(id)).with_log_end_offset(500);
        replica.with_last_caught_up_timestamp(1_700_000_000_000)
    };
    let partition = PartitionData::default()
        .with_leader_id(BrokerId(2))
        .with_leader_epoch(7)
        .with_high_watermark(500)
        .with_current_voters([1, 2, 3].map(replica).to_vec());
    let topic =
        TopicData::default().with_topic_name(TopicName(text("__cluster_metadata"))).with_partitions(vec![partition]);
    DescribeQuorumResponse::default().with_topics(vec![topic])
}

/// Waits until `done`, at most `ms_max`. Says whether it came to that.
pub(crate) fn within(ms_max: u64, mut done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_millis(ms_max);
    while !done() {
        if Instant::now() > end {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
    true
}
