//! The grants of the token endpoint, and the refresh.

use std::collections::BTreeMap;

use serde_json::{json, Value};

use super::exchange;
use super::realm::Inner;
use super::tokens::Grant;

/// A refusal (RFC 6749, section 5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    error: &'static str,
    description: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, error: &'static str, description: impl Into<String>) -> Self {
        let description = description.into();
        Self {
            status,
            error,
            description,
        }
    }

    pub(crate) fn body(&self) -> Value {
        if self.description.is_empty() {
            return json!({ "error": self.error });
        }
        json!({ "error": self.error, "error_description": self.description })
    }
}

pub(crate) type Form = BTreeMap<String, String>;

/// A parameter; one without a value counts as omitted (RFC 6749, section 3.2).
pub(crate) fn field<'a>(form: &'a Form, name: &str) -> &'a str {
    form.get(name).map_or("", String::as_str)
}

/// Answers an authenticated client.
pub(crate) fn grant(realm: &mut Inner, client: &str, form: &Form) -> Result<Value, Refusal> {
    match field(form, "grant_type") {
        "" => Err(Refusal::new(
            400,
            "invalid_request",
            "Missing form parameter: grant_type",
        )),
        "refresh_token" => match form.get("refresh_token") {
            Some(token) => refresh(realm, client, token),
            None => Err(Refusal::new(400, "invalid_request", "No refresh token")),
        },
        exchange::GRANT_TYPE => exchange::exchange(realm, client, form),
        _ => Err(Refusal::new(400, "unsupported_grant_type", "Unsupported grant_type")),
    }
}

/// Revokes a token of the client's (RFC 7009). As in Keycloak, one that is not known is a word beside the 200.
pub(crate) fn revoke(realm: &mut Inner, client: &str, form: &Form) -> Result<Value, Refusal> {
    let Some(token) = form.get("token") else {
        return Err(Refusal::new(400, "invalid_request", "Token not provided"));
    };
    let known = realm.refresh_tokens.get(token);
    let Some(issued) = known.filter(|issued| realm.sessions.contains_key(&issued.grant.session)) else {
        return Err(Refusal::new(200, "invalid_token", "Invalid token"));
    };
    if issued.grant.client != client {
        return Err(Refusal::new(400, "invalid_request", "Unmatching clients"));
    }
    let session = issued.grant.session;
    realm.sessions.remove(&session);
    Ok(json!({}))
}

fn refresh(realm: &mut Inner, client: &str, token: &str) -> Result<Value, Refusal> {
    let mut grant = spend(realm, client, token)?;
    // The audiences of the mappers: a narrower audience of an exchange is lost here, as in Keycloak.
    grant.audiences = realm.audiences_of(client);
    let mut answer = json!({
        "access_token": realm.access_token(&grant),
        "refresh_token": realm.refresh_token(&grant),
        "expires_in": realm.settings.access_token_life.as_secs(),
        "token_type": "Bearer",
    });
    if realm.settings.id_tokens && grant.openid {
        answer["id_token"] = json!(realm.id_token(&grant, &grant.audiences));
    }
    Ok(answer)
}

/// The grant of the refresh token; the order of the checks is Keycloak's.
fn spend(realm: &mut Inner, client: &str, token: &str) -> Result<Grant, Refusal> {
    let refused = |description: &str| Err(Refusal::new(400, "invalid_grant", description));
    let (now, single_use) = (realm.now(), realm.settings.single_use_refresh_tokens);
    let most = realm.settings.refresh_token_reuse;
    let Some(issued) = realm.refresh_tokens.get_mut(token) else {
        return refused("Invalid refresh token");
    };
    let part = (issued.grant.session, client.to_owned());
    if issued.grant.client != client {
        return refused("Invalid refresh token. Token client and authorized client don't match");
    }
    if issued.ends <= now {
        return refused("Token is not active");
    }
    if !realm.sessions.contains_key(&issued.grant.session) {
        return refused("Session not active");
    }
    if realm.cast_out.contains(&part) {
        return refused("Session doesn't have required client");
    }
    if single_use && issued.uses > most {
        realm.cast_out.insert(part);
        return refused("Maximum allowed refresh token reuse exceeded");
    }
    issued.uses += 1;
    Ok(issued.grant.clone())
}

impl Inner {
    /// The audiences that a client's mappers put into access tokens.
    pub(crate) fn audiences_of(&self, client: &str) -> Vec<String> {
        match client {
            "kubernetes" => self.settings.kubernetes_audiences.clone(),
            _ => self.settings.ondemand_audiences.clone(),
        }
    }
}
