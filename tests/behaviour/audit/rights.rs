//! The role of the auditor: it is enough for everything but Secrets, and each right in it is used.

use serde_json::{json, Value};

use super::{bind, site, subject, RBAC};
use crate::support::{wait_until, Run, Site};

/// The findings with this kubeconfig that say what was not looked at.
fn not_looked_at(site: &Site, path: &str) -> Vec<String> {
    let run = Run::of(&mut site.command(&["audit", "--admin-kubeconfig", path, "-o", "json", "-q"]));
    let found = run.json();
    let found = found["findings"].as_array().unwrap().iter();
    let codes = ["OK8S-902", "OK8S-309"];
    let hidden = found.filter(|it| codes.iter().any(|code| it["code"] == *code));
    hidden.map(|it| it["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_auditors_role_alone_is_enough_and_none_of_its_rights_is_too_many() {
    let site = site();
    bind(&site, "helpers", "edit", &json!([subject("User", "bob")]));
    let account = format!("audit-{}", site.cluster.mark);
    let named = format!("ondemand/{account}");
    let args = [
        "cluster-roles",
        "--with",
        "auditor",
        "--service-account",
        &named,
        "-o",
        "json",
    ];
    let printed = Run::of(&mut site.command(&args)).ok().json();
    let name = format!("{account}-auditor");
    let items = printed["items"].as_array().unwrap();
    let ours: Vec<_> = items
        .iter()
        .filter(|it| it["metadata"]["name"] == name.as_str())
        .collect();
    let [of_account, role, binding] = ours.as_slice() else {
        panic!("{printed:#}");
    };
    site.cluster
        .create("/api/v1/namespaces/ondemand/serviceaccounts", of_account);
    site.cluster.create(&format!("{RBAC}/clusterroles"), role);
    site.cluster.create(&format!("{RBAC}/clusterrolebindings"), binding);
    let token = site.cluster.token_of(&name);
    site.write("auditor.kubeconfig", &site.kubeconfig(&site.cluster.url(), &token));
    let path = site.path("auditor.kubeconfig").display().to_string();

    let secrets_alone = |hidden: &[String]| hidden.len() == 1 && hidden[0].starts_with("Secrets with tokens");
    wait_until("the role is in force", || secrets_alone(&not_looked_at(&site, &path)));
    let run = Run::of(&mut site.command(&["audit", "--admin-kubeconfig", &path, "-o", "json"]));
    let found = run.json();
    let has = |code: &str| {
        found["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["code"] == code)
    };
    assert!(has("OK8S-701") && has("OK8S-804"), "{found:#}");

    for (nth, rule) in role["rules"].as_array().unwrap().iter().enumerate() {
        for resource in rule["resources"].as_array().unwrap() {
            let mut fewer = (*role).clone();
            let resources = fewer["rules"][nth]["resources"].as_array_mut().unwrap();
            resources.retain(|it| it != resource);
            if resources.is_empty() {
                *resources = vec![json!("events")];
            }
            site.cluster.merge(&format!("{RBAC}/clusterroles/{name}"), &fewer);
            wait_until(&format!("{resource} is missed"), || {
                !secrets_alone(&not_looked_at(&site, &path))
            });
        }
    }
    let verbs: Vec<&Value> = role["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| &rule["verbs"])
        .collect();
    assert!(
        verbs
            .iter()
            .all(|verbs| **verbs == json!(["list"]) || **verbs == json!(["get"])),
        "{verbs:?}"
    );
}
