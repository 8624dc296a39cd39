//! A cluster under its other name: root's kubeconfig has one address, and users' have the endpoint.

use std::path::Path;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::CertificateDer;

use super::error::ClusterError;
use super::root_kubeconfig::RootKubeconfig;
use super::target::Target;
use crate::config::clusters::Cluster;
use crate::config::files::read_trusted;

impl RootKubeconfig {
    /// The parameters of [`Self::target`] with the cluster's endpoint as the address, if the context has another one.
    pub async fn target_by_endpoint(&self, cluster: &Cluster) -> Result<Option<Target>, ClusterError> {
        let mut target = self.target(cluster).await?;
        let other = cluster.endpoint.as_deref().filter(|_| !target.is_of(cluster));
        // Root's token goes nowhere without TLS.
        let Some(endpoint) = other.filter(|endpoint| endpoint.starts_with("https://")) else {
            return Ok(None);
        };
        let Ok(url) = endpoint.parse() else {
            return Ok(None);
        };
        target.config.cluster_url = url;
        target.config.tls_server_name = None;
        endpoint.clone_into(&mut target.server);
        target.config.proxy_url = cluster.proxy.for_server(endpoint).cloned();
        if let Some(file) = &cluster.cert_authority_file {
            if let Ok(content) = read_trusted(Path::new(file), "") {
                let certificates = CertificateDer::pem_slice_iter(&content.bytes);
                target.config.root_cert = Some(certificates.flatten().map(|der| der.to_vec()).collect());
            }
        }
        Ok(Some(target))
    }
}
