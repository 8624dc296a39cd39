//! Keycloak does what the README of this crate says: each answer in its tables is asked for here.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ood_k8s_control_plane::{Builder, ControlPlane, Programs};
use ood_k8s_identity_provider::{claims, Answer, Client, Distribution, IdentityProvider, ID_TOKEN, REFRESH_TOKEN};
use serde_json::{json, Value};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const KUBERNETES: (&str, &str) = ("audience", "kubernetes");

/// Whether something was not built: then says so loudly, and fails with `OOD_K8S_TEST_STRICT=1`.
fn lacks(missing: Option<String>) -> bool {
    let Some(missing) = missing else {
        return false;
    };
    let strict = std::env::var_os("OOD_K8S_TEST_STRICT").is_some_and(|strict| strict == "1");
    assert!(!strict, "skipped, and OOD_K8S_TEST_STRICT is set: {missing}");
    eprintln!("SKIPPED: {missing}");
    true
}

fn skipped() -> bool {
    lacks(Distribution::find().err().map(|error| error.to_string()))
}

fn refusal(answer: &Answer) -> (u16, &str, &str) {
    let text = |key| answer.text(key).unwrap_or_default();
    (answer.status, text("error"), text("error_description"))
}

/// The claims of a token in an answer that must be good.
fn claims_in(answer: &Answer, key: &str) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    claims(answer.text(key).unwrap_or_default())
}

/// Keycloak keeps them in no order.
fn audiences(claims: &Value) -> BTreeSet<&str> {
    let aud = &claims["aud"];
    let many = aud.as_array().map_or(std::slice::from_ref(aud), Vec::as_slice);
    many.iter().filter_map(Value::as_str).collect()
}

fn with_wrong_secret(client: &Client) -> Client {
    Client {
        secret: "wrong".to_owned(),
        ..client.clone()
    }
}

#[test]
fn discovery_answers_with_the_exact_issuer() -> Outcome {
    if skipped() {
        return Ok(());
    }
    let provider = IdentityProvider::shared();
    let discovery = provider.discovery()?;
    assert_eq!(discovery.text("issuer"), Some(provider.issuer().as_str()));
    assert_eq!(
        discovery.text("token_endpoint"),
        Some(provider.token_endpoint().as_str())
    );
    Ok(())
}

#[test]
fn a_login_gives_three_jwts_for_the_user() -> Outcome {
    if skipped() {
        return Ok(());
    }
    let provider = IdentityProvider::shared();
    // Dots, and shorter than Keycloak's own default allows.
    for name in ["a.b", "jo"] {
        let tokens = provider.log_in(&provider.user_in_groups(name, &["physics"])?)?;
        let [access, refresh, id] = [&tokens.access, &tokens.refresh, &tokens.id].map(|token| claims(token));
        for (token, life) in [(&access, 300), (&refresh, 1800), (&id, 300)] {
            assert_eq!(token["iss"], provider.issuer(), "{token}");
            assert_eq!(token["azp"], "ondemand", "{token}");
            let left = token["exp"].as_u64().ok_or("no exp")?.abs_diff(now() + life);
            assert!(left <= 30, "{token}");
        }
        assert_eq!(audiences(&access), BTreeSet::from(["kubernetes", "account"]));
        assert_eq!(audiences(&id), BTreeSet::from(["ondemand", "kubernetes"]));
        for token in [&access, &id] {
            assert_eq!(
                (&token["preferred_username"], &token["groups"]),
                (&json!(name), &json!(["physics"]))
            );
        }
    }
    Ok(())
}

#[test]
fn a_users_name_is_taken_in_lower_case() -> Outcome {
    if skipped() {
        return Ok(());
    }
    let provider = IdentityProvider::shared();
    let tokens = provider.log_in(&provider.user("Mixed.Case")?)?;
    assert_eq!(claims(&tokens.access)["preferred_username"], "mixed.case");
    Ok(())
}

