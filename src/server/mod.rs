//! The HTTP server. No request waits for a source.
//!
//! * `GET /metrics` the page, as text 0.0.4 or OpenMetrics 1.0, gzip when asked for
//! * `GET /` the node, its sources and their ages
//! * `GET /-/healthy`, `/healthz` 200 while the process serves; says nothing of Kafka
//! * `GET /-/ready` 200 once every source was tried, 503 before
//! * `GET /snapshot`, `/findings` what was seen and what is wrong, for who asks from loopback or says who they are
//!
//! A connection serves one request and has a deadline for everything: handshake, header, response.

#![expect(clippy::disallowed_methods, reason = "this is where the program listens and waits")]

mod access;
mod credentials;
mod gzip;
mod landing;
mod page;
mod routes;
mod tls;
mod web_config;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustix::net::sockopt::set_socket_send_buffer_size;
use rustix::process::{Resource, getrlimit};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::time::{sleep, timeout};

use crate::gather::Context;
use crate::limits::{
    ACCEPT_BACK_OFF_MS, DESCRIPTORS, DESCRIPTORS_RESERVED, DRAIN_MS_MAX, HTTP_CONNECTIONS, HTTP_CONNECTIONS_MAX,
    HTTP_CONNECTIONS_MIN, HTTP_HEADER_BYTES_MAX, HTTP_HEADER_MS_MAX, HTTP_REQUESTS_MAX, HTTP_RESPONSE_MS_MAX,
    HTTP_SEND_BUFFER_BYTES, HTTP_SLOW_MS, TLS_HANDSHAKE_MS_MAX,
};
use crate::self_metrics::SelfMetrics;
pub use access::Gate;
pub use gzip::Gzip;
pub use page::Pages;
use routes::Caller;

type Answer = Response<Full<Bytes>>;

/// What every request needs.
#[derive(Debug)]
pub struct Server {
    /// What was seen.
    pub context: Arc<Context>,
    /// The page in the making.
    pub pages: Pages,
    /// Who may ask.
    pub gate: Arc<Gate>,
}

/// Binds every listen address.
///
/// # Errors
/// One line that names the address and the flag.
pub async fn bind(addresses: &[String]) -> Result<Vec<TcpListener>, String> {
    let mut listeners = Vec::new();
    for address in addresses {
        listeners.push(bind_one(address).await.map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => {
                format!("--web.listen-address={address}: the address is in use; is another brokerwatch running? Choose another port.")
            }
            kind => format!("--web.listen-address={address}: cannot listen there ({kind})"),
        })?);
    }
    Ok(listeners)
}

async fn bind_one(address: &str) -> io::Result<TcpListener> {
    let listener = match (TcpListener::bind(address).await, address.strip_prefix("[::]:")) {
        // A host without IPv6 has no dual-stack wildcard.
        (Err(error), Some(port)) if error.kind() != io::ErrorKind::AddrInUse => {
            TcpListener::bind(format!("0.0.0.0:{port}")).await
        }
        (result, _) => result,
    }?;
    // Connections inherit it. What the kernel would else keep for those that do not read is megabytes for each.
    set_socket_send_buffer_size(&listener, HTTP_SEND_BUFFER_BYTES)?;
    Ok(listener)
}

/// Serves until `stop` is done, then lets open requests finish for a while.
pub async fn serve(server: Arc<Server>, listeners: Vec<TcpListener>, stop: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    let open = Arc::new(Connections::new(connections_max()));
    let metrics = server.context.metrics.clone();
    let following = tokio::spawn(server.gate.clone().follow(metrics.clone()));
    let (accepted, mut connections) = mpsc::channel(1);
    let acceptors: Vec<_> = listeners
        .into_iter()
        .map(|listener| tokio::spawn(accept(listener, accepted.clone(), open.clone(), metrics.clone())))
        .collect();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some((stream, peer)) = connections.recv() => {
                if open.make_room() {
                    metrics.limit_hit(HTTP_CONNECTIONS);
                }
                start_connection(graceful.watcher(), server.clone(), stream, peer, open.clone());
            }
        }
    }
    acceptors.iter().for_each(tokio::task::JoinHandle::abort);
    following.abort();
    open.end_handshakes();
    if timeout(Duration::from_millis(DRAIN_MS_MAX), graceful.shutdown()).await.is_err() {
        tracing::warn!(drain_ms = DRAIN_MS_MAX, "Open requests did not finish in time and are cut off.");
    }
}

/// As many connections as descriptors allow when the sources are to keep theirs.
fn connections_max() -> usize {
    let Some(descriptors) = getrlimit(Resource::Nofile).current else { return HTTP_CONNECTIONS_MAX };
    let left = usize::try_from(descriptors).unwrap_or(usize::MAX).saturating_sub(DESCRIPTORS_RESERVED);
    if left < HTTP_CONNECTIONS_MAX {
        tracing::warn!(
            descriptors,
            "So few descriptors leave room for few HTTP connections; raise ulimit -n or LimitNOFILE."
        );
    }
    left.clamp(HTTP_CONNECTIONS_MIN, HTTP_CONNECTIONS_MAX)
}

