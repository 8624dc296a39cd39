//! Users' refresh tokens and the clients' secrets are nowhere but in root's folder and hook.env.

use ood_k8s_sandbox::identity_provider::TOKEN_ENDPOINT;
use ood_k8s_sandbox::Fault;

use super::{Renewing, LONG, SHORT};
use crate::secrecy::{holders, no_process_shows};
use crate::support::Run;

#[test]
fn refresh_tokens_are_in_roots_folder_alone_and_client_secrets_in_hook_env() {
    for mode in ["exchange", "exec", "token"] {
        let renewing = Renewing::new(&format!("CREDENTIALS={mode}"));
        let tokens = renewing.log_in(SHORT);
        renewing.renews("1 user: 1 renewed");
        let site = renewing.site.path("");
        let record = renewing.record_path();
        for token in [tokens.refresh, renewing.kept_token()] {
            assert_eq!(holders(&site, &token), std::slice::from_ref(&record), "{mode}");
        }
        for secret in renewing.secrets() {
            assert_eq!(holders(&site, &secret), [renewing.site.path("hook.env")], "{mode}");
        }
    }
}

#[test]
fn no_secret_is_seen_in_a_command_line_or_an_environment() {
    let renewing = Renewing::new("CREDENTIALS=exec");
    renewing.log_in(SHORT);
    let [ondemand, kubernetes] = renewing.secrets();
    for secret in [renewing.kept_token(), ondemand, kubernetes] {
        no_process_shows(&secret, 5, || {
            for _ in 0..10 {
                renewing.renew(&["--interval", "1h"]).done();
            }
        });
    }
}

#[test]
fn nothing_that_is_said_holds_a_secret_on_success_and_on_failure() {
    let renewing = Renewing::new("");
    let tokens = renewing.log_in(LONG);
    let hunt = |run: Run| {
        let said = format!("{}{}", run.stdout, run.stderr);
        let [ondemand, kubernetes] = renewing.secrets();
        for secret in [
            &tokens.refresh,
            &renewing.kept_token(),
            &renewing.token(),
            &ondemand,
            &kubernetes,
        ] {
            assert!(!said.contains(secret), "a secret in {said}");
        }
        run
    };
    let args = ["--interval", "1h", "--log-level", "debug", "-o", "json"];
    let run = hunt(renewing.renew(&args)).done();
    assert!(run.stderr.contains("result=renewed"), "{}", run.stderr);
    let kept = renewing.kept_token();
    let echo = format!("{kept} is wrong, and so is {}", renewing.provider.ondemand().secret);
    let fault = Fault::oauth(400, "invalid_request", &echo);
    renewing.provider.fail(fault.on_path(TOKEN_ENDPOINT));
    let run = hunt(renewing.renew(&args));
    assert!(
        run.status == 6 && run.stderr.contains("says invalid_request;"),
        "{}",
        run.stderr
    );
}
