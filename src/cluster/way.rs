//! How a server is reached, before anybody's credentials: its address, whom TLS trusts there, and the certificate it shows.

use http::Uri;

use crate::dial::Route;
use crate::tls::{self, ClientCertificate, TlsError, Trusted};

/// The way to a server.
#[derive(Clone)]
pub struct Way {
    /// The server's URL, with the path before all others if it has one.
    pub url: Uri,
    /// A proxy.
    pub proxy: Option<Uri>,
    /// The name that the server's certificate must have, if it is not the URL's.
    pub server_name: Option<String>,
    /// Whom TLS trusts.
    pub trusted: Trusted,
    /// The certificate that TLS shows.
    pub certificate: Option<ClientCertificate>,
}

/// Shows no proxy: there may be a password in its URL.
impl std::fmt::Debug for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Way")
            .field("server", &self.url.host())
            .finish_non_exhaustive()
    }
}

impl Way {
    /// The way as it is dialled.
    pub fn route(&self) -> Result<Route, TlsError> {
        Ok(Route {
            tls: tls::client(&self.trusted, self.certificate.as_ref())?,
            proxy: self.proxy.clone(),
            server_name: self.server_name.clone(),
        })
    }

    /// Whether the server is not verified.
    pub fn trusts_anybody(&self) -> bool {
        matches!(self.trusted, Trusted::Anybody)
    }

    /// Whether TLS protects what is sent.
    pub fn is_secure(&self) -> bool {
        self.url.scheme_str() == Some("https")
    }
}
