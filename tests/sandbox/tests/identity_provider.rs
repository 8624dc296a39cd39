//! The identity provider answers like Keycloak, and fails on demand.

mod common;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base64::prelude::{Engine, BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use common::{Client as Connection, Reply};
use ood_k8s_sandbox::identity_provider::{
    Authentication, Client, Exchange, IdentityProvider, DISCOVERY, TOKEN_ENDPOINT,
};
use ood_k8s_sandbox::Fault;
use serde_json::{json, Value};

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const REFRESH_TOKEN: &str = "urn:ietf:params:oauth:token-type:refresh_token";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const SHORT: Duration = Duration::from_millis(200);

type Failed = Box<dyn std::error::Error + Send + Sync>;

async fn get(provider: &IdentityProvider, path: &str) -> Result<Reply, Failed> {
    let mut connection = Connection::connect_to(provider.address(), provider.ca_pem(), "").await?;
    connection.send("GET", path, "").await
}

async fn post(provider: &IdentityProvider, authorization: &str, form: &str) -> Result<Reply, Failed> {
    let mut connection = Connection::connect_to(provider.address(), provider.ca_pem(), authorization).await?;
    connection.send("POST", TOKEN_ENDPOINT, form).await
}

async fn ask(provider: &IdentityProvider, client: &Client, form: &str) -> (u16, Value) {
    let credentials = BASE64_STANDARD.encode(format!("{}:{}", client.id, client.secret));
    let reply = post(provider, &format!("Basic {credentials}"), form).await.unwrap();
    (reply.code, reply.json())
}

async fn refresh(provider: &IdentityProvider, client: &Client, token: &str) -> (u16, Value) {
    ask(
        provider,
        client,
        &format!("grant_type=refresh_token&refresh_token={token}"),
    )
    .await
}

async fn exchange(provider: &IdentityProvider, token: &str, more: &str) -> (u16, Value) {
    let form = format!("grant_type={EXCHANGE}&subject_token={token}&subject_token_type={ACCESS_TOKEN}&{more}");
    ask(provider, &provider.kubernetes(), &form).await
}

fn refused(code: u16, error: &str, description: &str) -> (u16, Value) {
    (code, json!({ "error": error, "error_description": description }))
}

fn claims(token: &Value) -> Value {
    let payload = token
        .as_str()
        .and_then(|token| token.split('.').nth(1))
        .unwrap_or_default();
    let json = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
    serde_json::from_slice(&json).unwrap_or_default()
}

#[tokio::test]
async fn discovery_names_the_issuer_unless_it_shall_name_another() {
    let provider = IdentityProvider::start();
    let document = get(&provider, DISCOVERY).await.unwrap().json();
    assert_eq!(document["issuer"], provider.issuer());
    assert_eq!(document["token_endpoint"], provider.token_endpoint());
    provider.set(|settings| settings.announced_issuer = Some("https://other.example".into()));
    let document = get(&provider, DISCOVERY).await.unwrap().json();
    assert_eq!(document["issuer"], "https://other.example");
    let paths: Vec<_> = provider.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, [DISCOVERY, DISCOVERY]);
    assert_eq!(get(&provider, "/realms/other").await.unwrap().code, 404);
    assert_eq!(get(&provider, TOKEN_ENDPOINT).await.unwrap().code, 405);
}

#[tokio::test]
async fn a_refresh_gives_new_tokens_and_is_logged_with_its_client() {
    let provider = IdentityProvider::start();
    let token = provider.log_in("jane").refresh;
    let (code, answer) = refresh(&provider, &provider.ondemand(), &token).await;
    assert_eq!(code, 200);
    let access = claims(&answer["access_token"]);
    assert_eq!(
        (&access["iss"], &access["preferred_username"]),
        (&json!(provider.issuer()), &json!("jane"))
    );
    assert_eq!(access["aud"], json!(["kubernetes", "account"]));
    assert_eq!(claims(&answer["id_token"])["aud"], json!(["ondemand", "kubernetes"]));
    let [request] = provider.token_requests().try_into().expect("one request");
    assert_eq!((request.client.as_str(), request.status), ("ondemand", 200));
    assert_eq!(request.form["grant_type"], "refresh_token");
    assert_eq!(provider.requests()[0].user.as_deref(), Some("ondemand"));
    provider.forget_requests();
    assert!(provider.token_requests().is_empty() && provider.requests().is_empty());
}

