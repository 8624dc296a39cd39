//! In which groups a user was at an earlier login, of those that `access` names: kept by root, for the time in which a
//! directory service answers incompletely.
//!
//! What a namespace notes of the groups is read too late for `access`, which is decided before any cluster is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::state::name_of;
use crate::config::raw::files::read_secret_at;
use crate::door::{self, Directory};
use crate::exit::{ExitStatus, HasExitStatus};
use crate::store::{self, StoreError};
use crate::user::{User, UserError};

/// Root's own directory, with one for each hook.env, in which each uid has a file.
pub const DIRECTORY: &str = "/var/lib/ood-k8s/groups";
/// How long to wait for the lock of a file.
const LOCK_WAIT: Duration = Duration::from_secs(2);
/// More accounts than a web node has.
const MOST: usize = 1_000_000;

/// What is kept of a user, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Remembered {
    /// Whose it is: a uid can be given to another account.
    user: String,
    /// The ids of the groups beside the primary one.
    others: BTreeSet<u32>,
    /// Each group that `access` named, and whether the user was in it.
    named: BTreeMap<String, bool>,
}

/// In which groups a user is, by the group database or by what is kept.
#[derive(Debug, Default)]
pub(super) struct Membership {
    /// Those of the groups that were asked for.
    pub groups: BTreeSet<String>,
    /// Why they are those of an earlier login; `None` if they are not.
    pub recalled: Option<String>,
    /// What a login has to keep.
    new: Option<Remembered>,
}

impl Membership {
    /// Asks the group database for each of these groups, and root's memory where its answer looks incomplete.
    pub fn of(user: &User, names: &[String], hook_env: &Path) -> Result<Self, UserError> {
        if names.is_empty() {
            return Ok(Self::default());
        }
        let earlier = Remembered::of(user, hook_env);
        if let Some((earlier, why)) = earlier
            .as_ref()
            .and_then(|one| Some((one, one.looks_incomplete(user)?)))
        {
            return Ok(Self::recalled(earlier.answer(user, names)?, user, &why));
        }
        match (Remembered::now(user, names), earlier) {
            (Ok(now), earlier) => Ok(Self {
                groups: now.groups(names),
                recalled: None,
                new: now.is_news(earlier.as_ref()).then_some(now),
            }),
            (Err(error), Some(earlier)) if names.iter().all(|name| earlier.named.contains_key(name)) => {
                Ok(Self::recalled(earlier.groups(names), user, &error.to_string()))
            }
            (Err(error), _) => Err(error),
        }
    }

    fn recalled(groups: BTreeSet<String>, user: &User, why: &str) -> Self {
        let user = &user.name;
        Self {
            groups,
            recalled: Some(format!("access goes by the groups that user {user} had at an earlier login, since the directory service may be answering incompletely ({why}); if the user has left these groups, run on this host: ood-k8s users restamp {user}")),
            new: None,
        }
    }

    /// Keeps what is new, for a login that gets no such answer.
    pub fn keep(&self, user: &User, hook_env: &Path) -> Result<(), StoreError<Infallible>> {
        self.new.as_ref().map_or(Ok(()), |new| new.write(user.uid, hook_env))
    }
}

/// Why what is kept of a user's groups stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum GroupsError {
    /// The group database did not answer.
    #[error(transparent)]
    User(#[from] UserError),
    /// It cannot be written.
    #[error(transparent)]
    NotKept(#[from] StoreError<Infallible>),
}

impl HasExitStatus for GroupsError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::User(error) => error.exit_status(),
            Self::NotKept(_) => ExitStatus::Configuration,
        }
    }
}

/// Keeps what the group database says now, whatever was kept before: an administrator says that it is right. Nothing is
/// kept of a user of whom nothing was.
pub(super) fn accept(user: &User, names: &[String], hook_env: &Path) -> Result<(), GroupsError> {
    let Some(earlier) = Remembered::of(user, hook_env) else {
        return Ok(());
    };
    let now = Remembered::now(user, names)?;
    if now != earlier {
        now.write(user.uid, hook_env)?;
    }
    Ok(())
}

/// Of whom something is kept.
pub(super) fn users(hook_env: &Path) -> Vec<String> {
    let Some(directory) = directory(hook_env) else {
        return Vec::new();
    };
    let names = directory.names(MOST).unwrap_or_default();
    let kept = names.into_iter().filter_map(|name| Remembered::read(&directory, name));
    kept.map(|kept| kept.user).collect()
}

impl Remembered {
    /// What the group database says.
    fn now(user: &User, names: &[String]) -> Result<Self, UserError> {
        let groups = user.groups_among(names)?;
        Ok(Self {
            user: user.name.to_string(),
            others: user.others(),
            named: names.iter().map(|name| (name.clone(), groups.contains(name))).collect(),
        })
    }

    /// What is kept of this account. A file that cannot be read, or by another account could have been written, says nothing.
    fn of(user: &User, hook_env: &Path) -> Option<Self> {
        let kept = Self::read(&directory(hook_env)?, user.uid.to_string())?;
        (kept.user == user.name.as_str()).then_some(kept)
    }

