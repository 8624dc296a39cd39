//! The shipped rights are enough for a login, and everything beyond that is refused.

use ood_k8s::objects::cluster_roles::cluster_roles;
use serde_json::{json, Value};

use super::RBAC;
use crate::support::Site;

#[test]
fn a_login_with_everything_in_it_works_with_exactly_the_shipped_rights() {
    let site = Site::new();
    let account = site.cluster.account();
    let role = site.cluster.object(&format!("{RBAC}/clusterroles/{}", account.name));
    let shipped = cluster_roles(&account, &["registry".into()], None).unwrap();
    assert_eq!(role.unwrap()["rules"], shipped[2].body["rules"]);

    site.pre_hook().ok();
    for path in site.all_paths() {
        assert!(site.cluster.object(&path).is_some(), "{path} is not there");
    }
    site.pre_hook().ok();
    let refused: Vec<_> = site
        .cluster
        .requests()
        .into_iter()
        .filter(|r| r.status == 403)
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn with_the_rights_of_the_stock_role_logins_work_as_well() {
    let site = Site::new();
    let kubeconfig = site.kubeconfig(&site.cluster.url(), &site.cluster.stock_token());
    site.write("root.kubeconfig", &kubeconfig);
    site.pre_hook().ok();
    for path in site.all_paths() {
        assert!(site.cluster.object(&path).is_some(), "{path} is not there");
    }
    site.pre_hook().ok();
    // As the stock hook leaves it: no owner, and a binding that says whose it is. It may not be listed.
    let owner = json!({ "metadata": { "annotations": { "openondemand.org/owner": null } } });
    site.cluster.merge(&site.namespace_path(), &owner);
    site.pre_hook().ok();
    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    assert_eq!(
        namespace["metadata"]["annotations"]["openondemand.org/owner"],
        site.user
    );
}

/// A binding in the user's namespace.
fn binding(role: &str) -> Value {
    json!({
        "metadata": { "name": format!("test-{role}") },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
        "subjects": [{ "kind": "User", "name": "somebody", "apiGroup": "rbac.authorization.k8s.io" }],
    })
}

fn pod() -> Value {
    json!({ "metadata": { "name": "p" }, "spec": { "containers": [{ "name": "c", "image": "i" }] } })
}

/// A secret that the server would fill with a token of the account that it names.
fn token_secret() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
        "metadata": { "name": "stolen", "annotations": { "kubernetes.io/service-account.name": "default" } },
    })
}

#[test]
fn the_account_is_refused_whatever_a_login_does_not_need() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    let token = site.cluster.token_of(&site.cluster.account().name);
    let namespace = site.namespace_path();
    let secrets = site.core("secrets");
    site.cluster
        .create(&secrets, &json!({ "metadata": { "name": "theirs" } }));
    let bindings = format!("{RBAC}/namespaces/{}/rolebindings", site.namespace());
    let token_request = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {} });
    let theirs = format!("{secrets}/theirs");
    let role = json!({ "metadata": { "name": "r" }, "rules": [{ "apiGroups": [""], "resources": ["pods"], "verbs": ["get"] }] });
    let widened = json!({ "rules": [{ "apiGroups": ["*"], "resources": ["*"], "verbs": ["*"] }] });
    let own_role = format!("{RBAC}/clusterroles/{}", site.cluster.account().name);
    let empty = json!({ "metadata": { "name": "x" } });
    let other = format!("other-{}", site.cluster.mark);
    site.cluster.create(
        &format!("{RBAC}/clusterroles"),
        &json!({ "metadata": { "name": other }, "rules": [{ "apiGroups": [""], "resources": ["pods"], "verbs": ["list"] }] }),
    );
    let stolen = format!("{secrets}/stolen?fieldManager=test");
    let refused = [
        ("GET", theirs.as_str(), Value::Null),
        ("GET", &secrets, Value::Null),
        ("GET", "/api/v1/secrets", Value::Null),
        ("PATCH", &theirs, json!({ "data": {} })),
        ("POST", &secrets, token_secret()),
        ("APPLY", &stolen, token_secret()),
        ("POST", &site.core("pods"), pod()),
        ("GET", &site.core("pods"), Value::Null),
        ("POST", &site.core("configmaps"), empty.clone()),
        ("POST", &bindings, binding("cluster-admin")),
        ("POST", &bindings, binding(&other)),
        ("POST", &format!("{RBAC}/clusterrolebindings"), binding("ood-user")),
        ("POST", &format!("{RBAC}/clusterroles"), role.clone()),
        ("POST", &format!("{RBAC}/namespaces/{}/roles", site.namespace()), role),
        ("PATCH", &own_role, widened),
        (
            "POST",
            "/api/v1/namespaces/ondemand/serviceaccounts/default/token",
            token_request.clone(),
        ),
        (
            "POST",
            &site.core("serviceaccounts/default/token"),
            token_request.clone(),
        ),
        (
            "GET",
            "/api/v1/namespaces/ondemand/serviceaccounts/ondemand",
            Value::Null,
        ),
        ("DELETE", &namespace, Value::Null),
        ("DELETE", &site.binding("ood-user"), Value::Null),
        ("PUT", &namespace, site.cluster.object(&namespace).unwrap()),
    ];
    for (method, path, body) in &refused {
        let (status, answer) = ask(&site, &token, method, path, body);
        assert_eq!(status, 403, "{method} {path}: {answer}");
    }
    let own_token = format!(
        "/api/v1/namespaces/ondemand/serviceaccounts/{}/token",
        site.cluster.account().name
    );
    for (path, body) in [(bindings, binding("ood-user")), (own_token, token_request)] {
        let (status, answer) = ask(&site, &token, "POST", &path, &body);
        assert_eq!(status, 201, "{path}: {answer}");
    }
}

fn ask(site: &Site, token: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let (method, content_type) = match method {
        "APPLY" => ("PATCH", "application/apply-patch+yaml"),
        "PATCH" => ("PATCH", "application/merge-patch+json"),
        other => (other, "application/json"),
    };
    let body = (!body.is_null()).then_some((content_type, body));
    site.cluster.ask_as(token, method, path, body)
}
