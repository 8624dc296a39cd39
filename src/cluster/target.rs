//! A connection's parameters: a kubeconfig's context with its credentials, and files that others cannot change.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig};
use kube::Config;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::CertificateDer;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

use super::contexts::same_server;
use super::error::ClusterError;
use super::identity::Identity;
use super::login::auth_info;
use super::root_kubeconfig::RootKubeconfig;
use crate::config::clusters::Cluster;
use crate::config::files::read_trusted;
use crate::config::settings::DEFAULT_CONNECT_TIMEOUT;
use crate::config::ConfigError;
use crate::kubeconfig::{self, is_header, ContextNames, EntryFault, List, Login, Source, HEADER_REMEDY};
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
    /// How long opening the connection may take.
    pub patience: Duration,
    /// Where they stand, for what is wrong before anything is sent.
    pub(super) origin: Origin,
}

/// Where a target's parts stand.
#[derive(Debug)]
pub(super) struct Origin {
    pub path: PathBuf,
    /// What is wrong with the CA, if it is the CA.
    pub authority: EntryFault,
    /// What is wrong with the certificate or its key, if it is one of them.
    pub certificate: EntryFault,
    /// What is wrong with the token that a plugin or provider gives.
    pub given: Option<Given>,
}

/// A plugin or provider that gives a token when the connection is made.
#[derive(Debug)]
pub(super) struct Given {
    /// The entry, with the words for a token that is not valid in a header.
    pub token: EntryFault,
    /// The entry, with the words for no token at all.
    pub none: EntryFault,
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
        if target.config.proxy_url.is_none() {
            target.config.proxy_url = cluster.proxy.for_server(&target.server).cloned();
        }
        target.patience = cluster.connect_timeout;
        let token = target.config.auth_info.token.as_ref();
        target.identity = Identity::Root {
            cluster: cluster.id.clone(),
            token_end: token.and_then(|token| token::expiry(token).ok()),
        };
        Ok(target)
    }

    /// The same with the cluster's endpoint as the address, if the context has another one: users' kubectl goes there.
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

    /// Returns the parameters of a context, with the credentials in this file.
    pub(super) async fn target_in(&self, context: &str) -> Result<Target, ClusterError> {
        let names = self.names_of(context);
        let Some((names, cluster)) = names.and_then(|names| Some((names, names.cluster?))) else {
            return Err(self.no_context(format!(
                "has no context {context:?} with a cluster; create it, or specify another"
            )));
        };
        // Doubled names and values of a wrong type count for a context, too.
        self.kubeconfig.context(context).map_err(|fault| self.faulty(fault))?;
        let found = self.kubeconfig.cluster(cluster).map_err(|fault| self.faulty(fault))?;
        let Some(entry) = found else {
            return Err(self.no_context(format!(
                "has the context {context:?} with the cluster {cluster:?}, which is not there; make it: kubectl config set-cluster {cluster:?}"
            )));
        };
        let server = self.kubeconfig.server_of(cluster).unwrap_or_default().to_owned();
        let (user, user_name) = self.user_of(&names)?;
        let has_proxy = entry.proxy_url.is_some();
        let is_secure = entry.server.scheme_str() == Some("https");
        let origin = self.origin(cluster, user_name, &user.login);
        let cluster_of_kube = self.cluster_for_kube(&entry, cluster)?;
        let mut auth_info = auth_info(self, user, user_name)?;
        if !is_secure {
            // client-go shows credentials to nobody without TLS (`ClientConfig`).
            auth_info = without_credentials(auth_info);
        }
        let config = config(cluster_of_kube, auth_info).await;
        let mut config = config.map_err(|_| self.faulty(origin.authority.clone()))?;
        if config.root_cert.as_ref().is_some_and(Vec::is_empty) {
            return Err(self.faulty(origin.authority));
        }
        // kube also reads a proxy from the environment, but not `NO_PROXY`; only the file counts here.
        config.proxy_url = config.proxy_url.filter(|_| has_proxy);
        Ok(Target {
            config,
            server,
            identity: Identity::Administrator(self.path.clone()),
            origin,
            patience: DEFAULT_CONNECT_TIMEOUT,
        })
    }

    fn user_of<'k>(&'k self, names: &ContextNames<'k>) -> Result<(kubeconfig::User, &'k str), ClusterError> {
        let Some(name) = names.user else {
            return Ok((kubeconfig::User::default(), ""));
        };
        let user = self.kubeconfig.user(name).map_err(|fault| self.faulty(fault))?;
        Ok((user, name))
    }

    fn origin(&self, cluster: &str, user: &str, login: &Login) -> Origin {
        let of_user = |key: &str, reason: String| self.kubeconfig.fault(List::Users, user, key, reason);
        let (key, what) = match login {
            Login::Exec(exec) => ("exec", format!("the exec plugin {:?}", exec.command)),
            Login::Provider(name, _) => ("auth-provider", format!("the auth-provider {name:?}")),
            _ => ("", String::new()),
        };
        let given = (!key.is_empty()).then(|| Given {
            token: of_user(
                key,
                format!("has {what}, which gives a token that is not valid in a header; {HEADER_REMEDY}"),
            ),
            none: of_user(key, format!("has {what}, which gives no token")),
        });
        Origin {
            path: self.path.clone(),
            authority: self.kubeconfig.fault(
                List::Clusters,
                cluster,
                "certificate-authority-data",
                "has a certificate-authority that holds no certificate in PEM; put the CA's there",
            ),
            certificate: of_user(
                "client-certificate-data",
                "has a client certificate or client-key that is no PEM, or that do not fit together; put both there anew".into(),
            ),
            given,
        }
    }

    fn cluster_for_kube(&self, entry: &kubeconfig::Cluster, name: &str) -> Result<kube::config::Cluster, ClusterError> {
        let authority = entry.certificate_authority.as_ref();
        let authority = authority.map(|source| self.pem(source, List::Clusters, name, "certificate-authority"));
        let extension = entry
            .exec_extension
            .clone()
            .map(|extension| kube::config::NamedExtension {
                name: "client.authentication.k8s.io/exec".into(),
                extension,
            });
        Ok(kube::config::Cluster {
            server: Some(entry.server.to_string()),
            insecure_skip_tls_verify: Some(entry.insecure_skip_tls_verify),
            certificate_authority_data: authority.transpose()?.map(|pem| STANDARD.encode(&*pem)),
            proxy_url: entry.proxy_url.clone(),
            tls_server_name: entry.tls_server_name.clone(),
            extensions: extension.map(|extension| vec![extension]),
            ..Default::default()
        })
    }

    /// The PEM, from the kubeconfig or from the file that it names: whoever can change that one could have our requests,
    /// token and all, so it is read where it was judged, and not once more by its name.
    pub(super) fn pem(
        &self,
        source: &Source,
        list: List,
        entry: &str,
        key: &str,
    ) -> Result<Zeroizing<Vec<u8>>, ClusterError> {
        match source {
            Source::Data(data) => Ok(data.clone()),
            Source::File(name) => {
                let read = read_trusted(&self.resolved(name), "put it there, or correct the name");
                let content = read.map_err(|error| {
                    let reason = format!("names {key} {name}, and {error}");
                    self.faulty(self.kubeconfig.fault(list, entry, key, reason))
                })?;
                Ok(Zeroizing::new(content.bytes))
            }
        }
    }

    /// The token of a user's entry: `tokenFile` wins over `token` where it can be read and holds one, without the white
    /// space around it (client-go `transport/token_source.go`).
    pub(super) fn token_of(
        &self,
        user: &str,
        token: Option<SecretString>,
        file: Option<&str>,
    ) -> Result<SecretString, ClusterError> {
        let Some(name) = file else {
            return Ok(token.unwrap_or_default());
        };
        let fault = |reason: &str| {
            let reason = format!("names tokenFile {name}, {reason}");
            self.faulty(self.kubeconfig.fault(List::Users, user, "tokenFile", reason))
        };
        let text = match read_trusted(&self.resolved(name), "put the token there") {
            Ok(content) => Zeroizing::new(
                String::from_utf8_lossy(&Zeroizing::new(content.bytes))
                    .trim()
                    .to_owned(),
            ),
            Err(ConfigError::Missing { .. }) if token.is_some() => Zeroizing::default(),
            Err(error) => return Err(fault(&format!("and {error}"))),
        };
        let of_file = match token {
            Some(token) if text.is_empty() => token,
            None if text.is_empty() => return Err(fault("which is empty; put the token there")),
            _ => SecretString::from(text.as_str()),
        };
        if !is_header(of_file.expose_secret()) {
            return Err(fault(&format!("whose token is not valid in a header; {HEADER_REMEDY}")));
        }
        Ok(of_file)
    }
}

