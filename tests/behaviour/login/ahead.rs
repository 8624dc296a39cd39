//! What is read beside the claim: one flight for a returning login, and nothing of it without the claim.

use std::time::{Duration, Instant};

use ood_k8s_sandbox::{Fault, Record, Sandbox};
use serde_json::json;

use crate::support::{Cluster, Run, Site, CANARY};

const OWNER: &str = "openondemand.org/owner";

fn site() -> Site {
    // With HTTP/1.1 what is read ahead waits for connections of its own, and may never be sent.
    let site = Site::on(Cluster::sandbox(Sandbox::builder().usual().start()));
    site.set("HOOK_TIMEOUT=20s\nLOG_LEVEL=debug");
    site
}

fn sent(site: &Site, method: &str, part: &str) -> Vec<Record> {
    let all = site.cluster.faults().requests().into_iter();
    all.filter(|seen| seen.method == method && seen.path.contains(part))
        .collect()
}

fn login(site: &Site) -> Run {
    site.cluster.faults().forget_requests();
    site.pre_hook()
}

/// When the last of the six objects was asked for.
fn last_read(site: &Site) -> Instant {
    let read = sent(site, "GET", "/namespaces/");
    assert_eq!(read.len(), 6, "{read:?}");
    read.iter().map(|seen| seen.at).max().unwrap()
}

#[test]
fn what_should_be_there_is_asked_for_before_the_claim_is_answered() {
    let site = site();
    site.pre_hook().done();
    let slow = Duration::from_millis(600);
    site.cluster
        .faults()
        .fail(Fault::slow(slow).on("PATCH", &site.namespace_path()));
    login(&site).done();
    let claim = sent(&site, "PATCH", &site.namespace_path())[0].at;
    assert!(last_read(&site).duration_since(claim) < slow);
    assert_eq!(sent(&site, "PATCH", "").len(), 1, "nothing is written but the claim");
}

#[test]
fn nothing_that_was_read_of_a_namespace_of_somebody_else_is_told() {
    let site = site();
    site.pre_hook().done();
    let owner = json!({ "metadata": { "annotations": { OWNER: "somebody.else" } } });
    site.cluster.merge(&site.namespace_path(), &owner);
    let foreign = json!({ "metadata": { "annotations": { "note": format!("{CANARY}-foreign") } } });
    for path in [site.policy(), site.core("secrets/registry"), site.binding("ood-user")] {
        site.cluster.merge(&path, &foreign);
    }
    // What would be an error in a namespace of the user's.
    site.cluster
        .faults()
        .fail(Fault::json(200, &json!({ "x": "x".repeat(3 << 20) })).on("GET", &site.core("secrets/registry")));
    let run = login(&site);
    assert_eq!(run.status, 4, "{run:?}");
    assert!(run.stderr.contains("belongs to user"), "{run:?}");
    for word in ["-foreign", "MiB", "error: cannot"] {
        assert!(!run.stderr.contains(word), "{word}: {run:?}");
    }
}

#[test]
fn after_a_claim_that_was_not_answered_at_once_everything_is_read_again() {
    let site = site();
    site.pre_hook().done();
    site.cluster
        .faults()
        .fail(Fault::status(409).on("PATCH", &site.namespace_path()).times(1));
    login(&site).done();
    let read = sent(&site, "GET", "networkpolicies").len();
    assert_eq!(read, 2, "beside the first claim and after the second");
}

#[test]
fn a_read_that_hangs_holds_up_no_first_login_and_no_refusal() {
    for is_first in [true, false] {
        let site = site();
        if !is_first {
            site.pre_hook().done();
            let owner = json!({ "metadata": { "annotations": { OWNER: "somebody.else" } } });
            site.cluster.merge(&site.namespace_path(), &owner);
        }
        let inside = format!("/namespaces/{}/", site.namespace());
        site.cluster
            .faults()
            .fail(Fault::hang().method("GET").containing(&inside));
        let run = login(&site);
        assert_eq!(run.status, if is_first { 0 } else { 4 }, "{run:?}");
        assert!(run.took < Duration::from_secs(10), "{run:?}");
    }
}

#[test]
fn work_that_nobody_waits_for_asks_for_nothing_in_vain() {
    let site = site();
    site.cluster.faults().forget_requests();
    site.bootstrap(&[]).done();
    let in_vain = |seen: &&Record| seen.method == "GET" && seen.status == Some(404);
    let asked = site.cluster.faults().requests();
    assert_eq!(asked.iter().filter(in_vain).count(), 0, "{asked:?}");
    let of_bulk = asked.len();
    site.cluster.delete(&site.namespace_path());
    login(&site).done();
    let of_login = site.cluster.faults().requests().len();
    assert!(of_bulk + 5 <= of_login, "{of_bulk} and {of_login} requests");
}
