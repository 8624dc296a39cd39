//! A cluster administrator's kubeconfig, in the place of root's: which of its contexts, and words that name it.

use std::path::{Path, PathBuf};

use super::root_kubeconfig::{RootKubeconfig, Target};
use super::ClusterError;
use crate::config::clusters::Cluster;
use crate::error::ExitStatus;

/// An administrator's kubeconfig, read once.
#[derive(Debug)]
pub struct AdminKubeconfig {
    path: PathBuf,
    kubeconfig: RootKubeconfig,
    /// The flag that names a context, for messages.
    context_flag: &'static str,
}

impl AdminKubeconfig {
    /// Reads the file; nobody but root, or whoever runs this, may be able to write it.
    pub fn load(path: &Path, context_flag: &'static str) -> Result<Self, ClusterError> {
        let kubeconfig = RootKubeconfig::load(path).map_err(|error| blame(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            kubeconfig,
            context_flag,
        })
    }

    /// The connection for `cluster`: the context that was named, else the one whose server is its endpoint.
    ///
    /// `root_context` of the settings counts for nothing here: the names in this file are somebody else's.
    pub async fn target(&self, context: Option<&str>, cluster: &Cluster) -> Result<Target, ClusterError> {
        let context = match (context, &cluster.endpoint) {
            (Some(name), _) => self.named(name)?,
            (None, Some(endpoint)) => self.by_endpoint(endpoint)?,
            // Without clusters.d there is one cluster, and kubectl would take this context too.
            (None, None) if cluster.root_context.is_none() => self.current()?,
            (None, None) => return Err(self.no_context("cannot be matched, since the cluster has no server.endpoint")),
        };
        let target = self.kubeconfig.target_in(context).await;
        target.map_err(|error| self.blame(error))
    }

    /// Says of an error that this file is the reason, where it is: the usual words name root's kubeconfig and role.
    pub fn blame(&self, error: ClusterError) -> ClusterError {
        blame(&self.path, error)
    }

    fn named(&self, name: &str) -> Result<String, ClusterError> {
        match self.kubeconfig.server_of(name) {
            Some(_) => Ok(name.to_owned()),
            None => Err(self.no_context(&format!("has no context {name:?} with a cluster"))),
        }
    }

    fn by_endpoint(&self, endpoint: &str) -> Result<String, ClusterError> {
        let contexts = self.kubeconfig.contexts_for(endpoint);
        let current = self.kubeconfig.current_context();
        let preferred = current.filter(|name| contexts.contains(name));
        match (contexts.as_slice(), preferred) {
            ([], _) => Err(self.no_context(&format!("has no context for {endpoint}"))),
            (&[name], _) | (_, Some(name)) => Ok(name.to_owned()),
            (several, None) => {
                let names = several.join(", ");
                Err(self.no_context(&format!("has several contexts for {endpoint} ({names})")))
            }
        }
    }

    fn current(&self) -> Result<String, ClusterError> {
        let current = self.kubeconfig.current_context();
        let usable = current.filter(|name| self.kubeconfig.server_of(name).is_some());
        let usable = usable.map(str::to_owned);
        usable.ok_or_else(|| self.no_context("has no current-context with a cluster"))
    }

    fn no_context(&self, reason: &str) -> ClusterError {
        let reason = format!("{reason}; name one with {}", self.context_flag);
        administrator(&self.path, reason, ExitStatus::Configuration)
    }
}

fn blame(path: &Path, error: ClusterError) -> ClusterError {
    match error {
        ClusterError::Kubeconfig { reason, .. } | ClusterError::NoContext { reason, .. } => {
            administrator(path, reason, ExitStatus::Configuration)
        }
        ClusterError::Certificate { server, reason } => administrator(
            path,
            format!("does not trust the certificate of {server}: {reason}"),
            ExitStatus::Cluster,
        ),
        ClusterError::Unauthorized { server, hint } => administrator(
            path,
            format!("{server} does not accept its credentials (401){hint}"),
            ExitStatus::Cluster,
        ),
        ClusterError::Forbidden { what, message } => administrator(
            path,
            format!("lacks the right to {what}: {message}; take one with the ClusterRole cluster-admin"),
            ExitStatus::Cluster,
        ),
        other => other,
    }
}

fn administrator(path: &Path, reason: String, status: ExitStatus) -> ClusterError {
    ClusterError::Administrator {
        path: path.to_owned(),
        reason,
        status,
    }
}
