//! Errors in a part of a login: its namespaces, its home, or the credentials to write there.

use crate::cluster::ClusterError;
use crate::config::ConfigError;
use crate::contained::Panicked;
use crate::credentials::CredentialsError;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::home::HomeError;
use crate::naming::NameError;
use crate::user::UserError;

/// Why a part of a login failed.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// See [`ConfigError`].
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// See [`NameError`].
    #[error(transparent)]
    Name(#[from] NameError),
    /// See [`UserError`].
    #[error(transparent)]
    User(#[from] UserError),
    /// See [`ClusterError`].
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Several requests in one namespace failed.
    #[error("{first}; {more} more errors in this namespace are in the log line")]
    Several {
        /// The first of them.
        first: Box<ClusterError>,
        /// How many others.
        more: usize,
        /// The lowest of their exit statuses.
        status: ExitStatus,
    },
    /// The NetworkPolicy came too late for the credentials.
    #[error("the entry in the kubeconfig was not written, since it was not known in time whether the NetworkPolicy stands; the next login writes it")]
    Withheld,
    /// See [`CredentialsError`].
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// See [`HomeError`].
    #[error(transparent)]
    Home(#[from] HomeError),
    /// See [`Panicked`].
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

impl HasExitStatus for LoginError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Config(error) => error.exit_status(),
            Self::Name(error) => error.exit_status(),
            Self::User(error) => error.exit_status(),
            Self::Cluster(error) => error.exit_status(),
            Self::Several { status, .. } => *status,
            Self::Withheld => ExitStatus::Deadline,
            Self::Credentials(error) => error.exit_status(),
            Self::Home(error) => error.exit_status(),
            Self::Panicked(error) => error.exit_status(),
        }
    }

    fn result(&self) -> &'static str {
        match self {
            Self::Cluster(error) => error.result(),
            Self::Several { first, .. } => first.result(),
            _ => self.exit_status().word(),
        }
    }
}
