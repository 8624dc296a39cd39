//! `audit`: each thing that somebody has beyond what a login gives is found with its code and its remedy.

mod installation;
mod namespaces;
mod rights;
mod same_findings;

use serde_json::{json, Value};

use crate::support::{Cluster, Run, Site};

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

/// A site on a cluster of its own, with its user's namespace.
fn site_on(cluster: Cluster) -> Site {
    let site = Site::on(cluster);
    site.set("HOOK_TIMEOUT=1m");
    site.pre_hook().ok();
    site
}

fn site() -> Site {
    site_on(Cluster::own())
}

/// `audit`, with an administrator's kubeconfig.
fn audit(site: &Site, more: &[&str]) -> Run {
    let kubeconfig = site.kubeconfig(&site.cluster.url(), site.cluster.admin_token());
    site.write("admin.kubeconfig", &kubeconfig);
    let path = site.path("admin.kubeconfig").display().to_string();
    Run::of(&mut site.command(&[&["audit", "--admin-kubeconfig", &path], more].concat()))
}

/// All findings but those that are well.
fn findings(site: &Site) -> Vec<Value> {
    let run = audit(site, &["-o", "json", "-q"]);
    assert_eq!(run.stderr, "", "{run:?}");
    run.json()["findings"].as_array().unwrap().clone()
}

/// The findings with this code.
fn with_code(site: &Site, code: &str) -> Vec<Value> {
    let mut found = findings(site);
    found.retain(|finding| finding["code"] == code);
    found
}

/// Exactly one finding has this code; it is in this area, and all of these words are in it.
#[track_caller]
fn finds(site: &Site, code: &str, severity: &str, area: &str, words: &[&str]) {
    let found = with_code(site, code);
    let [finding] = found.as_slice() else {
        panic!("not one {code}: {found:#?} in {:#?}", findings(site));
    };
    assert_eq!(
        (&finding["severity"], &finding["area"]),
        (&json!(severity), &json!(area)),
        "{finding}"
    );
    let line = format!(
        "{}; {}",
        finding["text"].as_str().unwrap(),
        finding["remedy"].as_str().unwrap()
    );
    for word in words {
        assert!(line.contains(word), "no {word:?} in {line}");
    }
}

fn area(site: &Site) -> String {
    format!("prod/{}", site.namespace())
}

fn binding(name: &str, role: &str, subjects: &Value) -> Value {
    json!({
        "metadata": { "name": name },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
        "subjects": subjects,
    })
}

fn subject(kind: &str, name: &str) -> Value {
    json!({ "kind": kind, "name": name, "apiGroup": "rbac.authorization.k8s.io" })
}

fn bind(site: &Site, name: &str, role: &str, subjects: &Value) {
    let path = format!("{RBAC}/namespaces/{}/rolebindings", site.namespace());
    site.cluster.create(&path, &binding(name, role, subjects));
}

fn bind_everywhere(site: &Site, name: &str, role: &str, subjects: &Value) {
    let path = format!("{RBAC}/clusterrolebindings");
    site.cluster.create(&path, &binding(name, role, subjects));
}

fn open_policy(site: &Site, name: &str, from: &Value) {
    let path = format!(
        "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
        site.namespace()
    );
    let spec = json!({ "podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{ "from": from }] });
    site.cluster
        .create(&path, &json!({ "metadata": { "name": name }, "spec": spec }));
}

/// A pod that nothing starts.
fn pod(site: &Site, name: &str, more: &Value) {
    let mut spec = json!({ "containers": [{ "name": "c", "image": "registry.example.org/i" }] });
    for (key, value) in more.as_object().unwrap() {
        spec[key] = value.clone();
    }
    let path = site.core("pods");
    site.cluster
        .create(&path, &json!({ "metadata": { "name": name }, "spec": spec }));
}
