//! Which listener of this host's node to speak to: pure, from its properties.

use std::net::IpAddr;

use crate::checks::Unknown;
use crate::derive::listeners::{Address, Listeners, MAP};
use crate::derive::settings::Settings;
use crate::snapshot::ConfigFile;
use crate::sources::kafka::{Endpoint, Security};

/// The endpoint and why it was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Where to connect.
    pub endpoint: Endpoint,
    /// Half a sentence for the log.
    pub why: String,
}

/// Chooses a listener that this program can speak to. Brokers' listeners come before controllers', since a broker says
/// more; a wildcard is reached by loopback, so that no request leaves the host. Its certificate is for the advertised
/// host all the same.
///
/// # Errors
/// One line when there is none.
pub fn choose_endpoint(properties: &ConfigFile, security: &Security) -> Result<Chosen, String> {
    let path = &properties.path;
    let unknown = |why: Unknown| format!("{path}: {} Give --kafka.server.", why.0);
    let settings = Settings { file: Some(properties), running: None, release: None };
    let listeners = Listeners::of(&settings).map_err(unknown)?;
    let protocols = listeners.protocols().map_err(unknown)?.entries;
    let advertised = listeners.advertised().map_err(unknown)?.entries;
    let mut refused = Vec::new();
    let skipped = |name: &str| listeners.is_broker && listeners.is_of_controllers(name);
    for bound in listeners.bound.entries.iter().filter(|bound| !skipped(&bound.name)) {
        let name = &bound.name;
        let Some(spoken) = protocols.get(name).map(|protocol| protocol.as_str()) else {
            refused.push(format!("{name} is not in {MAP}"));
            continue;
        };
        if spoken == security.protocol() {
            let told = advertised.iter().find(|told| told.name == *name && !told.address.host.is_empty());
            let security = told.map_or_else(|| security.clone(), |told| security.named(told.address.host));
            let endpoint =
                Endpoint { host: reachable(&bound.address), port: bound.address.port, security, process: None };
            return Ok(Chosen { endpoint, why: format!("listener {name} ({spoken}) of {path}") });
        }
        let flags = security.flags_for(spoken).map(|flags| format!(": {flags}")).unwrap_or_default();
        refused.push(format!("{name} speaks {spoken}{flags}"));
    }
    let refused = if refused.is_empty() { "it names no listener with a port".to_owned() } else { refused.join(", ") };
    let ours = security.protocol();
    Err(format!("{path}: no listener speaks {ours}, as is configured ({refused}); or give --kafka.server."))
}

fn reachable(bound: &Address<'_>) -> String {
    match bound.ip() {
        Some(IpAddr::V4(ip)) if ip.is_unspecified() => "127.0.0.1".to_owned(),
        // A dual-stack wildcard socket takes IPv4 too, but not where IPv6-only is set.
        Some(IpAddr::V6(ip)) if ip.is_unspecified() => "::1".to_owned(),
        _ if bound.host.is_empty() => "localhost".to_owned(),
        _ => bound.host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::snapshot::Form;
    use crate::sources::kafka::security::TlsFiles;

    fn chosen(pairs: &[(&str, &str)]) -> Result<String, String> {
        choose(pairs, &Security::default()).map(|chosen| chosen.endpoint.to_string())
    }

    fn choose(pairs: &[(&str, &str)], security: &Security) -> Result<Chosen, String> {
        let mut properties = ConfigFile::new("f", Form::Properties);
        pairs.iter().for_each(|(key, value)| properties.override_with(key, value));
        choose_endpoint(&properties, security)
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
        let flags = "SASL_SSL speaks SASL_SSL: give --tls.enabled and give --sasl.mechanism";
        assert!(message.contains(flags) && message.contains("--kafka.server"), "{message}");
        assert!(chosen(&[("listeners", "nonsense")]).is_err());
    }

    #[test]
    fn the_listener_that_fits_what_is_configured_is_chosen_and_its_certificate_is_for_the_advertised_host() {
        let pairs = [
            ("listeners", "PLAINTEXT://:9092,CLIENTS://0.0.0.0:9093"),
            ("advertised.listeners", "PLAINTEXT://kafka-1.example:9092,CLIENTS://kafka-1.example:9093"),
            ("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CLIENTS:SSL"),
        ];
        assert_eq!(choose(&pairs, &Security::default()).unwrap().endpoint.port, 9092);
        let tls = Security { tls: Some(Arc::default()), sasl: None };
        let endpoint = choose(&pairs, &tls).unwrap().endpoint;
        assert_eq!(endpoint.to_string(), "127.0.0.1:9093");
        assert_eq!(endpoint.security.tls.unwrap().server_name.as_deref(), Some("kafka-1.example"));
        let named = TlsFiles { server_name: Some("other".into()), ..TlsFiles::default() };
        let named = Security { tls: Some(Arc::new(named)), sasl: None };
        let kept = choose(&pairs, &named).unwrap().endpoint.security.tls.unwrap();
        assert_eq!(kept.server_name.as_deref(), Some("other"));
        let message = choose(&pairs[..1], &tls).unwrap_err();
        assert!(message.contains("PLAINTEXT speaks PLAINTEXT: without --tls.enabled"), "{message}");
    }
}
