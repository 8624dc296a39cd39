//! A token's claims: a general reader of JSON sees the same, and what is accepted is what was asked for.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use ood_k8s::oidc::token::{self, Expected};
use ood_k8s::oidc::Subject;
use secrecy::SecretString;
use serde_json::Value;

/// The bytes as a token, and as the claims of one.
pub fn holds(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        judged(&text.to_owned().into());
    }
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(data);
    let token: SecretString = format!("e30.{claims}.sig").into();
    judged(&token);
    agrees(&token, data);
}

fn expected() -> Expected<'static> {
    Expected {
        issuer: Some("https://idp.example.org"),
        audience: Some("kubernetes"),
        user: Some(("preferred_username", "ann")),
    }
}

fn judged(token: &SecretString) {
    let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let errors = [
        token::check(token, now).err(),
        token::check_new(token, now).err(),
        token::meets(token, &expected()).err(),
        Subject::of(token).and_then(|subject| subject.check(token).err()),
    ];
    for error in errors.into_iter().flatten() {
        let said = error.to_string();
        assert!(!said.contains('\n'), "{said:?}");
    }
    if token::check(token, now).is_ok() {
        assert!(token::expiry(token).is_ok_and(|end| end > now));
    }
}

fn agrees(token: &SecretString, data: &[u8]) {
    let Ok(claims) = token::claims(token) else { return };
    // Claims that we do not read may hold what is not UTF-8.
    let Ok(all) = serde_json::from_slice::<Value>(data) else {
        return;
    };
    // Claims may be a list by position for serde; for kubectl and the API server they are an object.
    assert!(all.is_object(), "no object: {all}");
    assert_eq!(claims.iss.as_deref(), all["iss"].as_str());
    assert_eq!(claims.sub.as_deref(), all["sub"].as_str());
    let audiences: Vec<&str> = match &all["aud"] {
        Value::String(one) => vec![one],
        Value::Array(many) if many.iter().all(Value::is_string) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    assert_eq!(claims.aud, audiences);
    if token::meets(token, &expected()).is_ok() {
        assert!(
            audiences.contains(&"kubernetes") && all["preferred_username"] == "ann",
            "{all}"
        );
    }
    if let Some(name) = token::name_in(token, "preferred_username") {
        assert_eq!(all["preferred_username"], *name);
    }
}
