//! The token exchange of one cluster's users, and what is missing for it.

use secrecy::SecretString;

use super::clusters::Cluster;
use super::settings::Settings;
use crate::config::raw::ConfigError;

pub use super::modes::{Dialect, Mode};
pub use super::settings::credentials::{CredentialSettings, KEYS};

/// One cluster's exchange, with everything that it needs.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The provider that exchanges tokens.
    pub issuer: String,
    /// The provider's form of RFC 8693.
    pub dialect: Dialect,
    /// The client that requests the exchange.
    pub client_id: String,
    /// Its secret; empty for a public client.
    pub client_secret: SecretString,
    /// The requested audience of the new token.
    pub audience: Option<String>,
    /// Additional scopes.
    pub scope: Option<String>,
    /// dex's connector.
    pub connector_id: Option<String>,
}

impl Exchange {
    /// The exchange of this cluster's users, or what is missing for it; `None` if tokens are not exchanged.
    pub fn of(cluster: &Cluster, settings: &Settings) -> Result<Option<Self>, ConfigError> {
        let own = &settings.credentials;
        let is_wanted = match cluster.credentials.value {
            Mode::Exchange => true,
            Mode::Exec => own.exchange_client_id.is_some(),
            Mode::AuthProvider | Mode::Token => false,
        };
        if !is_wanted {
            return Ok(None);
        }
        let needed = |value: Option<String>, key, remedy| value.ok_or_else(|| required(settings, key, remedy));
        let optional = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let audience = optional(&cluster.exchange_audience.value);
        if own.dialect == Dialect::KeycloakLegacy && audience.is_none() {
            return Err(required(
                settings,
                "EXCHANGE_AUDIENCE",
                "EXCHANGE_DIALECT=keycloak-legacy requires it: the id of the cluster's public client",
            ));
        }
        if own.dialect == Dialect::Dex && own.connector_id.is_none() {
            return Err(required(
                settings,
                "EXCHANGE_CONNECTOR_ID",
                "EXCHANGE_DIALECT=dex requires it: the id of the connector that knows OnDemand's tokens",
            ));
        }
        let own_issuer = own.exchange_issuer_url.clone();
        Ok(Some(Self {
            issuer: needed(
                own_issuer.or_else(|| settings.issuer().map(str::to_owned)),
                "IDP_ISSUER_URL",
                "set it to the identity provider's issuer URL, which a token exchange requires",
            )?,
            dialect: own.dialect,
            client_id: needed(
                own.exchange_client_id.clone(),
                "EXCHANGE_CLIENT_ID",
                "CREDENTIALS=exchange requires it: the id of the client that may exchange tokens",
            )?,
            client_secret: own.exchange_client_secret.clone(),
            audience,
            scope: optional(&cluster.exchange_scope.value),
            connector_id: own.connector_id.clone(),
        }))
    }
}

/// The error for a required value of hook.env that is not set.
pub fn required(settings: &Settings, key: &'static str, remedy: &'static str) -> ConfigError {
    ConfigError::Required {
        path: settings.path.clone(),
        key,
        remedy,
    }
}
