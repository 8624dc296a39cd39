//! Everybody at once: the users of one cluster are furnished in another, and those who are gone are left out.

use serde_json::json;

use super::SUSPENDED;
use crate::support::{account, Cluster, Run, Site};

/// A site with a second cluster, `new`, which has lost everything.
fn with_a_new_one() -> (Site, Cluster) {
    let site = Site::on(Cluster::own());
    site.set("HOOK_TIMEOUT=1m");
    let new = Cluster::own();
    let tokens = [&site.cluster, &new].map(Cluster::ondemand_token);
    site.put_beside(&new, "new", [&tokens[0], &tokens[1]], "");
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
fn a_new_password_is_for_those_who_are_there_unless_it_is_asked_for_the_others() {
    let site = Site::on(Cluster::own());
    site.pre_hook().ok();
    site.make_namespace("user-gone", Some("no-such-user"));
    let mint = |args: &[&str]| Run::of(&mut site.command(&[&["mint-registry-secret", "--all"], args].concat()));
    for usual in [&[][..], &["--only-present"]] {
        assert_eq!(mint(usual).ok().stdout, "2 namespaces: 1 gone, 1 unchanged\n");
    }
    let secret = "/api/v1/namespaces/user-gone/secrets/registry";
    assert!(site.cluster.object(secret).is_none());
    assert_eq!(
        mint(&["--include-gone"]).ok().stdout,
        "2 namespaces: 1 created, 1 unchanged\n"
    );
    assert!(site.cluster.object(secret).is_some());
    assert_eq!(account().name, site.user);
}

#[test]
fn a_host_that_knows_no_owner_is_told_and_nobody_gets_anything() {
    let site = Site::on(Cluster::own());
    for name in ["gone-1", "gone-2"] {
        site.make_namespace(&format!("user-{name}"), Some(name));
    }
    site.make_namespace("user-stock", None);
    let mint = || Run::of(&mut site.command(&["mint-registry-secret", "--all"]));
    let run = mint().done();
    assert_eq!(run.stdout, "3 namespaces: 2 gone, 1 unclaimed\n");
    assert!(
        run.stderr.contains("no owner of a namespace is in the passwd database")
            && run.stderr.contains("--include-gone"),
        "{run:?}"
    );
    site.pre_hook().ok();
    let run = mint().ok();
    assert!(run.stdout.contains("2 gone") && run.stderr.is_empty(), "{run:?}");
}

#[test]
fn after_the_loss_of_etcd_everybody_comes_back_from_a_saved_list_and_the_next_login_finds_all_as_it_should_be() {
    let mut site = Site::on(Cluster::own());
    site.set("HOOK_TIMEOUT=1m");
    site.pre_hook().ok();
    site.make_namespace("user-gone", Some("no-such-user"));
    site.make_namespace("user-stock", None);
    let list = Run::of(&mut site.command(&["users", "-o", "json"])).done();
    site.write("users.json", &list.stdout);
    let namespace = site.namespace();

    // The same cluster again, with nothing in it: its address, its CA and its tokens are new as well.
    site.cluster = Cluster::own();
    site.write("ca.pem", &site.cluster.ca_pem());
    site.write(
        "root.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), &site.cluster.ondemand_token()),
    );
    site.write(
        "clusters.d/prod.yml",
        &site.cluster_file("prod", &site.cluster.url(), "oidc"),
    );
    let file = site.path("users.json").display().to_string();
    let furnish = |more: &[&str]| {
        let args = ["bootstrap-user", "--all-users", "--from-list", &file];
        Run::of(&mut site.command(&[&args[..], more].concat()))
    };
    let dry = furnish(&["--dry-run=server"]).done();
    assert_eq!(dry.stdout, "3 users: 1 created, 1 gone, 1 unclaimed (server dry run)\n");
    let path = format!("/api/v1/namespaces/{namespace}");
    assert!(site.cluster.object(&path).is_none());
    assert_eq!(furnish(&[]).done().stdout, "3 users: 1 created, 1 gone, 1 unclaimed\n");
    assert!(site.cluster.object(&path).is_some());
    assert_eq!(
        furnish(&[]).done().stdout,
        "3 users: 1 gone, 1 unchanged, 1 unclaimed\n"
    );
    let before = site.cluster.requests().len();
    site.pre_hook().ok();
    let requests = site.cluster.requests();
    let writes = requests[before..].iter().filter(|it| it.method != "GET");
    assert_eq!(
        writes.count(),
        2,
        "nothing but the claim: a PATCH, and a POST that finds the namespace there"
    );
}

#[test]
fn a_saved_list_that_is_none_furnishes_nobody_and_an_account_that_changed_meanwhile_is_left_out() {
    let site = Site::on(Cluster::own());
    let file = site.path("users.json").display().to_string();
    let furnish = || Run::of(&mut site.command(&["bootstrap-user", "--all-users", "--from-list", &file]));
    furnish().fails(3, &["no such file", "users -o json"]);
    for text in [
        "",
        "{}",
        "[]",
        r#"{"results": [{"user": "ann"}]}"#,
        r#"{"results": [{"user": 1, "state": "active"}]}"#,
    ] {
        site.write("users.json", text);
        furnish().fails(3, &["is no list of users", "make it with: ood-k8s users -o json"]);
    }
    let row = |user: &str, state: &str, uid: u32| json!({ "user": user, "cluster": "c", "namespace": "n", "state": state, "uid": uid.to_string() });
    let uid = account().uid;
    for (state, uid, expected) in [
        ("active", uid + 1, "1 users: 1 other-uid\n"),
        ("suspended", uid, "1 users: 1 suspended\n"),
        ("terminating", uid, "1 users: 1 terminating\n"),
        ("active", uid, "1 users: 1 created\n"),
    ] {
        let list = json!({ "version": 1, "results": [row(&site.user, state, uid)], "summary": {}, "errors": [] });
        site.write("users.json", &list.to_string());
        assert_eq!(furnish().done().stdout, expected);
    }
    let suspended = site.path("suspended");
    site.set(&format!("SUSPENDED_FILE={}", suspended.display()));
    site.write("suspended", &format!("{}\n", site.user));
    assert_eq!(
        furnish().done().stdout,
        "1 users: 1 suspended\n",
        "since the list was saved"
    );
    // clap's own words.
    let of_both = ["--from-list", &file, &site.user];
    let of_cluster = ["--from-cluster", "prod", &site.user];
    for args in [&["--all-users"][..], &of_both, &of_cluster] {
        let run = Run::of(&mut site.command(&[&["bootstrap-user"], args].concat()));
        assert_eq!(run.status, 2, "{run:?}");
    }
}
