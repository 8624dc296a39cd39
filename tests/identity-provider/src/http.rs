//! One blocking HTTPS request per connection, which works in any test, with or without an async runtime.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

/// Keycloak answers within tens of milliseconds, or within seconds on a machine that is compiling.
const LIMIT: Duration = Duration::from_secs(30);

const FORM: &str = "application/x-www-form-urlencoded";

/// The response.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; a string if it is not JSON.
    pub body: Value,
}

impl Answer {
    /// A string in the body: `access_token`, `error` and the like.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.body[key].as_str()
    }

    /// Whether it is a refusal with this `error` and `error_description`.
    pub fn is_refusal(&self, error: &str, description: &str) -> bool {
        self.text("error") == Some(error) && self.text("error_description") == Some(description)
    }
}

/// A request's `Content-Type` and body.
pub(crate) enum Body<'a> {
    None,
    Form(&'a [(&'a str, &'a str)]),
    /// A form that is encoded already.
    Encoded(String),
    Json(&'a Value),
}

/// The connection settings of one server on 127.0.0.1.
#[derive(Debug)]
pub(crate) struct Http {
    port: u16,
    tls: Arc<ClientConfig>,
}

impl Http {
    pub(crate) fn new(port: u16, ca_pem: &str) -> Self {
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_slice(ca_pem.as_bytes()).expect("rcgen writes PEM");
        roots.add(ca).expect("rcgen's authority is a CA certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring supports TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            port,
            tls: Arc::new(tls),
        }
    }

    /// Sends a request with this `Authorization`.
    pub(crate) fn ask(&self, method: &str, path: &str, authorization: &str, body: &Body<'_>) -> io::Result<Answer> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        let name = ServerName::from(std::net::IpAddr::from(Ipv4Addr::LOCALHOST));
        let connection = ClientConnection::new(Arc::clone(&self.tls), name).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(connection, stream);
        stream.write_all(&self.request(method, path, authorization, body))?;
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            // Some servers close the connection without TLS's close_notify.
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
            _ => parse(&answer).ok_or_else(|| io::Error::other("the answer is not HTTP")),
        }
    }

    /// HTTP/1.0: the answer then ends with the connection, and is not chunked.
    fn request(&self, method: &str, path: &str, authorization: &str, body: &Body<'_>) -> Vec<u8> {
        let (content_type, body) = match body {
            Body::None => ("", String::new()),
            Body::Form(pairs) => (FORM, form(pairs)),
            Body::Encoded(form) => (FORM, form.clone()),
            Body::Json(value) => ("application/json", value.to_string()),
        };
        let mut head = format!("{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{}\r\n", self.port);
        for (name, value) in [("Authorization", authorization), ("Content-Type", content_type)] {
            if !value.is_empty() {
                head.extend([name, ": ", value, "\r\n"]);
            }
        }
        format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }
}

fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

fn parse(answer: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let body = serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()));
    Some(Answer { status, body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_without_json_is_kept_as_a_text() {
        let answer = parse(b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n").expect("it is HTTP");
        assert_eq!((answer.status, answer.body), (204, json!("")));
        assert_eq!(parse(b"nonsense"), None);
    }

    #[test]
    fn a_form_keeps_what_users_put_into_passwords() {
        assert_eq!(form(&[("password", "a b&c=d+%é")]), "password=a+b%26c%3Dd%2B%25%C3%A9");
    }
}
