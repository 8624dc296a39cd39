//! Servers that misbehave, and several clusters at once. Faults on demand need the sandbox.

mod bounds;
mod hangs;

use std::time::Duration;

use ood_k8s_sandbox::{Fault, Proxy, Sandbox};
use serde_json::json;

use super::support::{Cluster, Run, Site};

fn sandbox_site() -> Site {
    Site::on(Cluster::sandbox(Sandbox::start()))
}

/// The rest of a login is done although the cluster is of no use.
fn credentials_are_written(site: &Site) {
    assert!(site.user_kubeconfig().is_some());
}

#[test]
fn a_server_that_refuses_connections_is_named_at_once() {
    let site = sandbox_site();
    site.cluster.faults().refuse_connections();
    let scripted = site.bootstrap(&["-o", "json"]).fails(5, &["cannot reach"]).json();
    assert!(
        scripted["results"][0]["error"]
            .as_str()
            .unwrap()
            .contains("cannot reach"),
        "{scripted}"
    );
    let run = site.pre_hook().fails(5, &["cannot reach", &site.cluster.url()]);
    assert!(run.took < Duration::from_secs(5), "{:?}", run.took);
    credentials_are_written(&site);
}

#[test]
fn a_server_that_never_answers_ends_at_the_deadline() {
    let site = sandbox_site();
    site.set("HOOK_TIMEOUT=500ms");
    site.cluster.faults().go_silent();
    let run = site.pre_hook().fails(7, &["while trying to connect"]);
    assert!(run.took < Duration::from_secs(4), "{:?}", run.took);
    credentials_are_written(&site);
    site.cluster.faults().recover();
    site.cluster.faults().fail(Fault::hang());
    // It is remembered as root.
    site.pre_hook().fails(7, &["did not answer"]);
}

#[test]
fn a_certificate_of_an_unknown_authority_is_not_trusted() {
    let site = sandbox_site();
    site.cluster.faults().show_wrong_ca();
    site.pre_hook().fails(5, &["certificate", "certificate-authority"]);
    credentials_are_written(&site);
}

#[test]
fn a_token_that_has_ended_is_named_with_the_way_to_renew_it() {
    let site = sandbox_site();
    site.write("root.kubeconfig", &site.kubeconfig(&site.cluster.url(), "ended"));
    site.pre_hook()
        .fails(5, &["401", "refresh-token --cluster prod --admin-kubeconfig"]);
    let ended = super::support::jwt(&json!({ "exp": 1_700_000_000 }));
    site.write("root.kubeconfig", &site.kubeconfig(&site.cluster.url(), &ended));
    site.pre_hook()
        .fails(5, &["token expired", "refresh-token --cluster prod --admin-kubeconfig"]);
    credentials_are_written(&site);
}

#[test]
fn a_right_that_is_missing_is_named_with_the_servers_words() {
    let site = sandbox_site();
    site.cluster
        .faults()
        .fail(Fault::status(403).containing("networkpolicies"));
    site.pre_hook()
        .fails(5, &["not allowed to patch networking.k8s.io/v1/", "ood-k8s check"]);
}

#[test]
fn a_policy_that_forbids_making_namespaces_does_not_hold_up_a_returning_login() {
    let site = sandbox_site();
    site.pre_hook().ok();
    site.cluster
        .faults()
        .fail(Fault::status(403).on("POST", "/api/v1/namespaces"));
    site.pre_hook().ok();
}

#[test]
fn a_policy_that_forbids_making_namespaces_does_not_hold_up_a_takeover() {
    let site = sandbox_site();
    site.bootstrap(&[]).ok();
    let unclaimed = json!({ "metadata": { "annotations": { "openondemand.org/owner": null } } });
    site.cluster.merge(&site.namespace_path(), &unclaimed);
    site.cluster
        .faults()
        .fail(Fault::status(403).on("POST", "/api/v1/namespaces"));
    site.bootstrap(&[]).ok();
    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    assert_eq!(
        namespace["metadata"]["annotations"]["openondemand.org/owner"],
        site.user
    );
}

#[test]
fn two_clusters_that_fail_for_one_reason_are_both_named() {
    let site = sandbox_site();
    let own = site.cluster_file("prod", &site.cluster.url(), "managed");
    for id in ["prod", "second"] {
        site.write(
            &format!("clusters.d/{id}.yml"),
            &format!("{own}    namespace_prefix: kube-\n"),
        );
    }
    site.pre_hook().fails(4, &["cluster prod, cluster second: user"]);
}

