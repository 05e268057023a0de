//! Which listener of this host's node to speak to: pure, from its properties.

use std::net::IpAddr;

use crate::snapshot::Properties;
use crate::sources::kafka::{Endpoint, Security};

/// The endpoint and why it was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Where to connect.
    pub endpoint: Endpoint,
    /// Half a sentence for the log.
    pub why: String,
}

/// Kafka's `listeners` when the key is unset.
const DEFAULT_LISTENERS: &str = "PLAINTEXT://:9092";

/// Chooses a listener that this program can speak to. Brokers' listeners come before controllers', since a broker says
/// more; a wildcard is reached by loopback, so that no request leaves the host.
///
/// # Errors
/// One line when there is none.
pub fn choose_endpoint(properties: &Properties) -> Result<Chosen, String> {
    let controllers: Vec<&str> = properties.list("controller.listener.names").collect();
    let broker = properties.roles().contains(&"broker");
    let mut refused = Vec::new();
    for entry in properties.get("listeners").unwrap_or(DEFAULT_LISTENERS).split(',') {
        let Some((name, address)) = entry.trim().split_once("://") else { continue };
        let name = name.trim();
        if broker && controllers.iter().any(|controller| controller.eq_ignore_ascii_case(name)) {
            continue;
        }
        let Some((host, port)) = split_address(address) else { continue };
        match protocol(properties, name) {
            "PLAINTEXT" => {
                let endpoint = Endpoint { host: reachable(host), port, security: Security::Plaintext, process: None };
                let why = format!("listener {name} of {}", properties.path);
                return Ok(Chosen { endpoint, why });
            }
            other => refused.push(format!("{name} speaks {other}")),
        }
    }
    let refused = if refused.is_empty() { "it names no listener with a port".to_owned() } else { refused.join(", ") };
    Err(format!("{}: no listener that this program can speak to ({refused}); give --kafka.server.", properties.path))
}

/// The protocol behind a listener's name: as mapped, else the name itself (Kafka's default map).
fn protocol<'a>(properties: &'a Properties, name: &'a str) -> &'a str {
    let mapped = properties.list("listener.security.protocol.map").find_map(|pair| {
        let (mapped, protocol) = pair.split_once(':')?;
        mapped.trim().eq_ignore_ascii_case(name).then(|| protocol.trim())
    });
    mapped.unwrap_or(name)
}

/// Host and port of `host:port`, the host in brackets when it is an IPv6 literal; absent without a port.
#[must_use]
pub(crate) fn split_address(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.trim().rsplit_once(':')?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Some((host, port.parse().ok().filter(|port| *port != 0)?))
}

fn reachable(host: &str) -> String {
    match host.parse::<IpAddr>() {
        Ok(address) if address.is_unspecified() => match address {
            IpAddr::V4(_) => "127.0.0.1".to_owned(),
            // A dual-stack wildcard socket takes IPv4 too, but not where IPv6-only is set.
            IpAddr::V6(_) => "::1".to_owned(),
        },
        _ if host.is_empty() => "localhost".to_owned(),
        _ => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(pairs: &[(&str, &str)]) -> Result<String, String> {
        let values = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let properties = Properties { path: "f".into(), values, keys: pairs.len() };
        choose_endpoint(&properties).map(|chosen| chosen.endpoint.to_string())
    }

    #[test]
    fn a_wildcard_is_reached_by_loopback_and_an_address_as_bound() {
        assert_eq!(chosen(&[]).unwrap(), "localhost:9092");
        assert_eq!(chosen(&[("listeners", "PLAINTEXT://0.0.0.0:9092")]).unwrap(), "127.0.0.1:9092");
        assert_eq!(chosen(&[("listeners", "PLAINTEXT://[::]:9092")]).unwrap(), "[::1]:9092");
        assert_eq!(chosen(&[("listeners", "PLAINTEXT://10.0.0.1:9092")]).unwrap(), "10.0.0.1:9092");
    }

    #[test]
    fn a_brokers_listener_comes_before_its_controllers() {
        let combined = [
            ("process.roles", "broker,controller"),
            ("listeners", "CONTROLLER://:9093,INTERNAL://:9094"),
            ("controller.listener.names", "CONTROLLER"),
            ("listener.security.protocol.map", "CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT"),
        ];
        assert_eq!(chosen(&combined).unwrap(), "localhost:9094");
        let controller = [
            ("process.roles", "controller"),
            ("listeners", "CONTROLLER://:9093"),
            ("controller.listener.names", "CONTROLLER"),
            ("listener.security.protocol.map", "CONTROLLER:PLAINTEXT"),
        ];
        assert_eq!(chosen(&controller).unwrap(), "localhost:9093");
    }

    #[test]
    fn a_listener_that_cannot_be_spoken_to_is_named() {
        let message = chosen(&[("listeners", "SASL_SSL://:9092")]).unwrap_err();
        assert!(message.contains("SASL_SSL speaks SASL_SSL") && message.contains("--kafka.server"), "{message}");
        assert!(chosen(&[("listeners", "nonsense")]).is_err());
    }
}
