//! What an identity provider's refusal means, and the remedy; the messages of Keycloak and dex are known.

use std::fmt;

use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::Engine as _;
use secrecy::{ExposeSecret as _, SecretString};

use crate::foreign::Foreign;

/// The longest error description that is shown, in characters.
const LONGEST: usize = 200;
/// A longer word is taken for a token or a secret.
const LONGEST_WORD: usize = 64;

/// What a token was requested for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// The access token has expired, or will soon.
    Refresh,
    /// The cluster requires a token of its own.
    Exchange,
    /// The session is to end at the provider too.
    Revoke,
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refresh => "refresh the access token",
            Self::Exchange => "exchange the access token",
            Self::Revoke => "revoke the refresh token",
        })
    }
}

/// The code of a refusal, if it is a word as RFC 6749 (section 5.2) has them.
pub(super) fn word(code: &str) -> Option<String> {
    let is_word = !code.is_empty() && code.len() <= LONGEST_WORD;
    let is_plain = |c: char| c.is_ascii_lowercase() || c == '_';
    (is_word && code.chars().all(is_plain)).then(|| code.to_owned())
}

/// The refusal's own message, without anything that may be a secret.
pub(super) fn said(code: &str, description: &str, secrets: &[&SecretString]) -> String {
    let is_secret = |text: &str| {
        let mut known = secrets.iter().flat_map(|secret| disguises(secret.expose_secret()));
        // Some responses repeat the request, with the secret in its header.
        let repeats = ["Basic ", "Bearer "].iter().any(|scheme| text.contains(scheme));
        repeats || known.any(|secret| !secret.is_empty() && text.contains(&secret))
    };
    let shown = |text: &str| {
        let words = text
            .split_whitespace()
            .filter(|word| word.chars().count() <= LONGEST_WORD);
        let text = words.collect::<Vec<_>>().join(" ");
        let text: String = text.chars().take(LONGEST).collect();
        Foreign::new(text).to_string()
    };
    // RFC 6749 (section 5.2) has words with underscores; these need no quotes.
    let is_word = |c: char| c.is_ascii_lowercase() || c == '_';
    let code = match code {
        secret if is_secret(secret) => String::new(),
        word if word.len() <= LONGEST_WORD && word.chars().all(is_word) => word.to_owned(),
        other => shown(other),
    };
    match description {
        "" => code,
        text if is_secret(text) => code,
        text => format!("{code} ({})", shown(text)),
    }
}

/// The forms in which a careless or hostile provider could repeat a secret.
fn disguises(secret: &str) -> [String; 4] {
    [
        secret.to_owned(),
        secret.chars().rev().collect(),
        STANDARD.encode(secret).trim_end_matches('=').to_owned(),
        URL_SAFE_NO_PAD.encode(secret),
    ]
}

/// The remedy: by the description if it is known, else by the code (RFC 6749 section 5.2, RFC 8693 section 2.2.2).
pub(super) fn remedy(doing: Doing, code: &str, description: &str) -> String {
    let remedy = match doing {
        Doing::Refresh => refresh_remedy(code),
        Doing::Revoke => revocation_remedy(code),
        Doing::Exchange => known(description).unwrap_or_else(|| exchange_remedy(code)),
    };
    remedy.to_owned()
}

fn refresh_remedy(code: &str) -> &'static str {
    match code {
        "invalid_grant" => "log in to OnDemand again, and if the provider's refresh tokens are valid for only one use, configure mod_auth_openidc to refresh before the hook has to (OIDCRefreshAccessTokenBeforeExpiry)",
        "invalid_client" | "unauthorized_client" => "correct CLIENT_ID and CLIENT_SECRET in hook.env: they must be those of OnDemand's own client",
        _ => "log in to OnDemand again, and look for the reason in the identity provider's log",
    }
}

fn revocation_remedy(code: &str) -> &'static str {
    match code {
        "invalid_client" | "unauthorized_client" => "correct CLIENT_ID and CLIENT_SECRET in hook.env: they must be those of OnDemand's own client; then run this again",
        _ => "look for the reason in the identity provider's log, or end the user's session there; then run this again",
    }
}

