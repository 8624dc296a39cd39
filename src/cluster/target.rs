//! A connection's parameters: a kubeconfig's context with its credentials, and files that others cannot change.

use std::path::Path;

use kube::config::KubeConfigOptions;
use kube::Config;

use super::contexts::same_server;
use super::error::ClusterError;
use super::identity::Identity;
use super::root_kubeconfig::RootKubeconfig;
use crate::config::clusters::Cluster;
use crate::config::files::check_trust;
use crate::oidc::token;

/// A connection's parameters.
#[derive(Debug)]
pub struct Target {
    /// kube's configuration for the context.
    pub config: Config,
    /// The server's URL, for messages.
    pub server: String,
    /// Whose credentials are in it.
    pub identity: Identity,
}

impl Target {
    /// Whether the server is the cluster's endpoint; always true if no endpoint is set.
    pub fn is_of(&self, cluster: &Cluster) -> bool {
        let endpoint = cluster.endpoint.as_deref();
        endpoint.is_none_or(|endpoint| same_server(&self.server, endpoint))
    }
}

impl RootKubeconfig {
    /// Returns the parameters for `cluster`, from the context in its settings or the one whose server is its endpoint.
    pub async fn target(&self, cluster: &Cluster) -> Result<Target, ClusterError> {
        let mut target = self.target_in(&self.context_for(cluster)?).await?;
        let token = target.config.auth_info.token.as_ref();
        target.identity = Identity::Root {
            cluster: cluster.id.clone(),
            token_end: token.and_then(|token| token::expiry(token).ok()),
        };
        Ok(target)
    }

    /// Returns the parameters of a context, with the credentials in this file.
    pub(super) async fn target_in(&self, context: &str) -> Result<Target, ClusterError> {
        let entry = self.cluster_of(context);
        let Some(server) = entry.and_then(|c| c.server.clone()) else {
            return Err(self.no_context(format!(
                "has no context {context:?} with a cluster; create it, or specify another"
            )));
        };
        let has_proxy = entry.is_some_and(|c| c.proxy_url.as_deref().is_some_and(|url| !url.is_empty()));
        self.check_named_files(context)?;
        let options = KubeConfigOptions {
            context: Some(context.to_owned()),
            ..Default::default()
        };
        let config = Config::from_custom_kubeconfig(self.kubeconfig.clone(), &options).await;
        let mut config = config.map_err(|error| ClusterError::Kubeconfig {
            path: self.path.clone(),
            reason: safe_words(&error),
            remedy: "fix it",
        })?;
        // kube also reads a proxy from the environment, but not `NO_PROXY`; only the file counts here.
        config.proxy_url = config.proxy_url.filter(|_| has_proxy);
        Ok(Target {
            config,
            server,
            identity: Identity::Administrator(self.path.clone()),
        })
    }

    /// Checks the CA and credential files in the kubeconfig: an account that can change them could intercept our
    /// requests, including the token.
    fn check_named_files(&self, context: &str) -> Result<(), ClusterError> {
        let cluster = self.cluster_of(context);
        let user = self.user_of(context);
        let named = [
            cluster.and_then(|c| c.certificate_authority.as_ref()),
            user.and_then(|u| u.client_certificate.as_ref()),
            user.and_then(|u| u.client_key.as_ref()),
            user.and_then(|u| u.token_file.as_ref()),
        ];
        let named = named.into_iter().flatten().filter(|name| !name.is_empty());
        named.into_iter().try_for_each(|name| {
            check_trust(Path::new(name)).map_err(|error| ClusterError::Kubeconfig {
                path: self.path.clone(),
                reason: format!("it refers to {name}, but {error}"),
                remedy: "make sure that only root can change that file, since it decides where root's token is sent",
            })
        })
    }
}

/// What is wrong, without anything that could be a token: kube's messages quote data that it cannot decode.
fn safe_words(error: &kube::config::KubeconfigError) -> String {
    use kube::config::KubeconfigError as E;
    match error {
        E::LoadCertificateAuthority(_) => "the certificate-authority of the cluster cannot be read".into(),
        E::LoadClientCertificate(_) => "the client-certificate of the user cannot be read".into(),
        E::LoadClientKey(_) => "the client-key of the user cannot be read".into(),
        E::ParseClusterUrl(_) => "the server of the cluster is not a valid URL".into(),
        E::ParseProxyUrl(_) => "the proxy-url of the cluster is not a valid URL".into(),
        E::LoadClusterOfContext(name) => format!("there is no cluster {name:?}"),
        _ => "it is incomplete".into(),
    }
}
