//! One connection to an API server: HTTP/2 where ALPN gives it, HTTP/1.1 where it does not, through a proxy where one is set.
//!
//! kube's own client speaks HTTP/1.1 only, and opens a connection for each request that runs side by
//! side. Its `ConfigExt` gives the TLS and authentication layers for this one.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ConfigExt};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};

use super::api::Api;
use super::root_kubeconfig::Target;
use super::transport::Transport;
use super::ClusterError;
use crate::deadline::Deadline;
use crate::error::innermost;

/// Opens the connection: TCP, the proxy if there is one, TLS. Then one round trip a request.
pub async fn connect(target: Target, deadline: &Deadline) -> Result<Api, ClusterError> {
    let Target {
        config,
        server,
        identity,
    } = target;
    let failed = |error: BoxError| translate(&server, error.as_ref());
    let dialer = Arc::new(Dialer::new(config).map_err(failed)?);
    let connecting = tokio::time::timeout_at(deadline.instant(), dialer.dial()).await;
    let first = connecting.map_err(|_| ClusterError::Deadline {
        server: server.clone(),
        what: "connect".into(),
        total: deadline.total(),
    })?;
    let first = first.map_err(failed)?;
    let http2 = first.is_http2;
    let client = client(&dialer, first).map_err(failed)?;
    crate::log::debug(|| format!("connected to {server} by {}", if http2 { "HTTP/2" } else { "HTTP/1.1" }));
    Ok(Api::new(Transport {
        client,
        server,
        identity,
        is_http2: http2,
        deadline: deadline.clone(),
    }))
}

/// Knows how to reach the server.
struct Dialer {
    config: kube::Config,
    tls: rustls::ClientConfig,
}

impl Dialer {
    fn new(config: kube::Config) -> Result<Self, BoxError> {
        let tls = config.rustls_client_config()?;
        Ok(Self { config, tls })
    }

    async fn dial(&self) -> Result<Stream, BoxError> {
        let server = self.config.cluster_url.clone();
        let Some(proxy) = self.config.proxy_url.clone() else {
            return self.secure(tcp(), server).await;
        };
        match proxy.scheme_str() {
            Some("socks5") => self.secure(SocksV5::new(proxy, tcp()), server).await,
            Some("https") => {
                let to_proxy = hyper_rustls::HttpsConnectorBuilder::new()
                    .with_tls_config(self.tls.clone())
                    .https_only()
                    .enable_http1()
                    .wrap_connector(tcp());
                self.secure(with_basic_auth(&proxy, Tunnel::new(proxy.clone(), to_proxy)), server)
                    .await
            }
            Some("http") => {
                self.secure(with_basic_auth(&proxy, Tunnel::new(proxy.clone(), tcp())), server)
                    .await
            }
            _ => Err("the proxy-url is neither http, https nor socks5".into()),
        }
    }

    /// TLS over whatever `inner` connects, with the name that the certificate must have.
    async fn secure<C>(&self, inner: C, server: Uri) -> Result<Stream, BoxError>
    where
        C: Service<Uri> + Send + 'static,
        C::Response: Connection + Read + Write + Send + Unpin + 'static,
        C::Future: Send + 'static,
        C::Error: Into<BoxError>,
    {
        let builder = hyper_rustls::HttpsConnectorBuilder::new()
            // The clone shares the session cache: a second connection resumes the first's session.
            .with_tls_config(self.tls.clone())
            .https_or_http();
        let builder = match &self.config.tls_server_name {
            None => builder,
            Some(name) => {
                builder.with_server_name_resolver(hyper_rustls::FixedServerNameResolver::new(name.clone().try_into()?))
            }
        };
        let mut connector = builder.enable_http1().enable_http2().wrap_connector(inner);
        let stream = connector.ready().await?.call(server).await?;
        Ok(Stream {
            is_http2: stream.connected().is_negotiated_h2(),
            io: Box::pin(stream),
        })
    }
}

fn tcp() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    // Small requests side by side: none may wait for the other's acknowledgement.
    tcp.set_nodelay(true);
    tcp
}

/// `http://user:password@proxy`, as kubectl takes it.
fn with_basic_auth<C>(proxy: &Uri, tunnel: Tunnel<C>) -> Tunnel<C> {
    use base64::Engine as _;
    let Some((userinfo, _)) = proxy.authority().and_then(|a| a.as_str().rsplit_once('@')) else {
        return tunnel;
    };
    let encoded = base64::engine::general_purpose::STANDARD.encode(userinfo);
    match http::HeaderValue::from_str(&format!("Basic {encoded}")) {
        Ok(mut header) => {
            header.set_sensitive(true);
            tunnel.with_auth(header)
        }
        Err(_) => tunnel,
    }
}

/// kube's client on top of a pool that begins with the connection that is already open.
fn client(dialer: &Arc<Dialer>, first: Stream) -> Result<kube::Client, BoxError> {
    let mut builder = Client::builder(TokioExecutor::new());
    // Told beforehand, the pool opens one connection however many requests begin at once.
    builder.http2_only(first.is_http2);
    let config = &dialer.config;
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(builder.build::<_, Body>(Connector {
            first: Arc::new(Mutex::new(Some(first))),
            dialer: Arc::clone(dialer),
        }));
    Ok(kube::Client::new(service, config.default_namespace.clone()))
}

/// Hands out the first connection, then dials anew: for HTTP/1.1, or when the server closed it.
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

trait ReadWrite: Read + Write + Send {}
impl<T: Read + Write + Send> ReadWrite for T {}

/// An open connection, whatever it goes through.
struct Stream {
    io: Pin<Box<dyn ReadWrite>>,
    is_http2: bool,
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        let connected = Connected::new();
        if self.is_http2 {
            connected.negotiated_h2()
        } else {
            connected
        }
    }
}

impl Read for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        self.io.as_mut().poll_read(cx, buf)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.io.as_mut().poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.as_mut().poll_shutdown(cx)
    }
}

/// Tells a certificate that is not trusted from a server that cannot be reached.
pub(super) fn translate(server: &str, error: &(dyn std::error::Error + 'static)) -> ClusterError {
    let server = server.to_owned();
    let innermost = innermost(error);
    let reason = innermost.to_string();
    match innermost.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(_)) => ClusterError::Certificate { server, reason },
        _ => ClusterError::Unreachable { server, reason },
    }
}
