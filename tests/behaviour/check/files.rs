//! Root's files: hook.env, clusters.d, the registry file, root's kubeconfig and its token.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::Node;
use crate::support::{documented, jwt, CANARY};

/// How it is broken, the status, and what is found.
type Case = (fn(&Node), i32, &'static str, &'static str, &'static [&'static str]);

fn all_are_found(cases: &[Case]) {
    for (break_it, status, severity, area, words) in cases {
        let node = Node::on_sandbox();
        break_it(&node);
        node.finds(*status, severity, area, words);
    }
}

#[test]
fn what_is_wrong_with_hook_env_is_found() {
    all_are_found(&[
        (
            |node| fs::remove_file(node.site.path("hook.env")).unwrap(),
            3,
            "error",
            "hook.env",
            &["no such file", "hook.env.example"],
        ),
        (
            |node| node.site.set("A=$(hostname)"),
            3,
            "error",
            "hook.env",
            &["command substitution", "write the value itself"],
        ),
        (
            |node| node.site.set("NETWORK_POLICY_ALLOW_CIDR=portal"),
            3,
            "error",
            "hook.env",
            &["portal", "which is not a CIDR"],
        ),
        (
            |node| node.site.set("NETWORK_POLICY_ALLOW_CIDR="),
            3,
            "error",
            "hook.env",
            &["NETWORK_POLICY_ALLOW_CIDR is not set"],
        ),
        (
            |node| node.site.set("MIN_UID=many"),
            3,
            "error",
            "hook.env",
            &["MIN_UID", "whole number"],
        ),
        (
            |node| node.site.set("NAMESPACE_PREFX=x"),
            0,
            "warning",
            "hook.env",
            &["unknown key", "did you mean NAMESPACE_PREFIX"],
        ),
        (
            |node| node.site.set("USE_POD_SECURITY_POLICY=true"),
            0,
            "warning",
            "hook.env",
            &["PodSecurityPolicy was removed from Kubernetes"],
        ),
        (
            |node| node.set_mode("hook.env", 0o666),
            3,
            "error",
            "hook.env",
            &["others can write it", "run: install -m 06"],
        ),
    ]);
}

#[test]
fn secrets_that_others_can_read_are_errors() {
    all_are_found(&[
        (
            |node| {
                node.site.set(&format!("CLIENT_SECRET={CANARY}"));
                node.set_mode("hook.env", 0o644);
            },
            3,
            "error",
            "hook.env",
            &["CLIENT_SECRET", "is readable by others", "chmod 0600"],
        ),
        (
            |node| node.set_mode("registry.json", 0o644),
            3,
            "error",
            "registry file",
            &["is readable by others", "chmod 0600"],
        ),
        (
            |node| node.set_mode("root.kubeconfig", 0o644),
            3,
            "error",
            "kubeconfig",
            &["everybody can read", "chmod 0600"],
        ),
    ]);
}

#[test]
fn a_hook_env_without_a_secret_may_be_read_by_everybody() {
    let node = Node::on_sandbox();
    node.set_mode("hook.env", 0o644);
    node.finds_no("error");
}

#[test]
fn a_client_secret_that_goes_into_users_homes_is_told() {
    let node = Node::on_sandbox();
    node.site.set(&format!("CLIENT_SECRET={CANARY}"));
    node.finds(
        0,
        "warning",
        "credentials",
        &["CLIENT_SECRET", "kubeconfig of every user", "public client", "exchange"],
    );
    node.edit("clusters.d/prod.yml", "type: oidc", "type: managed");
    let (_, found) = node.findings(&[]);
    assert!(
        found
            .iter()
            .all(|finding| !finding["text"].as_str().unwrap().contains("CLIENT_SECRET")),
        "{found:#?}"
    );
}

#[test]
fn what_is_wrong_with_the_registry_file_is_found() {
    all_are_found(&[
        (
            |node| node.site.write("registry.json", "{}"),
            3,
            "error",
            "registry file",
            &["no \"auths\"", "it should look like"],
        ),
        (
            |node| fs::remove_file(node.site.path("registry.json")).unwrap(),
            3,
            "error",
            "registry file",
            &["no such file"],
        ),
    ]);
}

