//! Rights of root's credentials: what lacks, what is too much, and the roles that are handed on.

use ood_k8s_sandbox::Fault;
use serde_json::{json, Value};

use super::Node;

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

/// The least rights that everything here works with, by name wherever the name is known.
fn least(node: &Node) -> Vec<Value> {
    let rule = |group: &str, resource: &str, verbs: &[&str], names: &[&str]| {
        let mut rule = json!({ "apiGroups": [group], "resources": [resource], "verbs": verbs });
        if !names.is_empty() {
            rule["resourceNames"] = json!(names);
        }
        rule
    };
    let rbac = "rbac.authorization.k8s.io";
    let account = format!("ondemand-{}", node.site.cluster.mark);
    vec![
        rule("", "namespaces", &["get", "list", "create", "patch"], &[]),
        rule(rbac, "rolebindings", &["get", "list", "create", "patch"], &[]),
        rule(
            "networking.k8s.io",
            "networkpolicies",
            &["get", "create", "patch"],
            &["deny-from-other-namespaces"],
        ),
        rule("", "serviceaccounts", &["get", "patch"], &["default"]),
        rule(
            rbac,
            "clusterroles",
            &["bind", "get"],
            &["ood-user", "ood-initializer", "job-pod-reaper"],
        ),
        rule("", "serviceaccounts", &["create"], &[]),
        rule("", "secrets", &["get", "create", "patch"], &["registry"]),
        rule("", "serviceaccounts/token", &["create"], &[&account]),
    ]
}

/// Gives the site's account these rights in the whole cluster, and no others.
fn grant(node: &Node, rules: &[Value]) {
    let cluster = &node.site.cluster;
    let account = format!("ondemand-{}", cluster.mark);
    let role = format!("granted-{}", cluster.mark);
    for binding in ["clusterrolebindings", "namespaces/ondemand/rolebindings"] {
        let (status, answer) = cluster.ask("DELETE", &format!("{RBAC}/{binding}/{account}"), None);
        assert!(status == 200 || status == 404, "{answer}");
    }
    cluster.create(
        &format!("{RBAC}/clusterroles"),
        &json!({ "metadata": { "name": role }, "rules": rules }),
    );
    cluster.create(
        &format!("{RBAC}/clusterrolebindings"),
        &json!({
            "metadata": { "name": role },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
            "subjects": [{ "kind": "ServiceAccount", "name": account, "namespace": "ondemand" }],
        }),
    );
}

#[test]
fn with_the_least_rights_nothing_is_left_to_be_said() {
    let node = Node::sound();
    grant(&node, &least(&node));
    node.finds(0, "ok", "cluster prod", &["have all", "permissions that are needed"]);
    node.finds(0, "ok", "cluster prod", &["may not read other Secrets"]);
    node.finds(
        0,
        "ok",
        "cluster prod",
        &["ClusterRoles ood-user, ood-initializer, job-pod-reaper"],
    );
    node.finds_no("warning");
    node.site.bootstrap(&[]).ok();
}

#[test]
fn each_right_that_lacks_is_named() {
    let node = Node::sound();
    let mut rules = least(&node);
    rules[2]["verbs"] = json!(["get", "create"]);
    rules.pop();
    grant(&node, &rules);
    node.finds(
        5,
        "error",
        "cluster prod",
        &[
            "may not patch networkpolicies.networking.k8s.io",
            "all logins fail",
            "cluster-roles --apply",
        ],
    );
    let mark = &node.site.cluster.mark;
    node.finds(
        5,
        "warning",
        "cluster prod",
        &[
            &format!("create serviceaccounts/token ondemand-{mark}"),
            "refresh-token cannot renew",
        ],
    );
}

#[test]
fn an_account_without_the_right_to_bind_is_told_from_one_that_holds_users_rights() {
    let node = Node::sound();
    let mut rules = least(&node);
    rules[4]["verbs"] = json!(["get"]);
    grant(&node, &rules);
    node.finds(
        5,
        "error",
        "cluster prod",
        &["may not bind the ClusterRoles ood-user", "all logins fail"],
    );
}

#[test]
fn the_stock_role_is_told_to_hold_too_much() {
    let node = Node::sound();
    let mut rules = least(&node);
    rules.remove(4);
    rules.push(json!({
        "apiGroups": [""], "resources": ["services", "pods", "configmaps", "secrets", "pods/log"],
        "verbs": ["get", "watch", "list", "create", "update", "patch", "delete"],
    }));
    grant(&node, &rules);
    node.finds(
        0,
        "warning",
        "cluster prod",
        &["they hold all their permissions", "cluster-roles"],
    );
    node.finds(
        0,
        "warning",
        "cluster prod",
        &["may read every Secret", "cluster-roles"],
    );
    node.finds(
        0,
        "warning",
        "cluster prod",
        &["may not check whether the ClusterRoles", "kubectl get clusterrole"],
    );
}

#[test]
fn a_role_that_is_not_there_is_an_error() {
    let node = Node::on_sandbox();
    grant(&node, &least(&node));
    for role in ["ood-user", "job-pod-reaper"] {
        node.site.cluster.delete(&format!("{RBAC}/clusterroles/{role}"));
    }
    node.finds(
        5,
        "error",
        "cluster prod",
        &["no ClusterRole ood-user", "cluster-roles --apply"],
    );
    node.finds(
        5,
        "error",
        "cluster prod",
        &["no ClusterRole job-pod-reaper", "USE_JOB_POD_REAPER"],
    );
    node.finds(5, "ok", "cluster prod", &["ClusterRoles ood-initializer"]);
}

#[test]
fn what_the_site_does_not_use_is_not_asked_for() {
    let node = Node::sound();
    node.site.set("IMAGE_PULL_SECRET=\nUSE_JOB_POD_REAPER=false");
    let mut rules = least(&node);
    rules[4]["resourceNames"] = json!(["ood-user", "ood-initializer"]);
    rules.retain(|rule| !rule["resources"].as_array().unwrap().contains(&json!("secrets")));
    grant(&node, &rules);
    node.finds_no("error");
    node.finds_no("warning");
}

#[test]
fn a_server_that_does_not_answer_about_rights_is_told_once() {
    let node = Node::on_sandbox();
    node.site
        .cluster
        .faults()
        .fail(Fault::status(404).containing("selfsubjectaccessreviews"));
    node.finds(
        5,
        "error",
        "cluster prod",
        &["cannot check the permissions of the account in use", "404"],
    );
}
