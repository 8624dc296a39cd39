//! One GET as the administrator, in this process: kubectl's start takes a tenth of a second of processor time, and who
//! waits for a server asks again and again.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Of each read and write.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the answer to a GET of `path` is 200. A server that does not answer is not ready.
pub fn is_ok(address: SocketAddr, ca_pem: &str, token: &str, path: &str) -> bool {
    let answer = get(address, ca_pem, token, path);
    answer.is_ok_and(|answer| answer.starts_with(b"HTTP/1.1 200 "))
}

fn get(address: SocketAddr, ca_pem: &str, token: &str, path: &str) -> io::Result<Vec<u8>> {
    let socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    let client = ClientConnection::new(configuration(ca_pem)?, ServerName::IpAddress(address.ip().into()));
    let mut stream = StreamOwned::new(client.map_err(io::Error::other)?, socket);
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

fn configuration(ca_pem: &str) -> io::Result<Arc<ClientConfig>> {
    let ca = CertificateDer::from_pem_slice(ca_pem.as_bytes()).map_err(io::Error::other)?;
    let mut roots = RootCertStore::empty();
    roots.add(ca).map_err(io::Error::other)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(io::Error::other)?.with_root_certificates(roots);
    Ok(Arc::new(builder.with_no_client_auth()))
}
