//! A connection's parameters: a kubeconfig's context with its credentials, and files that others cannot change.

use std::path::Path;

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::Config;
use secrecy::zeroize::Zeroizing;
use secrecy::ExposeSecret as _;

use super::contexts::same_server;
use super::error::ClusterError;
use super::identity::Identity;
use super::root_kubeconfig::RootKubeconfig;
use crate::config::clusters::Cluster;
use crate::config::files::read_trusted;
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
        let kubeconfig = self.with_named_files(context)?;
        let options = KubeConfigOptions {
            context: Some(context.to_owned()),
            ..Default::default()
        };
        let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
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

    /// The kubeconfig with the files that the context names read into it: whoever can change the CA or the credentials
    /// could have our requests, token and all, so a file is read where it was judged, and not once more by its name.
    ///
    /// As in client-go, data wins over a file's name, but `tokenFile` over `token`
    /// (`tools/clientcmd/client_config.go`, `getUserIdentificationPartialConfig`).
    fn with_named_files(&self, context: &str) -> Result<Kubeconfig, ClusterError> {
        let mut kubeconfig = self.kubeconfig.clone();
        let (cluster, user) = self.names_of(context);
        let clusters = kubeconfig.clusters.iter_mut();
        if let Some(cluster) = clusters
            .filter(|c| Some(&c.name) == cluster.as_ref())
            .find_map(|c| c.cluster.as_mut())
        {
            self.read_into(
                &mut cluster.certificate_authority_data,
                &mut cluster.certificate_authority,
            )?;
        }
        let users = kubeconfig.auth_infos.iter_mut();
        if let Some(user) = users
            .filter(|u| Some(&u.name) == user.as_ref())
            .find_map(|u| u.auth_info.as_mut())
        {
            self.read_into(&mut user.client_certificate_data, &mut user.client_certificate)?;
            let mut key = user.client_key_data.take().map(|key| key.expose_secret().to_owned());
            self.read_into(&mut key, &mut user.client_key)?;
            user.client_key_data = key.map(Into::into);
            if let Some(name) = user.token_file.take().filter(|name| !name.is_empty()) {
                let token = self.read_named(&name)?;
                user.token = Some(String::from_utf8_lossy(&token).trim().into());
            }
        }
        Ok(kubeconfig)
    }

    fn read_into(&self, data: &mut Option<String>, file: &mut Option<String>) -> Result<(), ClusterError> {
        let name = file.take().filter(|name| !name.is_empty());
        let is_set = data.as_ref().is_some_and(|data| !data.is_empty());
        if let Some(name) = name.filter(|_| !is_set) {
            *data = Some(STANDARD.encode(self.read_named(&name)?));
        }
        Ok(())
    }

    fn read_named(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, ClusterError> {
        let content = read_trusted(Path::new(name), "put it there").map_err(|error| ClusterError::Kubeconfig {
            path: self.path.clone(),
            reason: format!("it refers to {name}, but {error}"),
            remedy: "make sure that only root can change that file, since it decides where root's token is sent",
        })?;
        Ok(Zeroizing::new(content.bytes))
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
