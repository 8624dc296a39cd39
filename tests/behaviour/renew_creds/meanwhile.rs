//! What a renewal does while a login waits for a slow cluster, and after one that died there.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ood_k8s_sandbox::identity_provider::Tokens;
use ood_k8s_sandbox::Fault;

use super::lost::rotating;
use super::{Renewing, LONG, SHORT};
use crate::support::{wait_until, Run};

fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn log_in(renewing: &Renewing, tokens: &Tokens) -> Command {
    renewing.command(&["pre-hook", "--user", &renewing.site.user], tokens)
}

/// A site whose cluster can be made slow; with single-use refresh tokens, and tokens that are to be renewed at once.
pub(super) fn site() -> Option<Renewing> {
    let renewing = rotating();
    if renewing.site.cluster.is_real() {
        return None;
    }
    renewing.site.set("HOOK_TIMEOUT=1m");
    renewing.live(SHORT);
    Some(renewing)
}

/// A login of a new session whose claim is answered late, once it has unlocked the record.
pub(super) fn log_in_slowly(renewing: &Renewing) -> (Child, Tokens) {
    let claim = format!("{}?fieldManager=ood-k8s", renewing.site.namespace_path());
    let late = Fault::slow(Duration::from_secs(8)).on_exactly("PATCH", &claim);
    renewing.site.cluster.faults().fail(late.times(2));
    let tokens = renewing.provider.log_in(&renewing.site.user);
    let login = start(&mut log_in(renewing, &tokens));
    wait_until("the record is unlocked", || {
        renewing
            .record()
            .is_some_and(|record| record["handed_over"] == tokens.refresh)
    });
    (login, tokens)
}

#[test]
fn a_renewal_while_a_login_waits_for_a_slow_cluster_is_taken_over_by_it() {
    let Some(renewing) = site() else { return };
    Run::of(&mut log_in(&renewing, &renewing.provider.log_in(&renewing.site.user))).done();
    let (login, tokens) = log_in_slowly(&renewing);
    renewing.live(LONG);
    renewing.renews("1 user: 1 renewed");
    let renewed = renewing.kept_token();
    assert_ne!(renewed, tokens.refresh, "it is spent");
    Run::finish(login).done();
    let record = renewing.record().unwrap();
    assert_eq!(record["refresh_token"], renewed, "{record}");
    assert_eq!(record["token_ends"].as_object().unwrap().len(), 1, "{record}");
    // The tokens of the login are the ones that end soon.
    renewing.renews("1 user: 1 renewed");
    assert!(renewing.refreshes().iter().all(|(_, status)| *status == 200));
}

#[test]
fn a_user_who_is_offboarded_while_a_login_waits_for_a_slow_cluster_gets_nothing_from_it() {
    let Some(renewing) = site() else { return };
    Run::of(&mut log_in(&renewing, &renewing.provider.log_in(&renewing.site.user))).done();
    let kubeconfig = || std::fs::read(renewing.site.path("home/config")).unwrap();
    let before = kubeconfig();
    let (login, _) = log_in_slowly(&renewing);
    std::fs::remove_file(renewing.record_path()).unwrap();
    let words = ["the session was ended", "log in again if you should have access"];
    let login = Run::finish(login).fails(6, &words);
    assert!(!login.stderr.contains("NetworkPolicy"), "{login:?}");
    assert!(kubeconfig() == before && renewing.record().is_none());
}

#[test]
fn a_first_login_that_dies_before_the_cluster_has_answered_leaves_nothing_that_a_renewal_writes() {
    let Some(renewing) = site() else { return };
    renewing.site.cluster.faults().fail(Fault::hang());
    let tokens = renewing.provider.log_in(&renewing.site.user);
    let mut login = start(&mut log_in(&renewing, &tokens));
    wait_until("there is a record", || renewing.record().is_some());
    login.kill().unwrap();
    login.wait().unwrap();
    renewing.renews("1 user: 1 kept");
    assert!(
        !renewing.site.path("home/config").exists(),
        "nobody knows whether the policy stands"
    );
}

/// A cluster of Google's beside the other one.
fn site_with_gke() -> Option<Renewing> {
    let renewing = site()?;
    let site = &renewing.site;
    let gke = site.cluster_file("gke", &site.cluster.url(), "gke");
    site.write("clusters.d/gke.yml", &gke);
    Some(renewing)
}

fn has_gke(renewing: &Renewing) -> bool {
    let kubeconfig = renewing.site.user_kubeconfig().unwrap_or_default();
    kubeconfig["users"].to_string().contains("gke-gcloud-auth-plugin")
}

#[test]
fn a_record_that_is_busy_after_the_wait_withholds_the_tokens_alone_and_is_told_as_the_reason() {
    let Some(renewing) = site_with_gke() else { return };
    let (login, _) = log_in_slowly(&renewing);
    let held = std::fs::File::open(renewing.record_path().with_extension("held")).unwrap();
    held.lock().unwrap();
    let login = Run::finish(login).fails(7, &["another process is renewing"]);
    assert!(!login.stderr.contains("NetworkPolicy"), "{login:?}");
    assert!(has_gke(&renewing), "its entry needs no token");
}

#[test]
fn who_is_offboarded_while_a_login_waits_gets_no_entry_of_another_kind_either_and_that_is_the_reason() {
    let Some(renewing) = site_with_gke() else { return };
    let (login, _) = log_in_slowly(&renewing);
    std::fs::remove_file(renewing.record_path()).unwrap();
    let login = Run::finish(login).fails(6, &["gke: ", "the session was ended"]);
    assert!(!login.stderr.contains("NetworkPolicy"), "{login:?}");
    assert!(!has_gke(&renewing) && renewing.record().is_none());
}