#[test]
fn a_namespace_that_is_refused_in_one_cluster_costs_nothing_in_the_others() {
    let site = sandbox_site();
    let own = site.cluster_file("second", &site.cluster.url(), "oidc");
    site.write("clusters.d/second.yml", &format!("{own}    namespace_prefix: kube-\n"));
    site.pre_hook().fails(4, &["reserved"]);
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
    let contexts = site.user_kubeconfig().unwrap()["contexts"].clone();
    assert_eq!(contexts.as_array().unwrap().len(), 1, "{contexts}");
}

#[test]
fn a_busy_server_is_asked_again_after_the_time_that_it_names() {
    let site = sandbox_site();
    site.cluster.faults().fail(
        Fault::too_many_requests(1)
            .method("PATCH")
            .containing("secrets")
            .times(1),
    );
    let run = site.pre_hook().ok();
    assert!(run.took >= Duration::from_secs(1), "{:?}", run.took);
    assert!(site.cluster.object(&site.core("secrets/registry")).is_some());
}

#[test]
fn a_server_that_stays_busy_beyond_the_deadline_is_given_up() {
    let site = sandbox_site();
    site.set("HOOK_TIMEOUT=500ms");
    site.cluster.faults().fail(Fault::too_many_requests(30));
    let run = site.pre_hook().fails(5, &["too busy", "429", "asks to wait 30s"]);
    assert!(run.took < Duration::from_secs(4), "{:?}", run.took);
}

#[test]
fn passing_faults_are_ridden_out() {
    let site = sandbox_site();
    for fault in [
        Fault::status(500),
        Fault::status(503),
        Fault::html(502),
        Fault::cut_before_answer(),
    ] {
        let once = fault.method("PATCH").containing("rolebindings").times(1);
        site.cluster.faults().fail(once);
    }
    site.pre_hook().ok();
    for path in site.all_paths() {
        assert!(site.cluster.object(&path).is_some(), "{path}");
    }
}

#[test]
fn an_answer_that_is_cut_in_the_middle_is_asked_for_again() {
    let site = sandbox_site();
    site.cluster
        .faults()
        .fail(Fault::cut_in_body().on("POST", "/api/v1/namespaces").times(1));
    site.pre_hook().ok();
    assert!(site.cluster.object(&site.core("secrets/registry")).is_some());
}

#[test]
fn a_lasting_error_of_the_server_is_told_with_its_status() {
    let site = sandbox_site();
    site.set("HOOK_TIMEOUT=2s");
    site.cluster
        .faults()
        .fail(Fault::status(500).containing("networkpolicies"));
    site.pre_hook().fails(5, &["500", "deny-from-other-namespaces"]);
    assert!(
        site.cluster.object(&site.core("secrets/registry")).is_some(),
        "the others are written"
    );
}

#[test]
fn an_html_page_in_place_of_the_api_is_recognized() {
    let site = sandbox_site();
    site.cluster.faults().fail(Fault::html(200));
    site.pre_hook()
        .fails(5, &["does not answer like a Kubernetes API server", "HTML"]);
}

#[test]
fn http_1_1_does_where_a_load_balancer_offers_nothing_else() {
    let site = Site::on(Cluster::sandbox(Sandbox::builder().http1_only().start()));
    site.pre_hook().ok();
    site.pre_hook().ok();
    assert!(site
        .cluster
        .faults()
        .requests()
        .iter()
        .all(|request| request.protocol == "HTTP/1.1"));
}

#[test]
fn one_http_2_connection_carries_a_whole_login() {
    let site = Site::on(Cluster::sandbox(Sandbox::builder().usual().start()));
    site.pre_hook().ok();
    assert_eq!(site.cluster.faults().connections(), 1);
    assert!(site
        .cluster
        .faults()
        .requests()
        .iter()
        .all(|request| request.protocol == "HTTP/2"));
}

#[test]
fn the_tls_server_name_of_roots_kubeconfig_is_honoured() {
    let site = Site::on(Cluster::sandbox(
        Sandbox::builder().certificate_for(&["k8s.example.org"]).start(),
    ));
    site.pre_hook().fails(5, &["certificate", "tls-server-name"]);
    let kubeconfig = std::fs::read_to_string(site.path("root.kubeconfig")).unwrap();
    site.write(
        "root.kubeconfig",
        &kubeconfig.replace(
            "certificate-authority:",
            "tls-server-name: k8s.example.org, certificate-authority:",
        ),
    );
    site.pre_hook().ok();
}

