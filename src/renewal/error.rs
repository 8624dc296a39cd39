//! Why a user's refresh token is not kept, or the session is not known; the errors never contain a token.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::ConfigError;
use crate::door::FileError;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::naming::Username;
use crate::store::StoreError;

/// What can go wrong with the records that root keeps.
#[derive(Debug, thiserror::Error)]
pub enum RenewalError {
    /// A file or directory could not be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The record, or a directory on its path, is not root's alone.
    #[error(transparent)]
    Untrusted(#[from] ConfigError),
    /// The record could not be replaced.
    #[error("the refresh token of user {user} is not kept: {source}")]
    Store {
        /// The user.
        user: Username,
        /// The cause.
        source: Box<StoreError<Infallible>>,
    },
    /// Another process is using this user's refresh token, which may be valid for only one use.
    #[error("another process is renewing the tokens of user {user}, and did not finish within {waited:?}; try again")]
    Busy {
        /// The user.
        user: Username,
        /// How long we waited.
        waited: Duration,
    },
    /// The file is not a valid record.
    #[error("{path} is not a valid record of renew-creds; remove it, and the user's next login creates a new one", path = path.display())]
    Garbled {
        /// The file.
        path: PathBuf,
    },
    /// The record is of a newer version of the program: after a downgrade, or with a shared directory.
    #[error("{path} is a record of a newer ood-k8s (version {version} of the format); install that version again, or remove the record, and the user's next login creates a new one", path = path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of the format.
        version: u32,
    },
    /// The process exists, but cannot be examined.
    #[error("cannot determine whose process {pid} in {path} is: {reason}; make all processes visible to root (no hidepid, ProtectProc=default)", path = path.display())]
    Hidden {
        /// The pid file.
        path: PathBuf,
        /// The pid in it.
        pid: i32,
        /// What the system reported.
        reason: String,
    },
}

impl RenewalError {
    /// Whether it hides which refresh token is the newest: another process has the record, it cannot be read, or the answer
    /// beside it cannot be put into it.
    pub fn hides_the_newest(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::File(_) | Self::Store { .. } => true,
            Self::Untrusted(error) => matches!(error, ConfigError::Unreadable { .. }),
            _ => false,
        }
    }
}

impl HasExitStatus for RenewalError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Untrusted(error) => error.exit_status(),
            Self::Busy { .. } => ExitStatus::Deadline,
            _ => ExitStatus::Credentials,
        }
    }
}
