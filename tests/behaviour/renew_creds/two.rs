//! Several sessions of one user, in several browsers, with refresh tokens that work once: whatever becomes of one of them, the
//! others go on, and each is told its own reason.

use ood_k8s_sandbox::identity_provider::{Tokens, TOKEN_ENDPOINT};
use ood_k8s_sandbox::Fault;

use serde_json::{json, Value};

use super::lost::{rotating, LOST};
use super::{meanwhile, Renewing, SHORT};
use crate::support::Run;

/// A session whose refresh token was renewed once, so that only root knows the newest one.
fn first() -> (Renewing, Tokens) {
    let renewing = rotating();
    let first = renewing.log_in(SHORT);
    renewing.renews("1 user: 1 renewed");
    assert_ne!(renewing.kept_token(), first.refresh);
    (renewing, first)
}

impl Renewing {
    fn refuse_once(&self) {
        let refusal = Fault::oauth(400, "invalid_grant", "Session not active");
        self.provider.fail(refusal.on_path(TOKEN_ENDPOINT).times(1));
    }

    fn is_noted_of(&self, tokens: &Tokens) -> bool {
        let others = self.record().unwrap()["others"].clone();
        let is_same = |other: &Value| other["handed_over"] == tokens.refresh && other["spent"].is_string();
        others.as_array().is_some_and(|others| others.iter().any(is_same))
    }

    /// The session is renewed by root and at its next login, and no spent token is sent for it.
    #[track_caller]
    fn goes_on(&self, session: &Tokens) {
        self.provider.forget_requests();
        self.renew(&["--interval", "1h"]).done();
        let run = self.set_creds(session).done();
        assert!(!run.stderr.contains("lost"), "{run:?}");
        self.renew(&["--interval", "1h"]).done();
        let refreshes = self.refreshes();
        assert!(
            refreshes.len() == 2 && refreshes.iter().all(|(_, status)| *status == 200),
            "{refreshes:?}"
        );
    }
}

#[test]
fn a_second_session_that_is_refused_leaves_the_first_as_it_was() {
    let (renewing, first) = first();
    let before = renewing.sessions();
    renewing.refuse_once();
    let refused = renewing.set_creds(&renewing.expired());
    refused.fails(6, &["invalid_grant"]);
    assert_eq!(renewing.sessions(), before);
    renewing.goes_on(&first);
}

#[test]
fn a_second_session_whose_answer_is_lost_is_told_so_each_time_and_the_first_is_renewed() {
    let (renewing, first) = first();
    let second = renewing.expired();
    renewing.lose_an_answer();
    renewing.set_creds(&second).fails(6, &[LOST]);
    renewing.goes_on(&first);
    renewing.set_creds(&second).fails(6, &[LOST, "log out of OnDemand"]);
    // With an access token that is good still, its login is served; the first one's renewals go on.
    let good = Tokens {
        access: renewing.provider.log_in(&renewing.site.user).access,
        ..second
    };
    let run = renewing.set_creds(&good).done();
    let words = ["this session's tokens cannot be renewed", LOST];
    assert!(words.iter().all(|word| run.stderr.contains(word)), "{run:?}");
    renewing.renew(&["--interval", "1h"]).done();
    assert!(renewing.refreshes().last().is_some_and(|(_, status)| *status == 200));
    // A third one is renewed from now on, and of the others none is forgotten.
    let third = renewing.provider.log_in(&renewing.site.user);
    renewing.set_creds(&third).ok();
    assert_eq!(renewing.kept_token(), third.refresh);
    renewing.goes_on(&first);
}

#[test]
fn a_second_session_of_which_nobody_knows_is_noted_beside_the_first_until_it_is_known() {
    let (renewing, first) = first();
    let second = renewing.expired();
    renewing.lose_behind_a_proxy(502);
    renewing.set_creds(&second).fails(6, &["returned 502"]);
    assert!(renewing.is_noted_of(&second));
    renewing.goes_on(&first);
    assert!(renewing.is_noted_of(&second), "the first one's login knows no better");
    renewing.set_creds(&second).fails(6, &[LOST]);
    assert!(renewing.record().unwrap()["others"][0]["is_lost"] == true);
    renewing.renew(&["--interval", "1h"]).done();
}

