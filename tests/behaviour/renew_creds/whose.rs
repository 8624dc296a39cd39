//! A token of somebody else is not written, at a login and at a renewal alike, and the session is forgotten.

use std::time::{SystemTime, UNIX_EPOCH};

use ood_k8s_sandbox::identity_provider::TOKEN_ENDPOINT;
use ood_k8s_sandbox::Fault;
use serde_json::{json, Value};

use super::{Renewing, LONG, SHORT};
use crate::support::jwt;

impl Renewing {
    /// Without the claim that the API server looks at, `sub` alone tells users apart.
    fn by_sub(lines: &str) -> Self {
        Self::new(&format!("OIDC_USERNAME_CLAIM=\n{lines}"))
    }

    /// What tokens of the user's say, with these claims in place of theirs; a claim that is `null` is left out.
    fn claims(&self, changed: &Value) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut claims = json!({
            "exp": now + 300, "iss": self.provider.issuer(), "sub": format!("sub-of-{}", self.site.user),
            "aud": "kubernetes", "preferred_username": self.site.user,
        });
        for (claim, value) in changed.as_object().unwrap() {
            claims[claim] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        claims
    }

    /// Answers the next requests for tokens with one that has these claims.
    fn answer(&self, times: u32, changed: &Value) {
        let answer =
            json!({ "access_token": jwt(&self.claims(changed)), "refresh_token": "n3xt", "token_type": "Bearer" });
        self.provider
            .fail(Fault::json(200, &answer).on_path(TOKEN_ENDPOINT).times(times));
    }

    /// A renewal that writes nothing, and forgets the session with one line that has these words.
    #[track_caller]
    fn forgets(&self, words: &[&str]) {
        let before = self.user_kubeconfig_text();
        let run = self
            .renew(&["--interval", "1h"])
            .fails(6, &["the session is forgotten: "]);
        for word in words {
            assert!(run.stderr.contains(word), "no {word:?} in {}", run.stderr);
        }
        assert_eq!(run.stdout.trim_end(), "1 user: 1 forgotten");
        assert_eq!(self.user_kubeconfig_text(), before, "the home is left alone");
        assert!(self.record().is_none(), "nothing is kept");
    }

    fn user_kubeconfig_text(&self) -> String {
        std::fs::read_to_string(self.site.path("home/config")).unwrap()
    }
}

