//! One user's record while no other process works with it: locked, read, replaced, removed.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::time::Duration;

use super::error::RenewalError;
use super::record::{Record, Unreadable};
use crate::config::{files, ConfigError};
use crate::door::{FileError, Opened, Place};
use crate::naming::Username;
use crate::store;

/// The file's own lock can only have been left by a process that died.
const STORE_WAIT: Duration = Duration::from_secs(2);
const GONE: &str = "the record was removed meanwhile";

/// One user's record, locked against other processes.
#[derive(Debug)]
pub struct Held {
    user: Username,
    record: Place,
    lock_place: Place,
    /// Freed when it is closed.
    _lock: File,
}

impl Held {
    /// Takes the lock of this name, if it is free.
    pub(super) fn try_take(user: &Username, record: &Place, lock_place: &Place) -> Result<Option<Self>, FileError> {
        let lock = try_lock(lock_place)?;
        Ok(lock.map(|lock| Self {
            user: user.clone(),
            record: record.clone(),
            lock_place: lock_place.clone(),
            _lock: lock,
        }))
    }

    /// What is kept.
    pub fn read(&self) -> Result<Option<Record>, RenewalError> {
        read(&self.record, &self.user)
    }

    /// Replaces it, on the disk when this returns.
    pub fn keep(&self, record: &Record) -> Result<(), RenewalError> {
        let stored = store::update_opened(&Opened::of_root(self.record.clone()), STORE_WAIT, |_| {
            Ok(Some(record.to_text(&self.user)))
        });
        stored.map(drop).map_err(|source| RenewalError::Store {
            user: self.user.clone(),
            source: Box::new(source),
        })
    }

    /// Removes it.
    pub fn forget(&self) -> Result<(), RenewalError> {
        match self.record.remove() {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(FileError::new("remove", &self.record.path(), error).into())
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // While the lock is held still, so that nobody takes a file that is about to go.
        if self
            .record
            .stat()
            .is_err_and(|error| error.kind() == ErrorKind::NotFound)
        {
            let _ = self.lock_place.remove();
        }
    }
}

/// The lock file, locked, or `None` if another process has it.
fn try_lock(place: &Place) -> Result<Option<File>, FileError> {
    let path = place.path();
    let doing = || FileError::during("lock", &path);
    loop {
        let file = place.open_or_create().map_err(doing())?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(doing()(error)),
        }
        // Its last holder may have removed it between our opening and our locking; then it guards nothing.
        if place.is(&file) {
            return Ok(Some(file));
        }
    }
}

/// The record in a file; `None` where there is no file.
pub(super) fn read(place: &Place, user: &Username) -> Result<Option<Record>, RenewalError> {
    let content = match files::read_secret_at(place, GONE) {
        Err(ConfigError::Missing { .. }) => return Ok(None),
        other => other?,
    };
    let bytes = secrecy::zeroize::Zeroizing::new(content.bytes);
    let path = || place.path();
    match Record::from_bytes(&bytes, user) {
        Ok(record) => Ok(Some(record)),
        Err(Unreadable::Garbled) => Err(RenewalError::Garbled { path: path() }),
        Err(Unreadable::Newer(version)) => Err(RenewalError::Newer { path: path(), version }),
    }
}
