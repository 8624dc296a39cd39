//! A cluster under its other name: root's kubeconfig has one address, and users' have the endpoint.

use std::path::Path;

use super::error::ClusterError;
use super::root_kubeconfig::RootKubeconfig;
use super::target::Target;
use crate::config::clusters::Cluster;
use crate::config::files::read_trusted;
use crate::tls::{certificates, Trusted};

impl RootKubeconfig {
    /// The parameters of [`Self::target`] with the cluster's endpoint as the address, if the context has another one.
    pub fn target_by_endpoint(&self, cluster: &Cluster) -> Result<Option<Target>, ClusterError> {
        let mut target = self.target(cluster)?;
        let other = cluster.endpoint.as_deref().filter(|_| !target.is_of(cluster));
        // Root's token goes nowhere without TLS.
        let Some(endpoint) = other.filter(|endpoint| endpoint.starts_with("https://")) else {
            return Ok(None);
        };
        let Ok(url) = endpoint.parse() else {
            return Ok(None);
        };
        target.way.url = url;
        target.way.server_name = None;
        endpoint.clone_into(&mut target.server);
        target.way.proxy = cluster.proxy.for_server(endpoint).cloned();
        if let Some(file) = &cluster.cert_authority_file {
            if let Ok(content) = read_trusted(Path::new(file), "") {
                target.way.trusted = Trusted::Authorities(certificates(&content.bytes));
            }
        }
        Ok(Some(target))
    }
}
