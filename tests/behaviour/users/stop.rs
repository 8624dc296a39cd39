//! `offboard --suspend --stop`: what runs ends, and the session at the identity provider too.

use ood_k8s_sandbox::identity_provider::{DISCOVERY, REVOCATION_ENDPOINT};
use ood_k8s_sandbox::Fault;
use serde_json::{json, Value};

use super::{annotation, is_going, offboard, renewing, site, Kept, SUSPENDED};
use crate::support::{wait_until, Run, Site};

const STOP: [&str; 3] = ["--suspend", "--stop", "--yes"];

fn stop(site: &Site, more: &[&str]) -> Run {
    let args = [&[site.user.as_str()], &STOP[..], more].concat();
    hunted(offboard(site, &args))
}

/// No token and no client's secret is in the output.
fn hunted(run: Run) -> Run {
    for part in ["eyJ", "secret-of-"] {
        assert!(!run.stdout.contains(part) && !run.stderr.contains(part), "{run:?}");
    }
    run
}

fn start_pods(site: &Site, names: &[&str]) {
    for name in names {
        let spec = json!({ "containers": [{ "name": "c", "image": "i" }] });
        let pod = json!({ "metadata": { "name": name }, "spec": spec });
        site.cluster.create(&site.core("pods"), &pod);
    }
}

/// The pods that go on.
fn pods(site: &Site) -> Vec<String> {
    let items = site.cluster.items(&site.core("pods"));
    let on = items
        .iter()
        .filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
    on.map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned())
        .collect()
}