#[test]
fn a_refresh_gives_all_three_again_and_the_old_one_works_on() -> Outcome {
    if skipped() {
        return Ok(());
    }
    let provider = IdentityProvider::shared();
    let tokens = provider.log_in(&provider.user("refresher")?)?;
    for _ in 0..2 {
        let answer = provider.refresh(provider.ondemand(), &tokens.refresh)?;
        let (access, id) = (claims_in(&answer, "access_token"), claims_in(&answer, "id_token"));
        assert_eq!(audiences(&access), BTreeSet::from(["kubernetes", "account"]));
        assert_eq!(audiences(&id), BTreeSet::from(["ondemand", "kubernetes"]));
        assert_eq!(claims_in(&answer, "refresh_token")["typ"], "Refresh");
    }
    Ok(())
}

#[test]
fn refreshes_that_cannot_be_are_told_apart() -> Outcome {
    if skipped() {
        return Ok(());
    }
    let provider = IdentityProvider::shared();
    let token = provider.log_in(&provider.user("refused")?)?.refresh;
    let (ondemand, kubernetes) = (provider.ondemand(), provider.kubernetes());
    let credentials = "Invalid client or Invalid client credentials";
    let unknown = Client {
        id: "unknown".to_owned(),
        ..ondemand.clone()
    };
    let strangers = "Invalid refresh token. Token client and authorized client don't match";
    for (client, token, expected) in [
        (
            &with_wrong_secret(ondemand),
            token.as_str(),
            (401, "unauthorized_client", credentials),
        ),
        (&unknown, &token, (401, "invalid_client", credentials)),
        (kubernetes, &token, (400, "invalid_grant", strangers)),
        (ondemand, "garbage", (400, "invalid_grant", "Invalid refresh token")),
    ] {
        assert_eq!(refusal(&provider.refresh(client, token)?), expected);
    }
    Ok(())
}

#[test]
fn an_exchange_gives_a_token_of_the_requester_for_the_audience() -> Outcome {
    if skipped() {
        return Ok(());
    }
    let provider = IdentityProvider::shared();
    let subject = provider.log_in(&provider.user("exchanger")?)?.access;
    let exchange = |more: &[(&str, &str)]| provider.exchange(provider.kubernetes(), &subject, more);

    let answer = exchange(&[KUBERNETES])?;
    let token = claims_in(&answer, "access_token");
    assert_eq!(
        (&token["azp"], &token["aud"]),
        (&json!("kubernetes"), &json!("kubernetes"))
    );
    assert_eq!(token["preferred_username"], "exchanger");
    assert_eq!(answer.text("refresh_token"), None);

    let every = claims_in(&exchange(&[])?, "access_token");
    assert_eq!(
        audiences(&every),
        BTreeSet::from(["kubernetes", "kubernetes-test", "account"])
    );

    // An ID token comes as `access_token`, and `audience` does not narrow it.
    let answer = exchange(&[KUBERNETES, ("requested_token_type", ID_TOKEN)])?;
    assert_eq!(answer.text("token_type"), Some("N_A"));
    assert_eq!(answer.text("issued_token_type"), Some(ID_TOKEN));
    let token = claims_in(&answer, "access_token");
    assert_eq!(token["typ"], "ID");
    assert_eq!(audiences(&token), BTreeSet::from(["kubernetes", "kubernetes-test"]));

    let both = exchange(&[KUBERNETES, ("scope", "openid")])?;
    assert_eq!(claims_in(&both, "id_token")["typ"], "ID");
    Ok(())
}

