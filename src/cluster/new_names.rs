//! Chooses names for a new context in root's kubeconfig.

use super::contexts::same_server;
use super::error::ClusterError;
use super::root_kubeconfig::RootKubeconfig;
use crate::config::clusters::Cluster;

/// The name of root's context and user in OnDemand's documentation.
const USUAL_CONTEXT: &str = "ondemand@kubernetes";
/// The name of the cluster's entry there.
const USUAL_CLUSTER: &str = "kubernetes";

/// Names for the entries to create.
#[derive(Debug)]
pub struct NewNames {
    /// The name of the context and of the user's entry.
    pub context: String,
    /// The name of the cluster's entry.
    pub cluster: String,
    /// Whether the cluster's entry exists already.
    pub has_cluster: bool,
}

impl RootKubeconfig {
    /// Chooses names for a new context, its cluster's entry and its user's: those of OnDemand's documentation, or, if
    /// they are taken, names with the cluster's id. A cluster's entry that has the endpoint already is used as it is.
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
                    "has other entries called {all}; specify a context for this cluster in v2.custom.ood_k8s.root_context"
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
}
