//! An open connection, without anybody's credentials, and a client on top of it with root's or a user's.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::{HeaderMap, Request, Response, Uri};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper_util::client::legacy::{Client as Pool, Error};
use hyper_util::rt::TokioExecutor;
use secrecy::SecretString;
use tower::{BoxError, Service};

use super::authorization::Authorization;
use super::login::bearer;
use super::way::Way;
use crate::dial::{Route, Stream};
use crate::tls::TlsError;

/// Knows how to reach the server.
pub(super) struct Dialer {
    way: Way,
    route: Route,
}

impl Dialer {
    pub fn new(way: Way) -> Result<Self, TlsError> {
        let route = way.route()?;
        Ok(Self { way, route })
    }

    pub async fn dial(&self) -> Result<Stream, BoxError> {
        self.route.dial(self.way.url.clone()).await
    }
}

/// The connection that is open, in a pool that starts with it; without anybody's credentials.
pub(super) struct Line {
    dialer: Arc<Dialer>,
    pool: Pool<Connector, Full<Bytes>>,
}

/// The connection with somebody's credentials.
#[derive(Clone)]
pub(super) struct Client {
    line: Arc<Line>,
    authorization: Arc<Authorization>,
    /// As whom to act.
    impersonation: HeaderMap,
}

impl Line {
    pub fn open(dialer: Arc<Dialer>, first: Stream) -> Self {
        let mut builder = Pool::builder(TokioExecutor::new());
        // If the protocol is set, the pool opens only one connection, however many requests start at once.
        builder.http2_only(first.is_http2);
        let pool = builder.build(Connector {
            first: Arc::new(Mutex::new(Some(first))),
            dialer: Arc::clone(&dialer),
        });
        Self { dialer, pool }
    }

    /// A client on top of it.
    pub fn client(self: &Arc<Self>, authorization: Authorization, impersonation: HeaderMap) -> Client {
        Client {
            line: Arc::clone(self),
            authorization: Arc::new(authorization),
            impersonation,
        }
    }

    /// The same connection with a user's token. `None` if the server is not verified, or if TLS shows it a certificate of
    /// root's, which it would take before the token (k8s.io/apiserver, `authenticator.New`: x509 comes first).
    pub fn client_of(self: &Arc<Self>, token: &SecretString) -> Option<Client> {
        let way = &self.dialer.way;
        if !way.is_secure() || way.trusts_anybody() || way.certificate.is_some() {
            return None;
        }
        let authorization = Authorization::Fixed(bearer(token)?);
        Some(self.client(authorization, HeaderMap::new()))
    }
}

impl Client {
    /// Sends a request whose URI is a path with a query; the server's own path goes before it.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, BoxError> {
        let (mut parts, body) = request.into_parts();
        parts.uri = below(&self.line.dialer.way.url, &parts.uri)?;
        if let Some(header) = self.authorization.header().await {
            parts.headers.insert(http::header::AUTHORIZATION, header);
        }
        parts.headers.extend(self.impersonation.clone());
        let sent: Result<_, Error> = self.line.pool.request(Request::from_parts(parts, body)).await;
        Ok(sent?)
    }
}

/// A path on this server, below the path that its URL has.
fn below(server: &Uri, path: &Uri) -> Result<Uri, http::Error> {
    let mut parts = server.clone().into_parts();
    let base = server.path().trim_end_matches('/');
    let wanted = path.path_and_query().map_or("/", |wanted| wanted.as_str());
    parts.path_and_query = Some(format!("{base}{wanted}").try_into()?);
    Ok(Uri::from_parts(parts)?)
}

/// Returns the first connection once, then dials new ones: for HTTP/1.1, or if the server closed it.
#[derive(Clone)]
struct Connector {
    first: Arc<Mutex<Option<Stream>>>,
    dialer: Arc<Dialer>,
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let first = self.first.lock().ok().and_then(|mut first| first.take());
        let dialer = Arc::clone(&self.dialer);
        Box::pin(async move {
            match first {
                Some(stream) => Ok(stream),
                None => dialer.dial().await,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_goes_below_the_path_of_the_server() {
        for (server, path, expected) in [
            (
                "https://api:6443",
                "/api/v1/pods?watch=1",
                "https://api:6443/api/v1/pods?watch=1",
            ),
            (
                "https://rancher/k8s/clusters/c-1",
                "/api",
                "https://rancher/k8s/clusters/c-1/api",
            ),
            ("https://rancher/k8s/", "/api", "https://rancher/k8s/api"),
            ("http://[::1]:80/", "/version", "http://[::1]:80/version"),
        ] {
            let joined = below(&server.parse().unwrap(), &path.parse().unwrap()).unwrap();
            assert_eq!(joined.to_string(), expected);
        }
    }
}
