//! What can go wrong while a file or directory is used, in words that say what to do; never with a value from it.

use std::io;
use std::path::{Path, PathBuf};

/// Of a path that is told, in characters.
const LONGEST_PATH: usize = 200;

/// A path as it is told: where the user's own links led, its name is the user's choice, and root reads it.
pub(crate) fn shown(path: &Path) -> String {
    let text: String = path.to_string_lossy().chars().take(LONGEST_PATH).collect();
    let is_plain = text.chars().all(|c| c.is_alphanumeric() || "/._-+@=".contains(c));
    if is_plain {
        text
    } else {
        // A remedy is found by the last semicolon.
        format!("{text:?}").replace(';', "\\u{3b}")
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
    /// What the system said while something was being done to a path.
    pub fn new(doing: &'static str, path: &Path, cause: io::Error) -> Self {
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
    pub fn during(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |cause| Self::new(doing, &path, cause)
    }
}
