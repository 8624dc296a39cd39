//! The two grants that root requests from an identity provider: a new access token, and a token for the cluster
//! (RFC 6749 section 6, RFC 8693).

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::discovery::{discover, DiscoveryError, Provider};
use super::form::{authenticated, exchange_form, Client};
use super::http::{Http, HttpError, Unanswered};
use super::refusal::{self, Doing};
use crate::config::credentials::Exchange;
use crate::json;

/// Why there is no new token. Contains no part of a token or secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// The token endpoint is not known.
    #[error("cannot {doing}: {source}")]
    Discovery {
        /// The purpose.
        doing: Doing,
        /// The cause.
        source: DiscoveryError,
    },
    /// The request to the token endpoint failed.
    #[error("cannot {doing}: {source}")]
    Http {
        /// The purpose.
        doing: Doing,
        /// The cause.
        source: HttpError,
        /// Whether anything of it can have been sent.
        is_sent: bool,
    },
    /// The token endpoint refused.
    #[error("cannot {doing}: {url} says {said}; {remedy}")]
    Refused {
        /// The purpose.
        doing: Doing,
        /// The token endpoint.
        url: String,
        /// The HTTP status.
        status: u16,
        /// Its `error`, if that is a word as RFC 6749 has them.
        code: Option<String>,
        /// Its `error` and `error_description`, as far as they can be shown.
        said: String,
        /// The remedy.
        remedy: String,
    },
    /// The provider, or what stands before it, is in trouble.
    #[error("cannot {doing}: {url} returned {status}; try again {wait}")]
    Trouble {
        /// The purpose.
        doing: Doing,
        /// The endpoint.
        url: String,
        /// The HTTP status.
        status: u16,
        /// When.
        wait: String,
    },
    /// An HTML page, or another response that does not come from a token endpoint.
    #[error("cannot {doing}: {url} returned {status} without the JSON of a token endpoint; check IDP_ISSUER_URL, and any proxy on the path to it")]
    NotJson {
        /// The purpose.
        doing: Doing,
        /// The token endpoint.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// JSON without a token.
    #[error("cannot {doing}: {url} returned no access token; check the identity provider's log")]
    NoToken {
        /// The purpose.
        doing: Doing,
        /// The token endpoint.
        url: String,
    },
}

/// What a grant that brought no tokens has made of the token that it was to send, by what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFate {
    /// It was not sent: nobody was reached, or nobody who is trusted.
    Unsent,
    /// The provider itself says that there is nothing for it, so it has not been used up for anything.
    Refused,
    /// It was sent, and whoever answered, if anybody did, may not know what the provider has done with it.
    Unknown,
}

impl GrantError {
    pub(super) fn unanswered(doing: Doing, unanswered: Unanswered) -> Self {
        Self::Http {
            doing,
            source: unanswered.error,
            is_sent: unanswered.is_sent,
        }
    }

    /// What has become of the token. Only a refusal as RFC 6749 (section 5.2) describes it is the provider's own word: a
    /// gateway's status, a page, or JSON of another kind may stand in the place of an answer that got lost.
    pub fn fate(&self) -> TokenFate {
        match self {
            Self::Discovery { .. } | Self::Http { is_sent: false, .. } => TokenFate::Unsent,
            _ if self.code_of_provider().is_some() => TokenFate::Refused,
            _ => TokenFate::Unknown,
        }
    }

    /// Whether to send the token once more at once: a provider that takes a spent one again, or for some seconds, does so
    /// now. Not if the time is over, or whoever limits requests has refused this one.
    pub fn is_worth_another_try(&self) -> bool {
        let is_over = match self {
            Self::Http { source, .. } => matches!(source, HttpError::Deadline { .. }),
            Self::Refused { status, .. } | Self::NotJson { status, .. } => *status == TOO_MANY_REQUESTS,
            _ => false,
        };
        self.fate() == TokenFate::Unknown && !is_over
    }

    /// Whether the refresh token itself is refused, and permanently (RFC 6749, section 5.2): the session has ended, or
    /// the token was used already. A wrong client or a provider that is down does not count.
    pub fn ends_the_session(&self) -> bool {
        let is_of_refresh = matches!(self, Self::Refused { doing, .. } if *doing == Doing::Refresh);
        is_of_refresh && self.code_of_provider() == Some("invalid_grant")
    }

    /// The word with which the token endpoint itself refused. It does so with 400 or 401 by RFC 6749, with 403 in some
    /// providers and 200 in others; a gateway's refusal is a 5xx, or has its own words (`Bad Gateway`).
    fn code_of_provider(&self) -> Option<&str> {
        match self {
            Self::Refused { status, code, .. } if !is_of_gateway(*status) => code.as_deref(),
            _ => None,
        }
    }
}

const REQUEST_TIMEOUT: u16 = 408;
const TOO_MANY_REQUESTS: u16 = 429;

fn is_of_gateway(status: u16) -> bool {
    status >= 500 || [REQUEST_TIMEOUT, TOO_MANY_REQUESTS].contains(&status)
}

/// The tokens from a grant.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The issued token, which may be an ID token after an exchange.
    pub access: SecretString,
    /// An ID token in addition to it.
    pub id: Option<SecretString>,
    /// The token that renews it.
    pub refresh: Option<SecretString>,
}

