//! What is sent to a token endpoint: the form of an exchange in each dialect, and the client (RFC 6749, RFC 8693).

use base64::Engine as _;
use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::credentials::{Dialect, Exchange};

/// RFC 8693, section 2.1.
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// RFC 8693, section 3.
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const REFRESH_TOKEN: &str = "urn:ietf:params:oauth:token-type:refresh_token";

/// A client of the identity provider.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its secret; empty for a public client.
    pub secret: SecretString,
}

/// The dialects differ in the token that they request, and in the parameters that they require.
pub(super) fn exchange_form(exchange: &Exchange) -> Vec<(&'static str, &str)> {
    let requested = match exchange.dialect {
        Dialect::Standard => ACCESS_TOKEN,
        // Only this one can be passed on: it belongs to the cluster's public client.
        Dialect::KeycloakLegacy => REFRESH_TOKEN,
        Dialect::Dex => ID_TOKEN,
    };
    let mut form = vec![
        ("grant_type", TOKEN_EXCHANGE),
        ("subject_token_type", ACCESS_TOKEN),
        ("requested_token_type", requested),
    ];
    let optional = [
        ("audience", &exchange.audience),
        ("scope", &exchange.scope),
        ("connector_id", &exchange.connector_id),
    ];
    for (name, value) in optional {
        form.extend(value.as_deref().map(|value| (name, value)));
    }
    // kubectl rejects a refreshed token without an ID token in the same response.
    if exchange.dialect != Dialect::Standard && exchange.scope.is_none() {
        form.push(("scope", "openid"));
    }
    form
}

/// Returns the form and the header, with the client's id and secret in one of them (RFC 6749, section 2.3.1).
pub(super) fn authenticated(
    form: &[(&str, &str)],
    client: &Client,
    is_secret_in_form: bool,
) -> (SecretString, Option<HeaderValue>) {
    let mut text = form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(form);
    let secret = client.secret.expose_secret();
    if secret.is_empty() || is_secret_in_form {
        text.append_pair("client_id", &client.id);
    }
    if !secret.is_empty() && is_secret_in_form {
        text.append_pair("client_secret", secret);
    }
    let header = (!secret.is_empty() && !is_secret_in_form).then(|| basic(&client.id, secret));
    (text.finish().into(), header.flatten())
}

fn basic(id: &str, secret: &str) -> Option<HeaderValue> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(id), encoded(secret));
    let base64 = base64::engine::general_purpose::STANDARD.encode(pair);
    HeaderValue::from_str(&format!("Basic {base64}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(dialect: Dialect) -> Exchange {
        Exchange {
            issuer: "https://idp.example.org".into(),
            dialect,
            client_id: "kubernetes".into(),
            client_secret: "hush hush".into(),
            audience: Some("cluster".into()),
            scope: None,
            connector_id: (dialect == Dialect::Dex).then(|| "keycloak".into()),
        }
    }

    fn client() -> Client {
        Client {
            id: "a:b".into(),
            secret: "p%ä s".into(),
        }
    }

    #[test]
    fn each_dialect_asks_for_the_token_that_it_may_give_away() {
        let form = |dialect| {
            exchange_form(&exchange(dialect))
                .iter()
                .map(|(k, v)| format!("{k}={v}"))
                .collect::<Vec<_>>()
        };
        let standard = form(Dialect::Standard);
        assert!(
            standard.contains(&format!("requested_token_type={ACCESS_TOKEN}")),
            "{standard:?}"
        );
        assert!(
            standard.contains(&"audience=cluster".into()) && standard.len() == 4,
            "{standard:?}"
        );
        let legacy = form(Dialect::KeycloakLegacy);
        assert!(
            legacy.contains(&format!("requested_token_type={REFRESH_TOKEN}"))
                && legacy.contains(&"scope=openid".into())
        );
        let dex = form(Dialect::Dex);
        assert!(
            dex.contains(&format!("requested_token_type={ID_TOKEN}")) && dex.contains(&"connector_id=keycloak".into())
        );
    }

    #[test]
    fn a_client_says_who_it_is_where_the_provider_looks() {
        let (form, header) = authenticated(&[("grant_type", "x")], &client(), false);
        assert_eq!(form.expose_secret(), "grant_type=x");
        // Encoded first, so that a colon in the name does not end it.
        let expected = base64::engine::general_purpose::STANDARD.encode("a%3Ab:p%25%C3%A4+s");
        assert_eq!(header.unwrap(), format!("Basic {expected}"));
        let (form, header) = authenticated(&[], &client(), true);
        assert!(header.is_none());
        assert_eq!(form.expose_secret(), "client_id=a%3Ab&client_secret=p%25%C3%A4+s");
        let public = Client {
            secret: "".into(),
            ..client()
        };
        let (form, header) = authenticated(&[], &public, false);
        assert!(header.is_none());
        assert_eq!(form.expose_secret(), "client_id=a%3Ab");
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?} {:?}", exchange(Dialect::Standard), client());
        assert!(!shown.contains("hush") && !shown.contains("p%"), "{shown}");
    }
}