#[tokio::test]
async fn a_client_may_authenticate_either_way_and_the_log_tells_how() {
    let provider = IdentityProvider::start();
    let client = provider.ondemand();
    let token = provider.log_in("jane").refresh;
    refresh(&provider, &client, &token).await;
    let form = format!(
        "grant_type=refresh_token&refresh_token={token}&client_id={}&client_secret={}",
        client.id, client.secret
    );
    assert_eq!(post(&provider, "", &form).await.unwrap().code, 200);
    let public = format!("grant_type=refresh_token&refresh_token={token}&client_id=ondemand");
    assert_eq!(post(&provider, "", &public).await.unwrap().code, 401);
    let ways: Vec<_> = provider
        .token_requests()
        .iter()
        .map(|request| request.authentication)
        .collect();
    assert_eq!(
        ways,
        [Authentication::Basic, Authentication::Post, Authentication::None]
    );
}

#[tokio::test]
async fn refreshes_are_refused_in_keycloaks_words() {
    let provider = IdentityProvider::start();
    let token = provider.log_in("jane").refresh;
    let client = provider.ondemand();
    let wrong = Client {
        secret: "wrong".into(),
        ..client.clone()
    };
    let unknown = Client {
        id: "unknown".into(),
        ..client.clone()
    };
    let credentials = "Invalid client or Invalid client credentials";
    let strangers = "Invalid refresh token. Token client and authorized client don't match";
    for (client, token, expected) in [
        (&wrong, token.as_str(), refused(401, "unauthorized_client", credentials)),
        (&unknown, &token, refused(401, "invalid_client", credentials)),
        (&provider.kubernetes(), &token, refused(400, "invalid_grant", strangers)),
        (
            &client,
            "garbage",
            refused(400, "invalid_grant", "Invalid refresh token"),
        ),
    ] {
        assert_eq!(refresh(&provider, client, token).await, expected);
    }
    provider.log_out("jane");
    let ended = refused(400, "invalid_grant", "Session not active");
    assert_eq!(refresh(&provider, &client, &token).await, ended);
}

#[tokio::test]
async fn a_refresh_token_that_is_used_twice_takes_the_newer_one_with_it() {
    let provider = IdentityProvider::start();
    provider.set(|settings| settings.single_use_refresh_tokens = true);
    let client = provider.ondemand();
    let first = provider.log_in("jane").refresh;
    let (_, answer) = refresh(&provider, &client, &first).await;
    let second = answer["refresh_token"].as_str().unwrap();
    let used = refused(400, "invalid_grant", "Maximum allowed refresh token reuse exceeded");
    assert_eq!(refresh(&provider, &client, &first).await, used);
    let gone = refused(400, "invalid_grant", "Session doesn't have required client");
    assert_eq!(refresh(&provider, &client, second).await, gone);
}

