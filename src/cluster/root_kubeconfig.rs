//! Root's kubeconfig: read once, checked, and searched for contexts, clusters and users.

use std::path::{Path, PathBuf};

use kube::config::{Context, Kubeconfig};
use secrecy::{ExposeSecret as _, SecretString};

use super::error::ClusterError;
use crate::config::files::{check_way_to_new, read_trusted};
use crate::config::ConfigError;

/// What to do if there is no usable kubeconfig.
const REMEDY: &str = "create it with: ood-k8s setup-root, or specify another with --kubeconfig";

/// Root's kubeconfig, or an administrator's; read once.
#[derive(Clone)]
pub struct RootKubeconfig {
    pub(super) path: PathBuf,
    pub(super) kubeconfig: Kubeconfig,
    text: SecretString,
    /// Whether the file is readable by others, or by a group other than root's.
    is_open: bool,
}

impl std::fmt::Debug for RootKubeconfig {
    // kube's own Debug would print an auth provider's refresh token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RootKubeconfig({})", self.path.display())
    }
}

impl RootKubeconfig {
    /// Reads the file, which must be writable only by root.
    pub fn load(path: &Path) -> Result<Self, ClusterError> {
        match Self::read(path)? {
            Some(root) => Ok(root),
            None => Err(fault(path, "no such file".into())),
        }
    }

    /// Like [`Self::load`], but reads a missing file as an empty one.
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
        let is_open = content.secret_reader().is_some();
        let text = String::from_utf8(content.bytes).map_err(|_| fault(path, "it is not UTF-8".into()))?;
        let mut root = Self::of_text(path, text.into())?;
        root.is_open = is_open;
        Ok(Some(root))
    }

    /// Parses `text` as the content of the file, so that a change can be tried before it is written.
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

    /// Whether others can read it, including its tokens.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// The text as it was read.
    pub fn text(&self) -> &str {
        self.text.expose_secret()
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The CA certificates for a context's cluster in this file, as base64-encoded PEM.
    pub(super) fn certificate_authority(&self, context: &str) -> Option<String> {
        use base64::Engine as _;
        let entry = self.cluster_of(context)?;
        match (&entry.certificate_authority_data, &entry.certificate_authority) {
            (Some(data), _) => Some(data.clone()),
            (None, Some(file)) => {
                let pem = read_trusted(Path::new(file), REMEDY).ok()?;
                Some(base64::engine::general_purpose::STANDARD.encode(pem.bytes))
            }
            (None, None) => None,
        }
    }

    pub(super) fn current_context(&self) -> Option<&str> {
        let current = self.kubeconfig.current_context.as_deref();
        current.filter(|name| !name.is_empty())
    }

    /// All contexts, with their names.
    pub(super) fn contexts(&self) -> impl Iterator<Item = (&str, &Context)> {
        let named = self.kubeconfig.contexts.iter();
        named.filter_map(|c| Some((c.name.as_str(), c.context.as_ref()?)))
    }

    /// The server of a context.
    pub(super) fn server_of(&self, context: &str) -> Option<&str> {
        self.cluster_of(context)?.server.as_deref()
    }

    pub(super) fn cluster_of(&self, context: &str) -> Option<&kube::config::Cluster> {
        let (_, context) = self.contexts().find(|(name, _)| *name == context)?;
        let named = self.kubeconfig.clusters.iter().find(|c| c.name == context.cluster)?;
        named.cluster.as_ref()
    }

    /// The names of a context's cluster and user.
    pub(super) fn names_of(&self, context: &str) -> (Option<String>, Option<String>) {
        let found = self.contexts().find(|(name, _)| *name == context);
        found.map_or((None, None), |(_, context)| {
            (Some(context.cluster.clone()), context.user.clone())
        })
    }

    pub(super) fn no_context(&self, reason: String) -> ClusterError {
        ClusterError::NoContext {
            path: self.path.clone(),
            reason,
        }
    }
}

/// Resolves paths relative to the kubeconfig's directory; a plugin's command only if it contains a slash (client-go
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
        ConfigError::Unsafe { path, reason, remedy } => ClusterError::Untrusted { path, reason, remedy },
        other => fault(path, other.to_string()),
    }
}
