//! The user as the passwd database knows them: ids, groups and home, through glibc's NSS alone.

use std::collections::BTreeSet;
use std::ffi::CString;
use std::path::{Path, PathBuf};

use nix::unistd::{self, Gid, Uid};

use crate::exit::{ExitStatus, HasExitStatus};
use crate::naming::{NameError, Username};

/// The home of whoever runs this program, by the passwd database: a hook cannot rely on `HOME`.
pub fn own_home() -> PathBuf {
    let me = nix::unistd::User::from_uid(Uid::effective());
    me.ok().flatten().map_or_else(|| "/root".into(), |user| user.dir)
}

/// The overflow uid, which `root_squash` and user namespaces assign to unknown users.
const NOBODY: u32 = 65534;

/// Groups below are the system's, and local to a host: a login carries none of them into a pod, and `ood_core` leaves them
/// out too.
pub const LOWEST_GROUP: u32 = 1000;

/// -1 in C: `setresuid(2)` takes it for "leave this id as it is", and so it can be nobody's.
const UNCHANGED: u32 = u32::MAX;

/// Why a login is refused before any cluster is contacted.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// The name is not a valid user name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The passwd database has no such user.
    #[error("user {user} is not in the passwd database; check `getent passwd {user}` on this host")]
    Unknown {
        /// The requested name.
        user: Username,
    },
    /// The group database could not be queried.
    #[error("cannot look up whether user {user} is in group {group}: {source}; check nsswitch.conf and the directory service (getent group {group})")]
    Groups {
        /// The user.
        user: Username,
        /// The name or the id of a group.
        group: String,
        /// What the C library reported.
        source: nix::Error,
    },
    /// The passwd database, or the list of a user's groups, could not be queried.
    #[error(
        "cannot look up user {user} in the passwd database: {source}; check nsswitch.conf and the directory service"
    )]
    Lookup {
        /// The requested name.
        user: Username,
        /// What the C library reported.
        source: nix::Error,
    },
    /// Root or a system account.
    #[error("user {user} has uid {uid}, a system account (uids below {min_uid}, and {NOBODY}); only people get namespaces (MIN_UID in hook.env)")]
    SystemAccount {
        /// The requested name.
        user: Username,
        /// Its numeric id.
        uid: u32,
        /// The lowest uid that is accepted.
        min_uid: u32,
    },
    /// An id that no process can take.
    #[error("user {user} has a uid or a group of {UNCHANGED}, which is no id; correct the entry in the passwd or group database")]
    NoId {
        /// The name asked for.
        user: Username,
    },
    /// A home that would be another folder from each folder where it is looked at.
    #[error("user {user} has the home {home:?} in the passwd database, which is no absolute path; correct it there: getent passwd {user}")]
    RelativeHome {
        /// The name asked for.
        user: Username,
        /// What the database says.
        home: PathBuf,
    },
    /// The directory service returned another name, as a case-insensitive one does.
    #[error("user {user} is called {canonical} in the passwd database; OnDemand must pass that name (user mapping in ood_portal.yml)")]
    OtherName {
        /// The requested name.
        user: Username,
        /// The name in the directory service.
        canonical: String,
    },
}

/// A person with an account on this host.
#[derive(Debug, Clone)]
pub struct User {
    /// The name, as OnDemand and the directory service both write it.
    pub name: Username,
    /// The numeric user id.
    pub uid: u32,
    /// The primary group's id.
    pub gid: u32,
    /// All group ids, including the primary one.
    pub groups: Vec<u32>,
    /// The home directory; it may be missing, read-only or unresponsive.
    pub home: PathBuf,
}

/// Looks up `name` and refuses root, system accounts and names that the directory service spells differently.
pub fn look_up(name: &str, min_uid: u32) -> Result<User, UserError> {
    let name = Username::parse(name)?;
    let entry = entry_of(&name, min_uid)?;
    let uid = entry.uid.as_raw();
    let home = absolute_home(&name, entry.dir)?;
    let groups = groups_of(&name, entry.gid)?;
    if uid == UNCHANGED || groups.contains(&UNCHANGED) {
        return Err(UserError::NoId { user: name });
    }
    Ok(User {
        groups,
        name,
        uid,
        gid: entry.gid.as_raw(),
        home,
    })
}

/// The uid of an account that may log in, without its groups, for which some directory services need long.
pub fn uid_of(name: &str, min_uid: u32) -> Result<u32, UserError> {
    Ok(entry_of(&Username::parse(name)?, min_uid)?.uid.as_raw())
}

/// The same, and the login shell if it is one with which nobody logs in.
pub fn uid_and_closed_shell(name: &str, min_uid: u32) -> Result<(u32, Option<PathBuf>), UserError> {
    let entry = entry_of(&Username::parse(name)?, min_uid)?;
    Ok((entry.uid.as_raw(), is_closed(&entry.shell).then_some(entry.shell)))
}

/// Whether nobody logs in with this shell (nologin(8), and `false`, its older form).
fn is_closed(shell: &Path) -> bool {
    shell
        .file_name()
        .is_some_and(|name| name == "nologin" || name == "false")
}

/// Whether the passwd database has no such user; one that cannot be asked knows nothing.
pub fn is_gone(name: &str) -> bool {
    matches!(uid_of(name, 0), Err(UserError::Unknown { .. } | UserError::Name(_)))
}

