//! The errors of the program itself.

use std::path::{Path, PathBuf};

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It changes owners and ids.
    #[error("this needs root: run it with sudo")]
    NotRoot,
    /// The account to log in with does not exist.
    #[error("there is no account {0}: specify another with --user")]
    NoAccount(String),
    /// A file of the program's own.
    #[error("cannot {doing} {path}: {source}")]
    File {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// cargo failed, and printed the reason.
    #[error("cannot build ood-k8s: fix that, or specify a program with --bin")]
    Build,
    /// The sandbox refused an object.
    #[error("cannot set the cluster up: {0}")]
    Cluster(String),
    /// The program cannot be run or watched.
    #[error("cannot {0}: {1}")]
    Process(&'static str, std::io::Error),
    /// Without a fault it must work.
    #[error("{case} fails without any fault: {said}")]
    Undisturbed {
        /// The command.
        case: &'static str,
        /// Its standard error, or what is wrong.
        said: String,
    },
}

impl Error {
    /// For `map_err`: adds the operation and the file to an `io::Error`.
    pub fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }

    /// For `map_err` of a system call.
    pub fn system(doing: &'static str) -> impl Fn(nix::errno::Errno) -> Self {
        move |errno| Self::Process(doing, errno.into())
    }
}
