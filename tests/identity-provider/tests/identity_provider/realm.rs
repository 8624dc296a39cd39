//! Settings of the realm: rotation, logout, lifetimes of tokens, and the options of an exchange.

use std::collections::BTreeSet;
use std::time::Duration;

use ood_k8s_identity_provider::{IdentityProvider, REFRESH_TOKEN};
use serde_json::json;

use crate::common::{audiences, skipped, Outcome, KUBERNETES};
use crate::process::is_running;
use crate::{claims_in, refusal, until};

/// Logout, rotation and the refresh token of an exchange, which need other settings: one start for all of them.
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