async fn accept(
    listener: TcpListener,
    accepted: mpsc::Sender<(TcpStream, SocketAddr)>,
    open: Arc<Connections>,
    metrics: Arc<SelfMetrics>,
) {
    let mut failing = false;
    loop {
        match listener.accept().await {
            Ok(connection) => {
                failing = false;
                if accepted.send(connection).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                // Out of descriptors, as a rule: the oldest connection gives its own, and the kernel keeps who waits.
                metrics.limit_hit(DESCRIPTORS);
                if !failing {
                    tracing::warn!(error = %error, "Connections cannot be accepted; it is tried again.");
                }
                failing = true;
                open.close_oldest();
                sleep(Duration::from_millis(ACCEPT_BACK_OFF_MS)).await;
            }
        }
    }
}

/// Open connections, the oldest first. When they are too many, the oldest is closed for the newest: each serves one
/// request of milliseconds, so the oldest is one that sends or reads nothing, and cannot keep Prometheus out.
#[derive(Debug)]
struct Connections {
    max: usize,
    open: Mutex<VecDeque<Arc<Open>>>,
    /// Places of requests that are answered at once.
    places: Arc<Semaphore>,
}

#[derive(Debug)]
struct Open {
    since: Instant,
    close: Notify,
    /// Whether it shakes hands still.
    greeting: AtomicBool,
}

impl Connections {
    fn new(max: usize) -> Self {
        Self { max, open: Mutex::default(), places: Arc::new(Semaphore::new(HTTP_REQUESTS_MAX)) }
    }

    /// Closes the oldest connection when there is no room for another; says whether it did.
    fn make_room(&self) -> bool {
        self.lock().len() >= self.max && self.close_oldest()
    }

    fn close_oldest(&self) -> bool {
        let oldest = self.lock().pop_front();
        oldest.inspect(|oldest| oldest.close.notify_one()).is_some()
    }

    /// When no place is left, takes the one of the oldest connection, if that is slow.
    fn hurry(&self) {
        let is_slow = |open: &Arc<Open>| open.since.elapsed() >= Duration::from_millis(HTTP_SLOW_MS);
        let oldest_is_slow = self.lock().front().is_some_and(is_slow);
        if self.places.available_permits() == 0 && oldest_is_slow {
            self.close_oldest();
        }
    }

    /// Closes what has not yet come to a request.
    fn end_handshakes(&self) {
        let open = self.lock();
        let greeting = open.iter().filter(|open| open.greeting.load(Ordering::Relaxed));
        greeting.for_each(|open| open.close.notify_one());
    }

    fn enter(&self, greeting: bool) -> Arc<Open> {
        let own = Open { since: Instant::now(), close: Notify::new(), greeting: AtomicBool::new(greeting) };
        let own = Arc::new(own);
        self.lock().push_back(own.clone());
        own
    }

    fn leave(&self, own: &Arc<Open>) {
        self.lock().retain(|other| !Arc::ptr_eq(other, own));
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Open>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn start_connection(
    watcher: Watcher,
    server: Arc<Server>,
    stream: TcpStream,
    peer: SocketAddr,
    open: Arc<Connections>,
) {
    let access = server.gate.access();
    let own = open.enter(access.tls.is_some());
    let caller = Arc::new(Caller { peer, access, open: open.clone(), place: OnceLock::new() });
    tokio::spawn(async move {
        let deadline = Duration::from_millis(HTTP_RESPONSE_MS_MAX);
        tokio::select! {
            // A client that takes too long loses its connection; that it broke off is its own business.
            _ = timeout(deadline, attend(watcher, server, stream, caller, &own)) => {}
            () = own.close.notified() => {}
        }
        open.leave(&own);
    });
}

async fn attend(watcher: Watcher, server: Arc<Server>, stream: TcpStream, caller: Arc<Caller>, own: &Open) {
    let Some(config) = caller.access.tls.clone() else { return speak(watcher, server, stream, caller).await };
    let handshake = timeout(Duration::from_millis(TLS_HANDSHAKE_MS_MAX), tls::accept(stream, config)).await;
    own.greeting.store(false, Ordering::Relaxed);
    match handshake.unwrap_or_else(|_| Err("its handshake of TLS took too long".to_owned())) {
        Ok(stream) => speak(watcher, server, stream, caller).await,
        Err(why) => {
            server.context.metrics.http_refused("handshake");
            server.gate.tell_refusal(caller.peer, &why);
        }
    }
}

async fn speak<S>(watcher: Watcher, server: Arc<Server>, stream: S, caller: Arc<Caller>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let (server, caller) = (server.clone(), caller.clone());
        async move { Ok::<_, Infallible>(routes::answer(&server, &caller, &request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(HTTP_HEADER_MS_MAX))
        .max_buf_size(HTTP_HEADER_BYTES_MAX)
        // One request each: what bounds the connection then bounds the response, and none sits idle.
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // What the client did wrong is its own business.
    let _ = watcher.watch(connection).await;
}
