//! A refresh token that works once: noted before it is sent, and if the answer is lost, everybody is told why.

use std::fs;
use std::process::Stdio;

use ood_k8s_sandbox::identity_provider::{Tokens, TOKEN_ENDPOINT};
use ood_k8s_sandbox::Fault;

use super::{Renewing, LONG, SHORT};
use crate::support::{wait_until, Run};

pub(super) const LOST: &str = "the answer was lost before it was stored";

pub(super) fn rotating() -> Renewing {
    let renewing = Renewing::new("HOOK_TIMEOUT=20s");
    renewing
        .provider
        .set(|settings| settings.single_use_refresh_tokens = true);
    renewing
}

impl Renewing {
    /// The tokens of a login whose access token has expired since.
    pub(super) fn expired(&self) -> Tokens {
        self.provider.set(|settings| settings.clock_skew = -1000);
        let tokens = self.provider.log_in(&self.site.user);
        self.provider.set(|settings| settings.clock_skew = 0);
        tokens
    }

    /// Loses the answer to the next refresh: the provider has spent the token, and nobody has the new one.
    pub(super) fn lose_an_answer(&self) {
        self.provider
            .fail(Fault::cut_in_body().on_path(TOKEN_ENDPOINT).times(1));
    }

    fn is_noted(&self) -> bool {
        self.record()
            .is_some_and(|record| record.to_string().contains("\"spent\""))
    }

    /// Starts this, and kills it when the provider has its refresh token.
    pub(super) fn kill_while_it_waits(&self, mut command: std::process::Command) {
        self.provider.forget_requests();
        self.provider.fail(Fault::hang().on_path(TOKEN_ENDPOINT));
        let mut run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let asked = || {
            self.provider
                .requests()
                .iter()
                .any(|request| request.path == TOKEN_ENDPOINT)
        };
        wait_until("the provider is asked", asked);
        assert!(self.is_noted(), "noted before it is sent: {:?}", self.record());
        run.kill().unwrap();
        run.wait().unwrap();
        self.provider.clear_faults();
    }
}

#[test]
fn a_refresh_token_is_noted_before_it_is_sent_and_one_that_did_not_arrive_works_still() {
    let renewing = rotating();
    renewing.log_in(SHORT);
    renewing.kill_while_it_waits(renewing.renew_command(&[]));
    renewing.renews("1 user: 1 renewed");
    assert!(!renewing.is_noted());
}

#[test]
fn a_login_notes_it_too_and_leaves_nothing_for_a_renewal_to_write() {
    let renewing = rotating();
    renewing.live(LONG);
    let tokens = renewing.expired();
    renewing.kill_while_it_waits(renewing.command(&["set-creds", &renewing.site.user], &tokens));
    renewing.renews("1 user: 1 kept");
    renewing.set_creds(&tokens).ok();
    assert!(!renewing.is_noted());
}

#[test]
fn an_answer_that_was_lost_is_asked_for_again_at_a_provider_that_takes_a_token_twice() {
    let renewing = rotating();
    renewing.provider.set(|settings| settings.refresh_token_reuse = 1);
    renewing.log_in(SHORT);
    renewing.lose_an_answer();
    renewing.renews("1 user: 1 renewed");
    renewing.lose_an_answer();
    renewing.set_creds(&renewing.expired()).ok();
}

#[test]
fn a_lost_session_is_told_by_the_run_that_finds_it_and_by_the_next_logins() {
    let renewing = rotating();
    let tokens = renewing.expired();
    renewing.set_creds(&tokens).ok();
    renewing.lose_an_answer();
    let run = renewing.renew(&["--interval", "1h", "-o", "json"]).ok();
    let result = &run.json()["results"][0];
    assert_eq!(result["result"], "forgotten");
    assert!(result["reason"].as_str().unwrap().contains(LOST), "{result}");
    // What is left of it says why, and is nothing to renew.
    renewing.renews("0 users");
    renewing
        .set_creds(&tokens)
        .fails(6, &[LOST, "log out of OnDemand, and log in again"]);
    renewing.set_creds(&tokens).fails(6, &[LOST]);
    let good = Tokens {
        access: renewing.provider.log_in(&renewing.site.user).access,
        ..tokens
    };
    let run = renewing.set_creds(&good).done();
    assert!(
        run.stderr.contains("this session's tokens cannot be renewed") && run.stderr.contains(LOST),
        "{run:?}"
    );
    renewing.renews("0 users");
    let run = renewing
        .set_creds(&renewing.provider.log_in(&renewing.site.user))
        .done();
    assert!(
        run.stderr.contains("the session before this one") && run.stderr.contains(LOST),
        "{run:?}"
    );
    renewing.set_creds(&renewing.provider.log_in(&renewing.site.user)).ok();
}

#[test]
fn what_is_left_of_a_lost_session_goes_with_it() {
    let mut renewing = rotating();
    renewing.log_in(SHORT);
    renewing.lose_an_answer();
    renewing.renews("1 user: 1 forgotten");
    renewing.age_login();
    renewing.renews("0 users");
    renewing.end_nginx();
    renewing.renews("1 user: 1 forgotten");
    assert!(renewing.record().is_none());
}

#[test]
fn an_answer_that_a_dead_run_left_is_used_by_the_next_one() {
    let renewing = rotating();
    renewing.log_in(SHORT);
    // As if it had died between the answer and the record.
    let before = renewing.record().unwrap();
    let mut noted = before.clone();
    noted["spent"] = "2026-01-01T00:00:00Z".into();
    renewing.renews("1 user: 1 renewed");
    let mut after = renewing.record().unwrap();
    after["token_ends"] = before["token_ends"].clone();
    let answer = serde_json::json!({ "instead_of": before["refresh_token"], "record": after.to_string() });
    let name = |end: &str| format!("renewal/{}.{end}", renewing.site.user);
    renewing.site.write(&name("json"), &noted.to_string());
    renewing.site.write(&name("held"), &format!("{answer}    "));
    renewing.renews("1 user: 1 renewed");
    assert!(!renewing.is_noted());
    assert_eq!(fs::metadata(renewing.site.path(&name("held"))).unwrap().len(), 0);
    assert!(renewing.refreshes().iter().all(|(_, status)| *status == 200));
}

#[test]
fn where_the_note_cannot_be_written_no_refresh_token_is_sent() {
    let renewing = rotating();
    renewing.log_in(SHORT);
    let lock = format!("renewal/{}.json.lock", renewing.site.user);
    renewing.site.write(&lock, "");
    renewing
        .renew(&["--quiet"])
        .fails(6, &["is not kept", "another program"]);
    assert!(renewing.refreshes().is_empty());
    Run::of(&mut renewing.command(&["set-creds", &renewing.site.user], &renewing.expired()))
        .fails(6, &["is not kept", "another program"]);
    assert!(renewing.refreshes().is_empty());
    fs::remove_file(renewing.site.path(&lock)).unwrap();
    renewing.renews("1 user: 1 renewed");
}

#[test]
fn where_the_record_cannot_be_read_a_login_sends_no_refresh_token() {
    let renewing = rotating();
    renewing.log_in(SHORT);
    let record = renewing.record_path();
    fs::remove_file(&record).unwrap();
    fs::create_dir(&record).unwrap();
    renewing.set_creds(&renewing.expired()).fails(3, &["cannot read"]);
    assert!(renewing.refreshes().is_empty());
}
