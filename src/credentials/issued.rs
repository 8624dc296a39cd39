//! The result of the token exchange for each cluster, and the part of it that users may have.

use std::time::SystemTime;

use futures_util::future;
use secrecy::{ExposeSecret as _, SecretString};

use super::error::CredentialsError;
use super::own::Own;
use super::provider::Providers;
use crate::config::clusters::Cluster;
use crate::config::credentials::{Dialect, Exchange};
use crate::config::settings::Settings;
use crate::oidc::token::{self, Expected};
use crate::oidc::{Doing, Tokens};

const EXCHANGED: &str = "the exchanged token";

/// The tokens that were issued for one cluster.
#[derive(Debug)]
pub(super) struct Issued {
    /// Who issued it.
    pub issuer: String,
    /// The requested audience; dex uses scopes instead.
    pub audience: Option<String>,
    tokens: Tokens,
    /// The client that the refresh token belongs to, if it is a public client, which needs no secret.
    public_client: Option<String>,
}

/// Exchanges tokens for all clusters concurrently; `None` for those without an exchange.
pub(super) async fn of_clusters(
    settings: &Settings,
    clusters: &[&Cluster],
    own: &Own,
    providers: &Providers<'_>,
) -> Vec<Result<Option<Issued>, CredentialsError>> {
    let work = clusters.iter().map(|cluster| async move {
        match Exchange::of(cluster, settings)? {
            None => Ok(None),
            Some(exchange) => exchanged(exchange, own, providers).await.map(Some),
        }
    });
    future::join_all(work).await
}

async fn exchanged(exchange: Exchange, own: &Own, providers: &Providers<'_>) -> Result<Issued, CredentialsError> {
    let provider = providers.find(&exchange.issuer, Doing::Exchange).await?;
    let tokens = provider.exchange(&exchange, &own.access).await?;
    let public_client = public_client(&exchange);
    Ok(Issued {
        issuer: provider.issuer().to_owned(),
        audience: exchange.audience.filter(|_| exchange.dialect != Dialect::Dex),
        tokens,
        public_client,
    })
}

/// The client, unless it is confidential: its refresh token is useless without the secret, which stays with root.
fn public_client(exchange: &Exchange) -> Option<String> {
    match exchange.dialect {
        Dialect::KeycloakLegacy => exchange.audience.clone(),
        _ if exchange.client_secret.expose_secret().is_empty() => Some(exchange.client_id.clone()),
        Dialect::Standard | Dialect::Dex => None,
    }
}

impl Issued {
    /// The token that kubectl and the API server accept: the issued one, or the ID token in the same response.
    pub fn meeting(&self, expected: &Expected<'_>) -> Result<&SecretString, CredentialsError> {
        let check = |token: &SecretString| {
            token::check_new(token, SystemTime::now()).and_then(|()| token::meets(token, expected))
        };
        let (name, fault) = match check(&self.tokens.access) {
            Ok(()) => return Ok(&self.tokens.access),
            Err(fault) => (EXCHANGED, fault),
        };
        let beside = self.tokens.id.as_ref().filter(|token| check(token).is_ok());
        let source = Box::new(fault);
        beside.ok_or(CredentialsError::Token { name, source })
    }

    /// The refresh token and its client, if users may have them.
    pub fn refresh_for_users(&self) -> Option<(&str, &SecretString)> {
        Some((self.public_client.as_deref()?, self.tokens.refresh.as_ref()?))
    }
}
