//! A front of TLS and SASL before a [`FakeNode`](super::fake_node::FakeNode): it shakes hands and authenticates, and
//! passes every other request on. It shares no code with `src`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf, Bytes, BytesMut};
use kafka_protocol::messages::{
    RequestHeader, ResponseHeader, SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest,
    SaslHandshakeResponse,
};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};
use ring::{digest, hmac, pbkdf2};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Kafka's keys and error codes.
const SASL_HANDSHAKE: i16 = 17;
const SASL_AUTHENTICATE: i16 = 36;
const UNSUPPORTED_SASL_MECHANISM: i16 = 33;
const SASL_AUTHENTICATION_FAILED: i16 = 58;

/// Text that a broker may put into an error; it must show up nowhere.
pub(crate) const SPOKEN_ERROR: &str = "internal text of the broker";

/// The only user.
pub(crate) const USER: &str = "mon=itor,1";

/// What the front asks for.
#[derive(Clone)]
pub(crate) struct Wants {
    /// TLS with this certificate.
    pub(crate) tls: Option<Arc<ServerConfig>>,
    /// The mechanisms that are offered; none means that SASL is not done.
    pub(crate) mechanisms: Vec<&'static str>,
    /// The password or token.
    pub(crate) secret: Arc<Mutex<String>>,
    /// How long an authentication holds; 0 is for ever.
    pub(crate) lifetime_ms: i64,
    /// SCRAM's proofs that were sent, as they stood in the messages.
    pub(crate) proofs: Arc<Mutex<Vec<String>>>,
    /// Whether it pretends to know the password.
    pub(crate) lies: bool,
}

/// A front; it ends with the runtime.
pub(crate) struct Front {
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
    accepted: Arc<AtomicUsize>,
}

impl Front {
    /// A front before the node at `node`.
    pub(crate) async fn start(node: u16, wants: Wants) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("a bound socket").port();
        let accepted = Arc::new(AtomicUsize::new(0));
        let counted = accepted.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream, node, wants.clone()));
            }
        });
        Self { port, accepted }
    }

    /// Connections accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }
}

async fn serve(stream: TcpStream, node: u16, wants: Wants) {
    // Two small writes in a row would wait for the peer's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    match wants.tls.clone() {
        None => answer(stream, node, wants).await,
        Some(config) => match TlsAcceptor::from(config).accept(stream).await {
            Ok(stream) => answer(stream, node, wants).await,
            Err(_) => return,
        },
    };
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, node: u16, wants: Wants) -> Option<()> {
    let mut node = TcpStream::connect(("127.0.0.1", node)).await.ok()?;
    let _ = node.set_nodelay(true);
    let mut session = Session { in_order: wants.mechanisms.is_empty(), wants, mechanism: String::new(), scram: None };
    loop {
        let frame = read_frame(&mut stream).await?;
        let (key, version) = (i16::from_be_bytes([frame[0], frame[1]]), i16::from_be_bytes([frame[2], frame[3]]));
        let answered = match key {
            SASL_HANDSHAKE | SASL_AUTHENTICATE => session.sasl(key, version, frame),
            // Nobody is asked who they are before ApiVersions.
            18 => pass(&mut node, &frame).await?,
            _ if session.in_order => pass(&mut node, &frame).await?,
            _ => return None,
        };
        stream.write_all(&u32::try_from(answered.len()).ok()?.to_be_bytes()).await.ok()?;
        stream.write_all(&answered).await.ok()?;
        stream.flush().await.ok()?;
    }
}

async fn pass(node: &mut TcpStream, frame: &Bytes) -> Option<Bytes> {
    node.write_all(&u32::try_from(frame.len()).ok()?.to_be_bytes()).await.ok()?;
    node.write_all(frame).await.ok()?;
    read_frame(node).await
}

async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> Option<Bytes> {
    let length = stream.read_u32().await.ok()?;
    let mut frame = vec![0; usize::try_from(length).ok()?];
    stream.read_exact(&mut frame).await.ok()?;
    Some(frame.into())
}

struct Session {
    wants: Wants,
    mechanism: String,
    /// The client's first message without its header, and ours.
    scram: Option<(String, String)>,
    in_order: bool,
}

