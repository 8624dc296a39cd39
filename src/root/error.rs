//! What can keep root's kubeconfig from having a token that works, and a token that ends too soon.

use crate::cluster::{ClusterError, GivenTokenError};
use crate::config::ConfigError;
use crate::contained::Panicked;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::kubeconfig::DocumentError;
use crate::store::StoreError;

/// Why root's credentials are not renewed, or not for long.
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
    /// One token cannot be for several clusters.
    #[error("one token works at one cluster, and there are several; name it with --cluster: {known}")]
    WhichCluster {
        /// The clusters' ids.
        known: String,
    },
    /// See [`Panicked`].
    #[error(transparent)]
    Panicked(#[from] Panicked),
    /// There is nobody to ask for the first token.
    #[error("there is no token for it that works ({reason}); name who can make the first one: --minter-kubeconfig FILE, an administrator's, or --token-file FILE")]
    FirstToken {
        /// What is wrong with what is there.
        reason: String,
    },
    /// Root's kubeconfig cannot be changed.
    #[error("root's kubeconfig is as it was: {0}")]
    Kubeconfig(#[from] StoreError<EditError>),
    /// Root's token ends before it can be renewed again.
    #[error("{0}")]
    TokenEnds(TokenEnds),
}

/// Why a change of root's kubeconfig was not made.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The text cannot be edited.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Somebody else could have put another file in its place.
    #[error(transparent)]
    Untrusted(#[from] ConfigError),
    /// The context is not what it was when the token was tried.
    #[error("its contexts were changed meanwhile; try again")]
    Changed,
}

/// A token in root's kubeconfig that ends too soon.
#[derive(Debug, thiserror::Error)]
#[error("the token of {user} in root's kubeconfig {when}, and this runs every {interval}; run it more often, ask for a longer --duration, or raise the API server's --service-account-max-token-expiration")]
pub struct TokenEnds {
    /// The user's entry.
    pub user: String,
    /// `ends in 20m0s`, or that it has ended.
    pub when: String,
    /// How often the command is run, for a person.
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
            Self::TokenEnds(_) => ExitStatus::TokenEnds,
        }
    }
}
