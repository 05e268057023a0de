//! A node's listeners as Kafka reads them from its settings: names, addresses, protocols, and what holds for each.
//!
//! References: `SocketServerConfigs.listenerListToEndPoints` and `KafkaConfig.effectiveListenerSecurityProtocolMap` (the
//! map and KRaft's implicit part of it), `ListenerName` (names in upper case, prefixes in lower case),
//! `AbstractConfig.valuesWithPrefixOverride` (a prefixed setting comes before one without), `ChannelBuilders` (client
//! certificates on SASL_SSL).

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::settings::{Setting, Settings};
use crate::checks::Unknown;

/// Kafka's `listeners` where the setting is unset.
pub const DEFAULT_LISTENERS: &str = "PLAINTEXT://:9092";
/// Kafka's SASL mechanisms where none are set.
const DEFAULT_MECHANISM: &str = "GSSAPI";

/// What a listener speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// In clear, without names.
    Plaintext,
    /// TLS; client certificates where `ssl.client.auth` asks for them.
    Ssl,
    /// SASL in clear.
    SaslPlaintext,
    /// SASL over TLS.
    SaslSsl,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: [Self; 4] = [Self::Plaintext, Self::Ssl, Self::SaslPlaintext, Self::SaslSsl];

    /// Kafka's name of it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plaintext => "PLAINTEXT",
            Self::Ssl => "SSL",
            Self::SaslPlaintext => "SASL_PLAINTEXT",
            Self::SaslSsl => "SASL_SSL",
        }
    }

    /// The protocol of this name, in any case; absent when Kafka has none.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.as_str().eq_ignore_ascii_case(name.trim()))
    }

    /// Whether it is TLS.
    #[must_use]
    pub fn is_tls(self) -> bool {
        matches!(self, Self::Ssl | Self::SaslSsl)
    }

    /// Whether it asks for SASL.
    #[must_use]
    pub fn is_sasl(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }
}

/// `ssl.client.auth`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// No certificate is asked for.
    None,
    /// One is asked for, and a client without any is let in.
    Requested,
    /// Without one, nobody is let in.
    Required,
}

/// Host and port of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address<'a> {
    /// The host, without the brackets of an IPv6 literal; empty when none is named.
    pub host: &'a str,
    /// The port.
    pub port: u16,
}

impl Address<'_> {
    /// The IP address that the host is; absent for names. A zone (`fe80::1%eth0`) is left out.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        let host = self.host.split('%').next().unwrap_or(self.host);
        host.parse().ok()
    }

    /// Whether it stands for every address of the machine.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.host.is_empty() || self.is_meta_address()
    }

    /// Whether it is `0.0.0.0` or `::`, to which nobody can connect from elsewhere.
    #[must_use]
    pub fn is_meta_address(&self) -> bool {
        self.ip().is_some_and(|ip| ip.is_unspecified())
    }

    /// Whether only the machine itself reaches it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.host.to_ascii_lowercase();
        host == "localhost"
            || host.ends_with(".localhost")
            || host.starts_with("localhost.")
            || self.ip().is_some_and(|ip| ip.is_loopback())
    }

    /// Whether it names no machine: a wildcard, loopback, or a template that nobody filled in.
    #[must_use]
    pub fn is_anywhere(&self) -> bool {
        self.is_wildcard() || self.is_loopback() || self.host.contains(['$', '{'])
    }

    /// Whether sockets of one network name space that are bound to the same port of both meet.
    #[must_use]
    pub fn meets(&self, other: &Address<'_>) -> bool {
        // 127.0.0.1 and 127.0.0.2 do not meet; a name is usually both of these.
        let canonical = |address: &Address<'_>| match address.host.to_ascii_lowercase().as_str() {
            "localhost" | "::1" => "127.0.0.1".to_owned(),
            other => other.to_owned(),
        };
        self.is_wildcard() || other.is_wildcard() || canonical(self) == canonical(other)
    }

    /// Whether it is made of digits and dots only, and yet is no IPv4 address (`10.0.1`, `10.0.0.256`).
    #[must_use]
    pub fn is_broken_ipv4(&self) -> bool {
        let is_dotted = |byte: u8| byte.is_ascii_digit() || byte == b'.';
        !self.host.is_empty() && self.host.bytes().all(is_dotted) && self.ip().is_none()
    }
}

