//! The optional admission policy: logins pass it, and what RBAC must leave open is closed. Only the real API server has it.

use serde_json::{json, Value};

use super::support::{wait_until, Site};

const POLICY: &str = include_str!("../../hooks/k8s-bootstrap/ondemand-admission.yaml");
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const APPLY: &str = "application/apply-patch+yaml";
const MERGE: &str = "application/merge-patch+json";

/// Puts the policy in force for this test's account, and for no other test's.
fn install(site: &Site, token: &str) {
    let account = site.cluster.account();
    for mut body in ood_k8s::yaml::documents::<Value>(POLICY).unwrap() {
        // The names in the file begin with the account's.
        let own = |name: &Value| json!(name.as_str().unwrap().replacen("ondemand", &account.name, 1));
        body["metadata"]["name"] = own(&body["metadata"]["name"]);
        let collection = if body["kind"] == "ValidatingAdmissionPolicyBinding" {
            body["spec"]["policyName"] = own(&body["spec"]["policyName"]);
            "validatingadmissionpolicybindings"
        } else {
            let only = format!("request.userInfo.username == '{}'", account.username());
            body["spec"]["matchConditions"][0]["expression"] = json!(only);
            "validatingadmissionpolicies"
        };
        site.cluster
            .create(&format!("/apis/admissionregistration.k8s.io/v1/{collection}"), &body);
    }
    let (method, path, kind, body) = &abuses(site)[0];
    wait_until("the policy is in force", || {
        site.cluster.ask_as(token, method, path, Some((kind, body))).0 != 201
    });
}

fn role_binding(kind: &str, name: &str, namespace: &str) -> Value {
    let mut subject = json!({ "kind": kind, "name": name });
    if kind == "ServiceAccount" {
        subject["namespace"] = json!(namespace);
    }
    json!({
        "metadata": { "name": "mine" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "ood-user" },
        "subjects": [subject],
    })
}

/// What RBAC lets the account do, each a step towards more than a login needs; all as dry runs.
fn abuses(site: &Site) -> Vec<(&'static str, String, &'static str, Value)> {
    let account = site.cluster.account();
    let bindings = |namespace: &str| format!("{RBAC}/namespaces/{namespace}/rolebindings?dryRun=All");
    let secret = |namespace: &str| {
        format!("/api/v1/namespaces/{namespace}/secrets/registry?fieldManager=test&force=true&dryRun=All")
    };
    let token_secret = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
        "metadata": { "name": "registry", "annotations": { "kubernetes.io/service-account.name": "default" } },
    });
    let label = json!({ "metadata": { "labels": { "app.kubernetes.io/name": "open-ondemand" } } });
    let owner = json!({ "metadata": { "annotations": { "openondemand.org/owner": "somebody" } } });
    let own = site.namespace();
    let json = "application/json";
    let itself = role_binding("ServiceAccount", &account.name, &account.namespace);
    let namespace = |name: &str, labels: &Value| json!({ "metadata": { "name": name, "labels": labels } });
    let namespaces = || "/api/v1/namespaces?dryRun=All".to_owned();
    vec![
        (
            "POST",
            bindings("kube-system"),
            json,
            role_binding("User", "somebody", ""),
        ),
        ("POST", bindings("ondemand"), json, itself.clone()),
        ("POST", bindings(&own), json, itself),
        (
            "POST",
            bindings(&own),
            json,
            role_binding("Group", "system:authenticated", ""),
        ),
        (
            "POST",
            bindings(&own),
            json,
            role_binding("User", &account.username(), ""),
        ),
        ("PATCH", secret("kube-system"), APPLY, token_secret.clone()),
        ("PATCH", secret(&own), APPLY, token_secret),
        (
            "POST",
            "/api/v1/namespaces/kube-system/serviceaccounts?dryRun=All".into(),
            json,
            json!({ "metadata": { "name": "x" } }),
        ),
        (
            "POST",
            format!("/api/v1/namespaces/{own}/serviceaccounts?dryRun=All"),
            json,
            json!({ "metadata": { "name": "x" } }),
        ),
        (
            "PATCH",
            "/api/v1/namespaces/kube-system?dryRun=All".into(),
            MERGE,
            label.clone(),
        ),
        ("PATCH", format!("/api/v1/namespaces/{own}?dryRun=All"), MERGE, owner),
        (
            "POST",
            namespaces(),
            json,
            namespace("kube-evil", &label["metadata"]["labels"]),
        ),
        (
            "PATCH",
            format!("/api/v1/namespaces/{own}?dryRun=All"),
            MERGE,
            json!({ "metadata": { "labels": { "pod-security.kubernetes.io/enforce": "privileged" } } }),
        ),
        (
            "PATCH",
            format!("/api/v1/namespaces/{own}?dryRun=All"),
            MERGE,
            json!({ "metadata": { "annotations": { "scheduler.alpha.kubernetes.io/node-selector": "a=b" } } }),
        ),
        ("POST", bindings(&own), json, role_binding("User", "mallory", "")),
        (
            "POST",
            format!("/api/v1/namespaces/ondemand/serviceaccounts/{}/token", account.name),
            json,
            json!({ "spec": { "expirationSeconds": 2 * 86_400 } }),
        ),
        (
            "POST",
            namespaces(),
            json,
            namespace(&format!("plain-{}", site.cluster.mark), &json!({})),
        ),
    ]
}

