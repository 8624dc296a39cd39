//! Root's kubeconfig: which of its contexts is for which cluster of clusters.d.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use kube::config::{Context, KubeConfigOptions, Kubeconfig};
use kube::Config;

use super::ClusterError;
use crate::config::clusters::Cluster;
use crate::config::files::read_trusted;
use crate::config::ConfigError;
use crate::oidc::token;

/// What to do when there is no usable kubeconfig.
const REMEDY: &str = "make it as OnDemand's documents say (kubectl config set-cluster, set-credentials, set-context), or name another with --kubeconfig";

/// Root's kubeconfig, read once.
#[derive(Clone)]
pub struct RootKubeconfig {
    path: PathBuf,
    kubeconfig: Kubeconfig,
}

impl std::fmt::Debug for RootKubeconfig {
    // kube's own Debug would print an auth provider's refresh token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RootKubeconfig({})", self.path.display())
    }
}

/// A connection's parameters.
#[derive(Debug)]
pub struct Target {
    /// What kube makes of the context.
    pub config: Config,
    /// The server's URL, for messages.
    pub server: String,
    /// When the token in it ends, where it is a JWT: the reason to look for after a 401.
    pub token_end: Option<SystemTime>,
}

impl Target {
    /// Whether the server is the cluster's endpoint; any is, where that is not said.
    pub fn is_of(&self, cluster: &Cluster) -> bool {
        let endpoint = cluster.endpoint.as_deref();
        endpoint.is_none_or(|endpoint| same_server(&self.server, endpoint))
    }
}

impl RootKubeconfig {
    /// Reads the file; it must be one that only root can have written.
    pub fn load(path: &Path) -> Result<Self, ClusterError> {
        let fault = |reason| ClusterError::Kubeconfig {
            path: path.to_owned(),
            reason,
            remedy: REMEDY,
        };
        read_trusted(path, REMEDY).map_err(|error| match error {
            ConfigError::Missing { .. } => fault("no such file".into()),
            ConfigError::Unreadable { reason, .. } => fault(reason),
            ConfigError::Unsafe { reason, remedy, .. } => fault(format!("not used because {reason}, run: {remedy}")),
            other => fault(other.to_string()),
        })?;
        // Nobody but root can put another file in its place between the two readings: the whole way was checked.
        // The library's message could quote the file, and the file holds tokens.
        let kubeconfig = Kubeconfig::read_from(path).map_err(|_| fault("it is not a kubeconfig in YAML".into()))?;
        Ok(Self {
            path: path.to_owned(),
            kubeconfig,
        })
    }

    /// The connection for `cluster`: the context named in its settings, else the one whose server is its endpoint.
    pub async fn target(&self, cluster: &Cluster) -> Result<Target, ClusterError> {
        self.target_in(self.context_for(cluster)?).await
    }

    /// The connection of one context.
    pub(super) async fn target_in(&self, context: String) -> Result<Target, ClusterError> {
        let entry = self.cluster_of(&context);
        let server = entry.and_then(|c| c.server.clone()).unwrap_or_default();
        let has_proxy = entry.is_some_and(|c| c.proxy_url.is_some());
        let options = KubeConfigOptions {
            context: Some(context),
            ..Default::default()
        };
        let config = Config::from_custom_kubeconfig(self.kubeconfig.clone(), &options).await;
        let mut config = config.map_err(|error| ClusterError::Kubeconfig {
            path: self.path.clone(),
            reason: safe_words(&error),
            remedy: "mend it",
        })?;
        // kube takes a proxy from the environment too, but not its exceptions; only the file counts here.
        config.proxy_url = config.proxy_url.filter(|_| has_proxy);
        let token_end = config
            .auth_info
            .token
            .as_ref()
            .and_then(|token| token::expiry(token).ok());
        Ok(Target {
            config,
            server,
            token_end,
        })
    }

    fn context_for(&self, cluster: &Cluster) -> Result<String, ClusterError> {
        match (&cluster.root_context, &cluster.endpoint) {
            (Some(name), endpoint) => self.named(name, endpoint.as_deref()),
            (None, Some(endpoint)) => self.by_endpoint(endpoint),
            (None, None) => self.current(),
        }
    }

    fn named(&self, name: &str, endpoint: Option<&str>) -> Result<String, ClusterError> {
        let Some(server) = self.server_of(name) else {
            return Err(self.no_context(format!("has no context {name:?} with a cluster (v2.custom.ood_k8s.root_context); make it, or correct the setting")));
        };
        match endpoint {
            Some(endpoint) if !same_server(server, endpoint) => Err(self.no_context(format!(
                "has {server} under the context {name:?}, but the cluster's server.endpoint is {endpoint}; make the two equal"
            ))),
            _ => Ok(name.to_owned()),
        }
    }

