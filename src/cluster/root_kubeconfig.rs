//! A kubeconfig of root's: read once, checked, and made into connections.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig};
use kube::Config;
use secrecy::{ExposeSecret as _, SecretString};

use super::contexts::same_server;
use super::identity::Identity;
use super::ClusterError;
use crate::config::clusters::Cluster;
use crate::config::files::{check_trust, check_way_to_new, read_trusted};
use crate::config::ConfigError;
use crate::oidc::token;

/// What to do when there is no usable kubeconfig.
const REMEDY: &str = "make it with: ood-k8s setup-root, or name another with --kubeconfig";

/// Root's kubeconfig, or an administrator's; read once.
#[derive(Clone)]
pub struct RootKubeconfig {
    pub(super) path: PathBuf,
    pub(super) kubeconfig: Kubeconfig,
    text: SecretString,
    /// Whether the mode lets others read it, or a group that is not root's.
    is_open: bool,
}

impl std::fmt::Debug for RootKubeconfig {
    // kube's own Debug would print an auth provider's refresh token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RootKubeconfig({})", self.path.display())
    }
}

/// A connection's parameters.
#[derive(Debug)]
pub struct Target {
    /// What kube makes of the context.
    pub config: Config,
    /// The server's URL, for messages.
    pub server: String,
    /// Whose credentials are in it.
    pub identity: Identity,
}

/// What a context is made of.
#[derive(Debug, Clone)]
pub struct RootEntry {
    /// The context's name.
    pub context: String,
    /// The name of its cluster's entry.
    pub cluster: String,
    /// The name of its user's entry.
    pub user: String,
    /// The API server's URL.
    pub server: String,
    /// How the user's entry logs in.
    pub login: RootLogin,
}

/// How a user's entry logs in.
#[derive(Debug, Clone)]
pub enum RootLogin {
    /// Not yet.
    Nothing,
    /// By a token, which can be renewed.
    Token(SecretString),
    /// By something that is not ours to renew, in words.
    Other(&'static str),
}

impl RootEntry {
    /// The token that the user's entry logs in with, if it is one.
    pub fn token(&self) -> Option<&SecretString> {
        match &self.login {
            RootLogin::Token(token) => Some(token),
            _ => None,
        }
    }

    /// When that token ends, where it says so.
    pub fn token_end(&self) -> Option<SystemTime> {
        token::expiry(self.token()?).ok()
    }
}

impl Target {
    /// Whether the server is the cluster's endpoint; any is, where that is not said.
    pub fn is_of(&self, cluster: &Cluster) -> bool {
        let endpoint = cluster.endpoint.as_deref();
        endpoint.is_none_or(|endpoint| same_server(&self.server, endpoint))
    }
}

impl RootKubeconfig {
    /// Reads the file; it must be one that only root can have written.
    pub fn load(path: &Path) -> Result<Self, ClusterError> {
        match Self::read(path)? {
            Some(root) => Ok(root),
            None => Err(fault(path, "no such file".into())),
        }
    }

    /// The same where the file may be missing: then it is empty.
    pub fn load_or_empty(path: &Path) -> Result<Self, ClusterError> {
        if let Some(root) = Self::read(path)? {
            return Ok(root);
        }
        check_way_to_new(path).map_err(|error| untrusted(path, error))?;
        Self::of_text(path, String::new().into())
    }

    fn read(path: &Path) -> Result<Option<Self>, ClusterError> {
        let content = match read_trusted(path, REMEDY) {
            Ok(content) => content,
            Err(ConfigError::Missing { .. }) => return Ok(None),
            Err(error) => return Err(untrusted(path, error)),
        };
        let text = String::from_utf8(content.bytes).map_err(|_| fault(path, "it is not UTF-8".into()))?;
        let mut root = Self::of_text(path, text.into())?;
        root.is_open = content.readable_by_others || content.readable_by_group.is_some();
        Ok(Some(root))
    }

    /// What the file would be with this text: so that a change can be tried before it is written.
    pub fn of_text(path: &Path, text: SecretString) -> Result<Self, ClusterError> {
        let parsed = match text.expose_secret().trim() {
            "" => Ok(Kubeconfig::default()),
            text => Kubeconfig::from_yaml(text),
        };
        // The library's message could quote the file, and the file holds tokens.
        let mut kubeconfig = parsed.map_err(|_| fault(path, "it is not a kubeconfig in YAML".into()))?;
        resolve_paths(&mut kubeconfig, path);
        Ok(Self {
            path: path.to_owned(),
            kubeconfig,
            text,
            is_open: false,
        })
    }

