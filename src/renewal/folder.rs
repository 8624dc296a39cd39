//! The directory that root keeps records in: two names per user, no other account can look into it, and one process at work with
//! each record.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::RenewalError;
use super::held::{self, Held};
use super::record::Record;
use crate::config::ConfigError;
use crate::door::{self, Directory, FileError};
use crate::naming::Username;

/// Names end so, and no name of one kind is a name of the other: a user may be called `a.json`.
const RECORD: &str = ".json";
const LOCK: &str = ".held";
const POLL: Duration = Duration::from_millis(10);
/// More than any host has users.
const MOST_FILES: usize = 1_000_000;
const MISSING: &str = "RENEWAL_DIR of hook.env names it";

/// The directory.
#[derive(Debug, Clone)]
pub struct Renewals {
    path: PathBuf,
    /// Open, and judged; not there until the first record is kept.
    directory: Option<Directory>,
}

impl Renewals {
    /// Refuses a directory that others can look into. One that is missing is created with the first record.
    pub fn open(path: &Path) -> Result<Self, ConfigError> {
        let directory = door::open_private(path, false).map_err(|fault| ConfigError::of_fault(fault, MISSING))?;
        Ok(Self {
            path: path.to_owned(),
            directory,
        })
    }

    /// Everybody of whom something is kept, in order.
    pub fn users(&self) -> Result<Vec<Username>, RenewalError> {
        let Some(directory) = self.directory()? else {
            return Ok(Vec::new());
        };
        let names = directory.names(MOST_FILES);
        let mut users = BTreeSet::new();
        for name in names.map_err(FileError::during("read the directory", &self.path))? {
            let name = name.to_str().unwrap_or_default();
            // A lock alone was left behind by a process that died; whoever takes it removes it.
            let name = name.strip_suffix(RECORD).or_else(|| name.strip_suffix(LOCK));
            users.extend(name.and_then(|name| Username::parse(name).ok()));
        }
        Ok(users.into_iter().collect())
    }

    /// What is kept of a user at this moment, without waiting for anybody.
    pub fn peek(&self, user: &Username) -> Result<Option<Record>, RenewalError> {
        match self.directory()? {
            Some(directory) => held::read(&directory.place(format!("{user}{RECORD}")), user),
            None => Ok(None),
        }
    }