#[test]
fn exchanges_that_cannot_be_are_told_apart_where_keycloak_does() -> Outcome {
    if skipped() {
        return Ok(());
    }
    let provider = IdentityProvider::shared();
    let user = provider.user("no-exchange")?;
    let tokens = provider.log_in(&user)?;
    let not_for_kubernetes = provider.log_in_through(provider.no_audience(), &user)?.access;
    let kubernetes = provider.kubernetes();
    let credentials = "Invalid client or Invalid client credentials";
    let off = "Standard token exchange is not enabled for the requested client";
    let audience = |name| ("audience", name);
    let invalid = (400, "invalid_request", "Invalid token");
    let unavailable = (400, "invalid_request", "Requested audience not available: ondemand");
    let unsupported = (400, "invalid_request", "requested_token_type unsupported");
    let outside = (403, "access_denied", "Client is not within the token audience");
    for (client, subject, more, expected) in [
        (kubernetes, &tokens.access, audience("ondemand"), unavailable),
        (
            kubernetes,
            &tokens.access,
            audience("nowhere"),
            (400, "invalid_client", "Audience not found"),
        ),
        (
            kubernetes,
            &tokens.access,
            ("requested_token_type", REFRESH_TOKEN),
            unsupported,
        ),
        (
            kubernetes,
            &tokens.access,
            ("scope", "other"),
            (400, "invalid_scope", "Invalid scopes: other"),
        ),
        (kubernetes, &not_for_kubernetes, KUBERNETES, outside),
        (kubernetes, &"opaque".to_owned(), KUBERNETES, invalid),
        (kubernetes, &tokens.id, KUBERNETES, invalid),
        (kubernetes, &tokens.refresh, KUBERNETES, invalid),
        (
            &with_wrong_secret(kubernetes),
            &tokens.access,
            KUBERNETES,
            (401, "unauthorized_client", credentials),
        ),
        (
            provider.ondemand(),
            &tokens.access,
            KUBERNETES,
            (400, "invalid_request", off),
        ),
    ] {
        let answer = provider.exchange(client, subject, &[more])?;
        assert_eq!(refusal(&answer), expected, "{} {more:?}", client.id);
    }
    Ok(())
}

/// With settings of their own, one start for all: what a logout, rotation and a refresh token of an exchange do.
#[test]
fn settings_of_the_realm_decide_what_works_twice() -> Outcome {
    if skipped() {
        return Ok(());
    }
    let builder = IdentityProvider::builder().single_use_refresh_tokens();
    let provider = builder.refresh_tokens_in_exchange().start()?;
    a_used_refresh_token_is_refused_and_ends_the_newer_one(&provider)?;
    provider.set_single_use_refresh_tokens(false)?;
    an_exchanged_refresh_token_is_the_requesters(&provider)?;
    an_offline_session_gives_no_refresh_token(&provider)?;
    a_logout_ends_refresh_and_exchange(&provider)?;
    a_disabled_user_is_named_by_refresh_only(&provider)?;
    an_ended_access_token_is_no_subject(&provider)?;
    an_ended_refresh_token_is_refused(&provider)?;
    an_exchange_that_is_switched_off_says_so(&provider)?;
    a_dropped_one_leaves_nothing_behind(provider);
    Ok(())
}

fn a_used_refresh_token_is_refused_and_ends_the_newer_one(provider: &IdentityProvider) -> Outcome {
    let first = provider.log_in(&provider.user("rotated")?)?.refresh;
    let answer = provider.refresh(provider.ondemand(), &first)?;
    let second = answer.text("refresh_token").ok_or("no refresh token")?;
    let used = provider.refresh(provider.ondemand(), &first)?;
    let expected = (400, "invalid_grant", "Maximum allowed refresh token reuse exceeded");
    assert_eq!(refusal(&used), expected);
    let newer = provider.refresh(provider.ondemand(), second)?;
    let expected = (400, "invalid_grant", "Session doesn't have required client");
    assert_eq!(refusal(&newer), expected);
    Ok(())
}

fn an_exchanged_refresh_token_is_the_requesters(provider: &IdentityProvider) -> Outcome {
    let subject = provider.log_in(&provider.user("keeper")?)?.access;
    let more = [KUBERNETES, ("requested_token_type", REFRESH_TOKEN)];
    let answer = provider.exchange(provider.kubernetes(), &subject, &more)?;
    assert_eq!(claims_in(&answer, "access_token")["aud"], "kubernetes");
    let token = answer.text("refresh_token").ok_or("no refresh token")?;
    // The narrowing by `audience` is lost with the first refresh.
    let refreshed = claims_in(&provider.refresh(provider.kubernetes(), token)?, "access_token");
    assert_eq!(
        audiences(&refreshed),
        BTreeSet::from(["kubernetes", "kubernetes-test", "account"])
    );
    let stranger = provider.refresh(provider.ondemand(), token)?;
    let expected = "Invalid refresh token. Token client and authorized client don't match";
    assert!(stranger.is_refusal("invalid_grant", expected), "{}", stranger.body);
    Ok(())
}

