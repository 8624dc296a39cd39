//! Brings one object to its desired state: reads it, compares it, and writes it only if it differs.

use std::time::SystemTime;

use http::StatusCode;
use serde_json::{json, Value};

use super::api::{Api, FIELD_MANAGER};
use super::coverage::is_applied_by_us;
use super::error::ClusterError;
use super::notable::notable;
use super::reply::{is_contended, refused, Reply};
use super::report::ObjectReport;
use super::synced_secret::{another_type, is_stuck};
use super::wall::Wall;
use crate::objects::{self, annotation, Kind, Object, HANDS_OFF, LAST_APPLIED};
use crate::outcome::Outcome;

/// What client-side `kubectl apply` calls itself in managedFields.
const CLIENT_SIDE_APPLY: &str = "kubectl-client-side-apply";
/// How many times an object may change between read and write before the update fails.
const ROUNDS: u32 = 4;

/// Brings `object` to its desired state. In a new namespace there is nothing to read.
pub(super) async fn ensure(api: &Api, namespace: &str, object: &Object, is_new: bool) -> Result<Outcome, ClusterError> {
    ensure_behind(&Wall::none(), api, namespace, object, is_new).await
}

/// The same for an object that gives rights: it is read at once, and written only behind a wall that stands.
pub(super) async fn ensure_behind(
    wall: &Wall,
    api: &Api,
    namespace: &str,
    object: &Object,
    is_new: bool,
) -> Result<Outcome, ClusterError> {
    if is_new {
        return create(wall, api, namespace, object).await;
    }
    let what = format!("take over {object:?} in {namespace}");
    for _ in 0..ROUNDS {
        let live = api.get(object.kind, namespace, &object.name).await?;
        if live.status == StatusCode::NOT_FOUND {
            return create(wall, api, namespace, object).await;
        }
        if !live.status.is_success() {
            return Err(refused(&format!("read {object:?}"), &live));
        }
        if object.kind == Kind::Secret && is_stuck(&live.body, object) {
            return Err(another_type(namespace, object, &live.body));
        }
        if object.upkeep.yields && is_left_alone(&live.body) {
            return Ok(Outcome::Unchanged);
        }
        let object = &*objects::keeping(object, &live.body);
        match migration(&live.body) {
            None if includes(&live.body, &object.body) => return Ok(Outcome::Unchanged),
            None => {
                let done = apply_behind(wall, api, namespace, object).await;
                if done.is_ok() && !api.is_dry_run() {
                    notable(object, &live.body, SystemTime::now())
                        .iter()
                        .for_each(|note| crate::log::warning(&format!("namespace {namespace}: {note}")));
                }
                return done;
            }
            Some(patch) => {
                let reply = api.json_patch(object.kind, namespace, &object.name, &patch).await?;
                if reply.status.is_success() {
                    return apply_behind(wall, api, namespace, object).await;
                }
                if !is_contended(&reply) {
                    return Err(refused(&what, &reply));
                }
            }
        }
    }
    Err(ClusterError::Contended { what, times: ROUNDS })
}

/// Brings an administrator's object to its desired state: cluster-scoped, or in the namespace of its metadata.
pub async fn establish(api: &Api, object: &Object) -> Result<ObjectReport, ClusterError> {
    let namespace = object.body["metadata"]["namespace"].as_str().unwrap_or_default();
    let outcome = ensure_beside_others(api, namespace, object).await?;
    Ok(ObjectReport::new(object.kind, &object.name, outcome))
}

/// Brings `object` to its desired state without taking it over: labels that an administrator set with
/// `kubectl apply` stay, which a takeover would remove.
async fn ensure_beside_others(api: &Api, namespace: &str, object: &Object) -> Result<Outcome, ClusterError> {
    let live = api.get(object.kind, namespace, &object.name).await?;
    match live.status {
        StatusCode::NOT_FOUND => apply(api, namespace, object).await,
        status if !status.is_success() => Err(refused(&format!("read {object:?}"), &live)),
        _ if includes(&live.body, &object.body) => Ok(Outcome::Unchanged),
        _ => apply(api, namespace, object).await,
    }
}

