//! The errors of all commands: the exit status of each, and how several are reported together.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;

use super::alike;
use crate::cluster::ClusterError;
use crate::config::profiles::{AccessError, GroupsError};
use crate::config::{ConfigError, Site};
use crate::door::shown;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::findings::Code;
use crate::foreign::Foreign;
use crate::login::LoginError;
use crate::logs::LogsError;
use crate::naming::NameError;
use crate::objects::cluster_roles::RolesError;
use crate::objects::policies::PoliciesError;
use crate::passwords::RegistryError;
use crate::queue::NoTurn;
use crate::root::RootError;
use crate::sessions::SessionError;
use crate::store::StoreError;
use crate::suspended::SuspendedError;
use crate::uninstall::UninstallError;
use crate::user::UserError;
use crate::users::{SavedError, TooMany, TransferError};

/// The complete error: one line, without secrets.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// hook.env or clusters.d.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The user.
    #[error(transparent)]
    User(#[from] UserError),
    /// Who is not let in.
    #[error(transparent)]
    Suspended(#[from] SuspendedError),
    /// Who may have namespaces.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// In which groups a user is.
    #[error(transparent)]
    Groups(#[from] GroupsError),
    /// A login that was not begun.
    #[error(transparent)]
    NoTurn(#[from] NoTurn),
    /// A saved list of users.
    #[error(transparent)]
    Saved(#[from] SavedError),
    /// A hand-over to a new name.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// An invalid name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A cluster, in an administrator's command.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The account's roles.
    #[error(transparent)]
    Roles(#[from] RolesError),
    /// The admission policies.
    #[error(transparent)]
    Policies(#[from] PoliciesError),
    /// A part of a login.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The log.
    #[error(transparent)]
    Logs(#[from] LogsError),
    /// A renewal of users' tokens.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Root's own credentials.
    #[error(transparent)]
    Root(#[from] RootError),
    /// What was not removed.
    #[error(transparent)]
    Uninstall(#[from] UninstallError),
    /// Registries and their passwords.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Nothing of a user is there.
    #[error("user {user:?} has no namespace in these clusters{and}; list who has one: ood-k8s users")]
    NoNamespace {
        /// The name.
        user: String,
        /// What else is not there.
        and: &'static str,
    },
    /// A mass of users would lose their access.
    #[error("{0}")]
    TooMany(TooMany),
    /// Flags that conflict, or a missing one, when clap cannot detect it.
    #[error("{0}")]
    Usage(&'static str),
    /// A section of the profiles file hands the Secret out, and otherwise.
    #[error("the Secret {name} is declared in {path} with other files or another type, so the next login would put that back; give the same, change the declaration, or take another name", path = shown(path))]
    DeclaredOtherwise {
        /// The Secret's name.
        name: String,
        /// The declaration.
        path: PathBuf,
    },
    /// No finding has this code.
    #[error("no finding has the code {code}; did you mean {nearest} ({what})?", what = nearest.what())]
    NoCode {
        /// What was asked for.
        code: Foreign,
        /// What is most like it.
        nearest: Code,
    },
    /// The support bundle cannot be written.
    #[error("the bundle was not written: {0}")]
    Bundle(StoreError<Infallible>),
    /// The metrics cannot be written.
    #[error("the metrics are unchanged: {0}")]
    Metrics(#[from] StoreError<Infallible>),
}

impl HasExitStatus for Error {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Config(error) => error.exit_status(),
            Self::User(error) => error.exit_status(),
            Self::Policies(error) => error.exit_status(),
            Self::Suspended(error) => error.exit_status(),
            Self::Access(error) => error.exit_status(),
            Self::Groups(error) => error.exit_status(),
            Self::NoTurn(error) => error.exit_status(),
            Self::Saved(error) => error.exit_status(),
            Self::Transfer(error) => error.exit_status(),
            Self::Name(error) => error.exit_status(),
            Self::Cluster(error) => error.exit_status(),
            Self::Roles(error) => error.exit_status(),
            Self::Login(error) => error.exit_status(),
            Self::Logs(error) => error.exit_status(),
            Self::Session(error) => error.exit_status(),
            Self::Root(error) => error.exit_status(),
            Self::Uninstall(error) => error.exit_status(),
            Self::Registry(error) => error.exit_status(),
            Self::Usage(_) | Self::DeclaredOtherwise { .. } | Self::NoCode { .. } => ExitStatus::Usage,
            Self::NoNamespace { .. } | Self::TooMany(_) => ExitStatus::Refused,
            Self::Metrics(_) | Self::Bundle(_) => ExitStatus::Configuration,
        }
    }
}

/// One reason, and everything that failed because of it.
#[derive(Debug)]
struct Failure {
    text: String,
    /// Such as `cluster prod`; empty if the error itself says it.
    hit: Vec<String>,
    /// The name in the error's own text, if many may fail for the same reason.
    about: String,
    status: ExitStatus,
    is_warning: bool,
}

/// The failures in the order in which they were found, printed on one line for OnDemand's log, or one line each.
#[derive(Debug, Default)]
pub(super) struct Failures(Vec<Failure>);

impl Failures {
    /// The files of clusters.d that cannot be used; the other clusters are processed.
    pub fn of_broken_files(site: &Site) -> Self {
        let mut failures = Self::default();
        failures.extend(site.broken.iter().map(|error| (String::new(), error.clone())));
        failures
    }

    /// Adds an error, and `what` failed; `what` is empty if the error itself says it.
    ///
    /// Namespace and kubeconfig, or several clusters, may fail for one reason, which is reported once.
    pub fn add(&mut self, what: String, error: impl Into<Error>) {
        self.add_or_find(what, &error.into());
    }

    /// Adds an error whose text has this name in it, and whose result is printed too: of many that differ in the name alone
    /// one is told.
    pub fn add_about(&mut self, name: &str, error: impl Into<Error>) {
        name.clone_into(&mut self.add_or_find(String::new(), &error.into()).about);
    }

    fn add_or_find(&mut self, what: String, error: &Error) -> &mut Failure {
        let text = error.to_string();
        let index = self.0.iter().position(|known| known.text == text);
        let index = index.unwrap_or_else(|| {
            self.0.push(Failure {
                text,
                hit: Vec::new(),
                about: String::new(),
                status: error.exit_status(),
                is_warning: matches!(error, Error::Root(RootError::TokenEnds(_))),
            });
            self.0.len() - 1
        });
        let failure = &mut self.0[index];
        if !what.is_empty() && !failure.hit.contains(&what) {
            failure.hit.push(what);
        }
        failure
    }

    /// Adds several errors.
    pub fn extend<E: Into<Error>>(&mut self, failures: impl IntoIterator<Item = (String, E)>) {
        failures.into_iter().for_each(|(what, error)| self.add(what, error));
    }

    /// Adds those of another part.
    pub fn and(mut self, other: Result<(), Self>) -> Result<(), Self> {
        self.0.extend(other.err().into_iter().flat_map(|other| other.0));
        self.result()
    }

    /// `Ok` if nothing failed.
    pub fn result(self) -> Result<(), Self> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self)
        }
    }

    /// The lowest status in the order of [`ExitStatus`], which an administrator fixes first. A token that is about to
    /// expire takes precedence, because logins will stop.
    pub fn exit_status(&self) -> ExitStatus {
        let statuses = self.0.iter().map(|failure| failure.status);
        if statuses.clone().any(|status| status == ExitStatus::TokenEnds) {
            return ExitStatus::TokenEnds;
        }
        statuses.min().unwrap_or(ExitStatus::Success)
    }

    /// One line per failure, for scripts.
    pub fn each_line(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().map(Failure::line)
    }

    /// One line per failure, for people: of many that say the same of another name, one line with their number.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        let groups = alike::groups(&self.0, Failure::pattern);
        groups.into_iter().flat_map(|group| match group.as_slice() {
            [first, ..] if group.len() > alike::MOST_NAMED => vec![first.line_for(&group)],
            few => few.iter().map(|failure| failure.line()).collect(),
        })
    }

    /// Separates the warnings from the errors.
    pub fn into_warnings_and_errors(self) -> (Self, Self) {
        let (warnings, errors) = self.0.into_iter().partition(|failure| failure.is_warning);
        (Self(warnings), Self(errors))
    }
}

impl Failure {
    fn line(&self) -> String {
        let Self { text, hit, .. } = self;
        if hit.is_empty() {
            return text.clone();
        }
        format!("{}: {text}", alike::few(hit))
    }

    /// What failures have in common that differ in a name alone. Those that name nobody are each told in full.
    fn pattern(&self) -> (ExitStatus, bool, String) {
        if self.hit.is_empty() && self.about.is_empty() {
            return (self.status, self.is_warning, self.text.clone());
        }
        let last_words = self.hit.iter().filter_map(|what| what.rsplit(' ').next());
        let about: Vec<_> = last_words.chain([self.about.as_str()]).collect();
        (self.status, self.is_warning, alike::pattern(&self.text, &about))
    }

    /// The line of this one for all that are like it.
    fn line_for(&self, all: &[&Self]) -> String {
        let about = all
            .iter()
            .map(|failure| failure.about.as_str())
            .filter(|about| !about.is_empty());
        let named = all.iter().flat_map(|failure| failure.hit.iter().map(String::as_str));
        alike::of_many(&self.text, all.len(), &named.chain(about).collect::<Vec<_>>())
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().collect::<Vec<_>>().join("; "))
    }
}

/// A single failure, whose error itself says what failed.
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

    #[test]
    fn of_many_that_one_reason_hit_the_first_are_named_and_the_others_counted() {
        let busy = || ClusterError::Contended {
            what: "claim".into(),
            times: 2,
        };
        for (number, expected) in [
            (5, "c1, c2, c3, c4, c5: cannot"),
            (300, "c1, c2, c3, c4, c5 and 295 more: cannot"),
        ] {
            let mut failures = Failures::default();
            failures.extend((1..=number).map(|n| (format!("c{n}"), busy())));
            let line = failures.to_string();
            assert!(line.starts_with(expected), "{line}");
        }
    }
}
