//! The namespace: its owner, its timestamp, and who owns an existing one.

use serde_json::{json, Value};

use super::kind::Kind;
use super::object::{Object, Upkeep};
use crate::config::settings::PodSecurity;
use crate::naming::{Namespace, Username};

/// The label by which the reapers and `ood_core` recognize what OnDemand created.
pub const LABEL: (&str, &str) = ("app.kubernetes.io/name", "open-ondemand");

/// The annotation that claims a namespace for one user name, as the passwd database writes it.
///
/// A label could not hold it (`@` is not allowed there), and the namespace's name is ambiguous: `a.b`, `a-b` and `a@b`
/// all map to the same one.
pub const OWNER: &str = "openondemand.org/owner";

/// When the hook last ran, in Unix seconds: k8-namespace-reaper parses it with `ParseInt`
/// and deletes namespaces whose users have not logged in for a long time.
const LAST_HOOK_EXECUTION: &str = "openondemand.org/last-hook-execution";

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

/// A new namespace, claimed for `user`, which enforces a level of Pod Security if one is given.
pub fn namespace(
    namespace: &Namespace,
    user: &Username,
    pod_security: Option<PodSecurity>,
    unix_seconds: u64,
) -> Object {
    let mut labels = json!({ LABEL.0: LABEL.1 });
    if let Some(level) = pod_security {
        labels[POD_SECURITY] = level.word().into();
    }
    Object {
        kind: Kind::Namespace,
        name: namespace.to_string(),
        body: json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": namespace.as_str(),
                "labels": labels,
                "annotations": {
                    OWNER: user.as_str(),
                    LAST_HOOK_EXECUTION: unix_seconds.to_string(),
                },
            },
        }),
        upkeep: Upkeep::default(),
    }
}

/// A JSON patch that renews the claim, and fails unless the namespace is already this user's.
pub fn claim_patch(user: &Username, unix_seconds: u64) -> Value {
    json!([
        { "op": "test", "path": annotation(OWNER), "value": user.as_str() },
        { "op": "add", "path": annotation(LAST_HOOK_EXECUTION), "value": unix_seconds.to_string() },
        { "op": "add", "path": format!("/metadata/labels/{}", escape(LABEL.0)), "value": LABEL.1 },
    ])
}

/// A JSON patch that claims an existing namespace, and fails if it changed since `live` was read.
pub fn takeover_patch(live: &Value, user: &Username, unix_seconds: u64) -> Value {
    let metadata = &live["metadata"];
    let mut patch = vec![json!({
        "op": "test", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"],
    })];
    for map in ["annotations", "labels"] {
        if !metadata[map].is_object() {
            patch.push(json!({ "op": "add", "path": format!("/metadata/{map}"), "value": {} }));
        }
    }
    patch.push(json!({ "op": "add", "path": annotation(OWNER), "value": user.as_str() }));
    patch.push(json!({ "op": "add", "path": annotation(LAST_HOOK_EXECUTION), "value": unix_seconds.to_string() }));
    patch.push(json!({ "op": "add", "path": format!("/metadata/labels/{}", escape(LABEL.0)), "value": LABEL.1 }));
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

/// The JSON pointer of an annotation.
pub fn annotation(key: &str) -> String {
    format!("/metadata/annotations/{}", escape(key))
}

/// RFC 6901: escapes `~` and `/` in one step of a JSON pointer.
fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
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
        let bare = takeover_patch(&json!({"metadata": {"resourceVersion": "7"}}), &user("a"), 5).to_string();
        assert!(bare.contains(r#""path":"/metadata/annotations""#), "{bare}");
        let applied = json!({"metadata": {"resourceVersion": "7", "annotations": {LAST_APPLIED: "x"}, "labels": {}}});
        let patch = takeover_patch(&applied, &user("a"), 5).to_string();
        assert!(
            patch.contains("last-applied") && !patch.contains(r#""path":"/metadata/annotations""#),
            "{patch}"
        );
    }
}
