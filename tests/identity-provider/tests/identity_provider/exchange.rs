//! Exchanges of an access token: audiences, types, and refusals.

use std::collections::BTreeSet;

use ood_k8s_identity_provider::{IdentityProvider, ID_TOKEN, REFRESH_TOKEN};
use serde_json::json;

use crate::common::{audiences, skipped, Outcome, KUBERNETES};
use crate::{claims_in, refusal, with_wrong_secret};

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

    // An ID token is returned as `access_token`, and `audience` does not narrow it.
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
