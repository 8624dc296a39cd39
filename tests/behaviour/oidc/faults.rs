//! What goes wrong at the identity provider: the login goes on, the old kubeconfig stays, and one line says what to do.

use std::time::Duration;

use ood_k8s_sandbox::identity_provider::{Exchange, Settings, Tokens, DISCOVERY, TOKEN_ENDPOINT};
use ood_k8s_sandbox::Fault;

use crate::support::{Realm, Run};

const OLD: &str = "apiVersion: v1\nkind: Config\nusers: [{name: old, user: {token: kept}}]\n";

impl Realm {
    /// A login fails with one line that has these words, and leaves the user's kubeconfig as it was.
    #[track_caller]
    fn fails(&self, tokens: &Tokens, words: &[&str]) -> Run {
        self.site.write_home("config", OLD);
        let run = self.pre_hook(tokens).fails(6, words);
        let kubeconfig = std::fs::read_to_string(self.site.path("home/config")).unwrap();
        assert_eq!(kubeconfig, OLD, "the old kubeconfig stays");
        assert!(
            self.site.cluster.object(&self.site.namespace_path()).is_some(),
            "the login goes on"
        );
        run
    }

    #[track_caller]
    fn fails_when(&self, change: impl FnOnce(&mut Settings), words: &[&str]) {
        self.provider.set(change);
        self.fails(&self.log_in(), words);
    }

    #[track_caller]
    fn fails_with(&self, fault: Fault, words: &[&str]) {
        self.provider.fail(fault);
        self.fails(&self.log_in(), words);
        self.provider.clear_faults();
    }
}

#[test]
fn a_provider_that_cannot_be_reached_is_named() {
    let realm = Realm::exchanging("");
    let tokens = realm.log_in();
    realm.provider.refuse_connections();
    realm.fails(
        &tokens,
        &["cannot exchange the access token", "cannot reach https://", "firewall"],
    );
    realm.provider.recover();
    realm.provider.show_wrong_ca();
    realm.fails(&tokens, &["does not trust", "IDP_CA_FILE"]);
    realm.provider.recover();
    realm.site.set("IDP_CA_FILE=");
    realm.fails(&tokens, &["does not trust", "IDP_CA_FILE"]);
    realm
        .site
        .set(&format!("IDP_CA_FILE={}", realm.site.path("registry.json").display()));
    realm.fails(&tokens, &["IDP_CA_FILE contains no certificate in PEM"]);
}

#[test]
fn a_provider_that_does_not_answer_costs_no_more_than_the_deadline() {
    let realm = Realm::exchanging("HOOK_TIMEOUT=1500ms");
    let tokens = realm.log_in();
    for fault in [
        Fault::hang().on_path(DISCOVERY),
        Fault::hang().on_path(TOKEN_ENDPOINT),
        Fault::slow(Duration::from_secs(20)).on_path(TOKEN_ENDPOINT),
    ] {
        realm.provider.fail(fault);
        let run = realm.fails(&tokens, &["did not answer in time", "identity provider"]);
        assert!(run.took < Duration::from_millis(1500), "{:?}", run.took);
        realm.provider.clear_faults();
    }
    realm.provider.go_silent();
    realm.fails(&tokens, &["did not answer in time"]);
    // Two seconds for the connection, whatever the deadline is.
    realm.site.set("HOOK_TIMEOUT=1m");
    let run = realm.fails(&tokens, &["did not answer in time"]);
    assert!(run.took < std::time::Duration::from_secs(10), "{run:?}");
    realm.site.set("CONNECT_TIMEOUT=300ms");
    let run = realm.fails(&tokens, &["did not answer in time"]);
    assert!(run.took < std::time::Duration::from_secs(2), "{run:?}");
    realm.site.set("CONNECT_TIMEOUT=2s");
    realm.provider.recover();
    realm.provider.fail(Fault::cut_before_answer().on_path(TOKEN_ENDPOINT));
    realm.fails(&tokens, &["cannot reach"]);
    realm.provider.clear_faults();
    realm.pre_hook(&tokens).ok();
}

