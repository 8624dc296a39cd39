//! In which groups a user was at an earlier login, of those that `access` names: kept by root, for the time in which a
//! directory service answers incompletely.
//!
//! What a namespace notes of the groups is read too late for `access`, which is decided before any cluster is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::state::{self, name_of, StateError};
use crate::config::raw::files::read_secret_at;
use crate::config::raw::ConfigError;
use crate::door;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::user::{User, UserError};

/// Root's own directory, with one for each hook.env, in which each user has a file.
pub const DIRECTORY: &str = "/var/lib/ood-k8s/groups";
const MISSING: &str = "log in once while the directory service answers";

/// What is kept of a user, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Remembered {
    /// Whose it is: a name can be given to another person.
    uid: u32,
    /// The primary group: with another one the passwd database says something new of the user.
    gid: u32,
    /// The ids of the other groups.
    others: BTreeSet<u32>,
    /// Each group that `access` named, and whether the user was in it.
    named: BTreeMap<String, bool>,
}

/// In which groups a user is, by the group database or by what is kept.
#[derive(Debug, Default)]
pub(super) struct Membership {
    /// Those of the groups that were asked for.
    pub groups: BTreeSet<String>,
    /// Why it is in doubt whether they are all; what decides then.
    pub doubt: Option<String>,
    /// What a login has to keep.
    new: Option<Remembered>,
}

impl Membership {
    /// Asks the group database for each of these groups, and root's memory where its answer looks incomplete.
    pub fn of(user: &User, names: &[String], hook_env: &Path) -> Result<Self, UserError> {
        if names.is_empty() {
            return Ok(Self::default());
        }
        match Remembered::of(user, hook_env) {
            Ok(earlier) => Self::beside(earlier.as_ref(), user, names),
            Err(fault) => {
                let mut now = Self::beside(None, user, names)?;
                // With another group the answer is complete, and replaces what cannot be used.
                let may_lack_one = now.groups.len() < names.len() && user.others().is_empty();
                now.doubt = may_lack_one.then(|| unusable(user, &fault));
                Ok(now)
            }
        }
    }

    /// What the database says of each group counts if it says that the user is in it; what it does not know or does not
    /// say, and after the loss of all groups what it denies, is as it was.
    fn beside(earlier: Option<&Remembered>, user: &User, names: &[String]) -> Result<Self, UserError> {
        let lost = earlier.filter(|earlier| earlier.others.len() > 1 && user.others().is_empty());
        let mut why = lost.map(|earlier| no_group_more(earlier.others.len()));
        let mut asked = user.clone();
        asked.groups.extend(lost.iter().flat_map(|earlier| &earlier.others));
        let mut now = Remembered::nothing(user);
        for name in names {
            let then = earlier.and_then(|earlier| earlier.named.get(name).copied());
            let (is_in, reason) = match (asked.is_in(name), then) {
                (Ok(Some(is_in)), then) => (is_in || (lost.is_some() && then == Some(true)), None),
                (Ok(None), Some(true)) => (true, Some(format!("the group database does not know group {name}"))),
                (Ok(None), _) => (false, None),
                (Err(error), Some(then)) => (then, Some(without_remedy(&error))),
                (Err(error), None) => return Err(error),
            };
            why = why.or(reason);
            now.named.insert(name.clone(), is_in);
        }
        Ok(Self {
            groups: now.groups(),
            new: (why.is_none() && now.is_news(earlier)).then_some(now),
            doubt: why.map(|why| recalled(user, &why)),
        })
    }

    /// Keeps what is new, for a login that gets no such answer.
    pub fn keep(&self, user: &User, hook_env: &Path) -> Result<(), StateError> {
        self.new.as_ref().map_or(Ok(()), |new| new.write(user, hook_env))
    }
}

fn recalled(user: &User, why: &str) -> String {
    let user = &user.name;
    format!("{why}, so the directory service may be answering incompletely, and access goes by the groups that user {user} had at an earlier login; if the user has left them, run on this host: ood-k8s users restamp {user}")
}

fn no_group_more(had: usize) -> String {
    format!("the user is in no group beside the primary one, and was in {had} more")
}

fn unusable(user: &User, fault: &ConfigError) -> String {
    let user = &user.name;
    format!("access goes by the groups that user {user} has now, and nobody knows whether there were more at an earlier login: {fault}")
}

fn without_remedy(error: &UserError) -> String {
    let text = error.to_string();
    text.rsplit_once("; ")
        .map_or(text.clone(), |(fault, _)| fault.to_owned())
}

