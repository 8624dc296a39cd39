//! A cluster administrator's kubeconfig, used instead of root's: selects its context, and names it in errors.

use std::path::Path;

use super::error::ClusterError;
use super::root_kubeconfig::RootKubeconfig;
use super::target::Target;
use crate::config::clusters::Cluster;
use crate::door::shown;
use crate::exit::ExitStatus;
use crate::shell::quoted;

/// An administrator's kubeconfig, read once, and the context in it, if one was given.
#[derive(Debug)]
pub struct AdminKubeconfig {
    kubeconfig: RootKubeconfig,
    context: Option<String>,
    /// The flag that selects a context, for messages.
    context_flag: &'static str,
}

impl AdminKubeconfig {
    /// Reads the file, which must be writable only by root or by the account that runs this.
    pub fn load(path: &Path, context: Option<&str>, context_flag: &'static str) -> Result<Self, ClusterError> {
        let kubeconfig = RootKubeconfig::load(path).map_err(|error| blame(path, error))?;
        if kubeconfig.is_open() {
            crate::log::warning(&format!(
                "others can read the administrator's kubeconfig {}; run: chmod 0600 {}",
                shown(path),
                quoted(path)
            ));
        }
        Ok(Self {
            kubeconfig,
            context: context.map(str::to_owned),
            context_flag,
        })
    }

    /// Returns the parameters for `cluster`, from the given context or the one whose server is its endpoint.
    pub fn target(&self, cluster: &Cluster) -> Result<Target, ClusterError> {
        let target = self.kubeconfig.target_in(self.context_for(cluster)?);
        target.map_err(|error| self.blame(error))
    }

    /// The cluster's CA certificates in this file, as base64-encoded PEM.
    pub fn certificate_authority(&self, cluster: &Cluster) -> Option<String> {
        self.kubeconfig.certificate_authority(self.context_for(cluster).ok()?)
    }

    /// Attributes an error to this file if it is the cause: the usual text blames root's kubeconfig.
    pub fn blame(&self, error: ClusterError) -> ClusterError {
        blame(self.kubeconfig.path(), error)
    }

    /// `root_context` of the settings is ignored: it is a name in root's kubeconfig, not in this one.
    fn context_for<'a>(&'a self, cluster: &'a Cluster) -> Result<&'a str, ClusterError> {
        match (&self.context, &cluster.endpoint) {
            (Some(name), _) => match self.kubeconfig.server_of(name) {
                Some(_) => Ok(name),
                None => Err(self.no_context(&format!("has no context {name:?} with a cluster"))),
            },
            (None, Some(endpoint)) => self.by_endpoint(endpoint),
            // Without clusters.d there is one cluster, and kubectl would use this context too.
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
        let reason = format!("{reason}; specify one with {}", self.context_flag);
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