#[test]
fn logins_pass_the_policy_and_what_rbac_must_leave_open_is_closed() {
    let site = Site::new();
    if !site.cluster.is_real() {
        // The sandbox has no admission policies.
        return;
    }
    site.bootstrap(&[]).ok();
    // The type of one that exists cannot be changed anyway.
    site.cluster.delete(&site.core("secrets/registry"));
    let token = site.cluster.token_of(&site.cluster.account().name);
    for (method, path, kind, body) in abuses(&site) {
        let (status, answer) = site.cluster.ask_as(&token, method, &path, Some((kind, &body)));
        assert!(status < 300, "RBAC closes it already: {method} {path}: {answer}");
    }
    install(&site, &token);
    for (method, path, kind, body) in abuses(&site) {
        let (status, answer) = site.cluster.ask_as(&token, method, &path, Some((kind, &body)));
        let refused = answer["message"]
            .as_str()
            .is_some_and(|text| text.contains("ValidatingAdmissionPolicy"));
        assert!(status == 403 && refused, "{method} {path}: {status} {answer}");
    }

    // Returning, first, and taking over what the stock hook left.
    site.pre_hook().ok();
    site.cluster.delete(&site.namespace_path());
    site.set("HOOK_TIMEOUT=1m\nPOD_SECURITY=baseline");
    site.pre_hook().ok();
    let level = &site.cluster.object(&site.namespace_path()).unwrap()["metadata"]["labels"];
    assert_eq!(level["pod-security.kubernetes.io/enforce"], "baseline");
    let mut other = json!({ "metadata": { "name": format!("other-{}", site.cluster.mark), "labels": {
        "app.kubernetes.io/name": "open-ondemand",
    } } });
    // An old version of a level gives pods more; a label of another tool gives nobody anything.
    for (label, wanted) in [
        ("pod-security.kubernetes.io/enforce-version", 403),
        ("resource.kubernetes.io/admin-access", 403),
        ("team", 201),
        ("pod-security.kubernetes.io/warn-version", 201),
    ] {
        other["metadata"]["labels"][label] = json!("v1.0");
        let path = "/api/v1/namespaces?dryRun=All";
        let (status, answer) = site
            .cluster
            .ask_as(&token, "POST", path, Some(("application/json", &other)));
        assert_eq!(status, wanted, "{label}: {answer}");
        other["metadata"]["labels"].as_object_mut().unwrap().remove(label);
    }
    for path in site.all_paths() {
        assert!(site.cluster.object(&path).is_some(), "{path} is not there");
    }
    let owner = json!({ "metadata": { "annotations": { "openondemand.org/owner": null } } });
    site.cluster.merge(&site.namespace_path(), &owner);
    site.pre_hook().ok();
    site.cluster
        .merge(&site.binding("ood-user"), &json!({ "subjects": [] }));
    site.pre_hook().ok();
    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    assert_eq!(
        namespace["metadata"]["annotations"]["openondemand.org/owner"],
        site.user
    );
}

