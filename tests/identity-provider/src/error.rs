//! The errors of the identity provider, with remedies.

use std::path::{Path, PathBuf};

/// Why an identity provider does not start or answer as expected.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Keycloak is missing, or its realm is older than `realm.json`.
    #[error(
        "Keycloak is not prepared, {folder} has no {missing}: run tests/identity-provider/build (needs Maven and Java)"
    )]
    NotBuilt {
        /// The cache directory of the pinned version.
        folder: PathBuf,
        /// What is missing.
        missing: &'static str,
    },
    /// Neither `XDG_CACHE_HOME` nor `HOME` is set, so the cache cannot be found.
    #[error("cannot find Keycloak's cache: set HOME or XDG_CACHE_HOME")]
    NoCache,
    /// A file cannot be read or written.
    #[error("cannot {doing} {path}: {source}")]
    File {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// Keycloak cannot be started, or was not ready in time.
    #[error(transparent)]
    Server(#[from] ood_k8s_loopback::Error),
    /// No answer, or not an HTTP answer.
    #[error("cannot ask the identity provider for {path}: {source}")]
    Http {
        /// The requested path.
        path: String,
        /// What went wrong.
        source: std::io::Error,
    },
    /// Keycloak refused a request that a test depends on.
    #[error("cannot {doing}: Keycloak answered {status} {body}")]
    Refused {
        /// What was being done.
        doing: String,
        /// The status.
        status: u16,
        /// The answer; refusals contain no secret.
        body: String,
    },
}

impl Error {
    /// For `map_err`: adds the operation and the file to an `io::Error`.
    pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }
}
