//! Errors in creating the entry that a user logs in with; they never contain a token.

use crate::config::ConfigError;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::naming::NameError;
use crate::oidc::token::TokenError;
use crate::oidc::{GrantError, HandoverError, HttpError, TokenFate};
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
    /// The record was removed, or kept to be revoked, while this login waited for a cluster.
    #[error("nothing was written to the home, since the session was ended (by offboard, renew-creds or another login) while this login waited for a cluster; log in again if you should have access")]
    Ended,
    /// The record was replaced while this login waited for a cluster.
    #[error("nothing was written to the home, since another session of the same user has begun while this login waited for a cluster; it has tokens of its own")]
    Overtaken,
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

/// What a refresh that failed leaves of the session whose refresh token it was to use.
#[derive(Debug, PartialEq, Eq)]
pub enum Remains {
    /// Nothing: the identity provider has ended it.
    Nothing,
    /// Only the reason: its refresh token was sent at this time, the answer was lost, and it works no more.
    Loss {
        /// When it was sent.
        at: String,
    },
    /// Nothing that may be used: the answer was for another user, and it cannot be known whose the next one would be.
    Astray,
    /// All of it: the refresh token is not spent.
    Unspent,
    /// Perhaps all of it: the refresh token was sent, and nobody knows what became of it.
    Unknown,
}

impl CredentialsError {
    /// What it leaves of the session. `sent_before` is when an earlier run sent the same refresh token without an answer that
    /// was stored: a refusal then says that this answer is lost.
    pub fn remains(&self, sent_before: Option<String>) -> Remains {
        match self {
            Self::Lost { at } => Remains::Loss {
                at: sent_before.unwrap_or_else(|| at.clone()),
            },
            Self::Grant(grant) if grant.ends_the_session() => {
                sent_before.map_or(Remains::Nothing, |at| Remains::Loss { at })
            }
            Self::Grant(grant) if grant.fate() == TokenFate::Unknown => Remains::Unknown,
            Self::Astray { .. } => Remains::Astray,
            Self::Config(_)
            | Self::Name(_)
            | Self::Handover(_)
            | Self::Token { .. }
            | Self::Ended
            | Self::Overtaken
            | Self::Grant(_)
            | Self::IdentityProvider(_)
            | Self::Renewal(_) => Remains::Unspent,
        }
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
            | Self::Ended
            | Self::Overtaken
            | Self::Grant(_)
            | Self::IdentityProvider(_) => ExitStatus::Credentials,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::Doing;

    fn refused(doing: Doing, status: u16, code: &str) -> CredentialsError {
        CredentialsError::Grant(GrantError::Refused {
            doing,
            url: "https://idp/token".to_owned(),
            status,
            code: Some(code.to_owned()),
            said: code.to_owned(),
            remedy: String::new(),
        })
    }

    fn unanswered(is_sent: bool) -> CredentialsError {
        CredentialsError::Grant(GrantError::Http {
            doing: Doing::Refresh,
            source: HttpError::Deadline {
                url: "https://idp/token".to_owned(),
            },
            is_sent,
        })
    }

    fn astray() -> CredentialsError {
        CredentialsError::Astray {
            name: "the refreshed access token",
            source: Box::new(TokenError::NotJwt),
            remedy: "log out",
        }
    }

    fn loss(at: &str) -> Remains {
        Remains::Loss { at: at.to_owned() }
    }

    #[test]
    fn what_remains_of_a_session_depends_on_whether_its_refresh_token_was_sent_answered_and_sent_before() {
        let lost = || CredentialsError::Lost { at: "noon".to_owned() };
        for (error, first, again) in [
            (
                refused(Doing::Refresh, 400, "invalid_grant"),
                Remains::Nothing,
                loss("morning"),
            ),
            (lost(), loss("noon"), loss("morning")),
            (astray(), Remains::Astray, Remains::Astray),
            (unanswered(false), Remains::Unspent, Remains::Unspent),
            (
                refused(Doing::Refresh, 401, "invalid_client"),
                Remains::Unspent,
                Remains::Unspent,
            ),
            (
                refused(Doing::Exchange, 400, "invalid_grant"),
                Remains::Unspent,
                Remains::Unspent,
            ),
            (unanswered(true), Remains::Unknown, Remains::Unknown),
            (
                refused(Doing::Refresh, 502, "invalid_grant"),
                Remains::Unknown,
                Remains::Unknown,
            ),
        ] {
            assert_eq!(error.remains(None), first, "{error}");
            assert_eq!(error.remains(Some("morning".to_owned())), again, "{error}, sent before");
        }
    }
}
