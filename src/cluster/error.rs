//! What can go wrong with a cluster, in words that say what to do.

use std::path::PathBuf;
use std::time::Duration;

use crate::exit::{ExitStatus, HasExitStatus};
use crate::kubeconfig::EntryFault;

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
    /// Root's kubeconfig is not what kubectl could read either.
    #[error("root's kubeconfig {path}: {reason}{anew}", path = path.display(), anew = anew(reason))]
    Document {
        /// The file.
        path: PathBuf,
        /// The line, what is wrong there, and what to do.
        reason: String,
    },
    /// The context has an entry that cannot be used. Nothing was sent.
    #[error("root's kubeconfig {path}: {fault}", path = path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// Which entry, where, and what to do.
        fault: EntryFault,
    },
    /// Another account could have written root's kubeconfig, or can replace it.
    #[error("root's kubeconfig is not used: {path}: {reason}; {remedy}", path = path.display())]
    Untrusted {
        /// The file, or a directory or link on the way to it.
        path: PathBuf,
        /// Who can do what.
        reason: String,
        /// What to do: a sentence that ends with a command.
        remedy: String,
    },
    /// No context of root's kubeconfig is for this cluster.
    #[error("root's kubeconfig {path} {reason}", path = path.display())]
    NoContext {
        /// The file.
        path: PathBuf,
        /// Which context was looked for, and what to do.
        reason: String,
    },
    /// Root logs in by something that is not ours to renew.
    #[error("root's kubeconfig {path} has the user {user:?}, who logs in by {how}, and only tokens are renewed here; leave this cluster out (--cluster), or give its context a user with a token: ood-k8s setup-root", path = path.display())]
    NotAToken {
        /// The file.
        path: PathBuf,
        /// The user's entry.
        user: String,
        /// How it logs in.
        how: &'static str,
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
    #[error("{server} does not accept {identity}")]
    Unauthorized {
        /// The URL.
        server: String,
        /// Whose credentials they are, why they may be refused, and what to do.
        identity: String,
    },
    /// The server knows us, and says no.
    #[error("not allowed to {what}: {message}; {remedy}")]
    Forbidden {
        /// What was tried.
        what: String,
        /// The server's words.
        message: String,
        /// What to do, by whose credentials they are.
        remedy: String,
    },
    /// The server made a token that had ended before it came.
    #[error("{server} made a token that ended {ago} ago, so the old one stays; compare the clocks of this node and of the API server")]
    MintedEnded {
        /// The URL.
        server: String,
        /// How long ago, for a person.
        ago: String,
    },
    /// The token is somebody else's.
    #[error("the new token is for {found} in the eyes of {server}, and not for {wanted}, so the old one stays; take a token of that account, or name the other one with --service-account")]
    TokenOfAnother {
        /// The URL.
        server: String,
        /// Whose it is.
        found: String,
        /// Whose it should be.
        wanted: String,
    },
    /// A Secret holds no token of the account.
    #[error("secret {secret} has no token of the ServiceAccount {account}: {reason}")]
    TokenSecret {
        /// Namespace and name.
        secret: String,
        /// The account.
        account: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A Secret that cannot be made what it should be.
    #[error("the Secret {secret} {reason}, which cannot be changed; look at it, and then have it deleted and made anew with --replace (mint-registry-secret, sync-secret)")]
    AnotherType {
        /// Namespace and name.
        secret: String,
        /// What is in the way.
        reason: String,
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

/// Who moves root's kubeconfig away needs another.
fn anew(reason: &str) -> &'static str {
    if reason.ends_with("move the file away") {
        " and make it anew with: ood-k8s setup-root"
    } else {
        ""
    }
}

impl HasExitStatus for ClusterError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Kubeconfig { .. }
            | Self::Document { .. }
            | Self::Entry { .. }
            | Self::Untrusted { .. }
            | Self::NoContext { .. }
            | Self::NotAToken { .. } => ExitStatus::Configuration,
            Self::Administrator { status, .. } => *status,
            Self::NotOurs { .. } => ExitStatus::Refused,
            Self::Deadline { .. } | Self::Terminating { .. } => ExitStatus::Deadline,
            _ => ExitStatus::Cluster,
        }
    }
}
