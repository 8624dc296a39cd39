//! When the content of a declared secret expires by its own words: certificates in PEM, grid proxies, and JWTs.

use std::time::{Duration, SystemTime};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::CertificateDer;
use secrecy::zeroize::Zeroizing;
use secrecy::SecretString;

use crate::certificates::SOON;
use crate::registry::stated_end;
use crate::validity::Validity;

/// In the first line of every private key in PEM.
const PRIVATE_KEY: &[u8] = b"PRIVATE KEY-----";
/// No token is larger, in bytes.
const LARGEST_TOKEN: usize = 64 << 10;
/// Of something whose lifetime is not known, how long before its end it is told.
const SHORT: Duration = Duration::from_secs(3600);

/// When something expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    /// When.
    pub at: SystemTime,
    /// How long before it is told, unless the declaration says so: a quarter of its lifetime, and a month at most. A grid
    /// proxy lives for hours, and a server's certificate for a year.
    pub told_before: Duration,
}

/// A file with PEM in it that ends too early, as while it is being written.
#[derive(Debug, PartialEq, Eq)]
pub struct Torn;

/// Whether there is a private key in a file: then certificates are a credential's.
pub fn has_key(bytes: &[u8]) -> bool {
    bytes.windows(PRIVATE_KEY.len()).any(|window| window == PRIVATE_KEY)
}

/// When the content of a file expires; `None` if it does not say. `is_credential` says whether there is a private key in the
/// Secret.
///
/// Of a credential's chain the first certificate that expires decides, but for roots, which nobody looks at. What is no chain
/// is a bundle of CAs, of which many have some that have expired: there the last one decides.
pub fn end_of(bytes: &[u8], is_credential: bool) -> Result<Option<End>, Torn> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let all: Vec<Validity> = certificates
        .map_err(|_| Torn)?
        .iter()
        .filter_map(|certificate| Validity::of(certificate))
        .collect();
    let is_chain = is_credential && all.first().is_some_and(|first| !first.is_self_issued);
    Ok(if is_chain {
        all.iter().filter(|one| !one.is_self_issued).map(End::of).min()
    } else {
        all.iter().map(End::of).max().or_else(|| of_token(bytes))
    })
}

fn of_token(bytes: &[u8]) -> Option<End> {
    if bytes.len() > LARGEST_TOKEN {
        return None;
    }
    let text = Zeroizing::new(std::str::from_utf8(bytes).ok()?.trim().to_owned());
    let at = stated_end(&SecretString::from(text.as_str()))?;
    Some(End { at, told_before: SHORT })
}

impl End {
    fn of(validity: &Validity) -> Self {
        let lifetime = validity.until.duration_since(validity.from).unwrap_or_default();
        Self {
            at: validity.until,
            told_before: SOON.min(lifetime / 4),
        }
    }
}