#[test]
fn under_the_policy_a_namespace_of_others_is_adopted_only_after_an_administrator_labelled_it() {
    let site = Site::new();
    if !site.cluster.is_real() {
        return;
    }
    install(&site, &site.cluster.token_of(&site.cluster.account().name));
    let namespaces = "/api/v1/namespaces";
    site.cluster
        .create(namespaces, &json!({ "metadata": { "name": site.namespace() } }));
    site.bootstrap(&["--adopt"])
        .fails(5, &["app.kubernetes.io/name=open-ondemand"]);
    let label = json!({ "metadata": { "labels": { "app.kubernetes.io/name": "open-ondemand" } } });
    site.cluster.merge(&site.namespace_path(), &label);
    site.bootstrap(&["--adopt"]).ok();
}

/// What Rancher, Istio and Kyverno do to each namespace that is made or changed, for this test's account alone.
fn others_add(site: &Site, operation: &str, object: &str) {
    let name = format!("{}-{}", site.cluster.account().name, operation.to_lowercase());
    let collection = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolic";
    let only = format!("request.userInfo.username == '{}'", site.cluster.account().username());
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicy",
        "metadata": { "name": name },
        "spec": {
            "failurePolicy": "Fail", "reinvocationPolicy": "Never",
            "matchConditions": [{ "name": "account", "expression": only }],
            "matchConstraints": { "resourceRules": [{
                "apiGroups": [""], "apiVersions": ["v1"], "resources": ["namespaces"], "operations": [operation],
            }] },
            "mutations": [{ "patchType": "ApplyConfiguration", "applyConfiguration": { "expression": object } }],
        },
    });
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicyBinding",
        "metadata": { "name": name }, "spec": { "policyName": name },
    });
    site.cluster.create(&format!("{collection}ies"), &policy);
    site.cluster.create(&format!("{collection}ybindings"), &binding);
}

/// Waits until namespaces that the account makes have this label of others.
fn wait_for_label(site: &Site, token: &str, key: &str, (method, path): (&str, &str)) {
    let label = json!({ "app.kubernetes.io/name": "open-ondemand" });
    let mut body = json!({ "metadata": { "labels": label } });
    if method == "POST" {
        body["metadata"]["name"] = json!(format!("probe-{}", site.cluster.mark));
    }
    let kind = if method == "POST" { "application/json" } else { MERGE };
    wait_until("the mutating policy is in force", || {
        let (_, answer) = site
            .cluster
            .ask_as(token, method, &format!("{path}?dryRun=All"), Some((kind, &body)));
        answer["metadata"]["labels"].get(key).is_some()
    });
}

