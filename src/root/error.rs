//! Errors in setting up or renewing root's credentials, and the warning about a token that expires too soon.

use crate::cluster::{ClusterError, GivenTokenError};
use crate::config::ConfigError;
use crate::contained::Panicked;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::kubeconfig::DocumentError;
use crate::store::StoreError;

/// Why root's credentials were not renewed, or not for long enough.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// See [`ConfigError`].
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// See [`ClusterError`].
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// See [`GivenTokenError`].
    #[error(transparent)]
    GivenToken(#[from] GivenTokenError),
    /// A given token works only at one cluster, and several are selected.
    #[error("a token works at one cluster only, and there are several; select one with --cluster: {known}")]
    WhichCluster {
        /// The clusters' ids.
        known: String,
    },
    /// See [`Panicked`].
    #[error(transparent)]
    Panicked(#[from] Panicked),
    /// There is no source for the first token.
    #[error("there is no working token for it ({reason}); get the first one with --admin-kubeconfig FILE (a cluster administrator's) or --token-file FILE")]
    FirstToken {
        /// What is wrong with what is there.
        reason: String,
    },
    /// Root's kubeconfig cannot be changed.
    #[error("root's kubeconfig is unchanged: {0}")]
    Kubeconfig(#[from] StoreError<EditError>),
    /// Root's token was not renewed, and has expired, or will have before the next run.
    #[error(transparent)]
    LastChance(Box<RootError>),
    /// Root's token expires before it can be renewed again.
    #[error("{0}")]
    TokenEnds(TokenEnds),
}

/// Why root's kubeconfig was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The text cannot be edited.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Another user could have replaced the file.
    #[error(transparent)]
    Untrusted(#[from] ConfigError),
    /// The context is not what it was when the token was tried.
    #[error("its contexts were changed by another process; try again")]
    Changed,
}

/// A token in root's kubeconfig that expires too soon.
#[derive(Debug, thiserror::Error)]
#[error("the token of {user} in root's kubeconfig {when}, but this command runs every {interval}; run it more often, request a longer --duration, or raise the API server's --service-account-max-token-expiration")]
pub struct TokenEnds {
    /// The user's entry.
    pub user: String,
    /// `expires in 20m0s`, or `expired 5m0s ago`.
    pub when: String,
    /// How often the command runs, for a person.
    pub interval: String,
}

impl HasExitStatus for RootError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Config(error) => error.exit_status(),
            Self::Cluster(error) => error.exit_status(),
            Self::GivenToken(_) => ExitStatus::Credentials,
            Self::Panicked(error) => error.exit_status(),
            Self::WhichCluster { .. } | Self::FirstToken { .. } => ExitStatus::Usage,
            Self::Kubeconfig(_) => ExitStatus::Configuration,
            Self::LastChance(_) | Self::TokenEnds(_) => ExitStatus::TokenEnds,
        }
    }
}
