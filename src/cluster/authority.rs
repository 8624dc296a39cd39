//! Whose rights a command has in the clusters: the account's, by root's kubeconfig, or an administrator's.

use std::path::Path;

use super::administrator::AdminKubeconfig;
use super::api::Api;
use super::connection::connect;
use super::error::ClusterError;
use super::root_kubeconfig::RootKubeconfig;
use crate::config::clusters::Cluster;
use crate::deadline::Deadline;

/// A kubeconfig that has been read, and how a cluster's context is found in it.
#[derive(Debug)]
pub enum Authority {
    /// Root's.
    Root(RootKubeconfig),
    /// That of `--admin-kubeconfig`.
    Administrator(AdminKubeconfig),
}

impl Authority {
    /// Reads the administrator's kubeconfig, with the context in it, if there is one, and root's otherwise.
    pub fn load(root: &Path, admin: Option<(&Path, Option<&str>)>) -> Result<Self, ClusterError> {
        Ok(match admin {
            Some((path, context)) => Self::Administrator(AdminKubeconfig::load(path, context, "--admin-context")?),
            None => Self::Root(RootKubeconfig::load(root)?),
        })
    }

    /// Connects to a cluster.
    pub async fn connect(&self, cluster: &Cluster, deadline: &Deadline) -> Result<Api, ClusterError> {
        match self {
            Self::Root(root) => connect(root.target(cluster)?, deadline).await,
            Self::Administrator(admin) => {
                let target = admin.target(cluster)?;
                connect(target, deadline).await.map_err(|error| admin.blame(error))
            }
        }
    }
}
