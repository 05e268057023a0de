//! Every query of every dashboard, asked as Grafana asks it, of a real Prometheus that scraped a real cluster.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::common::tools::Server;
use crate::harness::{eventually, holds};
use crate::shipped::{dashboards, list, panels, text};

/// How far back a panel looks.
const RANGE_SECONDS: u64 = 60;
/// Four scrapes, which is Grafana's least `$__rate_interval`.
const RATE_INTERVAL: &str = "4s";

/// What has no data while all is well: the dashboard, the panel, whether a dead broker fills it, and why it is empty.
const EMPTY: [(&str, u64, bool, &str); 11] = [
    ("configuration", 8, false, "the nodes agree"),
    ("configuration", 9, false, "the nodes agree"),
    ("configuration", 10, false, "nobody set anything on a single broker"),
    ("disks", 7, false, "no drive is under suspicion"),
    ("disks", 15, false, "a drive is compared with a past that it has not yet"),
    ("overview", 7, true, "no alert fires"),
    ("replication", 11, false, "every partition has a leader, also when one of three brokers is dead"),
    ("replication", 19, true, "every node answers"),
    ("replication", 20, true, "every source is seen"),
    ("sidecar", 7, true, "every source is seen"),
    ("sidecar", 9, false, "three brokers hit no limit"),
];

/// What the cluster is like while it is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Now {
    /// All is well: every query has data but those of [`EMPTY`].
    Well,
    /// A broker is dead: those of [`EMPTY`] that it fills have data too.
    BrokerDead,
}

/// Fails unless every query succeeds, Prometheus has neither a warning nor an info for it, and there is something to see.
pub(crate) fn each_query_has_data(prometheus: &Server, now: Now) {
    let mut asked = 0;
    let took = eventually(Duration::from_secs(60), || {
        let mut complaints = Vec::new();
        asked = 0;
        for (stem, dashboard) in dashboards() {
            for panel in panels(&dashboard) {
                for target in list(panel, "targets") {
                    asked += 1;
                    let wrong = complaint(prometheus, &dashboard, target, must_have_data(&stem, panel, now)).err();
                    let place = format!("{stem}, panel {} ({})", panel["id"], text(panel, "title"));
                    complaints.extend(wrong.map(|wrong| format!("{place}: {wrong}")));
                }
            }
            for annotation in list(&dashboard["annotations"], "list") {
                asked += 1;
                let name = text(annotation, "name");
                let must_mark = now == Now::BrokerDead && name != "Controller elections";
                let wrong = complaint(prometheus, &dashboard, annotation, must_mark).err();
                complaints.extend(wrong.map(|wrong| format!("{stem}, annotation {name}: {wrong}")));
            }
            complaints.extend(variables(prometheus, &dashboard).map(|wrong| format!("{stem}: {wrong}")));
        }
        holds(complaints.is_empty(), || format!("{} complaints:\n  {}", complaints.len(), complaints.join("\n  ")))
    });
    println!("dashboards: {asked} queries have data, no warnings and no infos, after {:.1} s", took.as_secs_f64());
}

fn must_have_data(stem: &str, panel: &Value, now: Now) -> bool {
    let listed = EMPTY.iter().find(|(board, id, ..)| *board == stem && panel["id"] == *id);
    listed.is_none_or(|(_, _, is_filled, _)| *is_filled && now == Now::BrokerDead)
}

/// Fills in the variables as Grafana does when everything is selected.
fn filled(dashboard: &Value, query: &str) -> String {
    let query = query.replace("$__rate_interval", RATE_INTERVAL);
    let variables = list(&dashboard["templating"], "list").iter();
    variables.fold(query, |query, variable| {
        query.replace(&format!("${}", text(variable, "name")), text(variable, "allValue"))
    })
}

fn complaint(prometheus: &Server, dashboard: &Value, target: &Value, must_have_data: bool) -> Result<(), String> {
    let query = filled(dashboard, text(target, "expr"));
    // `$1` is label_replace's own.
    let is_left = query
        .split('$')
        .skip(1)
        .any(|rest| rest.starts_with(|first: char| first.is_alphabetic() || "_{".contains(first)));
    holds(!is_left, || format!("a variable is not filled in: {query}"))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?.as_secs();
    let answer = if target["instant"] == true {
        prometheus.api("query", &[("query", &query), ("time", &now.to_string())])
    } else {
        let start = (now - RANGE_SECONDS).to_string();
        prometheus.api("query_range", &[("query", &query), ("start", &start), ("end", &now.to_string()), ("step", "1")])
    }?;
    for said in ["warnings", "infos"] {
        holds(answer[said].is_null(), || format!("{said} {}: {query}", answer[said]))?;
    }
    holds(!must_have_data || has_number(&answer), || format!("no data: {query}"))
}

/// Whether anything in the answer can be drawn: a series of NaN shows nothing.
fn has_number(answer: &Value) -> bool {
    let points = |row: &Value| [&[row["value"].clone()], list(row, "values")].concat();
    let mut all = list(&answer["data"], "result").iter().flat_map(points);
    all.any(|point| point[1].as_str().and_then(|value| value.parse::<f64>().ok()).is_some_and(f64::is_finite))
}

/// Variables that offer nothing to choose.
fn variables(prometheus: &Server, dashboard: &Value) -> impl Iterator<Item = String> {
    let queried = list(&dashboard["templating"], "list").iter().filter(|variable| text(variable, "type") == "query");
    queried.filter_map(|variable| {
        let inside = text(variable, "definition").strip_prefix("label_values(")?.strip_suffix(')')?;
        let (metric, label) = inside.rsplit_once(", ")?;
        let path = format!("label/{label}/values");
        match prometheus.api(&path, &[("match[]", &filled(dashboard, metric))]) {
            Ok(answer) if !list(&answer, "data").is_empty() => None,
            Ok(_) => Some(format!("no values of {label} for {metric}")),
            Err(error) => Some(error),
        }
    })
}
