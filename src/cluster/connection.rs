//! One connection to an API server: HTTP/2 if ALPN negotiates it, else HTTP/1.1; through a proxy if one is set.

use std::sync::Arc;
use std::time::Duration;

use tower::BoxError;

use super::api::Api;
use super::body::Largest;
use super::error::ClusterError;
use super::line::{Dialer, Line};
use super::login::headers;
use super::tally::Tally;
use super::target::Target;
use super::transport::{translate, Transport};
use crate::deadline::Deadline;

/// The part of the time that is left that a plugin, and then TCP and TLS, may take: the rest is for the user's home.
const SHARE: f64 = 0.6;

/// Opens the connection: TCP, the proxy if there is one, TLS. After that, a request takes one round trip.
pub async fn connect(target: Target, deadline: &Deadline) -> Result<Api, ClusterError> {
    let Target {
        mut way,
        credentials,
        server,
        identity,
        origin,
        patience,
    } = target;
    let failed = |error: BoxError| translate(&server, error.as_ref());
    // Nothing is sent before these are right.
    let (authorization, certificate) = origin.authorization(credentials.by, share(deadline)).await?;
    // The file's own certificate goes before a plugin's (client-go `transport.TLSConfigFor`).
    way.certificate = way.certificate.or(certificate);
    let dialer = Arc::new(Dialer::new(way).map_err(|error| origin.unusable(&error))?);
    let patience = patience.min(share(deadline));
    let connecting = tokio::time::timeout(patience, dialer.dial()).await;
    let first = connecting.map_err(|_| ClusterError::Silent {
        server: server.clone(),
        after: patience,
    })?;
    let first = first.map_err(failed)?;
    let http2 = first.is_http2;
    let line = Arc::new(Line::open(dialer, first));
    crate::log::debug(|| {
        format!(
            "connected to {server} over {}",
            if http2 { "HTTP/2" } else { "HTTP/1.1" }
        )
    });
    Ok(Api::new(Transport {
        client: line.client(authorization, headers(&credentials.impersonate)),
        line,
        server,
        identity,
        is_http2: http2,
        deadline: deadline.clone(),
        largest: Largest::default(),
        tally: Tally::default(),
    }))
}

fn share(deadline: &Deadline) -> Duration {
    deadline.remaining().mul_f64(SHARE)
}