#[test]
fn what_is_wrong_with_clusters_d_is_found() {
    all_are_found(&[
        (
            |node| node.edit("clusters.d/prod.yml", "type: oidc", "type: odic"),
            3,
            "error",
            "clusters.d",
            &["odic", "write oidc"],
        ),
        (
            |node| node.edit("clusters.d/prod.yml", "endpoint: https://", "endpoint: api."),
            3,
            "error",
            "clusters.d",
            &["server.endpoint", "not a URL"],
        ),
        (
            |node| node.site.write("clusters.d/torn.yml", "v2: {job: {adapter: kubernetes"),
            3,
            "error",
            "clusters.d",
            &["torn.yml", "not YAML", "correct it"],
        ),
        (
            |node| node.site.write("clusters.d/torn.yml", "a: ["),
            0,
            "warning",
            "clusters.d",
            &["torn.yml", "marks the cluster as invalid", "correct it"],
        ),
        (
            |node| node.edit("clusters.d/prod.yml", "adapter: kubernetes", "adapter: slurm"),
            0,
            "warning",
            "clusters.d",
            &["no Kubernetes cluster", "adapter: kubernetes"],
        ),
        (
            |node| node.edit("clusters.d/prod.yml", "namespace_prefix: ", "namespace_prefix: other-"),
            0,
            "warning",
            "clusters.d",
            &["namespace_prefix", "NAMESPACE_PREFIX", "set both to the same value"],
        ),
        (
            |node| node.edit("clusters.d/prod.yml", "    namespace_prefix: ", "    other: "),
            0,
            "warning",
            "clusters.d",
            &["NAMESPACE_PREFIX", "dashboard reads only", "write namespace_prefix"],
        ),
        (
            |node| node.site.set("K8S_USERNAME_PREFIX=other-"),
            0,
            "warning",
            "clusters.d",
            &["username_prefix", "K8S_USERNAME_PREFIX"],
        ),
    ]);
}

#[test]
fn a_ca_that_users_kubectl_cannot_use_is_found() {
    all_are_found(&[
        (
            |node| node.set_mode("ca.pem", 0o600),
            3,
            "error",
            "clusters.d",
            &["users cannot read", "ca.pem", "chmod o+r"],
        ),
        (
            |node| node.set_mode("", 0o700),
            3,
            "error",
            "clusters.d",
            &["users cannot read", "ca.pem", "chmod o+x"],
        ),
        (
            |node| {
                node.edit("clusters.d/prod.yml", "ca.pem", "users-ca.pem");
                node.site.write("users-ca.pem", "not PEM");
                node.set_mode("users-ca.pem", 0o644);
            },
            3,
            "error",
            "clusters.d",
            &["users-ca.pem", "no certificate in PEM"],
        ),
        (
            |node| node.edit("clusters.d/prod.yml", "ca.pem", "gone.pem"),
            3,
            "error",
            "clusters.d",
            &["gone.pem", "no such file", "cert_authority_file"],
        ),
    ]);
}

/// Root's kubeconfig with another text.
fn rewrite(node: &Node, change: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(node.site.path("root.kubeconfig")).unwrap();
    node.site.write("root.kubeconfig", &change(text));
}

#[test]
fn what_kubectl_would_refuse_in_roots_kubeconfig_is_told_although_logins_work() {
    all_are_found(&[
        (
            |node| rewrite(node, |text| text.replace("users:\n", "users:\n- name: x\n- name: x\n")),
            0,
            "warning",
            "kubeconfig",
            &[
                "kubectl refuses the whole of",
                "users has two entries called \"x\"",
                "remove one",
            ],
        ),
        (
            |node| rewrite(node, |text| format!("{text}kind: config\n")),
            0,
            "warning",
            "kubeconfig",
            &["kind must be Config"],
        ),
        (
            |node| rewrite(node, |text| text.replace("users:\n", "users:\n- name: 12\n")),
            0,
            "warning",
            "kubeconfig",
            &["has a name that is a number", "put quotes around it"],
        ),
    ]);
}

