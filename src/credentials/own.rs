//! OnDemand's own tokens: used as they are, or refreshed first if the access token has expired.

use std::time::SystemTime;

use secrecy::SecretString;

use super::error::CredentialsError;
use super::provider::Providers;
use crate::config::credentials::required;
use crate::config::settings::Settings;
use crate::log;
use crate::oidc::token::{self, Expected, TokenError};
use crate::oidc::{Client, Doing, GrantError, Handover, Revocation, Subject};
use crate::renewal::{Record, RenewalError};
use crate::time::rfc3339;
use crate::user::User;

const HANDED_OVER: &str = "OOD_OIDC_ACCESS_TOKEN";
const ID_HANDED_OVER: &str = "OOD_OIDC_ID_TOKEN";
const REFRESHED: &str = "the refreshed access token";

/// The tokens of the login.
pub struct Own {
    /// The access token. An opaque one can still be exchanged.
    pub access: SecretString,
    /// The refresh token that renews it.
    pub refresh: Option<SecretString>,
    fault: Option<TokenError>,
    name: &'static str,
    /// The ID token, where the access token is opaque: then it alone can be checked, by us and by the API server.
    beside: Option<SecretString>,
    /// `CLIENT_ID`.
    client: Option<String>,
}

/// Takes the tokens of the login. Only an expired access token needs requests: one for discovery, and one to refresh.
///
/// `refresh` is the refresh token that still works, which may be a newer one than the login's; `spend` notes that it is about
/// to be sent.
pub(super) async fn take(
    settings: &Settings,
    handover: &Handover,
    refresh: Option<&SecretString>,
    providers: &Providers<'_>,
    spend: impl FnOnce() -> Result<(), RenewalError>,
) -> Result<Own, CredentialsError> {
    let access = handover.access_token()?;
    let fault = token::check(access, SystemTime::now()).err();
    let beside = handover.id_token.clone().filter(|_| fault == Some(TokenError::NotJwt));
    let of_id = beside.as_ref().and_then(|id| token::check(id, SystemTime::now()).err());
    let is_over = |fault: &&TokenError| matches!(fault, TokenError::Expired { .. });
    let ended = fault.as_ref().filter(is_over).map(|fault| (HANDED_OVER, fault));
    let ended = ended.or_else(|| of_id.as_ref().filter(is_over).map(|fault| (ID_HANDED_OVER, fault)));
    let Some((name, ended)) = ended else {
        return Ok(Own {
            access: access.clone(),
            refresh: refresh.cloned(),
            fault,
            name: HANDED_OVER,
            beside,
            client: settings.client_id.clone(),
        });
    };
    let (Some(refresh), Some(issuer), Some(id)) = (refresh, settings.issuer(), &settings.client_id) else {
        return Err(fault_of(name, ended.clone()));
    };
    let client = Client {
        id: id.clone(),
        secret: settings.client_secret.clone(),
    };
    let own = refreshed(issuer, &client, refresh, providers, spend).await?;
    own.check_subject(Subject::of(beside.as_ref().unwrap_or(access)).as_ref())?;
    Ok(own)
}

fn fault_of(name: &'static str, fault: TokenError) -> CredentialsError {
    let source = Box::new(fault);
    CredentialsError::Token { name, source }
}

/// New tokens for the refresh token of this record, which may be spent by it: `spend` notes that.
pub(super) async fn renew(
    settings: &Settings,
    record: &mut Record,
    providers: &Providers<'_>,
    spend: impl FnOnce(&mut Record) -> Result<(), RenewalError>,
) -> Result<Own, CredentialsError> {
    let (issuer, client) = ondemand(settings)?;
    let token = record.refresh_token.clone();
    let own = refreshed(issuer, &client, &token, providers, || spend(record)).await?;
    own.check_subject(record.subject.as_ref())?;
    Ok(own)
}

/// Revokes the refresh tokens of a record that are to be revoked at the identity provider, and takes those sessions out of it:
/// `None` if there is no other. One token that is refused keeps no other one from being revoked.
pub async fn revoke(
    settings: &Settings,
    record: &mut Option<Record>,
    providers: &Providers<'_>,
) -> Result<Revocation, CredentialsError> {
    let (issuer, client) = ondemand(settings)?;
    let provider = providers.find(issuer, Doing::Revoke).await?;
    let sessions = record
        .iter()
        .flat_map(Record::sessions)
        .filter(|session| session.is_to_be_revoked);
    let sessions: Vec<_> = sessions
        .map(|session| (session.handed_over.clone(), session.refresh_token.clone()))
        .collect();
    let (mut worst, mut refused) = (Revocation::Revoked, None);
    for (handed_over, token) in sessions {
        match provider.revoke(&client, &token).await.map_err(CredentialsError::from) {
            Ok(Revocation::Revoked) => {}
            Ok(other) => worst = other,
            Err(error) if error.is_of_one_token() => {
                refused = refused.or(Some(error));
                continue;
            }
            Err(error) => return Err(error),
        }
        *record = record.take().and_then(|record| record.without(&handed_over));
    }
    refused.map_or(Ok(worst), Err)
}

