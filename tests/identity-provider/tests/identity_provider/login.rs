//! Discovery, logins and refreshes.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use ood_k8s_identity_provider::{claims, Client, IdentityProvider};
use serde_json::json;

use crate::common::{audiences, skipped, Outcome};
use crate::{claims_in, refusal, with_wrong_secret};

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

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