/// What an answer that went astray says: somebody else's account, another issuer's, or nobody's.
fn strays() -> [(Value, &'static str); 3] {
    [
        (
            json!({ "sub": "sub-of-mallory" }),
            "is for \"sub-of-mallory\" of \"https://",
        ),
        (
            json!({ "iss": "https://other.example.org" }),
            "https://other.example.org",
        ),
        (json!({ "sub": null }), "is for nobody"),
    ]
}

#[test]
fn a_record_keeps_whose_the_logins_token_is() {
    let renewing = Renewing::new("CREDENTIALS=token");
    renewing.log_in(LONG);
    let subject = &renewing.record().unwrap()["subject"];
    assert_eq!(subject["sub"], format!("sub-of-{}", renewing.site.user));
    assert_eq!(subject["iss"], renewing.provider.issuer());
}

#[test]
fn a_renewal_with_somebody_elses_token_writes_nothing_and_forgets_the_session() {
    for mode in ["token", "exec", "exchange"] {
        let renewing = Renewing::by_sub(&format!("CREDENTIALS={mode}"));
        renewing.log_in(SHORT);
        renewing
            .provider
            .set(|settings| settings.tokens_for_user = Some("mallory".into()));
        let expected = format!("the login is \"sub-of-{}\"", renewing.site.user);
        renewing.forgets(&["the refreshed access token is for \"sub-of-mallory\"", &expected]);
    }
}

#[test]
fn a_renewed_token_of_another_issuer_or_of_nobody_is_not_written() {
    for (claims, word) in strays() {
        let renewing = Renewing::by_sub("CREDENTIALS=token");
        renewing.log_in(SHORT);
        renewing.answer(1, &claims);
        renewing.forgets(&["the refreshed access token", word]);
    }
}

#[test]
fn an_exchanged_token_of_somebody_else_is_not_written_at_a_renewal() {
    let renewing = Renewing::by_sub("");
    renewing.log_in(SHORT);
    // The refresh is answered rightly.
    renewing.answer(2, &json!({}));
    renewing.renews("1 user: 1 renewed");
    renewing.provider.clear_faults();
    let renewing = Renewing::by_sub("");
    renewing.log_in(SHORT);
    renewing.answer(1, &json!({}));
    renewing.answer(1, &json!({ "sub": "sub-of-mallory" }));
    renewing.forgets(&["the exchanged token is for \"sub-of-mallory\"", "OIDC_USERNAME_CLAIM"]);
}

#[test]
fn a_login_whose_refresh_went_astray_writes_nothing_and_keeps_nothing_of_its_session() {
    for (claims, word) in strays() {
        let renewing = Renewing::by_sub("CREDENTIALS=token");
        let stray = |renewing: &Renewing| {
            let tokens = renewing.log_in_long_ago();
            renewing.answer(1, &claims);
            let run = renewing.set_creds(&tokens);
            run.fails(6, &["the refreshed access token", word]);
        };
        stray(&renewing);
        assert!(renewing.record().is_none(), "{word}");
        // One that was there before keeps its own, and each answer to it is checked by its own subject.
        renewing.log_in(SHORT);
        let before = (renewing.user_kubeconfig_text(), renewing.sessions());
        stray(&renewing);
        assert!(
            (renewing.user_kubeconfig_text(), renewing.sessions()) == before,
            "{word}"
        );
    }
}

#[test]
fn a_login_whose_exchange_went_astray_writes_nothing_and_keeps_nothing_of_its_session() {
    let renewing = Renewing::by_sub("");
    let tokens = renewing.provider.log_in(&renewing.site.user);
    for claims in [json!({ "sub": "sub-of-mallory" }), json!({ "sub": null })] {
        renewing.answer(1, &claims);
        renewing.set_creds(&tokens).fails(6, &["the exchanged token is for"]);
        assert!(renewing.site.user_kubeconfig().is_none() && renewing.record().is_none());
    }
    // One that was there before is renewed on.
    renewing.provider.clear_faults();
    renewing.log_in(SHORT);
    let before = renewing.sessions();
    renewing.answer(1, &json!({ "sub": "sub-of-mallory" }));
    let other = renewing.provider.log_in(&renewing.site.user);
    renewing.set_creds(&other).fails(6, &["the exchanged token is for"]);
    assert_eq!(renewing.sessions(), before);
    let mut without = renewing.provider.log_in(&renewing.site.user);
    without.refresh.clear();
    renewing.answer(1, &json!({ "sub": "sub-of-mallory" }));
    // It is warned of the missing refresh token, too.
    let run = renewing.set_creds(&without);
    assert!(
        run.status == 6 && run.stderr.contains("the exchanged token is for"),
        "{run:?}"
    );
    assert_eq!(renewing.sessions(), before);
}

#[test]
fn an_exchange_may_give_the_account_another_id_where_the_claim_with_its_name_is_known() {
    let renewing = Renewing::new("");
    let tokens = renewing.provider.log_in(&renewing.site.user);
    renewing.answer(1, &json!({ "sub": "pairwise" }));
    renewing.set_creds(&tokens).done();
    renewing.answer(1, &json!({ "preferred_username": "mallory" }));
    renewing.set_creds(&tokens).fails(6, &["is for the user \"mallory\""]);
}

/// Makes the record that of a version that did not keep whose it is.
fn forget_whose(renewing: &Renewing) {
    let mut record = renewing.record().unwrap();
    record.as_object_mut().unwrap().remove("subject");
    renewing.write_record(&record);
}

#[test]
fn a_record_of_an_older_version_learns_whose_it_is_from_the_first_renewal() {
    let renewing = Renewing::by_sub("CREDENTIALS=token");
    renewing.log_in(SHORT);
    forget_whose(&renewing);
    renewing.renews("1 user: 1 renewed");
    let subject = &renewing.record().unwrap()["subject"];
    assert_eq!(subject["sub"], format!("sub-of-{}", renewing.site.user));
    renewing
        .provider
        .set(|settings| settings.tokens_for_user = Some("mallory".into()));
    renewing.forgets(&["sub-of-mallory"]);
}

#[test]
fn a_record_of_an_older_version_is_compared_by_the_users_name_where_a_claim_is_set() {
    let renewing = Renewing::new("CREDENTIALS=token");
    renewing.log_in(SHORT);
    forget_whose(&renewing);
    renewing
        .provider
        .set(|settings| settings.tokens_for_user = Some("mallory".into()));
    renewing.forgets(&["is for the user \"mallory\""]);
}