#[test]
fn a_kubeconfig_that_works_and_cannot_be_written_is_found_before_the_token_ends() {
    let node = Node::on_sandbox();
    rewrite(&node, |text| {
        let parsed: serde_json::Value = ood_k8s::yaml::from_str(&text).unwrap();
        format!("{parsed} x\n")
    });
    node.site.bootstrap(&[]).ok();
    let words = [
        "refresh-token cannot write a new token",
        "goes on behind the end",
        "put --- on a line before it",
    ];
    node.finds(3, "error", "cluster prod", &words);
}

#[test]
fn a_kubeconfig_of_roots_that_cannot_be_used_is_found() {
    all_are_found(&[
        (
            |node| fs::remove_file(node.site.path("root.kubeconfig")).unwrap(),
            3,
            "error",
            "kubeconfig",
            &["no such file"],
        ),
        (
            |node| node.site.write("root.kubeconfig", "users: ["),
            3,
            "error",
            "kubeconfig",
            &["not a kubeconfig"],
        ),
        (
            |node| {
                let trusting = "{insecure-skip-tls-verify: true, server:";
                let text = fs::read_to_string(node.site.path("root.kubeconfig")).unwrap();
                let text = text
                    .replace("{server:", trusting)
                    .replace(", certificate-authority:", ", x:");
                node.site.write("root.kubeconfig", &text);
            },
            3,
            "error",
            "cluster prod",
            &["accepts any certificate", "certificate-authority"],
        ),
        (
            |node| {
                let text = node.site.kubeconfig("https://192.0.2.1:6443", CANARY);
                node.site.write("root.kubeconfig", &text);
            },
            3,
            "error",
            "cluster prod",
            &["no context for", "setup-root"],
        ),
        (
            |node| {
                let text = node.site.kubeconfig(&node.site.cluster.url(), CANARY);
                let token = format!("{{token: '{CANARY}'}}");
                node.site.write("root.kubeconfig", &text.replace(&token, "{}"));
            },
            3,
            "error",
            "cluster prod",
            &["no credentials", "setup-root"],
        ),
    ]);
}

#[test]
fn the_end_of_roots_token_is_looked_at() {
    let node = Node::sound();
    node.finds(0, "ok", "cluster prod", &["token expires in 8h59m"]);
    node.use_token(&node.token(5400));
    node.finds(
        0,
        "warning",
        "cluster prod",
        &["token expires in 1h29m", "refresh-token"],
    );
    let table = node.check(&["--quiet"]).ok().stdout;
    documented::is_shown(
        "docs/src/check.md",
        "warning   OK8S-207   cluster prod   root's token",
        &table,
        &[],
    );
    assert!(table.ends_with(" ok\n"), "{table}");
    node.use_token(&node.token(1800));
    node.finds(8, "error", "cluster prod", &["token expires in 29m", "refresh-token"]);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    node.use_token(&jwt(&json!({ "exp": now - 7200 })));
    node.finds(8, "error", "cluster prod", &["expired 2h0m ago", "--admin-kubeconfig"]);
}

#[test]
fn a_token_without_an_end_is_worse_than_one_that_is_renewed() {
    let node = Node::on_sandbox();
    let account = format!("system:serviceaccount:ondemand:ondemand-{}", node.site.cluster.mark);
    let for_ever = jwt(&json!({ "sub": account }));
    node.site.cluster.faults().add_token(&for_ever, &account, &[]);
    node.use_token(&for_ever);
    node.finds(0, "warning", "cluster prod", &["never expires", "refresh-token"]);
    node.site.cluster.faults().add_token(CANARY, &account, &[]);
    node.use_token(CANARY);
    node.finds(0, "warning", "cluster prod", &["not a JWT", "refresh-token"]);
}
