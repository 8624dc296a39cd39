//! What is known of a refresh token after a failure: not sent, refused by the provider itself, or perhaps spent. Only in the
//! last case is it noted, and an answer that there was no room for is used before anything else is sent.

use std::fs;

use ood_k8s_sandbox::identity_provider::{IdentityProvider, DISCOVERY, TOKEN_ENDPOINT};
use ood_k8s_sandbox::Fault;
use serde_json::json;

use super::lost::{rotating, LOST};
use super::{Renewing, LONG, SHORT};
use crate::support::{in_mounts, is_root, skip, Run};

const BEFORE: &str = "2026-01-01T00:00:00Z";

impl Renewing {
    /// As if an earlier run had sent the refresh token, and got no answer.
    fn note(&self) {
        let mut record = self.record().unwrap();
        record["spent"] = BEFORE.into();
        self.write_record(&record);
    }

    fn noted(&self) -> Option<String> {
        Some(self.record()?["spent"].as_str()?.to_owned())
    }

    /// The provider says that its token endpoint is there.
    fn move_endpoint(&self, url: &str) {
        let issuer = self.provider.issuer();
        let document = json!({ "issuer": issuer, "token_endpoint": url });
        self.provider.fail(Fault::json(200, &document).on_path(DISCOVERY));
    }

    /// The provider spends the token, and a proxy before it gives this page to both tries.
    pub(super) fn lose_behind_a_proxy(&self, code: u16) {
        let proxy = |fault: Fault| self.provider.fail(fault.on_path(TOKEN_ENDPOINT).times(1));
        proxy(Fault::lost_by_proxy(code));
        proxy(Fault::html(code));
    }
}

#[test]
fn a_gateways_page_in_place_of_an_answer_leaves_the_note_for_a_renewal_and_for_a_login() {
    for code in [502, 503, 504] {
        let renewing = rotating();
        renewing.log_in(SHORT);
        renewing.lose_behind_a_proxy(code);
        renewing
            .renew(&["--quiet"])
            .fails(6, &[&format!("returned {code} without")]);
        assert!(renewing.noted().is_some(), "{code}: the provider has spent it");
        let run = renewing.renew(&["-o", "json"]).ok();
        let reason = run.json()["results"][0]["reason"].to_string();
        assert!(reason.contains(LOST), "{code}: {reason}");

        let tokens = renewing.expired();
        renewing.lose_behind_a_proxy(code);
        renewing
            .set_creds(&tokens)
            .fails(6, &[&format!("returned {code} without")]);
        assert!(renewing.noted().is_some(), "{code}: of a login");
        renewing.set_creds(&tokens).fails(6, &[LOST]);
    }
}

#[test]
fn a_gateways_page_is_answered_by_asking_again_at_once_at_a_provider_that_takes_a_token_twice() {
    let renewing = rotating();
    renewing.provider.set(|settings| settings.refresh_token_reuse = 1);
    renewing.log_in(SHORT);
    renewing
        .provider
        .fail(Fault::lost_by_proxy(504).on_path(TOKEN_ENDPOINT).times(1));
    renewing.renews("1 user: 1 renewed");
    assert_eq!(renewing.noted(), None);
}

#[test]
fn a_token_that_was_not_sent_is_not_noted_as_spent() {
    let renewing = rotating();
    renewing.site.set("CONNECT_TIMEOUT=300ms");
    renewing.log_in(SHORT);
    let before = renewing.sessions();
    let other = IdentityProvider::start();
    let places: [(&str, &dyn Fn(), &str); 3] = [
        ("https://127.0.0.1:1/token", &|| {}, "cannot reach"),
        (&other.token_endpoint(), &|| {}, "does not trust"),
        (&other.token_endpoint(), &|| other.go_silent(), "did not answer in time"),
    ];
    for (url, prepare, words) in places {
        prepare();
        renewing.move_endpoint(url);
        renewing.renew(&["--quiet"]).fails(6, &[words]);
        assert_eq!(renewing.sessions(), before, "{words}: of a renewal");
        renewing.set_creds(&renewing.expired()).fails(6, &[words]);
        assert_eq!(renewing.sessions(), before, "{words}: of a login");
        renewing.provider.clear_faults();
    }
    assert!(renewing.refreshes().is_empty());
    renewing.renews("1 user: 1 renewed");
}

#[test]
fn a_refusal_of_the_provider_itself_takes_the_note_back_and_leaves_an_earlier_one() {
    let renewing = rotating();
    renewing.log_in(SHORT);
    let refuse = |status, error| {
        let fault = Fault::oauth(status, error, "").on_path(TOKEN_ENDPOINT);
        renewing.provider.fail(fault);
    };
    refuse(401, "invalid_client");
    let before = renewing.sessions();
    renewing.renew(&["--quiet"]).fails(6, &["invalid_client"]);
    assert_eq!(renewing.sessions(), before);
    renewing.set_creds(&renewing.expired()).fails(6, &["invalid_client"]);
    assert_eq!(renewing.sessions(), before, "the session before it is kept");
    // What an earlier run does not know is not known better by now.
    renewing.note();
    renewing.renew(&["--quiet"]).fails(6, &["invalid_client"]);
    assert_eq!(renewing.noted().as_deref(), Some(BEFORE));
    renewing.provider.clear_faults();
    renewing.move_endpoint("https://127.0.0.1:1/token");
    renewing.renew(&["--quiet"]).fails(6, &["cannot reach"]);
    assert_eq!(renewing.noted().as_deref(), Some(BEFORE));
}