#[test]
fn a_slow_provider_holds_up_neither_the_clusters_nor_the_login_for_good() {
    let realm = Realm::exchanging("");
    realm
        .provider
        .fail(Fault::slow(Duration::from_millis(300)).on_path(TOKEN_ENDPOINT));
    realm.pre_hook(&realm.log_in()).ok();
    let exchanged = realm.provider.token_requests()[0].at;
    assert!(realm.entry()["token"].is_string());
    if realm.site.cluster.is_real() {
        return;
    }
    let sandbox = realm.site.cluster.faults();
    let last = sandbox
        .requests()
        .into_iter()
        // Whom the server takes the exchanged token for is asked when there is one.
        .filter(|request| request.method != "GET" && !request.path.ends_with("/selfsubjectreviews"))
        .map(|request| request.at)
        .max();
    assert!(
        last.unwrap() < exchanged,
        "side by side: the clusters were done before the provider answered"
    );
}

#[test]
fn what_is_no_answer_of_an_issuer_or_a_token_endpoint_is_told() {
    let realm = Realm::exchanging("");
    realm.fails_with(
        Fault::html(200).on_path(DISCOVERY),
        &["provider's JSON", "issuer's own URL"],
    );
    realm.fails_with(
        Fault::html(200).on_path(TOKEN_ENDPOINT),
        &["without the JSON of a token endpoint", "returned 200"],
    );
    realm.fails_with(Fault::html(502).on_path(TOKEN_ENDPOINT), &["returned 502"]);
    realm.fails_with(
        Fault::json(200, &serde_json::json!({})).on_path(TOKEN_ENDPOINT),
        &["returned no access token"],
    );
    let other = Some("https://other.example.org".to_owned());
    realm.fails_when(
        |settings| settings.announced_issuer = other,
        &[
            "its issuer is \"https://other.example.org\"",
            "write it in exactly that form",
        ],
    );
}

#[test]
fn a_refusal_leads_to_the_key_mapper_or_switch() {
    let realm = Realm::exchanging("");
    realm.site.set("EXCHANGE_CLIENT_SECRET=wrong");
    realm.fails(&realm.log_in(), &["unauthorized_client", "EXCHANGE_CLIENT_SECRET"]);
    realm.site.set("EXCHANGE_CLIENT_ID=nobody");
    realm.fails(&realm.log_in(), &["invalid_client", "EXCHANGE_CLIENT_ID"]);
    let realm = Realm::exchanging("");
    realm.site.set("EXCHANGE_AUDIENCE=ondemand");
    realm.fails(
        &realm.log_in(),
        &[
            "Requested audience not available",
            "audience mapper for EXCHANGE_AUDIENCE",
        ],
    );
    realm.site.set("EXCHANGE_AUDIENCE=nobody");
    realm.fails(&realm.log_in(), &["Audience not found", "EXCHANGE_AUDIENCE"]);
    realm.site.set("EXCHANGE_AUDIENCE=kubernetes");
    realm.fails_when(
        |settings| settings.ondemand_audiences = vec!["account".into()],
        &[
            "not within the token audience",
            "audience mapper for EXCHANGE_CLIENT_ID",
        ],
    );
    realm.fails_when(
        |settings| settings.exchange = Exchange::Off,
        &["not enabled", "Standard token exchange"],
    );
    realm.fails_with(
        Fault::oauth(400, "invalid_grant", "gone").on_path(TOKEN_ENDPOINT),
        &["invalid_grant (\"gone\")", "log in to OnDemand again"],
    );
}

#[test]
fn a_session_that_has_ended_asks_for_another_login() {
    let realm = Realm::exchanging("");
    let tokens = realm.log_in();
    realm.provider.log_out(&realm.site.user);
    realm.fails(
        &tokens,
        &["invalid_request (\"Invalid token\")", "log in to OnDemand again"],
    );
    let realm = Realm::new("");
    let tokens = realm.log_in_long_ago();
    realm.provider.log_out(&realm.site.user);
    realm.fails(
        &tokens,
        &[
            "cannot refresh the access token",
            "invalid_grant (\"Session not active\")",
            "log in to OnDemand again",
        ],
    );
}

