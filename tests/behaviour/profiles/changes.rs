//! What a profile no longer asks for goes at the next login, and only what this program made; whatever happens in between.

use std::process::Stdio;
use std::time::Duration;

use ood_k8s_sandbox::{Fault, Sandbox};
use serde_json::{json, Value};

use super::{applied, egress, metadata, one_cpu, profile, site, spec, EVERYTHING, LIMITS, QUOTA};
use crate::support::{of_method, requests_of, Cluster, Site};

#[test]
fn what_a_section_no_longer_asks_for_goes_with_the_next_login() {
    let site = site(EVERYTHING);
    site.bootstrap(&[]).ok();
    profile(
        &site,
        "- resourceQuota: {hard: {requests.cpu: \"1\"}}\n  labels: {example.org/team: other}\n",
    );
    let run = site.bootstrap(&["-o", "json"]).done();
    let outcomes = run.json()["results"][0]["objects"].to_string();
    assert_eq!(outcomes.matches("deleted").count(), 2, "{outcomes}");
    assert_eq!(spec(&site, QUOTA), Some(one_cpu()));
    assert_eq!((spec(&site, LIMITS), egress(&site)), (None, None));
    let metadata = metadata(&site);
    assert_eq!(metadata["labels"]["example.org/team"], "other");
    assert_eq!(metadata["labels"]["pod-security.kubernetes.io/warn"], Value::Null);
    for gone in [
        "example.org/note",
        "openondemand.org/images",
        "openondemand.org/max-lifetime",
    ] {
        assert_eq!(metadata["annotations"][gone], Value::Null, "{gone}");
    }
    assert_eq!(applied(&site), "Label/example.org/team ResourceQuota/ondemand");
    let returning = requests_of(&site, || drop(site.bootstrap(&[]).ok()));
    assert_eq!(of_method(&returning, "PATCH"), 1, "{returning:?}");
    // And all the rest with the file.
    site.set("PROFILES_FILE=");
    site.bootstrap(&[]).ok();
    assert_eq!((spec(&site, QUOTA), applied(&site)), (None, Value::Null));
    assert_eq!(super::metadata(&site)["labels"]["example.org/team"], Value::Null);
}

#[test]
fn what_somebody_changed_is_put_back_and_what_somebody_made_stays() {
    let site = site(
        "version: 1\nprofiles:\n- resourceQuota: {hard: {requests.cpu: \"1\"}}\n  labels: {example.org/team: hpc}\n",
    );
    site.bootstrap(&[]).ok();
    let own = json!({ "metadata": { "name": "own" }, "spec": { "hard": { "pods": "3" } } });
    site.cluster.create(&site.core("resourcequotas"), &own);
    site.cluster.merge(
        &site.core(QUOTA),
        &json!({ "spec": { "hard": { "requests.cpu": "100", "pods": "7" } } }),
    );
    let labels = json!({ "metadata": { "labels": { "example.org/team": "none", "example.org/own": "1" } } });
    site.cluster.merge(&site.namespace_path(), &labels);
    site.bootstrap(&[]).ok();
    assert_eq!(spec(&site, QUOTA).unwrap()["hard"]["requests.cpu"], "1");
    assert_eq!(metadata(&site)["labels"]["example.org/team"], "hpc");
    profile(&site, "- {}\n");
    site.bootstrap(&[]).ok();
    assert_eq!(spec(&site, QUOTA), None);
    assert!(spec(&site, "resourcequotas/own").is_some());
    assert_eq!(metadata(&site)["labels"]["example.org/own"], "1");
}

#[test]
fn an_object_that_an_administrator_looks_after_is_neither_written_nor_deleted() {
    let site = site("version: 1\nprofiles:\n- resourceQuota: {hard: {requests.cpu: \"1\"}}\n");
    site.bootstrap(&[]).ok();
    let theirs = json!({
        "metadata": { "annotations": { "openondemand.org/hands-off": "true" } }, "spec": { "hard": { "requests.cpu": "64" } },
    });
    site.cluster.merge(&site.core(QUOTA), &theirs);
    site.bootstrap(&[]).ok();
    assert_eq!(spec(&site, QUOTA).unwrap()["hard"]["requests.cpu"], "64");
    profile(&site, "- {}\n");
    site.bootstrap(&[]).ok();
    assert_eq!(spec(&site, QUOTA).unwrap()["hard"]["requests.cpu"], "64");
    assert_eq!(applied(&site), Value::Null, "it is theirs now");
}

#[test]
fn one_of_the_same_name_that_this_program_did_not_make_is_not_deleted() {
    let site = site("version: 1\n");
    site.bootstrap(&[]).ok();
    let theirs = json!({ "metadata": { "name": "ondemand" }, "spec": { "hard": { "pods": "3" } } });
    site.cluster.create(&site.core("resourcequotas"), &theirs);
    let noted = json!({ "metadata": { "annotations": { "openondemand.org/applied": "ResourceQuota/ondemand Later/thing x" } } });
    site.cluster.merge(&site.namespace_path(), &noted);
    site.bootstrap(&[]).ok();
    assert!(spec(&site, QUOTA).is_some());
    assert_eq!(applied(&site), "Later/thing x", "what a later version noted stays");
}

