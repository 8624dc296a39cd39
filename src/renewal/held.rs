//! One user's record while nobody else works with it: locked, read, replaced, removed.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::RenewalError;
use super::record::Record;
use crate::config::{files, ConfigError};
use crate::naming::Username;
use crate::store::{self, FileError};

/// The file's own lock is held by nobody else but one who died.
const STORE_WAIT: Duration = Duration::from_secs(2);
const GONE: &str = "the record was removed meanwhile";

/// One user's record, and nobody else at work with it.
#[derive(Debug)]
pub struct Held {
    user: Username,
    record: PathBuf,
    path: PathBuf,
    /// Freed when it is closed.
    _lock: File,
}

impl Held {
    /// Takes the lock of this name, if it is free.
    pub(super) fn try_take(user: &Username, record: &Path, path: &Path) -> Result<Option<Self>, FileError> {
        let lock = try_lock(path)?;
        Ok(lock.map(|lock| Self {
            user: user.clone(),
            record: record.to_owned(),
            path: path.to_owned(),
            _lock: lock,
        }))
    }

    /// What is kept.
    pub fn read(&self) -> Result<Option<Record>, RenewalError> {
        read(&self.record, &self.user)
    }

    /// Replaces it, on the disk when this returns.
    pub fn keep(&self, record: &Record) -> Result<(), RenewalError> {
        let stored = store::update(&self.record, STORE_WAIT, |_| Ok(Some(record.to_text(&self.user))));
        stored.map(drop).map_err(|source| RenewalError::Store {
            user: self.user.clone(),
            source: Box::new(source),
        })
    }

    /// Removes it.
    pub fn forget(&self) -> Result<(), RenewalError> {
        match fs::remove_file(&self.record) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(FileError::new("remove", &self.record, error).into())
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // While the lock is held still, so that nobody takes a file that is about to go.
        if !self.record.exists() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The lock file, locked, or `None` where somebody else has it.
fn try_lock(path: &Path) -> Result<Option<File>, FileError> {
    let doing = || FileError::during("lock", path);
    loop {
        let opened = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits())
            .open(path);
        let file = opened.map_err(doing())?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(doing()(error)),
        }
        // Its last holder may have removed it between our opening and our locking; then it guards nothing.
        let held = file.metadata().map_err(doing())?;
        let is_there =
            fs::symlink_metadata(path).is_ok_and(|there| (there.dev(), there.ino()) == (held.dev(), held.ino()));
        if is_there {
            return Ok(Some(file));
        }
    }
}

/// The record in a file; `None` where there is no file.
pub(super) fn read(path: &Path, user: &Username) -> Result<Option<Record>, RenewalError> {
    let content = match files::read_secret(path, GONE) {
        Err(ConfigError::Missing { .. }) => return Ok(None),
        other => other?,
    };
    let bytes = secrecy::zeroize::Zeroizing::new(content.bytes);
    let record = Record::from_bytes(&bytes, user);
    let garbled = || RenewalError::Garbled { path: path.to_owned() };
    Ok(Some(record.ok_or_else(garbled)?))
}