impl Session {
    fn sasl(&mut self, key: i16, version: i16, mut frame: Bytes) -> Bytes {
        let flexible = key == SASL_AUTHENTICATE && version >= 2;
        let header = RequestHeader::decode(&mut frame, if flexible { 2 } else { 1 }).expect("a header");
        let mut out = BytesMut::new();
        let response = ResponseHeader::default().with_correlation_id(header.correlation_id);
        response.encode(&mut out, i16::from(flexible)).expect("a header");
        if key == SASL_HANDSHAKE {
            let request = SaslHandshakeRequest::decode(&mut frame, version).expect("a SaslHandshake");
            self.mechanism = request.mechanism.to_string();
            let known = self.wants.mechanisms.contains(&&*self.mechanism);
            let names = self.wants.mechanisms.iter().map(|name| StrBytes::from_static_str(name));
            let answer = SaslHandshakeResponse::default()
                .with_error_code(if known { 0 } else { UNSUPPORTED_SASL_MECHANISM })
                .with_mechanisms(names.collect());
            answer.encode(&mut out, version).expect("an answer");
            return out.freeze();
        }
        let request = SaslAuthenticateRequest::decode(&mut frame, version).expect("a SaslAuthenticate");
        let answer = match self.judge(&request.auth_bytes) {
            Some(bytes) => SaslAuthenticateResponse::default()
                .with_auth_bytes(bytes)
                .with_session_lifetime_ms(if version >= 1 { self.wants.lifetime_ms } else { 0 }),
            None => SaslAuthenticateResponse::default()
                .with_error_code(SASL_AUTHENTICATION_FAILED)
                .with_error_message(Some(StrBytes::from_static_str(SPOKEN_ERROR))),
        };
        answer.encode(&mut out, version).expect("an answer");
        out.freeze()
    }

    /// What is answered to a message; absent when it is refused.
    fn judge(&mut self, message: &Bytes) -> Option<Bytes> {
        let secret = self.wants.secret.lock().expect("a secret").clone();
        match &*self.mechanism {
            "PLAIN" => self.accept(**message == *format!("\0{USER}\0{secret}").as_bytes()),
            "OAUTHBEARER" => self.accept(**message == *format!("n,,\x01auth=Bearer {secret}\x01\x01").as_bytes()),
            "SCRAM-SHA-256" => self.scram(message, &secret, pbkdf2::PBKDF2_HMAC_SHA256, hmac::HMAC_SHA256),
            "SCRAM-SHA-512" => self.scram(message, &secret, pbkdf2::PBKDF2_HMAC_SHA512, hmac::HMAC_SHA512),
            _ => None,
        }
    }

    fn accept(&mut self, fine: bool) -> Option<Bytes> {
        self.in_order = fine;
        fine.then(Bytes::new)
    }

    fn scram(
        &mut self,
        message: &Bytes,
        secret: &str,
        stretch: pbkdf2::Algorithm,
        mac: hmac::Algorithm,
    ) -> Option<Bytes> {
        const SALT: &[u8] = b"salt of the front";
        let text = std::str::from_utf8(message).ok()?;
        let Some((bare, first)) = self.scram.take() else {
            let bare = text.strip_prefix("n,,")?;
            let nonce = bare.strip_prefix("n=mon=3Ditor=2C1,r=")?;
            let first = format!("r={nonce}front,s={},i=4096", STANDARD.encode(SALT));
            self.scram = Some((bare.to_owned(), first.clone()));
            return Some(first.into());
        };
        let (without_proof, proof) = text.rsplit_once(",p=")?;
        self.wants.proofs.lock().expect("proofs").push(proof.to_owned());
        let rounds = std::num::NonZeroU32::new(4_096)?;
        let mut salted = vec![0; mac.digest_algorithm().output_len()];
        pbkdf2::derive(stretch, rounds, SALT, secret.as_bytes(), &mut salted);
        let salted = hmac::Key::new(mac, &salted);
        let stored = digest::digest(mac.digest_algorithm(), hmac::sign(&salted, b"Client Key").as_ref());
        let said = format!("{bare},{first},{without_proof}");
        let signature = hmac::sign(&hmac::Key::new(mac, stored.as_ref()), said.as_bytes());
        let mut proof = Bytes::from(STANDARD.decode(proof).ok()?);
        let key: Vec<u8> = signature.as_ref().iter().map(|byte| byte ^ proof.get_u8()).collect();
        let knows = digest::digest(mac.digest_algorithm(), &key).as_ref() == stored.as_ref();
        self.accept(knows || self.wants.lies)?;
        let signature = hmac::sign(&hmac::Key::new(mac, hmac::sign(&salted, b"Server Key").as_ref()), said.as_bytes());
        Some(format!("v={}", STANDARD.encode(signature)).into())
    }
}
