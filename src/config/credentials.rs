//! How users' kubeconfigs log in: the modes, the exchange of tokens, and what the API server asks of a token.

use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;

use super::clusters::Cluster;
use super::error::ConfigError;
use super::settings::Settings;

/// How the entry in a user's kubeconfig logs in (`CREDENTIALS`, or `credentials` of a cluster).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// As the stock hook: `OnDemand`'s tokens, and its client's secret so that kubectl can refresh.
    #[default]
    AuthProvider,
    /// A token that is exchanged for one of the cluster's own client (RFC 8693).
    Exchange,
    /// `OnDemand`'s access token and nothing else.
    Token,
    /// An entry that calls `ood-k8s credential`, which reads the user's cached token.
    Exec,
}

impl Mode {
    const ALL: [Self; 4] = [Self::AuthProvider, Self::Exchange, Self::Token, Self::Exec];

    /// Reads the word that hook.env and clusters.d have for it.
    pub fn parse(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|mode| mode.word() == word);
        found.ok_or_else(|| format!("is {word:?}; write auth-provider, exchange, token or exec"))
    }

    /// That word.
    pub fn word(self) -> &'static str {
        match self {
            Self::AuthProvider => "auth-provider",
            Self::Exchange => "exchange",
            Self::Token => "token",
            Self::Exec => "exec",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Which form of RFC 8693 the identity provider speaks (`EXCHANGE_DIALECT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// The RFC as it stands, and Keycloak's standard token exchange (26.2 and later): issued to the requester.
    #[default]
    Standard,
    /// Keycloak's preview of old: issued to the client that `audience` names, with a refresh token of that client's.
    KeycloakLegacy,
    /// dex: the connector is named, and an ID token comes back.
    Dex,
}

impl Dialect {
    const ALL: [Self; 3] = [Self::Standard, Self::KeycloakLegacy, Self::Dex];

    /// Reads the word that hook.env has for it.
    pub fn parse(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|dialect| dialect.word() == word);
        found.ok_or_else(|| format!("is {word:?}; write standard, keycloak-legacy or dex"))
    }

    /// That word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::KeycloakLegacy => "keycloak-legacy",
            Self::Dex => "dex",
        }
    }
}

/// hook.env's part of it.
#[derive(Debug, Default)]
pub struct CredentialSettings {
    /// `CREDENTIALS`.
    pub mode: Mode,
    /// `EXEC_COMMAND`: the path of this program where users run kubectl; our own where it is not set.
    pub exec_command: Option<String>,
    /// `EXCHANGE_DIALECT`.
    pub dialect: Dialect,
    /// `EXCHANGE_ISSUER_URL`: who exchanges, where it is not `IDP_ISSUER_URL`.
    pub exchange_issuer_url: Option<String>,
    /// `EXCHANGE_CLIENT_ID`: the client that asks for the exchange.
    pub exchange_client_id: Option<String>,
    /// `EXCHANGE_CLIENT_SECRET`: that client's, known to root only.
    pub exchange_client_secret: SecretString,
    /// `EXCHANGE_CONNECTOR_ID`: dex's connector.
    pub connector_id: Option<String>,
    /// `IDP_CA_FILE`: whom to trust for the identity provider, in place of the system's authorities.
    pub idp_ca_file: Option<PathBuf>,
    /// `IDP_PROXY`: the URL of the way to the identity provider. A password may stand in it.
    pub idp_proxy: Option<SecretString>,
}

/// One cluster's exchange, with all that it needs.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Who exchanges.
    pub issuer: String,
    /// The form of the RFC.
    pub dialect: Dialect,
    /// The client that asks.
    pub client_id: String,
    /// Its secret; empty for a public client.
    pub client_secret: SecretString,
    /// Whom the new token shall be for.
    pub audience: Option<String>,
    /// More scopes.
    pub scope: Option<String>,
    /// dex's connector.
    pub connector_id: Option<String>,
}

/// The keys of hook.env that a wrong value of costs users their credentials.
pub const KEYS: &[&str] = &["CREDENTIALS", "EXEC_COMMAND", "EXCHANGE_DIALECT", "IDP_PROXY"];

impl Exchange {
    /// The exchange of this cluster's users, or what is missing for it; `None` where none is made.
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
                "EXCHANGE_DIALECT=keycloak-legacy needs it: the id of the cluster's public client",
            ));
        }
        if own.dialect == Dialect::Dex && own.connector_id.is_none() {
            return Err(required(
                settings,
                "EXCHANGE_CONNECTOR_ID",
                "EXCHANGE_DIALECT=dex needs it: the id of the connector that knows OnDemand's tokens",
            ));
        }
        let own_issuer = own.exchange_issuer_url.clone();
        Ok(Some(Self {
            issuer: needed(
                own_issuer.or_else(|| settings.issuer().map(str::to_owned)),
                "IDP_ISSUER_URL",
                "an exchange needs the identity provider's issuer URL",
            )?,
            dialect: own.dialect,
            client_id: needed(
                own.exchange_client_id.clone(),
                "EXCHANGE_CLIENT_ID",
                "CREDENTIALS=exchange needs it: the id of the client that may exchange tokens",
            )?,
            client_secret: own.exchange_client_secret.clone(),
            audience,
            scope: optional(&cluster.exchange_scope.value),
            connector_id: own.connector_id.clone(),
        }))
    }
}

/// A value of hook.env that is needed now.
pub fn required(settings: &Settings, key: &'static str, remedy: &'static str) -> ConfigError {
    ConfigError::Required {
        path: settings.path.clone(),
        key,
        remedy,
    }
}
