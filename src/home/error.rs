//! What can go wrong in a user's home, with the remedy in the text.

use std::time::Duration;

use super::order::Fault;

use crate::exit::{ExitStatus, HasExitStatus};

/// Why the user's kubeconfig is not up to date.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// The child could not be started.
    #[error("cannot start the process that writes the kubeconfig of user {user}: {source}")]
    Start {
        /// The user.
        user: String,
        /// What the system reported.
        source: std::io::Error,
    },
    /// Without `/proc` this program cannot start itself: the path of the file that runs is only there.
    #[error(
        "cannot start the process that writes the kubeconfig of user {user}: /proc/self/exe is missing; mount /proc"
    )]
    NoProc {
        /// The user.
        user: String,
    },
    /// The child exited without an answer.
    #[error("the process that writes the kubeconfig of user {user} exited without an answer; see the system log")]
    Silent {
        /// The user.
        user: String,
    },
    /// The child came to its limit of memory or processor time, as it read what the user has there.
    #[error("user {user}: your kubeconfig is too large to be processed in time, or you ended the process: {file}; remove the entries that you do not need (kubectl config delete-context, delete-cluster, delete-user)")]
    TooLarge {
        /// Whose.
        user: String,
        /// The kubeconfig.
        file: String,
    },
    /// The home did not answer in time. The child continues on its own, and never writes a file partially.
    #[error("the home of user {user} did not answer within {waited:?}, so {file} may not be up to date; check the file server")]
    Deadline {
        /// The user.
        user: String,
        /// The kubeconfig.
        file: String,
        /// How long we waited.
        waited: Duration,
    },
    /// The child reported an error.
    #[error("{}", .0.text)]
    Kubeconfig(Fault),
}

impl HomeError {
    /// Whether it is about what the user has there: no other user can meet it.
    pub fn is_of_the_user(&self) -> bool {
        match self {
            Self::TooLarge { .. } => true,
            Self::Kubeconfig(fault) => fault.is_of_the_user,
            Self::Start { .. } | Self::NoProc { .. } | Self::Silent { .. } | Self::Deadline { .. } => false,
        }
    }
}

impl HasExitStatus for HomeError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Deadline { .. } => ExitStatus::Deadline,
            _ => ExitStatus::Credentials,
        }
    }
}
