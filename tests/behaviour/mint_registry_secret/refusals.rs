//! What is refused: someone else's namespace, a secret of another type, settings and files that cannot be used.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use serde_json::json;

use super::outcomes;
use crate::support::{Site, CANARY};

#[test]
fn a_namespace_that_is_not_the_users_does_not_get_the_password() {
    let site = Site::new();
    let name = &site.user;
    site.mint_secret(&[name])
        .fails(4, &["it does not exist", &format!("ood-k8s bootstrap-user {name}")]);
    site.make_namespace(&site.namespace(), None);
    site.mint_secret(&[name]).fails(4, &["it is unclaimed"]);
    site.cluster.merge(
        &site.namespace_path(),
        &json!({ "metadata": { "annotations": { "openondemand.org/owner": "other" } } }),
    );
    site.mint_secret(&[name]).fails(4, &["it belongs to user \"other\""]);
    site.mint_secret(&["a/b"]).fails(4, &["a/b"]);
    assert!(site.cluster.object(&site.core("secrets/registry")).is_none());
}

#[test]
fn a_secret_of_another_type_is_left_alone_unless_it_shall_be_replaced() {
    let site = Site::new();
    site.set("IMAGE_PULL_SECRET=");
    site.bootstrap(&[]).ok();
    site.cluster.create(
        &site.core("secrets"),
        &json!({ "metadata": { "name": "registry" }, "type": "Opaque" }),
    );
    site.set("IMAGE_PULL_SECRET=registry");
    site.mint_secret(&[&site.user])
        .fails(5, &["has the type \"Opaque\"", "--replace"]);
    site.bootstrap(&[]).fails(5, &["has the type \"Opaque\"", "--replace"]);
    site.mint_secret(&[&site.user, "--replace"]).fails(
        5,
        &["not allowed to delete", "administrator's kubeconfig with --kubeconfig"],
    );
    site.write(
        "root.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
    );
    let run = site
        .mint_secret(&[&site.user, "--replace", "--dry-run", "-o", "json"])
        .ok();
    assert_eq!(outcomes(&run)[0].1, "changed");
    assert_eq!(
        site.cluster.object(&site.core("secrets/registry")).unwrap()["type"],
        "Opaque"
    );
    site.mint_secret(&[&site.user, "--replace"]).ok();
    let secret = site.cluster.object(&site.core("secrets/registry")).unwrap();
    assert_eq!(secret["type"], "kubernetes.io/dockerconfigjson");
}

#[test]
fn what_is_wrong_with_the_settings_or_the_file_reaches_no_cluster() {
    let site = Site::new();
    let name = &site.user;
    site.mint_secret(&[]).fails(2, &["user names or --all", "--write FILE"]);
    site.write("registry.json", "{\"auths\":{}}");
    site.mint_secret(&[name])
        .fails(3, &["is not a docker configuration", "registry.json"]);
    for (auth, words) in [
        (CANARY.to_owned(), "not base64"),
        (
            base64::engine::general_purpose::STANDARD.encode("robot:"),
            "password is empty",
        ),
    ] {
        site.write(
            "registry.json",
            &json!({ "auths": { "r.example.org": { "auth": auth } } }).to_string(),
        );
        site.mint_secret(&[name])
            .fails(3, &["r.example.org", words, "--remove"]);
    }
    site.write("registry.json", "{}");
    site.mint_secret(&[name]).fails(3, &["is not a docker configuration"]);
    site.write_password(CANARY);
    fs::set_permissions(site.path("registry.json"), fs::Permissions::from_mode(0o644)).unwrap();
    site.mint_secret(&[name])
        .fails(3, &["others can read it", "chmod 0600"]);
    site.set("REGISTRY_DOCKER_CONFIG_JSON=");
    site.mint_secret(&[name])
        .fails(3, &["REGISTRY_DOCKER_CONFIG_JSON is not set"]);
    site.set("IMAGE_PULL_SECRET=");
    site.mint_secret(&["--all", "--dry-run"])
        .fails(3, &["IMAGE_PULL_SECRET is not set"]);
    site.mint_secret(&[name]).fails(3, &["IMAGE_PULL_SECRET is not set"]);
    assert_eq!(site.cluster.requests().len(), 0);
}

#[test]
fn an_account_without_rights_is_told_which_it_lacks() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    site.write_password(CANARY);
    let binding = format!(
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/{}",
        site.cluster.account().name
    );
    site.cluster.delete(&binding);
    site.mint_secret(&[&site.user])
        .fails(5, &["not allowed to get", "ood-k8s check"]);
}