fn without_credentials(auth_info: AuthInfo) -> AuthInfo {
    AuthInfo {
        impersonate: auth_info.impersonate,
        impersonate_uid: auth_info.impersonate_uid,
        impersonate_groups: auth_info.impersonate_groups,
        impersonate_user_extra: auth_info.impersonate_user_extra,
        ..AuthInfo::default()
    }
}

/// kube's parameters of one context, made from values: it opens no file, and reads no YAML.
async fn config(cluster: kube::config::Cluster, auth_info: AuthInfo) -> Result<Config, kube::config::KubeconfigError> {
    const NAME: &str = "context";
    let kubeconfig = Kubeconfig {
        clusters: vec![kube::config::NamedCluster {
            name: NAME.into(),
            cluster: Some(cluster),
            ..Default::default()
        }],
        auth_infos: vec![kube::config::NamedAuthInfo {
            name: NAME.into(),
            auth_info: Some(auth_info),
            ..Default::default()
        }],
        contexts: vec![kube::config::NamedContext {
            name: NAME.into(),
            context: Some(kube::config::Context {
                cluster: NAME.into(),
                user: Some(NAME.into()),
                ..Default::default()
            }),
            ..Default::default()
        }],
        ..Default::default()
    };
    let options = KubeConfigOptions {
        context: Some(NAME.into()),
        ..Default::default()
    };
    Config::from_custom_kubeconfig(kubeconfig, &options).await
}
