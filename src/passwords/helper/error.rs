//! Why a credential helper gave no password; nothing that it printed on standard output is in here.

use std::process::ExitStatus;
use std::time::Duration;

use crate::foreign::Foreign;
use crate::passwords::password::PasswordError;
use crate::passwords::words::WordsError;
use crate::registry::RegistryName;

/// Why a helper gave no password. Nothing that it printed on standard output is in here.
#[derive(Debug, thiserror::Error)]
pub enum HelperError {
    /// The command line cannot be split.
    #[error("--credential-command {0}")]
    Words(#[from] WordsError),
    /// Helpers know registries, not patterns.
    #[error("a credential helper cannot be asked for the pattern {0}; name one registry")]
    Pattern(RegistryName),
    /// No such program.
    #[error("there is no credential helper {program}; install it, or give its whole path (PATH may be short in cron and hooks)")]
    NoProgram {
        /// The first word of the command line.
        program: String,
    },
    /// The system cannot run it.
    #[error("cannot run the credential helper {program}: {source}")]
    Start {
        /// The first word of the command line.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It ran well, and has none.
    #[error("the credential helper {program} has no password of {registry}; log in to the registry with it first")]
    NoPassword {
        /// The first word of the command line.
        program: String,
        /// The registry.
        registry: RegistryName,
    },
    /// It failed.
    #[error("the credential helper {program} failed ({status}): {said}", said = words(.said))]
    Failed {
        /// The first word of the command line.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of its standard error, on one line.
        said: Foreign,
    },
    /// It was killed at the deadline.
    #[error("the credential helper {program} did not answer within {limit:?} and was ended; it must not ask anybody, or give it longer with --timeout")]
    Deadline {
        /// The first word of the command line.
        program: String,
        /// How long it had.
        limit: Duration,
    },
    /// It printed something else.
    #[error("the credential helper {program} answered with something else than {{\"Username\":…,\"Secret\":…}}; run it by hand: echo {registry} | {program} get")]
    Garbage {
        /// The first word of the command line.
        program: String,
        /// The registry.
        registry: RegistryName,
    },
    /// A user that cannot stand before the colon in `auth`.
    #[error("the credential helper {program} answered with a user name that is empty, or has a colon or a control character in it")]
    User {
        /// The first word of the command line.
        program: String,
    },
    /// A password that cannot be one.
    #[error("the credential helper {program} answered, but {source}")]
    Password {
        /// The first word of the command line.
        program: String,
        /// What is wrong with it.
        source: PasswordError,
    },
}

/// What a helper wrote to standard error, which is not ours.
fn words(text: &Foreign) -> String {
    if text.as_received().is_empty() {
        return "it said nothing on standard error; run it by hand".into();
    }
    text.to_string()
}
