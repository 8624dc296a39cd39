//! What can go wrong when a file is replaced under its lock; the errors never contain a value from it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest path in a message, in characters.
const LONGEST_PATH: usize = 200;

/// A path for messages: if it results from the user's links, the user chose its name, and root reads it.
fn shown(path: &Path) -> String {
    let text: String = path.to_string_lossy().chars().take(LONGEST_PATH).collect();
    let is_plain = text.chars().all(|c| c.is_alphanumeric() || "/._-+@=".contains(c));
    if is_plain {
        text
    } else {
        format!("{text:?}")
    }
}

/// Why a file or directory could not be used. [`fmt::Display`] includes the cause, so there is no `source`.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The user may not do this.
    #[error("cannot {doing} {}: permission denied; check its owner and mode, and those of its directory", shown(.path))]
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
    #[error("cannot {doing} {}: no space left; free some space (the old file is intact)", shown(.path))]
    Full {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
    },
    /// The user's quota is used up.
    #[error("cannot {doing} {}: the disk quota is used up; remove some files (the old file is intact)", shown(.path))]
    Quota {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
    },
    /// A directory on the path is missing, or a link is dangling.
    #[error("cannot {doing} {}: its directory does not exist; create it", shown(.path))]
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
        /// What the system reported.
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

    /// For `map_err`: adds what was being done, and to what.
    pub(crate) fn during(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |cause| Self::new(doing, &path, cause)
    }
}

/// Why a file was not updated. In every case the old file is intact.
#[derive(Debug, thiserror::Error)]
pub enum StoreError<E: fmt::Display> {
    /// A file or directory could not be used.
    #[error(transparent)]
    File(#[from] FileError),
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
    /// The edit failed.
    #[error("cannot edit {}: {cause}", shown(.path))]
    Edit {
        /// The file.
        path: PathBuf,
        /// What the edit reported.
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
