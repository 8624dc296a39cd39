//! Errors in the renewal of users' tokens.

use std::sync::Arc;

use crate::config::ConfigError;
use crate::credentials::CredentialsError;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::home::HomeError;
use crate::renewal::RenewalError;
use crate::user::UserError;

/// Why one user's tokens, or those of all users, are not renewed.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// See [`ConfigError`].
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// See [`UserError`].
    #[error(transparent)]
    User(#[from] UserError),
    /// See [`RenewalError`].
    #[error(transparent)]
    Renewal(#[from] RenewalError),
    /// See [`CredentialsError`].
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The session was forgotten, since another user's token came.
    #[error("the session is forgotten: {0}")]
    Forgotten(CredentialsError),
    /// All clusters that the user is kept for have left clusters.d.
    #[error("the session is kept for clusters that are not in clusters.d, and nothing is renewed: {0}; give the file its old name back, or let the user log in to OnDemand again")]
    NoClusters(String),
    /// The session goes on at the identity provider.
    #[error("the refresh token was not revoked, still works, and is kept for the next run to revoke: {0}")]
    NotRevoked(Arc<CredentialsError>),
    /// See [`HomeError`].
    #[error(transparent)]
    Home(#[from] HomeError),
}

impl SessionError {
    /// Whether it is about what the user has in the home: then it fails no run for everybody.
    pub fn is_of_the_user(&self) -> bool {
        matches!(self, Self::Home(error) if error.is_of_the_user())
    }

    /// Whether the identity provider gave another user's token.
    pub fn is_astray(&self) -> bool {
        matches!(self, Self::Credentials(error) if error.is_astray())
    }
}

impl HasExitStatus for SessionError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::NoClusters(_) => ExitStatus::Configuration,
            Self::Config(error) => error.exit_status(),
            Self::User(error) => error.exit_status(),
            Self::Renewal(error) => error.exit_status(),
            Self::Credentials(error) | Self::Forgotten(error) => error.exit_status(),
            Self::NotRevoked(error) => error.exit_status(),
            Self::Home(error) => error.exit_status(),
        }
    }
}