/// Whether an administrator looks after the object.
pub(super) fn is_left_alone(live: &Value) -> bool {
    live["metadata"]["annotations"][HANDS_OFF] == "true"
}

/// Where there is none yet.
async fn create(wall: &Wall, api: &Api, namespace: &str, object: &Object) -> Result<Outcome, ClusterError> {
    if object.upkeep.only_if_there {
        return Ok(Outcome::Unchanged);
    }
    apply_behind(wall, api, namespace, object).await
}

async fn apply_behind(wall: &Wall, api: &Api, namespace: &str, object: &Object) -> Result<Outcome, ClusterError> {
    if wall.is_known_to_stand().await {
        apply(api, namespace, object).await
    } else {
        Err(ClusterError::Withheld)
    }
}

async fn apply(api: &Api, namespace: &str, object: &Object) -> Result<Outcome, ClusterError> {
    let reply = api.apply(namespace, object).await?;
    outcome_of(api, namespace, object, &reply)
}

/// What came of an apply.
pub(super) fn outcome_of(api: &Api, namespace: &str, object: &Object, reply: &Reply) -> Result<Outcome, ClusterError> {
    match reply.status {
        StatusCode::CREATED => Ok(Outcome::Created),
        // The namespace of a first login does not exist in a dry run, so its objects cannot be tried in it.
        StatusCode::NOT_FOUND if api.is_dry_run() => Ok(Outcome::Created),
        status if status.is_success() => Ok(Outcome::Changed),
        StatusCode::UNPROCESSABLE_ENTITY if !namespace.is_empty() && is_immutable(reply) => {
            Err(ClusterError::Immutable {
                kind: object.kind.name(),
                name: object.name.clone(),
                namespace: namespace.to_owned(),
                message: reply.message(),
            })
        }
        _ => Err(refused(&write_of(object, namespace), reply)),
    }
}

/// Whether a field cannot be changed: the validation's words are `field is immutable`, and `cannot change roleRef`.
fn is_immutable(reply: &Reply) -> bool {
    let message = reply.body["message"].as_str().unwrap_or_default();
    message.contains("is immutable") || message.contains("cannot change")
}

/// The request in words, with the remedy if a field is immutable.
fn write_of(object: &Object, namespace: &str) -> String {
    let (kind, name) = (object.kind.name(), &object.name);
    let (place, flag) = if namespace.is_empty() {
        (String::new(), String::new())
    } else {
        (format!(" in {namespace}"), format!(" -n {namespace}"))
    };
    let lower = kind.to_lowercase();
    format!("write {kind} {name}{place} (if a field of it is immutable: kubectl delete {lower} {name}{flag})")
}

/// Whether `live` is what `wanted` says. Others may add metadata, and keys to a Secret's data; what grants
/// permissions or restricts the network must be equal: an extra subject or a wider selector is a difference.
pub(super) fn includes(live: &Value, wanted: &Value) -> bool {
    let keys = wanted.as_object().into_iter().flatten();
    keys.into_iter().all(|(key, wanted)| match key.as_str() {
        "metadata" | "data" => contains(&live[key], wanted),
        // A field that `wanted` does not set is left to others: for example egress rules, which policyTypes disables.
        "spec" => wanted
            .as_object()
            .into_iter()
            .flatten()
            .all(|(field, wanted)| live[key][field] == *wanted),
        _ => live[key] == *wanted,
    })
}

fn contains(live: &Value, wanted: &Value) -> bool {
    match wanted.as_object() {
        Some(wanted) => wanted.iter().all(|(key, wanted)| contains(&live[key], wanted)),
        None => live == wanted,
    }
}