#[test]
fn a_refresh_token_that_was_used_already_is_told_with_the_way_to_avoid_that() {
    let realm = Realm::new("CREDENTIALS=token");
    realm.provider.set(|settings| settings.single_use_refresh_tokens = true);
    let tokens = realm.log_in_long_ago();
    realm.pre_hook(&tokens).ok();
    realm.fails(
        &tokens,
        &["invalid_grant", "reuse exceeded", "OIDCRefreshAccessTokenBeforeExpiry"],
    );
}

#[test]
fn a_wrong_client_secret_for_the_refresh_is_told_as_ondemands_own() {
    let realm = Realm::new("CLIENT_SECRET=wrong");
    realm.fails(
        &realm.log_in_long_ago(),
        &["cannot refresh", "unauthorized_client", "CLIENT_ID and CLIENT_SECRET"],
    );
}

#[test]
fn an_access_token_that_has_ended_without_a_refresh_token_asks_for_another_login() {
    let realm = Realm::new("");
    let tokens = Tokens {
        refresh: String::new(),
        ..realm.log_in_long_ago()
    };
    realm.site.write_home("config", OLD);
    let mut command = realm.command(&["pre-hook", "--user", &realm.site.user], &tokens);
    Run::of(&mut command).fails(6, &["OOD_OIDC_ACCESS_TOKEN expired", "log in to OnDemand again"]);
    assert!(realm.provider.requests().is_empty());
}

#[test]
fn clocks_that_differ_are_told_as_such() {
    let realm = Realm::exchanging("");
    let tokens = realm.log_in();
    realm.provider.set(|settings| settings.clock_skew = -3600);
    realm.fails(
        &tokens,
        &["the exchanged token was issued just now but expired", "clocks"],
    );
    let realm = Realm::new("");
    let tokens = realm.log_in_long_ago();
    realm.provider.set(|settings| settings.clock_skew = -3600);
    realm.fails(
        &tokens,
        &["the refreshed access token was issued just now but expired", "clocks"],
    );
}

#[test]
fn an_opaque_token_is_not_written() {
    for mode in ["auth-provider", "token", "exec"] {
        let realm = Realm::new(&format!("CREDENTIALS={mode}"));
        realm.fails_when(|settings| settings.opaque_access_tokens = true, &["is not a JWT"]);
    }
    let realm = Realm::exchanging("");
    realm.fails_when(
        |settings| settings.opaque_access_tokens = true,
        &["the exchanged token is not a JWT"],
    );
}

#[test]
fn a_token_for_another_audience_is_not_written_and_the_mapper_is_named() {
    for mode in ["auth-provider", "token", "exec"] {
        let realm = Realm::new(&format!("CREDENTIALS={mode}"));
        realm.fails_when(
            |settings| settings.ondemand_audiences = vec!["account".into()],
            &[
                "for the audience \"account\"",
                "expects \"kubernetes\"",
                "audience mapper for \"kubernetes\" to the client \"ondemand\"",
            ],
        );
    }
    let realm = Realm::exchanging("OIDC_AUDIENCE=elsewhere");
    realm.fails(
        &realm.log_in(),
        &[
            "the exchanged token is for the audience",
            "\"elsewhere\"",
            "to the client \"kubernetes\"",
        ],
    );
}

#[test]
fn a_token_for_another_user_is_not_written() {
    for mode in ["auth-provider", "token", "exec", "exchange"] {
        let realm = Realm::exchanging(&format!("CREDENTIALS={mode}"));
        realm.fails_when(
            |settings| settings.tokens_for_user = Some("mallory".into()),
            &[
                "for the user \"mallory\"",
                &format!("{:?}", realm.site.user),
                "preferred_username",
            ],
        );
    }
    let realm = Realm::new("CREDENTIALS=token\nOIDC_USERNAME_CLAIM=email");
    realm.fails(&realm.log_in(), &["no claim \"email\"", "OIDC_USERNAME_CLAIM"]);
}