#[test]
fn what_other_software_adds_to_a_namespace_locks_nobody_out() {
    let site = Site::new();
    // The other software is a policy that an older server does not know.
    if !site.cluster.is_real() || !site.cluster.fills_in() {
        return;
    }
    site.bootstrap(&[]).ok();
    let token = site.cluster.token_of(&site.cluster.account().name);
    let own = site.namespace_path();
    let added = "labels: {'field.cattle.io/projectId': 'p-x', 'istio-injection': 'enabled'}, \
                 annotations: {'field.cattle.io/projectId': 'c-1:p-x', 'lifecycle.cattle.io/create.namespace-auth': 'true'}";
    let stricter = "labels: {'pod-security.kubernetes.io/enforce': 'baseline', \
                    'pod-security.kubernetes.io/enforce-version': 'v1.30', 'pod-security.kubernetes.io/warn': 'restricted'}";
    others_add(
        &site,
        "UPDATE",
        &format!("Object{{metadata: Object.metadata{{{added}}}}}"),
    );
    wait_for_label(&site, &token, "istio-injection", ("PATCH", &own));
    others_add(
        &site,
        "CREATE",
        &format!("Object{{metadata: Object.metadata{{{stricter}}}}}"),
    );
    wait_for_label(
        &site,
        &token,
        "pod-security.kubernetes.io/warn",
        ("POST", "/api/v1/namespaces"),
    );
    install(&site, &token);
    // Returning, with the labels of others for the first time; then first, with Kyverno's; then returning with all.
    site.pre_hook().ok();
    let labels = || site.cluster.object(&own).unwrap()["metadata"]["labels"].clone();
    assert_eq!(labels()["istio-injection"], "enabled");
    site.cluster.delete(&own);
    site.set("HOOK_TIMEOUT=1m");
    site.pre_hook().ok();
    assert_eq!(labels()["pod-security.kubernetes.io/enforce"], "baseline");
    site.pre_hook().ok();
    assert_eq!(labels()["field.cattle.io/projectId"], "p-x");
    // Another tool takes labels away that are nothing to us.
    let prune =
        json!({ "metadata": { "labels": { "istio-injection": null, "pod-security.kubernetes.io/warn": null } } });
    site.cluster.merge(&own, &prune);
    site.pre_hook().ok();
}

#[test]
fn under_the_policy_a_label_of_ondemands_that_another_tool_removed_comes_back() {
    let site = Site::new();
    if !site.cluster.is_real() {
        return;
    }
    site.bootstrap(&[]).ok();
    install(&site, &site.cluster.token_of(&site.cluster.account().name));
    let pruned = json!({ "metadata": { "labels": { "app.kubernetes.io/name": null } } });
    site.cluster.merge(&site.namespace_path(), &pruned);
    site.cluster.delete(&site.binding("ood-initializer"));
    site.pre_hook().ok();
    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    assert_eq!(
        namespace["metadata"]["labels"]["app.kubernetes.io/name"],
        "open-ondemand"
    );
}

#[test]
fn under_the_policy_the_account_can_make_pod_security_stricter_and_never_laxer() {
    let site = Site::new();
    if !site.cluster.is_real() {
        return;
    }
    site.bootstrap(&[]).ok();
    let token = site.cluster.token_of(&site.cluster.account().name);
    install(&site, &token);
    let own = format!("{}?dryRun=All", site.namespace_path());
    let set = |labels: &Value| {
        let body = json!({ "metadata": { "labels": labels } });
        site.cluster.ask_as(&token, "PATCH", &own, Some((MERGE, &body))).0
    };
    let administrator = |labels: Value| {
        let body = json!({ "metadata": { "labels": labels } });
        site.cluster.merge(&site.namespace_path(), &body);
    };
    let level = |level: Value| json!({ "pod-security.kubernetes.io/enforce": level });
    let version = |version: &str| json!({ "pod-security.kubernetes.io/enforce-version": version });
    assert_eq!(
        [set(&level(json!("baseline"))), set(&level(json!("restricted")))],
        [200, 200]
    );
    assert_eq!([set(&version("v1.10")), set(&version("latest"))], [403, 200]);
    administrator(level(json!("baseline")));
    assert_eq!(
        [set(&level(json!("restricted"))), set(&level(json!("baseline")))],
        [200, 200]
    );
    assert_eq!([set(&level(json!("privileged"))), set(&level(Value::Null))], [403, 403]);
    assert_eq!([set(&level(json!("none"))), set(&version("v1.10"))], [422, 403]);
    administrator(version("v1.30"));
    assert_eq!([set(&version("v1.29")), set(&version("v1.30"))], [403, 200]);
    let admin_access = json!({ "resource.kubernetes.io/admin-access": "true" });
    assert_eq!(set(&admin_access), 403);
    administrator(admin_access.clone());
    assert_eq!(
        [
            set(&admin_access),
            set(&json!({ "resource.kubernetes.io/admin-access": null }))
        ],
        [200, 403]
    );
}
