//! What a login really gives: whether a user could start a pod that is root on its node.

use serde_json::json;

use super::Node;
use crate::support::{Cluster, Run, Site};

const AS_ROOT_OF_A_NODE: &str = "the node's root directory (hostPath), and so become root on a node";

impl Node {
    fn admin(&self) -> String {
        let site = &self.site;
        let kubeconfig = site.kubeconfig(&site.cluster.url(), site.cluster.admin_token());
        site.write("admin.kubeconfig", &kubeconfig);
        site.path("admin.kubeconfig").display().to_string()
    }

    #[track_caller]
    fn finds_of_pods(&self, admin: Option<&str>, severity: &str, words: &[&str]) {
        let mut args = vec!["--user", &self.site.user];
        args.extend(admin.into_iter().flat_map(|admin| ["--admin-kubeconfig", admin]));
        self.finds_with(&args, 0, severity, &format!("user {}", self.site.user), words);
    }

    fn label(&self, level: Option<&str>) {
        let label = json!({ "metadata": { "labels": { "pod-security.kubernetes.io/enforce": level } } });
        self.site.cluster.merge(&self.site.namespace_path(), &label);
    }
}

#[test]
fn a_privileged_pod_and_an_external_ip_that_are_accepted_are_told_with_the_remedy() {
    let node = Node::sound();
    node.site.bootstrap(&[]).ok();
    let admin = node.admin();
    let label = format!(
        "kubectl label namespace {} pod-security.kubernetes.io/enforce=baseline",
        node.site.namespace()
    );
    node.finds_of_pods(Some(&admin), "warning", &[AS_ROOT_OF_A_NODE, "POD_SECURITY", &label]);
    node.finds_of_pods(Some(&admin), "warning", &["externalIPs", "DenyServiceExternalIPs"]);
    for kind in ["pods", "services"] {
        assert!(
            node.site.cluster.items(&node.site.core(kind)).is_empty(),
            "only dry runs"
        );
    }
}

#[test]
fn what_admission_refuses_is_told_as_refused() {
    let node = Node::sound();
    if !node.site.cluster.is_real() {
        // The sandbox has no admission.
        return;
    }
    node.site.bootstrap(&[]).ok();
    let admin = node.admin();
    for (level, severity, words) in [
        ("baseline", "ok", "a privileged pod is refused"),
        ("restricted", "ok", "a privileged pod is refused"),
        ("privileged", "warning", AS_ROOT_OF_A_NODE),
    ] {
        node.label(Some(level));
        node.finds_of_pods(Some(&admin), severity, &[words]);
    }
}

#[test]
fn an_external_ip_that_the_server_refuses_is_told_as_refused() {
    if !Site::new().cluster.is_real() {
        return;
    }
    let plugin = "--enable-admission-plugins=DenyServiceExternalIPs".to_owned();
    let node = Node::on(Cluster::real_with(vec![plugin]));
    node.site.bootstrap(&[]).ok();
    let admin = node.admin();
    node.finds_of_pods(Some(&admin), "ok", &["a Service with externalIPs is refused"]);
}

#[test]
fn a_user_who_may_start_no_pod_at_all_is_no_sign_that_a_privileged_one_is_refused() {
    let node = Node::sound();
    if !node.site.cluster.is_real() {
        // The sandbox does not know impersonation.
        return;
    }
    node.site.bootstrap(&[]).ok();
    let admin = node.admin();
    node.site.cluster.delete(&node.site.binding("ood-user"));
    node.finds_of_pods(Some(&admin), "warning", &["cannot be tried", "pods is forbidden"]);
}

#[test]
fn without_an_administrators_credentials_the_label_says_what_can_be_said() {
    let node = Node::sound();
    node.site.bootstrap(&[]).ok();
    let ask = format!("ood-k8s check {} --admin-kubeconfig FILE", node.site.user);
    node.finds_of_pods(None, "warning", &["it is not known", "enforces no level", &ask]);
    node.label(Some("privileged"));
    node.finds_of_pods(None, "warning", &["it is not known", "the level \"privileged\"", &ask]);
    for level in ["baseline", "restricted"] {
        node.label(Some(level));
        node.finds_of_pods(None, "ok", &["Pod Security refuses a privileged pod", level]);
    }
}

#[test]
fn an_account_that_may_start_pods_itself_tries_without_an_administrator() {
    let node = Node::sound();
    node.site.bootstrap(&[]).ok();
    node.site.write(
        "root.kubeconfig",
        &node
            .site
            .kubeconfig(&node.site.cluster.url(), &node.site.cluster.stock_token()),
    );
    let user = &node.site.user;
    // The token lives for an hour, which is a finding of its own.
    node.finds_with(
        &["--user", user],
        8,
        "warning",
        &format!("user {user}"),
        &[AS_ROOT_OF_A_NODE],
    );
}

#[test]
fn before_the_first_login_nothing_is_tried_and_the_flag_needs_a_user() {
    let node = Node::sound();
    let admin = node.admin();
    let (_, found) = node.findings(&["--user", &node.site.user, "--admin-kubeconfig", &admin]);
    assert!(
        !found
            .iter()
            .any(|finding| finding["text"].as_str().unwrap().contains("privileged")),
        "{found:#?}"
    );
    let refused = |args: &[&str]| Run::of(&mut node.site.command(&[&["check"], args].concat()));
    assert_eq!(refused(&["--admin-kubeconfig", &admin]).status, 2);
    refused(&["--user", &node.site.user, "--admin-kubeconfig", "/nowhere"])
        .fails(3, &["administrator's kubeconfig /nowhere"]);
}
