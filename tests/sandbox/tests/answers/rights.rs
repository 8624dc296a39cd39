//! RBAC: which permissions a grant requires, and that a binding's role cannot be changed.

use ood_k8s_sandbox::Sandbox;
use serde_json::{json, Value};

use crate::{as_admin, namespace, APPLY, MERGE, RBAC};

fn role(name: &str, rules: &Value) -> (String, Value) {
    (format!("{RBAC}/clusterroles/{name}"), json!({"rules": rules}))
}

/// A hook with the permissions that it should have: `bind` on one role, and no access to secrets.
fn with_hook(sandbox: &Sandbox) {
    for (path, object) in [
        role(
            "ood-user",
            &json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]),
        ),
        role(
            "other",
            &json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]),
        ),
        role(
            "hook",
            &json!([
                {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["patch"]},
                {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings"],
                 "verbs": ["create", "patch"]},
                {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"],
                 "verbs": ["bind"], "resourceNames": ["ood-user"]},
            ]),
        ),
    ] {
        sandbox.put(&path, object);
    }
    sandbox.put(
        &format!("{RBAC}/clusterrolebindings/hook"),
        json!({
            "roleRef": {"kind": "ClusterRole", "name": "hook"},
            "subjects": [{"kind": "User", "name": "hook"}],
        }),
    );
    sandbox.add_token("hook-token", "hook", &[]);
}

#[test]
fn nobody_grants_more_than_they_hold_without_the_right_to_bind() {
    let sandbox = Sandbox::start();
    with_hook(&sandbox);
    let bind = |role: &str| {
        let path = format!("{RBAC}/namespaces/default/rolebindings/b?fieldManager=hook");
        let body = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": "b"}, "subjects": [{"kind": "User", "name": "alice"}],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        });
        sandbox.ask("hook-token", "PATCH", &path, Some((APPLY, &body)))
    };
    let (code, status) = bind("other");
    assert_eq!(code, 403);
    assert_eq!(
        status["message"],
        "rolebindings.rbac.authorization.k8s.io \"b\" is forbidden: user \"hook\" \
         (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not \
         currently held:\n{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}"
    );
    assert_eq!(bind("ood-user").0, 201);
}

#[test]
fn an_apply_that_would_create_needs_that_right_too() {
    let sandbox = Sandbox::start();
    with_hook(&sandbox);
    let body = namespace("a", &json!({}));
    let path = "/api/v1/namespaces/a?fieldManager=hook";
    let (code, status) = sandbox.ask("hook-token", "PATCH", path, Some((APPLY, &body)));
    assert_eq!(code, 403);
    assert_eq!(
        status["message"],
        "namespaces \"a\" is forbidden: User \"hook\" cannot create resource \"namespaces\" in \
         API group \"\" in the namespace \"a\""
    );
}

#[test]
fn a_changed_role_of_a_binding_is_refused() {
    let sandbox = Sandbox::start();
    let path = format!("{RBAC}/namespaces/default/rolebindings/b");
    let roles = |name: &str| json!({"roleRef": {"kind": "ClusterRole", "name": name}});
    sandbox.put(&path, roles("view"));
    let (code, status) = as_admin(&sandbox, "PATCH", &path, Some((MERGE, &roles("edit"))));
    assert_eq!(
        (code, &status["details"]["causes"][0]["field"]),
        (422, &json!("roleRef"))
    );
}
