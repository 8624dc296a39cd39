//! Brings an object of a site's manifest to what it should be, unless somebody else made it or looks after it.

use http::StatusCode;
use serde_json::Value;

use super::api::Api;
use super::comparison::Comparison;
use super::coverage::{differences, is_applied_by_us};
use super::ensure::{is_left_alone, outcome_of};
use super::error::ClusterError;
use super::reply::{refused, Reply};
use super::report::ObjectReport;
use super::wall::Wall;
use crate::objects::Object;
use crate::outcome::Outcome;

/// Reads it and writes it if it differs; in a new namespace there is nothing to read. It may give rights, so that it is
/// written only behind a wall that stands.
pub(super) async fn ensure_manifest(
    wall: &Wall,
    api: &Api,
    namespace: &str,
    object: &Object,
    is_new: bool,
) -> Result<Outcome, ClusterError> {
    let mut is_there = false;
    if !is_new {
        let live = api.get(object.kind, namespace, &object.name).await?;
        let changes = changes(namespace, object, &live)?;
        if changes.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Outcome::Unchanged);
        }
        is_there = changes.is_some();
    }
    if !wall.is_known_to_stand().await {
        return Err(ClusterError::Withheld);
    }
    if !is_there {
        return create(api, namespace, object).await;
    }
    let reply = api.apply(namespace, object).await?;
    written(api, namespace, object, &reply)
}

/// Writes what was not there, or was not looked at: whoever made it meanwhile keeps it.
pub(super) async fn create(api: &Api, namespace: &str, object: &Object) -> Result<Outcome, ClusterError> {
    let reply = api.apply_beside_others(namespace, object).await?;
    if reply.status == StatusCode::CONFLICT && reply.has_cause("FieldManagerConflict") {
        return Err(foreign(namespace, object, &Value::Null));
    }
    written(api, namespace, object, &reply)
}

fn written(api: &Api, namespace: &str, object: &Object, reply: &Reply) -> Result<Outcome, ClusterError> {
    match reply.status {
        StatusCode::NOT_FOUND if is_unknown_kind(reply) => Err(no_such_kind(object)),
        _ => outcome_of(api, namespace, object, reply),
    }
}

/// Asks whether the server would take an object, by dry run.
pub async fn try_manifest(api: &Api, namespace: &str, object: &Object) -> Result<(), ClusterError> {
    let reply = api.clone().dry_run(true).apply(namespace, object).await?;
    match reply.status {
        StatusCode::NOT_FOUND if is_unknown_kind(&reply) => Err(no_such_kind(object)),
        // Here it is an error that there is no namespace.
        StatusCode::NOT_FOUND => Err(refused(&format!("try {object:?} in {namespace}"), &reply)),
        _ => outcome_of(api, namespace, object, &reply).map(drop),
    }
}

/// What a login would do to an object.
pub async fn compare_manifest(api: &Api, namespace: &str, object: &Object) -> Result<Comparison, ClusterError> {
    let reply = api.get(object.kind, namespace, &object.name).await?;
    let changes = changes(namespace, object, &reply)?;
    let outcome = match &changes {
        None => Outcome::Created,
        Some(changes) if changes.is_empty() => Outcome::Unchanged,
        Some(_) => Outcome::Changed,
    };
    Ok(Comparison {
        report: ObjectReport::new(object.kind, &object.name, outcome),
        live: changes.as_ref().map_or(Value::Null, |_| reply.body),
        differences: changes.unwrap_or_default(),
    })
}

/// What a login would change in an object that was read, as paths; `None` if it is not there.
fn changes(namespace: &str, object: &Object, live: &Reply) -> Result<Option<Vec<String>>, ClusterError> {
    match live.status {
        StatusCode::NOT_FOUND => Ok(None),
        status if !status.is_success() => Err(refused(&format!("read {object:?}"), live)),
        _ if is_left_alone(&live.body) => Ok(Some(Vec::new())),
        _ if !is_applied_by_us(&live.body) => Err(foreign(namespace, object, &live.body)),
        _ => Ok(Some(differences(&live.body, &object.body))),
    }
}

/// As opposed to a namespace that is not there. Older servers say nothing at all of a resource that they do not have.
fn is_unknown_kind(reply: &Reply) -> bool {
    reply.body["details"]["kind"] != "namespaces"
}

fn no_such_kind(object: &Object) -> ClusterError {
    ClusterError::NoSuchKind {
        kind: object.kind.name(),
        name: object.name.clone(),
    }
}

/// An object that no login made.
pub(super) fn foreign(namespace: &str, object: &Object, live: &Value) -> ClusterError {
    let managers = live["metadata"]["managedFields"].as_array();
    let first = managers.and_then(|managers| managers.first()?["manager"].as_str());
    ClusterError::MadeByOthers {
        kind: object.kind.name(),
        name: object.name.clone(),
        namespace: namespace.to_owned(),
        by: first.unwrap_or("somebody else").into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::objects::{Kind, Upkeep};

    #[test]
    fn a_kind_that_the_cluster_does_not_have_is_told_from_a_namespace_that_is_not_there() {
        let not_found = |body: Value| Reply {
            status: StatusCode::NOT_FOUND,
            body,
            date: None,
            retry_after: None,
        };
        for (body, is_unknown) in [
            (
                json!({ "kind": "Status", "details": { "name": "user-ann", "kind": "namespaces" } }),
                false,
            ),
            (
                json!({ "kind": "Status", "details": { "group": "kueue.x-k8s.io", "kind": "localqueues" } }),
                true,
            ),
            (json!({ "kind": "Status", "details": {} }), true),
            // What the API server writes for a path that it does not know is no JSON.
            (Value::Null, true),
        ] {
            assert_eq!(is_unknown_kind(&not_found(body.clone())), is_unknown, "{body}");
        }
        let queue = Object {
            kind: Kind::noted("LocalQueue.localqueues.v1beta1.kueue.x-k8s.io").unwrap(),
            name: "jobs".into(),
            body: Value::Null,
            upkeep: Upkeep::default(),
        };
        let said = no_such_kind(&queue).to_string();
        assert!(
            said.contains("LocalQueue jobs") && said.contains("openondemand.org/resource"),
            "{said}"
        );
    }
}
