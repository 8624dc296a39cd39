//! The errors of the demonstration.

use std::path::{Path, PathBuf};

/// Why the demonstration failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no account to log in with.
    #[error("uid {uid} is not in the passwd database ({reason}), so there is no account to log in with; run this as a user with an account")]
    NoAccount {
        /// The uid that runs this.
        uid: u32,
        /// The result of the lookup.
        reason: String,
    },
    /// A file of the site cannot be created.
    #[error("cannot {doing} {path}: {source}; set TMPDIR to use another directory", path = path.display())]
    File {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The sandbox refused an object of the site's manifest.
    #[error("cannot set up the API server: {what}")]
    Cluster {
        /// The object and the answer.
        what: String,
    },
    /// cargo cannot be run.
    #[error("cannot run {cargo}: {source}; build ood-k8s yourself and specify it with --bin", cargo = cargo.display())]
    Cargo {
        /// The path of cargo.
        cargo: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// cargo failed, and printed the reason.
    #[error("cannot build ood-k8s; fix the errors above, or specify a program with --bin")]
    Build,
    /// The program cannot be started.
    #[error("cannot run {program}: {source}", program = program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The program refuses this account.
    #[error("ood-k8s refuses the account that runs this, as it would at a real site; run the demonstration as another user ({stderr})")]
    Refused {
        /// Its standard error.
        stderr: String,
    },
    /// A login failed.
    #[error("the {login} failed with {status}: {stderr}")]
    Login {
        /// The login.
        login: &'static str,
        /// The program's exit status.
        status: std::process::ExitStatus,
        /// Its standard error.
        stderr: String,
    },
    /// A login succeeded, but did not do what it should.
    #[error("the {login} succeeded, but {what}")]
    Unexpected {
        /// The login.
        login: &'static str,
        /// What was seen.
        what: String,
    },
    /// One of the administrator's commands failed.
    #[error("{command} failed with {status}: {stderr}")]
    Command {
        /// What was run.
        command: String,
        /// Its exit status.
        status: std::process::ExitStatus,
        /// The last line of its standard error.
        stderr: String,
    },
    /// `check` did not say what it should.
    #[error("check {0}")]
    Check(String),
    /// The API server accepted a pod that it should refuse.
    #[error("the API server accepted a pod for a minute that the policies should refuse")]
    NotRefused,
    /// The real control plane failed.
    #[error(transparent)]
    ControlPlane(#[from] ood_k8s_control_plane::Error),
    /// What runs beside this ended early.
    #[error("cannot wait for the control plane: {0}")]
    Beside(#[from] tokio::task::JoinError),
    /// A secret was about to be shown.
    #[error("a secret was about to be printed; this is a fault, please report it (SECURITY.md)")]
    Secret,
    /// Standard output cannot be written.
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
    /// For `map_err`: adds the operation and the file to an `io::Error`.
    pub fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }
}
