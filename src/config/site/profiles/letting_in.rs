//! Whether a user is let in by `access`, with the groups that the group database says.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::access::{Decision, Rule};
use super::file::ProfilesFile;
use super::kept::Profiles;
use super::person::Person;
use super::profile::Profile;
use super::remembered::{self, GroupsError, Membership};
use super::state::StateError;
use crate::config::raw::ConfigError;
use crate::config::site::settings::Settings;
use crate::door::shown;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::user::{User, UserError};

/// Why nobody is let in.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// A rule says so.
    #[error("user {user} is not let in: {rule} ({path}); to change that, change the rule or the user's groups", path = shown(.path))]
    Refused {
        /// The user.
        user: String,
        /// The rule.
        rule: Rule,
        /// The profiles file.
        path: PathBuf,
    },
    /// It is not known who may.
    #[error("nobody knows who is let in, so every login is refused: {0}")]
    Unknown(#[source] ConfigError),
    /// The group database did not answer.
    #[error(transparent)]
    User(#[from] UserError),
}

impl HasExitStatus for AccessError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Refused { .. } => ExitStatus::Refused,
            Self::Unknown(error) => error.exit_status(),
            Self::User(error) => error.exit_status(),
        }
    }
}

/// A user, with those groups that the file names.
#[derive(Debug)]
pub struct Known {
    user: String,
    uid: u32,
    groups: BTreeSet<String>,
}

impl Known {
    /// Asks the group database for each group that the file names: for none if it names none.
    pub fn of(user: &User, file: &ProfilesFile) -> Result<Self, UserError> {
        Ok(Self {
            user: user.name.to_string(),
            uid: user.uid,
            groups: user.groups_among(&file.groups())?,
        })
    }

    /// The user as rules and sections take one.
    pub fn person(&self) -> Person<'_> {
        Person {
            user: &self.user,
            uid: self.uid,
            groups: &self.groups,
        }
    }
}

/// What a login is told about whether the user is let in.
#[derive(Debug)]
pub struct Judged {
    /// An error if the user is not.
    pub verdict: Result<(), AccessError>,
    /// What to say as well: that the groups may not be all.
    pub doubt: Option<String>,
    /// That the groups could not be kept for a later login.
    pub not_kept: Option<StateError>,
}

impl From<AccessError> for Judged {
    fn from(error: AccessError) -> Self {
        Self {
            verdict: Err(error),
            doubt: None,
            not_kept: None,
        }
    }
}

impl Profiles {
    /// What `access` says of a user; `None` if the site has no rules.
    pub fn decide(&self, user: &User, settings: &Settings) -> Result<Option<Decision>, AccessError> {
        let decided = self.decide_by_groups(user, settings)?;
        Ok(decided.map(|(decision, _)| decision))
    }

    fn decide_by_groups(
        &self,
        user: &User,
        settings: &Settings,
    ) -> Result<Option<(Decision, Membership)>, AccessError> {
        if let Self::Unknown {
            fault,
            may_restrict: true,
        } = self
        {
            return Err(AccessError::Unknown(fault.clone()));
        }
        let Some(file) = self.file().filter(|file| file.access.is_restricted()) else {
            return Ok(None);
        };
        let membership = Membership::of(user, &file.access.group_names(), &settings.path)?;
        let mut decision = file.access.decide(&Person {
            user: user.name.as_str(),
            uid: user.uid,
            groups: &membership.groups,
        });
        decision.doubt.clone_from(&membership.doubt);
        Ok(Some((decision, membership)))
    }

    /// Decides whether a login lets a user in, and, with `keeps`, keeps in which groups the user is, for later logins.
    pub fn judge(&self, user: &User, settings: &Settings, keeps: bool) -> Judged {
        let (decision, membership) = match self.decide_by_groups(user, settings) {
            Err(error) => return error.into(),
            Ok(None) => (None, Membership::default()),
            Ok(Some((decision, membership))) => (Some(decision), membership),
        };
        let verdict = match decision {
            Some(Decision {
                is_allowed: false,
                rule,
                ..
            }) => Err(AccessError::Refused {
                user: user.name.to_string(),
                rule,
                path: settings.profiles_file.clone().unwrap_or_default(),
            }),
            _ => Ok(()),
        };
        Judged {
            verdict,
            not_kept: keeps.then(|| membership.keep(user, &settings.path).err()).flatten(),
            doubt: membership.doubt,
        }
    }

    /// Takes what the group database says of a user now as right, whatever an earlier login has kept.
    pub fn accept_groups(&self, user: &User, settings: &Settings) -> Result<(), GroupsError> {
        let names = self.file().map(|file| file.access.group_names()).unwrap_or_default();
        remembered::accept(user, &names, &settings.path)
    }

    /// Forgets the groups of a user.
    pub fn forget_groups(user: &str, settings: &Settings) -> Result<(), StateError> {
        remembered::forget(user, &settings.path)
    }

    /// What casts doubt on a decision against a user, for whoever takes something away by it: the file cannot be read now,
    /// the user's groups are not known, or a rule names a group that the group database does not know.
    pub fn doubt(&self, decision: &Decision, user: &User) -> Result<Option<String>, UserError> {
        if let Some(consequence) = self.consequence() {
            return Ok(Some(consequence));
        }
        if decision.doubt.is_some() {
            return Ok(decision.doubt.clone());
        }
        let (Some(file), Rule::NotAllowed { .. }) = (self.file(), &decision.rule) else {
            return Ok(None);
        };
        let groups = file.access.group_names();
        let unknown = user.first_unknown_group(&groups)?;
        Ok(unknown.map(|group| format!("{}, but the group database does not know group {group} (getent group {group}); correct the rule, or let the directory service answer", decision.rule)))
    }

    /// What a user gets in a cluster; `None` if nobody knows. Without a profiles file it is nothing.
    pub fn profile_of(&self, user: &User, cluster: &str) -> Result<Option<Profile>, UserError> {
        match (self, self.file()) {
            (Self::Unknown { .. }, _) => Ok(None),
            (_, None) => Ok(Some(Profile::default())),
            (_, Some(file)) => Ok(Some(file.profile_of(&Known::of(user, file)?.person(), cluster))),
        }
    }
}
