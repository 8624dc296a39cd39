//! Issued tokens, and what the provider stores about each.

use serde_json::{json, Value};

use super::realm::Inner;
use crate::clock;

/// The lifetime of a session and its refresh tokens: Keycloak's default, in seconds.
const SESSION: u64 = 1800;

/// The tokens of a login, as `mod_auth_openidc` passes them on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
    /// The ID token.
    pub id: String,
}

/// The grant behind a token.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    /// The client that it was issued to (`azp`).
    pub(crate) client: String,
    pub(crate) user: String,
    pub(crate) session: u64,
    /// The audiences of the access token.
    pub(crate) audiences: Vec<String>,
    /// Whether the scope `openid` was requested: only then does a refresh return an ID token.
    pub(crate) openid: bool,
}

/// An issued token.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) grant: Grant,
    /// Seconds since 1970, on the provider's clock.
    pub(crate) ends: u64,
    /// How often it was used to refresh.
    pub(crate) uses: u32,
}

impl Inner {
    /// Seconds since 1970 on the provider's clock.
    pub(crate) fn now(&self) -> u64 {
        clock::seconds(std::time::SystemTime::now()).saturating_add_signed(self.settings.clock_skew)
    }

    pub(crate) fn access_token(&mut self, grant: &Grant) -> String {
        let ends = self.now() + self.settings.access_token_life.as_secs();
        let token = if self.settings.opaque_access_tokens {
            format!("opaque-{:016x}{:016x}", clock::random(), clock::random())
        } else {
            self.jwt(grant, "Bearer", ends, &json!(one_or_many(&grant.audiences)))
        };
        let grant = grant.clone();
        let uses = 0;
        self.access_tokens.insert(token.clone(), Issued { grant, ends, uses });
        token
    }

    pub(crate) fn refresh_token(&mut self, grant: &Grant) -> String {
        let ends = self.now() + SESSION;
        let token = self.jwt(grant, "Refresh", ends, &json!(self.settings.issuer));
        let grant = grant.clone();
        let uses = 0;
        self.refresh_tokens.insert(token.clone(), Issued { grant, ends, uses });
        token
    }

    /// The client is the first audience of an ID token; the mappers add theirs, except Keycloak's own `account`.
    pub(crate) fn id_token(&self, grant: &Grant, audiences: &[String]) -> String {
        let ends = self.now() + self.settings.access_token_life.as_secs();
        let mut all = vec![grant.client.clone()];
        let mapped = audiences
            .iter()
            .filter(|name| *name != "account" && **name != grant.client);
        all.extend(mapped.cloned());
        self.jwt(grant, "ID", ends, &one_or_many(&all))
    }

    fn jwt(&self, grant: &Grant, kind: &str, ends: u64, audience: &Value) -> String {
        let user = self.settings.tokens_for_user.as_ref().unwrap_or(&grant.user);
        let mut claims = json!({
            "exp": ends, "iat": self.now(), "jti": clock::uuid(), "iss": self.settings.issuer, "aud": audience,
            "sub": format!("sub-of-{user}"), "typ": kind, "azp": grant.client, "sid": format!("{:016x}", grant.session),
        });
        if kind != "Refresh" {
            claims[&self.settings.username_claim] = json!(user);
        }
        self.key.jwt(&claims)
    }
}

/// A single audience is a string, several are a list (RFC 7519, section 4.1.3).
fn one_or_many(audiences: &[String]) -> Value {
    match audiences {
        [one] => json!(one),
        many => json!(many),
    }
}
