//! A small HTTPS client for the sandbox's own tests.

// Each test binary uses a part of it.
#![allow(dead_code)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::{http1, http2};
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use ood_k8s_sandbox::Sandbox;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

/// The response.
pub struct Reply {
    pub code: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("the body is JSON")
    }
}

/// An HTTP/1.1 or HTTP/2 connection.
enum Sender {
    One(http1::SendRequest<Full<Bytes>>),
    Two(http2::SendRequest<Full<Bytes>>),
}

/// One connection.
pub struct Client {
    sender: Sender,
    authorization: String,
}

type Error = Box<dyn std::error::Error + Send + Sync>;

/// TLS to the sandbox, offering these protocols.
pub async fn tls(sandbox: &Sandbox, name: &str, alpn: &[&str]) -> Result<TlsStream<TcpStream>, Error> {
    tls_to(sandbox.address(), sandbox.ca_pem(), name, alpn).await
}

/// TLS to any server of this crate.
async fn tls_to(address: SocketAddr, ca_pem: &str, name: &str, alpn: &[&str]) -> Result<TlsStream<TcpStream>, Error> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes())?)?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from(name.to_owned())?;
    Ok(TlsConnector::from(Arc::new(config)).connect(name, stream).await?)
}

impl Client {
    pub async fn connect(sandbox: &Sandbox, token: &str) -> Result<Self, Error> {
        Self::connect_to(sandbox.address(), sandbox.ca_pem(), &format!("Bearer {token}")).await
    }

    /// To any server of this crate, with this `Authorization`.
    pub async fn connect_to(address: SocketAddr, ca_pem: &str, authorization: &str) -> Result<Self, Error> {
        let stream = tls_to(address, ca_pem, "127.0.0.1", &["h2", "http/1.1"]).await?;
        let two = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let io = TokioIo::new(stream);
        let sender = if two {
            let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
            tokio::spawn(connection);
            Sender::Two(sender)
        } else {
            let (sender, connection) = http1::handshake(io).await?;
            tokio::spawn(connection);
            Sender::One(sender)
        };
        Ok(Self {
            sender,
            authorization: authorization.into(),
        })
    }

    pub async fn send(&mut self, method: &str, path: &str, body: &str) -> Result<Reply, Error> {
        let request = Request::builder()
            .method(method)
            .uri(format!("https://127.0.0.1{path}"))
            .header("host", "127.0.0.1")
            .header("user-agent", "tester/1.0")
            .header("content-type", content_type(method, path))
            .header("authorization", &self.authorization)
            .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))?;
        let response = match &mut self.sender {
            Sender::One(sender) => sender.send_request(request).await?,
            Sender::Two(sender) => sender.send_request(request).await?,
        };
        read(response).await
    }

    /// Like `send`, but fails if there is no answer within this time.
    pub async fn send_within(&mut self, limit: Duration, path: &str) -> Result<Reply, Error> {
        tokio::time::timeout(limit, self.send("GET", path, "")).await?
    }
}

fn content_type(method: &str, path: &str) -> &'static str {
    match method {
        "PATCH" if path.contains("fieldManager=") => "application/apply-patch+yaml",
        "PATCH" => "application/merge-patch+json",
        "POST" if path.ends_with("/token") => "application/x-www-form-urlencoded",
        _ => "application/json",
    }
}

async fn read(response: Response<hyper::body::Incoming>) -> Result<Reply, Error> {
    let (head, body) = response.into_parts();
    let text = String::from_utf8(body.collect().await?.to_bytes().to_vec())?;
    Ok(Reply {
        code: head.status.as_u16(),
        headers: head.headers,
        text,
    })
}