impl std::fmt::Display for Address<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A named address: an entry of `listeners` or `advertised.listeners`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint<'a> {
    /// The listener's name, in upper case as Kafka compares names.
    pub name: String,
    /// Where it is.
    pub address: Address<'a>,
}

impl std::fmt::Display for Endpoint<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.name, self.address)
    }
}

/// Why an entry cannot be read: Kafka does not start on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// An entry that is no address.
    #[error("{0} is not NAME://HOST:PORT")]
    Uri(String),
    /// A port that is none.
    #[error("{0}: the port is not from 1 to 65535")]
    Port(String),
    /// An entry of the map that is no pair.
    #[error("{0} is not NAME:PROTOCOL")]
    Pair(String),
    /// A protocol that Kafka does not know.
    #[error("{protocol} ({listener}) is none of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL")]
    Protocol {
        /// The listener's name, or the setting that names the protocol.
        listener: String,
        /// What is written.
        protocol: String,
    },
}

/// Entries of a list, and those that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed<T> {
    /// Those that can.
    pub entries: T,
    /// Those that cannot.
    pub malformed: Vec<Malformed>,
}

/// Reads one entry of `listeners`.
///
/// # Errors
/// [`Malformed::Uri`] and [`Malformed::Port`]. Kafka takes port 0 as well, for its own tests: nobody finds that port.
pub fn parse_endpoint(entry: &str) -> Result<Endpoint<'_>, Malformed> {
    let bad = || Malformed::Uri(entry.to_owned());
    let (name, address) = entry.trim().rsplit_once("://").ok_or_else(bad)?;
    let (host, port) = address.rsplit_once(':').ok_or_else(bad)?;
    let host = host.strip_prefix('[').unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-%._:".contains(&byte);
    let digits = port.strip_prefix('-').unwrap_or(port);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if name.is_empty() || !host.bytes().all(is_host) || !is_number {
        return Err(bad());
    }
    let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(|| Malformed::Port(entry.to_owned()))?;
    Ok(Endpoint { name: name.to_uppercase(), address: Address { host, port } })
}

/// Reads `listeners` or `advertised.listeners`.
#[must_use]
pub fn endpoints(value: &str) -> Parsed<Vec<Endpoint<'_>>> {
    let mut parsed = Parsed { entries: Vec::new(), malformed: Vec::new() };
    for entry in entries(value) {
        match parse_endpoint(entry) {
            Ok(endpoint) => parsed.entries.push(endpoint),
            Err(malformed) => parsed.malformed.push(malformed),
        }
    }
    parsed
}

/// The entries of a comma-separated list; blanks around commas are none of them.
fn entries(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

/// The listener by which brokers speak to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterBroker {
    /// The setting that names it.
    pub key: &'static str,
    /// Its name, in upper case.
    pub name: String,
    /// What it speaks; absent when no map tells, or no such protocol is.
    pub protocol: Option<Protocol>,
}

/// The listeners of a node.
#[derive(Clone, Debug)]
pub struct Listeners<'a> {
    settings: Settings<'a>,
    /// Whether it has roles of KRaft.
    pub is_kraft: bool,
    /// Whether it is a broker.
    pub is_broker: bool,
    /// Whether it is a controller of KRaft.
    pub is_controller: bool,
    /// `listeners`.
    pub bound: Parsed<Vec<Endpoint<'a>>>,
    /// `controller.listener.names`, as written.
    pub controller_names: Vec<&'a str>,
}

impl<'a> Listeners<'a> {
    /// Reads them from a node's settings.
    ///
    /// # Errors
    /// [`Unknown`] when roles, listeners or the controllers' listeners are not known.
    pub fn of(settings: &Settings<'a>) -> Result<Self, Unknown> {
        let roles: Vec<&str> = entries(settings.given("process.roles")?.unwrap_or("")).collect();
        let bound = endpoints(settings.given("listeners")?.unwrap_or(DEFAULT_LISTENERS));
        let controller_names = entries(settings.given("controller.listener.names")?.unwrap_or("")).collect();
        Ok(Self {
            settings: settings.clone(),
            is_kraft: !roles.is_empty(),
            is_broker: roles.is_empty() || roles.contains(&"broker"),
            is_controller: roles.contains(&"controller"),
            bound,
            controller_names,
        })
    }

