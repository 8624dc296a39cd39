//! Everybody at once: the users of one cluster are furnished in another, and those who are gone are left out.

use serde_json::json;

use super::SUSPENDED;
use crate::support::{account, Cluster, Run, Site};

/// A site with a second cluster, `new`, which has lost everything.
fn with_a_new_one() -> (Site, Cluster) {
    let site = Site::on(Cluster::own());
    site.set("HOOK_TIMEOUT=1m");
    let new = Cluster::own();
    let root = format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: old\n  cluster: {{server: '{}', certificate-authority: '{}'}}\n\
         - name: new\n  cluster: {{server: '{}', certificate-authority: '{}'}}\n\
         users:\n- name: old\n  user: {{token: '{}'}}\n- name: new\n  user: {{token: '{}'}}\n\
         contexts:\n- name: old\n  context: {{cluster: old, user: old}}\n- name: new\n  context: {{cluster: new, user: new}}\n\
         current-context: old\n",
        site.cluster.url(),
        site.path("ca.pem").display(),
        new.url(),
        site.path("ca-new.pem").display(),
        site.cluster.ondemand_token(),
        new.ondemand_token(),
    );
    site.write("ca-new.pem", &new.ca_pem());
    site.write("root.kubeconfig", &root);
    site.write("clusters.d/new.yml", &site.cluster_file("new", &new.url(), "oidc"));
    (site, new)
}

fn furnish(site: &Site, more: &[&str]) -> Run {
    let args = ["bootstrap-user", "--all-users", "--from-cluster", "prod"];
    Run::of(&mut site.command(&[&args[..], more].concat()))
}

#[test]
fn a_new_cluster_is_furnished_with_the_users_of_another_and_those_who_left_are_counted() {
    let (site, new) = with_a_new_one();
    let args = ["bootstrap-user", "--cluster", "prod", &site.user];
    Run::of(&mut site.command(&args)).ok();
    site.make_namespace("user-gone", Some("no-such-user"));
    site.make_namespace("user-root", Some("nobody"));
    site.make_namespace("user-stock", None);
    let before = site.cluster.requests().len();
    let there = || {
        new.object(&format!("/api/v1/namespaces/{}", site.namespace()))
            .is_some()
    };

    let dry = furnish(&site, &["--dry-run=server"]).done();
    assert_eq!(
        dry.stdout,
        "4 users: 1 below-min-uid, 1 created, 1 gone, 1 unclaimed (server dry run)\n"
    );
    assert!(!there());
    let run = furnish(&site, &["-o", "json"]).ok();
    let counts = json!({ "below-min-uid": 1, "created": 1, "gone": 1, "unclaimed": 1 });
    assert_eq!(run.json()["summary"], counts, "{run:?}");
    assert!(there());
    let again = furnish(&site, &[]).ok();
    assert_eq!(
        again.stdout,
        "4 users: 1 below-min-uid, 1 gone, 1 unchanged, 1 unclaimed\n"
    );
    let requests = site.cluster.requests();
    assert!(
        requests[before..].iter().all(|it| it.method == "GET"),
        "the first one only reads"
    );
}

#[test]
fn whoever_is_suspended_is_furnished_nowhere() {
    let (site, new) = with_a_new_one();
    let args = ["bootstrap-user", "--cluster", "prod", &site.user];
    Run::of(&mut site.command(&args)).ok();
    let mark = json!({ "metadata": { "annotations": { SUSPENDED: "7" } } });
    site.cluster.merge(&site.namespace_path(), &mark);
    assert_eq!(furnish(&site, &[]).ok().stdout, "1 users: 1 suspended\n");
    assert!(new
        .object(&format!("/api/v1/namespaces/{}", site.namespace()))
        .is_none());
}

#[test]
fn a_list_of_users_that_cannot_be_read_furnishes_nobody() {
    let (site, _new) = with_a_new_one();
    let wrong = furnish(&site, &["--cluster", "prod"]);
    wrong.fails(2, &["only cluster"]);
    let args = ["bootstrap-user", "--all-users", "--from-cluster", "nowhere"];
    assert_eq!(Run::of(&mut site.command(&args)).status, 3);
    let file = site.cluster_file("prod", "https://127.0.0.1:9", "oidc");
    site.write("clusters.d/prod.yml", &file);
    let run = furnish(&site, &[]);
    assert!(run.status != 0 && run.stdout.is_empty(), "{run:?}");
}

#[test]
fn a_new_password_is_for_those_who_are_there_where_that_is_asked_for() {
    let site = Site::on(Cluster::own());
    site.pre_hook().ok();
    site.make_namespace("user-gone", Some("no-such-user"));
    let mint = |args: &[&str]| Run::of(&mut site.command(&[&["mint-registry-secret", "--all"], args].concat()));
    assert_eq!(
        mint(&["--only-present"]).ok().stdout,
        "2 namespaces: 1 gone, 1 unchanged\n"
    );
    let secret = "/api/v1/namespaces/user-gone/secrets/registry";
    assert!(site.cluster.object(secret).is_none());
    mint(&[]).ok();
    assert!(site.cluster.object(secret).is_some(), "as before, where it is not");
    assert_eq!(account().name, site.user);
}
