//! First and returning logins with declared secrets, and what becomes of one that changes or goes.

use serde_json::{json, Value};

use super::{applied, content, declare, handed_out, proxy, secret, site, ALL};
use crate::support::{of_method, refuse_by_policies, requests_of, returning_login_writes_nothing, Run};

#[test]
fn a_first_login_hands_them_out_and_the_next_one_writes_nothing() {
    let site = site(ALL);
    let first = requests_of(&site, || drop(site.bootstrap(&[]).ok()));
    assert_eq!(handed_out(&site).unwrap(), content(&site, "x509up"));
    let ca = secret(&site, "site-ca").unwrap();
    assert_eq!(
        (ca["type"].as_str(), ca["data"].as_object().unwrap().len()),
        (Some("Opaque"), 1)
    );
    assert_eq!(applied(&site), "Secret/grid-proxy Secret/site-ca");
    // Beside the others, and each is one request.
    assert_eq!(of_method(&first, "PATCH"), 1 + 5 + 2, "{first:?}");
    returning_login_writes_nothing(&site, 5 + 2);
}

#[test]
fn a_user_whom_no_section_with_secrets_is_about_gets_none_and_no_file_is_read() {
    let site = site("version: 1\nprofiles:\n- groups: [no-such-group]\n  secrets: [proxy]\n");
    std::fs::remove_file(site.path("x509up")).unwrap();
    let requests = requests_of(&site, || drop(site.bootstrap(&[]).ok()));
    assert!(
        requests.iter().all(|(_, path)| !path.contains("grid-proxy")),
        "{requests:?}"
    );
    assert_eq!(applied(&site), json!(null));
}

#[test]
fn a_renewed_file_is_handed_out_at_the_next_login_and_the_secret_gets_exactly_its_keys() {
    let site = site(ALL);
    site.bootstrap(&[]).ok();
    let stray = json!({ "metadata": { "labels": { "team": "x" } }, "data": { "stray": "eA==" } });
    site.cluster.merge(&site.core("secrets/grid-proxy"), &stray);
    site.write("x509up", &proxy(48));
    site.bootstrap(&[]).ok();
    assert_eq!(handed_out(&site).unwrap(), content(&site, "x509up"));
    let live = secret(&site, "grid-proxy").unwrap();
    assert_eq!(live["data"].as_object().unwrap().len(), 1, "no stale key");
    assert_eq!(live["metadata"]["labels"]["team"], "x", "labels are whoever's they are");
    returning_login_writes_nothing(&site, 5 + 2);
    site.cluster.delete(&site.core("secrets/grid-proxy"));
    site.bootstrap(&[]).ok();
    assert_eq!(
        handed_out(&site).unwrap(),
        content(&site, "x509up"),
        "deleted ones come back"
    );
}

#[test]
fn one_that_no_section_asks_for_any_more_is_taken_away() {
    let site = site(ALL);
    site.bootstrap(&[]).ok();
    site.write("k8s-profiles.yml", "version: 1\nprofiles:\n- secrets: [ca]\n");
    site.bootstrap(&[]).ok();
    assert!(secret(&site, "grid-proxy").is_none() && secret(&site, "site-ca").is_some());
    assert_eq!(applied(&site), "Secret/site-ca");
    site.write(
        "k8s-profiles.yml",
        "version: 1\nprofiles:\n- secrets: [ca]\n- secrets: null\n",
    );
    site.bootstrap(&[]).ok();
    assert!(secret(&site, "site-ca").is_none());
    assert_eq!(applied(&site), Value::Null);
}

#[test]
fn a_secret_that_has_become_the_registry_password_stays() {
    let site = site(ALL);
    site.bootstrap(&[]).ok();
    site.write("k8s-profiles.yml", "version: 1\nprofiles: [{}]\n");
    site.cluster.delete(&site.core("secrets/grid-proxy"));
    site.set("IMAGE_PULL_SECRET=grid-proxy");
    site.grant_profiles();
    Run::of(&mut site.command(&["mint-registry-secret", &site.user])).done();
    assert!(applied(&site).as_str().unwrap().contains("Secret/grid-proxy"));
    site.bootstrap(&[]).ok();
    let live = secret(&site, "grid-proxy").unwrap();
    assert_eq!(live["type"], "kubernetes.io/dockerconfigjson");
    assert_eq!((secret(&site, "site-ca"), applied(&site)), (None, Value::Null));
}

