//! Errors in removing what this program made.

use std::convert::Infallible;

use crate::cluster::ClusterError;
use crate::config::ConfigError;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::home::HomeError;
use crate::kubeconfig::DocumentError;
use crate::objects::cluster_roles::RolesError;
use crate::renewal::RenewalError;
use crate::store::StoreError;
use crate::suspended::SuspendedError;
use crate::user::UserError;

/// Why something was not removed.
#[derive(Debug, thiserror::Error)]
pub enum UninstallError {
    /// See [`ClusterError`].
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// See [`ConfigError`].
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// See [`HomeError`].
    #[error(transparent)]
    Home(#[from] HomeError),
    /// See [`UserError`].
    #[error(transparent)]
    User(#[from] UserError),
    /// See [`RenewalError`].
    #[error(transparent)]
    Renewal(#[from] RenewalError),
    /// See [`RolesError`].
    #[error(transparent)]
    Roles(#[from] RolesError),
    /// See [`SuspendedError`].
    #[error(transparent)]
    Suspended(#[from] SuspendedError),
    /// What logins have kept.
    #[error(transparent)]
    Kept(#[from] StoreError<Infallible>),
    /// Root's kubeconfig.
    #[error("root's kubeconfig is unchanged: {0}")]
    Kubeconfig(#[from] StoreError<DocumentError>),
}

impl HasExitStatus for UninstallError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Cluster(error) => error.exit_status(),
            Self::Config(error) => error.exit_status(),
            Self::Home(error) => error.exit_status(),
            Self::User(error) => error.exit_status(),
            Self::Renewal(error) => error.exit_status(),
            Self::Roles(error) => error.exit_status(),
            Self::Suspended(error) => error.exit_status(),
            Self::Kept(_) | Self::Kubeconfig(_) => ExitStatus::Configuration,
        }
    }
}
