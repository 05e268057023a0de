//! One connection: length-prefixed frames and correlation ids over any byte stream.
//!
//! References: <https://kafka.apache.org/protocol>; the header versions are `kafka-protocol`'s.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use bytes::{Buf, Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey, RequestHeader};
use kafka_protocol::protocol::{Encodable, StrBytes};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};

use super::{Endpoint, tls};
use crate::snapshot::{ErrorKind, Failure, ServedCertificate};
use crate::sources::certificate::parse_chain;

/// What brokers show in their request logs and client metrics.
const CLIENT_ID: &str = "brokerwatch";

/// Milliseconds that sent bytes may stay unacknowledged by the peer's kernel: it is gone, or packets are lost. A broker
/// that is stopped or hangs is not meant: its kernel acknowledges all the same.
const UNACKNOWLEDGED_MS_MAX: u32 = 10_000;

/// Bytes that are made room for at once while a frame arrives: a length alone must not allocate the frame.
const READ_STEP_BYTES: usize = 64 << 10;

/// How an alert of TLS begins, whatever its version: what a listener sends that expects TLS and gets none. As the length
/// of a frame it is 352 MB, over any limit.
const TLS_ALERT: [u8; 2] = [0x15, 3];

/// Anything that bytes go through: TCP, or TLS on top of it.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Sync {}
impl<T: AsyncRead + AsyncWrite + Send + Sync> Stream for T {}

/// Why there is no frame.
#[derive(Debug)]
pub enum Broken {
    /// The stream ended or failed before the frame did.
    Closed(io::Error),
    /// The announced length, in bytes, is over the limit.
    Oversized(u32),
}

/// Reads one frame: the bytes behind its length. Memory is taken as the bytes arrive, not as the length announces.
///
/// # Errors
/// See [`Broken`]; the stream is of no use after it.
pub async fn read_frame(stream: &mut (impl AsyncRead + Unpin), bytes_max: usize) -> Result<Bytes, Broken> {
    let announced = stream.read_u32().await.map_err(Broken::Closed)?;
    let length = announced as usize;
    if length > bytes_max {
        return Err(Broken::Oversized(announced));
    }
    let mut frame = BytesMut::with_capacity(length.min(READ_STEP_BYTES));
    while frame.len() < length {
        frame.reserve((length - frame.len()).min(READ_STEP_BYTES));
        let mut rest = (&mut *stream).take((length - frame.len()) as u64);
        if rest.read_buf(&mut frame).await.map_err(Broken::Closed)? == 0 {
            return Err(Broken::Closed(io::ErrorKind::UnexpectedEof.into()));
        }
    }
    Ok(frame.freeze())
}

/// Why a frame is not the answer to our request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOurs {
    /// It ends before its header does.
    Short,
    /// It answers another request.
    Unasked,
}

/// The body of an answer: what stands behind its header, which has tagged fields from version 1 on.
///
/// # Errors
/// See [`NotOurs`].
pub fn answer_body(mut answer: Bytes, correlation_id: i32, header_version: i16) -> Result<Bytes, NotOurs> {
    if answer.len() < 4 {
        return Err(NotOurs::Short);
    }
    if answer.get_i32() != correlation_id {
        return Err(NotOurs::Unasked);
    }
    if header_version >= 1 {
        super::api_versions::skip_tags(&mut answer).ok_or(NotOurs::Short)?;
    }
    Ok(answer)
}

/// An open connection on which one request at a time is under way.
pub struct Connection {
    certificate: Option<ServedCertificate>,
    stream: Pin<Box<dyn Stream>>,
    endpoint: Endpoint,
    correlation_id: i32,
    frame_bytes_max: usize,
}

impl Connection {
    /// Connects to `endpoint` and does what its security asks for.
    ///
    /// # Errors
    /// `Refused` when nobody listens there, `NotFound` when the host's name is not known, `Timeout` when there is no way to it,
    /// `Io` when this host cannot connect to anybody, `Tls` when the handshake fails.
    pub async fn open(endpoint: &Endpoint, frame_bytes_max: usize) -> Result<Self, Failure> {
        // What the name means and whether somebody listens there are two questions: an unknown name is no dead broker.
        let addresses = lookup_host((&*endpoint.host, endpoint.port)).await;
        let addresses: Vec<SocketAddr> = addresses.map_err(|error| unknown_name(endpoint, &error))?.collect();
        let stream = TcpStream::connect(&*addresses).await.map_err(|error| connect_failure(endpoint, &error))?;
        // A request is one small write; waiting to fill a segment would only add delay. Failure to set it costs no more.
        let _ = stream.set_nodelay(true);
        // The slow lane waits as long as its connection lives: a peer that vanished must end it.
        let _ = rustix::net::sockopt::set_socket_keepalive(&stream, true);
        // Bytes that nobody acknowledges end it too, long before the kernel's quarter of an hour.
        let _ = rustix::net::sockopt::set_tcp_user_timeout(&stream, UNACKNOWLEDGED_MS_MAX);
        let (stream, certificate): (Pin<Box<dyn Stream>>, _) = match &endpoint.security.tls {
            None => (Box::pin(stream), None),
            Some(files) => {
                let stream = tls::connect(stream, endpoint, files).await?;
                let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
                let certificate = parse_chain(endpoint.port, chain.iter().map(|one| &**one));
                (Box::pin(stream), certificate)
            }
        };
        Ok(Self { stream, certificate, endpoint: endpoint.clone(), correlation_id: 0, frame_bytes_max })
    }

