//! The date of the first claim: in the claim's own request, once, and never by a later login.

use ood_k8s_sandbox::Sandbox;
use serde_json::{json, Value};

use crate::support::{Cluster, Run, Site};

const CLAIMED: &str = "openondemand.org/claimed";

fn claimed(site: &Site) -> Value {
    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    namespace["metadata"]["annotations"][CLAIMED].clone()
}

fn annotate(site: &Site, annotations: &Value) {
    let body = json!({ "metadata": { "annotations": annotations } });
    site.cluster.merge(&site.namespace_path(), &body);
}

/// How many requests a login sends.
fn requests_of_a_login(site: &Site) -> usize {
    let before = site.cluster.requests().len();
    site.pre_hook().ok();
    site.cluster.requests().len() - before
}

fn site() -> Site {
    let site = Site::new();
    site.set("HOOK_TIMEOUT=1m");
    site
}

#[test]
fn the_first_login_writes_the_date_and_no_later_one_touches_it() {
    let site = site();
    site.pre_hook().ok();
    let of_claim = |path: &str| path == "/api/v1/namespaces" || path == site.namespace_path();
    let requests = site.cluster.requests();
    let claims = requests
        .iter()
        .filter(|request| of_claim(request.path.split('?').next().unwrap()));
    assert_eq!(
        claims.count(),
        2,
        "the claim's own, and none for the date: {requests:?}"
    );
    let first: u64 = claimed(&site).as_str().unwrap().parse().unwrap();
    assert!(first > 1_700_000_000, "{first}");
    annotate(&site, &json!({ CLAIMED: "12345" }));
    assert_eq!(requests_of_a_login(&site), 8);
    assert_eq!(claimed(&site), "12345");
}

#[test]
fn a_namespace_that_was_claimed_before_there_was_a_date_gets_none() {
    let site = site();
    site.pre_hook().ok();
    // As an older version left it, with the uid and without.
    for older in [
        json!({ CLAIMED: null }),
        json!({ CLAIMED: null, "openondemand.org/uid": null }),
    ] {
        annotate(&site, &older);
        site.pre_hook().ok();
        assert_eq!(claimed(&site), Value::Null, "{older}");
        assert_eq!(requests_of_a_login(&site), 8, "{older}");
    }
}

#[test]
fn a_takeover_is_a_first_claim_and_so_is_a_hand_over() {
    let site = site();
    site.pre_hook().ok();
    annotate(&site, &json!({ CLAIMED: "5", "openondemand.org/owner": null }));
    site.pre_hook().ok();
    assert!(
        claimed(&site).as_str().unwrap().len() > 8,
        "taken over: {}",
        claimed(&site)
    );
    annotate(&site, &json!({ CLAIMED: "5", "openondemand.org/owner": "a.b" }));
    let admin = site.kubeconfig(&site.cluster.url(), site.cluster.admin_token());
    site.write("admin.kubeconfig", &admin);
    let args = ["bootstrap-user", "--take-over-from", "a.b", &site.user];
    let hand_over = || Run::of(&mut site.command_of(&site.path("admin.kubeconfig"), &args)).done();
    hand_over();
    assert!(
        claimed(&site).as_str().unwrap().len() > 8,
        "handed over: {}",
        claimed(&site)
    );
    // Finished once more, it is no new claim.
    annotate(&site, &json!({ CLAIMED: "7" }));
    hand_over();
    assert_eq!(claimed(&site), "7");
}

#[test]
fn a_node_whose_clock_is_wrong_writes_the_servers_date() {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    site.cluster.faults().set_clock_skew(10 * 3600);
    let args = ["pre-hook", "--user", &site.user];
    Run::of(&mut site.command_with_tokens(&args)).done();
    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    let annotations = &namespace["metadata"]["annotations"];
    assert_eq!(
        annotations[CLAIMED],
        annotations["openondemand.org/last-hook-execution"]
    );
}

#[test]
fn manifests_for_a_review_have_no_date_that_would_be_set_forward() {
    let site = site();
    let run = site.bootstrap(&["--dry-run=client"]).done();
    assert!(
        run.stdout.contains("openondemand.org/owner") && !run.stdout.contains(CLAIMED),
        "{run:?}"
    );
}