/// The issuer, and `OnDemand`'s own client there.
fn ondemand(settings: &Settings) -> Result<(&str, Client), CredentialsError> {
    let needed = |key, remedy| required(settings, key, remedy);
    let issuer = settings.issuer();
    let issuer = issuer.ok_or_else(|| needed("IDP_ISSUER_URL", "renewals need the identity provider's issuer URL"))?;
    let id = settings.client_id.clone();
    let client = Client {
        id: id.ok_or_else(|| needed("CLIENT_ID", "renewals need the client id of OnDemand"))?,
        secret: settings.client_secret.clone(),
    };
    Ok((issuer, client))
}

async fn refreshed(
    issuer: &str,
    client: &Client,
    refresh: &SecretString,
    providers: &Providers<'_>,
    spend: impl FnOnce() -> Result<(), RenewalError>,
) -> Result<Own, CredentialsError> {
    let provider = providers.find(issuer, Doing::Refresh).await?;
    spend()?;
    let tokens = match provider.refresh(client, refresh).await {
        // The answer may be what was lost. Providers that take a spent token once more, or for some seconds, do so now; with
        // the others it is lost anyway.
        Err(first) if first.is_worth_another_try() => {
            let again = provider.refresh(client, refresh).await;
            again.map_err(|again| of_two_tries(first, &again))?
        }
        other => other?,
    };
    let fault = token::check_new(&tokens.access, SystemTime::now()).err();
    Ok(Own {
        client: Some(client.id.clone()),
        beside: tokens.id.filter(|_| fault == Some(TokenError::NotJwt)),
        fault,
        access: tokens.access,
        // The old one may have been used up.
        refresh: Some(tokens.refresh.unwrap_or_else(|| refresh.clone())),
        name: REFRESHED,
    })
}

/// Why there are no tokens after two tries. A token that is refused now was spent by the first one, whose answer was lost;
/// whatever else is said now, the first one may have spent it still.
fn of_two_tries(first: GrantError, again: &GrantError) -> CredentialsError {
    if again.ends_the_session() {
        let at = rfc3339(SystemTime::now());
        return CredentialsError::Lost { at };
    }
    first.into()
}

impl Own {
    /// Whose the access token is.
    pub fn subject(&self) -> Option<Subject> {
        Subject::of(self.told())
    }

    /// The token that says whose the login is.
    fn told(&self) -> &SecretString {
        self.beside.as_ref().unwrap_or(&self.access)
    }

    /// What a claim of it says.
    pub(super) fn name_in(&self, claim: &str) -> Option<String> {
        token::name_in(self.told(), claim)
    }

    /// Refuses an answer that went astray.
    fn check_subject(&self, expected: Option<&Subject>) -> Result<(), CredentialsError> {
        let checked = expected.map_or(Ok(()), |subject| subject.check(self.told()));
        checked.map_err(|fault| self.astray(fault))
    }

    /// Refuses an answer in which this claim names another user. One that does not have it is refused before it is written.
    pub(super) fn check_name(&self, claim: &str, user: &User) -> Result<(), CredentialsError> {
        let expected = Expected {
            user: Some((claim, user.name.as_str())),
            ..Expected::default()
        };
        match token::meets(self.told(), &expected) {
            Err(fault @ TokenError::OtherUser { .. }) => Err(self.astray(fault)),
            _ => Ok(()),
        }
    }

    /// The error for an access token of another user.
    fn astray(&self, fault: TokenError) -> CredentialsError {
        CredentialsError::Astray {
            name: self.name,
            source: Box::new(fault),
            remedy: "look into the identity provider's log for the reason, and log in to OnDemand again",
        }
    }

    /// The access token, if kubectl and the API server would accept it; in place of an opaque one the ID token.
    pub fn meeting(&self, expected: &Expected<'_>) -> Result<&SecretString, CredentialsError> {
        if let Some(id) = &self.beside {
            let expected = Expected {
                // An ID token is for a client (OpenID Connect Core 1.0, section 2), and the API server takes one alone.
                audience: expected.audience.or(self.client.as_deref()),
                ..*expected
            };
            let checked = token::check(id, SystemTime::now()).and_then(|()| token::meets(id, &expected));
            checked.map_err(|fault| fault_of(ID_HANDED_OVER, fault))?;
            return Ok(id);
        }
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
