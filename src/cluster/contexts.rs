//! Which context of a kubeconfig is for which cluster of clusters.d.

use kube::config::Context;

use super::root_kubeconfig::{login_of, RootEntry, RootKubeconfig};
use super::ClusterError;
use crate::config::clusters::Cluster;

/// What OnDemand's documents call root's context and user.
const USUAL_CONTEXT: &str = "ondemand@kubernetes";
/// What they call the cluster's entry.
const USUAL_CLUSTER: &str = "kubernetes";

/// Names for what is to be made.
#[derive(Debug)]
pub struct NewNames {
    /// The context's, and the user's.
    pub context: String,
    /// The cluster's entry.
    pub cluster: String,
    /// Whether that entry is there already.
    pub has_cluster: bool,
}

impl RootKubeconfig {
    /// What the context for `cluster` is made of.
    ///
    /// A user's entry that serves several servers is an error: a token works at one.
    pub fn entry(&self, cluster: &Cluster) -> Result<RootEntry, ClusterError> {
        let name = self.context_for(cluster)?;
        let incomplete = || {
            self.no_context(format!(
                "has the context {name:?}, which names no user; mend it, or make it anew: ood-k8s setup-root"
            ))
        };
        let (_, context) = self
            .contexts()
            .find(|(known, _)| *known == name)
            .ok_or_else(incomplete)?;
        let user = context
            .user
            .clone()
            .filter(|user| !user.is_empty())
            .ok_or_else(incomplete)?;
        let server = self.server_of(&name).unwrap_or_default().to_owned();
        let of_user = self.contexts().filter(|(_, c)| c.user.as_ref() == Some(&user));
        if let Some(other) = of_user
            .filter_map(|(known, _)| self.server_of(known))
            .find(|s| !same_server(s, &server))
        {
            return Err(self.no_context(format!("has the user {user:?} for {server} and for {other}, and a token works at one of them; give each context a user of its own (kubectl config set-context --user)")));
        }
        let found = self.kubeconfig.auth_infos.iter().find(|known| known.name == user);
        Ok(RootEntry {
            cluster: context.cluster.clone(),
            login: login_of(found.and_then(|known| known.auth_info.as_ref())),
            context: name,
            user,
            server,
        })
    }

    /// The same where there may be no context for `cluster` yet.
    pub fn entry_if_any(&self, cluster: &Cluster) -> Result<Option<RootEntry>, ClusterError> {
        let is_there = match (&cluster.root_context, &cluster.endpoint) {
            (Some(name), _) => self.contexts().any(|(known, _)| known == name),
            (None, Some(endpoint)) => self.contexts_at(endpoint).next().is_some(),
            (None, None) => true,
        };
        is_there.then(|| self.entry(cluster)).transpose()
    }

    /// Names for a new context, its cluster's entry and its user's: those of OnDemand's documents, or, where they are
    /// taken, the same with the cluster's id. A cluster's entry that has the endpoint already is used as it is.
    pub fn new_names(&self, cluster: &Cluster, endpoint: &str) -> Result<NewNames, ClusterError> {
        let clusters = &self.kubeconfig.clusters;
        let server = |c: &kube::config::NamedCluster| c.cluster.as_ref().and_then(|c| c.server.clone());
        let known = clusters
            .iter()
            .find(|c| server(c).is_some_and(|server| same_server(&server, endpoint)));
        let free = |wanted: &[&str], taken: &dyn Fn(&str) -> bool| {
            let name = wanted.iter().find(|name| !taken(name)).map(|name| (*name).to_owned());
            let all = wanted.join(" and ");
            name.ok_or_else(|| {
                self.no_context(format!(
                    "has other entries called {all}; name a context for this cluster in v2.custom.ood_k8s.root_context"
                ))
            })
        };
        let of_id = format!("ondemand@{}", cluster.id);
        let wanted = cluster
            .root_context
            .as_deref()
            .map_or(vec![USUAL_CONTEXT, &of_id], |name| vec![name]);
        let context = free(&wanted, &|name| {
            self.contexts().any(|(known, _)| known == name) || self.kubeconfig.auth_infos.iter().any(|u| u.name == name)
        })?;
        let cluster_name = match known {
            Some(known) => known.name.clone(),
            None => free(&[USUAL_CLUSTER, &cluster.id], &|name| {
                clusters.iter().any(|c| c.name == name)
            })?,
        };
        Ok(NewNames {
            context,
            cluster: cluster_name,
            has_cluster: known.is_some(),
        })
    }

    /// The CA that this file gives for a context's cluster, as PEM in base64.
    pub(super) fn certificate_authority(&self, context: &str) -> Option<String> {
        use base64::Engine as _;
        let entry = self.cluster_of(context)?;
        match (&entry.certificate_authority_data, &entry.certificate_authority) {
            (Some(data), _) => Some(data.clone()),
            (None, Some(file)) => Some(base64::engine::general_purpose::STANDARD.encode(std::fs::read(file).ok()?)),
            (None, None) => None,
        }
    }

    pub(super) fn current_context(&self) -> Option<&str> {
        let current = self.kubeconfig.current_context.as_deref();
        current.filter(|name| !name.is_empty())
    }

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
        let matching: Vec<&str> = self.contexts_at(endpoint).collect();
        let current = self.current_context();
        match matching.as_slice() {
            [] => Err(self.no_context(format!("has no context for {endpoint}; make it with: ood-k8s setup-root, or name one in v2.custom.ood_k8s.root_context"))),
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

    fn contexts(&self) -> impl Iterator<Item = (&str, &Context)> {
        let named = self.kubeconfig.contexts.iter();
        named.filter_map(|c| Some((c.name.as_str(), c.context.as_ref()?)))
    }

    /// The server of a context.
    pub(super) fn server_of(&self, context: &str) -> Option<&str> {
        self.cluster_of(context)?.server.as_deref()
    }

    pub(super) fn user_of(&self, context: &str) -> Option<&kube::config::AuthInfo> {
        let (_, context) = self.contexts().find(|(name, _)| *name == context)?;
        let user = context.user.as_ref()?;
        let named = self.kubeconfig.auth_infos.iter().find(|known| known.name == *user)?;
        named.auth_info.as_ref()
    }

    pub(super) fn cluster_of(&self, context: &str) -> Option<&kube::config::Cluster> {
        let (_, context) = self.contexts().find(|(name, _)| *name == context)?;
        let named = self.kubeconfig.clusters.iter().find(|c| c.name == context.cluster)?;
        named.cluster.as_ref()
    }

    pub(super) fn no_context(&self, reason: String) -> ClusterError {
        ClusterError::NoContext {
            path: self.path.clone(),
            reason,
        }
    }
}

/// Whether two URLs name one server: scheme, host and port, with the scheme's port where none is said.
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
