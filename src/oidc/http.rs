//! Asking an identity provider: one connection, one deadline, whom to trust, and the way through a proxy.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{header, HeaderValue, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper_rustls::ConfigBuilderExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::{pem::PemObject as _, CertificateDer};
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;
use tower::{BoxError, Service};

use crate::dial::{Route, Stream};
use crate::exit::innermost;

/// A few times what the largest providers send. In bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// Why an identity provider could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No connection.
    #[error("cannot reach {url}: {reason}; check the address, and proxies and firewalls on the way")]
    Unreachable {
        /// What was asked.
        url: String,
        /// What failed.
        reason: String,
    },
    /// The certificate is of an authority that is not trusted.
    #[error("{url} has a certificate that this system does not trust: {reason}; add its authority to the system's (update-ca-trust or update-ca-certificates), or name it in IDP_CA_FILE of hook.env")]
    Certificate {
        /// What was asked.
        url: String,
        /// What failed.
        reason: String,
    },
    /// The deadline was over.
    #[error("{url} did not answer in time; check the identity provider, and proxies and firewalls on the way")]
    Deadline {
        /// What was asked.
        url: String,
    },
    /// The authorities to trust cannot be read.
    #[error("cannot read the authorities for the identity provider: {reason}; write them in PEM into the file that IDP_CA_FILE of hook.env names")]
    Authorities {
        /// What failed.
        reason: String,
    },
}

/// Whom to trust, which way to go, and until when.
#[derive(Debug, Clone)]
pub struct Access {
    /// Authorities in PEM, in place of the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// The URL of a proxy. None is taken from the environment, as nowhere in this program.
    pub proxy: Option<SecretString>,
    /// When to give up.
    pub until: Instant,
}

/// A client that keeps its connection from one question to the next.
#[derive(Clone)]
pub struct Http {
    client: Client<Connector, Full<Bytes>>,
    until: Instant,
}

/// What came back. It may hold tokens, so it has no `Debug`.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
}

impl Http {
    /// Reads the authorities; connects to nobody yet.
    pub fn new(access: &Access) -> Result<Self, HttpError> {
        let proxy = access.proxy.as_ref().and_then(|url| url.expose_secret().parse().ok());
        let route = Route {
            tls: tls(access.ca_pem.as_deref())?,
            proxy,
            server_name: None,
        };
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(Connector(Arc::new(route))),
            until: access.until,
        })
    }

    /// The same with another moment to give up at.
    #[must_use]
    pub fn until(mut self, until: Instant) -> Self {
        self.until = until;
        self
    }

    /// Asks for a document.
    pub async fn get(&self, url: &Uri) -> Result<Answer, HttpError> {
        self.send(url, Request::get(url.clone()), Bytes::new()).await
    }

    /// Sends a form, with the client's name and password in a header where there is one.
    pub async fn post(
        &self,
        url: &Uri,
        form: &SecretString,
        authorization: Option<HeaderValue>,
    ) -> Result<Answer, HttpError> {
        let mut request = Request::post(url.clone());
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(mut value) = authorization {
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        let form = Bytes::copy_from_slice(form.expose_secret().as_bytes());
        self.send(url, request, form).await
    }

    async fn send(&self, url: &Uri, request: http::request::Builder, body: Bytes) -> Result<Answer, HttpError> {
        let request = request
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, concat!("ood-k8s/", env!("CARGO_PKG_VERSION")))
            .body(Full::new(body))
            .map_err(|error| translate(url, &error))?;
        let answered = async {
            let response = self.client.request(request).await;
            let response = response.map_err(|error| translate(url, &error))?;
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
            let body = body.map_err(|error| translate(url, error.as_ref()))?.to_bytes();
            Ok(Answer { status, body })
        };
        let answered = tokio::time::timeout_at(self.until, answered).await;
        answered.unwrap_or_else(|_| Err(HttpError::Deadline { url: url.to_string() }))
    }
}

fn tls(ca_pem: Option<&[u8]>) -> Result<ClientConfig, HttpError> {
    let unreadable = |reason: String| HttpError::Authorities { reason };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unreadable(error.to_string()))?;
    let Some(pem) = ca_pem else {
        let builder = builder.with_native_roots();
        return Ok(builder
            .map_err(|error| unreadable(error.to_string()))?
            .with_no_client_auth());
    };
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates.map_err(|error| unreadable(error.to_string()))?);
    if added == 0 {
        return Err(unreadable("there is no certificate in PEM in IDP_CA_FILE".into()));
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn translate(url: &Uri, error: &(dyn std::error::Error + 'static)) -> HttpError {
    let (url, innermost) = (url.to_string(), innermost(error));
    let reason = innermost.to_string();
    match innermost.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(_)) => HttpError::Certificate { url, reason },
        _ => HttpError::Unreachable { url, reason },
    }
}

/// Dials on the one route there is.
#[derive(Clone)]
struct Connector(Arc<Route>);

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let route = Arc::clone(&self.0);
        Box::pin(async move { route.dial(server).await })
    }
}