fn kinds(run: &Run) -> Vec<String> {
    let json = run.json();
    let results = json["results"].as_array().unwrap().iter();
    let objects = results.flat_map(|result| result["objects"].as_array().unwrap());
    let mut kinds: Vec<_> = objects.map(|it| it["kind"].as_str().unwrap().to_owned()).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

#[test]
fn pods_end_and_the_refresh_token_is_revoked_before_it_is_forgotten() {
    let site = site();
    let kept = renewing(&site);
    let refresh = kept.log_in(&site);
    start_pods(&site, &["one", "two"]);
    let dry = stop(&site, &["--dry-run", "-o", "json"]).ok();
    assert!(
        kinds(&dry).contains(&"Pod".into()) && kinds(&dry).contains(&"RefreshToken".into()),
        "{dry:?}"
    );
    assert!(
        pods(&site).len() == 2 && kept.exists() && kept.revoked().is_empty(),
        "a dry run"
    );

    let run = stop(&site, &["-o", "json"]).ok();
    assert_eq!(kinds(&run), kinds(&dry));
    assert!(pods(&site).is_empty() && !kept.exists());
    assert!(annotation(&site, SUSPENDED).is_string() && !is_going(&site));
    assert_eq!(kept.revoked(), [(refresh, 200)]);
    let asked = &kept.provider.revocations()[0];
    assert_eq!(asked.form["token_type_hint"], "refresh_token");
    assert_eq!(asked.client, "ondemand");
    let urls: Vec<_> = kept
        .provider
        .requests()
        .iter()
        .map(|request| request.path.clone())
        .collect();
    assert!(urls.iter().all(|url| !url.contains("eyJ")), "{urls:?}");
    let again = stop(&site, &["-o", "json"]).ok();
    assert_eq!(kinds(&again), ["Namespace"], "{again:?}");
}

#[test]
fn of_a_user_with_several_browsers_each_sessions_refresh_token_is_revoked() {
    let site = site();
    let kept = renewing(&site);
    let first = kept.log_in(&site);
    let second = kept.log_in(&site);
    stop(&site, &[]).done();
    assert_eq!(kept.revoked(), [(second, 200), (first, 200)]);
    assert!(!kept.exists());
}

#[test]
fn a_refresh_token_that_the_provider_refuses_to_revoke_keeps_no_other_one_from_it_and_is_tried_again() {
    let site = site();
    let kept = renewing(&site);
    let first = kept.log_in(&site);
    let second = kept.log_in(&site);
    let refusal = Fault::oauth(400, "invalid_request", "").on_path(REVOCATION_ENDPOINT);
    kept.provider.fail(refusal.times(1));
    let run = stop(&site, &[]);
    assert!(run.status == 6 && is_kept_to_be_revoked(&kept), "{run:?}");
    assert_eq!(kept.revoked().last().unwrap(), &(first.clone(), 200));
    let record = kept.json().to_string();
    assert!(record.contains(&second) && !record.contains(&first));
    stop(&site, &[]).done();
    assert_eq!(kept.revoked().last().unwrap(), &(second, 200));
    assert!(!kept.exists());
}

#[test]
fn without_it_pods_run_on_and_nothing_is_asked_of_the_provider() {
    let site = site();
    let kept = renewing(&site);
    kept.log_in(&site);
    start_pods(&site, &["one"]);
    kept.provider.forget_requests();
    offboard(&site, &[&site.user, "--suspend", "--yes"]).ok();
    assert_eq!(pods(&site), ["one"]);
    assert!(!kept.exists() && kept.provider.requests().is_empty());
}

/// The record that is left to be revoked, which renews nothing.
fn is_kept_to_be_revoked(kept: &Kept) -> bool {
    let record = kept.json();
    record["is_to_be_revoked"] == true && record["token_ends"] == json!({})
}

#[test]
fn a_provider_that_is_down_stops_no_suspension_and_another_run_finishes_it() {
    let site = site();
    let kept = renewing(&site);
    let refresh = kept.log_in(&site);
    start_pods(&site, &["one"]);
    kept.provider.refuse_connections();
    let words = ["cannot revoke the refresh token", "cannot reach", "next run"];
    let run = stop(&site, &[]);
    assert_eq!(run.status, 6, "{run:?}");
    words
        .iter()
        .for_each(|word| assert!(run.stderr.contains(word), "{word}: {run:?}"));
    assert!(
        annotation(&site, SUSPENDED).is_string() && pods(&site).is_empty(),
        "{run:?}"
    );
    assert!(is_kept_to_be_revoked(&kept));
    kept.provider.recover();
    stop(&site, &[]).ok();
    assert_eq!(kept.revoked(), [(refresh, 200)]);
    assert!(!kept.exists());
}

#[test]
fn the_timer_finishes_what_the_provider_could_not_do() {
    let site = site();
    let kept = renewing(&site);
    let refresh = kept.log_in(&site);
    kept.provider.fail(Fault::status(503).on_path(REVOCATION_ENDPOINT));
    assert_eq!(stop(&site, &[]).status, 6);
    let renew = |args: &[&str]| {
        hunted(Run::of(
            &mut site.command(&[&["renew-creds", "-o", "json"], args].concat()),
        ))
    };
    let run = renew(&[]);
    assert!(
        run.status == 6 && is_kept_to_be_revoked(&kept),
        "nginx does not run, and it is kept: {run:?}"
    );
    kept.provider.clear_faults();
    let dry = renew(&["--dry-run"]).ok();
    assert!(kept.exists() && dry.stdout.contains("forgotten"), "{dry:?}");
    let run = renew(&[]).ok();
    assert!(!kept.exists() && run.stdout.contains("is revoked now"), "{run:?}");
    assert_eq!(kept.revoked().last().unwrap(), &(refresh, 200));
}

#[test]
fn a_provider_in_trouble_is_asked_again_as_it_says() {
    let site = site();
    let kept = renewing(&site);
    kept.log_in(&site);
    kept.provider.forget_requests();
    kept.provider
        .fail(Fault::too_many_requests(1).on_path(REVOCATION_ENDPOINT).times(1));
    let run = stop(&site, &[]).ok();
    assert!(run.took >= std::time::Duration::from_secs(1), "{:?}", run.took);
    assert_eq!(kept.revoked().len(), 1);
    // It says a time that nobody waits for.
    kept.log_in_again(&site);
    kept.provider
        .fail(Fault::too_many_requests(3600).on_path(REVOCATION_ENDPOINT));
    let run = stop(&site, &[]);
    assert!(run.status == 6 && run.stderr.contains("try again in 3600 s"), "{run:?}");
    assert!(run.took < std::time::Duration::from_secs(20), "{:?}", run.took);
}

impl Kept {
    /// After a resumption.
    fn log_in_again(&self, site: &Site) -> String {
        Run::of(&mut site.command(&["resume", &site.user])).ok();
        self.log_in(site)
    }
}

#[test]
fn what_the_provider_cannot_do_is_told_and_is_no_failure() {
    let site = site();
    let kept = renewing(&site);
    kept.log_in(&site);
    kept.provider.set(|settings| settings.revokes = false);
    let run = stop(&site, &[]).done();
    let words = [
        "names no revocation_endpoint",
        "end the user's session at the identity provider",
    ];
    words
        .iter()
        .for_each(|word| assert!(run.stderr.contains(word), "{run:?}"));
    assert!(!kept.exists() && kept.revoked().is_empty());
    kept.provider.set(|settings| settings.revokes = true);
    kept.log_in_again(&site);
    let unsupported = Fault::oauth(400, "unsupported_token_type", "no refresh tokens");
    kept.provider.fail(unsupported.on_path(REVOCATION_ENDPOINT));
    let run = stop(&site, &["-o", "json"]).done();
    assert!(
        run.stderr.contains("cannot revoke refresh tokens") && !kept.exists(),
        "{run:?}"
    );
    assert!(!kinds(&run).contains(&"RefreshToken".into()), "{run:?}");
}

#[test]
fn a_wrong_client_is_told_with_the_keys() {
    let site = site();
    let kept = renewing(&site);
    kept.log_in(&site);
    site.set("CLIENT_SECRET=wrong");
    let run = stop(&site, &[]);
    assert!(
        run.status == 6 && run.stderr.contains("correct CLIENT_ID and CLIENT_SECRET"),
        "{run:?}"
    );
    assert!(is_kept_to_be_revoked(&kept));
}

#[test]
fn whoever_leaves_for_good_loses_the_refresh_token_too_and_a_provider_that_is_down_stops_nothing() {
    let site = site();
    let kept = renewing(&site);
    let refresh = kept.log_in(&site);
    offboard(&site, &[&site.user, "--keep-namespace", "--yes"]).ok();
    assert_eq!(kept.revoked(), [(refresh, 200)]);
    kept.log_in_again(&site);
    kept.provider.fail(Fault::status(500).on_path(DISCOVERY));
    let run = offboard(&site, &[&site.user, "--yes"]);
    assert_eq!(run.status, 6, "{run:?}");
    assert!(is_going(&site) && is_kept_to_be_revoked(&kept));
    assert_eq!(
        site.user_kubeconfig().unwrap()["users"],
        json!([]),
        "the home is cleaned"
    );
    kept.provider.clear_faults();
    if site.cluster.is_real() {
        wait_until("the namespace is gone", || {
            site.cluster.object(&site.namespace_path()).is_none()
        });
    }
    offboard(&site, &[&site.user, "--yes"]).ok();
    assert!(!kept.exists() && kept.revoked().len() == 2);
}

#[test]
fn a_damaged_record_is_forgotten_with_a_warning_and_one_of_a_newer_version_stays() {
    let site = site();
    let kept = renewing(&site);
    kept.log_in(&site);
    let text = std::fs::read_to_string(&kept.record).unwrap();
    std::fs::write(&kept.record, text.replace("\"version\":1", "\"version\":99")).unwrap();
    let run = stop(&site, &[]);
    assert!(
        run.status == 6 && run.stderr.contains("newer ood-k8s") && kept.exists(),
        "{run:?}"
    );
    std::fs::write(&kept.record, "{").unwrap();
    let run = stop(&site, &["-o", "json"]).done();
    let words = [
        "damaged",
        "was not revoked; end the user's session at the identity provider",
    ];
    assert!(words.iter().all(|word| run.stderr.contains(word)), "{run:?}");
    assert!(!kinds(&run).contains(&"RefreshToken".into()), "{run:?}");
    assert!(!kept.exists() && kept.revoked().is_empty());
    stop(&site, &[]).ok();
}

#[test]
fn a_pod_that_is_ending_and_one_that_has_ended_are_left_to_it() {
    let site = site();
    site.pre_hook().ok();
    start_pods(&site, &["held", "on"]);
    let held = json!({ "metadata": { "finalizers": ["example.org/held"] } });
    site.cluster.merge(&site.core("pods/held"), &held);
    site.cluster.delete(&site.core("pods/held"));
    let run = stop(&site, &["-o", "json"]).ok();
    let names: Vec<Value> = run.json()["results"][0]["objects"].as_array().unwrap().clone();
    let deleted: Vec<_> = names.iter().filter(|it| it["kind"] == "Pod").collect();
    let is_deleted = |name: &str| deleted.iter().any(|it| it["name"] == name);
    assert!(is_deleted("on"), "{run:?}");
    // The sandbox does not say how long a pod has to end.
    assert!(!site.cluster.is_real() || !is_deleted("held"), "{run:?}");
    assert!(pods(&site).is_empty());
}
