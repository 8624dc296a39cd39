//! What can go wrong with registries and their file, and which exit status each has.

use std::path::PathBuf;

use super::helper::HelperError;
use super::password::PasswordError;
use super::trial::Refused;
use crate::config::ConfigError;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::registry::{DockerConfigError, RegistryNameError};
use crate::store::StoreError;

/// Why the registry file is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// See [`RegistryNameError`].
    #[error(transparent)]
    Name(#[from] RegistryNameError),
    /// See [`PasswordError`].
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// See [`HelperError`].
    #[error(transparent)]
    Helper(#[from] HelperError),
    /// See [`Refused`].
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A file is not there, or not root's alone.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file that is read is not a docker configuration that can be used.
    #[error("{path} is not used: {reason}", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: DockerConfigError,
    },
    /// Users' namespaces do not get an entry of the file.
    #[error("{0}")]
    LeftOut(String),
    /// The file was not written; it is as it was.
    #[error(transparent)]
    Store(#[from] StoreError<DockerConfigError>),
}

impl HasExitStatus for RegistryError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Name(_)
            | Self::Password(PasswordError::NoTerminal)
            | Self::Helper(HelperError::Words(_) | HelperError::Pattern(_)) => ExitStatus::Usage,
            Self::Helper(HelperError::Deadline { .. }) => ExitStatus::Deadline,
            Self::Password(_) | Self::Helper(_) | Self::Refused(_) => ExitStatus::Credentials,
            Self::Config(_) | Self::File { .. } | Self::LeftOut(_) | Self::Store(_) => ExitStatus::Configuration,
        }
    }
}
