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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::profiles::{parse_manifests, Rules};

    fn admitted(texts: &[(&str, &str)]) -> Value {
        let rules = Rules {
            bind: vec!["view".into()],
            email_claim: None,
        };
        let read = |(name, text): &(&str, &str)| ((*name).to_owned(), parse_manifests(text, &rules).unwrap());
        let manifests: Manifests = texts.iter().map(read).collect();
        let mut spec = json!({
            "matchConstraints": { "resourceRules": [] },
            "validations": [{ "expression": format!("{OF_BINDINGS}…") }, { "expression": "true" }],
        });
        admit(&mut spec, &manifests);
        spec
    }

    #[test]
    fn without_manifests_it_is_what_is_shipped() {
        let spec = admitted(&[]);
        assert_eq!(spec["matchConstraints"]["resourceRules"], json!([]));
        assert_eq!(spec["validations"][0]["expression"], format!("{OF_BINDINGS}…"));
    }

    #[test]
    fn each_kind_is_judged_when_it_is_written_and_deleted_and_another_groups_network_policy_too() {
        let calico = "apiVersion: crd.projectcalico.org/v1\nkind: NetworkPolicy\nmetadata:\n  name: n\n  annotations: {openondemand.org/resource: networkpolicies}\n";
        let own =
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n}\nspec: {podSelector: {}}\n";
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";
        let spec = admitted(&[("calico", calico), ("map", map), ("own", own)]);
        let rules = spec["matchConstraints"]["resourceRules"].as_array().unwrap();
        let judged: Vec<_> = rules
            .iter()
            .map(|rule| (&rule["apiGroups"][0], &rule["resources"][0]))
            .collect();
        assert_eq!(
            judged,
            [
                (&json!(""), &json!("configmaps")),
                (&json!("crd.projectcalico.org"), &json!("networkpolicies"))
            ]
        );
        assert!(rules
            .iter()
            .all(|rule| rule["operations"] == json!(["CREATE", "UPDATE", "DELETE"])));
    }

    #[test]
    fn a_role_is_given_by_the_manifests_binding_alone_and_never_to_everybody() {
        let binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: helpdesk}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\n";
        let spec = admitted(&[("helpdesk", binding)]);
        let expression = spec["validations"][0]["expression"].as_str().unwrap();
        assert!(expression.contains(r#"in [["helpdesk","view"]]"#), "{expression}");
        assert!(expression.contains("system:unauthenticated") && expression.ends_with(&format!("|| {OF_BINDINGS}…")));
        assert_eq!(spec["validations"][1]["expression"], "true");
    }
}
