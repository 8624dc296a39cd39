//! The errors of the benchmark.

use std::path::{Path, PathBuf};

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The control plane does not start or answer.
    #[error(transparent)]
    ControlPlane(#[from] ood_k8s_control_plane::Error),
    /// It makes accounts up, and changes owners.
    #[error("this needs root: run it with sudo")]
    NotRoot,
    /// The account to log in with does not exist.
    #[error("there is no account {0}: specify another with --user")]
    NoAccount(String),
    /// A file of the benchmark's own cannot be written.
    #[error("cannot {doing} {path}: {source}")]
    File {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// One table of all failed, and printed the reason.
    #[error("there is no table {0:?}, nor those that come after it: see above")]
    Part(&'static str),
    /// cargo failed, and printed the reason.
    #[error("cannot build ood-k8s: fix that, or specify a program with --bin")]
    Build,
    /// The forwarder cannot listen on a port.
    #[error("cannot listen on 127.0.0.1: {0}")]
    Forwarder(std::io::Error),
    /// The measuring process itself failed.
    #[error("cannot measure {program}: {what}")]
    Measure {
        /// The program to measure.
        program: String,
        /// What went wrong.
        what: String,
    },
    /// A login asks the kernel for more than it did when the bound was set.
    #[error("a returning login makes {calls} system calls, and is not to make more than {most}; see what is new in strace -f")]
    TooManyCalls {
        /// How many there are.
        calls: u64,
        /// The bound.
        most: u64,
    },
    /// The measured program failed, so its figures are meaningless.
    #[error("{scenario} failed: {stderr}")]
    Failed {
        /// What was being measured.
        scenario: String,
        /// The program's standard error.
        stderr: String,
    },
}

impl Error {
    /// For `map_err`: adds the operation and the file to an `io::Error`.
    pub fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }
}
