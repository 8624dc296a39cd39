//! What is found of the installation.

use ood_k8s_sandbox::{Fault, Sandbox};
use serde_json::{json, Value};

use super::{bind, bind_everywhere, findings, finds, site, site_on, subject, with_code, RBAC};
use crate::support::{jwt, Cluster, Run};

#[test]
fn those_who_are_not_logged_in_have_what_kubernetes_gives_them_and_nothing_else() {
    let site = site();
    assert_eq!(with_code(&site, "OK8S-801"), [Value::Null; 0], "{:#?}", findings(&site));
    for who in [
        subject("User", "system:anonymous"),
        subject("Group", "system:unauthenticated"),
    ] {
        bind_everywhere(&site, "open", "system:discovery", &json!([who]));
        let words = [
            "ClusterRoleBinding \"open\" gives the role \"system:discovery\"",
            "not logged in",
        ];
        finds(&site, "OK8S-801", "error", "cluster prod", &words);
        site.cluster.delete(&format!("{RBAC}/clusterrolebindings/open"));
    }
    bind(&site, "open", "view", &json!([subject("User", "system:anonymous")]));
    let place = format!("RoleBinding \"open\" in \"{}\"", site.namespace());
    finds(&site, "OK8S-801", "error", "cluster prod", &[&place]);
}

#[test]
fn the_policies_that_bound_roots_account_are_missed() {
    let site = site();
    let words = [
        "validatingadmissionpolicy/ondemand, ",
        "validatingadmissionpolicybinding/ondemand-token",
        "kubectl apply -f",
    ];
    finds(&site, "OK8S-804", "warning", "cluster prod", &words);
    assert_eq!(with_code(&site, "OK8S-331"), [Value::Null; 0]);
}

#[test]
fn a_token_of_roots_that_lives_long_or_forever_is_found() {
    let site = site();
    let token = |claims: &Value| {
        let kubeconfig = site.kubeconfig(&site.cluster.url(), &jwt(claims));
        site.write("root.kubeconfig", &kubeconfig);
    };
    let now = 1_800_000_000;
    token(&json!({ "iat": now, "exp": now + 24 * 3600 }));
    assert_eq!(with_code(&site, "OK8S-803"), [Value::Null; 0]);
    token(&json!({ "iat": now, "exp": now + 30 * 24 * 3600 }));
    finds(
        &site,
        "OK8S-803",
        "warning",
        "cluster prod",
        &["lives for 30d", "refresh-token"],
    );
    token(&json!({ "iat": now }));
    finds(&site, "OK8S-208", "warning", "cluster prod", &["never expires"]);
}

#[test]
fn a_secret_with_a_token_of_roots_account_is_found() {
    let site = site();
    let account = site.cluster.account();
    let own = format!("  custom:\n    ood_k8s:\n      service_account: {account}\n");
    let file = site.cluster_file("prod", &site.cluster.url(), "oidc");
    site.write("clusters.d/prod.yml", &format!("{file}{own}"));
    let secret = json!({
        "metadata": { "name": "root-token", "annotations": { "kubernetes.io/service-account.name": account.name } },
        "type": "kubernetes.io/service-account-token",
    });
    site.cluster
        .create(&format!("/api/v1/namespaces/{}/secrets", account.namespace), &secret);
    finds(
        &site,
        "OK8S-802",
        "warning",
        "cluster prod",
        &["\"root-token\"", "never ends"],
    );
}

#[test]
fn roots_own_account_says_what_it_may_not_look_at_and_looks_at_the_rest() {
    let site = site();
    let run = Run::of(&mut site.command(&["audit", "-o", "json", "-q"]));
    let found = run.json();
    let found = found["findings"].as_array().unwrap();
    let hidden: Vec<_> = found
        .iter()
        .filter(|it| it["code"] == "OK8S-902")
        .map(|it| it["text"].to_string())
        .collect();
    for resource in ["pods", "Secrets", "networkpolicies", "clusterrolebindings"] {
        assert!(
            hidden.iter().any(|text| text.contains(resource)),
            "{resource}: {hidden:#?}"
        );
    }
    assert!(hidden.iter().all(|text| !text.contains("missing")), "{hidden:#?}");
    let is_drift = |it: &&Value| it["code"] == "OK8S-709";
    assert_eq!(
        found.iter().find(is_drift),
        None,
        "what could not be listed is not missing"
    );
    assert_eq!(run.status, 0, "{run:?}");
}

#[test]
fn a_cluster_that_does_not_answer_is_an_error() {
    let site = site_on(Cluster::sandbox(Sandbox::start()));
    let fault = Fault::status(500).on("GET", "/api/v1/namespaces");
    site.cluster.faults().fail(fault);
    site.set("HOOK_TIMEOUT=2s");
    let found = findings(&site);
    let of_cluster: Vec<_> = found.iter().filter(|it| it["area"] == "cluster prod").collect();
    assert!(of_cluster.iter().any(|it| it["severity"] == "error"), "{found:#?}");
}