fn an_offline_session_gives_no_refresh_token(provider: &IdentityProvider) -> Outcome {
    let user = provider.user("offline")?;
    let login = provider.ask(
        provider.ondemand(),
        &[
            ("grant_type", "password"),
            ("username", &user.name),
            ("password", &user.password),
            ("scope", "openid offline_access"),
        ],
    )?;
    let subject = login.text("access_token").ok_or("no access token")?;
    let answer = provider.exchange(
        provider.kubernetes(),
        subject,
        &[("requested_token_type", REFRESH_TOKEN)],
    )?;
    let expected = "Refresh token not valid as requested_token_type because creating a new session is needed";
    assert_eq!(refusal(&answer), (400, "invalid_request", expected));
    claims_in(&provider.exchange(provider.kubernetes(), subject, &[])?, "access_token");
    Ok(())
}

fn a_logout_ends_refresh_and_exchange(provider: &IdentityProvider) -> Outcome {
    let user = provider.user("leaver")?;
    let tokens = provider.log_in(&user)?;
    provider.log_out(&user)?;
    let refresh = provider.refresh(provider.ondemand(), &tokens.refresh)?;
    assert_eq!(refusal(&refresh), (400, "invalid_grant", "Session not active"));
    let exchange = provider.exchange(provider.kubernetes(), &tokens.access, &[KUBERNETES])?;
    assert_eq!(refusal(&exchange), (400, "invalid_request", "Invalid token"));
    Ok(())
}

fn a_disabled_user_is_named_by_refresh_only(provider: &IdentityProvider) -> Outcome {
    let user = provider.user("disabled")?;
    let tokens = provider.log_in(&user)?;
    provider.enable_user(&user, false)?;
    let refresh = provider.refresh(provider.ondemand(), &tokens.refresh)?;
    assert_eq!(refusal(&refresh), (400, "invalid_grant", "User disabled"));
    let exchange = provider.exchange(provider.kubernetes(), &tokens.access, &[KUBERNETES])?;
    assert_eq!(refusal(&exchange), (400, "invalid_request", "Invalid token"));
    Ok(())
}

fn an_ended_access_token_is_no_subject(provider: &IdentityProvider) -> Outcome {
    provider.set_access_token_life(Duration::from_secs(1))?;
    let tokens = provider.log_in(&provider.user("late")?)?;
    provider.set_access_token_life(Duration::from_secs(300))?;
    let ended = || {
        let answer = provider.exchange(provider.kubernetes(), &tokens.access, &[KUBERNETES]);
        answer.is_ok_and(|answer| refusal(&answer) == (400, "invalid_request", "Invalid token"))
    };
    until("the access token has ended", ended);
    let refreshed = provider.refresh(provider.ondemand(), &tokens.refresh)?;
    let subject = refreshed.text("access_token").ok_or("no access token")?;
    let exchanged = provider.exchange(provider.kubernetes(), subject, &[KUBERNETES])?;
    claims_in(&exchanged, "access_token");
    Ok(())
}

fn an_ended_refresh_token_is_refused(provider: &IdentityProvider) -> Outcome {
    provider.set_session_idle(Duration::from_secs(1))?;
    let token = provider.log_in(&provider.user("idle")?)?.refresh;
    provider.set_session_idle(Duration::from_secs(1800))?;
    let ended = || {
        let answer = provider.refresh(provider.ondemand(), &token);
        answer.is_ok_and(|answer| refusal(&answer) == (400, "invalid_grant", "Token is not active"))
    };
    until("the refresh token has ended", ended);
    Ok(())
}

fn an_exchange_that_is_switched_off_says_so(provider: &IdentityProvider) -> Outcome {
    let subject = provider.log_in(&provider.user("switched-off")?)?.access;
    provider.set_exchange(false)?;
    let answer = provider.exchange(provider.kubernetes(), &subject, &[KUBERNETES])?;
    let expected = "Standard token exchange is not enabled for the requested client";
    assert_eq!(refusal(&answer), (400, "invalid_request", expected));
    provider.set_exchange(true)?;
    provider.change_client("kubernetes", |client| client["publicClient"] = json!(true))?;
    let answer = provider.exchange(provider.kubernetes(), &subject, &[KUBERNETES])?;
    let expected = "Public client is not allowed to exchange token";
    assert_eq!(refusal(&answer), (400, "invalid_client", expected));
    Ok(())
}

