//! The private keys in a declared secret, and which certificates are theirs.

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::tls::public_key_of;
use crate::validity::{key_in_info, public_key, Validity};

/// In the first line of every private key in PEM.
const PRIVATE_KEY: &[u8] = b"PRIVATE KEY-----";

/// Whether there is a private key in a file: then certificates are a credential's.
pub fn has_key(bytes: &[u8]) -> bool {
    bytes.windows(PRIVATE_KEY.len()).any(|window| window == PRIVATE_KEY)
}

/// The certificates in a file, in their order; `None` if it has PEM in it that ends too early.
pub fn certificates_in(bytes: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(bytes).collect::<Result<_, _>>().ok()
}

/// Private keys, by their public ones.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Keys {
    known: Vec<Vec<u8>>,
    /// Whether there is one that cannot be compared: it is encrypted, or of a kind that TLS does not use.
    has_unknown: bool,
}

impl Keys {
    /// Those in a file.
    pub fn of(bytes: &[u8]) -> Self {
        if !has_key(bytes) {
            return Self::default();
        }
        let public = |key: Result<PrivateKeyDer<'static>, _>| {
            let info = public_key_of(key.ok()?)?;
            key_in_info(&info).map(<[u8]>::to_vec)
        };
        let keys: Vec<_> = PrivateKeyDer::pem_slice_iter(bytes).map(public).collect();
        Self {
            has_unknown: keys.is_empty() || keys.contains(&None),
            known: keys.into_iter().flatten().collect(),
        }
    }

    /// Those in all files.
    pub fn of_all<'f>(files: impl Iterator<Item = &'f [u8]>) -> Self {
        files.map(Self::of).fold(Self::default(), |mut all, keys| {
            all.known.extend(keys.known);
            all.has_unknown |= keys.has_unknown;
            all
        })
    }

    /// Which of the certificates is one of these keys'; if there is one that cannot be compared, the first, unless that is a root.
    pub fn leaf_of(&self, certificates: &[CertificateDer<'_>]) -> Option<usize> {
        let fits = |certificate: &CertificateDer<'_>| {
            public_key(certificate).is_some_and(|public| self.known.iter().any(|key| key == public))
        };
        let fitting = certificates.iter().position(fits);
        let first = certificates.first().filter(|_| self.has_unknown);
        let is_no_root = |first: &CertificateDer<'_>| Validity::of(first).is_none_or(|first| !first.is_self_issued);
        fitting.or_else(|| first.filter(|first| is_no_root(first)).map(|_| 0))
    }

    /// Whether they are known, and none of the certificates is theirs.
    fn fit_none_of(&self, certificates: &[CertificateDer<'_>]) -> bool {
        let is_comparable = !self.known.is_empty() && !self.has_unknown;
        is_comparable && !certificates.is_empty() && self.leaf_of(certificates).is_none()
    }
}

/// A file of a Secret: its key there, and what is in it.
pub type File<'f> = (&'f str, &'f [u8]);

/// Two files of a Secret that should be a pair and are not, as while both are being replaced: the one with the private key, and
/// the one with a certificate. They are a pair if their names differ by `key` and `crt` or `cert`, or if they are one file.
pub fn mismatched<'f>(files: &[File<'f>]) -> Option<(&'f str, &'f str)> {
    let all: Vec<_> = files
        .iter()
        .filter_map(|(_, bytes)| certificates_in(bytes))
        .flatten()
        .collect();
    files
        .iter()
        .filter(|(_, bytes)| has_key(bytes))
        .find_map(|(name, bytes)| {
            let keys = Keys::of(bytes);
            if !keys.fit_none_of(&all) {
                return None;
            }
            let has_certificate =
                |(_, bytes): &&File<'f>| certificates_in(bytes).is_some_and(|found| !found.is_empty());
            let is_pair = |(other, _): &&File<'f>| other == name || is_certificate_of(other, name);
            let (other, _) = files.iter().filter(has_certificate).find(is_pair)?;
            Some((*name, *other))
        })
}

fn is_certificate_of(certificate: &str, key: &str) -> bool {
    let is_called = |word| key.contains("key") && key.replace("key", word) == certificate;
    is_called("crt") || is_called("cert")
}
