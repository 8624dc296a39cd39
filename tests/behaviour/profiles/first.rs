//! A first and a returning login with a profile: all of it is there, and nothing costs a flight.

use serde_json::{json, Value};

use super::{applied, egress, metadata, site, spec, APPLIED, EVERYTHING, LIMITS, QUOTA};
use crate::support::{of_method, requests_of, returning_login_writes_nothing, Run, Site};

#[test]
fn everything_that_a_profile_says_is_there_after_the_first_login_and_the_next_one_writes_nothing() {
    let site = site(EVERYTHING);
    let first = requests_of(&site, || drop(site.bootstrap(&[]).ok()));
    let hard = json!({ "requests.cpu": "8", "requests.nvidia.com/gpu": "1", "count/configmaps": "100", "requests.memory": "4Gi" });
    assert_eq!(spec(&site, QUOTA).unwrap()["hard"], hard);
    let limits = spec(&site, LIMITS).unwrap();
    assert_eq!(
        limits["limits"],
        json!([
            {
                "type": "Container",
                "default": { "cpu": "1", "memory": "512Mi", "nvidia.com/gpu": "0" },
                "defaultRequest": { "cpu": "500m", "memory": "512Mi", "nvidia.com/gpu": "0" },
                "max": { "cpu": "2", "memory": "1Gi", "nvidia.com/gpu": "2" },
            },
            { "type": "Pod", "max": { "cpu": "4" } },
        ])
    );
    says_all_on_the_namespace(&site);
    has_its_networks(&site);
    // The note comes with the namespace, and each object costs one request beside the others.
    assert_eq!(of_method(&first, "PATCH"), 1 + 5 + 3, "{first:?}");

    returning_login_writes_nothing(&site, 5 + 3);
}

fn says_all_on_the_namespace(site: &Site) {
    let metadata = metadata(site);
    let (labels, annotations) = (&metadata["labels"], &metadata["annotations"]);
    assert_eq!(labels["pod-security.kubernetes.io/warn"], "baseline");
    assert_eq!(labels["example.org/team"], "hpc");
    assert_eq!(labels["app.kubernetes.io/name"], "open-ondemand");
    for (key, value) in [
        ("example.org/note", "a b"),
        ("openondemand.org/images", "registry.example.org/ quay.io/site/"),
        ("openondemand.org/node-selector", "arch=amd64 partition=ondemand"),
        ("openondemand.org/tolerations", "dedicated"),
        ("openondemand.org/max-lifetime", "24h"),
    ] {
        assert_eq!(annotations[key], value);
    }
    let words = "Annotation/example.org/note Annotation/openondemand.org/images Annotation/openondemand.org/max-lifetime \
                 Annotation/openondemand.org/node-selector Annotation/openondemand.org/tolerations Label/example.org/team \
                 Label/pod-security.kubernetes.io/warn LimitRange/ondemand NetworkPolicy/ondemand-egress \
                 ResourceQuota/ondemand";
    assert_eq!(applied(site), words);
}

fn has_its_networks(site: &Site) {
    let ingress = site.cluster.object(&site.policy()).unwrap()["spec"]["ingress"].clone();
    let from = json!([{ "podSelector": {} }, { "ipBlock": { "cidr": "192.0.2.0/24" } }]);
    assert_eq!(
        ingress,
        json!([{ "from": from }]),
        "instead of NETWORK_POLICY_ALLOW_CIDR"
    );
    let egress = egress(site).unwrap();
    assert_eq!(egress["podSelector"], json!({}), "whatever labels pods have");
    assert_eq!(egress["policyTypes"], json!(["Egress"]));
    let to: Vec<&Value> = egress["egress"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| &rule["to"])
        .collect();
    assert_eq!(to.last().unwrap()[0]["ipBlock"]["cidr"], "198.51.100.0/24");
    assert!(to.contains(&&json!([{ "podSelector": {} }])), "the user's own pods");
}

#[test]
fn without_profiles_nothing_is_asked_or_noted() {
    let site = site("version: 1\n");
    let requests = requests_of(&site, || drop(site.bootstrap(&[]).ok()));
    assert!(requests
        .iter()
        .all(|(_, path)| !path.contains("quota") && !path.contains("limit")));
    assert_eq!(applied(&site), Value::Null);
    assert_eq!(of_method(&requests, "PATCH"), 1 + 5);
}

#[test]
fn an_account_without_the_rights_does_the_rest_of_the_login_and_says_what_to_run() {
    let site = site("version: 1\n");
    super::profile(&site, "- resourceQuota: {hard: {requests.cpu: \"1\"}}\n");
    let admin = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
    let name = format!("{}-profiles", site.cluster.account().name);
    site.cluster.ask("DELETE", &format!("{admin}/{name}"), None);
    let run = site.bootstrap(&[]);
    assert_eq!(run.status, 5, "{run:?}");
    assert!(run.stderr.contains("resourcequotas/ondemand"), "{run:?}");
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
    let flags = ["check", "--cluster", "prod"];
    let found = Run::of(&mut site.command(&flags));
    assert!(
        found.stdout.contains("create resourcequotas ondemand") && found.stdout.contains("cluster-roles"),
        "{found:?}"
    );
}

#[test]
fn the_help_desk_sees_what_is_missing_of_a_profile() {
    let site = site("version: 1\nprofiles:\n- resourceQuota: {hard: {requests.cpu: \"1\"}}\n");
    site.bootstrap(&[]).ok();
    let show = || Run::of(&mut site.command(&["users", "show", &site.user]));
    assert!(show().stdout.contains("resourcequota/ondemand"), "{:?}", show());
    site.cluster.delete(&site.core(QUOTA));
    let run = show();
    assert!(run.stdout.contains("missing: resourcequota/ondemand"), "{run:?}");
    let printed = Run::of(&mut site.command(&["bootstrap-user", "--dry-run=client", &site.user])).done();
    assert!(
        printed.stdout.contains("kind: ResourceQuota") && printed.stdout.contains(APPLIED),
        "{printed:?}"
    );
}
