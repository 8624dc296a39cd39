//! Requests to an identity provider: one connection, one deadline, CA certificates, and a proxy if one is set.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{header, HeaderValue, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

use crate::dial::{self, Dialer, Route};
use crate::exit::innermost;
use crate::tls;

/// A few times what the largest providers send, in bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// Why a request to an identity provider failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No connection.
    #[error("cannot reach {url}: {reason}; check the address, and any proxy or firewall on the path")]
    Unreachable {
        /// The requested URL.
        url: String,
        /// What failed.
        reason: String,
    },
    /// The certificate was issued by a CA that is not trusted.
    #[error("{url} has a certificate that this system does not trust: {reason}; add its CA certificate to the system's (update-ca-trust or update-ca-certificates), or to a file that IDP_CA_FILE in hook.env specifies")]
    Certificate {
        /// The requested URL.
        url: String,
        /// What failed.
        reason: String,
    },
    /// The deadline has passed.
    #[error("{url} did not answer in time; check the identity provider, and any proxy or firewall on the path")]
    Deadline {
        /// The requested URL.
        url: String,
    },
    /// The CA certificates cannot be read.
    #[error("cannot read the CA certificates for the identity provider: {reason}; write them in PEM to the file that IDP_CA_FILE in hook.env specifies")]
    Authorities {
        /// What failed.
        reason: String,
    },
}

/// Why a form has no answer, and whether anything of it can have left this host.
#[derive(Debug)]
pub struct Unanswered {
    /// What failed.
    pub error: HttpError,
    /// Whether a connection had taken the form. If not, no byte of it was sent: nobody was reached, or nobody who is trusted.
    pub is_sent: bool,
}

/// The CA certificates, the proxy and the deadline.
#[derive(Debug, Clone)]
pub struct Access {
    /// CA certificates in PEM, instead of the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// The URL of a proxy. As everywhere in this program, none is taken from the environment.
    pub proxy: Option<SecretString>,
    /// How long opening a connection may take.
    pub patience: Duration,
    /// The deadline.
    pub until: Instant,
}

/// A client that keeps its connection from one request to the next.
#[derive(Clone)]
pub struct Http {
    client: Client<Dialer, Payload>,
    until: Instant,
}

/// A request's body that notes when a connection takes it to send it.
struct Payload {
    bytes: Full<Bytes>,
    is_taken: Arc<AtomicBool>,
}

impl Body for Payload {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.is_taken.store(true, Ordering::Relaxed);
        Pin::new(&mut self.bytes).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.bytes.size_hint()
    }
}

/// A response. It may contain tokens, so it has no `Debug`.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// How many seconds it asks to wait before the next try (`Retry-After`).
    pub retry_after: Option<u64>,
    /// The body.
    pub body: Bytes,
}

impl Http {
    /// Reads the CA certificates; opens no connection yet.
    pub fn new(access: &Access) -> Result<Self, HttpError> {
        let dialer = Dialer {
            route: Arc::new(route(access)?),
            patience: Some(access.patience),
        };
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(dialer),
            until: access.until,
        })
    }

    /// Uses the same connection with a different deadline.
    #[must_use]
    pub fn until(mut self, until: Instant) -> Self {
        self.until = until;
        self
    }

    /// The time that is left for requests.
    pub fn remaining(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Requests a document.
    pub async fn get(&self, url: &Uri) -> Result<Answer, HttpError> {
        let answer = self.send(url, Request::get(url.clone()), Bytes::new()).await;
        answer.map_err(|unanswered| unanswered.error)
    }

    /// Sends a form, with the client's id and secret in a header if one is given.
    pub async fn post(
        &self,
        url: &Uri,
        form: &SecretString,
        authorization: Option<HeaderValue>,
    ) -> Result<Answer, Unanswered> {
        let mut request = Request::post(url.clone());
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(mut value) = authorization {
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        let form = Bytes::copy_from_slice(form.expose_secret().as_bytes());
        self.send(url, request, form).await
    }

    async fn send(&self, url: &Uri, request: http::request::Builder, body: Bytes) -> Result<Answer, Unanswered> {
        let is_taken = Arc::new(AtomicBool::new(false));
        let payload = Payload {
            bytes: Full::new(body),
            is_taken: Arc::clone(&is_taken),
        };
        let answered = tokio::time::timeout_at(self.until, self.answer(url, request, payload)).await;
        let answered = answered.unwrap_or_else(|_| Err(HttpError::Deadline { url: url.to_string() }));
        answered.map_err(|error| Unanswered {
            error,
            is_sent: is_taken.load(Ordering::Relaxed),
        })
    }

    async fn answer(&self, url: &Uri, request: http::request::Builder, payload: Payload) -> Result<Answer, HttpError> {
        let request = request
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, concat!("ood-k8s/", env!("CARGO_PKG_VERSION")))
            .body(payload)
            .map_err(|error| translate(url, &error))?;
        let response = self.client.request(request).await;
        let response = response.map_err(|error| translate(url, &error))?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
        let body = body.map_err(|error| translate(url, error.as_ref()))?.to_bytes();
        Ok(Answer {
            status,
            retry_after,
            body,
        })
    }
}

/// The way to an identity provider.
pub fn route(access: &Access) -> Result<Route, HttpError> {
    Ok(Route {
        tls: tls(access.ca_pem.as_deref())?,
        proxy: access.proxy.as_ref().and_then(|url| url.expose_secret().parse().ok()),
        server_name: None,
    })
}

fn tls(ca_pem: Option<&[u8]>) -> Result<ClientConfig, HttpError> {
    let tls = match ca_pem {
        None => tls::of_system().map_err(|error| error.to_string()),
        Some(pem) => tls::trusting(pem).map_err(|what| format!("IDP_CA_FILE contains {what}")),
    };
    tls.map_err(|reason| HttpError::Authorities { reason })
}

fn translate(url: &Uri, error: &(dyn std::error::Error + 'static)) -> HttpError {
    let (url, innermost) = (dial::shown(url), innermost(error));
    let reason = dial::reason(innermost);
    match innermost.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(_)) => HttpError::Certificate { url, reason },
        _ if is_over(innermost) => HttpError::Deadline { url },
        _ => HttpError::Unreachable { url, reason },
    }
}

/// Whether no connection was opened in the time for it.
fn is_over(error: &(dyn std::error::Error + 'static)) -> bool {
    let system = error.downcast_ref::<std::io::Error>();
    system.is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut)
}