fn entry_of(name: &Username, min_uid: u32) -> Result<unistd::User, UserError> {
    let found = unistd::User::from_name(name.as_str()).map_err(|source| lookup(name, source))?;
    let user = name.clone();
    let Some(entry) = found else {
        return Err(UserError::Unknown { user });
    };
    let uid = entry.uid.as_raw();
    match entry {
        entry if entry.name != name.as_str() => Err(UserError::OtherName {
            user,
            canonical: entry.name,
        }),
        _ if uid < min_uid || uid == NOBODY => Err(UserError::SystemAccount { user, uid, min_uid }),
        entry => Ok(entry),
    }
}

impl User {
    /// Whether the user is in this group; `None` if the group database does not know it. Like `ood_core`, which prints the
    /// names of the user's groups: a second name for a group's id is none of them.
    pub fn is_in(&self, name: &str) -> Result<Option<bool>, UserError> {
        let failed = |source| self.groups_failed(name, source);
        let Some(group) = unistd::Group::from_name(name).map_err(failed)? else {
            return Ok(None);
        };
        if !self.groups.contains(&group.gid.as_raw()) {
            return Ok(Some(false));
        }
        let known = unistd::Group::from_gid(group.gid).map_err(failed)?;
        Ok(Some(known.is_some_and(|group| group.name == *name)))
    }

    /// The first of these groups that the user is in.
    pub fn first_group_of(&self, names: &[String]) -> Result<Option<String>, UserError> {
        for name in names {
            if self.is_in(name)? == Some(true) {
                return Ok(Some(name.clone()));
            }
        }
        Ok(None)
    }

    /// The groups beside the primary one, without the system's.
    pub fn others(&self) -> BTreeSet<u32> {
        let all = self.groups.iter().copied();
        all.filter(|gid| *gid >= LOWEST_GROUP && *gid != self.gid).collect()
    }

    /// Those of these groups that the user is in.
    pub fn groups_among(&self, names: &[String]) -> Result<BTreeSet<String>, UserError> {
        let mut found = BTreeSet::new();
        for name in names {
            found.extend((self.is_in(name)? == Some(true)).then(|| name.clone()));
        }
        Ok(found)
    }

    /// The first of these groups that the group database does not know: a rule that names it says nothing of the user.
    pub fn first_unknown_group<'a>(&self, names: &'a [String]) -> Result<Option<&'a String>, UserError> {
        for name in names {
            if self.is_in(name)?.is_none() {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// The same for ids.
    pub fn first_unknown_gid(&self, gids: &[u32]) -> Result<Option<u32>, UserError> {
        for gid in gids {
            let group = unistd::Group::from_gid(Gid::from_raw(*gid));
            let group = group.map_err(|source| self.groups_failed(&gid.to_string(), source))?;
            if group.is_none() {
                return Ok(Some(*gid));
            }
        }
        Ok(None)
    }

    fn groups_failed(&self, group: &str, source: nix::Error) -> UserError {
        UserError::Groups {
            user: self.name.clone(),
            group: group.to_owned(),
            source,
        }
    }
}

fn absolute_home(user: &Username, home: PathBuf) -> Result<PathBuf, UserError> {
    if home.is_absolute() {
        return Ok(home);
    }
    let user = user.clone();
    Err(UserError::RelativeHome { user, home })
}

fn groups_of(name: &Username, gid: Gid) -> Result<Vec<u32>, UserError> {
    let c_name = CString::new(name.as_str()).map_err(|_| lookup(name, nix::Error::EINVAL))?;
    let groups = unistd::getgrouplist(&c_name, gid).map_err(|source| lookup(name, source))?;
    Ok(groups.into_iter().map(Gid::as_raw).collect())
}

fn lookup(name: &Username, source: nix::Error) -> UserError {
    UserError::Lookup {
        user: name.clone(),
        source,
    }
}

impl HasExitStatus for UserError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Lookup { .. } | Self::Groups { .. } => ExitStatus::Internal,
            _ => ExitStatus::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_refused_and_the_setting_is_named() {
        let error = look_up("root", 1000).unwrap_err().to_string();
        assert!(error.contains("uid 0") && error.contains("MIN_UID"), "{error}");
    }

    #[test]
    fn a_home_that_is_not_absolute_is_refused() {
        let ann = Username::parse("ann").unwrap();
        assert!(absolute_home(&ann, "/home/ann".into()).is_ok());
        for home in ["tmp", "", "./home/ann", "~"] {
            let error = absolute_home(&ann, home.into()).unwrap_err();
            assert_eq!(error.exit_status(), ExitStatus::Refused);
            assert!(error.to_string().contains("no absolute path"), "{error}");
        }
    }

    #[test]
    fn a_shell_that_says_that_nobody_logs_in_is_told_by_its_name() {
        for (shell, closed) in [
            ("/sbin/nologin", true),
            ("/usr/sbin/nologin", true),
            ("/bin/false", true),
            ("/usr/bin/false", true),
            ("/bin/sh", false),
            ("", false),
            ("/opt/false/bash", false),
        ] {
            assert_eq!(is_closed(Path::new(shell)), closed, "{shell}");
        }
    }

    #[test]
    fn an_unknown_user_is_refused_with_the_command_that_shows_it() {
        let error = look_up("no-such-user", 0).unwrap_err().to_string();
        assert!(error.contains("getent passwd no-such-user"), "{error}");
    }
}
