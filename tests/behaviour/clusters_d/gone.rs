//! Clusters that have left clusters.d: what we wrote for them goes, and nothing else.

use std::fs;

use serde_json::Value;

use crate::support::Site;

fn add_second(site: &Site, own: &str) {
    let file = site.cluster_file("second", &site.cluster.url(), "oidc");
    site.write("clusters.d/second.yml", &format!("{file}{own}"));
}

fn names(site: &Site, list: &str) -> Vec<String> {
    let kubeconfig = site.user_kubeconfig().unwrap();
    let items = kubeconfig[list].as_array().unwrap().clone();
    items
        .iter()
        .map(|item| item["name"].as_str().unwrap().to_owned())
        .collect()
}

fn everything(site: &Site) -> Vec<String> {
    ["clusters", "contexts", "users"]
        .iter()
        .flat_map(|list| names(site, list))
        .collect()
}

fn user_entry(site: &Site, id: &str) -> String {
    format!("{id}-{}", site.user)
}

#[test]
fn the_next_login_takes_away_what_was_written_for_a_cluster_that_is_gone() {
    let site = Site::new();
    add_second(&site, "");
    site.pre_hook().ok();
    assert_eq!(everything(&site).len(), 6);
    let text = fs::read_to_string(site.path("home/config")).unwrap();
    let mine = "- name: mine\n  cluster: {server: https://mine.example.org}\n";
    let text = text
        .replace("current-context: ood-prod", "current-context: ood-second")
        .replace("clusters:\n", &format!("clusters:\n{mine}"));
    site.write_home("config", &text);
    fs::remove_file(site.path("clusters.d/second.yml")).unwrap();
    site.pre_hook().ok();
    assert_eq!(
        everything(&site),
        ["mine", "ood-prod", "ood-prod", &user_entry(&site, "prod")]
    );
    let kubeconfig = site.user_kubeconfig().unwrap();
    assert_eq!(kubeconfig["current-context"], "ood-prod");
    let before = fs::read_to_string(site.path("home/config")).unwrap();
    site.bootstrap(&[]).ok();
    assert_eq!(fs::read_to_string(site.path("home/config")).unwrap(), before);
}

#[test]
fn its_cached_token_goes_too_and_those_of_the_others_stay() {
    let site = Site::new();
    site.set("CREDENTIALS=exec");
    add_second(&site, "");
    site.pre_hook().ok();
    let token = |id: &str| site.path(&format!("home/cache/ood-k8s/{id}.json"));
    assert!(token("prod").exists() && token("second").exists());
    fs::write(token("mine"), "x").unwrap();
    fs::remove_file(site.path("clusters.d/second.yml")).unwrap();
    site.pre_hook().ok();
    assert!(token("prod").exists() && token("mine").exists() && !token("second").exists());
}

#[test]
fn a_cluster_that_got_other_names_leaves_none_of_the_old_ones() {
    let site = Site::new();
    add_second(&site, "");
    site.pre_hook().ok();
    let file = fs::read_to_string(site.path("clusters.d/second.yml")).unwrap();
    let renamed = file
        .replace("ood-second", "second-new")
        .replace("username_prefix: second-", "username_prefix: new-");
    site.write("clusters.d/second.yml", &renamed);
    site.pre_hook().ok();
    let [prod, new] = ["prod", "new"].map(|id| user_entry(&site, id));
    assert_eq!(
        everything(&site),
        ["ood-prod", "second-new", "ood-prod", "second-new", &prod, &new]
    );
    // The file's name is not in the kubeconfig.
    fs::rename(site.path("clusters.d/second.yml"), site.path("clusters.d/other.yml")).unwrap();
    site.pre_hook().ok();
    assert_eq!(everything(&site).len(), 6);
}

#[test]
fn who_may_not_see_a_cluster_any_more_loses_nothing_and_a_broken_file_takes_nothing_away() {
    let site = Site::new();
    add_second(&site, "");
    site.pre_hook().ok();
    add_second(&site, "  acls: [{adapter: group, groups: [no-such-group]}]\n");
    site.pre_hook().ok();
    assert_eq!(everything(&site).len(), 6);
    let good = fs::read_to_string(site.path("clusters.d/second.yml")).unwrap();
    for (right, wrong, status) in [
        ("adapter: kubernetes", "adpater: kubernetes", 0),
        ("type: oidc", "type: kerberos", 3),
        ("  job:", "  job: [", 3),
    ] {
        site.write("clusters.d/second.yml", &good.replace(right, wrong));
        assert_eq!(site.pre_hook().status, status, "{wrong}");
        assert_eq!(everything(&site).len(), 6, "{wrong}");
    }
    fs::remove_file(site.path("clusters.d/second.yml")).unwrap();
    std::os::unix::fs::symlink("/nonexistent", site.path("clusters.d/second.yml")).unwrap();
    site.pre_hook().ok();
    assert_eq!(everything(&site).len(), 6);
    fs::remove_file(site.path("clusters.d/second.yml")).unwrap();
    site.pre_hook().ok();
    assert_eq!(everything(&site).len(), 3);
}

#[test]
fn one_cluster_of_several_takes_nothing_away_from_the_others() {
    let site = Site::new();
    add_second(&site, "");
    site.pre_hook().ok();
    let args = ["pre-hook", "--user", &site.user, "--cluster", "prod"];
    crate::support::Run::of(&mut site.command_with_tokens(&args)).ok();
    assert_eq!(everything(&site).len(), 6);
}

#[test]
fn another_sites_entries_and_those_without_our_mark_stay() {
    let site = Site::new();
    add_second(&site, "");
    site.set("CLIENT_ID=the-other-portal");
    site.pre_hook().ok();
    fs::remove_file(site.path("clusters.d/second.yml")).unwrap();
    site.set("CLIENT_ID=ood");
    site.pre_hook().ok();
    assert_eq!(everything(&site).len(), 6, "the other portal's");
    site.set("CLIENT_ID=the-other-portal");
    site.pre_hook().ok();
    assert_eq!(everything(&site).len(), 3);
    let mut kubeconfig: Value = site.user_kubeconfig().unwrap();
    let own = kubeconfig["users"][0].clone();
    kubeconfig["users"].as_array_mut().unwrap().push(own);
    kubeconfig["users"][1]["name"] = "old".into();
    kubeconfig["users"][1]["user"]["extensions"] = Value::Null;
    site.write_home("config", &kubeconfig.to_string());
    site.pre_hook().ok();
    assert_eq!(names(&site, "users"), [&user_entry(&site, "prod"), "old"]);
}
