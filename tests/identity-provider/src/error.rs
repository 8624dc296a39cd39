//! What can go wrong with the identity provider, and what to do about it.

use std::path::{Path, PathBuf};

/// Why there is no identity provider, or why it does not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Keycloak is not there, or its realm is an older one than `realm.json`.
    #[error(
        "Keycloak is not prepared, {folder} has no {missing}: run tests/identity-provider/build (needs Maven and Java)"
    )]
    NotBuilt {
        /// The cache folder of the pinned version.
        folder: PathBuf,
        /// What is missing.
        missing: &'static str,
    },
    /// Neither `XDG_CACHE_HOME` nor `HOME` says where the cache is.
    #[error("cannot find Keycloak's cache: set HOME or XDG_CACHE_HOME")]
    NoCache,
    /// A file cannot be read or written.
    #[error("cannot {doing} {path}: {source}")]
    File {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Keycloak cannot be started, or did not get ready.
    #[error(transparent)]
    Server(#[from] ood_k8s_loopback::Error),
    /// No answer, or none that is HTTP.
    #[error("cannot ask the identity provider for {path}: {source}")]
    Http {
        /// The path that was asked for.
        path: String,
        /// What went wrong.
        source: std::io::Error,
    },
    /// Keycloak refused what a test takes for granted.
    #[error("cannot {doing}: Keycloak answered {status} {body}")]
    Refused {
        /// What was being done.
        doing: String,
        /// The status.
        status: u16,
        /// The answer, which names no secret where it is a refusal.
        body: String,
    },
}

impl Error {
    /// An `io::Error` with what was being done to which file, for `map_err`.
    pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }
}
