//! The user's namespace at one time, and its differences from an earlier one.

use ood_k8s_sandbox::Sandbox;
use serde_json::Value;

use super::node::NAMESPACE_PREFIX;

/// The annotation with the time of the last run of the hook.
pub const LAST_HOOK_EXECUTION: &str = "openondemand.org/last-hook-execution";

/// The collections of a user's namespace.
const COLLECTIONS: &[&str] = &[
    "/api/v1/namespaces/NAMESPACE/serviceaccounts",
    "/api/v1/namespaces/NAMESPACE/secrets",
    "/api/v1/namespaces/NAMESPACE/configmaps",
    "/apis/networking.k8s.io/v1/namespaces/NAMESPACE/networkpolicies",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/NAMESPACE/roles",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/NAMESPACE/rolebindings",
];

/// The namespace and the objects in it, without the server's own metadata.
#[derive(Debug, Default)]
pub struct Snapshot(Vec<Value>);

impl Snapshot {
    /// Reads the namespace that the program created; the program's rule for its name is not repeated here.
    pub fn take(sandbox: &Sandbox) -> Self {
        let mut objects = sandbox.objects("/api/v1/namespaces");
        objects.retain(|namespace| name(namespace).starts_with(NAMESPACE_PREFIX));
        for namespace in objects.clone() {
            for collection in COLLECTIONS {
                objects.extend(sandbox.objects(&collection.replace("NAMESPACE", name(&namespace))));
            }
        }
        objects.iter_mut().for_each(forget_bookkeeping);
        Self(objects)
    }

    /// The number of objects.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The namespace itself.
    pub fn namespace(&self) -> Option<&Value> {
        self.0.first()
    }

    /// Its name; empty if there is none.
    pub fn namespace_name(&self) -> &str {
        self.namespace().map_or("", name)
    }

    /// Kind and name of each object.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|object| (kind(object), name(object)))
    }

    /// The differences in `later`, as `KIND/NAME: field`.
    pub fn changes(&self, later: &Self) -> Vec<String> {
        let mut changes = Vec::new();
        for object in &later.0 {
            let same = |other: &&Value| kind(other) == kind(object) && name(other) == name(object);
            let place = format!("{}/{}: ", kind(object), name(object));
            let before = self.0.iter().find(same).unwrap_or(&Value::Null);
            compare(before, object, &place, &mut changes);
        }
        changes
    }
}

fn kind(object: &Value) -> &str {
    object["kind"].as_str().unwrap_or_default()
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

fn forget_bookkeeping(object: &mut Value) {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("managedFields");
        metadata.remove("resourceVersion");
    }
}

fn compare(before: &Value, after: &Value, place: &str, changes: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for key in old.keys().filter(|key| !new.contains_key(*key)) {
                changes.push(format!("{place}/{key}"));
            }
            for (key, value) in new {
                let old = old.get(key).unwrap_or(&Value::Null);
                compare(old, value, &format!("{place}/{key}"), changes);
            }
        }
        _ if before != after => changes.push(place.to_owned()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn snapshot(spec: &Value) -> Snapshot {
        Snapshot(vec![
            json!({ "kind": "Secret", "metadata": { "name": "a" }, "spec": spec }),
        ])
    }

    #[test]
    fn every_difference_is_named_also_what_came_and_what_went() {
        let before = snapshot(&json!({ "kept": 1, "changed": 1, "gone": 1 }));
        let after = snapshot(&json!({ "kept": 1, "changed": 2, "new": 1 }));
        let changes = before.changes(&after);
        assert_eq!(
            changes,
            ["gone", "changed", "new"].map(|field| format!("Secret/a: /spec/{field}"))
        );
        assert_eq!(Snapshot::default().changes(&before), ["Secret/a: "]);
    }
}
