//! Errors in creating the entry that a user logs in with; they never contain a token.

use crate::config::ConfigError;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::naming::NameError;
use crate::oidc::token::TokenError;
use crate::oidc::{Fate, GrantError, HandoverError, HttpError};
use crate::renewal::RenewalError;

/// Why a user gets no credentials for a cluster, or incomplete ones.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// See [`ConfigError`].
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// See [`NameError`].
    #[error(transparent)]
    Name(#[from] NameError),
    /// See [`HandoverError`].
    #[error(transparent)]
    Handover(#[from] HandoverError),
    /// A token that kubectl could not use.
    #[error("{name} {source}")]
    Token {
        /// The variable that it came from.
        name: &'static str,
        /// What is wrong with it.
        source: Box<TokenError>,
    },
    /// A refreshed or exchanged token of another user.
    #[error("{name} {source}; {remedy}")]
    Astray {
        /// Which token.
        name: &'static str,
        /// Whose it is.
        source: Box<TokenError>,
        /// What to do.
        remedy: &'static str,
    },
    /// A refresh token that was sent before, without an answer that could be stored.
    #[error("cannot refresh the access token: the refresh token was sent at {at} already, the answer was lost before it was stored, and it works no more; log out of OnDemand, and log in again")]
    Lost {
        /// When it was sent.
        at: String,
    },
    /// See [`GrantError`].
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// See [`HttpError`].
    #[error(transparent)]
    IdentityProvider(#[from] HttpError),
    /// See [`RenewalError`].
    #[error(transparent)]
    Renewal(#[from] RenewalError),
}

impl CredentialsError {
    /// Whether the identity provider has rejected the refresh token for good.
    pub fn ends_the_session(&self) -> bool {
        matches!(self, Self::Lost { .. }) || matches!(self, Self::Grant(grant) if grant.ends_the_session())
    }

    /// When the refresh token was sent whose answer was lost, if that is why.
    pub fn lost_at(&self) -> Option<&str> {
        match self {
            Self::Lost { at } => Some(at),
            _ => None,
        }
    }

    /// Whether the refresh token may be spent without anything to show for it: it was sent, and nobody knows what became of it.
    pub fn may_have_spent(&self) -> bool {
        matches!(self, Self::Grant(grant) if grant.fate() == Fate::Unknown)
    }

    /// Whether the identity provider answered, and refused only this one token.
    pub fn is_of_one_token(&self) -> bool {
        matches!(self, Self::Grant(GrantError::Refused { .. }))
    }

    /// Whether an answer of the identity provider was for another user: it is not asked again with this session's tokens.
    pub fn is_astray(&self) -> bool {
        matches!(self, Self::Astray { .. })
    }
}

impl HasExitStatus for CredentialsError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Config(error) => error.exit_status(),
            Self::Name(error) => error.exit_status(),
            Self::Renewal(error) => error.exit_status(),
            Self::Handover(_)
            | Self::Token { .. }
            | Self::Astray { .. }
            | Self::Lost { .. }
            | Self::Grant(_)
            | Self::IdentityProvider(_) => ExitStatus::Credentials,
        }
    }
}
