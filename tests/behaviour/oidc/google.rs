//! Google's clusters, and clusters whose kubeconfig is someone else's affair.

use serde_json::json;

use crate::support::{Realm, Run};

fn gke(realm: &Realm, endpoint: &str, more: &str) {
    let file = realm.site.cluster_file("prod", endpoint, "gke");
    realm.site.write("clusters.d/prod.yml", &format!("{file}{more}"));
}

#[test]
fn a_gke_cluster_gets_the_entry_that_gcloud_would_leave() {
    let realm = Realm::new("");
    gke(
        &realm,
        &realm.site.cluster.url(),
        "      svc_acct_file: /etc/gke/key.json\n      zone: europe-west1-b\n",
    );
    // It needs no token from OnDemand.
    Run::of(&mut realm.site.command(&["pre-hook", "--user", &realm.site.user])).ok();
    assert_eq!(
        realm.entry(),
        json!({ "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "gke-gcloud-auth-plugin",
            "args": ["--use_application_default_credentials"],
            "env": [{ "name": "GOOGLE_APPLICATION_CREDENTIALS", "value": "/etc/gke/key.json" }],
            "installHint": realm.entry()["exec"]["installHint"],
            "interactiveMode": "Never",
            "provideClusterInfo": true,
        }})
    );
    let kubeconfig = realm.site.user_kubeconfig().unwrap();
    assert_eq!(kubeconfig["clusters"][0]["cluster"]["server"], realm.site.cluster.url());
    assert_eq!(
        kubeconfig["contexts"][0]["context"]["namespace"],
        realm.site.namespace()
    );
}

#[test]
fn a_gke_cluster_beside_one_of_oidc_is_written_even_where_the_tokens_are_missing() {
    let realm = Realm::new("");
    gke(&realm, &realm.site.cluster.url(), "");
    realm.site.write(
        "clusters.d/test.yml",
        &realm.site.cluster_file("test", &realm.site.cluster.url(), "oidc"),
    );
    Run::of(&mut realm.site.command(&["set-creds", &realm.site.user])).fails(6, &["OOD_OIDC_ACCESS_TOKEN"]);
    assert_eq!(realm.entry()["exec"]["command"], "gke-gcloud-auth-plugin");
}

#[test]
fn without_an_endpoint_and_for_managed_clusters_the_kubeconfig_is_left_alone() {
    let realm = Realm::new("");
    let file = realm.site.cluster_file("prod", &realm.site.cluster.url(), "gke");
    let without: Vec<_> = file.lines().filter(|line| !line.contains("endpoint:")).collect();
    realm.site.write("clusters.d/prod.yml", &without.join("\n"));
    realm.set_creds(&realm.log_in()).done();
    assert!(realm.site.user_kubeconfig().is_none());
    realm.site.write(
        "clusters.d/prod.yml",
        &realm.site.cluster_file("prod", &realm.site.cluster.url(), "managed"),
    );
    realm.set_creds(&realm.log_in()).done();
    assert!(realm.site.user_kubeconfig().is_none());
}
