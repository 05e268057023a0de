//! Certificates as nodes serve them: when they end, and what they are for.

use super::compare::{each, each_cluster, values};
use super::{Check, Evaluated, Finding, Found, Profile, Run, Severity, Subject, Unknown};
use crate::derive::fleet::{Fleet, Node, On};
use crate::derive::listeners::{Address, ClientAuth, Listeners, Protocol};
use crate::snapshot::{ServedCertificate, UnixMs};

const SSL: &str = "https://kafka.apache.org/documentation/#security_ssl";
const DAY_MS: u64 = 24 * 3_600_000;
/// Days before the end at which the renewal should have happened, and at which it is urgent.
const DAYS: (u64, u64) = (30, 7);

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "tls-cert-expiry",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "The certificate of a node ends soon.",
        why: "From then on no client connects, and no broker to another: replication stops everywhere at one moment. Within \
              30 days it is a warning, within 7 days critical. What is looked at is what the node serves, not what lies on its \
              disk: a renewed file counts only once the node has taken it. Only while that is not seen, key stores of type PEM \
              on this machine are read in its place.",
        fix: "Renew the certificate in the node's key store, then restart the node, or set ssl.keystore.location of the \
              listener anew with kafka-configs.sh so that it reads the store again.",
        references: &[SSL, "KIP-226", "KIP-651"],
        needs: "a connection by TLS (--tls.enabled), or the machine's files and key stores of type PEM",
        run: Run::Node(On::Nodes, expiry),
    },
    Check {
        id: "tls-cert-san",
        severity: Severity::Critical,
        profile: Profile::Core,
        summary: "The certificate of a node is not for the name by which clients reach it, or not for its use.",
        why: "Clients that check names, as they do by default, do not connect to it; with mutual TLS between brokers the \
              certificate must be for clients as well as for servers.",
        fix: "Let the certificate have the advertised host as a subject alternative name, and no extended key usage but \
              serverAuth together with clientAuth.",
        references: &[SSL, "https://kafka.apache.org/documentation/#brokerconfigs_ssl.endpoint.identification.algorithm"],
        needs: "a connection by TLS, and the node's file or DescribeConfigs",
        run: Run::Node(On::Nodes, name_and_use),
    },
    Check {
        id: "tls-shared-key",
        severity: Severity::Warning,
        profile: Profile::Strict,
        summary: "Several nodes have one private key.",
        why: "Whoever takes it from one of them can pose as each, and to replace it all of them are touched.",
        fix: "Give each node a key of its own.",
        references: &[SSL],
        needs: "connections by TLS to two nodes or more",
        run: Run::Together(On::Nodes, shared_key),
    },
];

/// What the node serves; absent for a node that has no TLS.
fn served<'a>(node: &Node<'a>) -> Result<Option<&'a ServedCertificate>, Unknown> {
    let liveness = node.liveness()?;
    if let Some(certificate) = &liveness.certificate {
        return Ok(Some(certificate));
    }
    let listeners = node.listeners()?;
    for endpoint in &listeners.bound.entries {
        if listeners.protocol(&endpoint.name)?.is_some_and(Protocol::is_tls) {
            let why = format!("We speak to a listener without TLS, and {} has it: --kafka.server names it.", endpoint.name);
            return Err(Unknown::new(why));
        }
    }
    Ok(None)
}

fn itself(node: &Node<'_>) -> Subject {
    Subject::Node(node.name())
}

fn expiry(node: &Node<'_>, found: &mut Found) -> Evaluated {
    match served(node) {
        Ok(None) => {}
        Ok(Some(certificate)) => ends(node, itself(node), certificate.not_after, certificate.chain_not_after, found),
        Err(why) => return stored_expiry(node, why, found),
    }
    Ok(())
}

/// The same of what lies on the node's disk; `why` it is not known what the node serves.
fn stored_expiry(node: &Node<'_>, why: Unknown, found: &mut Found) -> Evaluated {
    let stores = node.on_host().ok().and_then(|on_host| Some(&on_host.file.as_ref().ok()?.key_stores));
    let Some(stores) = stores.filter(|stores| !stores.is_empty()) else { return Err(why) };
    each(stores, |(key, store)| {
        let store = store.as_ref().map_err(|failure| Unknown::new(failure.message.clone()))?;
        let certificate = store.certificate.as_ref().ok_or_else(|| why.clone())?;
        let certificate = certificate.as_ref().map_err(|failure| Unknown::new(failure.message.clone()))?;
        ends(node, node.subject(key), certificate.not_after, certificate.chain_not_after, found);
        Ok(())
    })
}

fn ends(node: &Node<'_>, subject: Subject, own: UnixMs, first: UnixMs, found: &mut Found) {
    let left_ms = first.since(node.view.now);
    if left_ms >= DAYS.0 * DAY_MS {
        return;
    }
    let whose = if first < own { "one of its chain" } else { "its own" };
    let is = match left_ms {
        0 => format!("{whose} has ended"),
        _ => format!("{whose} ends in {} days", left_ms / DAY_MS),
    };
    let severity = if left_ms < DAYS.1 * DAY_MS { Severity::Critical } else { Severity::Warning };
    found.add(Finding::new(subject, is, format!("{} days or more", DAYS.0)).severity(severity));
}

