//! The keywords of hook.env and clusters.d for how users log in: modes, dialects of the exchange, `auth.type`;
//! and for the pods that they may start.

use std::fmt;

/// How the entry in a user's kubeconfig logs in (`CREDENTIALS`, or `credentials` of a cluster).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Like the stock hook: `OnDemand`'s tokens, and its client's secret so that kubectl can refresh them.
    #[default]
    AuthProvider,
    /// A token from an exchange (RFC 8693), issued for the cluster's own client.
    Exchange,
    /// `OnDemand`'s access token only.
    Token,
    /// An entry that calls `ood-k8s credential`, which reads the user's cached token.
    Exec,
}

impl Mode {
    const ALL: [Self; 4] = [Self::AuthProvider, Self::Exchange, Self::Token, Self::Exec];

    /// Parses the keyword in hook.env and clusters.d.
    pub fn parse(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|mode| mode.word() == word);
        found.ok_or_else(|| format!("is {word:?}; write auth-provider, exchange, token or exec"))
    }

    /// The keyword.
    pub fn word(self) -> &'static str {
        match self {
            Self::AuthProvider => "auth-provider",
            Self::Exchange => "exchange",
            Self::Token => "token",
            Self::Exec => "exec",
        }
    }
}

/// A level of Pod Security admission (`POD_SECURITY`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PodSecurity {
    /// Everything is allowed, whatever the cluster's default is.
    Privileged,
    /// What gives a pod the node's privileges is refused.
    Baseline,
    /// The practices of hardened pods are required.
    Restricted,
}

impl PodSecurity {
    const ALL: [Self; 3] = [Self::Privileged, Self::Baseline, Self::Restricted];

    /// Parses the keyword in hook.env, which is Kubernetes' own.
    pub fn parse(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|level| level.word() == word);
        found.ok_or_else(|| format!("is {word:?}; write restricted, baseline or privileged"))
    }

    /// The keyword.
    pub fn word(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
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
    /// The RFC itself, and Keycloak's standard token exchange (26.2 and later): issued to the requester.
    #[default]
    Standard,
    /// Keycloak's legacy exchange: issued to the client in `audience`, with a refresh token of that client.
    KeycloakLegacy,
    /// dex: the request specifies a connector, and the result is an ID token.
    Dex,
}

impl Dialect {
    const ALL: [Self; 3] = [Self::Standard, Self::KeycloakLegacy, Self::Dex];

    /// Parses the keyword in hook.env.
    pub fn parse(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|dialect| dialect.word() == word);
        found.ok_or_else(|| format!("is {word:?}; write standard, keycloak-legacy or dex"))
    }

    /// The keyword.
    pub fn word(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::KeycloakLegacy => "keycloak-legacy",
            Self::Dex => "dex",
        }
    }
}

/// How users log in to a cluster (`v2.job.auth.type`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// Managed elsewhere; the kubeconfig is not changed. The default.
    Managed,
    /// With the token from their login to OnDemand.
    Oidc,
    /// With a Google service account, through Google's plugin.
    Gke(Gke),
}

/// `v2.job.auth` of type `gke`: what `ood_core` passes to gcloud.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gke {
    /// `svc_acct_file`: the key of the user's service account; `~` is the user's home.
    pub svc_acct_file: Option<String>,
    /// `zone`.
    pub zone: Option<String>,
    /// `region`, which takes precedence over `zone`.
    pub region: Option<String>,
}
