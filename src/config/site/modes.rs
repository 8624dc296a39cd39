//! The words of hook.env and clusters.d for how users log in: the modes, the exchange's dialects, and `auth.type`.

use std::fmt;

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

/// How users of a cluster log in to it (`v2.job.auth.type`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// Somebody else's affair; the kubeconfig is left alone. The default.
    Managed,
    /// With the token that they logged in to OnDemand with.
    Oidc,
    /// With a Google service account, through Google's plugin.
    Gke(Gke),
}

/// `v2.job.auth` of type `gke`: what `ood_core` gives to gcloud.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gke {
    /// `svc_acct_file`: the key of the user's service account; `~` is the user's home.
    pub svc_acct_file: Option<String>,
    /// `zone`.
    pub zone: Option<String>,
    /// `region`, which wins over `zone`.
    pub region: Option<String>,
}
