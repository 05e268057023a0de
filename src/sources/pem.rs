//! Small files with secrets, and the certificates and keys in them. What is wrong with one is told with its place: the
//! flag or key that names the file, and the file.

use std::io::Read;
use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::limits::SECRET_FILE_BYTES_MAX;

/// Reads a small file.
///
/// # Errors
/// What is wrong with it, without its name.
pub(crate) fn read_small(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read ({})", error.kind());
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(SECRET_FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > SECRET_FILE_BYTES_MAX {
        return Err(format!("is larger than {SECRET_FILE_BYTES_MAX} bytes"));
    }
    Ok(bytes)
}

/// All certificates of a PEM file; at least one.
///
/// # Errors
/// One line that begins with `place` and ends with the next step.
pub(crate) fn certificates(place: &str, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    no_key_store(place, bytes)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let read = read.map_err(|_| not_pem(place, "is not well-formed PEM"))?;
    if read.is_empty() { Err(not_pem(place, "holds no certificate")) } else { Ok(read) }
}

/// The private key of a PEM file.
///
/// # Errors
/// As [`certificates`].
pub(crate) fn private_key(place: &str, bytes: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    no_key_store(place, bytes)?;
    let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    if has(b"ENCRYPTED PRIVATE KEY") || has(b"Proc-Type: 4,ENCRYPTED") {
        return Err(format!(
            "{place}: encrypted keys are not supported; convert it with: openssl pkey -in FILE -out key.pem"
        ));
    }
    PrivateKeyDer::from_pem_slice(bytes).map_err(|_| not_pem(place, "holds no private key"))
}

/// What is said of a certificate that is PEM and yet cannot be read.
pub(crate) fn unreadable(place: &str) -> String {
    not_pem(place, "holds a certificate that cannot be read")
}

/// Java's key stores are told what to become.
fn no_key_store(place: &str, bytes: &[u8]) -> Result<(), String> {
    let how = if bytes.starts_with(&[0xfe, 0xed, 0xfe, 0xed]) || bytes.starts_with(&[0xce, 0xce, 0xce, 0xce]) {
        "JKS is not supported; convert it with: keytool -importkeystore -srckeystore FILE -destkeystore store.p12 \
         -deststoretype PKCS12, then openssl pkcs12 -in store.p12 -nodes -out store.pem"
    } else if bytes.first() == Some(&0x30) && bytes.get(1).is_some_and(|length| *length >= 0x80) {
        "PKCS12 and DER are not supported; convert it with: openssl pkcs12 -in FILE -nodes -out store.pem"
    } else {
        return Ok(());
    };
    Err(format!("{place}: {how}"))
}

fn not_pem(place: &str, what: &str) -> String {
    format!("{place}: {what}; it must be PEM (-----BEGIN ...).")
}
