//! The two grants that root asks an identity provider for: a fresh access token, and a token of the cluster's own
//! (RFC 6749 section 6, RFC 8693).

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::discovery::{discover, DiscoveryError, Provider};
use super::form::{authenticated, exchange_form, Client};
use super::http::{Answer, Http, HttpError};
use super::refusal::{self, Doing};
use crate::config::credentials::Exchange;

/// Why there is no new token. Nothing of any token or secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// The token endpoint is not known.
    #[error("cannot {doing}: {source}")]
    Discovery {
        /// What for.
        doing: Doing,
        /// Why not.
        source: DiscoveryError,
    },
    /// The token endpoint could not be asked.
    #[error("cannot {doing}: {source}")]
    Http {
        /// What for.
        doing: Doing,
        /// Why not.
        source: HttpError,
    },
    /// It said no.
    #[error("cannot {doing}: {url} says {said}; {remedy}")]
    Refused {
        /// What for.
        doing: Doing,
        /// The token endpoint.
        url: String,
        /// Its `error` and `error_description`, as far as they can be shown.
        said: String,
        /// What to do about it.
        remedy: String,
    },
    /// A page, or something else that is no answer of a token endpoint.
    #[error("cannot {doing}: {url} answers {status}, and not with the JSON of a token endpoint; check IDP_ISSUER_URL, and proxies on the way to it")]
    NotJson {
        /// What for.
        doing: Doing,
        /// The token endpoint.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// JSON, but no token in it.
    #[error("cannot {doing}: {url} answers without an access token; check the identity provider's log")]
    NoToken {
        /// What for.
        doing: Doing,
        /// The token endpoint.
        url: String,
    },
}

impl GrantError {
    /// Whether the refresh token itself is refused, and will be for good (RFC 6749, section 5.2): the session has ended,
    /// or it is spent. A wrong client or a provider that is down is no such end.
    pub fn ends_the_session(&self) -> bool {
        let code = |said: &str| said.split(' ').next() == Some("invalid_grant");
        matches!(self, Self::Refused { doing: Doing::Refresh, said, .. } if code(said))
    }
}

/// What a grant brought.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// Whatever was issued: with an exchange that may be an ID token.
    pub access: SecretString,
    /// An ID token beside it.
    pub id: Option<SecretString>,
    /// What renews it.
    pub refresh: Option<SecretString>,
}

/// An identity provider whose token endpoint is known.
#[derive(Clone)]
pub struct IdentityProvider {
    http: Http,
    provider: Provider,
}

impl IdentityProvider {
    /// Asks who it is: one round trip, and the connection stays for the grants.
    pub async fn find(issuer: &str, http: Http, doing: Doing) -> Result<Self, GrantError> {
        let provider = discover(issuer, &http).await;
        let provider = provider.map_err(|source| GrantError::Discovery { doing, source })?;
        Ok(Self { http, provider })
    }

    /// The issuer, as it says itself.
    pub fn issuer(&self) -> &str {
        &self.provider.issuer
    }

    /// The same, connections too, with another moment to give up at.
    #[must_use]
    pub fn until(mut self, until: tokio::time::Instant) -> Self {
        self.http = self.http.until(until);
        self
    }

    /// A fresh access token for this refresh token, which may be good for one use only.
    pub async fn refresh(&self, client: &Client, refresh_token: &SecretString) -> Result<Tokens, GrantError> {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose_secret()),
        ];
        self.ask(Doing::Refresh, client, &form, &[refresh_token]).await
    }

    /// A token of the cluster's own for this one of `OnDemand`'s.
    pub async fn exchange(&self, exchange: &Exchange, subject: &SecretString) -> Result<Tokens, GrantError> {
        let client = Client {
            id: exchange.client_id.clone(),
            secret: exchange.client_secret.clone(),
        };
        let mut form = exchange_form(exchange);
        form.push(("subject_token", subject.expose_secret()));
        self.ask(Doing::Exchange, &client, &form, &[subject]).await
    }

    async fn ask(
        &self,
        doing: Doing,
        client: &Client,
        form: &[(&str, &str)],
        secrets: &[&SecretString],
    ) -> Result<Tokens, GrantError> {
        let (form, authorization) = authenticated(form, client, self.provider.wants_secret_in_form);
        let url = &self.provider.token_endpoint;
        let answer = self.http.post(url, &form, authorization).await;
        let answer = answer.map_err(|source| GrantError::Http { doing, source })?;
        let secrets: Vec<_> = secrets.iter().copied().chain([&client.secret]).collect();
        understand(doing, &url.to_string(), &answer, &secrets)
    }
}

/// Either answer of a token endpoint.
#[derive(Deserialize)]
struct Body {
    access_token: Option<String>,
    id_token: Option<String>,
    refresh_token: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

fn understand(doing: Doing, url: &str, answer: &Answer, secrets: &[&SecretString]) -> Result<Tokens, GrantError> {
    let url = url.to_owned();
    let Ok(body) = serde_json::from_slice::<Body>(&answer.body) else {
        let status = answer.status;
        return Err(GrantError::NotJson { doing, url, status });
    };
    if let Some(code) = &body.error {
        let description = body.error_description.unwrap_or_default();
        return Err(GrantError::Refused {
            doing,
            url,
            said: refusal::said(code, &description, secrets),
            remedy: refusal::remedy(doing, code, &description),
        });
    }
    let secret = |text: Option<String>| text.filter(|text| !text.is_empty()).map(SecretString::from);
    match secret(body.access_token) {
        Some(access) if (200..300).contains(&answer.status) => Ok(Tokens {
            access,
            id: secret(body.id_token),
            refresh: secret(body.refresh_token),
        }),
        _ => Err(GrantError::NoToken { doing, url }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Result<Tokens, GrantError> {
        let answer = Answer {
            status,
            body: hyper::body::Bytes::copy_from_slice(body.as_bytes()),
        };
        understand(Doing::Exchange, "https://idp/token", &answer, &[&"t0ken".into()])
    }

    #[test]
    fn answers_are_told_apart() {
        let good = answered(
            200,
            r#"{"access_token":"a","refresh_token":"","token_type":"N_A","expires_in":60}"#,
        )
        .unwrap();
        assert!(good.access.expose_secret() == "a" && good.refresh.is_none());
        assert!(matches!(
            answered(502, "<html>"),
            Err(GrantError::NotJson { status: 502, .. })
        ));
        assert!(matches!(answered(200, "{}"), Err(GrantError::NoToken { .. })));
        assert!(matches!(
            answered(500, r#"{"access_token":"a"}"#),
            Err(GrantError::NoToken { .. })
        ));
        let refused = answered(
            400,
            r#"{"error":"invalid_grant","error_description":"no t0ken for you"}"#,
        )
        .unwrap_err();
        assert!(!refused.to_string().contains("t0ken"), "{refused}");
    }
}
