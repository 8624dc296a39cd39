//! The Kubernetes API: the connection, the claim on a namespace, and the objects in it.

mod administrator;
mod api;
mod claim;
mod connection;
mod contexts;
mod ensure;
mod error;
mod given_token;
mod identity;
mod namespaces;
mod pull_secrets;
mod review;
mod root_kubeconfig;
mod service_token;
mod synced_secret;
mod transport;

use std::time::SystemTime;

use serde::Serialize;

pub use administrator::AdminKubeconfig;
pub use api::Api;
pub use claim::Adoption;
pub use connection::connect;
pub use contexts::NewNames;
pub use error::ClusterError;
pub use given_token::{describe, GivenToken, GivenTokenError};
pub use identity::Identity;
pub use namespaces::{find_namespace, FoundNamespace, NamespacePages};
pub use pull_secrets::{credential_end, mint};
pub use review::{has_cluster_role, may_i, server_version, who_am_i, Right, ServerVersion};
pub use root_kubeconfig::{RootEntry, RootKubeconfig, RootLogin, Target};
pub use service_token::{read_token_secret, request_token, try_token, ServiceToken};
pub use synced_secret::{sync_secret, OtherType};

use crate::objects::{Desired, Kind, Object};
use crate::outcome::Outcome;
use crate::time::unix_seconds;
use claim::{Claimed, Claimer};

/// One line of the result.
#[derive(Debug, Clone, Serialize)]
pub struct ObjectReport {
    /// The kind, as manifests write it.
    pub kind: &'static str,
    /// The name.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
}

impl ObjectReport {
    /// Says what became of an object.
    pub fn new(kind: Kind, name: &str, outcome: Outcome) -> Self {
        Self {
            kind: kind.name(),
            name: name.to_owned(),
            outcome,
        }
    }

    /// How people are told which object it is: `secret/registry`.
    pub fn label(&self) -> String {
        format!("{}/{}", self.kind.to_lowercase(), self.name)
    }
}

/// Makes a user's namespace and everything in it as it should be.
///
/// First the claim alone: nothing else is sent before it is certain that the namespace is this
/// user's. Then the rest side by side.
pub async fn bootstrap(api: &Api, desired: &Desired, adoption: Adoption) -> Result<Vec<ObjectReport>, ClusterError> {
    loop {
        let claimed = Claimer::new(api, desired, adoption, unix_seconds(SystemTime::now()))
            .claim()
            .await?;
        match furnish(api, desired, claimed).await {
            // Reaped between claim and use: the next round waits until it is gone and makes it anew.
            Err(ClusterError::Terminating { .. }) if !api.deadline().remaining().is_zero() => {}
            other => return other,
        }
    }
}

/// Makes an object of an administrator's as it should be: one of the whole cluster, or in the namespace that it names.
pub async fn establish(api: &Api, object: &Object) -> Result<ObjectReport, ClusterError> {
    let namespace = object.body["metadata"]["namespace"].as_str().unwrap_or_default();
    let outcome = ensure::ensure_beside_others(api, namespace, object).await?;
    Ok(ObjectReport::new(object.kind, &object.name, outcome))
}

async fn furnish(api: &Api, desired: &Desired, claimed: Claimed) -> Result<Vec<ObjectReport>, ClusterError> {
    let is_new = claimed == Claimed::Created;
    let namespace = desired.namespace.as_str();
    let objects = desired
        .objects
        .iter()
        .map(|object| ensure::ensure(api, namespace, object, is_new));
    let (objects, pull_secrets) = futures_util::future::join(
        futures_util::future::join_all(objects),
        pull_secrets::mint_at_login(api, namespace, &desired.pull_secrets, is_new),
    )
    .await;
    let mut reports = vec![ObjectReport::new(Kind::Namespace, namespace, claimed.outcome())];
    for (object, outcome) in desired.objects.iter().zip(objects) {
        reports.push(ObjectReport::new(object.kind, &object.name, outcome?));
    }
    reports.extend(pull_secrets?);
    Ok(reports)
}