    /// Whether others can read it, tokens and all.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// The text as it was read.
    pub fn text(&self) -> &str {
        self.text.expose_secret()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The connection for `cluster`: the context named in its settings, else the one whose server is its endpoint.
    pub async fn target(&self, cluster: &Cluster) -> Result<Target, ClusterError> {
        let mut target = self.target_in(&self.context_for(cluster)?).await?;
        let token = target.config.auth_info.token.as_ref();
        target.identity = Identity::Root {
            cluster: cluster.id.clone(),
            token_end: token.and_then(|token| token::expiry(token).ok()),
        };
        Ok(target)
    }

    /// The connection of a context, with the credentials in this file.
    pub(super) async fn target_in(&self, context: &str) -> Result<Target, ClusterError> {
        let entry = self.cluster_of(context);
        let Some(server) = entry.and_then(|c| c.server.clone()) else {
            return Err(self.no_context(format!(
                "has no context {context:?} with a cluster; make it, or name another"
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
            remedy: "mend it",
        })?;
        // kube takes a proxy from the environment too, but not its exceptions; only the file counts here.
        config.proxy_url = config.proxy_url.filter(|_| has_proxy);
        Ok(Target {
            config,
            server,
            identity: Identity::Administrator(self.path.clone()),
        })
    }
}

impl RootKubeconfig {
    /// Whoever can change the CA, or the credentials, that the file names, could have our requests, token and all.
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
                reason: format!("it names {name}, and {error}"),
                remedy: "that file decides whom root's token goes to",
            })
        })
    }
}

/// What stands under `users`, as far as it matters for a renewal.
pub(super) fn login_of(user: Option<&AuthInfo>) -> RootLogin {
    let Some(user) = user else {
        return RootLogin::Nothing;
    };
    let others = [
        (user.exec.is_some(), "an exec plugin"),
        (user.auth_provider.is_some(), "an auth provider"),
        (
            user.token_file.is_some(),
            "a tokenFile, which another program keeps fresh",
        ),
        (
            user.client_certificate.is_some() || user.client_certificate_data.is_some(),
            "a client certificate",
        ),
        (user.username.is_some() || user.password.is_some(), "a password"),
    ];
    match (others.iter().find(|(is_there, _)| *is_there), &user.token) {
        (Some((_, how)), _) => RootLogin::Other(how),
        (None, Some(token)) => RootLogin::Token(token.clone()),
        (None, None) => RootLogin::Nothing,
    }
}

/// Relative names count from the kubeconfig's folder; of a plugin only where it is a path (client-go
/// `ResolveLocalPaths` and `GetAuthInfoFileReferences`).
fn resolve_paths(kubeconfig: &mut Kubeconfig, path: &Path) {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let resolve = |name: &mut Option<String>| {
        if let Some(name) = name.as_mut().filter(|name| !name.is_empty()) {
            *name = folder.join(&*name).to_string_lossy().into_owned();
        }
    };
    for cluster in kubeconfig.clusters.iter_mut().filter_map(|c| c.cluster.as_mut()) {
        resolve(&mut cluster.certificate_authority);
    }
    for user in kubeconfig.auth_infos.iter_mut().filter_map(|u| u.auth_info.as_mut()) {
        resolve(&mut user.client_certificate);
        resolve(&mut user.client_key);
        resolve(&mut user.token_file);
        if let Some(exec) = user
            .exec
            .as_mut()
            .filter(|e| e.command.as_ref().is_some_and(|c| c.contains('/')))
        {
            resolve(&mut exec.command);
        }
    }
}

fn fault(path: &Path, reason: String) -> ClusterError {
    ClusterError::Kubeconfig {
        path: path.to_owned(),
        reason,
        remedy: REMEDY,
    }
}

fn untrusted(path: &Path, error: ConfigError) -> ClusterError {
    match error {
        ConfigError::Unreadable { reason, .. } => fault(path, reason),
        ConfigError::Unsafe { reason, remedy, .. } => fault(path, format!("not used because {reason}, run: {remedy}")),
        other => fault(path, other.to_string()),
    }
}

/// What is wrong, without what could be a token: kube's messages quote data that it cannot decode.
fn safe_words(error: &kube::config::KubeconfigError) -> String {
    use kube::config::KubeconfigError as E;
    match error {
        E::LoadCertificateAuthority(_) => "the certificate-authority of the cluster cannot be read".into(),
        E::LoadClientCertificate(_) => "the client-certificate of the user cannot be read".into(),
        E::LoadClientKey(_) => "the client-key of the user cannot be read".into(),
        E::ParseClusterUrl(_) => "the server of the cluster is no URL".into(),
        E::ParseProxyUrl(_) => "the proxy-url of the cluster is no URL".into(),
        E::LoadClusterOfContext(name) => format!("there is no cluster {name:?}"),
        _ => "it is incomplete".into(),
    }
}