fn name_and_use(node: &Node<'_>, found: &mut Found) -> Evaluated {
    let Some(certificate) = served(node)? else { return Ok(()) };
    let listeners = node.listeners()?;
    // The listener that we speak to.
    let bound = listeners.bound.entries.iter().find(|bound| bound.address.port == certificate.port);
    let advertised = match bound {
        Some(bound) => listeners.advertised()?.entries.into_iter().find(|entry| entry.name == bound.name),
        None => None,
    };
    if let Some(advertised) = &advertised {
        let (host, address) = (advertised.address.host, &advertised.address);
        // What nobody else can connect to is wrong whatever the certificate says: advertised-localhost and others tell it.
        let is_wrong = address.is_wildcard() || address.is_loopback() || address.is_broken_ipv4();
        if !is_wrong && !certificate.names.iter().any(|name| is_for(name, address)) {
            let is = format!("{host} is advertised, the certificate is for {}", certificate.names.join(", "));
            found.add(Finding::new(itself(node), is, format!("{host} among its names")));
        }
    }
    if !certificate.for_servers || (!certificate.for_clients && is_client_of_peers(&listeners, bound.map(|bound| &*bound.name))?) {
        let lacks = if certificate.for_servers { "clientAuth" } else { "serverAuth" };
        let is = format!("its extended key usage lacks {lacks}");
        found.add(Finding::new(itself(node), is, "serverAuth and clientAuth, or none named"));
    }
    match advertised {
        Some(_) => Ok(()),
        // Controllers advertise nothing before 4.0, and a proxy has other ports.
        None if !listeners.is_broker => Ok(()),
        None => Err(Unknown::new(format!("No listener of the node has port {}.", certificate.port))),
    }
}

/// Whether the node shows this certificate to other brokers too.
fn is_client_of_peers(listeners: &Listeners<'_>, name: Option<&str>) -> Result<bool, Unknown> {
    let inter = listeners.inter_broker()?;
    let Some(protocol) = inter.protocol.filter(|protocol| *protocol == Protocol::Ssl) else { return Ok(false) };
    Ok(name == Some(&*inter.name) && listeners.client_auth(&inter.name, protocol)? == ClientAuth::Required)
}

/// Whether a name of a certificate stands for a host: a star for one whole label at its beginning (RFC 6125).
fn is_for(name: &str, address: &Address<'_>) -> bool {
    let (name, host) = (name.to_ascii_lowercase(), address.host.to_ascii_lowercase());
    let wildcard = || Some(name.strip_prefix("*.")? == host.split_once('.')?.1);
    name == host || (address.host.parse::<std::net::IpAddr>().is_err() && wildcard() == Some(true))
}

fn shared_key(fleet: &Fleet<'_>, found: &mut Found) -> Evaluated {
    each_cluster(fleet, On::Nodes, |nodes| {
        let (told, unknown) = values(&nodes, served);
        let served: Vec<_> = told.into_iter().filter_map(|(node, certificate)| Some((node, certificate?))).collect();
        each(served.iter().enumerate(), |(at, (node, certificate))| {
            let twin = served[..at].iter().find(|(_, other)| other.key_hash == certificate.key_hash);
            if let Some((twin, _)) = twin {
                found.add(Finding::new(itself(node), format!("the key of {}", twin.name()), "a key of its own"));
            }
            Ok(())
        })?;
        unknown
    })
}

#[cfg(test)]
pub(super) const EXAMPLES: &[super::examples::Example] = {
    use super::examples::Example;
    use crate::snapshot::StoredCertificate;
    use crate::testing::Sample;
    &[
        Example::made("tls-cert-expiry", "node 2", |set| {
            set.certificate("broker-2", |certificate| certificate.chain_not_after = Sample::NOW.plus(3 * DAY_MS));
        }),
        Example::made("tls-cert-expiry", "node 101", |set| {
            set.certificate("controller-1", |certificate| {
                (certificate.not_after, certificate.chain_not_after) = (Sample::NOW, Sample::NOW);
            });
        }),
        Example::made("tls-cert-expiry", "ssl.keystore.location", |set| {
            set.features("broker-2", &[("metadata.version", 27)], &[("metadata.version", 27)]);
            set.on_host("broker-2", |node| {
                let stores = &mut node.file.as_mut().unwrap().key_stores;
                let end = Sample::NOW.plus(20 * DAY_MS);
                let certificate = Some(Ok(StoredCertificate { not_after: end, chain_not_after: end }));
                stores.values_mut().for_each(|store| store.as_mut().unwrap().certificate = certificate.clone());
            });
        }),
        Example::made("tls-cert-san", "node 2", |set| {
            set.certificate("broker-2", |certificate| certificate.names = vec!["broker-1.example.org".into()]);
        }),
        Example::made("tls-cert-san", "node 2", |set| {
            set.certificate("broker-2", |certificate| {
                (certificate.port, certificate.for_clients) = (9094, false);
            });
        }),
        Example::made("tls-shared-key", "node 2", |set| {
            set.certificate("broker-1", |certificate| certificate.key_hash = "one".into());
            set.certificate("broker-2", |certificate| certificate.key_hash = "one".into());
        }),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_label_of_a_name() {
        let is = |name, host| is_for(name, &Address { host, port: 1 });
        assert!(is("B1.example.org", "b1.example.org") && is("*.example.org", "b1.example.org"));
        assert!(!is("*.example.org", "a.b1.example.org") && !is("*.example.org", "example.org"));
        assert!(is("10.0.0.1", "10.0.0.1") && !is("*.0.0.1", "10.0.0.1"));
    }
}
