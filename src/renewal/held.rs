//! One user's record while no other process works with it: locked, read, replaced, removed.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret as _, SecretString};

use super::error::RenewalError;
use super::record::Record;
use super::text::Unreadable;
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
    /// Freed when it is closed. In it is an answer of the identity provider, until that is in the record.
    lock: File,
}

impl Held {
    /// Takes the lock of this name, if it is free.
    pub(super) fn try_take(user: &Username, record: &Place, lock_place: &Place) -> Result<Option<Self>, FileError> {
        let lock = try_lock(lock_place)?;
        Ok(lock.map(|lock| Self {
            user: user.clone(),
            record: record.clone(),
            lock_place: lock_place.clone(),
            lock,
        }))
    }

    /// What is kept. If the last holder died with an answer in its hands, that is put into the record first; whatever else
    /// stands in the lock file goes.
    pub fn read(&self) -> Result<Option<Record>, RenewalError> {
        let record = read(&self.record, &self.user)?;
        let answered = record.as_ref().map(|record| self.answer_to(record)).transpose()?;
        if let Some(answered) = answered.flatten() {
            self.keep(&answered)?;
            return Ok(Some(answered));
        }
        self.clear();
        Ok(record)
    }

    fn answer_to(&self, record: &Record) -> Result<Option<Record>, RenewalError> {
        if self.is_clear() {
            return Ok(None);
        }
        let content = files::read_secret_at(&self.lock_place, GONE)?;
        Ok(record.answered(&secrecy::zeroize::Zeroizing::new(content.bytes), &self.user))
    }

    fn is_clear(&self) -> bool {
        let file = &self.lock;
        file.metadata().is_ok_and(|metadata| metadata.len() == 0)
    }

    /// Leaves nothing to read in the lock file: an answer in it has become the record, or was another one's. If that fails, the
    /// next holder does so.
    fn clear(&self) {
        if !self.is_clear() {
            let _ = self.lock.set_len(0);
        }
    }

    /// Notes that the refresh token of the session that began with this one is about to be sent: on the disk when this returns.
    /// It may work only once, so there is room for the answer before, or nothing is sent.
    pub fn spend(&self, record: &mut Record, handed_over: &SecretString) -> Result<(), RenewalError> {
        let mut noted = record.clone();
        let Some(session) = noted.of_session_mut(handed_over) else {
            return Ok(());
        };
        let is_new = session.spent.is_none();
        session.spent.get_or_insert_with(SystemTime::now);
        let token = session.refresh_token.clone();
        self.reserve(&noted, &token)?;
        if is_new {
            self.store(&noted)?;
            *record = noted;
        }
        Ok(())
    }

    /// The same for the session that is renewed.
    pub fn spend_own(&self, record: &mut Record) -> Result<(), RenewalError> {
        let handed_over = record.handed_over.clone();
        self.spend(record, &handed_over)
    }

    /// Keeps what is left of a record, or nothing.
    pub fn leave(&self, left: Option<&Record>) -> Result<(), RenewalError> {
        left.map_or_else(|| self.forget(), |record| self.keep(record))
    }

    /// Makes room for the answer that spends this refresh token.
    fn reserve(&self, record: &Record, spent: &SecretString) -> Result<(), FileError> {
        let room = vec![b' '; record.room_for_answer(&self.user, spent)];
        let reserved = self.lock.write_all_at(&room, 0);
        // Nothing older stays behind it.
        let reserved = reserved.and_then(|()| self.lock.set_len(room.len() as u64));
        reserved.map_err(FileError::during("write", &self.lock_place.path()))
    }

    /// Stores the record that an answer made, for which this refresh token was spent.
    ///
    /// The answer cannot be had again. So it is first written into the file that is open and has room for it, in one call and
    /// without waiting for the disk: whoever is killed after that has lost nothing.
    pub fn keep_answer(&self, record: &Record, spent: &SecretString) -> Result<(), RenewalError> {
        let answer = record.to_answer(&self.user, spent);
        // If it cannot be written there, perhaps it can be where it belongs; and the other way round, the next holder does so.
        let _ = self.lock.write_all_at(answer.expose_secret().as_bytes(), 0);
        self.keep(record)
    }

    /// Replaces it, on the disk when this returns. The record must know of every answer: none stays in the lock file.
    pub fn keep(&self, record: &Record) -> Result<(), RenewalError> {
        self.store(record)?;
        self.clear();
        Ok(())
    }

    fn store(&self, record: &Record) -> Result<(), RenewalError> {
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
        self.clear();
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
