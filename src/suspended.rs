//! Root's file of users who are not let in (`SUSPENDED_FILE`): it holds where no cluster remembers it, or none is left that does.
//!
//! One user on a line, with the time since when; `#` begins a comment. Administrators and configuration management may write
//! it as well, so whatever else stands there is kept.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::settings::Settings;
use crate::config::{files, ConfigError};
use crate::door;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::naming::Username;
use crate::outcome::Outcome;
use crate::store::{self, StoreError};
use crate::time::{for_a_person, parse_rfc3339, rfc3339_of, unix_seconds};

/// How long to wait for the file's lock.
const LOCK_WAIT: Duration = Duration::from_secs(5);
const NO_FOLDER: &str = "mount or make its directory, or correct SUSPENDED_FILE";
const HEADER: &str =
    "# Users whose access is suspended: `ood-k8s offboard --suspend` and `ood-k8s resume` edit this file.\n";

/// Why somebody is not let in, or the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SuspendedError {
    /// It says so.
    #[error("the access of user {user} was suspended{since}, according to {path}; to restore it, run: ood-k8s resume {user}", path = crate::door::shown(.path))]
    Suspended {
        /// The user.
        user: String,
        /// How long ago, in words.
        since: String,
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read, so nobody knows who is suspended, and nobody is let in.
    #[error("cannot read SUSPENDED_FILE, so every login is refused: {0}")]
    Unreadable(#[source] ConfigError),
    /// It cannot be changed.
    #[error("SUSPENDED_FILE is unchanged: {0}")]
    Unchanged(#[from] StoreError<Infallible>),
}

impl HasExitStatus for SuspendedError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Suspended { .. } => ExitStatus::Refused,
            Self::Unreadable(error) => error.exit_status(),
            Self::Unchanged(_) => ExitStatus::Configuration,
        }
    }
}

/// The users in the file, each with the time since when in Unix seconds, if it has one.
#[derive(Debug, Default)]
pub struct Suspended {
    path: PathBuf,
    users: BTreeMap<String, Option<u64>>,
    odd_lines: Vec<usize>,
}

impl Suspended {
    /// Reads the file, if the site has one. One that is not there yet names nobody.
    pub fn of(settings: &Settings) -> Result<Self, SuspendedError> {
        if let Some(fault) = settings.fault_of(&["SUSPENDED_FILE"]) {
            return Err(SuspendedError::Unreadable(fault.clone()));
        }
        let Some(path) = &settings.suspended_file else {
            return Ok(Self::default());
        };
        let text = content_of(path, || has_folder(path))?;
        let text = String::from_utf8_lossy(&text);
        Ok(Self {
            path: path.clone(),
            users: text.lines().filter_map(entry).collect(),
            odd_lines: odd_lines(&text),
        })
    }

    /// Whether this user is in it.
    pub fn has(&self, user: &str) -> bool {
        self.users.contains_key(user)
    }

    /// How many users are in it.
    pub fn count(&self) -> usize {
        self.users.len()
    }

    /// The numbers of lines that have more or something else than a user and a time: whoever was meant may be let in.
    pub fn odd_lines(&self) -> &[usize] {
        &self.odd_lines
    }

    /// An error for a user who is in it.
    pub fn let_in(&self, user: &str) -> Result<(), SuspendedError> {
        let Some(since) = self.users.get(user) else {
            return Ok(());
        };
        let now = unix_seconds(std::time::SystemTime::now());
        let ago = |since: u64| format!(" {} ago", for_a_person(Duration::from_secs(now.saturating_sub(since))));
        Err(SuspendedError::Suspended {
            user: user.to_owned(),
            since: since.map(ago).unwrap_or_default(),
            path: self.path.clone(),
        })
    }
}

/// The file's content; empty if there is none, and there may be none.
fn content_of(path: &Path, may_be_missing: impl FnOnce() -> bool) -> Result<Vec<u8>, SuspendedError> {
    match files::read_trusted(path, NO_FOLDER) {
        Ok(content) => Ok(content.bytes),
        Err(ConfigError::Missing { .. }) if may_be_missing() => Ok(Vec::new()),
        Err(error) => Err(SuspendedError::Unreadable(error)),
    }
}

/// Whether the file's directory is there: a file that nobody has written yet names nobody, but one on a file system that is not
/// mounted names who knows whom.
fn has_folder(path: &Path) -> bool {
    path.parent()
        .is_some_and(|folder| matches!(door::open_directory(folder), Ok(Some(_))))
}

/// What becomes of users in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// They are not let in since this time, in Unix seconds.
    Suspend(u64),
    /// They are let in.
    Resume,
}

/// Changes the file under its lock; says for each user what was done. A dry run only looks.
pub fn change(
    path: &Path,
    users: &[String],
    change: Change,
    is_dry_run: bool,
) -> Result<Vec<(String, Outcome)>, SuspendedError> {
    let mut done = Vec::new();
    if is_dry_run {
        // What a change would make if it is not there.
        let text = content_of(path, || true)?;
        edited(&String::from_utf8_lossy(&text), users, change, &mut done);
        return Ok(done);
    }
    store::update_root(path, LOCK_WAIT, |text| {
        let new = edited(text, users, change, &mut done);
        Ok(new.map(Into::into))
    })?;
    Ok(done)
}

