//! Whose credentials are sent to an API server, and what to do if it does not accept them.

use std::path::PathBuf;
use std::time::SystemTime;

use secrecy::{ExposeSecret as _, SecretString};

use crate::oidc::token::claims;
use crate::time::for_a_person;

/// Whose credentials these are.
#[derive(Debug, Clone)]
pub enum Identity {
    /// Those of root's kubeconfig.
    Root {
        /// The cluster's id in clusters.d, for the command in the remedy.
        cluster: String,
        /// When the token expires, if it is a JWT: the likely reason for a 401.
        token_end: Option<SystemTime>,
    },
    /// Those of another kubeconfig: a cluster administrator's, or one of an account that may issue tokens.
    Administrator(PathBuf),
    /// A user's own token.
    User {
        /// Its issuer and audience, in words.
        claims: String,
    },
    /// A token that is not in root's kubeconfig yet.
    NewToken {
        /// Its issuer and audience, in words.
        claims: String,
    },
}

impl Identity {
    /// What the server does not accept, the likely reason, and the remedy.
    pub(super) fn refused(&self, now: SystemTime) -> String {
        match self {
            Self::Root { cluster, token_end } => {
                let over = token_end.and_then(|end| now.duration_since(end).ok());
                let hint = over.map_or_else(String::new, |over| format!(": its token expired {} ago", for_a_person(over)));
                format!("the credentials in root's kubeconfig (401){hint}; get a new token with the cluster administrator's kubeconfig: ood-k8s refresh-token --cluster {cluster} --admin-kubeconfig FILE")
            }
            Self::Administrator(path) => format!(
                "the credentials in the administrator's kubeconfig {} (401); log in again, or specify another",
                path.display()
            ),
            Self::User { claims } => format!(
                "the user's token (401), so each call of the user's kubectl fails; it {claims}: compare them with the API server's --oidc-issuer-url and --oidc-client-id"
            ),
            Self::NewToken { claims } => format!(
                "the new token (401), so the old one stays; it {claims}: use one that this cluster issued, for the API server's own audience"
            ),
        }
    }

    /// What to do if a permission is missing: `what` is the refused request.
    pub(super) fn rights_remedy(&self, what: &str) -> String {
        match self {
            // The shipped role permits no deletion, and only the account `default` and the pull secrets.
            Self::Root { .. } if is_for_administrators(what) => {
                "root's account lacks this permission by design; specify an administrator's kubeconfig with --kubeconfig".into()
            }
            Self::Root { .. } if what.contains("/secrets/") => {
                format!("grant those for this Secret, with a cluster administrator's kubeconfig: ood-k8s cluster-roles --apply --admin-kubeconfig FILE --pull-secret {}", last(what))
            }
            Self::Root { .. } | Self::NewToken { .. } | Self::User { .. } => {
                "see which permissions are missing: ood-k8s check; grant them, with a cluster administrator's kubeconfig: ood-k8s cluster-roles --apply --admin-kubeconfig FILE".into()
            }
            Self::Administrator(path) => format!(
                "the administrator's kubeconfig {} lacks the permission; use one with the ClusterRole cluster-admin",
                path.display()
            ),
        }
    }
}

/// A token's issuer and audience in words, for the error if the server does not accept it.
pub fn describe(token: &SecretString) -> String {
    if token.expose_secret().is_empty() {
        return "is empty".into();
    }
    match claims(token) {
        Ok(said) => {
            let issuer = said.iss.unwrap_or_else(|| "(none)".into());
            let audience = if said.aud.is_empty() {
                "(none)".into()
            } else {
                said.aud.join(", ")
            };
            format!("has the issuer {issuer} and the audience {audience}")
        }
        Err(_) => "is not a JWT".into(),
    }
}

/// The name of the object, at the end of a path. Names need no quotes.
fn last(what: &str) -> &str {
    what.rsplit('/').next().unwrap_or_default()
}

/// Whether the shipped role leaves this out on purpose.
fn is_for_administrators(what: &str) -> bool {
    let other_account = what.contains("/serviceaccounts/") && !what.ends_with("/token") && !what.ends_with("/default");
    what.starts_with("delete ") || other_account
}
