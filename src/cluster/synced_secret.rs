//! Gives a Secret exactly the wanted keys: reads it, compares it, and writes it only if it differs.

use http::StatusCode;
use serde_json::{json, Value};

use super::api::Api;
use super::error::ClusterError;
use super::reply::{is_contended, refused};
use crate::foreign::Foreign;
use crate::objects::{annotation, Kind, Object, LAST_APPLIED};
use crate::outcome::Outcome;

/// How many times the Secret may change between read and write before the update fails.
const ROUNDS: u32 = 8;

/// What to do with a Secret of another type: the type of a Secret cannot be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherType {
    /// Leave it, and report an error.
    Refuse,
    /// Delete it and create it again.
    Replace,
}

impl OtherType {
    /// The choice that `--replace` makes.
    pub fn of(replace: bool) -> Self {
        if replace {
            Self::Replace
        } else {
            Self::Refuse
        }
    }
}

/// Gives the Secret the keys of `wanted` and no others. Its labels and annotations stay.
pub async fn sync_secret(
    api: &Api,
    namespace: &str,
    wanted: &Object,
    other: OtherType,
) -> Result<Outcome, ClusterError> {
    for _ in 0..ROUNDS {
        let live = api.get(Kind::Secret, namespace, &wanted.name).await?;
        let round = match live.status {
            StatusCode::NOT_FOUND => create(api, namespace, wanted).await?,
            _ if is_stuck(&live.body, wanted) => match other {
                OtherType::Refuse => return Err(another_type(namespace, wanted, &live.body)),
                OtherType::Replace if is_held(&live.body) => return Err(held(namespace, wanted)),
                OtherType::Replace => replace(api, namespace, wanted, &live.body).await?,
            },
            _ if is_equal(&live.body, wanted) => Some(Outcome::Unchanged),
            _ => change(api, namespace, wanted, &live.body).await?,
        };
        if let Some(outcome) = round {
            return Ok(outcome);
        }
    }
    Err(ClusterError::Contended {
        what: format!("write the Secret {} in {namespace}", wanted.name),
        times: ROUNDS,
    })
}

/// Whether the Secret differs from `wanted` and cannot be updated: its type cannot be changed, and if it is marked
/// immutable, nothing can.
pub(super) fn is_stuck(live: &Value, wanted: &Object) -> bool {
    live["type"] != wanted.body["type"] || (live["immutable"] == true && !is_equal(live, wanted))
}

/// Whether it would still be there after it is deleted.
fn is_held(live: &Value) -> bool {
    let finalizers = live["metadata"]["finalizers"].as_array();
    finalizers.is_some_and(|finalizers| !finalizers.is_empty())
}

fn held(namespace: &str, wanted: &Object) -> ClusterError {
    ClusterError::Held {
        namespace: namespace.to_owned(),
        name: wanted.name.clone(),
    }
}

/// Whether the Secret has this type, and these keys and no others.
pub(super) fn is_as_declared(live: &Value, wanted: &Object) -> bool {
    live["type"] == wanted.body["type"] && is_equal(live, wanted)
}

fn is_equal(live: &Value, wanted: &Object) -> bool {
    let empty = |data: &Value| data.as_object().is_none_or(serde_json::Map::is_empty);
    let (live_data, wanted_data) = (&live["data"], &wanted.body["data"]);
    let has_copy = live["metadata"]["annotations"][LAST_APPLIED].is_string();
    !has_copy && (live_data == wanted_data || (empty(live_data) && empty(wanted_data)))
}

/// Returns `None` if another client was faster, here and below.
///
/// Uses apply, since the shipped role permits only Secrets of given names, and a plain create has no name when it is
/// authorized.
async fn create(api: &Api, namespace: &str, wanted: &Object) -> Result<Option<Outcome>, ClusterError> {
    let reply = api.apply(namespace, wanted).await?;
    match reply.status {
        StatusCode::CREATED => Ok(Some(Outcome::Created)),
        status if status.is_success() => Ok(None),
        _ => Err(refused(
            &format!("create the Secret {} in {namespace}", wanted.name),
            &reply,
        )),
    }
}

/// Replaces all of `data`, so that keys that are no longer wanted are removed, and removes `kubectl apply`'s copy.
pub(super) async fn change(
    api: &Api,
    namespace: &str,
    wanted: &Object,
    live: &Value,
) -> Result<Option<Outcome>, ClusterError> {
    let mut patch = vec![
        json!({ "op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"] }),
        json!({ "op": "add", "path": "/data", "value": wanted.body["data"] }),
    ];
    if live["metadata"]["annotations"][LAST_APPLIED].is_string() {
        patch.push(json!({ "op": "remove", "path": annotation(LAST_APPLIED) }));
    }
    let reply = api
        .json_patch(Kind::Secret, namespace, &wanted.name, &Value::Array(patch))
        .await?;
    match reply.status {
        status if status.is_success() => Ok(Some(Outcome::Changed)),
        _ if is_contended(&reply) => Ok(None),
        _ => Err(refused(
            &format!("change the Secret {} in {namespace}", wanted.name),
            &reply,
        )),
    }
}

/// Deletes this very Secret and creates it again at once. The kubelet retries a pull that falls between the two.
async fn replace(api: &Api, namespace: &str, wanted: &Object, live: &Value) -> Result<Option<Outcome>, ClusterError> {
    let reply = api
        .delete(Kind::Secret, namespace, &wanted.name, &live["metadata"])
        .await?;
    match reply.status {
        status if status.is_success() => {}
        _ if is_contended(&reply) => return Ok(None),
        _ => {
            return Err(refused(
                &format!("delete the Secret {} in {namespace}", wanted.name),
                &reply,
            ))
        }
    }
    if api.is_dry_run() {
        return Ok(Some(Outcome::Changed));
    }
    Ok(create(api, namespace, wanted).await?.map(|_| Outcome::Changed))
}

/// The error that says why the Secret cannot be updated.
pub(super) fn another_type(namespace: &str, wanted: &Object, live: &Value) -> ClusterError {
    ClusterError::AnotherType {
        secret: format!("{namespace}/{}", wanted.name),
        reason: if live["type"] == wanted.body["type"] {
            "is marked immutable".into()
        } else {
            let text = |value: &Value| Foreign::from(value.as_str().unwrap_or("unknown"));
            let (is, wanted) = (text(&live["type"]), text(&wanted.body["type"]));
            format!("has the type {is} instead of {wanted}")
        },
    }
}