/// A sandbox of its own, whose account may do all.
fn with_faults(profiles: &str) -> Site {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    site.set(&format!("PROFILES_FILE={}", site.path("k8s-profiles.yml").display()));
    site.write("k8s-profiles.yml", profiles);
    site.write(
        "root.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
    );
    site
}

#[test]
fn a_death_or_a_fault_in_between_loses_nothing_and_the_next_login_goes_on() {
    let site = with_faults(EVERYTHING);
    site.bootstrap(&[]).ok();
    profile(&site, "- labels: {example.org/team: other}\n");
    let held = Fault::status(500).containing("/limitranges/ondemand").method("DELETE");
    site.cluster.faults().fail(held);
    let run = site.bootstrap(&[]);
    assert_ne!(run.status, 0, "{run:?}");
    let noted = applied(&site).as_str().unwrap().to_owned();
    assert!(
        noted.contains("LimitRange/ondemand") && noted.contains("Label/example.org/team"),
        "{noted}"
    );
    site.cluster.faults().clear_faults();
    site.bootstrap(&[]).ok();
    assert_eq!(
        (spec(&site, LIMITS), applied(&site)),
        (None, json!("Label/example.org/team"))
    );
}

#[test]
fn a_note_that_cannot_be_written_is_told_and_nothing_unnoted_is_made() {
    let site = with_faults("version: 1\n");
    site.bootstrap(&[]).ok();
    profile(&site, "- resourceQuota: {hard: {requests.cpu: \"1\"}}\n");
    site.cluster.delete(&site.binding("ood-user"));
    // The first patch is the claim, the second one the note.
    let of_namespace = |fault: Fault| fault.on("PATCH", &site.namespace_path());
    site.cluster
        .faults()
        .fail(of_namespace(Fault::slow(Duration::ZERO)).times(1));
    site.cluster.faults().fail(of_namespace(Fault::status(403)));
    // No label is in it, so there is nothing to try without.
    let run = site.bootstrap(&[]);
    assert_eq!(run.status, 5, "{run:?}");
    assert!(run.stderr.contains("not allowed to patch namespaces/"), "{run:?}");
    assert_eq!(spec(&site, QUOTA), None);
    assert!(
        site.cluster.object(&site.binding("ood-user")).is_some(),
        "the rest is done"
    );
    site.cluster.faults().clear_faults();
    site.bootstrap(&[]).ok();
    assert_eq!(spec(&site, QUOTA), Some(one_cpu()));
}

#[test]
fn two_logins_at_once_with_an_old_and_a_new_file_leave_what_one_of_them_says() {
    let site = with_faults(EVERYTHING);
    site.bootstrap(&[]).ok();
    for round in 0..8 {
        profile(&site, "- resourceQuota: {hard: {requests.cpu: \"1\"}}\n");
        let mut first = site
            .command(&["bootstrap-user", &site.user])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let second = site.bootstrap(&[]);
        assert!(
            first.wait().unwrap().success() && second.status == 0,
            "round {round}: {second:?}"
        );
        assert_eq!(applied(&site), "ResourceQuota/ondemand", "round {round}");
        assert_eq!((spec(&site, QUOTA), spec(&site, LIMITS)), (Some(one_cpu()), None));
        site.write("k8s-profiles.yml", EVERYTHING);
        site.bootstrap(&[]).done();
        assert!(spec(&site, LIMITS).is_some());
    }
}

#[test]
fn a_label_that_is_refused_costs_the_label_alone() {
    let site = with_faults("version: 1\n");
    site.bootstrap(&[]).ok();
    profile(
        &site,
        "- resourceQuota: {hard: {requests.cpu: \"1\"}}\n  labels: {example.org/team: hpc}\n",
    );
    let of_namespace = |fault: Fault| fault.on("PATCH", &site.namespace_path());
    site.cluster
        .faults()
        .fail(of_namespace(Fault::slow(Duration::ZERO)).times(1));
    site.cluster.faults().fail(of_namespace(Fault::status(403)).times(1));
    let run = site.bootstrap(&[]);
    assert_eq!(run.status, 5, "{run:?}");
    assert_eq!(spec(&site, QUOTA), Some(one_cpu()));
    assert_eq!(metadata(&site)["labels"]["example.org/team"], Value::Null);
    assert_eq!(applied(&site), "Label/example.org/team ResourceQuota/ondemand");
    site.bootstrap(&[]).ok();
    assert_eq!(metadata(&site)["labels"]["example.org/team"], "hpc");
}
