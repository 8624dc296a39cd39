//! What the policy for root's account has to know of a site's manifests; without any, it stays as it is shipped.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{json, Value};

use crate::config::profiles::Manifests;

/// The kinds that the shipped policy looks at anyway.
const KNOWN: [(&str, &str); 4] = [
    ("", "resourcequotas"),
    ("", "limitranges"),
    ("rbac.authorization.k8s.io", "rolebindings"),
    ("networking.k8s.io", "networkpolicies"),
];
/// Groups and users that are everybody.
const EVERYBODY: [&str; 4] = [
    "system:anonymous",
    "system:authenticated",
    "system:serviceaccounts",
    "system:unauthenticated",
];
/// The beginning of the rule for RoleBindings.
const OF_BINDINGS: &str = "variables.resource != 'rolebindings' || object.?subjects";

/// Lets the account write RoleBindings to the manifests' roles, and their other kinds in users' namespaces alone.
pub(super) fn admit(spec: &mut Value, manifests: &Manifests) {
    let mut plurals: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    let mut roles = BTreeSet::new();
    for manifest in manifests.values().flatten() {
        let kind = manifest.kind;
        if !KNOWN.contains(&kind.resource()) {
            plurals
                .entry((&kind.group, &kind.version))
                .or_default()
                .insert(&kind.plural);
        }
        roles.extend(manifest.role.as_deref().map(|role| [manifest.name.as_str(), role]));
    }
    let matched = spec
        .pointer_mut("/matchConstraints/resourceRules")
        .and_then(Value::as_array_mut);
    if let Some(matched) = matched {
        matched.extend(plurals.into_iter().map(|((group, version), plurals)| {
            json!({
                "apiGroups": [group], "apiVersions": [version], "resources": plurals, "operations": ["CREATE", "UPDATE", "DELETE"],
            })
        }));
    }
    if roles.is_empty() {
        return;
    }
    let of_manifest = format!(
        "variables.resource == 'rolebindings' && object.roleRef.kind == 'ClusterRole' && [object.metadata.name, object.roleRef.name] in {} && object.?subjects.orValue([]).all(subject, !(subject.name in {}))",
        json!(roles),
        json!(EVERYBODY)
    );
    let validations = spec.get_mut("validations").and_then(Value::as_array_mut);
    for validation in validations.into_iter().flatten() {
        let expression = validation["expression"].as_str().unwrap_or_default();
        if expression.starts_with(OF_BINDINGS) {
            validation["expression"] = format!("{of_manifest} || {expression}").into();
        }
    }
}
