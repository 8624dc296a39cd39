//! When the content of a declared secret expires by its own words: certificates in PEM, grid proxies, and JWTs.

use std::time::{Duration, SystemTime};

use secrecy::zeroize::Zeroizing;
use secrecy::SecretString;

use super::keys::{certificates_in, Keys};
use crate::certificates::SOON;
use crate::registry::stated_end;
use crate::validity::Validity;

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

/// Why it is not known when a file expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoEnd {
    /// It has PEM in it that ends too early, as while it is being written.
    Incomplete,
    /// It has a certificate that counts, and whose dates cannot be read.
    Undated,
}

/// When the content of a file expires.
#[derive(Debug, PartialEq, Eq)]
pub struct Ends {
    /// When; `None` if it does not say.
    pub end: Option<End>,
    /// Whether it is a bundle in which the dates of a certificate cannot be read: the others decide.
    pub has_undated: bool,
}

/// When the content of a file expires. `keys` are those of the whole Secret.
///
/// Of a credential's chain, wherever in it the certificate of the key is, the first that expires decides, but for roots, which
/// nobody looks at. What is no chain is a bundle of CAs, of which many have some that have expired: there the last one decides.
pub fn ends_of(bytes: &[u8], keys: &Keys) -> Result<Ends, NoEnd> {
    let certificates = certificates_in(bytes).ok_or(NoEnd::Incomplete)?;
    let dates: Vec<_> = certificates.iter().map(|one| Validity::of(one)).collect();
    let has_undated = dates.contains(&None);
    let leaf = keys.leaf_of(&certificates);
    let end = match leaf {
        Some(_) if has_undated => return Err(NoEnd::Undated),
        Some(leaf) => {
            let chain = dates.iter().flatten().enumerate();
            let judged = chain.filter(|(place, one)| *place == leaf || !one.is_self_issued);
            judged.map(|(_, one)| End::of(one)).min()
        }
        None => dates.iter().flatten().map(End::of).max(),
    };
    match end {
        None if has_undated => Err(NoEnd::Undated),
        None if certificates.is_empty() => Ok(Ends {
            end: of_token(bytes),
            has_undated,
        }),
        end => Ok(Ends { end, has_undated }),
    }
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
