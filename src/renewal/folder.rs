//! The directory of the records: which users it has, the names of a user's files, and waiting for a user's lock.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::RenewalError;
use super::held::{self, Held};
use super::record::Record;
use crate::config::files::check_private_folder;
use crate::config::ConfigError;
use crate::naming::Username;
use crate::store::FileError;

/// The suffixes of the files. Every file has one, so that names stay unambiguous for a user called `a.json`.
const RECORD: &str = ".json";
const LOCK: &str = ".held";
const POLL: Duration = Duration::from_millis(10);

/// The directory.
#[derive(Debug, Clone)]
pub struct Renewals {
    folder: PathBuf,
}

impl Renewals {
    /// Refuses a directory that others can access. A missing one is created with the first record.
    pub fn open(folder: &Path) -> Result<Self, ConfigError> {
        check_private_folder(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// Returns all users with a record or a lock, in order.
    pub fn users(&self) -> Result<Vec<Username>, RenewalError> {
        let failed = || FileError::during("read the directory", &self.folder);
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(failed())?,
        };
        let mut users = BTreeSet::new();
        for entry in entries {
            let name = entry.map_err(failed())?.file_name();
            let name = name.to_str().unwrap_or_default();
            // A lock without a record was left behind by a process that died; the next holder removes it.
            let name = name.strip_suffix(RECORD).or_else(|| name.strip_suffix(LOCK));
            users.extend(name.and_then(|name| Username::parse(name).ok()));
        }
        Ok(users.into_iter().collect())
    }

    /// Returns the current record of a user, without waiting for the lock.
    pub fn peek(&self, user: &Username) -> Result<Option<Record>, RenewalError> {
        held::read(&self.path(user, RECORD), user)
    }

    /// Waits until no other process uses this user's refresh token.
    pub async fn hold(&self, user: &Username, wait: Duration) -> Result<Held, RenewalError> {
        self.make_folder()?;
        let (record, path) = (self.path(user, RECORD), self.path(user, LOCK));
        let started = Instant::now();
        loop {
            if let Some(held) = Held::try_take(user, &record, &path)? {
                return Ok(held);
            }
            if started.elapsed() >= wait {
                let user = user.clone();
                return Err(RenewalError::Busy { user, waited: wait });
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn make_folder(&self) -> Result<(), FileError> {
        if self.folder.is_dir() {
            return Ok(());
        }
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.map_err(FileError::during("create the directory", &self.folder))
    }

    fn path(&self, user: &Username, ending: &str) -> PathBuf {
        self.folder.join(format!("{user}{ending}"))
    }
}

#[cfg(test)]
mod tests {
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
        Record {
            refresh_token: token.into(),
            handed_over: token.into(),
            logged_in: std::time::SystemTime::UNIX_EPOCH,
            ends: std::collections::BTreeMap::new(),
        }
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
        assert_eq!(mode(&renewals.folder), 0o700);
        for ending in [RECORD, LOCK] {
            assert_eq!(mode(&renewals.path(&name("ann"), ending)), 0o600);
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
        assert_eq!(fs::read_dir(&renewals.folder).unwrap().count(), 0);
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
        for mode in [0o755, 0o750, 0o701, 0o720] {
            fs::set_permissions(&renewals.folder, fs::Permissions::from_mode(mode)).unwrap();
            let error = Renewals::open(&renewals.folder).unwrap_err().to_string();
            assert!(error.contains("run: chmod 0700 "), "{error}");
        }
    }

    #[test]
    fn a_record_that_is_cut_off_is_named() {
        let (_folder, renewals) = folder();
        hold(&renewals, "ann").unwrap().keep(&record("s3cret")).unwrap();
        fs::write(renewals.path(&name("ann"), RECORD), "{\"refresh_token\":\"s3cr").unwrap();
        let error = renewals.peek(&name("ann")).unwrap_err().to_string();
        assert!(
            error.contains("ann.json") && error.contains("remove it") && !error.contains("s3cr"),
            "{error}"
        );
    }
}
