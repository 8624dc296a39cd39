//! The sum of all errors, the exit status of each, and how several are told together.

use std::fmt;

use crate::cluster::{ClusterError, GivenTokenError};
use crate::config::ConfigError;
use crate::exit::ExitStatus;
use crate::home::HomeError;
use crate::kubeconfig::DocumentError;
use crate::naming::NameError;
use crate::objects::cluster_roles::RolesError;
use crate::oidc::{GrantError, HandoverError, HttpError};
use crate::passwords::RegistryError;
use crate::renewal::RenewalError;
use crate::store::StoreError;
use crate::user::UserError;

/// What went wrong, whole: one line, no secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// See [`ConfigError`].
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// See [`UserError`].
    #[error(transparent)]
    User(#[from] UserError),
    /// See [`NameError`].
    #[error(transparent)]
    Name(#[from] NameError),
    /// See [`ClusterError`].
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// See [`RolesError`].
    #[error(transparent)]
    Roles(#[from] RolesError),
    /// See [`HandoverError`].
    #[error(transparent)]
    Handover(#[from] HandoverError),
    /// A token that kubectl could not use.
    #[error("{name} {source}")]
    Token {
        /// The variable it came in.
        name: &'static str,
        /// What is wrong with it.
        source: Box<crate::oidc::token::TokenError>,
    },
    /// See [`GrantError`].
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// See [`HttpError`].
    #[error(transparent)]
    IdentityProvider(#[from] HttpError),
    /// See [`HomeError`].
    #[error(transparent)]
    Home(#[from] HomeError),
    /// See [`RegistryError`].
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// See [`RenewalError`].
    #[error(transparent)]
    Renewal(#[from] RenewalError),
    /// See [`GivenTokenError`].
    #[error(transparent)]
    GivenToken(#[from] GivenTokenError),
    /// Flags that do not go together, or lack one, where clap cannot know.
    #[error("{0}")]
    Usage(&'static str),
    /// One token cannot be for several clusters.
    #[error("one token works at one cluster, and there are several; name it with --cluster: {known}")]
    WhichCluster {
        /// The clusters' ids.
        known: String,
    },
    /// There is nobody to ask for the first token.
    #[error("there is no token for it that works ({reason}); name who can make the first one: --minter-kubeconfig FILE, an administrator's, or --token-file FILE")]
    FirstToken {
        /// What is wrong with what is there.
        reason: String,
    },
    /// Root's kubeconfig cannot be changed.
    #[error("root's kubeconfig is as it was: {0}")]
    RootKubeconfig(#[from] StoreError<RootEditError>),
    /// The metrics cannot be written.
    #[error("the metrics are as they were: {0}")]
    Metrics(#[from] StoreError<std::convert::Infallible>),
    /// Root's token ends before it can be renewed again.
    #[error("{0}")]
    TokenEnds(TokenEnds),
}

/// Why a change of root's kubeconfig was not made.
#[derive(Debug, thiserror::Error)]
pub enum RootEditError {
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

impl Error {
    /// The status to end with.
    pub fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Config(_)
            | Self::Roles(_)
            | Self::RootKubeconfig(_)
            | Self::Metrics(_)
            | Self::Renewal(RenewalError::Untrusted(_)) => ExitStatus::Configuration,
            Self::User(UserError::Lookup { .. }) => ExitStatus::Internal,
            Self::User(_) | Self::Name(_) => ExitStatus::Refused,
            Self::Cluster(error) => error.exit_status(),
            Self::Registry(error) => error.exit_status(),
            Self::Home(HomeError::Deadline { .. }) | Self::Renewal(RenewalError::Busy { .. }) => ExitStatus::Deadline,
            Self::Grant(_)
            | Self::IdentityProvider(_)
            | Self::Home(_)
            | Self::Renewal(_)
            | Self::Handover(_)
            | Self::Token { .. }
            | Self::GivenToken(_) => ExitStatus::Credentials,
            Self::Usage(_) | Self::WhichCluster { .. } | Self::FirstToken { .. } => ExitStatus::Usage,
            Self::TokenEnds(_) => ExitStatus::TokenEnds,
        }
    }
}

/// Several errors as the one line that OnDemand's log takes: each with all that it hit.
#[derive(Debug)]
pub struct Failures(Vec<(Vec<String>, Error)>);

impl Failures {
    /// Each error with what it hit, such as `cluster prod`; empty where the error says it itself.
    /// `None` where nothing failed.
    pub fn new(failures: Vec<(String, Error)>) -> Option<Self> {
        let mut told: Vec<(Vec<String>, Error)> = Vec::new();
        for (what, error) in failures {
            // Namespace and kubeconfig, or several clusters, may fail for one reason: it is said once.
            let text = error.to_string();
            let index = told.iter().position(|(_, before)| before.to_string() == text);
            let index = index.unwrap_or_else(|| {
                told.push((Vec::new(), error));
                told.len() - 1
            });
            if !what.is_empty() && !told[index].0.contains(&what) {
                told[index].0.push(what);
            }
        }
        (!told.is_empty()).then_some(Self(told))
    }

    /// The same with one more, if there is one.
    #[must_use]
    pub fn and(mut self, more: Option<(String, Error)>) -> Self {
        self.0
            .extend(more.map(|(what, error)| (Vec::from_iter((!what.is_empty()).then_some(what)), error)));
        self
    }

    /// A single failure that says itself what it hit.
    pub fn one(error: Error) -> Self {
        Self(vec![(Vec::new(), error)])
    }

    /// The status of the first failure in the order of [`ExitStatus`], what an admin mends first; but a token that is
    /// about to end counts before all others, since soon nobody will be able to log in.
    pub fn exit_status(&self) -> ExitStatus {
        let mut statuses = self.0.iter().map(|(_, error)| error.exit_status());
        if statuses.clone().any(|status| status == ExitStatus::TokenEnds) {
            return ExitStatus::TokenEnds;
        }
        statuses.by_ref().min().unwrap_or(ExitStatus::Success)
    }

    /// Each failure as a line of its own, for a terminal.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().map(|(what, error)| match what.as_slice() {
            [] => error.to_string(),
            what => format!("{}: {error}", what.join(", ")),
        })
    }

    /// Those that are warnings, and those that are errors.
    pub fn into_warnings_and_errors(self) -> (Self, Self) {
        let is_warning = |(_, error): &(Vec<String>, Error)| matches!(error, Error::TokenEnds(_));
        let (warnings, errors) = self.0.into_iter().partition(is_warning);
        (Self(warnings), Self(errors))
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().collect::<Vec<_>>().join("; "))
    }
}

impl std::error::Error for Failures {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reason_that_hit_several_is_said_once_with_all_that_it_hit() {
        let busy = || ClusterError::Contended {
            what: "claim".into(),
            times: 2,
        };
        let failures = [("cluster a", busy()), ("cluster b", busy()), ("cluster a", busy())];
        let failures = failures.map(|(what, error)| (what.to_owned(), error.into()));
        let line = Failures::new(failures.into()).unwrap().to_string();
        assert!(line.starts_with("cluster a, cluster b: cannot claim"), "{line}");
        assert!(!line.contains(';') || line.matches("claim").count() == 1, "{line}");
    }
}
