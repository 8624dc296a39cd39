//! Our errors and the exit statuses that tell them apart.

use std::fmt;

use crate::cluster::ClusterError;
use crate::config::ConfigError;
use crate::home::HomeError;
use crate::naming::NameError;
use crate::objects::DesiredError;
use crate::oidc::HandoverError;
use crate::user::UserError;

/// The process's exit status. Documented in the manual page and in README.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum ExitStatus {
    /// All done.
    Success = 0,
    /// A fault in this program.
    Internal = 1,
    /// The command line can't be understood (clap's own status).
    Usage = 2,
    /// hook.env, clusters.d, root's kubeconfig or the registry file.
    Configuration = 3,
    /// The user or the namespace is not one that we act for.
    Refused = 4,
    /// A cluster could not be reached, or said no.
    Cluster = 5,
    /// The user's tokens or kubeconfig.
    Credentials = 6,
    /// The deadline was over before all was done.
    Deadline = 7,
}

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
    /// See [`HandoverError`].
    #[error(transparent)]
    Handover(#[from] HandoverError),
    /// A token that kubectl could not use.
    #[error("{name} {source}")]
    Token {
        /// The variable it came in.
        name: &'static str,
        /// What is wrong with it.
        source: crate::oidc::token::TokenError,
    },
    /// See [`HomeError`].
    #[error(transparent)]
    Home(#[from] HomeError),
}

impl From<DesiredError> for Error {
    fn from(error: DesiredError) -> Self {
        match error {
            DesiredError::Name(name) => Self::Name(name),
            DesiredError::Config(config) => Self::Config(config),
        }
    }
}

impl Error {
    /// The status to end with.
    pub fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Config(_) => ExitStatus::Configuration,
            Self::User(UserError::Lookup { .. }) => ExitStatus::Internal,
            Self::User(_) | Self::Name(_) => ExitStatus::Refused,
            Self::Cluster(error) => error.exit_status(),
            Self::Home(HomeError::Deadline { .. }) => ExitStatus::Deadline,
            Self::Home(_) | Self::Handover(_) | Self::Token { .. } => ExitStatus::Credentials,
        }
    }
}

/// Several errors as the one line that OnDemand's log takes.
#[derive(Debug)]
pub struct Failures(Vec<(String, Error)>);

impl Failures {
    /// Each error with what it hit, such as `cluster prod`; empty where the error says it itself.
    /// `None` where nothing failed.
    pub fn new(failures: Vec<(String, Error)>) -> Option<Self> {
        let mut told: Vec<(String, Error)> = Vec::new();
        for (what, error) in failures {
            // Namespace and kubeconfig of a cluster may fail for one reason: it is said once.
            let text = error.to_string();
            if !told.iter().any(|(_, before)| before.to_string() == text) {
                told.push((what, error));
            }
        }
        (!told.is_empty()).then_some(Self(told))
    }

    /// A single failure that says itself what it hit.
    pub fn one(error: Error) -> Self {
        Self(vec![(String::new(), error)])
    }

    /// The status of the first failure in the order of [`ExitStatus`]: what an admin mends first.
    pub fn exit_status(&self) -> ExitStatus {
        let statuses = self.0.iter().map(|(_, error)| error.exit_status());
        statuses.min().unwrap_or(ExitStatus::Success)
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (what, error)) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            if !what.is_empty() {
                write!(f, "{what}: ")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failures {}
