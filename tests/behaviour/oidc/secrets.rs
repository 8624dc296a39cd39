//! After every mode but `auth-provider`: no client secret under the home, in arguments, in an environment or in the log.

use ood_k8s_sandbox::identity_provider::{Exchange, TOKEN_ENDPOINT};
use ood_k8s_sandbox::Fault;
use serde_json::json;

use crate::secrecy::{holders, no_process_shows};
use crate::support::{Realm, Run};

#[test]
fn no_client_secret_is_left_in_the_home_even_where_the_stock_hook_put_it() {
    for mode in ["exchange", "token", "exec"] {
        let realm = Realm::exchanging("CREDENTIALS=auth-provider");
        realm.pre_hook(&realm.log_in()).ok();
        let home = realm.site.path("home");
        let [ondemand, kubernetes] = realm.secrets();
        assert_eq!(holders(&home, &ondemand).len(), 1, "the search finds it where it is");
        realm.site.set(&format!("CREDENTIALS={mode}"));
        let tokens = realm.log_in();
        realm.pre_hook(&tokens).ok();
        for secret in [&ondemand, &kubernetes, &tokens.refresh] {
            assert!(
                holders(&home, secret).is_empty(),
                "{mode}: {:?}",
                holders(&home, secret)
            );
        }
    }
}

#[test]
fn a_refresh_token_that_came_unasked_stays_out_of_the_home_where_it_needs_roots_secret() {
    let realm = Realm::exchanging("");
    let tokens = realm.log_in();
    let answer = json!({ "access_token": tokens.access, "refresh_token": "uNaSkEd", "token_type": "Bearer" });
    realm.provider.fail(Fault::json(200, &answer).on_path(TOKEN_ENDPOINT));
    realm.pre_hook(&tokens).ok();
    assert!(holders(&realm.site.path("home"), "uNaSkEd").is_empty());
    // Without a secret anyone may use it.
    realm.site.set("EXCHANGE_CLIENT_SECRET=");
    realm.pre_hook(&tokens).ok();
    assert_eq!(holders(&realm.site.path("home"), "uNaSkEd").len(), 1);
}

#[test]
fn no_client_secret_is_seen_in_a_command_line_or_an_environment() {
    for mode in ["exchange", "exec"] {
        let realm = Realm::exchanging(&format!("CREDENTIALS={mode}"));
        for secret in realm.secrets() {
            no_process_shows(&secret, 5, || {
                for _ in 0..10 {
                    realm.pre_hook(&realm.log_in()).ok();
                }
            });
        }
    }
}

#[test]
fn the_log_holds_no_secret_at_any_level_on_success_and_on_failure() {
    let realm = Realm::exchanging("");
    let args = ["pre-hook", "--user", &realm.site.user, "--log-level", "debug"];
    let tokens = realm.log_in();
    // `of` looks for every secret.
    let run = realm.of(&mut realm.command(&args, &tokens), &tokens).done();
    assert!(run.stderr.contains("kubeconfig="), "{}", run.stderr);
    let echo = format!(
        "{} is wrong, and so is {}",
        tokens.access,
        realm.provider.kubernetes().secret
    );
    realm
        .provider
        .fail(Fault::oauth(400, "invalid_request", &echo).on_path(TOKEN_ENDPOINT));
    let run: Run = realm.of(&mut realm.command(&args, &tokens), &tokens);
    assert!(
        run.status == 6 && run.stderr.contains("says invalid_request;"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_printed_configuration_shows_no_secret_of_an_exchange() {
    let realm = Realm::exchanging("IDP_PROXY=http://user:pRoXyPw@proxy.example.org");
    realm.provider.set(|settings| settings.exchange = Exchange::Off);
    let sources = ood_k8s::config::Sources {
        hook_env: Some(realm.site.path("hook.env")),
        clusters_dir: Some(realm.site.path("clusters.d")),
        only: Vec::new(),
        names_kubeconfig: true,
    };
    let site = ood_k8s::config::Site::load(&sources).unwrap();
    let shown = Run::of(&mut realm.site.command(&["config", "show"])).done().stdout;
    for text in [format!("{site:?}"), shown] {
        assert!(!text.contains("pRoXyPw"), "{text}");
        assert!(realm.secrets().iter().all(|secret| !text.contains(secret)), "{text}");
    }
}
