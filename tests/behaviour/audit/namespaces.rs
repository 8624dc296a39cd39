//! What is found in users' namespaces.

use ood_k8s_sandbox::Sandbox;
use serde_json::{json, Value};

use super::{
    area, audit, bind, bind_everywhere, findings, finds, open_policy, pod, site, site_on, subject, with_code, RBAC,
};
use crate::support::{account, Cluster};

/// Those of users' namespaces, and none of the installation.
fn of_namespaces(found: Vec<Value>) -> Vec<Value> {
    let is_of_namespace = |finding: &Value| finding["area"].as_str().unwrap().contains('/');
    found.into_iter().filter(is_of_namespace).collect()
}

#[test]
fn what_a_login_writes_is_no_finding_and_what_was_looked_at_is_counted() {
    let site = site_on(Cluster::sandbox(Sandbox::start()));
    assert_eq!(of_namespaces(findings(&site)), [Value::Null; 0]);
    site.cluster.faults().forget_requests();
    let run = audit(&site, &[]);
    let line = run.stdout.lines().find(|line| line.starts_with("ok")).unwrap();
    assert!(line.contains("1 namespaces of users, and "), "{line}");
    let requests = site.cluster.faults().requests();
    assert_eq!(requests.len(), 11, "seven lists, and four policies: {requests:?}");
    assert!(
        requests.iter().all(|it| it.method == "GET"),
        "it only reads: {requests:?}"
    );
}

#[test]
fn a_binding_that_no_login_writes_is_found_and_one_for_everybody_is_an_error() {
    let site = site();
    bind(
        &site,
        "helpers",
        "edit",
        &json!([subject("User", "bob"), subject("Group", "staff")]),
    );
    let words = [
        "\"helpers\" (\"edit\" to group \"staff\", user \"bob\")",
        "kubectl get rolebindings",
    ];
    finds(&site, "OK8S-701", "warning", &area(&site), &words);
    assert_eq!(audit(&site, &[]).status, 0, "warnings are no failure");
    bind(&site, "all", "view", &json!([subject("Group", "system:authenticated")]));
    finds(
        &site,
        "OK8S-701",
        "error",
        &area(&site),
        &["\"all\" (\"view\" to group", "\"helpers\""],
    );
    assert_eq!(audit(&site, &[]).status, 4);
}

#[test]
fn many_bindings_are_one_finding_that_names_three_and_counts_the_rest() {
    let site = site();
    for number in 10..18 {
        bind(&site, &format!("b{number}"), "view", &json!([subject("User", "bob")]));
    }
    let found = with_code(&site, "OK8S-701");
    let text = found[0]["text"].as_str().unwrap();
    assert!(
        text.contains("\"b10\"") && text.contains("\"b12\"") && text.ends_with("and 5 more"),
        "{text}"
    );
}

#[test]
fn what_of_ours_was_changed_or_deleted_is_found_until_a_login_has_put_it_right() {
    let site = site();
    let user = site.binding("ood-user");
    let mut live = site.cluster.object(&user).unwrap();
    let subjects = live["subjects"].as_array_mut().unwrap();
    subjects.push(subject("User", "mallory"));
    let subjects = subjects.clone();
    site.cluster.merge(&user, &json!({ "subjects": subjects }));
    site.cluster.delete(&site.policy());
    site.cluster.delete(&site.binding("ood-initializer"));
    finds(
        &site,
        "OK8S-709",
        "warning",
        &area(&site),
        &[
            "user \"mallory\"",
            "networkpolicy/deny-from-other-namespaces is missing",
            "ood-initializer is missing",
            "bootstrap-user",
        ],
    );
    assert_eq!(with_code(&site, "OK8S-701"), [Value::Null; 0], "it is ours");
    site.pre_hook().done();
    assert_eq!(of_namespaces(findings(&site)), [Value::Null; 0]);
}

#[test]
fn a_policy_of_ours_that_was_opened_is_found_as_changed_and_as_open() {
    let site = site();
    site.cluster
        .merge(&site.policy(), &json!({ "spec": { "ingress": [{}] } }));
    finds(
        &site,
        "OK8S-709",
        "warning",
        &area(&site),
        &["deny-from-other-namespaces"],
    );
    finds(&site, "OK8S-704", "warning", &area(&site), &["(from everywhere)"]);
}

#[test]
fn whoever_is_suspended_is_not_missed_by_the_bindings() {
    let site = site();
    site.cluster.merge(
        &site.namespace_path(),
        &json!({ "metadata": { "annotations": { "openondemand.org/suspended": "7" } } }),
    );
    site.cluster.delete(&site.binding("ood-user"));
    assert_eq!(of_namespaces(findings(&site)), [Value::Null; 0]);
}

