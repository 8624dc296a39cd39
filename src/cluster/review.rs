//! Queries to an API server: its version, the account in use, that account's permissions, and the ClusterRoles it has.

use std::time::SystemTime;

use serde_json::{json, Value};

use super::api::Api;
use super::error::ClusterError;
use super::reply::{refused, Reply};
use crate::objects::Kind;

const SELF_SUBJECT_REVIEWS: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const SELF_SUBJECT_ACCESS_REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// An action on a resource, in RBAC's terms. Empty means any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Right {
    /// `get`, `create`, `bind`, …
    pub verb: &'static str,
    /// The API group; empty is the core group.
    pub group: &'static str,
    /// The resource, in the plural.
    pub resource: &'static str,
    /// The subresource, such as `token` of `serviceaccounts`.
    pub subresource: &'static str,
    /// The namespace; empty means all of them, or none for a cluster-scoped resource.
    pub namespace: String,
    /// The object's name.
    pub name: String,
}

/// An API server's own description.
#[derive(Debug)]
pub struct ServerVersion {
    /// Such as `v1.36.3`.
    pub git_version: String,
    /// Its clock, from the `Date` header, to the second.
    pub time: Option<SystemTime>,
}

/// Returns the server's version and clock, which every authenticated account may read.
pub async fn server_version(api: &Api) -> Result<ServerVersion, ClusterError> {
    let reply = api.read("/version").await?;
    if !reply.status.is_success() {
        return Err(refused("get version", &reply));
    }
    Ok(ServerVersion {
        git_version: version(reply.body["gitVersion"].as_str()),
        time: reply.date,
    })
}

/// What tells one cluster from another: the uid of `kube-system`, which no two have in common.
pub async fn cluster_uid(api: &Api) -> Result<String, ClusterError> {
    let reply = api.read("/api/v1/namespaces/kube-system").await?;
    match reply.body["metadata"]["uid"].as_str() {
        Some(uid) if reply.status.is_success() => Ok(uid.to_owned()),
        _ => Err(refused("get namespaces/kube-system", &reply)),
    }
}

/// A version as Kubernetes writes them; tables and messages show it as it is.
fn version(said: Option<&str>) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".+-_~".contains(c);
    let plain = said.filter(|said| !said.is_empty() && said.len() <= 64 && said.chars().all(is_plain));
    plain.unwrap_or("unknown").to_owned()
}

/// Tries the credentials in use, with the one request that every account may send; returns the server's clock.
pub async fn try_credentials(api: &Api) -> Result<Option<SystemTime>, ClusterError> {
    let reply = self_subject_review(api).await?;
    match reply.status {
        // Before Kubernetes 1.28 nobody answers, but only an accepted token gets so far.
        status if status.is_success() || status == http::StatusCode::NOT_FOUND => Ok(reply.date),
        _ => Err(refused("determine the account in use", &reply)),
    }
}

async fn self_subject_review(api: &Api) -> Result<Reply, ClusterError> {
    let body = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview" });
    api.submit(SELF_SUBJECT_REVIEWS, &body).await
}

/// Returns the server's name for the account in use; `None` if the server is too old to report it (before
/// Kubernetes 1.28), but accepts the credentials.
pub async fn who_am_i(api: &Api) -> Result<Option<String>, ClusterError> {
    let reply = self_subject_review(api).await?;
    match reply.status {
        status if status.is_success() => Ok(text(&reply.body["status"]["userInfo"]["username"])),
        http::StatusCode::NOT_FOUND => Ok(None),
        _ => Err(refused("determine the account in use", &reply)),
    }
}

/// Returns whether the account in use may do this.
pub async fn may_i(api: &Api, right: &Right) -> Result<bool, ClusterError> {
    let body = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": {
            "verb": right.verb, "group": right.group, "resource": right.resource, "subresource": right.subresource,
            "namespace": right.namespace, "name": right.name,
        } },
    });
    let reply = api.submit(SELF_SUBJECT_ACCESS_REVIEWS, &body).await?;
    if !reply.status.is_success() {
        return Err(refused("check the permissions of the account in use", &reply));
    }
    Ok(reply.body["status"]["allowed"] == true)
}

/// Returns whether the server has this ClusterRole; `None` if the account in use may not read it.
pub async fn has_cluster_role(api: &Api, name: &str) -> Result<Option<bool>, ClusterError> {
    match api.get(Kind::ClusterRole, "", name).await {
        Ok(reply) if reply.status.is_success() => Ok(Some(true)),
        Ok(reply) if reply.status == http::StatusCode::NOT_FOUND => Ok(Some(false)),
        Ok(reply) => Err(refused(&format!("read ClusterRole {name}"), &reply)),
        Err(ClusterError::Forbidden { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