    /// Whether a listener is the controllers'.
    #[must_use]
    pub fn is_of_controllers(&self, name: &str) -> bool {
        self.controller_names.iter().any(|controller| controller.eq_ignore_ascii_case(name))
    }

    /// The listeners that clients and brokers connect to: not the controllers'.
    pub fn of_broker(&self) -> impl Iterator<Item = &Endpoint<'a>> {
        self.bound.entries.iter().filter(|endpoint| !self.is_of_controllers(&endpoint.name))
    }

    /// What the listeners speak, by name: as mapped, else Kafka's default. KRaft adds PLAINTEXT for the controllers'
    /// listeners while there is no map, and no TLS or SASL among the names.
    ///
    /// # Errors
    /// [`Unknown`] when the map is not known.
    pub fn protocols(&self) -> Result<Parsed<BTreeMap<String, Protocol>>, Unknown> {
        let mut parsed = Parsed { entries: BTreeMap::new(), malformed: Vec::new() };
        let Some(map) = self.settings.given(MAP)? else {
            let of_itself = |protocol: Protocol| (protocol.as_str().to_owned(), protocol);
            parsed.entries.extend(Protocol::ALL.into_iter().map(of_itself));
            if self.is_kraft && !self.names_secure_protocol() {
                let names = self.controller_names.iter().map(|name| name.to_uppercase());
                parsed.entries.extend(names.map(|name| (name, Protocol::Plaintext)));
            }
            return Ok(parsed);
        };
        for entry in entries(map) {
            let Some((name, protocol)) = entry.rsplit_once(':').filter(|(name, _)| !name.trim().is_empty()) else {
                parsed.malformed.push(Malformed::Pair(entry.to_owned()));
                continue;
            };
            let name = name.trim().to_uppercase();
            match Protocol::parse(protocol) {
                Some(protocol) => {
                    parsed.entries.insert(name, protocol);
                }
                None => {
                    let protocol = protocol.trim().to_owned();
                    parsed.malformed.push(Malformed::Protocol { listener: name, protocol });
                }
            }
        }
        Ok(parsed)
    }

    fn names_secure_protocol(&self) -> bool {
        let names = self.bound.entries.iter().map(|endpoint| endpoint.name.as_str());
        let mut names = names.chain(self.controller_names.iter().copied());
        names.any(|name| Protocol::parse(name).is_some_and(|protocol| protocol != Protocol::Plaintext))
    }

    /// What one listener speaks; absent when the map does not have it.
    ///
    /// # Errors
    /// [`Unknown`] when the map is not known.
    pub fn protocol(&self, name: &str) -> Result<Option<Protocol>, Unknown> {
        Ok(self.protocols()?.entries.get(&name.to_uppercase()).copied())
    }

    /// The setting from which a listener's protocol comes.
    #[must_use]
    pub fn protocol_key(&self) -> &'static str {
        match self.settings.given(MAP) {
            Ok(None) => "listeners",
            _ => MAP,
        }
    }

    /// What others are told: `advertised.listeners`, else the brokers' listeners as bound. Hosts that are empty there
    /// become the machine's own name.
    ///
    /// # Errors
    /// [`Unknown`] when they are not known.
    pub fn advertised(&self) -> Result<Parsed<Vec<Endpoint<'a>>>, Unknown> {
        Ok(match self.settings.given(ADVERTISED)? {
            Some(value) => endpoints(value),
            None => Parsed { entries: self.of_broker().cloned().collect(), malformed: Vec::new() },
        })
    }

    /// The setting from which advertised addresses come.
    #[must_use]
    pub fn advertised_key(&self) -> &'static str {
        match self.settings.given(ADVERTISED) {
            Ok(None) => "listeners",
            _ => ADVERTISED,
        }
    }

    /// The listener by which brokers speak to each other.
    ///
    /// # Errors
    /// [`Unknown`] when the settings that tell are not known.
    pub fn inter_broker(&self) -> Result<InterBroker, Unknown> {
        if let Some(name) = self.settings.given(INTER_BROKER_NAME)? {
            let name = name.to_uppercase();
            let protocol = self.protocol(&name)?;
            return Ok(InterBroker { key: INTER_BROKER_NAME, name, protocol });
        }
        let given = self.settings.given(INTER_BROKER_PROTOCOL)?;
        let protocol = given.map_or(Some(Protocol::Plaintext), Protocol::parse);
        let key = if given.is_some() { INTER_BROKER_PROTOCOL } else { INTER_BROKER_NAME };
        let name = protocol.map_or_else(|| given.unwrap_or("").to_uppercase(), |known| known.as_str().to_owned());
        Ok(InterBroker { key, name, protocol })
    }

    /// The setting that holds for a listener: the one with its prefix, else the one without; the key, and its value.
    ///
    /// # Errors
    /// [`Unknown`] when it is not known.
    pub fn setting(&self, name: &str, key: &str) -> Result<(String, Setting<'a>), Unknown> {
        let prefixed = format!("{}{key}", prefix(name));
        if self.settings.given(&prefixed)?.is_some() {
            let setting = self.settings.effective(&prefixed)?;
            return Ok((prefixed, setting));
        }
        Ok((key.to_owned(), self.settings.effective(key)?))
    }

    /// What a listener's mechanism is given for `key`: only a setting with both prefixes counts. Its key, and its value.
    ///
    /// # Errors
    /// [`Unknown`] when it is not known.
    pub fn of_mechanism(&self, name: &str, mechanism: &str, key: &str) -> Result<(String, Option<&'a str>), Unknown> {
        let prefixed = format!("{}{}.{key}", prefix(name), mechanism.to_lowercase());
        let value = self.settings.given(&prefixed)?;
        Ok((prefixed, value))
    }

    /// SASL mechanisms that a listener lets in.
    ///
    /// # Errors
    /// [`Unknown`] when they are not known.
    pub fn mechanisms(&self, name: &str) -> Result<Vec<&'a str>, Unknown> {
        const KEY: &str = "sasl.enabled.mechanisms";
        let given = match self.settings.given(&format!("{}{KEY}", prefix(name)))? {
            Some(mechanisms) => Some(mechanisms),
            None => self.settings.given(KEY)?,
        };
        Ok(entries(given.unwrap_or(DEFAULT_MECHANISM)).collect())
    }

    /// Whether a listener asks clients for certificates. A setting without prefix does not hold for SASL_SSL.
    ///
    /// # Errors
    /// [`Unknown`] when it is not known.
    pub fn client_auth(&self, name: &str, protocol: Protocol) -> Result<ClientAuth, Unknown> {
        let prefixed = self.settings.given(&format!("{}{CLIENT_AUTH}", prefix(name)))?;
        let value = match (protocol, prefixed) {
            (Protocol::Plaintext | Protocol::SaslPlaintext, _) => return Ok(ClientAuth::None),
            (_, Some(value)) => value,
            (Protocol::SaslSsl, None) => return Ok(ClientAuth::None),
            (Protocol::Ssl, None) => self.settings.given(CLIENT_AUTH)?.unwrap_or(""),
        };
        Ok(match value.to_ascii_lowercase().as_str() {
            "required" => ClientAuth::Required,
            "requested" => ClientAuth::Requested,
            _ => ClientAuth::None,
        })
    }

    /// Whether who connects to a listener has to prove who it is.
    ///
    /// # Errors
    /// [`Unknown`] when its protocol, or whether it asks for certificates, is not known.
    pub fn authenticates(&self, name: &str) -> Result<bool, Unknown> {
        Ok(match self.protocol(name)? {
            Some(protocol) if protocol.is_sasl() => true,
            Some(protocol) => self.client_auth(name, protocol)? != ClientAuth::None,
            None => false,
        })
    }
}