    fn read(directory: &Directory, name: impl Into<std::ffi::OsString>) -> Option<Self> {
        let content = read_secret_at(&directory.place(name), "").ok()?;
        serde_json::from_slice(&content.bytes).ok()
    }

    fn write(&self, uid: u32, hook_env: &Path) -> Result<(), StoreError<Infallible>> {
        let text = serde_json::to_string(self).unwrap_or_default();
        store::update_root(&path_of(hook_env).join(uid.to_string()), LOCK_WAIT, |_| {
            Ok(Some(text.into()))
        })?;
        Ok(())
    }

    /// Whether it has to be kept: not of somebody of whom no rule could say anything else later.
    fn is_news(&self, earlier: Option<&Self>) -> bool {
        let says_nothing = self.others.is_empty() && !self.named.values().any(|is_in| *is_in);
        earlier.map_or(!says_nothing, |earlier| earlier != self)
    }

    /// Why today's answer does not count: there were several groups beside the primary one, or there was one that the
    /// database does not know any more, and now there is none.
    fn looks_incomplete(&self, user: &User) -> Option<String> {
        if !user.others().is_empty() {
            return None;
        }
        let had = self.others.len();
        if had > 1 {
            return Some(format!(
                "the user is in no group beside the primary one, and was in {had} more"
            ));
        }
        let was_in = self.named.iter().filter(|(_, is_in)| **is_in);
        let was_in: Vec<String> = was_in.map(|(name, _)| name.clone()).collect();
        match user.first_unknown_group(&was_in) {
            Ok(unknown) => unknown.map(|name| format!("it does not know group {name}, in which the user was")),
            Err(error) => Some(error.to_string()),
        }
    }

    /// The groups of then; those that no rule named then are asked for, as of a user who is in all the groups of then.
    fn answer(&self, user: &User, names: &[String]) -> Result<BTreeSet<String>, UserError> {
        let mut then = user.clone();
        then.groups.extend(&self.others);
        let (known, new): (Vec<_>, Vec<_>) = names.iter().cloned().partition(|name| self.named.contains_key(name));
        let mut groups = then.groups_among(&new)?;
        groups.extend(self.groups(&known));
        Ok(groups)
    }

    fn groups(&self, names: &[String]) -> BTreeSet<String> {
        let is_in = |name: &&String| self.named.get(*name) == Some(&true);
        names.iter().filter(is_in).cloned().collect()
    }
}

fn directory(hook_env: &Path) -> Option<Directory> {
    door::open_private(&path_of(hook_env), false).ok().flatten()
}

fn path_of(hook_env: &Path) -> PathBuf {
    Path::new(DIRECTORY).join(name_of(hook_env))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naming::Username;

    fn user(groups: &[u32]) -> User {
        User {
            name: Username::parse("ann").unwrap(),
            uid: 61_001,
            gid: 61_001,
            groups: groups.to_vec(),
            home: "/home/ann".into(),
        }
    }

    fn kept(others: &[u32], named: &[(&str, bool)]) -> Remembered {
        Remembered {
            user: "ann".into(),
            others: others.iter().copied().collect(),
            named: named.iter().map(|(name, is_in)| ((*name).to_owned(), *is_in)).collect(),
        }
    }

    #[test]
    fn an_answer_is_incomplete_if_there_is_no_group_where_there_were_several_or_one_that_is_unknown_now() {
        let unknown = "no-such-group-of-a-test";
        for (had, named, now, is_incomplete) in [
            (&[61_900, 61_901][..], &[][..], &[61_001][..], true),
            // Local groups of the system are no answer of a directory service.
            (&[61_900, 61_901], &[], &[61_001, 27], true),
            (&[61_900, 61_901], &[], &[61_001, 61_900], false),
            (&[61_900], &[], &[61_001], false),
            (&[61_900], &[("root", true)], &[61_001], false),
            (&[61_900], &[(unknown, true)], &[61_001], true),
            (&[], &[(unknown, true)], &[61_001], true),
            (&[], &[(unknown, false)], &[61_001], false),
            (&[61_900], &[(unknown, true)], &[61_001, 61_901], false),
        ] {
            let why = kept(had, named).looks_incomplete(&user(now));
            assert_eq!(why.is_some(), is_incomplete, "{had:?} {named:?} {now:?}: {why:?}");
        }
    }

    #[test]
    fn a_group_that_no_rule_named_then_is_asked_for_with_the_groups_of_then() {
        let names = ["hpc", "students", "root"].map(str::to_owned);
        let then = kept(&[0, 61_900], &[("hpc", true), ("students", false)]);
        let groups = then.answer(&user(&[61_001]), &names).unwrap();
        assert_eq!(groups, ["hpc", "root"].map(str::to_owned).into());
    }

    #[test]
    fn nothing_is_kept_of_somebody_in_no_group_and_nothing_is_written_twice() {
        let nothing = kept(&[], &[("hpc", false)]);
        let (one, other) = (kept(&[61_900], &[("hpc", false)]), kept(&[], &[("hpc", true)]));
        assert!(!nothing.is_news(None));
        assert!(one.is_news(None) && other.is_news(None));
        assert!(!one.is_news(Some(&one)) && other.is_news(Some(&one)) && nothing.is_news(Some(&one)));
    }
}
