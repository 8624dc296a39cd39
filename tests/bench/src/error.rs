//! What can keep the benchmark from its figures.

use std::path::{Path, PathBuf};

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The control plane does not start or answer.
    #[error(transparent)]
    ControlPlane(#[from] ood_k8s_control_plane::Error),
    /// The account to log in with is not there.
    #[error("there is no account {0}: name another with --user")]
    NoAccount(String),
    /// A file of the benchmark's own cannot be written.
    #[error("cannot {doing} {path}: {source}")]
    File {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// cargo failed, and said why.
    #[error("cannot build ood-k8s: mend that, or name a program with --bin")]
    Build,
    /// The delaying forwarder has no port.
    #[error("cannot listen on 127.0.0.1: {0}")]
    Forwarder(std::io::Error),
    /// The measuring process itself failed.
    #[error("cannot measure {program}: {what}")]
    Measure {
        /// The program that was to be measured.
        program: String,
        /// What went wrong.
        what: String,
    },
    /// The measured program failed, so its figures mean nothing.
    #[error("{scenario} failed: {stderr}")]
    Failed {
        /// What was being measured.
        scenario: String,
        /// What the program said.
        stderr: String,
    },
}

impl Error {
    /// An `io::Error` with what was being done to which file, for `map_err`.
    pub fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }
}
