//! A Kubernetes cluster, as users' and root's kubeconfigs need it, from a file of clusters.d or none.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::access::Access;
use crate::config::site::modes::{Auth, Mode};
use crate::config::site::settings::{KubectlProxy, Settings};
use crate::config::site::sourced::{Source, Sourced};
use crate::naming::ServiceAccountName;

/// A Kubernetes cluster.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// The file's name without its extension; `kubernetes` if there is no file.
    pub id: String,
    /// Its file in clusters.d; `None` if the site has no Kubernetes cluster there.
    pub file: Option<PathBuf>,
    /// How users log in.
    pub auth: Auth,
    /// `config_file`: the user's kubeconfig; `~` is the user's home.
    pub config_file: String,
    /// `cluster`: the name of the kubeconfig's cluster entry.
    pub cluster: String,
    /// `context`: the name of the kubeconfig's context entry; like `ood_core`, the cluster's if it is not set.
    pub context: String,
    /// `server.endpoint`.
    pub endpoint: Option<String>,
    /// `server.cert_authority_file`, which the user's kubectl reads.
    pub cert_authority_file: Option<String>,
    /// The prefix of the user name in the kubeconfig's user entry.
    pub username_prefix: Sourced<String>,
    /// The prefix of the user name in the namespace.
    pub namespace_prefix: Sourced<String>,
    /// The prefix of the user name in the RoleBinding's subject.
    pub oidc_username_prefix: Sourced<String>,
    /// How the user's entry logs in (`auth.type` oidc).
    pub credentials: Sourced<Mode>,
    /// The requested audience of an exchanged token.
    pub exchange_audience: Sourced<String>,
    /// Additional scopes for the exchange.
    pub exchange_scope: Sourced<String>,
    /// The API server's `--oidc-client-id`; empty if unknown.
    pub oidc_audience: Sourced<String>,
    /// The API server's `--oidc-username-claim`; empty if unknown.
    pub oidc_username_claim: Sourced<String>,
    /// `v2.custom.ood_k8s.root_context`: the context of root's kubeconfig to use.
    pub root_context: Option<String>,
    /// `v2.custom.ood_k8s.service_account`: the account whose token is in root's kubeconfig.
    pub service_account: ServiceAccountName,
    /// Who is offered the cluster.
    pub access: Access,
    /// The proxy to its server where root's kubeconfig names none.
    pub proxy: KubectlProxy,
    /// How long opening a connection to it may take.
    pub connect_timeout: Duration,
}

/// Claims that never hold the account's name: the RoleBinding is for what they say.
const OTHER_NAMES: [&str; 3] = ["email", "sub", "upn"];

impl Cluster {
    /// The claim with the name that the API server knows users by, where that is not the account's.
    pub fn claim_of_subject(&self) -> Option<&str> {
        let claim = self.oidc_username_claim.value.as_str();
        OTHER_NAMES.contains(&claim).then_some(claim)
    }

    /// The cluster of the stock hook: root's current context, and only a user entry in the kubeconfig.
    pub fn of_stock_hook(settings: &Settings) -> Self {
        Self {
            id: "kubernetes".into(),
            file: None,
            auth: Auth::Oidc,
            config_file: "~/.kube/config".into(),
            cluster: "open-ondemand".into(),
            context: "open-ondemand".into(),
            endpoint: None,
            cert_authority_file: None,
            username_prefix: own_or(None, settings, "K8S_USERNAME_PREFIX", Path::new("")),
            namespace_prefix: own_or(None, settings, "NAMESPACE_PREFIX", Path::new("")),
            oidc_username_prefix: own_or(None, settings, "OIDC_USERNAME_PREFIX", Path::new("")),
            credentials: mode(None, settings, Path::new("")),
            exchange_audience: own_or(None, settings, "EXCHANGE_AUDIENCE", Path::new("")),
            exchange_scope: own_or(None, settings, "EXCHANGE_SCOPE", Path::new("")),
            oidc_audience: own_or(None, settings, "OIDC_AUDIENCE", Path::new("")),
            oidc_username_claim: own_or(None, settings, "OIDC_USERNAME_CLAIM", Path::new("")),
            root_context: None,
            service_account: ServiceAccountName::default(),
            access: Access::default(),
            proxy: KubectlProxy::default(),
            connect_timeout: settings.connect_timeout,
        }
    }
}

/// The cluster file's own value, or hook.env's.
pub(super) fn own_or(own: Option<String>, settings: &Settings, key: &str, path: &Path) -> Sourced<String> {
    match own {
        Some(value) => Sourced {
            value,
            source: Source::ClusterFile(path.to_owned()),
        },
        None => Sourced {
            value: settings.text(key).to_owned(),
            source: settings.source(key),
        },
    }
}

/// Like [`own_or`], but for the mode.
pub(super) fn mode(own: Option<Mode>, settings: &Settings, path: &Path) -> Sourced<Mode> {
    match own {
        Some(value) => Sourced {
            value,
            source: Source::ClusterFile(path.to_owned()),
        },
        None => Sourced {
            value: settings.credentials.mode,
            source: settings.source("CREDENTIALS"),
        },
    }
}