    /// Waits until no other process works with this user's refresh token.
    pub async fn hold(&self, user: &Username, wait: Duration) -> Result<Held, RenewalError> {
        let directory = self.create()?;
        let record = directory.place(format!("{user}{RECORD}"));
        let lock = directory.place(format!("{user}{LOCK}"));
        let started = Instant::now();
        loop {
            if let Some(held) = Held::try_take(user, &record, &lock)? {
                return Ok(held);
            }
            if started.elapsed() >= wait {
                let user = user.clone();
                return Err(RenewalError::Busy { user, waited: wait });
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// The directory, if it is there by now.
    fn directory(&self) -> Result<Option<Directory>, ConfigError> {
        match &self.directory {
            Some(directory) => Ok(Some(directory.clone())),
            None => door::open_private(&self.path, false).map_err(|fault| ConfigError::of_fault(fault, MISSING)),
        }
    }

    /// The directory, created if it is missing: what is there is judged after it was opened, whoever created it.
    fn create(&self) -> Result<Directory, ConfigError> {
        if let Some(directory) = self.directory()? {
            return Ok(directory);
        }
        let created = door::open_private(&self.path, true).map_err(|fault| ConfigError::of_fault(fault, MISSING))?;
        created.ok_or_else(|| ConfigError::Missing {
            path: self.path.clone(),
            remedy: MISSING,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn folder() -> (tempfile::TempDir, Renewals) {
        let folder = tempfile::tempdir().unwrap();
        let renewals = Renewals::open(&folder.path().join("renewal")).unwrap();
        (folder, renewals)
    }

    fn name(name: &str) -> Username {
        Username::parse(name).unwrap()
    }

    fn record(token: &str) -> Record {
        Record::of_login(&token.into(), std::time::SystemTime::UNIX_EPOCH)
    }

    fn hold(renewals: &Renewals, user: &str) -> Result<Held, RenewalError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let wait = Duration::from_millis(20);
        runtime.unwrap().block_on(renewals.hold(&name(user), wait))
    }

    #[test]
    fn files_and_folder_are_for_their_owner_alone() {
        let (_folder, renewals) = folder();
        hold(&renewals, "ann").unwrap().keep(&record("t")).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&renewals.path), 0o700);
        for ending in [RECORD, LOCK] {
            assert_eq!(mode(&renewals.path.join(format!("ann{ending}"))), 0o600);
        }
    }

    #[test]
    fn one_works_with_a_users_token_and_another_user_is_not_kept_waiting() {
        let (_folder, renewals) = folder();
        let held = hold(&renewals, "ann").unwrap();
        assert!(matches!(hold(&renewals, "ann"), Err(RenewalError::Busy { .. })));
        hold(&renewals, "bob").unwrap();
        drop(held);
        hold(&renewals, "ann").unwrap();
    }

    #[test]
    fn who_is_forgotten_leaves_no_file() {
        let (_folder, renewals) = folder();
        let held = hold(&renewals, "ann").unwrap();
        held.keep(&record("t")).unwrap();
        assert_eq!(renewals.users().unwrap(), [name("ann")]);
        held.forget().unwrap();
        drop(held);
        assert_eq!(fs::read_dir(&renewals.path).unwrap().count(), 0);
    }

    #[test]
    fn an_answer_that_did_not_get_into_the_record_is_read_by_the_next_holder_and_once() {
        let (_folder, renewals) = folder();
        let held = hold(&renewals, "ann").unwrap();
        let mut before = record("first");
        held.spend(&mut before, &"first".into()).unwrap();
        let mut after = record("second");
        after.handed_over = "first".into();
        held.keep_answer(&after, &before.refresh_token).unwrap();
        let lock = renewals.path.join(format!("ann{LOCK}"));
        assert_eq!(lock.metadata().unwrap().len(), 0, "it is in the record");
        held.keep(&before).unwrap();
        let answer = after.to_answer(&name("ann"), &before.refresh_token);
        fs::write(&lock, secrecy::ExposeSecret::expose_secret(&answer)).unwrap();
        drop(held);
        let held = hold(&renewals, "ann").unwrap();
        let token =
            |held: &Held| secrecy::ExposeSecret::expose_secret(&held.read().unwrap().unwrap().refresh_token).to_owned();
        assert_eq!(token(&held), "second");
        assert_eq!(
            renewals.peek(&name("ann")).unwrap().unwrap().spent,
            None,
            "it is in the record"
        );
        held.spend(&mut held.read().unwrap().unwrap(), &"first".into()).unwrap();
        assert_eq!(token(&held), "second");
        held.forget().unwrap();
        drop(held);
        assert_eq!(fs::read_dir(&renewals.path).unwrap().count(), 0);
    }

    #[test]
    fn nothing_older_stays_readable_behind_the_room_for_an_answer_or_once_the_record_is_read() {
        let (_folder, renewals) = folder();
        let held = hold(&renewals, "ann").unwrap();
        let mut before = record("first");
        held.keep(&before).unwrap();
        let lock = renewals.path.join(format!("ann{LOCK}"));
        let old = format!("{{\"instead_of\":\"zeroth\"{}old-token", " ".repeat(5000));
        fs::write(&lock, &old).unwrap();
        held.spend(&mut before, &"first".into()).unwrap();
        let room = fs::read(&lock).unwrap();
        assert!(!room.is_empty() && room.iter().all(|byte| *byte == b' '));
        // What belongs to another token is nobody's, and what belongs to this one is in the record.
        let after = record("second").to_answer(&name("ann"), &"first".into());
        for left in [old.as_str(), secrecy::ExposeSecret::expose_secret(&after)] {
            fs::write(&lock, left).unwrap();
            held.read().unwrap();
            assert_eq!(lock.metadata().unwrap().len(), 0);
        }
        fs::write(&lock, &old).unwrap();
        held.keep(&before).unwrap();
        assert_eq!(lock.metadata().unwrap().len(), 0);
    }

    #[test]
    fn a_user_called_like_a_file_is_told_from_the_user_of_that_file() {
        let (_folder, renewals) = folder();
        for user in ["ann", "ann.json", "ann.held", "ann.json.lock"] {
            hold(&renewals, user).unwrap().keep(&record(user)).unwrap();
        }
        let users: Vec<_> = renewals.users().unwrap().iter().map(Username::to_string).collect();
        assert_eq!(users, ["ann", "ann.held", "ann.json", "ann.json.lock"]);
    }

    #[test]
    fn a_folder_that_others_can_look_into_is_refused_with_the_remedy() {
        let (_folder, renewals) = folder();
        hold(&renewals, "ann").unwrap();
        for (mode, command) in [
            (0o755, "chmod 0700"),
            (0o750, "chmod 0700"),
            (0o701, "chmod 0700"),
            (0o720, "mv "),
        ] {
            fs::set_permissions(&renewals.path, fs::Permissions::from_mode(mode)).unwrap();
            let error = Renewals::open(&renewals.path).unwrap_err().to_string();
            assert!(error.contains(&format!("run: {command}")), "{error}");
        }
    }

    #[test]
    fn a_record_that_is_cut_off_is_named() {
        let (_folder, renewals) = folder();
        hold(&renewals, "ann").unwrap().keep(&record("s3cret")).unwrap();
        fs::write(renewals.path.join(format!("ann{RECORD}")), "{\"refresh_token\":\"s3cr").unwrap();
        let error = renewals.peek(&name("ann")).unwrap_err().to_string();
        assert!(
            error.contains("ann.json") && error.contains("remove it") && !error.contains("s3cr"),
            "{error}"
        );
    }
}
