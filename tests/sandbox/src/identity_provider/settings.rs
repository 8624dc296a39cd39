//! The settings of the identity provider, including wrong ones.

use std::time::Duration;

/// The settings of the identity provider. Tests change the ones that they are about.
#[allow(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
#[derive(Debug, Clone)]
pub struct Settings {
    /// The issuer in tokens and discovery, and the prefix of discovery's URLs.
    pub issuer: String,
    /// The issuer in discovery, if it is to differ.
    pub announced_issuer: Option<String>,
    /// The lifetime of access tokens and ID tokens; 300 s if not set.
    pub access_token_life: Duration,
    /// How many seconds its clock is ahead; negative if behind. Far behind, new tokens have expired already.
    pub clock_skew: i64,
    /// "Revoke Refresh Token": each works once, and a second use ends the session for its client.
    pub single_use_refresh_tokens: bool,
    /// "Refresh Token Max Reuse": how often a single-use token is accepted again before that.
    pub refresh_token_reuse: u32,
    /// How tokens are exchanged.
    pub exchange: Exchange,
    /// The audiences in access tokens of Open OnDemand's client; without `kubernetes`, the mapper was forgotten.
    pub ondemand_audiences: Vec<String>,
    /// The audiences that the client `kubernetes` can get in an exchange.
    pub kubernetes_audiences: Vec<String>,
    /// Access tokens are not JWTs, like those of some providers.
    pub opaque_access_tokens: bool,
    /// A refresh returns an ID token too; with some providers it does not.
    pub id_tokens: bool,
    /// Discovery names a revocation endpoint (RFC 7009).
    pub revokes: bool,
    /// The claim with the user's name.
    pub username_claim: String,
    /// The user in new tokens, if it is to be another one.
    pub tokens_for_user: Option<String>,
}

/// How tokens are exchanged (RFC 8693).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exchange {
    /// Keycloak's standard exchange: the new token belongs to the requester, which must be in the old one's audience.
    Standard {
        /// "Allow refresh token in Standard Token Exchange" is "Same session".
        refresh_tokens: bool,
    },
    /// Keycloak's legacy exchange: the new tokens belong to the audience, with a refresh token unless another
    /// type is requested.
    Legacy,
    /// dex: requires this `connector_id`, and never returns a refresh token.
    Dex {
        /// The connector that knows the old token.
        connector_id: String,
    },
    /// Disabled for the requester.
    Off,
}

impl Settings {
    pub(crate) fn of(issuer: String) -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            issuer,
            announced_issuer: None,
            access_token_life: Duration::from_secs(300),
            clock_skew: 0,
            single_use_refresh_tokens: false,
            refresh_token_reuse: 0,
            exchange: Exchange::Standard { refresh_tokens: false },
            ondemand_audiences: names(&["kubernetes", "account"]),
            kubernetes_audiences: names(&["kubernetes", "kubernetes-test", "account"]),
            opaque_access_tokens: false,
            id_tokens: true,
            revokes: true,
            username_claim: "preferred_username".into(),
            tokens_for_user: None,
        }
    }
}
