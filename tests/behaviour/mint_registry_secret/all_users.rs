//! `--all`: many pages of namespaces, those that are left out, failures in some, and servers that are busy.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use ood_k8s_sandbox::{Fault, Sandbox};
use serde_json::json;

use crate::support::{alone, documented, Cluster, Run, Site, CANARY};

/// A cluster of this test's own, since `--all` means all.
fn site_of_its_own() -> Site {
    Site::on(Cluster::own())
}

fn count(run: &Run, word: &str) -> u64 {
    run.json()["summary"][word].as_u64().unwrap_or(0)
}

#[test]
fn everybody_is_served_over_many_pages_and_a_second_run_does_only_what_is_left() {
    let site = site_of_its_own();
    let everybody = if site.cluster.is_real() { 40 } else { 600 };
    for number in 0..everybody {
        site.make_namespace(&format!("user-{number}"), Some(&format!("u{number}")));
    }
    site.make_namespace("unclaimed", None);
    site.cluster
        .create("/api/v1/namespaces", &json!({ "metadata": { "name": "foreign" } }));
    site.make_namespace("user-leaving", Some("leaving"));
    site.cluster.merge(
        "/api/v1/namespaces/user-leaving",
        &json!({ "metadata": { "finalizers": ["example.org/held"] } }),
    );
    site.cluster.delete("/api/v1/namespaces/user-leaving");

    let dry = site
        .mint_secret(&["--all", "--include-gone", "--dry-run", "-o", "json"])
        .ok();
    assert_eq!(count(&dry, "created"), everybody, "{}", dry.stdout);
    let secret = "/api/v1/namespaces/user-1/secrets/registry";
    assert!(site.cluster.object(secret).is_none(), "a dry run");

    let run = site.mint_secret(&["--all", "--include-gone"]).ok();
    let total = everybody + 2;
    let line = format!("{total} namespaces: {everybody} created, 1 terminating, 1 unclaimed\n");
    assert_eq!(run.stdout, line);
    let documented = line.replace("created", "changed");
    documented::counts_are_shown("docs/src/registry-passwords.md", "1042 namespaces", &documented);
    assert!(site.cluster.object(secret).is_some());
    for left_out in ["unclaimed", "foreign", "user-leaving"] {
        assert!(site
            .cluster
            .object(&format!("/api/v1/namespaces/{left_out}/secrets/registry"))
            .is_none());
    }

    site.cluster.delete(secret);
    let run = site.mint_secret(&["--all", "--include-gone", "-o", "json"]).ok();
    assert_eq!(
        (count(&run, "created"), count(&run, "unchanged")),
        (1, everybody - 1),
        "{}",
        run.stdout
    );
    assert_eq!(
        run.json()["results"].as_array().unwrap().len(),
        1,
        "only what was not as it should be"
    );
    assert_eq!(run.json()["results"][0]["user"], "u1");
}

#[test]
fn what_fails_in_one_namespace_is_told_and_the_others_are_served() {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    for name in ["user-a", "user-b", "user-c"] {
        site.make_namespace(name, Some(name));
    }
    site.cluster
        .faults()
        .fail(Fault::status(403).containing("/namespaces/user-b/secrets/"));
    let run = site.mint_secret(&["--all", "--include-gone"]);
    assert_eq!(run.status, 5, "{run:?}");
    assert!(
        run.stderr.contains("namespace user-b") && run.stderr.lines().count() == 1,
        "{}",
        run.stderr
    );
    assert_eq!(run.stdout, "3 namespaces: 2 created, 1 failed\n");
    assert!(site
        .cluster
        .object("/api/v1/namespaces/user-c/secrets/registry")
        .is_some());
}

#[test]
fn a_server_that_asks_for_patience_gets_it() {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    for number in 0..20 {
        site.make_namespace(&format!("user-{number}"), Some("u"));
    }
    let busy = Fault::too_many_requests(1).containing("/secrets/").times(10);
    site.cluster.faults().fail(busy);
    let run = site.mint_secret(&["--all", "--include-gone"]).ok();
    assert_eq!(run.stdout, "20 namespaces: 20 created\n");
    assert!(run.took >= Duration::from_secs(1), "{:?}", run.took);
}

#[test]
fn all_together_may_take_longer_than_the_deadline_of_one() {
    let _alone = alone();
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    for number in 0..260 {
        site.make_namespace(&format!("user-{number}"), Some("u"));
    }
    // 33 rounds of 8 at once, over two pages: ten seconds at least.
    site.cluster
        .faults()
        .fail(Fault::slow(Duration::from_millis(150)).containing("/secrets/"));
    site.write("password", CANARY);
    let (file, password) = (site.path("registry.json"), site.path("password"));
    fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
    let run = site
        .mint_secret(&[
            "--no-verify",
            "--write",
            file.to_str().unwrap(),
            "--registry",
            "r.example.org",
            "--username",
            "robot",
            "--password-file",
            password.to_str().unwrap(),
            "--all",
            "--include-gone",
            "--jobs",
            "8",
            "--timeout",
            "6s",
        ])
        .ok();
    assert_eq!(run.stdout, "260 namespaces: 260 created\n");
    assert!(
        run.took > Duration::from_secs(6),
        "the deadline was not over: {:?}",
        run.took
    );
}

#[test]
fn a_listing_that_the_server_forgot_in_the_middle_goes_on() {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    for number in 0..300 {
        site.make_namespace(&format!("user-{number}"), Some("u"));
    }
    // Kubernetes answers 410 with a new token; here the fault gives none, and the listing starts again.
    site.cluster
        .faults()
        .fail(Fault::status(410).containing("continue=").times(1));
    let run = site.mint_secret(&["--all", "--include-gone", "-o", "json"]).ok();
    assert_eq!(count(&run, "created"), 300, "{}", run.stdout);
}