#[tokio::test]
async fn an_exchange_is_keycloaks_standard_one() {
    let provider = IdentityProvider::start();
    let subject = provider.log_in("jane").access;
    let (code, answer) = exchange(&provider, &subject, "audience=kubernetes").await;
    assert_eq!((code, &answer["refresh_token"]), (200, &Value::Null));
    let token = claims(&answer["access_token"]);
    assert_eq!(
        (&token["azp"], &token["aud"]),
        (&json!("kubernetes"), &json!("kubernetes"))
    );
    let (_, answer) = exchange(&provider, &subject, &format!("requested_token_type={ID_TOKEN}")).await;
    assert_eq!(
        (&answer["token_type"], &answer["issued_token_type"]),
        (&json!("N_A"), &json!(ID_TOKEN))
    );
    assert_eq!(claims(&answer["access_token"])["typ"], "ID");

    let with_refresh_token = format!("audience=kubernetes&requested_token_type={REFRESH_TOKEN}");
    let unsupported = refused(400, "invalid_request", "requested_token_type unsupported");
    assert_eq!(exchange(&provider, &subject, &with_refresh_token).await, unsupported);
    provider.set(|settings| settings.exchange = Exchange::Standard { refresh_tokens: true });
    let (_, answer) = exchange(&provider, &subject, &with_refresh_token).await;
    let token = answer["refresh_token"].as_str().unwrap();
    let (code, _) = refresh(&provider, &provider.kubernetes(), token).await;
    assert_eq!(code, 200);
    let (code, _) = refresh(&provider, &provider.ondemand(), token).await;
    assert_eq!(code, 400);
}

#[tokio::test]
async fn exchanges_are_refused_in_keycloaks_words() {
    let provider = IdentityProvider::start();
    let tokens = provider.log_in("jane");
    let invalid = refused(400, "invalid_request", "Invalid token");
    let missing = refused(400, "invalid_request", "Requested audience not available: ondemand");
    for (subject, more, expected) in [
        (tokens.access.as_str(), "audience=ondemand", missing),
        (
            &tokens.access,
            "audience=nowhere",
            refused(400, "invalid_client", "Audience not found"),
        ),
        ("opaque", "", invalid.clone()),
        (&tokens.id, "", invalid.clone()),
    ] {
        assert_eq!(exchange(&provider, subject, more).await, expected, "{more}");
    }
    provider.set(|settings| settings.ondemand_audiences = vec!["account".into()]);
    let unmapped = provider.log_in("jane").access;
    let outside = refused(403, "access_denied", "Client is not within the token audience");
    assert_eq!(exchange(&provider, &unmapped, "").await, outside);
    provider.log_out("jane");
    assert_eq!(exchange(&provider, &tokens.access, "").await, invalid);
    provider.set(|settings| settings.exchange = Exchange::Off);
    let off = "Standard token exchange is not enabled for the requested client";
    assert_eq!(
        exchange(&provider, &tokens.access, "").await,
        refused(400, "invalid_request", off)
    );
}

#[tokio::test]
async fn legacy_exchange_and_dex_give_what_the_standard_one_does_not() {
    let provider = IdentityProvider::start();
    let subject = provider.log_in("jane").access;
    provider.set(|settings| settings.exchange = Exchange::Legacy);
    let (_, answer) = exchange(&provider, &subject, "audience=kubernetes").await;
    assert_eq!(answer["issued_token_type"], REFRESH_TOKEN);
    assert!(answer["refresh_token"].is_string());

    let connector_id = "keycloak".to_owned();
    provider.set(|settings| settings.exchange = Exchange::Dex { connector_id });
    let missing = refused(400, "invalid_request", "Requested connector does not exist.");
    assert_eq!(exchange(&provider, &subject, "").await, missing);
    let (code, answer) = exchange(&provider, &subject, "connector_id=keycloak").await;
    assert_eq!((code, &answer["refresh_token"]), (200, &Value::Null));
    assert_eq!(claims(&answer["access_token"])["aud"], "kubernetes");
    let unknown = exchange(&provider, "unknown", "connector_id=keycloak").await;
    assert_eq!(unknown, (401, json!({ "error": "access_denied" })));
}

