//! `sync-secret`: files of root's as a Secret in users' namespaces.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use serde_json::{json, Value};

use super::support::{Run, Site, CANARY};

/// A site whose root is the cluster's administrator: the shipped rights are for the pull secret alone.
fn site() -> Site {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    site.write(
        "root.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
    );
    site.write("proxy", &format!("first {CANARY}"));
    site.write("ca.crt", "certificate");
    site
}

impl Site {
    fn sync(&self, more: &[&str]) -> Run {
        Run::of(&mut self.command(&[&["sync-secret", "grid-proxy"], more].concat()))
    }

    fn file(&self, key: &str, name: &str) -> String {
        format!("{key}={}", self.path(name).display())
    }

    fn synced(&self) -> Option<Value> {
        self.cluster.object(&self.core("secrets/grid-proxy"))
    }
}

fn outcome(run: &Run) -> String {
    run.json()["results"][0]["objects"][0]["outcome"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn text(secret: &Value, key: &str) -> String {
    let data = secret["data"][key].as_str().unwrap();
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(data).unwrap()).unwrap()
}

#[test]
fn the_secret_is_made_left_alone_while_equal_and_loses_keys_that_are_gone() {
    let site = site();
    let proxy = site.file("x509up", "proxy");
    let ca = site.path("ca.crt").display().to_string();
    let both = ["--from-file", &proxy, "--from-file", &ca, "-o", "json", &site.user];
    assert_eq!(outcome(&site.sync(&both).ok()), "created");
    let made = site.synced().unwrap();
    assert_eq!(
        (text(&made, "x509up"), text(&made, "ca.crt")),
        (format!("first {CANARY}"), "certificate".into())
    );
    assert_eq!(made["type"], "Opaque");

    assert_eq!(outcome(&site.sync(&both).ok()), "unchanged");
    assert_eq!(
        site.synced().unwrap()["metadata"]["resourceVersion"],
        made["metadata"]["resourceVersion"]
    );

    site.cluster.merge(
        &site.core("secrets/grid-proxy"),
        &json!({ "metadata": { "labels": { "team": "x" } }, "data": { "stray": "eA==" } }),
    );
    site.write("proxy", &format!("second {CANARY}"));
    assert_eq!(
        outcome(&site.sync(&["--from-file", &proxy, "-o", "json", &site.user]).ok()),
        "changed"
    );
    let changed = site.synced().unwrap();
    assert_eq!(
        changed["data"].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["x509up"],
        "no stale key"
    );
    assert_eq!(text(&changed, "x509up"), format!("second {CANARY}"));
    assert_eq!(
        changed["metadata"]["labels"]["team"], "x",
        "labels are whoever's they are"
    );
}

#[test]
fn a_dry_run_says_what_would_be_and_changes_nothing() {
    let site = site();
    let proxy = site.file("x509up", "proxy");
    let args = ["--from-file", &proxy, "-o", "json", "--dry-run", &site.user];
    assert_eq!(outcome(&site.sync(&args).ok()), "created");
    assert!(site.synced().is_none());
}

#[test]
fn a_namespace_of_nobodys_can_be_named() {
    let site = site();
    let name = format!("web-{}", site.cluster.mark);
    site.cluster
        .create("/api/v1/namespaces", &json!({ "metadata": { "name": name } }));
    let ca = site.path("ca.crt").display().to_string();
    site.sync(&["--from-file", &ca, "--namespace", &name]).ok();
    assert!(site
        .cluster
        .object(&format!("/api/v1/namespaces/{name}/secrets/grid-proxy"))
        .is_some());
}

#[test]
fn every_failure_is_told_and_the_rest_is_done() {
    let site = site();
    let ca = site.path("ca.crt").display().to_string();
    let run = site.sync(&["--from-file", &ca, "nobody-here", &site.user, "also-nobody"]);
    assert_eq!(run.status, 4, "{run:?}");
    assert_eq!(run.stderr.lines().count(), 2, "{}", run.stderr);
    assert!(site.synced().is_some());
}

#[test]
fn a_type_is_not_changed_unless_the_secret_shall_be_replaced() {
    let site = site();
    let ca = site.path("ca.crt").display().to_string();
    site.sync(&["--from-file", &ca, &site.user]).ok();
    let typed = ["--from-file", &ca, "--type", "example.org/ca", &site.user];
    site.sync(&typed).fails(5, &["has the type \"Opaque\"", "--replace"]);
    site.sync(&[&typed[..], &["--replace"]].concat()).ok();
    assert_eq!(site.synced().unwrap()["type"], "example.org/ca");
}

#[test]
fn an_immutable_secret_is_told_unless_it_holds_all_already_or_shall_be_replaced() {
    let site = site();
    let ca = site.file("k", "ca.crt");
    let args = ["--from-file", &ca, &site.user];
    site.sync(&args).ok();
    site.cluster
        .merge(&site.core("secrets/grid-proxy"), &json!({ "immutable": true }));
    site.sync(&args).ok();
    site.write("ca.crt", "another");
    site.sync(&args).fails(5, &["is marked immutable", "--replace"]);
    site.sync(&[&args[..], &["--replace"]].concat()).ok();
    assert_eq!(text(&site.synced().unwrap(), "k"), "another");
}

#[test]
fn the_copy_that_kubectl_apply_keeps_of_the_old_content_goes() {
    let site = site();
    let ca = site.file("k", "ca.crt");
    let args = ["--from-file", &ca, &site.user];
    site.sync(&args).ok();
    let copy = json!({ "kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{\"k\":\"b2xk\"}}" });
    site.cluster.merge(
        &site.core("secrets/grid-proxy"),
        &json!({ "metadata": { "annotations": copy } }),
    );
    site.sync(&args).ok();
    assert!(!site.synced().unwrap().to_string().contains("b2xk"));
}

#[test]
fn the_shipped_rights_are_for_named_secrets_alone() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    site.write("file", "x");
    let file = site.file("k", "file");
    site.sync(&["--from-file", &file, &site.user])
        .fails(5, &["not allowed to", "cluster-roles"]);
}

#[test]
fn what_cannot_be_right_reaches_no_cluster() {
    let site = site();
    let before = site.cluster.requests().len();
    let proxy = site.file("k", "proxy");
    site.sync(&["--from-file", &proxy])
        .fails(2, &["user names, --all or --namespace"]);
    site.sync(&["--from-file", &proxy, "--from-file", &proxy, &site.user])
        .fails(2, &["two files have the same key"]);
    site.sync(&["--from-file", "/nonexistent/x", &site.user])
        .fails(3, &["no such file"]);
    fs::set_permissions(site.path("proxy"), fs::Permissions::from_mode(0o602)).unwrap();
    site.sync(&["--from-file", &proxy, &site.user])
        .fails(3, &["others can write it"]);
    for bad in ["a b=/x", "=/x", "..=/x", "k="] {
        let run = site.sync(&["--from-file", bad, &site.user]);
        assert!(run.status == 2 && run.stderr.contains("KEY=PATH"), "{bad}: {run:?}");
    }
    site.write("large", &"x".repeat(1024 * 1024 + 1));
    let large = site.file("k", "large");
    site.sync(&["--from-file", &large, &site.user])
        .fails(2, &["larger than 1 MiB"]);
    assert_eq!(site.cluster.requests().len(), before);
}
