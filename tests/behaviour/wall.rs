//! The wall before the rights: nobody gets permissions or credentials in a namespace whose NetworkPolicy may be missing.

use std::time::{Duration, Instant};

use ood_k8s_sandbox::{Fault, Sandbox};
use serde_json::{json, Value};

use super::support::{alone, Cluster, Run, Site};

/// What a login sends, by method and a part of the path, in the order in which it may send it.
const PLACES: &[(&str, &str)] = &[
    ("PATCH", "/api/v1/namespaces/"),
    ("POST", "/api/v1/namespaces"),
    ("", "networkpolicies"),
    ("", "ood-initializer"),
    ("", "ood-user"),
    ("", "job-pod-reaper-rolebinding"),
    ("", "secrets/registry"),
    ("", "serviceaccounts"),
];

fn sandbox_site() -> Site {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    site.set("HOOK_TIMEOUT=1s");
    site
}

/// All that can happen to one request.
fn faults() -> Vec<(&'static str, Fault)> {
    vec![
        ("refused", Fault::status(403)),
        ("invalid", Fault::status(422)),
        ("gone", Fault::status(404)),
        ("failing", Fault::status(500)),
        ("busy", Fault::too_many_requests(30)),
        ("a page", Fault::html(200)),
        ("cut", Fault::cut_before_answer()),
        ("cut in the body", Fault::cut_in_body()),
        ("late", Fault::hang()),
    ]
}

fn at((method, part): (&str, &str), fault: Fault) -> Fault {
    match method {
        "" => fault.containing(part),
        method => fault.on(method, part),
    }
}

/// Rights or credentials that a namespace has without its wall; the first is what everything else waits for.
fn in_the_open(site: &Site) -> Vec<String> {
    if site.cluster.object(&site.policy()).is_some() {
        return Vec::new();
    }
    let bindings = ["ood-user", "ood-initializer", "job-pod-reaper-rolebinding"];
    let bindings = bindings.into_iter().map(|name| site.binding(name));
    let mut found: Vec<_> = bindings.filter(|path| site.cluster.object(path).is_some()).collect();
    found.extend(site.user_kubeconfig().map(|_| "a kubeconfig".to_owned()));
    found
}

#[test]
fn whatever_happens_to_any_request_nobody_has_rights_without_the_wall() {
    let mut tried = 0;
    for place in PLACES {
        for (what, fault) in faults() {
            let site = sandbox_site();
            site.cluster.faults().fail(at(*place, fault));
            let first = site.pre_hook();
            assert_eq!(in_the_open(&site), [""; 0], "{what}: {place:?}: {first:?}");
            site.cluster.faults().clear_faults();
            site.set("HOOK_TIMEOUT=20s");
            site.cluster.forget_that_it_hung();
            site.pre_hook().ok();
            for path in site.all_paths() {
                assert!(site.cluster.object(&path).is_some(), "{what}: {place:?}: {path}");
            }
            tried += 1;
        }
    }
    assert_eq!(tried, 72);
}

#[test]
fn what_fails_elsewhere_costs_neither_the_rights_nor_the_credentials() {
    for place in ["secrets/registry", "serviceaccounts", "job-pod-reaper-rolebinding"] {
        let site = sandbox_site();
        site.cluster.faults().fail(Fault::status(403).containing(place));
        site.pre_hook().fails(5, &[place]);
        assert!(site.cluster.object(&site.binding("ood-user")).is_some(), "{place}");
        assert!(site.user_kubeconfig().is_some(), "{place}");
    }
}

#[test]
fn the_rights_are_not_even_written_before_the_wall_is_answered() {
    let site = sandbox_site();
    site.set("HOOK_TIMEOUT=20s");
    let policy = Fault::slow(Duration::from_millis(700))
        .method("PATCH")
        .containing("networkpolicies");
    site.cluster.faults().fail(policy);
    site.pre_hook().ok();
    let requests = site.cluster.faults().requests();
    let first = |part: &str| {
        let found = requests
            .iter()
            .find(|request| request.method == "PATCH" && request.path.contains(part));
        found.map(|request| request.at).unwrap()
    };
    let wall = first("networkpolicies");
    for right in ["ood-user", "ood-initializer", "job-pod-reaper"] {
        let waited = first(right).duration_since(wall);
        assert!(waited >= Duration::from_millis(700), "{right}: {waited:?}");
    }
    assert!(first("secrets/registry").duration_since(wall) < Duration::from_millis(700));
}

#[test]
fn a_returning_login_does_not_give_back_a_right_behind_a_wall_that_fell() {
    let site = sandbox_site();
    site.set("HOOK_TIMEOUT=20s");
    site.pre_hook().ok();
    let before = std::fs::read(site.path("home/config")).unwrap();
    for path in [site.policy(), site.binding("ood-user")] {
        site.cluster.delete(&path);
    }
    site.cluster
        .faults()
        .fail(Fault::status(403).method("PATCH").containing("networkpolicies"));
    site.pre_hook().fails(
        5,
        &[
            "nobody gets permissions in",
            "not allowed to patch networking.k8s.io/v1/",
        ],
    );
    assert!(site.cluster.object(&site.binding("ood-user")).is_none());
    assert_eq!(std::fs::read(site.path("home/config")).unwrap(), before);
    site.cluster.faults().clear_faults();
    site.pre_hook().ok();
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
}

