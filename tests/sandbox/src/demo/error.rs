//! What can keep the demonstration from its end.

use std::path::{Path, PathBuf};

/// Why the demonstration ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody to log in.
    #[error("uid {uid} is not in the passwd database ({reason}), so there is nobody to log in; run this as a user with an account")]
    NoAccount {
        /// Who runs this.
        uid: u32,
        /// What the lookup gave.
        reason: String,
    },
    /// A file of the site cannot be made.
    #[error("cannot {doing} {path}: {source}; TMPDIR names another place for it", path = path.display())]
    File {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The sandbox refused an object of the site's manifest.
    #[error("cannot set up the API server: {what}")]
    Cluster {
        /// Which object, and the answer.
        what: String,
    },
    /// cargo is not there.
    #[error("cannot run {cargo}: {source}; build ood-k8s yourself and name it with --bin", cargo = cargo.display())]
    Cargo {
        /// The cargo asked for.
        cargo: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// cargo failed, and said why above.
    #[error("cannot build ood-k8s; correct what cargo says above, or name a program with --bin")]
    Build,
    /// The program cannot be started.
    #[error("cannot run {program}: {source}", program = program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The program refuses this account.
    #[error("ood-k8s refuses the account that runs this, as it would at a real site; run the demonstration as another user ({stderr})")]
    Refused {
        /// What it said.
        stderr: String,
    },
    /// A login failed.
    #[error("the {login} failed with {status}: {stderr}")]
    Login {
        /// Which login.
        login: &'static str,
        /// How the program ended.
        status: std::process::ExitStatus,
        /// What it said.
        stderr: String,
    },
    /// A login succeeded, and did not do what it should.
    #[error("the {login} ended well, but {what}")]
    Unexpected {
        /// Which login.
        login: &'static str,
        /// What was seen.
        what: String,
    },
    /// A secret was about to be shown.
    #[error("a secret was about to be printed; this is a fault, please report it (SECURITY.md)")]
    Secret,
    /// Standard output is gone.
    #[error("cannot print: {0}")]
    Print(std::io::Error),
    /// Signals cannot be waited for.
    #[error("cannot wait for signals: {0}")]
    Signals(std::io::Error),
    /// Ctrl-C.
    #[error("interrupted; the site is removed")]
    Interrupted,
}

impl Error {
    /// An `io::Error` with what was being done to which file, for `map_err`.
    pub fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }
}