/// Why what is kept of a user's groups stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum GroupsError {
    /// The group database did not answer.
    #[error(transparent)]
    User(#[from] UserError),
    /// It cannot be written.
    #[error(transparent)]
    NotKept(#[from] StateError),
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
    if names.is_empty() {
        return Ok(());
    }
    let earlier = match Remembered::of(user, hook_env) {
        Ok(None) => return Ok(()),
        Ok(earlier) => earlier,
        // To be written anew.
        Err(_) => None,
    };
    let mut now = Remembered::nothing(user);
    for name in names {
        now.named.insert(name.clone(), user.is_in(name)? == Some(true));
    }
    if earlier.as_ref() != Some(&now) {
        now.write(user, hook_env)?;
    }
    Ok(())
}

/// Whether a user is remembered.
pub(super) fn is_anybody(hook_env: &Path) -> Result<bool, StateError> {
    Ok(!state::names(&directory(hook_env))?.is_empty())
}

/// Forgets a user.
pub(super) fn forget(user: &str, hook_env: &Path) -> Result<(), StateError> {
    state::forget(&directory(hook_env), &file_of(user))
}

/// Forgets everybody.
pub(super) fn forget_all(hook_env: &Path) -> Result<(), StateError> {
    let directory = directory(hook_env);
    let mut files = state::names(&directory)?.into_iter();
    files.try_for_each(|file| state::forget(&directory, &file))
}

impl Remembered {
    fn nothing(user: &User) -> Self {
        Self {
            uid: user.uid,
            gid: user.gid,
            others: user.others(),
            named: BTreeMap::new(),
        }
    }

    /// What is kept of this very account, and an error if nobody can tell.
    fn of(user: &User, hook_env: &Path) -> Result<Option<Self>, ConfigError> {
        let fault = |fault| ConfigError::of_fault(fault, MISSING);
        let Some(directory) = door::open_private(&directory(hook_env), false).map_err(fault)? else {
            return Ok(None);
        };
        let place = directory.place(file_of(user.name.as_str()));
        let content = match read_secret_at(&place, MISSING) {
            Err(ConfigError::Missing { .. }) => return Ok(None),
            other => other?,
        };
        let garbled = |_| crate::config::raw::files::unusable(&place.path(), "it is not what a login writes");
        let kept: Self = serde_json::from_slice(&content.bytes).map_err(garbled)?;
        Ok((kept.uid == user.uid && kept.gid == user.gid).then_some(kept))
    }

    fn write(&self, user: &User, hook_env: &Path) -> Result<(), StateError> {
        let text = serde_json::to_string(self).unwrap_or_default();
        state::write(&directory(hook_env), &file_of(user.name.as_str()), text)
    }

    /// Whether it has to be kept: not of somebody of whom no rule could say anything else later.
    fn is_news(&self, earlier: Option<&Self>) -> bool {
        let says_nothing = self.others.is_empty() && self.groups().is_empty();
        earlier.map_or(!says_nothing, |earlier| earlier != self)
    }

    fn groups(&self) -> BTreeSet<String> {
        let named = self.named.iter().filter(|(_, is_in)| **is_in);
        named.map(|(name, _)| name.clone()).collect()
    }
}

/// No lock is a name of this kind: a user may be called `ann.lock`.
fn file_of(user: &str) -> String {
    format!("{user}.json")
}

fn directory(hook_env: &Path) -> PathBuf {
    Path::new(DIRECTORY).join(name_of(hook_env))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naming::Username;

    /// A group that no host has.
    const UNKNOWN: &str = "no-such-group-of-a-test";

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
        let named = named.iter().map(|(name, is_in)| ((*name).to_owned(), *is_in));
        Remembered {
            others: others.iter().copied().collect(),
            named: named.collect(),
            ..Remembered::nothing(&user(&[]))
        }
    }

    /// In which of `root`, `daemon` and an unknown group the user is, and whether it is in doubt.
    fn membership(earlier: &Remembered, now: &[u32]) -> (Vec<&'static str>, bool) {
        let names = ["root", "daemon", UNKNOWN];
        let found = Membership::beside(Some(earlier), &user(now), &names.map(str::to_owned)).unwrap();
        let is_in = |name: &&str| found.groups.contains(*name);
        (names.into_iter().filter(is_in).collect(), found.doubt.is_some())
    }

    #[test]
    fn after_the_loss_of_several_groups_those_of_then_hold_beside_those_of_now() {
        let then = kept(&[61_900, 61_901], &[("root", true), ("daemon", false)]);
        assert_eq!(membership(&then, &[61_001]), (vec!["root"], true));
        // A group of the host's own is no answer of a directory service, and holds all the same.
        assert_eq!(membership(&then, &[61_001, 1]), (vec!["root", "daemon"], true));
        assert_eq!(
            membership(&then, &[61_001, 61_900]),
            (vec![], false),
            "a complete answer"
        );
        // Whoever had one group has left it.
        let then = kept(&[61_900], &[("root", true)]);
        assert_eq!(membership(&then, &[61_001]), (vec![], false));
    }

    #[test]
    fn a_group_that_the_database_does_not_know_any_more_is_as_it_was() {
        for others in [&[][..], &[61_900]] {
            let then = kept(others, &[(UNKNOWN, true)]);
            assert_eq!(membership(&then, &[61_001]), (vec![UNKNOWN], true));
            assert_eq!(membership(&then, &[61_001, 61_905, 1]), (vec!["daemon", UNKNOWN], true));
            let then = kept(others, &[(UNKNOWN, false)]);
            assert_eq!(membership(&then, &[61_001]), (vec![], false));
        }
    }

    #[test]
    fn a_group_that_no_rule_named_then_is_asked_for_with_the_groups_of_then() {
        let then = kept(&[1, 61_900], &[("root", false)]);
        assert_eq!(membership(&then, &[61_001]), (vec!["daemon"], true));
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