    fn by_endpoint(&self, endpoint: &str) -> Result<String, ClusterError> {
        let current = self.current_context();
        match self.contexts_for(endpoint).as_slice() {
            [] => Err(self.no_context(format!("has no context for {endpoint}; add one (kubectl config set-cluster, set-context), or name one in v2.custom.ood_k8s.root_context"))),
            [only] => Ok((*only).to_owned()),
            several => match current.filter(|name| several.contains(name)) {
                Some(name) => Ok(name.to_owned()),
                None => Err(self.no_context(format!("has several contexts for {endpoint} ({}); name one in v2.custom.ood_k8s.root_context", several.join(", ")))),
            },
        }
    }

    fn current(&self) -> Result<String, ClusterError> {
        let current = self.current_context().map(str::to_owned);
        let current = current
            .ok_or_else(|| self.no_context("has no current-context; run: kubectl config use-context NAME".into()))?;
        match self.server_of(&current) {
            Some(_) => Ok(current),
            None => Err(self.no_context(format!("has the current-context {current:?}, but no server for it"))),
        }
    }

    /// The contexts with this server.
    pub(super) fn contexts_for(&self, endpoint: &str) -> Vec<&str> {
        let names = self.contexts().map(|(name, _)| name);
        names
            .filter(|name| self.server_of(name).is_some_and(|server| same_server(server, endpoint)))
            .collect()
    }

    pub(super) fn current_context(&self) -> Option<&str> {
        let current = self.kubeconfig.current_context.as_deref();
        current.filter(|name| !name.is_empty())
    }

    fn contexts(&self) -> impl Iterator<Item = (&str, &Context)> {
        let named = self.kubeconfig.contexts.iter();
        named.filter_map(|c| Some((c.name.as_str(), c.context.as_ref()?)))
    }

    /// The server of a context.
    pub(super) fn server_of(&self, context: &str) -> Option<&str> {
        self.cluster_of(context)?.server.as_deref()
    }

    fn cluster_of(&self, context: &str) -> Option<&kube::config::Cluster> {
        let (_, context) = self.contexts().find(|(name, _)| *name == context)?;
        let named = self.kubeconfig.clusters.iter().find(|c| c.name == context.cluster)?;
        named.cluster.as_ref()
    }

    fn no_context(&self, reason: String) -> ClusterError {
        ClusterError::NoContext {
            path: self.path.clone(),
            reason,
        }
    }
}

/// What is wrong, without what could be a token: kube's messages quote data that it cannot decode.
fn safe_words(error: &kube::config::KubeconfigError) -> String {
    use kube::config::KubeconfigError as E;
    match error {
        E::LoadCertificateAuthority(_) => "the certificate-authority of the cluster cannot be read".into(),
        E::LoadClientCertificate(_) => "the client-certificate of the user cannot be read".into(),
        E::LoadClientKey(_) => "the client-key of the user cannot be read".into(),
        E::ParseClusterUrl(_) => "the server of the cluster is no URL".into(),
        E::ParseProxyUrl(_) => "the proxy-url of the cluster is no URL".into(),
        E::LoadClusterOfContext(name) => format!("there is no cluster {name:?}"),
        _ => "it is incomplete".into(),
    }
}

/// Whether two URLs name one server: scheme, host and port, with the scheme's port where none is said.
fn same_server(a: &str, b: &str) -> bool {
    match (origin(a), origin(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a.trim_end_matches('/') == b.trim_end_matches('/'),
    }
}

fn origin(url: &str) -> Option<(String, String, u16, String)> {
    let uri: http::Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
    let path = uri.path().trim_end_matches('/').to_owned();
    Some((scheme, uri.host()?.to_ascii_lowercase(), port, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_one_server_are_equal_however_they_are_written() {
        assert!(same_server("https://K8s.example.org", "https://k8s.example.org:443/"));
        assert!(same_server("https://r.example/k8s/c1", "https://r.example/k8s/c1/"));
        assert!(!same_server("https://r.example/k8s/c1", "https://r.example/k8s/c2"));
        assert!(!same_server("https://k8s.example.org", "https://k8s.example.org:6443"));
        assert!(!same_server("https://a.example", "http://a.example"));
    }
}
