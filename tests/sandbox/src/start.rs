//! The objects of a new cluster.

use serde_json::{json, Value};

use crate::api::State;
use crate::defaults;
use crate::lifecycle::make_service_account;
use crate::resources::{known, Resource};
use crate::store::{Key, Store};

const RBAC: &str = "rbac.authorization.k8s.io";

/// Namespaces, and the roles that every cluster has.
pub(crate) fn state() -> State {
    let mut state = State::default();
    let store = &mut state.store;
    for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
        let object = json!({ "metadata": { "name": name } });
        insert(store, known("", "namespaces"), "", object);
        make_service_account(store, name);
    }
    for (name, rules) in cluster_roles() {
        let object = json!({ "metadata": { "name": name }, "rules": rules });
        insert(store, known(RBAC, "clusterroles"), "", object);
    }
    for (role, group) in [
        ("cluster-admin", "system:masters"),
        ("system:basic-user", "system:authenticated"),
        ("system:discovery", "system:authenticated"),
        ("system:public-info-viewer", "system:authenticated"),
        ("system:public-info-viewer", "system:unauthenticated"),
    ] {
        bind(store, role, group);
    }
    state
}

fn bind(store: &mut Store, role: &str, group: &str) {
    let name = if group == "system:unauthenticated" {
        format!("{role}:public")
    } else {
        role.into()
    };
    let object = json!({
        "metadata": { "name": name },
        "roleRef": { "kind": "ClusterRole", "name": role },
        "subjects": [{ "kind": "Group", "name": group }],
    });
    insert(store, known(RBAC, "clusterrolebindings"), "", object);
}

/// Stores an object as if it had always existed: with defaults and without managers.
pub(crate) fn insert(store: &mut Store, resource: &Resource, namespace: &str, mut object: Value) {
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let key = Key::new(resource, namespace, &name);
    let given = object.clone();
    defaults::set(resource, &mut object);
    defaults::prepare(resource, namespace, &mut object);
    let kept = store.get(&key).map(|old| old["metadata"]["uid"].clone());
    if let Some(uid) = kept {
        object["metadata"]["uid"] = uid;
    }
    json_patch::merge(&mut object, &given);
    store.put(key, object);
}

fn cluster_roles() -> Vec<(&'static str, Value)> {
    let everything = json!({ "apiGroups": ["*"], "resources": ["*"], "verbs": ["*"] });
    let anywhere = json!({ "nonResourceURLs": ["*"], "verbs": ["*"] });
    let content = [
        "configmaps",
        "events",
        "pods",
        "pods/log",
        "serviceaccounts",
        "services",
    ];
    let look = json!(["get", "list", "watch"]);
    let change = json!(["create", "delete", "deletecollection", "patch", "update"]);
    let view = json!({ "apiGroups": [""], "resources": content, "verbs": look });
    let view_policies = json!({ "apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": look });
    let edit = json!({ "apiGroups": [""], "resources": content, "verbs": change });
    let see_secrets = json!({ "apiGroups": [""], "resources": ["secrets"], "verbs": look });
    let own_reviews = json!({
        "apiGroups": ["authorization.k8s.io", "authentication.k8s.io"],
        "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"],
        "verbs": ["create"],
    });
    let public = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
    let discovery = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"];
    vec![
        ("cluster-admin", json!([everything, anywhere])),
        ("view", json!([view, view_policies])),
        ("edit", json!([view, view_policies, edit, see_secrets])),
        ("system:basic-user", json!([own_reviews])),
        (
            "system:public-info-viewer",
            json!([{ "nonResourceURLs": public, "verbs": ["get"] }]),
        ),
        (
            "system:discovery",
            json!([{ "nonResourceURLs": discovery, "verbs": ["get"] }]),
        ),
    ]
}
