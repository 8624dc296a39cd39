//! What can go wrong when a file is replaced under its lock; the errors never contain a value from it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::door::{shown, FileError, FileFault};

/// Why a file was not updated. In every case the old file is intact.
#[derive(Debug, thiserror::Error)]
pub enum StoreError<E: fmt::Display> {
    /// A file or directory could not be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another account could have had a hand in it.
    #[error(transparent)]
    Untrusted(#[from] FileFault),
    /// Another process holds the lock, and did not release it in time.
    #[error(
        "cannot lock {}: {holder} has held {} for {} s; try again, or remove it if nothing uses that file",
        shown(.path), shown(.lock), .age.as_secs()
    )]
    Locked {
        /// The file.
        path: PathBuf,
        /// The lock file.
        lock: PathBuf,
        /// Who holds it, as far as known.
        holder: String,
        /// How long it has existed, by the clock of the file system.
        age: Duration,
    },
    /// Our lock was removed while we held it, so nothing was written.
    #[error("lost the lock of {} before writing; try again (the old file is intact)", shown(.path))]
    LockLost {
        /// The file.
        path: PathBuf,
    },
    /// There is a directory, pipe or device instead of the file.
    #[error("{} is not a regular file; move it away", shown(.path))]
    NotRegular {
        /// The file.
        path: PathBuf,
    },
    /// Something has the name of a file that is to be new.
    #[error("{} is there already, and stays as it is; give another name", shown(.path))]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Symbolic links form a loop, or there are too many of them.
    #[error("{} is a symbolic link in a loop of links; remove it", shown(.path))]
    LinkLoop {
        /// The file.
        path: PathBuf,
    },
    /// The file is larger than any of ours.
    #[error("{} is larger than {limit} bytes; move it away", shown(.path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The largest size that is read.
        limit: u64,
    },
    /// The bytes are not UTF-8.
    #[error("{} is not utf-8 text; move it away", shown(.path))]
    NotUtf8 {
        /// The file.
        path: PathBuf,
    },
    /// It was not written here, or somebody has edited it.
    #[error("{} is left as it is: {reason}; move it away", shown(.path))]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// What is in it.
        reason: &'static str,
    },
    /// The edit failed.
    #[error("cannot edit {}: {cause}", shown(.path))]
    Edit {
        /// The file.
        path: PathBuf,
        /// What the edit reported.
        cause: E,
    },
}

impl<E: fmt::Display> StoreError<E> {
    /// Whether the owner of the file can have caused it, by what the file is or what is in it.
    pub fn is_of_the_owner(&self) -> bool {
        match self {
            Self::File(error) => error.is_of_the_owner(),
            _ => true,
        }
    }
}

/// Why there is no lock.
#[derive(Debug)]
pub(super) enum LockError {
    File(FileError),
    Held {
        lock: PathBuf,
        holder: String,
        age: Duration,
    },
}

impl From<FileError> for LockError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}
