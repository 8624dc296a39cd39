//! What can go wrong with a file that is replaced under its lock: the disk, the lock, or the edit; never with a value from it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::door::{shown, FileError, FileFault};

/// Why a file was not updated. Whatever it is, the old file is whole.
#[derive(Debug, thiserror::Error)]
pub enum StoreError<E: fmt::Display> {
    /// A file or folder could not be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another account could have had a hand in it.
    #[error(transparent)]
    Untrusted(#[from] FileFault),
    /// Somebody else holds the lock, and went on holding it.
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
        /// How long it has been there, by the clock of the file system.
        age: Duration,
    },
    /// Our lock was taken away while we held it, so nothing was written.
    #[error("lost the lock of {} before writing; try again (the old file is whole)", shown(.path))]
    LockLost {
        /// The file.
        path: PathBuf,
    },
    /// A folder, pipe or device stands where the file belongs.
    #[error("{} is not a regular file; move it away", shown(.path))]
    NotRegular {
        /// The file.
        path: PathBuf,
    },
    /// Links lead round in a circle, or there are too many of them.
    #[error("{} is a link that leads round in a circle; remove it", shown(.path))]
    LinkLoop {
        /// The file.
        path: PathBuf,
    },
    /// Nothing that large is a file of ours.
    #[error("{} is larger than {limit} bytes; move it away", shown(.path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read.
        limit: u64,
    },
    /// The bytes are not UTF-8.
    #[error("{} is not utf-8 text; move it away", shown(.path))]
    NotUtf8 {
        /// The file.
        path: PathBuf,
    },
    /// The edit refused.
    #[error("cannot edit {}: {cause}", shown(.path))]
    Edit {
        /// The file.
        path: PathBuf,
        /// What the edit said.
        cause: E,
    },
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
