//! Why one of root's files is not used: in words that name the path and, if there is one, the command that fixes it.

use std::io;
use std::path::{Path, PathBuf};

use super::error::{selinux_enforces, shown};

/// Why a file or directory is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// It is not there.
    #[error("{path}: no such file or directory", path = shown(.path))]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be opened or read, or is not what it should be.
    #[error("cannot read {path}: {reason}; {remedy}", path = shown(.path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said, or what it is.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// It is not there, and cannot be made.
    #[error("cannot create the directory {path}: {reason}; {remedy}", path = shown(.path))]
    NotCreated {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Another account could have written it, or can replace it.
    #[error("{path} is not used because {reason}; {remedy}", path = shown(.path))]
    Unsafe {
        /// The file, or a directory or link on the way to it.
        path: PathBuf,
        /// Who can do what.
        reason: String,
        /// What to do: a sentence that ends with a command.
        remedy: String,
    },
}

impl FileFault {
    /// What the system said of a path.
    pub fn of_system(path: &Path, error: impl Into<io::Error>) -> Self {
        let error = error.into();
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing { path: path.to_owned() },
            io::ErrorKind::PermissionDenied if selinux_enforces() => Self::Unreadable {
                path: path.to_owned(),
                reason: error.to_string(),
                remedy: "run this as root, or fix its owner, mode and SELinux label (restorecon -Rv on its directory)",
            },
            _ => Self::Unreadable {
                path: path.to_owned(),
                reason: error.to_string(),
                remedy: "run this as root, or fix its owner and mode",
            },
        }
    }

    /// What the system said when it was to create a directory.
    pub(super) fn not_created(path: &Path, error: impl Into<io::Error>) -> Self {
        let error = error.into();
        let remedy = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room there",
            io::ErrorKind::ReadOnlyFilesystem => "make its file system writable, or create it",
            _ => return Self::of_system(path, error),
        };
        Self::NotCreated {
            path: path.to_owned(),
            reason: error.to_string(),
            remedy,
        }
    }

    /// A path that can be reached but not used.
    pub(super) fn unusable(path: &Path, reason: impl Into<String>) -> Self {
        Self::Unreadable {
            path: path.to_owned(),
            reason: reason.into(),
            remedy: "put the right file there",
        }
    }

    /// The same, for a directory or link on the way to `file`.
    pub(super) fn on_the_way_to(self, file: &Path) -> Self {
        match self {
            Self::Unsafe { path, reason, remedy } => Self::Unsafe {
                path,
                reason: format!("{reason}, which allows replacing {}", shown(file)),
                remedy,
            },
            other => other,
        }
    }
}
