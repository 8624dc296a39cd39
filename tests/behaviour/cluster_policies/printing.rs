//! What `cluster-policies` prints: for a version without a cluster, for the clusters' version, and never something broken.

use serde_json::{json, Value};

use super::{names, print, with_profiles};
use crate::support::Site;

#[test]
fn for_a_version_that_is_given_no_cluster_is_asked() {
    let site = with_profiles(Site::new());
    std::fs::remove_file(site.path("root.kubeconfig")).unwrap();
    let yaml = print(&site, &["--kubernetes", "1.30"]).ok().stdout;
    let old: Vec<Value> = ood_k8s::yaml::documents(&yaml).unwrap();
    let list = print(&site, &["--kubernetes", "v1.36.3", "-o", "json"]).ok().json();
    let new = list["items"].as_array().unwrap();
    assert_eq!((old.len(), new.len()), (16, 18));
    assert!(!names(&old).iter().any(|name| name.contains("Mutating")));
    assert!(names(new).contains(&"MutatingAdmissionPolicyBinding/ondemand-pod-defaults".to_owned()));
    assert!(
        yaml.contains("/scratch") && yaml.contains("nfs.example.org:/export"),
        "{yaml}"
    );
    let pods = new.iter().rfind(|body| body["metadata"]["name"] == "ondemand-pods");
    assert_eq!(pods.unwrap()["spec"]["validationActions"], json!(["Audit"]));
    let account = site.cluster.account();
    let other = print(
        &site,
        &[
            "--kubernetes",
            "1.36",
            "--mode",
            "deny",
            "--service-account",
            &account.to_string(),
        ],
    );
    assert!(other.ok().stdout.contains(&account.username()));
    assert!(site.cluster.requests().is_empty());
}

#[test]
fn without_a_version_it_is_that_of_the_cluster_and_an_old_one_has_no_policies() {
    let site = with_profiles(Site::new());
    let printed = print(&site, &["-o", "json"]).ok().json();
    assert!(printed["items"].as_array().unwrap().len() >= 16);
    assert_eq!(site.cluster.requests().len(), 1, "{:?}", site.cluster.requests());
    let usage = print(&site, &["--kubernetes", "1.29"]);
    assert_eq!(usage.status, 2, "{usage:?}");
    assert!(usage.stderr.contains("1.30 and newer"), "{usage:?}");
    std::fs::remove_file(site.path("root.kubeconfig")).unwrap();
    print(&site, &[]).fails(3, &["root.kubeconfig", "no such file"]);
}

#[test]
fn a_profiles_file_that_says_something_else_prints_nothing() {
    let site = with_profiles(Site::new());
    let args = ["--kubernetes", "1.36"];
    for (text, words) in [
        ("version: 1\npolicies:\n  hostPath: [/home]\n", [":3:", "hostPath"]),
        ("version: 1\npolicies:\n  hostPaths: [/]\n", [":3:", "absolute path"]),
        (
            "version: 1\npolicies:\n  nfs: [here]\n",
            [":3:", "nfs.example.org:/export"],
        ),
        ("version: 7\n", ["version is 7", "version 1"]),
        ("version: 1\npolicies: [", ["k8s-profiles.yml", ":"]),
        ("", ["k8s-profiles.yml", ":"]),
    ] {
        site.write("k8s-profiles.yml", text);
        let run = print(&site, &args).fails(3, &words);
        assert_eq!(run.stdout, "", "{text}");
    }
    std::fs::remove_file(site.path("k8s-profiles.yml")).unwrap();
    print(&site, &args).fails(3, &["no such file", "PROFILES_FILE"]);
    site.set("PROFILES_FILE=k8s-profiles.yml");
    print(&site, &args).fails(3, &["PROFILES_FILE", "absolute path"]);
    site.set("PROFILES_FILE=");
    let without = print(&site, &args).done();
    assert!(without.stderr.contains("PROFILES_FILE"), "{without:?}");
}
