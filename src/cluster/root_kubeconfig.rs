//! Root's kubeconfig: read once, checked, and searched for contexts, clusters and users.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use super::error::ClusterError;
use crate::config::files::{check_way_to_new, read_trusted};
use crate::config::ConfigError;
use crate::kubeconfig::{ContextNames, EntryFault, Kubeconfig, Source};

/// What to do if there is no usable kubeconfig.
const REMEDY: &str = "create it with: ood-k8s setup-root --admin-kubeconfig FILE, or specify another with --kubeconfig";

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
        let kubeconfig = Kubeconfig::read(text.expose_secret()).map_err(|error| ClusterError::Document {
            path: path.to_owned(),
            reason: format!("it is not a kubeconfig in YAML: {error}"),
        })?;
        Ok(Self {
            path: path.to_owned(),
            kubeconfig,
            text,
            is_open: false,
        })
    }

    /// What makes kubectl refuse the file, although it can be used here.
    pub fn refusals(&self) -> Vec<EntryFault> {
        self.kubeconfig.refusals()
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
        let cluster = self.kubeconfig.cluster(self.names_of(context)?.cluster?).ok()??;
        let pem = match cluster.certificate_authority? {
            Source::Data(data) => data,
            Source::File(name) => read_trusted(&self.resolved(&name), REMEDY).ok()?.bytes.into(),
        };
        Some(base64::engine::general_purpose::STANDARD.encode(&*pem))
    }

    pub(super) fn current_context(&self) -> Option<&str> {
        self.kubeconfig.current_context()
    }

    /// All contexts, with their names.
    pub(super) fn contexts(&self) -> impl Iterator<Item = ContextNames<'_>> {
        self.kubeconfig.contexts()
    }

    /// The server of a context.
    pub(super) fn server_of(&self, context: &str) -> Option<&str> {
        self.kubeconfig.server_of(self.names_of(context)?.cluster?)
    }

    pub(super) fn names_of(&self, context: &str) -> Option<ContextNames<'_>> {
        self.contexts().find(|known| known.name == context)
    }

    /// Relative names count from the kubeconfig's folder (client-go `ResolveLocalPaths`).
    pub(super) fn resolved(&self, name: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("/")).join(name)
    }

    /// An entry that cannot be used.
    pub(super) fn faulty(&self, fault: EntryFault) -> ClusterError {
        ClusterError::Entry {
            path: self.path.clone(),
            fault,
        }
    }

    pub(super) fn no_context(&self, reason: String) -> ClusterError {
        ClusterError::NoContext {
            path: self.path.clone(),
            reason,
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
        // Something is there: a command that creates the file would not help.
        ConfigError::Unreadable { reason, remedy, .. } => ClusterError::Kubeconfig {
            path: path.to_owned(),
            reason,
            remedy,
        },
        ConfigError::Unsafe { path, reason, remedy } => ClusterError::Untrusted { path, reason, remedy },
        other => fault(path, other.to_string()),
    }
}
