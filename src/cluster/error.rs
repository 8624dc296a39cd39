//! What can go wrong with a cluster, in words that say what to do.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::ExitStatus;

/// Why a cluster is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// Root has no kubeconfig, or it cannot be used.
    #[error("root's kubeconfig {path}: {reason}; {remedy}", path = path.display())]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// No context of root's kubeconfig is for this cluster.
    #[error("root's kubeconfig {path} {reason}", path = path.display())]
    NoContext {
        /// The file.
        path: PathBuf,
        /// Which context was looked for, and what to do.
        reason: String,
    },
    /// An administrator's kubeconfig, given in the place of root's, is what lacks something.
    #[error("the administrator's kubeconfig {path}: {reason}", path = path.display())]
    Administrator {
        /// The file.
        path: PathBuf,
        /// What it lacks, and what to do.
        reason: String,
        /// The status to end with.
        status: ExitStatus,
    },
    /// No connection.
    #[error("cannot reach {server}: {reason}; check the address, the network and that the API server runs")]
    Unreachable {
        /// The URL.
        server: String,
        /// What failed.
        reason: String,
    },
    /// The server's certificate is not one that we trust.
    #[error("{server} has a certificate that root's kubeconfig does not trust: {reason}; check certificate-authority and tls-server-name there")]
    Certificate {
        /// The URL.
        server: String,
        /// What failed.
        reason: String,
    },
    /// The server does not know our token.
    #[error("{server} does not accept the credentials of root's kubeconfig (401){hint}; put a new token there: kubectl create token ondemand -n ondemand --duration 9h, as an administrator of the cluster")]
    Unauthorized {
        /// The URL.
        server: String,
        /// That the token has ended, where it can be seen.
        hint: String,
    },
    /// The server knows us, and says no.
    #[error("not allowed to {what}: {message}; compare with: kubectl describe clusterrole ondemand")]
    Forbidden {
        /// What was tried.
        what: String,
        /// The server's words.
        message: String,
    },
    /// Any other refusal.
    #[error("cannot {what}: {message} ({status})")]
    Api {
        /// What was tried.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The server's words.
        message: String,
    },
    /// The server is there and answers, but not with what was asked for.
    #[error("{server} is too busy to {what} ({status} {message}), and {total:?} are over; try again later, or raise HOOK_TIMEOUT")]
    Busy {
        /// The URL.
        server: String,
        /// What was tried.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The server's words.
        message: String,
        /// The whole deadline.
        total: Duration,
    },
    /// Others keep changing the object between our reading and our writing.
    #[error("cannot {what}: it was changed by others {times} times meanwhile; try again")]
    Contended {
        /// What was tried.
        what: String,
        /// How often.
        times: u32,
    },
    /// Something answers that is no API server.
    #[error("{server} does not answer like a Kubernetes API server ({status}, {content}); check the URL, and proxies on the way")]
    NotKubernetes {
        /// The URL.
        server: String,
        /// The HTTP status.
        status: u16,
        /// What came.
        content: String,
    },
    /// The deadline was over.
    #[error("{server} did not answer within {total:?} while trying to {what}; check the API server's load, or raise HOOK_TIMEOUT")]
    Deadline {
        /// The URL.
        server: String,
        /// What was tried.
        what: String,
        /// The whole deadline.
        total: Duration,
    },
    /// The namespace is on its way out.
    #[error("namespace {namespace} is being deleted and was not gone within {total:?}; the next login makes it anew, unless a finalizer holds it: kubectl get namespace {namespace} -o yaml")]
    Terminating {
        /// Its name.
        namespace: String,
        /// The whole deadline.
        total: Duration,
    },
    /// The namespace is somebody else's. Nothing in it was touched.
    #[error("namespace {namespace} is not touched: {reason}")]
    NotOurs {
        /// Its name.
        namespace: String,
        /// Whose it is, and what to do.
        reason: String,
    },
}

impl ClusterError {
    /// The status to end with.
    pub fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Kubeconfig { .. } | Self::NoContext { .. } => ExitStatus::Configuration,
            Self::Administrator { status, .. } => *status,
            Self::NotOurs { .. } => ExitStatus::Refused,
            Self::Deadline { .. } | Self::Terminating { .. } => ExitStatus::Deadline,
            _ => ExitStatus::Cluster,
        }
    }
}
