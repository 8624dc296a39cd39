//! The errors of a control plane, with remedies.

use std::path::{Path, PathBuf};

/// Why a control plane does not start or answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `KUBEBUILDER_ASSETS` is a directory that lacks a program.
    #[error("KUBEBUILDER_ASSETS is {folder}, which has no {program}: set it to a directory with etcd, kube-apiserver and kubectl, or unset it")]
    IncompleteAssets {
        /// The directory in the variable.
        folder: PathBuf,
        /// The program that is missing.
        program: &'static str,
    },
    /// The `ServiceAccount` key cannot sign.
    #[error("cannot sign a token with the ServiceAccount key")]
    Signing,
    /// The programs have not been built yet.
    #[error("the control plane is not built, {folder} has no {program}: run tests/control-plane/build, or set KUBEBUILDER_ASSETS")]
    NotBuilt {
        /// The cache directory of the pinned version.
        folder: PathBuf,
        /// The program that is missing.
        program: &'static str,
    },
    /// Neither `XDG_CACHE_HOME` nor `HOME` is set, so the cache cannot be found.
    #[error("cannot find the control plane's cache: set HOME, XDG_CACHE_HOME or KUBEBUILDER_ASSETS")]
    NoCache,
    /// A file of the control plane cannot be read or written.
    #[error("cannot {doing} {path}: {source}")]
    File {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// No loopback port is available.
    #[error("cannot bind a port on loopback: {0}")]
    Port(nix::errno::Errno),
    /// A key or a certificate cannot be created.
    #[error("cannot create the control plane's certificates: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A server does not run, or kubectl cannot be started.
    #[error(transparent)]
    Server(#[from] ood_k8s_loopback::Error),
    /// A kubectl command failed.
    #[error("kubectl {arguments} failed: {stderr}")]
    Kubectl {
        /// Its arguments.
        arguments: String,
        /// Its standard error.
        stderr: String,
    },
    /// This control plane has no controller manager to pause.
    #[error(
        "this control plane runs without kube-controller-manager: use the one that tests/control-plane/build creates"
    )]
    NoControllerManager,
}

impl Error {
    /// For `map_err`: adds the operation and the file to an `io::Error`.
    pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }
}