#[test]
fn a_second_sessions_login_that_dies_while_it_refreshes_costs_neither_session_anything() {
    let (renewing, first) = first();
    let second = renewing.expired();
    renewing.kill_while_it_waits(renewing.command(&["set-creds", &renewing.site.user], &second));
    assert!(renewing.is_noted_of(&second));
    renewing.goes_on(&first);
    renewing.set_creds(&second).ok();
    assert!(renewing.record().unwrap()["handed_over"] == second.refresh);
}

#[test]
fn an_answer_that_a_dead_login_of_a_second_session_left_is_the_session_that_is_kept() {
    let (renewing, first) = first();
    let second = renewing.expired();
    let before = renewing.record().unwrap();
    renewing.set_creds(&second).ok();
    let after = renewing.record().unwrap();
    // As if it had died between the answer and the record.
    let mut noted = before.clone();
    let mut other = after.clone();
    other["refresh_token"] = second.refresh.clone().into();
    other["spent"] = "2026-01-01T00:00:00Z".into();
    noted["others"] = json!([other]);
    renewing.write_record(&noted);
    let answer = json!({ "instead_of": second.refresh, "record": after.to_string() });
    let held = format!("renewal/{}.held", renewing.site.user);
    renewing.site.write(&held, &format!("{answer}   "));
    renewing.renew(&["--interval", "1h"]).done();
    let now = renewing.record().unwrap();
    assert_eq!(now["handed_over"], second.refresh);
    assert_eq!(now["others"][0]["handed_over"], first.refresh);
    assert!(renewing.refreshes().iter().all(|(_, status)| *status == 200));
}

#[test]
fn a_login_of_the_first_session_that_waits_for_a_slow_cluster_is_not_disturbed_by_a_second_one_that_fails() {
    let Some(renewing) = meanwhile::site() else { return };
    let (login, first) = meanwhile::log_in_slowly(&renewing);
    let second = renewing.expired();
    renewing.refuse_once();
    renewing.set_creds(&second).fails(6, &["invalid_grant"]);
    renewing.lose_behind_a_proxy(503);
    renewing.set_creds(&second).fails(6, &["returned 503"]);
    Run::finish(login).done();
    let record = renewing.record().unwrap();
    assert!(
        record["handed_over"] == first.refresh && renewing.is_noted_of(&second),
        "{record}"
    );
    renewing.renew(&["--interval", "1h"]).done();
}

#[test]
fn each_browsers_next_login_goes_on_with_the_newest_token_of_its_own_session() {
    let (renewing, first) = first();
    let second = renewing.log_in(SHORT);
    renewing.renews("1 user: 1 renewed");
    for session in [&first, &second, &first, &second] {
        renewing.goes_on(session);
        assert_eq!(renewing.record().unwrap()["handed_over"], session.refresh);
    }
}

#[test]
fn a_session_that_the_provider_has_ended_leaves_the_renewal_to_another_one() {
    let (renewing, first) = first();
    let second = renewing.log_in(SHORT);
    renewing.refuse_once();
    let run = renewing.renew(&["-o", "json"]).ok();
    let result = &run.json()["results"][0];
    assert_eq!(result["result"], "kept", "{result}");
    assert!(
        result["reason"]
            .as_str()
            .unwrap()
            .contains("another session of the user"),
        "{result}"
    );
    renewing.renews("1 user: 1 renewed");
    assert_eq!(renewing.record().unwrap()["handed_over"], first.refresh);
    assert!(!renewing.record().unwrap().to_string().contains(&second.refresh));
    renewing.goes_on(&first);
}

#[test]
fn a_login_of_a_second_session_that_fails_while_nginx_is_down_does_not_end_the_first() {
    let (mut renewing, first) = first();
    renewing.age_login();
    let second = renewing.expired();
    renewing.end_nginx();
    // The hook runs before nginx does; each of these is a moment at which the next run may come.
    renewing.lose_behind_a_proxy(502);
    renewing.set_creds(&second).fails(6, &["returned 502"]);
    renewing.renew(&["--interval", "1h"]).done();
    for _ in 0..2 {
        renewing.age_login();
        renewing.set_creds(&second).fails(6, &[LOST]);
        renewing.renews("1 user: 1 kept");
    }
    renewing.start_nginx();
    renewing.goes_on(&first);
}
