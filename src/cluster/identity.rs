//! Whose credentials are shown to an API server, and what to do when it does not take them.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::time::for_a_person;

/// Whose credentials these are.
#[derive(Debug, Clone)]
pub enum Identity {
    /// Those of root's kubeconfig.
    Root {
        /// The cluster's id in clusters.d, for the command that helps.
        cluster: String,
        /// When the token ends, where it is a JWT: the reason to look for after a 401.
        token_end: Option<SystemTime>,
    },
    /// Those of another kubeconfig: a cluster administrator's, or of whoever may make tokens.
    Administrator(PathBuf),
    /// A token that is not in root's kubeconfig yet.
    NewToken {
        /// What it says of its issuer and audience, in words.
        claims: String,
    },
}

impl Identity {
    /// What the server does not accept, why that may be, and the remedy.
    pub(super) fn refused(&self, now: SystemTime) -> String {
        match self {
            Self::Root { cluster, token_end } => {
                let over = token_end.and_then(|end| now.duration_since(end).ok());
                let hint = over.map_or_else(String::new, |over| format!(": its token ended {} ago", for_a_person(over)));
                format!("the credentials of root's kubeconfig (401){hint}; get a new token with a kubeconfig of the cluster's administrator: ood-k8s refresh-token --cluster {cluster} --minter-kubeconfig FILE")
            }
            Self::Administrator(path) => format!(
                "the credentials of the administrator's kubeconfig {} (401); log in anew, or name another",
                path.display()
            ),
            Self::NewToken { claims } => format!(
                "the new token (401), so the old one stays; it {claims}: take one that this cluster made, for the API server's own audience"
            ),
        }
    }

    /// What to do when a right is missing: `what` is what was tried.
    pub(super) fn rights_remedy(&self, what: &str) -> String {
        match self {
            // The shipped rights delete nothing, and are for the account `default` and the pull secret alone.
            Self::Root { .. } if is_for_administrators(what) => {
                "root's account has no such right by design; name an administrator's kubeconfig with --kubeconfig".into()
            }
            Self::Root { .. } if what.contains("/secrets/") => {
                "see which rights are missing: ood-k8s check; give those to one more Secret: ood-k8s cluster-roles --pull-secret NAME".into()
            }
            Self::Root { .. } | Self::NewToken { .. } => {
                "see which rights are missing: ood-k8s check; give them: ood-k8s cluster-roles".into()
            }
            Self::Administrator(path) => format!(
                "the administrator's kubeconfig {} lacks the right; take one with the ClusterRole cluster-admin",
                path.display()
            ),
        }
    }
}

/// What the shipped role leaves out on purpose.
fn is_for_administrators(what: &str) -> bool {
    let other_account = what.contains("/serviceaccounts/") && !what.ends_with("/token") && !what.ends_with("/default");
    what.starts_with("delete ") || other_account
}
