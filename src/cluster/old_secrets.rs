//! Pull secrets under an older name: found, taken out of the lists, and deleted if this program made them.

use http::StatusCode;
use serde_json::{json, Value};

use super::api::{Api, FIELD_MANAGER};
use super::error::ClusterError;
use super::reply::{is_contended, refused};
use super::report::ObjectReport;
use crate::naming::is_label;
use crate::objects::{self, Kind, SERVICE_ACCOUNT};
use crate::outcome::Outcome;

/// Deletes the Secret in a namespace if this program made it, and takes it out of the list of the default ServiceAccount.
pub async fn delete_old_secret(api: &Api, namespace: &str, name: &str) -> Result<Vec<ObjectReport>, ClusterError> {
    let mut reports = Vec::new();
    let live = api.get(Kind::Secret, namespace, name).await?;
    if live.status.is_success() {
        if !is_ours(&live.body) {
            return Ok(vec![ObjectReport::new(Kind::Secret, name, Outcome::Unchanged)]);
        }
        let reply = api
            .delete(Kind::Secret, namespace, name, &live.body["metadata"])
            .await?;
        match reply.status {
            status if status.is_success() || status == StatusCode::NOT_FOUND => {}
            _ => return Err(refused(&format!("delete Secret {name} in {namespace}"), &reply)),
        }
        reports.push(ObjectReport::new(Kind::Secret, name, Outcome::Deleted));
    } else if live.status != StatusCode::NOT_FOUND {
        return Err(refused(&format!("read Secret {name} in {namespace}"), &live));
    }
    if take_out(api, namespace, name).await? {
        reports.push(ObjectReport::new(
            Kind::ServiceAccount,
            SERVICE_ACCOUNT,
            Outcome::Changed,
        ));
    }
    if reports.is_empty() {
        reports.push(ObjectReport::new(Kind::Secret, name, Outcome::Unchanged));
    }
    Ok(reports)
}

/// Takes the name out of the list, if it is there.
async fn take_out(api: &Api, namespace: &str, name: &str) -> Result<bool, ClusterError> {
    let live = api.get(Kind::ServiceAccount, namespace, SERVICE_ACCOUNT).await?.body;
    let listed = live["imagePullSecrets"].as_array().map_or(&[][..], Vec::as_slice);
    let Some(index) = listed.iter().position(|entry| entry["name"] == name) else {
        return Ok(false);
    };
    let patch = json!([
        { "op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"] },
        { "op": "remove", "path": format!("/imagePullSecrets/{index}") },
    ]);
    let what = format!("patch the ServiceAccount {SERVICE_ACCOUNT} in {namespace}");
    let reply = api
        .json_patch(Kind::ServiceAccount, namespace, SERVICE_ACCOUNT, &patch)
        .await?;
    match reply.status {
        status if status.is_success() => Ok(true),
        _ if is_contended(&reply) => Err(ClusterError::Contended { what, times: 1 }),
        _ => Err(refused(&what, &reply)),
    }
}

/// The listed pull secrets that are not wanted and that this program made or listed, as far as the account may see.
pub async fn old_secrets(api: &Api, namespace: &str, wanted: &[&str]) -> Result<Vec<String>, ClusterError> {
    let live = api.get(Kind::ServiceAccount, namespace, SERVICE_ACCOUNT).await?.body;
    let mut old = objects::listed_before(&live, wanted);
    let listed = live["imagePullSecrets"].as_array().map_or(&[][..], Vec::as_slice);
    for name in listed.iter().filter_map(|entry| entry["name"].as_str()) {
        let is_plain = name.split('.').all(is_label);
        if !is_plain || wanted.contains(&name) || old.iter().any(|known| known == name) {
            continue;
        }
        match api.get(Kind::Secret, namespace, name).await {
            Ok(reply) if reply.status.is_success() && is_ours(&reply.body) => old.push(name.to_owned()),
            Ok(_) | Err(ClusterError::Forbidden { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(old)
}

/// Whether this program wrote a pull secret: its fields are ours, and its type is that of one.
fn is_ours(secret: &Value) -> bool {
    let managers = secret["metadata"]["managedFields"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let is_by_us = managers
        .iter()
        .any(|entry| entry["manager"] == FIELD_MANAGER && entry["operation"] == "Apply");
    is_by_us && secret["type"] == "kubernetes.io/dockerconfigjson"
}
