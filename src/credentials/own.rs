//! OnDemand's own tokens: used as they are, or refreshed first if the access token has expired.

use std::time::SystemTime;

use secrecy::SecretString;

use super::error::CredentialsError;
use super::provider::Providers;
use crate::config::credentials::required;
use crate::config::settings::Settings;
use crate::log;
use crate::oidc::token::{self, Expected, TokenError};
use crate::oidc::{Client, Doing, Handover};

const HANDED_OVER: &str = "OOD_OIDC_ACCESS_TOKEN";
const REFRESHED: &str = "the refreshed access token";

/// The tokens of the login.
pub struct Own {
    /// The access token. An opaque one can still be exchanged.
    pub access: SecretString,
    /// The refresh token that renews it.
    pub refresh: Option<SecretString>,
    fault: Option<TokenError>,
    name: &'static str,
}

/// Takes the tokens of the login. Only an expired access token needs requests: one for discovery, and one to refresh.
///
/// `refresh` is the refresh token that still works, which may be a newer one than the login's.
pub(super) async fn take(
    settings: &Settings,
    handover: &Handover,
    refresh: Option<&SecretString>,
    providers: &Providers<'_>,
) -> Result<Own, CredentialsError> {
    let access = handover.access_token()?;
    let fault = token::check(access, SystemTime::now()).err();
    let ended = fault
        .as_ref()
        .filter(|fault| matches!(fault, TokenError::Expired { .. }));
    let Some(ended) = ended else {
        return Ok(Own {
            access: access.clone(),
            refresh: refresh.cloned(),
            fault,
            name: HANDED_OVER,
        });
    };
    let (Some(refresh), Some(issuer), Some(id)) = (refresh, settings.issuer(), &settings.client_id) else {
        return Err(fault_of(HANDED_OVER, ended.clone()));
    };
    let client = Client {
        id: id.clone(),
        secret: settings.client_secret.clone(),
    };
    let own = refreshed(issuer, &client, refresh, providers).await?;
    same_person(access, &own.access)?;
    Ok(own)
}

/// A refresh must not change the subject (OpenID Connect Core, section 12.2): another user's token is rejected.
fn same_person(old: &SecretString, new: &SecretString) -> Result<(), CredentialsError> {
    let sub = |token| token::claims(token).ok().and_then(|claims| claims.sub);
    match (sub(old), sub(new)) {
        (Some(expected), Some(said)) if expected != said => Err(fault_of(
            REFRESHED,
            TokenError::OtherUser {
                said: log::quoted(&said),
                claim: "sub".into(),
                expected: log::quoted(&expected),
            },
        )),
        _ => Ok(()),
    }
}

fn fault_of(name: &'static str, fault: TokenError) -> CredentialsError {
    let source = Box::new(fault);
    CredentialsError::Token { name, source }
}

/// Requests new tokens with this refresh token, which may be used up by that.
pub async fn renew(
    settings: &Settings,
    refresh: &SecretString,
    providers: &Providers<'_>,
) -> Result<Own, CredentialsError> {
    let needed = |key, remedy| required(settings, key, remedy);
    let issuer = settings.issuer();
    let issuer = issuer.ok_or_else(|| needed("IDP_ISSUER_URL", "renewals need the identity provider's issuer URL"))?;
    let id = settings.client_id.clone();
    let client = Client {
        id: id.ok_or_else(|| needed("CLIENT_ID", "renewals need the client id of OnDemand"))?,
        secret: settings.client_secret.clone(),
    };
    refreshed(issuer, &client, refresh, providers).await
}

async fn refreshed(
    issuer: &str,
    client: &Client,
    refresh: &SecretString,
    providers: &Providers<'_>,
) -> Result<Own, CredentialsError> {
    let provider = providers.find(issuer, Doing::Refresh).await?;
    let tokens = provider.refresh(client, refresh).await?;
    Ok(Own {
        fault: token::check_new(&tokens.access, SystemTime::now()).err(),
        access: tokens.access,
        // The old one may have been used up.
        refresh: Some(tokens.refresh.unwrap_or_else(|| refresh.clone())),
        name: REFRESHED,
    })
}

impl Own {
    /// The access token, if kubectl and the API server would accept it.
    pub fn meeting(&self, expected: &Expected<'_>) -> Result<&SecretString, CredentialsError> {
        let fault = self.fault.clone();
        let checked = fault.map_or_else(|| token::meets(&self.access, expected), Err);
        let name = self.name;
        checked.map_err(|fault| fault_of(name, fault))?;
        Ok(&self.access)
    }

    /// Warns if kubectl cannot renew the token later.
    pub fn warn_of_missing_refresh_token(&self) {
        if self.refresh.is_none() {
            log::warning("there is no OOD_OIDC_REFRESH_TOKEN in the environment, so kubectl cannot renew the token; add OIDC_REFRESH_TOKEN to pun_pre_hook_exports and set OIDCPassRefreshToken On");
        }
    }
}