#[tokio::test]
async fn tokens_can_be_opaque_for_somebody_else_elsewhere_or_ended() {
    let provider = IdentityProvider::start();
    let token = provider.log_in("jane").refresh;
    provider.set(|settings| {
        settings.opaque_access_tokens = true;
        settings.id_tokens = false;
    });
    let (_, answer) = refresh(&provider, &provider.ondemand(), &token).await;
    assert!(answer["access_token"].as_str().unwrap().starts_with("opaque-"));
    assert_eq!(answer["id_token"], Value::Null);

    provider.set(|settings| {
        settings.opaque_access_tokens = false;
        settings.tokens_for_user = Some("mallory".into());
        settings.username_claim = "email".into();
        settings.ondemand_audiences = vec!["elsewhere".into()];
    });
    let (_, answer) = refresh(&provider, &provider.ondemand(), &token).await;
    let access = claims(&answer["access_token"]);
    assert_eq!(
        (&access["email"], &access["aud"]),
        (&json!("mallory"), &json!("elsewhere"))
    );

    provider.set(|settings| settings.clock_skew = -3600);
    let (_, answer) = refresh(&provider, &provider.ondemand(), &token).await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    assert!(claims(&answer["access_token"])["exp"].as_u64().unwrap() < now.unwrap().as_secs());
    provider.set(|settings| settings.clock_skew = 3600);
    let ended = refused(400, "invalid_grant", "Token is not active");
    assert_eq!(refresh(&provider, &provider.ondemand(), &token).await, ended);
}

#[tokio::test]
async fn faults_strike_where_they_are_aimed() {
    let provider = IdentityProvider::start();
    let token = provider.log_in("jane").refresh;
    let client = provider.ondemand();
    let again = || refresh(&provider, &client, &token);
    provider.fail(
        Fault::oauth(400, "invalid_grant", "Offline")
            .on_path(TOKEN_ENDPOINT)
            .times(1),
    );
    assert_eq!(again().await, refused(400, "invalid_grant", "Offline"));
    assert!(provider.token_requests().is_empty());
    assert_eq!(again().await.0, 200);

    provider.fail(Fault::html(200).on_path(DISCOVERY));
    assert!(get(&provider, DISCOVERY)
        .await
        .unwrap()
        .text
        .starts_with("<!DOCTYPE html>"));
    provider.clear_faults();
    provider.fail(Fault::slow(SHORT).on_path(TOKEN_ENDPOINT));
    let start = Instant::now();
    assert_eq!(again().await.0, 200);
    assert!(start.elapsed() >= SHORT);
    provider.clear_faults();
    provider.fail(Fault::hang().on_path(DISCOVERY));
    assert!(tokio::time::timeout(SHORT, get(&provider, DISCOVERY)).await.is_err());
}

#[tokio::test]
async fn a_whole_provider_is_down_silent_or_an_impostor_until_it_recovers() {
    let provider = IdentityProvider::start();
    provider.refuse_connections();
    assert!(get(&provider, DISCOVERY).await.is_err());
    provider.recover();
    provider.go_silent();
    assert!(tokio::time::timeout(SHORT, get(&provider, DISCOVERY)).await.is_err());
    provider.show_wrong_ca();
    let error = get(&provider, DISCOVERY)
        .await
        .err()
        .expect("the certificate is not trusted");
    assert!(error.to_string().contains("certificate"), "{error}");
    provider.recover();
    assert_eq!(get(&provider, DISCOVERY).await.unwrap().code, 200);
    // One without an answer, one with the wrong certificate, one successful.
    assert_eq!(provider.connections(), 3);
}

#[tokio::test]
async fn secrets_with_odd_characters_are_read_from_either_form() {
    let provider = IdentityProvider::start();
    let credentials = BASE64_STANDARD.encode("ondemand:a%2Bb+c");
    post(&provider, &format!("Basic {credentials}"), "grant_type=nothing")
        .await
        .unwrap();
    post(&provider, "", "client_id=ondemand&client_secret=a%2Bb+c")
        .await
        .unwrap();
    let forms: Vec<BTreeMap<_, _>> = provider
        .token_requests()
        .into_iter()
        .map(|request| request.form)
        .collect();
    assert_eq!(forms[1]["client_secret"], "a+b c");
    assert_eq!(provider.token_requests()[0].client, "ondemand");
}
