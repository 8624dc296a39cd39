//! All errors added up: the exit status of each, and how several are told together.

use std::convert::Infallible;
use std::fmt;

use crate::cluster::ClusterError;
use crate::config::{ConfigError, Site};
use crate::exit::{ExitStatus, HasExitStatus};
use crate::login::LoginError;
use crate::naming::NameError;
use crate::objects::cluster_roles::RolesError;
use crate::passwords::RegistryError;
use crate::root::RootError;
use crate::sessions::SessionError;
use crate::store::StoreError;
use crate::user::UserError;

/// What went wrong, whole: one line, no secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// hook.env or clusters.d.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Who it is for.
    #[error(transparent)]
    User(#[from] UserError),
    /// A name that cannot be one.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A cluster, asked by an administrator's command.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The account's roles.
    #[error(transparent)]
    Roles(#[from] RolesError),
    /// A part of a login.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// A renewal of users' tokens.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Root's own credentials.
    #[error(transparent)]
    Root(#[from] RootError),
    /// Registries and their passwords.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Flags that do not go together, or lack one, where clap cannot know.
    #[error("{0}")]
    Usage(&'static str),
    /// The metrics cannot be written.
    #[error("the metrics are as they were: {0}")]
    Metrics(#[from] StoreError<Infallible>),
}

impl HasExitStatus for Error {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Config(error) => error.exit_status(),
            Self::User(error) => error.exit_status(),
            Self::Name(error) => error.exit_status(),
            Self::Cluster(error) => error.exit_status(),
            Self::Roles(error) => error.exit_status(),
            Self::Login(error) => error.exit_status(),
            Self::Session(error) => error.exit_status(),
            Self::Root(error) => error.exit_status(),
            Self::Registry(error) => error.exit_status(),
            Self::Usage(_) => ExitStatus::Usage,
            Self::Metrics(_) => ExitStatus::Configuration,
        }
    }
}

/// One reason, and all that it hit.
#[derive(Debug)]
struct Failure {
    text: String,
    /// Such as `cluster prod`; empty where the error says it itself.
    hit: Vec<String>,
    status: ExitStatus,
}

/// What failed, in the order in which it was found: as the one line that OnDemand's log takes, or a line each.
#[derive(Debug, Default)]
pub(super) struct Failures(Vec<Failure>);

impl Failures {
    /// The files of clusters.d that cannot be used; the other clusters go on.
    pub fn of_broken_files(site: &Site) -> Self {
        let mut failures = Self::default();
        failures.extend(site.broken.iter().map(|error| (String::new(), error.clone())));
        failures
    }

    /// Notes an error with what it hit; what is empty the error says itself.
    ///
    /// Namespace and kubeconfig, or several clusters, may fail for one reason: it is said once.
    pub fn add(&mut self, what: String, error: impl Into<Error>) {
        let error = error.into();
        let text = error.to_string();
        let index = self.0.iter().position(|known| known.text == text);
        let index = index.unwrap_or_else(|| {
            self.0.push(Failure {
                text,
                hit: Vec::new(),
                status: error.exit_status(),
            });
            self.0.len() - 1
        });
        let hit = &mut self.0[index].hit;
        if !what.is_empty() && !hit.contains(&what) {
            hit.push(what);
        }
    }

    /// Notes several.
    pub fn extend<E: Into<Error>>(&mut self, failures: impl IntoIterator<Item = (String, E)>) {
        failures.into_iter().for_each(|(what, error)| self.add(what, error));
    }

    /// Success where nothing failed.
    pub fn result(self) -> Result<(), Self> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self)
        }
    }

    /// The status of the first failure in the order of [`ExitStatus`], what an administrator fixes first; but a token
    /// that is about to end counts before all others, since soon nobody will be able to log in.
    pub fn exit_status(&self) -> ExitStatus {
        let statuses = self.0.iter().map(|failure| failure.status);
        if statuses.clone().any(|status| status == ExitStatus::TokenEnds) {
            return ExitStatus::TokenEnds;
        }
        statuses.min().unwrap_or(ExitStatus::Success)
    }

    /// Each failure as a line of its own, for a terminal.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().map(Failure::line)
    }

    /// Those that are warnings, and those that are errors.
    pub fn into_warnings_and_errors(self) -> (Self, Self) {
        let is_warning = |failure: &Failure| failure.status == ExitStatus::TokenEnds;
        let (warnings, errors) = self.0.into_iter().partition(is_warning);
        (Self(warnings), Self(errors))
    }
}

impl Failure {
    fn line(&self) -> String {
        let Self { text, hit, .. } = self;
        if hit.is_empty() {
            return text.clone();
        }
        format!("{}: {text}", hit.join(", "))
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().collect::<Vec<_>>().join("; "))
    }
}

/// A single failure that says itself what it hit.
pub(super) fn only(error: impl Into<Error>) -> Failures {
    let mut failures = Failures::default();
    failures.add(String::new(), error);
    failures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reason_that_hit_several_is_said_once_with_all_that_it_hit() {
        let busy = || ClusterError::Contended {
            what: "claim".into(),
            times: 2,
        };
        let mut failures = Failures::default();
        failures.extend(["cluster a", "cluster b", "cluster a"].map(|what| (what.to_owned(), busy())));
        let line = failures.to_string();
        assert!(line.starts_with("cluster a, cluster b: cannot claim"), "{line}");
        assert!(!line.contains(';') || line.matches("claim").count() == 1, "{line}");
    }
}
