//! The landing page: which node, what is seen of it, how old that is.

use std::fmt::Write;

use bytes::Bytes;
use hyper::StatusCode;

use super::routes::content;
use super::{Answer, Server};
use crate::derive::View;
use crate::derive::broker::BrokerState;
use crate::derive::node;
use crate::gather::now;
use crate::snapshot::{Attempt, Snapshot};

pub(super) fn page(server: &Server) -> Answer {
    let snapshot = server.pages.snapshot(&server.context);
    let config = server.context.config.load();
    content(StatusCode::OK, "text/html; charset=utf-8", Bytes::from(html(&snapshot, &config.telemetry_path)))
}

const HEAD: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>brokerwatch</title>\
    <meta name=\"viewport\" content=\"width=device-width\"><style>\
    body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1a1a1a;background:#fff}\
    table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;\
    vertical-align:top}td:nth-child(3){white-space:nowrap}.bad{color:#a40000;font-weight:600}.ok{color:#0a6b22}.dim{color:#666}\
    @media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#16181c}td,th{border-color:#333}.bad{color:#ff7b7b}\
    .ok{color:#6fd48a}.dim{color:#999}a{color:#7ab7ff}}</style></head><body>";

fn html(snapshot: &Snapshot, telemetry_path: &str) -> String {
    let mut out = String::from(HEAD);
    let version = env!("CARGO_PKG_VERSION");
    let _ = write!(out, "<h1>brokerwatch <span class=\"dim\">{version}</span></h1>");
    for (origin, view) in &snapshot.nodes {
        let judged = View::new(view, now());
        let id = judged.id.map_or_else(|| "of unknown id".to_owned(), |id| id.to_string());
        let cluster = node::cluster_id(view, judged.now).unwrap_or("unknown");
        let state = match judged.state {
            BrokerState::Up => "<span class=\"ok\">up</span>".to_owned(),
            BrokerState::Down(kind) => format!("<span class=\"bad\">down: {}</span>", kind.as_str()),
            BrokerState::Unknown => "<span class=\"bad\">not known</span>".to_owned(),
        };
        let (origin, cluster) = (escaped(&origin.0), escaped(cluster));
        let _ = write!(out, "<p>Node <b>{id}</b> of cluster <b>{cluster}</b> at {origin}: {state}</p>");
        out.push_str("<table><tr><th>source</th><th>state</th><th>last seen</th><th></th></tr>");
        for status in view.statuses() {
            let age = status
                .last_success
                .map_or_else(|| "never".to_owned(), |at| format!("{:.1} s ago", judged.now.since(at) as f64 / 1000.0));
            let counts = status.valid_until.is_some_and(|until| judged.now < until);
            let (class, state, why) = match status.attempt {
                Attempt::Ok if counts => ("ok", "seen", String::new()),
                Attempt::Ok => ("bad", "too old", String::new()),
                Attempt::Failed { failure, .. } => ("bad", failure.kind.as_str(), escaped(&failure.message)),
                Attempt::Unsupported { reason } => ("dim", "unsupported", escaped(reason)),
                Attempt::Skipped { reason } => ("dim", "skipped", escaped(reason)),
                Attempt::NotTried => ("dim", "not tried", String::new()),
            };
            let source = status.source;
            let _ =
                write!(out, "<tr><td>{source}</td><td class=\"{class}\">{state}</td><td>{age}</td><td>{why}</td></tr>");
        }
        out.push_str("</table>");
    }
    let path = escaped(telemetry_path);
    let _ = write!(
        out,
        "<p><a href=\"{path}\">metrics</a> · <a href=\"/findings\">findings</a> · <a href=\"/snapshot\">snapshot</a> · <a href=\"/-/safe-to-stop\">safe to stop</a> · \
         <a href=\"/-/healthy\">healthy</a> · <a href=\"/-/ready\">ready</a></p></body></html>"
    );
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
