//! A broken profiles file and what is in the namespace: the copy holds, and without one nothing is taken away.

use serde_json::{json, Value};

use super::{login, write};
use crate::support::{is_root, skip, Cluster, Site};

const GOOD: &str = "version: 1\nprofiles: [{labels: {example.org/team: hpc}, maxLifetime: 24h}]\n";

fn site() -> Option<Site> {
    if !is_root() {
        skip("only root may mount, and keeps what it has read");
        return None;
    }
    Some(Site::on(Cluster::own()))
}

fn team(site: &Site) -> Value {
    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    namespace["metadata"]["labels"]["example.org/team"].clone()
}

fn without_team(site: &Site) {
    let gone = json!({ "metadata": { "labels": { "example.org/team": null } } });
    site.cluster.merge(&site.namespace_path(), &gone);
}

/// Ways to break it.
fn break_it(site: &Site, how: &str) {
    match how {
        "gone" => std::fs::remove_file(site.path("k8s-profiles.yml")).unwrap(),
        "a wrong path" => site.set("PROFILES_FILE=not/absolute"),
        text => site.write("k8s-profiles.yml", text),
    }
}

const WAYS: [&str; 4] = [
    "version: 1\nprofiles: [\n",
    "version: 1\nlabels: {}\n",
    "gone",
    "a wrong path",
];

#[test]
fn while_the_file_is_broken_a_namespace_gets_what_was_last_read_well() {
    for how in WAYS {
        let Some(site) = site() else { return };
        write(&site, GOOD);
        login(&site).ok();
        assert_eq!(team(&site), "hpc", "{how}");
        break_it(&site, how);
        login(&site).ok();
        assert_eq!(team(&site), "hpc", "{how}");
        without_team(&site);
        login(&site).ok();
        assert_eq!(team(&site), "hpc", "{how}: put back");
        let namespace = site.cluster.object(&site.namespace_path()).unwrap();
        let annotations = &namespace["metadata"]["annotations"];
        assert!(
            annotations["openondemand.org/groups"].is_string(),
            "{how}: {annotations}"
        );
    }
}

#[test]
fn while_nobody_knows_what_the_file_said_nothing_is_taken_away_and_nothing_added() {
    for how in WAYS {
        let Some(site) = site() else { return };
        write(&site, GOOD);
        login(&site).ok();
        std::fs::remove_dir_all(site.path("var-lib/ood-k8s")).unwrap();
        break_it(&site, how);
        login(&site).ok();
        assert_eq!(team(&site), "hpc", "{how}");
        without_team(&site);
        login(&site).ok();
        assert_eq!(team(&site), Value::Null, "{how}: not put back");
    }
}