#[test]
fn the_proxy_url_of_roots_kubeconfig_is_honoured() {
    // One connection, since it is HTTP/2.
    let site = Site::on(Cluster::sandbox(Sandbox::builder().usual().start()));
    let proxy = Proxy::http_connect();
    let kubeconfig = std::fs::read_to_string(site.path("root.kubeconfig")).unwrap();
    site.write(
        "root.kubeconfig",
        &kubeconfig.replace(
            "certificate-authority:",
            &format!("proxy-url: '{}', certificate-authority:", proxy.url()),
        ),
    );
    site.pre_hook().ok();
    assert_eq!((proxy.connections(), site.cluster.faults().connections()), (1, 1));
}

#[test]
fn a_first_login_takes_at_most_five_round_trips_and_a_returning_one_three() {
    let _alone = super::support::alone();
    let site = Site::on(Cluster::sandbox(Sandbox::builder().usual().start()));
    // Long enough that what the program itself takes is a small part of one.
    let one_way = Duration::from_millis(300);
    let line = Proxy::delayed(site.cluster.faults().address(), one_way);
    let token = site.cluster.faults().admin_token().to_owned();
    site.write(
        "clusters.d/prod.yml",
        &site.cluster_file("prod", &line.https_url(), "managed"),
    );
    site.write("root.kubeconfig", &site.kubeconfig(&line.https_url(), &token));
    for (login, most) in [("first", 6.0), ("returning", 4.0)] {
        let took = site.pre_hook().ok().took;
        let round_trips = took.as_secs_f64() / (2.0 * one_way.as_secs_f64());
        assert!(
            (3.0..most).contains(&round_trips),
            "{login}: {round_trips} round trips in {took:?}"
        );
    }
    assert_eq!(line.connections(), 2);
}

#[test]
fn one_cluster_down_does_not_stop_the_others() {
    let site = sandbox_site();
    let down = Sandbox::start();
    down.refuse_connections();
    site.write("clusters.d/down.yml", &site.cluster_file("down", &down.url(), "oidc"));
    let kubeconfig = std::fs::read_to_string(site.path("root.kubeconfig")).unwrap();
    let contexts = kubeconfig.replace(
        "current-context:",
        "- name: down\n  context: {cluster: down, user: ondemand@kubernetes}\ncurrent-context:",
    );
    let whole = contexts.replace(
        "users:\n",
        &format!("- name: down\n  cluster: {{server: '{}'}}\nusers:\n", down.url()),
    );
    site.write("root.kubeconfig", &whole);
    site.pre_hook().fails(5, &["cluster down", &down.url()]);
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
    let names: Vec<_> = site.user_kubeconfig().unwrap()["contexts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].clone())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_default_service_account_that_comes_late_is_not_raced() {
    let site = sandbox_site();
    site.cluster.faults().hold_service_accounts();
    site.pre_hook().ok();
    let account = site.core("serviceaccounts/default");
    assert_eq!(
        site.cluster.object(&account).unwrap()["imagePullSecrets"],
        json!([{ "name": "registry" }])
    );
    site.cluster.faults().release_service_accounts();
    site.pre_hook().ok();
    assert_eq!(
        site.cluster.object(&account).unwrap()["imagePullSecrets"],
        json!([{ "name": "registry" }])
    );
}

#[test]
fn several_users_share_one_connection() {
    let site = Site::on(Cluster::sandbox(Sandbox::builder().usual().start()));
    site.set("MIN_UID=1");
    let users: Vec<String> = ["daemon", "bin", "games", "mail", "news"]
        .into_iter()
        .filter(|name| nix::unistd::User::from_name(name).is_ok_and(|user| user.is_some()))
        .map(str::to_owned)
        .collect();
    let args: Vec<&str> = std::iter::once("bootstrap-user")
        .chain(users.iter().map(String::as_str))
        .collect();
    let run = Run::of(&mut site.command(&[&args[..], &["-o", "json"]].concat())).ok();
    assert_eq!(run.json()["results"].as_array().unwrap().len(), users.len());
    assert_eq!(site.cluster.faults().connections(), 1);
}
