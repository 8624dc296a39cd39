//! The default ServiceAccount: our pull secret added to its list, everybody else's kept.

use http::StatusCode;
use serde_json::{json, Value};

use super::api::{is_contended, refused, Api};
use super::ClusterError;
use crate::naming::Namespace;
use crate::objects::{self, Kind, SERVICE_ACCOUNT};
use crate::outcome::Outcome;

/// How often the list may change between reading and writing before we give up.
const ROUNDS: u32 = 8;

/// Lists the pull secret in the default ServiceAccount; `None` when there is none to list.
///
/// The list is atomic: whoever writes it writes all of it. And right after the namespace the account
/// may not exist yet (its controller makes it a moment later), so we make it ourselves; the
/// controller takes one that exists as it is.
pub(super) async fn ensure_listed(
    api: &Api,
    namespace: &Namespace,
    pull_secret: Option<&str>,
    is_new: bool,
) -> Result<Option<Outcome>, ClusterError> {
    let Some(name) = pull_secret else {
        return Ok(None);
    };
    if is_new {
        if let Some(outcome) = create_or_fill(api, namespace, name).await? {
            return Ok(Some(outcome));
        }
    }
    for _ in 0..ROUNDS {
        let live = api
            .get(Kind::ServiceAccount, namespace.as_str(), SERVICE_ACCOUNT)
            .await?;
        if live.status == StatusCode::NOT_FOUND {
            if let Some(outcome) = create_or_fill(api, namespace, name).await? {
                return Ok(Some(outcome));
            }
            continue;
        }
        if objects::lists_pull_secret(&live.body, name) {
            return Ok(Some(Outcome::Unchanged));
        }
        if patch(api, namespace, &add_to_list(&live.body, name)).await? {
            return Ok(Some(Outcome::Changed));
        }
    }
    Err(ClusterError::Contended {
        what: format!("add {name} to the ServiceAccount {SERVICE_ACCOUNT} of {namespace}"),
        times: ROUNDS,
    })
}

/// Makes the account, or fills its list if the controller was faster; `None` when the list is not empty.
async fn create_or_fill(api: &Api, namespace: &Namespace, name: &str) -> Result<Option<Outcome>, ClusterError> {
    let created = api
        .create(namespace.as_str(), &objects::service_account(namespace, name))
        .await?;
    match created.status {
        status if status.is_success() => return Ok(Some(Outcome::Created)),
        StatusCode::NOT_FOUND if api.is_dry_run() => return Ok(Some(Outcome::Created)),
        StatusCode::CONFLICT => {}
        _ => {
            return Err(refused(
                &format!("create the ServiceAccount {SERVICE_ACCOUNT} of {namespace}"),
                &created,
            ))
        }
    }
    let fill = json!([
        { "op": "test", "path": "/imagePullSecrets", "value": null },
        { "op": "add", "path": "/imagePullSecrets", "value": [{ "name": name }] },
    ]);
    Ok(patch(api, namespace, &fill).await?.then_some(Outcome::Changed))
}

/// Whether the patch was taken; not when the account changed meanwhile.
async fn patch(api: &Api, namespace: &Namespace, patch: &Value) -> Result<bool, ClusterError> {
    let reply = api
        .json_patch(Kind::ServiceAccount, namespace.as_str(), SERVICE_ACCOUNT, patch)
        .await?;
    match reply.status {
        status if status.is_success() => Ok(true),
        _ if is_contended(&reply) => Ok(false),
        _ => Err(refused(
            &format!("patch the ServiceAccount {SERVICE_ACCOUNT} of {namespace}"),
            &reply,
        )),
    }
}

fn add_to_list(live: &Value, name: &str) -> Value {
    let test =
        json!({ "op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"] });
    let entry = json!({ "name": name });
    if live["imagePullSecrets"].is_array() {
        json!([test, { "op": "add", "path": "/imagePullSecrets/-", "value": entry }])
    } else {
        json!([test, { "op": "add", "path": "/imagePullSecrets", "value": [entry] }])
    }
}
