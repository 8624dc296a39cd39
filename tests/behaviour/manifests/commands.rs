//! `manifests validate`, `render` and `diff`, and a custom resource.

use serde_json::{json, Value};

use super::{manifest, site, ALL, SETTINGS};
use crate::support::{of_method, refuse_by_policies, requests_of, Run, Site};

fn manifests(site: &Site, args: &[&str]) -> Run {
    Run::of(&mut site.command(&[&["manifests"], args].concat()))
}

#[test]
fn validate_names_each_file_with_its_line_and_asks_no_cluster() {
    let site = site(ALL);
    let before = site.cluster.requests().len();
    let good = manifests(&site, &["validate"]).ok();
    assert_eq!((good.stdout.as_str(), good.stderr.as_str()), ("", ""));
    manifest(&site, "unused", "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n");
    manifest(&site, "settings", &SETTINGS.replace("${user.home}", "${user.hone}"));
    let run = manifests(&site, &["validate"]);
    let said = &run.stderr;
    assert_eq!((run.status, said.lines().count()), (3, 2), "{run:?}");
    assert!(
        said.contains("settings.yaml:7:") && said.contains("${user.home}"),
        "{run:?}"
    );
    assert!(said.contains("unused.yaml:1:"), "{run:?}");
    assert_eq!(site.cluster.requests().len(), before);
}

#[test]
fn render_prints_what_a_login_writes_and_validate_asks_the_server_about_it() {
    let site = site(ALL);
    let printed = manifests(&site, &["render", &site.user]).ok();
    let bodies: Vec<Value> = ood_k8s::yaml::documents(&printed.stdout).unwrap();
    assert_eq!(bodies.len(), 3);
    assert_eq!(bodies[0]["metadata"]["namespace"], site.namespace());
    let run = manifests(&site, &["validate", &site.user, "--server"]);
    assert_eq!(run.status, 5, "there is no namespace yet: {run:?}");
    site.bootstrap(&[]).ok();
    manifests(&site, &["validate", &site.user, "--server"]).ok();
    manifest(
        &site,
        "settings",
        &SETTINGS.replace("example.org/uid:", "example.org//uid:"),
    );
    manifests(&site, &["validate", &site.user, "--server"]).fails(5, &["ConfigMap"]);
}

#[test]
fn diff_says_what_is_missing_and_what_differs() {
    let site = site(ALL);
    site.bootstrap(&[]).ok();
    site.cluster.delete(&super::helpdesk_path(&site));
    let changed = json!({ "data": { "GREETING": "other", "MORE": "x" } });
    site.cluster.merge(&site.core("configmaps/site-settings"), &changed);
    let table = manifests(&site, &["diff", &site.user]).ok();
    let line = |word: &str| {
        table
            .stdout
            .lines()
            .find(|line| line.contains(word))
            .unwrap()
            .to_owned()
    };
    assert!(line("configmap/site-settings").contains("data.GREETING"), "{table:?}");
    assert!(line("rolebinding/helpdesk").contains("missing"));
    assert!(line("persistentvolumeclaim/scratch").contains("as it should be"));
    let value = manifests(&site, &["diff", &site.user, "-o", "json"]).ok().json();
    assert_eq!(value["results"].as_array().unwrap().len(), 3);
    site.bootstrap(&[]).ok();
    let table = manifests(&site, &["diff", &site.user]).ok();
    assert!(!table.stdout.contains("differs"), "what others added stays: {table:?}");
}

#[test]
fn diff_says_what_the_next_login_takes_away() {
    let site = site(ALL);
    site.bootstrap(&[]).ok();
    site.write("k8s-profiles.yml", "version: 1\nprofiles:\n- manifests: [settings]\n");
    let results = || {
        let value = manifests(&site, &["diff", &site.user, "-o", "json"]).ok().json();
        let results = value["results"].as_array().unwrap().clone();
        let pair = |row: &Value| format!("{} {}", row["name"].as_str().unwrap(), row["result"].as_str().unwrap());
        results.iter().map(pair).collect::<Vec<_>>()
    };
    // A claim holds the user's data, and stays.
    assert_eq!(
        results(),
        ["site-settings as it should be", "helpdesk no longer asked for"]
    );
    site.bootstrap(&[]).done();
    assert_eq!(results(), ["site-settings as it should be"]);
}

