//! What an X.509 certificate says, as facts: nothing in it is a secret.

use std::net::IpAddr;

use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{ExtendedKeyUsage, SubjectAltName};

use super::host::short_hash;
use crate::snapshot::{ServedCertificate, UnixMs};

/// Names of one certificate that are kept.
const NAMES_MAX: usize = 100;
/// Extended key usages (RFC 5280, 4.2.1.12).
const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
const ANY_USAGE: &str = "2.5.29.37.0";

/// The facts of a chain of certificates, the server's own first, as it was served on `port`. Absent when the first one
/// cannot be read.
#[must_use]
pub fn parse_chain<'c>(port: u16, chain: impl IntoIterator<Item = &'c [u8]>) -> Option<ServedCertificate> {
    let mut chain = chain.into_iter();
    let own = Certificate::from_der(chain.next()?).ok()?;
    let others = chain.filter_map(|der| Certificate::from_der(der).ok());
    let first_end = others.filter_map(|other| not_after(&other)).min();
    let key = own.tbs_certificate().subject_public_key_info().to_der().ok()?;
    let not_after = not_after(&own)?;
    Some(ServedCertificate {
        port,
        not_after,
        chain_not_after: first_end.map_or(not_after, |end| end.min(not_after)),
        names: names(&own).into_iter().take(NAMES_MAX).collect(),
        key_hash: short_hash(&key),
        for_servers: is_for(&own, SERVER_AUTH),
        for_clients: is_for(&own, CLIENT_AUTH),
    })
}

/// When a certificate ends, as Unix time in seconds; absent when that cannot be read.
#[must_use]
pub fn not_after_seconds(der: &[u8]) -> Option<i64> {
    i64::try_from(Certificate::from_der(der).ok().and_then(|certificate| not_after(&certificate))?.0 / 1000).ok()
}

fn not_after(certificate: &Certificate) -> Option<UnixMs> {
    let seconds = certificate.tbs_certificate().validity().not_after.to_unix_duration().as_secs();
    seconds.checked_mul(1000).map(UnixMs)
}

/// The subject alternative names of a certificate: DNS, e-mail, IP and URI. None when it cannot be read.
#[must_use]
pub fn names_of(der: &[u8]) -> Vec<String> {
    Certificate::from_der(der).map(|certificate| names(&certificate)).unwrap_or_default()
}

fn names(certificate: &Certificate) -> Vec<String> {
    let Ok(Some((_, names))) = certificate.tbs_certificate().get_extension::<SubjectAltName>() else {
        return Vec::new();
    };
    let name = |name: &GeneralName| match name {
        GeneralName::DnsName(name) | GeneralName::Rfc822Name(name) | GeneralName::UniformResourceIdentifier(name) => {
            Some(name.as_str().to_owned())
        }
        GeneralName::IpAddress(address) => {
            let bytes = address.as_bytes();
            let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
            v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok().map(|address| address.to_string())
        }
        _ => None,
    };
    names.0.iter().filter_map(name).collect()
}

/// Whether a certificate may be used so: one that names no usage may be used for all.
fn is_for(certificate: &Certificate, usage: &str) -> bool {
    match certificate.tbs_certificate().get_extension::<ExtendedKeyUsage>() {
        Ok(Some((_, usages))) => usages.0.iter().any(|id| [usage, ANY_USAGE].contains(&id.to_string().as_str())),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair};

    use super::*;

    #[test]
    fn a_chain_tells_its_first_end_its_names_and_its_use() {
        let made = |names: &[&str], year: i32| {
            let mut params =
                CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
            params.not_after = rcgen::date_time_ymd(year, 1, 1);
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
        };
        let (own, other) = (made(&["b1.example.org", "10.0.0.1"], 2040), made(&[], 2030));
        let facts = parse_chain(9093, [own.as_slice(), &other]).unwrap();
        assert_eq!(facts.not_after, UnixMs(2_208_988_800_000));
        assert_eq!(facts.chain_not_after, UnixMs(1_893_456_000_000));
        assert_eq!(facts.names, ["b1.example.org", "10.0.0.1"]);
        assert!(facts.for_servers && !facts.for_clients);
        assert_eq!(not_after_seconds(&own), Some(2_208_988_800));
        let again = parse_chain(9093, [own.as_slice()]).unwrap();
        assert_eq!((again.key_hash, again.chain_not_after), (facts.key_hash.clone(), facts.not_after));
        assert_ne!(parse_chain(1, [other.as_slice()]).unwrap().key_hash, facts.key_hash);
        assert!(parse_chain(1, [&own[..own.len() - 1]]).is_none() && parse_chain(1, []).is_none());
    }

    proptest! {
        #[test]
        fn other_bytes_have_no_facts(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(parse_chain(1, [bytes.as_slice()]).is_none());
            prop_assert!(names_of(&bytes).is_empty());
        }
    }
}
