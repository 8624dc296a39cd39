//! A cluster: whether it can be reached, its clock, and who root is there.

use ood_k8s_loopback::ServerKind;
use ood_k8s_sandbox::{Fault, Sandbox};

use super::Node;
use crate::support::Cluster;

#[test]
fn a_cluster_that_answers_is_told_with_version_and_protocol() {
    let node = Node::sound();
    let protocol = match ServerKind::of_environment() {
        ServerKind::Http1 => "HTTP/1.1",
        ServerKind::Usual | ServerKind::Tls12 | ServerKind::Ipv6 => "HTTP/2",
    };
    node.finds(0, "ok", "cluster prod", &["Kubernetes v1.", protocol]);
    node.finds(0, "ok", "cluster prod", &["clock", "agree"]);
    node.finds(
        0,
        "ok",
        "cluster prod",
        &["ondemand@kubernetes", &node.site.cluster.url()],
    );
    let old = Node::on(Cluster::sandbox(Sandbox::builder().http1_only().start()));
    old.finds(0, "ok", "cluster prod", &["HTTP/1.1"]);
}

#[test]
fn a_cluster_that_cannot_be_used_is_told_once_with_the_status_of_its_kind() {
    type Disturb = fn(&Sandbox);
    let cases: [(Disturb, i32, &[&str]); 5] = [
        (Sandbox::refuse_connections, 5, &["cannot reach", "check the address"]),
        (Sandbox::show_wrong_ca, 5, &["certificate", "certificate-authority"]),
        (
            Sandbox::go_silent,
            7,
            &["did not answer within", "while trying to connect"],
        ),
        (
            |sandbox| sandbox.fail(Fault::hang()),
            7,
            &["did not answer within 800ms", "get"],
        ),
        (|sandbox| sandbox.fail(Fault::html(200)), 5, &["HTML", "check the URL"]),
    ];
    for (disturb, status, words) in cases {
        let node = Node::on_sandbox();
        disturb(node.site.cluster.faults());
        node.finds_with(&["--timeout", "800ms"], status, "error", "cluster prod", words);
        let (_, found) = node.findings(&["--timeout", "800ms"]);
        let errors = found.iter().filter(|finding| finding["severity"] == "error");
        assert_eq!(errors.count(), 1, "{found:#?}");
        assert!(
            found.iter().any(|finding| finding["area"] == "sudoers"),
            "the rest is looked at"
        );
    }
}

#[test]
fn a_token_that_the_server_does_not_know_is_an_error() {
    let node = Node::sound();
    node.use_token("unknown");
    node.finds(
        5,
        "error",
        "cluster prod",
        &["401", "refresh-token --cluster prod --admin-kubeconfig"],
    );
}

#[test]
fn a_clock_that_differs_is_told_and_one_that_differs_much_is_an_error() {
    let node = Node::on_sandbox();
    for (seconds, status, severity, words) in [
        (120, 0, "warning", ["ahead of", "timedatectl"]),
        (-120, 0, "warning", ["behind", "timedatectl"]),
        (900, 5, "error", ["ahead of", "tokens expire earlier or later"]),
        (-900, 5, "error", ["behind", "tokens expire earlier or later"]),
    ] {
        node.site.cluster.faults().set_clock_skew(seconds);
        node.finds(status, severity, "cluster prod", &words);
    }
}

#[test]
fn a_token_of_another_account_than_the_settings_is_told() {
    let node = Node::sound();
    node.finds(
        0,
        "ok",
        "cluster prod",
        &["root's credentials are those of system:serviceaccount:ondemand:ondemand-"],
    );
    let mark = &node.site.cluster.mark;
    node.edit(
        "clusters.d/prod.yml",
        &format!("ondemand/ondemand-{mark}"),
        "ondemand/other",
    );
    node.finds(
        0,
        "warning",
        "cluster prod",
        &["system:serviceaccount:ondemand:other", "service_account", mark],
    );
}

#[test]
fn one_cluster_that_is_down_does_not_keep_the_others_from_being_looked_at() {
    let node = Node::sound();
    let down = Sandbox::start();
    down.refuse_connections();
    node.site.write(
        "clusters.d/down.yml",
        &node.cluster_file("down").replace(&node.site.cluster.url(), &down.url()),
    );
    node.edit(
        "root.kubeconfig",
        "current-context:",
        "- name: down\n  context: {cluster: down, user: ondemand@kubernetes}\ncurrent-context:",
    );
    node.edit(
        "root.kubeconfig",
        "users:\n",
        &format!("- name: down\n  cluster: {{server: '{}'}}\nusers:\n", down.url()),
    );
    node.finds(5, "error", "cluster down", &["cannot reach", &down.url()]);
    node.finds(5, "ok", "cluster prod", &["Kubernetes v1."]);
    // One entry with one token for two servers: refresh-token could renew it for one of them.
    node.finds(
        5,
        "warning",
        "cluster prod",
        &[
            "a token is valid for only one of them",
            "give each context its own user",
        ],
    );
    node.finds_with(&["--cluster", "prod"], 0, "ok", "cluster prod", &["Kubernetes v1."]);
    node.finds_with(&["--cluster", "prd"], 3, "error", "clusters.d", &["\"prd\"", "prod"]);
}