/// The JSON patch that takes an object over from client-side `kubectl apply`, if one is needed.
///
/// Without it the old manager would own its fields forever, so that fields dropped by a later version would stay; and
/// the last-applied copy would keep an old registry password. This follows client-go's `csaupgrade`: the old entry
/// becomes our Apply entry, and the resourceVersion in the patch makes the server reject it if the object changed
/// meanwhile.
fn migration(live: &Value) -> Option<Value> {
    let metadata = &live["metadata"];
    let managers = metadata["managedFields"].as_array().map_or(&[][..], Vec::as_slice);
    let is_old = |entry: &&Value| entry["manager"] == CLIENT_SIDE_APPLY && entry["operation"] == "Update";
    let has_copy = metadata["annotations"][LAST_APPLIED].is_string();
    if !has_copy && !managers.iter().any(|entry| is_old(&entry)) {
        return None;
    }
    let mut kept: Vec<Value> = managers.iter().filter(|entry| !is_old(entry)).cloned().collect();
    if !is_applied_by_us(live) {
        kept.extend(managers.iter().find(is_old).map(taken_over));
    }
    let mut patch = vec![
        json!({ "op": "replace", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"] }),
        json!({ "op": "replace", "path": "/metadata/managedFields", "value": kept }),
    ];
    if has_copy {
        patch.push(json!({ "op": "remove", "path": annotation(LAST_APPLIED) }));
    }
    Some(Value::Array(patch))
}

fn taken_over(old: &Value) -> Value {
    let mut entry = old.clone();
    entry["manager"] = FIELD_MANAGER.into();
    entry["operation"] = "Apply".into();
    let annotations = entry.pointer_mut("/fieldsV1/f:metadata/f:annotations");
    if let Some(annotations) = annotations.and_then(Value::as_object_mut) {
        annotations.remove(&format!("f:{LAST_APPLIED}"));
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(pod_selector: &Value, from: &Value) -> Value {
        json!({"kind": "NetworkPolicy", "metadata": {"name": "n"}, "spec": {"podSelector": pod_selector, "ingress": [{"from": from}]}})
    }

    #[test]
    fn what_others_add_to_the_metadata_is_no_difference() {
        let wanted = policy(&json!({}), &json!([{"ipBlock": {"cidr": "10.0.0.0/8"}}]));
        let mut live = wanted.clone();
        live["metadata"] = json!({"name": "n", "uid": "x", "labels": {"team": "y"}});
        assert!(includes(&live, &wanted));
    }

    #[test]
    fn egress_rules_of_others_are_theirs() {
        let wanted = policy(&json!({}), &json!([{"podSelector": {}}]));
        let mut live = wanted.clone();
        live["spec"]["egress"] = json!([{}]);
        assert!(
            includes(&live, &wanted),
            "the apply could not remove them, and every login would write"
        );
    }

    #[test]
    fn a_policy_that_was_widened_by_an_entry_or_a_selector_is_a_difference() {
        let wanted = policy(&json!({}), &json!([{"podSelector": {}}]));
        for live in [
            policy(
                &json!({}),
                &json!([{"podSelector": {}}, {"ipBlock": {"cidr": "0.0.0.0/0"}}]),
            ),
            policy(&json!({"matchLabels": {"x": "y"}}), &json!([{"podSelector": {}}])),
            policy(
                &json!({}),
                &json!([{"podSelector": {}, "namespaceSelector": {"matchLabels": {"x": "y"}}}]),
            ),
            policy(&json!({}), &json!([{"podSelector": {}, "namespaceSelector": {}}])),
        ] {
            assert!(!includes(&live, &wanted), "{live}");
        }
    }

    #[test]
    fn an_object_of_kubectl_apply_is_taken_over_and_loses_its_copy() {
        let live = json!({"metadata": {
            "resourceVersion": "5",
            "annotations": {LAST_APPLIED: "canary"},
            "managedFields": [
                {"manager": CLIENT_SIDE_APPLY, "operation": "Update", "fieldsV1": {"f:data": {}}},
                {"manager": "other", "operation": "Update"},
            ],
        }});
        let patch = migration(&live).unwrap().to_string();
        assert!(
            patch.contains(r#""manager":"ood-k8s""#) && patch.contains(r#""op":"remove""#),
            "{patch}"
        );
        assert!(
            !patch.contains(CLIENT_SIDE_APPLY) && !patch.contains("canary"),
            "{patch}"
        );
        assert!(patch.contains(r#""manager":"other""#));
    }

    #[test]
    fn an_object_of_ours_needs_no_takeover() {
        let live = json!({"metadata": {"managedFields": [{"manager": FIELD_MANAGER, "operation": "Apply"}]}});
        assert_eq!(migration(&live), None);
    }
}
