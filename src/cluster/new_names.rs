//! Names for a context of root's that is to be made.

use super::contexts::same_server;
use super::error::ClusterError;
use super::root_kubeconfig::RootKubeconfig;
use crate::config::clusters::Cluster;
use crate::kubeconfig::List;

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
    /// Names for a new context, its cluster's entry and its user's: those of OnDemand's documents, or, where they are
    /// taken, the same with the cluster's id. A cluster's entry that has the endpoint already is used as it is.
    pub fn new_names(&self, cluster: &Cluster, endpoint: &str) -> Result<NewNames, ClusterError> {
        let kubeconfig = &self.kubeconfig;
        let known = kubeconfig.names(List::Clusters).find(|name| {
            let server = kubeconfig.server_of(name);
            server.is_some_and(|server| same_server(server, endpoint))
        });
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
            [List::Contexts, List::Users]
                .iter()
                .any(|list| kubeconfig.names(*list).any(|known| known == name))
        })?;
        let cluster_name = match known {
            Some(known) => known.to_owned(),
            None => free(&[USUAL_CLUSTER, &cluster.id], &|name| {
                kubeconfig.names(List::Clusters).any(|known| known == name)
            })?,
        };
        Ok(NewNames {
            context,
            cluster: cluster_name,
            has_cluster: known.is_some(),
        })
    }
}
