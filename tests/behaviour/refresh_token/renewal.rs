//! A new token is asked for, tried and written when it is due, and nothing else is changed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, UNIX_EPOCH};

use ood_k8s_sandbox::Sandbox;
use serde_json::{json, Value};

use super::{end_of, now};
use crate::support::{documented, jwt, Cluster, Site};

#[test]
fn a_new_token_takes_the_place_of_the_old_one_which_works_until_its_own_end() {
    let site = Site::new();
    let old = site.root_token();
    let run = site.refresh(&[]).ok();
    assert_eq!(run.stdout, "", "quiet when well");
    let run = site.refresh(&["--log-level", "info"]).done();
    documented::has_the_keys_shown(
        "docs/src/root-token.md",
        "level=info msg=refresh-token",
        run.stderr.trim(),
    );
    let new = site.root_token();
    assert_ne!(new, old);
    let account = format!("system:serviceaccount:ondemand:{}", site.cluster.account().name);
    assert_eq!(site.cluster.who_is(&new).as_deref(), Some(account.as_str()));
    assert_eq!(site.cluster.who_is(&old).as_deref(), Some(account.as_str()));
    let left = end_of(&new) - now();
    assert!((9 * 3600 - 60..=9 * 3600).contains(&left), "nine hours: {left}");
    site.pre_hook().ok();
}

#[test]
fn nothing_but_the_token_is_changed() {
    let site = Site::new();
    let text = site.root_text();
    let other = "- name: other\n  user: {client-certificate: /x.pem, odd: 012}\n";
    site.write(
        "root.kubeconfig",
        &(text.replace("users:\n", &format!("users:\n{other}")) + "extra: {kept: yes}\npreferences: {}\n"),
    );
    let before: Value = ood_k8s::yaml::from_str(&site.root_text()).unwrap();
    site.refresh(&[]).ok();
    let mut after: Value = ood_k8s::yaml::from_str(&site.root_text()).unwrap();
    assert_ne!(after, before);
    after["users"][1]["user"]["token"] = before["users"][1]["user"]["token"].clone();
    assert_eq!(after, before);
    let mode = fs::metadata(site.path("root.kubeconfig")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_cluster_is_asked_for_one_token_and_then_who_it_is_for() {
    let site = Site::new();
    site.refresh(&[]).ok();
    let seen: Vec<_> = site
        .cluster
        .requests()
        .into_iter()
        .map(|r| (r.method, r.path, r.status))
        .collect();
    let token = format!(
        "/api/v1/namespaces/ondemand/serviceaccounts/{}/token",
        site.cluster.account().name
    );
    let review = "/apis/authentication.k8s.io/v1/selfsubjectreviews".to_owned();
    assert_eq!(
        seen,
        [("POST".to_owned(), token, 201), ("POST".to_owned(), review, 201)]
    );
}

#[test]
fn a_token_that_works_long_enough_is_tried_and_left_alone() {
    let site = Site::new();
    site.set_root_token(&site.mint(4 * 3600));
    let before = site.root_text();
    // With nothing due there is nothing to wait for either.
    let run = site
        .refresh(&["--if-remaining-below", "3h", "--jitter", "1d", "-o", "json"])
        .ok();
    assert!(run.took < Duration::from_secs(30));
    assert_eq!(run.json()["results"][0]["outcome"], "unchanged");
    assert_eq!(site.root_text(), before);
    let asked: Vec<_> = site
        .cluster
        .requests()
        .into_iter()
        .map(|request| request.path)
        .collect();
    assert_eq!(asked, ["/apis/authentication.k8s.io/v1/selfsubjectreviews"]);
    site.refresh(&["--if-remaining-below", "5h", "--jitter", "1s"]).ok();
    assert_ne!(site.root_text(), before);
}

#[test]
fn a_dry_run_asks_nobody_and_changes_nothing() {
    let site = Site::new();
    let before = site.root_text();
    let run = site.refresh(&["--dry-run"]).done();
    assert!(run.stdout.contains("changed (dry run)"), "{}", run.stdout);
    assert_eq!(site.root_text(), before);
    assert_eq!(site.cluster.requests().len(), 0);
}

#[test]
fn a_server_that_gives_less_time_is_believed_and_an_end_before_the_next_run_has_a_status_of_its_own() {
    let site = Site::on(Cluster::with_longest_token(Duration::from_secs(3600)));
    let run = site.refresh(&["-o", "json", "--interval", "30m"]).ok();
    let end = run.json()["results"][0]["token_end"].as_str().unwrap().to_owned();
    let end = ood_k8s::time::parse_rfc3339(&end)
        .unwrap()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    assert!((3600 - 60..=3600).contains(&(end - now())), "an hour, not nine");
    assert_eq!(end, end_of(&site.root_token()));
    let run = site
        .refresh(&["--interval", "2h"])
        .fails(8, &["warning", "expires in", "runs every 2h", "--duration"]);
    assert!(!run.stderr.contains("error"), "{}", run.stderr);
}

#[test]
fn a_token_that_had_ended_before_it_came_is_not_used() {
    let site = Site::on(Cluster::sandbox(
        Sandbox::builder().longest_token(Duration::ZERO).start(),
    ));
    site.set_root_token(&add_token(&site, 4 * 3600));
    let before = site.root_text();
    site.refresh(&[])
        .fails(5, &["issued a token that expired", "compare the clocks"]);
    assert_eq!(site.root_text(), before);
}

/// A token of this test's account that the sandbox did not make.
fn add_token(site: &Site, seconds: u64) -> String {
    let sub = format!("system:serviceaccount:ondemand:{}", site.cluster.account().name);
    let token = jwt(&json!({ "sub": sub, "exp": now() + seconds }));
    site.cluster.faults().add_token(&token, &sub, &[]);
    token
}

#[test]
fn a_token_works_up_to_its_real_end_and_not_beyond() {
    let site = Site::new();
    let Some(plane) = site.cluster.plane() else {
        // The sandbox has no signatures; the tests in given_tokens.rs have an expired token for it.
        return;
    };
    let account = site.cluster.account().name;
    let sign = |end: u64| {
        plane
            .sign_service_account_token("ondemand", &account, now() - 3600, end)
            .unwrap()
    };
    // The API server lets a clock be wrong by a minute (go-jose's leeway).
    let last_moment = sign(now() - 20);
    assert!(site.cluster.who_is(&last_moment).is_some(), "within the leeway");
    site.set_root_token(&last_moment);
    let run = site.refresh(&[]).ok();
    assert_eq!(run.stdout, "");
    assert_ne!(site.root_token(), last_moment);
    let gone = sign(now() - 90);
    assert_eq!(site.cluster.who_is(&gone), None, "beyond it");
    site.set_root_token(&gone);
    let run = site.refresh(&[]);
    assert!(
        run.status == 8 && run.stderr.contains("its token expired 1m"),
        "{run:?}"
    );
    assert_eq!(site.root_token(), gone, "kept, whatever it is worth");
}