/// The new text; `None` if nothing changes.
fn edited(text: &str, users: &[String], change: Change, done: &mut Vec<(String, Outcome)>) -> Option<String> {
    let named: BTreeMap<String, Option<u64>> = text.lines().filter_map(entry).collect();
    // Whatever else came here might be read as other users, or as more lines.
    let users: Vec<&String> = users.iter().filter(|user| Username::parse(user).is_ok()).collect();
    let is_new = |user: &String| match change {
        Change::Suspend(_) => !named.contains_key(user),
        Change::Resume => named.contains_key(user),
    };
    done.extend(users.iter().map(|user| {
        let outcome = if is_new(user) {
            Outcome::Changed
        } else {
            Outcome::Unchanged
        };
        ((*user).clone(), outcome)
    }));
    let changed: Vec<&String> = users.iter().copied().filter(|user| is_new(user)).collect();
    if changed.is_empty() {
        return None;
    }
    let is_kept = |line: &&str| {
        let name = entry(line).map(|(name, _)| name);
        change != Change::Resume || name.is_none_or(|name| !changed.contains(&&name))
    };
    let mut new: String = text.lines().filter(is_kept).flat_map(|line| [line, "\n"]).collect();
    if let Change::Suspend(since) = change {
        if text.is_empty() {
            new.push_str(HEADER);
        }
        for user in changed {
            new.extend([user, " ", rfc3339_of(since).as_str(), "\n"]);
        }
    }
    Some(new)
}

fn odd_lines(text: &str) -> Vec<usize> {
    let numbered = text.lines().enumerate();
    let odd = numbered.filter(|(_, line)| is_odd(line));
    odd.map(|(index, _)| index + 1).collect()
}

/// Whether a line says something else than one user and the time since when.
fn is_odd(line: &str) -> bool {
    let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
    let is_name = words.next().is_none_or(|name| Username::parse(name).is_ok());
    let is_time = words.next().is_none_or(|time| parse_rfc3339(time).is_some());
    !(is_name && is_time && words.next().is_none())
}

/// The user on a line, and the time.
fn entry(line: &str) -> Option<(String, Option<u64>)> {
    let line = line.split('#').next().unwrap_or_default();
    let mut words = line.split_whitespace();
    let name = words.next()?.to_owned();
    let since = words.next().and_then(parse_rfc3339).map(unix_seconds);
    Some((name, since))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_717_200;

    fn after(text: &str, users: &[&str], change: Change) -> (Option<String>, Vec<Outcome>) {
        let users: Vec<String> = users.iter().map(|user| (*user).to_owned()).collect();
        let mut done = Vec::new();
        let new = edited(text, &users, change, &mut done);
        (new, done.into_iter().map(|(_, outcome)| outcome).collect())
    }

    #[test]
    fn a_user_is_added_once_and_taken_out_whatever_else_stands_there() {
        let (new, done) = after("", &["ann", "bob"], Change::Suspend(NOW));
        let new = new.unwrap();
        assert_eq!(done, [Outcome::Changed, Outcome::Changed]);
        assert_eq!(
            new,
            format!("{HEADER}ann 2026-11-26T18:20:00Z\nbob 2026-11-26T18:20:00Z\n")
        );
        assert_eq!(
            after(&new, &["ann"], Change::Suspend(NOW + 9)),
            (None, vec![Outcome::Unchanged])
        );
        let site = format!("{new}# of Puppet\n  carl\nann# again\n");
        let (left, done) = after(&site, &["ann", "dora"], Change::Resume);
        assert_eq!(done, [Outcome::Changed, Outcome::Unchanged]);
        assert_eq!(
            left.unwrap(),
            format!("{HEADER}bob 2026-11-26T18:20:00Z\n# of Puppet\n  carl\n")
        );
    }

    #[test]
    fn what_is_no_user_name_is_not_written() {
        for odd in ["x\nalice\nbob", "alice x", "", "#", "a\u{1b}[2J"] {
            assert_eq!(after("", &[odd], Change::Suspend(NOW)), (None, vec![]), "{odd:?}");
        }
        let (new, done) = after("", &["x\nalice", "bob"], Change::Suspend(NOW));
        assert_eq!((new.unwrap().lines().count(), done.len()), (2, 1));
    }

    #[test]
    fn a_line_is_a_name_a_time_that_may_be_wrong_and_a_comment() {
        for (line, expected) in [
            ("ann", Some(("ann", None))),
            ("  ann\t2026-11-26T18:20:00Z # left", Some(("ann", Some(NOW)))),
            ("ann yesterday", Some(("ann", None))),
            ("# ann", None),
            ("", None),
        ] {
            let expected = expected.map(|(name, since): (&str, _)| (name.to_owned(), since));
            assert_eq!(entry(line), expected, "{line:?}");
        }
    }

    #[test]
    fn a_line_that_may_mean_somebody_else_is_told_by_its_number() {
        let text =
            "# who left\n\nann 2026-11-26T18:20:00Z # left\nbob\ncarl dora\nemil,fred\ngina yesterday\nuser: hans\n\
                    ida 2026-11-26T18:20:00Z jan\nk\u{fffd}te\n  ~lea\n";
        assert_eq!(odd_lines(text), [5, 6, 7, 8, 9, 10, 11]);
        assert!(odd_lines(HEADER).is_empty());
    }
}
