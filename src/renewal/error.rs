//! Why a user's refresh token is not kept, or the session not known; never with a token in it.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::ConfigError;
use crate::door::FileError;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::naming::Username;
use crate::store::StoreError;

/// What can go wrong with what root keeps.
#[derive(Debug, thiserror::Error)]
pub enum RenewalError {
    /// A file or folder could not be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The record, or the way to it, is not root's alone.
    #[error(transparent)]
    Untrusted(#[from] ConfigError),
    /// The record could not be replaced.
    #[error("the refresh token of user {user} is not kept: {source}")]
    Store {
        /// Whose.
        user: Username,
        /// Why not.
        source: Box<StoreError<Infallible>>,
    },
    /// Another process is at work with this user's refresh token, which may be good for one use only.
    #[error("another process is renewing the tokens of user {user}, and was not done within {waited:?}; try again")]
    Busy {
        /// Whose.
        user: Username,
        /// How long we waited.
        waited: Duration,
    },
    /// The record is none of ours.
    #[error("{path} is no record of renew-creds; remove it, and the user's next login makes a new one", path = path.display())]
    Garbled {
        /// The file.
        path: PathBuf,
    },
    /// A process is there, and cannot be looked at.
    #[error("cannot see whose process {pid} is, which {path} names: {reason}; let root see all processes (no hidepid, ProtectProc=default)", path = path.display())]
    Hidden {
        /// The pid file.
        path: PathBuf,
        /// What it says.
        pid: i32,
        /// What the system said.
        reason: String,
    },
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
