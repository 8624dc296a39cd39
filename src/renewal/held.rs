//! One user's record under its lock: read, replaced, removed.

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

/// The longest wait for the file's own lock, which only a process that died can still hold.
const STORE_WAIT: Duration = Duration::from_secs(2);
const GONE: &str = "the record was removed meanwhile";

/// One user's record, locked against other processes.
#[derive(Debug)]
pub struct Held {
    user: Username,
    record: PathBuf,
    path: PathBuf,
    /// Released when it is closed.
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

    /// Returns the record.
    pub fn read(&self) -> Result<Option<Record>, RenewalError> {
        read(&self.record, &self.user)
    }

    /// Replaces the record; the new one is on disk when this returns.
    pub fn keep(&self, record: &Record) -> Result<(), RenewalError> {
        let stored = store::update(&self.record, STORE_WAIT, |_| Ok(Some(record.to_text(&self.user))));
        stored.map(drop).map_err(|source| RenewalError::Store {
            user: self.user.clone(),
            source: Box::new(source),
        })
    }

    /// Removes the record.
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
        // While the lock is still held, so that no other process locks a file that is about to be removed.
        if !self.record.exists() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Returns the lock file, locked, or `None` if another process holds it.
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
        // Its last holder may have removed it between our open and our lock; then it guards nothing.
        let held = file.metadata().map_err(doing())?;
        let is_there =
            fs::symlink_metadata(path).is_ok_and(|there| (there.dev(), there.ino()) == (held.dev(), held.ino()));
        if is_there {
            return Ok(Some(file));
        }
    }
}

/// Returns the record in a file, or `None` if there is no file.
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