fn a_dropped_one_leaves_nothing_behind(provider: IdentityProvider) {
    let (pid, folder) = (provider.pid(), provider.folder().to_owned());
    assert!(is_running(pid));
    drop(provider);
    assert!(!is_running(pid) && !folder.exists());
}

#[test]
fn the_real_api_server_takes_the_tokens_and_refuses_those_of_others() -> Outcome {
    if skipped() || lacks(Programs::find().err().map(|error| error.to_string())) {
        return Ok(());
    }
    let provider = IdentityProvider::shared();
    let arguments = provider.api_server_arguments().into_iter();
    let plane = arguments.fold(ControlPlane::builder().without_controller_manager(), Builder::arg);
    let plane = plane.start()?;
    let user = provider.user_in_groups("jane.doe", &["physics"])?;
    let tokens = provider.log_in(&user)?;
    // The API server fetches the signing keys in the background.
    until("the API server takes the access token", || {
        who_am_i(&plane, &tokens.access).is_ok()
    });

    let exchange = |more: &[(&str, &str)]| provider.exchange(provider.kubernetes(), &tokens.access, more);
    let exchanged = exchange(&[KUBERNETES])?;
    let exchanged = exchanged.text("access_token").ok_or("no exchanged token")?;
    for token in [&tokens.access, &tokens.id, exchanged] {
        let who = who_am_i(&plane, token)?;
        assert_eq!(who["username"], "jane.doe");
        assert_eq!(who["groups"], json!(["physics", "system:authenticated"]));
    }
    let elsewhere = exchange(&[("audience", "kubernetes-test")])?;
    let elsewhere = elsewhere
        .text("access_token")
        .ok_or("no token for the second cluster")?;
    let unmapped = provider.log_in_through(provider.no_audience(), &user)?;
    for token in [elsewhere, &unmapped.access, &unmapped.id, &tokens.refresh] {
        let refusal = who_am_i(&plane, token).expect_err("it is for somebody else");
        assert!(refusal.contains("Unauthorized"), "{refusal}");
    }
    Ok(())
}

/// `kubectl auth whoami` with this token and no other credential, or what kubectl complains of.
fn who_am_i(plane: &ControlPlane, token: &str) -> Result<Value, String> {
    let kubeconfig = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    std::fs::write(kubeconfig.path(), plane.kubeconfig(token)).map_err(|error| error.to_string())?;
    let mut kubectl = plane.kubectl();
    let kubectl = kubectl.env("KUBECONFIG", kubeconfig.path());
    let output = kubectl.args(["auth", "whoami", "-o", "json"]).output();
    let output = output.map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let review: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    Ok(review["status"]["userInfo"].clone())
}

#[test]
fn a_killed_test_process_leaves_nothing_behind() -> Outcome {
    if skipped() {
        return Ok(());
    }
    let program = env!("CARGO_BIN_EXE_ood-k8s-identity-provider");
    let mut process = Command::new(program).stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
    let mut line = |start: &str| -> Result<String, Box<dyn std::error::Error>> {
        let found = lines
            .by_ref()
            .find(|line| line.as_ref().is_ok_and(|line| line.starts_with(start)));
        Ok(found.ok_or(format!("it printed no {start}"))??.split_off(start.len()))
    };
    let folder = std::path::PathBuf::from(line("CA_FILE=")?);
    let folder = folder.parent().ok_or("no folder")?;
    let pid = line("# the process [")?;
    let pid: u32 = pid.split(']').next().unwrap_or_default().parse()?;
    assert!(is_running(pid) && folder.is_dir());
    process.kill()?;
    process.wait()?;
    until("its server is gone", || !is_running(pid));
    until("its folder is gone", || !folder.exists());
    Ok(())
}

/// A zombie is not running: it waits for its supervisor only.
fn is_running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
