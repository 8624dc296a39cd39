//! What can go wrong while a control plane starts, and what to do about it.

use std::path::{Path, PathBuf};

/// Why there is no control plane, or why it does not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `KUBEBUILDER_ASSETS` names a folder that lacks a program.
    #[error("KUBEBUILDER_ASSETS is {folder}, which has no {program}: point it at a folder with etcd, kube-apiserver and kubectl, or unset it")]
    IncompleteAssets {
        /// The folder that the variable names.
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
        /// The cache folder of the pinned version.
        folder: PathBuf,
        /// The program that is missing.
        program: &'static str,
    },
    /// Neither `XDG_CACHE_HOME` nor `HOME` says where the cache is.
    #[error("cannot find the control plane's cache: set HOME, XDG_CACHE_HOME or KUBEBUILDER_ASSETS")]
    NoCache,
    /// A file of the control plane cannot be read or written.
    #[error("cannot {doing} {path}: {source}")]
    File {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// No loopback port can be had.
    #[error("cannot take a port on 127.0.0.1: {0}")]
    Port(nix::errno::Errno),
    /// A key or a certificate cannot be made.
    #[error("cannot make the control plane's certificates: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A server does not run, or kubectl cannot be started.
    #[error(transparent)]
    Server(#[from] ood_k8s_loopback::Error),
    /// A kubectl command failed.
    #[error("kubectl {arguments} failed: {stderr}")]
    Kubectl {
        /// Its arguments.
        arguments: String,
        /// What it said.
        stderr: String,
    },
    /// This control plane has no controller manager that could be held.
    #[error(
        "this control plane runs without kube-controller-manager: use the one that tests/control-plane/build makes"
    )]
    NoControllerManager,
}

impl Error {
    /// An `io::Error` with what was being done to which file, for `map_err`.
    pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }
}
