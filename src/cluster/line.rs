//! An open connection, without anybody's credentials, and kube's client on top of it with root's or a user's.
//!
//! kube's own client speaks only HTTP/1.1, and opens a connection for each concurrent request. Its `ConfigExt`
//! provides the TLS and authentication layers for this one.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use kube::client::middleware::AuthLayer;
use kube::client::{Body, ConfigExt};
use secrecy::SecretString;
use tower::{BoxError, Service, ServiceBuilder};

use super::user_token::only;
use crate::dial::{Route, Stream};

/// The way to the server, with the CA that is trusted.
pub fn route(config: &kube::Config) -> Result<Route, kube::Error> {
    Ok(Route {
        tls: config.rustls_client_config()?,
        proxy: config.proxy_url.clone(),
        server_name: config.tls_server_name.clone(),
    })
}

/// Knows how to reach the server.
pub(super) struct Dialer {
    config: kube::Config,
    route: Route,
}

impl Dialer {
    pub fn new(config: kube::Config) -> Result<Self, kube::Error> {
        let route = route(&config)?;
        Ok(Self { config, route })
    }

    pub fn config(&self) -> &kube::Config {
        &self.config
    }

    pub async fn dial(&self) -> Result<Stream, BoxError> {
        self.route.dial(self.config.cluster_url.clone()).await
    }
}

/// The connection that is open, in a pool that starts with it; without anybody's credentials.
pub(super) struct Line {
    dialer: Arc<Dialer>,
    pool: Client<Connector, Body>,
}

impl Line {
    pub fn open(dialer: Arc<Dialer>, first: Stream) -> Self {
        let mut builder = Client::builder(TokioExecutor::new());
        // If the protocol is set, the pool opens only one connection, however many requests start at once.
        builder.http2_only(first.is_http2);
        let pool = builder.build(Connector {
            first: Arc::new(Mutex::new(Some(first))),
            dialer: Arc::clone(&dialer),
        });
        Self { dialer, pool }
    }

    /// kube's client on top of it, with the credentials of its configuration.
    pub fn client_of_config(&self, auth: Option<AuthLayer>) -> Result<kube::Client, BoxError> {
        self.client(&self.dialer.config, auth)
    }

    fn client(&self, config: &kube::Config, auth: Option<AuthLayer>) -> Result<kube::Client, BoxError> {
        let service = ServiceBuilder::new()
            .layer(config.base_uri_layer())
            .option_layer(auth)
            .layer(config.extra_headers_layer()?)
            .map_err(BoxError::from)
            .service(self.pool.clone());
        Ok(kube::Client::new(service, config.default_namespace.clone()))
    }

    /// The same connection with a user's token. `None` if the server is not verified, or if TLS shows it a certificate of
    /// root's, which it would take before the token (k8s.io/apiserver, `authenticator.New`: x509 comes first).
    pub fn client_of(&self, token: &SecretString) -> Option<kube::Client> {
        let own = &self.dialer.config;
        let is_verified = own.cluster_url.scheme_str() == Some("https") && !own.accept_invalid_certs;
        let info = &own.auth_info;
        let has_certificate = info.client_certificate.is_some() || info.client_certificate_data.is_some();
        if !is_verified || has_certificate {
            return None;
        }
        let mut config = own.clone();
        config.auth_info = only(token);
        config.headers.clear();
        self.client(&config, config.auth_layer().ok()?).ok()
    }
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
