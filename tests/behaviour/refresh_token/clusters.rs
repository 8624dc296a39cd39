//! Several clusters in one kubeconfig: what they share, and that one which is down does not stop the others.

use super::token_of;
use crate::support::{Run, Site};

#[test]
fn one_cluster_down_does_not_keep_the_others_old_tokens() {
    let site = Site::new();
    let dead = "https://127.0.0.1:1";
    site.write("clusters.d/down.yml", &site.cluster_file("down", dead, "managed"));
    let text = site.root_text();
    let text = text.replace(
        "clusters:\n",
        &format!("clusters:\n- name: down\n  cluster: {{server: '{dead}'}}\n"),
    );
    let text = text.replace("users:\n", "users:\n- name: down\n  user: {token: old}\n");
    let text = text.replace(
        "contexts:\n",
        "contexts:\n- name: down\n  context: {cluster: down, user: down}\n",
    );
    site.write("root.kubeconfig", &text);
    let old = site.root_token();
    let run = site
        .refresh(&["-o", "json"])
        .fails(5, &["cluster down", "cannot reach"]);
    assert_ne!(site.root_token(), old);
    assert_eq!(token_of(&site.root_text(), "down"), "old");
    let results = &run.json()["results"];
    assert_eq!(results[0]["cluster"], "down");
    assert!(
        results[0]["error"].is_string() && results[1]["outcome"] == "changed",
        "{results}"
    );
}

#[test]
fn clusters_that_share_a_users_entry_share_its_token_unless_their_servers_differ() {
    let site = Site::new();
    site.write(
        "clusters.d/twin.yml",
        &site.cluster_file("twin", &site.cluster.url(), "managed"),
    );
    let run = site.refresh(&["-o", "json"]).ok();
    assert_eq!(run.json()["results"].as_array().unwrap().len(), 1);
    assert_eq!(run.json()["results"][0]["cluster"], "prod,twin");
    assert_eq!(site.cluster.requests().len(), 2, "one token for both");

    let text = site.root_text();
    let other = "contexts:\n- name: other\n  context: {cluster: other, user: ondemand@kubernetes}\n";
    let text = text.replace("contexts:\n", other);
    let text = text.replace(
        "clusters:\n",
        "clusters:\n- name: other\n  cluster: {server: 'https://192.0.2.1:6443'}\n",
    );
    site.write("root.kubeconfig", &text);
    let run = Run::of(&mut site.refresh_command(&["--cluster", "prod"]));
    run.fails(3, &["a token is valid for only one of them", "192.0.2.1"]);
    assert_eq!(site.root_text(), text);
}

#[test]
fn one_token_cannot_be_for_several_clusters() {
    let site = Site::new();
    site.write(
        "clusters.d/twin.yml",
        &site.cluster_file("twin", &site.cluster.url(), "managed"),
    );
    site.write("token", &site.mint(3600));
    let path = site.path("token").display().to_string();
    site.refresh(&["--token-file", &path])
        .fails(2, &["--cluster", "prod, twin"]);
    site.refresh(&["--token-file", &path, "--cluster", "twin"]).done();
}
