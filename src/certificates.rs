//! Whether a server's certificate is trusted, now and in a month: tried by handshakes, one of them with the clock put forward.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::Uri;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{CertificateError, RootCertStore};
use tower::BoxError;

use crate::dial::{self, Route};
use crate::exit::innermost;

/// A certificate that ends sooner is told: time to have a new one signed, and to bring in a new CA.
pub const SOON: Duration = Duration::from_secs(30 * 24 * 3600);

/// What a handshake has shown.
#[derive(Debug, PartialEq, Eq)]
pub enum Trust {
    /// It is trusted, and will be in a month.
    Good,
    /// It is trusted, but it or a certificate between it and the CA expires within a month.
    EndsSoon(Option<SystemTime>),
    /// It is not trusted.
    Refused(String),
    /// There was no handshake.
    NotReached(String),
}

/// Opens a connection on the route, and another one a month ahead, within this time. Nothing is sent on either.
pub async fn look(route: &Route, server: &Uri, patience: Duration) -> Trust {
    let looked = tokio::time::timeout(patience, handshakes(route, server)).await;
    looked.unwrap_or_else(|_| Trust::NotReached(format!("no answer within {patience:?}")))
}

async fn handshakes(route: &Route, server: &Uri) -> Trust {
    if let Err(error) = route.dial(server.clone()).await {
        return match fault(&error) {
            Some(fault) => Trust::Refused(dial::reason(&rustls::Error::InvalidCertificate(fault.clone()))),
            None => Trust::NotReached(dial::reason(innermost(error.as_ref()))),
        };
    }
    let mut later = route.clone();
    later.tls.time_provider = Arc::new(Later);
    // A resumed session would show no certificate.
    later.tls.resumption = Resumption::disabled();
    match later.dial(server.clone()).await {
        Err(error) => fault(&error).and_then(end).unwrap_or(Trust::Good),
        Ok(_) => Trust::Good,
    }
}

/// When the first of these CA certificates (PEM) expires, if that is within a month.
///
/// rustls does not look at the dates of a certificate that it trusts: so each is judged as if a server showed it. That it is
/// no server's is said only if its dates are right.
pub fn first_end(pem: &[u8], now: SystemTime) -> Option<SystemTime> {
    let certificates = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok);
    certificates.filter_map(|it| ends_before(&it, now + SOON)).min()
}

/// The same for one certificate in DER.
pub fn first_end_of_der(der: &[u8], now: SystemTime) -> Option<SystemTime> {
    ends_before(&CertificateDer::from(der), now + SOON)
}

fn ends_before(certificate: &CertificateDer<'_>, then: SystemTime) -> Option<SystemTime> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone().into_owned()).ok()?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
    let name = ServerName::try_from("ca.invalid").ok()?;
    let then = UnixTime::since_unix_epoch(then.duration_since(UNIX_EPOCH).ok()?);
    match verifier
        .build()
        .ok()?
        .verify_server_cert(certificate, &[], &name, &[], then)
    {
        Err(rustls::Error::InvalidCertificate(fault)) => match end(&fault) {
            Some(Trust::EndsSoon(end)) => end,
            _ => None,
        },
        _ => None,
    }
}

fn fault(error: &BoxError) -> Option<&CertificateError> {
    match innermost(error.as_ref()).downcast_ref::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(fault)) => Some(fault),
        _ => None,
    }
}

/// The end that a fault speaks of, if it does.
fn end(fault: &CertificateError) -> Option<Trust> {
    match fault {
        CertificateError::Expired => Some(Trust::EndsSoon(None)),
        CertificateError::ExpiredContext { not_after, .. } => {
            let end = UNIX_EPOCH + Duration::from_secs(not_after.as_secs());
            Some(Trust::EndsSoon(Some(end)))
        }
        _ => None,
    }
}

/// The time in a month.
#[derive(Debug)]
struct Later;

impl TimeProvider for Later {
    fn current_time(&self) -> Option<UnixTime> {
        let then = SystemTime::now() + SOON;
        then.duration_since(UNIX_EPOCH).ok().map(UnixTime::since_unix_epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 3600;

    /// A CA that ends at the beginning of that day.
    fn ca(end: SystemTime) -> String {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.not_before = rcgen::date_time_ymd(2000, 1, 1);
        let date = crate::time::rfc3339(end);
        let part = |range: std::ops::Range<usize>| date[range].parse::<u8>().unwrap();
        params.not_after = rcgen::date_time_ymd(date[..4].parse().unwrap(), part(5..7), part(8..10));
        let key = rcgen::KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn the_first_end_of_several_authorities_is_told_if_it_is_within_a_month() {
        let now = SystemTime::now();
        let (soon, late) = (Duration::from_secs(20 * DAY), Duration::from_secs(32 * DAY));
        assert_eq!(first_end(ca(now + late).as_bytes(), now), None);
        for end in [now + soon, now - soon, now - late] {
            let both = format!("{}{}", ca(now + late), ca(end));
            let found = first_end(both.as_bytes(), now).expect("an end");
            let whole_days = end.duration_since(UNIX_EPOCH).unwrap().as_secs() / DAY * DAY;
            assert_eq!(found, UNIX_EPOCH + Duration::from_secs(whole_days));
        }
        assert_eq!(first_end(b"not PEM", now), None);
    }
}
