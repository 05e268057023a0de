//! The HTTP server. No request waits for a source.
//!
//! * `GET /metrics` the page, as text 0.0.4 or OpenMetrics 1.0, gzip when asked for
//! * `GET /` the node, its sources and their ages
//! * `GET /-/healthy`, `/healthz` 200 while the process serves; says nothing of Kafka
//! * `GET /-/ready` 200 once every source was tried, 503 before
//! * `GET /snapshot`, `/findings` what was seen and what is wrong, from loopback only

#![expect(clippy::disallowed_methods, reason = "this is where the program listens and waits")]

mod landing;
mod page;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, VARY};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::time::{sleep, timeout};

use crate::checks::Profile;
use crate::cli::ReportFormat;
use crate::exposition::Format;
use crate::gather::Context;
use crate::limits::{
    DRAIN_MS_MAX, HTTP_CONNECTIONS, HTTP_CONNECTIONS_MAX, HTTP_HEADER_BYTES_MAX, HTTP_HEADER_MS_MAX,
    HTTP_RESPONSE_MS_MAX,
};
use crate::report::{self, Expectations};
use crate::snapshot::Snapshot;
pub use page::Pages;

type Answer = Response<Full<Bytes>>;

/// What every request needs.
#[derive(Debug)]
pub struct Server {
    /// What was seen.
    pub context: Arc<Context>,
    /// The page in the making.
    pub pages: Pages,
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
    match (TcpListener::bind(address).await, address.strip_prefix("[::]:")) {
        // A host without IPv6 has no dual-stack wildcard.
        (Err(error), Some(port)) if error.kind() != io::ErrorKind::AddrInUse => {
            TcpListener::bind(format!("0.0.0.0:{port}")).await
        }
        (result, _) => result,
    }
}

/// Serves until `stop` is done, then lets open requests finish for a while.
pub async fn serve(server: Arc<Server>, listeners: Vec<TcpListener>, stop: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    let open = Arc::new(Connections::default());
    let (accepted, mut connections) = mpsc::channel(1);
    let acceptors: Vec<_> =
        listeners.into_iter().map(|listener| tokio::spawn(accept(listener, accepted.clone()))).collect();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some((stream, peer)) = connections.recv() => {
                if open.make_room() {
                    server.context.metrics.limit_hit(HTTP_CONNECTIONS);
                }
                start_connection(&graceful, server.clone(), stream, peer, open.clone());
            }
        }
    }
    acceptors.iter().for_each(tokio::task::JoinHandle::abort);
    if timeout(Duration::from_millis(DRAIN_MS_MAX), graceful.shutdown()).await.is_err() {
        tracing::warn!(drain_ms = DRAIN_MS_MAX, "Open requests did not finish in time and are cut off.");
    }
}