#[test]
fn a_token_of_another_issuer_is_not_written_where_it_is_all_that_there_is() {
    let realm = Realm::new("CREDENTIALS=token\nIDP_ISSUER_URL=https://other.example.org");
    realm.fails(
        &realm.log_in(),
        &["was issued by", "https://other.example.org", "IDP_ISSUER_URL"],
    );
}

#[test]
fn what_a_mode_lacks_in_hook_env_is_named_with_its_key() {
    for (lines, key) in [
        ("CREDENTIALS=exchange", "EXCHANGE_CLIENT_ID is not set"),
        (
            "CREDENTIALS=exchange\nEXCHANGE_CLIENT_ID=x\nIDP_ISSUER_URL=",
            "IDP_ISSUER_URL is not set",
        ),
        (
            "CREDENTIALS=exchange\nEXCHANGE_CLIENT_ID=x\nEXCHANGE_DIALECT=dex",
            "EXCHANGE_CONNECTOR_ID is not set",
        ),
        (
            "CREDENTIALS=exchange\nEXCHANGE_CLIENT_ID=x\nEXCHANGE_DIALECT=keycloak-legacy",
            "EXCHANGE_AUDIENCE is not set",
        ),
        ("CREDENTIALS=exchang", "write auth-provider, exchange, token or exec"),
        ("EXCHANGE_DIALECT=okta", "write standard, keycloak-legacy or dex"),
        (
            "CREDENTIALS=exec\nEXEC_COMMAND=ood-k8s",
            "EXEC_COMMAND is not an absolute path",
        ),
        ("IDP_PROXY=proxy.example.org", "IDP_PROXY is not the URL of a proxy"),
    ] {
        let realm = Realm::new(lines);
        realm.site.write_home("config", OLD);
        realm.pre_hook(&realm.log_in()).fails(3, &[key]);
        let kubeconfig = std::fs::read_to_string(realm.site.path("home/config")).unwrap();
        assert_eq!(kubeconfig, OLD, "a wrong word is never taken for the default: {lines}");
    }
    let realm = Realm::new("");
    let prod = realm.site.cluster_file("prod", &realm.site.cluster.url(), "oidc");
    realm.site.write(
        "clusters.d/prod.yml",
        &format!("{prod}  custom:\n    ood_k8s:\n      credentials: none\n"),
    );
    realm
        .pre_hook(&realm.log_in())
        .fails(3, &["v2.custom.ood_k8s.credentials", "write auth-provider"]);
}

#[test]
fn one_cluster_without_a_token_keeps_the_others_from_nothing() {
    let realm = Realm::exchanging("");
    let test = realm.site.cluster_file("test", &realm.site.cluster.url(), "oidc");
    realm.site.write(
        "clusters.d/test.yml",
        &format!("{test}  custom:\n    ood_k8s:\n      exchange_audience: nobody\n"),
    );
    let run = realm
        .pre_hook(&realm.log_in())
        .fails(6, &["cluster test: cannot exchange", "Audience not found"]);
    assert!(!run.stderr.contains("cluster prod"), "{}", run.stderr);
    assert!(realm.entry()["token"].is_string());
    assert_eq!(
        realm.site.user_kubeconfig().unwrap()["users"].as_array().unwrap().len(),
        1
    );
}

#[test]
fn a_provider_in_trouble_is_asked_again_and_is_not_told_as_a_wrong_url() {
    for code in [500, 502, 503] {
        let realm = Realm::exchanging("");
        realm.fails_with(
            Fault::html(code).on_path(DISCOVERY),
            &[
                "the identity provider is in trouble",
                &format!("returned {code}, 3 times"),
            ],
        );
        // Once is ridden out.
        realm.provider.fail(Fault::html(code).on_path(DISCOVERY).times(1));
        let tokens = realm.log_in();
        realm.pre_hook(&tokens).ok();
    }
    let realm = Realm::exchanging("");
    realm.fails_with(
        Fault::html(404).on_path(DISCOVERY),
        &["returned 404", "issuer's own URL"],
    );
}
