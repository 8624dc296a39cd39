//! How the identity provider answers: as a site's administrator sets it up, or as none would want it.

use std::time::Duration;

/// How the identity provider answers. The tests change what they are about.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What tokens and discovery name as the issuer, and what discovery's addresses begin with.
    pub issuer: String,
    /// What discovery names instead, where the two shall differ.
    pub announced_issuer: Option<String>,
    /// How long access tokens and ID tokens live; 300 s if not set.
    pub access_token_life: Duration,
    /// How many seconds its clock is ahead; less than nothing is behind. Far behind, new tokens have ended already.
    pub clock_skew: i64,
    /// "Revoke Refresh Token": each works once, and a second use ends the session for its client.
    pub single_use_refresh_tokens: bool,
    /// How tokens are exchanged.
    pub exchange: Exchange,
    /// The audiences in access tokens of Open OnDemand's client; without `kubernetes`, the mapper was forgotten.
    pub ondemand_audiences: Vec<String>,
    /// The audiences that the client `kubernetes` can give in an exchange.
    pub kubernetes_audiences: Vec<String>,
    /// Access tokens are no JWTs, as those of some providers.
    pub opaque_access_tokens: bool,
    /// A refresh gives an ID token too; some providers give none.
    pub id_tokens: bool,
    /// The claim with the user's name.
    pub username_claim: String,
    /// Whom new tokens name, where that shall be somebody else.
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
    /// Keycloak's older exchange: the new tokens belong to the audience, and a refresh token comes unless another
    /// type is asked for.
    Legacy,
    /// dex: needs this `connector_id`, and never gives a refresh token.
    Dex {
        /// The connector that knows the old token.
        connector_id: String,
    },
    /// Switched off for the requester.
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
            exchange: Exchange::Standard { refresh_tokens: false },
            ondemand_audiences: names(&["kubernetes", "account"]),
            kubernetes_audiences: names(&["kubernetes", "kubernetes-test", "account"]),
            opaque_access_tokens: false,
            id_tokens: true,
            username_claim: "preferred_username".into(),
            tokens_for_user: None,
        }
    }
}
