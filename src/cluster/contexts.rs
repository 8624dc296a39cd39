//! Selects the context of a kubeconfig for a cluster of clusters.d.

use super::error::ClusterError;
use super::root_kubeconfig::RootKubeconfig;
use crate::config::clusters::Cluster;

impl RootKubeconfig {
    /// The contexts with this server.
    pub(super) fn contexts_at<'a>(&'a self, endpoint: &'a str) -> impl Iterator<Item = &'a str> {
        let names = self.contexts().map(|(name, _)| name);
        names.filter(move |name| self.server_of(name).is_some_and(|server| same_server(server, endpoint)))
    }

    pub(super) fn context_for(&self, cluster: &Cluster) -> Result<String, ClusterError> {
        match (&cluster.root_context, &cluster.endpoint) {
            (Some(name), endpoint) => self.named(name, endpoint.as_deref()),
            (None, Some(endpoint)) => self.by_endpoint(endpoint),
            (None, None) => self.current(),
        }
    }

    fn named(&self, name: &str, endpoint: Option<&str>) -> Result<String, ClusterError> {
        let Some(server) = self.server_of(name) else {
            return Err(self.no_context(format!("has no context {name:?} with a cluster (v2.custom.ood_k8s.root_context); create it, or correct the setting")));
        };
        match endpoint {
            Some(endpoint) if !same_server(server, endpoint) => Err(self.no_context(format!(
                "has the server {server} in the context {name:?}, but the cluster's server.endpoint is {endpoint}; make them match"
            ))),
            _ => Ok(name.to_owned()),
        }
    }

    fn by_endpoint(&self, endpoint: &str) -> Result<String, ClusterError> {
        let matching: Vec<&str> = self.contexts_at(endpoint).collect();
        let current = self.current_context();
        match matching.as_slice() {
            [] => Err(self.no_context(format!("has no context for {endpoint}; create it with: ood-k8s setup-root, or specify one in v2.custom.ood_k8s.root_context"))),
            [only] => Ok((*only).to_owned()),
            several => match current.filter(|name| several.contains(name)) {
                Some(name) => Ok(name.to_owned()),
                None => Err(self.no_context(format!("has several contexts for {endpoint} ({}); specify one in v2.custom.ood_k8s.root_context", several.join(", ")))),
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
}

/// Whether two URLs are of the same server: equal in scheme, host, port (or the scheme's default) and path.
pub(super) fn same_server(a: &str, b: &str) -> bool {
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
