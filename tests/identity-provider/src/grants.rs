//! The token endpoint, as its clients use it: password, refresh and exchange.

use base64::prelude::{Engine as _, BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::http::{Answer, Body, Http};
use crate::{Error, IdentityProvider, REALM_PATH};

/// The grant type of RFC 8693.
pub const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// The token type of RFC 8693 for an access token.
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// The token type of RFC 8693 for a refresh token.
pub const REFRESH_TOKEN: &str = "urn:ietf:params:oauth:token-type:refresh_token";
/// The token type of RFC 8693 for an ID token.
pub const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";

/// A client with a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its `client_id`.
    pub id: String,
    /// Its `client_secret`.
    pub secret: String,
}

/// A user who can log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name, which is `preferred_username` in tokens; Keycloak converts it to lower case.
    pub name: String,
    /// The password.
    pub password: String,
}

/// The tokens of a login, as `mod_auth_openidc` passes them on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// The access token, `OIDC_access_token`.
    pub access: String,
    /// The refresh token, `OIDC_refresh_token`.
    pub refresh: String,
    /// The ID token, `OIDC_id_token`.
    pub id: String,
}

/// The token endpoint of a provider, for any client.
#[derive(Debug)]
pub struct TokenEndpoint(pub(crate) Http);

impl IdentityProvider {
    /// The tokens of a login of `user` at Open OnDemand.
    pub fn log_in(&self, user: &User) -> Result<Tokens, Error> {
        self.log_in_through(&self.ondemand, user)
    }

    /// Like `log_in`, but through another client. The grant is "password", since no test has a browser; the tokens are
    /// like those of the authorization code flow.
    pub fn log_in_through(&self, client: &Client, user: &User) -> Result<Tokens, Error> {
        let answer = self.ask(
            client,
            &[
                ("grant_type", "password"),
                ("username", &user.name),
                ("password", &user.password),
                ("scope", "openid"),
            ],
        )?;
        let token = |key| answer.text(key).map(str::to_owned);
        match (token("access_token"), token("refresh_token"), token("id_token")) {
            (Some(access), Some(refresh), Some(id)) => Ok(Tokens { access, refresh, id }),
            _ => Err(refused(format!("log in as {}", user.name), &answer)),
        }
    }

    /// Uses a refresh token.
    pub fn refresh(&self, client: &Client, refresh_token: &str) -> Result<Answer, Error> {
        self.endpoint.refresh(client, refresh_token)
    }

    /// Exchanges an access token, with additional parameters such as `("audience", "kubernetes")`.
    pub fn exchange(&self, client: &Client, access_token: &str, more: &[(&str, &str)]) -> Result<Answer, Error> {
        self.endpoint.exchange(client, access_token, more)
    }

    /// Sends any request to the token endpoint.
    pub fn ask(&self, client: &Client, form: &[(&str, &str)]) -> Result<Answer, Error> {
        self.endpoint.ask(client, form)
    }
}

impl TokenEndpoint {
    /// That of a provider on 127.0.0.1 with the realm `hpc`: Keycloak or the sandbox's.
    pub fn new(port: u16, ca_pem: &str) -> Self {
        Self(Http::new(port, ca_pem))
    }

    /// Uses a refresh token.
    pub fn refresh(&self, client: &Client, refresh_token: &str) -> Result<Answer, Error> {
        self.ask(
            client,
            &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)],
        )
    }

    /// Exchanges an access token.
    pub fn exchange(&self, client: &Client, access_token: &str, more: &[(&str, &str)]) -> Result<Answer, Error> {
        let mut form = vec![
            ("grant_type", TOKEN_EXCHANGE),
            ("subject_token", access_token),
            ("subject_token_type", ACCESS_TOKEN),
        ];
        form.extend_from_slice(more);
        self.ask(client, &form)
    }

    /// Sends any request. The client authenticates with `client_secret_basic`.
    pub fn ask(&self, client: &Client, form: &[(&str, &str)]) -> Result<Answer, Error> {
        self.ask_at("token", client, form)
    }

    /// Sends any request to the revocation endpoint (RFC 7009).
    pub fn revoke(&self, client: &Client, form: &[(&str, &str)]) -> Result<Answer, Error> {
        self.ask_at("revoke", client, form)
    }

    /// Sends the request of another client library: a path, the header `Authorization`, and a form that is encoded
    /// already.
    pub fn relay(&self, method: &str, path: &str, authorization: &str, form: String) -> Result<Answer, Error> {
        self.call(method, path, authorization, &Body::Encoded(form))
    }

    fn ask_at(&self, endpoint: &str, client: &Client, form: &[(&str, &str)]) -> Result<Answer, Error> {
        let path = format!("{REALM_PATH}/protocol/openid-connect/{endpoint}");
        let credentials = BASE64_STANDARD.encode(format!("{}:{}", client.id, client.secret));
        self.call("POST", &path, &format!("Basic {credentials}"), &Body::Form(form))
    }

    pub(crate) fn call(&self, method: &str, path: &str, authorization: &str, body: &Body<'_>) -> Result<Answer, Error> {
        let failed = |source| Error::Http {
            path: path.to_owned(),
            source,
        };
        self.0.ask(method, path, authorization, body).map_err(failed)
    }
}

/// The claims of a JWT, or `Null` if it is not a JWT.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap_or_default();
    let json = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
    serde_json::from_slice(&json).unwrap_or_default()
}

pub(crate) fn refused(doing: String, answer: &Answer) -> Error {
    Error::Refused {
        doing,
        status: answer.status,
        body: answer.body.to_string(),
    }
}