const DEFINITION: &str = r#"{
  "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
  "metadata": { "name": "localqueues.batch.example.org" },
  "spec": {
    "group": "batch.example.org", "scope": "Namespaced",
    "names": { "plural": "localqueues", "singular": "localqueue", "kind": "LocalQueue" },
    "versions": [{ "name": "v1", "served": true, "storage": true, "schema": { "openAPIV3Schema": {
      "type": "object",
      "properties": { "spec": { "type": "object", "properties": {
        "clusterQueue": { "type": "string" }, "uid": { "type": "integer" }, "policy": { "type": "string", "default": "None" }
      } } }
    } } }]
  }
}"#;

#[test]
fn a_custom_resource_is_made_and_taken_away_by_what_its_manifest_says_of_it() {
    let site = site("version: 1\n");
    if std::env::var("OOD_K8S_TEST_API").is_ok_and(|api| api == "real") {
        let definition: Value = serde_json::from_str(DEFINITION).unwrap();
        site.cluster
            .create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition);
    }
    let queue = "apiVersion: batch.example.org/v1\nkind: LocalQueue\nmetadata:\n  name: jobs\n  annotations: {openondemand.org/resource: localqueues}\nspec: {clusterQueue: hpc, uid: \"${user.uid}\"}\n";
    manifest(&site, "queue", queue);
    site.write("k8s-profiles.yml", "version: 1\nprofiles: [{manifests: [queue]}]\n");
    site.grant_profiles();
    let path = format!(
        "/apis/batch.example.org/v1/namespaces/{}/localqueues/jobs",
        site.namespace()
    );
    // The server serves the definition a moment later.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while site.bootstrap(&[]).status != 0 {
        assert!(std::time::Instant::now() < end, "{:?}", site.bootstrap(&[]));
    }
    let live = site.cluster.object(&path).unwrap();
    assert_eq!(live["spec"]["clusterQueue"], "hpc");
    assert_eq!(live["spec"]["uid"], crate::support::account().uid);
    assert_eq!(
        super::applied(&site),
        "LocalQueue.localqueues.v1.batch.example.org/jobs"
    );
    let returning = requests_of(&site, || drop(site.bootstrap(&[]).ok()));
    assert_eq!(of_method(&returning, "PATCH"), 1, "{returning:?}");
    site.write("k8s-profiles.yml", "version: 1\nprofiles: [{}]\n");
    site.bootstrap(&[]).ok();
    assert!(site.cluster.object(&path).is_none());
}

#[test]
fn the_policy_for_the_account_lets_it_write_manifests_in_users_namespaces_alone() {
    if !std::env::var("OOD_K8S_TEST_API").is_ok_and(|api| api == "real") {
        // The sandbox runs no admission.
        return;
    }
    let site = site(ALL);
    refuse_by_policies(&site);
    // What the rights by name allow anywhere, the policy does not; it is in force a moment later.
    let path = "/api/v1/namespaces/default/configmaps/site-settings?fieldManager=ood-k8s&dryRun=All";
    let body = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "site-settings" } });
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let token = site.cluster.ondemand_token();
        let (status, answer) =
            site.cluster
                .ask_as(&token, "PATCH", path, Some(("application/apply-patch+yaml", &body)));
        if status == 403 && answer["message"].as_str().unwrap().contains("not one of OnDemand's") {
            break;
        }
        assert!(std::time::Instant::now() < end, "{status} {answer}");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    site.bootstrap(&[]).ok();
    assert_eq!(super::helpdesk(&site).unwrap()["roleRef"]["name"], "view");
}