#[test]
fn a_policy_that_opens_everything_is_found_and_a_narrow_one_is_not() {
    let site = site();
    open_policy(&site, "narrow", &json!([{ "ipBlock": { "cidr": "192.0.2.0/24" } }]));
    assert_eq!(with_code(&site, "OK8S-704"), [Value::Null; 0]);
    open_policy(&site, "open", &json!([{ "ipBlock": { "cidr": "0.0.0.0/0" } }]));
    open_policy(&site, "neighbours", &json!([{ "namespaceSelector": {} }]));
    let words = ["\"neighbours\" (from all namespaces)", "\"open\" (from everywhere)"];
    finds(&site, "OK8S-704", "warning", &area(&site), &words);
}

#[test]
fn a_namespace_without_an_owner_is_found() {
    let site = site();
    site.make_namespace("user-stock", None);
    finds(
        &site,
        "OK8S-705",
        "warning",
        "prod/user-stock",
        &["no owner", "ood-k8s users --unclaimed"],
    );
}

#[test]
fn pods_that_are_not_the_owners_or_mount_the_node_are_found() {
    let site = site();
    let own = json!({ "securityContext": { "runAsUser": account().uid } });
    pod(&site, "own", &own);
    assert_eq!(of_namespaces(findings(&site)), [Value::Null; 0]);
    pod(&site, "other", &json!({ "securityContext": { "runAsUser": 4242 } }));
    pod(&site, "unsaid", &json!({}));
    let mut host = own.clone();
    host["volumes"] = json!([{ "name": "v", "hostPath": { "path": "/etc" } }]);
    pod(&site, "host", &host);
    let words = ["\"other\" (as 4242)", "\"unsaid\" (as whom its image says)"];
    finds(&site, "OK8S-706", "warning", &area(&site), &words);
    finds(&site, "OK8S-707", "warning", &area(&site), &["\"host\" (\"/etc\")"]);
}

#[test]
fn a_level_of_pod_security_below_the_settings_is_found_and_a_higher_one_is_not() {
    let site = site();
    site.set("POD_SECURITY=baseline");
    finds(
        &site,
        "OK8S-708",
        "warning",
        &area(&site),
        &["enforces no level", "pod-security.kubernetes.io/enforce=baseline"],
    );
    let label = |level: &str| {
        let labels = json!({ "pod-security.kubernetes.io/enforce": level });
        site.cluster
            .merge(&site.namespace_path(), &json!({ "metadata": { "labels": labels } }));
    };
    label("privileged");
    finds(&site, "OK8S-708", "warning", &area(&site), &["enforces \"privileged\""]);
    for level in ["baseline", "restricted"] {
        label(level);
        assert_eq!(with_code(&site, "OK8S-708"), [Value::Null; 0], "{level}");
    }
}

#[test]
fn secrets_with_tokens_are_found_and_nothing_of_them_is_shown() {
    let site = site();
    let secret = json!({
        "metadata": { "name": "old", "annotations": { "kubernetes.io/service-account.name": "default" } },
        "type": "kubernetes.io/service-account-token", "data": { "token": "Y0FuQXJZLWluLWEtc2VjcmV0" },
    });
    site.cluster.create(&site.core("secrets"), &secret);
    finds(
        &site,
        "OK8S-703",
        "warning",
        &area(&site),
        &["\"old\" (of \"default\")"],
    );
    let run = audit(&site, &["-o", "json"]);
    assert!(!run.stdout.contains("Y0FuQXJZ"), "{run:?}");
}

#[test]
fn a_binding_of_the_cluster_that_reaches_in_is_found_and_one_of_the_systems_is_not() {
    let site = site();
    assert_eq!(with_code(&site, "OK8S-702"), [Value::Null; 0], "{:#?}", findings(&site));
    let namespace = site.namespace();
    let of_user = json!({ "kind": "ServiceAccount", "name": "default", "namespace": namespace });
    for (name, role, subject, severity) in [
        ("everybody", "view", subject("Group", "system:authenticated"), "error"),
        (
            "accounts",
            "edit",
            subject("Group", &format!("system:serviceaccounts:{namespace}")),
            "error",
        ),
        ("account", "cluster-admin", of_user, "error"),
        ("owner", "cluster-admin", subject("User", &site.user), "error"),
        ("group", "view", subject("Group", "students"), "warning"),
        ("person", "no-such-role", subject("User", "bob"), "warning"),
    ] {
        bind_everywhere(&site, name, role, &json!([subject]));
        let words = [
            &format!("ClusterRoleBinding \"{name}\"")[..],
            role,
            "kubectl get clusterrolebindings",
        ];
        finds(&site, "OK8S-702", severity, "cluster prod", &words);
        site.cluster.delete(&format!("{RBAC}/clusterrolebindings/{name}"));
    }
    site.cluster.create(
        &format!("{RBAC}/clusterroles"),
        &json!({ "metadata": { "name": "nodes" }, "rules": [{ "apiGroups": [""], "resources": ["nodes"], "verbs": ["get"] }] }),
    );
    bind_everywhere(&site, "harmless", "nodes", &json!([subject("Group", "students")]));
    let system = json!([{ "kind": "ServiceAccount", "name": "operator", "namespace": "kube-system" }]);
    bind_everywhere(&site, "operator", "cluster-admin", &system);
    assert_eq!(with_code(&site, "OK8S-702"), [Value::Null; 0]);
}
