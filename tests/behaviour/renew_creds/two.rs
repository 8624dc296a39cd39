//! Two sessions of one user with refresh tokens that work once: whatever becomes of the second one's login, nothing of the
//! first is given up before the second one is good, and each is told its own reason.

use ood_k8s_sandbox::identity_provider::{Tokens, TOKEN_ENDPOINT};
use ood_k8s_sandbox::Fault;

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
        let another = self.record().unwrap()["another"].clone();
        another["refresh_token"] == tokens.refresh && another["sent"].is_string()
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
    let before = renewing.record();
    renewing.refuse_once();
    let refused = renewing.set_creds(&renewing.expired());
    refused.fails(6, &["invalid_grant"]);
    assert_eq!(renewing.record(), before);
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
    // And a third one, which is good, takes the place of both.
    let third = renewing.provider.log_in(&renewing.site.user);
    renewing.set_creds(&third).ok();
    assert_eq!(renewing.kept_token(), third.refresh);
    assert!(renewing.record().unwrap().get("another").is_none());
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
    assert!(renewing.record().unwrap()["another"]["is_lost"] == true);
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
    noted["another"] = serde_json::json!({ "refresh_token": second.refresh, "sent": "2026-01-01T00:00:00Z" });
    renewing.write_record(&noted);
    let answer = serde_json::json!({ "instead_of": second.refresh, "record": after.to_string() });
    let held = format!("renewal/{}.held", renewing.site.user);
    renewing.site.write(&held, &format!("{answer}   "));
    renewing.renew(&["--interval", "1h"]).done();
    let now = renewing.record().unwrap();
    assert!(now["handed_over"] == second.refresh && now.get("another").is_none());
    assert_ne!(now["handed_over"], first.refresh);
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