#[test]
fn one_that_the_user_made_stays_theirs_and_the_rest_is_done() {
    let site = site("version: 1\n");
    site.bootstrap(&[]).ok();
    let theirs = json!({ "metadata": { "name": "grid-proxy" }, "data": { "mine": "eA==" } });
    site.cluster.create(&site.core("secrets"), &theirs);
    site.write("k8s-profiles.yml", ALL);
    site.grant_profiles();
    let run = site.bootstrap(&[]);
    run.fails(
        5,
        &["Secret grid-proxy", "no login did", "kubectl delete secret grid-proxy"],
    );
    assert_eq!(secret(&site, "grid-proxy").unwrap()["data"], json!({ "mine": "eA==" }));
    assert!(secret(&site, "site-ca").is_some());
    site.write("k8s-profiles.yml", "version: 1\nprofiles:\n- secrets: [ca]\n");
    site.bootstrap(&[]).ok();
    assert!(secret(&site, "grid-proxy").is_some(), "nor is it deleted");
}

#[test]
fn one_that_an_administrator_looks_after_is_neither_written_nor_deleted() {
    let site = site(ALL);
    site.bootstrap(&[]).ok();
    let before = handed_out(&site);
    let theirs = json!({ "metadata": { "annotations": { "openondemand.org/hands-off": "true" } } });
    site.cluster.merge(&site.core("secrets/grid-proxy"), &theirs);
    site.write("x509up", &proxy(48));
    site.bootstrap(&[]).ok();
    assert_eq!(handed_out(&site), before);
    site.write("k8s-profiles.yml", "version: 1\nprofiles:\n- secrets: [ca]\n");
    site.bootstrap(&[]).ok();
    assert_eq!(handed_out(&site), before);
}

#[test]
fn the_account_has_rights_to_these_names_alone_and_check_says_which_are_missing() {
    let site = site(ALL);
    let rules = || {
        let name = format!("{}-profiles", site.cluster.account().name);
        let role = site
            .cluster
            .object(&format!("/apis/rbac.authorization.k8s.io/v1/clusterroles/{name}"));
        role.unwrap()["rules"].as_array().unwrap().clone()
    };
    let of_secrets = |rule: &&Value| rule["resources"] == json!(["secrets"]);
    let wanted = json!({ "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["grid-proxy", "site-ca"], "verbs": ["get", "create", "patch", "delete"] });
    assert_eq!(rules().iter().filter(of_secrets).collect::<Vec<_>>(), [&wanted]);
    declare(&site, "ca", "name: other\n", &[("ca.crt", "site-ca.pem")]);
    let found = || Run::of(&mut site.command(&["check", "--cluster", "prod"])).stdout;
    assert!(found().contains("create secrets other"), "{}", found());
    site.grant_profiles();
    assert!(!found().contains("secrets other"));
}

#[test]
fn the_policy_for_the_account_lets_it_write_and_delete_them_in_users_namespaces_alone() {
    if !std::env::var("OOD_K8S_TEST_API").is_ok_and(|api| api == "real") {
        // The sandbox runs no admission.
        return;
    }
    let site = site(ALL);
    let tls = json!({ "metadata": { "name": "grid-proxy" } });
    site.cluster.create("/api/v1/namespaces/default/secrets", &tls);
    refuse_by_policies(&site);
    let ask = |method: &str, namespace: &str, kind: &str| {
        let path =
            format!("/api/v1/namespaces/{namespace}/secrets/grid-proxy?fieldManager=ood-k8s&force=true&dryRun=All");
        let path = if method == "DELETE" {
            path.replace("fieldManager=ood-k8s&force=true&", "")
        } else {
            path
        };
        let body = json!({ "apiVersion": "v1", "kind": "Secret", "type": kind, "metadata": { "name": "grid-proxy" } });
        let body = (method == "PATCH").then_some(("application/apply-patch+yaml", &body));
        let (status, answer) = site.cluster.ask_as(&site.cluster.ondemand_token(), method, &path, body);
        (status, answer["message"].as_str().unwrap_or_default().to_owned())
    };
    // It is in force a moment later.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !ask("DELETE", "default", "").1.contains("not one of OnDemand's") {
        assert!(std::time::Instant::now() < end, "{:?}", ask("DELETE", "default", ""));
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert!(ask("PATCH", "default", "Opaque").1.contains("not one of OnDemand's"));
    site.bootstrap(&[]).ok();
    let own = site.namespace();
    assert_eq!(ask("PATCH", &own, "Opaque").0, 200);
    assert_eq!(ask("DELETE", &own, "").0, 200);
    site.cluster.delete(&site.core("secrets/grid-proxy"));
    let (status, message) = ask("PATCH", &own, "example.org/other");
    assert!(
        status == 403 && message.contains("those that the site declares"),
        "{status} {message}"
    );
    site.write("k8s-profiles.yml", "version: 1\nprofiles:\n- secrets: [proxy]\n");
    site.bootstrap(&[]).ok();
    assert!(secret(&site, "site-ca").is_none() && handed_out(&site).is_some());
}