/// An identity provider whose token endpoint is known.
#[derive(Clone)]
pub struct IdentityProvider {
    pub(super) http: Http,
    pub(super) provider: Provider,
}

impl IdentityProvider {
    /// Discovers the provider in one round trip; the grants reuse the connection.
    pub async fn find(issuer: &str, http: Http, doing: Doing) -> Result<Self, GrantError> {
        let provider = discover(issuer, &http).await;
        let provider = provider.map_err(|source| GrantError::Discovery { doing, source })?;
        Ok(Self { http, provider })
    }

    /// The issuer, as the provider itself writes it.
    pub fn issuer(&self) -> &str {
        &self.provider.issuer
    }

    /// Uses the same connections with a different deadline.
    #[must_use]
    pub fn until(mut self, until: tokio::time::Instant) -> Self {
        self.http = self.http.until(until);
        self
    }

    /// Requests a new access token with this refresh token, which may be valid for only one use.
    pub async fn refresh(&self, client: &Client, refresh_token: &SecretString) -> Result<Tokens, GrantError> {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose_secret()),
        ];
        self.ask(Doing::Refresh, client, &form, &[refresh_token]).await
    }

    /// Exchanges this OnDemand token for one for the cluster.
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
        let answer = answer.map_err(|unanswered| GrantError::unanswered(doing, unanswered))?;
        let secrets: Vec<_> = secrets.iter().copied().chain([&client.secret]).collect();
        Tokens::read(doing, &url.to_string(), answer.status, &answer.body, &secrets)
    }
}

/// A response of a token endpoint: tokens, or an error.
#[derive(Deserialize)]
struct Body {
    access_token: Option<String>,
    id_token: Option<String>,
    refresh_token: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

impl Tokens {
    /// Understands the answer of the token endpoint at `url`. An error repeats none of the secrets that were sent.
    pub fn read(
        doing: Doing,
        url: &str,
        status: u16,
        answer: &[u8],
        secrets: &[&SecretString],
    ) -> Result<Self, GrantError> {
        let url = url.to_owned();
        let Ok(body) = json::object::<Body>(answer) else {
            return Err(GrantError::NotJson { doing, url, status });
        };
        if let Some(code) = &body.error {
            let description = body.error_description.unwrap_or_default();
            return Err(GrantError::Refused {
                doing,
                url,
                status,
                code: refusal::word(code),
                said: refusal::said(code, &description, secrets),
                remedy: refusal::remedy(doing, code, &description),
            });
        }
        let secret = |text: Option<String>| text.filter(|text| !text.is_empty()).map(SecretString::from);
        match secret(body.access_token) {
            Some(access) if (200..300).contains(&status) => Ok(Self {
                access,
                id: secret(body.id_token),
                refresh: secret(body.refresh_token),
            }),
            _ => Err(GrantError::NoToken { doing, url }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Result<Tokens, GrantError> {
        Tokens::read(
            Doing::Exchange,
            "https://idp/token",
            status,
            body.as_bytes(),
            &[&"t0ken".into()],
        )
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

    #[test]
    fn only_a_refusal_in_the_providers_own_form_says_that_the_token_is_not_spent() {
        let fate = |status, body| answered(status, body).unwrap_err().fate();
        for (status, body) in [
            (400, r#"{"error":"invalid_client"}"#),
            (401, r#"{"error":"invalid_client","error_description":"Bad Gateway"}"#),
            (403, r#"{"error":"access_denied"}"#),
            (200, r#"{"error":"bad_refresh_token"}"#),
        ] {
            assert_eq!(fate(status, body), TokenFate::Refused, "{status} {body}");
        }
        for (status, body) in [
            (502, "<html>"),
            (200, "<html>"),
            (504, r#"{"error":"gateway_timeout"}"#),
            (500, r#"{"error":"server_error"}"#),
            (404, r#"{"error":"Not Found"}"#),
            (400, r#"{"error":""}"#),
            (429, r#"{"error":"rate_limited"}"#),
            (200, "{}"),
            (500, r#"{"access_token":"a"}"#),
        ] {
            assert_eq!(fate(status, body), TokenFate::Unknown, "{status} {body}");
        }
    }

    #[test]
    fn a_token_is_sent_once_more_where_the_answer_may_be_lost_and_nobody_has_asked_to_wait() {
        for (status, body, is_again) in [
            (502, "<html>", true),
            (504, r#"{"error":"gateway_timeout"}"#, true),
            (200, "<html>", true),
            (429, "<html>", false),
            (429, r#"{"error":"rate_limited"}"#, false),
            (400, r#"{"error":"invalid_scope"}"#, false),
        ] {
            let error = answered(status, body).unwrap_err();
            assert_eq!(error.is_worth_another_try(), is_again, "{status} {body}");
        }
    }

    #[test]
    fn a_session_has_ended_only_if_the_provider_itself_says_so() {
        let refused = r#"{"error":"invalid_grant","error_description":"Token is not active"}"#;
        for (doing, status, has_ended) in [
            (Doing::Refresh, 400, true),
            (Doing::Refresh, 401, true),
            (Doing::Refresh, 503, false),
            (Doing::Refresh, 429, false),
            (Doing::Exchange, 400, false),
        ] {
            let error = Tokens::read(doing, "https://idp/token", status, refused.as_bytes(), &[]).unwrap_err();
            assert_eq!(error.ends_the_session(), has_ended, "{doing} {status}");
        }
    }
}