    /// What the certificate says that the peer showed; absent without TLS.
    #[must_use]
    pub fn certificate(&self) -> Option<&ServedCertificate> {
        self.certificate.as_ref()
    }

    /// Sends one request and waits for its answer: the bytes behind the response header.
    ///
    /// # Errors
    /// `Refused` when the peer closed the connection, `Limit` for a frame over the cap, `Protocol` for an answer to
    /// another request. After an error the connection is not to be used again.
    pub async fn exchange(&mut self, api: ApiKey, version: i16, body: &[u8]) -> Result<Bytes, Failure> {
        self.correlation_id = self.correlation_id.wrapping_add(1);
        let frame = self.request_frame(api, version, body)?;
        self.stream.write_all(&frame).await.map_err(|error| self.closed(&error))?;
        self.stream.flush().await.map_err(|error| self.closed(&error))?;
        let answer = match read_frame(&mut self.stream, self.frame_bytes_max).await {
            Ok(answer) => answer,
            Err(Broken::Closed(error)) => return Err(self.closed(&error)),
            Err(Broken::Oversized(length)) => return Err(self.oversized(length)),
        };
        answer_body(answer, self.correlation_id, api.response_header_version(version)).map_err(|bad| match bad {
            NotOurs::Short => self.protocol("sent an answer that is shorter than its header"),
            NotOurs::Unasked => self.protocol("answered a request that was not sent"),
        })
    }

    fn request_frame(&self, api: ApiKey, version: i16, body: &[u8]) -> Result<BytesMut, Failure> {
        let header = RequestHeader::default()
            .with_request_api_key(api as i16)
            .with_request_api_version(version)
            .with_correlation_id(self.correlation_id)
            .with_client_id(Some(StrBytes::from_static_str(CLIENT_ID)));
        let mut frame = BytesMut::with_capacity(64 + body.len());
        frame.extend_from_slice(&[0; 4]);
        header
            .encode(&mut frame, api.request_header_version(version))
            .map_err(|_| Failure::new(ErrorKind::Bug, "A request header could not be encoded; please report this."))?;
        frame.extend_from_slice(body);
        let length = u32::try_from(frame.len() - 4)
            .map_err(|_| Failure::new(ErrorKind::Limit, "A request is larger than a frame can be."))?;
        frame[..4].copy_from_slice(&length.to_be_bytes());
        Ok(frame)
    }

    fn speaks_tls(&self) -> Failure {
        let message = format!(
            "{}: this listener speaks TLS: give --tls.enabled, or name a plaintext listener (--kafka.server).",
            self.endpoint
        );
        Failure::new(ErrorKind::Tls, message)
    }

    fn oversized(&self, length: u32) -> Failure {
        if length.to_be_bytes().starts_with(&TLS_ALERT) && self.endpoint.security.tls.is_none() {
            return self.speaks_tls();
        }
        let max = self.frame_bytes_max;
        let message = format!(
            "{} announced a frame of {length} bytes, over the limit of {max}: is this a Kafka listener in plaintext? \
             Check the port and the listener's security protocol (--kafka.server).",
            self.endpoint
        );
        Failure::new(ErrorKind::Limit, message)
    }

    fn protocol(&self, what: &str) -> Failure {
        let message = format!("{} {what}: is this a Kafka listener? Check the port (--kafka.server).", self.endpoint);
        Failure::new(ErrorKind::Protocol, message)
    }

    fn closed(&self, error: &io::Error) -> Failure {
        let files = self.endpoint.security.tls.as_deref();
        if let Some(failure) = files.and_then(|files| tls::broken(&self.endpoint, files, error)) {
            return failure;
        }
        let message = format!(
            "{} closed the connection ({}): the broker stopped, or this is not a {} listener. \
             Check the broker's log, --kafka.server, --tls.enabled and --sasl.mechanism.",
            self.endpoint,
            error.kind(),
            self.endpoint.security.protocol()
        );
        Failure::new(ErrorKind::Refused, message)
    }
}

fn unknown_name(endpoint: &Endpoint, error: &io::Error) -> Failure {
    let message = format!(
        "The host name of {endpoint} is not known here ({error}): check it, and this host's DNS and /etc/hosts (--kafka.server)."
    );
    Failure::new(ErrorKind::NotFound, message)
}

fn connect_failure(endpoint: &Endpoint, error: &io::Error) -> Failure {
    let (kind, message) = match error.kind() {
        io::ErrorKind::ConnectionRefused => (
            ErrorKind::Refused,
            format!(
                "{endpoint} refused the connection: is the broker running, and is this its listener? (--kafka.server)"
            ),
        ),
        io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => (
            ErrorKind::Timeout,
            format!(
                "{endpoint} did not accept the connection in time: is it reachable from this host? (--kafka.server)"
            ),
        ),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => (
            ErrorKind::Refused,
            format!("{endpoint} ended the connection at once: is this its listener? (--kafka.server)"),
        ),
        // No descriptor, no port, no right: that says nothing of the other side.
        _ => (ErrorKind::Io, format!("This host cannot connect to {endpoint} ({error}).")),
    };
    Failure::new(kind, message)
}

impl Connection {
    /// Whether the connection is open and silent, as it must be between two requests.
    pub async fn is_idle(&mut self) -> bool {
        let mut byte = [0; 1];
        std::future::poll_fn(|context| {
            let mut buffer = tokio::io::ReadBuf::new(&mut byte);
            // Readable between requests means closed, reset, or bytes that nobody asked for: open a new one.
            std::task::Poll::Ready(self.stream.as_mut().poll_read(context, &mut buffer).is_pending())
        })
        .await
    }
}