/// Messages of Keycloak and dex, in lower case, that are more specific than their code.
const KNOWN: &[(&str, &str)] = &[
    ("not within the token audience", "add an audience mapper for EXCHANGE_CLIENT_ID to OnDemand's own client in the identity provider, so that its tokens may be exchanged by that client"),
    ("audience not available", "add an audience mapper for EXCHANGE_AUDIENCE to the client EXCHANGE_CLIENT_ID in the identity provider"),
    ("audience not found", "correct EXCHANGE_AUDIENCE in hook.env (or exchange_audience in clusters.d): the identity provider has no such client"),
    ("exchange is not enabled", "enable \"Standard token exchange\" for the client EXCHANGE_CLIENT_ID in the identity provider"),
    ("public client is not allowed", "make EXCHANGE_CLIENT_ID a confidential client, and set EXCHANGE_CLIENT_SECRET to its secret"),
    ("requested_token_type unsupported", "set EXCHANGE_DIALECT to the dialect of the identity provider"),
    ("connector", "correct EXCHANGE_CONNECTOR_ID in hook.env: it must be the id of a dex connector that can identify the token's user"),
    ("invalid token", "log in to OnDemand again, and if that does not help, check which provider issued OnDemand's access token: this one does not recognize it"),
];

fn known(description: &str) -> Option<&'static str> {
    let description = description.to_lowercase();
    let found = KNOWN.iter().find(|(words, _)| description.contains(words));
    found.map(|(_, remedy)| *remedy)
}

fn exchange_remedy(code: &str) -> &'static str {
    match code {
        "invalid_client" => "correct EXCHANGE_CLIENT_ID and EXCHANGE_CLIENT_SECRET in hook.env",
        "unauthorized_client" => "correct EXCHANGE_CLIENT_ID and EXCHANGE_CLIENT_SECRET in hook.env, and allow that client to exchange tokens in the identity provider",
        "invalid_grant" => "log in to OnDemand again",
        "invalid_target" => "correct EXCHANGE_AUDIENCE in hook.env (or exchange_audience in clusters.d), and allow EXCHANGE_CLIENT_ID to request it in the identity provider",
        "invalid_scope" => "correct EXCHANGE_SCOPE in hook.env (or exchange_scope in clusters.d), and add it to the client EXCHANGE_CLIENT_ID in the identity provider",
        "access_denied" => "allow EXCHANGE_CLIENT_ID to exchange OnDemand's tokens in the identity provider",
        "unsupported_grant_type" => "enable token exchange in the identity provider (Keycloak supports it since 26.2), or set CREDENTIALS to token or exec without EXCHANGE_CLIENT_ID",
        _ => "look for the reason in the identity provider's log",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keycloaks_words_lead_to_the_mapper_or_switch_that_is_missing() {
        for (code, description, word) in [
            (
                "access_denied",
                "Client is not within the token audience",
                "audience mapper for EXCHANGE_CLIENT_ID",
            ),
            (
                "invalid_request",
                "Requested audience not available: prod",
                "audience mapper for EXCHANGE_AUDIENCE",
            ),
            ("invalid_client", "Audience not found", "no such client"),
            (
                "invalid_request",
                "Standard token exchange is not enabled for the requested client",
                "Standard token exchange",
            ),
            (
                "invalid_client",
                "Public client is not allowed to exchange token",
                "confidential",
            ),
            (
                "unauthorized_client",
                "Invalid client or Invalid client credentials",
                "EXCHANGE_CLIENT_SECRET",
            ),
            ("invalid_request", "Invalid token", "log in to OnDemand again"),
            ("unsupported_grant_type", "", "26.2"),
            ("teapot", "", "identity provider's log"),
        ] {
            let remedy = remedy(Doing::Exchange, code, description);
            assert!(remedy.contains(word), "{code}, {description}: {remedy}");
        }
    }

    #[test]
    fn a_refusal_is_quoted_without_anything_that_may_be_a_secret() {
        let secret = SecretString::from("hush");
        let said = |description: &str| said("invalid_grant", description, &[&secret]);
        assert_eq!(said(""), "invalid_grant");
        assert_eq!(said("Token is not active"), r#"invalid_grant ("Token is not active")"#);
        for disguised in ["hush", "hsuh", "aHVzaA"] {
            assert_eq!(said(&format!("wrong secret: {disguised}")), "invalid_grant");
        }
        assert_eq!(
            said(&format!("bad {} token", "e".repeat(65))),
            r#"invalid_grant ("bad token")"#
        );
        assert!(said(&"word ".repeat(1000)).len() < 250);
    }
}
