//! What is answered to a request: who is let in, which page it is, in which form.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER,
    VARY, WWW_AUTHENTICATE,
};
use hyper::{Method, Request, Response, StatusCode};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::access::Access;
use super::credentials::Verdict;
use super::{Answer, Connections, Server, landing};
use crate::cli::ReportFormat;
use crate::exposition::Format;
use crate::gather::see_again;
use crate::limits::{HTTP_REQUESTS, PASSWORD_CHECKS, PLACE_WAIT_MS_MAX};
use crate::report::{self, Terms};
use crate::snapshot::Snapshot;

/// A connection, to which one request is answered.
#[derive(Debug)]
pub(super) struct Caller {
    /// Where it comes from.
    pub(super) peer: SocketAddr,
    /// What counted when it was accepted.
    pub(super) access: Arc<Access>,
    /// All open connections.
    pub(super) open: Arc<Connections>,
    /// Its place among the requests that are answered at once; kept until the connection ends.
    pub(super) place: OnceLock<OwnedSemaphorePermit>,
}

/// Answers a request.
pub(super) async fn answer(server: &Server, caller: &Caller, request: &Request<Incoming>) -> Answer {
    let mut answer = match refusal(server, caller, request).await {
        Some(refusal) => refusal,
        None => route(server, caller, request).await,
    };
    for (name, value) in &caller.access.headers.0 {
        answer.headers_mut().insert(name, value.clone());
    }
    answer
}

/// Why a request is not answered; absent when it is.
async fn refusal(server: &Server, caller: &Caller, request: &Request<Incoming>) -> Option<Answer> {
    let metrics = &server.context.metrics;
    if !server.gate.has_token(&caller.access) {
        metrics.http_refused("rate_limit");
        return Some(later(StatusCode::TOO_MANY_REQUESTS, "The rate_limit of the web configuration is reached.\n"));
    }
    match server.gate.credentials.judge(&caller.access.users, request.headers().get(AUTHORIZATION)).await {
        Verdict::Known => {}
        Verdict::Refused => {
            // Whoever brings no credentials is only asked for them.
            if request.headers().contains_key(AUTHORIZATION) {
                server.gate.tell_refusal(caller.peer, "its user name or password is wrong");
            }
            metrics.http_refused("credentials");
            let mut answer = plain(StatusCode::UNAUTHORIZED, "A user name and its password are needed here.\n");
            answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"brokerwatch\""));
            return Some(answer);
        }
        Verdict::Busy => {
            metrics.limit_hit(PASSWORD_CHECKS);
            return Some(later(StatusCode::SERVICE_UNAVAILABLE, "Too many passwords wait to be checked.\n"));
        }
    }
    // Whether the process lives is said however busy it is.
    if matches!(request.uri().path(), "/-/healthy" | "/healthz" | "/-/ready") {
        return None;
    }
    let wait = Duration::from_millis(PLACE_WAIT_MS_MAX);
    caller.open.hurry();
    match timeout(wait, caller.open.places.clone().acquire_owned()).await {
        Ok(Ok(place)) => {
            let _ = caller.place.set(place);
            None
        }
        _ => {
            metrics.limit_hit(HTTP_REQUESTS);
            Some(later(StatusCode::SERVICE_UNAVAILABLE, "Too many requests are being answered.\n"))
        }
    }
}

/// An answer that asks to come again after a second.
fn later(status: StatusCode, text: &'static str) -> Answer {
    let mut answer = plain(status, text);
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}

async fn route(server: &Server, caller: &Caller, request: &Request<Incoming>) -> Answer {
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
        "/snapshot" | "/findings" | SAFE_TO_STOP if !may_see_all(caller) => plain(
            StatusCode::FORBIDDEN,
            "To other hosts this is answered only when they say who they are: ask from the host itself, or give \
             --web.config.file with basic_auth_users or client_auth_type: RequireAndVerifyClientCert.\n",
        ),
        "/snapshot" => snapshot(server),
        SAFE_TO_STOP => safe_to_stop(server).await,
        "/findings" => json(findings(&server.pages.snapshot(&server.context), &config.collectors.terms)),
        _ => plain(StatusCode::NOT_FOUND, "There is nothing here; see / for what there is.\n"),
    }
}

/// Whether the node can stop now: 200 it can, 409 it would harm, 503 that is not known.
const SAFE_TO_STOP: &str = "/-/safe-to-stop";

/// Milliseconds since an answer within which it is not asked for again: a loop that asks costs the broker no more.
const YOUNG_MS: u64 = 2_000;

/// An answer about now: Metadata, and of a voter the controller quorum, is asked for again when it is not of the last moments,
/// since a node that has just stopped elsewhere is in no older one.
async fn safe_to_stop(server: &Server) -> Answer {
    let seen = || server.pages.snapshot(&server.context);
    let is_young = see_again(&server.context, YOUNG_MS).await;
    let Some(answer) = report::what_if::own_answer(&seen()) else {
        return later(StatusCode::SERVICE_UNAVAILABLE, "Which node this is, is not known: see /.\n");
    };
    if !is_young && answer.safe != Some(false) {
        let text = "The node did not tell its partitions, or the controller quorum, in time: see /.\n";
        return later(StatusCode::SERVICE_UNAVAILABLE, text);
    }
    let status = match answer.safe {
        Some(true) => StatusCode::OK,
        Some(false) => StatusCode::CONFLICT,
        None => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut answered = content(status, "application/json", answer.json().into());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        answered.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    answered
}

/// What was seen in full names clients, paths and settings: it is for who asks from this host or says who they are.
fn may_see_all(caller: &Caller) -> bool {
    caller.peer.ip().to_canonical().is_loopback() || caller.access.authenticates()
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

/// Every finding of the checks that count, as `check --format=json` prints them.
fn findings(snapshot: &Snapshot, terms: &Terms) -> String {
    let report = report::check(snapshot, terms);
    report.write(ReportFormat::Json, snapshot)
}

fn json(text: String) -> Answer {
    content(StatusCode::OK, "application/json", text.into())
}

pub(super) fn content(status: StatusCode, kind: &'static str, body: Bytes) -> Answer {
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
