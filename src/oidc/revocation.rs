//! A refresh token is revoked, and with it the session's other tokens (RFC 7009).

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::form::{authenticated, Client};
use super::grant::{GrantError, IdentityProvider};
use super::http::Answer;
use super::refusal::{self, Doing};
use crate::json;

/// How many times a provider in trouble is asked, and the pause if it names none.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);

/// What came of it, if nothing failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// The token is not valid any more; or it was not before, which the provider answers alike.
    Revoked,
    /// The provider names no endpoint for it.
    NoEndpoint,
    /// The provider revokes no refresh tokens (`unsupported_token_type`).
    Unsupported,
}

impl Revocation {
    /// What a person has to know if the token works on.
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Self::Revoked => None,
            Self::NoEndpoint => Some("the identity provider names no revocation_endpoint, so the refresh token stays valid until it expires; end the user's session at the identity provider"),
            Self::Unsupported => Some("the identity provider cannot revoke refresh tokens, so this one stays valid until it expires; end the user's session at the identity provider"),
        }
    }
}

impl IdentityProvider {
    /// Revokes this refresh token. It goes into the request's body alone.
    pub async fn revoke(&self, client: &Client, refresh_token: &SecretString) -> Result<Revocation, GrantError> {
        let doing = Doing::Revoke;
        let Some(url) = &self.provider.revocation_endpoint else {
            return Ok(Revocation::NoEndpoint);
        };
        let form = [
            ("token", refresh_token.expose_secret()),
            ("token_type_hint", "refresh_token"),
        ];
        let (form, authorization) = authenticated(&form, client, self.provider.revokes_by_form);
        let mut tries = 1;
        loop {
            let answer = self.http.post(url, &form, authorization.clone()).await;
            let answer = answer.map_err(|unanswered| GrantError::unanswered(doing, unanswered))?;
            let pause = answer.retry_after.map_or(PAUSE * tries, Duration::from_secs);
            if is_trouble(answer.status) && tries < TRIES && pause < self.http.remaining() {
                tokio::time::sleep(pause).await;
                tries += 1;
                continue;
            }
            return understand(&url.to_string(), &answer, &[refresh_token, &client.secret]);
        }
    }
}

/// The token may work on, and another try may help (RFC 7009, section 2.2.1).
fn is_trouble(status: u16) -> bool {
    matches!(status, 429 | 500..=599)
}

/// The answer of a revocation endpoint that does not do it.
#[derive(Deserialize)]
struct Body {
    error: Option<String>,
    error_description: Option<String>,
}

/// Whatever else a 200 says, the token is not valid (RFC 7009, section 2.2); Keycloak says `invalid_token` beside it of one
/// that it does not know.
fn understand(url: &str, answer: &Answer, secrets: &[&SecretString]) -> Result<Revocation, GrantError> {
    let (doing, url, status) = (Doing::Revoke, url.to_owned(), answer.status);
    if (200..300).contains(&status) {
        return Ok(Revocation::Revoked);
    }
    if is_trouble(status) {
        let seconds = answer.retry_after;
        return Err(GrantError::Trouble {
            doing,
            url,
            status,
            wait: seconds.map_or_else(|| "later".into(), |seconds| format!("in {seconds} s")),
        });
    }
    let body: Option<Body> = json::object(&answer.body).ok();
    let Some(Body {
        error: Some(code),
        error_description,
    }) = body
    else {
        return Err(GrantError::NotJson { doing, url, status });
    };
    if code == "unsupported_token_type" {
        return Ok(Revocation::Unsupported);
    }
    let description = error_description.unwrap_or_default();
    Err(GrantError::Refused {
        doing,
        url,
        status,
        code: refusal::word(&code),
        said: refusal::said(&code, &description, secrets),
        remedy: refusal::remedy(doing, &code, &description),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, retry_after: Option<u64>, body: &'static str) -> Result<Revocation, String> {
        let body = body.as_bytes().into();
        let answer = Answer {
            status,
            retry_after,
            body,
        };
        understand("https://idp/revoke", &answer, &[&"t0ken".into()]).map_err(|error| error.to_string())
    }

    #[test]
    fn done_is_told_from_not_possible_and_from_what_another_try_may_do() {
        assert_eq!(answered(200, None, ""), Ok(Revocation::Revoked));
        assert_eq!(answered(200, None, "<html>"), Ok(Revocation::Revoked));
        let unknown = r#"{"error":"invalid_token","error_description":"Invalid token"}"#;
        assert_eq!(answered(200, None, unknown), Ok(Revocation::Revoked));
        let unsupported = r#"{"error":"unsupported_token_type"}"#;
        assert_eq!(answered(400, None, unsupported), Ok(Revocation::Unsupported));
        for (status, retry_after, body, words) in [
            (503, Some(120), "", "returned 503; try again in 120 s"),
            (502, None, "<html>", "returned 502; try again later"),
            (
                401,
                None,
                r#"{"error":"invalid_client"}"#,
                "correct CLIENT_ID and CLIENT_SECRET",
            ),
            (
                400,
                None,
                r#"{"error":"invalid_request","error_description":"no t0ken"}"#,
                "invalid_request; ",
            ),
            (404, None, "<html>", "returned 404 without the JSON"),
            (302, None, "", "returned 302 without the JSON"),
            (400, None, "{}", "returned 400 without the JSON"),
        ] {
            let error = answered(status, retry_after, body).unwrap_err();
            assert!(error.contains(words) && error.contains("cannot revoke"), "{error}");
            assert!(!error.contains("t0ken"), "{error}");
        }
    }
}