#[test]
fn a_wall_that_comes_too_late_holds_the_credentials_back_until_the_next_login() {
    let _alone = alone();
    let site = sandbox_site();
    site.set("HOOK_TIMEOUT=5s");
    let late = Fault::slow(Duration::from_millis(4300))
        .method("PATCH")
        .containing("networkpolicies")
        .times(1);
    site.cluster.faults().fail(late);
    let run = site.pre_hook();
    assert_eq!(site.user_kubeconfig(), None, "{run:?}");
    run.fails(
        7,
        &[
            "the entry in the kubeconfig was not written",
            "the next login writes it",
        ],
    );
    site.pre_hook().ok();
    assert!(site.user_kubeconfig().is_some());
}

fn contexts(site: &Site) -> Vec<String> {
    let kubeconfig = site.user_kubeconfig().unwrap_or_default();
    let contexts = kubeconfig["contexts"].as_array().cloned().unwrap_or_default();
    contexts
        .iter()
        .map(|context| context["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_wall_that_is_missing_in_one_cluster_holds_back_nothing_in_another() {
    let site = sandbox_site();
    site.set("HOOK_TIMEOUT=3s");
    let second = Cluster::sandbox(Sandbox::start());
    let token = site.cluster.ondemand_token();
    site.put_beside(&second, "second", [&token, second.admin_token()], "");
    for fault in [Fault::status(403), Fault::hang()] {
        let _ = std::fs::remove_file(site.path("home/config"));
        site.cluster.faults().fail(fault.containing("networkpolicies"));
        let run = site.pre_hook();
        assert_ne!(run.status, 0, "{run:?}");
        assert_eq!(contexts(&site), ["ood-second"], "{run:?}");
        site.cluster.faults().clear_faults();
    }
    site.pre_hook().ok();
    assert_eq!(contexts(&site).len(), 2);
}

/// Takes the right to network policies from root's account, and waits until the server knows.
fn without_the_right_to_policies(site: &Site) {
    let role = format!(
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/{}",
        site.cluster.account().name
    );
    let mut rules = site.cluster.object(&role).unwrap()["rules"].clone();
    rules
        .as_array_mut()
        .unwrap()
        .retain(|rule| rule["resources"][0] != "networkpolicies");
    site.cluster.merge(&role, &json!({ "rules": rules }));
    let token = site.cluster.token_of(&site.cluster.account().name);
    let policies = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies/deny-from-other-namespaces";
    let end = Instant::now() + Duration::from_secs(30);
    while site.cluster.ask_as(&token, "GET", policies, None::<(&str, &Value)>).0 != 403 {
        assert!(Instant::now() < end, "the server still allows it");
    }
}

#[test]
fn an_account_without_the_right_to_network_policies_gives_nobody_rights() {
    let site = Site::new();
    without_the_right_to_policies(&site);
    site.pre_hook().fails(
        5,
        &[
            "nobody gets permissions in",
            "deny-from-other-namespaces",
            "ood-k8s cluster-roles",
        ],
    );
    assert_eq!(in_the_open(&site), [""; 0]);
    assert!(
        site.cluster.object(&site.core("secrets/registry")).is_some(),
        "the rest is there"
    );
    site.bootstrap(&[]).fails(5, &["nobody gets permissions in"]);
    assert_eq!(in_the_open(&site), [""; 0]);
}

#[test]
fn all_that_failed_is_in_the_result_and_the_first_with_a_count_on_the_line() {
    let site = sandbox_site();
    for place in ["ood-user", "secrets/registry"] {
        site.cluster.faults().fail(Fault::status(403).containing(place));
    }
    site.pre_hook()
        .fails(5, &["ood-user", "1 more errors in this namespace"]);
    let run: Run = site.bootstrap(&["-o", "json"]);
    let result = &run.json()["results"][0];
    let error = result["error"].as_str().unwrap();
    assert!(
        error.contains("ood-user") && error.contains("secrets/registry"),
        "{result}"
    );
    let done: Vec<_> = result["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["kind"].clone())
        .collect();
    assert!(
        done.contains(&json!("NetworkPolicy")) && done.contains(&json!("Namespace")),
        "{result}"
    );
}

#[test]
fn a_returning_login_sends_no_more_than_before() {
    let site = Site::new();
    site.set("HOOK_TIMEOUT=1m");
    site.pre_hook().ok();
    let first = site.cluster.requests().len();
    site.pre_hook().ok();
    assert_eq!(site.cluster.requests().len() - first, 8);
}
