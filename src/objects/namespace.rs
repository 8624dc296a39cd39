//! The namespace: its owner, its timestamp, and who owns an existing one.

use serde_json::{json, Value};

use super::annotations::{annotation, label, CLAIMED, LABEL, LAST_HOOK_EXECUTION, OWNER, SUSPENDED};
use super::desired::Desired;
use super::kind::Kind;
use super::object::{Object, Upkeep};
use super::owner::Owner;
use crate::naming::Username;

/// The label by which Pod Security admission knows what a namespace's pods may do.
pub const POD_SECURITY: &str = "pod-security.kubernetes.io/enforce";

/// The copy of the whole object that client-side `kubectl apply` leaves behind.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Who owns an existing namespace.
#[derive(Debug, PartialEq, Eq)]
pub enum Ownership {
    /// This user's.
    Ours,
    /// Another user's.
    Other(String),
    /// OnDemand created it, with a hook that did not record for whom.
    Unclaimed,
    /// OnDemand did not create it.
    Foreign,
}

/// A new namespace, claimed for its owner, with all that its user's profile says of it, and with a level of Pod Security if
/// one is given.
pub fn namespace(desired: &Desired, unix_seconds: u64) -> Object {
    let mut labels = json!({ LABEL.0: LABEL.1 });
    if let Some(level) = desired.pod_security {
        labels[POD_SECURITY] = level.word().into();
    }
    let mut annotations = desired.owner.annotations(unix_seconds);
    if let Some(extras) = &desired.extras {
        extras.put_into(&mut labels, &mut annotations);
    }
    Object {
        kind: Kind::Namespace,
        name: desired.namespace.to_string(),
        body: json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": { "name": desired.namespace.as_str(), "labels": labels, "annotations": annotations },
        }),
        upkeep: Upkeep::default(),
    }
}

/// A JSON patch that renews the claim, and fails unless the namespace is already this owner's; with `asks_for_uid`, by the
/// uid as well.
pub fn claim_patch(owner: &Owner, asks_for_uid: bool, unix_seconds: u64) -> Value {
    let mut patch = owner.tests(asks_for_uid);
    patch.extend(renewed(unix_seconds));
    Value::Array(patch)
}

/// A JSON patch of a namespace that this owner has just made, with the time that was not known before.
pub fn first_claim_patch(owner: &Owner, unix_seconds: u64) -> Value {
    let mut patch = owner.tests(false);
    patch.extend(renewed(unix_seconds));
    patch.push(first_claimed(unix_seconds));
    Value::Array(patch)
}

fn first_claimed(unix_seconds: u64) -> Value {
    json!({ "op": "add", "path": annotation(CLAIMED), "value": unix_seconds.to_string() })
}

fn renewed(unix_seconds: u64) -> [Value; 2] {
    [
        json!({ "op": "add", "path": annotation(LAST_HOOK_EXECUTION), "value": unix_seconds.to_string() }),
        json!({ "op": "add", "path": label(LABEL.0), "value": LABEL.1 }),
    ]
}

/// A JSON patch that renews the claim and stamps a namespace of this owner's anew, and fails if it changed since `live` was
/// read.
pub fn stamp_patch(live: &Value, owner: &Owner, unix_seconds: Option<u64>) -> Value {
    let mut patch = vec![is_as_read(live)];
    patch.extend(unix_seconds.into_iter().flat_map(renewed));
    patch.extend(owner.stamp());
    Value::Array(patch)
}

/// A JSON patch that gives a namespace to another owner, and fails if it changed since `live` was read.
pub fn transfer_patch(live: &Value, owner: &Owner, unix_seconds: u64) -> Value {
    let mut patch = vec![
        is_as_read(live),
        json!({ "op": "add", "path": annotation(OWNER), "value": owner.user.as_str() }),
    ];
    if live["metadata"]["annotations"][OWNER] != owner.user.as_str() {
        patch.push(first_claimed(unix_seconds));
    }
    patch.extend(owner.stamp());
    Value::Array(patch)
}

