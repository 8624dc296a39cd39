//! Token exchange (RFC 8693) as in Keycloak (standard and legacy) and in dex.

use serde_json::{json, Value};

use super::grants::{field, Form, Refusal};
use super::realm::Inner;
use super::settings::Exchange;
use super::tokens::Grant;

/// RFC 8693, section 2.1.
pub(crate) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const REFRESH_TOKEN: &str = "urn:ietf:params:oauth:token-type:refresh_token";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
/// The scopes of the clients.
const SCOPES: [&str; 3] = ["openid", "profile", "email"];

pub(crate) fn exchange(realm: &mut Inner, client: &str, form: &Form) -> Result<Value, Refusal> {
    match realm.settings.exchange.clone() {
        Exchange::Standard { refresh_tokens } if client == "kubernetes" => standard(realm, form, refresh_tokens),
        Exchange::Standard { .. } | Exchange::Off => {
            let description = "Standard token exchange is not enabled for the requested client";
            Err(invalid_request(description))
        }
        Exchange::Legacy => legacy(realm, form),
        Exchange::Dex { connector_id } => dex(realm, client, form, &connector_id),
    }
}

fn invalid_request(description: impl Into<String>) -> Refusal {
    Refusal::new(400, "invalid_request", description)
}

fn standard(realm: &mut Inner, form: &Form, refresh_tokens: bool) -> Result<Value, Refusal> {
    if field(form, "subject_token_type") != ACCESS_TOKEN {
        return Err(invalid_request("Parameter 'subject_token' supports access tokens only"));
    }
    let wanted = match field(form, "requested_token_type") {
        "" => ACCESS_TOKEN,
        REFRESH_TOKEN if !refresh_tokens => "",
        other => other,
    };
    if ![ACCESS_TOKEN, REFRESH_TOKEN, ID_TOKEN].contains(&wanted) {
        return Err(invalid_request("requested_token_type unsupported"));
    }
    let subject = subject(realm, form)?;
    if !subject.audiences.iter().any(|audience| audience == "kubernetes") {
        return Err(Refusal::new(
            403,
            "access_denied",
            "Client is not within the token audience",
        ));
    }
    let scopes = || field(form, "scope").split(' ').filter(|scope| !scope.is_empty());
    if let Some(scope) = scopes().find(|scope| !SCOPES.contains(scope)) {
        return Err(Refusal::new(400, "invalid_scope", format!("Invalid scopes: {scope}")));
    }
    let audiences = narrowed(&realm.settings.kubernetes_audiences, field(form, "audience"))?;
    let grant = Grant {
        client: "kubernetes".into(),
        audiences,
        openid: scopes().any(|scope| scope == "openid"),
        ..subject
    };
    let mut answer = answer(realm, &grant, wanted);
    if wanted == REFRESH_TOKEN {
        answer["refresh_token"] = json!(realm.refresh_token(&grant));
    }
    if grant.openid && wanted != ID_TOKEN {
        answer["id_token"] = json!(realm.id_token(&grant, &realm.settings.kubernetes_audiences));
    }
    Ok(answer)
}

/// `audience` selects from the audiences of the scopes. The errors differ for clients of the realm and for others.
fn narrowed(available: &[String], audience: &str) -> Result<Vec<String>, Refusal> {
    if audience.is_empty() {
        return Ok(available.to_vec());
    }
    if available.iter().any(|name| name == audience) {
        return Ok(vec![audience.to_owned()]);
    }
    if ["ondemand", "kubernetes", "kubernetes-test"].contains(&audience) {
        let description = format!("Requested audience not available: {audience}");
        return Err(invalid_request(description));
    }
    Err(Refusal::new(400, "invalid_client", "Audience not found"))
}

/// Keycloak's documentation, "legacy token exchange": the client in `audience` owns the new tokens, and a refresh token
/// is the default.
fn legacy(realm: &mut Inner, form: &Form) -> Result<Value, Refusal> {
    let subject = subject(realm, form)?;
    let audience = field(form, "audience").to_owned();
    let grant = Grant {
        client: audience.clone(),
        audiences: vec![audience],
        ..subject
    };
    let wanted = match field(form, "requested_token_type") {
        "" => REFRESH_TOKEN,
        other => other,
    };
    let mut answer = answer(realm, &grant, wanted);
    if wanted == REFRESH_TOKEN {
        answer["refresh_token"] = json!(realm.refresh_token(&grant));
    }
    Ok(answer)
}

/// dex, server/grants/tokenexchange.go: a connector verifies the old token, and the new one is for the requester.
fn dex(realm: &mut Inner, client: &str, form: &Form, connector_id: &str) -> Result<Value, Refusal> {
    if field(form, "connector_id") != connector_id {
        return Err(invalid_request("Requested connector does not exist."));
    }
    let Ok(subject) = subject(realm, form) else {
        return Err(Refusal::new(401, "access_denied", ""));
    };
    let wanted = match field(form, "requested_token_type") {
        "" => ACCESS_TOKEN,
        wanted @ (ACCESS_TOKEN | ID_TOKEN) => wanted,
        _ => {
            return Err(Refusal::new(
                400,
                "request_not_supported",
                "Invalid requested_token_type.",
            ))
        }
    };
    let grant = Grant {
        client: client.into(),
        audiences: vec![client.into()],
        ..subject
    };
    let mut answer = answer(realm, &grant, wanted);
    answer["token_type"] = json!("bearer");
    Ok(answer)
}

/// The same answer for a token that is unknown, of another kind or expired, and for one whose session has ended.
fn subject(realm: &Inner, form: &Form) -> Result<Grant, Refusal> {
    let issued = realm.access_tokens.get(field(form, "subject_token"));
    let issued = issued.filter(|issued| issued.ends > realm.now());
    let issued = issued.filter(|issued| realm.sessions.contains_key(&issued.grant.session));
    issued
        .map(|issued| issued.grant.clone())
        .ok_or_else(|| invalid_request("Invalid token"))
}

/// The token is returned as `access_token`, whatever its type (RFC 8693, section 2.2.1).
fn answer(realm: &mut Inner, grant: &Grant, wanted: &str) -> Value {
    let (token, token_type) = if wanted == ID_TOKEN {
        // `audience` does not narrow an ID token.
        (realm.id_token(grant, &realm.audiences_of(&grant.client)), "N_A")
    } else {
        (realm.access_token(grant), "Bearer")
    };
    json!({
        "access_token": token,
        "issued_token_type": wanted,
        "token_type": token_type,
        "expires_in": realm.settings.access_token_life.as_secs(),
    })
}
