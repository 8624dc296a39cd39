//! A returning login: nothing is written but the timestamp, and what was changed by hand is put right.

use std::collections::BTreeMap;

use base64::Engine as _;
use serde_json::{json, Value};

use crate::support::{documented, jwt, Run, Site, CANARY};

/// The API requests that a login may cost, with registry secret and reaper binding: a returning one, and a first one, which
/// has asked in vain for six objects when it learns that it is the first.
const MOST_REQUESTS: usize = 8;
const MOST_AT_FIRST: usize = 15;

fn versions(site: &Site) -> BTreeMap<String, Value> {
    let version = |path: String| {
        let object = site
            .cluster
            .object(&path)
            .unwrap_or_else(|| panic!("{path} is not there"));
        (path, object["metadata"]["resourceVersion"].clone())
    };
    site.all_paths().into_iter().map(version).collect()
}

#[test]
fn a_returning_login_writes_nothing_but_the_timestamp() {
    let site = Site::new();
    site.pre_hook().ok();
    let before = versions(&site);
    let annotation = json!({ "metadata": { "annotations": { "openondemand.org/last-hook-execution": "1" } } });
    site.cluster.merge(&site.namespace_path(), &annotation);

    site.pre_hook().ok();

    let mut after = versions(&site);
    let namespace = site.namespace_path();
    assert_ne!(
        after.insert(namespace.clone(), before[&namespace].clone()),
        before.get(&namespace).cloned()
    );
    assert_eq!(after, before);
    let namespace = site.cluster.object(&namespace).unwrap();
    assert_ne!(
        namespace["metadata"]["annotations"]["openondemand.org/last-hook-execution"],
        "1"
    );
}

#[test]
fn a_returning_login_costs_at_most_eight_requests_and_a_first_one_fifteen() {
    let site = Site::new();
    site.pre_hook().ok();
    let first = site.cluster.requests();
    assert!(first.len() <= MOST_AT_FIRST, "{first:?}");
    site.pre_hook().ok();
    let returning = &site.cluster.requests()[first.len()..];
    assert!(returning.len() <= MOST_REQUESTS, "{returning:?}");
    assert_eq!(
        returning.iter().filter(|r| r.method != "GET" && r.status < 300).count(),
        1,
        "one write: {returning:?}"
    );
}

#[test]
fn what_was_changed_by_hand_is_set_right_and_named() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    site.cluster.merge(
        &site.binding("ood-user"),
        &json!({ "subjects": [
            { "kind": "User", "name": site.user, "apiGroup": "rbac.authorization.k8s.io" },
            { "kind": "User", "name": "mallory", "apiGroup": "rbac.authorization.k8s.io" },
        ]}),
    );
    site.cluster.delete(&site.policy());
    let run = site.bootstrap(&["-o", "json"]).done();
    assert!(
        run.stderr.contains("\"mallory\""),
        "who had the user's rights is said: {run:?}"
    );
    let results = run.json();
    let outcomes: BTreeMap<String, String> = results["results"][0]["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| {
            (
                o["name"].as_str().unwrap().to_owned(),
                o["outcome"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    assert_eq!(outcomes[&format!("{}-ood-user", site.user)], "changed");
    assert_eq!(outcomes["deny-from-other-namespaces"], "created");
    assert_eq!(outcomes["registry"], "unchanged");
    let subjects = site.cluster.object(&site.binding("ood-user")).unwrap()["subjects"].clone();
    assert_eq!(subjects.as_array().unwrap().len(), 1, "{subjects}");
}

#[test]
fn a_network_policy_that_was_opened_by_a_selector_is_closed_again() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    let before = site.cluster.object(&site.policy()).unwrap()["spec"].clone();
    let opened = json!({ "spec": { "ingress": [{ "from": [{ "podSelector": {}, "namespaceSelector": {} }] }] } });
    site.cluster.merge(&site.policy(), &opened);
    site.bootstrap(&[]).ok();
    assert_eq!(site.cluster.object(&site.policy()).unwrap()["spec"], before);
}

#[test]
fn pull_secrets_of_others_stay_in_the_service_account() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    site.cluster.merge(
        &site.core("serviceaccounts/default"),
        &json!({ "imagePullSecrets": [{ "name": "theirs" }] }),
    );
    site.bootstrap(&[]).ok();
    let account = site.cluster.object(&site.core("serviceaccounts/default")).unwrap();
    assert_eq!(
        account["imagePullSecrets"],
        json!([{ "name": "theirs" }, { "name": "registry" }])
    );
}

#[test]
fn objects_of_kubectl_apply_are_taken_over_and_lose_the_copy_of_the_password() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    let path = site.core("secrets/registry");
    site.cluster.delete(&path);
    let old = base64::engine::general_purpose::STANDARD
        .encode(format!("{{\"auths\":{{\"old\":{{\"auth\":\"{CANARY}\"}}}}}}"));
    site.cluster.create(&format!("{}?fieldManager=kubectl-client-side-apply", site.core("secrets")), &json!({
        "metadata": { "name": "registry", "annotations": { "kubectl.kubernetes.io/last-applied-configuration": CANARY } },
        "type": "kubernetes.io/dockerconfigjson",
        "data": { ".dockerconfigjson": old },
    }));

    site.bootstrap(&[]).ok();

    let secret = site.cluster.object(&path).unwrap();
    assert!(
        secret["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"].is_null(),
        "{secret}"
    );
    let managers: Vec<_> = secret["metadata"]["managedFields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["manager"].as_str().unwrap())
        .collect();
    assert_eq!(managers, ["ood-k8s"]);
    assert_ne!(secret["data"][".dockerconfigjson"], old.as_str());
}

#[test]
fn a_service_account_that_was_deleted_is_made_again_with_the_pull_secret() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    site.cluster.delete(&site.core("serviceaccounts/default"));
    site.bootstrap(&[]).ok();
    let account = site.cluster.object(&site.core("serviceaccounts/default")).unwrap();
    assert_eq!(account["imagePullSecrets"], json!([{ "name": "registry" }]));
}

#[test]
fn the_log_line_has_the_fields_that_the_book_shows() {
    let site = Site::new();
    site.pre_hook().ok();
    let mut command = site.command_with_tokens(&["pre-hook", "--user", &site.user, "--log-level", "info"]);
    command.env(
        "OOD_OIDC_ACCESS_TOKEN",
        jwt(&json!({ "exp": 9_999_999_999_u64, "sub": "a new one" })),
    );
    let run = Run::of(&mut command).done();
    let line = run.stderr.lines().find(|line| line.contains("msg=login")).unwrap();
    documented::has_the_keys_shown("docs/src/monitoring.md", "level=info msg=login", line);
}
