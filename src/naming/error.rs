//! Why a name cannot be used.

use crate::exit::{ExitStatus, HasExitStatus};

/// Why a name cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The user name is empty, too long, or has a character that is not allowed.
    #[error("user name {name:?} {reason}")]
    Username {
        /// The given name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The namespace would not be an RFC 1123 label, as Kubernetes requires.
    #[error("user {user} would get the namespace {namespace:?}, which {reason}; Kubernetes accepts only a-z, 0-9 and - there, so this account cannot use the cluster (OnDemand computes the same name); {remedy}")]
    Namespace {
        /// The user.
        user: String,
        /// The name that OnDemand computes.
        namespace: String,
        /// What is wrong with it.
        reason: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// The namespace belongs to the system.
    #[error("user {user} would get the namespace {namespace}, which is reserved for the system; set a namespace prefix such as \"user-\" (NAMESPACE_PREFIX in hook.env, namespace_prefix in clusters.d)")]
    Reserved {
        /// The user.
        user: String,
        /// The reserved name.
        namespace: String,
    },
}

impl HasExitStatus for NameError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Refused
    }
}