#[test]
fn a_first_try_that_may_have_spent_it_counts_whatever_the_second_one_brings() {
    let renewing = rotating();
    renewing.log_in(SHORT);
    let first = Fault::lost_by_proxy(502).on_path(TOKEN_ENDPOINT).times(1);
    renewing.provider.fail(first);
    let second = Fault::oauth(401, "invalid_client", "").on_path(TOKEN_ENDPOINT).times(1);
    renewing.provider.fail(second);
    renewing.renew(&["--quiet"]).fails(6, &["returned 502"]);
    assert!(renewing.noted().is_some());
}

#[test]
fn a_login_that_refreshes_nothing_leaves_the_note_of_an_earlier_run() {
    let renewing = rotating();
    let tokens = renewing.log_in(LONG);
    renewing.note();
    renewing.set_creds(&tokens).ok();
    assert_eq!(renewing.noted().as_deref(), Some(BEFORE));
    assert!(renewing.refreshes().is_empty());
    // So whoever finds it refused can say why.
    renewing.provider.log_out(&renewing.site.user);
    let run = renewing.renew(&["--interval", "1h", "-o", "json"]).ok();
    assert!(run.json()["results"][0]["reason"].to_string().contains(LOST), "{run:?}");
}

#[test]
fn an_answer_that_cannot_be_put_into_the_record_is_used_once_it_can_and_nothing_older_is_sent() {
    let renewing = rotating();
    let tokens = renewing.expired();
    renewing.set_creds(&tokens).ok();
    // The note stands already, so it is the answer that finds the record locked.
    renewing.note();
    let lock = format!("renewal/{}.json.lock", renewing.site.user);
    renewing.site.write(&lock, "");
    renewing.set_creds(&tokens).fails(6, &["is not kept"]);
    let sent = renewing.refreshes();
    assert_eq!(sent.len(), 2, "{sent:?}");
    renewing.set_creds(&tokens).fails(6, &["is not kept"]);
    renewing
        .renew(&["--quiet", "--interval", "1h"])
        .fails(6, &["is not kept"]);
    assert_eq!(
        renewing.refreshes(),
        sent,
        "the newest one is not known, so none is sent"
    );
    fs::remove_file(renewing.site.path(&lock)).unwrap();
    renewing.set_creds(&tokens).ok();
    assert_eq!(renewing.noted(), None);
    assert!(
        renewing.refreshes().iter().all(|(_, status)| *status == 200),
        "{:?}",
        renewing.refreshes()
    );
}

#[test]
fn with_a_full_disk_an_answer_waits_in_the_lock_file_and_nothing_older_is_sent() {
    if !is_root() {
        return skip("only root can mount a small file system");
    }
    let renewing = rotating();
    let tokens = renewing.expired();
    renewing.set_creds(&tokens).ok();
    let before = renewing.record().unwrap();
    renewing.set_creds(&tokens).ok();
    let after = renewing.record().unwrap();
    // As if the disk had been full when the second answer came.
    let mut noted = before.clone();
    noted["spent"] = BEFORE.into();
    renewing.write_record(&noted);
    let answer = json!({ "instead_of": before["refresh_token"], "record": after.to_string() });
    let held = format!("renewal/{}.held", renewing.site.user);
    renewing.site.write(&held, &answer.to_string());
    let folder = renewing.site.path("renewal").display().to_string();
    let copy = format!("{folder}.copy");
    fs::rename(&folder, &copy).unwrap();
    fs::create_dir(&folder).unwrap();
    // It is run once while the disk is full, and once more when it is not.
    let twice = format!(
        "mount -t tmpfs -o size=32k,mode=0700 none {folder}; cp -a {copy}/. {folder}; \
         dd if=/dev/zero of={folder}/filler bs=4k 2>/dev/null || true; if \"$@\"; then exit 99; fi; rm {folder}/filler"
    );
    let login = renewing.command(&["set-creds", &renewing.site.user], &tokens);
    let renewal = renewing.renew_command(&["--quiet", "--interval", "1h"]);
    // Both find the same files, so both send the newest one, and no other.
    renewing.provider.set(|settings| settings.refresh_token_reuse = 1);
    let newest = after["refresh_token"].as_str().unwrap().to_owned();
    for command in [renewal, login] {
        renewing.provider.forget_requests();
        let run = Run::of(&mut in_mounts(&twice, &command)).done();
        let told = run.stderr.contains("is not kept") && run.stderr.contains("no space left");
        assert!(told, "{run:?}");
        assert_eq!(renewing.refreshes(), [(newest.clone(), 200)]);
    }
}
