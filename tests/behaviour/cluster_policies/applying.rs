//! `cluster-policies --apply` and `--diff`: what is created, what is changed back, and that a comparison writes nothing.

use serde_json::{json, Value};

use super::{as_administrator, with_profiles, POLICIES};
use crate::support::{Cluster, Site};

fn results(run: &Value) -> Vec<String> {
    let rows = run["results"].as_array().unwrap();
    rows.iter()
        .map(|row| row["result"].as_str().unwrap().to_owned())
        .collect()
}

fn outcomes(run: &Value) -> Vec<String> {
    let objects = run["results"][0]["objects"].as_array().unwrap();
    let outcome = |object: &Value| object["outcome"].as_str().unwrap().to_owned();
    objects.iter().map(outcome).collect()
}

#[test]
fn a_comparison_writes_nothing_and_applying_twice_creates_and_then_changes_nothing() {
    let site = with_profiles(Site::on(Cluster::own()));
    let apply = |more: &[&str]| as_administrator(&site, &[&["--apply", "-o", "json"], more].concat());
    let diff = |more: &[&str]| as_administrator(&site, &[&["--diff", "-o", "json"], more].concat());
    let before = diff(&[]).ok().json();
    assert!(results(&before).len() >= 16);
    assert!(results(&before).iter().all(|result| result == "missing"), "{before}");
    let policy = format!("{POLICIES}/validatingadmissionpolicies/ondemand-pods");
    assert!(site.cluster.object(&policy).is_none());

    let first = outcomes(&apply(&[]).ok().json());
    assert!(first.iter().all(|outcome| outcome == "created"), "{first:?}");
    assert_eq!(first.len(), results(&before).len());
    let second = outcomes(&apply(&[]).ok().json());
    assert!(second.iter().all(|outcome| outcome == "unchanged"), "{second:?}");
    let after = results(&diff(&[]).ok().json());
    assert!(after.iter().all(|result| result == "as it should be"), "{after:?}");

    // Another mode is a change of bindings alone.
    let stricter = diff(&["--mode", "deny"]).ok().json();
    let differing: Vec<_> = stricter["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["result"] == "differs")
        .cloned()
        .collect();
    assert_eq!(differing.len(), 5, "{stricter}");
    for row in &differing {
        assert_eq!(row["kind"], "ValidatingAdmissionPolicyBinding");
        assert_eq!(row["differences"], json!(["spec.validationActions"]));
    }
    let table = as_administrator(&site, &["--diff", "--mode", "warn"]).ok().stdout;
    assert!(
        table.starts_with("CLUSTER") && table.contains("spec.validationActions"),
        "{table}"
    );

    // A rule that somebody took out is told by its name, and comes back.
    let mut live = site.cluster.object(&policy).unwrap();
    let variables = live["spec"]["variables"].as_array_mut().unwrap();
    let rule = variables.iter_mut().find(|variable| variable["name"] == "userAdvice");
    rule.unwrap()["expression"] = json!("''");
    let spec = json!({ "spec": { "variables": live["spec"]["variables"] } });
    site.cluster.merge(&policy, &spec);
    let told = diff(&[]).ok().json().to_string();
    assert!(told.contains("spec.variables[userAdvice].expression"), "{told}");
    let repaired = outcomes(&apply(&[]).ok().json());
    assert_eq!(repaired.iter().filter(|outcome| *outcome == "changed").count(), 1);
}

#[test]
fn before_anything_is_refused_namespaces_without_stamps_are_counted() {
    let site = Site::on(Cluster::own());
    site.bootstrap(&[]).ok();
    let site = with_profiles(site);
    let told = as_administrator(&site, &["--diff", "--mode", "deny"]).done();
    assert!(told.stderr.contains("1 of 1 namespaces"), "{told:?}");
    as_administrator(&site, &["--diff", "--mode", "warn"]).ok();
    site.bootstrap(&[]).ok();
    as_administrator(&site, &["--diff", "--mode", "deny"]).ok();
}

#[test]
fn an_administrator_is_needed_for_both() {
    let site = with_profiles(Site::new());
    for flag in ["--apply", "--diff"] {
        let usage = super::print(&site, &[flag]);
        assert_eq!(usage.status, 2, "{usage:?}");
        assert!(usage.stderr.contains("--admin-kubeconfig"), "{usage:?}");
    }
    let root = site.path("root.kubeconfig");
    let root = ["--admin-kubeconfig", root.to_str().unwrap()];
    let usage = super::print(&site, &root);
    assert_eq!(usage.status, 2, "nobody asked for anything: {usage:?}");
    super::print(&site, &[&["--apply"], &root[..]].concat()).fails(5, &["cluster-admin"]);
    let both = super::print(&site, &[&["--apply", "--diff"], &root[..]].concat());
    assert_eq!(both.status, 2, "{both:?}");
}