/// `ssl.client.auth`.
pub const CLIENT_AUTH: &str = "ssl.client.auth";
/// `listener.security.protocol.map`.
pub const MAP: &str = "listener.security.protocol.map";
/// `advertised.listeners`.
pub const ADVERTISED: &str = "advertised.listeners";
/// `inter.broker.listener.name`.
pub const INTER_BROKER_NAME: &str = "inter.broker.listener.name";
/// `security.inter.broker.protocol`.
pub const INTER_BROKER_PROTOCOL: &str = "security.inter.broker.protocol";

/// The prefix of settings for one listener: lower case, whatever case its name has.
#[must_use]
pub fn prefix(name: &str) -> String {
    format!("listener.name.{}.", name.to_lowercase())
}

/// Host and port of `host:port`, the host without the brackets of an IPv6 literal; absent without a port.
#[must_use]
pub fn split_address(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.trim().rsplit_once(':')?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Some((host, port.parse().ok().filter(|port| *port != 0)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::properties;

    fn with<T>(text: &str, judge: impl FnOnce(Listeners<'_>) -> T) -> T {
        let file = properties("f", text);
        judge(Listeners::of(&Settings { file: Some(&file), running: None, release: None }).unwrap())
    }

    #[test]
    fn addresses_read_as_kafka_reads_them() {
        let shown = |entry| parse_endpoint(entry).map(|endpoint| endpoint.to_string());
        assert_eq!(shown("plaintext://:9092").unwrap(), "PLAINTEXT://:9092");
        assert_eq!(shown("A://[fe80::1%eth0]:9092").unwrap(), "A://[fe80::1%eth0]:9092");
        assert_eq!(shown("A://::1:9092").unwrap(), "A://[::1]:9092", "brackets are optional to Kafka");
        assert_eq!(shown("A://broker_1.example:9092").unwrap(), "A://broker_1.example:9092");
        for entry in
            ["CLIENTS:/0.0.0.0:9092", "A://host", "1@host:9093", "A://host:", "A://ho st:1", "://:1", "A://h:9x"]
        {
            assert_eq!(shown(entry), Err(Malformed::Uri(entry.to_owned())));
        }
        for entry in ["A://h:0", "A://h:65536", "A://h:-1", "A://h:99999999999"] {
            assert_eq!(shown(entry), Err(Malformed::Port(entry.to_owned())));
        }
    }

    #[test]
    fn addresses_are_told_apart() {
        let address = |host| Address { host, port: 1 };
        assert!(["", "0.0.0.0", "::", "0:0:0:0:0:0:0:0"].iter().all(|host| address(host).is_wildcard()));
        assert!(!address("").is_meta_address() && address("::").is_meta_address());
        for host in ["localhost", "LocalHost", "127.0.0.1", "127.1.2.3", "::1", "localhost.localdomain"] {
            assert!(address(host).is_loopback(), "{host}");
        }
        assert!(["", "10.0.0.1", "localhost1", "0.0.0.0"].iter().all(|host| !address(host).is_loopback()));
        assert!(["10.0.1", "10.0.0.256", "10.0.0.1."].iter().all(|host| address(host).is_broken_ipv4()));
        assert!(["", "10.0.0.1", "a.1", "::1"].iter().all(|host| !address(host).is_broken_ipv4()));
    }

    #[test]
    fn blanks_after_commas_and_entries_that_are_broken_are_told() {
        with("listeners=A://:1 , b://h:2,\nlistener.security.protocol.map=A:SSL , B:sasl_ssl,C,D:TLS", |listeners| {
            assert_eq!(listeners.bound.entries.len(), 2);
            assert_eq!(listeners.bound.entries[1].name, "B");
            let protocols = listeners.protocols().unwrap();
            assert_eq!(protocols.entries["B"], Protocol::SaslSsl);
            let said: Vec<String> = protocols.malformed.iter().map(ToString::to_string).collect();
            let unknown = "TLS (D) is none of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL";
            assert_eq!(said, ["C is not NAME:PROTOCOL", unknown]);
        });
    }

    #[test]
    fn kafkas_defaults_hold_where_nothing_is_set() {
        with("broker.id=1", |listeners| {
            assert!(listeners.is_broker && !listeners.is_kraft);
            assert_eq!(listeners.bound.entries[0].to_string(), "PLAINTEXT://:9092");
            assert_eq!(listeners.protocol("plaintext").unwrap(), Some(Protocol::Plaintext));
            assert_eq!(listeners.advertised().unwrap().entries, listeners.bound.entries);
            let inter = listeners.inter_broker().unwrap();
            assert_eq!((inter.name.as_str(), inter.protocol), ("PLAINTEXT", Some(Protocol::Plaintext)));
            assert_eq!(listeners.protocol_key(), "listeners");
        });
    }

    #[test]
    fn kraft_maps_the_controllers_listeners_to_plaintext_only_while_nothing_is_secure() {
        let kraft = "process.roles=broker,controller\ncontroller.listener.names=CTRL\n";
        with(&format!("{kraft}listeners=PLAINTEXT://:1,CTRL://:2"), |listeners| {
            assert_eq!(listeners.protocol("CTRL").unwrap(), Some(Protocol::Plaintext));
            assert_eq!(listeners.of_broker().count(), 1);
        });
        with(&format!("{kraft}listeners=SSL://:1,CTRL://:2"), |listeners| {
            assert_eq!(listeners.protocol("CTRL").unwrap(), None);
        });
        with(&format!("{kraft}listener.security.protocol.map=PLAINTEXT:PLAINTEXT"), |listeners| {
            assert_eq!(listeners.protocol("CTRL").unwrap(), None);
        });
        with("controller.listener.names=CTRL", |listeners| assert_eq!(listeners.protocol("CTRL").unwrap(), None));
    }

    #[test]
    fn a_prefixed_setting_comes_first_and_only_a_prefixed_one_asks_sasl_clients_for_certificates() {
        let text = "ssl.client.auth=required\nlistener.name.a.ssl.client.auth=requested\nsasl.enabled.mechanisms=\n\
                    listener.name.a.sasl.enabled.mechanisms=PLAIN, SCRAM-SHA-512\n\
                    listener.name.A.ssl.keystore.type=JKS\n\
                    listener.name.a.plain.sasl.server.callback.handler.class=x";
        with(text, |listeners| {
            let auth = |name, protocol| listeners.client_auth(name, protocol).unwrap();
            assert_eq!(auth("A", Protocol::Ssl), ClientAuth::Requested);
            assert_eq!(auth("A", Protocol::SaslSsl), ClientAuth::Requested);
            assert_eq!(auth("B", Protocol::Ssl), ClientAuth::Required);
            assert_eq!(auth("B", Protocol::SaslSsl), ClientAuth::None);
            assert_eq!(auth("B", Protocol::Plaintext), ClientAuth::None);
            assert_eq!(listeners.mechanisms("A").unwrap(), ["PLAIN", "SCRAM-SHA-512"]);
            assert!(listeners.mechanisms("B").unwrap().is_empty(), "an empty list is set");
            assert_eq!(listeners.setting("A", "ssl.keystore.type").unwrap().0, "ssl.keystore.type");
            let (key, handler) = listeners.of_mechanism("A", "PLAIN", "sasl.server.callback.handler.class").unwrap();
            assert_eq!(key, "listener.name.a.plain.sasl.server.callback.handler.class");
            assert_eq!(handler, Some("x"));
        });
        with("", |listeners| assert_eq!(listeners.mechanisms("A").unwrap(), ["GSSAPI"]));
    }

    #[test]
    fn the_inter_broker_listener_is_named_or_follows_from_its_protocol() {
        let text = "inter.broker.listener.name=rep\nlistener.security.protocol.map=REP:SSL";
        with(text, |listeners| {
            let inter = listeners.inter_broker().unwrap();
            assert_eq!((inter.key, inter.name.as_str()), (INTER_BROKER_NAME, "REP"));
            assert_eq!(inter.protocol, Some(Protocol::Ssl));
        });
        with("security.inter.broker.protocol=sasl_ssl", |listeners| {
            let inter = listeners.inter_broker().unwrap();
            assert_eq!((inter.key, inter.name.as_str()), (INTER_BROKER_PROTOCOL, "SASL_SSL"));
        });
    }
}
