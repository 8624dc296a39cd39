//! A cluster's entry by client-go's rules: what is empty is not there, data wins over a file.

use secrecy::zeroize::Zeroizing;

use super::decode::decoded;
use super::fault::EntryFault;
use super::resolve::Plain;
use super::tree::{Mapping, Node, Value};
use super::view::{text_in, Kubeconfig, List};

/// A cluster's entry.
pub struct Cluster {
    /// The API server's URL, with its scheme.
    pub server: http::Uri,
    /// Whom to trust.
    pub certificate_authority: Option<Source>,
    /// Whether anybody is trusted.
    pub insecure_skip_tls_verify: bool,
    /// The name that the certificate must have.
    pub tls_server_name: Option<String>,
    /// A proxy.
    pub proxy_url: Option<String>,
    /// What exec plugins get (`client.authentication.k8s.io/exec`).
    pub exec_extension: Option<serde_json::Value>,
}

/// Shows no proxy: there may be a password in its URL.
impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster")
            .field("server", &self.server.host())
            .finish_non_exhaustive()
    }
}

/// PEM that stands in the file, or in another.
pub enum Source {
    /// The other's name as it is written; relative ones count from the kubeconfig's folder.
    File(String),
    /// The PEM.
    Data(Zeroizing<Vec<u8>>),
}

/// Shows no data: it may be a key.
impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(name) => write!(f, "File({name:?})"),
            Self::Data(data) => write!(f, "Data({} bytes)", data.len()),
        }
    }
}

impl Kubeconfig {
    /// The cluster's entry, if there is one.
    ///
    /// # Errors
    ///
    /// What kubectl would refuse of it, and names that cannot be reached.
    pub fn cluster(&self, name: &str) -> Result<Option<Cluster>, EntryFault> {
        let Some(cluster) = self.entry(List::Clusters, name)? else {
            return Ok(None);
        };
        let fault = |key: &str, reason: &str| fault_of(cluster, List::Clusters, name, key, reason.into());
        let Some(server) = text_in(cluster, "server") else {
            return Err(fault("server", "has no server; set it to the API server's URL"));
        };
        let server = url(server).ok_or_else(|| {
            fault(
                "server",
                "has a server that is no URL of an API server; write https://NAME:PORT",
            )
        })?;
        let tls_server_name = text_in(cluster, "tls-server-name");
        if tls_server_name.is_some_and(|name| rustls::pki_types::ServerName::try_from(name).is_err()) {
            return Err(fault(
                "tls-server-name",
                "has a tls-server-name that is no name of a server; correct it, or remove it",
            ));
        }
        let proxy_url = text_in(cluster, "proxy-url");
        if proxy_url.is_some_and(|url| !is_proxy(url)) {
            return Err(fault(
                "proxy-url",
                "has a proxy-url that is no URL; write http://, https:// or socks5://, a name and a port",
            ));
        }
        Ok(Some(Cluster {
            server,
            certificate_authority: source(cluster, "certificate-authority", "certificate-authority-data"),
            insecure_skip_tls_verify: is_true(cluster, "insecure-skip-tls-verify"),
            tls_server_name: tls_server_name.map(str::to_owned),
            proxy_url: proxy_url.map(str::to_owned),
            exec_extension: exec_extension(cluster),
        }))
    }
}

pub(super) fn fault_of(entry: &Mapping, list: List, name: &str, key: &str, reason: String) -> EntryFault {
    let line = entry.value(key).map(|node| node.line.0);
    let line = line.or_else(|| entry.pairs.first().map(|(key, _)| key.line.0));
    EntryFault::new(line.unwrap_or(0), list.entry_called(name), reason)
}

pub(super) fn is_true(mapping: &Mapping, key: &str) -> bool {
    mapping.value(key).and_then(Node::kind) == Some(Plain::Boolean(true))
}

/// Data wins over a file's name, where both are there (kubectl refuses that; the shipped files never had it).
pub(super) fn source(mapping: &Mapping, file: &str, data: &str) -> Option<Source> {
    let data = text_in(mapping, data).and_then(decoded);
    match data.filter(|data| !data.is_empty()) {
        Some(data) => Some(Source::Data(Zeroizing::new(data))),
        None => text_in(mapping, file).map(|name| Source::File(name.to_owned())),
    }
}

/// A query and a fragment count for nothing (client-go `ClientConfig`).
fn url(text: &str) -> Option<http::Uri> {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let uri: http::Uri = text.parse().ok()?;
    let is_http = matches!(uri.scheme_str(), Some("https" | "http"));
    (is_http && uri.host().is_some_and(|host| !host.is_empty())).then_some(uri)
}

fn is_proxy(text: &str) -> bool {
    let Ok(uri) = text.parse::<http::Uri>() else {
        return false;
    };
    matches!(uri.scheme_str(), Some("http" | "https" | "socks5")) && uri.host().is_some_and(|host| !host.is_empty())
}

fn exec_extension(cluster: &Mapping) -> Option<serde_json::Value> {
    let extensions = cluster.value("extensions").and_then(Node::as_items).unwrap_or_default();
    let mut mappings = extensions.iter().filter_map(Node::as_mapping);
    let ours = mappings.find(|extension| text_in(extension, "name") == Some("client.authentication.k8s.io/exec"))?;
    ours.value("extension").map(json)
}

/// A part of the file that another program reads, as kubectl passes it on.
fn json(node: &Node) -> serde_json::Value {
    use serde_json::Value as Json;
    match &node.value {
        Value::Sequence(items) => items.iter().map(json).collect(),
        Value::Mapping(mapping) => {
            let pairs = mapping.pairs.iter();
            let named = pairs.filter_map(|(key, value)| match &key.value {
                Value::Scalar(key) => Some((key.text.as_str().to_owned(), json(value))),
                _ => None,
            });
            Json::Object(named.collect())
        }
        Value::Scalar(scalar) => match node.kind() {
            Some(Plain::Null) => Json::Null,
            Some(Plain::Boolean(value)) => Json::Bool(value),
            // A number that JSON has another word for stays a string.
            Some(Plain::Number) => serde_json::from_str(&scalar.text).unwrap_or_else(|_| scalar.text.as_str().into()),
            Some(Plain::String) | None => scalar.text.as_str().into(),
        },
    }
}
