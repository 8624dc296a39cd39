//! A user's access to a namespace is taken away, given back, or ends with the namespace.

use std::time::SystemTime;

use http::StatusCode;
use serde_json::Value;

use super::api::Api;
use super::error::ClusterError;
use super::reply::{is_contended, refused};
use super::report::ObjectReport;
use super::sweep::Sweep;
use super::whose::{is_terminating, stuck};
use crate::foreign::Foreign;
use crate::objects::{self, Kind, OWNER, SUSPENDED};
use crate::outcome::Outcome;
use crate::time::unix_seconds;

/// How many times in a row the namespace may change between a read and its deletion.
const ROUNDS: u32 = 8;

/// Whose access it is, and in which namespace.
#[derive(Debug, Clone, Copy)]
pub struct Leaver<'a> {
    /// The namespace.
    pub namespace: &'a str,
    /// The users who leave: the namespace's owner must be one of them.
    pub owners: &'a [String],
    /// The prefixes of users' names in clusters.
    pub username_prefixes: &'a [String],
}

/// Takes the owner's access away: no login is let in first, since one would bring the rights back; then go the rights, and
/// the account of the pods with its tokens. If it dies in between, it can be run again.
pub async fn suspend(api: &Api, leaver: Leaver<'_>) -> Result<Vec<ObjectReport>, ClusterError> {
    let namespace = leaver.namespace;
    let Some((live, owner)) = read(api, leaver).await? else {
        return Ok(gone(namespace));
    };
    let is_new = live["metadata"]["annotations"][SUSPENDED].is_null();
    let mut reports = Vec::new();
    let marked = if is_new {
        let patch = objects::suspend_patch(&owner, unix_seconds(SystemTime::now()));
        patched(api, namespace, &patch).await?
    } else {
        Outcome::Unchanged
    };
    reports.push(ObjectReport::new(Kind::Namespace, namespace, marked));
    let prefixes = leaver.username_prefixes.iter();
    let mut names: Vec<String> = prefixes.map(|prefix| format!("{prefix}{owner}")).collect();
    names.push(owner);
    let sweep = Sweep {
        namespace,
        names: &names,
        takes_account: is_new,
    };
    sweep.run(api, |_| None, &mut reports).await?;
    if is_new && !api.is_dry_run() {
        // A login that was let in just before the mark may have brought something back meanwhile.
        let again = Sweep {
            takes_account: false,
            ..sweep
        };
        again.run(api, |_| None, &mut reports).await?;
    }
    Ok(reports)
}

/// Lets the owner's logins in again. The rights come back with the next one.
pub async fn resume(api: &Api, leaver: Leaver<'_>) -> Result<Vec<ObjectReport>, ClusterError> {
    let namespace = leaver.namespace;
    let Some((live, owner)) = read(api, leaver).await? else {
        return Ok(gone(namespace));
    };
    let outcome = if live["metadata"]["annotations"][SUSPENDED].is_null() {
        Outcome::Unchanged
    } else {
        patched(api, namespace, &objects::resume_patch(&owner)).await?
    };
    Ok(vec![ObjectReport::new(Kind::Namespace, namespace, outcome)])
}

/// Deletes the namespace with all that is in it, if the owner is one of those who leave.
pub async fn remove_namespace(api: &Api, leaver: Leaver<'_>) -> Result<Vec<ObjectReport>, ClusterError> {
    let namespace = leaver.namespace;
    for _ in 0..ROUNDS {
        let Some((live, _)) = read(api, leaver).await? else {
            return Ok(gone(namespace));
        };
        if is_terminating(&live) {
            return stuck(namespace, &live, unix_seconds(SystemTime::now())).map_or_else(|| Ok(gone(namespace)), Err);
        }
        let reply = api.delete(Kind::Namespace, "", namespace, &live["metadata"]).await?;
        match reply.status {
            status if status.is_success() => {
                return Ok(vec![ObjectReport::new(Kind::Namespace, namespace, Outcome::Deleted)])
            }
            StatusCode::NOT_FOUND => return Ok(gone(namespace)),
            // It has changed since it was read, or is another one: the next round looks whose it is.
            StatusCode::CONFLICT => {}
            _ => return Err(refused(&format!("delete namespace {namespace}"), &reply)),
        }
    }
    Err(ClusterError::Contended {
        what: format!("delete namespace {namespace}"),
        times: ROUNDS,
    })
}

/// The namespace and its owner; `None` if it is not there.
async fn read(api: &Api, leaver: Leaver<'_>) -> Result<Option<(Value, String)>, ClusterError> {
    let namespace = leaver.namespace;
    let reply = api.get(Kind::Namespace, "", namespace).await?;
    match reply.status {
        StatusCode::NOT_FOUND => return Ok(None),
        status if !status.is_success() => return Err(refused(&format!("read namespace {namespace}"), &reply)),
        _ => {}
    }
    let owner = reply.body["metadata"]["annotations"][OWNER]
        .as_str()
        .unwrap_or_default();
    if leaver.owners.iter().any(|name| name == owner) {
        let owner = owner.to_owned();
        return Ok(Some((reply.body, owner)));
    }
    Err(ClusterError::NotOurs {
        namespace: namespace.to_owned(),
        reason: format!(
            "it belongs to user {} by now; look at it: ood-k8s users",
            Foreign::from(owner)
        ),
    })
}

async fn patched(api: &Api, namespace: &str, patch: &Value) -> Result<Outcome, ClusterError> {
    let reply = api.json_patch(Kind::Namespace, "", namespace, patch).await?;
    let what = format!("change namespace {namespace}");
    match reply.status {
        status if status.is_success() => Ok(Outcome::Changed),
        _ if is_contended(&reply) => Err(ClusterError::Contended { what, times: 1 }),
        _ => Err(refused(&what, &reply)),
    }
}

fn gone(namespace: &str) -> Vec<ObjectReport> {
    vec![ObjectReport::new(Kind::Namespace, namespace, Outcome::Unchanged)]
}
