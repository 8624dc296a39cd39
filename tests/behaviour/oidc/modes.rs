//! What each mode leaves in the home.

use std::os::unix::fs::PermissionsExt as _;

use ood_k8s_sandbox::identity_provider::{Authentication, Exchange};
use serde_json::json;

use super::claims;
use crate::support::{Realm, Run};

#[test]
fn auth_provider_is_the_default_and_writes_what_the_stock_hook_writes() {
    let realm = Realm::new("");
    let tokens = realm.log_in();
    realm.pre_hook(&tokens).ok();
    let config = &realm.entry()["auth-provider"]["config"];
    assert_eq!(config["id-token"], tokens.access);
    assert_eq!(config["refresh-token"], tokens.refresh);
    assert_eq!(config["client-secret"], realm.provider.ondemand().secret);
    assert!(
        config["idp-certificate-authority-data"].is_string(),
        "kubectl must reach the provider too"
    );
    assert!(
        realm.grants().is_empty() && realm.provider.requests().is_empty(),
        "nobody is asked"
    );
}

#[test]
fn an_exchanged_token_comes_alone_since_its_refresh_token_would_be_roots() {
    let realm = Realm::exchanging("");
    realm
        .provider
        .set(|settings| settings.exchange = Exchange::Standard { refresh_tokens: true });
    let tokens = realm.log_in();
    realm.pre_hook(&tokens).ok();
    let entry = realm.entry();
    assert_eq!(entry.as_object().unwrap().keys().collect::<Vec<_>>(), ["token"]);
    assert_eq!(claims(&entry["token"])["azp"], "kubernetes");
    assert_eq!(claims(&entry["token"])["aud"], "kubernetes");
    let [request] = realm.provider.token_requests().try_into().expect("one exchange");
    assert_eq!(
        (request.authentication, request.client.as_str()),
        (Authentication::Basic, "kubernetes")
    );
    assert_eq!(
        realm.provider.requests().len(),
        2,
        "two round trips: discovery and exchange"
    );
    assert_eq!(realm.provider.connections(), 1);
}

#[test]
fn a_public_client_that_the_token_is_issued_to_gets_its_refresh_token_into_the_home() {
    let realm = Realm::exchanging("EXCHANGE_DIALECT=keycloak-legacy");
    realm.provider.set(|settings| settings.exchange = Exchange::Legacy);
    realm.set_creds(&realm.log_in()).done();
    let config = realm.entry()["auth-provider"]["config"].clone();
    assert_eq!(config["client-id"], "kubernetes");
    assert_eq!(config["idp-issuer-url"], realm.provider.issuer());
    assert!(
        config["client-secret"].is_null() && config["refresh-token"].is_string(),
        "{config}"
    );
    assert_eq!(claims(&config["id-token"])["preferred_username"], realm.site.user);
}

#[test]
fn dex_is_told_its_connector_and_gives_an_id_token() {
    let realm = Realm::exchanging("EXCHANGE_DIALECT=dex\nEXCHANGE_CONNECTOR_ID=keycloak");
    let connector_id = "keycloak".to_owned();
    realm
        .provider
        .set(|settings| settings.exchange = Exchange::Dex { connector_id });
    realm.set_creds(&realm.log_in()).done();
    assert_eq!(claims(&realm.entry()["token"])["typ"], "ID");
    realm.site.set("EXCHANGE_CONNECTOR_ID=github");
    realm
        .set_creds(&realm.log_in())
        .fails(6, &["exchange", "EXCHANGE_CONNECTOR_ID"]);
}

#[test]
fn token_writes_the_access_token_and_asks_nobody() {
    let realm = Realm::new("CREDENTIALS=token");
    let tokens = realm.log_in();
    realm.pre_hook(&tokens).ok();
    assert_eq!(realm.entry(), json!({ "token": tokens.access }));
    assert!(realm.provider.requests().is_empty());
}

#[test]
fn exec_writes_an_entry_for_our_program_and_caches_the_token_for_the_user_alone() {
    let realm = Realm::new("CREDENTIALS=exec");
    let tokens = realm.log_in();
    realm.pre_hook(&tokens).ok();
    let folder = realm.site.path("home/cache/ood-k8s");
    let entry = realm.entry();
    assert_eq!(
        entry,
        json!({ "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": env!("CARGO_BIN_EXE_ood-k8s"),
            "args": ["credential", "--cluster", "prod", "--cache-dir", folder],
            "interactiveMode": "Never",
        }})
    );
    assert!(realm.cached().contains(&tokens.access) && !realm.cached().contains(&tokens.refresh));
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join("prod.json"))), (0o700, 0o600));
    // The next login renews the token, and leaves the entry.
    let again = realm.log_in();
    realm.pre_hook(&again).ok();
    assert!(realm.cached().contains(&again.access));
    assert_eq!(realm.entry(), entry);
}

