//! Selects the context of a kubeconfig for a cluster of clusters.d.

use super::error::ClusterError;
use super::root_kubeconfig::RootKubeconfig;
use crate::config::clusters::Cluster;

impl RootKubeconfig {
    /// The contexts with this server.
    pub(super) fn contexts_at<'a>(&'a self, endpoint: &'a str) -> impl Iterator<Item = &'a str> {
        let contexts = self.contexts();
        let at = contexts.filter(move |context| {
            let server = context.cluster.and_then(|cluster| self.kubeconfig.server_of(cluster));
            server.is_some_and(|server| same_server(server, endpoint))
        });
        at.map(|context| context.name)
    }

    pub(super) fn context_for(&self, cluster: &Cluster) -> Result<String, ClusterError> {
        match (&cluster.root_context, &cluster.endpoint) {
            (Some(name), _) => self.named(name),
            (None, Some(endpoint)) => self.by_endpoint(endpoint),
            (None, None) => self.current(),
        }
    }

    /// A context that is named is taken at its word: one cluster often has two names, one of them for root.
    fn named(&self, name: &str) -> Result<String, ClusterError> {
        match self.server_of(name) {
            Some(_) => Ok(name.to_owned()),
            None => Err(self.no_context(format!("has no context {name:?} with a cluster (v2.custom.ood_k8s.root_context); create it, or correct the setting"))),
        }
    }

    fn by_endpoint(&self, endpoint: &str) -> Result<String, ClusterError> {
        let matching: Vec<&str> = self.contexts_at(endpoint).collect();
        let current = self.current_context();
        match matching.as_slice() {
            [] => Err(self.no_context(self.none_for(endpoint))),
            [only] => Ok((*only).to_owned()),
            several => match current.filter(|name| several.contains(name)) {
                Some(name) => Ok(name.to_owned()),
                None => Err(self.no_context(format!(
                    "has several contexts for {endpoint} ({}); specify one in v2.custom.ood_k8s.root_context",
                    several.join(", ")
                ))),
            },
        }
    }

    /// Root's server and the endpoint may be two names of one cluster, which `check` can show.
    fn none_for(&self, endpoint: &str) -> String {
        let current = self
            .current_context()
            .and_then(|name| Some((name, self.server_of(name)?)));
        match current {
            Some((name, server)) => format!("has no context for {endpoint}, and its current context {name:?} has {server}; if that is the same cluster, set v2.custom.ood_k8s.root_context: {name}, else make one: ood-k8s setup-root --admin-kubeconfig FILE"),
            None => format!("has no context for {endpoint}; create it with: ood-k8s setup-root --admin-kubeconfig FILE, or specify one in v2.custom.ood_k8s.root_context"),
        }
    }

    fn current(&self) -> Result<String, ClusterError> {
        let current = self.current_context().map(str::to_owned);
        let current = current
            .ok_or_else(|| self.no_context("has no current-context; run: kubectl config use-context NAME".into()))?;
        match self.server_of(&current) {
            Some(_) => Ok(current),
            None => Err(self.no_context(format!("has the current-context {current:?}, but no server for it; name another: kubectl config use-context NAME"))),
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
