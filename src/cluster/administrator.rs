//! A cluster administrator's kubeconfig, in the place of root's: which of its contexts, and words that name it.

use std::path::Path;

use super::error::ClusterError;
use super::root_kubeconfig::RootKubeconfig;
use super::target::Target;
use crate::config::clusters::Cluster;
use crate::exit::ExitStatus;

/// An administrator's kubeconfig, read once, and the context in it if one was named.
#[derive(Debug)]
pub struct AdminKubeconfig {
    kubeconfig: RootKubeconfig,
    context: Option<String>,
    /// The flag that names a context, for messages.
    context_flag: &'static str,
}

impl AdminKubeconfig {
    /// Reads the file; nobody but root, or whoever runs this, may be able to write it.
    pub fn load(path: &Path, context: Option<&str>, context_flag: &'static str) -> Result<Self, ClusterError> {
        let kubeconfig = RootKubeconfig::load(path).map_err(|error| blame(path, error))?;
        if kubeconfig.is_open() {
            crate::log::warning(&format!(
                "others can read the administrator's kubeconfig {0}; run: chmod 0600 {0}",
                path.display()
            ));
        }
        Ok(Self {
            kubeconfig,
            context: context.map(str::to_owned),
            context_flag,
        })
    }

    /// The connection for `cluster`: the context that was named, else the one whose server is its endpoint.
    pub async fn target(&self, cluster: &Cluster) -> Result<Target, ClusterError> {
        let target = self.kubeconfig.target_in(self.context_for(cluster)?).await;
        target.map_err(|error| self.blame(error))
    }

    /// The CA that the file gives for the cluster, as PEM in base64.
    pub fn certificate_authority(&self, cluster: &Cluster) -> Option<String> {
        self.kubeconfig.certificate_authority(self.context_for(cluster).ok()?)
    }

    /// Says of an error that this file is the reason, where it is: the usual words name root's kubeconfig.
    pub fn blame(&self, error: ClusterError) -> ClusterError {
        blame(self.kubeconfig.path(), error)
    }

    /// `root_context` of the settings counts for nothing here: the names in this file are somebody else's.
    fn context_for<'a>(&'a self, cluster: &'a Cluster) -> Result<&'a str, ClusterError> {
        match (&self.context, &cluster.endpoint) {
            (Some(name), _) => match self.kubeconfig.server_of(name) {
                Some(_) => Ok(name),
                None => Err(self.no_context(&format!("has no context {name:?} with a cluster"))),
            },
            (None, Some(endpoint)) => self.by_endpoint(endpoint),
            // Without clusters.d there is one cluster, and kubectl would take this context too.
            (None, None) if cluster.root_context.is_none() => self.current(),
            (None, None) => Err(self.no_context("cannot be matched, since the cluster has no server.endpoint")),
        }
    }

    fn by_endpoint<'a>(&'a self, endpoint: &'a str) -> Result<&'a str, ClusterError> {
        let contexts: Vec<_> = self.kubeconfig.contexts_at(endpoint).collect();
        let current = self.kubeconfig.current_context();
        let preferred = current.filter(|name| contexts.contains(name));
        match (contexts.as_slice(), preferred) {
            ([], _) => Err(self.no_context(&format!("has no context for {endpoint}"))),
            (&[name], _) | (_, Some(name)) => Ok(name),
            (several, None) => {
                let names = several.join(", ");
                Err(self.no_context(&format!("has several contexts for {endpoint} ({names})")))
            }
        }
    }

    fn current(&self) -> Result<&str, ClusterError> {
        let current = self.kubeconfig.current_context();
        let usable = current.filter(|name| self.kubeconfig.server_of(name).is_some());
        usable.ok_or_else(|| self.no_context("has no current-context with a cluster"))
    }

    fn no_context(&self, reason: &str) -> ClusterError {
        let reason = format!("{reason}; name one with {}", self.context_flag);
        administrator(self.kubeconfig.path(), reason, ExitStatus::Configuration)
    }
}

fn blame(path: &Path, error: ClusterError) -> ClusterError {
    match error {
        ClusterError::Kubeconfig { reason, .. } | ClusterError::NoContext { reason, .. } => {
            administrator(path, reason, ExitStatus::Configuration)
        }
        ClusterError::Document { reason, .. } => administrator(path, reason, ExitStatus::Configuration),
        ClusterError::Entry { fault, .. } => administrator(path, fault.to_string(), ExitStatus::Configuration),
        ClusterError::Certificate { server, reason } => administrator(
            path,
            format!("does not trust the certificate of {server}: {reason}"),
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