/// A JSON patch after which no login of this owner is let in; it fails if the namespace is another's by now.
pub fn suspend_patch(owner: &str, unix_seconds: u64) -> Value {
    json!([
        { "op": "test", "path": annotation(OWNER), "value": owner },
        { "op": "add", "path": annotation(SUSPENDED), "value": unix_seconds.to_string() },
    ])
}

/// A JSON patch after which this owner's logins are let in again.
pub fn resume_patch(owner: &str) -> Value {
    json!([
        { "op": "test", "path": annotation(OWNER), "value": owner },
        { "op": "remove", "path": annotation(SUSPENDED) },
    ])
}

fn is_as_read(live: &Value) -> Value {
    json!({ "op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"] })
}

/// A JSON patch that claims an existing namespace, and fails if it changed since `live` was read.
pub fn takeover_patch(live: &Value, owner: &Owner, unix_seconds: u64) -> Value {
    let metadata = &live["metadata"];
    let mut patch = vec![is_as_read(live)];
    for map in ["annotations", "labels"] {
        if !metadata[map].is_object() {
            patch.push(json!({ "op": "add", "path": format!("/metadata/{map}"), "value": {} }));
        }
    }
    patch.push(json!({ "op": "add", "path": annotation(OWNER), "value": owner.user.as_str() }));
    patch.extend(owner.stamp());
    patch.extend(renewed(unix_seconds));
    patch.push(first_claimed(unix_seconds));
    if metadata["annotations"][LAST_APPLIED].is_string() {
        patch.push(json!({ "op": "remove", "path": annotation(LAST_APPLIED) }));
    }
    Value::Array(patch)
}

/// Who owns the namespace `live`, from the point of view of `user`.
pub fn ownership(live: &Value, user: &Username) -> Ownership {
    match live["metadata"]["annotations"][OWNER].as_str() {
        Some(owner) if owner == user.as_str() => Ownership::Ours,
        Some(owner) => Ownership::Other(owner.to_owned()),
        None if live["metadata"]["labels"][LABEL.0] == LABEL.1 => Ownership::Unclaimed,
        None => Ownership::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> Username {
        Username::parse(name).unwrap()
    }

    #[test]
    fn a_namespace_is_owned_by_the_raw_user_name_and_not_by_its_own_name() {
        let live = json!({"metadata": {"name": "user-a-b", "annotations": {OWNER: "a.b"}}});
        assert_eq!(ownership(&live, &user("a.b")), Ownership::Ours);
        assert_eq!(ownership(&live, &user("a-b")), Ownership::Other("a.b".into()));
    }

    #[test]
    fn without_an_owner_the_label_tells_ondemands_from_foreign_ones() {
        let ours = json!({"metadata": {"labels": {LABEL.0: LABEL.1}}});
        assert_eq!(ownership(&ours, &user("a")), Ownership::Unclaimed);
        let foreign = json!({"metadata": {"labels": {"team": "x"}}});
        assert_eq!(ownership(&foreign, &user("a")), Ownership::Foreign);
    }

    #[test]
    fn a_takeover_makes_missing_maps_and_removes_the_applied_copy() {
        let owner = Owner {
            user: user("a"),
            uid: Some(7),
            site: None,
            groups: None,
        };
        let bare = takeover_patch(&json!({"metadata": {"resourceVersion": "7"}}), &owner, 5).to_string();
        assert!(bare.contains(r#""path":"/metadata/annotations""#), "{bare}");
        let applied = json!({"metadata": {"resourceVersion": "7", "annotations": {LAST_APPLIED: "x"}, "labels": {}}});
        let patch = takeover_patch(&applied, &owner, 5).to_string();
        assert!(
            patch.contains("last-applied") && !patch.contains(r#""path":"/metadata/annotations""#),
            "{patch}"
        );
    }
}
