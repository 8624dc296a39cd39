//! What can go wrong with a file that is replaced under its lock: the disk, the lock, or the edit; never with a value from it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Of a path that is told, in characters.
const LONGEST_PATH: usize = 200;

/// A path as it is told: where the user's own links led, its name is the user's choice, and root reads it.
fn shown(path: &Path) -> String {
    let text: String = path.to_string_lossy().chars().take(LONGEST_PATH).collect();
    let is_plain = text.chars().all(|c| c.is_alphanumeric() || "/._-+@=".contains(c));
    if is_plain {
        text
    } else {
        format!("{text:?}")
    }
}

/// Why a file or folder could not be used. [`fmt::Display`] says all of it, so there is no `source`.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The user may not do this.
    #[error("cannot {doing} {}: permission denied; check the owner and mode of it and of its folder", shown(.path))]
    Denied {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
    },
    /// The file system is mounted read-only.
    #[error("cannot {doing} {}: the file system is read-only; mount it writable", shown(.path))]
    ReadOnly {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
    },
    /// The file system is full.
    #[error("cannot {doing} {}: no space left; free some space (the old file is whole)", shown(.path))]
    Full {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
    },
    /// The user's quota is used up.
    #[error("cannot {doing} {}: the disk quota is used up; remove some files (the old file is whole)", shown(.path))]
    Quota {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
    },
    /// A folder on the way is missing, or a link leads nowhere.
    #[error("cannot {doing} {}: its folder does not exist; make the folder", shown(.path))]
    NoFolder {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
    },
    /// Anything else, in the system's own words.
    #[error("cannot {doing} {}: {cause}", shown(.path))]
    Other {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

impl FileError {
    pub(crate) fn new(doing: &'static str, path: &Path, cause: io::Error) -> Self {
        let path = path.to_path_buf();
        match cause.kind() {
            io::ErrorKind::PermissionDenied => Self::Denied { doing, path },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { doing, path },
            io::ErrorKind::StorageFull => Self::Full { doing, path },
            io::ErrorKind::QuotaExceeded => Self::Quota { doing, path },
            io::ErrorKind::NotFound => Self::NoFolder { doing, path },
            _ => Self::Other { doing, path, cause },
        }
    }

    /// For `map_err`: names what was being done, and to what.
    pub(crate) fn during(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |cause| Self::new(doing, &path, cause)
    }
}

/// Why a file was not updated. Whatever it is, the old file is whole.
#[derive(Debug, thiserror::Error)]
pub enum StoreError<E: fmt::Display> {
    /// A file or folder could not be used.
    #[error(transparent)]
    File(#[from] FileError),
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
