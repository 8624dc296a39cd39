//! `--user`: what the user has, and what a login would change.

use serde_json::json;

use super::Node;

fn finds(node: &Node, status: i32, severity: &str, words: &[&str]) {
    let user = &node.site.user;
    node.finds_with(&["--user", user], status, severity, &format!("user {user}"), words);
}

#[test]
fn before_the_first_login_there_is_nothing_and_after_it_all_is_as_it_should_be() {
    let node = Node::sound();
    finds(&node, 0, "ok", &["may log in"]);
    finds(
        &node,
        0,
        "ok",
        &["does not exist yet", &node.site.namespace(), "6 objects"],
    );
    assert!(node.site.cluster.object(&node.site.namespace_path()).is_none());
    node.site.bootstrap(&[]).ok();
    finds(
        &node,
        0,
        "ok",
        &[&node.site.namespace(), "all 7 objects are up to date"],
    );
}

#[test]
fn what_a_login_would_mend_is_told_and_not_mended() {
    let node = Node::sound();
    node.site.bootstrap(&[]).ok();
    let wide = json!({ "spec": { "ingress": [{}] } });
    node.site.cluster.merge(&node.site.policy(), &wide);
    node.site.cluster.delete(&node.site.binding("ood-user"));
    finds(
        &node,
        0,
        "warning",
        &[
            "change networkpolicy/deny-from-other-namespaces",
            &format!("create rolebinding/{}-ood-user", node.site.user),
            "bootstrap-user",
        ],
    );
    assert!(node.site.cluster.object(&node.site.binding("ood-user")).is_none());
    let policy = node.site.cluster.object(&node.site.policy()).unwrap();
    assert_eq!(policy["spec"]["ingress"], json!([{}]));
}

#[test]
fn a_namespace_of_the_stock_hook_would_be_taken_over() {
    let node = Node::sound();
    node.site.bootstrap(&[]).ok();
    let unclaimed = json!({ "metadata": { "annotations": { "openondemand.org/owner": null } } });
    node.site.cluster.merge(&node.site.namespace_path(), &unclaimed);
    finds(&node, 0, "warning", &["take over namespace/"]);
    let namespace = node.site.cluster.object(&node.site.namespace_path()).unwrap();
    assert!(namespace["metadata"]["annotations"]["openondemand.org/owner"].is_null());
}

#[test]
fn a_namespace_of_somebody_else_is_an_error() {
    let node = Node::sound();
    node.site.bootstrap(&[]).ok();
    let other = json!({ "metadata": { "annotations": { "openondemand.org/owner": "somebody.else" } } });
    node.site.cluster.merge(&node.site.namespace_path(), &other);
    finds(
        &node,
        4,
        "error",
        &["belongs to user \"somebody.else\"", "rename one of the two"],
    );
}

#[test]
fn a_user_who_cannot_log_in_is_an_error() {
    let node = Node::on_sandbox();
    node.finds_with(
        &["--user", "no-such-user"],
        4,
        "error",
        "user no-such-user",
        &["getent passwd no-such-user"],
    );
    node.site.set("MIN_UID=4000000");
    finds(&node, 4, "error", &["MIN_UID"]);
    node.site.set("MIN_UID=1");
    node.edit("clusters.d/prod.yml", "namespace_prefix: ", "namespace_prefix: kube-");
    finds(&node, 4, "error", &["cluster prod", "reserved"]);
}

#[test]
fn the_users_kubeconfig_is_not_opened() {
    let node = Node::on_sandbox();
    // Anybody who opens it hangs until somebody writes.
    nix::unistd::mkfifo(&node.site.path("home/config"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    finds(&node, 0, "ok", &["may log in"]);
}
