//! Removes what this program applied in a cluster, and what of it nobody else has applied since.

use http::StatusCode;
use serde_json::Value;

use super::api::{Api, FIELD_MANAGER};
use super::error::ClusterError;
use super::reply::refused;
use crate::objects::{Kind, Object};
use crate::outcome::Outcome;

/// Deletes an object that is ours alone: a role that was applied from `OnDemand`'s own file meanwhile is the stock scripts'.
pub async fn remove_ours(api: &Api, object: &Object) -> Result<Outcome, ClusterError> {
    let namespace = object.body["metadata"]["namespace"].as_str().unwrap_or_default();
    remove_if(api, object.kind, namespace, &object.name, |live| {
        is_ours_alone(object.kind, live)
    })
    .await
}

/// Deletes one of the shipped policies, or a binding of one; or one that this program applied and nobody else since.
pub async fn remove_policy(api: &Api, kind: Kind, name: &str) -> Result<Outcome, ClusterError> {
    let is_shipped = |live: &Value| {
        let of_policy = live["spec"]["matchConditions"]
            .to_string()
            .contains("system:serviceaccount:");
        of_policy || live["spec"]["policyName"] == name || is_ours_alone(kind, live)
    };
    remove_if(api, kind, "", name, is_shipped).await
}

/// Deletes an object that is there, if it is one that has to go.
pub(super) async fn remove_if(
    api: &Api,
    kind: Kind,
    namespace: &str,
    name: &str,
    is_to_go: impl Fn(&Value) -> bool,
) -> Result<Outcome, ClusterError> {
    let live = api.get(kind, namespace, name).await?;
    match live.status {
        StatusCode::NOT_FOUND => return Ok(Outcome::Unchanged),
        status if !status.is_success() => return Err(refused(&format!("read {} {name}", kind.name()), &live)),
        _ if !is_to_go(&live.body) => return Ok(Outcome::Unchanged),
        _ => {}
    }
    let reply = api.delete(kind, namespace, name, &live.body["metadata"]).await?;
    match reply.status {
        status if status.is_success() || status == StatusCode::NOT_FOUND => Ok(Outcome::Deleted),
        _ => Err(refused(&format!("delete {} {name}", kind.name()), &reply)),
    }
}

/// The controllers of the cluster write what others may not: they count for nobody.
fn is_ours_alone(kind: Kind, live: &Value) -> bool {
    let managers = live["metadata"]["managedFields"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let names = managers.iter().filter_map(|entry| entry["manager"].as_str());
    let others: Vec<_> = names.filter(|name| !name.starts_with("kube-")).collect();
    // A ServiceAccount has no field that could be ours: one with others' fields is theirs.
    let is_applied = kind == Kind::ServiceAccount || others.contains(&FIELD_MANAGER);
    is_applied && others.iter().all(|name| *name == FIELD_MANAGER)
}