#[test]
fn exec_with_an_exchange_caches_the_exchanged_token() {
    let realm = Realm::exchanging("CREDENTIALS=exec\nEXEC_COMMAND=/opt/ood-k8s/bin/ood-k8s");
    realm.set_creds(&realm.log_in()).done();
    let cached: serde_json::Value = serde_json::from_str(&realm.cached()).unwrap();
    assert_eq!(claims(&cached["status"]["token"])["azp"], "kubernetes");
    assert_eq!(realm.entry()["exec"]["command"], "/opt/ood-k8s/bin/ood-k8s");
}

#[test]
fn a_cluster_can_have_a_mode_and_an_audience_of_its_own() {
    let realm = Realm::exchanging("");
    let test = realm.site.cluster_file("test", &realm.site.cluster.url(), "oidc");
    realm.site.write(
        "clusters.d/test.yml",
        &format!("{test}  custom:\n    ood_k8s:\n      exchange_audience: kubernetes-test\n      oidc_audience: kubernetes-test\n"),
    );
    let old = realm.site.cluster_file("old", &realm.site.cluster.url(), "oidc");
    realm.site.write(
        "clusters.d/old.yml",
        &format!("{old}  custom:\n    ood_k8s:\n      credentials: token\n"),
    );
    let tokens = realm.log_in();
    realm.set_creds(&tokens).done();
    let kubeconfig = realm.site.user_kubeconfig().unwrap();
    let token = |index: usize| kubeconfig["users"][index]["user"]["token"].clone();
    assert_eq!(token(0), tokens.access);
    assert_eq!(claims(&token(1))["aud"], "kubernetes");
    assert_eq!(claims(&token(2))["aud"], "kubernetes-test");
    assert_eq!(realm.provider.requests().len(), 3, "one discovery for both");
    let shown = Run::of(&mut realm.site.command(&["config", "show", "-o", "json"]))
        .done()
        .json();
    assert_eq!(shown["clusters"][0]["credentials"], "token");
    assert_eq!(shown["clusters"][2]["exchange_audience"], "kubernetes-test");
    assert_eq!(shown["hook_env"]["EXCHANGE_CLIENT_SECRET"], "<redacted>");
}

#[test]
fn an_access_token_that_has_ended_is_refreshed_first_in_every_mode() {
    for (mode, grants) in [("auth-provider", 1), ("token", 1), ("exec", 2), ("exchange", 2)] {
        let realm = Realm::exchanging(&format!("CREDENTIALS={mode}"));
        realm.provider.set(|settings| settings.single_use_refresh_tokens = true);
        let tokens = realm.log_in_long_ago();
        realm.set_creds(&tokens).done();
        assert_eq!(realm.grants().len(), grants, "{mode}: {:?}", realm.grants());
        assert!(
            realm.grants().iter().all(|(_, status)| *status == 200),
            "{mode}: {:?}",
            realm.grants()
        );
        if mode == "auth-provider" {
            let config = &realm.entry()["auth-provider"]["config"];
            assert!(
                config["refresh-token"].is_string() && config["refresh-token"] != tokens.refresh,
                "the old one is spent"
            );
        }
    }
}

#[test]
fn an_opaque_access_token_can_be_exchanged() {
    let realm = Realm::exchanging("EXCHANGE_DIALECT=dex\nEXCHANGE_CONNECTOR_ID=keycloak");
    let connector_id = "keycloak".to_owned();
    realm.provider.set(|settings| {
        settings.exchange = Exchange::Dex { connector_id };
        settings.opaque_access_tokens = true;
    });
    let tokens = realm.log_in();
    assert!(tokens.access.starts_with("opaque"));
    realm.set_creds(&tokens).done();
    assert!(realm.entry()["token"].is_string());
}

#[test]
fn the_token_endpoint_as_issuer_is_mended_and_said() {
    let realm = Realm::exchanging("");
    realm
        .site
        .set(&format!("IDP_ISSUER_URL={}", realm.provider.token_endpoint()));
    let run = realm.set_creds(&realm.log_in()).done();
    assert!(
        run.stderr.contains("is the token endpoint") && run.stderr.contains(&realm.provider.issuer()),
        "{}",
        run.stderr
    );
    assert!(realm.entry()["token"].is_string());
}

#[test]
fn a_proxy_is_the_way_to_the_identity_provider_where_hook_env_names_one() {
    let realm = Realm::exchanging("IDP_PROXY=http://127.0.0.1:1");
    realm.set_creds(&realm.log_in()).fails(6, &["cannot reach"]);
    let proxy = ood_k8s_sandbox::Proxy::http_connect();
    realm.site.set(&format!("IDP_PROXY={}", proxy.url()));
    realm.set_creds(&realm.log_in()).done();
    assert!(realm.entry()["token"].is_string());
    // A proxy in the environment is not used.
    realm.site.set("IDP_PROXY=");
    let tokens = realm.log_in();
    let mut command = realm.command(&["set-creds", &realm.site.user], &tokens);
    realm
        .of(command.env("https_proxy", "http://127.0.0.1:1"), &tokens)
        .done();
}
