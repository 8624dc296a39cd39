//! Which clusters and users are worked on, and for which clusters the kubeconfig is left alone.

use crate::support::{Run, Site};

#[test]
fn without_a_kubernetes_cluster_in_clusters_d_roots_current_context_is_worked_on() {
    let site = Site::new();
    std::fs::remove_file(site.path("clusters.d/prod.yml")).unwrap();
    let shown = Run::of(&mut site.command(&["config", "show", "-o", "json"]))
        .ok()
        .json();
    assert_eq!(shown["clusters"][0]["config_file"], "~/.kube/config");
    assert_eq!(shown["clusters"][0]["auth"], "oidc");
    site.bootstrap(&[]).ok();
    assert!(site.cluster.object(&site.namespace_path()).is_some());
}

#[test]
fn one_failing_user_does_not_stop_the_others() {
    let site = Site::new();
    let run = Run::of(&mut site.command(&["bootstrap-user", "no-such-user", &site.user, "-o", "json"]));
    let run = run.fails(4, &["no-such-user", "getent passwd"]);
    let results = run.json()["results"].as_array().unwrap().clone();
    let of = |name: &str| results.iter().find(|result| result["user"] == name).unwrap().clone();
    assert!(of("no-such-user")["error"].as_str().unwrap().contains("getent"));
    assert_eq!(of(&site.user)["objects"].as_array().unwrap().len(), 7);
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
}

#[test]
fn a_cluster_that_says_nothing_of_auth_leaves_the_kubeconfig_alone() {
    let site = Site::new();
    let file = site.cluster_file("prod", &site.cluster.url(), "oidc");
    let file = file.replace("    auth:\n      type: oidc\n", "");
    site.write("clusters.d/prod.yml", &file);
    Run::of(&mut site.command(&["pre-hook", "--user", &site.user])).ok();
    assert!(site.user_kubeconfig().is_none());
}

#[test]
fn one_cluster_of_several_can_be_named() {
    let site = Site::new();
    site.write(
        "clusters.d/other.yml",
        &site.cluster_file("other", "https://other.example.org", "oidc"),
    );
    site.bootstrap(&["--cluster", "prod"]).ok();
    site.bootstrap(&["--cluster", "other"])
        .fails(3, &["https://other.example.org"]);
}

#[test]
fn managed_clusters_leave_the_kubeconfig_alone() {
    let site = Site::new();
    site.write(
        "clusters.d/prod.yml",
        &site.cluster_file("prod", &site.cluster.url(), "managed"),
    );
    Run::of(&mut site.command(&["pre-hook", "--user", &site.user])).ok();
    assert!(site.user_kubeconfig().is_none());
    assert!(site.cluster.object(&site.namespace_path()).is_some());
}