async fn accept(listener: TcpListener, accepted: mpsc::Sender<(TcpStream, SocketAddr)>) {
    loop {
        match listener.accept().await {
            Ok(connection) => {
                if accepted.send(connection).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                // Out of descriptors, as a rule: others will be closed meanwhile.
                tracing::warn!(error = %error, "A connection could not be accepted.");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Open connections, the oldest first. When they are too many, the oldest is closed for the newest: each serves one
/// request of milliseconds, so the oldest is one that sends or reads nothing, and cannot keep Prometheus out.
#[derive(Debug, Default)]
struct Connections {
    open: Mutex<VecDeque<Arc<Notify>>>,
}

impl Connections {
    /// Closes the oldest connection when there is no room for another; says whether it did.
    fn make_room(&self) -> bool {
        let mut open = self.lock();
        if open.len() < HTTP_CONNECTIONS_MAX {
            return false;
        }
        open.pop_front().is_some_and(|oldest| {
            oldest.notify_one();
            true
        })
    }

    fn enter(&self) -> Arc<Notify> {
        let close = Arc::new(Notify::new());
        self.lock().push_back(close.clone());
        close
    }

    fn leave(&self, close: &Arc<Notify>) {
        self.lock().retain(|other| !Arc::ptr_eq(other, close));
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Notify>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn start_connection(
    graceful: &GracefulShutdown,
    server: Arc<Server>,
    stream: TcpStream,
    peer: SocketAddr,
    open: Arc<Connections>,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = route(&server, &request, peer);
        async move { Ok::<_, Infallible>(answer) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(HTTP_HEADER_MS_MAX))
        .max_buf_size(HTTP_HEADER_BYTES_MAX)
        // One request each: what bounds the connection then bounds the response, and none sits idle.
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        let close = open.enter();
        tokio::select! {
            // A client that takes too long loses its connection; that it broke off is its own business.
            _ = timeout(Duration::from_millis(HTTP_RESPONSE_MS_MAX), connection) => {}
            () = close.notified() => {}
        }
        open.leave(&close);
    });
}

fn route(server: &Server, request: &Request<Incoming>, peer: SocketAddr) -> Answer {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD are answered here.\n");
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return answer;
    }
    let config = server.context.config.load();
    match request.uri().path() {
        path if path == config.telemetry_path => metrics(server, request.headers()),
        "/" => landing::page(server),
        "/-/healthy" | "/healthz" => plain(StatusCode::OK, "brokerwatch is healthy.\n"),
        "/-/ready" if server.context.store.all_tried() => plain(StatusCode::OK, "brokerwatch is ready.\n"),
        "/-/ready" => plain(StatusCode::SERVICE_UNAVAILABLE, "Not every source was tried yet.\n"),
        "/snapshot" | "/findings" if !peer.ip().to_canonical().is_loopback() => {
            plain(StatusCode::FORBIDDEN, "This is answered on loopback only; ask from the host itself.\n")
        }
        "/snapshot" => snapshot(server),
        "/findings" => json(findings(&server.pages.snapshot(&server.context))),
        _ => plain(StatusCode::NOT_FOUND, "There is nothing here; see / for what there is.\n"),
    }
}

fn metrics(server: &Server, headers: &HeaderMap) -> Answer {
    let format = negotiate(headers.get(ACCEPT));
    let gzip = accepts_gzip(headers.get(ACCEPT_ENCODING));
    let body = server.pages.get(&server.context, format, gzip);
    server.context.metrics.scraped();
    let mut answer = Response::new(Full::new(body));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    if gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    answer
}

fn snapshot(server: &Server) -> Answer {
    match serde_json::to_string_pretty(&server.pages.snapshot(&server.context)) {
        Ok(text) => json(text + "\n"),
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "The snapshot could not be written; please report this.\n"),
    }
}

/// The format that the client prefers among ours; text when it says nothing of either.
fn negotiate(accept: Option<&HeaderValue>) -> Format {
    let accept = accept.and_then(|value| value.to_str().ok()).unwrap_or("");
    let weight = |wanted: &str| {
        let offers =
            accept.split(',').filter(|offer| offer.split(';').next().is_some_and(|kind| kind.trim() == wanted));
        offers.map(quality).fold(None, |best: Option<f32>, q| Some(best.map_or(q, |best| best.max(q))))
    };
    // Another version of OpenMetrics is not ours to claim.
    let openmetrics = accept.split(',').any(|offer| offer.contains("openmetrics-text") && offer.contains("1.0.0"));
    let unversioned = accept.contains("openmetrics-text") && !accept.contains("version=");
    match (weight("application/openmetrics-text"), weight("text/plain")) {
        (Some(q), text) if (openmetrics || unversioned) && q > 0.0 && q >= text.unwrap_or(0.0) => Format::OpenMetrics,
        _ => Format::Text,
    }
}

fn quality(offer: &str) -> f32 {
    let q = offer.split(';').skip(1).find_map(|parameter| parameter.trim().strip_prefix("q=")?.parse().ok());
    q.unwrap_or(1.0)
}

fn accepts_gzip(accept: Option<&HeaderValue>) -> bool {
    let accept = accept.and_then(|value| value.to_str().ok()).unwrap_or("");
    accept.split(',').any(|offer| {
        let name = offer.split(';').next().unwrap_or("").trim();
        (name == "gzip" || name == "*") && quality(offer) > 0.0
    })
}

fn plain(status: StatusCode, text: &'static str) -> Answer {
    content(status, "text/plain; charset=utf-8", Bytes::from_static(text.as_bytes()))
}

/// Every finding, as `check --format=json` prints them.
fn findings(snapshot: &Snapshot) -> String {
    let report = report::check(snapshot, Profile::Strict, &Expectations::default());
    report.write(ReportFormat::Json, snapshot)
}

fn json(text: String) -> Answer {
    content(StatusCode::OK, "application/json", text.into())
}

fn content(status: StatusCode, kind: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(accept: &'static str) -> Format {
        negotiate(Some(&HeaderValue::from_static(accept)))
    }

    #[test]
    fn what_prometheus_asks_for_is_answered() {
        let prometheus_3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                            application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        assert_eq!(negotiated(prometheus_3), Format::OpenMetrics);
        assert_eq!(negotiated("text/plain;version=0.0.4"), Format::Text);
        assert_eq!(negotiated("*/*"), Format::Text);
        assert_eq!(negotiate(None), Format::Text);
        assert_eq!(negotiated("application/openmetrics-text;version=2.0.0"), Format::Text);
        assert_eq!(negotiated("text/plain;q=0.9,application/openmetrics-text;version=1.0.0;q=0.1"), Format::Text);
    }

    #[test]
    fn gzip_is_sent_only_when_asked_for() {
        let gzip = |value: &'static str| accepts_gzip(Some(&HeaderValue::from_static(value)));
        assert!(gzip("gzip") && gzip("deflate, gzip;q=0.5"));
        assert!(!gzip("identity") && !gzip("gzip;q=0") && !accepts_gzip(None));
    }
}
