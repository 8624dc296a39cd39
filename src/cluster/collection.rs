//! The objects of a cluster that say who can do what, of all namespaces, a page at a time.

use serde_json::Value;

use super::api::Api;
use super::error::ClusterError;
use super::pages::Pages;
use super::pods::NOT_ENDED;
use crate::deadline::Deadline;

/// Small objects per page: some hundred kilobytes.
const MANY: u32 = 250;
/// Pods are larger: with their managedFields ten kilobytes and more.
const FEW: u32 = 50;

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collection {
    /// ClusterRoles.
    ClusterRoles,
    /// ClusterRoleBindings.
    ClusterRoleBindings,
    /// RoleBindings of all namespaces.
    RoleBindings,
    /// `NetworkPolicies` of all namespaces.
    NetworkPolicies,
    /// Pods of all namespaces that have not ended.
    Pods,
    /// Nodes, with their addresses.
    Nodes,
    /// Secrets with a ServiceAccount's token, of all namespaces: their metadata, never the token.
    TokenSecrets,
}

impl Collection {
    /// Its name in RBAC's terms.
    pub fn resource(self) -> &'static str {
        match self {
            Self::ClusterRoles => "clusterroles",
            Self::ClusterRoleBindings => "clusterrolebindings",
            Self::RoleBindings => "rolebindings",
            Self::NetworkPolicies => "networkpolicies",
            Self::Pods => "pods",
            Self::Nodes => "nodes",
            Self::TokenSecrets => "secrets",
        }
    }

    fn path(self) -> String {
        match self {
            Self::ClusterRoles | Self::ClusterRoleBindings | Self::RoleBindings => {
                format!("/apis/rbac.authorization.k8s.io/v1/{}", self.resource())
            }
            Self::NetworkPolicies => "/apis/networking.k8s.io/v1/networkpolicies".into(),
            Self::Pods => NOT_ENDED.into(),
            Self::Nodes => "/api/v1/nodes".into(),
            Self::TokenSecrets => "/api/v1/secrets?fieldSelector=type%3Dkubernetes.io%2Fservice-account-token".into(),
        }
    }
}

/// A listing in progress.
#[derive(Debug)]
pub struct ObjectPages<'a>(Pages<'a>);

impl<'a> ObjectPages<'a> {
    /// Starts a listing.
    pub fn new(api: &'a Api, collection: Collection) -> Self {
        let (path, what) = (collection.path(), collection.resource());
        Self(match collection {
            Collection::TokenSecrets => Pages::new(api, path, what),
            Collection::Pods | Collection::Nodes => Pages::whole(api, path, what, FEW),
            _ => Pages::whole(api, path, what, MANY),
        })
    }

    /// Returns the next page, if there is one. Users can make their objects large: a page that is too much to be read is
    /// asked for again with fewer objects. Each try has the deadline that `step` returns.
    pub async fn next(&mut self, step: impl Fn() -> Deadline) -> Result<Option<Vec<Value>>, ClusterError> {
        loop {
            match self.0.next(step()).await {
                Err(ClusterError::TooLarge { .. } | ClusterError::Flood { .. }) if self.0.shrink() => {}
                other => return other,
            }
        }
    }
}
