//! Hands a namespace over to another user: whatever gave the old user rights goes first, then the owner changes.

use std::time::SystemTime;

use serde_json::Value;

use super::api::Api;
use super::error::ClusterError;
use super::reply::{is_contended, refused};
use super::report::ObjectReport;
use crate::foreign::Foreign;
use crate::naming::Username;
use crate::objects::{self, Desired, Kind, Ownership};
use crate::outcome::Outcome;
use crate::time::unix_seconds;

/// A Secret of this type is a token of the account `default`, which never expires.
const TOKEN_SECRET: &str = "kubernetes.io/service-account-token";

/// Removes the RoleBindings that give `ood-user` or `ood-initializer`, and the tokens that never expire; then makes the new
/// user the owner. If it dies in between, it can be run again. The login's own objects are for `bootstrap` to make.
pub async fn transfer(api: &Api, desired: &Desired, old: &Username) -> Result<Vec<ObjectReport>, ClusterError> {
    let namespace = desired.namespace.as_str();
    let live = read_owned(api, desired, old).await?;
    let mut reports = Vec::new();
    for binding in items(api, Kind::RoleBinding, namespace).await? {
        if objects::gives_rights_to_users(&binding) && !is_wanted(&binding, desired) {
            reports.push(remove(api, Kind::RoleBinding, namespace, &binding).await?);
        }
    }
    for secret in items(api, Kind::Secret, namespace).await? {
        if secret["type"] == TOKEN_SECRET {
            reports.push(remove(api, Kind::Secret, namespace, &secret).await?);
        }
    }
    let patch = objects::transfer_patch(&live, &desired.owner, unix_seconds(SystemTime::now()));
    let what = format!("hand over namespace {namespace}");
    let reply = api.json_patch(Kind::Namespace, "", namespace, &patch).await?;
    match reply.status {
        status if status.is_success() => reports.push(ObjectReport::new(Kind::Namespace, namespace, Outcome::Changed)),
        _ if is_contended(&reply) => return Err(ClusterError::Contended { what, times: 1 }),
        _ => return Err(refused(&what, &reply)),
    }
    Ok(reports)
}

/// The namespace, if it is the old user's, or the new one's since a hand-over that left rights behind.
async fn read_owned(api: &Api, desired: &Desired, old: &Username) -> Result<Value, ClusterError> {
    let namespace = desired.namespace.to_string();
    let not_ours = |reason: String| ClusterError::NotOurs {
        namespace: namespace.clone(),
        reason,
    };
    let reply = api.get(Kind::Namespace, "", &namespace).await?;
    if !reply.status.is_success() {
        return Err(not_ours(format!(
            "it does not exist; run without --take-over-from: ood-k8s bootstrap-user {}",
            desired.user
        )));
    }
    match objects::ownership(&reply.body, old) {
        Ownership::Ours => Ok(reply.body),
        Ownership::Other(owner) if owner == desired.user.as_str() => Ok(reply.body),
        Ownership::Other(owner) => Err(not_ours(format!(
            "it belongs to user {}, not to {old}; correct --take-over-from",
            Foreign::from(owner)
        ))),
        Ownership::Unclaimed | Ownership::Foreign => Err(not_ours(format!(
            "nobody owns it; run: ood-k8s bootstrap-user --adopt {}",
            desired.user
        ))),
    }
}

pub(super) async fn items(api: &Api, kind: Kind, namespace: &str) -> Result<Vec<Value>, ClusterError> {
    let mut reply = api.list(kind, namespace).await?;
    if !reply.status.is_success() {
        return Err(refused(&format!("list the {}s in {namespace}", kind.name()), &reply));
    }
    match reply.body["items"].take() {
        Value::Array(items) => Ok(items),
        _ => Ok(Vec::new()),
    }
}

/// Whether it is exactly what a login of the new user makes.
fn is_wanted(binding: &Value, desired: &Desired) -> bool {
    let is_this = |object: &&objects::Object| {
        object.kind == Kind::RoleBinding && binding["metadata"]["name"] == object.name.as_str()
    };
    let wanted = desired.objects.iter().find(is_this);
    wanted.is_some_and(|wanted| {
        binding["subjects"] == wanted.body["subjects"] && binding["roleRef"] == wanted.body["roleRef"]
    })
}

pub(super) async fn remove(api: &Api, kind: Kind, namespace: &str, live: &Value) -> Result<ObjectReport, ClusterError> {
    let name = live["metadata"]["name"].as_str().unwrap_or_default();
    let reply = api.delete(kind, namespace, name, &live["metadata"]).await?;
    match reply.status {
        status if status.is_success() || status == http::StatusCode::NOT_FOUND => {
            Ok(ObjectReport::new(kind, name, Outcome::Deleted))
        }
        _ => Err(refused(
            &format!("delete {} {name} in {namespace}", kind.name()),
            &reply,
        )),
    }
}
